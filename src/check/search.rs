//! Any packet with a property: which classes of packets pass, are dropped, were never meant, or are excluded.
//!
//! In: a policy, what its artefacts permit, and a [`Query`]. Out: packet classes in role words with an example each.
//!
//! Invariant: what passes is looked up in the set of packet classes. What does not pass is listed pair by pair and no
//! further than the limit, so that a large site costs no more than what is shown.

use super::access::{FlowIndex, by_role, passing};
use super::verdict::Level;
use crate::policy::example::{self, Packet};
use crate::policy::flow_set::FlowSet;
use crate::policy::owners::Owners;
use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::policy::{Encryption, PlatformId, Policy, RoleId};
use crate::target::compare::Deployed;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The property that is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It passes at the level.
    Allow,
    /// It does not pass at the level.
    Deny,
    /// The artefacts permit it, and the file does not say so.
    Widened,
    /// The file permits it, and an artefact drops it.
    Lost,
    /// A promise excludes it.
    Forbidden,
}

/// What is looked for. Everything that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Who starts; anybody when absent.
    pub from: Option<RoleId>,
    /// Who answers; anybody when absent.
    pub to: Option<RoleId>,
    /// On which services.
    pub services: ServiceSet,
    /// An end sits on this platform.
    pub platform: Option<PlatformId>,
    /// A catalogue entry behind it says that this protects it. What no entry speaks of never matches.
    pub encryption: Option<Encryption>,
    /// Which property.
    pub wanted: Wanted,
    /// At which level; [`Wanted::Widened`] and [`Wanted::Lost`] compare the two.
    pub level: Level,
    /// Most classes to give.
    pub limit: usize,
}

/// A class of packets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who starts.
    pub from: RoleId,
    /// Who answers.
    pub to: RoleId,
    /// On what, for at least some of their addresses.
    pub services: ServiceSet,
    /// The lowest packet of it.
    pub example: Packet,
    /// Positions in [`Policy::flows`] of the flows behind it.
    pub flows: Vec<usize>,
    /// Positions in [`Policy::forbids`] of the promises that exclude it.
    pub forbids: Vec<usize>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Results {
    /// The classes, by the names of their roles.
    pub found: Vec<Found>,
    /// True when there are more than the limit.
    pub has_more: bool,
}

/// Looks for packet classes; `deployed` is needed for the artefact level and for comparisons of the levels.
pub fn search(policy: &Policy, deployed: Option<&Deployed>, query: &Query) -> Results {
    let search =
        Search { policy, query, flows: FlowIndex::new(policy), set: wanted_set(policy, deployed, query) };
    let pairs: Box<dyn Iterator<Item = (RoleId, RoleId)>> = match query.wanted {
        Wanted::Allow | Wanted::Widened | Wanted::Lost => {
            let pairs = by_role(&search.set, &Owners::new(policy), &query.services);
            Box::new(pairs.into_keys())
        }
        // Entries speak of what the file permits only.
        Wanted::Deny if query.encryption.is_some() => {
            Box::new(by_role(policy.intended(), &Owners::new(policy), &query.services).into_keys())
        }
        Wanted::Deny => Box::new(all_pairs(policy, query)),
        Wanted::Forbidden => Box::new(promised_pairs(policy, query)),
    };
    let mut results = Results::default();
    let found = pairs.filter(|pair| search.is_asked(*pair)).filter_map(|pair| search.class(pair));
    for one in found {
        if results.found.len() == query.limit {
            results.has_more = true;
            break;
        }
        results.found.push(one);
    }
    results
}

/// The set out of which the answer is taken; for a deny what passes.
fn wanted_set<'a>(policy: &'a Policy, deployed: Option<&Deployed>, query: &Query) -> Cow<'a, FlowSet> {
    let artefacts = || passing(policy, deployed, Level::Artefact);
    match query.wanted {
        Wanted::Allow | Wanted::Deny => passing(policy, deployed, query.level),
        Wanted::Widened => Cow::Owned(artefacts().difference(policy.intended())),
        Wanted::Lost => Cow::Owned(policy.intended().difference(&artefacts())),
        Wanted::Forbidden => Cow::Owned(FlowSet::empty()),
    }
}

fn all_pairs<'a>(policy: &'a Policy, query: &Query) -> impl Iterator<Item = (RoleId, RoleId)> + 'a {
    let roles = |one: Option<RoleId>| -> Vec<RoleId> {
        one.map_or_else(|| policy.parties().map(|(role, _)| role).collect(), |role| vec![role])
    };
    let (sources, destinations) = (roles(query.from), roles(query.to));
    sources.into_iter().flat_map(move |from| destinations.clone().into_iter().map(move |to| (from, to)))
}

