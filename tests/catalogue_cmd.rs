//! `segc catalogue` as a user meets it. The data files are read a second time here, by nothing but a YAML parser.

use segc::catalogue::{Catalogue, RoleKind};
use segc::reference::Found;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SECTIONS: [&str; 10] = [
    "roles",
    "conditions",
    "flows",
    "intents",
    "names",
    "permissions",
    "prerequisites",
    "applications",
    "rules",
    "releases",
];

fn segc(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_segc")).args(arguments).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Standard output of a command that must go well.
fn said(arguments: &[&str]) -> String {
    let output = segc(arguments);
    assert_eq!(code(&output), 0, "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&said(&[arguments, &["--format", "json"]].concat())).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list `{key}`"))
}

/// Names of a list in its order.
fn names(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Every data file as plain YAML.
fn data() -> Vec<Value> {
    let mut waiting = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/data")];
    let mut files = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            files.push(serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap());
        }
    }
    files
}

/// Entries of one list of all data files, by one of their keys.
fn entries(key: &str, id: &str) -> BTreeMap<String, Value> {
    let mut entries = BTreeMap::new();
    for file in data() {
        for entry in file[key].as_array().into_iter().flatten() {
            entries.insert(entry[id].as_str().unwrap().to_owned(), entry.clone());
        }
    }
    entries
}

/// True where a release has a flow of the JSON list, by its `since` and `until` and the order of the releases.
fn holds(flow: &Value, labels: &[&str], release: usize) -> bool {
    let at = |key: &str| flow[key].as_str().map(|label| labels.iter().position(|one| *one == label).unwrap());
    at("since").is_none_or(|since| since <= release) && at("until").is_none_or(|until| release <= until)
}

#[test]
fn the_json_list_has_every_entry_of_the_data() {
    let listed = json(&["catalogue", "list"]);
    let keys: BTreeSet<&str> = listed.as_object().unwrap().keys().map(String::as_str).collect();
    let others = ["release", "permission_sets"];
    assert_eq!(keys, SECTIONS.iter().copied().chain(others).collect());
    for (section, key, id) in [
        ("roles", "kinds", "kind"),
        ("conditions", "conditions", "condition"),
        ("flows", "flows", "id"),
        ("intents", "intents", "intent"),
        ("names", "names", "id"),
        ("permission_sets", "permission-sets", "set"),
        ("permissions", "permissions", "id"),
        ("prerequisites", "prerequisites", "id"),
        ("applications", "applications", "id"),
        ("rules", "rules", "id"),
        ("releases", "releases", "release"),
    ] {
        let name = if id == "id" { "id" } else { "name" };
        let found: BTreeSet<String> =
            list(&listed, section).iter().map(|entry| entry[name].as_str().unwrap().to_owned()).collect();
        assert_eq!(found.len(), list(&listed, section).len(), "{section}");
        assert_eq!(found, entries(key, id).into_keys().collect(), "{section}");
    }
}

#[test]
fn the_json_list_has_the_ports_of_the_data() {
    let listed = json(&["catalogue", "list", "flows"]);
    let data = entries("flows", "id");
    for flow in list(&listed, "flows") {
        let id = flow["id"].as_str().unwrap();
        let entry = &data[id];
        for (key, name) in [("ports", "ports"), ("source_ports", "source-ports")] {
            let wanted: Vec<Value> = entry[name].as_array().cloned().unwrap_or_default();
            let found = flow[key].as_array().unwrap();
            assert_eq!(*found, wanted, "{id}: {key}");
        }
        for key in ["from", "to", "transport", "why", "area"] {
            assert_eq!(flow[key], entry[key], "{id}: {key}");
        }
        assert_eq!(flow["icmp"].is_null(), entry["icmp-type"].is_null(), "{id}");
    }
}

