//! The content of a document for programs.
//!
//! In: a [`Document`]. Out: a JSON value with all of its sections, blocks, tables and rows.
//!
//! A cell is a plain text under the id of its column, as programs look for one; every other text is a list of parts, so that
//! the site's own words stay apart from ours.
//!
//! Invariant: no row, id or text is left out; of a figure there are the words and the Mermaid text, not the drawing.

use super::content::{
    Block, Change, Column, Document, Face, Figure, Part, Row, Section, Signature, Table, Task, Text, Voice,
    Weight,
};
use serde_json::{Map, Value, json};

/// A whole document.
pub fn value(document: &Document) -> Value {
    let facts = document.facts.iter().map(|(label, value)| json!({ "label": label, "value": text(value) }));
    json!({
        "title": text(&document.title),
        "subtitle": text(&document.subtitle),
        "facts": facts.collect::<Vec<Value>>(),
        "date": document.date.to_string(),
        "language": document.language,
        "sections": document.sections.iter().map(section).collect::<Vec<Value>>(),
    })
}

fn section(section: &Section) -> Value {
    json!({
        "id": section.id,
        "title": section.title,
        "blocks": section.blocks.iter().map(block).collect::<Vec<Value>>(),
    })
}

fn block(block: &Block) -> Value {
    match block {
        Block::Heading { id, title } => json!({ "block": "heading", "id": id, "title": text(title) }),
        Block::Paragraph(words) => json!({ "block": "paragraph", "text": text(words) }),
        Block::Bullets(items) => json!({ "block": "bullets", "items": texts(items) }),
        Block::Steps(items) => json!({ "block": "steps", "items": texts(items) }),
        Block::Checklist(tasks) => {
            json!({ "block": "checklist", "tasks": tasks.iter().map(task).collect::<Vec<Value>>() })
        }
        Block::Callout { weight, title, body } => json!({
            "block": "callout",
            "weight": weight_word(*weight),
            "title": text(title),
            "body": texts(body),
        }),
        Block::Listing { name, text } => json!({ "block": "listing", "name": name, "text": text }),
        Block::Table(one) => table(one),
        Block::Figure(one) => figure(one),
        Block::SignOff(signatures) => {
            json!({ "block": "sign-off", "signatures": signatures.iter().map(signature).collect::<Vec<Value>>() })
        }
    }
}

fn weight_word(weight: Weight) -> &'static str {
    match weight {
        Weight::Note => "note",
        Weight::Warning => "warning",
        Weight::Decision => "decision",
    }
}

fn task(task: &Task) -> Value {
    json!({
        "what": text(&task.what),
        "owner": task.owner.as_ref().map(text),
        "due": task.due.map(|day| day.to_string()),
    })
}

fn signature(signature: &Signature) -> Value {
    json!({ "party": text(&signature.party), "statement": text(&signature.statement) })
}

fn figure(figure: &Figure) -> Value {
    json!({
        "block": "figure",
        "id": figure.id,
        "caption": text(&figure.caption),
        "description": figure.description,
        "mermaid": figure.mermaid,
    })
}

fn table(table: &Table) -> Value {
    let columns = table.columns.iter().map(|column| json!({ "id": column.id, "title": column.title }));
    json!({
        "block": "table",
        "id": table.id,
        "caption": text(&table.caption),
        "key": table.key,
        "columns": columns.collect::<Vec<Value>>(),
        "rows": table.rows.iter().map(|one| row(&table.columns, one)).collect::<Vec<Value>>(),
    })
}

fn row(columns: &[Column], row: &Row) -> Value {
    let cells = columns.iter().zip(&row.cells);
    let cells: Map<String, Value> =
        cells.map(|(column, cell)| (column.id.to_owned(), Value::from(cell.words()))).collect();
    let change = row.change.map(|change| match change {
        Change::New => "new",
        Change::Changed => "changed",
        Change::Removed => "removed",
    });
    json!({ "id": row.id, "change": change, "cells": cells })
}

fn texts(texts: &[Text]) -> Vec<Value> {
    texts.iter().map(text).collect()
}

fn text(text: &Text) -> Value {
    text.0.iter().map(part).collect::<Vec<Value>>().into()
}

fn part(part: &Part) -> Value {
    let voice = match part.voice {
        Voice::Ours => "document",
        Voice::Site => "site",
    };
    let face = match part.face {
        Face::Plain => "plain",
        Face::Strong => "strong",
        Face::Code => "code",
    };
    json!({ "words": part.words, "voice": voice, "face": face, "link": part.link })
}
