//! An artefact's bytes, held against what its plan permits.
//!
//! In: a read file, the points behind its names, and what was proved of the plan. Out: nothing, or the first
//! [`Mismatch`] with the place in the file and an example.
//!
//! Invariant: only the file and the points behind names go into the reading. Enforcement is compared as well as access: a
//! party that no enforcement point of the file guards is a mismatch, whatever the rules say.

use super::evaluate::{Bindings, Evaluation, Unclear, evaluate, places};
use super::half::Direction;
use super::observed::{Ipv6, Observed, Unreadable};
use super::{Artifact, Permits};
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::address::Family;
use crate::policy::flow_set::FlowSet;
use crate::policy::service::{ServiceRange, ServiceSet};
use crate::policy::universe::AtomId;
use crate::policy::{EnforcementState, PlatformId, Policy, RoleId};
use std::collections::BTreeSet;

/// Most places that one report names.
const MOST_PLACES: usize = 4;

/// How an artefact is not what was proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// It can't be read.
    Unreadable(Unreadable),
    /// It can be read, but has no exact meaning in the site.
    Unclear(Unclear),
    /// None of its enforcement points guards a role that the plan guards.
    Unguarded(RoleId),
    /// It blocks where the plan only watches, or the other way round.
    State {
        /// The place of the enforcement point.
        pointer: String,
        /// True when the artefact blocks.
        blocks: bool,
    },
    /// It lets all IPv6 pass for parties of which none has it.
    LooseIpv6 {
        /// The place of the enforcement point.
        pointer: String,
    },
    /// It lets something pass, or doesn't.
    Differs(Difference),
}

/// A packet class on which an artefact and its plan disagree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The end at which they disagree.
    pub direction: Direction,
    /// True when the artefact lets it pass and the plan doesn't.
    pub passes: bool,
    /// Who starts.
    pub from: AtomId,
    /// Who answers.
    pub to: AtomId,
    /// On what.
    pub services: ServiceSet,
    /// The places in the artefact that have to do with it; empty when none has.
    pub places: Vec<String>,
}

/// Holds a read artefact against what its plan permits, the known widening of its spelling included.
///
/// # Errors
/// The first [`Mismatch`], losses before widenings of one end.
pub fn verify(
    policy: &Policy,
    platform: PlatformId,
    expected: &Permits,
    observed: &Observed,
    bindings: &Bindings,
) -> Result<(), Mismatch> {
    let universe = policy.universe();
    let found = evaluate(observed, bindings, universe).map_err(Mismatch::Unclear)?;
    verify_guards(policy, platform, observed, bindings, &found)?;
    let ends = [
        (Direction::Ingress, &expected.ingress, &found.permits.ingress),
        (Direction::Egress, &expected.egress, &found.permits.egress),
    ];
    for (direction, wanted, found) in ends.into_iter().filter(|(_, wanted, found)| wanted != found) {
        let first = |set: FlowSet| set.iter().next().map(|(from, to, on)| (from, to, on.clone()));
        let lost = first(wanted.difference(found)).map(|class| (false, class));
        let different = lost.or_else(|| first(found.difference(wanted)).map(|class| (true, class)));
        if let Some((passes, (from, to, services))) = different {
            let places = places(observed, bindings, universe, direction, (from, to), &services);
            let difference = Difference { direction, passes, from, to, services, places };
            return Err(Mismatch::Differs(difference));
        }
    }
    Ok(())
}

/// Every role has its enforcement point, and that does with unmatched traffic what the plan wants.
fn verify_guards(
    policy: &Policy,
    platform: PlatformId,
    observed: &Observed,
    bindings: &Bindings,
    found: &Evaluation,
) -> Result<(), Mismatch> {
    let universe = policy.universe();
    let guarded: BTreeSet<AtomId> = found.guarded.iter().flatten().copied().collect();
    for (role, _) in policy.enforced_on(platform) {
        if universe.of_role(role).iter().any(|atom| !guarded.contains(atom)) {
            return Err(Mismatch::Unguarded(role));
        }
    }
    let is_enforced = |state: EnforcementState| state == EnforcementState::Enforce;
    let may_have_ipv6 =
        |atom: &AtomId| universe.get(*atom).is_some_and(|atom| atom.family() != Some(Family::V4));
    for (guard, members) in observed.guards.iter().zip(&found.guarded) {
        let (pointer, blocks) = (guard.pointer.clone(), is_enforced(guard.state));
        let mut wanted = members.iter().filter_map(|atom| bindings.state_of(*atom));
        if wanted.any(|state| is_enforced(state) != blocks) {
            return Err(Mismatch::State { pointer, blocks });
        }
        if guard.ipv6 == Ipv6::Passes && !members.iter().any(may_have_ipv6) {
            return Err(Mismatch::LooseIpv6 { pointer });
        }
    }
    Ok(())
}

