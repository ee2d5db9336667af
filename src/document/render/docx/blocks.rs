//! Blocks as paragraphs: headings, lists, callouts, listings, figures, the cover and the table of contents.
//!
//! In: blocks. Out: WordprocessingML in a [`Writer`].

use super::DocxError;
use super::numbering::FIRST_LIST;
use super::package::{Relation, Relations};
use super::text::{Look, run, runs, twips};
use super::xml::Xml;
use crate::document::content::{Block, Document, Figure, Text, Weight};
use crate::document::render::arrange::{Orientation, figure_size};
use crate::document::render::picture;
use crate::document::text::fixed;

/// Units of a drawing in a point.
const UNITS_PER_POINT: f64 = 12_700.0;
/// Pixels of a picture to an inch of paper.
const PIXELS_PER_INCH: f64 = 220.0;
/// Widest picture in pixels, so that memory stays small.
const WIDEST: f64 = 6_000.0;
/// Width of the labels on the cover, in points.
const LABEL_WIDTH: f64 = 130.0;

/// The main part while it is written.
#[derive(Debug)]
pub(super) struct Writer {
    pub xml: Xml,
    pub relations: Relations,
    /// Numbered lists so far.
    pub lists: usize,
    /// Runs of pages that have ended.
    pub runs: usize,
    headings: usize,
    tables: usize,
    figures: usize,
}

impl Writer {
    pub(super) fn new() -> Self {
        let relations = Relations::default();
        Self { xml: Xml::new(), relations, lists: 0, runs: 0, headings: 0, tables: 0, figures: 0 }
    }

    /// A paragraph in a style.
    pub(super) fn paragraph(&mut self, style: &str, text: &Text) {
        let relations = &mut self.relations;
        styled(&mut self.xml, style, |_| (), |xml| runs(xml, relations, text, Look::default()));
    }

    pub(super) fn cover(&mut self, document: &Document) {
        self.paragraph("Title", &document.title);
        self.paragraph("Subtitle", &document.subtitle);
        let widths = [twips(LABEL_WIDTH), Orientation::Portrait.twips() - twips(LABEL_WIDTH)];
        let Self { xml, relations, .. } = self;
        super::table::frame(xml, "TableNormal", "cover", &widths, |xml| {
            for (label, value) in &document.facts {
                super::table::row(xml, |xml| {
                    super::table::cell(xml, widths[0], |xml| {
                        styled(xml, "FactLabel", |_| (), |xml| run(xml, "", label, Look::default()));
                    });
                    super::table::cell(xml, widths[1], |xml| {
                        styled(xml, "FactValue", |_| (), |xml| runs(xml, relations, value, Look::default()));
                    });
                });
            }
        });
    }

    /// A field that word processors fill with page numbers; until then it lists the headings with links.
    pub(super) fn contents(&mut self, document: &Document) {
        styled(&mut self.xml, "TOCHeading", |_| (), |xml| run(xml, "", fixed().contents, Look::default()));
        let entries = entries(document);
        self.xml.element("w:sdt", &[], |xml| {
            xml.element("w:sdtPr", &[], |xml| {
                xml.element("w:docPartObj", &[], |xml| {
                    xml.value("w:docPartGallery", "Table of Contents");
                    xml.empty("w:docPartUnique", &[]);
                });
            });
            xml.element("w:sdtContent", &[], |xml| {
                for (index, entry) in entries.iter().enumerate() {
                    contents_entry(xml, entry, index + 1, index == 0);
                }
                styled(xml, "AfterTable", |_| (), |xml| mark(xml, "end"));
            });
        });
    }

    pub(super) fn heading(&mut self, level: usize, title: &Text, new_page: bool) {
        self.headings += 1;
        let id = self.headings.to_string();
        let name = format!("_Toc{id}");
        let relations = &mut self.relations;
        let properties = |xml: &mut Xml| {
            if new_page {
                xml.empty("w:pageBreakBefore", &[]);
            }
        };
        styled(&mut self.xml, &format!("Heading{level}"), properties, |xml| {
            xml.empty("w:bookmarkStart", &[("w:id", &id), ("w:name", &name)]);
            runs(xml, relations, title, Look::default());
            xml.empty("w:bookmarkEnd", &[("w:id", &id)]);
        });
    }

