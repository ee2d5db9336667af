//! Section: names to allow, and what holds for the proxy.
//!
//! In: [`Facts`]. Out: every name that a row leads to, with who asks for it and how a proxy must treat it.
//!
//! Invariant: a name stands once for each role that answers to it.

use super::matrix::site_code;
use super::parts::{needs, rules, sources};
use super::{listed, number, paragraph, row, section as section_of, table};
use crate::catalogue::{KindClass, NameEntry, RuleTopic};
use crate::document::content::{Block, ColumnKind, Row, Section, Text};
use crate::document::facts::Facts;
use crate::document::team::Team;
use crate::policy::identity::short_hash;
use crate::policy::{KnownBy, Party, RoleId};
use crate::target::request::ports as in_words;
use std::collections::{BTreeMap, BTreeSet};

/// The kind of a proxy.
const PROXY: &str = "proxy";

/// The edition of the vendor's cloud that a role is of where it states none, and the one that stands for all.
const EDITIONS: (&str, &str) = ("commercial", "all");

/// What the catalogue says of a proxy that must not open the connection.
const FORBIDDEN: &str = "forbidden";

/// A name that somebody must reach.
pub(super) struct Allowed<'a> {
    name: String,
    role: RoleId,
    asked_by: BTreeSet<RoleId>,
    ports: BTreeSet<String>,
    entry: Option<&'a NameEntry>,
}

/// Every name that a row leads to, by name.
pub(super) fn allowed<'a>(facts: &Facts<'a>) -> Vec<Allowed<'a>> {
    let mut found: BTreeMap<(String, RoleId), Allowed<'a>> = BTreeMap::new();
    for row in &facts.all_rows {
        let Some(party) = facts.party(row.to) else { continue };
        for name in host_names(party) {
            let entry = entry_of(facts, party, name);
            let allowed = found.entry((name.clone(), row.to)).or_insert_with(|| Allowed {
                name: name.clone(),
                role: row.to,
                asked_by: BTreeSet::new(),
                ports: BTreeSet::new(),
                entry,
            });
            allowed.asked_by.insert(row.from);
            let ranges = row.services.ranges();
            allowed.ports.extend(ranges.iter().map(|range| format!("{} {}", row.protocol, in_words(*range))));
        }
    }
    found.into_values().collect()
}

fn host_names(party: &Party) -> impl Iterator<Item = &String> {
    let names = party.known_by.iter().filter(|known| matches!(known, KnownBy::Names(_)));
    names.flat_map(KnownBy::names)
}

/// What the catalogue knows of a name: of the role's kind and edition first.
fn entry_of<'a>(facts: &Facts<'a>, party: &Party, name: &str) -> Option<&'a NameEntry> {
    let edition = party.attribute("edition").unwrap_or(EDITIONS.0);
    let fits = |entry: &&NameEntry| [edition, EDITIONS.1].contains(&entry.edition()) && is_name(entry, name);
    let all = || facts.input.catalogue.names().filter(fits);
    all().find(|entry| entry.to() == Some(party.kind.as_str())).or_else(|| all().next())
}

/// Whether an entry is about a name; its parameters may be anything.
fn is_name(entry: &NameEntry, name: &str) -> bool {
    let fqdn = entry.fqdn().to_lowercase();
    match (fqdn.split_once('<'), fqdn.rsplit_once('>')) {
        (Some((before, _)), Some((_, after))) => {
            name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        }
        _ => fqdn == name,
    }
}

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    if !matches!(facts.team, None | Some(Team::Proxy)) {
        return None;
    }
    let words = facts.words;
    let allowed = allowed(facts);
    let mut blocks = Vec::new();
    if allowed.is_empty() {
        blocks.push(paragraph(words.names_none, &[]));
    } else {
        let inspected = allowed.iter().filter(|name| is_forbidden(name.entry)).count();
        let counts = [("names", number(allowed.len())), ("forbidden", number(inspected))];
        let intro = if inspected == 0 { words.names_intro_free } else { words.names_intro };
        blocks.push(paragraph(intro, &counts));
        blocks.push(super::parts::bullets(words.names_reading));
        blocks.push(names_table(facts, &allowed));
    }
    blocks.extend(people(facts));
    blocks.push(super::heading(facts, "proxy-statement"));
    blocks.push(proxy_statement(facts));
    blocks.extend(rules(facts, "names-rules", &[RuleTopic::Names]));
    blocks.extend(needs(facts, "names-needs", &[RuleTopic::Names]));
    Some(section_of(facts, "names", blocks, words.names_none))
}

