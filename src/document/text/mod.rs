//! Every fixed text of the document, in one place a language.
//!
//! In: the name of a language. Out: its [`Words`], with places in braces that are filled with values.
//!
//! Another language is one more file beside `en.rs` and one line in [`words`]; the compiler says which texts it lacks.
//! Inside a text, `` `code` `` is set in fixed width and `**strong**` is emphasised.
//!
//! Invariant: no other file of `document` holds words that a reader sees, but for ids of columns and tables.

mod en;

use super::content::{Change, Face, Part, Text, Voice, Weight};

/// A text with places to fill.
pub(crate) type Template = &'static str;

macro_rules! words {
    ($($name:ident)*) => {
        /// The texts of one language.
        #[derive(Debug)]
        #[cfg_attr(not(feature = "docs"), allow(dead_code, reason = "pages and sheets have texts of their own"))]
        pub(crate) struct Words {
            /// Titles of columns and sections by id.
            pub(crate) titles: &'static [(&'static str, &'static str)],
            $(pub(crate) $name: Template,)*
        }

        #[cfg(test)]
        impl Words {
            /// Every text with its name.
            fn all(&self) -> Vec<(&'static str, Template)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

include!("names.rs");

/// The language in which documents are written, as in BCP 47.
pub(crate) const LANGUAGE: &str = "en";

/// The texts of the language in which documents are written.
pub(crate) fn fixed() -> &'static Words {
    words(LANGUAGE)
}

/// The texts of a language, as in BCP 47; English where there are none.
pub(crate) fn words(_language: &str) -> &'static Words {
    &en::EN
}

impl Words {
    /// The title of a column or section; its id where it has none.
    pub(crate) fn title(&self, id: &'static str) -> &'static str {
        self.titles.iter().find(|(known, _)| *known == id).map_or(id, |(_, title)| title)
    }

    /// What became of a row, in a word.
    pub(crate) fn change_word(&self, change: Change) -> &'static str {
        match change {
            Change::New => self.change_new,
            Change::Changed => self.change_changed,
            Change::Removed => self.change_removed,
        }
    }

    /// The word above a callout.
    pub(crate) fn weight_word(&self, weight: Weight) -> &'static str {
        match weight {
            Weight::Note => self.weight_note,
            Weight::Warning => self.weight_warning,
            Weight::Decision => self.weight_decision,
        }
    }
}

/// A text with its places filled: `{name}` by the value of that name, set as what stands around it.
pub(crate) fn fill(template: &str, values: &[(&str, Text)]) -> Text {
    let mut text = Text::default();
    for piece in ours(template).0 {
        let mut rest = piece.words.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, behind)) = after.split_once('}') else { break };
            text.0.push(part(before, piece.face));
            let value = values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone());
            text.0.extend(value.unwrap_or_default().0.into_iter().map(|value| set_as(value, piece.face)));
            rest = behind;
        }
        text.0.push(part(rest, piece.face));
    }
    text.0.retain(|part| !part.words.is_empty());
    text
}

/// The same where only words count.
pub(crate) fn filled(template: &str, values: &[(&str, &str)]) -> String {
    let values: Vec<(&str, Text)> = values.iter().map(|(name, value)| (*name, Text::ours(*value))).collect();
    fill(template, &values).words()
}

fn set_as(part: Part, face: Face) -> Part {
    if face == Face::Plain { part } else { Part { face, ..part } }
}

/// Our words, with code in backticks and strong words between double asterisks.
pub(crate) fn ours(words: &str) -> Text {
    let mut parts = Vec::new();
    for (at, piece) in words.split('`').enumerate() {
        if at % 2 == 1 {
            parts.push(part(piece, Face::Code));
            continue;
        }
        for (at, piece) in piece.split("**").enumerate() {
            parts.push(part(piece, if at % 2 == 1 { Face::Strong } else { Face::Plain }));
        }
    }
    parts.retain(|part| !part.words.is_empty());
    Text(parts)
}

/// Words of a report, which quotes the site's words in backticks: these are set in fixed width, and nothing is lost where
/// they don't pair.
pub(crate) fn quoting(words: &str) -> Text {
    let pieces: Vec<&str> = words.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return Text::ours(words);
    }
    let face = |at: usize| if at.is_multiple_of(2) { Face::Plain } else { Face::Code };
    let parts = pieces.iter().enumerate().map(|(at, piece)| part(piece, face(at)));
    Text(parts.filter(|part| !part.words.is_empty()).collect())
}

fn part(words: &str, face: Face) -> Part {
    Part { words: words.to_owned(), voice: Voice::Ours, face, link: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_keep_the_voice_of_the_value() {
        let text = fill("See `a` of **{who}**, {who}.", &[("who", Text::site("Ann {x}"))]);
        assert_eq!(text.words(), "See a of Ann {x}, Ann {x}.");
        assert!(text.0.contains(&Part { face: Face::Strong, ..Text::site("Ann {x}").0.remove(0) }));
        assert!(text.0.iter().any(|part| part.voice == Voice::Site));
        assert_eq!(text.0.first().map(|part| part.words.as_str()), Some("See "));
    }

    #[test]
    fn every_text_says_something_and_closes_its_marks() {
        for (name, text) in words("en").all() {
            assert!(!text.trim().is_empty(), "{name}");
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{name}");
            assert_eq!(text.matches('`').count() % 2, 0, "{name}");
            assert_eq!(text.matches("**").count() % 2, 0, "{name}");
        }
    }
}
