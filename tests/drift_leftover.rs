//! What `segc drift` says of things that it wrote once and that nothing compiles to any more, and of what others have beside
//! the site's own.

use crate::drift::{AWS, NUTANIX, categories, drift, groups, kinds, list, nsg_rule, other_policy, policy};
use crate::drift_doubt::{
    AZURE, SUBSCRIPTION, aside, azure_group, azure_name, foreign, named, remarks, site, tags,
};
use serde_json::{Value, json};

/// The groups of the site, and one that bears marks.
fn with_left_group(of: &str, platform: &str) -> Value {
    let mut export = groups();
    let mut left = export["SecurityGroups"][2].clone();
    left["GroupId"] = json!("sg-55");
    left["GroupName"] = json!("seg-acme-old");
    tags(&mut left, of, platform, "old");
    export["SecurityGroups"].as_array_mut().unwrap().push(left);
    export
}

#[test]
fn a_group_that_segc_made_and_nothing_compiles_to_is_a_difference() {
    for (of, platform, expected) in [
        ("acme", "cloud", (2, vec!["extra-point"])),
        // A platform that the site has no more.
        ("ACME", "gone", (2, vec!["extra-point"])),
        ("other", "cloud", (0, vec![])),
    ] {
        let (code, answer) = drift(AWS, &[with_left_group(of, platform)], &[]);
        assert_eq!((code, kinds(&answer)), expected, "{of} {platform} {answer:#}");
    }
    let (_, answer) = drift(AWS, &[with_left_group("acme", "cloud")], &[]);
    let one = &answer["drifts"][0];
    assert_eq!((&one["point"], &one["effect"]), (&json!("seg-acme-old"), &json!("opens")), "{one:#}");
    assert!(one["note"].as_str().unwrap().contains("nothing compiles to it"), "{one:#}");
    assert_eq!(foreign(&answer), 2, "{answer:#}");
    // Without a rule it opens nothing, and is left over all the same.
    let mut empty = with_left_group("acme", "cloud");
    empty["SecurityGroups"][4]["IpPermissions"] = json!([]);
    empty["SecurityGroups"][4]["IpPermissionsEgress"] = json!([]);
    let (code, answer) = drift(AWS, &[empty], &[]);
    assert_eq!((code, kinds(&answer)), (1, vec!["extra-point"]), "{answer:#}");
    // One that can't be read is ours, and not compared.
    let mut odd = with_left_group("acme", "cloud");
    odd["SecurityGroups"][4]["Color"] = json!("red");
    let (code, answer) = drift(AWS, &[odd], &[]);
    assert!(code == 1 && aside(&answer)[0].contains("seg-acme-old"), "{answer:#}");
}

#[test]
fn what_another_deployment_or_platform_has_is_not_judged() {
    let mut export = with_left_group("acme", "cloud");
    export["SecurityGroups"][4]["VpcId"] = json!("vpc-0fedcba9876543210");
    let stated = site(AWS, "vpc = \"vpc-0123456789abcdef0\"");
    let (code, answer) = drift(&stated, &[export], &[]);
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
    // A platform that was left out by the command.
    let two = format!("{AWS}\nplatform aws second {{ }}\nrole db : sql-server on second {{ }}\n");
    let export = with_left_group("acme", "second");
    let (code, answer) = drift(&two, std::slice::from_ref(&export), &["--platform", "cloud"]);
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
    let (_, answer) = drift(&two, &[export], &[]);
    assert!(kinds(&answer).contains(&"extra-point"), "{answer:#}");
}

#[test]
fn a_bound_group_says_which_deployment_is_compared() {
    let mut export = groups();
    for (at, name) in [(2, "web"), (3, "sql")] {
        export["SecurityGroups"][at]["GroupName"] = json!(format!("seg-acme-{name}"));
        tags(&mut export["SecurityGroups"][at], "acme", "cloud", name);
        export["SecurityGroups"][at]["VpcId"] = json!("vpc-0123456789abcdef0");
        let mut twin = export["SecurityGroups"][at].clone();
        twin["GroupId"] = json!(format!("sg-7{at}"));
        twin["VpcId"] = json!("vpc-0fedcba9876543210");
        export["SecurityGroups"].as_array_mut().unwrap().push(twin);
    }
    let binds = ["--bind", "seg-acme-web=sg-01", "--bind", "seg-acme-sql=sg-02"];
    let (code, answer) = drift(AWS, &[export], &binds);
    assert_eq!((code, kinds(&answer), foreign(&answer)), (0, vec![], 4), "{answer:#}");
}

