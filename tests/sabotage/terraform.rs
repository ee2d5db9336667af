//! Damages of Terraform documents.

use super::{Damage, NOBODY, changed, elsewhere, items, swapped, without};
use serde_json::{Value, json};

const INGRESS: &str = "aws_vpc_security_group_ingress_rule";
const EGRESS: &str = "aws_vpc_security_group_egress_rule";
const NSG_RULE: &str = "azurerm_network_security_rule";
const POLICY: &str = "nutanix_network_security_policy_v2";

/// The labels of the resources of a type.
fn labels(document: &Value, kind: &str) -> Vec<String> {
    let found = document.get("resource").and_then(|all| all.get(kind)).and_then(Value::as_object);
    found.into_iter().flatten().map(|(label, _)| label.clone()).collect()
}

/// Things that no provider's document may have, at a resource.
fn meta_arguments(document: &Value, pointer: &str, damages: &mut Vec<Damage>) {
    for (key, value) in [("count", json!(0)), ("for_each", json!({})), ("provider", json!("aws.other"))] {
        damages.push((format!("{pointer}: {key}"), changed(document, pointer, |v| v[key] = value)));
    }
}

pub(super) fn security_groups(document: &Value) -> Vec<Damage> {
    let mut damages = Vec::new();
    for label in labels(document, "aws_security_group") {
        let pointer = format!("/resource/aws_security_group/{label}");
        damages.push((format!("{pointer} gone"), without(document, &pointer)));
        damages.push((
            format!("{pointer} another name"),
            changed(document, &pointer, |v| v["name"] = json!(NOBODY)),
        ));
        damages.push((
            format!("{pointer} rules inside"),
            changed(document, &pointer, |v| v["egress"] = json!([])),
        ));
        meta_arguments(document, &pointer, &mut damages);
    }
    for (kind, other) in [(INGRESS, EGRESS), (EGRESS, INGRESS)] {
        for label in labels(document, kind) {
            let pointer = format!("/resource/{kind}/{label}");
            let rule = document.pointer(&pointer).unwrap();
            let mut add = |what: &str, damaged| damages.push((format!("{pointer}: {what}"), damaged));
            add("gone", without(document, &pointer));
            let mut turned = without(document, &pointer);
            turned["resource"][other][format!("{label}_turned")] = rule.clone();
            add("turned", turned);
            let all = |v: &mut Value| {
                v["ip_protocol"] = json!("-1");
                v.as_object_mut().unwrap().retain(|key, _| key != "from_port" && key != "to_port");
            };
            add("every protocol", changed(document, &pointer, all));
            add("evaluated", changed(document, &pointer, |v| v["ip_protocol"] = json!("${var.vpc_id}")));
            if matches!(rule["ip_protocol"].as_str(), Some("tcp" | "udp")) {
                add("wide port", changed(document, &pointer, |v| v["to_port"] = json!(65535)));
                let unused = |v: &mut Value| (v["from_port"], v["to_port"]) = (json!(7), json!(7));
                add("another port", changed(document, &pointer, unused));
            }
            for key in ["cidr_ipv4", "cidr_ipv6"].iter().filter(|key| rule.get(**key).is_some()) {
                let nowhere = elsewhere(rule[*key].as_str().unwrap());
                add("elsewhere", changed(document, &pointer, |v| v[*key] = json!(nowhere)));
                let everywhere = if nowhere.contains(':') { "::/0" } else { "0.0.0.0/0" };
                add("everywhere", changed(document, &pointer, |v| v[*key] = json!(everywhere)));
            }
            for key in ["prefix_list_id", "referenced_security_group_id"] {
                if rule.get(key).is_some() {
                    let nobody = format!("${{aws_security_group.{NOBODY}.id}}");
                    add("another end", changed(document, &pointer, |v| v[key] = json!(nobody)));
                }
            }
        }
    }
    damages
}

