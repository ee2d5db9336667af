//! At which sides of nodes arrows start and end, and how high nodes must be for them.
//!
//! In: a picture and the cells of its nodes. Out: [`Plan`]: arrows gathered into nets, with the channels that they use.
//!
//! A channel is the space between two columns. Arrows of one style that come to one side of a node make a **net**: they
//! join on their way, so that a node that everybody needs gets one line and not twenty. Each keeps a stub of its own at its
//! source, which bears its label.
//!
//! Invariant: an arrow leaves and reaches nodes through channels next to them only.

use std::collections::BTreeMap;

use super::arrange::Cell;
use super::design::{LINE, NAME_SIZE, NODE_PAD, NODE_WIDTH, PITCH, SMALL_SIZE};
use super::pack::round_up;
use super::picture::{Group, Node, Picture, Segment, Style};
use super::text::{clean, width, wrap};

/// A side of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Left,
    Right,
}

/// Arrows of one style that end at one side of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Net {
    pub(super) to: usize,
    pub(super) side: Side,
    pub(super) style: Style,
    /// The channel at that side.
    pub(super) channel: usize,
    /// Places of its arrows in [`Plan::members`].
    pub(super) members: Vec<usize>,
}

/// An arrow in its net.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    /// Place in the picture.
    pub(super) arrow: usize,
    pub(super) from: usize,
    pub(super) to: usize,
    /// The side at which it starts.
    pub(super) side: Side,
    /// The channel at that side.
    pub(super) channel: usize,
    /// The channel of its net.
    pub(super) target_channel: usize,
    pub(super) net: usize,
}

/// Nets and their arrows.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) nets: Vec<Net>,
    pub(super) members: Vec<Member>,
}

impl Plan {
    /// Gathers the arrows of a picture.
    pub(super) fn new(picture: &Picture, cells: &[Cell], columns: usize) -> Self {
        let mut plan = Self::default();
        let mut known: BTreeMap<(usize, Side, Style), usize> = BTreeMap::new();
        for (at, arrow) in picture.arrows.iter().enumerate() {
            let (Some(from), Some(to)) = (cells.get(arrow.from), cells.get(arrow.to)) else { continue };
            let target_side = target_side(from.column, to.column, columns);
            let target_channel = channel(to.column, target_side);
            let side = source_side(from.column, target_channel);
            let net = *known.entry((arrow.to, target_side, arrow.style)).or_insert_with(|| {
                plan.nets.push(Net {
                    to: arrow.to,
                    side: target_side,
                    style: arrow.style,
                    channel: target_channel,
                    members: Vec::new(),
                });
                plan.nets.len() - 1
            });
            if let Some(net) = plan.nets.get_mut(net) {
                net.members.push(plan.members.len());
            }
            plan.members.push(Member {
                arrow: at,
                from: arrow.from,
                to: arrow.to,
                side,
                channel: channel(from.column, side),
                target_channel,
                net,
            });
        }
        plan
    }
}

/// The channel at a side of a column: channel 0 is left of column 0.
fn channel(column: usize, side: Side) -> usize {
    match side {
        Side::Left => column,
        Side::Right => column + 1,
    }
}

/// The side at which an arrow ends: towards its source, and inside of the picture.
fn target_side(from: usize, to: usize, columns: usize) -> Side {
    if from < to || (from == to && to > 0 && to + 1 == columns) { Side::Left } else { Side::Right }
}

fn source_side(from: usize, target_channel: usize) -> Side {
    if target_channel <= from { Side::Left } else { Side::Right }
}

/// How much room the texts of a picture take.
#[derive(Debug, Clone)]
pub(super) struct Needs {
    /// Ports that the stub of each arrow takes: an odd number, so that its line has a port in the middle.
    pub(super) slots: Vec<usize>,
    /// Height of each node's texts.
    pub(super) texts: Vec<i32>,
    /// Height that the title of each platform takes along its edge.
    pub(super) lanes: Vec<i32>,
    /// Height of the title of each segment, by platform.
    pub(super) titles: Vec<Vec<i32>>,
}

impl Needs {
    /// The needs of a picture whose arrows have labels of so many lines.
    pub(super) fn new(picture: &Picture, label_lines: &[usize]) -> Self {
        let slots = label_lines.iter().map(|lines| (*lines).max(1) / 2 * 2 + 1).collect();
        let titles = |group: &Group| group.segments.iter().map(title_height).collect();
        Self {
            slots,
            texts: picture.nodes.iter().map(text_height).collect(),
            lanes: picture.groups.iter().map(strip_height).collect(),
            titles: picture.groups.iter().map(titles).collect(),
        }
    }

    /// Ports that an arrow's stub takes.
    pub(super) fn slots_of(&self, arrow: usize) -> usize {
        self.slots.get(arrow).copied().unwrap_or(1)
    }
}

/// Height of each node: room for its texts, and for its ports at both sides.
pub(super) fn heights(plan: &Plan, needs: &Needs) -> Vec<i32> {
    let mut left = vec![0; needs.texts.len()];
    let mut right = vec![0; needs.texts.len()];
    let mut count = |node: usize, side: Side, slots: usize| {
        let sides = if side == Side::Left { &mut left } else { &mut right };
        if let Some(slot) = sides.get_mut(node) {
            *slot += slots;
        }
    };
    for member in &plan.members {
        count(member.from, member.side, needs.slots_of(member.arrow));
    }
    for net in &plan.nets {
        count(net.to, net.side, 1);
    }
    let sides = left.iter().zip(&right);
    let ports = sides.map(|(left, right)| {
        let most = if *left > 0 { (left + 1).max(*right) } else { *right };
        i32::try_from(most).unwrap_or(i32::MAX / PITCH) * PITCH
    });
    needs.texts.iter().zip(ports).map(|(text, ports)| (*text).max(ports)).collect()
}

/// The texts of a node as lines that fit: name, kind, remark.
pub(super) fn texts(node: &Node) -> (Vec<String>, Vec<String>, Vec<String>) {
    let room = NODE_WIDTH - 2 * NODE_PAD;
    let lines = |text: &str, size: i32| wrap(&clean(text), size, room);
    (lines(&node.name, NAME_SIZE), lines(&node.kind, SMALL_SIZE), lines(&node.note, SMALL_SIZE))
}

/// Name and remark of a segment as lines that fit.
pub(super) fn segment_texts(segment: &Segment) -> (Vec<String>, Vec<String>) {
    (wrap(&clean(&segment.name), NAME_SIZE, NODE_WIDTH), wrap(&clean(&segment.note), SMALL_SIZE, NODE_WIDTH))
}

/// Space above the first node of a segment: its name and, if it has one, its remark.
fn title_height(segment: &Segment) -> i32 {
    let (name, note) = segment_texts(segment);
    let lines = i32::try_from(name.len() + note.len()).unwrap_or_default().max(1);
    round_up(lines * LINE + SMALL_SIZE / 2)
}

/// What a platform's name and remark, which read upwards, take of its height.
fn strip_height(group: &Group) -> i32 {
    width(&clean(&group.name), NAME_SIZE).max(width(&clean(&group.note), SMALL_SIZE)) + 2 * NODE_PAD
}

fn text_height(node: &Node) -> i32 {
    let (name, kind, note) = texts(node);
    let lines = i32::try_from(name.len() + kind.len() + note.len()).unwrap_or_default();
    round_up((lines * LINE + 2 * NODE_PAD).max(3 * PITCH))
}
