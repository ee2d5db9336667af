//! `segc diff` at its edges: grants of later days at the level of artefacts, ends that others enforce, findings that stay,
//! steps that name what changes.

use crate::support::command::{code, segc, text};
use serde_json::Value;
use std::process::Output;

const SITE: &str = "site \"s\" { effective = 2026-03-01 }
platform nutanix dc { prism = \"pc.example\" category = \"AppType:Shop\" }
platform azure hub { }
platform aws cloud { vpc = \"vpc-1\" region = \"eu-west-1\" }
segment s on hub { cidr = 10.0.1.0/24 }
segment c on cloud { cidr = 10.2.0.0/24 }
role users : client { cidr = 10.9.0.0/16 }
role jump : admin { cidr = 10.8.9.0/28 }
role web : windows-server on s { }
role app : windows-server on dc { cidr = 10.3.0.0/28 }
role one : windows-server on c { }
role two : windows-server on c { same-group-as = one }
role db : sql-server on dc { cidr = 10.3.1.0/28 }
allow web: users -> web : tcp/443 because \"The shop\"
allow sql: web, app -> db : tcp/1433 because \"Orders\"
allow api: app -> one : tcp/8443 because \"Jobs\"
";

fn diff(before: &str, after: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("old.seg"), before).unwrap();
    std::fs::write(folder.path().join("new.seg"), after).unwrap();
    segc(folder.path(), &[&["diff", "old.seg", "new.seg"], more].concat())
}

fn answer(before: &str, after: &str) -> (i32, Value) {
    let output = diff(before, after, &["--format", "json"]);
    let answer = serde_json::from_slice(&output.stdout);
    (code(&output), answer.unwrap_or_else(|error| panic!("{error}: {}", text(&output.stderr))))
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list `{key}` in {value}"))
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text `{key}` in {value}"))
}

fn of_class<'a>(answer: &'a Value, class: &str) -> Vec<&'a Value> {
    list(answer, "changes").iter().filter(|change| change["class"] == class).collect()
}

fn steps(answer: &Value) -> Vec<&str> {
    list(answer, "order_of_work").iter().filter_map(Value::as_str).collect()
}

fn with(from: &str, to: &str) -> String {
    assert!(SITE.contains(from), "{from}");
    SITE.replace(from, to)
}

/// The rows of the change request: id, change, managed by, enforced at.
fn request(before: &str, after: &str, more: &[&str]) -> Vec<[String; 4]> {
    let output = diff(before, after, &[&["--format", "csv"], more].concat());
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let record = |record: csv::StringRecord| [0, 1, 12, 18].map(|at: usize| record[at].to_owned());
    reader.records().map(|one| record(one.unwrap())).collect()
}

const EXCEPTION: &str =
    "exception E-1 { allow jump -> one : tcp/3389 because \"Repair\" ticket = \"T-1\" owner = \"Ops\"
 starts = 2026-04-01 expires = 2026-04-03 }\n";

#[test]
fn a_later_exception_shows_what_a_shared_group_opens_on_its_day() {
    let after = format!("{SITE}{EXCEPTION}");
    let (exit, there) = answer(SITE, &after);
    assert_eq!(exit, 2);
    let widened = of_class(&there, "widened");
    assert_eq!(widened.len(), 1, "{there:#}");
    let flow = &list(widened[0], "flows")[0];
    assert_eq!((word(flow, "from"), word(flow, "to"), word(flow, "service")), ("jump", "two", "tcp/3389"));
    assert_eq!((word(widened[0], "level"), word(widened[0], "starts")), ("artefact", "2026-04-01"));
    assert_eq!(word(widened[0], "packets"), "0", "it is not of the compared day");
    let note = list(of_class(&there, "opened")[0], "notes")
        .iter()
        .any(|note| note.as_str().unwrap().contains("jump to two on tcp/3389"));
    assert!(note, "{there:#}");
    let of_days = steps(&there).iter().filter(|step| step.contains("E-1")).count();
    assert_eq!(of_days, 1, "{:?}", steps(&there));
    // It is no widening where the roles don't share a group, and the way back closes it.
    let apart = after.replace("same-group-as = one", "cidr = 10.2.0.128/25").replace(
        "role one : windows-server on c { }",
        "role one : windows-server on c { cidr = 10.2.0.0/25 }",
    );
    let base = apart.replace(EXCEPTION, "");
    assert!(of_class(&answer(&base, &apart).1, "widened").is_empty());
    let (exit, back) = answer(&after, SITE);
    assert_eq!((exit, of_class(&back, "narrowed").len()), (1, 1), "{back:#}");
}

