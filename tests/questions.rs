//! The questions of a reviewer as commands: reach, matrix, search, and why with rules and addresses.

use crate::support::command::{code, folder_with, segc, text};
use serde_json::Value;
use std::path::Path;

const SITE: &str = r#"
site "s" { effective = 2026-01-01 release = r1 }
platform aws cloud { vpc = "v" }
segment inside on cloud { cidr = 10.0.0.0/24 }
segment tools on cloud { cidr = 10.0.1.0/24 }
role app : windows-server on inside { }
role db : windows-server on tools { }
role kiosk : client { cidr = 10.9.7.0/24 }
role users : client { cidr = 10.9.0.0/16 }
role web : windows-server on inside { }
allow front: users -> web : tcp/443 because "People <b>read</b> & write"
allow back: web -> app : tcp/8443 because "Pages come of it"
allow rows: app -> db : tcp/1433 because "It keeps its rows there"
allow stand: kiosk -> app : tcp/8080 because "Kiosks show one page"
forbid no-rdp: users -> web : tcp/3389 because "=cmd()|<script>alert(1)</script>"
"#;

/// The answer of a command as JSON; it must succeed.
fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = segc(folder, &[arguments, &["--format", "json"]].concat());
    assert_eq!(code(&output), 0, "{arguments:?}: {}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The answer of a command as text; it must succeed.
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = segc(folder, arguments);
    assert_eq!(code(&output), 0, "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("{key} is no list in {value}"))
}

fn words<'a>(values: &'a [Value], keys: &[&str]) -> Vec<String> {
    let word = |value: &'a Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    values
        .iter()
        .map(|value| keys.iter().map(|key| word(&value[*key])).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn reach_counts_hops_both_ways_and_names_the_lines() {
    let folder = folder_with(SITE);
    let reach = |arguments: &[&str]| json(folder.path(), &[&["reach", "site.seg"], arguments].concat());
    let users = reach(&["users"]);
    assert_eq!(words(list(&users, "reaches"), &["role", "hops"]), ["app 1", "web 1", "db 2"]);
    let chain = list(&list(&users, "reaches")[2], "chain");
    assert_eq!(words(chain, &["from", "to", "service"]), ["users app tcp/8080", "app db tcp/1433"]);
    assert_eq!(chain[1]["lines"][0]["statement"], "allow rows");
    assert_eq!(chain[1]["lines"][0]["line"], 13);
    let db = reach(&["db"]);
    assert_eq!(list(&db, "reaches").len(), 0);
    let by = words(list(&db, "reached_by"), &["role", "hops"]);
    assert_eq!(by, ["app 1", "kiosk 2", "users 2", "web 2"]);
    assert_eq!(list(&reach(&["db", "--hops", "1"]), "reached_by").len(), 1);
    assert_eq!(words(list(&reach(&["users", "--service", "tcp/443"]), "reaches"), &["role"]), ["web"]);
    let text = said(folder.path(), &["reach", "site.seg", "web", "--level", "artefact"]);
    assert!(text.contains("reaches db in 2 hops\n  web -> app on"), "{text}");
    assert!(text.contains("allow back (site.seg:12)"), "{text}");
    assert_eq!(code(&segc(folder.path(), &["reach", "site.seg", "wbe"])), 1);
    assert_eq!(code(&segc(folder.path(), &["reach", "site.seg", "web", "--service", "http"])), 64);
}

#[test]
fn the_matrix_tells_forbidden_partial_and_default_deny_apart_in_every_form() {
    let folder = folder_with(SITE);
    let matrix = json(folder.path(), &["matrix", "site.seg"]);
    let cells = words(list(&matrix, "cells"), &["from", "to", "service", "partial", "forbidden"]);
    assert!(cells.contains(&"users web tcp/443 null tcp/3389".to_owned()), "{cells:?}");
    assert!(cells.contains(&"users app tcp/8080 tcp/8080 null".to_owned()), "kiosks are users: {cells:?}");
    assert_eq!(matrix["forbids"][0]["from"], serde_json::json!(["kiosk", "users"]));
    let grid = said(folder.path(), &["matrix", "site.seg"]);
    let row = grid.lines().find(|line| line.starts_with("users")).unwrap();
    assert!(row.contains("~tcp/8080") && row.contains("tcp/443 x tcp/3389"), "{grid}");
    let listed = said(folder.path(), &["matrix", "site.seg", "--list"]);
    assert!(listed.contains("\napp -> db: tcp/1433\n"), "{listed}");
    assert!(listed.contains("\nx no-rdp: kiosk, users -> web: tcp/3389\n"), "{listed}");
    let csv = said(folder.path(), &["matrix", "site.seg", "--format", "csv"]);
    assert!(csv.starts_with("\"from \\ to\",\"app\",\"db\",\"kiosk\",\"users\",\"web\"\n"), "{csv}");
    assert!(csv.contains("\"tcp/443; forbidden: tcp/3389\""), "{csv}");
    let csv = said(folder.path(), &["matrix", "site.seg", "--format", "csv", "--list"]);
    assert!(csv.contains("\n\"app\",\"db\",\"tcp/1433\",\"\",\"\",\"\"\n"), "{csv}");
    let output = segc(folder.path(), &["matrix", "site.seg", "--format", "markdown"]);
    assert_eq!(code(&output), 64);
}

#[test]
fn a_matrix_page_escapes_what_authors_write_and_has_headers() {
    let folder = folder_with(SITE);
    for form in [&["--format", "html"][..], &["--format", "html", "--list"]] {
        let page = said(folder.path(), &[&["matrix", "site.seg"], form].concat());
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("=cmd()|&#60;script&#62;alert(1)&#60;/script&#62;"), "{page}");
        assert!(page.contains("scope=\"col\"") && page.contains("scope=\"row\""), "{page}");
        assert!(page.contains("tabindex=\"0\"") && page.contains("<caption>"), "{page}");
        assert!(page.contains(">forbidden: tcp/3389<"), "{page}");
        assert!(!page.contains("http:") && !page.contains("https:"), "one file: {page}");
    }
}

#[test]
fn what_the_artefacts_permit_besides_is_marked_and_found() {
    // Both roles wear one group, so that the rules can't tell them apart.
    let folder = folder_with(&SITE.replace(
        "role web : windows-server on inside { }",
        "role web : windows-server on inside { same-group-as = app }",
    ));
    let matrix = said(folder.path(), &["matrix", "site.seg", "--level", "artefact", "--list"]);
    assert!(matrix.contains("kiosk -> web: tcp/443 +tcp/8080"), "{matrix}");
    let widened = json(folder.path(), &["search", "site.seg", "--verdict", "widened", "--to", "web"]);
    let kiosk = list(&widened, "found").iter().find(|one| one["from"] == "kiosk").unwrap();
    assert_eq!(kiosk["service"], "tcp/8080");
    assert_eq!(kiosk["example"]["source"], "10.9.7.0");
    assert!(kiosk["causes"][0]["widening"].as_str().unwrap().starts_with("S-"), "{kiosk}");
    let intent = said(folder.path(), &["matrix", "site.seg", "--list"]);
    assert!(!intent.contains("+tcp"), "{intent}");
}

#[test]
fn search_finds_packets_by_their_properties() {
    let folder = folder_with(SITE);
    let search = |arguments: &[&str]| json(folder.path(), &[&["search", "site.seg"], arguments].concat());
    let ends = |value: &Value| words(list(value, "found"), &["from", "to", "service"]);
    assert_eq!(ends(&search(&["--to", "db"])), ["app db tcp/1433"]);
    let everything = search(&[]);
    let blocks = list(&everything, "blocks");
    let pairs = |block: &Value| list(block, "from").len() * list(block, "to").len();
    assert!(blocks.iter().map(pairs).sum::<usize>() >= list(&everything, "found").len());
    assert!(blocks.len() <= list(&everything, "found").len());
    let brief = said(folder.path(), &["search", "site.seg", "--to", "db", "--brief"]);
    assert!(brief.starts_with("app -> db on tcp/1433\n1 class of packets"), "{brief}");
    let on_port = search(&["--service", "tcp/8000-9000"]);
    assert_eq!(ends(&on_port), ["kiosk app tcp/8080", "users app tcp/8080", "web app tcp/8443"]);
    assert_eq!(
        on_port["found"][1]["example"],
        serde_json::json!({"source": "10.9.7.0", "destination": "10.0.0.0", "service": "tcp/8080"})
    );
    assert_eq!(on_port["found"][2]["lines"][0]["statement"], "allow back");
    let forbidden = search(&["--verdict", "forbidden"]);
    assert_eq!(ends(&forbidden), ["kiosk web tcp/3389", "users web tcp/3389"]);
    assert_eq!(forbidden["found"][0]["forbids"][0]["line"], 15);
    assert_eq!(list(&search(&["--verdict", "lost"]), "found").len(), 0);
    let denied = search(&["--verdict", "deny", "--from", "db", "--service", "tcp/22", "--limit", "2"]);
    assert_eq!((list(&denied, "found").len(), &denied["has_more"]), (2, &Value::Bool(true)));
    let nothing = said(folder.path(), &["search", "site.seg", "--encryption", "clear"]);
    assert_eq!(nothing, "nothing found (allow, intent level, 2026-01-01)\n");
    assert_eq!(ends(&search(&["--platform", "cloud", "--from", "web"])), ["web app tcp/8443"]);
    assert_eq!(code(&segc(folder.path(), &["search", "site.seg", "--platform", "clud"])), 1);
    assert_eq!(code(&segc(folder.path(), &["search", "site.seg", "--from", "nobody"])), 1);
    assert_eq!(code(&segc(folder.path(), &["search", "site.seg", "--verdict", "maybe"])), 64);
}

#[test]
fn search_knows_what_protects_a_flow() {
    let folder = tempfile::tempdir().unwrap();
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/daas-aws/site.seg");
    let clear = json(folder.path(), &["search", site.to_str().unwrap(), "--encryption", "clear"]);
    let found = list(&clear, "found");
    assert!(found.iter().any(|one| one["to"] == "dc" && one["service"].as_str().unwrap().contains("udp/53")));
    assert!(found.iter().all(|one| !one["service"].as_str().unwrap().contains("tcp/636")), "{clear}");
}

#[test]
fn why_leads_from_the_packet_to_rules_at_both_ends_and_to_the_document() {
    let folder = folder_with(SITE);
    let why = json(folder.path(), &["why", "site.seg", "web", "app", "tcp/8443", "--level", "artefact"]);
    assert_eq!(why["verdict"], "allow");
    assert_eq!(why["reasons"][0]["text"], "allow back: web -> app : tcp/8443 because \"Pages come of it\"");
    assert_eq!(
        words(list(&why, "ends"), &["end", "role", "verdict"]),
        ["egress web allow", "ingress app allow"]
    );
    let rules = words(list(&why, "rules"), &["end", "spelling"]);
    let spellings = ["cloudformation", "api", "terraform"];
    let expected: Vec<String> =
        ["egress", "ingress"].iter().flat_map(|end| spellings.map(|id| format!("{end} {id}"))).collect();
    assert_eq!(rules, expected);
    // Each pointer leads to a rule of the written artefact.
    assert_eq!(code(&segc(folder.path(), &["compile", "site.seg", "-o", "out"])), 0);
    for rule in list(&why, "rules") {
        let path = folder.path().join("out").join(rule["artifact"].as_str().unwrap());
        let artefact: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert!(artefact.pointer(rule["pointer"].as_str().unwrap()).is_some(), "{rule}");
    }
    let denied = json(folder.path(), &["why", "site.seg", "db", "app", "tcp/8443", "--level", "artefact"]);
    assert_eq!(words(list(&denied, "ends"), &["end", "verdict"]), ["egress deny", "ingress deny"]);
    assert_eq!(denied["dropped"]["source"], "10.0.1.0");

    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/daas-aws/site.seg");
    let site = site.to_str().unwrap();
    let documented = json(folder.path(), &["why", site, "vda", "dc", "tcp/445"]);
    let source = &documented["reasons"][0]["sources"][0];
    assert!(source["title"].as_str().unwrap().contains("Microsoft"), "{source}");
    assert!(source["says"].as_str().unwrap().contains("tcp/445"), "{source}");
    assert!(documented["rules"].is_null());
}

#[test]
fn why_answers_for_every_role_at_an_address() {
    let folder = folder_with(SITE);
    let why = json(folder.path(), &["why", "site.seg", "10.9.7.9", "app", "tcp/8080"]);
    let answers = words(list(&why, "answers"), &["from", "to", "verdict"]);
    assert_eq!(answers, ["kiosk app allow", "users app allow"], "the address alone is asked about");
    let partial = json(folder.path(), &["why", "site.seg", "users", "app", "tcp/8080"]);
    assert_eq!(partial["verdict"], "partial");
    assert_eq!(partial["passing"][0]["from"], "10.9.7.0/24");
    assert_eq!(partial["dropped"]["source"], "10.9.0.0");
    let shared = json(folder.path(), &["why", "site.seg", "10.9.0.1", "10.0.0.7", "tcp/443"]);
    assert_eq!(words(list(&shared, "answers"), &["to", "verdict"]), ["app deny", "web allow"]);
    let nobody = segc(folder.path(), &["why", "site.seg", "192.0.2.1", "web", "tcp/443"]);
    assert_eq!(code(&nobody), 1);
    assert!(text(&nobody.stderr).contains("no role of the site sits at `192.0.2.1`"));
}

#[test]
fn why_says_what_would_let_a_packet_pass_and_in_what_it_differs() {
    let folder = folder_with(
        "site \"s\" { effective = 2026-01-01 }\n\
         role users : client { cidr = 10.30.0.0/16 }\n\
         role vda : vda { cidr = 10.1.64.0/20  delivery = hosted-shared }\n\
         intent hdx-session users -> vda { edt = off }\n",
    );
    let why = json(folder.path(), &["why", "site.seg", "users", "vda", "udp/2598"]);
    let fitting = list(&why, "intents").iter().find(|one| one["permits"] == true).unwrap();
    assert!(fitting["line"].as_str().unwrap().starts_with("intent hdx-session users -> vda"), "{why}");
    assert_eq!(list(&why, "suggestions").len(), list(&why, "intents").len());
    let back = json(folder.path(), &["why", "site.seg", "vda", "users", "tcp/2598"]);
    let differs: Vec<&str> = list(&back, "nearest")
        .iter()
        .flat_map(|one| list(one, "differs"))
        .filter_map(Value::as_str)
        .collect();
    assert!(differs.contains(&"direction: the other role starts"), "{back}");
}

#[test]
fn a_failed_case_shows_a_packet() {
    let folder = folder_with(SITE);
    let table = "cases:\n- {src: users, dst: app, port: tcp/8080, expect: allow}\n\
                 - {src: users, dst: web, port: tcp/443, expect: deny}\n- {src: web, dst: app, port: tcp/8443, expect: allow}\n";
    std::fs::write(folder.path().join("cases.yaml"), table).unwrap();
    let output = segc(folder.path(), &["test", "site.seg", "--cases", "cases.yaml", "--format", "json"]);
    assert_eq!(code(&output), 1);
    let results: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        words(list(&results, "cases"), &["example"]),
        ["10.9.0.0 to 10.0.0.0 on tcp/8080", "10.9.0.0 to 10.0.0.0 on tcp/443", "null"]
    );
    let output = segc(folder.path(), &["test", "site.seg", "--cases", "cases.yaml"]);
    assert!(text(&output.stdout).contains("\n       for example: 10.9.0.0 to 10.0.0.0 on tcp/8080\n"));
}

#[test]
fn the_transcripts_of_the_readme_are_what_the_program_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let transcripts: Vec<&str> =
        readme.split("```console\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let commands: Vec<&str> = transcripts.iter().flat_map(|block| block.split("$ segc ").skip(1)).collect();
    assert!(commands.len() >= 3);
    for command in commands {
        let (arguments, expected) = command.split_once('\n').unwrap();
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        assert_eq!(said(root, &arguments).trim_end(), expected.trim_end(), "{arguments:?}");
    }
}
