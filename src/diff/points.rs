//! The points of two releases together, as numbers for the set engine.
//!
//! In: two releases and the pairing of their roles. Out: [`Points`]: for each role of each release the points that a
//! line naming it speaks of, in one numbering.
//!
//! When is a packet of one release the same packet in the other?
//!
//! - A point is a role at an address, and the role is the pair: a renamed role is the same point. The addresses are cut
//!   along all ranges of both releases, so a range that grows keeps its points and gets further ones; a role that moves
//!   to other addresses loses its points and gets others.
//! - Roles outside of all platforms are their addresses, whatever they are called: who renames or splits one changes no
//!   packet. One that sits on a platform in either release is a role at an address in both, so moving onto a platform
//!   closes and opens nothing by itself; where it is outside, the outside roles that overlap it hold its points too.
//! - A role without addresses is one point for each name that it is known by; without names, one point.
//! - The internet is what no role or segment of the same release covers; it shrinks when a role or segment is declared.
//!
//! Invariant: numbers of the two address families, and of points without an address, are apart from each other; a range
//! of addresses is a range of numbers.

use super::pairing::{PairId, Pairing};
use super::release::{Party, Release};
use crate::policy::address::AddressSet;
use crate::policy::interval::{Intervals, Point};
use std::collections::{BTreeMap, BTreeSet};

/// Where cells of one address family start, ascending, the first at the smallest address.
#[derive(Debug, Clone, Default)]
struct Cells<T>(Vec<T>);

impl<T: Point> Cells<T> {
    fn cut<'a>(sets: impl Iterator<Item = &'a Intervals<T>>) -> Self
    where
        T: 'a,
    {
        let mut starts = vec![T::SMALLEST];
        for (low, high) in sets.flat_map(|set| set.as_slice()) {
            starts.push(*low);
            starts.extend(high.next());
        }
        starts.sort_unstable();
        starts.dedup();
        Self(starts)
    }

    fn len(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }

    /// The cells of a set that was cut along, as positions.
    fn of(&self, set: &Intervals<T>) -> Vec<(u32, u32)> {
        let position = |start: T| {
            let before = self.0.partition_point(|known| *known <= start);
            u32::try_from(before.saturating_sub(1)).unwrap_or(u32::MAX)
        };
        set.iter().map(|(low, high)| (position(low), position(high))).collect()
    }

    /// The addresses of cells from `low` to `high`.
    fn addresses(&self, low: u32, high: u32) -> Option<(T, T)> {
        let first = *self.0.get(low as usize)?;
        let last = match self.0.get(high as usize + 1) {
            Some(next) => next.previous()?,
            None => T::LARGEST,
        };
        Some((first, last))
    }
}

/// Numbers of one pair that stand for cells: consecutive cells have consecutive numbers.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    /// The first cell; cells of IPv6 follow those of IPv4.
    cell: u32,
    /// How many cells.
    length: u32,
    /// The number of the first.
    number: u32,
}

/// What a number stands for besides an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Addresses.
    Addresses(AddressSet),
    /// Names of roles without addresses.
    Names(Vec<String>),
}

/// One numbering for both releases.
#[derive(Debug, Clone)]
pub struct Points {
    v4: Cells<u32>,
    v6: Cells<u128>,
    /// By pair, for pairs that sit on a platform in either release.
    own: BTreeMap<PairId, Vec<Stretch>>,
    /// All stretches, by their first number.
    stretches: Vec<Stretch>,
    /// By pair and name; the empty name for a role without any.
    symbols: BTreeMap<(PairId, String), u32>,
    names: BTreeMap<u32, String>,
    count: u32,
    /// The numbers of IPv4, IPv6 and of points without an address.
    families: [Intervals<u32>; 3],
    roles: [Vec<Intervals<u32>>; 2],
}

impl Points {
    /// Numbers the points of two releases.
    pub fn new(releases: [&Release; 2], pairing: &Pairing) -> Self {
        let sets: Vec<&AddressSet> = releases.iter().flat_map(|release| ranges(release)).collect();
        let (v4, v6) =
            (Cells::cut(sets.iter().map(|set| set.v4())), Cells::cut(sets.iter().map(|set| set.v6())));
        let count = v4.len().saturating_add(v6.len());
        let mut points = Self {
            families: [
                Intervals::of(0, v4.len() - 1),
                Intervals::of(v4.len(), count - 1),
                Intervals::empty(),
            ],
            v4,
            v6,
            own: BTreeMap::new(),
            stretches: Vec::new(),
            symbols: BTreeMap::new(),
            names: BTreeMap::new(),
            count,
            roles: [Vec::new(), Vec::new()],
        };
        points.number_roles(releases, pairing);
        points.roles = [false, true].map(|after| {
            let [old, new] = releases;
            points.of_release(if after { new } else { old }, after, pairing)
        });
        points
    }

