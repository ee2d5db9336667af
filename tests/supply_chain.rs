//! What the project is built from, and what it hands on: licences, sources, oldest compiler, the package.
//!
//! `deny.toml` holds the rules for cargo-deny; where that is not installed, these tests hold the same lists against what
//! cargo says of the locked dependencies. Advisories need a database and are cargo-deny's alone.

use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

/// The one place that dependencies may come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Largest package in bytes, before it is compressed.
const LARGEST_PACKAGE: u64 = 6 << 20;

fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output =
        Command::new(cargo).current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn packages() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--locked"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn name(package: &Value) -> String {
    format!("{} {}", package["name"].as_str().unwrap(), package["version"].as_str().unwrap())
}

/// The licences that `deny.toml` allows.
fn allowed() -> BTreeSet<String> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/deny.toml")).unwrap();
    let list = text.split("[licenses]").nth(1).unwrap().split('[').nth(1).unwrap().split(']').next().unwrap();
    list.split(',')
        .map(|word| word.trim().trim_matches('"').to_owned())
        .filter(|word| !word.is_empty())
        .collect()
}

/// True when a licence expression can be kept with these licences: one of each `OR`, all of each `AND`.
///
/// Parentheses stand around alternatives only, as `AND` in front of or behind them.
fn is_kept(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    if expression.contains('(') {
        let parts =
            expression.split(" AND ").map(|part| part.trim().trim_start_matches('(').trim_end_matches(')'));
        return parts.into_iter().all(|part| is_kept(part, allowed));
    }
    let all = |part: &str| part.split(" AND ").all(|one| allowed.contains(one.trim()));
    expression.split(" OR ").any(all)
}

#[test]
fn expressions_of_licences_are_understood() {
    let allowed = BTreeSet::from(["MIT".to_owned(), "Unicode-3.0".to_owned()]);
    for kept in ["MIT", "MIT/Apache-2.0", "Apache-2.0 OR MIT", "(MIT OR Apache-2.0) AND Unicode-3.0"] {
        assert!(is_kept(kept, &allowed), "{kept}");
    }
    for not in
        ["", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR MIT) AND GPL-2.0", "GPL-3.0 OR MIT AND GPL-2.0"]
    {
        assert!(!is_kept(not, &allowed), "{not}");
    }
}

#[test]
fn licences_and_sources_of_dependencies_are_allowed() {
    let allowed = allowed();
    let packages = packages();
    let mut faults = Vec::new();
    for package in &packages {
        let licence = package["license"].as_str().unwrap_or("");
        if !is_kept(licence, &allowed) {
            faults.push(format!("{}: licence `{licence}` is not in deny.toml", name(package)));
        }
        let source = package["source"].as_str();
        if package["name"] != "segc" && source != Some(REGISTRY) {
            faults.push(format!("{}: comes from {source:?}", name(package)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_oldest_compiler_is_stated_and_enough() {
    let version = |text: &str| -> Vec<u32> { text.split('.').map(|part| part.parse().unwrap()).collect() };
    let packages = packages();
    let own = packages.iter().find(|package| package["name"] == "segc").unwrap();
    let stated = own["rust_version"].as_str().unwrap();
    for package in &packages {
        let needed = package["rust_version"].as_str().unwrap_or("0");
        assert!(version(needed) <= version(stated), "{} needs Rust {needed}", name(package));
    }
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(readme.contains(&format!("Rust {stated}")), "README.md states another version than {stated}");
}

#[test]
fn the_package_has_what_a_build_needs_and_no_more() {
    let list = cargo(&["package", "--list", "--allow-dirty"]);
    let files: BTreeSet<&str> = list.lines().collect();
    for needed in
        ["Cargo.lock", "LICENSE", "README.md", "CHANGELOG.md", "build.rs", "src/main.rs", "targets/mod.rs"]
    {
        assert!(files.contains(needed), "{needed} is not in the package");
    }
    for unwanted in ["tests/", "fuzz/", "benches/", "target/", "out/", ".git"] {
        let found = files.iter().find(|file| file.starts_with(unwanted));
        assert!(found.is_none(), "{found:?} is in the package");
    }
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let size: u64 =
        files.iter().filter_map(|file| std::fs::metadata(root.join(file)).ok()).map(|file| file.len()).sum();
    assert!(size < LARGEST_PACKAGE, "{size} bytes");
}
