//! Expansion: the flows that one intent line asks for.
//!
//! In: an [`Intent`] and the parties of its line. Out: [`Expanded`], flows between those parties with their ports.
//!
//! Invariant: at most [`FLOW_LIMIT`] flows come out of one line; more is [`Expanded::too_many`] and no flow at all.
//! Invariant: absent on purpose are addresses, platforms and the text of the line; a party is its kind and attributes.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::entry::FlowEntry;
use super::intent::{End, Intent, OptionSpec, OptionValue, Row, RowPorts, Side};
use super::store::{Catalogue, ReleaseId};
use super::text::Text;
use super::value::{Direction, IcmpMessage, PortRange, Transport};

/// Most flows that one intent line may expand to.
pub const FLOW_LIMIT: usize = 1_000_000;

/// One party of an intent line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Participant<'a> {
    /// Canonical kind.
    pub kind: &'a str,
    /// Its `service` attribute.
    pub service: Option<&'a str>,
    /// Its `port` attribute.
    pub port: Option<u16>,
}

/// An intent line: its parties, and its options after they were checked.
#[derive(Debug, Clone, Copy)]
pub struct Expansion<'a> {
    /// Parties left of the arrow.
    pub left: &'a [Participant<'a>],
    /// Parties right of the arrow.
    pub right: &'a [Participant<'a>],
    /// The party after `via`.
    pub via: Option<&'a Participant<'a>>,
    /// Options as given; one that is left out has its default.
    pub options: &'a IndexMap<String, OptionValue>,
    /// The release whose flows count.
    pub release: ReleaseId,
}

/// Which party of the line is meant: its place in the list of its side, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartyRef {
    /// Left of the arrow.
    Left(usize),
    /// Right of the arrow.
    Right(usize),
    /// After `via`.
    Via,
}

/// What one flow opens at its destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServicePorts {
    /// What it travels on.
    pub transport: Transport,
    /// Smallest destination port; 0 for ICMP.
    pub low: u16,
    /// Largest destination port; 0 for ICMP.
    pub high: u16,
    /// The ICMP message; `None` for TCP and UDP, and for every ICMP message.
    pub icmp: Option<IcmpMessage>,
}

/// One flow that the line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpandedFlow<'a> {
    /// Who opens the connection.
    pub from: PartyRef,
    /// To whom.
    pub to: PartyRef,
    /// On what.
    pub ports: Vec<ServicePorts>,
    /// The catalogue's entry, with its reason.
    pub entry: &'a FlowEntry,
}

/// Something that the author should know about the chosen options (SEG3005).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpansionWarning<'a> {
    /// What is to be known, lower case, no full stop.
    pub message: &'a str,
    /// What to type instead.
    pub help: &'a str,
    /// The entry that it is about.
    pub entry: &'a FlowEntry,
}

/// The line asks for more flows than [`FLOW_LIMIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyFlows {
    /// How many flows it would be, at least.
    pub flows: usize,
    /// The limit.
    pub limit: usize,
}

/// Everything that came of one intent line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expanded<'a> {
    /// The flows, in the order of the intent's rows, then of the parties. A flow may stand twice where a role is on
    /// both sides of the line.
    pub flows: Vec<ExpandedFlow<'a>>,
    /// What the author should know, each once.
    pub warnings: Vec<ExpansionWarning<'a>>,
    /// Parties that need a `port` attribute for this intent and have none, each once.
    pub missing_ports: Vec<PartyRef>,
    /// Parties that took part in no flow.
    pub idle: Vec<PartyRef>,
    /// Flows that the line would mean in another release, by the parties that would take part in them.
    pub of_other_releases: BTreeMap<PartyRef, Vec<&'a FlowEntry>>,
    /// Set when the line asks for too much; then nothing else is filled.
    pub too_many: Option<TooManyFlows>,
}

type Party<'p> = (PartyRef, Participant<'p>);

impl Catalogue {
    /// The flows of an intent line: the cross product of both sides for every row whose options apply, a party with
    /// itself included when it stands on both sides. A flow that either end may open is two.
    pub fn expand<'a>(&'a self, intent: &'a Intent, request: &Expansion<'_>) -> Expanded<'a> {
        let mut work = Work::default();
        for row in intent.rows.iter().filter(|row| applies(intent, row, request)) {
            let Some(entry) = self.flow(&row.flow) else { continue };
            let from = parties(request, row.from, |party| stands_in(&row.from_kinds, party));
            let to = parties(request, row.to, |party| {
                stands_in(&row.to_kinds, party) && row.to_service.admits(party.service)
            });
            if !self.holds(entry, request.release) {
                work.miss(entry, &from, &to);
                continue;
            }
            if let Err(too_many) = work.add_row(row, entry, &from, &to, request) {
                return Expanded { too_many: Some(too_many), ..Expanded::default() };
            }
        }
        work.finish(request)
    }
}

#[derive(Default)]
struct Work<'a> {
    expanded: Expanded<'a>,
    busy: BTreeSet<PartyRef>,
    portless: BTreeSet<PartyRef>,
}

impl<'a> Work<'a> {
    /// Remembers a flow that the line would mean if its release had it.
    fn miss(&mut self, entry: &'a FlowEntry, from: &[Party<'_>], to: &[Party<'_>]) {
        if from.is_empty() || to.is_empty() {
            return;
        }
        for (party, _) in from.iter().chain(to) {
            let flows = self.expanded.of_other_releases.entry(*party).or_default();
            if flows.last() != Some(&entry) {
                flows.push(entry);
            }
        }
    }

