//! Collects problems with their places.
//!
//! In: what is wrong, and the entry in which. Out: [`Problem`]s.
//!
//! Invariant: places are looked up only for problems, and problems are bounded in number, so that a bad file costs no
//! more than a constant times a good one.

use std::collections::BTreeMap;

use super::locate::Locator;
use super::{Mistake, namespace};

/// Most problems that one load reports.
const PROBLEM_LIMIT: usize = 200;

/// What kind of mistake a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// Text that does not have the form of the schema.
    Syntax,
    /// An id or name that is used twice.
    Duplicate,
    /// A name of something that does not exist.
    Reference,
    /// A value that can't be.
    Value,
    /// A name that a customer's file may not declare.
    Namespace,
}

impl ProblemKind {
    /// The diagnostic code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Syntax => "SEG3001",
            Self::Duplicate => "SEG3002",
            Self::Reference => "SEG3003",
            Self::Value => "SEG3004",
            Self::Namespace => "SEG3006",
        }
    }
}

/// One mistake in the catalogue files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What kind of mistake.
    pub kind: ProblemKind,
    /// Name of the file as given.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, lower case, no full stop.
    pub message: String,
    /// What to type.
    pub help: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, file, line, column, message, help } = self;
        write!(formatter, "{file}:{line}:{column}: {}: {message} ({help})", kind.code())
    }
}

/// The entry that a problem is in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'e> {
    file: usize,
    key: &'static str,
    value: &'e str,
    nth: usize,
}

/// The problems so far.
pub(super) struct Report<'f> {
    files: &'f [(&'f str, &'f str)],
    locators: BTreeMap<usize, Locator<'f>>,
    seen: BTreeMap<(usize, &'static str, String), usize>,
    /// What declared names begin with, by file; files of the product have none.
    namespaces: BTreeMap<usize, String>,
    problems: Vec<Problem>,
}

impl<'f> Report<'f> {
    pub(super) fn new(files: &'f [(&'f str, &'f str)]) -> Self {
        Self {
            files,
            locators: BTreeMap::new(),
            seen: BTreeMap::new(),
            namespaces: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    /// The place of the next entry with this name in a file; to be called once for each entry, in the file's order.
    pub(super) fn place<'e>(&mut self, file: usize, key: &'static str, value: &'e str) -> Place<'e> {
        let count = self.seen.entry((file, key, value.to_owned())).or_insert(0);
        let nth = *count;
        *count += 1;
        Place { file, key, value, nth }
    }

    /// Reports a mistake in the text itself.
    pub(super) fn at(&mut self, file: usize, kind: ProblemKind, mistake: Mistake) {
        let Mistake { line, column, message, help } = mistake;
        let name = self.files.get(file).map_or("", |(name, _)| *name);
        if self.problems.len() < PROBLEM_LIMIT {
            self.problems.push(Problem { kind, file: name.to_owned(), line, column, message, help });
        }
    }

    /// Reports a mistake in an entry, at a word of it where the word can be found.
    pub(super) fn entry(
        &mut self,
        kind: ProblemKind,
        place: Place<'_>,
        word: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if self.problems.len() >= PROBLEM_LIMIT {
            return;
        }
        let text = self.files.get(place.file).map_or("", |(_, text)| *text);
        let locator = self.locators.entry(place.file).or_insert_with(|| Locator::new(text));
        let start = locator.entry(place.key, place.value, place.nth);
        let (line, column) = locator.word_after(start, word);
        self.at(place.file, kind, Mistake::new(line, column, message, help));
    }

    /// Reports a list that is longer than a catalogue may have; the rest of it is not read.
    pub(super) fn too_long(&mut self, place: Place<'_>, what: &str, limit: usize) {
        let message = format!("a catalogue may have {limit} {what}, here begins one more");
        self.entry(ProblemKind::Value, place, place.value, message, "leave out what the site does not use");
    }

    /// Lets a file declare only names that begin with a word and `-`.
    pub(super) fn set_namespace(&mut self, file: usize, namespace: &str) {
        self.namespaces.insert(file, namespace.to_owned());
    }

    /// Reports a name that an entry declares outside of its file's namespace.
    pub(super) fn in_namespace(&mut self, place: Place<'_>, name: &str) {
        let Some(namespace) = self.namespaces.get(&place.file) else { return };
        if !namespace::holds(namespace, name) {
            let message = format!("`{name}` does not begin with the file's namespace `{namespace}`");
            let help = format!("write `{namespace}-{name}`, here and wherever it is used");
            self.entry(ProblemKind::Namespace, place, name, message, help);
        }
    }

    /// Reports a relation between two conditions neither of which the file declares.
    pub(super) fn owns(&mut self, file: usize, one: &str, other: &str) {
        let Some(namespace) = self.namespaces.get(&file) else { return };
        if ![one, other].iter().any(|name| namespace::holds(namespace, name)) {
            let message = format!("the relation of `{one}` belongs to the product");
            let help = "relate conditions of the file only";
            self.loose_word(file, ProblemKind::Namespace, one, message, help);
        }
    }

    /// Reports a mistake at the first place of a word in a file.
    pub(super) fn loose_word(
        &mut self,
        file: usize,
        kind: ProblemKind,
        word: &str,
        message: String,
        help: &str,
    ) {
        let text = self.files.get(file).map_or("", |(_, text)| *text);
        let locator = self.locators.entry(file).or_insert_with(|| Locator::new(text));
        let (line, column) = locator.word(word);
        self.at(file, kind, Mistake::new(line, column, message, help));
    }

    /// Where an entry of this name stands first, for a second label: `file:line`.
    pub(super) fn first_line(&self, key: &str, value: &str) -> String {
        if self.problems.len() >= PROBLEM_LIMIT {
            return String::new();
        }
        let found = self.files.iter().find_map(|(name, text)| {
            let (line, column) = Locator::new(text).entry(key, value, 0);
            ((line, column) != (1, 1)).then(|| format!("{name}:{line}"))
        });
        found.unwrap_or_default()
    }
}
