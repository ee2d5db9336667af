//! What the commands that ask a policy have in common: the site at a level, names and ports that were typed, and the
//! lines behind an answer.
//!
//! In: arguments. Out: [`Asked`], or the exit code after a report.
//!
//! Invariant: a name that the site doesn't have is SEG2103 with the nearest one; a port that can't be read is a wrong
//! command line.

use super::EXIT_USAGE;
use super::args::{Global, SiteArg};
use super::session::Session;
use super::terminal::{Stream, Terminal};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::driver::plan_and_prove;
use crate::policy::service::ServiceSet;
use crate::policy::{Flow, Policy, Provenance, RoleId};
use crate::source::{SourceMap, Span};
use crate::target::compare::Deployed;
use crate::target::proof::Proof;
use serde::Serialize;

/// A site that can be asked.
pub(super) struct Asked {
    pub(super) session: Session,
    pub(super) policy: Policy,
    /// What the artefacts decide, where it was wanted.
    pub(super) proof: Option<Proof>,
}

impl Asked {
    /// What the artefacts decide, where it was wanted.
    pub(super) fn deployed(&self) -> Option<&Deployed> {
        self.proof.as_ref().map(|proof| &proof.deployed)
    }
}

/// Reads a site; with what its artefacts decide where the question needs it.
///
/// # Errors
/// The exit code after a report.
pub(super) fn open(site: &SiteArg, global: &Global, needs_artefacts: bool) -> Result<Asked, u8> {
    let mut session = Session::open(site, global);
    let Some(model) = session.model() else { return Err(session.finish(Stream::Report)) };
    let Some(policy) = session.policy_to_ask(&model, None) else {
        return Err(session.finish(Stream::Report));
    };
    let mut proof = None;
    if needs_artefacts {
        proof = plan_and_prove(&policy, &session.options, &mut session.site.sink);
        if proof.is_none() {
            return Err(session.finish(Stream::Report));
        }
    }
    Ok(Asked { session, policy, proof })
}

/// The services that were typed.
///
/// # Errors
/// The exit code after a report.
pub(super) fn services(text: &str, global: &Global) -> Result<ServiceSet, u8> {
    ServiceSet::parse(text).ok_or_else(|| {
        let complaint =
            format!("error: `{text}` is not a port\n\nhelp: write tcp/443, udp/1024-2048, icmp/8 or any\n");
        Terminal::new(global.clone()).complain(&complaint);
        EXIT_USAGE
    })
}

/// The role of a name. `None` after a report.
pub(super) fn find_role(policy: &Policy, name: &str, session: &mut Session) -> Option<RoleId> {
    let found = policy.find(name);
    if found.is_none() {
        let report = Diagnostic::new(codes::UNKNOWN_ROLE, format!("the site has no role `{name}`"));
        let names: Vec<&str> = policy.parties().map(|(_, party)| party.name.as_str()).collect();
        session.site.sink.report(with_names(report, name, &names));
    }
    found
}

/// The report with the nearest of some names, or with all of them.
pub(super) fn with_names(report: Diagnostic, name: &str, names: &[&str]) -> Diagnostic {
    match nearest(name, names.iter().copied()) {
        Some(near) => report.help(format!("did you mean `{near}`?")),
        None => report.help(format!("there are: {}", names.join(", "))),
    }
}

/// A line of the file behind an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Line {
    /// `intent NAME`, `allow LABEL`, `exception ID`, `forbid LABEL`.
    pub(super) statement: String,
    pub(super) path: String,
    pub(super) line: u32,
    pub(super) catalogue: Option<String>,
    pub(super) because: String,
}

impl Line {
    fn new(reason: &Provenance, sources: &SourceMap) -> Self {
        let (path, line) = place(sources, reason.span);
        Self {
            statement: reason.statement.clone(),
            path,
            line,
            catalogue: reason.catalogue.clone(),
            because: reason.because.clone(),
        }
    }
}

/// The lines of some flows that are reasons for something of the services, each once, in the order of the text.
pub(super) fn lines<'a>(
    flows: impl IntoIterator<Item = &'a Flow>,
    services: &ServiceSet,
    sources: &SourceMap,
) -> Vec<Line> {
    let reasons = flows.into_iter().flat_map(|flow| &flow.provenance);
    let meeting = reasons.filter(|reason| reason.services.meets(services));
    let mut lines: Vec<Line> = meeting.map(|reason| Line::new(reason, sources)).collect();
    lines.sort_by(|a, b| (&a.path, a.line, a).cmp(&(&b.path, b.line, b)));
    lines.dedup();
    lines
}

/// The statements of some lines in short, each once: `intent ad-domain (site.seg:12)`.
pub(super) fn statements(lines: &[Line]) -> Vec<String> {
    let mut words: Vec<String> =
        lines.iter().map(|line| format!("{} ({}:{})", line.statement, line.path, line.line)).collect();
    words.dedup();
    words
}

/// The path and line of a place.
pub(super) fn place(sources: &SourceMap, span: Span) -> (String, u32) {
    sources.locate(span).map_or((String::new(), 0), |(path, at)| (path.to_owned(), at.line))
}
