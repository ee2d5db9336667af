//! Comma-separated values that spreadsheets show and never run.
//!
//! In: records of one length. Out: UTF-8 text, one record a line, every cell quoted.
//!
//! Invariant: no cell is a formula to a spreadsheet, and none has a line break.

use std::borrow::Cow;

/// What makes spreadsheets run a cell when it comes first, and the full-width twins that some of them fold to it; tabs
/// and other control characters never get that far.
/// Source: OWASP Application Security Verification Standard 5.0, requirement 1.2.10, and CWE-1236, read 2026-11-22.
const STARTS_A_FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Records as bytes. Writing to memory can't fail, and all records are of one length.
pub fn bytes<R: AsRef<[String]>>(records: &[R]) -> Vec<u8> {
    let mut writer = ::csv::WriterBuilder::new()
        .quote_style(::csv::QuoteStyle::Always)
        .terminator(::csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    let written = records.iter().try_for_each(|record| {
        record.as_ref().iter().try_for_each(|cell| writer.write_field(harmless(cell).as_bytes()))?;
        writer.write_record(None::<&[u8]>)
    });
    written.ok().and_then(|()| writer.into_inner().ok()).unwrap_or_default()
}

/// One line of text that no spreadsheet runs: a leading apostrophe says "text".
fn harmless(cell: &str) -> Cow<'_, str> {
    let breaks = |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}';
    let line =
        if cell.contains(breaks) { Cow::Owned(cell.replace(breaks, " ")) } else { Cow::Borrowed(cell) };
    if line.trim_start().starts_with(STARTS_A_FORMULA) { Cow::Owned(format!("'{line}")) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_line_breaks_spaces() {
        for bad in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"] {
            assert!(harmless(bad).starts_with('\''), "{bad:?}");
        }
        assert_eq!(harmless("a\r\nb\u{2028}c"), "a  b c");
        assert_eq!(harmless("tcp/443 = https"), "tcp/443 = https");
    }
}
