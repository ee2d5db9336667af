//! The names of an export in the words of the compiled rules.
//!
//! In: names that are known to be one another. Out: sides of rules with the compiled names.
//!
//! Invariant: a name that nobody knows stays as it is.

use crate::policy::address::AddressSet;
use crate::target::export::{Export, NamedSet};
use crate::target::observed::{PeerName, Peers, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Compiled names by deployed ones.
#[derive(Debug, Clone, Default)]
pub struct Names {
    whole: BTreeMap<PeerName, PeerName>,
    labels: BTreeMap<String, String>,
    contents: BTreeMap<PeerName, AddressSet>,
    /// Deployed names of which one is a compiled one, and nobody knows which.
    doubtful: BTreeSet<PeerName>,
    /// Compiled names of which several deployed ones may be the one.
    unclear: BTreeSet<PeerName>,
}

impl Names {
    /// What is behind the sets of an export, and no name known to be another one.
    pub fn of_sets(export: &Export) -> Self {
        let known = |set: &NamedSet| Some((set.name.clone(), set.addresses.clone()?));
        Self { contents: export.sets.iter().filter_map(known).collect(), ..Self::default() }
    }

    /// Says that a deployed name is a compiled one.
    pub(super) fn is(&mut self, deployed: PeerName, compiled: PeerName) {
        self.whole.insert(deployed, compiled);
    }

    /// Says that a deployed label is a compiled one.
    pub(super) fn is_label(&mut self, deployed: String, compiled: String) {
        self.labels.insert(deployed, compiled);
    }

    /// Says that one of several deployed names is a compiled one, and nobody knows which.
    pub(super) fn is_in_doubt(&mut self, compiled: PeerName, deployed: impl IntoIterator<Item = PeerName>) {
        self.unclear.insert(compiled);
        for name in deployed {
            self.contents.remove(&name);
            self.doubtful.insert(name);
        }
    }

    /// True for a deployed name that is in doubt.
    pub(super) fn is_doubtful(&self, name: &PeerName) -> bool {
        self.doubtful.contains(name)
    }

    /// Compiled names that are in doubt.
    pub(super) fn unclear(&self) -> &BTreeSet<PeerName> {
        &self.unclear
    }

    /// A name in compiled words.
    pub(super) fn name(&self, name: &PeerName) -> PeerName {
        if let PeerName::Labels(labels) = name {
            let label = |label: &String| self.labels.get(label).unwrap_or(label).clone();
            return PeerName::Labels(labels.iter().map(label).collect());
        }
        self.whole.get(name).unwrap_or(name).clone()
    }

    /// A side of a rule in compiled names; what is known to be in a set stands for the set.
    pub fn side(&self, peers: &Peers) -> Peers {
        let mut side = Peers { names: BTreeSet::new(), ..peers.clone() };
        for name in &peers.names {
            match self.contents.get(name).filter(|_| !self.whole.contains_key(name)) {
                Some(addresses) => side.addresses = side.addresses.union(addresses),
                None => {
                    side.names.insert(self.name(name));
                }
            }
        }
        side
    }

    /// A rule in compiled names.
    pub(super) fn rule(&self, rule: &Rule) -> Rule {
        Rule { from: self.side(&rule.from), to: self.side(&rule.to), ..rule.clone() }
    }
}

/// Each name of some sides by itself; labels one by one.
pub(super) fn single<'a>(sides: impl IntoIterator<Item = &'a Peers>) -> BTreeSet<PeerName> {
    let mut single = BTreeSet::new();
    for name in sides.into_iter().flat_map(|side| &side.names) {
        match name {
            PeerName::Labels(labels) => single.extend(labels.iter().cloned().map(label)),
            other => {
                single.insert(other.clone());
            }
        }
    }
    single
}

/// One label as a name.
pub(super) fn label(text: String) -> PeerName {
    PeerName::Labels(BTreeSet::from([text]))
}

/// What a person types for a name.
pub fn typed(name: &PeerName) -> String {
    match name {
        PeerName::Group(text)
        | PeerName::Behind(text)
        | PeerName::AddressSet(text)
        | PeerName::Host(text) => text.clone(),
        PeerName::Labels(labels) => labels.iter().cloned().collect::<Vec<_>>().join("+"),
    }
}
