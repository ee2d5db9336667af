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

/// What standing statements permit between two points.
///
/// Invariant: `starts` ascends; stretch `n` reaches from `starts[n]` to the service before `starts[n + 1]`, and
/// `counts[n]` statements permit it.
#[derive(Default)]
struct Pair<'s> {
    members: BTreeMap<Span, &'s ServiceSet>,
    starts: Vec<u32>,
    counts: Vec<u32>,
}

impl Pair<'_> {
    /// Counts the members, each stretch once for each of them.
    fn count(&mut self) {
        let ranges = self.members.values().flat_map(|set| set.intervals().iter());
        self.starts = ranges.flat_map(|(low, high)| [Some(low), high.checked_add(1)]).flatten().collect();
        self.starts.sort_unstable();
        self.starts.dedup();
        self.counts = vec![0; self.starts.len()];
        let sets: Vec<&ServiceSet> = self.members.values().copied().collect();
        sets.into_iter().for_each(|set| self.change(set, |count| count.saturating_add(1)));
    }

    /// Takes a member out.
    fn remove(&mut self, span: Span) {
        if let Some(set) = self.members.remove(&span) {
            self.change(set, |count| count.saturating_sub(1));
        }
    }

    /// The stretches that an interval touches.
    fn touched(&self, (low, high): (u32, u32)) -> std::ops::Range<usize> {
        // The stretch before the first start within may reach into the interval.
        let first = self.starts.partition_point(|start| *start <= low).saturating_sub(1);
        first..self.starts.partition_point(|start| *start <= high)
    }

    fn change(&mut self, set: &ServiceSet, change: impl Fn(u32) -> u32) {
        for interval in set.intervals().iter() {
            let touched = self.touched(interval);
            for count in self.counts.get_mut(touched).into_iter().flatten() {
                *count = change(*count);
            }
        }
    }

    /// The least number of statements that permit any of the services.
    fn least(&self, set: &ServiceSet) -> u32 {
        let before = |low: u32| self.starts.first().is_none_or(|first| low < *first);
        let least_of = |interval: (u32, u32)| {
            let counts = self.counts.get(self.touched(interval)).unwrap_or_default();
            if before(interval.0) { 0 } else { counts.iter().copied().min().unwrap_or(0) }
        };
        set.intervals().iter().map(least_of).min().unwrap_or(0)
    }
}

/// What stands, by pair of points.
type Pairs<'s> = BTreeMap<(AtomId, AtomId), Pair<'s>>;

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
            if let Some(pair) = pairs.get_mut(pair) {
                pair.remove(*span);
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
fn pairs(statements: &BTreeMap<Span, Statement>) -> Pairs<'_> {
    let mut pairs: Pairs<'_> = BTreeMap::new();
    for (span, statement) in statements.iter().filter(|(_, statement)| !statement.is_dated) {
        for (pair, services) in &statement.classes {
            pairs.entry(*pair).or_default().members.insert(*span, services);
        }
    }
    pairs.values_mut().for_each(Pair::count);
    pairs
}

/// The statements that together permit all of one, in order of place; `None` when it permits something of its own, or
/// nothing at all.
fn covered_by<'s>(
    span: Span,
    statement: &Statement,
    statements: &'s BTreeMap<Span, Statement>,
    pairs: &Pairs<'_>,
) -> Option<BTreeMap<Span, &'s str>> {
    let needed = if statement.is_dated { 1 } else { 2 };
    let is_covered = |(pair, services): (&(AtomId, AtomId), &ServiceSet)| {
        pairs.get(pair).is_some_and(|pair| pair.least(services) >= needed)
    };
    if statement.classes.is_empty() || !statement.classes.iter().all(is_covered) {
        return None;
    }
    let mut covering = BTreeMap::new();
    for (pair, services) in &statement.classes {
        let mut rest = services.clone();
        let members = pairs.get(pair).into_iter().flat_map(|pair| &pair.members);
        for (other, permitted) in members.filter(|(other, _)| **other != span) {
            if rest.is_empty() {
                break;
            }
            if rest.meets(permitted) {
                rest = rest.difference(permitted);
                covering.insert(*other, statements.get(other).map_or("", |other| other.name.as_str()));
            }
        }
    }
    Some(covering)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceId;
    use proptest::prelude::*;

    proptest! {
        /// Against asking port by port how many of the others permit it.
        #[test]
        fn a_count_is_that_of_every_single_service(sets in prop::collection::vec(prop::collection::vec((1_u16..40, 0_u16..12), 1..4), 1..8)) {
            let set = |ranges: &Vec<(u16, u16)>| ranges.iter().fold(ServiceSet::empty(), |sum, (low, more)| {
                sum.union(&ServiceSet::ports(crate::policy::service::Protocol::TCP, *low, low + more))
            });
            let sets: Vec<ServiceSet> = sets.iter().map(set).collect();
            let span = |at: usize| Span::new(SourceId(0), u32::try_from(at).unwrap(), u32::try_from(at).unwrap());
            let mut pair = Pair::default();
            pair.members.extend(sets.iter().enumerate().map(|(at, set)| (span(at), set)));
            pair.count();
            for removed in 0..sets.len() {
                for asked in &sets {
                    let single = |port| ServiceSet::ports(crate::policy::service::Protocol::TCP, port, port);
                    let left = || sets.iter().skip(removed);
                    let ports = (1..60).map(single).filter(|port| asked.contains_all(port));
                    let least = ports.map(|port| left().filter(|set| set.contains_all(&port)).count()).min();
                    prop_assert_eq!(pair.least(asked) as usize, least.unwrap());
                }
                pair.remove(span(removed));
            }
        }
    }
}
