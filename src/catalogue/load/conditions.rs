//! Conditions, and how they exclude and imply each other.
//!
//! In: parsed files. Out: entries in the catalogue, and problems.
//!
//! Invariant: an exclusion holds in both directions, and an implication is known from both ends.

use std::collections::BTreeSet;

use super::super::entry::Condition;
use super::super::raw::RawCondition;
use super::super::store::Catalogue;
use super::super::text::{Text, owned};
use super::kinds::{check_id, check_text, report_twice};
use super::{Parsed, Place, ProblemKind, Report};

pub(super) fn add_conditions(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    for (file, raw) in
        parsed.iter().flat_map(|(at, file)| file.conditions.iter().map(move |entry| (*at, entry)))
    {
        let place = report.place(file, "condition", &raw.condition);
        check_id(report, place, &raw.condition);
        check_text(report, place, "text", &raw.text);
        if catalogue.conditions.contains_key(raw.condition.as_str()) {
            report_twice(report, place, "condition", "condition", &raw.condition);
            continue;
        }
        catalogue.conditions.insert(Text::from(&raw.condition), typed_condition(raw));
    }
    let mut seen = BTreeSet::new();
    for (file, raw) in parsed {
        for [one, other] in &raw.exclusive {
            report.owns(*file, one, other);
            if seen.insert(("exclusive", one, other)) {
                add_relation(catalogue, report, *file, [one, other], |condition| &mut condition.excludes);
                add_relation(catalogue, report, *file, [other, one], |condition| &mut condition.excludes);
            }
        }
        for [one, other] in &raw.implies {
            report.owns(*file, one, one);
            if seen.insert(("implies", one, other)) {
                add_relation(catalogue, report, *file, [one, other], |condition| &mut condition.implies);
                add_relation(catalogue, report, *file, [other, one], |condition| &mut condition.implied_by);
            }
        }
    }
}

fn typed_condition(raw: &RawCondition) -> Condition {
    Condition {
        name: Text::from(&raw.condition),
        text: Text::from(&raw.text),
        group: Text::from(&raw.group),
        never_selected: raw.never_selected,
        excludes: Vec::new(),
        implies: Vec::new(),
        implied_by: Vec::new(),
    }
}

/// Puts a condition into a list of another one; the one that does not exist is reported.
fn add_relation(
    catalogue: &mut Catalogue,
    report: &mut Report<'_>,
    file: usize,
    [one, other]: [&str; 2],
    list: fn(&mut Condition) -> &mut Vec<Text>,
) {
    if one == other {
        let message = format!("`{one}` is related to itself");
        report.loose_word(file, ProblemKind::Value, one, message, "relate two conditions");
        return;
    }
    let other_exists = catalogue.conditions.contains_key(other);
    match catalogue.conditions.get_mut(one) {
        Some(condition) if other_exists => list(condition).push(Text::from(other)),
        Some(_) => {}
        None => {
            let message = format!("no condition is called `{one}`");
            report.loose_word(file, ProblemKind::Reference, one, message, "name an entry of this catalogue");
        }
    }
}

/// Conditions and all that they bring with them, sorted.
pub(super) fn with_implied(catalogue: &Catalogue, names: &[String]) -> Vec<Text> {
    let mut all = BTreeSet::new();
    let mut waiting: Vec<&str> = names.iter().map(String::as_str).collect();
    while let Some(condition) = waiting.pop().and_then(|name| catalogue.condition(name)) {
        if all.insert(condition.name()) {
            waiting.extend(condition.implies().iter().map(Text::as_str));
        }
    }
    all.into_iter().map(Text::from).collect()
}

/// The condition of a name, or a report that there is none.
pub(super) fn resolve_condition<'c>(
    catalogue: &'c Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    name: &str,
) -> Option<&'c Condition> {
    let found = catalogue.condition(name);
    if found.is_none() {
        let message = format!("no condition is called `{name}`");
        let help = "name a condition; `segc catalogue list conditions` lists them";
        report.entry(ProblemKind::Reference, place, name, message, help);
    }
    found
}

/// The conditions of a `when` list, checked to exist and to be able to hold together.
pub(super) fn resolve_conditions(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    when: &[String],
) -> Vec<Text> {
    let names: BTreeSet<&str> = when.iter().map(String::as_str).collect();
    if names.len() < when.len() {
        let message = "`when` names a condition twice";
        report.entry(ProblemKind::Value, place, "when", message, "name it once");
    }
    let holding = with_implied(catalogue, when);
    for name in &names {
        let Some(condition) = resolve_condition(catalogue, report, place, name) else { continue };
        let excluded = |other: &&str| {
            let by_name = names.contains(other);
            (by_name && name < other) || (!by_name && holding.iter().any(|held| held == *other))
        };
        if let Some(other) = condition.excludes().iter().map(Text::as_str).find(excluded) {
            let message = format!("`{name}` and `{other}` can't hold together");
            report.entry(
                ProblemKind::Value,
                place,
                name,
                message,
                "make two entries, one for each condition",
            );
        }
    }
    owned(when)
}
