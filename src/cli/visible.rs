//! Texts of a site in reports for people: on one line, and nothing in them that acts instead of being seen.
//!
//! In: texts of any content. Out: texts without control characters.
//!
//! Invariant: no character vanishes: one that would move the cursor, change the direction of what follows or can't stand
//! in XML is shown by its number.

#![expect(unreachable_pub, reason = "the attribute makes a public type of a filter")]

/// A text as it can be shown; a template escapes it besides.
#[askama::filter_fn]
pub(crate) fn seen(text: impl std::fmt::Display, _: &dyn askama::Values) -> askama::Result<String> {
    Ok(visible(&text.to_string()))
}

/// A text as it can be shown: line breaks and tabs are spaces, other control characters are `\u{1b}`.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => shown.push(' '),
            _ if acts(letter) => shown.extend(letter.escape_unicode()),
            _ => shown.push(letter),
        }
    }
    shown
}

/// Adds a line to a text for people. An empty line may stand before it.
pub(super) fn line(text: &mut String, words: std::fmt::Arguments<'_>) -> std::fmt::Result {
    let words = words.to_string();
    let shown = words.strip_prefix('\n');
    if shown.is_some() {
        text.push('\n');
    }
    text.push_str(&visible(shown.unwrap_or(&words)));
    text.push('\n');
    Ok(())
}

/// Control characters, what overrides or embeds a direction, and what is no character.
fn acts(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
        || matches!(letter, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn what_acts_is_shown_by_its_number() {
        assert_eq!(visible("a\u{1b}[31m\u{0}\u{202e}b\u{ffff}"), "a\\u{1b}[31m\\u{0}\\u{202e}b\\u{ffff}");
        assert_eq!(visible("one\r\n\ttwo"), "one   two");
    }

    #[test]
    fn what_is_only_strange_stays() {
        for text in ["<script>&]]>'\"", "שלום עולם", "👩‍💻 é", "a\u{200f}b"] {
            assert_eq!(visible(text), text);
        }
    }
}