pub(super) fn network_security_groups(document: &Value) -> Vec<Damage> {
    let mut damages = Vec::new();
    for label in labels(document, "azurerm_network_security_group") {
        let pointer = format!("/resource/azurerm_network_security_group/{label}");
        damages.push((
            format!("{pointer} another name"),
            changed(document, &pointer, |v| v["name"] = json!("nsg-nobody")),
        ));
        damages.push((
            format!("{pointer} rules inside"),
            changed(document, &pointer, |v| v["security_rule"] = json!([])),
        ));
        meta_arguments(document, &pointer, &mut damages);
    }
    for label in labels(document, NSG_RULE) {
        let pointer = format!("/resource/{NSG_RULE}/{label}");
        let rule = document.pointer(&pointer).unwrap();
        let mut add = |what: &str, damaged| damages.push((format!("{label}: {what}"), damaged));
        add("gone", without(document, &pointer));
        let access = if rule["access"] == "Allow" { "Deny" } else { "Allow" };
        add("flipped", changed(document, &pointer, |v| v["access"] = json!(access)));
        let direction = if rule["direction"] == "Inbound" { "Outbound" } else { "Inbound" };
        add("turned", changed(document, &pointer, |v| v["direction"] = json!(direction)));
        let nobody = "${azurerm_network_security_group.nobody.name}";
        add(
            "of another group",
            changed(document, &pointer, |v| v["network_security_group_name"] = json!(nobody)),
        );
        if rule["access"] == "Deny" {
            continue;
        }
        add(
            "every port",
            changed(document, &pointer, |v| {
                v.as_object_mut().unwrap().retain(|key, _| !key.starts_with("destination_port"));
                v["destination_port_range"] = json!("*");
                v["protocol"] = json!("*");
            }),
        );
        for side in ["source", "destination"] {
            let emptied = |v: &mut Value, prefix: &str| {
                let is_side = |key: &String| key.starts_with(side) && !key.contains("port");
                v.as_object_mut().unwrap().retain(|key, _| !is_side(key));
                v[format!("{side}_address_prefix")] = json!(prefix);
            };
            add(&format!("{side} elsewhere"), changed(document, &pointer, |v| emptied(v, "203.0.113.0/24")));
            add(&format!("{side} a tag"), changed(document, &pointer, |v| emptied(v, "Batch")));
        }
    }
    damages
}

const SIDES: [(&str, &str); 3] = [
    ("src_category_references", "dest_category_references"),
    ("src_subnet", "dest_subnet"),
    ("src_address_group_references", "dest_address_group_references"),
];

pub(super) fn flow(document: &Value) -> Vec<Damage> {
    let mut damages = Vec::new();
    let sources = document["data"]["nutanix_categories_v2"].as_object().unwrap();
    for label in sources.keys() {
        let pointer = format!("/data/nutanix_categories_v2/{label}");
        damages.push((format!("{pointer} gone"), without(document, &pointer)));
        let nobody = json!("key eq 'AppTier' and value eq 'Nobody'");
        damages.push((
            format!("{pointer} another"),
            changed(document, &pointer, |v| v["filter"] = nobody.clone()),
        ));
    }
    for label in labels(document, POLICY) {
        let pointer = format!("/resource/{POLICY}/{label}");
        let policy = document.pointer(&pointer).unwrap();
        damages.push((format!("{pointer} gone"), without(document, &pointer)));
        let mut flag = |what: &str, value: Value| {
            damages.push((format!("{pointer} {what}"), changed(document, &pointer, |v| v[what] = value)));
        };
        flag("is_ipv6_traffic_allowed", json!(true));
        flag("type", json!("QUARANTINE"));
        flag("state", json!(if policy["state"] == "ENFORCE" { "MONITOR" } else { "ENFORCE" }));
        flag("count", json!(0));
        for (number, rule) in items(policy, "/rules").iter().enumerate() {
            of_rule(document, &format!("{pointer}/rules/{number}"), rule, &mut damages);
        }
    }
    damages
}

fn of_rule(document: &Value, place: &str, rule: &Value, damages: &mut Vec<Damage>) {
    let mut add = |what: &str, damaged| damages.push((format!("{place}: {what}"), damaged));
    if rule["type"] == "INTRA_GROUP" {
        let spec = format!("{place}/spec/0/intra_entity_group_rule_spec/0");
        add("allow", changed(document, &spec, |v| v["secured_group_action"] = json!("ALLOW")));
        return;
    }
    let spec = format!("{place}/spec/0/application_rule_spec/0");
    add("gone", without(document, place));
    add("no category", changed(document, &spec, |v| v["secured_group_category_references"] = json!([])));
    add("turned", changed(document, &spec, |v| swapped(v, &SIDES)));
    add(
        "every protocol",
        changed(document, &spec, |v| {
            v.as_object_mut().unwrap().retain(|key, _| !key.ends_with("_services"));
            v["is_all_protocol_allowed"] = json!(true);
        }),
    );
    let fields = document.pointer(&spec).unwrap();
    for list in ["tcp_services", "udp_services"] {
        if fields.get(list).is_some() {
            add(
                "wide port",
                changed(document, &format!("{spec}/{list}/0"), |v| v["end_port"] = json!(65535)),
            );
        }
    }
    for key in SIDES.iter().flat_map(|(a, b)| [*a, *b]).filter(|key| fields.get(*key).is_some()) {
        let other = |v: &mut Value| {
            v[0] = if key.ends_with("subnet") {
                json!({"value": "203.0.113.0", "prefix_length": 24})
            } else {
                json!(NOBODY)
            };
        };
        add("another peer", changed(document, &format!("{spec}/{key}"), other));
    }
}
