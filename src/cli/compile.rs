//! `segc compile`: artefacts, manifest and lock, all or nothing.

use super::EXIT_USAGE;
use super::args::{Compile, Global};
use super::files::{self, Held};
use super::fleet;
use super::session::Session;
use super::terminal::Stream;
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::driver::{Compiled, CompiledArtifact, Selection, compile, describe_release, listed_artefacts};
use crate::policy::Policy;
use crate::target::manifest::{Manifest, ManifestQuota};
use crate::target::{Lock, json, steps};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Per cent of a limit above which its use is shown without being asked for.
const NEARLY_FULL: u8 = 80;

pub(super) fn run(arguments: &Compile, global: &Global) -> u8 {
    if arguments.output.as_os_str() == "-" {
        let terminal = super::terminal::Terminal::new(global.clone());
        terminal.complain("error: a compile writes a folder, which can't go to standard output\n\nhelp: give a folder with `-o`\n");
        return EXIT_USAGE;
    }
    let Some(site) = arguments.only_site() else { return fleet::run(arguments, global) };
    let mut session = Session::open(&site, global);
    session.options.selection = arguments.selection();
    let progress = session.terminal.progress();
    let Some((policy, compiled)) = compile_opened(&mut session, &|stage| progress.set_message(stage)) else {
        return session.finish(Stream::Report);
    };
    progress.set_message("writing");
    let held = files::hold(&arguments.output);
    let manifest = compiled.manifest_file();
    let written = write(&arguments.output, &mut session, (&compiled, &manifest), held.as_ref());
    progress.finish_and_clear();
    if written && session.terminal.is_json() {
        session.terminal.print_json(&compiled.manifest);
    } else if written && !session.terminal.is_quiet() {
        let verbose = session.terminal.is_verbose();
        session.terminal.print(&summary(
            &policy,
            &compiled,
            &arguments.output.display().to_string(),
            verbose,
        ));
    }
    if written && arguments.next_steps && !session.terminal.is_json() {
        session.terminal.print(&next_steps(arguments, &compiled));
    }
    session.finish(Stream::Report)
}

