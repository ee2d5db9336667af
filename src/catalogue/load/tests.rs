//! Bad data: each mistake with its code and place, and text of any kind without a panic.

use proptest::prelude::*;

use super::{FILE_LIMIT, Problem, ProblemKind, extend, load};

const HEAD: &str = "schema: segc-catalogue/1\n";

const GOOD: &str = r#"schema: segc-catalogue/1
releases:
- {release: old, title: Old}
- {release: new, title: New}
kinds:
- kind: vda
  title: Desktop
  aliases: [Session Host]
  what: Runs sessions
  tier: worker
  citrix-managed: {daas: customer, daas-flex: citrix}
- kind: connector
  title: Connector
  what: Brokers
  tier: control
  citrix-managed: {daas: customer, daas-flex: citrix}
conditions:
- {condition: daas, text: Cloud, group: site}
- {condition: on-prem, text: Own, group: site}
exclusive:
- [daas, on-prem]
flows:
- id: vda-registration
  from: vda
  to: connector
  transport: tcp
  ports: [80, "8000-8001"]
  service: Registration
  what: Registers.
  why: Needed.
  need: required
  when: [daas]
  encryption: clear
  area: DaaS
  since: old
  until: new
  sources:
  - {title: A page, date: 2023-02, says: lists it}
  verified: true
intents:
- intent: registration
  what: Registers.
  why: Needed.
  left: [session host]
  right: [connector]
  options:
    mode: {values: [one, two], default: one, what: Which}
  flows:
  - {flow: vda-registration, from: left, to: right, ports: [80], when: {mode: one}}
"#;

#[test]
fn good_data_loads() {
    let catalogue = load(&[("good.yaml", GOOD)]).unwrap();
    assert_eq!(catalogue.intent("registration").unwrap().left_kinds(), ["vda"]);
}

/// Replaces one text in the good data, and wants the first problem to be of this kind and to point at this word.
#[track_caller]
fn refuse(from: &str, to: &str, kind: ProblemKind, word: &str) {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    let problems = load(&[("bad.yaml", &text)]).unwrap_err();
    points_at(&problems[0], ("bad.yaml", &text), kind, word);
}

/// Wants a problem of this kind that points at this word of a file.
#[track_caller]
fn points_at(problem: &Problem, (file, text): (&str, &str), kind: ProblemKind, word: &str) {
    assert_eq!((problem.kind, problem.file.as_str()), (kind, file), "{problem}");
    let line = text.lines().nth(problem.line - 1).unwrap();
    let tail: String = line.chars().skip(problem.column - 1).collect();
    assert!(tail.starts_with(word), "{problem} points at `{tail}`");
}

#[test]
fn text_without_the_form_of_the_schema() {
    use ProblemKind::Syntax;
    refuse("  need: required", "  need: required\n  colour: red", Syntax, "colour");
    refuse("need: required", "need: perhaps", Syntax, "perhaps");
    refuse("  area: DaaS\n", "", Syntax, "id");
    refuse("ports: [80, \"8000-8001\"]", "ports: [80, [81]]", Syntax, "[81]");
    refuse("segc-catalogue/1", "segc-catalogue/9", Syntax, "schema");
    refuse("when: {mode: one}", "when: {mode: one, mode: two}", Syntax, "{mode: one");
    refuse("what: Runs sessions", "what: !tag Runs", Syntax, "");
    refuse("kinds:\n", "kinds: [\n", Syntax, "");
    refuse("title: Desktop", "title: \"A \\e[31m\"", Syntax, "");
}

