//! A region written down in few blocks, for people.
//!
//! In: a region. Out: products of interval sets whose union is the region.
//!
//! The blocks of [`Space::disjoint_cover`] have no packet in common. [`Space::cover`] lets blocks overlap where that makes
//! them fewer or plainer: "a to anyone" and "anyone to b" instead of "a to anyone" and "all but a to b".
//!
//! Invariant: the union of the blocks is the region, exactly; the same region gives the same blocks in the same order. The
//! number is small, not proved smallest: that would take exponential time.

use super::diagram::{EVERYTHING, NOTHING};
use super::interval::{Intervals, Point};
use super::{Field, LAYERS, Region, Space, TooComplex};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

/// Blocks up to which a cover is tried with overlaps: beyond, nobody reads it.
const MOST_WIDENED: usize = 256;

/// All packets from some sources to some destinations with some services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Block<T: Point> {
    /// The sources.
    pub sources: Intervals<T>,
    /// The destinations.
    pub destinations: Intervals<T>,
    /// The services.
    pub services: Intervals<T>,
}

impl<T: Point> Block<T> {
    fn set(&self, field: Field) -> &Intervals<T> {
        match field {
            Field::Source => &self.sources,
            Field::Destination => &self.destinations,
            Field::Service => &self.services,
        }
    }

    fn set_mut(&mut self, field: Field) -> &mut Intervals<T> {
        match field {
            Field::Source => &mut self.sources,
            Field::Destination => &mut self.destinations,
            Field::Service => &mut self.services,
        }
    }

    /// How many intervals have to be read.
    fn words(&self) -> usize {
        self.sources.len() + self.destinations.len() + self.services.len()
    }
}

const FIELDS: [Field; LAYERS] = [Field::Service, Field::Destination, Field::Source];

impl<T: Point> Space<T> {
    /// The packets of a block.
    ///
    /// # Errors
    /// [`TooComplex`] beyond the budget.
    pub fn block(&mut self, block: &Block<T>) -> Result<Region, TooComplex> {
        self.start();
        self.block_node(block)
    }

    fn block_node(&mut self, block: &Block<T>) -> Result<Region, TooComplex> {
        let mut node = EVERYTHING;
        for (layer, field) in self.order.fields().into_iter().enumerate().rev() {
            node = self.chain(block.set(field), self.largest_at(layer), node)?;
        }
        Ok(Region(node))
    }

    /// The node that leads to `child` from the numbers of a set, and to nothing from others.
    fn chain(&mut self, set: &Intervals<T>, largest: T, child: u32) -> Result<u32, TooComplex> {
        let mut edges = super::Edges::new();
        for (low, high) in set.iter().take_while(|(low, _)| *low <= largest) {
            if let Some(before) = low.previous() {
                edges.push(before, NOTHING);
            }
            edges.push(high.min(largest), child);
        }
        if set.iter().last().is_none_or(|(_, high)| high < largest) {
            edges.push(largest, NOTHING);
        }
        self.node(&edges)
    }

    /// Few blocks without a common packet whose union is the region.
    ///
    /// # Errors
    /// [`TooComplex`] when the region takes more blocks than the budget has steps.
    pub fn disjoint_cover(&mut self, region: Region) -> Result<Vec<Block<T>>, TooComplex> {
        self.start();
        let mut blocks = self.raw_blocks(region)?;
        loop {
            let before = blocks.len();
            for field in FIELDS {
                blocks = merge(blocks, field);
            }
            if blocks.len() == before {
                blocks.sort_unstable();
                return Ok(blocks);
            }
        }
    }

    /// The blocks as the diagram has them: edges of a node that lead to one node are together.
    fn raw_blocks(&mut self, region: Region) -> Result<Vec<Block<T>>, TooComplex> {
        let [first, second, third] = self.order.fields();
        let mut blocks = Vec::new();
        for (outer, below) in self.groups(region.0, 0) {
            for (middle, last) in self.groups(below, 1) {
                for (inner, _) in self.groups(last, 2) {
                    self.spend(1 + inner.len())?;
                    let mut block = Block {
                        sources: Intervals::empty(),
                        destinations: Intervals::empty(),
                        services: Intervals::empty(),
                    };
                    *block.set_mut(first) = outer.clone();
                    *block.set_mut(second) = middle.clone();
                    *block.set_mut(third) = inner;
                    blocks.push(block);
                }
            }
        }
        Ok(blocks)
    }

