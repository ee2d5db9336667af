//! How a table is laid out on paper: which way the page lies, how wide columns are, what doesn't fit side by side.
//!
//! In: a grid. Out: an [`Arrangement`].
//!
//! Invariant: every column is either side by side with the others or below them: none is left out.
//! Invariant: it follows from the table alone, so that all paged formats break the same way.

use super::grid::Grid;
use super::turned;
use crate::document::content::{Block, ColumnKind, Figure, Section};

/// Width of the text on an upright A4 page with margins of 20 mm, in points.
pub(super) const PORTRAIT_WIDTH: f64 = 481.9;
/// Width of the text on a lying A4 page with margins of 15 mm, in points.
pub(super) const LANDSCAPE_WIDTH: f64 = 756.9;
/// Height that a figure may have with its caption on an upright page, in points.
pub(super) const PORTRAIT_HEIGHT: f64 = 620.0;
/// Height that a figure may have with heading and caption on a lying page, in points.
pub(super) const LANDSCAPE_HEIGHT: f64 = 380.0;
/// Size of the letters in tables of an upright page, in points.
pub(super) const PORTRAIT_SIZE: f64 = 8.5;
/// Size of the letters in tables of a lying page, in points.
pub(super) const LANDSCAPE_SIZE: f64 = 7.5;
/// Space left and right of the text of a cell together, in points.
const PADDING: f64 = 8.0;
/// Points in a CSS pixel.
const POINTS_PER_PIXEL: f64 = 0.75;
/// Columns of an upright page at most.
const PORTRAIT_COLUMNS: usize = 8;
/// Lines that a row of an upright page has on average at most.
const PORTRAIT_LINES: f64 = 7.0;
/// Below this scale, the words of a figure are too small to read.
const LEGIBLE_SCALE: f64 = 0.8;

/// Which way a page lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Orientation {
    /// Upright.
    Portrait,
    /// On its long side.
    Landscape,
}

impl Orientation {
    /// Width of the text, in points.
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Portrait => PORTRAIT_WIDTH,
            Self::Landscape => LANDSCAPE_WIDTH,
        }
    }

    /// Height that a figure may have, in points.
    pub(super) fn height(self) -> f64 {
        match self {
            Self::Portrait => PORTRAIT_HEIGHT,
            Self::Landscape => LANDSCAPE_HEIGHT,
        }
    }

    /// Size of the letters in tables, in points.
    pub(super) fn size(self) -> f64 {
        match self {
            Self::Portrait => PORTRAIT_SIZE,
            Self::Landscape => LANDSCAPE_SIZE,
        }
    }
}

/// A column that stands side by side with others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    /// Its place in the table.
    pub index: usize,
    /// Its width in points, padding included.
    pub width: f64,
}

/// How a table is laid out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arrangement {
    /// Columns side by side, in order.
    pub beside: Vec<Placed>,
    /// Columns whose cells stand on a line below the row, in order.
    pub below: Vec<usize>,
}

/// What a column asks for, in points.
#[derive(Debug, Clone, Copy)]
struct Need {
    index: usize,
    /// So that no usual word is cut.
    least: f64,
    /// For its average text on one line.
    average: f64,
    /// The share of the width that its author gave it.
    share: f64,
    kind: ColumnKind,
}

/// Which way the pages of each section lie: as their widest blocks need.
pub(super) fn orientations(sections: &[Section]) -> Vec<Orientation> {
    let is_wide = |section: &Section| {
        section.blocks.iter().any(|block| match block {
            Block::Table(table) => !fits_upright(&Grid::of(table)),
            Block::Figure(figure) => lies(figure),
            _ => false,
        })
    };
    let lying = turned(sections.iter().map(is_wide));
    lying.into_iter().map(|lies| if lies { Orientation::Landscape } else { Orientation::Portrait }).collect()
}

/// Lays a table out for pages that lie a given way.
pub(super) fn arrange(table: &Grid<'_>, orientation: Orientation) -> Arrangement {
    let mut beside = needs(table, orientation.size());
    let mut below = Vec::new();
    while beside.len() > 2 && total(&beside) > orientation.width() {
        let Some(place) = longest(&beside) else { break };
        below.push(beside.remove(place).index);
    }
    below.sort_unstable();
    Arrangement { beside: spread(&beside, orientation.width()), below }
}

/// The size of a figure on a page in points: as drawn, or smaller so that it fits.
pub(super) fn figure_size(figure: &Figure, orientation: Orientation) -> (f64, f64) {
    let (width, height) = drawn(figure);
    let scale = (orientation.width() / width).min(orientation.height() / height).min(1.0);
    (width * scale, height * scale)
}

/// The size of a figure as drawn, in points.
fn drawn(figure: &Figure) -> (f64, f64) {
    let points = |pixels: u32| f64::from(pixels.max(1)) * POINTS_PER_PIXEL;
    (points(figure.width), points(figure.height))
}

/// True where a figure is read better on a lying page.
fn lies(figure: &Figure) -> bool {
    let (width, _) = drawn(figure);
    let upright = figure_size(figure, Orientation::Portrait).0;
    let lying = figure_size(figure, Orientation::Landscape).0;
    upright / width < LEGIBLE_SCALE && lying > upright
}

/// True where a table is read well on an upright page.
fn fits_upright(table: &Grid<'_>) -> bool {
    let needs = needs(table, PORTRAIT_SIZE);
    let lines = needs.iter().map(|need| need.average).sum::<f64>() / PORTRAIT_WIDTH;
    needs.len() <= PORTRAIT_COLUMNS && total(&needs) <= PORTRAIT_WIDTH && lines <= PORTRAIT_LINES
}

