//! Which lines a change request has.
//!
//! In: the policy and one platform. Out: a [`Plan`]: one line for each source, destination and service range.
//!
//! Invariant: no line says `any`; a line's ends are of one address family, or a name; lines follow the order of the
//! policy's flows, and another flow changes none of them.

use crate::diagnostic::Diagnostic;
use crate::policy::{Flow, KnownBy, PlatformId, Policy, RoleId, RowId};
use crate::target::PlanContext;
use crate::target::half::{self, Direction, Half};
use crate::target::request::{self, joined};
pub(crate) use crate::target::request::{Endpoint, Line};
use std::collections::{BTreeMap, BTreeSet};

/// Everything decided for one firewall.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The rows of the policy that have lines, in the order of its flows.
    pub(crate) rows: Vec<Row>,
    /// How the request knows each role behind the firewall.
    pub(crate) known: BTreeMap<RoleId, Vec<Endpoint>>,
}

/// What all lines of one flow have in common, and where they differ.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// The row's id.
    pub(crate) id: RowId,
    /// Who starts.
    pub(crate) source_role: String,
    /// Who answers.
    pub(crate) destination_role: String,
    /// Its statements in short.
    pub(crate) purpose: String,
    /// Its reasons, whole.
    pub(crate) rationale: String,
    /// Who runs its ends, where not the owner of the site.
    pub(crate) managed_by: String,
    /// The last day on which it is in force; empty when nothing ends it.
    pub(crate) valid_until: String,
    /// Its catalogue entries.
    pub(crate) catalogue: String,
    /// Its lines.
    pub(crate) lines: Vec<Line>,
}

/// Plans one platform. `None` after a report.
pub(crate) fn plan_platform(policy: &Policy, platform: PlatformId, cx: &mut PlanContext<'_>) -> Option<Plan> {
    let guarded: BTreeSet<RoleId> = policy.enforced_on(platform).map(|(role, _)| role).collect();
    let mut rows = Vec::new();
    let mut sound = true;
    for flow in policy.flows() {
        let (behind, before) = (guarded.contains(&flow.to), guarded.contains(&flow.from));
        if !(behind || before) {
            continue;
        }
        let (from, to) = (endpoints(policy, flow.from), endpoints(policy, flow.to));
        for (role, other, known) in [(flow.from, flow.to, &from), (flow.to, flow.from, &to)] {
            if known.is_empty() {
                cx.report(nowhere(policy, platform, flow, role, other));
                sound = false;
            }
        }
        let lines = request::lines(&flow.services, &from, &to);
        if !lines.is_empty() {
            rows.push(Row { lines, ..row(policy, flow) });
        }
    }
    let known = guarded.into_iter().map(|role| (role, endpoints(policy, role))).collect();
    sound.then_some(Plan { rows, known })
}

fn nowhere(policy: &Policy, platform: PlatformId, flow: &Flow, role: RoleId, other: RoleId) -> Diagnostic {
    let direction = if role == flow.from { Direction::Ingress } else { Direction::Egress };
    let half = Half { direction, own: other, peer: role, flow };
    half::unnameable(policy, platform, &half, &["write `cidr` or `fqdn` of the role"])
}

/// The ranges of a role, else the names that it is known by.
fn endpoints(policy: &Policy, role: RoleId) -> Vec<Endpoint> {
    let Some(party) = policy.party(role) else { return Vec::new() };
    if !party.addresses.is_empty() {
        return party.addresses.ranges().into_iter().map(Endpoint::Range).collect();
    }
    let names: BTreeSet<&String> = party.known_by.iter().flat_map(KnownBy::names).collect();
    names.into_iter().cloned().map(Endpoint::Name).collect()
}

fn row(policy: &Policy, flow: &Flow) -> Row {
    let reasons = &flow.provenance;
    let managers = [flow.from, flow.to].into_iter().filter_map(|role| {
        let party = policy.party(role)?;
        Some(format!("{}: {}", party.name, party.managed_by.as_deref()?))
    });
    Row {
        id: flow.id.clone(),
        source_role: policy.name(flow.from).to_owned(),
        destination_role: policy.name(flow.to).to_owned(),
        purpose: joined(reasons.iter().map(|reason| reason.statement.clone())),
        rationale: joined(reasons.iter().map(|reason| reason.because.clone())),
        managed_by: joined(managers),
        valid_until: flow
            .expires
            .and_then(time::Date::previous_day)
            .map_or_else(String::new, |day| day.to_string()),
        catalogue: joined(reasons.iter().filter_map(|reason| reason.catalogue_label())),
        lines: Vec::new(),
    }
}