    pub(super) fn steps(&mut self, items: &[Text]) {
        let list = (FIRST_LIST + self.lists).to_string();
        self.lists += 1;
        let Self { xml, relations, .. } = self;
        for item in items {
            let numbered = |xml: &mut Xml| {
                xml.element("w:numPr", &[], |xml| {
                    xml.value("w:ilvl", "0");
                    xml.value("w:numId", &list);
                });
            };
            styled(xml, "ListNumber", numbered, |xml| runs(xml, relations, item, Look::default()));
        }
    }

    /// A bar on the left whose thickness says how much it matters, and the word for it.
    pub(super) fn callout(&mut self, weight: Weight, title: &Text, body: &[Text]) {
        let style = match weight {
            Weight::Note => "CalloutNote",
            Weight::Warning => "CalloutWarning",
            Weight::Decision => "CalloutDecision",
        };
        let Self { xml, relations, .. } = self;
        let next = |xml: &mut Xml| {
            if !body.is_empty() {
                xml.empty("w:keepNext", &[]);
            }
        };
        styled(xml, style, next, |xml| {
            run(xml, "Strong", &format!("{}: ", fixed().weight_word(weight)), Look::default());
            runs(xml, relations, &strong(title), Look::default());
        });
        for text in body {
            styled(xml, style, |_| (), |xml| runs(xml, relations, text, Look::default()));
        }
        styled(xml, "AfterTable", |_| (), |_| ());
    }

    pub(super) fn listing(&mut self, name: &str, text: &str) {
        styled(&mut self.xml, "ListingName", |_| (), |xml| run(xml, "", name, Look::default()));
        for line in text.split('\n') {
            styled(&mut self.xml, "Listing", |_| (), |xml| run(xml, "", line, Look::default()));
        }
        styled(&mut self.xml, "AfterTable", |_| (), |_| ());
    }

    pub(super) fn figure(&mut self, figure: &Figure, lies: Orientation) -> Result<(), DocxError> {
        let (width, height) = figure_size(figure, lies);
        let pixels = (width / 72.0 * PIXELS_PER_INCH).clamp(1.0, WIDEST);
        let bytes = picture::png(&figure.id, &figure.svg, pixels.round() as u32)?;
        let id = self.relations.add(Relation::Picture(bytes));
        self.figures += 1;
        let number = self.figures;
        let size = [width, height].map(|points| ((points * UNITS_PER_POINT).round() as u64).to_string());
        styled(
            &mut self.xml,
            "Figure",
            |_| (),
            |xml| {
                xml.element("w:r", &[], |xml| drawing(xml, figure, number, &id, &size));
            },
        );
        self.caption("FigureCaption", fixed().figure, number, &figure.caption);
        Ok(())
    }

    /// Numbers a table and writes its caption.
    pub(super) fn table_caption(&mut self, caption: &Text) {
        self.tables += 1;
        self.caption("Caption", fixed().table, self.tables, caption);
    }

    fn caption(&mut self, style: &str, word: &str, number: usize, caption: &Text) {
        let relations = &mut self.relations;
        styled(
            &mut self.xml,
            style,
            |_| (),
            |xml| {
                run(xml, "", &format!("{word} "), Look::default());
                xml.element("w:fldSimple", &[("w:instr", &format!("SEQ {word} \\* ARABIC"))], |xml| {
                    run(xml, "", &number.to_string(), Look::default());
                });
                run(xml, "", ": ", Look::default());
                runs(xml, relations, caption, Look::default());
            },
        );
    }
}

/// A paragraph with further properties before its runs.
pub(super) fn styled(
    xml: &mut Xml,
    style: &str,
    properties: impl FnOnce(&mut Xml),
    inside: impl FnOnce(&mut Xml),
) {
    xml.element("w:p", &[], |xml| {
        xml.element("w:pPr", &[], |xml| {
            xml.value("w:pStyle", style);
            properties(xml);
        });
        inside(xml);
    });
}

