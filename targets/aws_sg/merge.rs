//! The fewest rules that say what the rules of one direction of one group say together.
//!
//! In: rules by peer and service range. Out: the smallest set of rules that permits exactly the same, each with the rows
//! of all rules that it stands for.
//!
//! Why this is the minimum: a rule is a block of addresses and a range of services. Of all rules with a service that an
//! exact set may have for a block, one range is the widest, and what a wider block may have lies within it. So where the
//! range of the smallest blocks is not that of the wider block, no rule for the wider block can take its place; where it
//! is, the wider block's rule does for all blocks within. Every rule that is left is needed by some block.
//!
//! Invariant: merging adds no packet and drops none; merging twice is merging once; groups and lists are never merged
//! with ranges or each other, because what they hold is not known here.

use super::draft::{Rows, Rules, expressible, family};
use super::plan::Peer;
use crate::policy::address::Family;
use crate::policy::service::{ServiceRange, ServiceSet};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::collections::{BTreeMap, BTreeSet};

/// Ranges of addresses with the services that are open for each, within one block.
type Opened<'a> = Vec<(IpNet, &'a ServiceSet)>;

/// What is known of a block of addresses once all blocks within are.
struct Block {
    /// The services that are open for every address of it.
    common: ServiceSet,
    /// The ranges of these that some address within needs and no rule says yet.
    needed: BTreeSet<ServiceRange>,
}

/// Merges the rules of one direction of one group.
pub(super) fn merge(rules: &Rules) -> Rules {
    let mut peers: BTreeMap<&Peer, ServiceSet> = BTreeMap::new();
    for (peer, range) in rules.keys() {
        let services = peers.entry(peer).or_default();
        *services = services.union(&ServiceSet::from_ranges([*range]));
    }
    let mut fewest: BTreeSet<(Peer, ServiceRange)> = BTreeSet::new();
    let mut opened: BTreeMap<Family, Opened<'_>> = BTreeMap::new();
    for (peer, services) in &peers {
        match peer {
            Peer::Cidr(net) => opened.entry(family(*net)).or_default().push((*net, services)),
            other => fewest.extend(parts(services).into_iter().map(|range| ((*other).clone(), range))),
        }
    }
    for (family, ranges) in opened {
        let rules = cover_all(family, &ranges);
        fewest.extend(rules.into_iter().map(|(net, range)| (Peer::Cidr(net), range)));
    }
    fewest.into_iter().map(|rule| (rows_of(&rule, rules), rule)).map(|(rows, rule)| (rule, rows)).collect()
}

/// The rows of all rules that have a packet in common with a merged one.
fn rows_of((peer, range): &(Peer, ServiceRange), rules: &Rules) -> Rows {
    let share = |other: &Peer| match (peer, other) {
        (Peer::Cidr(one), Peer::Cidr(other)) => one.contains(other) || other.contains(one),
        (one, other) => one == other,
    };
    let meets = |other: &ServiceRange| {
        other.protocol == range.protocol && other.low <= range.high && range.low <= other.high
    };
    let met = rules.iter().filter(|((other, services), _)| meets(services) && share(other));
    met.flat_map(|(_, rows)| rows).copied().collect()
}

/// The widest ranges of a set that one rule each can say; no two have a service in common.
fn parts(services: &ServiceSet) -> BTreeSet<ServiceRange> {
    services.ranges().into_iter().flat_map(expressible).collect()
}

fn cover_all(family: Family, opened: &Opened<'_>) -> BTreeSet<(IpNet, ServiceRange)> {
    let everything = match family {
        Family::V4 => IpNet::V4(Ipv4Net::default()),
        Family::V6 => IpNet::V6(Ipv6Net::default()),
    };
    let mut found = BTreeSet::new();
    let block = cover(everything, opened, &ServiceSet::empty(), &mut found);
    found.extend(block.needed.into_iter().map(|range| (everything, range)));
    found
}

