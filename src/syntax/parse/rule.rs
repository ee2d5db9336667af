//! Statements about who may talk to whom: intent, allow, forbid, expect, accept.
//!
//! In: tokens from the statement word on. Out: one node each.
//!
//! Invariant: an `allow` or a `forbid` without a reason leaves no node.

use super::block::{block, report_twice};
use super::flow::{arrow, flow};
use super::mistake::{Mistake, Parsed, done, reported};
use super::tokens::Tokens;
use super::words::{keyword, name, names, text, word};
use crate::diagnostic::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{Accept, Allow, Expect, Flow, Forbid, Ident, Intent, Text, Verdict};
use crate::syntax::keyword;
use crate::syntax::lex::TokenKind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cond, opt, value};
use nom::sequence::preceded;

/// `intent = "intent" word names "->" names [ "via" name ] [ block ]`
pub(super) fn intent(input: Tokens<'_>) -> Parsed<'_, Intent> {
    let mut start = (keyword("intent"), word("the name of the intent"), names("the source roles"), forward);
    let (rest, (_, name_of_intent, from, _)) = start.parse(input)?;
    let (rest, to) = names("the destination roles after the arrow").parse(rest)?;
    let (rest, via) = opt(preceded(keyword("via"), name("the role in between"))).parse(rest)?;
    let has_block = rest.kind(0) == Some(TokenKind::OpenBrace);
    let (rest, block) = cond(has_block, block).parse(rest)?;
    Ok((rest, Intent { name: name_of_intent, from, to, via, block, span: input.span_to(rest) }))
}

/// The arrow of an intent, which has one direction.
fn forward(input: Tokens<'_>) -> Parsed<'_, ()> {
    if input.kind(0) == Some(TokenKind::BothArrow) {
        let report = Diagnostic::new(codes::UNEXPECTED_TOKEN, "an intent is written with `->`, not `<->`")
            .label(input.here(), "")
            .help_edit("the catalogue knows which side starts each flow", input.here(), "->");
        input.report(report);
        input.poison();
        return Ok((input.skip(1), ()));
    }
    value((), arrow).parse(input)
}

/// `allow = "allow" flow because`
pub(super) fn allow(input: Tokens<'_>) -> Parsed<'_, Allow> {
    let (rest, (_, flow)) = (keyword("allow"), flow).parse(input)?;
    let (rest, because) = reason(input, rest, &flow)?;
    let rest = repeated(rest, &[("because", because.span)])?;
    Ok((rest, Allow { flow, because, span: input.span_to(rest) }))
}

/// `forbid = "forbid" flow because [ enforced_by ]`
pub(super) fn forbid(input: Tokens<'_>) -> Parsed<'_, Forbid> {
    let (rest, (_, flow)) = (keyword("forbid"), flow).parse(input)?;
    if flow.label.is_none() {
        report_no_label(input, &flow);
    }
    let (rest, because) = reason(input, rest, &flow)?;
    let (rest, enforced_by) = opt(enforced_by).parse(rest)?;
    let span = input.span_to(rest);
    let mut given = vec![("because", because.span)];
    given.extend(enforced_by.as_ref().map(|who| ("enforced-by", who.span)));
    let rest = repeated(rest, &given)?;
    Ok((rest, Forbid { flow, because, enforced_by, span }))
}

/// Reports a forbid that no exception could name.
fn report_no_label(input: Tokens<'_>, flow: &Flow) {
    let start = Span::new(flow.span.source, flow.span.start, flow.span.start);
    let report = Diagnostic::new(codes::UNEXPECTED_TOKEN, "this `forbid` has no label")
        .label(input.here(), "")
        .help_edit("write a label of your own before the source roles", start, "no-such-access: ");
    input.report(report);
    input.poison();
}

/// `because = "because" string`
///
/// "Not here" when another word stands here.
pub(super) fn because(input: Tokens<'_>) -> Parsed<'_, Text> {
    let (rest, reason) =
        preceded(keyword("because"), text("the reason in quotes after `because`")).parse(input)?;
    if reason.text.trim().is_empty() && !reason_was_cut(input) {
        let report = Diagnostic::new(codes::MISSING_BECAUSE, "the reason is empty")
            .label(reason.span, "")
            .help("say in a few words why this is needed");
        input.report(report);
        input.poison();
    }
    Ok((rest, reason))
}

/// True when the reason is a string without its end.
fn reason_was_cut(input: Tokens<'_>) -> bool {
    input.kind(1) == Some(TokenKind::UnterminatedString)
}

/// `enforced_by = "enforced-by" word`
fn enforced_by(input: Tokens<'_>) -> Parsed<'_, Ident> {
    preceded(keyword("enforced-by"), word("`network`, `citrix` or `config` after `enforced-by`")).parse(input)
}

/// The reason that must follow the flow of the statement from `start` on.
fn reason<'a>(start: Tokens<'a>, rest: Tokens<'a>, flow: &Flow) -> Parsed<'a, Text> {
    match because(rest) {
        Err(nom::Err::Error(_)) => no_reason(start, rest, flow),
        found => found,
    }
}

/// Fails because the reason is missing: as SEG1005 where the statement ends here, else as something unexpected.
fn no_reason<'a>(start: Tokens<'a>, rest: Tokens<'a>, flow: &Flow) -> Parsed<'a, Text> {
    let next = rest.ident();
    let ends = rest.is_empty() || rest.starts_line() || next.is_some_and(keyword::is_reserved);
    let quoted = rest.kind(0) == Some(TokenKind::String);
    let brace = rest.kind(0) == Some(TokenKind::CloseBrace);
    if rest.kind(0) == Some(TokenKind::Stray) || !(ends || quoted || brace) {
        return Err(nom::Err::Failure(Mistake::expected(rest, "`because` and a reason after the ports")));
    }
    let order = next == Some("enforced-by") && rest.skip(2).is_word("because");
    let lacks = if order { "has its reason in the wrong place" } else { "has no reason" };
    let message = format!("this `{}` {lacks}", start.text());
    let report = Diagnostic::new(codes::MISSING_BECAUSE, message).label(flow.span, "");
    let report = if quoted {
        report.help_edit("the reason starts with `because`", rest.here(), format!("because {}", rest.text()))
    } else if order {
        report
            .label(rest.skip(2).here(), "the reason stands here")
            .help("the reason comes before `enforced-by`")
    } else {
        report.help("add the reason behind the ports: `because \"...\"`")
    };
    rest.report(report);
    let clause = next.is_some_and(keyword::is_clause);
    if quoted {
        return done(rest.skip(1));
    }
    if clause { reported(rest) } else { done(rest) }
}

/// Reports clauses that stand again behind a statement that has them, and gives what stands behind them.
fn repeated<'a>(
    input: Tokens<'a>,
    given: &[(&'static str, Span)],
) -> Result<Tokens<'a>, nom::Err<Mistake<'a>>> {
    let mut rest = input;
    while let Some((clause, before)) = given.iter().find(|(clause, _)| rest.is_word(clause)) {
        report_twice(rest, clause, rest.here(), *before);
        rest.poison();
        rest = alt((value((), because), value((), enforced_by))).parse(rest)?.0;
    }
    Ok(rest)
}

/// `expect = "expect" ( "allow" | "deny" ) flow`
pub(super) fn expect(input: Tokens<'_>) -> Parsed<'_, Expect> {
    let (rest, (_, verdict, flow)) = (keyword("expect"), verdict, flow).parse(input)?;
    Ok((rest, Expect { verdict, flow, span: input.span_to(rest) }))
}

/// What is expected.
fn verdict(input: Tokens<'_>) -> Parsed<'_, Verdict> {
    let words = (value(Verdict::Allow, keyword("allow")), value(Verdict::Deny, keyword("deny")));
    alt(words).parse(input).map_err(|_: nom::Err<Mistake<'_>>| {
        nom::Err::Failure(Mistake::expected(input, "`allow` or `deny` after `expect`"))
    })
}

/// `accept = "accept" word [ "on" names ] because [ block ]`
pub(super) fn accept(input: Tokens<'_>) -> Parsed<'_, Accept> {
    let mut start = (keyword("accept"), word("the code of the finding, such as `FC-08`"));
    let (rest, (_, code)) = start.parse(input)?;
    let (rest, on) = opt(preceded(keyword("on"), names("the roles after `on`"))).parse(rest)?;
    let (rest, because) = match because(rest) {
        Err(nom::Err::Error(_)) => return no_reason_to_accept(input, rest),
        found => found?,
    };
    let has_block = rest.kind(0) == Some(TokenKind::OpenBrace);
    let (rest, block) = cond(has_block, block).parse(rest)?;
    Ok((rest, Accept { code, on: on.unwrap_or_default(), because, block, span: input.span_to(rest) }))
}

/// Fails because an `accept` has no reason.
fn no_reason_to_accept<'a>(start: Tokens<'a>, rest: Tokens<'a>) -> Parsed<'a, Accept> {
    let report = Diagnostic::new(codes::MISSING_BECAUSE, "this `accept` has no reason")
        .label(start.span_to(rest), "")
        .help("say why the site lives with it: `because \"...\"`");
    rest.report(report);
    reported(rest)
}
