//! The picture of a policy.
//!
//! In: a policy, and the catalogue for the titles of kinds. Out: a [`Picture`] of all its parties, and figures of it.
//!
//! Invariant: one arrow for each pair of parties, and one more for what exceptions grant them; an arrow is drawn as
//! protected only where all that it stands for is.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue::Catalogue;
use crate::policy::address::AddressSet;
use crate::policy::service::ServiceSet;
use crate::policy::{Encryption, EnforcementState, Flow, Party, Policy};

use super::super::content::Figure;
use super::design::Paper;
use super::picture::{Arrow, Group, Node, Picture, Place, Purpose, Segment, Shape, Style};
use super::split::figures;
use super::words;

/// Figures of who may start a connection to whom: one, or for a large site one of its segments and one for each part.
pub fn overview(policy: &Policy, catalogue: &Catalogue, paper: Paper) -> Vec<Figure> {
    figures(&picture(policy, catalogue), paper)
}

/// All parties of a policy and their flows.
pub fn picture(policy: &Policy, catalogue: &Catalogue) -> Picture {
    let purposes = purposes(policy);
    Picture {
        id: "overview".to_owned(),
        title: words::overview().to_owned(),
        groups: groups(policy),
        nodes: policy.parties().map(|(_, party)| node(policy, catalogue, party)).collect(),
        arrows: arrows(policy, &purposes),
        purposes: purposes.into_iter().map(|((_, name), services)| purpose(&name, &services)).collect(),
    }
}

fn groups(policy: &Policy) -> Vec<Group> {
    let platforms = policy.platforms();
    platforms
        .map(|(id, platform)| {
            let own = policy.segments().filter(|(_, segment)| segment.platform == id);
            let segments = own.map(|(_, segment)| Segment {
                name: segment.name.clone(),
                note: words::listed(&addresses(&segment.addresses)),
            });
            Group {
                name: platform.name.clone(),
                note: words::platform(&platform.kind, platform.written),
                segments: segments.collect(),
            }
        })
        .collect()
}

fn addresses(set: &AddressSet) -> Vec<String> {
    set.ranges().iter().map(ToString::to_string).collect()
}

fn node(policy: &Policy, catalogue: &Catalogue, party: &Party) -> Node {
    let kind = catalogue.kind(&party.kind).map_or(party.kind.as_str(), |kind| kind.title());
    let state = party.state.filter(|state| *state != EnforcementState::Enforce);
    let notes = [
        party.attribute("count").filter(|count| *count != "1").map(words::machines),
        party.managed_by.as_deref().map(words::managed_by),
        state.map(|state| words::state(state).to_owned()),
    ];
    Node {
        name: party.name.clone(),
        kind: kind.to_owned(),
        note: notes.into_iter().flatten().collect::<Vec<_>>().join(", "),
        place: place(policy, party),
        shape: if party.enforced { Shape::Role } else { Shape::Foreign },
    }
}

/// Where a party sits: segments count within their platform.
fn place(policy: &Policy, party: &Party) -> Place {
    let Some(platform) = party.platform else { return Place::Outside };
    let segment = party.segment.and_then(|segment| {
        let mut own = policy.segments().filter(|(_, segment)| segment.platform == platform);
        own.position(|(id, _)| id == segment)
    });
    segment.map_or(Place::Group(platform.index()), |segment| Place::Segment(platform.index(), segment))
}

/// What flows are for, exceptions last, each with all its services.
fn purposes(policy: &Policy) -> BTreeMap<(bool, String), ServiceSet> {
    let mut purposes: BTreeMap<(bool, String), ServiceSet> = BTreeMap::new();
    for flow in policy.flows() {
        let services = purposes.entry(purpose_key(flow)).or_default();
        *services = services.union(&flow.services);
    }
    purposes
}

fn purpose_key(flow: &Flow) -> (bool, String) {
    (flow.expires.is_some(), flow.origin.clone())
}

fn purpose(name: &str, services: &ServiceSet) -> Purpose {
    Purpose { name: name.to_owned(), services: words::services(services) }
}

fn arrows(policy: &Policy, purposes: &BTreeMap<(bool, String), ServiceSet>) -> Vec<Arrow> {
    let places: BTreeMap<&(bool, String), usize> = purposes.keys().zip(0..).collect();
    let mut pairs: BTreeMap<(usize, usize, bool), (BTreeSet<usize>, bool)> = BTreeMap::new();
    for flow in policy.flows() {
        let key = purpose_key(flow);
        let (names, is_protected) = pairs
            .entry((flow.from.index(), flow.to.index(), key.0))
            .or_insert_with(|| (BTreeSet::new(), true));
        names.extend(places.get(&key).copied());
        *is_protected &= is_protected_flow(flow);
    }
    let arrow = |((from, to, is_exception), (names, is_protected))| {
        let style = match (is_exception, is_protected) {
            (true, _) => Style::Exception,
            (false, true) => Style::Protected,
            (false, false) => Style::Clear,
        };
        Arrow { from, to, purposes: BTreeSet::into_iter(names).collect(), style }
    };
    pairs.into_iter().map(arrow).collect()
}

/// True where the content of a flow is protected whatever an administrator switches on.
fn is_protected_flow(flow: &Flow) -> bool {
    let is_protected =
        |encryption| matches!(encryption, Some(Encryption::Tls | Encryption::MessageProtected));
    flow.provenance.iter().all(|reason| is_protected(reason.encryption))
}
