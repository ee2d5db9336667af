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
mod matching;
mod names;
mod pairing;
#[cfg(test)]
mod tests;

pub use access::Access;
pub use cells::Who;
pub use matching::Binds;
pub use names::Names;

use crate::policy::EnforcementState;
use crate::target::export::{Deployed, Export, Marks};
use crate::target::half::Direction;
use crate::target::observed::{Action, Guard, Ipv6, PeerName, Peers, Rule};
use access::Compared;
use matching::{Matched, besides, elsewhere, matched, unexplained};
use names::{single, typed};
use pairing::{Found, Rows, differences};
use std::collections::{BTreeMap, BTreeSet};

/// A compiled enforcement point.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The platform of the site.
    pub platform: &'a str,
    /// The enforcement point, read back from the artefact.
    pub guard: &'a Guard,
    /// Where the platform lives and whose it is, as far as the site says.
    pub home: &'a Marks,
    /// What the artefact tags it with.
    pub tags: &'a Marks,
    /// The rows that a rule carries, by its place.
    pub rows: &'a BTreeMap<String, BTreeSet<String>>,
}

impl Wanted<'_> {
    /// Whom it guards, and both sides of its rules.
    fn sides(&self) -> impl Iterator<Item = &Peers> {
        let rules = self.guard.rules.iter().flat_map(|rule| [&rule.from, &rule.to]);
        std::iter::once(&self.guard.members).chain(rules)
    }
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
    /// The compiled enforcement point.
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
    /// Those that are not compiled and guard our machines too, with why they matter.
    pub besides: Vec<(String, String)>,
    /// Those that are not ours.
    pub foreign: Vec<Foreign>,
    /// What was bound by hand and is not there.
    pub unknown_binds: Vec<String>,
    /// What was taken for granted.
    pub remarks: Vec<String>,
}

/// Compares a platform's compiled enforcement points with an export. `known_as` has other names of compiled sets.
pub fn compare(
    wanted: &[Wanted<'_>],
    export: &Export,
    known_as: &[(PeerName, String)],
    binds: &Binds,
) -> Comparison {
    let matched = matched(wanted, export, known_as, binds);
    let besides = besides(wanted, export, &matched);
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
        let Some(first) = deployed.first() else {
            if !comparison.ambiguous.iter().any(|other| other.name == one.guard.name) {
                comparison.drifts.push(missing_point(one, export));
            }
            continue;
        };
        if let Some(problem) = &first.problem {
            comparison.unreadable.push((first.shown(), problem.clone()));
            continue;
        }
        comparison.compared += 1;
        comparison.rules += one.guard.rules.len();
        let pair = PairOf { wanted: *one, deployed: &deployed, export, names: &names, unseen: &unseen };
        comparison.drifts.extend(pair.about_the_point(first));
        comparison.drifts.extend(pair.about_rules(&mut unexplained));
    }
    // What is in doubt is said as such.
    unexplained.retain(|name, _| !names.is_doubtful(name));
    explain(&mut comparison, unexplained, export, &unseen);
    comparison.foreign = foreign(export, &pairs, &besides, &comparison.ambiguous);
    let shown = besides.into_iter().filter_map(|(at, why)| Some((export.guards.get(at)?.shown(), why)));
    comparison.besides = shown.collect();
    comparison
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

fn foreign(
    export: &Export,
    pairs: &[Vec<usize>],
    besides: &BTreeMap<usize, String>,
    ambiguous: &[Ambiguous],
) -> Vec<Foreign> {
    let ours: BTreeSet<usize> = pairs.iter().flatten().chain(besides.keys()).copied().collect();
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

fn blank(kind: Kind, wanted: &Wanted<'_>) -> Drift {
    Drift {
        kind,
        platform: wanted.platform.to_owned(),
        point: wanted.guard.name.clone(),
        deployed: None,
        direction: None,
        compiled_at: None,
        deployed_at: None,
        remark: None,
        rows: Vec::new(),
        opened: Vec::new(),
        closed: Vec::new(),
        opens: false,
        closes: false,
        is_possible: false,
        note: None,
    }
}

fn missing_point(wanted: &Wanted<'_>, export: &Export) -> Drift {
    let rules = wanted.guard.rules.len();
    let beneath = if export.unguarded_passes {
        "whom it guards may do everything, as far as this export says"
    } else {
        "whom it guards has none of its rules"
    };
    let elsewhere = elsewhere(wanted, export).map(|what| format!("; {what}")).unwrap_or_default();
    Drift {
        opens: export.unguarded_passes,
        closes: !export.unguarded_passes,
        compiled_at: Some(wanted.guard.pointer.clone()),
        note: Some(format!("it has {rules} compiled rules; {beneath}{elsewhere}")),
        ..blank(Kind::MissingPoint, wanted)
    }
}

/// A compiled enforcement point with the deployed ones.
struct PairOf<'a> {
    wanted: Wanted<'a>,
    deployed: &'a [&'a Deployed],
    export: &'a Export,
    names: &'a names::Names,
    unseen: &'a BTreeSet<PeerName>,
}

