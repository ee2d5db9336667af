//! ARM's field rules and limits for network security groups.
//!
//! Source: Resource Manager reference `Microsoft.Network/networkSecurityGroups`; "Azure networking limits";
//! "Naming rules and restrictions for Azure resources"; read 2026-11.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Findings;
use crate::support::address::{Address, Family, Span, is_canonical_network};
use crate::support::artifacts::arm::{one_or_many, resolve, resource_name};
use crate::support::json;
use crate::support::service::parse_ports;

const NSG: &str = "Microsoft.Network/networkSecurityGroups";
const ASG: &str = "Microsoft.Network/applicationSecurityGroups";
const VERSIONS: [&str; 14] = [
    "2023-04-01",
    "2023-05-01",
    "2023-06-01",
    "2023-09-01",
    "2023-11-01",
    "2024-01-01",
    "2024-03-01",
    "2024-05-01",
    "2024-07-01",
    "2024-10-01",
    "2025-01-01",
    "2025-03-01",
    "2025-05-01",
    "2025-07-01",
];
const TAGS: [&str; 13] = [
    "VirtualNetwork",
    "Internet",
    "AzureLoadBalancer",
    "AzureCloud",
    "AzureActiveDirectory",
    "AzureResourceManager",
    "Storage",
    "AzureKeyVault",
    "AzureMonitor",
    "WindowsVirtualDesktop",
    "AzurePlatformDNS",
    "AzurePlatformIMDS",
    "AzurePlatformLKM",
];
/// Tags that take a region behind a dot.
const REGIONAL: [&str; 3] = ["AzureCloud", "Storage", "AzureKeyVault"];
const SIDES: [&str; 2] = ["source", "destination"];

/// Adds what Azure or a reviewer would refuse in a template.
pub(crate) fn lint(template: &Value, findings: &mut Findings) {
    let schema = json::text(template, "$schema");
    findings.when(
        !schema.contains("deploymentTemplate.json"),
        "template",
        "no $schema of a deployment template",
    );
    findings.when(
        json::text(template, "contentVersion").split('.').count() != 4,
        "template",
        "no contentVersion",
    );
    let resources = json::list(template, "resources");
    findings.when(resources.len() > 800, "template", "more than 800 resources");
    let of = |kind: &'static str| resources.iter().filter(move |one| json::text(one, "type") == kind);
    findings.when(of(ASG).count() > 3000, "template", "more than 3,000 application security groups");
    for kind in [NSG, ASG] {
        findings.repeated(of(kind).map(|one| json::text(one, "name")), "template", "name");
    }
    let locations: BTreeSet<&str> = resources.iter().map(|one| json::text(one, "location")).collect();
    findings.when(locations.len() > 1, "template", "groups in several locations");
    let groups: BTreeSet<String> = of(ASG).map(|one| json::text(one, "name").to_ascii_lowercase()).collect();
    for resource in resources {
        lint_resource(template, resource, &groups, findings);
    }
}

fn lint_resource(template: &Value, resource: &Value, groups: &BTreeSet<String>, findings: &mut Findings) {
    let name = resolve(template, json::text(resource, "name"));
    lint_name(name, findings);
    let version = json::text(resource, "apiVersion");
    findings.when(
        !VERSIONS.contains(&version),
        name,
        format!("apiVersion `{version}` is none of the stable ones"),
    );
    findings.when(json::text(resource, "location").is_empty(), name, "no location");
    match json::text(resource, "type") {
        NSG => lint_group(template, resource, name, groups, findings),
        ASG => {}
        other => findings.when(true, name, format!("resource type `{other}` is none that a policy needs")),
    }
}

/// 1 to 80 of letters, digits, `_ . -`; first a letter or digit, last a letter, digit or `_`.
fn lint_name(name: &str, findings: &mut Findings) {
    findings.length(name, 1, 80, name, "name");
    findings.characters(name, &|c| c.is_ascii_alphanumeric() || "_.-".contains(c), name, "name");
    findings.when(!name.starts_with(|c: char| c.is_ascii_alphanumeric()), name, "name begins with a mark");
    findings.when(
        !name.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        name,
        "name ends with a mark",
    );
}

