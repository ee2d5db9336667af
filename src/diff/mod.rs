//! Two releases compared by what they mean.
//!
//! In: two [`release::Release`]s, whatever they come of. Out: [`Comparison`]: changes of twelve classes with reasons,
//! addresses, artefacts and rules, and the order in which to carry them out.
//!
//! The access is compared as exact sets at both levels ([`access`]), each differing packet class gets one class and one
//! cause ([`classify`]), and parts of one class and cause become one change. What else the releases say is compared
//! statement by statement. When a packet of one release is the same packet in the other, [`points`] says.
//!
//! Invariant: the packet classes of all changes together are the symmetric difference of what the releases permit, each
//! once; this is counted, and a difference is an error. Order, places, comments and numbers of a text are in no change.
//! Invariant: the changes of two releases the other way round are the rollback.

pub mod access;
mod attribute;
pub mod classify;
mod describe;
mod exceptions;
mod findings;
pub mod grants;
mod guards;
mod later;
mod model;
pub mod pairing;
pub mod places;
pub mod points;
pub mod release;
pub mod rules;
mod states;
#[cfg(test)]
mod tests;
mod texts;
mod words;
mod work;

pub use crate::policy::Level;
use crate::policy::service::ServiceSet;
pub use access::{Fault, Sum};
use classify::Both;
pub use findings::{FindingChange, QuotaChange};
use pairing::Pairing;
use places::Moved;
use points::Points;
use release::{Finding, Header, PartyId, Place, Reason, Release};
pub use rules::RuleChange;
use time::Date;
pub use work::Step;

/// What a change is. The order is the order of reports: what a reviewer has to look at first comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Roles may reach what they could not reach.
    Opened,
    /// A role has further addresses, or the artefacts let more pass than the file says.
    Widened,
    /// The same need in a worse way: less protection, or more sides that start.
    Weakened,
    /// The same need in a better way: better protection, or fewer sides that start.
    Hardened,
    /// Roles may not reach any more what they could reach.
    Closed,
    /// A role has fewer addresses, or the artefacts let less pass beyond the file.
    Narrowed,
    /// Promises and tests.
    Guard,
    /// What enforcement points do with what no rule permits.
    State,
    /// What and where things are: delivery, platform, segment, kind.
    Model,
    /// A role has another name and the same traffic.
    Renamed,
    /// Prerequisites that are not flows, and how much a flow is needed.
    Need,
    /// Words only.
    Text,
}

impl Class {
    /// All classes, in their order.
    pub const ALL: [Self; 12] = [
        Self::Opened,
        Self::Widened,
        Self::Weakened,
        Self::Hardened,
        Self::Closed,
        Self::Narrowed,
        Self::Guard,
        Self::State,
        Self::Model,
        Self::Renamed,
        Self::Need,
        Self::Text,
    ];

    /// The word used in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Widened => "widened",
            Self::Weakened => "weakened",
            Self::Hardened => "hardened",
            Self::Closed => "closed",
            Self::Narrowed => "narrowed",
            Self::Guard => "guard",
            Self::State => "state",
            Self::Model => "model",
            Self::Renamed => "renamed",
            Self::Need => "need",
            Self::Text => "text",
        }
    }
}

/// What happens to packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Only the second release permits them.
    Opens,
    /// Only the first release permits them.
    Closes,
}

impl Effect {
    /// What happens to packets that only one release permits: the second (`opens`), or the first.
    fn of(opens: bool) -> Self {
        if opens { Self::Opens } else { Self::Closes }
    }

    /// The word used in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opens => "opens",
            Self::Closes => "closes",
        }
    }
}

