//! A document as one HTML page.
//!
//! In: a [`Document`]. Out: one file that needs no network, prints on A4, and is complete without its script: the script
//! only searches, sorts and filters what is there.
//!
//! Invariant: every text is escaped; the page's policy permits this style, this script, pictures inside the page, and
//! nothing else.

use super::turned;
use super::visible::visible;
use crate::document::content::{
    Block, Change, Column, ColumnKind, Document, Face, Figure, Part, Row, Section, Signature, Table, Task,
    Text, Voice, Weight,
};
use crate::document::text::{self, Words};
use askama::Template;
use data_encoding::BASE64;
use sha2::{Digest, Sha256};
use std::fmt::Write;

const STYLE: &str = include_str!("../templates/document.css");
const SCRIPT: &str = include_str!("../templates/document.js");

/// Rows from which on a table has a search field.
const MANY_ROWS: usize = 8;

/// Columns from which on a table is printed across the longer side of the paper, and from which on in smaller letters.
const MANY_COLUMNS: usize = 7;
const VERY_MANY_COLUMNS: usize = 12;

/// Width of a column on a screen, in `rem`, for a share of 1.
const SHARE: f64 = 0.62;

#[derive(Template)]
#[template(path = "document.html", config = "src/document/askama.toml")]
struct Page<'a> {
    language: &'a str,
    date: String,
    style: String,
    style_hash: String,
    script: &'static str,
    script_hash: String,
    plain_title: String,
    title: String,
    subtitle: String,
    facts: Vec<(&'a str, String)>,
    voices: String,
    words: &'static Words,
    sections: Vec<PageSection<'a>>,
}

/// A section as the template sees it.
struct PageSection<'a> {
    number: usize,
    id: String,
    title: &'a str,
    is_wide: bool,
    blocks: Vec<String>,
}

pub(super) fn render(document: &Document) -> Result<Vec<u8>, askama::Error> {
    let words = text::words(document.language);
    let style = format!("{STYLE}{}", widths(document));
    let page = Page {
        language: document.language,
        date: document.date.to_string(),
        style_hash: hash(&style),
        style,
        script: SCRIPT,
        script_hash: hash(SCRIPT),
        plain_title: visible(&document.title.words()).into_owned(),
        title: inline(&document.title),
        subtitle: inline(&document.subtitle),
        facts: document.facts.iter().map(|(label, value)| (label.as_str(), inline(value))).collect(),
        voices: inline(&text::ours(words.voices_html)) + &inline(&Text::site(words.voices_sample)),
        words,
        sections: sections(document, words),
    };
    Ok((page.render()?.trim_end().to_owned() + "\n").into_bytes())
}

fn sections<'a>(document: &'a Document, words: &Words) -> Vec<PageSection<'a>> {
    let lying = turned(document.sections.iter().map(|section| section.blocks.iter().any(is_wide)));
    let numbered = document.sections.iter().zip(lying).enumerate();
    numbered.map(|(at, (one, is_wide))| section(at + 1, one, is_wide, words)).collect()
}

fn section<'a>(number: usize, section: &'a Section, is_wide: bool, words: &Words) -> PageSection<'a> {
    PageSection {
        number,
        id: name(&section.id),
        title: &section.title,
        is_wide,
        blocks: section.blocks.iter().map(|one| block(one, words)).collect(),
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(&Sha256::digest(text.as_bytes())))
}

fn is_wide(block: &Block) -> bool {
    matches!(block, Block::Table(table) if table.columns.len() >= MANY_COLUMNS)
}

/// The shares of the columns, as rules of the style: the policy of the page lets no element have a style of its own.
fn widths(document: &Document) -> String {
    let mut rules = String::new();
    for table in super::tables(document) {
        let shares = shares(table);
        let sum: u32 = shares.iter().map(|share| u32::from(*share)).sum();
        let id = name(&table.id);
        // Writing into a string can't fail.
        if table.columns.len() >= MANY_COLUMNS {
            let least = f64::from(sum) * SHARE;
            let _ = write!(rules, "@media screen{{#t-{id}{{min-width:{least:.1}rem}}}}");
        }
        for (at, share) in shares.iter().enumerate() {
            let width = f64::from(*share) * 100.0 / f64::from(sum.max(1));
            let _ = write!(rules, "#t-{id} col:nth-child({}){{width:{width:.2}%}}", at + 1);
        }
    }
    rules
}

