//! What `segc drift` and `segc import` make of exports that say of themselves that they may not be so, that go on elsewhere, or
//! that lack a part.

use crate::drift::{AWS, NUTANIX, categories, drift, groups, kinds, policy};
use crate::drift_doubt::{AZURE, SUBSCRIPTION, aside, azure_group, azure_name, foreign, named, remarks};
use crate::support::command::{code, folder_with, segc, text};
use serde_json::{Value, json};

#[test]
fn a_change_that_azure_has_not_carried_out_is_said() {
    let name = azure_name(AZURE);
    let ours = named(azure_group(SUBSCRIPTION, "rg"), &name);
    for state in ["Failed", "Updating"] {
        let mut group = ours.clone();
        group["provisioningState"] = json!(state);
        let (code, answer) = drift(AZURE, &[json!([group])], &[]);
        assert!(code == 1 && aside(&answer)[0].contains(state), "{answer:#}");
        let mut group = ours.clone();
        group["securityRules"][0]["provisioningState"] = json!(state);
        let (code, answer) = drift(AZURE, &[json!([group])], &[]);
        assert!(code == 1 && aside(&answer)[0].contains("rule r is"), "{answer:#}");
    }
    let mut group = ours.clone();
    group["provisioningState"] = json!("succeeded");
    assert_eq!(drift(AZURE, &[json!([ours.clone()])], &[]).0, 0);
    assert_eq!(drift(AZURE, &[json!([group])], &[]).0, 0);
    // Of others it is nobody's business.
    let mut other = named(azure_group(SUBSCRIPTION, "rg"), "somebody");
    other["provisioningState"] = json!("Failed");
    assert_eq!(drift(AZURE, &[json!([ours, other])], &[]).0, 0);
}

/// The policy of the site in classic Flow, with what is told of it besides.
fn classic(status: Value) -> Value {
    let filter = json!({"type": "CATEGORIES_MATCH_ALL", "kind_list": ["vm"],
        "params": {"AppType": ["Citrix"], "AppTier": ["Web"]}});
    let target =
        json!({"peer_specification_type": "FILTER", "default_internal_policy": "DENY_ALL", "filter": filter});
    let allow = json!({"peer_specification_type": "IP_SUBNET", "ip_subnet": {"ip": "10.1.0.0", "prefix_length": 16},
        "protocol": "TCP", "tcp_port_range_list": [{"start_port": 443, "end_port": 443}]});
    let resources = json!({"allow_ipv6_traffic": false, "is_policy_hitlog_enabled": true, "app_rule": {"action": "MONITOR",
        "target_group": target, "inbound_allow_list": [allow], "outbound_allow_list": []}});
    let mut one = json!({"metadata": {"kind": "network_security_rule", "uuid": "11111111-0000-4000-8000-000000000001"},
        "spec": {"name": "acme-web", "resources": resources}, "status": {"name": "acme-web", "state": "COMPLETE", "resources": resources}});
    for (key, value) in status.as_object().unwrap() {
        one["status"][key] = value.clone();
    }
    json!({"metadata": {"total_matches": 1}, "entities": [one]})
}

#[test]
fn a_classic_policy_that_is_not_carried_out_is_said() {
    let (code, answer) = drift(NUTANIX, &[classic(json!({}))], &[]);
    assert_eq!((code, kinds(&answer), aside(&answer).len()), (0, vec![], 0), "{answer:#}");
    for state in ["PENDING", "ERROR"] {
        let (code, answer) = drift(NUTANIX, &[classic(json!({"state": state}))], &[]);
        assert!(code == 1 && aside(&answer)[0].contains(state), "{answer:#}");
    }
    let mut other = classic(json!({}));
    other["entities"][0]["status"]["resources"]["app_rule"]["inbound_allow_list"][0]["tcp_port_range_list"]
        [0]["end_port"] = json!(500);
    let (code, answer) = drift(NUTANIX, &[other], &[]);
    assert!(code == 1 && aside(&answer)[0].contains("`status` says something else"), "{answer:#}");
    // The same rules in another order, or divided otherwise.
    let mut divided = classic(json!({}));
    let list = &mut divided["entities"][0]["status"]["resources"]["app_rule"]["inbound_allow_list"];
    let mut second = list[0].clone();
    second["tcp_port_range_list"] = json!([{"start_port": 443, "end_port": 443}]);
    list.as_array_mut().unwrap().push(second);
    assert_eq!(drift(NUTANIX, &[divided], &[]).0, 0);
    // A status in words that no specification has says nothing.
    let odd = classic(json!({"resources": {"summary": "fine"}}));
    assert_eq!(drift(NUTANIX, &[odd], &[]).0, 0);
}

