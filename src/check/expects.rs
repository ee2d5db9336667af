//! The file's own tests.

use super::verdict::{Verdict, judge};
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::policy::{Policy, RoleId};
use crate::source::Span;
use crate::target::compare::intended_between;
use std::collections::{BTreeMap, BTreeSet};

/// Reports every expect line that does not hold at the intent level.
pub fn check(policy: &Policy, sink: &mut Sink) {
    for expect in policy.expects() {
        let wanted = if expect.allow { Verdict::Allow } else { Verdict::Deny };
        let mut directions = vec![(&expect.from, &expect.to)];
        if expect.both_ways {
            directions.push((&expect.to, &expect.from));
        }
        let failing = directions.into_iter().find_map(|(from, to)| {
            let pairs: Vec<(RoleId, RoleId)> = if expect.allow {
                from.iter().flat_map(|from| to.iter().map(|to| (*from, *to))).collect()
            } else {
                suspects(policy, from, to, &expect.services).into_iter().collect()
            };
            pairs.into_iter().find_map(|(from, to)| {
                let got = judge(&expect.services, &intended_between(policy, from, to));
                (got != wanted).then_some((from, to, got))
            })
        });
        if let Some((from, to, got)) = failing {
            let ends = format!("`{}` to `{}` on {}", policy.name(from), policy.name(to), expect.services);
            let message = match (wanted, got) {
                (Verdict::Allow, Verdict::Partial) => {
                    format!("expected an allow, but the file permits only a part of {ends}")
                }
                (Verdict::Allow, _) => format!("expected an allow, but nothing permits {ends}"),
                (_, Verdict::Partial) => format!("expected a deny, but the file permits a part of {ends}"),
                _ => format!("expected a deny, but the file permits {ends}"),
            };
            let mut report =
                Diagnostic::new(codes::EXPECTATION_FAILED, message).label(expect.span, "does not hold");
            let text = if got == Verdict::Partial { "permits a part of it" } else { "permits it" };
            for span in permitting_lines(policy, from, to, &expect.services) {
                report = report.label(span, text);
            }
            sink.report(report.help("correct the rules or the expectation; `segc why` shows what decides"));
        }
    }
}

/// The pairs of roles between which something of the services is permitted: the only ones that a deny can fail for.
fn suspects(
    policy: &Policy,
    from: &[RoleId],
    to: &[RoleId],
    services: &ServiceSet,
) -> BTreeSet<(RoleId, RoleId)> {
    let owners = |roles: &[RoleId]| {
        let mut owners: BTreeMap<AtomId, RoleId> = BTreeMap::new();
        for role in roles {
            for atom in policy.universe().of_role(*role) {
                owners.entry(*atom).or_insert(*role);
            }
        }
        owners
    };
    let (sources, destinations) = (owners(from), owners(to));
    let permitted = policy.intended().iter().filter(|(_, _, permitted)| permitted.meets(services));
    permitted.filter_map(|(from, to, _)| Some((*sources.get(&from)?, *destinations.get(&to)?))).collect()
}

/// The lines that permit at least a part of the services between two roles, each once. Roles may share addresses, so a
/// line for another role counts too.
fn permitting_lines(policy: &Policy, from: RoleId, to: RoleId, services: &ServiceSet) -> BTreeSet<Span> {
    let points = |role| policy.universe().of_role(role);
    let share = |a, b| points(a).iter().any(|point| points(b).contains(point));
    let flows = policy.flows().iter().filter(|flow| flow.services.meets(services));
    let permitting = flows.filter(|flow| share(flow.from, from) && share(flow.to, to));
    permitting.flat_map(|flow| &flow.provenance).map(|reason| reason.span).collect()
}
