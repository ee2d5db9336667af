//! Cells: texts in the look of their voice, links, numbers, and what is too long for a cell.
//!
//! In: texts. Out: cells of a sheet.
//!
//! Invariant: a text is a string, never a formula; its words are all in the workbook.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, FormatUnderline, Url, Worksheet};

use super::{XlsxError, column, place, set_up_page};
use crate::document::content::{Change, ColumnKind, Face, Part, Text, Voice};
use crate::document::render::link::address;
use crate::document::render::visible::visible;
use crate::document::text::fixed;

/// UTF-16 units that a cell holds.
const LONGEST: usize = 32_767;
/// UTF-16 units of a piece of a longer text, with room for the note where it goes on.
const PIECE: usize = 32_000;
const INK: Color = Color::RGB(0x1c_2430);
const ACCENT: Color = Color::RGB(0x17_456f);
const SITE: Color = Color::RGB(0x5a_2a82);
const MUTED: Color = Color::RGB(0x4a_5666);
const RULE: Color = Color::RGB(0xc9_d1db);
const LINK: Color = Color::RGB(0x0b_5394);

/// The looks of cells.
#[derive(Debug)]
pub(super) struct Styles {
    pub title: Format,
    pub subtitle: Format,
    pub heading: Format,
    pub label: Format,
    pub link: Format,
    plain: Format,
    ours: Format,
    site: Format,
}

impl Styles {
    pub(super) fn new() -> Self {
        let font = |size: f64| Format::new().set_font_name("Calibri").set_font_size(size).set_font_color(INK);
        let base = font(10.0).set_text_wrap().set_align(FormatAlign::Top).set_align(FormatAlign::Left);
        let ruled = base.clone().set_border_bottom(FormatBorder::Hair).set_border_bottom_color(RULE);
        Self {
            title: font(22.0).set_bold().set_font_color(ACCENT).set_text_wrap().set_align(FormatAlign::Top),
            subtitle: font(12.0).set_font_color(MUTED).set_text_wrap().set_align(FormatAlign::Top),
            heading: base
                .clone()
                .set_bold()
                .set_font_color(ACCENT)
                .set_background_color(Color::RGB(0xe6_ecf1))
                .set_border_bottom(FormatBorder::Medium)
                .set_border_bottom_color(ACCENT),
            label: ruled.clone().set_font_color(MUTED),
            link: ruled.clone().set_font_color(LINK).set_underline(FormatUnderline::Single),
            plain: ruled,
            ours: font(10.0),
            site: font(10.0).set_italic().set_font_color(SITE),
        }
    }

    /// The look of a cell.
    fn cell(&self, text: &Text, look: Look) -> Format {
        let mut format = self.plain.clone();
        if !text.is_empty() && text.0.iter().all(|part| part.voice == Voice::Site || part.words.is_empty()) {
            format = format.set_italic().set_font_color(SITE);
        }
        if look.strong {
            format = format.set_bold();
        }
        let all_code = text.0.iter().all(|part| part.face == Face::Code);
        if look.kind == ColumnKind::Code || (all_code && !text.is_empty()) {
            format = format.set_font_name("Consolas").set_font_size(9.0);
        }
        match look.change {
            Some(Change::New) => format.set_background_color(Color::RGB(0xea_f4ec)),
            Some(Change::Changed) => format.set_background_color(Color::RGB(0xfc_f4de)),
            Some(Change::Removed) => {
                format.set_background_color(Color::RGB(0xf0_f0f0)).set_font_strikethrough()
            }
            None => format,
        }
    }
}

/// How a cell looks beside what its text says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub kind: ColumnKind,
    pub change: Option<Change>,
    pub strong: bool,
}

impl Look {
    pub(super) const WORDS: Self = Self { kind: ColumnKind::Words, change: None, strong: false };
    pub(super) const STRONG: Self = Self { kind: ColumnKind::Words, change: None, strong: true };
    pub(super) const CODE: Self = Self { kind: ColumnKind::Code, change: None, strong: false };
}

/// Texts that go on beyond their cells.
#[derive(Debug, Default)]
pub(super) struct Overflow(Vec<[String; 4]>);

/// A sheet that cells are written to, with what they need.
pub(super) struct Cells<'a> {
    pub sheet: &'a mut Worksheet,
    pub name: &'a str,
    pub styles: &'a Styles,
    pub overflow: &'a mut Overflow,
}