#[test]
fn a_later_exception_that_stays_opens_what_joins_its_group() {
    let before = format!("{SITE}{EXCEPTION}")
        .replace("two : windows-server on c { same-group-as = one }", "two : windows-server on c { }");
    let after = format!("{SITE}{EXCEPTION}");
    let (exit, there) = answer(&before, &after);
    let later: Vec<&Value> =
        of_class(&there, "widened").into_iter().filter(|change| !change["starts"].is_null()).collect();
    assert_eq!((exit, later.len()), (2, 1), "{there:#}");
    // Unchanged, it opens nothing again; with further days it does.
    assert_eq!(answer(&after, &after).0, 0);
    let longer = after.replace("2026-04-03", "2026-04-09");
    let (exit, there) = answer(&after, &longer);
    assert_eq!((exit, of_class(&there, "widened").len()), (2, 1), "{there:#}");
    assert_eq!(answer(&longer, &after).0, 1);
}

#[test]
fn a_later_exception_says_nothing_of_a_release_that_does_not_compile() {
    let before = format!("{SITE}{EXCEPTION}");
    let broken = format!("{before}forbid no-jobs: app -> one : tcp/8443 because \"Never\"\n");
    let (exit, there) = answer(&before, &broken);
    assert_eq!(exit, 1, "{there:#}");
    assert!(list(&there, "changes").iter().all(|change| change["starts"].is_null()), "{there:#}");
}

#[test]
fn a_later_exception_at_a_shared_range_opens_for_all_of_it() {
    // Two roles of a segment, told apart by groups on their own platform; a firewall sees their range only.
    let site = format!("{SITE}role api : windows-server on s {{ }}\n");
    let exception = EXCEPTION.replace("jump -> one", "app -> web");
    let (exit, there) = answer(&site, &format!("{site}{exception}"));
    assert_eq!((exit, of_class(&there, "widened").len()), (2, 0), "{there:#}");
    let platform = site.replace("platform azure hub { }", "platform firewall hub { }");
    let (exit, there) = answer(&platform, &format!("{platform}{exception}"));
    let widened = of_class(&there, "widened");
    assert_eq!((exit, widened.len()), (2, 1), "{there:#}");
    assert_eq!(word(&list(widened[0], "flows")[0], "to"), "api");
}

#[test]
fn an_end_that_others_run_now_is_handed_over_in_order_and_exits_2() {
    let after =
        with("role one : windows-server on c { }", "role one : windows-server on c { managed-by = citrix }")
            .replace("two : windows-server on c { same-group-as = one }", "two : windows-server on c { }");
    let before = with("two : windows-server on c { same-group-as = one }", "two : windows-server on c { }");
    let (exit, there) = answer(&before, &after);
    assert_eq!((exit, there["same_access"].as_bool()), (2, Some(false)), "{there:#}");
    let models = of_class(&there, "model");
    assert_eq!(models.len(), 1);
    let model = models[0];
    assert!(model["loosens"].as_bool().unwrap() && word(&there, "summary").contains("less is enforced"));
    let notes: Vec<&str> = list(model, "notes").iter().filter_map(Value::as_str).collect();
    assert!(notes.iter().any(|note| note.starts_with("no artefact enforces `one` any more: citrix")));
    assert!(notes.iter().any(|note| note.starts_with("risk: ")), "{notes:?}");
    let moves: Vec<(&str, &str, Option<&str>)> = list(model, "moves")
        .iter()
        .map(|one| (word(one, "effect"), word(one, "platform"), one["by"].as_str()))
        .collect();
    assert_eq!(moves, [("add", "cloud", Some("citrix")), ("remove", "cloud", None)]);
    assert!(!list(model, "rules").is_empty(), "the rules that leave");
    let steps = steps(&there);
    let place = |words: &str| {
        steps.iter().position(|step| step.contains(words)).unwrap_or_else(|| panic!("{words}: {steps:?}"))
    };
    assert!(place("by citrix, rows") < place("remove what another rule or place"));
    let rows = request(&before, &after, &["--enforced-at", "cloud"]);
    let said: Vec<(&str, &str)> = rows.iter().map(|row| (row[1].as_str(), row[2].as_str())).collect();
    assert_eq!(said, [("add", "one: citrix"), ("remove", "")]);
    // Taken over again, nothing opens.
    let (exit, back) = answer(&after, &before);
    assert_eq!(exit, 1);
    let notes = list(of_class(&back, "model")[0], "notes");
    assert!(notes.iter().any(|note| note.as_str().unwrap().contains("enforce `one` now")), "{back:#}");
}

