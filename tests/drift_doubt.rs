//! What `segc drift` takes for its own, what it doesn't, and what it says where it can't know: things of one name in several
//! places, renamed things, things described twice, ids without a name.

use crate::drift::{AWS, NUTANIX, categories, drift, groups, kinds, list, nsg, nsg_rule, policy};
use serde_json::{Value, json};

/// The reports that the answer holds of what was not compared.
pub(crate) fn aside(answer: &Value) -> Vec<&str> {
    answer["not_compared"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

pub(crate) fn foreign(answer: &Value) -> usize {
    answer["compared"][0]["foreign"].as_array().unwrap().len()
}

pub(crate) fn remarks(answer: &Value) -> String {
    answer["compared"][0]["remarks"].to_string()
}

pub(crate) fn site(template: &str, attributes: &str) -> String {
    template
        .replace("platform aws cloud { }", &format!("platform aws cloud {{ {attributes} }}"))
        .replace("platform azure hub { }", &format!("platform azure hub {{ {attributes} }}"))
}

const VPC: &str = "vpc-0123456789abcdef0";

#[test]
fn a_group_of_our_name_elsewhere_is_another_one() {
    for (attributes, key, value) in [
        (format!("vpc = \"{VPC}\""), "VpcId", "vpc-0fedcba9876543210"),
        ("account = \"444455556666\"".to_owned(), "OwnerId", "111122223333"),
        ("region = eu-west-1".to_owned(), "SecurityGroupArn", "arn:aws:ec2:eu-west-2:1:security-group/sg-01"),
    ] {
        let mut export = groups();
        export["SecurityGroups"][2][key] = json!(value);
        let (code, answer) = drift(&site(AWS, &attributes), &[export.clone()], &[]);
        assert!(code != 0 && kinds(&answer).contains(&"missing-point"), "{key}: {answer:#}");
        assert!(answer["drifts"].to_string().contains("has its name"), "{answer:#}");
        // By hand it is taken all the same.
        let binds = ["--bind", "seg-acme-web=sg-01", "--bind", "seg-acme-sql=sg-02"];
        assert_eq!(drift(&site(AWS, &attributes), &[export], &binds).0, 0, "{key}");
    }
    // A VPC by its name is no fact that an export could hold against.
    assert_eq!(drift(&site(AWS, "vpc = \"vpc-citrix\""), &[groups()], &[]).0, 0);
}

#[test]
fn two_groups_of_our_name_are_told_apart_by_place_or_by_hand() {
    let mut export = groups();
    export["SecurityGroups"][2]["VpcId"] = json!(VPC);
    let mut other = export["SecurityGroups"][2].clone();
    other["GroupId"] = json!("sg-77");
    other["VpcId"] = json!("vpc-0fedcba9876543210");
    other["IpPermissions"] = json!([]);
    export["SecurityGroups"].as_array_mut().unwrap().push(other);
    let (code, answer) = drift(AWS, &[export.clone()], &[]);
    assert!(code != 0 && aside(&answer).iter().any(|one| one.contains("sg-01, sg-77")), "{answer:#}");
    assert_eq!(drift(AWS, &[export.clone()], &["--bind", "seg-acme-web=sg-01"]).0, 0);
    let (code, answer) = drift(&site(AWS, &format!("vpc = \"{VPC}\"")), &[export], &[]);
    assert_eq!((code, foreign(&answer)), (0, 3), "{answer:#}");
}

pub(crate) fn tags(group: &mut Value, site: &str, platform: &str, role: &str) {
    group["Tags"] = json!([{"Key": "segc:site", "Value": site}, {"Key": "segc:platform", "Value": platform},
        {"Key": "segc:role", "Value": role}]);
}

#[test]
fn a_renamed_group_with_our_tags_is_ours_and_one_with_other_tags_is_not() {
    let mut export = groups();
    tags(&mut export["SecurityGroups"][3], "acme", "cloud", "sql");
    let (code, answer) = drift(AWS, &[export.clone()], &[]);
    assert_eq!(code, 0, "{answer:#}");
    assert!(remarks(&answer).contains("was renamed"), "{answer:#}");
    // It is read, so what changes in it is told.
    export["SecurityGroups"][3]["IpPermissions"][0]["ToPort"] = json!(1500);
    let (code, answer) = drift(AWS, &[export], &[]);
    assert_eq!((code, kinds(&answer)), (2, vec!["widened"]), "{answer:#}");
    for (site, platform, role) in
        [("other", "cloud", "sql"), ("acme", "other", "sql"), ("acme", "cloud", "web")]
    {
        let mut export = groups();
        tags(&mut export["SecurityGroups"][3], site, platform, role);
        let (code, answer) = drift(AWS, &[export], &[]);
        assert!(
            code != 0 && kinds(&answer).contains(&"missing-point"),
            "{site} {platform} {role} {answer:#}"
        );
    }
    // A group of our name that another site's tags claim.
    let mut export = groups();
    tags(&mut export["SecurityGroups"][2], "other", "cloud", "web");
    assert!(drift(AWS, &[export], &[]).0 != 0);
}

#[test]
fn a_logical_id_of_another_stack_is_not_enough() {
    let mut export = groups();
    export["SecurityGroups"][3]["Tags"][1]["Value"] = json!("other");
    let (code, answer) = drift(AWS, &[export.clone()], &[]);
    assert!(code != 0 && aside(&answer).iter().any(|one| one.contains("sg-02")), "{answer:#}");
    assert_eq!(drift(AWS, &[export], &["--bind", "SgSql=sg-02"]).0, 0);
}

#[test]
fn our_own_name_beats_a_copied_tag() {
    let mut export = groups();
    export["SecurityGroups"][3]["GroupName"] = json!("seg-acme-sql");
    export["SecurityGroups"][2]["Tags"] = json!([{"Key": "Name", "Value": "seg-acme-sql"}]);
    assert_eq!(drift(AWS, &[export], &[]).0, 0);
}

const WITH_LIST: &str = r#"
site "acme" { effective = 2026-02-01 }
platform aws cloud { }
role web : windows-server on cloud { }
role partner : client { prefix-list = "partner" }
allow partner -> web : tcp/443 because "Portal"
"#;

fn with_list(id: &str) -> Value {
    json!({"SecurityGroups": [{"GroupId": "sg-01", "GroupName": "seg-acme-web", "IpPermissionsEgress": [],
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": id}]}]}]})
}

fn lists(ids: &[&str]) -> Value {
    let one = |id: &&str| json!({"PrefixListId": id, "PrefixListName": "partner", "OwnerId": "1"});
    json!({"PrefixLists": ids.iter().map(one).collect::<Vec<_>>()})
}

#[test]
fn two_lists_of_one_name_are_never_taken_for_one() {
    let group = with_list("pl-2");
    assert_eq!(drift(WITH_LIST, &[group.clone(), lists(&["pl-2"])], &[]).0, 0);
    let (code, answer) = drift(WITH_LIST, &[group.clone(), lists(&["pl-1", "pl-2"])], &[]);
    assert!(code == 1 && aside(&answer).iter().any(|one| one.contains("pl-1, pl-2")), "{answer:#}");
    let bound = |id: &str| drift(WITH_LIST, &[group.clone(), lists(&["pl-1", "pl-2"])], &["--bind", id]);
    assert_eq!(bound("partner=pl-2").0, 0);
    let (code, answer) = bound("partner=pl-1");
    assert_eq!((code, kinds(&answer)), (2, vec!["missing", "extra"]), "{answer:#}");
    // The same list in two files is one list.
    assert_eq!(drift(WITH_LIST, &[group, lists(&["pl-2"]), lists(&["pl-2"])], &[]).0, 0);
}

#[test]
fn a_pair_by_a_name_that_two_groups_have_says_nothing() {
    let mut export = groups();
    export["SecurityGroups"][3]["IpPermissions"][0]["UserIdGroupPairs"] =
        json!([{"GroupName": "seg-acme-web"}]);
    assert_eq!(drift(AWS, &[export.clone()], &[]).0, 0);
    let twin = json!({"GroupId": "sg-77", "GroupName": "seg-acme-web", "IpPermissions": [], "IpPermissionsEgress": []});
    export["SecurityGroups"].as_array_mut().unwrap().push(twin);
    assert!(drift(AWS, &[export], &["--bind", "seg-acme-web=sg-01"]).0 != 0);
}

#[test]
fn a_group_without_a_list_of_rules_is_refused_and_null_is_none() {
    let mut export = groups();
    export["SecurityGroups"][2].as_object_mut().unwrap().remove("IpPermissionsEgress");
    let (code, answer) = drift(AWS, &[export], &[]);
    assert!(code == 1 && aside(&answer).iter().any(|one| one.contains("IpPermissionsEgress")), "{answer:#}");
}

#[test]
fn what_is_given_twice_is_one_thing_and_what_differs_is_refused() {
    let (code, answer) = drift(AWS, &[groups(), groups()], &[]);
    assert_eq!((code, foreign(&answer)), (0, 2), "{answer:#}");
    let mut other = groups();
    other["SecurityGroups"][2]["IpPermissions"] = json!([]);
    let (code, answer) = drift(AWS, &[groups(), other], &[]);
    assert!(code == 1 && aside(&answer).iter().any(|one| one.contains("described twice")), "{answer:#}");
    // Of others it is nobody's business.
    let mut other = groups();
    other["SecurityGroups"][0]["IpPermissions"] =
        json!([{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]);
    other["SecurityGroups"][0]["IpPermissionsEgress"] = json!([]);
    assert_eq!(drift(AWS, &[groups(), other], &[]).0, 0);
}

#[test]
fn a_strange_rule_of_others_hurts_nobody() {
    let flat = json!({"SecurityGroupRules": [
        {"SecurityGroupRuleId": "sgr-1", "GroupId": "sg-99", "IsEgress": false, "IpProtocol": "tcp", "Strange": 1},
        {"GroupId": "sg-98", "IsEgress": 7}, {"IsEgress": false}]});
    let (code, answer) = drift(AWS, &[groups(), flat], &[]);
    assert_eq!(code, 0, "{answer:#}");
    let problems = answer["compared"][0]["foreign"].as_array().unwrap().iter();
    assert_eq!(problems.filter(|one| !one["problem"].is_null()).count(), 5, "{answer:#}");
}

pub(crate) const AZURE: &str = r#"
site "acme" { effective = 2026-02-01 }
platform azure hub { }
segment app on hub { cidr = 10.2.0.0/24 }
role web : windows-server on app { cidr = 10.2.0.0/24  membership = subnet }
role users : client { cidr = 10.1.0.0/16 }
allow users -> web : tcp/443 because "Portal"
"#;

pub(crate) const SUBSCRIPTION: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
const OTHER: &str = "11111111-1bf0-4dda-aec3-cb9272f09590";

/// The group of the site as it is compiled, in some place.
pub(crate) fn azure_group(subscription: &str, group: &str) -> Value {
    let mut rule = nsg_rule("r", 200, "Inbound", "Allow", "10.1.0.0/16", "443");
    rule["protocol"] = json!("Tcp");
    rule["destinationAddressPrefix"] = json!("10.2.0.0/24");
    let rules = json!([
        rule,
        nsg_rule("closing", 4096, "Inbound", "Deny", "*", "*"),
        nsg_rule("closing-out", 4096, "Outbound", "Deny", "*", "*"),
    ]);
    let mut one = nsg(rules)[0].clone();
    one["name"] = json!("nsg-acme-hub-app");
    one["resourceGroup"] = json!(group);
    one["subnets"] = json!([{"id": "/x"}]);
    one["id"] = json!(format!(
        "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/networkSecurityGroups/nsg-acme-hub-app"
    ));
    one
}

/// The compiled name of the group, which depends on the site's names.
pub(crate) fn azure_name(site: &str) -> String {
    let (_, answer) = drift(site, &[json!([])], &[]);
    answer["drifts"][0]["point"].as_str().unwrap().to_owned()
}

pub(crate) fn named(mut group: Value, name: &str) -> Value {
    let id = group["id"].as_str().unwrap().replace("nsg-acme-hub-app", name);
    group["id"] = json!(id);
    group["name"] = json!(name);
    group
}

#[test]
fn an_azure_group_of_another_place_is_not_ours() {
    let name = azure_name(AZURE);
    let group = |subscription: &str, place: &str| named(azure_group(subscription, place), &name);
    let (code, answer) = drift(AZURE, &[json!([group(SUBSCRIPTION, "rg")])], &[]);
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
    let stated = site(AZURE, "resource-group = RG");
    assert_eq!(drift(&stated, &[json!([group(SUBSCRIPTION, "rg")])], &[]).0, 0);
    for (attributes, ours, others) in [
        ("resource-group = rg".to_owned(), group(SUBSCRIPTION, "rg"), group(SUBSCRIPTION, "rg-2")),
        (format!("subscription = \"{SUBSCRIPTION}\""), group(SUBSCRIPTION, "rg"), group(OTHER, "rg")),
    ] {
        let stated = site(AZURE, &attributes);
        let (code, answer) = drift(&stated, &[json!([others])], &[]);
        assert_eq!((code, kinds(&answer)), (2, vec!["missing-point"]), "{answer:#}");
        assert!(answer["drifts"].to_string().contains("has its name"), "{answer:#}");
        let (code, answer) = drift(&stated, &[json!([others, ours])], &[]);
        assert_eq!((code, foreign(&answer)), (0, 1), "{answer:#}");
        // Where the site says nothing of its place, nobody knows.
        let (code, answer) = drift(AZURE, &[json!([others, ours])], &[]);
        assert!(code != 0 && kinds(&answer).is_empty() && !aside(&answer).is_empty(), "{answer:#}");
        let bind = format!("{name}={}", ours["id"].as_str().unwrap());
        assert_eq!(drift(AZURE, &[json!([others, ours])], &["--bind", &bind]).0, 0);
    }
}

#[test]
fn azure_groups_are_read_once_in_every_form() {
    let name = azure_name(AZURE);
    let flat = named(azure_group(SUBSCRIPTION, "rg"), &name);
    let rest = |one: &Value| {
        let rules: Vec<Value> = one["securityRules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| {
                let mut body = rule.clone();
                body.as_object_mut().unwrap().remove("name");
                json!({"name": rule["name"], "properties": body})
            })
            .collect();
        json!({"name": one["name"], "id": one["id"], "type": one["type"],
            "properties": {"securityRules": rules, "subnets": one["subnets"]}})
    };
    let both = [json!([flat]), json!({"value": [rest(&flat)], "nextLink": ""}), json!([flat])];
    assert_eq!(drift(AZURE, &both, &[]).0, 0);
    let mut other = flat.clone();
    other["securityRules"].as_array_mut().unwrap().remove(0);
    let (code, answer) = drift(AZURE, &[json!([flat]), json!([other])], &[]);
    assert!(code == 1 && aside(&answer).iter().any(|one| one.contains("described twice")), "{answer:#}");
}

/// The same, guarded by application security group.
fn azure_groups() -> String {
    AZURE.replace("membership = subnet", "membership = asg")
}

#[test]
fn an_application_security_group_of_another_place_is_another_one() {
    let name = azure_name(&azure_groups());
    let export = |subscription: &str, place: &str| {
        let mut group = named(azure_group(SUBSCRIPTION, "rg"), &name);
        let rule = &mut group["securityRules"][0];
        rule["destinationAddressPrefix"] = Value::Null;
        rule["destinationApplicationSecurityGroups"] = json!([{"id": format!(
            "/subscriptions/{subscription}/resourceGroups/{place}/providers/Microsoft.Network/applicationSecurityGroups/ASG-NAME"
        )}]);
        group
    };
    let (_, answer) = drift(&azure_groups(), &[json!([export(SUBSCRIPTION, "rg")])], &[]);
    let text = answer.to_string();
    let (_, rest) = text.split_once("the group `asg").unwrap();
    let asg = format!("asg{}", rest.split_once('`').unwrap().0);
    let ours = |subscription: &str, place: &str| {
        let text = json!([export(subscription, place)]).to_string().replace("ASG-NAME", &asg);
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(drift(&azure_groups(), &[ours(SUBSCRIPTION, "RG")], &[]).0, 0);
    for (subscription, place) in [(OTHER, "rg"), (SUBSCRIPTION, "rg-2")] {
        let export = ours(subscription, place);
        let (code, answer) = drift(&azure_groups(), std::slice::from_ref(&export), &[]);
        assert_eq!((code, kinds(&answer)), (2, vec!["missing", "extra"]), "{answer:#}");
        let path = &export[0]["securityRules"][0]["destinationApplicationSecurityGroups"][0]["id"];
        let bind = format!("{asg}={}", path.as_str().unwrap());
        assert_eq!(drift(&azure_groups(), &[export], &["--bind", &bind]).0, 0);
    }
}

#[test]
fn a_policy_whose_categories_nobody_explains_may_be_about_our_machines() {
    let mut other =
        policy("MONITOR", json!({"name": "other", "extId": "22222222-0000-4000-8000-00000000000a"}));
    for rule in other["rules"].as_array_mut().unwrap() {
        rule["spec"]["securedGroupCategoryReferences"] = json!(["dddddddd-0000-4000-8000-000000000001"]);
    }
    let (code, answer) = drift(NUTANIX, &[list(&[policy("MONITOR", json!({})), other]), categories()], &[]);
    assert_eq!(code, 1, "{answer:#}");
    assert!(aside(&answer).iter().any(|one| one.contains("--categories FILE")), "{answer:#}");
}

#[test]
fn a_rule_within_the_group_that_is_gone_is_told() {
    let mut gone = policy("MONITOR", json!({}));
    gone["rules"].as_array_mut().unwrap().remove(0);
    let (code, answer) = drift(NUTANIX, &[list(&[gone]), categories()], &[]);
    assert!(code == 2 && kinds(&answer).iter().all(|kind| *kind == "missing"), "{answer:#}");
    assert_eq!(answer["drifts"][0]["certain"], json!(false));
}

#[test]
fn a_state_that_blocks_neither_way_opens_and_closes_nothing() {
    let (code, answer) = drift(NUTANIX, &[list(&[policy("SAVE", json!({}))]), categories()], &[]);
    assert_eq!((code, kinds(&answer)), (1, vec!["state"]), "{answer:#}");
    assert_eq!(answer["drifts"][0]["effect"], json!("neither"));
    let (_, answer) = drift(NUTANIX, &[list(&[policy("ENFORCE", json!({}))]), categories()], &[]);
    assert_eq!(answer["drifts"][0]["effect"], json!("closes"));
}

fn with_group() -> Value {
    let mut ours = policy("MONITOR", json!({}));
    let spec = &mut ours["rules"][1]["spec"];
    spec.as_object_mut().unwrap().remove("srcSubnet");
    spec["srcAddressGroupReferences"] = json!(["bbbbbbbb-0000-4000-8000-000000000001"]);
    ours
}

fn address_group(id: u8, more: Value) -> Value {
    let mut group = json!({"extId": format!("bbbbbbbb-0000-4000-8000-00000000000{id}"), "name": format!("group-{id}"),
        "ipv4Addresses": [{"value": "10.1.0.0", "prefixLength": 16}], "links": null, "policyReferences": ["x"],
        "projectExtId": "p", "createdBy": "u"});
    for (key, value) in more.as_object().unwrap() {
        group[key] = value.clone();
    }
    group
}

#[test]
fn fields_of_groups_that_nobody_knows_are_refused_where_a_rule_of_ours_needs_them() {
    let compared =
        |groups: Value| drift(NUTANIX, &[list(&[with_group()]), categories(), json!({"data": groups})], &[]);
    assert_eq!(compared(json!([address_group(1, json!({}))])).0, 0);
    let wider = json!({"ipv6Ranges": [{"startIp": {"value": "fd00::1"}, "endIp": {"value": "fd00::ff"}}]});
    let (code, answer) = compared(json!([address_group(1, wider)]));
    assert_eq!((code, kinds(&answer)), (2, vec!["widened"]), "{answer:#}");
    for strange in [
        json!({"fqdns": ["x.example"]}),
        json!({"ipv4Addresses": [{"value": "10.1.0.1", "prefixLength": 16}]}),
    ] {
        let (code, answer) = compared(json!([address_group(1, strange.clone())]));
        assert!(code == 1 && aside(&answer).iter().any(|one| one.contains("group-1")), "{answer:#}");
        // A group that only others use is listed, and hurts nobody.
        let (code, answer) = compared(json!([address_group(1, json!({})), address_group(2, strange)]));
        assert_eq!((code, foreign(&answer)), (0, 1), "{answer:#}");
    }
    assert_eq!(compared(json!([address_group(1, json!({})), address_group(1, json!({}))])).0, 0);
    let (code, _) =
        compared(json!([address_group(1, json!({})), address_group(1, json!({"ipv4Addresses": []}))]));
    assert_eq!(code, 1);
}

#[test]
fn fields_of_service_groups_that_nobody_knows_are_refused() {
    let mut ours = policy("MONITOR", json!({}));
    let spec = &mut ours["rules"][1]["spec"];
    spec["tcpServices"] = Value::Null;
    spec["serviceGroupReferences"] = json!(["cccccccc-0000-4000-8000-000000000001"]);
    let group = |more: Value| {
        let mut group = json!({"extId": "cccccccc-0000-4000-8000-000000000001", "name": "https", "isSystemDefined": true,
            "tcpServices": [{"startPort": 443, "endPort": 443}]});
        for (key, value) in more.as_object().unwrap() {
            group[key] = value.clone();
        }
        json!({"data": [group]})
    };
    let compared = |group: Value| drift(NUTANIX, &[list(&[ours.clone()]), categories(), group], &[]).0;
    assert_eq!((compared(group(json!({}))), compared(group(json!({"sctpServices": [{}]})))), (0, 1));
}

#[test]
fn policies_are_counted_once_and_described_once() {
    let one = || list(&[policy("MONITOR", json!({}))]);
    assert_eq!(drift(NUTANIX, &[one(), one(), categories()], &[]).0, 0);
    // The first page twice is not both pages.
    let mut page = one();
    page["metadata"]["totalAvailableResults"] = json!(2);
    assert_eq!(drift(NUTANIX, &[page.clone(), page, categories()], &[]).0, 1);
    let (code, answer) = drift(NUTANIX, &[one(), list(&[policy("ENFORCE", json!({}))]), categories()], &[]);
    assert!(code == 1 && aside(&answer).iter().any(|one| one.contains("described twice")), "{answer:#}");
}

#[test]
fn a_renamed_category_can_be_bound_with_all_categories_given() {
    let renamed = json!({"data": [{"key": "AppType", "value": "Workplace", "extId": "aaaaaaaa-0000-4000-8000-000000000001"},
        {"key": "AppTier", "value": "Web", "extId": "aaaaaaaa-0000-4000-8000-000000000002"}]});
    let compared =
        |binds: &[&str]| drift(NUTANIX, &[list(&[policy("MONITOR", json!({}))]), renamed.clone()], binds);
    let (code, answer) = compared(&[]);
    assert!(code == 2 && kinds(&answer).contains(&"members"), "{answer:#}");
    for id in ["AAAAAAAA-0000-4000-8000-000000000001", "apptype:workplace"] {
        let (code, answer) = compared(&["--bind", &format!("AppType:Citrix={id}")]);
        assert_eq!((code, kinds(&answer)), (0, vec![]), "{id} {answer:#}");
    }
    assert_eq!(compared(&["--bind", "AppType:Citrix=AppType:Nothing"]).0, 2);
    // What is spelt like a bound name is then something else.
    let (code, answer) = drift(
        NUTANIX,
        &[list(&[policy("MONITOR", json!({}))]), categories()],
        &["--bind", "AppType:Citrix=AppTier:Web"],
    );
    assert!(code != 0, "{answer:#}");
}

#[test]
fn attachment_that_is_not_stated_is_said() {
    let name = azure_name(AZURE);
    let mut group = named(azure_group(SUBSCRIPTION, "rg"), &name);
    group.as_object_mut().unwrap().remove("subnets");
    let (code, answer) = drift(AZURE, &[json!([group])], &[]);
    assert_eq!(code, 0);
    assert!(remarks(&answer).contains("attachment not stated"), "{answer:#}");
}
