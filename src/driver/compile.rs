//! From a checked policy to artefacts, manifest and lock.
//!
//! In: a policy, a selection, the lock. Out: every file of the output folder, in memory.
//!
//! Invariant: all platforms of the site are planned and proved whatever is selected, because a flow's other end may
//! lie on another one; the selection decides what is written. Nothing leaves this module whose bytes were not read back
//! and found to permit what was proved.

use super::Site;
use super::manifest::{MANIFEST, build_manifest, describe, manifest_quotas};
use crate::diagnostic::{Diagnostic, Severity, Sink, codes, nearest};
use crate::diff::release::Release;
use crate::policy::{PlatformId, Policy};
use crate::source::Span;
use crate::target::export::KnownAs;
use crate::target::manifest::{Manifest, ManifestQuota};
use crate::target::proof::{PlatformPermits, Proof, SpellingPermits, not_aligned, prove};
use crate::target::verify::{Mismatch, report, verify};
use crate::target::{Artifact, Lock, Permits, PlanContext, Planned, QuotaUse, Spelling, Target, json, steps};
use crate::targets::TARGETS;
use std::collections::BTreeMap;

/// What to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Target ids; empty for all.
    pub targets: Vec<String>,
    /// Spelling ids; empty for all.
    pub spellings: Vec<String>,
    /// Platform names; empty for all.
    pub platforms: Vec<String>,
}

/// Everything besides the policy that a compile depends on.
#[derive(Debug, Clone)]
pub struct CompileOptions {
    /// What to write.
    pub selection: Selection,
    /// Numbers given out before.
    pub lock: Lock,
    /// Texts of side files by option name, for example `categories`.
    pub side_files: BTreeMap<String, String>,
}

/// One file of the output folder.
#[derive(Debug, Clone)]
pub struct CompiledArtifact {
    /// Path relative to the output folder.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A proved compile.
#[derive(Debug)]
pub struct Compiled {
    /// Every file but `manifest.json`.
    pub files: Vec<CompiledArtifact>,
    /// The manifest as values.
    pub manifest: Manifest,
    /// The lock to keep beside the site.
    pub lock: Lock,
    /// The comparison with the file.
    pub proof: Proof,
    /// What to do with each artefact.
    pub steps: Vec<Steps>,
    /// By platform, by what its deployed things are known.
    pub known_as: BTreeMap<String, KnownAs>,
}

/// What to do with one artefact.
#[derive(Debug, Clone)]
pub struct Steps {
    /// Path relative to the output folder.
    pub path: String,
    /// The notes, with blanks.
    pub section: String,
    /// What stands for them, but for `FILE` and `FOLDER`, which the one who writes the file knows.
    pub blanks: Vec<(&'static str, String)>,
}

impl Compiled {
    /// Adds to the manifest what a comparison with another one needs of the release that was compiled.
    pub fn describe(&mut self, release: &Release) {
        describe(&mut self.manifest, release);
    }

