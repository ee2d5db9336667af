//! Section: names, time and directory.
//!
//! In: [`Facts`]. Out: who asks whom, the records that somebody must make, and what holds for them.
//!
//! Invariant: every row that leads to a directory, a name server or a time server is counted once.

use super::matrix::{addresses, site_code};
use super::parts::{needs, rules};
use super::{listed, or_dash, paragraph, row, section as section_of, table};
use crate::catalogue::{KindClass, RuleTopic};
use crate::document::content::{Block, ColumnKind, Row, Section, Text};
use crate::document::facts::Facts;
use crate::document::rows::MatrixRow;
use crate::document::team::Team;
use crate::document::text::fill;
use crate::policy::RoleId;
use crate::policy::identity::short_hash;
use crate::policy::service::{Protocol, ServiceSet};
use std::collections::{BTreeMap, BTreeSet};

/// Where names and time are asked for.
///
/// Source: IANA service name and port number registry, `domain` and `ntp`, read 2026-11-20.
const NAMES: u16 = 53;
const TIME: u16 = 123;

/// The attribute by which a role says which service of the platform it is an endpoint of.
const SERVICE: &str = "service";

/// Where a name of the catalogue has the region.
const REGION: &str = "<region>";

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    if !matches!(facts.team, None | Some(Team::Directory)) {
        return None;
    }
    let words = facts.words;
    let mut blocks = Vec::new();
    let uses = uses(facts);
    if uses.is_empty() {
        blocks.push(paragraph(words.directory_none, &[]));
    } else {
        blocks.push(paragraph(words.directory_intro, &[]));
        blocks.push(uses_table(facts, uses));
    }
    blocks.extend(resolvers(facts));
    blocks.extend(helpers(facts));
    blocks.extend(records(facts));
    blocks.extend(rules(facts, "directory-rules", &[RuleTopic::Directory]));
    blocks.extend(needs(facts, "directory-needs", &[RuleTopic::Directory]));
    Some(section_of(facts, "names-time-directory", blocks, words.directory_none))
}

/// What one role asks another for.
#[derive(Default)]
struct Use {
    names: ServiceSet,
    time: ServiceSet,
    others: ServiceSet,
    rows: usize,
}

fn port(number: u16) -> ServiceSet {
    let of = |protocol| ServiceSet::single_ports(protocol, &[number]);
    of(Protocol::TCP).union(&of(Protocol::UDP))
}

fn uses(facts: &Facts<'_>) -> BTreeMap<(RoleId, RoleId), Use> {
    let mut uses: BTreeMap<(RoleId, RoleId), Use> = BTreeMap::new();
    for row in facts.all_rows.iter().filter(|row| is_asked(facts, row)) {
        let found = uses.entry((row.from, row.to)).or_default();
        let names = row.services.intersection(&port(NAMES));
        let time = row.services.intersection(&port(TIME));
        found.others = found.others.union(&row.services.difference(&names).difference(&time));
        found.names = found.names.union(&names);
        found.time = found.time.union(&time);
        found.rows += 1;
    }
    uses
}

/// True where a row leads to the directory, a name server or a time server.
fn is_asked(facts: &Facts<'_>, row: &MatrixRow<'_>) -> bool {
    facts.is_class(row.to, KindClass::Directory)
        || row.services.meets(&port(NAMES))
        || row.services.meets(&port(TIME))
}

fn uses_table(facts: &Facts<'_>, uses: BTreeMap<(RoleId, RoleId), Use>) -> Block {
    let set = |set: &ServiceSet| {
        if set.is_empty() { or_dash(None) } else { Text::code(set.explicit()) }
    };
    let rows = uses.into_iter().map(|((from, to), found)| {
        let (from, to) = (facts.name(from), facts.name(to));
        let id = format!("d-{}", short_hash(&[&from.words(), &to.words()], 8));
        let cells = vec![
            from,
            to,
            set(&found.names),
            set(&found.time),
            set(&found.others),
            super::number(found.rows),
        ];
        row(id, cells)
    });
    let columns = [
        ("from", 9, ColumnKind::Choice),
        ("to", 9, ColumnKind::Choice),
        ("for-names", 8, ColumnKind::Code),
        ("for-time", 7, ColumnKind::Code),
        ("for-directory", 26, ColumnKind::Code),
        ("rows", 4, ColumnKind::Number),
    ];
    table(facts, "directory-use", ("id", facts.words.directory_caption), &columns, rows.collect())
}

