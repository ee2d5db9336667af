//! The file's own tests.
//!
//! In: the expect lines of a [`Policy`]. Out: reports of those that do not hold, or the answer to each pair of roles.
//!
//! Invariant: both ways of asking agree: a line is reported exactly when an answer of it fails.

use super::reasons::{Permitting, Reason};
use super::verdict::{Level, Question, Verdict, counterexample, judge};
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::policy::{Expect, Policy, RoleId};
use crate::source::Span;
use crate::target::compare::intended_between;
use indexmap::IndexSet;
use std::collections::{BTreeMap, BTreeSet};

/// Most pairs of roles of one line that are answered one by one; a longer line is answered as a whole.
const MOST_PAIRS: usize = 10_000;

/// The answer to one pair of roles of an expect line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Position in [`Policy::expects`].
    pub expect: usize,
    /// Who starts and who answers; `None` for a line of too many pairs, answered as a whole.
    pub pair: Option<(RoleId, RoleId)>,
    /// What must come out.
    pub wanted: Verdict,
    /// What comes out; for a whole line that of the first pair that fails.
    pub got: Verdict,
    /// What decides.
    pub reasons: Vec<Reason>,
}

/// Answers every expect line at the intent level, pair by pair, in the order of the file.
pub fn ask_all(policy: &Policy) -> Vec<Answered> {
    let permitting = Permitting::new(policy);
    let mut answers = Vec::new();
    for (at, expect) in policy.expects().iter().enumerate() {
        if expect.from.len().saturating_mul(expect.to.len()) > MOST_PAIRS {
            answers.push(whole_line(policy, &permitting, at, expect));
            continue;
        }
        let mut pairs = IndexSet::new();
        for (from, to) in directions(expect) {
            pairs.extend(from.iter().flat_map(|from| to.iter().map(|to| (*from, *to))));
        }
        answers.extend(pairs.into_iter().map(|(from, to)| {
            let got = judge(&expect.services, &intended_between(policy, from, to));
            let reasons = permitting.reasons((from, to), &expect.services, got);
            Answered { expect: at, pair: Some((from, to)), wanted: wanted(expect), got, reasons }
        }));
    }
    answers
}

fn whole_line(policy: &Policy, permitting: &Permitting<'_>, at: usize, expect: &Expect) -> Answered {
    let wanted = wanted(expect);
    let failing = first_failing(policy, expect);
    let reasons = match failing {
        Some((from, to, got)) => {
            let text = format!("fails first for `{}` to `{}`", policy.name(from), policy.name(to));
            let mut reasons = vec![Reason { text, span: None }];
            reasons.extend(permitting.reasons((from, to), &expect.services, got));
            reasons
        }
        None => vec![Reason { text: "holds for every pair of roles".to_owned(), span: None }],
    };
    Answered { expect: at, pair: None, wanted, got: failing.map_or(wanted, |(_, _, got)| got), reasons }
}

fn wanted(expect: &Expect) -> Verdict {
    if expect.allow { Verdict::Allow } else { Verdict::Deny }
}

fn directions(expect: &Expect) -> Vec<(&[RoleId], &[RoleId])> {
    let mut directions = vec![(expect.from.as_slice(), expect.to.as_slice())];
    if expect.both_ways {
        directions.push((&expect.to, &expect.from));
    }
    directions
}

/// The first pair for which a line does not hold, with what comes out.
fn first_failing(policy: &Policy, expect: &Expect) -> Option<(RoleId, RoleId, Verdict)> {
    directions(expect).into_iter().find_map(|(from, to)| {
        let pairs: Vec<(RoleId, RoleId)> = if expect.allow {
            from.iter().flat_map(|from| to.iter().map(|to| (*from, *to))).collect()
        } else {
            suspects(policy, from, to, &expect.services).into_iter().collect()
        };
        pairs.into_iter().find_map(|(from, to)| {
            let got = judge(&expect.services, &intended_between(policy, from, to));
            (got != wanted(expect)).then_some((from, to, got))
        })
    })
}

/// Reports every expect line that does not hold at the intent level.
pub fn check(policy: &Policy, sink: &mut Sink) {
    for expect in policy.expects() {
        let Some((from, to, got)) = first_failing(policy, expect) else { continue };
        let ends = format!("`{}` to `{}` on {}", policy.name(from), policy.name(to), expect.services);
        let message = match (wanted(expect), got) {
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
        let question = Question { from, to, services: expect.services.clone(), level: Level::Intent };
        if let Some(packet) = counterexample(policy, None, &question, wanted(expect)) {
            report = report.note(packet.note());
        }
        sink.report(report.help("correct the rules or the expectation; `segc why` shows what decides"));
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
