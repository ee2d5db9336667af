//! What is deployed against a compile.
//!
//! In: a compile, and files that platforms' own tools wrote. Out: a comparison for each kind of platform, or reports.
//!
//! Invariant: a file that is not understood is never left out silently, and neither is a platform without files.

use super::Compiled;
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::drift::{Binds, Comparison, Site, Wanted, compare};
use crate::policy::Policy;
use crate::target::export::{Export, ExportFile, KnownAs};
use crate::target::manifest::ManifestArtifact;
use crate::target::observed::{Guard, Unreadable};
use crate::target::{Target, TargetInfo};
use crate::targets::TARGETS;
use std::collections::{BTreeMap, BTreeSet};

/// The comparison for one kind of platform.
#[derive(Debug)]
pub struct Deployment {
    /// What the kind is.
    pub target: &'static TargetInfo,
    /// The platforms of the site that were compared.
    pub platforms: Vec<String>,
    /// The artefacts that were compared.
    pub artefacts: Vec<String>,
    /// What was found.
    pub comparison: Comparison,
}

/// Everything that was compared.
#[derive(Debug, Default)]
pub struct Deployments {
    /// One for each kind of platform that the files are of.
    pub compared: Vec<Deployment>,
    /// Platforms with artefacts for which there was no file.
    pub without_export: Vec<String>,
}

/// An export with the kind of platform that it is of.
pub struct ReadExport {
    /// The kind.
    pub target: &'static dyn Target,
    /// What it says.
    pub export: Export,
}

/// The kinds of platforms that can say what is deployed.
pub fn export_kinds() -> Vec<&'static str> {
    let can = |target: &&&dyn Target| target.read_export(&[]).is_ok();
    TARGETS.iter().filter(can).map(|target| target.info().platform.kind).collect()
}

/// Reads exports: files of one kind together. Reports are in `sink`.
pub fn read_exports(files: Vec<ExportFile>, sink: &mut Sink) -> Vec<ReadExport> {
    let mut by_kind: BTreeMap<usize, Vec<ExportFile>> = BTreeMap::new();
    for file in files {
        match TARGETS.iter().position(|target| target.is_export(&file.value)) {
            Some(kind) => by_kind.entry(kind).or_default().push(file),
            None => {
                let message = format!("`{}` is no export that segc knows", file.name);
                let help = "give what a platform's own tool describes, as it prints it; `segc explain SEG0070` lists the commands";
                sink.report(Diagnostic::new(codes::UNKNOWN_EXPORT, message).help(help));
            }
        }
    }
    let mut read = Vec::new();
    for (kind, files) in by_kind {
        let Some(target) = TARGETS.get(kind).copied() else { continue };
        match target.read_export(&files) {
            Ok(export) => read.push(ReadExport { target, export }),
            Err(problem) => sink.report(unreadable("the export", &problem)),
        }
    }
    read
}

/// The report of something that is deployed and not understood.
pub fn unreadable(what: &str, problem: &Unreadable) -> Diagnostic {
    let place = if problem.pointer.is_empty() { String::new() } else { format!(" at `{}`", problem.pointer) };
    let message = format!("{what} can't be understood{place}: {}", problem.why);
    Diagnostic::new(codes::EXPORT_NOT_UNDERSTOOD, message)
        .help("nothing is guessed: what is not understood might change the meaning of a rule")
}

/// Holds what is deployed against a compile. `binds` has compiled names in lower case. Reports are in `sink`.
pub fn deployed(
    policy: &Policy,
    compiled: &Compiled,
    exports: Vec<ReadExport>,
    binds: &Binds,
    sink: &mut Sink,
) -> Deployments {
    let mut deployments = Deployments::default();
    let mut compared: BTreeSet<String> = BTreeSet::new();
    for ReadExport { target, export } in exports {
        let artefacts = artefacts_of(compiled, target, export.alike);
        if artefacts.is_empty() {
            let title = target.info().title;
            let message = format!("an export is of {title}, and the site has no such artefact");
            let help = "leave the file out, or select the platform that it is of";
            sink.report(Diagnostic::new(codes::UNKNOWN_EXPORT, message).help(help));
            continue;
        }
        compared.extend(artefacts.iter().map(|artefact| artefact.platform.clone()));
        deployments.compared.push(compare_kind(policy, compiled, target, &artefacts, &export, binds));
    }
    report_all(&deployments.compared, sink);
    let exported = |platform: &&String| !compared.contains(*platform);
    let platforms: BTreeSet<&String> = compiled
        .manifest
        .artifacts
        .iter()
        .filter(|artefact| has_exports(artefact.target))
        .map(|artefact| &artefact.platform)
        .collect();
    deployments.without_export = platforms.into_iter().filter(exported).cloned().collect();
    deployments
}

/// True for targets whose platform can say what is deployed.
fn has_exports(id: &str) -> bool {
    let target = TARGETS.iter().find(|target| target.info().id == id);
    target.is_some_and(|target| target.read_export(&[]).is_ok())
}