#[test]
fn a_platform_that_others_manage_now_hands_over_all_its_roles() {
    let after = with("platform aws cloud { ", "platform aws cloud { managed-by = citrix ");
    let (exit, there) = answer(SITE, &after);
    assert_eq!(exit, 2, "{there:#}");
    let model = of_class(&there, "model")[0];
    assert_eq!(word(model, "statement"), "platform cloud");
    let notes: Vec<&str> = list(model, "notes").iter().filter_map(Value::as_str).collect();
    for role in ["`one`", "`two`"] {
        assert!(notes.iter().any(|note| note.contains(role) && note.contains("any more")), "{notes:?}");
    }
}

#[test]
fn a_role_that_moves_to_another_platform_has_rows_for_both() {
    let after = with(
        "role app : windows-server on dc { cidr = 10.3.0.0/28 }",
        "role app : windows-server on hub { cidr = 10.3.0.0/28 }",
    );
    let rows = request(SITE, &after, &[]);
    let at = |platform: &str, change: &str| {
        rows.iter().filter(|row| row[3] == platform && row[1] == change).count()
    };
    assert_eq!((at("hub", "add"), at("dc", "remove")), (2, 2), "{rows:?}");
    assert_eq!((at("hub", "remove"), at("dc", "add")), (0, 0), "{rows:?}");
    let (exit, there) = answer(SITE, &after);
    assert_eq!((exit, of_class(&there, "opened").len()), (1, 0), "{there:#}");
    let steps = steps(&there);
    let place = |words: &str| steps.iter().position(|step| step.contains(words)).unwrap();
    assert!(place("add what another rule or place enforces now") < place("remove what another rule"));
}

#[test]
fn the_old_artefact_of_a_segment_that_is_renamed_or_gone_is_taken_away() {
    let renamed = SITE.replace("segment s on", "segment shop on").replace("on s {", "on shop {");
    let gone = SITE
        .replace("role web : windows-server on s { }\n", "role web : windows-server { cidr = 10.0.1.0/24 }\n")
        .replace("segment s on hub { cidr = 10.0.1.0/24 }\n", "");
    for after in [renamed, gone] {
        let (_, there) = answer(SITE, &after);
        let old: Vec<&Value> = list(&there, "rules")
            .iter()
            .filter(|rule| word(rule, "rule").starts_with("nsg-s-s: ") && rule["main"] == true)
            .collect();
        assert!(old.len() > 3 && old.iter().all(|rule| rule["effect"] == "removed"), "{there:#}");
        let last = steps(&there).pop().unwrap().to_owned();
        assert!(
            last.starts_with("remove what guards nobody") && last.contains("on `hub` `nsg-s-s`"),
            "{last}"
        );
    }
}

const CLEAR: &str = "role vda : vda on dc { delivery = hosted-shared cidr = 10.3.2.0/28 }
role vdb : vda on dc { delivery = hosted-shared cidr = 10.3.3.0/28 }
role ddc : delivery-controller on dc { cidr = 10.3.4.0/28 }
intent vda-registration vda, vdb -> ddc
intent hdx-session users -> vda, vdb { edt = off }
";

#[test]
fn findings_of_a_split_line_stay() {
    let site = format!("{SITE}{CLEAR}");
    let equal = format!("{site}intent vda-registration vda, vdb -> ddc\n");
    let halves = site.replace(
        "intent vda-registration vda, vdb -> ddc",
        "intent vda-registration vda -> ddc\nintent vda-registration vdb -> ddc",
    );
    for after in [&equal, &halves] {
        let (_, there) = answer(&site, after);
        let told: Vec<&str> = ["opens", "closes"]
            .iter()
            .flat_map(|key| list(&there, key))
            .map(|one| word(one, "code"))
            .filter(|code| *code != "SEG4024")
            .collect();
        assert!(told.is_empty() && list(&there, "alters").is_empty(), "{told:?} {:#}", there["alters"]);
    }
}