    fn add_row(
        &mut self,
        row: &'a Row,
        entry: &'a FlowEntry,
        from: &[Party<'_>],
        to: &[Party<'_>],
        request: &Expansion<'_>,
    ) -> Result<(), TooManyFlows> {
        let ways = if entry.direction() == Direction::Both { 2 } else { 1 };
        let pairs = from.len().saturating_mul(to.len());
        let flows = self.expanded.flows.len().saturating_add(pairs.saturating_mul(ways));
        if flows > FLOW_LIMIT {
            return Err(TooManyFlows { flows, limit: FLOW_LIMIT });
        }
        let before = self.expanded.flows.len();
        for source in from {
            for destination in to {
                self.add_flow(row, entry, *source, *destination, request);
            }
        }
        if let Some(warn) = row.warn.as_ref().filter(|_| self.expanded.flows.len() > before) {
            let warning = ExpansionWarning { message: &warn.message, help: &warn.help, entry };
            if !self.expanded.warnings.contains(&warning) {
                self.expanded.warnings.push(warning);
            }
        }
        Ok(())
    }

    fn add_flow(
        &mut self,
        row: &Row,
        entry: &'a FlowEntry,
        from: Party<'_>,
        to: Party<'_>,
        request: &Expansion<'_>,
    ) {
        self.busy.extend([from.0, to.0]);
        let ports = match &row.ports {
            RowPorts::Entry => entry_ports(entry),
            RowPorts::Some(ranges) => ranges.iter().map(|range| ports(entry, *range)).collect(),
            RowPorts::Option(option) => match request.options.get(option.as_str()) {
                Some(OptionValue::Port(port)) => one_port(entry, *port),
                _ => return,
            },
            RowPorts::Role(end) => {
                let (name, party) = if *end == End::From { from } else { to };
                let Some(port) = party.port else {
                    self.portless.insert(name);
                    return;
                };
                one_port(entry, port)
            }
        };
        if entry.direction() == Direction::Both {
            let ports = ports.clone();
            self.expanded.flows.push(ExpandedFlow { from: to.0, to: from.0, ports, entry });
        }
        self.expanded.flows.push(ExpandedFlow { from: from.0, to: to.0, ports, entry });
    }

    fn finish(self, request: &Expansion<'_>) -> Expanded<'a> {
        let all = [Side::Left, Side::Right, Side::Via]
            .into_iter()
            .flat_map(|side| parties(request, side, |_| true));
        let idle = all.map(|(name, _)| name).filter(|name| !self.busy.contains(name)).collect();
        Expanded { idle, missing_ports: self.portless.into_iter().collect(), ..self.expanded }
    }
}

fn stands_in(kinds: &[Text], party: &Participant<'_>) -> bool {
    kinds.binary_search_by(|kind| kind.as_str().cmp(party.kind)).is_ok()
}

fn parties<'p>(
    request: &Expansion<'p>,
    side: Side,
    keep: impl Fn(&Participant<'p>) -> bool,
) -> Vec<Party<'p>> {
    let number = |list: &'p [Participant<'p>], name: fn(usize) -> PartyRef| -> Vec<Party<'p>> {
        let named = list.iter().enumerate().map(|(at, party)| (name(at), *party));
        named.filter(|(_, party)| keep(party)).collect()
    };
    match side {
        Side::Left => number(request.left, PartyRef::Left),
        Side::Right => number(request.right, PartyRef::Right),
        Side::Via => number(request.via.map_or(&[], std::slice::from_ref), |_| PartyRef::Via),
    }
}

/// True when a row's options hold, and it has its place on a line with, or without, `via`.
fn applies(intent: &Intent, row: &Row, request: &Expansion<'_>) -> bool {
    let options_hold = row.when.iter().all(|(option, words)| {
        let given = match request.options.get(option.as_str()) {
            Some(OptionValue::Word(word)) => Some(word.as_str()),
            Some(OptionValue::Port(_)) => None,
            None => match intent.options.get(option) {
                Some(OptionSpec::Choice { default, .. }) => Some(default.as_str()),
                _ => None,
            },
        };
        given.is_some_and(|word| words.iter().any(|allowed| *allowed == word))
    });
    let nothing_given = row.when_absent.iter().all(|option| !request.options.contains_key(option.as_str()));
    let port_given = match &row.ports {
        RowPorts::Option(option) => request.options.contains_key(option.as_str()),
        _ => true,
    };
    options_hold && nothing_given && port_given && !(row.direct_only && request.via.is_some())
}

fn entry_ports(entry: &FlowEntry) -> Vec<ServicePorts> {
    if entry.transport().has_ports() {
        return entry.ports().iter().map(|range| ports(entry, *range)).collect();
    }
    vec![ServicePorts { transport: entry.transport(), low: 0, high: 0, icmp: entry.icmp() }]
}

fn ports(entry: &FlowEntry, range: PortRange) -> ServicePorts {
    ServicePorts { transport: entry.transport(), low: range.low(), high: range.high(), icmp: None }
}

fn one_port(entry: &FlowEntry, port: u16) -> Vec<ServicePorts> {
    PortRange::new(port, port).map(|range| ports(entry, range)).into_iter().collect()
}
