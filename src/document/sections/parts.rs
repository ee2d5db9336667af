//! Pieces that several sections show: rules of the catalogue, needs of the site, sources.
//!
//! In: [`Facts`]. Out: blocks and texts.
//!
//! Invariant: a fact of the catalogue is never shown without its source.

use super::{heading, joined, row, table};
use crate::catalogue::{DeploymentRule, RuleTopic, Source};
use crate::document::content::{Block, ColumnKind, Row, Task, Text};
use crate::document::facts::Facts;
use crate::document::team::Team;
use crate::document::text::{fill, ours};
use crate::model::Need;

/// The word of a rule that only people can keep.
const CONFIRM: &str = "confirm";

/// What the catalogue knows about a part of the document: nothing where no rule concerns the site.
pub(super) fn rules(facts: &Facts<'_>, id: &'static str, topics: &[RuleTopic]) -> Vec<Block> {
    let told = facts.rules_of(topics);
    let rows: Vec<Row> = told.iter().map(|rule| rule_row(facts, rule)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = [
        ("rule", 22, ColumnKind::Words),
        ("otherwise", 14, ColumnKind::Words),
        ("seen-to-by", 8, ColumnKind::Choice),
        ("source", 14, ColumnKind::Words),
    ];
    vec![table(facts, id, ("entry", facts.words.rules_caption), &columns, rows)]
}

fn rule_row(facts: &Facts<'_>, rule: &DeploymentRule) -> Row {
    let note = rule.note().map(|note| fill(facts.words.rule_note, &[("note", Text::ours(note))]));
    let statement = joined([Text::ours(rule.statement())].into_iter().chain(note), " ");
    let cells = vec![statement, seen(facts, rule), keeper(facts, rule), sources(rule.sources())];
    row(rule.id(), cells)
}

/// What is seen when a rule is not kept.
pub(super) fn seen(facts: &Facts<'_>, rule: &DeploymentRule) -> Text {
    match rule.without_rule() {
        Some(seen) if seen.quoted => {
            fill(facts.words.product_says, &[("message", Text::ours(seen.text.as_str()))])
        }
        Some(seen) => Text::ours(seen.text.as_str()),
        None => Text::default(),
    }
}

fn keeper(facts: &Facts<'_>, rule: &DeploymentRule) -> Text {
    let words = facts.words;
    Text::ours(if is_for_people(rule) { words.kept_by_people } else { words.kept_by_checks })
}

/// True where nothing but people can see to a rule.
pub(super) fn is_for_people(rule: &DeploymentRule) -> bool {
    rule.kept_by().iter().any(|keeper| *keeper == *CONFIRM)
}

/// Titles of documents with their dates; a title leads to its document where the catalogue has its address.
pub(super) fn sources(sources: &[Source]) -> Text {
    joined(sources.iter().map(source), "; ")
}

fn source(source: &Source) -> Text {
    let title = match source.address.as_ref() {
        Some(address) => Text::link(source.title.as_str(), address.as_str()),
        None => Text::ours(source.title.as_str()),
    };
    match source.date.as_ref().or(source.version.as_ref()) {
        Some(date) => title.then(Text::ours(format!(" ({date})"))),
        None => title,
    }
}

/// What the site needs for a part of the document, to tick off; nothing where it needs nothing.
pub(super) fn needs(facts: &Facts<'_>, id: &'static str, topics: &[RuleTopic]) -> Vec<Block> {
    let needs = facts.needs();
    let of_topic = needs.iter().filter(|need| topics.contains(&Team::topic_of(need)));
    let tasks: Vec<Task> = of_topic.map(|need| need_task(need)).collect();
    if tasks.is_empty() {
        return Vec::new();
    }
    vec![heading(facts, id), Block::Checklist(tasks)]
}

/// A need as something to do.
pub(super) fn need_task(need: &Need) -> Task {
    let what = Text::site(format!("{}: {}", need.kind, need.name));
    let detail = need.detail.as_deref().map(Text::site);
    Task {
        what: joined([what].into_iter().chain(detail), ". "),
        owner: need.owner.as_deref().map(Text::site),
        due: need.due,
    }
}

/// A paragraph of ours for each line.
pub(super) fn bullets(lines: &str) -> Block {
    Block::Bullets(lines.lines().map(ours).collect())
}
