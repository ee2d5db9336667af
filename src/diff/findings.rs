//! Findings that a change opens, closes or alters, and limits whose use it moves.
//!
//! In: the findings and quotas of two releases. Out: findings that only one of them has, and those that are about more,
//! about less, or say something else.
//!
//! A finding is what it is about: its code, its weight, and units of subject: a pair of roles (or a role) with the names
//! that its message quotes. Units that both releases have are the same, whatever line or line number tells them, so one
//! line split in two changes nothing.
//!
//! Invariant: a finding that merely moved to another line, or names a renamed role, is in no list.
//! Invariant: each finding of a release is in one list at most.

use super::classify::Both;
use super::release::{Finding, Quota, Release};
use std::collections::{BTreeMap, BTreeSet};

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

/// A finding of both releases that is about more or less, or says something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingChange {
    /// As the first release has it.
    pub before: Finding,
    /// As the second release has it.
    pub after: Finding,
    /// The roles that it is about now and was not.
    pub more: Vec<Vec<String>>,
    /// The roles that it was about and is not.
    pub less: Vec<Vec<String>>,
}

/// The findings that differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Differing {
    /// Only the second release has them.
    pub(super) opens: Vec<Finding>,
    /// Only the first release has them.
    pub(super) closes: Vec<Finding>,
    /// Both have them in part, or in other words.
    pub(super) changes: Vec<FindingChange>,
}

/// Code, weight and why it is accepted: what was a warning and is an error now is told.
type Kind<'a> = (&'a str, &'a str, Option<&'a str>);

/// What a finding is about, in part: the names that its message quotes, and a list of roles.
type Unit = (Vec<String>, Vec<String>);

/// A finding, with the second release's names of roles.
struct Known<'a> {
    finding: &'a Finding,
    /// Its message, without the running number that some begin with (`W-3: ...`).
    words: String,
    units: BTreeSet<Unit>,
}

impl<'a> Known<'a> {
    fn new(finding: &'a Finding, names: &BTreeMap<&str, &str>) -> Self {
        let words = match finding.message.split_once(": ") {
            Some((number, words)) if number.starts_with("W-") || number.starts_with("S-") => words,
            _ => finding.message.as_str(),
        };
        let words = renamed(words, names);
        let quoted: Vec<String> = words.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let name =
            |name: &String| names.get(name.as_str()).map_or_else(|| name.clone(), |new| (*new).to_owned());
        let about = finding.about.iter().map(|roles| roles.iter().map(name).collect::<Vec<_>>());
        let mut units: BTreeSet<Unit> = about.map(|roles| (quoted.clone(), roles)).collect();
        if units.is_empty() {
            units.insert((quoted, Vec::new()));
        }
        Self { finding, words, units }
    }

    fn roles(&self) -> BTreeSet<&Vec<String>> {
        self.units.iter().map(|(_, roles)| roles).collect()
    }
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

/// The findings that differ.
pub(super) fn compare(both: &Both<'_>) -> Differing {
    let [before, after] = both.releases;
    let (Some(old), Some(new)) = (&before.findings, &after.findings) else { return Differing::default() };
    let names: BTreeMap<&str, &str> = both
        .pairing
        .pairs()
        .filter_map(|(_, pair)| Some((before.name(pair.before?), after.name(pair.after?))))
        .filter(|(old, new)| old != new)
        .collect();
    let none = BTreeMap::new();
    let mut kinds: BTreeMap<Kind<'_>, [Vec<Known<'_>>; 2]> = BTreeMap::new();
    for (at, (list, names)) in [(old, &names), (new, &none)].into_iter().enumerate() {
        for one in list {
            let kind = (one.code.as_str(), one.severity.as_str(), one.accepted.as_deref());
            if let Some(known) = kinds.entry(kind).or_default().get_mut(at) {
                known.push(Known::new(one, names));
            }
        }
    }
    let mut differing = Differing::default();
    for [old, new] in kinds.into_values() {
        compare_kind(&old, &new, &mut differing);
    }
    reweighed(&names, &mut differing);
    differing
}

/// Joins a finding that went and one that came where both are about the same: it weighs otherwise, is accepted now, or says it in
/// other words.
fn reweighed(names: &BTreeMap<&str, &str>, differing: &mut Differing) {
    let none = BTreeMap::new();
    let key = |finding: &Finding, names| (finding.code.clone(), Known::new(finding, names).units);
    let mut gone: BTreeMap<(String, BTreeSet<Unit>), Vec<usize>> = BTreeMap::new();
    for (at, finding) in differing.closes.iter().enumerate().rev() {
        gone.entry(key(finding, names)).or_default().push(at);
    }
    let mut joined = BTreeSet::new();
    for come in std::mem::take(&mut differing.opens) {
        let at = gone.get_mut(&key(&come, &none)).and_then(Vec::pop);
        match at.and_then(|at| Some((at, differing.closes.get(at)?.clone()))) {
            Some((at, before)) => {
                joined.insert(at);
                let (more, less) = (Vec::new(), Vec::new());
                differing.changes.push(FindingChange { before, after: come, more, less });
            }
            None => differing.opens.push(come),
        }
    }
    let closes = std::mem::take(&mut differing.closes).into_iter().enumerate();
    differing.closes = closes.filter(|(at, _)| !joined.contains(at)).map(|(_, finding)| finding).collect();
}