fn total(needs: &[Need]) -> f64 {
    needs.iter().map(|need| need.least).sum()
}

/// The column to put below: of words where there are any, else any but the first; the one with most to say.
fn longest(needs: &[Need]) -> Option<usize> {
    let most = |only_words: bool| {
        let others = needs.iter().enumerate().skip(1);
        let fitting = others.filter(|(_, need)| !only_words || need.kind == ColumnKind::Words);
        fitting
            .max_by(|a, b| (a.1.average + a.1.share).total_cmp(&(b.1.average + b.1.share)))
            .map(|(place, _)| place)
    };
    most(true).or_else(|| most(false))
}

fn needs(table: &Grid<'_>, size: f64) -> Vec<Need> {
    table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let letter = match column.kind {
                ColumnKind::Code => size * 0.55,
                _ => size * 0.56,
            };
            // Long addresses break at their separators, other long words anywhere.
            let longest_run = match column.kind {
                ColumnKind::Words => 14,
                _ => 20,
            };
            let mut run = longest_word(column.title) * 108 / 100;
            let mut letters = 0;
            for row in &table.rows {
                let words = row.cells.get(index).map(|cell| cell.words()).unwrap_or_default();
                run = run.max(longest_word(&words).min(longest_run));
                letters += words.chars().take(400).count();
            }
            let average = letters as f64 / table.rows.len().max(1) as f64;
            Need {
                index,
                least: run as f64 * letter + PADDING,
                average: average * letter + PADDING,
                share: f64::from(column.width.max(1)),
                kind: column.kind,
            }
        })
        .collect()
}

fn longest_word(text: &str) -> usize {
    text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0).max(2)
}

/// Widths that fill a page: what each column needs, and the rest as its author shared it.
fn spread(needs: &[Need], width: f64) -> Vec<Placed> {
    let shares: f64 = needs.iter().map(|need| need.share).sum();
    let least = total(needs);
    let rest = (width - least).max(0.0);
    let lack = |need: &Need| (need.share / shares * width - need.least).max(0.0);
    let lacks: f64 = needs.iter().map(lack).sum();
    let even = 1.0 / needs.len().max(1) as f64;
    // Where even the least is too much, all columns are narrowed alike.
    let narrowed = (width / least).min(1.0);
    needs
        .iter()
        .map(|need| {
            let part = if lacks > 0.0 { lack(need) / lacks } else { even };
            Placed { index: need.index, width: need.least * narrowed + rest * part }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::content::{Column, Row, Table, Text};

    fn table(titles: &[&str], cells: &[&str], kind: ColumnKind) -> Table {
        let column = |title: &&str| Column { id: "c", title: (*title).to_owned(), width: 10, kind };
        Table {
            id: "t".to_owned(),
            caption: Text::default(),
            key: "Id".to_owned(),
            columns: titles.iter().map(column).collect(),
            rows: vec![Row {
                id: "r".to_owned(),
                change: None,
                cells: cells.iter().map(|cell| Text::ours(*cell)).collect(),
            }],
        }
    }

    #[test]
    fn a_small_table_stays_upright_and_fills_the_width() {
        let table = table(&["Id", "Name"], &["a", "b"], ColumnKind::Words);
        assert!(fits_upright(&Grid::of(&table)));
        let arrangement = arrange(&Grid::of(&table), Orientation::Portrait);
        let width: f64 = arrangement.beside.iter().map(|placed| placed.width).sum();
        assert!((width - PORTRAIT_WIDTH).abs() < 0.1 && arrangement.below.is_empty());
    }

    #[test]
    fn no_column_of_a_wide_table_is_lost() {
        let table = table(&["Destination address"; 30], &["10.20.30.40/24"; 30], ColumnKind::Code);
        assert!(!fits_upright(&Grid::of(&table)));
        let arrangement = arrange(&Grid::of(&table), Orientation::Landscape);
        let mut seen: Vec<usize> = arrangement.beside.iter().map(|placed| placed.index).collect();
        seen.extend(&arrangement.below);
        seen.sort_unstable();
        assert_eq!(seen, (0..31).collect::<Vec<_>>());
        let width: f64 = arrangement.beside.iter().map(|placed| placed.width).sum();
        assert!((width - LANDSCAPE_WIDTH).abs() < 0.1);
        assert_eq!(arrangement.beside.first().map(|placed| placed.index), Some(0));
    }

    #[test]
    fn two_columns_of_long_words_are_narrowed_to_the_page() {
        let table = table(&[&"x".repeat(300), &"y".repeat(300)], &["", ""], ColumnKind::Words);
        let arrangement = arrange(&Grid::of(&table), Orientation::Landscape);
        let width: f64 = arrangement.beside.iter().map(|placed| placed.width).sum();
        assert!((width - LANDSCAPE_WIDTH).abs() < 0.1);
    }

    #[test]
    fn a_wide_figure_lies() {
        let figure = |width, height| Figure {
            id: "f".to_owned(),
            caption: Text::default(),
            description: String::new(),
            svg: String::new(),
            width,
            height,
            mermaid: String::new(),
        };
        assert!(lies(&figure(1200, 500)));
        assert!(!lies(&figure(600, 500)));
        assert!(!lies(&figure(600, 1500)));
        let (width, height) = figure_size(&figure(1200, 5000), Orientation::Portrait);
        assert!(width <= PORTRAIT_WIDTH && height <= PORTRAIT_HEIGHT + 0.1);
    }
}
