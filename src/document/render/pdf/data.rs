//! The document as the template takes it.
//!
//! In: a [`Document`]. Out: JSON values.
//!
//! Invariant: all that is decided is decided here: the template only places it. Texts have no character that the fonts
//! lack.

use serde_json::{Value, json};

use super::breaks::breakable;
use crate::document::content::{
    Block, Change, ColumnKind, Document, Face, Figure, Section, Signature, Table, Task, Text, Voice, Weight,
};
use crate::document::render::arrange::{Arrangement, Orientation, arrange, figure_size, orientations};
use crate::document::render::fonts::{self, drawable};
use crate::document::render::grid::{Grid, GridRow};
use crate::document::render::link::address;
use crate::document::render::visible::visible;
use crate::document::text::fixed;

/// Letters of a line of text.
const LINE: usize = 80;
/// Letters of a line of a listing.
const LISTING_LINE: usize = 88;
/// Letters of a title in a header, so that it stays on one line.
const HEADER: usize = 80;
/// Letters of a heading as screen readers and bookmarks have it.
const BOOKMARK: usize = 200;
/// A row with more letters may be cut by the end of a page.
const LETTERS_KEPT_TOGETHER: usize = 1_500;
/// Width of a letter, in parts of its size: of text, of code.
const LETTER: (f64, f64) = (0.58, 0.62);
/// Space left and right of the text of a cell together, in points.
const PADDING: f64 = 8.0;

/// The document.
pub(super) fn of(document: &Document) -> Value {
    json!({
        "fonts": { "text": fonts::TEXT, "code": fonts::CODE },
        "words": fixed_words(),
        "language": document.language.split('-').next().unwrap_or("en"),
        "date": [document.date.year(), document.date.month() as u8, document.date.day()],
        "day": document.date.to_string(),
        "plain-title": one_line(&document.title.words(), BOOKMARK),
        "header": one_line(&document.title.words(), HEADER),
        "footer": one_line(&document.subtitle.words(), HEADER),
        "title": text(&document.title, 24),
        "subtitle": text(&document.subtitle, 50),
        "facts": document.facts.iter().map(|(label, value)| json!([string(label, 18), text(value, 60)])).collect::<Vec<_>>(),
        "runs": runs(document),
    })
}

fn fixed_words() -> Value {
    json!({
        "contents": fixed().contents,
        "page": fixed().page,
        "of": fixed().page_of,
        "table": fixed().table,
        "figure": fixed().figure,
        "no-rows": fixed().no_rows,
        "done": fixed().task_done,
        "step": fixed().task_step,
        "task": fixed().task_what,
        "owner": fixed().owner,
        "due": fixed().due,
        "party": fixed().party,
        "name": fixed().signer,
        "date": fixed().day,
        "signature": fixed().signature,
    })
}

/// Sections whose pages lie the same way, one after the other.
fn runs(document: &Document) -> Vec<Value> {
    let mut runs: Vec<(Orientation, Vec<Value>)> = Vec::new();
    for (part, lies) in document.sections.iter().zip(orientations(&document.sections)) {
        let value = section(part, lies);
        match runs.last_mut() {
            Some((same, sections)) if *same == lies => sections.push(value),
            _ => runs.push((lies, vec![value])),
        }
    }
    let run = |(lies, sections): (Orientation, Vec<Value>)| json!({ "flipped": lies == Orientation::Landscape, "sections": sections });
    runs.into_iter().map(run).collect()
}

fn section(section: &Section, lies: Orientation) -> Value {
    let blocks: Vec<Value> = section.blocks.iter().map(|part| block(part, lies)).collect();
    json!({ "title": string(&section.title, 50), "blocks": blocks })
}

fn block(block: &Block, lies: Orientation) -> Value {
    match block {
        Block::Heading { title, .. } => json!({ "kind": "heading", "title": text(title, 60) }),
        Block::Paragraph(words) => json!({ "kind": "paragraph", "text": text(words, LINE) }),
        Block::Bullets(items) => json!({ "kind": "bullets", "items": texts(items, LINE) }),
        Block::Steps(items) => json!({ "kind": "steps", "items": texts(items, LINE) }),
        Block::Checklist(tasks) => checklist(tasks),
        Block::Callout { weight, title, body } => json!({
            "kind": "callout",
            "weight": match weight {
                Weight::Note => "note",
                Weight::Warning => "warning",
                Weight::Decision => "decision",
            },
            "label": fixed().weight_word(*weight),
            "title": text(title, LINE - 20),
            "body": texts(body, LINE - 4),
        }),
        Block::Listing { name, text } => json!({
            "kind": "listing",
            "name": string(name, LINE),
            "lines": text.split('\n').map(listing_line).collect::<Vec<_>>(),
        }),
        Block::Table(part) => table(part, lies),
        Block::Figure(part) => figure(part, lies),
        Block::SignOff(signatures) => {
            json!({ "kind": "sign-off", "rows": signatures.iter().map(signature).collect::<Vec<_>>() })
        }
    }
}

