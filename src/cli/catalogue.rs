//! `segc catalogue`: what the catalogue says.
//!
//! In: a section, an id or two releases, perhaps catalogue files of the customer. Out: entries as text, JSON or
//! Markdown; exit code 1 for an id that nothing has and for a faulty file, 64 for an unknown release.
//!
//! Invariant: an unknown release is a wrong command line, an unknown id or a faulty file a finding; nothing is
//! printed of either.

use super::args::{
    Catalogue, CatalogueArg, CatalogueCommand, CatalogueDiff, CatalogueList, CatalogueShow, Global,
};
use super::release::find_release;
use super::terminal::{Stream, Terminal};
use super::{EXIT_FINDINGS, EXIT_FINE, EXIT_USAGE, files};
use crate::catalogue::{FILE_SCHEMA, ReleaseId};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::driver::{Site, extend_with};
use crate::reference::{Extent, Found, Listing, ReleaseDiff, known_names};
use serde::Serialize;
use std::path::PathBuf;

/// Why there is no answer.
enum Refusal {
    /// The command line names something that does not exist: what to tell the user.
    Usage(String),
    /// Findings, with the texts that they point into.
    Findings(Box<Site>),
}

pub(super) fn run(arguments: &Catalogue, global: &Global) -> u8 {
    let terminal = Terminal::new(global.clone());
    let answered = match &arguments.command {
        CatalogueCommand::List(arguments) => list(arguments, &terminal),
        CatalogueCommand::Show(arguments) => show(arguments, &terminal),
        CatalogueCommand::Diff(arguments) => diff(arguments, &terminal),
        CatalogueCommand::Schema => {
            terminal.print(FILE_SCHEMA);
            Ok(())
        }
    };
    match answered {
        Ok(()) => EXIT_FINE,
        Err(Refusal::Usage(complaint)) => {
            terminal.complain(&complaint);
            EXIT_USAGE
        }
        Err(Refusal::Findings(site)) => {
            let Site { sink, sources, .. } = *site;
            let reports = sink.into_sorted();
            if terminal.is_json() {
                terminal.report_json(&reports, &sources);
            } else {
                terminal.report(&reports, &sources, Stream::Report);
            }
            EXIT_FINDINGS
        }
    }
}

fn list(arguments: &CatalogueList, terminal: &Terminal) -> Result<(), Refusal> {
    let (site, release) = open(&arguments.catalogue)?;
    let extent = if arguments.all { Extent::All } else { Extent::Current };
    let listing = Listing::new(&site.catalogue, release, arguments.section);
    print(terminal, &listing, || listing.text(extent), || listing.markdown(extent));
    Ok(())
}

fn show(arguments: &CatalogueShow, terminal: &Terminal) -> Result<(), Refusal> {
    let (mut site, release) = open(&arguments.catalogue)?;
    let found = Found::new(&site.catalogue, release, &arguments.id);
    if found.is_empty() {
        let report = unknown_entry(&site, &arguments.id);
        site.sink.report(report);
        return Err(Refusal::Findings(Box::new(site)));
    }
    print(terminal, &found, || found.text(), || found.markdown());
    Ok(())
}

fn diff(arguments: &CatalogueDiff, terminal: &Terminal) -> Result<(), Refusal> {
    let site = Site::new();
    let find = |label: &str| find_release(&site.catalogue, label).map_err(Refusal::Usage);
    let diff = ReleaseDiff::new(&site.catalogue, find(&arguments.from)?, find(&arguments.to)?);
    print(terminal, &diff, || diff.text(), || diff.markdown());
    Ok(())
}

fn print(
    terminal: &Terminal,
    answer: &impl Serialize,
    text: impl Fn() -> String,
    markdown: impl Fn() -> String,
) {
    if terminal.is_json() {
        terminal.print_json(answer);
    } else {
        terminal.print(&if terminal.is_markdown() { markdown() } else { text() });
    }
}

/// The catalogue with the customer's files on top, in a site without a text of its own, and the wanted release.
fn open(argument: &CatalogueArg) -> Result<(Site, ReleaseId), Refusal> {
    let mut site = Site::new();
    read_extras(&mut site, &argument.extra);
    if site.sink.has_errors() {
        return Err(Refusal::Findings(Box::new(site)));
    }
    let release = match &argument.release {
        Some(label) => find_release(&site.catalogue, label).map_err(Refusal::Usage)?,
        None => site.catalogue.newest(),
    };
    Ok((site, release))
}

fn read_extras(site: &mut Site, paths: &[PathBuf]) {
    let mut extras = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        match files::read_text(path) {
            Ok(text) => extras.push(site.sources.add(name, text)),
            Err(failure) => site.sink.report(failure.diagnostic(&name)),
        }
    }
    if !site.sink.has_errors() {
        extend_with(site, &extras);
    }
}

fn unknown_entry(site: &Site, id: &str) -> Diagnostic {
    let report = Diagnostic::new(codes::UNKNOWN_ENTRY, format!("the catalogue has no entry `{id}`"));
    match nearest(id, known_names(&site.catalogue)) {
        Some(near) => report.help(format!("did you mean `{near}`?")),
        None => report.help("`segc catalogue list --all` lists all entries"),
    }
}
