//! Statements that the others make redundant: FC-24.
//!
//! Exact: a statement is redundant when every packet class that it permits is permitted by the union of all other
//! statements. Of two that permit the same, the later one is reported, and the earlier one is then needed.

use super::Review;
use crate::diagnostic::{Sink, codes};
use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Most covering statements that a report points at.
const MOST_SHOWN: usize = 3;

/// One statement: its words, and what it permits by pair of points.
#[derive(Default)]
struct Statement {
    name: String,
    classes: BTreeMap<(AtomId, AtomId), ServiceSet>,
    is_dated: bool,
    roles: BTreeSet<(String, String)>,
}

/// What all statements permit between two points, by statement.
type Pairs = BTreeMap<(AtomId, AtomId), BTreeMap<Span, ServiceSet>>;

pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    let statements = statements(review);
    let mut pairs = pairs(&statements);
    for (span, statement) in statements.iter().rev() {
        let Some(covering) = covered_by(*span, statement, &statements, &pairs) else { continue };
        let message = format!("`{}` permits nothing that other statements don't permit", statement.name);
        let mut report = review.report(codes::REDUNDANT, message).label(*span, "can go without any effect");
        for (place, name) in covering.iter().take(MOST_SHOWN) {
            report = report.label(*place, format!("`{name}` permits it, or a part of it"));
        }
        for (from, to) in &statement.roles {
            report = report.about([from.as_str(), to.as_str()]);
        }
        sink.report(report.help("take it out, or correct it where it was meant to permit something else"));
        for pair in statement.classes.keys() {
            if let Some(others) = pairs.get_mut(pair) {
                others.remove(span);
            }
        }
    }
}

/// Statements in force that permit something, in order of place.
fn statements(review: &Review<'_>) -> BTreeMap<Span, Statement> {
    let universe = review.policy.universe();
    let mut statements: BTreeMap<Span, Statement> = BTreeMap::new();
    for flow in review.policy.flows() {
        for reason in &flow.provenance {
            let statement = statements.entry(reason.span).or_default();
            statement.name.clone_from(&reason.statement);
            statement.is_dated |= flow.expires.is_some();
            let names = [flow.from, flow.to].map(|role| review.policy.name(role).to_owned());
            let [from_name, to_name] = names;
            statement.roles.insert((from_name, to_name));
            for from in universe.of_role(flow.from) {
                for to in universe.of_role(flow.to) {
                    let possible = universe.possible(*from, *to, &reason.services);
                    if !possible.is_empty() {
                        let services = statement.classes.entry((*from, *to)).or_default();
                        *services = services.union(&possible);
                    }
                }
            }
        }
    }
    statements
}

/// What stands for others: an exception ends, so it stands for none.
fn pairs(statements: &BTreeMap<Span, Statement>) -> Pairs {
    let mut pairs: Pairs = BTreeMap::new();
    for (span, statement) in statements.iter().filter(|(_, statement)| !statement.is_dated) {
        for (pair, services) in &statement.classes {
            pairs.entry(*pair).or_default().insert(*span, services.clone());
        }
    }
    pairs
}

/// The statements that together permit all of one, in order of place; `None` when it permits something of its own, or
/// nothing at all.
fn covered_by<'s>(
    span: Span,
    statement: &Statement,
    statements: &'s BTreeMap<Span, Statement>,
    pairs: &Pairs,
) -> Option<BTreeMap<Span, &'s str>> {
    let mut covering = BTreeMap::new();
    for (pair, services) in &statement.classes {
        let mut rest = services.clone();
        for (other, permitted) in pairs.get(pair)?.iter().filter(|(other, _)| **other != span) {
            if rest.meets(permitted) {
                rest = rest.difference(permitted);
                covering.insert(*other, statements.get(other).map_or("", |other| other.name.as_str()));
            }
            if rest.is_empty() {
                break;
            }
        }
        if !rest.is_empty() {
            return None;
        }
    }
    (!covering.is_empty()).then_some(covering)
}
