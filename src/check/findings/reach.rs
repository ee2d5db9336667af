//! What lies near to users and desktops: FC-13.

use super::super::access::FlowIndex;
use super::super::reach::Way;
use super::Review;
use crate::catalogue::KindClass;
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::RoleId;

/// How near is near.
const HOPS: usize = 2;

/// FC-13: each high-value role with the shortest way to it.
pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    let starts: Vec<RoleId> =
        review.roles_of(KindClass::UserDevice).chain(review.roles_of(KindClass::Desktop)).collect();
    let reach = review.graph.search(&starts, Way::Forward, Some(HOPS));
    let flows = FlowIndex::new(review.policy);
    for role in review.roles_of(KindClass::HighValue) {
        let way = reach.chain(role);
        if let Some(report) = near(review, &flows, role, &way) {
            sink.report(report);
        }
    }
}

/// The report on a role that a way leads to; `None` when none does.
fn near(
    review: &Review<'_>,
    flows: &FlowIndex,
    role: RoleId,
    way: &[(RoleId, RoleId)],
) -> Option<Diagnostic> {
    let ((start, _), (last, _)) = (way.first()?, way.last()?);
    let (name, start) = (review.policy.name(role), review.policy.name(*start));
    let message = format!("`{name}` lies {} from `{start}`", hops(way.len()));
    let mut report = review
        .report(codes::HIGH_VALUE_NEAR, message)
        .about([name, start])
        .label(review.party(role)?.span, "its loss is the loss of many");
    for (from, to) in way {
        let services = review.graph.services(*from, *to).cloned().unwrap_or_default();
        let flow = flows.between(review.policy, (*from, *to), &services).into_iter().next();
        if let Some(reason) = flow.and_then(|flow| flow.provenance.first()) {
            report = report.label(reason.span, format!("to `{}` on {services}", review.policy.name(*to)));
        }
    }
    let last = review.policy.name(*last);
    Some(report.help(format!(
        "review what `{last}` may do there; where that must be so, accept it: `accept FC-13 on {name} because \"...\"`"
    )))
}

fn hops(count: usize) -> &'static str {
    if count == 1 { "one hop" } else { "two hops" }
}
