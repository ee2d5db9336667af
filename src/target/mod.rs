//! What every target has in common: the stages, their order, and the comparison that proves a compile.
//!
//! In: a [`Policy`] and options. Out: artefacts, each rule with a pointer, and the widenings.
//!
//! Invariant: no platform is named here. A [`Backend`] is only ever run through [`Target`], which always plans, reads
//! back, compares and renders, in this order; and reads what it rendered.

pub mod compare;
pub mod context;
pub mod csv;
mod cuts;
pub mod evaluate;
pub mod export;
pub mod half;
pub mod json;
pub mod manifest;
pub mod observed;
pub mod permission;
pub mod proof;
pub mod reading;
pub mod request;
pub mod steps;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
pub mod verify;

use crate::policy::flow_set::FlowSet;
use crate::policy::service::ServiceSet;
pub use crate::policy::universe::NotAligned;
use crate::policy::{PlatformId, Policy, RoleId, RowId};
use crate::vocabulary::PlatformSpec;
pub use context::{Lock, PlanContext};
use evaluate::Bindings;
use export::{Deployed, Export, ExportFile, KnownAs, SiteWords};
use observed::{Observed, PeerName, Unreadable};
use permission::{PermissionAsk, PermissionDocument};
use std::collections::BTreeMap;

/// One way of writing a plan down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelling {
    /// Id for `--spelling`: `arm`, `cloudformation`, `v4`, ...
    pub id: &'static str,
    /// File name within the platform's folder.
    pub file: &'static str,
    /// Media type of the file.
    pub media_type: &'static str,
}

/// What a target is.
#[derive(Debug, Clone, Copy)]
pub struct TargetInfo {
    /// Id for `--target`, for example the folder's name with hyphens.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// The platform kind that it serves, with the attributes of its block.
    pub platform: PlatformSpec,
    /// Its spellings, the main one first.
    pub spellings: &'static [Spelling],
    /// True where its artefacts are requests to people, not rules that a platform takes.
    pub is_request: bool,
    /// What its folder says about it; [`steps`] takes what to do next from there.
    pub notes: &'static str,
}

/// What the rules of one platform let through, each end by itself.
///
/// A connection between two parties passes when the source's end lets it out and the destination's end lets it in;
/// an end that this platform does not enforce is not its business.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permits {
    /// What enforced sources may start.
    pub egress: FlowSet,
    /// What enforced destinations may be reached with.
    pub ingress: FlowSet,
    /// True where the rules are requests that open something and prove no deny: such an end never excuses what the
    /// other end lets pass.
    pub opens_only: bool,
}

/// One number that a platform limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaUse {
    /// What is limited, in the platform's words: `rules in, IPv4, of SgVda`.
    pub quota: String,
    /// How many are used.
    pub used: u64,
    /// How many are allowed.
    pub limit: u64,
}

/// One written file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The spelling that it is.
    pub spelling: Spelling,
    /// Its bytes: LF, final newline.
    pub bytes: Vec<u8>,
    /// Where each row of the policy stands in it, in the order of the file. A row may stand in several places, and
    /// several rows in one.
    pub rules: Vec<RulePointer>,
    /// Symbols in it that stand for ids that only the platform knows.
    pub symbols: Vec<String>,
}

/// Where a row of the policy stands in an artefact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePointer {
    /// The row.
    pub row: RowId,
    /// JSON pointer (RFC 6901), or `line N` for a file of lines.
    pub pointer: String,
    /// Which end of the row the rule guards; `None` where one line is meant for whatever stands between the ends.
    pub end: Option<half::Direction>,
    /// The services of the rule, where it carries only a part of the row's.
    pub services: Option<ServiceSet>,
}

/// A compiler back end for one kind of platform.
pub trait Backend: Sync {
    /// The platform's decisions: rules, names, priorities, groups; nothing left to decide.
    type Plan;

    /// Id, title, spellings, vocabulary.
    fn info(&self) -> &'static TargetInfo;

