//! A site with every name resolved: what the file says, typed.
//!
//! In: the trees of a site's files, the catalogue, the platforms' vocabulary. Out: [`Model`], which `policy::lower`
//! turns into sets.
//!
//! Invariant: names became ids, and an id is the position in name order, so that no value depends on the order of
//! statements. Addresses are networks without host bits, dates are days, services are sets. A statement that could
//! not be resolved is absent and was reported.

pub mod resolve;

pub use crate::catalogue::{Encryption, Need as FlowNeed, Sensitivity};
use crate::diagnostic::Code;
use crate::policy::address::AddressSet;
use crate::policy::service::ServiceSet;
use crate::source::{Span, Spanned};
use std::collections::BTreeMap;
use time::Date;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(pub u32);

            impl $name {
                /// The position in its list.
                pub fn index(self) -> usize {
                    self.0 as usize
                }

                /// The id of a position.
                pub fn at(index: usize) -> Self {
                    Self(u32::try_from(index).unwrap_or(u32::MAX))
                }
            }
        )*
    };
}

ids! {
    /// Position of a platform in [`Model::platforms`].
    PlatformId
    /// Position of a segment in [`Model::segments`].
    SegmentId
    /// Position of a role in [`Model::roles`].
    RoleId
}

/// The header of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Name.
    pub name: String,
    /// Customer.
    pub customer: Option<String>,
    /// Release, for example `r1`.
    pub release: Option<String>,
    /// The release before this one.
    pub follows: Option<String>,
    /// How Citrix is delivered.
    pub delivery_model: Option<DeliveryModel>,
    /// How hard findings weigh.
    pub hardening: Hardening,
    /// The pinned catalogue release; the newest when absent.
    pub catalogue: Option<String>,
    /// Who answers for the site.
    pub owner: Option<String>,
    /// The change ticket.
    pub ticket: Option<String>,
    /// The day from which the release is meant; the as-of day when none is given.
    pub effective: Option<Date>,
    /// The day by which somebody looks again.
    pub review_by: Option<Date>,
    /// The statement.
    pub span: Span,
}

/// How Citrix is delivered to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryModel {
    /// Citrix DaaS with the customer's resource locations.
    Daas,
    /// Citrix DaaS Flex.
    Flex,
    /// Citrix-managed desktops.
    Managed,
    /// Citrix Virtual Apps and Desktops run by the customer.
    Cvad,
}

/// How hard findings weigh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hardening {
    /// Most findings warn.
    #[default]
    Standard,
    /// Most findings are errors.
    Strict,
}

/// Who runs a platform or role, when it isn't the owner of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manager {
    /// Citrix: documented and tested, never written.
    Citrix,
    /// The customer, or a team of theirs by name.
    Team(String),
}

/// An enforcement domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Name in this site.
    pub name: String,
    /// The word after `platform`: one of the registered targets' kinds.
    pub kind: String,
    /// Who runs it.
    pub managed_by: Option<Manager>,
    /// Platforms whose networks are joined to this one.
    pub peers: Vec<PlatformId>,
    /// All other attributes as text, by key; values in the order of the text.
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Place of each attribute.
    pub attribute_spans: BTreeMap<String, Span>,
    /// The statement.
    pub span: Span,
}

/// How far a place is trusted, most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// Management and brokering.
    Control,
    /// Data and desktops.
    Restricted,
    /// The customer's own users.
    Internal,
    /// Reachable from outside.
    Dmz,
    /// Everybody.
    Untrusted,
}

impl Trust {
    /// The word of the language.
    pub fn word(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Restricted => "restricted",
            Self::Internal => "internal",
            Self::Dmz => "dmz",
            Self::Untrusted => "untrusted",
        }
    }
}

/// A subnet or VLAN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Name.
    pub name: String,
    /// The platform that it lies on.
    pub platform: PlatformId,
    /// Its ranges.
    pub addresses: AddressSet,
    /// How far it is trusted.
    pub trust: Option<Trust>,
    /// The statement.
    pub span: Span,
}

/// Where a role sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// In a segment.
    Segment(SegmentId),
    /// On a platform without a segment.
    Platform(PlatformId),
    /// Outside of every platform of the site.
    Outside,
}

/// A name by which a platform or a proxy, but no address, knows a role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KnownBy {
    /// A platform's name for a set of addresses (`tag = AzureResourceManager`).
    Tag(String),
    /// A platform's list of prefixes (`prefix-list = "com.amazonaws.eu-west-1.s3"`).
    PrefixList(String),
    /// Host names.
    Names(Vec<String>),
}

impl KnownBy {
    /// The names as written: one of a tag or list, or all host names.
    pub fn names(&self) -> &[String] {
        match self {
            Self::Tag(name) | Self::PrefixList(name) => std::slice::from_ref(name),
            Self::Names(names) => names,
        }
    }
}

