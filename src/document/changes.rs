//! What became of the rows of the matrix since an earlier release.
//!
//! In: the rows of a site, and a release that it is compared with. Out: [`Changes`]: which rows are new, which say
//! something else and in what, and which are gone.
//!
//! Rows are the same by id; where an id has changed with its reasons, by their ends and services. What the earlier release
//! does not tell is no difference.
//!
//! Invariant: every row of both releases is counted once: it is new, changed, removed or as it was.

use super::content::Change;
use super::rows::{EarlierRow, End, MatrixRow, earlier_rows};
use crate::diff::release::{Party, PartyId, Release};
use crate::policy::service::ServiceSet;
use crate::policy::{Encryption, Policy, RoleId};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// The rows of a site beside those of an earlier release.
#[derive(Debug)]
pub(crate) struct Changes<'a> {
    /// The earlier release.
    pub(crate) release: &'a Release,
    /// What became of the rows of the site, by id; rows that are as they were aren't there.
    marks: BTreeMap<String, Mark>,
    /// Rows that only the earlier release has.
    pub(crate) removed: Vec<EarlierRow<'a>>,
}

/// What became of a row.
#[derive(Debug)]
pub(crate) struct Mark {
    /// In a word.
    pub(crate) change: Change,
    /// In what it differs; nothing for a new row.
    pub(crate) differences: Vec<Difference>,
}

/// One thing that a row said otherwise, with what it said.
#[derive(Debug)]
pub(crate) enum Difference {
    /// It had another id.
    Id(String),
    /// The source had another name.
    SourceRole(String),
    /// The source was elsewhere.
    Source(End),
    /// The destination had another name.
    DestinationRole(String),
    /// The destination was elsewhere.
    Destination(End),
    /// It was on other services.
    Services(ServiceSet),
    /// The platforms of its ends, which enforce it, were others; `None` for none.
    EnforcedAt([Option<String>; 2]),
    /// Other lines asked for it.
    Statements(BTreeSet<String>),
    /// They gave other reasons.
    Reasons(BTreeSet<String>),
    /// Its content was protected otherwise; `None` where nobody knew.
    Encryption(Option<Encryption>),
    /// It was granted until another day: the day before which it ended.
    Expires(Date),
    /// It was granted from another day on.
    Starts(Date),
    /// The grant was somebody else's.
    Owner(Option<String>),
    /// The grant had another ticket.
    Ticket(Option<String>),
}

impl<'a> Changes<'a> {
    /// Compares the rows of a site with an earlier release.
    pub(crate) fn new(policy: &Policy, rows: &[MatrixRow<'_>], release: &'a Release) -> Self {
        let mut earlier: Vec<Option<EarlierRow<'a>>> = earlier_rows(release).into_iter().map(Some).collect();
        let by_id: BTreeMap<String, usize> = positions(&earlier, |row| row.id.clone());
        let mut partners: Vec<Option<EarlierRow<'a>>> =
            rows.iter().map(|row| by_id.get(&row.id).and_then(|at| take(&mut earlier, *at))).collect();
        let by_ends = positions(&earlier, |row| earlier_ends(release, row));
        for (row, partner) in rows.iter().zip(&mut partners).filter(|(_, partner)| partner.is_none()) {
            *partner = by_ends.get(&own_ends(policy, release, row)).and_then(|at| take(&mut earlier, *at));
        }
        let mut marks = BTreeMap::new();
        for (row, partner) in rows.iter().zip(partners) {
            let mark = match partner {
                None => Mark { change: Change::New, differences: Vec::new() },
                Some(before) => {
                    let differences = differences(policy, row, release, &before);
                    Mark { change: Change::Changed, differences }
                }
            };
            if mark.change == Change::New || !mark.differences.is_empty() {
                marks.insert(row.id.clone(), mark);
            }
        }
        Self { release, marks, removed: earlier.into_iter().flatten().collect() }
    }

    /// What became of a row of the site; `None` where it is as it was.
    pub(crate) fn of_row(&self, id: &str) -> Option<&Mark> {
        self.marks.get(id)
    }

    /// A role of the earlier release.
    pub(crate) fn party(&self, role: RoleId) -> Option<&'a Party> {
        self.release.party(PartyId(role.0))
    }
}

/// Takes a row out, so that it has one partner only.
fn take<'a>(rows: &mut [Option<EarlierRow<'a>>], at: usize) -> Option<EarlierRow<'a>> {
    rows.get_mut(at).and_then(Option::take)
}

