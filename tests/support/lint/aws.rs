//! CloudFormation's field rules, quotas and traps.
//!
//! Source: EC2 API reference and CloudFormation schemas of `AWS::EC2::SecurityGroup*`; Amazon VPC quotas; read 2026-11.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Findings;
use crate::support::address::is_canonical_network;
use crate::support::artifacts::cloudformation::reference;
use crate::support::json;
use crate::support::manifest::Manifest;

const GROUP: &str = "AWS::EC2::SecurityGroup";
const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";
const EGRESS: &str = "AWS::EC2::SecurityGroupEgress";

/// The longest name and description, in characters.
const LONGEST: usize = 255;
const RESOURCES: usize = 500;
const RULES_PER_DIRECTION: u64 = 60;

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c)
}

/// One rule wherever it is written.
struct Rule<'a> {
    group: &'a str,
    place: &'a str,
    egress: bool,
    inline: bool,
    properties: &'a Value,
}

/// Adds what AWS or a reviewer would refuse in a template.
pub(crate) fn lint(template: &Value, manifest: &Manifest, findings: &mut Findings) {
    let resources = json::entries(template, "Resources");
    let version = json::text(template, "AWSTemplateFormatVersion");
    findings.when(version != "2010-09-09", "template", "has no format version");
    findings.when(resources.len() > RESOURCES, "template", "more than 500 resources");
    for (id, resource) in &resources {
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric()) && id.len() <= LONGEST;
        findings.when(!plain, id, "logical id is not letters and digits");
        lint_resource(id, resource, findings);
    }
    let names = resources.iter().filter(|(_, one)| json::text(one, "Type") == GROUP);
    let names: Vec<&str> = names.map(|(_, one)| json::text(&one["Properties"], "GroupName")).collect();
    findings.repeated(names.into_iter(), "template", "group name");
    lint_references(template, findings);
    let rules = rules(&resources);
    rules.iter().for_each(|rule| lint_rule(rule, findings));
    lint_duplicates(&rules, findings);
    lint_quotas(template, &rules, manifest, findings);
    lint_default_egress(&resources, &rules, findings);
}

fn rules<'a>(resources: &[(&'a str, &'a Value)]) -> Vec<Rule<'a>> {
    let mut found = Vec::new();
    for (id, resource) in resources {
        let properties = &resource["Properties"];
        match json::text(resource, "Type") {
            kind @ (INGRESS | EGRESS) => {
                let group = properties.get("GroupId").and_then(reference).unwrap_or("");
                found.push(Rule { group, place: id, egress: kind == EGRESS, inline: false, properties });
            }
            GROUP => {
                for (key, egress) in [("SecurityGroupIngress", false), ("SecurityGroupEgress", true)] {
                    let inline = json::list(properties, key).iter();
                    found.extend(inline.map(|one| Rule {
                        group: id,
                        place: id,
                        egress,
                        inline: true,
                        properties: one,
                    }));
                }
            }
            _ => {}
        }
    }
    found
}

fn lint_resource(id: &str, resource: &Value, findings: &mut Findings) {
    let properties = &resource["Properties"];
    match json::text(resource, "Type") {
        GROUP => lint_group(id, properties, findings),
        "AWS::EC2::PrefixList" => lint_prefix_list(id, properties, findings),
        "AWS::EC2::VPCEndpoint" => {
            let interface = json::text(properties, "VpcEndpointType") == "Interface";
            let bare = json::list(properties, "SecurityGroupIds").is_empty();
            findings.when(interface && bare, id, "interface endpoint without a group of its own");
        }
        INGRESS | EGRESS => {}
        other => findings.when(true, id, format!("resource type `{other}` is none that a policy needs")),
    }
}

