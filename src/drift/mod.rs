//! What is deployed against what was compiled, by meaning.
//!
//! In: the enforcement points of a compile with the rows that their rules carry, and an export of the platform. Out: a
//! [`Comparison`]: what is missing, extra, widened or narrowed, and what is not ours.
//!
//! Both are read into one neutral form. Names of the export become compiled names where it is known that they are one
//! another; then the rules of matched enforcement points are compared as sets, first match first. How access is divided
//! into rules, in which order they stand where the order means nothing, and how they are spelt, is no difference.
//!
//! Invariant: knows no platform. Whatever no compiled enforcement point matches is left alone and counted. What can't be
//! compared is said, never left out.

mod access;
mod binding;
mod cells;
mod certain;
mod leftover;
mod matching;
mod names;
mod pairing;
mod points;
#[cfg(test)]
mod tests;

pub use access::Access;
pub use cells::Who;
pub use certain::{Certain, certain};
pub use matching::Binds;
pub use names::{Names, typed};

use crate::policy::EnforcementState;
use crate::target::export::{Deployed, Export, KnownAs, Marks};
use crate::target::half::Direction;
use crate::target::observed::{Guard, PeerName, Peers, Rule};
use access::Compared;
use leftover::leftovers;
use matching::{Matched, besides, matched};
use names::single;
use points::{PairOf, missing_point};
use std::collections::{BTreeMap, BTreeSet};

/// A compiled enforcement point.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The platform of the site.
    pub platform: &'a str,
    /// The enforcement point, read back from the artefact.
    pub guard: &'a Guard,
    /// By what the deployed things of the platform are known.
    pub known: &'a KnownAs,
    /// The rows that a rule carries, by its place.
    pub rows: &'a BTreeMap<String, BTreeSet<String>>,
}

impl Wanted<'_> {
    /// What the artefact tags it with.
    fn tags(&self) -> Option<&Marks> {
        self.known.tags.get(&self.guard.name.to_lowercase())
    }

    /// Whom it guards, and both sides of its rules.
    fn sides(&self) -> impl Iterator<Item = &Peers> {
        let rules = self.guard.rules.iter().flat_map(|rule| [&rule.from, &rule.to]);
        std::iter::once(&self.guard.members).chain(rules)
    }
}

/// What a site compiles to on its platforms of one kind.
#[derive(Debug)]
pub struct Site<'a> {
    /// Its enforcement points on all of them.
    pub wanted: Vec<Wanted<'a>>,
    /// By what the deployed things of each are known.
    pub known: Vec<(&'a str, &'a KnownAs)>,
    /// Every platform of the site of this kind, compared or not, in lower case.
    pub platforms: BTreeSet<String>,
}

/// What a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A compiled rule is not deployed.
    Missing,
    /// A deployed rule was not compiled.
    Extra,
    /// A deployed rule permits more than the compiled one in its place.
    Widened,
    /// A deployed rule permits less than the compiled one in its place.
    Narrowed,
    /// A deployed rule permits something else than the compiled one in its place, or the rules stand in another order.
    Changed,
    /// A whole enforcement point is not deployed.
    MissingPoint,
    /// An enforcement point that segc wrote for the site is deployed, and nothing compiles to it.
    ExtraPoint,
    /// An enforcement point watches instead of blocking, or the other way round.
    State,
    /// An enforcement point does something else with IPv6.
    Ipv6,
    /// An enforcement point guards other machines.
    Members,
    /// An enforcement point looks at other networks.
    Scope,
    /// An enforcement point stands before no network and no machine.
    Detached,
}

impl Kind {
    /// Its word in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Changed => "changed",
            Self::MissingPoint => "missing-point",
            Self::ExtraPoint => "extra-point",
            Self::State => "state",
            Self::Ipv6 => "ipv6",
            Self::Members => "members",
            Self::Scope => "scope",
            Self::Detached => "detached",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What it is.
    pub kind: Kind,
    /// The platform of the site.
    pub platform: String,
    /// The compiled enforcement point; the deployed one where none is compiled.
    pub point: String,
    /// The deployed one, with its id.
    pub deployed: Option<String>,
    /// The direction, for rules.
    pub direction: Option<Direction>,
    /// The compiled rule's place.
    pub compiled_at: Option<String>,
    /// The deployed rule's place.
    pub deployed_at: Option<String>,
    /// The deployed rule's name or description.
    pub remark: Option<String>,
    /// The rows of the compiled rule.
    pub rows: Vec<String>,
    /// What passes as deployed and not as compiled.
    pub opened: Vec<Access>,
    /// What passes as compiled and not as deployed.
    pub closed: Vec<Access>,
    /// True where something may pass that was not compiled.
    pub opens: bool,
    /// True where something may be dropped that was compiled.
    pub closes: bool,
    /// True for a deny that matters only if names hold addresses that it has.
    pub is_possible: bool,
    /// More, in words.
    pub note: Option<String>,
}

/// A compiled enforcement point that several deployed ones fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ambiguous {
    /// Its compiled name.
    pub name: String,
    /// The ids of those that fit.
    pub ids: Vec<String>,
}

