//! What became of every promise: which forbids hold at which level, and who answers for those that don't.
//!
//! In: a policy and the proof of its artefacts. Out: one [`ForbidProof`] for each forbid, the state of each exception.
//!
//! Invariant: an outcome is the emptiness of an intersection: of what a forbid excludes with what the file, or what the
//! artefacts, permit. Nothing is taken from the reports of other checks.

use crate::policy::flow_set::FlowSet;
use crate::policy::owners::Owners;
use crate::policy::{EnforcedBy, Exception, Flow, Forbid, Policy};
use crate::target::compare::Deployed;
use crate::target::proof::{Proof, Widening};
use serde::Serialize;
use time::Date;

/// Most packet classes that are spelled out for one forbid.
const MOST_EXAMPLES: usize = 5;

/// What became of a promise at one level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing that it excludes is permitted.
    Proved,
    /// What is permitted of it is what exceptions permit that pierce it and are in force.
    Pierced,
    /// A widening meets it, and somebody else than the network keeps it then.
    KeptElsewhere,
    /// Something that it excludes is permitted.
    Broken,
    /// Nobody knows, as the artefacts could not be planned.
    Unknown,
}

impl Outcome {
    /// True where nobody has to act.
    pub fn holds(self) -> bool {
        !matches!(self, Self::Broken | Self::Unknown)
    }
}

/// For how much of a promise an artefact decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Coverage {
    /// Every pair of its points has an enforced end.
    All,
    /// Some pairs have one.
    Part,
    /// None has one: the file's word stands.
    #[serde(rename = "none")]
    Nothing,
}

/// A promise with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForbidProof {
    /// Position in [`Policy::forbids`].
    pub forbid: usize,
    /// At the intent level.
    pub intent: Outcome,
    /// At the artefact level.
    pub artefact: Outcome,
    /// For how much of it an artefact decides.
    pub coverage: Coverage,
    /// Positions in [`Policy::exceptions`] of those in force that pierce it.
    pub pierced_by: Vec<usize>,
    /// Positions in [`Proof::widenings`] of those that meet it.
    pub widenings: Vec<usize>,
    /// Some of what is permitted although it is excluded, exceptions that pierce it left out, in words.
    pub examples: Vec<String>,
}

impl ForbidProof {
    /// True where nobody has to act.
    pub fn holds(&self) -> bool {
        self.intent.holds() && self.artefact.holds()
    }
}

/// Proves every forbid at both levels, in name order.
pub fn prove_forbids(policy: &Policy, proof: Option<&Proof>) -> Vec<ForbidProof> {
    let permitted = proof.map(|proof| proof.deployed.permitted(policy));
    let deployed = proof.zip(permitted.as_ref());
    let always = product(policy, policy.flows().iter().filter(|flow| flow.expires.is_none()));
    let forbids = policy.forbids().iter().enumerate();
    forbids.map(|(at, forbid)| prove_forbid(policy, (at, forbid), &always, deployed)).collect()
}

fn prove_forbid(
    policy: &Policy,
    (at, forbid): (usize, &Forbid),
    always: &FlowSet,
    deployed: Option<(&Proof, &FlowSet)>,
) -> ForbidProof {
    let meets = excluded(policy, forbid, policy.intended());
    // An exception excuses nothing of a promise that it does not name.
    let unnamed = in_force(policy).filter(|(_, exception)| !pierces(exception, at));
    let unnamed = product(policy, unnamed.flat_map(|(_, exception)| &exception.flows));
    let broken = excluded(policy, forbid, always).union(&excluded(policy, forbid, &unnamed));
    let pierced = meets.difference(&broken);
    let mut result = ForbidProof {
        forbid: at,
        intent: outcome(&meets, &broken),
        artefact: Outcome::Unknown,
        coverage: Coverage::Nothing,
        pierced_by: piercing(policy, at, forbid),
        widenings: Vec::new(),
        examples: examples(policy, &broken),
    };
    if let Some((proof, permitted)) = deployed {
        let there = excluded(policy, forbid, permitted);
        let left = there.difference(&pierced);
        let widenings = proof.widenings.iter().enumerate();
        let met = |(_, widening): &(usize, &Widening)| widening.forbids.contains(&forbid.name);
        result.widenings = widenings.filter(met).map(|(at, _)| at).collect();
        let by_one_spelling = result
            .widenings
            .iter()
            .any(|at| proof.widenings.get(*at).is_some_and(|widening| widening.spelling.is_some()));
        result.artefact = match (outcome(&there, &left), forbid.enforced_by) {
            (Outcome::Broken, EnforcedBy::Network) => Outcome::Broken,
            (Outcome::Broken, _) if !left.intersection(&meets).is_empty() => Outcome::Broken,
            (Outcome::Broken, _) => Outcome::KeptElsewhere,
            (_, EnforcedBy::Network) if by_one_spelling => Outcome::Broken,
            _ if by_one_spelling => Outcome::KeptElsewhere,
            (outcome, _) => outcome,
        };
        result.coverage = coverage(policy, forbid, &proof.deployed);
        result.examples = examples(policy, &broken.union(&left));
    }
    result
}

