//! Fleets: several sites in one process, each as it would be alone, and only what has changed.

#![expect(clippy::disallowed_methods, reason = "it says how long a fleet takes")]

use crate::support::command::{code, segc, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Instant;

/// A folder with this many sites that share an include and a catalogue file of their own.
fn fleet(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join("shared")).unwrap();
    let shared =
        "role users : client { cidr = 10.200.0.0/16 }\nrole admins : admin { cidr = 10.201.0.0/24 }\n";
    fs::write(root.join("shared/base.seg"), shared).unwrap();
    let acme = include_str!("../examples/own-catalogue/acme.yaml");
    fs::write(root.join("acme.yaml"), acme).unwrap();
    for at in 0..count {
        fs::write(root.join(format!("s{at:03}.seg")), site(at)).unwrap();
    }
    folder
}

fn site(at: usize) -> String {
    let extra = if at.is_multiple_of(5) { " catalogue-extra = \"acme.yaml\"" } else { "" };
    let network = at % 200;
    format!(
        "site \"site-{at:03}\" {{ effective = 2026-01-01 release = r1{extra} }}\n\
         include \"shared/base.seg\"\n\
         platform azure weu {{ region = westeurope vnet = \"n\" resource-group = \"g\" }}\n\
         segment inside on weu {{ cidr = 10.{network}.0.0/24 }}\n\
         role web : windows-server on inside {{ cidr = 10.{network}.0.0/28 }}\n\
         role db : windows-server on inside {{ cidr = 10.{network}.0.64/28 }}\n\
         allow front: users -> web : tcp/443 because \"People read pages\"\n\
         allow back: web -> db : tcp/1433 because \"Pages have data\"\n\
         allow manage: admins -> web, db : tcp/{} because \"Machines are managed\"\n",
        5986 + at % 3
    )
}

/// Compiles every site of a folder.
fn compile(root: &Path, output: &str, more: &[&str]) -> Output {
    let mut sites: Vec<String> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".seg"))
        .collect();
    sites.sort();
    let mut arguments = vec!["compile", "-o", output];
    arguments.extend(more);
    arguments.extend(sites.iter().map(String::as_str));
    segc(root, &arguments)
}

/// Compiles, and gives how many sites were compiled, unchanged and failed.
fn counts(root: &Path, output: &str, more: &[&str]) -> (u64, u64, u64) {
    let output = compile(root, output, &[more, &["--format", "json"]].concat());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let count = |key: &str| answer[key].as_u64().unwrap();
    (count("compiled"), count("unchanged"), count("failed"))
}

/// Every file below a folder but the fleet's state.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = crate::support::folder::read(folder).unwrap();
    files.remove("fleet.json");
    files
}

