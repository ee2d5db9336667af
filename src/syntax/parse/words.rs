//! Words, names, texts and lists of them.
//!
//! In: tokens. Out: the leaves of the tree.
//!
//! Invariant: [`keyword`] and [`because`](super::rule::because) answer "not here" for an unfitting first token, so that
//! they can be optional; everything else in this file is required where it is asked for.

use super::characters::unquoted;
use super::mistake::{Mistake, Parsed, fail_with_help, reported};
use super::tokens::Tokens;
use crate::diagnostic::{Diagnostic, codes};
use crate::syntax::ast::{Ident, Text};
use crate::syntax::keyword;
use crate::syntax::lex::{Token, TokenKind};
use nom::Parser;
use nom::combinator::cut;

/// How many elements a list may have.
pub(super) const MAX_LIST: usize = 100_000;

/// A parser on tokens.
pub(super) trait TokenParser<'a, T>: Parser<Tokens<'a>, Output = T, Error = Mistake<'a>> {}

impl<'a, T, P: Parser<Tokens<'a>, Output = T, Error = Mistake<'a>>> TokenParser<'a, T> for P {}

/// A word of the language, or "not here".
pub(super) fn keyword<'a>(word: &'static str) -> impl TokenParser<'a, Token> {
    move |input: Tokens<'a>| match input.token(0) {
        Some(token) if input.is_word(word) => Ok((input.skip(1), token)),
        _ => Err(nom::Err::Error(Mistake::expected(input, word))),
    }
}

/// A word of the language that must stand here; `what` says so in a message.
pub(super) fn required<'a>(word: &'static str, what: &'static str) -> impl TokenParser<'a, Token> {
    move |input: Tokens<'a>| match input.token(0) {
        Some(token) if input.is_word(word) => Ok((input.skip(1), token)),
        _ => Err(nom::Err::Failure(Mistake::expected(input, what))),
    }
}

/// A sign that must stand here.
pub(super) fn sign<'a>(kind: TokenKind, what: &'static str) -> impl TokenParser<'a, Token> {
    cut(move |input: Tokens<'a>| input.take_kind(kind, what))
}

/// `name = ident`
pub(super) fn name<'a>(what: &'static str) -> impl TokenParser<'a, Ident> {
    move |input: Tokens<'a>| match input.ident() {
        Some(text) if !keyword::is_reserved(text) => Ok((input.skip(1), ident_here(input, text))),
        _ => Err(nom::Err::Failure(Mistake::expected(input, what))),
    }
}

/// `word = ident`
pub(super) fn word<'a>(what: &'static str) -> impl TokenParser<'a, Ident> {
    move |input: Tokens<'a>| match input.ident() {
        Some(text) if !(keyword::is_statement(text) && input.starts_line()) => {
            Ok((input.skip(1), ident_here(input, text)))
        }
        _ => Err(nom::Err::Failure(Mistake::expected(input, what))),
    }
}

/// `key = ident`
pub(super) fn key(input: Tokens<'_>) -> Parsed<'_, Ident> {
    match input.ident() {
        Some(text) => Ok((input.skip(1), ident_here(input, text))),
        None => Err(nom::Err::Failure(Mistake::expected_item(input, "an attribute or `}`"))),
    }
}

/// `names = name { "," name }`
pub(super) fn names<'a>(what: &'static str) -> impl TokenParser<'a, Vec<Ident>> {
    move |input: Tokens<'a>| {
        list(input, |at, first| name(if first { what } else { "a name after `,`" }).parse(at))
    }
}

/// A text in quotes that must stand here.
pub(super) fn text<'a>(what: &'static str) -> impl TokenParser<'a, Text> {
    move |input: Tokens<'a>| match input.token(0) {
        Some(token) if matches!(token.kind, TokenKind::String | TokenKind::UnterminatedString) => {
            let text = unquoted(input.text(), token.kind);
            Ok((input.skip(1), Text { text, span: input.here() }))
        }
        Some(token) if token.kind == TokenKind::Ident && !input.starts_line() => {
            fail_with_help(input, what, "text stands between double quotes: `\"text\"`")
        }
        _ => Err(nom::Err::Failure(Mistake::expected(input, what))),
    }
}

/// One element or more with commas between; `item` is told whether it is the first.
pub(super) fn list<'a, T>(
    input: Tokens<'a>,
    mut item: impl FnMut(Tokens<'a>, bool) -> Parsed<'a, T>,
) -> Parsed<'a, Vec<T>> {
    let (mut rest, first) = item(input, true)?;
    let mut items = vec![first];
    while rest.kind(0) == Some(TokenKind::Comma) {
        if items.len() >= MAX_LIST {
            rest.report(too_long(input));
            return reported(rest);
        }
        let (next, value) = item(rest.skip(1), false)?;
        items.push(value);
        rest = next;
    }
    Ok((rest, items))
}

/// The report about a list or a block with too many elements.
pub(super) fn too_long(at: Tokens<'_>) -> Diagnostic {
    let message = format!("this list has more than {MAX_LIST} elements");
    Diagnostic::new(codes::TOO_MUCH, message).label(at.here(), "it starts here").help("split it")
}

/// The first token as a name.
fn ident_here(input: Tokens<'_>, text: &str) -> Ident {
    Ident { text: text.to_owned(), span: input.here() }
}
