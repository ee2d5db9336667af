//! Section: first checks when it fails.
//!
//! In: [`Facts`]. Out: what is seen, and what to look at first, from the rules of the catalogue that concern the site.
//!
//! Invariant: every rule that says what is seen without it, and that concerns the site, is one check.

use super::parts::{seen, sources};
use super::{listed, or_dash, paragraph, row, section as section_of, table};
use crate::catalogue::DeploymentRule;
use crate::document::content::{Block, ColumnKind, Row, Section, Text};
use crate::document::facts::Facts;
use crate::document::text::fill;
use std::collections::BTreeMap;

/// Most rows of the matrix that one check names.
const MOST_ROWS: usize = 12;

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    let words = facts.words;
    let told: Vec<&DeploymentRule> =
        facts.team_rules().filter(|rule| rule.without_rule().is_some()).collect();
    if told.is_empty() {
        return Some(section_of(facts, "first-checks", Vec::new(), words.checks_none));
    }
    let mut blocks = vec![paragraph(words.checks_intro, &[])];
    blocks.extend(messages(facts, &told));
    let columns = [
        ("seen", 16, ColumnKind::Words),
        ("check", 26, ColumnKind::Words),
        ("matrix-rows", 14, ColumnKind::Code),
        ("source", 14, ColumnKind::Words),
    ];
    let rows = told.iter().map(|rule| check_row(facts, rule)).collect();
    blocks.push(table(facts, "checks", ("entry", words.checks_caption), &columns, rows));
    Some(section_of(facts, "first-checks", blocks, words.checks_none))
}

/// Messages of the product that several rules can be behind: the checks in order.
fn messages(facts: &Facts<'_>, told: &[&DeploymentRule]) -> Vec<Block> {
    let mut messages: BTreeMap<&str, Vec<&DeploymentRule>> = BTreeMap::new();
    for rule in told {
        if let Some(seen) = rule.without_rule().filter(|seen| seen.quoted) {
            messages.entry(seen.text.as_str()).or_default().push(rule);
        }
    }
    let mut blocks = Vec::new();
    for (message, rules) in messages {
        blocks.push(paragraph(facts.words.checks_message, &[("message", Text::ours(message))]));
        let steps = rules.iter().map(|rule| {
            let rows = rows_of(facts, rule);
            let values = [("check", Text::ours(rule.statement())), ("rows", rows.clone())];
            let template = if rows.is_empty() { facts.words.check_step } else { facts.words.check_step_rows };
            fill(template, &values)
        });
        blocks.push(Block::Steps(steps.collect()));
    }
    blocks
}

fn check_row(facts: &Facts<'_>, rule: &DeploymentRule) -> Row {
    let rows = rows_of(facts, rule);
    let cells = vec![
        seen(facts, rule),
        Text::ours(rule.statement()),
        or_dash((!rows.is_empty()).then_some(rows)),
        sources(rule.sources()),
    ];
    row(rule.id(), cells)
}

/// The rows of the matrix that a rule speaks of.
fn rows_of(facts: &Facts<'_>, rule: &DeploymentRule) -> Text {
    let is_meant = |entry: &str| rule.flows().iter().any(|flow| *flow == *entry);
    let found = facts
        .rows()
        .filter(|row| row.reasons.iter().any(|reason| reason.catalogue.as_deref().is_some_and(is_meant)));
    let ids: Vec<&str> = found.map(|row| row.id.as_str()).collect();
    let shown = listed(ids.iter().take(MOST_ROWS).map(|id| Text::code(*id)));
    match ids.len().checked_sub(MOST_ROWS).filter(|more| *more > 0) {
        Some(more) => shown.then(fill(facts.words.and_more, &[("more", super::number(more))])),
        None => shown,
    }
}
