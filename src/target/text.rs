//! Descriptions cut to what a platform takes.

use crate::policy::{Flow, RowId};

/// What a platform takes as a description.
#[derive(Debug, Clone, Copy)]
pub struct TextLimit {
    /// Most characters.
    pub length: usize,
    /// True for characters that may stand; others become a space, runs of spaces one space.
    pub allowed: fn(char) -> bool,
}

/// The first reason of a flow, cleaned, shortened at a word where possible, ended with the row id in parentheses.
///
/// When parentheses may not stand, the id follows a space.
pub fn description(flow: &Flow, limit: TextLimit) -> String {
    let reason = flow.provenance.first().map_or("", |reason| reason.because.as_str());
    describe(reason, &flow.id, limit)
}

/// The same for a reason given as text.
pub fn describe(reason: &str, id: &RowId, limit: TextLimit) -> String {
    let brackets = (limit.allowed)('(') && (limit.allowed)(')');
    let end = if brackets { format!("({id})") } else { id.to_string() };
    let room = limit.length.saturating_sub(end.chars().count() + 1);
    let start = shorten(&clean(reason, limit.allowed), room);
    if start.is_empty() { end } else { format!("{start} {end}") }
}

/// Replaces characters that may not stand by a space and folds runs of spaces; common letters lose their accents first.
pub fn clean(text: &str, allowed: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if allowed(character) {
            out.push(character);
        } else {
            out.push_str(plain(character).unwrap_or(" "));
        }
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters that readers expect to survive where only ASCII may stand.
fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        'ä' => "ae",
        'ö' => "oe",
        'ü' => "ue",
        'Ä' => "Ae",
        'Ö' => "Oe",
        'Ü' => "Ue",
        'ß' => "ss",
        'à' | 'á' | 'â' | 'ã' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' => "o",
        'ù' | 'ú' | 'û' => "u",
        _ => return None,
    })
}

/// At most `room` characters, cut after a word when the last word doesn't fit.
fn shorten(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let cut: String = text.chars().take(room).collect();
    let whole_words = cut.rfind(' ').map_or(cut.as_str(), |at| cut.get(..at).unwrap_or(""));
    whole_words.trim_end_matches([',', ';', ':', '-', ' ']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: TextLimit =
        TextLimit { length: 24, allowed: |c| c.is_ascii_alphanumeric() || " .()-".contains(c) };

    #[test]
    fn descriptions_are_cleaned_cut_at_a_word_and_end_with_the_row() {
        let id = RowId::of(&["x"], 8);
        let text = describe("Für \"alle\" -> registration of desktops", &id, ASCII);
        assert_eq!(text, format!("Fuer alle ({id})"));
        assert!(text.chars().count() <= 24);
        assert_eq!(describe("", &id, ASCII), format!("({id})"));
    }
}
