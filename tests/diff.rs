//! `segc diff` as a user meets it: two releases of one site compared, with every class of change.

use crate::support::command::{code, segc, text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

const R1: &str = "examples/three-platforms-r1/site.seg";
const R2: &str = "examples/three-platforms-r2/site.seg";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr)))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list `{key}` in {value}"))
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text `{key}` in {value}"))
}

/// Two texts compared, each in a folder of its own.
fn diff_of(before: &str, after: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("old.seg"), before).unwrap();
    std::fs::write(folder.path().join("new.seg"), after).unwrap();
    let form: &[&str] = if more.is_empty() { &["--format", "json"] } else { more };
    segc(folder.path(), &[&["diff", "old.seg", "new.seg"], form].concat())
}

/// `class from to service` of every flow of the changes, with its effect.
fn flows(answer: &Value) -> BTreeSet<String> {
    let of_change = |change: &Value| {
        let line = |flow: &Value| {
            let sign = if flow["effect"] == "opens" { '+' } else { '-' };
            format!(
                "{} {sign}{} {} {}",
                word(change, "class"),
                word(flow, "from"),
                word(flow, "to"),
                word(flow, "service")
            )
        };
        list(change, "flows").iter().map(line).collect::<Vec<_>>()
    };
    list(answer, "changes").iter().flat_map(of_change).collect()
}

/// The one change of a class whose words hold a text.
fn change<'a>(answer: &'a Value, class: &str, words: &str) -> &'a Value {
    let found: Vec<&Value> = list(answer, "changes")
        .iter()
        .filter(|change| change["class"] == class && word(change, "what").contains(words))
        .collect();
    assert_eq!(
        found.len(),
        1,
        "{class} {words}: {:#?}",
        list(answer, "changes").iter().map(|one| word(one, "what")).collect::<Vec<_>>()
    );
    found[0]
}

fn three_platforms(more: &[&str]) -> Value {
    let output = segc(root(), &[&["diff", R1, R2, "--format", "json"], more].concat());
    assert_eq!(code(&output), 2, "{}", text(&output.stderr));
    json(&output)
}

#[test]
fn three_platforms_open_close_and_harden_as_their_authors_meant() {
    let answer = three_platforms(&[]);
    assert_eq!((&answer["exit"], &answer["same_access"]), (&Value::from(2), &Value::from(false)));
    assert_eq!(answer["checked"]["accounted"], true);
    let renamed = change(&answer, "renamed", "`sf` is now called `storefront`");
    assert!(list(renamed, "flows").is_empty());
    let edt = change(&answer, "opened", "hdx-session");
    let pools: BTreeSet<&str> = list(edt, "flows").iter().map(|flow| word(flow, "to")).collect();
    assert_eq!(pools, BTreeSet::from(["vda-az", "vda-dc"]));
    assert!(list(edt, "flows").iter().all(|flow| word(flow, "service") == "udp/1494, udp/2598"));
    assert_eq!(list(change(&answer, "opened", "controller to prism on tcp/9440"), "flows").len(), 1);
    let recovery = change(&answer, "opened", "platform `dr`");
    let named: BTreeSet<&str> =
        list(recovery, "flows").iter().flat_map(|flow| [word(flow, "from"), word(flow, "to")]).collect();
    for role in ["vda-dr", "dr-temp", "dr-worker", "ec2-api", "s3-api"] {
        assert!(named.contains(role), "{role}");
    }
    let hardened: BTreeSet<String> =
        flows(&answer).into_iter().filter(|flow| flow.starts_with("hardened")).collect();
    let expected = [
        "hardened +storefront controller tcp/443",
        "hardened -storefront controller tcp/80",
        "hardened +vda-dc controller tcp/443",
        "hardened -controller vda-dc tcp/80",
        "hardened -vda-dc controller tcp/80",
    ];
    assert_eq!(hardened, expected.map(str::to_owned).into());
    let gone = change(&answer, "closed", "role `pvs`");
    assert_eq!(list(gone, "flows").len(), 5);
    assert!(list(gone, "closes").contains(&Value::from("SEG4013")), "{gone}");
    assert!(!flows(&answer).iter().any(|flow| flow.starts_with("weakened")));
}

