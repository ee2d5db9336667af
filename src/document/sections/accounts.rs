//! Section: accounts and permissions.
//!
//! In: [`Facts`]. Out: the permissions that the catalogue knows for what the site uses, as a table and as documents of the
//! platforms that have a form for them.
//!
//! Invariant: least rights: a group of permissions is listed only where all of its conditions hold for the site, and what
//! depends on a further choice is a document of its own.

use super::parts::{needs, rules, sources};
use super::{or_dash, paragraph, row, section as section_of, table};
use crate::catalogue::{Need, Permission, PermissionSet, RuleTopic};
use crate::document::content::{Block, ColumnKind, Row, Section, Text};
use crate::document::facts::Facts;
use crate::document::team::Team;
use crate::document::text::{fill, ours};
use crate::target::permission::PermissionAsk;
use std::collections::BTreeSet;

/// The catalogue's word for a directory among platforms.
const DIRECTORY: &str = "active-directory";

/// A group of permissions that the site needs.
pub(super) struct Selected<'a> {
    pub(super) set: &'a PermissionSet,
    permissions: Vec<&'a Permission>,
}

impl Selected<'_> {
    /// True where a directory grants it.
    pub(super) fn is_of_directory(&self) -> bool {
        self.set.platform() == DIRECTORY
    }
}

/// The groups of permissions whose conditions hold for the site, of the document's team.
pub(super) fn selected_sets<'a>(facts: &Facts<'a>) -> Vec<Selected<'a>> {
    let catalogue = facts.input.catalogue;
    let holds = |set: &&PermissionSet| {
        !set.when().is_empty() && set.when().iter().all(|condition| facts.held.contains(condition.as_str()))
    };
    let is_told = |set: &&PermissionSet| match facts.team {
        None => true,
        Some(Team::Directory) => set.platform() == DIRECTORY,
        Some(Team::Cloud) => set.platform() != DIRECTORY,
        Some(_) => false,
    };
    let sets = catalogue.permission_sets().iter().filter(holds).filter(is_told);
    let all = sets.map(|set| Selected {
        set,
        permissions: catalogue.permissions().iter().filter(|one| one.set() == set.name()).collect(),
    });
    all.filter(|selected| !selected.permissions.is_empty()).collect()
}

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    if !matches!(facts.team, None | Some(Team::Directory | Team::Cloud)) {
        return None;
    }
    let words = facts.words;
    let sets = selected_sets(facts);
    let mut blocks = Vec::new();
    if sets.is_empty() {
        blocks.push(paragraph(words.accounts_none, &[]));
    } else {
        blocks.push(paragraph(words.accounts_intro, &[]));
        blocks.push(permissions_table(facts, &sets));
        blocks.extend(documents(facts, &sets));
        blocks.extend(prerequisites(facts, &sets));
    }
    blocks.extend(rules(facts, "accounts-rules", &[RuleTopic::Accounts]));
    blocks.extend(needs(facts, "accounts-needs", &[RuleTopic::Accounts]));
    Some(section_of(facts, "accounts", blocks, words.accounts_none))
}

fn permissions_table(facts: &Facts<'_>, sets: &[Selected<'_>]) -> Block {
    let rows = sets.iter().flat_map(|selected| {
        selected.permissions.iter().map(|permission| permission_row(facts, selected.set, permission))
    });
    let columns = [
        ("permission", 20, ColumnKind::Code),
        ("rationale", 20, ColumnKind::Words),
        ("used-for", 9, ColumnKind::Choice),
        ("needed", 14, ColumnKind::Choice),
        ("granted-on", 8, ColumnKind::Words),
        ("group", 12, ColumnKind::Choice),
        ("source", 14, ColumnKind::Words),
    ];
    table(facts, "permissions", ("entry", facts.words.permissions_caption), &columns, rows.collect())
}

fn permission_row(facts: &Facts<'_>, set: &PermissionSet, permission: &Permission) -> Row {
    let on = permission.scope().or(permission.resource()).map(Text::ours);
    let cells = vec![
        Text::code(permission.permission()),
        Text::ours(permission.what()),
        Text::ours(permission.stage()),
        needed(facts, permission),
        or_dash(on),
        Text::code(set.name()),
        sources(permission.sources()),
    ];
    row(permission.id(), cells)
}

fn needed(facts: &Facts<'_>, permission: &Permission) -> Text {
    let words = facts.words;
    match (permission.need(), permission.condition()) {
        (Need::Required, _) => Text::ours(words.need_required),
        (_, Some(condition)) => fill(words.need_if, &[("condition", Text::ours(condition))]),
        (Need::Conditional, None) => Text::ours(words.need_conditional),
        (Need::Optional, None) => Text::ours(words.need_optional),
    }
}

/// Each group as the platform's own documents: what is always needed, and apart from it what depends on a choice.
fn documents(facts: &Facts<'_>, sets: &[Selected<'_>]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for selected in sets {
        for is_always in [true, false] {
            blocks.extend(document(facts, selected, is_always));
        }
    }
    if !blocks.is_empty() {
        blocks.insert(0, super::heading(facts, "permission-documents"));
        blocks.insert(1, paragraph(facts.words.documents_intro, &[]));
    }
    blocks
}

fn document(facts: &Facts<'_>, selected: &Selected<'_>, is_always: bool) -> Vec<Block> {
    let words = facts.words;
    let set = selected.set;
    let wanted = selected.permissions.iter().filter(|one| (one.need() == Need::Required) == is_always);
    let actions: BTreeSet<String> = wanted.map(|one| one.permission().to_owned()).collect();
    if actions.is_empty() {
        return Vec::new();
    }
    let platform = facts.input.policy.platforms().find(|(_, platform)| platform.kind == set.platform());
    let ask = PermissionAsk {
        what: set.what().to_owned(),
        name: if is_always { set.name().to_owned() } else { format!("{}-optional", set.name()) },
        actions: actions.into_iter().collect(),
        attributes: platform.map(|(_, platform)| platform.attributes.clone()).unwrap_or_default(),
    };
    let Some(document) = (facts.input.permissions)(set.platform(), &ask) else { return Vec::new() };
    let template = if is_always { words.document_always } else { words.document_optional };
    let values = [("title", Text::ours(document.title)), ("what", Text::ours(set.what()))];
    let mut blocks = vec![paragraph(template, &values)];
    if !document.open.is_empty() {
        blocks.push(Block::Bullets(document.open.iter().map(|open| ours(open)).collect()));
    }
    blocks.push(Block::Listing { name: document.file, text: document.text });
    blocks
}

/// What else must be so on the platforms whose permissions are listed.
fn prerequisites(facts: &Facts<'_>, sets: &[Selected<'_>]) -> Vec<Block> {
    let platforms: BTreeSet<&str> = sets.iter().map(|selected| selected.set.platform()).collect();
    let of_platforms =
        facts.input.catalogue.prerequisites().iter().filter(|entry| platforms.contains(entry.platform()));
    let rows: Vec<Row> = of_platforms
        .map(|entry| row(entry.id(), vec![Text::ours(entry.what()), sources(entry.sources())]))
        .collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = [("must-be-so", 30, ColumnKind::Words), ("source", 16, ColumnKind::Words)];
    vec![table(facts, "account-prerequisites", ("entry", facts.words.prerequisites_caption), &columns, rows)]
}
