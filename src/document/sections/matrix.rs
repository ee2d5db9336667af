//! Section: the firewall matrix.
//!
//! In: the rows. Out: one table row each, with what must be known to judge it.
//!
//! Invariant: every row has a purpose and a rationale; no cell says `any`.

use super::parts::rules;
use super::{joined, listed, number, or_dash, paragraph, section as section_of, table};
use crate::catalogue::RuleTopic;
use crate::document::content::{Block, ColumnKind, Face, Row, Section, Table, Text, Voice};
use crate::document::facts::Facts;
use crate::document::rows::{End, MatrixRow};
use crate::document::team::Team;
use crate::document::text::{Words, fill};
use crate::policy::address::{AddressSet, Family};
use crate::policy::service::ServiceSet;
use crate::policy::{Encryption, Party, RoleId};
use crate::target::request::ports as in_words;
use std::collections::BTreeSet;

/// What a statement of the catalogue starts with, in the language.
const INTENT: &str = "intent ";

/// The columns behind id and change, in the order of the contract.
const COLUMNS: &[(&str, u16, ColumnKind)] = &[
    ("source-role", 10, ColumnKind::Choice),
    ("source-address", 12, ColumnKind::Code),
    ("destination-role", 11, ColumnKind::Choice),
    ("destination-address", 12, ColumnKind::Code),
    ("protocol", 8, ColumnKind::Choice),
    ("ports", 8, ColumnKind::Code),
    ("starts-from", 10, ColumnKind::Words),
    ("enforced-at", 10, ColumnKind::Choice),
    ("purpose", 14, ColumnKind::Words),
    ("rationale", 18, ColumnKind::Words),
    ("encrypted", 9, ColumnKind::Choice),
    ("owner", 9, ColumnKind::Choice),
    ("ticket", 10, ColumnKind::Code),
    ("valid-until", 8, ColumnKind::Day),
    ("status", 9, ColumnKind::Choice),
    ("catalogue-entry", 13, ColumnKind::Code),
];

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    let words = facts.words;
    let mut rows: Vec<Row> = facts.rows().map(|row| matrix_row(facts, row)).collect();
    if rows.is_empty() {
        let nothing = if facts.team.is_some() { words.matrix_none_for_team } else { words.matrix_none };
        return Some(section_of(facts, Table::MATRIX, Vec::new(), nothing));
    }
    let count = number(rows.len());
    let removed = super::removed::rows(facts);
    let mut blocks = vec![paragraph(words.matrix_intro, &[("rows", count)])];
    if !removed.is_empty() {
        blocks.push(paragraph(words.matrix_removed, &[("removed", number(removed.len()))]));
    }
    rows.extend(removed);
    blocks.extend([
        Block::Bullets(words.matrix_reading.lines().map(crate::document::text::ours).collect()),
        table(facts, Table::MATRIX, ("id", words.matrix_caption), COLUMNS, rows),
    ]);
    if facts.team.is_none_or(|team| team == Team::of_topic(RuleTopic::Flows)) {
        blocks.extend(rules(facts, "flow-rules", &[RuleTopic::Flows]));
    }
    Some(section_of(facts, Table::MATRIX, blocks, words.matrix_none))
}

fn matrix_row(facts: &Facts<'_>, found: &MatrixRow<'_>) -> Row {
    let cells = vec![
        facts.name(found.from),
        end(facts, &found.source),
        facts.name(found.to),
        end(facts, &found.destination),
        Text::ours(found.protocol.to_string()),
        ports(facts, found),
        facts.name(found.from),
        enforced_at(facts, found),
        purpose(facts, found),
        rationale(found),
        encrypted(facts, found),
        owner(facts, found),
        ticket(facts, found),
        valid_until(found),
        status(facts, found),
        entries(facts, found),
    ];
    let mark = facts.changes.as_ref().and_then(|changes| changes.of_row(&found.id));
    Row { id: found.id.clone(), change: mark.map(|mark| mark.change), cells }
}

