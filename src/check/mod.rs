//! Promises and tests of a policy, one file a group.
//!
//! In: a [`Policy`]. Out: reports.
//!
//! Invariant: every report holds for the file's own level; what artefacts permit is the business of `target::proof`.
//! The questions (`verdict`, `reach`, `matrix`, `search`) may be asked at both levels, and report nothing.

pub mod access;
pub mod cases;
pub mod exceptions;
pub mod expects;
pub mod findings;
pub mod flows;
pub mod forbids;
pub mod matrix;
pub mod proof_table;
pub mod reach;
pub mod reasons;
pub mod search;
pub mod verdict;

use crate::diagnostic::Sink;
use crate::policy::Policy;

/// How an expired exception weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// `segc check`: an expired exception is an error.
    Check,
    /// `segc compile` and the questions: it has no flows any more, and is a warning.
    Compile,
}

/// Runs every check.
pub fn check(policy: &Policy, strictness: Strictness, sink: &mut Sink) {
    flows::check_families(policy, sink);
    forbids::check(policy, sink);
    exceptions::check(policy, strictness, sink);
    expects::check(policy, sink);
}
