//! `segc why`: from a packet to the statement, the catalogue entry and its source; at the artefact level to the rules
//! that carry it, or the end that drops it; for what does not pass, to the nearest line that would let it.
//!
//! In: two ends (roles, or addresses at which roles sit) and a port. Out: one answer for each pair of roles.
//!
//! Invariant: an answer about an address is about that address alone, not about its whole role.

mod answer;
mod rules;
mod text;

use super::EXIT_FINE;
use super::args::{Global, Why};
use super::questions;
use super::session::Session;
use super::terminal::Stream;
use crate::check::verdict::{Level, Points, Question, ask_at};
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::driver::{compile, plan_and_prove};
use crate::policy::address::AddressSet;
use crate::policy::owners::Owners;
use crate::policy::universe::AtomId;
use crate::policy::{Policy, RoleId};
use crate::target::compare::Deployed;
use crate::target::manifest::Manifest;
use answer::JsonAnswer;
use serde::Serialize;
use std::net::IpAddr;

/// The answers to a question about addresses.
#[derive(Debug, Serialize)]
struct JsonAnswers<'a> {
    from: &'a str,
    to: &'a str,
    answers: Vec<JsonAnswer<'a>>,
}

/// A role with the points of it that are asked about.
struct End {
    role: RoleId,
    points: Vec<AtomId>,
}

/// Everything that an answer is taken from.
struct Context<'a> {
    policy: &'a Policy,
    session: &'a Session,
    deployed: Option<&'a Deployed>,
    /// The addresses that were typed for the two ends, where they were.
    addresses: (Option<IpAddr>, Option<IpAddr>),
    /// What a compile would write; absent at the intent level, and while the site has errors.
    manifest: Option<&'a Manifest>,
}

/// What the artefacts are, at the artefact level.
struct Artefacts {
    deployed: Deployed,
    manifest: Option<Manifest>,
}

pub(super) fn run(arguments: &Why, global: &Global) -> u8 {
    run_to_code(arguments, global).unwrap_or_else(|code| code)
}

fn run_to_code(arguments: &Why, global: &Global) -> Result<u8, u8> {
    let services = questions::services(&arguments.port, global)?;
    let mut asked = questions::open(&arguments.site, global, false)?;
    let ends = (
        ends(&arguments.from, &asked.policy, &mut asked.session),
        ends(&arguments.to, &asked.policy, &mut asked.session),
    );
    let (Some(from), Some(to)) = ends else { return Err(asked.session.finish(Stream::Report)) };
    let level = arguments.level.level();
    let mut artefacts = None;
    if level == Level::Artefact {
        artefacts = read_artefacts(&asked.policy, &mut asked.session);
        if artefacts.is_none() {
            return Err(asked.session.finish(Stream::Report));
        }
    }
    let context = Context {
        policy: &asked.policy,
        session: &asked.session,
        addresses: (address(&arguments.from), address(&arguments.to)),
        deployed: artefacts.as_ref().map(|artefacts| &artefacts.deployed),
        manifest: artefacts.as_ref().and_then(|artefacts| artefacts.manifest.as_ref()),
    };
    let mut answers = Vec::new();
    for source in &from {
        for destination in &to {
            let (from, to) = (source.role, destination.role);
            let question = Question { from, to, services: services.clone(), level };
            let points = Points { from: &source.points, to: &destination.points };
            let found = ask_at(context.policy, context.deployed, &question, points);
            answers.push(answer::json(&context, &question, points, &found));
        }
    }
    print(arguments, &asked.session, answers);
    Ok(asked.session.finish_beside(EXIT_FINE))
}

fn print(arguments: &Why, session: &Session, answers: Vec<JsonAnswer<'_>>) {
    let is_about_roles = address(&arguments.from).is_none() && address(&arguments.to).is_none();
    match answers.as_slice() {
        [answer] if session.terminal.is_json() && is_about_roles => session.terminal.print_json(answer),
        _ if session.terminal.is_json() => {
            let (from, to) = (arguments.from.as_str(), arguments.to.as_str());
            session.terminal.print_json(&JsonAnswers { from, to, answers });
        }
        answers => {
            let texts: Vec<String> = answers.iter().map(text::text).collect();
            session.terminal.print(&texts.join("\n"));
        }
    }
}

/// What a compile would write, and what that decides. `None` after a report.
fn read_artefacts(policy: &Policy, session: &mut Session) -> Option<Artefacts> {
    let mut sink = Sink::new();
    // Beside errors nothing is written, so that there is no rule to point at.
    if !session.site.sink.has_errors()
        && let Some(compiled) = compile(policy, &session.site, &session.options, &mut sink)
    {
        session.site.sink.extend(sink.into_sorted());
        return Some(Artefacts { deployed: compiled.proof.deployed, manifest: Some(compiled.manifest) });
    }
    let proof = plan_and_prove(policy, &session.options, &mut session.site.sink)?;
    Some(Artefacts { deployed: proof.deployed, manifest: None })
}

fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok()
}

/// The roles that a word means: one by its name, or those that sit at an address. `None` after a report.
fn ends(text: &str, policy: &Policy, session: &mut Session) -> Option<Vec<End>> {
    let Some(address) = address(text) else {
        let role = questions::find_role(policy, text, session)?;
        return Some(vec![End { role, points: policy.universe().of_role(role).to_vec() }]);
    };
    let there = policy.universe().touching(&AddressSet::from_ranges([&address.into()]));
    let roles = Owners::new(policy).of_all(&there);
    if roles.is_empty() {
        session.site.sink.report(nobody(policy, address));
        return None;
    }
    let end = |role| {
        let points = policy.universe().of_role(role).iter().copied().filter(|atom| there.contains(atom));
        End { role, points: points.collect() }
    };
    Some(roles.into_iter().map(end).collect())
}

fn nobody(policy: &Policy, address: IpAddr) -> Diagnostic {
    let one = AddressSet::from_ranges([&address.into()]);
    let report = Diagnostic::new(codes::UNKNOWN_ROLE, format!("no role of the site sits at `{address}`"));
    match policy.segments().find(|(_, segment)| segment.addresses.meets(&one)) {
        Some((_, segment)) => report
            .label(segment.span, "the address is in this segment")
            .help(format!("declare a role on segment `{}`; whatever is no role is denied", segment.name)),
        None => report.help("declare a role with its range; whatever is no role is denied"),
    }
}
