//! Section: who is responsible, by delivery model.
//!
//! In: [`Facts`]. Out: who runs what; where Citrix runs a network, what the customer opens on its own side, what only
//! Citrix can change, and remote access with its dates and consent.
//!
//! Invariant: every role is in the table.

use super::matrix::{end, service};
use super::overview::{place, run_by};
use super::parts::{bullets, needs, rules};
use super::{joined, listed, or_dash, paragraph, row, section as section_of, table};
use crate::catalogue::RuleTopic;
use crate::document::content::{Block, ColumnKind, Row, Section, Text, Weight};
use crate::document::facts::Facts;
use crate::document::rows::MatrixRow;
use crate::document::team::Team;
use crate::document::text::{fill, ours};
use crate::model::DeliveryModel;
use crate::policy::{Exception, Party};
use time::Date;

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    if !matches!(facts.team, None | Some(Team::Citrix)) {
        return None;
    }
    let words = facts.words;
    let mut blocks = vec![bullets(duties(facts)), roles(facts)];
    if facts.has_managed_network() {
        blocks.extend(own_side(facts));
    }
    blocks.extend(remote_access(facts));
    blocks.extend(rules(facts, "responsibility-rules", &[RuleTopic::Responsibility]));
    blocks.extend(rules(facts, "product-rules", &[RuleTopic::Product]));
    blocks.extend(needs(facts, "responsibility-needs", &[RuleTopic::Responsibility, RuleTopic::Product]));
    Some(section_of(facts, "responsibilities", blocks, words.duties_unsaid))
}

