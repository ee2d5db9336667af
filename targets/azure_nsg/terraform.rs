//! The plan as Terraform JSON.
//!
//! In: a plan. Out: one document: inputs, application and network security groups, then each rule as a resource of its
//! own.
//!
//! Rules stand apart from their group, so that a plan shows the rule that changed and nothing else. Then no rule may stand
//! inside a group, or both would overwrite each other.
//!
//! Source: provider documentation 4.55.0, `azurerm_network_security_rule`, `azurerm_network_security_group` and
//! `azurerm_application_security_group`, read 2026-11.
//!
//! Invariant: the same plan gives the same bytes; a label is made of names, which stay as long as the identity does.

use super::TERRAFORM;
use super::arm::{port_range, protocol};
use super::plan::{Nsg, Plan, Ports, Rule, Side};
use crate::target::half::Direction;
use crate::target::{Artifact, RulePointer, json};
use crate::targets::terraform::{
    Document, Header, Labelled, Provider, Settings, Variable, expression, label, literal,
};
use serde::Serialize;

/// Releases with these resources as they are written here.
/// Source: provider changelog, 3.0.0 to 4.55.0, read 2026-11.
const PROVIDER: Provider = Provider { source: "hashicorp/azurerm", version: ">= 3.0, < 5.0" };

#[derive(Serialize)]
struct Resources<'a> {
    #[serde(skip_serializing_if = "Labelled::is_empty")]
    azurerm_application_security_group: Labelled<GroupBlock<'a>>,
    azurerm_network_security_group: Labelled<GroupBlock<'a>>,
    #[serde(skip_serializing_if = "Labelled::is_empty")]
    azurerm_network_security_rule: Labelled<RuleBlock>,
}

/// Both kinds of groups.
#[derive(Serialize)]
struct GroupBlock<'a> {
    name: &'a str,
    location: &'static str,
    resource_group_name: &'static str,
    tags: Tags,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Tags {
    segc_site: String,
    segc_platform: String,
}

#[derive(Serialize)]
struct RuleBlock {
    name: String,
    description: String,
    resource_group_name: &'static str,
    network_security_group_name: String,
    priority: u32,
    direction: &'static str,
    access: &'static str,
    protocol: &'static str,
    source_port_range: &'static str,
    #[serde(flatten)]
    source: SourceBlock,
    #[serde(flatten)]
    destination: DestinationBlock,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_port_range: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destination_port_ranges: Vec<String>,
}

#[derive(Serialize)]
struct SourceBlock {
    #[serde(skip_serializing_if = "Option::is_none")]
    source_address_prefix: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    source_address_prefixes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    source_application_security_group_ids: Vec<String>,
}

#[derive(Serialize)]
struct DestinationBlock {
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_address_prefix: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destination_address_prefixes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destination_application_security_group_ids: Vec<String>,
}

const LOCATION: &str = "${var.location}";
const RESOURCE_GROUP: &str = "${var.resource_group_name}";

