//! ARM templates: meaning and form.

use serde_json::{Value, json};

use super::{damage, expect, output, problems, role, set};
use crate::support::artifacts::Output;
use crate::support::judge::Verdict::{Allow, Deny, Partial};

fn roles() -> Value {
    let identity = |nsg: &str, asgs: &[&str]| json!({"azure-nsg": {"nsg": nsg, "asgs": asgs}});
    let mut api = role("azure-service", &[], Value::Null);
    api["known_by"] = json!({"tag": "AzureResourceManager"});
    json!({
        "vda": role("vda", &["10.40.8.0/24", "fd00:40::/64"], identity("nsg-vda", &["asg-vda"])),
        "files": role("file-server", &["10.40.9.0/27"], identity("NSG-files", &[])),
        "users": role("client", &["10.30.0.0/16"], Value::Null),
        "wide": role("client", &["10.30.0.0/15"], Value::Null),
        "probe": role("client", &["168.63.129.16/32"], Value::Null),
        "internet": role("internet", &[], Value::Null),
        "six": role("client", &["fd00:30::/32"], Value::Null),
        "api": api,
    })
}

fn rule(name: &str, priority: i64, direction: &str, access: &str, protocol: &str, port: &str) -> Value {
    json!({"name": name, "properties": {"description": "R-1", "priority": priority, "direction": direction,
        "access": access, "protocol": protocol, "sourcePortRange": "*", "destinationPortRange": port,
        "sourceAddressPrefix": "*", "destinationAddressPrefix": "*"}})
}

fn nsg(name: &str, rules: &[Value]) -> Value {
    let closing = [
        rule("close-in", 4096, "Inbound", "Deny", "*", "*"),
        rule("close-out", 4096, "Outbound", "Deny", "*", "*"),
    ];
    let all: Vec<&Value> = rules.iter().chain(&closing).collect();
    json!({"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01", "name": name,
        "location": "[parameters('location')]",
        "dependsOn": ["[resourceId('Microsoft.Network/applicationSecurityGroups', 'asg-vda')]"],
        "properties": {"securityRules": all}})
}

fn group_reference() -> Value {
    json!([{"id": "[resourceId('Microsoft.Network/applicationSecurityGroups', 'asg-vda')]"}])
}

fn template() -> Value {
    let mut users = rule("in-users", 100, "Inbound", "Allow", "Tcp", "2598");
    set(&mut users, "/properties/sourceAddressPrefix", json!("10.30.0.0/16"));
    set(&mut users, "/properties/destinationAddressPrefix", Value::Null);
    set(&mut users, "/properties/destinationApplicationSecurityGroups", group_reference());
    let mut files = rule("out-files", 100, "Outbound", "Allow", "Tcp", "445");
    set(&mut files, "/properties/destinationAddressPrefix", json!("10.40.9.0/27"));
    let mut api = rule("out-api", 110, "Outbound", "Allow", "Tcp", "443");
    set(&mut api, "/properties/destinationAddressPrefix", json!("AzureResourceManager"));
    let mut mounted = rule("in-vda", 100, "Inbound", "Allow", "Tcp", "445");
    set(&mut mounted, "/properties/sourceAddressPrefix", Value::Null);
    set(&mut mounted, "/properties/sourceApplicationSecurityGroups", group_reference());
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"location": {"type": "string", "defaultValue": "[resourceGroup().location]"}},
        "resources": [
            {"type": "Microsoft.Network/applicationSecurityGroups", "apiVersion": "2024-05-01", "name": "asg-vda",
                "location": "[parameters('location')]", "properties": {}},
            nsg("nsg-vda", &[users, files, api]),
            nsg("nsg-files", &[mounted]),
        ]
    })
}

/// Where the rules of the desktops' group stand.
const RULES: &str = "/resources/1/properties/securityRules";

fn read(template: &Value) -> Output {
    output("azure-nsg", "p/network-security-groups.arm.json", &roles(), template)
}

#[test]
fn both_ends_are_asked_and_groups_match_their_members() {
    let rows = [
        ("vda -> files : tcp/445", Allow),
        ("users -> files : tcp/445", Deny),
        ("files -> vda : tcp/2598", Deny),
        ("vda -> vda : tcp/2598", Deny),
        ("users -> vda : tcp/2598", Allow),
        ("users -> vda : udp/2598", Deny),
        ("wide -> vda : tcp/2598", Partial),
    ];
    expect(&read(&template()), &rows);
}

