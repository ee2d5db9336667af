//! What a platform says that is deployed, in the neutral form of [`super::observed`].
//!
//! In: files that a platform's own tools wrote. Out: enforcement points with their rules, and by which names they and
//! the sets of their rules may be known.
//!
//! Invariant: names in the rules are the platform's own, ids among them; who reads the export finds out what they are to a
//! site. An enforcement point that can't be read is kept with the reason, because it may be nobody's business.

use super::observed::{Guard, PeerName, Unreadable};
use crate::policy::address::AddressSet;
use std::collections::{BTreeMap, BTreeSet};

/// One file of an export.
#[derive(Debug, Clone)]
pub struct ExportFile {
    /// Its name, as places in it are told.
    pub name: String,
    /// What it says.
    pub value: serde_json::Value,
}

impl ExportFile {
    /// The place of a pointer in the file.
    pub fn at(&self, pointer: &str) -> String {
        format!("{}#{pointer}", self.name)
    }
}

/// Everything that is deployed, as far as the files say.
#[derive(Debug, Clone, Default)]
pub struct Export {
    /// The enforcement points in the order of the files.
    pub guards: Vec<Deployed>,
    /// Sets of addresses that rules name by an id.
    pub sets: Vec<NamedSet>,
    /// Names in rules that are ids which no file explains.
    pub unexplained: BTreeSet<PeerName>,
    /// What the reader took for granted, in words.
    pub remarks: Vec<String>,
    /// The spelling that says most nearly what the export can say, where that is not the main one.
    pub alike: Option<&'static str>,
    /// True where a party that no enforcement point guards may do everything.
    pub unguarded_passes: bool,
}

/// An enforcement point that is deployed.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its id, as a person types it.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// By which names it may be known to a site, the strongest first, in lower case.
    pub names: Vec<String>,
    /// How rules of the export name whom it guards.
    pub name: Option<PeerName>,
    /// Its rules; without them where they can't be read.
    pub guard: Guard,
    /// Why it can't be read.
    pub problem: Option<Unreadable>,
    /// The name or description of a rule by its pointer.
    pub remarks: BTreeMap<String, String>,
    /// True where it stands before a network or a machine; `None` where the files don't say.
    pub attached: Option<bool>,
    /// What it is, where it belongs to another program that is known.
    pub belongs_to: Option<&'static str>,
}

impl Deployed {
    /// An enforcement point of which only the name is known.
    pub fn new(id: impl Into<String>, guard: Guard) -> Self {
        let title = guard.name.clone();
        Self {
            id: id.into(),
            names: vec![title.to_lowercase()],
            title,
            name: None,
            guard,
            problem: None,
            remarks: BTreeMap::new(),
            attached: None,
            belongs_to: None,
        }
    }

    /// Its name and its id, where they differ.
    pub fn shown(&self) -> String {
        if self.id == self.title { self.title.clone() } else { format!("{} ({})", self.title, self.id) }
    }
}

/// A set of addresses that rules name by an id.
#[derive(Debug, Clone)]
pub struct NamedSet {
    /// Its id, as a person types it.
    pub id: String,
    /// Its name, in lower case.
    pub title: String,
    /// How rules of the export name it.
    pub name: PeerName,
    /// What is in it, where the files say so.
    pub addresses: Option<AddressSet>,
}

/// How a site says whom an enforcement point guards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteWords {
    /// Attributes of the platform's block.
    pub platform: String,
    /// Attributes of the role's block.
    pub role: String,
    /// True where the platform knows more states than blocking, so that a rollout has to say it.
    pub has_states: bool,
}
