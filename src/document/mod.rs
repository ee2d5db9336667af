//! The prerequisite document: what a consultant hands to a customer before the build.
//!
//! In: a policy with its model, catalogue, findings and compiled artefacts. Out: one [`content::Document`], and from it
//! each format.
//!
//! Invariant: every format renders the same content; what a row says is decided before any format sees it.

mod changes;
pub mod content;
pub mod diagram;
mod facts;
pub mod input;
pub mod render;
mod rows;
mod sections;
pub mod team;
mod text;
pub mod value;

use content::Document;
use facts::Facts;
use input::Input;
use team::Team;

/// The document of a site: whole, or the extract for one team.
pub fn write(input: &Input<'_>, team: Option<Team>) -> Document {
    sections::document(&Facts::new(input, team))
}