    /// The manifest as a file, to be written after all others.
    pub fn manifest_file(&self) -> CompiledArtifact {
        CompiledArtifact { path: MANIFEST.to_owned(), bytes: json::pretty(&self.manifest) }
    }
}

/// One platform with its plan.
pub(super) struct PlannedPlatform {
    id: PlatformId,
    pub(super) name: String,
    pub(super) target: &'static dyn Target,
    pub(super) plan: Box<dyn Planned>,
}

/// Plans every written platform and proves the whole. Reports are in `sink`, errors among them; `None` when a platform
/// could not be planned.
pub fn plan_and_prove(policy: &Policy, options: &CompileOptions, sink: &mut Sink) -> Option<Proof> {
    let (planned, _) = plan_all(policy, options, sink);
    let planned = planned?;
    let permits = read_back(policy, &planned, options, sink)?;
    Some(prove(policy, &permits, sink))
}

/// Compiles a policy. `None` after an error in `sink`.
pub fn compile(policy: &Policy, site: &Site, options: &CompileOptions, sink: &mut Sink) -> Option<Compiled> {
    check_selection(policy, &options.selection, sink);
    let (planned, used) = plan_all(policy, options, sink);
    let planned = planned?;
    let permits = read_back(policy, &planned, options, sink)?;
    let mut proof = prove(policy, &permits, sink);
    proof.withheld.extend(unspoken(policy, &planned, &options.selection, sink));
    if sink.has_errors() {
        return None;
    }
    let selected = planned.iter().filter(|platform| options.selection.includes(platform));
    let written: Vec<Written> =
        selected.flat_map(|platform| write(platform, &options.selection, &proof)).collect();
    let plans = Plans { planned, permits };
    for written in &written {
        if let Err(mismatch) = plans.verify(policy, &written.path, &written.artifact.bytes) {
            sink.report(report(policy, &written.path, Some(&written.artifact), &mismatch));
        }
    }
    if sink.has_errors() {
        return None;
    }
    if written.is_empty() && options.selection != Selection::default() {
        let report =
            Diagnostic::new(codes::UNKNOWN_TARGET, "nothing of this site is selected, so nothing is written")
                .help("leave out `--target`, `--spelling` or `--platform`, or name what the site has");
        sink.report(report);
        return None;
    }
    let steps = written.iter().filter_map(|written| plans.steps(written)).collect();
    let manifest = build_manifest(policy, &site.sources, &plans.planned, &written, &proof);
    let files = written
        .into_iter()
        .map(|written| CompiledArtifact { path: written.path, bytes: written.artifact.bytes })
        .collect();
    let known = |platform: &PlannedPlatform| (platform.name.clone(), platform.plan.known_as());
    let known_as = plans.planned.iter().map(known).collect();
    Some(Compiled { files, manifest, lock: used, proof, steps, known_as })
}

/// The planned platforms of a site, to hold artefacts against.
pub struct Plans {
    planned: Vec<PlannedPlatform>,
    permits: BTreeMap<PlatformId, PlatformPermits>,
}

/// Plans every written platform and reads the plans back. `None` after an error in `sink`.
pub fn plan(policy: &Policy, options: &CompileOptions, sink: &mut Sink) -> Option<Plans> {
    let planned = plan_all(policy, options, sink).0?;
    let permits = read_back(policy, &planned, options, sink)?;
    Some(Plans { planned, permits })
}

impl Plans {
    /// Compares what the plans permit with what the site says. Reports are in `sink`, errors among them.
    pub fn prove(&self, policy: &Policy, sink: &mut Sink) -> Proof {
        prove(policy, &self.permits, sink)
    }

    /// Every limit that a plan was counted against.
    pub fn quotas(&self) -> Vec<ManifestQuota> {
        manifest_quotas(&self.planned)
    }

    /// What to do with an artefact; `None` where its target says nothing.
    fn steps(&self, written: &Written) -> Option<Steps> {
        let platform = self.planned.iter().find(|platform| platform.name == written.platform)?;
        let section = steps::section(platform.target.info().notes, written.artifact.spelling.id)?;
        Some(Steps { path: written.path.clone(), section, blanks: platform.plan.blanks() })
    }

    /// Reads the bytes of an artefact, wherever they come from, and holds what they permit against the plan of its
    /// platform. A path that no spelling of the site's platforms has is fine: it is no artefact.
    ///
    /// # Errors
    /// The first [`Mismatch`].
    pub fn verify(&self, policy: &Policy, path: &str, bytes: &[u8]) -> Result<(), Mismatch> {
        for platform in &self.planned {
            let spellings = platform.target.info().spellings.iter();
            let spelling = spellings.copied().find(|spelling| artifact_path(platform, *spelling) == path);
            let (Some(spelling), Some(permits)) = (spelling, self.permits.get(&platform.id)) else {
                continue;
            };
            let observed = platform.target.read(spelling, bytes).map_err(Mismatch::Unreadable)?;
            let bindings = platform.plan.bindings(policy, &observed);
            return verify(policy, platform.id, &permits.of_spelling(spelling), &observed, &bindings);
        }
        Ok(())
    }
}

fn artifact_path(platform: &PlannedPlatform, spelling: Spelling) -> String {
    format!("{}/{}", platform.name, spelling.file)
}

impl Selection {
    fn includes(&self, platform: &PlannedPlatform) -> bool {
        let id = platform.target.info().id;
        (self.targets.is_empty() || self.targets.iter().any(|target| target == id))
            && (self.platforms.is_empty() || self.platforms.contains(&platform.name))
    }

