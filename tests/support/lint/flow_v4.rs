//! Nutanix v4's field rules.
//!
//! Source: Nutanix v4 API description, namespace microseg (client 4.0 to 4.3), and prism for categories; read 2026-11.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Findings;
use crate::support::address::{Address, Family};
use crate::support::artifacts::flow_v4::{is_address_group, is_policy, network};
use crate::support::json;

const POLICY_KEYS: [&str; 10] = [
    "name",
    "description",
    "type",
    "state",
    "scope",
    "vpcReferences",
    "isHitlogEnabled",
    "isIpv6TrafficAllowed",
    "isIpv6AddressScope",
    "rules",
];
const PEERS: [&str; 7] = [
    "AllowSpec",
    "CategoryReferences",
    "EntityGroupReference",
    "Subnet",
    "Ipv6Subnet",
    "AddressGroupReferences",
    "CategoryAssociatedEntityType",
];
const SERVICES: [&str; 6] = [
    "tcpServices",
    "udpServices",
    "icmpServices",
    "icmpV6Services",
    "serviceGroupReferences",
    "isAllProtocolAllowed",
];

/// Letters, digits, spaces and the marks that Prism takes in a name.
pub(crate) fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || " _-.\\".contains(c)
}

/// Letters, digits, spaces and the marks that Prism takes in a description.
pub(crate) fn is_description_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || " _:.()-".contains(c)
}

/// A name of policies and groups: its length, its characters, its two ends.
pub(crate) fn lint_name(name: &str, most: usize, findings: &mut Findings) {
    findings.length(name, 1, most, name, "name");
    findings.characters(name, &is_name_character, name, "name");
    let end = |c: char| c.is_ascii_alphanumeric();
    findings.when(!name.starts_with(end) || !name.ends_with(end), name, "name begins or ends with a mark");
}

/// Adds what Prism Central or a reviewer would refuse in a document.
pub(crate) fn lint(document: &Value, findings: &mut Findings) {
    let policies = json::objects(document, &is_policy);
    findings.when(policies.is_empty(), "document", "no policy");
    findings.repeated(policies.iter().map(|policy| json::text(policy, "name")), "document", "policy");
    let groups = json::objects(document, &is_address_group);
    findings.repeated(groups.iter().map(|group| json::text(group, "name")), "document", "address group");
    for group in groups {
        lint_address_group(group, findings);
    }
    for policy in policies {
        lint_policy(policy, findings);
    }
}

fn lint_address_group(group: &Value, findings: &mut Findings) {
    let name = json::text(group, "name");
    lint_name(name, 64, findings);
    findings.length(json::text(group, "description"), 0, 1000, name, "description");
    findings.characters(json::text(group, "description"), &is_description_character, name, "description");
    let listed = json::list(group, "ipv4Addresses");
    findings.when(
        listed.is_empty() && json::list(group, "ipRanges").is_empty(),
        name,
        "an address group of nothing",
    );
    listed.iter().for_each(|subnet| lint_subnet(subnet, Family::V4, name, findings));
}

/// `{"value", "prefixLength"}` without host bits.
fn lint_subnet(subnet: &Value, family: Family, place: &str, findings: &mut Findings) {
    let network = network(subnet, "value", "prefixLength");
    let base = Address::parse(json::text(subnet, "value"));
    let good = matches!((network, base), (Some(span), Some(base)) if span.first == base.value && span.family == family);
    findings.when(
        !good || subnet.get("prefixLength").is_none(),
        place,
        format!("{subnet} is no canonical network"),
    );
}

