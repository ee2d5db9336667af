//! The matrix on a terminal.
//!
//! In: a [`View`]. Out: the grid in blocks of columns that fit a line, or the list of what passes.
//!
//! Invariant: roles that have nothing in their row (or column) are left out of it and named below.

use super::{View, Words};
use crate::policy::RoleId;
use crate::policy::service::ServiceSet;
use std::fmt::Write;

/// Most characters of a line of the grid, as long as one column fits.
const LINE: usize = 110;

/// Most ranges that a cell of the grid shows.
const MOST_IN_CELL: usize = 3;

/// What the marks of cells mean.
const LEGEND: &str =
    "~ for some addresses only   + widened: not in the file   x forbidden   empty: default deny\n";

pub(super) fn render(view: &View<'_>) -> String {
    let header = view.policy.header();
    let mut text = format!(
        "{} ({} level, {}): rows start, columns answer\n{LEGEND}",
        header.site,
        view.level.word(),
        header.as_of
    );
    if view.is_list {
        list(view, &mut text)
    } else {
        grid(view, &mut text)
    }
    text
}

fn list(view: &View<'_>, text: &mut String) {
    for ((from, to), _) in view.matrix.cells() {
        // Writing into a string can't fail.
        let _ = writeln!(
            text,
            "{} -> {}: {}",
            view.name(from),
            view.name(to),
            cell(&view.words(from, to), ServiceSet::to_string)
        );
    }
    for promise in view.matrix.promises() {
        let arrow = if promise.both_ways { "<->" } else { "->" };
        let roles = |roles: &std::collections::BTreeSet<RoleId>| match roles.len() {
            all if all == view.roles.len() => "any".to_owned(),
            1..=5 => roles.iter().map(|role| view.name(*role)).collect::<Vec<_>>().join(", "),
            many => format!("{many} roles"),
        };
        let _ = writeln!(
            text,
            "x {}: {} {arrow} {}: {}",
            promise.name,
            roles(&promise.from),
            roles(&promise.to),
            promise.services
        );
    }
}

/// The cells as text, by row and column.
struct Grid<'a> {
    names: Vec<&'a str>,
    cells: Vec<Vec<String>>,
}

impl Grid<'_> {
    fn name(&self, at: usize) -> &str {
        self.names.get(at).copied().unwrap_or_default()
    }

    fn cell(&self, row: usize, column: usize) -> &str {
        self.cells.get(row).and_then(|row| row.get(column)).map_or("", String::as_str)
    }

    /// Characters of a column.
    fn width(&self, column: usize) -> usize {
        let cells = (0..self.cells.len()).map(|row| self.cell(row, column));
        cells.chain([self.name(column)]).map(|text| text.chars().count()).max().unwrap_or_default()
    }

    /// One line of a block; `head` is the width of what stands first.
    fn line<'t>(&self, head: usize, first: &str, block: &[usize], cell: impl Fn(usize) -> &'t str) -> String {
        let mut line = format!("{first:head$}");
        for column in block {
            // Writing into a string can't fail.
            let _ = write!(line, "  {:width$}", cell(*column), width = self.width(*column));
        }
        format!("{}\n", line.trim_end())
    }
}

fn grid(view: &View<'_>, text: &mut String) {
    let spelled = |from: &RoleId| view.roles.iter().map(|to| cell(&view.words(*from, *to), short)).collect();
    let grid = Grid {
        names: view.roles.iter().map(|role| view.name(*role)).collect(),
        cells: view.roles.iter().map(spelled).collect(),
    };
    let all = || 0..grid.names.len();
    let (rows, silent): (Vec<usize>, Vec<usize>) =
        all().partition(|row| all().any(|column| !grid.cell(*row, column).is_empty()));
    let (columns, unreached): (Vec<usize>, Vec<usize>) =
        all().partition(|column| all().any(|row| !grid.cell(row, *column).is_empty()));
    let head = rows.iter().map(|row| grid.name(*row).chars().count()).max().unwrap_or_default();
    for block in blocks(&columns, head, |column| grid.width(column)) {
        text.push('\n');
        text.push_str(&grid.line(head, "", &block, |column| grid.name(column)));
        for row in &rows {
            if block.iter().any(|column| !grid.cell(*row, *column).is_empty()) {
                text.push_str(&grid.line(head, grid.name(*row), &block, |column| grid.cell(*row, column)));
            }
        }
    }
    if !(silent.is_empty() && unreached.is_empty()) {
        text.push('\n');
    }
    for (what, left_out) in [("starts nothing", silent), ("is reached by nothing", unreached)] {
        if !left_out.is_empty() {
            let names: Vec<&str> = left_out.iter().map(|at| grid.name(*at)).collect();
            let _ = writeln!(text, "{what}: {}", names.join(", "));
        }
    }
}

/// Divides columns into blocks that fit a line.
fn blocks(columns: &[usize], head: usize, width: impl Fn(usize) -> usize) -> Vec<Vec<usize>> {
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    let mut used = LINE;
    for at in columns {
        let wanted = width(*at) + 2;
        match blocks.last_mut().filter(|_| used + wanted <= LINE) {
            Some(block) => block.push(*at),
            None => {
                used = head;
                blocks.push(vec![*at]);
            }
        }
        used += wanted;
    }
    blocks
}

fn cell(words: &Words, spelled: impl Fn(&ServiceSet) -> String) -> String {
    let mut parts = Vec::new();
    for (mark, services) in [("", &words.permitted), ("~", &words.partial), ("+", &words.widened)] {
        if !services.is_empty() {
            parts.push(format!("{mark}{}", spelled(services)));
        }
    }
    if !words.forbidden.is_empty() {
        let passing = words.permitted.union(&words.partial).union(&words.widened);
        let is_rest = words.forbidden.union(&passing).is_any();
        parts.push(if is_rest { "x".to_owned() } else { format!("x {}", spelled(&words.forbidden)) });
    }
    parts.join(" ")
}

/// The first ranges of a set, the others counted.
fn short(services: &ServiceSet) -> String {
    let ranges = services.ranges();
    if services.is_any() || ranges.len() <= MOST_IN_CELL {
        return services.to_string();
    }
    let rest = ServiceSet::any().difference(services);
    if rest.ranges().len() <= MOST_IN_CELL {
        return services.to_string();
    }
    let first: Vec<String> = ranges.iter().take(MOST_IN_CELL).map(ToString::to_string).collect();
    format!("{} and {} more", first.join(", "), ranges.len() - MOST_IN_CELL)
}