#[test]
fn a_finding_that_is_about_more_is_altered_and_says_of_what() {
    let site = format!("{SITE}{CLEAR}");
    let before = site.replace("users -> vda, vdb", "users -> vda");
    let (_, there) = answer(&before, &site);
    let altered: Vec<&Value> =
        list(&there, "alters").iter().filter(|one| one["after"]["code"] == "SEG4003").collect();
    assert_eq!(altered.len(), 1, "{there:#}");
    assert_eq!(altered[0]["more"], serde_json::json!([["users", "vdb"]]));
    assert!(list(&there, "opens").iter().all(|one| one["code"] != "SEG4003"));
    let (_, ports) = answer(&site, &site.replace("edt = off", "edt = on"));
    assert!(list(&ports, "alters").iter().any(|one| one["after"]["code"] == "SEG4003"), "{ports:#}");
    assert!(list(&ports, "opens").iter().all(|one| one["code"] != "SEG4003"));
}

#[test]
fn what_artefacts_let_pass_comes_of_nothing_else() {
    let root = env!("CARGO_MANIFEST_DIR");
    let [r1, r2] = ["r1", "r2"].map(|release| format!("{root}/examples/three-platforms-{release}/site.seg"));
    let output = segc(std::path::Path::new(root), &["diff", &r1, &r2, "--format", "json"]);
    let there: Value = serde_json::from_slice(&output.stdout).unwrap();
    for change in list(&there, "changes") {
        let opens = list(change, "opens").contains(&Value::from("SEG4017"));
        assert_eq!(
            opens,
            change["level"] == "artefact" && word(change, "what").contains("tcp/443 ("),
            "{change:#}"
        );
    }
}

#[test]
fn a_step_names_a_row_only_where_a_rule_of_it_changes() {
    // Its own platform knows the role by its group, the other one by its addresses.
    let after = with(
        "role db : sql-server on dc { cidr = 10.3.1.0/28 }",
        "role db : sql-server on dc { cidr = 10.3.1.0/27 }",
    );
    let (_, there) = answer(SITE, &after);
    let steps = steps(&there);
    let add = steps.iter().find(|step| step.starts_with("add what opens")).unwrap();
    assert!(add.contains("on `hub` rows"), "{steps:?}");
    assert!(add.contains("on `dc` no rule changes") && !add.contains("on `dc` rows"), "{steps:?}");
}

#[test]
fn a_move_widens_by_the_new_rules_and_narrows_by_the_old_ones() {
    let after = with(
        "role app : windows-server on dc { cidr = 10.3.0.0/28 }",
        "role app : windows-server on hub { cidr = 10.0.7.0/28 }",
    );
    let (_, there) = answer(SITE, &after);
    for (class, wrong) in [("widened", "removed"), ("narrowed", "added")] {
        for change in of_class(&there, class) {
            for at in list(change, "rules") {
                let rule = &there["rules"][usize::try_from(at.as_u64().unwrap()).unwrap()];
                assert_ne!(word(rule, "effect"), wrong, "{class}: {rule}");
            }
        }
    }
}

#[test]
fn a_later_exception_with_one_port_more_opens_that_port() {
    let before = format!("{SITE}{EXCEPTION}");
    let (exit, there) = answer(&before, &before.replace("tcp/3389", "tcp/22, tcp/3389"));
    let opened = of_class(&there, "opened");
    assert_eq!((exit, opened.len(), of_class(&there, "closed").len()), (2, 1, 0), "{there:#}");
    assert_eq!(word(&list(opened[0], "flows")[0], "service"), "tcp/22");
    assert_eq!(word(&list(of_class(&there, "widened")[0], "flows")[0], "service"), "tcp/22");
}

#[test]
fn a_state_that_no_artefact_follows_is_nothing_to_do() {
    let rollout = |text: &str| format!("{SITE}rollout {{ start = monitor {text} }}\n");
    let later = answer(&rollout("enforce one from 2026-05-01"), &rollout("enforce one from 2026-06-01")).1;
    assert!(steps(&later).is_empty(), "{later:#}");
    let asked = answer(SITE, &format!("{SITE}rollout {{ start = enforce }}\n")).1;
    let notes = of_class(&asked, "state").iter().flat_map(|one| list(one, "notes")).count();
    assert!(
        notes > 0 && steps(&asked).iter().any(|step| step.contains("no rollout to enforce")),
        "{asked:#}"
    );
}

