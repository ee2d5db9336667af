//! Terraform JSON of the three platforms: documents in, the forms that their other readers know out.
//!
//! Terraform only carries what a provider sends, so each document is put into the form of the API behind it: what the
//! references stand for is looked up in the document, and escapes are undone.
//! Source: Terraform Language, "JSON Configuration Syntax"; documentation of the providers; read 2026-11.

use serde_json::{Map, Value, json};

use crate::support::json;

/// The resources of a type with their labels.
fn resources<'a>(document: &'a Value, block: &str, kind: &str) -> Vec<(&'a String, &'a Value)> {
    let found = document.get(block).and_then(|all| all.get(kind)).and_then(Value::as_object);
    found.into_iter().flatten().collect()
}

/// The text that Terraform makes of an argument.
pub(crate) fn evaluated(text: &str) -> String {
    text.replace("$${", "${").replace("%%{", "%{")
}

/// The parts of `${A.B.C}`.
fn reference(value: &Value) -> Option<Vec<&str>> {
    let inside = value.as_str()?.strip_prefix("${")?.strip_suffix('}')?;
    Some(inside.split('.').collect())
}

/// An object under new keys, where they are named; without the others.
fn renamed(object: &Value, names: &[(&str, &str)]) -> Map<String, Value> {
    let value = |key: &str| match object.get(key)? {
        Value::String(text) => Some(Value::String(evaluated(text))),
        other => Some(other.clone()),
    };
    names.iter().filter_map(|(old, new)| Some(((*new).to_owned(), value(old)?))).collect()
}

/// A template of the same groups and rules. The provider removes the egress that a new group has.
pub(crate) fn as_cloudformation(document: &Value) -> Value {
    let mut all = Map::new();
    for (label, group) in resources(document, "resource", "aws_security_group") {
        let mut properties = renamed(group, &[("name", "GroupName"), ("description", "GroupDescription")]);
        let nowhere = json!([{"IpProtocol": "-1", "CidrIp": "127.0.0.1/32"}]);
        properties.insert("SecurityGroupEgress".to_owned(), nowhere);
        all.insert(label.clone(), json!({"Type": "AWS::EC2::SecurityGroup", "Properties": properties}));
    }
    for (kind, of, side) in [
        ("aws_vpc_security_group_ingress_rule", "AWS::EC2::SecurityGroupIngress", "Source"),
        ("aws_vpc_security_group_egress_rule", "AWS::EC2::SecurityGroupEgress", "Destination"),
    ] {
        for (label, rule) in resources(document, "resource", kind) {
            let plain = [
                ("ip_protocol", "IpProtocol"),
                ("from_port", "FromPort"),
                ("to_port", "ToPort"),
                ("cidr_ipv4", "CidrIp"),
                ("cidr_ipv6", "CidrIpv6"),
            ];
            let mut properties = renamed(rule, &plain);
            let group = |key: &str| match reference(rule.get(key)?)?.as_slice() {
                ["aws_security_group", label, "id"] => Some(json!({"Fn::GetAtt": [label, "GroupId"]})),
                _ => None,
            };
            let list = |key: &str| match reference(rule.get(key)?)?.as_slice() {
                ["var", name] => Some(json!({ "Ref": name })),
                _ => None,
            };
            let references = [
                ("GroupId".to_owned(), group("security_group_id")),
                (format!("{side}SecurityGroupId"), group("referenced_security_group_id")),
                (format!("{side}PrefixListId"), list("prefix_list_id")),
            ];
            let known = references.into_iter().filter_map(|(key, value)| Some((key, value?)));
            properties.extend(known);
            all.insert(label.clone(), json!({"Type": of, "Properties": properties}));
        }
    }
    let parameter = |(name, variable): (&String, &Value)| {
        let (default, description) = (json::text(variable, "default"), json::text(variable, "description"));
        (name.clone(), json!({"Default": default, "Description": description}))
    };
    let variables = document.get("variable").and_then(Value::as_object).into_iter().flatten();
    let parameters: Map<String, Value> = variables.map(parameter).collect();
    json!({"Parameters": parameters, "Resources": all})
}

