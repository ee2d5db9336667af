//! Blocks: braces, attributes and their values.
//!
//! In: tokens from `{` on. Out: attributes in the order of the text.
//!
//! Invariant: a mistake in one attribute costs that attribute only; a block that is never closed ends before the next
//! statement.

use super::characters::unquoted;
use super::literal::{Fault, read_address, read_date, read_number};
use super::mistake::{
    Mistake, Parsed, Reason, fail_with_help, is_known_bad, report_unexpected, reported, shortened,
};
use super::tokens::Tokens;
use super::words::{MAX_LIST, key, list, too_long};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Attribute, Block, Value, ValueKind};
use crate::syntax::keyword;
use crate::syntax::lex::TokenKind;
use std::collections::BTreeMap;

/// `block = "{" { attribute } "}"`
pub(super) fn block(input: Tokens<'_>) -> Parsed<'_, Block> {
    let mut attributes = Attributes::default();
    let (rest, span) = braced(input, &[], |at| attributes.item(at))?;
    Ok((rest, Block { attributes: attributes.kept, span }))
}

/// `attribute = key "=" value { "," value }`
///
/// Values that were reported are left out, so there may be none.
pub(super) fn attribute(input: Tokens<'_>) -> Parsed<'_, Attribute> {
    let (rest, key) = key(input)?;
    if rest.kind(0) != Some(TokenKind::Equals) {
        return fail_with_help(
            rest,
            "`=` after the attribute's name",
            "a text of several words stands in quotes",
        );
    }
    let (rest, values) = list(rest.skip(1), value)?;
    let values = values.into_iter().flatten().collect();
    Ok((rest, Attribute { key, values, span: input.span_to(rest) }))
}

/// `value = string | ident | number | date | address`
///
/// `None` for a value that was reported.
fn value(input: Tokens<'_>, first: bool) -> Parsed<'_, Option<Value>> {
    let what = if first { "a value after `=`" } else { "a value after `,`" };
    let Some(token) = input.token(0) else {
        return Err(nom::Err::Failure(Mistake::expected(input, what)));
    };
    let text = input.text();
    let kind = match token.kind {
        TokenKind::String | TokenKind::UnterminatedString => Ok(ValueKind::Text(unquoted(text, token.kind))),
        TokenKind::Ident if input.kind(1) == Some(TokenKind::Equals) => {
            return fail_with_help(input, what, "a word with `=` behind it starts the next attribute");
        }
        TokenKind::Ident if !(keyword::is_statement(text) && input.starts_line()) => {
            Ok(ValueKind::Word(text.to_owned()))
        }
        TokenKind::Number => read_number(text).map(ValueKind::Number),
        TokenKind::Date => read_date(text).map(ValueKind::Date),
        TokenKind::Address => read_address(text).map(ValueKind::Address),
        TokenKind::Malformed => {
            report_unexpected(input, what, Some("text that is not one word stands in quotes"), None);
            return Ok((input.skip(1), None));
        }
        _ => return Err(nom::Err::Failure(Mistake::expected(input, what))),
    };
    if matches!(input.kind(1), Some(TokenKind::Slash | TokenKind::Colon | TokenKind::Minus)) {
        return Ok((report_compound(input, token.kind), None));
    }
    let kind = kind.map_err(|fault: Fault| input.report(fault.diagnostic(input.here()))).ok();
    Ok((input.skip(1), kind.map(|kind| Value { kind, span: input.here() })))
}

/// Reports a value that goes on with `/`, `:` or `-`, and gives what stands behind all of it.
fn report_compound(input: Tokens<'_>, kind: TokenKind) -> Tokens<'_> {
    let rest = input.skip(2).skip_glued();
    let written: String = (0..input.distance(rest))
        .filter_map(|ahead| input.token(ahead))
        .take(MAX_LIST)
        .map(|token| input.text_of(token))
        .collect();
    let (code, help) = match kind {
        TokenKind::Address => (codes::BAD_ADDRESS, "write a range with its prefix length: `10.0.0.0/28`"),
        TokenKind::Number | TokenKind::Date => (
            codes::UNEXPECTED_TOKEN,
            "days are written `2026-02-01`, ranges `10.0.0.0/8`, other text in quotes",
        ),
        _ => (codes::UNEXPECTED_TOKEN, "text that is not one word stands in quotes"),
    };
    let message = format!("`{}` is not a value", shortened(&written));
    if !(rest.is_glued() && is_known_bad(rest)) {
        input.report(Diagnostic::new(code, message).label(input.span_to(rest), "").help(help));
    }
    rest
}

/// The attributes of one block while it is read.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    /// Attributes in the order of the text.
    pub(super) kept: Vec<Attribute>,
    seen: BTreeMap<&'a str, Span>,
}

impl<'a> Attributes<'a> {
    /// Reads one attribute; keeps it unless its key was there before or it has no value left.
    pub(super) fn item(&mut self, input: Tokens<'a>) -> Parsed<'a, ()> {
        let (rest, attribute) = attribute(input)?;
        if self.seen.len() >= MAX_LIST {
            input.report(too_long(input));
            return reported(rest);
        }
        let first_time = self.first_time(input);
        if first_time && !attribute.values.is_empty() {
            self.kept.push(attribute);
        }
        Ok((rest, ()))
    }

    /// Notes the key at this place; reports it and gives false when it was there before.
    pub(super) fn first_time(&mut self, input: Tokens<'a>) -> bool {
        let (key, span) = (input.text(), input.here());
        if let Some(before) = self.seen.get(key) {
            report_twice(input, key, span, *before);
            return false;
        }
        self.seen.insert(key, span);
        true
    }
}

/// Reports something that may stand once and stands twice.
pub(super) fn report_twice(at: Tokens<'_>, key: &str, again: Span, before: Span) {
    let report = Diagnostic::new(codes::DUPLICATE_ATTRIBUTE, format!("`{}` is given twice", shortened(key)))
        .label(again, "given again here")
        .label(before, "first given here")
        .help("keep one of them; several values are written with commas between");
    at.report(report);
}

/// Braces with items between. Mistakes in items are reported here and only cost the item.
///
/// `clauses` are the words that start items other than attributes. Gives the span of the braces.
pub(super) fn braced<'a>(
    input: Tokens<'a>,
    clauses: &[&str],
    mut item: impl FnMut(Tokens<'a>) -> Parsed<'a, ()>,
) -> Parsed<'a, Span> {
    let mut rest = opening(input, clauses)?;
    loop {
        match rest.kind(0) {
            Some(TokenKind::CloseBrace) => {
                rest = rest.skip(1);
                return Ok((rest, input.span_to(rest)));
            }
            None => break,
            _ if starts_statement(rest, clauses) => break,
            _ => {}
        }
        rest = match item(rest) {
            Ok((next, ())) if rest.distance(next) > 0 => next,
            Err(nom::Err::Error(mistake) | nom::Err::Failure(mistake)) => {
                mistake.report();
                skip_item(rest, mistake.at, clauses)
            }
            _ => rest.skip(1),
        };
    }
    report_unclosed(input, rest);
    Ok((rest, input.span_to(rest)))
}

/// What stands behind `{`. When only the brace is missing and an item follows, the item is read all the same.
fn opening<'a>(input: Tokens<'a>, clauses: &[&str]) -> Result<Tokens<'a>, nom::Err<Mistake<'a>>> {
    if input.kind(0) == Some(TokenKind::OpenBrace) {
        return Ok(input.skip(1));
    }
    let mistake = Mistake {
        at: input,
        reason: Reason::Expected("`{`", Some("a block without content is written `{ }`")),
    };
    let is_clause = input.starts_line() && input.ident().is_some_and(|word| clauses.contains(&word));
    if !is_clause && input.kind(1) != Some(TokenKind::Equals) {
        return Err(nom::Err::Failure(mistake));
    }
    mistake.report();
    Ok(input)
}

/// True where a line starts with a statement word that is neither a key nor a clause of this block.
fn starts_statement(at: Tokens<'_>, clauses: &[&str]) -> bool {
    let starts = |word| keyword::is_statement(word) && !clauses.contains(&word);
    at.ident().is_some_and(starts) && at.starts_line() && at.kind(1) != Some(TokenKind::Equals)
}

/// The next place from `at` on where an item may start or the block ends; always behind `start`.
fn skip_item<'a>(start: Tokens<'a>, at: Tokens<'a>, clauses: &[&str]) -> Tokens<'a> {
    let mut rest = if start.distance(at) > 0 { at } else { start.skip(1) };
    let mut depth = 0_usize;
    while let Some(kind) = rest.kind(0) {
        match kind {
            TokenKind::OpenBrace => depth += 1,
            TokenKind::CloseBrace if depth == 0 => return rest,
            TokenKind::CloseBrace => depth -= 1,
            TokenKind::Ident if starts_statement(rest, clauses) => return rest,
            TokenKind::Ident if depth == 0 && starts_item(rest, clauses) => return rest,
            _ => {}
        }
        rest = rest.skip(1);
    }
    rest
}

/// True for a key with its `=`, and for a clause at the start of a line or before what it takes.
fn starts_item(at: Tokens<'_>, clauses: &[&str]) -> bool {
    let is_clause = at.ident().is_some_and(|word| clauses.contains(&word));
    let takes_next = match at.kind(1) {
        Some(TokenKind::String) => at.is_word("because"),
        Some(TokenKind::Ident) => !at.is_word("because"),
        _ => false,
    };
    at.kind(1) == Some(TokenKind::Equals) || (is_clause && (at.starts_line() || takes_next))
}

/// Reports a block without its end, unless a string without its end has swallowed it.
fn report_unclosed(open: Tokens<'_>, at: Tokens<'_>) {
    let swallowed =
        (0..open.distance(at)).any(|ahead| open.kind(ahead) == Some(TokenKind::UnterminatedString));
    if !swallowed {
        report_unexpected(at, "`}`", None, Some((open.here(), "this block is never closed")));
    }
}