#[test]
fn what_is_enforced_less_exits_2_where_an_artefact_says_so() {
    let enforced = |day: &str| format!("{SITE}rollout {{ start = monitor enforce app from {day} }}\n");
    let (exit, there) = answer(&enforced("2026-01-01"), &enforced("2026-06-01"));
    assert_eq!((exit, there["same_access"].as_bool()), (2, Some(false)), "{there:#}");
    assert_eq!(answer(&enforced("2026-06-01"), &enforced("2026-01-01")).0, 1);
    // A platform without states drops as before.
    let cloud = |day: &str| format!("{SITE}rollout {{ start = monitor enforce one from {day} }}\n");
    assert_eq!(answer(&cloud("2026-01-01"), &cloud("2026-06-01")).0, 1);
}

#[test]
fn words_are_those_of_the_field() {
    let after = with("same-group-as = one", "");
    let words = text(&diff(SITE, &after, &[]).stdout);
    assert!(words.contains("`two`: wears its own group, and wore that of `one`"), "{words}");
    assert!(words.contains("checked as of 2026-03-01: "), "{words}");
    let day = text(&diff(SITE, &SITE.replace("2026-03-01", "2026-03-02"), &[]).stdout);
    assert!(
        day.contains("checked, 2026-03-01 against 2026-03-02: 0 packet classes open and 0 close"),
        "{day}"
    );
}

#[test]
fn what_is_wrong_with_both_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("site.seg"), SITE).unwrap();
    let output = segc(folder.path(), &["diff", "a", "b", "site.seg"]);
    assert_eq!(text(&output.stderr).matches("SEG0046").count(), 1, "{}", text(&output.stderr));
    let missing = ["diff", "site.seg", "site.seg", "--categories", "absent.json"];
    let said = text(&segc(folder.path(), &missing).stderr);
    assert_eq!(said.matches("absent.json").count(), 1, "{said}");
}

/// A site with an internet known by a name.
fn online(name: &str, more: &str) -> String {
    format!(
        "{SITE}role net : internet {{ fqdn = \"{name}\" }}\nallow updates: app -> net : tcp/443 because \"Updates\"\n{more}"
    )
}

#[test]
fn another_name_for_the_internet_is_told() {
    let (exit, there) = answer(&online("a.example.com", ""), &online("b.example.com", ""));
    let model = of_class(&there, "model");
    assert_eq!((exit, model.len()), (1, 1), "{there:#}");
    assert!(word(model[0], "what").contains("a.example.com to b.example.com"), "{there:#}");
}

#[test]
fn an_earlier_name_that_is_no_longer_written_carries_the_rules_that_it_renames() {
    let before = with("role app : windows-server on dc {", "role app : windows-server on dc { was = old ");
    let (exit, there) = answer(&before, SITE);
    let model = of_class(&there, "model");
    assert_eq!((exit, model.len(), list(&there, "changes").len()), (1, 1, 1), "{there:#}");
    assert!(word(model[0], "what").contains("artefacts call it `app`, and called it `old`"), "{there:#}");
    let carried: std::collections::BTreeSet<u64> =
        list(model[0], "rules").iter().filter_map(Value::as_u64).collect();
    let with_rows = list(&there, "rules").iter().filter(|rule| !list(rule, "rows").is_empty()).count();
    assert_eq!((carried.len(), with_rows > 0), (with_rows, true), "{there:#}");
}

#[test]
fn enforcement_that_is_put_off_or_given_up_lets_more_pass() {
    let enforced = |text: &str| format!("{SITE}rollout {{ start = monitor {text} }}\n");
    let [early, late, never] =
        ["enforce app from 2026-05-01", "enforce app from 2026-06-01", ""].map(enforced);
    for (before, after, exit, risk) in [
        (&early, &late, 2, "from 2026-05-01 until 2026-06-01"),
        (&early, &never, 2, "from 2026-05-01 on"),
        (&late, &early, 1, "dropped then"),
        (&never, &early, 1, "dropped then"),
    ] {
        let (code, there) = answer(before, after);
        assert_eq!(code, exit, "{there:#}");
        let notes = of_class(&there, "state").iter().flat_map(|one| list(one, "notes")).collect::<Vec<_>>();
        assert!(notes.iter().any(|note| note.as_str().unwrap().contains(risk)), "{there:#}");
    }
}

