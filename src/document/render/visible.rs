//! Text as it may stand on a page: what can't be seen, or changes how the rest is read, is shown by its number.
//!
//! In: words of any content. Out: words that look like what they are.
//!
//! Invariant: line feeds and tabs are the only control characters that pass.

use std::borrow::Cow;

/// Words with `U+202E` in the place of every character that is invisible or turns the direction of reading.
pub(super) fn visible(words: &str) -> Cow<'_, str> {
    if !words.chars().any(is_hidden) {
        return Cow::Borrowed(words);
    }
    let mut shown = String::with_capacity(words.len());
    for letter in words.chars() {
        if is_hidden(letter) {
            shown.push_str(&format!("[U+{:04X}]", u32::from(letter)));
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// Control characters, and those that only change how others are shown. The joiners of emoji and scripts pass.
///
/// Source: Unicode 16.0, general categories Cc and Cf, and UAX 9 on explicit directional formatting, read 2026-11-20.
fn is_hidden(letter: char) -> bool {
    match letter {
        '\n' | '\t' | '\u{200C}' | '\u{200D}' => false,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' => true,
        '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' => true,
        '\u{E0000}'..='\u{E007F}' | '\u{FFFE}' | '\u{FFFF}' => true,
        _ => letter.is_control(),
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn hidden_characters_are_named_and_emoji_stay_whole() {
        assert_eq!(visible("a\u{202E}b\u{0007}"), "a[U+202E]b[U+0007]");
        assert_eq!(visible("family 👨\u{200D}👩 ok\nnext"), "family 👨\u{200D}👩 ok\nnext");
    }
}