fn lint_policy(policy: &Value, findings: &mut Findings) {
    let text = |key: &str| json::text(policy, key);
    let name = text("name");
    lint_name(name, 63, findings);
    findings.length(text("description"), 0, 512, name, "description");
    findings.characters(text("description"), &is_description_character, name, "description");
    findings.unknown_keys(policy, &POLICY_KEYS, name);
    findings.when(!["APPLICATION", "ISOLATION"].contains(&text("type")), name, "no such policy type");
    findings.when(!["SAVE", "MONITOR", "ENFORCE"].contains(&text("state")), name, "no such state");
    let scopes = ["ALL_VLAN", "ALL_VPC", "VPC_LIST"];
    findings.when(!scopes.contains(&text("scope")), name, "no such scope");
    findings.when(
        text("scope") == "VPC_LIST" && json::list(policy, "vpcReferences").is_empty(),
        name,
        "no VPCs",
    );
    let rules = json::list(policy, "rules");
    findings.when(rules.is_empty(), name, "no rules");
    let mut seen = BTreeSet::new();
    for rule in rules {
        findings.when(!seen.insert(rule["spec"].to_string()), name, "the rule is given twice");
        lint_rule(rule, name, findings);
    }
    lint_intra(rules, name, findings);
}

fn lint_rule(rule: &Value, name: &str, findings: &mut Findings) {
    findings.unknown_keys(rule, &["type", "description", "spec"], name);
    let description = json::text(rule, "description");
    findings.length(description, 1, 64, name, "rule description");
    findings.characters(description, &is_description_character, name, "rule description");
    let spec = &rule["spec"];
    let expected = match json::text(rule, "type") {
        "APPLICATION" => "ApplicationRuleSpec",
        "INTRA_GROUP" => "IntraEntityGroupRuleSpec",
        "TWO_ENV_ISOLATION" => "TwoEnvIsolationRuleSpec",
        "MULTI_ENV_ISOLATION" => "MultiEnvIsolationRuleSpec",
        _ => "",
    };
    let object = json::text(spec, "$objectType").strip_prefix("microseg.v4.config.");
    findings.when(
        object != Some(expected),
        name,
        format!("{} is no spec of its rule type", json::text(spec, "$objectType")),
    );
    for reference in json::strings(spec) {
        lint_symbol(reference, name, findings);
    }
    match expected {
        "ApplicationRuleSpec" => lint_application(spec, name, findings),
        "IntraEntityGroupRuleSpec" => {
            let known = ["$objectType", "securedGroupCategoryReferences", "securedGroupAction"];
            findings.unknown_keys(spec, &known, name);
            lint_ids(spec, "securedGroupCategoryReferences", name, findings);
        }
        _ => {}
    }
}

/// A list of ids that must be given: symbols or UUIDs, none twice.
fn lint_ids(spec: &Value, key: &str, name: &str, findings: &mut Findings) {
    let listed = json::list(spec, key);
    findings.when(listed.is_empty(), name, format!("{key} is empty"));
    findings.repeated(listed.iter().filter_map(Value::as_str), name, key);
    for id in listed {
        let text = id.as_str().unwrap_or("");
        let symbol = text.starts_with("{{") && text.ends_with("}}");
        findings.when(!symbol && !is_uuid(text), name, format!("`{text}` is neither a UUID nor a symbol"));
    }
}

fn is_uuid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

/// The key and value inside a category's symbol obey the rules of categories.
fn lint_symbol(text: &str, name: &str, findings: &mut Findings) {
    let Some(inside) = text.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")) else { return };
    if inside.strip_prefix("address-group:").or_else(|| inside.strip_prefix("service-group:")).is_some() {
        return;
    }
    let pair = inside.strip_prefix("category:").and_then(|pair| pair.split_once(':'));
    findings.when(pair.is_none(), name, format!("`{text}` is no symbol"));
    if let Some((key, value)) = pair {
        lint_category(key, value, name, findings);
    }
}

/// One category: lengths and characters of both halves.
pub(crate) fn lint_category(key: &str, value: &str, name: &str, findings: &mut Findings) {
    for part in [key, value] {
        findings.length(part, 1, 64, name, "category");
        findings.characters(part, &|c| !"/,!\"#%'()*+:;=?\\[]^&|".contains(c), name, "category");
        findings.when(part.starts_with('$'), name, "a category begins with `$`");
    }
}

