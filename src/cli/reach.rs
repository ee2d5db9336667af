//! `segc reach`: what a role can reach and who can reach it, hop by hop.
//!
//! Invariant: every role within reach stands there once, with one of its shortest chains and the lines that open each
//! hop.

use super::EXIT_FINE;
use super::args::{Global, Reach};
use super::questions::{self, Asked, Line};
use super::terminal::Stream;
use crate::check::access::{FlowIndex, passing};
use crate::check::reach::{Graph, Way};
use crate::check::verdict::Level;
use crate::policy::service::ServiceSet;
use crate::policy::{Policy, RoleId};
use crate::source::SourceMap;
use serde::Serialize;
use std::fmt::Write;

#[derive(Debug, Serialize)]
struct JsonReach<'a> {
    site: &'a str,
    role: &'a str,
    level: &'static str,
    as_of: String,
    /// The ports that count.
    service: String,
    /// Most hops; null for all.
    hops: Option<usize>,
    /// On what the machines of the role may reach each other, null when they may not.
    itself: Option<String>,
    reaches: Vec<JsonReached<'a>>,
    reached_by: Vec<JsonReached<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonReached<'a> {
    role: &'a str,
    hops: usize,
    chain: Vec<JsonHop<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonHop<'a> {
    from: &'a str,
    to: &'a str,
    service: String,
    /// Empty where no line says so and the artefacts permit it besides.
    lines: Vec<Line>,
}

pub(super) fn run(arguments: &Reach, global: &Global) -> u8 {
    run_to_code(arguments, global).unwrap_or_else(|code| code)
}

fn run_to_code(arguments: &Reach, global: &Global) -> Result<u8, u8> {
    let services = arguments
        .service
        .as_deref()
        .map_or(Ok(ServiceSet::any()), |text| questions::services(text, global))?;
    let level = arguments.level.level();
    let mut asked = questions::open(&arguments.site, global, level == Level::Artefact)?;
    let Some(role) = questions::find_role(&asked.policy, &arguments.role, &mut asked.session) else {
        return Err(asked.session.finish(Stream::Report));
    };
    let set = passing(&asked.policy, asked.deployed(), level).into_owned();
    let Asked { session, policy, .. } = asked;
    let answers = Answers {
        graph: Graph::new(&policy, &set, &services),
        index: FlowIndex::new(&policy),
        policy: &policy,
        sources: &session.site.sources,
    };
    let answer = JsonReach {
        site: &policy.header().site,
        role: policy.name(role),
        level: level.word(),
        as_of: policy.header().as_of.to_string(),
        service: services.to_string(),
        hops: arguments.hops,
        itself: answers.graph.services(role, role).map(ToString::to_string),
        reaches: answers.reached(role, Way::Forward, arguments.hops),
        reached_by: answers.reached(role, Way::Backward, arguments.hops),
    };
    if session.terminal.is_json() {
        session.terminal.print_json(&answer);
    } else {
        session.terminal.print(&text(&answer));
    }
    Ok(session.finish_beside(EXIT_FINE))
}

/// Everything that answers are taken from.
struct Answers<'a> {
    policy: &'a Policy,
    sources: &'a SourceMap,
    graph: Graph,
    index: FlowIndex,
}

impl<'a> Answers<'a> {
    fn reached(&self, role: RoleId, way: Way, hops: Option<usize>) -> Vec<JsonReached<'a>> {
        let reach = self.graph.search(&[role], way, hops);
        let found = reach.roles().iter().map(|one| JsonReached {
            role: self.policy.name(one.role),
            hops: one.hops,
            chain: reach.chain(one.role).into_iter().map(|ends| self.hop(ends)).collect(),
        });
        found.collect()
    }

    fn hop(&self, (from, to): (RoleId, RoleId)) -> JsonHop<'a> {
        let on = self.graph.services(from, to).cloned().unwrap_or_default();
        let flows = self.index.between(self.policy, (from, to), &on);
        JsonHop {
            from: self.policy.name(from),
            to: self.policy.name(to),
            service: on.to_string(),
            lines: questions::lines(flows, &on, self.sources),
        }
    }
}

fn text(answer: &JsonReach<'_>) -> String {
    let on = if answer.service == "any" { String::new() } else { format!(" on {}", answer.service) };
    let within = answer.hops.map_or_else(String::new, |hops| format!(" within {}", counted(hops, "hop")));
    let mut text = format!(
        "{} ({} level, {}){on}{within}: reaches {}, is reached by {}\n",
        answer.role,
        answer.level,
        answer.as_of,
        counted(answer.reaches.len(), "role"),
        counted(answer.reached_by.len(), "role"),
    );
    if let Some(services) = &answer.itself {
        // Writing into a string can't fail.
        let _ = writeln!(text, "  its own machines reach each other on {services}");
    }
    list(&mut text, "reaches", &answer.reaches);
    list(&mut text, "is reached by", &answer.reached_by);
    text
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn list(text: &mut String, heading: &str, reached: &[JsonReached<'_>]) {
    for one in reached {
        // Writing into a string can't fail.
        let _ = writeln!(text, "\n{heading} {} in {}", one.role, counted(one.hops, "hop"));
        for hop in &one.chain {
            let _ = writeln!(text, "  {} -> {} on {}", hop.from, hop.to, hop.service);
            let statements = questions::statements(&hop.lines);
            if statements.is_empty() {
                text.push_str("    no line says so: the artefacts permit it besides\n");
            } else {
                let _ = writeln!(text, "    {}", statements.join(", "));
            }
        }
    }
}
