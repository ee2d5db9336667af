//! Which labels and sets of an export are compiled ones: by name, or by hand.
//!
//! In: compiled enforcement points, an export, and what a person bound. Out: names in [`Names`], and what was bound in vain.
//!
//! Invariant: what a person bound is nothing else besides: a deployed name that is spelt like the compiled one is then
//! another thing. Where two sets have one name, neither is taken.

use super::matching::{Binds, compiled_names, sides};
use super::names::{Names, single, typed};
use super::{Ambiguous, Wanted};
use crate::target::export::{Export, NamedSet};
use crate::target::observed::PeerName;
use std::collections::{BTreeMap, BTreeSet};

/// Labels in another case, and those that are bound. Gives what was bound and is no name here.
pub(super) fn bind_labels(
    wanted: &[Wanted<'_>],
    export: &Export,
    known_as: &[(PeerName, String)],
    binds: &Binds,
    names: &mut Names,
) -> Vec<String> {
    let compiled = single(wanted.iter().flat_map(|one| one.sides()));
    let is_label = |name: &&PeerName| matches!(name, PeerName::Labels(_));
    let labels: BTreeMap<String, String> =
        compiled.iter().filter(is_label).map(typed).map(|text| (text.to_lowercase(), text)).collect();
    let deployed = single(export.guards.iter().flat_map(sides));
    let deployed: BTreeSet<String> = deployed.iter().filter(is_label).map(typed).collect();
    for text in &deployed {
        match labels.get(&text.to_lowercase()) {
            Some(ours) if binds.contains_key(&ours.to_lowercase()) => {
                names.is_label(text.clone(), unbound(text))
            }
            Some(ours) if ours != text => names.is_label(text.clone(), ours.clone()),
            _ => {}
        }
    }
    let other = known_as.iter().map(|(_, known)| known.clone());
    let known: BTreeSet<String> =
        compiled.iter().map(typed).chain(other).map(|text| text.to_lowercase()).collect();
    let guards: BTreeSet<String> = wanted.iter().flat_map(compiled_names).collect();
    let mut unknown = Vec::new();
    for (name, id) in binds {
        if let Some(ours) = labels.get(name) {
            // A file may have said what the id is, so that the name stands in the rules.
            let told = export.labels.get(&id.to_lowercase()).unwrap_or(id);
            let found = deployed.iter().find(|text| text.eq_ignore_ascii_case(told));
            match found {
                Some(found) => names.is_label(found.clone(), ours.clone()),
                None if export.labels.values().any(|text| text.eq_ignore_ascii_case(told)) => {}
                None => unknown.push(id.clone()),
            }
        } else if !known.contains(name) && !guards.contains(name) {
            unknown.push(name.clone());
        } else if guards.contains(name) && !export.guards.iter().any(|one| one.is_called(id)) {
            unknown.push(id.clone());
        }
    }
    unknown
}

/// What is spelt like a compiled name, which is bound to something else.
fn unbound(text: &str) -> String {
    format!("{text} (not the bound one)")
}

/// Sets of addresses by name or by hand. Gives what was bound and is in no rule, and names that several sets have.
pub(super) fn bind_sets(
    wanted: &[Wanted<'_>],
    export: &Export,
    known_as: &[(PeerName, String)],
    binds: &Binds,
    names: &mut Names,
) -> (Vec<String>, Vec<Ambiguous>) {
    let compiled = single(wanted.iter().flat_map(|one| one.sides()));
    let deployed = single(export.guards.iter().flat_map(sides));
    let sets = compiled.iter().filter(|name| matches!(name, PeerName::AddressSet(_) | PeerName::Group(_)));
    let (mut unknown, mut unclear) = (Vec::new(), Vec::new());
    for ours in sets {
        let known_as =
            known_as.iter().filter(|(name, _)| name == ours).map(|(_, known)| known.to_lowercase());
        let all: Vec<String> = known_as.chain([typed(ours).to_lowercase()]).collect();
        if let Some(id) = all.iter().find_map(|name| binds.get(name)) {
            let by_alias = || deployed.get(export.aliases.get(&id.to_lowercase())?);
            let by_name = deployed.iter().find(|name| typed(name).eq_ignore_ascii_case(id));
            let found = by_name.or_else(by_alias);
            if let Some(same) = deployed.get(ours).filter(|same| found.is_some_and(|found| found != *same)) {
                names.is(same.clone(), renamed(same));
            }
            match found {
                Some(found) => names.is(found.clone(), ours.clone()),
                // Its rules are missing; the binding itself may be right.
                None if is_described(export, id) => {}
                None => unknown.push(id.clone()),
            }
            continue;
        }
        if let Some(same) = deployed.iter().find(|name| all.contains(&typed(name).to_lowercase())) {
            names.is(same.clone(), ours.clone());
        }
        let titled: Vec<&NamedSet> = export.sets.iter().filter(|set| all.contains(&set.title)).collect();
        match titled.as_slice() {
            [] => {}
            [set] => names.is(set.name.clone(), ours.clone()),
            several => {
                names.is_in_doubt(ours.clone(), several.iter().map(|set| set.name.clone()));
                let ids = several.iter().map(|set| set.id.clone()).collect();
                unclear.push(Ambiguous { name: typed(ours), ids });
            }
        }
    }
    (unknown, unclear)
}

/// True for what a file describes, named by a rule or not.
fn is_described(export: &Export, id: &str) -> bool {
    export.sets.iter().any(|set| set.id.eq_ignore_ascii_case(id))
        || export.guards.iter().any(|one| one.is_called(id))
        || export.aliases.contains_key(&id.to_lowercase())
}

/// A name that is no compiled one.
fn renamed(name: &PeerName) -> PeerName {
    match name {
        PeerName::Group(text) => PeerName::Group(unbound(text)),
        PeerName::Behind(text) => PeerName::Behind(unbound(text)),
        PeerName::AddressSet(text) => PeerName::AddressSet(unbound(text)),
        PeerName::Host(text) => PeerName::Host(unbound(text)),
        PeerName::Labels(labels) => PeerName::Labels(labels.iter().map(|text| unbound(text)).collect()),
    }
}
