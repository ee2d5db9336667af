//! One release as the comparison sees it: neutral, owned, complete in itself.
//!
//! In: whatever describes a release: a policy with its model and artefacts, or a manifest. Out: [`Release`].
//!
//! Two releases come of different texts, so nothing here is a span or an id of one of them: places are paths and lines,
//! parties are positions in the release's own list. A part that a source can't tell is `None`, and the comparison says
//! that it did not look at it; an empty list says that there is none of it.
//!
//! Invariant: parties are in name order, and every `PartyId` of a release is a position in its list. The order of all
//! other lists means nothing.

use crate::policy::address::AddressSet;
use crate::policy::service::ServiceSet;
use crate::policy::{Encryption, EnforcementState, FlowNeed};
use std::collections::BTreeMap;
use time::Date;

/// Position of a party in [`Release::parties`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId(pub u32);

impl PartyId {
    /// The position in its list.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The id of a position.
    pub fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// Where something stands: a path relative to the site's folder, and a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The path; empty where nobody knows.
    pub path: String,
    /// The line, from 1; 0 where nobody knows.
    pub line: u32,
}

/// Everything that a comparison needs of one release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// Who and when.
    pub header: Header,
    /// Enforcement domains in name order.
    pub platforms: Vec<Platform>,
    /// Subnets and VLANs in name order; `None` where only roles are known.
    pub segments: Option<Vec<Segment>>,
    /// Roles in name order.
    pub parties: Vec<Party>,
    /// Rows in force on the as-of day.
    pub flows: Vec<Flow>,
    /// Promises.
    pub forbids: Option<Vec<Forbid>>,
    /// Tests of the file.
    pub expects: Option<Vec<Expect>>,
    /// Dated grants, in force or not.
    pub exceptions: Option<Vec<Exception>>,
    /// Prerequisites that are not flows.
    pub needs: Option<Vec<Need>>,
    /// The rollout statements together.
    pub rollout: Option<Rollout>,
    /// What the artefacts permit beyond the flows; `None` where the site did not compile.
    pub widenings: Option<Vec<Widening>>,
    /// The written files; `None` where the site did not compile.
    pub artefacts: Option<Vec<Artefact>>,
    /// Findings of all weights.
    pub findings: Option<Vec<Finding>>,
    /// Limits with their use; `None` where the site did not compile.
    pub quotas: Option<Vec<Quota>>,
}

/// The header of a release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Name of the site.
    pub site: String,
    /// Release, if named.
    pub release: Option<String>,
    /// The catalogue release in use.
    pub catalogue: String,
    /// The day for which it was read.
    pub as_of: Option<Date>,
    /// All that the site statement says besides, as text by key: customer, owner, ticket, effective, ...
    pub attributes: BTreeMap<String, String>,
}

/// An enforcement domain.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Platform {
    /// Name in the site.
    pub name: String,
    /// The word after `platform`; for a manifest its target.
    pub kind: String,
    /// Attributes as text, by key; values joined by commas.
    pub attributes: BTreeMap<String, String>,
    /// The statement.
    pub place: Place,
}

/// A subnet or VLAN.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segment {
    /// Name.
    pub name: String,
    /// The platform that it lies on, by name.
    pub platform: String,
    /// Its ranges.
    pub addresses: AddressSet,
    /// How far it is trusted.
    pub trust: Option<String>,
    /// The statement.
    pub place: Place,
}

/// A role.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// Name.
    pub name: String,
    /// Earlier name.
    pub was: Option<String>,
    /// Catalogue kind.
    pub kind: String,
    /// The platform that it sits on, by name; `None` outside of all of them.
    pub platform: Option<String>,
    /// The segment that it sits in, by name.
    pub segment: Option<String>,
    /// Where it may be: its own ranges, else its segment's; for the internet all that nobody else covers.
    pub addresses: AddressSet,
    /// True for every address that no other party or segment covers.
    pub is_internet: bool,
    /// Names that stand for it where addresses don't: tags, prefix lists, host names.
    pub known_by: Vec<String>,
    /// The role whose group it wears, by name; `None` for its own.
    pub group: Option<String>,
    /// Who runs it, when not the owner of the site.
    pub managed_by: Option<String>,
    /// True where an artefact of the site enforces its end of a flow.
    pub enforced: bool,
    /// How far it is trusted.
    pub trust: Option<String>,
    /// What its enforcement point does on the as-of day with traffic that no rule permits.
    pub state: Option<EnforcementState>,
    /// All other attributes as text, by key: delivery, tier, count, ...; values joined by commas.
    pub attributes: BTreeMap<String, String>,
    /// The statement.
    pub place: Place,
}

