//! What is wrong with the form of artefacts: an output folder in, findings out (none when clean).
//!
//! Checked are the field tables of each platform, above all what no offline tool of the vendors notices.

mod aws;
mod azure;
mod flow_v3;
mod flow_v4;
mod manifest;
mod provenance;
mod terraform;

use std::collections::BTreeMap;

use serde_json::Value;

pub(crate) use provenance::unexplained;

use super::artifacts::{File, Output, Spelling};

/// One thing that a platform would refuse, or that a reviewer should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) place: String,
    pub(crate) problem: String,
}

/// Findings, gathered.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    /// Adds a finding when `wrong`.
    pub(crate) fn when(&mut self, wrong: bool, place: &str, problem: impl Into<String>) {
        if wrong {
            self.0.push(Finding { place: place.to_owned(), problem: problem.into() });
        }
    }

    /// Adds a finding for every name that occurs more than once when case is ignored.
    pub(crate) fn repeated<'a>(&mut self, names: impl Iterator<Item = &'a str>, place: &str, what: &str) {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        names.for_each(|name| *seen.entry(name.to_ascii_lowercase()).or_default() += 1);
        for (name, _) in seen.iter().filter(|(_, count)| **count > 1) {
            self.when(true, place, format!("{what} `{name}` is given twice"));
        }
    }

    /// Adds a finding for each key of an object that is not one of the known.
    pub(crate) fn unknown_keys(&mut self, value: &Value, known: &[&str], place: &str) {
        for key in value.as_object().into_iter().flat_map(|map| map.keys()) {
            self.when(!known.contains(&key.as_str()), place, format!("unknown key `{key}`"));
        }
    }

    /// Adds a finding when a text is shorter or longer than it may be, in characters.
    pub(crate) fn length(&mut self, text: &str, least: usize, most: usize, place: &str, what: &str) {
        let length = text.chars().count();
        self.when(
            length < least || length > most,
            place,
            format!("{what} has {length} characters, not {least} to {most}"),
        );
    }

    /// Adds a finding when a text has a character that it may not have.
    pub(crate) fn characters(&mut self, text: &str, allowed: &dyn Fn(char) -> bool, place: &str, what: &str) {
        if let Some(odd) = text.chars().find(|c| !allowed(*c)) {
            self.when(true, place, format!("{what} has the character {odd:?}"));
        }
    }
}

/// Every finding of an output folder.
pub(crate) fn lint(output: &Output) -> Vec<Finding> {
    let mut findings = Findings::default();
    for fault in &output.faults {
        findings.when(true, "reader", fault.clone());
    }
    manifest::lint(output, &mut findings);
    for file in &output.files {
        lint_file(file, output, &mut findings);
    }
    findings.0
}

fn lint_file(file: &File, output: &Output, findings: &mut Findings) {
    let ends_well = file.bytes.ends_with(b"\n") && !file.bytes.contains(&b'\r');
    findings.when(!ends_well && file.spelling != Spelling::Csv, &file.path, "not LF with a final newline");
    let Some(value) = &file.value else { return };
    match file.spelling {
        Spelling::CloudFormation => {
            findings.when(file.bytes.len() > 1024 * 1024, &file.path, "larger than 1 MiB");
            aws::lint(value, &output.manifest, findings);
        }
        Spelling::Arm => {
            findings.when(file.bytes.len() > 4 * 1024 * 1024, &file.path, "larger than 4 MB");
            azure::lint(value, findings);
        }
        Spelling::FlowV4 => flow_v4::lint(value, findings),
        Spelling::FlowV3 => flow_v3::lint(value, findings),
        Spelling::Terraform => terraform::lint(value, findings),
        Spelling::Csv | Spelling::Other => {}
    }
}