    /// Gives numbers to roles on platforms and to names.
    fn number_roles(&mut self, releases: [&Release; 2], pairing: &Pairing) {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        let first_v6 = self.v4.len();
        for (id, pair) in pairing.pairs() {
            let [old, new] = releases;
            let both = [pair.before.and_then(|at| old.party(at)), pair.after.and_then(|at| new.party(at))];
            let parties: Vec<&Party> = both.into_iter().flatten().collect();
            if parties.iter().any(|party| party.platform.is_some()) {
                let all = AddressSet::union_of(parties.iter().map(|party| &party.addresses));
                for (low, high) in self.cells(&all) {
                    let stretch = Stretch { cell: low, length: high - low + 1, number: self.count };
                    self.count = self.count.saturating_add(stretch.length);
                    let numbers = (stretch.number, self.count - 1);
                    if low < first_v6 {
                        v4.push(numbers)
                    } else {
                        v6.push(numbers)
                    }
                    self.own.entry(id).or_default().push(stretch);
                    self.stretches.push(stretch);
                }
            }
            for name in parties.iter().filter(|party| is_symbolic(party)).flat_map(|party| names(party)) {
                if let std::collections::btree_map::Entry::Vacant(entry) = self.symbols.entry((id, name)) {
                    self.names.insert(self.count, entry.key().1.clone());
                    entry.insert(self.count);
                    self.count = self.count.saturating_add(1);
                }
            }
        }
        let [mine4, mine6, none] = &mut self.families;
        *mine4 = Intervals::from_intervals(mine4.iter().chain(v4));
        *mine6 = Intervals::from_intervals(mine6.iter().chain(v6));
        *none = Intervals::from_intervals(self.names.keys().map(|number| (*number, *number)));
    }

    /// The points of every role of a release.
    fn of_release(&self, release: &Release, after: bool, pairing: &Pairing) -> Vec<Intervals<u32>> {
        let outside: Vec<(PairId, &Party)> = release
            .parties()
            .filter(|(_, party)| party.platform.is_none())
            .filter_map(|(id, party)| Some((pairing.of_party(after, id)?, party)))
            .filter(|(pair, _)| self.own.contains_key(pair))
            .collect();
        let points = |(id, party): (_, &Party)| {
            let pair = pairing.of_party(after, id);
            pair.map_or_else(Intervals::empty, |pair| self.of_party(pair, party, &outside))
        };
        release.parties().map(points).collect()
    }

    fn of_party(&self, pair: PairId, party: &Party, outside: &[(PairId, &Party)]) -> Intervals<u32> {
        if is_symbolic(party) {
            let number = |name: String| self.symbols.get(&(pair, name)).map(|number| (*number, *number));
            return Intervals::from_intervals(names(party).into_iter().filter_map(number));
        }
        self.at(pair, party, &party.addresses, outside)
    }

    /// The points of a role at some of its addresses.
    fn at(
        &self,
        pair: PairId,
        party: &Party,
        addresses: &AddressSet,
        outside: &[(PairId, &Party)],
    ) -> Intervals<u32> {
        if self.own.contains_key(&pair) {
            return self.own_numbers(pair, addresses);
        }
        let cells = Intervals::from_intervals(self.cells(addresses));
        if party.platform.is_some() {
            return cells;
        }
        let meets = outside.iter().filter(|(_, other)| other.addresses.meets(addresses));
        meets.fold(cells, |sum, (other, inside)| {
            sum.union(&self.own_numbers(*other, &inside.addresses.intersection(addresses)))
        })
    }

    /// A pair's own numbers at some addresses.
    fn own_numbers(&self, pair: PairId, addresses: &AddressSet) -> Intervals<u32> {
        let stretches = self.own.get(&pair).map_or(&[][..], Vec::as_slice);
        let mut found = Vec::new();
        for (low, high) in self.cells(addresses) {
            for stretch in stretches {
                let (first, last) = (low.max(stretch.cell), high.min(stretch.cell + stretch.length - 1));
                if first <= last {
                    let number = |cell: u32| stretch.number + (cell - stretch.cell);
                    found.push((number(first), number(last)));
                }
            }
        }
        Intervals::from_intervals(found)
    }