/// Packets of one row or widening that differ: all sources with all destinations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFlow {
    /// What happens to them.
    pub effect: Effect,
    /// The row, or the widening's id.
    pub row: String,
    /// Who starts, by its name in the second release where it is there.
    pub from: String,
    /// Who answers, likewise.
    pub to: String,
    /// Who starts and who answers, in the release that permits it.
    pub ends: [PartyId; 2],
    /// On what.
    pub services: ServiceSet,
    /// The source's addresses, or the names that stand for them.
    pub from_addresses: Vec<String>,
    /// The destination's addresses, or the names that stand for them.
    pub to_addresses: Vec<String>,
    /// True where the artefacts of both releases let it pass, so that only the files differ.
    pub passes_in_both: bool,
    /// Why: the row's reasons for these services.
    pub reasons: Vec<Reason>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it is.
    pub class: Class,
    /// Whether what the file says differs, or what the artefacts let pass beyond it.
    pub level: Level,
    /// What happened, in a line.
    pub what: String,
    /// What it is put down to: `intent hdx-session`, `segment az-desktops`, `exception EX-9`.
    pub statement: String,
    /// Where that stands.
    pub place: Place,
    /// True where that is in the second release; false for what is gone.
    pub is_after: bool,
    /// Why, each reason once.
    pub because: Vec<String>,
    /// The packets that differ.
    pub flows: Vec<ChangedFlow>,
    /// Further rows with packets that the flows of other changes tell: they come and go together.
    pub repeats: Vec<ChangedFlow>,
    /// How many packet classes differ.
    pub packets: u128,
    /// Rows that it touches, whether or not their packets differ.
    pub rows: Vec<String>,
    /// Paths of artefacts that carry its rows.
    pub artefacts: Vec<String>,
    /// Rows that are enforced in another place, or by others, though no packet of them differs.
    pub moves: Vec<Moved>,
    /// True where something is no longer dropped that no rule permits, on the compared days: what a role may do and be
    /// reached with is up to others, or to nobody.
    pub loosens: bool,
    /// Positions in [`Comparison::rules`] of the rules that it touches.
    pub rules: Vec<usize>,
    /// Positions in [`Comparison::opens`] of the findings that it brings about.
    pub opens: Vec<usize>,
    /// Positions in [`Comparison::closes`] of the findings that it ends.
    pub closes: Vec<usize>,
    /// Positions in [`Comparison::alters`] of the findings that it makes larger or smaller.
    pub alters: Vec<usize>,
    /// What else to know: a risk, a date, what stays open.
    pub notes: Vec<String>,
    /// From which day on it holds, where it does not at once.
    pub starts: Option<Date>,
    /// Until which day it holds, that day not included.
    pub expires: Option<Date>,
    /// True for a state that no artefact follows, so that there is nothing to do.
    pub is_moot: bool,
    /// True for a grant that gets other days than it had, or that had none.
    pub is_redated: bool,
    /// True for something that the first release does not have at all.
    pub is_new: bool,
    /// The roles that it is about, by their names in the second release where they are there.
    pub roles: Vec<String>,
}

impl Change {
    /// A change without packets.
    fn new(class: Class, what: impl Into<String>, statement: impl Into<String>, place: Place) -> Self {
        Self {
            class,
            level: Level::Intent,
            what: what.into(),
            statement: statement.into(),
            place,
            is_after: true,
            because: Vec::new(),
            flows: Vec::new(),
            repeats: Vec::new(),
            packets: 0,
            rows: Vec::new(),
            artefacts: Vec::new(),
            moves: Vec::new(),
            loosens: false,
            rules: Vec::new(),
            opens: Vec::new(),
            closes: Vec::new(),
            alters: Vec::new(),
            notes: Vec::new(),
            starts: None,
            expires: None,
            is_moot: false,
            is_redated: false,
            is_new: false,
            roles: Vec::new(),
        }
    }

    /// The same, of something that the first release does not have.
    fn appearing(mut self) -> Self {
        self.is_new = true;
        self
    }

    /// The same with its place in the first release.
    fn gone(mut self) -> Self {
        self.is_after = false;
        self
    }

    /// Its flows, and the further rows with packets of other changes.
    fn rows_that_differ(&self) -> impl Iterator<Item = &ChangedFlow> {
        self.flows.iter().chain(&self.repeats)
    }

    /// Whether it opens something; what only closes, closes.
    fn effect(&self) -> Effect {
        Effect::of(self.opens_access())
    }

    /// True where it lets something pass that did not.
    pub fn opens_access(&self) -> bool {
        self.flows.iter().any(|flow| flow.effect == Effect::Opens)
    }

    /// True where it stops something that passed.
    pub fn closes_access(&self) -> bool {
        self.flows.iter().any(|flow| flow.effect == Effect::Closes)
    }
}

/// A dated grant of the second release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// Id.
    pub name: String,
    /// First day.
    pub starts: Date,
    /// First day on which it is no longer in force.
    pub expires: Date,
    /// Days from the as-of day to the end; negative when it has expired.
    pub days_left: i64,
    /// Owner.
    pub owner: Option<String>,
    /// Ticket.
    pub ticket: Option<String>,
}

/// Two releases compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Header of the first release.
    pub before: Header,
    /// Header of the second release.
    pub after: Header,
    /// All changes, by class, then cause.
    pub changes: Vec<Change>,
    /// Packet classes that the files permit apart from each other: counted by the set engine, and found in the changes.
    pub intent: Sum,
    /// Packet classes that the artefacts let pass besides; `None` where one of the releases did not compile.
    pub beyond: Option<Sum>,
    /// What changes for the platforms, by artefact and rule.
    pub rules: Vec<RuleChange>,
    /// Findings that only the second release has.
    pub opens: Vec<Finding>,
    /// Findings that only the first release has.
    pub closes: Vec<Finding>,
    /// Findings that are about more or less than before, or say something else.
    pub alters: Vec<FindingChange>,
    /// Limits whose use moved.
    pub quotas: Vec<QuotaChange>,
    /// Exceptions of the second release with their dates, by the day on which they end.
    pub exceptions: Vec<Dated>,
    /// Whole rows of exceptions that differ.
    pub grants: Vec<grants::GrantChange>,
    /// How to carry the changes out.
    pub order_of_work: Vec<Step>,
    /// Parts that one of the releases does not tell, so that they were not compared.
    pub not_compared: Vec<&'static str>,
}

