//! The answer as a page: one file without scripts, for a browser, an e-mail and paper.
//!
//! In: an [`Answer`]. Out: HTML; every text is escaped by the template.
//!
//! Invariant: nothing is told by colour alone, nothing is loaded, and all of the answer is in it; what is folded on the
//! screen is open on paper.

use super::answer::{Answer, JsonRule};
use crate::cli::visible as filters;
use askama::Template;

#[derive(Template)]
#[template(path = "diff.html", config = "src/cli/askama.toml")]
struct Page<'a> {
    answer: &'a Answer<'a>,
}

/// Writes the page. Writing to memory can't fail.
pub(super) fn render(answer: &Answer<'_>) -> String {
    Page { answer }.render().unwrap_or_default()
}

impl<'a> Page<'a> {
    fn rules_of(&self, artefact: &str) -> Vec<&'a JsonRule<'a>> {
        self.answer.rules.iter().filter(|rule| rule.artefact == artefact).collect()
    }

    /// The artefacts whose rules change, in their order.
    fn artefacts(&self) -> Vec<&'a str> {
        let mut names: Vec<&str> = self.answer.rules.iter().map(|rule| rule.artefact).collect();
        names.dedup();
        names
    }
}
