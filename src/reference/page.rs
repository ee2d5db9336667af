//! The reference page.
//!
//! In: a [`Listing`]. Out: Markdown with an overview, one part for each section, and links between entries.
//!
//! Invariant: what stands in a cell is escaped by a filter, and every link leads to a place of the page itself.

use super::filters;
use super::flow::FlowView;
use super::list::{Extent, Listing};
use super::record::{ConditionView, NameView, PermissionView, RuleView};
use super::role::RoleView;
use super::values;
use crate::catalogue::Text;
use askama::Template;
use std::collections::{BTreeMap, BTreeSet};

/// The page of a listing.
#[derive(Template)]
#[template(path = "page.md", escape = "none", config = "src/reference/askama.toml")]
struct Page<'v, 'a> {
    listing: &'v Listing<'a>,
    overview: Vec<Line>,
    tiers: Groups<'v, RoleView<'a>>,
    areas: Groups<'v, FlowView<'a>>,
    /// Flows of which no rule comes.
    others: Vec<&'v FlowView<'a>>,
    conditions: Groups<'v, ConditionView<'a>>,
    names: Groups<'v, NameView<'a>>,
    permissions: Groups<'v, PermissionView<'a>>,
    rules: Groups<'v, RuleView<'a>>,
    /// Ids of the flows that the page has.
    places: BTreeSet<&'v str>,
}

/// A section in the overview.
struct Line {
    title: &'static str,
    entries: usize,
    unverified: usize,
}

/// Entries that have a word in common, in the order of the words.
type Groups<'v, V> = Vec<(&'v str, Vec<&'v V>)>;

/// Renders a listing.
pub(super) fn render(listing: &Listing<'_>, extent: Extent) -> String {
    let flows = listing.flows.as_deref().unwrap_or_default();
    let (current, mut others): (Vec<&FlowView<'_>>, Vec<_>) =
        flows.iter().partition(|flow| flow.is_current());
    if extent == Extent::Current {
        others.clear();
    }
    let page = Page {
        listing,
        overview: overview(listing, &current, &others),
        places: current.iter().chain(&others).map(|flow| flow.id).collect(),
        tiers: groups(all(listing.roles.as_deref()), |role| role.tier),
        areas: groups(current, |flow| flow.area),
        others,
        conditions: groups(all(listing.conditions.as_deref()), |condition| condition.group),
        names: groups(all(listing.names.as_deref()), |name| name.from),
        permissions: groups(all(listing.permissions.as_deref()), |permission| permission.set),
        rules: groups(all(listing.rules.as_deref()), |rule| rule.area),
    };
    // Rendering into a string can't fail.
    page.render().unwrap_or_default()
}

fn all<V>(views: Option<&[V]>) -> Vec<&V> {
    views.unwrap_or_default().iter().collect()
}

fn groups<'v, V>(views: Vec<&'v V>, word: impl Fn(&'v V) -> &'v str) -> Groups<'v, V> {
    let mut groups: BTreeMap<&str, Vec<&V>> = BTreeMap::new();
    for view in views {
        groups.entry(word(view)).or_default().push(view);
    }
    groups.into_iter().collect()
}

fn overview(listing: &Listing<'_>, current: &[&FlowView<'_>], others: &[&FlowView<'_>]) -> Vec<Line> {
    let flows = |title: &'static str, list: &[&FlowView<'_>]| {
        let unverified = list.iter().filter(|flow| !flow.verified).count();
        (listing.flows.is_some() && !list.is_empty()).then_some(Line {
            title,
            entries: list.len(),
            unverified,
        })
    };
    let lines = [
        line("Roles", listing.roles.as_deref(), |role| role.verified),
        line("Intents", listing.intents.as_deref(), |_| true),
        flows("Flows", current),
        flows("Flows without rules", others),
        line("Conditions", listing.conditions.as_deref(), |_| true),
        line("Names", listing.names.as_deref(), |name| name.verified),
        line("Permission sets", listing.permission_sets.as_deref(), |_| true),
        line("Permissions", listing.permissions.as_deref(), |permission| permission.verified),
        line("Prerequisites", listing.prerequisites.as_deref(), |one| one.verified),
        line("Applications", listing.applications.as_deref(), |application| application.verified),
        line("Rules", listing.rules.as_deref(), |rule| rule.verified),
        line("Releases", listing.releases.as_deref(), |_| true),
    ];
    lines.into_iter().flatten().collect()
}

fn line<V>(title: &'static str, views: Option<&[V]>, verified: impl Fn(&V) -> bool) -> Option<Line> {
    let views = views?;
    let unverified = views.iter().filter(|view| !verified(view)).count();
    Some(Line { title, entries: views.len(), unverified })
}

impl Page<'_, '_> {
    /// Says that nothing confirms an entry, where that is so.
    fn doubt(&self, verified: &bool) -> &'static str {
        if *verified { "" } else { " **unverified**" }
    }

    /// A flow's id, as a link where the page has the flow.
    fn flow_link(&self, id: &str) -> String {
        link("flow", id, self.places.contains(id))
    }

    /// Names of intents, as links where the page has them.
    fn intent_links(&self, names: &[&str]) -> String {
        let has = self.listing.intents.is_some();
        names.iter().map(|name| link("intent", name, has)).collect::<Vec<_>>().join(", ")
    }

    /// The name of a permission set, as a link where the page has permissions of it.
    fn set_link(&self, name: &str) -> String {
        link("permissions", name, self.permissions.iter().any(|(set, _)| *set == name))
    }

    fn joined(&self, names: &[Text]) -> String {
        values::joined(names)
    }
}

fn link(kind: &str, id: &str, has_place: bool) -> String {
    let code = filters::as_code(id);
    if has_place { format!("[{code}](#{kind}-{})", filters::place(id)) } else { code }
}
