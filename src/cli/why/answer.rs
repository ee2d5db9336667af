//! One answer as values, the same for people and programs.
//!
//! In: a question with its verdict. Out: [`JsonAnswer`].
//!
//! Invariant: keys are only ever added.

use super::Context;
use super::rules::{self, JsonEnd, JsonRule};
use crate::check::verdict::{Answer, Level, Points, Question, Verdict, passing_at};
use crate::cli::questions::place;
use crate::driver::{Suggestion, suggest};
use crate::policy::address::AddressSet;
use crate::policy::example::{self, Packet};
use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::policy::{Encryption, Flow, Forbid, Policy, Provenance};
use crate::source::{SourceMap, Span};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

#[derive(Debug, Serialize)]
pub(super) struct JsonAnswer<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) service: String,
    pub(super) verdict: &'static str,
    pub(super) level: &'static str,
    pub(super) as_of: String,
    pub(super) enforced: bool,
    pub(super) reasons: Vec<JsonReason<'a>>,
    pub(super) forbids: Vec<JsonReason<'a>>,
    pub(super) nearest: Vec<JsonReason<'a>>,
    /// Lines that would permit it, for a question that is not wholly allowed and that no forbid excludes.
    pub(super) suggestions: Vec<String>,
    /// The lowest packet that passes, null where none does.
    pub(super) passes: Option<JsonPacket>,
    /// The lowest packet that does not pass, null where all do.
    pub(super) dropped: Option<JsonPacket>,
    /// For a partial verdict: exactly what passes.
    pub(super) passing: Vec<JsonClass>,
    /// At the artefact level: what each enforced end does.
    pub(super) ends: Vec<JsonEnd<'a>>,
    /// At the artefact level: the rules that carry it. Null at the intent level and while the site has errors.
    pub(super) rules: Option<Vec<JsonRule<'a>>>,
    /// Intents behind `suggestions`, or those that come nearest.
    pub(super) intents: Vec<JsonIntent>,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonReason<'a> {
    pub(super) statement: String,
    pub(super) path: String,
    pub(super) line: u32,
    /// The first line of the statement as written.
    pub(super) text: String,
    pub(super) catalogue: Option<&'a str>,
    /// False where no document confirms the catalogue entry; null where there is none.
    pub(super) verified: Option<bool>,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) service: String,
    pub(super) because: &'a str,
    pub(super) id: Option<&'a str>,
    /// What protects the content, as the catalogue entry says.
    pub(super) encryption: Option<&'static str>,
    /// The documents behind the catalogue entry.
    pub(super) sources: Vec<JsonSource<'a>>,
    /// For a nearest flow: in what it differs from the question.
    pub(super) differs: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonSource<'a> {
    pub(super) title: &'a str,
    pub(super) date: Option<&'a str>,
    pub(super) version: Option<&'a str>,
    pub(super) address: Option<&'a str>,
    pub(super) read: Option<&'a str>,
    pub(super) says: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonPacket {
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) service: String,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonClass {
    /// The addresses that may start; the role's name where it has none.
    pub(super) from: String,
    /// The addresses that are reached.
    pub(super) to: String,
    pub(super) service: String,
}

#[derive(Debug, Serialize)]
pub(super) struct JsonIntent {
    /// The line to type.
    pub(super) line: String,
    pub(super) what: String,
    /// True when it permits everything that was asked.
    pub(super) permits: bool,
    /// In what it differs from the question.
    pub(super) differs: Vec<String>,
    /// What to change in a line that the site has.
    pub(super) change: Option<String>,
}

