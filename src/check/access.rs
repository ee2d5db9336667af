//! Who may start to whom, role by role, out of a set of packet classes.
//!
//! In: a policy and a set of one level. Out: the pairs of roles between which something passes.
//!
//! Invariant: the work grows with the set, never with the square of the roles; a point that several roles share counts
//! for each of them.

use super::verdict::Level;
use crate::policy::flow_set::FlowSet;
use crate::policy::owners::Owners;
use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::policy::{Flow, Policy, RoleId};
use crate::target::compare::Deployed;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What passes at a level: the intended set, or what the artefacts let through. Without artefacts the file's word
/// stands at both.
pub fn passing<'a>(policy: &'a Policy, deployed: Option<&Deployed>, level: Level) -> Cow<'a, FlowSet> {
    match (level, deployed) {
        (Level::Artefact, Some(deployed)) => Cow::Owned(deployed.passing(policy)),
        _ => Cow::Borrowed(policy.intended()),
    }
}

/// The part of a set on some services, by pair of roles: all services that pass for at least some addresses.
pub fn by_role(
    set: &FlowSet,
    owners: &Owners,
    services: &ServiceSet,
) -> BTreeMap<(RoleId, RoleId), ServiceSet> {
    let mut pairs: BTreeMap<(RoleId, RoleId), ServiceSet> = BTreeMap::new();
    for (from, to, permitted) in set.iter() {
        let common = permitted.intersection(services);
        if common.is_empty() {
            continue;
        }
        for pair in owners.pairs(from, to) {
            let sum = pairs.entry(pair).or_default();
            *sum = sum.union(&common);
        }
    }
    pairs
}

/// The flows of a policy by the points that they are for.
#[derive(Debug, Clone)]
pub struct FlowIndex(BTreeMap<(AtomId, AtomId), Vec<usize>>);

impl FlowIndex {
    /// The index of a policy's flows.
    pub fn new(policy: &Policy) -> Self {
        let universe = policy.universe();
        let mut index: BTreeMap<(AtomId, AtomId), Vec<usize>> = BTreeMap::new();
        for (at, flow) in policy.flows().iter().enumerate() {
            for from in universe.of_role(flow.from) {
                for to in universe.of_role(flow.to) {
                    index.entry((*from, *to)).or_default().push(at);
                }
            }
        }
        Self(index)
    }

    /// The flows that a pair of points belongs to, in the policy's order.
    pub fn at(&self, from: AtomId, to: AtomId) -> &[usize] {
        self.0.get(&(from, to)).map_or(&[], Vec::as_slice)
    }

    /// The flows that permit something of the services between two roles, in the policy's order.
    pub fn between<'a>(
        &self,
        policy: &'a Policy,
        (from, to): (RoleId, RoleId),
        services: &ServiceSet,
    ) -> Vec<&'a Flow> {
        let points = |role| policy.universe().of_role(role);
        let pairs = points(from).iter().flat_map(|from| points(to).iter().map(move |to| (*from, *to)));
        let found: BTreeSet<usize> = pairs.flat_map(|(from, to)| self.at(from, to)).copied().collect();
        let flows = found.into_iter().filter_map(|at| policy.flows().get(at));
        flows.filter(|flow| flow.services.meets(services)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{SiteBuilder, services};

    #[test]
    fn a_shared_address_counts_for_every_role_that_has_it() {
        let policy = SiteBuilder::new()
            .role("desk", None, &["10.0.0.7/32"])
            .role("office", None, &["10.0.0.0/24"])
            .role("web", None, &["10.1.0.0/24"])
            .allow("w", "office", "web", "tcp/443,tcp/80")
            .policy();
        let owners = Owners::new(&policy);
        let found = by_role(policy.intended(), &owners, &services("tcp/443"));
        let names: Vec<(&str, &str)> =
            found.keys().map(|(from, to)| (policy.name(*from), policy.name(*to))).collect();
        assert_eq!(names, [("desk", "web"), ("office", "web")]);
        assert!(found.values().all(|on| *on == services("tcp/443")));
        let pair = (policy.find("desk").unwrap(), policy.find("web").unwrap());
        let index = FlowIndex::new(&policy);
        assert_eq!(index.between(&policy, pair, &services("tcp/443")).len(), 1);
        assert!(index.between(&policy, pair, &services("udp/443")).is_empty());
    }
}
