//! What enforcement points do with what no rule permits, and from when on.
//!
//! In: the states and the rollout of two releases. Out: one change for each way in which states differ, with its risk.
//!
//! Invariant: a role that only one release has changes no state.

use super::classify::Both;
use super::pairing::PairId;
use super::release::{Artefact, Place, Release, Rollout};
use super::rules::RuleChange;
use super::{Change, Class, words};
use crate::policy::EnforcementState;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// Days of logs that are read before enforcement where the site names no number.
pub(super) const DAYS_OF_LOGS: u32 = 14;

/// What holds for a role: the state on the as-of day, and the day from which it is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    state: Option<EnforcementState>,
    enforced_from: Option<Date>,
}

pub(super) fn word(state: Option<EnforcementState>) -> &'static str {
    match state {
        Some(EnforcementState::Save) => "save",
        Some(EnforcementState::Monitor) => "monitor",
        Some(EnforcementState::Enforce) => "enforce",
        None => "no rollout",
    }
}

/// How much is stopped: enforcement most.
fn weight(state: Option<EnforcementState>) -> u8 {
    match state {
        Some(EnforcementState::Save) => 0,
        Some(EnforcementState::Monitor) => 1,
        Some(EnforcementState::Enforce) | None => 2,
    }
}

/// Whether a state drops what no rule permits.
pub(super) fn stops(state: Option<EnforcementState>) -> bool {
    weight(state) == weight(None)
}

/// Adds what differs in states.
pub(super) fn compare(both: &Both<'_>, rules: &[RuleChange], changes: &mut Vec<Change>) {
    let [before, after] = both.releases;
    let (Some(old), Some(new)) = (&before.rollout, &after.rollout) else { return };
    let mut moves: BTreeMap<(Standing, Standing, bool), Vec<PairId>> = BTreeMap::new();
    for (id, pair) in both.pairing.pairs() {
        let standing = |release: &Release, rollout: &Rollout, party: Option<super::release::PartyId>| {
            let role = party.and_then(|party| release.party(party)).filter(|role| role.platform.is_some())?;
            let enforced_from = party.and_then(|party| rollout.enforce.get(&party)).map(|(day, _)| *day);
            Some(Standing { state: role.state, enforced_from })
        };
        let standings = (standing(before, old, pair.before), standing(after, new, pair.after));
        if let (Some(old), Some(new)) = standings
            && old != new
        {
            moves.entry((old, new, is_moot(both, id))).or_default().push(id);
        }
    }
    for ((old_standing, new_standing, is_moot), pairs) in moves {
        let mut change = moved(both, new, (old_standing, new_standing), &pairs);
        if is_moot {
            forget(&mut change);
        } else {
            if old_standing.state != new_standing.state {
                judge(both, rules, (old_standing, new_standing), &pairs, &mut change);
            }
            put_off(both, (old_standing, new_standing), &pairs, &mut change);
        }
        changes.push(change);
    }
    if old.observe != new.observe {
        let days =
            |rollout: &Rollout| rollout.observe.map_or("no number".to_owned(), |days| days.to_string());
        let what = format!("days of logs to read before enforcement: {}, before: {}", days(new), days(old));
        changes.push(Change::new(Class::State, what, "rollout", new.place.clone()));
    }
}

/// Says where enforcement comes later or not at all: on the days in between the first release would have dropped.
fn put_off(both: &Both<'_>, (old, new): (Standing, Standing), pairs: &[PairId], change: &mut Change) {
    let Some(was) = old.enforced_from.filter(|_| !stops(old.state)) else { return };
    // Without a rollout a platform does what it does by itself.
    let drops_now = match new.state {
        Some(_) => stops(new.state),
        None => pairs.iter().all(|pair| is_dropping(both, true, *pair)),
    };
    let days = match new.enforced_from {
        _ if drops_now => return,
        Some(is) if was < is => format!("from {was} until {is}"),
        Some(_) => return,
        None => format!("from {was} on"),
    };
    change.loosens = true;
    change.is_moot = false;
    change.starts = new.enforced_from;
    change.notes = vec![format!("risk: {days} what no rule permits passes that would have been dropped")];
}

fn moved(both: &Both<'_>, rollout: &Rollout, (old, new): (Standing, Standing), pairs: &[PairId]) -> Change {
    let names: Vec<&str> = pairs.iter().map(|pair| both.pairing.name(*pair)).collect();
    let day = |standing: Standing| standing.enforced_from.map(|day| format!("from {day}"));
    let mut what = words::quoted(names.iter().copied());
    what.push_str(": ");
    what.push_str(&match (old.state == new.state, day(new)) {
        (false, Some(from)) => format!("{} to {}, enforced {from}", word(old.state), word(new.state)),
        (false, None) => format!("{} to {}", word(old.state), word(new.state)),
        (true, Some(from)) => format!("{}, enforced {from}", word(new.state)),
        (true, None) => format!("{}, and no day of enforcement any more", word(new.state)),
    });
    if let Some(was) = day(old).filter(|_| new.enforced_from.is_some()) {
        what.push_str(&format!(", and was {was}"));
    }
    let mut change = Change::new(Class::State, what, "rollout", place(both, rollout, pairs));
    change.roles = names.into_iter().map(str::to_owned).collect();
    change.starts = new.enforced_from;
    change.notes = risk(both, old, new);
    change
}

