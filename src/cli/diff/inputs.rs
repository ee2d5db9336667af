//! The two releases that are compared.
//!
//! In: what the command line names. Out: [`Inputs`], or the exit code after what is wrong was told.
//!
//! Invariant: each release is read on its own day, from its own files, with its own lock; `--as-of` is for both.

use super::super::args::{Diff, Global, SiteArg};
use super::super::release::find_release;
use super::super::session::Session;
use super::super::sides::{self, ManifestSide, Side, SideFiles};
use super::super::terminal::{Stream, Terminal};
use super::super::{EXIT_FINDINGS, EXIT_USAGE};
use crate::catalogue::{Catalogue, ReleaseId};
use crate::diagnostic::Diagnostic;
use crate::diff::release::Release;
use crate::driver::{
    CatalogueReading, ReadRelease, Reading, SourceText, read_manifest, read_release, read_with_catalogues,
};
use crate::source::SourceMap;
use std::ffi::OsString;

/// Two releases with what to call them.
pub(in super::super) struct Inputs {
    /// The first release.
    pub(in super::super) before: ReadRelease,
    /// The second release.
    pub(in super::super) after: ReadRelease,
    /// What the first is called.
    pub(in super::super) from: String,
    /// What the second is called.
    pub(in super::super) to: String,
    /// The texts of the second release.
    pub(in super::super) sources: SourceMap,
    /// Catalogue entries that say something else and permit the same: id and what.
    pub(in super::super) remarks: Vec<(String, String)>,
    /// True where the second release was named first.
    pub(super) is_reversed: bool,
    earlier_sources: SourceMap,
}

impl Inputs {
    /// Both releases, the first one first.
    pub(super) fn releases(&self) -> [&Release; 2] {
        [&self.before.release, &self.after.release]
    }

    /// The same the other way round: the way back.
    pub(super) fn reverse(&mut self) {
        std::mem::swap(&mut self.before, &mut self.after);
        std::mem::swap(&mut self.from, &mut self.to);
        std::mem::swap(&mut self.sources, &mut self.earlier_sources);
        self.is_reversed = !self.is_reversed;
    }
}

/// Reads the two releases.
///
/// # Errors
/// The exit code, after what is wrong was told.
pub(super) fn open(arguments: &Diff, global: &Global) -> Result<Inputs, u8> {
    match (&arguments.catalogue, arguments.releases.as_slice()) {
        (Some(releases), [site]) => of_catalogue(arguments, site, releases, global),
        (None, _) => of_sides(arguments, global),
        (Some(_), _) => Err(misused(global, "`--catalogue A..B` takes one site")),
    }
}

fn misused(global: &Global, what: &str) -> u8 {
    Terminal::new(global.clone()).complain(&format!("error: {what}\n"));
    EXIT_USAGE
}

fn session(arguments: &Diff, site: &OsString, global: &Global) -> Session {
    let categories = arguments.categories.clone();
    Session::open(&SiteArg { site: site.into(), categories, lock: arguments.lock.clone() }, global)
}

fn of_sides(arguments: &Diff, global: &Global) -> Result<Inputs, u8> {
    let files = SideFiles { categories: arguments.categories.as_deref(), lock: arguments.lock.as_deref() };
    let sides = sides::open(&arguments.releases, &files, global).map_err(|complaint| {
        Terminal::new(global.clone()).complain(&complaint);
        EXIT_USAGE
    })?;
    let names = sides.each_ref().map(Side::name);
    let terminal = Terminal::new(global.clone());
    // Both are read before anything is given up, so that one run tells what is wrong with either.
    let (before, after) = match sides.map(|side| read_one(side, global)) {
        [Ok(before), Ok(after)] => (before, after),
        failed => return Err(tell(&terminal, &Vec::from_iter(failed.into_iter().filter_map(Result::err)))),
    };
    let ((before, earlier_sources), (after, sources)) = (before, after);
    let [mut from, mut to] =
        [&before, &after].map(|read| read.release.header.release.clone().unwrap_or_default());
    if from == to || from.is_empty() || to.is_empty() {
        [from, to] = names;
    }
    Ok(Inputs { before, after, from, to, sources, remarks: Vec::new(), is_reversed: false, earlier_sources })
}