/// A line of a listing: its spaces keep their width.
fn listing_line(line: &str) -> String {
    let indent = line.len() - line.trim_start_matches(' ').len();
    let (spaces, rest) = line.split_at(indent);
    format!(
        "{}{}",
        "\u{a0}".repeat(spaces.len()),
        string(&rest.replace('\t', "    "), LISTING_LINE - indent.min(40))
    )
}

fn checklist(tasks: &[Task]) -> Value {
    let owners = tasks.iter().any(|task| task.owner.is_some() || task.due.is_some());
    let row = |task: &Task| {
        let due = task.due.map(|day| day.to_string()).unwrap_or_default();
        json!([text(&task.what, 44), text(&task.owner.clone().unwrap_or_default(), 13), due])
    };
    json!({ "kind": "checklist", "owners": owners, "rows": tasks.iter().map(row).collect::<Vec<_>>() })
}

fn signature(signature: &Signature) -> Value {
    json!([text(&signature.party, 26), text(&signature.statement, 26)])
}

fn figure(figure: &Figure, lies: Orientation) -> Value {
    let (width, height) = figure_size(figure, lies);
    json!({
        "kind": "figure",
        "caption": text(&figure.caption, LINE),
        "description": one_line(&figure.description, usize::MAX),
        "svg": drawable(&figure.svg),
        "width": width,
        "height": height,
    })
}

fn table(table: &Table, lies: Orientation) -> Value {
    let grid = Grid::of(table);
    let arrangement = arrange(&grid, lies);
    let titles = arrangement.beside.iter().filter_map(|placed| {
        let title = grid.columns.get(placed.index)?.title;
        Some(string(title, letters(placed.width, lies.size(), LETTER.0 * 1.1)))
    });
    json!({
        "kind": "table",
        "size": lies.size(),
        "caption": text(&table.caption, LINE),
        "widths": arrangement.beside.iter().map(|placed| placed.width).collect::<Vec<_>>(),
        "titles": titles.collect::<Vec<_>>(),
        "numbers": arrangement.beside.iter().map(|placed| kind(&grid, placed.index) == ColumnKind::Number).collect::<Vec<_>>(),
        "rows": grid.rows.iter().map(|part| row(part, &grid, &arrangement, lies)).collect::<Vec<_>>(),
    })
}

fn kind(grid: &Grid<'_>, index: usize) -> ColumnKind {
    grid.columns.get(index).map_or(ColumnKind::Words, |column| column.kind)
}

/// A row: cells side by side, what stands below with its headings, what became of it, whether it may be cut.
fn row(row: &GridRow<'_>, grid: &Grid<'_>, arrangement: &Arrangement, lies: Orientation) -> Value {
    let cells = arrangement.beside.iter().map(|placed| {
        let code = kind(grid, placed.index) == ColumnKind::Code;
        let letter = if code { LETTER.1 } else { LETTER.0 };
        let room = letters(placed.width, lies.size(), letter);
        row.cells.get(placed.index).map(|cell| cell_text(cell, room, code))
    });
    let across = letters(lies.width() - 80.0, lies.size(), LETTER.1);
    let below = arrangement.below.iter().filter_map(|index| {
        let cell = row.cells.get(*index).filter(|cell| !cell.is_empty())?;
        let column = grid.columns.get(*index)?;
        Some(json!([string(column.title, across), cell_text(cell, across, column.kind == ColumnKind::Code)]))
    });
    let size: usize = row.cells.iter().map(|cell| cell.words().len()).sum();
    json!({
        "cells": cells.collect::<Vec<_>>(),
        "below": below.collect::<Vec<_>>(),
        "change": row.change.map(change),
        "kept": size <= LETTERS_KEPT_TOGETHER,
    })
}

fn change(change: Change) -> &'static str {
    match change {
        Change::New => "new",
        Change::Changed => "changed",
        Change::Removed => "removed",
    }
}

/// Letters that fit side by side.
fn letters(width: f64, size: f64, letter: f64) -> usize {
    ((width - PADDING) / (size * letter)).max(2.0) as usize
}

fn texts(items: &[Text], room: usize) -> Vec<Value> {
    items.iter().map(|item| text(item, room)).collect()
}

/// A text as the list of its parts; words longer than `room` letters may be broken.
fn text(text: &Text, room: usize) -> Value {
    cell_text(text, room, false)
}

fn cell_text(text: &Text, room: usize, code: bool) -> Value {
    let part = |part: &crate::document::content::Part| {
        let face = match part.face {
            Face::Plain if code => "code",
            Face::Plain => "plain",
            Face::Strong => "strong",
            Face::Code => "code",
        };
        let site = part.voice == Voice::Site;
        let room = if face == "code" { room * 92 / 100 } else { room };
        json!([string(&part.words, room), face, site, part.link.as_deref().and_then(address)])
    };
    Value::Array(text.0.iter().filter(|part| !part.words.is_empty()).map(part).collect())
}

fn string(words: &str, room: usize) -> String {
    breakable(&drawable(&visible(words)).replace('\t', "    "), room)
}

/// Words on one line, shortened.
fn one_line(words: &str, letters: usize) -> String {
    let line = drawable(&visible(words)).replace(['\n', '\t'], " ");
    if line.chars().count() <= letters {
        return line;
    }
    line.chars().take(letters - 1).chain(['…']).collect()
}