/// The share of every column, those of the id and the change first.
fn shares(table: &Table) -> Vec<u16> {
    let longest = table.rows.iter().map(|row| row.id.chars().count()).max().unwrap_or_default();
    let id = u16::try_from((longest + 2).clamp(8, 22) * 2 / 3).unwrap_or(8);
    let change = table.shows_change().then_some(7);
    // So that no word of a heading is cut.
    let heading = |title: &str| title.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    let least = |title: &str| u16::try_from((heading(title) + 1) * 2 / 3).unwrap_or(0);
    let others = table.columns.iter().map(|column| column.width.max(least(&column.title)));
    [id].into_iter().chain(change).chain(others).collect()
}

fn block(block: &Block, words: &Words) -> String {
    match block {
        Block::Heading { id, title } => format!("<h3 id=\"{}\">{}</h3>", name(id), inline(title)),
        Block::Paragraph(text) => format!("<p>{}</p>", inline(text)),
        Block::Bullets(items) => items_in("ul", items),
        Block::Steps(items) => items_in("ol", items),
        Block::Checklist(tasks) => {
            let items: String = tasks.iter().map(|one| task(one, words)).collect();
            format!("<ul class=\"tasks\">{items}</ul>")
        }
        Block::Callout { weight, title, body } => callout(*weight, title, body, words),
        Block::Listing { name, text } => listing(name, text, words),
        Block::Table(one) => table(one, words),
        Block::Figure(figure) => picture(figure),
        Block::SignOff(signatures) => sign_off(signatures, words),
    }
}

fn items_in(list: &str, items: &[Text]) -> String {
    let items: String = items.iter().map(|item| format!("<li>{}</li>", inline(item))).collect();
    format!("<{list}>{items}</{list}>")
}

fn task(task: &Task, words: &Words) -> String {
    let owner = task.owner.as_ref().map(|owner| format!("{}: {}", escape(words.owner), inline(owner)));
    let due = task.due.map(|due| format!("{}: {due}", escape(words.due)));
    let who: Vec<String> = owner.into_iter().chain(due).collect();
    let who = if who.is_empty() {
        String::new()
    } else {
        format!("<span class=\"who\">{}</span>", who.join(" \u{b7} "))
    };
    let (what, label) = (inline(&task.what), escape(&visible(&task.what.words())));
    format!("<li><input type=\"checkbox\" aria-label=\"{label}\"><span>{what}{who}</span></li>")
}

fn callout(weight: Weight, title: &Text, body: &[Text], words: &Words) -> String {
    let (class, label) = match weight {
        Weight::Note => ("note", words.weight_note),
        Weight::Warning => ("warning", words.weight_warning),
        Weight::Decision => ("decision", words.weight_decision),
    };
    let body: String = body.iter().map(|text| format!("<p>{}</p>", inline(text))).collect();
    let (label, title) = (escape(label), inline(title));
    format!("<div class=\"callout {class}\"><p class=\"title\">{label}: {title}</p>{body}</div>")
}

fn listing(file: &str, text: &str, words: &Words) -> String {
    let (label, file, text) = (escape(words.file), escape(&visible(file)), escape(&visible(text)));
    format!(
        "<figure class=\"listing\"><figcaption>{label} <code>{file}</code></figcaption>\
         <pre tabindex=\"0\"><code>{text}</code></pre></figure>"
    )
}

fn table(table: &Table, words: &Words) -> String {
    let (id, caption) = (name(&table.id), inline(&table.caption));
    if table.rows.is_empty() {
        let nothing = escape(words.no_rows);
        return format!("<p class=\"caption\" id=\"t-{id}\">{caption}</p><p class=\"empty\">{nothing}</p>");
    }
    let tools = if table.rows.len() >= MANY_ROWS { " data-tools=\"\"" } else { "" };
    let dense = if table.columns.len() >= VERY_MANY_COLUMNS { " dense" } else { "" };
    let columns = "<col>".repeat(shares(table).len());
    let mut text = format!(
        "<div class=\"table{dense}\"{tools}><p class=\"caption\" id=\"c-{id}\">{caption}</p>\
         <div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-labelledby=\"c-{id}\">\
         <table id=\"t-{id}\" aria-labelledby=\"c-{id}\"><colgroup>{columns}</colgroup><thead><tr>"
    );
    text += &heading(&table.key, ColumnKind::Code);
    if table.shows_change() {
        text += &heading(words.change, ColumnKind::Choice);
    }
    text.extend(table.columns.iter().map(|column| heading(&column.title, column.kind)));
    text += "</tr></thead><tbody>";
    text.extend(table.rows.iter().map(|one| row(one, table, words)));
    text + "</tbody></table></div></div>"
}

