//! Nutanix Flow Network Security: application policies on categories, one for each tier.
//!
//! In: the policy and a platform of kind `nutanix`. Out: bodies for the v4 API (main) or the v3 API (classic Flow), or
//! Terraform JSON.
//!
//! Where Flow differs from the policy, and what is written instead:
//! - **No addresses of its own machines.** A machine is known by the categories that it wears. Each enforced role wears
//!   the platform's category and a tier of its own (`tier`, else the role's name); roles with `same-group-as` wear one
//!   pair and share one policy. Two roles that would wear the same pair without saying so are refused (SEG6006).
//! - **Allow lists with an implicit deny, in both directions**, for whatever a policy secures. So every enforced role
//!   has a policy, rules or not, and no deny rule is ever written but the one within a group.
//! - **Traffic within a group** is denied by an `INTRA_GROUP` rule that beats every other rule between its members, and
//!   allowing it there is all or nothing (API 4.0, v3). A tier that the site lets reach itself therefore has no such
//!   rule in v4, and its flows are ordinary rules in both directions with its own categories as the peer. v3 must say
//!   something, so there the whole tier is opened to itself, and the excess is reported as a widening of the spelling.
//! - **One peer a rule.** A peer on the same Prism Central is named by its categories, any other by its exact ranges:
//!   one range as a subnet, several as an address group of their own.
//! - **IPv6** is dropped by a policy unless its scope has it. The scope gets it only where a rule needs it, with fields
//!   of API 4.2. v3 can only let all of it pass: reported as a widening of the spelling.
//! - **State** is the rollout's: saved, monitored, enforced, and monitored when there is no rollout. v3 has no saved
//!   state and writes monitored, which blocks as little.
//! - **Ids** of categories are known to Prism Central only: from `--categories FILE`, else marked symbols.
//!
//! Invariant: what is proved by `permits` are the rules, as if every policy were enforced.

mod categories;
mod export;
mod groups;
mod limits;
mod mark;
mod permits;
mod plan;
mod quota;
mod read;
mod services;
mod steps;
mod symbols;
mod terraform;
#[cfg(test)]
mod tests;
mod v3;
mod v4;

use crate::policy::universe::NotAligned;
use crate::policy::{PlatformId, Policy, RoleId};
use crate::target::evaluate::Bindings;
use crate::target::export::{Deployed, Export, ExportFile, KnownAs, SiteWords};
use crate::target::observed::{Observed, PeerName, Unreadable};
use crate::target::text;
use crate::target::{Artifact, Backend, Permits, PlanContext, QuotaUse, Spelling, TargetInfo};
use crate::vocabulary::{AttributeSpec, PlatformSpec, ValueType};
use std::collections::BTreeMap;

const V4: Spelling = Spelling { id: "v4", file: "flow-policies.v4.json", media_type: "application/json" };

const V3: Spelling = Spelling { id: "v3", file: "flow-policies.v3.json", media_type: "application/json" };

const TERRAFORM: Spelling =
    Spelling { id: "terraform", file: "flow-policies.tf.json", media_type: "application/json" };

static INFO: TargetInfo = TargetInfo {
    id: "nutanix-flow",
    title: "Nutanix Flow Network Security",
    platform: PlatformSpec { kind: "nutanix", attributes: PLATFORM_ATTRIBUTES, role_attributes: &[] },
    spellings: &[V4, V3, TERRAFORM],
    notes: include_str!("README.md"),
    is_request: false,
};

const PLATFORM_ATTRIBUTES: &[AttributeSpec] = &[
    AttributeSpec::required(
        "category",
        ValueType::Text,
        "the category of every machine on it, \"Key:Value\"; a tier comes on top of it",
    ),
    AttributeSpec::optional("prism", ValueType::Text, "the Prism Central that takes the policies"),
    AttributeSpec::optional(
        "scope",
        ValueType::OneOf(&["all-vlans", "all-vpcs"]),
        "the networks that the policies cover; all-vlans when unsaid",
    ),
    AttributeSpec::optional(
        "hitlog",
        ValueType::OneOf(&["on", "off"]),
        "log what rules match; on when unsaid, because monitoring is of no use without",
    ),
    AttributeSpec::optional(
        "tier-key",
        ValueType::TextOrWord,
        "the category key of the tiers; AppTier when unsaid",
    ),
    AttributeSpec::optional(
        quota::RULES_PER_POLICY,
        ValueType::Number { low: 1, high: quota::LARGEST },
        "the most rules of a policy, from the vendor's page of maxima",
    ),
    AttributeSpec::optional(
        quota::POLICIES,
        ValueType::Number { low: 1, high: quota::LARGEST },
        "the most policies that this site may take of the Prism Central",
    ),
    AttributeSpec::optional(
        quota::RANGES_PER_GROUP,
        ValueType::Number { low: 1, high: quota::LARGEST },
        "the most ranges of an address group, from the vendor's page of maxima",
    ),
];

