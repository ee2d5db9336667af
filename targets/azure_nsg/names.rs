//! Names of groups and rules: readable, within Azure's characters and length, unique without case.
//!
//! In: the words that a thing is called by, and its identity. Out: names.
//!
//! Invariant: a name depends on its own words alone, unless another name of the same list would be equal to it; then
//! both end with a hash of their identity, so that neither depends on which came first.

use super::limits::{NAME_LENGTH, NAME_PUNCTUATION};
use crate::policy::identity::short_hash;
use crate::target::text::clean;
use std::collections::BTreeMap;

/// Hexadecimal digits behind a name, by how often it clashed. None of them leaves too little of the name to read.
const HASH_LENGTHS: [usize; 4] = [0, 8, 16, 32];

/// Hexadecimal digits behind a name that was cut.
const CUT_HASH_LENGTH: usize = 8;

/// What a name is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// What is named: equal for the same thing in every release.
    pub(super) identity: String,
    /// The words of the name, in order.
    pub(super) words: Vec<String>,
    /// What stands between the words; no word of the language has a dot, so with dots no two lists give one name.
    pub(super) separator: char,
}

impl Wanted {
    /// The name that the words alone give, or the one with some digits of the identity's hash.
    fn name(&self, digits: usize) -> String {
        let words: Vec<String> = self.words.iter().map(|word| characters(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        let name = words.join(&self.separator.to_string());
        let fits = name.len() <= NAME_LENGTH;
        if digits == 0 && fits && !name.is_empty() {
            return name;
        }
        let hash = short_hash(&[&self.identity], digits.max(CUT_HASH_LENGTH));
        let room = NAME_LENGTH.saturating_sub(hash.len() + 1);
        let start: String = name.chars().take(room).collect();
        let start = start.trim_end_matches(NAME_PUNCTUATION);
        if start.is_empty() { hash } else { format!("{start}-{hash}") }
    }
}

/// The names of some things of one kind, in their order; no two equal without case.
pub(super) fn unique(wanted: &[Wanted]) -> Vec<String> {
    let mut clashes = vec![0_usize; wanted.len()];
    loop {
        let names: Vec<String> = wanted
            .iter()
            .zip(&clashes)
            .map(|(wanted, clashes)| wanted.name(HASH_LENGTHS.get(*clashes).copied().unwrap_or_default()))
            .collect();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for name in &names {
            *seen.entry(name.to_ascii_lowercase()).or_default() += 1;
        }
        let mut again = false;
        for (name, clashes) in names.iter().zip(&mut clashes) {
            let clashing = seen.get(&name.to_ascii_lowercase()).is_some_and(|times| *times > 1);
            if clashing && *clashes + 1 < HASH_LENGTHS.len() {
                *clashes += 1;
                again = true;
            }
        }
        if !again {
            return names;
        }
    }
}

/// A word in Azure's characters, starting and ending with a letter or digit; empty when nothing of it can stand.
fn characters(word: &str) -> String {
    let allowed =
        |character: char| character.is_ascii_alphanumeric() || NAME_PUNCTUATION.contains(&character);
    clean(word, allowed).replace(' ', "-").trim_matches(NAME_PUNCTUATION).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(lists: &[&[&str]]) -> Vec<String> {
        let wanted: Vec<Wanted> = lists
            .iter()
            .map(|words| Wanted {
                separator: '-',
                identity: words.join("/"),
                words: words.iter().map(|word| (*word).to_owned()).collect(),
            })
            .collect();
        unique(&wanted)
    }

    #[test]
    fn a_name_is_its_words_in_the_characters_that_may_stand() {
        assert_eq!(
            named(&[&["nsg", "Müller & Söhne", "az-desktops"]]),
            ["nsg-Mueller-and-Soehne-az-desktops"]
        );
        assert_eq!(named(&[&["asg", "日本", "vda_"]]), ["asg-vda"]);
    }

    #[test]
    fn names_that_clash_without_case_both_end_with_a_hash() {
        let names = named(&[&["in", "a-b", "c"], &["in", "A", "b-c"], &["in", "d"]]);
        assert_ne!(names[0].to_lowercase(), names[1].to_lowercase());
        assert!(names[0].starts_with("in-a-b-c-") && names[1].starts_with("in-A-b-c-"));
        assert_eq!(names[2], "in-d");
    }

    #[test]
    fn a_long_name_is_cut_and_stays_unique() {
        let long = "x".repeat(90);
        let (one, two) = (format!("{long}1"), format!("{long}2"));
        let names = named(&[&["in", &one], &["in", &two]]);
        assert!(names.iter().all(|name| name.len() == NAME_LENGTH));
        assert_ne!(names[0], names[1]);
    }

    #[test]
    fn a_name_that_looks_like_the_hash_of_another_is_told_apart() {
        let hashed = named(&[&["a-b", "c"], &["a", "b-c"]])[0].clone();
        let mut names = named(&[&["a-b", "c"], &["a", "b-c"], &[&hashed]]);
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 3);
    }
}
