//! The plan as an Azure Resource Manager template.
//!
//! In: a plan. Out: the template's bytes, and the JSON pointer of each rule.
//!
//! Invariant: application security groups come first, and a network security group waits for every one that it names;
//! no text of the site begins with a square bracket, so none is read as an expression; the same plan gives the same
//! bytes on every day.
//!
//! Source: template reference, Microsoft.Network/networkSecurityGroups and applicationSecurityGroups 2024-05-01
//! (learn.microsoft.com/azure/templates/microsoft.network/networksecuritygroups).

use super::plan::{Asg, Nsg, Plan, Ports, Rule, Side, Transport};
use crate::target::half::Direction;
use crate::target::{Artifact, RulePointer, Spelling, json};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io;

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";
const CONTENT_VERSION: &str = "1.0.0.0";
const API_VERSION: &str = "2024-05-01";
const ASG_TYPE: &str = "Microsoft.Network/applicationSecurityGroups";
const NSG_TYPE: &str = "Microsoft.Network/networkSecurityGroups";
const LOCATION: &str = "[parameters('location')]";
const LOCATION_OF_RESOURCE_GROUP: &str = "[resourceGroup().location]";

/// Parameters of the template: `location` only.
pub(super) const PARAMETERS: u64 = 1;

const TOOL: &str = concat!("segc ", env!("CARGO_PKG_VERSION"));

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Template<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    content_version: &'static str,
    metadata: Metadata<'a>,
    parameters: Parameters<'a>,
    resources: Vec<Resource<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    tool: &'static str,
    site: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<&'a str>,
    platform: &'a str,
    catalogue: &'a str,
}

#[derive(Serialize)]
struct Parameters<'a> {
    location: Parameter<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Parameter<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    default_value: &'a str,
    metadata: ParameterMetadata,
}

#[derive(Serialize)]
struct ParameterMetadata {
    description: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Resource<'a> {
    Asg(AsgResource<'a>),
    Nsg(NsgResource<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AsgResource<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    api_version: &'static str,
    name: &'a str,
    location: &'static str,
    tags: Tags<'a>,
    properties: NoProperties,
}

#[derive(Serialize)]
struct NoProperties {}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NsgResource<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    api_version: &'static str,
    name: &'a str,
    location: &'static str,
    tags: Tags<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
    properties: NsgProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Tags<'a> {
    segc_site: &'a str,
    segc_platform: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NsgProperties<'a> {
    security_rules: Vec<SecurityRule<'a>>,
}

#[derive(Serialize)]
struct SecurityRule<'a> {
    name: &'a str,
    properties: RuleProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleProperties<'a> {
    description: &'a str,
    priority: u32,
    direction: &'static str,
    access: &'static str,
    protocol: &'static str,
    source_port_range: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_address_prefix: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    source_address_prefixes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    source_application_security_groups: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_address_prefix: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destination_address_prefixes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destination_application_security_groups: Vec<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_port_range: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    destination_port_ranges: Vec<String>,
}

#[derive(Serialize)]
struct Reference {
    id: String,
}

/// Writes the template with the pointer of every row.
pub(super) fn render(plan: &Plan, spelling: Spelling) -> Artifact {
    let bytes = json::pretty(&template(plan));
    Artifact { spelling, bytes, rules: pointers(plan), symbols: Vec::new() }
}

/// The template's length in bytes without white space: the service counts what it read, not the text of the file.
pub(super) fn size(plan: &Plan) -> u64 {
    compact_size(&template(plan))
}

/// The length in bytes of one group's resource, counted likewise.
pub(super) fn group_size(plan: &Plan, nsg: &Nsg) -> u64 {
    compact_size(&nsg_resource(plan, nsg))
}

/// Counts what is written to it.
struct Counter(u64);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why the two writers below can't fail.
const INFALLIBLE: &str = "structs with string keys are written to memory";

#[expect(
    clippy::expect_used,
    reason = "serde_json fails only when the writer does or on keys that are no strings"
)]
fn compact_size(value: &impl Serialize) -> u64 {
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).expect(INFALLIBLE);
    counter.0
}

