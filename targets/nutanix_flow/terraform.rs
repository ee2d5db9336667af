//! The plan as Terraform JSON, for Flow Network Security Next-Gen.
//!
//! In: a plan. Out: one document: categories and kept address groups as data sources, address groups and policies as
//! resources.
//!
//! - Categories are looked up by key and value whenever Terraform plans, so the document holds no id, and a category that
//!   is missing stops the plan.
//! - A policy is one resource with a list of rules; the provider has no rule resource. So a plan shows which policy
//!   changes, and its list from the first changed rule on.
//! - The provider has no IPv6 in policies and address groups, and sends code 0 for an ICMP type without a code. A plan with
//!   either has no Terraform document ([`unspoken`]); v4 says it exactly.
//!
//! Source: provider `nutanix/nutanix` 2.3, documentation and source of `nutanix_network_security_policy_v2`,
//! `nutanix_address_groups_v2` and `nutanix_categories_v2`, read 2026-11-28.
//!
//! Invariant: the same plan gives the same bytes; a label is made of names, which stay as long as the identity does.

use super::TERRAFORM;
use super::categories::Category;
use super::plan::{AddressGroup, Intra, Plan, Rule, RulePeer, TierPolicy, kept_name};
use super::services::{Message, Ports, Services};
use super::v4;
use crate::target::half::Direction;
use crate::target::{Artifact, RulePointer, json};
use crate::targets::terraform::{
    Condition, Document, Header, Labelled, Provider, Settings, expression, label, literal,
};
use ipnet::{IpNet, Ipv4Net};
use serde::Serialize;

/// Releases with these resources as they are written here.
const PROVIDER: Provider = Provider { source: "nutanix/nutanix", version: ">= 2.3, < 3.0" };

const POLICY: &str = "nutanix_network_security_policy_v2";
const ADDRESS_GROUP: &str = "nutanix_address_groups_v2";
const CATEGORY: &str = "nutanix_categories_v2";

#[derive(Serialize)]
struct Sources {
    nutanix_categories_v2: Labelled<Lookup>,
    #[serde(skip_serializing_if = "Labelled::is_empty")]
    nutanix_address_groups_v2: Labelled<Lookup>,
}

/// What is looked up by a filter, and must be there once.
#[derive(Serialize)]
struct Lookup {
    filter: String,
    lifecycle: Lifecycle,
}

#[derive(Serialize)]
struct Lifecycle {
    postcondition: [Condition; 1],
}

#[derive(Serialize)]
struct Resources {
    #[serde(skip_serializing_if = "Labelled::is_empty")]
    nutanix_address_groups_v2: Labelled<AddressGroupBlock>,
    nutanix_network_security_policy_v2: Labelled<PolicyBlock>,
}

#[derive(Serialize)]
struct AddressGroupBlock {
    name: String,
    description: String,
    ipv4_addresses: Vec<Address>,
}

#[derive(Serialize)]
struct Address {
    value: String,
    prefix_length: u8,
}

#[derive(Serialize)]
struct PolicyBlock {
    name: String,
    description: String,
    #[serde(rename = "type")]
    kind: &'static str,
    state: &'static str,
    scope: &'static str,
    is_hitlog_enabled: bool,
    is_ipv6_traffic_allowed: bool,
    rules: Vec<RuleBlock>,
}

