//! The reader of Azure Resource Manager templates, and the points behind their names.
//!
//! In: a template's bytes. Out: its network security groups with their rules in the order in which Azure tries them, and
//! Azure's own rules beneath.
//!
//! Names of groups, tags and words of the service are compared without case, as Azure does.
//!
//! Invariant: shares nothing with planning and writing but limits and Azure's own rules. A key, a word or a type of
//! resource that is not understood is refused: a condition, a loop or an expression may change everything.

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
use crate::target::reading::from_json;
use ipnet::IpNet;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

const ASG_TYPE: &str = "Microsoft.Network/applicationSecurityGroups";
const NSG_TYPE: &str = "Microsoft.Network/networkSecurityGroups";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Template {
    #[serde(rename = "$schema")]
    _schema: Option<IgnoredAny>,
    #[serde(rename = "contentVersion")]
    _content_version: Option<IgnoredAny>,
    #[serde(rename = "metadata")]
    _metadata: Option<IgnoredAny>,
    #[serde(rename = "parameters")]
    _parameters: Option<IgnoredAny>,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Resource {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "apiVersion")]
    _api_version: Option<IgnoredAny>,
    name: String,
    #[serde(rename = "location")]
    _location: Option<IgnoredAny>,
    #[serde(rename = "tags")]
    _tags: Option<IgnoredAny>,
    #[serde(rename = "dependsOn")]
    _depends_on: Option<IgnoredAny>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Properties {
    security_rules: Option<Vec<NamedRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedRule {
    name: String,
    properties: SecurityRule,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SecurityRule {
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    priority: u32,
    direction: String,
    access: String,
    protocol: String,
    source_port_range: Option<String>,
    source_port_ranges: Option<Vec<String>>,
    source_address_prefix: Option<String>,
    source_address_prefixes: Option<Vec<String>>,
    source_application_security_groups: Option<Vec<Id>>,
    destination_address_prefix: Option<String>,
    destination_address_prefixes: Option<Vec<String>>,
    destination_application_security_groups: Option<Vec<Id>>,
    destination_port_range: Option<String>,
    destination_port_ranges: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Id {
    id: String,
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

fn lower(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// Reads a template.
pub(super) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let template: Template = from_json(bytes)?;
    let mut observed = Observed::default();
    let mut names = BTreeSet::new();
    for (at, resource) in template.resources.iter().enumerate() {
        let pointer = format!("/resources/{at}");
        if resource.name.starts_with('[') {
            return Err(Unreadable::new(pointer, "the name is an expression"));
        }
        if !names.insert((lower(&resource.kind), lower(&resource.name))) {
            return Err(Unreadable::new(pointer, format!("`{}` is there twice", resource.name)));
        }
        if resource.kind.eq_ignore_ascii_case(NSG_TYPE) {
            observed.guards.push(guard(&pointer, resource)?);
        } else if !resource.kind.eq_ignore_ascii_case(ASG_TYPE) {
            return Err(Unreadable::new(pointer, format!("`{}` is no security group", resource.kind)));
        } else if resource.properties.security_rules.is_some() {
            return Err(Unreadable::new(pointer, "an application security group has rules"));
        }
    }
    Ok(observed)
}

fn guard(pointer: &str, resource: &Resource) -> Result<Guard, Unreadable> {
    let members = Peers::named(PeerName::Behind(lower(&resource.name)));
    let mut guard = Guard::new(resource.name.as_str(), pointer, members);
    let mut numbered: BTreeMap<(Direction, u32), Rule> = BTreeMap::new();
    let mut names = BTreeSet::new();
    for (at, rule) in resource.properties.security_rules.iter().flatten().enumerate() {
        let pointer = format!("{pointer}/properties/securityRules/{at}");
        let (number, read) = self::rule(&pointer, &rule.properties)?;
        if !names.insert(lower(&rule.name)) {
            return Err(Unreadable::new(pointer, format!("two rules have the name `{}`", rule.name)));
        }
        if numbered.insert((read.direction, number), read).is_some() {
            return Err(Unreadable::new(pointer, format!("two rules have the priority {number}")));
        }
    }
    for (direction, defaults) in
        [(Direction::Ingress, INBOUND_DEFAULTS), (Direction::Egress, OUTBOUND_DEFAULTS)]
    {
        for (number, allow, source, destination) in defaults {
            let side = |tag: &str| if tag == "*" { Peers::everybody() } else { tagged(tag) };
            let rule = Rule {
                pointer: pointer.to_owned(),
                author: Author::Platform,
                direction,
                action: if allow { Action::Allow } else { Action::Deny },
                from: side(source),
                to: side(destination),
                services: ServiceSet::any(),
            };
            numbered.insert((direction, number), rule);
        }
    }
    guard.rules = numbered.into_values().collect();
    Ok(guard)
}

fn tagged(tag: &str) -> Peers {
    Peers::named(PeerName::AddressSet(lower(tag)))
}

/// The value of a word that Azure compares without case.
fn word<T: Copy>(pointer: &str, key: &str, text: &str, words: &[(&str, T)]) -> Result<T, Unreadable> {
    let known = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value);
    known.ok_or_else(|| {
        Unreadable::new(format!("{pointer}/properties/{key}"), format!("`{text}` is no word of Azure"))
    })
}

fn rule(pointer: &str, rule: &SecurityRule) -> Result<(u32, Rule), Unreadable> {
    let (first, last) = PRIORITIES;
    if !(first..=last).contains(&rule.priority) {
        let why = format!("a priority lies between {first} and {last}");
        return Err(Unreadable::new(format!("{pointer}/properties/priority"), why));
    }
    let directions = [("Inbound", Direction::Ingress), ("Outbound", Direction::Egress)];
    let source_ports = listed(&rule.source_port_range, &rule.source_port_ranges);
    if source_ports != Some(vec!["*"]) {
        return Err(Unreadable::new(pointer, "the rule is for some source ports only"));
    }
    let groups = |ids: &Option<Vec<Id>>| ids.iter().flatten().map(|id| id.id.clone()).collect::<Vec<_>>();
    let read = Rule {
        pointer: pointer.to_owned(),
        author: Author::File,
        direction: word(pointer, "direction", &rule.direction, &directions)?,
        action: word(pointer, "access", &rule.access, &[("Allow", Action::Allow), ("Deny", Action::Deny)])?,
        from: side(
            &format!("{pointer}/properties/source"),
            listed(&rule.source_address_prefix, &rule.source_address_prefixes),
            &groups(&rule.source_application_security_groups),
        )?,
        to: side(
            &format!("{pointer}/properties/destination"),
            listed(&rule.destination_address_prefix, &rule.destination_address_prefixes),
            &groups(&rule.destination_application_security_groups),
        )?,
        services: services(pointer, rule)?,
    };
    Ok((rule.priority, read))
}

/// The values of a singular and a plural field, of which one is used; an empty text or list is none. `None` when both
/// are.
fn listed<'a>(one: &'a Option<String>, several: &'a Option<Vec<String>>) -> Option<Vec<&'a str>> {
    let one = one.as_deref().filter(|text| !text.is_empty());
    let several: Vec<&str> = several.iter().flatten().map(String::as_str).collect();
    match (one, several.is_empty()) {
        (Some(_), false) => None,
        (Some(one), true) => Some(vec![one]),
        (None, _) => Some(several),
    }
}

/// One side: prefixes or tags, or groups.
fn side(pointer: &str, prefixes: Option<Vec<&str>>, groups: &[String]) -> Result<Peers, Unreadable> {
    let prefixes =
        prefixes.ok_or_else(|| Unreadable::new(pointer, "one prefix and several stand beside each other"))?;
    if prefixes.is_empty() == groups.is_empty() {
        return Err(Unreadable::new(pointer, "the side has no prefix and no group, or both"));
    }
    let mut peers = Peers::default();
    let mut ranges = Vec::new();
    for prefix in prefixes {
        if prefix == "*" {
            peers.everybody = true;
        } else if let Some(range) = range(prefix) {
            ranges.push(range.map_err(|why| Unreadable::new(pointer, why))?);
        } else {
            peers.names.insert(tag(pointer, prefix)?);
        }
    }
    for id in groups {
        peers.names.insert(group(pointer, id)?);
    }
    peers.addresses = AddressSet::from_ranges(&ranges);
    Ok(peers)
}

/// A range or an address; `None` for other texts.
fn range(text: &str) -> Option<Result<IpNet, String>> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(Ok(IpNet::from(address)));
    }
    let net: IpNet = text.parse().ok()?;
    let is_network = net.addr() == net.network();
    Some(if is_network { Ok(net) } else { Err(format!("`{text}` has bits behind its prefix")) })
}

fn tag(pointer: &str, text: &str) -> Result<PeerName, Unreadable> {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '.');
    if !is_word {
        return Err(Unreadable::new(pointer, format!("`{text}` is no range and no service tag")));
    }
    Ok(PeerName::AddressSet(lower(text)))
}