fn lint_group(
    template: &Value,
    resource: &Value,
    name: &str,
    groups: &BTreeSet<String>,
    findings: &mut Findings,
) {
    let rules: Vec<&Value> = json::list(&resource["properties"], "securityRules").iter().collect();
    findings.when(rules.len() > 1000, name, "more than 1,000 rules");
    findings.repeated(rules.iter().map(|rule| json::text(rule, "name")), name, "rule name");
    let mut priorities = BTreeSet::new();
    let mut contents = BTreeSet::new();
    for rule in &rules {
        let properties = &rule["properties"];
        let direction = json::text(properties, "direction");
        let priority = properties.get("priority").and_then(Value::as_i64).unwrap_or(0);
        let place = format!("{name}/{}", json::text(rule, "name"));
        findings.when(
            !priorities.insert((direction, priority)),
            &place,
            format!("priority {priority} is given twice"),
        );
        lint_name(json::text(rule, "name"), findings);
        lint_rule(properties, &place, findings);
        findings.when(!contents.insert(content(properties)), &place, "the rule is given twice");
    }
    for side in SIDES {
        let sum: usize = rules.iter().map(|rule| addresses(&rule["properties"], side).len()).sum();
        findings.when(sum > 4000, name, format!("more than 4,000 {side} addresses"));
    }
    for direction in ["Inbound", "Outbound"] {
        lint_closing(&rules, direction, name, findings);
    }
    lint_groups(template, resource, name, &rules, groups, findings);
}

fn addresses<'a>(properties: &'a Value, side: &str) -> Vec<&'a str> {
    one_or_many(properties, &format!("{side}AddressPrefix"), &format!("{side}AddressPrefixes"))
}

fn group_names(properties: &Value, side: &str) -> Vec<String> {
    let listed = json::list(properties, &format!("{side}ApplicationSecurityGroups")).iter();
    listed.map(|group| resource_name(json::text(group, "id")).to_ascii_lowercase()).collect()
}

/// What a rule matches, without its name, number and text.
fn content(properties: &Value) -> String {
    let drop = ["priority", "description"];
    let mut parts: Vec<String> = properties
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| !drop.contains(&key.as_str()))
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    parts.sort();
    parts.join(" ")
}

/// The last rule of each direction denies everything, for the platform's own 65000 allows the whole network.
fn lint_closing(rules: &[&Value], direction: &str, name: &str, findings: &mut Findings) {
    let own =
        rules.iter().map(|rule| &rule["properties"]).filter(|one| json::text(one, "direction") == direction);
    let last = own.max_by_key(|one| one.get("priority").and_then(Value::as_i64));
    let closes = last.is_some_and(|last| {
        let stars = [
            "protocol",
            "sourcePortRange",
            "destinationPortRange",
            "sourceAddressPrefix",
            "destinationAddressPrefix",
        ];
        json::text(last, "access") == "Deny" && stars.iter().all(|key| json::text(last, key) == "*")
    });
    findings.when(!closes, name, format!("{direction} does not end with a rule that denies everything"));
}

fn lint_groups(
    template: &Value,
    resource: &Value,
    name: &str,
    rules: &[&Value],
    groups: &BTreeSet<String>,
    findings: &mut Findings,
) {
    let mut used = BTreeSet::new();
    for (rule, side) in rules.iter().flat_map(|rule| SIDES.iter().map(move |side| (rule, side))) {
        let names = group_names(&rule["properties"], side);
        findings.when(
            names.len() > 10,
            name,
            "more than 10 application security groups on one side of a rule",
        );
        findings.repeated(names.iter().map(String::as_str), name, "application security group");
        used.extend(names);
    }
    findings.when(used.len() > 100, name, "more than 100 application security groups in its rules");
    let awaited = json::list(resource, "dependsOn").iter().filter_map(Value::as_str);
    let awaited: BTreeSet<String> =
        awaited.map(|id| resource_name(resolve(template, id)).to_ascii_lowercase()).collect();
    for group in &used {
        findings.when(!groups.contains(group), name, format!("`{group}` is no group of the template"));
        findings.when(!awaited.contains(group), name, format!("no dependsOn for `{group}`"));
    }
}