/// Whether the platform of a role drops whatever a rollout says: its artefact drops on a day on which the role is not
/// enforced, or has nothing that could drop.
fn is_moot(both: &Both<'_>, pair: PairId) -> bool {
    [false, true].into_iter().any(|after| {
        let release = both.own(after);
        let party = both.party(after, pair).and_then(|party| release.party(party));
        party.is_some_and(|party| party.state.is_some() && !stops(party.state))
            && is_dropping(both, after, pair)
    })
}

/// Whether all that is written for the platform of a role drops what no rule permits.
fn is_dropping(both: &Both<'_>, after: bool, pair: PairId) -> bool {
    let release = both.own(after);
    let Some(party) = both.party(after, pair).and_then(|party| release.party(party)) else { return false };
    let mut written =
        release.artefacts.iter().flatten().filter(|one| Some(&one.platform) == party.platform.as_ref());
    let is_dropping = |one: &Artefact| {
        one.rules.iter().filter_map(|rule| rule.state).all(|state| state == EnforcementState::Enforce)
    };
    written.next().is_some_and(is_dropping)
}

/// A state that no artefact follows is words, and nothing to do.
fn forget(change: &mut Change) {
    change.starts = None;
    change.is_moot = true;
    change.notes =
        vec!["no artefact changes with it: its platform knows no states, or has it already".to_owned()];
}

/// Holds a change of the state of a day against the artefacts: what a platform does without a rollout is its own.
fn judge(
    both: &Both<'_>,
    rules: &[RuleChange],
    (old, new): (Standing, Standing),
    pairs: &[PairId],
    change: &mut Change,
) {
    change.loosens = stops(old.state) && !stops(new.state);
    if both.releases.iter().any(|release| release.artefacts.is_none()) {
        return;
    }
    let party = |pair: &PairId| both.party(true, *pair).and_then(|party| both.own(true).party(party));
    let platforms: BTreeSet<&str> =
        pairs.iter().filter_map(party).filter_map(|party| party.platform.as_deref()).collect();
    // A platform's points go to the states of their own roles.
    let is_own = |(was, is): &(EnforcementState, EnforcementState)| {
        old.state.is_none_or(|state| state == *was) && new.state.is_none_or(|state| state == *is)
    };
    let moves: Vec<(EnforcementState, EnforcementState)> = rules
        .iter()
        .filter(|rule| platforms.contains(rule.platform.as_str()))
        .filter_map(RuleChange::states)
        .filter(is_own)
        .collect();
    if moves.is_empty() {
        change.loosens = false;
        forget(change);
    } else if old.state.is_none() || new.state.is_none() {
        let is_some = |is_of: fn(bool, bool) -> bool| {
            moves.iter().any(|(was, is)| is_of(stops(Some(*was)), stops(Some(*is))))
        };
        change.loosens = is_some(|was, is| was && !is);
        change.notes = match (change.loosens, is_some(|was, is| !was && is)) {
            (true, _) => vec![PASSES_AGAIN.to_owned()],
            (false, true) => vec![drops(both)],
            (false, false) => Vec::new(),
        };
    }
}

/// The risk of enforcing less.
const PASSES_AGAIN: &str = "risk: what no rule permits passes again";

/// The risk of enforcement.
fn drops(both: &Both<'_>) -> String {
    let [_, after] = both.releases;
    let days = after.rollout.as_ref().and_then(|rollout| rollout.observe).unwrap_or(DAYS_OF_LOGS);
    format!(
        "risk: what no rule permits is dropped then; read {days} days of logs before, and keep the way back ready"
    )
}

fn place(both: &Both<'_>, rollout: &Rollout, pairs: &[PairId]) -> Place {
    let dated = pairs.iter().filter_map(|pair| rollout.enforce.get(&both.party(true, *pair)?));
    dated.map(|(_, place)| place.clone()).next().unwrap_or_else(|| rollout.place.clone())
}

/// What may go wrong.
fn risk(both: &Both<'_>, old: Standing, new: Standing) -> Vec<String> {
    let tightens = weight(new.state) > weight(old.state)
        || (new.state == old.state && new.enforced_from.is_some() && weight(new.state) < 2);
    match (tightens, weight(new.state) < weight(old.state)) {
        (true, _) if weight(new.state) < 2 && new.enforced_from.is_none() => {
            vec!["risk: none for traffic; what no rule permits is logged".to_owned()]
        }
        (true, _) => vec![drops(both)],
        (false, true) => vec![PASSES_AGAIN.to_owned()],
        (false, false) => Vec::new(),
    }
}
