//! From trees to a typed model, one file a pass.
//!
//! In: the trees of a site's files, the catalogue, the platforms' vocabulary. Out: a [`Model`], or reports.
//!
//! Invariant: every independent mistake is reported in one run, and nothing twice: what could not be resolved is left
//! out or stands in as poisoned.

mod accepts;
mod attributes;
mod intents;
mod modes;
mod names;
mod places;
mod promises;
mod roles;
mod rules;
mod services;

pub(crate) use services::service_set;
mod site;

use super::{Model, Rollout};
use crate::catalogue::{Catalogue, ReleaseId};
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::service::ServiceSet;
use crate::source::{SourceId, Span};
use crate::syntax::ast::{File, Statement};
use crate::vocabulary::PlatformSpec;
use attributes::Owner;
use modes::Modes;
use names::Names;
use roles::Places;
use std::collections::{BTreeMap, BTreeSet};

/// Names that mean something by themselves.
const RESERVED_ROLES: [&str; 1] = ["any"];

/// What all passes share.
struct Resolver<'a> {
    statements: Vec<&'a Statement>,
    catalogue: &'a Catalogue,
    /// The release whose flows count: the pinned one, else the newest.
    release: ReleaseId,
    /// False where the release was given from outside: the site's own pin does not count, and a line of which the
    /// release has nothing means nothing.
    may_pin: bool,
    platform_specs: &'a [PlatformSpec],
    platforms: Names,
    segments: Names,
    roles: Names,
    forbids: Names,
    services: BTreeMap<String, ServiceSet>,
    lost_names: BTreeSet<String>,
    /// Names of intents that lines of the site use.
    intents_used: BTreeSet<&'a str>,
    /// Modes that intents chose for two roles.
    modes: Modes<'a>,
    /// Where the texts have mistakes that were found before.
    damages: BTreeSet<(SourceId, u32)>,
    /// How many pairs of roles the lines still to come may mean.
    pairs_left: usize,
    sink: &'a mut Sink,
}

/// What a site is resolved with.
#[derive(Debug, Clone, Copy)]
pub struct Knowledge<'a> {
    /// Kinds, intents and flows.
    pub catalogue: &'a Catalogue,
    /// A release that takes the place of the one that the site pins.
    pub release: Option<ReleaseId>,
    /// What platform blocks may say.
    pub platforms: &'a [PlatformSpec],
}

/// Resolves the files of one site. `damaged` are the texts of files that had syntax errors: names declared in them
/// count as known. `None` when there is no site statement; otherwise the model holds whatever could be resolved, and
/// the caller looks at the sink before using it.
pub fn resolve<'a>(
    files: &'a [File],
    damaged: &[&str],
    knowledge: Knowledge<'a>,
    sink: &'a mut Sink,
) -> Option<Model> {
    let lost_names: BTreeSet<String> = damaged.iter().flat_map(|text| names::declared_words(text)).collect();
    let places = sink.diagnostics().iter().filter_map(|report| report.labels.first());
    let damages = places.map(|label| (label.span.source, label.span.start)).collect();
    let statements: Vec<&Statement> = files.iter().flat_map(|file| &file.statements).collect();
    let intent_name = |statement: &&'a Statement| match statement {
        Statement::Intent(intent) => Some(intent.name.text.as_str()),
        _ => None,
    };
    let mut resolver = Resolver {
        intents_used: statements.iter().filter_map(intent_name).collect(),
        modes: Modes::default(),
        statements,
        catalogue: knowledge.catalogue,
        release: knowledge.release.unwrap_or(knowledge.catalogue.newest()),
        may_pin: knowledge.release.is_none(),
        platform_specs: knowledge.platforms,
        platforms: Names::new("platform", codes::UNKNOWN_PLACE, &lost_names),
        segments: Names::new("segment", codes::UNKNOWN_PLACE, &lost_names),
        roles: Names::new("role", codes::UNKNOWN_ROLE, &lost_names),
        forbids: Names::new("forbid", codes::UNKNOWN_FORBID, &lost_names),
        services: BTreeMap::new(),
        lost_names,
        damages,
        pairs_left: rules::MOST_PAIRS,
        sink,
    };
    resolver.run(!damaged.is_empty())
}

impl Resolver<'_> {
    fn run(&mut self, is_damaged: bool) -> Option<Model> {
        let site = self.resolve_site(is_damaged);
        let platforms = self.resolve_platforms();
        let segments = self.resolve_segments();
        self.resolve_services();
        let roles = self.resolve_roles(Places { platforms: &platforms, segments: &segments });
        let mut model = Model {
            catalogue_release: self.catalogue.release_label(self.release).to_owned(),
            site: site?,
            platforms,
            segments,
            roles,
            grants: Vec::new(),
            exceptions: Vec::new(),
            forbids: Vec::new(),
            expects: Vec::new(),
            accepts: self.resolve_accepts(),
            needs: self.resolve_needs(),
            rollout: Rollout::default(),
        };
        model.forbids = self.resolve_forbids();
        model.grants = self.resolve_grants(&model);
        model.exceptions = self.resolve_exceptions(&model);
        model.expects = self.resolve_expects();
        model.rollout = self.resolve_rollout();
        Some(model)
    }

    /// A statement's block for [`attributes::read`]; `whole` is the place in which damage concerns it.
    fn owner<'n>(&self, name: &'n str, place: Span, whole: Span) -> Owner<'n> {
        let (start, end) = ((whole.source, whole.start), (whole.source, whole.end));
        Owner { name, place, is_damaged: self.damages.range(start..end).next().is_some() }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.report(diagnostic);
    }
}
