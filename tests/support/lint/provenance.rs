//! The manifest as the map from any line of an artefact back to its reason: artefacts in, allow rules that no entry of
//! the manifest points at out.

use serde_json::Value;

use super::Finding;
use crate::support::artifacts::{File, Output, Spelling};
use crate::support::json;

/// Allow rules without an entry in the manifest.
pub(crate) fn unexplained(output: &Output) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in &output.files {
        let mut rules = Vec::new();
        if let Some(value) = &file.value {
            collect(value, String::new(), file.spelling, &mut rules);
        }
        let problem = |pointer: String| Finding {
            place: file.path.clone(),
            problem: format!("`{pointer}` permits something and the manifest does not say why"),
        };
        found.extend(rules.into_iter().filter(|pointer| !is_explained(output, file, pointer)).map(problem));
    }
    found
}

fn is_explained(output: &Output, file: &File, pointer: &str) -> bool {
    let own = output.manifest.rules.iter().filter(|rule| rule.artifact == file.path);
    let mut pointers = own.map(|rule| rule.pointer.as_str());
    pointers.any(|own| own == pointer || own.strip_prefix(pointer).is_some_and(|rest| rest.starts_with('/')))
}

/// Pointers to every allow rule below `value`.
fn collect(value: &Value, pointer: String, spelling: Spelling, found: &mut Vec<String>) {
    if permits(value, &pointer, spelling) {
        found.push(pointer);
        return;
    }
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect(inner, format!("{pointer}/{key}"), spelling, found);
            }
        }
        Value::Array(items) => {
            for (at, inner) in items.iter().enumerate() {
                collect(inner, format!("{pointer}/{at}"), spelling, found);
            }
        }
        _ => {}
    }
}

/// Whether an object is a rule that opens something; a probe's allow explains itself.
fn permits(value: &Value, pointer: &str, spelling: Spelling) -> bool {
    let kind = json::text(value, "type");
    match spelling {
        Spelling::CloudFormation => {
            let kind = json::text(value, "Type");
            kind == "AWS::EC2::SecurityGroupIngress" || kind == "AWS::EC2::SecurityGroupEgress"
        }
        Spelling::Arm => {
            let properties = value.get("properties").unwrap_or(&Value::Null);
            let probe = json::text(properties, "sourceAddressPrefix") == "AzureLoadBalancer";
            json::text(properties, "access") == "Allow" && !probe
        }
        Spelling::FlowV4 => kind == "APPLICATION" && value.get("spec").is_some(),
        Spelling::FlowV3 => {
            let parent = pointer.rsplit('/').nth(1).unwrap_or("");
            parent == "inbound_allow_list" || parent == "outbound_allow_list"
        }
        Spelling::Terraform => {
            let kind_of_resource = pointer.split('/').nth(2).unwrap_or("");
            let is_resource = pointer.starts_with("/resource/") && pointer.split('/').count() == 4;
            let is_probe = json::text(value, "source_address_prefix") == "AzureLoadBalancer";
            match kind_of_resource {
                "aws_vpc_security_group_ingress_rule" | "aws_vpc_security_group_egress_rule" => is_resource,
                "azurerm_network_security_rule" => {
                    is_resource && json::text(value, "access") == "Allow" && !is_probe
                }
                _ => kind == "APPLICATION" && value.get("spec").is_some(),
            }
        }
        Spelling::Csv | Spelling::Other => false,
    }
}
