//! Conditions, names, permissions, prerequisites, applications, rules and releases as they are shown.
//!
//! In: entries of a catalogue. Out: one view for each kind of entry, with all of its fields.
//!
//! Invariant: every field of an entry is in its view, so that JSON loses nothing.

use super::values::{Ports, SourceView, joined, ports, service, sources};
use crate::catalogue::{
    Application, Catalogue, Condition, Consequence, DeploymentRule, NameEntry, Permission, PermissionSet,
    Prerequisite, Release, Text,
};
use serde::Serialize;

/// A condition.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ConditionView<'a> {
    pub(super) name: &'a str,
    pub(super) text: &'a str,
    pub(super) group: &'a str,
    pub(super) never_selected: bool,
    pub(super) excludes: &'a [Text],
    pub(super) implies: &'a [Text],
    pub(super) implied_by: &'a [Text],
}

/// A name that a role must reach.
#[derive(Debug, Clone, Serialize)]
pub(super) struct NameView<'a> {
    pub(super) id: &'a str,
    pub(super) from: &'a str,
    pub(super) to: Option<&'a str>,
    pub(super) fqdn: &'a str,
    pub(super) transport: &'static str,
    pub(super) ports: Vec<Ports>,
    pub(super) what: &'a str,
    pub(super) need: &'static str,
    pub(super) when: &'a [Text],
    pub(super) edition: &'a str,
    pub(super) wildcard: bool,
    pub(super) template: &'a [Text],
    pub(super) tls_interception: Option<&'a str>,
    pub(super) azure_service_tag: Option<&'a str>,
    pub(super) aws_endpoint: Option<&'a str>,
    pub(super) note: Option<&'a str>,
    pub(super) sources: Vec<SourceView<'a>>,
    pub(super) verified: bool,
    #[serde(skip)]
    pub(super) service: String,
}

/// A group of permissions.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PermissionSetView<'a> {
    pub(super) name: &'a str,
    pub(super) what: &'a str,
    pub(super) platform: &'a str,
    pub(super) permissions: &'a [Text],
    pub(super) sources: Vec<SourceView<'a>>,
}

/// A permission of an account.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PermissionView<'a> {
    pub(super) id: &'a str,
    pub(super) platform: &'a str,
    pub(super) permission: &'a str,
    pub(super) what: &'a str,
    pub(super) stage: &'a str,
    pub(super) need: &'static str,
    pub(super) set: &'a str,
    pub(super) resource: Option<&'a str>,
    pub(super) condition: Option<&'a str>,
    pub(super) scope: Option<&'a str>,
    pub(super) sources: Vec<SourceView<'a>>,
    pub(super) verified: bool,
}

/// A prerequisite that is neither a flow nor a permission.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PrerequisiteView<'a> {
    pub(super) id: &'a str,
    pub(super) platform: &'a str,
    pub(super) what: &'a str,
    pub(super) sources: Vec<SourceView<'a>>,
    pub(super) verified: bool,
}

/// An application of the vendor in a directory.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ApplicationView<'a> {
    pub(super) id: &'a str,
    pub(super) application_id: &'a str,
    pub(super) what: &'a str,
    pub(super) sources: Vec<SourceView<'a>>,
    pub(super) verified: bool,
}

/// A rule about deployments.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RuleView<'a> {
    pub(super) id: &'a str,
    pub(super) area: &'a str,
    pub(super) severity: &'static str,
    pub(super) statement: &'a str,
    pub(super) check: &'a str,
    pub(super) kept_by: &'a [Text],
    pub(super) platforms: &'a [Text],
    pub(super) when: &'a [Text],
    pub(super) flows: &'a [Text],
    pub(super) without_rule: Option<ConsequenceView<'a>>,
    pub(super) note: Option<&'a str>,
    pub(super) sources: Vec<SourceView<'a>>,
    pub(super) verified: bool,
}

/// What is seen where a rule is not kept.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ConsequenceView<'a> {
    pub(super) text: &'a str,
    pub(super) quoted: bool,
}

/// A release, with the number of flows that its edition of the port lists has.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ReleaseView<'a> {
    pub(super) name: &'a str,
    pub(super) title: &'a str,
    pub(super) note: Option<&'a str>,
    pub(super) rows: usize,
}

