//! The reader of v4 bodies.
//!
//! In: a document's bytes. Out: its policies.
//!
//! Invariant: a field of the API that is not understood is refused, and so is a policy of another type, because it means
//! other machines.

use super::{Category, Ports, address_group, port_set, range, symbol, wearers, within};
use crate::policy::EnforcementState;
use crate::policy::address::AddressSet;
use crate::policy::service::{Protocol, ServiceSet};
use crate::target::half::Direction;
use crate::target::observed::{Action, Guard, Ipv6, Observed, Peers, Rule, Unreadable};
use crate::target::reading::{from_json, part};
use ipnet::IpNet;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "prism")]
    _prism: Option<IgnoredAny>,
    #[serde(rename = "categories")]
    _categories: Option<Vec<Category>>,
    address_groups: Option<Vec<AddressGroup>>,
    policies: Vec<Policy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AddressGroup {
    name: String,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    ipv4_addresses: Option<Vec<Address>>,
    ipv6_addresses: Option<Vec<Address>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Address {
    pub(super) value: String,
    pub(super) prefix_length: Option<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Policy {
    name: String,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "type")]
    kind: String,
    state: String,
    scope: String,
    #[serde(rename = "isHitlogEnabled")]
    _is_hitlog_enabled: Option<IgnoredAny>,
    is_ipv6_traffic_allowed: Option<bool>,
    is_ipv4_address_scope: Option<bool>,
    is_ipv6_address_scope: Option<bool>,
    rules: Option<Vec<RuleBody>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleBody {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Spec {
    #[serde(rename = "$objectType")]
    pub(super) object_type: String,
    pub(super) secured_group_category_references: Vec<String>,
    pub(super) secured_group_action: Option<String>,
    pub(super) src_allow_spec: Option<String>,
    pub(super) src_category_references: Option<Vec<String>>,
    pub(super) src_subnet: Option<Address>,
    pub(super) src_ipv6_subnet: Option<Address>,
    pub(super) src_address_group_references: Option<Vec<String>>,
    pub(super) dest_allow_spec: Option<String>,
    pub(super) dest_category_references: Option<Vec<String>>,
    pub(super) dest_subnet: Option<Address>,
    pub(super) dest_ipv6_subnet: Option<Address>,
    pub(super) dest_address_group_references: Option<Vec<String>>,
    pub(super) is_all_protocol_allowed: Option<bool>,
    pub(super) tcp_services: Option<Vec<PortRange>>,
    pub(super) udp_services: Option<Vec<PortRange>>,
    pub(super) icmp_services: Option<Vec<Message>>,
    #[serde(rename = "icmpV6Services")]
    pub(super) icmpv6_services: Option<Vec<Message>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PortRange {
    pub(super) start_port: u16,
    pub(super) end_port: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Message {
    pub(super) is_all_allowed: Option<bool>,
    #[serde(rename = "type")]
    pub(super) kind: Option<u8>,
    pub(super) code: Option<u8>,
}

impl Policy {
    /// A policy that another program sends to the API.
    pub(super) fn sent(
        name: &str,
        kind: &str,
        state: &str,
        scope: &str,
        is_ipv6_traffic_allowed: Option<bool>,
        rules: Vec<RuleBody>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            _description: None,
            kind: kind.to_owned(),
            state: state.to_owned(),
            scope: scope.to_owned(),
            _is_hitlog_enabled: None,
            is_ipv6_traffic_allowed,
            is_ipv4_address_scope: None,
            is_ipv6_address_scope: None,
            rules: Some(rules),
        }
    }
}

impl RuleBody {
    /// A rule that another program sends to the API.
    pub(super) fn sent(kind: &str, spec: Spec) -> Self {
        Self { kind: kind.to_owned(), _description: None, spec }
    }
}

/// The form of the two kinds of rules.
pub(super) const INTRA_GROUP: (&str, &str) = ("INTRA_GROUP", "microseg.v4.config.IntraEntityGroupRuleSpec");
pub(super) const APPLICATION: (&str, &str) = ("APPLICATION", "microseg.v4.config.ApplicationRuleSpec");

/// Reads a document of bodies.
pub(crate) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let document: Document = from_json(bytes)?;
    let mut groups = BTreeMap::new();
    for (at, group) in document.address_groups.iter().flatten().enumerate() {
        let pointer = format!("/addressGroups/{at}");
        let addresses = addresses(&pointer, group)?;
        if groups.insert(group.name.clone(), addresses).is_some() {
            return Err(Unreadable::new(
                pointer,
                format!("two address groups have the name `{}`", group.name),
            ));
        }
    }
    let mut observed = Observed::default();
    let mut names = BTreeSet::new();
    for (at, policy) in document.policies.iter().enumerate() {
        let pointer = format!("/policies/{at}");
        if !names.insert(&policy.name) {
            return Err(Unreadable::new(pointer, format!("two policies have the name `{}`", policy.name)));
        }
        observed.guards.extend(guard(&pointer, policy, &groups)?);
    }
    Ok(observed)
}

fn addresses(pointer: &str, group: &AddressGroup) -> Result<AddressSet, Unreadable> {
    let mut nets = Vec::new();
    for (all, is_v6) in [(&group.ipv4_addresses, false), (&group.ipv6_addresses, true)] {
        for address in all.iter().flatten() {
            nets.push(net(pointer, address, is_v6)?);
        }
    }
    Ok(AddressSet::from_ranges(&nets))
}

fn net(pointer: &str, address: &Address, is_v6: bool) -> Result<IpNet, Unreadable> {
    range(pointer, &address.value, address.prefix_length, is_v6)
}

/// Rules with their positions in their policy.
type Numbered<'r> = Vec<(usize, &'r RuleBody)>;

/// The enforcement points of a policy that the API tells: one for each group that it secures.
pub(in super::super) fn deployed(pointer: &str, value: &serde_json::Value) -> Result<Vec<Guard>, Unreadable> {
    let policy: Policy = part(pointer, value)?;
    let mut secured: Vec<(BTreeSet<&String>, Numbered<'_>)> = Vec::new();
    for (at, rule) in policy.rules.iter().flatten().enumerate() {
        let group: BTreeSet<&String> = rule.spec.secured_group_category_references.iter().collect();
        match secured.iter_mut().find(|(other, _)| *other == group) {
            Some((_, rules)) => rules.push((at, rule)),
            None => secured.push((group, vec![(at, rule)])),
        }
    }
    // Groups stay names: whoever reads the export knows what is in them.
    let no_groups = BTreeMap::new();
    let mut guards = Vec::new();
    for (_, rules) in secured {
        guards.extend(guard_of(pointer, &policy, rules, &no_groups)?);
    }
    Ok(guards)
}

/// The enforcement point of a policy; `None` for a policy without rules, which secures nobody.
pub(super) fn guard(
    pointer: &str,
    policy: &Policy,
    groups: &BTreeMap<String, AddressSet>,
) -> Result<Option<Guard>, Unreadable> {
    guard_of(pointer, policy, policy.rules.iter().flatten().enumerate(), groups)
}

/// The enforcement point that some rules of a policy make.
fn guard_of<'r>(
    pointer: &str,
    policy: &Policy,
    rules: impl IntoIterator<Item = (usize, &'r RuleBody)>,
    groups: &BTreeMap<String, AddressSet>,
) -> Result<Option<Guard>, Unreadable> {
    if policy.kind != "APPLICATION" {
        return Err(Unreadable::new(pointer, format!("`{}` is no type of policy that is read", policy.kind)));
    }
    if !["ALL_VLAN", "ALL_VPC"].contains(&policy.scope.as_str()) {
        return Err(Unreadable::new(pointer, format!("`{}` is no scope that is read", policy.scope)));
    }
    let mut guard: Option<Guard> = None;
    let (mut within_group, mut others) = (Vec::new(), Vec::new());
    for (at, rule) in rules {
        let place = format!("{pointer}/rules/{at}");
        let members = machines(&place, &rule.spec.secured_group_category_references)?;
        let guard = guard.get_or_insert_with(|| Guard::new(policy.name.as_str(), pointer, members.clone()));
        if guard.members != members {
            return Err(Unreadable::new(place, "the rules of one policy secure different groups"));
        }
        match (rule.kind.as_str(), rule.spec.object_type.as_str()) {
            INTRA_GROUP => within_group.extend(intra_group(&place, &rule.spec)?),
            APPLICATION => others.push(application(place, &rule.spec, groups)?),
            (kind, _) => return Err(Unreadable::new(place, format!("`{kind}` is no rule that is read"))),
        }
    }
    let Some(mut guard) = guard else { return Ok(None) };
    guard.state = match policy.state.as_str() {
        "SAVE" => EnforcementState::Save,
        "MONITOR" => EnforcementState::Monitor,
        "ENFORCE" => EnforcementState::Enforce,
        other => return Err(Unreadable::new(pointer, format!("`{other}` is no state"))),
    };
    guard.ipv6 = ipv6(pointer, policy)?;
    guard.scope = Some(policy.scope.clone());
    guard.rules = within_group.into_iter().chain(others).collect();
    Ok(Some(guard))
}

/// Without a scope of its own a policy is for IPv4, and drops IPv6 unless it lets all of it pass.
fn ipv6(pointer: &str, policy: &Policy) -> Result<Ipv6, Unreadable> {
    if policy.is_ipv4_address_scope == Some(false) {
        return Err(Unreadable::new(pointer, "a policy without IPv4 in its scope is not read"));
    }
    match (policy.is_ipv6_traffic_allowed == Some(true), policy.is_ipv6_address_scope == Some(true)) {
        (true, true) => Err(Unreadable::new(pointer, "IPv6 is in the scope and passes besides")),
        (true, false) => Ok(Ipv6::Passes),
        (false, true) => Ok(Ipv6::ByRules),
        (false, false) => Ok(Ipv6::Dropped),
    }
}

fn machines(pointer: &str, ids: &[String]) -> Result<Peers, Unreadable> {
    wearers(pointer, ids.iter().map(|id| symbol("category", id).to_owned()))
}

fn intra_group(pointer: &str, spec: &Spec) -> Result<[Rule; 2], Unreadable> {
    let is_alone = no_peer(spec) && service_count(spec) == 0;
    let action = match spec.secured_group_action.as_deref() {
        Some("DENY") if is_alone => Action::Deny,
        Some("ALLOW") if is_alone => Action::Allow,
        _ => {
            return Err(Unreadable::new(
                pointer,
                "the rule within the group says neither DENY nor ALLOW, or more",
            ));
        }
    };
    Ok(within(pointer, action))
}

fn no_peer(spec: &Spec) -> bool {
    peers_of(spec, Direction::Ingress) == 0 && peers_of(spec, Direction::Egress) == 0
}

/// How many ways of saying a peer a side uses.
fn peers_of(spec: &Spec, direction: Direction) -> usize {
    let (allow_spec, categories, subnet, ipv6_subnet, groups) = side(spec, direction);
    let filled = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    [allow_spec.is_some(), filled(categories), subnet.is_some(), ipv6_subnet.is_some(), filled(groups)]
        .into_iter()
        .filter(|is| *is)
        .count()
}

type Side<'a> = (
    &'a Option<String>,
    &'a Option<Vec<String>>,
    &'a Option<Address>,
    &'a Option<Address>,
    &'a Option<Vec<String>>,
);

fn side(spec: &Spec, direction: Direction) -> Side<'_> {
    match direction {
        Direction::Ingress => (
            &spec.src_allow_spec,
            &spec.src_category_references,
            &spec.src_subnet,
            &spec.src_ipv6_subnet,
            &spec.src_address_group_references,
        ),
        Direction::Egress => (
            &spec.dest_allow_spec,
            &spec.dest_category_references,
            &spec.dest_subnet,
            &spec.dest_ipv6_subnet,
            &spec.dest_address_group_references,
        ),
    }
}

