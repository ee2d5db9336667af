//! Any input is compiled or refused: no panic, no hang, and never both an error and an output.

use crate::pipeline::compile_text;
use proptest::prelude::*;
use segc::diagnostic::{Severity, Sink};
use segc::source::SourceId;
use segc::target::Lock;

const SITES: &[&str] = &[
    include_str!("../examples/daas-aws/site.seg"),
    include_str!("../examples/cvad-nutanix/site.seg"),
    include_str!("../examples/flex-azure/site.seg"),
    include_str!("../examples/three-platforms-r1/site.seg"),
    include_str!("../examples/three-platforms-r2/site.seg"),
];

/// Pieces that keep a site parseable but change what it means.
const PIECES: &[&str] = &[
    "any",
    "internet",
    "vda",
    "connector",
    "users",
    "tcp/0-65535",
    "udp/53",
    "icmp",
    "icmpv6",
    "icmp/8/0",
    "0.0.0.0/0",
    "::/0",
    "fd00::/8",
    "10.0.0.0/8",
    "10.20.32.0/21",
    "2026-02-01",
    "1999-01-01",
    "9999-12-31",
    "same-group-as = vda",
    "managed-by = citrix",
    "cidr = 10.0.0.0/8",
    "tag = Internet",
    "prefix-list = \"pl\"",
    "fqdn = \"x.example\"",
    "<->",
    "->",
    "citrix",
    "enforced-by config",
    "was = vda",
    "on gov",
    "on dc1",
    "{ }",
    "\"\"",
    "0",
    "65535",
    "membership = asg",
    "tier = \"x\"",
    "\n",
    "port = 1",
];

fn checked(text: &str, categories: Option<&str>) {
    let (compiled, reports) = compile_text(text, &Lock::new(), categories);
    let has_error = reports.iter().any(|report| report.severity == Severity::Error);
    assert_eq!(compiled.is_none(), has_error, "either files or an error");
    for report in &reports {
        assert_ne!(report.code.to_string(), "SEG0001", "{report:?}");
        assert_ne!(report.code.to_string(), "SEG6001", "a plan lost something: {report:?}");
    }
}

/// A site with some words replaced by others that may stand there.
fn changed() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), prop::sample::select(PIECES));
    (prop::sample::select(SITES), prop::collection::vec(edit, 1..4)).prop_map(|(site, edits)| {
        let mut words: Vec<&str> = site.split_inclusive([' ', '\n']).collect();
        for (at, piece) in edits {
            let at = at.index(words.len());
            words.splice(at..=at, [piece, " "]);
        }
        words.concat()
    })
}

/// A site with some lines left out or doubled.
fn cut() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), any::<bool>());
    (prop::sample::select(SITES), prop::collection::vec(edit, 1..5)).prop_map(|(site, edits)| {
        let mut lines: Vec<&str> = site.split_inclusive('\n').collect();
        for (at, double) in edits {
            let at = at.index(lines.len());
            if double {
                lines.insert(at, lines[at]);
            } else {
                lines.remove(at);
            }
        }
        lines.concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_sites_compile_or_are_refused(text in changed()) {
        checked(&text, None);
    }

    #[test]
    fn cut_sites_compile_or_are_refused(text in cut()) {
        checked(&text, None);
    }

    #[test]
    fn any_categories_are_used_or_refused(text in "[{}\\[\\]\":,a-zA-Z0-9-]{0,80}") {
        checked(SITES[1], Some(&text));
    }

    #[test]
    fn any_bytes_are_a_case_file_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let text = String::from_utf8_lossy(&bytes);
        let mut sink = Sink::new();
        let table = segc::check::cases::read(SourceId(0), &text, &mut sink);
        prop_assert_eq!(table.is_none(), sink.has_errors());
    }

    #[test]
    fn any_numbers_in_a_lock_are_used_or_replaced(numbers in prop::collection::vec(any::<u32>(), 8)) {
        let (compiled, _) = compile_text(SITES[3], &Lock::new(), None);
        let mut lock = compiled.unwrap().lock;
        let slots = lock.numbers.values_mut().flat_map(|section| section.values_mut());
        for (slot, number) in slots.zip(numbers) {
            *slot = number % 5000;
        }
        let (compiled, reports) = compile_text(SITES[3], &lock, None);
        prop_assert!(compiled.is_some(), "{reports:?}");
    }
}

#[test]
fn an_alias_explosion_ends_soon() {
    let mut text = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (name, before) in ('b'..='z').zip('a'..) {
        let list = vec![format!("*{before}"); 9].join(", ");
        text += &format!("{name}: &{name} [{list}]\n");
    }
    let mut sink = Sink::new();
    assert!(segc::check::cases::read(SourceId(0), &text, &mut sink).is_none());
    assert!(segc::catalogue::load(&[("extra.yaml", &text)]).is_err());
}
