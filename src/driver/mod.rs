//! The one sequence that every command uses: load, parse, resolve, lower, check, plan, prove, render.
//!
//! In: texts handed over by a [`SourceReader`]. Out: a [`Site`], a [`Policy`], a [`Compiled`].
//!
//! Invariant: no file, clock or environment is read here.

mod compile;
mod deployed;
mod first_site;
mod later;
mod load;
mod manifest;
mod prereq;
mod release;
mod releases;
mod rules;
mod shared;
mod suggest;
#[cfg(test)]
pub(crate) mod testing;

pub use compile::{
    CompileOptions, Compiled, CompiledArtifact, Plans, Selection, compile, plan, plan_and_prove,
};
pub use deployed::{Deployment, Deployments, ReadExport, deployed, export_kinds, read_exports, unreadable};
pub use first_site::{FirstSite, Unsaid, first_site};
pub use load::{ReadFailure, SourceReader, SourceText, extend_with, load, load_shared};
pub use manifest::{
    ManifestFailure, ReadManifest, is_manifest, listed_artefacts, read_manifest, sha256, source_digests,
    tool, widening_rows,
};

pub use prereq::prerequisites;
pub use release::{ReadRelease, Reading, describe_release, read_release};
pub use releases::{CatalogueReading, read_with_catalogues};
pub use shared::Shared;
pub use suggest::{Suggestion, suggest};

use crate::catalogue::{ReleaseId, SiteCatalogue};
use crate::check::findings::{self, Choices, Review};
use crate::check::{self, Strictness};
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::model::{
    Model,
    resolve::{Knowledge, resolve},
};
use crate::policy::{
    Policy,
    lower::{TooManyClasses, lower},
};
use crate::source::SourceMap;
use crate::syntax::ast::{File, Statement, Text};
use crate::targets::TARGETS;
use crate::vocabulary::PlatformSpec;
use time::Date;

/// A site's texts and trees.
#[derive(Debug)]
pub struct Site {
    /// Every text that was read, the site's own file first.
    pub sources: SourceMap,
    /// The trees, in the same order.
    pub files: Vec<File>,
    /// The catalogue of this segc, with the site's own entries on top where it has some.
    pub catalogue: SiteCatalogue,
    /// What was wrong with reading and parsing.
    pub sink: Sink,
}

impl Site {
    /// A site of which nothing was read yet.
    pub fn new() -> Self {
        let catalogue = SiteCatalogue::builtin();
        Self { sources: SourceMap::new(), files: Vec::new(), catalogue, sink: Sink::new() }
    }
}

impl Site {
    /// The name that the site gives itself; `None` where no text that was read does.
    pub fn name(&self) -> Option<&Text> {
        self.files.iter().flat_map(|file| &file.statements).find_map(|statement| match statement {
            Statement::Site(site) => Some(&site.name),
            _ => None,
        })
    }
}

impl Default for Site {
    fn default() -> Self {
        Self::new()
    }
}

/// Resolves a loaded site. `None` after a report in the site's sink.
pub fn resolve_site(site: &mut Site) -> Option<Model> {
    resolve_with(site, None)
}

/// Resolves a loaded site as if it pinned a release. `None` after a report in the site's sink.
pub fn resolve_with(site: &mut Site, release: Option<ReleaseId>) -> Option<Model> {
    let is_of_catalogue = |report: &Diagnostic| codes::is_catalogue_mistake(report.code);
    if site.sink.diagnostics().iter().any(is_of_catalogue) {
        // Whatever uses a broken file would be reported as unknown.
        return None;
    }
    let damaged: Vec<&str> = if site.sink.has_errors() {
        site.sources.iter().map(|(_, file)| file.text.as_str()).collect()
    } else {
        Vec::new()
    };
    let specs: Vec<PlatformSpec> = TARGETS.iter().map(|target| target.info().platform).collect();
    let knowledge = Knowledge { catalogue: &site.catalogue, release, platforms: &specs };
    let model = resolve(&site.files, &damaged, knowledge, &mut site.sink);
    model.filter(|_| !site.sink.has_errors())
}

/// Lowers a model for a day and checks it: `as_of`, else the site's `effective`. `None` after a report; reports of the
/// checks are in `sink` besides, errors among them.
pub fn check_model(
    model: &Model,
    as_of: Option<Date>,
    strictness: Strictness,
    sink: &mut Sink,
) -> Option<Policy> {
    let Some(day) = as_of.or(model.site.effective) else {
        let report = Diagnostic::new(codes::NO_DAY, "neither the site nor the command says for which day")
            .label(model.site.span, "has no `effective`")
            .help("add `effective = 2026-01-31` to the site, or give `--as-of 2026-01-31`");
        sink.report(report);
        return None;
    };
    let policy = match lower(model, day) {
        Ok(policy) => policy,
        Err(TooManyClasses { classes, limit, span }) => {
            let message = format!(
                "the flows of the site mean {classes} pairs of parties and ranges, more than {limit}"
            );
            let report = Diagnostic::new(codes::TOO_MUCH, message).help(
                "let fewer ranges of roles overlap, or write roles that are not cut into so many pieces",
            );
            sink.report(match span {
                Some(span) => report.label(span, "means most of them"),
                None => report,
            });
            return None;
        }
    };
    check::check(&policy, strictness, sink);
    Some(policy)
}

/// Adds the design findings to the reports in `sink`, and gives all of them the weight that the site's hardening, its
/// `accept` statements and `choices` ask for.
pub fn review(site: &Site, model: &Model, policy: &Policy, choices: &Choices, sink: &mut Sink) {
    let review = Review::new(model, policy, &site.catalogue);
    findings::check(&review, sink);
    let reports = std::mem::take(sink).into_sorted();
    findings::weigh(&review, choices, reports, sink);
}
