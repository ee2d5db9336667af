//! One compiled enforcement point against the deployed ones that are it.
//!
//! In: both, and what their names are to one another. Out: what differs about the point itself, and about its rules.
//!
//! Invariant: rules that can't be compared are put aside with the name that hinders it.

use super::access::{self, Compared};
use super::matching::{elsewhere, unexplained};
use super::names::{Names, single};
use super::pairing::{Found, Rows, differences};
use super::{Drift, Kind, Wanted};
use crate::policy::EnforcementState;
use crate::target::export::{Deployed, Export};
use crate::target::half::Direction;
use crate::target::observed::{Action, Guard, Ipv6, PeerName, Peers, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// A difference of which only this is known.
pub(super) fn blank(kind: Kind, platform: &str, point: &str) -> Drift {
    Drift {
        kind,
        platform: platform.to_owned(),
        point: point.to_owned(),
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

/// A compiled enforcement point that is not deployed.
pub(super) fn missing_point(wanted: &Wanted<'_>, export: &Export) -> Drift {
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
        ..blank(Kind::MissingPoint, wanted.platform, &wanted.guard.name)
    }
}

/// A compiled enforcement point with the deployed ones.
pub(super) struct PairOf<'a> {
    pub(super) wanted: Wanted<'a>,
    pub(super) deployed: &'a [&'a Deployed],
    pub(super) export: &'a Export,
    pub(super) names: &'a Names,
    pub(super) unseen: &'a BTreeSet<PeerName>,
}

/// A deployed rule in compiled names.
struct DeployedRule<'a> {
    rule: Rule,
    remark: Option<&'a String>,
}

impl<'a> PairOf<'a> {
    /// State, IPv6, members and place.
    pub(super) fn about_the_point(&self, first: &Deployed) -> Vec<Drift> {
        let (ours, theirs) = (self.wanted.guard, &first.guard);
        let drift = |kind, (opens, closes), note| Drift {
            deployed: Some(first.shown()),
            compiled_at: Some(ours.pointer.clone()),
            deployed_at: Some(theirs.pointer.clone()),
            opens,
            closes,
            note: Some(note),
            ..blank(kind, self.wanted.platform, &self.wanted.guard.name)
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
    pub(super) fn about_rules(&self, aside: &mut BTreeMap<PeerName, Vec<String>>) -> Vec<Drift> {
        let mut deployed = Vec::new();
        let mut remarks_aside = Vec::new();
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
                let remark = one.remarks.get(&rule.pointer);
                if unknown.is_empty() {
                    deployed.push(DeployedRule { rule: self.of_members(self.names.rule(rule)), remark });
                } else {
                    remarks_aside.extend(remark);
                }
            }
        }
        let rows_aside = self.rows_in_all(&remarks_aside);
        let mut drifts = Vec::new();
        for direction in [Direction::Ingress, Direction::Egress] {
            drifts.extend(self.one_direction(direction, &deployed, &rows_aside));
        }
        once(drifts)
    }

    /// Every row of the platform.
    fn known_rows(&self) -> BTreeSet<&String> {
        self.wanted.rows.values().flatten().collect()
    }

    /// The rows that some descriptions name.
    fn rows_in_all(&self, remarks: &[&String]) -> BTreeSet<String> {
        if remarks.is_empty() {
            return BTreeSet::new();
        }
        let known = self.known_rows();
        remarks.iter().flat_map(|remark| rows_in(Some(remark), &known)).collect()
    }

    /// A rule whose sides name the members as such, not by what they are known by: a rule about what passes within decides
    /// about both.
    fn of_members(&self, rule: Rule) -> Rule {
        let members = &self.wanted.guard.members.names;
        let side = |mut side: Peers| {
            let others: BTreeSet<PeerName> = side.names.difference(members).cloned().collect();
            side.guarded |= members.len() == 1 && others.len() < side.names.len();
            side.names = if members.len() == 1 { others } else { side.names };
            side
        };
        Rule { from: side(rule.from), to: side(rule.to), ..rule }
    }

    /// Compiled rules that can be compared: those with a name that may be one of the unexplained ones can't, and neither can
    /// those of rows that a rule says to carry which was put aside.
    fn comparable(&self, direction: Direction, rows_aside: &BTreeSet<String>) -> Vec<Rule> {
        let is_aside = |rule: &Rule| {
            let rows = self.wanted.rows.get(&rule.pointer);
            rows.is_some_and(|rows| !rows.is_empty() && rows.is_subset(rows_aside))
        };
        let rules = self.wanted.guard.rules.iter().filter(|rule| rule.direction == direction);
        let is_seen =
            |rule: &&Rule| !single([&rule.from, &rule.to]).iter().any(|name| self.unseen.contains(name));
        rules
            .filter(is_seen)
            .filter(|rule| !is_aside(rule))
            .map(|rule| self.of_members(rule.clone()))
            .collect()
    }

    fn one_direction(
        &self,
        direction: Direction,
        deployed: &[DeployedRule<'_>],
        rows_aside: &BTreeSet<String>,
    ) -> Vec<Drift> {
        let comparable = self.comparable(direction, rows_aside);
        let ours: Vec<&Rule> = comparable.iter().collect();
        let theirs: Vec<&DeployedRule<'_>> =
            deployed.iter().filter(|one| one.rule.direction == direction).collect();
        let compared = Compared::new(&ours, &theirs.iter().map(|one| &one.rule).collect::<Vec<_>>());
        if compared.opened.is_empty() && compared.closed.is_empty() && !has_other_denies(&compared) {
            return Vec::new();
        }
        let compiled_rows = |rule: &&Rule| self.wanted.rows.get(&rule.pointer).cloned().unwrap_or_default();
        let mut rows: Rows = ours.iter().map(compiled_rows).collect();
        let known = self.known_rows();
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
            ..blank(kind(found), self.wanted.platform, &self.wanted.guard.name)
        }
    }
}

/// A rule about what passes between members is seen from both sides; it is told once.
fn once(drifts: Vec<Drift>) -> Vec<Drift> {
    let place = |one: &Drift| (one.kind, one.compiled_at.clone(), one.deployed_at.clone());
    let is_within =
        |one: &Drift| one.opened.iter().chain(&one.closed).all(|access| access.own == access.peer);
    let mut kept: Vec<Drift> = Vec::new();
    for drift in drifts {
        let has_place = drift.compiled_at.is_some() || drift.deployed_at.is_some();
        let is_seen_twice = has_place && is_within(&drift);
        let is_seen = |other: &&mut Drift| {
            is_seen_twice
                && other.direction != drift.direction
                && place(other) == place(&drift)
                && (&other.opened, &other.closed) == (&drift.opened, &drift.closed)
        };
        match kept.iter_mut().find(is_seen) {
            Some(other) => other.direction = None,
            None => kept.push(drift),
        }
    }
    kept
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
fn rows_in(remark: Option<&String>, known: &BTreeSet<&String>) -> BTreeSet<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let words = remark.into_iter().flat_map(|text| text.split(move |character| !is_part(character)));
    words.map(str::to_ascii_lowercase).filter(|word| known.contains(&word)).collect()
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
