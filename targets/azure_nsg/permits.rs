//! What Azure will let through with a plan's rules, its own default rules included.
//!
//! In: a plan. Out: [`Permits`], exactly.
//!
//! The rules of one direction of a group are tried from the lowest number up, and the first that matches decides; so
//! each rule takes from a pair of points what no earlier rule has taken. Nothing here is shared with the planner but
//! the data types of the plan.
//!
//! Invariant: where a rule's reach can't be known (which addresses a service tag holds today), it is taken as wide as
//! its documentation allows, so that a widening is seen rather than missed. One exception: the load balancer's address,
//! 168.63.129.16, is no party of a site, unless the site gives it to a role.

use super::plan::{Asg, Nsg, Plan, Ports, Rule, Side, Transport};
use crate::policy::address::AddressSet;
use crate::policy::flow_set::FlowSet;
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};
use crate::policy::universe::{Atom, AtomId, NotAligned};
use crate::policy::{KnownBy, PlatformId, Policy};
use crate::target::Permits;
use crate::target::half::Direction;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Azure's rules beneath those of a group: number, permits, source tag, destination tag (`*` for anything).
pub(super) type Default = (u32, bool, &'static str, &'static str);

/// Source: network security groups overview (learn.microsoft.com/azure/virtual-network/network-security-groups-overview),
/// default security rules, inbound, read 2026-11-22.
pub(super) const INBOUND_DEFAULTS: [Default; 3] = [
    (65_000, true, "VirtualNetwork", "VirtualNetwork"),
    (65_001, true, "AzureLoadBalancer", "*"),
    (65_500, false, "*", "*"),
];

/// Source: as above, outbound.
pub(super) const OUTBOUND_DEFAULTS: [Default; 3] = [
    (65_000, true, "VirtualNetwork", "VirtualNetwork"),
    (65_001, true, "*", "Internet"),
    (65_500, false, "*", "*"),
];

/// Addresses that no public network routes: private, shared, link-local.
///
/// Source: RFC 1918 section 3, RFC 6598 section 7, RFC 3927 section 2.1, RFC 4193 section 3.1, RFC 4291 section 2.5.6.
const NOT_PUBLIC_V4: [(Ipv4Addr, u8); 5] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
];
const NOT_PUBLIC_V6: [(Ipv6Addr, u8); 2] =
    [(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7), (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10)];

/// Where health probes come from.
///
/// Source: Azure service tags overview, AzureLoadBalancer, read 2026-11-22.
const PROBE_ADDRESS: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

/// Reads a plan back.
pub(super) fn read_back(plan: &Plan, policy: &Policy) -> Result<Permits, NotAligned> {
    let world = World::new(plan, policy);
    let mut permits = Permits::default();
    for nsg in &plan.nsgs {
        let own: BTreeSet<AtomId> =
            nsg.guards.iter().flat_map(|role| policy.universe().of_role(*role)).copied().collect();
        world.pass(nsg, &own, Direction::Ingress, &mut permits.ingress)?;
        world.pass(nsg, &own, Direction::Egress, &mut permits.egress)?;
    }
    Ok(permits)
}

/// One line of a group as it is tried.
struct Line {
    number: u32,
    allow: bool,
    source: Side,
    destination: Side,
    services: ServiceSet,
}

/// What was decided for a pair of points so far.
#[derive(Default)]
struct Verdict {
    allowed: ServiceSet,
    decided: ServiceSet,
}

impl Verdict {
    fn meet(&mut self, line: &Line) {
        if line.allow {
            let rest = line.services.difference(&self.decided);
            self.allowed = self.allowed.union(&rest);
        }
        self.decided = self.decided.union(&line.services);
    }
}

/// What sides of rules may speak of.
struct World<'a> {
    plan: &'a Plan,
    policy: &'a Policy,
    /// Points of the members of each application security group.
    members: BTreeMap<&'a str, Vec<AtomId>>,
    /// All points.
    every: Vec<AtomId>,
}

