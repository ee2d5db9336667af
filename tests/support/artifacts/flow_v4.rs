//! Nutanix v4 documents: policies and address groups anywhere in the file in, `flow::Policy` out.

use std::collections::BTreeMap;

use serde_json::Value;

use super::flow::{Categories, Flow, Intra, Peer, Policy, Rule};
use crate::support::address::{Address, Span};
use crate::support::json;
use crate::support::judge::Direction;
use crate::support::service::{EVERY_SERVICE, Protocol, Service};

/// Named groups of one document.
struct Groups {
    addresses: BTreeMap<String, Vec<Span>>,
    services: BTreeMap<String, Vec<Service>>,
}

/// Whether an object is a policy: it has a type and rules.
pub(crate) fn is_policy(value: &Value) -> bool {
    value.get("type").is_some_and(Value::is_string) && value.get("rules").is_some_and(Value::is_array)
}

/// Whether an object is an address group.
pub(crate) fn is_address_group(value: &Value) -> bool {
    let listed = ["ipv4Addresses", "ipv6Addresses", "ipRanges", "ip_address_block_list"];
    value.get("name").is_some() && listed.iter().any(|key| value.get(key).is_some())
}

/// Whether an object is a service group.
pub(crate) fn is_service_group(value: &Value) -> bool {
    let listed = ["tcpServices", "udpServices", "icmpServices", "service_list"];
    value.get("name").is_some()
        && value.get("rules").is_none()
        && listed.iter().any(|key| value.get(key).is_some())
}

/// Reads documents; what can't be read is a fault.
pub(crate) fn read(documents: &[&Value], faults: &mut Vec<String>) -> Flow {
    let groups = Groups { addresses: address_groups(documents), services: service_groups(documents) };
    let policies = documents.iter().flat_map(|document| json::objects(document, &is_policy));
    Flow::new(policies.map(|policy| read_policy(policy, &groups, faults)).collect())
}

/// The address groups that documents define, by name.
pub(crate) fn address_groups(documents: &[&Value]) -> BTreeMap<String, Vec<Span>> {
    let found = documents.iter().flat_map(|document| json::objects(document, &is_address_group));
    found.map(|group| (json::text(group, "name").to_owned(), group_spans(group))).collect()
}

fn group_spans(group: &Value) -> Vec<Span> {
    let networks = ["ipv4Addresses", "ipv6Addresses"].iter().flat_map(|key| json::list(group, key));
    let ranges = json::list(group, "ipRanges").iter().filter_map(|range| {
        Span::parse(&format!("{}-{}", json::text(range, "startIp"), json::text(range, "endIp")))
    });
    let blocks = json::list(group, "ip_address_block_list")
        .iter()
        .filter_map(|block| network(block, "ip", "prefix_length"));
    networks.filter_map(|one| network(one, "value", "prefixLength")).chain(ranges).chain(blocks).collect()
}

/// A network that is written as an address and a prefix length under two keys.
pub(crate) fn network(value: &Value, address: &str, prefix: &str) -> Option<Span> {
    let length = value.get(prefix).and_then(Value::as_u64).and_then(|length| u32::try_from(length).ok());
    Span::network(Address::parse(json::text(value, address))?, length)
}

fn service_groups(documents: &[&Value]) -> BTreeMap<String, Vec<Service>> {
    let found = documents.iter().flat_map(|document| json::objects(document, &is_service_group));
    found
        .map(|group| (json::text(group, "name").to_owned(), inline_services(group).unwrap_or_default()))
        .collect()
}

/// What a symbol such as `{{address-group:NAME}}` names.
pub(crate) fn symbol<'a>(text: &'a str, kind: &str) -> Option<&'a str> {
    let inside = text.strip_prefix("{{")?.strip_suffix("}}")?;
    inside.strip_prefix(kind)?.strip_prefix(':')
}

/// The categories behind a list of symbols; none if one of them is something else.
pub(crate) fn categories(references: &[Value]) -> Option<Categories> {
    let mut found = Categories::new();
    for reference in references {
        let (key, value) = symbol(reference.as_str()?, "category")?.split_once(':')?;
        found.entry(key.to_owned()).or_default().insert(value.to_owned());
    }
    Some(found)
}

fn read_policy(policy: &Value, groups: &Groups, faults: &mut Vec<String>) -> Policy {
    let state = policy.get("state").and_then(Value::as_str).unwrap_or("SAVE").to_owned();
    let all_ipv6 = policy.get("isIpv6TrafficAllowed").and_then(Value::as_bool).unwrap_or(false);
    let rules_cover_ipv6 = policy.get("isIpv6AddressScope").and_then(Value::as_bool).unwrap_or(false);
    let mut read = Policy { state, all_ipv6, rules_cover_ipv6, ..Policy::default() };
    for (at, rule) in json::list(policy, "rules").iter().enumerate() {
        if read_rule(&mut read, rule, groups).is_none() {
            faults.push(format!("rule {at} of policy `{}` can't be read", json::text(policy, "name")));
        }
    }
    read
}

