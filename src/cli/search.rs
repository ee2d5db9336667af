//! `segc search`: packets with a property, in role words, with one example of each class.
//!
//! Invariant: finding nothing is an answer, and the exit code is that of an answer.

use super::EXIT_FINE;
use super::args::{EncryptionArg, Global, Search, VerdictArg};
use super::questions::{self, Asked, Line};
use super::session::Session;
use super::terminal::Stream;
use crate::check::search::{Found, Query, Results, Wanted, search};
use crate::check::verdict::Level;
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::cover::{Class, FlowBlock, cover};
use crate::policy::service::ServiceSet;
use crate::policy::{Encryption, PlatformId, Policy, RoleId};
use serde::Serialize;
use std::fmt::Write;

#[derive(Debug, Serialize)]
struct JsonSearch<'a> {
    site: &'a str,
    as_of: String,
    query: JsonQuery<'a>,
    found: Vec<JsonFound<'a>>,
    /// The same in few lines: the union of the blocks is exactly what was found. Only filled where it is shown.
    blocks: Vec<JsonBlock<'a>>,
    /// True when there are more than the limit.
    has_more: bool,
}

#[derive(Debug, Serialize)]
struct JsonQuery<'a> {
    from: &'a str,
    to: &'a str,
    service: String,
    platform: Option<&'a str>,
    encryption: Option<&'static str>,
    verdict: &'static str,
    level: &'static str,
    limit: usize,
}

#[derive(Debug, Serialize)]
struct JsonFound<'a> {
    from: &'a str,
    to: &'a str,
    service: String,
    example: JsonPacket,
    lines: Vec<Line>,
    /// For what the artefacts permit besides: why they do.
    causes: Vec<JsonCause<'a>>,
    forbids: Vec<Line>,
}

#[derive(Debug, Serialize)]
struct JsonBlock<'a> {
    from: Vec<&'a str>,
    to: Vec<&'a str>,
    service: String,
}

#[derive(Debug, Serialize)]
struct JsonCause<'a> {
    /// The id of the widening, as in the manifest.
    widening: &'a str,
    cause: &'a str,
}

#[derive(Debug, Serialize)]
struct JsonPacket {
    source: String,
    destination: String,
    service: String,
}

impl EncryptionArg {
    fn encryption(self) -> Encryption {
        match self {
            Self::Clear => Encryption::Clear,
            Self::MessageProtected => Encryption::MessageProtected,
            Self::OptionalTls => Encryption::OptionalTls,
            Self::Tls => Encryption::Tls,
        }
    }
}

impl VerdictArg {
    fn wanted(self) -> Wanted {
        match self {
            Self::Allow => Wanted::Allow,
            Self::Deny => Wanted::Deny,
            Self::Widened => Wanted::Widened,
            Self::Lost => Wanted::Lost,
            Self::Forbidden => Wanted::Forbidden,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Widened => "widened",
            Self::Lost => "lost",
            Self::Forbidden => "forbidden",
        }
    }
}

pub(super) fn run(arguments: &Search, global: &Global) -> u8 {
    run_to_code(arguments, global).unwrap_or_else(|code| code)
}

fn run_to_code(arguments: &Search, global: &Global) -> Result<u8, u8> {
    let services = questions::services(&arguments.service, global)?;
    let compares = matches!(arguments.verdict, VerdictArg::Widened | VerdictArg::Lost);
    let needs_artefacts = compares || arguments.level.level() == Level::Artefact;
    let mut asked = questions::open(&arguments.site, global, needs_artefacts)?;
    let Some(query) = query(arguments, services, &asked.policy, &mut asked.session) else {
        return Err(asked.session.finish(Stream::Report));
    };
    let results = search(&asked.policy, asked.deployed(), &query);
    let json = json_search(arguments, &query, &asked, &results);
    let session = &asked.session;
    if session.terminal.is_json() {
        session.terminal.print_json(&json);
    } else {
        let text = if arguments.brief { brief(&json) } else { text(&json) };
        session.terminal.print(&text);
    }
    Ok(asked.session.finish_beside(EXIT_FINE))
}

/// The query as values. `None` after a report.
fn query(arguments: &Search, services: ServiceSet, policy: &Policy, session: &mut Session) -> Option<Query> {
    let from = end(&arguments.from, policy, session);
    let to = end(&arguments.to, policy, session);
    let platform = arguments.platform.as_deref().map(|name| find_platform(name, policy, session));
    Some(Query {
        from: from?,
        to: to?,
        services,
        platform: match platform {
            Some(found) => Some(found?),
            None => None,
        },
        encryption: arguments.encryption.map(EncryptionArg::encryption),
        wanted: arguments.verdict.wanted(),
        level: arguments.level.level(),
        limit: arguments.limit,
    })
}

/// The role of one end, `Some(None)` for any. `None` after a report.
fn end(name: &str, policy: &Policy, session: &mut Session) -> Option<Option<RoleId>> {
    if name == "any" { Some(None) } else { questions::find_role(policy, name, session).map(Some) }
}