#[test]
fn logs_are_read_on_days_that_end_before_enforcement() {
    let rollout = "rollout { start = monitor observe = 10 enforce app from 2026-05-01 }\n";
    let before = format!("{SITE}rollout {{ start = monitor }}\n");
    let there = answer(&before, &format!("{SITE}{rollout}")).1;
    let wanted =
        "read 10 days of logs (2026-04-21 to 2026-04-30) in monitor, then enforce `app` from 2026-05-01";
    assert!(steps(&there).contains(&wanted), "{:?}", steps(&there));
}

#[test]
fn a_role_in_another_segment_is_told_by_itself() {
    let other = "segment s on hub { cidr = 10.0.1.0/24 }\nsegment t on hub { cidr = 10.0.2.0/24 }";
    let before = with("segment s on hub { cidr = 10.0.1.0/24 }", other);
    let after = before.replace("role web : windows-server on s", "role web : windows-server on t");
    let there = answer(&before, &after).1;
    for class in ["widened", "narrowed"] {
        let change = of_class(&there, class)[0];
        assert_eq!(word(change, "statement"), "role web", "{there:#}");
        assert!(!word(change, "what").contains("`t` is"), "{there:#}");
    }
}

#[test]
fn a_finding_that_weighs_otherwise_is_altered() {
    let strict = with("effective = 2026-03-01", "effective = 2026-03-01 hardening = strict");
    let there = answer(SITE, &strict).1;
    let altered: Vec<&Value> = list(&there, "alters")
        .iter()
        .filter(|one| one["before"]["severity"] != one["after"]["severity"])
        .collect();
    assert!(!altered.is_empty(), "{there:#}");
    for one in altered {
        let is_same = |other: &&Value| {
            other["message"] == one["after"]["message"] && other["code"] == one["after"]["code"]
        };
        assert!(
            !list(&there, "opens").iter().chain(list(&there, "closes")).any(|other| is_same(&other)),
            "{there:#}"
        );
    }
}