/// The answer with everything that belongs to it.
pub(super) fn json<'a>(
    context: &Context<'a>,
    question: &Question,
    points: Points<'_>,
    answer: &Answer<'a>,
) -> JsonAnswer<'a> {
    let policy = context.policy;
    let is_artefact = question.level == Level::Artefact;
    let passing = |from, to| passing_at(policy, context.deployed, question.level, (from, to));
    let passed = |from, to| question.services.intersection(&passing(from, to));
    let dropped = |from, to| question.services.difference(&passing(from, to));
    let may_suggest = answer.verdict != Verdict::Allow && answer.forbids.is_empty();
    let found =
        if may_suggest { suggest(policy, &context.session.site.catalogue, question) } else { Vec::new() };
    let forbids = answer.forbids.iter().filter_map(|at| policy.forbids().get(*at));
    JsonAnswer {
        from: policy.name(question.from),
        to: policy.name(question.to),
        service: question.services.to_string(),
        verdict: answer.verdict.word(),
        level: question.level.word(),
        as_of: policy.header().as_of.to_string(),
        enforced: answer.enforced,
        reasons: reasons(context, &answer.flows, question, false),
        forbids: forbids.map(|forbid| forbid_reason(context, question, forbid)).collect(),
        nearest: reasons(context, &answer.nearest, question, true),
        suggestions: found.iter().filter(|one| one.permits).map(|one| one.line.clone()).collect(),
        passes: packet(context, points, passed),
        dropped: packet(context, points, dropped),
        passing: if answer.verdict == Verdict::Partial {
            classes(context, points, passed)
        } else {
            Vec::new()
        },
        ends: if is_artefact { rules::ends(context, question, points) } else { Vec::new() },
        rules: context.manifest.map(|manifest| rules::rules(manifest, &answer.flows, question)),
        intents: found.into_iter().map(|one| intent(one, &context.session.site.sources)).collect(),
    }
}

fn packet(
    context: &Context<'_>,
    points: Points<'_>,
    services: impl Fn(AtomId, AtomId) -> ServiceSet,
) -> Option<JsonPacket> {
    let classes: Vec<(AtomId, AtomId, ServiceSet)> =
        points.pairs().map(|(from, to)| (from, to, services(from, to))).collect();
    let lowest =
        example::lowest(context.policy, classes.iter().map(|(from, to, services)| (*from, *to, services)));
    lowest.map(|Packet { source, destination, service }| JsonPacket {
        source: typed(context.addresses.0, || source.plain()),
        destination: typed(context.addresses.1, || destination.plain()),
        service: service.to_string(),
    })
}

/// The address that was asked about, else what the points say.
fn typed(address: Option<IpAddr>, otherwise: impl Fn() -> String) -> String {
    address.map_or_else(otherwise, |address| address.to_string())
}

/// What passes, points with the same destinations and services joined.
fn classes(
    context: &Context<'_>,
    points: Points<'_>,
    services: impl Fn(AtomId, AtomId) -> ServiceSet,
) -> Vec<JsonClass> {
    let policy = context.policy;
    let mut by_source: BTreeMap<(AtomId, ServiceSet), BTreeSet<AtomId>> = BTreeMap::new();
    for (from, to) in points.pairs() {
        let passing = policy.universe().possible(from, to, &services(from, to));
        if !passing.is_empty() {
            by_source.entry((from, passing)).or_default().insert(to);
        }
    }
    let mut joined: BTreeMap<(BTreeSet<AtomId>, ServiceSet), BTreeSet<AtomId>> = BTreeMap::new();
    for ((from, passing), to) in by_source {
        joined.entry((to, passing)).or_default().insert(from);
    }
    joined
        .into_iter()
        .map(|((to, passing), from)| JsonClass {
            from: typed(context.addresses.0, || addresses(policy, &from)),
            to: typed(context.addresses.1, || addresses(policy, &to)),
            service: passing.to_string(),
        })
        .collect()
}

fn addresses(policy: &Policy, points: &BTreeSet<AtomId>) -> String {
    let atoms: Vec<_> = points.iter().filter_map(|atom| policy.universe().get(*atom)).collect();
    let all = AddressSet::union_of(atoms.iter().map(|atom| &atom.addresses));
    if all.is_empty() {
        let role = atoms.first().and_then(|atom| atom.role);
        return role.map_or("", |role| policy.name(role)).to_owned();
    }
    all.to_string()
}

