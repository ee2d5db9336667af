//! What every target's read-back has to see: damages of plans, and that bytes say what their plan does.
//!
//! In: a back end, damages of its plans, random sites. Out: a failed test for each damage that changes nothing, and for
//! bytes that say something else.

use super::verify::verify;
use super::{Backend, Lock, Permits, PlanContext};
use crate::diagnostic::Sink;
use crate::driver::testing::examples;
use crate::policy::testing::{Role, SiteBuilder, role};
use crate::policy::{KnownBy, PlatformId, Policy};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A damage: what was done, and the damaged plan.
pub(crate) type Damage<P> = (String, P);

/// Plans every platform of the examples, damages each plan in one place at a time, and demands that the read-back of
/// each damaged plan differs from the honest one's. At least so many damages must be there.
pub(crate) fn assert_damages_are_seen<B: Backend>(
    backend: &B,
    damages: impl Fn(&B::Plan) -> Vec<Damage<B::Plan>>,
    least: usize,
) {
    let (mut seen, mut missed) = (0, Vec::new());
    for (name, policy) in examples() {
        let kind = backend.info().platform.kind;
        for (id, platform) in
            policy.platforms().filter(|(_, platform)| platform.written && platform.kind == kind)
        {
            let (mut sink, lock, options) = (Sink::new(), Lock::new(), BTreeMap::new());
            let plan = backend.plan(&policy, id, &mut PlanContext::new(&mut sink, &lock, &options)).unwrap();
            let honest = backend.permits(&plan, &policy).unwrap();
            for (what, damaged) in damages(&plan) {
                // A rule for a part of a party has no exact reading: then the read-back itself refuses.
                match backend.permits(&damaged, &policy) {
                    Ok(permits) if permits == honest => {
                        missed.push(format!("{name}, {}: {what}", platform.name))
                    }
                    _ => seen += 1,
                }
            }
        }
    }
    assert!(missed.is_empty(), "nobody sees:\n{}", missed.join("\n"));
    assert!(seen >= least, "only {seen} damages");
}

/// A copy of a plan with one thing changed.
pub(crate) fn damaged<P: Clone>(plan: &P, what: String, change: impl FnOnce(&mut P)) -> Damage<P> {
    let mut copy = plan.clone();
    change(&mut copy);
    (what, copy)
}

/// A flow of a random site: positions of source, destination and services in what [`random_site`] has.
pub(crate) type RandomFlow = (usize, usize, usize);

/// Names of the roles of a random site: on the platform with addresses of one or both families or none, outside with
/// ranges that overlap, the internet, and one that is known only by a name.
pub(crate) const ROLES: [&str; 9] = ["a", "b", "bare", "c", "internet", "named", "outside", "users", "wide"];

/// Any flows of random sites.
pub(crate) fn random_flows() -> impl Strategy<Value = Vec<RandomFlow>> {
    prop::collection::vec((0..ROLES.len(), 0..ROLES.len(), 0..12_usize), 0..24)
}

/// A site on one platform with these flows; `services` are what the platform can say.
pub(crate) fn random_site(
    kind: &str,
    attributes: &[(&str, &str)],
    known_by: KnownBy,
    services: &[&str],
    flows: &[RandomFlow],
) -> Policy {
    let internet = Role { is_internet: true, kind: "internet".to_owned(), ..role("internet") };
    let mut site = SiteBuilder::new()
        .platform(kind, "p", attributes)
        .segment("four", "p", &["10.0.0.0/24"])
        .segment("six", "p", &["10.0.1.0/24", "fd00::/64"])
        .role("a", Some("four"), &[])
        .role("b", Some("six"), &[])
        .role("c", Some("four"), &["10.0.0.128/28"])
        .role("bare", Some("p"), &[])
        .any_role(internet, None, None)
        .any_role(Role { known_by: vec![known_by], ..role("named") }, None, None)
        .role("outside", None, &["10.9.0.1/32", "10.9.0.2/32", "10.9.0.4/32", "fd09::/48"])
        .role("users", None, &["10.8.0.0/16", "10.10.0.0/16"])
        .role("wide", None, &["10.8.0.0/15", "10.10.0.0/17"]);
    for (at, (from, to, on)) in flows.iter().enumerate() {
        site = site.allow(&format!("l{at}"), ROLES[*from], ROLES[*to], services[on % services.len()]);
    }
    site.policy()
}

/// Plans a site and demands that the bytes of every spelling permit what the plan does, but for spellings that have no
/// words for the plan. False when the site is refused.
pub(crate) fn bytes_say_what_the_plan_does<B: Backend>(backend: &B, policy: &Policy) -> bool {
    let (mut sink, lock, options) = (Sink::new(), Lock::new(), BTreeMap::new());
    let mut cx = PlanContext::new(&mut sink, &lock, &options);
    let Some(plan) = backend.plan(policy, PlatformId(0), &mut cx) else { return false };
    let Ok(permits) = backend.permits(&plan, policy) else { return false };
    let spellings = backend.info().spellings.iter();
    for spelling in spellings.filter(|spelling| backend.unspoken(&plan, **spelling).is_none()) {
        let wider = backend.spelling_widening(&plan, policy, &permits, *spelling);
        let expected = wider.map_or_else(
            || permits.clone(),
            |(excess, _)| Permits {
                egress: permits.egress.union(&excess.egress),
                ingress: permits.ingress.union(&excess.ingress),
                opens_only: permits.opens_only,
            },
        );
        let bytes = backend.render(&plan, *spelling).bytes;
        let cut = &bytes[..bytes.len() / 2];
        assert!(spelling.media_type != "application/json" || backend.read(*spelling, cut).is_err());
        let observed = backend.read(*spelling, &bytes).unwrap();
        let bindings = backend.bindings(&plan, policy, &observed);
        let verdict = verify(policy, PlatformId(0), &expected, &observed, &bindings);
        assert_eq!(verdict, Ok(()), "{}:\n{}", spelling.id, String::from_utf8_lossy(&bytes));
    }
    true
}
