//! `segc diff --catalogue A..B`: what another catalogue release would change for a site.
//!
//! In: a site and two releases. Out: what opens and closes, with reasons and artefacts; exit code 2 when something
//! opens, 1 when access only narrows or a text changes, 0 when nothing does.
//!
//! Invariant: the exit code follows from the changes and errors alone, never from the form of the output.

use super::args::{Diff, Global};
use super::release::find_release;
use super::session::Session;
use super::terminal::Stream;
use super::{EXIT_FINDINGS, EXIT_FINE, EXIT_OPENED, EXIT_USAGE};
use crate::catalogue::{Catalogue, ReleaseId};
use crate::diagnostic::json;
use crate::diff::{Change, Class};
use crate::driver::{ReleaseComparison, compare_releases};
use crate::policy::{KnownBy, Party, Policy, RoleId};
use crate::reference::filters;
use crate::source::{SourceMap, Span};
use askama::Template;
use serde::Serialize;
use std::collections::BTreeSet;

/// The whole answer.
#[derive(Debug, Serialize, Template)]
#[template(path = "release-diff.txt", escape = "none", config = "src/cli/askama.toml")]
struct Answer<'a> {
    site: &'a str,
    as_of: String,
    from: &'a str,
    to: &'a str,
    changes: Vec<JsonChange<'a>>,
    /// Findings that only the second release brings about.
    opens: Vec<json::JsonFinding<'a>>,
    /// Findings that only the first release brings about.
    closes: Vec<json::JsonFinding<'a>>,
    order_of_work: Vec<String>,
    exit: u8,
}

/// The same answer as Markdown, for a pull request.
#[derive(Template)]
#[template(path = "release-diff.md", escape = "none", config = "src/cli/askama.toml")]
struct Page<'a> {
    answer: &'a Answer<'a>,
}

#[derive(Debug, Serialize)]
struct JsonChange<'a> {
    class: &'static str,
    what: String,
    statement: &'a str,
    path: String,
    line: u32,
    catalogue: Option<&'a str>,
    verified: Option<bool>,
    because: &'a str,
    flows: Vec<JsonFlow<'a>>,
    artefacts: Vec<&'a str>,
    /// Codes of findings at the change's statement that it brings about.
    opens: Vec<String>,
    /// Codes of findings at the change's statement that it ends.
    closes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct JsonFlow<'a> {
    row: &'a str,
    from: &'a str,
    to: &'a str,
    service: String,
    addresses: JsonAddresses,
}

#[derive(Debug, Serialize)]
struct JsonAddresses {
    from: Vec<String>,
    to: Vec<String>,
}

impl Answer<'_> {
    /// How many changes there are of each class.
    fn summary(&self) -> String {
        if self.changes.is_empty() {
            return "no change of access, and no entry that the site uses reads differently".to_owned();
        }
        let count = |class: &str| self.changes.iter().filter(|change| change.class == class).count();
        format!("{} opened, {} closed, {} of text", count("opened"), count("closed"), count("text"))
    }
}

impl JsonChange<'_> {
    /// The catalogue entry, with a remark where no document confirms it.
    fn entry(&self) -> String {
        let remark = if self.verified == Some(false) { " (unverified)" } else { "" };
        self.catalogue.map_or_else(String::new, |entry| format!("{entry}{remark}"))
    }
}

pub(super) fn run(arguments: &Diff, global: &Global) -> u8 {
    let mut session = Session::open(&arguments.site, global);
    let terminal = session.terminal.clone();
    let releases = match releases(&session.site.catalogue, &arguments.catalogue) {
        Ok(releases) => releases,
        Err(complaint) => {
            terminal.complain(&complaint);
            return EXIT_USAGE;
        }
    };
    let as_of = session.as_of;
    let options = session.options.clone();
    let Some(comparison) = compare_releases(&mut session.site, as_of, releases, &options) else {
        return session.finish(Stream::Report);
    };
    let catalogue = &session.site.catalogue;
    let labels = (catalogue.release_label(releases.0), catalogue.release_label(releases.1));
    let answer = answer(&comparison, labels, &session.site.sources);
    if terminal.is_json() {
        terminal.print_json(&answer);
    } else {
        let page = if terminal.is_markdown() { Page { answer: &answer }.render() } else { answer.render() };
        // Rendering into a string can't fail.
        terminal.print(&page.unwrap_or_default());
    }
    let exit = answer.exit;
    terminal.report(&comparison.errors, &session.site.sources, Stream::Report);
    exit
}

/// The two releases of `A..B`, or what to tell the user.
fn releases(catalogue: &Catalogue, typed: &str) -> Result<(ReleaseId, ReleaseId), String> {
    let Some((from, to)) = typed.split_once("..") else {
        return Err(format!(
            "error: `{typed}` names no two releases\n\nhelp: write `--catalogue paper-2021..{}`\n",
            catalogue.release()
        ));
    };
    Ok((find_release(catalogue, from)?, find_release(catalogue, to)?))
}

