//! What the commands have in common: a site read from disk, with its lock and side files.

use super::args::{Format, Global, SiteArg};
use super::files::{self, Folder};
use super::git::{Repository, Snapshot, TreePath};
use super::terminal::{Stream, Terminal};
use super::{EXIT_FINDINGS, EXIT_FINE};
use crate::check::Strictness;
use crate::check::findings::Choices;
use crate::diagnostic::{Diagnostic, Severity, Sink, codes};
use crate::driver::{
    CompileOptions, Selection, Shared, Site, SourceReader, SourceText, check_model, load_shared,
    resolve_site, review,
};
use crate::model::Model;
use crate::policy::Policy;
use crate::target::Lock;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use time::Date;

/// What the name of a site's file has behind it in the name of its lock.
const LOCK_SUFFIX: &str = ".lock";

/// A loaded site with everything that a command needs of it.
pub(super) struct Session {
    pub(super) terminal: Terminal,
    pub(super) site: Site,
    pub(super) as_of: Option<Date>,
    pub(super) lock_path: Option<PathBuf>,
    pub(super) options: CompileOptions,
}

impl Session {
    /// Reads a site and its side files. What is wrong is in the site's sink.
    pub(super) fn open(arg: &SiteArg, global: &Global) -> Self {
        Self::open_shared(arg, global, &Shared::default())
    }

    /// As [`Session::open`], for a site of several.
    pub(super) fn open_shared(arg: &SiteArg, global: &Global, shared: &Shared) -> Self {
        let is_stdin = arg.site == Path::new("-");
        let name = if is_stdin { "<stdin>".to_owned() } else { arg.site.display().to_string() };
        let text = files::read_text(&arg.site).map_err(|failure| failure.diagnostic(&name));
        let text = text.map(|text| SourceText { name, text });
        Self::open_text_shared(arg, global, text, shared)
    }

    /// Goes on with a site's own file that was read from disk or standard input already, or with why it wasn't.
    pub(super) fn open_text(arg: &SiteArg, global: &Global, text: Result<SourceText, Diagnostic>) -> Self {
        Self::open_text_shared(arg, global, text, &Shared::default())
    }

    fn open_text_shared(
        arg: &SiteArg,
        global: &Global,
        text: Result<SourceText, Diagnostic>,
        shared: &Shared,
    ) -> Self {
        let is_stdin = arg.site == Path::new("-");
        let mut site = load_site(&arg.site, text, &Folder::of(&arg.site), shared);
        let lock_path = arg.lock.clone().or_else(|| (!is_stdin).then(|| lock_beside(&arg.site)));
        let lock = read_lock(lock_path.as_deref(), &mut site.sink);
        Self::with(arg, global, site, lock_path, lock)
    }

    /// Goes on with a site's own file that was read at a git revision: everything that belongs to the site is read
    /// there too, and only what the user's platform says (`--categories`) from disk.
    pub(super) fn open_at(
        arg: &SiteArg,
        global: &Global,
        (snapshot, path): (&Snapshot, &TreePath),
        text: Result<SourceText, Diagnostic>,
    ) -> Self {
        let mut site = load_site(&arg.site, text, &snapshot.folder_of(path), &Shared::default());
        let lock = match &arg.lock {
            Some(lock) => Repository::path_in(lock, snapshot),
            None => Ok(path.with_suffix(LOCK_SUFFIX)),
        };
        let text = lock.and_then(|lock| snapshot.read_if_present(&lock));
        let lock = match text {
            Ok(Some(SourceText { name, text })) => parse_lock(&name, &text, &mut site.sink),
            Ok(None) => Lock::new(),
            Err(failure) => {
                site.sink.report(failure.diagnostic());
                Lock::new()
            }
        };
        Self::with(arg, global, site, None, lock)
    }

    fn with(arg: &SiteArg, global: &Global, mut site: Site, lock_path: Option<PathBuf>, lock: Lock) -> Self {
        let mut side_files = BTreeMap::new();
        if let Some(path) = &arg.categories {
            match files::read_text(path) {
                Ok(text) => {
                    side_files.insert("categories".to_owned(), text);
                }
                Err(failure) => site.sink.report(failure.diagnostic(&path.display().to_string())),
            }
        }
        let options = CompileOptions { selection: Selection::default(), lock, side_files };
        Self { terminal: Terminal::new(global.clone()), site, as_of: global.as_of, lock_path, options }
    }

