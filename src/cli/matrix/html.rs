//! The matrix as a page: one file without scripts, for a browser and for paper.
//!
//! In: a [`View`]. Out: HTML; every text is escaped by the template.
//!
//! Invariant: nothing is told by colour alone; the first row and column stay in sight; the table can be scrolled with
//! the keyboard.

use super::{View, Words};
use crate::policy::service::ServiceSet;
use askama::Template;

#[derive(Template)]
#[template(path = "matrix.html", config = "src/cli/askama.toml")]
struct Page<'a> {
    site: &'a str,
    level: &'static str,
    as_of: String,
    is_list: bool,
    roles: Vec<&'a str>,
    rows: Vec<Row<'a>>,
    /// Pairs between which something passes, where they are listed.
    pairs: Vec<Pair<'a>>,
    forbids: Vec<Forbid<'a>>,
}

struct Row<'a> {
    name: &'a str,
    cells: Vec<Vec<Part>>,
}

struct Pair<'a> {
    from: &'a str,
    to: &'a str,
    parts: Vec<Part>,
}

/// One part of a cell.
struct Part {
    /// The class of the style sheet.
    class: &'static str,
    /// The mark in front, for those who see no colours.
    mark: &'static str,
    services: String,
}

struct Forbid<'a> {
    name: &'a str,
    because: &'a str,
    services: String,
}

/// Writes the page. Writing to memory can't fail.
pub(super) fn render(view: &View<'_>) -> String {
    let header = view.policy.header();
    let grid = if view.is_list { [].as_slice() } else { view.roles.as_slice() };
    let page = Page {
        site: &header.site,
        level: view.level.word(),
        as_of: header.as_of.to_string(),
        is_list: view.is_list,
        roles: grid.iter().map(|role| view.name(*role)).collect(),
        rows: grid
            .iter()
            .map(|from| Row {
                name: view.name(*from),
                cells: grid.iter().map(|to| parts(&view.words(*from, *to))).collect(),
            })
            .collect(),
        pairs: if view.is_list { pairs(view) } else { Vec::new() },
        forbids: view
            .policy
            .forbids()
            .iter()
            .map(|forbid| Forbid {
                name: &forbid.name,
                because: &forbid.because,
                services: forbid.services.to_string(),
            })
            .collect(),
    };
    page.render().unwrap_or_default()
}

fn pairs<'a>(view: &'a View<'a>) -> Vec<Pair<'a>> {
    let pair =
        |(from, to)| Pair { from: view.name(from), to: view.name(to), parts: parts(&view.words(from, to)) };
    view.matrix.cells().map(|(ends, _)| pair(ends)).collect()
}

fn parts(words: &Words) -> Vec<Part> {
    let parts: [(&'static str, &'static str, &ServiceSet); 4] = [
        ("permitted", "", &words.permitted),
        ("partial", "some addresses only: ", &words.partial),
        ("widened", "widened: ", &words.widened),
        ("forbidden", "forbidden: ", &words.forbidden),
    ];
    let filled = parts.into_iter().filter(|(_, _, services)| !services.is_empty());
    filled.map(|(class, mark, services)| Part { class, mark, services: services.to_string() }).collect()
}
