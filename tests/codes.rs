//! The table of codes, their pages, the cases in `tests/ui` and the source, compared with each other.
//!
//! A page shows how the code comes about, and how it goes away. A `seg` block under *Example* is a site that gives
//! this code and no other error, one under *Fixed* a site without errors; both are run. A `console` block shows a
//! command. A code whose page has neither can't be brought about by a user, and has no case in `tests/ui`.

use crate::support::folder;
use crate::ui;
use segc::catalogue::{Catalogue, extend};
use segc::check::Strictness;
use segc::check::findings::Choices;
use segc::diagnostic::codes::{CodeInfo, TABLE};
use segc::diagnostic::{Diagnostic, Severity, Sink};
use segc::driver::{
    CompileOptions, ReadFailure, Selection, SourceReader, SourceText, check_model, compile, load,
    plan_and_prove, resolve_site, review,
};
use segc::target::Lock;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

const PAGES: &str = "src/diagnostic/pages";
const TABLE_FILE: &str = "src/diagnostic/table.rs";

/// The sections of a page in their order. The second one may say "reported" instead, for what is no error.
const SECTIONS: [&str; 5] = ["What it means", "Why it is refused", "Example", "Fixed", "See also"];

fn package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A section of a page: its heading and its text.
type Section<'a> = (&'a str, &'a str);

fn sections(page: &str) -> Vec<Section<'_>> {
    page.split("\n## ").skip(1).map(|part| part.split_once('\n').unwrap_or((part, ""))).collect()
}

fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    sections(page).into_iter().find(|(name, _)| *name == heading).map_or("", |(_, text)| text)
}

/// The fenced blocks of a text: language and content.
fn fences(text: &str) -> Vec<(&str, String)> {
    let mut blocks: Vec<(&str, String)> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        match (line.strip_prefix("```"), is_open) {
            (Some(_), true) => is_open = false,
            (Some(language), false) => {
                is_open = true;
                blocks.push((language, String::new()));
            }
            (None, true) => {
                if let Some((_, content)) = blocks.last_mut() {
                    content.push_str(line);
                    content.push('\n');
                }
            }
            (None, false) => {}
        }
    }
    blocks
}

/// True when a user can bring the code about.
fn is_reachable(info: &CodeInfo) -> bool {
    fences(section(info.page, "Example"))
        .iter()
        .any(|(language, _)| matches!(*language, "seg" | "yaml" | "console"))
}

/// A folder without other files.
struct Alone;

impl SourceReader for Alone {
    fn read(&self, _: &str) -> Result<SourceText, ReadFailure> {
        Err(ReadFailure::Unreadable("there is no such file".to_owned()))
    }
}

/// Everything that `segc check` says about a site, and what `segc compile` says besides where `check` is content.
fn reports(text: &str) -> Vec<Diagnostic> {
    let text = SourceText { name: "site.seg".to_owned(), text: text.to_owned() };
    let mut site = load("site.seg", text, &Alone);
    let options =
        CompileOptions { selection: Selection::default(), lock: Lock::new(), side_files: BTreeMap::new() };
    let mut sink = Sink::new();
    if let Some(model) = resolve_site(&mut site)
        && let Some(policy) = check_model(&model, None, Strictness::Check, &mut sink)
    {
        plan_and_prove(&policy, &options, &mut sink);
        review(&site, &model, &policy, &Choices::default(), &mut sink);
        if !sink.has_errors() {
            compile(&policy, &site, &options, &mut sink);
        }
    }
    sink.extend(site.sink.into_sorted());
    sink.into_sorted()
}

/// The codes of the problems of a catalogue file.
fn catalogue_codes(text: &str) -> BTreeSet<String> {
    let files = [("entries.yaml", text)];
    let read = if text.contains("\nnamespace:") {
        extend(Catalogue::builtin(), &files)
    } else {
        segc::catalogue::load(&files)
    };
    let problems = read.err().unwrap_or_default();
    problems.iter().map(|problem| problem.kind.code().to_owned()).collect()
}

