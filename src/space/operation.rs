//! The set algebra on regions.
//!
//! In: regions of one space. Out: their union, intersection, difference and complement.
//!
//! Invariant: the result is canonical, as every node of it goes through the arena; each pair of nodes is combined once.

use super::diagram::{EVERYTHING, Edges, NOTHING};
use super::interval::Point;
use super::{Region, Space, TooComplex};

/// Most results kept between operations.
const MOST_KEPT: usize = 1 << 20;

/// How two sets are combined; the number is part of the memo's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Union = 0,
    Intersection = 1,
    Difference = 2,
}

impl Operation {
    /// The result where no node has to be looked at.
    fn at_once(self, a: u32, b: u32) -> Option<u32> {
        match (self, a, b) {
            (Self::Union | Self::Intersection, a, b) if a == b => Some(a),
            (Self::Difference, a, b) if a == b => Some(NOTHING),
            (Self::Union, EVERYTHING, _) | (Self::Union, _, EVERYTHING) => Some(EVERYTHING),
            (Self::Union | Self::Difference, a, NOTHING) => Some(a),
            (Self::Union, NOTHING, b) => Some(b),
            (Self::Intersection, NOTHING, _) | (Self::Intersection, _, NOTHING) => Some(NOTHING),
            (Self::Intersection, a, EVERYTHING) => Some(a),
            (Self::Intersection, EVERYTHING, b) => Some(b),
            (Self::Difference, NOTHING, _) | (Self::Difference, _, EVERYTHING) => Some(NOTHING),
            _ => None,
        }
    }
}

impl<T: Point> Space<T> {
    /// Packets of either set.
    ///
    /// # Errors
    /// [`TooComplex`] beyond the budget, as for all operations.
    pub fn union(&mut self, a: Region, b: Region) -> Result<Region, TooComplex> {
        self.combine(Operation::Union, a, b)
    }

    /// Packets of any of some sets, joined two by two, so that each is looked at a few times only.
    ///
    /// # Errors
    /// [`TooComplex`] beyond the budget, for one of the joins.
    pub fn union_of(&mut self, mut sets: Vec<Region>) -> Result<Region, TooComplex> {
        while sets.len() > 1 {
            let pairs = sets.chunks(2).map(|pair| match pair {
                [a, b] => self.union(*a, *b),
                rest => Ok(rest.first().copied().unwrap_or(Region::NOTHING)),
            });
            sets = pairs.collect::<Result<_, _>>()?;
        }
        Ok(sets.pop().unwrap_or(Region::NOTHING))
    }

    /// Packets of both sets.
    ///
    /// # Errors
    /// [`TooComplex`] beyond the budget.
    pub fn intersection(&mut self, a: Region, b: Region) -> Result<Region, TooComplex> {
        self.combine(Operation::Intersection, a, b)
    }

    /// Packets of `a` that `b` lacks; with a universe as `a`, the complement of `b` in it.
    ///
    /// # Errors
    /// [`TooComplex`] beyond the budget.
    pub fn difference(&mut self, a: Region, b: Region) -> Result<Region, TooComplex> {
        self.combine(Operation::Difference, a, b)
    }

    /// Packets of the frame that the set lacks.
    ///
    /// # Errors
    /// [`TooComplex`] beyond the budget.
    pub fn complement(&mut self, a: Region) -> Result<Region, TooComplex> {
        self.difference(Region::EVERYTHING, a)
    }

    /// True when every packet of `a` is in `b`.
    ///
    /// # Errors
    /// [`TooComplex`] beyond the budget.
    pub fn is_subset(&mut self, a: Region, b: Region) -> Result<bool, TooComplex> {
        Ok(self.difference(a, b)?.is_empty())
    }

    fn combine(&mut self, operation: Operation, a: Region, b: Region) -> Result<Region, TooComplex> {
        self.start();
        self.memo.forget_beyond(MOST_KEPT);
        self.apply(operation, a.0, b.0).map(Region)
    }

    fn apply(&mut self, operation: Operation, a: u32, b: u32) -> Result<u32, TooComplex> {
        if let Some(result) = operation.at_once(a, b) {
            return Ok(result);
        }
        let swapped = operation != Operation::Difference && a > b;
        let (a, b) = if swapped { (b, a) } else { (a, b) };
        let key = [operation as u32, a, b];
        if let Some(result) = self.memo.get(key) {
            return Ok(result);
        }
        let mut edges = Edges::new();
        let (mut at_a, mut at_b) = (0, 0);
        // Both nodes end at the largest number of one field, or are terminals whose one edge goes further.
        while let (Some((end_a, to_a)), Some((end_b, to_b))) =
            (self.diagram.edge(a, at_a), self.diagram.edge(b, at_b))
        {
            let end = end_a.min(end_b);
            edges.push(end, self.apply(operation, to_a, to_b)?);
            at_a += usize::from(end_a == end);
            at_b += usize::from(end_b == end);
        }
        let result = self.node(&edges)?;
        self.memo.insert(key, result);
        Ok(result)
    }
}
