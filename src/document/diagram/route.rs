//! Channels, columns and the ways of arrows: everything that has a width.
//!
//! In: a picture, its arrangement, and the marks of its arrows. Out: the drawing part of a [`Layout`].
//!
//! A channel has a strip for labels next to each of its columns and tracks between them, so nothing but stubs comes near
//! a label. Channels and corridors hold no nodes, so no arrow runs through one.
//!
//! Invariant: lines of different nets never lie on one another; they only cross.

use std::collections::BTreeMap;

use super::arrange::{Arrangement, Block, Lane, LaneOf};
use super::design::{COLUMN, HEAD, LABEL_LINE, LINE, MARGIN, NODE_WIDTH, SEGMENT_PAD, STRIP, TRACK};
use super::geometry::{Branch, Frame, FrameKind, Label, Layout, NodeBox, Point, Rect, Wire};
use super::pack::{Packed, pack};
use super::picture::Picture;
use super::ports::{Member, Needs, Plan, Side, heights, segment_texts, texts};
use super::rows::{Rows, rows};
use super::text::clean;
use super::tracks::{Care, From, Run, assign};
use super::tree::branches;
use super::words;

/// What an arrow is labelled with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) lines: Vec<String>,
    pub(super) width: i32,
}

/// A vertical part of a net: its trunk, or a part that leads to a corridor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Trunk(usize),
    Far { net: usize, corridor: usize },
}

/// Widths of a channel.
#[derive(Debug, Clone, Default)]
struct Channel {
    left: i32,
    width: i32,
    tracks: BTreeMap<Part, usize>,
}

/// Left edges.
#[derive(Debug, Clone, Default)]
struct Columns {
    channels: Vec<i32>,
    columns: Vec<i32>,
    width: i32,
}

/// Lays a picture out as arranged. A draft is as large as what is laid out with care.
pub(super) fn route(
    picture: &Picture,
    arrangement: &Arrangement,
    (needs, marks): (&Needs, &[Mark]),
    (room, care): (i32, Care),
) -> Layout {
    let cells = arrangement.cells(picture.nodes.len());
    let plan = Plan::new(picture, &cells, arrangement.columns);
    let packed = pack(picture, arrangement, (&heights(&plan, needs), needs));
    let rows = rows(picture, arrangement, (&plan, needs), &packed);
    let channels: Vec<Channel> =
        (0..=arrangement.columns).map(|at| channel(at, &plan, &rows, (marks, care))).collect();
    let channels = widened(channels, arrangement.columns, room);
    let columns = columns(&channels, arrangement.columns);
    let mut layout = Layout { width: columns.width, height: rows.bottom + MARGIN, ..Layout::default() };
    layout.frames = frames(picture, arrangement, (&rows, &packed), &columns);
    let column_of = |node: usize| {
        let column = cells.get(node).copied().unwrap_or_default().column;
        columns.columns.get(column).copied().unwrap_or_default()
    };
    let nodes = picture.nodes.iter().zip(&rows.nodes).enumerate();
    layout.nodes = nodes
        .map(|(at, (node, (y, height)))| {
            let (name, kind, note) = texts(node);
            let x = column_of(at) + SEGMENT_PAD;
            NodeBox { area: Rect { x, y: *y, width: NODE_WIDTH, height: *height }, name, kind, note }
        })
        .collect();
    let ways =
        Ways { plan: &plan, rows: &rows, channels: &channels, columns: &columns, nodes: &layout.nodes };
    layout.wires = ways.wires();
    layout.labels = ways.labels(marks);
    layout
}

/// Least distance between lines that follow each other on one track.
const APART: i32 = 12;
/// Space between a label and the first track, and between a label and the node's frame.
const LABEL_GAP: i32 = 4;

/// The tracks and strips of a channel.
fn channel(at: usize, plan: &Plan, rows: &Rows, (marks, care): (&[Mark], Care)) -> Channel {
    let runs = runs(at, plan, rows);
    let (parts, runs): (Vec<Part>, Vec<Run>) = runs.into_iter().unzip();
    let tracks = assign(&runs, APART, care);
    let strip = |side: Side| {
        let starts = plan.members.iter().filter(|member| member.channel == at && member.side == side);
        let labels =
            starts.map(|member| marks.get(member.arrow).map_or(0, |mark| mark.width) + 2 * LABEL_GAP);
        let ends = plan.nets.iter().filter(|net| net.channel == at && net.side == side);
        labels.chain(ends.map(|_| HEAD)).max().unwrap_or_default()
    };
    let (left, right) = (strip(Side::Right), strip(Side::Left));
    let lines = i32::try_from(tracks.count.saturating_sub(1)).unwrap_or_default() * TRACK;
    let width = left + lines + right;
    Channel { left, width, tracks: parts.into_iter().zip(tracks.of).collect() }
}

