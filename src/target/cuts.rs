//! Points of a policy that rules cut through, split into pieces for the length of one evaluation.
//!
//! In: the sides of rules that cover points in part. Out: parts to decide about, and one answer for each point.
//!
//! Invariant: a point without cuts has one part, number 0. Every side that made the cuts holds a piece wholly or not at
//! all.

use super::evaluate::Unclear;
use crate::policy::address::AddressSet;
use crate::policy::service::ServiceSet;
use crate::policy::universe::{Atom, AtomId};
use std::collections::{BTreeMap, BTreeSet};

/// A part of a point: the point itself, or a piece of it while a guard is evaluated.
pub(super) type Part = (AtomId, u32);

/// What passes from one point to another.
pub(super) type Pair = ((AtomId, AtomId), ServiceSet);

/// A piece of a point: some of its addresses, or some of its names.
#[derive(Clone, Default)]
pub(super) struct Piece {
    addresses: AddressSet,
    names: BTreeSet<String>,
}

impl Piece {
    pub(super) fn at(atom: &Atom) -> Self {
        Self { addresses: atom.addresses.clone(), names: BTreeSet::new() }
    }

    pub(super) fn known_by(names: &BTreeSet<String>) -> Self {
        Self { addresses: AddressSet::empty(), names: names.clone() }
    }

    pub(super) fn split_addresses(&self, by: &AddressSet) -> impl Iterator<Item = Self> + use<> {
        let halves = [self.addresses.intersection(by), self.addresses.difference(by)];
        let names = self.names.clone();
        let piece = move |addresses| Self { addresses, names: names.clone() };
        halves.into_iter().filter(|addresses| !addresses.is_empty()).map(piece)
    }

    pub(super) fn split_names(&self, by: &BTreeSet<&String>) -> impl Iterator<Item = Self> + use<> {
        let (inside, outside): (BTreeSet<String>, BTreeSet<String>) =
            self.names.iter().cloned().partition(|name| by.contains(name));
        let halves = [inside, outside].into_iter().filter(|names| !names.is_empty());
        halves.map(|names| Self { addresses: AddressSet::empty(), names })
    }
}

/// The points that rules of one guard and direction cut through, with their pieces.
#[derive(Default)]
pub(super) struct Cuts {
    pieces: BTreeMap<AtomId, Vec<Piece>>,
    /// A rule that cuts each of them.
    pointers: BTreeMap<AtomId, String>,
}

impl Cuts {
    pub(super) fn split(
        &mut self,
        atom: AtomId,
        pointer: &str,
        whole: impl FnOnce() -> Piece,
    ) -> &mut Vec<Piece> {
        self.pointers.entry(atom).or_insert_with(|| pointer.to_owned());
        self.pieces.entry(atom).or_insert_with(|| vec![whole()])
    }

    /// True when rules cut through a point.
    pub(super) fn cut(&self, atom: AtomId) -> bool {
        self.pieces.contains_key(&atom)
    }

    fn parts_of(&self, atom: AtomId) -> usize {
        self.pieces.get(&atom).map_or(1, Vec::len)
    }

    pub(super) fn count(&self, atoms: &BTreeSet<AtomId>) -> usize {
        if self.pieces.is_empty() {
            return atoms.len();
        }
        atoms.iter().map(|atom| self.parts_of(*atom)).sum()
    }

    /// All parts of a point.
    pub(super) fn all(&self, atom: AtomId) -> impl Iterator<Item = Part> + use<> {
        (0_u32..).take(self.parts_of(atom)).map(move |at| (atom, at))
    }

    /// The parts of a point that lie in some addresses; without pieces, the point lies there wholly.
    pub(super) fn within(&self, atom: AtomId, whole: &AddressSet, addresses: &AddressSet) -> Vec<Part> {
        match self.pieces.get(&atom) {
            None => vec![(atom, 0)],
            Some(_) if addresses.contains_all(whole) => self.all(atom).collect(),
            Some(pieces) => self.those(atom, pieces, |piece| addresses.contains_all(&piece.addresses)),
        }
    }

    /// The parts of a point that are known by some names.
    pub(super) fn named(
        &self,
        atom: AtomId,
        whole: &BTreeSet<String>,
        names: &BTreeSet<&String>,
    ) -> Vec<Part> {
        let are_there = |wanted: &BTreeSet<String>| wanted.iter().all(|name| names.contains(name));
        match self.pieces.get(&atom) {
            None if are_there(whole) => vec![(atom, 0)],
            None => Vec::new(),
            Some(pieces) => self.those(atom, pieces, |piece| are_there(&piece.names)),
        }
    }

    fn those(&self, atom: AtomId, pieces: &[Piece], are_meant: impl Fn(&Piece) -> bool) -> Vec<Part> {
        let parts = self.all(atom).zip(pieces).filter(|(_, piece)| are_meant(piece));
        parts.map(|(part, _)| part).collect()
    }

    /// One answer for each pair of points.
    ///
    /// # Errors
    /// [`Unclear::NotAligned`] when parts of a point have different answers.
    pub(super) fn joined(
        &self,
        allowed: impl Iterator<Item = ((Part, Part), ServiceSet)>,
    ) -> Result<Vec<Pair>, Unclear> {
        let allowed = allowed.filter(|(_, services)| !services.is_empty());
        if self.pieces.is_empty() {
            return Ok(allowed.map(|(((from, _), (to, _)), services)| ((from, to), services)).collect());
        }
        let mut pairs: BTreeMap<(AtomId, AtomId), (usize, ServiceSet)> = BTreeMap::new();
        for (((from, _), (to, _)), here) in allowed {
            let (count, services) = pairs.entry((from, to)).or_insert_with(|| (0, here.clone()));
            if *services != here {
                return Err(self.not_aligned(from, to));
            }
            *count += 1;
        }
        for ((from, to), (count, _)) in &pairs {
            if *count != self.parts_of(*from) * self.parts_of(*to) {
                return Err(self.not_aligned(*from, *to));
            }
        }
        Ok(pairs.into_iter().map(|(pair, (_, services))| (pair, services)).collect())
    }

    fn not_aligned(&self, from: AtomId, to: AtomId) -> Unclear {
        let cut = [from, to].into_iter().find(|atom| self.pieces.contains_key(atom)).unwrap_or(from);
        let pieces = self.pieces.get(&cut).and_then(|pieces| pieces.first());
        Unclear::NotAligned {
            pointer: self.pointers.get(&cut).cloned().unwrap_or_default(),
            addresses: pieces.map(|piece| piece.addresses.clone()).unwrap_or_default(),
        }
    }
}
