//! The engine against a look at every packet of a small frame.

use super::{ORDERS, SMALL, build, lines, packets, permits, space};
use crate::space::interval::Intervals;
use crate::space::{Block, Budget, Frame, Packet, Region, Rule, Sets, Space, Verdict};
use proptest::prelude::*;

proptest! {
    #[test]
    fn the_first_rule_that_matches_decides(lines in lines()) {
        for order in ORDERS {
            let mut space = space(order);
            let region = build(&mut space, &lines);
            let wanted: Vec<_> = packets().filter(|packet| permits(&lines, packet)).collect();
            let found: Vec<_> = packets().filter(|packet| space.contains(region, packet)).collect();
            prop_assert_eq!(&found, &wanted);
            prop_assert_eq!(space.volume(region).to_u128(), Some(wanted.len() as u128));
            prop_assert_eq!(region.is_empty(), wanted.is_empty());
            prop_assert_eq!(region == Region::EVERYTHING, wanted.len() == 8 * 8 * 16);
            let example = space.example(region);
            prop_assert_eq!(example.is_some(), !wanted.is_empty());
            prop_assert!(example.is_none_or(|packet| wanted.contains(&packet)));
        }
    }

    #[test]
    fn operations_are_those_of_packets(a in lines(), b in lines()) {
        for order in ORDERS {
            let mut space = space(order);
            let (x, y) = (build(&mut space, &a), build(&mut space, &b));
            let union = space.union(x, y).unwrap();
            let common = space.intersection(x, y).unwrap();
            let rest = space.difference(x, y).unwrap();
            let missing = space.complement(x).unwrap();
            for packet in packets() {
                let (in_a, in_b) = (permits(&a, &packet), permits(&b, &packet));
                prop_assert_eq!(space.contains(union, &packet), in_a || in_b);
                prop_assert_eq!(space.contains(common, &packet), in_a && in_b);
                prop_assert_eq!(space.contains(rest, &packet), in_a && !in_b);
                prop_assert_eq!(space.contains(missing, &packet), !in_a);
            }
            let equal = packets().all(|packet| permits(&a, &packet) == permits(&b, &packet));
            prop_assert_eq!(x == y, equal);
            let inside = packets().all(|packet| !permits(&a, &packet) || permits(&b, &packet));
            prop_assert_eq!(space.is_subset(x, y).unwrap(), inside);
        }
    }

    #[test]
    fn the_order_of_permits_and_repetitions_mean_nothing(lines in lines()) {
        let mut permits: Vec<_> = lines.into_iter().map(|(s, d, p, _)| (s, d, p, true)).collect();
        for order in ORDERS {
            let mut space = space(order);
            let straight = build(&mut space, &permits);
            permits.reverse();
            permits.extend(permits.clone());
            prop_assert_eq!(build(&mut space, &permits), straight);
        }
    }
}

#[test]
fn packets_beyond_the_frame_are_in_no_set() {
    let space = space(ORDERS[0]);
    let packet = Packet { source: 8, destination: 0, service: 0 };
    assert!(!space.contains(Region::EVERYTHING, &packet));
    assert_eq!(space.volume(Region::EVERYTHING).to_u128(), Some(1024));
    assert_eq!(space.frame(), SMALL);
}

/// One block as a rule.
fn rule(sets: &mut Sets<u128>, block: &Block<u128>, verdict: Verdict) -> Rule {
    Rule {
        sources: sets.intern(&block.sources),
        destinations: sets.intern(&block.destinations),
        services: sets.intern(&block.services),
        verdict,
    }
}

#[test]
fn the_largest_addresses_are_addresses_like_others() {
    let frame = Frame { endpoint: u128::MAX, service: 0x00ff_ffff };
    let last = Block {
        sources: Intervals::of(u128::MAX, u128::MAX),
        destinations: Intervals::of(u128::MAX - 1, u128::MAX),
        services: Intervals::of(0x00ff_ffff, 0x00ff_ffff),
    };
    let all = Intervals::of(0, u128::MAX);
    let any = Block { sources: all.clone(), destinations: all, services: Intervals::of(0, 0x00ff_ffff) };
    for order in ORDERS {
        let mut space = Space::new(frame, order, Budget::default());
        let mut sets = Sets::new();
        let (deny, permit) = (rule(&mut sets, &last, Verdict::Deny), rule(&mut sets, &any, Verdict::Permit));
        let most = space.build(&sets, &[deny, permit]).unwrap();
        let two = space.complement(most).unwrap();
        assert_eq!(space.volume(two).to_u128(), Some(2));
        assert_eq!(space.block(&last).unwrap(), two);
        assert_eq!(space.cover(two).unwrap(), std::slice::from_ref(&last));
        let corner = Packet { source: u128::MAX, destination: u128::MAX, service: 0x00ff_ffff };
        assert!(space.contains(two, &corner) && !space.contains(most, &corner));
        assert_eq!(space.example(two).unwrap().destination, u128::MAX - 1);
        let everything = space.build(&sets, &[permit, deny]).unwrap();
        assert_eq!(everything, Region::EVERYTHING);
        // 2^280, and 2 less.
        let counts = [everything, most].map(|region| space.volume(region).to_string());
        assert!(counts[0].ends_with("208498176") && counts[1].ends_with("208498174"));
    }
}