fn read_rule(policy: &mut Policy, rule: &Value, groups: &Groups) -> Option<()> {
    let spec = rule.get("spec")?;
    match json::text(rule, "type") {
        "INTRA_GROUP" => {
            let allow = match json::text(spec, "securedGroupAction") {
                "ALLOW" => true,
                "DENY" => false,
                _ => return None,
            };
            policy.intra.push(Intra { secured: secured(spec)?, allow });
        }
        "APPLICATION" => policy.rules.push(read_application_rule(spec, groups)?),
        "TWO_ENV_ISOLATION" => {
            let pair = [json::list(spec, "firstIsolationGroup"), json::list(spec, "secondIsolationGroup")];
            policy.isolated.push(pair.iter().map(|group| categories(group)).collect::<Option<Vec<_>>>()?);
        }
        "MULTI_ENV_ISOLATION" => {
            let listed = json::list(spec.get("spec")?, "isolationGroups").iter();
            let groups = listed.map(|group| categories(json::list(group, "groupCategoryReferences")));
            policy.isolated.push(groups.collect::<Option<Vec<_>>>()?);
        }
        _ => return None,
    }
    Some(())
}

fn secured(spec: &Value) -> Option<Categories> {
    categories(json::list(spec, "securedGroupCategoryReferences")).filter(|found| !found.is_empty())
}

fn read_application_rule(spec: &Value, groups: &Groups) -> Option<Rule> {
    let (direction, peer) = match (read_peer(spec, "src", groups), read_peer(spec, "dest", groups)) {
        (Some(peer), None) => (Direction::Ingress, peer),
        (None, Some(peer)) => (Direction::Egress, peer),
        _ => return None,
    };
    Some(Rule { secured: secured(spec)?, direction, peer, services: read_services(spec, groups)? })
}

fn read_peer(spec: &Value, side: &str, groups: &Groups) -> Option<Peer> {
    let field = |name: &str| spec.get(format!("{side}{name}"));
    match field("AllowSpec").and_then(Value::as_str) {
        Some("ALL") => return Some(Peer::All),
        Some("NONE") => return Some(Peer::None),
        _ => {}
    }
    if let Some(references) = field("CategoryReferences").and_then(Value::as_array) {
        return categories(references).map(Peer::Categories);
    }
    if let Some(subnet) = field("Subnet").or_else(|| field("Ipv6Subnet")) {
        return network(subnet, "value", "prefixLength").map(|span| Peer::Spans(vec![span]));
    }
    let references = field("AddressGroupReferences")?.as_array()?;
    let names: Option<Vec<&str>> =
        references.iter().map(|one| symbol(one.as_str()?, "address-group")).collect();
    group_peer(&names?, &groups.addresses)
}

/// One defined or foreign address group, or the sum of several defined ones.
pub(crate) fn group_peer(names: &[&str], defined: &BTreeMap<String, Vec<Span>>) -> Option<Peer> {
    if let [name] = names
        && !defined.contains_key(*name)
    {
        return Some(Peer::ForeignGroup((*name).to_owned()));
    }
    let spans: Option<Vec<Vec<Span>>> = names.iter().map(|name| defined.get(*name).cloned()).collect();
    spans.map(|spans| Peer::Spans(spans.concat()))
}

fn read_services(spec: &Value, groups: &Groups) -> Option<Vec<Service>> {
    if spec.get("isAllProtocolAllowed").and_then(Value::as_bool) == Some(true) {
        return Some(vec![EVERY_SERVICE]);
    }
    let mut found = inline_services(spec)?;
    for reference in json::list(spec, "serviceGroupReferences") {
        found.extend(groups.services.get(symbol(reference.as_str()?, "service-group")?)?);
    }
    (!found.is_empty()).then_some(found)
}

fn inline_services(spec: &Value) -> Option<Vec<Service>> {
    let mut found = Vec::new();
    for (key, protocol) in [("tcpServices", Protocol::Tcp), ("udpServices", Protocol::Udp)] {
        for ports in json::list(spec, key) {
            let number = |key: &str| ports.get(key)?.as_u64()?.try_into().ok();
            found.push(Service::ports(protocol, number("startPort")?, number("endPort")?));
        }
    }
    for (key, protocol) in [("icmpServices", Protocol::Icmp), ("icmpV6Services", Protocol::Icmp6)] {
        for entry in json::list(spec, key) {
            found.push(icmp(
                entry,
                protocol,
                entry.get("isAllAllowed").and_then(Value::as_bool) == Some(true),
            )?);
        }
    }
    Some(found)
}

/// An ICMP entry with `type` and perhaps `code`.
pub(crate) fn icmp(entry: &Value, protocol: Protocol, all: bool) -> Option<Service> {
    let number =
        |key: &str| entry.get(key).and_then(Value::as_u64).and_then(|number| u8::try_from(number).ok());
    if all {
        Some(Service::every(protocol))
    } else {
        Some(Service::icmp(protocol, number("type")?, number("code")))
    }
}
