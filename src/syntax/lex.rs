//! From text to tokens, white space and comments included.
//!
//! In: the text of one file. Out: [`Token`]s from [`lex`]; the parser leaves out those for which
//! [`TokenKind::is_trivia`] holds, the formatter walks them all.
//!
//! Invariant: tokens lie end to end and cover the text, so their texts joined are the file. Every text has tokens: what
//! means nothing becomes [`TokenKind::Stray`], what looks like an address or a date becomes one and is judged later,
//! where the message can say why. Time is linear: no token looks further ahead than its own end, save a bounded look
//! for the partner of a foreign quote.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// The mark U+FEFF at the very start of a file.
    ByteOrderMark,
    /// Spaces, tabs and line ends.
    Whitespace,
    /// From `#` to the end of the line, line end not included.
    Comment,
    /// A name or a word of the language.
    Ident,
    /// Digits.
    Number,
    /// Digits in three or more groups with `-` between; perhaps not a day.
    Date,
    /// Text in the form of an IPv4 or IPv6 address or range; perhaps not a valid one.
    Address,
    /// A word that starts with a digit and is none of the above.
    Malformed,
    /// Quoted text, quotes included.
    String,
    /// Quoted text without its closing quote; reaches to the end of the line.
    UnterminatedString,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `=`
    Equals,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `/`
    Slash,
    /// `-` that belongs to no name, date or arrow
    Minus,
    /// `->`
    Arrow,
    /// `<->`
    BothArrow,
    /// Characters without a meaning in the language.
    Stray,
}

impl TokenKind {
    /// True for white space, comments and the byte order mark.
    pub fn is_trivia(self) -> bool {
        matches!(self, Self::ByteOrderMark | Self::Whitespace | Self::Comment)
    }
}

/// One token: its kind and its half-open byte range in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

/// The tokens of a text, in order. Texts longer than 4 GiB end at that length.
pub fn lex(text: &str) -> Lexer<'_> {
    Lexer { text, at: 0 }
}

/// Iterator over the tokens of a text; made by [`lex`].
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let (kind, length) = match rest.strip_prefix('\u{feff}') {
            Some(_) if self.at == 0 => (TokenKind::ByteOrderMark, '\u{feff}'.len_utf8()),
            _ => token(rest),
        };
        let start = u32::try_from(self.at).ok()?;
        self.at += length;
        Some(Token { kind, start, end: u32::try_from(self.at).ok()? })
    }
}

/// `token = whitespace | comment | string | address | date | number | ident | punctuation`
///
/// Kind and length, at least one character, of the token at the start of a text that is not empty.
fn token(rest: &str) -> (TokenKind, usize) {
    match first(rest) {
        b' ' | b'\t' | b'\r' | b'\n' => (TokenKind::Whitespace, whitespace(rest)),
        b'#' => (TokenKind::Comment, comment(rest)),
        b'"' => string(rest),
        byte if letter(byte) || digit(byte) => word(rest),
        _ => punctuation(rest).unwrap_or_else(|| (TokenKind::Stray, stray(rest))),
    }
}

/// `whitespace = ? one or more of space, tab, carriage return, line feed ?`
fn whitespace(rest: &str) -> usize {
    run(rest, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// `comment = "#" ? any characters up to the end of the line ?`
fn comment(rest: &str) -> usize {
    let line = run(rest, |byte| byte != b'\n');
    let ends_with_return = line < rest.len() && rest.as_bytes().get(line.wrapping_sub(1)) == Some(&b'\r');
    if ends_with_return { line - 1 } else { line }
}

/// `string = '"' ? any characters but quote, backslash and line end, or \" or \\ ? '"'`
///
/// Other escapes are let through; they are reported with the character they escape.
fn string(rest: &str) -> (TokenKind, usize) {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' | b'\r' => return (TokenKind::UnterminatedString, at),
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return (TokenKind::String, at + 1),
            _ => {}
        }
    }
    (TokenKind::UnterminatedString, rest.len())
}

