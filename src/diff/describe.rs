//! From parts to changes: what people read of a difference in access.
//!
//! In: the parts of [`super::classify`]. Out: one [`Change`] for each class and cause, with its rows, roles, addresses and
//! reasons.
//!
//! Invariant: the flows of a change are its parts, merged where two are one product; no packet class is lost or doubled.

use super::access::{Carrier, Piece, size};
use super::classify::{Both, Cause, Part};
use super::pairing::PairId;
use super::points::Meaning;
use super::release::{EXCEPTION, Flow, PartyId, Place, Reason, Release};
use super::{Change, ChangedFlow, Class, Effect, Level, words};
use crate::policy::interval::Intervals;
use crate::policy::service::ServiceSet;
use crate::space::Block;
use std::collections::{BTreeMap, BTreeSet};

/// What parts of one change share.
pub(super) type Group = (Class, Level, Cause);

/// The change that a part belongs to.
pub(super) fn group(part: &Part) -> Group {
    let level = match part.piece.carrier {
        Carrier::Flow(_) => Level::Intent,
        Carrier::Widening(_) => Level::Artefact,
    };
    (part.class, level, part.cause.clone())
}

/// One change for each class, level and cause.
pub(super) fn changes(both: &Both<'_>, parts: Vec<Part>) -> Vec<Change> {
    let mut groups: BTreeMap<Group, Vec<Part>> = BTreeMap::new();
    for part in parts {
        groups.entry(group(&part)).or_default().push(part);
    }
    groups.into_iter().map(|(group, parts)| change(both, &group, &parts)).collect()
}

/// The change of some parts of one group.
pub(super) fn change(both: &Both<'_>, (class, level, cause): &Group, parts: &[Part]) -> Change {
    let (class, level) = (*class, *level);
    let (flows, packets) = flows(both, parts);
    let opens = flows.iter().any(|flow| flow.effect == Effect::Opens);
    let (statement, place) = origin(both, cause, opens, &flows);
    let mut change = Change::new(class, what(both, class, cause, &statement, &flows), statement, place);
    change.level = level;
    change.is_after = opens;
    change.packets = packets;
    change.because = because(&flows);
    change.rows = flows.iter().map(|flow| flow.row.clone()).collect::<BTreeSet<_>>().into_iter().collect();
    change.roles = roles(both, cause, &flows);
    change.notes = notes(class, level, parts);
    change.flows = flows;
    change
}

/// Statements of which the rows have packets that other changes tell, as they open or close with another row too.
pub(super) fn repeated(both: &Both<'_>, pieces: Vec<Piece>) -> Vec<Change> {
    let mut groups: BTreeMap<(String, bool), Vec<Part>> = BTreeMap::new();
    for piece in pieces {
        let Carrier::Flow(at) = piece.carrier else { continue };
        let reason = both.own(piece.opens).flows.get(at).and_then(|flow| flow.reasons.first());
        let Some(statement) = reason.map(|reason| reason.statement.clone()) else { continue };
        let (cause, opens) = (Cause::Statement(statement.clone()), piece.opens);
        groups.entry((statement, opens)).or_default().push(Part { class: Class::Text, cause, piece });
    }
    let told = |((statement, opens), parts): ((String, bool), Vec<Part>)| {
        let group = (Class::Text, Level::Intent, Cause::Statement(statement));
        let mut change = change(both, &group, &parts);
        let verb = if opens { "opens" } else { "no longer opens" };
        change.what = format!("`{}` {verb} what another line does too", change.statement);
        change.repeats = std::mem::take(&mut change.flows);
        change.packets = 0;
        change
    };
    groups.into_iter().map(told).collect()
}

/// What else to know of a change of access.
fn notes(class: Class, level: Level, parts: &[Part]) -> Vec<String> {
    if level == Level::Artefact {
        return Vec::new();
    }
    let hidden =
        |opens: bool| parts.iter().any(|part| part.piece.passes_in_both && part.piece.opens == opens);
    let mut notes = Vec::new();
    if hidden(true) {
        notes.push("the artefacts of the first release let some of it pass already".to_owned());
    }
    if hidden(false) {
        notes.push("the artefacts still let some of it pass".to_owned());
    }
    if class == Class::Hardened && parts.iter().any(|part| part.piece.opens) {
        notes.push("the new way has to be open before the old one is closed".to_owned());
    }
    notes
}

