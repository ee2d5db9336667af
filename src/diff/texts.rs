//! Words that differ where no packet does: reasons, catalogue entries, labels, the header.
//!
//! In: two releases and the changes of access between them. Out: changes of class text, and of class need where a flow is
//! needed more or less than before.
//!
//! Invariant: nothing here depends on order, places, comments or spacing, nor on how a statement is cut into lines.

use super::classify::Both;
use super::pairing::PairId;
use super::release::{Finding, Flow, Place, Reason};
use super::{Change, Class, words};
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{Encryption, FlowNeed};
use std::collections::{BTreeMap, BTreeSet};

/// Adds what differs in words.
pub(super) fn compare(both: &Both<'_>, changes: &mut Vec<Change>) {
    header(both, changes);
    let touched: BTreeSet<&str> =
        changes.iter().flat_map(Change::rows_that_differ).map(|flow| flow.row.as_str()).collect();
    let told = statements(both, &touched);
    changes.extend(told);
    accepted(both, changes);
}

fn header(both: &Both<'_>, changes: &mut Vec<Change>) {
    let [before, after] = both.releases.map(|release| &release.header);
    let mut parts = Vec::new();
    let mut differs = |key: &str, old: Option<&String>, new: Option<&String>| {
        let word = |value: Option<&String>| value.map_or("none".to_owned(), Clone::clone);
        if old != new {
            parts.push(format!("{key} {} to {}", word(old), word(new)));
        }
    };
    differs("site", Some(&before.site), Some(&after.site));
    differs("release", before.release.as_ref(), after.release.as_ref());
    differs("catalogue", Some(&before.catalogue), Some(&after.catalogue));
    let keys: BTreeSet<&String> = before.attributes.keys().chain(after.attributes.keys()).collect();
    for key in keys {
        differs(key, before.attributes.get(key), after.attributes.get(key));
    }
    if !parts.is_empty() {
        changes.push(Change::new(
            Class::Text,
            format!("header: {}", parts.join("; ")),
            "site",
            Place::default(),
        ));
    }
}

/// What a statement says of two roles, apart from its places.
type Said = BTreeSet<(Option<String>, Option<String>, Option<Encryption>, Option<bool>, ServiceSet)>;

fn said(reasons: &[&Reason]) -> Said {
    let mut entries: BTreeMap<_, ServiceSet> = BTreeMap::new();
    for reason in reasons {
        let key = (reason.catalogue.clone(), reason.because.clone(), reason.encryption, reason.verified);
        let services = entries.entry(key).or_default();
        *services = services.union(&reason.services);
    }
    entries.into_iter().map(|((a, b, c, d), services)| (a, b, c, d, services)).collect()
}

/// What a row is: its roles, its statement, its protocol.
type RowKey<'a> = (PairId, PairId, &'a str, Option<Protocol>);

#[derive(Default)]
struct Row<'a> {
    row: &'a str,
    reasons: Vec<&'a Reason>,
}

/// Rows that both releases have word for word, by their ids: most rows of most comparisons.
fn same_rows<'a>(both: &Both<'a>) -> Vec<&'a str> {
    let [before, after] = both.releases;
    let mut old: Vec<&Flow> = before.flows.iter().collect();
    old.sort_unstable_by(|a, b| a.row.cmp(&b.row));
    let is_same = |new: &&Flow| {
        let at = old.partition_point(|flow| flow.row < new.row);
        old.get(at).is_some_and(|flow| flow.row == new.row && says_the_same(both, flow, new))
    };
    let mut same: Vec<&str> = after.flows.iter().filter(is_same).map(|flow| flow.row.as_str()).collect();
    same.sort_unstable();
    same
}

fn says_the_same(both: &Both<'_>, old: &Flow, new: &Flow) -> bool {
    let placeless = |one: &Reason, other: &Reason| {
        (&one.statement, &one.catalogue, &one.because, one.encryption, one.verified, one.need, &one.services)
            == (
                &other.statement,
                &other.catalogue,
                &other.because,
                other.encryption,
                other.verified,
                other.need,
                &other.services,
            )
    };
    both.pairs(false, old) == both.pairs(true, new)
        && old.services == new.services
        && old.reasons.len() == new.reasons.len()
        && old.reasons.iter().zip(&new.reasons).all(|(old, new)| placeless(old, new))
}

fn rows<'a>(both: &Both<'a>, after: bool, left_out: &[&str]) -> BTreeMap<RowKey<'a>, Row<'a>> {
    let mut rows: BTreeMap<RowKey<'_>, Row<'_>> = BTreeMap::new();
    // What is said of exceptions is told with their days.
    let are_exceptions_told = both.releases.iter().all(|release| release.exceptions.is_some());
    for flow in &both.own(after).flows {
        let Flow { row, services, reasons, .. } = flow;
        let is_told = are_exceptions_told && flow.exception().is_some();
        if is_told || left_out.binary_search(&row.as_str()).is_ok() {
            continue;
        }
        let (from, to) = both.pairs(after, flow);
        let protocol = services.ranges().first().map(|range| range.protocol);
        for reason in reasons {
            let entry = rows.entry((from, to, &reason.statement, protocol)).or_default();
            entry.row = row;
            entry.reasons.push(reason);
        }
    }
    rows
}

