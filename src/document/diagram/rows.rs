//! Corridors, lanes and ports: everything that has a height.
//!
//! In: a picture, its arrangement and plan. Out: [`Rows`].
//!
//! A corridor is the space between two lanes. An arrow that can't reach its net through one channel crosses over in the
//! corridor next to the lane in which it ends.
//!
//! Invariant: ports at right sides and ports at left sides stand at different heights, so that lines from both sides of a
//! channel never lie on one another; a port is moved only to the height of the one port that it is joined with.

use std::collections::{BTreeMap, BTreeSet};

use super::arrange::{Arrangement, Cell, LANE_DISTANCE, LaneOf};
use super::design::{HALF, MARGIN, PITCH, TRACK};
use super::pack::{Packed, round_up};
use super::picture::Picture;
use super::ports::{Needs, Plan, Side};
use super::tracks::{Care, From, Run, assign};

/// Everything that has a height, in pixels from the top.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    /// Top and height of each lane, its padding included.
    pub(super) lanes: Vec<(i32, i32)>,
    /// Top of each lane's content.
    pub(super) contents: Vec<i32>,
    /// Top and height of each node.
    pub(super) nodes: Vec<(i32, i32)>,
    /// Height at which each member starts.
    pub(super) starts: Vec<i32>,
    /// Height at which each net ends.
    pub(super) ends: Vec<i32>,
    /// The corridor of each member that needs one.
    pub(super) corridors: Vec<Option<usize>>,
    /// Height of each net in each corridor that it uses.
    pub(super) crossings: BTreeMap<(usize, usize), i32>,
    /// Where everything ends.
    pub(super) bottom: i32,
}

/// Works out all heights.
pub(super) fn rows(
    picture: &Picture,
    arrangement: &Arrangement,
    (plan, needs): (&Plan, &Needs),
    packed: &Packed,
) -> Rows {
    let cells = arrangement.cells(picture.nodes.len());
    let mut rows = Rows { corridors: corridors(plan, &cells, packed), ..Rows::default() };
    put_lanes(arrangement, plan, &cells, packed, &mut rows);
    let tops = |node: usize| cells.get(node).and_then(|cell| rows.contents.get(cell.lane));
    let place = |(node, (y, height)): (usize, &(i32, i32))| (y + tops(node).copied().unwrap_or(0), *height);
    rows.nodes = packed.nodes.iter().enumerate().map(place).collect();
    put_ports(plan, needs, &mut rows);
    straighten(plan, &mut rows);
    rows
}

/// The corridor of each member: above the lane of its end where it comes from above, else below.
fn corridors(plan: &Plan, cells: &[Cell], packed: &Packed) -> Vec<Option<usize>> {
    let corridor = |from: usize, to: usize| {
        let lane = |node: usize| cells.get(node).copied().unwrap_or_default().lane;
        let (start, end) = (lane(from), lane(to));
        let height = packed.lane_heights.get(end).copied().unwrap_or_default();
        let (y, own) = packed.nodes.get(from).copied().unwrap_or_default();
        let is_high = start == end && y + own / 2 <= height / 2;
        if start < end || is_high { end } else { end + 1 }
    };
    let members = plan.members.iter();
    members
        .map(|member| {
            let is_far = member.channel != member.target_channel;
            is_far.then(|| corridor(member.from, member.to))
        })
        .collect()
}

/// The channels from which each net comes into each corridor, with the side of the corridor.
fn comers(plan: &Plan, cells: &[Cell], rows: &Rows) -> BTreeMap<(usize, usize), BTreeSet<(usize, From)>> {
    let mut comers: BTreeMap<(usize, usize), BTreeSet<(usize, From)>> = BTreeMap::new();
    for (member, corridor) in plan.members.iter().zip(&rows.corridors) {
        let Some(corridor) = *corridor else { continue };
        let side = |node: usize| {
            let lane = cells.get(node).copied().unwrap_or_default().lane;
            if lane < corridor { From::Low } else { From::High }
        };
        let known = comers.entry((corridor, member.net)).or_default();
        known.insert((member.channel, side(member.from)));
        known.insert((member.target_channel, side(member.to)));
    }
    comers
}

/// Space above and below the content of a platform.
const LANE_PAD: i32 = PITCH;
/// Space at the edge of a corridor.
const CORRIDOR_PAD: i32 = 9;

fn put_lanes(arrangement: &Arrangement, plan: &Plan, cells: &[Cell], packed: &Packed, rows: &mut Rows) {
    let comers = comers(plan, cells, rows);
    let mut y = MARGIN;
    for corridor in 0..=arrangement.lanes.len() {
        let nets = comers.range((corridor, 0)..(corridor + 1, 0));
        let (keys, runs): (Vec<_>, Vec<_>) = nets.map(|(key, joins)| (*key, corridor_run(joins))).unzip();
        let tracks = assign(&runs, 1, Care::Full);
        let height = corridor_height(corridor, arrangement.lanes.len(), tracks.count);
        let used = to_pixels(tracks.count.saturating_sub(1)) * TRACK;
        for ((corridor, net), track) in keys.iter().zip(&tracks.of) {
            let place = y + (height - used) / 2 + to_pixels(*track) * TRACK;
            rows.crossings.insert((*net, *corridor), place);
        }
        y += height;
        let (Some(lane), Some(content)) =
            (arrangement.lanes.get(corridor), packed.lane_heights.get(corridor))
        else {
            continue;
        };
        let pad = if lane.of == LaneOf::Outside { 0 } else { LANE_PAD };
        rows.lanes.push((y, content + 2 * pad));
        rows.contents.push(y + pad);
        y += content + 2 * pad;
    }
    rows.bottom = y;
}

