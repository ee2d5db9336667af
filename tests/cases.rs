//! The acceptance tables: every folder of `examples/` with a site and its table is compiled once for each day that the
//! table names, the artefacts are read back by `support`, and every case is asked of every enforced end.
//!
//! Invariant: a case is never skipped silently; those that no artefact can answer are counted and printed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output as Ran};

use serde_json::Value;

use crate::support::artifacts::{Answer, EndVerdict, Output};
use crate::support::cases::{self, Case, CaseFile, Expect, Level};
use crate::support::judge::Verdict;
use crate::support::{json, lint, site};

/// A site of `examples/`, copied to a folder of its own so that a lock file or an output never lands in the tree.
struct Example {
    name: String,
    folder: tempfile::TempDir,
    text: String,
    table: CaseFile,
}

impl Example {
    fn site(&self) -> PathBuf {
        self.folder.path().join("site.seg")
    }
}

fn examples_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn example(name: &str) -> Example {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(examples_folder().join(name)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    let read = |file: &str| {
        fs::read_to_string(folder.path().join(file))
            .unwrap_or_else(|error| panic!("examples/{name}/{file}: {error}"))
    };
    let table = cases::parse(&read("cases.yaml"))
        .unwrap_or_else(|error| panic!("examples/{name}/cases.yaml: {error}"));
    let text = read("site.seg");
    Example { name: name.to_owned(), text, folder, table }
}

fn segc(arguments: &[&str]) -> Ran {
    Command::new(env!("CARGO_BIN_EXE_segc")).args(arguments).output().expect("the built segc runs")
}

/// Reads back what `compile` writes on a day; none when an expired exception stands in the way, which must be said.
fn compile(example: &Example, as_of: Option<&str>) -> Option<Output> {
    let out = tempfile::tempdir().unwrap();
    let (site, out_path) = (example.site(), out.path().join("out"));
    let mut arguments = vec!["compile", site.to_str().unwrap(), "-o", out_path.to_str().unwrap()];
    arguments.extend(as_of.into_iter().flat_map(|day| ["--as-of", day]));
    let ran = segc(&arguments);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned() + &String::from_utf8_lossy(&ran.stdout);
    if ran.status.code() == Some(1) && as_of.is_some() && said.contains("SEG5003") {
        return None;
    }
    assert!(ran.status.success(), "{} as of {as_of:?}:\n{said}", example.name);
    Some(Output::load(&out_path, &example.text).unwrap_or_else(|error| panic!("{}: {error}", example.name)))
}

/// What the artefacts have against a case: nothing, or why they disagree with it.
fn disagreement(case: &Case, output: &Output, answer: &Answer) -> Option<String> {
    // A spelling may be wider than the others only where the manifest says so.
    let admitted = |end: &&EndVerdict| {
        end.verdict == Verdict::Allow
            && output.manifest.widenings.iter().any(|widening| {
                widening.spelling.as_deref() == Some(end.spelling.id())
                    && widening.covers(&case.src, &case.dst, case.service())
            })
    };
    if !answer.contradictions().iter().all(admitted) {
        return Some(format!("spellings of one end differ: {:?}", answer.ends));
    }
    let owned_up = || {
        output.manifest.widenings.iter().any(|widening| widening.covers(&case.src, &case.dst, case.service()))
    };
    let agrees = match (case.level, case.expect) {
        (_, Expect::Allow) => answer.together() == Verdict::Allow,
        (Level::Artefact, Expect::Deny) => answer.together() == Verdict::Deny,
        (Level::Intent, Expect::Deny) => answer.together() == Verdict::Deny || owned_up(),
    };
    (!agrees).then(|| format!("the ends say {:?}", answer.ends))
}

/// How many cases were answered by artefacts, and what went wrong.
#[derive(Default)]
struct Tally {
    answered: usize,
    unenforced: usize,
    refused: usize,
    wrong: Vec<String>,
}

fn ask_all(example: &Example, day: Option<&str>, tally: &mut Tally) {
    let asked: Vec<&Case> = example.table.cases.iter().filter(|case| case.as_of.as_deref() == day).collect();
    let Some(output) = compile(example, day) else {
        tally.refused += asked.len();
        return;
    };
    let at = |text: String| format!("{} as of {}: {text}", example.name, day.unwrap_or("its effective day"));
    let findings =
        lint::lint(&output).into_iter().map(|finding| format!("{}: {}", finding.place, finding.problem));
    tally.wrong.extend(findings.chain(site::differences(&output.manifest, &example.text)).map(at));
    for case in asked {
        let row =
            format!("{} -> {} : {} ({:?}, {:?})", case.src, case.dst, case.port, case.expect, case.level);
        match output.ask(&case.src, &case.dst, case.service()) {
            Err(error) => tally.wrong.push(at(format!("{row}: {error}"))),
            Ok(answer) if answer.is_unenforced() => tally.unenforced += 1,
            Ok(answer) => {
                tally.answered += 1;
                tally.wrong.extend(
                    disagreement(case, &output, &answer).map(|why| at(format!("{row}: {why}; {}", case.why))),
                );
            }
        }
    }
}

/// The artefacts agree with every case at every enforced end, and nothing is wrong with their form.
fn artefacts_agree(name: &str) {
    let example = example(name);
    let mut days: BTreeSet<Option<&str>> =
        example.table.cases.iter().map(|case| case.as_of.as_deref()).collect();
    days.insert(None);
    let mut tally = Tally::default();
    for day in days {
        ask_all(&example, day, &mut tally);
    }
    eprintln!(
        "{name}: {} cases answered by artefacts, {} with no enforced end, {} on days that compile refuses",
        tally.answered, tally.unenforced, tally.refused
    );
    assert!(tally.wrong.is_empty(), "{}", tally.wrong.join("\n"));
}

/// `segc test` agrees with every case too.
fn tool_agrees(name: &str) {
    let example = example(name);
    let (site, table) = (example.site(), example.folder.path().join("cases.yaml"));
    let ran = segc(&["test", site.to_str().unwrap(), "--cases", table.to_str().unwrap(), "--format", "json"]);
    let said = String::from_utf8_lossy(&ran.stdout);
    let answer = json::parse(&said)
        .unwrap_or_else(|e| panic!("{name}: {e}\n{said}{}", String::from_utf8_lossy(&ran.stderr)));
    let count = |key: &str| answer.get(key).and_then(Value::as_u64);
    let failed =
        json::list(&answer, "cases").iter().filter(|case| case.get("pass") != Some(&Value::Bool(true)));
    let failed: Vec<String> = failed.map(ToString::to_string).collect();
    assert!(failed.is_empty() && count("failed") == Some(0), "{name}:\n{}", failed.join("\n"));
    assert_eq!(count("passed"), Some(example.table.cases.len() as u64), "{name}");
    assert_eq!(json::list(&answer, "cases").len(), example.table.cases.len(), "{name}");
    assert!(ran.status.success(), "{name}");
}

macro_rules! sites {
    ($($test:ident $folder:literal)*) => {
        const SITES: &[&str] = &[$($folder),*];
        $(mod $test {
            #[test]
            fn artefacts_agree_with_every_case() {
                super::artefacts_agree($folder);
            }

            #[test]
            fn segc_test_passes_every_case() {
                super::tool_agrees($folder);
            }
        })*
    };
}

sites! {
    crowded_aws "crowded-aws"
    cvad_nutanix "cvad-nutanix"
    daas_aws "daas-aws"
    flex_azure "flex-azure"
    own_catalogue "own-catalogue"
    three_platforms_r1 "three-platforms-r1"
    three_platforms_r2 "three-platforms-r2"
}

#[test]
fn every_example_is_asked() {
    let folders = fs::read_dir(examples_folder()).unwrap().map(|entry| entry.unwrap().path());
    let tables = folders.filter(|folder| folder.join("cases.yaml").exists());
    let names: BTreeSet<String> =
        tables.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, SITES.iter().map(|site| (*site).to_owned()).collect());
}

