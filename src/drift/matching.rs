//! Which deployed enforcement point is which compiled one, and which names are one another.
//!
//! In: compiled enforcement points, an export, and what a person bound by hand. Out: [`Matched`].
//!
//! Invariant: a match is by name, by tag, by whom it guards, or by hand, never by rules that look alike. Where two fit
//! equally well none is taken.

use super::names::{Names, single, typed};
use super::{Ambiguous, Wanted};
use crate::target::export::{Deployed, Export};
use crate::target::observed::{Action, PeerName, Peers, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// What a person says: a compiled name, and the id of what it is.
pub type Binds = BTreeMap<String, String>;

/// Who is who.
pub(super) struct Matched {
    /// For each compiled enforcement point the deployed ones, the one that is it first; the others guard the same machines.
    pub(super) pairs: Vec<Vec<usize>>,
    pub(super) names: Names,
    pub(super) ambiguous: Vec<Ambiguous>,
    /// What was bound and is not there.
    pub(super) unknown: Vec<String>,
}

/// Names of an enforcement point in a compiled file: its name, and the last step of its place. A number only counts places
/// of a list and names nothing.
fn compiled_names(wanted: &Wanted<'_>) -> [String; 2] {
    let name = wanted.guard.name.as_str();
    let step = wanted.guard.pointer.rsplit('/').next().unwrap_or(name);
    let is_number = step.bytes().all(|byte| byte.is_ascii_digit());
    [name.to_lowercase(), if is_number { name } else { step }.to_lowercase()]
}

pub(super) fn matched(
    wanted: &[Wanted<'_>],
    export: &Export,
    known_as: &[(PeerName, String)],
    binds: &Binds,
) -> Matched {
    let mut names = Names::of_sets(export);
    let mut unknown = bind_labels(wanted, export, known_as, binds, &mut names);
    let mut ambiguous = Vec::new();
    let (mut taken, mut pairs) = pair_up(wanted, export, binds, &names, &mut ambiguous);
    for (one, found) in wanted.iter().zip(&pairs) {
        let deployed = found.first().and_then(|at| export.guards.get(*at));
        if let Some(name) = deployed.and_then(|one| one.name.clone())
            && let Some(compiled) = one.guard.members.names.first()
        {
            names.is(name, compiled.clone());
        }
    }
    add_up(wanted, export, &names, &mut taken, &mut pairs);
    unknown.extend(bind_sets(wanted, export, known_as, binds, &mut names));
    Matched { pairs, names, ambiguous, unknown }
}

/// How many ways there are to be the same enforcement point.
const RANKS: usize = 5;

/// Pairs off the best way first, so that a weaker sign never takes what is another one's by a stronger sign.
fn pair_up(
    wanted: &[Wanted<'_>],
    export: &Export,
    binds: &Binds,
    names: &Names,
    ambiguous: &mut Vec<Ambiguous>,
) -> (BTreeSet<usize>, Vec<Vec<usize>>) {
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut doubtful: BTreeMap<usize, Ambiguous> = BTreeMap::new();
    for level in 0..RANKS {
        let before = taken.clone();
        for (place, one) in wanted.iter().enumerate() {
            if pairs.contains_key(&place) || doubtful.contains_key(&place) {
                continue;
            }
            let fits = |at: usize, other: &Deployed| {
                !before.contains(&at) && rank(one, other, binds, names) == Some(level)
            };
            let all = export.guards.iter().enumerate().filter(|(at, other)| fits(*at, other));
            let all: Vec<(usize, &Deployed)> = all.collect();
            match all.as_slice() {
                [] => {}
                [(found, _)] if taken.insert(*found) => {
                    pairs.insert(place, *found);
                }
                several => {
                    let ids = several.iter().map(|(_, one)| one.id.clone()).collect();
                    doubtful.insert(place, Ambiguous { name: one.guard.name.clone(), ids });
                    taken.extend(several.iter().map(|(at, _)| *at));
                }
            }
        }
    }
    ambiguous.extend(doubtful.into_values());
    (taken, (0..wanted.len()).map(|place| pairs.get(&place).copied().into_iter().collect()).collect())
}

/// By which way a deployed enforcement point is a compiled one, the strongest first.
fn rank(wanted: &Wanted<'_>, one: &Deployed, binds: &Binds, names: &Names) -> Option<usize> {
    let ours = compiled_names(wanted);
    if let Some(id) = ours.iter().find_map(|name| binds.get(name)) {
        return one.id.eq_ignore_ascii_case(id).then_some(0);
    }
    let [name, _] = &ours;
    let first = one.names.first() == Some(name);
    let other = one.names.iter().any(|name| ours.contains(name));
    match (first, other, guards_same(wanted, one, names)) {
        (true, _, true) => Some(1),
        (true, _, false) => Some(2),
        (false, true, _) => Some(3),
        (false, false, true) => Some(4),
        (false, false, false) => None,
    }
}

/// True when both guard machines with the same labels.
fn guards_same(wanted: &Wanted<'_>, one: &Deployed, names: &Names) -> bool {
    let has_labels = |peers: &Peers| peers.names.iter().any(|name| matches!(name, PeerName::Labels(_)));
    has_labels(&wanted.guard.members) && names.side(&one.guard.members) == wanted.guard.members
}

/// Adds the others that guard the same machines and only permit something from or to others: their rules add up.
fn add_up(
    wanted: &[Wanted<'_>],
    export: &Export,
    names: &Names,
    taken: &mut BTreeSet<usize>,
    pairs: &mut [Vec<usize>],
) {
    for (one, found) in wanted.iter().zip(pairs) {
        let Some(first) = found.first().and_then(|at| export.guards.get(*at)) else { continue };
        for (at, other) in export.guards.iter().enumerate() {
            let permits =
                |rule: &Rule| rule.action == Action::Allow && !(rule.from.guarded && rule.to.guarded);
            let is_alike = other.guard.state == first.guard.state && other.guard.scope == first.guard.scope;
            let adds_up = is_alike && other.problem.is_none() && other.guard.rules.iter().all(permits);
            if adds_up && guards_same(one, other, names) && taken.insert(at) {
                found.push(at);
            }
        }
    }
}

/// Deployed enforcement points that no compiled one is, and that guard machines of a compiled one too, with why they matter.
pub(super) fn besides(wanted: &[Wanted<'_>], export: &Export, matched: &Matched) -> BTreeMap<usize, String> {
    let ours: BTreeSet<usize> = matched.pairs.iter().flatten().copied().collect();
    let parts: BTreeSet<&String> =
        ours.iter().filter_map(|at| export.guards.get(*at)).map(|one| &one.id).collect();
    let others = export.guards.iter().enumerate().filter(|(at, _)| !ours.contains(at));
    let compiled: Vec<(&str, Vec<BTreeSet<String>>)> =
        wanted.iter().map(|one| (one.guard.name.as_str(), labels_of(&one.guard.members))).collect();
    let nested = |one: &BTreeSet<String>, other: &BTreeSet<String>| !one.is_empty() && one.is_subset(other);
    let why = |one: &Deployed| {
        if parts.contains(&one.id) {
            return Some("it has rules for other machines besides".to_owned());
        }
        let labels = labels_of(&matched.names.side(&one.guard.members));
        let shares =
            |own: &BTreeSet<String>| labels.iter().any(|other| nested(own, other) || nested(other, own));
        let found = compiled.iter().find(|(_, own)| own.iter().any(shares));
        if let Some(problem) = &one.problem {
            let may_guard = found.is_some() || one.guard.members == Peers::default();
            let unread = format!("it may guard machines of the site, and can't be read: {problem}");
            return may_guard.then_some(unread);
        }
        found.map(|(name, _)| format!("it guards machines of {name} too, and its rules count for them"))
    };
    others.filter_map(|(at, one)| Some((at, why(one)?))).collect()
}

/// The sets of labels on a side.
fn labels_of(peers: &Peers) -> Vec<BTreeSet<String>> {
    let sets = peers.names.iter().filter_map(|name| match name {
        PeerName::Labels(labels) => Some(labels.clone()),
        _ => None,
    });
    sets.collect()
}

/// Labels in another case, and those that are bound. Gives what was bound and is no name here.
fn bind_labels(
    wanted: &[Wanted<'_>],
    export: &Export,
    known_as: &[(PeerName, String)],
    binds: &Binds,
    names: &mut Names,
) -> Vec<String> {
    let compiled = single(wanted.iter().flat_map(|one| one.sides()));
    let is_label = |name: &&PeerName| matches!(name, PeerName::Labels(_));
    let labels: BTreeMap<String, String> =
        compiled.iter().filter(is_label).map(typed).map(|text| (text.to_lowercase(), text)).collect();
    for text in single(export.guards.iter().flat_map(sides)).iter().filter(is_label).map(typed) {
        if let Some(ours) = labels.get(&text.to_lowercase()).filter(|ours| **ours != text) {
            names.is_label(text, ours.clone());
        }
    }
    let other = known_as.iter().map(|(_, known)| known.clone());
    let known: BTreeSet<String> =
        compiled.iter().map(typed).chain(other).map(|text| text.to_lowercase()).collect();
    let guards: BTreeSet<String> = wanted.iter().flat_map(compiled_names).collect();
    let mut unknown = Vec::new();
    for (name, id) in binds {
        if let Some(ours) = labels.get(name) {
            names.is_label(id.to_lowercase(), ours.clone());
        } else if !known.contains(name) && !guards.contains(name) {
            unknown.push(name.clone());
        } else if guards.contains(name) && !export.guards.iter().any(|one| one.id.eq_ignore_ascii_case(id)) {
            unknown.push(id.clone());
        }
    }
    unknown
}

/// Sets of addresses by name or by hand. Gives what was bound and is in no rule.
fn bind_sets(
    wanted: &[Wanted<'_>],
    export: &Export,
    known_as: &[(PeerName, String)],
    binds: &Binds,
    names: &mut Names,
) -> Vec<String> {
    let compiled = single(wanted.iter().flat_map(|one| one.sides()));
    let deployed = single(export.guards.iter().flat_map(sides));
    let sets = compiled.iter().filter(|name| matches!(name, PeerName::AddressSet(_) | PeerName::Group(_)));
    let mut unknown = Vec::new();
    for ours in sets {
        let known_as =
            known_as.iter().filter(|(name, _)| name == ours).map(|(_, known)| known.to_lowercase());
        let all: Vec<String> = known_as.chain([typed(ours).to_lowercase()]).collect();
        if let Some(id) = all.iter().find_map(|name| binds.get(name)) {
            let found = deployed.iter().find(|name| typed(name).eq_ignore_ascii_case(id));
            match found {
                Some(found) => names.is(found.clone(), ours.clone()),
                // Its rules are missing; the binding itself may be right.
                None if export.sets.iter().any(|set| set.id.eq_ignore_ascii_case(id)) => {}
                None if matches!(ours, PeerName::Group(_)) => {}
                None => unknown.push(id.clone()),
            }
            continue;
        }
        if let Some(same) = deployed.iter().find(|name| all.contains(&typed(name).to_lowercase())) {
            names.is(same.clone(), ours.clone());
        }
        for set in export.sets.iter().filter(|set| all.contains(&set.title)) {
            names.is(set.name.clone(), ours.clone());
        }
    }
    unknown
}

/// Whom a deployed enforcement point guards, and both sides of its rules.
fn sides(one: &Deployed) -> impl Iterator<Item = &Peers> {
    let rules = one.guard.rules.iter().flat_map(|rule| [&rule.from, &rule.to]);
    std::iter::once(&one.guard.members).chain(rules)
}

/// The names of a side that no file explains.
pub(super) fn unexplained(export: &Export, names: &Names, peers: &Peers) -> BTreeSet<PeerName> {
    let renamed = names.side(peers);
    single([&renamed]).into_iter().filter(|name| export.unexplained.contains(name)).collect()
}
