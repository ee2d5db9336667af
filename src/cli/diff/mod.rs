//! `segc diff`: what two releases mean apart from each other.
//!
//! In: two sites, or one site with two releases of the catalogue. Out: the comparison in the wanted form; exit code 2 when
//! something opens, 1 when access only narrows or anything else differs, 0 when nothing does.
//!
//! Invariant: the exit code follows from the comparison and the errors alone, never from the form of the output.

mod answer;
mod inputs;
mod text;

use super::args::{Diff, Global};
use super::terminal::{Stream, Terminal};
use super::{EXIT_FINDINGS, EXIT_FINE, EXIT_INTERNAL, EXIT_OPENED};
use crate::diagnostic::{Diagnostic, codes};
use crate::diff::{Comparison, Fault, compare};
use crate::source::SourceMap;
use answer::{Answer, Page};
use askama::Template;
use inputs::Inputs;

pub(super) fn run(arguments: &Diff, global: &Global) -> u8 {
    let terminal = Terminal::new(global.clone());
    let mut inputs = match inputs::open(arguments, global) {
        Ok(inputs) => inputs,
        Err(code) => return code,
    };
    if arguments.reverse {
        inputs.reverse();
    }
    let comparison = match compare(&inputs.before.release, &inputs.after.release) {
        Ok(comparison) => comparison,
        Err(fault) => return fail(&terminal, &fault),
    };
    let exit = exit(&inputs, &comparison);
    let answer = Answer::new(&comparison, &inputs, exit);
    if terminal.is_json() {
        terminal.print_json(&answer);
    } else if terminal.is_markdown() {
        // Rendering into a string can't fail.
        terminal.print(&Page { answer: &answer }.render().unwrap_or_default());
    } else {
        terminal.print(&text::text(&answer, terminal.is_verbose()));
    }
    terminal.report(&inputs.after.errors, &inputs.sources, Stream::Report);
    exit
}

fn exit(inputs: &Inputs, comparison: &Comparison) -> u8 {
    let is_same = comparison.is_empty() && inputs.remarks.is_empty() && inputs.after.errors.is_empty();
    match (comparison.opens_access(), is_same) {
        (true, _) => EXIT_OPENED,
        (false, false) => EXIT_FINDINGS,
        (false, true) => EXIT_FINE,
    }
}

/// Says why there is no comparison.
fn fail(terminal: &Terminal, fault: &Fault) -> u8 {
    let (report, code) = match fault {
        Fault::TooComplex(_) => {
            let report = Diagnostic::new(codes::TOO_LARGE, fault.to_string());
            (report.help("compare releases that lie nearer to each other"), EXIT_FINDINGS)
        }
        Fault::Unaccounted { .. } => {
            let report = Diagnostic::new(codes::INTERNAL_ERROR, fault.to_string());
            (report.help("please report this with the two releases"), EXIT_INTERNAL)
        }
    };
    if terminal.is_json() {
        terminal.report_json(&[report], &SourceMap::new());
    } else {
        terminal.report(&[report], &SourceMap::new(), Stream::Report);
    }
    code
}
