//! What two releases permit apart from each other on later days, as their exceptions start and end.
//!
//! In: two releases, and the pieces that differ on their own days. Out: changes of access with the days on which they hold.
//!
//! Both releases are followed from the later one of their two days on, and time is cut on each day on which an exception of
//! either starts or ends: in between nothing changes. For each such period the difference is exact, within everything
//! that exceptions speak of; elsewhere it stays what it is on the releases' own days. What stays the same through several
//! periods is one change.
//!
//! Invariant: a packet class that differs in a period is in one change of that period, or differs on the releases' own
//! days by what lasts through the period. Packet classes of later days are in no sum.

use super::access::{self, Carrier, Fault, Piece, Scope};
use super::classify::{self, Both, Cause, Part};
use super::describe::{self, Group};
use super::release::{Exception, PartyId, Release, Widening};
use super::{Change, Effect, Level, words};
use crate::policy::interval::Intervals;
use crate::policy::service::ServiceSet;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// The day from which both releases are followed; the first of all days where neither has one.
pub(super) fn first_day(releases: [&Release; 2]) -> Date {
    releases.into_iter().filter_map(|release| release.header.as_of).max().unwrap_or(Date::MIN)
}

/// What differs on later days.
#[derive(Default)]
pub(super) struct Later {
    /// The changes of access.
    pub(super) changes: Vec<Change>,
    /// Exceptions with packets that other changes tell, by their names, in the release that permits them.
    pub(super) repeats: BTreeSet<(Effect, String)>,
}

/// Compares later days. `now` is what differs on the releases' own days.
///
/// # Errors
/// [`Fault`] when what differs in a period is too entangled.
pub(super) fn compare(both: &Both<'_>, now: &[Piece]) -> Result<Later, Fault> {
    let mut later = Later::default();
    let Some(mut stage) = Stage::new(both) else { return Ok(later) };
    let mut runs: Vec<Run> = Vec::new();
    for (from, until) in stage.periods() {
        stage.turn_to(from);
        let lasting: Vec<&Piece> =
            now.iter().filter(|piece| ends(both, piece).is_none_or(|end| from < end)).collect();
        let [before, after] = &stage.releases;
        let there = Both { releases: [before, after], ..*both };
        let [old, new] = &stage.speaks_of;
        let scope = Scope { speaks_of: [old, new], without: &lasting };
        let difference = access::compare_within(there.releases, both.points, Some(scope))?;
        for piece in &difference.repeats {
            let grant = stage.grant_of(piece);
            later.repeats.extend(grant.map(|grant| (Effect::of(piece.opens), grant.exception.name.clone())));
        }
        for (key, parts) in stage.grouped(classify::classify(&there, difference.pieces)) {
            let pieces: Vec<Piece> = parts.iter().map(|part| part.piece.clone()).collect();
            let is_same = |run: &&mut Run| run.until == Some(from) && run.key == key && run.pieces == pieces;
            match runs.iter_mut().find(is_same) {
                Some(run) => run.until = until,
                None => {
                    let change = describe::change(&there, &key.0, &parts);
                    runs.push(Run { key, pieces, change, from, until });
                }
            }
        }
    }
    later.changes = runs.into_iter().map(|run| run.dated(both)).collect();
    Ok(later)
}

/// The day on which a piece of the releases' own days ends by itself: with the exception that grants it.
fn ends(both: &Both<'_>, piece: &Piece) -> Option<Date> {
    let Carrier::Flow(at) = piece.carrier else { return None };
    let release = both.own(piece.opens);
    let name = release.flows.get(at)?.exception()?;
    release.exception(name).map(|exception| end_of(both, piece.opens, exception))
}

/// Until when a difference of the releases' own days is put down to an exception: it ends; or one that is put off, and so is
/// closed, starts again.
pub(super) fn end_of(both: &Both<'_>, opens: bool, exception: &Exception) -> Date {
    let again = both.own(!opens).exception(&exception.name).map(|other| other.starts);
    let again = again.filter(|starts| !opens && *starts > first_day(both.releases));
    again.into_iter().fold(exception.expires, Date::min)
}

/// What parts of a later day are told together by: as on every day, and the exception that they come with.
type Key = (Group, Option<String>);

/// A change of some periods that follow each other.
struct Run {
    key: Key,
    pieces: Vec<Piece>,
    change: Change,
    from: Date,
    until: Option<Date>,
}

