//! The v3 spelling: bodies for the `network_security_rules` API of classic Flow.
//!
//! In: a [`Plan`]. Out: one JSON document with the bodies in the order of creation: categories, address groups, rules.
//!
//! Two things can't be said here as exactly as in v4, and `permits` reports what they let pass beyond the plan: traffic
//! within a tier is all or nothing, and so is IPv6. Rows that only these switches carry point at the switch.
//!
//! Invariant: both lists are always written (an absent one means another thing in every release of the API), and so
//! are `filter.type` and `default_internal_policy`, whose defaults are wide or unknown.

use super::categories::Category;
use super::plan::{Intra, Plan, Rule, RulePeer, TierPolicy};
use super::services::{Message, Ports, Services};
use super::symbols::Ids;
use super::v4::{CategoryBody, category_bodies};
use crate::policy::address::Family;
use crate::policy::{EnforcementState, RowId};
use crate::target::half::Direction;
use crate::target::{Artifact, RulePointer, Spelling, json};
use ipnet::{IpNet, Ipv4Net};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    prism: Option<&'a str>,
    categories: Vec<CategoryBody<'a>>,
    address_groups: Vec<AddressGroupBody<'a>>,
    network_security_rules: Vec<PolicyBody<'a>>,
}

#[derive(Serialize)]
struct AddressGroupBody<'a> {
    name: &'a str,
    description: &'a str,
    ip_address_block_list: Vec<Subnet>,
}

#[derive(Serialize)]
struct Subnet {
    ip: String,
    prefix_length: u8,
}

#[derive(Serialize)]
struct PolicyBody<'a> {
    api_version: &'static str,
    metadata: Metadata,
    spec: PolicySpec<'a>,
}

#[derive(Serialize)]
struct Metadata {
    kind: &'static str,
}

#[derive(Serialize)]
struct PolicySpec<'a> {
    name: &'a str,
    description: &'a str,
    resources: Resources<'a>,
}

#[derive(Serialize)]
struct Resources<'a> {
    is_policy_hitlog_enabled: bool,
    allow_ipv6_traffic: bool,
    app_rule: AppRule<'a>,
}

#[derive(Serialize)]
struct AppRule<'a> {
    action: &'static str,
    target_group: TargetGroup<'a>,
    inbound_allow_list: Vec<Allow<'a>>,
    outbound_allow_list: Vec<Allow<'a>>,
}

#[derive(Serialize)]
struct TargetGroup<'a> {
    peer_specification_type: &'static str,
    filter: Filter<'a>,
    default_internal_policy: &'static str,
}

#[derive(Serialize)]
struct Filter<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    kind_list: [&'static str; 1],
    /// One value a key: several would mean any of them.
    params: BTreeMap<&'a str, [&'a str; 1]>,
}

#[derive(Serialize)]
struct Allow<'a> {
    description: &'a str,
    peer_specification_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filter<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_subnet: Option<Subnet>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    address_group_inclusion_list: Vec<Reference<'a>>,
    #[serde(flatten)]
    services: ServicesBody,
}

#[derive(Serialize)]
struct Reference<'a> {
    kind: &'static str,
    uuid: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "protocol")]
enum ServicesBody {
    #[serde(rename = "TCP")]
    Tcp { tcp_port_range_list: Vec<PortsBody> },
    #[serde(rename = "UDP")]
    Udp { udp_port_range_list: Vec<PortsBody> },
    #[serde(rename = "ICMP")]
    Icmp { icmp_type_code_list: Vec<MessageBody> },
}

#[derive(Serialize)]
struct PortsBody {
    start_port: u16,
    end_port: u16,
}

/// Absent code: any.
#[derive(Serialize)]
struct MessageBody {
    #[serde(rename = "type")]
    kind: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u8>,
}

/// Writes the plan as v3 bodies.
pub(crate) fn render(plan: &Plan, spelling: Spelling) -> Artifact {
    let ids = Ids::new(plan);
    let mut rules = Vec::new();
    let mut bodies = Vec::new();
    for (at, policy) in plan.policies.iter().enumerate() {
        let base = format!("/network_security_rules/{at}/spec/resources");
        bodies.push(policy_body(plan, policy, &base, &mut rules, &ids));
    }
    let address_groups = group_bodies(plan);
    // Categories go by name here, and every group that is written is used.
    let written = address_groups.iter().map(|group| ids.of_address_group(group.name));
    let symbols = written.chain(ids.kept_symbols()).map(str::to_owned).collect();
    let document = Document {
        prism: plan.prism.as_deref(),
        categories: category_bodies(&ids),
        address_groups,
        network_security_rules: bodies,
    };
    Artifact { spelling, bytes: json::pretty(&document), rules, symbols }
}

/// Address groups hold IPv4 only; one without any is of no use here.
fn group_bodies(plan: &Plan) -> Vec<AddressGroupBody<'_>> {
    let bodies = plan.address_groups.iter().map(|(name, group)| AddressGroupBody {
        name,
        description: &group.description,
        ip_address_block_list: v4_ranges(&group.addresses.ranges()),
    });
    bodies.filter(|body| !body.ip_address_block_list.is_empty()).collect()
}