impl<'a> From<&'a Condition> for ConditionView<'a> {
    fn from(condition: &'a Condition) -> Self {
        Self {
            name: condition.name(),
            text: condition.text(),
            group: condition.group(),
            never_selected: condition.never_selected(),
            excludes: condition.excludes(),
            implies: condition.implies(),
            implied_by: condition.implied_by(),
        }
    }
}

impl<'a> From<&'a NameEntry> for NameView<'a> {
    fn from(name: &'a NameEntry) -> Self {
        Self {
            id: name.id(),
            from: name.from(),
            to: name.to(),
            fqdn: name.fqdn(),
            transport: name.transport().word(),
            ports: ports(name.ports()),
            what: name.what(),
            need: name.need().word(),
            when: name.when(),
            edition: name.edition(),
            wildcard: name.wildcard(),
            template: name.template(),
            tls_interception: name.tls_interception(),
            azure_service_tag: name.azure_service_tag(),
            aws_endpoint: name.aws_endpoint(),
            note: name.note(),
            sources: sources(name.sources()),
            verified: name.verified(),
            service: service(name.transport(), name.ports()),
        }
    }
}

impl<'a> From<&'a PermissionSet> for PermissionSetView<'a> {
    fn from(set: &'a PermissionSet) -> Self {
        Self {
            name: set.name(),
            what: set.what(),
            platform: set.platform(),
            permissions: set.permissions(),
            sources: sources(set.sources()),
        }
    }
}

impl<'a> From<&'a Permission> for PermissionView<'a> {
    fn from(permission: &'a Permission) -> Self {
        Self {
            id: permission.id(),
            platform: permission.platform(),
            permission: permission.permission(),
            what: permission.what(),
            stage: permission.stage(),
            need: permission.need().word(),
            set: permission.set(),
            resource: permission.resource(),
            condition: permission.condition(),
            scope: permission.scope(),
            sources: sources(permission.sources()),
            verified: permission.verified(),
        }
    }
}

impl PermissionView<'_> {
    /// What it is granted on and when it is needed, in one line.
    pub(super) fn limits(&self) -> String {
        [self.resource, self.scope, self.condition].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

impl<'a> From<&'a Prerequisite> for PrerequisiteView<'a> {
    fn from(prerequisite: &'a Prerequisite) -> Self {
        Self {
            id: prerequisite.id(),
            platform: prerequisite.platform(),
            what: prerequisite.what(),
            sources: sources(prerequisite.sources()),
            verified: prerequisite.verified(),
        }
    }
}

impl<'a> From<&'a Application> for ApplicationView<'a> {
    fn from(application: &'a Application) -> Self {
        Self {
            id: application.id(),
            application_id: application.application_id(),
            what: application.what(),
            sources: sources(application.sources()),
            verified: application.verified(),
        }
    }
}

impl<'a> From<&'a DeploymentRule> for RuleView<'a> {
    fn from(rule: &'a DeploymentRule) -> Self {
        let view = |without: &'a Consequence| ConsequenceView { text: &without.text, quoted: without.quoted };
        Self {
            id: rule.id(),
            area: rule.area(),
            severity: rule.severity().word(),
            statement: rule.statement(),
            check: rule.check(),
            kept_by: rule.kept_by(),
            platforms: rule.platforms(),
            when: rule.when(),
            flows: rule.flows(),
            without_rule: rule.without_rule().map(view),
            note: rule.note(),
            sources: sources(rule.sources()),
            verified: rule.verified(),
        }
    }
}

impl RuleView<'_> {
    /// The platforms and conditions that it is about, in one line.
    pub(super) fn concerns(&self) -> String {
        let parts = [joined(self.platforms), joined(self.when)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; when ")
    }
}

/// The releases of a catalogue, oldest first.
pub(super) fn releases(catalogue: &Catalogue) -> Vec<ReleaseView<'_>> {
    catalogue.editions().iter().map(|release| release_view(catalogue, release)).collect()
}

pub(super) fn release_view<'a>(catalogue: &Catalogue, release: &'a Release) -> ReleaseView<'a> {
    let rows = catalogue.release_id(release.name()).map_or(0, |id| {
        let flows = catalogue.flows();
        flows.filter(|flow| catalogue.lists(flow, id)).count()
    });
    ReleaseView { name: release.name(), title: release.title(), note: release.note(), rows }
}