#[test]
fn the_lowest_number_decides() {
    let mut other = template();
    let mut deny = rule("cut", 99, "Inbound", "Deny", "*", "*");
    set(&mut deny, "/properties/sourceAddressPrefix", json!("10.30.7.0/24"));
    set(&mut other, &format!("{RULES}/-"), deny);
    expect(&read(&other), &[("users -> vda : tcp/2598", Partial)]);
    set(&mut other, &format!("{RULES}/5/properties/priority"), json!(101));
    expect(&read(&other), &[("users -> vda : tcp/2598", Allow)]);
}

#[test]
fn the_default_rules_stand_last() {
    let mut open = template();
    set(&mut open, RULES, json!([]));
    let rows = [
        ("users -> vda : tcp/1", Allow),
        ("internet -> vda : tcp/1", Deny),
        ("probe -> vda : tcp/1", Allow),
        ("vda -> users : tcp/1", Allow),
        ("vda -> internet : tcp/1", Allow),
    ];
    expect(&read(&open), &rows);
    expect(&read(&template()), &[("probe -> vda : tcp/1", Deny), ("vda -> internet : tcp/1", Deny)]);
}

#[test]
fn tags_match_who_is_known_by_them() {
    expect(&read(&template()), &[("vda -> api : tcp/443", Allow), ("vda -> users : tcp/443", Deny)]);
    let mut broad = template();
    set(&mut broad, &format!("{RULES}/2/properties/destinationAddressPrefix"), json!("Internet"));
    let rows = [
        ("vda -> api : tcp/443", Allow),
        ("vda -> internet : tcp/443", Allow),
        ("vda -> users : tcp/443", Deny),
    ];
    expect(&read(&broad), &rows);
    set(&mut broad, &format!("{RULES}/2/properties/destinationAddressPrefix"), json!("VirtualNetwork"));
    expect(&read(&broad), &[("vda -> api : tcp/443", Deny), ("vda -> users : tcp/443", Allow)]);
}

#[test]
fn a_star_covers_both_families_and_zero_only_one() {
    let mut wide = template();
    set(&mut wide, &format!("{RULES}/0/properties/sourceAddressPrefix"), json!("*"));
    expect(&read(&wide), &[("six -> vda : tcp/2598", Allow)]);
    set(&mut wide, &format!("{RULES}/0/properties/sourceAddressPrefix"), json!("0.0.0.0/0"));
    expect(&read(&wide), &[("six -> vda : tcp/2598", Deny), ("users -> vda : tcp/2598", Allow)]);
}

#[test]
fn ports_and_prefixes_come_in_lists_too() {
    let mut lists = template();
    let at = |field: &str| format!("{RULES}/0/properties/{field}");
    set(&mut lists, &at("destinationPortRange"), Value::Null);
    set(&mut lists, &at("destinationPortRanges"), json!(["443", "1494-2598"]));
    set(&mut lists, &at("sourceAddressPrefix"), Value::Null);
    set(&mut lists, &at("sourceAddressPrefixes"), json!(["10.30.0.0/16", "10.31.0.0/16"]));
    let rows = [
        ("wide -> vda : tcp/1494-2598", Allow),
        ("wide -> vda : tcp/443-1494", Partial),
        ("wide -> vda : tcp/444", Deny),
    ];
    expect(&read(&lists), &rows);
}

#[test]
fn icmp_is_met_by_rules_without_ports() {
    let mut ping = template();
    set(&mut ping, &format!("{RULES}/0/properties/protocol"), json!("Icmp"));
    expect(&read(&ping), &[("users -> vda : icmp", Deny)]);
    set(&mut ping, &format!("{RULES}/0/properties/destinationPortRange"), json!("*"));
    expect(&read(&ping), &[("users -> vda : icmp", Allow), ("users -> vda : tcp/1", Deny)]);
}

