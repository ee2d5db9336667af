//! A table as formats with columns show it: its rows' ids and changes are columns as well.
//!
//! In: a table. Out: a [`Grid`] that borrows from it.
//!
//! Invariant: every row has as many cells as there are columns.

use std::borrow::Cow;

use crate::document::content::{Change, ColumnKind, Row, Table, Text};
use crate::document::text::fixed;

/// A table with all that is shown of it as columns.
#[derive(Debug, Clone)]
pub(super) struct Grid<'a> {
    pub columns: Vec<GridColumn<'a>>,
    pub rows: Vec<GridRow<'a>>,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub(super) struct GridColumn<'a> {
    pub title: &'a str,
    /// Its share of the width, relative to the other columns.
    pub width: u16,
    pub kind: ColumnKind,
}

/// A row.
#[derive(Debug, Clone)]
pub(super) struct GridRow<'a> {
    pub change: Option<Change>,
    pub cells: Vec<Cow<'a, Text>>,
}

/// Width of the column of ids, beside columns that are about 10 wide.
const ID_WIDTH: u16 = 8;
/// Width of the column of changes.
const CHANGE_WIDTH: u16 = 6;

impl<'a> Grid<'a> {
    /// The grid of a table.
    pub(super) fn of(table: &'a Table) -> Self {
        let changes = table.shows_change();
        let mut columns = vec![GridColumn { title: &table.key, width: ID_WIDTH, kind: ColumnKind::Code }];
        if changes {
            columns.push(GridColumn { title: fixed().change, width: CHANGE_WIDTH, kind: ColumnKind::Choice });
        }
        columns.extend(table.columns.iter().map(|column| GridColumn {
            title: &column.title,
            width: column.width.max(1),
            kind: column.kind,
        }));
        let count = columns.len();
        let rows = table.rows.iter().map(|row| grid_row(row, changes, count)).collect();
        Self { columns, rows }
    }
}

fn grid_row(row: &Row, changes: bool, count: usize) -> GridRow<'_> {
    let mut cells = vec![Cow::Owned(Text::code(row.id.as_str()))];
    if changes {
        cells.push(Cow::Owned(Text::ours(row.change.map_or("", |change| fixed().change_word(change)))));
    }
    cells.extend(row.cells.iter().map(Cow::Borrowed));
    cells.resize_with(count, || Cow::Owned(Text::default()));
    GridRow { change: row.change, cells }
}
