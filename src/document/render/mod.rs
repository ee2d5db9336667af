//! The formats of a document.

mod arrange;
#[cfg(feature = "docs")]
pub mod docx;
mod fonts;
mod grid;
mod link;
#[cfg(feature = "pdf")]
pub mod pdf;
#[cfg(feature = "docs")]
pub mod picture;
mod visible;
mod words;
#[cfg(feature = "docs")]
pub mod xlsx;

use super::content::{Block, Document, Table};

/// The tables of a document, in reading order.
pub fn tables(document: &Document) -> impl Iterator<Item = &Table> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks.filter_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    })
}
