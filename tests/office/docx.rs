//! DOCX read back by an XML reader.

use std::io::{Cursor, Read as _};

use roxmltree::{Document as Xml, Node};
use segc::document::content::Document;
use segc::document::render::Format;

use super::document::{HOSTILE, document, rows};
use super::{keep, shown, written};

fn parts(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|index| {
            let mut file = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            (file.name().unwrap().into_owned(), bytes)
        })
        .collect()
}

pub(crate) fn part(bytes: &[u8], name: &str) -> String {
    let (_, part) = parts(bytes).into_iter().find(|(known, _)| known == name).unwrap();
    String::from_utf8(part).unwrap()
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.tag_name().name() == name
}

/// The words of an element, with its breaks and tabs.
fn words(node: Node<'_, '_>) -> String {
    let mut words = String::new();
    for inside in node.descendants() {
        match inside.tag_name().name() {
            "t" => words.push_str(inside.text().unwrap_or_default()),
            "br" => words.push('\n'),
            "tab" if is(inside.parent().unwrap(), "r") => words.push('\t'),
            _ => {}
        }
    }
    words
}

/// The rows of the content's tables: words of each cell; what stands below a row belongs to it.
pub(crate) fn table_rows(xml: &Xml<'_>, tables: usize) -> Vec<Vec<String>> {
    let with_caption = |node: &Node<'_, '_>| {
        let caption = node.descendants().find(|inside| is(*inside, "tblCaption"));
        let name =
            caption.and_then(|caption| caption.attributes().next().map(|value| value.value().to_owned()));
        is(*node, "tbl")
            && !name.is_some_and(|name| ["cover", "checklist", "sign-off"].contains(&name.as_str()))
    };
    let found: Vec<Node<'_, '_>> = xml.descendants().filter(with_caption).collect();
    assert_eq!(found.len(), tables);
    let mut rows: Vec<Vec<String>> = Vec::new();
    for table in found {
        for row in table.children().filter(|node| is(*node, "tr")).skip(1) {
            let cells: Vec<String> = row.children().filter(|node| is(*node, "tc")).map(words).collect();
            match (cells.as_slice(), rows.last_mut()) {
                ([only], _) if only == "No rows." => {}
                ([below], Some(last)) => last.push(below.clone()),
                _ => rows.push(cells),
            }
        }
    }
    rows
}

fn check(document: &Document) -> Vec<u8> {
    let bytes = written(document, Format::Docx);
    let text = part(&bytes, "word/document.xml");
    let xml = Xml::parse(&text).unwrap();
    let tables = segc::document::render::tables(document).count();
    let read = table_rows(&xml, tables);
    let wanted = rows(document);
    assert_eq!(read.len(), wanted.len());
    for (read, wanted) in read.iter().zip(&wanted) {
        assert_eq!(read[0], shown(&wanted[0]));
        let all = read.join("\u{1}");
        for cell in wanted {
            assert!(all.contains(&shown(cell)), "{cell:?} is not in {all:?}");
        }
    }
    bytes
}

#[test]
fn a_docx_has_every_row_and_id() {
    keep("document.docx", &check(&document(120)));
}

#[test]
fn every_part_is_well_formed_and_has_the_day_of_the_document() {
    let bytes = written(&document(3), Format::Docx);
    for (name, part) in parts(&bytes) {
        if name.ends_with(".xml") || name.ends_with(".rels") {
            let text = String::from_utf8(part).unwrap();
            assert!(Xml::parse(&text).is_ok(), "{name}");
        }
    }
    assert_eq!(part(&bytes, "docProps/core.xml").matches("2026-03-09T00:00:00Z").count(), 2);
}

#[test]
fn hostile_texts_are_shown_in_a_docx() {
    let bytes = written(&document(1), Format::Docx);
    let text = part(&bytes, "word/document.xml");
    let all = words(Xml::parse(&text).unwrap().root());
    for hostile in HOSTILE {
        assert!(all.contains(&shown(hostile)), "{hostile:?}");
    }
}

#[test]
fn equal_documents_are_equal_docx_files() {
    assert!(written(&document(20), Format::Docx) == written(&document(20), Format::Docx));
}

#[test]
fn pages_lie_where_tables_are_wide_and_headings_are_repeated() {
    let bytes = written(&document(20), Format::Docx);
    let text = part(&bytes, "word/document.xml");
    let xml = Xml::parse(&text).unwrap();
    let orientations: Vec<bool> = xml
        .descendants()
        .filter(|node| is(*node, "pgSz"))
        .map(|size| size.attributes().any(|attribute| attribute.value() == "landscape"))
        .collect();
    assert_eq!(orientations, [false, true, false]);
    let tables = xml.descendants().filter(|node| is(*node, "tbl")).count();
    let repeated = xml.descendants().filter(|node| is(*node, "tblHeader")).count();
    assert_eq!(repeated, tables - 1, "all but the cover");
}

#[test]
fn two_thousand_rows_are_all_written() {
    let bytes = check(&document(2_000));
    assert!(bytes.len() < 5_000_000);
}