#[test]
fn things_used_twice() {
    use ProblemKind::Duplicate;
    refuse("- kind: connector", "- kind: session-host", Duplicate, "session-host");
    refuse("aliases: [Session Host]", "aliases: [Session Host, Connector]", Duplicate, "connector");
    refuse("{condition: on-prem, text: Own", "{condition: daas, text: Own", Duplicate, "daas");
    refuse("{release: new, title: New}", "{release: old, title: New}", Duplicate, "old");
    let entry = &GOOD[GOOD.find("- id:").unwrap()..GOOD.find("intents:").unwrap()];
    let again = format!("{HEAD}flows:\n{entry}");
    let problems = load(&[("one.yaml", GOOD), ("two.yaml", &again)]).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].kind, problems[0].file.as_str(), problems[0].line), (Duplicate, "two.yaml", 3));
    assert!(problems[0].message.contains("first at one.yaml:23"), "{}", problems[0].message);
}

#[test]
fn names_of_nothing() {
    use ProblemKind::Reference;
    refuse("from: vda", "from: vdaa", Reference, "vdaa");
    refuse("when: [daas]", "when: [dass]", Reference, "dass");
    refuse("since: old", "since: older", Reference, "older");
    refuse("  verified: true", "  paired-with: nothing\n  verified: true", Reference, "nothing");
    refuse("{flow: vda-registration,", "{flow: vda-reg,", Reference, "vda-reg");
    refuse("right: [connector]", "right: [connector, broker]", Reference, "broker");
    refuse("when: {mode: one}", "when: {mood: one}", Reference, "mood");
    refuse("when: {mode: one}", "when: {mode: three}", Reference, "three");
    refuse("when: {mode: one}", "when-absent: [mode]", Reference, "mode");
    refuse("- [daas, on-prem]", "- [daas, on-perm]", Reference, "on-perm");
    refuse("  until: new", "  until: new\n  changes:\n  - {release: newer, what: w}", Reference, "newer");
    refuse("default: one, what", "default: one, selects: {three: [daas]}, what", Reference, "three");
    refuse("default: one, what", "default: one, selects: {one: [dass]}, what", Reference, "dass");
    refuse("  tier: control", "  tier: control\n  like: vad", Reference, "vad");
}

#[test]
fn values_that_can_not_be() {
    use ProblemKind::Value;
    refuse("8000-8001", "8001-8000", Value, "8001-8000");
    refuse("8000-8001", "8000-80001", Value, "8000-80001");
    refuse("[80, \"8000", "[0, \"8000", Value, "");
    refuse("since: old\n  until: new", "since: new\n  until: old", Value, "until");
    refuse("  sources:\n  - {title: A page, date: 2023-02, says: lists it}\n", "", Value, "vda-registration");
    refuse("date: 2023-02, ", "", Value, "sources");
    refuse("when: [daas]", "when: [on-prem, daas]", Value, "daas");
    refuse("  ports: [80, \"8000-8001\"]\n", "  port-parameter: any\n", Value, "vda-registration");
    refuse("ports: [80], when", "ports: [81], when", Value, "vda-registration");
    refuse("default: one", "default: three", Value, "mode");
    refuse("what: Registers.\n  why: Needed.\n  need", "what: \"\"\n  why: Needed.\n  need", Value, "what");
    refuse("from: left, to: right", "from: right, to: right", Value, "vda-registration");
    refuse("{daas: customer, daas-flex: citrix}", "{daas: nobody, daas-flex: citrix}", Value, "nobody");
    refuse("- id: vda-registration", "- id: VDA registration", Value, "VDA");
    refuse("when: [daas]", "when: [daas, daas]", Value, "when");
    refuse("- [daas, on-prem]", "- [daas, on-prem]\n- [daas, daas]", Value, "daas");
    let ports = "transport: tcp\n  ports: [80, \"8000-8001\"]";
    let icmp = GOOD.replacen(ports, "transport: icmp\n  icmp-code: 3", 1);
    let problem = &load(&[("bad.yaml", &icmp)]).unwrap_err()[0];
    assert!(problem.kind == Value && problem.message.contains("code and no type"), "{problem}");
    let changes = "  until: new\n  changes: [{release: new, what: w}, {release: old, what: w}]";
    refuse("  until: new", changes, Value, "changes");
    refuse(
        "ports: [80], when: {mode: one}",
        "ports: [80], port-from: {option: mode}",
        Value,
        "vda-registration",
    );
    refuse("default: one, what", "default: one, selects: {two: [daas]}, what", Value, "vda-registration");
    refuse(
        "text: Cloud, group: site",
        "text: Cloud, group: site, never-selected: true",
        Value,
        "vda-registration",
    );
    refuse(
        "  verified: true\nintents",
        "  verified: true\n  local-only: true\nintents",
        Value,
        "vda-registration",
    );
}