/// A text whose plain parts are emphasised.
fn strong(text: &Text) -> Text {
    use crate::document::content::Face;
    let emphasised = text.0.iter().cloned().map(|mut part| {
        if part.face == Face::Plain {
            part.face = Face::Strong;
        }
        part
    });
    Text(emphasised.collect())
}

/// A heading as the table of contents lists it.
struct Entry {
    level: usize,
    number: String,
    title: String,
}

fn entries(document: &Document) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (index, section) in document.sections.iter().enumerate() {
        let number = index + 1;
        entries.push(Entry { level: 1, number: number.to_string(), title: section.title.clone() });
        let titles = section.blocks.iter().filter_map(|block| match block {
            Block::Heading { title, .. } => Some(title.words()),
            _ => None,
        });
        entries.extend(titles.enumerate().map(|(place, title)| Entry {
            level: 2,
            number: format!("{number}.{}", place + 1),
            title: title.replace('\n', " "),
        }));
    }
    entries
}

fn contents_entry(xml: &mut Xml, entry: &Entry, heading: usize, first: bool) {
    let name = format!("_Toc{heading}");
    styled(
        xml,
        &format!("TOC{}", entry.level),
        |_| (),
        |xml| {
            if first {
                xml.element("w:r", &[], |xml| {
                    xml.empty("w:fldChar", &[("w:fldCharType", "begin"), ("w:dirty", "true")])
                });
                instruction(xml, " TOC \\o \"1-2\" \\h \\z \\u ");
                mark(xml, "separate");
            }
            xml.element("w:hyperlink", &[("w:anchor", &name), ("w:history", "1")], |xml| {
                run(
                    xml,
                    "",
                    &format!("{}\t{}\t", entry.number, entry.title.replace('\t', " ")),
                    Look::default(),
                );
                mark(xml, "begin");
                instruction(xml, &format!(" PAGEREF {name} \\h "));
                mark(xml, "separate");
                mark(xml, "end");
            });
        },
    );
}

fn mark(xml: &mut Xml, kind: &str) {
    xml.element("w:r", &[], |xml| xml.empty("w:fldChar", &[("w:fldCharType", kind)]));
}

fn instruction(xml: &mut Xml, text: &str) {
    xml.element("w:r", &[], |xml| xml.leaf("w:instrText", &[("xml:space", "preserve")], text));
}

/// A picture in the line, described for whoever can't see it.
fn drawing(xml: &mut Xml, figure: &Figure, number: usize, relation: &str, [width, height]: &[String; 2]) {
    const PICTURE: &str = "http://schemas.openxmlformats.org/drawingml/2006/picture";
    let id = number.to_string();
    let size = [("cx", width.as_str()), ("cy", height.as_str())];
    let names = [("id", id.as_str()), ("name", figure.id.as_str()), ("descr", figure.description.as_str())];
    xml.element("w:drawing", &[], |xml| {
        let distances = [("distT", "0"), ("distB", "0"), ("distL", "0"), ("distR", "0")];
        xml.element("wp:inline", &distances, |xml| {
            xml.empty("wp:extent", &size);
            xml.empty("wp:docPr", &names);
            xml.element("a:graphic", &[], |xml| {
                xml.element("a:graphicData", &[("uri", PICTURE)], |xml| {
                    xml.element("pic:pic", &[("xmlns:pic", PICTURE)], |xml| {
                        xml.element("pic:nvPicPr", &[], |xml| {
                            xml.empty("pic:cNvPr", &names);
                            xml.empty("pic:cNvPicPr", &[]);
                        });
                        xml.element("pic:blipFill", &[], |xml| {
                            xml.empty("a:blip", &[("r:embed", relation)]);
                            xml.element("a:stretch", &[], |xml| xml.empty("a:fillRect", &[]));
                        });
                        xml.element("pic:spPr", &[], |xml| {
                            xml.element("a:xfrm", &[], |xml| {
                                xml.empty("a:off", &[("x", "0"), ("y", "0")]);
                                xml.empty("a:ext", &size);
                            });
                            xml.element("a:prstGeom", &[("prst", "rect")], |xml| xml.empty("a:avLst", &[]));
                        });
                    });
                });
            });
        });
    });
}
