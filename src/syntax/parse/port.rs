//! Ports: transports, ranges, ICMP types and names of services.
//!
//! In: tokens from a port on. Out: ports whose numbers are in range and in order.
//!
//! Invariant: a bad port costs itself only; it is reported as SEG1007 with all that hangs together with it, and the
//! rest of the list is read.

use super::mistake::{Mistake, Parsed, shortened};
use super::tokens::Tokens;
use super::words::list;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::syntax::ast::{Port, PortKind, Transport};
use crate::syntax::keyword;
use crate::syntax::lex::TokenKind;

/// What ports look like, for messages.
const EXAMPLE: &str = "a port is written `tcp/443`, `udp/1024-2048`, `icmp/8`, or is the name of a service";

/// The transports and protocols of the language.
const PROTOCOLS: &[&str] = &["tcp", "udp", "icmp", "icmpv6"];

/// `ports = port { "," port }`
///
/// A list in which a port was reported poisons its statement.
pub(super) fn ports(input: Tokens<'_>) -> Parsed<'_, Vec<Port>> {
    let (rest, ports) = list(input, |at, _| port(at))?;
    if ports.iter().any(Option::is_none) {
        input.poison();
    }
    Ok((rest, ports.into_iter().flatten().collect()))
}

/// `port = ( "tcp" | "udp" ) "/" number [ "-" number ] | ( "icmp" | "icmpv6" ) [ "/" number [ "/" number ] ] | name`
///
/// `None` for a port that was reported.
fn port(input: Tokens<'_>) -> Parsed<'_, Option<Port>> {
    let slash = input.kind(1) == Some(TokenKind::Slash);
    match (input.kind(0), input.text()) {
        (Some(TokenKind::Ident), word) if slash => match word {
            "tcp" => Ok(range(input, Transport::Tcp)),
            "udp" => Ok(range(input, Transport::Udp)),
            "icmp" => Ok(icmp(input, false)),
            "icmpv6" => Ok(icmp(input, true)),
            _ => Ok(unknown_transport(input, word)),
        },
        (Some(TokenKind::Ident), word) if !keyword::is_reserved(word) => Ok(named(input, word)),
        (Some(TokenKind::Number), number) if !slash => {
            let help = format!("each port says its transport: `tcp/{number}` or `udp/{number}`");
            Ok(bad(input, 1, "a transport is missing", &help))
        }
        (Some(TokenKind::Number | TokenKind::Malformed | TokenKind::Date), _) => {
            Ok(bad(input, 1, "a port starts with its transport", EXAMPLE))
        }
        (Some(TokenKind::Address), _) => Ok(bad(input, 1, "an address has no place here", EXAMPLE)),
        _ => Err(nom::Err::Failure(Mistake::expected(input, "a port such as `tcp/443`"))),
    }
}

/// What a port gives: the tokens behind it, and the port unless it was reported.
type Read<'a> = (Tokens<'a>, Option<Port>);

/// A port without a slash.
fn named<'a>(input: Tokens<'a>, word: &str) -> Read<'a> {
    match word {
        "icmp" | "icmpv6" => {
            let all = PortKind::Icmp { v6: word == "icmpv6", icmp_type: None, icmp_code: None };
            good(input, 1, all)
        }
        "tcp" | "udp" => {
            let number = input.kind(1) == Some(TokenKind::Number);
            let help = format!("write `{word}/443`, or `{word}/1-65535` for all ports");
            bad(input, if number { 2 } else { 1 }, "a slash and a port are missing", &help)
        }
        "any" => {
            let help = "`any` stands alone behind the colon of a `forbid` or an `expect`";
            bad(input, 1, "`any` is not one port among others", help)
        }
        _ => good(input, 1, PortKind::Named(word.to_owned())),
    }
}