#[test]
fn rows_of_intents_are_those_of_the_data() {
    let listed = json(&["catalogue", "list", "intents"]);
    let data = entries("intents", "intent");
    for intent in list(&listed, "intents") {
        let name = intent["name"].as_str().unwrap();
        let wanted = data[name]["flows"].as_array().unwrap();
        let rows = list(intent, "rows");
        assert_eq!(rows.len(), wanted.len(), "{name}");
        for (row, wanted) in rows.iter().zip(wanted) {
            let same = ["flow", "from", "to"].map(|key| row[key] == wanted[key]);
            assert_eq!(same, [true; 3], "{name}: {row}");
            assert_eq!(row["ports"], wanted["ports"], "{name}: {row}");
            assert_eq!(row["port_from"], wanted["port-from"], "{name}: {row}");
            for (option, words) in wanted["when"].as_object().into_iter().flatten() {
                let words = if words.is_array() { words.clone() } else { Value::from(vec![words.clone()]) };
                assert_eq!(row["when"][option], words, "{name}: {row}");
            }
        }
        let options = data[name]["options"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(intent["options"].as_object().unwrap().len(), options, "{name}");
    }
}

#[test]
fn flows_name_the_intents_that_select_them() {
    let listed = json(&["catalogue", "list"]);
    let mut selecting: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for intent in list(&listed, "intents") {
        for row in list(intent, "rows") {
            let intents = selecting.entry(row["flow"].as_str().unwrap()).or_default();
            intents.insert(intent["name"].as_str().unwrap());
        }
    }
    for flow in list(&listed, "flows") {
        let found: BTreeSet<&str> = names(&flow["intents"]).into_iter().collect();
        let wanted = selecting.remove(flow["id"].as_str().unwrap()).unwrap_or_default();
        assert_eq!(found, wanted, "{}", flow["id"]);
    }
    assert!(selecting.is_empty());
}

#[test]
fn a_section_alone_is_what_it_is_in_the_whole() {
    let whole = json(&["catalogue", "list", "--release", "paper-2021"]);
    assert_eq!(whole["release"], "paper-2021");
    for section in SECTIONS {
        let alone = json(&["catalogue", "list", section, "--release", "paper-2021"]);
        let mut keys: Vec<&str> = alone.as_object().unwrap().keys().map(String::as_str).collect();
        keys.retain(|key| !["release", "permission_sets"].contains(key));
        assert_eq!(keys, [section]);
        assert_eq!(alone[section], whole[section]);
    }
}

#[test]
fn text_lists_an_entry_a_line_and_counts_them() {
    let whole = json(&["catalogue", "list"]);
    for section in SECTIONS {
        let said = said(&["catalogue", "list", section, "--all"]);
        let lines: BTreeMap<&str, &str> = said
            .lines()
            .filter(|line| line.starts_with("  "))
            .map(|line| line.trim_start().split_once(' ').unwrap())
            .collect();
        for entry in list(&whole, section) {
            let id = entry["id"].as_str().or(entry["name"].as_str()).unwrap();
            let line = lines.get(id).unwrap_or_else(|| panic!("{section}: no line for {id}"));
            let is_marked = line.split_whitespace().any(|word| word == "unverified");
            assert_eq!(is_marked, entry["verified"] == false, "{section}: {id}{line}");
        }
        let count = format!("({})\n", list(&whole, section).len());
        assert!(said.contains(&count), "{section}: {count}");
    }
}

#[test]
fn text_has_only_flows_of_the_release_unless_all_are_asked_for() {
    for release in ["legacy", "paper-2020", "2026.11"] {
        let listed = json(&["catalogue", "list", "--release", release]);
        let labels: Vec<&str> =
            list(&listed, "releases").iter().map(|one| one["name"].as_str().unwrap()).collect();
        let at = labels.iter().position(|label| *label == release).unwrap();
        let said = said(&["catalogue", "list", "flows", "--release", release]);
        let shown: BTreeSet<&str> = said
            .lines()
            .filter(|line| line.starts_with("  "))
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        for flow in list(&listed, "flows") {
            let id = flow["id"].as_str().unwrap();
            let is_held = holds(flow, &labels, at);
            assert_eq!(flow["in_release"].as_bool(), Some(is_held), "{id} in {release}");
            let is_wanted = is_held && flow["selectable"] == true;
            assert_eq!(shown.contains(id), is_wanted, "{id} in {release}");
        }
    }
}

#[test]
fn markdown_lists_each_section() {
    for section in SECTIONS {
        let page = said(&["catalogue", "list", section, "--format", "markdown"]);
        let heading = format!("\n<a id=\"section-{section}\"></a>\n## ");
        assert!(page.starts_with("# The catalogue, release ") && page.contains(&heading), "{section}");
    }
}

#[test]
fn every_name_of_every_role_resolves() {
    let catalogue = Catalogue::builtin();
    let mut count = 0;
    for (kind, entry) in entries("kinds", "kind") {
        for name in names(&entry["aliases"]).into_iter().chain([kind.as_str()]) {
            let found = serde_json::to_value(Found::new(catalogue, catalogue.newest(), name)).unwrap();
            let roles: Vec<&str> = list(&found, "entries")
                .iter()
                .filter(|entry| entry["kind"] == "role")
                .map(|entry| entry["name"].as_str().unwrap())
                .collect();
            assert_eq!(roles, [kind.as_str()], "{name}");
            count += 1;
        }
    }
    assert!(count > catalogue.kinds().count());
    assert!(said(&["catalogue", "show", "XenDesktop Temp"]).starts_with("role temp-worker\n"));
}

#[test]
fn each_kind_of_entry_is_shown_with_its_fields() {
    let whole = json(&["catalogue", "list"]);
    for (section, kind) in [
        ("roles", "role"),
        ("conditions", "condition"),
        ("flows", "flow"),
        ("intents", "intent"),
        ("names", "name"),
        ("permission_sets", "permission_set"),
        ("permissions", "permission"),
        ("prerequisites", "prerequisite"),
        ("applications", "application"),
        ("rules", "rule"),
        ("releases", "release"),
    ] {
        let last = list(&whole, section).last().unwrap();
        let id = last["id"].as_str().or(last["name"].as_str()).unwrap();
        let shown = json(&["catalogue", "show", id]);
        let entry = list(&shown, "entries").iter().find(|entry| entry["kind"] == kind).unwrap();
        for (key, value) in last.as_object().unwrap() {
            assert_eq!(&entry[key], value, "{kind} {id}: {key}");
        }
        let words = said(&["catalogue", "show", id]);
        let page = said(&["catalogue", "show", id, "--format", "markdown"]);
        let heading = kind.replace('_', " ");
        assert!(words.contains(&format!("{heading} {id}\n")), "{words}");
        assert!(page.contains(&format!("# {heading} `{id}`\n")), "{page}");
        for source in last["sources"].as_array().into_iter().flatten() {
            let says = source["says"].as_str().unwrap();
            assert!(words.contains(says) && !says.is_empty(), "{kind} {id}: {says}");
        }
    }
}

#[test]
fn entries_of_one_name_are_all_shown() {
    let shown = json(&["catalogue", "show", "domain-member"]);
    let kinds: Vec<&str> =
        list(&shown, "entries").iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["role", "intent"]);
}

