//! The first sheet: what the document is, and which sheets it has.
//!
//! In: a document and the names of its sheets. Out: the sheet.

use rust_xlsxwriter::{Url, Worksheet};

use super::cell::{Cells, Look, Overflow, Styles};
use super::{XlsxError, place};
use crate::document::content::{Document, Text};
use crate::document::render::tables;
use crate::document::text::fixed;

/// The row of the first fact.
const FIRST_FACT: usize = 3;

pub(super) fn write(
    sheet: &mut Worksheet,
    document: &Document,
    names: &[String],
    styles: &Styles,
    overflow: &mut Overflow,
) -> Result<(), XlsxError> {
    sheet.set_name(fixed().sheet_cover)?;
    sheet.set_screen_gridlines(false).set_paper_size(9).set_print_fit_to_pages(1, 0);
    for (index, width) in [28.0, 70.0, 10.0].into_iter().enumerate() {
        sheet.set_column_width(super::column(index), width)?;
    }
    let title = visible_line(&document.title);
    let subtitle = visible_line(&document.subtitle);
    sheet.merge_range(0, 0, 0, 2, &title, &styles.title)?;
    sheet.merge_range(1, 0, 1, 2, &subtitle, &styles.subtitle)?;
    // Merged cells don't grow with their text.
    sheet.set_row_height(0, height(&title, 55, 30.0))?;
    sheet.set_row_height(1, height(&subtitle, 95, 17.0))?;
    let mut cells = Cells { sheet, name: fixed().sheet_cover, styles, overflow };
    for (index, (label, value)) in document.facts.iter().enumerate() {
        cells.words_in(FIRST_FACT + index, 0, label, &styles.label)?;
        cells.text(FIRST_FACT + index, 1, value, Look::WORDS)?;
    }
    list_of_sheets(&mut cells, FIRST_FACT + document.facts.len() + 1, document, names)
}

/// Height of a row for a text over some letters a line, in points.
fn height(text: &str, letters: usize, line: f64) -> f64 {
    let lines = text.chars().count().div_ceil(letters).clamp(1, 12);
    lines as f64 * line
}

fn visible_line(text: &Text) -> String {
    crate::document::render::visible::visible(&text.words()).chars().take(2_000).collect()
}

fn list_of_sheets(
    cells: &mut Cells<'_>,
    from: usize,
    document: &Document,
    names: &[String],
) -> Result<(), XlsxError> {
    for (index, title) in [fixed().sheet, fixed().contents, fixed().sheet_rows].into_iter().enumerate() {
        cells.words_in(from, index, title, &cells.styles.heading)?;
    }
    sheet_line(cells, from + 1, fixed().sheet_text, &Text::ours(fixed().sheet_text_holds), "")?;
    for (index, (table, name)) in tables(document).zip(names).enumerate() {
        sheet_line(cells, from + 2 + index, name, &table.caption, &table.rows.len().to_string())?;
    }
    Ok(())
}

/// A line of the list, with a link to the sheet.
fn sheet_line(
    cells: &mut Cells<'_>,
    row: usize,
    name: &str,
    what: &Text,
    rows: &str,
) -> Result<(), XlsxError> {
    let link = Url::new(format!("internal:'{name}'!A1")).set_text(name);
    cells.sheet.write_url_with_format(place(row), 0, link, &cells.styles.link)?;
    cells.text(row, 1, what, Look::WORDS)?;
    let number = Look { kind: crate::document::content::ColumnKind::Number, ..Look::WORDS };
    cells.text(row, 2, &Text::ours(rows), number)
}
