//! Intents: needs that a site asks for by name, with the rows that select catalogue flows.
//!
//! In: checked entries from `load`. Out: [`Intent`] and [`OptionSpec`], read by `model::resolve` and by the expansion.
//!
//! Invariant: every kind named here is a canonical kind, pseudo kinds are already replaced by their members, and
//! every row names a flow of the same catalogue.
//! Invariant: kind lists are sorted, so that looking one up does not depend on the author's order.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::value::PortRange;

/// A need by name: `intent NAME left -> right [via via] [{ options }]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub(super) name: String,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) left: Vec<String>,
    pub(super) right: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) via: Vec<String>,
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub(super) options: IndexMap<String, OptionSpec>,
    pub(super) rows: Vec<Row>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
}

impl Intent {
    /// The word after `intent`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One sentence: what it lets happen.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// One sentence for a firewall reviewer: why it is needed.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// Kinds allowed left of the arrow, canonical and sorted.
    pub fn left_kinds(&self) -> &[String] {
        &self.left
    }

    /// Kinds allowed right of the arrow, canonical and sorted.
    pub fn right_kinds(&self) -> &[String] {
        &self.right
    }

    /// Kinds allowed after `via`, canonical and sorted; empty when the intent takes no `via`.
    pub fn via_kinds(&self) -> &[String] {
        &self.via
    }

    /// The options with their values, in the order of the catalogue.
    pub fn options(&self) -> &IndexMap<String, OptionSpec> {
        &self.options
    }

    /// Ids of the flows that the intent may select, in the order of its rows; a flow of several rows stands once.
    pub fn flow_ids(&self) -> impl Iterator<Item = &str> {
        let mut seen = std::collections::BTreeSet::new();
        self.rows.iter().map(|row| row.flow.as_str()).filter(move |id| seen.insert(*id))
    }

    /// A remark on where the intent and its sources differ.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// What an option of an intent takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptionSpec {
    /// One of some words.
    Choice {
        /// The words, in the order of the catalogue.
        values: Vec<String>,
        /// The word that holds when the option is left out.
        default: String,
        /// One line: what it changes.
        what: String,
    },
    /// A port, 1 to 65535; there is no default.
    Port {
        /// One line: what it changes.
        what: String,
    },
}

impl OptionSpec {
    /// One line: what the option changes.
    pub fn what(&self) -> &str {
        match self {
            Self::Choice { what, .. } | Self::Port { what } => what,
        }
    }
}

/// The value that an intent line gives to an option, already checked against its [`OptionSpec`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OptionValue {
    /// A word.
    Word(String),
    /// A port, 1 to 65535.
    Port(u16),
}

/// A place of an intent line: `left -> right via via`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Side {
    Left,
    Right,
    Via,
}

/// An end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum End {
    From,
    To,
}

/// One row of an intent: which flow, between which parties, under which options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) flow: String,
    pub(super) from: Side,
    pub(super) to: Side,
    pub(super) from_kinds: Vec<String>,
    pub(super) to_kinds: Vec<String>,
    #[serde(default, skip_serializing_if = "ServiceFilter::is_any")]
    pub(super) to_service: ServiceFilter,
    #[serde(default, skip_serializing_if = "RowPorts::is_entry")]
    pub(super) ports: RowPorts,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) when: Vec<(String, Vec<String>)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) when_absent: Vec<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) direct_only: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) warn: Option<RowWarning>,
}

/// Which `service` the party at the far end of a row must have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ServiceFilter {
    #[default]
    Any,
    OneOf(Vec<String>),
    /// Any other, or none stated.
    NoneOf(Vec<String>),
}

impl ServiceFilter {
    fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }

    pub(super) fn admits(&self, service: Option<&str>) -> bool {
        let stands_in = |list: &[String]| {
            service.is_some_and(|service| list.iter().any(|name| name.eq_ignore_ascii_case(service)))
        };
        match self {
            Self::Any => true,
            Self::OneOf(list) => stands_in(list),
            Self::NoneOf(list) => !stands_in(list),
        }
    }
}

/// Where a row's ports come from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RowPorts {
    /// The flow entry, unchanged.
    #[default]
    Entry,
    /// Some of the flow entry's ports.
    Some(Vec<PortRange>),
    /// An option of the intent line; the row applies only if it is given.
    Option(String),
    /// The `port` attribute of the party at one end.
    Role(End),
}

impl RowPorts {
    fn is_entry(&self) -> bool {
        matches!(self, Self::Entry)
    }
}

/// What to tell the author when a row applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowWarning {
    pub(super) message: String,
    pub(super) help: String,
}
