//! A table as a sheet: filters on its headings, columns as wide as their texts need.
//!
//! In: a table. Out: the sheet.

use rust_xlsxwriter::Worksheet;

use super::cell::{Cells, Look, Overflow, Styles};
use super::{XlsxError, column, place, set_up_page};
use crate::document::content::{ColumnKind, Table};
use crate::document::render::grid::Grid;

/// Letters beside a heading for the button of its filter.
const FILTER_BUTTON: usize = 3;

pub(super) fn write(
    sheet: &mut Worksheet,
    table: &Table,
    name: &str,
    styles: &Styles,
    overflow: &mut Overflow,
) -> Result<(), XlsxError> {
    let grid = Grid::of(table);
    let mut letters = 0.0;
    for index in 0..grid.columns.len() {
        let width = width(&grid, index);
        letters += width;
        sheet.set_column_width(column(index), width)?;
    }
    let mut cells = Cells { sheet, name, styles, overflow };
    for (index, heading) in grid.columns.iter().enumerate() {
        cells.words_in(0, index, heading.title, &styles.heading)?;
    }
    for (index, row) in grid.rows.iter().enumerate() {
        for (across, (text, heading)) in row.cells.iter().zip(&grid.columns).enumerate() {
            let look = Look { kind: heading.kind, change: row.change, strong: false };
            cells.text(index + 1, across, text, look)?;
        }
    }
    sheet.autofilter(0, 0, place(grid.rows.len()), column(grid.columns.len().saturating_sub(1)))?;
    set_up_page(sheet, grid.columns.len(), letters)
}

/// The width of a column in letters: its longest line, within bounds.
fn width(grid: &Grid<'_>, index: usize) -> f64 {
    let (least, most) = match grid.columns.get(index).map(|column| column.kind) {
        Some(ColumnKind::Words) => (14, 48),
        Some(ColumnKind::Code) => (8, 34),
        _ => (8, 24),
    };
    let title = grid.columns.get(index).map_or(0, |column| column.title.chars().count()) + FILTER_BUTTON;
    let cells = grid.rows.iter().filter_map(|row| row.cells.get(index));
    let line = cells.map(|text| longest_line(&text.words())).max().unwrap_or(0) + 2;
    line.clamp(least, most).max(title.min(30)) as f64
}

fn longest_line(words: &str) -> usize {
    words.split('\n').map(|line| line.chars().count()).max().unwrap_or(0)
}
