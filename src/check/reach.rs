//! Who gets to whom in how many hops: the blast radius of a role.
//!
//! In: what passes between roles. Out: the roles within reach, each with its hop count and one shortest chain.
//!
//! A hop is a connection that one role may start to another; whoever holds a machine of a role may start what the role
//! may start. Breadth first, so that a hop count is the least one.
//!
//! Invariant: of several shortest chains the one with the lowest names is shown, so that nothing depends on the order
//! of statements; a role is no hop of its own, its machines reaching each other is said apart.

use super::access::by_role;
use crate::policy::flow_set::FlowSet;
use crate::policy::owners::Owners;
use crate::policy::service::ServiceSet;
use crate::policy::{Policy, RoleId};
use std::collections::{BTreeMap, BTreeSet};

/// Which way hops go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From who starts to who answers.
    Forward,
    /// From who answers to who starts.
    Backward,
}

/// The roles with what passes between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Graph {
    services: BTreeMap<(RoleId, RoleId), ServiceSet>,
    forward: BTreeMap<RoleId, Vec<RoleId>>,
    backward: BTreeMap<RoleId, Vec<RoleId>>,
}

/// A role within reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// The role.
    pub role: RoleId,
    /// How many hops it takes, at least 1.
    pub hops: usize,
}

/// Everything within reach of some roles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    way: Way,
    roles: Vec<Reached>,
    /// The role one hop nearer to the start.
    before: BTreeMap<RoleId, RoleId>,
}

impl Graph {
    /// The graph of what passes on some services.
    pub fn new(policy: &Policy, set: &FlowSet, services: &ServiceSet) -> Self {
        let mut graph = Self { services: by_role(set, &Owners::new(policy), services), ..Self::default() };
        for (from, to) in graph.services.keys().filter(|(from, to)| from != to) {
            graph.forward.entry(*from).or_default().push(*to);
            graph.backward.entry(*to).or_default().push(*from);
        }
        graph
    }

    /// What passes from one role to another, for at least some of their addresses.
    pub fn services(&self, from: RoleId, to: RoleId) -> Option<&ServiceSet> {
        self.services.get(&(from, to))
    }

    /// Every role that some roles reach (or, backward, that reach them) within some hops, without themselves.
    pub fn search(&self, start: &[RoleId], way: Way, hops: Option<usize>) -> Reach {
        let edges = match way {
            Way::Forward => &self.forward,
            Way::Backward => &self.backward,
        };
        let mut border: BTreeSet<RoleId> = start.iter().copied().collect();
        let mut seen = border.clone();
        let mut reach = Reach { way, roles: Vec::new(), before: BTreeMap::new() };
        let mut hop = 0;
        while !border.is_empty() && hops.is_none_or(|most| hop < most) {
            hop += 1;
            let mut next = BTreeSet::new();
            for role in border {
                for other in edges.get(&role).into_iter().flatten().filter(|other| seen.insert(**other)) {
                    reach.before.insert(*other, role);
                    next.insert(*other);
                }
            }
            reach.roles.extend(next.iter().map(|role| Reached { role: *role, hops: hop }));
            border = next;
        }
        reach
    }
}

impl Reach {
    /// The roles, by hop count, then by name.
    pub fn roles(&self) -> &[Reached] {
        &self.roles
    }