fn codes_with(reports: &[Diagnostic], severity: Severity) -> BTreeSet<String> {
    reports
        .iter()
        .filter(|report| report.severity == severity)
        .map(|report| report.code.to_string())
        .collect()
}

#[test]
fn the_table_is_in_order_and_well_formed() {
    let codes: Vec<_> = TABLE.iter().map(|info| info.code).collect();
    let names: BTreeSet<&str> = TABLE.iter().map(|info| info.name).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "a code is given twice or out of order");
    assert_eq!(names.len(), codes.len(), "a name is given twice");
    for info in TABLE {
        let is_kebab = info.name.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
        assert!(is_kebab, "{}: `{}` is not kebab case", info.code, info.name);
        let starts_low = info.title.starts_with(|c: char| c.is_lowercase() || c == '`');
        let is_known_word = ["UTF-8", "Citrix"].iter().any(|word| info.title.starts_with(word));
        assert!(starts_low || is_known_word, "{}: title starts with a capital", info.code);
        assert!(!info.title.ends_with(['.', '!', ':']), "{}: title ends with a stop", info.code);
        assert!(info.title.len() <= 90 && !info.title.contains('\n'), "{}: title is long", info.code);
    }
}

#[test]
fn every_code_has_its_page_and_every_page_its_code() {
    let files = folder::read(&package(PAGES)).unwrap();
    let pages: BTreeSet<String> = files.into_keys().collect();
    let codes: BTreeSet<String> = TABLE.iter().map(|info| format!("{}.md", info.code)).collect();
    assert_eq!(pages, codes);
}

#[test]
fn every_page_has_its_sections() {
    for info in TABLE {
        let title = info.page.lines().next().unwrap_or_default();
        let wanted = format!("# {} ", info.code);
        assert!(
            title.starts_with(&wanted) && title.len() > wanted.len(),
            "{}: first line `{title}`",
            info.code
        );
        let found: Vec<String> =
            sections(info.page).into_iter().map(|(name, _)| name.replace("reported", "refused")).collect();
        assert_eq!(found, SECTIONS, "{}", info.code);
        let refused = info.page.contains("## Why it is refused");
        assert_eq!(refused, info.severity == Severity::Error, "{}: refused or reported?", info.code);
        for (name, text) in sections(info.page) {
            assert!(text.trim().len() > 10, "{}: `{name}` says nothing", info.code);
        }
        for name in ["Example", "Fixed"] {
            assert!(!fences(section(info.page, name)).is_empty(), "{}: `{name}` shows nothing", info.code);
        }
        for (language, _) in fences(info.page) {
            let is_known = ["seg", "console", "text", "yaml", "json"].contains(&language);
            assert!(is_known, "{}: no language `{language}`", info.code);
        }
        for line in info.page.lines() {
            assert!(line.chars().count() <= 120, "{}: a line is longer than 120 characters", info.code);
        }
    }
}

#[test]
fn pages_name_codes_that_exist() {
    let known: BTreeSet<String> = TABLE.iter().map(|info| info.code.to_string()).collect();
    for info in TABLE {
        for at in info.page.match_indices("SEG").map(|(at, _)| at) {
            let code = info.page.get(at..at + 7).unwrap_or_default();
            assert!(known.contains(code), "{}: `{code}` is no code", info.code);
        }
        let see_also = section(info.page, "See also");
        assert!(!see_also.contains(&info.code.to_string()), "{}: sees itself", info.code);
    }
}

