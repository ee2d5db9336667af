//! What goes to the terminal: results to standard output, reports to standard error.
//!
//! Invariant: a reader that goes away early ends the output, not the program with an error.

use super::args::{Color, Format, Global};
use crate::diagnostic::{Diagnostic, Severity, codes, json, render, sarif};
use crate::source::SourceMap;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Most reports that are drawn with their source: each draws from the whole text, and nobody reads more.
const MOST_SHOWN: usize = 200;

/// Set when a result could not be written whole.
static OUTPUT_IS_CUT: AtomicBool = AtomicBool::new(false);

/// True when a result could not be written whole, for another reason than a reader that went away.
pub(super) fn output_is_cut() -> bool {
    OUTPUT_IS_CUT.load(Ordering::Relaxed)
}

/// Writes to standard output. A closed pipe is the reader's choice; any other failure is told once, and kept in mind.
pub(super) fn print_bytes(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) else { return };
    if error.kind() != std::io::ErrorKind::BrokenPipe && !OUTPUT_IS_CUT.swap(true, Ordering::Relaxed) {
        let text = format!("error[{}]: standard output can't be written: {error}\n", codes::CANNOT_WRITE);
        // There is nowhere else to complain to.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Where a report belongs: `check` is asked for its reports, other commands for something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stream {
    /// Standard output.
    Result,
    /// Standard error.
    Report,
}

/// The terminal with the user's wishes.
#[derive(Debug, Clone)]
pub(super) struct Terminal {
    global: Global,
}

/// `findings` with counts, the JSON of reports.
#[derive(Debug, Serialize)]
struct Findings<'a> {
    findings: Vec<json::JsonFinding<'a>>,
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Terminal {
    pub(super) fn new(global: Global) -> Self {
        Self { global }
    }

    pub(super) fn is_json(&self) -> bool {
        self.global.formats.contains(&Format::Json)
    }

    pub(super) fn is_markdown(&self) -> bool {
        self.global.format() == Format::Markdown
    }

    /// The wanted form.
    pub(super) fn format(&self) -> Format {
        self.global.format()
    }

    pub(super) fn is_verbose(&self) -> bool {
        self.global.verbose
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.global.quiet
    }

    /// Writes a result.
    pub(super) fn print(&self, text: &str) {
        print_bytes(text.as_bytes());
    }

    /// Writes a result as JSON.
    pub(super) fn print_json(&self, value: &impl Serialize) {
        print_bytes(&crate::target::json::pretty(value));
    }

    /// Writes to standard error.
    pub(super) fn complain(&self, text: &str) {
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes reports: errors always, warnings unless quiet, notes when verbose or when they are the result.
    pub(super) fn report(&self, diagnostics: &[Diagnostic], sources: &SourceMap, stream: Stream) {
        let least = match (self.global.quiet, self.global.verbose || stream == Stream::Result) {
            (true, _) => Severity::Error,
            (false, true) => Severity::Note,
            (false, false) => Severity::Warning,
        };
        let wanted = || diagnostics.iter().filter(|diagnostic| diagnostic.severity >= least);
        let shown: Vec<Diagnostic> = wanted().take(MOST_SHOWN).cloned().collect();
        let mut text = render::render(&shown, sources, self.has_colour(stream));
        if let Some(more) = wanted().count().checked_sub(MOST_SHOWN).filter(|more| *more > 0) {
            text.push_str(&format!("and {more} more; `--format json` has them all\n"));
        }
        match stream {
            Stream::Result => self.print(&text),
            Stream::Report => self.complain(&text),
        }
    }

    /// Writes reports in the form of code scanning.
    pub(super) fn report_sarif(&self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        self.print_json(&sarif::log(diagnostics, sources));
    }

    /// Writes reports as JSON.
    pub(super) fn report_json(&self, diagnostics: &[Diagnostic], sources: &SourceMap) {
        let count =
            |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        self.print_json(&Findings {
            findings: json::findings(diagnostics, sources),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
        });
    }

    fn has_colour(&self, stream: Stream) -> bool {
        match self.global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) => false,
            Color::Auto => match stream {
                Stream::Result => std::io::stdout().is_terminal(),
                Stream::Report => std::io::stderr().is_terminal(),
            },
        }
    }

    /// A line that tells what is going on, on a terminal only.
    pub(super) fn progress(&self) -> ProgressBar {
        let is_wanted = !self.global.quiet && !self.is_json() && std::io::stderr().is_terminal();
        if !is_wanted {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar
    }
}
