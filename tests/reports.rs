//! The reports of `segc test` and `segc check` for CI and auditors: JUnit, HTML and SARIF, hostile texts included.

use crate::support::command::{self, segc};
use serde_json::Value;
use std::path::Path;

/// Texts that would act if a form did not escape them.
const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "a & b &amp; c",
    "]]></failure>",
    "' onload=x",
    "שלום עולם",
    "👩\u{200d}💻",
    "{0} [x](https://example.com)",
];

const SITE: &str = r#"
site "s" { effective = 2026-01-10 release = r1 }
platform aws cloud { vpc = "v" }
segment inside on cloud { cidr = 10.0.0.0/24 }
role web : windows-server on inside { }
role db : windows-server on inside { }
role users : client { cidr = 10.9.0.0/16 }
role admins : admin { cidr = 10.8.0.0/28 }
allow front: users -> web : tcp/443 because "People read pages"
forbid no-rdp: any -> web : tcp/3389 because "Nobody manages machines from here"
forbid outside: users -> admins : any because "Floors are kept apart" enforced-by config
expect allow users -> web : tcp/443
expect deny users -> web, db : tcp/22
expect deny users <-> admins : any
exception EX-1 {
  allow admins -> web : tcp/3389
  pierces no-rdp
  because "Fault finding"
  ticket = "INC1"  owner = "Desk"  starts = 2026-01-05  expires = 2026-01-20
}
"#;

const TABLE: &str = "cases:\n- {src: users, dst: web, port: tcp/443, expect: allow, level: artefact}\n- {src: users, dst: db, port: tcp/22, expect: allow, why: wanted}\n";

fn folder_with(site: &str, table: &str) -> tempfile::TempDir {
    let folder = command::folder_with(site);
    std::fs::write(folder.path().join("cases.yaml"), table).unwrap();
    folder
}

/// Exit code and standard output of `segc test site.seg` with further words.
fn test(folder: &Path, words: &[&str]) -> (i32, String) {
    let output = segc(folder, &[&["test", "site.seg"], words].concat());
    (output.status.code().unwrap(), String::from_utf8(output.stdout).unwrap())
}

