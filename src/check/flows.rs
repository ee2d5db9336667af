//! Flows that can't exist.

use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::service::ServiceSet;
use crate::policy::{Policy, RoleId};
use crate::source::Span;
use std::collections::BTreeMap;

/// Reports every flow without a packet: its roles have no address family in common, or its ICMP is of the other one.
pub fn check_families(policy: &Policy, sink: &mut Sink) {
    let universe = policy.universe();
    let exceptions = policy.exceptions().iter().flat_map(|exception| &exception.flows);
    // One report for a line and two roles, whatever the number of their flows.
    let mut impossible: BTreeMap<(Option<Span>, RoleId, RoleId), ServiceSet> = BTreeMap::new();
    for flow in policy.flows().iter().filter(|flow| flow.expires.is_none()).chain(exceptions) {
        let pairs = universe
            .of_role(flow.from)
            .iter()
            .flat_map(|from| universe.of_role(flow.to).iter().map(|to| (*from, *to)));
        let can_exist =
            pairs.into_iter().any(|(from, to)| !universe.possible(from, to, &flow.services).is_empty());
        if !can_exist {
            let line = flow.provenance.first().map(|reason| reason.span);
            let services = impossible.entry((line, flow.from, flow.to)).or_default();
            *services = services.union(&flow.services);
        }
    }
    for ((line, from, to), services) in impossible {
        sink.report(no_common_family(policy, line, from, to, &services));
    }
}

fn no_common_family(
    policy: &Policy,
    line: Option<Span>,
    from: RoleId,
    to: RoleId,
    services: &ServiceSet,
) -> Diagnostic {
    let (source, destination) = (policy.name(from), policy.name(to));
    let message = format!("`{source}` and `{destination}` have no address family in common for {services}");
    let mut report = Diagnostic::new(codes::NO_COMMON_FAMILY, message);
    if let Some(span) = line {
        report = report.label(span, "asked for here");
    }
    for party in [from, to].into_iter().filter_map(|role| policy.party(role)) {
        report = report.label(party.span, format!("has {}", party.addresses));
    }
    report.help("give both roles ranges of one family; `icmp` is IPv4 only, `icmpv6` is IPv6 only")
}
