//! A document's tables as comma-separated values.
//!
//! In: a [`Document`]. Out: one UTF-8 file a table, every cell quoted, and the plain list of names.
//!
//! Invariant: the first two columns of every file are the row's id and its change; no cell is a formula to a
//! spreadsheet, and none has a line break.

use super::visible::visible;
use super::{File, Format, names, tables};
use crate::document::content::{Document, Row, Table};
use crate::document::text::{self, Words};
use crate::target::csv;

pub(super) fn render(document: &Document, stem: &str) -> Vec<File> {
    let words = text::words(document.language);
    let folder = format!("{stem}-tables");
    let table = |table: &Table| File {
        path: format!("{folder}/{}.csv", table.id),
        format: Some(Format::Csv),
        bytes: csv::bytes(&records(table, words)),
    };
    let mut files: Vec<File> = tables(document).map(table).collect();
    files.extend(names::render(document, &folder));
    files
}

fn records(table: &Table, words: &Words) -> Vec<Vec<String>> {
    let titles = table.columns.iter().map(|column| column.id.replace('-', " "));
    let mut records = vec![["id", "change"].map(str::to_owned).into_iter().chain(titles).collect()];
    records.extend(table.rows.iter().map(|row| record(row, words)));
    records
}

fn record(row: &Row, words: &Words) -> Vec<String> {
    let change = row.change.map_or("", |change| words.change_word(change)).to_owned();
    let cells = row.cells.iter().map(|cell| visible(&cell.words()).into_owned());
    [row.id.clone(), change].into_iter().chain(cells).collect()
}
