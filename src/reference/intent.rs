//! An intent as it is shown: its sides, options and rows.
//!
//! In: an intent of a catalogue. Out: [`IntentView`] with a [`RowView`] for each row.
//!
//! Invariant: every row stands in the order of the catalogue, with what its flow opens and whether a document
//! confirms it.

use super::values::{Ports, any_of, joined, ports, service, service_of};
use crate::catalogue::{
    Catalogue, Direction, End, FlowEntry, Intent, OptionSpec, Row, RowWarning, Side, Text,
};
use indexmap::IndexMap;
use serde::Serialize;

/// Everything that the catalogue says of an intent.
#[derive(Debug, Clone, Serialize)]
pub(super) struct IntentView<'a> {
    pub(super) name: &'a str,
    pub(super) what: &'a str,
    pub(super) why: &'a str,
    pub(super) left: &'a [Text],
    pub(super) right: &'a [Text],
    pub(super) via: &'a [Text],
    pub(super) options: IndexMap<&'a str, OptionView<'a>>,
    pub(super) rows: Vec<RowView<'a>>,
    pub(super) note: Option<&'a str>,
}

/// What an option of an intent takes.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum OptionView<'a> {
    Choice { values: &'a [Text], default: &'a str, selects: &'a IndexMap<Text, Vec<Text>>, what: &'a str },
    Port { what: &'a str },
}

/// One row: which flow, between whom, under which options.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RowView<'a> {
    pub(super) flow: &'a str,
    /// False where no document confirms the flow.
    pub(super) verified: bool,
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) from_kinds: &'a [Text],
    pub(super) to_kinds: &'a [Text],
    pub(super) to_service: Option<&'a [Text]>,
    pub(super) to_service_except: Option<&'a [Text]>,
    pub(super) ports: Option<Vec<Ports>>,
    pub(super) port_from: Option<PortFrom<'a>>,
    pub(super) when: IndexMap<&'a str, &'a [Text]>,
    pub(super) when_absent: &'a [Text],
    pub(super) direct_only: bool,
    pub(super) warn: Option<Warn<'a>>,
    #[serde(skip)]
    from_whole_side: bool,
    #[serde(skip)]
    to_whole_side: bool,
    #[serde(skip)]
    row: &'a Row,
    #[serde(skip)]
    entry: Option<&'a FlowEntry>,
}

/// What gives a row its port in place of the flow.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(untagged)]
pub(super) enum PortFrom<'a> {
    Option { option: &'a str },
    Role { role: &'static str, attribute: &'static str },
}

/// What the author is told when a row applies.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Warn<'a> {
    pub(super) message: &'a str,
    pub(super) help: &'a str,
}

impl<'a> From<&'a RowWarning> for Warn<'a> {
    fn from(warning: &'a RowWarning) -> Self {
        Self { message: warning.message(), help: warning.help() }
    }
}

impl<'a> From<&'a OptionSpec> for OptionView<'a> {
    fn from(option: &'a OptionSpec) -> Self {
        match option {
            OptionSpec::Choice { values, default, selects, what } => {
                Self::Choice { values, default, selects, what }
            }
            OptionSpec::Port { what } => Self::Port { what },
        }
    }
}

impl OptionView<'_> {
    /// The words that may be written, the default first; `PORT` for a port.
    pub(super) fn values(&self) -> String {
        match self {
            Self::Choice { values, default, .. } => {
                let others = values.iter().map(Text::as_str).filter(|word| word != default);
                std::iter::once(*default).chain(others).collect::<Vec<_>>().join("|")
            }
            Self::Port { .. } => "PORT".to_owned(),
        }
    }

    /// What the option changes, and the conditions that its words make hold.
    pub(super) fn meaning(&self) -> String {
        match self {
            Self::Choice { selects, what, .. } => {
                let mut text = (*what).to_owned();
                for (word, conditions) in *selects {
                    text.push_str(&format!(" ({word} makes hold: {})", joined(conditions)));
                }
                text
            }
            Self::Port { what } => (*what).to_owned(),
        }
    }
}