/// The roles that the query asks about.
fn asked(roles: &BTreeSet<RoleId>, wanted: Option<RoleId>) -> BTreeSet<RoleId> {
    roles.iter().copied().filter(|role| wanted.is_none_or(|wanted| wanted == *role)).collect()
}

/// The pairs of roles that promises on the services mean.
fn promised_pairs(policy: &Policy, query: &Query) -> impl Iterator<Item = (RoleId, RoleId)> {
    let owners = Owners::new(policy);
    let mut promised = Vec::new();
    for forbid in policy.forbids().iter().filter(|forbid| forbid.services.meets(&query.services)) {
        let (from, to) = (owners.of_all(&forbid.from), owners.of_all(&forbid.to));
        if forbid.both_ways {
            promised.push((asked(&to, query.from), asked(&from, query.to)));
        }
        promised.push((asked(&from, query.from), asked(&to, query.to)));
    }
    let sources: BTreeSet<RoleId> = promised.iter().flat_map(|(from, _)| from).copied().collect();
    sources.into_iter().flat_map(move |from| {
        let meant = promised.iter().filter(|(sources, _)| sources.contains(&from));
        let targets: BTreeSet<RoleId> = meant.flat_map(|(_, to)| to).copied().collect();
        targets.into_iter().map(move |to| (from, to))
    })
}

struct Search<'a> {
    policy: &'a Policy,
    query: &'a Query,
    flows: FlowIndex,
    set: Cow<'a, FlowSet>,
}