#[test]
fn a_rule_may_be_a_resource_of_its_own() {
    let mut apart = template();
    let mut child = rule("nsg-vda/in-more", 120, "Inbound", "Allow", "Udp", "2598");
    set(&mut child, "/type", json!("Microsoft.Network/networkSecurityGroups/securityRules"));
    set(&mut apart, "/resources/-", child);
    expect(&read(&apart), &[("users -> vda : udp/2598", Allow)]);
}

#[test]
fn rules_that_cannot_be_read_are_faults() {
    for (field, value) in [
        ("access", json!("allow?")),
        ("direction", Value::Null),
        ("sourcePortRange", json!("1-1023")),
        ("destinationPortRange", json!("80,443")),
        ("destinationAddressPrefix", json!("10.0.0.0/8")),
        ("sourceAddressPrefix", Value::Null),
    ] {
        let mut odd = template();
        set(&mut odd, &format!("{RULES}/0/properties/{field}"), value);
        assert_eq!(read(&odd).faults.len(), 1, "{field}");
    }
}

#[test]
fn damage_is_found() {
    let find = |template: &Value| problems(&read(template));
    let at = |field: &str| format!("{RULES}/0/properties/{field}");
    let long = "x".repeat(141);
    let groups: Vec<Value> =
        (0..11).map(|n| json!({"id": format!("[resourceId('t', 'asg-{n}')]")})).collect();
    let pointers: Vec<(String, Value, &str)> = vec![
        ("/$schema".into(), Value::Null, "no $schema"),
        ("/contentVersion".into(), json!("1"), "no contentVersion"),
        ("/resources/0/location".into(), json!("westeurope"), "several locations"),
        ("/resources/0/apiVersion".into(), json!("2020-01-01"), "apiVersion"),
        ("/resources/0/name".into(), json!("asg-other"), "`asg-vda` is no group of the template"),
        ("/resources/1/dependsOn".into(), Value::Null, "no dependsOn for `asg-vda`"),
        ("/resources/1/name".into(), json!("nsg-files"), "name `nsg-files` is given twice"),
        (format!("{RULES}/0/name"), json!("in users"), "' '"),
        (format!("{RULES}/0/name"), json!("-users"), "begins with a mark"),
        (format!("{RULES}/0/name"), json!("users."), "ends with a mark"),
        (format!("{RULES}/0/name"), json!("x".repeat(81)), "name has 81"),
        (format!("{RULES}/0/name"), json!("OUT-files"), "rule name `out-files` is given twice"),
        (format!("{RULES}/3"), Value::Null, "Inbound does not end with"),
        (format!("{RULES}/4/properties/protocol"), json!("Tcp"), "Outbound does not end with"),
        (at("description"), json!(long), "description has 141"),
        (at("priority"), json!(99), "priority Some(99)"),
        (at("priority"), json!("100"), "can't be read"),
        (at("priority"), json!(4096), "priority 4096 is given twice"),
        (at("direction"), json!("inbound"), "no such direction"),
        (at("access"), json!("ALLOW"), "no such access"),
        (at("protocol"), json!("TCP"), "protocol `TCP`"),
        (at("protocol"), json!("*"), "a protocol that has none"),
        (at("sourcePortRange"), Value::Null, "source ports are not given once"),
        (at("destinationPortRanges"), json!(["1"]), "destination ports are not given once"),
        (at("destinationPortRange"), json!("9-3"), "port `9-3`"),
        (at("destinationPortRange"), json!("70000"), "port `70000`"),
        (at("destinationPortRange"), json!("80,443"), "port `80,443`"),
        (at("sourceAddressPrefix"), json!("10.30.0.1/16"), "no canonical network"),
        (at("sourceAddressPrefix"), json!("10.30.0.0/40"), "no canonical network"),
        (at("sourceAddressPrefix"), json!("Virtualnetwork"), "no canonical network, address or tag"),
        (at("sourceAddressPrefix"), json!("Internet.westeurope"), "no canonical network, address or tag"),
        (at("sourceAddressPrefix"), Value::Null, "source is given in 0 ways"),
        (at("sourceAddressPrefixes"), json!(["10.1.0.0/16"]), "source is given in 2 ways"),
        (at("destinationAddressPrefix"), json!("*"), "destination is given in 2 ways"),
        (at("destinationApplicationSecurityGroups"), json!(groups), "more than 10"),
        (at("destinationApplicationSecurityGroups"), json!([]), "an empty side"),
        (at("destinationAdressPrefix"), json!("*"), "unknown key"),
        ("/resources/-".into(), json!({"type": "x", "name": "y"}), "none that a policy needs"),
    ];
    let rows: Vec<(&str, Value, &str)> =
        pointers.iter().map(|(p, v, w)| (p.as_str(), v.clone(), *w)).collect();
    damage(&template(), &rows, &find);
}