    fn groups(&self, node: u32, layer: usize) -> Vec<(Intervals<T>, u32)> {
        let mut groups: IndexMap<u32, Vec<(T, T)>> = IndexMap::new();
        for (interval, child) in self.diagram.intervals(node, self.largest_at(layer)) {
            groups.entry(child).or_default().push(interval);
        }
        groups.into_iter().map(|(child, set)| (Intervals::from_intervals(set), child)).collect()
    }

    /// Few plain blocks whose union is the region; they may overlap.
    ///
    /// # Errors
    /// [`TooComplex`] beyond the budget.
    pub fn cover(&mut self, region: Region) -> Result<Vec<Block<T>>, TooComplex> {
        let disjoint = self.disjoint_cover(region)?;
        if disjoint.len() < 2 || disjoint.len() > MOST_WIDENED {
            return Ok(disjoint);
        }
        let missing = self.complement(region)?;
        let mut wide = Vec::with_capacity(disjoint.len());
        for block in &disjoint {
            let widened = self.widen(block.clone(), missing)?;
            let packets = self.block(&widened)?;
            wide.push((self.volume(packets), widened, packets));
        }
        // The largest first: later ones may have nothing to add.
        wide.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let wide = wide.into_iter().map(|(_, block, packets)| (block, packets)).collect();
        let mut overlapping = self.without_redundant(wide)?;
        overlapping.sort_unstable();
        let words = |blocks: &[Block<T>]| blocks.iter().map(Block::words).sum::<usize>();
        let plainer = (overlapping.len(), words(&overlapping)) < (disjoint.len(), words(&disjoint));
        Ok(if plainer { overlapping } else { disjoint })
    }

    /// The block with each set in turn as large as the region allows.
    fn widen(&mut self, mut block: Block<T>, missing: Region) -> Result<Block<T>, TooComplex> {
        for field in FIELDS {
            let all = Intervals::of(T::SMALLEST, self.frame.largest(field));
            let mut line = block.clone();
            *line.set_mut(field) = all.clone();
            let line = self.block(&line)?;
            let forbidden = self.intersection(line, missing)?;
            *block.set_mut(field) = all.difference(&self.project(forbidden, field));
        }
        Ok(block)
    }

    /// The numbers that a field has in the packets of a region.
    pub fn project(&self, region: Region, field: Field) -> Intervals<T> {
        let mut nodes = BTreeSet::from([region.0]);
        for (layer, own) in self.order.fields().into_iter().enumerate() {
            let largest = self.largest_at(layer);
            let edges = nodes.iter().flat_map(|node| self.diagram.intervals(*node, largest));
            if own == field {
                return Intervals::from_intervals(edges.map(|(interval, _)| interval));
            }
            nodes = edges.map(|(_, child)| child).collect();
        }
        Intervals::empty()
    }

    /// The blocks that are not in the union of the others, asked one after the other from the last to the first.
    fn without_redundant(&mut self, blocks: Vec<(Block<T>, Region)>) -> Result<Vec<Block<T>>, TooComplex> {
        let mut earlier = vec![Region::NOTHING];
        for (_, packets) in &blocks {
            let before = earlier.last().copied().unwrap_or(Region::NOTHING);
            earlier.push(self.union(before, *packets)?);
        }
        earlier.pop();
        let (mut kept, mut later) = (Vec::new(), Region::NOTHING);
        for (block, packets) in blocks.into_iter().rev() {
            let others = self.union(earlier.pop().unwrap_or(Region::NOTHING), later)?;
            if !self.is_subset(packets, others)? {
                later = self.union(later, packets)?;
                kept.push(block);
            }
        }
        Ok(kept)
    }
}

/// Joins blocks that differ in one field only.
fn merge<T: Point>(blocks: Vec<Block<T>>, field: Field) -> Vec<Block<T>> {
    let mut groups: BTreeMap<Block<T>, Vec<(T, T)>> = BTreeMap::new();
    for mut block in blocks {
        let set = std::mem::take(block.set_mut(field));
        groups.entry(block).or_default().extend(set.iter());
    }
    let join = |(mut block, set): (Block<T>, Vec<(T, T)>)| {
        *block.set_mut(field) = Intervals::from_intervals(set);
        block
    };
    groups.into_iter().map(join).collect()
}
