//! segc: compiles `.seg` sites into cloud firewall artefacts and proves each compile.
//!
//! ```text
//! text --syntax::parse--> Ast --model::resolve--> Model --policy::lower--> Policy --Backend::plan--> Plan --render--> Artifacts
//!         (SourceMap)              (+ Catalogue)             |                       |
//!                                                            '--- intended  ==?  Backend::permits(Plan)
//! ```

pub mod catalogue;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod diff;
pub mod document;
pub mod drift;
pub mod driver;
pub mod model;
pub mod policy;
pub mod reference;
pub mod source;
pub mod space;
pub mod syntax;
pub mod target;
pub mod vocabulary;

#[path = "../targets/mod.rs"]
pub mod targets;
