//! The container: parts with their types and relations, in a ZIP archive.
//!
//! In: the parts. Out: the bytes of a DOCX file.
//!
//! Invariant: the order of parts and every time in the archive are fixed, so that equal parts give equal bytes.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};

use time::Date;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::xml::Xml;
use crate::document::content::Document;

const TYPES: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
const RELATIONS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";

/// What the main part refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Relation {
    /// An address outside.
    Link(String),
    /// A picture of the archive.
    Picture(Vec<u8>),
}

/// Relations of the main part, numbered from 1 in the order in which they are added.
#[derive(Debug, Default)]
pub(super) struct Relations {
    all: Vec<Relation>,
    links: BTreeMap<String, usize>,
}

impl Relations {
    /// Adds a relation and gives its id; the same address is one relation.
    pub(super) fn add(&mut self, relation: Relation) -> String {
        let next = self.all.len() + 1;
        if let Relation::Link(address) = &relation {
            if let Some(known) = self.links.get(address) {
                return format!("r{known}");
            }
            self.links.insert(address.clone(), next);
        }
        self.all.push(relation);
        format!("r{next}")
    }
}

/// The parts that are written for each document.
#[derive(Debug)]
pub(super) struct Parts {
    pub document: Vec<u8>,
    pub styles: Vec<u8>,
    pub numbering: Vec<u8>,
    /// Header and footer pairs.
    pub edges: Vec<(Vec<u8>, Vec<u8>)>,
    pub relations: Relations,
}

/// Parts beside the main one with a fixed name: its ending of type and relation.
const FIXED: [(&str, &str); 4] =
    [("styles", "styles"), ("numbering", "numbering"), ("settings", "settings"), ("fontTable", "fontTable")];

/// Packs the parts.
pub(super) fn pack(document: &Document, parts: &Parts) -> zip::result::ZipResult<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, bytes: &[u8], method: CompressionMethod| {
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(zip::DateTime::default());
        archive.start_file(name, options)?;
        archive.write_all(bytes).map_err(zip::result::ZipError::Io)
    };
    let mut text = |name: &str, bytes: &[u8]| add(name, bytes, CompressionMethod::Deflated);
    text("[Content_Types].xml", &content_types(parts))?;
    text("_rels/.rels", &package_relations())?;
    text("docProps/core.xml", &core(document))?;
    text("docProps/app.xml", &app())?;
    text("word/document.xml", &parts.document)?;
    text("word/_rels/document.xml.rels", &document_relations(parts))?;
    text("word/styles.xml", &parts.styles)?;
    text("word/numbering.xml", &parts.numbering)?;
    text("word/settings.xml", &settings(document.language))?;
    text("word/fontTable.xml", &font_table())?;
    for (index, (header, footer)) in parts.edges.iter().enumerate() {
        text(&format!("word/header{}.xml", index + 1), header)?;
        text(&format!("word/footer{}.xml", index + 1), footer)?;
    }
    for (index, relation) in parts.relations.all.iter().enumerate() {
        if let Relation::Picture(bytes) = relation {
            add(&format!("word/media/picture{}.png", index + 1), bytes, CompressionMethod::Stored)?;
        }
    }
    Ok(archive.finish()?.into_inner())
}

fn content_types(parts: &Parts) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("Types", &[("xmlns", TYPES)], |xml| {
        xml.empty("Default", &[("Extension", "png"), ("ContentType", "image/png")]);
        xml.empty(
            "Default",
            &[
                ("Extension", "rels"),
                ("ContentType", "application/vnd.openxmlformats-package.relationships+xml"),
            ],
        );
        xml.empty("Default", &[("Extension", "xml"), ("ContentType", "application/xml")]);
        let mut part =
            |name: &str, kind: &str| xml.empty("Override", &[("PartName", name), ("ContentType", kind)]);
        part("/word/document.xml", &format!("{WORD}.document.main+xml"));
        for (name, kind) in FIXED {
            part(&format!("/word/{name}.xml"), &format!("{WORD}.{kind}+xml"));
        }
        for index in 1..=parts.edges.len() {
            part(&format!("/word/header{index}.xml"), &format!("{WORD}.header+xml"));
            part(&format!("/word/footer{index}.xml"), &format!("{WORD}.footer+xml"));
        }
        part("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml");
        part("/docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml");
    });
    xml.finish()
}

