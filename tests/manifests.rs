//! `segc diff` of manifests: the same answer as for the sites that they were written for, or a clear refusal.

use crate::support::command::{code, folder_with, segc, text};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Output;

const EXAMPLES: [&str; 6] =
    ["crowded-aws", "cvad-nutanix", "daas-aws", "flex-azure", "own-catalogue", "three-platforms-r1"];

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// A folder with an example as `old/` and a changed copy as `new/`, each compiled into `out/` below it.
fn two_copies(name: &str, change: &dyn Fn(&str) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for side in ["old", "new"] {
        std::fs::create_dir(folder.path().join(side)).unwrap();
        for entry in std::fs::read_dir(examples().join(name)).unwrap() {
            let path = entry.unwrap().path();
            let to = folder.path().join(side).join(path.file_name().unwrap());
            std::fs::copy(&path, &to).unwrap();
        }
    }
    let site = folder.path().join("new/site.seg");
    std::fs::write(&site, change(&std::fs::read_to_string(&site).unwrap())).unwrap();
    for side in ["old", "new"] {
        compile(folder.path(), &format!("{side}/site.seg"), &format!("{side}/out"));
    }
    folder
}

fn compile(folder: &Path, site: &str, out: &str) {
    let output = segc(folder, &["compile", site, "-o", out, "-q"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
}

fn diff(folder: &Path, words: &[&str]) -> Output {
    segc(folder, &[&["diff"], words, &["--format", "json"]].concat())
}

/// An answer without what the two releases are called.
fn answer(output: &Output) -> Value {
    let mut answer: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", text(&output.stdout), text(&output.stderr)));
    for key in ["from", "to"] {
        answer.as_object_mut().unwrap().remove(key);
    }
    answer
}

fn assert_same(folder: &Path, name: &str) {
    let files = diff(folder, &["old/site.seg", "new/site.seg"]);
    for words in [
        ["old/out/manifest.json", "new/out/manifest.json"],
        ["old/site.seg", "new/out/manifest.json"],
        ["old/out/manifest.json", "new/site.seg"],
    ] {
        let manifests = diff(folder, &words);
        assert_eq!(code(&files), code(&manifests), "{name} {words:?}");
        assert_eq!(answer(&files), answer(&manifests), "{name} {words:?}");
    }
}

/// Takes out the last line with an intent, and all that is expected of it.
fn without_last_intent(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("expect ")).collect();
    if let Some(at) = lines.iter().rposition(|line| line.starts_with("intent ") && !line.contains('{')) {
        lines.remove(at);
    }
    lines.join("\n") + "\n"
}

#[test]
fn manifests_say_what_their_sites_say() {
    for name in EXAMPLES {
        let folder = two_copies(name, &without_last_intent);
        assert_same(folder.path(), name);
        let same = diff(folder.path(), &["old/out/manifest.json", "old/out/manifest.json"]);
        assert_eq!(code(&same), 0, "{name}: {}", text(&same.stdout));
    }
}

#[test]
fn a_whole_release_is_the_same_by_manifests() {
    let folder = tempfile::tempdir().unwrap();
    for (side, name) in [("old", "three-platforms-r1"), ("new", "three-platforms-r2")] {
        std::fs::create_dir(folder.path().join(side)).unwrap();
        for file in ["site.seg", "site.seg.lock"] {
            std::fs::copy(examples().join(name).join(file), folder.path().join(side).join(file)).unwrap();
        }
        compile(folder.path(), &format!("{side}/site.seg"), &format!("{side}/out"));
    }
    assert_same(folder.path(), "three-platforms");
}

#[test]
fn what_is_released_is_compared_with_what_the_file_says_now() {
    let folder = two_copies("daas-aws", &|text| text.to_owned());
    assert_eq!(code(&diff(folder.path(), &["old/out/manifest.json", "new/site.seg"])), 0);
}

/// A compiled small site.
fn compiled() -> tempfile::TempDir {
    let site = "site \"s\" { effective = 2026-01-01 }\nplatform aws cloud { vpc = \"v\" }\n\
        segment inside on cloud { cidr = 10.0.0.0/24 }\nrole web : windows-server on inside { }\n\
        role users : client { cidr = 10.9.0.0/16 }\nallow front: users -> web : tcp/443 because \"x\"\n";
    let folder = folder_with(site);
    compile(folder.path(), "site.seg", "out");
    folder
}

#[test]
fn artefacts_are_those_of_the_manifest_or_not_compared() {
    let folder = compiled();
    let artefact = folder.path().join("out/cloud/security-groups.api.json");
    std::fs::write(&artefact, std::fs::read_to_string(&artefact).unwrap() + " ").unwrap();
    let output = segc(folder.path(), &["diff", "site.seg", "out/manifest.json"]);
    assert_eq!(code(&output), 1);
    assert!(text(&output.stderr).contains("another digest"), "{}", text(&output.stderr));
    std::fs::remove_file(&artefact).unwrap();
    let output = diff(folder.path(), &["site.seg", "out/manifest.json"]);
    assert_eq!(answer(&output)["not_compared"], serde_json::json!(["rules of the artefacts"]));
}

/// The manifest of [`compiled`] with something else in it, and what is said then.
fn refused(change: &dyn Fn(&mut Value)) -> String {
    let folder = compiled();
    let path = folder.path().join("out/manifest.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    std::fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    said(folder.path())
}

fn said(folder: &Path) -> String {
    let output = segc(folder, &["diff", "site.seg", "out/manifest.json"]);
    assert_eq!((code(&output), text(&output.stdout)), (1, String::new()));
    text(&output.stderr)
}

#[test]
fn damaged_manifests_are_refused_at_the_place() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 12] = [
        (|all| all["schema"] = "segc/manifest/2".into(), "SEG0051"),
        (|all| drop(all.as_object_mut().unwrap().remove("flows")), "missing field `flows`"),
        (|all| drop(all["roles"]["web"].as_object_mut().unwrap().remove("place")), "at `/roles/web`"),
        (|all| all["flows"][0]["services"] = "tcp/70000".into(), "at `/flows/0/services`"),
        (|all| all["flows"][0]["services"] = 7.into(), "at `/flows/0/services`"),
        (|all| all["flows"][0]["from"] = "nobody".into(), "at `/flows/0/from`"),
        (|all| all["flows"][0]["reasons"] = serde_json::json!([]), "at `/flows/0/reasons`"),
        (
            |all| all["roles"]["web"]["addresses"] = serde_json::json!(["10.0.0.1/24"]),
            "at `/roles/web/addresses",
        ),
        (|all| all["as_of"] = "2026-02-30".into(), "at `/as_of`"),
        (|all| all["roles"]["web"]["platform"] = "nowhere".into(), "at `/roles/web/platform`"),
        (|all| all["forbids"] = Value::Null, "at `/forbids`"),
        (|all| *all = serde_json::json!({"schema": ["segc/manifest/1"]}), "at `/schema"),
    ];
    for (at, (change, words)) in changes.into_iter().enumerate() {
        let said = refused(&change);
        assert!(said.contains(words), "{at}: no `{words}` in {said}");
    }
}

