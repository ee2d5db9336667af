//! Documents for word processors, spreadsheets and printers, read back and compared with their content.

mod document;
#[cfg(feature = "docs")]
pub(crate) mod docx;
#[cfg(feature = "pdf")]
mod pdf;
#[cfg(feature = "docs")]
pub(crate) mod xlsx;

use segc::document::content::Document;
use segc::document::render::{Format, render};

/// The one file of a document in a format.
fn written(document: &Document, format: Format) -> Vec<u8> {
    let mut files = render(document, "document", format).unwrap();
    assert_eq!(files.len(), 1);
    files.remove(0).bytes
}

/// Keeps a written document under `target/`, to be opened by hand and by the conformance tests.
fn keep(name: &str, bytes: &[u8]) {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("office");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// A text as documents show it: characters that act on others by their number.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for letter in text.chars() {
        match letter {
            '\n' | '\t' | '\u{200c}' | '\u{200d}' => shown.push(letter),
            _ if letter.is_control() || is_format(letter) => {
                shown.push_str(&format!("[U+{:04X}]", u32::from(letter)))
            }
            _ => shown.push(letter),
        }
    }
    shown
}

/// Characters that are invisible or steer the direction of reading.
fn is_format(letter: char) -> bool {
    "\u{ad}\u{61c}\u{180e}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{feff}\u{fffe}\u{ffff}".contains(letter)
        || ('\u{202a}'..='\u{202e}').contains(&letter)
        || ('\u{2060}'..='\u{206f}').contains(&letter)
}
