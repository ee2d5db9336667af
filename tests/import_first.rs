//! `segc import --write`: a first site never permits more than what is deployed, and lists what no line says.

use crate::drift::{categories, list, nsg, nsg_rule, policy};
use crate::support::command::{code, folder_with, segc, text};
use serde_json::{Value, json};

/// The text of the first site, and what it does not say.
fn first(kind: &str, exports: &[Value]) -> (String, String) {
    let folder = folder_with("");
    let files: Vec<String> = (0..exports.len()).map(|at| format!("{at}.json")).collect();
    for (name, export) in files.iter().zip(exports) {
        std::fs::write(folder.path().join(name), export.to_string()).unwrap();
    }
    let mut words = vec!["import", kind, "--write", "first.seg", "--as-of", "2026-02-01", "--format", "json"];
    words.extend(files.iter().map(String::as_str));
    let ran = segc(folder.path(), &words);
    assert_eq!(code(&ran), 0, "{}{}", text(&ran.stdout), text(&ran.stderr));
    let answer: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let site = std::fs::read_to_string(folder.path().join("first.seg")).unwrap();
    let ran = segc(folder.path(), &["compile", "first.seg", "-o", "out", "--quiet"]);
    assert_eq!(code(&ran), 0, "{}\n{site}", text(&ran.stderr));
    (site, answer["site"]["unsaid"].to_string())
}

/// The lines that permit something, without their reasons.
fn allows(site: &str) -> Vec<&str> {
    site.lines()
        .filter(|line| line.starts_with("allow "))
        .map(|line| line.split(" because").next().unwrap())
        .collect()
}

/// The policy with another id, state and service.
fn other(state: &str, port: u16) -> Value {
    let mut other = policy(state, json!({"name": "other", "extId": "22222222-0000-4000-8000-00000000000a"}));
    other["rules"][1]["spec"]["tcpServices"] = json!([{"startPort": port, "endPort": port}]);
    other
}

#[test]
fn rules_of_a_policy_that_blocks_nothing_open_nothing_in_one_that_blocks() {
    let enforced = policy("ENFORCE", json!({}));
    for state in ["SAVE", "MONITOR"] {
        for policies in [[enforced.clone(), other(state, 22)], [other(state, 22), enforced.clone()]] {
            let (site, unsaid) = first("nutanix", &[list(&policies), categories()]);
            assert_eq!(allows(&site).len(), 1, "{site}");
            assert!(allows(&site)[0].ends_with("tcp/443") && site.contains("enforce "), "{site}");
            assert!(unsaid.contains("permit nothing by themselves"), "{unsaid}");
        }
    }
    // Policies of one state add up.
    let (site, _) = first("nutanix", &[list(&[enforced, other("ENFORCE", 22)]), categories()]);
    assert_eq!(allows(&site).len(), 2, "{site}");
}

#[test]
fn a_wider_policy_that_blocks_is_not_undone() {
    let mut wide = other("ENFORCE", 22);
    for rule in wide["rules"].as_array_mut().unwrap() {
        rule["spec"]["securedGroupCategoryReferences"] = json!(["aaaaaaaa-0000-4000-8000-000000000001"]);
    }
    let (site, unsaid) = first("nutanix", &[list(&[policy("MONITOR", json!({})), wide]), categories()]);
    assert!(allows(&site).is_empty() && site.contains("enforce "), "{site}");
    assert!(unsaid.contains("permit nothing by themselves"), "{unsaid}");
}

#[test]
fn a_rule_among_members_beneath_a_deny_is_no_line() {
    let mut own = policy("ENFORCE", json!({}));
    let spec = &mut own["rules"][1]["spec"];
    spec.as_object_mut().unwrap().remove("srcSubnet");
    spec["srcCategoryReferences"] = spec["securedGroupCategoryReferences"].clone();
    let (site, unsaid) = first("nutanix", &[list(&[own]), categories()]);
    assert!(allows(&site).is_empty(), "{site}");
    assert!(unsaid.contains("the deny within the group beats"), "{unsaid}");
}