#[test]
fn a_page_with_a_next_one_and_no_total_is_refused() {
    let link = json!([{"rel": "self", "href": "a"}, {"rel": "next", "href": "b"}]);
    let page = |metadata: Value| json!({"data": [policy("MONITOR", json!({}))], "metadata": metadata});
    let (code, answer) = drift(NUTANIX, &[page(json!({"links": link})), categories()], &[]);
    assert!(code == 1 && answer["compared"].as_array().unwrap().is_empty(), "{answer:#}");
    let whole = page(json!({"links": link, "totalAvailableResults": 1}));
    assert_eq!(drift(NUTANIX, &[whole, categories()], &[]).0, 0);
}

fn flat() -> Value {
    json!({"SecurityGroupRules": [
        {"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-01", "IsEgress": false, "IpProtocol": "tcp",
         "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.1.0.0/16"},
        {"SecurityGroupRuleId": "sgr-2", "GroupId": "sg-01", "IsEgress": true, "IpProtocol": "tcp", "FromPort": 1433,
         "ToPort": 1433, "ReferencedGroupInfo": {"GroupId": "sg-02", "UserId": "1"}},
        {"SecurityGroupRuleId": "sgr-3", "GroupId": "sg-02", "IsEgress": false, "IpProtocol": "tcp", "FromPort": 1433,
         "ToPort": 1433, "ReferencedGroupInfo": {"GroupId": "sg-01"}},
    ]})
}

#[test]
fn names_of_groups_and_their_rules_may_come_apart() {
    let mut names = groups();
    for group in names["SecurityGroups"].as_array_mut().unwrap() {
        group
            .as_object_mut()
            .unwrap()
            .retain(|key, _| ["GroupId", "GroupName", "Tags"].contains(&key.as_str()));
    }
    for exports in [[names.clone(), flat()], [flat(), names.clone()]] {
        let (code, answer) = drift(AWS, &exports, &[]);
        assert_eq!((code, kinds(&answer), foreign(&answer)), (0, vec![], 2), "{answer:#}");
    }
    let (code, answer) = drift(AWS, &[names], &[]);
    assert!(code == 1 && aside(&answer)[0].contains("describe-security-group-rules"), "{answer:#}");
    let (code, answer) = drift(AWS, &[flat()], &[]);
    assert!(code != 0 && remarks(&answer).contains("describe-security-groups"), "{answer:#}");
}

#[test]
fn a_rule_with_an_unreadable_group_is_told_once() {
    let site = NUTANIX.replace("cidr = 10.1.0.0/16 }", "cidr = 10.1.0.0/16, 10.9.0.0/16 }");
    let (_, answer) = drift(&site, &[json!({"data": [policy("MONITOR", json!({}))]}), categories()], &[]);
    let row =
        answer["drifts"][0]["rows"][0]["id"].as_str().unwrap_or_else(|| panic!("{answer:#}")).to_owned();
    let mut all = policy("MONITOR", json!({}));
    all["rules"][1]["description"] = json!(format!("{row} Portal"));
    let spec = &mut all["rules"][1]["spec"];
    spec.as_object_mut().unwrap().remove("srcSubnet");
    spec["srcAddressGroupReferences"] = json!(["bbbbbbbb-0000-4000-8000-000000000001"]);
    let group = json!({"data": [{"extId": "bbbbbbbb-0000-4000-8000-000000000001", "name": "users",
        "fqdns": ["x.example"], "ipv4Addresses": [{"value": "10.1.0.0", "prefixLength": 16}]}]});
    let (code, answer) = drift(&site, &[json!({"data": [all]}), categories(), group], &[]);
    assert_eq!((code, kinds(&answer), aside(&answer).len()), (1, vec![], 1), "{answer:#}");
}

