//! The plan as Terraform JSON.
//!
//! In: a plan. Out: one document: inputs, groups, then each rule as a resource of its own.
//!
//! Labels are the logical ids of the template, so a thing has one name in every spelling. The provider takes away what a
//! new group lets out, so no rule that matches nothing is needed; and rules of their own may not stand beside rules inside
//! a group.
//!
//! Source: provider documentation 5.100.0, `aws_security_group`, `aws_vpc_security_group_ingress_rule` and
//! `aws_vpc_security_group_egress_rule`, read 2026-11; deleting the default egress was seen in a run.
//!
//! Invariant: the same plan gives the same bytes; ids that only AWS knows are inputs.

use super::cloudformation::{Tag, cidr, shown, tags};
use super::plan::{Group, IpProtocol, Peer, Plan, Rule};
use super::{TERRAFORM, names};
use crate::policy::RoleId;
use crate::target::half::Direction;
use crate::target::{Artifact, RulePointer, json};
use crate::targets::terraform::{
    Document, Header, Labelled, Provider, Settings, Variable, expression, literal,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Releases with both kinds of rule resources as they are written here.
/// Source: provider changelog, 4.56.0 to 6.x, read 2026-11.
const PROVIDER: Provider = Provider { source: "hashicorp/aws", version: ">= 5.0, < 7.0" };

/// The input that takes the VPC's id.
pub(super) const VPC_VARIABLE: &str = "vpc_id";

#[derive(Serialize)]
struct Resources<'a> {
    aws_security_group: Labelled<GroupBlock<'a>>,
    #[serde(skip_serializing_if = "Labelled::is_empty")]
    aws_vpc_security_group_ingress_rule: Labelled<RuleBlock>,
    #[serde(skip_serializing_if = "Labelled::is_empty")]
    aws_vpc_security_group_egress_rule: Labelled<RuleBlock>,
}

#[derive(Serialize)]
struct GroupBlock<'a> {
    name: String,
    description: String,
    vpc_id: String,
    tags: BTreeMap<&'a str, String>,
}

/// Both kinds of rules; exactly one peer is present.
#[derive(Serialize, Default)]
struct RuleBlock {
    security_group_id: String,
    ip_protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_port: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_port: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cidr_ipv4: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cidr_ipv6: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prefix_list_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referenced_security_group_id: Option<String>,
    description: String,
}

/// Logical ids of groups by owner and part.
type GroupIds<'a> = BTreeMap<(RoleId, u32), &'a str>;

/// Writes the document.
pub(super) fn render(plan: &Plan) -> Artifact {
    let ids: GroupIds<'_> =
        plan.groups.iter().map(|group| ((group.owner, group.part), group.id.as_str())).collect();
    let rules = |direction: Direction| {
        let rules = plan.rules.iter().filter(move |rule| rule.direction == direction);
        rules.map(|rule| (rule.id.clone(), rule_block(plan, rule, &ids))).collect()
    };
    let document = Document {
        comment: Header::new(&plan.site, &plan.platform, &plan.catalogue),
        terraform: Settings::new("aws", PROVIDER),
        variable: variables(plan),
        data: None::<()>,
        resource: Resources {
            aws_security_group: plan
                .groups
                .iter()
                .map(|group| (group.id.clone(), group_block(plan, group)))
                .collect(),
            aws_vpc_security_group_ingress_rule: rules(Direction::Ingress),
            aws_vpc_security_group_egress_rule: rules(Direction::Egress),
        },
    };
    Artifact {
        spelling: TERRAFORM,
        bytes: json::pretty(&document),
        rules: pointers(plan),
        symbols: Vec::new(),
    }
}

/// In the order of the file: ingress first.
fn pointers(plan: &Plan) -> Vec<RulePointer> {
    let mut pointers = Vec::new();
    for direction in [Direction::Ingress, Direction::Egress] {
        let kind = match direction {
            Direction::Ingress => "aws_vpc_security_group_ingress_rule",
            Direction::Egress => "aws_vpc_security_group_egress_rule",
        };
        for rule in plan.rules.iter().filter(|rule| rule.direction == direction) {
            pointers.extend(rule.rows.iter().map(|row| RulePointer {
                row: row.clone(),
                pointer: format!("/resource/{kind}/{}", rule.id),
                end: Some(direction),
                services: Some(rule.services.clone()),
            }));
        }
    }
    pointers
}

fn variables(plan: &Plan) -> Labelled<Variable> {
    let description = match &plan.vpc {
        Some(vpc) => format!("Id of the VPC {}", shown(vpc)),
        None => "Id of the VPC that the groups belong to".to_owned(),
    };
    let vpc = Variable::text(description, plan.vpc.as_deref().filter(|vpc| names::is_vpc_id(vpc)));
    let vpc = vpc.matching(VPC_VARIABLE, "^vpc-[0-9a-f]{8}([0-9a-f]{9})?$", "Write the id of a VPC: vpc-...");
    let mut variables = Labelled::from([(VPC_VARIABLE.to_owned(), vpc)]);
    for list in &plan.prefix_lists {
        let name = names::variable(&list.parameter);
        let id = Some(list.name.as_str()).filter(|name| names::is_list_id(name));
        let variable = Variable::text(format!("Id of the prefix list {} in this Region", list.name), id);
        let variable =
            variable.matching(&name, "^pl-[0-9a-f]{8,17}$", "Write the id of a prefix list: pl-...");
        variables.insert(name, variable);
    }
    variables
}

fn group_block<'a>(plan: &'a Plan, group: &'a Group) -> GroupBlock<'a> {
    GroupBlock {
        name: literal(&group.name),
        description: literal(&group.description),
        vpc_id: expression(&format!("var.{VPC_VARIABLE}")),
        tags: tags(plan, group).into_iter().map(|Tag { key, value }| (key, literal(&value))).collect(),
    }
}

fn rule_block(plan: &Plan, rule: &Rule, ids: &GroupIds<'_>) -> RuleBlock {
    let id_of = |group: (RoleId, u32)| {
        expression(&format!("aws_security_group.{}.id", ids.get(&group).copied().unwrap_or_default()))
    };
    // Beside `-1` the provider finds a change in every plan when ports are stated.
    let has_ports = rule.permission.protocol != IpProtocol::All;
    let mut block = RuleBlock {
        security_group_id: id_of((rule.group, rule.part)),
        ip_protocol: rule.permission.protocol.to_string(),
        from_port: rule.permission.from_port.filter(|_| has_ports),
        to_port: rule.permission.to_port.filter(|_| has_ports),
        description: literal(&rule.description),
        ..RuleBlock::default()
    };
    match &rule.peer {
        Peer::Cidr(net) => (block.cidr_ipv4, block.cidr_ipv6) = cidr(*net),
        Peer::Group(owner) => block.referenced_security_group_id = Some(id_of((*owner, 1))),
        Peer::PrefixList(name) => {
            let list = plan.prefix_lists.iter().find(|list| list.name == *name);
            block.prefix_list_id =
                list.map(|list| expression(&format!("var.{}", names::variable(&list.parameter))));
        }
    }
    block
}
