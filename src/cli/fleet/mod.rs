//! `segc compile` of several sites: a fleet, in one process.
//!
//! In: sites and options. Out: one folder a site, a state that knows what they were compiled from, a summary.
//!
//! Invariant: a site is compiled as it would be alone; one that fails changes nothing of its folder and stops no other.
//! Invariant: what is printed follows the order of the command line, however many are compiled at once.

mod name;
mod parallel;
mod report;
mod state;

use super::args::{Compile, Global};
use super::compile::{compile_opened, write};
use super::files::{self, Held};
use super::session::Session;
use super::terminal::{Stream, Terminal};
use super::{EXIT_FINDINGS, EXIT_FINE, EXIT_USAGE};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::driver::Shared;
use crate::source::SourceMap;
use indicatif::ProgressBar;
use name::{Claims, folder_name};
use parallel::in_parallel;
use state::{Entry, Inputs, State};
use std::path::{Path, PathBuf};

/// What became of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Its folder was written.
    Compiled,
    /// Nothing that it is made of has changed, and its folder is as it was written.
    Unchanged,
    /// It has errors, and its folder is as it was before.
    Failed,
}

/// A site after the first look.
struct Opened {
    path: PathBuf,
    /// Its name, as far as it could be read.
    name: Option<String>,
    found: Found,
}

/// What the first look found.
enum Found {
    Unchanged(Entry),
    Loaded(Box<Session>),
}

/// A site when all is done.
struct Outcome {
    path: PathBuf,
    name: Option<String>,
    status: Status,
    /// What it was compiled from and to; `None` when it failed.
    entry: Option<Entry>,
    reports: Vec<Diagnostic>,
    sources: SourceMap,
}

/// What all sites of a run have in common.
struct Fleet<'a> {
    arguments: &'a Compile,
    global: &'a Global,
    shared: Shared,
    before: State,
    inputs: Inputs<'a>,
    held: Option<Held>,
    progress: ProgressBar,
}

pub(super) fn run(arguments: &Compile, global: &Global) -> u8 {
    let terminal = Terminal::new(global.clone());
    if let Some(complaint) = misuse(arguments) {
        terminal.complain(complaint);
        return EXIT_USAGE;
    }
    let made = match files::make(&arguments.output) {
        Ok(made) => made,
        Err(failure) => {
            let report = Diagnostic::new(codes::CANNOT_WRITE, failure.to_string())
                .help("nothing was replaced; give a folder that can be written with `-o`");
            terminal.report(&[report], &SourceMap::new(), Stream::Report);
            return EXIT_FINDINGS;
        }
    };
    let state_file = arguments.output.join(state::FILE);
    let fleet = Fleet {
        arguments,
        global,
        shared: Shared::default(),
        held: files::hold(&state_file),
        before: State::read(&state_file),
        inputs: Inputs::new(arguments, global),
        progress: terminal.progress(),
    };
    let outcomes = fleet.compile();
    fleet.progress.finish_and_clear();
    let remarks = fleet.remember(&state_file, &outcomes);
    files::remove_empty(&made);
    report::print(&terminal, &arguments.output, &outcomes, &remarks);
    let failed = outcomes.iter().any(|outcome| outcome.status == Status::Failed);
    if failed { EXIT_FINDINGS } else { EXIT_FINE }
}

/// What to tell the user when the options don't go with a fleet.
fn misuse(arguments: &Compile) -> Option<&'static str> {
    if arguments.sites.iter().any(|site| site == Path::new("-")) {
        return Some("error: a fleet can't come from standard input\n\nhelp: name the sites' files\n");
    }
    if arguments.lock.is_some() {
        return Some(
            "error: several sites can't have one lock file\n\nhelp: leave out `--lock`: each site's lock is beside it\n",
        );
    }
    arguments.next_steps.then_some(
        "error: next steps are printed for one site\n\nhelp: run `segc compile SITE -o FOLDER --next-steps` for it\n",
    )
}

/// Reports something about the name of a site, where it stands.
fn report_name(session: &mut Session, report: Diagnostic) {
    let span = session.site.name().map(|name| name.span);
    session.site.sink.report(match span {
        Some(span) => report.label(span, ""),
        None => report,
    });
}

