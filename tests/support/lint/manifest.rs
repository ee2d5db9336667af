//! The manifest held to the files: digests, pointers, identities.

use super::Findings;
use crate::support::artifacts::{File, Output};
use crate::support::digest::sha256;
use crate::support::manifest::{ArtifactEntry, RuleEntry};

/// Adds what the manifest says wrongly.
pub(crate) fn lint(output: &Output, findings: &mut Findings) {
    let manifest = &output.manifest;
    for fault in &manifest.faults {
        findings.when(true, "manifest.json", fault.clone());
    }
    findings.repeated(
        manifest.artifacts.iter().map(|entry| entry.path.as_str()),
        "manifest.json",
        "artefact",
    );
    for entry in &manifest.artifacts {
        lint_digest(entry, output, findings);
    }
    for rule in &manifest.rules {
        lint_pointer(rule, output, findings);
    }
    for role in manifest.roles.values() {
        let target = manifest.artifacts.iter().find(|entry| role.platform.as_ref() == Some(&entry.platform));
        let known = match target.map(|entry| entry.target.as_str()) {
            Some("aws-sg") => !role.aws_groups.is_empty(),
            Some("azure-nsg") => role.nsgs.len() == 1,
            Some("nutanix-flow") => !role.categories.is_empty(),
            _ => true,
        };
        findings.when(
            !known,
            "manifest.json",
            format!("role `{}` has no identity on its platform", role.name),
        );
        // Source: Amazon VPC quotas, "Security groups per network interface", read 2026-11
        findings.when(
            role.aws_groups.len() > 5,
            "manifest.json",
            format!("role `{}` wears more than 5 groups", role.name),
        );
    }
}

fn file<'a>(output: &'a Output, path: &str) -> Option<&'a File> {
    output.files.iter().find(|file| file.path == path)
}

fn lint_digest(entry: &ArtifactEntry, output: &Output, findings: &mut Findings) {
    let found = file(output, &entry.path).map(|file| sha256(&file.bytes));
    findings.when(
        found.as_ref() != Some(&entry.sha256),
        &entry.path,
        "has another sha256 than the manifest says",
    );
}

fn lint_pointer(rule: &RuleEntry, output: &Output, findings: &mut Findings) {
    let resolves = file(output, &rule.artifact).is_some_and(|file| match &file.value {
        Some(value) => {
            rule.pointer.starts_with('/') && value.pointer(&rule.pointer).is_some_and(|v| v.is_object())
        }
        None => {
            let digits: String = rule.pointer.chars().filter(char::is_ascii_digit).collect();
            let rows = file.bytes.split(|byte| *byte == b'\n').count();
            digits.parse::<usize>().is_ok_and(|row| row < rows)
        }
    });
    let at =
        format!("rule `{}` points at `{}` of `{}`, which is nothing", rule.id, rule.pointer, rule.artifact);
    findings.when(!resolves, "manifest.json", at);
}
