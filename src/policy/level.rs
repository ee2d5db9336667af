//! The two levels that are kept apart everywhere: what the file says, and what the artefacts permit.
//!
//! Invariant: a level has one word in all outputs.

/// The two levels that are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What the file says.
    Intent,
    /// What the artefacts permit.
    Artefact,
}

impl Level {
    /// The word of case files and outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Intent => "intent",
            Self::Artefact => "artefact",
        }
    }
}
