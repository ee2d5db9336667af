//! A flow as it is shown.
//!
//! In: a flow of a catalogue, the release that holds, the intents that may select it. Out: [`FlowView`].
//!
//! Invariant: every field of an entry is in its view, so that JSON loses nothing.

use super::intent::RowView;
use super::values::{ChangeView, Icmp, Ports, SourceView, joined, ports, service_of, sources};
use crate::catalogue::{Catalogue, Encryption, FlowEntry, ReleaseId, Sensitivity, Text};
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything that the catalogue says of a flow, and how it stands to a release.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FlowView<'a> {
    pub(super) id: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) transport: &'static str,
    pub(super) ports: Vec<Ports>,
    pub(super) source_ports: Vec<Ports>,
    pub(super) icmp: Option<Icmp>,
    pub(super) direction: &'static str,
    pub(super) service: &'a str,
    pub(super) what: &'a str,
    pub(super) why: &'a str,
    pub(super) need: &'static str,
    pub(super) when: &'a [Text],
    pub(super) condition: Option<&'a str>,
    pub(super) encryption: Option<&'static str>,
    pub(super) sensitivity: Option<&'static str>,
    pub(super) area: &'a str,
    pub(super) since: Option<&'a str>,
    pub(super) until: Option<&'a str>,
    pub(super) in_release: bool,
    pub(super) selectable: bool,
    pub(super) intents: Vec<&'a str>,
    pub(super) paired_with: Option<&'a str>,
    pub(super) dynamic: bool,
    pub(super) local_only: bool,
    pub(super) port_parameter: Option<&'a str>,
    pub(super) fqdn: Option<&'a str>,
    pub(super) note: Option<&'a str>,
    pub(super) changes: Vec<ChangeView<'a>>,
    pub(super) sources: Vec<SourceView<'a>>,
    pub(super) verified: bool,
    #[serde(skip)]
    entry: &'a FlowEntry,
}

/// A flow with the rows that select it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct FlowDetails<'a> {
    #[serde(flatten)]
    pub(super) flow: FlowView<'a>,
    pub(super) selected_by: Vec<Selection<'a>>,
}

/// A row that selects a flow.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Selection<'a> {
    pub(super) intent: &'a str,
    #[serde(flatten)]
    pub(super) row: RowView<'a>,
}

/// Ids of flows with the intents that may select them.
pub(super) type Selectors<'a> = BTreeMap<&'a str, Vec<&'a str>>;

/// Which intents may select which flow, in the order of the catalogue.
pub(super) fn selectors(catalogue: &Catalogue) -> Selectors<'_> {
    let mut selectors = Selectors::new();
    for intent in catalogue.intents() {
        for id in intent.flow_ids() {
            selectors.entry(id).or_default().push(intent.name());
        }
    }
    selectors
}

impl<'a> FlowView<'a> {
    pub(super) fn new(
        catalogue: &Catalogue,
        release: ReleaseId,
        selectors: &Selectors<'a>,
        entry: &'a FlowEntry,
    ) -> Self {
        Self {
            id: entry.id(),
            from: entry.from(),
            to: entry.to(),
            transport: entry.transport().word(),
            ports: ports(entry.ports()),
            source_ports: ports(entry.source_ports()),
            icmp: entry.icmp().map(Icmp::from),
            direction: entry.direction().word(),
            service: entry.service(),
            what: entry.what(),
            why: entry.why(),
            need: entry.need().word(),
            when: entry.when(),
            condition: entry.condition(),
            encryption: entry.encryption().map(Encryption::word),
            sensitivity: entry.sensitivity().map(Sensitivity::word),
            area: entry.area(),
            since: entry.since(),
            until: entry.until(),
            in_release: catalogue.holds(entry, release),
            selectable: entry.is_selectable(),
            intents: selectors.get(entry.id()).cloned().unwrap_or_default(),
            paired_with: entry.paired_with(),
            dynamic: entry.dynamic(),
            local_only: entry.local_only(),
            port_parameter: entry.port_parameter(),
            fqdn: entry.fqdn(),
            note: entry.note(),
            changes: entry.changes().iter().map(ChangeView::from).collect(),
            sources: sources(entry.sources()),
            verified: entry.verified(),
            entry,
        }
    }

    /// True where rules may come of the flow in the release.
    pub(super) fn is_current(&self) -> bool {
        self.in_release && self.selectable
    }

    /// What is opened, as a site would write it.
    pub(super) fn opens(&self) -> String {
        service_of(self.entry)
    }

    /// The arrow between the ends.
    pub(super) fn arrow(&self) -> &'static str {
        if self.direction == "both" { "<->" } else { "->" }
    }

    /// Who opens the connection to whom.
    pub(super) fn ends(&self) -> String {
        format!("{} {} {}", self.from, self.arrow(), self.to)
    }

    /// What protects the content, and what is at stake.
    pub(super) fn protection(&self) -> String {
        [self.encryption, self.sensitivity].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// How much it is needed, and under which conditions.
    pub(super) fn needed(&self) -> String {
        if self.when.is_empty() {
            return self.need.to_owned();
        }
        format!("{}: {}", self.need, joined(self.when))
    }

    /// Why no rule comes of the flow; empty where rules may.
    pub(super) fn absence(&self) -> String {
        let mut reasons = Vec::new();
        if self.local_only {
            reasons.push("inside one machine".to_owned());
        } else if !self.selectable {
            reasons.push("history".to_owned());
        }
        if !self.in_release {
            reasons.push(match (self.since, self.until) {
                (Some(since), Some(until)) if since == until => format!("only in {since}"),
                (Some(since), Some(until)) => format!("only from {since} to {until}"),
                (Some(since), None) => format!("only since {since}"),
                (None, until) => format!("only until {}", until.unwrap_or_default()),
            });
        }
        reasons.join(", ")
    }
}

impl<'a> FlowDetails<'a> {
    pub(super) fn new(catalogue: &'a Catalogue, release: ReleaseId, entry: &'a FlowEntry) -> Self {
        let selected_by = catalogue.intents().flat_map(|intent| {
            let rows = intent.rows().iter().filter(|row| row.flow() == entry.id());
            rows.map(|row| Selection { intent: intent.name(), row: RowView::new(catalogue, intent, row) })
        });
        Self {
            flow: FlowView::new(catalogue, release, &selectors(catalogue), entry),
            selected_by: selected_by.collect(),
        }
    }
}