#[test]
fn every_example_gives_its_code_and_no_other_error() {
    let mut faults = Vec::new();
    for info in TABLE {
        for (_, text) in
            fences(section(info.page, "Example")).iter().filter(|(language, _)| *language == "seg")
        {
            let code = info.code.to_string();
            let reports = reports(text);
            let errors = codes_with(&reports, Severity::Error);
            let is_right = match info.severity {
                Severity::Error => errors == BTreeSet::from([code.clone()]),
                severity => errors.is_empty() && codes_with(&reports, severity).contains(&code),
            };
            if !is_right {
                let said: Vec<String> =
                    reports.iter().map(|report| format!("  {}: {}", report.code, report.message)).collect();
                faults.push(format!("{code}: the example gives\n{}", said.join("\n")));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_fixed_example_has_no_error() {
    let mut faults = Vec::new();
    for info in TABLE {
        for (_, text) in fences(section(info.page, "Fixed")).iter().filter(|(language, _)| *language == "seg")
        {
            let reports = reports(text);
            for report in
                reports.iter().filter(|one| one.severity == Severity::Error || one.code == info.code)
            {
                faults.push(format!("{}, fixed, gives {}: {}", info.code, report.code, report.message));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn catalogue_examples_give_their_code_and_are_fixed() {
    for info in TABLE.iter().filter(|info| info.page.contains("```yaml\nschema: segc-catalogue/")) {
        let code = info.code.to_string();
        for (_, text) in fences(section(info.page, "Example")) {
            assert_eq!(catalogue_codes(&text), BTreeSet::from([code.clone()]), "{code}: the example");
        }
        for (_, text) in fences(section(info.page, "Fixed")) {
            assert!(catalogue_codes(&text).is_empty(), "{code}, fixed, gives {:?}", catalogue_codes(&text));
        }
    }
}

#[test]
fn every_code_that_a_user_can_meet_has_a_case() {
    let cases: BTreeSet<String> =
        folder::cases(&ui::root()).unwrap().iter().filter_map(|path| ui::code_of(path)).collect();
    let reachable: BTreeSet<String> =
        TABLE.iter().filter(|info| is_reachable(info)).map(|info| info.code.to_string()).collect();
    let missing: Vec<&String> = reachable.difference(&cases).collect();
    assert!(missing.is_empty(), "no case in tests/ui for {missing:?}");
    let unshown: Vec<&String> = cases.difference(&reachable).collect();
    assert!(unshown.is_empty(), "a case, but no `seg` or `console` block on the page of {unshown:?}");
}

#[test]
fn what_pages_quote_is_what_segc_says() {
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    for path in folder::cases(&ui::root()).unwrap() {
        let text = fs::read_to_string(path.join("expected.txt")).unwrap_or_default();
        // A page calls its site `site.seg`, a case `input.seg`.
        said.entry(ui::code_of(&path).unwrap_or_default())
            .or_default()
            .push_str(&text.replace("input.seg", "site.seg"));
    }
    for info in TABLE {
        let quoted = fences(info.page).into_iter().filter(|(language, _)| *language == "console");
        for line in quoted.flat_map(|(_, text)| text.lines().map(str::to_owned).collect::<Vec<_>>()) {
            let is_said = line.starts_with("$ ")
                || said.get(&info.code.to_string()).is_some_and(|said| said.contains(&line));
            assert!(is_said, "{}: no case says `{line}`", info.code);
        }
    }
}

#[test]
fn every_code_is_used() {
    let constants = constants().unwrap();
    assert_eq!(constants.len(), TABLE.len());
    let mut used = BTreeSet::new();
    for root in ["src", "targets"] {
        for (name, bytes) in folder::read(&package(root)).unwrap() {
            if !name.ends_with(".rs") || name.ends_with("diagnostic/table.rs") || name.contains("tests") {
                continue;
            }
            let text = String::from_utf8_lossy(&bytes).into_owned();
            for rest in text.split("codes::").skip(1) {
                let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
                used.insert(rest.chars().take_while(|c| is_part(*c)).collect::<String>());
            }
        }
    }
    let unused: Vec<&String> = constants.iter().filter(|constant| !used.contains(*constant)).collect();
    assert!(unused.is_empty(), "nothing reports {unused:?}");
}

/// The names of the table's constants: the third word of each of its lines.
fn constants() -> io::Result<Vec<String>> {
    let table = fs::read_to_string(package(TABLE_FILE))?;
    let lines =
        table.lines().map(str::trim_start).filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    Ok(lines.filter_map(|line| line.split_whitespace().nth(2)).map(str::to_owned).collect())
}
