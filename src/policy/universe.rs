//! The parties and addresses of a site, cut into pieces that are either wholly in a set or wholly out of it.
//!
//! In: the parties of a policy with their address ranges. Out: atoms, the unit of [`super::flow_set::FlowSet`].
//!
//! A point of the universe is a party at an address. Two parties that sit in one segment are different points at the
//! same address, because the file tells them apart. Parties outside of every platform are known by address only, so
//! two of them that overlap share points. Roles known only by a name have one point without an address.
//!
//! A party outside that is known only by name is somewhere on the internet: whatever matches all of what nobody covers
//! matches it too.
//!
//! Invariant: atoms are disjoint and cover every party; each has one address family or none; their numbering depends
//! on names and addresses only, never on the order of statements.

use super::address::{AddressSet, Family};
use super::interval::{Intervals, Point};
use super::service::{Protocol, ServiceSet};
use crate::model::RoleId;
use std::collections::{BTreeMap, BTreeSet};

/// Position of an atom in its universe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtomId(pub u32);

/// What the universe has to know of a role.
#[derive(Debug, Clone)]
pub struct Occupant {
    /// The role.
    pub role: RoleId,
    /// True when the site's platforms can tell the role from others at the same address.
    pub placed: bool,
    /// True for "every address that nobody else covers".
    pub internet: bool,
    /// Where it may be; empty when only a name is known.
    pub addresses: AddressSet,
}

/// A piece of the universe.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Atom {
    /// The one role that the piece belongs to; `None` for pieces known by address only.
    pub role: Option<RoleId>,
    /// The addresses; empty for a role without any.
    pub addresses: AddressSet,
    /// True for addresses that no role or segment covers.
    pub internet: bool,
}

impl Atom {
    /// The family, `None` for a role without addresses.
    pub fn family(&self) -> Option<Family> {
        if self.addresses.v4().is_empty() {
            return (!self.addresses.v6().is_empty()).then_some(Family::V6);
        }
        Some(Family::V4)
    }
}

/// A set of addresses cuts through an atom, so that no exact answer exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAligned {
    /// The addresses asked for.
    pub addresses: AddressSet,
}

/// All atoms of a site.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Universe {
    atoms: Vec<Atom>,
    /// Atoms that are the role, by role.
    by_role: BTreeMap<RoleId, Vec<AtomId>>,
    /// Lowest and highest address of each interval of each atom, by family, ascending by low end.
    index_v4: Vec<(u32, u32, AtomId)>,
    index_v6: Vec<(u128, u128, AtomId)>,
    /// Points of outside roles that are known only by name.
    named: Vec<AtomId>,
}

impl Universe {
    /// Cuts the address space along the ranges of the occupants and of `further` ranges (segments without roles).
    pub fn new(occupants: &[Occupant], further: &[AddressSet]) -> Self {
        let located: Vec<&AddressSet> =
            occupants.iter().map(|occupant| &occupant.addresses).chain(further).collect();
        let v4 = blocks(located.iter().map(|set| set.v4()));
        let v6 = blocks(located.iter().map(|set| set.v6()));
        let blocks = v4
            .into_iter()
            .map(|(owners, part)| (owners, AddressSet::from_v4(part)))
            .chain(v6.into_iter().map(|(owners, part)| (owners, AddressSet::from_v6(part))));
        let mut atoms = BTreeSet::new();
        for (owners, addresses) in blocks {
            let owners: Vec<&Occupant> = owners.into_iter().filter_map(|at| occupants.get(at)).collect();
            if owners.iter().any(|owner| !owner.placed) {
                atoms.insert(Atom { role: None, addresses: addresses.clone(), internet: false });
            }
            for owner in owners.into_iter().filter(|owner| owner.placed) {
                let role = Some(owner.role);
                atoms.insert(Atom { role, addresses: addresses.clone(), internet: false });
            }
        }
        let covered = AddressSet::union_of(located.iter().copied());
        let rest = AddressSet::all().difference(&covered);
        for family in rest.families() {
            atoms.insert(Atom { role: None, addresses: rest.of_family(family), internet: true });
        }
        for occupant in
            occupants.iter().filter(|occupant| occupant.addresses.is_empty() && !occupant.internet)
        {
            atoms.insert(Atom { role: Some(occupant.role), addresses: AddressSet::empty(), internet: false });
        }
        Self::index(atoms.into_iter().collect(), occupants)
    }

