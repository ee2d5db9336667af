//! Covers: exact, few, and as plain as they can be.

use super::{ORDERS, SMALL, build, lines, packets, permits, space};
use crate::space::interval::Intervals;
use crate::space::{Block, Field, Packet, Region};
use proptest::prelude::*;

fn holds(block: &Block<u32>, packet: &Packet<u32>) -> bool {
    let has = |set: &Intervals<u32>, number| set.meets(&Intervals::of(number, number));
    has(&block.sources, packet.source)
        && has(&block.destinations, packet.destination)
        && has(&block.services, packet.service)
}

fn block(sources: &[u32], destinations: &[u32], services: (u32, u32)) -> Block<u32> {
    let set = |list: &[u32]| Intervals::from_intervals(list.iter().map(|number| (*number, *number)));
    Block {
        sources: set(sources),
        destinations: set(destinations),
        services: Intervals::of(services.0, services.1),
    }
}

const ALL: [u32; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

proptest! {
    #[test]
    fn covers_are_exact_and_the_disjoint_one_is_disjoint(lines in lines()) {
        for order in ORDERS {
            let mut space = space(order);
            let region = build(&mut space, &lines);
            let disjoint = space.disjoint_cover(region).unwrap();
            let cover = space.cover(region).unwrap();
            for packet in packets() {
                let wanted = usize::from(permits(&lines, &packet));
                prop_assert_eq!(disjoint.iter().filter(|block| holds(block, &packet)).count(), wanted);
                prop_assert_eq!(cover.iter().any(|block| holds(block, &packet)), wanted == 1);
            }
            prop_assert!(cover.len() <= disjoint.len());
            let mut sum = Region::NOTHING;
            for block in &cover {
                let packets = space.block(block).unwrap();
                sum = space.union(sum, packets).unwrap();
            }
            prop_assert_eq!(sum, region);
        }
    }

    #[test]
    fn a_cover_depends_on_the_set_only(lines in lines()) {
        let mut space = space(ORDERS[0]);
        let region = build(&mut space, &lines);
        let first = space.cover(region).unwrap();
        let mut fresh = super::space(ORDERS[0]);
        let again = build(&mut fresh, &lines);
        prop_assert_eq!(fresh.cover(again).unwrap(), first);
    }

    #[test]
    fn a_projection_has_the_numbers_of_the_packets(lines in lines()) {
        for order in ORDERS {
            let mut space = space(order);
            let region = build(&mut space, &lines);
            for field in [Field::Source, Field::Destination, Field::Service] {
                let numbers = packets().filter(|packet| permits(&lines, packet)).map(|packet| packet.number(field));
                let wanted = Intervals::from_intervals(numbers.map(|number| (number, number)));
                prop_assert_eq!(space.project(region, field), wanted);
            }
        }
    }
}

#[test]
fn blocks_overlap_where_that_reads_better() {
    for order in ORDERS {
        let mut space = space(order);
        let (from_one, to_five) = (block(&[1], &ALL, (0, 15)), block(&ALL, &[5], (0, 15)));
        let (a, b) = (space.block(&from_one).unwrap(), space.block(&to_five).unwrap());
        let both = space.union(a, b).unwrap();
        assert_eq!(space.cover(both).unwrap(), [to_five, from_one]);
    }
}

#[test]
fn ports_and_peers_are_joined() {
    for order in ORDERS {
        let mut space = space(order);
        let mut sum = Region::NOTHING;
        for source in [0, 2] {
            for destination in [1, 3] {
                for service in 4..7 {
                    let one = space.block(&block(&[source], &[destination], (service, service))).unwrap();
                    sum = space.union(sum, one).unwrap();
                }
            }
        }
        assert_eq!(space.cover(sum).unwrap(), [block(&[0, 2], &[1, 3], (4, 6))]);
    }
}

#[test]
fn nothing_and_everything_are_no_block_and_one() {
    let mut space = space(ORDERS[0]);
    assert!(space.cover(Region::NOTHING).unwrap().is_empty());
    assert_eq!(space.cover(Region::EVERYTHING).unwrap(), [block(&ALL, &ALL, (0, SMALL.service))]);
}
