//! What Flow lets through with a plan's policies: the read-back.
//!
//! In: a plan's policies, read the way Flow applies them. Out: the packet classes that pass each end.
//!
//! A machine is in a secured group or is a rule's peer when it wears all of the categories named there. A secured group
//! is denied whatever no rule allows, in both directions. Denying traffic within a group beats the rules between its
//! members. Without IPv6 in a policy's scope its group has no IPv6 at all.
//! Source: the vendor's guides BP-2125 and BP-2204 and the v4 client 4.3.2 (`NetworkSecurityPolicy`,
//! `IntraEntityGroupRuleSpec`), read 2026-11-22.
//!
//! Invariant: shares no code with the planner and reads nothing of the policy but its points and the names of roles
//! without addresses. Policies are read as if
//! enforced: a monitored one blocks nothing yet, but it is the rules that are proved.

use super::categories::Category;
use super::plan::{Intra, Plan, RulePeer, TierPolicy};
use super::services::{Message, Services};
use crate::policy::address::{AddressSet, Family};
use crate::policy::flow_set::FlowSet;
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};
use crate::policy::universe::{Atom, AtomId, NotAligned, Universe};
use crate::policy::{Policy, RoleId};
use crate::target::Permits;
use crate::target::half::Direction;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Reads the rules of a plan back.
///
/// # Errors
/// [`NotAligned`] when a rule's addresses cut through a party.
pub(crate) fn permits(plan: &Plan, policy: &Policy) -> Result<Permits, NotAligned> {
    let universe = policy.universe();
    let mut permits = Permits::default();
    let wardrobe = Wardrobe::new(plan);
    let mut peers: BTreeMap<&RulePeer, BTreeSet<AtomId>> = BTreeMap::new();
    for tier in &plan.policies {
        let group = wardrobe.wearers(universe, &tier.secured);
        for rule in &tier.rules {
            let services = service_set(&rule.services);
            let peers = match peers.entry(&rule.peer) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(peer_atoms(plan, &wardrobe, policy, &rule.peer)?),
            };
            for peer in peers.iter().copied() {
                if tier.intra == Intra::Deny && group.contains(&peer) {
                    continue;
                }
                for own in &group {
                    let (set, from, to) = match rule.direction {
                        Direction::Ingress => (&mut permits.ingress, peer, *own),
                        Direction::Egress => (&mut permits.egress, *own, peer),
                    };
                    let carried = carried(universe, tier, from, to, &services);
                    set.insert(universe, from, to, &carried);
                }
            }
        }
    }
    Ok(permits)
}

/// Why v3 is wider than a plan with a tier that reaches itself.
const V3_WITHIN: &str = "v3 can't name services within a tier, so one that reaches itself is open to itself";

/// Why v3 is wider than a plan with IPv6.
const V3_IPV6: &str = "v3 can't name IPv6 addresses, so a tier that uses IPv6 has all of it";

/// What the v3 spelling lets through beyond the plan, with the causes. `None` when it is as exact.
pub(crate) fn v3_excess(plan: &Plan, policy: &Policy, exact: &Permits) -> Option<(Permits, String)> {
    let universe = policy.universe();
    let mut wide = Permits::default();
    let mut causes = BTreeSet::new();
    let wardrobe = Wardrobe::new(plan);
    for tier in &plan.policies {
        let group = wardrobe.wearers(universe, &tier.secured);
        if tier.intra == Intra::ByRules {
            open_within(&mut wide, universe, tier, &group);
            causes.insert(V3_WITHIN);
        }
        if tier.ipv6 {
            open_ipv6(&mut wide, universe, &group);
            causes.insert(V3_IPV6);
        }
    }
    let excess = Permits {
        egress: wide.egress.difference(&exact.egress),
        ingress: wide.ingress.difference(&exact.ingress),
        opens_only: false,
    };
    let nothing = excess.egress.is_empty() && excess.ingress.is_empty();
    (!nothing).then(|| (excess, causes.into_iter().collect::<Vec<_>>().join("; ")))
}

fn open_within(wide: &mut Permits, universe: &Universe, tier: &TierPolicy, group: &BTreeSet<AtomId>) {
    for from in group {
        for to in group {
            let carried = carried(universe, tier, *from, *to, &ServiceSet::any());
            insert_both(wide, universe, *from, *to, &carried);
        }
    }
}

