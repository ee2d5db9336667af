//! `segc drift` and `segc import` on exports of the shapes that the platforms' documents show. What examples deploy is
//! compared by `tests/conformance/drift.py`, which makes the exports itself.

use crate::support::command::{code, folder_with, segc, text};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

pub(crate) const AWS: &str = r#"
site "acme" { effective = 2026-02-01 }
platform aws cloud { }
role web : windows-server on cloud { }
role sql : sql-server on cloud { }
role users : client { cidr = 10.1.0.0/16 }
allow users -> web : tcp/443 because "Portal"
allow web -> sql : tcp/1433 because "Data"
"#;

pub(crate) const AZURE: &str = r#"
site "acme" { effective = 2026-02-01 }
platform azure hub { }
segment app on hub { cidr = 10.2.0.0/24 }
role web : windows-server on app { cidr = 10.2.0.0/24 }
role users : client { cidr = 10.1.0.0/16 }
allow users -> web : tcp/443 because "Portal"
"#;

pub(crate) const NUTANIX: &str = r#"
site "acme" { effective = 2026-02-01 }
platform nutanix dc1 { category = "AppType:Citrix" }
role web : windows-server on dc1 { cidr = 10.3.0.0/24  tier = "Web" }
role users : client { cidr = 10.1.0.0/16 }
allow users -> web : tcp/443 because "Portal"
"#;

/// The answer of `drift`, and its exit code.
pub(crate) fn drift(site: &str, exports: &[Value], more: &[&str]) -> (i32, Value) {
    let folder = folder_with(site);
    let out = folder.path().join("exports");
    std::fs::create_dir(&out).unwrap();
    for (at, export) in exports.iter().enumerate() {
        std::fs::write(out.join(format!("{at}.json")), export.to_string()).unwrap();
    }
    let words = [&["drift", "site.seg", "--export", "exports", "--format", "json"], more].concat();
    let ran = segc(folder.path(), &words);
    let answer = serde_json::from_slice(&ran.stdout);
    (code(&ran), answer.unwrap_or_else(|_| panic!("{}{}", text(&ran.stdout), text(&ran.stderr))))
}

