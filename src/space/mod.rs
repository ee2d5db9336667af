//! The set engine: exact sets of packets at any size.
//!
//! In: rules, each a product of interval sets, first match or union. Out: sets that can be compared, combined, counted,
//! asked and written down in few blocks. It knows numbers only: no role, platform or rule language.
//!
//! # Packets
//!
//! A packet is a triple of numbers (source, destination, service). What an endpoint is, the caller says: the index of a
//! role's atom or an IPv4 address (`u32`), an IPv6 address (`u128`). A service is a number too: `protocol << 16 | port`,
//! or ICMP type and code in place of the port. A [`Frame`] states the largest endpoint and service.
//!
//! # Representation
//!
//! A set is a node of an interval decision diagram: three layers, one for each field. A node's edges cut its field into
//! intervals, and each leads to what the next fields may be. Nodes are kept once (`diagram`), so a set has one form:
//! in one [`Space`] *two sets are equal exactly when their [`Region`]s are*, whatever rules made them.
//!
//! Interval sets of rules are kept once as well ([`Sets`]): a rule is four small numbers, and equality of two rules is
//! equality of these.
//!
//! # From rules to a set
//!
//! One pass (`sweep`) moves along the first field and keeps the list of rules that are in force at each place. The list
//! ends at the first rule that covers all of the other fields, as no later one can decide there. The rest of each list,
//! without its first field, is swept along the next field; lists that were seen before are answered from a memo. A list
//! is brought to a normal form first: repeated parts left out, neighbours with one verdict sorted, closing denies dropped.
//!
//! # Order and budget
//!
//! Neither field order wins always. [`Order::choose`] sweeps a small sample both ways and takes the order whose cost
//! grows less. A [`Budget`] limits the steps of each operation, so that neither time nor memory runs away; beyond it
//! [`in_best_order`] starts again in the other order, and when that fails too the answer is [`TooComplex`], never a set
//! that is nearly right.
//!
//! # Cost
//!
//! With n rules, of which k are in force at a place: build O(n log n + cells x k) steps, where cells are the distinct
//! places of the layers; union, intersection, difference: at most the product of the sizes, in practice the sizes of the
//! parts that differ, as equal nodes are recognised by number; equality O(1); membership three binary searches.
//! [`Space::change`] compares two releases by what their edits touch only: one scan of the rules, then sweeps of the
//! few rules that overlap an edit. Measured figures are in ARCHITECTURE.md, and `cargo bench --bench space` takes them.
//!
//! # Invariants
//!
//! - Every answer is exact, or an error.
//! - Equal inputs give equal outputs: no output depends on hashing, addresses or time.
//! - A [`Region`] or [`SetId`] is meant for the space or pool that made it; elsewhere it is another set or an empty one,
//!   never a panic.
//! - Nodes are never freed: a space is made for a question and dropped with its answer.

mod change;
mod cover;
mod diagram;
pub mod interval;
mod operation;
mod order;
mod query;
mod sets;
mod sweep;
mod table;
#[cfg(test)]
mod tests;
mod volume;

pub use change::Change;
pub use cover::Block;
pub use order::{Order, in_best_order};
pub use sets::{SetId, Sets};
pub use volume::Volume;

use diagram::{Diagram, EVERYTHING, Edges, NOTHING};
use interval::Point;
use table::Memo;

/// How many fields a packet has, and so layers a diagram.
const LAYERS: usize = 3;

/// A field of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Who starts.
    Source,
    /// Who is reached.
    Destination,
    /// Protocol and port.
    Service,
}

/// The largest number of each field; the smallest is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<T> {
    /// The largest source and destination.
    pub endpoint: T,
    /// The largest service.
    pub service: T,
}

impl<T: Point> Frame<T> {
    /// The largest number of a field.
    pub fn largest(&self, field: Field) -> T {
        match field {
            Field::Source | Field::Destination => self.endpoint,
            Field::Service => self.service,
        }
    }
}

/// What a rule does with the packets it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Lets them pass.
    Permit,
    /// Stops them.
    Deny,
}

