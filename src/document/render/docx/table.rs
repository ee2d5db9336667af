//! Tables: of the content, of things to tick off, of signatures.
//!
//! In: tables. Out: WordprocessingML in a [`Writer`].
//!
//! Invariant: the first row is repeated on every page; a row is cut only where it would fill a page.

use super::blocks::{Writer, styled};
use super::package::Relations;
use super::text::{Look, run, runs, twips};
use super::xml::Xml;
use crate::document::content::{Change, ColumnKind, Signature, Table, Task, Text};
use crate::document::render::arrange::{Arrangement, Orientation, arrange};
use crate::document::render::grid::{Grid, GridRow};
use crate::document::text::fixed;

/// A row with more letters may be cut by the end of a page.
const LETTERS_KEPT_TOGETHER: usize = 1_500;
/// Fill of headings.
const HEAD_FILL: &str = "E6ECF1";
/// Height of a box to sign in, in twentieths of a point.
const SIGNATURE_HEIGHT: &str = "964";
/// Between what stands below a row.
const BETWEEN: &str = "   ";

impl Writer {
    pub(super) fn table(&mut self, table: &Table, lies: Orientation) {
        let grid = Grid::of(table);
        let arrangement = arrange(&grid, lies);
        self.table_caption(&table.caption);
        let widths: Vec<u32> = arrangement.beside.iter().map(|placed| twips(placed.width)).collect();
        let Self { xml, relations, .. } = self;
        frame(xml, "DocumentTable", &table.id, &widths, |xml| {
            let titles: Vec<&str> = arrangement
                .beside
                .iter()
                .filter_map(|placed| Some(grid.columns.get(placed.index)?.title))
                .collect();
            head(xml, lies, &titles, &widths);
            let mut sheet =
                Sheet { xml, relations, lies, grid: &grid, arrangement: &arrangement, widths: &widths };
            grid.rows.iter().for_each(|row| sheet.row(row));
            if grid.rows.is_empty() {
                sheet.no_rows();
            }
        });
        self.after_table();
    }

    fn after_table(&mut self) {
        styled(&mut self.xml, "AfterTable", |_| (), |_| ());
    }

    pub(super) fn checklist(&mut self, tasks: &[Task], lies: Orientation) {
        let owners = tasks.iter().any(|task| task.owner.is_some() || task.due.is_some());
        let widths = if owners { shares(lies, &[6, 6, 60, 18, 10]) } else { shares(lies, &[6, 6, 88]) };
        let titles = [fixed().task_done, fixed().task_step, fixed().task_what, fixed().owner, fixed().due];
        let Self { xml, relations, .. } = self;
        frame(xml, "DocumentTable", "checklist", &widths, |xml| {
            let shown: Vec<&str> = titles.into_iter().take(widths.len()).collect();
            head(xml, lies, &shown, &widths);
            for (index, task) in tasks.iter().enumerate() {
                let due = task.due.map(|day| day.to_string()).unwrap_or_default();
                let cells = [
                    Text::ours((index + 1).to_string()),
                    task.what.clone(),
                    task.owner.clone().unwrap_or_default(),
                    Text::ours(due),
                ];
                row(xml, |xml| {
                    let mut widths = widths.iter();
                    cell(xml, widths.next().copied().unwrap_or(0), check_box);
                    for (text, width) in cells.iter().zip(widths) {
                        text_cell(xml, relations, *width, "TableText", text);
                    }
                });
            }
        });
        self.after_table();
    }

    pub(super) fn sign_off(&mut self, signatures: &[Signature], lies: Orientation) {
        let widths = shares(lies, &[40, 20, 14, 26]);
        let Self { xml, relations, .. } = self;
        frame(xml, "GridTable", "sign-off", &widths, |xml| {
            head(xml, lies, &[fixed().party, fixed().signer, fixed().day, fixed().signature], &widths);
            for signature in signatures {
                tall_row(xml, |xml| {
                    for (index, width) in widths.iter().enumerate() {
                        cell(xml, *width, |xml| {
                            styled(
                                xml,
                                "TableText",
                                |_| (),
                                |xml| {
                                    if index == 0 {
                                        runs(xml, relations, &signature.party, Look::default());
                                    }
                                },
                            );
                            if index == 0 {
                                styled(
                                    xml,
                                    "TableText",
                                    |_| (),
                                    |xml| {
                                        runs(xml, relations, &signature.statement, Look::default());
                                    },
                                );
                            }
                        });
                    }
                });
            }
        });
        self.after_table();
    }
}