fn application(
    pointer: String,
    spec: &Spec,
    groups: &BTreeMap<String, AddressSet>,
) -> Result<Rule, Unreadable> {
    let direction = match (peers_of(spec, Direction::Ingress), peers_of(spec, Direction::Egress)) {
        (1, 0) => Direction::Ingress,
        (0, 1) => Direction::Egress,
        _ => return Err(Unreadable::new(pointer, "the rule has no peer, or several")),
    };
    if spec.secured_group_action.is_some() {
        return Err(Unreadable::new(pointer, "the rule has an action for its group"));
    }
    let (allow_spec, categories, subnet, ipv6_subnet, address_groups) = side(spec, direction);
    let peers = if let Some(word) = allow_spec {
        allowed(&pointer, word)?
    } else if let Some(ids) = categories.as_ref().filter(|ids| !ids.is_empty()) {
        machines(&pointer, ids)?
    } else if let Some(address) = subnet {
        Peers::at(AddressSet::from_ranges([&net(&pointer, address, false)?]))
    } else if let Some(address) = ipv6_subnet {
        Peers::at(AddressSet::from_ranges([&net(&pointer, address, true)?]))
    } else {
        let all: Vec<Peers> = address_groups.iter().flatten().map(|id| address_group(groups, id)).collect();
        Peers::union_of(&all)
    };
    let services = services(&pointer, spec)?;
    Ok(Rule::allow(pointer, direction, peers, services))
}

