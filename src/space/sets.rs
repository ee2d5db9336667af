//! Interval sets, each kept once and known by a small number.
//!
//! In: canonical [`Intervals`]. Out: a [`SetId`] for each distinct set.
//!
//! Invariant: two ids of one pool are equal exactly when their sets are; ids count up from 0 in the order of first use.

use super::interval::{Intervals, Point};
use super::table::hash;
use hashbrown::HashTable;

/// A set of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub(super) u32);

/// A pool of distinct interval sets; it holds fewer than 2^32 of them.
#[derive(Debug, Clone)]
pub struct Sets<T> {
    intervals: Vec<(T, T)>,
    /// Where each set ends in `intervals`.
    ends: Vec<usize>,
    /// The sets by the hash of their intervals, with its low half.
    index: HashTable<(u32, u32)>,
}

impl<T> Default for Sets<T> {
    fn default() -> Self {
        Self { intervals: Vec::new(), ends: Vec::new(), index: HashTable::new() }
    }
}

impl<T: Point> Sets<T> {
    /// A pool without sets.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of a set; the same for an equal set.
    pub fn intern(&mut self, set: &Intervals<T>) -> SetId {
        self.intern_slice(set.as_slice())
    }

    /// The id of the numbers from `low` to `high`, both included; of the empty set when `high` is below `low`.
    pub fn intern_range(&mut self, low: T, high: T) -> SetId {
        if low > high { self.intern_slice(&[]) } else { self.intern_slice(&[(low, high)]) }
    }

    fn intern_slice(&mut self, intervals: &[(T, T)]) -> SetId {
        let full = hash(intervals);
        let short = low_half(full);
        let known = self.index.find(full, |(kept, id)| *kept == short && self.get(SetId(*id)) == intervals);
        if let Some((_, id)) = known {
            return SetId(*id);
        }
        let id = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.intervals.extend_from_slice(intervals);
        self.ends.push(self.intervals.len());
        let (kept, ends) = (&self.intervals, &self.ends);
        self.index.insert_unique(full, (short, id), |(_, id)| hash(slice(kept, ends, *id)));
        SetId(id)
    }

    /// The intervals of a set, ascending; none for an id of another pool.
    pub fn get(&self, id: SetId) -> &[(T, T)] {
        slice(&self.intervals, &self.ends, id.0)
    }

    /// How many distinct sets the pool holds.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True for a pool without sets.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes that the pool takes.
    pub fn bytes(&self) -> usize {
        self.intervals.capacity() * size_of::<(T, T)>()
            + self.ends.capacity() * size_of::<usize>()
            + self.index.allocation_size()
    }

    /// True when a set holds all numbers from the smallest to `largest`.
    pub(super) fn covers(&self, id: SetId, largest: T) -> bool {
        self.get(id).first().is_some_and(|(low, high)| *low == T::SMALLEST && *high >= largest)
    }

    /// True when a set has no number up to `largest`.
    pub(super) fn misses(&self, id: SetId, largest: T) -> bool {
        self.get(id).first().is_none_or(|(low, _)| *low > largest)
    }
}

fn slice<'a, T>(intervals: &'a [(T, T)], ends: &[usize], id: u32) -> &'a [(T, T)] {
    let at = id as usize;
    let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(at).and_then(|end| intervals.get(start..*end)).unwrap_or(&[])
}

/// The low half of a hash, kept beside an id so that most unequal entries are told apart without a look at them.
pub(super) fn low_half(hash: u64) -> u32 {
    u32::try_from(hash & u64::from(u32::MAX)).unwrap_or(0)
}
