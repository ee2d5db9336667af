//! Diagnostics as JSON values: the fields of `segc check --format json`.

use super::Diagnostic;
use crate::source::SourceMap;
use serde::Serialize;

/// One finding as programs read it.
#[derive(Debug, Clone, Serialize)]
pub struct JsonFinding<'a> {
    /// `SEGnnnn`.
    pub code: String,
    /// `FC-nn` for a design finding, null for everything else.
    pub finding: Option<String>,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// What is wrong.
    pub message: &'a str,
    /// What to do, one entry each.
    pub help: Vec<&'a str>,
    /// Background facts.
    pub notes: &'a [String],
    /// Why the site lives with it; null where it does not.
    pub accepted: Option<&'a str>,
    /// Places, the primary one first.
    pub labels: Vec<JsonLabel<'a>>,
}

/// One place as programs read it.
#[derive(Debug, Clone, Serialize)]
pub struct JsonLabel<'a> {
    /// File as the user named it.
    pub path: &'a str,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is to be seen there.
    pub text: &'a str,
}

/// Puts diagnostics into the shape of `findings`.
pub fn findings<'a>(diagnostics: &'a [Diagnostic], sources: &'a SourceMap) -> Vec<JsonFinding<'a>> {
    diagnostics
        .iter()
        .map(|diagnostic| JsonFinding {
            code: diagnostic.code.to_string(),
            finding: diagnostic.code.finding(),
            severity: diagnostic.severity.word(),
            message: &diagnostic.message,
            help: diagnostic.helps.iter().map(|help| help.text.as_str()).collect(),
            notes: &diagnostic.notes,
            accepted: diagnostic.accepted.as_deref(),
            labels: diagnostic
                .labels
                .iter()
                .filter_map(|label| {
                    let (path, at) = sources.locate(label.span)?;
                    Some(JsonLabel { path, line: at.line, column: at.column, text: &label.text })
                })
                .collect(),
        })
        .collect()
}
