//! The formats of a document.
//!
//! In: a [`Document`]. Out: the files of each format that is asked for.
//!
//! Invariant: a format decides how something looks, never what is said: all of them have the same sections, tables,
//! rows, ids and counts. Equal documents give equal bytes.

#[cfg(any(feature = "docs", feature = "pdf"))]
mod arrange;
mod csv;
#[cfg(feature = "docs")]
mod docx;
#[cfg(any(feature = "docs", feature = "pdf"))]
mod fonts;
#[cfg(any(feature = "docs", feature = "pdf"))]
mod grid;
mod html;
#[cfg(any(feature = "docs", feature = "pdf"))]
mod link;
mod markdown;
mod names;
#[cfg(feature = "pdf")]
mod pdf;
#[cfg(feature = "docs")]
mod picture;
mod visible;
#[cfg(feature = "docs")]
mod xlsx;

use super::content::{Block, Document, Table};

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// One page for browsers and printers.
    Html,
    /// For word processors.
    Docx,
    /// For printers and archives.
    Pdf,
    /// For spreadsheets: a sheet a table.
    Xlsx,
    /// For programs and import: a file a table, and the plain list of names.
    Csv,
    /// For repositories and wikis.
    Markdown,
}

impl Format {
    /// Every format, in the order in which the files are listed.
    pub const ALL: [Self; 6] = [Self::Html, Self::Docx, Self::Pdf, Self::Xlsx, Self::Csv, Self::Markdown];

    /// The word that is typed for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Docx => "docx",
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Markdown => "md",
        }
    }

    /// True where this build can write it.
    pub fn is_built(self) -> bool {
        match self {
            Self::Html | Self::Csv | Self::Markdown => true,
            Self::Docx | Self::Xlsx => cfg!(feature = "docs"),
            Self::Pdf => cfg!(feature = "pdf"),
        }
    }
}

/// One file of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Path relative to the output folder, with `/` between folders.
    pub path: String,
    /// The format that it belongs to; `None` for what is written whatever the formats are.
    pub format: Option<Format>,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a format could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// The format is not in this build.
    #[error("this segc was built without {}", .0.word())]
    NotBuilt(Format),
    /// Whatever writes the format failed.
    #[error("{} could not be written: {problem}", .format.word())]
    Failed {
        /// The format.
        format: Format,
        /// What went wrong.
        problem: String,
    },
}

/// Writes a document in one format; `stem` is the name of its files without an ending.
///
/// # Errors
/// [`RenderError`] where the format is not in this build or its writer fails.
pub fn render(document: &Document, stem: &str, format: Format) -> Result<Vec<File>, RenderError> {
    let one = |bytes: Vec<u8>| {
        Ok(vec![File { path: format!("{stem}.{}", format.word()), format: Some(format), bytes }])
    };
    match format {
        Format::Html => one(html::render(document).map_err(|problem| failed(format, &problem))?),
        Format::Markdown => one(markdown::render(document).map_err(|problem| failed(format, &problem))?),
        Format::Csv => Ok(csv::render(document, stem)),
        #[cfg(feature = "docs")]
        Format::Docx => one(docx::render(document).map_err(|problem| failed(format, &problem))?),
        #[cfg(feature = "docs")]
        Format::Xlsx => one(xlsx::render(document).map_err(|problem| failed(format, &problem))?),
        #[cfg(feature = "pdf")]
        Format::Pdf => one(pdf::render(document).map_err(|problem| failed(format, &problem))?),
        #[cfg(not(all(feature = "docs", feature = "pdf")))]
        _ => Err(RenderError::NotBuilt(format)),
    }
}

fn failed(format: Format, problem: &impl ToString) -> RenderError {
    RenderError::Failed { format, problem: problem.to_string() }
}

/// What goes beside every format as files of its own: text that is to be copied as it is. `stem` as in [`render`].
pub fn attachments(document: &Document, stem: &str) -> Vec<File> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    let listings = blocks.filter_map(|block| match block {
        Block::Listing { name, text } => Some(File {
            path: format!("{stem}-files/{name}"),
            format: None,
            bytes: format!("{text}\n").into_bytes(),
        }),
        _ => None,
    });
    listings.collect()
}

/// The tables of a document, in reading order.
pub fn tables(document: &Document) -> impl Iterator<Item = &Table> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks.filter_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    })
}

/// Which of some sections lie on paper, from those that have to: each turn of the pages leaves the rest of one empty, so from
/// the first to the last of them all do.
fn turned(wide: impl Iterator<Item = bool>) -> Vec<bool> {
    let wide: Vec<bool> = wide.collect();
    let first = wide.iter().position(|lies| *lies).unwrap_or(wide.len());
    let last = wide.iter().rposition(|lies| *lies).unwrap_or(0);
    (0..wide.len()).map(|at| (first..=last).contains(&at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_turn_twice_at_most() {
        assert_eq!(turned([false, true, false, true, false].into_iter()), [false, true, true, true, false]);
        assert_eq!(turned([false, false].into_iter()), [false, false]);
        assert_eq!(turned([true].into_iter()), [true]);
        assert!(turned([].into_iter()).is_empty());
    }
}