fn lint_rule(properties: &Value, place: &str, findings: &mut Findings) {
    let text = |key: &str| json::text(properties, key);
    let mut known: Vec<String> =
        ["description", "priority", "direction", "access", "protocol"].map(str::to_owned).into();
    for side in SIDES {
        let fields =
            ["PortRange", "PortRanges", "AddressPrefix", "AddressPrefixes", "ApplicationSecurityGroups"];
        known.extend(fields.iter().map(|field| format!("{side}{field}")));
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    findings.unknown_keys(properties, &known, place);
    findings.length(text("description"), 1, 140, place, "description");
    let priority = properties.get("priority").and_then(Value::as_i64);
    findings.when(
        !priority.is_some_and(|n| (100..=4096).contains(&n)),
        place,
        format!("priority {priority:?}"),
    );
    findings.when(!["Inbound", "Outbound"].contains(&text("direction")), place, "no such direction");
    findings.when(!["Allow", "Deny"].contains(&text("access")), place, "no such access");
    let protocols = ["Tcp", "Udp", "Icmp", "Esp", "Ah", "*"];
    findings.when(!protocols.contains(&text("protocol")), place, format!("protocol `{}`", text("protocol")));
    for side in SIDES {
        lint_ports(properties, side, place, findings);
        lint_side(properties, side, place, findings);
    }
    let families: BTreeSet<Family> = SIDES
        .iter()
        .flat_map(|side| addresses(properties, side))
        .filter_map(Span::parse)
        .map(|span| span.family)
        .collect();
    findings.when(families.len() > 1, place, "IPv4 and IPv6 in one rule");
    let starts_with_bracket =
        json::strings(properties).iter().any(|s| s.starts_with('[') && !s.ends_with(']'));
    findings.when(starts_with_bracket, place, "a literal begins with `[`");
}

fn lint_ports(properties: &Value, side: &str, place: &str, findings: &mut Findings) {
    let (one, many) = (format!("{side}PortRange"), format!("{side}PortRanges"));
    let both = properties.get(&one).is_some() && properties.get(&many).is_some();
    let ports = one_or_many(properties, &one, &many);
    findings.when(both || ports.is_empty(), place, format!("{side} ports are not given once"));
    for port in &ports {
        findings.when(parse_ports(port).is_none(), place, format!("port `{port}`"));
    }
    findings.when(properties.get(&many).is_some() && ports.contains(&"*"), place, "`*` in a list of ports");
    let portless = ["Icmp", "Esp", "Ah", "*"].contains(&json::text(properties, "protocol"));
    findings.when(portless && ports != ["*"], place, "ports for a protocol that has none");
    let ranges: Vec<(u16, u16)> = ports.iter().filter_map(|port| parse_ports(port)).collect();
    let overlap =
        |(at, a): (usize, &(u16, u16))| ranges.iter().skip(at + 1).any(|b| a.0 <= b.1 && b.0 <= a.1);
    findings.when(ranges.iter().enumerate().any(overlap), place, "ports that overlap");
}

fn lint_side(properties: &Value, side: &str, place: &str, findings: &mut Findings) {
    let fields = [
        format!("{side}AddressPrefix"),
        format!("{side}AddressPrefixes"),
        format!("{side}ApplicationSecurityGroups"),
    ];
    let given = fields.iter().filter(|field| properties.get(field.as_str()).is_some()).count();
    findings.when(given != 1, place, format!("{side} is given in {given} ways, not one"));
    let single = properties.get(&fields[0]).is_some();
    let texts = addresses(properties, side);
    findings.when(
        texts.is_empty() && given == 1 && group_names(properties, side).is_empty(),
        place,
        "an empty side",
    );
    for text in &texts {
        let word = *text == "*" || is_tag(text);
        findings.when(word && !single, place, format!("`{text}` in a list of addresses"));
        let plain = is_canonical_network(text)
            || Address::parse(text).is_some()
            || text.contains('-') && Span::parse(text).is_some();
        findings.when(!word && !plain, place, format!("`{text}` is no canonical network, address or tag"));
    }
    let spans: Vec<Span> = texts.iter().filter_map(|text| Span::parse(text)).collect();
    let overlap = |(at, a): (usize, &Span)| spans.iter().skip(at + 1).any(|b| a.overlaps(*b));
    findings.when(spans.iter().enumerate().any(overlap), place, format!("{side} addresses overlap"));
}

fn is_tag(text: &str) -> bool {
    let (tag, region) = text.split_once('.').map_or((text, None), |(tag, region)| (tag, Some(region)));
    let regional = region
        .is_none_or(|region| REGIONAL.contains(&tag) && region.chars().all(|c| c.is_ascii_alphanumeric()));
    TAGS.contains(&tag) && regional
}
