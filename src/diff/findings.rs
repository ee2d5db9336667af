//! Findings that a change opens or closes, and limits whose use it moves.
//!
//! In: the findings and quotas of two releases. Out: those that only one of them has.
//!
//! Invariant: a finding that merely moved to another line, or names a renamed role, is in neither list.

use super::classify::Both;
use super::release::{Finding, Quota, Release};
use std::collections::BTreeMap;

/// A limit whose use moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaChange {
    /// Platform of the site.
    pub platform: String,
    /// What is limited, in the platform's words.
    pub quota: String,
    /// Used by the first release; `None` where it does not have it.
    pub before: Option<u64>,
    /// Used by the second release; `None` where it does not have it.
    pub after: Option<u64>,
    /// How many are allowed.
    pub limit: u64,
}

/// What makes two reports the same finding: code, weight and words, without the running number that some words begin
/// with (`W-3: ...`), with the second release's names of roles. What was a warning and is an error now is told.
type Key = (String, String, String, Vec<String>, Option<String>);

fn key(finding: &Finding, names: &BTreeMap<&str, &str>) -> Key {
    let words = match finding.message.split_once(": ") {
        Some((number, words)) if number.starts_with("W-") || number.starts_with("S-") => words,
        _ => finding.message.as_str(),
    };
    let mut labels: Vec<String> = finding.labels.iter().map(|(_, _, text)| renamed(text, names)).collect();
    labels.sort_unstable();
    (finding.code.clone(), finding.severity.clone(), renamed(words, names), labels, finding.accepted.clone())
}

/// A text with renamed roles in backticks under their new names.
fn renamed(text: &str, names: &BTreeMap<&str, &str>) -> String {
    let parts = text.split('`').enumerate();
    let parts = parts.map(|(at, part)| match names.get(part) {
        Some(new) if at % 2 == 1 => new,
        _ => part,
    });
    parts.collect::<Vec<_>>().join("`")
}

/// Findings that only the second release has, and those that only the first one has.
pub(super) fn compare(both: &Both<'_>) -> (Vec<Finding>, Vec<Finding>) {
    let [before, after] = both.releases;
    let (Some(old), Some(new)) = (&before.findings, &after.findings) else { return (Vec::new(), Vec::new()) };
    let names = both
        .pairing
        .pairs()
        .filter_map(|(_, pair)| Some((before.name(pair.before?), after.name(pair.after?))))
        .filter(|(old, new)| old != new)
        .collect();
    let none = BTreeMap::new();
    let old: Vec<(Key, &Finding)> = old.iter().map(|one| (key(one, &names), one)).collect();
    let new: Vec<(Key, &Finding)> = new.iter().map(|one| (key(one, &none), one)).collect();
    (beyond(&new, &old), beyond(&old, &new))
}

fn beyond(one: &[(Key, &Finding)], other: &[(Key, &Finding)]) -> Vec<Finding> {
    let mut known: BTreeMap<&Key, usize> = BTreeMap::new();
    for (key, _) in other {
        *known.entry(key).or_default() += 1;
    }
    let mut found = Vec::new();
    for (key, finding) in one {
        match known.get_mut(key).filter(|left| **left > 0) {
            Some(left) => *left -= 1,
            None => found.push((*finding).clone()),
        }
    }
    found
}

/// The limits whose use moved.
pub(super) fn quotas(before: &Release, after: &Release) -> Vec<QuotaChange> {
    let (Some(old), Some(new)) = (&before.quotas, &after.quotas) else { return Vec::new() };
    let mut limits: BTreeMap<(&str, &str), [Option<&Quota>; 2]> = BTreeMap::new();
    for quota in old {
        limits.entry((&quota.platform, &quota.quota)).or_default()[0] = Some(quota);
    }
    for quota in new {
        limits.entry((&quota.platform, &quota.quota)).or_default()[1] = Some(quota);
    }
    let used = |quota: Option<&Quota>| quota.map(|quota| quota.used);
    let moved = limits.into_iter().filter(|(_, [old, new])| used(*old) != used(*new));
    moved
        .filter_map(|((platform, quota), [old, new])| {
            Some(QuotaChange {
                platform: platform.to_owned(),
                quota: quota.to_owned(),
                before: used(old),
                after: used(new),
                limit: new.or(old)?.limit,
            })
        })
        .collect()
}
