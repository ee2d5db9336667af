//! Whose a point is: from points back to roles.
//!
//! In: a policy. Out: [`Owners`].
//!
//! Invariant: a point that several roles share belongs to each of them; one that no role covers to nobody.

use super::universe::AtomId;
use super::{Policy, RoleId};
use std::collections::{BTreeMap, BTreeSet};

/// The roles that each point belongs to: its own, or every outside role whose addresses hold it.
#[derive(Debug, Clone)]
pub struct Owners(BTreeMap<AtomId, Vec<RoleId>>);

impl Owners {
    /// The owners of all points of a policy.
    pub fn new(policy: &Policy) -> Self {
        let mut owners: BTreeMap<AtomId, Vec<RoleId>> = BTreeMap::new();
        for (role, _) in policy.parties() {
            for atom in policy.universe().of_role(role) {
                owners.entry(*atom).or_default().push(role);
            }
        }
        Self(owners)
    }

    /// The roles of a point, in name order; none for a point that no role covers.
    pub fn of(&self, atom: AtomId) -> &[RoleId] {
        self.0.get(&atom).map_or(&[], Vec::as_slice)
    }

    /// The roles of some points, each once.
    pub fn of_all<'a>(&self, atoms: impl IntoIterator<Item = &'a AtomId>) -> BTreeSet<RoleId> {
        atoms.into_iter().flat_map(|atom| self.of(*atom)).copied().collect()
    }

    /// The pairs of roles of a pair of points.
    pub fn pairs(&self, from: AtomId, to: AtomId) -> impl Iterator<Item = (RoleId, RoleId)> {
        self.of(from).iter().flat_map(move |source| self.of(to).iter().map(|to| (*source, *to)))
    }
}
