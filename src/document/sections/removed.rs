//! Rows of the matrix that only an earlier release has.
//!
//! In: [`Facts`]. Out: rows with the cells of the matrix, as that release said them.
//!
//! Invariant: they keep the ids that the earlier document gave them.

use super::matrix::{encryption_word, end, in_ranges, statement_of};
use super::{joined, listed, or_dash};
use crate::diff::release::Party;
use crate::document::changes::Changes;
use crate::document::content::{Change, Row, Text};
use crate::document::facts::Facts;
use crate::document::rows::EarlierRow;
use crate::document::text::fill;
use crate::policy::Encryption;
use std::collections::BTreeSet;

/// The removed rows that the document shows.
pub(super) fn rows(facts: &Facts<'_>) -> Vec<Row> {
    let Some(changes) = facts.changes.as_ref() else { return Vec::new() };
    facts.removed().map(|found| removed_row(facts, changes, found)).collect()
}

fn removed_row(facts: &Facts<'_>, changes: &Changes<'_>, found: &EarlierRow<'_>) -> Row {
    let words = facts.words;
    let (from, to) = (changes.party(found.from), changes.party(found.to));
    let name =
        |party: Option<&Party>| party.map_or_else(Text::default, |party| Text::site(party.name.as_str()));
    let header = &changes.release.header;
    let of_site = |key: &str| header.attributes.get(key).cloned();
    let grant = found.exception;
    let owner = grant
        .and_then(|grant| grant.owner.clone())
        .or_else(|| to.and_then(|party| party.attributes.get("owner").cloned()))
        .or_else(|| of_site("owner"));
    let ticket = grant.and_then(|grant| grant.ticket.clone()).or_else(|| of_site("ticket"));
    let last = grant.and_then(|grant| grant.expires.previous_day());
    let cells = vec![
        name(from),
        end(facts, &found.source),
        name(to),
        end(facts, &found.destination),
        Text::ours(found.protocol.to_string()),
        in_ranges(facts, &found.services),
        name(from),
        enforced_at(facts, from, to),
        purpose(facts, found),
        rationale(facts, found),
        Text::ours(encryption_word(words, least_encryption(found))),
        or_dash(owner.map(Text::site)),
        or_dash(ticket.map(Text::site)),
        last.map_or_else(Text::default, |day| Text::site(day.to_string())),
        Text::ours(words.status_removed),
        entries(facts, found),
    ];
    Row { id: found.id.clone(), change: Some(Change::Removed), cells }
}

fn enforced_at(facts: &Facts<'_>, from: Option<&Party>, to: Option<&Party>) -> Text {
    let place = |party: Option<&Party>| match party.and_then(|party| party.platform.as_deref()) {
        Some(platform) => Text::site(platform),
        None => Text::ours(facts.words.customer_network),
    };
    let (out, into) = (place(from), place(to));
    if out == into { out } else { fill(facts.words.enforced_out_in, &[("out", out), ("in", into)]) }
}

fn purpose(facts: &Facts<'_>, found: &EarlierRow<'_>) -> Text {
    let statements: BTreeSet<&str> = found.reasons.iter().map(|reason| reason.statement.as_str()).collect();
    let intent = |name: &str| facts.input.catalogue.intent(name).map(|intent| intent.what());
    joined(statements.into_iter().map(|statement| statement_of(statement, intent)), "; ")
}

/// A release that was read from its manifest may not carry its reasons.
fn rationale(facts: &Facts<'_>, found: &EarlierRow<'_>) -> Text {
    let reasons: BTreeSet<&str> =
        found.reasons.iter().filter_map(|reason| reason.because.as_deref()).collect();
    if reasons.is_empty() {
        return Text::ours(facts.words.reason_not_kept);
    }
    joined(reasons.into_iter().map(Text::site), " ")
}

fn least_encryption(found: &EarlierRow<'_>) -> Option<Encryption> {
    let known: Option<Vec<Encryption>> = found.reasons.iter().map(|reason| reason.encryption).collect();
    known.and_then(|known| known.into_iter().min())
}

fn entries(facts: &Facts<'_>, found: &EarlierRow<'_>) -> Text {
    let entries: BTreeSet<&str> =
        found.reasons.iter().filter_map(|reason| reason.catalogue.as_deref()).collect();
    if entries.is_empty() {
        return Text::ours(facts.words.no_entry);
    }
    listed(entries.into_iter().map(Text::code))
}