/// Whom one word for a side means.
/// Source: ntnx-microseg-py-client 4.3.2, `AllowType`, read 2026-11-22.
fn allowed(pointer: &str, word: &str) -> Result<Peers, Unreadable> {
    match word {
        "ALL" => Ok(Peers::everybody()),
        "NONE" => Ok(Peers::default()),
        other => Err(Unreadable::new(pointer, format!("`{other}` says neither ALL nor NONE"))),
    }
}

fn service_count(spec: &Spec) -> usize {
    let ports = |list: &Option<Vec<PortRange>>| list.as_ref().map_or(0, Vec::len);
    let messages = |list: &Option<Vec<Message>>| list.as_ref().map_or(0, Vec::len);
    ports(&spec.tcp_services)
        + ports(&spec.udp_services)
        + messages(&spec.icmp_services)
        + messages(&spec.icmpv6_services)
        + usize::from(spec.is_all_protocol_allowed == Some(true))
}

fn services(pointer: &str, spec: &Spec) -> Result<ServiceSet, Unreadable> {
    match (spec.is_all_protocol_allowed == Some(true), service_count(spec)) {
        (true, 1) => return Ok(ServiceSet::any()),
        (true, _) => return Err(Unreadable::new(pointer, "all protocols stand beside some")),
        (false, 0) => return Err(Unreadable::new(pointer, "the rule has no services")),
        (false, _) => {}
    }
    let mut set = ServiceSet::empty();
    for (protocol, list) in [(Protocol::TCP, &spec.tcp_services), (Protocol::UDP, &spec.udp_services)] {
        let ports = |range: &PortRange| Ports { start: range.start_port, end: range.end_port };
        let ports: Vec<Ports> = list.iter().flatten().map(ports).collect();
        set = set.union(&port_set(pointer, protocol, &ports)?);
    }
    for (protocol, list) in [(Protocol::ICMP, &spec.icmp_services), (Protocol::ICMPV6, &spec.icmpv6_services)]
    {
        for message in list.iter().flatten() {
            set = set.union(&message_set(pointer, protocol, message)?);
        }
    }
    Ok(set)
}

/// An absent type or code means any.
/// Source: ntnx-microseg-py-client 4.3.2, `IcmpTypeCodeSpec`, read 2026-11-22.
fn message_set(pointer: &str, protocol: Protocol, message: &Message) -> Result<ServiceSet, Unreadable> {
    match (message.is_all_allowed == Some(true), message.kind, message.code) {
        (true, None, None) => Ok(ServiceSet::protocol(protocol)),
        (true, _, _) => Err(Unreadable::new(pointer, "all messages stand beside one")),
        (false, None, Some(_)) => Err(Unreadable::new(pointer, "a code stands without its type")),
        (false, kind, code) => Ok(ServiceSet::icmp(protocol, kind, code)),
    }
}