#[test]
fn a_row_agrees_with_the_conditions_that_its_words_select() {
    let selects = "default: one, selects: {one: [daas], two: [on-prem]}, what";
    let text = GOOD.replacen("default: one, what", selects, 1);
    assert!(load(&[("good.yaml", &text)]).is_ok());
    let always = text.replacen(", when: {mode: one}", "", 1);
    let problem = &load(&[("bad.yaml", &always)]).unwrap_err()[0];
    assert!(problem.message.contains("`mode = two`") && problem.message.contains("`daas`"), "{problem}");
    // A word that selects nothing does not let a condition hold that another word decides about.
    let silent = always.replacen("two: [on-prem]", "two: []", 1);
    assert_eq!(load(&[("bad.yaml", &silent)]).unwrap_err().len(), 1);
}

const OWN: &str = r#"schema: segc-catalogue/1
namespace: acme
kinds:
- kind: acme-erp
  title: Ledger
  aliases: [ACME Ledger]
  what: Keeps the books
  tier: data
  like: connector
  citrix-managed: {daas: customer, daas-flex: customer}
conditions:
- {condition: acme-erp-used, text: The ledger is used, group: acme}
implies:
- [acme-erp-used, daas]
flows:
- id: acme-vda-erp
  from: vda
  to: acme-erp
  transport: tcp
  ports: [3200]
  service: Ledger
  what: Asks.
  why: Needed.
  need: optional
  when: [acme-erp-used]
  area: Acme
  sources:
  - {title: A page, date: 2023-02, says: lists it}
  verified: true
intents:
- intent: acme-erp-use
  what: Asks.
  why: Needed.
  left: [vda]
  right: [acme-erp]
  flows:
  - {flow: acme-vda-erp, from: left, to: right}
"#;

#[test]
fn a_customers_file_adds_and_changes_nothing() {
    let base = load(&[("good.yaml", GOOD)]).unwrap();
    let both = extend(&base, &[("own.yaml", OWN)]).unwrap();
    assert_eq!(both.kind("acme ledger").unwrap().name(), "acme-erp");
    assert_eq!(both.intent("acme-erp-use").unwrap().flow_ids().collect::<Vec<_>>(), ["acme-vda-erp"]);
    // The new kind stands wherever the one that it is like stands, and nowhere else.
    let (before, after) = (base.intent("registration").unwrap(), both.intent("registration").unwrap());
    assert_eq!(after.right_kinds(), ["acme-erp", "connector"]);
    assert_eq!(before.left_kinds(), after.left_kinds());
    let own: Vec<&str> = both.ids().filter(|id| id.starts_with("acme-")).collect();
    assert_eq!(both.ids().count(), base.ids().count() + own.len());
    for flow in base.flows() {
        assert_eq!(both.flow(flow.id()), Some(flow));
    }
}

#[test]
fn kinds_may_be_like_each_other_in_any_order() {
    let base = load(&[("good.yaml", GOOD)]).unwrap();
    let kind = |name: &str, like: &str| {
        format!(
            "- {{kind: acme-{name}, title: T, what: W, tier: data, like: {like}, \
             citrix-managed: {{daas: customer, daas-flex: customer}}}}\n"
        )
    };
    let (one, two) = (kind("a", "acme-b"), kind("b", "connector"));
    for kinds in [format!("{one}{two}"), format!("{two}{one}")] {
        let text = format!("{HEAD}namespace: acme\nkinds:\n{kinds}");
        let both = extend(&base, &[("own.yaml", &text)]).unwrap();
        let right = both.intent("registration").unwrap().right_kinds();
        assert_eq!(right, ["acme-a", "acme-b", "connector"]);
    }
    let circle = format!("{HEAD}namespace: acme\nkinds:\n{one}{}", kind("b", "acme-a"));
    assert!(extend(&base, &[("own.yaml", &circle)]).is_ok());
}

