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

/// Facts that tell a thing from others of its name, by their word for people; in lower case, so that equal facts are equal
/// texts.
pub type Marks = BTreeMap<&'static str, String>;

/// For whom segc wrote something, as its mark on it says; in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The site.
    pub site: String,
    /// The platform of the site.
    pub platform: String,
}

/// By what the deployed things of a plan are known.
#[derive(Debug, Clone, Default)]
pub struct KnownAs {
    /// What the mark on each of them says.
    pub claim: Option<Claim>,
    /// The label that every machine of the platform wears.
    pub label: Option<String>,
    /// Names of sets as rules of an artefact have them, with the names that the platform has for them.
    pub sets: Vec<(PeerName, String)>,
    /// Where its enforcement points live and whose they are, as far as the site says.
    pub home: Marks,
    /// Before which networks its enforcement points are meant to stand.
    pub network: Marks,
    /// With what each enforcement point is tagged, by its name in lower case.
    pub tags: BTreeMap<String, Marks>,
}

/// Everything that is deployed, as far as the files say.
#[derive(Debug, Clone, Default)]
pub struct Export {
    /// The enforcement points in the order of the files.
    pub guards: Vec<Deployed>,
    /// Sets of addresses that rules name by an id.
    pub sets: Vec<NamedSet>,
    /// Labels by the ids that other programs have for them, in lower case.
    pub labels: BTreeMap<String, String>,
    /// Names in rules by the ids that a person may have for them, in lower case.
    pub aliases: BTreeMap<String, PeerName>,
    /// Names in rules that are ids which no file explains, or that are explained by what can't be read.
    pub unexplained: BTreeSet<PeerName>,
    /// What the reader took for granted, in words.
    pub remarks: Vec<String>,
    /// The spelling that says most nearly what the export can say, where that is not the main one.
    pub alike: Option<&'static str>,
    /// Sets in which every party is that an enforcement point of the platform guards.
    pub around: BTreeSet<PeerName>,
    /// True where a party that no enforcement point guards may do everything.
    pub unguarded_passes: bool,
    /// True for a platform whose exports may say before which networks and machines an enforcement point stands.
    pub may_say_attached: bool,
}

/// An enforcement point that is deployed.
#[derive(Debug, Clone)]
pub struct Deployed {
    /// Its id, as a person types it.
    pub id: String,
    /// The whole path of it, where the id is a part of one.
    pub path: Option<String>,
    /// Its name for people.
    pub title: String,
    /// By which names it may be known to a site, the strongest first, in lower case.
    pub names: Vec<String>,
    /// Names that somebody else may well have chosen too, in lower case: they count among things of one origin.
    pub hints: Vec<String>,
    /// What made it, where several things are made at once.
    pub origin: Option<String>,
    /// Where it lives and whose it is: another home than the site says makes it another thing.
    pub home: Marks,
    /// Before which network it stands: another one than the site says is worth a word, and makes it no other thing.
    pub network: Marks,
    /// What its maker tagged it with.
    pub tags: Marks,
    /// For whom segc wrote it, where it bears segc's mark.
    pub claim: Option<Claim>,
    /// How rules of the export name whom it guards.
    pub name: Option<PeerName>,
    /// Its rules; without them where they can't be read.
    pub guard: Guard,
    /// Why it can't be read.
    pub problem: Option<Unreadable>,
    /// Why it may do something else than it says, in words.
    pub doubt: Option<String>,
    /// The name or description of a rule by its pointer.
    pub remarks: BTreeMap<String, String>,
    /// The addresses of the networks before which it stands, where the files say all of them.
    pub addresses: Option<AddressSet>,
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
            path: None,
            names: vec![title.to_lowercase()],
            hints: Vec::new(),
            origin: None,
            home: Marks::new(),
            network: Marks::new(),
            tags: Marks::new(),
            claim: None,
            title,
            name: None,
            guard,
            problem: None,
            doubt: None,
            remarks: BTreeMap::new(),
            addresses: None,
            attached: None,
            belongs_to: None,
        }
    }

    /// True for what a person types for it.
    pub fn is_called(&self, text: &str) -> bool {
        let ids = std::iter::once(&self.id).chain(&self.path);
        ids.into_iter().any(|id| id.eq_ignore_ascii_case(text))
    }

    /// Takes a second description of the same thing: nothing where it says the same, else nobody knows which is right.
    pub fn again(&mut self, other: &Self) {
        if self.problem.is_none() && (other.problem.is_some() || !self.guard.says_as(&other.guard)) {
            let why = "it is described twice, and differently";
            self.problem = Some(Unreadable::new(other.guard.pointer.as_str(), why));
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
    /// Why what is in it can't be read.
    pub problem: Option<Unreadable>,
}

/// How a site says whom an enforcement point guards.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteWords {
    /// Attributes of the platform's block.
    pub platform: String,
    /// Attributes of the role's block.
    pub role: String,
    /// The same for a role that is known by a group and not by its addresses.
    pub by_name: String,
    /// True where the platform knows more states than blocking, so that a rollout has to say it.
    pub has_states: bool,
}
