//! The forms of `segc diff`: all of them hold the same changes, and what a site's text says stays text.

use crate::support::command::{code, segc, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

/// Texts that try to leave their places in Markdown, HTML, CSV and a terminal.
const HOSTILE: &str =
    "=1+1 | `x` <script>alert(1)</script> </details> @all #12 https://example.com [x](y) & &amp;";

fn site(allows: &str) -> String {
    format!(
        "site \"s <b> @me\" {{ effective = 2026-01-01 }}\nplatform aws cloud {{ vpc = \"v\" }}\n\
         platform firewall edge {{ }}\nsegment inside on cloud {{ cidr = 10.0.0.0/24, fd00::/64 }}\n\
         segment far on edge {{ cidr = 10.1.0.0/24 }}\nrole web : windows-server on inside {{ }}\n\
         role files : file-server on far {{ }}\nrole users : client {{ cidr = 10.9.0.0/16, fd09::/64 }}\n{allows}"
    )
}

fn two_sites() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let front = "allow front: users -> web : tcp/443 because \"People read pages\"\n";
    let gone = "allow gone: users -> files : tcp/8081 because \"=cmd|' /C calc'!A0\"\n";
    let new = format!("allow new: users -> web : tcp/8443, udp/9000-9010 because \"{HOSTILE}\"\n");
    let forbid = format!("forbid never: users -> files : tcp/22 because \"{HOSTILE}\"\n");
    std::fs::write(folder.path().join("old.seg"), site(&format!("{front}{gone}"))).unwrap();
    std::fs::write(folder.path().join("new.seg"), site(&format!("{front}{new}{forbid}"))).unwrap();
    folder
}

fn diff(folder: &Path, arguments: &[&str]) -> Output {
    segc(folder, &[&["diff", "old.seg", "new.seg"], arguments].concat())
}

fn json(folder: &Path) -> Value {
    serde_json::from_slice(&diff(folder, &["--format", "json"]).stdout).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap()
}

/// The cells of the rows of a CSV.
fn records(output: &Output) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn all_forms_hold_the_same_changes() {
    let folder = two_sites();
    let answer = json(folder.path());
    let changes = list(&answer, "changes");
    let flows: Vec<&Value> = changes.iter().flat_map(|change| list(change, "flows")).collect();
    let rows: BTreeSet<&str> = flows.iter().map(|flow| flow["row"].as_str().unwrap()).collect();
    assert!(changes.len() >= 3 && rows.len() >= 3, "{answer}");

    let markdown = diff(folder.path(), &["--format", "markdown"]);
    let page = diff(folder.path(), &["--format", "html"]);
    let sheet = diff(folder.path(), &["--format", "csv"]);
    for output in [&markdown, &page, &sheet] {
        assert_eq!(code(output), 2, "{}", text(&output.stderr));
    }
    let (markdown, page) = (text(&markdown.stdout), text(&page.stdout));
    for (at, change) in changes.iter().enumerate() {
        let class = change["class"].as_str().unwrap();
        assert!(markdown.contains(&format!("\n| {} | {class} | ", at + 1)), "{class} in\n{markdown}");
        assert!(page.contains(&format!("<h3 id=\"change-{}\">{}. {class}: ", at + 1, at + 1)), "{class}");
    }
    assert_eq!(page.matches("<article ").count(), changes.len());
    let of_flow = |line: &&str| line.starts_with("| ") && line.contains(" | r-");
    assert_eq!(markdown.lines().filter(of_flow).count(), flows.len(), "{markdown}");
    assert_eq!(page.matches("<tr><th scope=\"row\"><code>r-").count(), flows.len());
    for row in &rows {
        assert!(markdown.contains(row) && page.contains(row), "{row}");
    }
    let in_sheet: BTreeSet<String> = records(&sheet).into_iter().map(|record| record[0].clone()).collect();
    assert_eq!(in_sheet, rows.iter().map(|row| (*row).to_owned()).collect());
}

