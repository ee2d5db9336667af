//! One test a group of mistakes; each mistake gives one diagnostic.

use super::*;

#[test]
fn a_missing_part_is_named() {
    for (text, part) in [
        ("allow a b : tcp/80 because \"x\"", "expected `->` or `<->` after the source roles, found `b`"),
        ("allow -> b : tcp/80 because \"x\"", "expected the source roles, found `->`"),
        ("allow a -> : tcp/80 because \"x\"", "expected the destination roles after the arrow, found `:`"),
        ("allow a -> b because \"x\"", "expected `:` and the ports"),
        ("allow a -> b : because \"x\"", "expected a port such as `tcp/443`, found `because`"),
        ("allow a, -> b : tcp/80 because \"x\"", "expected a name after `,`, found `->`"),
        ("allow a -> b : tcp/80 because this", "expected the reason in quotes after `because`, found `this`"),
        ("allow a -> b : tcp/80 tcp/90 because \"x\"", "expected `because` and a reason after the ports"),
        ("role x vda { }", "expected `:` and a kind"),
        ("role x : vda on { }", "expected the segment or platform"),
        ("role x : vda", "expected `{`, found the end of the file"),
        ("role 3com : vda { }", "expected the name of the role, found `3com`"),
        ("role site : vda { }", "expected the name of the role, found `site`"),
        ("segment x { }", "expected `on` and a platform"),
        ("site contoso { }", "expected the name of the site in quotes"),
        ("service x tcp/80", "expected `=` and the ports"),
        ("expect a -> b : tcp/80", "expected `allow` or `deny`"),
        ("intent a -> b", "expected the source roles, found `->`"),
        ("include path", "expected the path of a file in quotes"),
        ("need dns { }", "expected what is needed"),
        ("rollout { enforce a from }", "expected a date"),
        ("rollout { enforce a 2026-02-01 }", "expected `from`"),
        ("rollout { 5 }", "expected `enforce`, an attribute or `}`"),
        ("exception E { 5 allow a -> b : tcp/1 because \"x\" }", "found `5`"),
        ("exception E { allow a -> b : tcp/1 because \"x\" pierces }", "label of a forbid"),
        ("service s = tcp/80 udp/90", "no statement starts with `udp`"),
        ("role a : b { x = My Team y = 1 }", "expected `=` after the attribute's name"),
        ("5", "expected a statement, found `5`"),
        ("because \"x\"", "`because` continues a statement"),
        ("x = 5", "attribute `x` stands outside a block"),
        ("role a : b { } }", "this `}` closes no block"),
        ("intent i a <-> b", "an intent is written with `->`"),
        ("forbid a -> b : any because \"x\"", "this `forbid` has no label"),
        ("exception E { alow a -> b : tcp/1 because \"x\" }", "found `alow`"),
        ("exception E { because \"x\" }", "the exception `E` allows nothing"),
    ] {
        assert_only(text, "SEG1001", part);
    }
}

#[test]
fn a_missing_reason_has_its_own_code() {
    for text in [
        "allow a -> b : tcp/80",
        "allow a -> b : tcp/80\nrole c : vda { }",
        "forbid f: a -> b : any enforced-by citrix",
        "forbid f: a -> b : any enforced-by citrix because \"x\"",
        "allow a -> b : tcp/80 \"x\"",
        "allow a -> b : tcp/80 because \"  \"",
        "exception E { allow a -> b : tcp/80 }",
    ] {
        assert_only(text, "SEG1005", "");
    }
    assert!(helps("allow a -> b : tcp/80").contains("because \"...\""));
}

#[test]
fn an_unknown_statement_is_compared_with_the_known_ones() {
    assert_only("alow a -> b : tcp/80 because \"x\"", "SEG1004", "no statement starts with `alow`");
    assert_eq!(helps("alow a -> b : tcp/80 because \"x\""), "did you mean `allow`?");
    assert_eq!(helps("Role a : b { }"), "did you mean `role`?");
    assert!(helps("zebra").contains("site, platform"));
    let two = "alow a -> b : tcp/80 because \"x\"\nalow a -> c : tcp/80\n  because \"x\"\nrol d : e { }";
    assert_eq!(reported(two).len(), 3);
}

#[test]
fn bad_ports_say_why() {
    for (port, part) in [
        ("tcp/90-80", "`tcp/90-80` is not a port: the range has its larger end first"),
        ("tcp/65536", "from 1 to 65535"),
        ("tcp/0", "from 1 to 65535"),
        ("tcp/99999999999999999999", "from 1 to 65535"),
        ("tpc/80", "no transport `tpc`"),
        ("TCP/80", "no transport `TCP`"),
        ("tcp/any", "`any` is not a number"),
        ("tcp/https", "a port is a number"),
        ("tcp/", "missing behind the slash"),
        ("tcp/80-", "no last port"),
        ("tcp/-80", "no first port"),
        ("tcp/80-90-100", "two ends"),
        ("tcp/80/90", "goes on"),
        ("tcp", "a slash and a port are missing"),
        ("tcp 443", "a slash and a port are missing"),
        ("443", "a transport is missing"),
        ("tcp/80, 443", "`443` is not a port"),
        ("any, tcp/80", "`any` is not one port"),
        ("any/80", "no transport `any`"),
        ("icmp/256", "from 0 to 255"),
        ("icmp/8/256", "from 0 to 255"),
        ("icmp/echo", "is a number"),
        ("icmp/8/", "is a number"),
        ("icmp/8-10", "goes on"),
        ("10.0.0.1", "an address has no place here"),
        ("80tcp", "starts with its transport"),
    ] {
        let text = format!("allow a -> b : {port} because \"x\"");
        assert_only(&text, "SEG1007", part);
        assert!(!helps(&text).is_empty(), "{port}");
    }
    assert_eq!(helps("service s = tpc/80"), "did you mean `tcp`?");
    assert_only("service s = any", "SEG1007", "`any` is not one port");
    assert_eq!(reported("allow a -> b : tcp/0, udp/1, tcp/2-1 because \"x\"").len(), 2);
}