/// A line of a rule list: the first one that matches decides, and what no line matches is denied. In a list of permits
/// the order means nothing: the list is their union.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// Sources that match.
    pub sources: SetId,
    /// Destinations that match.
    pub destinations: SetId,
    /// Services that match.
    pub services: SetId,
    /// What happens.
    pub verdict: Verdict,
}

impl Rule {
    /// The set of a field.
    pub fn set(&self, field: Field) -> SetId {
        match field {
            Field::Source => self.sources,
            Field::Destination => self.destinations,
            Field::Service => self.services,
        }
    }
}

/// One packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Packet<T> {
    /// Who starts.
    pub source: T,
    /// Who is reached.
    pub destination: T,
    /// Protocol and port.
    pub service: T,
}

impl<T: Copy> Packet<T> {
    /// The number of a field.
    pub fn number(&self, field: Field) -> T {
        match field {
            Field::Source => self.source,
            Field::Destination => self.destination,
            Field::Service => self.service,
        }
    }
}

/// A set of packets of one [`Space`]; equal sets are equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(u32);

impl Region {
    /// The set without packets.
    pub const NOTHING: Self = Self(NOTHING);
    /// The set of all packets of the frame.
    pub const EVERYTHING: Self = Self(EVERYTHING);

    /// True for the set without packets.
    pub fn is_empty(self) -> bool {
        self == Self::NOTHING
    }
}

/// Most steps that one operation may take. A step is a rule looked at in one place of a sweep, or an edge made; it costs
/// some 15 to 60 nanoseconds and, with 32-bit numbers, at most some 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Budget(pub u64);

impl Default for Budget {
    /// Some ten seconds of processor time, and at most a few gigabytes.
    fn default() -> Self {
        Self(300_000_000)
    }
}

/// An operation needs more than its budget: the sets are too entangled to be told exactly at this cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the rules overlap too much to be compared exactly: {order} takes more than {} steps", budget.0)]
pub struct TooComplex {
    /// The budget that didn't suffice.
    pub budget: Budget,
    /// The field order that was tried last.
    pub order: Order,
}

/// How large a space has become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Nodes, terminals left out.
    pub nodes: usize,
    /// Edges of all nodes.
    pub edges: usize,
    /// Bytes of nodes, edges and their index.
    pub bytes: usize,
}

/// Where sets of packets live: one frame, one field order, each distinct set once.
#[derive(Debug, Clone)]
pub struct Space<T> {
    frame: Frame<T>,
    order: Order,
    budget: Budget,
    left: u64,
    diagram: Diagram<T>,
    memo: Memo,
}

impl<T: Point> Space<T> {
    /// A space without sets but nothing and everything.
    pub fn new(frame: Frame<T>, order: Order, budget: Budget) -> Self {
        Self { frame, order, budget, left: budget.0, diagram: Diagram::new(), memo: Memo::default() }
    }

    /// The largest number of each field.
    pub fn frame(&self) -> Frame<T> {
        self.frame
    }

    /// The field order.
    pub fn order(&self) -> Order {
        self.order
    }

    /// How large it has become.
    pub fn size(&self) -> Size {
        Size { nodes: self.diagram.nodes(), edges: self.diagram.edge_count(), bytes: self.diagram.bytes() }
    }

    /// The steps that the last operation took.
    pub fn steps(&self) -> u64 {
        self.budget.0 - self.left
    }

    fn largest_at(&self, layer: usize) -> T {
        self.order.field(layer).map_or(T::SMALLEST, |field| self.frame.largest(field))
    }

    fn start(&mut self) {
        self.left = self.budget.0;
    }

    fn too_complex(&self) -> TooComplex {
        TooComplex { budget: self.budget, order: self.order }
    }

    /// Takes steps off the budget.
    fn spend(&mut self, steps: usize) -> Result<(), TooComplex> {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(self.too_complex())
            }
        }
    }

    /// The node with these edges.
    fn node(&mut self, edges: &Edges<T>) -> Result<u32, TooComplex> {
        self.spend(edges.len())?;
        self.diagram.intern(edges).ok_or_else(|| self.too_complex())
    }
}
