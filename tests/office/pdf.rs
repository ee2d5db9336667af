//! PDF: what can be told without a reader of PDF; the conformance tests read its pages.

use segc::document::render::Format;

use super::document::document;
use super::{keep, written};

#[test]
fn a_pdf_is_tagged_and_has_the_day_of_the_document() {
    let bytes = written(&document(60), Format::Pdf);
    keep("document.pdf", &bytes);
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.starts_with("%PDF-") && text.trim_end().ends_with("%%EOF"));
    for words in ["2026-03-09", "StructTreeRoot", "/Outlines"] {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn equal_documents_are_equal_pdf_files() {
    assert!(written(&document(5), Format::Pdf) == written(&document(5), Format::Pdf));
}
