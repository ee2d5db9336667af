//! The plan as a CloudFormation template.
//!
//! In: a plan. Out: one template: parameters, groups, then each rule as a resource of its own.
//!
//! Invariant: a rule inside a group never names a group, so no group depends on another and no circle can arise; the
//! same plan gives the same bytes.

use super::plan::{Group, InlineEgress, IpProtocol, Peer, Plan, PrefixList, Rule};
use super::{CLOUDFORMATION, limits, names};
use crate::policy::RoleId;
use crate::target::half::Direction;
use crate::target::json;
use crate::target::text;
use crate::target::{Artifact, RulePointer};
use indexmap::IndexMap;
use ipnet::IpNet;
use serde::Serialize;
use std::collections::BTreeMap;

/// The parameter that takes the VPC's id.
pub(super) const VPC_PARAMETER: &str = "VpcId";

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Template<'a> {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: &'static str,
    description: String,
    metadata: Metadata<'a>,
    parameters: IndexMap<&'a str, Parameter<'a>>,
    resources: IndexMap<&'a str, Resource<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    segc: Header<'a>,
}

/// Where the template comes from; nothing in it changes a resource.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Header<'a> {
    tool: &'static str,
    catalogue: &'a str,
    site: &'a str,
    platform: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter<'a> {
    #[serde(rename = "Type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_pattern: Option<&'static str>,
    description: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource<'a> {
    #[serde(rename = "Type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<LintMetadata>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Properties<'a> {
    Group(GroupProperties<'a>),
    Rule(RuleProperties<'a>),
}

/// What keeps cfn-lint from a finding that is known to be false.
#[derive(Serialize)]
struct LintMetadata {
    #[serde(rename = "cfn-lint")]
    lint: LintConfig,
}

#[derive(Serialize)]
struct LintConfig {
    config: IgnoredChecks,
}

#[derive(Serialize)]
struct IgnoredChecks {
    ignore_checks: &'static [&'static str],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupProperties<'a> {
    group_name: &'a str,
    group_description: &'a str,
    vpc_id: Ref<'a>,
    security_group_egress: Vec<InlineRule<'a>>,
    tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct InlineRule<'a> {
    ip_protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_port: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_port: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cidr_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cidr_ipv6: Option<String>,
    description: &'a str,
}

/// Both kinds of standalone rules; exactly one peer is present.
#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct RuleProperties<'a> {
    group_id: GroupId<'a>,
    ip_protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_port: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_port: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cidr_ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cidr_ipv6: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_security_group_id: Option<GroupId<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_prefix_list_id: Option<Ref<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_security_group_id: Option<GroupId<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_prefix_list_id: Option<Ref<'a>>,
    description: &'a str,
}

#[derive(Serialize)]
struct Ref<'a> {
    #[serde(rename = "Ref")]
    target: &'a str,
}

/// The id that AWS gives a group of this template.
#[derive(Serialize, Default)]
struct GroupId<'a> {
    #[serde(rename = "Fn::GetAtt")]
    attribute: [&'a str; 2],
}

/// A tag, as templates and the EC2 API spell it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: &'static str,
    pub(super) value: String,
}

/// Logical ids of groups by owner and part.
type GroupIds<'a> = BTreeMap<(RoleId, u32), &'a str>;

/// Writes the template.
pub(super) fn render(plan: &Plan) -> Artifact {
    let ids: GroupIds<'_> =
        plan.groups.iter().map(|group| ((group.owner, group.part), group.id.as_str())).collect();
    let groups = plan.groups.iter().map(|group| (group.id.as_str(), group_resource(plan, group)));
    let rules = plan.rules.iter().map(|rule| (rule.id.as_str(), resource(plan, rule, &ids)));
    let template = Template {
        version: "2010-09-09",
        description: format!("Security groups of site {} on {}", shown(&plan.site), shown(&plan.platform)),
        metadata: Metadata { segc: header(plan) },
        parameters: parameters(plan),
        resources: groups.chain(rules).collect(),
    };
    let pointer = |rule: &Rule| format!("/Resources/{}", rule.id);
    let rules = plan.rules.iter().flat_map(|rule| {
        let services = || Some(rule.services.clone());
        rule.rows.iter().map(move |row| RulePointer {
            row: row.clone(),
            pointer: pointer(rule),
            end: Some(rule.direction),
            services: services(),
        })
    });
    Artifact {
        spelling: CLOUDFORMATION,
        bytes: json::pretty(&template),
        rules: rules.collect(),
        symbols: Vec::new(),
    }
}

fn header(plan: &Plan) -> Header<'_> {
    Header {
        tool: concat!("segc ", env!("CARGO_PKG_VERSION")),
        catalogue: &plan.catalogue,
        site: &plan.site,
        platform: &plan.platform,
        account: plan.account.as_deref(),
        region: plan.region.as_deref(),
    }
}

fn parameters(plan: &Plan) -> IndexMap<&str, Parameter<'_>> {
    let vpc = Parameter {
        kind: "AWS::EC2::VPC::Id",
        default: plan.vpc.as_deref().filter(|vpc| names::is_vpc_id(vpc)),
        allowed_pattern: None,
        description: match &plan.vpc {
            Some(vpc) => format!("Id of the VPC {}", shown(vpc)),
            None => "Id of the VPC that the groups belong to".to_owned(),
        },
    };
    let lists = plan.prefix_lists.iter().map(|list| (list.parameter.as_str(), prefix_list(plan, list)));
    std::iter::once((VPC_PARAMETER, vpc)).chain(lists).collect()
}