    /// The hops of the shortest chain that leads to a role, from who starts to who answers, in the order in which
    /// connections are started. Empty for a role out of reach.
    pub fn chain(&self, role: RoleId) -> Vec<(RoleId, RoleId)> {
        let mut hops = Vec::new();
        let mut at = role;
        while let Some(before) = self.before.get(&at) {
            hops.push(match self.way {
                Way::Forward => (*before, at),
                Way::Backward => (at, *before),
            });
            at = *before;
        }
        if self.way == Way::Forward {
            hops.reverse();
        }
        hops
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::testing::{SiteBuilder, services};
    use proptest::prelude::*;

    fn chain_site() -> Policy {
        SiteBuilder::new()
            .role("a", None, &["10.0.1.0/24"])
            .role("b", None, &["10.0.2.0/24"])
            .role("c", None, &["10.0.3.0/24"])
            .role("d", None, &["10.0.4.0/24"])
            .role("lonely", None, &[])
            .allow("1", "a", "b", "tcp/443")
            .allow("2", "a", "a", "tcp/135")
            .allow("3", "b", "d", "tcp/1433")
            .allow("4", "a", "c", "udp/53")
            .allow("5", "c", "d", "tcp/1433")
            .allow("6", "d", "a", "tcp/22")
            .policy()
    }

    fn named(policy: &Policy, reach: &Reach) -> Vec<(String, usize, String)> {
        let name = |role| policy.name(role).to_owned();
        let before = |role| name(reach.before[&role]);
        reach.roles().iter().map(|one| (name(one.role), one.hops, before(one.role))).collect()
    }

    #[test]
    fn the_shortest_chain_is_found_in_both_ways() {
        let policy = chain_site();
        let graph = Graph::new(&policy, policy.intended(), &ServiceSet::any());
        let a = policy.find("a").unwrap();
        let forward = graph.search(&[a], Way::Forward, None);
        let expected = [("b", 1, "a"), ("c", 1, "a"), ("d", 2, "b")]
            .map(|(role, hops, before)| (role.to_owned(), hops, before.to_owned()));
        assert_eq!(named(&policy, &forward), expected);
        let backward = graph.search(&[a], Way::Backward, None);
        let expected = [("d", 1, "a"), ("b", 2, "d"), ("c", 2, "d")]
            .map(|(role, hops, before)| (role.to_owned(), hops, before.to_owned()));
        assert_eq!(named(&policy, &backward), expected);
        let ids = |names: [&str; 2]| names.map(|name| policy.find(name).unwrap());
        let [b, d] = ids(["b", "d"]);
        assert_eq!(forward.chain(d), [(a, b), (b, d)]);
        assert_eq!(backward.chain(b), [(b, d), (d, a)]);
        assert_eq!(forward.chain(policy.find("lonely").unwrap()), []);
    }

    #[test]
    fn hops_and_services_limit_the_search() {
        let policy = chain_site();
        let a = policy.find("a").unwrap();
        let graph = Graph::new(&policy, policy.intended(), &ServiceSet::any());
        assert_eq!(graph.search(&[a], Way::Forward, Some(1)).roles().len(), 2);
        assert_eq!(graph.search(&[a], Way::Forward, Some(2)).roles().len(), 3);
        assert_eq!(graph.search(&[a], Way::Forward, Some(0)).roles().len(), 0);
        let graph = Graph::new(&policy, policy.intended(), &services("tcp/443"));
        assert_eq!(graph.search(&[a], Way::Forward, None).roles().len(), 1);
        assert_eq!(graph.services(a, policy.find("b").unwrap()), Some(&services("tcp/443")));
    }

    proptest! {
        /// Against the closure of a matrix: a role is within n hops when n steps of the relation get there.
        #[test]
        fn hop_counts_agree_with_the_powers_of_the_relation(
            edges in proptest::collection::btree_set((0_usize..6, 0_usize..6), 0..14),
            start in 0_usize..6,
        ) {
            const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
            let site = NAMES.iter().fold(SiteBuilder::new(), |site, name| site.role(name, None, &[]));
            let add = |site: SiteBuilder, (from, to): &(usize, usize)| {
                site.allow(&format!("{from}{to}"), NAMES[*from], NAMES[*to], "tcp/1")
            };
            let policy = edges.iter().fold(site, add).policy();
            let mut expected = BTreeMap::new();
            let mut border = BTreeSet::from([start]);
            for hop in 1..=6 {
                border = edges.iter().filter(|(from, _)| border.contains(from)).map(|(_, to)| *to).collect();
                for at in border.iter().filter(|at| **at != start) {
                    expected.entry(RoleId::at(*at)).or_insert(hop);
                }
            }
            let graph = Graph::new(&policy, policy.intended(), &ServiceSet::any());
            let reach = graph.search(&[RoleId::at(start)], Way::Forward, Some(6));
            let found: BTreeMap<RoleId, usize> = reach.roles().iter().map(|one| (one.role, one.hops)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
