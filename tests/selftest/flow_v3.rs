//! Nutanix v3: meaning and form.

use serde_json::{Value, json};

use super::flow_v4::roles;
use super::{damage, expect, output, problems, set};
use crate::support::artifacts::{Output, Spelling};
use crate::support::judge::Verdict::{Allow, Deny, Partial};

fn filter(tier: &str) -> Value {
    json!({"type": "CATEGORIES_MATCH_ALL", "kind_list": ["vm"], "params": {"AppType": ["Citrix"], "AppTier": [tier]}})
}

fn entry(kind: &str, key: &str, peer: Value, port: u16) -> Value {
    json!({"description": "R-1", "peer_specification_type": kind, key: peer, "protocol": "TCP",
        "tcp_port_range_list": [{"start_port": port, "end_port": port}]})
}

fn policy(tier: &str, inbound: Vec<Value>, outbound: Vec<Value>) -> Value {
    json!({"api_version": "3.1.0", "metadata": {"kind": "network_security_rule"}, "spec": {"name": "citrix",
        "description": "Citrix, all tiers", "resources": {"is_policy_hitlog_enabled": true, "allow_ipv6_traffic": false,
        "app_rule": {"action": "APPLY", "target_group": {"peer_specification_type": "FILTER",
            "default_internal_policy": "DENY_ALL", "filter": filter(tier)},
            "inbound_allow_list": inbound, "outbound_allow_list": outbound}}}})
}

fn document() -> Value {
    let users = entry("IP_SUBNET", "ip_subnet", json!({"ip": "10.30.0.0", "prefix_length": 16}), 443);
    let group = json!([{"kind": "address_group", "uuid": "{{address-group:dc}}"}]);
    json!({
        "address_groups": [{"name": "dc", "description": "", "ip_address_block_list":
            [{"ip": "10.1.2.10", "prefix_length": 31}]}],
        "policies": [
            policy("StoreFront", vec![users], vec![
                entry("FILTER", "filter", filter("Controller"), 80),
                entry("IP_SUBNET", "address_group_inclusion_list", group, 389)]),
            policy("Controller", vec![entry("FILTER", "filter", filter("StoreFront"), 80)], vec![]),
        ]
    })
}

const APP: &str = "/policies/0/spec/resources/app_rule";

fn read(document: &Value) -> Output {
    output("nutanix-flow", "p/flow-policies.v3.json", &roles(), document)
}

#[test]
fn lists_are_read_at_both_ends() {
    let rows = [
        ("users -> sf : tcp/443", Allow),
        ("sf -> ddc : tcp/80", Allow),
        ("ddc -> sf : tcp/80", Deny),
        ("sf -> dc : tcp/389", Allow),
        ("sf -> sf : tcp/443", Deny),
        ("users -> loose : tcp/1", Allow),
    ];
    expect(&read(&document()), &rows);
}

#[test]
fn the_internal_policy_is_stronger_than_the_lists() {
    let mut own = document();
    let peer = entry("FILTER", "filter", filter("StoreFront"), 49300);
    set(&mut own, &format!("{APP}/inbound_allow_list/-"), peer.clone());
    set(&mut own, &format!("{APP}/outbound_allow_list/-"), peer);
    expect(&read(&own), &[("sf -> sf : tcp/49300", Deny)]);
    set(&mut own, &format!("{APP}/target_group/default_internal_policy"), Value::Null);
    // Between IPv6 addresses all is dropped.
    expect(&read(&own), &[("sf -> sf : tcp/49300", Partial), ("sf -> sf : tcp/1", Deny)]);
    assert_eq!(problems(&read(&own)), "");
    set(&mut own, &format!("{APP}/target_group/default_internal_policy"), json!("ALLOW_ALL"));
    expect(&read(&own), &[("sf -> sf : tcp/1", Partial)]);
    set(&mut own, "/policies/0/spec/resources/allow_ipv6_traffic", json!(true));
    expect(&read(&own), &[("sf -> sf : tcp/1", Allow)]);
}

