//! A document as Markdown with tables.
//!
//! In: a [`Document`]. Out: one page, for repositories and wikis.
//!
//! Invariant: what a text holds changes neither the page around it nor the rows and cells of a table; no line of
//! anybody's words becomes markup. The site's words are in italics, ours are not.

use super::visible::visible;
use crate::document::content::{
    Block, Change, Document, Face, Figure, Part, Row, Section, Signature, Table, Task, Text, Voice, Weight,
};
use crate::document::text::{self, Words};
use askama::Template;
use std::fmt::Write;

#[derive(Template)]
#[template(path = "document.md", escape = "none", config = "src/document/askama.toml")]
struct Page {
    title: String,
    subtitle: String,
    facts: Vec<(String, String)>,
    contents: &'static str,
    voices: String,
    sections: Vec<PageSection>,
}

/// A section as the template sees it.
struct PageSection {
    number: usize,
    id: String,
    title: String,
    blocks: Vec<String>,
}

pub(super) fn render(document: &Document) -> Result<Vec<u8>, askama::Error> {
    let words = text::words(document.language);
    let section = |(at, section): (usize, &Section)| PageSection {
        number: at + 1,
        id: section.id.clone(),
        title: escape(&section.title),
        blocks: section.blocks.iter().map(|one| block(one, words)).collect(),
    };
    let page = Page {
        title: inline(&document.title),
        subtitle: inline(&document.subtitle),
        facts: document.facts.iter().map(|(label, value)| (escape(label), inline(value))).collect(),
        contents: words.contents,
        voices: inline(&text::ours(words.voices_markdown)),
        sections: document.sections.iter().enumerate().map(section).collect(),
    };
    Ok((page.render()?.trim_end().to_owned() + "\n").into_bytes())
}

fn block(block: &Block, words: &Words) -> String {
    match block {
        Block::Heading { id, title } => format!("### {} {}", inline(title), anchor(id)),
        Block::Paragraph(text) => inline(text),
        Block::Bullets(items) => list(items.iter().map(|item| format!("- {}", inline(item)))),
        Block::Steps(items) => {
            list(items.iter().enumerate().map(|(at, item)| format!("{}. {}", at + 1, inline(item))))
        }
        Block::Checklist(tasks) => list(tasks.iter().map(|one| task(one, words))),
        Block::Callout { weight, title, body } => callout(*weight, title, body, words),
        Block::Listing { name, text } => listing(name, text, words),
        Block::Table(one) => table(one, words),
        Block::Figure(figure) => picture(figure),
        Block::SignOff(signatures) => sign_off(signatures, words),
    }
}

fn list(lines: impl Iterator<Item = String>) -> String {
    lines.collect::<Vec<_>>().join("\n")
}

fn task(task: &Task, words: &Words) -> String {
    let owner = task.owner.as_ref().map(|owner| format!("{}: {}", words.owner, inline(owner)));
    let due = task.due.map(|due| format!("{}: {due}", words.due));
    let behind: Vec<String> = owner.into_iter().chain(due).collect();
    let behind = if behind.is_empty() { String::new() } else { format!(" ({})", behind.join("; ")) };
    format!("- [ ] {}{behind}", inline(&task.what))
}

fn callout(weight: Weight, title: &Text, body: &[Text], words: &Words) -> String {
    let label = weight_label(weight, words);
    let lines = std::iter::once(format!("> **{label}: {}**", inline(title)));
    lines.chain(body.iter().map(|text| format!("> {}", inline(text)))).collect::<Vec<_>>().join("\n>\n")
}

fn weight_label(weight: Weight, words: &Words) -> &'static str {
    match weight {
        Weight::Note => words.weight_note,
        Weight::Warning => words.weight_warning,
        Weight::Decision => words.weight_decision,
    }
}

/// Text as it is, between fences that it does not hold.
fn listing(name: &str, text: &str, words: &Words) -> String {
    let fence = longest_run(text, '`').max(2) + 1;
    let fence = "`".repeat(fence);
    format!("{} `{}`:\n\n{fence}\n{}\n{fence}", words.file, name.replace('`', "'"), visible(text))
}