    fn index(atoms: Vec<Atom>, occupants: &[Occupant]) -> Self {
        let mut universe = Self { atoms, ..Self::default() };
        for (id, atom) in universe.iter().map(|(id, atom)| (id, atom.clone())).collect::<Vec<_>>() {
            universe.index_v4.extend(atom.addresses.v4().iter().map(|(low, high)| (low, high, id)));
            universe.index_v6.extend(atom.addresses.v6().iter().map(|(low, high)| (low, high, id)));
            if let Some(role) = atom.role {
                universe.by_role.entry(role).or_default().push(id);
            }
        }
        universe.index_v4.sort_unstable();
        universe.index_v6.sort_unstable();
        for occupant in occupants.iter().filter(|occupant| !occupant.placed) {
            if !occupant.internet && occupant.addresses.is_empty() {
                let points = universe.of_role(occupant.role).to_vec();
                universe.named.extend(points);
                continue;
            }
            let atoms = if occupant.internet {
                universe.internet().collect()
            } else {
                let inside = universe.touching(&occupant.addresses).into_iter();
                inside.filter(|id| universe.get(*id).is_some_and(|atom| atom.role.is_none())).collect()
            };
            universe.by_role.insert(occupant.role, atoms);
        }
        universe.named.sort_unstable();
        universe
    }

    /// An atom; `None` for an id of another universe.
    pub fn get(&self, id: AtomId) -> Option<&Atom> {
        self.atoms.get(id.0 as usize)
    }

    /// All atoms with their ids, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (AtomId, &Atom)> {
        self.atoms.iter().enumerate().map(|(at, atom)| (AtomId(u32::try_from(at).unwrap_or(u32::MAX)), atom))
    }

    /// The atoms that are a role: the points that a line naming the role speaks of, ascending.
    pub fn of_role(&self, role: RoleId) -> &[AtomId] {
        self.by_role.get(&role).map_or(&[], Vec::as_slice)
    }

    /// The points of outside roles that are known only by name, ascending: somewhere on the internet.
    pub fn named(&self) -> &[AtomId] {
        &self.named
    }

    /// The atoms of addresses that no role or segment covers, ascending.
    pub fn internet(&self) -> impl Iterator<Item = AtomId> {
        self.iter().filter(|(_, atom)| atom.internet).map(|(id, _)| id)
    }

    /// True when a set reaches everybody on the internet: all of what nobody covers, or a whole address family.
    fn reaches_internet(&self, addresses: &AddressSet, inside: &[AtomId]) -> bool {
        let is_internet = |id: &AtomId| self.get(*id).is_some_and(|atom| atom.internet);
        let everything = AddressSet::all();
        inside.iter().any(is_internet)
            || everything
                .families()
                .into_iter()
                .any(|family| addresses.contains_all(&everything.of_family(family)))
    }

    /// The atoms that lie in an address set, whoever they belong to: what a rule with that range matches.
    /// Outside roles that are known only by name are matched by what reaches the internet.
    ///
    /// # Errors
    /// [`NotAligned`] when the set cuts through an atom.
    pub fn within(&self, addresses: &AddressSet) -> Result<Vec<AtomId>, NotAligned> {
        let touching = self.touching(addresses);
        let whole = |id: &AtomId| self.get(*id).is_some_and(|atom| addresses.contains_all(&atom.addresses));
        if !touching.iter().all(whole) {
            return Err(NotAligned { addresses: addresses.clone() });
        }
        if !self.named.is_empty() && self.reaches_internet(addresses, &touching) {
            let all: BTreeSet<AtomId> = touching.iter().chain(&self.named).copied().collect();
            return Ok(all.into_iter().collect());
        }
        Ok(touching)
    }

    /// The atoms that have an address in common with the set, ascending.
    pub fn touching(&self, addresses: &AddressSet) -> Vec<AtomId> {
        let mut found = BTreeSet::new();
        scan(&self.index_v4, addresses.v4(), &mut found);
        scan(&self.index_v6, addresses.v6(), &mut found);
        found.into_iter().collect()
    }

    /// The services that can exist between two atoms: none across address families, ICMP only in IPv4, ICMPv6 only in
    /// IPv6. A role without addresses goes with either family.
    pub fn possible(&self, from: AtomId, to: AtomId, services: &ServiceSet) -> ServiceSet {
        let family = |id| self.get(id).and_then(Atom::family);
        let without = |protocol| {
            let impossible = ServiceSet::protocol(protocol);
            if services.meets(&impossible) { services.difference(&impossible) } else { services.clone() }
        };
        match (family(from), family(to)) {
            (Some(a), Some(b)) if a != b => ServiceSet::empty(),
            (Some(Family::V4), _) | (_, Some(Family::V4)) => without(Protocol::ICMPV6),
            (Some(Family::V6), _) | (_, Some(Family::V6)) => without(Protocol::ICMP),
            (None, None) => services.clone(),
        }
    }
}