/// A token that starts with a letter or a digit.
fn word(rest: &str) -> (TokenKind, usize) {
    if looks_like_ipv6(rest) {
        return (TokenKind::Address, address(rest));
    }
    let (kind, length) = if letter(first(rest)) { (TokenKind::Ident, ident(rest)) } else { numeric(rest) };
    let behind = after(rest, length);
    if behind.starts_with("://") {
        return (TokenKind::Stray, length + behind.find(char::is_whitespace).unwrap_or(behind.len()));
    }
    if behind.chars().next().is_some_and(sticks_to_words) {
        return (TokenKind::Stray, length + foreign_word(behind));
    }
    (kind, length)
}

/// `ident = letter { letter | digit | "-" | "_" }`
fn ident(rest: &str) -> usize {
    let length = run(rest, |byte| letter(byte) || digit(byte) || matches!(byte, b'-' | b'_'));
    let swallowed_arrow =
        rest.as_bytes().get(length) == Some(&b'>') && after(rest, length - 1).starts_with('-');
    if swallowed_arrow { length - 1 } else { length }
}

/// A token that starts with a digit and is not IPv6.
fn numeric(rest: &str) -> (TokenKind, usize) {
    let digits = number(rest);
    let behind = after(rest, digits).as_bytes();
    match (behind.first(), behind.get(1)) {
        (Some(b'.'), _) => (TokenKind::Address, address(rest)),
        (Some(b'-'), Some(next)) if digit(*next) => {
            date(rest).map_or((TokenKind::Number, digits), |length| (TokenKind::Date, length))
        }
        (Some(b'-'), Some(next)) if letter(*next) => (TokenKind::Malformed, ident(rest)),
        (Some(next), _) if letter(*next) || *next == b'_' => (TokenKind::Malformed, ident(rest)),
        _ => (TokenKind::Number, digits),
    }
}

/// `number = digit { digit }`
fn number(rest: &str) -> usize {
    run(rest, digit)
}

/// `date = ? four digits ? "-" ? two digits ? "-" ? two digits ?`
///
/// Takes any three groups, so that `2026-2-1` is reported as a date; two groups are a range of ports.
fn date(rest: &str) -> Option<usize> {
    let year = number(rest);
    let behind_year = after(rest, year).strip_prefix('-')?;
    let behind_month = after(behind_year, number(behind_year)).strip_prefix('-')?;
    digit(first(behind_month)).then(|| ident(rest))
}

/// `address = ( ? IPv4 address ? | ? IPv6 address ? ) [ "/" number ]`
///
/// Takes everything that hangs together with it, so that a mistake in it is one mistake.
fn address(rest: &str) -> usize {
    let part = |byte: u8| letter(byte) || digit(byte) || matches!(byte, b'.' | b':' | b'%');
    let host = run(rest, part);
    match after(rest, host).strip_prefix('/') {
        Some(prefix) => host + 1 + run(prefix, |byte| letter(byte) || digit(byte) || byte == b'.'),
        None => host,
    }
}

/// Hexadecimal digits with two colons or more, in one word.
fn looks_like_ipv6(rest: &str) -> bool {
    let digits = run(rest, |byte| byte.is_ascii_hexdigit());
    if rest.as_bytes().get(digits) != Some(&b':') {
        return false;
    }
    let word = run(rest, |byte| byte.is_ascii_hexdigit() || byte == b':');
    rest.bytes().take(word).filter(|byte| *byte == b':').count() >= 2
}

/// `letter = ? A to Z, a to z ?`
fn letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic()
}

