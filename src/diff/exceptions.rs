//! Dated grants: what opens and closes with them, today or on another day.
//!
//! In: the exceptions of two releases. Out: one change for each that differs, with its dates.
//!
//! An exception that is in force on a release's as-of day is among its rows, and its packets are compared like all others:
//! here its change gets the dates. One that is not in force on that day permits nothing then, and yet its release grants
//! it: it is opened or closed with its dates, and with no packets in the sum. One that had expired before grants nothing;
//! who adds or removes it changes a text.
//!
//! Invariant: an exception is in one change of access for each class at most.

use super::access::Fault;
use super::classify::Both;
use super::describe::{known_as, reasons};
use super::later;
use super::release::{Exception, Flow, Release};
use super::{Change, ChangedFlow, Class, Dated, Effect, Level, words};
use crate::policy::service::ServiceSet;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// An exception of a release.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) exception: &'a Exception,
    /// The day of its release; its first day where the release has none.
    day: Date,
}

impl Side<'_> {
    fn has_expired(&self) -> bool {
        self.exception.expires <= self.day
    }

    pub(super) fn is_pending(&self) -> bool {
        self.day < self.exception.starts
    }

    pub(super) fn is_in_force(&self) -> bool {
        !self.is_pending() && !self.has_expired()
    }
}

/// Adds what differs in exceptions.
///
/// # Errors
/// [`Fault`] when what artefacts open on another day is too entangled.
pub(super) fn compare(both: &Both<'_>, changes: &mut Vec<Change>) -> Result<(), Fault> {
    let [before, after] = both.releases;
    if before.exceptions.is_none() || after.exceptions.is_none() {
        return Ok(());
    }
    let mut named: BTreeMap<&str, [Option<Side<'_>>; 2]> = BTreeMap::new();
    for (at, release) in both.releases.into_iter().enumerate() {
        for exception in release.exceptions.iter().flatten() {
            let day = release.header.as_of.unwrap_or(exception.starts);
            if let Some(place) = named.entry(&exception.name).or_default().get_mut(at) {
                *place = Some(Side { exception, day });
            }
        }
    }
    for (name, sides) in named {
        compare_one(both, name, sides, changes);
        let besides = later::compare(both, name, sides)?;
        besides.iter().for_each(|besides| tell(besides, changes));
        changes.extend(besides);
    }
    Ok(())
}

fn compare_one(both: &Both<'_>, name: &str, sides: [Option<Side<'_>>; 2], changes: &mut Vec<Change>) {
    let statement = format!("exception {name}");
    let mut is_told = false;
    for change in changes.iter_mut().filter(|change| change.statement == statement) {
        is_told = true;
        let opens = change.opens_access();
        let [old, new] = sides;
        if let Some(side) = if opens { new } else { old } {
            date(change, side.exception);
        }
    }
    match sides {
        [Some(old), Some(new)] => kept(both, old, new, is_told, changes),
        [None, Some(side)] if !is_told => changes.push(alone(both, side, true)),
        [Some(side), None] if !is_told => changes.push(alone(both, side, false)),
        _ => {}
    }
}

/// Says with an exception's own change what the artefacts open besides on its day.
fn tell(besides: &Change, changes: &mut [Change]) {
    let effect = |change: &Change| (change.statement.clone(), change.opens_access());
    let own = |change: &&mut Change| change.level == Level::Intent && effect(change) == effect(besides);
    if let Some(change) = changes.iter_mut().find(own) {
        let verb = if besides.opens_access() { "let" } else { "would have let" };
        let what = words::flows(besides.flows.iter());
        change.notes.push(format!("the artefacts of that day {verb} more pass than the file says: {what}"));
    }
}

fn date(change: &mut Change, exception: &Exception) {
    change.starts = Some(exception.starts);
    change.expires = Some(exception.expires);
    change.place = exception.place.clone();
    change.notes.push(format!("in force from {} until {}", exception.starts, exception.expires));
}

/// An exception that only one release has and that its release does not have in force.
fn alone(both: &Both<'_>, side: Side<'_>, opens: bool) -> Change {
    let exception = side.exception;
    let statement = format!("exception {}", exception.name);
    if side.has_expired() {
        let verb = if opens { "is written down" } else { "is gone" };
        let what = format!("exception `{}`, which expired on {}, {verb}", exception.name, exception.expires);
        let change = Change::new(Class::Text, what, statement, exception.place.clone());
        return if opens { change } else { change.gone() };
    }
    granted(side, exception.flows.iter().map(|flow| row(both, flow, &flow.services, opens)).collect(), opens)
}

/// What an exception grants, or would have granted, on another day than the compared ones.
fn granted(side: Side<'_>, flows: Vec<ChangedFlow>, opens: bool) -> Change {
    let exception = side.exception;
    let words = words::flows(flows.iter());
    let (class, verb) = if opens { (Class::Opened, "opens") } else { (Class::Closed, "would have opened") };
    let what = format!("exception `{}` {verb} {words} from {}", exception.name, exception.starts);
    let statement = format!("exception {}", exception.name);
    let mut change = Change::new(class, what, statement, exception.place.clone());
    change.is_after = opens;
    grant(&mut change, exception, flows);
    change
}