fn package_relations() -> Vec<u8> {
    let core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties";
    let mut xml = Xml::new();
    xml.element("Relationships", &[("xmlns", RELATIONS)], |xml| {
        relation(xml, "r1", &format!("{OFFICE}/officeDocument"), "word/document.xml");
        relation(xml, "r2", core, "docProps/core.xml");
        relation(xml, "r3", &format!("{OFFICE}/extended-properties"), "docProps/app.xml");
    });
    xml.finish()
}

fn relation(xml: &mut Xml, id: &str, kind: &str, target: &str) {
    xml.empty("Relationship", &[("Id", id), ("Type", kind), ("Target", target)]);
}

fn document_relations(parts: &Parts) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("Relationships", &[("xmlns", RELATIONS)], |xml| {
        for (name, kind) in FIXED {
            relation(xml, name, &format!("{OFFICE}/{kind}"), &format!("{name}.xml"));
        }
        for index in 1..=parts.edges.len() {
            relation(
                xml,
                &format!("header{index}"),
                &format!("{OFFICE}/header"),
                &format!("header{index}.xml"),
            );
            relation(
                xml,
                &format!("footer{index}"),
                &format!("{OFFICE}/footer"),
                &format!("footer{index}.xml"),
            );
        }
        for (index, known) in parts.relations.all.iter().enumerate() {
            let id = format!("r{}", index + 1);
            match known {
                Relation::Link(address) => xml.empty(
                    "Relationship",
                    &[
                        ("Id", &id),
                        ("Type", &format!("{OFFICE}/hyperlink")),
                        ("Target", address),
                        ("TargetMode", "External"),
                    ],
                ),
                Relation::Picture(_) => {
                    relation(
                        xml,
                        &id,
                        &format!("{OFFICE}/image"),
                        &format!("media/picture{}.png", index + 1),
                    );
                }
            }
        }
    });
    xml.finish()
}

fn core(document: &Document) -> Vec<u8> {
    let attributes = [
        ("xmlns:cp", "http://schemas.openxmlformats.org/package/2006/metadata/core-properties"),
        ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
        ("xmlns:dcterms", "http://purl.org/dc/terms/"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
    ];
    let day = midnight(document.date);
    let mut xml = Xml::new();
    xml.element("cp:coreProperties", &attributes, |xml| {
        xml.leaf("dc:title", &[], &document.title.words());
        xml.leaf("dc:subject", &[], &document.subtitle.words());
        xml.leaf("dc:creator", &[], "segc");
        xml.leaf("dc:language", &[], document.language);
        xml.leaf("dcterms:created", &[("xsi:type", "dcterms:W3CDTF")], &day);
        xml.leaf("dcterms:modified", &[("xsi:type", "dcterms:W3CDTF")], &day);
    });
    xml.finish()
}

fn midnight(day: Date) -> String {
    format!("{day}T00:00:00Z")
}

fn app() -> Vec<u8> {
    let namespace = "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties";
    let mut xml = Xml::new();
    xml.element("Properties", &[("xmlns", namespace)], |xml| xml.leaf("Application", &[], "segc"));
    xml.finish()
}

fn settings(language: &str) -> Vec<u8> {
    let mut xml = Xml::new();
    xml.element("w:settings", &[("xmlns:w", super::MAIN)], |xml| {
        xml.empty("w:zoom", &[("w:percent", "100")]);
        xml.value("w:defaultTabStop", "709");
        xml.value("w:characterSpacingControl", "doNotCompress");
        xml.element("w:compat", &[], |xml| {
            xml.empty(
                "w:compatSetting",
                &[
                    ("w:name", "compatibilityMode"),
                    ("w:uri", "http://schemas.microsoft.com/office/word"),
                    ("w:val", "15"),
                ],
            );
        });
        xml.empty("w:themeFontLang", &[("w:val", language)]);
    });
    xml.finish()
}

/// The fonts of the styles, with what stands in for them where they are absent.
fn font_table() -> Vec<u8> {
    let fonts =
        [("Calibri", "Carlito", "swiss", "variable"), ("Consolas", "DejaVu Sans Mono", "modern", "fixed")];
    let mut xml = Xml::new();
    xml.element("w:fonts", &[("xmlns:w", super::MAIN)], |xml| {
        for (name, other, family, pitch) in fonts {
            xml.element("w:font", &[("w:name", name)], |xml| {
                xml.value("w:altName", other);
                xml.value("w:family", family);
                xml.value("w:pitch", pitch);
            });
        }
    });
    xml.finish()
}
