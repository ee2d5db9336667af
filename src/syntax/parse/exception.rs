//! Exceptions: dated allows that may pierce forbids.
//!
//! In: tokens from `exception` on. Out: one [`Exception`].
//!
//! Invariant: a mistake in one item costs that item only; what an exception must have is checked when its block ended.

use super::block::{Attributes, braced};
use super::flow::flow;
use super::mistake::{Mistake, Parsed, report_no_item, reported, shortened};
use super::rule::because;
use super::tokens::Tokens;
use super::words::{keyword, name, names};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::syntax::ast::{Exception, Flow, Ident, Text};
use crate::syntax::lex::TokenKind;
use nom::Parser;
use nom::sequence::preceded;

/// Words that start items other than attributes.
const CLAUSES: &[&str] = &["allow", "pierces", "because"];

/// What may start an item.
const EXPECTED: &str = "`allow`, `pierces`, `because`, an attribute or `}`";

/// The items of one exception while they are read.
#[derive(Default)]
struct Items<'a> {
    flows: Vec<Flow>,
    pierces: Vec<Ident>,
    because: Option<Text>,
    attributes: Attributes<'a>,
    read: usize,
}

/// `exception = "exception" name "{" { exception_item } "}"`
pub(super) fn exception(input: Tokens<'_>) -> Parsed<'_, Exception> {
    let (at_block, (_, name)) = (keyword("exception"), name("the id of the exception")).parse(input)?;
    let mut items = Items::default();
    let mut begun = 0_usize;
    let (rest, block_span) = braced(at_block, CLAUSES, |at| {
        begun += 1;
        let (rest, ()) = exception_item(at, &mut items)?;
        items.read += 1;
        Ok((rest, ()))
    })?;
    if items.read == begun {
        check_complete(input, &name, &items);
    }
    let exception = Exception {
        name,
        flows: items.flows,
        pierces: items.pierces,
        because: items.because,
        attributes: items.attributes.kept,
        block_span,
        span: input.span_to(rest),
    };
    Ok((rest, exception))
}

/// `exception_item = "allow" flow | pierces | because | attribute`
fn exception_item<'a>(input: Tokens<'a>, items: &mut Items<'a>) -> Parsed<'a, ()> {
    let is_key = input.kind(1) == Some(TokenKind::Equals);
    match input.ident().filter(|_| !is_key) {
        Some("allow") => {
            let (rest, flow) = preceded(keyword("allow"), flow).parse(input)?;
            items.flows.push(flow);
            Ok((rest, ()))
        }
        Some("pierces") => {
            let (rest, forbids) = pierces(input)?;
            items.pierces.extend(forbids);
            Ok((rest, ()))
        }
        Some("because") => {
            let (rest, reason) = because(input)?;
            if items.attributes.first_time(input) {
                items.because = Some(reason);
            }
            Ok((rest, ()))
        }
        Some(word) if nearest(&shortened(word), CLAUSES.iter().copied()).is_some() => misspelt(input, word),
        None if !is_key => Err(nom::Err::Failure(Mistake::expected_item(input, EXPECTED))),
        _ => items.attributes.item(input),
    }
}

/// Fails because of a word that is nearly a clause.
fn misspelt<'a>(input: Tokens<'a>, word: &str) -> Parsed<'a, ()> {
    let help =
        nearest(&shortened(word), CLAUSES.iter().copied()).map(|clause| format!("did you mean `{clause}`?"));
    report_no_item(input, EXPECTED, help.as_deref());
    reported(input)
}

/// `pierces = "pierces" names`
fn pierces(input: Tokens<'_>) -> Parsed<'_, Vec<Ident>> {
    preceded(keyword("pierces"), names("the label of a forbid after `pierces`")).parse(input)
}

/// Reports an exception that allows nothing or gives no reason.
fn check_complete(input: Tokens<'_>, name: &Ident, items: &Items<'_>) {
    let report = |code, lacks: &str, help: &str| {
        let message = format!("the exception `{}` {lacks}", name.text);
        input.report(Diagnostic::new(code, message).label(name.span, "").help(help));
        input.poison();
    };
    if items.flows.is_empty() {
        report(
            codes::UNEXPECTED_TOKEN,
            "allows nothing",
            "add a line in its block: `allow a -> b : tcp/443`",
        );
    }
    if items.because.is_none() {
        report(codes::MISSING_BECAUSE, "has no reason", "add a line in its block: `because \"...\"`");
    }
}
