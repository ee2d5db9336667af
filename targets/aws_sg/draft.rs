//! Rules before they have names: which group, which way, which service, which peer, asked for by which rows.
//!
//! In: the halves of the policy's flows. Out: the same access in the fewest rules that keep every rule's identity apart
//! from the other rows, or, where a quota forces it, in the fewest that exact merging gives.
//!
//! Invariant: every service range is one that a single rule can say; merging adds no packet and drops none; every rule
//! keeps the rows of all rules that went into it.

use super::merge;
use super::plan::Peer;
use crate::diagnostic::Diagnostic;
use crate::policy::address::Family;
use crate::policy::service::{Protocol, ServiceRange};
use crate::policy::{KnownBy, PlatformId, Policy, RoleId, RowId};
use crate::target::half::{self, Direction, Half};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// Where rules are counted: one direction of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    /// Owner of the group.
    pub(super) owner: RoleId,
    /// As seen from the group's members.
    pub(super) direction: Direction,
}

/// Positions in [`Policy::flows`].
pub(super) type Rows = BTreeSet<usize>;

/// Rules of one direction of one group, with the rows that ask for each.
pub(super) type Rules = BTreeMap<(Peer, ServiceRange), Rows>;

/// The rules of one platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    slots: BTreeMap<Slot, Rules>,
}

/// What the author can type when AWS has no word for a peer.
const WAYS_OUT: [&str; 4] = [
    "send it through a proxy: `intent ... via PROXY`, with `role PROXY : proxy { cidr = ...  port = ... }`",
    "for an AWS service, place its interface endpoint: `role NAME : interface-endpoint on SEGMENT { service = ... }`",
    "for S3 or DynamoDB, use a gateway endpoint: `role NAME : gateway-endpoint { prefix-list = \"com.amazonaws.REGION.s3\" }`",
    "state its addresses: `cidr = ...`",
];

impl Draft {
    /// One rule for each half, service range and peer. Reports peers that AWS can't name.
    pub(super) fn new(policy: &Policy, platform: PlatformId, reports: &mut Vec<Diagnostic>) -> Self {
        let rows: BTreeMap<&RowId, usize> =
            policy.flows().iter().enumerate().map(|(at, flow)| (&flow.id, at)).collect();
        let mut draft = Self::default();
        for half in half::halves(policy, platform) {
            let (Some(own), Some(row)) = (policy.party(half.own), rows.get(&half.flow.id)) else { continue };
            let slot = Slot { owner: own.group, direction: half.direction };
            let peers = peers(policy, platform, &half, reports);
            let families = half_families(policy, half.own);
            for range in half.flow.services.ranges().into_iter().flat_map(expressible) {
                for (peer, others) in &peers {
                    if meets(&families, others, range.protocol) {
                        let rules = draft.slots.entry(slot).or_default();
                        rules.entry((peer.clone(), range)).or_default().insert(*row);
                    }
                }
            }
        }
        draft
    }

    /// All rules, by slot, peer and service.
    pub(super) fn rules(&self) -> impl Iterator<Item = (&Slot, &Peer, ServiceRange, &Rows)> {
        self.slots.iter().flat_map(|(slot, rules)| {
            rules.iter().map(move |((peer, range), rows)| (slot, peer, *range, rows))
        })
    }

    /// The prefix lists that rules name.
    pub(super) fn prefix_lists(&self) -> impl Iterator<Item = &str> {
        self.rules().filter_map(|(_, peer, _, _)| match peer {
            Peer::PrefixList(list) => Some(list.as_str()),
            _ => None,
        })
    }

    /// How many rules there are.
    pub(super) fn len(&self) -> usize {
        self.slots.values().map(BTreeMap::len).sum()
    }

    /// Merges the rules of one slot into the fewest that permit exactly the same, whoever asked for them.
    pub(super) fn compact(&mut self, slot: Slot) {
        if let Some(rules) = self.slots.get_mut(&slot) {
            *rules = merge::merge(rules);
        }
    }

    /// The slots that have rules.
    pub(super) fn slots(&self) -> Vec<Slot> {
        self.slots.keys().copied().collect()
    }
}

