//! The changes as rows of a change request: what to add, what to remove, and what to give other days; nothing else.
//!
//! In: a comparison and its releases. Out: CSV, one line for each source, destination and service range that differs.
//!
//! Invariant: every packet class that the files permit apart from each other is in a row, and of the others only those of
//! rows that are enforced in another place, once for each place. What only the artefacts let pass besides is nobody's
//! request and has no row.

use crate::diff::places::Moved;
use crate::diff::release::{Exception, Party, Reason, Release};
use crate::diff::{Change, ChangedFlow, Comparison, Effect, Level};
use crate::policy::service::ServiceSet;
use crate::target::csv;
use crate::target::request::{self, Endpoint, joined};
use std::collections::BTreeSet;
use time::Date;

/// How many columns there are.
const COLUMNS: usize = 19;

const HEADER: [&str; COLUMNS] = [
    "id",
    "change",
    "class",
    "source role",
    "source address",
    "destination role",
    "destination address",
    "protocol",
    "ports",
    "starts from",
    "purpose",
    "rationale",
    "managed by",
    "valid from",
    "valid until",
    "owner",
    "ticket",
    "catalogue entry",
    "enforced at",
];

/// The rows as CSV; with a platform, those that its people have to enforce.
pub(super) fn render(comparison: &Comparison, releases: [&Release; 2], platform: Option<&str>) -> Vec<u8> {
    let mut records = vec![HEADER.map(str::to_owned)];
    for change in comparison.changes.iter().filter(|change| change.level == Level::Intent) {
        let differing = change.flows.iter().map(|flow| (flow, None));
        let moved = change.moves.iter().map(|one| (&one.flow, Some(one)));
        for (flow, moved) in differing.chain(moved) {
            let [before, after] = releases;
            let release = if flow.effect == Effect::Opens { after } else { before };
            let row = Row { change, flow, moved, release, grant: grant(release, flow), releases };
            if platform.is_none_or(|platform| row.platforms().contains(&platform)) {
                row.write(&mut records);
            }
        }
    }
    csv::bytes(&once(records))
}

/// The platforms that either release names.
pub(super) fn platforms(releases: [&Release; 2]) -> Vec<&str> {
    let mut names: Vec<&str> = releases
        .iter()
        .flat_map(|release| &release.platforms)
        .map(|platform| platform.name.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Packets that differ, with the release that permits them.
struct Row<'a> {
    change: &'a Change,
    flow: &'a ChangedFlow,
    /// The one place for which the row is, where no packet of it differs.
    moved: Option<&'a Moved>,
    release: &'a Release,
    /// The exception that it is of.
    grant: Option<&'a Exception>,
    releases: [&'a Release; 2],
}

/// Lines without those that say again what another one says. A grant that gets other days may open on some and close on
/// others: this is one change of its rows.
fn once(records: Vec<[String; COLUMNS]>) -> Vec<[String; COLUMNS]> {
    let mut seen = BTreeSet::new();
    let key = |record: &[String; COLUMNS]| {
        let [id, change, _class, rest @ ..] = record.clone();
        (id, change, rest)
    };
    records.into_iter().filter(|record| seen.insert(key(record))).collect()
}

/// The exception that a row is of.
fn grant<'a>(release: &'a Release, flow: &ChangedFlow) -> Option<&'a Exception> {
    let mut exceptions = release.exceptions.iter().flatten();
    exceptions.find(|exception| exception.flows.iter().any(|own| own.row == flow.row))
}

/// From which day on a row is valid, and until which one, that day included.
type Validity = [Option<Date>; 2];

