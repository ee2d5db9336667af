use super::*;
use crate::syntax::ast::{PortKind, Ports, Transport, ValueKind};

/// Code, and the text under each label.
type Reported = (String, Vec<String>);

fn diagnose(text: &str) -> Vec<Diagnostic> {
    parse(SourceId(0), text).1
}

fn reported(text: &str) -> Vec<Reported> {
    let under = |span: Span| text[span.start as usize..span.end as usize].to_owned();
    diagnose(text)
        .into_iter()
        .map(|one| (one.code.to_string(), one.labels.iter().map(|label| under(label.span)).collect()))
        .collect()
}

/// The only diagnostic of a text: code and message.
fn only(text: &str) -> (String, String) {
    let all = diagnose(text);
    assert_eq!(all.len(), 1, "{text}: {:#?}", all.iter().map(|one| &one.message).collect::<Vec<_>>());
    (all[0].code.to_string(), all[0].message.clone())
}

#[track_caller]
fn assert_only(text: &str, code: &str, part: &str) {
    let (found, message) = only(text);
    assert_eq!(found, code, "{text}: {message}");
    assert!(message.contains(part), "{text}: {message}");
}

fn helps(text: &str) -> String {
    diagnose(text).into_iter().flat_map(|one| one.helps).map(|help| help.text).collect::<Vec<_>>().join("\n")
}

fn statements(text: &str) -> Vec<Statement> {
    let (file, reports) = parse(SourceId(0), text);
    assert!(reports.is_empty(), "{text}: {reports:#?}");
    file.statements
}

#[path = "tests/mistakes.rs"]
mod mistakes;

#[test]
fn the_examples_and_the_tour_have_no_mistake() {
    for (text, count) in [
        (include_str!("../../../examples/daas-aws/site.seg"), 41),
        (include_str!("../../../examples/cvad-nutanix/site.seg"), 47),
        (include_str!("../../../examples/flex-azure/site.seg"), 43),
        (include_str!("../../../examples/three-platforms-r1/site.seg"), 27),
        (include_str!("../../../examples/three-platforms-r2/site.seg"), 36),
    ] {
        assert_eq!(statements(text).len(), count);
    }
    statements(include_str!("../../../grammar/tour.seg"));
    statements(include_str!("../../../grammar/tour-shared.seg"));
}

#[test]
fn the_tour_has_every_construct() {
    let mut kinds: Vec<_> = statements(include_str!("../../../grammar/tour.seg"))
        .iter()
        .map(|statement| format!("{statement:?}").split('(').next().unwrap_or("").to_owned())
        .collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds.len(), crate::syntax::keyword::STATEMENTS.len(), "{kinds:?}");
}

#[test]
fn a_flow_has_all_its_parts_and_spans() {
    let text = "allow web: a, b <-> c : tcp/80-90, icmp/8/0, icmpv6, dns because \"say \\\"why\\\"\"";
    let parsed = statements(text);
    let Statement::Allow(allow) = &parsed[0] else { panic!("{parsed:?}") };
    let flow = &allow.flow;
    assert_eq!(flow.label.as_ref().map(|label| label.text.as_str()), Some("web"));
    assert_eq!((flow.from.len(), flow.to.len()), (2, 1));
    assert_eq!(flow.arrow, crate::syntax::ast::Arrow::Both);
    assert_eq!(allow.because.text, "say \"why\"");
    let Ports::List(ports) = &flow.ports else { panic!("{flow:?}") };
    let kinds: Vec<_> = ports.iter().map(|port| port.kind.clone()).collect();
    assert_eq!(
        kinds,
        vec![
            PortKind::Ports { transport: Transport::Tcp, low: 80, high: 90 },
            PortKind::Icmp { v6: false, icmp_type: Some(8), icmp_code: Some(0) },
            PortKind::Icmp { v6: true, icmp_type: None, icmp_code: None },
            PortKind::Named("dns".to_owned()),
        ]
    );
    assert_eq!(&text[flow.span.start as usize..flow.span.end as usize], &text[6..text.len() - 22]);
    assert_eq!(allow.span.end as usize, text.len());
}

#[test]
fn values_have_their_kinds() {
    let parsed = statements(
        "role s : x { a = \"t\" b = w-1, 42 c = 2026-02-01 d = 10.0.0.1/8, fd00::/8 service = role }",
    );
    let Statement::Role(role) = &parsed[0] else { panic!("{parsed:?}") };
    let kinds: Vec<_> =
        role.block.attributes.iter().flat_map(|one| &one.values).map(|value| value.kind.clone()).collect();
    assert_eq!(kinds[0], ValueKind::Text("t".to_owned()));
    assert_eq!(kinds[1], ValueKind::Word("w-1".to_owned()));
    assert_eq!(kinds[2], ValueKind::Number(42));
    assert!(matches!(kinds[3], ValueKind::Date(_)));
    assert!(matches!(kinds[4], ValueKind::Address(net) if net.to_string() == "10.0.0.1/8"));
    assert!(matches!(kinds[5], ValueKind::Address(net) if net.to_string() == "fd00::/8"));
    assert_eq!(kinds[6], ValueKind::Word("role".to_owned()));
}

#[test]
fn white_space_is_free_where_tokens_stay_apart() {
    let text = "\u{feff}role a:vda on b{x=1 y=\"z\"cidr=10.0.0.0/8}intent i a->b via c{o=on}service s=tcp / 1 - 2\r\n\
                expect deny a->b:any forbid f:a->any:any because\"r\"enforced-by config include\"x\"";
    assert_eq!(statements(text).len(), 6);
}

#[test]
fn comments_are_kept_in_order() {
    let text = "# one\nrole a : b { # two\r\n}#three";
    let (file, _) = parse(SourceId(0), text);
    let kept: Vec<_> =
        file.comments.iter().map(|span| &text[span.start as usize..span.end as usize]).collect();
    assert_eq!(kept, vec!["# one", "# two", "#three"]);
}

#[test]
fn an_exception_takes_its_items_in_any_order() {
    let text = "exception E { ticket = \"t\" because \"b\" pierces f, g allow x: a -> b : tcp/1 pierces h
        allow c -> d : any owner = \"o\" }";
    let parsed = statements(text);
    let Statement::Exception(exception) = &parsed[0] else { panic!("{parsed:?}") };
    let counts = (exception.flows.len(), exception.pierces.len(), exception.attributes.len());
    assert_eq!(counts, (2, 3, 2));
    assert!(exception.because.is_some());
}

#[test]
fn texts_beyond_the_limits_are_refused() {
    let refused = |text: &str, bytes, tokens| {
        let (file, reports) = parse_limited(SourceId(0), text, bytes, tokens);
        file.statements.is_empty() && reports.len() == 1 && reports[0].code == codes::TOO_LARGE
    };
    assert!(refused("role a : b { }", 13, 100));
    assert!(refused("role a : b { }", 100, 5));
    assert!(!refused("role a : b { }", 14, 6));
}

#[test]
fn lists_blocks_and_reports_have_limits() {
    let list = format!("role a : b {{ cidr = {}1 }}", "1,".repeat(words::MAX_LIST));
    assert_only(&list, "SEG1011", "more than 100000 elements");
    let block: String = (0..=words::MAX_LIST).map(|at| format!("k{at}=1 ")).collect();
    assert_only(&format!("role a : b {{ {block} }}"), "SEG1011", "more than 100000 elements");
    let junk = diagnose(&"@ ".repeat(100_000));
    assert_eq!(junk.len(), 1_001);
    assert!(junk.iter().any(|one| one.code == codes::TOO_MUCH));
}
