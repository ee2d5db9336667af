//! The matrix for spreadsheets.
//!
//! In: a [`View`]. Out: the grid with one role a column, or one record for each pair between which something passes.
//!
//! Invariant: marks are words, so that a filter of a spreadsheet finds them.

use super::{View, Words};
use crate::policy::service::ServiceSet;
use crate::target::csv;

/// The columns of the list.
const LIST_HEADER: [&str; 6] = ["from", "to", "permitted", "some addresses only", "widened", "forbidden"];

pub(super) fn render(view: &View<'_>) -> Vec<u8> {
    csv::bytes(&if view.is_list { list(view) } else { grid(view) })
}

fn list(view: &View<'_>) -> Vec<Vec<String>> {
    let mut records = vec![LIST_HEADER.map(str::to_owned).to_vec()];
    records.extend(view.matrix.cells().map(|((from, to), _)| {
        let words = view.words(from, to);
        let sets = [&words.permitted, &words.partial, &words.widened, &words.forbidden];
        let ends = [from, to].map(|role| view.name(role).to_owned());
        ends.into_iter().chain(sets.map(ServiceSet::explicit)).collect()
    }));
    records
}

fn grid(view: &View<'_>) -> Vec<Vec<String>> {
    let names = view.roles.iter().map(|role| view.name(*role).to_owned());
    let mut records = vec![std::iter::once("from \\ to".to_owned()).chain(names).collect()];
    records.extend(view.roles.iter().map(|from| {
        let cells = view.roles.iter().map(|to| cell(&view.words(*from, *to)));
        std::iter::once(view.name(*from).to_owned()).chain(cells).collect()
    }));
    records
}

fn cell(words: &Words) -> String {
    let parts = [
        ("", &words.permitted),
        ("some addresses only: ", &words.partial),
        ("widened: ", &words.widened),
        ("forbidden: ", &words.forbidden),
    ];
    let parts = parts.iter().filter(|(_, services)| !services.is_empty());
    parts.map(|(mark, services)| format!("{mark}{services}")).collect::<Vec<_>>().join("; ")
}
