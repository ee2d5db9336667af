//! Small values of the views: ports, ICMP messages, sources, and texts that several views share.
//!
//! In: values of the catalogue. Out: what is serialised in their place, and words for people.
//!
//! Invariant: a port is a number, a range is text, as in the data.

use crate::catalogue::{Change, FlowEntry, IcmpMessage, PortRange, Source, Text, Transport};
use serde::Serialize;

/// Most names of a list that one line of an overview shows.
const MOST_NAMES: usize = 4;

/// A range of ports: a number where it is one port, a text `low-high` where it is more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Ports {
    One(u16),
    Range(String),
}

impl From<&PortRange> for Ports {
    fn from(range: &PortRange) -> Self {
        if range.low() == range.high() { Self::One(range.low()) } else { Self::Range(range.to_string()) }
    }
}

impl std::fmt::Display for Ports {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::One(port) => port.fmt(formatter),
            Self::Range(range) => range.fmt(formatter),
        }
    }
}

/// The ranges of a list in its order.
pub(super) fn ports(ranges: &[PortRange]) -> Vec<Ports> {
    ranges.iter().map(Ports::from).collect()
}

/// An ICMP message.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Icmp {
    #[serde(rename = "type")]
    message_type: u8,
    code: Option<u8>,
}

impl From<IcmpMessage> for Icmp {
    fn from(message: IcmpMessage) -> Self {
        Self { message_type: message.message_type, code: message.code }
    }
}

/// Where a fact was read.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct SourceView<'a> {
    title: &'a str,
    date: Option<&'a str>,
    version: Option<&'a str>,
    address: Option<&'a str>,
    read: Option<&'a str>,
    says: &'a str,
}

impl<'a> From<&'a Source> for SourceView<'a> {
    fn from(source: &'a Source) -> Self {
        Self {
            title: &source.title,
            date: source.date.as_deref(),
            version: source.version.as_deref(),
            address: source.address.as_deref(),
            read: source.read.as_deref(),
            says: &source.says,
        }
    }
}

impl SourceView<'_> {
    /// The source in one line: document, edition, address, day of reading, and what it says.
    pub(super) fn line(&self) -> String {
        let mut document = self.title.to_owned();
        for part in [self.date, self.version, self.address].into_iter().flatten() {
            document.push_str(", ");
            document.push_str(part);
        }
        if let Some(day) = self.read {
            document.push_str(&format!(" (read {day})"));
        }
        format!("{document}: {}", self.says)
    }
}

/// The sources of an entry.
pub(super) fn sources(list: &[Source]) -> Vec<SourceView<'_>> {
    list.iter().map(SourceView::from).collect()
}

/// What a release says differently of an entry.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct ChangeView<'a> {
    pub(super) release: &'a str,
    pub(super) what: &'a str,
}

impl<'a> From<&'a Change> for ChangeView<'a> {
    fn from(change: &'a Change) -> Self {
        Self { release: &change.release, what: &change.what }
    }
}

/// A service as a site would write it, several ranges behind one transport: `tcp/80,443`, `icmp/8`.
pub(super) fn service(transport: Transport, ranges: &[PortRange]) -> String {
    let ranges: Vec<String> = ranges.iter().map(ToString::to_string).collect();
    if ranges.is_empty() {
        return transport.word().to_owned();
    }
    format!("{}/{}", transport.word(), ranges.join(","))
}

/// The service of a flow; where the customer chooses the port, it says so.
pub(super) fn service_of(flow: &FlowEntry) -> String {
    if let Some(message) = flow.icmp() {
        let code = message.code.map(|code| format!("/{code}")).unwrap_or_default();
        return format!("{}/{}{code}", flow.transport().word(), message.message_type);
    }
    let fixed = service(flow.transport(), flow.ports());
    match (flow.port_parameter(), flow.ports().is_empty()) {
        (Some(_), true) => format!("{fixed}/(chosen)"),
        (Some(_), false) => format!("{fixed} (example)"),
        (None, _) => fixed,
    }
}

/// All names of a list.
pub(super) fn joined(names: &[Text]) -> String {
    names.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

/// The first names of a list, and how many more there are.
pub(super) fn shortened(names: &[Text]) -> String {
    let Some((first, rest)) = names.split_at_checked(MOST_NAMES).filter(|(_, rest)| rest.len() > 1) else {
        return joined(names);
    };
    format!("{} and {} more", joined(first), rest.len())
}

/// Names of which one has to be: `a`, `a or b`.
pub(super) fn any_of(names: &[Text]) -> String {
    names.iter().map(Text::as_str).collect::<Vec<_>>().join(" or ")
}
