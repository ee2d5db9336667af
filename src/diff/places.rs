//! Where rows are enforced, and by whom: what has to be opened and removed though no packet differs.
//!
//! In: two releases. Out: for each role that another platform enforces now, or somebody else, or nobody, the rows of its
//! end, with the risk, in the change that tells of the role or its platform.
//!
//! Invariant: only what both releases permit between the same points is moved; what opens or closes is told elsewhere.

use super::classify::Both;
use super::describe::{addresses, of_row};
use super::pairing::PairId;
use super::release::{Exception, Flow, Party, Release};
use super::states::{DAYS_OF_LOGS, stops};
use super::{Change, ChangedFlow, Class, Effect};
use crate::policy::interval::Intervals;
use crate::policy::service::ServiceSet;
use std::collections::{BTreeMap, BTreeSet};

/// A row of which one end is enforced in another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The platform on which that end sits, in the release that `flow` is of.
    pub platform: String,
    /// Who opens or removes it there, where no artefact of the site does.
    pub by: Option<String>,
    /// The row: it opens where it is to be added there, and closes where it is to be removed there.
    pub flow: ChangedFlow,
}

/// Who enforces an end: the platform that it sits on, and who does it where no artefact does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place<'a> {
    platform: &'a str,
    by: Option<&'a str>,
}

/// Nobody is known to enforce what sits on no platform.
fn place<'a>(release: &'a Release, party: &'a Party) -> Option<Place<'a>> {
    let platform = party.platform.as_deref()?;
    let by = (!party.enforced).then(|| manager(release, party).unwrap_or("its owner"));
    Some(Place { platform, by })
}

/// Who runs a role: itself says it, or its platform.
pub fn manager<'a>(release: &'a Release, party: &'a Party) -> Option<&'a str> {
    let on_platform = || {
        let found = release.platforms.iter().find(|one| Some(&one.name) == party.platform.as_ref())?;
        found.attributes.get("managed-by").map(String::as_str)
    };
    party.managed_by.as_deref().or_else(on_platform)
}

/// A role that is enforced in another place, with the place in each release.
#[derive(Debug, Clone, Copy)]
struct Move<'a> {
    places: [Option<Place<'a>>; 2],
    /// Whether an artefact enforces it.
    enforced: [bool; 2],
    party: &'a Party,
}

/// Adds to the changes of the model what has to be opened and removed.
pub(super) fn compare(both: &Both<'_>, changes: &mut [Change]) {
    let moves = moves(both);
    if moves.is_empty() {
        return;
    }
    let mut rows = rows(both, &moves);
    for (id, one) in &moves {
        let name = both.pairing.name(*id);
        let Some(at) = told_in(changes, name, one) else { continue };
        let Some(change) = changes.get_mut(at) else { continue };
        let moved = rows.remove(id).unwrap_or_default();
        change.loosens |= one.enforced == [true, false];
        for note in notes(both, name, one, &moved) {
            if !change.notes.contains(&note) {
                change.notes.push(note);
            }
        }
        let ids = moved.iter().map(|one| one.flow.row.clone()).chain(std::mem::take(&mut change.rows));
        change.rows = ids.collect::<BTreeSet<_>>().into_iter().collect();
        change.moves.extend(moved);
    }
}

/// The change that tells of a role, or of its platform.
fn told_in(changes: &[Change], name: &str, one: &Move<'_>) -> Option<usize> {
    let of_model = || changes.iter().enumerate().filter(|(_, change)| change.class == Class::Model);
    let of_role = of_model().find(|(_, change)| change.roles.iter().any(|role| role == name));
    let platform = one.party.platform.as_ref().map(|name| format!("platform {name}"));
    let of_platform = || of_model().find(|(_, change)| Some(&change.statement) == platform.as_ref());
    of_role.or_else(of_platform).map(|(at, _)| at)
}

fn moves<'a>(both: &Both<'a>) -> BTreeMap<PairId, Move<'a>> {
    let [before, after] = both.releases;
    let one = |(id, pair): (PairId, &super::pairing::Pair)| {
        let (old, new) = (before.party(pair.before?)?, after.party(pair.after?)?);
        let (places, enforced) = ([place(before, old), place(after, new)], [old.enforced, new.enforced]);
        let [was, is] = places;
        (was != is).then_some((id, Move { places, enforced, party: new }))
    };
    both.pairing.pairs().filter_map(one).collect()
}

type Ends = (PairId, PairId);

/// The rows at moved ends, by the role that moved.
fn rows(both: &Both<'_>, moves: &BTreeMap<PairId, Move<'_>>) -> BTreeMap<PairId, Vec<Moved>> {
    let [old, new] = [false, true].map(|after| {
        let mut rows: BTreeMap<Ends, Vec<&Flow>> = BTreeMap::new();
        let release = both.own(after);
        for flow in release.flows.iter().chain(waiting(release)) {
            let ends = both.pairs(after, flow);
            if moves.contains_key(&ends.0) || moves.contains_key(&ends.1) {
                rows.entry(ends).or_default().push(flow);
            }
        }
        rows
    });
    let mut found: BTreeMap<PairId, Vec<Moved>> = BTreeMap::new();
    for (ends, flows) in &new {
        let earlier = old.get(ends).map_or(&[][..], Vec::as_slice);
        let sides = [(true, flows.as_slice(), earlier), (false, earlier, flows.as_slice())];
        for (after, own, other) in sides {
            for (flow, role, place) in own.iter().flat_map(|flow| at_ends(flow, *ends, after, moves)) {
                let Some(flow) = common(both, after, flow, other) else { continue };
                let (platform, by) = (place.platform.to_owned(), place.by.map(str::to_owned));
                found.entry(role).or_default().push(Moved { platform, by, flow });
            }
        }
    }
    found
}

