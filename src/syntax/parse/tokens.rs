//! The parser's input: a window on the significant tokens of one text.
//!
//! In: tokens without trivia. Out: [`Tokens`], which nom's combinators take, and the questions that the productions ask
//! of it.
//!
//! Invariant: a window always lies inside its context's tokens; asking beyond its end gives nothing.

use super::mistake::{Mistake, Parsed};
use super::report::Reports;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, Span};
use crate::syntax::lex::{Token, TokenKind};
use std::cell::{Cell, RefCell};

/// What all windows on one text share.
#[derive(Debug)]
pub(super) struct Context<'a> {
    source: SourceId,
    text: &'a str,
    tokens: Vec<Token>,
    reports: RefCell<Reports>,
    poisoned: Cell<bool>,
}

impl<'a> Context<'a> {
    /// Joins a text with its significant tokens and what was reported about its characters.
    pub(super) fn new(source: SourceId, text: &'a str, tokens: Vec<Token>, reports: Reports) -> Self {
        Self { source, text, tokens, reports: RefCell::new(reports), poisoned: Cell::new(false) }
    }

    /// The window on the whole text.
    pub(super) fn all(&'a self) -> Tokens<'a> {
        Tokens { context: self, from: 0, to: self.tokens.len() }
    }

    /// Ends the parse.
    pub(super) fn into_reports(self) -> Reports {
        self.reports.into_inner()
    }
}

/// A window on the significant tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens<'a> {
    context: &'a Context<'a>,
    from: usize,
    to: usize,
}

impl<'a> Tokens<'a> {
    /// The token `ahead` places after the first one.
    pub(super) fn token(self, ahead: usize) -> Option<Token> {
        let at = self.from.checked_add(ahead).filter(|at| *at < self.to)?;
        self.context.tokens.get(at).copied()
    }

    /// The kind of the token `ahead` places after the first one.
    pub(super) fn kind(self, ahead: usize) -> Option<TokenKind> {
        self.token(ahead).map(|token| token.kind)
    }

    /// The token just before the window.
    pub(super) fn previous(self) -> Option<Token> {
        self.from.checked_sub(1).and_then(|at| self.context.tokens.get(at).copied())
    }

    /// The text of a token.
    pub(super) fn text_of(self, token: Token) -> &'a str {
        self.context.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    /// The text of the first token, empty at the end.
    pub(super) fn text(self) -> &'a str {
        self.token(0).map_or("", |token| self.text_of(token))
    }

    /// The text of the first token when it is a word of letters.
    pub(super) fn ident(self) -> Option<&'a str> {
        self.token(0).filter(|token| token.kind == TokenKind::Ident).map(|token| self.text_of(token))
    }

    /// True when the first token is this word.
    pub(super) fn is_word(self, word: &str) -> bool {
        self.ident() == Some(word)
    }

    /// Where a token stands.
    pub(super) fn span_of(self, token: Token) -> Span {
        Span::new(self.context.source, token.start, token.end)
    }

    /// Where the first token stands; behind the last token at the end.
    pub(super) fn here(self) -> Span {
        let end = || self.previous().map_or(0, |token| token.end);
        self.token(0)
            .map_or_else(|| Span::new(self.context.source, end(), end()), |token| self.span_of(token))
    }

    /// From the start of this window to the last token before `rest`.
    pub(super) fn span_to(self, rest: Self) -> Span {
        rest.previous()
            .filter(|_| rest.from > self.from)
            .map_or_else(|| self.here(), |last| self.here().to(self.span_of(last)))
    }

    /// The window without its first `count` tokens.
    pub(super) fn skip(self, count: usize) -> Self {
        Self { from: self.from.saturating_add(count).min(self.to), ..self }
    }

    /// True at the end.
    pub(super) fn is_empty(self) -> bool {
        self.from >= self.to
    }

    /// Number of tokens between the start of this window and a later one.
    pub(super) fn distance(self, later: Self) -> usize {
        later.from.saturating_sub(self.from)
    }

    /// The text between the token before the window and its first one: white space and comments.
    fn gap(self) -> &'a str {
        let start = self.previous().map_or(0, |token| token.end as usize);
        let end = self.token(0).map_or(self.context.text.len(), |token| token.start as usize);
        self.context.text.get(start..end).unwrap_or("")
    }

    /// True when the first token is the first one of its line.
    pub(super) fn starts_line(self) -> bool {
        self.from == 0 || self.gap().contains('\n')
    }

    /// True when nothing stands between the token before and the first one.
    pub(super) fn is_glued(self) -> bool {
        self.from > 0 && !self.is_empty() && self.gap().is_empty()
    }

    /// The window behind everything that hangs together with the token before it: numbers, words, `/`, `-` and `:`.
    pub(super) fn skip_glued(self) -> Self {
        let mut rest = self;
        while rest.is_glued() && rest.kind(0).is_some_and(hangs_together) {
            rest = rest.skip(1);
        }
        rest
    }

    /// Bytes before the first token on its line, zero for a token that does not start its line.
    pub(super) fn indentation(self) -> usize {
        let gap = self.gap();
        if self.starts_line() { gap.len() - gap.rfind('\n').map_or(0, |at| at + 1) } else { 0 }
    }

    /// Takes a report.
    pub(super) fn report(self, diagnostic: Diagnostic) {
        self.context.reports.borrow_mut().report(diagnostic);
    }

    /// Marks the statement as one that leaves no node, after a report.
    pub(super) fn poison(self) {
        self.context.poisoned.set(true);
    }

    /// True when the statement was marked; takes the mark away.
    pub(super) fn take_poison(self) -> bool {
        self.context.poisoned.replace(false)
    }

    /// One token of a kind.
    pub(super) fn take_kind(self, kind: TokenKind, what: &'static str) -> Parsed<'a, Token> {
        match self.token(0) {
            Some(token) if token.kind == kind => Ok((self.skip(1), token)),
            _ => Err(nom::Err::Error(Mistake::expected(self, what))),
        }
    }
}

/// True for tokens that continue a compound such as `tcp/80-90` when no space stands before them.
fn hangs_together(kind: TokenKind) -> bool {
    use TokenKind::{Address, Colon, Date, Ident, Malformed, Minus, Number, Slash};
    matches!(kind, Address | Colon | Date | Ident | Malformed | Minus | Number | Slash)
}

impl<'a> nom::Input for Tokens<'a> {
    type Item = Token;
    type Iter = std::iter::Copied<std::slice::Iter<'a, Token>>;
    type IterIndices = std::iter::Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        self.to.saturating_sub(self.from)
    }

    fn take(&self, index: usize) -> Self {
        Self { to: self.from.saturating_add(index).min(self.to), ..*self }
    }

    fn take_from(&self, index: usize) -> Self {
        self.skip(index)
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Self::Item) -> bool>(&self, predicate: P) -> Option<usize> {
        self.iter_elements().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        self.context.tokens.get(self.from..self.to).unwrap_or(&[]).iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, nom::Needed> {
        let missing = count.saturating_sub(self.input_len());
        if missing == 0 { Ok(count) } else { Err(nom::Needed::new(missing)) }
    }
}