/// A template of the same groups and rules.
pub(crate) fn as_arm(document: &Value) -> Value {
    const ASG: &str = "azurerm_application_security_group";
    const NSG: &str = "azurerm_network_security_group";
    let name_of = |kind: &str, label: &str| {
        let group = document.get("resource")?.get(kind)?.get(label)?;
        Some(evaluated(json::text(group, "name")))
    };
    let asgs = resources(document, "resource", ASG).into_iter().map(|(_, asg)| {
        json!({"type": "Microsoft.Network/applicationSecurityGroups", "apiVersion": "2024-05-01",
            "name": json::text(asg, "name"), "properties": {}})
    });
    let nsgs = resources(document, "resource", NSG).into_iter().map(|(own, nsg)| {
        let rules = resources(document, "resource", "azurerm_network_security_rule");
        let rules = rules.into_iter().filter(|(_, rule)| {
            let group = rule.get("network_security_group_name").and_then(reference);
            group == Some(vec![NSG, own.as_str(), "name"])
        });
        let ids = |rule: &Value, key: &str| -> Vec<Value> {
            let id = |value: &Value| match reference(value)?.as_slice() {
                [ASG, label, "id"] => name_of(ASG, label),
                _ => None,
            };
            let names = json::list(rule, key).iter().map(|value| id(value).unwrap_or_default());
            names
                .map(|name| {
                    json!({"id": format!("[resourceId('Microsoft.Network/applicationSecurityGroups', '{name}')]")})
                })
                .collect()
        };
        let rule = |(_, rule): (&String, &Value)| {
            let mut properties = renamed(rule, &ARM_FIELDS);
            for (key, own) in [
                ("source_application_security_group_ids", "sourceApplicationSecurityGroups"),
                ("destination_application_security_group_ids", "destinationApplicationSecurityGroups"),
            ] {
                let found = ids(rule, key);
                if !found.is_empty() {
                    properties.insert(own.to_owned(), Value::Array(found));
                }
            }
            json!({"name": json::text(rule, "name"), "properties": properties})
        };
        let rules: Vec<Value> = rules.map(rule).collect();
        json!({"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01",
            "name": json::text(nsg, "name"), "properties": {"securityRules": rules}})
    });
    json!({"resources": asgs.chain(nsgs).collect::<Vec<Value>>()})
}

const ARM_FIELDS: [(&str, &str); 13] = [
    ("description", "description"),
    ("priority", "priority"),
    ("direction", "direction"),
    ("access", "access"),
    ("protocol", "protocol"),
    ("source_port_range", "sourcePortRange"),
    ("source_port_ranges", "sourcePortRanges"),
    ("source_address_prefix", "sourceAddressPrefix"),
    ("source_address_prefixes", "sourceAddressPrefixes"),
    ("destination_address_prefix", "destinationAddressPrefix"),
    ("destination_address_prefixes", "destinationAddressPrefixes"),
    ("destination_port_range", "destinationPortRange"),
    ("destination_port_ranges", "destinationPortRanges"),
];