#[test]
fn entries_without_protocol_or_with_all_peers_are_wide() {
    let mut wide = document();
    set(
        &mut wide,
        &format!("{APP}/inbound_allow_list"),
        json!([{"description": "x", "peer_specification_type": "ALL"}]),
    );
    expect(&read(&wide), &[("six -> sf : udp/1", Deny), ("users -> sf : icmp", Allow)]);
    set(
        &mut wide,
        &format!("{APP}/inbound_allow_list"),
        json!([{"description": "x", "peer_specification_type": "ALL",
        "protocol": "ICMP", "icmp_type_code_list": [{"type": 8, "code": 0}]}]),
    );
    expect(&read(&wide), &[("users -> sf : icmp/8/0", Allow), ("users -> sf : icmp", Partial)]);
}

#[test]
fn an_empty_policy_secures_all_the_same() {
    let mut shut = document();
    set(&mut shut, "/policies/-", policy("VDA", vec![], vec![]));
    expect(&read(&shut), &[("users -> loose : tcp/1", Deny), ("loose -> users : tcp/1", Deny)]);
}

#[test]
fn actions_are_states() {
    let mut watched = document();
    set(&mut watched, &format!("{APP}/action"), json!("MONITOR"));
    assert_eq!(read(&watched).flow_states("sf"), [(Spelling::FlowV3, "MONITOR".to_owned())]);
    assert_eq!(read(&watched).flow_states("ddc"), [(Spelling::FlowV3, "ENFORCE".to_owned())]);
}

#[test]
fn damage_is_found() {
    let find = |document: &Value| problems(&read(document));
    let first = format!("{APP}/inbound_allow_list/0");
    let at = |key: &str| format!("{first}/{key}");
    let target = |key: &str| format!("{APP}/target_group/{key}");
    let pointers: Vec<(String, Value, &str)> = vec![
        ("/policies".into(), json!([]), "no policy"),
        ("/policies/0/spec/name".into(), json!("x".repeat(65)), "name has 65"),
        ("/policies/0/spec/description".into(), json!("x".repeat(1001)), "description has 1001"),
        ("/policies/0/metadata/kind".into(), json!("policy"), "another kind"),
        ("/policies/0/api_version".into(), Value::Null, "no api_version"),
        ("/policies/0/spec/resources/isolation_rule".into(), json!({}), "several rules"),
        (format!("{APP}/action"), json!("ENFORCE"), "no such action"),
        (target("default_internal_policy"), Value::Null, "no default_internal_policy"),
        (target("filter/type"), Value::Null, "does not match all"),
        (target("filter/kind_list"), json!([]), "something else than machines"),
        (target("filter/params/AppType"), Value::Null, "no AppType"),
        (target("filter/params/AppTier/-"), json!("Other"), "2 values of one category key"),
        (target("filter/params/AppTier/0"), json!("a*b"), "'*'"),
        (format!("{APP}/outbound_allow_list"), Value::Null, "no outbound_allow_list"),
        (format!("{APP}/inbound_allow_list/-"), document().pointer(&first).unwrap().clone(), "given twice"),
        (at("description"), Value::Null, "rule description has 0"),
        (at("rule_id"), json!(1), "unknown key"),
        (at("peer_specification_type"), json!("FILTER"), "the peer is not the one"),
        (at("ip_subnet/ip"), json!("10.30.0.9"), "no canonical network"),
        (at("protocol"), json!("UDP"), "not those of the protocol"),
        (at("protocol"), Value::Null, "not those of the protocol"),
        (at("tcp_port_range_list"), json!([]), "tcp_port_range_list is empty"),
        (at("tcp_port_range_list/0/end_port"), json!(442), "no port range"),
        (at("tcp_port_range_list/-"), json!({"start_port": 1, "end_port": 500}), "port ranges overlap"),
    ];
    let rows: Vec<(&str, Value, &str)> =
        pointers.iter().map(|(p, v, w)| (p.as_str(), v.clone(), *w)).collect();
    damage(&document(), &rows, &find);
}
