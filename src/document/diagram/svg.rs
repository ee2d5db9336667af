//! A layout as an SVG document.
//!
//! In: a picture and its layout. Out: SVG 1.1 text without scripts, style sheets, links or anything from outside.
//!
//! Invariant: every text goes through `text::escape`; looks are attributes that all renderers know.
//! Invariant: nothing is told by colour alone: outlines and dashes say it too.

use std::fmt::Write;

use super::design::{
    HEAD, HEAD_HALF, LABEL_LINE, LABEL_PAD, LINE, MARGIN, NAME_SIZE, NODE_PAD, PITCH, SEGMENT_PAD, SMALL_SIZE,
};
use super::geometry::{Branch, Entry, Frame, FrameKind, Label, Layout, NodeBox, Point, Rect, Sample, Wire};
use super::legend::{NUMBER_ROOM, SAMPLE_LINE};
use super::picture::{Node, Picture, Shape, Style};
use super::text::{clean, escape};
use super::words;

/// Faces that every renderer has one of; all are narrower than what texts were measured with.
pub(super) const FACES: &str = "Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif";
/// Dark, quiet colours of near lightness, so that neighbouring lines can be told apart and none stands out in grey.
const LINES: [&str; 5] = ["#27496d", "#5b3a6e", "#1f5b4f", "#6b4a1f", "#434a54"];
pub(super) const INK: &str = "#1c2733";
pub(super) const FAINT_INK: &str = "#4a5866";
const LANE_FILL: &str = "#f3f5f7";
const STRIP_FILL: &str = "#e3e8ed";
const LANE_EDGE: &str = "#aab4bf";
const SEGMENT_EDGE: &str = "#8794a1";
const PAPER: &str = "#ffffff";

/// The drawing of a layout.
pub(super) fn svg(picture: &Picture, layout: &Layout) -> String {
    let mut out = String::new();
    let description = words::description(picture);
    open(&mut out, &picture.id, (layout.width, layout.height), &picture.title, &description);
    for frame in &layout.frames {
        write_frame(&mut out, frame);
    }
    for wire in &layout.wires {
        write_wire(&mut out, wire);
    }
    for (node, content) in layout.nodes.iter().zip(&picture.nodes) {
        write_node(&mut out, node, content);
    }
    for label in &layout.labels {
        write_label(&mut out, label);
    }
    write_legend(&mut out, layout);
    out.push_str("</svg>\n");
    out
}

/// The beginning of a document: size, title, description, background.
pub(super) fn open(out: &mut String, id: &str, (width, height): (i32, i32), title: &str, description: &str) {
    let id: String =
        id.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"figure-{id}-title figure-{id}-desc\" font-family=\"{FACES}\">\n\
         <title id=\"figure-{id}-title\">{}</title>\n<desc id=\"figure-{id}-desc\">{}</desc>\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"{PAPER}\"/>",
        escape(&clean(title)),
        escape(description)
    );
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Set {
    pub(super) size: i32,
    pub(super) ink: &'static str,
    pub(super) bold: bool,
    pub(super) anchor: &'static str,
}

impl Set {
    pub(super) const NAME: Self = Self { size: NAME_SIZE, ink: INK, bold: true, anchor: "middle" };
    pub(super) const SMALL: Self = Self { size: SMALL_SIZE, ink: FAINT_INK, bold: false, anchor: "middle" };

    pub(super) fn at(self, anchor: &'static str) -> Self {
        Self { anchor, ..self }
    }
}

/// A line of text; `y` is its base line.
pub(super) fn write_text(out: &mut String, at: Point, set: Set, text: &str) {
    let weight = if set.bold { " font-weight=\"bold\"" } else { "" };
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{weight} fill=\"{}\" text-anchor=\"{}\">{}</text>",
        at.x,
        at.y,
        set.size,
        set.ink,
        set.anchor,
        escape(text)
    );
}