/// The kinds of the differences.
pub(crate) fn kinds(answer: &Value) -> Vec<&str> {
    answer["drifts"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect()
}

/// The answer of `import`.
pub(crate) fn import(kind: &str, export: &Value) -> Value {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("export.json"), export.to_string()).unwrap();
    let ran = segc(folder.path(), &["import", kind, "export.json", "--format", "json"]);
    assert_eq!(code(&ran), 0, "{}", text(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

/// What passes a point, in lines.
pub(crate) fn permits(answer: &Value, point: usize) -> Vec<String> {
    let permits = answer["points"][point]["permits"].as_array().unwrap();
    let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let line = |one: &Value| {
        format!(
            "{}: {} -> {} on {}",
            word(one, "direction"),
            word(one, "from"),
            word(one, "to"),
            word(one, "service")
        )
    };
    permits.iter().map(line).collect()
}

pub(crate) fn groups() -> Value {
    let tcp =
        |port: u16| json!({"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": null});
    let mut users = tcp(443);
    users["IpRanges"] = json!([{"CidrIp": "10.1.0.0/16", "Description": "Portal"}]);
    let (mut out, mut into) = (tcp(1433), tcp(1433));
    out["UserIdGroupPairs"] = json!([{"GroupId": "sg-02", "UserId": "111122223333"}]);
    into["UserIdGroupPairs"] = json!([{"GroupId": "sg-01", "UserId": "111122223333"}]);
    json!({"SecurityGroups": [
        {"GroupId": "sg-09", "GroupName": "Citrix.XenDesktop.IsolationGroup-1b671a64", "VpcId": "vpc-1"},
        {"GroupId": "sg-08", "GroupName": "somebody", "Color": "unknown keys of others don't matter"},
        {"GroupId": "sg-01", "GroupName": "SEG-acme-WEB", "Description": "x", "OwnerId": "1", "Tags": [{"Key": "aws:cloudformation:stack-name", "Value": "acme"}],
         "IpPermissions": [users], "IpPermissionsEgress": [out]},
        {"GroupId": "sg-02", "GroupName": "renamed", "Tags": [{"Key": "aws:cloudformation:logical-id", "Value": "SgSql"},
            {"Key": "aws:cloudformation:stack-name", "Value": "Acme"}],
         "IpPermissions": [into], "IpPermissionsEgress": null},
    ]})
}

#[test]
fn groups_match_by_name_and_tag_and_others_are_counted() {
    let (code, answer) = drift(AWS, &[groups()], &[]);
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
    let foreign = answer["compared"][0]["foreign"].as_array().unwrap();
    assert_eq!(foreign.len(), 2);
    assert!(foreign[0]["belongs_to"].as_str().unwrap().contains("isolation group"));
}

#[test]
fn the_flat_form_says_the_same() {
    let flat = json!({"SecurityGroupRules": [
        {"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-01", "GroupOwnerId": "1", "IsEgress": false, "IpProtocol": "tcp",
         "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.1.0.0/16", "Tags": []},
        {"SecurityGroupRuleId": "sgr-2", "GroupId": "sg-01", "IsEgress": true, "IpProtocol": "tcp", "FromPort": 1433,
         "ToPort": 1433, "ReferencedGroupInfo": {"GroupId": "sg-02", "UserId": "1"}},
        {"SecurityGroupRuleId": "sgr-3", "GroupId": "sg-02", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 1433,
         "ToPort": 1433, "ReferencedGroupInfo": {"GroupId": "sg-01"}},
    ]});
    let binds = ["--bind", "seg-acme-web=sg-01", "--bind", "SgSql=sg-02"];
    assert_eq!(drift(AWS, &[flat], &binds).0, 0);
}

#[test]
fn merged_and_split_ranges_are_no_difference_and_a_missing_group_is_one() {
    let mut export = groups();
    export["SecurityGroups"][2]["IpPermissions"][0]["IpRanges"] =
        json!([{"CidrIp": "10.1.128.0/17"}, {"CidrIp": "10.1.0.0/17"}]);
    assert_eq!(drift(AWS, &[export.clone()], &[]).0, 0);
    export["SecurityGroups"].as_array_mut().unwrap().pop();
    let (code, answer) = drift(AWS, &[export], &[]);
    // The rule of the other group names a group that is not there any more.
    assert!(code > 0 && kinds(&answer).contains(&"missing-point"), "{answer:#}");
}

#[test]
fn standard_input_and_texts_of_windows_are_read() {
    let folder = folder_with(AWS);
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(groups().to_string().encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let mut child = Command::new(env!("CARGO_BIN_EXE_segc"))
        .current_dir(folder.path())
        .args(["drift", "site.seg", "--export", "-", "--format", "markdown"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&wide).unwrap();
    let ran = child.wait_with_output().unwrap();
    assert_eq!(code(&ran), 0);
    assert!(text(&ran.stdout).contains("what is deployed is what the site compiles to"));
}

#[test]
fn every_form_of_a_permission_is_read() {
    let export = json!({"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "all",
        "IpPermissions": [
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-1", "UserId": "1", "VpcId": "vpc-1",
             "VpcPeeringConnectionId": "pcx-1", "PeeringStatus": "active"}]},
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "192.0.2.0/24"}]},
            {"IpProtocol": "50", "Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}], "IpRanges": []},
            {"IpProtocol": "6", "FromPort": 1, "ToPort": 2, "PrefixListIds": [{"PrefixListId": "pl-1"}]}],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]}]});
    let found = permits(&import("aws", &export), 0);
    let expected = [
        "in: 10.0.0.0/8 -> its members on icmp/8",
        "in: 192.0.2.0/24 -> its members on icmp",
        "in: fd00::/8 -> its members on ip/50",
        "in: the group `sg-1` -> its members on any",
        "in: the address set `pl-1` -> its members on tcp/1-2",
        "out: its members -> 0.0.0.0/0 on any",
    ];
    for line in expected {
        assert!(found.iter().any(|one| one == line), "{line} is not in {found:#?}");
    }
    assert_eq!(found.len(), expected.len());
}

pub(crate) fn nsg(rules: Value) -> Value {
    json!([{"name": "NSG-acme-app", "id": "/subscriptions/s/resourceGroups/RG/providers/Microsoft.Network/networkSecurityGroups/NSG-acme-app",
        "type": "Microsoft.Network/networkSecurityGroups", "etag": "x", "location": "westeurope", "resourceGroup": "RG",
        "resourceGuid": "g", "provisioningState": "Succeeded", "tags": null, "securityRules": rules,
        "defaultSecurityRules": [{"name": "AllowVnetInBound", "priority": 65000}]}])
}

