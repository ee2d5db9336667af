//! Virtual networks as Azure describes them: at which addresses the machines behind a group are.
//!
//! In: the output of `az network vnet list`, `az network vnet subnet list`, the answers of the REST API, or the resources of
//! an exported template. Out: for each group the ranges of the subnets before which it stands.
//! Source: Azure REST reference, Virtual Network, `Virtual Networks - List` and `Subnets - List`, API version 2024-05-01,
//! read 2026-11.
//!
//! Invariant: a group that stands before something else too, or before a subnet that no file describes, has no addresses.

use super::super::read::{lower, range};
use super::{is_of, text};
use crate::policy::address::AddressSet;
use crate::target::export::Deployed;
use ipnet::IpNet;
use serde_json::Value;
use std::collections::BTreeMap;

const NETWORKS: &str = "/virtualnetworks";
const SUBNETS: &str = "/subnets";

/// The subnets that files describe.
#[derive(Default)]
pub(super) struct Networks {
    /// By path: the group before it, and its ranges.
    subnets: BTreeMap<String, (String, Option<AddressSet>)>,
}

/// True for a network or a subnet.
pub(super) fn is_network(item: &Value) -> bool {
    is_of(item, NETWORKS) || is_subnet(item)
}

fn is_subnet(item: &Value) -> bool {
    is_of(item, SUBNETS)
        && ["id", "type"].iter().any(|key| text(item, key).is_some_and(|text| lower(text).contains(NETWORKS)))
}

/// What says something about a thing: under `properties`, or beside its header.
pub(super) fn inner(item: &Value) -> &Value {
    item.get("properties").unwrap_or(item)
}

fn list<'v>(item: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    inner(item).get(key).and_then(Value::as_array).into_iter().flatten()
}

impl Networks {
    /// Takes a network with its subnets, or a subnet.
    pub(super) fn add(&mut self, item: &Value) {
        if is_subnet(item) {
            self.add_subnet(item);
        } else {
            list(item, "subnets").for_each(|subnet| self.add_subnet(subnet));
        }
    }

    fn add_subnet(&mut self, item: &Value) {
        let group = inner(item).pointer("/networkSecurityGroup/id").and_then(Value::as_str);
        let (Some(path), Some(group)) = (text(item, "id"), group) else { return };
        let one = inner(item).get("addressPrefix").and_then(Value::as_str);
        let ranges = one.into_iter().chain(list(item, "addressPrefixes").filter_map(Value::as_str));
        let nets: Option<Vec<IpNet>> = ranges.map(|text| range(text)?.ok()).collect();
        let addresses = nets.filter(|nets| !nets.is_empty()).map(|nets| AddressSet::from_ranges(&nets));
        self.subnets.insert(lower(path), (lower(group), addresses));
    }

    /// The subnets that name a group, with their addresses.
    fn of(&self, deployed: &Deployed) -> impl Iterator<Item = (&String, &Option<AddressSet>)> {
        let path = deployed.path.as_deref().map(lower);
        // Within a template a group has no path, and is named by the end of one.
        let name = format!("/providers/microsoft.network/networksecuritygroups/{}", lower(&deployed.title));
        let is_its = move |group: &String| path.as_ref().map_or(*group == name, |path| group == path);
        let its = self.subnets.iter().filter(move |(_, (group, _))| is_its(group));
        its.map(|(subnet, (_, addresses))| (subnet, addresses))
    }

    /// True for a group that a subnet names.
    pub(super) fn is_before_a_subnet(&self, deployed: &Deployed) -> bool {
        self.of(deployed).next().is_some()
    }

    /// The addresses before which a group stands, where all are known.
    pub(super) fn addresses(&self, deployed: &Deployed, item: &Value) -> Option<AddressSet> {
        if list(item, "networkInterfaces").next().is_some() {
            return None;
        }
        let found: BTreeMap<&String, &Option<AddressSet>> = self.of(deployed).collect();
        let stated = list(item, "subnets").map(|subnet| text(subnet, "id").map(lower));
        let are_found =
            stated.into_iter().all(|subnet| subnet.is_some_and(|subnet| found.contains_key(&subnet)));
        if found.is_empty() || !are_found {
            return None;
        }
        let all: Option<Vec<&AddressSet>> = found.into_values().map(Option::as_ref).collect();
        all.map(AddressSet::union_of)
    }
}
