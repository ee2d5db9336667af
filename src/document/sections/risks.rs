//! Section: risks and consents.
//!
//! In: [`Facts`]. Out: findings, widenings, and promises with who keeps them.
//!
//! Invariant: nothing that the checks found is left out, but for what the other sections state as rules.

use super::parts::{needs, rules};
use super::{joined, listed, number, or_dash, paragraph, row, section as section_of, table};
use crate::catalogue::RuleTopic;
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::document::content::{Block, ColumnKind, Row, Section, Text, Weight};
use crate::document::facts::Facts;
use crate::document::team::Team;
use crate::document::text::{fill, ours, quoting};
use crate::model::{EnforcedBy, Forbid, Side};
use crate::policy::identity::short_hash;
use crate::target::manifest::ManifestWidening;

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    if !matches!(facts.team, None | Some(Team::Citrix)) {
        return None;
    }
    let words = facts.words;
    let mut blocks = findings(facts);
    blocks.extend(widenings(facts));
    blocks.extend(forbids(facts));
    blocks.extend(rules(facts, "risk-rules", &[RuleTopic::Risk]));
    blocks.extend(needs(facts, "risk-needs", &[RuleTopic::Risk]));
    Some(section_of(facts, "risks", blocks, words.findings_none))
}

fn findings(facts: &Facts<'_>) -> Vec<Block> {
    let words = facts.words;
    // What only people can confirm stands in the sections that it belongs to.
    let found: Vec<&Diagnostic> =
        facts.input.findings.iter().filter(|report| report.code != codes::RULE_TO_CONFIRM).collect();
    if found.is_empty() {
        return vec![paragraph(words.findings_none, &[])];
    }
    let open =
        found.iter().filter(|report| report.severity == Severity::Error && report.accepted.is_none()).count();
    let mut blocks = vec![paragraph(words.findings_intro, &[("findings", number(found.len()))])];
    if open > 0 {
        blocks.push(Block::Callout {
            weight: Weight::Decision,
            title: fill(words.findings_open_title, &[("open", number(open))]),
            body: vec![ours(words.findings_open)],
        });
    }
    let mut rows: Vec<Row> = Vec::new();
    for report in found {
        let row = finding_row(facts, report);
        if !rows.iter().any(|known| known.id == row.id) {
            rows.push(row);
        }
    }
    let columns = [
        ("finding", 8, ColumnKind::Choice),
        ("severity", 8, ColumnKind::Choice),
        ("what", 24, ColumnKind::Words),
        ("background", 26, ColumnKind::Words),
        ("remedy", 18, ColumnKind::Words),
        ("accepted", 12, ColumnKind::Words),
        ("place", 10, ColumnKind::Code),
    ];
    blocks.push(table(facts, "findings", ("id", words.findings_caption), &columns, rows));
    blocks
}

fn finding_row(facts: &Facts<'_>, report: &Diagnostic) -> Row {
    let words = facts.words;
    let place = report.labels.first().and_then(|label| {
        let file = facts.input.sources.get(label.span.source)?;
        Some(format!("{}:{}", file.relative, file.line_column(label.span.start).line))
    });
    let severity = match report.severity {
        Severity::Error => words.severity_error,
        Severity::Warning => words.severity_warning,
        Severity::Note => words.severity_note,
    };
    let code = report.code.to_string();
    let cells = vec![
        Text::code(report.code.finding().unwrap_or_else(|| code.clone())),
        Text::ours(severity),
        quoting(&report.message),
        joined(report.notes.iter().map(|note| quoting(note)), "\n"),
        joined(report.helps.iter().map(|help| quoting(&help.text)), "\n"),
        or_dash(report.accepted.as_deref().map(Text::site)),
        or_dash(place.clone().map(Text::code)),
    ];
    row(format!("{code}-{}", short_hash(&[&report.message, &place.unwrap_or_default()], 6)), cells)
}

