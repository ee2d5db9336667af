//! What a fleet's compile tells: a line for each site, the errors at the end.
//!
//! In: the outcomes. Out: text or JSON.
//!
//! Invariant: the order is that of the command line; errors are grouped by site.

use super::super::terminal::{Stream, Terminal};
use super::{Outcome, Status};
use crate::diagnostic::{Diagnostic, Severity, json};
use crate::source::SourceMap;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// The JSON of a fleet's compile.
#[derive(Serialize)]
struct Fleet<'a> {
    sites: Vec<Site<'a>>,
    compiled: usize,
    unchanged: usize,
    failed: usize,
    /// Reports about the fleet as a whole.
    findings: Vec<json::JsonFinding<'a>>,
}

/// One site in it.
#[derive(Serialize)]
struct Site<'a> {
    path: String,
    site: Option<&'a str>,
    status: &'static str,
    /// Its folder; null when it failed.
    output: Option<String>,
    artifacts: usize,
    rules: usize,
    errors: usize,
    warnings: usize,
    findings: Vec<json::JsonFinding<'a>>,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Compiled => "compiled",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        }
    }
}

impl Outcome {
    fn count(&self, severity: Severity) -> usize {
        self.reports.iter().filter(|report| report.severity == severity).count()
    }

    /// Of this compile, or of the one that the folder is from.
    fn warnings(&self) -> usize {
        match (&self.entry, self.status) {
            (Some(entry), Status::Unchanged) => entry.warnings,
            _ => self.count(Severity::Warning),
        }
    }

    fn output(&self, folder: &Path) -> Option<String> {
        let name = self.name.as_ref().filter(|_| self.entry.is_some())?;
        Some(folder.join(name).display().to_string())
    }
}

/// Prints the outcomes of a fleet, and remarks about it as a whole.
pub(super) fn print(terminal: &Terminal, folder: &Path, outcomes: &[Outcome], remarks: &[Diagnostic]) {
    if terminal.is_json() {
        // Nothing of the remarks points into a text.
        let texts = SourceMap::new();
        terminal.print_json(&fleet(folder, outcomes, json::findings(remarks, &texts)));
        return;
    }
    if !terminal.is_quiet() {
        terminal.print(&summary(folder, outcomes, terminal.is_verbose()));
    }
    for outcome in outcomes {
        print_reports(terminal, outcome);
    }
    terminal.report(remarks, &SourceMap::new(), Stream::Report);
}

/// The errors of a site, and everything else when the user wants it.
fn print_reports(terminal: &Terminal, outcome: &Outcome) {
    let is_wanted = |report: &&Diagnostic| terminal.is_verbose() || report.severity == Severity::Error;
    let reports: Vec<Diagnostic> = outcome.reports.iter().filter(is_wanted).cloned().collect();
    if reports.is_empty() {
        return;
    }
    terminal.complain(&format!("\nsite {}\n\n", outcome.path.display()));
    terminal.report(&reports, &outcome.sources, Stream::Report);
}

fn fleet<'a>(folder: &Path, outcomes: &'a [Outcome], findings: Vec<json::JsonFinding<'a>>) -> Fleet<'a> {
    let sites = outcomes.iter().map(|outcome| Site {
        path: outcome.path.display().to_string(),
        site: outcome.name.as_deref(),
        status: outcome.status.word(),
        output: outcome.output(folder),
        artifacts: outcome.entry.as_ref().map_or(0, |entry| entry.artifacts),
        rules: outcome.entry.as_ref().map_or(0, |entry| entry.rules),
        errors: outcome.count(Severity::Error),
        warnings: outcome.warnings(),
        findings: json::findings(&outcome.reports, &outcome.sources),
    });
    Fleet {
        sites: sites.collect(),
        compiled: number(outcomes, Status::Compiled),
        unchanged: number(outcomes, Status::Unchanged),
        failed: number(outcomes, Status::Failed),
        findings,
    }
}

fn number(outcomes: &[Outcome], status: Status) -> usize {
    outcomes.iter().filter(|outcome| outcome.status == status).count()
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Sites that are unchanged are counted only, unless all is wanted.
fn summary(folder: &Path, outcomes: &[Outcome], all: bool) -> String {
    let mut text = String::new();
    for outcome in outcomes.iter().filter(|outcome| all || outcome.status != Status::Unchanged) {
        let name = outcome.output(folder).unwrap_or_else(|| outcome.path.display().to_string());
        // Writing into a string can't fail.
        let _ = write!(text, "{name}  {}", outcome.status.word());
        if let Some(entry) = &outcome.entry {
            let artifacts = counted(entry.artifacts, "artefact");
            let _ = write!(text, "  {artifacts}, {}", counted(entry.rules, "rule"));
        }
        let (errors, warnings) = (outcome.count(Severity::Error), outcome.warnings());
        if errors > 0 {
            let _ = write!(text, "  {}", counted(errors, "error"));
        }
        if warnings > 0 {
            let _ = write!(text, "  {}", counted(warnings, "warning"));
        }
        text.push('\n');
    }
    let counts: Vec<String> = [Status::Compiled, Status::Unchanged, Status::Failed]
        .into_iter()
        .map(|status| format!("{} {}", number(outcomes, status), status.word()))
        .collect();
    let _ = writeln!(text, "{}: {}", counted(outcomes.len(), "site"), counts.join(", "));
    let warnings: usize = outcomes.iter().map(Outcome::warnings).sum();
    if warnings > 0 && !all {
        let _ = writeln!(
            text,
            "{}; `--verbose` shows those of sites that are compiled",
            counted(warnings, "warning")
        );
    }
    text
}
