//! The two releases that are compared.
//!
//! In: what the command line names. Out: [`Inputs`], or the exit code after what is wrong was told.
//!
//! Invariant: each release is read on its own day, from its own files, with its own lock; `--as-of` is for both.

use super::super::EXIT_USAGE;
use super::super::args::{Diff, Global, SiteArg};
use super::super::release::find_release;
use super::super::session::Session;
use super::super::terminal::{Stream, Terminal};
use crate::catalogue::{Catalogue, ReleaseId};
use crate::driver::{CatalogueReading, ReadRelease, Reading, read_release, read_with_catalogues};
use crate::source::SourceMap;
use std::ffi::OsString;
use std::path::Path;

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
    earlier_sources: SourceMap,
}

impl Inputs {
    /// The same the other way round: the way back.
    pub(super) fn reverse(&mut self) {
        std::mem::swap(&mut self.before, &mut self.after);
        std::mem::swap(&mut self.from, &mut self.to);
        std::mem::swap(&mut self.sources, &mut self.earlier_sources);
    }
}

/// Reads the two releases.
///
/// # Errors
/// The exit code, after what is wrong was told.
pub(super) fn open(arguments: &Diff, global: &Global) -> Result<Inputs, u8> {
    match (&arguments.catalogue, arguments.releases.as_slice()) {
        (Some(releases), [site]) => of_catalogue(arguments, site, releases, global),
        (None, [before, after]) => of_files(arguments, [before, after], global),
        (Some(_), _) => Err(misused(global, "`--catalogue A..B` takes one site")),
        (None, _) => Err(misused(global, "two releases are needed: `segc diff OLD.seg NEW.seg`")),
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

fn of_files(arguments: &Diff, files: [&OsString; 2], global: &Global) -> Result<Inputs, u8> {
    let stdin = files.iter().filter(|file| Path::new(file) == Path::new("-")).count();
    if stdin > 1 {
        return Err(misused(global, "standard input can be one of two releases only"));
    }
    let [before, after] = files;
    let before = read(session(arguments, before, global));
    // One JSON value is all that a program can read.
    let before = if Terminal::new(global.clone()).is_json() { Ok(before?) } else { before };
    // Both are read before anything is given up, so that one run tells what is wrong with either.
    let after = read(session(arguments, after, global));
    let ((before, earlier_sources), (after, sources)) = (before?, after?);
    let [mut from, mut to] =
        [&before, &after].map(|read| read.release.header.release.clone().unwrap_or_default());
    if from == to || from.is_empty() || to.is_empty() {
        [from, to] = files.map(|file| Path::new(file).display().to_string());
    }
    Ok(Inputs { before, after, from, to, sources, remarks: Vec::new(), earlier_sources })
}

fn read(mut session: Session) -> Result<(ReadRelease, SourceMap), u8> {
    let reading = Reading { as_of: session.as_of, catalogue: None };
    // A site that could not be read was reported; nothing in it is missing.
    let is_read = session.site.sources.iter().next().is_some();
    let options = session.options.clone();
    let read = if is_read { read_release(&mut session.site, reading, &options) } else { None };
    match read {
        Some(read) => Ok((read, session.site.sources)),
        None => Err(session.finish(Stream::Report)),
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
    Ok(Inputs { before, after, from, to, earlier_sources: sources.clone(), sources, remarks })
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
