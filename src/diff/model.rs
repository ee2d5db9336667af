//! What and where things are: platforms, segments and roles that differ, renames, and prerequisites.
//!
//! In: two releases and the changes of access between them. Out: changes of class model, renamed and need.
//!
//! Invariant: addresses that a change of access tells already are not told again.

use super::classify::Both;
use super::pairing::PairId;
use super::release::{Need, Party, Place, Platform, Segment};
use super::{Change, Class, words};
use std::collections::BTreeMap;

/// Adds what differs in the model.
pub(super) fn compare(both: &Both<'_>, changes: &mut Vec<Change>) {
    let [before, after] = both.releases;
    platforms(both, &before.platforms, &after.platforms, changes);
    if let (Some(old), Some(new)) = (&before.segments, &after.segments) {
        segments(both, old, new, changes);
    }
    roles(both, changes);
    if let (Some(old), Some(new)) = (&before.needs, &after.needs) {
        needs(old, new, changes);
    }
}

/// Values of two releases by key, in key order.
fn paired<'a, T, K: Ord>(old: &'a [T], new: &'a [T], key: impl Fn(&'a T) -> K) -> Vec<[Option<&'a T>; 2]> {
    let mut found: BTreeMap<K, [Option<&T>; 2]> = BTreeMap::new();
    for one in old {
        found.entry(key(one)).or_default()[0] = Some(one);
    }
    for one in new {
        found.entry(key(one)).or_default()[1] = Some(one);
    }
    found.into_values().collect()
}