#[derive(Serialize)]
struct RuleBlock {
    #[serde(rename = "type")]
    kind: &'static str,
    description: String,
    spec: [SpecBlock; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum SpecBlock {
    IntraEntityGroupRuleSpec([IntraBlock; 1]),
    ApplicationRuleSpec([ApplicationBlock; 1]),
}

#[derive(Serialize)]
struct IntraBlock {
    secured_group_category_references: Vec<String>,
    secured_group_action: &'static str,
}

#[derive(Serialize, Default)]
struct ApplicationBlock {
    secured_group_category_references: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    src_category_references: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    src_subnet: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    src_address_group_references: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dest_category_references: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dest_subnet: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dest_address_group_references: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tcp_services: Vec<PortsBlock>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    udp_services: Vec<PortsBlock>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    icmp_services: Vec<MessageBlock>,
}

#[derive(Serialize)]
struct PortsBlock {
    start_port: u16,
    end_port: u16,
}

#[derive(Serialize)]
#[serde(untagged)]
enum MessageBlock {
    All { is_all_allowed: bool },
    One { r#type: u8, code: u8 },
}

/// Why the provider can't be told this plan, if it can't.
pub(crate) fn unspoken(plan: &Plan) -> Option<&'static str> {
    let rules = || plan.policies.iter().flat_map(|policy| &policy.rules);
    let is_ipv6 = |range: &IpNet| matches!(range, IpNet::V6(_));
    let has_ipv6 = plan.policies.iter().any(|policy| policy.ipv6)
        || plan.address_groups.values().any(|group| group.addresses.ranges().iter().any(is_ipv6))
        || rules().any(|rule| match (&rule.peer, &rule.services) {
            (_, Services::IcmpV6(_)) => true,
            (RulePeer::Subnet(range), _) => is_ipv6(range),
            _ => false,
        });
    let has_codeless_type = || {
        let is_type = |message: &Message| matches!(message, Message::Type(_));
        rules().any(|rule| matches!(&rule.services, Services::Icmp(all) if all.iter().any(is_type)))
    };
    if has_ipv6 {
        return Some("the provider has no IPv6 in policies and address groups");
    }
    has_codeless_type().then_some("the provider sends code 0 for an ICMP type that is meant with every code")
}

/// Writes the document with the pointer of every row.
pub(crate) fn render(plan: &Plan) -> Artifact {
    let groups = plan.address_groups.iter();
    let policies = plan.policies.iter();
    let document = Document {
        comment: Header::new(&plan.site, &plan.platform, &plan.catalogue),
        terraform: Settings::new("nutanix", PROVIDER),
        variable: Labelled::new(),
        data: Some(sources(plan)),
        resource: Resources {
            nutanix_address_groups_v2: groups
                .map(|(name, group)| (label(&[name]), address_group_block(name, group)))
                .collect(),
            nutanix_network_security_policy_v2: policies
                .map(|policy| (label(&[&policy.name]), policy_block(plan, policy)))
                .collect(),
        },
    };
    Artifact {
        spelling: TERRAFORM,
        bytes: json::pretty(&document),
        rules: pointers(plan),
        symbols: Vec::new(),
    }
}

/// The intra-group rule stands first where there is one.
fn pointers(plan: &Plan) -> Vec<RulePointer> {
    let mut pointers = Vec::new();
    for policy in &plan.policies {
        let place = format!("/resource/{POLICY}/{}/rules", label(&[&policy.name]));
        let first = usize::from(policy.intra == Intra::Deny);
        for (at, rule) in policy.rules.iter().enumerate() {
            pointers.extend(rule.rows.iter().map(|row| RulePointer {
                row: row.clone(),
                pointer: format!("{place}/{}", first + at),
                end: Some(rule.direction),
                services: None,
            }));
        }
    }
    pointers
}

fn sources(plan: &Plan) -> Sources {
    let worn = plan.worn.values().flat_map(|worn| worn.iter());
    let worn: std::collections::BTreeSet<&Category> = worn.collect();
    let category = |category: &Category| {
        let filter = format!("key eq {} and value eq {}", quoted(&category.key), quoted(&category.value));
        let missing = format!("Prism Central has no category {category}, or several.");
        (category_label(category), lookup("categories", &filter, missing))
    };
    let peers = plan.policies.iter().flat_map(|policy| &policy.rules).map(|rule| &rule.peer);
    let kept =
        peers.filter_map(|peer| if let RulePeer::Kept(set) = peer { Some(kept_name(set)) } else { None });
    let kept: std::collections::BTreeSet<String> = kept.collect();
    let kept_group = |name: String| {
        let missing = format!("Prism Central has no address group {name}, or several.");
        (label(&[&name]), lookup("address_groups", &format!("name eq {}", quoted(&name)), missing))
    };
    Sources {
        nutanix_categories_v2: worn.into_iter().map(category).collect(),
        nutanix_address_groups_v2: kept.into_iter().map(kept_group).collect(),
    }
}

fn lookup(list: &str, filter: &str, missing: String) -> Lookup {
    let condition = expression(&format!("length(self.{list}) == 1"));
    let error_message = literal(&missing);
    Lookup {
        filter: literal(filter),
        lifecycle: Lifecycle { postcondition: [Condition { condition, error_message }] },
    }
}

/// A text in a filter.
/// Source: OData 4.01, "URL Conventions", rule `SQUOTE-in-string`, read 2026-11.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn category_label(category: &Category) -> String {
    label(&[&category.key, &category.value])
}

fn category_ids(categories: &[Category]) -> Vec<String> {
    let id = |category| format!("data.{CATEGORY}.{}.categories[0].ext_id", category_label(category));
    categories.iter().map(|category| expression(&id(category))).collect()
}

fn address_group_block(name: &str, group: &AddressGroup) -> AddressGroupBlock {
    // A plan with IPv6 has no Terraform document.
    let ranges = group.addresses.ranges().into_iter();
    let ipv4 =
        ranges.filter_map(|range| if let IpNet::V4(range) = range { Some(address(range)) } else { None });
    AddressGroupBlock {
        name: literal(name),
        description: literal(&group.description),
        ipv4_addresses: ipv4.collect(),
    }
}

fn address(range: Ipv4Net) -> Address {
    Address { value: range.network().to_string(), prefix_length: range.prefix_len() }
}

fn policy_block(plan: &Plan, policy: &TierPolicy) -> PolicyBlock {
    let intra = (policy.intra == Intra::Deny).then(|| intra_rule(policy));
    PolicyBlock {
        name: literal(&policy.name),
        description: literal(&policy.description),
        kind: "APPLICATION",
        state: v4::state(policy.state),
        scope: v4::scope(plan.scope),
        is_hitlog_enabled: plan.hit_log,
        // True would let all IPv6 pass, whatever the rules say.
        is_ipv6_traffic_allowed: false,
        rules: intra.into_iter().chain(policy.rules.iter().map(|rule| rule_block(policy, rule))).collect(),
    }
}

fn intra_rule(policy: &TierPolicy) -> RuleBlock {
    let block = IntraBlock {
        secured_group_category_references: category_ids(&policy.secured),
        secured_group_action: "DENY",
    };
    RuleBlock {
        kind: "INTRA_GROUP",
        description: literal(&super::intra_description(policy)),
        spec: [SpecBlock::IntraEntityGroupRuleSpec([block])],
    }
}

fn rule_block(policy: &TierPolicy, rule: &Rule) -> RuleBlock {
    let mut block = ApplicationBlock {
        secured_group_category_references: category_ids(&policy.secured),
        ..ApplicationBlock::default()
    };
    write_peer(&mut block, rule);
    let ports = |all: &[Ports]| {
        all.iter().map(|ports| PortsBlock { start_port: ports.start, end_port: ports.end }).collect()
    };
    match &rule.services {
        Services::Tcp(all) => block.tcp_services = ports(all),
        Services::Udp(all) => block.udp_services = ports(all),
        // A plan with the last kind has no Terraform document.
        Services::Icmp(all) | Services::IcmpV6(all) => {
            block.icmp_services = all.iter().map(|message| message_block(*message)).collect();
        }
    }
    RuleBlock {
        kind: "APPLICATION",
        description: literal(&rule.description),
        spec: [SpecBlock::ApplicationRuleSpec([block])],
    }
}

fn write_peer(block: &mut ApplicationBlock, rule: &Rule) {
    let created = |name: &str| expression(&format!("{ADDRESS_GROUP}.{}.id", label(&[name])));
    let kept =
        |name: &str| expression(&format!("data.{ADDRESS_GROUP}.{}.address_groups[0].ext_id", label(&[name])));
    let (mut categories, mut subnet, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    match &rule.peer {
        RulePeer::Categories(all) => categories = category_ids(all),
        RulePeer::Subnet(IpNet::V4(range)) => subnet.push(address(*range)),
        // A plan with IPv6 has no Terraform document.
        RulePeer::Subnet(IpNet::V6(_)) => {}
        RulePeer::AddressGroup(name) => groups.push(created(name)),
        RulePeer::Kept(set) => groups.push(kept(&kept_name(set))),
    }
    match rule.direction {
        Direction::Ingress => {
            block.src_category_references = categories;
            block.src_subnet = subnet;
            block.src_address_group_references = groups;
        }
        Direction::Egress => {
            block.dest_category_references = categories;
            block.dest_subnet = subnet;
            block.dest_address_group_references = groups;
        }
    }
}

fn message_block(message: Message) -> MessageBlock {
    match message {
        Message::All => MessageBlock::All { is_all_allowed: true },
        // A plan with a type alone has no Terraform document.
        Message::Type(kind) => MessageBlock::One { r#type: kind, code: 0 },
        Message::Code(kind, code) => MessageBlock::One { r#type: kind, code },
    }
}
