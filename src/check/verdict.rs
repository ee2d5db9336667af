//! Questions to a policy: may this start a connection, and which line says so?
//!
//! In: two roles, services, a level. Out: [`Answer`].
//!
//! Invariant: an allow means every packet class asked for; a deny means none; anything between is said as such.

pub use crate::policy::Level;
use crate::policy::example::{self, Packet};
use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::policy::{Flow, Policy, RoleId};
use crate::target::compare::{Deployed, between_points};

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All of it passes.
    Allow,
    /// None of it passes.
    Deny,
    /// Some of it passes.
    Partial,
}

impl Verdict {
    /// The word of the outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Partial => "partial",
        }
    }
}

/// Weighs what is asked against what always passes and what passes for some addresses.
pub fn judge(asked: &ServiceSet, (always, ever): &(ServiceSet, ServiceSet)) -> Verdict {
    if !asked.is_empty() && always.contains_all(asked) {
        Verdict::Allow
    } else if ever.meets(asked) {
        Verdict::Partial
    } else {
        Verdict::Deny
    }
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Who starts.
    pub from: RoleId,
    /// Who answers.
    pub to: RoleId,
    /// On what.
    pub services: ServiceSet,
    /// At which level.
    pub level: Level,
}

/// What decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// The verdict.
    pub verdict: Verdict,
    /// False when the artefact level was asked for and no artefact enforces either end, so that the file's word
    /// stands.
    pub enforced: bool,
    /// The flows that permit it; at the artefact level those that are meant for parties that the target can't tell
    /// from the ones asked for are in it too.
    pub flows: Vec<&'a Flow>,
    /// For a deny: positions in [`Policy::forbids`] of the promises that exclude it.
    pub forbids: Vec<usize>,
    /// For a deny: the nearest flows, best first.
    pub nearest: Vec<&'a Flow>,
}

/// Most near flows in an answer.
const MOST_NEAR: usize = 3;

/// The points of the two roles of a question that it is about: all of them, or those at one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Points<'a> {
    /// Of who starts.
    pub from: &'a [AtomId],
    /// Of who answers.
    pub to: &'a [AtomId],
}

impl<'a> Points<'a> {
    /// All points of both roles.
    pub fn of(policy: &'a Policy, question: &Question) -> Self {
        let universe = policy.universe();
        Self { from: universe.of_role(question.from), to: universe.of_role(question.to) }
    }

    /// Every pair of them.
    pub fn pairs(self) -> impl Iterator<Item = (AtomId, AtomId)> + 'a {
        self.from.iter().flat_map(move |from| self.to.iter().map(move |to| (*from, *to)))
    }
}

/// Answers a question; `deployed` is needed for the artefact level only.
pub fn ask<'a>(policy: &'a Policy, deployed: Option<&Deployed>, question: &Question) -> Answer<'a> {
    ask_at(policy, deployed, question, Points::of(policy, question))
}

/// The services that pass between two points at a level.
pub fn passing_at(
    policy: &Policy,
    deployed: Option<&Deployed>,
    level: Level,
    (from, to): (AtomId, AtomId),
) -> ServiceSet {
    match (level, deployed) {
        (Level::Artefact, Some(deployed)) => deployed.services(policy, from, to),
        _ => policy.intended().services(from, to),
    }
}

/// Answers a question about some points of its roles.
pub fn ask_at<'a>(
    policy: &'a Policy,
    deployed: Option<&Deployed>,
    question: &Question,
    points: Points<'_>,
) -> Answer<'a> {
    let Question { from, to, services, level } = question;
    let passing = |from, to| passing_at(policy, deployed, *level, (from, to));
    let verdict = judge(services, &between_points(policy, points.from, points.to, passing));
    let permits = |flow: &&Flow| {
        let same = |meant: RoleId, asked: RoleId, at: &[AtomId]| match level {
            Level::Intent => at.iter().any(|atom| policy.universe().of_role(meant).contains(atom)),
            Level::Artefact => is_one_party(policy, meant, asked),
        };
        flow.services.meets(services) && same(flow.from, *from, points.from) && same(flow.to, *to, points.to)
    };
    let flows: Vec<&Flow> =
        if verdict == Verdict::Deny { Vec::new() } else { policy.flows().iter().filter(permits).collect() };
    let denied = verdict != Verdict::Allow;
    Answer {
        verdict,
        enforced: deployed
            .is_some_and(|deployed| points.pairs().any(|(from, to)| deployed.decides(from, to))),
        flows,
        forbids: if denied { forbids_of(policy, services, points) } else { Vec::new() },
        nearest: if denied { nearest(policy, question) } else { Vec::new() },
    }
}

/// The lowest packet that is not treated as expected: one that is dropped where an allow is expected, else one that passes.
pub fn counterexample(
    policy: &Policy,
    deployed: Option<&Deployed>,
    question: &Question,
    expected: Verdict,
) -> Option<Packet> {
    let asked = &question.services;
    example::lowest_between(policy, (question.from, question.to), |from, to| {
        let passing = match (question.level, deployed) {
            (Level::Artefact, Some(deployed)) => deployed.services(policy, from, to),
            _ => policy.intended().services(from, to),
        };
        match expected {
            Verdict::Allow => asked.difference(&passing),
            Verdict::Deny | Verdict::Partial => asked.intersection(&passing),
        }
    })
}

fn is_one_party(policy: &Policy, a: RoleId, b: RoleId) -> bool {
    let Some((first, second)) = policy.party(a).zip(policy.party(b)) else { return false };
    a == b
        || first.group == second.group
        || first.addresses.meets(&second.addresses)
        || first.known_by.iter().any(|name| second.known_by.contains(name))
}

/// Positions in [`Policy::forbids`] of the promises that exclude a part of what is asked.
pub(super) fn forbids_of(policy: &Policy, services: &ServiceSet, points: Points<'_>) -> Vec<usize> {
    let excludes = |forbid: &crate::policy::Forbid| {
        points.pairs().any(|(from, to)| forbid.excludes(from, to).meets(services))
    };
    policy.forbids().iter().enumerate().filter(|(_, forbid)| excludes(forbid)).map(|(at, _)| at).collect()
}

/// The flows that have most in common with the question: both roles, the roles the other way round, one role and the
/// service.
fn nearest<'a>(policy: &'a Policy, question: &Question) -> Vec<&'a Flow> {
    let score = |flow: &Flow| {
        let (from, to) = (flow.from == question.from, flow.to == question.to);
        let service = flow.services.meets(&question.services);
        match (from, to, service) {
            (true, true, _) => 5,
            (false, true, true) => 4,
            (true, false, true) => 3,
            _ if flow.from == question.to && flow.to == question.from => 2,
            _ => 0,
        }
    };
    let mut scored: Vec<(i32, &Flow)> = policy.flows().iter().map(|flow| (score(flow), flow)).collect();
    scored.retain(|(score, _)| *score > 0);
    scored.sort_by_key(|(score, _)| -score);
    scored.into_iter().take(MOST_NEAR).map(|(_, flow)| flow).collect()
}
