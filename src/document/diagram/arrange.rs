//! Which node stands in which lane and column.
//!
//! In: a picture, a number of columns, and how much room the ports of nodes need. Out: [`Arrangement`].
//!
//! A platform is a lane across the picture; what is on no platform stands in a lane above (whoever rather starts) and one
//! below (whoever rather answers). In a lane, segments are blocks in columns. The order is improved by exchanging
//! neighbours while the arrows get shorter: few exchanges of few things, so a plain search is quick enough.
//!
//! Invariant: every node stands in exactly one block; the search has no random numbers and always ends.

use super::picture::{Picture, Place};
use super::ports::{Needs, Plan, heights};

/// Nodes of a segment, or a single node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// Its nodes, row by row.
    pub(super) nodes: Vec<usize>,
    /// The segment of the lane's group.
    pub(super) segment: Option<usize>,
    /// Its first column.
    pub(super) column: usize,
    /// How many columns it takes.
    pub(super) span: usize,
}

/// What a lane holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum LaneOf {
    /// A platform.
    Group(usize),
    /// Parties on no platform.
    Outside,
}

/// A band across the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lane {
    /// What it holds.
    pub(super) of: LaneOf,
    /// Its blocks, in the order in which they are put into columns.
    pub(super) blocks: Vec<Block>,
}

/// The lanes from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arrangement {
    /// Number of columns.
    pub(super) columns: usize,
    /// The lanes.
    pub(super) lanes: Vec<Lane>,
}

/// Where a node stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cell {
    /// The lane, from the top.
    pub(super) lane: usize,
    /// The column, from the left.
    pub(super) column: usize,
}

impl Arrangement {
    /// The cell of each node.
    pub(super) fn cells(&self, nodes: usize) -> Vec<Cell> {
        let mut cells = vec![Cell::default(); nodes];
        for (lane, content) in self.lanes.iter().enumerate() {
            for block in &content.blocks {
                for (at, node) in block.nodes.iter().enumerate() {
                    if let Some(cell) = cells.get_mut(*node) {
                        *cell = Cell { lane, column: block.column + at % block.span };
                    }
                }
            }
        }
        cells
    }
}

/// Most nodes that a block puts below one another before it takes a further column.
const TALLEST_BLOCK: usize = 5;
/// Most rounds of the search.
const ROUNDS: usize = 12;
/// How much the search looks at, so that a large picture takes no longer than people wait: changes that it tries, times
/// the nodes and arrows that each is measured by.
const MOST_WORK: usize = 20_000;
/// A lane's place counts as much as so many pixels of arrows, for each pixel of height.
const HEIGHT_WEIGHT: i64 = 5;
/// Nominal distance of columns.
const COLUMN_DISTANCE: i64 = 170;
/// What a way around through the space between lanes costs.
const DETOUR: i64 = 110;
/// Nominal space between lanes.
pub(super) const LANE_DISTANCE: i32 = 42;

/// The best arrangement that the search finds from a first one.
pub(super) fn arrange(picture: &Picture, first: Arrangement, needs: &Needs) -> Arrangement {
    let mut best = first;
    let mut cost = cost_of(picture, &best, needs);
    let most_tried = MOST_WORK / (picture.nodes.len() + picture.arrows.len()).max(1);
    let mut tried_so_far = 0;
    for _ in 0..ROUNDS {
        let before = cost;
        for change in changes(&best).into_iter().take(most_tried - tried_so_far) {
            tried_so_far += 1;
            let mut tried = best.clone();
            if !change.apply(&mut tried) {
                continue;
            }
            let its = cost_of(picture, &tried, needs);
            if its < cost {
                (best, cost) = (tried, its);
            }
        }
        if cost == before {
            break;
        }
    }
    best
}

/// Where the blocks of each lane start before the search.
pub(super) fn first(picture: &Picture, columns: usize) -> Arrangement {
    let mut lanes = Vec::new();
    let (starters, answerers) = outside(picture);
    lanes.push(Lane { of: LaneOf::Outside, blocks: single_blocks(&starters) });
    for (at, group) in picture.groups.iter().enumerate() {
        let in_group = |place: Place| picture.nodes_at(place).collect::<Vec<_>>();
        let mut blocks: Vec<Block> = (0..group.segments.len())
            .map(|segment| (segment, in_group(Place::Segment(at, segment))))
            .filter(|(_, nodes)| !nodes.is_empty())
            .map(|(segment, nodes)| segment_block(segment, nodes, columns))
            .collect();
        blocks.extend(single_blocks(&in_group(Place::Group(at))));
        lanes.push(Lane { of: LaneOf::Group(at), blocks });
    }
    lanes.push(Lane { of: LaneOf::Outside, blocks: single_blocks(&answerers) });
    lanes.retain(|lane| !lane.blocks.is_empty());
    for lane in &mut lanes {
        for (at, block) in lane.blocks.iter_mut().enumerate() {
            block.column = (at % columns).min(columns - block.span);
        }
    }
    Arrangement { columns, lanes }
}

/// Parties on no platform: those that rather start, those that rather answer.
fn outside(picture: &Picture) -> (Vec<usize>, Vec<usize>) {
    let nodes = picture.nodes_at(Place::Outside);
    nodes.partition(|node| {
        let starts = picture.arrows.iter().filter(|arrow| arrow.from == *node && arrow.to != *node).count();
        let answers = picture.arrows.iter().filter(|arrow| arrow.to == *node && arrow.from != *node).count();
        starts > answers
    })
}

