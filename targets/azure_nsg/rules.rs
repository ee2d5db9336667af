//! From the halves of flows to the rules that say them: who, to whom, on what; no names and numbers yet.
//!
//! In: a policy, one platform, and how its roles are named. Out: drafts by network security group, and a report for
//! each flow that Azure can't say exactly.
//!
//! Invariant: a draft permits what its rows ask for, or there is none and a report says why; IPv4 and IPv6 never meet
//! in one draft.

use super::membership::{Binding, Guards, Membership};
use super::plan::{Ports, Side, Transport};
use super::tags;
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::address::{AddressSet, Family};
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{Flow, KnownBy, Party, PlatformId, Policy, RoleId};
use crate::target::half::{Direction, Half, Peer, halves, peer, unnameable};
use std::collections::BTreeMap;

/// What the author can type where Azure has no name for a peer.
const WAYS: &[&str] = &[
    "name a proxy that stands between: `intent ... via PROXY`",
    "or give the role a service tag that Azure keeps: `tag = AzureResourceManager`",
    "or give the role the addresses of an endpoint or a firewall: `cidr = ...`",
];

/// A rule without name and number.
#[derive(Debug, Clone)]
pub(super) struct Draft<'a> {
    /// As seen from the guarded role.
    pub(super) direction: Direction,
    /// Who starts, as identities know it.
    pub(super) from: String,
    /// Who answers, as identities know it.
    pub(super) to: String,
    /// Source side.
    pub(super) source: Side,
    /// Destination side.
    pub(super) destination: Side,
    /// What tells the rule from others of the same flow: an address family or a tag; mostly nothing.
    pub(super) variant: String,
    /// The protocol of all services.
    pub(super) transport: Transport,
    /// The services of all rows.
    pub(super) services: ServiceSet,
    /// The rows that it is there for, at least one, in canonical order.
    pub(super) rows: Vec<&'a Flow>,
}

/// Drafts of each network security group by direction and identity.
pub(super) type Drafts<'a> = BTreeMap<Binding, BTreeMap<(Direction, String), Draft<'a>>>;

/// Drafts the rules of a platform. `asgs` are the names of application security groups by the role whose group it is;
/// `has_number` tells whether an identity was given a priority before.
pub(super) fn draft<'a>(
    policy: &'a Policy,
    platform: PlatformId,
    guards: &Guards,
    asgs: &BTreeMap<RoleId, String>,
    has_number: &dyn Fn(&str) -> bool,
) -> (Drafts<'a>, Vec<Diagnostic>) {
    let scribe = Scribe { policy, platform, guards, asgs };
    let (mut drafts, mut reports) = (Drafts::new(), Vec::new());
    for half in halves(policy, platform) {
        match scribe.rules(&half) {
            Ok(rules) => {
                for (binding, rule) in rules {
                    let identity = identity(&rule, half.flow);
                    let group = drafts.entry(binding).or_default();
                    // Roles that wear one group and are reached for one reason get one rule.
                    group
                        .entry((rule.direction, identity))
                        .and_modify(|known| known.join(half.flow))
                        .or_insert(rule);
                }
            }
            Err(report) => reports.push(report),
        }
    }
    for group in drafts.values_mut() {
        *group = without_twins(std::mem::take(group), has_number);
    }
    (drafts, reports)
}

/// Drafts that say the same, because their roles are seen at one address or are reached for two reasons, become one
/// with the rows of all. It keeps the identity that already has a number, else the first one.
fn without_twins<'a>(
    drafts: BTreeMap<(Direction, String), Draft<'a>>,
    has_number: &dyn Fn(&str) -> bool,
) -> BTreeMap<(Direction, String), Draft<'a>> {
    let mut first_of = BTreeMap::new();
    let mut kept: BTreeMap<(Direction, String), Draft<'a>> = BTreeMap::new();
    let (known, fresh): (Vec<_>, Vec<_>) =
        drafts.into_iter().partition(|((_, identity), _)| has_number(identity));
    for (identity, draft) in known.into_iter().chain(fresh) {
        let content = (
            draft.direction,
            draft.source.clone(),
            draft.destination.clone(),
            draft.transport,
            draft.services.clone(),
        );
        match first_of.get(&content).and_then(|first| kept.get_mut(first)) {
            Some(twin) => twin.rows.extend(draft.rows),
            None => {
                first_of.insert(content, identity.clone());
                kept.insert(identity, draft);
            }
        }
    }
    kept
}

