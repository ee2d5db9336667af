//! Two releases compared, as it is shown.
//!
//! In: a catalogue and two of its releases. Out: [`ReleaseDiff`].
//!
//! Invariant: nothing is decided here: which flows differ is what the catalogue says.

use super::filters;
use super::flow::{FlowView, selectors};
use super::table::align;
use super::text;
use crate::catalogue::{Catalogue, ReleaseId};
use askama::Template;
use serde::Serialize;

/// The flows in which two releases differ.
#[derive(Debug, Serialize, Template)]
#[template(path = "diff.md", escape = "none", config = "src/reference/askama.toml")]
pub struct ReleaseDiff<'a> {
    from: &'a str,
    to: &'a str,
    counts: Counts,
    added: Vec<FlowView<'a>>,
    removed: Vec<FlowView<'a>>,
    changed: Vec<Changed<'a>>,
}

/// How many flows there are of each kind, and how many rows the editions have.
#[derive(Debug, Serialize)]
struct Counts {
    added: usize,
    removed: usize,
    changed: usize,
    rows_before: usize,
    rows_after: usize,
}

/// A flow of both releases of which the later one says something else.
#[derive(Debug, Serialize)]
struct Changed<'a> {
    flow: FlowView<'a>,
    release: &'a str,
    what: &'a str,
}

impl<'a> ReleaseDiff<'a> {
    /// Compares two releases in the direction in which they are named.
    pub fn new(catalogue: &'a Catalogue, from: ReleaseId, to: ReleaseId) -> Self {
        let comparison = catalogue.compare(from, to);
        let selectors = selectors(catalogue);
        let view = |flow| FlowView::new(catalogue, to, &selectors, flow);
        let changed = comparison.changed.iter().map(|changed| Changed {
            flow: view(changed.flow),
            release: &changed.change.release,
            what: &changed.change.what,
        });
        Self {
            from: catalogue.release_label(from),
            to: catalogue.release_label(to),
            counts: Counts {
                added: comparison.added.len(),
                removed: comparison.removed.len(),
                changed: comparison.changed.len(),
                rows_before: comparison.rows_before,
                rows_after: comparison.rows_after,
            },
            added: comparison.added.iter().copied().map(view).collect(),
            removed: comparison.removed.iter().copied().map(view).collect(),
            changed: changed.collect(),
        }
    }

    /// What differs, for people: a flow a line.
    pub fn text(&self) -> String {
        let mut sections = vec![format!("{}\n", self.summary())];
        let flows = |list: &[FlowView<'_>]| align(&list.iter().map(text::flow).collect::<Vec<_>>(), "  ");
        for (heading, list) in self.one_sided() {
            if !list.is_empty() {
                sections.push(format!("{heading} ({})\n{}", list.len(), flows(list)));
            }
        }
        if !self.changed.is_empty() {
            let row =
                |one: &Changed<'_>| vec![one.flow.id.to_owned(), one.release.to_owned(), one.what.to_owned()];
            let rows: Vec<_> = self.changed.iter().map(row).collect();
            sections.push(format!("changed ({})\n{}", rows.len(), align(&rows, "  ")));
        }
        sections.join("\n")
    }

    /// What differs, as tables.
    pub fn markdown(&self) -> String {
        // Rendering into a string can't fail.
        self.render().unwrap_or_default()
    }

    /// Flows that only one of the releases has, by heading.
    fn one_sided(&self) -> [(&'static str, &[FlowView<'a>]); 2] {
        [("added", &self.added), ("removed", &self.removed)]
    }

    /// The counts in one line.
    fn summary(&self) -> String {
        let Self { from, to, counts, .. } = self;
        let Counts { added, removed, changed, rows_before, rows_after } = counts;
        format!(
            "{from} to {to}: {added} added, {removed} removed, {changed} changed ({rows_before} rows, then {rows_after})"
        )
    }
}
