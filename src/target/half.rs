//! The halves of flows: each enforced end is a rule of its own.
//!
//! In: a policy and one of its platforms. Out: for each flow the ends that this platform enforces, and how it may name
//! the other end.

use crate::diagnostic::{Diagnostic, codes};
use crate::policy::address::AddressSet;
use crate::policy::{Flow, KnownBy, Party, PlatformId, Policy, RoleId};

/// As seen from the party that the rule guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// The party is reached.
    Ingress,
    /// The party starts.
    Egress,
}

/// One end of a flow on a platform that enforces it.
#[derive(Debug, Clone, Copy)]
pub struct Half<'a> {
    /// Which end.
    pub direction: Direction,
    /// The guarded party.
    pub own: RoleId,
    /// The other party.
    pub peer: RoleId,
    /// The flow.
    pub flow: &'a Flow,
}

/// All halves that a platform enforces, in the order of the policy's flows, ingress before egress of one flow.
pub fn halves(policy: &Policy, platform: PlatformId) -> Vec<Half<'_>> {
    let guarded = |role| is_guarded(policy, platform, role);
    let mut halves = Vec::new();
    for flow in policy.flows() {
        if guarded(flow.to) {
            halves.push(Half { direction: Direction::Ingress, own: flow.to, peer: flow.from, flow });
        }
        if guarded(flow.from) {
            halves.push(Half { direction: Direction::Egress, own: flow.from, peer: flow.to, flow });
        }
    }
    halves
}

fn is_guarded(policy: &Policy, platform: PlatformId, role: RoleId) -> bool {
    policy.party(role).is_some_and(|party| party.enforced && party.platform == Some(platform))
}

/// How a platform may name the other end of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Peer<'a> {
    /// A party that the same platform guards: by its group.
    Group(RoleId),
    /// Anybody else with addresses.
    Addresses(&'a AddressSet),
    /// A party without addresses, by the names it has; may be empty.
    Named(&'a [KnownBy]),
}

/// How `platform` may name `role`.
pub fn peer<'a>(policy: &'a Policy, platform: PlatformId, role: RoleId) -> Peer<'a> {
    if is_guarded(policy, platform, role) {
        return Peer::Group(role);
    }
    match policy.party(role) {
        Some(party) if !party.addresses.is_empty() => Peer::Addresses(&party.addresses),
        Some(party) => Peer::Named(&party.known_by),
        None => Peer::Named(&[]),
    }
}

/// The report for a peer that the platform can name in no way: `ways` are what the author can type instead.
pub fn unnameable(policy: &Policy, platform: PlatformId, half: &Half<'_>, ways: &[&str]) -> Diagnostic {
    let platform_name = policy.platform(platform).map_or("", |platform| platform.name.as_str());
    let (peer, by_name) = match policy.party(half.peer) {
        Some(party) => (party.name.as_str(), !party.known_by.is_empty()),
        None => ("", false),
    };
    let (code, message) = if by_name {
        let message = format!("`{peer}` is known only by name, and `{platform_name}` has no way to it");
        (codes::KNOWN_ONLY_BY_NAME, message)
    } else {
        let message = format!("`{platform_name}` can name `{peer}` only by address, and it has none");
        (codes::NO_ADDRESS, message)
    };
    let mut report = Diagnostic::new(code, message);
    for reason in &half.flow.provenance {
        report = report.label(reason.span, format!("asks for {} with `{peer}`", half.flow.services));
    }
    if let Some(span) = policy.party(half.peer).map(|party: &Party| party.span) {
        report = report.label(span, "declared here");
    }
    ways.iter().fold(report, |report, way| report.help(*way))
}
