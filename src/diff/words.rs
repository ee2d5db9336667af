//! Words of changes: roles and services in a line.

use super::ChangedFlow;
use crate::policy::service::ServiceSet;
use std::collections::{BTreeMap, BTreeSet};

/// Most pairs of roles that a line names; the others are counted.
const MOST_NAMED: usize = 4;

/// Names in backticks, joined.
pub(super) fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// `users to vda-az, vda-dc on udp/1494, udp/2598; ...`
pub(super) fn flows<'a>(flows: impl Iterator<Item = &'a ChangedFlow>) -> String {
    let mut pairs: BTreeMap<(&str, &str), ServiceSet> = BTreeMap::new();
    for flow in flows {
        let services = pairs.entry((&flow.from, &flow.to)).or_default();
        *services = services.union(&flow.services);
    }
    let mut by_source: BTreeMap<(&str, ServiceSet), Vec<&str>> = BTreeMap::new();
    for ((from, to), services) in pairs {
        by_source.entry((from, services)).or_default().push(to);
    }
    let mut by_targets: BTreeMap<(Vec<&str>, ServiceSet), Vec<&str>> = BTreeMap::new();
    for ((from, services), to) in by_source {
        by_targets.entry((to, services)).or_default().push(from);
    }
    let lines: Vec<String> = by_targets
        .into_iter()
        .map(|((to, services), from)| format!("{} to {} on {services}", from.join(", "), to.join(", ")))
        .collect();
    listed(&lines, "; ")
}

/// `users to vda-az, vda-dc; ...`
pub(super) fn pairs<'a>(flows: impl Iterator<Item = &'a ChangedFlow>) -> String {
    let mut by_source: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for flow in flows {
        by_source.entry(&flow.from).or_default().insert(&flow.to);
    }
    let mut by_targets: BTreeMap<BTreeSet<&str>, Vec<&str>> = BTreeMap::new();
    for (from, to) in by_source {
        by_targets.entry(to).or_default().push(from);
    }
    let line = |(to, from): (BTreeSet<&str>, Vec<&str>)| {
        format!("{} to {}", from.join(", "), to.into_iter().collect::<Vec<_>>().join(", "))
    };
    listed(&by_targets.into_iter().map(line).collect::<Vec<_>>(), "; ")
}

/// Some texts in a line; those beyond what a reader takes in are counted.
pub(super) fn listed(texts: &[String], between: &str) -> String {
    let shown: Vec<&str> = texts.iter().take(MOST_NAMED).map(String::as_str).collect();
    match texts.len().checked_sub(MOST_NAMED) {
        Some(more) if more > 0 => format!("{} and {more} more", shown.join(between)),
        _ => shown.join(between),
    }
}