fn heading(title: &str, kind: ColumnKind) -> String {
    let kind = if kind == ColumnKind::Choice { " data-kind=\"choice\"" } else { "" };
    format!("<th scope=\"col\"{kind}>{}</th>", escape(title))
}

fn row(row: &Row, table: &Table, words: &Words) -> String {
    let word = row.change.map_or("", |change| words.change_word(change));
    let mark = row.change.map(class_of_change);
    let class = mark.map_or_else(String::new, |class| format!(" class=\"{class}\""));
    let mut text = format!("\n<tr{class}><th scope=\"row\">{}</th>", escape(&visible(&row.id)));
    // Writing into a string can't fail.
    if table.shows_change() {
        let class = mark.unwrap_or_default();
        let _ = write!(text, "<td><span class=\"mark {class}\">{}</span></td>", escape(word));
    }
    for (column, cell) in table.columns.iter().zip(&row.cells) {
        let _ = write!(text, "<td{}>{}</td>", class_of(column), inline(cell));
    }
    text + "</tr>"
}

fn class_of_change(change: Change) -> &'static str {
    match change {
        Change::New => "new",
        Change::Changed => "changed",
        Change::Removed => "removed",
    }
}

fn class_of(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Code => " class=\"code\"",
        ColumnKind::Number => " class=\"number\"",
        ColumnKind::Words | ColumnKind::Day | ColumnKind::Choice => "",
    }
}

/// A picture inside of the page: as an image, so that nothing in it can reach the page.
fn picture(figure: &Figure) -> String {
    let data = BASE64.encode(figure.svg.as_bytes());
    let (id, description) = (name(&figure.id), escape(&visible(&figure.description)));
    let (caption, width, height) = (inline(&figure.caption), figure.width, figure.height);
    format!(
        "<figure class=\"picture\" id=\"{id}\"><img src=\"data:image/svg+xml;base64,{data}\" \
         width=\"{width}\" height=\"{height}\" alt=\"{description}\"><figcaption>{caption}</figcaption></figure>"
    )
}

fn sign_off(signatures: &[Signature], words: &Words) -> String {
    let titles = [words.party, words.statement, words.signer, words.day, words.signature];
    let head: String =
        titles.iter().map(|title| format!("<th scope=\"col\">{}</th>", escape(title))).collect();
    let rows = signatures.iter().map(|signature| {
        let (party, statement) = (inline(&signature.party), inline(&signature.statement));
        let blank = "<td class=\"blank\"></td>".repeat(3);
        format!("<tr><th scope=\"row\">{party}</th><td>{statement}</td>{blank}</tr>")
    });
    let rows: String = rows.collect();
    format!("<table class=\"sign\"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
}

fn inline(text: &Text) -> String {
    text.0.iter().map(piece).collect()
}

fn piece(part: &Part) -> String {
    let words = escape(&visible(&part.words)).replace('\n', "<br>");
    let plain = match (part.face, part.voice) {
        (Face::Code, Voice::Ours) => format!("<code>{words}</code>"),
        (Face::Code, Voice::Site) => format!("<code class=\"site\">{words}</code>"),
        (Face::Strong, Voice::Ours) => format!("<strong>{words}</strong>"),
        (Face::Strong, Voice::Site) => format!("<strong class=\"site\">{words}</strong>"),
        (Face::Plain, Voice::Site) => format!("<span class=\"site\">{words}</span>"),
        (Face::Plain, Voice::Ours) => words,
    };
    match part.link.as_deref().filter(|link| link.starts_with("https://")) {
        Some(link) => format!("<a href=\"{}\" rel=\"noreferrer\">{plain}</a>", escape(link)),
        None => plain,
    }
}

fn escape(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            _ => text.push(letter),
        }
    }
    text
}

/// An id that can stand in an attribute, a link and a rule of the style.
fn name(id: &str) -> String {
    let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' };
    id.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_and_never_run() {
        assert_eq!(
            inline(&Text::site("<script>\u{202E}\n'")),
            "<span class=\"site\">&lt;script&gt;[U+202E]<br>&#39;</span>"
        );
        assert_eq!(inline(&Text::link("x", "javascript:alert(1)")), "x");
        assert_eq!(
            inline(&Text::link("x", "https://a.example/?\"b")),
            "<a href=\"https://a.example/?&quot;b\" rel=\"noreferrer\">x</a>"
        );
    }
}
