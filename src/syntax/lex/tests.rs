use super::*;
use TokenKind::*;

fn significant(text: &str) -> Vec<(TokenKind, &str)> {
    lex(text)
        .filter(|token| !token.kind.is_trivia())
        .map(|token| (token.kind, &text[token.start as usize..token.end as usize]))
        .collect()
}

fn kinds(text: &str) -> Vec<TokenKind> {
    significant(text).into_iter().map(|(kind, _)| kind).collect()
}

fn single(text: &str) -> TokenKind {
    let tokens = significant(text);
    assert_eq!(tokens.len(), 1, "{text}: {tokens:?}");
    tokens[0].0
}

#[test]
fn an_ident_never_swallows_an_arrow() {
    let expected = vec![(Ident, "a"), (Arrow, "->"), (Ident, "b-c")];
    assert_eq!(significant("a->b-c"), expected);
    assert_eq!(significant("a<->b"), vec![(Ident, "a"), (BothArrow, "<->"), (Ident, "b")]);
    assert_eq!(significant("a--> b"), vec![(Ident, "a-"), (Arrow, "->"), (Ident, "b")]);
    assert_eq!(significant("a_1-b"), vec![(Ident, "a_1-b")]);
}

#[test]
fn numbers_dates_and_port_ranges_are_told_apart() {
    assert_eq!(kinds("tcp/49152-65535"), vec![Ident, Slash, Number, Minus, Number]);
    assert_eq!(kinds("tcp/1494, tcp/2598"), vec![Ident, Slash, Number, Comma, Ident, Slash, Number]);
    assert_eq!(single("2026-02-01"), Date);
    assert_eq!(single("2026-2-1"), Date);
    assert_eq!(single("14"), Number);
    assert_eq!(single("14days"), Malformed);
    assert_eq!(single("3-com"), Malformed);
    assert_eq!(kinds("80-"), vec![Number, Minus]);
    assert_eq!(kinds("80->"), vec![Number, Arrow]);
}

#[test]
fn addresses_are_told_from_labels_and_kinds() {
    for text in
        ["10.10.2.10/32", "10.0.0.1", "300.1.2", "::", "::/0", "::1", "fd00::/8", "2001:db8:0:1::5/64"]
    {
        assert_eq!(single(text), Address, "{text}");
    }
    for text in
        ["fd00::12345/64", "fd00::xyz", "fe80::1%eth0", "10.0.0.0/255.0.0.0", "1:2:3", "::ffff:10.0.0.1"]
    {
        assert_eq!(single(text), Address, "{text}");
    }
    assert_eq!(significant("a:b"), vec![(Ident, "a"), (Colon, ":"), (Ident, "b")]);
    assert_eq!(
        kinds("fade: dc->ad:tcp/80"),
        vec![Ident, Colon, Ident, Arrow, Ident, Colon, Ident, Slash, Number]
    );
    assert_eq!(kinds("10.10.2.10/32, 10.10.2.11/32"), vec![Address, Comma, Address]);
}

#[test]
fn strings_end_at_their_quote_or_at_the_line_end() {
    assert_eq!(significant(r#""a \" b \\" x"#), vec![(String, r#""a \" b \\""#), (Ident, "x")]);
    assert_eq!(significant("\"open # }\r\nx"), vec![(UnterminatedString, "\"open # }"), (Ident, "x")]);
    assert_eq!(single("\"open\\"), UnterminatedString);
    assert_eq!(significant("\"a\\\nb"), vec![(UnterminatedString, "\"a\\"), (Ident, "b")]);
}

#[test]
fn comments_leave_the_line_end_out() {
    let text = "\u{feff}# one\r\nrole # two";
    let all: Vec<_> =
        lex(text).map(|token| (token.kind, &text[token.start as usize..token.end as usize])).collect();
    let expected = vec![
        (ByteOrderMark, "\u{feff}"),
        (Comment, "# one"),
        (Whitespace, "\r\n"),
        (Ident, "role"),
        (Whitespace, " "),
        (Comment, "# two"),
    ];
    assert_eq!(all, expected);
}

#[test]
fn one_mistake_is_one_stray_token() {
    for text in
        ["@@@", "a.example.com", "*.example.com", "rôle", "https://x.example/y?z", "\u{201c}a b\u{201d}"]
    {
        assert_eq!(single(text), Stray, "{text}");
    }
    for text in ["'a b'", "=>", "<-", "→", "\\\\server\\share", "\u{a0}", "\u{0}", "_x"] {
        assert_eq!(single(text), Stray, "{text}");
    }
    assert_eq!(significant("vda;"), vec![(Ident, "vda"), (Stray, ";")]);
    assert_eq!(significant("é->b"), vec![(Stray, "é"), (Arrow, "->"), (Ident, "b")]);
    assert_eq!(significant("x \u{feff}")[1].0, Stray);
}

#[test]
fn a_line_of_lone_quotes_takes_linear_time() {
    let text = "\u{201c}a".repeat(100_000) + &"'".repeat(100_001);
    assert!(lex(&text).count() > 0);
}