impl Search<'_> {
    fn is_asked(&self, (from, to): (RoleId, RoleId)) -> bool {
        let Query { from: source, to: destination, platform, .. } = self.query;
        let sits = |role| self.policy.party(role).is_some_and(|party| party.platform == *platform);
        source.is_none_or(|role| role == from)
            && destination.is_none_or(|role| role == to)
            && (platform.is_none() || sits(from) || sits(to))
    }

    /// The class of a pair of roles; `None` where nothing between them has the property.
    fn class(&self, (from, to): (RoleId, RoleId)) -> Option<Found> {
        let universe = self.policy.universe();
        let mut services = ServiceSet::empty();
        let (mut flows, mut forbids) = (BTreeSet::new(), BTreeSet::new());
        let mut classes: Vec<(AtomId, AtomId, ServiceSet)> = Vec::new();
        for source in universe.of_role(from) {
            for destination in universe.of_role(to) {
                let here = self.at(*source, *destination);
                if here.is_empty() {
                    continue;
                }
                let meant = self.flows.at(*source, *destination).iter().copied();
                flows.extend(meant.filter(|at| self.flow_meets(*at, &here)));
                let excluding = self.policy.forbids().iter().enumerate();
                forbids.extend(
                    excluding
                        .filter(|(_, forbid)| forbid.excludes(*source, *destination).meets(&here))
                        .map(|(at, _)| at),
                );
                services = services.union(&here);
                classes.push((*source, *destination, here));
            }
        }
        let borrowed = classes.iter().map(|(from, to, services)| (*from, *to, services));
        let example = example::lowest(self.policy, borrowed)?;
        let (flows, forbids) = (flows.into_iter().collect(), forbids.into_iter().collect());
        Some(Found { from, to, services, example, flows, forbids })
    }

    fn flow_meets(&self, at: usize, services: &ServiceSet) -> bool {
        self.policy.flows().get(at).is_some_and(|flow| flow.services.meets(services))
    }

    /// The services with the property between two points.
    fn at(&self, from: AtomId, to: AtomId) -> ServiceSet {
        let asked = || self.policy.universe().possible(from, to, &self.query.services);
        let here = match self.query.wanted {
            Wanted::Allow | Wanted::Widened | Wanted::Lost => {
                self.set.services(from, to).intersection(&self.query.services)
            }
            Wanted::Deny => asked().difference(&self.set.services(from, to)),
            Wanted::Forbidden => {
                let forbids = self.policy.forbids().iter().map(|forbid| forbid.excludes(from, to));
                asked().intersection(&forbids.fold(ServiceSet::empty(), |sum, one| sum.union(&one)))
            }
        };
        match self.query.encryption {
            Some(encryption) => here.intersection(&self.protected(from, to, encryption)),
            None => here,
        }
    }

    /// The services between two points of which a catalogue entry says that they are protected so.
    fn protected(&self, from: AtomId, to: AtomId, encryption: Encryption) -> ServiceSet {
        let flows = self.flows.at(from, to).iter().filter_map(|at| self.policy.flows().get(*at));
        let reasons = flows.flat_map(|flow| &flow.provenance);
        reasons
            .filter(|reason| reason.encryption == Some(encryption))
            .fold(ServiceSet::empty(), |sum, reason| sum.union(&reason.services))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{SiteBuilder, services};
    use crate::target::Permits;
    use std::collections::BTreeMap;

    fn site() -> Policy {
        SiteBuilder::new()
            .platform("p", "p", &[])
            .segment("s", "p", &["10.0.0.0/24"])
            .role("a", Some("s"), &[])
            .role("b", Some("s"), &[])
            .role("users", None, &["10.9.0.0/16"])
            .role("web", None, &["10.8.0.0/16"])
            .allow("x", "users", "a", "tcp/443")
            .allow("y", "users", "web", "tcp/80,udp/53")
            .forbid("f", "users", "b", "tcp/3389")
            .policy()
    }

    fn deployed(policy: &Policy) -> Deployed {
        let universe = policy.universe();
        let mut permits = Permits::default();
        let points = |name: &str| universe.of_role(policy.find(name).unwrap());
        permits.ingress.insert_product(universe, points("users"), points("b"), &services("tcp/443"));
        Deployed::new(policy, BTreeMap::from([(PlatformId(0), permits)]))
    }

    fn query(wanted: Wanted, on: &str) -> Query {
        Query {
            from: None,
            to: None,
            services: services(on),
            platform: None,
            encryption: None,
            wanted,
            level: Level::Intent,
            limit: 10,
        }
    }

    fn lines(policy: &Policy, results: &Results) -> Vec<String> {
        let line = |one: &Found| {
            let (from, to) = (policy.name(one.from), policy.name(one.to));
            format!("{from} {to} {} ({})", one.services, one.example)
        };
        results.found.iter().map(line).collect()
    }

    #[test]
    fn what_passes_is_found_with_its_line_and_a_packet() {
        let policy = site();
        let results = search(&policy, None, &query(Wanted::Allow, "tcp/1-100,tcp/443"));
        assert_eq!(
            lines(&policy, &results),
            [
                "users a tcp/443 (10.9.0.0 to 10.0.0.0 on tcp/443)",
                "users web tcp/80 (10.9.0.0 to 10.8.0.0 on tcp/80)"
            ]
        );
        assert!(results.found.iter().all(|one| one.flows.len() == 1));
        let on_platform = Query { platform: Some(PlatformId(0)), ..query(Wanted::Allow, "any") };
        assert_eq!(search(&policy, None, &on_platform).found.len(), 1);
        let clear = Query { encryption: Some(Encryption::Clear), ..query(Wanted::Allow, "any") };
        assert!(search(&policy, None, &clear).found.is_empty(), "no entry speaks of them");
    }

    #[test]
    fn the_levels_are_compared() {
        let policy = site();
        let deployed = deployed(&policy);
        let ask = |wanted| search(&policy, Some(&deployed), &query(wanted, "any"));
        let widened = ["users b tcp/443 (10.9.0.0 to 10.0.0.0 on tcp/443)"];
        assert_eq!(lines(&policy, &ask(Wanted::Widened)), widened);
        let lost = ["users a tcp/443 (10.9.0.0 to 10.0.0.0 on tcp/443)"];
        assert_eq!(lines(&policy, &ask(Wanted::Lost)), lost);
    }

    #[test]
    fn what_is_excluded_and_what_is_denied_by_default_are_apart() {
        let policy = site();
        let forbidden = search(&policy, None, &query(Wanted::Forbidden, "tcp/3000-4000"));
        assert_eq!(lines(&policy, &forbidden), ["users b tcp/3389 (10.9.0.0 to 10.0.0.0 on tcp/3389)"]);
        assert_eq!(forbidden.found[0].forbids, [0]);
        let from_users = Query { from: policy.find("users"), ..query(Wanted::Deny, "tcp/443") };
        let denied = search(&policy, None, &from_users);
        let names: Vec<&str> = denied.found.iter().map(|one| policy.name(one.to)).collect();
        assert_eq!(names, ["b", "users", "web"]);
        let limited = search(&policy, None, &Query { limit: 2, ..from_users });
        assert_eq!((limited.found.len(), limited.has_more), (2, true));
    }
}
