//! The sides of rules, cut into pieces that each side holds wholly or not at all.
//!
//! In: the sides of some rules. Out: [`Cells`], each with the rules that hold it.
//!
//! Invariant: a name stands for itself, because what is behind it is the platform's business: it shares nothing with
//! ranges of addresses. A side with all addresses of both families is everybody.

use crate::policy::address::AddressSet;
use crate::policy::universe::blocks;
use crate::target::observed::{PeerName, Peers};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Some parties, as far as sides of rules tell them apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who {
    /// Whom no side mentions.
    pub rest: bool,
    /// True where everybody is meant but those whom the other fields describe.
    pub all_but: bool,
    /// Whom the enforcement point guards.
    pub guarded: bool,
    /// Whoever sits at one of these.
    pub addresses: AddressSet,
    /// Whoever is known by one of these.
    pub names: BTreeSet<PeerName>,
}

impl Who {
    /// Either of two.
    #[must_use]
    pub(super) fn union(&self, other: &Self) -> Self {
        Self {
            rest: self.rest || other.rest,
            all_but: false,
            guarded: self.guarded || other.guarded,
            addresses: self.addresses.union(&other.addresses),
            names: self.names.union(&other.names).cloned().collect(),
        }
    }
}

impl fmt::Display for Who {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        if self.guarded {
            words.push("its members".to_owned());
        }
        words.extend(self.names.iter().map(PeerName::to_string));
        words.extend(self.addresses.ranges().iter().map(ToString::to_string));
        let list = words.join(", ");
        match (self.all_but, words.is_empty(), self.rest) {
            (true, true, _) | (false, true, true) => formatter.write_str("everybody"),
            (true, false, _) => write!(formatter, "everybody but {list}"),
            (false, false, true) => write!(formatter, "{list}, everybody else"),
            (false, true, false) => formatter.write_str("nobody"),
            (false, false, false) => formatter.write_str(&list),
        }
    }
}

/// One piece.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) who: Who,
}

/// All pieces that a side holds, and for each side its pieces.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    pub(super) all: Vec<Cell>,
    pub(super) of_side: Vec<Vec<usize>>,
}

/// True for a side that is everybody.
pub(super) fn is_everybody(peers: &Peers) -> bool {
    peers.everybody || peers.addresses.contains_all(&AddressSet::all())
}

/// A side so that equal sides are equal values.
pub(super) fn normal(peers: &Peers) -> Peers {
    if is_everybody(peers) { Peers::everybody() } else { peers.clone() }
}

impl Cells {
    pub(super) fn of(sides: &[&Peers]) -> Self {
        let wide: BTreeSet<usize> = positions(sides, is_everybody);
        let mut found: BTreeMap<BTreeSet<usize>, Who> = BTreeMap::new();
        let mut add = |owners: BTreeSet<usize>, who: Who| {
            let owners: BTreeSet<usize> = owners.union(&wide).copied().collect();
            if !owners.is_empty() {
                let known = found.entry(owners).or_default();
                *known = known.union(&who);
            }
        };
        for (owners, part) in blocks(sides.iter().map(|side| side.addresses.v4())) {
            let who = Who { addresses: AddressSet::from_v4(part), ..Who::default() };
            add(owners.into_iter().collect(), who);
        }
        for (owners, part) in blocks(sides.iter().map(|side| side.addresses.v6())) {
            let who = Who { addresses: AddressSet::from_v6(part), ..Who::default() };
            add(owners.into_iter().collect(), who);
        }
        let names: BTreeSet<&PeerName> = sides.iter().flat_map(|side| &side.names).collect();
        for name in names {
            let owners = positions(sides, |side| side.names.contains(name));
            add(owners, Who { names: BTreeSet::from([name.clone()]), ..Who::default() });
        }
        if sides.iter().any(|side| side.guarded) {
            add(positions(sides, |side| side.guarded), Who { guarded: true, ..Who::default() });
        }
        add(BTreeSet::new(), Who { rest: true, ..Who::default() });
        Self::indexed(found, sides.len())
    }

    fn indexed(found: BTreeMap<BTreeSet<usize>, Who>, sides: usize) -> Self {
        let mut of_side = vec![Vec::new(); sides];
        let mut all = Vec::new();
        for (owners, who) in found {
            for side in &owners {
                if let Some(cells) = of_side.get_mut(*side) {
                    cells.push(all.len());
                }
            }
            all.push(Cell { who });
        }
        Self { all, of_side }
    }

    /// Some pieces in words: by what is left out where they hold whom no side mentions.
    pub(super) fn who(&self, pieces: &BTreeSet<usize>) -> Who {
        let numbered = || self.all.iter().enumerate();
        let sum =
            |all: &mut dyn Iterator<Item = &Cell>| all.fold(Who::default(), |sum, cell| sum.union(&cell.who));
        let held = sum(&mut numbered().filter(|(at, _)| pieces.contains(at)).map(|(_, cell)| cell));
        if !held.rest {
            return held;
        }
        let others = sum(&mut numbered().filter(|(at, _)| !pieces.contains(at)).map(|(_, cell)| cell));
        Who { all_but: true, ..others }
    }

    /// The pieces of a side.
    pub(super) fn side(&self, at: usize) -> &[usize] {
        self.of_side.get(at).map_or(&[], Vec::as_slice)
    }
}

fn positions(sides: &[&Peers], is: impl Fn(&Peers) -> bool) -> BTreeSet<usize> {
    sides.iter().enumerate().filter(|(_, side)| is(side)).map(|(at, _)| at).collect()
}
