//! The report of `segc test` for a terminal.
//!
//! In: a [`Report`]. Out: text.
//!
//! Invariant: with a case file, the last line is the count of its cases.

use super::super::visible::visible;
use super::report::{CaseResult, ForbidRow, Report};
use std::fmt::Write;

/// What failed, or everything, and the counts.
pub(super) fn text(report: &Report<'_>, has_table: bool, all: bool) -> String {
    let mut text = String::new();
    for case in report.cases.iter().chain(&report.expects.cases).filter(|case| all || !case.pass) {
        add_case(&mut text, case, all);
    }
    for forbid in report.forbids.iter().filter(|forbid| all || !forbid.pass) {
        add_forbid(&mut text, forbid);
    }
    if all {
        for exception in &report.exceptions {
            let (starts, expires) = (&exception.starts, &exception.expires);
            line(
                &mut text,
                &format!(
                    "exception {}: {}, from {starts}, expires {expires}",
                    exception.name,
                    exception.state.words()
                ),
            );
        }
    }
    let failed = report.forbids_failed();
    line(&mut text, &format!("forbids: {} hold, {failed} fail", report.forbids.len() - failed));
    let expects = &report.expects;
    line(&mut text, &format!("expect lines: {} passed, {} failed", expects.passed, expects.failed));
    if has_table {
        line(&mut text, &format!("{} passed, {} failed", report.passed, report.failed));
    }
    text
}

fn add_case(text: &mut String, case: &CaseResult, all: bool) {
    let why = case.why.as_ref().map(|why| format!(" - {why}")).unwrap_or_default();
    let (question, verdict) = (case.question(), case.verdict());
    line(text, &format!("{} {question}: {verdict}{why}", mark(case.pass)));
    if !case.pass || all {
        line(text, &format!("       asked at {}", case.place.origin));
        for reason in &case.reasons {
            line(text, &format!("       {}", reason.line()));
        }
        if let Some(example) = &case.example {
            line(text, &format!("       for example: {example}"));
        }
    }
}

fn add_forbid(text: &mut String, forbid: &ForbidRow) {
    let (mark, name, intent) = (mark(forbid.pass), &forbid.name, forbid.intent_text());
    line(
        text,
        &format!("{mark} forbid {name} ({}): {intent}; {}", forbid.place.origin, forbid.artefact_text()),
    );
}

fn mark(pass: bool) -> &'static str {
    if pass { "ok    " } else { "FAILED" }
}

fn line(text: &mut String, content: &str) {
    // Writing into a string can't fail.
    let _ = writeln!(text, "{}", visible(content));
}
