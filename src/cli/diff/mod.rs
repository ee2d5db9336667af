//! `segc diff`: what two releases mean apart from each other.
//!
//! In: two sites, or one site with two releases of the catalogue. Out: the comparison in the wanted form; exit code 2 when
//! something opens or is no longer dropped, 1 when access only narrows or anything else differs, 0 when nothing does.
//!
//! Invariant: the exit code follows from the comparison and the errors alone, never from the form of the output.

mod answer;
mod html;
mod inputs;
mod markdown;
mod rows;
mod text;

use super::args::{Diff, Format, Global};
use super::terminal::{Stream, Terminal, print_bytes};
use super::{EXIT_FINDINGS, EXIT_FINE, EXIT_INTERNAL, EXIT_OPENED, EXIT_USAGE};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::diff::{Comparison, Fault, compare};
use crate::source::SourceMap;
use answer::Answer;
use inputs::Inputs;
pub(super) use inputs::read_side;

pub(super) fn run(arguments: &Diff, global: &Global) -> u8 {
    let terminal = Terminal::new(global.clone());
    let mut inputs = match inputs::open(arguments, global) {
        Ok(inputs) => inputs,
        Err(code) => return code,
    };
    if arguments.reverse {
        inputs.reverse();
    }
    if let Some(platform) = &arguments.enforced_at
        && let Some(complaint) = misplaced(platform, terminal.format(), &inputs)
    {
        terminal.complain(&complaint);
        return EXIT_USAGE;
    }
    let comparison = match compare(&inputs.before.release, &inputs.after.release) {
        Ok(comparison) => comparison,
        Err(fault) => return fail(&terminal, &fault),
    };
    let exit = exit(&inputs, &comparison);
    let answer = Answer::new(&comparison, &inputs, exit);
    print(&terminal, &answer, &comparison, &inputs, arguments.enforced_at.as_deref());
    terminal.report(&inputs.after.errors, &inputs.sources, Stream::Report);
    exit
}

fn print(
    terminal: &Terminal,
    answer: &Answer<'_>,
    comparison: &Comparison,
    inputs: &Inputs,
    platform: Option<&str>,
) {
    match terminal.format() {
        Format::Json => terminal.print_json(answer),
        Format::Markdown => terminal.print(&markdown::render(answer)),
        Format::Html => terminal.print(&html::render(answer)),
        Format::Csv => print_bytes(&rows::render(comparison, inputs.releases(), platform)),
        _ => terminal.print(&text::text(answer, terminal.is_verbose())),
    }
}

/// What to tell the user where `--enforced-at` can't be meant.
fn misplaced(platform: &str, format: Format, inputs: &Inputs) -> Option<String> {
    if format != Format::Csv {
        return Some("error: `--enforced-at` is for `--format csv`\n".to_owned());
    }
    let known = rows::platforms(inputs.releases());
    if known.contains(&platform) {
        return None;
    }
    let help = match nearest(platform, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.join(", ")),
    };
    Some(format!("error: neither release has a platform `{platform}`\n\nhelp: {help}\n"))
}

fn exit(inputs: &Inputs, comparison: &Comparison) -> u8 {
    // A manifest has the errors of its release among its findings, as a site has.
    let mut findings = inputs.after.release.findings.iter().flatten();
    let has_errors = findings.any(|finding| finding.severity == "error");
    let is_same = comparison.is_empty() && inputs.remarks.is_empty() && !has_errors;
    match (comparison.opens_access() || comparison.loosens(), is_same) {
        (true, _) => EXIT_OPENED,
        (false, false) => EXIT_FINDINGS,
        (false, true) => EXIT_FINE,
    }
}

/// Says why there is no comparison.
pub(super) fn fail(terminal: &Terminal, fault: &Fault) -> u8 {
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
