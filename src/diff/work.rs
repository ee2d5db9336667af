//! The order in which to carry the changes out.
//!
//! In: the changes. Out: [`Step`]s: what has to be there first, new allows, exceptions on their days, observation before
//! enforcement, removals last.
//!
//! Invariant: at no step is anything closed that a later step needs, and nothing is enforced before it was observed.

mod rows;

use super::classify::Both;
use super::later;
use super::release::Exception;
use super::rules::RuleChange;
use super::states::DAYS_OF_LOGS;
use super::{Change, Class, Effect, Level, model, states, words};
use crate::policy::EnforcementState;
use std::collections::BTreeSet;
use time::{Date, Duration};

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
    steps.extend(rows::points(rules, Effect::Opens));
    steps.extend(rows::differing(both, changes, rules, Effect::Opens, "add what opens"));
    steps.extend(rows::moved(changes, rules, Effect::Opens));
    steps.extend(rows::renamed(changes, rules));
    steps.extend(groups(both, changes));
    steps.extend(exceptions(both, changes));
    steps.extend(lasting(both, changes));
    steps.extend(states(both, changes));
    let removal = "when nothing uses it any more, remove what closes";
    steps.extend(rows::differing(both, changes, rules, Effect::Closes, removal));
    steps.extend(rows::moved(changes, rules, Effect::Closes));
    steps.extend(rows::points(rules, Effect::Closes));
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

/// Grants of the second release that a change is about: artefacts are of a day, so they are applied on the first and on the
/// last one.
fn exceptions(both: &Both<'_>, changes: &[Change]) -> Vec<Step> {
    let [_, after] = both.releases;
    let day = later::first_day(both.releases);
    let mut alive: Vec<&Exception> = after.exceptions_alive(day).collect();
    alive.sort_by_key(|exception| (exception.starts.max(day), &exception.name));
    let mut steps = Vec::new();
    for exception in alive {
        let statement = exception.statement();
        let is_dated = |change: &Change| change.is_redated || !change.flows.is_empty();
        let is_about = |change: &Change| {
            let rows = || exception.flows.iter().map(|flow| &flow.row);
            let is_later = change.packets == 0 && rows().any(|row| change.rows.contains(row));
            is_dated(change) && (change.statement == statement || is_later)
        };
        let found = positions(changes, is_about);
        if !found.is_empty() {
            let (from, name, expires) = (exception.starts.max(day), &exception.name, exception.expires);
            let what = format!(
                "for exception `{name}` apply the artefacts of {from}, and those of {expires} on the day when it ends"
            );
            steps.push(Step { what, from: Some(from), changes: found });
        }
    }
    steps
}

/// What lasting lines open on a later day: the artefacts of the second release have it from the first day on.
fn lasting(both: &Both<'_>, changes: &[Change]) -> Vec<Step> {
    let [_, after] = both.releases;
    let mut steps = Vec::new();
    for (at, change) in changes.iter().enumerate() {
        let is_wanted = change.packets == 0 && change.opens_access() && change.level == Level::Intent;
        let is_granted = change.rows.iter().any(|row| after.exception_of(row).is_some());
        if let Some(starts) = change.starts.filter(|_| is_wanted && !is_granted) {
            let what = words::flows(change.flows.iter());
            let what = format!("apply the artefacts of this release before {starts}, and keep them: {what}");
            steps.push(Step::new(what, vec![at]));
        }
    }
    steps
}

/// Roles that wear another group than before.
fn groups(both: &Both<'_>, changes: &[Change]) -> Vec<Step> {
    let [before, after] = both.releases;
    let mut steps = Vec::new();
    for (id, pair) in both.pairing.pairs() {
        let parties =
            (pair.before.and_then(|at| before.party(at)), pair.after.and_then(|at| after.party(at)));
        let (Some(old), Some(new)) = parties else { continue };
        let (worn, wears) = (model::group(both, false, old), model::group(both, true, new));
        if worn == wears || !new.enforced {
            continue;
        }
        let name = both.pairing.name(id);
        let group = wears.map_or("its own group".to_owned(), |group| format!("the group of `{group}`"));
        let is_about =
            |change: &Change| change.class == Class::Model && change.roles.iter().any(|role| role == name);
        let what = format!("give `{name}` {group} in place of the one that it has");
        steps.push(Step::new(what, positions(changes, is_about)));
    }
    steps
}

/// Observation, then enforcement, by day.
fn states(both: &Both<'_>, changes: &[Change]) -> Vec<Step> {
    let [_, after] = both.releases;
    let rollout = after.rollout.as_ref();
    let days = rollout.and_then(|rollout| rollout.observe).unwrap_or(DAYS_OF_LOGS);
    let mut steps = Vec::new();
    let to_do = |change: &Change| change.class == Class::State && !change.is_moot;
    for (at, change) in changes.iter().enumerate().filter(|(_, change)| to_do(change)) {
        let names = words::quoted(change.roles.iter().map(String::as_str));
        let role = change.roles.first().and_then(|role| after.find(role));
        let state = role.and_then(|role| after.party(role)).and_then(|role| role.state);
        if change.loosens && state.is_some() && change.starts.is_some() {
            steps.push(Step::new(format!("put {names} to {}", states::word(state)), vec![at]));
        }
        let what = match change.starts {
            Some(day) if !change.roles.is_empty() && state == Some(EnforcementState::Save) => {
                format!("enforce {names} from {day}; in save nothing is logged that could be read before")
            }
            Some(day) if !change.roles.is_empty() => {
                let first = day.checked_sub(Duration::days(i64::from(days)));
                let logs = match first.zip(day.previous_day()) {
                    Some((first, last)) if days > 0 => format!("{days} days of logs ({first} to {last})"),
                    _ => format!("{days} days of logs"),
                };
                format!("read {logs} in monitor, then enforce {names} from {day}")
            }
            None if !change.roles.is_empty() => format!("change the state of {}", change.what),
            _ => continue,
        };
        steps.push(Step { what, from: change.starts, changes: vec![at] });
    }
    steps.sort_by_key(|step| step.from);
    steps
}
