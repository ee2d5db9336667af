//! Canonical sets of whole numbers as sorted, disjoint, non-adjacent inclusive intervals.
//!
//! In: intervals in any order. Out: the set algebra under services and addresses.
//!
//! Invariant: two sets with the same members are equal values; every operation is linear in its inputs once sorted.

use smallvec::{Array, SmallVec, smallvec};
use std::fmt::Debug;
use std::hash::Hash;

/// A whole number that intervals may hold.
pub trait Point: Copy + Ord + Hash + Debug {
    /// The intervals of a usual set, kept without a piece of memory of their own.
    type Inline: Array<Item = (Self, Self)> + Clone + Debug + Ord + Hash;
    /// The smallest number.
    const SMALLEST: Self;
    /// The largest number.
    const LARGEST: Self;
    /// The next number; `None` at the end of the range.
    fn next(self) -> Option<Self>;
    /// The number before; `None` at the start of the range.
    fn previous(self) -> Option<Self>;
    /// The number as the widest kind of number.
    fn wide(self) -> u128;
}

macro_rules! points {
    ($($number:ty, $usual:literal);*) => {
        $(impl Point for $number {
            type Inline = [(Self, Self); $usual];
            const SMALLEST: Self = 0;
            const LARGEST: Self = <$number>::MAX;
            fn next(self) -> Option<Self> {
                self.checked_add(1)
            }
            fn previous(self) -> Option<Self> {
                self.checked_sub(1)
            }
            fn wide(self) -> u128 {
                self.into()
            }
        })*
    };
}

// Most sets are one port or one IPv4 range, and most have no IPv6 address.
points!(u32, 2; u128, 0);

/// A set of numbers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Intervals<T: Point>(SmallVec<T::Inline>);

impl<T: Point> Default for Intervals<T> {
    fn default() -> Self {
        Self(SmallVec::new())
    }
}

impl<T: Point> Intervals<T> {
    /// The set without members.
    pub fn empty() -> Self {
        Self::default()
    }

    /// All numbers from `low` to `high`, both included; the empty set when `high` is below `low`.
    pub fn of(low: T, high: T) -> Self {
        if low > high { Self::empty() } else { Self(smallvec![(low, high)]) }
    }

    /// The union of intervals in any order; an interval whose end is below its start has no members.
    pub fn from_intervals(intervals: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut sorted: SmallVec<T::Inline> =
            intervals.into_iter().filter(|(low, high)| low <= high).collect();
        sorted.sort_unstable();
        let mut merged: SmallVec<T::Inline> = SmallVec::new();
        for (low, high) in sorted {
            match merged.last_mut() {
                Some((_, end)) if end.next().is_none_or(|next| low <= next) => *end = (*end).max(high),
                _ => merged.push((low, high)),
            }
        }
        Self(merged)
    }

    /// The intervals in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (T, T)> + '_ {
        self.0.iter().copied()
    }

    /// The intervals in ascending order, as they are kept.
    pub fn as_slice(&self) -> &[(T, T)] {
        &self.0
    }

    /// True for the set without members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many intervals the set takes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Members of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() || self == other {
            return other.clone();
        }
        if other.is_empty() {
            return self.clone();
        }
        Self::from_intervals(self.iter().chain(other.iter()))
    }

    /// Members of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut common = SmallVec::new();
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        while let (Some((a_low, a_high)), Some((b_low, b_high))) =
            (left.peek().copied(), right.peek().copied())
        {
            let (low, high) = (a_low.max(b_low), a_high.min(b_high));
            if low <= high {
                common.push((low, high));
            }
            if a_high <= b_high {
                left.next();
            } else {
                right.next();
            }
        }
        Self(common)
    }

    /// Members of this set that the other one lacks.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut rest = SmallVec::new();
        let mut holes = other.iter().peekable();
        for (low, high) in self.iter() {
            let mut start = Some(low);
            while let (Some(from), Some((hole_low, hole_high))) = (start, holes.peek().copied()) {
                if hole_low > high {
                    break;
                }
                if hole_high >= from {
                    if let Some(before) = hole_low.previous().filter(|before| *before >= from) {
                        rest.push((from, before));
                    }
                    start = hole_high.next();
                }
                if hole_high > high {
                    start = None;
                    break;
                }
                holes.next();
            }
            if let Some(from) = start.filter(|from| *from <= high) {
                rest.push((from, high));
            }
        }
        Self(rest)
    }

    /// True when every member of `other` is a member of this set.
    pub fn contains_all(&self, other: &Self) -> bool {
        let mut around = self.iter().peekable();
        other.iter().all(|(low, high)| {
            while around.next_if(|(_, end)| *end < low).is_some() {}
            around.peek().is_some_and(|(start, end)| *start <= low && high <= *end)
        })
    }

    /// True when the sets have a member in common.
    pub fn meets(&self, other: &Self) -> bool {
        let mut others = other.iter().peekable();
        self.iter().any(|(low, high)| {
            while others.next_if(|(_, end)| *end < low).is_some() {}
            others.peek().is_some_and(|(start, _)| *start <= high)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Lists = (Vec<(u32, u32)>, Vec<(u32, u32)>);

    fn sets() -> impl Strategy<Value = Lists> {
        let edge = prop_oneof![0_u32..24, Just(u32::MAX - 1), Just(u32::MAX)];
        let list = prop::collection::vec((edge.clone(), edge), 0..6);
        (list.clone(), list)
    }

    fn has(intervals: &[(u32, u32)], point: u32) -> bool {
        intervals.iter().any(|(low, high)| (*low..=*high).contains(&point))
    }

    proptest! {
        #[test]
        fn operations_agree_with_membership_of_single_points((a, b) in sets()) {
            let (left, right) = (Intervals::from_intervals(a.clone()), Intervals::from_intervals(b.clone()));
            let (union, common, rest) = (left.union(&right), left.intersection(&right), left.difference(&right));
            for point in (0..26).chain([u32::MAX - 2, u32::MAX - 1, u32::MAX]) {
                let (in_a, in_b) = (has(&a, point), has(&b, point));
                prop_assert_eq!(has(&union.0, point), in_a || in_b);
                prop_assert_eq!(has(&common.0, point), in_a && in_b);
                prop_assert_eq!(has(&rest.0, point), in_a && !in_b);
            }
            prop_assert_eq!(&common.union(&rest), &left);
            for set in [&union, &common, &rest] {
                prop_assert_eq!(&Intervals::from_intervals(set.iter()), set);
            }
            prop_assert_eq!(left.meets(&right), !common.is_empty());
            prop_assert_eq!(left.contains_all(&right), right.difference(&left).is_empty());
        }
    }
}
