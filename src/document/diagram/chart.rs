//! A sequence as a picture: participants side by side, calls from top to bottom, reasons below.
//!
//! In: a [`Chart`]. Out: its layout, SVG and Mermaid text.
//!
//! Invariant: calls have rows of their own, so neither lines nor texts of two calls ever meet.
//! Invariant: what is told by a number in the drawing is explained by the same number below it.

use std::fmt::Write;

use super::design::{HALF, HEAD, LABEL_LINE, LINE, MARGIN, NAME_SIZE, NODE_PAD, PITCH, Paper, SMALL_SIZE};
use super::geometry::{Entry, Point, Rect};
use super::legend::{NUMBER_ROOM, entry_of};
use super::mermaid::quote;
use super::sequence::{Access, Chart, Lifeline, Message};
use super::svg::{FAINT_INK, INK, Set, open, write_entry, write_head, write_rect, write_text};
use super::text::{clean, width, wrap};
use super::words;

/// A participant's box and line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) area: Rect,
    pub(super) title: Vec<String>,
    pub(super) roles: Vec<String>,
}

/// A call's line and texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// Corners of its line.
    pub(super) way: Vec<Point>,
    /// Where its words stand.
    pub(super) area: Rect,
    pub(super) lines: Vec<String>,
    /// Where its services stand.
    pub(super) services_area: Rect,
    pub(super) services: Vec<String>,
    pub(super) is_missing: bool,
}

/// A chart with everything in its place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ChartLayout {
    pub(super) width: i32,
    pub(super) height: i32,
    pub(super) heads: Vec<Head>,
    pub(super) calls: Vec<Call>,
    /// Where lifelines end.
    pub(super) bottom: i32,
    pub(super) legend: Vec<Entry>,
}

/// Widest distance of lifelines.
const MOST_DISTANCE: i32 = 160;
/// Width of what a participant does by itself.
const OWN_WIDTH: i32 = 26;

/// Puts everything in its place.
pub(super) fn lay_out(chart: &Chart, paper: Paper) -> ChartLayout {
    let count = i32::try_from(chart.lifelines.len()).unwrap_or(i32::MAX).max(1);
    let distance = ((paper.width - 2 * MARGIN) / count).min(MOST_DISTANCE);
    let mut layout = ChartLayout { width: distance * count + 2 * MARGIN, ..ChartLayout::default() };
    layout.heads = heads(chart, distance);
    let mut y = layout.heads.iter().map(|head| head.area.bottom()).max().unwrap_or(MARGIN) + PITCH;
    for (at, message) in chart.messages.iter().enumerate() {
        let call = call(&layout.heads, message, at + 1, (distance, y));
        let low = call.way.iter().map(|point| point.y).max().unwrap_or(y);
        y = low.max(call.area.bottom()).max(call.services_area.bottom()) + HALF;
        layout.calls.push(call);
    }
    layout.bottom = y + HALF;
    layout.legend = legend(chart, layout.width - 2 * MARGIN, layout.bottom + PITCH);
    let lowest = layout.legend.iter().map(|entry| entry.area.bottom()).max().unwrap_or(layout.bottom);
    layout.height = lowest + MARGIN;
    layout
}

fn heads(chart: &Chart, distance: i32) -> Vec<Head> {
    let room = distance - PITCH - 2 * NODE_PAD;
    let texts = |lifeline: &Lifeline| {
        let roles = if lifeline.roles.is_empty() {
            words::not_in_site().to_owned()
        } else {
            lifeline.roles.join(", ")
        };
        let title = wrap(&clean(&lifeline.title), NAME_SIZE, room);
        (title, wrap(&clean(&roles), SMALL_SIZE, room))
    };
    let all: Vec<_> = chart.lifelines.iter().map(texts).collect();
    let most = all.iter().map(|(title, roles)| title.len() + roles.len()).max().unwrap_or_default();
    let height = i32::try_from(most).unwrap_or_default() * LINE + 2 * NODE_PAD;
    let places = (0..).map(|at| MARGIN + at * distance + HALF);
    let areas = places.map(|x| Rect { x, y: MARGIN, width: distance - PITCH, height });
    all.into_iter().zip(areas).map(|((title, roles), area)| Head { area, title, roles }).collect()
}

fn middle(heads: &[Head], at: usize) -> i32 {
    heads.get(at).map_or(0, |head| head.area.x + head.area.width / 2)
}

fn call(heads: &[Head], message: &Message, number: usize, (distance, top): (i32, i32)) -> Call {
    let (from, to) = (middle(heads, message.from), middle(heads, message.to));
    let is_own = message.from == message.to;
    let last = heads.len().saturating_sub(1);
    // What the last participant does by itself stands left of its line, where there is room.
    let turns_left = is_own && message.from == last;
    let room = if is_own { distance - OWN_WIDTH - PITCH } else { (from - to).abs() - 2 * PITCH };
    let words = format!("{number}  {}", clean(&message.what));
    let lines = wrap(&words, SMALL_SIZE, room);
    let used = lines.iter().map(|line| width(line, SMALL_SIZE)).max().unwrap_or_default() + 2;
    let height = i32::try_from(lines.len()).unwrap_or_default() * LINE;
    let services = match &message.access {
        Access::Own => Vec::new(),
        Access::Allowed(services) => wrap(services, SMALL_SIZE, room),
        Access::Missing => wrap(words::not_allowed(), SMALL_SIZE, room),
    };
    let own = if turns_left { -OWN_WIDTH } else { OWN_WIDTH };
    let (way, area) = if is_own {
        let (low, x) = (top + height.max(PITCH), from + own);
        let way = [(from, top + 2), (x, top + 2), (x, low), (from, low)];
        let left = if turns_left { x - HALF - used } else { x + HALF };
        (way.map(|(x, y)| Point { x, y }).to_vec(), Rect { x: left, y: top, width: used, height })
    } else {
        let y = top + height + HALF / 2;
        let way = vec![Point { x: from, y }, Point { x: to, y }];
        (way, Rect { x: (from + to - used) / 2, y: top, width: used, height })
    };
    let below = way.last().map_or(top, |point| point.y) + HALF / 2;
    let widest = services.iter().map(|line| width(line, SMALL_SIZE) + 2).max();
    let used = widest.unwrap_or_default();
    let height = i32::try_from(services.len()).unwrap_or_default() * LINE;
    let services_area = Rect { x: (from + to - used) / 2, y: below, width: used, height };
    let is_missing = message.access == Access::Missing;
    Call { way, area, lines, services_area, services, is_missing }
}

