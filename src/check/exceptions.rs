//! Exceptions: expired ones, and ones that pierce nothing.

use super::Strictness;
use super::forbids::overlap;
use crate::diagnostic::{Diagnostic, Severity, Sink, codes};
use crate::policy::Policy;

/// Reports exceptions that have expired on the as-of day, and names behind `pierces` that their flows don't meet.
pub fn check(policy: &Policy, strictness: Strictness, sink: &mut Sink) {
    let today = policy.header().as_of;
    for exception in policy.exceptions() {
        if exception.expires <= today {
            let message = format!("exception `{}` expired on {}", exception.name, exception.expires);
            let severity = match strictness {
                Strictness::Check => Severity::Error,
                Strictness::Compile => Severity::Warning,
            };
            let report = Diagnostic::new(codes::EXCEPTION_EXPIRED, message)
                .label(exception.expires_span, format!("the day is {today}"))
                .help("delete it, or have it approved again with a later `expires`")
                .severity(severity);
            sink.report(report);
        }
        for pierced in &exception.pierces {
            let Some(forbid) = policy.forbids().get(pierced.value) else { continue };
            let meets = |flow| !overlap(policy.universe(), forbid, flow).is_empty();
            if exception.flows.iter().any(meets) {
                continue;
            }
            let message =
                format!("exception `{}` pierces forbid `{}` without need", exception.name, forbid.name);
            let report = Diagnostic::new(codes::PIERCES_NOTHING, message)
                .label(pierced.span, "none of its flows meets this forbid")
                .label(forbid.span, "declared here")
                .help("take the name out of `pierces`, or correct the exception's `allow`");
            sink.report(report);
        }
    }
}