/// The roles that a change is about.
fn roles(both: &Both<'_>, cause: &Cause, flows: &[ChangedFlow]) -> Vec<String> {
    match cause {
        Cause::Role(pair) | Cause::Addresses(pair) => vec![both.pairing.name(*pair).to_owned()],
        Cause::Platform(name) => {
            let [before, after] = both.releases;
            let there = |release: &&Release| release.platforms.iter().any(|platform| platform.name == *name);
            let release = [after, before].into_iter().find(there);
            let on = release.into_iter().flat_map(|release| &release.parties);
            on.filter(|party| party.platform.as_ref() == Some(name)).map(|party| party.name.clone()).collect()
        }
        _ => flows
            .iter()
            .flat_map(|flow| [flow.from.clone(), flow.to.clone()])
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
    }
}

/// What a change is put down to, with its place.
fn origin(both: &Both<'_>, cause: &Cause, opens: bool, flows: &[ChangedFlow]) -> (String, Place) {
    let own = both.own(opens);
    match cause {
        Cause::Platform(name) => {
            let found = own.platforms.iter().find(|platform| platform.name == *name);
            (format!("platform {name}"), found.map(|platform| platform.place.clone()).unwrap_or_default())
        }
        Cause::Role(pair) => role_origin(both, *pair),
        Cause::Addresses(pair) => addresses_origin(both, *pair),
        Cause::Exception(name) => {
            let found = own.exception(name);
            (format!("{EXCEPTION}{name}"), found.map(|found| found.place.clone()).unwrap_or_default())
        }
        Cause::Statement(_) | Cause::DeclaredSharing | Cause::Artefacts(_) => {
            let effect = Effect::of(opens);
            let reason =
                flows.iter().filter(|flow| flow.effect == effect).flat_map(|flow| &flow.reasons).next();
            reason.map_or_else(Default::default, |reason| (reason.statement.clone(), reason.place.clone()))
        }
    }
}

fn role_origin(both: &Both<'_>, pair: PairId) -> (String, Place) {
    let found = [true, false].into_iter().find_map(|opens| {
        let party = both.party(opens, pair)?;
        both.own(opens).party(party)
    });
    (format!("role {}", both.pairing.name(pair)), found.map(|party| party.place.clone()).unwrap_or_default())
}

/// The statement that says a role's addresses: its segment where that one changed, else its own.
fn addresses_origin(both: &Both<'_>, pair: PairId) -> (String, Place) {
    let segment = |opens: bool| {
        let release = both.own(opens);
        let party = both.party(opens, pair).and_then(|party| release.party(party))?;
        let name = party.segment.as_ref()?;
        let segment = release.segments.iter().flatten().find(|segment| segment.name == *name)?;
        (segment.addresses == party.addresses).then_some(segment)
    };
    match (segment(true), segment(false)) {
        (Some(new), Some(old)) if new.name == old.name && new.addresses != old.addresses => {
            (format!("segment {}", new.name), new.place.clone())
        }
        _ => role_origin(both, pair),
    }
}

/// A change in a line.
fn what(both: &Both<'_>, class: Class, cause: &Cause, statement: &str, flows: &[ChangedFlow]) -> String {
    let of = |effect: Effect| words::flows(flows.iter().filter(|flow| flow.effect == effect));
    let opens = flows.iter().any(|flow| flow.effect == Effect::Opens);
    let all = words::flows(flows.iter());
    match (cause, class) {
        (Cause::Addresses(pair), _) => moved(both, *pair, class, statement),
        (Cause::DeclaredSharing, _) if opens => {
            format!("roles that wear another role's group may do what that role may: {all}")
        }
        (Cause::DeclaredSharing, _) => {
            format!("roles no longer share what another role's group may do: {all}")
        }
        (Cause::Artefacts(cause), _) if opens => {
            format!("the artefacts let more pass than the file says: {all} ({cause})")
        }
        (Cause::Artefacts(cause), _) => {
            format!("the artefacts no longer let more pass than the file says: {all} ({cause})")
        }
        (_, Class::Hardened | Class::Weakened) => {
            replaced(statement, &of(Effect::Opens), &of(Effect::Closes))
        }
        (Cause::Platform(name), _) => lone(&format!("platform `{name}`"), opens, flows),
        (Cause::Role(pair), _) => lone(&format!("role `{}`", both.pairing.name(*pair)), opens, flows),
        _ if opens => format!("`{statement}` opens {all}"),
        _ => format!("`{statement}` no longer opens {all}"),
    }
}

