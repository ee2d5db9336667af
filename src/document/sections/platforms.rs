//! Section: subscriptions, endpoints, quotas.
//!
//! In: [`Facts`]. Out: what the site states of its platforms, the endpoints with who uses them and why, limits, rollout.
//!
//! Invariant: what a platform is, its own target says; nothing here knows one.

use super::overview::{place, whereabouts};
use super::parts::{needs, rules};
use super::{joined, listed, number, or_dash, paragraph, row, section as section_of, table};
use crate::catalogue::RuleTopic;
use crate::document::content::{Block, ColumnKind, Row, Section, Text};
use crate::document::facts::Facts;
use crate::document::team::Team;
use crate::document::text::ours;
use crate::policy::identity::short_hash;
use crate::policy::{EnforcementState, Party, Platform, RoleId};
use std::collections::BTreeSet;

/// The attribute by which a role says which service of the platform it is an endpoint of.
const SERVICE: &str = "service";

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    if !matches!(facts.team, None | Some(Team::Cloud)) {
        return None;
    }
    let words = facts.words;
    let mut blocks = Vec::new();
    if facts.input.policy.platforms().next().is_some() {
        blocks.push(paragraph(words.platforms_intro, &[]));
        blocks.push(platforms(facts));
    } else {
        blocks.push(paragraph(words.platforms_none, &[]));
    }
    blocks.extend(endpoints(facts));
    blocks.extend(groups(facts));
    blocks.extend(quotas(facts));
    blocks.extend(rollout(facts));
    blocks.extend(rules(facts, "platform-rules", &[RuleTopic::Platform]));
    blocks.extend(needs(facts, "platform-needs", &[RuleTopic::Platform]));
    Some(section_of(facts, "platforms", blocks, words.platforms_none))
}

fn platforms(facts: &Facts<'_>) -> Block {
    let rows = facts.input.policy.platforms().map(|(_, platform)| platform_row(facts, platform)).collect();
    let columns = [
        ("platform-kind", 10, ColumnKind::Choice),
        ("run-by", 10, ColumnKind::Choice),
        ("stated", 30, ColumnKind::Words),
        ("artefacts", 14, ColumnKind::Choice),
    ];
    table(facts, "platforms", ("platform", facts.words.platforms_caption), &columns, rows)
}

fn platform_row(facts: &Facts<'_>, platform: &Platform) -> Row {
    let words = facts.words;
    let kind = facts.platform_kind(platform);
    let what = |key: &str| kind.and_then(|kind| kind.attributes.iter().find(|spec| spec.name == key));
    let stated = platform.attributes.iter().map(|(key, values)| {
        let label = what(key).map_or(key.as_str(), |spec| spec.what);
        let values = listed(values.iter().map(|value| Text::site(value.as_str())));
        ours(&format!("**{key}** ({label}): ")).then(values)
    });
    let managed = facts.input.model.platforms.iter().find(|own| own.name == platform.name);
    let team = managed.and_then(|own| own.managed_by.as_ref());
    let run_by = match team {
        Some(crate::model::Manager::Citrix) => Text::ours(words.vendor),
        Some(crate::model::Manager::Team(team)) if team != "customer" => Text::site(team.as_str()),
        _ => Text::ours(words.customer),
    };
    let artefacts = match kind {
        _ if !platform.written => words.artefacts_none,
        Some(kind) if kind.is_request => words.artefacts_request,
        _ => words.artefacts_rules,
    };
    let title = kind.map_or_else(|| Text::ours(platform.kind.as_str()), |kind| Text::ours(kind.title));
    row(
        platform.name.as_str(),
        vec![title, run_by, or_dash_text(joined(stated, "\n")), Text::ours(artefacts)],
    )
}

fn or_dash_text(text: Text) -> Text {
    or_dash((!text.is_empty()).then_some(text))
}

/// Endpoints of platform services, with who uses them and why.
fn endpoints(facts: &Facts<'_>) -> Vec<Block> {
    let all = facts.input.policy.parties().filter(|(_, party)| party.attribute(SERVICE).is_some());
    let rows: Vec<Row> = all.map(|(role, party)| endpoint_row(facts, role, party)).collect();
    if rows.is_empty() {
        return vec![paragraph(facts.words.endpoints_none, &[])];
    }
    let columns = [
        ("kind", 10, ColumnKind::Choice),
        ("service", 7, ColumnKind::Code),
        ("where", 10, ColumnKind::Words),
        ("known-by", 13, ColumnKind::Code),
        ("private-dns", 7, ColumnKind::Choice),
        ("used-by", 12, ColumnKind::Words),
        ("rationale", 22, ColumnKind::Words),
    ];
    vec![table(facts, "endpoints", ("role", facts.words.endpoints_caption), &columns, rows)]
}