    fn spells(&self, spelling: &Spelling) -> bool {
        self.spellings.is_empty() || self.spellings.iter().any(|id| id == spelling.id)
    }
}

fn target_of(kind: &str) -> Option<&'static dyn Target> {
    TARGETS.iter().copied().find(|target| target.info().platform.kind == kind)
}

/// Reports ids that don't exist, and asking for what Citrix manages.
fn check_selection(policy: &Policy, selection: &Selection, sink: &mut Sink) {
    let target_ids: Vec<&str> = TARGETS.iter().map(|target| target.info().id).collect();
    let spelling_ids: Vec<&str> =
        TARGETS.iter().flat_map(|target| target.info().spellings).map(|spelling| spelling.id).collect();
    let platform_names: Vec<&str> = policy.platforms().map(|(_, platform)| platform.name.as_str()).collect();
    check_ids("target", &selection.targets, &target_ids, sink);
    check_ids("spelling", &selection.spellings, &spelling_ids, sink);
    check_ids("platform", &selection.platforms, &platform_names, sink);
    let is_asked = |name: &str, kind: &str| {
        let by_target =
            selection.targets.iter().any(|id| target_of(kind).is_some_and(|target| target.info().id == id));
        let by_name = selection.platforms.iter().any(|platform| platform == name);
        (by_target, by_name)
    };
    let mut unwritten: Vec<(&str, Span)> = Vec::new();
    for (_, platform) in policy.platforms().filter(|(_, platform)| !platform.written) {
        let (by_target, by_name) = is_asked(&platform.name, &platform.kind);
        let alone = !policy.platforms().any(|(_, other)| other.written && other.kind == platform.kind);
        if by_name || (by_target && alone) {
            unwritten.push((&platform.name, platform.span));
        }
    }
    let nothing_written = policy.platforms().all(|(_, platform)| !platform.written);
    if nothing_written && unwritten.is_empty() {
        unwritten = policy.platforms().map(|(_, platform)| (platform.name.as_str(), platform.span)).collect();
    }
    for (name, span) in unwritten {
        let message = format!("platform `{name}` is managed by Citrix, and no artefact is written for it");
        let report = Diagnostic::new(codes::MANAGED_BY_CITRIX, message)
            .label(span, "managed by Citrix")
            .help(if nothing_written {
                "nothing else is there to write; `segc check` and `segc test` cover it"
            } else {
                "leave it out of the selection; `segc check` and `segc test` cover it"
            });
        sink.report(report);
    }
}

fn check_ids(what: &str, given: &[String], known: &[&str], sink: &mut Sink) {
    for id in given.iter().filter(|id| !known.contains(&id.as_str())) {
        let report = Diagnostic::new(codes::UNKNOWN_TARGET, format!("there is no {what} `{id}`"));
        let mut names = known.to_vec();
        names.sort_unstable();
        names.dedup();
        sink.report(match nearest(id, names.iter().copied()) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report.help(format!("there are: {}", names.join(", "))),
        });
    }
}

/// Plans every written platform, in name order. The plans are `None` after a report; the lock holds what was given out.
fn plan_all(
    policy: &Policy,
    options: &CompileOptions,
    sink: &mut Sink,
) -> (Option<Vec<PlannedPlatform>>, Lock) {
    // What was given out for platforms that are absent today stays.
    let mut used = options.lock.clone();
    let mut planned = Some(Vec::new());
    for (id, platform) in policy.platforms().filter(|(_, platform)| platform.written) {
        let Some(target) = target_of(&platform.kind) else { continue };
        let mut context = PlanContext::new(sink, &options.lock, &options.side_files);
        let plan = target.plan(policy, id, &mut context);
        used.numbers.extend(context.into_used().numbers);
        match (plan, planned.as_mut()) {
            (Some(plan), Some(list)) => {
                list.push(PlannedPlatform { id, name: platform.name.clone(), target, plan });
            }
            _ => planned = None,
        }
    }
    (planned, used)
}