fn single_blocks(nodes: &[usize]) -> Vec<Block> {
    nodes.iter().map(|node| Block { nodes: vec![*node], segment: None, column: 0, span: 1 }).collect()
}

fn segment_block(segment: usize, nodes: Vec<usize>, columns: usize) -> Block {
    let span = nodes.len().div_ceil(TALLEST_BLOCK).clamp(1, columns);
    Block { nodes, segment: Some(segment), column: 0, span }
}

/// A small change of an arrangement.
#[derive(Debug, Clone, Copy)]
enum Change {
    MoveBlock { lane: usize, block: usize, column: usize },
    SwapBlocks { lane: usize, first: usize, second: usize },
    SwapNodes { lane: usize, block: usize, first: usize, second: usize },
    SwapLanes { first: usize, second: usize },
}

impl Change {
    /// False where nothing changes.
    fn apply(self, arrangement: &mut Arrangement) -> bool {
        let columns = arrangement.columns;
        match self {
            Self::MoveBlock { lane, block, column } => {
                let block = arrangement.lanes.get_mut(lane).and_then(|lane| lane.blocks.get_mut(block));
                block.is_some_and(|block| {
                    let fits = column + block.span <= columns && block.column != column;
                    if fits {
                        block.column = column;
                    }
                    fits
                })
            }
            Self::SwapBlocks { lane, first, second } => {
                let Some(lane) = arrangement.lanes.get_mut(lane) else { return false };
                let columns = |at: usize| lane.blocks.get(at).map(|block| (block.column, block.span));
                let (Some(one), Some(other)) = (columns(first), columns(second)) else { return false };
                lane.blocks.swap(first, second);
                if one.1 == other.1 {
                    let placed = [(first, one.0), (second, other.0)];
                    for (at, column) in placed {
                        if let Some(block) = lane.blocks.get_mut(at) {
                            block.column = column;
                        }
                    }
                }
                true
            }
            Self::SwapNodes { lane, block, first, second } => {
                let block = arrangement.lanes.get_mut(lane).and_then(|lane| lane.blocks.get_mut(block));
                // A change may have been listed for what stood here before another one.
                block.is_some_and(|block| {
                    let exists = first < block.nodes.len() && second < block.nodes.len();
                    if exists {
                        block.nodes.swap(first, second);
                    }
                    exists
                })
            }
            Self::SwapLanes { first, second } => {
                arrangement.lanes.swap(first, second);
                true
            }
        }
    }
}

/// Every change that the search tries in a round.
fn changes(arrangement: &Arrangement) -> Vec<Change> {
    let mut changes = Vec::new();
    for (at, lane) in arrangement.lanes.iter().enumerate() {
        for (place, block) in lane.blocks.iter().enumerate() {
            let moves =
                (0..arrangement.columns).map(|column| Change::MoveBlock { lane: at, block: place, column });
            changes.extend(moves);
            let others = place + 1..lane.blocks.len();
            changes.extend(others.map(|second| Change::SwapBlocks { lane: at, first: place, second }));
            for first in 0..block.nodes.len() {
                let others = first + 1..block.nodes.len();
                let swap = |second| Change::SwapNodes { lane: at, block: place, first, second };
                changes.extend(others.map(swap));
            }
        }
        let is_group = |lane: &Lane| matches!(lane.of, LaneOf::Group(_));
        if is_group(lane) {
            let others = arrangement.lanes.iter().enumerate().skip(at + 1);
            let groups = others.filter(|(_, lane)| is_group(lane));
            changes.extend(groups.map(|(second, _)| Change::SwapLanes { first: at, second }));
        }
    }
    changes
}

/// How bad an arrangement is: length of arrows, ways around, height.
fn cost_of(picture: &Picture, arrangement: &Arrangement, needs: &Needs) -> i64 {
    let cells = arrangement.cells(picture.nodes.len());
    let plan = Plan::new(picture, &cells, arrangement.columns);
    let packed = super::pack::pack(picture, arrangement, (&heights(&plan, needs), needs));
    let mut tops = Vec::new();
    let mut below = 0;
    for height in &packed.lane_heights {
        tops.push(below);
        below += height + LANE_DISTANCE;
    }
    let middle = |node: usize| {
        let cell = cells.get(node).copied().unwrap_or_default();
        let top = tops.get(cell.lane).copied().unwrap_or_default();
        let (y, height) = packed.nodes.get(node).copied().unwrap_or_default();
        i64::from(top + y + height / 2)
    };
    let length: i64 = plan
        .members
        .iter()
        .map(|member| {
            let (from, to) = (member.from, member.to);
            let cell = |node: usize| cells.get(node).copied().unwrap_or_default();
            let columns = cell(from).column.abs_diff(cell(to).column);
            let across = i64::try_from(columns).unwrap_or_default() * COLUMN_DISTANCE;
            let detour = if member.channel == member.target_channel { 0 } else { DETOUR };
            across + (middle(from) - middle(to)).abs() + detour
        })
        .sum();
    length + i64::from(below) * HEIGHT_WEIGHT
}
