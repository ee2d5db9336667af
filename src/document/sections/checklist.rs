//! Section: checklist in build order.
//!
//! In: [`Facts`]. Out: what has to be done, phase by phase, and the needs of the site as a table.
//!
//! Invariant: every need of the site is in one phase; a phase without tasks is not shown.

use super::accounts::selected_sets;
use super::names::allowed;
use super::parts::{is_for_people, need_task};
use super::{fill, joined, number, or_dash, paragraph, row, section as section_of, table};
use crate::catalogue::RuleTopic;
use crate::document::content::{Block, ColumnKind, Row, Section, Task, Text};
use crate::document::facts::Facts;
use crate::document::team::Team;
use crate::document::text::ours;
use crate::model::Need;
use crate::policy::identity::short_hash;

/// The phases in the order in which they are done, each with its topics.
const PHASES: &[(&str, &[RuleTopic])] = &[
    ("phase-decide", &[RuleTopic::Responsibility, RuleTopic::Risk]),
    ("phase-network", &[RuleTopic::Network]),
    ("phase-platform", &[RuleTopic::Platform]),
    ("phase-directory", &[RuleTopic::Directory]),
    ("phase-accounts", &[RuleTopic::Accounts]),
    ("phase-names", &[RuleTopic::Names]),
    ("phase-certificates", &[RuleTopic::Certificates]),
    ("phase-flows", &[RuleTopic::Flows]),
    ("phase-product", &[RuleTopic::Product]),
];

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    let words = facts.words;
    let mut blocks = Vec::new();
    for (id, topics) in PHASES {
        let tasks: Vec<Task> = topics.iter().flat_map(|topic| tasks(facts, *topic)).collect();
        if !tasks.is_empty() {
            blocks.push(super::heading(facts, id));
            blocks.push(Block::Checklist(tasks));
        }
    }
    if !blocks.is_empty() {
        blocks.insert(0, paragraph(words.checklist_intro, &[]));
    }
    if !facts.needs().is_empty() {
        blocks.push(super::heading(facts, "needs-of-site"));
        blocks.push(needs_table(facts));
    } else if facts.team.is_none() {
        blocks.push(paragraph(words.needs_none, &[]));
    }
    Some(section_of(facts, "checklist", blocks, words.checklist_none))
}

/// What has to be done for a topic: needs of the site, what follows from it, and what people must confirm.
fn tasks(facts: &Facts<'_>, topic: RuleTopic) -> Vec<Task> {
    let needs = facts.needs();
    let mut tasks: Vec<Task> =
        needs.iter().filter(|need| Team::topic_of(need) == topic).map(|need| need_task(need)).collect();
    let is_shared = [RuleTopic::Flows, RuleTopic::Accounts].contains(&topic);
    if facts.team.is_none_or(|team| team == Team::of_topic(topic) || is_shared) {
        tasks.extend(derived(facts, topic));
    }
    let confirmed = facts.rules_of(&[topic]);
    let confirmed =
        confirmed.into_iter().filter(|_| facts.team.is_none_or(|team| team == Team::of_topic(topic)));
    tasks.extend(confirmed.filter(|rule| is_for_people(rule)).map(|rule| Task {
        what: fill(facts.words.task_confirm, &[("rule", Text::ours(rule.statement()))]),
        owner: Some(ours(facts.words.title(Team::of_topic(topic).word()))),
        due: facts.input.model.site.effective,
    }));
    tasks
}

/// What follows from the site itself.
fn derived(facts: &Facts<'_>, topic: RuleTopic) -> Vec<Task> {
    match topic {
        RuleTopic::Network => segments(facts),
        RuleTopic::Flows => rules(facts),
        RuleTopic::Names => names(facts),
        RuleTopic::Accounts => accounts(facts),
        _ => Vec::new(),
    }
}

fn task(facts: &Facts<'_>, team: Team, what: Text) -> Task {
    let owner = Some(ours(facts.words.title(team.word())));
    Task { what, owner, due: facts.input.model.site.effective }
}

