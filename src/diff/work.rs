//! The order in which to carry the changes out.
//!
//! In: the changes. Out: [`Step`]s: what has to be there first, new allows, exceptions on their days, observation before
//! enforcement, removals last.
//!
//! Invariant: at no step is anything closed that a later step needs, and nothing is enforced before it was observed.

use super::classify::Both;
use super::rules::{RuleChange, RuleEffect};
use super::states::DAYS_OF_LOGS;
use super::{Change, ChangedFlow, Class, Effect, Level, words};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to do, in a line.
    pub what: String,
    /// Not before this day.
    pub from: Option<Date>,
    /// Positions in [`super::Comparison::changes`] of what it carries out.
    pub changes: Vec<usize>,
}

impl Step {
    fn new(what: impl Into<String>, changes: Vec<usize>) -> Self {
        Self { what: what.into(), from: None, changes }
    }
}

/// The steps.
pub(super) fn order(both: &Both<'_>, changes: &[Change], rules: &[RuleChange]) -> Vec<Step> {
    let mut steps = Vec::new();
    steps.extend(repair(both));
    steps.extend(prepare(changes));
    steps.extend(rows(both, changes, Effect::Opens, "add what opens"));
    steps.extend(moved(changes, rules, Effect::Opens));
    steps.extend(exceptions(both, changes));
    steps.extend(states(both, changes));
    steps.extend(rows(both, changes, Effect::Closes, "when nothing uses it any more, remove what closes"));
    steps.extend(moved(changes, rules, Effect::Closes));
    steps
}

/// A release that does not compile can't be applied.
fn repair(both: &Both<'_>) -> Option<Step> {
    let [_, after] = both.releases;
    let errors = after.findings.iter().flatten().filter(|finding| finding.severity == "error");
    let codes: BTreeSet<&str> = errors.map(|finding| finding.code.as_str()).collect();
    let what =
        format!("repair the site: it has errors ({})", codes.iter().copied().collect::<Vec<_>>().join(", "));
    (!codes.is_empty()).then(|| Step::new(what, Vec::new()))
}

fn positions(changes: &[Change], wanted: impl Fn(&Change) -> bool) -> Vec<usize> {
    changes.iter().enumerate().filter(|(_, change)| wanted(change)).map(|(at, _)| at).collect()
}

/// What a rule can't be written without.
fn prepare(changes: &[Change]) -> Vec<Step> {
    let is_new = |change: &Change| matches!(change.class, Class::Model | Class::Need) && change.is_new;
    let found = positions(changes, is_new);
    let names: Vec<String> =
        found.iter().filter_map(|at| changes.get(*at)).map(|change| change.statement.clone()).collect();
    let what = format!("have ready what is new: {}", words::listed(&names, ", "));
    if found.is_empty() { Vec::new() } else { vec![Step::new(what, found)] }
}

/// The rows that open or close, by the platform that enforces them.
fn rows(both: &Both<'_>, changes: &[Change], effect: Effect, what: &str) -> Option<Step> {
    // What waits for a day has a step of its own; what artefacts let pass besides comes and goes with the rows.
    let has_part = |change: &Change| {
        let is_effect = change.flows.iter().any(|flow| flow.effect == effect);
        is_effect && change.level == Level::Intent && change.packets > 0
    };
    let found = positions(changes, has_part);
    let flows = || found.iter().filter_map(|at| changes.get(*at)).flat_map(|change| &change.flows);
    let of_effect = || flows().filter(|flow| flow.effect == effect);
    let wanted: BTreeSet<&str> = of_effect().map(|flow| flow.row.as_str()).collect();
    let kept = kept(changes);
    let said = |row: &str| {
        let parts: BTreeSet<String> =
            of_effect().filter(|flow| flow.row == row && kept.contains(row)).map(part).collect();
        if parts.is_empty() {
            row.to_owned()
        } else {
            format!("{row} ({})", Vec::from_iter(parts).join(", "))
        }
    };
    let mut platforms: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut elsewhere = wanted.clone();
    for artefact in both.own(effect == Effect::Opens).artefacts.iter().flatten() {
        for row in
            artefact.rules.iter().flat_map(|rule| &rule.rows).filter(|row| wanted.contains(row.as_str()))
        {
            platforms.entry(&artefact.platform).or_default().insert(row);
            elsewhere.remove(row.as_str());
        }
    }
    let mut parts = by_platform(&platforms, said);
    if !elsewhere.is_empty() {
        let rows: Vec<String> = elsewhere.iter().map(|row| said(row)).collect();
        parts.push(format!("enforced elsewhere rows {}", rows.join(", ")));
    }
    (!found.is_empty()).then(|| Step::new(format!("{what}: {}", parts.join("; ")), found))
}

