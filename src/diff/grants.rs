//! Rows of dated grants: which of them a firewall gets, loses, or has in another form.
//!
//! In: the exceptions of two releases with all changes. Out: one [`GrantChange`] for each row that differs in its days,
//! services or addresses.
//!
//! A row of an exception says itself from when until when it is valid, so it is asked for as a whole and once, whatever
//! other lines permit on its days: where one of them goes, the row has to be there.
//!
//! Invariant: a row that both releases have in one form is in no such change.

use super::classify::Both;
use super::describe::{known_as, of_row};
use super::later::first_day;
use super::release::{EXCEPTION, Exception, Flow};
use super::{Change, ChangedFlow, Class, Level};
use std::collections::BTreeMap;

/// What happens to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantEffect {
    /// Only the second release has it.
    Added,
    /// Only the first release has it, or it is over in the second.
    Removed,
    /// It has other days, services or addresses.
    Changed,
}

/// A whole row of an exception that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantChange {
    /// What happens to it.
    pub effect: GrantEffect,
    /// The class of the change that tells of it.
    pub class: Class,
    /// The row, in the second release where it is there.
    pub flow: ChangedFlow,
}

/// The rows of exceptions that differ, by exception and row.
pub(super) fn compare(both: &Both<'_>, changes: &[Change]) -> Vec<GrantChange> {
    let mut rows: BTreeMap<(&str, &str), [Option<Granted<'_>>; 2]> = BTreeMap::new();
    for (at, release) in both.releases.into_iter().enumerate() {
        let day = release.header.as_of.unwrap_or_else(|| first_day(both.releases));
        let alive = release.exceptions_alive(day);
        for granted in alive.flat_map(|exception| exception.flows.iter().map(move |flow| (exception, flow))) {
            let (exception, flow) = granted;
            if let Some(place) = rows.entry((&exception.name, &flow.row)).or_default().get_mut(at) {
                *place = Some(granted);
            }
        }
    }
    let told = |((name, row), sides): ((&str, &str), [Option<Granted<'_>>; 2])| {
        let (effect, after, flow) = match sides {
            [None, Some((_, new))] => (GrantEffect::Added, true, new),
            [Some((_, old)), None] => (GrantEffect::Removed, false, old),
            [Some(old), Some(new)] if !is_same(both, old, new) => (GrantEffect::Changed, true, new.1),
            _ => return None,
        };
        let statement = format!("{EXCEPTION}{name}");
        let tells = |change: &&Change| change.level == Level::Intent && change.statement == statement;
        let has_row = |change: &&Change| change.rows_that_differ().any(|flow| flow.row == row);
        let change = changes.iter().find(tells).or_else(|| changes.iter().find(has_row));
        let class = change.map_or(Class::Text, |change| change.class);
        Some(GrantChange { effect, class, flow: whole(both, after, flow) })
    };
    rows.into_iter().filter_map(told).collect()
}

/// Whether a row asks for the same in both releases.
fn is_same(both: &Both<'_>, (earlier, old): Granted<'_>, (later, new): Granted<'_>) -> bool {
    let (old_row, new_row) = (whole(both, false, old), whole(both, true, new));
    let form =
        |row: &ChangedFlow| (row.services.clone(), row.from_addresses.clone(), row.to_addresses.clone());
    earlier.has_days_of(later) && form(&old_row) == form(&new_row)
}

/// A row with its exception.
type Granted<'a> = (&'a Exception, &'a Flow);

/// A whole row of the second release (`after`), or of the first.
fn whole(both: &Both<'_>, after: bool, flow: &Flow) -> ChangedFlow {
    let addresses = [flow.from, flow.to].map(|end| known_as(both.own(after), end));
    of_row(both, after, flow, flow.services.clone(), addresses)
}
