//! The conditions that the words of an option select, and whether rows agree with them.
//!
//! In: an option's `selects`, and the rows of its intent. Out: conditions by word, and problems.
//!
//! Invariant: a row applies only under words that let the conditions of its flow hold, so that modes which exclude
//! each other never open each other's ports.

use std::collections::BTreeSet;

use indexmap::IndexMap;

use super::super::entry::FlowEntry;
use super::super::intent::{Intent, OptionSpec};
use super::super::raw::{RawOption, RawRow};
use super::super::store::Catalogue;
use super::super::text::Text;
use super::conditions::{resolve_condition, with_implied};
use super::{Place, ProblemKind, Report};

/// The conditions of each word, with those that they imply. Words and conditions that don't exist are reported.
pub(super) fn resolve(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    raw: &RawOption,
) -> IndexMap<Text, Vec<Text>> {
    let mut selects = IndexMap::new();
    for (word, conditions) in &raw.selects.0 {
        if !raw.values.contains(word) {
            let message = format!("`selects` names `{word}`, which the option does not take");
            let help = format!("use one of: {}", raw.values.join(", "));
            report.entry(ProblemKind::Reference, place, word, message, help);
        }
        for name in &conditions.0 {
            resolve_condition(catalogue, report, place, name);
        }
        selects.insert(Text::from(word), with_implied(catalogue, &conditions.0));
    }
    selects
}

/// Reports a row that applies under a word which does not let a condition of its flow hold, although the option
/// decides about that condition.
pub(super) fn check_row(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    intent: &Intent,
    row: &RawRow,
    entry: &FlowEntry,
) {
    for (option, spec) in &intent.options {
        let OptionSpec::Choice { values, selects, .. } = spec else { continue };
        let decided = decided_by(catalogue, selects);
        let asked = row.when.0.iter().find(|(name, _)| option == name).map(|(_, words)| &words.0);
        let words: Vec<&str> = match asked {
            Some(words) => words.iter().map(String::as_str).collect(),
            None => values.iter().map(Text::as_str).collect(),
        };
        for word in words {
            let holding = selects.get(word).map_or(&[][..], Vec::as_slice);
            let mut open = entry.when().iter().filter(|name| decided.contains(name.as_str()));
            if let Some(condition) = open.find(|name| !holding.contains(name)) {
                let message = format!(
                    "the row of flow `{}` applies under `{option} = {word}`, which does not select its condition \
                     `{condition}`",
                    row.flow
                );
                let help = format!("name the words that select it: `when: {{{option}: ...}}`");
                report.entry(ProblemKind::Value, place, &row.flow, message, help);
            }
        }
    }
}

/// The conditions that an option decides about: those that some word selects, and those that exclude one of these.
fn decided_by<'c>(catalogue: &'c Catalogue, selects: &'c IndexMap<Text, Vec<Text>>) -> BTreeSet<&'c str> {
    let selected = || selects.values().flatten();
    let excluded =
        selected().filter_map(|name| catalogue.condition(name)).flat_map(|condition| condition.excludes());
    selected().chain(excluded).map(Text::as_str).collect()
}