fn answer<'a>(
    comparison: &'a ReleaseComparison,
    (from, to): (&'a str, &'a str),
    sources: &'a SourceMap,
) -> Answer<'a> {
    let mut changes: Vec<JsonChange<'a>> =
        comparison.difference.changes.iter().map(|change| access(comparison, change, sources)).collect();
    changes.extend(comparison.remarks.iter().map(|(entry, what)| remark(entry, what)));
    let header = comparison.after.header();
    Answer {
        site: &header.site,
        as_of: header.as_of.to_string(),
        from,
        to,
        opens: json::findings(&comparison.opens, sources),
        closes: json::findings(&comparison.closes, sources),
        order_of_work: order_of_work(comparison, to),
        exit: match (comparison.difference.opens(), changes.is_empty() && comparison.errors.is_empty()) {
            (true, _) => EXIT_OPENED,
            (false, false) => EXIT_FINDINGS,
            (false, true) => EXIT_FINE,
        },
        changes,
    }
}

/// A change of access.
fn access<'a>(comparison: &'a ReleaseComparison, change: &'a Change, sources: &SourceMap) -> JsonChange<'a> {
    let policy = if change.class == Class::Opened { &comparison.after } else { &comparison.before };
    let flows: Vec<JsonFlow<'a>> = change
        .flows
        .iter()
        .map(|flow| JsonFlow {
            row: flow.row.as_str(),
            from: policy.name(flow.from),
            to: policy.name(flow.to),
            service: flow.services.explicit(),
            addresses: JsonAddresses { from: addresses(policy, flow.from), to: addresses(policy, flow.to) },
        })
        .collect();
    let artefacts: BTreeSet<&str> =
        change.flows.iter().flat_map(|flow| comparison.artefacts(change.class, &flow.row)).collect();
    let place = sources.locate(change.span);
    let here = |reports: &'a [crate::diagnostic::Diagnostic]| {
        let at_change =
            reports.iter().filter(|report| report.labels.iter().any(|label| meets(label.span, change.span)));
        at_change.map(|report| report.code.to_string()).collect()
    };
    JsonChange {
        class: change.class.word(),
        what: what(change.class, &change.statement, &flows),
        statement: &change.statement,
        path: place.map_or_else(String::new, |(path, _)| path.to_owned()),
        line: place.map_or(0, |(_, at)| at.line),
        catalogue: change.catalogue.as_deref(),
        verified: change.verified,
        because: &change.because,
        flows,
        artefacts: artefacts.into_iter().collect(),
        opens: here(&comparison.opens),
        closes: here(&comparison.closes),
    }
}

fn meets(one: Span, other: Span) -> bool {
    one.source == other.source && one.start < other.end && other.start < one.end
}

fn what(class: Class, statement: &str, flows: &[JsonFlow<'_>]) -> String {
    let verb = if class == Class::Opened { "opens" } else { "no longer opens" };
    let pairs: Vec<String> =
        flows.iter().map(|flow| format!("{} to {} on {}", flow.from, flow.to, flow.service)).collect();
    format!("{statement} {verb} {}", pairs.join("; "))
}

/// An entry that reads differently and opens the same.
fn remark<'a>(entry: &'a str, what: &'a str) -> JsonChange<'a> {
    JsonChange {
        class: "text",
        what: format!("the catalogue entry {entry} says something else: {what}"),
        statement: "",
        path: String::new(),
        line: 0,
        catalogue: Some(entry),
        verified: None,
        because: what,
        flows: Vec::new(),
        artefacts: Vec::new(),
        opens: Vec::new(),
        closes: Vec::new(),
    }
}

fn addresses(policy: &Policy, role: RoleId) -> Vec<String> {
    let of_party = |party: &Party| {
        let ranges = party.addresses.ranges().into_iter().map(|range| range.to_string());
        let names = party.known_by.iter().flat_map(KnownBy::names).cloned();
        ranges.chain(names).collect()
    };
    policy.party(role).map_or_else(Vec::new, of_party)
}

/// New allows first, removals last.
fn order_of_work(comparison: &ReleaseComparison, to: &str) -> Vec<String> {
    let rows = |class: Class| {
        let changes = comparison.difference.changes.iter().filter(|change| change.class == class);
        let rows: BTreeSet<&str> =
            changes.flat_map(|change| &change.flows).map(|flow| flow.row.as_str()).collect();
        rows.into_iter().collect::<Vec<_>>().join(", ")
    };
    let (opened, closed) = (rows(Class::Opened), rows(Class::Closed));
    let mut steps = Vec::new();
    let codes: BTreeSet<String> = comparison.errors.iter().map(|error| error.code.to_string()).collect();
    if !codes.is_empty() {
        let codes = codes.into_iter().collect::<Vec<_>>().join(", ");
        steps.push(format!("repair the site: with release {to} it does not compile ({codes})"));
    }
    if !opened.is_empty() {
        steps.push(format!("pin release {to}, compile, and add what opens: rows {opened}"));
    }
    if !closed.is_empty() {
        steps.push(format!("when nothing uses it any more, remove what closes: rows {closed}"));
    }
    steps
}
