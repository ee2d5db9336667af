//! Statements that declare something: site, platform, segment, role, service, need, include.
//!
//! In: tokens from the statement word on. Out: one node each.
//!
//! Invariant: a first token other than the statement word is "not here"; everything after it is required.

use super::block::block;
use super::mistake::Parsed;
use super::port::ports;
use super::tokens::Tokens;
use super::words::{keyword, name, required, sign, text, word};
use crate::syntax::ast::{Ident, Include, Need, Platform, Role, Segment, Service, Site};
use crate::syntax::lex::TokenKind;
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;

/// `site = "site" string block`
pub(super) fn site(input: Tokens<'_>) -> Parsed<'_, Site> {
    let mut parts = (keyword("site"), text("the name of the site in quotes"), block);
    let (rest, (_, name, block)) = parts.parse(input)?;
    Ok((rest, Site { name, block, span: input.span_to(rest) }))
}

/// `platform = "platform" word name block`
pub(super) fn platform(input: Tokens<'_>) -> Parsed<'_, Platform> {
    let mut parts =
        (keyword("platform"), word("the kind of the platform"), name("the name of the platform"), block);
    let (rest, (_, kind, name, block)) = parts.parse(input)?;
    Ok((rest, Platform { kind, name, block, span: input.span_to(rest) }))
}

/// `segment = "segment" name "on" name block`
pub(super) fn segment(input: Tokens<'_>) -> Parsed<'_, Segment> {
    let on = required("on", "`on` and a platform after the name of the segment");
    let mut parts =
        (keyword("segment"), name("the name of the segment"), on, name("the platform of the segment"), block);
    let (rest, (_, name, _, on, block)) = parts.parse(input)?;
    Ok((rest, Segment { name, on, block, span: input.span_to(rest) }))
}

/// `role = "role" name ":" word [ "on" name ] block`
pub(super) fn role(input: Tokens<'_>) -> Parsed<'_, Role> {
    let colon = sign(TokenKind::Colon, "`:` and a kind after the name of the role");
    let mut parts =
        (keyword("role"), name("the name of the role"), colon, word("the kind of the role"), place, block);
    let (rest, (_, name, _, kind, on, block)) = parts.parse(input)?;
    Ok((rest, Role { name, kind, on, block, span: input.span_to(rest) }))
}

/// Where a role sits, if the line says so.
fn place(input: Tokens<'_>) -> Parsed<'_, Option<Ident>> {
    opt(preceded(keyword("on"), name("the segment or platform of the role"))).parse(input)
}

/// `service = "service" name "=" ports`
pub(super) fn service(input: Tokens<'_>) -> Parsed<'_, Service> {
    let equals = sign(TokenKind::Equals, "`=` and the ports after the name of the service");
    let mut parts = (keyword("service"), name("the name of the service"), equals, ports);
    let (rest, (_, name, _, ports)) = parts.parse(input)?;
    Ok((rest, Service { name, ports, span: input.span_to(rest) }))
}

/// `need = "need" word string block`
pub(super) fn need(input: Tokens<'_>) -> Parsed<'_, Need> {
    let mut parts = (keyword("need"), word("the kind of the need"), text("what is needed, in quotes"), block);
    let (rest, (_, kind, name, block)) = parts.parse(input)?;
    Ok((rest, Need { kind, name, block, span: input.span_to(rest) }))
}

/// `include = "include" string`
pub(super) fn include(input: Tokens<'_>) -> Parsed<'_, Include> {
    let mut parts = (keyword("include"), text("the path of a file in quotes"));
    let (rest, (_, path)) = parts.parse(input)?;
    Ok((rest, Include { path, span: input.span_to(rest) }))
}
