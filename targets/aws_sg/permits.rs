//! What AWS lets through with a plan's rules, read the way AWS reads them.
//!
//! In: a plan's groups and rules, and the points of the policy. Out: two sets of packet classes, one for each end.
//!
//! The groups of a role add up, because each of its members wears them all, and a peer that names the first of them means
//! the same interfaces as any other.
//!
//! Invariant: nothing here is shared with planning but the plan's own terms. A group without an egress rule inside it
//! counts as open to everywhere, because that is what CloudFormation leaves behind.

use super::plan::{Group, IpProtocol, Peer, Permission, Plan, Rule};
use crate::policy::address::AddressSet;
use crate::policy::flow_set::FlowSet;
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::universe::{AtomId, NotAligned, Universe};
use crate::policy::{KnownBy, Policy, RoleId};
use crate::target::Permits;
use crate::target::half::Direction;
use ipnet::IpNet;
use std::collections::BTreeMap;

/// Loopback never reaches an interface, so a rule that names nothing else permits nothing.
///
/// Source: RFC 1122 section 3.2.1.3 and RFC 4291 section 2.5.3, read 2026-11.
fn is_loopback(net: IpNet) -> bool {
    match net {
        IpNet::V4(net) => net.prefix_len() >= 8 && net.addr().is_loopback(),
        IpNet::V6(net) => net.prefix_len() == 128 && net.addr().is_loopback(),
    }
}

/// What the members of all groups may start, and what may reach them.
pub(super) fn permits(plan: &Plan, policy: &Policy) -> Result<Permits, NotAligned> {
    let reader = Reader { policy, universe: policy.universe(), members: members(plan, policy) };
    let mut permits = Permits::default();
    let mut owners: BTreeMap<RoleId, Vec<&Group>> = BTreeMap::new();
    plan.groups.iter().for_each(|group| owners.entry(group.owner).or_default().push(group));
    for (owner, groups) in owners {
        let own = reader.members_of(owner);
        if groups.iter().any(|group| group.inline_egress.is_empty()) {
            reader.insert(&mut permits, Direction::Egress, own, &reader.everybody(), &ServiceSet::any());
        }
        for direction in [Direction::Ingress, Direction::Egress] {
            let inline = groups.iter().flat_map(|group| &group.inline_egress);
            let mut ranges = Ranges::default();
            for rule in inline.filter(|_| direction == Direction::Egress) {
                ranges.add(&services(rule.permission), rule.cidr);
            }
            let stands = |rule: &&Rule| {
                groups.iter().any(|group| (group.owner, group.part) == (rule.group, rule.part))
            };
            let rules = plan.rules.iter().filter(stands).filter(|rule| rule.direction == direction);
            reader.read(&mut permits, direction, own, rules, ranges)?;
        }
    }
    Ok(permits)
}

struct Reader<'a> {
    policy: &'a Policy,
    universe: &'a Universe,
    members: BTreeMap<RoleId, Vec<AtomId>>,
}

/// The points of all roles that wear each group.
fn members(plan: &Plan, policy: &Policy) -> BTreeMap<RoleId, Vec<AtomId>> {
    let mut members: BTreeMap<RoleId, Vec<AtomId>> = BTreeMap::new();
    for (role, owner) in &plan.wears {
        members.entry(*owner).or_default().extend(policy.universe().of_role(*role));
    }
    members
}