fn is_forbidden(entry: Option<&NameEntry>) -> bool {
    entry.and_then(NameEntry::tls_interception) == Some(FORBIDDEN)
}

fn names_table(facts: &Facts<'_>, allowed: &[Allowed<'_>]) -> Block {
    let rows: Vec<Row> = allowed.iter().map(|name| name_row(facts, name)).collect();
    let columns = [
        ("name", 16, ColumnKind::Code),
        ("matches", 8, ColumnKind::Choice),
        ("ports", 6, ColumnKind::Code),
        ("asked-by", 12, ColumnKind::Choice),
        ("through", 9, ColumnKind::Choice),
        ("tls-inspection", 10, ColumnKind::Choice),
        ("needed", 9, ColumnKind::Choice),
        ("rationale", 24, ColumnKind::Words),
        ("source", 16, ColumnKind::Words),
    ];
    table(facts, "names-to-allow", ("id", facts.words.names_caption), &columns, rows)
}

fn name_row(facts: &Facts<'_>, name: &Allowed<'_>) -> Row {
    let words = facts.words;
    let is_proxy = |role: &&RoleId| facts.kind_is(**role, PROXY);
    let proxies = name.asked_by.iter().filter(is_proxy).map(|role| facts.name(*role));
    let through = listed(proxies);
    let is_wildcard = name.name.contains('*');
    let role = facts.name(name.role).words();
    let cells = vec![
        site_code(&name.name),
        Text::ours(if is_wildcard { words.matches_all_below } else { words.matches_exactly }),
        Text::code(name.ports.iter().cloned().collect::<Vec<_>>().join(", ")),
        asked_by(facts, name),
        if through.is_empty() { Text::ours(words.directly) } else { through },
        Text::ours(if is_forbidden(name.entry) { words.inspection_forbidden } else { words.inspection_free }),
        Text::ours(name.entry.map_or(words.need_by_site, |entry| need_word(facts, entry))),
        name.entry.map_or_else(|| Text::ours(words.name_of_site), why),
        name.entry.map_or_else(Text::default, |entry| sources(entry.sources())),
    ];
    row(format!("f-{}", short_hash(&[&role, &name.name], 8)), cells)
}