#[test]
fn each_site_is_written_as_it_would_be_alone() {
    let fleet = fleet(12);
    let root = fleet.path();
    let output = compile(root, "out", &["--jobs", "3"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(text(&output.stdout).ends_with("12 sites: 12 compiled, 0 unchanged, 0 failed\n"));
    for at in 0..12 {
        let (site, alone) = (format!("s{at:03}.seg"), format!("alone/{at}"));
        assert_eq!(code(&segc(root, &["compile", &site, "-o", &alone])), 0);
        assert_eq!(files(&root.join(alone)), files(&root.join(format!("out/site-{at:03}"))), "{site}");
    }
    let one = compile(root, "one", &["--jobs", "1"]);
    let many = compile(root, "one", &["--jobs", "8", "--force"]);
    assert_eq!(text(&one.stdout), text(&many.stdout), "the order is that of the command line");
}

#[test]
fn what_has_changed_is_compiled_and_nothing_else() {
    let fleet = fleet(6);
    let root = fleet.path();
    let same_as_anew = |what: &str| {
        let fresh = tempfile::tempdir().unwrap();
        assert_eq!(counts(root, fresh.path().to_str().unwrap(), &[]).2, 0);
        assert_eq!(files(fresh.path()), files(&root.join("out")), "{what}");
    };
    let change = |path: &str, from: &str, to: &str| {
        let before = fs::read_to_string(root.join(path)).unwrap();
        assert!(before.contains(from));
        fs::write(root.join(path), before.replace(from, to)).unwrap();
    };
    assert_eq!(counts(root, "out", &[]), (6, 0, 0));
    same_as_anew("the first run");
    assert_eq!(counts(root, "out", &[]), (0, 6, 0));
    change("s001.seg", "tcp/443", "tcp/8443");
    assert_eq!(counts(root, "out", &[]), (1, 5, 0));
    same_as_anew("a changed site");
    change("shared/base.seg", "10.200.0.0/16", "10.210.0.0/16");
    assert_eq!(counts(root, "out", &[]), (6, 0, 0));
    same_as_anew("a changed include");
    change("acme.yaml", "\n", "\n\n");
    assert_eq!(counts(root, "out", &[]), (2, 4, 0), "sites with the catalogue file");
    same_as_anew("a changed catalogue file");
    fs::write(root.join("out/site-002/manifest.json"), "{}").unwrap();
    fs::remove_file(root.join("out/site-003/weu/network-security-groups.arm.json")).unwrap();
    assert_eq!(counts(root, "out", &[]), (2, 4, 0), "outputs that somebody touched");
    same_as_anew("touched outputs");
    fs::remove_file(root.join("s004.seg.lock")).unwrap();
    assert_eq!(counts(root, "out", &[]), (1, 5, 0), "a lock that is gone");
    assert_eq!(counts(root, "out", &["--as-of", "2026-02-01"]), (6, 0, 0), "another day");
    assert_eq!(counts(root, "out", &[]), (6, 0, 0), "and back");
    assert_eq!(counts(root, "out", &["--force"]), (6, 0, 0));
    fs::write(root.join("out/fleet.json"), "{ not JSON").unwrap();
    assert_eq!(counts(root, "out", &[]), (6, 0, 0), "a state that can't be read");
    same_as_anew("the end");
    change("s005.seg", "site-005", "renamed");
    let output = compile(root, "out", &[]);
    assert!(text(&output.stderr).contains("SEG0010"), "{}", text(&output.stderr));
    assert_eq!(counts(root, "out", &[]), (0, 6, 0));
}

#[test]
fn a_site_that_fails_stops_no_other() {
    let fleet = fleet(4);
    let root = fleet.path();
    assert_eq!(counts(root, "out", &[]), (4, 0, 0));
    let before = files(&root.join("out/site-001"));
    fs::write(root.join("s001.seg"), site(1).replace("tcp/443", "tcp/443x")).unwrap();
    fs::write(root.join("s002.seg"), site(2).replace("tcp/443", "tcp/444")).unwrap();
    let output = compile(root, "out", &[]);
    assert_eq!(code(&output), 1);
    assert!(text(&output.stdout).contains("4 sites: 1 compiled, 2 unchanged, 1 failed"));
    let report = text(&output.stderr);
    assert!(report.contains("site s001.seg\n\nerror[SEG"), "{report}");
    assert_eq!(files(&root.join("out/site-001")), before, "its folder stays");

    fs::write(root.join("s001.seg"), site(1).replace("site-001", "SITE-003")).unwrap();
    let output = compile(root, "out", &["--format", "json"]);
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let codes: Vec<&Value> =
        answer["sites"].as_array().unwrap().iter().map(|site| &site["findings"][0]["code"]).collect();
    assert_eq!(codes, [&Value::Null, &"SEG0080".into(), &Value::Null, &"SEG0080".into()]);
    for name in ["../up", "a/b", "a:b", ".", "", "fleet.json", "a.", "a\tb"] {
        fs::write(root.join("s001.seg"), site(1).replace("site-001", name)).unwrap();
        let output = compile(root, "out", &[]);
        let report = text(&output.stderr);
        assert!(code(&output) == 1 && report.contains("[SEG"), "{name}: {report}");
    }
    assert!(!root.join("up").exists());
}

#[test]
fn options_that_do_not_go_with_a_fleet_are_refused() {
    let fleet = fleet(2);
    let root = fleet.path();
    for more in
        [["--lock", "x.lock"].as_slice(), &["--next-steps"], &["-"], &["--jobs", "0"], &["--jobs", "x"]]
    {
        assert_eq!(code(&compile(root, "out", more)), 64, "{more:?}");
    }
    assert!(!root.join("out").exists());
    assert_eq!(code(&segc(root, &["compile", "s000.seg", "-o", "out", "--fleet"])), 0);
    assert!(root.join("out/site-000/manifest.json").is_file());
    assert_eq!(code(&compile(root, "s000.seg", &[])), 1, "a file in the place of the folder");
}

#[test]
fn five_hundred_sites_are_compiled_and_found_unchanged() {
    let fleet = fleet(500);
    let start = Instant::now();
    assert_eq!(counts(fleet.path(), "out", &[]), (500, 0, 0));
    let compiled = start.elapsed();
    assert_eq!(counts(fleet.path(), "out", &[]), (0, 500, 0));
    eprintln!("500 sites: {compiled:.1?} to compile, {:.1?} unchanged", start.elapsed() - compiled);
}
