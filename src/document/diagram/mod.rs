//! Pictures of a site: who may start a connection to whom, and the order of calls where a product has one.
//!
//! In: a policy with its catalogue, or a [`picture::Picture`] made of anything. Out: [`Figure`]s, each as SVG with a
//! layout of its own, as Mermaid text, and as a description in words.
//!
//! The layout is made so that nothing can overlap: platforms are lanes, roles stand in columns, and arrows run in the
//! channels between columns and the corridors between lanes, which are made as wide as their arrows need. Arrows that end
//! at one node join on their way; each keeps a stub with its label at its source.
//!
//! Invariant: equal content gives equal bytes.
//! Invariant: no text is smaller than 7 points where a figure is printed at its own size, and figures fit their paper
//! wherever any division of the site does.

mod arrange;
mod build;
mod chart;
mod design;
pub mod geometry;
mod legend;
mod mermaid;
mod pack;
pub mod picture;
mod ports;
mod room;
mod route;
mod rows;
mod sequence;
mod split;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod tracks;
mod tree;
mod words;

pub use build::{overview, picture as picture_of};
pub use design::Paper;
pub use sequence::sequences;

use super::content::{Figure, Text};
use arrange::{Arrangement, arrange};
use design::{LABEL_PAD, SMALL_SIZE};
use geometry::{Branch, Layout, Point};
use picture::Picture;
use ports::Needs;
use route::{Mark, route};
use text::{clean, width};
use tracks::Care;

/// Draws a picture for a paper.
pub fn draw(picture: &Picture, paper: Paper) -> Figure {
    let picture = picture.sound();
    figure(&picture, &lay_out(&picture, paper))
}

/// The figure of a sound picture that is laid out.
fn figure(picture: &Picture, layout: &Layout) -> Figure {
    let pixels = |length: i32| u32::try_from(length).unwrap_or_default();
    Figure {
        id: picture.id.clone(),
        caption: Text::ours(clean(&picture.title)),
        description: words::description(picture),
        svg: svg::svg(picture, layout),
        width: pixels(layout.width),
        height: pixels(layout.height),
        mermaid: mermaid::flowchart(picture),
    }
}

/// Most arrows whose labels are names; where there are more, they are numbers that a legend explains.
const MOST_NAMED: usize = 14;

/// The best layout of a picture: one that fits the paper and has few crossings; else the one that fits best.
pub fn lay_out(picture: &Picture, paper: Paper) -> Layout {
    let variants = Variants::new(picture);
    let fitting = variants.fitting(paper);
    fitting.unwrap_or_else(|| variants.smallest(paper))
}

/// The best layout that has room on a paper, if any has.
fn fitting(picture: &Picture, paper: Paper) -> Option<Layout> {
    if room::is_too_large(picture, paper) { None } else { Variants::new(picture).fitting(paper) }
}

/// How a picture may be drawn: with names, with numbers, with numbers and less about each node.
struct Variants {
    whole: Picture,
    brief: Picture,
}

impl Variants {
    fn new(picture: &Picture) -> Self {
        let whole = picture.sound();
        Self { brief: whole.brief(), whole }
    }

    /// The variants, fullest first; with names only where there are few, and each has room.
    fn drafts(&self, paper: Paper) -> impl Iterator<Item = Drafts<'_>> {
        let named = self.whole.arrows.len() <= MOST_NAMED && have_room(&self.whole);
        let tried = [(named, &self.whole, false), (true, &self.whole, true), (true, &self.brief, true)];
        let wanted = tried.into_iter().filter(|(wanted, _, _)| *wanted);
        wanted.map(move |(_, picture, numbered)| Drafts::new(picture, paper, numbered))
    }

    fn fitting(&self, paper: Paper) -> Option<Layout> {
        self.drafts(paper).find(|drafts| drafts.least_overflow() == 0)?.best()
    }

    fn smallest(&self, paper: Paper) -> Layout {
        let smallest = self.drafts(paper).min_by_key(Drafts::least_overflow);
        smallest.and_then(|drafts| drafts.best()).unwrap_or_default()
    }
}

/// By how much a layout is too large, in pixels of both directions.
fn overflow(layout: &Layout, paper: Paper) -> i32 {
    (layout.width - paper.width).max(0) + (layout.height - paper.height).max(0)
}

/// Most columns that are tried.
const MOST_COLUMNS: usize = 6;

/// A picture arranged in several numbers of columns, each measured but not yet drawn with care.
struct Drafts<'a> {
    picture: &'a Picture,
    paper: Paper,
    numbered: bool,
    marks: Vec<Mark>,
    needs: Needs,
    tried: Vec<(i32, Arrangement)>,
}

