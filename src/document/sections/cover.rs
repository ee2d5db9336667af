//! The title, what the cover states, and the first section: what this document is, and what it follows.
//!
//! In: [`Facts`]. Out: the document around its sections.
//!
//! Invariant: the date of the document is the site's, never that of the run.

use super::{joined, number, or_dash, paragraph, row, section as section_of, table};
use crate::document::content::{Block, ColumnKind, Document, Section, Text};
use crate::document::facts::Facts;
use crate::document::text::{fill, ours};
use crate::model::{DeliveryModel, Hardening};
use time::Date;

/// The document of some sections.
pub(super) fn document(facts: &Facts<'_>, sections: Vec<Section>) -> Document {
    let site = &facts.input.model.site;
    let words = facts.words;
    let name = site.customer.as_deref().unwrap_or(&site.name);
    let title = match facts.team {
        None => fill(words.title_whole, &[("customer", Text::site(name))]),
        Some(team) => {
            let team = ours(words.title(team.word()));
            fill(words.title_extract, &[("customer", Text::site(name)), ("team", team)])
        }
    };
    Document {
        title,
        subtitle: subtitle(facts),
        facts: cover_facts(facts),
        date: site.effective.unwrap_or_else(|| facts.input.policy.header().as_of),
        language: crate::document::text::LANGUAGE,
        sections,
    }
}

fn subtitle(facts: &Facts<'_>) -> Text {
    let site = &facts.input.model.site;
    let release = site
        .release
        .as_deref()
        .map(|release| fill(facts.words.subtitle_release, &[("release", Text::site(release))]));
    joined([Text::site(site.name.as_str())].into_iter().chain(release), ", ")
}

fn cover_facts(facts: &Facts<'_>) -> Vec<(String, Text)> {
    let site = &facts.input.model.site;
    let words = facts.words;
    let header = facts.input.policy.header();
    let text = |value: Option<&String>| or_dash(value.map(|value| Text::site(value.as_str())));
    let day = |value: Option<Date>| or_dash(value.map(|value| Text::site(value.to_string())));
    let entries = [
        (words.fact_customer, text(site.customer.as_ref())),
        (words.fact_site, Text::site(site.name.as_str())),
        (words.fact_release, text(site.release.as_ref())),
        (words.fact_follows, text(site.follows.as_ref())),
        (words.fact_model, delivery_model(facts)),
        (words.fact_owner, text(site.owner.as_ref())),
        (words.fact_ticket, text(site.ticket.as_ref())),
        (words.fact_effective, day(site.effective)),
        (words.fact_review, day(site.review_by)),
        (words.fact_as_of, Text::ours(header.as_of.to_string())),
        (words.fact_hardening, hardening(facts)),
        (words.fact_catalogue, Text::ours(header.catalogue.as_str())),
        (words.fact_tool, Text::ours(facts.input.tool.as_str())),
    ];
    entries.into_iter().map(|(label, value)| (label.to_owned(), value)).collect()
}

fn delivery_model(facts: &Facts<'_>) -> Text {
    let words = facts.words;
    Text::ours(match facts.input.model.site.delivery_model {
        Some(DeliveryModel::Daas) => words.model_daas,
        Some(DeliveryModel::Flex) => words.model_flex,
        Some(DeliveryModel::Managed) => words.model_managed,
        Some(DeliveryModel::Cvad) => words.model_cvad,
        None => words.model_unsaid,
    })
}

fn hardening(facts: &Facts<'_>) -> Text {
    Text::ours(match facts.input.model.site.hardening {
        Hardening::Standard => facts.words.hardening_standard,
        Hardening::Strict => facts.words.hardening_strict,
    })
}

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    let words = facts.words;
    let mut blocks = vec![paragraph(words.cover_purpose, &[]), paragraph(words.cover_reading, &[])];
    if let Some(team) = facts.team {
        let team = ours(words.title(team.word()));
        blocks.push(paragraph(words.cover_extract, &[("team", team)]));
    }
    blocks.extend(super::history::history(facts));
    blocks.push(release_table(facts));
    blocks.push(sources_table(facts));
    Some(section_of(facts, "cover", blocks, words.cover_purpose))
}

fn release_table(facts: &Facts<'_>) -> Block {
    let site = &facts.input.model.site;
    let text = |value: Option<&String>| or_dash(value.map(|value| Text::site(value.as_str())));
    let release = site.release.clone().unwrap_or_else(|| site.name.clone());
    let cells = vec![
        or_dash(site.effective.map(|day| Text::site(day.to_string()))),
        text(site.follows.as_ref()),
        text(site.ticket.as_ref()),
        text(site.owner.as_ref()),
        number(facts.all_rows.len()),
    ];
    let columns = [
        ("effective", 5, ColumnKind::Day),
        ("follows", 6, ColumnKind::Code),
        ("ticket", 8, ColumnKind::Code),
        ("owner", 12, ColumnKind::Words),
        ("rows", 4, ColumnKind::Number),
    ];
    table(facts, "releases", ("release", facts.words.releases_caption), &columns, vec![row(release, cells)])
}

fn sources_table(facts: &Facts<'_>) -> Block {
    let digests = facts.input.digests.iter();
    let rows = digests.map(|source| row(source.path.clone(), vec![Text::code(source.sha256.as_str())]));
    let columns = [("sha256", 30, ColumnKind::Code)];
    table(facts, "sources", ("file", facts.words.sources_caption), &columns, rows.collect())
}
