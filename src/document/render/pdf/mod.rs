//! A document for print and archive: PDF, set by typst with fonts of its own.
//!
//! In: a [`Document`]. Out: the bytes of a PDF file: tagged for screen readers, with bookmarks, on A4.
//!
//! The content goes to the template as data, never as markup, so that no text of a site can be a command.
//!
//! No standard of accessible files (PDF/UA) is claimed: it refuses a file in which one character of a site has no glyph in
//! the fonts, and such a character must not keep a site from its document.
//!
//! Invariant: equal documents give equal bytes: the day and the file's identity come from the document.

mod breaks;
mod data;
mod world;

use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst_layout::PagedDocument;
use typst_pdf::PdfOptions;

use self::world::DocumentWorld;
use crate::document::content::Document;

/// Why a document can't be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum PdfError {
    /// The typesetter refused: a figure that is no picture.
    #[error("the pages can't be set: {0}")]
    Typesetting(String),
}

/// Writes a document.
pub(super) fn render(document: &Document) -> Result<Vec<u8>, PdfError> {
    let data =
        serde_json::to_vec(&data::of(document)).map_err(|error| PdfError::Typesetting(error.to_string()))?;
    let identity = identity(&data);
    let world = DocumentWorld::new(data).ok_or_else(|| PdfError::Typesetting("no template".to_owned()))?;
    let pages = typst::compile::<PagedDocument>(&world).output.map_err(|errors| refused(&errors))?;
    let options = PdfOptions {
        ident: Smart::Custom(identity),
        creator: Smart::Custom(Some("segc".to_owned())),
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&pages, &options).map_err(|errors| refused(&errors))
}

/// What makes the file another than all others: a digest of what is in it.
fn identity(data: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    data_encoding::HEXLOWER.encode(&Sha256::digest(data))
}

fn refused(errors: &[SourceDiagnostic]) -> PdfError {
    let messages: Vec<&str> = errors.iter().map(|error| error.message.as_str()).collect();
    PdfError::Typesetting(messages.join("; "))
}
