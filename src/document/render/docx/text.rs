//! Texts as runs: each part in the style of its voice and face.
//!
//! In: a text. Out: runs and hyperlinks.
//!
//! Invariant: the words of all runs together are the words of the text, as they can be shown.

use super::package::{Relation, Relations};
use super::xml::Xml;
use crate::document::content::{Face, Part, Text, Voice};
use crate::document::render::link::address;
use crate::document::render::visible::visible;

/// How the runs of a text differ from their styles.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// Plain words are set in fixed width.
    pub code: bool,
    /// Struck through.
    pub struck: bool,
}

/// Writes a text.
pub(super) fn runs(xml: &mut Xml, relations: &mut Relations, text: &Text, look: Look) {
    for part in &text.0 {
        match part.link.as_deref().and_then(address) {
            Some(address) => {
                let id = relations.add(Relation::Link(address));
                xml.element("w:hyperlink", &[("r:id", &id), ("w:history", "1")], |xml| {
                    run(xml, "Hyperlink", &part.words, look);
                });
            }
            None => run(xml, style(part, look), &part.words, look),
        }
    }
}

fn style(part: &Part, look: Look) -> &'static str {
    let face = if look.code && part.face == Face::Plain { Face::Code } else { part.face };
    match (part.voice, face) {
        (Voice::Ours, Face::Plain) => "",
        (Voice::Ours, Face::Strong) => "Strong",
        (Voice::Ours, Face::Code) => "Code",
        (Voice::Site, Face::Plain) => "SiteWords",
        (Voice::Site, Face::Strong) => "SiteStrong",
        (Voice::Site, Face::Code) => "SiteCode",
    }
}

/// Writes words in a character style; an empty name is that of the paragraph.
pub(super) fn run(xml: &mut Xml, style: &str, words: &str, look: Look) {
    if words.is_empty() {
        return;
    }
    xml.element("w:r", &[], |xml| {
        if !style.is_empty() || look.struck {
            xml.element("w:rPr", &[], |xml| {
                if !style.is_empty() {
                    xml.value("w:rStyle", style);
                }
                if look.struck {
                    xml.empty("w:strike", &[]);
                }
            });
        }
        for (index, line) in visible(words).split('\n').enumerate() {
            if index > 0 {
                xml.empty("w:br", &[]);
            }
            for (index, piece) in line.split('\t').enumerate() {
                if index > 0 {
                    xml.empty("w:tab", &[]);
                }
                if !piece.is_empty() {
                    xml.leaf("w:t", &[("xml:space", "preserve")], piece);
                }
            }
        }
    });
}

/// Points in twentieths of a point.
pub(super) fn twips(points: f64) -> u32 {
    (points * 20.0).round() as u32
}