#[test]
fn a_flow_says_under_which_options_it_is_selected_and_a_role_where_it_stands() {
    let shown = json(&["catalogue", "show", "user-vda-dtls"]);
    let row = &shown["entries"][0]["selected_by"][0];
    assert_eq!((row["intent"].as_str(), row["flow"].as_str()), (Some("hdx-session"), Some("user-vda-dtls")));
    assert_eq!((names(&row["when"]["edt"]), names(&row["when"]["tls"])), (vec!["on"], vec!["only"]));
    let words = said(&["catalogue", "show", "user-vda-dtls"]);
    assert!(words.contains("on udp/443, when edt is on and tls is only\n"), "{words}");

    let listed = json(&["catalogue", "list", "intents"]);
    let role = json(&["catalogue", "show", "vda"]);
    for side in ["left", "right", "via"] {
        let wanted: Vec<&str> = list(&listed, "intents")
            .iter()
            .filter(|intent| names(&intent[side]).contains(&"vda"))
            .map(|intent| intent["name"].as_str().unwrap())
            .collect();
        assert_eq!(names(&role["entries"][0]["intents"][side]), wanted, "{side}");
    }
}

#[test]
fn what_nothing_confirms_says_so_first() {
    let listed = json(&["catalogue", "list", "flows"]);
    for (verified, expected) in [(true, false), (false, true)] {
        let flow = list(&listed, "flows").iter().find(|flow| flow["verified"] == verified).unwrap();
        let words = said(&["catalogue", "show", flow["id"].as_str().unwrap()]);
        let second = words.lines().nth(1).unwrap();
        assert_eq!(second == "  unverified: no document that was read confirms it", expected, "{words}");
    }
}

