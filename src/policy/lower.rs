//! From a resolved site to the neutral policy of one day.
//!
//! In: a [`Model`] and the as-of day. Out: a [`Policy`].
//!
//! Invariant: nothing is decided here that a target could decide otherwise, and nothing is refused but a site that
//! would not fit in memory; `check` says what is wrong with the result.

use super::address::AddressSet;
use super::flow_set::FlowSet;
use super::service::{Protocol, ServiceSet};
use super::universe::{AtomId, Occupant, Universe};
use super::{Exception, Expect, Flow, Forbid, Header, Party, Platform, Policy, Provenance, RowId, Segment};
use crate::model::{
    self, EnforcementState, Grant, GrantKind, KnownBy, Manager, Model, Placement, PlatformId, RoleId,
    Rollout, Side,
};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// Characters of a row id behind `r-`.
const SHORT_ROW_ID: usize = 8;

/// Characters of a row id behind `r-` where two rows of a site would have the same short one.
const LONG_ROW_ID: usize = 24;

/// Most pairs of points that all flows of a site may mean together: more would not fit in memory.
const MOST_CLASSES: usize = 5_000_000;

/// A site whose flows mean more pairs of points than fit in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooManyClasses {
    /// How many they mean.
    pub classes: usize,
    /// How many they may mean.
    pub limit: usize,
    /// The statement of the flow that means most.
    pub span: Option<Span>,
}

/// Builds the policy of a site for one day: exceptions that are not in force on it take no part in the flows.
///
/// # Errors
/// [`TooManyClasses`] when overlapping ranges cut the roles of flows into too many pieces.
pub fn lower(model: &Model, as_of: Date) -> Result<Policy, TooManyClasses> {
    let platforms: Vec<Platform> = model.platforms.iter().map(lower_platform).collect();
    let occupants = occupants(model);
    let segment_ranges: Vec<AddressSet> =
        model.segments.iter().map(|segment| segment.addresses.clone()).collect();
    let universe = Universe::new(&occupants, &segment_ranges);
    let parties = lower_parties(model, &platforms, &occupants, &universe, as_of);
    let names = identity_names(model);

    let in_force = model.exceptions.iter().filter(|exception| is_in_force(exception, as_of));
    let granted: Vec<(&Grant, Option<Date>)> = model
        .grants
        .iter()
        .map(|grant| (grant, None))
        .chain(in_force.map(|exception| (&exception.grant, Some(exception.expires))))
        .collect();
    let flows = lower_flows(&granted, &names);
    check_size(&flows, &universe)?;
    let mut intended = FlowSet::empty();
    for flow in &flows {
        intended.insert_product(
            &universe,
            universe.of_role(flow.from),
            universe.of_role(flow.to),
            &flow.services,
        );
    }

    let (forbids, positions) = lower_forbids(model, &universe);
    let exceptions = lower_exceptions(model, &names, &positions);
    Ok(Policy {
        header: Header {
            site: model.site.name.clone(),
            release: model.site.release.clone(),
            as_of,
            hardening: model.site.hardening,
            catalogue: model.catalogue_release.clone(),
        },
        platforms,
        segments: model.segments.iter().map(lower_segment).collect(),
        parties,
        expects: model.expects.iter().map(|expect| lower_expect(expect, model)).collect(),
        universe,
        flows,
        intended,
        forbids,
        exceptions,
    })
}

fn check_size(flows: &[Flow], universe: &Universe) -> Result<(), TooManyClasses> {
    let size = |flow: &Flow| {
        let (from, to) = (universe.of_role(flow.from).len(), universe.of_role(flow.to).len());
        from.saturating_mul(to)
    };
    let classes = flows.iter().map(size).fold(0, usize::saturating_add);
    if classes <= MOST_CLASSES {
        return Ok(());
    }
    let largest = flows.iter().max_by_key(|flow| size(flow));
    let span = largest.and_then(|flow| flow.provenance.first()).map(|reason| reason.span);
    Err(TooManyClasses { classes, limit: MOST_CLASSES, span })
}