#[test]
fn a_manifest_is_of_its_own_day() {
    let folder = compiled();
    let ask = |day: &str| diff(folder.path(), &["out/manifest.json", "out/manifest.json", "--as-of", day]);
    assert_eq!(code(&ask("2026-01-01")), 0);
    assert_eq!(code(&ask("2026-01-02")), 1);
}

#[test]
fn keys_of_a_later_segc_are_passed_over() {
    let folder = compiled();
    let path = folder.path().join("out/manifest.json");
    let mut manifest: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    manifest["later"] = serde_json::json!({"x": [1]});
    manifest["flows"][0]["later"] = Value::Null;
    std::fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    assert_eq!(code(&diff(folder.path(), &["site.seg", "out/manifest.json"])), 0);
}

#[test]
fn no_text_brings_the_reader_down() {
    let folder = compiled();
    let path = folder.path().join("out/manifest.json");
    let whole = std::fs::read(&path).unwrap();
    for length in (1..whole.len() - 2).step_by(whole.len() / 40) {
        std::fs::write(&path, &whole[..length]).unwrap();
        assert!(said(folder.path()).contains("SEG0050"), "{length}");
    }
    for text in [
        "{".repeat(10 << 20),
        format!("{{\"schema\": \"segc/manifest/1\", \"x\": {}", "[".repeat(10 << 20)),
        "{\"schema\": \"segc/manifest/1\", \"schema\": \"segc/manifest/1\"}".to_owned(),
        "{}".to_owned(),
    ] {
        std::fs::write(&path, text).unwrap();
        assert!(said(folder.path()).contains("SEG0050"));
    }
    // JSON may be longer than a site, and what is neither is not read to its end.
    for (text, code) in [("{\"schema\": \"segc/manifest/1\"", "SEG0050"), ("site", "SEG0006")] {
        std::fs::write(&path, text.to_owned() + &" ".repeat(65 << 20)).unwrap();
        assert!(said(folder.path()).contains(code), "{code}");
    }
}
