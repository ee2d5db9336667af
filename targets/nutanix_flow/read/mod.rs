//! Flow policies read from files, as Flow reads them.
//!
//! In: bytes of a document of v4 or v3 bodies, or of a Terraform document. Out: [`Observed`] policies; and the points behind their names.
//!
//! A secured group is denied whatever no rule allows, so no closing rule is needed. Denying traffic within a group beats
//! the rules between its members, so it comes first.
//! Source: the vendor's guides BP-2125 and BP-2204 and the v4 client 4.3.2 (`NetworkSecurityPolicy`,
//! `IntraEntityGroupRuleSpec`), read 2026-11-22.
//!
//! Invariant: nothing is shared with planning and writing but the names of sets that somebody keeps.

pub(super) mod terraform;
pub(super) mod v3;
pub(super) mod v4;

use super::plan::{Plan, kept_name};
use crate::policy::address::AddressSet;
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};
use crate::policy::{EnforcementState, KnownBy, Policy};
use crate::target::evaluate::Bindings;
use crate::target::half::Direction;
use crate::target::observed::{Action, Author, PeerName, Peers, Rule, Unreadable};
use ipnet::IpNet;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A category of the prism API; both spellings list them for the one who applies the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Category {
    #[serde(rename = "key")]
    _key: IgnoredAny,
    #[serde(rename = "value")]
    _value: IgnoredAny,
}

/// Consecutive ports, both ends included.
struct Ports {
    start: u16,
    end: u16,
}

/// The points behind categories, by `Key:Value` and by id, and behind sets that somebody keeps.
pub(super) fn bindings(plan: &Plan, policy: &Policy) -> Bindings {
    let universe = policy.universe();
    let mut bindings = Bindings::default();
    for (role, worn) in &plan.worn {
        for category in worn.iter() {
            let points = || universe.of_role(*role).iter().copied();
            let (name, id) = (category.to_string(), plan.ids.id(category));
            if !id.starts_with("{{") {
                bindings.label(id, points());
            }
            bindings.label(name, points());
        }
    }
    for (role, party) in policy.parties().filter(|(role, _)| plan.worn.contains_key(role)) {
        // Without a rollout a policy is monitored.
        let state = party.state.unwrap_or(EnforcementState::Monitor);
        bindings.state(universe.of_role(role).iter().copied(), state);
    }
    for (role, party) in policy.parties().filter(|(_, party)| party.addresses.is_empty()) {
        for known in party.known_by.iter().filter(|known| !matches!(known, KnownBy::Names(_))) {
            let name = PeerName::AddressSet(kept_name(known));
            bindings.bind(name, universe.of_role(role).iter().copied());
        }
    }
    bindings
}

/// The name that a symbol stands for; an id stands for itself.
fn symbol<'a>(kind: &str, id: &'a str) -> &'a str {
    let inside = id.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inside.and_then(|inside| inside.strip_prefix(kind)?.strip_prefix(':')).unwrap_or(id)
}

/// Machines that wear all of some categories. None at all would be every machine, which no field says.
fn wearers(pointer: &str, ids: impl IntoIterator<Item = String>) -> Result<Peers, Unreadable> {
    let labels: std::collections::BTreeSet<String> = ids.into_iter().collect();
    if labels.is_empty() || labels.contains("") {
        return Err(Unreadable::new(pointer, "a group of machines has no category, or an empty one"));
    }
    Ok(Peers::named(PeerName::Labels(labels)))
}

/// A range without bits behind its prefix.
pub(super) fn range(
    pointer: &str,
    address: &str,
    length: Option<u8>,
    is_v6: bool,
) -> Result<IpNet, Unreadable> {
    let wrong = |why: String| Unreadable::new(pointer, why);
    let address: IpAddr = address.parse().map_err(|_| wrong(format!("`{address}` is no address")))?;
    if address.is_ipv6() != is_v6 {
        return Err(wrong(format!("`{address}` is of the other address family")));
    }
    let length = length.unwrap_or(if is_v6 { 128 } else { 32 });
    let net = IpNet::new(address, length).map_err(|_| wrong(format!("no prefix is {length} long")))?;
    if net.network() != address {
        return Err(wrong(format!("`{net}` has bits behind its prefix")));
    }
    Ok(net)
}

/// An address group of the document is its ranges; any other one is kept by somebody.
fn address_group(groups: &BTreeMap<String, AddressSet>, id: &str) -> Peers {
    let name = symbol("address-group", id);
    match groups.get(name) {
        Some(addresses) => Peers::at(addresses.clone()),
        None => Peers::named(PeerName::AddressSet(name.to_owned())),
    }
}

fn port_set(pointer: &str, protocol: Protocol, all: &[Ports]) -> Result<ServiceSet, Unreadable> {
    if let Some(wrong) = all.iter().find(|ports| ports.start > ports.end) {
        let why = format!("the ports {} to {} run backwards", wrong.start, wrong.end);
        return Err(Unreadable::new(pointer, why));
    }
    let range = |ports: &Ports| ServiceRange { protocol, low: ports.start, high: ports.end };
    Ok(ServiceSet::from_ranges(all.iter().map(range)))
}

/// One rule in both directions about what passes within a group.
fn within(pointer: &str, action: Action) -> [Rule; 2] {
    [Direction::Ingress, Direction::Egress].map(|direction| Rule {
        pointer: pointer.to_owned(),
        author: Author::File,
        direction,
        action,
        from: Peers::guarded(),
        to: Peers::guarded(),
        services: ServiceSet::any(),
    })
}