fn duties(facts: &Facts<'_>) -> &'static str {
    let words = facts.words;
    match facts.input.model.site.delivery_model {
        Some(DeliveryModel::Daas) => words.duties_daas,
        Some(DeliveryModel::Flex | DeliveryModel::Managed) => words.duties_managed,
        Some(DeliveryModel::Cvad) => words.duties_cvad,
        None => words.duties_unsaid,
    }
}

fn roles(facts: &Facts<'_>) -> Block {
    let rows = facts.input.policy.parties().map(|(_, party)| role_row(facts, party)).collect();
    let columns = [
        ("kind", 12, ColumnKind::Words),
        ("where", 12, ColumnKind::Words),
        ("run-by", 9, ColumnKind::Choice),
        ("usually", 9, ColumnKind::Choice),
        ("note", 20, ColumnKind::Words),
    ];
    table(facts, "responsibility", ("role", facts.words.responsibility_caption), &columns, rows)
}

fn role_row(facts: &Facts<'_>, party: &Party) -> Row {
    let kind = facts.kind(party);
    let model = facts.input.model.site.delivery_model;
    let usual = kind.map(|kind| match model {
        Some(DeliveryModel::Flex | DeliveryModel::Managed) => kind.managed().daas_flex(),
        Some(DeliveryModel::Daas) => kind.managed().daas(),
        Some(DeliveryModel::Cvad) | None => "customer",
    });
    let words = facts.words;
    let usual = match usual {
        Some("citrix") => words.vendor,
        Some("customer") => words.customer,
        _ => words.no_part_of_offer,
    };
    let cells = vec![
        kind.map_or_else(|| Text::site(party.kind.as_str()), |kind| Text::ours(kind.title())),
        place(facts, party),
        run_by(facts, party),
        Text::ours(usual),
        kind.and_then(|kind| kind.note()).map_or_else(Text::default, Text::ours),
    ];
    row(party.name.as_str(), cells)
}

/// What the customer opens on its own side: rows with one end in a network that Citrix runs.
fn own_side(facts: &Facts<'_>) -> Vec<Block> {
    let words = facts.words;
    let is_run = |party: Option<&Party>| party.is_some_and(|party| facts.is_run_by_vendor(party));
    let crossing = facts.all_rows.iter().filter_map(|found| {
        match (is_run(facts.party(found.from)), is_run(facts.party(found.to))) {
            (true, false) => Some((found, words.own_side_in)),
            (false, true) => Some((found, words.own_side_out)),
            _ => None,
        }
    });
    let rows: Vec<Row> = crossing.map(|(found, direction)| own_side_row(facts, found, direction)).collect();
    let intro = [super::heading(facts, "own-side-heading"), paragraph(words.own_side_intro, &[])];
    if rows.is_empty() {
        return intro.into_iter().chain([paragraph(words.own_side_none, &[])]).collect();
    }
    let columns = [
        ("direction", 8, ColumnKind::Choice),
        ("source-role", 9, ColumnKind::Choice),
        ("source-address", 11, ColumnKind::Code),
        ("destination-role", 9, ColumnKind::Choice),
        ("destination-address", 11, ColumnKind::Code),
        ("service", 10, ColumnKind::Code),
        ("status", 8, ColumnKind::Choice),
    ];
    let shown = table(facts, "own-side", ("id", words.own_side_caption), &columns, rows);
    intro.into_iter().chain([shown]).collect()
}

fn own_side_row(facts: &Facts<'_>, found: &MatrixRow<'_>, direction: &'static str) -> Row {
    let cells = vec![
        Text::ours(direction),
        facts.name(found.from),
        end(facts, &found.source),
        facts.name(found.to),
        end(facts, &found.destination),
        service(found),
        super::matrix::status(facts, found),
    ];
    row(found.id.clone(), cells)
}

/// Dated access with its days, and the text to consent to.
fn remote_access(facts: &Facts<'_>) -> Vec<Block> {
    let words = facts.words;
    let today = facts.input.policy.header().as_of;
    let dated = facts.input.policy.exceptions().iter().filter(|exception| exception.expires > today);
    let rows: Vec<Row> = dated.map(|exception| exception_row(facts, exception)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = [
        ("opens", 22, ColumnKind::Words),
        ("pierces", 9, ColumnKind::Code),
        ("rationale", 18, ColumnKind::Words),
        ("owner", 10, ColumnKind::Choice),
        ("ticket", 8, ColumnKind::Code),
        ("first-day", 6, ColumnKind::Day),
        ("last-day", 6, ColumnKind::Day),
    ];
    let consent = Block::Callout {
        weight: Weight::Decision,
        title: ours(words.consent_title),
        body: words.consent_text.lines().map(ours).collect(),
    };
    let caption = ("exception", words.exceptions_caption);
    vec![
        super::heading(facts, "dated-access"),
        paragraph(words.exceptions_intro, &[]),
        table(facts, "exceptions", caption, &columns, rows),
        consent,
    ]
}

fn exception_row(facts: &Facts<'_>, exception: &Exception) -> Row {
    let opens = exception.flows.iter().map(|flow| {
        fill(
            facts.words.opens,
            &[
                ("from", facts.name(flow.from)),
                ("to", facts.name(flow.to)),
                ("services", Text::code(flow.services.explicit())),
            ],
        )
    });
    let forbids = facts.input.policy.forbids();
    let pierced = exception.pierces.iter().filter_map(|at| forbids.get(at.value));
    let reason = exception.flows.iter().flat_map(|flow| &flow.provenance).next();
    let day = |day: Option<Date>| or_dash(day.map(|day| Text::site(day.to_string())));
    let text = |value: &Option<String>| or_dash(value.as_deref().map(Text::site));
    let cells = vec![
        joined(opens, "; "),
        or_dash(
            Some(listed(pierced.map(|forbid| Text::site(forbid.name.as_str()))))
                .filter(|text| !text.is_empty()),
        ),
        reason.map_or_else(Text::default, |reason| Text::site(reason.because.as_str())),
        text(&exception.owner),
        text(&exception.ticket),
        day(Some(exception.starts)),
        day(exception.expires.previous_day()),
    ];
    row(exception.name.as_str(), cells)
}
