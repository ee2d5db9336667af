//! The sections of the document, one file each, and what they are built with.
//!
//! In: [`Facts`]. Out: [`Section`]s.
//!
//! Invariant: no section is empty; one that has nothing to say says why. No section decides what another one shows.

mod accounts;
mod certificates;
mod checklist;
mod cover;
mod directory;
mod first_checks;
mod history;
mod matrix;
mod names;
mod network;
mod overview;
mod parts;
mod platforms;
mod removed;
mod responsibilities;
mod risks;
mod sign_off;

use super::content::{Block, Column, ColumnKind, Document, Row, Section, Table, Text};
use super::facts::Facts;
use super::text::{fill, ours};

/// The sections in the order in which they are read; one that an extract leaves out gives none.
const SECTIONS: [fn(&Facts<'_>) -> Option<Section>; 14] = [
    cover::section,
    overview::section,
    checklist::section,
    network::section,
    matrix::section,
    names::section,
    directory::section,
    accounts::section,
    platforms::section,
    certificates::section,
    responsibilities::section,
    risks::section,
    first_checks::section,
    sign_off::section,
];

/// The whole document.
pub(super) fn document(facts: &Facts<'_>) -> Document {
    cover::document(facts, SECTIONS.iter().filter_map(|section| section(facts)).collect())
}

/// A section of some blocks; where there are none, it says why.
fn section(facts: &Facts<'_>, id: &'static str, blocks: Vec<Block>, nothing: &str) -> Section {
    let blocks = if blocks.is_empty() { vec![Block::Paragraph(ours(nothing))] } else { blocks };
    Section { id: id.to_owned(), title: facts.words.title(id).to_owned(), blocks }
}

/// A paragraph of ours with its places filled.
fn paragraph(template: &str, values: &[(&str, Text)]) -> Block {
    Block::Paragraph(fill(template, values))
}

/// A heading below the section's.
fn heading(facts: &Facts<'_>, id: &'static str) -> Block {
    Block::Heading { id: id.to_owned(), title: ours(facts.words.title(id)) }
}

/// A table of columns, each with its id, its share of the width and what it holds. Its caption is a text of ours.
fn table(
    facts: &Facts<'_>,
    id: &'static str,
    (key, caption): (&'static str, &str),
    columns: &[(&'static str, u16, ColumnKind)],
    rows: Vec<Row>,
) -> Block {
    let columns = columns.iter().map(|(id, width, kind)| Column {
        id,
        title: facts.words.title(id).to_owned(),
        width: *width,
        kind: *kind,
    });
    Block::Table(Table {
        id: id.to_owned(),
        caption: ours(caption),
        key: facts.words.title(key).to_owned(),
        columns: columns.collect(),
        rows,
    })
}

/// A row that no earlier release was compared with.
fn row(id: impl Into<String>, cells: Vec<Text>) -> Row {
    Row { id: id.into(), change: None, cells }
}

/// Texts with `, ` between.
fn listed(texts: impl IntoIterator<Item = Text>) -> Text {
    joined(texts, ", ")
}

/// Texts with something between.
fn joined(texts: impl IntoIterator<Item = Text>, between: &str) -> Text {
    let mut all = Text::default();
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        if !all.is_empty() {
            all = all.then(Text::ours(between));
        }
        all = all.then(text);
    }
    all
}

/// A text that may be missing; a dash where it is.
fn or_dash(text: Option<Text>) -> Text {
    text.unwrap_or_else(|| Text::ours("\u{2013}"))
}

/// A number.
fn number(count: usize) -> Text {
    Text::ours(count.to_string())
}