impl<'a> IntentView<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, intent: &'a Intent) -> Self {
        let options = intent.options().iter();
        Self {
            name: intent.name(),
            what: intent.what(),
            why: intent.why(),
            left: intent.left_kinds(),
            right: intent.right_kinds(),
            via: intent.via_kinds(),
            options: options.map(|(name, option)| (name.as_str(), option.into())).collect(),
            rows: intent.rows().iter().map(|row| RowView::new(catalogue, intent, row)).collect(),
            note: intent.note(),
        }
    }

    /// The options in one line, defaults first.
    pub(super) fn options_line(&self) -> String {
        let options = self.options.iter().map(|(name, option)| format!("{name}={}", option.values()));
        options.collect::<Vec<_>>().join(" ")
    }
}

impl<'a> RowView<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, intent: &Intent, row: &'a Row) -> Self {
        let by_option = row.port_option().map(|option| PortFrom::Option { option });
        let by_role = row.port_role().map(|end| PortFrom::Role { role: end.word(), attribute: "port" });
        Self {
            flow: row.flow(),
            verified: catalogue.flow(row.flow()).is_none_or(FlowEntry::verified),
            from: row.from().word(),
            to: row.to().word(),
            from_kinds: row.starting_kinds(),
            to_kinds: row.answering_kinds(),
            to_service: row.to_service(),
            to_service_except: row.to_service_except(),
            ports: row.ports().map(ports),
            port_from: by_option.or(by_role),
            when: row.when().iter().map(|(option, words)| (option.as_str(), words.as_slice())).collect(),
            when_absent: row.when_absent(),
            direct_only: row.direct_only(),
            warn: row.warn().map(Warn::from),
            from_whole_side: is_whole(intent, row.from(), row.starting_kinds()),
            to_whole_side: is_whole(intent, row.to(), row.answering_kinds()),
            row,
            entry: catalogue.flow(row.flow()),
        }
    }

    /// What the row opens: the flow's service, narrowed or replaced by the row.
    pub(super) fn opens(&self) -> String {
        let Some(entry) = self.entry else { return String::new() };
        let transport = entry.transport();
        match (self.row.ports(), self.row.port_option(), self.row.port_role()) {
            (Some(ranges), _, _) => service(transport, ranges),
            (_, Some(option), _) => format!("{}/(option {option})", transport.word()),
            (_, _, Some(End::From)) => format!("{}/(port of the starting role)", transport.word()),
            (_, _, Some(End::To)) => format!("{}/(port of the answering role)", transport.word()),
            _ => service_of(entry),
        }
    }

    /// The sides that the row joins, in its direction; with the kinds that take part where not all of a side's do.
    pub(super) fn ends(&self, kinds: fn(&[Text]) -> String) -> String {
        let end = |side: &str, list: &[Text], is_whole: bool| {
            if is_whole { side.to_owned() } else { format!("{side} ({})", kinds(list)) }
        };
        let arrow =
            if self.entry.is_some_and(|entry| entry.direction() == Direction::Both) { "<->" } else { "->" };
        let from = end(self.from, self.from_kinds, self.from_whole_side);
        format!("{from} {arrow} {}", end(self.to, self.to_kinds, self.to_whole_side))
    }

    /// When the row applies; empty where it always does.
    pub(super) fn conditions(&self) -> String {
        let mut parts: Vec<String> =
            self.when.iter().map(|(option, words)| format!("{option} is {}", any_of(words))).collect();
        if let Some(option) = self.row.port_option() {
            parts.push(format!("{option} is given"));
        }
        parts.extend(self.when_absent.iter().map(|option| format!("{option} is left out")));
        if let Some(services) = self.to_service {
            parts.push(format!("the service of the answering role is {}", any_of(services)));
        }
        if let Some(services) = self.to_service_except {
            parts.push(format!("the service of the answering role is not {}", any_of(services)));
        }
        if self.direct_only {
            parts.push("the line has no via".to_owned());
        }
        parts.join(" and ")
    }
}

/// True where every kind of an intent's side takes part.
fn is_whole(intent: &Intent, side: Side, kinds: &[Text]) -> bool {
    let all = match side {
        Side::Left => intent.left_kinds(),
        Side::Right => intent.right_kinds(),
        Side::Via => intent.via_kinds(),
    };
    all.iter().all(|kind| kinds.contains(kind))
}