/// Whose name servers a platform uses, where it says so.
fn resolvers(facts: &Facts<'_>) -> Vec<Block> {
    let told = facts.input.policy.platforms().filter_map(|(_, platform)| {
        let whose = platform.attribute("dns")?;
        let template =
            if whose == "customer" { facts.words.dns_of_customer } else { facts.words.dns_of_platform };
        Some(paragraph(template, &[("platform", Text::site(platform.name.as_str()))]))
    });
    told.collect()
}

/// Helper instances must resolve names as everybody else.
fn helpers(facts: &Facts<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for (role, _) in facts.input.policy.parties().filter(|(role, _)| facts.is_class(*role, KindClass::Helper))
    {
        let asked = facts.all_rows.iter().filter(|row| row.from == role && row.services.meets(&port(NAMES)));
        let servers: BTreeSet<RoleId> = asked.map(|row| row.to).collect();
        let servers = listed(servers.into_iter().map(|server| facts.name(server)));
        let template =
            if servers.is_empty() { facts.words.helper_asks_nobody } else { facts.words.helper_asks };
        blocks.push(fill(template, &[("helper", facts.name(role)), ("servers", servers)]));
    }
    if blocks.is_empty() { Vec::new() } else { vec![Block::Bullets(blocks)] }
}

/// Names that must lead to an endpoint's own addresses.
fn records(facts: &Facts<'_>) -> Vec<Block> {
    let mut found: BTreeMap<(String, RoleId), BTreeSet<RoleId>> = BTreeMap::new();
    for row in &facts.all_rows {
        let Some(party) = facts.party(row.to).filter(|party| party.attribute(SERVICE).is_some()) else {
            continue;
        };
        let region = party
            .platform
            .and_then(|id| facts.platform(id))
            .and_then(|platform| platform.attribute("region"));
        let (Some(region), false) = (region, party.addresses.is_empty()) else { continue };
        for reason in &row.reasons {
            let entry = reason.catalogue.as_deref().and_then(|id| facts.input.catalogue.flow(id));
            if let Some(name) = entry.and_then(|entry| entry.fqdn()) {
                found.entry((name.replace(REGION, region), row.to)).or_default().insert(row.from);
            }
        }
    }
    if found.is_empty() {
        return Vec::new();
    }
    let rows: Vec<Row> =
        found.into_iter().map(|((name, to), from)| record_row(facts, &name, to, from)).collect();
    let columns = [
        ("name", 18, ColumnKind::Code),
        ("endpoint", 10, ColumnKind::Choice),
        ("answers-with", 14, ColumnKind::Code),
        ("asked-by", 14, ColumnKind::Words),
        ("private-dns", 8, ColumnKind::Choice),
    ];
    let intro = paragraph(facts.words.records_intro, &[]);
    let caption = ("id", facts.words.records_caption);
    vec![super::heading(facts, "records"), intro, table(facts, "dns-records", caption, &columns, rows)]
}

fn record_row(facts: &Facts<'_>, name: &str, to: RoleId, from: BTreeSet<RoleId>) -> Row {
    let party = facts.party(to);
    let within = party.map_or_else(Text::default, |party| addresses(&party.addresses));
    let private = party.and_then(|party| party.attribute("private-dns")).map(Text::site);
    let cells = vec![
        site_code(name),
        facts.name(to),
        fill(facts.words.address_within, &[("addresses", within)]),
        listed(from.into_iter().map(|role| facts.name(role))),
        or_dash(private),
    ];
    row(format!("a-{}", short_hash(&[name, &facts.name(to).words()], 8)), cells)
}