/// The part of a set that a promise excludes.
fn excluded(policy: &Policy, forbid: &Forbid, set: &FlowSet) -> FlowSet {
    let mut met = FlowSet::empty();
    for (from, to, services) in set.iter().filter(|(_, _, services)| services.meets(&forbid.services)) {
        let common = forbid.excludes(from, to).intersection(services);
        met.insert(policy.universe(), from, to, &common);
    }
    met
}

fn outcome(meets: &FlowSet, broken: &FlowSet) -> Outcome {
    match (meets.is_empty(), broken.is_empty()) {
        (true, _) => Outcome::Proved,
        (false, true) => Outcome::Pierced,
        (false, false) => Outcome::Broken,
    }
}

/// The exceptions that are in force, with their positions.
fn in_force(policy: &Policy) -> impl Iterator<Item = (usize, &Exception)> {
    let day = policy.header().as_of;
    let exceptions = policy.exceptions().iter().enumerate();
    exceptions.filter(move |(_, exception)| state(exception, day) == ExceptionState::InForce)
}

fn product<'a>(policy: &Policy, flows: impl Iterator<Item = &'a Flow>) -> FlowSet {
    let universe = policy.universe();
    let mut set = FlowSet::empty();
    for flow in flows {
        set.insert_product(universe, universe.of_role(flow.from), universe.of_role(flow.to), &flow.services);
    }
    set
}

fn pierces(exception: &Exception, forbid: usize) -> bool {
    exception.pierces.iter().any(|pierced| pierced.value == forbid)
}

/// The exceptions in force that name the forbid and permit something of what it excludes.
fn piercing(policy: &Policy, at: usize, forbid: &Forbid) -> Vec<usize> {
    in_force(policy)
        .filter(|(_, exception)| {
            pierces(exception, at)
                && !excluded(policy, forbid, &product(policy, exception.flows.iter())).is_empty()
        })
        .map(|(at, _)| at)
        .collect()
}

fn coverage(policy: &Policy, forbid: &Forbid, deployed: &Deployed) -> Coverage {
    let is_enforced = |point: &&_| deployed.decides(**point, **point);
    let (from, to) = (forbid.from.iter(), forbid.to.iter());
    if !from.clone().chain(to.clone()).any(|point| is_enforced(&point)) {
        return Coverage::Nothing;
    }
    let exists = |from, to| !policy.universe().possible(from, to, &forbid.services).is_empty();
    let open: Vec<_> = to.filter(|point| !is_enforced(point)).collect();
    let is_open = from
        .filter(|point| !is_enforced(point))
        .any(|from| open.iter().any(|to| exists(*from, **to) || (forbid.both_ways && exists(**to, *from))));
    if is_open { Coverage::Part } else { Coverage::All }
}

/// Some packet classes in words, by the roles that own their points.
fn examples(policy: &Policy, set: &FlowSet) -> Vec<String> {
    if set.is_empty() {
        return Vec::new();
    }
    let owners = Owners::new(policy);
    let owner = |point| match owners.of(point).first() {
        Some(role) => format!("`{}`", policy.name(*role)),
        None => policy.universe().get(point).map_or_else(String::new, |atom| atom.addresses.to_string()),
    };
    let classes = set.iter().take(MOST_EXAMPLES);
    classes.map(|(from, to, services)| format!("{} to {} on {services}", owner(from), owner(to))).collect()
}

