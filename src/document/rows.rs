//! The rows of the firewall matrix.
//!
//! In: a policy, or a release that it is compared with. Out: one [`MatrixRow`] for each source, destination, family and
//! service that has reasons of its own.
//!
//! Invariant: no two rows share source, destination, family and a service, but for rows of dated exceptions. Ids are
//! unique; each starts with the id of the flow that artefacts carry, and depends on what the row is, not on where it
//! stands.

use crate::diff::release::{self, PartyId, Release};
use crate::policy::address::{AddressSet, Family};
use crate::policy::identity::short_hash;
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{Exception, Flow, KnownBy, Policy, Provenance, RoleId};
use std::collections::{BTreeMap, BTreeSet};

/// Characters of the part of an id that tells the services of one flow apart.
const SHORTEST_SUFFIX: usize = 4;

/// One row: of the site, or, with the other types, of a release that it is compared with.
#[derive(Debug, Clone)]
pub(crate) struct MatrixRow<'a, R = Provenance, E = Exception> {
    /// Unique id.
    pub(crate) id: String,
    /// The flow that the id starts with.
    pub(crate) flow: &'a str,
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
    pub(crate) reasons: Vec<&'a R>,
    /// Ids of further flows that ask for the same.
    pub(crate) others: BTreeSet<&'a str>,
    /// The exception that it is of.
    pub(crate) exception: Option<&'a E>,
}

/// A row of an earlier release.
pub(crate) type EarlierRow<'a> = MatrixRow<'a, release::Reason, release::Exception>;

/// What rows are cut by: one reason for some services of a flow.
pub(crate) trait Because {
    /// The services that it is the reason for.
    fn services(&self) -> &ServiceSet;
    /// The entry of the catalogue that it comes of.
    fn catalogue(&self) -> Option<&str>;
}

impl Because for Provenance {
    fn services(&self) -> &ServiceSet {
        &self.services
    }

    fn catalogue(&self) -> Option<&str> {
        self.catalogue.as_deref()
    }
}

impl Because for release::Reason {
    fn services(&self) -> &ServiceSet {
        &self.services
    }

    fn catalogue(&self) -> Option<&str> {
        self.catalogue.as_deref()
    }
}

/// A flow that asks for rows, whichever release it is of.
struct Asked<'a, R, E> {
    id: &'a str,
    from: RoleId,
    to: RoleId,
    protocol: Protocol,
    reasons: &'a [R],
    exception: Option<(&'a str, &'a E)>,
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
struct Piece<'a, R> {
    services: ServiceSet,
    reasons: Vec<(&'a str, &'a R)>,
}

/// All flows that may make one row: of one pair, protocol and exception.
type Key<'a> = (RoleId, RoleId, Protocol, Option<&'a str>);

/// Pieces of the flows that may make one row, with their exception.
type Group<'a, R, E> = (Vec<Piece<'a, R>>, Option<&'a E>);

/// The rows of a site on its day: what is in force, and exceptions that are still to come.
pub(crate) fn rows(policy: &Policy) -> Vec<MatrixRow<'_>> {
    assemble(flows(policy), |role, family| end(policy, role, family))
}

/// The rows of an earlier release on its day, built as those of the site, so that equal rows have equal ids.
pub(crate) fn earlier_rows(release: &Release) -> Vec<EarlierRow<'_>> {
    assemble(earlier_flows(release), |role, family| earlier_end(release, role, family))
}

/// The rows that flows ask for; `end` says where a role is in one family.
fn assemble<'a, R: Because, E>(
    asked: impl Iterator<Item = Asked<'a, R, E>>,
    end: impl Fn(RoleId, Family) -> Option<End>,
) -> Vec<MatrixRow<'a, R, E>> {
    let mut groups: BTreeMap<Key<'a>, Group<'a, R, E>> = BTreeMap::new();
    for flow in asked {
        let key = (flow.from, flow.to, flow.protocol, flow.exception.map(|(name, _)| name));
        let exception = flow.exception.map(|(_, exception)| exception);
        let (pieces, _) = groups.entry(key).or_insert_with(|| (Vec::new(), exception));
        for reason in flow.reasons {
            cut(pieces, flow.id, reason);
        }
    }
    let mut rows = Vec::new();
    let mut used = BTreeSet::new();
    for ((from, to, protocol, _), (pieces, exception)) in groups {
        for piece in pieces {
            for (source, destination, is_second) in ends(&end, from, to, protocol) {
                let id = id(&piece, is_second, &mut used);
                let flow = piece.reasons.first().map_or("", |(flow, _)| flow);
                rows.push(MatrixRow {
                    id,
                    flow,
                    from,
                    to,
                    source,
                    destination,
                    protocol,
                    services: piece.services.clone(),
                    reasons: piece.reasons.iter().map(|(_, reason)| *reason).collect(),
                    others: piece.reasons.iter().map(|(id, _)| *id).filter(|other| *other != flow).collect(),
                    exception,
                });
            }
        }
    }
    rows
}

