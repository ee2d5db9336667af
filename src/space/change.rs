//! The exact difference of two releases of a rule list, found where their rules differ.
//!
//! In: two rule lists over one pool. Out: what opens and what closes.
//!
//! Rules that stand in both lists in the same order decide alike for every packet that no other rule matches. So the
//! verdict of a packet can differ only inside a rule that was added, removed or moved: an **edit**. For each edit, the
//! rules that overlap it are cut to it and swept, before and after.
//!
//! Invariant: the result is that of sweeping both lists whole and taking the differences.

use super::interval::{Intervals, Point};
use super::sets::{SetId, Sets};
use super::table::hash;
use super::{Field, Region, Rule, Space, TooComplex};
use hashbrown::HashTable;

/// Edits beyond which sweeping both lists whole is quicker.
const MOST_EDITS: usize = 4096;

/// Edits that one scan of the rules looks for: the bits of a mask.
const PER_SCAN: usize = 64;

const FIELDS: [Field; 3] = [Field::Service, Field::Source, Field::Destination];

/// What differs between two rule lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Packets that the new list permits and the old one doesn't.
    pub opens: Region,
    /// Packets that the old list permits and the new one doesn't.
    pub closes: Region,
}

impl<T: Point> Space<T> {
    /// What a new release of a rule list opens and closes.
    ///
    /// # Errors
    /// [`TooComplex`] when the rules around one edit go beyond the budget.
    pub fn change(&mut self, sets: &Sets<T>, old: &[Rule], new: &[Rule]) -> Result<Change, TooComplex> {
        let edits = edits(old, new);
        if edits.len() > MOST_EDITS {
            return self.change_of(sets, (old, new));
        }
        let (mut opens, mut closes) = (Vec::new(), Vec::new());
        for some in edits.chunks(PER_SCAN) {
            let before = overlapping(sets, some, old);
            let after = overlapping(sets, some, new);
            for ((edit, before), after) in some.iter().zip(before).zip(after) {
                let mut cut = Cut::new(sets, *edit);
                let (before, after) = (cut.rules(&before), cut.rules(&after));
                let change = self.change_of(&cut.own, (&before, &after))?;
                opens.push(change.opens);
                closes.push(change.closes);
            }
        }
        Ok(Change { opens: self.union_of(opens)?, closes: self.union_of(closes)? })
    }

    fn change_of(&mut self, sets: &Sets<T>, lists: (&[Rule], &[Rule])) -> Result<Change, TooComplex> {
        let (old, new) = (self.build(sets, lists.0)?, self.build(sets, lists.1)?);
        Ok(Change { opens: self.difference(new, old)?, closes: self.difference(old, new)? })
    }
}

/// The rules that were added, removed or moved, each once.
fn edits(old: &[Rule], new: &[Rule]) -> Vec<Rule> {
    let same_start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (old.get(same_start..).unwrap_or(&[]), new.get(same_start..).unwrap_or(&[]));
    let same_end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let old = old.get(..old.len() - same_end).unwrap_or(&[]);
    let new = new.get(..new.len() - same_end).unwrap_or(&[]);
    let (pairs, mut edits) = pair(old, new);
    // Where all permit, or all deny, the order means nothing, and no rule has moved.
    let verdict = old.first().or(new.first()).map(|rule| rule.verdict);
    let ordered = old.iter().chain(new).any(|rule| Some(rule.verdict) != verdict);
    if ordered {
        edits.extend(moved(&pairs).into_iter().filter_map(|at| old.get(at as usize)));
    }
    edits.sort_unstable();
    edits.dedup();
    edits
}

/// The places in the old list of the rules that the new list has too, in the new order, and the rules that only one has.
/// Of rules that stand in a list more than once only the first can decide: the others are left out.
fn pair(old: &[Rule], new: &[Rule]) -> (Vec<u32>, Vec<Rule>) {
    let key = |rule: &Rule| hash([*rule]);
    let mut places: HashTable<u32> = HashTable::with_capacity(old.len());
    let rehash = |at: &u32| old.get(*at as usize).map_or(0, key);
    // True once the rule is found in the new list, or is a repetition.
    let mut settled = vec![false; old.len()];
    for (at, rule) in (0_u32..).zip(old) {
        let full = key(rule);
        if places.find(full, |place| old.get(*place as usize) == Some(rule)).is_none() {
            places.insert_unique(full, at, rehash);
        } else if let Some(settled) = settled.get_mut(at as usize) {
            *settled = true;
        }
    }
    let (mut pairs, mut single) = (Vec::with_capacity(new.len()), Vec::new());
    for rule in new {
        match places.find(key(rule), |place| old.get(*place as usize) == Some(rule)) {
            Some(at) => {
                if let Some(settled) = settled.get_mut(*at as usize).filter(|settled| !**settled) {
                    *settled = true;
                    pairs.push(*at);
                }
            }
            None => single.push(*rule),
        }
    }
    single.extend(old.iter().zip(&settled).filter(|(_, settled)| !**settled).map(|(rule, _)| *rule));
    (pairs, single)
}

