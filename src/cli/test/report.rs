//! The report of `segc test` as values: the JSON of the command, and what the other forms are written from.
//!
//! In: answers, a policy and its proof. Out: a [`Report`].
//!
//! Invariant: `passed`, `failed` and `cases` are those of the case files alone, in their order; what the site itself
//! says is counted apart.

use super::DayPolicy;
use crate::check::cases::{self, Case};
use crate::check::expects::{self, Answered};
use crate::check::proof_table::{self, Coverage, ExceptionState, ForbidProof, Outcome};
use crate::check::reasons::{self, Reason};
use crate::check::verdict::{Level, Question, ask, counterexample};
use crate::diagnostic::{
    Diagnostic,
    json::{self, JsonFinding},
};
use crate::driver::{Site, source_digests, tool, widening_rows};
use crate::policy::{EnforcedBy, Exception, Expect, Policy, RoleId};
use crate::source::{SourceMap, Span};
use crate::target::manifest::{ManifestSource, ManifestWidening};
use serde::Serialize;
use std::collections::BTreeSet;

/// Everything that a run of `segc test` has to say.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    pub(super) site: String,
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) cases: Vec<CaseResult>,
    pub(super) expects: Expects,
    pub(super) forbids: Vec<ForbidRow>,
    pub(super) exceptions: Vec<ExceptionRow>,
    pub(super) widenings: Vec<ManifestWidening>,
    pub(super) release: Option<String>,
    pub(super) as_of: String,
    pub(super) tool: String,
    pub(super) catalogue: String,
    pub(super) sources: Vec<ManifestSource>,
    /// Errors of the site: with one of them nothing is compiled, whatever the answers.
    pub(super) findings: Vec<JsonFinding<'a>>,
}

/// The site's own expect lines.
#[derive(Debug, Serialize)]
pub(super) struct Expects {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) cases: Vec<CaseResult>,
}

/// One question with its answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct CaseResult {
    pub(super) src: String,
    pub(super) dst: String,
    pub(super) port: String,
    pub(super) level: &'static str,
    pub(super) as_of: String,
    pub(super) expect: &'static str,
    pub(super) got: &'static str,
    pub(super) pass: bool,
    /// False when the artefact level was asked for and no artefact enforces either end.
    pub(super) enforced: bool,
    pub(super) why: Option<String>,
    #[serde(flatten)]
    pub(super) place: Place,
    pub(super) reasons: Vec<ReasonRow>,
    /// For a failed case: the lowest packet that is not treated as expected.
    pub(super) example: Option<String>,
}

/// Where something stands.
#[derive(Debug, Serialize)]
pub(super) struct Place {
    /// `path:line`, or the path alone.
    pub(super) origin: String,
    pub(super) path: String,
    /// Null where the layout of a case file hides it.
    pub(super) line: Option<u32>,
}

/// What decides, with its line where it has one.
#[derive(Debug, Serialize)]
pub(super) struct ReasonRow {
    pub(super) text: String,
    pub(super) path: Option<String>,
    pub(super) line: Option<u32>,
}

/// One promise with what became of it.
#[derive(Debug, Serialize)]
pub(super) struct ForbidRow {
    pub(super) name: String,
    /// The statement as written.
    pub(super) text: String,
    pub(super) because: String,
    pub(super) kept_by: &'static str,
    pub(super) intent: Outcome,
    pub(super) artefact: Outcome,
    /// For how much of it an artefact decides.
    pub(super) enforced: Coverage,
    pub(super) pass: bool,
    pub(super) exceptions: Vec<String>,
    pub(super) widenings: Vec<String>,
    /// Some of what is permitted of it, exceptions that pierce it left out.
    pub(super) meets: Vec<String>,
    #[serde(flatten)]
    pub(super) place: Place,
}

/// One exception with its state on the day.
#[derive(Debug, Serialize)]
pub(super) struct ExceptionRow {
    pub(super) name: String,
    pub(super) state: ExceptionState,
    pub(super) starts: String,
    /// The first day on which it is no longer in force.
    pub(super) expires: String,
    pub(super) ticket: Option<String>,
    pub(super) owner: Option<String>,
    pub(super) because: String,
    pub(super) flows: Vec<String>,
    pub(super) pierces: Vec<String>,
    #[serde(flatten)]
    pub(super) place: Place,
}

impl Report<'_> {
    /// True where nobody has to act.
    pub(super) fn holds(&self) -> bool {
        let failed = self.failed + self.expects.failed + self.forbids_failed();
        failed == 0 && self.findings.is_empty()
    }

    pub(super) fn forbids_failed(&self) -> usize {
        self.forbids.iter().filter(|forbid| !forbid.pass).count()
    }
}