#[test]
fn every_table_names_its_site_and_release() {
    for name in SITES {
        let text = fs::read_to_string(examples_folder().join(name).join("cases.yaml")).unwrap();
        let table = cases::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            !table.site.is_empty() && table.release.starts_with('r') && table.cases.len() >= 30,
            "{name}"
        );
    }
}

/// Tiers are enforced from the day that `rollout` says, monitored before it.
#[test]
fn rollout_days_set_the_state_of_each_tier() {
    let example = example("cvad-nutanix");
    let expected = [
        ("2026-02-02", "storefront", "MONITOR"),
        ("2026-03-01", "storefront", "MONITOR"),
        ("2026-03-02", "storefront", "ENFORCE"),
        ("2026-03-02", "controller", "MONITOR"),
        ("2026-03-16", "sql", "ENFORCE"),
        ("2026-04-05", "vda-app", "MONITOR"),
        ("2026-04-06", "vda-app", "ENFORCE"),
    ];
    for (day, role, state) in expected {
        let output = compile(&example, Some(day)).expect("the site has no exception that could expire");
        let states = output.flow_states(role);
        assert!(!states.is_empty(), "no policy secures `{role}`");
        for (spelling, found) in states {
            assert_eq!(found, state, "{role} on {day} in {spelling:?}");
        }
    }
}
