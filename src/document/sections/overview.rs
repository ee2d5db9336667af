//! Section: overview. Pictures, what each team has to do, and who takes part.
//!
//! In: [`Facts`]. Out: one section.
//!
//! Invariant: every role of the site is in its table, and every team in its.

use super::matrix::{addresses, site_code};
use super::{joined, listed, number, or_dash, paragraph, row, section as section_of, table};
use crate::document::content::{Block, ColumnKind, Row, Section, Text};
use crate::document::facts::Facts;
use crate::document::team::Team;
use crate::document::text::{fill, ours};
use crate::policy::{KnownBy, Party};

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    if facts.team.is_some() {
        return None;
    }
    let words = facts.words;
    let policy = facts.input.policy;
    let counts = [
        ("roles", number(policy.parties().count())),
        ("platforms", number(policy.platforms().count())),
        ("segments", number(policy.segments().count())),
        ("rows", number(facts.all_rows.len())),
        ("needs", number(facts.input.model.needs.len())),
    ];
    let mut blocks = vec![paragraph(words.overview_intro, &counts)];
    blocks.extend(facts.input.figures.iter().cloned().map(Block::Figure));
    blocks.push(teams(facts));
    blocks.push(roles(facts));
    Some(section_of(facts, "overview", blocks, words.overview_intro))
}

fn teams(facts: &Facts<'_>) -> Block {
    let rows = Team::ALL.into_iter().map(|team| team_row(facts, team)).collect();
    let columns = [
        ("team", 10, ColumnKind::Words),
        ("does", 26, ColumnKind::Words),
        ("rows", 4, ColumnKind::Number),
        ("needs", 4, ColumnKind::Number),
        ("first-due", 6, ColumnKind::Day),
    ];
    table(facts, "teams", ("extract", facts.words.teams_caption), &columns, rows)
}

fn team_row(facts: &Facts<'_>, team: Team) -> Row {
    let words = facts.words;
    let does = match team {
        Team::Firewall => words.team_does_firewall,
        Team::Directory => words.team_does_directory,
        Team::Cloud => words.team_does_cloud,
        Team::Proxy => words.team_does_proxy,
        Team::Citrix => words.team_does_citrix,
    };
    let rows = facts.all_rows.iter().filter(|row| team.has_row(facts, row)).count();
    let needs = || facts.input.model.needs.iter().filter(|need| Team::of_need(need) == team);
    let first = needs().filter_map(|need| need.due).min();
    let cells = vec![
        ours(words.title(team.word())),
        ours(does),
        number(rows),
        number(needs().count()),
        or_dash(first.map(|day| Text::site(day.to_string()))),
    ];
    row(team.word(), cells)
}

fn roles(facts: &Facts<'_>) -> Block {
    let rows = facts.input.policy.parties().map(|(_, party)| role_row(facts, party)).collect();
    let columns = [
        ("kind", 12, ColumnKind::Words),
        ("where", 12, ColumnKind::Words),
        ("addresses", 14, ColumnKind::Code),
        ("run-by", 9, ColumnKind::Choice),
        ("does", 20, ColumnKind::Words),
    ];
    table(facts, "roles", ("role", facts.words.roles_caption), &columns, rows)
}

fn role_row(facts: &Facts<'_>, party: &Party) -> Row {
    let kind = facts.kind(party);
    let cells = vec![
        kind.map_or_else(|| Text::site(party.kind.as_str()), |kind| Text::ours(kind.title())),
        place(facts, party),
        whereabouts(facts, party),
        run_by(facts, party),
        kind.map_or_else(Text::default, |kind| Text::ours(kind.what())),
    ];
    row(party.name.as_str(), cells)
}

/// Segment and platform of a role.
pub(super) fn place(facts: &Facts<'_>, party: &Party) -> Text {
    let segment = party.segment.and_then(|id| facts.input.policy.segment(id));
    let platform = party.platform.and_then(|id| facts.platform(id));
    match (segment, platform) {
        (Some(segment), Some(platform)) => fill(
            facts.words.segment_on,
            &[
                ("segment", Text::site(segment.name.as_str())),
                ("platform", Text::site(platform.name.as_str())),
            ],
        ),
        (None, Some(platform)) => Text::site(platform.name.as_str()),
        _ => Text::ours(facts.words.outside),
    }
}

/// Addresses and names by which a role is known.
pub(super) fn whereabouts(facts: &Facts<'_>, party: &Party) -> Text {
    if party.is_internet {
        return Text::ours(facts.words.internet);
    }
    let names = party.known_by.iter().flat_map(KnownBy::names).map(|name| site_code(name));
    let known = joined([addresses(&party.addresses), listed(names)], ", ");
    if known.is_empty() { Text::ours(facts.words.known_by_group) } else { known }
}

/// Who runs a role.
pub(super) fn run_by(facts: &Facts<'_>, party: &Party) -> Text {
    let words = facts.words;
    if facts.is_run_by_vendor(party) {
        return Text::ours(words.vendor);
    }
    if let Some(team) = party.managed_by.as_deref().filter(|team| *team != "customer") {
        return Text::site(team);
    }
    let is_service = facts.kind(party).is_some_and(|kind| kind.managed().daas() == "citrix");
    Text::ours(if is_service { words.vendor } else { words.customer })
}