/// The numbers outside of a longest ascending subsequence of distinct numbers.
fn moved(numbers: &[u32]) -> Vec<u32> {
    // For each length, the place of the smallest number that ends a subsequence of that length.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(numbers.len());
    for (at, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|end| numbers.get(*end).is_some_and(|smaller| smaller < number));
        before.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter)).copied());
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut stays = vec![false; numbers.len()];
    let mut place = ends.last().copied();
    while let Some(at) = place {
        if let Some(stays) = stays.get_mut(at) {
            *stays = true;
        }
        place = before.get(at).copied().flatten();
    }
    numbers.iter().zip(stays).filter(|(_, stays)| !stays).map(|(number, _)| *number).collect()
}

/// For each edit, the rules that overlap it, in their order.
fn overlapping<T: Point>(sets: &Sets<T>, edits: &[Rule], rules: &[Rule]) -> Vec<Vec<Rule>> {
    let masks = FIELDS.map(|field| (field, Masks::new(sets, edits.iter().map(|edit| edit.set(field)))));
    let mut found = vec![Vec::new(); edits.len()];
    for rule in rules {
        let mut hit = u64::MAX;
        for (field, masks) in &masks {
            hit &= masks.of(sets.get(rule.set(*field)));
            if hit == 0 {
                break;
            }
        }
        while let Some(list) = found.get_mut(hit.trailing_zeros() as usize) {
            list.push(*rule);
            hit &= hit - 1;
        }
    }
    found
}

/// Which of up to 64 sets hold a number, as bits, by the place from which on it is so.
struct Masks<T: Point>(Vec<(T, u64)>);

impl<T: Point> Masks<T> {
    fn new(sets: &Sets<T>, wanted: impl Iterator<Item = SetId>) -> Self {
        let mut flips: Vec<(T, u64)> = vec![(T::SMALLEST, 0)];
        for (bit, set) in (0..PER_SCAN).zip(wanted) {
            for (low, high) in sets.get(set) {
                flips.push((*low, 1 << bit));
                flips.extend(high.next().map(|after| (after, 1 << bit)));
            }
        }
        flips.sort_unstable();
        let mut masks: Vec<(T, u64)> = Vec::with_capacity(flips.len());
        for (place, bit) in flips {
            let now = masks.last().map_or(0, |(_, mask)| *mask) ^ bit;
            match masks.last_mut() {
                Some((last, mask)) if *last == place => *mask = now,
                _ => masks.push((place, now)),
            }
        }
        Self(masks)
    }

    /// The sets that have a number in common with some intervals.
    fn of(&self, intervals: &[(T, T)]) -> u64 {
        let mut sum = 0;
        for (low, high) in intervals {
            let first = self.0.partition_point(|(start, _)| start <= low).saturating_sub(1);
            let inside = self.0.iter().skip(first).take_while(|(start, _)| start <= high);
            sum |= inside.fold(0, |sum, (_, mask)| sum | mask);
        }
        sum
    }
}

/// Cuts rules to the packets of one edit; the cut sets have a pool of their own.
struct Cut<'a, T: Point> {
    sets: &'a Sets<T>,
    own: Sets<T>,
    edit: [Intervals<T>; 3],
}

impl<'a, T: Point> Cut<'a, T> {
    fn new(sets: &'a Sets<T>, edit: Rule) -> Self {
        let set = |field| Intervals::from_intervals(sets.get(edit.set(field)).iter().copied());
        Self {
            sets,
            own: Sets::new(),
            edit: [set(Field::Source), set(Field::Destination), set(Field::Service)],
        }
    }

    fn rules(&mut self, rules: &[Rule]) -> Vec<Rule> {
        rules.iter().map(|rule| self.rule(rule)).collect()
    }

    fn rule(&mut self, rule: &Rule) -> Rule {
        let [sources, destinations, services] = &self.edit;
        let mut cut = |id, edit: &Intervals<T>| {
            let set = Intervals::from_intervals(self.sets.get(id).iter().copied());
            self.own.intern(&set.intersection(edit))
        };
        Rule {
            sources: cut(rule.sources, sources),
            destinations: cut(rule.destinations, destinations),
            services: cut(rule.services, services),
            verdict: rule.verdict,
        }
    }
}
