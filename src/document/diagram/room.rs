//! What can't be drawn on a paper whatever its layout: seen before any is tried.
//!
//! In: a picture and a paper. Out: whether there is any hope.
//!
//! Invariant: a picture of which a layout has room is never said to be too large: what is counted is the least that
//! each thing takes.

use super::design::{COLUMN, HALF, LINE, PITCH, Paper};
use super::legend::LEAST_COLUMN;
use super::picture::Picture;

/// True where the legend or the nodes alone take more room than the paper has.
pub(super) fn is_too_large(picture: &Picture, paper: Paper) -> bool {
    legend_height(picture, paper) > paper.height
        || node_area(picture) > i64::from(paper.width) * i64::from(paper.height)
}

/// The least height of the legend: every purpose in one line, in as many columns as there can be.
fn legend_height(picture: &Picture, paper: Paper) -> i32 {
    let columns = (paper.width / LEAST_COLUMN).max(1);
    let whole = to_pixels(picture.purposes.len()).saturating_mul(LINE + HALF);
    whole / columns
}

/// The least area of the nodes: half of the arrows that start at one stand at one side of it.
fn node_area(picture: &Picture) -> i64 {
    let mut starts = vec![0_usize; picture.nodes.len()];
    for arrow in &picture.arrows {
        if let Some(count) = starts.get_mut(arrow.from) {
            *count += 1;
        }
    }
    let height = |count: &usize| i64::from(to_pixels(count / 2).max(3)) * i64::from(PITCH);
    starts.iter().map(height).sum::<i64>() * i64::from(COLUMN)
}

fn to_pixels(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 64)
}
