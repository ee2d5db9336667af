//! Text in pictures: cleaned, measured, wrapped, escaped.
//!
//! In: any text. Out: text that every renderer shows in no more room than was reserved for it.
//!
//! Invariant: measuring is generous: widths are those of a wide common face, and unknown letters count as the widest.
//! Invariant: cleaned text is one line of characters that XML allows, without marks that turn the direction of what follows.

/// Advance widths of the printable ASCII characters, in thousandths of the size.
///
/// Source: fonts DejaVu Sans and DejaVu Sans Bold 2.37, table `hmtx`, the larger of both, read 2026-11-28. Arial, Helvetica
/// and Liberation Sans are narrower.
const ASCII_WIDTHS: [i32; 95] = [
    349, 457, 521, 838, 696, 1002, 873, 307, 458, 458, 523, 838, 380, 416, 380, 366, 696, 696, 696, 696, 696,
    696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 581, 1000, 774, 763, 734, 831, 684, 684, 821, 837, 373,
    373, 775, 638, 996, 837, 851, 733, 851, 771, 721, 683, 813, 774, 1104, 771, 725, 726, 458, 366, 458, 838,
    500, 500, 675, 716, 593, 716, 679, 436, 716, 712, 343, 343, 666, 343, 1042, 712, 688, 716, 716, 494, 596,
    479, 712, 652, 924, 646, 652, 583, 712, 366, 712, 838,
];

/// Width of every other character, in thousandths of the size: wide scripts and emoji have 1000 to 1380.
///
/// Source: as above, ranges 0400 to 06FF; emoji of Noto Color Emoji 2.042 have 1245. Read 2026-11-28.
const OTHER_WIDTH: i32 = 1400;

/// Characters that change the direction of text, or have no width of their own.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{61c}')
}

/// Characters that XML does not allow: shown as the sign for what can't be shown.
fn is_forbidden(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}')
}

/// One line of allowed characters, without space at its ends.
pub(super) fn clean(text: &str) -> String {
    let visible = text.chars().filter(|letter| !is_invisible(*letter));
    let shown = visible.map(|letter| match letter {
        letter if letter.is_whitespace() => ' ',
        letter if is_forbidden(letter) => '\u{fffd}',
        letter => letter,
    });
    shown.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Room that a text needs at a size, both in pixels.
pub(super) fn width(text: &str, size: i32) -> i32 {
    let thousandths: i32 = text.chars().map(letter_width).fold(0, i32::saturating_add);
    thousandths.saturating_mul(size).saturating_add(999) / 1000
}

fn letter_width(letter: char) -> i32 {
    let place = usize::try_from(u32::from(letter)).ok().and_then(|code| code.checked_sub(32));
    place.and_then(|place| ASCII_WIDTHS.get(place)).copied().unwrap_or(OTHER_WIDTH)
}

/// The text in lines that fit.
pub(super) fn wrap(text: &str, size: i32, room: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let end = line_end(rest, size, room);
        let (line, after) = rest.split_at(end);
        lines.push(line.trim_end().to_owned());
        rest = after.trim_start();
    }
    lines
}

/// Where the first line of a text ends: after the last place to break that fits, else in the middle of a word.
fn line_end(text: &str, size: i32, room: i32) -> usize {
    let mut fits = 0;
    let mut place = 0;
    for (at, letter) in text.char_indices() {
        let end = at + letter.len_utf8();
        if width(text.get(..end).unwrap_or(text).trim_end(), size) > room {
            let anywhere = if fits == 0 { end } else { fits };
            return if place == 0 { anywhere } else { place };
        }
        fits = end;
        if matches!(letter, ' ' | '-' | '_' | '.') {
            place = end;
        }
    }
    text.len()
}

/// The text as XML shows it, in an element or an attribute.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter if is_forbidden(letter) => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_becomes_one_harmless_line() {
        assert_eq!(clean("a\u{0}b\n\tc \u{202e}d"), "a\u{fffd}b c d");
        assert_eq!(escape("<a href='x'>&\"\u{1}"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\u{fffd}");
    }

    #[test]
    fn lines_fit_their_room_and_lose_nothing() {
        for text in ["name-resolution of everything", "averylongwordwithoutanyplacetobreakit"] {
            let lines = wrap(text, 10, 80);
            assert!(lines.iter().all(|line| width(line, 10) <= 80), "{lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
        assert!(wrap("  ", 10, 60).is_empty());
    }
}
