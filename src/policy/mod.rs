//! The neutral policy: who may start a connection to whom, as exact sets with reasons.
//!
//! In: a [`crate::model::Model`] and a day. Out: [`Policy`], the only thing that checks and targets see.
//!
//! What always holds, so that nobody checks it again:
//! - parties, segments and platforms are in name order, and an id is a position;
//! - flows are in canonical order; each has a stable id, at least one provenance, and services of one protocol;
//! - [`Policy::intended`] is the union of the flows in force on the as-of day, and nothing else;
//! - no platform's word is in it: attributes of platforms and parties ride along as unread text.

pub mod address;
pub mod cover;
mod day;
pub mod example;
pub mod flow_set;
pub mod identity;
mod level;
pub mod lower;
pub mod owners;
pub mod service;
#[cfg(test)]
pub(crate) mod testing;
pub mod universe;

pub use crate::model::{
    Encryption, EnforcedBy, EnforcementState, FlowNeed, Hardening, KnownBy, PlatformId, RoleId, SegmentId,
    Sensitivity, Trust,
};
use crate::source::Span;
pub use crate::space::interval;
use address::AddressSet;
pub use day::parse_day;
use flow_set::FlowSet;
pub use identity::RowId;
pub use level::Level;
use service::{Protocol, ServiceSet};
use std::collections::BTreeMap;
use time::Date;
use universe::{AtomId, Universe};

/// The site's header as outputs show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Name of the site.
    pub site: String,
    /// Release, if named.
    pub release: Option<String>,
    /// The day for which the policy was built.
    pub as_of: Date,
    /// How hard findings weigh.
    pub hardening: Hardening,
    /// Catalogue release in use.
    pub catalogue: String,
}

/// An enforcement domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Name in the site.
    pub name: String,
    /// The word after `platform`.
    pub kind: String,
    /// True when segc writes artefacts for it; false for a domain that Citrix manages.
    pub written: bool,
    /// Attributes as text, unread.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Place of each attribute.
    pub attribute_spans: BTreeMap<String, Span>,
    /// The statement.
    pub span: Span,
}

impl Platform {
    /// The first value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).and_then(|values| values.first()).map(String::as_str)
    }
}

/// A subnet or VLAN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Name.
    pub name: String,
    /// Where it lies.
    pub platform: PlatformId,
    /// Its ranges.
    pub addresses: AddressSet,
    /// The statement.
    pub span: Span,
}

/// A role of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Name.
    pub name: String,
    /// Catalogue kind.
    pub kind: String,
    /// The platform that it sits on, if any.
    pub platform: Option<PlatformId>,
    /// The segment that it sits in, if any.
    pub segment: Option<SegmentId>,
    /// True when an artefact of its platform enforces its side of a flow.
    pub enforced: bool,
    /// Where it may be: its own ranges, else its segment's; for the internet everything that nobody else covers;
    /// empty when only names are known.
    pub addresses: AddressSet,
    /// True for every address that no other party or segment covers.
    pub is_internet: bool,
    /// Names that stand for it where addresses don't.
    pub known_by: Vec<KnownBy>,
    /// The party whose group it wears; itself when it has its own.
    pub group: RoleId,
    /// Place of `same-group-as`.
    pub group_span: Option<Span>,
    /// Earlier name.
    pub was: Option<String>,
    /// True where its machines are made by a provisioning service, so that nobody can tag them by hand.
    pub provisioned: bool,
    /// How far it is trusted.
    pub trust: Option<Trust>,
    /// What its enforcement point does on the as-of day with traffic that no rule permits; `None` without a rollout.
    pub state: Option<EnforcementState>,
    /// Who runs it, when not the owner of the site: a team's name or `citrix`.
    pub managed_by: Option<String>,
    /// Attributes as text, unread.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// The name in its statement.
    pub span: Span,
}

impl Party {
    /// The name that identities and names of artefacts are made of: the earlier one where the role was renamed, so that
    /// a rename moves nothing.
    pub fn lasting_name(&self) -> &str {
        self.was.as_deref().unwrap_or(&self.name)
    }

    /// The first value of an attribute.
    pub fn attribute(&self, key: &str) -> Option<&str> {
        self.attributes.get(key).and_then(|values| values.first()).map(String::as_str)
    }
}

/// One reason for a flow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Provenance {
    /// The statement in short: `intent vda-registration`, `allow rds-cals`, `exception EX-7`.
    pub statement: String,
    /// Catalogue entry, if any.
    pub catalogue: Option<String>,
    /// The reason, whole.
    pub because: String,
    /// What the statement as a whole is for; the reason itself where there is only one.
    pub purpose: String,
    /// The part of the flow's services that it is the reason for.
    pub services: ServiceSet,
    /// False when the catalogue entry was not verified against the vendor's text.
    pub verified: bool,
    /// What protects the content, where the catalogue knows it.
    pub encryption: Option<Encryption>,
    /// What an eavesdropper or intruder gains, where the catalogue knows it.
    pub sensitivity: Option<Sensitivity>,
    /// How much it is needed; `None` for a line with its own ports.
    pub need: Option<FlowNeed>,
    /// The statement's place.
    pub span: Span,
}

impl Provenance {
    /// The catalogue entry as people see it: with a remark where no document confirms it.
    pub fn catalogue_label(&self) -> Option<String> {
        let remark = if self.verified { "" } else { " (unverified)" };
        self.catalogue.as_ref().map(|entry| format!("{entry}{remark}"))
    }

    /// Whether a document confirms the catalogue entry; `None` for a line with its own ports.
    pub fn catalogue_verified(&self) -> Option<bool> {
        self.catalogue.as_ref().map(|_| self.verified)
    }
}

