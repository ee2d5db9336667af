//! How high the blocks of an arrangement stand in their lanes.
//!
//! In: an arrangement and the heights of its nodes. Out: [`Packed`].
//!
//! Invariant: blocks of one lane never overlap: each stands below everything that is already in its columns.
//! Invariant: all places are multiples of the pitch of ports.

use super::arrange::{Arrangement, Block, LaneOf};
use super::design::PITCH;
use super::picture::{Picture, Place};
use super::ports::Needs;

/// Places in lanes, from the top of each lane's content.
#[derive(Debug, Clone, Default)]
pub(super) struct Packed {
    /// Top and height of each node.
    pub(super) nodes: Vec<(i32, i32)>,
    /// Top and height of each block, by lane.
    pub(super) blocks: Vec<Vec<(i32, i32)>>,
    /// Height of each lane's content.
    pub(super) lane_heights: Vec<i32>,
}

/// The next multiple of the pitch.
pub(super) fn round_up(length: i32) -> i32 {
    (length + PITCH - 1) / PITCH * PITCH
}

/// The least height of a lane.
const LEAST_LANE: i32 = 5 * PITCH;

/// Puts every block as high as it can stand; each lane is high enough for its name.
pub(super) fn pack(
    picture: &Picture,
    arrangement: &Arrangement,
    (heights, needs): (&[i32], &Needs),
) -> Packed {
    let mut packed = Packed { nodes: vec![(0, 0); picture.nodes.len()], ..Packed::default() };
    for lane in &arrangement.lanes {
        let mut skyline = vec![0; arrangement.columns];
        let mut blocks = Vec::new();
        for block in &lane.blocks {
            let columns = skyline.iter().skip(block.column).take(block.span);
            let top = columns.max().copied().unwrap_or_default();
            let height = put_block(picture, block, top, (heights, needs), &mut packed.nodes);
            blocks.push((top, height));
            for column in skyline.iter_mut().skip(block.column).take(block.span) {
                *column = top + height + PITCH;
            }
        }
        let lowest = skyline.iter().max().copied().unwrap_or_default();
        let title = match lane.of {
            LaneOf::Group(group) => needs.lanes.get(group).map_or(0, |height| round_up(*height)),
            LaneOf::Outside => 0,
        };
        packed.lane_heights.push((lowest - PITCH).max(LEAST_LANE).max(title));
        packed.blocks.push(blocks);
    }
    packed
}

/// Puts the nodes of a block in rows; the block's height.
fn put_block(
    picture: &Picture,
    block: &Block,
    top: i32,
    (heights, needs): (&[i32], &Needs),
    nodes: &mut [(i32, i32)],
) -> i32 {
    let place = block.nodes.first().and_then(|node| picture.nodes.get(*node)).map(|node| node.place);
    let title = match place {
        Some(Place::Segment(group, segment)) => {
            needs.titles.get(group).and_then(|titles| titles.get(segment))
        }
        _ => None,
    };
    let mut y = title.copied().unwrap_or(0);
    let height = |node: &usize| heights.get(*node).copied().unwrap_or(PITCH);
    for row in block.nodes.chunks(block.span.max(1)) {
        for node in row {
            if let Some(place) = nodes.get_mut(*node) {
                *place = (top + y, height(node));
            }
        }
        y += row.iter().map(height).max().unwrap_or_default() + PITCH;
    }
    if title.is_some() { y } else { y - PITCH }
}