#[test]
fn an_exception_in_force_that_becomes_a_lasting_line_is_told_once() {
    let exception = EXCEPTION.replace("2026-04-01", "2026-02-20").replace("tcp/3389", "tcp/22");
    let before = format!("{SITE}{exception}");
    let after = format!("{SITE}allow shell: jump -> one : tcp/22 because \"For good\"\n");
    let (exit, there) = answer(&before, &after);
    let told: Vec<(&str, &str)> = list(&there, "changes")
        .iter()
        .map(|change| (word(change, "class"), word(change, "statement")))
        .collect();
    assert_eq!((exit, told), (2, vec![("opened", "allow shell"), ("text", "exception E-1")]), "{there:#}");
    assert_eq!(word(of_class(&there, "opened")[0], "starts"), "2026-04-03");
    // The firewall gets the lasting row in place of the dated one.
    let output = diff(&before, &after, &["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!([&rows[0][1], &rows[0][13], &rows[0][14]], ["add", "", ""], "{rows:?}");
    assert_eq!([&rows[1][1], &rows[1][10]], ["remove", "exception E-1"], "{rows:?}");
    // Only words differ: reason, ticket, owner.
    let reworded = before.replace("Repair", "Upgrade").replace("T-1", "T-2");
    let (exit, there) = answer(&before, &reworded);
    assert_eq!((exit, list(&there, "changes").len()), (1, 1), "{there:#}");
    assert!(
        word(of_class(&there, "text")[0], "what").contains("ticket \"T-2\", and was \"T-1\""),
        "{there:#}"
    );
}

/// The change request by `row's statement`: change, valid from, valid until.
fn requested(before: &str, after: &str) -> Vec<[String; 4]> {
    let output = diff(before, after, &["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let of_row = |record: csv::StringRecord| [10, 1, 13, 14].map(|at: usize| record[at].to_owned());
    let mut rows: Vec<[String; 4]> = reader.records().map(|one| of_row(one.unwrap())).collect();
    rows.sort();
    rows
}

const SHELL: &str = "allow shell: jump -> one : tcp/22 because \"For good\"\n";

/// An exception of `jump -> one : tcp/22`.
fn dated(name: &str, starts: &str, expires: &str) -> String {
    format!(
        "exception {name} {{ allow jump -> one : tcp/22 because \"Repair\" ticket = \"T-1\" owner = \"Ops\"
 starts = {starts} expires = {expires} }}\n"
    )
}

#[test]
fn a_firewall_that_does_what_it_is_asked_permits_the_second_release() {
    let site = |more: &str| format!("{SITE}{more}");
    let two = "allow s1: jump -> app : tcp/22 because \"x\"\nallow s2: jump -> app : tcp/22 because \"y\"\n";
    let (in_force, waiting) =
        (dated("E", "2026-02-01", "2026-05-01"), dated("E", "2026-04-01", "2026-04-10"));
    let both = dated("E", "2026-02-01", "2026-04-01") + &dated("F", "2026-04-10", "2026-05-01");
    let cases: Vec<(String, String, Vec<[&str; 4]>)> = vec![
        // Both rows go, not only the first that has the packets.
        (site(two), site(""), vec![["allow s1", "remove", "", ""], ["allow s2", "remove", "", ""]]),
        (
            site(&format!("{SHELL}{in_force}")),
            site(""),
            vec![["allow shell", "remove", "", ""], ["exception E", "remove", "", ""]],
        ),
        // What stays permitted by another grant gets its row.
        (
            site(&in_force),
            site(&both),
            vec![
                ["exception E", "change", "2026-02-01", "2026-03-31"],
                ["exception F", "add", "2026-04-10", "2026-04-30"],
            ],
        ),
        (
            site(SHELL),
            site(&waiting),
            vec![["allow shell", "remove", "", ""], ["exception E", "add", "2026-04-01", "2026-04-09"]],
        ),
        (
            site(&in_force),
            site(SHELL),
            vec![["allow shell", "add", "", ""], ["exception E", "remove", "", ""]],
        ),
        // Days that are over by now need no row.
        (
            site(&in_force),
            site(&dated("E", "2026-02-01", "2026-02-10")),
            vec![["exception E", "remove", "", ""]],
        ),
    ];
    for (before, after, wanted) in cases {
        assert_eq!(requested(&before, &after), wanted, "{after}");
    }
}

#[test]
fn a_platform_run_by_others_names_them_in_the_request() {
    let rows =
        request(SITE, &with("platform azure hub { }", "platform azure hub { managed-by = citrix }"), &[]);
    assert!(rows.iter().any(|row| row[1] == "add" && row[2].contains(": citrix")), "{rows:?}");
}

#[test]
fn a_waiting_grant_is_handed_over_with_its_role() {
    let before = format!("{SITE}{}", EXCEPTION.replace("jump -> one", "jump -> app"));
    let after = before.replace(
        "role app : windows-server on dc {",
        "role app : windows-server on dc { managed-by = citrix ",
    );
    let exits = answer(&before, &after);
    let rows: Vec<&Value> =
        of_class(&exits.1, "model").iter().flat_map(|change| list(change, "moves")).collect();
    assert!(
        rows.iter().any(|one| word(one, "from") == "jump" && word(one, "effect") == "add"),
        "{:#}",
        exits.1
    );
}

#[test]
fn enforcement_is_put_off_by_other_states_too() {
    let rollout = |text: &str| format!("{SITE}rollout {{ {text} }}\n");
    let enforced = rollout("start = monitor enforce app from 2026-05-01");
    let saved = rollout("start = save enforce app from 2026-05-01");
    let later = rollout("start = monitor enforce app from 2026-06-01");
    for (before, after) in
        [(&enforced, &rollout("start = save")), (&enforced, &SITE.to_owned()), (&saved, &later)]
    {
        let (exit, there) = answer(before, after);
        assert_eq!(exit, 2, "{there:#}");
    }
}

#[test]
fn a_role_gets_its_other_group_before_the_old_one_goes() {
    let apart =
        with("role two : windows-server on c { same-group-as = one }", "role two : windows-server on c { }");
    let there = answer(&apart, SITE).1;
    let place = |words: &str| steps(&there).iter().position(|step| step.contains(words));
    let moved = place("give `two` the group of `one`");
    assert!(moved.is_some() && moved < place("remove what guards nobody any more"), "{:?}", steps(&there));
}

#[test]
fn the_way_back_of_the_way_back_is_without_the_option() {
    let output = text(&diff(SITE, &format!("{SITE}{SHELL}"), &["--reverse"]).stdout);
    assert!(output.contains("the same without `--reverse`"), "{output}");
}

#[test]
fn a_group_of_a_renamed_role_is_no_other_group() {
    let renamed = with("role one : windows-server on c { }", "role uno : windows-server on c { was = one }")
        .replace("same-group-as = one", "same-group-as = uno")
        .replace("-> one", "-> uno");
    let there = answer(SITE, &renamed).1;
    assert!(steps(&there).iter().all(|step| !step.starts_with("give ")), "{:?}", steps(&there));
}
