//! `segc prereq`: the prerequisite document in the wanted formats, all or nothing.

use super::EXIT_USAGE;
use super::args::{Format, Global, Prereq, SiteArg};
use super::diff;
use super::files;
use super::session::Session;
use super::sides::{Side, SideFiles, open_earlier, open_followed};
use super::terminal::{Stream, Terminal};
use crate::diagnostic::{Diagnostic, codes};
use crate::diff::release::Release;
use crate::diff::{Comparison, compare};
use crate::document::content::Document;
use crate::document::input::Earlier;
use crate::document::render::{self, File, attachments, render, tables};
use crate::document::team::Team;
use crate::document::value::value;
use crate::driver::{Reading, prerequisites, read_release};
use crate::target::json;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The version of the record's form.
const SCHEMA: &str = "segc/prereq/1";

/// What a run wrote, kept beside it as `prerequisites.json`: what a later run may replace.
#[derive(Debug, Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    about: About<'a>,
    files: Vec<RecordFile>,
    tables: Vec<RecordTable<'a>>,
    left_over: Vec<String>,
}

/// What a run was about.
#[derive(Debug, Serialize)]
struct About<'a> {
    schema: &'static str,
    site: &'a str,
    release: Option<&'a str>,
    as_of: String,
    #[serde(rename = "for")]
    team: Option<&'static str>,
    since: Option<&'a str>,
}

/// What is printed for programs: the record, and what the document says.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    #[serde(flatten)]
    record: &'a Record<'a>,
    document: serde_json::Value,
}

/// One written file.
#[derive(Debug, Serialize)]
struct RecordFile {
    path: String,
    format: Option<&'static str>,
    sha256: String,
}

/// One table of the document.
#[derive(Debug, Serialize)]
struct RecordTable<'a> {
    id: &'a str,
    rows: usize,
}

/// The part of an earlier record that matters.
#[derive(Debug, Default, Deserialize)]
struct Before {
    schema: String,
    files: Vec<BeforeFile>,
    #[serde(default)]
    left_over: Vec<String>,
}

/// One file of an earlier record.
#[derive(Debug, Deserialize)]
struct BeforeFile {
    path: String,
}

pub(super) fn run(arguments: &Prereq, global: &Global) -> u8 {
    let terminal = Terminal::new(global.clone());
    if arguments.output.as_os_str() == "-" {
        terminal.complain("error: the document is a folder of files, which can't go to standard output\n\nhelp: give a folder with `-o`\n");
        return EXIT_USAGE;
    }
    let formats = wanted(global);
    let mut session = Session::open(&arguments.site, global);
    if let Some(missing) = formats.iter().find(|format| !format.is_built()) {
        session.site.sink.report(not_built(*missing));
        return session.finish(Stream::Report);
    }
    let progress = session.terminal.progress();
    let side = match arguments.since.as_deref().map(|word| since(word, arguments, global, &session)) {
        Some(Err(code)) => return code,
        Some(Ok(side)) => Some(side),
        None => None,
    };
    progress.set_message("resolving");
    let Some(model) = session.model() else { return session.finish(Stream::Report) };
    let side = side.or_else(|| followed(model.site.follows.as_deref()?, arguments, global));
    let since = match side.map(|side| compared(side, global, &mut session)) {
        Some(Err(code)) => return code,
        Some(Ok(None)) => return session.finish(Stream::Report),
        Some(Ok(since)) => since,
        None => None,
    };
    progress.set_message("checking");
    let Some(policy) = session.policy(&model) else { return session.finish(Stream::Report) };
    progress.set_message("planning and proving");
    let mut sink = std::mem::take(&mut session.site.sink);
    let team = arguments.team.as_deref().and_then(Team::parse);
    let earlier = since.as_ref().map(Since::as_earlier);
    let document =
        prerequisites(&session.site, &model, &policy, &session.options, (team, earlier.as_ref()), &mut sink);
    session.site.sink = sink;
    let Some(document) = document else { return session.finish(Stream::Report) };
    let stem =
        team.map_or_else(|| "prerequisites".to_owned(), |team| format!("prerequisites-{}", team.word()));
    let mut written = attachments(&document, &stem);
    for format in &formats {
        progress.set_message(format!("writing {}", format.word()));
        match render(&document, &stem, *format) {
            Ok(files) => written.extend(files),
            Err(error) => {
                session.site.sink.report(not_written(&error));
                return session.finish(Stream::Report);
            }
        }
    }
    let output = Output { folder: &arguments.output, stem: &stem, files: &written };
    let header = policy.header();
    let about = About {
        schema: SCHEMA,
        site: &header.site,
        release: header.release.as_deref(),
        as_of: header.as_of.to_string(),
        team: team.map(Team::word),
        since: since.as_ref().map(|since| since.name.as_str()),
    };
    let record = write(&mut session, &output, &document, about);
    progress.finish_and_clear();
    if let Some(record) = record {
        tell(&session.terminal, &output, &record, &document);
    }
    session.finish(Stream::Report)
}