/// What stays the same about a rule when ports, addresses and other rules change.
fn identity(rule: &Draft<'_>, flow: &Flow) -> String {
    let Draft { from, to, variant, .. } = rule;
    let space = if variant.is_empty() { "" } else { " " };
    format!("{from} -> {to} {} {}{space}{variant}", flow.origin, flow.protocol)
}

impl<'a> Draft<'a> {
    fn join(&mut self, flow: &'a Flow) {
        self.services = self.services.union(&flow.services);
        self.rows.push(flow);
    }
}

/// The name that identities use for a role: the earlier one where the role was renamed, so that a rename keeps names
/// and numbers.
pub(super) fn lasting_name(policy: &Policy, role: RoleId) -> &str {
    policy.party(role).map_or("", Party::lasting_name)
}

/// A side of a rule with the address family that it is of, if it is of one.
struct Place {
    side: Side,
    family: Option<Family>,
    /// A service tag that is not the first one of its role.
    further_tag: Option<String>,
}

struct Scribe<'a, 'b> {
    policy: &'a Policy,
    platform: PlatformId,
    guards: &'b Guards,
    asgs: &'b BTreeMap<RoleId, String>,
}

impl<'a> Scribe<'a, '_> {
    fn rules(&self, half: &Half<'a>) -> Result<Vec<(Binding, Draft<'a>)>, Diagnostic> {
        let transport = self.transport(half)?;
        let peers = self.peer_places(half)?;
        let Some(guarded) = self.guards.get(&half.own) else {
            return Ok(Vec::new());
        };
        let mut rules = Vec::new();
        for own in self.guarded_places(half.own) {
            for peer in &peers {
                if let Some(family) = self.common_family(half, &own, peer) {
                    rules.push((guarded.binding, self.rule(half, transport, &own, peer, family)));
                }
            }
        }
        Ok(rules)
    }

    fn rule(
        &self,
        half: &Half<'a>,
        transport: Transport,
        own: &Place,
        peer: &Place,
        family: Option<Family>,
    ) -> Draft<'a> {
        let (from, to) = (self.label(half.flow.from), self.label(half.flow.to));
        let (source, destination) = match half.direction {
            Direction::Ingress => (peer, own),
            Direction::Egress => (own, peer),
        };
        let family = (family == Some(Family::V6)).then(|| "ipv6".to_owned());
        let variant: Vec<String> = family.into_iter().chain(peer.further_tag.clone()).collect();
        Draft {
            direction: half.direction,
            from,
            to,
            source: source.side.clone(),
            destination: destination.side.clone(),
            variant: variant.join(" "),
            transport,
            services: half.flow.services.clone(),
            rows: vec![half.flow],
        }
    }

    /// How identities call a role: roles that are one application security group are one party.
    fn label(&self, role: RoleId) -> String {
        let known = match self.guards.get(&role).map(|guarded| guarded.membership) {
            Some(Membership::Asg(owner)) => owner,
            _ => role,
        };
        lasting_name(self.policy, known).to_owned()
    }

    /// The sides that name a role of this platform.
    fn guarded_places(&self, role: RoleId) -> Vec<Place> {
        match self.guards.get(&role).map(|guarded| guarded.membership) {
            Some(Membership::Asg(owner)) => {
                let name = self.asgs.get(&owner).cloned().unwrap_or_default();
                vec![Place { side: Side::Asgs(vec![name]), family: None, further_tag: None }]
            }
            _ => self.policy.party(role).map_or_else(Vec::new, |party| by_family(&party.addresses)),
        }
    }

    fn peer_places(&self, half: &Half<'_>) -> Result<Vec<Place>, Diagnostic> {
        match peer(self.policy, self.platform, half.peer) {
            Peer::Group(role) => Ok(self.guarded_places(role)),
            Peer::Addresses(addresses) => Ok(by_family(addresses)),
            Peer::Named(names) => {
                let mut tags = Vec::new();
                for name in names {
                    if let KnownBy::Tag(typed) = name {
                        tags.push(tags::documented(typed).ok_or_else(|| self.unknown_tag(half, typed))?);
                    }
                }
                if tags.is_empty() {
                    return Err(unnameable(self.policy, self.platform, half, WAYS));
                }
                let place = |(at, tag): (usize, String)| Place {
                    side: Side::Tag(tag.clone()),
                    family: None,
                    further_tag: (at > 0).then_some(tag),
                };
                Ok(tags.into_iter().enumerate().map(place).collect())
            }
        }
    }

    /// The family in which two sides can talk; `Some(None)` where neither side is of one, `None` where none exists.
    fn common_family(&self, half: &Half<'_>, own: &Place, peer: &Place) -> Option<Option<Family>> {
        let family = match (own.family, peer.family) {
            (Some(one), Some(other)) if one != other => return None,
            (one, other) => one.or(other),
        };
        let is_icmp = half.flow.protocol == Protocol::ICMP;
        match family {
            Some(family) if !self.has(half.own, family) || !self.has(half.peer, family) => None,
            Some(Family::V6) if is_icmp => None,
            family => Some(family),
        }
    }

    /// False where a role has addresses, but none of a family.
    fn has(&self, role: RoleId, family: Family) -> bool {
        let addresses = self.policy.party(role).map(|party| &party.addresses);
        addresses.is_none_or(|set| set.is_empty() || set.families().contains(&family))
    }

    /// Azure's word for the protocol. Refuses what a rule could only say by permitting more.
    fn transport(&self, half: &Half<'_>) -> Result<Transport, Diagnostic> {
        let flow = half.flow;
        let platform = self.policy.platform(self.platform).map_or("", |platform| platform.name.as_str());
        let (message, help) = match transport(flow.protocol) {
            Some(word) if flow.protocol.has_ports() => return Ok(word),
            Some(word) if flow.services == ServiceSet::protocol(flow.protocol) => return Ok(word),
            Some(_) => (
                format!(
                    "`{platform}` can open all of {} or nothing of it, not `{}`",
                    flow.protocol, flow.services
                ),
                format!("write `{}` without a type, if every message may pass", flow.protocol),
            ),
            None => (
                format!("`{platform}` has no rule for `{}`", flow.services),
                "Azure's rules know tcp, udp and icmp; leave the flow out, or carry it over one of them"
                    .to_owned(),
            ),
        };
        let report = Diagnostic::new(codes::NOT_EXPRESSIBLE, message).help(help);
        Err(flow.provenance.iter().fold(report, |report, reason| report.label(reason.span, "asked for here")))
    }

    fn unknown_tag(&self, half: &Half<'_>, typed: &str) -> Diagnostic {
        let message = format!("Azure has no service tag `{typed}`");
        let mut report = Diagnostic::new(codes::NOT_EXPRESSIBLE, message);
        if let Some(party) = self.policy.party(half.peer) {
            report = report.label(party.span, format!("`tag = {typed}`"));
        }
        match tags::meant(typed) {
            Some(near) => report.help(format!("did you mean `tag = {near}`?")),
            None => {
                report.help("write a tag of Azure's service tags overview, or the addresses: `cidr = ...`")
            }
        }
    }
}