fn longest_run(text: &str, letter: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for next in text.chars() {
        run = if next == letter { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

fn table(table: &Table, words: &Words) -> String {
    let mut text = format!("**{}** {}\n\n", inline(&table.caption), anchor(&format!("t-{}", table.id)));
    if table.rows.is_empty() {
        return text + words.no_rows;
    }
    let change = table.shows_change().then(|| words.change.to_owned());
    let titles = table.columns.iter().map(|column| escape(&column.title));
    let titles: Vec<String> = [escape(&table.key)].into_iter().chain(change).chain(titles).collect();
    // Writing into a string can't fail.
    let _ = writeln!(text, "| {} |", titles.join(" | "));
    let _ = write!(text, "|{}", " --- |".repeat(titles.len()));
    for row in &table.rows {
        let _ = write!(text, "\n| {} |", cells(row, table.shows_change(), words).join(" | "));
    }
    text
}

fn cells(row: &Row, shows_change: bool, words: &Words) -> Vec<String> {
    let change = shows_change.then(|| row.change.map_or_else(String::new, |change| mark(change, words)));
    let cells = row.cells.iter().map(inline);
    [escape(&row.id)].into_iter().chain(change).chain(cells).collect()
}

fn mark(change: Change, words: &Words) -> String {
    format!("**{}**", words.change_word(change))
}

fn picture(figure: &Figure) -> String {
    let source = visible(&figure.mermaid).replace("```", "'''");
    let (caption, description) = (inline(&figure.caption), escape(&figure.description));
    format!(
        "{}\n\n```mermaid\n{}\n```\n\n*{caption}*\n\n{description}",
        anchor(&figure.id),
        source.trim_end()
    )
}

fn sign_off(signatures: &[Signature], words: &Words) -> String {
    let head = [words.party, words.statement, words.signer, words.day, words.signature].join(" | ");
    let mut text = format!("| {head} |\n|{}", " --- |".repeat(5));
    for Signature { party, statement } in signatures {
        let _ = write!(text, "\n| {} | {} |  |  |  |", inline(party), inline(statement));
    }
    text
}

fn anchor(id: &str) -> String {
    let plain: String =
        id.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
    format!("<a id=\"{plain}\"></a>")
}

fn inline(text: &Text) -> String {
    text.0.iter().map(piece).collect()
}

fn piece(part: &Part) -> String {
    let words = visible(&part.words);
    let (before, core, after) = trimmed(&words);
    if core.is_empty() {
        return space(&words).to_owned();
    }
    let plain = match part.face {
        Face::Code => code(core),
        Face::Strong => format!("**{}**", escape(core)),
        Face::Plain => escape(core),
    };
    let voiced =
        if part.voice == Voice::Site && part.face != Face::Code { format!("*{plain}*") } else { plain };
    let linked = match part.link.as_deref().filter(|link| link.starts_with("https://")) {
        Some(link) => format!("[{voiced}](<{}>)", link.replace(['<', '>', '\n'], "")),
        None => voiced,
    };
    format!("{}{linked}{}", space(before), space(after))
}

/// Marks must touch the words that they set.
fn trimmed(words: &str) -> (&str, &str, &str) {
    let core = words.trim();
    let start = words.len() - words.trim_start().len();
    let (before, rest) = words.split_at(start);
    (before, core, rest.get(core.len()..).unwrap_or_default())
}

fn space(around: &str) -> &'static str {
    match around {
        "" => "",
        around if around.contains('\n') => "<br>",
        _ => " ",
    }
}

/// Words as code: a span whose marks it does not hold; a bar is escaped for the sake of tables.
fn code(words: &str) -> String {
    let words = one_line(words).replace('|', "\\|");
    let marks = "`".repeat(longest_run(&words, '`') + 1);
    if words.starts_with('`') || words.ends_with('`') {
        format!("{marks} {words} {marks}")
    } else {
        format!("{marks}{words}{marks}")
    }
}

/// Words as they are read, whatever they hold: every character of Markdown or HTML is escaped, lines are breaks.
fn escape(words: &str) -> String {
    let words = visible(words);
    let lines: Vec<String> = words.trim_matches('\n').split('\n').map(escape_line).collect();
    lines.join("<br>")
}

fn escape_line(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for letter in line.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '\t' => text.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' | '$' | '^' | '=' => {
                text.push('\\');
                text.push(letter);
            }
            _ => text.push(letter),
        }
    }
    guard_start(text)
}

/// What would start a list, a heading or a rule at the start of a line is escaped there; bare addresses are no links.
fn guard_start(text: String) -> String {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    let rest = text.get(digits..).unwrap_or_default();
    if digits > 0 && rest.starts_with(['.', ')']) {
        let (number, rest) = text.split_at(digits);
        return format!("{number}\\{rest}");
    }
    if text.starts_with(['-', '+']) { format!("\\{text}") } else { text }
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_words_is_markup() {
        assert_eq!(escape("<script>|*a* [b](c)"), "&lt;script&gt;\\|\\*a\\* \\[b\\](c)");
        assert_eq!(escape("# no\n- list\n1. one"), "\\# no<br>\\- list<br>1\\. one");
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(inline(&Text::site(" hi ")), " *hi* ");
    }

    #[test]
    fn a_listing_ends_where_it_ends() {
        let words = text::words("en");
        assert!(listing("x", "a\n```\nb", words).ends_with("\n```\nb\n````"));
    }
}