#[test]
fn a_group_of_a_renamed_platform_is_told_once() {
    let mut export = groups();
    tags(&mut export["SecurityGroups"][2], "acme", "before", "web");
    let (code, answer) = drift(AWS, &[export], &[]);
    assert!(code != 0 && kinds(&answer).contains(&"missing-point"), "{answer:#}");
    assert!(!kinds(&answer).contains(&"extra-point"), "{answer:#}");
    assert!(answer["drifts"].to_string().contains("`before`"), "{answer:#}");
}

#[test]
fn an_azure_group_that_segc_made_is_left_over() {
    let name = azure_name(AZURE);
    let ours = named(azure_group(SUBSCRIPTION, "rg"), &name);
    let mut left = named(azure_group(SUBSCRIPTION, "rg"), "nsg-acme-hub-old");
    left["tags"] = json!({"segc-site": "acme", "segc-platform": "hub"});
    let (code, answer) = drift(AZURE, &[json!([ours, left])], &[]);
    assert_eq!((code, kinds(&answer)), (2, vec!["extra-point"]), "{answer:#}");
    left["subnets"] = json!([]);
    left["networkInterfaces"] = json!([]);
    let (code, answer) = drift(AZURE, &[json!([ours, left])], &[]);
    assert_eq!((code, kinds(&answer)), (1, vec!["extra-point"]), "{answer:#}");
    assert!(answer["drifts"][0]["note"].as_str().unwrap().contains("filters nothing"), "{answer:#}");
    left["tags"] = json!({"SEGC-Site": "acme", "Segc-Platform": "hub"});
    assert_eq!(kinds(&drift(AZURE, &[json!([ours, left])], &[]).1), ["extra-point"]);
    left["tags"]["SEGC-Site"] = json!("other");
    assert_eq!(drift(AZURE, &[json!([ours, left])], &[]).0, 0);
}

#[test]
fn a_group_of_an_answer_that_says_nothing_of_its_place_stands_nowhere() {
    let name = azure_name(AZURE);
    let mut ours = named(azure_group(SUBSCRIPTION, "rg"), &name);
    let other = named(azure_group(SUBSCRIPTION, "rg"), "somebody");
    ours.as_object_mut().unwrap().remove("subnets");
    let (code, answer) = drift(AZURE, &[json!([ours, other])], &[]);
    assert_eq!((code, kinds(&answer)), (2, vec!["detached"]), "{answer:#}");
    // A list of networks knows better.
    let subnet = json!({"id": "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/app",
        "addressPrefix": "10.2.0.0/24", "networkSecurityGroup": {"id": ours["id"]}});
    assert_eq!(drift(AZURE, &[json!([ours, other]), json!([subnet])], &[]).0, 0);
}