/// A network with one subnet behind the group of [`nsg`].
fn network() -> Value {
    let id = "/subscriptions/s/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/v";
    let group = nsg(json!([]))[0]["id"].clone();
    json!([{"name": "v", "id": id, "addressSpace": {"addressPrefixes": ["10.2.0.0/16"]}, "subnets": [
        {"name": "s", "id": format!("{id}/subnets/s"), "addressPrefix": "10.2.0.0/24", "networkSecurityGroup": {"id": group}}]}])
}

#[test]
fn the_first_rule_that_matches_decides_what_a_line_permits() {
    let rules = json!([
        nsg_rule("no", 100, "Inbound", "Deny", "10.0.5.0/24", "*"),
        nsg_rule("web", 200, "Inbound", "Allow", "10.0.4.0/22", "443"),
        nsg_rule("storage", 300, "Inbound", "Deny", "Storage", "*"),
        nsg_rule("maybe", 400, "Inbound", "Allow", "192.0.2.0/24", "80"),
        nsg_rule("tag", 500, "Inbound", "Allow", "AzureResourceManager", "443"),
        nsg_rule("closing", 4096, "Inbound", "Deny", "*", "*"),
        nsg_rule("closing-out", 4096, "Outbound", "Deny", "*", "*"),
    ]);
    let (site, unsaid) = first("azure", &[nsg(rules), network()]);
    assert!(site.contains("cidr = 10.0.4.0/24, 10.0.6.0/23"), "{site}");
    assert!(site.contains("segment nsg-acme-app on imported { cidr = 10.2.0.0/24 }"), "{site}");
    assert_eq!(allows(&site).len(), 1, "{site}");
    // Both lie beneath a deny by a tag, which may hold any address and what another tag holds.
    assert_eq!(unsaid.matches("may take away").count(), 2, "{unsaid}");
}

#[test]
fn parts_of_a_network_and_its_groups_are_roles_of_their_own() {
    let mut part = nsg_rule("part", 200, "Inbound", "Allow", "10.1.0.0/16", "443");
    part["destinationAddressPrefix"] = json!("10.2.0.4/32");
    let closing = || {
        [nsg_rule("c", 4096, "Inbound", "Deny", "*", "*"), nsg_rule("o", 4096, "Outbound", "Deny", "*", "*")]
    };
    let rules = |rule: Value| Value::from_iter([rule].into_iter().chain(closing()));
    let (site, _) = first("azure", &[nsg(rules(part.clone())), network()]);
    assert_eq!(site.matches("membership = subnet").count(), 2, "{site}");
    assert!(
        site.contains("{ cidr = 10.2.0.4/32  membership = subnet }") && allows(&site).len() == 1,
        "{site}"
    );
    let asg = "/subscriptions/s/resourceGroups/RG/providers/Microsoft.Network/applicationSecurityGroups/web";
    part["destinationAddressPrefix"] = Value::Null;
    part["destinationApplicationSecurityGroups"] = json!([{"id": asg}]);
    let (site, _) = first("azure", &[nsg(rules(part.clone())), network()]);
    assert!(allows(&site)[0].contains("-> web : tcp/443, udp/443"), "{site}");
    // Addresses of the network beside groups: nobody knows which machines these are.
    let mut both = nsg_rule("both", 300, "Inbound", "Allow", "10.1.0.0/16", "80");
    both["destinationAddressPrefix"] = json!("10.2.0.4/32");
    let (site, unsaid) =
        first("azure", &[nsg(Value::from_iter([part, both].into_iter().chain(closing()))), network()]);
    assert_eq!(allows(&site).len(), 1, "{site}");
    assert!(unsaid.contains("nothing says which machines"), "{unsaid}");
}

#[test]
fn what_the_platform_lets_pass_by_itself_is_listed() {
    let rules = json!([nsg_rule("web", 200, "Inbound", "Allow", "*", "443")]);
    let (site, unsaid) = first("azure", &[nsg(rules), network()]);
    assert!(site.contains("cidr = 0.0.0.0/0") && allows(&site).len() == 1, "{site}");
    assert!(unsaid.contains("all protocols") && unsaid.contains("their IPv4"), "{unsaid}");
}
