//! One entry, with everything that it says.
//!
//! In: an entry. Out: a [`Card`]: fields and lists that text and Markdown show alike.
//!
//! Invariant: a field that an entry leaves empty is not shown; an entry that nothing confirms says so first.

use super::filters;
use super::find::Entry;
use super::flow::{FlowDetails, Selection};
use super::intent::{IntentView, RowView};
use super::record::{
    ApplicationView, ConditionView, NameView, PermissionSetView, PermissionView, PrerequisiteView,
    ReleaseView, RuleView,
};
use super::role::RoleDetails;
use super::table::align;
use super::values::{SourceView, joined};
use crate::catalogue::{Catalogue, DeploymentRule, FlowEntry, NameEntry, Permission, Text};
use askama::Template;

/// An entry as fields and lists.
#[derive(Debug, Template)]
#[template(path = "card.md", escape = "none", config = "src/reference/askama.toml")]
pub(super) struct Card {
    kind: &'static str,
    id: String,
    verified: bool,
    fields: Vec<(&'static str, String)>,
    lists: Vec<List>,
}

/// Lines under a heading.
#[derive(Debug)]
struct List {
    heading: &'static str,
    items: Vec<String>,
}

impl Card {
    /// The card of an entry; what else the catalogue says about it is looked up there.
    pub(super) fn new(catalogue: &Catalogue, entry: &Entry<'_>) -> Self {
        match entry {
            Entry::Role(role) => role_card(role),
            Entry::Intent(intent) => intent_card(intent),
            Entry::Flow(flow) => flow_card(flow),
            Entry::Condition(condition) => condition_card(catalogue, condition),
            Entry::Name(name) => name_card(name),
            Entry::PermissionSet(set) => permission_set_card(catalogue, set),
            Entry::Permission(permission) => permission_card(permission),
            Entry::Prerequisite(prerequisite) => prerequisite_card(prerequisite),
            Entry::Application(application) => application_card(application),
            Entry::Rule(rule) => rule_card(rule),
            Entry::Release(release) => release_card(release),
        }
    }

    /// The card for people.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{} {}\n", self.kind, self.id);
        if !self.verified {
            text.push_str("  unverified: no document that was read confirms it\n");
        }
        let rows: Vec<Vec<String>> =
            self.fields.iter().map(|(name, value)| vec![(*name).to_owned(), value.clone()]).collect();
        text.push_str(&align(&rows, "  "));
        for List { heading, items } in &self.lists {
            text.push_str(&format!("  {heading}:\n"));
            for item in items {
                text.push_str(&format!("    {item}\n"));
            }
        }
        text
    }

    /// The card as a page.
    pub(super) fn markdown(&self) -> String {
        // Rendering into a string can't fail.
        self.render().unwrap_or_default()
    }

    fn of(kind: &'static str, id: &str, verified: bool) -> Self {
        Self { kind, id: id.to_owned(), verified, fields: Vec::new(), lists: Vec::new() }
    }

    fn field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.fields.push((name, value));
        }
        self
    }

    fn maybe(self, name: &'static str, value: Option<&str>) -> Self {
        self.field(name, value.unwrap_or_default())
    }

    fn names(self, name: &'static str, list: &[Text]) -> Self {
        self.field(name, joined(list))
    }

    fn flag(self, name: &'static str, is_set: bool) -> Self {
        self.field(name, if is_set { "yes" } else { "" })
    }

    fn list(mut self, heading: &'static str, items: Vec<String>) -> Self {
        if !items.is_empty() {
            self.lists.push(List { heading, items });
        }
        self
    }

    fn sources(self, sources: &[SourceView<'_>]) -> Self {
        self.list("sources", sources.iter().map(SourceView::line).collect())
    }
}

fn role_card(details: &RoleDetails<'_>) -> Card {
    let RoleDetails { role, intents } = details;
    Card::of("role", role.name, role.verified)
        .field("title", role.title)
        .field("what", role.what)
        .field("tier", role.tier)
        .field("classes", role.classes.iter().map(|class| class.word()).collect::<Vec<_>>().join(", "))
        .names("also called", role.aliases)
        .flag("domain member", role.domain_member)
        .flag("provisioned", role.provisioned)
        .field("run in DaaS by", role.citrix_managed.daas)
        .field("run in DaaS Flex by", role.citrix_managed.daas_flex)
        .names("attributes", role.attributes)
        .names("stands for", role.members)
        .maybe("note", role.note)
        .field("left in intents", intents.left.join(", "))
        .field("right in intents", intents.right.join(", "))
        .field("via in intents", intents.via.join(", "))
}

/// What follows the id of an entry that no document confirms.
fn mark(verified: bool) -> &'static str {
    if verified { "" } else { " (unverified)" }
}

fn intent_card(intent: &IntentView<'_>) -> Card {
    let option = |(name, option): (&&str, &super::intent::OptionView<'_>)| {
        format!("{name} = {}: {}", option.values(), option.meaning())
    };
    let rows: Vec<String> = intent
        .rows
        .iter()
        .map(|row| format!("{}{}: {}", row.flow, mark(row.verified), row_line(row)))
        .collect();
    Card::of("intent", intent.name, true)
        .field("what", intent.what)
        .field("why", intent.why)
        .names("left", intent.left)
        .names("right", intent.right)
        .names("via", intent.via)
        .maybe("note", intent.note)
        .list("options, the default first", intent.options.iter().map(option).collect())
        .list("flows", rows)
}

/// A row in words, without its flow.
fn row_line(row: &RowView<'_>) -> String {
    let mut line = format!("{} on {}", row.ends(joined), row.opens());
    let conditions = row.conditions();
    if !conditions.is_empty() {
        line.push_str(&format!(", when {conditions}"));
    }
    if let Some(warn) = row.warn {
        line.push_str(&format!("; warns: {}; {}", warn.message, warn.help));
    }
    line
}

