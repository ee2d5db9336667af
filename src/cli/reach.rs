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
use crate::policy::RoleId;
use crate::policy::service::ServiceSet;
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
    let mut asked =
        questions::open(&arguments.site, global, level == crate::check::verdict::Level::Artefact)?;
    let Some(role) = questions::find_role(&asked.policy, &arguments.role, &mut asked.session) else {
        return Err(asked.session.finish(Stream::Report));
    };
    let set = passing(&asked.policy, asked.deployed(), level).into_owned();
    let Asked { session, policy, .. } = asked;
    let graph = Graph::new(&policy, &set, &services);
    let index = FlowIndex::new(&policy);
    let hop = |(from, to): (RoleId, RoleId)| {
        let on = graph.services(from, to).cloned().unwrap_or_default();
        JsonHop {
            from: policy.name(from),
            to: policy.name(to),
            service: on.to_string(),
            lines: questions::lines(index.between(&policy, (from, to), &on), &on, &session.site.sources),
        }
    };
    let search = |way| {
        let reach = graph.search(&[role], way, arguments.hops);
        let of_role = |one: &crate::check::reach::Reached| JsonReached {
            role: policy.name(one.role),
            hops: one.hops,
            chain: reach.chain(one.role).into_iter().map(hop).collect(),
        };
        reach.roles().iter().map(of_role).collect()
    };
    let answer = JsonReach {
        site: &policy.header().site,
        role: policy.name(role),
        level: level.word(),
        as_of: policy.header().as_of.to_string(),
        service: services.to_string(),
        hops: arguments.hops,
        itself: graph.services(role, role).map(ToString::to_string),
        reaches: search(Way::Forward),
        reached_by: search(Way::Backward),
    };
    if session.terminal.is_json() {
        session.terminal.print_json(&answer);
    } else {
        session.terminal.print(&text(&answer));
    }
    Ok(session.finish_beside(EXIT_FINE))
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