fn intent(suggestion: Suggestion, sources: &SourceMap) -> JsonIntent {
    let change = suggestion.existing.filter(|_| !suggestion.options.is_empty()).map(|span| {
        let (path, line) = place(sources, span);
        format!("set `{}` on the line at {path}:{line}", suggestion.options.join(" "))
    });
    JsonIntent {
        line: suggestion.line,
        what: suggestion.what,
        permits: suggestion.permits,
        differs: suggestion.differs,
        change,
    }
}

fn forbid_reason<'a>(context: &Context<'a>, question: &Question, forbid: &'a Forbid) -> JsonReason<'a> {
    let sources = &context.session.site.sources;
    let (path, line) = place(sources, forbid.span);
    JsonReason {
        statement: format!("forbid {}", forbid.name),
        path,
        line,
        text: first_line(sources, forbid.span),
        catalogue: None,
        verified: None,
        from: context.policy.name(question.from),
        to: context.policy.name(question.to),
        service: forbid.services.to_string(),
        because: &forbid.because,
        id: None,
        encryption: None,
        sources: Vec::new(),
        differs: Vec::new(),
    }
}

/// The reasons of some flows for what was asked; the first one of a flow that is only near.
fn reasons<'a>(
    context: &Context<'a>,
    flows: &[&'a Flow],
    question: &Question,
    is_near: bool,
) -> Vec<JsonReason<'a>> {
    let mut found = Vec::new();
    for flow in flows {
        let mut reasons: Vec<&'a Provenance> =
            flow.provenance.iter().filter(|reason| reason.services.meets(&question.services)).collect();
        if reasons.is_empty() {
            reasons.extend(flow.provenance.first());
        }
        let differs = if is_near { differences(context.policy, flow, question) } else { Vec::new() };
        found.extend(reasons.into_iter().map(|one| reason(context, flow, one, differs.clone())));
    }
    found
}

fn reason<'a>(
    context: &Context<'a>,
    flow: &'a Flow,
    reason: &'a Provenance,
    differs: Vec<String>,
) -> JsonReason<'a> {
    let site = &context.session.site;
    let (path, line) = place(&site.sources, reason.span);
    let entry = reason.catalogue.as_deref().and_then(|id| site.catalogue.flow(id));
    let sources = entry.map(|entry| entry.sources()).unwrap_or_default();
    JsonReason {
        statement: reason.statement.clone(),
        path,
        line,
        text: first_line(&site.sources, reason.span),
        catalogue: reason.catalogue.as_deref(),
        verified: reason.catalogue_verified(),
        from: context.policy.name(flow.from),
        to: context.policy.name(flow.to),
        service: reason.services.to_string(),
        because: &reason.because,
        id: Some(flow.id.as_str()),
        encryption: reason.encryption.map(Encryption::word),
        sources: sources
            .iter()
            .map(|source| JsonSource {
                title: &source.title,
                date: source.date.as_deref(),
                version: source.version.as_deref(),
                address: source.address.as_deref(),
                read: source.read.as_deref(),
                says: &source.says,
            })
            .collect(),
        differs,
    }
}

/// In what a near flow differs from what was asked.
fn differences(policy: &Policy, flow: &Flow, question: &Question) -> Vec<String> {
    let mut differs = Vec::new();
    if flow.from == question.to && flow.to == question.from && flow.from != flow.to {
        differs.push("direction: the other role starts".to_owned());
    } else {
        for (what, there, asked) in
            [("source", flow.from, question.from), ("destination", flow.to, question.to)]
        {
            if there != asked {
                let (there, asked) = (policy.name(there), policy.name(asked));
                differs.push(format!("{what}: `{there}` instead of `{asked}`"));
            }
        }
    }
    let missing = question.services.difference(&flow.services);
    if !missing.is_empty() {
        differs.push(format!("port: it does not permit {missing}"));
    }
    differs
}

/// The first line of a statement, harmless to a terminal.
fn first_line(sources: &SourceMap, span: Span) -> String {
    let text = sources.slice(span).trim();
    let line = text.lines().next().unwrap_or_default().trim_end();
    let more = if text.lines().count() > 1 { " ..." } else { "" };
    let clean: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{clean}{more}")
}
