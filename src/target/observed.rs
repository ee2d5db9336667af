//! What a rule file says, whoever wrote it: the neutral form of an artefact that was read.
//!
//! In: what a target's reader found in a file. Out: enforcement points with their rules, in symbolic parties.
//!
//! Invariant: nothing of a policy is in it, so a name that nobody knows stays a name. Rules of one direction of a guard
//! stand in the order in which they are tried, and the first that matches decides; where a platform adds its rules up,
//! all of them allow, so their order means nothing. What no rule matches is dropped: a platform that lets it pass by
//! itself says so with a rule of its own ([`Author::Platform`]).

use super::half::Direction;
use crate::policy::EnforcementState;
use crate::policy::address::AddressSet;
use crate::policy::service::ServiceSet;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Everything that one file says about access.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// The enforcement points in the order of the file. A party behind several may do what any of them lets it.
    pub guards: Vec<Guard>,
    /// True where the rules are requests that open something and prove no deny.
    pub opens_only: bool,
}

/// An enforcement point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// Its name in the file.
    pub name: String,
    /// Where it stands: JSON pointer (RFC 6901), or `line N`.
    pub pointer: String,
    /// Whom it guards.
    pub members: Peers,
    /// What it does with traffic that no rule permits; [`EnforcementState::Enforce`] where a platform has nothing else.
    pub state: EnforcementState,
    /// What it does with IPv6.
    pub ipv6: Ipv6,
    /// The networks that it looks at, in the platform's word; `None` where a platform has no choice.
    pub scope: Option<String>,
    /// Its rules in both directions, with those of the platform.
    pub rules: Vec<Rule>,
}

/// What an enforcement point does with IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ipv6 {
    /// Its rules decide.
    ByRules,
    /// It drops all of it, ICMPv6 too, whatever the rules say.
    Dropped,
    /// It lets all of it pass, whatever the rules say.
    Passes,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Where it stands: JSON pointer (RFC 6901), or `line N`; the guard's place for a rule of the platform.
    pub pointer: String,
    /// Who wrote it.
    pub author: Author,
    /// As seen from the guarded party.
    pub direction: Direction,
    /// What happens with what it matches.
    pub action: Action,
    /// Who starts.
    pub from: Peers,
    /// Who answers.
    pub to: Peers,
    /// On what.
    pub services: ServiceSet,
}

/// Who wrote a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Author {
    /// It stands in the file.
    File,
    /// The platform has it by itself, as long as the file says nothing else.
    Platform,
}

/// What happens with what a rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It passes.
    Allow,
    /// It is dropped.
    Deny,
}

/// One side of a rule: everybody whom one of these describes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Peers {
    /// Whoever there is.
    pub everybody: bool,
    /// Whom the rule's enforcement point guards.
    pub guarded: bool,
    /// Whoever sits at one of these.
    pub addresses: AddressSet,
    /// Whoever is known by one of these.
    pub names: BTreeSet<PeerName>,
}

/// A name that a platform or a person has for parties, spelt so that equal names are equal texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeerName {
    /// The members of a group.
    Group(String),
    /// Whoever sits behind an enforcement point that is bound elsewhere.
    Behind(String),
    /// The addresses of a set that the platform or somebody else keeps.
    AddressSet(String),
    /// What a person makes of a name: a host, or a published set.
    Host(String),
    /// Machines that wear all of these labels.
    Labels(BTreeSet<String>),
}

/// Why a file can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Where: JSON pointer (RFC 6901), or `line N`; empty for the whole file.
    pub pointer: String,
    /// What is wrong, in lower case and without a full stop.
    pub why: String,
}

impl Unreadable {
    /// At a place of the file.
    pub fn new(pointer: impl Into<String>, why: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), why: why.into() }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the file" } else { self.pointer.as_str() };
        write!(formatter, "{place}: {}", self.why)
    }
}

impl Guard {
    /// An enforcement point without rules that looks at both address families.
    pub fn new(name: impl Into<String>, pointer: impl Into<String>, members: Peers) -> Self {
        Self {
            name: name.into(),
            pointer: pointer.into(),
            members,
            state: EnforcementState::Enforce,
            ipv6: Ipv6::ByRules,
            scope: None,
            rules: Vec::new(),
        }
    }
}

impl Guard {
    /// True where another one says the same about access, wherever it stands: rules side by side with one action may stand
    /// in another order, and services of one pair may be divided among them.
    pub fn says_as(&self, other: &Self) -> bool {
        let about = |guard: &Self| (guard.members.clone(), guard.state, guard.ipv6, guard.scope.clone());
        about(self) == about(other) && runs(&self.rules) == runs(&other.rules)
    }
}

/// Rules side by side with one action: what each author has from whom to whom.
type Run<'r> = (Action, BTreeMap<(Author, Direction, &'r Peers, &'r Peers), ServiceSet>);

fn runs(rules: &[Rule]) -> Vec<Run<'_>> {
    let mut runs: Vec<Run<'_>> = Vec::new();
    for rule in rules {
        if runs.last().is_none_or(|(action, _)| *action != rule.action) {
            runs.push((rule.action, BTreeMap::new()));
        }
        if let Some((_, pairs)) = runs.last_mut() {
            let services: &mut ServiceSet =
                pairs.entry((rule.author, rule.direction, &rule.from, &rule.to)).or_default();
            *services = services.union(&rule.services);
        }
    }
    runs
}

impl Rule {
    /// A rule of the file between whom its enforcement point guards and `peers`.
    pub fn allow(pointer: String, direction: Direction, peers: Peers, services: ServiceSet) -> Self {
        let (from, to) = match direction {
            Direction::Ingress => (peers, Peers::guarded()),
            Direction::Egress => (Peers::guarded(), peers),
        };
        Self { pointer, author: Author::File, direction, action: Action::Allow, from, to, services }
    }
}

impl Peers {
    /// Whoever there is.
    pub fn everybody() -> Self {
        Self { everybody: true, ..Self::default() }
    }

    /// Whom the rule's enforcement point guards.
    pub fn guarded() -> Self {
        Self { guarded: true, ..Self::default() }
    }

    /// Whoever sits at one of some addresses.
    pub fn at(addresses: AddressSet) -> Self {
        Self { addresses, ..Self::default() }
    }

    /// Whoever is known by a name.
    pub fn named(name: PeerName) -> Self {
        Self { names: BTreeSet::from([name]), ..Self::default() }
    }

    /// Whoever one of some sides describes.
    pub fn union_of<'a>(sides: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut union = Self::default();
        let mut addresses = Vec::new();
        for side in sides {
            union.everybody |= side.everybody;
            union.guarded |= side.guarded;
            union.names.extend(side.names.iter().cloned());
            addresses.push(&side.addresses);
        }
        union.addresses = AddressSet::union_of(addresses);
        union
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(name) => write!(formatter, "the group `{name}`"),
            Self::Behind(name) => write!(formatter, "the enforcement point `{name}`"),
            Self::AddressSet(name) => write!(formatter, "the address set `{name}`"),
            Self::Host(name) => write!(formatter, "the name `{name}`"),
            Self::Labels(labels) => {
                let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
                write!(formatter, "the labels `{}`", labels.join("`, `"))
            }
        }
    }
}
