//! What the site and the command line make of the findings.
//!
//! In: reports, the site's `accept` statements, `--deny` and `--allow`. Out: the same reports with their final weights.
//!
//! Invariant: nothing is dropped. What a site lives with becomes a note that carries the reason; what is denied on the
//! command line is an error, accepted or not.

use super::{Review, weight};
use crate::catalogue::KindClass;
use crate::diagnostic::{Code, Diagnostic, ON_COMMAND_LINE, Severity, Sink, codes};
use crate::model::{Accept, Model, RoleId};
use time::Date;

/// What the command line says about findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Findings that are errors whatever the site says.
    pub deny: Vec<Code>,
    /// True when every warning is an error.
    pub deny_warnings: bool,
    /// Findings that are accepted without a word in the site.
    pub allow: Vec<Code>,
}

/// Gives every report its final weight, and reports `accept` statements that no finding needs or that have expired.
pub fn weigh(review: &Review<'_>, choices: &Choices, reports: Vec<Diagnostic>, sink: &mut Sink) {
    let (model, today) = (review.model, review.policy.header().as_of);
    let in_force: Vec<&Accept> = model.accepts.iter().filter(|accept| is_in_force(accept, today)).collect();
    let mut used = vec![false; in_force.len()];
    for report in reports {
        let report = if report.code == codes::SHARED_WIDENING && !is_imposed(review, &report) {
            let severity = weight(report.code, review.policy.header().hardening);
            report.severity(severity)
        } else {
            report
        };
        let reason = accepted(&report, model, &in_force, &mut used);
        sink.report(weighed(report, reason, choices));
    }
    for accept in &model.accepts {
        if !is_in_force(accept, today) {
            sink.report(weighed(expired(accept, today), None, choices));
        }
    }
    for (accept, _) in in_force.iter().zip(used).filter(|(_, used)| !used) {
        sink.report(weighed(unneeded(accept), None, choices));
    }
}

/// Whether a widening comes of a group that helper instances wear: provisioning makes it so (FC-22), and no hardening can
/// ask otherwise.
fn is_imposed(review: &Review<'_>, report: &Diagnostic) -> bool {
    let Some([from, to]) = report.about.first().map(Vec::as_slice) else { return false };
    let (Some(from), Some(to)) = (review.policy.find(from), review.policy.find(to)) else { return false };
    let shares = |meant: RoleId, gaining: RoleId| {
        let group = |role| review.party(role).map(|party| party.group);
        let has_helper = review.is(meant, KindClass::Helper) || review.is(gaining, KindClass::Helper);
        meant == gaining || (group(meant) == group(gaining) && has_helper)
    };
    let flows = review.policy.flows().iter();
    flows
        .filter(|flow| (flow.from, flow.to) != (from, to))
        .any(|flow| shares(flow.from, from) && shares(flow.to, to))
}

fn is_in_force(accept: &Accept, today: Date) -> bool {
    accept.until.is_none_or(|until| today < until)
}

fn unneeded(accept: &Accept) -> Diagnostic {
    Diagnostic::new(
        codes::ACCEPTS_NOTHING,
        format!("nothing of the site needs that {} is accepted", accept.code),
    )
    .label(accept.span, "accepts nothing")
    .help("take it out: it would hide what a later change brings")
}

fn expired(accept: &Accept, today: Date) -> Diagnostic {
    let until = accept.until.map_or_else(String::new, |until| until.to_string());
    Diagnostic::new(codes::ACCEPTANCE_EXPIRED, format!("{} is accepted until {until} only", accept.code))
        .label(accept.span, format!("the day is {today}"))
        .help("mend what it accepted, or have it approved again with a later `until`")
}

/// The reason for which the site lives with a report: for all that it is about, or not at all.
fn accepted(report: &Diagnostic, model: &Model, accepts: &[&Accept], used: &mut [bool]) -> Option<String> {
    let covers = |accept: &Accept, roles: &[String]| {
        accept.on.is_empty()
            || accept.on.iter().any(|role| roles.iter().any(|name| name == name_of(model, *role)))
    };
    let of_code = || accepts.iter().enumerate().filter(|(_, accept)| accept.code == report.code);
    let everything = [Vec::new()];
    let parts = if report.about.is_empty() { &everything[..] } else { &report.about };
    let mut chosen = Vec::new();
    for roles in parts {
        chosen.push(of_code().find(|(_, accept)| covers(accept, roles))?);
    }
    chosen.sort_by_key(|(at, _)| *at);
    chosen.dedup_by_key(|(at, _)| *at);
    for (at, _) in &chosen {
        if let Some(used) = used.get_mut(*at) {
            *used = true;
        }
    }
    let reasons: Vec<&str> = chosen.iter().map(|(_, accept)| accept.because.as_str()).collect();
    Some(reasons.join("; "))
}

fn name_of(model: &Model, role: RoleId) -> &str {
    model.roles.get(role.index()).map_or("", |role| role.name.as_str())
}

fn weighed(mut report: Diagnostic, reason: Option<String>, choices: &Choices) -> Diagnostic {
    if !report.code.is_acceptable() {
        let is_denied = choices.deny_warnings && report.severity == Severity::Warning;
        report.severity = if is_denied { Severity::Error } else { report.severity };
        return report;
    }
    let is_allowed = choices.allow.contains(&report.code);
    let reason = reason.or_else(|| is_allowed.then(|| ON_COMMAND_LINE.to_owned()));
    if choices.deny.contains(&report.code) {
        return report.severity(Severity::Error);
    }
    if reason.is_some() {
        report.accepted = reason;
        return report.severity(Severity::Note);
    }
    if choices.deny_warnings && report.severity == Severity::Warning {
        return report.severity(Severity::Error);
    }
    report
}