impl<'a> Row<'a> {
    fn ends(&self) -> impl Iterator<Item = &'a Party> {
        let release = self.release;
        self.flow.ends.iter().filter_map(move |end| release.party(*end))
    }

    /// The platforms on which its ends sit, as far as they have to do something.
    fn platforms(&self) -> Vec<&'a str> {
        if let Some(moved) = self.moved {
            return vec![&moved.platform];
        }
        let mut platforms: Vec<&str> = self.ends().filter_map(|party| party.platform.as_deref()).collect();
        platforms.dedup();
        platforms
    }

    fn managers(&self) -> String {
        joined(
            self.ends().filter_map(|party| Some(format!("{}: {}", party.name, party.managed_by.as_deref()?))),
        )
    }

    /// What to do: a grant that only gets other days has its rule already.
    fn action(&self) -> &'static str {
        match self.flow.effect {
            _ if self.redated().is_some() => "change",
            Effect::Opens => "add",
            Effect::Closes => "remove",
        }
    }

    /// The exception of the second release, where both have it with this row on other days.
    fn redated(&self) -> Option<&'a Exception> {
        let name = &self.grant.filter(|_| self.change.is_redated)?.name;
        let has_row = |exception: &&Exception| {
            let mut rows = exception.flows.iter().filter(|flow| flow.row == self.flow.row);
            exception.name == *name && rows.any(|flow| flow.services.meets(&self.flow.services))
        };
        let [old, new] = self.releases.map(|release| release.exceptions.iter().flatten().find(has_row));
        old.and(new)
    }

    /// The days of a row that is there for some days only.
    fn validity(&self) -> Validity {
        let last = |expires: Option<Date>| expires.and_then(Date::previous_day);
        let Change { starts, expires, .. } = *self.change;
        match (self.redated(), self.flow.effect) {
            (Some(grant), _) => [Some(grant.starts), last(Some(grant.expires))],
            (None, Effect::Opens) => [starts, last(expires)],
            // A lasting row that ends later is there until then.
            (None, Effect::Closes) if self.grant.is_none() && self.change.packets == 0 => {
                [None, last(starts)]
            }
            (None, Effect::Closes) => [None, None],
        }
    }

    /// Who answers for it, and the ticket: of its exception, else of its release.
    fn owner_and_ticket(&self) -> [String; 2] {
        let of_site = |key: &str| self.release.header.attributes.get(key).cloned();
        let of_grant =
            |read: fn(&Exception) -> &Option<String>| self.grant.and_then(|grant| read(grant).clone());
        let owner = of_grant(|grant| &grant.owner).or_else(|| of_site("owner"));
        let ticket = of_grant(|grant| &grant.ticket).or_else(|| of_site("ticket"));
        [owner, ticket].map(Option::unwrap_or_default)
    }

    fn write(&self, records: &mut Vec<[String; COLUMNS]>) {
        let flow = self.flow;
        // A role without addresses has a row all the same.
        let ends = |texts: &[String]| -> Vec<Endpoint> {
            let known = texts.iter().map(|text| Endpoint::of_text(text));
            if texts.is_empty() { vec![Endpoint::of_text("")] } else { known.collect() }
        };
        let [valid_from, valid_until] =
            self.validity().map(|day| day.map_or_else(String::new, |day| day.to_string()));
        let [owner, ticket] = self.owner_and_ticket();
        for line in request::lines(&flow.services, &ends(&flow.from_addresses), &ends(&flow.to_addresses)) {
            // A row may have a reason for each of its ports.
            let service = ServiceSet::from_ranges([line.service]);
            let meant = || flow.reasons.iter().filter(|reason| reason.services.meets(&service));
            let reasons = |read: fn(&Reason) -> Option<String>| joined(meant().filter_map(read));
            records.push([
                flow.row.clone(),
                self.action().to_owned(),
                self.change.class.word().to_owned(),
                flow.from.clone(),
                line.source.to_string(),
                flow.to.clone(),
                line.destination.to_string(),
                line.service.protocol.to_string(),
                request::ports(line.service),
                flow.from.clone(),
                reasons(|reason| Some(reason.statement.clone())),
                reasons(|reason| reason.because.clone()),
                self.managers(),
                valid_from.clone(),
                valid_until.clone(),
                owner.clone(),
                ticket.clone(),
                reasons(catalogue),
                self.platforms().join("; "),
            ]);
        }
    }
}

/// The catalogue entry with a remark where no document confirms it.
fn catalogue(reason: &Reason) -> Option<String> {
    let remark = if reason.verified == Some(false) { " (unverified)" } else { "" };
    reason.catalogue.as_ref().map(|entry| format!("{entry}{remark}"))
}
