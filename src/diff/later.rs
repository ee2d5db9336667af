//! What grants of a later day open and close at the artefact level, on their first day.
//!
//! In: an exception of two releases, with what comes with it. Out: changes of class widened and narrowed, with its days.
//!
//! Invariant: as for the compared day, the difference is exact; its packets are of another day, so they are in no sum.

use super::access::{self, Fault};
use super::classify::{self, Both};
use super::describe;
use super::exceptions::Side;
use super::release::{Release, Widening};
use super::{Change, words};

/// What the artefacts open or close on the first day of an exception that waits for it in either release.
pub(super) fn compare(
    both: &Both<'_>,
    name: &str,
    sides: [Option<Side<'_>>; 2],
) -> Result<Vec<Change>, Fault> {
    let [old, new] = sides;
    let again = extends(old, new);
    let comes = |side: Option<Side<'_>>, is_told: bool| match side.filter(|side| side.is_pending()) {
        Some(side) if !is_told => side.exception.widenings.clone(),
        Some(side) => side.exception.widenings.as_ref().map(|_| Vec::new()),
        None => Some(Vec::new()),
    };
    // What comes again on further days opens, and what goes with dropped days closes, as a whole.
    let (old_list, new_list) = (comes(old, again == Some(true)), comes(new, again == Some(false)));
    // Where one release can't tell, there is nothing to compare with.
    let (Some(old_list), Some(new_list)) = (old_list, new_list) else { return Ok(Vec::new()) };
    if old_list.is_empty() && new_list.is_empty() {
        return Ok(Vec::new());
    }
    let on_its_day = |release: &Release, widenings: Vec<Widening>| {
        let (parties, widenings) = (release.parties.clone(), Some(widenings));
        Release { parties, widenings, ..Release::default() }
    };
    let [old_release, new_release] = both.releases;
    let (before, after) = (on_its_day(old_release, old_list), on_its_day(new_release, new_list));
    let there = Both { releases: [&before, &after], ..*both };
    let pieces = access::compare(&before, &after, both.points)?.pieces;
    let changes = describe::changes(&there, classify::classify(&there, pieces));
    Ok(changes.into_iter().filter_map(|change| dated(change, name, sides)).collect())
}

/// Whether an exception of both releases gets days that it did not have, or loses some.
fn extends(old: Option<Side<'_>>, new: Option<Side<'_>>) -> Option<bool> {
    let (old, new) = (old?.exception, new?.exception);
    if (old.starts, old.expires) == (new.starts, new.expires) {
        return None;
    }
    Some(new.starts < old.starts || new.expires > old.expires)
}

/// A change with the days of its exception; `None` where it says nothing new of any day.
fn dated(mut change: Change, name: &str, [old, new]: [Option<Side<'_>>; 2]) -> Option<Change> {
    let opens = change.opens_access();
    let own = if opens { new } else { old }?;
    let other = if opens { old } else { new };
    // What is in force in the other release is compared as packets of the day; what comes back later opens only for
    // days that it did not have.
    let is_told = other.is_some_and(|other| {
        other.is_in_force() && !(opens && own.exception.expires > other.exception.expires)
    });
    if is_told {
        return None;
    }
    let exception = own.exception;
    change.what = if opens {
        format!("from {} on, with exception `{name}`, {}", exception.starts, change.what)
    } else {
        format!("from {} on, without exception `{name}`, {}", exception.starts, change.what)
    };
    change.statement = format!("exception {name}");
    change.place = exception.place.clone();
    change.is_after = opens;
    change.packets = 0;
    change.because = vec![exception.because.clone()];
    (change.starts, change.expires) = (Some(exception.starts), Some(exception.expires));
    change.notes.push(format!("in force from {} until {}", exception.starts, exception.expires));
    change.notes.extend(broken(exception.widenings.iter().flatten(), opens));
    Some(change)
}

/// That a site will not compile on the day.
fn broken<'a>(widenings: impl Iterator<Item = &'a Widening>, opens: bool) -> Option<String> {
    let mut forbids: Vec<&str> = widenings.flat_map(|one| &one.forbids).map(String::as_str).collect();
    forbids.sort_unstable();
    forbids.dedup();
    let is_met = opens && !forbids.is_empty();
    is_met.then(|| format!("it meets forbid {}: look at `segc check` of that day", words::quoted(forbids)))
}
