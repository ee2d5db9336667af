//! What Terraform, or a reviewer of its plans, would refuse in a document, whatever the provider.
//!
//! Source: Terraform Language, "JSON Configuration Syntax", "Configuration Syntax", "Provider Requirements"; read 2026-11.

use serde_json::Value;

use super::Findings;
use crate::support::json;

/// Adds what is wrong with a document.
pub(crate) fn lint(document: &Value, findings: &mut Findings) {
    let known = ["//", "terraform", "variable", "data", "resource"];
    findings.unknown_keys(document, &known, "document");
    let providers = document.pointer("/terraform/required_providers").and_then(Value::as_object);
    let pins: Vec<&Value> = providers.into_iter().flatten().map(|(_, provider)| provider).collect();
    findings.when(pins.len() != 1, "document", "not one provider");
    for pin in pins {
        let version = json::text(pin, "version");
        let is_bounded = version.contains(">=") && version.contains('<');
        findings.when(!is_bounded, "document", format!("the provider's release is `{version}`"));
    }
    for (block, kind, label, body) in blocks(document) {
        let place = format!("{block}.{kind}.{label}");
        let is_identifier = label.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
        findings.when(!is_identifier, &place, "the label is no identifier");
        for reference in references(body) {
            findings.when(!is_known(document, &reference), &place, format!("`{reference}` is nowhere"));
        }
    }
}

/// Every data source and resource with its block, type and label.
fn blocks(document: &Value) -> Vec<(&str, &str, &str, &Value)> {
    let mut found = Vec::new();
    for block in ["data", "resource"] {
        let kinds = document.get(block).and_then(Value::as_object).into_iter().flatten();
        for (kind, labelled) in kinds {
            let labelled = labelled.as_object().into_iter().flatten();
            found.extend(labelled.map(|(label, body)| (block, kind.as_str(), label.as_str(), body)));
        }
    }
    found
}

/// What is evaluated in a value, without conditions about the block itself.
fn references(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => {
            let plain = text.replace("$${", "").replace("%%{", "");
            let parts = plain.split("${").skip(1).filter_map(|rest| rest.split('}').next());
            parts.filter(|part| !part.contains("self.")).map(str::to_owned).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(map) => map.values().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn is_known(document: &Value, reference: &str) -> bool {
    let parts: Vec<&str> = reference.split('.').collect();
    let pointer = match parts.as_slice() {
        ["var", name] => format!("/variable/{name}"),
        ["data", kind, label, ..] => format!("/data/{kind}/{label}"),
        [kind, label, "id" | "name"] => format!("/resource/{kind}/{label}"),
        _ => return false,
    };
    document.pointer(&pointer).is_some()
}