/// Rows of exceptions that are still to come: whoever enforces an end has to know them too.
fn waiting(release: &Release) -> impl Iterator<Item = &Flow> {
    let day = release.header.as_of;
    let is_to_come = move |exception: &&Exception| day.is_some_and(|day| day < exception.starts);
    release.exceptions.iter().flatten().filter(is_to_come).flat_map(|exception| &exception.flows)
}

/// The moved ends of a row that somebody enforces.
fn at_ends<'a>(
    flow: &'a Flow,
    (from, to): Ends,
    after: bool,
    moves: &BTreeMap<PairId, Move<'a>>,
) -> Vec<(&'a Flow, PairId, Place<'a>)> {
    let ends = if from == to { vec![from] } else { vec![from, to] };
    let place = |role: &PairId| {
        let [was, is] = moves.get(role)?.places;
        if after { is } else { was }
    };
    ends.iter().filter_map(|role| Some((flow, *role, place(role)?))).collect()
}

/// The part of a row that the other release permits too.
fn common(both: &Both<'_>, after: bool, flow: &Flow, others: &[&Flow]) -> Option<ChangedFlow> {
    let known = others.iter().fold(ServiceSet::empty(), |sum, other| sum.union(&other.services));
    let services = flow.services.intersection(&known);
    let shared = |end: fn(&Flow) -> super::release::PartyId| -> Intervals<u32> {
        let points = |after: bool, flow: &Flow| both.points.of_role(after, end(flow)).cloned();
        let own = points(after, flow).unwrap_or_default();
        let other = others.first().and_then(|other| points(!after, other)).unwrap_or_default();
        own.intersection(&other)
    };
    let (sources, destinations) = (shared(|flow| flow.from), shared(|flow| flow.to));
    if services.is_empty() || sources.is_empty() || destinations.is_empty() {
        return None;
    }
    let addresses =
        [addresses(both, after, flow.from, &sources), addresses(both, after, flow.to, &destinations)];
    Some(ChangedFlow { passes_in_both: true, ..of_row(both, after, flow, services, addresses) })
}

/// What happens to a role's enforcement, and what may go wrong.
fn notes(both: &Both<'_>, name: &str, one: &Move<'_>, moved: &[Moved]) -> Vec<String> {
    let [was, is] = one.places;
    let (added, removed) = (count(moved, Effect::Opens), count(moved, Effect::Closes));
    match (one.enforced, is) {
        ([true, false], Some(Place { platform, by: Some(by) })) => vec![
            format!(
                "no artefact enforces `{name}` any more: {by} enforces it on `{platform}`, and has {added} to open there"
            ),
            format!(
                "risk: what no rule permits passes as soon as the rules here are removed, unless {by} drops it; have {by} confirm that first"
            ),
        ],
        ([true, false], _) => vec![
            format!("nothing enforces `{name}` any more: it sits on no platform, and {removed} to remove"),
            "risk: what no rule permits is not dropped at its end any more".to_owned(),
        ],
        ([false, true], Some(Place { platform, .. })) => {
            let before = was.and_then(|was| was.by);
            let before = before.map_or_else(String::new, |by| format!(", and {by} did before"));
            let what = format!("the artefacts of `{platform}` enforce `{name}` now{before}: {added} to add there");
            vec![what, taking_over(both, one.party)]
        }
        ([true, true], Some(Place { platform, .. })) => vec![
            format!("`{platform}` enforces `{name}` now: {added} to add there"),
            "risk: connections break where the old rules go before the role has moved, or where it moves before the new ones are there"
                .to_owned(),
        ],
        _ if moved.is_empty() => Vec::new(),
        _ => vec![format!("others enforce `{name}` than before, with {added} to open")],
    }
}

/// How many rows there are to add, or to remove.
fn count(moved: &[Moved], effect: Effect) -> String {
    let rows = moved.iter().filter(|one| one.flow.effect == effect).map(|one| &one.flow.row);
    match rows.collect::<BTreeSet<_>>().len() {
        0 => "no other row".to_owned(),
        1 => "1 row".to_owned(),
        rows => format!("{rows} rows"),
    }
}

fn taking_over(both: &Both<'_>, party: &Party) -> String {
    let [_, after] = both.releases;
    let days = after.rollout.as_ref().and_then(|rollout| rollout.observe).unwrap_or(DAYS_OF_LOGS);
    if stops(party.state) {
        format!(
            "risk: what no rule permits is dropped as soon as they are applied; read {days} days of logs before"
        )
    } else {
        "risk: none for traffic yet; what no rule permits is logged".to_owned()
    }
}