fn units<'a>(list: &'a [Known<'_>]) -> BTreeSet<&'a Unit> {
    list.iter().flat_map(|known| &known.units).collect()
}

/// Compares findings of one code and weight.
fn compare_kind(old: &[Known<'_>], new: &[Known<'_>], into: &mut Differing) {
    let (old_units, new_units) = (units(old), units(new));
    let is_open = |known: &&Known<'_>| known.units.iter().any(|unit| !old_units.contains(unit));
    let is_shut = |known: &&Known<'_>| known.units.iter().any(|unit| !new_units.contains(unit));
    let mut gone: Vec<&Known<'_>> = old.iter().filter(is_shut).collect();
    let mut kept: Vec<&Known<'_>> = old.iter().filter(|known| !is_shut(known)).collect();
    for known in new.iter().filter(is_open) {
        match take_partner(known, &mut gone, &mut kept) {
            Some(partner) => into.changes.extend(changed(partner, known)),
            None => into.opens.push(known.finding.clone()),
        }
    }
    let mut rest: Vec<&Known<'_>> = new.iter().filter(|known| !is_open(known)).collect();
    for known in gone {
        match take(&mut rest, |other| !other.units.is_disjoint(&known.units)) {
            Some(other) => into.changes.extend(changed(known, other)),
            None => into.closes.push(known.finding.clone()),
        }
    }
    reworded(&kept, &rest, into);
}

/// What a finding with something new was in the first release: about a part of it, or about the same roles in the words of
/// another line that is gone.
fn take_partner<'a, 'b>(
    known: &Known<'_>,
    gone: &mut Vec<&'a Known<'b>>,
    kept: &mut Vec<&'a Known<'b>>,
) -> Option<&'a Known<'b>> {
    let shares = |other: &Known<'_>| !other.units.is_disjoint(&known.units);
    let is_same = |other: &Known<'_>| {
        !known.roles().iter().all(|roles| roles.is_empty()) && !other.roles().is_disjoint(&known.roles())
    };
    take(gone, shares).or_else(|| take(kept, shares)).or_else(|| take(gone, is_same))
}

fn take<'a, 'b>(list: &mut Vec<&'a Known<'b>>, wanted: impl Fn(&Known<'_>) -> bool) -> Option<&'a Known<'b>> {
    let at = list.iter().position(|known| wanted(known))?;
    Some(list.remove(at))
}

/// Findings about the same that say something else: a count, a port. Where one became several, or several one, they tell
/// together what was told before; one more beside the same ones is a new one.
fn reworded(old: &[&Known<'_>], new: &[&Known<'_>], into: &mut Differing) {
    let mut by_units: BTreeMap<&BTreeSet<Unit>, [Vec<&Known<'_>>; 2]> = BTreeMap::new();
    for known in old {
        by_units.entry(&known.units).or_default()[0].push(known);
    }
    for known in new {
        by_units.entry(&known.units).or_default()[1].push(known);
    }
    for [old, new] in by_units.values().filter(|[old, new]| !old.is_empty() && !new.is_empty()) {
        let (gone, come) = (unsaid(old, new), unsaid(new, old));
        match (gone.as_slice(), come.as_slice()) {
            (gone, []) => into.closes.extend(gone.iter().map(|known| known.finding.clone())),
            ([], come) => into.opens.extend(come.iter().map(|known| known.finding.clone())),
            (gone, come) if gone.len() == come.len() => {
                into.changes.extend(gone.iter().zip(come).filter_map(|(old, new)| changed(old, new)));
            }
            _ => {}
        }
    }
}

/// Findings whose words no other one has.
fn unsaid<'a, 'b>(list: &[&'a Known<'b>], others: &[&Known<'_>]) -> Vec<&'a Known<'b>> {
    let is_said = |known: &&Known<'_>| others.iter().any(|other| other.words == known.words);
    list.iter().copied().filter(|known| !is_said(known)).collect()
}

/// A finding of both releases, where it is about something else or says something else.
fn changed(old: &Known<'_>, new: &Known<'_>) -> Option<FindingChange> {
    let (was, is) = (old.roles(), new.roles());
    let beyond = |one: &BTreeSet<&Vec<String>>, other: &BTreeSet<&Vec<String>>| -> Vec<Vec<String>> {
        one.difference(other).map(|roles| (*roles).clone()).collect()
    };
    let (more, less) = (beyond(&is, &was), beyond(&was, &is));
    let is_same = more.is_empty() && less.is_empty() && same_words(&old.words, &new.words);
    (!is_same).then(|| FindingChange { before: old.finding.clone(), after: new.finding.clone(), more, less })
}

/// Whether two messages say the same, but for the names that they quote.
fn same_words(old: &str, new: &str) -> bool {
    old.split('`').step_by(2).eq(new.split('`').step_by(2))
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