#[test]
fn releases_differ_by_what_the_list_says() {
    let listed = json(&["catalogue", "list"]);
    let labels: Vec<&str> =
        list(&listed, "releases").iter().map(|one| one["name"].as_str().unwrap()).collect();
    let flows = list(&listed, "flows");
    for (from, to) in [("legacy", "paper-2020"), ("paper-2020", "paper-2021"), ("2026.11", "paper-2020")] {
        let at = |label: &str| labels.iter().position(|one| *one == label).unwrap();
        let (first, second) = (at(from), at(to));
        let only = |one: usize, other: usize| -> Vec<&str> {
            let held = flows.iter().filter(|flow| holds(flow, &labels, one) && !holds(flow, &labels, other));
            held.map(|flow| flow["id"].as_str().unwrap()).collect()
        };
        let rows = |at: usize| {
            flows.iter().filter(|flow| !flow["since"].is_null() && holds(flow, &labels, at)).count()
        };
        let in_both = flows.iter().filter(|flow| holds(flow, &labels, first) && holds(flow, &labels, second));
        let is_between = |change: &&Value| {
            let of = at(change["release"].as_str().unwrap());
            first.min(second) < of && of <= first.max(second)
        };
        let changed = in_both.map(|flow| list(flow, "changes").iter().filter(is_between).count()).sum();

        let diff = json(&["catalogue", "diff", from, to]);
        let ids = |key: &str| -> Vec<&str> {
            list(&diff, key).iter().map(|flow| flow["id"].as_str().unwrap()).collect()
        };
        assert_eq!((diff["from"].as_str(), diff["to"].as_str()), (Some(from), Some(to)));
        assert_eq!((ids("added"), ids("removed")), (only(second, first), only(first, second)));
        assert_eq!(list(&diff, "changed").len(), changed);
        let counts = [
            ("added", only(second, first).len()),
            ("removed", only(first, second).len()),
            ("changed", changed),
            ("rows_before", rows(first)),
            ("rows_after", rows(second)),
        ];
        for (key, count) in counts {
            assert_eq!(diff["counts"][key], count, "{from} to {to}: {key}");
        }
        let words = said(&["catalogue", "diff", from, to]);
        let page = said(&["catalogue", "diff", from, to, "--format", "markdown"]);
        for id in ids("added").into_iter().chain(ids("removed")) {
            assert!(words.contains(&format!("\n  {id} ")) && page.contains(&format!("\n| `{id}`")), "{id}");
        }
    }
    let same = json(&["catalogue", "diff", "2026.11", "2026.11"]);
    assert_eq!((same["counts"]["added"].as_u64(), same["counts"]["changed"].as_u64()), (Some(0), Some(0)));
}

