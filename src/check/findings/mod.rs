//! Design findings: what is permitted exactly as written, and still should not be.
//!
//! In: a site with its policy and the catalogue. Out: reports, weighed by the site's hardening.
//!
//! FC-06 is SEG4006. Each finding is a function of its own, in the file of its group; a table says how much it
//! weighs, [`weigh`] what the site and the command line make of it. Deployment rules of the catalogue that a finding
//! sees to are quoted in its notes.
//!
//! Invariant: a finding changes no artefact. What only people can know is never guessed: it is a rule to confirm.

mod access;
mod delivery;
mod encryption;
mod exits;
mod missing;
mod provisioning;
mod reach;
mod redundant;
mod rules;
mod weigh;

pub use weigh::{Choices, weigh};

use super::reach::Graph;
use crate::catalogue::{Catalogue, DeploymentRule, FlowEntry, KindClass, RoleKind};
use crate::diagnostic::{Code, Diagnostic, Severity, Sink, codes};
use crate::model::Model;
use crate::policy::service::ServiceSet;
use crate::policy::{Exception, Flow, Hardening, Party, Policy, Provenance, RoleId};
use crate::source::Span;
use std::collections::BTreeMap;

/// Most pairs of roles that one report spells out.
const MOST_PAIRS: usize = 4;

/// A finding with its weight under standard and under strict hardening.
type Weight = (Code, Severity, Severity);

/// How much each finding weighs. What is not listed weighs what its code says.
const WEIGHTS: &[Weight] = {
    use Severity::{Error, Note, Warning};
    &[
        (codes::NO_DELIVERY, Warning, Error),
        (codes::DATA_IN_LOW_TRUST, Error, Error),
        (codes::CLEAR_TEXT, Warning, Error),
        (codes::STREAMING_ASTRAY, Error, Error),
        (codes::STREAMED_NOT_ALONE, Warning, Error),
        (codes::XML_IN_CLEAR, Warning, Error),
        (codes::PLAIN_ICA, Error, Error),
        (codes::REGISTRATION_ON_80, Note, Warning),
        (codes::LDAP_OR_DATABASE, Note, Warning),
        (codes::REACHES_ITSELF, Error, Error),
        (codes::ANY_IN_ALLOW, Error, Error),
        (codes::MANAGEMENT_PORT, Error, Error),
        (codes::HIGH_VALUE_NEAR, Note, Warning),
        (codes::IMAGES_OPEN, Error, Error),
        (codes::PROXY_NOT_POSSIBLE, Error, Error),
        (codes::REMOTE_DESKTOP_OPEN, Error, Error),
        (codes::SHARED_WIDENING, Warning, Error),
        (codes::DEFAULT_BENEATH, Error, Error),
        (codes::NO_WAY_OUT, Error, Error),
        (codes::FLOW_MISSING, Warning, Error),
        (codes::EDT_MISSING, Note, Note),
        (codes::HELPER_GROUP, Error, Error),
        (codes::PEERED_OVERLAP, Error, Error),
        (codes::REDUNDANT, Warning, Warning),
    ]
};

/// The weight of a code under a hardening.
fn weight(code: Code, hardening: Hardening) -> Severity {
    let listed = WEIGHTS.iter().find(|(listed, ..)| *listed == code);
    listed.map_or(code.severity(), |(_, standard, strict)| match hardening {
        Hardening::Standard => *standard,
        Hardening::Strict => *strict,
    })
}

/// A site under review.
#[derive(Debug, Clone)]
pub struct Review<'a> {
    model: &'a Model,
    policy: &'a Policy,
    catalogue: &'a Catalogue,
    /// The kind of each role, by position.
    kinds: Vec<Option<&'a RoleKind>>,
    /// What may start between two roles on the day, by address: whoever holds the address of a role counts as it.
    graph: Graph,
}

/// Reports every design finding. What targets found (SEG4017) is theirs to report.
pub fn check(review: &Review<'_>, sink: &mut Sink) {
    delivery::check(review, sink);
    encryption::check(review, sink);
    access::check(review, sink);
    reach::check(review, sink);
    exits::check(review, sink);
    provisioning::check(review, sink);
    missing::check(review, sink);
    redundant::check(review, sink);
    rules::check(review, sink);
}

/// What one statement permits that a finding is about.
#[derive(Debug, Clone)]
struct Line {
    span: Span,
    statement: String,
    /// The pairs of roles, with the services of each.
    ends: BTreeMap<(RoleId, RoleId), ServiceSet>,
    /// The services of all pairs.
    services: ServiceSet,
}

impl<'a> Review<'a> {
    /// Takes a site under review: what its file says, what that means on the day, and what the catalogue knows.
    pub fn new(model: &'a Model, policy: &'a Policy, catalogue: &'a Catalogue) -> Self {
        let graph = Graph::new(policy, policy.intended(), &ServiceSet::any());
        let kinds = policy.parties().map(|(_, party)| catalogue.kind(&party.kind)).collect();
        Self { model, policy, catalogue, kinds, graph }
    }

