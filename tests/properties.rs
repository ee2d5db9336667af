//! Properties of the parser: no input makes it panic or hang, and nothing of the text is lost.

use proptest::prelude::*;
use segc::diagnostic::Severity;
use segc::source::SourceId;
use segc::syntax::lex::{TokenKind, lex};
use segc::syntax::parse;

/// Well-formed texts to mutate.
const SITES: &[&str] = &[
    include_str!("../examples/daas-aws/site.seg"),
    include_str!("../examples/cvad-nutanix/site.seg"),
    include_str!("../examples/flex-azure/site.seg"),
    include_str!("../examples/three-platforms-r1/site.seg"),
    include_str!("../examples/three-platforms-r2/site.seg"),
    include_str!("../grammar/tour.seg"),
    include_str!("../grammar/tour-shared.seg"),
];

/// What the language is made of, and what people mistake for it.
const WORDS: &[&str] = &[
    "site",
    "platform",
    "segment",
    "role",
    "service",
    "intent",
    "allow",
    "forbid",
    "exception",
    "expect",
    "accept",
    "need",
    "rollout",
    "include",
    "because",
    "enforced-by",
    "enforce",
    "from",
    "on",
    "pierces",
    "via",
    "deny",
    "any",
    "tcp",
    "udp",
    "icmp",
    "icmpv6",
    "a",
    "b",
    "vda",
    "{",
    "}",
    "=",
    ",",
    ":",
    "/",
    "-",
    "->",
    "<->",
    "\"text\"",
    "\"open",
    "\"\\n\"",
    "1",
    "65536",
    "99999999999999999999",
    "2026-02-01",
    "2026-02-31",
    "2026-2-1",
    "10.0.0.0/8",
    "10.0.0.300",
    "fd00::/8",
    "::",
    "1:2:3",
    "3com",
    "# c",
    "\n",
    "\r\n",
    "→",
    "é",
    "@",
    ";",
    "'",
    "\u{201c}",
    "\u{feff}",
    "\u{202e}",
    "\u{0}",
    "\\",
    "=>",
    "<-",
    "https://x",
    "a.b",
];

/// What holds for every text.
fn check(text: &str) {
    let mut end = 0;
    let mut comments = Vec::new();
    for token in lex(text) {
        assert_eq!(token.start, end, "tokens lie end to end");
        assert!(token.end > token.start, "a token has a text");
        assert!(
            text.get(token.start as usize..token.end as usize).is_some(),
            "a token ends between characters"
        );
        end = token.end;
        if token.kind == TokenKind::Comment {
            comments.push((token.start, token.end));
        }
    }
    assert_eq!(end as usize, text.len(), "tokens cover the text");

    let (file, diagnostics) = parse(SourceId(7), text);
    let kept: Vec<_> = file.comments.iter().map(|span| (span.start, span.end)).collect();
    assert_eq!(kept, comments, "every comment is kept");
    for diagnostic in &diagnostics {
        assert_eq!(diagnostic.severity, Severity::Error);
        assert!(
            !diagnostic.message.contains('\n') && !diagnostic.message.ends_with('.'),
            "{}",
            diagnostic.message
        );
        for label in &diagnostic.labels {
            let range = label.span.start as usize..label.span.end as usize;
            assert!(text.get(range).is_some(), "{}: a label lies in the text", diagnostic.message);
        }
    }
    assert_eq!(parse(SourceId(7), text), (file, diagnostics), "two runs give the same");
}

/// A site with some bytes replaced, removed or doubled.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..40_usize, prop::sample::select(WORDS));
    let edits = prop::collection::vec(edit, 1..6);
    (prop::sample::select(SITES), edits).prop_map(|(site, edits)| {
        let mut text: Vec<char> = site.chars().collect();
        for (at, length, word) in edits {
            let start = at.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, word.chars());
        }
        text.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_parsed(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_characters_are_parsed(text in "\\PC{0,400}") {
        check(&text);
    }

    #[test]
    fn any_words_of_the_language_are_parsed(
        words in prop::collection::vec((prop::sample::select(WORDS), prop::sample::select(&[" ", "", "\n"][..])), 0..300)
    ) {
        check(&words.into_iter().flat_map(|(word, space)| [word, space]).collect::<String>());
    }

    #[test]
    fn mutated_sites_are_parsed(text in mutated()) {
        check(&text);
    }

    #[test]
    fn one_line_of_a_site_deleted_breaks_no_other_statement(
        site in prop::sample::select(SITES), at in any::<prop::sample::Index>()
    ) {
        let lines: Vec<&str> = site.lines().collect();
        let at = at.index(lines.len());
        let text: Vec<&str> = lines.iter().enumerate().filter(|(line, _)| *line != at).map(|(_, line)| *line).collect();
        let (_, diagnostics) = parse(SourceId(0), &text.join("\n"));
        let opens_or_closes = lines[at].trim() == "}" || lines[at].ends_with('{') || lines[at].starts_with("allow agents");
        let reason = lines[at].trim().starts_with("because") || lines[at].trim().starts_with("allow ");
        prop_assert!(diagnostics.len() <= usize::from(opens_or_closes || reason), "{}: {:#?}", lines[at], diagnostics);
    }
}

/// Work grows with the text, not with its square: a text of a megabyte of each bad habit ends in time.
#[test]
fn repeated_bad_habits_take_linear_time() {
    for habit in [
        "{",
        "}",
        "role ",
        "role a : b {",
        "allow ",
        "\"",
        "\n\"",
        "a ",
        "a,",
        "allow a -> b : tcp/",
        "/",
        "-",
        ":",
        "::",
        "'",
        "\u{201c}a",
        "exception E {",
        "x = ",
        "a:",
        "0",
        "1-",
        "role a : b { x = { ",
        "<",
        ".",
        "é",
    ] {
        check(&habit.repeat(200_000 / habit.len()));
        check(&format!("role a : b {{ {}", habit.repeat(200_000 / habit.len())));
    }
}
