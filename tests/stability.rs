//! What must not change the artefacts: the order of statements, white space, a second run, another rule.

use crate::pipeline::compile_text;
use proptest::prelude::*;
use segc::driver::Compiled;
use segc::target::Lock;
use std::collections::BTreeMap;

/// The example sites that include nothing.
const EXAMPLES: &[&str] =
    &["daas-aws", "cvad-nutanix", "flex-azure", "three-platforms-r1", "three-platforms-r2"];

fn example(name: &str) -> String {
    std::fs::read_to_string(format!("{}/examples/{name}/site.seg", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn compile(text: &str, lock: &Lock) -> Compiled {
    let (compiled, reports) = compile_text(text, lock, None);
    compiled.unwrap_or_else(|| panic!("{reports:#?}"))
}

/// Every file but the manifest, which holds the digest and the lines of the source.
fn artefacts(compiled: &Compiled) -> BTreeMap<String, String> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    compiled.files.iter().map(|file| (file.path.clone(), text(&file.bytes))).collect()
}

/// The statements of a site as texts of their own, comments left out.
fn statements(text: &str) -> Vec<String> {
    let (file, diagnostics) = segc::syntax::parse(segc::source::SourceId(0), text);
    assert!(diagnostics.is_empty());
    let mut starts: Vec<usize> =
        file.statements.iter().map(|statement| statement.span().start as usize).collect();
    starts.push(text.len());
    let uncommented = |part: &str| part.lines().map(strip_comment).collect::<Vec<_>>().join("\n");
    starts.windows(2).map(|ends| uncommented(&text[ends[0]..ends[1]])).collect()
}

fn strip_comment(line: &str) -> &str {
    let mut in_text = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => in_text = !in_text,
            '#' if !in_text => return &line[..at],
            _ => {}
        }
    }
    line
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]
    #[test]
    fn the_order_of_statements_changes_no_byte(example_at in 0..EXAMPLES.len(), seed in any::<u64>()) {
        let text = example(EXAMPLES[example_at]);
        let mut parts = statements(&text);
        // A fixed generator: the same seed gives the same order.
        let mut state = seed | 1;
        for at in (1..parts.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            parts.swap(at, (state >> 33) as usize % (at + 1));
        }
        let shuffled = parts.join("\n");
        prop_assert_eq!(
            artefacts(&compile(&text, &Lock::new())),
            artefacts(&compile(&shuffled, &Lock::new()))
        );
    }
}

#[test]
fn white_space_and_comments_change_no_byte() {
    for name in EXAMPLES {
        let text = example(name);
        let wide: String = statements(&text).join("\r\n\r\n   # a comment\r\n").replace("  ", "\t ");
        assert_eq!(
            artefacts(&compile(&text, &Lock::new())),
            artefacts(&compile(&wide, &Lock::new())),
            "{name}"
        );
    }
}

#[test]
fn two_runs_give_the_same_bytes_and_the_lock_changes_nothing() {
    for name in EXAMPLES {
        let text = example(name);
        let first = compile(&text, &Lock::new());
        let second = compile(&text, &first.lock);
        assert_eq!(artefacts(&first), artefacts(&second), "{name}");
        assert_eq!(first.lock, second.lock, "{name}");
    }
}

/// Lines that a text has and another one lacks, commas at their ends not counted.
fn lost_lines(before: &str, after: &str) -> Vec<String> {
    let lines = |text: &str| {
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        for line in text.lines() {
            *counts.entry(line.trim_end_matches(',').to_owned()).or_default() += 1;
        }
        counts
    };
    let after = lines(after);
    let missing =
        |(line, count): (String, i64)| (after.get(&line).copied().unwrap_or(0) < count).then_some(line);
    lines(before).into_iter().filter_map(missing).collect()
}

#[test]
fn a_new_rule_changes_no_other_rule() {
    let additions = [
        ("daas-aws", "allow extra: storefront -> connector : tcp/8443 because \"one more\""),
        ("cvad-nutanix", "allow extra: jump -> sql : tcp/14330 because \"one more\""),
        ("flex-azure", "allow extra: helpdesk -> files : tcp/8443 because \"one more\""),
        ("three-platforms-r1", "allow extra: users -> vda-az : tcp/8443 because \"one more\""),
        (
            "three-platforms-r2",
            "allow extra: users -> vda-dr, vda-az, vda-dc : udp/8443 because \"one more\"",
        ),
    ];
    for (name, addition) in additions {
        let text = example(name);
        let first = compile(&text, &Lock::new());
        for lock in [Lock::new(), first.lock.clone()] {
            let before = artefacts(&first);
            let after = artefacts(&compile(&format!("{text}\n{addition}\n"), &lock));
            assert_ne!(before, after, "{name}: the rule is written");
            for (path, text) in &before {
                assert_eq!(lost_lines(text, &after[path]), Vec::<String>::new(), "{name}/{path}");
            }
        }
    }
}
