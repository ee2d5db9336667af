//! Nutanix v4: meaning and form.

use serde_json::{Value, json};

use super::{damage, expect, output, problems, role, set};
use crate::support::artifacts::{Output, Spelling};
use crate::support::judge::Verdict::{Allow, Deny, Partial};

pub(super) fn roles() -> Value {
    let tier = |tier: &str| json!({"nutanix-flow": {"categories": {"AppType": "Citrix", "AppTier": tier}}});
    let mut api = role("azure-service", &[], Value::Null);
    api["known_by"] = json!({"tag": "AzureResourceManager"});
    json!({
        "sf": role("storefront", &["10.1.20.0/28", "fd00:1::/64"], tier("StoreFront")),
        "ddc": role("delivery-controller", &["10.1.21.0/28"], tier("Controller")),
        "loose": role("vda", &["10.1.64.0/20"], tier("VDA")),
        "users": role("client", &["10.30.0.0/16"], Value::Null),
        "six": role("client", &["fd00:30::/32"], Value::Null),
        "dc": role("domain-controller", &["10.1.2.10/32", "10.1.2.11/32"], Value::Null),
        "api": api,
    })
}

fn ids(tier: &str) -> Value {
    json!(["{{category:AppType:Citrix}}", format!("{{{{category:AppTier:{tier}}}}}")])
}

fn allow(tier: &str, key: &str, peer: Value, services: (&str, Value)) -> Value {
    let mut rule = json!({"type": "APPLICATION", "description": "R-1", "spec": {
        "$objectType": "microseg.v4.config.ApplicationRuleSpec", "securedGroupCategoryReferences": ids(tier)}});
    rule["spec"][key] = peer;
    rule["spec"][services.0] = services.1;
    rule
}

fn tcp(port: u16) -> (&'static str, Value) {
    ("tcpServices", json!([{"startPort": port, "endPort": port}]))
}

fn intra(tier: &str, action: &str) -> Value {
    json!({"type": "INTRA_GROUP", "description": "R-2", "spec": {
        "$objectType": "microseg.v4.config.IntraEntityGroupRuleSpec", "securedGroupCategoryReferences": ids(tier),
        "securedGroupAction": action}})
}

fn policy(name: &str, state: &str, rules: Vec<Value>) -> Value {
    json!({"name": name, "description": "Citrix", "type": "APPLICATION", "state": state, "scope": "ALL_VLAN",
        "isHitlogEnabled": true, "isIpv6TrafficAllowed": false, "isIpv6AddressScope": true, "rules": rules})
}

fn document() -> Value {
    let subnet = |net: &str, bits: u8| json!({"value": net, "prefixLength": bits});
    json!({
        "addressGroups": [{"name": "dc", "description": "domain controllers", "ipv4Addresses":
            [subnet("10.1.2.10", 32), subnet("10.1.2.11", 32)]}],
        "policies": [
            policy("sf", "ENFORCE", vec![
                allow("StoreFront", "srcSubnet", subnet("10.30.0.0", 16), tcp(443)),
                allow("StoreFront", "destCategoryReferences", ids("Controller"), tcp(80)),
                allow("StoreFront", "destAddressGroupReferences", json!(["{{address-group:dc}}"]), tcp(389)),
                allow("StoreFront", "destCategoryReferences", ids("StoreFront"), tcp(49300)),
                allow("StoreFront", "srcCategoryReferences", ids("StoreFront"), tcp(49300)),
            ]),
            policy("ddc", "MONITOR", vec![
                intra("Controller", "DENY"),
                allow("Controller", "srcCategoryReferences", ids("StoreFront"), tcp(80)),
                allow("Controller", "destAddressGroupReferences", json!(["{{address-group:AzureResourceManager}}"]), tcp(443)),
            ]),
        ]
    })
}

fn read(document: &Value) -> Output {
    output("nutanix-flow", "p/flow-policies.v4.json", &roles(), document)
}

