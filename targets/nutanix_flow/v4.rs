//! The v4 spelling: bodies for the `microseg` API of Flow Network Security Next-Gen.
//!
//! In: a [`Plan`]. Out: one JSON document with the bodies in the order of creation: categories, address groups,
//! policies.
//!
//! Invariant: only fields that a client may send; fields newer than API 4.0 only where a rule needs IPv6 (API 4.2).

use super::plan::{AddressGroup, Intra, Plan, Rule, RulePeer, Scope, TierPolicy};
use super::services::{Message, Ports, Services};
use super::symbols::Ids;
use crate::policy::{EnforcementState, RowId};
use crate::target::half::Direction;
use crate::target::{Artifact, RulePointer, Spelling, json};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::Serialize;
use std::borrow::Cow;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    prism: Option<&'a str>,
    categories: Vec<CategoryBody<'a>>,
    address_groups: Vec<AddressGroupBody<'a>>,
    policies: Vec<PolicyBody<'a>>,
}

/// Category of the prism API; v3 has the same pair in its path and body.
#[derive(Serialize)]
pub(crate) struct CategoryBody<'a> {
    key: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AddressGroupBody<'a> {
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ipv4_addresses: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ipv6_addresses: Vec<Address>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    value: String,
    prefix_length: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyBody<'a> {
    name: &'a str,
    description: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    state: &'static str,
    scope: &'static str,
    is_hitlog_enabled: bool,
    is_ipv6_traffic_allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_ipv4_address_scope: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_ipv6_address_scope: Option<bool>,
    rules: Vec<RuleBody<'a>>,
}

#[derive(Serialize)]
struct RuleBody<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    description: Cow<'a, str>,
    spec: Spec<'a>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(rename = "$objectType")]
    object_type: &'static str,
    secured_group_category_references: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secured_group_action: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    src_category_references: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_subnet: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_ipv6_subnet: Option<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    src_address_group_references: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dest_category_references: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dest_subnet: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dest_ipv6_subnet: Option<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dest_address_group_references: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tcp_services: Vec<PortsBody>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    udp_services: Vec<PortsBody>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    icmp_services: Vec<MessageBody>,
    #[serde(rename = "icmpV6Services", skip_serializing_if = "Vec::is_empty")]
    icmpv6_services: Vec<MessageBody>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PortsBody {
    start_port: u16,
    end_port: u16,
}

/// Absent type or code: any.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct MessageBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    is_all_allowed: Option<bool>,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u8>,
}

/// Writes the plan as v4 bodies.
pub(crate) fn render(plan: &Plan, spelling: Spelling) -> Artifact {
    let ids = Ids::new(plan);
    let document = Document {
        prism: plan.prism.as_deref(),
        categories: category_bodies(&ids),
        address_groups: plan.address_groups.iter().map(|(name, group)| group_body(name, group)).collect(),
        policies: plan.policies.iter().map(|policy| policy_body(plan, policy, &ids)).collect(),
    };
    let symbols = ids.group_symbols().chain(ids.category_symbols()).map(str::to_owned).collect();
    Artifact { spelling, bytes: json::pretty(&document), rules: pointers(plan), symbols }
}

/// Every category that a machine or a rule needs, each once, by key and value.
pub(crate) fn category_bodies<'a>(ids: &Ids<'a>) -> Vec<CategoryBody<'a>> {
    ids.categories().map(|category| CategoryBody { key: &category.key, value: &category.value }).collect()
}

/// The intra-group rule stands first where there is one.
fn pointers(plan: &Plan) -> Vec<RulePointer> {
    let mut pointers = Vec::new();
    for (policy, tier) in plan.policies.iter().enumerate() {
        let first = usize::from(tier.intra == Intra::Deny);
        for (at, rule) in tier.rules.iter().enumerate() {
            let pointer = format!("/policies/{policy}/rules/{}", first + at);
            let point = |row: &RowId| RulePointer {
                row: row.clone(),
                pointer: pointer.clone(),
                end: Some(rule.direction),
                services: None,
            };
            pointers.extend(rule.rows.iter().map(point));
        }
    }
    pointers
}

fn group_body<'a>(name: &'a str, group: &'a AddressGroup) -> AddressGroupBody<'a> {
    let (mut ipv4_addresses, mut ipv6_addresses) = (Vec::new(), Vec::new());
    for range in group.addresses.ranges() {
        match range {
            IpNet::V4(range) => ipv4_addresses.push(v4_address(range)),
            IpNet::V6(range) => ipv6_addresses.push(v6_address(range)),
        }
    }
    AddressGroupBody { name, description: &group.description, ipv4_addresses, ipv6_addresses }
}

fn v4_address(range: Ipv4Net) -> Address {
    Address { value: range.network().to_string(), prefix_length: range.prefix_len() }
}

fn v6_address(range: Ipv6Net) -> Address {
    Address { value: range.network().to_string(), prefix_length: range.prefix_len() }
}

