//! Names and what they stand for.
//!
//! In: the statements that declare something. Out: look-ups by name, with a report for names that nobody declares.
//!
//! Invariant: a name whose statement could not be read is known but stands for nothing, so that one mistake is
//! reported once.

use crate::diagnostic::codes;
use crate::diagnostic::{Code, Diagnostic, Sink, nearest};
use crate::source::Span;
use crate::syntax::ast::Ident;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Unknown names that are compared with every known one: beyond that, the author has another problem than typing.
const MOST_COMPARED: usize = 100;

/// The names of one sort of thing.
#[derive(Debug)]
pub(super) struct Names {
    what: &'static str,
    unknown: Code,
    declared: BTreeMap<String, (usize, Span)>,
    lost: BTreeSet<String>,
    /// How many unknown names were compared with all others for "did you mean".
    compared: Cell<usize>,
}

impl Names {
    /// No names of `what` (`role`); `unknown` is the code for a name that nobody declares. `lost` are names whose
    /// statements could not be parsed.
    pub(super) fn new(what: &'static str, unknown: Code, lost: &BTreeSet<String>) -> Self {
        Self { what, unknown, declared: BTreeMap::new(), lost: lost.clone(), compared: Cell::new(0) }
    }

    /// Declares a name for a position. False after a report when it is taken.
    pub(super) fn declare(&mut self, name: &Ident, position: usize, sink: &mut Sink) -> bool {
        if let Some((_, first)) = self.declared.get(&name.text) {
            let message = format!("{} `{}` is declared twice", self.what, name.text);
            sink.report(
                Diagnostic::new(codes::DUPLICATE_NAME, message)
                    .label(name.span, "declared again here")
                    .label(*first, "first declared here")
                    .help("give one of them another name, or delete it"),
            );
            return false;
        }
        self.declared.insert(name.text.clone(), (position, name.span));
        true
    }

    /// What a name stands for. `None` after a report, or silently for a name whose statement was lost.
    pub(super) fn find(&self, name: &Ident, sink: &mut Sink) -> Option<usize> {
        if let Some((position, _)) = self.declared.get(&name.text) {
            return Some(*position);
        }
        if !self.lost.contains(&name.text) {
            sink.report(self.unknown_name(name));
        }
        None
    }

    /// Makes a name known that stands for nothing, because its statement was refused.
    pub(super) fn lose(&mut self, name: &str) {
        self.lost.insert(name.to_owned());
    }

    /// True for a name whose statement could not be read.
    pub(super) fn is_lost(&self, name: &str) -> bool {
        self.lost.contains(name)
    }

    /// Every declared name.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.declared.keys().map(String::as_str)
    }

    /// What a name stands for, without a report.
    pub(super) fn get(&self, name: &str) -> Option<usize> {
        self.declared.get(name).map(|(position, _)| *position)
    }

    /// Where a name was declared.
    pub(super) fn place(&self, name: &str) -> Option<Span> {
        self.declared.get(name).map(|(_, span)| *span)
    }

    fn unknown_name(&self, name: &Ident) -> Diagnostic {
        let message = format!("{} `{}` is used here but no line declares it", self.what, name.text);
        let report = Diagnostic::new(self.unknown, message).label(name.span, "not declared");
        let compared = self.compared.replace(self.compared.get() + 1);
        let near = nearest(
            &name.text,
            self.declared.keys().map(String::as_str).filter(|_| compared < MOST_COMPARED),
        );
        match near {
            Some(near) => report.help_edit(format!("did you mean `{near}`?"), name.span, near),
            None if self.declared.is_empty() => report.help(format!("no {} is declared at all", self.what)),
            None if self.declared.len() <= 12 => {
                let known: Vec<&str> = self.declared.keys().map(String::as_str).collect();
                report.help(format!("declared are: {}", known.join(", ")))
            }
            None => report,
        }
    }
}

/// Words that follow a declaring keyword in a text that has syntax errors: names that the author meant to declare.
pub(super) fn declared_words(text: &str) -> BTreeSet<String> {
    /// No misspelt keyword is longer.
    const LONGEST_KEYWORD: usize = 12;
    const DECLARING: [&str; 6] = ["platform", "segment", "role", "service", "forbid", "exception"];
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let words: Vec<&str> = text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).collect();
    let mut names = BTreeSet::new();
    for (at, word) in words.iter().enumerate().filter(|(_, word)| DECLARING.contains(word)) {
        let distance = if *word == "platform" { 2 } else { 1 };
        names.extend(words.get(at + distance).map(|name| (*name).to_owned()));
    }
    for line in text.lines() {
        let mut words = line.split(|c| !is_word(c)).filter(|word| !word.is_empty());
        // A misspelt keyword declares as well: `rolle sf : storefront`.
        let meant = words
            .next()
            .filter(|word| word.len() <= LONGEST_KEYWORD)
            .and_then(|word| nearest(word, DECLARING));
        let skipped = usize::from(meant == Some("platform"));
        names.extend(meant.and_then(|_| words.nth(skipped)).map(str::to_owned));
    }
    names
}
