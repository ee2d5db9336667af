//! What stands below the drawing: purposes with their services, and what the lines mean.
//!
//! In: a picture and where its drawing ends. Out: entries and samples with their places.
//!
//! Invariant: entries stand in columns of one width and never overlap.

use std::collections::BTreeSet;

use super::design::{HALF, LINE, MARGIN, NAME_SIZE, PITCH, SMALL_SIZE};
use super::geometry::{Entry, Layout, Rect, Sample};
use super::picture::{Picture, Purpose, Style};
use super::text::{clean, width, wrap};
use super::words;

/// Least width of a column of entries.
pub(super) const LEAST_COLUMN: i32 = 180;
/// Room for a number.
pub(super) const NUMBER_ROOM: i32 = 30;
/// Length of a sample of a line.
pub(super) const SAMPLE_LINE: i32 = 40;

/// Adds the legend to a layout and makes its canvas higher, and wider where the legend needs it.
pub(super) fn add_legend(picture: &Picture, numbered: bool, layout: &mut Layout) {
    let widest = picture.arrows.iter().map(|arrow| sample_width(arrow.style)).max().unwrap_or_default();
    layout.width = layout.width.max(widest + 2 * MARGIN);
    let top = layout.height + HALF;
    let entries = entries(picture, numbered, layout.width - 2 * MARGIN, top);
    let bottom = entries.iter().map(|entry| entry.area.bottom()).max().unwrap_or(layout.height);
    layout.legend = entries;
    layout.samples = samples(picture, layout.width - 2 * MARGIN, bottom + HALF);
    let bottom = layout.samples.iter().map(|sample| sample.area.bottom()).max().unwrap_or(bottom);
    layout.height = bottom + MARGIN;
}

/// Entries in columns, read down each column.
fn entries(picture: &Picture, numbered: bool, room: i32, top: i32) -> Vec<Entry> {
    let columns = (room / LEAST_COLUMN).max(1);
    let column = room / columns;
    let number_room = if numbered { NUMBER_ROOM } else { 0 };
    let made: Vec<Entry> = picture
        .purposes
        .iter()
        .enumerate()
        .map(|(at, purpose)| entry(numbered.then_some(at + 1), purpose, column - PITCH, number_room))
        .collect();
    let whole: i32 = made.iter().map(|entry| entry.area.height).sum();
    let tallest = made.iter().map(|entry| entry.area.height).max().unwrap_or_default();
    let target = (whole + columns - 1) / columns + tallest / 2;
    let (mut x, mut y) = (MARGIN, top);
    let mut placed = Vec::new();
    for mut entry in made {
        let is_last_column = x + 2 * column > MARGIN + room;
        if y > top && y + entry.area.height > top + target && !is_last_column {
            (x, y) = (x + column, top);
        }
        (entry.area.x, entry.area.y) = (x, y);
        y += entry.area.height;
        placed.push(entry);
    }
    placed
}

fn entry(number: Option<usize>, purpose: &Purpose, width: i32, number_room: i32) -> Entry {
    let (name, services) = (clean(&purpose.name), clean(&purpose.services));
    entry_of(number, (&name, &services), width, number_room)
}

/// An entry of a name and a text below it, not yet in its place.
pub(super) fn entry_of(
    number: Option<usize>,
    (name, text): (&str, &str),
    width: i32,
    number_room: i32,
) -> Entry {
    let room = width - number_room;
    let names = wrap(name, NAME_SIZE, room);
    let lines = wrap(text, SMALL_SIZE, room);
    let height = i32::try_from(names.len() + lines.len()).unwrap_or_default() * LINE + HALF;
    Entry {
        area: Rect { x: 0, y: 0, width, height },
        number: number.map(|number| number.to_string()),
        name: names,
        services: lines,
        full: format!("{name}: {text}"),
    }
}

fn sample_width(style: Style) -> i32 {
    SAMPLE_LINE + HALF + width(words::style(style), SMALL_SIZE)
}

/// Samples of the line styles that are used, side by side while there is room.
fn samples(picture: &Picture, room: i32, top: i32) -> Vec<Sample> {
    let styles: BTreeSet<_> = picture.arrows.iter().map(|arrow| arrow.style).collect();
    let (mut x, mut y) = (MARGIN, top);
    let mut samples = Vec::new();
    for style in styles {
        let (words, own) = (words::style(style).to_owned(), sample_width(style));
        if x > MARGIN && x + own > MARGIN + room {
            (x, y) = (MARGIN, y + PITCH);
        }
        samples.push(Sample { area: Rect { x, y, width: own, height: PITCH }, style, words });
        x += own + PITCH;
    }
    samples
}
