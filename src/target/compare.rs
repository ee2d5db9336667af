//! What the artefacts permit, compared with what the file says.
//!
//! In: a policy and, for each written platform, what its rules permit. Out: losses and widenings, exactly.
//!
//! Invariant: a loss is looked for at each enforced end by itself; a widening is what passes all enforced ends and
//! was not intended. Where no end is enforced, the artefacts decide nothing and the file's word stands.

use super::Permits;
use crate::policy::flow_set::FlowSet;
use crate::policy::service::ServiceSet;
use crate::policy::universe::{AtomId, Universe};
use crate::policy::{PlatformId, Policy, RoleId};
use std::collections::{BTreeMap, BTreeSet};

/// What all artefacts together decide.
#[derive(Debug, Clone, Default)]
pub struct Deployed {
    permits: BTreeMap<PlatformId, Permits>,
    /// The enforcing platform of each atom.
    guards: BTreeMap<AtomId, PlatformId>,
}

/// An intended packet class that one end would drop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Where it would be dropped.
    pub platform: PlatformId,
    /// True at the source's end.
    pub egress: bool,
    /// What would be dropped.
    pub classes: FlowSet,
}

impl Deployed {
    /// Joins what each platform's rules permit. A platform that is missing here (not selected, not written) enforces
    /// nothing.
    pub fn new(policy: &Policy, permits: BTreeMap<PlatformId, Permits>) -> Self {
        let mut guards = BTreeMap::new();
        for (id, party) in policy.parties().filter(|(_, party)| party.enforced) {
            if let Some(platform) = party.platform.filter(|platform| permits.contains_key(platform)) {
                guards.extend(policy.universe().of_role(id).iter().map(|atom| (*atom, platform)));
            }
        }
        Self { permits, guards }
    }

    /// True when an artefact decides over at least one end of the pair.
    pub fn decides(&self, from: AtomId, to: AtomId) -> bool {
        self.guards.contains_key(&from) || self.guards.contains_key(&to)
    }

    /// The services that pass all enforced ends; the intended ones where no end is enforced. An end whose rules only
    /// open something counts where the other end is not enforced, or is of its kind.
    pub fn services(&self, policy: &Policy, from: AtomId, to: AtomId) -> ServiceSet {
        let out = self.end(from, |permits| permits.egress.services(from, to));
        let into = self.end(to, |permits| permits.ingress.services(from, to));
        match (out, into) {
            (Some(out), Some(_)) if self.opens_only(to) && !self.opens_only(from) => out,
            (Some(_), Some(into)) if self.opens_only(from) && !self.opens_only(to) => into,
            (Some(out), Some(into)) => out.intersection(&into),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => policy.intended().services(from, to),
        }
    }

    fn opens_only(&self, atom: AtomId) -> bool {
        let permits = self.guards.get(&atom).and_then(|platform| self.permits.get(platform));
        permits.is_some_and(|permits| permits.opens_only)
    }

    fn end(&self, atom: AtomId, services: impl Fn(&Permits) -> ServiceSet) -> Option<ServiceSet> {
        self.guards.get(&atom).and_then(|platform| self.permits.get(platform)).map(services)
    }

    /// Everything intended that an enforced end would drop.
    pub fn losses(&self, policy: &Policy) -> Vec<Loss> {
        let mut losses: BTreeMap<(PlatformId, bool), FlowSet> = BTreeMap::new();
        let mut miss = |atom: AtomId, egress: bool, from: AtomId, to: AtomId, wanted: &ServiceSet| {
            let (Some(platform), Some(granted)) = (
                self.guards.get(&atom),
                self.end(atom, |permits| {
                    let set = if egress { &permits.egress } else { &permits.ingress };
                    set.services(from, to)
                }),
            ) else {
                return;
            };
            let lost = wanted.difference(&granted);
            if !lost.is_empty() {
                let classes = losses.entry((*platform, egress)).or_default();
                classes.insert(policy.universe(), from, to, &lost);
            }
        };
        for (from, to, wanted) in policy.intended().iter() {
            miss(from, true, from, to, wanted);
            miss(to, false, from, to, wanted);
        }
        let name = |((platform, egress), classes)| Loss { platform, egress, classes };
        losses.into_iter().map(name).collect()
    }

    /// Everything that may start a connection at the artefact level: the intended set where no artefact decides, else
    /// what passes all enforced ends.
    pub fn permitted(&self, policy: &Policy) -> FlowSet {
        let mut candidates = policy.intended().clone();
        for permits in self.permits.values() {
            candidates = candidates.union(&permits.egress).union(&permits.ingress);
        }
        let mut permitted = FlowSet::empty();
        for (from, to, _) in candidates.iter() {
            permitted.insert(policy.universe(), from, to, &self.services(policy, from, to));
        }
        permitted
    }

