//! AWS security groups: the target `aws-sg` for platforms of kind `aws`.
//!
//! In: a policy. Out: security groups with their rules, as a CloudFormation template, as calls of the EC2 API, and as
//! Terraform JSON.
//!
//! Where AWS differs from the policy, and what we write instead:
//!
//! - A group has no deny and no order, so a forbid is kept by absence, and read-back proves the absence.
//! - A group without egress rules is open to everywhere. So each group states one egress rule that matches nothing; the
//!   real ones stand apart.
//! - A rule inside a group that names another group makes templates depend on each other in circles. So groups come
//!   first, and each rule is a resource of its own.
//! - Everything about such a rule but its description is fixed when it is made, and a twin under another name is
//!   refused. So its name is its identity, and an added flow never renames another rule.
//! - A group takes a limited number of rules, and an interface several groups, whose rules add up. So rules that are
//!   merged and still too many stand in further groups that every member wears; peers name the first one.
//! - Roles that wear one group are one party to AWS. Rules go to the group, and what that opens for the other wearers is
//!   a widening that the comparison finds.
//! - A list of prefixes has an id that only the Region knows. So it is a parameter, or a symbol.
//! - Host names have no place in a rule. Such a peer is refused, never opened to everywhere.
//!
//! Invariant: `permits` reads a [`plan::Plan`] without any code of the planner.

mod api;
mod cloudformation;
mod draft;
mod export;
pub mod limits;
mod merge;
mod names;
mod overflow;
mod permissions;
mod permits;
pub mod plan;
mod quota;
mod read;
mod split;
mod steps;
mod terraform;
#[cfg(test)]
mod tests;

use crate::policy::universe::NotAligned;
use crate::policy::{PlatformId, Policy, RoleId};
use crate::target::evaluate::Bindings;
use crate::target::export::{Deployed, Export, ExportFile, KnownAs, SiteWords};
use crate::target::observed::{Observed, PeerName, Unreadable};
use crate::target::permission::{PermissionAsk, PermissionDocument};
use crate::target::{Artifact, Backend, Permits, PlanContext, QuotaUse, Spelling, TargetInfo};
use crate::vocabulary::{AttributeSpec, PlatformSpec, ValueType};
use plan::Plan;
use serde::Serialize;
use std::collections::BTreeMap;

const CLOUDFORMATION: Spelling = Spelling {
    id: "cloudformation",
    file: "security-groups.cloudformation.json",
    media_type: "application/json",
};

const API: Spelling =
    Spelling { id: "api", file: "security-groups.api.json", media_type: "application/json" };

const TERRAFORM: Spelling =
    Spelling { id: "terraform", file: "security-groups.tf.json", media_type: "application/json" };

const PLATFORM: PlatformSpec = PlatformSpec {
    kind: "aws",
    attributes: &[
        AttributeSpec::optional("account", ValueType::Text, "number of the AWS account"),
        AttributeSpec::optional("region", ValueType::TextOrWord, "Region, for example eu-west-1"),
        AttributeSpec::optional("vpc", ValueType::TextOrWord, "id or name of the VPC"),
        AttributeSpec::optional(
            "internet",
            ValueType::OneOf(&["none", "nat", "igw", "transit"]),
            "the way to the internet: none, a NAT gateway, an internet gateway, a transit gateway",
        ),
        AttributeSpec::optional(
            "dns",
            ValueType::OneOf(&["customer", "amazon"]),
            "who resolves names: the customer's servers or the VPC's resolver",
        ),
        AttributeSpec::optional(
            quota::RULES_PER_GROUP,
            ValueType::Number { low: 1, high: limits::RULES_TIMES_GROUPS },
            "rules that a group may have in one direction, where the account's quota was raised",
        ),
        AttributeSpec::optional(
            quota::GROUPS_PER_INTERFACE,
            ValueType::Number { low: 1, high: limits::RAISED_GROUPS_PER_INTERFACE },
            "groups of this site that an interface may wear, where the quota was raised or others use a part of it",
        ),
    ],
    role_attributes: &[AttributeSpec::optional(
        quota::LIST_ENTRIES,
        ValueType::Number { low: 1, high: limits::PREFIX_LIST_ENTRIES },
        "the size (MaxEntries) of the customer's prefix list, which is what a rule with it counts",
    )],
};

static INFO: TargetInfo = TargetInfo {
    id: "aws-sg",
    title: "AWS security groups",
    platform: PLATFORM,
    spellings: &[CLOUDFORMATION, API, TERRAFORM],
    notes: include_str!("README.md"),
    is_request: false,
};

/// The target.
#[derive(Debug, Clone, Copy)]
pub struct AwsSg;

/// What a manifest says of a role: the logical ids of the groups that it wears.
#[derive(Serialize)]
struct Identity<'a> {
    groups: Vec<&'a str>,
}

impl Backend for AwsSg {
    type Plan = Plan;

    fn info(&self) -> &'static TargetInfo {
        &INFO
    }

    fn plan(&self, policy: &Policy, platform: PlatformId, cx: &mut PlanContext<'_>) -> Option<Plan> {
        plan::plan(policy, platform, cx)
    }

    fn permits(&self, plan: &Plan, policy: &Policy) -> Result<Permits, NotAligned> {
        permits::permits(plan, policy)
    }

    fn blanks(&self, plan: &Plan) -> Vec<(&'static str, String)> {
        steps::blanks(plan)
    }

    fn identities(&self, plan: &Plan) -> BTreeMap<RoleId, serde_json::Value> {
        let identity = |(role, owner): (&RoleId, &RoleId)| {
            let groups = plan.groups_of(*owner).into_iter().map(|group| group.id.as_str()).collect();
            Some((*role, serde_json::to_value(Identity { groups }).ok()?))
        };
        plan.wears.iter().filter_map(identity).collect()
    }

    fn quotas(&self, plan: &Plan) -> Vec<QuotaUse> {
        plan.quotas.clone()
    }

    fn render(&self, plan: &Plan, spelling: Spelling) -> Artifact {
        match spelling {
            API => api::render(plan),
            TERRAFORM => terraform::render(plan),
            _ => cloudformation::render(plan),
        }
    }

    fn read(&self, spelling: Spelling, bytes: &[u8]) -> Result<Observed, Unreadable> {
        match spelling {
            API => read::api::read(bytes),
            TERRAFORM => read::terraform::read(bytes),
            _ => read::cloudformation::read(bytes),
        }
    }

    fn permission_document(&self, ask: &PermissionAsk) -> Option<PermissionDocument> {
        Some(permissions::document(ask))
    }

    fn bindings(&self, plan: &Plan, policy: &Policy, _: &Observed) -> Bindings {
        read::bindings(plan, policy)
    }

    fn known_as(&self, plan: &Plan) -> KnownAs {
        export::identity::known_as(plan)
    }

    fn is_export(&self, value: &serde_json::Value) -> bool {
        export::is_export(value)
    }

    fn site_words(&self, one: &Deployed, members: Option<&PeerName>) -> Option<SiteWords> {
        export::identity::site_words(one, members)
    }

    fn site_peer(&self, _: &PeerName, title: &str) -> Option<String> {
        Some(format!("windows-server {{ prefix-list = \"{title}\" }}"))
    }

    fn read_export(&self, files: &[ExportFile]) -> Result<Export, Unreadable> {
        export::read(files)
    }
}
