//! From a checked site to its prerequisite document.
//!
//! In: a site, its model and policy. Out: a [`Document`]; reports of the compile are in `sink`.
//!
//! Invariant: the document is of a site that compiles: what it lists is what the artefacts do. Findings don't stop it:
//! people decide on them, and it shows them.

use super::compile::{CompileOptions, plan};
use super::manifest::{source_digests, tool, widening_rows};
use super::{Site, review};
use crate::catalogue::Catalogue;
use crate::check::findings::{Choices, Review};
use crate::diagnostic::Sink;
use crate::document;
use crate::document::content::{Document, Figure};
use crate::document::diagram::{Paper, overview, sequences};
use crate::document::input::{Earlier, Input, PlatformKind};
use crate::document::team::Team;
use crate::model::Model;
use crate::policy::Policy;
use crate::target::permission::{PermissionAsk, PermissionDocument};
use crate::targets::TARGETS;

/// The document of a site: whole, or the extract for one team; with what became of an earlier release. `None` after an error in `sink`.
pub fn prerequisites(
    site: &Site,
    model: &Model,
    policy: &Policy,
    options: &CompileOptions,
    (team, earlier): (Option<Team>, Option<&Earlier<'_>>),
    sink: &mut Sink,
) -> Option<Document> {
    let plans = plan(policy, options, sink)?;
    let proof = plans.prove(policy, sink);
    if sink.has_errors() {
        return None;
    }
    let mut weighed = sink.clone();
    review(site, model, policy, &Choices::default(), &mut weighed);
    let findings = weighed.into_sorted();
    let under_review = Review::new(model, policy, &site.catalogue);
    let input = Input {
        model,
        policy,
        catalogue: &site.catalogue,
        review: &under_review,
        sources: &site.sources,
        digests: source_digests(&site.sources),
        findings: &findings,
        widenings: widening_rows(policy, &proof),
        quotas: plans.quotas(),
        kinds: platform_kinds(),
        earlier,
        figures: figures(policy, &site.catalogue),
        tool: tool(),
        permissions: permission_document,
    };
    Some(document::write(&input, team))
}

/// Who starts connections to whom, then the calls in their order.
fn figures(policy: &Policy, catalogue: &Catalogue) -> Vec<Figure> {
    let mut figures = overview(policy, catalogue, Paper::PORTRAIT);
    figures.extend(sequences(policy, catalogue, Paper::PORTRAIT));
    figures
}

fn platform_kinds() -> Vec<PlatformKind> {
    let kinds = TARGETS.iter().map(|target| target.info()).map(|info| PlatformKind {
        kind: info.platform.kind,
        title: info.title,
        attributes: info.platform.attributes,
        is_request: info.is_request,
    });
    kinds.collect()
}

fn permission_document(kind: &str, ask: &PermissionAsk) -> Option<PermissionDocument> {
    TARGETS.iter().find(|target| target.info().platform.kind == kind)?.permission_document(ask)
}
