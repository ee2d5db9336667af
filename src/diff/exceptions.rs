//! Dated grants: the days of what they open and close, and what else is said of them.
//!
//! In: the exceptions of two releases, and the changes of access on all days. Out: these with the days of their exception, and
//! changes for exceptions that differ in words, in what they may pierce, or without a packet that does.
//!
//! Invariant: whatever differs between the exceptions of two releases is in some change.

use super::classify::Both;
use super::later::{end_of, first_day};
use super::release::{EXCEPTION, Exception, Release};
use super::{Change, Class, Dated, Effect, Level, words};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// Says what differs in exceptions. `repeats` are those with packets of a later day that other changes tell.
pub(super) fn compare(both: &Both<'_>, repeats: &BTreeSet<(Effect, String)>, changes: &mut Vec<Change>) {
    let [before, after] = both.releases;
    if before.exceptions.is_none() || after.exceptions.is_none() {
        return;
    }
    changes.iter_mut().for_each(|change| date(both, change));
    let all = both.releases.iter().flat_map(|release| release.exceptions.iter().flatten());
    let names: BTreeSet<&str> = all.map(|exception| exception.name.as_str()).collect();
    let day = first_day(both.releases);
    for name in names {
        tell_besides(name, changes);
        match [before, after].map(|release| release.exception(name)) {
            [Some(old), Some(new)] => kept(day, old, new, changes),
            [None, Some(new)] => alone(Effect::Opens, new, day, repeats, changes),
            [Some(old), None] => alone(Effect::Closes, old, day, repeats, changes),
            [None, None] => {}
        }
    }
}

/// Gives a change of access the days of the exception that all of its rows are of.
fn date(both: &Both<'_>, change: &mut Change) {
    let opens = change.opens_access();
    let own = both.own(opens);
    let Some(exception) = granting(own, change) else { return };
    let is_its_own = change.statement == exception.statement();
    // A later change has the days on which the releases differ.
    if change.packets > 0 {
        change.starts = is_its_own.then_some(exception.starts);
        change.expires = Some(end_of(both, opens, exception));
    }
    if is_its_own {
        change.place = exception.place.clone();
    }
    let other = both.own(!opens).exception(&exception.name);
    let note = match other.filter(|other| is_its_own && !other.has_days_of(exception)) {
        Some(other) => {
            change.is_redated = true;
            let (old, new) = if opens { (other, exception) } else { (exception, other) };
            redated(old, new)
        }
        None => {
            let Exception { name, starts, expires, .. } = exception;
            format!("exception `{name}` is in force from {starts} until {expires}")
        }
    };
    change.notes.push(note);
}

/// The one exception that grants all rows of a change.
fn granting<'a>(own: &'a Release, change: &Change) -> Option<&'a Exception> {
    if let Some(name) = change.statement.strip_prefix(EXCEPTION) {
        return own.exception(name);
    }
    if change.level != Level::Intent || change.flows.is_empty() {
        return None;
    }
    let mut names = BTreeSet::new();
    for row in &change.rows {
        names.insert(own.exception_of(row)?.name.as_str());
    }
    let name = names.pop_first()?;
    if names.is_empty() { own.exception(name) } else { None }
}

fn redated(old: &Exception, new: &Exception) -> String {
    format!(
        "exception `{}` is in force from {} until {}, and was from {} until {}",
        new.name, new.starts, new.expires, old.starts, old.expires
    )
}

/// Says with an exception's own change what the artefacts open or close besides.
fn tell_besides(name: &str, changes: &mut [Change]) {
    let statement = format!("{EXCEPTION}{name}");
    let mut besides: BTreeMap<Effect, Vec<String>> = BTreeMap::new();
    for change in changes.iter().filter(|one| one.level == Level::Artefact && one.statement == statement) {
        besides.entry(change.effect()).or_default().push(words::flows(change.flows.iter()));
    }
    for (of, what) in besides {
        let own = |change: &&mut Change| {
            change.level == Level::Intent && change.statement == statement && change.effect() == of
        };
        let verb = if of == Effect::Opens { "let" } else { "would have let" };
        let what = what.join("; ");
        if let Some(change) = changes.iter_mut().find(own) {
            change
                .notes
                .push(format!("the artefacts of its days {verb} more pass than the file says: {what}"));
        }
    }
}