fn find_platform(name: &str, policy: &Policy, session: &mut Session) -> Option<PlatformId> {
    let found = policy.platforms().find(|(_, platform)| platform.name == name);
    if found.is_none() {
        let report = Diagnostic::new(codes::UNKNOWN_TARGET, format!("the site has no platform `{name}`"));
        let names: Vec<&str> = policy.platforms().map(|(_, platform)| platform.name.as_str()).collect();
        session.site.sink.report(questions::with_names(report, name, &names));
    }
    found.map(|(id, _)| id)
}

fn json_search<'a>(
    arguments: &'a Search,
    query: &Query,
    asked: &'a Asked,
    results: &Results,
) -> JsonSearch<'a> {
    let header = asked.policy.header();
    JsonSearch {
        site: &header.site,
        as_of: header.as_of.to_string(),
        query: JsonQuery {
            from: &arguments.from,
            to: &arguments.to,
            service: query.services.to_string(),
            platform: arguments.platform.as_deref(),
            encryption: query.encryption.map(Encryption::word),
            verdict: arguments.verdict.word(),
            level: query.level.word(),
            limit: query.limit,
        },
        found: results.found.iter().map(|one| json_found(asked, one, query.wanted)).collect(),
        blocks: if arguments.brief || asked.session.terminal.is_json() {
            blocks(&asked.policy, &results.found)
        } else {
            Vec::new()
        },
        has_more: results.has_more,
    }
}

/// What was found in few blocks. One block a class where the classes are too entangled for fewer.
fn blocks<'a>(policy: &'a Policy, found: &[Found]) -> Vec<JsonBlock<'a>> {
    let classes: Vec<Class<'_>> = found.iter().map(|one| (one.from, one.to, &one.services)).collect();
    let single = |(from, to, services): &Class<'_>| FlowBlock {
        from: vec![*from],
        to: vec![*to],
        services: (*services).clone(),
    };
    let blocks = cover(&classes).unwrap_or_else(|_| classes.iter().map(single).collect());
    let names = |roles: &[RoleId]| roles.iter().map(|role| policy.name(*role)).collect();
    let json = |block: FlowBlock| JsonBlock {
        from: names(&block.from),
        to: names(&block.to),
        service: block.services.to_string(),
    };
    blocks.into_iter().map(json).collect()
}

fn brief(json: &JsonSearch<'_>) -> String {
    let mut text = String::new();
    for block in &json.blocks {
        // Writing into a string can't fail.
        let _ = writeln!(text, "{} -> {} on {}", block.from.join(", "), block.to.join(", "), block.service);
    }
    text + &count(json)
}

fn json_found<'a>(asked: &'a Asked, found: &Found, wanted: Wanted) -> JsonFound<'a> {
    let Asked { session, policy, proof } = asked;
    let sources = &session.site.sources;
    let widenings = proof.iter().flat_map(|proof| &proof.widenings).filter(|widening| {
        wanted == Wanted::Widened
            && (widening.from, widening.to) == (found.from, found.to)
            && widening.services.meets(&found.services)
    });
    let flows = found.flows.iter().filter_map(|at| policy.flows().get(*at));
    let forbids = found.forbids.iter().filter_map(|at| policy.forbids().get(*at));
    JsonFound {
        from: policy.name(found.from),
        to: policy.name(found.to),
        service: found.services.to_string(),
        example: JsonPacket {
            source: found.example.source.plain(),
            destination: found.example.destination.plain(),
            service: found.example.service.to_string(),
        },
        causes: widenings
            .map(|widening| JsonCause { widening: &widening.id, cause: &widening.cause })
            .collect(),
        lines: questions::lines(flows, &found.services, sources),
        forbids: forbids
            .map(|forbid| {
                let (path, line) = questions::place(sources, forbid.span);
                let statement = format!("forbid {}", forbid.name);
                Line { statement, path, line, catalogue: None, because: forbid.because.clone() }
            })
            .collect(),
    }
}

fn text(search: &JsonSearch<'_>) -> String {
    let mut text = String::new();
    for found in &search.found {
        let JsonPacket { source, destination, service } = &found.example;
        // Writing into a string can't fail.
        let _ = writeln!(text, "{} -> {} on {}", found.from, found.to, found.service);
        let _ = writeln!(text, "  for example: {source} to {destination} on {service}");
        for statement in questions::statements(&found.lines) {
            let _ = writeln!(text, "  because {statement}");
        }
        for JsonCause { widening, cause } in &found.causes {
            let _ = writeln!(text, "  because {widening}: {cause}");
        }
        for statement in questions::statements(&found.forbids) {
            let _ = writeln!(text, "  excluded by {statement}");
        }
    }
    text + &count(search)
}

/// How much was found, as the last line.
fn count(search: &JsonSearch<'_>) -> String {
    let ending = match (search.found.len(), search.has_more) {
        (0, false) => "nothing found".to_owned(),
        (count, true) => format!("the first {count}; `--limit` shows more"),
        (1, false) => "1 class of packets".to_owned(),
        (count, false) => format!("{count} classes of packets"),
    };
    let JsonQuery { verdict, level, .. } = &search.query;
    let compared = matches!(*verdict, "widened" | "lost" | "forbidden");
    let level = if compared { String::new() } else { format!(", {level} level") };
    format!("{ending} ({verdict}{level}, {})\n", search.as_of)
}