/// One row: who starts to whom, on what, why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Stable id.
    pub row: String,
    /// Who starts.
    pub from: PartyId,
    /// Who answers.
    pub to: PartyId,
    /// On which services, all of one protocol.
    pub services: ServiceSet,
    /// Why, at least one.
    pub reasons: Vec<Reason>,
}

/// One reason for a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reason {
    /// The statement in short: `intent vda-registration`, `allow rds-cals`, `exception EX-7`.
    pub statement: String,
    /// Its place.
    pub place: Place,
    /// Catalogue entry; `None` for a line with its own ports.
    pub catalogue: Option<String>,
    /// False where no document confirms the entry; `None` without one.
    pub verified: Option<bool>,
    /// The reason, whole; `None` where the source does not carry it.
    pub because: Option<String>,
    /// The part of the row's services that it is the reason for; the whole where the source can't tell.
    pub services: ServiceSet,
    /// What protects the content, where the catalogue knows it.
    pub encryption: Option<Encryption>,
    /// How much it is needed; `None` for a line with its own ports.
    pub need: Option<FlowNeed>,
}

/// One side of a promise or test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// `any`
    Any,
    /// Roles, in name order.
    Parties(Vec<PartyId>),
}

/// A promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbid {
    /// Label.
    pub name: String,
    /// Sources.
    pub from: Side,
    /// Destinations.
    pub to: Side,
    /// True for `<->`.
    pub both_ways: bool,
    /// Services.
    pub services: ServiceSet,
    /// Why.
    pub because: String,
    /// Who keeps it: network, citrix, config.
    pub enforced_by: String,
    /// The statement.
    pub place: Place,
}

/// A test of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// True for `expect allow`.
    pub allow: bool,
    /// Sources.
    pub from: Side,
    /// Destinations.
    pub to: Side,
    /// True for `<->`.
    pub both_ways: bool,
    /// Services.
    pub services: ServiceSet,
    /// The statement.
    pub place: Place,
}

/// A dated grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Id.
    pub name: String,
    /// Its rows, in force or not. In force they are among [`Release::flows`] too.
    pub flows: Vec<Flow>,
    /// What the artefacts let pass besides once it is in force: empty where it is, as that is among
    /// [`Release::widenings`]; `None` where nobody knows.
    pub widenings: Option<Vec<Widening>>,
    /// The promises that it may pierce, by name.
    pub pierces: Vec<String>,
    /// First day.
    pub starts: Date,
    /// First day on which it is no longer in force.
    pub expires: Date,
    /// Why.
    pub because: String,
    /// Ticket.
    pub ticket: Option<String>,
    /// Owner.
    pub owner: Option<String>,
    /// The statement.
    pub place: Place,
}

impl Flow {
    /// The name of the exception that it is of.
    pub fn exception(&self) -> Option<&str> {
        self.reasons.first()?.statement.strip_prefix(EXCEPTION)
    }
}

/// What the statement of an exception begins with; its name follows.
pub const EXCEPTION: &str = "exception ";

impl Exception {
    /// Its statement in short, as reasons of its rows name it.
    pub fn statement(&self) -> String {
        format!("{EXCEPTION}{}", self.name)
    }

    /// Whether it is in force on the same days as another one.
    pub fn has_days_of(&self, other: &Self) -> bool {
        (self.starts, self.expires) == (other.starts, other.expires)
    }

    /// Whether it counts on a day.
    pub fn is_in_force(&self, day: Date) -> bool {
        self.starts <= day && day < self.expires
    }
}

/// A prerequisite that is not a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Need {
    /// Kind as written: endpoint, account, certificate, ...
    pub kind: String,
    /// What is needed.
    pub name: String,
    /// Owner, due, detail, as text by key.
    pub attributes: BTreeMap<String, String>,
    /// The statement.
    pub place: Place,
}

/// The rollout statements together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rollout {
    /// State before a role's enforcement day.
    pub start: Option<EnforcementState>,
    /// Days of logs to review before enforcement.
    pub observe: Option<u32>,
    /// First day of enforcement by role, with its place.
    pub enforce: BTreeMap<PartyId, (Date, Place)>,
    /// Place of the first statement.
    pub place: Place,
}