fn report(folder: &Path, words: &[&str]) -> (i32, Value) {
    let (code, text) = test(folder, &[words, &["--format", "json"]].concat());
    (code, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn counts(value: &Value) -> (u64, u64, usize) {
    let count = |key: &str| value[key].as_u64().unwrap();
    (count("passed"), count("failed"), value["cases"].as_array().unwrap().len())
}

#[test]
fn the_lines_of_the_site_are_asked_without_a_table() {
    let folder = folder_with(SITE, TABLE);
    let (code, found) = report(folder.path(), &[]);
    assert_eq!((code, counts(&found), counts(&found["expects"])), (0, (0, 0, 0), (5, 0, 5)));
    let first = &found["expects"]["cases"][0];
    assert_eq!((first["origin"].as_str(), first["level"].as_str()), (Some("site.seg:12"), Some("intent")));
    assert_eq!(first["reasons"][0]["text"], "allow front: People read pages");
    let (_, text) = test(folder.path(), &[]);
    assert_eq!(text, "forbids: 2 hold, 0 fail\nexpect lines: 5 passed, 0 failed\n");
}

#[test]
fn tables_are_counted_apart_and_come_in_order() {
    let folder = folder_with(SITE, TABLE);
    std::fs::write(folder.path().join("more.yaml"), TABLE).unwrap();
    let (code, found) = report(folder.path(), &["--cases", "cases.yaml", "--cases", "more.yaml"]);
    assert_eq!((code, counts(&found), counts(&found["expects"])), (1, (2, 2, 4), (5, 0, 5)));
    let origins: Vec<&str> =
        found["cases"].as_array().unwrap().iter().map(|case| case["origin"].as_str().unwrap()).collect();
    assert_eq!(origins, ["cases.yaml:2", "cases.yaml:3", "more.yaml:2", "more.yaml:3"]);
    assert_eq!(found["sources"].as_array().unwrap().len(), 3);
}

#[test]
fn an_expect_line_that_fails_fails_the_run() {
    let folder = folder_with(&format!("{SITE}expect deny users -> web : tcp/443\n"), TABLE);
    let (code, found) = report(folder.path(), &[]);
    assert_eq!((code, counts(&found["expects"])), (1, (5, 1, 6)));
    let (code, text) = test(folder.path(), &[]);
    assert_eq!(code, 1);
    assert!(text.contains("FAILED users to web on tcp/443 (intent, 2026-01-10): expected deny, got allow\n"));
}

#[test]
fn a_line_of_very_many_pairs_is_answered_as_a_whole() {
    let roles: String =
        (0..101).map(|at| format!("role r{at} : client {{ cidr = 10.1.{at}.0/24 }}\n")).collect();
    let holds = format!("{SITE}{roles}expect deny any -> any : udp/9\n");
    let (code, found) = report(folder_with(&holds, TABLE).path(), &[]);
    assert_eq!((code, counts(&found["expects"])), (0, (6, 0, 6)));
    let (code, found) = report(folder_with(&holds.replace("udp/9", "tcp/443"), TABLE).path(), &[]);
    let whole = &found["expects"]["cases"][5];
    assert_eq!((code, whole["src"].as_str(), whole["got"].as_str()), (1, Some("105 roles"), Some("allow")));
    assert_eq!(whole["reasons"][0]["text"], "fails first for `users` to `web`");
}

#[test]
fn forbids_and_exceptions_say_what_became_of_them() {
    let folder = folder_with(SITE, TABLE);
    let forbid = |day: &str, at: usize| {
        let (_, found) = report(folder.path(), &["--as-of", day]);
        let state = found["exceptions"][0]["state"].as_str().unwrap().to_owned();
        (found["forbids"][at].clone(), state)
    };
    for (day, outcome, state) in [
        ("2026-01-04", "proved", "not-yet"),
        ("2026-01-05", "pierced", "in-force"),
        ("2026-01-19", "pierced", "in-force"),
        ("2026-01-20", "proved", "expired"),
    ] {
        let (found, is) = forbid(day, 0);
        let outcomes = [found["intent"].as_str(), found["artefact"].as_str(), Some(&is)];
        assert_eq!(outcomes, [Some(outcome), Some(outcome), Some(state)], "{day}");
    }
    let (outside, _) = forbid("2026-01-10", 1);
    assert_eq!((outside["enforced"].as_str(), outside["kept_by"].as_str()), (Some("none"), Some("config")));
}

#[test]
fn a_widening_that_meets_a_promise_is_told_with_who_keeps_it_then() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("examples/flex-azure");
    let (code, found) = report(&folder, &["--cases", "cases.yaml"]);
    let met =
        found["forbids"].as_array().unwrap().iter().find(|forbid| forbid["name"] == "no-proxy-cc").unwrap();
    assert_eq!((code, met["artefact"].as_str()), (0, Some("kept-elsewhere")));
    let (_, page) = test(&folder, &["--format", "html"]);
    let widening = met["widenings"][0].as_str().unwrap();
    let told = format!("not kept by the artefacts: met by {widening}; a setting elsewhere keeps it");
    assert!(page.contains(&told), "{told}");
}

#[test]
fn a_promise_that_only_the_artefacts_break_fails_the_run() {
    // `db` wears the group of `web`, so it gets what `web` gets; the file alone keeps the promise.
    let site = SITE.replace(
        "role db : windows-server on inside { }",
        "role db : windows-server on inside { same-group-as = web }",
    );
    let folder = folder_with(&format!("{site}forbid no-db: users -> db : any because \"x\"\n"), TABLE);
    let (code, found) = report(folder.path(), &[]);
    let broken = &found["forbids"][0];
    assert_eq!((code, broken["name"].as_str()), (1, Some("no-db")));
    assert_eq!((broken["intent"].as_str(), broken["artefact"].as_str()), (Some("proved"), Some("broken")));
    assert_eq!(broken["meets"][0], "`users` to `db` on tcp/443");
    assert_eq!(broken["widenings"].as_array().unwrap().len(), 1);
    let (_, xml) = test(folder.path(), &["--format", "junit"]);
    assert!(xml.contains("broken by the artefacts: `users` to `db` on tcp/443"), "{xml}");
}

#[test]
fn junit_has_a_suite_for_each_source_of_questions() {
    let folder = folder_with(SITE, TABLE);
    let (code, xml) = test(folder.path(), &["--cases", "cases.yaml", "--format", "junit"]);
    assert_eq!(code, 1);
    for part in [
        "<testsuites name=\"segc test s 2026-01-10\" tests=\"9\" failures=\"1\" errors=\"0\">",
        "<testsuite name=\"cases.yaml\" tests=\"2\" failures=\"1\" errors=\"0\">",
        "<testsuite name=\"expect lines\" tests=\"5\" failures=\"0\"",
        "<testsuite name=\"forbids\" tests=\"2\" failures=\"0\"",
        "<failure message=\"expected allow, got deny - wanted\" type=\"verdict\">no line permits it: default deny\nfor example: 10.9.0.0 to 10.0.0.0 on tcp/22</failure>",
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
    assert!(!xml.contains("time"));
}

#[test]
fn a_site_without_a_day_is_asked_on_the_first_day_of_its_table() {
    let table = TABLE.replace("port:", "as-of: 2026-01-06, port:");
    let folder = folder_with(&SITE.replace("effective = 2026-01-10 ", ""), &table);
    let (code, found) = report(folder.path(), &["--cases", "cases.yaml"]);
    assert_eq!((code, found["as_of"].as_str()), (1, Some("2026-01-06")));
    assert_eq!(test(folder.path(), &[]).0, 1);
}

#[test]
fn junit_tells_what_kept_segc_from_asking() {
    let folder = folder_with(&SITE.replace("windows-server", "windows-servr"), TABLE);
    let (code, xml) = test(folder.path(), &["--format", "junit"]);
    assert_eq!(code, 1);
    assert!(xml.contains("<testcase name=\"site.seg:5: SEG2104\" classname=\"errors\">"), "{xml}");
    assert!(xml.contains("tests=\"2\" failures=\"0\" errors=\"2\""), "{xml}");
}

#[test]
fn an_error_besides_the_answers_is_in_every_report() {
    let folder = folder_with(&format!("{SITE}forbid own: users -> web : tcp/443 because \"x\"\n"), TABLE);
    let (code, found) = report(folder.path(), &[]);
    assert_eq!((code, found["findings"][0]["code"].as_str()), (1, Some("SEG5001")));
    assert_eq!(found["forbids"][2]["intent"], "broken");
    let (_, xml) = test(folder.path(), &["--format", "junit"]);
    assert!(xml.contains("site.seg:9: SEG5001"), "{xml}");
    let (_, page) = test(folder.path(), &["--format", "html"]);
    assert!(page.contains("Something does not hold") && page.contains("SEG5001"));
}

/// A site and a table with a text in every place that takes one.
fn with_text(text: &str) -> tempfile::TempDir {
    let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
    let site = SITE
        .replace("site \"s\"", &format!("site \"{quoted}\""))
        .replace("People read pages", &quoted)
        .replace("Nobody manages machines from here", &quoted)
        .replace("Fault finding", &quoted)
        .replace("\"INC1\"", &format!("\"{quoted}\""))
        .replace("\"Desk\"", &format!("\"{quoted}\""));
    let why = serde_json::to_string(text).unwrap();
    folder_with(&site, &TABLE.replace("wanted", &why))
}

#[test]
fn hostile_texts_are_shown_and_do_nothing() {
    for text in HOSTILE.iter().map(|text| (*text).to_owned()).chain(["long ".repeat(20_000)]) {
        let folder = with_text(&text);
        for format in ["text", "json", "junit", "html"] {
            let words = ["--cases", "cases.yaml", "--format", format, "--verbose"];
            let (code, out) = test(folder.path(), &words);
            assert_eq!(code, 1, "{format}: {text}");
            let shown = match format {
                "json" => serde_json::to_string(&text).unwrap(),
                "junit" | "html" => escaped(&text, format),
                _ => text.clone(),
            };
            assert!(out.contains(shown.trim_matches('"')), "{format} does not show {shown}");
            assert!(!out.contains("<script") || format == "text" || format == "json", "{format}");
            assert_eq!(out, test(folder.path(), &words).1, "{format}: two runs, two texts");
        }
    }
}

fn escaped(text: &str, format: &str) -> String {
    let names = match format {
        "html" => [("&", "&#38;"), ("<", "&#60;"), (">", "&#62;"), ("\"", "&#34;"), ("'", "&#39;")],
        _ => [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "'")],
    };
    names.iter().fold(text.to_owned(), |text, (letter, name)| text.replace(letter, name))
}

/// The language refuses such characters, so they can come from a case file only.
#[test]
fn control_characters_are_shown_by_their_numbers() {
    let why = serde_json::to_string("a\u{1b}[31m\u{202e}b").unwrap();
    let folder = folder_with(SITE, &TABLE.replace("wanted", &why));
    for format in ["text", "junit", "html"] {
        let (_, out) = test(folder.path(), &["--cases", "cases.yaml", "--format", format]);
        assert!(out.contains("a\\u{1b}[31m\\u{202e}b"), "{format}: {out}");
        assert!(!out.contains('\u{1b}') && !out.contains('\u{202e}'), "{format}");
    }
}

#[test]
fn the_page_stands_alone() {
    let folder = folder_with(SITE, TABLE);
    let (_, page) = test(folder.path(), &["--cases", "cases.yaml", "--format", "html"]);
    for wrong in ["<script", "http:", "https:", "src=", "url(", "@import", "href="] {
        assert!(!page.contains(wrong), "{wrong}");
    }
    for part in
        ["proved at intent level but for exception EX-1", "in force", "2026-01-20", "Something does not hold"]
    {
        assert!(page.contains(part), "{part} is not on the page");
    }
    assert_eq!(page.matches("<th ").count(), page.matches("<th scope=").count());
}

fn sarif(folder: &Path, site: &str) -> (i32, Value) {
    let output = segc(folder, &["check", site, "--format", "sarif"]);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn sarif_has_the_findings_of_check() {
    let text = "<script> {0} [x](https://example.com) 👩‍💻";
    let site = SITE.replace("tcp/443 because \"People read pages\"", &format!("tcp/3389 because \"{text}\""));
    let folder = folder_with(&site, TABLE);
    let (code, log) = sarif(folder.path(), "site.seg");
    let results = log["runs"][0]["results"].as_array().unwrap().clone();
    let found = results.iter().find(|result| result["ruleId"] == "SEG5001").unwrap();
    assert_eq!((code, found["level"].as_str()), (1, Some("error")));
    let place = &found["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "site.seg");
    assert_eq!(place["region"]["startLine"], 9);
    assert_eq!(found["relatedLocations"][0]["physicalLocation"]["region"]["startLine"], 10);
    assert_eq!(sarif(folder.path(), "site.seg").1, log);

    std::fs::write(folder.path().join("site.seg"), format!("\n\n# moved\n{site}")).unwrap();
    let moved = sarif(folder.path(), "site.seg").1["runs"][0]["results"].as_array().unwrap().clone();
    let prints = |results: &[Value]| -> Vec<String> {
        results.iter().map(|result| result["partialFingerprints"].to_string()).collect()
    };
    assert_eq!(prints(&results), prints(&moved));
}

#[test]
fn sarif_is_written_for_what_has_no_place_too() {
    let folder = folder_with(SITE, TABLE);
    let (code, log) = sarif(folder.path(), "absent.seg");
    assert_eq!((code, log["runs"][0]["results"][0]["ruleId"].as_str()), (1, Some("SEG0002")));
    let (code, log) = sarif(folder.path(), "site.seg");
    assert_eq!((code, log["version"].as_str()), (0, Some("2.1.0")));
    let wrong = segc(folder.path(), &["test", "site.seg", "--format", "sarif"]);
    assert_eq!(wrong.status.code(), Some(64));
}
