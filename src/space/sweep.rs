//! Rules to a region, in one memoised pass.
//!
//! In: rules, the first match of which decides. Out: the node of what they permit.
//!
//! A **part** of layer k is what is left of a rule when the fields before k are settled: its set of field k and the part
//! of the next layer. Equal parts have one number, and numbers ascend with (verdict, next part, set): so a list sorted
//! by number stays sorted when it moves to the next layer.
//!
//! Invariant: a list in normal form ends at the first part that covers all of its fields, names no part twice, has its
//! neighbours of one verdict sorted, and doesn't end with a deny; lists of one form permit the same packets.

use super::diagram::{EVERYTHING, Edges, NOTHING};
use super::interval::Point;
use super::sets::{SetId, Sets};
use super::table::hash;
use super::{LAYERS, Region, Rule, Space, TooComplex, Verdict};
use hashbrown::HashTable;

/// Parts that open or close in one place, up to which the list in force is changed in place.
const FEW: usize = 4;

/// The part beyond the last layer of a rule that permits.
const PERMIT: u32 = 0;
/// The part beyond the last layer of a rule that denies.
const DENY: u32 = 1;

/// What is left of rules at one layer.
#[derive(Debug)]
struct Part {
    set: SetId,
    next: u32,
    /// True when no packet escapes the part.
    covers: bool,
    /// The list in which the part was seen last.
    seen: u32,
}

/// A list in normal form whose node is known.
#[derive(Debug)]
struct Known {
    hash: u64,
    start: usize,
    len: usize,
    node: u32,
}

/// One layer of a sweep; what comes after `known` is kept for its memory only.
#[derive(Debug)]
struct Layer<T> {
    largest: T,
    parts: Vec<Part>,
    /// The first part that denies.
    first_deny: u32,
    /// The list that is being brought to normal form; 0 is none.
    list: u32,
    lists: Vec<u32>,
    known: HashTable<Known>,
    events: Vec<(T, u32)>,
    spans: Vec<(T, T)>,
    active: Vec<u32>,
    spare: Vec<u32>,
    child: Vec<u32>,
    edges: Edges<T>,
}

struct Sweep<'a, T> {
    space: &'a mut Space<T>,
    sets: &'a Sets<T>,
    layers: Vec<Layer<T>>,
}

impl<T: Point> Space<T> {
    /// What a list of rules permits: for each packet the first rule that matches decides, and no match is a deny.
    ///
    /// # Errors
    /// [`TooComplex`] beyond the budget.
    pub fn build(&mut self, sets: &Sets<T>, rules: &[Rule]) -> Result<Region, TooComplex> {
        self.start();
        let mut ids = matchable(self, sets, rules);
        let rules: Vec<&Rule> = ids.iter().filter_map(|id| rules.get(*id as usize)).collect();
        for (id, rule) in ids.iter_mut().zip(&rules) {
            *id = if rule.verdict == Verdict::Permit { PERMIT } else { DENY };
        }
        let mut layers = Vec::with_capacity(LAYERS);
        for at in (0..LAYERS).rev() {
            layers.push(self.layer(sets, at, &rules, &mut ids, layers.last()));
        }
        layers.reverse();
        let mut sweep = Sweep { space: self, sets, layers };
        let mut list = Vec::with_capacity(ids.len());
        sweep.normal_form(0, ids.iter().copied(), &mut list)?;
        sweep.sweep(0, &list).map(Region)
    }

    /// Numbers the parts of a layer. `ids` has each rule's part of the layer below, and then of this one.
    fn layer(
        &self,
        sets: &Sets<T>,
        at: usize,
        rules: &[&Rule],
        ids: &mut [u32],
        below: Option<&Layer<T>>,
    ) -> Layer<T> {
        let field = self.order.field(at);
        let largest = self.largest_at(at);
        let set = |rule: &Rule| field.map_or(rule.sources, |field| rule.set(field));
        let mut keys: Vec<(u32, SetId, u32)> =
            (0..).zip(ids.iter().zip(rules)).map(|(at, (next, rule))| (*next, set(rule), at)).collect();
        keys.sort_unstable();
        let mut parts: Vec<Part> = Vec::new();
        let mut first_deny = 0;
        for (next, set, rule) in keys {
            if parts.last().is_none_or(|part| (part.next, part.set) != (next, set)) {
                let rest =
                    below.is_none_or(|below| below.parts.get(next as usize).is_some_and(|part| part.covers));
                parts.push(Part { set, next, covers: rest && sets.covers(set, largest), seen: 0 });
                let permits = below.map_or(next == PERMIT, |below| next < below.first_deny);
                first_deny += u32::from(permits);
            }
            if let (Some(id), Ok(last)) = (ids.get_mut(rule as usize), u32::try_from(parts.len() - 1)) {
                *id = last;
            }
        }
        Layer::new(largest, parts, first_deny)
    }
}