#[test]
fn what_does_not_exist_is_refused_with_a_near_name() {
    for arguments in [
        &["catalogue", "list", "--release", "paper-2012"][..],
        &["catalogue", "show", "vda", "--release", "paper-2012"],
        &["catalogue", "diff", "paper-2020", "paper-2012"],
        &["catalogue", "diff", "paper-2012", "paper-2020"],
    ] {
        let output = segc(arguments);
        assert_eq!(code(&output), 64, "{arguments:?}");
        assert!(text(&output.stderr).contains("did you mean `paper-2021`?"), "{arguments:?}");
        assert!(output.stdout.is_empty());
    }
    let output = segc(&["catalogue", "list", "flow"]);
    assert_eq!(code(&output), 64);
    assert!(text(&output.stderr).contains("'flows'"));
    let output = segc(&["catalogue", "show", "hdx-sesion"]);
    assert_eq!((code(&output), output.stdout.is_empty()), (1, true));
    assert!(text(&output.stderr).contains("did you mean `hdx-session`?"));
    let output = segc(&["catalogue", "show", "hdx-sesion", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((code(&output), report["findings"][0]["code"].as_str()), (1, Some("SEG2128")));
}

#[test]
fn markdown_is_refused_where_there_is_none() {
    for (arguments, expected) in [
        (&["check", "absent.seg"][..], 64),
        (&["compile", "absent.seg", "-o", "out"], 64),
        (&["test", "absent.seg", "--cases", "cases.yaml"], 64),
        (&["why", "absent.seg", "a", "b", "tcp/1"], 64),
        (&["explain", "SEG5001"], 64),
        (&["completions", "bash"], 64),
        (&["diff", "absent.seg", "--catalogue", "legacy..2026.11"], 1),
        (&["catalogue", "list"], 0),
    ] {
        let output = segc(&[arguments, &["--format", "markdown"]].concat());
        assert_eq!(code(&output), expected, "{arguments:?}: {}", text(&output.stderr));
        let is_told = text(&output.stderr).contains("`--format` takes here: text, json");
        assert_eq!(is_told, expected == 64, "{arguments:?}");
    }
}

/// A customer's file with a kind of his own, and a flow from it.
const EXTRA: &str = r#"schema: segc-catalogue/1
namespace: acme
kinds:
- kind: acme-till
  title: Till
  aliases: [acme-cash-desk]
  what: Takes money
  tier: client
  citrix-managed: {daas: customer, daas-flex: customer}
flows:
- id: acme-till-ica
  from: acme-till
  to: vda
  transport: tcp
  ports: [1494]
  service: ICA
  what: A session.
  why: Sales run on it.
  need: required
  when: []
  area: Acme
  encryption: clear
  sensitivity: session
  sources: [{title: Acme handbook, version: "3", says: lists it}]
  verified: false
"#;

/// Writes the file, its flow from some kind; the path.
fn extra(folder: &Path, from: &str) -> String {
    let path = folder.join("acme.yaml");
    std::fs::write(&path, EXTRA.replace("from: acme-till", &format!("from: {from}"))).unwrap();
    path.display().to_string()
}

#[test]
fn a_file_of_the_customer_is_put_on_top() {
    let folder = tempfile::tempdir().unwrap();
    let path = extra(folder.path(), "acme-till");
    let before = json(&["catalogue", "list", "flows"]);
    let after = json(&["catalogue", "list", "flows", "--extra", &path]);
    assert_eq!(list(&after, "flows").len(), list(&before, "flows").len() + 1);
    let role = said(&["catalogue", "show", "Acme Cash Desk", "--extra", &path]);
    assert!(role.starts_with("role acme-till\n"), "{role}");
    let flow = said(&["catalogue", "show", "acme-till-ica", "--extra", &path]);
    assert!(flow.contains("unverified: ") && flow.contains("Acme handbook, 3: lists it\n"), "{flow}");
    assert_eq!(code(&segc(&["catalogue", "show", "acme-till-ica"])), 1);
}

#[test]
fn a_mistake_in_a_file_of_the_customer_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = extra(folder.path(), "acme-shop");
    let output = segc(&["catalogue", "list", "--extra", &path]);
    assert_eq!((code(&output), output.stdout.is_empty()), (1, true));
    let told = text(&output.stderr);
    assert!(told.contains("error[SEG3003]") && told.contains(&format!("{path}:12:9")), "{told}");
    let output = segc(&["catalogue", "show", "vda", "--extra", &path, "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let label = &report["findings"][0]["labels"][0];
    assert_eq!(
        (label["path"].as_str(), label["line"].as_u64(), label["column"].as_u64()),
        (Some(path.as_str()), Some(12), Some(9))
    );
    let absent = segc(&["catalogue", "list", "--extra", "absent.yaml"]);
    assert_eq!((code(&absent), text(&absent.stderr).contains("SEG0002")), (1, true));
}

#[test]
fn a_role_is_found_however_it_is_written() {
    let kind = Catalogue::builtin().kind("Delivery Controller").map(RoleKind::name);
    assert_eq!(kind, Some("delivery-controller"));
    for typed in ["delivery-controller", "Delivery Controller", "DELIVERY_CONTROLLER", "ddc"] {
        assert!(said(&["catalogue", "show", typed]).contains("role delivery-controller\n"), "{typed}");
    }
}

#[test]
fn the_schema_is_the_one_that_the_data_is_held_to() {
    let printed: Value = serde_json::from_str(&said(&["catalogue", "schema"])).unwrap();
    let keys: BTreeSet<&str> =
        printed["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    for file in data() {
        let unknown: Vec<&String> =
            file.as_object().unwrap().keys().filter(|key| !keys.contains(key.as_str())).collect();
        assert_eq!(unknown, Vec::<&String>::new());
    }
}

/// A site of four roles, and what a later release of the catalogue means for it.
const SITE: &str = "site \"x\" { effective = 2026-02-01  catalogue = paper-2020 }
platform azure hub { }
segment s on hub { cidr = 10.0.1.0/24 }
segment t on hub { cidr = 10.0.2.0/24 }
role controller : delivery-controller on s { }
role wem : wem-server on t { }
role license : license-server on t { }
intent broker-peers controller -> controller
intent licensing wem, controller -> license
";

fn diff(releases: &str, format: &str) -> Output {
    diff_of(SITE, releases, format)
}

fn diff_of(text: &str, releases: &str, format: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site.seg");
    std::fs::write(&site, text).unwrap();
    segc(&["diff", "--catalogue", releases, site.to_str().unwrap(), "--format", format])
}

#[test]
fn findings_of_both_releases_are_no_change() {
    // Two roles known by one range each get what the other one may, whatever the release.
    let shared = SITE.replace(
        "role wem : wem-server on t { }",
        "role wem : wem-server on t { }\nrole fs : file-server on t { }",
    ) + "role vda : vda on s { }\nintent profile-share vda -> fs\nintent domain-member vda, fs -> license-dc\n\
           role license-dc : domain-controller on t { }\n";
    let text = shared.replace("platform azure hub { }", "platform azure hub { membership = subnet }");
    for releases in ["paper-2020..paper-2021", "legacy..2026.11"] {
        let output = diff_of(&text, releases, "json");
        assert_eq!(code(&output), 2, "{}", text_of(&output));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let words = |key: &str| -> BTreeSet<String> {
            let message = |finding: &Value| {
                finding["message"]
                    .as_str()
                    .unwrap()
                    .split_once(": ")
                    .map_or("", |(_, words)| words)
                    .to_owned()
            };
            list(&value, key).iter().map(message).collect()
        };
        let both: Vec<String> = words("opens").intersection(&words("closes")).cloned().collect();
        assert_eq!(both, Vec::<String>::new(), "{releases}");
    }
}

#[test]
fn a_site_that_does_not_compile_is_never_fine() {
    let broken = format!("{SITE}forbid f: controller -> license : any because \"No\"\n");
    let same = diff_of(&broken, "paper-2021..paper-2021b", "json");
    assert_eq!(code(&same), 1);
    let value: Value = serde_json::from_slice(&same.stdout).unwrap();
    assert!(value["order_of_work"][0].as_str().unwrap().starts_with("repair the site"), "{value}");
    assert!(String::from_utf8_lossy(&same.stderr).contains("SEG5001"));
}

fn text_of(output: &Output) -> String {
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_newer_catalogue_is_compared_for_a_site() {
    let newer = diff("paper-2020..paper-2021", "json");
    assert_eq!(code(&newer), 2, "{}", text(&newer.stderr));
    let newer: Value = serde_json::from_slice(&newer.stdout).unwrap();
    let flows = |value: &Value| -> BTreeSet<String> {
        let changes = list(value, "changes").iter();
        let flow = |change: &Value, flow: &Value| {
            let word = |key: &str| flow[key].as_str().unwrap().to_owned();
            let class = change["class"].as_str().unwrap();
            format!("{class} {} {} {}", word("from"), word("to"), word("service"))
        };
        changes
            .flat_map(|change| list(change, "flows").iter().map(|one| flow(change, one)).collect::<Vec<_>>())
            .collect()
    };
    let opened = ["opened controller controller tcp/89", "opened wem license tcp/7279, tcp/27000"];
    assert_eq!(flows(&newer), opened.map(str::to_owned).into());
    assert_eq!(newer["changes"][0]["artefacts"][0], "hub/network-security-groups.arm.json");
    assert_eq!(newer["exit"], 2);

    let older = diff("paper-2021..paper-2020", "json");
    assert_eq!(code(&older), 1);
    let older: Value = serde_json::from_slice(&older.stdout).unwrap();
    assert_eq!(flows(&older), opened.map(|line| line.replace("opened", "closed")).into());

    let same = diff("paper-2021..paper-2021b", "text");
    assert_eq!((code(&same), text(&same.stdout).contains("no change of access")), (0, true));
    let page = text(&diff("paper-2020..2026.11", "markdown").stdout);
    assert!(page.contains("| opened | ") && page.contains("| wem: 10.0.2.0/24 |"), "{page}");
    for wrong in ["paper-2020", "paper-2020..paper-2031", "..", "x..paper-2020"] {
        assert_eq!(code(&diff(wrong, "text")), 64, "{wrong}");
    }
}