/// What the artefacts permit beyond the site.
fn widenings(facts: &Facts<'_>) -> Vec<Block> {
    let words = facts.words;
    let widenings = &facts.input.widenings;
    let mut blocks = vec![super::heading(facts, "widenings-heading")];
    if widenings.is_empty() {
        blocks.push(paragraph(words.widenings_none, &[]));
        return blocks;
    }
    blocks.push(paragraph(words.widenings_intro, &[("widenings", number(widenings.len()))]));
    let columns = [
        ("from", 9, ColumnKind::Choice),
        ("to", 9, ColumnKind::Choice),
        ("service", 14, ColumnKind::Code),
        ("cause", 18, ColumnKind::Words),
        ("declared", 8, ColumnKind::Choice),
        ("meets", 10, ColumnKind::Code),
    ];
    let rows = widenings.iter().map(|widening| widening_row(facts, widening)).collect();
    blocks.push(table(facts, "widenings", ("id", words.widenings_caption), &columns, rows));
    blocks
}

fn widening_row(facts: &Facts<'_>, widening: &ManifestWidening) -> Row {
    let words = facts.words;
    let part = |name: &str, part: Option<&String>| {
        let part = part.map(|part| Text::site(format!("({part})")));
        joined([Text::site(name)].into_iter().chain(part), " ")
    };
    let met = listed(widening.forbids.iter().map(|name| Text::site(name.as_str())));
    let cells = vec![
        part(&widening.from, widening.from_addresses.as_ref()),
        part(&widening.to, widening.to_addresses.as_ref()),
        Text::code(widening.service.as_str()),
        quoting(&widening.cause),
        Text::ours(if widening.declared { words.declared } else { words.undeclared }),
        or_dash(Some(met).filter(|met| !met.is_empty())),
    ];
    row(widening.id.as_str(), cells)
}

/// Promises, with who keeps them.
fn forbids(facts: &Facts<'_>) -> Vec<Block> {
    let words = facts.words;
    let forbids = &facts.input.model.forbids;
    let mut blocks = vec![super::heading(facts, "forbids-heading")];
    if forbids.is_empty() {
        blocks.push(paragraph(words.forbids_none, &[]));
        return blocks;
    }
    blocks.push(paragraph(words.forbids_intro, &[]));
    let elsewhere = forbids.iter().filter(|forbid| forbid.enforced_by != EnforcedBy::Network);
    let body: Vec<Text> = elsewhere.map(|forbid| kept_elsewhere(facts, forbid)).collect();
    if !body.is_empty() {
        let title = ours(words.forbids_elsewhere_title);
        blocks.push(Block::Callout { weight: Weight::Decision, title, body });
    }
    let columns = [
        ("from", 12, ColumnKind::Words),
        ("to", 12, ColumnKind::Words),
        ("service", 10, ColumnKind::Code),
        ("rationale", 22, ColumnKind::Words),
        ("kept-by", 10, ColumnKind::Choice),
    ];
    let rows = forbids.iter().map(|forbid| forbid_row(facts, forbid)).collect();
    blocks.push(table(facts, "forbids", ("forbid", words.forbids_caption), &columns, rows));
    blocks
}

fn kept_elsewhere(facts: &Facts<'_>, forbid: &Forbid) -> Text {
    let template = match forbid.enforced_by {
        EnforcedBy::Citrix => facts.words.forbid_kept_by_vendor,
        EnforcedBy::Config | EnforcedBy::Network => facts.words.forbid_kept_by_setting,
    };
    let values =
        [("forbid", Text::site(forbid.name.as_str())), ("because", Text::site(forbid.because.as_str()))];
    fill(template, &values)
}

fn forbid_row(facts: &Facts<'_>, forbid: &Forbid) -> Row {
    let words = facts.words;
    let side = |side: &Side| match side {
        Side::Any => Text::ours(words.anybody),
        Side::Roles(roles) => listed(roles.iter().map(|role| facts.name(*role))),
    };
    let kept_by = match forbid.enforced_by {
        EnforcedBy::Network => words.kept_by_network,
        EnforcedBy::Citrix => words.kept_by_vendor,
        EnforcedBy::Config => words.kept_by_setting,
    };
    let from = side(&forbid.from);
    let from = if forbid.both_ways { fill(words.both_ways, &[("side", from)]) } else { from };
    let service = if forbid.services.is_any() {
        Text::ours(words.every_service)
    } else {
        Text::code(forbid.services.explicit())
    };
    let cells =
        vec![from, side(&forbid.to), service, Text::site(forbid.because.as_str()), Text::ours(kept_by)];
    row(forbid.name.as_str(), cells)
}