fn is_in_force(exception: &model::Exception, day: Date) -> bool {
    exception.starts <= day && day < exception.expires
}

fn lower_platform(platform: &model::Platform) -> Platform {
    Platform {
        name: platform.name.clone(),
        kind: platform.kind.clone(),
        written: platform.managed_by != Some(Manager::Citrix),
        attributes: platform.attributes.clone(),
        attribute_spans: platform.attribute_spans.clone(),
        span: platform.span,
    }
}

fn lower_segment(segment: &model::Segment) -> Segment {
    Segment {
        name: segment.name.clone(),
        platform: segment.platform,
        addresses: segment.addresses.clone(),
        span: segment.span,
    }
}

/// The role names that identities are made of: the earlier name where one is given, so that a rename keeps every id.
fn identity_names(model: &Model) -> Vec<&str> {
    model.roles.iter().map(|role| role.was.as_deref().unwrap_or(&role.name)).collect()
}

fn occupants(model: &Model) -> Vec<Occupant> {
    model
        .roles
        .iter()
        .enumerate()
        .map(|(at, role)| Occupant {
            role: RoleId::at(at),
            placed: role.placement != Placement::Outside,
            internet: role.is_internet,
            addresses: own_addresses(model, role),
        })
        .collect()
}

/// A role's own ranges, else those of its segment.
fn own_addresses(model: &Model, role: &model::Role) -> AddressSet {
    match role.placement {
        Placement::Segment(segment) if role.addresses.is_empty() => {
            model.segments.get(segment.index()).map(|segment| segment.addresses.clone()).unwrap_or_default()
        }
        _ => role.addresses.clone(),
    }
}

fn lower_parties(
    model: &Model,
    platforms: &[Platform],
    occupants: &[Occupant],
    universe: &Universe,
    as_of: Date,
) -> Vec<Party> {
    let roles = model.roles.iter().zip(occupants).enumerate();
    roles
        .map(|(at, (role, occupant))| {
            let id = RoleId::at(at);
            let (platform, segment) = match role.placement {
                Placement::Segment(segment) => {
                    (model.segments.get(segment.index()).map(|place| place.platform), Some(segment))
                }
                Placement::Platform(platform) => (Some(platform), None),
                Placement::Outside => (None, None),
            };
            let written = |id: PlatformId| platforms.get(id.index()).is_some_and(|platform| platform.written);
            Party {
                name: role.name.clone(),
                kind: role.kind.clone(),
                platform,
                segment,
                enforced: platform.is_some_and(written) && role.managed_by != Some(Manager::Citrix),
                addresses: if role.is_internet {
                    uncovered(universe, id)
                } else {
                    occupant.addresses.clone()
                },
                is_internet: role.is_internet,
                known_by: role.known_by.clone(),
                group: role.same_group_as.as_ref().map_or(id, |other| other.value),
                group_span: role.same_group_as.as_ref().map(|other| other.span),
                was: role.was.clone(),
                provisioned: role.provisioned,
                trust: role.trust,
                state: state_of(&model.rollout, id, as_of),
                managed_by: role.managed_by.as_ref().map(|manager| match manager {
                    Manager::Citrix => "citrix".to_owned(),
                    Manager::Team(name) => name.clone(),
                }),
                attributes: role.attributes.clone(),
                span: role.name_span,
            }
        })
        .collect()
}

fn uncovered(universe: &Universe, internet: RoleId) -> AddressSet {
    let atoms = universe.of_role(internet).iter().filter_map(|id| universe.get(*id));
    atoms.fold(AddressSet::empty(), |sum, atom| sum.union(&atom.addresses))
}

fn state_of(rollout: &Rollout, role: RoleId, as_of: Date) -> Option<EnforcementState> {
    rollout.span?;
    let enforced = rollout.enforce.get(&role).is_some_and(|from| from.value <= as_of);
    Some(if enforced {
        EnforcementState::Enforce
    } else {
        rollout.start.unwrap_or(EnforcementState::Monitor)
    })
}

