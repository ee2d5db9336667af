//! Role by role: what passes, what a promise excludes, what the artefacts permit beyond the file.
//!
//! In: a policy and a level. Out: the cells that are not empty, in name order.
//!
//! Invariant: a role pair without a cell is denied by default. Cells come of the set of packet classes, so that ten
//! thousand roles cost what their flows cost; what promises exclude is asked for a pair, never listed for all pairs.

use super::access::{by_role, passing};
use super::verdict::Level;
use crate::policy::owners::Owners;
use crate::policy::service::ServiceSet;
use crate::policy::{Policy, RoleId};
use crate::target::compare::{Deployed, intended_between};
use std::collections::{BTreeMap, BTreeSet};

/// What passes from one role to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// The services that pass for at least some of their addresses.
    pub services: ServiceSet,
    /// The part of them that passes for some of their addresses only.
    pub partial: ServiceSet,
    /// The part of them that the file does not say, for at least some of the addresses.
    pub widened: ServiceSet,
}

/// A promise by the roles that it means: those of which at least one address is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Label.
    pub name: String,
    /// Who may not start.
    pub from: BTreeSet<RoleId>,
    /// Who may not be reached.
    pub to: BTreeSet<RoleId>,
    /// True for `<->`.
    pub both_ways: bool,
    /// On what.
    pub services: ServiceSet,
}

/// The whole matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    cells: BTreeMap<(RoleId, RoleId), Cell>,
    promises: Vec<Promise>,
}

impl Matrix {
    /// The matrix of a policy; `deployed` is needed for the artefact level only.
    pub fn new(policy: &Policy, deployed: Option<&Deployed>, level: Level) -> Self {
        let owners = Owners::new(policy);
        let set = passing(policy, deployed, level);
        let widened = by_role(&set.difference(policy.intended()), &owners, &ServiceSet::any());
        let between = |from, to| match (level, deployed) {
            (Level::Artefact, Some(deployed)) => deployed.between(policy, from, to),
            _ => intended_between(policy, from, to),
        };
        let cells = by_role(&set, &owners, &ServiceSet::any()).into_iter().map(|((from, to), services)| {
            let (always, _) = between(from, to);
            let partial = services.difference(&always);
            let widened = widened.get(&(from, to)).cloned().unwrap_or_default();
            ((from, to), Cell { services, partial, widened })
        });
        let promises = policy.forbids().iter().map(|forbid| Promise {
            name: forbid.name.clone(),
            from: owners.of_all(&forbid.from),
            to: owners.of_all(&forbid.to),
            both_ways: forbid.both_ways,
            services: forbid.services.clone(),
        });
        Self { cells: cells.collect(), promises: promises.collect() }
    }

    /// The cells in which something passes, in name order.
    pub fn cells(&self) -> impl Iterator<Item = ((RoleId, RoleId), &Cell)> {
        self.cells.iter().map(|(pair, cell)| (*pair, cell))
    }

    /// What passes from one role to another; `None` where nothing does.
    pub fn cell(&self, from: RoleId, to: RoleId) -> Option<&Cell> {
        self.cells.get(&(from, to))
    }

    /// The promises in name order.
    pub fn promises(&self) -> &[Promise] {
        &self.promises
    }

    /// What promises exclude from one role to another, for at least some of their addresses.
    pub fn forbidden(&self, from: RoleId, to: RoleId) -> ServiceSet {
        let excludes = |promise: &&Promise| {
            let forward = promise.from.contains(&from) && promise.to.contains(&to);
            forward || (promise.both_ways && promise.from.contains(&to) && promise.to.contains(&from))
        };
        let met = self.promises.iter().filter(excludes);
        met.fold(ServiceSet::empty(), |sum, promise| sum.union(&promise.services))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PlatformId;
    use crate::policy::testing::{SiteBuilder, services};
    use crate::target::Permits;

    fn site() -> Policy {
        SiteBuilder::new()
            .platform("p", "p", &[])
            .segment("s", "p", &["10.0.0.0/24"])
            .role("a", Some("s"), &[])
            .role("b", Some("s"), &[])
            .role("desk", None, &["10.9.0.7/32"])
            .role("users", None, &["10.9.0.0/16"])
            .allow("x", "users", "a", "tcp/443")
            .allow("y", "desk", "b", "tcp/22")
            .forbid("f", "users", "b", "tcp/3389")
            .policy()
    }

    #[test]
    fn cells_tell_partial_forbidden_and_default_deny_apart() {
        let policy = site();
        let matrix = Matrix::new(&policy, None, Level::Intent);
        let id = |name: &str| policy.find(name).unwrap();
        let whole = Cell { services: services("tcp/443"), ..Cell::default() };
        assert_eq!(matrix.cell(id("users"), id("a")), Some(&whole));
        assert_eq!(matrix.cell(id("desk"), id("a")), Some(&whole));
        let some =
            Cell { services: services("tcp/22"), partial: services("tcp/22"), widened: ServiceSet::empty() };
        assert_eq!(matrix.cell(id("users"), id("b")), Some(&some));
        assert_eq!(matrix.forbidden(id("users"), id("b")), services("tcp/3389"));
        assert_eq!(matrix.forbidden(id("desk"), id("b")), services("tcp/3389"), "its address is meant");
        assert_eq!(matrix.forbidden(id("b"), id("users")), ServiceSet::empty());
        assert_eq!(matrix.cell(id("a"), id("b")), None);
        assert_eq!(matrix.cells().count(), 4);
    }

    #[test]
    fn what_the_artefacts_permit_besides_is_marked() {
        let policy = site();
        let mut permits = Permits::default();
        let universe = policy.universe();
        let users = universe.of_role(policy.find("users").unwrap());
        for role in ["a", "b"] {
            let to = universe.of_role(policy.find(role).unwrap());
            permits.ingress.insert_product(universe, users, to, &services("tcp/443"));
        }
        let deployed = Deployed::new(&policy, BTreeMap::from([(PlatformId(0), permits)]));
        let matrix = Matrix::new(&policy, Some(&deployed), Level::Artefact);
        let id = |name: &str| policy.find(name).unwrap();
        let widened = Cell { services: services("tcp/443"), widened: services("tcp/443"), ..Cell::default() };
        assert_eq!(matrix.cell(id("users"), id("b")), Some(&widened));
        assert_eq!(matrix.cell(id("users"), id("a")).unwrap().widened, ServiceSet::empty());
    }
}
