//! `segc test`: an acceptance table, answered on the days that it names.

use super::args::{Global, Test};
use super::files;
use super::session::Session;
use super::terminal::Stream;
use super::{EXIT_FINDINGS, EXIT_FINE};
use crate::check::cases::{self, Case, CaseFile};
use crate::check::verdict::{Level, ask};
use crate::diagnostic::{Diagnostic, codes};
use crate::driver::plan_and_prove;
use crate::model::Model;
use crate::policy::Policy;
use crate::target::compare::Deployed;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use time::Date;

#[derive(Debug, Serialize)]
struct Results {
    site: String,
    passed: usize,
    failed: usize,
    cases: Vec<CaseResult>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct CaseResult {
    src: String,
    dst: String,
    port: String,
    level: &'static str,
    as_of: String,
    expect: &'static str,
    got: &'static str,
    pass: bool,
    /// False when the artefact level was asked for and no artefact enforces either end.
    enforced: bool,
    why: Option<String>,
}

/// The policy of one day, with the artefact level where a case asks for it.
struct DayPolicy {
    policy: Policy,
    deployed: Option<Deployed>,
}

pub(super) fn run(arguments: &Test, global: &Global) -> u8 {
    let mut session = Session::open(&arguments.site, global);
    let Some(model) = session.model() else { return session.finish(Stream::Report) };
    let Some(table) = read_table(arguments, &mut session) else { return session.finish(Stream::Report) };
    check_header(&table, &model, &mut session);
    if session.site.sink.has_errors() {
        return session.finish(Stream::Report);
    }
    let Some(days) = policies(&table, &model, &mut session) else { return session.finish(Stream::Report) };
    let mut results = Vec::with_capacity(table.cases.len());
    for case in &table.cases {
        if let Some(day) = days.get(&case.as_of.or(session.as_of)) {
            results.extend(answer(case, day, &mut session));
        }
    }
    if results.len() < table.cases.len() {
        return session.finish(Stream::Report);
    }
    let passed = results.iter().filter(|case| case.pass).count();
    let results = Results { site: model.site.name, passed, failed: results.len() - passed, cases: results };
    if session.terminal.is_json() {
        session.terminal.print_json(&results);
    } else {
        session.terminal.print(&text(&results, session.terminal.is_verbose()));
    }
    session.finish_beside(if results.failed == 0 { EXIT_FINE } else { EXIT_FINDINGS })
}

fn read_table(arguments: &Test, session: &mut Session) -> Option<CaseFile> {
    let name = arguments.cases.display().to_string();
    match files::read_text(&arguments.cases) {
        Ok(text) => {
            let source = session.site.sources.add(name, text.clone());
            cases::read(source, &text, &mut session.site.sink)
        }
        Err(failure) => {
            session.site.sink.report(failure.diagnostic(&name));
            None
        }
    }
}

/// A table for another site or release answers nothing.
fn check_header(table: &CaseFile, model: &Model, session: &mut Session) {
    let mut compare = |what: &str, wanted: Option<&String>, found: Option<&str>| {
        if let Some(wanted) = wanted.filter(|wanted| Some(wanted.as_str()) != found) {
            let message =
                format!("the table is for {what} `{wanted}`, the file is {what} `{}`", found.unwrap_or("-"));
            session.site.sink.report(
                Diagnostic::new(codes::BAD_CASE_FILE, message)
                    .label(model.site.span, "this site")
                    .help("give the table that belongs to the file"),
            );
        }
    };
    compare("site", table.site.as_ref(), Some(&model.site.name));
    compare("release", table.release.as_ref(), model.site.release.as_deref());
}

/// The policies of all days that the table names.
fn policies(
    table: &CaseFile,
    model: &Model,
    session: &mut Session,
) -> Option<BTreeMap<Option<Date>, DayPolicy>> {
    let mut wanted: BTreeMap<Option<Date>, bool> = BTreeMap::new();
    for case in &table.cases {
        *wanted.entry(case.as_of.or(session.as_of)).or_default() |= case.level == Level::Artefact;
    }
    let mut days = BTreeMap::new();
    for (day, needs_artefacts) in wanted {
        let policy = session.policy_to_ask(model, day)?;
        let mut deployed = None;
        if needs_artefacts {
            deployed = Some(plan_and_prove(&policy, &session.options, &mut session.site.sink)?.deployed);
        }
        days.insert(day, DayPolicy { policy, deployed });
    }
    Some(days)
}

fn answer(case: &Case, day: &DayPolicy, session: &mut Session) -> Option<CaseResult> {
    let question = cases::question(case, &day.policy, &mut session.site.sink)?;
    let answer = ask(&day.policy, day.deployed.as_ref(), &question);
    Some(CaseResult {
        src: case.src.clone(),
        dst: case.dst.clone(),
        port: case.port.clone(),
        level: case.level.word(),
        as_of: day.policy.header().as_of.to_string(),
        expect: case.expect.word(),
        got: answer.verdict.word(),
        pass: answer.verdict == case.expect,
        enforced: answer.enforced,
        why: case.why.clone(),
    })
}

fn text(results: &Results, all: bool) -> String {
    let mut text = String::new();
    for case in results.cases.iter().filter(|case| all || !case.pass) {
        let mark = if case.pass { "ok    " } else { "FAILED" };
        // Writing into a string can't fail.
        let _ = write!(
            text,
            "{mark} {} to {} on {} ({}, {}): expected {}, got {}",
            case.src, case.dst, case.port, case.level, case.as_of, case.expect, case.got
        );
        let _ = writeln!(text, "{}", case.why.as_ref().map(|why| format!(" - {why}")).unwrap_or_default());
    }
    let _ = writeln!(text, "{} passed, {} failed", results.passed, results.failed);
    text
}
