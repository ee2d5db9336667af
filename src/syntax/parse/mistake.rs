//! The parser's error type, and how it becomes a diagnostic.
//!
//! In: a place and what was expected there. Out: one SEG1001, or nothing when the place is already known to be bad.
//!
//! Invariant: one mistake gives one diagnostic. What was reported as characters (stray ones, a string without its end)
//! is not reported again as something unexpected.

use super::tokens::Tokens;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::keyword;
use crate::syntax::lex::TokenKind;
use nom::error::{ErrorKind, ParseError};

/// What a production gives: the tokens behind it and its node.
pub(super) type Parsed<'a, T> = nom::IResult<Tokens<'a>, T, Mistake<'a>>;

/// Why a production did not fit.
///
/// As `nom::Err::Error` it means that something else may stand here; as `nom::Err::Failure` that the statement is
/// broken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mistake<'a> {
    /// The first token that did not fit.
    pub(super) at: Tokens<'a>,
    /// What is known about it.
    pub(super) reason: Reason,
}

/// What is known about a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// This was expected, perhaps with something to type; not yet reported.
    Expected(&'static str, Option<&'static str>),
    /// This was expected where an item starts, so that the found token is to blame; not yet reported.
    ExpectedItem(&'static str),
    /// Reported; what follows belongs to the broken statement.
    Reported,
    /// Reported; the next statement starts here.
    ReportedAndDone,
}

impl<'a> Mistake<'a> {
    /// `what` was expected at this place.
    pub(super) fn expected(at: Tokens<'a>, what: &'static str) -> Self {
        Self { at, reason: Reason::Expected(what, None) }
    }

    /// `what` was expected at this place, where an item of a block starts.
    pub(super) fn expected_item(at: Tokens<'a>, what: &'static str) -> Self {
        Self { at, reason: Reason::ExpectedItem(what) }
    }

    /// Reports the mistake unless that was done.
    pub(super) fn report(self) {
        match self.reason {
            Reason::Expected(what, help) => report_unexpected(self.at, what, help, None),
            Reason::ExpectedItem(what) => report_no_item(self.at, what, None),
            Reason::Reported | Reason::ReportedAndDone => {}
        }
    }
}

/// A failure at a place that is already reported.
pub(super) fn reported<'a, T>(at: Tokens<'a>) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Mistake { at, reason: Reason::Reported }))
}

/// A failure that is already reported, with the next statement at this place.
pub(super) fn done<'a, T>(at: Tokens<'a>) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Mistake { at, reason: Reason::ReportedAndDone }))
}

/// A failure because `what` was expected, with something to type.
pub(super) fn fail_with_help<'a, T>(at: Tokens<'a>, what: &'static str, help: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Mistake { at, reason: Reason::Expected(what, Some(help)) }))
}

/// True when the characters at this place, or the string just before it, were already reported.
pub(super) fn is_known_bad(at: Tokens<'_>) -> bool {
    let open_string = at.previous().is_some_and(|token| token.kind == TokenKind::UnterminatedString);
    open_string || at.kind(0) == Some(TokenKind::Stray)
}

/// Reports that `what` was expected at a place, with a second place where that helps.
pub(super) fn report_unexpected(
    at: Tokens<'_>,
    what: &str,
    help: Option<&str>,
    second: Option<(Span, &str)>,
) {
    if is_known_bad(at) {
        return;
    }
    let message = format!("expected {what}, found {}", found(at));
    let mut diagnostic = Diagnostic::new(codes::UNEXPECTED_TOKEN, message);
    diagnostic = match at.previous() {
        Some(before) if at.starts_line() || at.is_empty() => {
            diagnostic.label(at.span_of(before), "something is missing after this")
        }
        _ => diagnostic.label(at.here(), ""),
    };
    if let Some((span, text)) = second {
        diagnostic = diagnostic.label(span, text);
    }
    if let Some(help) = help.map(str::to_owned).or_else(|| help_for(at)) {
        diagnostic = diagnostic.help(help);
    }
    at.report(diagnostic);
}

/// Reports that `what`, the start of an item, was expected at a place.
pub(super) fn report_no_item(at: Tokens<'_>, what: &str, help: Option<&str>) {
    if is_known_bad(at) {
        return;
    }
    let message = format!("expected {what}, found {}", found(at));
    let report = Diagnostic::new(codes::UNEXPECTED_TOKEN, message).label(at.here(), "");
    let several = "values in a list have commas between them; a text of several words stands in quotes";
    at.report(report.help(help.unwrap_or(several)));
}

/// What can be said from the token alone.
fn help_for(at: Tokens<'_>) -> Option<String> {
    let text = shortened(at.text());
    match at.kind(0)? {
        TokenKind::Malformed => Some("a name starts with a letter; other text stands in quotes".to_owned()),
        TokenKind::Ident if !at.starts_line() && keyword::is_reserved(&text) => {
            Some(format!("`{text}` is a word of the language and can't be a name"))
        }
        _ => None,
    }
}

/// What stands at a place, for a message.
pub(super) fn found(at: Tokens<'_>) -> String {
    if at.is_empty() { "the end of the file".to_owned() } else { format!("`{}`", shortened(at.text())) }
}

/// A text for a message: long ones are cut.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or("")),
        None => text.to_owned(),
    }
}

impl<'a> ParseError<Tokens<'a>> for Mistake<'a> {
    fn from_error_kind(at: Tokens<'a>, _: ErrorKind) -> Self {
        Self::expected(at, "something else")
    }

    fn append(_: Tokens<'a>, _: ErrorKind, other: Self) -> Self {
        other
    }
}