fn lint_group(id: &str, properties: &Value, findings: &mut Findings) {
    let known =
        ["GroupName", "GroupDescription", "VpcId", "SecurityGroupIngress", "SecurityGroupEgress", "Tags"];
    findings.unknown_keys(properties, &known, id);
    for key in ["GroupName", "GroupDescription"] {
        let text = json::text(properties, key);
        findings.length(text, 1, LONGEST, id, key);
        findings.characters(text, &is_name_character, id, key);
        findings.when(text.trim() != text, id, format!("{key} begins or ends with a space"));
    }
    findings.when(json::text(properties, "GroupName").starts_with("sg-"), id, "GroupName begins with `sg-`");
    findings.when(properties.get("VpcId").is_none(), id, "no VpcId");
    let tags = json::list(properties, "Tags");
    findings.when(tags.len() > 50, id, "more than 50 tags");
    findings.repeated(tags.iter().map(|tag| json::text(tag, "Key")), id, "tag");
    for tag in tags {
        findings.length(json::text(tag, "Key"), 1, 128, id, "tag key");
        findings.length(json::text(tag, "Value"), 0, 256, id, "tag value");
        findings.when(
            json::text(tag, "Key").to_ascii_lowercase().starts_with("aws:"),
            id,
            "tag key begins with `aws:`",
        );
    }
}

fn lint_prefix_list(id: &str, properties: &Value, findings: &mut Findings) {
    let entries = json::list(properties, "Entries");
    let most = properties.get("MaxEntries").and_then(Value::as_u64).unwrap_or(0);
    findings.when((entries.len() as u64) > most || most > 1000, id, "MaxEntries does not hold the entries");
    let v6 = json::text(properties, "AddressFamily") == "IPv6";
    for entry in entries {
        let cidr = json::text(entry, "Cidr");
        findings.when(!is_canonical_network(cidr), id, format!("`{cidr}` is no canonical network"));
        findings.when(cidr.contains(':') != v6, id, format!("`{cidr}` is not of the list's address family"));
    }
    findings.repeated(entries.iter().map(|entry| json::text(entry, "Cidr")), id, "entry");
}

/// Every `Ref` and `Fn::GetAtt` names something of the template.
fn lint_references(template: &Value, findings: &mut Findings) {
    let exists = |name: &str| {
        let within = |part: &str| template.get(part).is_some_and(|part| part.get(name).is_some());
        within("Resources") || within("Parameters") || name.starts_with("AWS::")
    };
    let is_reference = |value: &Value| value.get("Ref").is_some() || value.get("Fn::GetAtt").is_some();
    for found in json::objects(template, &is_reference) {
        let name = reference(found).unwrap_or("");
        findings.when(!exists(name), "template", format!("reference to `{name}`, which does not exist"));
    }
}

fn lint_rule(rule: &Rule<'_>, findings: &mut Findings) {
    let (properties, place) = (rule.properties, rule.place);
    let description = json::text(properties, "Description");
    findings.length(description, 1, LONGEST, place, "rule description");
    let allowed = |c: char| is_name_character(c) && c != '&';
    findings.characters(description, &allowed, place, "rule description");
    let side = if rule.egress { "Destination" } else { "Source" };
    let (group, list) = (format!("{side}SecurityGroupId"), format!("{side}PrefixListId"));
    let peers = ["CidrIp", "CidrIpv6", &group, &list];
    let count = peers.iter().filter(|key| properties.get(**key).is_some()).count();
    findings.when(count != 1, place, format!("{count} peers, not one"));
    let mut known = vec!["GroupId", "IpProtocol", "FromPort", "ToPort", "Description"];
    known.extend(peers);
    findings.unknown_keys(properties, &known, place);
    for (key, v6) in [("CidrIp", false), ("CidrIpv6", true)] {
        if let Some(cidr) = properties.get(key) {
            let text = cidr.as_str().unwrap_or("");
            let good = is_canonical_network(text) && text.contains(':') == v6;
            findings.when(!good, place, format!("{key} `{text}` is no canonical network of its family"));
        }
    }
    findings.when(
        rule.inline && properties.get(&group).is_some(),
        place,
        "a group named inside a group is a cycle",
    );
    lint_service(properties, place, findings);
}

