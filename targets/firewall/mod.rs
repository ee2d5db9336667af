//! A firewall that people configure: the rows of a change request.
//!
//! In: the policy and a platform of kind `firewall`. Out: `change-request.csv` for the team that runs it.
//!
//! Where such a firewall differs from the policy, and what is written instead:
//! - **Addresses only.** Two roles at one address are one party to it; what that permits beyond the site is found by
//!   the read-back and reported as a widening.
//! - **One range a cell.** A flow is one line for each source range, destination range and service range; IPv4 and IPv6
//!   never meet in a line. Lines of one flow share its id.
//! - **Names are allowed.** People read the request, so a party known by host names, a tag or a prefix list stands
//!   there by name; what can't be named at all is refused (SEG6008). No line says `any`.
//! - **Deny by default** is taken for granted, and so is that replies pass: a request asks for what is to be opened.
//!
//! Invariant: every flow with an end behind the firewall is asked for, once, whichever side starts.

mod csv;
mod permits;
mod plan;
mod read;
#[cfg(test)]
mod tests;

use crate::policy::universe::NotAligned;
use crate::policy::{PlatformId, Policy, RoleId};
use crate::target::evaluate::Bindings;
use crate::target::observed::{Observed, Unreadable};
use crate::target::{Artifact, Backend, Permits, PlanContext, QuotaUse, Spelling, TargetInfo};
use crate::vocabulary::{AttributeSpec, PlatformSpec, ValueType};
use plan::Endpoint;
use std::collections::BTreeMap;

const CSV: Spelling = Spelling { id: "csv", file: "change-request.csv", media_type: "text/csv" };

static INFO: TargetInfo = TargetInfo {
    id: "firewall",
    title: "firewall change request",
    platform: PlatformSpec { kind: "firewall", attributes: PLATFORM_ATTRIBUTES, role_attributes: &[] },
    spellings: &[CSV],
    notes: include_str!("README.md"),
    is_request: true,
};

const PLATFORM_ATTRIBUTES: &[AttributeSpec] = &[
    AttributeSpec::optional("vendor", ValueType::TextOrWord, "make of the firewall, for people"),
    AttributeSpec::optional("contact", ValueType::Text, "the team that takes the change request, for people"),
];

/// The back end for platforms of kind `firewall`.
pub(crate) struct Firewall;

impl Backend for Firewall {
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

    fn identities(&self, plan: &Self::Plan) -> BTreeMap<RoleId, serde_json::Value> {
        let identity = |known: &[Endpoint]| {
            let (mut addresses, mut names) = (Vec::new(), Vec::new());
            for end in known {
                match end {
                    Endpoint::Range(range) => addresses.push(range.to_string()),
                    Endpoint::Name(name) => names.push(name.clone()),
                }
            }
            serde_json::json!({ "addresses": addresses, "names": names })
        };
        plan.known.iter().map(|(role, known)| (*role, identity(known))).collect()
    }

    /// None: no make of firewall is known here.
    fn quotas(&self, _plan: &Self::Plan) -> Vec<QuotaUse> {
        Vec::new()
    }

    fn render(&self, plan: &Self::Plan, spelling: Spelling) -> Artifact {
        csv::render(plan, spelling)
    }

    fn read(&self, _: Spelling, bytes: &[u8]) -> Result<Observed, Unreadable> {
        read::read(bytes)
    }

    fn bindings(&self, _: &Self::Plan, policy: &Policy, _: &Observed) -> Bindings {
        read::bindings(policy)
    }
}