pub(crate) fn nsg_rule(
    name: &str,
    priority: u32,
    direction: &str,
    access: &str,
    source: &str,
    port: &str,
) -> Value {
    json!({"name": name, "priority": priority, "direction": direction, "access": access, "protocol": "*",
        "sourcePortRange": "*", "sourceAddressPrefix": source, "sourceAddressPrefixes": [], "sourceApplicationSecurityGroups": null,
        "destinationAddressPrefix": "*", "destinationPortRange": port, "destinationPortRanges": [], "description": null})
}

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = json!([
        nsg_rule("web", 200, "inbound", "ALLOW", "10.0.0.4-10.0.0.7", "443"),
        nsg_rule("not-all", 100, "Inbound", "Deny", "10.0.0.6/31", "*"),
        nsg_rule("closing", 4096, "Inbound", "Deny", "*", "*"),
        nsg_rule("closing-out", 4096, "Outbound", "Deny", "*", "*"),
    ]);
    let found = permits(&import("azure", &nsg(rules)), 0);
    assert_eq!(found, ["in: 10.0.0.4/31 -> everybody on tcp/443, udp/443"]);
}

#[test]
fn a_group_before_nothing_and_a_deny_across_a_tag_are_told() {
    let rules = json!([
        nsg_rule("r", 200, "Inbound", "Allow", "10.1.0.0/16", "443"),
        nsg_rule("closing", 4096, "Inbound", "Deny", "*", "*"),
        nsg_rule("closing-out", 4096, "Outbound", "Deny", "*", "*"),
    ]);
    let mut export = nsg(rules);
    export[0]["subnets"] = Value::Null;
    export[0]["networkInterfaces"] = Value::Null;
    let (code, answer) = drift(AZURE, &[export], &["--bind", "nsg-acme-app=RG/NSG-acme-app"]);
    assert_eq!(code, 2);
    let found = kinds(&answer);
    // The compiled rule is for TCP and for the subnet only.
    assert!(found.contains(&"detached") && found.contains(&"widened") && found.len() == 2, "{answer:#}");
}

pub(crate) fn policy(state: &str, more: Value) -> Value {
    let mut policy = json!({"extId": "11111111-0000-4000-8000-00000000000a", "name": "ACME-WEB", "type": "APPLICATION",
        "$objectType": "microseg.v4.r3.config.NetworkSecurityPolicy", "$reserved": {"$fv": "v4.r3"}, "state": state,
        "isSystemDefined": false, "securedGroups": [], "isHitlogEnabled": true, "isIpv6TrafficAllowed": false,
        "rules": [
        {"type": "INTRA_GROUP", "extId": "e", "spec": {"$objectType": "microseg.v4.r3.config.IntraEntityGroupRuleSpec",
            "securedGroupCategoryReferences": ["AAAAAAAA-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"],
            "securedGroupAction": "DENY"}},
        {"type": "APPLICATION", "description": "Portal", "spec": {"$objectType": "microseg.v4.r3.config.ApplicationRuleSpec",
            "securedGroupCategoryReferences": ["aaaaaaaa-0000-4000-8000-000000000002", "aaaaaaaa-0000-4000-8000-000000000001"],
            "srcSubnet": {"value": "10.1.0.0", "prefixLength": 16, "$objectType": "common.v1.config.IPv4Address"},
            "tcpServices": [{"startPort": 443, "endPort": 443}], "udpServices": null}}]});
    for (key, value) in more.as_object().unwrap() {
        policy[key] = value.clone();
    }
    policy
}

pub(crate) fn categories() -> Value {
    json!({"data": [{"key": "AppType", "value": "citrix", "extId": "aaaaaaaa-0000-4000-8000-000000000001"},
        {"key": "AppTier", "value": "Web", "extId": "aaaaaaaa-0000-4000-8000-000000000002"}]})
}

