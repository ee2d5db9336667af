//! A document for word processors: WordprocessingML (ECMA-376) in a ZIP archive.
//!
//! In: a [`Document`]. Out: the bytes of a DOCX file.
//!
//! The parts are written here and not by a crate: those that were tried count ids for a whole process, so that a second
//! document differs from the first, describe no picture for readers who can't see it, escape `&` twice in a table of
//! contents, and write no check box. What is left is XML, which `xml.rs` keeps well-formed.
//!
//! Figures are PNG: word processors draw the text of an SVG with whatever fonts they find, so that words leave their
//! boxes; pixels look the same everywhere, and 220 to an inch print sharply.
//!
//! Invariant: equal documents give equal bytes.

mod blocks;
mod edges;
mod numbering;
mod package;
mod table;
mod text;
mod xml;

use self::blocks::Writer;
use self::package::Parts;
use super::arrange::{Orientation, orientations};
use super::picture::PictureError;
use crate::document::content::{Block, Document, Section};

/// The namespace of the main part.
const MAIN: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

/// The styles, with a place for the language.
const STYLES: &str = include_str!("styles.xml");

/// Why a document can't be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocxError {
    /// A figure can't be drawn.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The archive can't be written: more than it can hold.
    #[error("the archive can't be written: {0}")]
    Archive(String),
}

/// Writes a document.
pub(super) fn render(document: &Document) -> Result<Vec<u8>, DocxError> {
    let mut writer = Writer::new();
    writer.document(document)?;
    let Writer { xml, relations, lists, .. } = writer;
    let parts = Parts {
        document: xml.finish(),
        styles: STYLES.replace("LANGUAGE", document.language).into_bytes(),
        numbering: numbering::part(lists),
        edges: [Orientation::Portrait, Orientation::Landscape]
            .map(|orientation| (edges::header(document, orientation), edges::footer(document, orientation)))
            .into(),
        relations,
    };
    package::pack(document, &parts).map_err(|error| DocxError::Archive(error.to_string()))
}

/// Attributes of the main part's root: the namespaces of all that is inside.
const ROOT: [(&str, &str); 7] = [
    ("xmlns:w", MAIN),
    ("xmlns:r", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
    ("xmlns:wp", "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"),
    ("xmlns:a", "http://schemas.openxmlformats.org/drawingml/2006/main"),
    ("xmlns:w14", "http://schemas.microsoft.com/office/word/2010/wordml"),
    ("xmlns:mc", "http://schemas.openxmlformats.org/markup-compatibility/2006"),
    ("mc:Ignorable", "w14"),
];

impl Writer {
    fn document(&mut self, document: &Document) -> Result<(), DocxError> {
        let mut outcome = Ok(());
        let mut root = std::mem::replace(&mut self.xml, xml::Xml::new());
        root.element("w:document", &ROOT, |root| {
            root.element("w:body", &[], |body| {
                std::mem::swap(&mut self.xml, body);
                outcome = self.body(document);
                std::mem::swap(&mut self.xml, body);
            });
        });
        self.xml = root;
        outcome
    }

    /// Cover, contents, sections: each run of sections whose pages lie the same way is one section of the file.
    fn body(&mut self, document: &Document) -> Result<(), DocxError> {
        self.cover(document);
        self.contents(document);
        let mut lies = Orientation::Portrait;
        let mut first = true;
        for (section, needed) in document.sections.iter().zip(orientations(&document.sections)) {
            let turned = needed != lies;
            if turned {
                self.close_run(lies);
                lies = needed;
            }
            self.section(section, lies, first && !turned)?;
            first = false;
        }
        edges::section_properties(&mut self.xml, lies, document.sections.is_empty());
        Ok(())
    }

    /// Ends a run of pages that lie the same way.
    fn close_run(&mut self, lies: Orientation) {
        let cover = self.runs == 0;
        self.runs += 1;
        self.xml.element("w:p", &[], |xml| {
            xml.element("w:pPr", &[], |xml| {
                xml.value("w:pStyle", "SectionEnd");
                edges::section_properties(xml, lies, cover);
            });
        });
    }

    fn section(&mut self, section: &Section, lies: Orientation, new_page: bool) -> Result<(), DocxError> {
        let title = crate::document::content::Text::ours(section.title.as_str());
        self.heading(1, &title, new_page);
        section.blocks.iter().try_for_each(|block| self.block(block, lies))
    }

    fn block(&mut self, block: &Block, lies: Orientation) -> Result<(), DocxError> {
        match block {
            Block::Heading { title, .. } => self.heading(2, title, false),
            Block::Paragraph(text) => self.paragraph("Normal", text),
            Block::Bullets(items) => items.iter().for_each(|item| self.paragraph("ListBullet", item)),
            Block::Steps(items) => self.steps(items),
            Block::Checklist(tasks) => self.checklist(tasks, lies),
            Block::Callout { weight, title, body } => self.callout(*weight, title, body),
            Block::Listing { name, text } => self.listing(name, text),
            Block::Table(table) => self.table(table, lies),
            Block::Figure(figure) => self.figure(figure, lies)?,
            Block::SignOff(signatures) => self.sign_off(signatures, lies),
        }
        Ok(())
    }
}