/// The vertical parts in a channel.
fn runs(at: usize, plan: &Plan, rows: &Rows) -> BTreeMap<Part, Run> {
    let mut joins: BTreeMap<Part, Vec<(i32, From)>> = BTreeMap::new();
    let towards = |channel: usize| if channel > at { From::High } else { From::Low };
    let comes = |side: Side| if side == Side::Right { From::Low } else { From::High };
    for (index, member) in plan.members.iter().enumerate() {
        let Some(start) = rows.starts.get(index).copied() else { continue };
        let corridor = rows.corridors.get(index).copied().flatten();
        let crossing = corridor.and_then(|corridor| rows.crossings.get(&(member.net, corridor))).copied();
        let Some((corridor, y)) = corridor.zip(crossing) else {
            if member.channel == at {
                joins.entry(Part::Trunk(member.net)).or_default().push((start, comes(member.side)));
            }
            continue;
        };
        if member.channel == at {
            let far = joins.entry(Part::Far { net: member.net, corridor }).or_default();
            far.extend([(start, comes(member.side)), (y, towards(member.target_channel))]);
        }
        if member.target_channel == at {
            joins.entry(Part::Trunk(member.net)).or_default().push((y, towards(member.channel)));
        }
    }
    for (index, net) in plan.nets.iter().enumerate().filter(|(_, net)| net.channel == at) {
        let end = rows.ends.get(index).copied().unwrap_or_default();
        joins.entry(Part::Trunk(index)).or_default().push((end, comes(net.side)));
    }
    joins.into_iter().map(|(part, joins)| (part, Run::along(joins))).collect()
}

/// Least width of a channel between two columns.
const LEAST_CHANNEL: i32 = 22;
/// Space between the frame of a platform and its content, left and right.
const LANE_SIDE: i32 = 7;

/// Most that a channel is widened by.
const MOST_AIR: i32 = 60;

/// Channels between columns made wider, so that the drawing takes the room that there is.
fn widened(mut channels: Vec<Channel>, count: usize, room: i32) -> Vec<Channel> {
    let inner = i32::try_from(count.saturating_sub(1)).unwrap_or_default();
    let left = room - columns(&channels, count).width;
    let air = if inner == 0 { 0 } else { (left / inner).clamp(0, MOST_AIR) };
    for channel in channels.iter_mut().take(count).skip(1) {
        channel.width = channel.width.max(LEAST_CHANNEL) + air;
        channel.left += air / 2;
    }
    channels
}

fn columns(channels: &[Channel], count: usize) -> Columns {
    let mut columns = Columns::default();
    let mut x = MARGIN + STRIP + LANE_SIDE;
    for (at, channel) in channels.iter().enumerate() {
        columns.channels.push(x);
        let is_outer = at == 0 || at == count;
        let least = if is_outer && channel.tracks.is_empty() { 0 } else { LEAST_CHANNEL };
        x += channel.width.max(least);
        if at < count {
            columns.columns.push(x);
            x += COLUMN;
        }
    }
    columns.width = x + LANE_SIDE + MARGIN;
    columns
}

/// The frames of lanes, then those of segments.
fn frames(
    picture: &Picture,
    arrangement: &Arrangement,
    (rows, packed): (&Rows, &Packed),
    columns: &Columns,
) -> Vec<Frame> {
    let lanes = arrangement.lanes.iter().zip(&rows.lanes);
    let mut frames: Vec<Frame> =
        lanes.map(|(lane, place)| lane_frame(picture, lane, *place, columns)).collect();
    let contents = arrangement.lanes.iter().zip(&rows.contents).zip(&packed.blocks);
    for ((lane, top), blocks) in contents {
        for (block, (y, height)) in lane.blocks.iter().zip(blocks) {
            frames.extend(segment_frame(picture, block, (top + y, *height), columns));
        }
    }
    frames
}