impl Comparison {
    /// True where some change lets something pass that did not.
    pub fn opens_access(&self) -> bool {
        self.changes.iter().any(Change::opens_access)
    }

    /// True where what was dropped on the compared days, as no rule permits it, is not dropped any more.
    pub fn loosens(&self) -> bool {
        self.changes.iter().any(|change| change.loosens)
    }

    /// True where neither the files nor the artefacts permit anything else than before, on any day, and nothing is
    /// enforced less.
    pub fn is_same_access(&self) -> bool {
        self.changes.iter().all(|change| change.flows.is_empty() && !change.loosens)
    }

    /// True where there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.rules.is_empty()
    }

    /// How many changes there are of each class that has some, in the order of classes.
    pub fn counts(&self) -> Vec<(Class, usize)> {
        let count = |class| self.changes.iter().filter(|change| change.class == class).count();
        let counts = Class::ALL.into_iter().map(|class| (class, count(class)));
        counts.filter(|(_, count)| *count > 0).collect()
    }
}

/// Compares two releases.
///
/// # Errors
/// [`Fault`] when the difference takes more than the set engine's budget, or when the changes do not account for it.
pub fn compare(before: &Release, after: &Release) -> Result<Comparison, Fault> {
    let pairing = Pairing::new(before, after);
    let points = Points::new([before, after], &pairing);
    let both = Both { releases: [before, after], pairing: &pairing, points: &points };
    let difference = access::compare(before, after, &points)?;
    let later::Later { changes: of_later_days, repeats } = later::compare(&both, &difference.pieces)?;
    let parts = classify::classify(&both, difference.pieces);
    let mut changes = describe::changes(&both, parts);
    let counted: u128 = changes.iter().map(|change| change.packets).sum();
    let sums = [difference.intent, difference.beyond.unwrap_or_default()];
    let differing = sums.iter().map(|sum| sum.opened + sum.closed).sum();
    if counted != differing {
        return Err(Fault::Unaccounted { counted, differing });
    }
    changes.extend(describe::repeated(&both, difference.repeats));
    changes.extend(of_later_days);
    exceptions::compare(&both, &repeats, &mut changes);
    guards::compare(&both, &mut changes);
    let rules = rules::compare(before, after);
    states::compare(&both, &rules, &mut changes);
    model::compare(&both, &mut changes);
    places::compare(&both, &mut changes);
    texts::compare(&both, &mut changes);
    changes.sort_by(|a, b| (a.class, a.level, &a.place, &a.what).cmp(&(b.class, b.level, &b.place, &b.what)));
    let findings = findings::compare(&both);
    attribute::link(&both, &mut changes, &rules, &findings);
    let findings::Differing { opens, closes, changes: alters } = findings;
    Ok(Comparison {
        before: before.header.clone(),
        after: after.header.clone(),
        order_of_work: work::order(&both, &changes, &rules),
        grants: grants::compare(&both, &changes),
        changes,
        intent: difference.intent,
        beyond: difference.beyond,
        rules,
        opens,
        closes,
        alters,
        quotas: findings::quotas(before, after),
        exceptions: exceptions::dated(after),
        not_compared: not_compared(before, after),
    })
}

/// Parts that one of two releases does not tell.
fn not_compared(before: &Release, after: &Release) -> Vec<&'static str> {
    type IsMissing = fn(&Release) -> bool;
    let parts: [(&'static str, IsMissing); 9] = [
        ("segments", |release| release.segments.is_none()),
        ("promises and tests", |release| release.forbids.is_none() || release.expects.is_none()),
        ("exceptions", |release| release.exceptions.is_none()),
        ("prerequisites", |release| release.needs.is_none()),
        ("rollout", |release| release.rollout.is_none()),
        ("what artefacts let pass beyond the file", |release| release.widenings.is_none()),
        ("rules of the artefacts", |release| release.artefacts.is_none()),
        ("findings", |release| release.findings.is_none()),
        ("limits", |release| release.quotas.is_none()),
    ];
    let is_missing = |missing: IsMissing| missing(before) || missing(after);
    parts.into_iter().filter(|(_, missing)| is_missing(*missing)).map(|(name, _)| name).collect()
}
