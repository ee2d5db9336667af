//! What changes for the platforms: rules added, removed and changed, artefact by artefact.
//!
//! In: the artefacts of two releases. Out: [`RuleChange`]s.
//!
//! Rules of one enforcement point that say the same are the same, whatever rows they are for: a platform does not see who
//! asked. What is left is matched by key (enforcement point, direction, rows): what both releases have is a changed rule.
//! The lock keeps identities, so an inserted line shows as its own rule.
//!
//! Invariant: a rule that says the same to its platform in both releases is in no change, whatever its number, name and
//! place.

use super::release::{Artefact, Release, Rule};
use crate::policy::EnforcementState;
use std::collections::BTreeMap;

/// What happened to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleEffect {
    /// Only the second release has it.
    Added,
    /// Only the first release has it.
    Removed,
    /// It says something else.
    Changed,
}

impl RuleEffect {
    /// The word used in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

impl RuleEffect {
    /// Whether what happened to a rule may be how packets open, or close.
    pub(super) fn may(self, effect: super::Effect) -> bool {
        match effect {
            super::Effect::Opens => self != Self::Removed,
            super::Effect::Closes => self != Self::Added,
        }
    }
}

/// A rule that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleChange {
    /// Path of the artefact.
    pub artefact: String,
    /// Platform of the site.
    pub platform: String,
    /// True in the main spelling of its platform; other spellings repeat it.
    pub is_main: bool,
    /// What happened.
    pub effect: RuleEffect,
    /// Which rule it is.
    pub key: String,
    /// The rows that it is for.
    pub rows: Vec<String>,
    /// What it said, and where.
    pub before: Option<Rule>,
    /// What it says, and where.
    pub after: Option<Rule>,
}

impl RuleChange {
    /// What an enforcement point did and does with what no rule permits, where that differs.
    pub fn states(&self) -> Option<(EnforcementState, EnforcementState)> {
        let state = |rule: &Option<Rule>| rule.as_ref().and_then(|rule| rule.state);
        let states = state(&self.before).zip(state(&self.after));
        states.filter(|(was, is)| was != is)
    }

    /// Whether it is the enforcement point itself and none of its rules.
    pub fn is_point(&self) -> bool {
        self.before.as_ref().or(self.after.as_ref()).is_some_and(|rule| rule.state.is_some())
    }

    /// The enforcement point, as its platform calls it.
    pub fn point(&self) -> &str {
        self.key.rsplit_once(": ").map_or(self.key.as_str(), |(point, _)| point)
    }
}

/// The rules that differ, by artefact, then key.
pub(super) fn compare(before: &Release, after: &Release) -> Vec<RuleChange> {
    let (Some(old), Some(new)) = (&before.artefacts, &after.artefacts) else { return Vec::new() };
    let mut files: BTreeMap<&str, [Option<&Artefact>; 2]> = BTreeMap::new();
    for artefact in old {
        files.entry(&artefact.path).or_default()[0] = Some(artefact);
    }
    for artefact in new {
        files.entry(&artefact.path).or_default()[1] = Some(artefact);
    }
    let mut changes = Vec::new();
    for [old_file, new_file] in files.into_values() {
        let Some(artefact) = new_file.or(old_file) else { continue };
        // The first artefact of a platform is its main spelling.
        let is_main = [old, new].into_iter().all(|list| {
            let first = list.iter().find(|one| one.platform == artefact.platform);
            first.is_none_or(|first| first.path == artefact.path)
        });
        let rules = [old_file, new_file].map(|file| file.map_or(&[][..], |file| file.rules.as_slice()));
        for (effect, before, after) in compare_rules(rules) {
            let Some(one) = after.or(before) else { continue };
            changes.push(RuleChange {
                artefact: artefact.path.clone(),
                platform: artefact.platform.clone(),
                is_main,
                effect,
                key: one.key.clone(),
                rows: one.rows.clone(),
                before: before.cloned(),
                after: after.cloned(),
            });
        }
    }
    changes
}

type Matched<'a> = (RuleEffect, Option<&'a Rule>, Option<&'a Rule>);

fn compare_rules<'a>([old, new]: [&'a [Rule]; 2]) -> Vec<Matched<'a>> {
    let mut said: BTreeMap<(&str, &str), [Vec<&Rule>; 2]> = BTreeMap::new();
    for rule in old {
        said.entry((enforcement_point(rule), &rule.sees)).or_default()[0].push(rule);
    }
    for rule in new {
        said.entry((enforcement_point(rule), &rule.sees)).or_default()[1].push(rule);
    }
    let mut keys: BTreeMap<&str, [Vec<&Rule>; 2]> = BTreeMap::new();
    for [old, new] in said.into_values() {
        // How often a platform is told the same changes nothing.
        if old.is_empty() || new.is_empty() {
            for rule in old {
                keys.entry(&rule.key).or_default()[0].push(rule);
            }
            for rule in new {
                keys.entry(&rule.key).or_default()[1].push(rule);
            }
        }
    }
    let mut changes = Vec::new();
    for [gone, come] in keys.into_values() {
        let both = gone.len().min(come.len());
        for (old, new) in gone.iter().zip(&come) {
            changes.push((RuleEffect::Changed, Some(*old), Some(*new)));
        }
        changes.extend(gone.iter().skip(both).map(|rule| (RuleEffect::Removed, Some(*rule), None)));
        changes.extend(come.iter().skip(both).map(|rule| (RuleEffect::Added, None, Some(*rule))));
    }
    changes
}

/// The part of a key before the direction.
fn enforcement_point(rule: &Rule) -> &str {
    rule.key.rsplit_once(": ").map_or(rule.key.as_str(), |(point, _)| point)
}
