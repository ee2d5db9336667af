//! The names to allow as a plain list, one a line, for import into a proxy.
//!
//! In: the table of names. Out: `names.txt`, sorted, each name once.
//!
//! Invariant: a line that is no name starts with `#`; where the document has no names, there is no file.

use super::{File, Format, tables};
use crate::document::content::Document;
use crate::document::text;
use std::collections::BTreeSet;

/// The table and its column that hold the names.
const TABLE: &str = "names-to-allow";
const COLUMN: &str = "name";

pub(super) fn render(document: &Document, folder: &str) -> Option<File> {
    let table = tables(document).find(|table| table.id == TABLE)?;
    let at = table.columns.iter().position(|column| column.id == COLUMN)?;
    let cells = table.rows.iter().filter_map(|row| row.cells.get(at));
    let names: BTreeSet<String> = cells.map(|cell| one_word(&cell.words())).collect();
    if names.is_empty() {
        return None;
    }
    let heading = one_line(text::words(document.language).names_file);
    let lines: String = names.iter().map(|name| format!("{name}\n")).collect();
    let bytes = format!("# {heading}\n{lines}").into_bytes();
    Some(File { path: format!("{folder}/names.txt"), format: Some(Format::Csv), bytes })
}

/// A name as written, without anything that could end the line or start a comment.
fn one_word(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_whitespace() && !letter.is_control() && *letter != '#').collect()
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
