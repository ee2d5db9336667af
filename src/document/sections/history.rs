//! The change history: what became of an earlier release, and in which order to carry it out.
//!
//! In: [`Facts`]. Out: the blocks of the first section that say it.
//!
//! Invariant: without an earlier release it says why nothing is marked.

use super::matrix::{encryption_word, end, in_ranges};
use super::{heading, joined, listed, number, or_dash, paragraph, row, table};
use crate::diff::{Change as ReleaseChange, Class};
use crate::document::changes::{Changes, Difference};
use crate::document::content::{Block, Change, ColumnKind, Row, Text, Weight};
use crate::document::facts::Facts;
use crate::document::input::Earlier;
use crate::document::text::{fill, quoting};
use crate::policy::identity::short_hash;
use std::collections::BTreeSet;

/// Everything about what this release follows.
pub(super) fn history(facts: &Facts<'_>) -> Vec<Block> {
    let words = facts.words;
    let follows = facts.input.model.site.follows.as_deref();
    let (Some(earlier), Some(changes)) = (facts.input.earlier, facts.changes.as_ref()) else {
        return vec![match follows {
            Some(name) => paragraph(words.history_follows, &[("earlier", Text::site(name))]),
            None => paragraph(words.history_first, &[]),
        }];
    };
    let mut blocks = vec![heading(facts, "history"), compared(facts, earlier, changes)];
    blocks.extend(other_release(facts, earlier));
    blocks.push(change_table(facts, earlier));
    let steps = earlier.comparison.order_of_work.iter().filter(|_| facts.team.is_none());
    let steps: Vec<Text> = steps
        .map(|step| match step.from {
            Some(day) => fill(
                words.history_step_from,
                &[("day", Text::site(day.to_string())), ("what", quoting(&step.what))],
            ),
            None => quoting(&step.what),
        })
        .collect();
    if !steps.is_empty() {
        blocks.extend([paragraph(words.history_order, &[]), Block::Steps(steps)]);
    }
    blocks.extend(row_table(facts, changes));
    blocks
}

/// What was compared, in numbers.
fn compared(facts: &Facts<'_>, earlier: &Earlier<'_>, changes: &Changes<'_>) -> Block {
    let count = |wanted: Option<Change>| {
        facts.rows().filter(|row| changes.of_row(&row.id).map(|mark| mark.change) == wanted).count()
    };
    let header = &changes.release.header;
    let day = header.as_of.map(|day| Text::site(day.to_string()));
    let values = [
        ("earlier", Text::site(earlier.name)),
        ("day", or_dash(day)),
        ("new", number(count(Some(Change::New)))),
        ("changed", number(count(Some(Change::Changed)))),
        ("removed", number(facts.removed().count())),
        ("same", number(count(None))),
    ];
    paragraph(facts.words.history_compared, &values)
}

/// Endings of names that say a file, not a release.
const FILE_ENDINGS: [&str; 2] = [".seg", ".json"];

/// A decision where the site says that it follows another release than the one that it was compared with.
fn other_release(facts: &Facts<'_>, earlier: &Earlier<'_>) -> Option<Block> {
    let words = facts.words;
    let follows = facts.input.model.site.follows.as_deref()?;
    let compared = earlier.comparison.before.release.as_deref()?;
    let is_file = FILE_ENDINGS.iter().any(|ending| follows.ends_with(ending));
    (!is_file && follows != compared).then(|| {
        let values = [("follows", Text::site(follows)), ("earlier", Text::site(compared))];
        Block::Callout {
            weight: Weight::Warning,
            title: fill(words.history_other_title, &[]),
            body: vec![fill(words.history_other, &values)],
        }
    })
}