/// What is needed to write the rows of a table.
struct Sheet<'a, 'b> {
    xml: &'a mut Xml,
    relations: &'a mut Relations,
    lies: Orientation,
    grid: &'a Grid<'b>,
    arrangement: &'a Arrangement,
    widths: &'a [u32],
}

impl Sheet<'_, '_> {
    fn style(&self) -> &'static str {
        match self.lies {
            Orientation::Portrait => "TableText",
            Orientation::Landscape => "TableTextSmall",
        }
    }

    fn row(&mut self, row: &GridRow<'_>) {
        let below: Vec<usize> =
            self.arrangement.below.iter().copied().filter(|index| !is_empty(row, *index)).collect();
        let letters: usize = row.cells.iter().map(|cell| cell.words().len()).sum();
        let kept = letters <= LETTERS_KEPT_TOGETHER;
        self.beside(row, kept, !below.is_empty());
        if !below.is_empty() {
            self.below(row, &below, kept);
        }
    }

    fn beside(&mut self, row: &GridRow<'_>, kept: bool, continued: bool) {
        let style = self.style();
        let Self { xml, relations, grid, arrangement, widths, .. } = self;
        table_row(xml, kept, |xml| {
            for (placed, width) in arrangement.beside.iter().zip(*widths) {
                let kind = grid.columns.get(placed.index).map_or(ColumnKind::Words, |column| column.kind);
                bordered_cell(xml, *width, 1, fill(row.change), continued.then_some("w:bottom"), |xml| {
                    let properties = |xml: &mut Xml| {
                        if continued {
                            xml.empty("w:keepNext", &[]);
                        }
                        if kind == ColumnKind::Number {
                            xml.value("w:jc", "right");
                        }
                    };
                    styled(xml, style, properties, |xml| {
                        if let Some(text) = row.cells.get(placed.index) {
                            runs(xml, relations, text, look(kind, row.change));
                        }
                    });
                });
            }
        });
    }

    /// The line across the page for what doesn't fit side by side.
    fn below(&mut self, row: &GridRow<'_>, columns: &[usize], kept: bool) {
        let style = self.style();
        let Self { xml, relations, grid, widths, .. } = self;
        table_row(xml, kept, |xml| {
            let total = widths.iter().sum();
            bordered_cell(xml, total, widths.len(), fill(row.change), Some("w:top"), |xml| {
                styled(
                    xml,
                    style,
                    |_| (),
                    |xml| {
                        for (place, index) in columns.iter().enumerate() {
                            let Some(column) = grid.columns.get(*index) else { continue };
                            let before = if place == 0 { "" } else { BETWEEN };
                            run(xml, "DetailLabel", &format!("{before}{}: ", column.title), Look::default());
                            if let Some(text) = row.cells.get(*index) {
                                runs(xml, relations, text, look(column.kind, row.change));
                            }
                        }
                    },
                );
            });
        });
    }

    fn no_rows(&mut self) {
        let style = self.style();
        let (total, count) = (self.widths.iter().sum(), self.widths.len());
        table_row(self.xml, true, |xml| {
            bordered_cell(xml, total, count, None, None, |xml| {
                styled(xml, style, |_| (), |xml| run(xml, "", fixed().no_rows, Look::default()));
            });
        });
    }
}

fn is_empty(row: &GridRow<'_>, index: usize) -> bool {
    row.cells.get(index).is_none_or(|text| text.is_empty())
}

fn look(kind: ColumnKind, change: Option<Change>) -> Look {
    Look { code: kind == ColumnKind::Code, struck: change == Some(Change::Removed) }
}

/// The fill of a row by what became of it, light enough for print.
fn fill(change: Option<Change>) -> Option<&'static str> {
    change.map(|change| match change {
        Change::New => "EAF4EC",
        Change::Changed => "FCF4DE",
        Change::Removed => "F0F0F0",
    })
}

/// Widths of columns by their shares of a hundred.
fn shares(lies: Orientation, shares: &[u32]) -> Vec<u32> {
    shares.iter().map(|share| lies.twips() * share / 100).collect()
}

/// A table around rows.
pub(super) fn frame(xml: &mut Xml, style: &str, id: &str, widths: &[u32], rows: impl FnOnce(&mut Xml)) {
    xml.element("w:tbl", &[], |xml| {
        xml.element("w:tblPr", &[], |xml| {
            xml.value("w:tblStyle", style);
            xml.empty("w:tblW", &[("w:w", &widths.iter().sum::<u32>().to_string()), ("w:type", "dxa")]);
            xml.empty("w:tblLayout", &[("w:type", "fixed")]);
            xml.empty("w:tblLook", &[("w:val", "0020"), ("w:firstRow", "1")]);
            xml.value("w:tblCaption", id);
        });
        xml.element("w:tblGrid", &[], |xml| {
            for width in widths {
                xml.empty("w:gridCol", &[("w:w", &width.to_string())]);
            }
        });
        rows(xml);
    });
}

