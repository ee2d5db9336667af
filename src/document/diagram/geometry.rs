//! What a laid-out picture is made of: rectangles, lines and texts, in pixels.
//!
//! In: nothing. Out: [`Layout`], which the SVG writer draws and tests measure.
//!
//! Invariant: whole numbers of CSS pixels, so that equal pictures give equal bytes on every machine.

use super::picture::Style;

/// A point; y grows downwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Rect {
    /// Left edge.
    pub x: i32,
    /// Top edge.
    pub y: i32,
    /// To the right.
    pub width: i32,
    /// Downwards.
    pub height: i32,
}

impl Rect {
    /// The right edge.
    pub fn right(&self) -> i32 {
        self.x + self.width
    }

    /// The bottom edge.
    pub fn bottom(&self) -> i32 {
        self.y + self.height
    }

    /// True where both share more than an edge.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// True where the other lies in it, edges included.
    pub fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }
}

/// What a frame stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrameKind {
    /// A platform: a band with its name along the left edge.
    Platform,
    /// What is on no platform: a band without an outline.
    Outside,
    /// A segment.
    Segment,
}

/// A frame around nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it stands for.
    pub kind: FrameKind,
    /// Its outline.
    pub area: Rect,
    /// Where its title stands.
    pub title_area: Rect,
    /// Name and remark, each as lines that fit.
    pub title: Vec<String>,
    /// Remark below the name, as lines that fit.
    pub note: Vec<String>,
    /// The whole title.
    pub full: String,
}

/// A node with its texts, each as lines that fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeBox {
    /// Its outline.
    pub area: Rect,
    /// The name.
    pub name: Vec<String>,
    /// What it is.
    pub kind: Vec<String>,
    /// The remark.
    pub note: Vec<String>,
}

/// All arrows of one style that end at one side of a node, drawn as one tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// The node at which it ends.
    pub to: usize,
    /// How it is drawn.
    pub style: Style,
    /// Its branches.
    pub branches: Vec<Branch>,
}

/// One arrow of a wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The arrow's place in the picture.
    pub arrow: usize,
    /// Its whole way, from the border of its source to the border of its destination; horizontal and vertical in turn.
    pub way: Vec<Point>,
    /// How many corners of the way it draws by itself: where it meets a branch before it, that one goes on.
    pub own: Vec<Point>,
}

/// The mark of an arrow: what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The arrow's place in the picture.
    pub arrow: usize,
    /// Its outline.
    pub area: Rect,
    /// Its lines.
    pub lines: Vec<String>,
}

/// A line of the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The whole entry.
    pub area: Rect,
    /// The number, where arrows are numbered.
    pub number: Option<String>,
    /// Its name, as lines that fit.
    pub name: Vec<String>,
    /// The services, as lines that fit.
    pub services: Vec<String>,
    /// The whole text.
    pub full: String,
}

/// A sample of a line or outline in the legend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The whole entry.
    pub area: Rect,
    /// The line's style.
    pub style: Style,
    /// What it means.
    pub words: String,
}

/// A picture with everything in its place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Width of the canvas.
    pub width: i32,
    /// Height of the canvas.
    pub height: i32,
    /// Platforms first, then segments.
    pub frames: Vec<Frame>,
    /// Nodes, in the order of the picture.
    pub nodes: Vec<NodeBox>,
    /// Arrows by where they end.
    pub wires: Vec<Wire>,
    /// Marks of arrows.
    pub labels: Vec<Label>,
    /// Purposes below the drawing.
    pub legend: Vec<Entry>,
    /// Line styles below the legend.
    pub samples: Vec<Sample>,
}
