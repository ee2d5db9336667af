//! What segc has to say about an input: one structure for every error, warning and note.
//!
//! In: findings of all stages. Out: [`Diagnostic`]s with stable codes, printed by [`render`] for people, by
//! [`json`] for programs and by [`sarif`] for code scanning.
//!
//! Invariant: nothing here knows what a role or a rule is; a stage builds the diagnostic beside its own types.

pub mod codes;
pub mod json;
pub mod render;
pub mod sarif;

use crate::source::Span;
pub use codes::Code;

/// The reason of what the command line accepts.
pub const ON_COMMAND_LINE: &str = "on the command line";

/// How much a diagnostic weighs. The order is the order of weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; changes no exit code.
    Note,
    /// Works, but a reviewer should look.
    Warning,
    /// Nothing is written.
    Error,
}

impl Severity {
    /// The word used in every output format.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place that a diagnostic points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What is to be seen there, lower case, no full stop; may be empty for the primary label.
    pub text: String,
}

/// Something to do about it, with the replacement text where one is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Help {
    /// What to type, lower case, no full stop.
    pub text: String,
    /// An edit: put this text in place of the span.
    pub edit: Option<(Span, String)>,
}

/// One finding about the input.
///
/// The message says what is wrong in one line, lower case, no full stop, the user's words in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, explained by `segc explain CODE`.
    pub code: Code,
    /// Weight; starts as the default of the code.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub message: String,
    /// Places, the primary one first. May be empty when no source line is to blame.
    pub labels: Vec<Label>,
    /// What to do about it.
    pub helps: Vec<Help>,
    /// Background facts, for example a catalogue entry with its source.
    pub notes: Vec<String>,
    /// The roles that it is about, by name: one list for each pair or role. A site accepts it for all of them or not at
    /// all.
    pub about: Vec<Vec<String>>,
    /// Why the site lives with it, where it does.
    pub accepted: Option<String>,
}

impl Diagnostic {
    /// A diagnostic of a code's default severity without any place.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: Vec::new(),
            helps: Vec::new(),
            notes: Vec::new(),
            about: Vec::new(),
            accepted: None,
        }
    }

    /// Adds a place; the first one added is the primary one.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), edit: None });
        self
    }

    /// Adds what to do as an edit of the source.
    #[must_use]
    pub fn help_edit(mut self, text: impl Into<String>, span: Span, replacement: impl Into<String>) -> Self {
        self.helps.push(Help { text: text.into(), edit: Some((span, replacement.into())) });
        self
    }

    /// Adds a background fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says which roles it is about: one more list of names.
    #[must_use]
    pub fn about(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.about.push(names.into_iter().map(Into::into).collect());
        self
    }

    /// Gives the diagnostic another weight than its code's default.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }
}

/// Collects the diagnostics of a stage, so that one run reports every independent mistake.
#[derive(Debug, Clone, Default)]
pub struct Sink {
    diagnostics: Vec<Diagnostic>,
}

impl Sink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one diagnostic.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Takes the diagnostics of another stage.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(diagnostics);
    }

    /// True when an error was reported.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All diagnostics so far, in order of report.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Ends the collection: sorted by place, then code, then message, exact repetitions removed, so that the report
    /// does not depend on the order of the stages' inner loops.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        let key = |diagnostic: &Diagnostic| {
            let place = diagnostic.labels.first().map(|label| (label.span.source, label.span.start));
            (place.is_none(), place, diagnostic.code, diagnostic.message.clone())
        };
        self.diagnostics.sort_by_cached_key(key);
        self.diagnostics.dedup();
        self.diagnostics
    }
}

/// The nearest of some names to what was typed, for "did you mean"; `None` when nothing is near.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = typed.to_lowercase();
    let limit = (lower.chars().count() / 3).max(1);
    names
        .into_iter()
        .filter(|name| *name != typed && name.len().abs_diff(typed.len()) <= limit)
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}
