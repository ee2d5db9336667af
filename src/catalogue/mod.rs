//! The port catalogue: role kinds, flows, intents, conditions and names of the products that a site describes.
//!
//! In: YAML files of `data/`, compiled by the build script; later also a customer's own. Out: [`Catalogue`], which
//! says which kinds and intents exist, and which flows an intent line asks for.
//!
//! Invariant: facts live in the data, each with its source; no port number stands in this module's code.
//! Invariant: absent on purpose are platforms, addresses and the language's syntax.

mod access;
mod builtin;
mod compare;
mod entry;
mod expand;
mod intent;
mod load;
mod raw;
mod record;
mod sequence;
mod site;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod value;

use crate::diagnostic::{Diagnostic, codes};
use crate::source::{SourceId, Span};

pub use compare::{Changed, Comparison};
pub use entry::{Condition, FlowEntry, Managed, NameEntry, Release, RoleKind};
pub use expand::{
    Expanded, ExpandedFlow, Expansion, ExpansionWarning, FLOW_LIMIT, Participant, PartyRef, ServicePorts,
    TooManyFlows,
};
pub use intent::{End, Intent, OptionSpec, OptionValue, Row, RowWarning, Side};
pub use load::{FILE_LIMIT, Problem, ProblemKind, extend, load};
pub use record::{
    Application, Consequence, DeploymentRule, Permission, PermissionSet, Prerequisite, RuleSeverity,
    RuleTopic,
};
pub use sequence::{Participation, Sequence, Step};
pub use site::SiteCatalogue;
pub use store::{Catalogue, ReleaseId};
pub use text::Text;
pub use value::{
    Change, Direction, Encryption, IcmpMessage, KindClass, Need, PortRange, Sensitivity, Source, Transport,
};

/// The JSON Schema of catalogue files, for editors and other checkers.
pub const FILE_SCHEMA: &str = include_str!("data/catalogue.schema.json");

impl Problem {
    /// The problem as a diagnostic that points into the text of its file.
    pub fn to_diagnostic(&self, source: SourceId, text: &str) -> Diagnostic {
        let code = match self.kind {
            ProblemKind::Syntax => codes::CATALOGUE_SYNTAX,
            ProblemKind::Duplicate => codes::CATALOGUE_DUPLICATE,
            ProblemKind::Reference => codes::CATALOGUE_REFERENCE,
            ProblemKind::Value => codes::CATALOGUE_VALUE,
            ProblemKind::Namespace => codes::CATALOGUE_NAMESPACE,
        };
        let line_start: usize =
            text.split_inclusive('\n').take(self.line - self.line.min(1)).map(str::len).sum();
        let line = text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or("");
        let column =
            line.char_indices().nth(self.column - self.column.min(1)).map_or(line.len(), |(at, _)| at);
        let word = line.get(column..).map_or(0, |rest| rest.find([' ', ',', ']', '}']).unwrap_or(rest.len()));
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span::new(source, offset(line_start + column), offset(line_start + column + word));
        Diagnostic::new(code, self.message.clone()).label(span, "").help(self.help.clone())
    }
}
