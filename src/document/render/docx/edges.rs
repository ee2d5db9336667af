//! Page set-up: size, margins, headers and footers.
//!
//! In: which way pages lie. Out: parts for headers and footers, and the properties of a section of the file.

use super::MAIN;
use super::xml::Xml;
use crate::document::content::Document;
use crate::document::render::arrange::Orientation;
use crate::document::text::fixed;

/// Sides of A4, in twentieths of a point.
const A4: (&str, &str) = ("11906", "16838");
/// Letters of the title in a header, so that it stays on one line.
const TITLE_LETTERS: usize = 90;
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

impl Orientation {
    /// Width of the text in twentieths of a point.
    pub(super) fn twips(self) -> u32 {
        super::text::twips(self.width())
    }

    /// Number of its header and footer.
    fn number(self) -> u32 {
        match self {
            Self::Portrait => 1,
            Self::Landscape => 2,
        }
    }
}

/// The header: title on the left, day on the right.
pub(super) fn header(document: &Document, lies: Orientation) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("w:hdr", &[("xmlns:w", MAIN)], |xml| {
        edge(xml, "Header", lies, |xml| {
            words_run(xml, &short(&document.title.words()));
            xml.element("w:r", &[], |xml| xml.empty("w:tab", &[]));
            words_run(xml, &document.date.to_string());
        });
    });
    xml.finish()
}

/// The footer: subtitle on the left, page of pages on the right.
pub(super) fn footer(document: &Document, lies: Orientation) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("w:ftr", &[("xmlns:w", MAIN)], |xml| {
        edge(xml, "Footer", lies, |xml| {
            words_run(xml, &short(&document.subtitle.words()));
            xml.element("w:r", &[], |xml| xml.empty("w:tab", &[]));
            words_run(xml, &format!("{} ", fixed().page));
            field(xml, "PAGE", "1");
            words_run(xml, &format!(" {} ", fixed().page_of));
            field(xml, "NUMPAGES", "1");
        });
    });
    xml.finish()
}

fn edge(xml: &mut Xml, style: &str, lies: Orientation, inside: impl FnOnce(&mut Xml)) {
    xml.element("w:p", &[], |xml| {
        xml.element("w:pPr", &[], |xml| {
            xml.value("w:pStyle", style);
            xml.element("w:tabs", &[], |xml| {
                xml.empty("w:tab", &[("w:val", "right"), ("w:pos", &lies.twips().to_string())]);
            });
        });
        inside(xml);
    });
}

fn words_run(xml: &mut Xml, words: &str) {
    xml.element("w:r", &[], |xml| xml.leaf("w:t", &[("xml:space", "preserve")], words));
}

/// A field with what is shown until it is computed.
fn field(xml: &mut Xml, code: &str, shown: &str) {
    xml.element("w:fldSimple", &[("w:instr", code)], |xml| words_run(xml, shown));
}

/// The beginning of a text, on one line.
fn short(text: &str) -> String {
    let line = text.replace(['\n', '\t'], " ");
    if line.chars().count() <= TITLE_LETTERS {
        return line;
    }
    line.chars().take(TITLE_LETTERS - 1).chain(['…']).collect()
}

/// The properties of a section of the file; the one with the cover has no header and footer on its first page.
pub(super) fn section_properties(xml: &mut Xml, lies: Orientation, cover: bool) {
    let (width, height, margin) = match lies {
        Orientation::Portrait => (A4.0, A4.1, "1134"),
        Orientation::Landscape => (A4.1, A4.0, "850"),
    };
    xml.element("w:sectPr", &[], |xml| {
        let number = lies.number();
        for kind in ["header", "footer"] {
            let id = format!("{kind}{number}");
            xml.empty(
                &format!("w:{kind}Reference"),
                &[("xmlns:r", OFFICE), ("w:type", "default"), ("r:id", &id)],
            );
        }
        xml.value("w:type", "nextPage");
        let size = [("w:w", width), ("w:h", height), ("w:orient", "landscape")];
        xml.empty("w:pgSz", if lies == Orientation::Landscape { &size } else { &size[..2] });
        xml.empty(
            "w:pgMar",
            &[
                ("w:top", "1304"),
                ("w:right", margin),
                ("w:bottom", "1134"),
                ("w:left", margin),
                ("w:header", "624"),
                ("w:footer", "567"),
                ("w:gutter", "0"),
            ],
        );
        if cover {
            xml.empty("w:titlePg", &[]);
        }
    });
}
