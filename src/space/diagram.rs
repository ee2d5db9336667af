//! The arena of the diagram: nodes with sorted edges, each distinct node kept once.
//!
//! In: the edges of a node. Out: its number.
//!
//! Invariant: equal nodes have equal numbers; neighbouring edges of a node lead to different nodes; a node whose only
//! edge leads to a terminal is that terminal; edges lead to older nodes only.

use super::interval::Point;
use super::sets::low_half;
use super::table::hash;
use hashbrown::HashTable;

/// The terminal without packets.
pub(super) const NOTHING: u32 = 0;
/// The terminal with every packet.
pub(super) const EVERYTHING: u32 = 1;
/// The first number of a node that isn't a terminal.
const FIRST: u32 = 2;

/// The edges of a node in the making: largest number of each, and where it leads.
#[derive(Debug, Clone)]
pub(super) struct Edges<T> {
    bounds: Vec<T>,
    children: Vec<u32>,
}

impl<T: Point> Edges<T> {
    pub(super) fn new() -> Self {
        Self { bounds: Vec::new(), children: Vec::new() }
    }

    /// Adds the numbers after the last edge up to `bound`; joins them to the last edge when that leads there too.
    pub(super) fn push(&mut self, bound: T, child: u32) {
        match (self.bounds.last_mut(), self.children.last()) {
            (Some(last), Some(before)) if *before == child => *last = bound,
            _ => {
                self.bounds.push(bound);
                self.children.push(child);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        self.bounds.clear();
        self.children.clear();
    }

    pub(super) fn len(&self) -> usize {
        self.bounds.len()
    }
}

/// All nodes.
#[derive(Debug, Clone)]
pub(super) struct Diagram<T> {
    bounds: Vec<T>,
    children: Vec<u32>,
    ends: Vec<usize>,
    /// The nodes by the hash of their edges, with its low half.
    index: HashTable<(u32, u32)>,
}

impl<T: Point> Diagram<T> {
    pub(super) fn new() -> Self {
        Self { bounds: Vec::new(), children: Vec::new(), ends: Vec::new(), index: HashTable::new() }
    }

    /// The number of the node with these edges; `None` when no number is left.
    pub(super) fn intern(&mut self, edges: &Edges<T>) -> Option<u32> {
        match edges.children.as_slice() {
            [] => return Some(NOTHING),
            [only] if *only < FIRST => return Some(*only),
            _ => {}
        }
        let full = hash_edges(&edges.bounds, &edges.children);
        let short = low_half(full);
        let known = self.index.find(full, |(kept, id)| {
            *kept == short && self.edges(*id) == (edges.bounds.as_slice(), edges.children.as_slice())
        });
        if let Some((_, id)) = known {
            return Some(*id);
        }
        let id = u32::try_from(self.ends.len()).ok()?.checked_add(FIRST)?;
        self.bounds.extend_from_slice(&edges.bounds);
        self.children.extend_from_slice(&edges.children);
        self.ends.push(self.bounds.len());
        let (bounds, children, ends) = (&self.bounds, &self.children, &self.ends);
        self.index.insert_unique(full, (short, id), |(_, id)| {
            let (bounds, children) = node(bounds, children, ends, *id);
            hash_edges(bounds, children)
        });
        Some(id)
    }

    /// The edges of a node; none for a terminal.
    pub(super) fn edges(&self, id: u32) -> (&[T], &[u32]) {
        node(&self.bounds, &self.children, &self.ends, id)
    }

    /// One edge of a node; a terminal has one edge, to itself.
    pub(super) fn edge(&self, id: u32, at: usize) -> Option<(T, u32)> {
        if id < FIRST {
            return (at == 0).then_some((T::LARGEST, id));
        }
        let (bounds, children) = self.edges(id);
        Some((*bounds.get(at)?, *children.get(at)?))
    }

    /// Where a node leads for a number.
    pub(super) fn follow(&self, id: u32, number: T) -> u32 {
        let (bounds, children) = self.edges(id);
        if bounds.is_empty() {
            return id;
        }
        let at = bounds.partition_point(|bound| *bound < number);
        children.get(at).copied().unwrap_or(NOTHING)
    }

    /// The edges of a node as inclusive intervals up to `largest` with where they lead, those to nothing left out.
    pub(super) fn intervals(&self, id: u32, largest: T) -> impl Iterator<Item = ((T, T), u32)> + '_ {
        let mut low = Some(T::SMALLEST);
        (0..)
            .map_while(move |at| self.edge(id, at))
            .filter_map(move |(bound, child)| {
                let start = low?;
                low = bound.next();
                Some(((start, bound.min(largest)), child))
            })
            .filter(|(_, child)| *child != NOTHING)
    }

    /// How many nodes there are.
    pub(super) fn nodes(&self) -> usize {
        self.ends.len()
    }

    /// How many edges there are.
    pub(super) fn edge_count(&self) -> usize {
        self.bounds.len()
    }

    /// Bytes that the arena takes.
    pub(super) fn bytes(&self) -> usize {
        self.bounds.capacity() * size_of::<T>()
            + self.children.capacity() * size_of::<u32>()
            + self.ends.capacity() * size_of::<usize>()
            + self.index.allocation_size()
    }
}

fn hash_edges<T: Point>(bounds: &[T], children: &[u32]) -> u64 {
    hash(bounds.iter().zip(children))
}

fn node<'a, T>(bounds: &'a [T], children: &'a [u32], ends: &[usize], id: u32) -> (&'a [T], &'a [u32]) {
    let range = id.checked_sub(FIRST).and_then(|at| {
        let at = at as usize;
        let start = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
        Some(start..*ends.get(at)?)
    });
    let found = range.and_then(|range| Some((bounds.get(range.clone())?, children.get(range)?)));
    found.unwrap_or((&[], &[]))
}
