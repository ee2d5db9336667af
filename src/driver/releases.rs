//! What another catalogue release would mean for a site.
//!
//! In: a loaded site and two releases. Out: [`ReleaseComparison`].
//!
//! Invariant: the site's text is the same in both, so parties and ranges are, and every difference comes of the
//! catalogue.

use super::{CompileOptions, Site, check_model, compile, resolve_with};
use crate::catalogue::{Catalogue, ReleaseId};
use crate::check::Strictness;
use crate::diagnostic::codes::Code;
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::diff::{self, Class, Difference};
use crate::policy::{Policy, RowId};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// Two releases compared by what a site means with each of them.
#[derive(Debug)]
pub struct ReleaseComparison {
    /// The site with the first release.
    pub before: Policy,
    /// The site with the second release.
    pub after: Policy,
    /// What opens and closes.
    pub difference: Difference,
    /// Entries that the site uses with both releases and of which the later one says something else: id and what.
    pub remarks: Vec<(String, String)>,
    /// Findings that only the second release brings about.
    pub opens: Vec<Diagnostic>,
    /// Findings that only the first release brings about.
    pub closes: Vec<Diagnostic>,
    /// What is an error with the second release, whether or not it is one with the first.
    pub errors: Vec<Diagnostic>,
    artefacts: [BTreeMap<RowId, BTreeSet<String>>; 2],
}

impl ReleaseComparison {
    /// Paths of the artefacts that carry a row: of the second release for what opened, of the first for what closed.
    pub fn artefacts(&self, class: Class, row: &RowId) -> impl Iterator<Item = &str> {
        let [before, after] = &self.artefacts;
        let of_class = if class == Class::Opened { after } else { before };
        of_class.get(row).into_iter().flatten().map(String::as_str)
    }
}

/// What makes two reports the same finding: code, places and words, without the running number that some words begin
/// with (`W-3: ...`).
fn finding(report: &Diagnostic) -> (Code, Vec<Span>, &str) {
    let words = match report.message.split_once(": ") {
        Some((number, words)) if number.starts_with("W-") || number.starts_with("S-") => words,
        _ => report.message.as_str(),
    };
    (report.code, report.labels.iter().map(|label| label.span).collect(), words)
}

/// A site with one release.
struct Reading {
    policy: Policy,
    reports: Vec<Diagnostic>,
    artefacts: BTreeMap<RowId, BTreeSet<String>>,
}

/// Compares what a site means with two releases. `None` after a report in the site's sink, where it can't be resolved.
pub fn compare_releases(
    site: &mut Site,
    as_of: Option<Date>,
    (from, to): (ReleaseId, ReleaseId),
    options: &CompileOptions,
) -> Option<ReleaseComparison> {
    let before = read(site, as_of, from, options)?;
    let after = read(site, as_of, to, options)?;
    let difference = diff::compare(&before.policy, &after.policy)?;
    let beyond = |one: &Reading, other: &Reading| {
        let known: Vec<_> = other.reports.iter().map(finding).collect();
        one.reports.iter().filter(|report| !known.contains(&finding(report))).cloned().collect()
    };
    Some(ReleaseComparison {
        difference,
        remarks: remarks(&site.catalogue, (from, to), (&before.policy, &after.policy)),
        opens: beyond(&after, &before),
        closes: beyond(&before, &after),
        errors: after.reports.iter().filter(|report| report.severity == Severity::Error).cloned().collect(),
        artefacts: [before.artefacts, after.artefacts],
        before: before.policy,
        after: after.policy,
    })
}

/// Resolves, checks and compiles a site with a release. Its findings stay out of the site's sink, unless nothing
/// comes of it.
fn read(
    site: &mut Site,
    as_of: Option<Date>,
    release: ReleaseId,
    options: &CompileOptions,
) -> Option<Reading> {
    let kept = site.sink.clone();
    let model = resolve_with(site, Some(release))?;
    let mut sink = std::mem::replace(&mut site.sink, kept);
    let Some(policy) = check_model(&model, as_of, Strictness::Check, &mut sink) else {
        site.sink.extend(sink.into_sorted());
        return None;
    };
    let mut of_compile = Sink::new();
    let compiled = compile(&policy, site, options, &mut of_compile);
    let mut artefacts: BTreeMap<RowId, BTreeSet<String>> = BTreeMap::new();
    let rows: BTreeMap<&str, &RowId> =
        policy.flows().iter().map(|flow| (flow.id.as_str(), &flow.id)).collect();
    for rule in compiled.iter().flat_map(|compiled| &compiled.manifest.rules) {
        if let Some(row) = rows.get(rule.id.as_str()) {
            artefacts.entry((*row).clone()).or_default().insert(rule.artifact.clone());
        }
    }
    sink.extend(of_compile.into_sorted());
    let reports = sink.into_sorted().into_iter().filter(|report| report.severity != Severity::Note).collect();
    Some(Reading { policy, reports, artefacts })
}

/// What the later release says differently of entries that both readings of the site use.
fn remarks(
    catalogue: &Catalogue,
    (from, to): (ReleaseId, ReleaseId),
    (before, after): (&Policy, &Policy),
) -> Vec<(String, String)> {
    let used = |policy: &Policy| -> BTreeSet<String> {
        policy
            .flows()
            .iter()
            .flat_map(|flow| &flow.provenance)
            .filter_map(|one| one.catalogue.clone())
            .collect()
    };
    let (before, after) = (used(before), used(after));
    let changed = catalogue.compare(from, to).changed.into_iter();
    changed
        .filter(|changed| before.contains(changed.flow.id()) && after.contains(changed.flow.id()))
        .map(|changed| (changed.flow.id().to_owned(), changed.change.what.to_string()))
        .collect()
}