/// How AWS names the other end of a half, with the address families that each name may stand for.
fn peers(
    policy: &Policy,
    platform: PlatformId,
    half: &Half<'_>,
    reports: &mut Vec<Diagnostic>,
) -> Vec<(Peer, Vec<Family>)> {
    let both = vec![Family::V4, Family::V6];
    match half::peer(policy, platform, half.peer) {
        half::Peer::Group(role) => {
            let owner = policy.party(role).map_or(role, |party| party.group);
            vec![(Peer::Group(owner), half_families(policy, role))]
        }
        half::Peer::Addresses(addresses) => {
            addresses.ranges().into_iter().map(|net| (Peer::Cidr(net), vec![family(net)])).collect()
        }
        half::Peer::Named(names) => {
            let lists = names.iter().filter_map(|name| match name {
                KnownBy::PrefixList(list) => Some((Peer::PrefixList(list.clone()), both.clone())),
                _ => None,
            });
            let lists: Vec<(Peer, Vec<Family>)> = lists.collect();
            if lists.is_empty() {
                reports.push(half::unnameable(policy, platform, half, &WAYS_OUT));
            }
            lists
        }
    }
}

/// The families of a role's addresses; both when it has none yet.
fn half_families(policy: &Policy, role: RoleId) -> Vec<Family> {
    let families = policy.party(role).map(|party| party.addresses.families()).unwrap_or_default();
    if families.is_empty() { vec![Family::V4, Family::V6] } else { families }
}

/// True when a packet of the protocol can pass between the two ends.
fn meets(own: &[Family], peer: &[Family], protocol: Protocol) -> bool {
    let carries = |family: &Family| match protocol {
        Protocol::ICMP => *family == Family::V4,
        Protocol::ICMPV6 => *family == Family::V6,
        _ => true,
    };
    own.iter().any(|family| peer.contains(family) && carries(family))
}

/// The family of a range.
pub(super) fn family(net: IpNet) -> Family {
    match net {
        IpNet::V4(_) => Family::V4,
        IpNet::V6(_) => Family::V6,
    }
}

/// Cuts a range into parts that one rule each can say: an ICMP rule names one type with one code or all codes, or
/// everything.
pub(super) fn expressible(range: ServiceRange) -> Vec<ServiceRange> {
    let ServiceRange { protocol, low, high } = range;
    if range.is_whole_protocol() || !(protocol == Protocol::ICMP || protocol == Protocol::ICMPV6) {
        return vec![range];
    }
    let ([first, first_code], [last, last_code]) = (low.to_be_bytes(), high.to_be_bytes());
    let part = |kind, from, to| ServiceRange {
        protocol,
        low: u16::from_be_bytes([kind, from]),
        high: u16::from_be_bytes([kind, to]),
    };
    let mut parts = Vec::new();
    for kind in first..=last {
        let from = if kind == first { first_code } else { 0 };
        let to = if kind == last { last_code } else { u8::MAX };
        if from == 0 && to == u8::MAX {
            parts.push(part(kind, from, to));
        } else {
            parts.extend((from..=to).map(|code| part(kind, code, code)));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(protocol: Protocol, low: u16, high: u16) -> ServiceRange {
        ServiceRange { protocol, low, high }
    }

    fn one_slot(rules: &[(&str, u16, u16)]) -> Draft {
        let slot = Slot { owner: RoleId::at(0), direction: Direction::Egress };
        let rules = rules.iter().enumerate().map(|(row, (net, low, high))| {
            let peer = Peer::Cidr(net.parse().unwrap());
            ((peer, range(Protocol::TCP, *low, *high)), Rows::from([row]))
        });
        Draft { slots: BTreeMap::from([(slot, rules.collect())]) }
    }

    #[test]
    fn equal_ranges_are_one_and_contained_ones_stay() {
        let draft = one_slot(&[("10.0.0.0/8", 80, 90), ("10.0.0.0/8", 80, 80), ("10.0.0.0/8", 80, 90)]);
        assert_eq!(draft.len(), 2);
    }

    #[test]
    fn icmp_ranges_are_cut_where_no_rule_can_say_them() {
        let parts = |low, high| expressible(range(Protocol::ICMP, low, high));
        assert_eq!(parts(0, u16::MAX).len(), 1);
        assert_eq!(parts(0x0800, 0x08ff).len(), 1);
        let shown: Vec<String> = parts(0x03fe, 0x0500).iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["icmp/3/254", "icmp/3/255", "icmp/4", "icmp/5/0"]);
    }
}
