//! Which role of one release is which role of the other.
//!
//! In: two releases. Out: [`Pairing`].
//!
//! A role is the same one when its name is, or when one of the two releases gives the other's name as the earlier one
//! (`was`), or when both give the same earlier name. The current name goes first, so that a name that was freed and given
//! to another role is that other role. Addresses play no part: a role that moved stays itself, and another role at the
//! same addresses is another one.
//!
//! Invariant: each role of either release is in exactly one pair; pairs are in name order.

use super::release::{PartyId, Release};
use std::collections::BTreeMap;

/// Position of a pair in [`Pairing::pairs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PairId(pub u32);

impl PairId {
    /// The position in its list.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A role in both releases, or in one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Its name: that of the second release where it is there.
    pub name: String,
    /// In the first release.
    pub before: Option<PartyId>,
    /// In the second release.
    pub after: Option<PartyId>,
}

/// All roles of two releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    pairs: Vec<Pair>,
    of_before: Vec<PairId>,
    of_after: Vec<PairId>,
}

impl Pairing {
    /// Pairs the roles of two releases.
    pub fn new(before: &Release, after: &Release) -> Self {
        let mut partner: BTreeMap<PartyId, PartyId> = BTreeMap::new();
        for (old, party) in before.parties() {
            if let Some(new) = after.find(&party.name) {
                partner.insert(old, new);
            }
        }
        pair_by(before, after, &mut partner, |_, new| new.was.clone(), |old| Some(old.name.clone()));
        pair_by(before, after, &mut partner, |_, new| Some(new.name.clone()), |old| old.was.clone());
        pair_by(before, after, &mut partner, |_, new| new.was.clone(), |old| old.was.clone());
        Self::of(before, after, &partner)
    }

    fn of(before: &Release, after: &Release, partner: &BTreeMap<PartyId, PartyId>) -> Self {
        let met: BTreeMap<PartyId, PartyId> = partner.iter().map(|(old, new)| (*new, *old)).collect();
        let gone = before.parties().filter(|(old, _)| !partner.contains_key(old));
        let gone = gone.map(|(old, party)| Pair { name: party.name.clone(), before: Some(old), after: None });
        let here = after.parties().map(|(new, party)| Pair {
            name: party.name.clone(),
            before: met.get(&new).copied(),
            after: Some(new),
        });
        let mut pairs: Vec<Pair> = gone.chain(here).collect();
        pairs.sort_by(|a, b| (&a.name, a.after.is_some()).cmp(&(&b.name, b.after.is_some())));
        let position = |wanted: usize, side: fn(&Pair) -> Option<PartyId>| {
            let mut found = vec![PairId(u32::MAX); wanted];
            for (at, pair) in (0_u32..).zip(&pairs) {
                if let Some(place) = side(pair).and_then(|id| found.get_mut(id.index())) {
                    *place = PairId(at);
                }
            }
            found
        };
        let of_before = position(before.parties.len(), |pair| pair.before);
        let of_after = position(after.parties.len(), |pair| pair.after);
        Self { pairs, of_before, of_after }
    }

    /// The pairs in name order.
    pub fn pairs(&self) -> impl Iterator<Item = (PairId, &Pair)> {
        (0_u32..).map(PairId).zip(&self.pairs)
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// True where neither release has a role.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// One pair; `None` for an id of another pairing.
    pub fn get(&self, id: PairId) -> Option<&Pair> {
        self.pairs.get(id.index())
    }

    /// A pair's name.
    pub fn name(&self, id: PairId) -> &str {
        self.get(id).map_or("", |pair| pair.name.as_str())
    }

    /// The pair of a role of the first (`after` false) or second release.
    pub fn of_party(&self, after: bool, party: PartyId) -> Option<PairId> {
        let list = if after { &self.of_after } else { &self.of_before };
        list.get(party.index()).copied()
    }
}

/// Pairs roles that have no partner yet and of which two names are equal.
fn pair_by(
    before: &Release,
    after: &Release,
    partner: &mut BTreeMap<PartyId, PartyId>,
    name_of_new: fn(&Release, &super::release::Party) -> Option<String>,
    name_of_old: fn(&super::release::Party) -> Option<String>,
) {
    let taken: std::collections::BTreeSet<PartyId> = partner.values().copied().collect();
    let free = after.parties().filter(|(new, _)| !taken.contains(new));
    let mut wanted: BTreeMap<String, PartyId> =
        free.filter_map(|(new, party)| Some((name_of_new(after, party)?, new))).collect();
    for (old, party) in before.parties() {
        if partner.contains_key(&old) {
            continue;
        }
        if let Some(new) = name_of_old(party).and_then(|name| wanted.remove(&name)) {
            partner.insert(old, new);
        }
    }
}
