//! What decides a verdict, in words that a report can carry.
//!
//! In: a policy, a question, its verdict. Out: [`Reason`]s, each with the line that it stands on.
//!
//! Invariant: there is always at least one reason, for a default deny too.

use super::verdict::{Answer, Level, Points, Question, Verdict, forbids_of};
use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::policy::{Flow, Policy, RoleId};
use crate::source::Span;
use crate::target::proof::Proof;
use std::collections::{BTreeMap, BTreeSet};

/// Most lines that one verdict names.
const MOST_LINES: usize = 4;

/// One thing that decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// What it is, in words.
    pub text: String,
    /// The statement, where there is one.
    pub span: Option<Span>,
}

impl Reason {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), span: None }
    }
}

/// What decides an answer; `proof` is that of the artefacts, for the artefact level only.
pub fn of_answer(
    policy: &Policy,
    question: &Question,
    answer: &Answer<'_>,
    proof: Option<&Proof>,
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(proof) = proof.filter(|_| question.level == Level::Artefact) {
        if !answer.enforced {
            reasons.push(Reason::plain("no artefact enforces either end: the file's word stands"));
        }
        let meets = proof.widenings.iter().filter(|widening| {
            (widening.from, widening.to) == (question.from, question.to)
                && widening.spelling.is_none()
                && widening.services.meets(&question.services)
        });
        reasons.extend(meets.map(|widening| Reason::plain(format!("{}: {}", widening.id, widening.cause))));
    }
    reasons.extend(lines(policy, &question.services, answer.verdict, &answer.flows, &answer.forbids));
    reasons
}

/// The lines that permit, then the promises that exclude, then the default.
fn lines(
    policy: &Policy,
    services: &ServiceSet,
    verdict: Verdict,
    flows: &[&Flow],
    forbids: &[usize],
) -> Vec<Reason> {
    let asked = flows.iter().flat_map(|flow| &flow.provenance).filter(|line| line.services.meets(services));
    let permitting: BTreeSet<Reason> = asked
        .map(|line| Reason { text: format!("{}: {}", line.statement, line.because), span: Some(line.span) })
        .collect();
    let more = permitting.len().saturating_sub(MOST_LINES);
    let mut reasons: Vec<Reason> = permitting.into_iter().take(MOST_LINES).collect();
    if more > 0 {
        reasons.push(Reason::plain(format!("and {more} more lines permit it")));
    }
    let excluding = forbids.iter().filter_map(|at| policy.forbids().get(*at));
    reasons.extend(excluding.map(|forbid| Reason {
        text: format!("forbid {}: {}", forbid.name, forbid.because),
        span: Some(forbid.span),
    }));
    match verdict {
        Verdict::Deny if reasons.is_empty() => {
            reasons.push(Reason::plain("no line permits it: default deny"));
        }
        Verdict::Partial => reasons.push(Reason::plain("nothing permits the rest of it: default deny")),
        Verdict::Allow if reasons.is_empty() => {
            reasons.push(Reason::plain("a rule names addresses by a name that may hold these too"));
        }
        Verdict::Allow | Verdict::Deny => {}
    }
    reasons
}

/// The flows of a policy by the role that starts, so that many questions need no search through all of them.
pub(super) struct Permitting<'a> {
    policy: &'a Policy,
    by_source: BTreeMap<RoleId, Vec<&'a Flow>>,
    /// Roles that share points with a role, itself among them.
    kin: BTreeMap<RoleId, BTreeSet<RoleId>>,
}

impl<'a> Permitting<'a> {
    pub(super) fn new(policy: &'a Policy) -> Self {
        let mut by_source: BTreeMap<RoleId, Vec<&'a Flow>> = BTreeMap::new();
        for flow in policy.flows() {
            by_source.entry(flow.from).or_default().push(flow);
        }
        let mut owners: BTreeMap<AtomId, Vec<RoleId>> = BTreeMap::new();
        for (role, _) in policy.parties() {
            for atom in policy.universe().of_role(role) {
                owners.entry(*atom).or_default().push(role);
            }
        }
        let mut kin: BTreeMap<RoleId, BTreeSet<RoleId>> = BTreeMap::new();
        for sharing in owners.values() {
            for role in sharing {
                kin.entry(*role).or_default().extend(sharing);
            }
        }
        Self { policy, by_source, kin }
    }

    /// What decides between two roles at the intent level, the verdict being known.
    pub(super) fn reasons(
        &self,
        (from, to): (RoleId, RoleId),
        services: &ServiceSet,
        verdict: Verdict,
    ) -> Vec<Reason> {
        let nobody = BTreeSet::new();
        let kin = |role| self.kin.get(&role).unwrap_or(&nobody);
        let starting = kin(from).iter().filter_map(|role| self.by_source.get(role)).flatten();
        let permits = |flow: &&&Flow| kin(to).contains(&flow.to) && flow.services.meets(services);
        let flows: Vec<&Flow> = match verdict {
            Verdict::Deny => Vec::new(),
            Verdict::Allow | Verdict::Partial => starting.filter(permits).copied().collect(),
        };
        let question = Question { from, to, services: services.clone(), level: Level::Intent };
        let forbids = if verdict == Verdict::Allow {
            Vec::new()
        } else {
            forbids_of(self.policy, &question.services, Points::of(self.policy, &question))
        };
        lines(self.policy, services, verdict, &flows, &forbids)
    }
}
