//! Intents: needs that a site asks for by name, with the rows that select catalogue flows.
//!
//! In: checked entries from `load`. Out: [`Intent`] and [`OptionSpec`], read by `model::resolve` and by the expansion.
//!
//! Invariant: every kind named here is a canonical kind, pseudo kinds are already replaced by their members, and
//! every row names a flow of the same catalogue.
//! Invariant: kind lists are sorted, so that looking one up does not depend on the author's order.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::access::{lists, texts, values};
use super::text::Text;
use super::value::PortRange;

/// A need by name: `intent NAME left -> right [via via] [{ options }]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Intent {
    pub(super) name: Text,
    pub(super) what: Text,
    pub(super) why: Text,
    pub(super) left: Vec<Text>,
    pub(super) right: Vec<Text>,
    pub(super) via: Vec<Text>,
    pub(super) options: IndexMap<Text, OptionSpec>,
    pub(super) rows: Vec<Row>,
    pub(super) note: Option<Text>,
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
    pub fn left_kinds(&self) -> &[Text] {
        &self.left
    }

    /// Kinds allowed right of the arrow, canonical and sorted.
    pub fn right_kinds(&self) -> &[Text] {
        &self.right
    }

    /// Kinds allowed after `via`, canonical and sorted; empty when the intent takes no `via`.
    pub fn via_kinds(&self) -> &[Text] {
        &self.via
    }

    /// The options with their values, in the order of the catalogue.
    pub fn options(&self) -> &IndexMap<Text, OptionSpec> {
        &self.options
    }

    /// The rows that select flows, in the order of the catalogue.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Ids of the flows that the intent may select, in the order of its rows; a flow of several rows stands once.
    pub fn flow_ids(&self) -> impl Iterator<Item = &str> {
        let mut seen = std::collections::BTreeSet::new();
        self.rows.iter().map(|row| row.flow.as_str()).filter(move |id| seen.insert(*id))
    }

    /// Lets a kind stand wherever another one stands.
    pub(super) fn let_stand_in(&mut self, like: &str, kind: &str) {
        let sides = [&mut self.left, &mut self.right, &mut self.via];
        let rows = self.rows.iter_mut().flat_map(|row| [&mut row.from_kinds, &mut row.to_kinds]);
        for kinds in sides.into_iter().chain(rows) {
            let has = |name: &str| kinds.binary_search_by(|own| own.as_str().cmp(name));
            if let (Ok(_), Err(at)) = (has(like), has(kind)) {
                kinds.insert(at, Text::from(kind));
            }
        }
    }

    /// A remark on where the intent and its sources differ.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}

/// What an option of an intent takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
#[serde(rename_all = "kebab-case")]
pub enum OptionSpec {
    /// One of some words.
    Choice {
        /// The words, in the order of the catalogue.
        values: Vec<Text>,
        /// The word that holds when the option is left out.
        default: Text,
        /// The conditions that a word makes hold, those that they imply included; a word that is absent selects none.
        selects: IndexMap<Text, Vec<Text>>,
        /// One line: what it changes.
        what: Text,
    },
    /// A port, 1 to 65535; there is no default.
    Port {
        /// One line: what it changes.
        what: Text,
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
pub enum Side {
    /// Left of the arrow.
    Left,
    /// Right of the arrow.
    Right,
    /// After `via`.
    Via,
}

impl Side {
    /// The word used in data and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Via => "via",
        }
    }
}

/// An end of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Who opens the connection.
    From,
    /// Who is connected to.
    To,
}

impl End {
    /// The word used in data and output.
    pub fn word(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
        }
    }
}

/// One row of an intent: which flow, between which parties, under which options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct Row {
    pub(super) flow: Text,
    pub(super) from: Side,
    pub(super) to: Side,
    pub(super) from_kinds: Vec<Text>,
    pub(super) to_kinds: Vec<Text>,
    pub(super) to_service: ServiceFilter,
    pub(super) ports: RowPorts,
    pub(super) when: Vec<(Text, Vec<Text>)>,
    pub(super) when_absent: Vec<Text>,
    pub(super) direct_only: bool,
    pub(super) warn: Option<RowWarning>,
}

impl Row {
    texts! {
        /// Id of the flow that it selects.
        flow,
    }
    lists! {
        /// Options that must have one of the words beside them, a default included.
        when: (Text, Vec<Text>),
        /// Options that must be left out.
        when_absent: Text,
    }
    values! {
        /// The side that opens the connection.
        from: Side,
        /// The side that is connected to.
        to: Side,
        /// True where the row applies only to a line without `via`.
        direct_only: bool,
    }

    /// Kinds that may open the connection, canonical and sorted.
    pub fn starting_kinds(&self) -> &[Text] {
        &self.from_kinds
    }

    /// Kinds that may be connected to, canonical and sorted.
    pub fn answering_kinds(&self) -> &[Text] {
        &self.to_kinds
    }

    /// The `service` attributes of which the party connected to must have one; `None` where any will do.
    pub fn to_service(&self) -> Option<&[Text]> {
        if let ServiceFilter::OneOf(list) = &self.to_service { Some(list) } else { None }
    }

    /// The `service` attributes that the party connected to must not have; `None` where any will do.
    pub fn to_service_except(&self) -> Option<&[Text]> {
        if let ServiceFilter::NoneOf(list) = &self.to_service { Some(list) } else { None }
    }

    /// The ports to which the row narrows those of its flow; `None` where it does not.
    pub fn ports(&self) -> Option<&[PortRange]> {
        if let RowPorts::Some(ranges) = &self.ports { Some(ranges) } else { None }
    }

    /// The option of the intent line that gives the port; the row applies only where it is given.
    pub fn port_option(&self) -> Option<&str> {
        if let RowPorts::Option(option) = &self.ports { Some(option) } else { None }
    }

    /// The end whose `port` attribute gives the port.
    pub fn port_role(&self) -> Option<End> {
        if let RowPorts::Role(end) = self.ports { Some(end) } else { None }
    }

    /// What to tell the author when the row applies.
    pub fn warn(&self) -> Option<&RowWarning> {
        self.warn.as_ref()
    }
}

/// Which `service` the party at the far end of a row must have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) enum ServiceFilter {
    #[default]
    Any,
    OneOf(Vec<Text>),
    /// Any other, or none stated.
    NoneOf(Vec<Text>),
}

impl ServiceFilter {
    pub(super) fn admits(&self, service: Option<&str>) -> bool {
        let stands_in = |list: &[Text]| {
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
#[serde(bound(deserialize = "'de: 'static"))]
pub(super) enum RowPorts {
    /// The flow entry, unchanged.
    #[default]
    Entry,
    /// Some of the flow entry's ports.
    Some(Vec<PortRange>),
    /// An option of the intent line; the row applies only if it is given.
    Option(Text),
    /// The `port` attribute of the party at one end.
    Role(End),
}

/// What to tell the author when a row applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
pub struct RowWarning {
    pub(super) message: Text,
    pub(super) help: Text,
}

impl RowWarning {
    texts! {
        /// What is to be known, lower case, no full stop.
        message,
        /// What to type instead.
        help,
    }
}