/// Where one end is.
pub(super) fn end(facts: &Facts<'_>, end: &End) -> Text {
    match end {
        End::Addresses(addresses) => self::addresses(addresses),
        End::Names(names) => listed(names.iter().map(|name| site_code(name))),
        End::Internet(Family::V4) => Text::ours(facts.words.internet_v4),
        End::Internet(Family::V6) => Text::ours(facts.words.internet_v6),
        End::Group => Text::ours(facts.words.known_by_group),
    }
}

/// Ranges, as few as are exact.
pub(super) fn addresses(addresses: &AddressSet) -> Text {
    listed(addresses.ranges().iter().map(|range| site_code(&range.to_string())))
}

/// The site's words in fixed width.
pub(super) fn site_code(words: &str) -> Text {
    Text::of(words, Voice::Site, Face::Code)
}

/// The services of a row as ports.
pub(super) fn ports(facts: &Facts<'_>, found: &MatrixRow<'_>) -> Text {
    in_ranges(facts, &found.services)
}

/// Services of one protocol as ports.
pub(super) fn in_ranges(facts: &Facts<'_>, services: &ServiceSet) -> Text {
    let ranges = services.ranges();
    if ranges.iter().all(|range| range.is_whole_protocol() && !range.protocol.has_ports()) {
        return Text::ours(facts.words.all_of_protocol);
    }
    let ports: Vec<String> = ranges.iter().map(|range| in_words(*range)).collect();
    Text::code(ports.join(", "))
}

/// Who lets the connection through: at both ends, and between them where the place changes.
fn enforced_at(facts: &Facts<'_>, found: &MatrixRow<'_>) -> Text {
    let (out, into) = (enforcer(facts, found.from), enforcer(facts, found.to));
    if out == into {
        return out;
    }
    fill(facts.words.enforced_out_in, &[("out", out), ("in", into)])
}

fn enforcer(facts: &Facts<'_>, role: RoleId) -> Text {
    let words = facts.words;
    let Some(party) = facts.party(role) else { return Text::default() };
    let Some(platform) = party.platform.and_then(|id| facts.platform(id)) else {
        return match party.managed_by.as_deref() {
            Some("citrix") => Text::ours(words.set_by_vendor),
            Some(team) => fill(words.network_of, &[("team", Text::site(team))]),
            None => Text::ours(words.customer_network),
        };
    };
    let name = Text::site(platform.name.as_str());
    if platform.written { name } else { fill(words.platform_of_vendor, &[("platform", name)]) }
}

/// What the statements are for, each once, with further flows that ask for the same.
fn purpose(facts: &Facts<'_>, found: &MatrixRow<'_>) -> Text {
    let mut seen = BTreeSet::new();
    let each = found.reasons.iter().filter(|reason| seen.insert(reason.statement.as_str()));
    let purposes =
        joined(each.map(|reason| statement_of(&reason.statement, |_| Some(reason.purpose.as_str()))), "; ");
    if found.others.is_empty() {
        return purposes;
    }
    let others = listed(found.others.iter().map(|id| Text::code(*id)));
    purposes.then(fill(facts.words.also_rows, &[("rows", others)]))
}

/// An intent by what the catalogue says that it is for; any other line by its own words.
pub(super) fn statement_of<'t>(statement: &str, purpose: impl Fn(&str) -> Option<&'t str>) -> Text {
    let intent = statement.strip_prefix(INTENT).and_then(|intent| Some((intent, purpose(intent)?)));
    match intent {
        Some((intent, purpose)) => {
            let purpose = purpose.trim_end_matches('.');
            Text::ours(format!("{purpose} (")).then(Text::code(intent)).then(Text::ours(")"))
        }
        None => Text::site(statement),
    }
}