    /// Everything that passes all enforced ends and was not intended.
    pub fn widenings(&self, policy: &Policy) -> FlowSet {
        let mut candidates = FlowSet::empty();
        for permits in self.permits.values() {
            candidates = candidates.union(&permits.egress).union(&permits.ingress);
        }
        let mut widenings = FlowSet::empty();
        for (from, to, _) in candidates.iter().filter(|(from, to, _)| self.decides(*from, *to)) {
            let excess = self.services(policy, from, to).difference(&policy.intended().services(from, to));
            widenings.insert(policy.universe(), from, to, &excess);
        }
        widenings
    }

    /// Everything that passes at the artefact level: all enforced ends let it, or the file says so where no end is
    /// enforced.
    pub fn passing(&self, policy: &Policy) -> FlowSet {
        let mut pairs: BTreeSet<(AtomId, AtomId)> =
            policy.intended().iter().map(|(from, to, _)| (from, to)).collect();
        for permits in self.permits.values() {
            let sets = permits.egress.iter().chain(permits.ingress.iter());
            pairs.extend(sets.map(|(from, to, _)| (from, to)));
        }
        let mut passing = FlowSet::empty();
        for (from, to) in pairs {
            passing.insert(policy.universe(), from, to, &self.services(policy, from, to));
        }
        passing
    }

    /// What the enforced end of a pair of points lets through, with its platform: the source's for `egress`, else the
    /// destination's. `None` where that end is not enforced, or where its rules only open what the other end decides.
    pub fn end_at(&self, egress: bool, from: AtomId, to: AtomId) -> Option<(PlatformId, ServiceSet)> {
        let (own, other) = if egress { (from, to) } else { (to, from) };
        if self.opens_only(own) && self.guards.contains_key(&other) && !self.opens_only(other) {
            return None;
        }
        let platform = *self.guards.get(&own)?;
        let permits = self.permits.get(&platform)?;
        let set = if egress { &permits.egress } else { &permits.ingress };
        Some((platform, set.services(from, to)))
    }

    /// The services between two roles at the artefact level: those that pass for every pair of their points, and those
    /// that pass for at least one.
    pub fn between(&self, policy: &Policy, from: RoleId, to: RoleId) -> (ServiceSet, ServiceSet) {
        let points = |role| policy.universe().of_role(role);
        between_points(policy, points(from), points(to), |from, to| self.services(policy, from, to))
    }
}

/// The services between two roles at the intent level, as in [`Deployed::between`].
pub fn intended_between(policy: &Policy, from: RoleId, to: RoleId) -> (ServiceSet, ServiceSet) {
    let points = |role| policy.universe().of_role(role);
    between_points(policy, points(from), points(to), |from, to| policy.intended().services(from, to))
}

/// The services that pass for every pair of some points, and those that pass for at least one, where `services` says
/// what passes for a pair.
pub fn between_points(
    policy: &Policy,
    from: &[AtomId],
    to: &[AtomId],
    services: impl Fn(AtomId, AtomId) -> ServiceSet,
) -> (ServiceSet, ServiceSet) {
    let universe = policy.universe();
    let mut always: Option<ServiceSet> = None;
    let mut ever = ServiceSet::empty();
    for source in from {
        for destination in to {
            // Services that can't exist between these two points say nothing about the roles.
            let possible = universe.possible(*source, *destination, &ServiceSet::any());
            if possible.is_empty() {
                continue;
            }
            let passing = services(*source, *destination);
            let vacuous = ServiceSet::any().difference(&possible);
            let here = passing.union(&vacuous);
            always = Some(always.map_or_else(|| here.clone(), |sum| sum.intersection(&here)));
            ever = ever.union(&passing);
        }
    }
    (always.unwrap_or_default().intersection(&ever), ever)
}

/// Pairs of a source and a destination point.
pub(super) type Points = BTreeSet<(AtomId, AtomId)>;

