//! Lines between groups.
//!
//! In: the rules that two groups have about each other. Out: lines for what both ends let pass; a line makes a rule at both.
//!
//! Invariant: what only one end has is said to be left out.

use super::Writer;
use super::text::{allow, ports};
use crate::policy::address::AddressSet;
use crate::policy::service::ServiceSet;
use crate::target::half::Direction;
use crate::target::observed::Peers;
use std::collections::{BTreeMap, BTreeSet};

/// A rule that a group has about another one.
#[derive(Debug, Clone)]
pub(super) struct HalfRule {
    pub(super) services: ServiceSet,
    pub(super) at: String,
    pub(super) because: String,
    /// The addresses by which the rule knows the other end, where it doesn't name the group.
    pub(super) addresses: Option<AddressSet>,
}

/// Ends of rules: who starts, who answers.
type Halves = BTreeMap<(String, String), Vec<HalfRule>>;

/// Rules between groups, and what groups let pass whoever the other end is.
#[derive(Default)]
pub(super) struct Between {
    out: Halves,
    into: Halves,
    open: BTreeMap<(Direction, String), ServiceSet>,
}

impl Between {
    /// Adds a rule of a role about another one.
    pub(super) fn add(&mut self, direction: Direction, role: &str, other: &str, half: HalfRule) {
        let (map, key) = match direction {
            Direction::Ingress => (&mut self.into, (other.to_owned(), role.to_owned())),
            Direction::Egress => (&mut self.out, (role.to_owned(), other.to_owned())),
        };
        map.entry(key).or_default().push(half);
    }

    /// Says that a role lets something pass from or to every group.
    pub(super) fn open(&mut self, direction: Direction, role: &str, services: &ServiceSet) {
        let known = self.open.entry((direction, role.to_owned())).or_default();
        *known = known.union(services);
    }

    fn opened(&self, direction: Direction, role: &str) -> ServiceSet {
        self.open.get(&(direction, role.to_owned())).cloned().unwrap_or_default()
    }
}

fn sum(halves: &[HalfRule]) -> ServiceSet {
    halves.iter().fold(ServiceSet::empty(), |sum, half| sum.union(&half.services))
}

impl Writer<'_> {
    /// Lines for what both ends have.
    pub(super) fn between_groups(&mut self) {
        let between = std::mem::take(&mut self.between);
        let pairs: BTreeSet<&(String, String)> = between.out.keys().chain(between.into.keys()).collect();
        for pair in pairs {
            let (from, to) = pair;
            let none = Vec::new();
            let (out, into) =
                (between.out.get(pair).unwrap_or(&none), between.into.get(pair).unwrap_or(&none));
            let starts = sum(out).union(&between.opened(Direction::Egress, from));
            let answers = sum(into).union(&between.opened(Direction::Ingress, to));
            for half in into {
                let both = half.services.intersection(&starts);
                let other = out.iter().find(|other| other.services.meets(&both));
                self.line(&[Some(half), other], pair, &both, &half.because);
            }
            // What the other end lets pass whoever starts it has no rule about this pair.
            for half in out {
                let both = half.services.intersection(&answers).difference(&sum(into));
                self.line(&[Some(half)], pair, &both, &half.because);
            }
            for (halves, other, end) in [(into, &starts, to), (out, &answers, from)] {
                for half in halves {
                    self.alone(half, pair, other, end);
                }
            }
        }
    }

    fn line(
        &mut self,
        halves: &[Option<&HalfRule>],
        pair: &(String, String),
        both: &ServiceSet,
        because: &str,
    ) {
        if both.is_empty() {
            return;
        }
        let places: Vec<&str> = halves.iter().flatten().map(|half| half.at.as_str()).collect();
        self.allows.push(allow(&places, &pair.0, &pair.1, &ports(both).0, because));
    }

    fn alone(&mut self, half: &HalfRule, (from, to): &(String, String), other: &ServiceSet, end: &str) {
        let alone = half.services.difference(other);
        if alone.is_empty() {
            return;
        }
        // A rule by addresses needs nobody at the other end.
        let outside = half.addresses.clone().and_then(|addresses| self.outside(&Peers::at(addresses)));
        if let Some(outside) = outside {
            let pair = if end == to { (outside, to.clone()) } else { (from.clone(), outside) };
            self.line(&[Some(half)], &pair, &alone, &half.because);
        } else {
            let what = format!(
                "{from} -> {to} on {alone}: only {end} has the rule, and a line makes one at both ends"
            );
            self.cannot(&half.at, what);
        }
    }
}