/// Who starts to whom, on what, why: one row of every table that segc writes.
///
/// Its identity is source role, destination role, protocol, and the label or intent of its line; ports may change
/// under one identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Stable id from identity.
    pub id: RowId,
    /// The intent's name, the allow's label, or the exception's id.
    pub origin: String,
    /// Who starts.
    pub from: RoleId,
    /// Who answers.
    pub to: RoleId,
    /// The protocol of all its services.
    pub protocol: Protocol,
    /// The services, all of one protocol.
    pub services: ServiceSet,
    /// Why, at least one, sorted.
    pub provenance: Vec<Provenance>,
    /// First day on which it is no longer in force, for exceptions.
    pub expires: Option<Date>,
}

/// A promise with its points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbid {
    /// Label.
    pub name: String,
    /// Source points, sorted: every point whose party or address is meant.
    pub from: Vec<AtomId>,
    /// Destination points, sorted.
    pub to: Vec<AtomId>,
    /// True for `<->`.
    pub both_ways: bool,
    /// Services.
    pub services: ServiceSet,
    /// Why.
    pub because: String,
    /// Who keeps it.
    pub enforced_by: EnforcedBy,
    /// The statement.
    pub span: Span,
}

impl Forbid {
    /// The services that the promise excludes between two points.
    pub fn excludes(&self, from: AtomId, to: AtomId) -> ServiceSet {
        let forward = self.from.binary_search(&from).is_ok() && self.to.binary_search(&to).is_ok();
        let backward =
            self.both_ways && self.from.binary_search(&to).is_ok() && self.to.binary_search(&from).is_ok();
        if forward || backward { self.services.clone() } else { ServiceSet::empty() }
    }
}

/// A dated grant with what it may pierce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Id.
    pub name: String,
    /// Its flows, whether in force or not.
    pub flows: Vec<Flow>,
    /// Positions in [`Policy::forbids`] with the place of each name.
    pub pierces: Vec<crate::source::Spanned<usize>>,
    /// First day.
    pub starts: Date,
    /// First day on which it is no longer in force.
    pub expires: Date,
    /// Ticket.
    pub ticket: Option<String>,
    /// Owner.
    pub owner: Option<String>,
    /// Place of the expiry date.
    pub expires_span: Span,
    /// The statement.
    pub span: Span,
}

/// A test of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// True for `expect allow`.
    pub allow: bool,
    /// Source roles.
    pub from: Vec<RoleId>,
    /// Destination roles.
    pub to: Vec<RoleId>,
    /// True for `<->`.
    pub both_ways: bool,
    /// Services.
    pub services: ServiceSet,
    /// The statement.
    pub span: Span,
}

/// The neutral policy of a site on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    header: Header,
    platforms: Vec<Platform>,
    segments: Vec<Segment>,
    parties: Vec<Party>,
    universe: Universe,
    flows: Vec<Flow>,
    intended: FlowSet,
    forbids: Vec<Forbid>,
    exceptions: Vec<Exception>,
    expects: Vec<Expect>,
}

impl Policy {
    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Platforms in name order.
    pub fn platforms(&self) -> impl Iterator<Item = (PlatformId, &Platform)> {
        self.platforms.iter().enumerate().map(|(at, platform)| (PlatformId::at(at), platform))
    }

    /// One platform; `None` for an id of another policy.
    pub fn platform(&self, id: PlatformId) -> Option<&Platform> {
        self.platforms.get(id.index())
    }

    /// Segments in name order.
    pub fn segments(&self) -> impl Iterator<Item = (SegmentId, &Segment)> {
        self.segments.iter().enumerate().map(|(at, segment)| (SegmentId::at(at), segment))
    }

    /// One segment; `None` for an id of another policy.
    pub fn segment(&self, id: SegmentId) -> Option<&Segment> {
        self.segments.get(id.index())
    }

    /// Parties in name order.
    pub fn parties(&self) -> impl Iterator<Item = (RoleId, &Party)> {
        self.parties.iter().enumerate().map(|(at, party)| (RoleId::at(at), party))
    }

    /// One party; `None` for an id of another policy.
    pub fn party(&self, id: RoleId) -> Option<&Party> {
        self.parties.get(id.index())
    }

    /// A party's name; empty for an id of another policy.
    pub fn name(&self, id: RoleId) -> &str {
        self.party(id).map_or("", |party| party.name.as_str())
    }

    /// The party of a name.
    pub fn find(&self, name: &str) -> Option<RoleId> {
        let found = self.parties.binary_search_by(|party| party.name.as_str().cmp(name));
        found.ok().map(RoleId::at)
    }

    /// The parties that sit on a platform and whose side its artefacts enforce, in name order.
    pub fn enforced_on(&self, platform: PlatformId) -> impl Iterator<Item = (RoleId, &Party)> {
        self.parties().filter(move |(_, party)| party.enforced && party.platform == Some(platform))
    }

    /// The points of the policy.
    pub fn universe(&self) -> &Universe {
        &self.universe
    }

    /// Flows in force on the as-of day, in canonical order (source name, destination name, origin, protocol).
    pub fn flows(&self) -> &[Flow] {
        &self.flows
    }

    /// What may start a connection on the as-of day.
    pub fn intended(&self) -> &FlowSet {
        &self.intended
    }

    /// Promises in name order.
    pub fn forbids(&self) -> &[Forbid] {
        &self.forbids
    }

    /// Exceptions in name order, in force or not.
    pub fn exceptions(&self) -> &[Exception] {
        &self.exceptions
    }

    /// Tests of the file.
    pub fn expects(&self) -> &[Expect] {
        &self.expects
    }
}
