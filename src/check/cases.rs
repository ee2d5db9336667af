//! Acceptance tables: questions with expected answers, asked of a site on the days that they name.
//!
//! In: the text of a case file. Out: typed [`Case`]s, or a report with the place.
//!
//! Invariant: an unknown key, role, level or verdict is an error; nothing in a table is skipped.

use super::verdict::{Level, Question, Verdict};
use crate::diagnostic::{Diagnostic, Sink, codes, nearest};
use crate::policy::Policy;
pub use crate::policy::parse_day;
use crate::policy::service::ServiceSet;
use crate::source::{SourceId, Span};
use serde::Deserialize;
use time::Date;

/// Most characters of a case file, in bytes: 16 MiB.
const LARGEST_FILE: usize = 16 << 20;

/// Most brackets within each other: a table needs two, and reading them takes time by their square.
const DEEPEST_NESTING: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a mapping with `cases`")]
struct RawFile {
    site: Option<String>,
    release: Option<String>,
    cases: Vec<RawCase>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a case with src, dst, port and expect")]
struct RawCase {
    src: String,
    dst: String,
    port: String,
    expect: Expectation,
    #[serde(default)]
    level: RawLevel,
    #[serde(rename = "as-of")]
    as_of: Option<String>,
    why: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expectation {
    Allow,
    Deny,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawLevel {
    #[default]
    Intent,
    Artefact,
}

/// One question of a table with the expected answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Source role.
    pub src: String,
    /// Destination role.
    pub dst: String,
    /// The port as written.
    pub port: String,
    /// The same as a set.
    pub services: ServiceSet,
    /// At which level.
    pub level: Level,
    /// The day, when not the site's.
    pub as_of: Option<Date>,
    /// What must come out.
    pub expect: Verdict,
    /// Why the author expects it.
    pub why: Option<String>,
    /// Where it stands in the table.
    pub span: Span,
}

/// A whole table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseFile {
    /// The site that it is for, if it says so.
    pub site: Option<String>,
    /// The release that it is for, if it says so.
    pub release: Option<String>,
    /// The questions in order.
    pub cases: Vec<Case>,
}

/// Reads a table. Reports SEG0007 and gives `None` when it is not one.
pub fn read(source: SourceId, text: &str, sink: &mut Sink) -> Option<CaseFile> {
    if text.len() > LARGEST_FILE {
        sink.report(Diagnostic::new(codes::TOO_LARGE, "the case file is larger than 16 MiB"));
        return None;
    }
    if deepest_nesting(text) > DEEPEST_NESTING {
        let message = format!("the case file nests brackets more than {DEEPEST_NESTING} deep");
        sink.report(
            Diagnostic::new(codes::BAD_CASE_FILE, message).help("write a case as one line of braces"),
        );
        return None;
    }
    let raw: RawFile = match serde_yaml::from_str(text) {
        Ok(raw) => raw,
        Err(error) => {
            sink.report(yaml_error(source, text, &error));
            return None;
        }
    };
    if raw.cases.is_empty() {
        let report = Diagnostic::new(codes::BAD_CASE_FILE, "the case file asks nothing");
        sink.report(report.label(Span::new(source, 0, 0), "").help("write at least one case"));
        return None;
    }
    let places = case_places(source, text, raw.cases.len());
    let mut cases = Vec::with_capacity(raw.cases.len());
    for (at, case) in raw.cases.into_iter().enumerate() {
        let span = places.get(at).copied().unwrap_or(Span::new(source, 0, 0));
        cases.push(typed(case, at, span, sink));
    }
    let cases: Option<Vec<Case>> = cases.into_iter().collect();
    Some(CaseFile { site: raw.site, release: raw.release, cases: cases? })
}

/// How deep the brackets of a text nest, closing ones counted wherever they stand.
fn deepest_nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn yaml_error(source: SourceId, text: &str, error: &serde_yaml::Error) -> Diagnostic {
    let at = error.location().map_or(0, |place| place.index()).min(text.len());
    let start = u32::try_from(at).unwrap_or(u32::MAX);
    // The label shows the place.
    let text = error.to_string();
    let what = text.split_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    Diagnostic::new(codes::BAD_CASE_FILE, format!("the case file can't be read: {what}"))
        .label(Span::new(source, start, start), "")
        .help("a case is `- {src: ROLE, dst: ROLE, port: tcp/443, expect: allow}`, with `level`, `as-of` and `why` if wanted")
}

/// The lines on which cases start, where each has its `src:` on a line of its own; else no places.
fn case_places(source: SourceId, text: &str, count: usize) -> Vec<Span> {
    let mut places = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_start();
        if !content.starts_with('#') && content.contains("src:") {
            let indent = line.len() - content.len();
            let (from, to) = (start + indent, start + line.trim_end().len());
            places.push(Span::new(source, u32::try_from(from).unwrap_or(0), u32::try_from(to).unwrap_or(0)));
        }
        start += line.len();
    }
    if places.len() == count { places } else { Vec::new() }
}

