//! `segc test`: the promises of a site, its own expect lines and acceptance tables, on the days that they name.
//!
//! In: a site and case files. Out: one report as text, JSON, JUnit or a proof table for an auditor.
//!
//! Invariant: the exit code follows from the answers alone, never from the form of the report.

mod junit;
mod page;
mod report;
mod text;

use super::args::{Format, Global, Test};
use super::files;
use super::session::Session;
use super::terminal::Stream;
use super::{EXIT_FINDINGS, EXIT_FINE};
use crate::check::cases::{self, CaseFile};
use crate::check::verdict::Level;
use crate::diagnostic::{Diagnostic, Severity, codes, json};
use crate::driver::plan_and_prove;
use crate::model::Model;
use crate::policy::Policy;
use crate::target::proof::Proof;
use report::CaseResult;
use std::collections::BTreeMap;
use std::path::Path;
use time::Date;

/// The policy of one day, with its proof where somebody asks for the artefact level.
struct DayPolicy {
    policy: Policy,
    proof: Option<Proof>,
}

/// The policies of all days that are asked for; the day is `None` where neither site nor command says one.
type Days = BTreeMap<Option<Date>, DayPolicy>;

pub(super) fn run(arguments: &Test, global: &Global) -> u8 {
    let mut session = Session::open(&arguments.site, global);
    let answers = session.model().and_then(|model| answer(arguments, &model, &mut session));
    let errors: Vec<Diagnostic> =
        session.reports().into_iter().filter(|report| report.severity == Severity::Error).collect();
    let (terminal, sources) = (&session.terminal, &session.site.sources);
    let Some((cases, day)) = answers else {
        if terminal.format() == Format::Junit {
            // CI shows this file, and takes an empty one for a mistake of its own.
            terminal.print(&junit::refused(&json::findings(&errors, sources)));
        }
        return session.finish(Stream::Report);
    };
    let report = report::report(cases, &day, &errors, sources);
    match terminal.format() {
        Format::Json => terminal.print_json(&report),
        Format::Junit => terminal.print(&junit::document(&report)),
        Format::Html => terminal.print(&page::document(&report)),
        _ => {
            terminal.print(&text::text(&report, !arguments.cases.is_empty(), terminal.is_verbose()));
        }
    }
    let code = if report.holds() { EXIT_FINE } else { EXIT_FINDINGS };
    session.finish_beside(code)
}

/// Asks every case: the answers, and the day of the site's own lines. `None` after a report in the session's sink.
fn answer(arguments: &Test, model: &Model, session: &mut Session) -> Option<(Vec<CaseResult>, DayPolicy)> {
    let tables: Vec<Option<CaseFile>> =
        arguments.cases.iter().map(|path| read_table(path, session)).collect();
    let tables: Vec<CaseFile> = tables.into_iter().collect::<Option<_>>()?;
    for table in &tables {
        check_header(table, model, session);
    }
    if session.site.sink.has_errors() {
        return None;
    }
    let base = report_day(&tables, model, session);
    let mut days = policies(&tables, base, model, session)?;
    let mut cases = Vec::new();
    let asked = tables.iter().flat_map(|table| &table.cases);
    for case in asked.clone() {
        if let Some(day) = days.get(&day_of(case, model, session)) {
            cases.extend(report::case_result(case, day, &mut session.site));
        }
    }
    if cases.len() < asked.count() {
        return None;
    }
    Some((cases, days.remove(&base)?))
}

fn read_table(path: &Path, session: &mut Session) -> Option<CaseFile> {
    let name = path.display().to_string();
    match files::read_text(path) {
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

fn day_of(case: &cases::Case, model: &Model, session: &Session) -> Option<Date> {
    case.as_of.or(session.as_of).or(model.site.effective)
}

/// The day of the site's own lines: the command's, else the site's, else the first one that a table names.
fn report_day(tables: &[CaseFile], model: &Model, session: &Session) -> Option<Date> {
    let named = tables.iter().flat_map(|table| &table.cases).filter_map(|case| case.as_of).min();
    session.as_of.or(model.site.effective).or(named)
}

/// The policies of all days that the tables name, and of the day of the site's own lines.
fn policies(tables: &[CaseFile], base: Option<Date>, model: &Model, session: &mut Session) -> Option<Days> {
    let mut wanted: BTreeMap<Option<Date>, bool> = BTreeMap::from([(base, false)]);
    for case in tables.iter().flat_map(|table| &table.cases) {
        *wanted.entry(day_of(case, model, session)).or_default() |= case.level == Level::Artefact;
    }
    let mut days = BTreeMap::new();
    for (day, needs_artefacts) in wanted {
        let policy = session.policy_to_ask(model, day)?;
        let mut proof = None;
        if needs_artefacts || day == base {
            proof = plan_and_prove(&policy, &session.options, &mut session.site.sink);
        }
        if needs_artefacts && proof.is_none() {
            return None;
        }
        days.insert(day, DayPolicy { policy, proof });
    }
    Some(days)
}
