//! What a firewall lets through once the requested lines are in place: the read-back.
//!
//! In: the lines of a plan. Out: the packet classes that pass, seen from both ends: a firewall stands between them.
//!
//! One line often covers a part of a party only, which no packet class is fine enough for. So the lines of a row are
//! put together first: destinations that one source reaches on one service, then sources that reach the same
//! destinations. That is exact whichever lines there are; when a line is missing, parts of a party differ, and that is
//! [`NotAligned`].
//!
//! Invariant: shares no code with the planner; a name stands for a party only when all of its names are there.

use super::plan::{Endpoint, Plan, Row};
use crate::policy::address::AddressSet;
use crate::policy::service::{ServiceRange, ServiceSet};
use crate::policy::universe::{AtomId, NotAligned};
use crate::policy::{KnownBy, Policy};
use crate::target::Permits;
use std::collections::{BTreeMap, BTreeSet};

/// Ends of lines put together.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Side {
    addresses: AddressSet,
    names: BTreeSet<String>,
}

impl Side {
    fn add(&mut self, end: &Endpoint) {
        match end {
            Endpoint::Range(range) => {
                self.addresses = self.addresses.union(&AddressSet::from_ranges([range]));
            }
            Endpoint::Name(name) => {
                self.names.insert(name.clone());
            }
        }
    }
}

/// Reads the lines of a plan back.
///
/// # Errors
/// [`NotAligned`] when lines cover a part of a party only.
pub(crate) fn permits(plan: &Plan, policy: &Policy) -> Result<Permits, NotAligned> {
    let universe = policy.universe();
    let mut permits = Permits { opens_only: true, ..Permits::default() };
    for row in &plan.rows {
        for ((service, destination), source) in together(row) {
            let services = ServiceSet::from_ranges([service]);
            let (from, to) = (atoms(policy, &source)?, atoms(policy, &destination)?);
            permits.egress.insert_product(universe, &from, &to, &services);
            permits.ingress.insert_product(universe, &from, &to, &services);
        }
    }
    Ok(permits)
}

fn together(row: &Row) -> BTreeMap<(ServiceRange, Side), Side> {
    let mut reached: BTreeMap<(ServiceRange, &Endpoint), Side> = BTreeMap::new();
    for line in &row.lines {
        reached.entry((line.service, &line.source)).or_default().add(&line.destination);
    }
    let mut sources: BTreeMap<(ServiceRange, Side), Side> = BTreeMap::new();
    for ((service, source), destinations) in reached {
        sources.entry((service, destinations)).or_default().add(source);
    }
    sources
}

fn atoms(policy: &Policy, side: &Side) -> Result<Vec<AtomId>, NotAligned> {
    let mut atoms = policy.universe().within(&side.addresses)?;
    if side.names.is_empty() {
        return Ok(atoms);
    }
    for (role, party) in policy.parties().filter(|(_, party)| party.addresses.is_empty()) {
        let mut names = party.known_by.iter().flat_map(names_of).peekable();
        if names.peek().is_some() && names.all(|name| side.names.contains(name)) {
            atoms.extend(policy.universe().of_role(role));
        }
    }
    Ok(atoms)
}

fn names_of(known: &KnownBy) -> &[String] {
    match known {
        KnownBy::Tag(name) | KnownBy::PrefixList(name) => std::slice::from_ref(name),
        KnownBy::Names(names) => names,
    }
}