#[test]
fn a_policy_that_differs_in_state_and_ipv6_is_told() {
    let list = |policy: Value| json!({"data": [policy], "metadata": {"totalAvailableResults": 1}});
    let same = drift(NUTANIX, &[list(policy("MONITOR", json!({}))), categories()], &[]);
    assert_eq!((same.0, kinds(&same.1)), (0, vec![]), "{:#}", same.1);
    let other = list(policy("ENFORCE", json!({"isIpv6TrafficAllowed": true})));
    let (code, answer) = drift(NUTANIX, &[other, categories()], &[]);
    assert_eq!((code, kinds(&answer)), (2, vec!["state", "ipv6"]), "{answer:#}");
    // Without the categories nobody knows whom the policy guards.
    let (code, answer) = drift(NUTANIX, &[list(policy("MONITOR", json!({})))], &[]);
    assert!(code != 0 && answer["compared"][0]["points"] == 1, "{answer:#}");
    // By hand it is known.
    let binds = [
        "--bind",
        "AppType:Citrix=AAAAAAAA-0000-4000-8000-000000000001",
        "--bind",
        "AppTier:Web=aaaaaaaa-0000-4000-8000-000000000002",
    ];
    let (code, answer) = drift(NUTANIX, &[list(policy("MONITOR", json!({})))], &binds);
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
}

#[test]
fn groups_of_services_and_addresses_stand_for_what_is_in_them() {
    let mut all = policy("MONITOR", json!({}));
    let spec = &mut all["rules"][1]["spec"];
    spec.as_object_mut().unwrap().remove("srcSubnet");
    spec["srcAddressGroupReferences"] = json!(["BBBBBBBB-0000-4000-8000-000000000001"]);
    spec["tcpServices"] = Value::Null;
    spec["serviceGroupReferences"] = json!(["cccccccc-0000-4000-8000-000000000001"]);
    let groups = json!({"data": [{"extId": "bbbbbbbb-0000-4000-8000-000000000001", "name": "users",
        "ipRanges": [{"startIp": {"value": "10.1.0.0"}, "endIp": {"value": "10.1.255.255"}}]}]});
    let services = json!({"data": [{"extId": "cccccccc-0000-4000-8000-000000000001", "name": "https",
        "tcpServices": [{"startPort": 443, "endPort": 443}]}]});
    let (code, answer) = drift(NUTANIX, &[json!({"data": [all]}), categories(), groups, services], &[]);
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
}

#[test]
fn a_list_that_goes_on_is_refused() {
    let page = json!({"data": [policy("MONITOR", json!({}))], "metadata": {"totalAvailableResults": 2}});
    let (code, answer) = drift(NUTANIX, &[page, categories()], &[]);
    assert_eq!(code, 1);
    assert_eq!(answer["compared"].as_array().unwrap().len(), 0);
    assert!(!answer["not_compared"].as_array().unwrap().is_empty());
}

#[test]
fn a_first_site_says_what_no_line_can_say() {
    let folder = tempfile::tempdir().unwrap();
    let export = json!({"SecurityGroups": [
        {"GroupId": "sg-1", "GroupName": "Web \"servers\"", "IpPermissions": [
            {"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "IpRanges": [{"CidrIp": "0.0.0.0/0", "Description": "all \"TCP\""}]},
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "UserIdGroupPairs": [{"GroupId": "sg-2"}]}],
         "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]},
        {"GroupId": "sg-2", "GroupName": "site", "IpPermissions": [], "IpPermissionsEgress": []}]});
    std::fs::write(folder.path().join("export.json"), export.to_string()).unwrap();
    let arguments = ["import", "aws", "export.json", "--write", "first.seg", "--as-of", "2026-02-01"];
    let ran = segc(folder.path(), &arguments);
    assert_eq!(code(&ran), 0, "{}", text(&ran.stderr));
    let said = text(&ran.stdout);
    for what in ["tcp/0", "all protocols", "only web-servers has the rule"] {
        assert!(said.contains(what), "{what} is not in {said}");
    }
    let ran = segc(folder.path(), &["compile", "first.seg", "-o", "out", "--quiet"]);
    assert_eq!(code(&ran), 0, "{}", text(&ran.stderr));
    // A second time would replace what somebody may have edited.
    assert_eq!(code(&segc(folder.path(), &arguments)), 1);
}

pub(crate) fn list(policies: &[Value]) -> Value {
    json!({"data": policies, "metadata": {"totalAvailableResults": policies.len()}})
}

/// A second policy whose group wears some of the categories.
pub(crate) fn other_policy(categories: &[&str], rules: Value, more: Value) -> Value {
    let mut other =
        policy("MONITOR", json!({"name": "other", "extId": "22222222-0000-4000-8000-00000000000a"}));
    other["rules"] = rules;
    for rule in other["rules"].as_array_mut().unwrap() {
        rule["spec"]["securedGroupCategoryReferences"] = json!(categories);
    }
    for (key, value) in more.as_object().unwrap() {
        other[key] = value.clone();
    }
    other
}