/// The positions of rules that some packet of the frame matches.
fn matchable<T: Point>(space: &Space<T>, sets: &Sets<T>, rules: &[Rule]) -> Vec<u32> {
    let hits = |rule: &Rule| {
        space.order.fields().iter().all(|field| !sets.misses(rule.set(*field), space.frame.largest(*field)))
    };
    (0..).zip(rules).filter(|(_, rule)| hits(rule)).map(|(at, _)| at).collect()
}

impl<T: Point> Layer<T> {
    fn new(largest: T, parts: Vec<Part>, first_deny: u32) -> Self {
        Self {
            largest,
            parts,
            first_deny,
            list: 0,
            lists: Vec::new(),
            known: HashTable::new(),
            events: Vec::new(),
            spans: Vec::new(),
            active: Vec::new(),
            spare: Vec::new(),
            child: Vec::new(),
            edges: Edges::new(),
        }
    }

    fn next_list(&mut self) {
        self.list = self.list.checked_add(1).unwrap_or_else(|| {
            self.parts.iter_mut().for_each(|part| part.seen = 0);
            1
        });
    }

    fn find(&self, hash: u64, list: &[u32]) -> Option<u32> {
        let same = |known: &Known| {
            known.hash == hash && self.lists.get(known.start..known.start + known.len) == Some(list)
        };
        self.known.find(hash, same).map(|known| known.node)
    }

    fn keep(&mut self, hash: u64, list: &[u32], node: u32) {
        let start = self.lists.len();
        self.lists.extend_from_slice(list);
        self.known.insert_unique(hash, Known { hash, start, len: list.len(), node }, |known| known.hash);
    }

    /// Where the parts of a list open and close, sorted: a number, and twice the place in the list, plus 1 to close.
    fn fill_events(&mut self, sets: &Sets<T>, list: &[u32]) {
        self.events.clear();
        for (place, part) in (0_u32..).zip(list) {
            let Some(part) = self.parts.get(*part as usize) else { continue };
            for (low, high) in sets.get(part.set).iter().take_while(|(low, _)| *low <= self.largest) {
                self.events.push((*low, place << 1));
                if let Some(after) = high.next().filter(|after| *after <= self.largest) {
                    self.events.push((after, place << 1 | 1));
                }
            }
        }
        self.events.sort_unstable();
    }

    /// The edges of the last layer where all parts permit: the union of their sets. Says how many intervals these have.
    fn fill_union(&mut self, sets: &Sets<T>, list: &[u32]) -> usize {
        self.spans.clear();
        for part in list.iter().filter_map(|part| self.parts.get(*part as usize)) {
            self.spans.extend(sets.get(part.set));
        }
        self.spans.sort_unstable();
        self.edges.clear();
        let mut next = Some(T::SMALLEST);
        for (low, high) in self.spans.iter().filter(|(low, _)| *low <= self.largest) {
            let Some(from) = next else { break };
            if let Some(before) = low.previous().filter(|before| *before >= from) {
                self.edges.push(before, NOTHING);
            }
            if *high >= from {
                self.edges.push((*high).min(self.largest), EVERYTHING);
                next = high.next();
            }
        }
        if next.is_some_and(|from| from <= self.largest) {
            self.edges.push(self.largest, NOTHING);
        }
        self.spans.len()
    }

    /// Applies the events of one place to the list in force, which holds places in the list, ascending.
    fn change_active(&mut self, changes: &[(T, u32)]) {
        if changes.len() > FEW {
            return self.merge_active(changes);
        }
        for (_, event) in changes {
            let place = event >> 1;
            match self.active.binary_search(&place) {
                Ok(at) if event & 1 == 1 => {
                    self.active.remove(at);
                }
                Err(at) if event & 1 == 0 => self.active.insert(at, place),
                _ => {}
            }
        }
    }

    fn merge_active(&mut self, changes: &[(T, u32)]) {
        self.spare.clear();
        let mut changes = changes.iter().map(|(_, event)| *event).peekable();
        for place in &self.active {
            while let Some(event) = changes.next_if(|event| event >> 1 < *place) {
                self.spare.push(event >> 1);
            }
            if changes.next_if(|event| event >> 1 == *place).is_none() {
                self.spare.push(*place);
            }
        }
        self.spare.extend(changes.map(|event| event >> 1));
        std::mem::swap(&mut self.active, &mut self.spare);
    }
}

