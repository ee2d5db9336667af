//! Single entries, looked up by what is typed.
//!
//! In: a catalogue, a release, an id or name. Out: [`Found`], every entry that is called so.
//!
//! Invariant: a kind is found by each of its aliases as a site would find it, everything else by its exact id.

use super::card::Card;
use super::flow::FlowDetails;
use super::intent::IntentView;
use super::record::{
    ApplicationView, ConditionView, NameView, PermissionSetView, PermissionView, PrerequisiteView,
    ReleaseView, RuleView, release_view,
};
use super::role::RoleDetails;
use crate::catalogue::{
    Application, Catalogue, Condition, DeploymentRule, FlowEntry, Intent, NameEntry, Permission,
    PermissionSet, Prerequisite, Release, ReleaseId, RoleKind, Text,
};
use serde::Serialize;

/// An entry of any kind.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Entry<'a> {
    Role(RoleDetails<'a>),
    Intent(IntentView<'a>),
    Flow(FlowDetails<'a>),
    Condition(ConditionView<'a>),
    Name(NameView<'a>),
    PermissionSet(PermissionSetView<'a>),
    Permission(PermissionView<'a>),
    Prerequisite(PrerequisiteView<'a>),
    Application(ApplicationView<'a>),
    Rule(RuleView<'a>),
    Release(ReleaseView<'a>),
}

/// Every entry of one id or name; those of different kinds may share it.
#[derive(Debug, Serialize)]
pub struct Found<'a> {
    release: &'a str,
    entries: Vec<Entry<'a>>,
    #[serde(skip)]
    catalogue: &'a Catalogue,
}

impl<'a> Found<'a> {
    /// Looks up what is typed. For a kind, any alias will do, and case, spaces, `_` and `-` make no difference.
    pub fn new(catalogue: &'a Catalogue, release: ReleaseId, typed: &str) -> Self {
        let mut entries = Vec::new();
        let flow = |flow| Entry::Flow(FlowDetails::new(catalogue, release, flow));
        entries.extend(catalogue.kind(typed).map(|kind| Entry::Role(RoleDetails::new(catalogue, kind))));
        entries
            .extend(catalogue.intent(typed).map(|intent| Entry::Intent(IntentView::new(catalogue, intent))));
        entries.extend(catalogue.flow(typed).map(flow));
        entries.extend(catalogue.condition(typed).map(|condition| Entry::Condition(condition.into())));
        entries.extend(records(catalogue, typed));
        Self { release: catalogue.release_label(release), entries, catalogue }
    }

    /// True where nothing is called so.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries for people, with everything that they say.
    pub fn text(&self) -> String {
        let cards = self.entries.iter().map(|entry| Card::new(self.catalogue, entry).text());
        cards.collect::<Vec<_>>().join("\n")
    }

    /// The entries as a page.
    pub fn markdown(&self) -> String {
        let cards = self.entries.iter().map(|entry| Card::new(self.catalogue, entry).markdown());
        cards.collect::<Vec<_>>().join("\n")
    }
}

fn records<'a>(catalogue: &'a Catalogue, typed: &str) -> Vec<Entry<'a>> {
    let mut entries = Vec::new();
    let names = catalogue.names().filter(|entry| entry.id() == typed);
    entries.extend(names.map(|entry| Entry::Name(entry.into())));
    let sets = catalogue.permission_sets().iter().filter(|entry| entry.name() == typed);
    entries.extend(sets.map(|entry| Entry::PermissionSet(entry.into())));
    let permissions = catalogue.permissions().iter().filter(|entry| entry.id() == typed);
    entries.extend(permissions.map(|entry| Entry::Permission(entry.into())));
    let prerequisites = catalogue.prerequisites().iter().filter(|entry| entry.id() == typed);
    entries.extend(prerequisites.map(|entry| Entry::Prerequisite(entry.into())));
    let applications = catalogue.applications().iter().filter(|entry| entry.id() == typed);
    entries.extend(applications.map(|entry| Entry::Application(entry.into())));
    let rules = catalogue.rules().iter().filter(|entry| entry.id() == typed);
    entries.extend(rules.map(|entry| Entry::Rule(entry.into())));
    let releases = catalogue.editions().iter().filter(|entry| entry.name() == typed);
    entries.extend(releases.map(|entry| Entry::Release(release_view(catalogue, entry))));
    entries
}

/// Everything that [`Found::new`] finds something for, for suggestions.
pub fn known_names(catalogue: &Catalogue) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    names.extend(catalogue.kinds().map(RoleKind::name));
    names.extend(catalogue.kinds().flat_map(|kind| kind.aliases().iter().map(Text::as_str)));
    names.extend(catalogue.intents().map(Intent::name));
    names.extend(catalogue.flows().map(FlowEntry::id));
    names.extend(catalogue.conditions().map(Condition::name));
    names.extend(catalogue.names().map(NameEntry::id));
    names.extend(catalogue.permission_sets().iter().map(PermissionSet::name));
    names.extend(catalogue.permissions().iter().map(Permission::id));
    names.extend(catalogue.prerequisites().iter().map(Prerequisite::id));
    names.extend(catalogue.applications().iter().map(Application::id));
    names.extend(catalogue.rules().iter().map(DeploymentRule::id));
    names.extend(catalogue.editions().iter().map(Release::name));
    names
}