/// What was said of rows that differ in words only.
#[derive(Default)]
struct Words<'a> {
    place: Option<&'a Place>,
    rows: BTreeSet<&'a str>,
    because: BTreeSet<&'a str>,
    needs: BTreeSet<(Option<FlowNeed>, Option<FlowNeed>)>,
    reworded: bool,
}

/// Statements of which the words differ, and statements that only one release has without a packet that differs.
fn statements(both: &Both<'_>, touched: &BTreeSet<&str>) -> Vec<Change> {
    let mut left_out = same_rows(both);
    left_out.extend(touched);
    left_out.sort_unstable();
    let (old, new) = (rows(both, false, &left_out), rows(both, true, &left_out));
    let mut kept: BTreeMap<&str, Words<'_>> = BTreeMap::new();
    let (mut come, mut gone): (BTreeMap<&str, Words<'_>>, BTreeMap<&str, Words<'_>>) = Default::default();
    for (key, row) in &new {
        match old.get(key) {
            Some(earlier) => reworded(key.2, earlier, row, &mut kept),
            None => lone(key.2, row, &mut come),
        }
    }
    for (key, row) in old.iter().filter(|(key, _)| !new.contains_key(*key)) {
        lone(key.2, row, &mut gone);
    }
    let mut changes: Vec<Change> =
        kept.into_iter().flat_map(|(statement, words)| reworded_changes(statement, &words)).collect();
    changes.extend(moved(come, gone));
    changes
}

fn lone<'a>(statement: &'a str, row: &Row<'a>, into: &mut BTreeMap<&'a str, Words<'a>>) {
    let words = into.entry(statement).or_default();
    words.rows.insert(row.row);
    words.place = words.place.or(row.reasons.first().map(|reason| &reason.place));
    words.because.extend(row.reasons.iter().filter_map(|reason| reason.because.as_deref()));
}

fn reworded<'a>(statement: &'a str, old: &Row<'a>, new: &Row<'a>, into: &mut BTreeMap<&'a str, Words<'a>>) {
    let needs = |row: &Row<'_>| row.reasons.iter().map(|reason| reason.need).collect::<BTreeSet<_>>();
    let (was, is) = (said(&old.reasons), said(&new.reasons));
    let (needed, needs) = (needs(old), needs(new));
    if was == is && needed == needs {
        return;
    }
    lone(statement, new, into);
    if let Some(words) = into.get_mut(statement) {
        words.reworded |= was != is;
        if needed != needs {
            words.needs.insert((needed.first().copied().flatten(), needs.first().copied().flatten()));
        }
    }
}

fn reworded_changes(statement: &str, words: &Words<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    if words.reworded {
        changes.push(told(
            Class::Text,
            format!("`{statement}` gives other reasons for the same packets"),
            statement,
            words,
        ));
    }
    for (old, new) in &words.needs {
        let word = |need: &Option<FlowNeed>| need.map_or("unsaid", FlowNeed::word);
        let what = format!("`{statement}` is {} now, and was {}", word(new), word(old));
        changes.push(told(Class::Need, what, statement, words));
    }
    changes
}

fn told(class: Class, what: String, statement: &str, words: &Words<'_>) -> Change {
    let mut change = Change::new(class, what, statement, words.place.cloned().unwrap_or_default());
    change.because = words.because.iter().map(|because| (*because).to_owned()).collect();
    change.rows = words.rows.iter().map(|row| (*row).to_owned()).collect();
    change
}

/// Statements that came and went without a packet that differs: one for the other where the reason is the same.
fn moved(come: BTreeMap<&str, Words<'_>>, mut gone: BTreeMap<&str, Words<'_>>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (statement, words) in come {
        let earlier = gone.iter().find(|(_, other)| other.because == words.because).map(|(name, _)| *name);
        let what = match earlier {
            Some(earlier) => {
                gone.remove(earlier);
                format!("`{statement}` permits what `{earlier}` did")
            }
            None => format!("`{statement}` is new and opens nothing by itself"),
        };
        changes.push(told(Class::Text, what, statement, &words));
    }
    for (statement, words) in gone {
        let what = format!("`{statement}` no longer asks for what other lines permit");
        changes.push(told(Class::Text, what, statement, &words).gone());
    }
    changes
}

/// Findings that the second release accepts, or no longer.
fn accepted(both: &Both<'_>, changes: &mut Vec<Change>) {
    let [before, after] = both.releases.map(|release| release.findings.as_deref().unwrap_or_default());
    let reasons = |findings: &[Finding]| -> BTreeMap<(String, String), BTreeSet<String>> {
        let mut accepted: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for finding in findings {
            if let Some(because) = &finding.accepted {
                accepted
                    .entry((finding.code.clone(), because.clone()))
                    .or_default()
                    .insert(finding.message.clone());
            }
        }
        accepted
    };
    let (old, new) = (reasons(before), reasons(after));
    for (one, other, verb) in [(&new, &old, "is accepted"), (&old, &new, "is no longer accepted")] {
        for ((code, because), messages) in one.iter().filter(|(key, _)| !other.contains_key(*key)) {
            let texts: Vec<String> = messages.iter().cloned().collect();
            let what = format!("{code} {verb}: {}", words::listed(&texts, "; "));
            let mut change = Change::new(Class::Text, what, format!("accept {code}"), Place::default());
            change.because = vec![because.clone()];
            changes.push(change);
        }
    }
}