/// Why it is needed: the catalogue's reason, or the author's.
fn rationale(found: &MatrixRow<'_>) -> Text {
    let mut seen = BTreeSet::new();
    let each = found.reasons.iter().filter(|reason| seen.insert(reason.because.as_str()));
    joined(
        each.map(|reason| {
            if reason.catalogue.is_some() {
                Text::ours(reason.because.as_str())
            } else {
                Text::site(reason.because.as_str())
            }
        }),
        " ",
    )
}

/// What protects the content; where the reasons differ, the least.
pub(super) fn encrypted(facts: &Facts<'_>, found: &MatrixRow<'_>) -> Text {
    let known: Option<Vec<Encryption>> = found.reasons.iter().map(|reason| reason.encryption).collect();
    Text::ours(encryption_word(facts.words, known.and_then(|known| known.into_iter().min())))
}

/// What protects content, in words.
pub(super) fn encryption_word(words: &Words, encryption: Option<Encryption>) -> &'static str {
    match encryption {
        None => words.encryption_not_stated,
        Some(Encryption::Clear) => words.encryption_clear,
        Some(Encryption::MessageProtected) => words.encryption_message,
        Some(Encryption::OptionalTls) => words.encryption_optional,
        Some(Encryption::Tls) => words.encryption_tls,
    }
}

/// Who answers for the row: of the exception, else of the destination, else of the site.
fn owner(facts: &Facts<'_>, found: &MatrixRow<'_>) -> Text {
    let of_exception = found.exception.and_then(|exception| exception.owner.as_deref());
    let of_role = facts.party(found.to).and_then(|party| party.attribute("owner"));
    let of_site = facts.input.model.site.owner.as_deref();
    or_dash(of_exception.or(of_role).or(of_site).map(Text::site))
}

fn ticket(facts: &Facts<'_>, found: &MatrixRow<'_>) -> Text {
    let of_exception = found.exception.and_then(|exception| exception.ticket.as_deref());
    let of_site = facts.input.model.site.ticket.as_deref();
    or_dash(of_exception.or(of_site).map(Text::site))
}

/// The last day of an exception; nothing for what stands.
fn valid_until(found: &MatrixRow<'_>) -> Text {
    let last = found.exception.and_then(|exception| exception.expires.previous_day());
    last.map_or_else(Text::default, |day| Text::site(day.to_string()))
}

pub(super) fn status(facts: &Facts<'_>, found: &MatrixRow<'_>) -> Text {
    let words = facts.words;
    match found.exception {
        Some(exception) if exception.starts > facts.input.policy.header().as_of => {
            fill(words.status_from, &[("day", Text::site(exception.starts.to_string()))])
        }
        Some(_) => Text::ours(words.status_dated),
        None if is_set_by_vendor(facts, found) => Text::ours(words.status_vendor),
        None => Text::ours(words.status_standing),
    }
}

/// True where both ends are in places that Citrix runs, so that nobody else can open or close the row.
fn is_set_by_vendor(facts: &Facts<'_>, found: &MatrixRow<'_>) -> bool {
    let is_run = |role| facts.party(role).is_some_and(|party: &Party| facts.is_run_by_vendor(party));
    is_run(found.from) && is_run(found.to)
}

fn entries(facts: &Facts<'_>, found: &MatrixRow<'_>) -> Text {
    let labels: BTreeSet<(&str, bool)> = found
        .reasons
        .iter()
        .filter_map(|reason| Some((reason.catalogue.as_deref()?, reason.verified)))
        .collect();
    if labels.is_empty() {
        return Text::ours(facts.words.no_entry);
    }
    listed(labels.into_iter().map(|(entry, verified)| {
        let remark = if verified { Text::default() } else { Text::ours(facts.words.unverified) };
        Text::code(entry).then(remark)
    }))
}

/// `tcp/443` for a sentence.
pub(super) fn service(found: &MatrixRow<'_>) -> Text {
    let ranges = found.services.ranges();
    let ports: Vec<String> = ranges.iter().map(|range| in_words(*range)).collect();
    Text::code(format!("{} {}", found.protocol, ports.join(", ")))
}