impl Run {
    /// The change with its days.
    fn dated(self, both: &Both<'_>) -> Change {
        let Self { key: (_, name), mut change, from, until, .. } = self;
        let opens = change.opens_access();
        let days =
            until.map_or_else(|| format!("from {from} on"), |until| format!("from {from} until {until}"));
        change.packets = 0;
        (change.starts, change.expires) = (Some(from), until);
        let exception = name.as_deref().and_then(|name| both.own(opens).exception(name));
        let Some(exception) = exception else {
            change.what = format!("{days}, {}", change.what);
            return change;
        };
        if change.level == Level::Artefact {
            let with = if opens { "with" } else { "without" };
            change.what = format!("{days}, {with} exception `{}`, {}", exception.name, change.what);
            change.statement = exception.statement();
            change.place = exception.place.clone();
            change.is_after = opens;
            change.because = vec![exception.because.clone()];
            change.notes.extend(broken(exception.widenings.iter().flatten(), opens));
        } else {
            change.what = format!("{days}, {}", change.what);
        }
        change
    }
}

/// That a site will not compile on the day.
fn broken<'a>(widenings: impl Iterator<Item = &'a Widening>, opens: bool) -> Option<String> {
    let forbids: BTreeSet<&str> = widenings.flat_map(|one| &one.forbids).map(String::as_str).collect();
    let is_met = opens && !forbids.is_empty();
    is_met.then(|| format!("it meets forbid {}: look at `segc check` of that day", words::quoted(forbids)))
}

/// Both releases as far as exceptions speak of anything, on one day after the other.
///
/// What an exception grants stands at the same position on all days, and is empty on those on which it is not in force.
struct Stage {
    releases: [Release; 2],
    /// Everything that exceptions grant on any day, and what artefacts let pass with them.
    speaks_of: [Release; 2],
    /// For each release its exceptions that are not over on its own day, with the positions of what they grant.
    grants: [Vec<Grant>; 2],
    first_day: Date,
}

/// What one exception grants.
struct Grant {
    exception: Exception,
    /// The position of its first row.
    flow: usize,
    /// The position of the first widening that comes with it.
    widening: usize,
}

impl Stage {
    /// `None` where no exception may make a later day another day.
    fn new(both: &Both<'_>) -> Option<Self> {
        let first_day = first_day(both.releases);
        // What a release permits on its own day is compared with the other one's day, so it counts here too.
        let alive = both.releases.map(|release| {
            let day = release.header.as_of.unwrap_or(first_day);
            release.exceptions_alive(day).collect::<Vec<_>>()
        });
        let do_tell = both.releases.iter().all(|release| release.exceptions.is_some());
        if !do_tell || alive.iter().all(Vec::is_empty) {
            return None;
        }
        // Where one release can't tell what its artefacts let pass, there is nothing to compare with.
        let tells = both.releases.iter().all(|release| release.widenings.is_some())
            && alive.iter().flatten().all(|exception| exception.widenings.is_some());
        let [before, after] = both.releases;
        let [old, new] = &alive;
        let speaks_of = [spoken_of(before, old, tells), spoken_of(after, new, tells)];
        let [old, new] = &speaks_of;
        let scope = ends_of(both, [old, new]);
        let mut releases = [false, true].map(|after| standing(both, after, &scope, tells));
        let mut grants = [Vec::new(), Vec::new()];
        for ((release, grants), alive) in releases.iter_mut().zip(&mut grants).zip(&alive) {
            for exception in alive {
                let flow = release.flows.len();
                let widening = release.widenings.as_ref().map_or(0, Vec::len);
                grants.push(Grant { exception: (*exception).clone(), flow, widening });
                release.flows.extend(exception.flows.iter().cloned());
                if let Some(widenings) = &mut release.widenings {
                    widenings.extend(exception.widenings.iter().flatten().cloned());
                }
            }
        }
        Some(Self { releases, speaks_of, grants, first_day })
    }

    /// Periods in which nothing starts or ends, with the last one open; each from its first day until the next one's.
    fn periods(&self) -> Vec<(Date, Option<Date>)> {
        let exceptions = self.grants.iter().flatten().map(|grant| &grant.exception);
        let days = exceptions.flat_map(|exception| [exception.starts, exception.expires]);
        let mut days: BTreeSet<Date> = days.filter(|day| *day > self.first_day).collect();
        days.insert(self.first_day);
        let next = days.iter().skip(1).copied().map(Some).chain([None]);
        days.iter().copied().zip(next).collect()
    }