#[test]
fn secured_groups_deny_what_no_rule_allows_at_both_ends() {
    let rows = [
        ("users -> sf : tcp/443", Allow),
        ("users -> sf : tcp/443-444", Partial),
        ("users -> ddc : tcp/443", Deny),
        ("sf -> ddc : tcp/80", Allow),
        ("ddc -> sf : tcp/80", Deny),
        ("sf -> users : tcp/443", Deny),
    ];
    expect(&read(&document()), &rows);
    let mut one_end = document();
    set(&mut one_end, "/policies/1/rules/1", Value::Null);
    expect(&read(&one_end), &[("sf -> ddc : tcp/80", Deny)]);
}

#[test]
fn categories_are_anded() {
    let mut narrow = document();
    set(
        &mut narrow,
        "/policies/1/rules/1/spec/srcCategoryReferences/-",
        json!("{{category:Environment:Test}}"),
    );
    expect(&read(&narrow), &[("sf -> ddc : tcp/80", Deny)]);
    set(
        &mut narrow,
        "/policies/1/rules/1/spec/srcCategoryReferences",
        json!(["{{category:AppType:Citrix}}"]),
    );
    expect(&read(&narrow), &[("sf -> ddc : tcp/80", Allow), ("loose -> ddc : tcp/80", Allow)]);
}

#[test]
fn an_unsecured_machine_is_not_filtered() {
    expect(&read(&document()), &[("users -> loose : tcp/9", Allow), ("loose -> ddc : tcp/80", Deny)]);
}

#[test]
fn rules_between_members_decide_where_no_intra_rule_stands() {
    expect(&read(&document()), &[("sf -> sf : tcp/49300", Allow), ("sf -> sf : tcp/49301", Deny)]);
}

#[test]
fn intra_rules_are_stronger_than_allow_rules() {
    let mut shut = document();
    set(&mut shut, "/policies/0/rules/-", intra("StoreFront", "DENY"));
    expect(&read(&shut), &[("sf -> sf : tcp/49300", Deny), ("users -> sf : tcp/443", Allow)]);
    set(&mut shut, "/policies/0/rules/-", intra("StoreFront", "ALLOW"));
    expect(&read(&shut), &[("sf -> sf : tcp/49300", Allow), ("sf -> sf : tcp/1", Allow)]);
}

#[test]
fn address_groups_are_defined_or_named_after_their_role() {
    let rows =
        [("sf -> dc : tcp/389", Allow), ("ddc -> api : tcp/443", Allow), ("ddc -> dc : tcp/443", Deny)];
    expect(&read(&document()), &rows);
    let mut half = document();
    set(&mut half, "/addressGroups/0/ipv4Addresses/1", Value::Null);
    expect(&read(&half), &[("sf -> dc : tcp/389", Partial)]);
}

#[test]
fn allow_specs_mean_everyone_or_no_one() {
    let mut all = document();
    set(&mut all, "/policies/0/rules/0", allow("StoreFront", "srcAllowSpec", json!("ALL"), tcp(443)));
    expect(&read(&all), &[("dc -> sf : tcp/443", Allow)]);
    set(&mut all, "/policies/0/rules/0", allow("StoreFront", "srcAllowSpec", json!("NONE"), tcp(443)));
    expect(&read(&all), &[("users -> sf : tcp/443", Deny)]);
}

#[test]
fn services_of_every_kind_are_read() {
    let with = |services: (&str, Value)| {
        let mut other = document();
        let everyone = allow("StoreFront", "srcAllowSpec", json!("ALL"), services);
        set(&mut other, "/policies/0/rules/0", everyone);
        set(
            &mut other,
            "/serviceGroups",
            json!([{"name": "g", "udpServices": [{"startPort": 5, "endPort": 6}]}]),
        );
        read(&other)
    };
    expect(
        &with(("icmpServices", json!([{"type": 8, "code": 0}]))),
        &[("users -> sf : icmp/8/0", Allow), ("users -> sf : icmp/8", Partial)],
    );
    expect(&with(("icmpServices", json!([{"isAllAllowed": true}]))), &[("users -> sf : icmp", Allow)]);
    expect(&with(("isAllProtocolAllowed", json!(true))), &[("users -> sf : udp/7", Allow)]);
    expect(
        &with(("serviceGroupReferences", json!(["{{service-group:g}}"]))),
        &[("users -> sf : udp/5-6", Allow)],
    );
}

