//! Bodies that others wrote, read as Flow reads them; and what is refused.

use super::super::read::{v3, v4};
use crate::policy::EnforcementState;
use crate::target::observed::{Action, Ipv6, PeerName};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn v4_policy(spec: &Value) -> Value {
    let mut rule = json!({"$objectType": "microseg.v4.config.ApplicationRuleSpec",
        "securedGroupCategoryReferences": ["2fa3c2a4-1d5e-4b89-a0a1-bd1f5f0e6a11"],
        "srcSubnet": {"value": "10.0.0.0", "prefixLength": 8}, "tcpServices": [{"startPort": 443, "endPort": 443}]});
    for (key, value) in spec.as_object().unwrap() {
        rule[key] = value.clone();
    }
    json!({"policies": [{"name": "web", "type": "APPLICATION", "state": "SAVE", "scope": "ALL_VPC", "rules": [
        {"type": "APPLICATION", "spec": rule},
        {"type": "INTRA_GROUP", "spec": {"$objectType": "microseg.v4.config.IntraEntityGroupRuleSpec",
            "securedGroupCategoryReferences": ["2fa3c2a4-1d5e-4b89-a0a1-bd1f5f0e6a11"], "securedGroupAction": "DENY"}},
    ]}]})
}

#[test]
fn denying_within_a_group_comes_first_and_ids_stay_ids() {
    let observed = v4::read(v4_policy(&json!({})).to_string().as_bytes()).unwrap();
    let guard = &observed.guards[0];
    let label = BTreeSet::from(["2fa3c2a4-1d5e-4b89-a0a1-bd1f5f0e6a11".to_owned()]);
    assert!(guard.members.names.contains(&PeerName::Labels(label)));
    assert_eq!((guard.state, guard.ipv6), (EnforcementState::Save, Ipv6::Dropped));
    let actions: Vec<Action> = guard.rules.iter().map(|rule| rule.action).collect();
    assert_eq!(actions, [Action::Deny, Action::Deny, Action::Allow]);
}

#[test]
fn what_could_mean_something_else_is_refused_with_its_place() {
    let rule = "/policies/0/rules/0";
    for (spec, place) in [
        (json!({"securedGroupCategoryReferences": []}), rule),
        (json!({"securedGroupCategoryReferences": ["other"]}), "/policies/0/rules/1"),
        (json!({"destSubnet": {"value": "10.0.0.0", "prefixLength": 8}}), rule),
        (json!({"srcSubnet": null}), rule),
        (json!({"srcSubnet": {"value": "10.0.0.1", "prefixLength": 8}}), rule),
        (json!({"tcpServices": []}), rule),
        (json!({"isAllProtocolAllowed": true}), rule),
        (json!({"tcpServices": [{"startPort": 9, "endPort": 8}]}), rule),
        (json!({"serviceGroupReferences": ["x"]}), "/policies/0/rules/0/spec/serviceGroupReferences"),
    ] {
        let error = v4::read(v4_policy(&spec).to_string().as_bytes()).unwrap_err();
        assert_eq!(error.pointer, place, "{spec}: {error}");
    }
}

fn v3_policy(changes: &Value) -> Value {
    let mut app_rule = json!({"action": "APPLY",
        "target_group": {"peer_specification_type": "FILTER", "default_internal_policy": "DENY_ALL",
            "filter": {"type": "CATEGORIES_MATCH_ALL", "kind_list": ["vm"], "params": {"AppType": ["Web"]}}},
        "inbound_allow_list": [{"peer_specification_type": "ALL", "protocol": "ICMP"}], "outbound_allow_list": []});
    for (key, value) in changes.as_object().unwrap() {
        app_rule[key] = value.clone();
    }
    json!({"network_security_rules": [{"spec": {"name": "web", "resources":
        {"allow_ipv6_traffic": true, "app_rule": app_rule}}}]})
}

#[test]
fn an_absent_list_of_v3_rules_is_refused_and_an_absent_list_of_messages_is_all() {
    let observed = v3::read(v3_policy(&json!({})).to_string().as_bytes()).unwrap();
    let guard = &observed.guards[0];
    assert_eq!((guard.state, guard.ipv6), (EnforcementState::Enforce, Ipv6::Passes));
    let last = guard.rules.last().unwrap();
    assert!(last.from.everybody);
    assert_eq!(last.services.to_string(), "icmp");
    let base = "/network_security_rules/0/spec/resources/app_rule";
    let tcp = json!([{"peer_specification_type": "ALL", "protocol": "TCP"}]);
    for (changes, place) in [
        (json!({"outbound_allow_list": null}), format!("{base}/outbound_allow_list")),
        (json!({"inbound_allow_list": tcp}), format!("{base}/inbound_allow_list/0")),
        (json!({"action": "SAVE"}), format!("{base}/action")),
        (json!({"quarantine": {}}), format!("{base}/quarantine")),
    ] {
        let error = v3::read(v3_policy(&changes).to_string().as_bytes()).unwrap_err();
        assert_eq!(error.pointer, place, "{changes}: {error}");
    }
}
