//! The changes as rows of a change request: what to add, what to remove, and what to give other days; nothing else.
//!
//! In: a comparison and its releases. Out: CSV, one line for each source, destination and service range that differs.
//!
//! Invariant: every packet class that the files permit apart from each other is in a row, and of the others only those of
//! rows that are enforced in another place, once for each place. What only the artefacts let pass besides is nobody's
//! request and has no row.

use crate::diff::grants::{GrantChange, GrantEffect};
use crate::diff::places::{Moved, manager};
use crate::diff::release::{Exception, Party, Reason, Release};
use crate::diff::{Change, ChangedFlow, Class, Comparison, Effect, Level};
use crate::policy::service::ServiceSet;
use crate::target::csv;
use crate::target::request::{self, Endpoint, joined};

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
    let changes = comparison.changes.iter().filter(|change| change.level == Level::Intent);
    let of_change = |change| {
        let Change { class, flows, repeats, moves, .. }: &Change = change;
        let differing = flows.iter().chain(repeats).map(|flow| Row::new(*class, flow, releases));
        let moved = moves.iter().map(|one| Row::of_move(*class, one, releases));
        // Rows of exceptions are asked for as a whole.
        differing.filter(|row| row.grant.is_none()).chain(moved).collect::<Vec<_>>()
    };
    let grants = comparison.grants.iter().map(|grant| Row::of_grant(grant, releases));
    for row in changes.flat_map(of_change).chain(grants) {
        if platform.is_none_or(|platform| row.platforms().contains(&platform)) {
            row.write(&mut records);
        }
    }
    csv::bytes(&records)
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

/// What to do with a row, or with a part of it, in the release that permits it.
struct Row<'a> {
    action: &'static str,
    class: Class,
    flow: &'a ChangedFlow,
    /// The one place for which the row is, where no packet of it differs.
    moved: Option<&'a Moved>,
    release: &'a Release,
    /// The exception that it is of.
    grant: Option<&'a Exception>,
}

impl<'a> Row<'a> {
    /// What differs of a row.
    fn new(class: Class, flow: &'a ChangedFlow, releases: [&'a Release; 2]) -> Self {
        let [before, after] = releases;
        let (action, release) =
            if flow.effect == Effect::Opens { ("add", after) } else { ("remove", before) };
        Self { action, class, flow, moved: None, release, grant: release.exception_of(&flow.row) }
    }

    /// A whole row of an exception: with `change` it takes the place of what it was.
    fn of_grant(grant: &'a GrantChange, releases: [&'a Release; 2]) -> Self {
        let action = match grant.effect {
            GrantEffect::Added => "add",
            GrantEffect::Removed => "remove",
            GrantEffect::Changed => "change",
        };
        Self { action, ..Self::new(grant.class, &grant.flow, releases) }
    }

    /// A row that another place enforces, or others.
    fn of_move(class: Class, moved: &'a Moved, releases: [&'a Release; 2]) -> Self {
        Self { moved: Some(moved), ..Self::new(class, &moved.flow, releases) }
    }

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

    /// Who runs its ends, where that is not the owner of the site.
    fn managers(&self) -> String {
        let by = |party: &Party| Some(format!("{}: {}", party.name, manager(self.release, party)?));
        joined(self.ends().filter_map(by))
    }

    /// From which day on it is valid, and the last day: of a row that is there for some days only.
    fn validity(&self) -> [String; 2] {
        let grant = self.grant.filter(|_| self.action != "remove");
        let days = [grant.map(|grant| grant.starts), grant.and_then(|grant| grant.expires.previous_day())];
        days.map(|day| day.map_or_else(String::new, |day| day.to_string()))
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
        let [valid_from, valid_until] = self.validity();
        let [owner, ticket] = self.owner_and_ticket();
        for line in request::lines(&flow.services, &ends(&flow.from_addresses), &ends(&flow.to_addresses)) {
            // A row may have a reason for each of its ports.
            let service = ServiceSet::from_ranges([line.service]);
            let meant = || flow.reasons.iter().filter(|reason| reason.services.meets(&service));
            let reasons = |read: fn(&Reason) -> Option<String>| joined(meant().filter_map(read));
            records.push([
                flow.row.clone(),
                self.action.to_owned(),
                self.class.word().to_owned(),
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