/// Gives a change the packets and dates of an exception.
fn grant(change: &mut Change, exception: &Exception, flows: Vec<ChangedFlow>) {
    change.because = vec![exception.because.clone()];
    change.rows = flows.iter().map(|flow| flow.row.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    let roles: BTreeSet<String> =
        flows.iter().flat_map(|flow| [flow.from.clone(), flow.to.clone()]).collect();
    change.roles = roles.into_iter().collect();
    change.flows = flows;
    date(change, exception);
}

/// A row that is granted on another day.
fn row(both: &Both<'_>, flow: &Flow, services: &ServiceSet, opens: bool) -> ChangedFlow {
    let release = both.own(opens);
    ChangedFlow {
        effect: if opens { Effect::Opens } else { Effect::Closes },
        row: flow.row.clone(),
        from: both.pairing.name(both.pair(opens, flow.from)).to_owned(),
        to: both.pairing.name(both.pair(opens, flow.to)).to_owned(),
        ends: [flow.from, flow.to],
        services: services.clone(),
        from_addresses: known_as(release, flow.from),
        to_addresses: known_as(release, flow.to),
        passes_in_both: false,
        reasons: reasons(flow, services),
    }
}

/// An exception that both releases have.
fn kept(both: &Both<'_>, old: Side<'_>, new: Side<'_>, is_told: bool, changes: &mut Vec<Change>) {
    let (before, after) = (old.exception, new.exception);
    let statement = format!("exception {}", after.name);
    // Where it comes into force or ends between the two days, its packets and dates are told already.
    let is_whole = is_told && (new.has_expired() || (!old.is_in_force() && new.is_in_force()));
    if !is_whole {
        // One that ends early and comes back later is told as closed; what it opens later is not.
        changes.extend(other_days(both, old, new).into_iter().filter(|one| !is_told || one.opens_access()));
        changes.extend(other_rows(both, old, new));
    }
    let words = |exception: &Exception| {
        (exception.because.clone(), exception.ticket.clone(), exception.owner.clone())
    };
    if words(before) != words(after) {
        let what = format!("exception `{}` has another reason, ticket or owner", after.name);
        let mut change = Change::new(Class::Text, what, statement.clone(), after.place.clone());
        change.because = vec![after.because.clone()];
        changes.push(change);
    }
    let pierces = |exception: &Exception| exception.pierces.iter().cloned().collect::<BTreeSet<_>>();
    let (may, might) = (pierces(after), pierces(before));
    if may != might {
        let names = |set: &BTreeSet<String>| {
            if set.is_empty() { "nothing".to_owned() } else { words::quoted(set.iter().map(String::as_str)) }
        };
        let what = format!(
            "exception `{}` may pierce {}, and might pierce {}",
            after.name,
            names(&may),
            names(&might)
        );
        changes.push(Change::new(Class::Guard, what, statement, after.place.clone()));
    }
}

/// Other dates.
fn other_days(both: &Both<'_>, old: Side<'_>, new: Side<'_>) -> Option<Change> {
    let (before, after) = (old.exception, new.exception);
    let same_days = (before.starts, before.expires) == (after.starts, after.expires);
    if same_days || (old.has_expired() && new.has_expired()) {
        return None;
    }
    let opens = after.starts < before.starts || after.expires > before.expires;
    let side = if opens { new } else { old };
    let flows = side.exception.flows.iter().map(|flow| row(both, flow, &flow.services, opens)).collect();
    let class = if opens { Class::Opened } else { Class::Closed };
    let what = format!(
        "exception `{}` is in force from {} until {}, and was from {} until {}",
        after.name, after.starts, after.expires, before.starts, before.expires
    );
    let mut change = Change::new(class, what, format!("exception {}", after.name), after.place.clone());
    change.is_redated = true;
    grant(&mut change, after, flows);
    Some(change)
}

/// Other rows on days that are not compared; those of the compared days are compared as packets.
fn other_rows(both: &Both<'_>, old: Side<'_>, new: Side<'_>) -> Vec<Change> {
    if !(old.is_pending() || new.is_pending()) {
        return Vec::new();
    }
    let only = |side: Side<'_>, other: Side<'_>, opens: bool| -> Option<Change> {
        let mut known: BTreeMap<_, ServiceSet> = BTreeMap::new();
        for flow in &other.exception.flows {
            let services = known.entry(both.pairs(!opens, flow)).or_default();
            *services = services.union(&flow.services);
        }
        let fresh = |flow: &Flow| match known.get(&both.pairs(opens, flow)) {
            Some(services) => flow.services.difference(services),
            None => flow.services.clone(),
        };
        let flows = side.exception.flows.iter().map(|flow| (flow, fresh(flow)));
        let flows = flows.filter(|(_, services)| !services.is_empty());
        let flows: Vec<ChangedFlow> =
            flows.map(|(flow, services)| row(both, flow, &services, opens)).collect();
        (!flows.is_empty()).then(|| granted(side, flows, opens))
    };
    [only(new, old, true), only(old, new, false)].into_iter().flatten().collect()
}

/// The exceptions of a release with the days that are left, by the day on which they end.
pub(super) fn dated(release: &Release) -> Vec<Dated> {
    let dated = |exception: &Exception| Dated {
        name: exception.name.clone(),
        starts: exception.starts,
        expires: exception.expires,
        days_left: (exception.expires - release.header.as_of.unwrap_or(exception.starts)).whole_days(),
        owner: exception.owner.clone(),
        ticket: exception.ticket.clone(),
    };
    let mut all: Vec<Dated> = release.exceptions.iter().flatten().map(dated).collect();
    all.sort_by(|a, b| (a.expires, &a.name).cmp(&(b.expires, &b.name)));
    all
}
