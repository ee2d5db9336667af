//! Flows that can't exist.

use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::Policy;

/// Reports every flow without a packet: its roles have no address family in common, or its ICMP is of the other one.
pub fn check_families(policy: &Policy, sink: &mut Sink) {
    let universe = policy.universe();
    let exceptions = policy.exceptions().iter().flat_map(|exception| &exception.flows);
    for flow in policy.flows().iter().filter(|flow| flow.expires.is_none()).chain(exceptions) {
        let pairs = universe
            .of_role(flow.from)
            .iter()
            .flat_map(|from| universe.of_role(flow.to).iter().map(|to| (*from, *to)));
        let can_exist =
            pairs.into_iter().any(|(from, to)| !universe.possible(from, to, &flow.services).is_empty());
        if can_exist {
            continue;
        }
        let (from, to) = (policy.name(flow.from), policy.name(flow.to));
        let message = format!("`{from}` and `{to}` have no address family in common for {}", flow.services);
        let mut report = Diagnostic::new(codes::NO_COMMON_FAMILY, message);
        for reason in flow.provenance.iter().take(1) {
            report = report.label(reason.span, "asked for here");
        }
        for party in [flow.from, flow.to].into_iter().filter_map(|role| policy.party(role)) {
            report = report.label(party.span, format!("has {}", party.addresses));
        }
        sink.report(
            report.help("give both roles ranges of one family; `icmp` is IPv4 only, `icmpv6` is IPv6 only"),
        );
    }
}