/// The word of the API, and of its Terraform provider, for a state.
pub(crate) fn state(state: EnforcementState) -> &'static str {
    match state {
        EnforcementState::Save => "SAVE",
        EnforcementState::Monitor => "MONITOR",
        EnforcementState::Enforce => "ENFORCE",
    }
}

/// The word of the API, and of its Terraform provider, for where a policy holds.
pub(crate) fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::AllVlans => "ALL_VLAN",
        Scope::AllVpcs => "ALL_VPC",
    }
}

fn policy_body<'a>(plan: &'a Plan, policy: &'a TierPolicy, ids: &'a Ids<'_>) -> PolicyBody<'a> {
    let intra = (policy.intra == Intra::Deny).then(|| intra_rule(policy, ids));
    PolicyBody {
        name: &policy.name,
        description: &policy.description,
        kind: "APPLICATION",
        state: state(policy.state),
        scope: scope(plan.scope),
        is_hitlog_enabled: plan.hit_log,
        // True would let all IPv6 pass, whatever the rules say.
        is_ipv6_traffic_allowed: false,
        is_ipv4_address_scope: policy.ipv6.then_some(true),
        is_ipv6_address_scope: policy.ipv6.then_some(true),
        rules: intra
            .into_iter()
            .chain(policy.rules.iter().map(|rule| rule_body(policy, rule, ids)))
            .collect(),
    }
}

fn intra_rule<'a>(policy: &'a TierPolicy, ids: &'a Ids<'_>) -> RuleBody<'a> {
    RuleBody {
        kind: "INTRA_GROUP",
        description: Cow::Owned(super::intra_description(policy)),
        spec: Spec {
            object_type: "microseg.v4.config.IntraEntityGroupRuleSpec",
            secured_group_category_references: ids.of_categories(&policy.secured),
            secured_group_action: Some("DENY"),
            ..Spec::default()
        },
    }
}

fn rule_body<'a>(policy: &'a TierPolicy, rule: &'a Rule, ids: &'a Ids<'_>) -> RuleBody<'a> {
    let mut spec = Spec {
        object_type: "microseg.v4.config.ApplicationRuleSpec",
        secured_group_category_references: ids.of_categories(&policy.secured),
        ..Spec::default()
    };
    write_peer(&mut spec, rule, ids);
    write_services(&mut spec, &rule.services);
    RuleBody { kind: "APPLICATION", description: Cow::Borrowed(&rule.description), spec }
}

fn write_peer<'a>(spec: &mut Spec<'a>, rule: &'a Rule, ids: &'a Ids<'_>) {
    let inbound = rule.direction == Direction::Ingress;
    match (&rule.peer, inbound) {
        (RulePeer::Categories(all), true) => spec.src_category_references = ids.of_categories(all),
        (RulePeer::Categories(all), false) => spec.dest_category_references = ids.of_categories(all),
        (RulePeer::Subnet(IpNet::V4(range)), true) => spec.src_subnet = Some(v4_address(*range)),
        (RulePeer::Subnet(IpNet::V4(range)), false) => spec.dest_subnet = Some(v4_address(*range)),
        (RulePeer::Subnet(IpNet::V6(range)), true) => spec.src_ipv6_subnet = Some(v6_address(*range)),
        (RulePeer::Subnet(IpNet::V6(range)), false) => spec.dest_ipv6_subnet = Some(v6_address(*range)),
        (RulePeer::AddressGroup(name), true) => {
            spec.src_address_group_references = vec![ids.of_address_group(name)];
        }
        (RulePeer::AddressGroup(name), false) => {
            spec.dest_address_group_references = vec![ids.of_address_group(name)];
        }
        (RulePeer::Kept(set), true) => spec.src_address_group_references = vec![ids.of_kept_group(set)],
        (RulePeer::Kept(set), false) => spec.dest_address_group_references = vec![ids.of_kept_group(set)],
    }
}

fn write_services(spec: &mut Spec<'_>, services: &Services) {
    let ports = |all: &[Ports]| {
        all.iter().map(|ports| PortsBody { start_port: ports.start, end_port: ports.end }).collect()
    };
    let messages = |all: &[Message]| all.iter().map(|message| message_body(*message)).collect();
    match services {
        Services::Tcp(all) => spec.tcp_services = ports(all),
        Services::Udp(all) => spec.udp_services = ports(all),
        Services::Icmp(all) => spec.icmp_services = messages(all),
        Services::IcmpV6(all) => spec.icmpv6_services = messages(all),
    }
}

/// A type without a code means any code.
/// Source: ntnx-microseg-py-client 4.3.2, `IcmpTypeCodeSpec.code` ("ignore this field if Code has to be ANY"), read
/// 2026-11-22.
fn message_body(message: Message) -> MessageBody {
    match message {
        Message::All => MessageBody { is_all_allowed: Some(true), ..MessageBody::default() },
        Message::Type(kind) => MessageBody { kind: Some(kind), ..MessageBody::default() },
        Message::Code(kind, code) => {
            MessageBody { kind: Some(kind), code: Some(code), ..MessageBody::default() }
        }
    }
}
