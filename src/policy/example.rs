//! One packet out of many: what a reader can try.
//!
//! In: pairs of points with services. Out: the lowest [`Packet`] among them.
//!
//! Invariant: the same sets give the same packet, and the packet is in the set. A party without addresses is shown by
//! its name. Where there is a choice, addresses that no machine has and port 0 are left out, and TCP goes before UDP
//! before anything else.

use super::address::AddressSet;
use super::interval::Intervals;
use super::service::{Protocol, ServiceRange, ServiceSet};
use super::universe::{Atom, AtomId};
use super::{Policy, RoleId};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The last address of "this network", which no machine has.
/// Source: RFC 6890, section 2.2.2, table 1, read 2026-11-28.
const THIS_NETWORK_END: u32 = 0x00ff_ffff;

/// The first and last address of global unicast, from which the world's IPv6 addresses are given out.
/// Source: RFC 4291, section 2.4, and IANA IPv6 Global Unicast Address Assignments, read 2026-11-28.
const GLOBAL_UNICAST: (u128, u128) = (0x2000 << 112, (0x4000 << 112) - 1);

/// One end of a packet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// An address.
    Address(IpAddr),
    /// The role, where only names of it are known.
    Name(String),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(formatter, "{address}"),
            Self::Name(name) => write!(formatter, "`{name}`"),
        }
    }
}

impl Endpoint {
    /// The address, or the name of the role, without marks: for programs.
    pub fn plain(&self) -> String {
        match self {
            Self::Address(address) => address.to_string(),
            Self::Name(name) => name.clone(),
        }
    }
}

/// The first packet of a connection: who starts, who answers, one service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packet {
    /// Who starts.
    pub source: Endpoint,
    /// Who answers.
    pub destination: Endpoint,
    /// The service: one port, one ICMP message, or a protocol without ports.
    pub service: ServiceRange,
}

impl fmt::Display for Packet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} to {} on {}", self.source, self.destination, self.service)
    }
}

impl Packet {
    /// The note of a report: `for example: 10.20.32.0 to 10.20.10.1 on tcp/443`.
    pub fn note(&self) -> String {
        format!("for example: {self}")
    }
}

/// The lowest packet of some packet classes; `None` when there is none.
pub fn lowest<'a>(
    policy: &Policy,
    classes: impl IntoIterator<Item = (AtomId, AtomId, &'a ServiceSet)>,
) -> Option<Packet> {
    classes.into_iter().filter_map(|(from, to, services)| packet(policy, from, to, services)).min()
}

/// The lowest packet on some services between two roles for which `passing` gives what counts at each pair of points.
pub fn lowest_between(
    policy: &Policy,
    (from, to): (RoleId, RoleId),
    passing: impl Fn(AtomId, AtomId) -> ServiceSet,
) -> Option<Packet> {
    let universe = policy.universe();
    let pairs = universe
        .of_role(from)
        .iter()
        .flat_map(|source| universe.of_role(to).iter().map(|destination| (*source, *destination)));
    let classes = pairs.map(|(source, destination)| (source, destination, passing(source, destination)));
    classes.filter_map(|(source, destination, services)| packet(policy, source, destination, &services)).min()
}

/// The lowest packet between two points.
fn packet(policy: &Policy, from: AtomId, to: AtomId, services: &ServiceSet) -> Option<Packet> {
    let universe = policy.universe();
    let service = lowest_service(&universe.possible(from, to, services))?;
    let (from, to) = (universe.get(from)?, universe.get(to)?);
    let source = endpoint(policy, from, None);
    let destination = endpoint(policy, to, Some(&source));
    Some(Packet { source, destination, service })
}

/// The lowest address of a point, another one than `taken` where it has several; else its role's name.
fn endpoint(policy: &Policy, atom: &Atom, taken: Option<&Endpoint>) -> Endpoint {
    let address = lowest_address(&atom.addresses).map(|lowest| match taken {
        Some(Endpoint::Address(other)) if *other == lowest => {
            let rest = atom.addresses.difference(&AddressSet::from_ranges([&lowest.into()]));
            lowest_address(&rest).unwrap_or(lowest)
        }
        _ => lowest,
    });
    let name = || atom.role.map_or("", |role| policy.name(role)).to_owned();
    address.map_or_else(|| Endpoint::Name(name()), Endpoint::Address)
}

fn lowest_address(addresses: &AddressSet) -> Option<IpAddr> {
    let real = addresses.v4().difference(&Intervals::of(0, THIS_NETWORK_END));
    let v4 = real.iter().next().or_else(|| addresses.v4().iter().next());
    let (low, high) = GLOBAL_UNICAST;
    let given_out = addresses.v6().intersection(&Intervals::of(low, high));
    let v6 = given_out.iter().next().or_else(|| addresses.v6().iter().next());
    let v4 = v4.map(|(low, _)| IpAddr::V4(Ipv4Addr::from_bits(low)));
    v4.or_else(|| v6.map(|(low, _)| IpAddr::V6(Ipv6Addr::from_bits(low))))
}

/// The lowest service of a set, alone.
fn lowest_service(services: &ServiceSet) -> Option<ServiceRange> {
    let ranges = services.ranges();
    let of = |protocol| ranges.iter().find(|range| range.protocol == protocol && range.high > 0);
    let range = of(Protocol::TCP).or_else(|| of(Protocol::UDP)).or_else(|| ranges.first()).copied()?;
    if range.is_whole_protocol() && !range.protocol.has_ports() {
        return Some(range);
    }
    let low = if range.protocol.has_ports() && range.high > 0 { range.low.max(1) } else { range.low };
    Some(ServiceRange { low, high: low, ..range })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{SiteBuilder, services};

    fn example(policy: &Policy, from: &str, to: &str, on: &str) -> String {
        let roles = (policy.find(from).unwrap(), policy.find(to).unwrap());
        lowest_between(policy, roles, |_, _| services(on)).map_or_else(String::new, |packet| packet.note())
    }

    #[test]
    fn the_lowest_packet_is_shown_whatever_the_order_of_ranges() {
        let policy = SiteBuilder::new()
            .role("a", None, &["fd00::/64", "10.9.0.0/24", "10.1.0.0/24"])
            .role("b", None, &["10.2.0.5/32"])
            .role("named", None, &[])
            .policy();
        assert_eq!(
            example(&policy, "a", "b", "udp/53,tcp/443-445"),
            "for example: 10.1.0.0 to 10.2.0.5 on tcp/443"
        );
        assert_eq!(example(&policy, "a", "a", "any"), "for example: 10.1.0.0 to 10.1.0.1 on tcp/1");
        assert_eq!(example(&policy, "b", "named", "icmp/8"), "for example: 10.2.0.5 to `named` on icmp/8/0");
        assert_eq!(example(&policy, "b", "b", "icmp"), "for example: 10.2.0.5 to 10.2.0.5 on icmp");
        assert_eq!(example(&policy, "b", "b", "icmpv6"), "", "no ICMPv6 in IPv4");
    }

    #[test]
    fn the_internet_is_shown_by_an_address_that_a_machine_may_have() {
        let internet = crate::model::Role { is_internet: true, ..crate::policy::testing::role("internet") };
        let policy =
            SiteBuilder::new().any_role(internet, None, None).role("a", None, &["fd00::/64"]).policy();
        assert_eq!(example(&policy, "a", "internet", "tcp/443"), "for example: fd00:: to 2000:: on tcp/443");
        assert_eq!(
            example(&policy, "internet", "internet", "tcp/443"),
            "for example: 1.0.0.0 to 1.0.0.1 on tcp/443"
        );
    }
}