#[test]
fn a_group_before_another_network_is_remarked() {
    let name = azure_name(AZURE);
    let mut ours = named(azure_group(SUBSCRIPTION, "rg"), &name);
    let subnet = |network: &str| {
        json!([{"id": format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/{network}/subnets/a")}])
    };
    let stated = site(AZURE, "vnet = \"vnet-Citrix\"");
    ours["subnets"] = subnet("VNET-citrix");
    let (code, answer) = drift(&stated, &[json!([ours])], &[]);
    assert!(code == 0 && !remarks(&answer).contains("vnet"), "{answer:#}");
    ours["subnets"] = subnet("vnet-other");
    let (code, answer) = drift(&stated, &[json!([ours])], &[]);
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
    assert!(
        remarks(&answer).contains("vnet-other") && remarks(&answer).contains("vnet-citrix"),
        "{answer:#}"
    );
}

#[test]
fn an_application_security_group_is_bound_by_its_whole_path() {
    let site = AZURE.replace("membership = subnet", "membership = asg");
    let name = azure_name(&site);
    let path = |asg: &str| {
        format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Network/applicationSecurityGroups/{asg}"
        )
    };
    let mut group = named(azure_group(SUBSCRIPTION, "rg"), &name);
    for rule in group["securityRules"].as_array_mut().unwrap().iter_mut().take(1) {
        rule["destinationAddressPrefix"] = Value::Null;
        rule["destinationApplicationSecurityGroups"] = json!([{"id": path("Renamed-Web")}]);
    }
    let found = |bind: &str| drift(&site, &[json!([group])], &["--bind", bind]);
    for id in [path("Renamed-Web"), "renamed-WEB".to_owned()] {
        let (code, answer) = found(&format!("asg-acme-web={id}"));
        assert_eq!((code, kinds(&answer)), (0, vec![]), "{id} {answer:#}");
    }
    // What is in no file is said, not ignored.
    let (code, _) = found(&format!("asg-acme-web={}", path("nobody")));
    assert!(code != 0);
}

const TIERS: [&str; 2] = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"];
const OTHER: [&str; 2] = ["aaaaaaaa-0000-4000-8000-000000000003", "aaaaaaaa-0000-4000-8000-000000000004"];

fn all_categories() -> Value {
    let mut all = categories();
    for (key, value, id) in [("AppTier", "Old", OTHER[0]), ("AppType", "Shared", OTHER[1])] {
        all["data"].as_array_mut().unwrap().push(json!({"key": key, "value": value, "extId": id}));
    }
    all
}

fn anybody() -> Value {
    json!([{"type": "APPLICATION", "spec": {"$objectType": "microseg.v4.config.ApplicationRuleSpec",
        "srcAllowSpec": "ALL", "isAllProtocolAllowed": true}}])
}

#[test]
fn a_policy_that_segc_wrote_is_left_over_and_one_of_the_sites_category_is_not_passed_over() {
    let ours = policy("MONITOR", json!({}));
    let found = |labels: &[&str], more: Value| {
        let other = other_policy(labels, anybody(), more);
        drift(NUTANIX, &[list(&[ours.clone(), other]), all_categories()], &[])
    };
    let mark = |site: &str| json!({"description": format!("Tier Old: old. Written by segc for dc1 of site {site}"), "state": "ENFORCE"});
    let (code, answer) = found(&[TIERS[0], OTHER[0]], mark("acme"));
    assert_eq!((code, kinds(&answer)), (2, vec!["extra-point"]), "{answer:#}");
    // Also on categories that the site has no more.
    let (code, answer) = found(&[OTHER[1], OTHER[0]], mark("Acme"));
    assert_eq!((code, kinds(&answer)), (2, vec!["extra-point"]), "{answer:#}");
    let (code, answer) = found(&[OTHER[1], OTHER[0]], mark("other"));
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
    // Another platform of the site with the same category, which the command leaves out.
    let second = format!("{NUTANIX}\nplatform nutanix dc2 {{ category = \"AppType:Citrix\" }}\n");
    let theirs = mark("acme")["description"].as_str().unwrap().replace("for dc1", "for dc2");
    let other = other_policy(&[TIERS[0], OTHER[0]], anybody(), json!({"description": theirs}));
    let (code, answer) =
        drift(&second, &[list(&[ours.clone(), other]), all_categories()], &["--platform", "dc1"]);
    assert_eq!((code, kinds(&answer), aside(&answer).len()), (0, vec![], 0), "{answer:#}");
    // Without a mark, on machines with the site's own category.
    let (code, answer) = found(&[TIERS[0], OTHER[0]], json!({}));
    assert!(code == 1 && aside(&answer)[0].contains("AppType:Citrix"), "{answer:#}");
}

#[test]
fn enforced_policies_of_other_categories_and_twins_are_remarked() {
    let ours = policy("MONITOR", json!({}));
    let other = other_policy(&[OTHER[1]], anybody(), json!({"state": "ENFORCE"}));
    let (code, answer) = drift(NUTANIX, &[list(&[ours.clone(), other]), all_categories()], &[]);
    assert_eq!((code, foreign(&answer)), (0, 1), "{answer:#}");
    assert!(remarks(&answer).contains("AppType:Shared"), "{answer:#}");
    let mut twin = ours.clone();
    twin["name"] = json!("twin");
    twin["extId"] = json!("22222222-0000-4000-8000-00000000000a");
    twin["rules"].as_array_mut().unwrap().remove(0);
    let (code, answer) = drift(NUTANIX, &[list(&[ours, twin]), all_categories()], &[]);
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
    assert!(remarks(&answer).contains("guards the same machines"), "{answer:#}");
}

#[test]
fn a_rule_that_permits_what_it_denied_is_one_difference() {
    let mut flipped = policy("MONITOR", json!({}));
    flipped["rules"][0]["spec"]["securedGroupAction"] = json!("ALLOW");
    let (code, answer) = drift(NUTANIX, &[list(&[flipped]), categories()], &[]);
    assert_eq!((code, kinds(&answer)), (2, vec!["widened"]), "{answer:#}");
    let name = azure_name(AZURE);
    let mut group = named(azure_group(SUBSCRIPTION, "rg"), &name);
    group["securityRules"][0]["access"] = json!("Deny");
    let (code, answer) = drift(AZURE, &[json!([group])], &[]);
    assert_eq!((code, kinds(&answer)), (1, vec!["narrowed"]), "{answer:#}");
    let mut group = named(azure_group(SUBSCRIPTION, "rg"), &name);
    group["securityRules"][1] = nsg_rule("closing", 4096, "Inbound", "Allow", "*", "*");
    let (code, answer) = drift(AZURE, &[json!([group])], &[]);
    assert_eq!((code, kinds(&answer)), (2, vec!["widened"]), "{answer:#}");
}