    /// Puts in force what is in force on a day.
    fn turn_to(&mut self, day: Date) {
        for (release, grants) in self.releases.iter_mut().zip(&self.grants) {
            for Grant { exception, flow, widening } in grants {
                let is_in_force = exception.is_in_force(day);
                for (place, own) in release.flows.iter_mut().skip(*flow).zip(&exception.flows) {
                    let empty = (ServiceSet::empty(), Vec::new());
                    let whole = || (own.services.clone(), own.reasons.clone());
                    (place.services, place.reasons) = if is_in_force { whole() } else { empty };
                }
                let places = release.widenings.iter_mut().flatten().skip(*widening);
                for (place, own) in places.zip(exception.widenings.iter().flatten()) {
                    place.services = if is_in_force { own.services.clone() } else { ServiceSet::empty() };
                }
            }
        }
    }

    /// Parts that are told together.
    fn grouped(&self, parts: Vec<Part>) -> BTreeMap<Key, Vec<Part>> {
        let mut groups: BTreeMap<Key, Vec<Part>> = BTreeMap::new();
        for part in parts {
            let key = (describe::group(&part), self.owner(&part).map(str::to_owned));
            groups.entry(key).or_default().push(part);
        }
        groups
    }

    /// The exception that a part comes with.
    fn owner<'a>(&'a self, part: &'a Part) -> Option<&'a str> {
        if let Cause::Exception(name) = &part.cause {
            return Some(name);
        }
        self.grant_of(&part.piece).map(|grant| grant.exception.name.as_str())
    }

    /// The exception whose row or widening carries a piece.
    fn grant_of(&self, piece: &Piece) -> Option<&Grant> {
        let [old, new] = &self.grants;
        let grants = if piece.opens { new } else { old };
        let is_of = |grant: &&Grant| match piece.carrier {
            Carrier::Flow(at) => (grant.flow..grant.flow + grant.exception.flows.len()).contains(&at),
            Carrier::Widening(at) => {
                let count = grant.exception.widenings.as_ref().map_or(0, Vec::len);
                (grant.widening..grant.widening + count).contains(&at)
            }
        };
        grants.iter().find(is_of)
    }
}

/// Everything that exceptions of a release speak of.
fn spoken_of(release: &Release, exceptions: &[&Exception], tells: bool) -> Release {
    let widenings = exceptions.iter().flat_map(|exception| exception.widenings.iter().flatten());
    Release {
        parties: release.parties.clone(),
        flows: exceptions.iter().flat_map(|exception| &exception.flows).cloned().collect(),
        widenings: tells.then(|| widenings.cloned().collect()),
        ..Release::default()
    }
}

/// The points at which exceptions speak of sources, and of destinations.
fn ends_of(both: &Both<'_>, speaks_of: [&Release; 2]) -> [Intervals<u32>; 2] {
    let mut ends = [Vec::new(), Vec::new()];
    for (after, release) in [false, true].into_iter().zip(speaks_of) {
        let flows = release.flows.iter().map(|flow| [flow.from, flow.to]);
        let widenings = release.widenings.iter().flatten().map(|one| [one.from, one.to]);
        for parties in flows.chain(widenings) {
            for (end, party) in ends.iter_mut().zip(parties) {
                end.extend(both.points.of_role(after, party).into_iter().flat_map(Intervals::iter));
            }
        }
    }
    ends.map(Intervals::from_intervals)
}

/// What a release permits on every day between roles that exceptions speak of, whoever starts.
fn standing(both: &Both<'_>, after: bool, scope: &[Intervals<u32>; 2], tells: bool) -> Release {
    let release = both.own(after);
    let meets = scope.each_ref().map(|end| {
        let of = |(party, _)| both.points.of_role(after, party).is_some_and(|points| points.meets(end));
        release.parties().map(of).collect::<Vec<bool>>()
    });
    let [sources, destinations] = meets;
    let is_in = |end: &[bool], party: PartyId| end.get(party.index()).copied().unwrap_or_default();
    let is_near = |from: PartyId, to: PartyId| {
        (is_in(&sources, from) && is_in(&destinations, to))
            || (is_in(&sources, to) && is_in(&destinations, from))
    };
    let flows = release.flows.iter().filter(|flow| flow.exception().is_none() && is_near(flow.from, flow.to));
    let widenings = release.widenings.iter().flatten().filter(|one| is_near(one.from, one.to));
    Release {
        header: release.header.clone(),
        platforms: release.platforms.clone(),
        segments: release.segments.clone(),
        parties: release.parties.clone(),
        exceptions: release.exceptions.clone(),
        flows: flows.cloned().collect(),
        widenings: tells.then(|| widenings.cloned().collect()),
        ..Release::default()
    }
}
