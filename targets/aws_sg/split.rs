//! In which of its role's groups each rule stands, where one group has no room for all.
//!
//! In: rules with names and weights, the room of a group, and the places that the lock has. Out: a place for each rule.
//!
//! Invariant: a rule stays where the lock has it while that group exists and has room; so a new rule moves no other.
//! Without a lock the heaviest rules come first, then the order of names; each takes the first group with room.

use super::draft::{Rows, Slot};
use super::plan::Peer;
use crate::policy::address::Family;
use crate::policy::service::ServiceRange;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A rule with its name, what it counts, and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    /// Owner and direction.
    pub(super) slot: Slot,
    /// The other end.
    pub(super) peer: Peer,
    /// Protocol and ports.
    pub(super) range: ServiceRange,
    /// The rows that ask for it.
    pub(super) rows: Rows,
    /// Logical id. It does not say the place, so that the name stays when the place changes.
    pub(super) id: String,
    /// What it counts in each family.
    pub(super) weight: Weight,
    /// Which of the owner's groups it stands in, from 1.
    pub(super) part: u32,
}

/// Rules counted by family.
pub(super) type Weight = BTreeMap<Family, u64>;

/// The room for rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Rules of a group in one direction and family.
    pub(super) rules: u64,
    /// Groups of one role.
    pub(super) groups: u32,
}

/// Places the rules of one direction of one owner. `start` is what an empty group counts already. Where there is no room
/// in the groups that a role may wear, rules stand in further ones, which the caller reports.
pub(super) fn place(rules: &mut [Placed], start: &Weight, room: Room, locked: &BTreeMap<String, u32>) {
    first_fit(rules, start, room, locked);
    let most = rules.iter().map(|rule| rule.part).max();
    if most > Some(room.groups) && !locked.is_empty() {
        // What the lock keeps leaves gaps that are too small; moving rules is better than refusing them.
        first_fit(rules, start, room, &BTreeMap::new());
    }
}

fn first_fit(rules: &mut [Placed], start: &Weight, room: Room, locked: &BTreeMap<String, u32>) {
    let mut groups: Vec<Weight> = Vec::new();
    let mut order: Vec<&mut Placed> = rules.iter_mut().collect();
    let place_of = |rule: &Placed| locked.get(&rule.id).copied().filter(|part| *part <= room.groups);
    order.sort_by_key(|rule| {
        (place_of(rule).is_none(), Reverse(rule.weight.values().sum::<u64>()), rule.id.clone())
    });
    for rule in order {
        let wanted = place_of(rule).and_then(index).filter(|at| has_room(&groups, *at, start, rule, room));
        let at = wanted.or_else(|| (0..groups.len()).find(|at| has_room(&groups, *at, start, rule, room)));
        let at = at.unwrap_or(groups.len());
        if groups.len() <= at {
            groups.resize(at + 1, start.clone());
        }
        if let Some(group) = groups.get_mut(at) {
            rule.weight.iter().for_each(|(family, weight)| *group.entry(*family).or_default() += weight);
        }
        rule.part = u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1);
    }
}

fn index(part: u32) -> Option<usize> {
    usize::try_from(part.checked_sub(1)?).ok()
}

fn has_room(groups: &[Weight], at: usize, start: &Weight, rule: &Placed, room: Room) -> bool {
    let group = groups.get(at).unwrap_or(start);
    let used = |family: &Family| group.get(family).copied().unwrap_or_default();
    rule.weight.iter().all(|(family, weight)| used(family).saturating_add(*weight) <= room.rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::RoleId;
    use crate::policy::service::Protocol;
    use crate::target::half::Direction;
    use proptest::prelude::*;

    fn rule(id: &str, v4: u64, v6: u64) -> Placed {
        Placed {
            slot: Slot { owner: RoleId::at(0), direction: Direction::Ingress },
            peer: Peer::PrefixList(id.to_owned()),
            range: ServiceRange { protocol: Protocol::TCP, low: 1, high: 1 },
            rows: Rows::new(),
            id: id.to_owned(),
            weight: [(Family::V4, v4), (Family::V6, v6)]
                .into_iter()
                .filter(|(_, weight)| *weight > 0)
                .collect(),
            part: 0,
        }
    }

    fn places(rules: &[Placed]) -> BTreeMap<String, u32> {
        rules.iter().map(|rule| (rule.id.clone(), rule.part)).collect()
    }

    const ROOM: Room = Room { rules: 3, groups: 2 };

    #[test]
    fn heavy_rules_come_first_and_families_fill_their_own_room() {
        let mut rules = [rule("a", 1, 0), rule("b", 0, 1), rule("c", 3, 0), rule("d", 1, 1)];
        place(&mut rules, &Weight::new(), ROOM, &BTreeMap::new());
        let parts: Vec<u32> = rules.iter().map(|rule| rule.part).collect();
        assert_eq!(parts, [2, 1, 1, 2]);
    }

    #[test]
    fn what_never_fits_stands_in_a_group_too_many() {
        let mut rules = [rule("a", 4, 0), rule("b", 3, 0), rule("c", 3, 0)];
        place(&mut rules, &Weight::new(), ROOM, &BTreeMap::new());
        assert_eq!(rules.iter().map(|rule| rule.part).max(), Some(3));
    }

    #[test]
    fn a_lock_that_leaves_too_small_gaps_is_given_up() {
        let locked = BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]);
        let mut rules = [rule("a", 1, 0), rule("b", 1, 0), rule("c", 3, 0)];
        place(&mut rules, &Weight::new(), ROOM, &locked);
        assert_eq!(rules.map(|rule| rule.part), [2, 2, 1]);
    }

    proptest! {
        /// With a lock, one more rule moves no other, and no group is overfull.
        #[test]
        fn an_insertion_moves_nothing(
            names in prop::collection::btree_set(0_u16..200, 1..40),
            more in 0_u16..200,
            start in 0_u64..2,
        ) {
            let start = Weight::from([(Family::V4, start)]);
            let room = Room { rules: 6, groups: 10 };
            let named = |at: &u16| rule(&format!("r{at:03}"), 1, u64::from(at.is_multiple_of(3)));
            let mut before: Vec<Placed> = names.iter().map(named).collect();
            place(&mut before, &start, room, &BTreeMap::new());
            let locked = places(&before);
            let mut after: Vec<Placed> = names.iter().chain([&more]).map(named).collect();
            after.sort_by(|a, b| a.id.cmp(&b.id));
            after.dedup_by(|a, b| a.id == b.id);
            place(&mut after, &start, room, &locked);
            let found = places(&after);
            prop_assert!(locked.iter().all(|(id, part)| found.get(id) == Some(part)));
            let mut used: BTreeMap<(u32, Family), u64> = BTreeMap::new();
            for rule in &after {
                rule.weight.iter().for_each(|(family, weight)| *used.entry((rule.part, *family)).or_default() += weight);
            }
            let of_start = |family: &Family| start.get(family).copied().unwrap_or_default();
            prop_assert!(used.iter().all(|((_, family), sum)| sum + of_start(family) <= room.rules));
            let sum = u64::try_from(after.len()).unwrap();
            let fewest = sum.div_ceil(room.rules - start[&Family::V4]);
            let groups = after.iter().map(|rule| u64::from(rule.part)).max();
            prop_assert!(groups <= Some(fewest), "{groups:?} groups for {sum} rules");
        }
    }
}