/// The report of a mismatch: a mistake of segc, found before anything is written.
pub fn report(policy: &Policy, path: &str, artifact: Option<&Artifact>, mismatch: &Mismatch) -> Diagnostic {
    let report = match mismatch {
        Mismatch::Unreadable(error) => {
            let message = format!("`{path}` can't be read back: {}", error.why);
            at(Diagnostic::new(codes::ARTIFACT_UNREADABLE, message), std::slice::from_ref(&error.pointer))
        }
        Mismatch::Unclear(Unclear::NotAligned { pointer, addresses }) => {
            let what = if addresses.is_empty() { "a party".to_owned() } else { addresses.to_string() };
            let message = format!("a rule of `{path}` covers {what} only in part");
            at(Diagnostic::new(codes::ARTIFACT_DIFFERS, message), std::slice::from_ref(pointer))
        }
        Mismatch::Unclear(Unclear::UnknownName { pointer, name }) => {
            let message = format!("`{path}` names {name}, which nobody of the site is known by");
            at(Diagnostic::new(codes::ARTIFACT_DIFFERS, message), std::slice::from_ref(pointer))
        }
        Mismatch::Unguarded(role) => {
            let message = format!("no enforcement point of `{path}` guards `{}`", policy.name(*role));
            Diagnostic::new(codes::ARTIFACT_DIFFERS, message)
        }
        Mismatch::State { pointer, blocks } => {
            let what = if *blocks {
                "blocks, and the plan only watches"
            } else {
                "does not block, and the plan does"
            };
            let message = format!("an enforcement point of `{path}` {what}");
            at(Diagnostic::new(codes::ARTIFACT_DIFFERS, message), std::slice::from_ref(pointer))
        }
        Mismatch::LooseIpv6 { pointer } => {
            let message =
                format!("an enforcement point of `{path}` lets IPv6 pass, and the plan has none there");
            at(Diagnostic::new(codes::ARTIFACT_DIFFERS, message), std::slice::from_ref(pointer))
        }
        Mismatch::Differs(difference) => differs(policy, path, artifact, difference),
    };
    report.help("nothing was written; please report this with the site that shows it")
}

fn at(report: Diagnostic, places: &[String]) -> Diagnostic {
    let places = places.iter().filter(|place| !place.is_empty()).take(MOST_PLACES);
    places.fold(report, |report, place| report.note(format!("at {place}")))
}

fn differs(policy: &Policy, path: &str, artifact: Option<&Artifact>, difference: &Difference) -> Diagnostic {
    let Difference { direction, passes, from, to, services, places } = difference;
    let end = match direction {
        Direction::Egress => "leave its source",
        Direction::Ingress => "reach its destination",
    };
    let would = if *passes { "would let" } else { "would not let" };
    let but = if *passes { "the plan would not" } else { "the plan would" };
    let (source, destination) = (point(policy, *from), point(policy, *to));
    let message = format!("`{path}` {would} {services} from {source} to {destination} {end}, and {but}");
    let report = Diagnostic::new(codes::ARTIFACT_DIFFERS, message);
    let report = at(report.note(format!("for example {}", packet(policy, difference))), places);
    let rows = artifact.map(|artifact| rows(artifact, places)).unwrap_or_default();
    if rows.is_empty() { report } else { report.note(format!("rows: {}", rows.join(", "))) }
}

/// The rows of the policy that stand at some places of an artefact.
fn rows(artifact: &Artifact, places: &[String]) -> Vec<String> {
    let here = artifact.rules.iter().filter(|rule| places.contains(&rule.pointer));
    let rows: BTreeSet<String> = here.map(|rule| rule.row.to_string()).collect();
    rows.into_iter().take(MOST_PLACES).collect()
}

fn point(policy: &Policy, id: AtomId) -> String {
    match policy.universe().get(id) {
        Some(atom) => match atom.role {
            Some(role) => format!("`{}`", policy.name(role)),
            None if atom.internet => "the internet".to_owned(),
            None => atom.addresses.to_string(),
        },
        None => "nobody".to_owned(),
    }
}

/// One packet of the difference: the first address of each end and the first service.
fn packet(policy: &Policy, difference: &Difference) -> String {
    let end = |id: AtomId| {
        let atom = policy.universe().get(id);
        let first = atom.and_then(|atom| atom.addresses.ranges().first().map(|range| range.network()));
        first.map_or_else(|| point(policy, id), |address| address.to_string())
    };
    // A whole protocol without ports has no first service to name.
    let one = |range: ServiceRange| {
        let is_whole = range.is_whole_protocol() && !range.protocol.has_ports();
        if is_whole { range } else { ServiceRange { high: range.low, ..range } }
    };
    let first = difference.services.ranges().first().map(|range| one(*range));
    let service = first.map_or_else(String::new, |range| range.to_string());
    format!("{service} from {} to {}", end(difference.from), end(difference.to))
}