impl Fleet<'_> {
    /// Compiles what has changed.
    fn compile(&self) -> Vec<Outcome> {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = self.arguments.jobs.map_or(processors, usize::from);
        self.progress.set_message("reading");
        let opened = in_parallel(jobs, self.arguments.sites.clone(), |path| self.open(path));
        let claims = Claims::new(opened.iter().map(|opened| (opened.name.as_deref(), opened.path.as_path())));
        self.progress.set_message("compiling");
        in_parallel(jobs, opened, |opened| self.finish(opened, &claims))
    }

    fn open(&self, path: PathBuf) -> Opened {
        if !self.arguments.force
            && let Some((name, entry)) = self.before.of_site(&path)
            && entry.is_current(&path, &self.inputs, &self.arguments.output.join(name))
        {
            return Opened { path, name: Some(name.to_owned()), found: Found::Unchanged(entry.clone()) };
        }
        let site = self.arguments.site(&path);
        let mut session = Session::open_shared(&site, self.global, &self.shared);
        session.options.selection = self.arguments.selection();
        let name = session.site.name().map(|name| name.text.clone());
        Opened { path, name, found: Found::Loaded(Box::new(session)) }
    }

    fn finish(&self, opened: Opened, claims: &Claims) -> Outcome {
        let Opened { path, name, found } = opened;
        let clash = name.as_deref().and_then(|name| claims.clash(name, &path));
        let mut session = match found {
            Found::Unchanged(entry) if clash.is_none() => {
                let (reports, sources) = (Vec::new(), SourceMap::new());
                return Outcome {
                    path,
                    name,
                    status: Status::Unchanged,
                    entry: Some(entry),
                    reports,
                    sources,
                };
            }
            Found::Unchanged(_) => {
                let site = self.arguments.site(&path);
                Box::new(Session::open_shared(&site, self.global, &self.shared))
            }
            Found::Loaded(session) => session,
        };
        if let Some(report) = clash {
            report_name(&mut session, report);
        }
        let entry = self.compile_site(&path, name.as_deref(), &mut session);
        self.progress.inc(1);
        let status = if entry.is_some() { Status::Compiled } else { Status::Failed };
        let Session { site, .. } = *session;
        let reports = site.sink.into_sorted();
        Outcome { path, name, status, entry, reports, sources: site.sources }
    }

    /// Compiles and writes one site. `None` after an error in its sink.
    fn compile_site(&self, path: &Path, name: Option<&str>, session: &mut Session) -> Option<Entry> {
        let folder = match name.map(folder_name) {
            Some(Ok(folder)) => Some(folder),
            Some(Err(report)) => {
                report_name(session, report);
                None
            }
            // A site without a name is refused below.
            None => None,
        };
        // Compiled in any case, so that one run tells everything.
        let compiled = compile_opened(session, &|_| {});
        let (folder, (_, compiled)) = folder.zip(compiled)?;
        if session.site.sink.has_errors() {
            return None;
        }
        let output = self.arguments.output.join(folder);
        let manifest = compiled.manifest_file();
        if !write(&output, session, (&compiled, &manifest), self.held.as_ref()) {
            return None;
        }
        let warnings = session.site.sink.diagnostics().iter();
        let warnings = warnings.filter(|report| report.severity == Severity::Warning).count();
        Some(Entry::new(path, &self.inputs, (&compiled, &manifest), warnings))
    }

    /// Keeps what was compiled for the next run. What to tell besides.
    fn remember(&self, state_file: &Path, outcomes: &[Outcome]) -> Vec<Diagnostic> {
        let (state, renamed) = self
            .before
            .after(outcomes.iter().filter_map(|outcome| outcome.name.as_deref().zip(outcome.entry.as_ref())));
        let left_over = |name: &String| {
            let folder = self.arguments.output.join(name);
            let message =
                format!("`{}` is from an earlier compile and is not written any more", folder.display());
            let help = "its site has another name now; delete the folder, so that nobody applies it";
            folder.is_dir().then(|| Diagnostic::new(codes::LEFT_OVER, message).help(help))
        };
        let mut remarks: Vec<Diagnostic> = renamed.iter().filter_map(left_over).collect();
        if let Err(failure) = state.write(state_file, &self.before) {
            let report = Diagnostic::new(codes::FLEET_STATE_NOT_WRITTEN, failure.to_string())
                .help("the artefacts are complete; the next run compiles every site again");
            remarks.push(report);
        }
        remarks
    }
}