/// The row of headings, repeated on every page.
fn head(xml: &mut Xml, lies: Orientation, titles: &[&str], widths: &[u32]) {
    let style = if lies == Orientation::Portrait { "TableHead" } else { "TableHeadSmall" };
    xml.element("w:tr", &[], |xml| {
        xml.element("w:trPr", &[], |xml| {
            xml.empty("w:cantSplit", &[]);
            xml.empty("w:tblHeader", &[]);
        });
        for (title, width) in titles.iter().zip(widths) {
            bordered_cell(xml, *width, 1, Some(HEAD_FILL), None, |xml| {
                styled(xml, style, |_| (), |xml| run(xml, "", title, Look::default()));
            });
        }
    });
}

/// A row that stays on one page.
pub(super) fn row(xml: &mut Xml, cells: impl FnOnce(&mut Xml)) {
    table_row(xml, true, cells);
}

fn table_row(xml: &mut Xml, kept: bool, cells: impl FnOnce(&mut Xml)) {
    xml.element("w:tr", &[], |xml| {
        if kept {
            xml.element("w:trPr", &[], |xml| xml.empty("w:cantSplit", &[]));
        }
        cells(xml);
    });
}

fn tall_row(xml: &mut Xml, cells: impl FnOnce(&mut Xml)) {
    xml.element("w:tr", &[], |xml| {
        xml.element("w:trPr", &[], |xml| {
            xml.empty("w:cantSplit", &[]);
            xml.empty("w:trHeight", &[("w:val", SIGNATURE_HEIGHT), ("w:hRule", "atLeast")]);
        });
        cells(xml);
    });
}

/// A cell of one column.
pub(super) fn cell(xml: &mut Xml, width: u32, inside: impl FnOnce(&mut Xml)) {
    bordered_cell(xml, width, 1, None, None, inside);
}

fn text_cell(xml: &mut Xml, relations: &mut Relations, width: u32, style: &str, text: &Text) {
    cell(xml, width, |xml| styled(xml, style, |_| (), |xml| runs(xml, relations, text, Look::default())));
}

/// A cell over some columns, with a fill and without the border of one side.
fn bordered_cell(
    xml: &mut Xml,
    width: u32,
    columns: usize,
    fill: Option<&str>,
    without: Option<&str>,
    inside: impl FnOnce(&mut Xml),
) {
    xml.element("w:tc", &[], |xml| {
        xml.element("w:tcPr", &[], |xml| {
            xml.empty("w:tcW", &[("w:w", &width.to_string()), ("w:type", "dxa")]);
            if columns > 1 {
                xml.value("w:gridSpan", &columns.to_string());
            }
            if let Some(side) = without {
                xml.element("w:tcBorders", &[], |xml| xml.value(side, "nil"));
            }
            if let Some(fill) = fill {
                xml.empty("w:shd", &[("w:val", "clear"), ("w:color", "auto"), ("w:fill", fill)]);
            }
        });
        inside(xml);
    });
}

/// A box that can be ticked with a click.
fn check_box(xml: &mut Xml) {
    let font = "Segoe UI Symbol";
    xml.element("w:p", &[], |xml| {
        xml.element("w:pPr", &[], |xml| xml.value("w:pStyle", "TableText"));
        xml.element("w:sdt", &[], |xml| {
            xml.element("w:sdtPr", &[], |xml| {
                xml.element("w14:checkbox", &[], |xml| {
                    xml.empty("w14:checked", &[("w14:val", "0")]);
                    xml.empty("w14:checkedState", &[("w14:val", "2612"), ("w14:font", font)]);
                    xml.empty("w14:uncheckedState", &[("w14:val", "2610"), ("w14:font", font)]);
                });
            });
            xml.element("w:sdtContent", &[], |xml| {
                xml.element("w:r", &[], |xml| {
                    xml.element("w:rPr", &[], |xml| {
                        xml.empty("w:rFonts", &[("w:ascii", font), ("w:hAnsi", font), ("w:eastAsia", font)]);
                    });
                    xml.leaf("w:t", &[], "☐");
                });
            });
        });
    });
}