    /// The resolved site. `None` after a report in its sink.
    pub(super) fn model(&mut self) -> Option<Model> {
        // A site that could not be read was reported; nothing in it is missing.
        self.site.sources.iter().next()?;
        resolve_site(&mut self.site)
    }

    /// The checked policy. `None` when the site has errors.
    pub(super) fn policy(&mut self, model: &Model) -> Option<Policy> {
        self.policy_to_ask(model, None).filter(|_| !self.site.sink.has_errors())
    }

    /// The policy of a day, even when checks found errors in it: they are reported beside the answers.
    pub(super) fn policy_to_ask(&mut self, model: &Model, as_of: Option<Date>) -> Option<Policy> {
        check_model(model, as_of.or(self.as_of), Strictness::Compile, &mut self.site.sink)
    }

    /// Adds the design findings, and weighs all reports.
    pub(super) fn review(&mut self, model: &Model, policy: &Policy, choices: &Choices) {
        let mut sink = std::mem::take(&mut self.site.sink);
        review(&self.site, model, policy, choices, &mut sink);
        self.site.sink = sink;
    }

    /// Prints the reports beside answers that were printed before; 1 when there is an error, else `code`.
    pub(super) fn finish_beside(self, code: u8) -> u8 {
        let failed = self.site.sink.has_errors();
        let reports = self.site.sink.into_sorted();
        let errors: Vec<Diagnostic> =
            reports.into_iter().filter(|report| report.severity == Severity::Error).collect();
        self.terminal.report(&errors, &self.site.sources, Stream::Report);
        if failed { EXIT_FINDINGS } else { code }
    }

    /// All reports in the order in which they are printed.
    pub(super) fn reports(&self) -> Vec<Diagnostic> {
        self.site.sink.clone().into_sorted()
    }

    /// Prints the reports and gives the exit code: 1 when there is an error.
    pub(super) fn finish(self, stream: Stream) -> u8 {
        let failed = self.site.sink.has_errors();
        let reports = self.site.sink.into_sorted();
        if self.terminal.format() == Format::Sarif {
            self.terminal.report_sarif(&reports, &self.site.sources);
        } else if self.terminal.is_json() && (failed || stream == Stream::Result) {
            self.terminal.report_json(&reports, &self.site.sources);
        } else {
            self.terminal.report(&reports, &self.site.sources, stream);
        }
        if failed { EXIT_FINDINGS } else { EXIT_FINE }
    }
}

/// A site from the text of its own file.
fn load_site(
    path: &Path,
    text: Result<SourceText, Diagnostic>,
    reader: &dyn SourceReader,
    shared: &Shared,
) -> Site {
    match text {
        Ok(text) => {
            let is_file = path != Path::new("-");
            let relative =
                path.file_name().filter(|_| is_file).map(|name| name.to_string_lossy().into_owned());
            load_shared(&relative.unwrap_or_else(|| text.name.clone()), text, reader, shared)
        }
        Err(report) => {
            let mut site = Site::new();
            site.sink.report(report);
            site
        }
    }
}

/// Where the lock of a site is unless the user says otherwise.
pub(super) fn lock_beside(site: &Path) -> PathBuf {
    let mut name = site.as_os_str().to_owned();
    name.push(LOCK_SUFFIX);
    PathBuf::from(name)
}

fn read_lock(path: Option<&Path>, sink: &mut Sink) -> Lock {
    let Some(path) = path else { return Lock::new() };
    let name = path.display().to_string();
    match files::read_if_present(path) {
        Ok(Some(text)) => parse_lock(&name, &text, sink),
        Ok(None) => Lock::new(),
        Err(failure) => {
            sink.report(failure.diagnostic(&name));
            Lock::new()
        }
    }
}

fn parse_lock(name: &str, text: &str, sink: &mut Sink) -> Lock {
    let problem = match serde_json::from_str::<Lock>(text) {
        Ok(lock) if lock.schema == Lock::SCHEMA => return lock,
        Ok(lock) => format!("its schema is `{}`, not `{}`", lock.schema, Lock::SCHEMA),
        Err(error) => error.to_string(),
    };
    let report = Diagnostic::new(codes::BAD_LOCK, format!("`{name}` can't be used: {problem}"))
        .help("take it from version control again, or delete it: priorities may then change");
    sink.report(report);
    Lock::new()
}
