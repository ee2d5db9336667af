//! Azure's rules read from files, as Azure reads them, and the points behind their names.
//!
//! In: bytes of a template or of a Terraform document. Out: its network security groups with their rules in the order in
//! which Azure tries them, and Azure's own rules beneath.
//!
//! Names of groups, tags and words of the service are compared without case, as Azure does.
//!
//! Invariant: shares nothing with planning and writing but limits and Azure's own rules. A word that is not understood is
//! refused.

pub(super) mod arm;
pub(super) mod terraform;

use super::limits::PRIORITIES;
use super::permits::{INBOUND_DEFAULTS, OUTBOUND_DEFAULTS, tag_holds};
use super::plan::Plan;
use super::tags;
use crate::policy::Policy;
use crate::policy::address::AddressSet;
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};
use crate::target::evaluate::Bindings;
use crate::target::half::Direction;
use crate::target::observed::{Action, Author, Guard, Observed, PeerName, Peers, Rule, Unreadable};
use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

const ASG_TYPE: &str = "Microsoft.Network/applicationSecurityGroups";

/// The fields of a rule, in the words of Azure.
pub(super) struct Fields<'a> {
    pub(super) priority: u32,
    pub(super) direction: &'a str,
    pub(super) access: &'a str,
    pub(super) protocol: &'a str,
    pub(super) source_ports: Listed<'a>,
    pub(super) source: Listed<'a>,
    pub(super) source_groups: Vec<PeerName>,
    pub(super) destination: Listed<'a>,
    pub(super) destination_groups: Vec<PeerName>,
    pub(super) destination_ports: Listed<'a>,
}

/// The values of a singular and a plural field.
pub(super) enum Listed<'a> {
    /// Those of the one that is used; an empty text or list is none.
    Values(Vec<&'a str>),
    /// Both are used.
    Both,
}

impl<'a> Listed<'a> {
    pub(super) fn of(one: &'a Option<String>, several: &'a Option<Vec<String>>) -> Self {
        let several = several.iter().flatten().map(String::as_str);
        Self::new(one.as_deref(), several.collect())
    }

    fn new(one: Option<&'a str>, several: Vec<&'a str>) -> Self {
        match (one.filter(|text| !text.is_empty()), several.is_empty()) {
            (Some(_), false) => Self::Both,
            (Some(one), true) => Self::Values(vec![one]),
            (None, _) => Self::Values(several),
        }
    }

    fn values(&self) -> Option<&[&'a str]> {
        match self {
            Self::Values(values) => Some(values),
            Self::Both => None,
        }
    }
}

/// The points behind groups, subnets' groups and service tags.
pub(super) fn bindings(plan: &Plan, policy: &Policy, observed: &Observed) -> Bindings {
    let universe = policy.universe();
    let mut bindings = Bindings::default();
    for asg in &plan.asgs {
        let points = asg.members.iter().flat_map(|role| universe.of_role(*role)).copied();
        bindings.bind(PeerName::Group(lower(&asg.name)), points);
    }
    for nsg in &plan.nsgs {
        let points = nsg.guards.iter().flat_map(|role| universe.of_role(*role)).copied();
        bindings.bind(PeerName::Behind(lower(&nsg.name)), points);
    }
    let rules = observed.guards.iter().flat_map(|guard| &guard.rules);
    let names: BTreeSet<&PeerName> =
        rules.flat_map(|rule| rule.from.names.iter().chain(&rule.to.names)).collect();
    for name in names {
        if let PeerName::AddressSet(tag) = name
            && tags::documented(tag).is_some()
        {
            let inside = universe.iter().filter(|(_, atom)| tag_holds(plan.platform, policy, tag, atom));
            bindings.bind(name.clone(), inside.map(|(id, _)| id));
        }
    }
    bindings
}

pub(super) fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A network security group whose rules are read one by one.
pub(super) struct Numbered {
    guard: Guard,
    rules: BTreeMap<(Direction, u32), Rule>,
    names: BTreeSet<String>,
}

impl Numbered {
    pub(super) fn new(name: &str, pointer: String) -> Self {
        let members = Peers::named(PeerName::Behind(lower(name)));
        let guard = Guard::new(name, pointer, members);
        Self { guard, rules: BTreeMap::new(), names: BTreeSet::new() }
    }

    fn pointer(&self) -> &str {
        &self.guard.pointer
    }

    /// Adds a rule, whose fields stand at `place`.
    pub(super) fn add(
        &mut self,
        name: &str,
        pointer: &str,
        place: &str,
        fields: &Fields<'_>,
    ) -> Result<(), Unreadable> {
        let read = rule(pointer, place, fields)?;
        if !self.names.insert(lower(name)) {
            return Err(Unreadable::new(pointer, format!("two rules have the name `{name}`")));
        }
        let number = fields.priority;
        if self.rules.insert((read.direction, number), read).is_some() {
            return Err(Unreadable::new(pointer, format!("two rules have the priority {number}")));
        }
        Ok(())
    }

    /// The group with Azure's own rules beneath.
    pub(super) fn finish(mut self) -> Guard {
        for (direction, defaults) in
            [(Direction::Ingress, INBOUND_DEFAULTS), (Direction::Egress, OUTBOUND_DEFAULTS)]
        {
            for (number, allow, source, destination) in defaults {
                let side = |tag: &str| if tag == "*" { Peers::everybody() } else { tagged(tag) };
                let rule = Rule {
                    pointer: self.guard.pointer.clone(),
                    author: Author::Platform,
                    direction,
                    action: if allow { Action::Allow } else { Action::Deny },
                    from: side(source),
                    to: side(destination),
                    services: ServiceSet::any(),
                };
                self.rules.insert((direction, number), rule);
            }
        }
        self.guard.rules = self.rules.into_values().collect();
        self.guard
    }
}