impl<'a> World<'a> {
    fn new(plan: &'a Plan, policy: &'a Policy) -> Self {
        let universe = policy.universe();
        let points = |asg: &'a Asg| {
            let points: BTreeSet<AtomId> =
                asg.members.iter().flat_map(|role| universe.of_role(*role)).copied().collect();
            (asg.name.as_str(), points.into_iter().collect())
        };
        let members = plan.asgs.iter().map(points).collect();
        Self { plan, policy, members, every: universe.iter().map(|(id, _)| id).collect() }
    }

    /// Adds what passes one direction of a group; `own` are the points of the roles behind it.
    fn pass(
        &self,
        nsg: &Nsg,
        own: &BTreeSet<AtomId>,
        direction: Direction,
        passing: &mut FlowSet,
    ) -> Result<(), NotAligned> {
        let mut verdicts: BTreeMap<(AtomId, AtomId), Verdict> = BTreeMap::new();
        for line in lines(nsg, direction) {
            let (mut sources, mut destinations) =
                (self.points(&line.source)?, self.points(&line.destination)?);
            let (guarded, others) = match direction {
                Direction::Ingress => (&mut destinations, &sources),
                Direction::Egress => (&mut sources, &destinations),
            };
            let behind: Vec<AtomId> = guarded.iter().copied().filter(|atom| own.contains(atom)).collect();
            let is_everything = line.services.is_any();
            let is_last = is_everything && behind.len() == own.len() && others.len() == self.every.len();
            *guarded = Cow::Owned(behind);
            // A deny of everything leaves nothing to decide, so its pairs need not be listed.
            if is_last && !line.allow {
                break;
            }
            for source in sources.iter() {
                for destination in destinations.iter() {
                    verdicts.entry((*source, *destination)).or_default().meet(&line);
                }
            }
            if is_last {
                break;
            }
        }
        for ((source, destination), verdict) in verdicts {
            passing.insert(self.policy.universe(), source, destination, &verdict.allowed);
        }
        Ok(())
    }

    /// The points that a side matches, ascending.
    fn points(&self, side: &Side) -> Result<Cow<'_, [AtomId]>, NotAligned> {
        let universe = self.policy.universe();
        Ok(match side {
            Side::Anything => Cow::Borrowed(self.every.as_slice()),
            Side::Ranges(ranges) => Cow::Owned(universe.within(&AddressSet::from_ranges(ranges))?),
            Side::Tag(tag) => {
                let inside =
                    universe.iter().filter(|(_, atom)| tag_holds(self.plan.platform, self.policy, tag, atom));
                Cow::Owned(inside.map(|(id, _)| id).collect())
            }
            Side::Asgs(names) => match names.as_slice() {
                [name] => Cow::Borrowed(self.members.get(name.as_str()).map_or(&[], Vec::as_slice)),
                names => {
                    let groups = names.iter().filter_map(|name| self.members.get(name.as_str()));
                    let points: BTreeSet<AtomId> = groups.flatten().copied().collect();
                    Cow::Owned(points.into_iter().collect())
                }
            },
        })
    }
}

/// True when a service tag may hold a point.
///
/// Source: Azure service tags overview: VirtualNetwork holds the network, peered and connected ones and every
/// prefix of a user-defined route, which may be all addresses; Internet holds everything outside the network that
/// the public internet reaches, Azure's own addresses among them; AzureCloud holds the addresses of all services;
/// read 2026-11-22.
pub(super) fn tag_holds(platform: PlatformId, policy: &Policy, tag: &str, atom: &Atom) -> bool {
    let party = atom.role.and_then(|role| policy.party(role));
    let known_by = party.map_or(&[][..], |party| &party.known_by);
    if known_by.iter().any(|name| matches!(name, KnownBy::Tag(typed) if covers(tag, typed))) {
        return true;
    }
    if tag.eq_ignore_ascii_case("VirtualNetwork") {
        return true;
    }
    if tag.eq_ignore_ascii_case("AzureLoadBalancer") {
        let probe = AddressSet::from(Ipv4Net::from(PROBE_ADDRESS));
        return !atom.internet && atom.addresses.meets(&probe);
    }
    if tag.eq_ignore_ascii_case("Internet") {
        let inside = party.is_some_and(|party| party.platform == Some(platform));
        let by_name = known_by.iter().any(|name| matches!(name, KnownBy::Names(_)));
        let by_name = by_name && atom.addresses.is_empty();
        return !inside && (by_name || !not_public().contains_all(&atom.addresses));
    }
    // AzureCloud holds the addresses of all services and all customers, so any public one may be among them.
    if !tag.to_ascii_lowercase().starts_with("azurecloud") {
        return false;
    }
    let inside = party.is_some_and(|party| party.platform == Some(platform));
    let has_public = !atom.addresses.is_empty() && !not_public().contains_all(&atom.addresses);
    !inside && !atom.internet && has_public
}