fn segments(facts: &Facts<'_>) -> Vec<Task> {
    let policy = facts.input.policy;
    let each = policy.segments().filter_map(|(_, segment)| {
        let platform = facts.platform(segment.platform)?;
        let what = fill(
            facts.words.task_segment,
            &[
                ("segment", Text::site(segment.name.as_str())),
                ("addresses", super::matrix::addresses(&segment.addresses)),
                ("platform", Text::site(platform.name.as_str())),
            ],
        );
        platform.written.then(|| task(facts, Team::Firewall, what))
    });
    each.collect()
}

/// Who has to apply or open rows: the platforms of the site, and the networks between.
fn rules(facts: &Facts<'_>) -> Vec<Task> {
    let words = facts.words;
    let mut tasks = Vec::new();
    for (id, platform) in facts.input.policy.platforms().filter(|(_, platform)| platform.written) {
        let is_on = |role| facts.party(role).is_some_and(|party| party.platform == Some(id));
        let rows = facts.rows().filter(|row| is_on(row.from) || is_on(row.to)).count();
        let team = if facts.is_request(id) { Team::Firewall } else { Team::Cloud };
        if rows == 0 || facts.team.is_some_and(|own| own != team) {
            continue;
        }
        let template = if facts.is_request(id) { words.task_request } else { words.task_apply };
        let values = [("platform", Text::site(platform.name.as_str())), ("rows", number(rows))];
        tasks.push(task(facts, team, fill(template, &values)));
    }
    let between = facts.rows().filter(|row| Team::Firewall.has_row(facts, row)).count();
    if between > 0 && facts.team.is_none_or(|team| team == Team::Firewall) {
        tasks.push(task(facts, Team::Firewall, fill(words.task_between, &[("rows", number(between))])));
    }
    tasks
}

fn names(facts: &Facts<'_>) -> Vec<Task> {
    let count = allowed(facts).len();
    let what = fill(facts.words.task_names, &[("names", number(count))]);
    if count == 0 { Vec::new() } else { vec![task(facts, Team::Proxy, what)] }
}

fn accounts(facts: &Facts<'_>) -> Vec<Task> {
    let sets = selected_sets(facts);
    let each = sets.iter().map(|set| {
        let team = if set.is_of_directory() { Team::Directory } else { Team::Cloud };
        task(facts, team, fill(facts.words.task_grant, &[("set", Text::ours(set.set.what()))]))
    });
    each.collect()
}

/// A stable id of a need: of what it is, not of where it stands.
pub(super) fn need_id(need: &Need) -> String {
    format!("n-{}", short_hash(&[&need.kind, &need.name], 8))
}

fn needs_table(facts: &Facts<'_>) -> Block {
    let mut rows: Vec<Row> = Vec::new();
    for need in facts.needs() {
        let id = need_id(need);
        let same = rows.iter().filter(|row| row.id == id || row.id.starts_with(&format!("{id}-"))).count();
        let id = if same == 0 { id } else { format!("{id}-{}", same + 1) };
        rows.push(row(id, need_cells(facts, need)));
    }
    let columns = [
        ("kind", 7, ColumnKind::Choice),
        ("need", 14, ColumnKind::Words),
        ("detail", 24, ColumnKind::Words),
        ("owner", 9, ColumnKind::Choice),
        ("due", 6, ColumnKind::Day),
        ("team", 9, ColumnKind::Choice),
    ];
    table(facts, "needs", ("id", facts.words.needs_caption), &columns, rows)
}

fn need_cells(facts: &Facts<'_>, need: &Need) -> Vec<Text> {
    vec![
        Text::site(need.kind.as_str()),
        Text::site(need.name.as_str()),
        joined(need.detail.as_deref().map(Text::site), ""),
        or_dash(need.owner.as_deref().map(Text::site)),
        or_dash(need.due.map(|day| Text::site(day.to_string()))),
        ours(facts.words.title(Team::of_need(need).word())),
    ]
}