fn pointers(plan: &Plan) -> Vec<RulePointer> {
    let mut pointers = Vec::new();
    for (nsg, at) in plan.nsgs.iter().zip(plan.asgs.len()..) {
        for (number, rule) in nsg.rules.iter().enumerate() {
            let pointer = format!("/resources/{at}/properties/securityRules/{number}");
            let point = |row: &crate::policy::RowId| RulePointer {
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

fn template(plan: &Plan) -> Template<'_> {
    let asgs = plan.asgs.iter().map(|asg| Resource::Asg(asg_resource(plan, asg)));
    let nsgs = plan.nsgs.iter().map(|nsg| Resource::Nsg(nsg_resource(plan, nsg)));
    Template {
        schema: SCHEMA,
        content_version: CONTENT_VERSION,
        metadata: Metadata {
            tool: TOOL,
            site: &plan.header.site,
            release: plan.header.release.as_deref(),
            platform: &plan.header.platform,
            catalogue: &plan.header.catalogue,
        },
        parameters: Parameters {
            location: Parameter {
                kind: "string",
                default_value: plan.header.region.as_deref().unwrap_or(LOCATION_OF_RESOURCE_GROUP),
                metadata: ParameterMetadata { description: "Region of the virtual network" },
            },
        },
        resources: asgs.chain(nsgs).collect(),
    }
}

fn tags(plan: &Plan) -> Tags<'_> {
    Tags { segc_site: &plan.header.site, segc_platform: &plan.header.platform }
}

fn asg_resource<'a>(plan: &'a Plan, asg: &'a Asg) -> AsgResource<'a> {
    AsgResource {
        kind: ASG_TYPE,
        api_version: API_VERSION,
        name: &asg.name,
        location: LOCATION,
        tags: tags(plan),
        properties: NoProperties {},
    }
}

fn nsg_resource<'a>(plan: &'a Plan, nsg: &'a Nsg) -> NsgResource<'a> {
    let sides = nsg.rules.iter().flat_map(|rule| [&rule.source, &rule.destination]);
    let named: BTreeSet<&str> = sides.flat_map(Side::asgs).map(String::as_str).collect();
    NsgResource {
        kind: NSG_TYPE,
        api_version: API_VERSION,
        name: &nsg.name,
        location: LOCATION,
        tags: tags(plan),
        // `resourceId` alone creates no dependency: without this list the group may be deployed first.
        depends_on: named.into_iter().map(asg_id).collect(),
        properties: NsgProperties { security_rules: nsg.rules.iter().map(security_rule).collect() },
    }
}

fn asg_id(name: &str) -> String {
    // A name has no quote in it, so it can't end the expression's string.
    format!("[resourceId('{ASG_TYPE}', '{name}')]")
}

fn security_rule(rule: &Rule) -> SecurityRule<'_> {
    let (source_prefix, source_prefixes, source_groups) = side(&rule.source);
    let (destination_prefix, destination_prefixes, destination_groups) = side(&rule.destination);
    let (port, ports) = match &rule.ports {
        Ports::All => (Some("*"), Vec::new()),
        Ports::Listed(ranges) => (None, ranges.iter().map(|range| port_range(*range)).collect()),
    };
    SecurityRule {
        name: &rule.name,
        properties: RuleProperties {
            description: &rule.description,
            priority: rule.priority,
            direction: match rule.direction {
                Direction::Ingress => "Inbound",
                Direction::Egress => "Outbound",
            },
            access: if rule.allow { "Allow" } else { "Deny" },
            protocol: protocol(rule.transport),
            source_port_range: "*",
            source_address_prefix: source_prefix,
            source_address_prefixes: source_prefixes,
            source_application_security_groups: source_groups,
            destination_address_prefix: destination_prefix,
            destination_address_prefixes: destination_prefixes,
            destination_application_security_groups: destination_groups,
            destination_port_range: port,
            destination_port_ranges: ports,
        },
    }
}

pub(super) fn protocol(transport: Transport) -> &'static str {
    match transport {
        Transport::Any => "*",
        Transport::Tcp => "Tcp",
        Transport::Udp => "Udp",
        Transport::Icmp => "Icmp",
        Transport::Esp => "Esp",
        Transport::Ah => "Ah",
    }
}

pub(super) fn port_range((low, high): (u16, u16)) -> String {
    if low == high { low.to_string() } else { format!("{low}-{high}") }
}

/// The three ways of saying a side, of which exactly one is used: one prefix or tag, prefixes, groups.
fn side(side: &Side) -> (Option<String>, Vec<String>, Vec<Reference>) {
    match side {
        Side::Anything => (Some("*".to_owned()), Vec::new(), Vec::new()),
        Side::Tag(tag) => (Some(tag.clone()), Vec::new(), Vec::new()),
        Side::Asgs(names) => {
            (None, Vec::new(), names.iter().map(|name| Reference { id: asg_id(name) }).collect())
        }
        Side::Ranges(ranges) => match ranges.as_slice() {
            [range] => (Some(range.to_string()), Vec::new(), Vec::new()),
            ranges => (None, ranges.iter().map(ToString::to_string).collect(), Vec::new()),
        },
    }
}