/// The exit code of `import`, and what it says.
fn import(kind: &str, export: &Value, more: &[&str]) -> (i32, String) {
    let folder = folder_with("");
    std::fs::write(folder.path().join("export.json"), export.to_string()).unwrap();
    let ran = segc(folder.path(), &[&["import", kind, "export.json"], more].concat());
    (code(&ran), format!("{}{}", text(&ran.stdout), text(&ran.stderr)))
}

#[test]
fn an_export_of_which_nothing_is_understood_is_no_success() {
    let odd = json!({"SecurityGroups": [{"GroupId": "sg-1", "GroupName": "a", "Color": 1, "IpPermissions": [], "IpPermissionsEgress": []}]});
    let (code, said) = import("aws", &odd, &[]);
    assert!(code == 1 && said.contains("Color"), "{said}");
    for list in [json!({}), json!("x"), json!(7)] {
        let (code, said) = import("aws", &json!({"SecurityGroups": list}), &[]);
        assert!(code == 1 && said.contains("is no list"), "{said}");
    }
    // Nothing deployed is something that can be understood.
    for list in [json!([]), Value::Null] {
        assert_eq!(import("aws", &json!({"SecurityGroups": list}), &[]).0, 0);
    }
    let (code, _) = import("aws", &groups(), &[]);
    assert_eq!(code, 0);
}

const WRITE: [&str; 4] = ["--write", "-", "--as-of", "2026-02-01"];

#[test]
fn a_first_site_without_categories_says_what_to_give() {
    let (code, said) = import("nutanix", &json!({"data": [policy("MONITOR", json!({}))]}), &WRITE);
    assert!(code == 1 && said.contains("no file says what that is"), "{said}");
    assert!(!said.contains("addresses of their subnets"), "{said}");
}

#[test]
fn a_first_site_says_where_groups_live() {
    let group = |id: &str, name: &str, vpc: &str, peer: &str| {
        json!({"GroupId": id, "GroupName": name, "VpcId": vpc, "OwnerId": "111122223333",
            "SecurityGroupArn": format!("arn:aws:ec2:eu-west-1:111122223333:security-group/{id}"),
            "IpPermissionsEgress": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": peer}]}],
            "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": peer}]}]})
    };
    let (one, two) = ("vpc-0123456789abcdef0", "vpc-0fedcba9876543210");
    let export = json!({"SecurityGroups": [group("sg-01", "web", one, "sg-02"), group("sg-02", "app", one, "sg-01"),
        group("sg-03", "far", two, "sg-01")]});
    let folder = folder_with("");
    std::fs::write(folder.path().join("export.json"), export.to_string()).unwrap();
    let arguments = ["import", "aws", "export.json", "--write", "first.seg", "--as-of", "2026-02-01"];
    let ran = segc(folder.path(), &arguments);
    assert_eq!(code(&ran), 0, "{}", text(&ran.stderr));
    let site = std::fs::read_to_string(folder.path().join("first.seg")).unwrap();
    for vpc in [one, two] {
        let words = format!("account = \"111122223333\"  region = \"eu-west-1\"  vpc = \"{vpc}\"");
        assert!(site.contains(&words), "{site}");
    }
    assert_eq!(site.matches("platform aws").count(), 2, "{site}");
    assert_eq!(site.lines().filter(|line| line.starts_with("allow ")).count(), 2, "{site}");
    assert!(site.contains("on another platform"), "{site}");
    let ran = segc(folder.path(), &["compile", "first.seg", "-o", "out", "--quiet"]);
    assert_eq!(code(&ran), 0, "{}", text(&ran.stderr));
}