fn lint_service(properties: &Value, place: &str, findings: &mut Findings) {
    let number = |key: &str| properties.get(key).and_then(Value::as_i64);
    let (from, to) = (number("FromPort"), number("ToPort"));
    let present = ["FromPort", "ToPort"].iter().filter(|key| properties.get(**key).is_some()).count();
    let good = match json::text(properties, "IpProtocol") {
        "tcp" | "udp" => {
            matches!((from, to), (Some(from), Some(to)) if 0 <= from && from <= to && to <= 65535)
        }
        "icmp" => matches!((from, to), (Some(-1), Some(-1)) | (Some(0..=255), Some(-1..=255))),
        "icmpv6" => {
            present == 0 || matches!((from, to), (Some(-1), Some(-1)) | (Some(0..=255), Some(-1..=255)))
        }
        "-1" => present == 0,
        other => {
            let plain =
                other.parse::<u8>().is_ok_and(|n| n.to_string() == other && ![1, 6, 17, 58].contains(&n));
            plain && present == 0
        }
    };
    let text = format!("protocol `{}` with ports {from:?} to {to:?}", json::text(properties, "IpProtocol"));
    findings.when(!good, place, text);
}

/// The peer of a rule as one text, whatever its spelling.
fn peer(properties: &Value) -> String {
    let keys = [
        "CidrIp",
        "CidrIpv6",
        "SourceSecurityGroupId",
        "DestinationSecurityGroupId",
        "SourcePrefixListId",
        "DestinationPrefixListId",
    ];
    let found = keys.iter().find_map(|key| properties.get(*key));
    found.map(|value| reference(value).map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
}

/// Group, direction, protocol, ports and peer are the identity of a rule; the description is not.
fn lint_duplicates(rules: &[Rule<'_>], findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    for rule in rules {
        let field = |key: &str| rule.properties.get(key).map(ToString::to_string).unwrap_or_default();
        let service = (field("IpProtocol").to_ascii_lowercase(), field("FromPort"), field("ToPort"));
        let identity = (rule.group, rule.egress, service, peer(rule.properties));
        findings.when(!seen.insert(identity), rule.place, "the rule is given twice");
    }
}

/// How much a rule counts in IPv4 and in IPv6.
fn weights(template: &Value, properties: &Value) -> (u64, u64) {
    if properties.get("CidrIp").is_some() {
        return (1, 0);
    }
    if properties.get("CidrIpv6").is_some() {
        return (0, 1);
    }
    let list = ["SourcePrefixListId", "DestinationPrefixListId"].iter().find_map(|key| properties.get(*key));
    let Some(list) = list else { return (1, 1) };
    let own = template.get("Resources").and_then(|all| all.get(reference(list).unwrap_or("")));
    let most = own.and_then(|own| own.get("Properties")?.get("MaxEntries")?.as_u64()).unwrap_or(1);
    (most, most)
}

fn lint_quotas(template: &Value, rules: &[Rule<'_>], manifest: &Manifest, findings: &mut Findings) {
    let mut used: BTreeMap<(&str, bool), (u64, u64)> = BTreeMap::new();
    for rule in rules {
        let (v4, v6) = weights(template, rule.properties);
        let sum = used.entry((rule.group, rule.egress)).or_default();
        *sum = (sum.0 + v4, sum.1 + v6);
    }
    for ((group, _), (v4, v6)) in &used {
        let over = (*v4).max(*v6) > RULES_PER_DIRECTION;
        findings.when(over, group, format!("{v4} IPv4 and {v6} IPv6 rules in one direction, more than 60"));
    }
    for role in manifest.roles.values() {
        for egress in [false, true] {
            let own = role.aws_groups.iter().filter_map(|group| used.get(&(group.as_str(), egress)));
            let sum: u64 = own.map(|(v4, v6)| *v4.max(v6)).sum();
            findings.when(sum > 1000, &role.name, "more than 1,000 rules on one interface");
        }
    }
}

/// Egress is always stated, and never as an allow-all beside rules of its own that would remove it.
fn lint_default_egress(resources: &[(&str, &Value)], rules: &[Rule<'_>], findings: &mut Findings) {
    for (id, _) in resources.iter().filter(|(_, one)| json::text(one, "Type") == GROUP) {
        let own = || rules.iter().filter(|rule| rule.group == *id && rule.egress);
        findings.when(
            !own().any(|rule| rule.inline),
            id,
            "no egress is stated in the group, so everything leaves",
        );
        let all = own().any(|rule| {
            json::text(rule.properties, "IpProtocol") == "-1"
                && ["0.0.0.0/0", "::/0"].iter().any(|world| peer(rule.properties).contains(world))
        });
        findings.when(
            all && own().any(|rule| !rule.inline),
            id,
            "an allow-all egress beside rules that remove it",
        );
    }
}
