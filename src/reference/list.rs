//! The entries of a catalogue, section by section.
//!
//! In: a catalogue, a release, perhaps one section. Out: [`Listing`].
//!
//! Invariant: JSON holds every entry whatever the release; a flow says itself whether the release has it.

use super::flow::{FlowView, selectors};
use super::intent::IntentView;
use super::record::{
    ApplicationView, ConditionView, NameView, PermissionSetView, PermissionView, PrerequisiteView,
    ReleaseView, RuleView, releases,
};
use super::role::RoleView;
use super::{page, text};
use crate::catalogue::{Catalogue, ReleaseId};
use serde::Serialize;

/// A part of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Role kinds.
    Roles,
    /// Conditions.
    Conditions,
    /// Flows.
    Flows,
    /// Intents.
    Intents,
    /// Names that roles must reach.
    Names,
    /// Permissions of accounts, and the groups that they come in.
    Permissions,
    /// Prerequisites that are neither a flow nor a permission.
    Prerequisites,
    /// Applications of the vendor.
    Applications,
    /// Rules about deployments.
    Rules,
    /// Releases.
    Releases,
}

impl Section {
    /// Every section, in the order of the list.
    pub const ALL: [Self; 10] = [
        Self::Roles,
        Self::Conditions,
        Self::Flows,
        Self::Intents,
        Self::Names,
        Self::Permissions,
        Self::Prerequisites,
        Self::Applications,
        Self::Rules,
        Self::Releases,
    ];

    /// The word that is typed for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Roles => "roles",
            Self::Conditions => "conditions",
            Self::Flows => "flows",
            Self::Intents => "intents",
            Self::Names => "names",
            Self::Permissions => "permissions",
            Self::Prerequisites => "prerequisites",
            Self::Applications => "applications",
            Self::Rules => "rules",
            Self::Releases => "releases",
        }
    }

    /// The section of a word; `None` where there is none.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.word() == word)
    }
}

/// Which flows text and Markdown list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Those of which rules may come in the release.
    Current,
    /// All, those that other releases have and those kept as history included.
    All,
}

/// The entries of a catalogue, or of one section of it, as a release has them.
#[derive(Debug, Serialize)]
pub struct Listing<'a> {
    pub(super) release: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) releases: Option<Vec<ReleaseView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) roles: Option<Vec<RoleView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) conditions: Option<Vec<ConditionView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) flows: Option<Vec<FlowView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) intents: Option<Vec<IntentView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) names: Option<Vec<NameView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) permission_sets: Option<Vec<PermissionSetView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) permissions: Option<Vec<PermissionView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prerequisites: Option<Vec<PrerequisiteView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) applications: Option<Vec<ApplicationView<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rules: Option<Vec<RuleView<'a>>>,
}

impl<'a> Listing<'a> {
    /// One section of a catalogue, or all of them where none is named. Entries keep the catalogue's order.
    pub fn new(catalogue: &'a Catalogue, release: ReleaseId, only: Option<Section>) -> Self {
        let has = |section: Section| only.is_none_or(|only| only == section);
        let intent = |entry| IntentView::new(catalogue, entry);
        Self {
            release: catalogue.release_label(release),
            releases: has(Section::Releases).then(|| releases(catalogue)),
            roles: has(Section::Roles).then(|| views(catalogue.kinds())),
            conditions: has(Section::Conditions).then(|| views(catalogue.conditions())),
            flows: has(Section::Flows).then(|| flows(catalogue, release)),
            intents: has(Section::Intents).then(|| catalogue.intents().map(intent).collect()),
            names: has(Section::Names).then(|| views(catalogue.names())),
            permission_sets: has(Section::Permissions).then(|| views(catalogue.permission_sets())),
            permissions: has(Section::Permissions).then(|| views(catalogue.permissions())),
            prerequisites: has(Section::Prerequisites).then(|| views(catalogue.prerequisites())),
            applications: has(Section::Applications).then(|| views(catalogue.applications())),
            rules: has(Section::Rules).then(|| views(catalogue.rules())),
        }
    }

    /// The list for people, an entry a line.
    pub fn text(&self, extent: Extent) -> String {
        text::list(self, extent)
    }

    /// The list as a page.
    pub fn markdown(&self, extent: Extent) -> String {
        page::render(self, extent)
    }
}

fn views<E, V: From<E>>(entries: impl IntoIterator<Item = E>) -> Vec<V> {
    entries.into_iter().map(V::from).collect()
}

fn flows(catalogue: &Catalogue, release: ReleaseId) -> Vec<FlowView<'_>> {
    let selectors = selectors(catalogue);
    catalogue.flows().map(|flow| FlowView::new(catalogue, release, &selectors, flow)).collect()
}
