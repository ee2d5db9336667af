//! The reader of v3 bodies.
//!
//! In: a document's bytes. Out: its policies.
//!
//! Invariant: a field of the API that is not understood is refused, and so is an absent list of rules, which means
//! another thing in every release of the API.

use super::{Category, Ports, address_group, port_set, range, wearers, within};
use crate::policy::EnforcementState;
use crate::policy::address::AddressSet;
use crate::policy::service::{Protocol, ServiceSet};
use crate::target::half::Direction;
use crate::target::observed::{Action, Guard, Ipv6, Observed, Peers, Rule, Unreadable};
use crate::target::reading::{Entries, from_json, part};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "prism")]
    _prism: Option<IgnoredAny>,
    #[serde(rename = "categories")]
    _categories: Option<Vec<Category>>,
    address_groups: Option<Vec<AddressGroup>>,
    network_security_rules: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressGroup {
    name: String,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    ip_address_block_list: Option<Vec<Subnet>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Subnet {
    ip: String,
    prefix_length: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    #[serde(rename = "api_version")]
    _api_version: Option<IgnoredAny>,
    #[serde(rename = "metadata")]
    _metadata: Option<IgnoredAny>,
    spec: PolicySpec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicySpec {
    name: String,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    resources: Resources,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resources {
    #[serde(rename = "is_policy_hitlog_enabled")]
    _hitlog: Option<IgnoredAny>,
    allow_ipv6_traffic: bool,
    app_rule: AppRule,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppRule {
    action: String,
    target_group: TargetGroup,
    inbound_allow_list: Vec<Allow>,
    outbound_allow_list: Vec<Allow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetGroup {
    peer_specification_type: String,
    filter: Filter,
    default_internal_policy: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    #[serde(rename = "type")]
    kind: String,
    kind_list: Vec<String>,
    params: Entries<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allow {
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    peer_specification_type: String,
    filter: Option<Filter>,
    ip_subnet: Option<Subnet>,
    address_group_inclusion_list: Option<Vec<Reference>>,
    protocol: String,
    tcp_port_range_list: Option<Vec<PortRange>>,
    udp_port_range_list: Option<Vec<PortRange>>,
    icmp_type_code_list: Option<Vec<Message>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    kind: String,
    uuid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PortRange {
    start_port: u16,
    end_port: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    #[serde(rename = "type")]
    kind: u8,
    code: Option<u8>,
}

/// Reads a document of bodies.
pub(crate) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let document: Document = from_json(bytes)?;
    let mut groups = BTreeMap::new();
    for (at, group) in document.address_groups.iter().flatten().enumerate() {
        let pointer = format!("/address_groups/{at}");
        let mut nets = Vec::new();
        for subnet in group.ip_address_block_list.iter().flatten() {
            nets.push(range(&pointer, &subnet.ip, Some(subnet.prefix_length), false)?);
        }
        if groups.insert(group.name.clone(), AddressSet::from_ranges(&nets)).is_some() {
            return Err(Unreadable::new(
                pointer,
                format!("two address groups have the name `{}`", group.name),
            ));
        }
    }
    let mut observed = Observed::default();
    let mut names = BTreeSet::new();
    for (at, policy) in document.network_security_rules.iter().enumerate() {
        let pointer = format!("/network_security_rules/{at}/spec/resources");
        if !names.insert(&policy.spec.name) {
            return Err(Unreadable::new(
                pointer,
                format!("two policies have the name `{}`", policy.spec.name),
            ));
        }
        observed.guards.push(guard(&pointer, &policy.spec, &groups)?);
    }
    Ok(observed)
}

/// The enforcement point of a policy that the API tells, from its `spec`.
pub(in super::super) fn deployed(pointer: &str, value: &serde_json::Value) -> Result<Guard, Unreadable> {
    let spec: PolicySpec = part(pointer, value)?;
    // Groups stay names: whoever reads the export knows what is in them.
    guard(&format!("{pointer}/resources"), &spec, &BTreeMap::new())
}

fn guard(
    pointer: &str,
    spec: &PolicySpec,
    groups: &BTreeMap<String, AddressSet>,
) -> Result<Guard, Unreadable> {
    let app_rule = &spec.resources.app_rule;
    let place = format!("{pointer}/app_rule/target_group");
    let target = &app_rule.target_group;
    if target.peer_specification_type != "FILTER" {
        return Err(Unreadable::new(place, "a target group is a filter"));
    }
    let mut guard = Guard::new(spec.name.as_str(), pointer, machines(&place, &target.filter)?);
    guard.state = match app_rule.action.as_str() {
        "APPLY" => EnforcementState::Enforce,
        "MONITOR" => EnforcementState::Monitor,
        other => {
            return Err(Unreadable::new(
                format!("{pointer}/app_rule/action"),
                format!("`{other}` is no action"),
            ));
        }
    };
    guard.ipv6 = if spec.resources.allow_ipv6_traffic { Ipv6::Passes } else { Ipv6::Dropped };
    guard.rules.extend(match target.default_internal_policy.as_str() {
        "DENY_ALL" => within(&place, Action::Deny),
        "ALLOW_ALL" => within(&place, Action::Allow),
        other => return Err(Unreadable::new(place, format!("`{other}` is no policy within a group"))),
    });
    let lists = [
        (Direction::Ingress, "inbound_allow_list", &app_rule.inbound_allow_list),
        (Direction::Egress, "outbound_allow_list", &app_rule.outbound_allow_list),
    ];
    for (direction, key, list) in lists {
        for (at, allow) in list.iter().enumerate() {
            let pointer = format!("{pointer}/app_rule/{key}/{at}");
            let (peers, services) = (peers(&pointer, allow, groups)?, services(&pointer, allow)?);
            guard.rules.push(Rule::allow(pointer, direction, peers, services));
        }
    }
    Ok(guard)
}

/// Machines that wear all of some categories. Several values of one key would mean any of them, which is not read.
fn machines(pointer: &str, filter: &Filter) -> Result<Peers, Unreadable> {
    if filter.kind != "CATEGORIES_MATCH_ALL" || filter.kind_list != ["vm"] {
        return Err(Unreadable::new(
            pointer,
            "the filter is not for machines that wear all of its categories",
        ));
    }
    let mut categories = Vec::new();
    for (key, values) in &filter.params.0 {
        let [value] = values.as_slice() else {
            return Err(Unreadable::new(pointer, format!("the key `{key}` has no value, or several")));
        };
        categories.push(format!("{key}:{value}"));
    }
    wearers(pointer, categories)
}

fn peers(pointer: &str, allow: &Allow, groups: &BTreeMap<String, AddressSet>) -> Result<Peers, Unreadable> {
    let references: Vec<&Reference> = allow.address_group_inclusion_list.iter().flatten().collect();
    match (allow.peer_specification_type.as_str(), &allow.filter, &allow.ip_subnet, references.is_empty()) {
        ("ALL", None, None, true) => Ok(Peers::everybody()),
        ("FILTER", Some(filter), None, true) => machines(pointer, filter),
        ("IP_SUBNET", None, Some(subnet), true) => {
            let net = range(pointer, &subnet.ip, Some(subnet.prefix_length), false)?;
            Ok(Peers::at(AddressSet::from_ranges([&net])))
        }
        ("IP_SUBNET", None, None, false) => {
            if let Some(other) = references.iter().find(|reference| reference.kind != "address_group") {
                return Err(Unreadable::new(pointer, format!("`{}` is no address group", other.kind)));
            }
            let all: Vec<Peers> =
                references.iter().map(|reference| address_group(groups, &reference.uuid)).collect();
            Ok(Peers::union_of(&all))
        }
        _ => Err(Unreadable::new(pointer, "the rule has no peer of its type, or several")),
    }
}

/// An empty list of ICMP messages means any.
/// Source: API description of Prism Central v3, 3.1.0, `icmp_type_code_list`, read 2026-11-22.
fn services(pointer: &str, allow: &Allow) -> Result<ServiceSet, Unreadable> {
    let lists = (&allow.tcp_port_range_list, &allow.udp_port_range_list, &allow.icmp_type_code_list);
    match (allow.protocol.as_str(), lists) {
        ("ALL", (None, None, None)) => Ok(ServiceSet::any()),
        ("TCP", (Some(ports), None, None)) => port_ranges(pointer, Protocol::TCP, ports),
        ("UDP", (None, Some(ports), None)) => port_ranges(pointer, Protocol::UDP, ports),
        ("ICMP", (None, None, messages)) => {
            let messages = messages.as_deref().unwrap_or_default();
            if messages.is_empty() {
                return Ok(ServiceSet::protocol(Protocol::ICMP));
            }
            let set = |message: &Message| ServiceSet::icmp(Protocol::ICMP, Some(message.kind), message.code);
            Ok(messages.iter().fold(ServiceSet::empty(), |sum, message| sum.union(&set(message))))
        }
        _ => Err(Unreadable::new(pointer, "the protocol and its list don't go together")),
    }
}

fn port_ranges(pointer: &str, protocol: Protocol, ranges: &[PortRange]) -> Result<ServiceSet, Unreadable> {
    if ranges.is_empty() {
        return Err(Unreadable::new(pointer, "the rule has no ports"));
    }
    let ports = |range: &PortRange| Ports { start: range.start_port, end: range.end_port };
    port_set(pointer, protocol, &ranges.iter().map(ports).collect::<Vec<_>>())
}
