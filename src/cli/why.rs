//! `segc why`: the line that decides, or the nearest one.

use super::args::{Global, LevelArg, Why};
use super::session::Session;
use super::terminal::Stream;
use super::{EXIT_FINE, EXIT_USAGE};
use crate::check::verdict::{Answer, Level, Question, Verdict, ask};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::driver::{Site, plan_and_prove, suggest};
use crate::policy::service::ServiceSet;
use crate::policy::{Flow, Policy, Provenance, RoleId};
use crate::source::SourceMap;
use serde::Serialize;
use std::fmt::Write;

#[derive(Debug, Serialize)]
struct JsonAnswer<'a> {
    from: &'a str,
    to: &'a str,
    service: String,
    verdict: &'static str,
    level: &'static str,
    as_of: String,
    enforced: bool,
    reasons: Vec<JsonReason<'a>>,
    forbids: Vec<JsonReason<'a>>,
    nearest: Vec<JsonReason<'a>>,
    /// Lines that would permit it, for a question that is not wholly allowed and that no forbid excludes.
    suggestions: Vec<String>,
}

#[derive(Debug, Serialize)]
struct JsonReason<'a> {
    statement: String,
    path: String,
    line: u32,
    catalogue: Option<&'a str>,
    /// False where no document confirms the catalogue entry; null where there is none.
    verified: Option<bool>,
    from: &'a str,
    to: &'a str,
    service: String,
    because: &'a str,
    id: Option<&'a str>,
}

pub(super) fn run(arguments: &Why, global: &Global) -> u8 {
    let Some(services) = ServiceSet::parse(&arguments.port) else {
        let terminal = super::terminal::Terminal::new(global.clone());
        let text = format!(
            "error: `{}` is not a port\n\nhelp: write tcp/443, udp/1024-2048, icmp/8 or any\n",
            arguments.port
        );
        terminal.complain(&text);
        return EXIT_USAGE;
    };
    let mut session = Session::open(&arguments.site, global);
    let Some(model) = session.model() else { return session.finish(Stream::Report) };
    let Some(policy) = session.policy_to_ask(&model, None) else { return session.finish(Stream::Report) };
    let roles = (find(&policy, &arguments.from, &mut session), find(&policy, &arguments.to, &mut session));
    let (Some(from), Some(to)) = roles else { return session.finish(Stream::Report) };
    let level = match arguments.level {
        LevelArg::Intent => Level::Intent,
        LevelArg::Artefact => Level::Artefact,
    };
    let mut deployed = None;
    if level == Level::Artefact {
        let Some(proof) = plan_and_prove(&policy, &session.options, &mut session.site.sink) else {
            return session.finish(Stream::Report);
        };
        deployed = Some(proof.deployed);
    }
    let question = Question { from, to, services, level };
    let answer = ask(&policy, deployed.as_ref(), &question);
    let json = json_answer(&policy, &session.site, &question, &answer);
    if session.terminal.is_json() {
        session.terminal.print_json(&json);
    } else {
        session.terminal.print(&text_answer(&json));
    }
    session.finish_beside(EXIT_FINE)
}

fn find(policy: &Policy, name: &str, session: &mut Session) -> Option<RoleId> {
    let found = policy.find(name);
    if found.is_none() {
        let report = Diagnostic::new(codes::UNKNOWN_ROLE, format!("the site has no role `{name}`"));
        let names: Vec<&str> = policy.parties().map(|(_, party)| party.name.as_str()).collect();
        session.site.sink.report(match nearest(name, names.iter().copied()) {
            Some(near) => report.help(format!("did you mean `{near}`?")),
            None => report.help(format!("there are: {}", names.join(", "))),
        });
    }
    found
}