#[test]
fn ipv6_passes_only_where_it_is_let_through() {
    let mut six = document();
    expect(&read(&six), &[("six -> sf : tcp/9", Deny)]);
    set(&mut six, "/policies/0/isIpv6TrafficAllowed", json!(true));
    expect(&read(&six), &[("six -> sf : tcp/9", Allow), ("users -> sf : tcp/9", Deny)]);
}

#[test]
fn rules_cover_ipv6_only_where_it_is_in_scope() {
    let mut own = document();
    expect(&read(&own), &[("sf -> sf : tcp/49300", Allow)]);
    set(&mut own, "/policies/0/isIpv6AddressScope", json!(false));
    expect(&read(&own), &[("sf -> sf : tcp/49300", Partial)]);
}

#[test]
fn isolation_is_stronger_than_application() {
    let mut apart = document();
    let rule = json!({"type": "TWO_ENV_ISOLATION", "description": "R-3", "spec": {
        "$objectType": "microseg.v4.config.TwoEnvIsolationRuleSpec", "firstIsolationGroup": ids("StoreFront"),
        "secondIsolationGroup": ids("Controller")}});
    let mut isolation = policy("apart", "ENFORCE", vec![rule]);
    set(&mut isolation, "/type", json!("ISOLATION"));
    set(&mut apart, "/policies/-", isolation);
    expect(&read(&apart), &[("sf -> ddc : tcp/80", Deny), ("users -> sf : tcp/443", Allow)]);
}

#[test]
fn isolation_of_many_and_address_ranges_are_read() {
    let mut many = document();
    let groups: Vec<Value> =
        ["StoreFront", "Controller"].map(|t| json!({"groupCategoryReferences": ids(t)})).into();
    let rule = json!({"type": "MULTI_ENV_ISOLATION", "description": "R-3", "spec": {
        "$objectType": "microseg.v4.config.MultiEnvIsolationRuleSpec", "spec": {"isolationGroups": groups}}});
    let mut isolation = policy("apart", "ENFORCE", vec![rule]);
    set(&mut isolation, "/type", json!("ISOLATION"));
    set(&mut many, "/policies/-", isolation);
    set(
        &mut many,
        "/addressGroups/0",
        json!({"name": "dc", "ipRanges": [{"startIp": "10.1.2.9", "endIp": "10.1.2.11"}]}),
    );
    expect(&read(&many), &[("sf -> ddc : tcp/80", Deny), ("sf -> dc : tcp/389", Allow)]);
}

#[test]
fn states_are_told_by_role() {
    let out = read(&document());
    assert_eq!(out.flow_states("sf"), [(Spelling::FlowV4, "ENFORCE".to_owned())]);
    assert_eq!(out.flow_states("ddc"), [(Spelling::FlowV4, "MONITOR".to_owned())]);
    assert_eq!(out.flow_states("users"), []);
}