/// One side for each address family.
pub(super) fn sides(addresses: &AddressSet) -> Vec<Side> {
    let families = addresses.families().into_iter();
    families.map(|family| Side::Ranges(addresses.of_family(family).ranges())).collect()
}

fn by_family(addresses: &AddressSet) -> Vec<Place> {
    let families = addresses.families().into_iter().map(Some);
    let places = families.zip(sides(addresses));
    places.map(|(family, side)| Place { side, family, further_tag: None }).collect()
}

/// Azure's word for a protocol, if it has one.
///
/// Source: REST API and template reference, Microsoft.Network/networkSecurityGroups 2024-05-01, `protocol`. Whether
/// `Icmp` covers ICMPv6 is documented nowhere, so it isn't used for it.
fn transport(protocol: Protocol) -> Option<Transport> {
    match protocol {
        Protocol::TCP => Some(Transport::Tcp),
        Protocol::UDP => Some(Transport::Udp),
        Protocol::ICMP => Some(Transport::Icmp),
        Protocol(50) => Some(Transport::Esp),
        Protocol(51) => Some(Transport::Ah),
        _ => None,
    }
}

/// The ports of services of one protocol, merged exactly.
pub(super) fn ports(services: &ServiceSet) -> Ports {
    match services.ranges().as_slice() {
        [range] if range.is_whole_protocol() => Ports::All,
        ranges => Ports::Listed(ranges.iter().map(|range| (range.low, range.high)).collect()),
    }
}