#[test]
fn damage_in_lists_is_found() {
    let mut good = template();
    set(&mut good, &format!("{RULES}/1/properties/destinationAddressPrefix"), Value::Null);
    set(
        &mut good,
        &format!("{RULES}/1/properties/destinationAddressPrefixes"),
        json!(["10.40.9.0/27", "10.41.0.0/16"]),
    );
    set(&mut good, &format!("{RULES}/1/properties/destinationPortRange"), Value::Null);
    set(&mut good, &format!("{RULES}/1/properties/destinationPortRanges"), json!(["445", "139"]));
    let find = |template: &Value| problems(&read(template));
    let (list, ports) = (
        format!("{RULES}/1/properties/destinationAddressPrefixes/-"),
        format!("{RULES}/1/properties/destinationPortRanges/-"),
    );
    let mut copy = good.pointer(&format!("{RULES}/1")).unwrap().clone();
    set(&mut copy, "/name", json!("copy"));
    set(&mut copy, "/properties/priority", json!(200));
    let copies = format!("{RULES}/-");
    let rows = [
        (list.as_str(), json!("10.40.9.0/28"), "destination addresses overlap"),
        (list.as_str(), json!("*"), "`*` in a list of addresses"),
        (list.as_str(), json!("Storage"), "`Storage` in a list of addresses"),
        (list.as_str(), json!("fd00::/16"), "IPv4 and IPv6 in one rule"),
        (ports.as_str(), json!("440-450"), "ports that overlap"),
        (ports.as_str(), json!("*"), "`*` in a list of ports"),
        (copies.as_str(), copy, "the rule is given twice"),
    ];
    damage(&good, &rows, &find);
}

#[test]
fn limits_of_a_group_are_counted() {
    let many = |count: usize| {
        let rules: Vec<Value> = (0..count)
            .map(|n| rule(&format!("r{n}"), 100 + n as i64, "Inbound", "Allow", "Tcp", &n.to_string()))
            .collect();
        let mut template = template();
        set(&mut template, "/resources/1", nsg("nsg-vda", &rules));
        problems(&read(&template))
    };
    assert_eq!(many(998), "");
    assert!(many(999).contains("more than 1,000 rules"));
    let mut wide = template();
    let list: Vec<String> = (0..4000).map(|n| format!("10.{}.{}.0/24", n / 250, n % 250)).collect();
    set(&mut wide, &format!("{RULES}/0/properties/sourceAddressPrefix"), Value::Null);
    set(&mut wide, &format!("{RULES}/0/properties/sourceAddressPrefixes"), json!(list));
    assert!(problems(&read(&wide)).contains("more than 4,000 source addresses"));
}

#[test]
fn limits_of_a_template_are_counted() {
    let asg = |n: usize| {
        json!({"type": "Microsoft.Network/applicationSecurityGroups", "apiVersion": "2024-05-01", "name": format!("a{n}"),
            "location": "[parameters('location')]", "properties": {}})
    };
    let mut many = template();
    (0..3000).for_each(|n| set(&mut many, "/resources/-", asg(n)));
    let found = problems(&read(&many));
    assert!(found.contains("more than 800 resources") && found.contains("more than 3,000"));
    let mut used = template();
    for n in 0..100 {
        let mut rule = rule(&format!("r{n}"), 200 + n, "Inbound", "Allow", "Tcp", "1");
        set(&mut rule, "/properties/sourceAddressPrefix", Value::Null);
        let id = format!("[resourceId('Microsoft.Network/applicationSecurityGroups', 'a{n}')]");
        set(&mut rule, "/properties/sourceApplicationSecurityGroups", json!([{"id": id}]));
        set(&mut used, &format!("{RULES}/-"), rule);
    }
    assert!(problems(&read(&used)).contains("more than 100 application security groups"));
}