/// `delivery: streamed to hosted-vdi`, for each attribute that differs.
fn attributes(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> Vec<String> {
    let mut parts = Vec::new();
    for (key, value) in new {
        match old.get(key) {
            Some(was) if was == value => {}
            Some(was) => parts.push(format!("{key} {was} to {value}")),
            None => parts.push(format!("{key} {value}")),
        }
    }
    parts.extend(
        old.iter()
            .filter(|(key, _)| !new.contains_key(*key))
            .map(|(key, was)| format!("no {key} any more, and was {was}")),
    );
    parts
}

/// `kind vda to client`, where an optional value differs.
fn value(word: &str, old: Option<&str>, new: Option<&str>) -> Option<String> {
    match (old, new) {
        _ if old == new => None,
        (Some(old), Some(new)) => Some(format!("{word} {old} to {new}")),
        (None, Some(new)) => Some(format!("{word} {new}, and had none")),
        (Some(old), None) => Some(format!("no {word} any more, and was {old}")),
        (None, None) => None,
    }
}

/// `, with segment ...`: the segments of a platform that only one release has.
fn with_segments(both: &Both<'_>, after: bool, platform: &Platform) -> String {
    let segments =
        both.own(after).segments.iter().flatten().filter(|segment| segment.platform == platform.name);
    let texts: Vec<String> =
        segments.map(|segment| format!("`{}` ({})", segment.name, segment.addresses)).collect();
    if texts.is_empty() { String::new() } else { format!(", with {}", words::listed(&texts, ", ")) }
}

fn platforms(both: &Both<'_>, old: &[Platform], new: &[Platform], changes: &mut Vec<Change>) {
    for pair in paired(old, new, |platform| platform.name.as_str()) {
        let told = |what: String, platform: &Platform| {
            Change::new(Class::Model, what, format!("platform {}", platform.name), platform.place.clone())
        };
        match pair {
            [Some(old), Some(new)] => {
                let mut parts: Vec<String> =
                    value("kind", Some(&old.kind), Some(&new.kind)).into_iter().collect();
                parts.extend(attributes(&old.attributes, &new.attributes));
                if !parts.is_empty() {
                    changes.push(told(format!("platform `{}`: {}", new.name, parts.join("; ")), new));
                }
            }
            [None, Some(new)] => {
                let segments = with_segments(both, true, new);
                let what = format!("platform `{}` ({}) is new{segments}", new.name, new.kind);
                changes.push(told(what, new).appearing());
            }
            [Some(old), None] => {
                let segments = with_segments(both, false, old);
                let what = format!("platform `{}` ({}) is gone{segments}", old.name, old.kind);
                changes.push(told(what, old).gone());
            }
            [None, None] => {}
        }
    }
}

/// Whether only one release has the platform of a segment: then the segment is told with it.
fn is_on_lone_platform(both: &Both<'_>, segment: &Segment) -> bool {
    both.releases
        .iter()
        .any(|release| release.platforms.iter().all(|platform| platform.name != segment.platform))
}

fn segments(both: &Both<'_>, old: &[Segment], new: &[Segment], changes: &mut Vec<Change>) {
    for pair in paired(old, new, |segment| segment.name.as_str()) {
        let told = |what: String, segment: &Segment| {
            Change::new(Class::Model, what, format!("segment {}", segment.name), segment.place.clone())
        };
        match pair {
            [Some(old), Some(new)] => {
                let statement = format!("segment {}", new.name);
                let is_told =
                    changes.iter().any(|change| change.statement == statement && !change.flows.is_empty());
                let addresses = (old.addresses.to_string(), new.addresses.to_string());
                let mut parts = Vec::new();
                parts.extend(value("platform", Some(&old.platform), Some(&new.platform)));
                parts.extend(value("trust", old.trust.as_deref(), new.trust.as_deref()));
                if !is_told {
                    parts.extend(value("range", Some(&addresses.0), Some(&addresses.1)));
                }
                if !parts.is_empty() {
                    changes.push(told(format!("segment `{}`: {}", new.name, parts.join("; ")), new));
                }
            }
            [None, Some(new)] if !is_on_lone_platform(both, new) => {
                let what = format!("segment `{}` ({}) on `{}` is new", new.name, new.addresses, new.platform);
                changes.push(told(what, new).appearing());
            }
            [Some(old), None] if !is_on_lone_platform(both, old) => {
                let what =
                    format!("segment `{}` ({}) on `{}` is gone", old.name, old.addresses, old.platform);
                changes.push(told(what, old).gone());
            }
            _ => {}
        }
    }
}

fn roles(both: &Both<'_>, changes: &mut Vec<Change>) {
    for (id, pair) in both.pairing.pairs() {
        let party = |opens: bool| both.party(opens, id).and_then(|party| both.own(opens).party(party));
        let is_told = |changes: &[Change], name: &str| {
            changes
                .iter()
                .any(|change| !change.flows.is_empty() && change.roles.iter().any(|role| role == name))
        };
        match (party(false), party(true)) {
            (Some(old), Some(new)) => {
                if old.name != new.name {
                    let what = format!("`{}` is now called `{}`", old.name, new.name);
                    changes.push(role_change(Class::Renamed, what, new));
                }
                let parts = role_parts(both, id, old, new, changes);
                if !parts.is_empty() {
                    changes.push(role_change(
                        Class::Model,
                        format!("`{}`: {}", new.name, parts.join("; ")),
                        new,
                    ));
                }
            }
            (None, Some(new)) if !is_told(changes, &pair.name) => {
                let what = format!("role `{}` ({}) is new, and nothing opens with it", new.name, new.kind);
                changes.push(role_change(Class::Model, what, new));
            }
            (Some(old), None) if !is_told(changes, &pair.name) => {
                let what = format!("role `{}` ({}) is gone, and nothing closes with it", old.name, old.kind);
                changes.push(role_change(Class::Model, what, old).gone());
            }
            _ => {}
        }
    }
}

fn role_change(class: Class, what: String, party: &Party) -> Change {
    let mut change = Change::new(class, what, format!("role {}", party.name), party.place.clone());
    change.roles = vec![party.name.clone()];
    change
}

fn role_parts(both: &Both<'_>, id: PairId, old: &Party, new: &Party, changes: &[Change]) -> Vec<String> {
    let mut parts = Vec::new();
    parts.extend(value("kind", Some(&old.kind), Some(&new.kind)));
    parts.extend(value("platform", old.platform.as_deref(), new.platform.as_deref()));
    parts.extend(value("segment", old.segment.as_deref(), new.segment.as_deref()));
    parts.extend(worn(group(both, false, old), group(both, true, new)));
    let run_by = |party: &Party| party.managed_by.clone().unwrap_or_else(|| "its owner".to_owned());
    let (was, is) = (run_by(old), run_by(new));
    parts.extend((was != is).then(|| format!("run by {is}, and was by {was}")));
    parts.extend(value("trust", old.trust.as_deref(), new.trust.as_deref()));
    parts.extend(attributes(&old.attributes, &new.attributes));
    let is_told = changes.iter().any(|change| {
        let is_class = matches!(change.class, Class::Widened | Class::Narrowed);
        is_class && change.roles.iter().any(|role| role == both.pairing.name(id))
    });
    let (was, is) = (identity(old), identity(new));
    parts.extend((was != is).then(|| format!("artefacts call it `{is}`, and called it `{was}`")));
    if !is_told {
        let some = |text: &'_ str| (!text.is_empty()).then(|| text.to_owned());
        // The internet is what nobody else covers, so its ranges say nothing of it.
        if !new.is_internet {
            let (was, is) = (old.addresses.to_string(), new.addresses.to_string());
            parts.extend(value("range", some(&was).as_deref(), some(&is).as_deref()));
        }
        let (was, is) = (old.known_by.join(", "), new.known_by.join(", "));
        parts.extend(value("known as", some(&was).as_deref(), some(&is).as_deref()));
    }
    parts
}

/// The name by which artefacts know a role: the earlier one, while the file tells it.
fn identity(party: &Party) -> &str {
    party.was.as_deref().unwrap_or(&party.name)
}

/// The role whose group a role wears, by its name in the second release.
pub(super) fn group<'a>(both: &Both<'a>, after: bool, party: &'a Party) -> Option<&'a str> {
    let release = both.own(after);
    let name = party.group.as_deref()?;
    let pair = release.find(name).map(|other| both.pair(after, other));
    Some(pair.map_or(name, |pair| both.pairing.name(pair)))
}

/// Whose group a role wears, where that differs.
fn worn(old: Option<&str>, new: Option<&str>) -> Option<String> {
    match (old, new) {
        _ if old == new => None,
        (Some(old), Some(new)) => Some(format!("wears the group of `{new}`, and wore that of `{old}`")),
        (None, Some(new)) => Some(format!("wears the group of `{new}`, and wore its own")),
        (Some(old), None) => Some(format!("wears its own group, and wore that of `{old}`")),
        (None, None) => None,
    }
}

fn needs(old: &[Need], new: &[Need], changes: &mut Vec<Change>) {
    for pair in paired(old, new, |need| (need.kind.as_str(), need.name.as_str())) {
        let told = |what: String, need: &Need, place: &Place| {
            Change::new(Class::Need, what, format!("need {} \"{}\"", need.kind, need.name), place.clone())
        };
        match pair {
            [Some(old), Some(new)] => {
                let parts = attributes(&old.attributes, &new.attributes);
                if !parts.is_empty() {
                    let what = format!("need {} `{}`: {}", new.kind, new.name, words::listed(&parts, "; "));
                    changes.push(told(what, new, &new.place));
                }
            }
            [None, Some(new)] => {
                let what = format!("need {} `{}` is new", new.kind, new.name);
                changes.push(told(what, new, &new.place).appearing());
            }
            [Some(old), None] => {
                let what = format!("need {} `{}` is gone", old.kind, old.name);
                changes.push(told(what, old, &old.place).gone());
            }
            [None, None] => {}
        }
    }
}