/// `tcp/80` or `tcp/80-90`, from the transport on.
fn range(input: Tokens<'_>, transport: Transport) -> Read<'_> {
    let word = input.text();
    let low_text = input.skip(2).text();
    if input.kind(2) != Some(TokenKind::Number) {
        return bad_number(input, word, low_text);
    }
    let is_range = input.kind(3) == Some(TokenKind::Minus);
    if is_range && input.kind(4) != Some(TokenKind::Number) {
        let help = format!("write both ends: `{word}/{}-65535`", shortened(low_text));
        return bad(input, 4, "the range has no last port", &help);
    }
    let high_text = if is_range { input.skip(4).text() } else { low_text };
    let count = if is_range { 5 } else { 3 };
    let (Some(low), Some(high)) = (read_port(low_text), read_port(high_text)) else {
        return bad(input, count, "ports go from 1 to 65535", EXAMPLE);
    };
    if low > high {
        let help = format!("write `{word}/{high}-{low}`");
        return bad(input, count, "the range has its larger end first", &help);
    }
    good(input, count, PortKind::Ports { transport, low, high })
}

/// Something else than a number behind `tcp/`.
fn bad_number<'a>(input: Tokens<'a>, word: &str, found: &str) -> Read<'a> {
    match input.kind(2) {
        Some(TokenKind::Ident) if found == "any" => {
            let help = format!(
                "write `{word}/1-65535` for all ports; in a `forbid` or an `expect`, `any` may stand alone"
            );
            bad(input, 3, "`any` is not a number", &help)
        }
        Some(TokenKind::Ident) if input.skip(2).is_glued() => {
            let help =
                format!("write the number, as in `{word}/443`, or the name of a service without `{word}/`");
            bad(input, 3, "a port is a number", &help)
        }
        Some(TokenKind::Minus) => bad(input, 3, "the range has no first port", EXAMPLE),
        Some(TokenKind::Date) => bad(input, 3, "a range has two ends", EXAMPLE),
        Some(TokenKind::Malformed | TokenKind::Address | TokenKind::Slash) => {
            bad(input, 3, "a port is a number", EXAMPLE)
        }
        _ => bad(input, 2, "a port is missing behind the slash", EXAMPLE),
    }
}

/// `icmp/8` or `icmp/8/0`, from the protocol on.
fn icmp(input: Tokens<'_>, v6: bool) -> Read<'_> {
    let help = "ICMP is written `icmp`, `icmp/8` with a type, or `icmp/8/0` with type and code";
    let has_code = input.kind(3) == Some(TokenKind::Slash);
    let numbers: &[usize] = if has_code { &[2, 4] } else { &[2] };
    let count = if has_code { 5 } else { 3 };
    if numbers.iter().any(|at| input.kind(*at) != Some(TokenKind::Number)) {
        let taken = if input.skip(count - 1).is_glued() { count } else { count - 1 };
        return bad(input, taken, "an ICMP type or code is a number", help);
    }
    let mut read = numbers.iter().map(|at| input.skip(*at).text().parse::<u8>().ok());
    let icmp_type = read.next().flatten();
    let icmp_code = read.next().flatten();
    if icmp_type.is_none() || (has_code && icmp_code.is_none()) {
        return bad(input, count, "ICMP types and codes go from 0 to 255", help);
    }
    good(input, count, PortKind::Icmp { v6, icmp_type, icmp_code })
}

/// A word before a slash that is no transport.
fn unknown_transport<'a>(input: Tokens<'a>, word: &str) -> Read<'a> {
    let near = nearest(&shortened(word), PROTOCOLS.iter().copied());
    let why = format!("there is no transport `{}`", shortened(word));
    let help = match near {
        Some(known) => format!("did you mean `{known}`?"),
        None => "the transports are tcp and udp; ICMP is icmp or icmpv6".to_owned(),
    };
    let number = matches!(input.kind(2), Some(TokenKind::Number | TokenKind::Date));
    bad(input, if number { 3 } else { 2 }, &why, &help)
}

/// A port of `count` tokens, unless more hangs on to it.
fn good(input: Tokens<'_>, count: usize, kind: PortKind) -> Read<'_> {
    let rest = input.skip(count);
    if rest.is_glued() && matches!(rest.kind(0), Some(TokenKind::Slash | TokenKind::Minus)) {
        return bad(input, count, "it goes on where a port ends", EXAMPLE);
    }
    (rest, Some(Port { kind, span: input.span_to(rest) }))
}

/// Reports the port of `count` tokens and all that hangs on to it.
fn bad<'a>(input: Tokens<'a>, count: usize, why: &str, help: &str) -> Read<'a> {
    let rest = input.skip(count).skip_glued();
    let mut written = String::new();
    for ahead in 0..input.distance(rest).min(9) {
        written.extend(input.token(ahead).map(|token| input.text_of(token)));
    }
    let message = format!("`{}` is not a port: {why}", shortened(&written));
    let report = Diagnostic::new(codes::BAD_PORT, message).label(input.span_to(rest), "").help(help);
    input.report(report);
    (rest, None)
}

/// A port number, 1 to 65535.
fn read_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0)
}