/// Compiles an opened site; `tell` is given the names of the stages. `None` after a report in the site's sink.
pub(super) fn compile_opened(
    session: &mut Session,
    tell: &dyn Fn(&'static str),
) -> Option<(Policy, Compiled)> {
    tell("resolving");
    let model = session.model()?;
    tell("checking");
    let mut reports = session.reports();
    let policy = session.policy(&model)?;
    tell("planning and proving");
    let mut sink = Sink::new();
    let compiled = compile(&policy, &session.site, &session.options, &mut sink);
    let of_compile = sink.into_sorted();
    reports.extend(of_compile.iter().cloned());
    session.site.sink.extend(of_compile);
    let mut compiled = compiled?;
    let proved = (&compiled.proof, &session.options);
    let release = describe_release(&session.site, (&model, &policy), proved, reports);
    compiled.describe(&release);
    Some((policy, compiled))
}

/// Writes the output folder, then the lock. False after a report. With the folder held, what a compile that was killed
/// left in it is removed.
pub(super) fn write(
    output: &Path,
    session: &mut Session,
    (compiled, manifest): (&Compiled, &CompiledArtifact),
    held: Option<&Held>,
) -> bool {
    let files = compiled.files.iter().chain([manifest]);
    let outputs: Vec<(PathBuf, &[u8])> =
        files.map(|file| (output.join(&file.path), file.bytes.as_slice())).collect();
    let leftovers = leftovers(output, session, compiled);
    if let Some(held) = held {
        held.remove_unfinished(outputs.iter().map(|(path, _)| path.as_path()));
    }
    if let Err(failure) = files::replace_all(&outputs) {
        let report = Diagnostic::new(codes::CANNOT_WRITE, failure.to_string())
            .help("nothing was replaced; give a folder that can be written with `-o`");
        session.site.sink.report(report);
        return false;
    }
    write_lock(session, &compiled.lock);
    for path in leftovers {
        let message = format!("`{}` is from an earlier compile and is not written any more", path.display());
        let help = "delete it, so that nobody applies it: the manifest no longer knows it";
        session.site.sink.report(Diagnostic::new(codes::LEFT_OVER, message).help(help));
    }
    true
}

/// What the folder's own manifest lists and this compile does not write; nothing when only a part was asked for.
fn leftovers(output: &Path, session: &Session, compiled: &Compiled) -> Vec<PathBuf> {
    if session.options.selection != Selection::default() {
        return Vec::new();
    }
    let text = files::read_if_present(&output.join("manifest.json")).ok().flatten();
    // A file that is no manifest of ours says nothing about what was written before.
    let listed = text.map(|text| listed_artefacts(&text)).unwrap_or_default().into_iter();
    let gone = listed.filter(|path| !compiled.files.iter().any(|file| file.path == *path));
    gone.map(|path| output.join(path)).filter(|path| path.is_file()).collect()
}

/// Keeps the numbers that were given out, if any; an unchanged lock is not touched.
fn write_lock(session: &mut Session, used: &Lock) {
    let Some(path) = session.lock_path.clone() else { return };
    if *used == session.options.lock || (used.numbers.is_empty() && !path.exists()) {
        return;
    }
    if let Err(failure) = files::replace_all(&[(path, &json::pretty(used))]) {
        let report = Diagnostic::new(codes::LOCK_NOT_WRITTEN, failure.to_string())
            .help("the artefacts are complete; without the lock, priorities may change when rules are added");
        session.site.sink.report(report);
    }
}

/// The limits with their use: all of them, or those that are nearly used up.
fn quotas(manifest: &Manifest, all: bool) -> String {
    let is_tight = |quota: &ManifestQuota| {
        u128::from(quota.used) * 100 > u128::from(quota.limit) * u128::from(NEARLY_FULL)
    };
    let shown = manifest.quotas.iter().filter(|quota| all || is_tight(quota));
    shown
        .map(|ManifestQuota { platform, quota, used, limit }| {
            format!("quota of {platform}: {used} of {limit} {quota}\n")
        })
        .collect()
}

/// What to do with each artefact, one after the other.
fn next_steps(arguments: &Compile, compiled: &Compiled) -> String {
    let mut text = String::new();
    for artefact in &compiled.steps {
        let file = arguments.output.join(&artefact.path);
        let word = |path: &std::path::Path| steps::quoted(&path.display().to_string());
        let folder = file.parent().map(word).unwrap_or_default();
        let mut blanks = vec![("FILE", word(&file)), ("FOLDER", folder)];
        blanks.extend(artefact.blanks.iter().cloned());
        let filled = steps::filled(&artefact.section, &blanks);
        // Writing into a string can't fail.
        let _ = writeln!(text, "\n== {}\n\n{filled}", file.display());
    }
    text
}

fn summary(policy: &Policy, compiled: &Compiled, folder: &str, verbose: bool) -> String {
    let manifest = &compiled.manifest;
    let mut text = String::new();
    for artifact in &manifest.artifacts {
        // Writing into a string can't fail.
        let rules = if artifact.rules == 1 { "rule" } else { "rules" };
        let _ = writeln!(text, "{folder}/{}  {} {rules}", artifact.path, artifact.rules);
    }
    let _ = writeln!(text, "{folder}/manifest.json");
    text += &quotas(manifest, verbose);
    for widening in compiled.proof.widenings.iter().filter(|widening| !widening.declared) {
        let (from, to) = (policy.name(widening.from), policy.name(widening.to));
        let (id, services, cause) = (&widening.id, &widening.services, &widening.cause);
        let _ = writeln!(text, "widening {id}: {from} to {to} on {services} ({cause})");
    }
    let declared = manifest.widenings.iter().filter(|widening| widening.declared).count();
    if declared > 0 {
        let _ = writeln!(
            text,
            "{declared} more come with groups that the file shares (`same-group-as`), listed in the manifest"
        );
    }
    let extra = if manifest.widenings.is_empty() { "" } else { ", but for the widenings listed" };
    let _ = writeln!(
        text,
        "proved for {}: what the artefacts permit, read back byte for byte, is what the file says{extra}",
        manifest.as_of
    );
    text
}