#[test]
fn three_platforms_widen_the_range_and_name_each_rule() {
    let answer = three_platforms(&[]);
    let widened = change(&answer, "widened", "`vda-az` gains 10.40.9.0/24");
    assert_eq!((word(widened, "statement"), widened["line"].as_u64()), ("segment az-desktops", Some(18)));
    let touched: BTreeSet<(&str, &str)> = widened["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| &answer["rules"][usize::try_from(at.as_u64().unwrap()).unwrap()])
        .map(|rule| (word(rule, "artefact"), word(rule, "effect")))
        .collect();
    for path in
        ["dc1/flow-policies.v4.json", "dc1/flow-policies.v3.json", "weu/network-security-groups.arm.json"]
    {
        assert!(touched.contains(&(path, "changed")), "{path}: {touched:?}");
    }
    let rows: BTreeSet<&str> = list(widened, "rows").iter().filter_map(Value::as_str).collect();
    assert_eq!(rows.len(), 5, "every row of the pool, but for what opens anew");
    for rule in list(&answer, "rules").iter().filter(|rule| word(rule, "artefact").starts_with("weu/")) {
        let named = list(rule, "rows").iter().filter_map(Value::as_str).any(|row| rows.contains(row));
        let changed = word(rule, "effect") == "changed";
        assert_eq!(named, changed, "{rule}");
    }
}

#[test]
fn three_platforms_change_exceptions_guards_and_states() {
    let answer = three_platforms(&[]);
    let closed = change(&answer, "closed", "EX-7");
    assert_eq!((word(closed, "starts"), word(closed, "expires")), ("2026-01-12", "2026-02-28"));
    let opened = change(&answer, "opened", "EX-9");
    assert_eq!((word(opened, "starts"), word(opened, "expires")), ("2026-05-04", "2026-05-08"));
    assert_eq!(word(opened, "packets"), "0", "it is not in force on the day of the release");
    change(&answer, "guard", "no-lateral");
    change(&answer, "guard", "no-rdp");
    for (roles, day) in [("`controller`, `storefront`", "2026-04-13"), ("`vda-dc`", "2026-05-11")] {
        let state = change(&answer, "state", roles);
        assert_eq!(word(state, "starts"), day);
        assert!(list(state, "notes")[0].as_str().unwrap().starts_with("risk: "), "{state}");
    }
    change(&answer, "model", "delivery streamed to hosted-vdi");
    let order: Vec<&str> = list(&answer, "order_of_work").iter().filter_map(Value::as_str).collect();
    let place = |words: &str| {
        order.iter().position(|step| step.contains(words)).unwrap_or_else(|| panic!("{words}: {order:?}"))
    };
    assert!(place("add what opens") < place("read 14 days of logs"));
    assert!(place("2026-04-13") < place("2026-05-11"));
    assert_eq!(place("remove what closes"), order.len() - 2);
    assert!(order[order.len() - 1].starts_with("remove what guards nobody any more: on `dc1` `"));
    let codes = |key: &str| {
        list(&answer, key).iter().map(|one| word(one, "code").to_owned()).collect::<BTreeSet<_>>()
    };
    assert!(codes("closes").contains("SEG4006") && codes("closes").contains("SEG4021"));
    assert!(codes("opens").contains("SEG4017"));
}

#[test]
fn the_way_back_opens_too_and_reverses_every_packet() {
    let there = three_platforms(&[]);
    let back = three_platforms(&["--reverse"]);
    let turned = segc(root(), &["diff", R2, R1, "--format", "json"]);
    assert_eq!(code(&turned), 2);
    assert_eq!(back["changes"], json(&turned)["changes"]);
    let sums = |answer: &Value, one: &str| answer["checked"]["intent"][one].clone();
    assert_eq!(
        (sums(&there, "opened"), sums(&there, "closed")),
        (sums(&back, "closed"), sums(&back, "opened"))
    );
    change(&back, "weakened", "vda-registration");
    change(&back, "weakened", "store-enumeration");
    change(&back, "narrowed", "`vda-az` loses 10.40.9.0/24");
}

const SITE: &str = "site \"s\" { effective = 2026-03-01 ticket = \"T-1\" }
platform azure hub { }
segment s on hub { cidr = 10.0.1.0/24 }
segment t on hub { cidr = 10.0.2.0/24 }
role users : client { cidr = 10.9.0.0/16 }
role web : windows-server on s { }
role api : windows-server on s { cidr = 10.0.1.128/25 }
role db : sql-server on t { }
allow web: users -> web : tcp/443 because \"The shop\"
allow sql: web, api -> db : tcp/1433 because \"Orders\"
forbid no-rdp: any -> web, db : tcp/3389 because \"Never\"
expect deny users -> db : tcp/1433
";

/// The classes of a comparison with the exit code.
fn classes(before: &str, after: &str) -> (i32, BTreeSet<String>) {
    let output = diff_of(before, after, &[]);
    let answer = json(&output);
    let classes = list(&answer, "changes").iter().map(|change| word(change, "class").to_owned()).collect();
    (code(&output), classes)
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn order_spacing_comments_and_lines_are_no_change() {
    let mut lines: Vec<&str> = SITE.lines().collect();
    lines.reverse();
    let reordered = lines.join("\n# a remark\n\n").replace("web, api", "api,web").replace(" { ", "  {\n  ");
    let split = SITE.replace(
        "allow sql: web, api -> db : tcp/1433 because \"Orders\"",
        "allow sql: web -> db : tcp/1433 because \"Orders\"\nallow sql: api -> db : tcp/1433 because \"Orders\"",
    );
    let split_rules = SITE.replace("forbid no-rdp: any -> web, db", "forbid no-rdp: any -> db, web");
    for after in [SITE, reordered.as_str(), &split, &split_rules] {
        let output = diff_of(SITE, after, &[]);
        let answer = json(&output);
        assert_eq!((code(&output), answer["same_access"].as_bool()), (0, Some(true)), "{after}\n{answer:#}");
        assert!(list(&answer, "changes").is_empty() && list(&answer, "rules").is_empty());
    }
    let words = segc(root(), &["diff", R1, R1]);
    assert!(text(&words.stdout).contains("no change of access"));
}

#[test]
fn words_that_differ_are_text_and_exit_1() {
    let reason = SITE.replace("The shop", "The new shop");
    let ticket = SITE.replace("T-1", "T-2");
    let label = SITE.replace("allow web:", "allow shop:");
    for after in [&reason, &ticket, &label] {
        let output = diff_of(SITE, after, &[]);
        let answer = json(&output);
        assert_eq!((code(&output), answer["same_access"].as_bool()), (1, Some(true)), "{after}");
        assert!(word(&answer, "summary").starts_with("no change of access; 1 text"), "{}", answer["summary"]);
        assert!(list(&answer, "changes").iter().all(|change| change["class"] == "text"));
        assert!(list(&answer, "rules").is_empty(), "platforms see no words: {:#}", answer["rules"]);
    }
}

#[test]
fn each_odd_change_has_its_class() {
    let with = |from: &str, to: &str| {
        assert!(SITE.contains(from), "{from}");
        SITE.replace(from, to)
    };
    let odd: [(String, i32, &[&str]); 12] = [
        (with("users -> web : tcp/443", "users -> web : tcp/80"), 2, &["weakened"]),
        (with("users -> web : tcp/443", "users -> web : tcp/443, tcp/8443"), 2, &["opened"]),
        (with("users -> web : tcp/443", "users <-> web : tcp/443"), 2, &["weakened"]),
        (with("10.0.2.0/24", "10.0.2.0/25"), 1, &["narrowed"]),
        (with("10.0.2.0/24", "10.0.3.0/24"), 2, &["widened", "narrowed"]),
        (with("10.9.0.0/16", "10.8.0.0/15"), 2, &["widened"]),
        (with("forbid no-rdp: any -> web, db : tcp/3389 because \"Never\"\n", ""), 1, &["guard"]),
        (with("expect deny users -> db : tcp/1433\n", ""), 1, &["guard"]),
        (with("web, api -> db", "web -> db"), 1, &["closed"]),
        (SITE.to_owned() + "need account \"svc-sql\" { owner = \"DBA\" }\n", 1, &["need"]),
        (
            SITE.replace("role web ", "role www ")
                .replace("-> web", "-> www")
                .replace(": web,", ": www,")
                .replace(
                    "role www : windows-server on s { }",
                    "role www : windows-server on s { was = web }",
                ),
            1,
            &["renamed"],
        ),
        (SITE.replace("on t { }", "on s { cidr = 10.0.1.0/28 }"), 2, &["widened", "narrowed", "model"]),
    ];
    for (after, exit, expected) in odd {
        let (code, mut found) = classes(SITE, &after);
        // A segment that nobody sits in any more is no part of the question.
        if !expected.contains(&"model") {
            found.remove("model");
        }
        assert_eq!((code, found), (exit, set(expected)), "{after}");
    }
}

#[test]
fn a_role_split_in_two_closes_and_opens_by_name() {
    let after = SITE.replace(
        "role db : sql-server on t { }",
        "role db-a : sql-server on t { cidr = 10.0.2.0/25 was = db }\nrole db-b : sql-server on t { cidr = 10.0.2.128/25 }",
    );
    let after = after.replace("-> db :", "-> db-a, db-b :").replace("web, db :", "web, db-a, db-b :");
    let output = diff_of(SITE, &after, &[]);
    let answer = json(&output);
    assert_eq!(code(&output), 2, "{answer:#}");
    let expected = [
        "narrowed -web db-a tcp/1433",
        "narrowed -api db-a tcp/1433",
        "opened +web db-b tcp/1433",
        "opened +api db-b tcp/1433",
    ];
    assert_eq!(flows(&answer), expected.map(str::to_owned).into());
    change(&answer, "renamed", "`db` is now called `db-a`");
}

#[test]
fn a_line_that_is_inserted_shows_as_its_own_rules_only() {
    let after =
        SITE.replace("allow sql:", "allow ping: users -> api : tcp/8443 because \"Health\"\nallow sql:");
    let answer = json(&diff_of(SITE, &after, &[]));
    let effects: BTreeSet<&str> = list(&answer, "rules").iter().map(|rule| word(rule, "effect")).collect();
    assert_eq!(effects, BTreeSet::from(["added"]), "{:#}", answer["rules"]);
}

#[test]
fn what_can_not_be_read_is_told_for_both_releases() {
    let broken = diff_of(
        "site \"s\" { effective = 2026-03-01 }\nrole x : nothing { }\n",
        "allow\n",
        &["--format", "text"],
    );
    assert_eq!(code(&broken), 1);
    let said = text(&broken.stdout) + &text(&broken.stderr);
    assert!(said.contains("SEG2104") && said.contains("SEG1001"), "{said}");
    for wrong in [&["diff", R1][..], &["diff", R1, "--catalogue", "x"], &["diff", "-", "-"]] {
        assert_eq!(code(&segc(root(), wrong)), 64, "{wrong:?}");
    }
    assert_eq!(code(&segc(root(), &["diff", R1, "absent.seg"])), 1);
}

/// A release with an exception of other days or other ends.
fn excepted(starts: &str, expires: &str, to: &str) -> String {
    let site = std::fs::read_to_string(root().join(R1)).unwrap();
    let old = "starts  = 2026-01-12    expires = 2026-02-28";
    assert!(site.contains(old) && site.contains("jump -> vda-az"));
    site.replace(old, &format!("starts = {starts} expires = {expires}"))
        .replace("jump -> vda-az", &format!("jump -> {to}"))
}

/// The records of the change request without its heading.
fn request(before: &str, after: &str, more: &[&str]) -> Vec<Vec<String>> {
    let output = diff_of(before, after, &[&["--format", "csv"], more].concat());
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn an_exception_that_is_put_off_and_lasts_longer_opens() {
    let (before, after) =
        (excepted("2026-01-12", "2026-02-28", "vda-az"), excepted("2026-02-12", "2026-12-28", "vda-az"));
    let output = diff_of(&before, &after, &[]);
    let answer = json(&output);
    assert_eq!(code(&output), 2, "{answer:#}");
    change(&answer, "closed", "`exception EX-7`");
    let opened = change(&answer, "opened", "2026-12-28");
    assert_eq!((word(opened, "starts"), word(opened, "expires")), ("2026-02-28", "2026-12-28"));
    // For the firewall it is one row with other days.
    let rows = request(&before, &after, &[]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0][1], "change");
    assert_eq!(rows[0][13..=14], ["2026-02-12".to_owned(), "2026-12-27".to_owned()]);
    // Put off only, nothing opens that was not open.
    let later = excepted("2026-02-12", "2026-02-28", "vda-az");
    assert_eq!(code(&diff_of(&before, &later, &[])), 1);
}

#[test]
fn a_pending_exception_with_another_end_opens_one_and_closes_the_other() {
    let pending = |to| excepted("2026-03-01", "2026-03-05", to);
    let answer = json(&diff_of(&pending("vda-az"), &pending("vda-dc"), &[]));
    assert!(word(change(&answer, "opened", "EX-7"), "what").contains("jump to vda-dc"), "{answer:#}");
    assert!(word(change(&answer, "closed", "EX-7"), "what").contains("jump to vda-az"), "{answer:#}");
}

#[test]
fn a_shortened_exception_asks_for_another_day_and_not_for_its_removal_now() {
    let (long, short) =
        (excepted("2026-01-12", "2026-02-28", "vda-az"), excepted("2026-01-12", "2026-01-28", "vda-az"));
    for (before, after, until) in [(&long, &short, "2026-01-27"), (&short, &long, "2026-02-27")] {
        let rows = request(before, after, &[]);
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!((rows[0][1].as_str(), rows[0][14].as_str()), ("change", until), "{rows:?}");
    }
}

#[test]
fn rows_to_be_removed_keep_their_platform_when_a_role_is_renamed() {
    let before = std::fs::read_to_string(root().join(R1)).unwrap();
    let after = before
        .replace(
            "role sf         : storefront          on dc1 {",
            "role front : storefront on dc1 { was = sf ",
        )
        .replace("intent store-access      users -> sf\n", "")
        .replace(" sf", " front")
        .replace("was = front", "was = sf");
    let rows = request(&before, &after, &["--enforced-at", "dc1"]);
    assert!(!rows.is_empty() && rows.iter().all(|row| row[1] == "remove"), "{rows:?}");
    assert!(rows.iter().all(|row| row[18].split("; ").any(|platform| platform == "dc1")), "{rows:?}");
}

#[test]
fn a_row_that_stays_says_what_to_add_and_what_to_remove() {
    let answer = three_platforms(&[]);
    let steps: Vec<&str> = list(&answer, "order_of_work").iter().filter_map(Value::as_str).collect();
    let of = |start: &str| *steps.iter().find(|step| step.starts_with(start)).unwrap();
    // Registration goes from port 80 to 443 in one row.
    let named =
        |step: &str, service: &str| step.contains(&format!("r-dectknwv ({service} from 10.1.64.0/20 to"));
    assert!(named(of("add what opens"), "tcp/443"), "{steps:#?}");
    assert!(named(of("when nothing uses it"), "tcp/80"), "{steps:#?}");
    assert!(of("have ready what is new").contains("platform dr"), "{steps:#?}");
}

#[test]
fn a_finding_that_weighs_more_is_told() {
    let before = std::fs::read_to_string(root().join(R1)).unwrap();
    let after = before.replace("hardening = standard", "hardening = strict");
    let answer = json(&diff_of(&before, &after, &[]));
    let of = |key: &str| list(&answer, key).iter().filter(|one| one["code"] == "SEG4006").count();
    assert_eq!((of("opens"), of("closes")), (0, 0), "{answer:#}");
    let altered: Vec<&Value> =
        list(&answer, "alters").iter().filter(|one| one["after"]["code"] == "SEG4006").collect();
    assert_eq!(altered.len(), 1, "{answer:#}");
    let weights = ["before", "after"].map(|side| word(&altered[0][side], "severity"));
    assert_eq!(weights, ["warning", "error"], "{answer:#}");
    let told = text(&diff_of(&before, &after, &["--verbose"]).stdout);
    assert!(told.contains("was: warning"), "{told}");
}

#[test]
fn a_role_that_moves_to_another_platform_is_removed_from_the_old_one() {
    let before = std::fs::read_to_string(root().join(R1)).unwrap();
    let line = before.lines().find(|line| line.starts_with("role pvs")).unwrap();
    let moved = line.replace(" on dc1 {", " on weu {").replace("tier = \"PVS\"", "");
    let after = before.replace(line, &moved);
    let output = diff_of(&before, &after, &[]);
    let answer = json(&output);
    let steps: Vec<&str> = list(&answer, "order_of_work").iter().filter_map(Value::as_str).collect();
    let place = |start: &str| steps.iter().position(|step| step.starts_with(start));
    let (add, remove) = (place("add what another rule or place"), place("remove what another rule or place"));
    assert!(add.is_some() && add < remove, "{steps:#?} {}", text(&output.stderr));
}