    fn party(&self, role: RoleId) -> Option<&'a Party> {
        self.policy.party(role)
    }

    fn kind(&self, role: RoleId) -> Option<&'a RoleKind> {
        self.kinds.get(role.index()).copied().flatten()
    }

    fn is(&self, role: RoleId, class: KindClass) -> bool {
        self.kind(role).is_some_and(|kind| kind.is(class))
    }

    /// Whether a role is of one of some kinds.
    fn is_kind(&self, role: RoleId, kinds: &[&str]) -> bool {
        self.party(role).is_some_and(|party| kinds.contains(&party.kind.as_str()))
    }

    fn roles_of(&self, class: KindClass) -> impl Iterator<Item = RoleId> + use<'_, 'a> {
        self.policy.parties().map(|(role, _)| role).filter(move |role| self.is(*role, class))
    }

    fn entry(&self, reason: &Provenance) -> Option<&'a FlowEntry> {
        self.catalogue.flow(reason.catalogue.as_deref()?)
    }

    /// Every flow of the site: the standing ones, and those of exceptions, in force or not.
    fn all_flows(&self) -> impl Iterator<Item = (&'a Flow, Option<&'a Exception>)> + use<'a> {
        let policy = self.policy;
        let standing = policy.flows().iter().filter(|flow| flow.expires.is_none()).map(|flow| (flow, None));
        let dated = policy.exceptions().iter();
        standing.chain(
            dated.flat_map(|exception| exception.flows.iter().map(move |flow| (flow, Some(exception)))),
        )
    }

    /// A report with the weight that the site's hardening gives it.
    fn report(&self, code: Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, message).severity(weight(code, self.policy.header().hardening))
    }

    /// The statements that permit what `pick` finds in one of their reasons, exceptions included; one entry each.
    fn lines(&self, pick: impl Fn(&Flow, &Provenance) -> Option<ServiceSet>) -> Vec<Line> {
        let mut lines: BTreeMap<Span, Line> = BTreeMap::new();
        for (flow, _) in self.all_flows() {
            for reason in &flow.provenance {
                let Some(services) = pick(flow, reason).filter(|services| !services.is_empty()) else {
                    continue;
                };
                let line = lines.entry(reason.span).or_insert_with(|| Line {
                    span: reason.span,
                    statement: reason.statement.clone(),
                    ends: BTreeMap::new(),
                    services: ServiceSet::empty(),
                });
                line.services = line.services.union(&services);
                let pair = line.ends.entry((flow.from, flow.to)).or_default();
                *pair = pair.union(&services);
            }
        }
        lines.into_values().collect()
    }

    /// A report on a line: `message` says what is wrong, the line's roles come as notes.
    fn report_line(&self, code: Code, line: &Line, message: String, label: &str) -> Diagnostic {
        let mut report = self.report(code, message).label(line.span, label);
        let name = |role| self.policy.name(role);
        for (from, to) in line.ends.keys() {
            report = report.about([name(*from), name(*to)]);
        }
        for ((from, to), services) in line.ends.iter().take(MOST_PAIRS) {
            report = report.note(format!("`{}` to `{}` on {services}", name(*from), name(*to)));
        }
        match line.ends.len().checked_sub(MOST_PAIRS) {
            Some(more) if more > 0 => report.note(format!("and {more} more pairs of roles")),
            _ => report,
        }
    }

    /// A report on a role, at its statement.
    fn report_role(&self, code: Code, role: RoleId, message: String, label: &str) -> Diagnostic {
        let report = self.report(code, message).about([self.policy.name(role)]);
        match self.party(role) {
            Some(party) => report.label(party.span, label),
            None => report,
        }
    }

    /// A deployment rule of the catalogue.
    fn rule(&self, id: &str) -> Option<&'a DeploymentRule> {
        self.catalogue.rules().iter().find(|rule| rule.id() == id)
    }

    /// Quotes a deployment rule in a report.
    fn with_rule(&self, report: Diagnostic, id: &str) -> Diagnostic {
        match self.rule(id) {
            Some(rule) => quote(report, rule),
            None => report,
        }
    }

    /// Whether anything may start from one role to another on some services, on the day.
    fn permits(&self, from: RoleId, to: RoleId, services: &ServiceSet) -> bool {
        self.graph.services(from, to).is_some_and(|permitted| permitted.meets(services))
    }

    /// Whether all of some services may start from one role to another on the day, for at least some of their addresses.
    fn permits_all(&self, from: RoleId, to: RoleId, services: &ServiceSet) -> bool {
        self.graph.services(from, to).is_some_and(|permitted| permitted.contains_all(services))
    }
}

/// Quotes a deployment rule with its source.
fn quote(report: Diagnostic, rule: &DeploymentRule) -> Diagnostic {
    let source =
        rule.sources().first().map_or_else(String::new, |source| format!(" ({})", source_of(source)));
    let report =
        report.note(format!("rule `{}`: {}{source}", rule.id(), rule.statement().trim_end_matches('.')));
    match rule.without_rule() {
        Some(seen) if seen.quoted => report.note(format!("without it the product says: \"{}\"", seen.text)),
        Some(seen) => report.note(format!("without it: {}", seen.text.trim_end_matches('.'))),
        None => report,
    }
}

fn source_of(source: &crate::catalogue::Source) -> String {
    match source.date.as_ref() {
        Some(date) => format!("{}, {date}", source.title),
        None => source.title.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_hardening_is_what_the_table_of_codes_says() {
        for (code, standard, strict) in WEIGHTS {
            assert_eq!(code.severity(), *standard, "{code}");
            assert!(strict >= standard, "{code} weighs less under strict hardening");
        }
        assert_eq!(WEIGHTS.len(), 24, "FC-01 to FC-24");
    }
}