/// A plan beyond a limit of its platform is never written, whatever its planner thinks of it.
fn check_limits(planned: &[PlannedPlatform], sink: &mut Sink) {
    for platform in planned {
        for quota in platform.plan.quotas().into_iter().filter(|quota| quota.used > quota.limit) {
            let (name, QuotaUse { quota, used, limit }) = (&platform.name, quota);
            let message = format!("`{name}` would have {used} of {quota}, and its platform takes {limit}");
            let report = Diagnostic::new(codes::QUOTA_EXCEEDED, message);
            sink.report(report.help("divide the roles among two platforms of this kind"));
        }
    }
}

/// What every plan permits, its selected spellings besides.
fn read_back(
    policy: &Policy,
    planned: &[PlannedPlatform],
    options: &CompileOptions,
    sink: &mut Sink,
) -> Option<BTreeMap<PlatformId, PlatformPermits>> {
    check_limits(planned, sink);
    let mut permits = BTreeMap::new();
    for platform in planned {
        match platform.plan.permits(policy) {
            Ok(set) => {
                let spellings = spelling_permits(policy, platform, &set, &options.selection);
                permits.insert(platform.id, PlatformPermits { permits: set, spellings });
            }
            Err(error) => {
                sink.report(not_aligned(&platform.name, &error));
                return None;
            }
        }
    }
    Some(permits)
}

/// What the selected spellings of a platform permit beyond its plan.
fn spelling_permits(
    policy: &Policy,
    platform: &PlannedPlatform,
    permits: &Permits,
    selection: &Selection,
) -> Vec<SpellingPermits> {
    let spellings = platform.target.info().spellings.iter();
    let selected = spellings.filter(|spelling| selection.includes(platform) && selection.spells(spelling));
    let wider = selected.filter_map(|spelling| {
        let (excess, cause) = platform.plan.spelling_widening(policy, permits, *spelling)?;
        let is_asked_for = selection.spellings.iter().any(|id| id == spelling.id);
        Some(SpellingPermits { spelling: *spelling, excess, cause, is_asked_for })
    });
    wider.collect()
}

/// The selected spellings whose tool can't be told a plan: reported, and an error where one was asked for by name.
fn unspoken(
    policy: &Policy,
    planned: &[PlannedPlatform],
    selection: &Selection,
    sink: &mut Sink,
) -> Vec<(PlatformId, &'static str)> {
    let mut withheld = Vec::new();
    for platform in planned.iter().filter(|platform| selection.includes(platform)) {
        let spellings = platform.target.info().spellings.iter();
        for spelling in spellings.filter(|spelling| selection.spells(spelling)) {
            let Some(why) = platform.plan.unspoken(*spelling) else { continue };
            let (name, id) = (&platform.name, spelling.id);
            let message =
                format!("the spelling `{id}` of `{name}` is not written: its tool can't be told the rules");
            let mut report = Diagnostic::new(codes::SPELLING_UNSPOKEN, message).note(why);
            if let Some(span) = policy.platform(platform.id).map(|platform| platform.span) {
                report = report.label(span, "for this platform");
            }
            if selection.spellings.iter().any(|asked| asked == id) {
                report.severity = Severity::Error;
            }
            sink.report(report.help("apply another spelling of the platform, which has the words"));
            withheld.push((platform.id, id));
        }
    }
    withheld
}

/// One rendered artefact with where it goes.
pub(super) struct Written {
    pub(super) path: String,
    pub(super) platform: String,
    pub(super) target: &'static str,
    pub(super) artifact: Artifact,
}

fn write(platform: &PlannedPlatform, selection: &Selection, proof: &Proof) -> Vec<Written> {
    let info = platform.target.info();
    let is_withheld = |spelling: &Spelling| proof.withheld.contains(&(platform.id, spelling.id));
    let spellings =
        info.spellings.iter().filter(|spelling| selection.spells(spelling) && !is_withheld(spelling));
    spellings
        .map(|spelling| Written {
            path: artifact_path(platform, *spelling),
            platform: platform.name.clone(),
            target: info.id,
            artifact: platform.plan.render(*spelling),
        })
        .collect()
}