fn corridor_run(joins: &BTreeSet<(usize, From)>) -> Run {
    Run::along(joins.iter().map(|(channel, side)| (to_pixels(*channel) * 2, *side)).collect())
}

fn corridor_height(corridor: usize, lanes: usize, tracks: usize) -> i32 {
    let is_outer = corridor == 0 || corridor == lanes;
    let used = to_pixels(tracks) * TRACK + 2 * CORRIDOR_PAD - TRACK;
    match (tracks, is_outer) {
        (0, true) => 0,
        (0, false) => round_up(LANE_DISTANCE / 3),
        _ => round_up(used),
    }
}

fn to_pixels(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 64)
}

/// What stands at a side of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Port {
    Start(usize),
    End(usize),
}

/// Where a port would like to be, the port, and the room that it needs.
type Wish = (i32, Port, i32);

/// Puts the ports of every side in the order in which their lines go up or down.
fn put_ports(plan: &Plan, needs: &Needs, rows: &mut Rows) {
    let middle = |node: usize| rows.nodes.get(node).map_or(0, |(y, height)| y + height / 2);
    let crossing = |net: usize, corridor: usize| rows.crossings.get(&(net, corridor)).copied();
    let mut sides: BTreeMap<(usize, Side), Vec<Wish>> = BTreeMap::new();
    for (at, (member, corridor)) in plan.members.iter().zip(&rows.corridors).enumerate() {
        let aim = corridor.and_then(|corridor| crossing(member.net, corridor));
        let port = (aim.unwrap_or_else(|| middle(member.to)), Port::Start(at));
        let slots = to_pixels(needs.slots_of(member.arrow));
        sides.entry((member.from, member.side)).or_default().push((port.0, port.1, slots));
    }
    for (at, net) in plan.nets.iter().enumerate() {
        let comes_from = |member: &usize| {
            let from = plan.members.get(*member).map_or(0, |member| middle(member.from));
            let corridor = rows.corridors.get(*member).copied().flatten();
            corridor.and_then(|corridor| crossing(at, corridor)).unwrap_or(from)
        };
        let count = to_pixels(net.members.len()).max(1);
        let mean = net.members.iter().map(comes_from).fold(0, i32::saturating_add) / count;
        sides.entry((net.to, net.side)).or_default().push((mean, Port::End(at), 1));
    }
    rows.starts = vec![0; plan.members.len()];
    rows.ends = vec![0; plan.nets.len()];
    for ((node, side), mut ports) in sides {
        ports.sort_unstable();
        let (top, height) = rows.nodes.get(node).copied().unwrap_or_default();
        put_side((top, height), side, &ports, rows);
    }
}

/// Puts ports as near to where they aim at as order and room allow.
fn put_side((top, height): (i32, i32), side: Side, ports: &[(i32, Port, i32)], rows: &mut Rows) {
    let (first, slots) = match side {
        Side::Right => (top + HALF, height / PITCH),
        Side::Left => (top + PITCH, height / PITCH - 1),
    };
    let mut needed: i32 = ports.iter().map(|(_, _, slots)| slots).sum();
    let mut next = 0;
    for (aim, port, taken) in ports {
        let wish = (aim - first + HALF).div_euclid(PITCH) - taken / 2;
        let slot = wish.clamp(next, (slots - needed).max(next));
        let y = first + (slot + taken / 2) * PITCH;
        let place = match port {
            Port::Start(member) => rows.starts.get_mut(*member),
            Port::End(net) => rows.ends.get_mut(*net),
        };
        if let Some(place) = place {
            *place = y;
        }
        next = slot + taken;
        needed -= taken;
    }
}

/// Least distance between an arrow's head and a label at the same side of a node.
const HEAD_ROOM: i32 = 10;

/// Takes the small step out of arrows between facing ports that have a line for themselves.
fn straighten(plan: &Plan, rows: &mut Rows) {
    for (at, net) in plan.nets.iter().enumerate() {
        let [only] = net.members.as_slice() else { continue };
        let Some(member) = plan.members.get(*only) else { continue };
        let (Some(start), Some(end)) = (rows.starts.get(*only).copied(), rows.ends.get(at).copied()) else {
            continue;
        };
        let faces = member.channel == member.target_channel && member.side != net.side;
        if !faces || (start - end).abs() != HALF {
            continue;
        }
        let starts = plan.members.iter().zip(&rows.starts);
        let near_start = starts
            .filter(|(other, _)| other.from == net.to && other.side == net.side)
            .any(|(_, y)| (y - start).abs() < HEAD_ROOM);
        let ends = plan.nets.iter().zip(&rows.ends).enumerate();
        let near_end = ends
            .filter(|(other, (near, _))| *other != at && near.to == net.to && near.side == net.side)
            .any(|(_, (_, y))| (y - start).abs() < HEAD_ROOM);
        let (top, height) = rows.nodes.get(net.to).copied().unwrap_or_default();
        let is_inside = start - HALF >= top && start + HALF <= top + height;
        if let Some(place) = rows.ends.get_mut(at).filter(|_| is_inside && !near_start && !near_end) {
            *place = start;
        }
    }
}