    /// The cells of addresses that were cut along; those of IPv6 behind those of IPv4.
    fn cells(&self, addresses: &AddressSet) -> Vec<(u32, u32)> {
        let shift = self.v4.len();
        let v6 = self.v6.of(addresses.v6()).into_iter().map(|(low, high)| (low + shift, high + shift));
        self.v4.of(addresses.v4()).into_iter().chain(v6).collect()
    }

    /// The largest number.
    pub fn largest(&self) -> u32 {
        self.count.saturating_sub(1)
    }

    /// The numbers of IPv4, of IPv6, and of points without an address.
    pub fn families(&self) -> &[Intervals<u32>; 3] {
        &self.families
    }

    /// The points of a role of the first (`after` false) or second release.
    pub fn of_role(&self, after: bool, party: super::release::PartyId) -> Option<&Intervals<u32>> {
        let [old, new] = &self.roles;
        (if after { new } else { old }).get(party.index())
    }

    /// The points of a role at a part of its addresses; all of them without a part.
    pub fn of_part(
        &self,
        after: bool,
        party: super::release::PartyId,
        part: Option<&AddressSet>,
    ) -> Intervals<u32> {
        let all = self.of_role(after, party).cloned().unwrap_or_default();
        match part {
            None => all,
            Some(part) => all.intersection(&self.everybody_at(part)),
        }
    }

    /// Every point at some addresses that were cut along, whoever it belongs to.
    fn everybody_at(&self, addresses: &AddressSet) -> Intervals<u32> {
        let own =
            self.own.keys().flat_map(|pair| self.own_numbers(*pair, addresses).iter().collect::<Vec<_>>());
        Intervals::from_intervals(self.cells(addresses).into_iter().chain(own))
    }

    /// What some numbers stand for.
    pub fn meaning(&self, numbers: &Intervals<u32>) -> Meaning {
        let [_, _, none] = &self.families;
        if !numbers.is_empty() && none.contains_all(numbers) {
            let named =
                self.names.iter().filter(|(number, _)| numbers.meets(&Intervals::of(**number, **number)));
            let names: BTreeSet<&String> =
                named.map(|(_, name)| name).filter(|name| !name.is_empty()).collect();
            return Meaning::Names(names.into_iter().cloned().collect());
        }
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        let first_v6 = self.v4.len();
        for (low, high) in self.cells_of(numbers) {
            if low < first_v6 {
                v4.extend(self.v4.addresses(low, high));
            } else {
                v6.extend(self.v6.addresses(low - first_v6, high - first_v6));
            }
        }
        let v6 = AddressSet::from_v6(Intervals::from_intervals(v6));
        Meaning::Addresses(AddressSet::from_v4(Intervals::from_intervals(v4)).union(&v6))
    }

    /// The cells behind some numbers, each run within one family.
    fn cells_of(&self, numbers: &Intervals<u32>) -> Vec<(u32, u32)> {
        let cells = self.v4.len() + self.v6.len();
        let mut found = Vec::new();
        for (low, high) in numbers.iter() {
            for (first, last) in [(0, self.v4.len() - 1), (self.v4.len(), cells - 1)] {
                let (first, last) = (low.max(first), high.min(last));
                if first <= last {
                    found.push((first, last));
                }
            }
            let from = self.stretches.partition_point(|stretch| stretch.number + stretch.length <= low);
            for stretch in self.stretches.iter().skip(from).take_while(|stretch| stretch.number <= high) {
                let (first, last) = (low.max(stretch.number), high.min(stretch.number + stretch.length - 1));
                let cell = |number: u32| stretch.cell + (number - stretch.number);
                found.push((cell(first), cell(last)));
            }
        }
        found
    }
}

/// Every range of a release.
fn ranges(release: &Release) -> Vec<&AddressSet> {
    let segments = release.segments.iter().flatten().map(|segment| &segment.addresses);
    let later = release.exceptions.iter().flatten().filter_map(|one| one.widenings.as_ref());
    let widenings = release.widenings.iter().chain(later).flatten();
    let parts = widenings.flat_map(|one| one.from_part.iter().chain(&one.to_part));
    release.parties.iter().map(|party| &party.addresses).chain(segments).chain(parts).collect()
}

/// True for a role of which only names are known.
fn is_symbolic(party: &Party) -> bool {
    party.addresses.is_empty() && !party.is_internet
}

/// The names of a role without addresses; one empty name where it has none.
fn names(party: &Party) -> Vec<String> {
    if party.known_by.is_empty() { vec![String::new()] } else { party.known_by.clone() }
}