/// The changes by meaning, as a comparison of the releases tells them.
fn change_table(facts: &Facts<'_>, earlier: &Earlier<'_>) -> Block {
    let words = facts.words;
    let own: BTreeSet<&str> = facts
        .rows()
        .flat_map(|row| row.others.iter().copied().chain([row.flow]))
        .chain(facts.removed().flat_map(|row| row.others.iter().copied().chain([row.flow])))
        .collect();
    let concerns = |change: &ReleaseChange| {
        facts.team.is_none() || change.rows.iter().any(|flow| own.contains(flow.as_str()))
    };
    let told = earlier.comparison.changes.iter().filter(|change| concerns(change));
    let mut rows: Vec<Row> = Vec::new();
    for change in told {
        let row = change_row(facts, change);
        if !rows.iter().any(|known| known.id == row.id) {
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return paragraph(words.history_none, &[]);
    }
    let columns = [
        ("class", 7, ColumnKind::Choice),
        ("what", 22, ColumnKind::Words),
        ("rationale", 22, ColumnKind::Words),
        ("matrix-rows", 12, ColumnKind::Code),
        ("note", 14, ColumnKind::Words),
    ];
    table(facts, "changes", ("id", words.changes_caption), &columns, rows)
}

fn change_row(facts: &Facts<'_>, change: &ReleaseChange) -> Row {
    let words = facts.words;
    let class = match change.class {
        Class::Opened => words.class_opened,
        Class::Widened => words.class_widened,
        Class::Weakened => words.class_weakened,
        Class::Hardened => words.class_hardened,
        Class::Closed => words.class_closed,
        Class::Narrowed => words.class_narrowed,
        Class::Guard => words.class_guard,
        Class::State => words.class_state,
        Class::Model => words.class_model,
        Class::Renamed => words.class_renamed,
        Class::Need => words.class_need,
        Class::Text => words.class_text,
    };
    let rows = listed(change.rows.iter().map(|id| Text::code(id.as_str())));
    let cells = vec![
        Text::ours(class),
        quoting(&change.what),
        joined(change.because.iter().map(|because| Text::site(because.as_str())), "\n"),
        or_dash(Some(rows).filter(|rows| !rows.is_empty())),
        joined(change.notes.iter().map(|note| quoting(note)), "\n"),
    ];
    let identity = [change.class.word(), &change.what, &change.statement];
    row(format!("{}-{}", change.class.word(), short_hash(&identity, 6)), cells)
}

/// What changed rows said before.
fn row_table(facts: &Facts<'_>, changes: &Changes<'_>) -> Option<Block> {
    let words = facts.words;
    let changed = facts.rows().filter_map(|found| {
        let mark = changes.of_row(&found.id).filter(|mark| mark.change == Change::Changed)?;
        let differences = joined(mark.differences.iter().map(|one| difference(facts, one)), "\n");
        Some(row(found.id.clone(), vec![facts.name(found.from), facts.name(found.to), differences]))
    });
    let rows: Vec<Row> = changed.collect();
    let columns = [
        ("source-role", 10, ColumnKind::Choice),
        ("destination-role", 10, ColumnKind::Choice),
        ("before", 36, ColumnKind::Words),
    ];
    let caption = ("id", words.changed_rows_caption);
    (!rows.is_empty()).then(|| table(facts, "changed-rows", caption, &columns, rows))
}

/// A column with what it said before.
fn difference(facts: &Facts<'_>, difference: &Difference) -> Text {
    let words = facts.words;
    let site = |text: &str| Text::site(text);
    let optional = |text: &Option<String>| or_dash(text.as_deref().map(Text::site));
    let several = |texts: &BTreeSet<String>| joined(texts.iter().map(|text| Text::site(text.as_str())), "; ");
    let (column, before) = match difference {
        Difference::Id(id) => ("id", Text::code(id.as_str())),
        Difference::SourceRole(name) => ("source-role", site(name)),
        Difference::Source(place) => ("source-address", end(facts, place)),
        Difference::DestinationRole(name) => ("destination-role", site(name)),
        Difference::Destination(place) => ("destination-address", end(facts, place)),
        Difference::Services(services) => ("ports", in_ranges(facts, services)),
        Difference::EnforcedAt(platforms) => {
            ("enforced-at", joined(platforms.iter().map(optional), " \u{2192} "))
        }
        Difference::Statements(statements) => ("purpose", several(statements)),
        Difference::Reasons(reasons) => ("rationale", several(reasons)),
        Difference::Encryption(encryption) => ("encrypted", Text::ours(encryption_word(words, *encryption))),
        Difference::Starts(day) => ("first-day", site(&day.to_string())),
        Difference::Expires(day) => {
            ("last-day", or_dash(day.previous_day().map(|day| Text::site(day.to_string()))))
        }
        Difference::Owner(owner) => ("owner", optional(owner)),
        Difference::Ticket(ticket) => ("ticket", optional(ticket)),
    };
    fill(words.said_before, &[("column", Text::ours(words.title(column))), ("before", before)])
}