/// Finds the rules for what lies within a block; those that the block itself may say are left to the caller.
fn cover(
    block: IpNet,
    opened: &Opened<'_>,
    inherited: &ServiceSet,
    found: &mut BTreeSet<(IpNet, ServiceRange)>,
) -> Block {
    let mut all = inherited.clone();
    let (whole, within): (Opened<'_>, Opened<'_>) = opened.iter().partition(|(net, _)| *net == block);
    whole.iter().for_each(|(_, services)| all = all.union(services));
    let halves = block.subnets(block.prefix_len().saturating_add(1)).into_iter().flatten();
    let halves: Vec<IpNet> = if within.is_empty() { Vec::new() } else { halves.collect() };
    let blocks: Vec<(IpNet, Block)> = halves
        .into_iter()
        .map(|half| {
            let inside = within.iter().filter(|(net, _)| half.contains(net)).copied().collect();
            (half, cover(half, &inside, &all, found))
        })
        .collect();
    let Some(common) = blocks.iter().map(|(_, block)| block.common.clone()).reduce(|a, b| a.intersection(&b))
    else {
        return Block { needed: parts(&all), common: all };
    };
    let widest = parts(&common);
    let mut needed = BTreeSet::new();
    for (half, block) in blocks {
        let (shared, own): (BTreeSet<_>, BTreeSet<_>) =
            block.needed.into_iter().partition(|range| widest.contains(range));
        found.extend(own.into_iter().map(|range| (half, range)));
        needed.extend(shared);
    }
    Block { common, needed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::address::AddressSet;
    use crate::policy::service::Protocol;
    use proptest::prelude::*;

    fn rules(texts: &[(&str, u16, u16)]) -> Rules {
        let rule = |(row, (net, low, high)): (usize, &(&str, u16, u16))| {
            let range = ServiceRange { protocol: Protocol::TCP, low: *low, high: *high };
            ((Peer::Cidr(net.parse().unwrap()), range), Rows::from([row]))
        };
        texts.iter().enumerate().map(rule).collect()
    }

    fn shown(rules: &Rules) -> Vec<String> {
        let line = |((peer, range), rows): (&(Peer, ServiceRange), &Rows)| match peer {
            Peer::Cidr(net) => format!("{net} {range} {rows:?}"),
            other => format!("{other:?} {range} {rows:?}"),
        };
        rules.iter().map(line).collect()
    }

    #[test]
    fn neighbours_are_merged_in_both_dimensions() {
        let before = rules(&[
            ("10.0.0.0/25", 80, 90),
            ("10.0.0.0/25", 91, 91),
            ("10.0.0.128/25", 80, 91),
            ("10.0.2.0/24", 80, 80),
        ]);
        assert_eq!(shown(&merge(&before)), ["10.0.0.0/24 tcp/80-91 {0, 1, 2}", "10.0.2.0/24 tcp/80 {3}"]);
    }

    #[test]
    fn a_range_that_wider_blocks_only_have_in_part_takes_the_place_of_their_rule() {
        let before = rules(&[("10.0.0.0/24", 80, 80), ("10.0.0.0/25", 81, 81), ("10.0.0.128/25", 79, 79)]);
        assert_eq!(
            shown(&merge(&before)),
            ["10.0.0.0/25 tcp/80-81 {0, 1}", "10.0.0.128/25 tcp/79-80 {0, 2}"]
        );
    }

    #[test]
    fn messages_are_merged_into_types_and_groups_stay_apart() {
        let code = |at: u16| ServiceRange { protocol: Protocol::ICMP, low: 0x0300 | at, high: 0x0300 | at };
        let group = Peer::Group(crate::policy::RoleId::at(3));
        let net = Peer::Cidr("10.0.0.0/24".parse().unwrap());
        let of = |peer: &Peer, codes: std::ops::Range<u16>| -> Rules {
            codes.map(|at| ((peer.clone(), code(at)), Rows::from([usize::from(at)]))).collect()
        };
        let mut before = of(&net, 0..256);
        before.extend(of(&group, 0..255));
        let after = merge(&before);
        assert_eq!(after.keys().filter(|(peer, _)| *peer == net).count(), 1);
        assert_eq!(after.keys().filter(|(peer, _)| *peer == group).count(), 255);
    }

    /// Addresses of the small world, and its ports.
    const ADDRESSES: u8 = 8;
    const PORTS: u16 = 5;

    /// Blocks of the small world: eight addresses, four pairs of them, and so on.
    fn block(size: u8, at: u8) -> IpNet {
        let prefix = 29 + size.min(3);
        let step = 1 << (32 - prefix);
        format!("10.0.0.{}/{prefix}", (at % (ADDRESSES / step)) * step).parse().unwrap()
    }

    type Points = BTreeSet<(u8, u16)>;

    fn points(net: &IpNet, low: u16, high: u16) -> Points {
        let inside = (0..ADDRESSES).filter(|at| {
            let host: IpNet = format!("10.0.0.{at}/32").parse().unwrap();
            net.contains(&host)
        });
        inside.flat_map(|at| (low..=high).map(move |port| (at, port))).collect()
    }

    fn permitted(rules: &Rules) -> Points {
        let of = |(peer, range): &(Peer, ServiceRange)| match peer {
            Peer::Cidr(net) => points(net, range.low, range.high),
            _ => Points::new(),
        };
        rules.keys().flat_map(of).collect()
    }

    /// Every rule of the small world that permits nothing else.
    fn candidates(wanted: &Points) -> Vec<Points> {
        let blocks: BTreeSet<IpNet> =
            (0..4).flat_map(|size| (0..ADDRESSES).map(move |at| block(size, at))).collect();
        let ports = || (0..PORTS).flat_map(|low| (low..PORTS).map(move |high| (low, high)));
        let all = blocks.iter().flat_map(|net| ports().map(move |(low, high)| points(net, low, high)));
        all.filter(|rule| rule.is_subset(wanted)).collect()
    }

    /// True when some `most` of the rules have all points.
    fn can_cover(rest: &Points, rules: &[Points], most: usize) -> bool {
        let Some(first) = rest.first() else { return true };
        most > 0
            && rules
                .iter()
                .filter(|rule| rule.contains(first))
                .any(|rule| can_cover(&rest.difference(rule).copied().collect(), rules, most - 1))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// Merged rules permit the same, are the fewest, keep every row, and are not merged further.
        #[test]
        fn merging_is_exact_minimal_and_final(
            wanted in prop::collection::vec((0_u8..4, 0_u8..8, 0_u16..PORTS, 0_u16..3), 0..7),
        ) {
            let before: Rules = wanted.iter().enumerate().map(|(row, (size, at, low, width))| {
                let high = (low + width).min(PORTS - 1);
                let range = ServiceRange { protocol: Protocol::TCP, low: *low, high };
                ((Peer::Cidr(block(*size, *at)), range), Rows::from([row]))
            }).collect();
            let after = merge(&before);
            let points = permitted(&before);
            prop_assert_eq!(permitted(&after), points.clone());
            prop_assert!(after.len() <= before.len());
            if let Some(fewer) = after.len().checked_sub(1) {
                prop_assert!(!can_cover(&points, &candidates(&points), fewer), "{:?}", shown(&after));
            }
            let rows = |rules: &Rules| rules.values().flatten().copied().collect::<Rows>();
            prop_assert_eq!(rows(&after), rows(&before));
            prop_assert!(merge(&after).keys().eq(after.keys()));
        }

        /// In both families and with overlapping ranges of any size.
        #[test]
        fn merging_keeps_every_address(
            wanted in prop::collection::vec((any::<u32>(), 0_u8..=32, any::<bool>(), 0_u16..6), 0..20),
        ) {
            let before: Rules = wanted.iter().enumerate().map(|(row, (bits, length, wide, port))| {
                let net: IpNet = if *wide {
                    Ipv6Net::new(std::net::Ipv6Addr::from(u128::from(*bits) << 96), *length).unwrap().trunc().into()
                } else {
                    Ipv4Net::new((*bits).into(), *length).unwrap().trunc().into()
                };
                let range = ServiceRange { protocol: Protocol::UDP, low: *port, high: *port };
                ((Peer::Cidr(net), range), Rows::from([row]))
            }).collect();
            let after = merge(&before);
            for port in 0..6 {
                let open = |rules: &Rules| {
                    let nets: Vec<IpNet> = rules.keys().filter_map(|(peer, range)| match peer {
                        Peer::Cidr(net) if (range.low..=range.high).contains(&port) => Some(*net),
                        _ => None,
                    }).collect();
                    AddressSet::from_ranges(&nets)
                };
                prop_assert_eq!(open(&after), open(&before));
            }
            prop_assert!(after.len() <= before.len());
        }
    }
}