fn lone(what: &str, opens: bool, flows: &[ChangedFlow]) -> String {
    let pairs = words::pairs(flows.iter());
    if opens {
        format!("{what} is new, and with it {pairs}")
    } else {
        format!("{what} is gone, and with it {pairs}")
    }
}

fn replaced(statement: &str, opened: &str, closed: &str) -> String {
    match (opened.is_empty(), closed.is_empty()) {
        (false, false) => format!("`{statement}` takes {opened} in place of {closed}"),
        (false, true) => format!("`{statement}` takes {opened} besides"),
        _ => format!("`{statement}` does without {closed}"),
    }
}

/// What a role gained or lost of addresses or names.
fn moved(both: &Both<'_>, pair: PairId, class: Class, statement: &str) -> String {
    let known = |opens: bool| {
        let party = both.party(opens, pair).and_then(|party| both.own(opens).party(party));
        party.map(|party| (party.addresses.clone(), party.known_by.clone())).unwrap_or_default()
    };
    let ((old, old_names), (new, new_names)) = (known(false), known(true));
    let widened = class == Class::Widened;
    let (more, less) = if widened { (&new, &old) } else { (&old, &new) };
    let (more_names, less_names) = if widened { (&new_names, &old_names) } else { (&old_names, &new_names) };
    let mut parts: Vec<String> = more.difference(less).ranges().iter().map(ToString::to_string).collect();
    if more.is_empty() {
        parts.extend(more_names.iter().filter(|name| !less_names.contains(name)).cloned());
    }
    let name = both.pairing.name(pair);
    let verb = if widened { "gains" } else { "loses" };
    let parts = if parts.is_empty() { "its address".to_owned() } else { words::listed(&parts, ", ") };
    match statement.strip_prefix("segment ") {
        Some(segment) => format!("`{name}` {verb} {parts}: `{segment}` is {new}, and was {old}"),
        None if old.is_empty() || new.is_empty() => format!("`{name}` {verb} {parts}"),
        None => format!("`{name}` {verb} {parts}: it is {new}, and was {old}"),
    }
}

/// Each reason once, in the order of the flows.
fn because(flows: &[ChangedFlow]) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for because in flows.iter().flat_map(|flow| &flow.reasons).filter_map(|reason| reason.because.as_ref()) {
        if !reasons.contains(because) {
            reasons.push(because.clone());
        }
    }
    reasons
}

/// What blocks are merged under: effect, row or widening, and whether the artefacts differ.
type Merged = (Effect, Carrier, bool);

/// The parts of a change as rows of role words and addresses, with the number of their packet classes.
fn flows(both: &Both<'_>, parts: &[Part]) -> (Vec<ChangedFlow>, u128) {
    let mut blocks: BTreeMap<Merged, Vec<Block<u32>>> = BTreeMap::new();
    for part in parts {
        let effect = Effect::of(part.piece.opens);
        let merged = (effect, part.piece.carrier, part.piece.passes_in_both);
        blocks.entry(merged).or_default().push(part.piece.block.clone());
    }
    let (mut flows, mut packets) = (Vec::new(), 0);
    for ((effect, carrier, passes_in_both), blocks) in blocks {
        for block in merged(blocks) {
            packets += size(&block);
            flows.extend(changed_flow(both, effect, carrier, passes_in_both, &block));
        }
    }
    flows.sort_by(|a, b| {
        (a.effect, &a.from, &a.to, &a.services, &a.row).cmp(&(b.effect, &b.from, &b.to, &b.services, &b.row))
    });
    (flows, packets)
}