/// One release of its side.
///
/// # Errors
/// The exit code, after what is wrong was told.
pub(in super::super) fn read_side(side: Side, global: &Global) -> Result<(ReadRelease, SourceMap), u8> {
    read_one(side, global).map_err(|unread| tell(&Terminal::new(global.clone()), &[unread]))
}

/// Why there is no release.
struct Unread {
    reports: Vec<Diagnostic>,
    sources: SourceMap,
}

/// Says why there are no releases, what is wrong with both of them once.
fn tell(terminal: &Terminal, unread: &[Unread]) -> u8 {
    let mut told: Vec<&Diagnostic> = Vec::new();
    for Unread { reports, sources } in unread {
        // What points at a line is of one release only.
        let is_new = |report: &&Diagnostic| !(report.labels.is_empty() && told.contains(report));
        let new: Vec<Diagnostic> = reports.iter().filter(is_new).cloned().collect();
        if terminal.is_json() {
            // One JSON value is all that a program can read.
            terminal.report_json(&new, sources);
            break;
        }
        terminal.report(&new, sources, Stream::Report);
        told.extend(reports);
    }
    EXIT_FINDINGS
}

fn read_one(side: Side, global: &Global) -> Result<(ReadRelease, SourceMap), Unread> {
    match side {
        Side::Site(session) => read(*session),
        Side::Manifest(manifest) => read_written(&manifest, global),
    }
}

/// A manifest as a release, with the rules of its artefacts where those lie beside it.
fn read_written(side: &ManifestSide, global: &Global) -> Result<(ReadRelease, SourceMap), Unread> {
    let SourceText { name, text } = &side.text;
    let manifest = read_manifest(text).and_then(|manifest| manifest.on(global.as_of));
    let release = manifest.and_then(|manifest| manifest.observe(side.folder.as_ref()));
    match release {
        Ok(release) => Ok((ReadRelease { release, errors: Vec::new() }, SourceMap::new())),
        Err(failure) => Err(Unread { reports: vec![failure.diagnostic(name)], sources: SourceMap::new() }),
    }
}

fn read(mut session: Session) -> Result<(ReadRelease, SourceMap), Unread> {
    let reading = Reading { as_of: session.as_of, catalogue: None };
    // A site that could not be read was reported; nothing in it is missing.
    let is_read = session.site.sources.iter().next().is_some();
    let options = session.options.clone();
    let read = if is_read { read_release(&mut session.site, reading, &options) } else { None };
    match read {
        Some(read) => Ok((read, session.site.sources)),
        None => Err(Unread { reports: session.reports(), sources: session.site.sources }),
    }
}

fn of_catalogue(arguments: &Diff, site: &OsString, typed: &str, global: &Global) -> Result<Inputs, u8> {
    let mut session = session(arguments, site, global);
    let releases = match releases(&session.site.catalogue, typed) {
        Ok(releases) => releases,
        Err(complaint) => {
            session.terminal.complain(&complaint);
            return Err(EXIT_USAGE);
        }
    };
    if session.site.sources.iter().next().is_none() {
        return Err(session.finish(Stream::Report));
    }
    let (as_of, options) = (session.as_of, session.options.clone());
    let Some(CatalogueReading { before, after, remarks }) =
        read_with_catalogues(&mut session.site, as_of, releases, &options)
    else {
        return Err(session.finish(Stream::Report));
    };
    let label = |release| session.site.catalogue.release_label(release).to_owned();
    let (from, to) = (label(releases.0), label(releases.1));
    let sources = session.site.sources;
    Ok(Inputs {
        before,
        after,
        from,
        to,
        earlier_sources: sources.clone(),
        is_reversed: false,
        sources,
        remarks,
    })
}

/// The two releases of `A..B`, or what to tell the user.
fn releases(catalogue: &Catalogue, typed: &str) -> Result<(ReleaseId, ReleaseId), String> {
    let Some((from, to)) = typed.split_once("..") else {
        return Err(format!(
            "error: `{typed}` names no two releases\n\nhelp: write `--catalogue paper-2021..{}`\n",
            catalogue.release()
        ));
    };
    Ok((find_release(catalogue, from)?, find_release(catalogue, to)?))
}