/// For each platform of a kind the artefact to compare: of the spelling that says what the export can say, else the first
/// one that was written.
fn artefacts_of<'c>(
    compiled: &'c Compiled,
    target: &dyn Target,
    alike: Option<&str>,
) -> Vec<&'c ManifestArtifact> {
    let mut found: BTreeMap<&str, &ManifestArtifact> = BTreeMap::new();
    let ours = compiled.manifest.artifacts.iter().filter(|one| one.target == target.info().id);
    let rank = |artefact: &ManifestArtifact| {
        let spellings = target.info().spellings.iter();
        let place = spellings.clone().position(|spelling| spelling.id == artefact.spelling);
        (alike != Some(artefact.spelling), place)
    };
    for artefact in ours {
        let best = found.entry(artefact.platform.as_str()).or_insert(artefact);
        if rank(artefact) < rank(best) {
            *best = artefact;
        }
    }
    found.into_values().collect()
}

fn compare_kind(
    policy: &Policy,
    compiled: &Compiled,
    target: &dyn Target,
    artefacts: &[&ManifestArtifact],
    export: &Export,
    binds: &Binds,
) -> Deployment {
    let read: Vec<(&str, Vec<Guard>, Rows)> =
        artefacts.iter().map(|artefact| read_back(compiled, target, artefact)).collect();
    let nothing = KnownAs::default();
    let known = |platform: &str| compiled.known_as.get(platform).unwrap_or(&nothing);
    let wanted = read.iter().flat_map(|(platform, guards, rows)| {
        let known = known(platform);
        guards.iter().map(move |guard| Wanted { platform, guard, known, rows })
    });
    let of_kind = policy.platforms().filter(|(_, platform)| platform.kind == target.info().platform.kind);
    let site = Site {
        wanted: wanted.collect(),
        known: read.iter().map(|(platform, ..)| (*platform, known(platform))).collect(),
        platforms: of_kind.map(|(_, platform)| platform.name.to_lowercase()).collect(),
    };
    Deployment {
        target: target.info(),
        platforms: artefacts.iter().map(|artefact| artefact.platform.clone()).collect(),
        artefacts: artefacts.iter().map(|artefact| artefact.path.clone()).collect(),
        comparison: compare(&site, export, binds),
    }
}

/// Rows by the place of a rule.
type Rows = BTreeMap<String, BTreeSet<String>>;

/// The enforcement points of an artefact, read from its bytes, with the rows of their rules.
fn read_back<'c>(
    compiled: &Compiled,
    target: &dyn Target,
    artefact: &'c ManifestArtifact,
) -> (&'c str, Vec<Guard>, Rows) {
    let bytes =
        compiled.files.iter().find(|file| file.path == artefact.path).map(|file| file.bytes.as_slice());
    let spelling = target.info().spellings.iter().find(|spelling| spelling.id == artefact.spelling);
    // Every written file was read back before.
    let guards = match (spelling, bytes) {
        (Some(spelling), Some(bytes)) => target.read(*spelling, bytes).map(|observed| observed.guards),
        _ => Ok(Vec::new()),
    };
    let mut rows = Rows::new();
    for rule in compiled.manifest.rules.iter().filter(|rule| rule.artifact == artefact.path) {
        rows.entry(rule.pointer.clone()).or_default().insert(rule.id.clone());
    }
    (&artefact.platform, guards.unwrap_or_default(), rows)
}

/// Reports what could not be compared.
fn report_all(compared: &[Deployment], sink: &mut Sink) {
    for comparison in compared.iter().map(|one| &one.comparison) {
        for one in &comparison.ambiguous {
            let message = match one.ids.as_slice() {
                [only] => {
                    format!("`{}` may be `{only}`, but only a name that others use too says so", one.name)
                }
                several => format!("`{}` may be any of {}", one.name, quoted(several)),
            };
            let first = one.ids.first().map_or("ID", String::as_str);
            sink.report(
                Diagnostic::new(codes::EXPORT_AMBIGUOUS, message)
                    .help(format!("say which: `--bind {}={first}`", one.name)),
            );
        }
        for one in &comparison.unexplained {
            let message =
                format!("no file says what `{}` is, so {} not compared", one.name, rules(&one.places));
            let example = one.candidates.first().map_or("NAME", String::as_str);
            let mut report = Diagnostic::new(codes::EXPORT_UNEXPLAINED, message).help(format!(
                "give the file that lists it as well, or say what it is: `--bind {example}={}`",
                one.name
            ));
            if one.candidates.len() > 1 {
                report = report.note(format!("compiled names that no file has: {}", quoted(&one.candidates)));
            }
            sink.report(report);
        }
        for (what, problem) in &comparison.unreadable {
            sink.report(unreadable(&format!("`{what}`"), problem));
        }
    }
    report_unknown_binds(compared, sink);
}

/// A name that is bound belongs to one kind of platform, so it is unknown only when no kind knows it.
fn report_unknown_binds(compared: &[Deployment], sink: &mut Sink) {
    let Some((first, others)) = compared.split_first() else { return };
    for name in &first.comparison.unknown_binds {
        if others.iter().all(|other| other.comparison.unknown_binds.contains(name)) {
            let message = format!("`--bind` names `{name}`, which is neither compiled nor deployed");
            let help = "write a compiled name, `=`, and the id of what it is: `--bind seg-acme-web=sg-0123456789abcdef0`";
            sink.report(Diagnostic::new(codes::UNKNOWN_BIND, message).help(help));
        }
    }
}

fn rules(places: &[String]) -> String {
    if places.len() == 1 { "one rule is".to_owned() } else { format!("{} rules are", places.len()) }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
