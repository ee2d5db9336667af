//! The file's own tests.

use super::verdict::{Verdict, judge};
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::{Policy, RoleId};
use crate::target::compare::intended_between;

/// Reports every expect line that does not hold at the intent level.
pub fn check(policy: &Policy, sink: &mut Sink) {
    for expect in policy.expects() {
        let wanted = if expect.allow { Verdict::Allow } else { Verdict::Deny };
        let mut pairs: Vec<(RoleId, RoleId)> =
            expect.from.iter().flat_map(|from| expect.to.iter().map(|to| (*from, *to))).collect();
        if expect.both_ways {
            pairs.extend(pairs.clone().into_iter().map(|(from, to)| (to, from)));
        }
        let failing = pairs.into_iter().find_map(|(from, to)| {
            let got = judge(&expect.services, &intended_between(policy, from, to));
            (got != wanted).then_some((from, to, got))
        });
        if let Some((from, to, got)) = failing {
            let ends = format!("`{}` to `{}` on {}", policy.name(from), policy.name(to), expect.services);
            let message = match got {
                Verdict::Allow => format!("expected a deny, but the file permits {ends}"),
                Verdict::Deny => format!("expected an allow, but nothing permits {ends}"),
                Verdict::Partial => format!("the file permits only a part of {ends}"),
            };
            let mut report =
                Diagnostic::new(codes::EXPECTATION_FAILED, message).label(expect.span, "does not hold");
            for flow in policy
                .flows()
                .iter()
                .filter(|flow| flow.from == from && flow.to == to && flow.services.meets(&expect.services))
            {
                for reason in &flow.provenance {
                    report = report.label(reason.span, "permits it");
                }
            }
            sink.report(report.help("correct the rules or the expectation; `segc why` shows what decides"));
        }
    }
}