fn positions<'a, K: Ord>(
    rows: &[Option<EarlierRow<'a>>],
    key: impl Fn(&EarlierRow<'a>) -> K,
) -> BTreeMap<K, usize> {
    rows.iter().enumerate().filter_map(|(at, row)| Some((key(row.as_ref()?), at))).collect()
}

/// What a row is apart from its id and its reasons: names in the earlier release, places, services, grant.
type Ends = (String, String, String, String, Option<String>);

fn earlier_ends(release: &Release, row: &EarlierRow<'_>) -> Ends {
    let name = |role: RoleId| release.name(PartyId(role.0)).to_owned();
    let places = format!("{:?} {:?}", row.source, row.destination);
    let grant = row.exception.map(|exception| exception.name.clone());
    (name(row.from), name(row.to), places, row.services.explicit(), grant)
}

fn own_ends(policy: &Policy, release: &Release, row: &MatrixRow<'_>) -> Ends {
    // A role that the earlier release knows by its name is that one, whatever it was before.
    let name = |role: RoleId| {
        let own = policy.name(role);
        let before = policy.party(role).and_then(|party| party.was.as_deref());
        let known = |name: &str| release.find(name).is_some();
        before.filter(|before| !known(own) && known(before)).unwrap_or(own).to_owned()
    };
    let places = format!("{:?} {:?}", row.source, row.destination);
    let grant = row.exception.map(|exception| exception.name.clone());
    (name(row.from), name(row.to), places, row.services.explicit(), grant)
}

/// In what two partners differ.
fn differences(
    policy: &Policy,
    row: &MatrixRow<'_>,
    release: &Release,
    before: &EarlierRow<'_>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    if row.id != before.id {
        found.push(Difference::Id(before.id.clone()));
    }
    let earlier_name = |role: RoleId| release.name(PartyId(role.0)).to_owned();
    if policy.name(row.from) != earlier_name(before.from) {
        found.push(Difference::SourceRole(earlier_name(before.from)));
    }
    if row.source != before.source {
        found.push(Difference::Source(before.source.clone()));
    }
    if policy.name(row.to) != earlier_name(before.to) {
        found.push(Difference::DestinationRole(earlier_name(before.to)));
    }
    if row.destination != before.destination {
        found.push(Difference::Destination(before.destination.clone()));
    }
    if row.services != before.services {
        found.push(Difference::Services(before.services.clone()));
    }
    let own = [row.from, row.to].map(|role| own_platform(policy, role));
    let earlier = [before.from, before.to].map(|role| earlier_platform(release, role));
    if own != earlier {
        found.push(Difference::EnforcedAt(earlier));
    }
    found.extend(other_reasons(row, before));
    found.extend(other_grant(row, before));
    found
}

fn own_platform(policy: &Policy, role: RoleId) -> Option<String> {
    let platform = policy.party(role)?.platform?;
    Some(policy.platform(platform)?.name.clone())
}

fn earlier_platform(release: &Release, role: RoleId) -> Option<String> {
    release.party(PartyId(role.0))?.platform.clone()
}

fn other_reasons(row: &MatrixRow<'_>, before: &EarlierRow<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    let own: BTreeSet<&str> = row.reasons.iter().map(|reason| reason.statement.as_str()).collect();
    let earlier: BTreeSet<&str> = before.reasons.iter().map(|reason| reason.statement.as_str()).collect();
    if own != earlier {
        found.push(Difference::Statements(earlier.into_iter().map(str::to_owned).collect()));
    }
    let own: BTreeSet<&str> = row.reasons.iter().map(|reason| reason.because.as_str()).collect();
    // A release that does not carry all of its reasons can't differ in them.
    let earlier: Option<BTreeSet<&str>> =
        before.reasons.iter().map(|reason| reason.because.as_deref()).collect();
    found.extend(
        earlier
            .filter(|earlier| *earlier != own)
            .map(|earlier| Difference::Reasons(earlier.into_iter().map(str::to_owned).collect())),
    );
    let least = |known: Option<Vec<Encryption>>| known.and_then(|known| known.into_iter().min());
    let own = least(row.reasons.iter().map(|reason| reason.encryption).collect());
    let earlier = least(before.reasons.iter().map(|reason| reason.encryption).collect());
    if own != earlier {
        found.push(Difference::Encryption(earlier));
    }
    found
}

fn other_grant(row: &MatrixRow<'_>, before: &EarlierRow<'_>) -> Vec<Difference> {
    let (Some(own), Some(earlier)) = (row.exception, before.exception) else { return Vec::new() };
    let mut found = Vec::new();
    if own.starts != earlier.starts {
        found.push(Difference::Starts(earlier.starts));
    }
    if own.expires != earlier.expires {
        found.push(Difference::Expires(earlier.expires));
    }
    if own.owner != earlier.owner {
        found.push(Difference::Owner(earlier.owner.clone()));
    }
    if own.ticket != earlier.ticket {
        found.push(Difference::Ticket(earlier.ticket.clone()));
    }
    found
}