fn typed(case: RawCase, at: usize, span: Span, sink: &mut Sink) -> Option<Case> {
    let mut refuse = |message: String, help: &str| {
        let message = format!("case {}: {message}", at + 1);
        sink.report(Diagnostic::new(codes::BAD_CASE_FILE, message).label(span, "").help(help));
    };
    let services = ServiceSet::parse(&case.port);
    if services.is_none() {
        refuse(format!("`{}` is not a port", case.port), "write tcp/443, udp/1024-2048, icmp, icmp/8 or any");
    }
    let as_of = case.as_of.as_deref().map(parse_day);
    if as_of == Some(None) {
        let text = case.as_of.as_deref().unwrap_or_default();
        refuse(format!("`{text}` is not a day"), "write it as 2026-01-31");
    }
    Some(Case {
        services: services?,
        as_of: match as_of {
            Some(day) => Some(day?),
            None => None,
        },
        src: case.src,
        dst: case.dst,
        port: case.port,
        level: match case.level {
            RawLevel::Intent => Level::Intent,
            RawLevel::Artefact => Level::Artefact,
        },
        expect: match case.expect {
            Expectation::Allow => Verdict::Allow,
            Expectation::Deny => Verdict::Deny,
        },
        why: case.why,
        span,
    })
}

/// The question of a case. Reports SEG0007 and gives `None` when the site has no such role.
pub fn question(case: &Case, policy: &Policy, sink: &mut Sink) -> Option<Question> {
    let mut role = |name: &str| {
        let found = policy.find(name);
        if found.is_none() {
            let report = Diagnostic::new(codes::BAD_CASE_FILE, format!("the site has no role `{name}`"))
                .label(case.span, "asked for here");
            let names: Vec<&str> = policy.parties().map(|(_, party)| party.name.as_str()).collect();
            sink.report(match nearest(name, names) {
                Some(near) => report.help(format!("did you mean `{near}`?")),
                None => report.help("use the name of a role of the site"),
            });
        }
        found
    };
    let (from, to) = (role(&case.src), role(&case.dst));
    Some(Question { from: from?, to: to?, services: case.services.clone(), level: case.level })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_text(text: &str) -> (Option<CaseFile>, Vec<Diagnostic>) {
        let mut sink = Sink::new();
        let file = read(SourceId(0), text, &mut sink);
        (file, sink.into_sorted())
    }

    #[test]
    fn a_table_is_read_with_places() {
        let text = "site: s\ncases:\n  - {src: a, dst: b, port: tcp/80, expect: deny, as-of: 2026-02-28}\n";
        let (file, reports) = read_text(text);
        assert!(reports.is_empty());
        let case = &file.unwrap().cases[0];
        assert_eq!((case.expect, case.level, case.span.start), (Verdict::Deny, Level::Intent, 17));
    }

    #[test]
    fn mistakes_are_refused_with_their_place() {
        for text in [
            "cases: 3",
            "cases: []",
            "cases:\n- {src: a, dst: b, port: tcp/80, expect: maybe}",
            "cases:\n- {src: a, dst: b, port: tcp/80, expect: allow, lvl: intent}",
            "cases:\n- {src: a, dst: b, port: tpc/80, expect: allow}",
            "cases:\n- {src: a, dst: b, port: tcp/80, expect: allow, as-of: 2026-02-30}",
        ] {
            let (file, reports) = read_text(text);
            assert!(file.is_none(), "{text}");
            assert_eq!(reports[0].code, codes::BAD_CASE_FILE, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-a-z0-9:{}\\[\\],&*\"'\n\t ]{0,200}") {
            let (file, reports) = read_text(&text);
            prop_assert_eq!(file.is_none(), !reports.is_empty());
        }
    }
}