impl Cells<'_> {
    /// Writes a text.
    pub(super) fn text(&mut self, row: usize, col: usize, text: &Text, look: Look) -> Result<(), XlsxError> {
        let format = self.styles.cell(text, look);
        let (at, across) = (place(row), column(col));
        let words = shown(text);
        if words.is_empty() {
            self.sheet.write_blank(at, across, &format)?;
        } else if units(&words) > LONGEST {
            let first = self.overflow.add(self.name, row, col, &words);
            self.sheet.write_string_with_format(at, across, first, &format)?;
        } else if look.kind == ColumnKind::Number && is_number(&words) {
            let number: f64 = words.parse().unwrap_or_default();
            self.sheet.write_number_with_format(at, across, number, &format.set_align(FormatAlign::Right))?;
        } else if !self.link(at, across, text, &words, &format) {
            self.words(at, across, text, words, &format)?;
        }
        Ok(())
    }

    /// Words of ours.
    pub(super) fn words_in(
        &mut self,
        row: usize,
        col: usize,
        words: &str,
        format: &Format,
    ) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(place(row), column(col), visible(words), format)?;
        Ok(())
    }

    /// Writes a text with one link as a link; false where it has none, or where the sheet takes no more of them.
    fn link(&mut self, row: u32, col: u16, text: &Text, words: &str, format: &Format) -> bool {
        let mut links = text.0.iter().filter_map(|part| part.link.as_deref().and_then(address));
        let (Some(link), None) = (links.next(), links.next()) else { return false };
        let format = format.clone().set_font_color(LINK).set_underline(FormatUnderline::Single);
        self.sheet.write_url_with_format(row, col, Url::new(link).set_text(words), &format).is_ok()
    }

    /// Writes a text as a string, its voices told apart.
    fn words(
        &mut self,
        row: u32,
        col: u16,
        text: &Text,
        words: String,
        format: &Format,
    ) -> Result<(), XlsxError> {
        let pieces = pieces(text);
        if pieces.len() < 2 {
            self.sheet.write_string_with_format(row, col, words, format)?;
            return Ok(());
        }
        let rich: Vec<(&Format, &str)> = pieces
            .iter()
            .map(|(voice, words)| {
                let format = if *voice == Voice::Site { &self.styles.site } else { &self.styles.ours };
                (format, words.as_str())
            })
            .collect();
        self.sheet.write_rich_string_with_format(row, col, &rich, format)?;
        Ok(())
    }
}

/// The words of a cell: addresses of several links stand behind their words.
fn shown(text: &Text) -> String {
    text.0.iter().map(|part| part_shown(part, links(text) > 1)).collect()
}

fn links(text: &Text) -> usize {
    text.0.iter().filter(|part| part.link.is_some()).count()
}

fn part_shown(part: &Part, with_address: bool) -> String {
    let words = visible(&part.words).into_owned();
    match &part.link {
        Some(link) if with_address && *link != part.words => format!("{words} ({})", visible(link)),
        _ => words,
    }
}

/// Parts of the same voice as one.
fn pieces(text: &Text) -> Vec<(Voice, String)> {
    let with_address = links(text) > 1;
    let mut pieces: Vec<(Voice, String)> = Vec::new();
    for part in text.0.iter().filter(|part| !part.words.is_empty()) {
        let words = part_shown(part, with_address);
        match pieces.last_mut() {
            Some((voice, before)) if *voice == part.voice => before.push_str(&words),
            _ => pieces.push((part.voice, words)),
        }
    }
    pieces
}

fn units(words: &str) -> usize {
    words.encode_utf16().count()
}

/// True for digits that a number keeps as they are.
fn is_number(words: &str) -> bool {
    let plain = words.len() <= 15 && words.bytes().all(|byte| byte.is_ascii_digit());
    plain && (words.len() == 1 || !words.starts_with('0'))
}

impl Overflow {
    /// Keeps what a cell can't hold, and gives its first piece with a note where the text goes on.
    fn add(&mut self, sheet: &str, row: usize, col: usize, words: &str) -> String {
        let mut pieces = split(words).into_iter();
        let mut first = pieces.next().unwrap_or_default();
        first.push_str(&format!(
            " […{} {} {}]",
            fixed().goes_on_in,
            fixed().sheet_long_texts,
            self.0.len() + 2
        ));
        let cell = rust_xlsxwriter::utility::row_col_to_cell(place(row), column(col));
        for (index, piece) in pieces.enumerate() {
            self.0.push([sheet.to_owned(), cell.clone(), (index + 2).to_string(), piece]);
        }
        first
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The sheet of what goes on.
    pub(super) fn write(&self, sheet: &mut Worksheet, styles: &Styles) -> Result<(), XlsxError> {
        sheet.set_name(fixed().sheet_long_texts)?;
        let titles = [fixed().sheet, fixed().sheet_cell, fixed().sheet_part, fixed().sheet_text];
        for (index, (title, width)) in titles.iter().zip([24.0, 8.0, 8.0, 120.0]).enumerate() {
            sheet.set_column_width(column(index), width)?;
            sheet.write_string_with_format(0, column(index), *title, &styles.heading)?;
        }
        for (row, cells) in self.0.iter().enumerate() {
            for (index, cell) in cells.iter().enumerate() {
                sheet.write_string_with_format(place(row + 1), column(index), cell, &styles.plain)?;
            }
        }
        set_up_page(sheet, titles.len(), 0.0)
    }
}

/// A text in pieces that fit into cells.
fn split(words: &str) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut length = 0;
    for letter in words.chars() {
        if length + letter.len_utf16() > PIECE {
            pieces.push(String::new());
            length = 0;
        }
        length += letter.len_utf16();
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::{is_number, split, units};

    #[test]
    fn pieces_of_a_long_text_are_the_text() {
        let text = "a😀".repeat(30_000);
        let pieces = split(&text);
        assert_eq!(pieces.concat(), text);
        assert!(pieces.len() == 3 && pieces.iter().all(|piece| units(piece) <= 32_000));
    }

    #[test]
    fn only_plain_digits_are_numbers() {
        assert!(is_number("0") && is_number("443"));
        for words in ["007", "1e5", "-1", "1.5", "1234567890123456", "443, 80"] {
            assert!(!is_number(words), "{words}");
        }
    }
}
