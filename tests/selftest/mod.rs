//! Tests of the reader itself: small hand-written artefacts, good and damaged, with the answers the platforms' documents
//! give. One test for each rule of meaning, one row for each thing that the linter looks for.

mod aws;
mod azure;
mod firewall;
mod flow_v3;
mod flow_v4;
mod manifest;

use serde_json::{Value, json};

use crate::support::artifacts::{Output, read_file};
use crate::support::digest::sha256;
use crate::support::judge::Verdict;
use crate::support::service::Service;
use crate::support::{lint, manifest as manifest_reader};

/// A manifest of one platform `p` around some artefacts; `roles` as the manifest spells them.
fn manifest_of(target: &str, roles: &Value, files: &[(&str, &[u8])]) -> Value {
    let artifacts: Vec<Value> = files
        .iter()
        .map(|(path, bytes)| {
            json!({"path": path, "platform": "p", "target": target, "spelling": "x", "sha256": sha256(bytes), "rules": 0})
        })
        .collect();
    json!({"schema": "segc/manifest/1", "tool": "0", "language": "0", "catalogue": "0", "site": "s", "release": "r1",
        "as_of": "2026-01-01", "sources": [], "artifacts": artifacts, "roles": roles, "rules": [], "widenings": [],
        "quotas": []})
}

/// An output folder with one artefact.
fn output(target: &str, path: &str, roles: &Value, artifact: &Value) -> Output {
    let bytes = format!("{artifact}\n").into_bytes();
    let manifest = manifest_of(target, roles, &[(path, &bytes)]);
    Output::new(manifest_reader::read(&manifest), vec![read_file(path, "p", bytes).unwrap()])
}

/// A role on platform `p`, or outside when its identity is null.
fn role(kind: &str, addresses: &[&str], identity: Value) -> Value {
    let platform = if identity.is_null() { Value::Null } else { json!("p") };
    let identity = if identity.is_null() { json!({}) } else { identity };
    json!({"kind": kind, "platform": platform, "managed_by": null, "addresses": addresses, "identity": identity})
}

/// What all enforced ends together say.
fn ask(output: &Output, src: &str, dst: &str, port: &str) -> Verdict {
    output.ask(src, dst, Service::parse(port).unwrap()).unwrap().together()
}

/// Checks rows of `src -> dst : port` against answers.
fn expect(output: &Output, rows: &[(&str, Verdict)]) {
    for (row, verdict) in rows {
        let (ends, port) = row.split_once(" : ").unwrap();
        let (src, dst) = ends.split_once(" -> ").unwrap();
        assert_eq!(ask(output, src, dst, port), *verdict, "{row}");
    }
}

/// Sets what a JSON pointer names: `null` removes, `/-` at the end appends.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")) {
        Value::Array(list) if last == "-" => list.push(value),
        Value::Array(list) if value.is_null() => drop(list.remove(last.parse().unwrap())),
        Value::Array(list) => list[last.parse::<usize>().unwrap()] = value,
        Value::Object(map) if value.is_null() => drop(map.shift_remove(last)),
        Value::Object(map) => drop(map.insert(last.to_owned(), value)),
        other => panic!("{other} has no parts"),
    }
}

/// The problems found in an output folder, one a line.
fn problems(output: &Output) -> String {
    let findings =
        lint::lint(output).into_iter().map(|finding| format!("{}: {}", finding.place, finding.problem));
    findings.collect::<Vec<_>>().join("\n")
}

/// Damages a good document in one place at a time: each damage must be found, by these words.
fn damage(good: &Value, rows: &[(&str, Value, &str)], problems: &dyn Fn(&Value) -> String) {
    assert_eq!(problems(good), "", "the good document");
    for (pointer, value, words) in rows {
        let mut damaged = good.clone();
        set(&mut damaged, pointer, value.clone());
        let found = problems(&damaged);
        assert!(found.contains(words), "{pointer} = {value}: `{words}` is not among\n{found}");
    }
}
