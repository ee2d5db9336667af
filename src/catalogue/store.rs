//! The catalogue as a whole, and looking things up in it.
//!
//! In: entries checked by `load`. Out: [`Catalogue`].
//!
//! Invariant: a folded name or alias leads to exactly one kind; ids are unique; everything that an entry names exists.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::entry::{Condition, FlowEntry, NameEntry, Release, RoleKind};
use super::intent::Intent;
use super::record::{Application, DeploymentRule, Permission, PermissionSet, Prerequisite};
use super::sequence::Sequence;
use super::text::Text;

/// Roles, flows, intents, conditions and names of the product that a site describes.
///
/// ```
/// let catalogue = segc::catalogue::Catalogue::builtin();
/// assert_eq!(catalogue.kind("XenDesktop Temp").map(|kind| kind.name()), Some("temp-worker"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Catalogue {
    pub(super) releases: Vec<Release>,
    pub(super) kinds: Vec<RoleKind>,
    /// Folded name or alias to the place of the kind in `kinds`.
    pub(super) kind_names: BTreeMap<Text, usize>,
    pub(super) conditions: IndexMap<Text, Condition>,
    pub(super) flows: IndexMap<Text, FlowEntry>,
    pub(super) intents: IndexMap<Text, Intent>,
    pub(super) names: Vec<NameEntry>,
    pub(super) permission_sets: Vec<PermissionSet>,
    pub(super) permissions: Vec<Permission>,
    pub(super) prerequisites: Vec<Prerequisite>,
    pub(super) applications: Vec<Application>,
    pub(super) rules: Vec<DeploymentRule>,
    pub(super) sequences: Vec<Sequence>,
}

/// A release by its place in the catalogue; a later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReleaseId(usize);

/// A name without the differences that look-up ignores: case, spaces, `_` and `-`.
pub(super) fn fold(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

impl Catalogue {
    /// Label of the newest edition, for example `2026.11`; empty for a catalogue that states none.
    pub fn release(&self) -> &str {
        self.releases.last().map_or("", Release::name)
    }

    /// The release with this label. `None` where the catalogue has no such release.
    pub fn release_id(&self, label: &str) -> Option<ReleaseId> {
        self.releases().position(|name| name == label).map(ReleaseId)
    }

    /// The release that holds for a site that pins none.
    pub fn newest(&self) -> ReleaseId {
        ReleaseId(self.releases.len().saturating_sub(1))
    }

    /// Label of a release; empty for one of another catalogue.
    pub fn release_label(&self, release: ReleaseId) -> &str {
        self.releases.get(release.0).map_or("", Release::name)
    }

    /// True where a release has the flow. A flow that no edition of the port lists has, because it was read elsewhere,
    /// is in every release.
    pub fn holds(&self, flow: &FlowEntry, release: ReleaseId) -> bool {
        let at = |label: &str| self.release_id(label);
        let begun = flow.since().and_then(at).is_none_or(|since| since <= release);
        let ended = flow.until().and_then(at).is_some_and(|until| until < release);
        begun && !ended
    }

    /// True where a release holds the flow as a row of an edition of the port lists.
    pub fn lists(&self, flow: &FlowEntry, release: ReleaseId) -> bool {
        flow.since().is_some() && self.holds(flow, release)
    }

    /// Labels that a site may pin with `catalogue = ...`, oldest first.
    pub fn releases(&self) -> impl Iterator<Item = &str> {
        self.releases.iter().map(Release::name)
    }

    /// The editions, oldest first.
    pub fn editions(&self) -> &[Release] {
        &self.releases
    }

    /// Every id of every entry, kinds and intents among them.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        let flows =
            self.flows.keys().chain(self.intents.keys()).chain(self.conditions.keys()).map(Text::as_str);
        let names = self.names().map(NameEntry::id).chain(self.kinds().map(RoleKind::name));
        let permissions = self.permissions.iter().map(Permission::id);
        let sets = self.permission_sets.iter().map(PermissionSet::name);
        let others = self.prerequisites.iter().map(Prerequisite::id);
        let applications = self.applications.iter().map(Application::id);
        let rules = self.rules.iter().map(DeploymentRule::id);
        let sequences = self.sequences.iter().map(Sequence::id);
        let records = permissions.chain(sets).chain(others).chain(applications).chain(rules);
        flows.chain(names).chain(records).chain(sequences)
    }

    /// The kind with this canonical name or alias; case, spaces, `_` and `-` make no difference.
    pub fn kind(&self, typed: &str) -> Option<&RoleKind> {
        self.kind_names.get(fold(typed).as_str()).and_then(|at| self.kinds.get(*at))
    }

    /// All kinds in the order of the catalogue.
    pub fn kinds(&self) -> impl Iterator<Item = &RoleKind> {
        self.kinds.iter()
    }

    /// The intent of this name.
    pub fn intent(&self, name: &str) -> Option<&Intent> {
        self.intents.get(name)
    }

    /// All intents in the order of the catalogue.
    pub fn intents(&self) -> impl Iterator<Item = &Intent> {
        self.intents.values()
    }

    /// The flow with this id.
    pub fn flow(&self, id: &str) -> Option<&FlowEntry> {
        self.flows.get(id)
    }

    /// All flows in the order of the catalogue.
    pub fn flows(&self) -> impl Iterator<Item = &FlowEntry> {
        self.flows.values()
    }

    /// The condition with this slug.
    pub fn condition(&self, name: &str) -> Option<&Condition> {
        self.conditions.get(name)
    }

    /// All conditions in the order of the catalogue.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.conditions.values()
    }

    /// All names that roles must reach, in the order of the catalogue.
    pub fn names(&self) -> impl Iterator<Item = &NameEntry> {
        self.names.iter()
    }

    /// Groups of permissions.
    pub fn permission_sets(&self) -> &[PermissionSet] {
        &self.permission_sets
    }

    /// Permissions of cloud and hypervisor accounts.
    pub fn permissions(&self) -> &[Permission] {
        &self.permissions
    }

    /// Prerequisites that are neither a flow nor a permission.
    pub fn prerequisites(&self) -> &[Prerequisite] {
        &self.prerequisites
    }

    /// Enterprise applications of the vendor.
    pub fn applications(&self) -> &[Application] {
        &self.applications
    }

    /// Rules about deployments.
    pub fn rules(&self) -> &[DeploymentRule] {
        &self.rules
    }

    /// Sequences of calls.
    pub fn sequences(&self) -> &[Sequence] {
        &self.sequences
    }
}