impl<'a> Drafts<'a> {
    fn new(picture: &'a Picture, paper: Paper, numbered: bool) -> Self {
        let marks = marks(picture, numbered);
        let lines: Vec<usize> = marks.iter().map(|mark| mark.lines.len()).collect();
        let needs = Needs::new(picture, &lines);
        let mut drafts = Self { picture, paper, numbered, marks, needs, tried: Vec::new() };
        let most = usize::try_from((paper.width / design::COLUMN).max(1)).unwrap_or(1).min(MOST_COLUMNS);
        let tried = (1..=most).map(|columns| {
            let first = arrange::first(picture, columns);
            let over = overflow(&drafts.layout(&first, Care::Draft), paper);
            // The search makes a picture smaller by some part, not several times.
            if over > paper.width.max(paper.height) {
                return (over, first);
            }
            let arrangement = arrange(picture, first, &drafts.needs);
            (overflow(&drafts.layout(&arrangement, Care::Draft), paper), arrangement)
        });
        drafts.tried = tried.collect();
        drafts
    }

    fn layout(&self, arrangement: &Arrangement, care: Care) -> Layout {
        let texts = (&self.needs, self.marks.as_slice());
        let mut layout = route(self.picture, arrangement, texts, (self.paper.width, care));
        legend::add_legend(self.picture, self.numbered, &mut layout);
        layout
    }

    fn least_overflow(&self) -> i32 {
        self.tried.iter().map(|(over, _)| *over).min().unwrap_or(i32::MAX)
    }

    /// Of those that fit best, the one that is easiest to follow.
    fn best(&self) -> Option<Layout> {
        let least = self.least_overflow();
        let tried = self.tried.iter().filter(|(over, _)| *over == least);
        tried.map(|(_, arrangement)| self.layout(arrangement, Care::Full)).min_by_key(effort)
    }
}

/// What a reader has to follow: length of lines, and crossings.
fn effort(layout: &Layout) -> i64 {
    let parts = |branches: &[Branch]| -> Vec<(Point, Point)> {
        let own = |branch: &Branch| {
            branch.own.iter().copied().zip(branch.own.iter().copied().skip(1)).collect::<Vec<_>>()
        };
        branches.iter().flat_map(own).collect()
    };
    let wires: Vec<Vec<(Point, Point)>> = layout.wires.iter().map(|wire| parts(&wire.branches)).collect();
    let length = |(from, to): &(Point, Point)| i64::from((from.x - to.x).abs() + (from.y - to.y).abs());
    let whole: i64 = wires.iter().flatten().map(length).sum();
    let mut crossings = 0;
    for (at, one) in wires.iter().enumerate() {
        for other in wires.iter().skip(at + 1) {
            crossings +=
                one.iter().map(|part| other.iter().filter(|its| cross(*part, **its)).count()).sum::<usize>();
        }
    }
    whole + i64::try_from(crossings).unwrap_or(i64::MAX / 64) * CROSSING
}

/// A crossing is as bad as a line of so many pixels.
const CROSSING: i64 = 40;

/// True where two straight parts cross.
fn cross((a, b): (Point, Point), (c, d): (Point, Point)) -> bool {
    let between = |value: i32, one: i32, other: i32| one.min(other) < value && value < one.max(other);
    let crosses = |h: (Point, Point), v: (Point, Point)| {
        h.0.y == h.1.y && v.0.x == v.1.x && between(v.0.x, h.0.x, h.1.x) && between(h.0.y, v.0.y, v.1.y)
    };
    crosses((a, b), (c, d)) || crosses((c, d), (a, b))
}

/// Most room that the numbers of one line may take.
const NUMBERS_ROOM: i32 = 40;
/// Most room of a name.
const NAME_ROOM: i32 = 112;

/// What each arrow is labelled with: numbers of its purposes, or their names.
fn marks(picture: &Picture, numbered: bool) -> Vec<Mark> {
    let mark = |purposes: &Vec<usize>| {
        let lines = if numbered { number_lines(purposes) } else { name_lines(picture, purposes) };
        let widest = lines.iter().map(|line| width(line, SMALL_SIZE)).max();
        Mark { width: widest.map_or(0, |widest| widest + 2 * LABEL_PAD), lines }
    };
    picture.arrows.iter().map(|arrow| mark(&arrow.purposes)).collect()
}

fn name_lines(picture: &Picture, purposes: &[usize]) -> Vec<String> {
    let names = purposes.iter().filter_map(|at| picture.purposes.get(*at));
    names.map(|purpose| clean(&purpose.name)).collect()
}

/// True where every purpose's name may stand at its arrows.
fn have_room(picture: &Picture) -> bool {
    picture.purposes.iter().all(|purpose| width(&clean(&purpose.name), SMALL_SIZE) <= NAME_ROOM)
}

fn number_lines(purposes: &[usize]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for purpose in purposes {
        let number = (purpose + 1).to_string();
        match lines.last_mut() {
            Some(line) if width(&format!("{line}, {number}"), SMALL_SIZE) <= NUMBERS_ROOM => {
                line.push_str(", ");
                line.push_str(&number);
            }
            _ => lines.push(number),
        }
    }
    lines
}