fn lint_application(spec: &Value, name: &str, findings: &mut Findings) {
    let mut known: Vec<String> = ["$objectType", "securedGroupCategoryReferences"].map(str::to_owned).into();
    known.extend(SERVICES.map(str::to_owned));
    let sides: Vec<String> =
        ["src", "dest"].iter().flat_map(|side| PEERS.map(|peer| format!("{side}{peer}"))).collect();
    known.extend(sides.iter().cloned());
    findings.unknown_keys(spec, &known.iter().map(String::as_str).collect::<Vec<_>>(), name);
    lint_ids(spec, "securedGroupCategoryReferences", name, findings);
    let peers =
        sides.iter().filter(|field| !field.ends_with("EntityType") && spec.get(field.as_str()).is_some());
    let peers: Vec<&String> = peers.collect();
    findings.when(peers.len() != 1, name, format!("{} peers in a rule, not one", peers.len()));
    for peer in peers {
        match spec.get(peer) {
            Some(subnet) if peer.ends_with("Subnet") => {
                let family = if peer.ends_with("Ipv6Subnet") { Family::V6 } else { Family::V4 };
                lint_subnet(subnet, family, name, findings);
            }
            Some(Value::Array(_)) => lint_ids(spec, peer, name, findings),
            Some(word) if peer.ends_with("AllowSpec") => {
                findings.when(word != "ALL" && word != "NONE", name, format!("{peer} is {word}"));
            }
            _ => {}
        }
    }
    lint_services(spec, name, findings);
}

fn lint_services(spec: &Value, name: &str, findings: &mut Findings) {
    let given = SERVICES.iter().filter(|key| spec.get(**key).is_some()).count();
    let all = spec.get("isAllProtocolAllowed").and_then(Value::as_bool) == Some(true);
    findings.when(given == 0 || all && given > 1, name, "services are not given, or beside `all`");
    for key in ["tcpServices", "udpServices"] {
        findings.when(
            spec.get(key).is_some() && json::list(spec, key).is_empty(),
            name,
            format!("{key} is empty"),
        );
        lint_ranges(json::list(spec, key), ["startPort", "endPort"], name, findings);
    }
    for icmp in json::list(spec, "icmpServices") {
        let within = |key: &str, most: u64| icmp.get(key).and_then(Value::as_u64).is_none_or(|n| n <= most);
        findings.when(
            !within("type", 43) || !within("code", 15),
            name,
            format!("{icmp} is no ICMP type and code"),
        );
    }
}

/// Port ranges: both ends given, in order, in range, none overlapping another.
pub(crate) fn lint_ranges(ranges: &[Value], keys: [&str; 2], name: &str, findings: &mut Findings) {
    let mut read = Vec::new();
    for range in ranges {
        let ends = keys.map(|key| range.get(key).and_then(Value::as_u64).unwrap_or(u64::MAX));
        findings.when(ends[0] > ends[1] || ends[1] > 65535, name, format!("{range} is no port range"));
        read.push(ends);
    }
    read.sort_unstable();
    let overlap = read.windows(2).any(|pair| pair[1][0] <= pair[0][1]);
    findings.when(overlap, name, "port ranges overlap");
}

/// A secured group says what its members may do among themselves: an intra rule, or member-to-member rules.
fn lint_intra(rules: &[Value], name: &str, findings: &mut Findings) {
    let group = |rule: &Value, key: &str| -> BTreeSet<String> {
        json::list(&rule["spec"], key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let secured = |rule: &Value| group(rule, "securedGroupCategoryReferences");
    for rule in rules.iter().filter(|rule| json::text(rule, "type") == "APPLICATION") {
        let own = secured(rule);
        let stated = rules.iter().filter(|other| secured(other) == own).any(|other| {
            let to_self = ["srcCategoryReferences", "destCategoryReferences"]
                .iter()
                .any(|key| group(other, key) == own);
            json::text(other, "type") == "INTRA_GROUP" || to_self
        });
        findings.when(
            !stated,
            name,
            format!("{own:?} does not say what its members may do among themselves"),
        );
    }
}