/// A rectangle with whatever attributes.
pub(super) fn write_rect(out: &mut String, area: Rect, attributes: &str) {
    let Rect { x, y, width, height } = area;
    let _ = writeln!(out, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {attributes}/>");
}

fn write_frame(out: &mut String, frame: &Frame) {
    let _ = writeln!(out, "<g><title>{}</title>", escape(&frame.full));
    match frame.kind {
        FrameKind::Platform => {
            write_rect(out, frame.area, &format!("rx=\"4\" fill=\"{LANE_FILL}\" stroke=\"{LANE_EDGE}\""));
            write_rect(
                out,
                frame.title_area,
                &format!("rx=\"4\" fill=\"{STRIP_FILL}\" stroke=\"{LANE_EDGE}\""),
            );
            write_strip(out, frame);
        }
        FrameKind::Outside => write_strip(out, frame),
        FrameKind::Segment => {
            let look =
                format!("rx=\"3\" fill=\"{PAPER}\" stroke=\"{SEGMENT_EDGE}\" stroke-dasharray=\"1 2\"");
            write_rect(out, frame.area, &look);
            let mut at = Point { x: frame.title_area.x, y: frame.title_area.y + NAME_SIZE + 1 };
            for line in &frame.title {
                let set = Set { bold: false, ..Set::NAME.at("start") };
                write_text(out, at, set, line);
                at.y += LINE;
            }
            for line in &frame.note {
                write_text(out, at, Set::SMALL.at("start"), line);
                at.y += LINE;
            }
        }
    }
    out.push_str("</g>\n");
}

/// A title that reads upwards along the left edge.
fn write_strip(out: &mut String, frame: &Frame) {
    let area = frame.title_area;
    let lines = i32::try_from(frame.title.len() + frame.note.len()).unwrap_or_default();
    let mut x = area.x + (area.width - lines * LINE) / 2 + NAME_SIZE - 1;
    let y = area.y + area.height / 2;
    let titles = frame.title.iter().map(|line| (Set::NAME, line));
    for (set, line) in titles.chain(frame.note.iter().map(|line| (Set::SMALL, line))) {
        let _ = writeln!(out, "<g transform=\"translate({x} {y}) rotate(-90)\">");
        write_text(out, Point { x: 0, y: 0 }, set, line);
        out.push_str("</g>\n");
        x += LINE;
    }
}

fn write_node(out: &mut String, node: &NodeBox, content: &Node) {
    let full = [&content.name, &content.kind, &content.note].map(|text| clean(text)).join(", ");
    let _ = writeln!(out, "<g><title>{}</title>", escape(full.trim_end_matches(", ")));
    let look = format!("fill=\"{PAPER}\" stroke=\"{INK}\"");
    match content.shape {
        Shape::Role => write_rect(out, node.area, &format!("{look} stroke-width=\"1.4\"")),
        Shape::Foreign => write_rect(out, node.area, &format!("{look} rx=\"{HEAD}\"")),
        Shape::Several => {
            write_rect(out, node.area, &look);
            let inner = Rect {
                x: node.area.x + 2,
                y: node.area.y + 2,
                width: node.area.width - 4,
                height: node.area.height - 4,
            };
            write_rect(out, inner, &look);
        }
    }
    let lines = i32::try_from(node.name.len() + node.kind.len() + node.note.len()).unwrap_or_default();
    let x = node.area.x + node.area.width / 2;
    let mut y = node.area.y + (node.area.height - lines * LINE) / 2 + NAME_SIZE - 1;
    let names = node.name.iter().map(|line| (Set::NAME, line));
    let rest = node.kind.iter().chain(&node.note).map(|line| (Set::SMALL, line));
    for (set, line) in names.chain(rest) {
        write_text(out, Point { x, y }, set, line);
        y += LINE;
    }
    out.push_str("</g>\n");
}

fn dashes(style: Style) -> &'static str {
    match style {
        Style::Protected => "",
        Style::Clear => " stroke-dasharray=\"6 3\"",
        Style::Exception => " stroke-dasharray=\"1.5 2.5\"",
    }
}

fn write_wire(out: &mut String, wire: &Wire) {
    let colour = LINES.get(wire.to % LINES.len()).copied().unwrap_or(INK);
    let paths: Vec<String> = wire.branches.iter().map(|branch| path(branch, wire)).collect();
    for path in &paths {
        let _ = writeln!(out, "<path d=\"{path}\" fill=\"none\" stroke=\"{PAPER}\" stroke-width=\"4\"/>");
    }
    let dashes = dashes(wire.style);
    for path in &paths {
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.3\" stroke-linejoin=\"round\"{dashes}/>"
        );
    }
    if let Some([.., from, to]) = wire.branches.first().map(|branch| branch.way.as_slice()) {
        write_head(out, *from, *to, colour);
    }
}

/// The head of an arrow that comes from the left or from the right.
pub(super) fn write_head(out: &mut String, from: Point, to: Point, colour: &str) {
    let back = if from.x < to.x { to.x - HEAD } else { to.x + HEAD };
    let (x, y, top, bottom) = (to.x, to.y, to.y - HEAD_HALF, to.y + HEAD_HALF);
    let _ = writeln!(out, "<path d=\"M{x} {y}L{back} {top}L{back} {bottom}Z\" fill=\"{colour}\"/>");
}