/// Whether an exception is in force on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExceptionState {
    /// Its first day is still to come.
    NotYet,
    /// It permits its flows.
    InForce,
    /// It permits nothing any more.
    Expired,
}

impl ExceptionState {
    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotYet => "not yet",
            Self::InForce => "in force",
            Self::Expired => "expired",
        }
    }
}

/// The state of an exception on a day.
pub fn state(exception: &Exception, day: Date) -> ExceptionState {
    if day < exception.starts {
        ExceptionState::NotYet
    } else if day < exception.expires {
        ExceptionState::InForce
    } else {
        ExceptionState::Expired
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PlatformId;
    use crate::policy::testing::{SiteBuilder, services};
    use crate::target::Permits;
    use std::collections::BTreeMap;

    fn site() -> SiteBuilder {
        SiteBuilder::new()
            .platform("p", "p", &[])
            .segment("s", "p", &["10.0.0.0/24"])
            .role("a", Some("s"), &[])
            .role("b", Some("s"), &[])
            .role("users", None, &["10.9.0.0/16"])
            .role("others", None, &["10.8.0.0/16"])
    }

    /// A proof of rules that let `users` to some roles.
    fn proof(policy: &Policy, roles: &[&str], on: &str) -> Proof {
        let mut permits = Permits::default();
        let universe = policy.universe();
        let users = universe.of_role(policy.find("users").unwrap());
        for role in roles {
            let to = universe.of_role(policy.find(role).unwrap());
            permits.ingress.insert_product(universe, users, to, &services(on));
        }
        let deployed = Deployed::new(policy, BTreeMap::from([(PlatformId(0), permits)]));
        Proof { deployed, ..Proof::default() }
    }

    fn first(policy: &Policy, proof: Option<&Proof>) -> (Outcome, Outcome, Coverage) {
        let found = prove_forbids(policy, proof);
        (found[0].intent, found[0].artefact, found[0].coverage)
    }

    #[test]
    fn a_promise_is_proved_at_both_levels_or_broken_by_the_artefacts() {
        let policy = site().allow("x", "users", "a", "tcp/443").forbid("f", "users", "b", "any").policy();
        let exact = proof(&policy, &["a"], "tcp/443");
        assert_eq!(first(&policy, Some(&exact)), (Outcome::Proved, Outcome::Proved, Coverage::All));
        let wide = proof(&policy, &["a", "b"], "tcp/443");
        assert_eq!(first(&policy, Some(&wide)), (Outcome::Proved, Outcome::Broken, Coverage::All));
        assert_eq!(prove_forbids(&policy, Some(&wide))[0].examples, ["`users` to `b` on tcp/443"]);
        assert_eq!(first(&policy, None).1, Outcome::Unknown);
    }

    #[test]
    fn a_promise_that_the_file_breaks_is_never_proved() {
        let policy =
            site().allow("x", "users", "a", "tcp/443").forbid("f", "users", "a", "tcp/1-500").policy();
        let exact = proof(&policy, &["a"], "tcp/443");
        assert_eq!(first(&policy, Some(&exact)), (Outcome::Broken, Outcome::Broken, Coverage::All));
        assert_eq!(prove_forbids(&policy, None)[0].examples, ["`users` to `a` on tcp/443"]);
    }

    #[test]
    fn who_is_outside_is_decided_by_nobody() {
        let policy = site().forbid("f", "users", "others", "any").forbid("g", "users", "any", "any").policy();
        let none = proof(&policy, &[], "any");
        let found = prove_forbids(&policy, Some(&none));
        assert_eq!((found[0].coverage, found[1].coverage), (Coverage::Nothing, Coverage::Part));
        assert!(found.iter().all(|proof| proof.artefact == Outcome::Proved));
    }

    #[test]
    fn an_exception_that_pierces_nothing_excuses_nothing() {
        let policy =
            site().exception("EX-1", "users", "a", "tcp/22", 30).forbid("f", "users", "a", "tcp/22").policy();
        assert_eq!(first(&policy, None).0, Outcome::Broken);
        let over =
            site().exception("EX-1", "users", "a", "tcp/22", 0).forbid("f", "users", "a", "tcp/22").policy();
        assert_eq!(first(&over, None).0, Outcome::Proved);
    }
}