/// What makes flows one row: source, destination, statement, protocol. Names come first for a readable order.
type RowKey<'a> = (&'a str, &'a str, &'a str, Protocol, RoleId, RoleId);

fn lower_flows(granted: &[(&Grant, Option<Date>)], names: &[&str]) -> Vec<Flow> {
    let statements: Vec<String> = granted.iter().map(|(grant, _)| statement_of(grant)).collect();
    let mut rows: BTreeMap<RowKey<'_>, Flow> = BTreeMap::new();
    for ((grant, expires), statement) in granted.iter().zip(&statements) {
        for wanted in &grant.flows {
            for protocol in wanted.services.protocols() {
                let (Some(from), Some(to)) = (names.get(wanted.from.index()), names.get(wanted.to.index()))
                else {
                    continue;
                };
                let key = (*from, *to, statement.as_str(), protocol, wanted.from, wanted.to);
                let row = rows.entry(key).or_insert_with_key(|key| new_row(key, grant, *expires));
                row.services = row.services.union(&wanted.services.of_protocol(protocol));
                row.provenance.push(provenance_of(grant, statement, wanted, protocol));
            }
        }
    }
    let mut flows: Vec<Flow> = rows.into_values().collect();
    for flow in &mut flows {
        flow.provenance.sort();
        flow.provenance.dedup();
    }
    lengthen_equal_ids(&mut flows, names);
    flows
}

fn new_row(key: &RowKey<'_>, grant: &Grant, expires: Option<Date>) -> Flow {
    let (from_name, to_name, statement, protocol, from, to) = key;
    Flow {
        id: RowId::of(&[from_name, to_name, statement, &protocol.to_string()], SHORT_ROW_ID),
        origin: grant.origin.clone(),
        from: *from,
        to: *to,
        protocol: *protocol,
        services: ServiceSet::empty(),
        provenance: Vec::new(),
        expires,
    }
}

fn statement_of(grant: &Grant) -> String {
    let word = match grant.kind {
        GrantKind::Intent => "intent",
        GrantKind::Allow => "allow",
        GrantKind::Exception => "exception",
    };
    format!("{word} {}", grant.origin)
}

fn provenance_of(grant: &Grant, statement: &str, flow: &model::Flow, protocol: Protocol) -> Provenance {
    Provenance {
        statement: statement.to_owned(),
        catalogue: flow.catalogue.clone(),
        because: flow.because.clone(),
        purpose: grant.purpose.clone(),
        services: flow.services.of_protocol(protocol),
        verified: flow.verified,
        encryption: flow.encryption,
        sensitivity: flow.sensitivity,
        need: flow.need,
        span: grant.span,
    }
}

fn lengthen_equal_ids(flows: &mut [Flow], names: &[&str]) {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<RowId> =
        flows.iter().filter(|flow| !seen.insert(flow.id.clone())).map(|flow| flow.id.clone()).collect();
    for flow in flows.iter_mut().filter(|flow| twice.contains(&flow.id)) {
        let name = |role: RoleId| names.get(role.index()).copied().unwrap_or_default();
        let statement = flow.provenance.first().map_or("", |reason| reason.statement.as_str());
        let identity = [name(flow.from), name(flow.to), statement, &flow.protocol.to_string()];
        flow.id = RowId::of(&identity, LONG_ROW_ID);
    }
}

/// Forbids in name order, and the position there of each position in the model.
fn lower_forbids(model: &Model, universe: &Universe) -> (Vec<Forbid>, Vec<usize>) {
    let mut order: Vec<usize> = (0..model.forbids.len()).collect();
    order.sort_by_key(|at| model.forbids.get(*at).map(|forbid| &forbid.name));
    let mut positions = vec![0; order.len()];
    for (new, old) in order.iter().enumerate() {
        if let Some(position) = positions.get_mut(*old) {
            *position = new;
        }
    }
    let forbids = order.iter().filter_map(|at| model.forbids.get(*at));
    let lowered = forbids
        .map(|forbid| Forbid {
            name: forbid.name.clone(),
            from: forbidden_points(&forbid.from, model, universe),
            to: forbidden_points(&forbid.to, model, universe),
            both_ways: forbid.both_ways,
            services: forbid.services.clone(),
            because: forbid.because.clone(),
            enforced_by: forbid.enforced_by,
            span: forbid.span,
        })
        .collect();
    (lowered, positions)
}

