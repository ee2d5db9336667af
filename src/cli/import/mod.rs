//! `segc import`: what is deployed, in the words of the set engine, and a first site for it.

mod answer;
mod text;

use super::args::{Global, Import};
use super::exports;
use super::files;
use super::terminal::{Stream, Terminal};
use super::{EXIT_FINDINGS, EXIT_FINE, EXIT_USAGE};
use crate::diagnostic::{Diagnostic, Severity, Sink, codes};
use crate::driver::{FirstSite, ReadExport, export_kinds, first_site, read_exports, unreadable};
use crate::source::SourceMap;
use crate::target::export::Export;
use answer::Answer;
use std::path::Path;

pub(super) fn run(arguments: &Import, global: &Global) -> u8 {
    let terminal = Terminal::new(global.clone());
    if !export_kinds().contains(&arguments.kind.as_str()) {
        let kinds = export_kinds().join(", ");
        terminal.complain(&format!(
            "error: there is no export of `{}`\n\nhelp: write one of {kinds}\n",
            arguments.kind
        ));
        return EXIT_USAGE;
    }
    let Some(day) = global.as_of.map(|day| day.to_string()).or_else(|| {
        // Without a site to write no day is needed.
        arguments.write.is_none().then(String::new)
    }) else {
        terminal.complain(
            "error: a site needs its first day\n\nhelp: give `--as-of 2026-01-31` with `--write`\n",
        );
        return EXIT_USAGE;
    };
    let mut sink = Sink::new();
    let read = read_exports(exports::read(&arguments.exports, &mut sink), &mut sink);
    let (ours, others): (Vec<ReadExport>, Vec<ReadExport>) =
        read.into_iter().partition(|one| one.target.info().platform.kind == arguments.kind);
    for other in &others {
        let message = format!("an export is of {}, not of `{}`", other.target.info().title, arguments.kind);
        sink.report(Diagnostic::new(codes::UNKNOWN_EXPORT, message).help("import it by itself"));
    }
    if let Some(one) = ours.first().filter(|_| !sink.has_errors()) {
        nothing_understood(&one.export, &mut sink);
        let site = first_site(one, &arguments.name, &day);
        if let Some(path) = &arguments.write {
            write(path, arguments.force, &site, &mut sink);
        }
        let answer = Answer::new(one, arguments.write.as_ref().map(|path| (path.as_path(), &site)));
        if terminal.is_json() {
            terminal.print_json(&answer);
        } else {
            terminal.print(&text::text(&answer, terminal.is_verbose()));
        }
    }
    finish(&terminal, sink)
}

/// Reports an export of which everything is a riddle: to list it is no answer.
fn nothing_understood(export: &Export, sink: &mut Sink) {
    let problems: Vec<_> =
        export.guards.iter().filter_map(|one| Some((one.shown(), one.problem.as_ref()?))).collect();
    let is_all = problems.len() == export.guards.len();
    for (what, problem) in problems.into_iter().filter(|_| is_all) {
        sink.report(unreadable(&format!("`{what}`"), problem));
    }
}

/// Writes the site, unless there is nothing in it.
fn write(path: &Path, force: bool, site: &FirstSite, sink: &mut Sink) {
    if site.roles.is_empty() && site.segments.is_empty() {
        let message = "nothing of the export can be said in a site";
        let help = "the list of what no line can say gives the reasons and what to give besides; or start with `segc init` instead";
        sink.report(Diagnostic::new(codes::NOTHING_TO_WRITE, message).help(help));
        return;
    }
    let bytes = site.text.as_bytes();
    if path == Path::new("-") {
        return;
    }
    let written =
        if force { files::replace_all(&[(path.to_owned(), bytes)]) } else { files::create(path, bytes) };
    if let Err(failure) = written {
        let help = if failure.is_existing_file() {
            "nothing was written; give another file, or `--force` to replace this one"
        } else {
            "nothing was written; give a file that can be written"
        };
        sink.report(Diagnostic::new(codes::CANNOT_WRITE, failure.to_string()).help(help));
    }
}

fn finish(terminal: &Terminal, sink: Sink) -> u8 {
    let failed = sink.has_errors();
    let reports = sink.into_sorted();
    let errors: Vec<Diagnostic> =
        reports.into_iter().filter(|report| report.severity == Severity::Error).collect();
    terminal.report(&errors, &SourceMap::default(), Stream::Report);
    if failed { EXIT_FINDINGS } else { EXIT_FINE }
}
