//! Fonts that formats draw with: in the program, so that no machine's own fonts change a picture or a page.
//!
//! In: nothing. Out: font files, in the order in which they are tried; texts of which they have every letter.
//!
//! Noto Sans has Latin, Greek and Cyrillic; DejaVu adds Hebrew, Arabic, Armenian, Georgian and symbols; Noto Emoji has
//! pictograms in black. All are free (SIL Open Font License, Bitstream Vera licence) and come with pinned crates.
//! Chinese, Japanese and Korean are not among them: their fonts are larger than the program.
//!
//! Invariant: a letter that no font has is shown by its number, never as an empty box.

use std::borrow::Cow;
use std::sync::LazyLock;

use ttf_parser::Face;

/// The family that text is set in.
pub(super) const TEXT: &str = "Noto Sans";
/// The family of what is copied to the letter: ids, addresses, commands.
pub(super) const CODE: &str = "DejaVu Sans Mono";

/// The font files.
pub(super) fn all() -> [&'static [u8]; 11] {
    [
        notosans::REGULAR_TTF,
        notosans::BOLD_TTF,
        notosans::ITALIC_TTF,
        notosans::BOLD_ITALIC_TTF,
        dejavu::sans_mono::regular(),
        dejavu::sans_mono::bold(),
        dejavu::sans_mono::oblique(),
        dejavu::sans_mono::bold_oblique(),
        dejavu::sans::regular(),
        dejavu::sans::bold(),
        epaint_default_fonts::NOTO_EMOJI_REGULAR,
    ]
}

/// What tells which letters there are: one face of each family.
static FACES: LazyLock<Vec<Face<'static>>> = LazyLock::new(|| {
    let files = [notosans::REGULAR_TTF, dejavu::sans::regular(), epaint_default_fonts::NOTO_EMOJI_REGULAR];
    files.into_iter().filter_map(|file| Face::parse(file, 0).ok()).collect()
});

/// A text with the number of each letter that no font has in its place.
pub(super) fn drawable(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || text.chars().all(is_drawable) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_drawable(letter) {
            shown.push(letter);
        } else {
            shown.push_str(&format!("[U+{:04X}]", u32::from(letter)));
        }
    }
    Cow::Owned(shown)
}

/// True where a font has the letter, or where it has no look of its own: joiners, and what chooses between looks.
fn is_drawable(letter: char) -> bool {
    letter.is_ascii()
        || matches!(letter, '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
        || FACES.iter().any(|face| face.glyph_index(letter).is_some())
}

#[cfg(test)]
mod tests {
    use super::{FACES, all, drawable};

    #[test]
    fn every_font_file_is_one() {
        assert_eq!(FACES.len(), 3);
        assert!(all().iter().all(|file| ttf_parser::Face::parse(file, 0).is_ok()));
    }

    #[test]
    fn letters_of_europe_and_its_neighbours_are_drawn_and_others_numbered() {
        for text in ["Grüße, Ελληνικά, Кириллица, ŁódźŐ", "שלום عربي", "→ ✓ ☐ 🔥👩\u{200d}💻"]
        {
            assert_eq!(drawable(text), text);
        }
        assert_eq!(drawable("中 x"), "[U+4E2D] x");
    }
}
