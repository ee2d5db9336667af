//! The comparison with what is deployed, for pages and pull requests.
//!
//! In: an [`Answer`]. Out: Markdown with one row for each difference.
//!
//! Invariant: a text from a platform can't end its cell or act upon a forge.

use super::answer::{Answer, JsonAccess, JsonDrift};
use super::text::summary;
use crate::cli::visible::visible;
use std::fmt::Write;

/// The page.
pub(super) fn markdown(answer: &Answer<'_>) -> String {
    let mut page = String::new();
    // Writing into a string can't fail.
    let _ = write(answer, &mut page);
    page
}

fn write(answer: &Answer<'_>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "## Drift of {} on {}\n", cell(answer.site), answer.as_of)?;
    writeln!(out, "{}.", summary(answer))?;
    if !answer.drifts.is_empty() {
        writeln!(
            out,
            "\n| What | Where | Opens | Closes | Rows | Place |\n| --- | --- | --- | --- | --- | --- |"
        )?;
    }
    for drift in &answer.drifts {
        write_drift(drift, out)?;
    }
    for one in &answer.compared {
        let platforms = cell(&one.platforms.join(", "));
        write!(out, "\n{platforms} ({}): {} compared, {} compiled rules", one.title, one.points, one.rules)?;
        writeln!(out, "; {} not of this site, left alone.", one.foreign.len())?;
        for remark in one.remarks {
            writeln!(out, "- {}", cell(remark))?;
        }
        for (point, problem) in one.foreign.iter().filter_map(|other| Some((other.point, other.problem?))) {
            writeln!(out, "- {} is not read: {}", cell(point), cell(problem))?;
        }
    }
    if !answer.not_compared.is_empty() {
        writeln!(out, "\n### Not compared\n")?;
    }
    for one in &answer.not_compared {
        writeln!(out, "- {}", cell(one))?;
    }
    Ok(())
}

fn write_drift(drift: &JsonDrift<'_>, out: &mut String) -> std::fmt::Result {
    let point = match drift.direction {
        Some(direction) => format!("{}, {direction}", drift.point),
        None => drift.point.to_owned(),
    };
    let opens = match (drift.opened.is_empty(), drift.effect.starts_with("opens")) {
        (true, true) => cell(drift.note.unwrap_or("yes")),
        _ => accesses(&drift.opened),
    };
    let closes = match (drift.closed.is_empty(), drift.effect) {
        (true, "closes" | "neither") => cell(drift.note.unwrap_or("yes")),
        _ => accesses(&drift.closed),
    };
    let rows: Vec<String> =
        drift.rows.iter().map(|row| format!("{} ({} to {})", row.id, row.from, row.to)).collect();
    let place = drift.deployed_at.or(drift.compiled_at).unwrap_or_default();
    let (kind, point, rows, place) = (drift.kind, cell(&point), cell(&rows.join(", ")), cell(place));
    writeln!(out, "| {kind} | {point} | {opens} | {closes} | {rows} | {place} |")
}

fn accesses(list: &[JsonAccess]) -> String {
    let one = |access: &JsonAccess| cell(&format!("{} to {} on {}", access.from, access.to, access.service));
    list.iter().map(one).collect::<Vec<_>>().join("<br>")
}

/// A text without what Markdown or a forge acts upon.
fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in visible(text).chars() {
        match character {
            '`' => {}
            '|' | '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '!' | '~' | '(' | ')' => {
                safe.push('\\');
                safe.push(character);
            }
            // A mention or a reference of a forge needs its sign to be followed by a word.
            '@' => safe.push_str("@\u{200b}"),
            other => safe.push(other),
        }
    }
    safe
}