/// The pairs in parts that are each some sources with some destinations: a widening says its ends apart, so it must
/// hold for every one of its sources with every one of its destinations.
pub(super) fn products(universe: &Universe, points: Points, services: &ServiceSet) -> Vec<Points> {
    let mut reached: BTreeMap<AtomId, BTreeSet<AtomId>> = BTreeMap::new();
    for (from, to) in &points {
        reached.entry(*from).or_default().insert(*to);
    }
    let all: BTreeSet<AtomId> = reached.values().flatten().copied().collect();
    let is_whole = |from: &AtomId, to: &AtomId| {
        points.contains(&(*from, *to)) || universe.possible(*from, *to, services).is_empty()
    };
    if reached.keys().all(|from| all.iter().all(|to| is_whole(from, to))) {
        return vec![points];
    }
    let mut alike: BTreeMap<BTreeSet<AtomId>, Points> = BTreeMap::new();
    for (from, to) in reached {
        let pairs: Points = to.iter().map(|to| (from, *to)).collect();
        alike.entry(to).or_default().extend(pairs);
    }
    alike.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{SiteBuilder, services};

    fn two_roles_in_one_segment() -> Policy {
        SiteBuilder::new()
            .platform("p", "p", &[])
            .segment("s", "p", &["10.0.0.0/24"])
            .role("a", Some("s"), &[])
            .role("b", Some("s"), &[])
            .role("users", None, &["10.9.0.0/16"])
            .allow("x", "users", "a", "tcp/443")
            .policy()
    }

    /// What a rule that can't tell `a` from `b` permits.
    fn permits_to(policy: &Policy, roles: &[&str], on: &str) -> Deployed {
        let mut permits = Permits::default();
        let universe = policy.universe();
        let users = universe.of_role(policy.find("users").unwrap());
        for role in roles {
            let to = universe.of_role(policy.find(role).unwrap());
            permits.ingress.insert_product(universe, users, to, &services(on));
        }
        Deployed::new(policy, BTreeMap::from([(PlatformId(0), permits)]))
    }

    #[test]
    fn an_exact_rule_has_neither_loss_nor_widening() {
        let policy = two_roles_in_one_segment();
        let deployed = permits_to(&policy, &["a"], "tcp/443");
        assert!(deployed.losses(&policy).is_empty());
        assert!(deployed.widenings(&policy).is_empty());
    }

    #[test]
    fn a_shared_rule_widens_and_a_narrow_one_loses() {
        let policy = two_roles_in_one_segment();
        let deployed = permits_to(&policy, &["a", "b"], "tcp/443");
        let (users, b) = (policy.find("users").unwrap(), policy.find("b").unwrap());
        assert_eq!(deployed.widenings(&policy).iter().count(), 1);
        let known = policy.intended().union(&deployed.widenings(&policy));
        assert_eq!(deployed.permitted(&policy), known);
        assert_eq!(deployed.between(&policy, users, b), (services("tcp/443"), services("tcp/443")));
        assert_eq!(intended_between(&policy, users, b), (ServiceSet::empty(), ServiceSet::empty()));
        assert_eq!(permits_to(&policy, &["b"], "tcp/443").losses(&policy).len(), 1);
    }

    #[test]
    fn a_request_that_opens_nothing_excuses_no_open_end() {
        let policy = SiteBuilder::new()
            .platform("p", "p", &[])
            .platform("q", "q", &[])
            .role("a", Some("p"), &["10.0.0.0/24"])
            .role("b", Some("q"), &["10.1.0.0/24"])
            .policy();
        let universe = policy.universe();
        let (a, b) = (policy.find("a").unwrap(), policy.find("b").unwrap());
        let mut open = Permits::default();
        open.egress.insert_product(universe, universe.of_role(a), universe.of_role(b), &services("tcp/1433"));
        for (opens_only, expected) in [(true, 1), (false, 0)] {
            let silent = Permits { opens_only, ..Permits::default() };
            let permits = BTreeMap::from([(PlatformId(0), open.clone()), (PlatformId(1), silent)]);
            let deployed = Deployed::new(&policy, permits);
            assert_eq!(deployed.widenings(&policy).iter().count(), expected, "opens only: {opens_only}");
        }
    }

    #[test]
    fn parts_of_a_widening_hold_for_each_source_with_each_destination() {
        let policy = SiteBuilder::new()
            .role("a", None, &["10.0.0.0/24"])
            .role("b", None, &["10.1.0.0/24"])
            .role("c", None, &["10.2.0.0/24"])
            .policy();
        let universe = policy.universe();
        let atom = |name| universe.of_role(policy.find(name).unwrap())[0];
        let (a, b, c) = (atom("a"), atom("b"), atom("c"));
        let web = services("tcp/443");
        let whole = Points::from([(a, b), (a, c), (b, b), (b, c)]);
        assert_eq!(products(universe, whole.clone(), &web), [whole]);
        let bent = Points::from([(a, b), (a, c), (b, b), (c, b)]);
        let parts = products(universe, bent.clone(), &web);
        assert_eq!(parts, [Points::from([(b, b), (c, b)]), Points::from([(a, b), (a, c)])]);
    }
}
