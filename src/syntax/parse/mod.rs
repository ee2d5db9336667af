//! The parser: significant tokens to tree, with every independent mistake reported.
//!
//! In: one source text. Out: its [`File`] and the diagnostics, in order of place.
//!
//! Each production of `grammar/seg.ebnf` is a function of the same name with the production in its doc comment. A
//! production answers "not here" (`nom::Err::Error`) only for its first token; after it, a mistake is a
//! `nom::Err::Failure`, which ends the statement or the item of a block. `file` and `braced` report
//! it, skip to the next statement or item, and go on.
//!
//! Invariant: parsing never fails, never recurses, and takes time and memory in proportion to the text; texts and lists
//! beyond the limits here are refused. One mistake gives one diagnostic. A tree without diagnostics holds the
//! whole text's meaning.

mod block;
mod characters;
mod declaration;
mod exception;
mod flow;
mod literal;
mod mistake;
mod port;
mod recovery;
mod report;
mod rollout;
mod rule;
mod tokens;
mod words;

use crate::diagnostic::{Diagnostic, codes};
use crate::source::{SourceId, Span};
use crate::syntax::ast::{File, Statement};
use crate::syntax::lex::{TokenKind, lex};
use mistake::Parsed;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::map;
use report::Reports;
use tokens::{Context, Tokens};

/// Longest text that is read, in bytes: 64 MiB, some hundred times the largest site in use.
const MAX_BYTES: usize = 64 << 20;

/// Most tokens of a text, comments and white space not counted. An ordinary text of [`MAX_BYTES`] has fewer; one that
/// is all punctuation would need more memory than its size says.
const MAX_TOKENS: usize = 16_000_000;

/// Parses one text.
///
/// The tree holds every statement that could be read; what could not is in the diagnostics (SEG1001 to SEG1012, and
/// SEG0006 for a text beyond the limits, whose tree is empty). Without diagnostics the tree is complete.
pub fn parse(source: SourceId, text: &str) -> (File, Vec<Diagnostic>) {
    parse_limited(source, text, MAX_BYTES, MAX_TOKENS)
}

/// [`parse`] with limits of the caller's.
fn parse_limited(
    source: SourceId,
    text: &str,
    max_bytes: usize,
    max_tokens: usize,
) -> (File, Vec<Diagnostic>) {
    let mut file = File { source, statements: Vec::new(), comments: Vec::new() };
    if text.len() > max_bytes {
        return (file, vec![too_large(source, format!("more than {max_bytes} bytes"))]);
    }
    let mut reports = Reports::default();
    let mut tokens = Vec::new();
    for token in lex(text) {
        characters::check(source, text, token, &mut reports);
        match token.kind {
            TokenKind::Comment => file.comments.push(Span::new(source, token.start, token.end)),
            kind if kind.is_trivia() => {}
            _ => tokens.push(token),
        }
        if tokens.len().saturating_add(file.comments.len()) > max_tokens {
            let empty = File { source, statements: Vec::new(), comments: Vec::new() };
            return (empty, vec![too_large(source, format!("more than {max_tokens} words and signs"))]);
        }
    }
    let context = Context::new(source, text, tokens, reports);
    file.statements = self::file(context.all());
    (file, context.into_reports().into_sorted())
}

/// The report about a text beyond the limits.
fn too_large(source: SourceId, what: String) -> Diagnostic {
    Diagnostic::new(codes::TOO_LARGE, format!("this file has {what}"))
        .label(Span::new(source, 0, 0), "")
        .help("split it into files and join them with `include \"path\"`")
}

/// `file = { statement }`
///
/// Statements with a mistake in them are reported and left out.
fn file(input: Tokens<'_>) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut rest = input;
    while !rest.is_empty() {
        let parsed = statement(rest);
        let poisoned = rest.take_poison();
        rest = match parsed {
            Ok((next, node)) => {
                if !poisoned {
                    statements.push(node);
                }
                next
            }
            Err(error) => recovery::after_mistake(rest, error),
        };
    }
    statements
}

/// ```text
/// statement = site | platform | segment | role | service | intent | allow | forbid | exception | expect | accept
///           | need | rollout | include
/// ```
fn statement(input: Tokens<'_>) -> Parsed<'_, Statement> {
    alt((
        map(declaration::role, Statement::Role),
        map(rule::intent, Statement::Intent),
        map(rule::allow, Statement::Allow),
        map(rule::forbid, Statement::Forbid),
        map(rule::expect, Statement::Expect),
        map(rule::accept, Statement::Accept),
        map(declaration::need, Statement::Need),
        map(declaration::segment, Statement::Segment),
        map(exception::exception, Statement::Exception),
        map(declaration::service, Statement::Service),
        map(declaration::platform, Statement::Platform),
        map(declaration::site, Statement::Site),
        map(rollout::rollout, Statement::Rollout),
        map(declaration::include, Statement::Include),
    ))
    .parse(input)
}

#[cfg(test)]
mod tests;