/// Writes the document with the pointer of every row.
pub(super) fn render(plan: &Plan) -> Artifact {
    let header = &plan.header;
    let asgs = plan.asgs.iter().map(|asg| asg.name.as_str());
    let nsgs = plan.nsgs.iter().map(|nsg| nsg.name.as_str());
    let rules = plan.nsgs.iter().flat_map(|nsg| nsg.rules.iter().map(move |rule| (nsg, rule)));
    let document = Document {
        comment: Header::new(&header.site, &header.platform, &header.catalogue),
        terraform: Settings::new("azurerm", PROVIDER),
        variable: variables(plan),
        data: None::<()>,
        resource: Resources {
            azurerm_application_security_group: asgs
                .map(|name| (label(&[name]), group_block(plan, name)))
                .collect(),
            azurerm_network_security_group: nsgs
                .map(|name| (label(&[name]), group_block(plan, name)))
                .collect(),
            azurerm_network_security_rule: rules
                .map(|(nsg, rule)| (rule_label(nsg, rule), rule_block(nsg, rule)))
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

fn rule_label(nsg: &Nsg, rule: &Rule) -> String {
    label(&[&nsg.name, &rule.name])
}

fn pointers(plan: &Plan) -> Vec<RulePointer> {
    let mut pointers = Vec::new();
    for (nsg, rule) in plan.nsgs.iter().flat_map(|nsg| nsg.rules.iter().map(move |rule| (nsg, rule))) {
        let pointer = format!("/resource/azurerm_network_security_rule/{}", rule_label(nsg, rule));
        pointers.extend(rule.rows.iter().map(|row| RulePointer {
            row: row.clone(),
            pointer: pointer.clone(),
            end: Some(rule.direction),
            services: None,
        }));
    }
    pointers
}

fn variables(plan: &Plan) -> Labelled<Variable> {
    let (region, group) = (plan.header.region.as_deref(), plan.header.resource_group.as_deref());
    Labelled::from([
        ("location".to_owned(), Variable::text("Region of the virtual network", region)),
        ("resource_group_name".to_owned(), Variable::text("Resource group that takes the groups", group)),
    ])
}

fn group_block<'a>(plan: &'a Plan, name: &'a str) -> GroupBlock<'a> {
    GroupBlock {
        name,
        location: LOCATION,
        resource_group_name: RESOURCE_GROUP,
        tags: Tags { segc_site: literal(&plan.header.site), segc_platform: literal(&plan.header.platform) },
    }
}

fn rule_block(nsg: &Nsg, rule: &Rule) -> RuleBlock {
    let (source_address_prefix, source_address_prefixes, source_application_security_group_ids) =
        side(&rule.source);
    let (
        destination_address_prefix,
        destination_address_prefixes,
        destination_application_security_group_ids,
    ) = side(&rule.destination);
    let (destination_port_range, destination_port_ranges) = ports(&rule.ports);
    RuleBlock {
        name: rule.name.clone(),
        description: literal(&rule.description),
        resource_group_name: RESOURCE_GROUP,
        network_security_group_name: expression(&format!(
            "azurerm_network_security_group.{}.name",
            label(&[&nsg.name])
        )),
        priority: rule.priority,
        direction: match rule.direction {
            Direction::Ingress => "Inbound",
            Direction::Egress => "Outbound",
        },
        access: if rule.allow { "Allow" } else { "Deny" },
        protocol: protocol(rule.transport),
        source_port_range: "*",
        source: SourceBlock {
            source_address_prefix,
            source_address_prefixes,
            source_application_security_group_ids,
        },
        destination: DestinationBlock {
            destination_address_prefix,
            destination_address_prefixes,
            destination_application_security_group_ids,
        },
        destination_port_range,
        destination_port_ranges,
    }
}

/// One value stands in the singular argument, where tags and `*` must stand.
fn side(side: &Side) -> (Option<String>, Vec<String>, Vec<String>) {
    match side {
        Side::Anything => (Some("*".to_owned()), Vec::new(), Vec::new()),
        Side::Tag(tag) => (Some(tag.clone()), Vec::new(), Vec::new()),
        Side::Asgs(names) => {
            let id = |name: &String| {
                expression(&format!("azurerm_application_security_group.{}.id", label(&[name])))
            };
            (None, Vec::new(), names.iter().map(id).collect())
        }
        Side::Ranges(ranges) => match ranges.as_slice() {
            [range] => (Some(range.to_string()), Vec::new(), Vec::new()),
            ranges => (None, ranges.iter().map(ToString::to_string).collect(), Vec::new()),
        },
    }
}

fn ports(ports: &Ports) -> (Option<String>, Vec<String>) {
    match ports {
        Ports::All => (Some("*".to_owned()), Vec::new()),
        Ports::Listed(ranges) => match ranges.as_slice() {
            [range] => (Some(port_range(*range)), Vec::new()),
            ranges => (None, ranges.iter().map(|range| port_range(*range)).collect()),
        },
    }
}
