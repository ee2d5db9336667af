//! What artefacts let pass besides once an exception is in force that is not yet.
//!
//! In: a model with its policy and proof of one day. Out: for each exception of a later day the widenings that come with
//! it.
//!
//! Invariant: what is let pass on the day already, by the file or besides, does not come with an exception.

use super::CompileOptions;
use super::compile::plan_and_prove;
use crate::diagnostic::Sink;
use crate::model::Model;
use crate::policy::{Policy, lower::lower};
use crate::target::proof::{Proof, Widening};
use std::collections::BTreeMap;

/// Widenings by the exception that they come with. An exception with which the site can't be planned is not in it.
pub(super) type Later = BTreeMap<String, Vec<Widening>>;

/// What comes with each exception that starts on a later day than the policy's.
///
/// Each is put in force on the policy's day by itself, so that nothing else of its first day is taken for it.
pub(super) fn later(model: &Model, policy: &Policy, today: &Proof, options: &CompileOptions) -> Later {
    let day = policy.header().as_of;
    let pending: Vec<usize> =
        (0..).zip(&model.exceptions).filter(|(_, one)| day < one.starts).map(|(at, _)| at).collect();
    if pending.is_empty() {
        return Later::new();
    }
    let mut moved = model.clone();
    let mut later = Later::new();
    for at in pending {
        let Some(exception) = moved.exceptions.get_mut(at) else { continue };
        let (name, starts) = (exception.grant.origin.clone(), exception.starts);
        exception.starts = day;
        let found = lower(&moved, day).ok().and_then(|policy_then| {
            let then = plan_and_prove(&policy_then, options, &mut Sink::new())?;
            Some(then.widenings_beyond(&policy_then, (policy, today)))
        });
        later.extend(found.map(|found| (name, found)));
        if let Some(exception) = moved.exceptions.get_mut(at) {
            exception.starts = starts;
        }
    }
    later
}
