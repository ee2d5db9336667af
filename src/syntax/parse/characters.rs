//! Mistakes in characters: signs without a meaning, strings without an end, bad escapes, hidden characters.
//!
//! In: every token of a text, once. Out: SEG1002, SEG1003 and SEG1012.
//!
//! Invariant: these are reported here and nowhere else, so that they are reported once whatever the parser skips.

use super::mistake::shortened;
use super::report::Reports;
use crate::diagnostic::{Diagnostic, codes};
use crate::source::{SourceId, Span};
use crate::syntax::lex::{Token, TokenKind};

/// Reports what is wrong with one token's characters.
pub(super) fn check(source: SourceId, text: &str, token: Token, reports: &mut Reports) {
    let written = text.get(token.start as usize..token.end as usize).unwrap_or("");
    let span = Span::new(source, token.start, token.end);
    match token.kind {
        TokenKind::Stray => reports.report(stray(span, written)),
        TokenKind::Comment => check_hidden(span, written, reports),
        TokenKind::String => {
            check_hidden(span, written, reports);
            check_escapes(span, written, reports);
        }
        TokenKind::UnterminatedString => {
            check_hidden(span, written, reports);
            let message = "this text has no closing quote on its line";
            let help = "end the text with `\"`; a quote inside a text is written `\\\"`";
            reports.report(Diagnostic::new(codes::UNTERMINATED_STRING, message).label(span, "").help(help));
        }
        _ => {}
    }
}

/// A character, or several that hang together, without a meaning.
fn stray(span: Span, written: &str) -> Diagnostic {
    let Some(first) = written.chars().next() else {
        return Diagnostic::new(codes::STRAY_CHARACTER, "a character is missing").label(span, "");
    };
    let shown = if is_visible(first) { shortened(written) } else { format!("U+{:04X}", u32::from(first)) };
    let report =
        Diagnostic::new(codes::STRAY_CHARACTER, format!("`{shown}` has no meaning here")).label(span, "");
    match first {
        ';' => report.help_edit("statements and attributes need no end sign: leave it out", span, ""),
        '<' | '>' | '=' | '→' | '⇒' | '⟶' | '–' | '—' | '↔' => {
            report.help("an arrow is written `->`, from the one who starts, or `<->` when both start")
        }
        '\'' | '`' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}' | '\u{201a}' | '«'
        | '»' => report.help("text stands between plain double quotes: `\"text\"`"),
        '(' | ')' | '[' | ']' => report.help("lists are written without brackets: `a, b, c`"),
        _ if !is_visible(first) || first.is_whitespace() => {
            report.help("delete the character; only spaces, tabs and line ends stand between words")
        }
        _ if written.chars().count() > 1 => report.help(
            "names have the letters a to z, digits, `-` and `_`; other text stands in quotes: `\"text\"`",
        ),
        _ => report,
    }
}

/// True for a character that can be seen on a screen.
fn is_visible(character: char) -> bool {
    !character.is_control() && !character.is_whitespace() && !is_hidden(character) && character != '\u{feff}'
}

/// True for characters that make a line look different from what it says: control characters, line separators, and
/// those that turn the direction of writing.
///
/// Source: Unicode Standard Annex 9, section 2 (explicit embeddings, overrides and isolates), version 16, and the
/// report "Trojan Source" (CVE-2021-42574), 2021-11-01.
fn is_hidden(character: char) -> bool {
    let turns = matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let separates = matches!(character, '\u{2028}' | '\u{2029}');
    turns || separates || (character.is_control() && character != '\t')
}

/// Reports the first hidden character of a comment or a string.
fn check_hidden(span: Span, written: &str, reports: &mut Reports) {
    let Some((at, character)) = written.char_indices().find(|(_, character)| is_hidden(*character)) else {
        return;
    };
    let message = format!("the hidden character U+{:04X} stands here", u32::from(character));
    let report = Diagnostic::new(codes::STRAY_CHARACTER, message)
        .label(part(span, at, character.len_utf8()), "")
        .help("delete it: it can make the line look different from what it says");
    reports.report(report);
}

/// Reports each backslash that is followed by something else than a quote or a backslash.
fn check_escapes(span: Span, written: &str, reports: &mut Reports) {
    let mut characters = written.char_indices();
    while let Some((at, character)) = characters.next() {
        if character != '\\' {
            continue;
        }
        let Some((_, escaped)) = characters.next() else { return };
        if !matches!(escaped, '"' | '\\') {
            let label = part(span, at, 1 + escaped.len_utf8());
            let report = Diagnostic::new(codes::BAD_ESCAPE, format!("`\\{escaped}` is not an escape"))
                .label(label, "")
                .help_edit("a backslash in a text is written `\\\\`", label, format!("\\\\{escaped}"));
            reports.report(report);
        }
    }
}

/// A part of a span: `length` bytes from byte `at` on.
fn part(span: Span, at: usize, length: usize) -> Span {
    let start = span.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX));
    Span::new(span.source, start, start.saturating_add(u32::try_from(length).unwrap_or(0)).min(span.end))
}

/// The text of a quoted token: quotes taken off, escapes resolved; a bad escape stands for itself.
pub(super) fn unquoted(written: &str, kind: TokenKind) -> String {
    let inside = written.strip_prefix('"').unwrap_or(written);
    let inside = match kind {
        TokenKind::UnterminatedString => inside.trim_end(),
        _ => inside.strip_suffix('"').unwrap_or(inside),
    };
    let mut text = String::with_capacity(inside.len());
    let mut characters = inside.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = characters.peek().copied().filter(|next| matches!(next, '"' | '\\'));
        match escaped {
            Some(next) if character == '\\' => {
                text.push(next);
                characters.next();
            }
            _ => text.push(character),
        }
    }
    text
}
