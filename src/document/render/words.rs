//! Words that paged formats and sheets add to the content: labels of what they lay out themselves.
//!
//! In: nothing. Out: words in the document's language.

use crate::document::content::{Change, Weight};

/// Heading of the column of changes.
pub(super) const CHANGE: &str = "Change";
pub(super) const COVER: &str = "Cover";
pub(super) const TEXT: &str = "Text";
pub(super) const LONG_TEXTS: &str = "Long texts";
pub(super) const TEXT_SHEET: &str = "Everything that is not a table, in reading order";
pub(super) const GOES_ON_IN: &str = "goes on in sheet";
pub(super) const SHEET: &str = "Sheet";
pub(super) const CELL: &str = "Cell";
pub(super) const PART: &str = "Part";
pub(super) const ROWS: &str = "Rows";
pub(super) const SECTION: &str = "Section";
pub(super) const KIND: &str = "Kind";
pub(super) const HEADING: &str = "Heading";
pub(super) const PARAGRAPH: &str = "Paragraph";
pub(super) const ITEM: &str = "Item";
pub(super) const LISTING: &str = "Listing";
pub(super) const CONTENTS: &str = "Contents";
pub(super) const TABLE: &str = "Table";
pub(super) const FIGURE: &str = "Figure";
pub(super) const PAGE: &str = "Page";
pub(super) const OF: &str = "of";
/// In a table without rows.
pub(super) const NO_ROWS: &str = "No rows.";
pub(super) const DONE: &str = "Done";
pub(super) const STEP: &str = "Step";
pub(super) const TASK: &str = "What to do";
pub(super) const OWNER: &str = "Owner";
pub(super) const DUE: &str = "Due";
pub(super) const PARTY: &str = "Party";
pub(super) const NAME: &str = "Name";
pub(super) const DATE: &str = "Date";
pub(super) const SIGNATURE: &str = "Signature";

/// The word for what became of a row.
pub(super) fn change(change: Change) -> &'static str {
    match change {
        Change::New => "new",
        Change::Changed => "changed",
        Change::Removed => "removed",
    }
}

/// The word above a callout.
pub(super) fn weight(weight: Weight) -> &'static str {
    match weight {
        Weight::Note => "Note",
        Weight::Warning => "Warning",
        Weight::Decision => "To be decided",
    }
}