    /// Decides everything for one platform of the policy. `None` only after a report in `cx`.
    fn plan(&self, policy: &Policy, platform: PlatformId, cx: &mut PlanContext<'_>) -> Option<Self::Plan>;

    /// What the platform will let through with these rules, its own defaults included. Shares no code with
    /// [`Backend::plan`].
    ///
    /// # Errors
    /// [`NotAligned`] when a rule cuts through a party's addresses, which no plan may do.
    fn permits(&self, plan: &Self::Plan, policy: &Policy) -> Result<Permits, NotAligned>;

    /// What one spelling permits beyond the plan, because its format can't say more exactly; with the cause in words.
    /// `permits` is what [`Backend::permits`] gave for the plan.
    fn spelling_widening(
        &self,
        _plan: &Self::Plan,
        _policy: &Policy,
        _permits: &Permits,
        _spelling: Spelling,
    ) -> Option<(Permits, String)> {
        None
    }

    /// Why the tool behind one spelling can't be told this plan, if it can't. Such a spelling is not written.
    fn unspoken(&self, _plan: &Self::Plan, _spelling: Spelling) -> Option<&'static str> {
        None
    }

    /// What stands for the blanks in the notes on what to do next, besides those that every target has; ready for a shell.
    fn blanks(&self, _plan: &Self::Plan) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// How the platform knows each enforced role: the value under `identity.<target id>` in the manifest.
    fn identities(&self, plan: &Self::Plan) -> BTreeMap<RoleId, serde_json::Value>;

    /// Every limit that the plan was counted against.
    fn quotas(&self, plan: &Self::Plan) -> Vec<QuotaUse>;

    /// Writes the plan down. Spelling only: cannot fail.
    fn render(&self, plan: &Self::Plan, spelling: Spelling) -> Artifact;

    /// Reads a file of one spelling, whoever wrote it. Shares no code with [`Backend::plan`] and [`Backend::render`].
    ///
    /// # Errors
    /// [`Unreadable`] for whatever is no such file, or says something about access that the neutral form can't.
    fn read(&self, spelling: Spelling, bytes: &[u8]) -> Result<Observed, Unreadable>;

    /// Permissions as the platform's own document; `None` where it has no form for them.
    fn permission_document(&self, _ask: &PermissionAsk) -> Option<PermissionDocument> {
        None
    }

    /// The points behind the names that a file uses, as far as this plan and the policy know them.
    fn bindings(&self, plan: &Self::Plan, policy: &Policy, observed: &Observed) -> Bindings;

    /// By what the deployed things of a plan are known, besides the names in its artefacts.
    fn known_as(&self, _plan: &Self::Plan) -> KnownAs {
        KnownAs::default()
    }

    /// True for a file that this platform's own tools wrote about what is deployed.
    fn is_export(&self, _value: &serde_json::Value) -> bool {
        false
    }

    /// How a site says whom an enforcement point of an export guards; `None` where it needs what the export doesn't say.
    /// `members` is the one name of whom it guards, where it has one.
    fn site_words(&self, _one: &Deployed, _members: Option<&PeerName>) -> Option<SiteWords> {
        None
    }

    /// The kind and the block of a role outside that stands for a set that somebody keeps; `title` is its name.
    fn site_peer(&self, _set: &PeerName, _title: &str) -> Option<String> {
        None
    }

    /// Reads what is deployed from files that [`Backend::is_export`] takes.
    ///
    /// # Errors
    /// [`Unreadable`] for a file that can't be understood as a whole; an enforcement point that can't be is kept.
    fn read_export(&self, _files: &[ExportFile]) -> Result<Export, Unreadable> {
        Err(Unreadable::new("", "this platform tells nothing about what is deployed"))
    }
}

/// A [`Backend`] behind an object: what the driver works with.
pub trait Target: Sync {
    /// Id, title, spellings, vocabulary.
    fn info(&self) -> &'static TargetInfo;

    /// Plans one platform. `None` only after a report in `cx`.
    fn plan(
        &self,
        policy: &Policy,
        platform: PlatformId,
        cx: &mut PlanContext<'_>,
    ) -> Option<Box<dyn Planned>>;

    /// See [`Backend::read`].
    ///
    /// # Errors
    /// [`Unreadable`] for whatever is no such file.
    fn read(&self, spelling: Spelling, bytes: &[u8]) -> Result<Observed, Unreadable>;

    /// See [`Backend::permission_document`].
    fn permission_document(&self, ask: &PermissionAsk) -> Option<PermissionDocument>;

    /// See [`Backend::is_export`].
    fn is_export(&self, value: &serde_json::Value) -> bool;

    /// See [`Backend::site_words`].
    fn site_words(&self, one: &Deployed, members: Option<&PeerName>) -> Option<SiteWords>;

    /// See [`Backend::site_peer`].
    fn site_peer(&self, set: &PeerName, title: &str) -> Option<String>;

