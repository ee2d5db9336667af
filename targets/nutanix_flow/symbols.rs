//! Ids as they stand in a document: known ones, or symbols that the one who applies it replaces.
//!
//! In: the categories and address groups of a plan. Out: the texts, each made once, and which of them are symbols.
//!
//! Invariant: an id that is not known is never left out, because fewer categories mean more machines.

use super::categories::Category;
use super::plan::{Plan, RulePeer, kept_name};
use crate::policy::KnownBy;
use std::collections::BTreeMap;

/// The ids of one plan.
pub(crate) struct Ids<'a> {
    categories: BTreeMap<&'a Category, String>,
    address_groups: BTreeMap<&'a str, String>,
    kept_groups: BTreeMap<&'a KnownBy, String>,
}

impl<'a> Ids<'a> {
    /// For the documents of this plan. An address group always has a symbol: it is created with the same document.
    pub(crate) fn new(plan: &'a Plan) -> Self {
        let worn = plan.worn.values().flat_map(|worn| worn.iter());
        let symbol = |name: &str| format!("{{{{address-group:{name}}}}}");
        Self {
            categories: worn.map(|category| (category, plan.ids.id(category))).collect(),
            address_groups: plan.address_groups.keys().map(|name| (name.as_str(), symbol(name))).collect(),
            kept_groups: kept_sets(plan).map(|set| (set, symbol(&kept_name(set)))).collect(),
        }
    }

    /// The categories that machines wear, by key and value.
    pub(crate) fn categories(&self) -> impl Iterator<Item = &'a Category> {
        self.categories.keys().copied()
    }

    /// The ids of categories, in their order. An unknown one is empty, which no server takes.
    pub(crate) fn of_categories(&self, categories: &[Category]) -> Vec<&str> {
        categories.iter().map(|category| self.categories.get(category).map_or("", String::as_str)).collect()
    }

    /// The id of an address group.
    pub(crate) fn of_address_group(&self, name: &str) -> &str {
        self.address_groups.get(name).map_or("", String::as_str)
    }

    /// The id of an address group that somebody keeps.
    pub(crate) fn of_kept_group(&self, set: &KnownBy) -> &str {
        self.kept_groups.get(set).map_or("", String::as_str)
    }

    /// The symbols of all address groups, those of the document first.
    pub(crate) fn group_symbols(&self) -> impl Iterator<Item = &str> {
        self.address_groups.values().map(String::as_str).chain(self.kept_symbols())
    }

    /// The symbols of the address groups that somebody keeps.
    pub(crate) fn kept_symbols(&self) -> impl Iterator<Item = &str> {
        self.kept_groups.values().map(String::as_str)
    }

    /// The symbols among the ids of categories.
    pub(crate) fn category_symbols(&self) -> impl Iterator<Item = &str> {
        self.categories.values().map(String::as_str).filter(|id| id.starts_with("{{"))
    }
}

fn kept_sets(plan: &Plan) -> impl Iterator<Item = &KnownBy> {
    let peers = plan.policies.iter().flat_map(|policy| &policy.rules).map(|rule| &rule.peer);
    peers.filter_map(|peer| if let RulePeer::Kept(set) = peer { Some(set) } else { None })
}