/// Whether a change of access, or of rows that it tells, is put down to an exception.
fn is_told(changes: &[Change], name: &str) -> bool {
    let statement = format!("{EXCEPTION}{name}");
    let is_of = |change: &Change| change.level == Level::Intent && change.statement == statement;
    changes.iter().any(|change| is_of(change) && change.rows_that_differ().next().is_some())
}

/// Whether a change of access has rows of an exception.
fn has_rows(changes: &[Change], exception: &Exception) -> bool {
    let rows: BTreeSet<&str> = exception.flows.iter().map(|flow| flow.row.as_str()).collect();
    changes.iter().any(|change| change.rows.iter().any(|row| rows.contains(row.as_str())))
}

/// An exception that only one release has, and that opens or closes nothing by itself.
fn alone(
    effect: Effect,
    exception: &Exception,
    day: Date,
    repeats: &BTreeSet<(Effect, String)>,
    changes: &mut Vec<Change>,
) {
    if is_told(changes, &exception.name) {
        return;
    }
    let Exception { name, starts, expires, .. } = exception;
    let is_new = effect == Effect::Opens;
    let what = if *expires <= day {
        let verb = if is_new { "is written down" } else { "is gone" };
        format!("exception `{name}`, which expired on {expires}, {verb}")
    } else {
        let verb = if is_new { "is new" } else { "is gone" };
        let besides = match (has_rows(changes, exception), repeats.contains(&(effect, name.clone())), is_new)
        {
            (true, _, _) => "",
            (false, true, true) => "; another line opens the same",
            (false, true, false) => "; what it opened closes with another line",
            (false, false, true) => "; the first release permits the same on these days",
            (false, false, false) => "; the second release permits the same on these days",
        };
        format!("exception `{name}`, in force from {starts} until {expires}, {verb}{besides}")
    };
    let mut change = Change::new(Class::Text, what, exception.statement(), exception.place.clone());
    change.because = vec![exception.because.clone()];
    change.is_redated = is_new && day < *expires;
    changes.push(if is_new { change.appearing() } else { change.gone() });
}

/// An exception that both releases have.
fn kept(day: Date, old: &Exception, new: &Exception, changes: &mut Vec<Change>) {
    let statement = new.statement();
    if !old.has_days_of(new) && !is_told(changes, &new.name) {
        let what = redated(old, new);
        let mut change = Change::new(Class::Text, what, statement.clone(), new.place.clone());
        change.is_redated = day < new.expires;
        changes.push(change);
    }
    let other = other_words(old, new);
    if !other.is_empty() {
        let what = format!("exception `{}`: {}", new.name, other.join("; "));
        let mut change = Change::new(Class::Text, what, statement.clone(), new.place.clone());
        change.because = vec![new.because.clone()];
        changes.push(change);
    }
    let pierces = |exception: &Exception| exception.pierces.iter().cloned().collect::<BTreeSet<_>>();
    let (may, might) = (pierces(new), pierces(old));
    if may != might {
        let names = |set: &BTreeSet<String>| {
            if set.is_empty() { "nothing".to_owned() } else { words::quoted(set.iter().map(String::as_str)) }
        };
        let what = format!(
            "exception `{}` may pierce {}, and might pierce {}",
            new.name,
            names(&may),
            names(&might)
        );
        changes.push(Change::new(Class::Guard, what, statement, new.place.clone()));
    }
}

/// Reason, ticket and owner, where they differ.
fn other_words(old: &Exception, new: &Exception) -> Vec<String> {
    let word = |key: &str, old: Option<&str>, new: Option<&str>| match (old, new) {
        _ if old == new => None,
        (Some(old), Some(new)) => Some(format!("{key} \"{new}\", and was \"{old}\"")),
        (None, Some(new)) => Some(format!("{key} \"{new}\", and had none")),
        (Some(old), None) => Some(format!("no {key} any more, and was \"{old}\"")),
        (None, None) => None,
    };
    let words = [
        word("reason", Some(&old.because), Some(&new.because)),
        word("ticket", old.ticket.as_deref(), new.ticket.as_deref()),
        word("owner", old.owner.as_deref(), new.owner.as_deref()),
    ];
    words.into_iter().flatten().collect()
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
