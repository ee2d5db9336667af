//! XLSX read back by a reader of spreadsheets.

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use segc::document::content::{Document, Table, Text};
use segc::document::render::{Format, tables};

use super::document::{HOSTILE, document};
use super::{keep, shown, written};

pub(crate) fn open(bytes: &[u8]) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(bytes.to_vec())).unwrap()
}

pub(crate) fn sheet(book: &mut Xlsx<Cursor<Vec<u8>>>, name: &str) -> Vec<Vec<String>> {
    let range = book.worksheet_range(name).unwrap();
    range.rows().map(|row| row.iter().map(Data::to_string).collect()).collect()
}

/// The rows of a table as its sheet has them.
fn wanted(table: &Table) -> Vec<Vec<String>> {
    let change = |row: &segc::document::content::Row| {
        row.change.map_or(String::new(), |change| format!("{change:?}").to_lowercase())
    };
    table
        .rows
        .iter()
        .map(|row| {
            let mut cells = vec![shown(&row.id)];
            cells.extend(table.shows_change().then(|| change(row)));
            cells.extend(row.cells.iter().map(Text::words).map(|words| shown(&words)));
            cells
        })
        .collect()
}

fn check(document: &Document) -> Vec<u8> {
    let bytes = written(document, Format::Xlsx);
    let mut book = open(&bytes);
    let names = book.sheet_names();
    assert_eq!(names.len(), tables(document).count() + 2);
    for (table, name) in tables(document).zip(&names[2..]) {
        let rows = sheet(&mut book, name);
        assert_eq!(rows.len(), table.rows.len() + 1, "{name}");
        assert_eq!(rows[1..], wanted(table), "{name}");
    }
    bytes
}

#[test]
fn an_xlsx_has_every_row_and_cell() {
    keep("document.xlsx", &check(&document(120)));
}

#[test]
fn text_that_is_no_table_is_in_the_text_sheet() {
    let bytes = written(&document(1), Format::Xlsx);
    let all: String = sheet(&mut open(&bytes), "Text").into_iter().flatten().collect::<Vec<_>>().join("\n");
    for hostile in HOSTILE {
        assert!(all.contains(&shown(hostile)), "{hostile:?}");
    }
    for words in [
        "mcs-permissions.json",
        "\"Action\": [\"ec2:RunInstances\"]",
        "Four roles in a row",
        "Test-NetConnection",
    ] {
        assert!(all.contains(words), "{words}");
    }
}

#[test]
fn no_text_is_a_formula() {
    let bytes = written(&document(1), Format::Xlsx);
    let mut book = open(&bytes);
    for name in book.sheet_names() {
        assert!(book.worksheet_formula(&name).unwrap().is_empty(), "{name}");
    }
}

#[test]
fn what_a_cell_cannot_hold_goes_on_in_another_sheet() {
    let mut long = document(1);
    let text: String = (0..20_000).map(|number| format!("{number}😀 ")).collect();
    long.sections[0].blocks.push(segc::document::content::Block::Paragraph(Text::site(text.as_str())));
    let bytes = written(&long, Format::Xlsx);
    let mut book = open(&bytes);
    let first = sheet(&mut book, "Text").into_iter().flatten().find(|cell| cell.starts_with("0😀")).unwrap();
    let (first, note) = first.rsplit_once(" […").unwrap();
    assert_eq!(note, "goes on in sheet Long texts 2]");
    let rest: String = sheet(&mut book, "Long texts").into_iter().skip(1).map(|row| row[3].clone()).collect();
    assert_eq!(format!("{first}{rest}"), text);
}

#[test]
fn equal_documents_are_equal_xlsx_files() {
    assert!(written(&document(20), Format::Xlsx) == written(&document(20), Format::Xlsx));
}

#[test]
fn two_thousand_rows_are_all_in_the_sheet() {
    check(&document(2_000));
}
