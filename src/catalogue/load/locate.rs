//! Finds the line of an entry, which the YAML library does not tell once the text is parsed.
//!
//! In: text of one file, and the key and value that name an entry. Out: lines and columns, both from 1, columns in
//! characters.
//!
//! Invariant: a place is a help for people; nothing is decided by it.

/// Looks places up in one text.
pub(super) struct Locator<'t> {
    lines: Vec<&'t str>,
}

impl<'t> Locator<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { lines: text.lines().collect() }
    }

    /// The place of `value` in the entry's `key: value`, counting entries of that name from 0; the start of the text
    /// when there is none.
    pub(super) fn entry(&self, key: &str, value: &str, nth: usize) -> (usize, usize) {
        let mut places = self
            .lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| value_place(line, key, value).map(|column| (at + 1, column)));
        places.nth(nth).unwrap_or((1, 1))
    }

    /// The first place of a word inside the entry that starts at a place, or the place itself.
    pub(super) fn word_after(&self, start: (usize, usize), word: &str) -> (usize, usize) {
        let own = start.0.saturating_sub(1);
        let depth = self.lines.get(own).map_or(0, |line| indent(line));
        let inside = |line: &&str| line.trim().is_empty() || indent(line) > depth;
        let rest = self.lines.iter().skip(own + 1).take_while(|line| inside(line));
        let first = self.lines.get(own).into_iter().chain(rest);
        let mut places = first.enumerate().filter_map(|(below, line)| {
            let from = if below == 0 { start.1.saturating_sub(1) } else { 0 };
            word_column(line, word, from).map(|column| (start.0 + below, column))
        });
        places.next().unwrap_or(start)
    }

    /// The first place of a word in the whole text, or its start.
    pub(super) fn word(&self, word: &str) -> (usize, usize) {
        let mut places = self.lines.iter().enumerate();
        places
            .find_map(|(at, line)| word_column(line, word, 0).map(|column| (at + 1, column)))
            .unwrap_or((1, 1))
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The column of `value` in a line that holds `key: value` as a whole.
fn value_place(line: &str, key: &str, value: &str) -> Option<usize> {
    let at = byte_of_word(line, key, 0)?;
    let tail = line.get(at + key.len()..)?.strip_prefix(':')?;
    let blank = tail.len() - tail.trim_start_matches([' ', '"', '\'']).len();
    let written = tail.get(blank..)?;
    let rest = written.strip_prefix(value)?;
    let ends = rest.chars().next().is_none_or(|next| !is_word(next));
    ends.then(|| column(line, line.len() - written.len()))
}

fn word_column(line: &str, word: &str, from_column: usize) -> Option<usize> {
    let from = line.char_indices().nth(from_column).map_or(line.len(), |(at, _)| at);
    byte_of_word(line, word, from).map(|at| column(line, at))
}

fn byte_of_word(line: &str, word: &str, from: usize) -> Option<usize> {
    let tail = line.get(from..)?;
    let stands_alone = |at: usize| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        let after = line.get(at + word.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    };
    tail.match_indices(word).map(|(at, _)| from + at).find(|at| stands_alone(*at))
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.')
}

fn column(line: &str, byte: usize) -> usize {
    line.get(..byte).map_or(0, |text| text.chars().count()) + 1
}
