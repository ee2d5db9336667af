//! The directions of the architecture: who may use whom, where platforms are named, what the registry holds.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each module with what it may use besides itself, as in the table of ARCHITECTURE.md.
const MAY_USE: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("space", &[]),
    ("vocabulary", &[]),
    ("diagnostic", &["source"]),
    ("syntax", &["source", "diagnostic", "vocabulary"]),
    ("catalogue", &["source", "diagnostic", "vocabulary"]),
    ("reference", &["catalogue"]),
    ("model", &["source", "diagnostic", "vocabulary", "syntax", "catalogue", "policy"]),
    ("policy", &["source", "space", "diagnostic", "vocabulary", "model"]),
    ("target", &["source", "diagnostic", "vocabulary", "policy"]),
    ("check", &["source", "diagnostic", "vocabulary", "catalogue", "model", "policy", "target"]),
    ("diff", &["space", "policy"]),
    ("drift", &["policy", "target"]),
    (
        "document",
        &["source", "diagnostic", "vocabulary", "catalogue", "model", "policy", "target", "check", "diff"],
    ),
    (
        "driver",
        &[
            "source",
            "diagnostic",
            "vocabulary",
            "syntax",
            "catalogue",
            "model",
            "policy",
            "target",
            "check",
            "diff",
            "document",
            "drift",
            "targets",
        ],
    ),
    (
        "cli",
        &[
            "source",
            "diagnostic",
            "catalogue",
            "reference",
            "check",
            "diff",
            "document",
            "drift",
            "driver",
            "model",
            "policy",
            "target",
        ],
    ),
    ("targets", &["source", "diagnostic", "vocabulary", "policy", "target"]),
];

/// The one folder of `targets/` that is no target: what their Terraform documents have in common.
const SHARED: &str = "terraform";

/// Words of platforms that only `targets/` may know.
const PLATFORM_WORDS: &[&str] =
    &["nsg", "asg", "security group", "cloudformation", "nutanix", "azure", "aws", "arm template", "prism"];

/// Modules in which a platform's word would mean that neutral code depends on it.
const NEUTRAL: &[&str] = &["policy", "target", "model", "syntax", "driver", "document"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The lines of a file that are code: comments, and test modules at its end, left out.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Files of a module with their module's name.
fn modules() -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for (folder, targets) in [("src", false), ("targets", true)] {
        for path in rust_files(&root().join(folder)) {
            let relative = path.strip_prefix(root().join(folder)).unwrap().to_owned();
            let first = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
            let module =
                if targets { "targets".to_owned() } else { first.trim_end_matches(".rs").to_owned() };
            let is_test = path.file_stem().is_some_and(|stem| stem == "tests" || stem == "testing")
                || relative.components().any(|part| part.as_os_str() == "tests");
            if !["lib", "main"].contains(&module.as_str()) && !is_test {
                files.push((module, path));
            }
        }
    }
    files
}

/// The names behind `crate::` in some code.
fn used(code: &str) -> BTreeSet<String> {
    code.split("crate::")
        .skip(1)
        .map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .filter(|name: &String| !name.is_empty())
        .collect()
}

#[test]
fn modules_use_only_what_stands_below_them() {
    for (module, path) in modules() {
        let (_, allowed) = MAY_USE.iter().find(|(name, _)| *name == module).unwrap_or_else(|| {
            panic!("{module} is not in the table of tests/architecture.rs");
        });
        for name in used(&code(&path)).iter().filter(|name| **name != module) {
            assert!(allowed.contains(&name.as_str()), "{} uses crate::{name}", path.display());
        }
    }
}

#[test]
fn targets_do_not_know_each_other() {
    let folders: Vec<String> = target_folders();
    for (_, path) in modules().into_iter().filter(|(module, _)| module == "targets") {
        let own = path.strip_prefix(root().join("targets")).unwrap().components().next().unwrap();
        let own = own.as_os_str().to_string_lossy().into_owned();
        if own == "mod.rs" {
            continue;
        }
        let code = code(&path);
        for other in folders.iter().filter(|folder| **folder != own && *folder != SHARED) {
            assert!(!code.contains(&format!("targets::{other}")), "{} uses target {other}", path.display());
        }
    }
}

#[test]
fn neutral_modules_name_no_platform() {
    for (module, path) in modules().into_iter().filter(|(module, _)| NEUTRAL.contains(&module.as_str())) {
        let code = code(&path).to_lowercase();
        for word in PLATFORM_WORDS {
            let found = code.lines().find(|line| {
                line.split(|c: char| !c.is_alphanumeric())
                    .collect::<Vec<_>>()
                    .join(" ")
                    .split(' ')
                    .any(|w| w == *word)
            });
            assert!(found.is_none(), "{module}: {} names `{word}`: {found:?}", path.display());
        }
    }
}

fn target_folders() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("targets")).unwrap().map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_target_folder_is_registered_and_explains_itself() {
    let registry = std::fs::read_to_string(root().join("targets/mod.rs")).unwrap();
    for folder in target_folders() {
        assert!(registry.contains(&format!("mod {folder};")), "{folder} is not declared in targets/mod.rs");
        assert!(root().join("targets").join(&folder).join("README.md").exists(), "{folder} has no README.md");
    }
    let targets = target_folders().into_iter().filter(|folder| folder != SHARED).count();
    assert_eq!(segc::targets::TARGETS.len(), targets);
    let ids: BTreeSet<&str> = segc::targets::TARGETS.iter().map(|target| target.info().id).collect();
    assert_eq!(ids.len(), segc::targets::TARGETS.len(), "two targets have one id");
}

#[test]
fn only_the_command_line_sees_files_and_the_environment() {
    for (module, path) in modules().into_iter().filter(|(module, _)| module != "cli") {
        let code = code(&path);
        for word in ["std::fs", "std::env::", "std::io::stdin", "SystemTime", "Instant::now"] {
            assert!(!code.contains(word), "{module}: {} uses {word}", path.display());
        }
    }
}