/// The back end for platforms of kind `nutanix`.
pub(crate) struct NutanixFlow;

impl Backend for NutanixFlow {
    type Plan = plan::Plan;

    fn info(&self) -> &'static TargetInfo {
        &INFO
    }

    fn plan(&self, policy: &Policy, platform: PlatformId, cx: &mut PlanContext<'_>) -> Option<Self::Plan> {
        plan::plan_platform(policy, platform, cx)
    }

    fn permits(&self, plan: &Self::Plan, policy: &Policy) -> Result<Permits, NotAligned> {
        permits::permits(plan, policy)
    }

    fn spelling_widening(
        &self,
        plan: &Self::Plan,
        policy: &Policy,
        permits: &Permits,
        spelling: Spelling,
    ) -> Option<(Permits, String)> {
        if spelling == V3 { permits::v3_excess(plan, policy, permits) } else { None }
    }

    fn unspoken(&self, plan: &Self::Plan, spelling: Spelling) -> Option<&'static str> {
        if spelling == TERRAFORM { terraform::unspoken(plan) } else { None }
    }

    fn blanks(&self, plan: &Self::Plan) -> Vec<(&'static str, String)> {
        steps::blanks(plan)
    }

    fn identities(&self, plan: &Self::Plan) -> BTreeMap<RoleId, serde_json::Value> {
        let identity = |worn: &[categories::Category]| {
            let pairs: BTreeMap<&str, &str> =
                worn.iter().map(|category| (category.key.as_str(), category.value.as_str())).collect();
            serde_json::json!({ "categories": pairs })
        };
        plan.worn.iter().map(|(role, worn)| (*role, identity(worn))).collect()
    }

    /// Those that the platform's block states: the vendor's maxima are on pages behind a login, and a limit without a
    /// source is no limit.
    fn quotas(&self, plan: &Self::Plan) -> Vec<QuotaUse> {
        plan.quotas.clone()
    }

    fn render(&self, plan: &Self::Plan, spelling: Spelling) -> Artifact {
        match spelling {
            V3 => v3::render(plan, spelling),
            TERRAFORM => terraform::render(plan),
            _ => v4::render(plan, spelling),
        }
    }

    fn read(&self, spelling: Spelling, bytes: &[u8]) -> Result<Observed, Unreadable> {
        match spelling {
            V3 => read::v3::read(bytes),
            TERRAFORM => read::terraform::read(bytes),
            _ => read::v4::read(bytes),
        }
    }

    fn bindings(&self, plan: &Self::Plan, policy: &Policy, _: &Observed) -> Bindings {
        read::bindings(plan, policy)
    }

    fn known_as(&self, plan: &Self::Plan) -> KnownAs {
        export::known_as(plan)
    }

    fn is_export(&self, value: &serde_json::Value) -> bool {
        export::is_export(value)
    }

    fn site_words(&self, _: &Deployed, members: Option<&PeerName>) -> Option<SiteWords> {
        export::site_words(members?)
    }

    fn site_peer(&self, _: &PeerName, title: &str) -> Option<String> {
        Some(format!("windows-server {{ prefix-list = \"{title}\" }}"))
    }

    fn read_export(&self, files: &[ExportFile]) -> Result<Export, Unreadable> {
        export::read(files)
    }
}

/// What the rule says that denies traffic within a tier.
fn intra_description(policy: &plan::TierPolicy) -> String {
    let limit = limits::RULE_DESCRIPTION;
    let sentence = text::clean(&format!("nothing passes within {}", policy.tier), limit.allowed);
    sentence.chars().take(limit.length).collect()
}
