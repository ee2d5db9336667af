//! The rows of the firewall matrix.
//!
//! In: a policy. Out: one [`MatrixRow`] for each source, destination, family and service that has reasons of its own.
//!
//! Invariant: no two rows share source, destination, family and a service, but for rows of dated exceptions. Ids are
//! unique; each starts with the id of the flow that artefacts carry, and depends on what the row is, not on where it
//! stands.

use super::input::Input;
use crate::policy::address::{AddressSet, Family};
use crate::policy::identity::short_hash;
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{Exception, Flow, KnownBy, Policy, Provenance, RoleId};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of the part of an id that tells the services of one flow apart.
const SHORTEST_SUFFIX: usize = 4;

/// One row.
#[derive(Debug, Clone)]
pub(crate) struct MatrixRow<'a> {
    /// Unique id.
    pub(crate) id: String,
    /// Who starts.
    pub(crate) from: RoleId,
    /// Who answers.
    pub(crate) to: RoleId,
    /// Where the source is.
    pub(crate) source: End,
    /// Where the destination is.
    pub(crate) destination: End,
    /// The protocol of the services.
    pub(crate) protocol: Protocol,
    /// On what.
    pub(crate) services: ServiceSet,
    /// Why, at least one.
    pub(crate) reasons: Vec<&'a Provenance>,
    /// Ids of further flows that ask for the same.
    pub(crate) others: BTreeSet<&'a str>,
    /// The exception that it is of.
    pub(crate) exception: Option<&'a Exception>,
}

/// Where one end of a row is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// At these addresses, all of one family.
    Addresses(AddressSet),
    /// Behind these names.
    Names(Vec<String>),
    /// Everywhere that nobody else is, in one family.
    Internet(Family),
    /// Known by its group on its platform only.
    Group,
}

/// Some services of a flow with everything that asks for them.
struct Piece<'a> {
    services: ServiceSet,
    reasons: Vec<(&'a Flow, &'a Provenance)>,
}

/// All flows that may make one row: of one pair, protocol and exception.
type Key<'a> = (RoleId, RoleId, Protocol, Option<&'a str>);

/// The rows of a site on its day: what is in force, and exceptions that are still to come.
pub(crate) fn rows<'a>(input: &Input<'a>) -> Vec<MatrixRow<'a>> {
    let policy = input.policy;
    let mut groups: BTreeMap<Key<'a>, (Vec<Piece<'a>>, Option<&'a Exception>)> = BTreeMap::new();
    for (flow, exception) in flows(policy) {
        let key = (flow.from, flow.to, flow.protocol, exception.map(|exception| exception.name.as_str()));
        let (pieces, _) = groups.entry(key).or_insert_with(|| (Vec::new(), exception));
        for reason in &flow.provenance {
            cut(pieces, flow, reason);
        }
    }
    let mut rows = Vec::new();
    let mut used = BTreeSet::new();
    for ((from, to, protocol, _), (pieces, exception)) in groups {
        for piece in pieces {
            for (source, destination, is_second) in ends(policy, from, to, protocol) {
                let id = id(&piece, is_second, &mut used);
                let first = piece.reasons.first().map_or("", |(flow, _)| flow.id.as_str());
                let others = piece.reasons.iter().map(|(flow, _)| flow.id.as_str());
                rows.push(MatrixRow {
                    id,
                    from,
                    to,
                    source,
                    destination,
                    protocol,
                    services: piece.services.clone(),
                    reasons: piece.reasons.iter().map(|(_, reason)| *reason).collect(),
                    others: others.filter(|other| *other != first).collect(),
                    exception,
                });
            }
        }
    }
    rows
}

/// Standing flows, and those of exceptions that are not over.
fn flows(policy: &Policy) -> impl Iterator<Item = (&Flow, Option<&Exception>)> {
    let today = policy.header().as_of;
    let standing = policy.flows().iter().filter(|flow| flow.expires.is_none()).map(|flow| (flow, None));
    let dated = policy.exceptions().iter().filter(move |exception| exception.expires > today);
    standing
        .chain(dated.flat_map(|exception| exception.flows.iter().map(move |flow| (flow, Some(exception)))))
}

/// Cuts the pieces along the services of one more reason, so that each piece has all of its reasons.
fn cut<'a>(pieces: &mut Vec<Piece<'a>>, flow: &'a Flow, reason: &'a Provenance) {
    let mut rest = reason.services.clone();
    let mut apart = Vec::new();
    for piece in pieces.iter_mut() {
        let common = piece.services.intersection(&rest);
        if common.is_empty() {
            continue;
        }
        rest = rest.difference(&common);
        let outside = piece.services.difference(&common);
        if !outside.is_empty() {
            apart.push(Piece { services: outside, reasons: piece.reasons.clone() });
        }
        piece.services = common;
        piece.reasons.push((flow, reason));
    }
    pieces.extend(apart);
    if !rest.is_empty() {
        pieces.push(Piece { services: rest, reasons: vec![(flow, reason)] });
    }
}

/// The id of the first flow; behind it, where the catalogue or several lines are the reason, a mark of these reasons; and
/// `v6` where the same row exists for IPv4 too.
fn id(piece: &Piece<'_>, is_second: bool, used: &mut BTreeSet<String>) -> String {
    let flow = piece.reasons.first().map_or("", |(flow, _)| flow.id.as_str());
    let mut identity: Vec<&str> = Vec::new();
    for (other, reason) in &piece.reasons {
        if other.id.as_str() != flow {
            identity.push(other.id.as_str());
        }
        identity.extend(reason.catalogue.as_deref());
    }
    identity.sort_unstable();
    identity.dedup();
    let family = if is_second { "-v6" } else { "" };
    let lengths = (SHORTEST_SUFFIX..=64).step_by(2);
    let mut ids = lengths.map(|length| {
        if identity.is_empty() && length == SHORTEST_SUFFIX {
            format!("{flow}{family}")
        } else {
            format!("{flow}-{}{family}", short_hash(&identity, length))
        }
    });
    let id = ids.find(|id| !used.contains(id)).unwrap_or_default();
    used.insert(id.clone());
    id
}

/// Both ends by family: IPv4 and IPv6 make rows of their own. The mark says that the row is the second of two.
fn ends(policy: &Policy, from: RoleId, to: RoleId, protocol: Protocol) -> Vec<(End, End, bool)> {
    let families = match protocol {
        Protocol::ICMP => vec![Family::V4],
        Protocol::ICMPV6 => vec![Family::V6],
        _ => vec![Family::V4, Family::V6],
    };
    let mut found: Vec<(End, End, bool)> = Vec::new();
    for family in families {
        let (Some(source), Some(destination)) = (end(policy, from, family), end(policy, to, family)) else {
            continue;
        };
        // Two ends without addresses are one row, not one a family.
        if !found.iter().any(|(one, other, _)| *one == source && *other == destination) {
            let is_second = !found.is_empty();
            found.push((source, destination, is_second));
        }
    }
    found
}

/// Where a role is in one family. `None` where it is in the other one only.
fn end(policy: &Policy, role: RoleId, family: Family) -> Option<End> {
    let party = policy.party(role)?;
    if party.is_internet {
        return Some(End::Internet(family));
    }
    if !party.addresses.is_empty() {
        let part = party.addresses.of_family(family);
        return (!part.is_empty()).then_some(End::Addresses(part));
    }
    let names: Vec<String> = party.known_by.iter().flat_map(KnownBy::names).cloned().collect();
    Some(if names.is_empty() { End::Group } else { End::Names(names) })
}
