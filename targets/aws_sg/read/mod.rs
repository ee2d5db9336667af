//! Security groups read from files, as AWS reads them.
//!
//! In: bytes of a template, of a document of calls, or of a Terraform document. Out: [`Observed`] groups and rules; and the points behind their
//! names.
//!
//! Names of groups are compared without case, because AWS takes no two that differ in case only.
//!
//! Invariant: nothing is shared with planning and writing but limits and the names of inputs.

pub(super) mod api;
pub(super) mod cloudformation;
pub(super) mod terraform;

use super::names;
use super::plan::Plan;
use crate::policy::address::AddressSet;
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{KnownBy, Policy, RoleId};
use crate::target::evaluate::Bindings;
use crate::target::half::Direction;
use crate::target::observed::{Action, Author, PeerName, Peers, Rule, Unreadable};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The points behind groups and lists: by name, by parameter, and by symbol.
pub(super) fn bindings(plan: &Plan, policy: &Policy) -> Bindings {
    let universe = policy.universe();
    let mut bindings = Bindings::default();
    let mut names: BTreeMap<RoleId, Vec<&str>> = BTreeMap::new();
    for group in &plan.groups {
        names.entry(group.owner).or_default().push(&group.name);
    }
    for (role, owner) in &plan.wears {
        for name in names.get(owner).into_iter().flatten() {
            bindings.bind(group_name(name), universe.of_role(*role).iter().copied());
        }
    }
    for (role, party) in policy.parties() {
        for known in &party.known_by {
            let KnownBy::PrefixList(name) = known else { continue };
            let points = universe.of_role(role);
            bindings.bind(list_name(name), points.iter().copied());
            for list in plan.prefix_lists.iter().filter(|list| list.name == *name) {
                bindings.bind(list_name(&list.parameter), points.iter().copied());
                bindings.bind(list_name(&names::variable(&list.parameter)), points.iter().copied());
            }
        }
    }
    bindings
}

pub(super) fn group_name(name: &str) -> PeerName {
    PeerName::Group(name.to_ascii_lowercase())
}

pub(super) fn list_name(name: &str) -> PeerName {
    PeerName::AddressSet(name.to_owned())
}

/// What a group has by itself as long as nobody takes it away: everything may leave.
///
/// Source: AWS CloudFormation Template Reference, `AWS::EC2::SecurityGroup`, property `SecurityGroupEgress`, read 2026-11.
fn default_egress(pointer: &str, to: Peers) -> Rule {
    Rule {
        pointer: pointer.to_owned(),
        author: Author::Platform,
        direction: Direction::Egress,
        action: Action::Allow,
        from: Peers::guarded(),
        to,
        services: ServiceSet::any(),
    }
}

/// The services of a protocol with ports, or with an ICMP type (from) and code (to), where -1 stands for all.
///
/// Source: EC2 API Reference, `IpPermission`, members `IpProtocol`, `FromPort` and `ToPort`, read 2026-11.
pub(super) fn services(protocol: &str, from: Option<i64>, to: Option<i64>) -> Result<ServiceSet, String> {
    let number = match protocol.to_ascii_lowercase().as_str() {
        // Ports mean nothing beside every protocol.
        "-1" => return Ok(ServiceSet::any()),
        "tcp" => Protocol::TCP,
        "udp" => Protocol::UDP,
        "icmp" => Protocol::ICMP,
        "icmpv6" => Protocol::ICMPV6,
        digits => match digits.parse() {
            Ok(number) => Protocol(number),
            Err(_) => return Err(format!("`{protocol}` is no protocol")),
        },
    };
    match number {
        Protocol::TCP | Protocol::UDP => ports(number, from, to),
        Protocol::ICMP | Protocol::ICMPV6 => messages(number, from, to),
        _ => Ok(ServiceSet::protocol(number)),
    }
}

fn ports(protocol: Protocol, from: Option<i64>, to: Option<i64>) -> Result<ServiceSet, String> {
    let port = |number: Option<i64>| {
        let number = number.ok_or_else(|| format!("{protocol} has no ports"))?;
        u16::try_from(number).map_err(|_| format!("{number} is no port"))
    };
    let (low, high) = (port(from)?, port(to)?);
    if low > high {
        return Err(format!("the ports {low} to {high} run backwards"));
    }
    Ok(ServiceSet::ports(protocol, low, high))
}

fn messages(protocol: Protocol, kind: Option<i64>, code: Option<i64>) -> Result<ServiceSet, String> {
    let byte =
        |number: i64| u8::try_from(number).map_err(|_| format!("{number} is no {protocol} type or code"));
    match (kind.unwrap_or(-1), code.unwrap_or(-1)) {
        (-1, -1) => Ok(ServiceSet::protocol(protocol)),
        (-1, code) => Err(format!("the code {code} stands without a type")),
        (kind, -1) => Ok(ServiceSet::icmp(protocol, Some(byte(kind)?), None)),
        (kind, code) => Ok(ServiceSet::icmp(protocol, Some(byte(kind)?), Some(byte(code)?))),
    }
}

/// A range of the right family. Bits behind the prefix are dropped, as AWS does. Loopback never reaches an interface, so
/// a rule for it alone is for nobody.
///
/// Source: EC2 API Reference, `AuthorizeSecurityGroupIngress`, member `CidrIp`, read 2026-11; RFC 1122 section 3.2.1.3
/// and RFC 4291 section 2.5.3.
pub(super) fn range(pointer: &str, text: &str, is_v6: bool) -> Result<Peers, Unreadable> {
    let net: IpNet =
        text.parse().map_err(|_| Unreadable::new(pointer, format!("`{text}` is no range of addresses")))?;
    if matches!(net, IpNet::V6(_)) != is_v6 {
        return Err(Unreadable::new(pointer, format!("`{text}` is of the other address family")));
    }
    let is_loopback = match net.addr() {
        IpAddr::V4(address) => address.is_loopback() && net.prefix_len() >= 8,
        IpAddr::V6(address) => address.is_loopback() && net.prefix_len() == 128,
    };
    Ok(if is_loopback { Peers::default() } else { Peers::at(AddressSet::from_ranges([&net])) })
}