fn prefix_list<'a>(plan: &'a Plan, list: &'a PrefixList) -> Parameter<'a> {
    let region =
        plan.region.as_deref().map(|region| format!(" --region {}", shown(region))).unwrap_or_default();
    Parameter {
        kind: "String",
        default: Some(list.name.as_str()).filter(|name| names::is_list_id(name)),
        allowed_pattern: Some("^pl-[0-9a-f]{8,17}$"),
        description: format!(
            "Id of the prefix list {name}. To look it up: aws ec2 describe-managed-prefix-lists{region} --filters \
             \"Name=prefix-list-name,Values={name}\" --query \"PrefixLists[].PrefixListId\" --output text",
            name = list.name
        ),
    }
}

fn group_resource<'a>(plan: &Plan, group: &'a Group) -> Resource<'a> {
    let properties = GroupProperties {
        group_name: &group.name,
        group_description: &group.description,
        vpc_id: Ref { target: VPC_PARAMETER },
        security_group_egress: group.inline_egress.iter().map(inline).collect(),
        tags: tags(plan, group),
    };
    Resource { kind: "AWS::EC2::SecurityGroup", metadata: None, properties: Properties::Group(properties) }
}

fn inline(rule: &InlineEgress) -> InlineRule<'_> {
    let (cidr_ip, cidr_ipv6) = cidr(rule.cidr);
    InlineRule {
        ip_protocol: rule.permission.protocol.to_string(),
        from_port: rule.permission.from_port,
        to_port: rule.permission.to_port,
        cidr_ip,
        cidr_ipv6,
        description: &rule.description,
    }
}

fn resource<'a>(plan: &'a Plan, rule: &'a Rule, ids: &GroupIds<'a>) -> Resource<'a> {
    let part_of = |group: (RoleId, u32)| GroupId {
        attribute: [ids.get(&group).copied().unwrap_or_default(), "GroupId"],
    };
    let id_of = |owner: RoleId| part_of((owner, 1));
    let mut properties = RuleProperties {
        group_id: part_of((rule.group, rule.part)),
        ip_protocol: rule.permission.protocol.to_string(),
        from_port: rule.permission.from_port,
        to_port: rule.permission.to_port,
        description: &rule.description,
        ..RuleProperties::default()
    };
    match (&rule.peer, rule.direction) {
        (Peer::Cidr(net), _) => (properties.cidr_ip, properties.cidr_ipv6) = cidr(*net),
        (Peer::Group(owner), Direction::Ingress) => properties.source_security_group_id = Some(id_of(*owner)),
        (Peer::Group(owner), Direction::Egress) => {
            properties.destination_security_group_id = Some(id_of(*owner))
        }
        (Peer::PrefixList(list), Direction::Ingress) => {
            properties.source_prefix_list_id = list_id(plan, list)
        }
        (Peer::PrefixList(list), Direction::Egress) => {
            properties.destination_prefix_list_id = list_id(plan, list);
        }
    }
    let kind = match rule.direction {
        Direction::Ingress => "AWS::EC2::SecurityGroupIngress",
        Direction::Egress => "AWS::EC2::SecurityGroupEgress",
    };
    Resource { kind, metadata: false_findings(rule), properties: Properties::Rule(properties) }
}

/// Releases of cfn-lint before August 2026 take the type of an ICMPv6 message for an ignored port (W3687), and "all
/// codes" for half of "all messages" (E3688).
///
/// Source: cfn-lint pull request 4600, <https://github.com/aws-cloudformation/cfn-lint/pull/4600>, read 2026-11.
fn false_findings(rule: &Rule) -> Option<LintMetadata> {
    let typed = rule.permission.protocol == IpProtocol::Icmpv6 && rule.permission.from_port.is_some();
    let ignore_checks: &[&str] =
        if rule.permission.to_port == Some(-1) { &["E3688", "W3687"] } else { &["W3687"] };
    typed.then_some(LintMetadata { lint: LintConfig { config: IgnoredChecks { ignore_checks } } })
}

fn list_id<'a>(plan: &'a Plan, name: &str) -> Option<Ref<'a>> {
    let list = plan.prefix_lists.iter().find(|list| list.name == name);
    list.map(|list| Ref { target: &list.parameter })
}

/// The range as `CidrIp` or as `CidrIpv6`.
pub(super) fn cidr(net: IpNet) -> (Option<String>, Option<String>) {
    match net {
        IpNet::V4(net) => (Some(net.to_string()), None),
        IpNet::V6(net) => (None, Some(net.to_string())),
    }
}

/// The tags of a group: who it is for. They may change without replacing it.
pub(super) fn tags(plan: &Plan, group: &Group) -> Vec<Tag> {
    let tag = |key, text: &str| Tag { key, value: tag_value(text) };
    vec![
        tag("Name", &group.name),
        tag("segc:site", &mark(&plan.site)),
        tag("segc:platform", &mark(&plan.platform)),
        tag("segc:role", &group.role),
        tag("segc:worn-by", &group.worn_by.join(" ")),
    ]
}

/// A name as a tag can have it.
pub(super) fn mark(name: &str) -> String {
    text::marked(name, limits::TAG_VALUE)
}

/// A text as a tag can have it.
fn tag_value(text: &str) -> String {
    text::clean(text, limits::TAG_VALUE.allowed).chars().take(limits::TAG_VALUE.length).collect()
}

/// A name of the author's, short and harmless in a command line.
pub(super) fn shown(name: &str) -> String {
    text::clean(name, limits::PREFIX_LIST_NAME.allowed).chars().take(limits::NAME_PART).collect()
}