/// Radius of corners.
const ROUND: i32 = 5;

/// The part of a way that a branch draws, with round corners, and no further than to the arrow's head.
fn path(branch: &Branch, wire: &Wire) -> String {
    let mut points = branch.own.clone();
    let is_whole = wire.branches.first().is_some_and(|first| first.arrow == branch.arrow);
    if let (true, [.., from, to]) = (is_whole, points.as_mut_slice()) {
        to.x += (from.x - to.x).clamp(1 - HEAD, HEAD - 1);
    }
    rounded(&points)
}

fn rounded(points: &[Point]) -> String {
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| points.get(before));
        match (before, points.get(at + 1)) {
            (None, _) => {
                let _ = write!(path, "M{} {}", point.x, point.y);
            }
            (Some(before), Some(after)) => {
                let (start, end) = (towards(*point, *before), towards(*point, *after));
                let _ = write!(path, "L{} {}Q{} {} {} {}", start.x, start.y, point.x, point.y, end.x, end.y);
            }
            (Some(_), None) => {
                let _ = write!(path, "L{} {}", point.x, point.y);
            }
        }
    }
    path
}

/// A little from a corner towards the next one, and never beyond the middle.
fn towards(corner: Point, next: Point) -> Point {
    let step = |from: i32, to: i32| from + ((to - from) / 2).clamp(-ROUND, ROUND);
    Point { x: step(corner.x, next.x), y: step(corner.y, next.y) }
}

fn write_label(out: &mut String, label: &Label) {
    let look = format!("rx=\"3\" fill=\"{PAPER}\" stroke=\"{SEGMENT_EDGE}\" stroke-width=\"0.7\"");
    write_rect(out, label.area, &look);
    let mut at = Point { x: label.area.x + LABEL_PAD, y: label.area.y + LABEL_LINE - 2 };
    for line in &label.lines {
        write_text(out, at, Set { ink: INK, ..Set::SMALL.at("start") }, line);
        at.y += LABEL_LINE;
    }
}

fn write_legend(out: &mut String, layout: &Layout) {
    if let Some(first) = layout.legend.first() {
        let y = first.area.y - PITCH / 2;
        let right = layout.width - MARGIN;
        let _ = writeln!(out, "<path d=\"M{MARGIN} {y}L{right} {y}\" stroke=\"{LANE_EDGE}\"/>");
    }
    for entry in &layout.legend {
        write_entry(out, entry);
    }
    for sample in &layout.samples {
        write_sample(out, sample);
    }
}

pub(super) fn write_entry(out: &mut String, entry: &Entry) {
    let _ = writeln!(out, "<g><title>{}</title>", escape(&entry.full));
    let mut at = Point { x: entry.area.x, y: entry.area.y + NAME_SIZE };
    if let Some(number) = &entry.number {
        let pill = Rect { x: at.x, y: entry.area.y, width: NUMBER_ROOM - SEGMENT_PAD, height: LINE };
        write_rect(
            out,
            pill,
            &format!("rx=\"3\" fill=\"{PAPER}\" stroke=\"{SEGMENT_EDGE}\" stroke-width=\"0.7\""),
        );
        let middle = Point { x: pill.x + pill.width / 2, y: entry.area.y + SMALL_SIZE };
        write_text(out, middle, Set { ink: INK, ..Set::SMALL }, number);
        at.x += NUMBER_ROOM;
    }
    let names = entry.name.iter().map(|line| (Set::NAME, line));
    for (set, line) in names.chain(entry.services.iter().map(|line| (Set::SMALL, line))) {
        write_text(out, at, set.at("start"), line);
        at.y += LINE;
    }
    out.push_str("</g>\n");
}

fn write_sample(out: &mut String, sample: &Sample) {
    let y = sample.area.y + sample.area.height / 2;
    let (x, end) = (sample.area.x, sample.area.x + SAMPLE_LINE);
    let dashes = dashes(sample.style);
    let line = end - HEAD + 1;
    let _ = writeln!(out, "<path d=\"M{x} {y}L{line} {y}\" stroke=\"{INK}\" stroke-width=\"1.3\"{dashes}/>");
    write_head(out, Point { x, y }, Point { x: end, y }, INK);
    let at = Point { x: end + NODE_PAD, y: y + HEAD_HALF };
    write_text(out, at, Set::SMALL.at("start"), &sample.words);
}