/// A name of the export that nothing explains, so that its rules were not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexplained {
    /// The name.
    pub name: String,
    /// The places of its rules.
    pub places: Vec<String>,
    /// Compiled names that it may be.
    pub candidates: Vec<String>,
}

/// A deployed enforcement point that no compiled one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Its name, with its id.
    pub shown: String,
    /// How many rules it has.
    pub rules: usize,
    /// What it is, where it belongs to another program that is known.
    pub belongs_to: Option<&'static str>,
    /// Why it can't be read.
    pub problem: Option<String>,
}

/// Everything that was found.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    /// The differences, in the order of the compiled enforcement points.
    pub drifts: Vec<Drift>,
    /// How many enforcement points were compared.
    pub compared: usize,
    /// How many rules of them are compiled.
    pub rules: usize,
    /// Those that could not be told apart.
    pub ambiguous: Vec<Ambiguous>,
    /// Names without an explanation.
    pub unexplained: Vec<Unexplained>,
    /// Those that could not be read, although they are ours.
    pub unreadable: Vec<(String, crate::target::observed::Unreadable)>,
    /// Those that are not compiled and guard our machines too, and those that may do something else than they say, with why.
    pub besides: Vec<(String, String)>,
    /// Those that are not ours.
    pub foreign: Vec<Foreign>,
    /// What was bound by hand and is not there.
    pub unknown_binds: Vec<String>,
    /// What was taken for granted.
    pub remarks: Vec<String>,
}

/// Compares a site's compiled enforcement points with an export.
pub fn compare(site: &Site<'_>, export: &Export, binds: &Binds) -> Comparison {
    let wanted = site.wanted.as_slice();
    let matched = matched(site, export, binds);
    let left = leftovers(site, export, &matched);
    let mut besides = besides(site, export, &matched);
    besides.retain(|at, _| !left.contains_key(at));
    let Matched { pairs, names, ambiguous, remarks, unknown } = matched;
    let mut comparison = Comparison {
        ambiguous,
        unknown_binds: unknown,
        remarks: export.remarks.iter().cloned().chain(remarks).collect(),
        ..Comparison::default()
    };
    comparison.remarks.extend(unattached(export, &pairs));
    let unseen = unseen(wanted, export, &names);
    let mut unexplained = BTreeMap::new();
    for (one, found) in wanted.iter().zip(&pairs) {
        let deployed: Vec<&Deployed> = found.iter().filter_map(|at| export.guards.get(*at)).collect();
        let pair = PairOf { wanted: *one, deployed: &deployed, export, names: &names, unseen: &unseen };
        comparison.add_pair(&pair, &mut unexplained);
    }
    // What is in doubt is said as such.
    unexplained.retain(|name, _| !names.is_doubtful(name));
    explain(&mut comparison, unexplained, export, &unseen);
    let known: BTreeSet<usize> =
        pairs.iter().flatten().chain(besides.keys()).chain(left.keys()).copied().collect();
    comparison.add_left(left, export);
    comparison.remarks.extend(of_other_labels(export, &known));
    comparison.foreign = foreign(export, &known, &comparison.ambiguous);
    let shown = besides.into_iter().filter_map(|(at, why)| Some((export.guards.get(at)?.shown(), why)));
    comparison.besides.extend(shown);
    comparison
}

impl Comparison {
    /// Adds what differs between a compiled enforcement point and those that it is.
    fn add_pair(&mut self, pair: &PairOf<'_>, unexplained: &mut BTreeMap<PeerName, Vec<String>>) {
        let one = &pair.wanted;
        let Some(first) = pair.deployed.first() else {
            if !self.ambiguous.iter().any(|other| other.name == one.guard.name) {
                self.drifts.push(missing_point(one, pair.export));
            }
            return;
        };
        if let Some(problem) = &first.problem {
            self.unreadable.push((first.shown(), problem.clone()));
            return;
        }
        let doubts = pair.deployed.iter().filter_map(|one| Some((one.shown(), one.doubt.clone()?)));
        self.besides.extend(doubts);
        self.remarks.extend(other_network(one, first));
        self.compared += 1;
        self.rules += one.guard.rules.len();
        self.drifts.extend(pair.about_the_point(first));
        self.drifts.extend(pair.about_rules(unexplained));
    }

    /// Adds what nothing compiles to any more, or why it can't be read.
    fn add_left(&mut self, left: BTreeMap<usize, Drift>, export: &Export) {
        for (at, drift) in left {
            match export.guards.get(at).and_then(|one| Some((one.shown(), one.problem.clone()?))) {
                Some(unread) => self.unreadable.push(unread),
                None => self.drifts.push(drift),
            }
        }
    }
}

/// Where an enforcement point stands before another network than the site says.
fn other_network(wanted: &Wanted<'_>, one: &Deployed) -> Option<String> {
    let (key, meant, found) = wanted.known.network.iter().find_map(|(key, meant)| {
        let found = one.network.get(key).filter(|found| *found != meant)?;
        Some((key, meant, found))
    })?;
    let shown = one.shown();
    Some(format!(
        "{shown} stands before subnets of the {key} `{found}`, and the site says `{meant}`: see whether it is bound where it should be"
    ))
}