fn open_ipv6(wide: &mut Permits, universe: &Universe, group: &BTreeSet<AtomId>) {
    let peers: Vec<AtomId> =
        universe.iter().filter(|(_, atom)| may_have_ipv6(atom)).map(|(id, _)| id).collect();
    // Two parties without known addresses may talk in either family, but never ICMP in IPv6.
    let carried = ServiceSet::any().difference(&ServiceSet::protocol(Protocol::ICMP));
    for own in group.iter().filter(|own| universe.get(**own).is_some_and(may_have_ipv6)) {
        for peer in &peers {
            let egress: &mut FlowSet = &mut wide.egress;
            egress.insert(universe, *own, *peer, &carried);
            wide.ingress.insert(universe, *peer, *own, &carried);
        }
    }
}

fn insert_both(wide: &mut Permits, universe: &Universe, from: AtomId, to: AtomId, services: &ServiceSet) {
    wide.egress.insert(universe, from, to, services);
    wide.ingress.insert(universe, from, to, services);
}

fn may_have_ipv6(atom: &Atom) -> bool {
    atom.family() != Some(Family::V4)
}

fn has_ipv6(universe: &Universe, one: AtomId, other: AtomId) -> bool {
    [one, other].into_iter().any(|id| universe.get(id).and_then(Atom::family) == Some(Family::V6))
}

/// The part of some services that a policy looks at between two points, given the families in its scope.
fn carried(
    universe: &Universe,
    tier: &TierPolicy,
    from: AtomId,
    to: AtomId,
    services: &ServiceSet,
) -> ServiceSet {
    match (tier.ipv6, has_ipv6(universe, from, to)) {
        (true, _) => services.clone(),
        (false, true) => ServiceSet::empty(),
        (false, false) => services.difference(&ServiceSet::protocol(Protocol::ICMPV6)),
    }
}

/// Who wears what.
struct Wardrobe<'a> {
    by_category: BTreeMap<&'a Category, BTreeSet<RoleId>>,
}

impl<'a> Wardrobe<'a> {
    fn new(plan: &'a Plan) -> Self {
        let mut by_category: BTreeMap<&Category, BTreeSet<RoleId>> = BTreeMap::new();
        for (role, worn) in &plan.worn {
            for category in worn.iter() {
                by_category.entry(category).or_default().insert(*role);
            }
        }
        Self { by_category }
    }

    /// The points of all machines that wear all of some categories.
    fn wearers(&self, universe: &Universe, categories: &[Category]) -> BTreeSet<AtomId> {
        let mut sets: Vec<Option<&BTreeSet<RoleId>>> =
            categories.iter().map(|category| self.by_category.get(category)).collect();
        sets.sort_by_key(|set| set.map_or(0, BTreeSet::len));
        let Some(Some(rarest)) = sets.first() else { return BTreeSet::new() };
        let wear_all = rarest.iter().filter(|role| sets.iter().flatten().all(|set| set.contains(role)));
        wear_all.flat_map(|role| universe.of_role(*role)).copied().collect()
    }
}

fn peer_atoms(
    plan: &Plan,
    wardrobe: &Wardrobe<'_>,
    policy: &Policy,
    peer: &RulePeer,
) -> Result<BTreeSet<AtomId>, NotAligned> {
    let universe = policy.universe();
    let within = |addresses: &AddressSet| Ok(universe.within(addresses)?.into_iter().collect());
    match peer {
        RulePeer::Categories(categories) => Ok(wardrobe.wearers(universe, categories)),
        RulePeer::Subnet(range) => within(&AddressSet::from_ranges([range])),
        RulePeer::AddressGroup(name) => plan
            .address_groups
            .get(name)
            .map_or_else(|| Ok(BTreeSet::new()), |group| within(&group.addresses)),
        RulePeer::Kept(set) => {
            let named = policy
                .parties()
                .filter(|(_, party)| party.addresses.is_empty() && party.known_by.contains(set));
            Ok(named.flat_map(|(role, _)| universe.of_role(role)).copied().collect())
        }
    }
}

fn service_set(services: &Services) -> ServiceSet {
    match services {
        Services::Tcp(all) | Services::Udp(all) => {
            let protocol = if matches!(services, Services::Tcp(_)) { Protocol::TCP } else { Protocol::UDP };
            let range =
                |ports: &super::services::Ports| ServiceRange { protocol, low: ports.start, high: ports.end };
            ServiceSet::from_ranges(all.iter().map(range))
        }
        Services::Icmp(all) => message_set(Protocol::ICMP, all),
        Services::IcmpV6(all) => message_set(Protocol::ICMPV6, all),
    }
}

fn message_set(protocol: Protocol, messages: &[Message]) -> ServiceSet {
    messages.iter().fold(ServiceSet::empty(), |sum, message| {
        sum.union(&match *message {
            Message::All => ServiceSet::icmp(protocol, None, None),
            Message::Type(kind) => ServiceSet::icmp(protocol, Some(kind), None),
            Message::Code(kind, code) => ServiceSet::icmp(protocol, Some(kind), Some(code)),
        })
    })
}
