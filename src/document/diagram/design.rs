//! The measures of pictures: one place for every length and size of text.
//!
//! In: nothing. Out: constants, in CSS pixels of 1/96 inch.
//!
//! Invariant: no text is smaller than 7 points (9.33 pixels) where a picture is printed at its own size.
//! Invariant: vertical places of nodes are multiples of [`PITCH`], so that ports of facing sides never share a line.

/// Room for one picture on a page at its own size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Paper {
    /// Across.
    pub width: i32,
    /// Down, less room for a caption.
    pub height: i32,
}

impl Paper {
    /// A4 upright: 170 mm by 238 mm between margins of 20 mm.
    pub const PORTRAIT: Self = Self { width: 642, height: 900 };
    /// A4 across: 257 mm by 150 mm between margins of 20 mm.
    pub const LANDSCAPE: Self = Self { width: 971, height: 567 };
}

/// Distance of ports at one side of a node.
pub(super) const PITCH: i32 = 12;
/// Half of it: by this much ports at left sides are lower than ports at right sides.
pub(super) const HALF: i32 = 6;
/// Size of names: 8.25 points.
pub(super) const NAME_SIZE: i32 = 11;
/// Size of everything else: 7.5 points.
pub(super) const SMALL_SIZE: i32 = 10;
/// Distance of lines of text.
pub(super) const LINE: i32 = 13;
/// Width of a node.
pub(super) const NODE_WIDTH: i32 = 114;
/// Space between a node's border and its text.
pub(super) const NODE_PAD: i32 = 4;
/// Space between nodes and the frame of their segment.
pub(super) const SEGMENT_PAD: i32 = 7;
/// Width of a column of nodes.
pub(super) const COLUMN: i32 = NODE_WIDTH + 2 * SEGMENT_PAD;
/// Width of the names along the left edge of platforms.
pub(super) const STRIP: i32 = 34;
/// Space around the drawing.
pub(super) const MARGIN: i32 = 6;
/// Distance of parallel lines.
pub(super) const TRACK: i32 = 8;
/// Height of a label's line.
pub(super) const LABEL_LINE: i32 = 11;
/// Space between a label's border and its text, left and right.
pub(super) const LABEL_PAD: i32 = 3;
/// Length of an arrow's head.
pub(super) const HEAD: i32 = 8;
/// Half of its breadth.
pub(super) const HEAD_HALF: i32 = 4;