#[test]
fn rows_are_what_is_added_and_removed_between_single_ranges() {
    let folder = two_sites();
    let records = records(&diff(folder.path(), &["--format", "csv"]));
    let short: Vec<String> = records.iter().map(|cells| cells[1..9].join(" ")).collect();
    assert_eq!(
        short,
        [
            "add opened users 10.9.0.0/16 web 10.0.0.0/24 tcp 8443",
            "add opened users fd09::/64 web fd00::/64 tcp 8443",
            "add opened users 10.9.0.0/16 web 10.0.0.0/24 udp 9000-9010",
            "add opened users fd09::/64 web fd00::/64 udp 9000-9010",
            "remove closed users 10.9.0.0/16 files 10.1.0.0/24 tcp 8081",
        ]
    );
    assert!(records[0][11].starts_with("'=1+1 | "), "{:?}", records[0]);
    assert!(records[4][11].starts_with("'=cmd"), "{:?}", records[4]);
    assert!(records.iter().flatten().all(|cell| !cell.contains(char::is_control)));
}

#[test]
fn rows_of_one_platform_are_those_with_an_end_on_it() {
    let folder = two_sites();
    let of = |platform: &str| {
        let output = diff(folder.path(), &["--format", "csv", "--enforced-at", platform]);
        records(&output).iter().map(|cells| cells[18].clone()).collect::<Vec<_>>()
    };
    assert_eq!(of("cloud"), ["cloud"; 4]);
    assert_eq!(of("edge"), ["edge"]);
    let wrong = diff(folder.path(), &["--format", "csv", "--enforced-at", "clout"]);
    assert_eq!(code(&wrong), 64);
    assert!(text(&wrong.stderr).contains("did you mean `cloud`?"));
    assert_eq!(code(&diff(folder.path(), &["--enforced-at", "cloud"])), 64);
}

#[test]
fn texts_of_a_site_stay_texts() {
    let folder = two_sites();
    let markdown = text(&diff(folder.path(), &["--format", "markdown"]).stdout);
    assert!(markdown.starts_with("**s &lt;b> @\u{2060}me**"), "{markdown}");
    for acting in ["<script", "@all", "#12", "https://", " [x](y)"] {
        assert!(!markdown.contains(acting), "{acting} in\n{markdown}");
    }
    let opened = markdown.matches("<details>").count();
    assert!(opened > 0 && opened == markdown.matches("</details>").count(), "{markdown}");
    for line in markdown.lines().filter(|line| line.starts_with('|')) {
        let bars = line.replace("\\|", "").matches('|').count();
        assert!((4..=7).contains(&bars), "{line}");
    }
    let page = text(&diff(folder.path(), &["--format", "html"]).stdout);
    assert!(!page.contains("<script"));
}

#[test]
fn a_comment_fits_and_says_what_it_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let allows: String = (0..1500)
        .map(|at| {
            format!("allow a{at}: users -> web : tcp/{} because \"{}\"\n", 2000 + 2 * at, "long ".repeat(20))
        })
        .collect();
    std::fs::write(folder.path().join("old.seg"), site("")).unwrap();
    std::fs::write(folder.path().join("new.seg"), site(&allows)).unwrap();
    let output = diff(folder.path(), &["--format", "markdown"]);
    let markdown = text(&output.stdout);
    assert_eq!(code(&output), 2, "{}", text(&output.stderr));
    assert!(markdown.len() <= 60_000, "{} bytes", markdown.len());
    assert!(markdown.contains("1500 opened") && markdown.contains("of 1500 changes"), "{markdown}");
}

#[test]
fn nothing_to_tell_is_told_in_every_form() {
    let folder = two_sites();
    for format in ["text", "markdown", "html", "csv"] {
        let output = segc(folder.path(), &["diff", "old.seg", "old.seg", "--format", format]);
        assert_eq!(code(&output), 0, "{format}");
        let words = if format == "csv" { "\"enforced at\"\n" } else { "no change of access" };
        assert!(text(&output.stdout).contains(words), "{format}: {}", text(&output.stdout));
    }
}

#[test]
fn a_row_of_a_change_request_has_the_reasons_of_its_port_alone() {
    let folder = tempfile::tempdir().unwrap();
    let sites = [("old.seg", ""), ("new.seg", "intent domain-member web -> dc\n")];
    for (name, intent) in sites {
        let dc = "role dc : domain-controller { cidr = 10.8.0.1/32 }\n";
        std::fs::write(folder.path().join(name), site(&format!("{dc}{intent}"))).unwrap();
    }
    let records = records(&diff(folder.path(), &["--format", "csv"]));
    let rationale = |port: &str| -> Vec<&str> {
        records.iter().filter(|record| record[8] == port).map(|record| record[11].as_str()).collect()
    };
    let kerberos = rationale("88");
    assert!(!kerberos.is_empty(), "{records:?}");
    assert!(kerberos.iter().all(|why| why.contains("Kerberos") && !why.contains("Name resolution")));
}