fn group(name: &str) -> PeerName {
    PeerName::Group(lower(name))
}

fn tagged(tag: &str) -> Peers {
    Peers::named(PeerName::AddressSet(lower(tag)))
}

/// The value of a word that Azure compares without case.
fn word<T: Copy>(pointer: &str, text: &str, words: &[(&str, T)]) -> Result<T, Unreadable> {
    let known = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value);
    known.ok_or_else(|| Unreadable::new(pointer, format!("`{text}` is no word of Azure")))
}

fn rule(pointer: &str, place: &str, fields: &Fields<'_>) -> Result<Rule, Unreadable> {
    let (first, last) = PRIORITIES;
    if !(first..=last).contains(&fields.priority) {
        let why = format!("a priority lies between {first} and {last}");
        return Err(Unreadable::new(format!("{place}/priority"), why));
    }
    let directions = [("Inbound", Direction::Ingress), ("Outbound", Direction::Egress)];
    let actions = [("Allow", Action::Allow), ("Deny", Action::Deny)];
    if !matches!(fields.source_ports.values(), Some([one]) if ports(one) == Some((0, u16::MAX))) {
        return Err(Unreadable::new(pointer, "the rule is for some source ports only"));
    }
    Ok(Rule {
        pointer: pointer.to_owned(),
        author: Author::File,
        direction: word(&format!("{place}/direction"), fields.direction, &directions)?,
        action: word(&format!("{place}/access"), fields.access, &actions)?,
        from: side(&format!("{place}/source"), &fields.source, &fields.source_groups)?,
        to: side(&format!("{place}/destination"), &fields.destination, &fields.destination_groups)?,
        services: services(pointer, place, fields)?,
    })
}

/// One side: prefixes or tags, or groups.
fn side(pointer: &str, prefixes: &Listed<'_>, groups: &[PeerName]) -> Result<Peers, Unreadable> {
    let prefixes = prefixes
        .values()
        .ok_or_else(|| Unreadable::new(pointer, "one prefix and several stand beside each other"))?;
    if prefixes.is_empty() == groups.is_empty() {
        return Err(Unreadable::new(pointer, "the side has no prefix and no group, or both"));
    }
    let mut peers = Peers::default();
    let mut ranges = Vec::new();
    for prefix in prefixes {
        if *prefix == "*" {
            peers.everybody = true;
        } else if let Some(range) = range(prefix) {
            ranges.push(range.map_err(|why| Unreadable::new(pointer, why))?);
        } else if let Some(span) = span(prefix) {
            ranges.extend(span);
        } else {
            peers.names.insert(tag(pointer, prefix)?);
        }
    }
    peers.names.extend(groups.iter().cloned());
    peers.addresses = AddressSet::from_ranges(&ranges);
    Ok(peers)
}

/// A range or an address; `None` for other texts.
pub(super) fn range(text: &str) -> Option<Result<IpNet, String>> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(Ok(IpNet::from(address)));
    }
    let net: IpNet = text.parse().ok()?;
    let is_network = net.addr() == net.network();
    Some(if is_network { Ok(net) } else { Err(format!("`{text}` has bits behind its prefix")) })
}

/// The ranges of all addresses from one to another: `10.0.0.4-10.0.0.9`.
fn span(text: &str) -> Option<Vec<IpNet>> {
    let (first, last) = text.split_once('-')?;
    match (first.trim().parse().ok()?, last.trim().parse().ok()?) {
        (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
            Some(Ipv4Subnets::new(first, last, 0).map(IpNet::from).collect())
        }
        (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
            Some(Ipv6Subnets::new(first, last, 0).map(IpNet::from).collect())
        }
        _ => None,
    }
}

fn tag(pointer: &str, text: &str) -> Result<PeerName, Unreadable> {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '.');
    if !is_word {
        return Err(Unreadable::new(pointer, format!("`{text}` is no range and no service tag")));
    }
    Ok(PeerName::AddressSet(lower(text)))
}

/// The services of a rule. Ports say nothing about protocols that have none.
fn services(pointer: &str, place: &str, fields: &Fields<'_>) -> Result<ServiceSet, Unreadable> {
    const PROTOCOLS: &[(&str, &[u8])] =
        &[("*", &[]), ("Tcp", &[6]), ("Udp", &[17]), ("Icmp", &[1]), ("Esp", &[50]), ("Ah", &[51])];
    let protocols = word(&format!("{place}/protocol"), fields.protocol, PROTOCOLS)?;
    let texts = fields.destination_ports.values().filter(|list| !list.is_empty());
    let texts =
        texts.ok_or_else(|| Unreadable::new(pointer, "the rule has no ports, or two lists of them"))?;
    let mut ranges = Vec::new();
    for text in texts {
        ranges.push(
            ports(text).ok_or_else(|| Unreadable::new(pointer, format!("`{text}` is no range of ports")))?,
        );
    }
    let is_all = ranges.contains(&(0, u16::MAX));
    let protocols: &[u8] = match protocols {
        [] if is_all => return Ok(ServiceSet::any()),
        // Only these have ports.
        [] => &[6, 17],
        some => some,
    };
    let of = |protocol: Protocol| {
        let ranges = if protocol.has_ports() { ranges.clone() } else { vec![(0, u16::MAX)] };
        ranges.into_iter().map(move |(low, high)| ServiceRange { protocol, low, high })
    };
    Ok(ServiceSet::from_ranges(protocols.iter().flat_map(|number| of(Protocol(*number)))))
}

fn ports(text: &str) -> Option<(u16, u16)> {
    if text == "*" {
        return Some((0, u16::MAX));
    }
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (low.parse().ok()?, high.parse().ok()?);
    (low <= high).then_some((low, high))
}