/// Every point that a side of a forbid means: a forbid must not be kept by a choice of words.
///
/// A role outside of all platforms is its addresses, so whoever else may sit at one of them is meant too. A role on a
/// platform is meant by whoever is known by its addresses only. A role outside that is known only by name is somewhere
/// on the internet.
fn forbidden_points(side: &Side, model: &Model, universe: &Universe) -> Vec<AtomId> {
    let roles = match side {
        Side::Any => return universe.iter().map(|(id, _)| id).collect(),
        Side::Roles(roles) => roles,
    };
    let mut points = BTreeSet::new();
    for role in roles {
        points.extend(universe.of_role(*role));
        let Some(known) = model.roles.get(role.index()) else { continue };
        let addresses = own_addresses(model, known);
        let there = universe.touching(&addresses).into_iter();
        if known.placement == Placement::Outside {
            points.extend(there);
            if addresses.is_empty() && !known.is_internet {
                points.extend(universe.internet());
                let namesakes =
                    model.roles.iter().enumerate().filter(|(_, other)| share_a_host(known, other));
                points.extend(namesakes.flat_map(|(at, _)| universe.of_role(RoleId::at(at))));
            }
        } else {
            points.extend(there.filter(|id| universe.get(*id).is_some_and(|atom| atom.role.is_none())));
        }
    }
    points.into_iter().collect()
}

/// Whether two roles may be one host: in any case of letters, and `*.` standing for everything below.
fn share_a_host(one: &model::Role, other: &model::Role) -> bool {
    let names = |role: &model::Role| -> Vec<String> {
        let names = role.known_by.iter().filter_map(|known| match known {
            KnownBy::Names(names) => Some(names),
            KnownBy::Tag(_) | KnownBy::PrefixList(_) => None,
        });
        names.flatten().map(|name| name.to_ascii_lowercase()).collect()
    };
    let below = |wide: &str, name: &str| wide.strip_prefix('*').is_some_and(|end| name.ends_with(end));
    let others = names(other);
    names(one).iter().any(|a| others.iter().any(|b| a == b || below(a, b) || below(b, a)))
}

fn lower_exceptions(model: &Model, names: &[&str], positions: &[usize]) -> Vec<Exception> {
    let mut exceptions: Vec<Exception> = model
        .exceptions
        .iter()
        .map(|exception| Exception {
            name: exception.grant.origin.clone(),
            flows: lower_flows(&[(&exception.grant, Some(exception.expires))], names),
            pierces: exception
                .pierces
                .iter()
                .filter_map(|name| {
                    let position = positions.get(name.value).copied()?;
                    Some(crate::source::Spanned::new(position, name.span))
                })
                .collect(),
            starts: exception.starts,
            expires: exception.expires,
            ticket: exception.ticket.clone(),
            owner: exception.owner.clone(),
            expires_span: exception.expires_span,
            span: exception.grant.span,
        })
        .collect();
    exceptions.sort_by(|a, b| a.name.cmp(&b.name));
    exceptions
}

fn lower_expect(expect: &model::Expect, model: &Model) -> Expect {
    let roles = |side: &Side| match side {
        Side::Any => (0..model.roles.len()).map(RoleId::at).collect(),
        Side::Roles(roles) => roles.clone(),
    };
    Expect {
        allow: expect.allow,
        from: roles(&expect.from),
        to: roles(&expect.to),
        both_ways: expect.both_ways,
        services: expect.services.clone(),
        span: expect.span,
    }
}
