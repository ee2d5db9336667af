//! The sheet of all that is no table: a row for each heading, paragraph, item and line.
//!
//! In: a document. Out: the sheet.

use rust_xlsxwriter::Worksheet;

use super::cell::{Cells, Look, Overflow, Styles};
use super::{XlsxError, set_up_page};
use crate::document::content::{Block, Document, Signature, Task, Text};
use crate::document::render::words;

const TITLES: [(&str, f64); 5] = [
    (words::SECTION, 26.0),
    (words::KIND, 16.0),
    (words::TEXT, 110.0),
    (words::OWNER, 22.0),
    (words::DUE, 12.0),
];

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
    sheet.set_name(words::TEXT)?;
    let mut prose = Prose {
        cells: Cells { sheet, name: words::TEXT, styles, overflow },
        row: 1,
        section: Text::default(),
    };
    for (index, (title, width)) in TITLES.into_iter().enumerate() {
        prose.cells.sheet.set_column_width(super::column(index), width)?;
        prose.cells.words_in(0, index, title, &styles.heading)?;
    }
    let mut names = names.iter();
    for (index, section) in document.sections.iter().enumerate() {
        prose.section = Text::ours(format!("{} {}", index + 1, section.title));
        let title = Text::ours(section.title.as_str());
        prose.line(words::SECTION, &title, Look::STRONG)?;
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
            Block::Heading { title, .. } => self.line(words::HEADING, title, Look::STRONG),
            Block::Paragraph(text) => self.line(words::PARAGRAPH, text, Look::WORDS),
            Block::Bullets(items) => {
                items.iter().try_for_each(|item| self.line(words::ITEM, item, Look::WORDS))
            }
            Block::Steps(items) => items.iter().enumerate().try_for_each(|(index, item)| {
                self.line(&format!("{} {}", words::STEP, index + 1), item, Look::WORDS)
            }),
            Block::Checklist(tasks) => {
                tasks.iter().enumerate().try_for_each(|(index, task)| self.task(index, task))
            }
            Block::Callout { weight, title, body } => {
                self.line(words::weight(*weight), title, Look::STRONG)?;
                body.iter().try_for_each(|text| self.line(words::weight(*weight), text, Look::WORDS))
            }
            Block::Listing { name, text } => self.listing(name, text),
            Block::Table(table) => {
                let place = Text::ours(format!(" ({} {sheet})", words::SHEET));
                self.line(words::TABLE, &table.caption.clone().then(place), Look::WORDS)
            }
            Block::Figure(figure) => {
                self.line(words::FIGURE, &figure.caption, Look::WORDS)?;
                self.line(words::FIGURE, &Text::ours(figure.description.as_str()), Look::WORDS)
            }
            Block::SignOff(signatures) => {
                signatures.iter().try_for_each(|signature| self.signature(signature))
            }
        }
    }

    fn task(&mut self, index: usize, task: &Task) -> Result<(), XlsxError> {
        self.add(&Line {
            kind: format!("☐ {} {}", words::STEP, index + 1),
            text: &task.what,
            look: Look::WORDS,
            owner: task.owner.as_ref(),
            due: task.due.map(|day| day.to_string()).unwrap_or_default(),
        })
    }

    /// A line a row, so that a long listing is seen whole.
    fn listing(&mut self, name: &str, text: &str) -> Result<(), XlsxError> {
        let lines = text.split('\n').map(Text::code);
        self.line(words::LISTING, &Text::code(name), Look::STRONG)?;
        for line in lines {
            self.line(words::LISTING, &line, Look::CODE)?;
        }
        Ok(())
    }

    fn signature(&mut self, signature: &Signature) -> Result<(), XlsxError> {
        let text = signature.party.clone().then(Text::ours(": ")).then(signature.statement.clone());
        self.line(words::SIGNATURE, &text, Look::WORDS)
    }
}
