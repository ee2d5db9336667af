//! The sheet of all that is no table: a row for each heading, paragraph, item and line.
//!
//! In: a document. Out: the sheet.

use rust_xlsxwriter::Worksheet;

use super::cell::{Cells, Look, Overflow, Styles};
use super::{XlsxError, set_up_page};
use crate::document::content::{Block, Document, Signature, Task, Text};
use crate::document::text::fixed;

/// The columns with their widths.
fn titles() -> [(&'static str, f64); 5] {
    let words = fixed();
    [
        (words.line_section, 26.0),
        (words.line_kind, 16.0),
        (words.sheet_text, 110.0),
        (words.owner, 22.0),
        (words.due, 12.0),
    ]
}

/// A row of the sheet.
struct Line<'a> {
    kind: String,
    text: &'a Text,
    look: Look,
    owner: Option<&'a Text>,
    due: String,
}

pub(super) fn write(
    sheet: &mut Worksheet,
    document: &Document,
    names: &[String],
    styles: &Styles,
    overflow: &mut Overflow,
) -> Result<(), XlsxError> {
    sheet.set_name(fixed().sheet_text)?;
    let mut prose = Prose {
        cells: Cells { sheet, name: fixed().sheet_text, styles, overflow },
        row: 1,
        section: Text::default(),
    };
    for (index, (title, width)) in titles().into_iter().enumerate() {
        prose.cells.sheet.set_column_width(super::column(index), width)?;
        prose.cells.words_in(0, index, title, &styles.heading)?;
    }
    let mut names = names.iter();
    for (index, section) in document.sections.iter().enumerate() {
        prose.section = Text::ours(format!("{} {}", index + 1, section.title));
        let title = Text::ours(section.title.as_str());
        prose.line(fixed().line_section, &title, Look::STRONG)?;
        for block in &section.blocks {
            let name = if matches!(block, Block::Table(_)) { names.next() } else { None };
            prose.block(block, name.map_or("", String::as_str))?;
        }
    }
    let rows = prose.row;
    sheet.autofilter(0, 0, super::place(rows.saturating_sub(1)), 4)?;
    set_up_page(sheet, 3, 0.0)
}

struct Prose<'a> {
    cells: Cells<'a>,
    row: usize,
    section: Text,
}

impl Prose<'_> {
    fn line(&mut self, kind: &str, text: &Text, look: Look) -> Result<(), XlsxError> {
        self.add(&Line { kind: kind.to_owned(), text, look, owner: None, due: String::new() })
    }

    fn add(&mut self, line: &Line<'_>) -> Result<(), XlsxError> {
        let row = self.row;
        self.row += 1;
        let section = std::mem::take(&mut self.section);
        self.cells.text(row, 0, &section, Look::WORDS)?;
        self.section = section;
        self.cells.text(row, 1, &Text::ours(line.kind.as_str()), Look::WORDS)?;
        self.cells.text(row, 2, line.text, line.look)?;
        self.cells.text(row, 3, line.owner.unwrap_or(&Text::default()), Look::WORDS)?;
        self.cells.text(row, 4, &Text::ours(line.due.as_str()), Look::WORDS)
    }

    fn block(&mut self, block: &Block, sheet: &str) -> Result<(), XlsxError> {
        match block {
            Block::Heading { title, .. } => self.line(fixed().line_heading, title, Look::STRONG),
            Block::Paragraph(text) => self.line(fixed().line_paragraph, text, Look::WORDS),
            Block::Bullets(items) => {
                items.iter().try_for_each(|item| self.line(fixed().line_item, item, Look::WORDS))
            }
            Block::Steps(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                self.line(&format!("{} {}", fixed().task_step, index + 1), item, Look::WORDS)
            }),
            Block::Checklist(tasks) => {
                tasks.iter().enumerate().try_for_each(|(index, task)| self.task(index, task))
            }
            Block::Callout { weight, title, body } => {
                self.line(fixed().weight_word(*weight), title, Look::STRONG)?;
                body.iter().try_for_each(|text| self.line(fixed().weight_word(*weight), text, Look::WORDS))
            }
            Block::Listing { name, text } => self.listing(name, text),
            Block::Table(table) => {
                let place = Text::ours(format!(" ({} {sheet})", fixed().sheet));
                self.line(fixed().table, &table.caption.clone().then(place), Look::WORDS)
            }
            Block::Figure(figure) => {
                self.line(fixed().figure, &figure.caption, Look::WORDS)?;
                self.line(fixed().figure, &Text::ours(figure.description.as_str()), Look::WORDS)
            }
            Block::SignOff(signatures) => {
                signatures.iter().try_for_each(|signature| self.signature(signature))
            }
        }
    }

    fn task(&mut self, index: usize, task: &Task) -> Result<(), XlsxError> {
        self.add(&Line {
            kind: format!("☐ {} {}", fixed().task_step, index + 1),
            text: &task.what,
            look: Look::WORDS,
            owner: task.owner.as_ref(),
            due: task.due.map(|day| day.to_string()).unwrap_or_default(),
        })
    }

    /// A line a row, so that a long listing is seen whole.
    fn listing(&mut self, name: &str, text: &str) -> Result<(), XlsxError> {
        let lines = text.split('\n').map(Text::code);
        self.line(fixed().line_listing, &Text::code(name), Look::STRONG)?;
        for line in lines {
            self.line(fixed().line_listing, &line, Look::CODE)?;
        }
        Ok(())
    }

    fn signature(&mut self, signature: &Signature) -> Result<(), XlsxError> {
        let text = signature.party.clone().then(Text::ours(": ")).then(signature.statement.clone());
        self.line(fixed().signature, &text, Look::WORDS)
    }
}
