//! Nutanix v3 documents: every `spec.resources.app_rule` in the file in, `flow::Policy` out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::flow::{Categories, Flow, Intra, Peer, Policy, Rule};
use super::flow_v4::{address_groups, group_peer, icmp, network, symbol};
use crate::support::address::Span;
use crate::support::json;
use crate::support::judge::Direction;
use crate::support::service::{EVERY_SERVICE, Protocol, Service};

/// Whether an object is a v3 application policy.
pub(crate) fn is_policy(value: &Value) -> bool {
    value.get("spec").and_then(|spec| spec.get("resources")?.get("app_rule")).is_some()
}

/// Reads documents; what can't be read is a fault.
pub(crate) fn read(documents: &[&Value], faults: &mut Vec<String>) -> Flow {
    let groups = address_groups(documents);
    let found = documents.iter().flat_map(|document| json::objects(document, &is_policy));
    let policies = found.filter_map(|policy| {
        let read = read_policy(policy, &groups);
        if read.is_none() {
            faults.push(format!("policy {} can't be read", policy["spec"]["name"]));
        }
        read
    });
    let policies = policies.collect();
    Flow::new(policies)
}

fn read_policy(policy: &Value, groups: &BTreeMap<String, Vec<Span>>) -> Option<Policy> {
    let resources = policy.get("spec")?.get("resources")?;
    let app = resources.get("app_rule")?;
    let state = match json::text(app, "action") {
        "APPLY" => "ENFORCE",
        "MONITOR" => "MONITOR",
        _ => return None,
    };
    let target = app.get("target_group")?;
    let secured = filter(target)?;
    let all_ipv6 = resources.get("allow_ipv6_traffic").and_then(Value::as_bool).unwrap_or(false);
    let mut read = Policy { state: state.to_owned(), all_ipv6, ..Policy::default() };
    match json::text(target, "default_internal_policy") {
        "DENY_ALL" => read.intra.push(Intra { secured: secured.clone(), allow: false }),
        "ALLOW_ALL" => read.intra.push(Intra { secured: secured.clone(), allow: true }),
        "" => {}
        _ => return None,
    }
    for (key, direction) in
        [("inbound_allow_list", Direction::Ingress), ("outbound_allow_list", Direction::Egress)]
    {
        for entry in app.get(key)?.as_array()? {
            let (peer, services) = (read_peer(entry, groups)?, read_services(entry)?);
            read.rules.push(Rule { secured: secured.clone(), direction, peer, services });
        }
    }
    // a group without any rule is secured all the same
    read.rules.push(Rule { secured, direction: Direction::Ingress, peer: Peer::None, services: Vec::new() });
    Some(read)
}

/// The categories of a filter: all keys, one of each key's values.
fn filter(holder: &Value) -> Option<Categories> {
    let filter = holder.get("filter")?;
    if json::text(filter, "type") != "CATEGORIES_MATCH_ALL" {
        return None;
    }
    let pairs = json::entries(filter, "params").into_iter();
    let own = |values: &Value| json::strings(values).into_iter().map(str::to_owned).collect();
    Some(pairs.map(|(key, values)| (key.to_owned(), own(values))).collect::<Categories>())
        .filter(|c| !c.is_empty())
}

fn read_peer(entry: &Value, groups: &BTreeMap<String, Vec<Span>>) -> Option<Peer> {
    match json::text(entry, "peer_specification_type") {
        "ALL" => Some(Peer::All),
        "FILTER" => filter(entry).map(Peer::Categories),
        "IP_SUBNET" => match entry.get("ip_subnet") {
            Some(subnet) => network(subnet, "ip", "prefix_length").map(|span| Peer::Spans(vec![span])),
            None => {
                let listed = json::list(entry, "address_group_inclusion_list").iter();
                let names: Option<Vec<&str>> =
                    listed.map(|one| symbol(json::text(one, "uuid"), "address-group")).collect();
                group_peer(&names?, groups)
            }
        },
        _ => None,
    }
}

fn read_services(entry: &Value) -> Option<Vec<Service>> {
    let ports = |key: &str, protocol| -> Option<Vec<Service>> {
        let ranges = json::list(entry, key).iter().map(|range| {
            let number = |key: &str| range.get(key)?.as_u64()?.try_into().ok();
            Some(Service::ports(protocol, number("start_port")?, number("end_port")?))
        });
        ranges.collect::<Option<Vec<_>>>().filter(|list| !list.is_empty())
    };
    match json::text(entry, "protocol") {
        "TCP" => ports("tcp_port_range_list", Protocol::Tcp),
        "UDP" => ports("udp_port_range_list", Protocol::Udp),
        "ICMP" => {
            let listed = json::list(entry, "icmp_type_code_list");
            let found =
                listed.iter().map(|one| icmp(one, Protocol::Icmp, false)).collect::<Option<Vec<_>>>()?;
            Some(if found.is_empty() { vec![Service::every(Protocol::Icmp)] } else { found })
        }
        "" if entry.get("service_group_list").is_none() => Some(vec![EVERY_SERVICE]),
        _ => None,
    }
}