/// `digit = ? 0 to 9 ?`
fn digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// `punctuation = "{" | "}" | "=" | "," | ":" | "/" | "-" | "->" | "<->"`
///
/// `::` starts an address here.
fn punctuation(rest: &str) -> Option<(TokenKind, usize)> {
    let kind = match first(rest) {
        b'{' => TokenKind::OpenBrace,
        b'}' => TokenKind::CloseBrace,
        b',' => TokenKind::Comma,
        b'/' => TokenKind::Slash,
        b'=' if !rest.starts_with("=>") => TokenKind::Equals,
        b':' if rest.starts_with("::") => return Some((TokenKind::Address, address(rest))),
        b':' => TokenKind::Colon,
        b'-' if rest.starts_with("->") => return Some((TokenKind::Arrow, 2)),
        b'-' => TokenKind::Minus,
        b'<' if rest.starts_with("<->") => return Some((TokenKind::BothArrow, 3)),
        _ => return None,
    };
    Some((kind, 1))
}

/// How far ahead the partner of a foreign quote is looked for, in characters.
const QUOTE_LOOKAHEAD: usize = 400;

/// Characters without a meaning, as much as one person would call one mistake: a word with foreign letters, a text in
/// foreign quotes, an arrow of another language, or the same character repeated.
fn stray(rest: &str) -> usize {
    let Some(start) = rest.chars().next() else { return 0 };
    if sticks_to_words(start) {
        return foreign_word(rest);
    }
    if matches!(start, '<' | '>' | '=') {
        return run(rest, |byte| matches!(byte, b'<' | b'>' | b'=' | b'-'));
    }
    if let Some(length) = foreign_quotes(start, rest) {
        return length;
    }
    rest.find(|other| other != start).unwrap_or(rest.len())
}

/// True for characters that people write inside words: letters of other alphabets, dots of host names, backslashes
/// of paths.
fn sticks_to_words(character: char) -> bool {
    let signs = matches!(character, '.' | '@' | '\\' | '*' | '$' | '%' | '+' | '~' | '&' | '!' | '?' | '_');
    signs || (!character.is_ascii() && character.is_alphanumeric())
}

/// Length of a word that has characters which no name can have.
fn foreign_word(rest: &str) -> usize {
    let inside =
        |character: char| character.is_ascii_alphanumeric() || character == '-' || sticks_to_words(character);
    let length = rest.find(|character| !inside(character)).unwrap_or(rest.len());
    let before = rest.get(..length).unwrap_or(rest);
    let swallowed_arrow = after(rest, length).starts_with('>') && before.ends_with('-');
    if swallowed_arrow && length > 1 { length - 1 } else { length }
}

/// Length of a text in quotes that are not the language's, when its partner stands on the same line.
fn foreign_quotes(start: char, rest: &str) -> Option<usize> {
    let partner = |character: char| match start {
        '\'' | '`' => character == start,
        '\u{201c}' | '\u{201d}' | '\u{201e}' => matches!(character, '\u{201c}' | '\u{201d}' | '"'),
        '\u{2018}' | '\u{2019}' | '\u{201a}' => matches!(character, '\u{2018}' | '\u{2019}'),
        '\u{ab}' | '\u{bb}' => matches!(character, '\u{ab}' | '\u{bb}'),
        _ => false,
    };
    rest.char_indices()
        .skip(1)
        .take(QUOTE_LOOKAHEAD)
        .take_while(|(_, character)| !matches!(character, '\n' | '\r'))
        .find(|(_, character)| partner(*character))
        .map(|(at, character)| at + character.len_utf8())
}

/// Number of leading bytes that belong; ends on a character boundary when `belongs` takes whole characters.
fn run(rest: &str, belongs: impl Fn(u8) -> bool) -> usize {
    rest.bytes().position(|byte| !belongs(byte)).unwrap_or(rest.len())
}

/// The first byte, zero when there is none.
fn first(rest: &str) -> u8 {
    rest.as_bytes().first().copied().unwrap_or(0)
}

/// What follows the first `length` bytes.
fn after(rest: &str, length: usize) -> &str {
    rest.get(length..).unwrap_or("")
}

#[cfg(test)]
mod tests;