impl Reader<'_> {
    fn members_of(&self, owner: RoleId) -> &[AtomId] {
        self.members.get(&owner).map_or(&[], Vec::as_slice)
    }

    fn everybody(&self) -> Vec<AtomId> {
        self.universe.iter().map(|(atom, _)| atom).collect()
    }

    /// The rules of one direction of all groups of an owner add up, with the ranges that stand inside the groups.
    fn read<'r>(
        &self,
        permits: &mut Permits,
        direction: Direction,
        own: &[AtomId],
        rules: impl Iterator<Item = &'r Rule>,
        mut ranges: Ranges,
    ) -> Result<(), NotAligned> {
        for rule in rules {
            let services = services(rule.permission);
            match &rule.peer {
                Peer::Group(owner) => {
                    self.insert(permits, direction, own, self.members_of(*owner), &services)
                }
                Peer::PrefixList(list) => self.insert(permits, direction, own, &self.listed(list), &services),
                Peer::Cidr(net) => ranges.add(&services, *net),
            }
        }
        self.insert_ranges(permits, direction, own, ranges)
    }

    /// The points of the roles that a list stands for.
    fn listed(&self, list: &str) -> Vec<AtomId> {
        let named = |name: &KnownBy| matches!(name, KnownBy::PrefixList(known) if known == list);
        let roles = self.policy.parties().filter(|(_, party)| party.known_by.iter().any(named));
        roles.flat_map(|(role, _)| self.universe.of_role(role)).copied().collect()
    }

    fn insert_ranges(
        &self,
        permits: &mut Permits,
        direction: Direction,
        own: &[AtomId],
        ranges: Ranges,
    ) -> Result<(), NotAligned> {
        for (services, addresses) in ranges.parts {
            let peers = self.universe.within(&addresses)?;
            self.insert(permits, direction, own, &peers, &services);
        }
        Ok(())
    }

    fn insert(
        &self,
        permits: &mut Permits,
        direction: Direction,
        own: &[AtomId],
        peers: &[AtomId],
        services: &ServiceSet,
    ) {
        let set: &mut FlowSet = match direction {
            Direction::Ingress => &mut permits.ingress,
            Direction::Egress => &mut permits.egress,
        };
        match direction {
            Direction::Ingress => set.insert_product(self.universe, peers, own, services),
            Direction::Egress => set.insert_product(self.universe, own, peers, services),
        }
    }
}

/// Disjoint services, each with all addresses that rules open for it.
///
/// A party's addresses may take several rules, none of which covers the party by itself; together they do.
#[derive(Debug, Default)]
struct Ranges {
    parts: Vec<(ServiceSet, AddressSet)>,
}

impl Ranges {
    fn add(&mut self, services: &ServiceSet, net: IpNet) {
        if is_loopback(net) {
            return;
        }
        let addresses = AddressSet::from_ranges([&net]);
        let mut rest = services.clone();
        let mut cut = Vec::new();
        for (part, known) in std::mem::take(&mut self.parts) {
            let common = part.intersection(&rest);
            let outside = part.difference(&rest);
            rest = rest.difference(&common);
            if !common.is_empty() {
                cut.push((common, known.union(&addresses)));
            }
            if !outside.is_empty() {
                cut.push((outside, known));
            }
        }
        if !rest.is_empty() {
            cut.push((rest, addresses));
        }
        self.parts = cut;
    }
}

/// The services of a permission. Ports outside of their range, or in the wrong order, match nothing.
fn services(permission: Permission) -> ServiceSet {
    let Permission { protocol, from_port, to_port } = permission;
    match protocol {
        IpProtocol::All => ServiceSet::any(),
        IpProtocol::Number(number) => ServiceSet::protocol(Protocol(number)),
        IpProtocol::Tcp => ports(Protocol::TCP, from_port, to_port),
        IpProtocol::Udp => ports(Protocol::UDP, from_port, to_port),
        IpProtocol::Icmp => messages(Protocol::ICMP, from_port, to_port),
        IpProtocol::Icmpv6 => messages(Protocol::ICMPV6, from_port, to_port),
    }
}

fn ports(protocol: Protocol, from: Option<i32>, to: Option<i32>) -> ServiceSet {
    let port = |number: Option<i32>| number.and_then(|number| u16::try_from(number).ok());
    match (port(from), port(to)) {
        (Some(low), Some(high)) if low <= high => ServiceSet::ports(protocol, low, high),
        _ => ServiceSet::empty(),
    }
}

fn messages(protocol: Protocol, kind: Option<i32>, code: Option<i32>) -> ServiceSet {
    let byte = |number: i32| u8::try_from(number).ok();
    match (kind.unwrap_or(-1), code.unwrap_or(-1)) {
        (-1, -1) => ServiceSet::protocol(protocol),
        (kind, -1) => byte(kind).map(|kind| ServiceSet::icmp(protocol, Some(kind), None)).unwrap_or_default(),
        (kind, code) => match (byte(kind), byte(code)) {
            (Some(kind), Some(code)) => ServiceSet::icmp(protocol, Some(kind), Some(code)),
            _ => ServiceSet::empty(),
        },
    }
}
