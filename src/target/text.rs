//! Descriptions cut to what a platform takes.

use crate::policy::Flow;
use crate::policy::identity::short_hash;
use crate::policy::service::ServiceSet;

/// What a platform takes as a description.
#[derive(Debug, Clone, Copy)]
pub struct TextLimit {
    /// Most characters.
    pub length: usize,
    /// True for characters that may stand; others become a space, runs of spaces one space.
    pub allowed: fn(char) -> bool,
}

/// Why a rule on some services is there, cleaned, shortened at a word where possible, ended with the ids of the flows
/// that ask for it in parentheses (after a space where parentheses may not stand).
///
/// The reason is that of the first flow: the one for these services, or the purpose of the whole statement where
/// several reasons come together. Ids that would take more than half of the room are counted only.
pub fn description<'a>(
    flows: impl IntoIterator<Item = &'a Flow>,
    services: &ServiceSet,
    limit: TextLimit,
) -> String {
    let flows: Vec<&Flow> = flows.into_iter().collect();
    let ids: Vec<&str> = flows.iter().map(|flow| flow.id.as_str()).collect();
    describe(flows.first().map_or("", |flow| reason_of(flow, services)), &ids, limit)
}

fn reason_of<'a>(flow: &'a Flow, services: &ServiceSet) -> &'a str {
    let mut reasons = flow.provenance.iter().filter(|reason| reason.services.meets(services));
    match (reasons.next(), reasons.next()) {
        (Some(only), None) => &only.because,
        _ => flow.provenance.first().map_or("", |reason| reason.purpose.as_str()),
    }
}

fn describe(reason: &str, ids: &[&str], limit: TextLimit) -> String {
    let end = bracketed(&list_ids(ids, limit), limit);
    let room = limit.length.saturating_sub(end.chars().count() + 1);
    let start = shorten(&clean(reason, limit.allowed), room);
    if start.is_empty() { end } else { format!("{start} {end}") }
}

fn bracketed(text: &str, limit: TextLimit) -> String {
    let brackets = (limit.allowed)('(') && (limit.allowed)(')');
    if brackets { format!("({text})") } else { text.to_owned() }
}

/// As many ids as fit into half of the room, at least one, and the number of the others.
fn list_ids(ids: &[&str], limit: TextLimit) -> String {
    let comma = if (limit.allowed)(',') { ", " } else { " " };
    let listed = (1..=ids.len()).rev().map(|count| {
        let start = ids.get(..count).unwrap_or_default().join(comma);
        let others = ids.len() - count;
        if others == 0 { start } else { format!("{start} and {others} more") }
    });
    let mut shortest = String::new();
    for text in listed {
        let fits = text.chars().count() + 2 <= limit.length / 2;
        shortest = text;
        if fits {
            break;
        }
    }
    shortest
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

/// What readers expect to see where only plain characters may stand.
fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        '\'' | '\u{2019}' => "",
        '&' => " and ",
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

/// A name that stands for somebody in what is written, so that two names are never one: what had to be changed to fit ends with
/// a hash of the name.
pub fn marked(name: &str, limit: TextLimit) -> String {
    const HASH: usize = 8;
    let kept = clean(name, limit.allowed);
    if kept == name && kept.chars().count() <= limit.length {
        return kept;
    }
    let start: String = kept.chars().take(limit.length.saturating_sub(HASH + 1)).collect();
    format!("{} {}", start.trim_end(), short_hash(&[name], HASH)).trim_start().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASCII: TextLimit =
        TextLimit { length: 24, allowed: |c| c.is_ascii_alphanumeric() || " .()-".contains(c) };

    #[test]
    fn descriptions_are_cleaned_cut_at_a_word_and_end_with_the_row() {
        let id = "r-abcdefgh";
        let text = describe("Für \"alle\" -> registration of desktops", &[id], ASCII);
        assert_eq!(text, format!("Fuer alle ({id})"));
        assert!(text.chars().count() <= 24);
        assert_eq!(describe("", &[id], ASCII), format!("({id})"));
    }

    #[test]
    fn many_rows_are_counted_where_they_do_not_fit() {
        let ids = ["r-aaaaaaaa", "r-bbbbbbbb", "r-cccccccc"];
        let limit = TextLimit { length: 64, ..ASCII };
        assert_eq!(describe("why", &ids, limit), "why (r-aaaaaaaa and 2 more)");
        assert_eq!(describe("why", &ids[..1], limit), "why (r-aaaaaaaa)");
        let wide = TextLimit { length: 140, ..ASCII };
        assert_eq!(describe("why", &ids, wide), "why (r-aaaaaaaa r-bbbbbbbb r-cccccccc)");
    }
}