/// Joins disjoint blocks that differ in one field only.
fn merged(blocks: Vec<Block<u32>>) -> Vec<Block<u32>> {
    let blocks = joined(
        blocks,
        |block| (block.sources.clone(), block.destinations.clone()),
        |block| &mut block.services,
    );
    let blocks = joined(
        blocks,
        |block| (block.sources.clone(), block.services.clone()),
        |block| &mut block.destinations,
    );
    joined(blocks, |block| (block.destinations.clone(), block.services.clone()), |block| &mut block.sources)
}

type Numbers = Intervals<u32>;

fn joined(
    blocks: Vec<Block<u32>>,
    key: fn(&Block<u32>) -> (Numbers, Numbers),
    field: fn(&mut Block<u32>) -> &mut Numbers,
) -> Vec<Block<u32>> {
    let mut groups: BTreeMap<(Numbers, Numbers), Block<u32>> = BTreeMap::new();
    for mut block in blocks {
        match groups.entry(key(&block)) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(block);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let kept = field(entry.get_mut());
                *kept = kept.union(field(&mut block));
            }
        }
    }
    groups.into_values().collect()
}

fn changed_flow(
    both: &Both<'_>,
    effect: Effect,
    carrier: Carrier,
    passes_in_both: bool,
    block: &Block<u32>,
) -> Option<ChangedFlow> {
    let opens = effect == Effect::Opens;
    let services = ServiceSet::from_intervals(&block.services);
    let release = both.own(opens);
    let (row, ends, reasons) = match carrier {
        Carrier::Flow(at) => {
            let flow = release.flows.get(at)?;
            (flow.row.clone(), [flow.from, flow.to], reasons(flow, &services))
        }
        Carrier::Widening(at) => {
            let widening = release.widenings.as_ref()?.get(at)?;
            (widening.id.clone(), [widening.from, widening.to], Vec::new())
        }
    };
    let [from, to] = ends;
    let addresses =
        [addresses(both, opens, from, &block.sources), addresses(both, opens, to, &block.destinations)];
    Some(ChangedFlow { passes_in_both, ..between(both, opens, (row, ends, reasons), services, addresses) })
}

/// Packets between two roles, by the roles' names in the second release where they are there.
fn between(
    both: &Both<'_>,
    opens: bool,
    (row, ends, reasons): (String, [PartyId; 2], Vec<Reason>),
    services: ServiceSet,
    [from_addresses, to_addresses]: [Vec<String>; 2],
) -> ChangedFlow {
    let [from, to] = ends.map(|end| both.pairing.name(both.pair(opens, end)).to_owned());
    let (effect, passes_in_both) = (Effect::of(opens), false);
    ChangedFlow {
        effect,
        row,
        from,
        to,
        ends,
        services,
        from_addresses,
        to_addresses,
        passes_in_both,
        reasons,
    }
}

/// A row, or a part of one, at some addresses.
pub(super) fn of_row(
    both: &Both<'_>,
    opens: bool,
    flow: &Flow,
    services: ServiceSet,
    addresses: [Vec<String>; 2],
) -> ChangedFlow {
    let reasons = reasons(flow, &services);
    between(both, opens, (flow.row.clone(), [flow.from, flow.to], reasons), services, addresses)
}

/// A row's reasons for some services.
fn reasons(flow: &Flow, services: &ServiceSet) -> Vec<Reason> {
    flow.reasons.iter().filter(|reason| reason.services.meets(services)).cloned().collect()
}

/// Some points of a role: ranges, or the names that stand for it.
pub(super) fn addresses(
    both: &Both<'_>,
    opens: bool,
    party: PartyId,
    points: &Intervals<u32>,
) -> Vec<String> {
    match both.points.meaning(points) {
        Meaning::Names(names) => names,
        Meaning::Addresses(_) if both.points.of_role(opens, party) == Some(points) => {
            known_as(both.own(opens), party)
        }
        Meaning::Addresses(addresses) => addresses.ranges().iter().map(ToString::to_string).collect(),
    }
}

/// How a whole role is known: by its ranges and the names that stand for it.
pub(super) fn known_as(release: &Release, party: PartyId) -> Vec<String> {
    release.party(party).map_or_else(Vec::new, |party| {
        let ranges = party.addresses.ranges().into_iter().map(|range| range.to_string());
        ranges.chain(party.known_by.iter().cloned()).collect()
    })
}