    /// See [`Backend::read_export`].
    ///
    /// # Errors
    /// [`Unreadable`] for a file that can't be understood as a whole.
    fn read_export(&self, files: &[ExportFile]) -> Result<Export, Unreadable>;
}

/// A plan of any platform.
pub trait Planned {
    /// See [`Backend::permits`].
    ///
    /// # Errors
    /// [`NotAligned`] when a rule cuts through a party's addresses.
    fn permits(&self, policy: &Policy) -> Result<Permits, NotAligned>;

    /// See [`Backend::spelling_widening`].
    fn spelling_widening(
        &self,
        policy: &Policy,
        permits: &Permits,
        spelling: Spelling,
    ) -> Option<(Permits, String)>;

    /// See [`Backend::unspoken`].
    fn unspoken(&self, spelling: Spelling) -> Option<&'static str>;

    /// See [`Backend::blanks`].
    fn blanks(&self) -> Vec<(&'static str, String)>;

    /// See [`Backend::identities`].
    fn identities(&self) -> BTreeMap<RoleId, serde_json::Value>;

    /// See [`Backend::quotas`].
    fn quotas(&self) -> Vec<QuotaUse>;

    /// See [`Backend::render`].
    fn render(&self, spelling: Spelling) -> Artifact;

    /// See [`Backend::bindings`].
    fn bindings(&self, policy: &Policy, observed: &Observed) -> Bindings;

    /// See [`Backend::known_as`].
    fn known_as(&self) -> KnownAs;
}

struct PlannedBy<B: Backend + 'static> {
    backend: &'static B,
    plan: B::Plan,
}

impl<B: Backend + 'static> Planned for PlannedBy<B> {
    fn permits(&self, policy: &Policy) -> Result<Permits, NotAligned> {
        self.backend.permits(&self.plan, policy)
    }

    fn spelling_widening(
        &self,
        policy: &Policy,
        permits: &Permits,
        spelling: Spelling,
    ) -> Option<(Permits, String)> {
        self.backend.spelling_widening(&self.plan, policy, permits, spelling)
    }

    fn unspoken(&self, spelling: Spelling) -> Option<&'static str> {
        self.backend.unspoken(&self.plan, spelling)
    }

    fn blanks(&self) -> Vec<(&'static str, String)> {
        self.backend.blanks(&self.plan)
    }

    fn identities(&self) -> BTreeMap<RoleId, serde_json::Value> {
        self.backend.identities(&self.plan)
    }

    fn quotas(&self) -> Vec<QuotaUse> {
        self.backend.quotas(&self.plan)
    }

    fn render(&self, spelling: Spelling) -> Artifact {
        self.backend.render(&self.plan, spelling)
    }

    fn bindings(&self, policy: &Policy, observed: &Observed) -> Bindings {
        self.backend.bindings(&self.plan, policy, observed)
    }

    fn known_as(&self) -> KnownAs {
        self.backend.known_as(&self.plan)
    }
}

/// Makes a target of a back end.
#[derive(Debug, Clone, Copy)]
pub struct Registered<B: 'static>(pub &'static B);

impl<B: Backend + 'static> Target for Registered<B>
where
    B::Plan: 'static,
{
    fn info(&self) -> &'static TargetInfo {
        self.0.info()
    }

    fn plan(
        &self,
        policy: &Policy,
        platform: PlatformId,
        cx: &mut PlanContext<'_>,
    ) -> Option<Box<dyn Planned>> {
        let plan = self.0.plan(policy, platform, cx)?;
        Some(Box::new(PlannedBy { backend: self.0, plan }))
    }

    fn read(&self, spelling: Spelling, bytes: &[u8]) -> Result<Observed, Unreadable> {
        self.0.read(spelling, bytes)
    }

    fn permission_document(&self, ask: &PermissionAsk) -> Option<PermissionDocument> {
        self.0.permission_document(ask)
    }

    fn is_export(&self, value: &serde_json::Value) -> bool {
        self.0.is_export(value)
    }

    fn site_words(&self, one: &Deployed, members: Option<&PeerName>) -> Option<SiteWords> {
        self.0.site_words(one, members)
    }

    fn site_peer(&self, set: &PeerName, title: &str) -> Option<String> {
        self.0.site_peer(set, title)
    }

    fn read_export(&self, files: &[ExportFile]) -> Result<Export, Unreadable> {
        self.0.read_export(files)
    }
}
