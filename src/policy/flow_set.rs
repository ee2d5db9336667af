//! Exact sets of packet classes: (source atom, destination atom, service).
//!
//! In: flows and rules. Out: union, intersection, difference, comparison.
//!
//! Invariant: equal sets are equal values; no pair holds an empty service set; no packet class is impossible (other
//! address family, ICMP of the wrong family).

use super::service::ServiceSet;
use super::universe::{AtomId, Universe};
use std::collections::BTreeMap;

/// A canonical set of packet classes that may start a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowSet {
    pairs: BTreeMap<(AtomId, AtomId), ServiceSet>,
}

impl FlowSet {
    /// No packet class.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Adds the possible part of some services between two atoms.
    pub fn insert(&mut self, universe: &Universe, from: AtomId, to: AtomId, services: &ServiceSet) {
        let possible = universe.possible(from, to, services);
        if possible.is_empty() {
            return;
        }
        let entry = self.pairs.entry((from, to)).or_default();
        *entry = entry.union(&possible);
    }

    /// Adds a cross product of atoms.
    pub fn insert_product(
        &mut self,
        universe: &Universe,
        from: &[AtomId],
        to: &[AtomId],
        services: &ServiceSet,
    ) {
        for source in from {
            for destination in to {
                self.insert(universe, *source, *destination, services);
            }
        }
    }

    /// The services permitted between two atoms; empty when there are none.
    pub fn services(&self, from: AtomId, to: AtomId) -> ServiceSet {
        self.pairs.get(&(from, to)).cloned().unwrap_or_default()
    }

    /// The pairs with their services, in canonical order.
    pub fn iter(&self) -> impl Iterator<Item = (AtomId, AtomId, &ServiceSet)> {
        self.pairs.iter().map(|((from, to), services)| (*from, *to, services))
    }

    /// True for the empty set.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Packet classes of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut pairs = self.pairs.clone();
        for (pair, services) in &other.pairs {
            let entry = pairs.entry(*pair).or_default();
            *entry = entry.union(services);
        }
        Self { pairs }
    }

    /// Packet classes of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.combine(other, ServiceSet::intersection)
    }

    /// Packet classes of this set that the other one lacks.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.combine(other, ServiceSet::difference)
    }

    fn combine(&self, other: &Self, operation: fn(&ServiceSet, &ServiceSet) -> ServiceSet) -> Self {
        let none = ServiceSet::empty();
        let pairs = self
            .pairs
            .iter()
            .map(|(pair, services)| (*pair, operation(services, other.pairs.get(pair).unwrap_or(&none))))
            .filter(|(_, services)| !services.is_empty())
            .collect();
        Self { pairs }
    }
}