fn v4_ranges(ranges: &[IpNet]) -> Vec<Subnet> {
    let v4 = ranges.iter().filter_map(|range| match range {
        IpNet::V4(range) => Some(subnet(*range)),
        IpNet::V6(_) => None,
    });
    v4.collect()
}

fn subnet(range: Ipv4Net) -> Subnet {
    Subnet { ip: range.network().to_string(), prefix_length: range.prefix_len() }
}

fn policy_body<'a>(
    plan: &Plan,
    policy: &'a TierPolicy,
    base: &str,
    pointers: &mut Vec<RulePointer>,
    ids: &'a Ids<'_>,
) -> PolicyBody<'a> {
    let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
    for rule in &policy.rules {
        let (list, name) = match rule.direction {
            Direction::Ingress => (&mut inbound, "inbound_allow_list"),
            Direction::Egress => (&mut outbound, "outbound_allow_list"),
        };
        let written = allow(policy, rule, ids);
        let pointer = match &written {
            Ok(_) => format!("{base}/app_rule/{name}/{}", list.len()),
            Err(holder) => format!("{base}{holder}"),
        };
        list.extend(written.ok());
        let point = |row: &RowId| RulePointer {
            row: row.clone(),
            pointer: pointer.clone(),
            end: Some(rule.direction),
            services: None,
        };
        pointers.extend(rule.rows.iter().map(point));
    }
    let app_rule = AppRule {
        // There is no saved-only state; a monitored policy blocks nothing either.
        action: match policy.state {
            EnforcementState::Enforce => "APPLY",
            EnforcementState::Save | EnforcementState::Monitor => "MONITOR",
        },
        target_group: TargetGroup {
            peer_specification_type: "FILTER",
            filter: filter(&policy.secured),
            default_internal_policy: match policy.intra {
                Intra::Deny => "DENY_ALL",
                Intra::ByRules => "ALLOW_ALL",
            },
        },
        inbound_allow_list: inbound,
        outbound_allow_list: outbound,
    };
    PolicyBody {
        api_version: "3.1.0",
        metadata: Metadata { kind: "network_security_rule" },
        spec: PolicySpec {
            name: &policy.name,
            description: &policy.description,
            resources: Resources {
                is_policy_hitlog_enabled: plan.hit_log,
                allow_ipv6_traffic: policy.ipv6,
                app_rule,
            },
        },
    }
}

/// The entry of a rule, or the object with the switch that carries its traffic where no entry can.
fn allow<'a>(policy: &'a TierPolicy, rule: &'a Rule, ids: &'a Ids<'_>) -> Result<Allow<'a>, &'static str> {
    const WITHIN_THE_TIER: &str = "/app_rule/target_group";
    const IPV6: &str = "";
    if !rule.families.contains(&Family::V4) {
        return Err(IPV6);
    }
    let mut entry = Allow {
        description: &rule.description,
        peer_specification_type: "IP_SUBNET",
        filter: None,
        ip_subnet: None,
        address_group_inclusion_list: Vec::new(),
        services: services_body(&rule.services).ok_or(IPV6)?,
    };
    match &rule.peer {
        RulePeer::Categories(categories) if *categories == policy.secured => return Err(WITHIN_THE_TIER),
        RulePeer::Categories(categories) => {
            entry.peer_specification_type = "FILTER";
            entry.filter = Some(filter(categories));
        }
        RulePeer::Subnet(IpNet::V4(range)) => entry.ip_subnet = Some(subnet(*range)),
        RulePeer::Subnet(IpNet::V6(_)) => return Err(IPV6),
        RulePeer::AddressGroup(name) => {
            entry.address_group_inclusion_list =
                vec![Reference { kind: "address_group", uuid: ids.of_address_group(name) }];
        }
        RulePeer::Kept(set) => {
            entry.address_group_inclusion_list =
                vec![Reference { kind: "address_group", uuid: ids.of_kept_group(set) }];
        }
    }
    Ok(entry)
}

fn filter(categories: &[Category]) -> Filter<'_> {
    Filter {
        kind: "CATEGORIES_MATCH_ALL",
        kind_list: ["vm"],
        params: categories
            .iter()
            .map(|category| (category.key.as_str(), [category.value.as_str()]))
            .collect(),
    }
}

/// An empty list of ICMP messages means any. `None` for ICMPv6, which has no field.
/// Source: API description of Prism Central v3, 3.1.0, `icmp_type_code_list`, read 2026-11-22.
fn services_body(services: &Services) -> Option<ServicesBody> {
    let ports = |all: &[Ports]| {
        all.iter().map(|ports| PortsBody { start_port: ports.start, end_port: ports.end }).collect()
    };
    Some(match services {
        Services::Tcp(all) => ServicesBody::Tcp { tcp_port_range_list: ports(all) },
        Services::Udp(all) => ServicesBody::Udp { udp_port_range_list: ports(all) },
        Services::Icmp(all) => ServicesBody::Icmp {
            icmp_type_code_list: all.iter().filter_map(|one| message_body(*one)).collect(),
        },
        Services::IcmpV6(_) => return None,
    })
}

fn message_body(message: Message) -> Option<MessageBody> {
    match message {
        Message::All => None,
        Message::Type(kind) => Some(MessageBody { kind, code: None }),
        Message::Code(kind, code) => Some(MessageBody { kind, code: Some(code) }),
    }
}
