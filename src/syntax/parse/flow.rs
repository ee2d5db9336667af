//! Flows: who starts, to whom, on which ports.
//!
//! In: tokens from the label or the first source on. Out: one [`Flow`].
//!
//! Invariant: a flow without a report has at least one name on each side and at least one port.

use super::mistake::{Mistake, Parsed, fail_with_help};
use super::port::ports;
use super::tokens::Tokens;
use super::words::{name, names};
use crate::source::Span;
use crate::syntax::ast::{Arrow, Flow, Ident, Ports};
use crate::syntax::keyword;
use crate::syntax::lex::TokenKind;
use nom::Parser;

/// What to type where a comma was forgotten.
const COMMAS: &str = "names in a list have commas between them: `a, b`";

/// `flow = [ name ":" ] names arrow names ":" ( "any" | ports )`
pub(super) fn flow(input: Tokens<'_>) -> Parsed<'_, Flow> {
    let (rest, label) = label(input)?;
    let (rest, from) = names("the source roles").parse(rest)?;
    let (rest, (arrow, arrow_span)) = arrow(rest)?;
    let (rest, to) = names("the destination roles after the arrow").parse(rest)?;
    let rest = colon(rest)?;
    let (rest, ports) = any_or_ports(rest)?;
    Ok((rest, Flow { label, from, arrow, arrow_span, to, ports, span: input.span_to(rest) }))
}

/// A name with a colon behind it, if that stands here.
fn label(input: Tokens<'_>) -> Parsed<'_, Option<Ident>> {
    if input.kind(1) != Some(TokenKind::Colon) {
        return Ok((input, None));
    }
    let (rest, label) = name("a label").parse(input)?;
    Ok((rest.skip(1), Some(label)))
}

/// `arrow = "->" | "<->"`
pub(super) fn arrow(input: Tokens<'_>) -> Parsed<'_, (Arrow, Span)> {
    let what = "`->` or `<->` after the source roles";
    match input.kind(0) {
        Some(TokenKind::Arrow) => Ok((input.skip(1), (Arrow::Forward, input.here()))),
        Some(TokenKind::BothArrow) => Ok((input.skip(1), (Arrow::Both, input.here()))),
        _ if lacks_comma(input) => fail_with_help(input, what, COMMAS),
        _ => Err(nom::Err::Failure(Mistake::expected(input, what))),
    }
}

/// What stands behind the colon that must stand here.
fn colon(input: Tokens<'_>) -> Result<Tokens<'_>, nom::Err<Mistake<'_>>> {
    let what = "`:` and the ports after the destination roles";
    match input.kind(0) {
        Some(TokenKind::Colon) => Ok(input.skip(1)),
        _ if lacks_comma(input) => fail_with_help::<()>(input, what, COMMAS).map(|(rest, ())| rest),
        _ => fail_with_help::<()>(input, what, "add the ports: `: tcp/443`").map(|(rest, ())| rest),
    }
}

/// `any` alone, or a list.
fn any_or_ports(input: Tokens<'_>) -> Parsed<'_, Ports> {
    let goes_on = matches!(input.kind(1), Some(TokenKind::Comma | TokenKind::Slash));
    if input.is_word("any") && !goes_on {
        return Ok((input.skip(1), Ports::Any(input.here())));
    }
    ports(input).map(|(rest, list)| (rest, Ports::List(list)))
}

/// True where another name follows a name.
fn lacks_comma(at: Tokens<'_>) -> bool {
    !at.starts_line() && at.ident().is_some_and(|word| !keyword::is_reserved(word))
}