fn scan<T: Point>(index: &[(T, T, AtomId)], wanted: &Intervals<T>, found: &mut BTreeSet<AtomId>) {
    // Atoms of one block share their intervals, and different blocks are disjoint: so the high ends ascend as well.
    for (low, high) in wanted.iter() {
        let start = index.partition_point(|(_, end, _)| *end < low);
        let hits = index.iter().skip(start).take_while(|(begin, _, _)| *begin <= high);
        found.extend(hits.map(|(_, _, id)| *id));
    }
}

/// Cuts the number line along the borders of some sets: each piece with the positions of the sets that cover it, pieces
/// with equal owners joined, pieces without an owner left out.
pub(crate) fn blocks<'a, T: Point + 'a>(
    sets: impl Iterator<Item = &'a Intervals<T>>,
) -> Vec<(Vec<usize>, Intervals<T>)> {
    let mut starts: BTreeMap<T, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (at, set) in sets.enumerate() {
        for (low, high) in set.iter() {
            starts.entry(low).or_default().0.push(at);
            if let Some(after) = high.next() {
                starts.entry(after).or_default().1.push(at);
            }
        }
    }
    let mut parts: BTreeMap<Vec<usize>, Vec<(T, T)>> = BTreeMap::new();
    let mut owners = BTreeSet::new();
    let mut borders = starts.into_iter().peekable();
    while let Some((start, (opening, closing))) = borders.next() {
        for at in closing {
            owners.remove(&at);
        }
        owners.extend(opening);
        let end = borders.peek().map_or(Some(T::LARGEST), |(next, _)| next.previous());
        if let Some(end) = end.filter(|_| !owners.is_empty()) {
            parts.entry(owners.iter().copied().collect()).or_default().push((start, end));
        }
    }
    parts.into_iter().map(|(owners, part)| (owners, Intervals::from_intervals(part))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occupant(role: u32, placed: bool, ranges: &[&str]) -> Occupant {
        let nets: Vec<ipnet::IpNet> = ranges.iter().map(|range| range.parse().unwrap()).collect();
        Occupant { role: RoleId(role), placed, internet: false, addresses: AddressSet::from_ranges(&nets) }
    }

    #[test]
    fn parties_in_one_segment_are_different_points_at_the_same_addresses() {
        let universe =
            Universe::new(&[occupant(0, true, &["10.0.0.0/24"]), occupant(1, true, &["10.0.0.0/24"])], &[]);
        assert_ne!(universe.of_role(RoleId(0)), universe.of_role(RoleId(1)));
        let nets = ["10.0.0.0/24".parse().unwrap()];
        assert_eq!(universe.within(&AddressSet::from_ranges(&nets)).unwrap().len(), 2);
    }

    #[test]
    fn outside_roles_share_the_points_where_they_overlap() {
        let universe =
            Universe::new(&[occupant(0, false, &["10.0.0.0/8"]), occupant(1, false, &["10.1.0.0/16"])], &[]);
        assert_eq!(universe.of_role(RoleId(0)).len(), 2);
        assert!(universe.of_role(RoleId(0)).contains(&universe.of_role(RoleId(1))[0]));
    }

    #[test]
    fn the_internet_is_what_nobody_covers() {
        let mut internet = occupant(2, false, &[]);
        internet.internet = true;
        let universe = Universe::new(&[occupant(0, false, &["0.0.0.0/1", "::/0"]), internet], &[]);
        let atoms: Vec<String> = universe
            .of_role(RoleId(2))
            .iter()
            .map(|id| universe.get(*id).unwrap().addresses.to_string())
            .collect();
        assert_eq!(atoms, ["128.0.0.0/1"]);
    }

    #[test]
    fn who_is_known_only_by_name_is_somewhere_on_the_internet() {
        let universe = Universe::new(&[occupant(0, false, &["10.0.0.0/8"]), occupant(1, false, &[])], &[]);
        let named = universe.of_role(RoleId(1))[0];
        let nets = ["10.0.0.0/8".parse().unwrap()];
        assert!(!universe.within(&AddressSet::from_ranges(&nets)).unwrap().contains(&named));
        let rest = AddressSet::all().difference(&AddressSet::from_ranges(&nets));
        assert!(universe.within(&rest).unwrap().contains(&named));
        assert!(universe.within(&AddressSet::all()).unwrap().contains(&named));
    }

    #[test]
    fn a_set_that_cuts_through_an_atom_is_refused() {
        let universe = Universe::new(&[occupant(0, true, &["10.0.0.0/24"])], &[]);
        let nets = ["10.0.0.0/25".parse().unwrap()];
        assert!(universe.within(&AddressSet::from_ranges(&nets)).is_err());
    }
}
