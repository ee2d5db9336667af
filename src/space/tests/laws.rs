//! The laws of sets, as equality of regions.

use super::{ORDERS, build, lines, space};
use crate::space::{Region, Space};
use proptest::prelude::*;

/// Operations that can't fail at this size.
struct Algebra(Space<u32>);

impl Algebra {
    fn or(&mut self, a: Region, b: Region) -> Region {
        self.0.union(a, b).unwrap()
    }

    fn and(&mut self, a: Region, b: Region) -> Region {
        self.0.intersection(a, b).unwrap()
    }

    fn minus(&mut self, a: Region, b: Region) -> Region {
        self.0.difference(a, b).unwrap()
    }

    fn not(&mut self, a: Region) -> Region {
        self.0.complement(a).unwrap()
    }
}

proptest! {
    #[test]
    fn union_and_intersection_are_a_lattice(lists in prop::array::uniform3(lines())) {
        for order in ORDERS {
            let mut all = Algebra(space(order));
            let [a, b, c] = lists.each_ref().map(|lines| build(&mut all.0, lines));
            let (a_or_b, a_and_b) = (all.or(a, b), all.and(a, b));
            prop_assert_eq!(a_or_b, all.or(b, a));
            prop_assert_eq!(a_and_b, all.and(b, a));
            let (b_or_c, b_and_c) = (all.or(b, c), all.and(b, c));
            prop_assert_eq!(all.or(a_or_b, c), all.or(a, b_or_c));
            prop_assert_eq!(all.and(a_and_b, c), all.and(a, b_and_c));
            prop_assert_eq!(all.or(a, a_and_b), a);
            prop_assert_eq!(all.and(a, a_or_b), a);
            let a_and_c = all.and(a, c);
            prop_assert_eq!(all.and(a, b_or_c), all.or(a_and_b, a_and_c));
            let a_or_c = all.or(a, c);
            prop_assert_eq!(all.or(a, b_and_c), all.and(a_or_b, a_or_c));
        }
    }

    #[test]
    fn complement_and_difference_obey_de_morgan(lists in prop::array::uniform3(lines())) {
        for order in ORDERS {
            let mut all = Algebra(space(order));
            let [a, b, c] = lists.each_ref().map(|lines| build(&mut all.0, lines));
            let (not_a, not_b) = (all.not(a), all.not(b));
            let (union, common) = (all.or(a, b), all.and(a, b));
            prop_assert_eq!(all.not(union), all.and(not_a, not_b));
            prop_assert_eq!(all.not(common), all.or(not_a, not_b));
            prop_assert_eq!(all.not(not_a), a);
            prop_assert_eq!(all.and(a, not_a), Region::NOTHING);
            prop_assert_eq!(all.or(a, not_a), Region::EVERYTHING);
            let rest = all.minus(a, b);
            prop_assert_eq!(rest, all.and(a, not_b));
            prop_assert_eq!(all.or(rest, common), a);
            prop_assert_eq!(all.and(rest, b), Region::NOTHING);
            let (without_b, b_or_c) = (all.minus(a, b), all.or(b, c));
            prop_assert_eq!(all.minus(without_b, c), all.minus(a, b_or_c));
            prop_assert_eq!(all.minus(a, Region::NOTHING), a);
            prop_assert_eq!(all.minus(a, Region::EVERYTHING), Region::NOTHING);
            let (volume_a, volume_b) = (all.0.volume(a), all.0.volume(b));
            prop_assert_eq!(volume_a + volume_b, all.0.volume(union) + all.0.volume(common));
        }
    }
}