/// A party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Name.
    pub name: String,
    /// Canonical kind of the catalogue.
    pub kind: String,
    /// True where the kind's machines are made by a provisioning service.
    pub provisioned: bool,
    /// Where it sits.
    pub placement: Placement,
    /// Its own ranges (`cidr`); empty when only its segment has some. For a role of kind `internet` without `cidr`:
    /// empty, and `is_internet` is set.
    pub addresses: AddressSet,
    /// True for every address that no other role or segment covers.
    pub is_internet: bool,
    /// Names that stand for it where addresses don't.
    pub known_by: Vec<KnownBy>,
    /// The role whose security group it wears.
    pub same_group_as: Option<Spanned<RoleId>>,
    /// Earlier name.
    pub was: Option<String>,
    /// How far it is trusted: its own `trust`, else its segment's.
    pub trust: Option<Trust>,
    /// Who runs it.
    pub managed_by: Option<Manager>,
    /// All other attributes as text, by key: delivery, tier, count, lifetime, port, service, ...
    pub attributes: BTreeMap<String, Vec<String>>,
    /// Place of each attribute, the typed ones included.
    pub attribute_spans: BTreeMap<String, Span>,
    /// The name in the statement.
    pub name_span: Span,
    /// The statement.
    pub span: Span,
}

/// One flow that a statement asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Who starts.
    pub from: RoleId,
    /// Who answers.
    pub to: RoleId,
    /// On which services.
    pub services: ServiceSet,
    /// The catalogue entry behind it; `None` for a line with its own ports.
    pub catalogue: Option<String>,
    /// Why, whole.
    pub because: String,
    /// False when the catalogue entry was not verified against the vendor's text.
    pub verified: bool,
    /// What protects the content, where the catalogue knows it.
    pub encryption: Option<Encryption>,
    /// What an eavesdropper or intruder gains, where the catalogue knows it.
    pub sensitivity: Option<Sensitivity>,
    /// How much it is needed; `None` for a line with its own ports.
    pub need: Option<FlowNeed>,
}

/// What kind of statement permits something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GrantKind {
    /// `intent NAME`
    Intent,
    /// `allow`
    Allow,
    /// `exception ID`
    Exception,
}

/// A statement that permits flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// What kind of statement.
    pub kind: GrantKind,
    /// The intent's name, the allow's label (its ports when it has none), or the exception's id: part of rule identity.
    pub origin: String,
    /// What the statement as a whole is for: the intent's purpose, or the reason as written.
    pub purpose: String,
    /// The flows.
    pub flows: Vec<Flow>,
    /// The statement.
    pub span: Span,
}

/// A dated grant that may pierce forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The grant; its origin is the exception's id.
    pub grant: Grant,
    /// Positions in [`Model::forbids`] of what it may pierce, with the place of the name.
    pub pierces: Vec<Spanned<usize>>,
    /// Why.
    pub because: String,
    /// Ticket.
    pub ticket: Option<String>,
    /// Owner.
    pub owner: Option<String>,
    /// First day.
    pub starts: Date,
    /// First day on which it is no longer in force.
    pub expires: Date,
    /// Place of the expiry date.
    pub expires_span: Span,
}

/// One side of a forbid or expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// `any`
    Any,
    /// Roles, sorted, each once.
    Roles(Vec<RoleId>),
}

/// Who keeps a forbid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnforcedBy {
    /// The artefacts: a widening that meets the forbid is an error.
    Network,
    /// Citrix, in networks that it manages.
    Citrix,
    /// A setting somewhere else.
    Config,
}

/// A promise that something is never possible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbid {
    /// Label.
    pub name: String,
    /// Sources.
    pub from: Side,
    /// Destinations.
    pub to: Side,
    /// True when both sides may not start (`<->`).
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

/// A test in the file.
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
    pub span: Span,
}

/// A finding that the site lives with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accept {
    /// The finding.
    pub code: Code,
    /// The roles that it is accepted for, sorted; empty for all.
    pub on: Vec<RoleId>,
    /// Why.
    pub because: String,
    /// First day on which it is no longer accepted.
    pub until: Option<Date>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The ticket.
    pub ticket: Option<String>,
    /// The statement.
    pub span: Span,
}

/// A prerequisite that is not a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// Kind as written: endpoint, account, certificate, ...
    pub kind: String,
    /// What is needed.
    pub name: String,
    /// Who provides it.
    pub owner: Option<String>,
    /// By when.
    pub due: Option<Date>,
    /// More.
    pub detail: Option<String>,
    /// The statement.
    pub span: Span,
}

/// What an enforcement point does with traffic that no rule permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnforcementState {
    /// The policy is stored only.
    Save,
    /// Traffic passes and is logged.
    Monitor,
    /// Traffic is dropped.
    Enforce,
}

/// The rollout statements together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rollout {
    /// State before a role's enforcement day.
    pub start: Option<EnforcementState>,
    /// Days of logs to review before enforcement.
    pub observe: Option<u32>,
    /// First day of enforcement by role, with its place.
    pub enforce: BTreeMap<RoleId, Spanned<Date>>,
    /// Place of the first rollout statement.
    pub span: Option<Span>,
}

/// A whole site, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The header.
    pub site: Site,
    /// The catalogue release in use.
    pub catalogue_release: String,
    /// Platforms in name order.
    pub platforms: Vec<Platform>,
    /// Segments in name order.
    pub segments: Vec<Segment>,
    /// Roles in name order.
    pub roles: Vec<Role>,
    /// Intents and allows in the order of the text.
    pub grants: Vec<Grant>,
    /// Exceptions in the order of the text.
    pub exceptions: Vec<Exception>,
    /// Forbids in the order of the text.
    pub forbids: Vec<Forbid>,
    /// Expects in the order of the text.
    pub expects: Vec<Expect>,
    /// Accepted findings in the order of the text.
    pub accepts: Vec<Accept>,
    /// Needs in the order of the text.
    pub needs: Vec<Need>,
    /// The rollout.
    pub rollout: Rollout,
}
