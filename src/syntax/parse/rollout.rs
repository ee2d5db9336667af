//! The rollout: from which day on which roles are enforced.
//!
//! In: tokens from `rollout` on. Out: one [`Rollout`].
//!
//! Invariant: a mistake in one line costs that line only.

use super::block::{Attributes, braced};
use super::literal::read_date;
use super::mistake::{Mistake, Parsed, reported};
use super::tokens::Tokens;
use super::words::{keyword, names, required};
use crate::source::Span;
use crate::syntax::ast::{Enforce, Rollout};
use crate::syntax::lex::TokenKind;
use nom::Parser;
use time::Date;

/// `rollout = "rollout" "{" { rollout_item } "}"`
pub(super) fn rollout(input: Tokens<'_>) -> Parsed<'_, Rollout> {
    let (at_block, _) = keyword("rollout").parse(input)?;
    let mut attributes = Attributes::default();
    let mut lines = Vec::new();
    let (rest, block_span) =
        braced(at_block, &["enforce"], |at| rollout_item(at, &mut attributes, &mut lines))?;
    let span = input.span_to(rest);
    Ok((rest, Rollout { attributes: attributes.kept, enforce: lines, block_span, span }))
}

/// `rollout_item = enforce | attribute`
fn rollout_item<'a>(
    input: Tokens<'a>,
    attributes: &mut Attributes<'a>,
    lines: &mut Vec<Enforce>,
) -> Parsed<'a, ()> {
    let is_key = input.kind(1) == Some(TokenKind::Equals);
    if input.is_word("enforce") && !is_key {
        let (rest, line) = enforce(input)?;
        lines.push(line);
        return Ok((rest, ()));
    }
    if input.kind(0) == Some(TokenKind::Ident) {
        return attributes.item(input);
    }
    Err(nom::Err::Failure(Mistake::expected_item(input, "`enforce`, an attribute or `}`")))
}

/// `enforce = "enforce" names "from" date`
fn enforce(input: Tokens<'_>) -> Parsed<'_, Enforce> {
    let from = required("from", "`from` and a date after the roles");
    let mut parts = (keyword("enforce"), names("the roles to enforce"), from, day);
    let (rest, (_, roles, _, (from, from_span))) = parts.parse(input)?;
    Ok((rest, Enforce { roles, from, from_span, span: input.span_to(rest) }))
}

/// A day that must stand here.
fn day(input: Tokens<'_>) -> Parsed<'_, (Date, Span)> {
    if input.kind(0) != Some(TokenKind::Date) {
        return Err(nom::Err::Failure(Mistake::expected(input, "a date such as `2026-02-01` after `from`")));
    }
    match read_date(input.text()) {
        Ok(date) => Ok((input.skip(1), (date, input.here()))),
        Err(fault) => {
            input.report(fault.diagnostic(input.here()));
            reported(input.skip(1))
        }
    }
}