#[test]
fn damage_is_found() {
    let find = |document: &Value| problems(&read(document));
    let first = "/policies/0/rules/0/spec";
    let at = |key: &str| format!("{first}/{key}");
    let pointers: Vec<(String, Value, &str)> = vec![
        ("/policies".into(), json!([]), "no policy"),
        ("/policies/0/name".into(), json!("x".repeat(64)), "name has 64"),
        ("/policies/0/name".into(), json!("a/b"), "'/'"),
        ("/policies/0/name".into(), json!("sf-"), "begins or ends with a mark"),
        ("/policies/0/name".into(), json!("DDC"), "policy `ddc` is given twice"),
        ("/policies/0/description".into(), json!("a, b"), "','"),
        ("/policies/0/description".into(), json!("x".repeat(513)), "description has 513"),
        ("/policies/0/state".into(), Value::Null, "no such state"),
        ("/policies/0/scope".into(), json!("ALL"), "no such scope"),
        ("/policies/0/scope".into(), json!("VPC_LIST"), "no VPCs"),
        ("/policies/0/type".into(), json!("FLEX"), "no such policy type"),
        ("/policies/0/createdBy".into(), json!("me"), "unknown key"),
        ("/policies/0/rules".into(), json!([]), "no rules"),
        ("/policies/0/rules/-".into(), document()["policies"][0]["rules"][0].clone(), "given twice"),
        ("/policies/0/rules/0/description".into(), json!(""), "rule description has 0"),
        ("/policies/0/rules/0/description".into(), json!("x".repeat(65)), "rule description has 65"),
        ("/policies/0/rules/0/description".into(), json!("a -> b"), "'>'"),
        ("/policies/0/rules/0/extId".into(), json!("x"), "unknown key"),
        ("/policies/0/rules/0/type".into(), json!("INTRA_GROUP"), "no spec of its rule type"),
        (at("$objectType"), Value::Null, "no spec of its rule type"),
        (at("securedGroupCategoryReferences"), json!([]), "securedGroupCategoryReferences is empty"),
        (at("securedGroupCategoryReferences/0"), json!("AppType:Citrix"), "neither a UUID nor a symbol"),
        (at("securedGroupCategoryReferences/0"), json!("{{category:AppTier:StoreFront}}"), "given twice"),
        (at("securedGroupCategoryReferences/0"), json!("{{category:App(Type):x}}"), "'('"),
        (at("securedGroupCategoryReferences/0"), json!("{{category:$App:x}}"), "begins with `$`"),
        (
            at("securedGroupCategoryReferences/0"),
            json!(format!("{{{{category:{}:x}}}}", "k".repeat(65))),
            "category has 65",
        ),
        (at("securedGroupCategoryReferences/0"), json!("{{categories:a:x}}"), "no symbol"),
        (at("destAllowSpec"), json!("ALL"), "2 peers"),
        (at("srcSubnet"), Value::Null, "0 peers"),
        (at("srcSubnet/value"), json!("10.30.0.1"), "no canonical network"),
        (at("srcSubnet/prefixLength"), json!(33), "no canonical network"),
        (at("tcpServices"), Value::Null, "services are not given"),
        (at("tcpServices"), json!([]), "tcpServices is empty"),
        (at("isAllProtocolAllowed"), json!(true), "beside `all`"),
        (at("tcpServices/0/startPort"), json!(444), "no port range"),
        (at("tcpServices/0/endPort"), json!(65536), "no port range"),
        (at("tcpServices/-"), json!({"startPort": 440, "endPort": 450}), "port ranges overlap"),
        (at("icmpServices"), json!([{"type": 44, "code": 0}]), "no ICMP type"),
        (at("icmpServices"), json!([{"type": 8, "code": 16}]), "no ICMP type"),
        (at("exceptConfig"), json!({}), "unknown key"),
        ("/policies/1/rules/0".into(), Value::Null, "among themselves"),
        ("/addressGroups/0/name".into(), json!("x".repeat(65)), "name has 65"),
        ("/addressGroups/0/description".into(), json!("a+b"), "'+'"),
        ("/addressGroups/0/ipv4Addresses".into(), json!([]), "of nothing"),
        ("/addressGroups/0/ipv4Addresses/0/prefixLength".into(), json!(24), "no canonical network"),
        (
            "/addressGroups/-".into(),
            document()["addressGroups"][0].clone(),
            "address group `dc` is given twice",
        ),
    ];
    let rows: Vec<(&str, Value, &str)> =
        pointers.iter().map(|(p, v, w)| (p.as_str(), v.clone(), *w)).collect();
    damage(&document(), &rows, &find);
}

#[test]
fn a_list_of_policies_is_a_document_too() {
    let list = document()["policies"].clone();
    expect(&read(&list), &[("users -> sf : tcp/443", Allow), ("sf -> ddc : tcp/80", Allow)]);
}
