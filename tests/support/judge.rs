//! Exact answers from rules: a reader's rules and two roles in, allow, deny or partial out.
//!
//! Every address and port where some rule's answer can change is tried, so nothing between two tries can differ.
//! Invariant: no platform's format is known here.

use std::collections::BTreeSet;

use super::address::{Address, Family, Span};
use super::manifest::Role;
use super::service::{Protocol, Service};

/// Which side of a connection a rule judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    /// Leaving its source.
    Egress,
    /// Arriving at its destination.
    Ingress,
}

/// What an end lets pass of the packets asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Allow,
    Deny,
    /// Some packets pass and some don't.
    Partial,
}

/// One member of a role, at one address where the role has any.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point<'a> {
    pub(crate) role: &'a Role,
    pub(crate) address: Option<Address>,
}

impl Point<'_> {
    /// Whether both are on one platform, where groups and categories can name them.
    pub(crate) fn shares_platform(&self, other: &Point<'_>) -> bool {
        self.role.platform.is_some() && self.role.platform == other.role.platform
    }

    /// Whether the member sits in one of these spans.
    pub(crate) fn is_in(&self, spans: &[Span]) -> bool {
        self.address.is_some_and(|address| spans.iter().any(|span| span.contains(address)))
    }
}

/// One packet's protocol and port (or ICMP type and code).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet {
    pub(crate) protocol: Protocol,
    pub(crate) number: u16,
}

/// Where a reader's answers can change.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    pub(crate) addresses: BTreeSet<Address>,
    pub(crate) numbers: BTreeSet<u16>,
}

impl Edges {
    /// Notes that a rule starts and ends with this span.
    pub(crate) fn note_span(&mut self, span: Span) {
        let around = [Some(span.first), span.first.checked_sub(1), Some(span.last), span.last.checked_add(1)];
        let addresses = around.into_iter().flatten();
        self.addresses.extend(addresses.map(|value| Address { family: span.family, value }));
    }

    /// Notes that a rule starts and ends with this service.
    pub(crate) fn note_service(&mut self, service: Service) {
        let around = [
            Some(service.first),
            service.first.checked_sub(1),
            Some(service.last),
            service.last.checked_add(1),
        ];
        self.numbers.extend(around.into_iter().flatten());
    }
}

/// One platform's rules in one spelling.
pub(crate) trait Rules {
    /// Every address and number where an answer can change.
    fn edges(&self) -> &Edges;

    /// Whether `own`'s end lets the packet pass; `peer` is the other party.
    fn permits(&self, direction: Direction, own: &Point<'_>, peer: &Point<'_>, packet: Packet) -> bool;
}

/// Public addresses that stand for `internet` when the manifest lists none.
const SOMEWHERE: [&str; 2] = ["8.8.8.8/32", "2606:4700::1111/128"];

/// A member of the role for every run of addresses that the rules can tell apart.
fn points<'a>(role: &'a Role, edges: &Edges) -> Vec<Point<'a>> {
    let somewhere: Vec<Span> = SOMEWHERE.iter().filter_map(|text| Span::parse(text)).collect();
    let spans =
        if role.kind == "internet" && role.addresses.is_empty() { &somewhere } else { &role.addresses };
    if spans.is_empty() {
        return vec![Point { role, address: None }];
    }
    let mut found = BTreeSet::new();
    for span in spans {
        let end = |value| Address { family: span.family, value };
        found.extend([end(span.first), end(span.last)]);
        found.extend(edges.addresses.range(end(span.first)..=end(span.last)));
    }
    found.into_iter().map(|address| Point { role, address: Some(address) }).collect()
}

/// A packet for every run of numbers that the rules can tell apart.
fn packets(asked: Service, edges: &Edges) -> Vec<Packet> {
    let every = [Protocol::Tcp, Protocol::Udp, Protocol::Icmp, Protocol::Icmp6];
    let protocols = asked.protocol.map_or(every.to_vec(), |one| vec![one]);
    let mut numbers = BTreeSet::from([asked.first, asked.last]);
    numbers.extend(edges.numbers.range(asked.first..=asked.last));
    let pairs = protocols.iter().flat_map(|protocol| numbers.iter().map(move |number| (*protocol, *number)));
    pairs.map(|(protocol, number)| Packet { protocol, number }).collect()
}

/// Whether two members can talk at all: both IPv4 or both IPv6, where addresses are known.
fn same_family(one: &Point<'_>, other: &Point<'_>, packet: Packet) -> bool {
    let icmp_family = match packet.protocol {
        Protocol::Icmp => Some(Family::V4),
        Protocol::Icmp6 => Some(Family::V6),
        Protocol::Tcp | Protocol::Udp => None,
    };
    let families: BTreeSet<Family> =
        [one.address.map(|a| a.family), other.address.map(|a| a.family), icmp_family]
            .into_iter()
            .flatten()
            .collect();
    families.len() <= 1
}

/// What the end at `own` lets pass of `asked` to or from `peer`.
pub(crate) fn judge(
    rules: &dyn Rules,
    direction: Direction,
    own: &Role,
    peer: &Role,
    asked: Service,
) -> Verdict {
    let (mut passed, mut stopped) = (false, false);
    for packet in packets(asked, rules.edges()) {
        for own in points(own, rules.edges()) {
            for peer in points(peer, rules.edges()) {
                if same_family(&own, &peer, packet) {
                    let open = rules.permits(direction, &own, &peer, packet);
                    passed |= open;
                    stopped |= !open;
                }
            }
        }
    }
    match (passed, stopped) {
        (true, false) => Verdict::Allow,
        (true, true) => Verdict::Partial,
        (false, _) => Verdict::Deny,
    }
}
