//! A document for spreadsheets: a sheet a table, and sheets for all else.
//!
//! In: a [`Document`]. Out: the bytes of an XLSX file.
//!
//! Days are text (`2026-01-31`), as in every other format: they sort and filter the same, and a cell that says something
//! else than a day stays what it is. Numbers are numbers. All other text is a string, so that `=...` is never run.
//!
//! Invariant: no text is cut: what a cell can't hold goes on in a sheet of its own. Equal documents give equal bytes.

mod cell;
mod cover;
mod names;
mod prose;
mod table;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};

use self::cell::{Overflow, Styles};
use super::tables;
use crate::document::content::Document;
use crate::document::text::fixed;

/// Why a document can't be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum XlsxError {
    /// The format can't hold it: more rows or columns than a sheet has.
    #[error("the workbook can't be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

/// Writes a document.
pub(super) fn render(document: &Document) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(document)?);
    let styles = Styles::new();
    let mut overflow = Overflow::default();
    let names = names::sheet_names(tables(document).map(|table| table.id.as_str()));
    cover::write(workbook.add_worksheet(), document, &names, &styles, &mut overflow)?;
    prose::write(workbook.add_worksheet(), document, &names, &styles, &mut overflow)?;
    for (table, name) in tables(document).zip(&names) {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name)?;
        table::write(sheet, table, name, &styles, &mut overflow)?;
    }
    if !overflow.is_empty() {
        overflow.write(workbook.add_worksheet(), &styles)?;
    }
    Ok(workbook.save_to_buffer()?)
}

fn properties(document: &Document) -> Result<DocProperties, XlsxError> {
    let day = document.date;
    let year = u16::try_from(day.year()).unwrap_or(1900).clamp(1900, 9999);
    let created = ExcelDateTime::from_ymd(year, day.month() as u8, day.day())?;
    let line = |words: String| super::visible::visible(&words).chars().take(255).collect::<String>();
    Ok(DocProperties::new()
        .set_title(line(document.title.words()))
        .set_subject(line(document.subtitle.words()))
        .set_author("segc")
        .set_creation_datetime(&created))
}

/// A heading that stays in view and is printed on every page; pages lie and hold the whole width.
fn set_up_page(sheet: &mut Worksheet, columns: usize, letters: f64) -> Result<(), XlsxError> {
    /// Letters across that are legible on A4.
    const A4_LETTERS: f64 = 190.0;
    /// Paper sizes by their number in the format.
    const A4: u8 = 9;
    const A3: u8 = 8;
    sheet.set_landscape().set_paper_size(if letters > A4_LETTERS { A3 } else { A4 });
    sheet.set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    sheet.set_margins(0.4, 0.4, 0.6, 0.6, 0.3, 0.3);
    sheet.set_header("&L&A").set_footer(format!("&R{} &P {} &N", fixed().page, fixed().page_of));
    sheet.set_freeze_panes(1, if columns > 3 { 1 } else { 0 })?;
    Ok(())
}

/// A position as the format counts, from 0.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// A column as the format counts, from 0.
fn column(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