/// A v4 document of the same groups and policies, with symbols for what is looked up.
pub(crate) fn as_flow_v4(document: &Value) -> Value {
    const GROUP: &str = "nutanix_address_groups_v2";
    let filter = |kind: &str, label: &str| {
        let source = document.get("data")?.get(kind)?.get(label)?;
        let filter = evaluated(json::text(source, "filter"));
        let values: Vec<String> = filter.split('\'').skip(1).step_by(2).map(str::to_owned).collect();
        Some(values)
    };
    let symbol = |value: &Value| -> Value {
        let text = match reference(value).unwrap_or_default().as_slice() {
            ["data", kind @ "nutanix_categories_v2", label, "categories[0]", "ext_id"] => {
                filter(kind, label).map(|values| format!("{{{{category:{}}}}}", values.join(":")))
            }
            ["data", GROUP, label, "address_groups[0]", "ext_id"] => {
                filter(GROUP, label).map(|values| format!("{{{{address-group:{}}}}}", values.join("")))
            }
            [GROUP, label, "id"] => document
                .pointer(&format!("/resource/{GROUP}/{label}/name"))
                .and_then(Value::as_str)
                .map(|name| format!("{{{{address-group:{}}}}}", evaluated(name))),
            _ => None,
        };
        Value::String(text.unwrap_or_default())
    };
    let groups = resources(document, "resource", GROUP).into_iter().map(|(_, group)| {
        let addresses: Vec<Value> = json::list(group, "ipv4_addresses").iter().map(address).collect();
        json!({"name": evaluated(json::text(group, "name")), "ipv4Addresses": addresses})
    });
    let policies = resources(document, "resource", "nutanix_network_security_policy_v2");
    let policies = policies.into_iter().map(|(_, policy)| {
        let fields = [
            ("name", "name"),
            ("description", "description"),
            ("type", "type"),
            ("state", "state"),
            ("scope", "scope"),
            ("is_hitlog_enabled", "isHitlogEnabled"),
            ("is_ipv6_traffic_allowed", "isIpv6TrafficAllowed"),
        ];
        let mut body = renamed(policy, &fields);
        let rules: Vec<Value> =
            json::list(policy, "rules").iter().map(|rule| flow_rule(rule, &symbol)).collect();
        body.insert("rules".to_owned(), Value::Array(rules));
        Value::Object(body)
    });
    json!({"addressGroups": groups.collect::<Vec<Value>>(), "policies": policies.collect::<Vec<Value>>()})
}

fn address(block: &Value) -> Value {
    json!({"value": block["value"], "prefixLength": block["prefix_length"]})
}

fn flow_rule(rule: &Value, symbol: &dyn Fn(&Value) -> Value) -> Value {
    let spec = &rule["spec"][0];
    let (form, fields) = match spec.get("intra_entity_group_rule_spec") {
        Some(fields) => ("microseg.v4.config.IntraEntityGroupRuleSpec", &fields[0]),
        None => ("microseg.v4.config.ApplicationRuleSpec", &spec["application_rule_spec"][0]),
    };
    let mut body = renamed(fields, &[("secured_group_action", "securedGroupAction")]);
    body.insert("$objectType".to_owned(), json!(form));
    for (key, own) in [
        ("secured_group_category_references", "securedGroupCategoryReferences"),
        ("src_category_references", "srcCategoryReferences"),
        ("dest_category_references", "destCategoryReferences"),
        ("src_address_group_references", "srcAddressGroupReferences"),
        ("dest_address_group_references", "destAddressGroupReferences"),
    ] {
        if fields.get(key).is_some() {
            let symbols: Vec<Value> = json::list(fields, key).iter().map(symbol).collect();
            body.insert(own.to_owned(), Value::Array(symbols));
        }
    }
    for (key, own) in [("src_subnet", "srcSubnet"), ("dest_subnet", "destSubnet")] {
        if let Some(block) = json::list(fields, key).first() {
            body.insert(own.to_owned(), address(block));
        }
    }
    for (key, own) in [("tcp_services", "tcpServices"), ("udp_services", "udpServices")] {
        if fields.get(key).is_some() {
            let ports = json::list(fields, key)
                .iter()
                .map(|ports| json!({"startPort": ports["start_port"], "endPort": ports["end_port"]}));
            body.insert(own.to_owned(), ports.collect());
        }
    }
    if fields.get("icmp_services").is_some() {
        // The provider sends a number that is absent as zero.
        let message = |message: &Value| {
            if message["is_all_allowed"] == true {
                return json!({"isAllAllowed": true});
            }
            let number = |key: &str| message.get(key).cloned().unwrap_or(json!(0));
            json!({"type": number("type"), "code": number("code")})
        };
        body.insert(
            "icmpServices".to_owned(),
            json::list(fields, "icmp_services").iter().map(message).collect(),
        );
    }
    json!({"type": rule["type"], "description": rule["description"], "spec": body})
}