/// Replaces one text in the customer's file, and wants the first problem to be of this kind and to point at this word.
#[track_caller]
fn refuse_own(from: &str, to: &str, kind: ProblemKind, word: &str) {
    assert!(OWN.contains(from), "{from}");
    let text = OWN.replacen(from, to, 1);
    let base = load(&[("good.yaml", GOOD)]).unwrap();
    let problems = extend(&base, &[("own.yaml", &text)]).unwrap_err();
    points_at(&problems[0], ("own.yaml", &text), kind, word);
}

#[test]
fn a_customers_file_stays_in_its_namespace() {
    use ProblemKind::{Duplicate, Namespace, Syntax};
    refuse_own("namespace: acme\n", "", Namespace, "schema");
    refuse_own("namespace: acme", "namespace: vda", Namespace, "vda");
    refuse_own("namespace: acme", "namespace: conn", Namespace, "conn");
    refuse_own("namespace: acme", "namespace: Acme.", Namespace, "namespace");
    refuse_own("kind: acme-erp", "kind: erp", Namespace, "erp");
    refuse_own("ACME Ledger", "Ledger", Namespace, "Ledger");
    refuse_own("condition: acme-erp-used", "condition: erp-used", Namespace, "erp-used");
    refuse_own("- [acme-erp-used, daas]", "- [daas, acme-erp-used]", Namespace, "daas");
    refuse_own("id: acme-vda-erp", "id: vda-erp", Namespace, "vda-erp");
    refuse_own("intent: acme-erp-use", "intent: registration", Namespace, "registration");
    refuse_own("kinds:", "releases:\n- {release: acme-1, title: Own}\nkinds:", Namespace, "acme-1");
    refuse_own("kinds:", "colour: red\nkinds:", Syntax, "colour");
    let base = load(&[("good.yaml", GOOD)]).unwrap();
    let twice = extend(&base, &[("one.yaml", OWN), ("two.yaml", OWN)]).unwrap_err();
    assert_eq!(twice.first().map(|problem| problem.kind), Some(Duplicate));
    assert!(load(&[("own.yaml", OWN)]).unwrap_err().iter().any(|problem| problem.kind == Namespace));
}

#[test]
fn conditions_count_with_all_that_they_bring() {
    let sub = "- {condition: cloud-v2, text: T, group: site}\nexclusive:";
    let text =
        GOOD.replacen("exclusive:", sub, 1).replacen("flows:", "implies:\n- [cloud-v2, daas]\nflows:", 1);
    assert!(load(&[("good.yaml", &text)]).is_ok());
    let both = text.replacen("when: [daas]", "when: [cloud-v2, on-prem]", 1);
    assert!(load(&[("bad.yaml", &both)]).unwrap_err()[0].message.contains("can't hold together"));
    let history = text.replacen("when: [daas]", "when: [cloud-v2]", 1).replacen(
        "text: Cloud, group: site",
        "text: Cloud, group: site, never-selected: true",
        1,
    );
    assert!(load(&[("bad.yaml", &history)]).unwrap_err()[0].message.contains("can't be selected"));
}

#[test]
fn several_problems_come_at_once() {
    let text = GOOD.replace("when: [daas]", "when: [dass]").replace("since: old", "since: older");
    let problems = load(&[("bad.yaml", &text), ("empty.yaml", HEAD)]).unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:#?}");
    let unreadable = load(&[("a.yaml", "{"), ("b.yaml", ""), ("c.yaml", "schema: 1")]).unwrap_err();
    let files: Vec<&str> = unreadable.iter().map(|problem| problem.file.as_str()).collect();
    assert_eq!(files, ["a.yaml", "b.yaml", "c.yaml"]);
}