fn flow_card(details: &FlowDetails<'_>) -> Card {
    let FlowDetails { flow, selected_by } = details;
    let source_ports: Vec<String> = flow.source_ports.iter().map(ToString::to_string).collect();
    let changes = flow.changes.iter().map(|change| format!("{}: {}", change.release, change.what));
    let selection = |one: &Selection<'_>| format!("{}: {}", one.intent, row_line(&one.row));
    Card::of("flow", flow.id, flow.verified)
        .field("no rule comes of it", flow.absence())
        .field("from", flow.from)
        .field("to", flow.to)
        .field("started by", if flow.direction == "both" { "either end" } else { "" })
        .field("on", flow.opens())
        .field("source ports", source_ports.join(", "))
        .maybe("port decided by", flow.port_parameter)
        .flag("port picked at run time", flow.dynamic)
        .field("service", flow.service)
        .field("what", flow.what)
        .field("why", flow.why)
        .field("need", flow.need)
        .names("when", flow.when)
        .maybe("condition", flow.condition)
        .maybe("encryption", flow.encryption)
        .maybe("sensitivity", flow.sensitivity)
        .maybe("host name", flow.fqdn)
        .field("area", flow.area)
        .maybe("since", flow.since)
        .maybe("until", flow.until)
        .maybe("paired with", flow.paired_with)
        .maybe("note", flow.note)
        .list("selected by", selected_by.iter().map(selection).collect())
        .list("changes", changes.collect())
        .sources(&flow.sources)
}

fn condition_card(catalogue: &Catalogue, condition: &ConditionView<'_>) -> Card {
    let holds = |when: &[Text]| when.iter().any(|name| name == condition.name);
    let flows: Vec<&str> = catalogue.flows().filter(|flow| holds(flow.when())).map(FlowEntry::id).collect();
    let names: Vec<&str> = catalogue.names().filter(|name| holds(name.when())).map(NameEntry::id).collect();
    let rules: Vec<&str> =
        catalogue.rules().iter().filter(|rule| holds(rule.when())).map(DeploymentRule::id).collect();
    Card::of("condition", condition.name, true)
        .field("what", condition.text)
        .field("group", condition.group)
        .flag("only history", condition.never_selected)
        .names("excludes", condition.excludes)
        .names("implies", condition.implies)
        .names("implied by", condition.implied_by)
        .field("in flows", flows.join(", "))
        .field("in names", names.join(", "))
        .field("in rules", rules.join(", "))
}

fn name_card(name: &NameView<'_>) -> Card {
    Card::of("name", name.id, name.verified)
        .field("from", name.from)
        .maybe("to", name.to)
        .field("host name", name.fqdn)
        .names("parameters", name.template)
        .flag("wildcard", name.wildcard)
        .field("on", name.service.as_str())
        .field("what", name.what)
        .field("need", name.need)
        .names("when", name.when)
        .field("edition", name.edition)
        .maybe("TLS interception", name.tls_interception)
        .maybe("Azure service tag", name.azure_service_tag)
        .maybe("AWS endpoint", name.aws_endpoint)
        .maybe("note", name.note)
        .sources(&name.sources)
}

fn permission_set_card(catalogue: &Catalogue, set: &PermissionSetView<'_>) -> Card {
    let members = catalogue.permissions().iter().filter(|permission| permission.set() == set.name);
    Card::of("permission set", set.name, true)
        .field("what", set.what)
        .field("platform", set.platform)
        .list("permissions given as one list", set.permissions.iter().map(ToString::to_string).collect())
        .list("permissions", members.map(Permission::id).map(str::to_owned).collect())
        .sources(&set.sources)
}

fn permission_card(permission: &PermissionView<'_>) -> Card {
    Card::of("permission", permission.id, permission.verified)
        .field("permission", permission.permission)
        .field("platform", permission.platform)
        .field("what", permission.what)
        .field("stage", permission.stage)
        .field("need", permission.need)
        .field("set", permission.set)
        .maybe("resource", permission.resource)
        .maybe("condition", permission.condition)
        .maybe("scope", permission.scope)
        .sources(&permission.sources)
}

fn prerequisite_card(prerequisite: &PrerequisiteView<'_>) -> Card {
    Card::of("prerequisite", prerequisite.id, prerequisite.verified)
        .field("platform", prerequisite.platform)
        .field("what", prerequisite.what)
        .sources(&prerequisite.sources)
}

fn application_card(application: &ApplicationView<'_>) -> Card {
    Card::of("application", application.id, application.verified)
        .field("application id", application.application_id)
        .field("what", application.what)
        .sources(&application.sources)
}

fn rule_card(rule: &RuleView<'_>) -> Card {
    let without = rule.without_rule.map(|without| {
        if without.quoted { format!("\"{}\"", without.text) } else { without.text.to_owned() }
    });
    Card::of("rule", rule.id, rule.verified)
        .field("statement", rule.statement)
        .field("severity", rule.severity)
        .field("area", rule.area)
        .field("check", rule.check)
        .names("kept by", rule.kept_by)
        .names("platforms", rule.platforms)
        .names("when", rule.when)
        .names("flows", rule.flows)
        .maybe("when not kept", without.as_deref())
        .maybe("note", rule.note)
        .sources(&rule.sources)
}

fn release_card(release: &ReleaseView<'_>) -> Card {
    Card::of("release", release.name, true)
        .field("title", release.title)
        .field("rows", release.rows.to_string())
        .maybe("note", release.note)
}