fn endpoint_row(facts: &Facts<'_>, role: RoleId, party: &Party) -> Row {
    let rows = || facts.all_rows.iter().filter(move |row| row.to == role);
    let users: BTreeSet<RoleId> = rows().map(|row| row.from).collect();
    let reasons: BTreeSet<&str> =
        rows().flat_map(|row| &row.reasons).map(|reason| reason.because.as_str()).collect();
    let kind = facts.kind(party);
    let cells = vec![
        kind.map_or_else(Text::default, |kind| Text::ours(kind.title())),
        or_dash(party.attribute(SERVICE).map(Text::site)),
        place(facts, party),
        whereabouts(facts, party),
        or_dash(party.attribute("private-dns").map(Text::site)),
        listed(users.into_iter().map(|user| facts.name(user))),
        joined(reasons.into_iter().map(Text::ours), " "),
    ];
    row(party.name.as_str(), cells)
}

/// Roles that wear another role's group, with what that opens beyond the site.
fn groups(facts: &Facts<'_>) -> Vec<Block> {
    let shared = facts.input.policy.parties().filter(|(role, party)| party.group != *role);
    let rows: Vec<Row> = shared.map(|(_, party)| group_row(facts, party)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = [
        ("wears-group-of", 10, ColumnKind::Choice),
        ("does", 20, ColumnKind::Words),
        ("widenings", 30, ColumnKind::Words),
    ];
    let intro = paragraph(facts.words.groups_intro, &[]);
    let caption = ("role", facts.words.groups_caption);
    vec![
        super::heading(facts, "shared-groups-heading"),
        intro,
        table(facts, "shared-groups", caption, &columns, rows),
    ]
}

fn group_row(facts: &Facts<'_>, party: &Party) -> Row {
    let owner = facts.input.policy.name(party.group);
    let is_about = |name: &str| name == party.name || name == owner;
    let widenings = facts.input.widenings.iter().filter(|one| is_about(&one.from) || is_about(&one.to));
    let told = widenings.map(|one| {
        Text::code(one.id.as_str())
            .then(Text::ours(" "))
            .then(Text::site(one.from.as_str()))
            .then(Text::ours(" \u{2192} "))
            .then(Text::site(one.to.as_str()))
            .then(Text::ours(format!(": {}", one.service)))
    });
    let told = joined(told, "; ");
    let cells = vec![
        facts.name(party.group),
        facts.kind(party).map_or_else(Text::default, |kind| Text::ours(kind.what())),
        if told.is_empty() { Text::ours(facts.words.widenings_none_here) } else { told },
    ];
    row(party.name.as_str(), cells)
}

fn quotas(facts: &Facts<'_>) -> Vec<Block> {
    let quotas = facts.input.quotas.iter();
    let rows: Vec<Row> = quotas
        .map(|quota| {
            let share = (quota.used * 100).checked_div(quota.limit).unwrap_or(100);
            let count = |number: u64| Text::ours(number.to_string());
            let cells = vec![
                Text::site(quota.platform.as_str()),
                Text::ours(quota.quota.as_str()),
                count(quota.used),
                count(quota.limit),
                Text::ours(format!("{share} %")),
            ];
            row(format!("q-{}", short_hash(&[&quota.platform, &quota.quota], 8)), cells)
        })
        .collect();
    if rows.is_empty() {
        return vec![paragraph(facts.words.quotas_none, &[])];
    }
    let columns = [
        ("platform", 10, ColumnKind::Choice),
        ("quota", 24, ColumnKind::Words),
        ("used", 5, ColumnKind::Number),
        ("limit", 5, ColumnKind::Number),
        ("share", 5, ColumnKind::Number),
    ];
    let intro = paragraph(facts.words.quotas_intro, &[]);
    vec![intro, table(facts, "quotas", ("id", facts.words.quotas_caption), &columns, rows)]
}

/// Which roles are watched and which are enforced, and from when.
fn rollout(facts: &Facts<'_>) -> Vec<Block> {
    let rollout = &facts.input.model.rollout;
    let staged = facts.input.policy.parties().filter_map(|(role, party)| Some((role, party, party.state?)));
    let rows: Vec<Row> = staged.map(|(role, party, state)| rollout_row(facts, role, party, state)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let days = number(usize::try_from(rollout.observe.unwrap_or_default()).unwrap_or_default());
    let intro = match rollout.observe {
        Some(_) => paragraph(facts.words.rollout_observe, &[("days", days)]),
        None => paragraph(facts.words.rollout_intro, &[]),
    };
    let columns = [
        ("where", 12, ColumnKind::Words),
        ("state", 10, ColumnKind::Choice),
        ("enforced-from", 8, ColumnKind::Day),
    ];
    let caption = ("role", facts.words.rollout_caption);
    vec![super::heading(facts, "rollout-heading"), intro, table(facts, "rollout", caption, &columns, rows)]
}

fn rollout_row(facts: &Facts<'_>, role: RoleId, party: &Party, state: EnforcementState) -> Row {
    let words = facts.words;
    let state = match state {
        EnforcementState::Save => words.state_save,
        EnforcementState::Monitor => words.state_monitor,
        EnforcementState::Enforce => words.state_enforce,
    };
    let from = facts.input.model.rollout.enforce.get(&role).map(|day| Text::site(day.value.to_string()));
    row(party.name.as_str(), vec![place(facts, party), Text::ours(state), or_dash(from)])
}