/// Reasons in two columns, read down each.
fn legend(chart: &Chart, room: i32, top: i32) -> Vec<Entry> {
    let column = room / 2;
    let messages = chart.messages.iter().zip(1..);
    let made: Vec<Entry> = messages
        .map(|(message, number)| {
            let (what, why) = (clean(&message.what), clean(&message.why));
            entry_of(Some(number), (&what, &why), column - PITCH, NUMBER_ROOM)
        })
        .collect();
    let half = made.len().div_ceil(2);
    let (mut x, mut y) = (MARGIN, top);
    let mut placed = Vec::new();
    for (at, mut entry) in made.into_iter().enumerate() {
        if at == half {
            (x, y) = (MARGIN + column, top);
        }
        (entry.area.x, entry.area.y) = (x, y);
        y += entry.area.height;
        placed.push(entry);
    }
    placed
}

/// The drawing of a chart.
pub(super) fn svg(chart: &Chart, layout: &ChartLayout) -> String {
    let mut out = String::new();
    open(&mut out, &chart.id, (layout.width, layout.height), &chart.title, &words::steps(chart));
    for (at, head) in layout.heads.iter().enumerate() {
        write_lifeline(&mut out, head, middle(&layout.heads, at), layout.bottom);
    }
    for call in &layout.calls {
        write_call(&mut out, call);
    }
    for entry in &layout.legend {
        write_entry(&mut out, entry);
    }
    out.push_str("</svg>\n");
    out
}

fn write_lifeline(out: &mut String, head: &Head, x: i32, bottom: i32) {
    let top = head.area.bottom();
    let _ = writeln!(
        out,
        "<path d=\"M{x} {top}L{x} {bottom}\" stroke=\"{FAINT_INK}\" stroke-dasharray=\"2 3\"/>"
    );
    write_rect(out, head.area, &format!("rx=\"3\" fill=\"#f3f5f7\" stroke=\"{INK}\" stroke-width=\"1.2\""));
    let lines = i32::try_from(head.title.len() + head.roles.len()).unwrap_or_default();
    let mut y = head.area.y + (head.area.height - lines * LINE) / 2 + NAME_SIZE - 1;
    let titles = head.title.iter().map(|line| (Set::NAME, line));
    for (set, line) in titles.chain(head.roles.iter().map(|line| (Set::SMALL, line))) {
        write_text(out, Point { x, y }, set, line);
        y += LINE;
    }
}

fn write_call(out: &mut String, call: &Call) {
    for area in [call.area, call.services_area].into_iter().filter(|area| area.width > 0) {
        write_rect(out, area, "fill=\"#ffffff\"");
    }
    let dashes = if call.is_missing { " stroke-dasharray=\"2 3\"" } else { "" };
    if let [.., from, to] = call.way.as_slice() {
        let mut points = call.way.clone();
        if let Some(end) = points.last_mut() {
            end.x += (from.x - to.x).clamp(1 - HEAD, HEAD - 1);
        }
        let corners = points.iter().map(|point| format!("{} {}", point.x, point.y)).collect::<Vec<_>>();
        let line = corners.join("L");
        let _ = writeln!(
            out,
            "<path d=\"M{line}\" fill=\"none\" stroke=\"{INK}\" stroke-width=\"1.3\"{dashes}/>"
        );
        write_head(out, *from, *to, INK);
    }
    let mut at = Point { x: call.area.x + call.area.width / 2, y: call.area.y + LABEL_LINE - 1 };
    for line in &call.lines {
        write_text(out, at, Set { ink: INK, ..Set::SMALL }, line);
        at.y += LINE;
    }
    let area = call.services_area;
    let mut at = Point { x: area.x + area.width / 2, y: area.y + LABEL_LINE - 1 };
    for line in &call.services {
        write_text(out, at, Set { bold: call.is_missing, ..Set::SMALL }, line);
        at.y += LINE;
    }
}

/// The chart as Mermaid text.
pub(super) fn mermaid(chart: &Chart) -> String {
    let mut out = String::from("sequenceDiagram\n  autonumber\n");
    for (at, lifeline) in chart.lifelines.iter().enumerate() {
        let roles = if lifeline.roles.is_empty() {
            words::not_in_site().to_owned()
        } else {
            lifeline.roles.join(", ")
        };
        let _ = writeln!(out, "  participant p{at} as {}<br/>{}", quote(&lifeline.title), quote(&roles));
    }
    for Message { from, to, what, access, .. } in &chart.messages {
        let (line, remark) = match access {
            Access::Own => ("->>", String::new()),
            Access::Allowed(services) => ("->>", format!(" ({})", quote(services))),
            Access::Missing => ("--x", format!(" ({})", quote(words::not_allowed()))),
        };
        let _ = writeln!(out, "  p{from}{line}p{to}: {}{remark}", quote(what));
    }
    out
}
