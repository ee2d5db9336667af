//! Azure network security groups.
//!
//! In: a policy and one of its `azure` platforms. Out: an Azure Resource Manager template or a Terraform document with
//! network and application security groups, and the proof of what it permits.
//!
//! Where the platform differs from the policy, and what is written instead:
//! - A network security group is bound to a subnet, and a subnet takes one. So there is one for each segment, and
//!   each rule says which role of the segment it is for: by application security group, or by the role's range where
//!   no other role can be at the same address (`membership`).
//! - Beneath every group lie Azure's own rules, which open the whole virtual network. So each direction ends with a
//!   rule that denies everything, and the load balancer's probes need a rule of their own (`group`).
//! - The first rule that matches decides, so every rule has a number. It comes from the rule's identity and the lock,
//!   so that a new rule renumbers nothing.
//! - Rules hold one address family, one protocol, and no host names; ICMP has no types. What can't be said exactly is
//!   refused (`rules`).
//!
//! Invariant: what the rules permit is read back by `permits`, which shares no code with the planner.

mod arm;
mod export;
mod group;
mod limits;
mod membership;
mod merge;
mod names;
mod permissions;
mod permits;
mod plan;
mod read;
mod rules;
mod steps;
mod tags;
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
use group::{LOAD_BALANCED, LOAD_BALANCED_VALUES};
use plan::Plan;
use serde_json::json;
use std::collections::BTreeMap;

/// The target `azure-nsg`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AzureNsg;

const MEMBERSHIP: AttributeSpec = AttributeSpec::optional(
    membership::ATTRIBUTE,
    ValueType::OneOf(membership::VALUES),
    "how rules name a role: by application security group or by its subnet's range",
);

const ARM: Spelling =
    Spelling { id: "arm", file: "network-security-groups.arm.json", media_type: "application/json" };

const TERRAFORM: Spelling =
    Spelling { id: "terraform", file: "network-security-groups.tf.json", media_type: "application/json" };

static INFO: TargetInfo = TargetInfo {
    id: "azure-nsg",
    title: "Azure network security groups",
    platform: PlatformSpec {
        kind: "azure",
        attributes: &[
            AttributeSpec::optional(
                "subscription",
                ValueType::TextOrWord,
                "subscription of the virtual network",
            ),
            AttributeSpec::optional("resource-group", ValueType::TextOrWord, "resource group to deploy to"),
            AttributeSpec::optional("region", ValueType::TextOrWord, "region of the virtual network"),
            AttributeSpec::optional("vnet", ValueType::TextOrWord, "name of the virtual network"),
            MEMBERSHIP,
        ],
        role_attributes: &[
            MEMBERSHIP,
            AttributeSpec::optional(
                LOAD_BALANCED,
                ValueType::OneOf(LOAD_BALANCED_VALUES),
                "whether an Azure load balancer probes the role",
            ),
        ],
    },
    spellings: &[ARM, TERRAFORM],
    notes: include_str!("README.md"),
    is_request: false,
};

impl Backend for AzureNsg {
    type Plan = Plan;

    fn info(&self) -> &'static TargetInfo {
        &INFO
    }

    fn plan(&self, policy: &Policy, platform: PlatformId, cx: &mut PlanContext<'_>) -> Option<Plan> {
        plan::plan(policy, platform, cx)
    }

    fn permits(&self, plan: &Plan, policy: &Policy) -> Result<Permits, NotAligned> {
        permits::read_back(plan, policy)
    }

    fn blanks(&self, plan: &Plan) -> Vec<(&'static str, String)> {
        steps::blanks(plan)
    }

    fn identities(&self, plan: &Plan) -> BTreeMap<RoleId, serde_json::Value> {
        let mut worn: BTreeMap<RoleId, Vec<&str>> = BTreeMap::new();
        for asg in &plan.asgs {
            for role in &asg.members {
                worn.entry(*role).or_default().push(&asg.name);
            }
        }
        let guarded = plan.nsgs.iter().flat_map(|nsg| nsg.guards.iter().map(move |role| (*role, &nsg.name)));
        let identity = |role| worn.get(&role).map_or(&[][..], Vec::as_slice);
        guarded.map(|(role, nsg)| (role, json!({ "nsg": nsg, "asgs": identity(role) }))).collect()
    }

    fn quotas(&self, plan: &Plan) -> Vec<QuotaUse> {
        plan.quotas.clone()
    }

    fn render(&self, plan: &Plan, spelling: Spelling) -> Artifact {
        if spelling == TERRAFORM { terraform::render(plan) } else { arm::render(plan, spelling) }
    }

    fn read(&self, spelling: Spelling, bytes: &[u8]) -> Result<Observed, Unreadable> {
        if spelling == TERRAFORM { read::terraform::read(bytes) } else { read::arm::read(bytes) }
    }

    fn permission_document(&self, ask: &PermissionAsk) -> Option<PermissionDocument> {
        Some(permissions::document(ask))
    }

    fn bindings(&self, plan: &Plan, policy: &Policy, observed: &Observed) -> Bindings {
        read::bindings(plan, policy, observed)
    }

    fn known_as(&self, plan: &Plan) -> KnownAs {
        export::identity::known_as(plan)
    }

    fn site_words(&self, one: &Deployed, _: Option<&PeerName>) -> Option<SiteWords> {
        export::identity::site_words(one)
    }

    fn site_peer(&self, set: &PeerName, _: &str) -> Option<String> {
        export::identity::site_peer(set)
    }

    fn is_export(&self, value: &serde_json::Value) -> bool {
        export::is_export(value)
    }

    fn read_export(&self, files: &[ExportFile]) -> Result<Export, Unreadable> {
        export::read(files)
    }
}
