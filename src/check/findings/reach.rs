//! What lies near to users and desktops: FC-13.

use super::Review;
use crate::catalogue::KindClass;
use crate::diagnostic::{Sink, codes};
use crate::policy::{Flow, RoleId};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// How near is near.
const HOPS: usize = 2;

/// FC-13: each high-value role with the shortest way to it.
pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    let ways = ways_from_users(review);
    for role in review.roles_of(KindClass::HighValue) {
        let Some(way) = ways.get(&role) else { continue };
        let (Some(first), Some(last)) = (way.first(), way.last()) else { continue };
        let name = review.policy.name(role);
        let start = review.policy.name(first.from);
        let message = format!("`{name}` lies {} from `{start}`", hops(way.len()));
        let label = "its loss is the loss of many";
        let mut report = review.report_role(codes::HIGH_VALUE_NEAR, role, message, label).about([start]);
        for flow in way {
            if let Some(reason) = flow.provenance.first() {
                report = report
                    .label(reason.span, format!("to `{}` on {}", review.policy.name(flow.to), flow.services));
            }
        }
        let last = review.policy.name(last.from);
        sink.report(report.help(format!(
            "review what `{last}` may do there; where that must be so, accept it: `accept FC-13 on {name} because \"...\"`"
        )));
    }
}

fn hops(count: usize) -> &'static str {
    if count == 1 { "one hop" } else { "two hops" }
}

/// The shortest way to every role within reach of users and desktops, in flows; ties go to the earlier name.
fn ways_from_users<'a>(review: &Review<'a>) -> BTreeMap<RoleId, Vec<&'a Flow>> {
    let mut from: BTreeMap<RoleId, Vec<&'a Flow>> = BTreeMap::new();
    for flow in review.policy.flows() {
        from.entry(flow.from).or_default().push(flow);
    }
    let starts = review.roles_of(KindClass::UserDevice).chain(review.roles_of(KindClass::Desktop));
    let mut edge: Vec<RoleId> = starts.collect();
    let mut ways: BTreeMap<RoleId, Vec<&'a Flow>> = edge.iter().map(|role| (*role, Vec::new())).collect();
    for _ in 0..HOPS {
        let mut next = Vec::new();
        for role in std::mem::take(&mut edge) {
            let way = ways.get(&role).cloned().unwrap_or_default();
            for flow in from.get(&role).into_iter().flatten() {
                if let Entry::Vacant(place) = ways.entry(flow.to) {
                    place.insert(way.iter().copied().chain([*flow]).collect());
                    next.push(flow.to);
                }
            }
        }
        edge = next;
    }
    ways
}