fn lane_frame(picture: &Picture, lane: &Lane, (y, height): (i32, i32), columns: &Columns) -> Frame {
    let (kind, name, note) = match lane.of {
        LaneOf::Outside => (FrameKind::Outside, words::outside().to_owned(), String::new()),
        LaneOf::Group(group) => {
            let group = picture.groups.get(group);
            let text = |text: Option<&String>| text.map(|text| clean(text)).unwrap_or_default();
            let name = text(group.map(|group| &group.name));
            (FrameKind::Platform, name, text(group.map(|group| &group.note)))
        }
    };
    Frame {
        kind,
        area: Rect { x: MARGIN, y, width: columns.width - 2 * MARGIN, height },
        title_area: Rect { x: MARGIN, y, width: STRIP - SEGMENT_PAD, height },
        title: vec![name.clone()],
        note: if note.is_empty() { Vec::new() } else { vec![note.clone()] },
        full: [name, note].join(" ").trim().to_owned(),
    }
}

fn segment_frame(
    picture: &Picture,
    block: &Block,
    (y, height): (i32, i32),
    columns: &Columns,
) -> Option<Frame> {
    let segment = picture.segment_of(&block.nodes)?;
    let x = columns.columns.get(block.column).copied()?;
    let last = columns.columns.get(block.column + block.span - 1).copied()?;
    let (title, note) = segment_texts(segment);
    let lines = i32::try_from(title.len() + note.len()).unwrap_or_default();
    Some(Frame {
        kind: FrameKind::Segment,
        area: Rect { x, y, width: last + COLUMN - x, height },
        title_area: Rect { x: x + SEGMENT_PAD, y: y + 2, width: NODE_WIDTH, height: lines * LINE },
        title,
        note,
        full: [clean(&segment.name), clean(&segment.note)].join(" ").trim().to_owned(),
    })
}

/// What ways are made of.
struct Ways<'a> {
    plan: &'a Plan,
    rows: &'a Rows,
    channels: &'a [Channel],
    columns: &'a Columns,
    nodes: &'a [NodeBox],
}

impl Ways<'_> {
    fn wires(&self) -> Vec<Wire> {
        let nets = self.plan.nets.iter();
        nets.map(|net| {
            let way = |member: &usize| {
                let arrow = self.plan.members.get(*member)?;
                Some((arrow.arrow, self.way(*member, arrow)?))
            };
            let ways = net.members.iter().filter_map(way).collect();
            let branches: Vec<Branch> = branches(ways);
            Wire { to: net.to, style: net.style, branches }
        })
        .collect()
    }

    /// The way of an arrow, corners only.
    fn way(&self, index: usize, member: &Member) -> Option<Vec<Point>> {
        let net = self.plan.nets.get(member.net)?;
        let start = Point { x: self.border(member.from, member.side)?, y: *self.rows.starts.get(index)? };
        let end = Point { x: self.border(net.to, net.side)?, y: *self.rows.ends.get(member.net)? };
        let trunk = self.track(net.channel, Part::Trunk(member.net))?;
        let mut way = vec![start];
        if let Some(corridor) = self.rows.corridors.get(index).copied().flatten() {
            let far = self.track(member.channel, Part::Far { net: member.net, corridor })?;
            let y = *self.rows.crossings.get(&(member.net, corridor))?;
            way.extend([Point { x: far, y: start.y }, Point { x: far, y }, Point { x: trunk, y }]);
        } else {
            way.push(Point { x: trunk, y: start.y });
        }
        way.extend([Point { x: trunk, y: end.y }, end]);
        way.dedup();
        Some(way)
    }

    fn track(&self, channel: usize, part: Part) -> Option<i32> {
        let content = self.channels.get(channel)?;
        let track = i32::try_from(*content.tracks.get(&part)?).ok()?;
        Some(self.columns.channels.get(channel)? + content.left + track * TRACK)
    }

    fn border(&self, node: usize, side: Side) -> Option<i32> {
        let area = self.nodes.get(node)?.area;
        Some(if side == Side::Left { area.x } else { area.right() })
    }

    fn labels(&self, marks: &[Mark]) -> Vec<Label> {
        let members = self.plan.members.iter().zip(&self.rows.starts);
        let label = |(member, y): (&Member, &i32)| {
            let mark = marks.get(member.arrow).filter(|mark| !mark.lines.is_empty())?;
            let border = self.border(member.from, member.side)?;
            let x = match member.side {
                Side::Right => border + SEGMENT_PAD + LABEL_GAP,
                Side::Left => border - SEGMENT_PAD - LABEL_GAP - mark.width,
            };
            let height = i32::try_from(mark.lines.len()).ok()? * LABEL_LINE;
            let area = Rect { x, y: y - height / 2, width: mark.width, height };
            Some(Label { arrow: member.arrow, area, lines: mark.lines.clone() })
        };
        members.filter_map(label).collect()
    }
}
