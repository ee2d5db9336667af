//! The program as a user meets it: exit codes, outputs, what is left on disk.

use crate::support::command::{code, folder_with, segc, text};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const SITE: &str = r#"
site "s" { effective = 2026-01-01 release = r1 }
platform aws cloud { vpc = "v" }
segment inside on cloud { cidr = 10.0.0.0/24 }
role web : windows-server on inside { }
role users : client { cidr = 10.9.0.0/16 }
allow front: users -> web : tcp/443 because "People read pages"
forbid no-rdp: users -> web : tcp/3389 because "Nobody manages machines from here"
"#;

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), std::fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_compile_writes_artefacts_and_manifest_and_says_so() {
    let folder = folder_with(SITE);
    let output = segc(folder.path(), &["compile", "site.seg", "-o", "out"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let names: Vec<String> = files(&folder.path().join("out"))
        .iter()
        .map(|(path, _)| path.strip_prefix(folder.path().join("out")).unwrap().display().to_string())
        .collect();
    assert_eq!(
        names,
        [
            "cloud/security-groups.api.json",
            "cloud/security-groups.cloudformation.json",
            "cloud/security-groups.tf.json",
            "manifest.json"
        ]
    );
    assert!(text(&output.stdout).contains("proved for 2026-01-01"));
    let selected =
        segc(folder.path(), &["compile", "site.seg", "-o", "one", "--spelling", "api", "--format", "json"]);
    assert_eq!(json(&selected)["artifacts"].as_array().unwrap().len(), 1);
    assert_eq!(files(&folder.path().join("one")).len(), 2);
}

#[test]
fn a_failed_compile_leaves_the_output_as_it_was() {
    let folder = folder_with(SITE);
    assert_eq!(code(&segc(folder.path(), &["compile", "site.seg", "-o", "out"])), 0);
    let before = files(folder.path());
    let broken = SITE.replace("tcp/443", "tcp/3389");
    std::fs::write(folder.path().join("broken.seg"), broken).unwrap();
    let output = segc(folder.path(), &["compile", "broken.seg", "-o", "out"]);
    assert_eq!(code(&output), 1);
    assert!(text(&output.stderr).contains("SEG5001"));
    let after: Vec<_> =
        files(folder.path()).into_iter().filter(|(path, _)| !path.ends_with("broken.seg")).collect();
    assert_eq!(before, after);
}

#[test]
fn what_can_not_be_written_leaves_nothing_behind() {
    let folder = folder_with(SITE);
    std::fs::write(folder.path().join("out"), "a file").unwrap();
    let output = segc(folder.path(), &["compile", "site.seg", "-o", "out"]);
    assert_eq!((code(&output), text(&output.stderr).contains("SEG0004")), (1, true));
    assert_eq!(files(folder.path()).len(), 2);

    // A folder stands where a file has to go: nothing is replaced, nothing stays.
    std::fs::create_dir_all(folder.path().join("taken/manifest.json")).unwrap();
    let output = segc(folder.path(), &["compile", "site.seg", "-o", "taken"]);
    assert_eq!((code(&output), text(&output.stderr).contains("SEG0004")), (1, true));
    assert!(files(&folder.path().join("taken")).is_empty());
    assert!(!folder.path().join("taken/cloud").exists());
}

#[test]
fn check_answers_in_text_and_json() {
    let folder = folder_with(&SITE.replace("windows-server", "windows-servr"));
    let output = segc(folder.path(), &["check", "site.seg"]);
    assert_eq!(code(&output), 1);
    assert!(text(&output.stdout).contains("did you mean `windows-server`?"));
    let output = segc(folder.path(), &["check", "site.seg", "--format", "json"]);
    let report = json(&output);
    assert_eq!((code(&output), report["errors"].as_u64()), (1, Some(1)));
    let label = &report["findings"][0]["labels"][0];
    assert_eq!(
        (label["path"].as_str(), label["line"].as_u64(), label["column"].as_u64()),
        (Some("site.seg"), Some(5), Some(12))
    );
    let fine = folder_with(SITE);
    assert_eq!(code(&segc(fine.path(), &["check", "site.seg"])), 0);
}

#[test]
fn why_names_the_line_or_the_promise_or_the_nearest() {
    let folder = folder_with(SITE);
    let ask = |port: &str, level: &str| {
        let output = segc(
            folder.path(),
            &["why", "site.seg", "users", "web", port, "--level", level, "--format", "json"],
        );
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        json(&output)
    };
    for level in ["intent", "artefact"] {
        let allowed = ask("tcp/443", level);
        assert_eq!(allowed["verdict"], "allow");
        assert_eq!(
            (allowed["reasons"][0]["statement"].as_str(), allowed["reasons"][0]["line"].as_u64()),
            (Some("allow front"), Some(7))
        );
        let denied = ask("tcp/3389", level);
        assert_eq!(
            (denied["verdict"].as_str(), denied["forbids"][0]["line"].as_u64()),
            (Some("deny"), Some(8))
        );
        assert_eq!(denied["nearest"][0]["statement"], "allow front");
        assert_eq!(ask("tcp/440-443", level)["verdict"], "partial");
    }
    assert_eq!(code(&segc(folder.path(), &["why", "site.seg", "users", "wbe", "tcp/443"])), 1);
    assert_eq!(code(&segc(folder.path(), &["why", "site.seg", "users", "web", "http"])), 64);
}

#[test]
fn a_table_fails_with_the_case_that_does_not_hold() {
    let folder = folder_with(SITE);
    let table = "site: s\nrelease: r1\ncases:\n- {src: users, dst: web, port: tcp/443, expect: allow, level: artefact}\n- {src: users, dst: web, port: tcp/80, expect: allow, why: wanted}\n";
    std::fs::write(folder.path().join("cases.yaml"), table).unwrap();
    let output = segc(folder.path(), &["test", "site.seg", "--cases", "cases.yaml"]);
    assert_eq!(code(&output), 1);
    assert!(text(&output.stdout).contains("expected allow, got deny - wanted"));
    assert!(text(&output.stdout).ends_with("1 passed, 1 failed\n"));
    let result =
        json(&segc(folder.path(), &["test", "site.seg", "--cases", "cases.yaml", "--format", "json"]));
    assert_eq!((result["passed"].as_u64(), result["failed"].as_u64()), (Some(1), Some(1)));
    std::fs::write(folder.path().join("cases.yaml"), table.replace("dst: web", "dst: wbe")).unwrap();
    let output = segc(folder.path(), &["test", "site.seg", "--cases", "cases.yaml"]);
    assert!(text(&output.stderr).contains("SEG0007"));
    std::fs::write(folder.path().join("cases.yaml"), table.replace("site: s", "site: t")).unwrap();
    assert_eq!(code(&segc(folder.path(), &["test", "site.seg", "--cases", "cases.yaml"])), 1);
}

#[test]
fn a_site_may_come_from_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_segc"))
        .current_dir(folder.path())
        .args(["compile", "-", "-o", "out"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(SITE.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(folder.path().join("out/manifest.json").exists());
}

#[test]
fn exit_codes_tell_usage_from_findings() {
    let folder = folder_with(SITE);
    for (arguments, expected) in [
        (&["--help"][..], 0),
        (&["--version"], 0),
        (&["explain", "SEG5001"], 0),
        (&["explain", "5001"], 0),
        (&["explain"], 0),
        (&["explain", "SEG9999"], 64),
        (&["completions", "bash"], 0),
        (&[], 64),
        (&["compile", "site.seg"], 64),
        (&["check", "site.seg", "--as-of", "2026-02-30"], 64),
        (&["check", "absent.seg"], 1),
        (&["compile", "site.seg", "-o", "out", "--target", "aws"], 1),
        (&["compile", "site.seg", "-o", "out", "--platform", "cloud"], 0),
    ] {
        let output = segc(folder.path(), arguments);
        assert_eq!(code(&output), expected, "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), text(&output.stderr)), (0, String::new()));
}

#[cfg(unix)]
#[test]
fn includes_do_not_follow_links_out_of_the_folder() {
    let outside = folder_with("role secret : client { cidr = 10.8.0.0/16 }");
    let folder = folder_with(&format!("{SITE}\ninclude \"link.seg\"\n"));
    std::os::unix::fs::symlink(outside.path().join("site.seg"), folder.path().join("link.seg")).unwrap();
    let output = segc(folder.path(), &["check", "site.seg"]);
    assert!(text(&output.stdout).contains("SEG2113"), "{}", text(&output.stdout));
}

#[test]
fn the_lock_keeps_numbers_and_a_broken_one_is_refused() {
    let site = SITE.replace("aws cloud { vpc = \"v\" }", "azure cloud { vnet = \"v\" }");
    let folder = folder_with(&site);
    let compile = || segc(folder.path(), &["compile", "site.seg", "-o", "out"]);
    assert_eq!(code(&compile()), 0);
    let path = folder.path().join("site.seg.lock");
    let lock = std::fs::read_to_string(&path).unwrap();
    let mut typed: Value = serde_json::from_str(&lock).unwrap();
    let section = typed["numbers"].as_object_mut().unwrap().values_mut().next().unwrap();
    *section.as_object_mut().unwrap().values_mut().next().unwrap() = 1234.into();
    std::fs::write(&path, typed.to_string()).unwrap();
    assert_eq!(code(&compile()), 0);
    let arm =
        std::fs::read_to_string(folder.path().join("out/cloud/network-security-groups.arm.json")).unwrap();
    assert!(arm.contains("\"priority\": 1234"));
    std::fs::write(&path, "{}").unwrap();
    let output = compile();
    assert_eq!((code(&output), text(&output.stderr).contains("SEG0005")), (1, true));
}

/// A site whose web servers are reached on so many scattered ports.
fn scattered(ports: impl Iterator<Item = u16>) -> String {
    let ports: Vec<String> = ports.map(|port| format!("tcp/{port}")).collect();
    SITE.replace("tcp/443", &ports.join(", "))
}

#[test]
fn rules_keep_their_group_over_releases_and_tight_limits_are_shown() {
    let folder = folder_with(&scattered((1000..).step_by(2).take(60)));
    let place = folder.path();
    let first = segc(place, &["compile", "site.seg", "-o", "out"]);
    assert_eq!(code(&first), 0, "{}", text(&first.stderr));
    assert!(text(&first.stdout).contains("quota of cloud: 60 of 60 rules in, IPv4, of SgWeb\n"));
    assert!(!text(&first.stdout).contains("groups in a Region"));
    std::fs::write(place.join("site.seg"), scattered([80].into_iter().chain((1000..).step_by(2).take(60))))
        .unwrap();
    let second = segc(place, &["compile", "site.seg", "-o", "out", "--verbose"]);
    assert_eq!(code(&second), 0, "{}", text(&second.stderr));
    let said = text(&second.stdout);
    for line in
        ["1 of 60 rules in, IPv4, of Sg2Web", "2 of 5 groups on an interface", "2 of 2500 groups in a Region"]
    {
        assert!(said.contains(&format!("quota of cloud: {line}\n")), "{said}");
    }
    let read =
        |path: &str| -> Value { serde_json::from_slice(&std::fs::read(place.join(path)).unwrap()).unwrap() };
    let template = read("out/cloud/security-groups.cloudformation.json");
    let resources = template["Resources"].as_object().unwrap();
    let second_group: Vec<&String> = resources
        .iter()
        .filter(|(_, resource)| resource["Properties"]["GroupId"]["Fn::GetAtt"][0] == "Sg2Web")
        .map(|(id, _)| id)
        .collect();
    assert_eq!(second_group, ["InWebTcp80FromCidr10x9x0x0n16"]);
    let roles = &read("out/manifest.json")["roles"];
    assert_eq!(roles["web"]["identity"]["aws-sg"]["groups"], serde_json::json!(["SgWeb", "Sg2Web"]));
}

#[test]
fn the_commands_of_the_readme_exist() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(readme.contains("cargo run --release -- compile examples/daas-aws/site.seg -o out"));
    assert!(readme.contains("tests/run\n"));
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    assert!(ci.trim_end().ends_with("exec tests/run"), "CI runs the test command of the README");
}

#[test]
fn the_tour_compiles() {
    let out = tempfile::tempdir().unwrap();
    let lock = out.path().join("lock");
    let arguments =
        ["compile", "grammar/tour.seg", "-o", out.path().to_str().unwrap(), "--lock", lock.to_str().unwrap()];
    let output = segc(root(), &arguments);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
}
