//! Nutanix Flow, apart from its two spellings: policies in, permission at a machine out.
//!
//! Isolation is stronger than application. Within application: intra allow, intra deny, inbound and outbound rules,
//! implicit deny. A machine that no policy secures is not filtered. Rules are judged as if their policy were enforced;
//! what is only monitored today is told by `states`.
//! Source: Nutanix Flow Network Security guide and the v4 API description (microseg 4.0 to 4.3); read 2026-11.

use std::collections::{BTreeMap, BTreeSet};

use super::Reader;
use crate::support::address::{Family, Span};
use crate::support::judge::{Direction, Edges, Packet, Point, Rules};
use crate::support::manifest::Role;
use crate::support::service::{Protocol, Service};

/// A machine has every key with one of its values.
pub(crate) type Categories = BTreeMap<String, BTreeSet<String>>;

/// Whom a rule names.
#[derive(Debug, Clone)]
pub(crate) enum Peer {
    All,
    None,
    Categories(Categories),
    Spans(Vec<Span>),
    /// An address group of another document, by its name.
    ForeignGroup(String),
}

/// One allow rule of a secured group.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) secured: Categories,
    pub(crate) direction: Direction,
    pub(crate) peer: Peer,
    pub(crate) services: Vec<Service>,
}

/// What members of one group may do among themselves.
#[derive(Debug, Clone)]
pub(crate) struct Intra {
    pub(crate) secured: Categories,
    pub(crate) allow: bool,
}

/// One policy.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    pub(crate) state: String,
    /// IPv6 passes whatever the rules say.
    pub(crate) all_ipv6: bool,
    /// The rules cover IPv6; without either, IPv6 is dropped.
    pub(crate) rules_cover_ipv6: bool,
    pub(crate) rules: Vec<Rule>,
    pub(crate) intra: Vec<Intra>,
    /// Groups that are kept apart from each other.
    pub(crate) isolated: Vec<Vec<Categories>>,
}

/// All policies of one Prism in one spelling.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    pub(crate) policies: Vec<Policy>,
    edges: Edges,
}

fn wears(role: &Role, wanted: &Categories) -> bool {
    !wanted.is_empty()
        && wanted
            .iter()
            .all(|(key, values)| role.categories.get(key).is_some_and(|value| values.contains(value)))
}

impl Policy {
    /// The secured groups that the policy's rules name.
    fn secured(&self) -> impl Iterator<Item = &Categories> {
        let rules = self.rules.iter().map(|rule| &rule.secured);
        rules.chain(self.intra.iter().map(|intra| &intra.secured))
    }

    fn secures(&self, role: &Role) -> bool {
        self.secured().any(|group| wears(role, group))
    }

    fn isolates(&self, one: &Role, other: &Role) -> bool {
        self.isolated.iter().any(|groups| {
            let of = |role: &Role| groups.iter().position(|group| wears(role, group));
            matches!((of(one), of(other)), (Some(a), Some(b)) if a != b)
        })
    }

    fn intra(&self, one: &Role, other: &Role, allow: bool) -> bool {
        let mut both =
            self.intra.iter().filter(|intra| wears(one, &intra.secured) && wears(other, &intra.secured));
        both.any(|intra| intra.allow == allow)
    }
}

impl Peer {
    fn holds(&self, own: &Point<'_>, point: &Point<'_>) -> bool {
        match self {
            Peer::All => true,
            Peer::None => false,
            Peer::Categories(wanted) => own.shares_platform(point) && wears(point.role, wanted),
            Peer::Spans(spans) => point.is_in(spans),
            Peer::ForeignGroup(name) => point.address.is_none() && is_known_as(point.role, name),
        }
    }
}

/// Whether a party without addresses is the one that an address group is named after.
fn is_known_as(role: &Role, group: &str) -> bool {
    let group = group.to_ascii_lowercase();
    let mut names = role.names.iter().chain([&role.name]).map(|name| name.to_ascii_lowercase());
    names.any(|name| {
        group == name || group.ends_with(&format!("-{name}")) || name.len() > 5 && group.contains(&name)
    })
}

impl Flow {
    /// Gathers where answers change.
    pub(crate) fn new(policies: Vec<Policy>) -> Flow {
        let mut edges = Edges::default();
        for rule in policies.iter().flat_map(|policy| &policy.rules) {
            rule.services.iter().for_each(|service| edges.note_service(*service));
            if let Peer::Spans(spans) = &rule.peer {
                spans.iter().for_each(|span| edges.note_span(*span));
            }
        }
        Flow { policies, edges }
    }

    /// What passes in one address family.
    fn permits_in(
        &self,
        v6: bool,
        direction: Direction,
        own: &Point<'_>,
        peer: &Point<'_>,
        packet: Packet,
    ) -> bool {
        let applied: Vec<&Policy> = self.policies.iter().filter(|policy| policy.secures(own.role)).collect();
        if self.policies.iter().any(|policy| policy.isolates(own.role, peer.role)) {
            return false;
        }
        if applied.is_empty() || v6 && applied.iter().any(|policy| policy.all_ipv6) {
            return true;
        }
        let applied: Vec<&Policy> =
            applied.into_iter().filter(|policy| !v6 || policy.rules_cover_ipv6).collect();
        if applied.iter().any(|policy| policy.intra(own.role, peer.role, true)) {
            return true;
        }
        if applied.iter().any(|policy| policy.intra(own.role, peer.role, false)) {
            return false;
        }
        applied.iter().flat_map(|policy| &policy.rules).any(|rule| {
            rule.direction == direction
                && wears(own.role, &rule.secured)
                && rule.services.iter().any(|service| service.holds(packet.protocol, packet.number))
                && rule.peer.holds(own, peer)
        })
    }

    /// The states of the policies that secure a role.
    pub(crate) fn states(&self, role: &Role) -> BTreeSet<String> {
        self.policies
            .iter()
            .filter(|policy| policy.secures(role))
            .map(|policy| policy.state.clone())
            .collect()
    }
}

impl Rules for Flow {
    fn edges(&self) -> &Edges {
        &self.edges
    }

    /// Parties without known addresses may talk in either family.
    fn permits(&self, direction: Direction, own: &Point<'_>, peer: &Point<'_>, packet: Packet) -> bool {
        let has = |family| [own, peer].iter().any(|end| end.address.is_some_and(|a| a.family == family));
        let v4 = has(Family::V4) || packet.protocol == Protocol::Icmp;
        let v6 = has(Family::V6) || packet.protocol == Protocol::Icmp6;
        !v6 && self.permits_in(false, direction, own, peer, packet)
            || !v4 && self.permits_in(true, direction, own, peer, packet)
    }
}

impl Reader for Flow {
    fn knows(&self, role: &Role) -> bool {
        !role.categories.is_empty()
    }
}