/// The earlier release that a site is compared with.
struct Since {
    name: String,
    release: Release,
    comparison: Comparison,
}

impl Since {
    fn as_earlier(&self) -> Earlier<'_> {
        Earlier { name: &self.name, release: &self.release, comparison: &self.comparison }
    }
}

fn side_files(site: &SiteArg) -> SideFiles<'_> {
    SideFiles { categories: site.categories.as_deref(), lock: site.lock.as_deref() }
}

/// The earlier release that the command line names.
///
/// # Errors
/// The exit code, after what is wrong was told.
fn since(word: &OsStr, arguments: &Prereq, global: &Global, session: &Session) -> Result<Side, u8> {
    let site = &arguments.site;
    open_earlier(word, &site.site, &side_files(site), global).map_err(|complaint| {
        session.terminal.complain(&complaint);
        EXIT_USAGE
    })
}

/// The earlier release that the site names. `None` where nothing has that name; the document says so.
fn followed(name: &str, arguments: &Prereq, global: &Global) -> Option<Side> {
    let site = &arguments.site;
    open_followed(name, &site.site, &side_files(site), global)
}

/// Reads the earlier release and compares the site with it. `None` where the site itself can't be read.
///
/// # Errors
/// The exit code, after what is wrong was told.
fn compared(side: Side, global: &Global, session: &mut Session) -> Result<Option<Since>, u8> {
    let file = side.name();
    let (before, _) = diff::read_side(side, global)?;
    let release = before.release;
    let reading = Reading { as_of: session.as_of, catalogue: None };
    let options = session.options.clone();
    let is_read = session.site.sources.iter().next().is_some();
    let after = if is_read { read_release(&mut session.site, reading, &options) } else { None };
    let Some(after) = after else { return Ok(None) };
    let comparison =
        compare(&release, &after.release).map_err(|fault| diff::fail(&session.terminal, &fault))?;
    let name = release.header.release.clone().unwrap_or(file);
    Ok(Some(Since { name, release, comparison }))
}

/// The formats that were asked for; all that this build has, where none was.
fn wanted(global: &Global) -> Vec<render::Format> {
    let mut formats: Vec<render::Format> = global.formats.iter().filter_map(document_format).collect();
    formats.sort_unstable();
    formats.dedup();
    if formats.is_empty() {
        formats = render::Format::ALL.into_iter().filter(|format| format.is_built()).collect();
    }
    formats
}

fn document_format(format: &Format) -> Option<render::Format> {
    match format {
        Format::Html => Some(render::Format::Html),
        Format::Docx => Some(render::Format::Docx),
        Format::Pdf => Some(render::Format::Pdf),
        Format::Xlsx => Some(render::Format::Xlsx),
        Format::Csv => Some(render::Format::Csv),
        Format::Markdown => Some(render::Format::Markdown),
        Format::Text | Format::Json | Format::Junit | Format::Sarif => None,
    }
}

fn not_built(format: render::Format) -> Diagnostic {
    let built = render::Format::ALL.into_iter().filter(|format| format.is_built());
    let built: Vec<&str> = built.map(render::Format::word).collect();
    let message = format!("this segc was built without the format `{}`", format.word());
    Diagnostic::new(codes::FORMAT_NOT_BUILT, message).help(format!(
        "take a released segc, or build it with `cargo build --release --all-features`; this one has: {}",
        built.join(", ")
    ))
}

fn not_written(error: &render::RenderError) -> Diagnostic {
    Diagnostic::new(codes::FORMAT_FAILED, error.to_string())
        .help("leave this format out with `--format`, and report it")
}

/// Files on their way into a folder.
struct Output<'a> {
    folder: &'a Path,
    stem: &'a str,
    files: &'a [File],
}

impl Output<'_> {
    fn record_path(&self) -> PathBuf {
        self.folder.join(format!("{}.json", self.stem))
    }
}

