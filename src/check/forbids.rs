//! Forbids against flows: a promise that the file itself breaks.

use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::example::{self, Packet};
use crate::policy::service::ServiceSet;
use crate::policy::universe::{AtomId, Universe};
use crate::policy::{Exception, Flow, Forbid, Policy};
use crate::source::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Most overlaps that one report spells out.
const MOST_EXAMPLES: usize = 5;

/// Reports every forbid that meets a flow, whatever the day; exceptions pierce the forbids that they name.
pub fn check(policy: &Policy, sink: &mut Sink) {
    let standing: Vec<&Flow> = policy.flows().iter().filter(|flow| flow.expires.is_none()).collect();
    for (at, forbid) in policy.forbids().iter().enumerate() {
        report_overlaps(policy, forbid, &standing, None, sink);
        for exception in policy.exceptions() {
            if !exception.pierces.iter().any(|pierced| pierced.value == at) {
                let flows: Vec<&Flow> = exception.flows.iter().collect();
                report_overlaps(policy, forbid, &flows, Some(exception), sink);
            }
        }
    }
}

/// The services that a flow and a forbid have in common, by pair of points.
pub(super) fn overlap(
    universe: &Universe,
    forbid: &Forbid,
    flow: &Flow,
) -> Vec<(AtomId, AtomId, ServiceSet)> {
    let mut common = Vec::new();
    if !forbid.services.meets(&flow.services) {
        return common;
    }
    for from in universe.of_role(flow.from) {
        for to in universe.of_role(flow.to) {
            let asked = universe.possible(*from, *to, &flow.services);
            let services = forbid.excludes(*from, *to).intersection(&asked);
            if !services.is_empty() {
                common.push((*from, *to, services));
            }
        }
    }
    common
}

/// What a line and a forbid have in common.
#[derive(Debug, Default)]
struct Overlaps {
    /// By pair of roles, in words.
    texts: BTreeSet<String>,
    /// The lowest packet of each.
    packets: BTreeSet<Packet>,
}

fn report_overlaps(
    policy: &Policy,
    forbid: &Forbid,
    flows: &[&Flow],
    exception: Option<&Exception>,
    sink: &mut Sink,
) {
    let mut by_line: BTreeMap<(Span, &str), Overlaps> = BTreeMap::new();
    for flow in flows {
        let common = overlap(policy.universe(), forbid, flow);
        let Some((_, _, first)) = common.first() else { continue };
        let services = common.iter().fold(first.clone(), |sum, (_, _, services)| sum.union(services));
        let text = format!(
            "`{}` to `{}` on {services}{}",
            policy.name(flow.from),
            policy.name(flow.to),
            where_exactly(policy, flow, &common)
        );
        let classes = common.iter().map(|(from, to, services)| (*from, *to, services));
        let packet = example::lowest(policy, classes);
        for reason in &flow.provenance {
            let overlaps = by_line.entry((reason.span, &reason.statement)).or_default();
            overlaps.texts.insert(text.clone());
            overlaps.packets.extend(packet.clone());
        }
    }
    for ((span, statement), overlaps) in by_line {
        let message = format!("forbid `{}` meets `{statement}`", forbid.name);
        let mut report = Diagnostic::new(codes::FORBID_MEETS_FLOW, message)
            .label(span, "permits it")
            .label(forbid.span, "excludes it");
        for text in overlaps.texts.iter().take(MOST_EXAMPLES) {
            report = report.note(format!("overlap: {text}"));
        }
        if overlaps.texts.len() > MOST_EXAMPLES {
            report = report.note(format!("and {} more", overlaps.texts.len() - MOST_EXAMPLES));
        }
        if let Some(packet) = overlaps.packets.first() {
            report = report.note(packet.note());
        }
        sink.report(match exception {
            Some(exception) => report.help(format!(
                "add `pierces {}` to exception `{}`, or take it back",
                forbid.name, exception.name
            )),
            None => report.help(
                "take one of the two back, or make the flow a dated `exception` that pierces the forbid",
            ),
        });
    }
}

/// The addresses of an overlap, where they are only a part of the flow's.
fn where_exactly(policy: &Policy, flow: &Flow, common: &[(AtomId, AtomId, ServiceSet)]) -> String {
    let universe = policy.universe();
    let part = |atoms: Vec<AtomId>, role| {
        let whole = universe.of_role(role).iter().all(|atom| atoms.contains(atom));
        let addresses: Vec<String> = atoms
            .iter()
            .filter_map(|atom| universe.get(*atom))
            .map(|atom| atom.addresses.to_string())
            .collect();
        (!whole).then(|| addresses.join(", "))
    };
    let distinct = |atoms: Vec<AtomId>| atoms.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let from = part(distinct(common.iter().map(|(from, ..)| *from).collect()), flow.from);
    let to = part(distinct(common.iter().map(|(_, to, _)| *to).collect()), flow.to);
    let from = from.map(|addresses| format!(", from {addresses} only")).unwrap_or_default();
    let to = to.map(|addresses| format!(", to {addresses} only")).unwrap_or_default();
    format!("{from}{to}")
}
