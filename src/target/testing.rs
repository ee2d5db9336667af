//! Damaged plans: what every target's read-back has to see.
//!
//! In: a back end and the damages of its plans. Out: a failed test for each damage that changes nothing.

use super::{Backend, Lock, PlanContext};
use crate::diagnostic::Sink;
use crate::driver::testing::examples;
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