/// Which compared enforcement points may stand before nothing, for all that the export says.
fn unattached(export: &Export, pairs: &[Vec<usize>]) -> Option<String> {
    let ours = pairs.iter().filter_map(|found| export.guards.get(*found.first()?));
    let silent = ours.filter(|one| export.may_say_attached && one.attached.is_none());
    let names: Vec<&str> = silent.map(|one| one.title.as_str()).collect();
    let list = names.join(", ");
    (!names.is_empty())
        .then(|| format!("attachment not stated: nothing says before which networks {list} stand, if any"))
}

/// Most labels that a remark lists.
const MOST_LABELS: usize = 5;

/// Who else may guard machines of the site: nothing says which labels a machine wears besides those of the site.
fn of_other_labels(export: &Export, known: &BTreeSet<usize>) -> Option<String> {
    let guards =
        export.guards.iter().enumerate().filter(|(at, _)| !known.contains(at)).map(|(_, one)| &one.guard);
    let enforced = guards.filter(|guard| guard.state == EnforcementState::Enforce);
    let labels = |guard: &Guard| {
        let is_labels = |name: &&PeerName| matches!(name, PeerName::Labels(_));
        let names: BTreeSet<String> = guard.members.names.iter().filter(is_labels).map(typed).collect();
        (!names.is_empty()).then_some(names)
    };
    let all: Vec<BTreeSet<String>> = enforced.filter_map(labels).collect();
    let names: Vec<String> = all.iter().flatten().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    let rest = names.len().checked_sub(MOST_LABELS).filter(|rest| *rest > 0);
    let rest = rest.map(|rest| format!(" and {rest} more")).unwrap_or_default();
    let list = names.get(..MOST_LABELS).unwrap_or(&names).join(", ");
    (!all.is_empty()).then(|| {
        format!(
            "what machines wear besides the labels of the site is not in the export; where one wears {list}{rest}, rules that are not of the site count for it too"
        )
    })
}

/// What an enforcement point lets through in one direction, in as few lines as say it exactly.
pub fn permitted(guard: &Guard, direction: Direction) -> Vec<Access> {
    let rules: Vec<&Rule> = guard.rules.iter().filter(|rule| rule.direction == direction).collect();
    let compared = Compared::new(&[], &rules);
    compared.lines(&compared.opened)
}

/// Compiled names of sets and labels that no rule of the export has.
fn unseen(wanted: &[Wanted<'_>], export: &Export, names: &names::Names) -> BTreeSet<PeerName> {
    let open: Vec<&PeerName> = export.unexplained.iter().filter(|name| names.name(name) == **name).collect();
    if open.is_empty() {
        return names.unclear().clone();
    }
    let mut unseen = single(wanted.iter().flat_map(|one| one.sides()));
    let guards = export.guards.iter().map(|one| &one.guard);
    let rules = guards.flat_map(|guard| guard.rules.iter().map(|rule| names.rule(rule)));
    let sides: Vec<Peers> = rules.flat_map(|rule| [rule.from, rule.to]).collect();
    for name in single(&sides) {
        unseen.remove(&name);
    }
    unseen.retain(|name| open.iter().any(|other| is_alike(name, other)));
    unseen.union(names.unclear()).cloned().collect()
}

/// True for names of one sort.
fn is_alike(one: &PeerName, other: &PeerName) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

/// Tells the names that nothing explains, or why what explains them can't be read.
fn explain(
    comparison: &mut Comparison,
    places: BTreeMap<PeerName, Vec<String>>,
    export: &Export,
    unseen: &BTreeSet<PeerName>,
) {
    for (name, places) in places {
        let set = export.sets.iter().find(|set| set.name == name);
        if let Some((set, problem)) = set.and_then(|set| Some((set, set.problem.clone()?))) {
            comparison.unreadable.push((set.title.clone(), problem));
            continue;
        }
        comparison.unexplained.push(Unexplained {
            candidates: unseen.iter().filter(|other| is_alike(&name, other)).map(typed).collect(),
            name: typed(&name),
            places,
        });
    }
}

fn foreign(export: &Export, ours: &BTreeSet<usize>, ambiguous: &[Ambiguous]) -> Vec<Foreign> {
    let is_foreign = |at: usize, one: &Deployed| {
        !ours.contains(&at) && !ambiguous.iter().any(|other| other.ids.contains(&one.id))
    };
    let all = export.guards.iter().enumerate().filter(|(at, one)| is_foreign(*at, one));
    let foreign = |(_, one): (usize, &Deployed)| Foreign {
        shown: one.shown(),
        rules: one.guard.rules.len(),
        belongs_to: one.belongs_to,
        problem: one.problem.as_ref().map(ToString::to_string),
    };
    let sets = export.sets.iter().filter_map(|set| {
        let problem = set.problem.as_ref()?.to_string();
        Some(Foreign { shown: set.title.clone(), rules: 0, belongs_to: None, problem: Some(problem) })
    });
    all.map(foreign).chain(sets).collect()
}