/// The group's rules of a direction and Azure's defaults, in the order in which they are tried.
fn lines(nsg: &Nsg, direction: Direction) -> Vec<Line> {
    let defaults = match direction {
        Direction::Ingress => INBOUND_DEFAULTS,
        Direction::Egress => OUTBOUND_DEFAULTS,
    };
    let rules = nsg.rules.iter().filter(|rule| rule.direction == direction).map(line);
    let mut lines: Vec<Line> = rules.chain(defaults.into_iter().map(default_line)).collect();
    lines.sort_by_key(|line| line.number);
    lines
}

/// True when every address of one service tag is in another: the same tag, a region of it, or one of Azure's services
/// in its cloud or in the internet.
fn covers(wide: &str, narrow: &str) -> bool {
    let (wide, narrow) = (wide.to_ascii_lowercase(), narrow.to_ascii_lowercase());
    let narrow_is_public = !matches!(narrow.as_str(), "virtualnetwork" | "azureloadbalancer")
        && !narrow.starts_with("azureplatform");
    if wide == narrow || wide == "virtualnetwork" {
        return true;
    }
    match wide.as_str() {
        "internet" => narrow_is_public,
        "azurecloud" => narrow_is_public && narrow != "internet",
        _ => match wide.strip_prefix("azurecloud.") {
            Some(region) => narrow.rsplit_once('.').is_some_and(|(_, narrow_region)| narrow_region == region),
            None => narrow.strip_prefix(&wide).is_some_and(|rest| rest.starts_with('.')),
        },
    }
}

fn not_public() -> AddressSet {
    let v4 = NOT_PUBLIC_V4.iter().filter_map(|(address, length)| Ipv4Net::new(*address, *length).ok());
    let v6 = NOT_PUBLIC_V6.iter().filter_map(|(address, length)| Ipv6Net::new(*address, *length).ok());
    let ranges: Vec<IpNet> = v4.map(IpNet::V4).chain(v6.map(IpNet::V6)).collect();
    AddressSet::from_ranges(&ranges)
}

fn line(rule: &Rule) -> Line {
    Line {
        number: rule.priority,
        allow: rule.allow,
        source: rule.source.clone(),
        destination: rule.destination.clone(),
        services: services(rule.transport, &rule.ports),
    }
}

fn default_line((number, allow, source, destination): Default) -> Line {
    let side = |tag: &str| if tag == "*" { Side::Anything } else { Side::Tag(tag.to_owned()) };
    Line { number, allow, source: side(source), destination: side(destination), services: ServiceSet::any() }
}

/// The services that a protocol and ports match. Ports say nothing about protocols that have none.
fn services(transport: Transport, ports: &Ports) -> ServiceSet {
    let protocols: &[Protocol] = match transport {
        Transport::Any if *ports == Ports::All => return ServiceSet::any(),
        Transport::Any => &[Protocol::TCP, Protocol::UDP],
        Transport::Tcp => &[Protocol::TCP],
        Transport::Udp => &[Protocol::UDP],
        Transport::Icmp => &[Protocol::ICMP],
        Transport::Esp => &[Protocol(50)],
        Transport::Ah => &[Protocol(51)],
    };
    let ranges = match ports {
        Ports::Listed(ranges) if matches!(transport, Transport::Any | Transport::Tcp | Transport::Udp) => {
            ranges.as_slice()
        }
        _ => &[(0, u16::MAX)],
    };
    ServiceSet::from_ranges(protocols.iter().flat_map(|protocol| {
        ranges.iter().map(|(low, high)| ServiceRange { protocol: *protocol, low: *low, high: *high })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_hold_what_their_documentation_says() {
        for (wide, narrow) in [
            ("Storage", "storage.WestEurope"),
            ("Internet", "Storage"),
            ("AzureCloud", "Storage.WestEurope"),
            ("AzureCloud.WestEurope", "Storage.westeurope"),
            ("VirtualNetwork", "AzureLoadBalancer"),
        ] {
            assert!(covers(wide, narrow), "{wide} {narrow}");
        }
        for (wide, narrow) in [
            ("Storage.WestEurope", "Storage"),
            ("Storage", "StorageMover"),
            ("AzureCloud", "Internet"),
            ("Internet", "VirtualNetwork"),
            ("AzureCloud.WestEurope", "Storage.NorthEurope"),
        ] {
            assert!(!covers(wide, narrow), "{wide} {narrow}");
        }
    }

    #[test]
    fn ports_count_only_where_a_protocol_has_ports() {
        let ports = Ports::Listed(vec![(80, 80)]);
        assert_eq!(services(Transport::Icmp, &ports), ServiceSet::protocol(Protocol::ICMP));
        assert_eq!(services(Transport::Any, &ports).to_string(), "tcp/80, udp/80");
        assert!(services(Transport::Any, &Ports::All).is_any());
    }
}