/// Standing flows, and those of exceptions that are not over.
fn flows(policy: &Policy) -> impl Iterator<Item = Asked<'_, Provenance, Exception>> {
    let today = policy.header().as_of;
    let standing = policy.flows().iter().filter(|flow| flow.expires.is_none()).map(|flow| (flow, None));
    let dated = policy.exceptions().iter().filter(move |exception| exception.expires > today);
    let dated = dated.flat_map(|exception| exception.flows.iter().map(move |flow| (flow, Some(exception))));
    standing.chain(dated).map(|(flow, exception): (&Flow, Option<&Exception>)| Asked {
        id: flow.id.as_str(),
        from: flow.from,
        to: flow.to,
        protocol: flow.protocol,
        reasons: &flow.provenance,
        exception: exception.map(|exception| (exception.name.as_str(), exception)),
    })
}

/// The same of an earlier release. Its flows in force hold those of exceptions too, which are known by their ids.
fn earlier_flows(release: &Release) -> impl Iterator<Item = Asked<'_, release::Reason, release::Exception>> {
    let exceptions = release.exceptions.as_deref().unwrap_or_default();
    let granted: BTreeSet<&str> =
        exceptions.iter().flat_map(|exception| &exception.flows).map(|flow| flow.row.as_str()).collect();
    let standing = release.flows.iter().filter(move |flow| !granted.contains(flow.row.as_str()));
    let today = release.header.as_of;
    let dated = exceptions.iter().filter(move |exception| today.is_none_or(|day| exception.expires > day));
    let dated = dated.flat_map(|exception| exception.flows.iter().map(move |flow| (flow, Some(exception))));
    standing.map(|flow| (flow, None)).chain(dated).filter_map(
        |(flow, exception): (&release::Flow, Option<&release::Exception>)| {
            Some(Asked {
                id: flow.row.as_str(),
                from: RoleId(flow.from.0),
                to: RoleId(flow.to.0),
                protocol: flow.services.ranges().first()?.protocol,
                reasons: &flow.reasons,
                exception: exception.map(|exception| (exception.name.as_str(), exception)),
            })
        },
    )
}

/// Cuts the pieces along the services of one more reason, so that each piece has all of its reasons.
fn cut<'a, R: Because>(pieces: &mut Vec<Piece<'a, R>>, flow: &'a str, reason: &'a R) {
    let mut rest = reason.services().clone();
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
fn id<R: Because>(piece: &Piece<'_, R>, is_second: bool, used: &mut BTreeSet<String>) -> String {
    let flow = piece.reasons.first().map_or("", |(flow, _)| *flow);
    let mut identity: Vec<&str> = Vec::new();
    for (other, reason) in &piece.reasons {
        if *other != flow {
            identity.push(other);
        }
        identity.extend(reason.catalogue());
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
fn ends(
    end: impl Fn(RoleId, Family) -> Option<End>,
    from: RoleId,
    to: RoleId,
    protocol: Protocol,
) -> Vec<(End, End, bool)> {
    let families = match protocol {
        Protocol::ICMP => vec![Family::V4],
        Protocol::ICMPV6 => vec![Family::V6],
        _ => vec![Family::V4, Family::V6],
    };
    let mut found: Vec<(End, End, bool)> = Vec::new();
    for family in families {
        let (Some(source), Some(destination)) = (end(from, family), end(to, family)) else {
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
    let names = party.known_by.iter().flat_map(KnownBy::names).cloned().collect();
    end_of(party.is_internet, &party.addresses, names, family)
}

fn earlier_end(release: &Release, role: RoleId, family: Family) -> Option<End> {
    let party = release.party(PartyId(role.0))?;
    end_of(party.is_internet, &party.addresses, party.known_by.clone(), family)
}

fn end_of(is_internet: bool, addresses: &AddressSet, names: Vec<String>, family: Family) -> Option<End> {
    if is_internet {
        return Some(End::Internet(family));
    }
    if !addresses.is_empty() {
        let part = addresses.of_family(family);
        return (!part.is_empty()).then_some(End::Addresses(part));
    }
    Some(if names.is_empty() { End::Group } else { End::Names(names) })
}
