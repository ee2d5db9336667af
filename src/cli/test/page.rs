//! The report of `segc test` as one HTML page: a proof table for an auditor.
//!
//! In: a [`Report`]. Out: one page without scripts and without anything from a network, which prints well.
//!
//! Invariant: every text of the site is escaped and visible; colours only repeat what words say.

use super::super::visible as filters;
use super::report::{CaseResult, Report};
use crate::check::proof_table::ExceptionState;
use askama::Template;

#[derive(Template)]
#[template(path = "proof-table.html", config = "src/cli/askama.toml")]
struct Page<'a> {
    report: &'a Report<'a>,
}

impl Page<'_> {
    fn suites(&self) -> [(&'static str, &'static str, &[CaseResult]); 2] {
        [
            ("expects", "Expect lines of the site", &self.report.expects.cases),
            ("cases", "Cases of the acceptance tables", &self.report.cases),
        ]
    }

    fn in_force(&self) -> usize {
        self.report.exceptions.iter().filter(|exception| exception.state == ExceptionState::InForce).count()
    }
}

/// The whole page.
pub(super) fn document(report: &Report<'_>) -> String {
    // Rendering into a string can't fail.
    Page { report }.render().unwrap_or_default()
}