#[test]
fn a_policy_that_counts_for_our_machines_too_is_never_passed_over() {
    let (app, tier) = ("aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002");
    let form = |name: &str| format!("microseg.v4.config.{name}RuleSpec");
    let intra = json!([{"type": "INTRA_GROUP", "spec": {"$objectType": form("IntraEntityGroup"), "securedGroupAction": "ALLOW"}}]);
    let all = json!([{"type": "APPLICATION", "spec": {"$objectType": form("Application"), "srcAllowSpec": "ALL", "isAllProtocolAllowed": true}}]);
    let ours = policy("MONITOR", json!({}));
    for (what, other) in [
        ("lets the group talk to itself", other_policy(&[app, tier], intra, json!({}))),
        ("has a wider group", other_policy(&[app], all.clone(), json!({}))),
        ("can't be read", other_policy(&[app, tier], all.clone(), json!({"networkFunction": "x"}))),
        ("blocks", other_policy(&[app, tier], all, json!({"state": "ENFORCE"}))),
    ] {
        let (code, answer) = drift(NUTANIX, &[list(&[ours.clone(), other]), categories()], &[]);
        let aside = answer["not_compared"].as_array().unwrap().len();
        let told = kinds(&answer).len() + aside;
        assert!(code != 0 && told > 0, "{what}: {code} {answer:#}");
    }
}

#[test]
fn other_networks_are_a_difference() {
    let vpcs = policy("MONITOR", json!({"scope": "ALL_VPC"}));
    let (code, answer) = drift(NUTANIX, &[list(&[vpcs]), categories()], &[]);
    assert_eq!((code, kinds(&answer)), (2, vec!["scope"]), "{answer:#}");
    let single = policy("MONITOR", json!({"scope": "ALL_VLAN", "vpcReferences": ["v1"]}));
    let (code, answer) = drift(NUTANIX, &[list(&[single]), categories()], &[]);
    assert!(code != 0, "{answer:#}");
}

#[test]
fn a_closing_deny_that_is_gone_is_missed_by_name() {
    let rules = json!([
        nsg_rule("r", 200, "Inbound", "Allow", "10.1.0.0/16", "443"),
        nsg_rule("closing-out", 4096, "Outbound", "Deny", "*", "*"),
    ]);
    let (code, answer) = drift(AZURE, &[nsg(rules)], &["--bind", "nsg-acme-app=RG/NSG-acme-app"]);
    let missing = answer["drifts"].as_array().unwrap().iter().find(|one| one["kind"] == "missing");
    let missing = missing.unwrap_or_else(|| panic!("{answer:#}"));
    assert_eq!(
        (code, missing["direction"].as_str(), &missing["effect"]),
        (2, Some("in"), &json!("opens")),
        "{answer:#}"
    );
}

#[test]
fn a_deny_of_a_tag_above_an_allow_by_address_may_cut_it() {
    let rules = json!([
        nsg_rule("r", 200, "Inbound", "Allow", "10.1.0.0/16", "443"),
        nsg_rule("no", 150, "Inbound", "Deny", "VirtualNetwork", "*"),
        nsg_rule("closing", 4096, "Inbound", "Deny", "*", "*"),
        nsg_rule("closing-out", 4096, "Outbound", "Deny", "*", "*"),
    ]);
    let (_, answer) = drift(AZURE, &[nsg(rules)], &["--bind", "nsg-acme-app=RG/NSG-acme-app"]);
    let found = answer["drifts"]
        .as_array()
        .unwrap()
        .iter()
        .any(|one| one["kind"] == "extra" && one["certain"] == false);
    assert!(found, "{answer:#}");
}

#[test]
fn a_platform_without_an_export_is_not_fine() {
    let site = format!(
        "{AWS}{}",
        "platform nutanix dc1 { category = \"AppType:Citrix\" }\nrole app : windows-server on dc1 { cidr = 10.3.0.0/24  tier = \"Web\" }\nallow users -> app : tcp/443 because \"Portal\"\n"
    );
    let (code, answer) = drift(&site, &[groups()], &[]);
    assert!(code != 0 && answer["not_compared"].as_array().unwrap().len() == 1, "{answer:#}");
    let (code, answer) = drift(&site, &[groups()], &["--platform", "cloud"]);
    assert_eq!(code, 0, "{answer:#}");
}
