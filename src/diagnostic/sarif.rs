//! Diagnostics as SARIF 2.1.0, the form that code scanning and editors take.
//!
//! In: sorted diagnostics and their sources. Out: one [`Log`] with one run: every code of the table as a rule, every
//! diagnostic as a result.
//!
//! A diagnostic that the site accepts belongs here as a result with `suppressions`; `result` is the one place that
//! makes results. As soon as one result has the key, each must have it, empty where nothing is accepted (3.27.23).
//!
//! Invariant: the texts of the site are shown as they are: braces and links, which mean something in SARIF messages, are
//! escaped. Nothing depends on the machine or the day of the run.
//!
//! Source: Static Analysis Results Interchange Format 2.1.0 plus Errata 01, OASIS, 28 August 2023, sections 3.11
//! (messages), 3.27 (results), 3.30 (regions), 3.49 (rules).

use super::codes::{CodeInfo, TABLE};
use super::{Code, Diagnostic, Label, ON_COMMAND_LINE};
use crate::source::{SourceFile, SourceMap, Span};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, is_separator};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The name of our fingerprint; its version changes when what it is made of does.
const FINGERPRINT: &str = "codeAndMessage/v1";

/// A whole document.
#[derive(Debug, Clone, Serialize)]
pub struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

/// One code of the table.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: String,
    name: &'static str,
    short_description: Text,
    full_description: Text,
    help: Help,
    default_configuration: Configuration,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
}

#[derive(Debug, Clone, Serialize)]
struct Text {
    text: String,
}

#[derive(Debug, Clone, Serialize)]
struct Help {
    text: String,
    markdown: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct Properties {
    tags: [String; 1],
}

/// One diagnostic.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    /// Empty for what nobody accepts: the standard wants all results to have the key, or none.
    suppressions: Vec<Suppression>,
}

/// Why the site lives with a result.
#[derive(Debug, Clone, Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Place,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Debug, Clone, Serialize)]
struct Artifact {
    uri: String,
}

/// From the first character to behind the last one, from 1.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

/// Puts diagnostics into a document.
pub fn log(diagnostics: &[Diagnostic], sources: &SourceMap) -> Log {
    let mut seen = BTreeMap::new();
    let version = env!("CARGO_PKG_VERSION");
    let rules = TABLE.iter().map(rule).collect();
    let driver = Driver { name: "segc", version, semantic_version: version, rules };
    let results = diagnostics.iter().map(|diagnostic| result(diagnostic, sources, &mut seen)).collect();
    Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run { tool: Tool { driver }, column_kind: "utf16CodeUnits", results }],
    }
}

fn rule(info: &CodeInfo) -> Rule {
    Rule {
        id: info.code.to_string(),
        name: info.name,
        short_description: Text { text: info.title.to_owned() },
        full_description: Text { text: meaning(info) },
        help: Help { text: format!("`segc explain {}` explains it", info.code), markdown: info.page },
        default_configuration: Configuration { level: info.severity.word() },
        properties: info.code.finding().map(|finding| Properties { tags: [finding] }),
    }
}