/// The name in the id of an application security group, which may be an expression or a path.
fn group(pointer: &str, id: &str) -> Result<PeerName, Unreadable> {
    let expression = id.strip_prefix("[resourceId('").and_then(|rest| rest.strip_suffix("')]"));
    let path = || {
        let (provider, name) = id.rsplit_once('/')?;
        let is_asg = provider.starts_with('/') && lower(provider).ends_with(&format!("/{}", lower(ASG_TYPE)));
        is_asg.then_some(name)
    };
    let name = match expression.and_then(|inside| inside.split_once("', '")) {
        Some((kind, name)) if kind.eq_ignore_ascii_case(ASG_TYPE) => Some(name),
        Some(_) => None,
        None => path(),
    };
    let name = name.filter(|name| !name.is_empty() && !name.contains(['\'', '/', '[', ']', ',']));
    match name {
        Some(name) => Ok(PeerName::Group(lower(name))),
        None => Err(Unreadable::new(pointer, format!("`{id}` is no application security group"))),
    }
}

/// The services of a rule. Ports say nothing about protocols that have none.
fn services(pointer: &str, rule: &SecurityRule) -> Result<ServiceSet, Unreadable> {
    const PROTOCOLS: &[(&str, &[u8])] =
        &[("*", &[]), ("Tcp", &[6]), ("Udp", &[17]), ("Icmp", &[1]), ("Esp", &[50]), ("Ah", &[51])];
    let protocols = word(pointer, "protocol", &rule.protocol, PROTOCOLS)?;
    let texts =
        listed(&rule.destination_port_range, &rule.destination_port_ranges).filter(|list| !list.is_empty());
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