impl<T: Point> Sweep<'_, T> {
    /// The node of a list in normal form.
    fn sweep(&mut self, layer: usize, list: &[u32]) -> Result<u32, TooComplex> {
        let Some(own) = self.layers.get(layer) else {
            return Ok(if list.first() == Some(&PERMIT) { EVERYTHING } else { NOTHING });
        };
        match list {
            [] => return Ok(NOTHING),
            // Alone in its list, so it permits.
            [only] if own.parts.get(*only as usize).is_some_and(|part| part.covers) => return Ok(EVERYTHING),
            _ => {}
        }
        // The first layer has one list.
        let key = hash(list);
        if layer > 0
            && let Some(node) = own.find(key, list)
        {
            return Ok(node);
        }
        let node = self.sweep_events(layer, list)?;
        if let Some(own) = self.layers.get_mut(layer).filter(|_| layer > 0) {
            own.keep(key, list, node);
        }
        Ok(node)
    }

    fn sweep_events(&mut self, layer: usize, list: &[u32]) -> Result<u32, TooComplex> {
        let Some(own) = self.layers.get_mut(layer) else { return Ok(NOTHING) };
        if layer + 1 == LAYERS && list.iter().all(|part| *part < own.first_deny) {
            let looked_at = own.fill_union(self.sets, list);
            self.space.spend(looked_at)?;
            return self.space.node(&own.edges);
        }
        own.fill_events(self.sets, list);
        own.active.clear();
        own.edges.clear();
        let events = std::mem::take(&mut own.events);
        let mut child = std::mem::take(&mut own.child);
        let largest = own.largest;
        if let Some(before) = events.first().and_then(|(first, _)| first.previous()) {
            own.edges.push(before, NOTHING);
        }
        let mut places = events.chunk_by(|a, b| a.0 == b.0).peekable();
        while let Some(changes) = places.next() {
            let next = places.peek().and_then(|next| next.first());
            let end = next.and_then(|(start, _)| start.previous()).unwrap_or(largest);
            self.child_list(layer, list, changes, &mut child)?;
            let node = self.sweep(layer + 1, &child)?;
            if let Some(own) = self.layers.get_mut(layer) {
                own.edges.push(end, node);
            }
        }
        let Some(own) = self.layers.get_mut(layer) else { return Ok(NOTHING) };
        (own.events, own.child) = (events, child);
        self.space.node(&own.edges)
    }

    /// The list of the next layer after some events, in normal form.
    fn child_list(
        &mut self,
        layer: usize,
        list: &[u32],
        changes: &[(T, u32)],
        child: &mut Vec<u32>,
    ) -> Result<(), TooComplex> {
        let Some(own) = self.layers.get_mut(layer) else { return Ok(()) };
        own.change_active(changes);
        // Moving along a list is much cheaper than looking at its rules.
        self.space.spend(changes.len() + own.active.len() / 64)?;
        let active = std::mem::take(&mut own.active);
        let parts = std::mem::take(&mut own.parts);
        let next = active.iter().filter_map(|place| {
            let part = list.get(*place as usize)?;
            parts.get(*part as usize).map(|part| part.next)
        });
        let result = self.normal_form(layer + 1, next, child);
        if let Some(own) = self.layers.get_mut(layer) {
            (own.active, own.parts) = (active, parts);
        }
        result
    }

    /// Brings the parts of a list, in the order of their rules, to normal form.
    fn normal_form(
        &mut self,
        layer: usize,
        parts: impl Iterator<Item = u32>,
        list: &mut Vec<u32>,
    ) -> Result<(), TooComplex> {
        list.clear();
        let Some(own) = self.layers.get_mut(layer) else {
            // Beyond the last layer the first part decides.
            list.extend(parts.take(1).filter(|part| *part == PERMIT));
            return self.space.spend(1);
        };
        own.next_list();
        let mut looked_at = 1;
        for id in parts {
            looked_at += 1;
            let Some(part) = own.parts.get_mut(id as usize).filter(|part| part.seen != own.list) else {
                continue;
            };
            part.seen = own.list;
            list.push(id);
            if part.covers {
                break;
            }
        }
        let first_deny = own.first_deny;
        let kept = list.iter().rposition(|part| *part < first_deny).map_or(0, |last| last + 1);
        list.truncate(kept);
        for run in list.chunk_by_mut(|a, b| (*a < first_deny) == (*b < first_deny)) {
            if !run.is_sorted() {
                run.sort_unstable();
            }
        }
        self.space.spend(looked_at)
    }
}