impl CaseResult {
    /// Who to whom on what, at which level on which day.
    pub(super) fn question(&self) -> String {
        format!("{} to {} on {} ({}, {})", self.src, self.dst, self.port, self.level, self.as_of)
    }

    /// What came out where something else was expected.
    pub(super) fn verdict(&self) -> String {
        format!("expected {}, got {}", self.expect, self.got)
    }
}

impl ReasonRow {
    /// The reason with its place.
    pub(super) fn line(&self) -> String {
        match (&self.path, self.line) {
            (Some(path), Some(line)) => format!("{} ({path}:{line})", self.text),
            _ => self.text.clone(),
        }
    }
}

impl ForbidRow {
    /// What became of it in the file.
    pub(super) fn intent_text(&self) -> String {
        match self.intent {
            Outcome::Proved => "proved at intent level".to_owned(),
            Outcome::Pierced => {
                format!("proved at intent level but for exception {}", self.exceptions.join(", "))
            }
            Outcome::KeptElsewhere | Outcome::Broken | Outcome::Unknown => {
                format!("broken by the file: {}", self.meets.join("; "))
            }
        }
    }

    /// What became of it in the artefacts.
    pub(super) fn artefact_text(&self) -> String {
        let widenings = self.widenings.join(", ");
        match self.artefact {
            Outcome::Proved => self.proved_text(),
            Outcome::Pierced => {
                format!("{}, but for exception {}", self.proved_text(), self.exceptions.join(", "))
            }
            Outcome::KeptElsewhere => {
                format!("not kept by the artefacts: met by {widenings}; {} keeps it", self.keeper())
            }
            Outcome::Unknown => "not proved: the artefacts could not be planned".to_owned(),
            Outcome::Broken if self.meets.is_empty() => {
                format!("broken by the artefacts: met by {widenings}")
            }
            Outcome::Broken => format!("broken by the artefacts: {}", self.meets.join("; ")),
        }
    }

    fn proved_text(&self) -> String {
        match self.enforced {
            Coverage::All => "proved at artefact level".to_owned(),
            Coverage::Part => format!(
                "proved at artefact level where an artefact enforces an end; else the file's word stands and {} keeps it",
                self.keeper()
            ),
            Coverage::Nothing => format!(
                "no artefact enforces either end: the file's word stands and {} keeps it",
                self.keeper()
            ),
        }
    }

    /// Who keeps it where the artefacts don't.
    fn keeper(&self) -> &'static str {
        match self.kept_by {
            "citrix" => "Citrix",
            "config" => "a setting elsewhere",
            _ => "the network around it",
        }
    }
}

/// The answer to a case. `None` after a report in the site's sink.
pub(super) fn case_result(case: &Case, day: &DayPolicy, site: &mut Site) -> Option<CaseResult> {
    let question = cases::question(case, &day.policy, &mut site.sink)?;
    let deployed = day.proof.as_ref().map(|proof| &proof.deployed);
    let answer = ask(&day.policy, deployed, &question);
    let is_placed = case.span.end > 0;
    let reasons = reasons::of_answer(&day.policy, &question, &answer, day.proof.as_ref());
    let fails = answer.verdict != case.expect;
    let packet = fails.then(|| counterexample(&day.policy, deployed, &question, case.expect)).flatten();
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
        place: place(&site.sources, case.span, is_placed),
        reasons: reason_rows(&site.sources, reasons),
        example: packet.map(|packet| packet.to_string()),
    })
}

/// The whole report, for the day of the site's own lines.
pub(super) fn report<'a>(
    cases: Vec<CaseResult>,
    day: &DayPolicy,
    errors: &'a [Diagnostic],
    sources: &'a SourceMap,
) -> Report<'a> {
    let DayPolicy { policy, proof } = day;
    let header = policy.header();
    let count = |cases: &[CaseResult]| cases.iter().filter(|case| case.pass).count();
    let expected: Vec<CaseResult> = expects::ask_all(policy)
        .into_iter()
        .filter_map(|answered| expect_result(policy, answered, sources))
        .collect();
    let (passed, held) = (count(&cases), count(&expected));
    let forbids = proof_table::prove_forbids(policy, proof.as_ref());
    let widenings = proof.as_ref().map(|proof| widening_rows(policy, proof)).unwrap_or_default();
    Report {
        site: header.site.clone(),
        passed,
        failed: cases.len() - passed,
        cases,
        expects: Expects { passed: held, failed: expected.len() - held, cases: expected },
        forbids: forbids
            .into_iter()
            .filter_map(|found| forbid_row(policy, &found, &widenings, sources))
            .collect(),
        exceptions: policy.exceptions().iter().map(|one| exception_row(policy, one, sources)).collect(),
        widenings,
        release: header.release.clone(),
        as_of: header.as_of.to_string(),
        tool: tool(),
        catalogue: header.catalogue.clone(),
        sources: source_digests(sources),
        findings: json::findings(errors, sources),
    }
}