/// Writes all files with their record. `None` after a report.
fn write<'a>(
    session: &mut Session,
    output: &Output<'_>,
    document: &'a Document,
    about: About<'a>,
) -> Option<Record<'a>> {
    let before = earlier(output);
    if let Some(foreign) = foreign(output, before.as_ref()) {
        let message = format!("`{}` exists, and segc did not write it", foreign.display());
        let help = "give another folder with `-o`, or move the file away; nothing was written";
        session.site.sink.report(Diagnostic::new(codes::NOT_OURS, message).help(help));
        return None;
    }
    let left_over = left_over(output, before);
    let record = Record {
        about,
        files: output.files.iter().map(record_file).collect(),
        tables: tables(document).map(|table| RecordTable { id: &table.id, rows: table.rows.len() }).collect(),
        left_over,
    };
    let bytes = json::pretty(&record);
    let mut outputs: Vec<(PathBuf, &[u8])> =
        output.files.iter().map(|file| (output.folder.join(&file.path), file.bytes.as_slice())).collect();
    outputs.push((output.record_path(), &bytes));
    if let Err(failure) = files::replace_all(&outputs) {
        let report = Diagnostic::new(codes::CANNOT_WRITE, failure.to_string())
            .help("nothing was replaced; give a folder that can be written with `-o`");
        session.site.sink.report(report);
        return None;
    }
    for path in &record.left_over {
        let path = output.folder.join(path);
        let message = format!("`{}` is from an earlier run and was not written by this one", path.display());
        let help = "delete it, so that nobody takes it for a part of this document";
        session.site.sink.report(Diagnostic::new(codes::LEFT_OVER, message).help(help));
    }
    Some(record)
}

fn record_file(file: &File) -> RecordFile {
    RecordFile {
        path: file.path.clone(),
        format: file.format.map(render::Format::word),
        sha256: HEXLOWER.encode(&Sha256::digest(&file.bytes)),
    }
}

/// The record of an earlier run. `None` where there is none, or something else has its name.
fn earlier(output: &Output<'_>) -> Option<Before> {
    let text = files::read_if_present(&output.record_path()).ok().flatten()?;
    serde_json::from_str::<Before>(&text).ok().filter(|before| before.schema == SCHEMA)
}

/// The first file in the way that no earlier run wrote.
fn foreign(output: &Output<'_>, before: Option<&Before>) -> Option<PathBuf> {
    let is_ours = |path: &str| {
        before.is_some_and(|before| {
            before.files.iter().any(|file| file.path == path)
                || before.left_over.iter().any(|own| own == path)
        })
    };
    let record = output.record_path();
    if before.is_none() && record.exists() {
        return Some(record);
    }
    let others = output.files.iter().filter(|file| !is_ours(&file.path));
    others.map(|file| output.folder.join(&file.path)).find(|path| path.is_file())
}

/// What an earlier run wrote, this one does not, and is still there.
fn left_over(output: &Output<'_>, before: Option<Before>) -> Vec<String> {
    let Some(before) = before else { return Vec::new() };
    let known = before.files.into_iter().map(|file| file.path).chain(before.left_over);
    let mut gone: Vec<String> = known
        .filter(|path| !output.files.iter().any(|file| file.path == *path))
        .filter(|path| is_inside(path) && output.folder.join(path).is_file())
        .collect();
    gone.sort();
    gone.dedup();
    gone
}

/// A record is a file that anybody may have changed: its paths lead nowhere else.
fn is_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

fn tell(terminal: &Terminal, output: &Output<'_>, record: &Record<'_>, document: &Document) {
    if terminal.is_json() {
        terminal.print_json(&Answer { record, document: value(document) });
        return;
    }
    if terminal.is_quiet() {
        return;
    }
    let mut text = String::new();
    let in_folder = |path: &str| output.folder.join(path).display().to_string();
    let (tables, others): (Vec<&RecordFile>, Vec<&RecordFile>) =
        record.files.iter().partition(|file| file.path.contains('/') && file.format.is_some());
    // Writing into a string can't fail.
    for file in others {
        let _ = writeln!(text, "{}", in_folder(&file.path));
    }
    if let Some((folder, _)) = tables.first().and_then(|file| file.path.split_once('/')) {
        let _ = writeln!(text, "{}  {} files", in_folder(folder), tables.len());
    }
    let rows = record.tables.iter().find(|table| table.id == crate::document::content::Table::MATRIX);
    let _ = writeln!(
        text,
        "{} rows in the firewall matrix, {} tables, stated for {}",
        rows.map_or(0, |table| table.rows),
        record.tables.len(),
        record.about.as_of
    );
    terminal.print(&text);
}
