//! Shapes of exports that tools really write: templates of Azure, empty answers, answers of one page.

use crate::drift::{AWS, NUTANIX, drift, kinds};
use crate::drift_doubt::AZURE;
use serde_json::{Value, json};

fn name() -> String {
    let (_, answer) = drift(AZURE, &[json!([])], &[]);
    answer["drifts"][0]["point"].as_str().unwrap().to_owned()
}

/// What `az group export` writes, as far as the documents show it.
fn template(name: &str) -> Value {
    let rule = |name: &str,
                priority: u32,
                direction: &str,
                access: &str,
                source: &str,
                to: &str,
                port: &str| {
        json!({"name": name, "type": "Microsoft.Network/networkSecurityGroups/securityRules",
            "id": format!("[resourceId('Microsoft.Network/networkSecurityGroups/securityRules', parameters('nsg'), '{name}')]"),
            "properties": {"protocol": if port == "*" { "*" } else { "TCP" }, "sourcePortRange": "0-65535", "destinationPortRange": port,
                "sourceAddressPrefix": source, "destinationAddressPrefix": to, "access": access, "priority": priority,
                "direction": direction, "sourcePortRanges": [], "destinationPortRanges": [],
                "sourceAddressPrefixes": [], "destinationAddressPrefixes": []}})
    };
    let rules = json!([
        rule("r", 200, "Inbound", "Allow", "10.1.0.0/16", "10.2.0.0/24", "443"),
        rule("closing", 4096, "Inbound", "Deny", "*", "*", "*"),
        rule("closing-out", 4096, "Outbound", "Deny", "*", "*", "*"),
    ]);
    let apart: Vec<Value> = rules.as_array().unwrap().iter().map(|rule| {
        let name = format!("[concat(parameters('nsg'), '/{}')]", rule["name"].as_str().unwrap());
        json!({"type": rule["type"], "apiVersion": "2024-05-01", "name": name, "properties": rule["properties"],
            "dependsOn": ["[resourceId('Microsoft.Network/networkSecurityGroups', parameters('nsg'))]"]})
    }).collect();
    let mut resources = vec![
        json!({"type": "Microsoft.Network/networkSecurityGroups", "apiVersion": "2024-05-01", "name": "[parameters('nsg')]",
            "location": "westeurope", "properties": {"securityRules": rules}}),
        json!({"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-05-01", "name": "[parameters('vnet')]"}),
    ];
    resources.extend(apart);
    json!({"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0",
        "parameters": {"nsg": {"defaultValue": name, "type": "String"}, "vnet": {"defaultValue": "vnet", "type": "String"}},
        "variables": {}, "resources": resources})
}

#[test]
fn an_exported_template_is_resolved() {
    let template = template(&name());
    let (code, answer) = drift(AZURE, std::slice::from_ref(&template), &[]);
    assert_eq!((code, kinds(&answer)), (0, vec![]), "{answer:#}");
    // A rule that only stands apart is not in the group.
    let mut damaged = template.clone();
    damaged["resources"][2]["properties"]["destinationPortRange"] = json!("444");
    let (code, answer) = drift(AZURE, &[damaged], &[]);
    assert!(code == 1 && answer["not_compared"].to_string().contains("stands apart"), "{answer:#}");
    // Without its default value the name is nobody's.
    let mut unnamed = template;
    unnamed["parameters"]["nsg"] = json!({"type": "String"});
    let (code, answer) = drift(AZURE, &[unnamed], &[]);
    assert!(code != 0, "{answer:#}");
    let problem = answer["compared"][0]["foreign"][0]["problem"].as_str().unwrap_or_default().to_owned();
    assert!(
        problem.contains("expression") || !answer["not_compared"].as_array().unwrap().is_empty(),
        "{answer:#}"
    );
}

#[test]
fn some_source_ports_are_refused_and_all_are_any() {
    let mut some = template(&name());
    for at in [0, 2] {
        let rules = if at == 0 {
            &mut some["resources"][0]["properties"]["securityRules"][0]
        } else {
            &mut some["resources"][2]
        };
        rules["properties"]["sourcePortRange"] = json!("1024-65535");
    }
    let (code, answer) = drift(AZURE, &[some], &[]);
    assert!(code == 1 && answer["not_compared"].to_string().contains("source ports"), "{answer:#}");
}

#[test]
fn an_answer_without_anything_says_that_everything_is_missing() {
    for empty in [json!([]), json!({"value": []}), json!({"value": [], "nextLink": ""})] {
        let (code, answer) = drift(AZURE, &[empty], &[]);
        assert_eq!((code, kinds(&answer)), (2, vec!["missing-point"]), "{answer:#}");
    }
    for empty in [
        json!({"SecurityGroups": []}),
        json!({"SecurityGroups": [], "NextToken": ""}),
        json!({"SecurityGroups": [], "NextToken": null}),
    ] {
        let (code, answer) = drift(AWS, &[empty], &[]);
        assert_eq!((code, kinds(&answer)), (1, vec!["missing-point", "missing-point"]), "{answer:#}");
    }
    for empty in [
        json!({"data": [], "metadata": {"totalAvailableResults": 0}}),
        json!({"metadata": {"flags": [], "totalAvailableResults": 0}}),
        json!({"api_version": "3.1.0", "metadata": {"total_matches": 0}, "entities": []}),
    ] {
        let (code, answer) = drift(NUTANIX, &[empty], &[]);
        assert_eq!((code, kinds(&answer)), (2, vec!["missing-point"]), "{answer:#}");
    }
}