/// A deployed rule in compiled names.
struct DeployedRule<'a> {
    rule: Rule,
    remark: Option<&'a String>,
}

impl<'a> PairOf<'a> {
    /// State, IPv6, members and place.
    fn about_the_point(&self, first: &Deployed) -> Vec<Drift> {
        let (ours, theirs) = (self.wanted.guard, &first.guard);
        let drift = |kind, (opens, closes), note| Drift {
            deployed: Some(first.shown()),
            compiled_at: Some(ours.pointer.clone()),
            deployed_at: Some(theirs.pointer.clone()),
            opens,
            closes,
            note: Some(note),
            ..blank(kind, &self.wanted)
        };
        let mut drifts = Vec::new();
        if ours.state != theirs.state {
            let note = format!("compiled: {}; deployed: {}", state(ours.state), state(theirs.state));
            // What is saved and what is watched let everything pass.
            let blocks = |guard: &Guard| guard.state == EnforcementState::Enforce;
            drifts.push(drift(Kind::State, (blocks(ours), blocks(theirs)), note));
        }
        if ours.ipv6 != theirs.ipv6 {
            let note = format!("compiled: {}; deployed: {}", ipv6(ours.ipv6), ipv6(theirs.ipv6));
            let opens = ours.ipv6 == Ipv6::Dropped || theirs.ipv6 == Ipv6::Passes;
            drifts.push(drift(Kind::Ipv6, (opens, !opens), note));
        }
        if let (Some(compiled), Some(deployed)) = (&ours.scope, &theirs.scope)
            && compiled != deployed
        {
            let note = format!("compiled: {compiled}; deployed: {deployed}");
            drifts.push(drift(Kind::Scope, (true, true), note));
        }
        let members = self.names.side(&theirs.members);
        let has_labels = members.names.iter().any(|name| matches!(name, PeerName::Labels(_)));
        let is_known = unexplained(self.export, self.names, &theirs.members).is_empty();
        if has_labels && is_known && members != ours.members {
            let note = format!("compiled: {}; deployed: {}", words(&ours.members), words(&members));
            drifts.push(drift(Kind::Members, (true, true), note));
        }
        if first.attached == Some(false) {
            let note =
                "the export shows it before no network and no machine, so it filters nothing".to_owned();
            drifts.push(drift(Kind::Detached, (true, false), note));
        }
        drifts
    }

    /// Both directions. Rules with names that nothing explains are put aside.
    fn about_rules(&self, aside: &mut BTreeMap<PeerName, Vec<String>>) -> Vec<Drift> {
        let mut deployed = Vec::new();
        for one in self.deployed {
            for name in unexplained(self.export, self.names, &one.guard.members) {
                aside.entry(name).or_default().push(one.guard.pointer.clone());
            }
            for rule in &one.guard.rules {
                let sides = [&rule.from, &rule.to];
                let unknown: BTreeSet<PeerName> =
                    sides.into_iter().flat_map(|side| unexplained(self.export, self.names, side)).collect();
                for name in &unknown {
                    aside.entry(name.clone()).or_default().push(rule.pointer.clone());
                }
                if unknown.is_empty() {
                    let remark = one.remarks.get(&rule.pointer);
                    deployed.push(DeployedRule { rule: self.names.rule(rule), remark });
                }
            }
        }
        let mut drifts = Vec::new();
        for direction in [Direction::Ingress, Direction::Egress] {
            drifts.extend(self.one_direction(direction, &deployed));
        }
        drifts
    }