/// What stands under the first heading of a code's page, on one line; the title where the page has none.
fn meaning(info: &CodeInfo) -> String {
    let section = info.page.split("\n## ").nth(1).and_then(|section| section.split_once('\n'));
    let text = section.map_or(info.title, |(_, text)| text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn result(diagnostic: &Diagnostic, sources: &SourceMap, seen: &mut BTreeMap<String, usize>) -> Finding {
    let mut labels = diagnostic.labels.iter();
    let primary = labels.next().and_then(|label| location(label, None, sources));
    let related = labels.enumerate().filter_map(|(at, label)| location(label, Some(at + 1), sources));
    Finding {
        rule_id: diagnostic.code.to_string(),
        rule_index: TABLE.iter().position(|info| info.code == diagnostic.code),
        level: diagnostic.severity.word(),
        message: Text { text: escape(&message(diagnostic)) },
        locations: primary.or_else(|| whole_site(sources)).into_iter().collect(),
        related_locations: related.collect(),
        partial_fingerprints: BTreeMap::from([(
            FINGERPRINT,
            fingerprint(diagnostic.code, &diagnostic.message, seen),
        )]),
        suppressions: diagnostic.accepted.iter().map(|reason| suppression(reason)).collect(),
    }
}

fn suppression(reason: &str) -> Suppression {
    let kind = if reason == ON_COMMAND_LINE { "external" } else { "inSource" };
    Suppression { kind, status: "accepted", justification: reason.to_owned() }
}

/// What is wrong, what is to be seen at the place, the facts, what to do: one line each.
fn message(diagnostic: &Diagnostic) -> String {
    let mut lines = vec![diagnostic.message.clone()];
    if let Some(label) = diagnostic.labels.first().filter(|label| !label.text.is_empty()) {
        lines.push(format!("here: {}", label.text));
    }
    lines.extend(diagnostic.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(diagnostic.helps.iter().map(|help| format!("help: {}", help.text)));
    lines.join("\n")
}

/// Braces would be places of arguments, and `[text](target)` a link.
fn escape(text: &str) -> String {
    let text = text.replace('{', "{{").replace('}', "}}");
    if text.contains("](") {
        text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
    } else {
        text
    }
}

/// The same for the same finding wherever its line moves; equal findings of one run are counted.
fn fingerprint(code: Code, message: &str, seen: &mut BTreeMap<String, usize>) -> String {
    let digest = Sha256::digest(format!("{code}\n{message}").as_bytes());
    let digest = data_encoding::HEXLOWER.encode(&digest);
    let count = seen.entry(digest.clone()).or_default();
    *count += 1;
    format!("{digest}:{count}")
}

fn location(label: &Label, id: Option<usize>, sources: &SourceMap) -> Option<Location> {
    let file = sources.get(label.span.source)?;
    // The text of the primary label is a part of the result's message.
    let text = Some(&label.text).filter(|text| id.is_some() && !text.is_empty());
    Some(Location {
        id,
        physical_location: Place {
            artifact_location: artifact(file),
            region: Some(region(file, label.span)),
        },
        message: text.map(|text| Text { text: escape(text) }),
    })
}

/// The site's file as a whole, for what no line is to blame for.
fn whole_site(sources: &SourceMap) -> Option<Location> {
    let (_, file) = sources.iter().next()?;
    let physical_location = Place { artifact_location: artifact(file), region: None };
    Some(Location { id: None, physical_location, message: None })
}

fn region(file: &SourceFile, span: Span) -> Region {
    let (start, end) = (file.line_column_utf16(span.start), file.line_column_utf16(span.end));
    Region { start_line: start.line, start_column: start.column, end_line: end.line, end_column: end.column }
}

/// The path as typed, as a reference: relative to where segc was started, unless the path is absolute.
fn artifact(file: &SourceFile) -> Artifact {
    let name = file.name.strip_prefix("./").unwrap_or(&file.name);
    let mut uri = String::new();
    if Path::new(name).is_absolute() {
        uri.push_str(if name.starts_with('/') { "file://" } else { "file:///" });
    }
    for letter in name.chars() {
        match letter {
            _ if is_separator(letter) => uri.push('/'),
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '.' | '_' | '~' => uri.push(letter),
            _ => {
                let mut bytes = [0; 4];
                let encoded = letter.encode_utf8(&mut bytes).bytes().map(|byte| format!("%{byte:02X}"));
                uri.extend(encoded);
            }
        }
    }
    Artifact { uri }
}

#[cfg(test)]
mod tests {
    use super::super::codes;
    use super::*;

    fn run(name: &str, text: &str, diagnostics: &[Diagnostic]) -> serde_json::Value {
        let mut sources = SourceMap::new();
        sources.add(name, text);
        serde_json::to_value(log(diagnostics, &sources)).unwrap()["runs"][0].clone()
    }

    fn span(start: u32, end: u32) -> Span {
        Span::new(crate::source::SourceId(0), start, end)
    }

    #[test]
    fn places_count_code_units_and_paths_are_encoded() {
        let report = Diagnostic::new(codes::UNKNOWN_ROLE, "no role")
            .label(span(4, 9), "used here")
            .label(span(11, 12), "declared {here}");
        let run = run("./my sites/a:ü#1.seg", "😀 é ab\nx", &[report]);
        let result = &run["results"][0];
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20sites/a%3A%C3%BC%231.seg");
        let expected = serde_json::json!({"startLine": 1, "startColumn": 3, "endLine": 1, "endColumn": 7});
        assert_eq!(place["region"], expected);
        let related = &result["relatedLocations"][0];
        assert_eq!(related["physicalLocation"]["region"]["startLine"], 2);
        assert_eq!(
            (related["id"].as_u64(), related["message"]["text"].as_str()),
            (Some(1), Some("declared {{here}}"))
        );
        assert_eq!(result["message"]["text"], "no role\nhere: used here");
        let rule = &run["tool"]["driver"]["rules"][result["ruleIndex"].as_u64().unwrap() as usize];
        assert_eq!((&rule["id"], &rule["name"]), (&result["ruleId"], &"unknown-role".into()));
    }

    #[test]
    fn fingerprints_follow_the_message_and_not_the_line() {
        let at = |start| Diagnostic::new(codes::LOSS, "lost").label(span(start, start + 1), "");
        let of = |text: &str, reports: &[Diagnostic]| {
            let run = run("a.seg", text, reports);
            let prints = run["results"].as_array().unwrap().iter();
            prints.map(|result| result["partialFingerprints"].to_string()).collect::<Vec<_>>()
        };
        assert_eq!(of("ab", &[at(0)]), of("\n\nab", &[at(2)]));
        let twice = of("ab", &[at(0), at(1)]);
        assert_ne!(twice[0], twice[1]);
    }

    #[test]
    fn texts_are_neither_arguments_nor_links() {
        assert_eq!(escape("{0} a[1]"), "{{0}} a[1]");
        assert_eq!(escape("[x](https://example.com) \\"), "\\[x\\](https://example.com) \\\\");
    }

    #[test]
    fn every_rule_says_what_it_means() {
        let rules: Vec<Rule> = TABLE.iter().map(rule).collect();
        assert!(rules.iter().all(|rule| rule.full_description.text.len() > 20));
        let finding = rules.iter().find(|rule| rule.id == "SEG4011").unwrap();
        assert_eq!(finding.properties.as_ref().unwrap().tags, ["FC-11"]);
    }
}