#[test]
fn bad_values_say_why() {
    for (value, code, part) in [
        ("10.0.0.300/8", "SEG1008", "`300` is larger than 255"),
        ("10.0.0.0/33", "SEG1008", "larger than 32"),
        ("fd00::/129", "SEG1008", "larger than 128"),
        ("10.0.0.1-10.0.0.9", "SEG1008", "is not a value"),
        ("2026-02-30", "SEG1009", "February 2026"),
        ("99999999999999999999", "SEG1006", "larger than"),
        ("14days", "SEG1001", "found `14days`"),
        ("10/8", "SEG1001", "`10/8` is not a value"),
        ("AppType:Citrix", "SEG1001", "`AppType:Citrix` is not a value"),
        ("C:\\temp", "SEG1003", "`\\temp`"),
        ("a.example.com", "SEG1003", "`a.example.com`"),
        ("https://a.example/b", "SEG1003", "`https://a.example/b`"),
        ("\"a\\nb\"", "SEG1012", "`\\n` is not an escape"),
        ("", "SEG1001", "expected a value after `=`"),
        ("1,", "SEG1001", "expected a value after `,`"),
        ("1 2", "SEG1001", "expected an attribute or `}`, found `2`"),
    ] {
        assert_only(&format!("role a : b {{ x = {value} }}"), code, part);
        assert_only(&format!("role a : b {{ x = {value} y = 1 }}"), code, part);
    }
    assert_only("rollout { enforce a from 2026-02-30 }", "SEG1009", "February");
}

#[test]
fn something_given_twice_shows_both_places() {
    for text in [
        "role a : b { x = 1 y = 2 x = 3 }",
        "role a : b { x = 10.0.0.0/8 x = 11.0.0.0/8 }",
        "exception E { allow a -> b : tcp/1 because \"x\" owner = \"o\" because \"y\" }",
        "allow a -> b : tcp/1 because \"x\" because \"y\"",
        "forbid f: a -> b : any because \"x\" enforced-by citrix enforced-by config",
        "rollout { start = monitor start = monitor }",
    ] {
        assert_only(text, "SEG1010", "is given twice");
        assert_eq!(diagnose(text)[0].labels.len(), 2, "{text}");
    }
}

#[test]
fn characters_are_reported_once_and_break_nothing_else() {
    for text in [
        "role a : b { };\nrole c : d { }",
        "allow a → b : tcp/80 because \"x\"",
        "allow a => b : tcp/80 because \"x\"",
        "allow a -> b : tcp/80 because \u{201c}x y\u{201d}",
        "role a : b { x = 1; y = 2 }",
        "role r\u{f4}le : b { }",
        "role\u{a0}a : b { }",
        "# hidden \u{202e} order",
        "role a : b { x = \"\u{7}\" }",
        "@\nrole a : b { }",
    ] {
        assert_only(text, "SEG1003", "");
    }
}

#[test]
fn an_open_string_is_one_mistake() {
    for text in [
        "role a : b { x = \"open }\nrole c : d { }",
        "allow a -> b : tcp/80 because \"open\nrole c : d { }",
        "site \"open {\n  customer = \"x\"\n}\nrole c : d { }",
        "need dns \"open { owner = x }",
    ] {
        assert_only(text, "SEG1002", "no closing quote");
    }
}

#[test]
fn a_block_that_is_not_closed_ends_before_the_next_statement() {
    let text = "role a : b { x = 1\nservice = s3\nrole c : d { }\nrole e : f { y = 1";
    let all = reported(text);
    assert_eq!(
        all,
        vec![
            ("SEG1001".to_owned(), vec!["s3".to_owned(), "{".to_owned()]),
            ("SEG1001".to_owned(), vec!["1".to_owned(), "{".to_owned()]),
        ]
    );
}

#[test]
fn a_missing_brace_does_not_hide_the_block() {
    assert_only("site \"x\"\n  customer = \"c\"\n}\nrole a : b { }", "SEG1001", "expected `{`");
    assert_only("exception E\n  allow a -> b : tcp/1\n  because \"x\"\n}", "SEG1001", "expected `{`");
}

#[test]
fn all_independent_mistakes_are_reported() {
    let text = "site \"x\" { customer \"c\" release = effective = 2026-13-01 }
role a : b { cidr = 10.0.0.300 x = 1 x = 2 }
platform aws { }
allow a -> b : tcp/0
forbid a -> b : tpc/1 because \"\"
exception E { allow a b : tcp/1 pierces because \"x\" owner = }
rollout { enforce a enforce b from 2026-02-30 start = @ }
bogus
need dns \"n\" { owner = \"o\" }";
    let codes: Vec<_> = reported(text).into_iter().map(|(code, _)| code).collect();
    let expected =
        "1001 1001 1009 1008 1010 1001 1005 1007 1001 1007 1005 1001 1001 1001 1001 1009 1003 1004";
    assert_eq!(codes, expected.split(' ').map(|code| format!("SEG{code}")).collect::<Vec<_>>());
}

#[test]
fn a_broken_statement_leaves_the_others() {
    let text =
        "role a b { x = 1 { y = 2 } }\nrole c : d { }\nallow x\n -> : tcp/1 because \"y\"\nrole e : f { }";
    let (file, reports) = parse(SourceId(0), text);
    assert_eq!((file.statements.len(), reports.len()), (2, 2), "{reports:#?}");
}