/// Something that the artefacts permit and the file does not say: all of its sources with all of its destinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widening {
    /// `W-n` or `S-n`; numbers are not stable.
    pub id: String,
    /// Who may start.
    pub from: PartyId,
    /// Who may be reached.
    pub to: PartyId,
    /// On what.
    pub services: ServiceSet,
    /// The part of the source's addresses, when not all of them.
    pub from_part: Option<AddressSet>,
    /// The part of the destination's addresses, when not all of them.
    pub to_part: Option<AddressSet>,
    /// Why, in words.
    pub cause: String,
    /// True where the file itself says that the gaining role wears another role's group.
    pub declared: bool,
    /// The one spelling that has it; `None` for all.
    pub spelling: Option<String>,
    /// Names of the forbids that it meets.
    pub forbids: Vec<String>,
}

/// One written file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Artefact {
    /// Path relative to the output folder.
    pub path: String,
    /// Platform of the site, by name.
    pub platform: String,
    /// Target id.
    pub target: String,
    /// Spelling id.
    pub spelling: String,
    /// Its rules, with what they hang on (members of a group, state of a policy).
    pub rules: Vec<Rule>,
}

/// One thing that a platform enforces, as the platform sees it.
///
/// `key` says which rule it is and survives edits: releases are matched by it. `sees` is all that the platform takes
/// from it, without names, numbers and remarks that change no packet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    /// Which rule it is: enforcement point, direction, rows. Several rules of a file may share one key.
    pub key: String,
    /// What it says to the platform, in one line.
    pub sees: String,
    /// The rows that it is for; empty for what is no rule of a row (members, state, closing denies).
    pub rows: Vec<String>,
    /// JSON pointer, or `line N`: where it stands in this release.
    pub pointer: String,
    /// What its enforcement point does with what no rule permits; `None` for a rule of such a point.
    pub state: Option<EnforcementState>,
}

/// A report about a release: an error, a warning or a note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// `SEGnnnn`.
    pub code: String,
    /// `FC-nn` for a design finding.
    pub finding: Option<String>,
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// What is wrong.
    pub message: String,
    /// What to do, one entry each.
    pub help: Vec<String>,
    /// Background facts.
    pub notes: Vec<String>,
    /// Why the site lives with it, where it does.
    pub accepted: Option<String>,
    /// Places, the primary one first: file, line, column, what is to be seen there.
    pub labels: Vec<(Place, u32, String)>,
    /// The roles that it is about, by name: one list for each pair or role.
    pub about: Vec<Vec<String>>,
}

/// One number that a platform limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quota {
    /// Platform of the site, by name.
    pub platform: String,
    /// What is limited, in the platform's words.
    pub quota: String,
    /// How many are used.
    pub used: u64,
    /// How many are allowed.
    pub limit: u64,
}

impl Release {
    /// A party's name; empty for an id of another release.
    pub fn name(&self, id: PartyId) -> &str {
        self.party(id).map_or("", |party| party.name.as_str())
    }

    /// One party; `None` for an id of another release.
    pub fn party(&self, id: PartyId) -> Option<&Party> {
        self.parties.get(id.index())
    }

    /// The party of a name.
    pub fn find(&self, name: &str) -> Option<PartyId> {
        let found = self.parties.binary_search_by(|party| party.name.as_str().cmp(name));
        found.ok().map(PartyId::at)
    }

    /// An exception by its name.
    pub fn exception(&self, name: &str) -> Option<&Exception> {
        self.exceptions.iter().flatten().find(|exception| exception.name == name)
    }

    /// Exceptions that are not over on a day; none where the release does not tell.
    pub fn exceptions_alive(&self, day: Date) -> impl Iterator<Item = &Exception> {
        self.exceptions.iter().flatten().filter(move |exception| day < exception.expires)
    }

    /// The exception that a row is of.
    pub fn exception_of(&self, row: &str) -> Option<&Exception> {
        let mut exceptions = self.exceptions.iter().flatten();
        exceptions.find(|exception| exception.flows.iter().any(|flow| flow.row == row))
    }

    /// Parties with their ids, in name order.
    pub fn parties(&self) -> impl Iterator<Item = (PartyId, &Party)> {
        self.parties.iter().enumerate().map(|(at, party)| (PartyId::at(at), party))
    }
}
