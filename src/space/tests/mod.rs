//! Tests of the engine against single packets, the laws of sets and another theory.

mod change;
mod cover;
mod laws;
mod naive;
mod order;

use super::interval::Intervals;
use super::{Budget, Frame, Order, Packet, Region, Rule, Sets, Space, Verdict};
use proptest::prelude::*;

/// A frame so small that every packet can be asked.
pub(super) const SMALL: Frame<u32> = Frame { endpoint: 7, service: 15 };

pub(super) const ORDERS: [Order; 2] = [Order::ServiceFirst, Order::SourceFirst];

/// The sets of a rule as intervals, and its verdict.
pub(super) type Line = (Vec<(u32, u32)>, Vec<(u32, u32)>, Vec<(u32, u32)>, bool);

pub(super) fn space(order: Order) -> Space<u32> {
    Space::new(SMALL, order, Budget::default())
}

/// A set of numbers up to `largest` or a little beyond; every third one holds all.
fn numbers(largest: u32) -> impl Strategy<Value = Vec<(u32, u32)>> {
    let some = prop::collection::vec((0..=largest, 0..4_u32), 0..3)
        .prop_map(|list| list.into_iter().map(|(low, more)| (low, low + more)).collect());
    prop_oneof![2 => some, 1 => Just(vec![(0, largest)])]
}

pub(super) fn line() -> impl Strategy<Value = Line> {
    (numbers(7), numbers(7), numbers(15), prop::bool::weighted(0.7))
}

/// Rule lists with denies.
pub(super) fn lines() -> impl Strategy<Value = Vec<Line>> {
    prop::collection::vec(line(), 0..12)
}

pub(super) fn rules(sets: &mut Sets<u32>, lines: &[Line]) -> Vec<Rule> {
    let mut id = |list: &[(u32, u32)]| sets.intern(&Intervals::from_intervals(list.iter().copied()));
    lines
        .iter()
        .map(|(sources, destinations, services, permits)| Rule {
            sources: id(sources),
            destinations: id(destinations),
            services: id(services),
            verdict: if *permits { Verdict::Permit } else { Verdict::Deny },
        })
        .collect()
}

pub(super) fn build(space: &mut Space<u32>, lines: &[Line]) -> Region {
    let mut sets = Sets::new();
    let rules = rules(&mut sets, lines);
    space.build(&sets, &rules).unwrap()
}

/// Every packet of the small frame.
pub(super) fn packets() -> impl Iterator<Item = Packet<u32>> {
    (0..8).flat_map(|source| {
        (0..8)
            .flat_map(move |destination| (0..16).map(move |service| Packet { source, destination, service }))
    })
}

/// The verdict of the first line that matches, looked up line by line.
pub(super) fn permits(lines: &[Line], packet: &Packet<u32>) -> bool {
    let has = |set: &[(u32, u32)], number| set.iter().any(|(low, high)| (*low..=*high).contains(&number));
    lines
        .iter()
        .find(|(sources, destinations, services, _)| {
            has(sources, packet.source)
                && has(destinations, packet.destination)
                && has(services, packet.service)
        })
        .is_some_and(|(_, _, _, permits)| *permits)
}