#[test]
fn anchors_can_not_explode() {
    let mut laughs = format!("{HEAD}x0: &x0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for level in 1..30 {
        let below = format!("*x{}", level - 1);
        laughs += &format!("x{level}: &x{level} [{}]\n", [below.as_str(); 9].join(", "));
    }
    let problem = &load(&[("bomb.yaml", &laughs)]).unwrap_err()[0];
    assert!(problem.message.contains("repeats itself"), "{problem}");
    let big = "a,".repeat(1000);
    let flat = format!("{HEAD}x: &x [{big}]\ny: [{}]\n", "*x,".repeat(10_000));
    assert_eq!(load(&[("flat.yaml", &flat)]).unwrap_err()[0].kind, ProblemKind::Syntax);
}

#[test]
fn size_and_depth_are_bounded() {
    let large = format!("{HEAD}# {}", "x".repeat(FILE_LIMIT));
    assert!(load(&[("large.yaml", &large)]).unwrap_err()[0].message.contains("bytes"));
    for nest in ["[", "{a: ", "- ", "? ", "[\"]\","] {
        for depth in [200, 1900, FILE_LIMIT / 8] {
            let deep = format!("{HEAD}x: {}", nest.repeat(depth));
            assert_eq!(load(&[("deep.yaml", &deep)]).unwrap_err().len(), 1);
        }
    }
    let directives = format!("{}{HEAD}", "%TAG !a! tag:a,2000:\n".repeat(10_000));
    assert!(load(&[("tags.yaml", &directives)]).unwrap_err()[0].message.contains("directive"));
}

#[test]
fn problems_are_bounded() {
    let pairs: String = (0..1_500).map(|at| format!("- [a{at}, b]\n")).collect();
    let text = format!("{HEAD}implies:\n{pairs}");
    assert_eq!(load(&[("many.yaml", &text)]).unwrap_err().len(), 200);
    let twice = format!("{HEAD}conditions:\n{}", "- {condition: a, text: b, group: c}\n".repeat(1_500));
    assert_eq!(load(&[("twice.yaml", &twice)]).unwrap_err().len(), 200);
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = load(&[("any.yaml", &text)]);
    }

    #[test]
    fn a_customers_file_with_holes_is_read_or_refused(
        start in 0..OWN.len(), length in 0usize..40, put in "[\\PC\n]{0,5}",
    ) {
        let end = (start + length).min(OWN.len());
        let text = format!("{}{put}{}", &OWN[..start], &OWN[end..]);
        let base = load(&[("good.yaml", GOOD)]).unwrap();
        match extend(&base, &[("own.yaml", &text)]) {
            Ok(both) => {
                for flow in base.flows() {
                    prop_assert_eq!(both.flow(flow.id()), Some(flow));
                }
            }
            Err(problems) => {
                for problem in problems {
                    prop_assert!(problem.line >= 1 && problem.line <= text.lines().count() + 1, "{}", problem);
                }
            }
        }
    }

    #[test]
    fn any_yaml_like_text_is_read_or_refused(text in "[a-z0-9:\\- \\[\\]{}&*!|>'\"#,%?\n]{0,200}") {
        let _ = load(&[("any.yaml", &format!("{HEAD}{text}"))]);
    }

    #[test]
    fn good_data_with_holes_is_read_or_refused(start in 0..GOOD.len(), length in 0usize..40, put in "[\\PC\n]{0,5}") {
        let end = (start + length).min(GOOD.len());
        let text = format!("{}{put}{}", &GOOD[..start], &GOOD[end..]);
        if let Err(problems) = load(&[("hole.yaml", &text)]) {
            for problem in problems {
                prop_assert!(problem.line >= 1 && problem.line <= text.lines().count() + 1, "{}", problem);
            }
        }
    }
}