fn need_word(facts: &Facts<'_>, entry: &NameEntry) -> &'static str {
    use crate::catalogue::Need;
    match entry.need() {
        Need::Required => facts.words.need_required,
        Need::Conditional => facts.words.need_conditional,
        Need::Optional => facts.words.need_optional,
    }
}

fn why(entry: &NameEntry) -> Text {
    match entry.note() {
        Some(note) => Text::ours(format!("{}; {note}", entry.what())),
        None => Text::ours(entry.what()),
    }
}

/// Who asks: behind a proxy, the roles that the catalogue names; else whoever starts.
fn asked_by(facts: &Facts<'_>, name: &Allowed<'_>) -> Text {
    let behind = |kind: &str| {
        let roles = facts.input.policy.parties().filter(|(_, party)| party.kind == kind);
        roles.map(|(role, _)| role).collect::<BTreeSet<RoleId>>()
    };
    let of_catalogue = name.entry.map(|entry| behind(entry.from())).unwrap_or_default();
    let own = name.asked_by.iter().copied().filter(|role| !facts.kind_is(*role, PROXY));
    let all: BTreeSet<RoleId> = of_catalogue.into_iter().chain(own).collect();
    let all = if all.is_empty() { name.asked_by.clone() } else { all };
    listed(all.into_iter().map(|role| facts.name(role)))
}

/// Names that people's devices and consoles open, which are no rows of the matrix.
fn people(facts: &Facts<'_>) -> Vec<Block> {
    let editions: BTreeSet<&str> =
        facts.input.policy.parties().filter_map(|(_, party)| party.attribute("edition")).collect();
    let edition = editions.first().copied().unwrap_or(EDITIONS.0);
    let is_persons = |entry: &&NameEntry| {
        let kind = facts.input.catalogue.kind(entry.from());
        let is_device = kind.is_some_and(|kind| kind.is(KindClass::UserDevice) || kind.is(KindClass::Admin));
        let is_here = facts.input.policy.parties().any(|(_, party)| party.kind == entry.from());
        let holds = entry.when().iter().all(|condition| facts.held.contains(condition.as_str()));
        is_device && is_here && holds && [edition, EDITIONS.1].contains(&entry.edition())
    };
    let rows: Vec<Row> =
        facts.input.catalogue.names().filter(is_persons).map(|entry| person_row(facts, entry)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = [
        ("name", 16, ColumnKind::Code),
        ("ports", 6, ColumnKind::Code),
        ("asked-by", 12, ColumnKind::Choice),
        ("needed", 7, ColumnKind::Choice),
        ("rationale", 16, ColumnKind::Words),
        ("source", 14, ColumnKind::Words),
    ];
    let intro = paragraph(facts.words.people_intro, &[]);
    let caption = ("id", facts.words.people_caption);
    vec![
        super::heading(facts, "names-of-people"),
        intro,
        table(facts, "names-for-people", caption, &columns, rows),
    ]
}

fn person_row(facts: &Facts<'_>, entry: &NameEntry) -> Row {
    let ports: Vec<String> =
        entry.ports().iter().map(|port| format!("{} {port}", entry.transport().word())).collect();
    let roles = facts.input.policy.parties().filter(|(_, party)| party.kind == entry.from());
    let cells = vec![
        Text::code(entry.fqdn()),
        Text::code(ports.join(", ")),
        listed(roles.map(|(role, _)| facts.name(role))),
        Text::ours(need_word(facts, entry)),
        why(entry),
        sources(entry.sources()),
    ];
    row(entry.id(), cells)
}

/// Who uses which proxy, and who must not.
fn proxy_statement(facts: &Facts<'_>) -> Block {
    let words = facts.words;
    let proxies: Vec<RoleId> =
        facts.input.policy.parties().filter(|(_, party)| party.kind == PROXY).map(|(role, _)| role).collect();
    let mut lines = Vec::new();
    for proxy in &proxies {
        let users: BTreeSet<RoleId> =
            facts.all_rows.iter().filter(|row| row.to == *proxy).map(|row| row.from).collect();
        let others = facts.input.policy.parties().filter(|(role, party)| {
            let is_machine = party.enforced && party.attribute("service").is_none();
            is_machine && !users.contains(role) && role != proxy
        });
        let others = listed(others.map(|(role, _)| facts.name(role)));
        let users = listed(users.into_iter().map(|role| facts.name(role)));
        let values = [("proxy", facts.name(*proxy)), ("users", users), ("others", others)];
        let template = if values.iter().any(|(name, text)| *name == "users" && text.is_empty()) {
            words.proxy_unused
        } else {
            words.proxy_used
        };
        lines.push(crate::document::text::fill(template, &values));
    }
    let helpers = listed(
        facts
            .input
            .policy
            .parties()
            .filter(|(role, _)| facts.is_class(*role, KindClass::Helper))
            .map(|(role, _)| facts.name(role)),
    );
    if !helpers.is_empty() {
        lines.push(crate::document::text::fill(words.proxy_helpers, &[("helpers", helpers)]));
    }
    if lines.is_empty() { paragraph(words.proxy_none, &[]) } else { Block::Bullets(lines) }
}