fn expect_result(policy: &Policy, answered: Answered, sources: &SourceMap) -> Option<CaseResult> {
    let expect = policy.expects().get(answered.expect)?;
    let side = |role: Option<RoleId>, all: &[RoleId]| {
        role.map_or_else(|| format!("{} roles", all.len()), |role| policy.name(role).to_owned())
    };
    Some(CaseResult {
        src: side(answered.pair.map(|(from, _)| from), &expect.from),
        dst: side(answered.pair.map(|(_, to)| to), &expect.to),
        port: expect.services.to_string(),
        level: "intent",
        as_of: policy.header().as_of.to_string(),
        expect: answered.wanted.word(),
        got: answered.got.word(),
        pass: answered.got == answered.wanted,
        enforced: false,
        why: None,
        place: place(sources, expect.span, true),
        example: expect_example(policy, &answered, expect),
        reasons: reason_rows(sources, answered.reasons),
    })
}

/// The lowest packet for which a pair of an expect line fails.
fn expect_example(policy: &Policy, answered: &Answered, expect: &Expect) -> Option<String> {
    let (from, to) = answered.pair.filter(|_| answered.got != answered.wanted)?;
    let question = Question { from, to, services: expect.services.clone(), level: Level::Intent };
    counterexample(policy, None, &question, answered.wanted).map(|packet| packet.to_string())
}

fn reason_rows(sources: &SourceMap, reasons: Vec<Reason>) -> Vec<ReasonRow> {
    let row = |reason: Reason| {
        let place = reason.span.and_then(|span| sources.locate(span));
        ReasonRow {
            text: reason.text,
            path: place.map(|(path, _)| path.to_owned()),
            line: place.map(|(_, at)| at.line),
        }
    };
    reasons.into_iter().map(row).collect()
}

fn place(sources: &SourceMap, span: Span, has_line: bool) -> Place {
    let (path, line) = sources.locate(span).map_or(("", None), |(path, at)| (path, Some(at.line)));
    let line = line.filter(|_| has_line);
    let origin = line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
    Place { origin, path: path.to_owned(), line }
}

fn forbid_row(
    policy: &Policy,
    found: &ForbidProof,
    widenings: &[ManifestWidening],
    sources: &SourceMap,
) -> Option<ForbidRow> {
    let forbid = policy.forbids().get(found.forbid)?;
    let exceptions = found.pierced_by.iter().filter_map(|at| policy.exceptions().get(*at));
    let met = found.widenings.iter().filter_map(|at| widenings.get(*at));
    Some(ForbidRow {
        name: forbid.name.clone(),
        text: sources.slice(forbid.span).split_whitespace().collect::<Vec<_>>().join(" "),
        because: forbid.because.clone(),
        kept_by: match forbid.enforced_by {
            EnforcedBy::Network => "network",
            EnforcedBy::Citrix => "citrix",
            EnforcedBy::Config => "config",
        },
        intent: found.intent,
        artefact: found.artefact,
        enforced: found.coverage,
        pass: found.holds(),
        exceptions: exceptions.map(|exception| exception.name.clone()).collect(),
        widenings: met.map(|widening| widening.id.clone()).collect(),
        meets: found.examples.clone(),
        place: place(sources, forbid.span, true),
    })
}

fn exception_row(policy: &Policy, exception: &Exception, sources: &SourceMap) -> ExceptionRow {
    let pierced = exception.pierces.iter().filter_map(|pierced| policy.forbids().get(pierced.value));
    let lines = exception.flows.iter().flat_map(|flow| &flow.provenance);
    let reasons: BTreeSet<&str> = lines.map(|line| line.because.as_str()).collect();
    ExceptionRow {
        name: exception.name.clone(),
        state: proof_table::state(exception, policy.header().as_of),
        starts: exception.starts.to_string(),
        expires: exception.expires.to_string(),
        ticket: exception.ticket.clone(),
        owner: exception.owner.clone(),
        because: reasons.into_iter().collect::<Vec<_>>().join("; "),
        flows: exception
            .flows
            .iter()
            .map(|flow| {
                format!("{} to {} on {}", policy.name(flow.from), policy.name(flow.to), flow.services)
            })
            .collect(),
        pierces: pierced.map(|forbid| forbid.name.clone()).collect(),
        place: place(sources, exception.span, true),
    }
}
