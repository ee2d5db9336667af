//! What is different between two releases.
//!
//! In: a catalogue and two of its releases. Out: [`Comparison`].
//!
//! Invariant: comparing the other way round swaps added and removed and keeps changed.

use super::entry::FlowEntry;
use super::store::{Catalogue, ReleaseId};
use super::value::Change;

/// An entry that both releases have and of which the later one says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed<'c> {
    /// The entry.
    pub flow: &'c FlowEntry,
    /// What is different.
    pub change: &'c Change,
}

/// The flows in which two releases differ, each list in the order of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison<'c> {
    /// Only the second release has them.
    pub added: Vec<&'c FlowEntry>,
    /// Only the first release has them.
    pub removed: Vec<&'c FlowEntry>,
    /// Both have them, with the same ports, and the later one says something else.
    pub changed: Vec<Changed<'c>>,
    /// How many rows the first release's edition of the port lists has.
    pub rows_before: usize,
    /// How many rows the second release's edition of the port lists has.
    pub rows_after: usize,
}

impl Catalogue {
    /// Compares two releases, in the direction in which they are named.
    pub fn compare(&self, from: ReleaseId, to: ReleaseId) -> Comparison<'_> {
        let only = |wanted: ReleaseId, other: ReleaseId| {
            let flows = self.flows();
            flows.filter(move |flow| self.holds(flow, wanted) && !self.holds(flow, other)).collect()
        };
        let (older, newer) = (from.min(to), from.max(to));
        let in_both = self.flows().filter(|flow| self.holds(flow, from) && self.holds(flow, to));
        let changed = in_both.flat_map(|flow| {
            let between = flow.changes().iter().filter(|change| {
                self.release_id(&change.release).is_some_and(|at| older < at && at <= newer)
            });
            between.map(move |change| Changed { flow, change })
        });
        let rows = |release| self.flows().filter(|flow| self.lists(flow, release)).count();
        Comparison {
            added: only(to, from),
            removed: only(from, to),
            changed: changed.collect(),
            rows_before: rows(from),
            rows_after: rows(to),
        }
    }
}