    /// Compiled rules that can be compared: those with a name that may be one of the unexplained ones can't.
    fn comparable(&self, direction: Direction) -> Vec<&'a Rule> {
        let rules = self.wanted.guard.rules.iter().filter(|rule| rule.direction == direction);
        let is_seen =
            |rule: &&Rule| !single([&rule.from, &rule.to]).iter().any(|name| self.unseen.contains(name));
        rules.filter(is_seen).collect()
    }

    fn one_direction(&self, direction: Direction, deployed: &[DeployedRule<'_>]) -> Vec<Drift> {
        let ours = self.comparable(direction);
        let theirs: Vec<&DeployedRule<'_>> =
            deployed.iter().filter(|one| one.rule.direction == direction).collect();
        let compared = Compared::new(&ours, &theirs.iter().map(|one| &one.rule).collect::<Vec<_>>());
        if compared.opened.is_empty() && compared.closed.is_empty() && !has_other_denies(&compared) {
            return Vec::new();
        }
        let compiled_rows = |rule: &&Rule| self.wanted.rows.get(&rule.pointer).cloned().unwrap_or_default();
        let mut rows: Rows = ours.iter().map(compiled_rows).collect();
        let known: BTreeSet<String> = self.wanted.rows.values().flatten().cloned().collect();
        rows.extend(theirs.iter().map(|one| rows_in(one.remark, &known)));
        let found = differences(&compared, &rows);
        found.iter().map(|one| self.drift(direction, one, &compared, &theirs, &rows)).collect()
    }

    fn drift(
        &self,
        direction: Direction,
        found: &Found,
        compared: &Compared<'_>,
        theirs: &[&DeployedRule<'_>],
        rows: &Rows,
    ) -> Drift {
        let deployed = found.deployed.and_then(|at| theirs.get(at.checked_sub(compared.compiled)?));
        let compiled = found.compiled.and_then(|at| compared.rules.get(at));
        let of_rows = found.compiled.or(found.deployed).and_then(|at| rows.get(at));
        let is_order = found.compiled.is_none() && found.deployed.is_none();
        Drift {
            deployed: self.deployed.first().map(|one| one.shown()),
            direction: Some(direction),
            compiled_at: compiled.map(|rule| rule.pointer.clone()),
            deployed_at: deployed.map(|one| one.rule.pointer.clone()),
            remark: deployed.and_then(|one| one.remark.cloned()),
            rows: of_rows.into_iter().flatten().cloned().collect(),
            opened: compared.lines(&found.opened),
            closed: compared.lines(&found.closed),
            opens: !found.opened.is_empty(),
            closes: !found.closed.is_empty(),
            is_possible: found.is_possible,
            note: is_order.then(|| "the rules are tried in another order".to_owned()),
            ..blank(kind(found), &self.wanted)
        }
    }
}

fn kind(found: &Found) -> Kind {
    match (found.compiled, found.deployed, found.opened.is_empty(), found.closed.is_empty()) {
        (Some(_), None, ..) => Kind::Missing,
        (None, Some(_), ..) => Kind::Extra,
        (Some(_), Some(_), false, true) => Kind::Widened,
        (Some(_), Some(_), true, false) => Kind::Narrowed,
        _ => Kind::Changed,
    }
}

/// True where a deny is only deployed or only compiled: it may cut through names, which no set of cells shows.
fn has_other_denies(compared: &Compared<'_>) -> bool {
    let (compiled, deployed) = compared.rules.split_at(compared.compiled.min(compared.rules.len()));
    let denies = |rules: &[&Rule]| -> BTreeSet<String> {
        let denies = rules.iter().filter(|rule| rule.action == Action::Deny);
        denies.map(|rule| format!("{:?}", access::meaning(rule))).collect()
    };
    denies(deployed) != denies(compiled)
}

/// The rows that a description names.
fn rows_in(remark: Option<&String>, known: &BTreeSet<String>) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let words = remark.into_iter().flat_map(|text| text.split(move |character| !is_part(character)));
    words.map(str::to_ascii_lowercase).filter(|word| known.contains(word)).collect()
}

fn words(peers: &Peers) -> String {
    let names: Vec<String> = peers.names.iter().map(PeerName::to_string).collect();
    names.join(", ")
}

fn state(state: EnforcementState) -> &'static str {
    match state {
        EnforcementState::Save => "saved only",
        EnforcementState::Monitor => "monitored",
        EnforcementState::Enforce => "enforced",
    }
}

fn ipv6(ipv6: Ipv6) -> &'static str {
    match ipv6 {
        Ipv6::ByRules => "IPv6 by the rules",
        Ipv6::Dropped => "IPv6 dropped",
        Ipv6::Passes => "all IPv6 passes",
    }
}
