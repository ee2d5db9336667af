//! Going on after a broken statement.
//!
//! In: where the statement starts and what was wrong. Out: where the next statement starts.
//!
//! Invariant: the result lies behind the start, so the parse ends; tokens are looked at once.

use super::mistake::{Mistake, Reason, found, is_known_bad, report_unexpected, shortened};
use super::tokens::Tokens;
use crate::diagnostic::{Code, Diagnostic, codes, nearest};
use crate::syntax::keyword;
use crate::syntax::lex::TokenKind;

/// Reports the mistake of the statement at `start`, and gives the place to go on.
pub(super) fn after_mistake<'a>(start: Tokens<'a>, error: nom::Err<Mistake<'a>>) -> Tokens<'a> {
    let mistake = match error {
        nom::Err::Failure(mistake) => mistake,
        nom::Err::Error(_) | nom::Err::Incomplete(_) => return after_no_statement(start),
    };
    mistake.report();
    let at = if start.distance(mistake.at) > 0 { mistake.at } else { start.skip(1) };
    if mistake.reason == Reason::ReportedAndDone { at } else { next_statement(start, at) }
}

/// Reports that no statement starts here, and gives the place to go on.
fn after_no_statement(start: Tokens<'_>) -> Tokens<'_> {
    report_no_statement(start);
    let rest = start.skip(1);
    let alone = matches!(start.kind(0), Some(TokenKind::Stray | TokenKind::CloseBrace));
    let goes_on = rest.ident().is_some_and(keyword::is_statement) || rest.starts_line();
    if alone && goes_on { rest } else { next_statement(start, rest) }
}

fn report_no_statement(at: Tokens<'_>) {
    let label = at.here();
    let report = match (at.kind(0), at.ident()) {
        (_, Some(word)) if at.kind(1) == Some(TokenKind::Equals) => Diagnostic::new(
            codes::UNEXPECTED_TOKEN,
            format!("the attribute {} stands outside a block", found(at)),
        )
        .label(label, "")
        .help(format!("move `{} = ...` between the braces of its statement", shortened(word))),
        (_, Some(word)) if keyword::is_clause(word) => {
            let message = format!("`{word}` continues a statement, but none that takes it stands before it");
            Diagnostic::new(codes::UNEXPECTED_TOKEN, message).label(label, "").help(clause_help(word))
        }
        (_, Some(word)) => unknown_statement(at, word),
        (Some(TokenKind::CloseBrace), _) => {
            Diagnostic::new(codes::UNEXPECTED_TOKEN, "this `}` closes no block")
                .label(label, "")
                .help("delete it")
        }
        _ if is_known_bad(at) => return,
        _ => return report_unexpected(at, "a statement", Some(&statements_help()), None),
    };
    at.report(report);
}

/// What to do with a clause that stands alone.
fn clause_help(word: &str) -> &'static str {
    match word {
        "because" => {
            "a reason belongs to an `allow`, a `forbid` or an `exception`; elsewhere write a comment with `#`"
        }
        "enforced-by" => "`enforced-by` stands behind the reason of a `forbid`",
        "enforce" | "from" => "roles and their dates stand in the block of `rollout`",
        "pierces" => "only an `exception` pierces, in its block",
        "via" => "`via` stands behind the destination roles of an `intent`",
        _ => "`on` stands in a `segment` and in a `role`, before the block",
    }
}

/// The report about a word that starts no statement.
fn unknown_statement(at: Tokens<'_>, word: &str) -> Diagnostic {
    if let Some(name) = nearest(&shortened(word), keyword::STATEMENTS.iter().copied()) {
        let help = format!("did you mean `{name}`?");
        return no_statement(codes::UNKNOWN_STATEMENT, at, word).help_edit(help, at.here(), name);
    }
    let ends_list = |kind| matches!(kind, TokenKind::Ident | TokenKind::Number);
    if !at.starts_line() && at.previous().is_some_and(|before| ends_list(before.kind)) {
        let help = "names and ports in a list have commas between them: `a, b`";
        return no_statement(codes::UNEXPECTED_TOKEN, at, word).help(help);
    }
    no_statement(codes::UNKNOWN_STATEMENT, at, word).help(statements_help())
}

fn no_statement(code: Code, at: Tokens<'_>, word: &str) -> Diagnostic {
    Diagnostic::new(code, format!("no statement starts with `{}`", shortened(word))).label(at.here(), "")
}

fn statements_help() -> String {
    format!("the statements are {}", keyword::STATEMENTS.join(", "))
}

/// The next place from `at` on where a statement may start: a statement word at the start of a line, a word that may
/// be a misspelt one, or what follows the end of a block.
fn next_statement<'a>(start: Tokens<'a>, at: Tokens<'a>) -> Tokens<'a> {
    let indentation = start.indentation();
    let mut rest = at;
    let mut depth = 0_usize;
    while let Some(kind) = rest.kind(0) {
        match kind {
            TokenKind::OpenBrace => depth += 1,
            TokenKind::CloseBrace if depth <= 1 => return rest.skip(1),
            TokenKind::CloseBrace => depth -= 1,
            TokenKind::Ident if depth == 0 && may_start_statement(rest, indentation) => return rest,
            TokenKind::Ident if depth > 0 && interrupts_block(rest, indentation) => return rest,
            _ => {}
        }
        rest = rest.skip(1);
    }
    rest
}

/// True for the first word of a line that is a statement word, or that is indented no deeper than the broken
/// statement and neither a clause nor a key nor the rest of a list.
fn may_start_statement(at: Tokens<'_>, indentation: usize) -> bool {
    let Some(word) = at.ident().filter(|_| at.starts_line() && at.kind(1) != Some(TokenKind::Equals)) else {
        return false;
    };
    let list_goes_on = at.previous().is_some_and(|before| {
        use TokenKind::{Arrow, BothArrow, Colon, Comma, Equals};
        matches!(before.kind, Arrow | BothArrow | Colon | Comma | Equals)
    });
    let aligned = !list_goes_on && !keyword::is_clause(word) && at.indentation() <= indentation;
    keyword::is_statement(word) || aligned
}

/// True for a statement word in the place of a statement, inside a block that lacks its end. `allow` may also stand in
/// an exception.
fn interrupts_block(at: Tokens<'_>, indentation: usize) -> bool {
    let starts = |word| word != "allow" && keyword::is_statement(word);
    at.ident().is_some_and(starts)
        && at.starts_line()
        && at.kind(1) != Some(TokenKind::Equals)
        && at.indentation() <= indentation
}
