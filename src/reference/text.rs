//! Lists for people: an entry a line.
//!
//! In: a [`Listing`]. Out: text with a heading and a count for each section.
//!
//! Invariant: one entry a line, and a text of an entry never breaks it.

use super::flow::FlowView;
use super::intent::IntentView;
use super::list::{Extent, Listing};
use super::record::{
    ApplicationView, ConditionView, NameView, PermissionSetView, PermissionView, PrerequisiteView,
    ReleaseView, RuleView,
};
use super::role::RoleView;
use super::table::align;
use super::values::{joined, shortened};

type Cells = Vec<String>;

/// The sections of a listing, one after the other.
pub(super) fn list(listing: &Listing<'_>, extent: Extent) -> String {
    let sections = [
        section("roles", listing.roles.as_deref(), role),
        section("conditions", listing.conditions.as_deref(), condition),
        listing.flows.as_deref().map(|list| flows(listing.release, list, extent)),
        section("intents, the default of an option first", listing.intents.as_deref(), intent),
        section("names", listing.names.as_deref(), name),
        section("permission sets", listing.permission_sets.as_deref(), permission_set),
        section("permissions", listing.permissions.as_deref(), permission),
        section("prerequisites", listing.prerequisites.as_deref(), prerequisite),
        section("applications", listing.applications.as_deref(), application),
        section("rules", listing.rules.as_deref(), rule),
        section("releases, oldest first", listing.releases.as_deref(), release),
    ];
    sections.into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn section<V>(heading: &str, views: Option<&[V]>, cells: impl Fn(&V) -> Cells) -> Option<String> {
    let rows: Vec<Cells> = views?.iter().map(cells).collect();
    Some(format!("{heading} ({})\n{}", rows.len(), align(&rows, "  ")))
}

fn flows(release: &str, list: &[FlowView<'_>], extent: Extent) -> String {
    let rows: Vec<Cells> =
        list.iter().filter(|flow| extent == Extent::All || flow.is_current()).map(flow).collect();
    let more = list.len() - rows.len();
    let rest = if more > 0 { format!(", {more} more with --all") } else { String::new() };
    format!("flows of {release} ({}{rest})\n{}", rows.len(), align(&rows, "  "))
}

fn words(cells: &[&str]) -> Cells {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// What stands behind an entry that no document confirms.
fn doubt(verified: bool) -> &'static str {
    if verified { "" } else { "unverified" }
}

fn role(role: &RoleView<'_>) -> Cells {
    let aliases = joined(role.aliases);
    let also = if aliases.is_empty() { aliases } else { format!("also: {aliases}") };
    words(&[role.name, role.title, doubt(role.verified), &also])
}

fn condition(condition: &ConditionView<'_>) -> Cells {
    words(&[condition.name, condition.group, condition.text])
}

pub(super) fn flow(flow: &FlowView<'_>) -> Cells {
    words(&[
        flow.id,
        &flow.ends(),
        &flow.opens(),
        flow.encryption.unwrap_or(""),
        flow.sensitivity.unwrap_or(""),
        doubt(flow.verified),
        &flow.absence(),
    ])
}

fn intent(intent: &IntentView<'_>) -> Cells {
    let via = if intent.via.is_empty() { String::new() } else { format!(" [via {}]", shortened(intent.via)) };
    let sides = format!("{} -> {}{via}", shortened(intent.left), shortened(intent.right));
    words(&[intent.name, &sides, &intent.options_line()])
}

fn name(name: &NameView<'_>) -> Cells {
    words(&[
        name.id,
        &format!("{} -> {}", name.from, name.fqdn),
        &name.service,
        name.edition,
        name.need,
        doubt(name.verified),
    ])
}

fn permission_set(set: &PermissionSetView<'_>) -> Cells {
    words(&[set.name, set.platform, set.what])
}

fn permission(permission: &PermissionView<'_>) -> Cells {
    words(&[
        permission.id,
        permission.platform,
        permission.permission,
        permission.stage,
        permission.need,
        doubt(permission.verified),
    ])
}

fn prerequisite(prerequisite: &PrerequisiteView<'_>) -> Cells {
    words(&[prerequisite.id, prerequisite.platform, doubt(prerequisite.verified), prerequisite.what])
}

fn application(application: &ApplicationView<'_>) -> Cells {
    words(&[application.id, application.application_id, doubt(application.verified), application.what])
}

fn rule(rule: &RuleView<'_>) -> Cells {
    words(&[rule.id, rule.area, rule.severity, doubt(rule.verified), rule.statement])
}

fn release(release: &ReleaseView<'_>) -> Cells {
    words(&[release.name, &format!("{} rows", release.rows), release.title])
}
