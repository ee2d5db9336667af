//! Rows of dated grants: which of them a firewall gets, loses, or has on other days.
//!
//! In: the exceptions of two releases with all changes. Out: one [`GrantChange`] for each whole row that only one release has,
//! or that has other days.
//!
//! A row of an exception says itself from when until when it is valid, so it is asked for as a whole and once, whatever
//! other lines permit on its days: where one of them goes, the row has to be there.
//!
//! Invariant: a row that both releases have on the same days is in no such change; what differs of its ends and services is in
//! the flows of the changes.

use super::classify::Both;
use super::describe::{known_as, reasons};
use super::later::first_day;
use super::release::{Exception, Flow, Release};
use super::{Change, ChangedFlow, Effect, Level};
use std::collections::BTreeMap;

/// What happens to a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantEffect {
    /// Only the second release has it.
    Added,
    /// Only the first release has it, or it is over in the second.
    Removed,
    /// It is valid on other days.
    Redated,
}

/// A whole row of an exception that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantChange {
    /// What happens to it.
    pub effect: GrantEffect,
    /// The position of the change that tells of its exception.
    pub change: usize,
    /// The row, in the second release where it is there.
    pub flow: ChangedFlow,
}

/// The rows of exceptions that differ, by exception and row.
pub(super) fn compare(both: &Both<'_>, changes: &[Change]) -> Vec<GrantChange> {
    let [before, _] = both.releases;
    let day = first_day(both.releases);
    let mut rows: BTreeMap<(&str, &str), [Option<Granted<'_>>; 2]> = BTreeMap::new();
    let days = [before.header.as_of.unwrap_or(day), day];
    for (at, (release, day)) in both.releases.into_iter().zip(days).enumerate() {
        let alive = release.exceptions.iter().flatten().filter(|exception| day < exception.expires);
        for granted in alive.flat_map(|exception| exception.flows.iter().map(move |flow| (exception, flow))) {
            let (exception, flow) = granted;
            if let Some(place) = rows.entry((&exception.name, &flow.row)).or_default().get_mut(at) {
                *place = Some(granted);
            }
        }
    }
    let told = |((name, _), sides): ((&str, &str), [Option<Granted<'_>>; 2])| {
        let (effect, after, flow) = match sides {
            [None, Some((_, new))] => (GrantEffect::Added, true, new),
            [Some((_, old)), None] => (GrantEffect::Removed, false, old),
            [Some((earlier, _)), Some((later, new))] if !earlier.has_days_of(later) => {
                (GrantEffect::Redated, true, new)
            }
            _ => return None,
        };
        let statement = format!("exception {name}");
        let tells = |change: &Change| change.level == Level::Intent && change.statement == statement;
        let change = changes.iter().position(tells)?;
        Some(GrantChange { effect, change, flow: whole(both, after, flow) })
    };
    rows.into_iter().filter_map(told).collect()
}

/// A row with its exception.
type Granted<'a> = (&'a Exception, &'a Flow);

/// A whole row of the second release (`after`), or of the first.
fn whole(both: &Both<'_>, after: bool, flow: &Flow) -> ChangedFlow {
    let release: &Release = both.own(after);
    ChangedFlow {
        effect: if after { Effect::Opens } else { Effect::Closes },
        row: flow.row.clone(),
        from: both.pairing.name(both.pair(after, flow.from)).to_owned(),
        to: both.pairing.name(both.pair(after, flow.to)).to_owned(),
        ends: [flow.from, flow.to],
        services: flow.services.clone(),
        from_addresses: known_as(release, flow.from),
        to_addresses: known_as(release, flow.to),
        passes_in_both: false,
        reasons: reasons(flow, &flow.services),
    }
}