fn json_answer<'a>(
    policy: &'a Policy,
    site: &Site,
    question: &Question,
    answer: &Answer<'a>,
) -> JsonAnswer<'a> {
    let sources = &site.sources;
    let reasons = |flows: &[&'a Flow]| {
        flows.iter().flat_map(|flow| flow_reasons(policy, sources, flow, &question.services)).collect()
    };
    let forbids = answer.forbids.iter().filter_map(|at| policy.forbids().get(*at));
    JsonAnswer {
        from: policy.name(question.from),
        to: policy.name(question.to),
        service: question.services.to_string(),
        verdict: answer.verdict.word(),
        level: question.level.word(),
        as_of: policy.header().as_of.to_string(),
        enforced: answer.enforced,
        reasons: reasons(&answer.flows),
        forbids: forbids
            .map(|forbid| JsonReason {
                statement: format!("forbid {}", forbid.name),
                path: sources.locate(forbid.span).map_or_else(String::new, |(path, _)| path.to_owned()),
                line: sources.locate(forbid.span).map_or(0, |(_, at)| at.line),
                catalogue: None,
                verified: None,
                from: policy.name(question.from),
                to: policy.name(question.to),
                service: forbid.services.to_string(),
                because: &forbid.because,
                id: None,
            })
            .collect(),
        nearest: reasons(&answer.nearest),
        suggestions: if answer.verdict == Verdict::Allow || !answer.forbids.is_empty() {
            Vec::new()
        } else {
            suggest(policy, &site.catalogue, question)
        },
    }
}

/// The reasons for what was asked; the first one of a flow that is only near.
fn flow_reasons<'a>(
    policy: &'a Policy,
    sources: &SourceMap,
    flow: &'a Flow,
    asked: &ServiceSet,
) -> Vec<JsonReason<'a>> {
    let mut reasons: Vec<&Provenance> =
        flow.provenance.iter().filter(|reason| reason.services.meets(asked)).collect();
    if reasons.is_empty() {
        reasons.extend(flow.provenance.first());
    }
    let json = |reason: &'a Provenance| {
        let place = sources.locate(reason.span);
        JsonReason {
            statement: reason.statement.clone(),
            path: place.map_or_else(String::new, |(path, _)| path.to_owned()),
            line: place.map_or(0, |(_, at)| at.line),
            catalogue: reason.catalogue.as_deref(),
            verified: reason.catalogue_verified(),
            from: policy.name(flow.from),
            to: policy.name(flow.to),
            service: reason.services.to_string(),
            because: &reason.because,
            id: Some(flow.id.as_str()),
        }
    };
    reasons.into_iter().map(json).collect()
}

fn text_answer(answer: &JsonAnswer<'_>) -> String {
    let mut text = format!(
        "{}: {} to {} on {} ({} level, {})\n",
        answer.verdict, answer.from, answer.to, answer.service, answer.level, answer.as_of
    );
    if answer.level == Level::Artefact.word() && !answer.enforced {
        text.push_str("  no artefact enforces either end: the file's word stands\n");
    }
    list(&mut text, "because", &answer.reasons);
    list(&mut text, "excluded by", &answer.forbids);
    if answer.verdict != "allow" && answer.reasons.is_empty() {
        list(&mut text, "nearest", &answer.nearest);
    }
    if answer.reasons.is_empty() && answer.forbids.is_empty() {
        text.push_str("  no line permits it: default deny\n");
    }
    for line in &answer.suggestions {
        // Writing into a string can't fail.
        let _ = writeln!(text, "  would permit it: {line}");
    }
    text
}

fn list(text: &mut String, heading: &str, reasons: &[JsonReason<'_>]) {
    for reason in reasons {
        // Writing into a string can't fail.
        let _ = writeln!(
            text,
            "  {heading} {} at {}:{}: {} to {} on {}",
            reason.statement, reason.path, reason.line, reason.from, reason.to, reason.service
        );
        let remark = if reason.verified == Some(false) { ", unverified" } else { "" };
        let source =
            reason.catalogue.map(|entry| format!(" (catalogue {entry}{remark})")).unwrap_or_default();
        let _ = writeln!(text, "    {}{source}", reason.because);
    }
}