/// Rows of which a part opens and another part closes: their ids alone don't say what to do.
fn kept(changes: &[Change]) -> BTreeSet<&str> {
    let rows = |effect: Effect| -> BTreeSet<&str> {
        let flows = changes.iter().flat_map(|change| &change.flows);
        flows.filter(|flow| flow.effect == effect).map(|flow| flow.row.as_str()).collect()
    };
    rows(Effect::Opens).intersection(&rows(Effect::Closes)).copied().collect()
}

/// The part of a row that opens or closes.
fn part(flow: &ChangedFlow) -> String {
    let (from, to) = (flow.from_addresses.join(" "), flow.to_addresses.join(" "));
    format!("{} from {from} to {to}", flow.services)
}

/// Rules that a platform gets, or loses, for rows of which no packet opens, or closes: their role moved, or a rule was split.
fn moved(changes: &[Change], rules: &[RuleChange], effect: Effect) -> Option<Step> {
    let told: BTreeSet<&str> = changes
        .iter()
        .flat_map(|change| &change.flows)
        .filter(|flow| flow.effect == effect)
        .map(|flow| flow.row.as_str())
        .collect();
    let (wanted, what) = match effect {
        Effect::Opens => (RuleEffect::Added, "add what is enforced in another place now"),
        Effect::Closes => (RuleEffect::Removed, "remove what is enforced in another place now"),
    };
    let mut platforms: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.is_main && rule.effect == wanted) {
        let mut rows = rule.rows.iter().map(String::as_str).filter(|row| !told.contains(row)).peekable();
        if rows.peek().is_some() {
            platforms.entry(&rule.platform).or_default().extend(rows);
        }
    }
    let parts = by_platform(&platforms, str::to_owned);
    (!parts.is_empty()).then(|| Step::new(format!("{what}: {}", parts.join("; ")), Vec::new()))
}

/// Rows by platform, as people read them.
fn by_platform(
    platforms: &BTreeMap<&str, BTreeSet<&str>>,
    said: impl Fn(&str) -> String + Copy,
) -> Vec<String> {
    let joined = |rows: &BTreeSet<&str>| rows.iter().map(|row| said(row)).collect::<Vec<_>>().join(", ");
    platforms.iter().map(|(platform, rows)| format!("on `{platform}` rows {}", joined(rows))).collect()
}

/// Grants that wait for their day.
fn exceptions(both: &Both<'_>, changes: &[Change]) -> Vec<Step> {
    let [_, after] = both.releases;
    let mut steps = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        // Only a grant has a last day.
        let days = change.starts.zip(change.expires).filter(|_| change.opens_access());
        let Some((starts, expires)) = days else { continue };
        let from = after.header.as_of.map_or(starts, |day| day.max(starts));
        let name = change.statement.trim_start_matches("exception ");
        let what = format!(
            "for exception `{name}` apply the artefacts of {from}, and those of {expires} on the day when it ends"
        );
        steps.push(Step { what, from: Some(from), changes: vec![at] });
    }
    steps.sort_by_key(|step| step.from);
    steps
}

/// Observation, then enforcement, by day.
fn states(both: &Both<'_>, changes: &[Change]) -> Vec<Step> {
    let [_, after] = both.releases;
    let rollout = after.rollout.as_ref();
    let days = rollout.and_then(|rollout| rollout.observe).unwrap_or(DAYS_OF_LOGS);
    let mut steps = Vec::new();
    for (at, change) in changes.iter().enumerate().filter(|(_, change)| change.class == Class::State) {
        let names = words::quoted(change.roles.iter().map(String::as_str));
        let what = match change.starts {
            Some(day) if !change.roles.is_empty() => {
                format!("read {days} days of logs in monitor, then enforce {names} from {day}")
            }
            None if !change.roles.is_empty() => format!("change the state of {}", change.what),
            _ => continue,
        };
        steps.push(Step { what, from: change.starts, changes: vec![at] });
    }
    steps.sort_by_key(|step| step.from);
    steps
}
