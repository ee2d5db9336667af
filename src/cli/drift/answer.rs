//! What a comparison with what is deployed says, in the form of its JSON.
//!
//! In: the comparisons. Out: [`Answer`], which text and Markdown are written from as well.
//!
//! Invariant: every form has every difference.

use crate::cli::{EXIT_FINDINGS, EXIT_FINE, EXIT_OPENED};
use crate::drift::{Access, Drift};
use crate::driver::{Deployment, Deployments};
use crate::policy::Policy;
use crate::target::half::Direction;
use serde::Serialize;
use std::collections::BTreeMap;

/// Form of the JSON.
const SCHEMA: &str = "segc/drift/1";

/// The whole answer.
#[derive(Debug, Serialize)]
pub(super) struct Answer<'a> {
    pub(super) schema: &'static str,
    pub(super) site: &'a str,
    pub(super) as_of: String,
    pub(super) summary: Summary,
    pub(super) compared: Vec<JsonCompared<'a>>,
    pub(super) drifts: Vec<JsonDrift<'a>>,
    pub(super) not_compared: Vec<String>,
}

/// How many differences there are of each kind.
#[derive(Debug, Default, Serialize)]
pub(super) struct Summary {
    pub(super) drifts: usize,
    pub(super) opening: usize,
    pub(super) by_kind: BTreeMap<&'static str, usize>,
}

/// What was compared of one kind of platform.
#[derive(Debug, Serialize)]
pub(super) struct JsonCompared<'a> {
    pub(super) target: &'a str,
    #[serde(skip)]
    pub(super) title: &'a str,
    pub(super) platforms: &'a [String],
    pub(super) artefacts: &'a [String],
    pub(super) points: usize,
    pub(super) rules: usize,
    pub(super) foreign: Vec<JsonForeign<'a>>,
    pub(super) remarks: &'a [String],
}

/// What is deployed and not of the site.
#[derive(Debug, Serialize)]
pub(super) struct JsonForeign<'a> {
    pub(super) point: &'a str,
    pub(super) rules: usize,
    pub(super) belongs_to: Option<&'a str>,
    pub(super) problem: Option<&'a str>,
}

/// One difference.
#[derive(Debug, Serialize)]
pub(super) struct JsonDrift<'a> {
    pub(super) kind: &'static str,
    pub(super) effect: &'static str,
    pub(super) platform: &'a str,
    pub(super) point: &'a str,
    pub(super) deployed: Option<&'a str>,
    pub(super) direction: Option<&'static str>,
    pub(super) compiled_at: Option<&'a str>,
    pub(super) deployed_at: Option<&'a str>,
    pub(super) remark: Option<&'a str>,
    pub(super) rows: Vec<JsonRow<'a>>,
    pub(super) opened: Vec<JsonAccess>,
    pub(super) closed: Vec<JsonAccess>,
    pub(super) certain: bool,
    pub(super) note: Option<&'a str>,
}

/// A row of the policy.
#[derive(Debug, Serialize)]
pub(super) struct JsonRow<'a> {
    pub(super) id: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
}

/// Some access.
#[derive(Debug, Serialize)]
pub(super) struct JsonAccess {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) service: String,
}

impl<'a> Answer<'a> {
    pub(super) fn new(policy: &'a Policy, found: &'a Deployments) -> Self {
        let all = || found.compared.iter().flat_map(|one| &one.comparison.drifts);
        let mut summary = Summary::default();
        for drift in all() {
            summary.drifts += 1;
            summary.opening += usize::from(drift.opens);
            *summary.by_kind.entry(drift.kind.word()).or_default() += 1;
        }
        let without = |platform: &String| format!("platform {platform}: no export of it was given");
        let mut not_compared: Vec<String> = found.without_export.iter().map(without).collect();
        not_compared.extend(found.compared.iter().flat_map(left_out));
        Self {
            schema: SCHEMA,
            site: &policy.header().site,
            as_of: policy.header().as_of.to_string(),
            summary,
            compared: found.compared.iter().map(compared).collect(),
            drifts: all().map(|drift| json_drift(policy, drift)).collect(),
            not_compared,
        }
    }

    /// The exit code, without regard to reports. What was not compared may differ, so it is not fine.
    pub(super) fn code(&self) -> u8 {
        match (self.summary.opening, self.summary.drifts) {
            (0, 0) if self.not_compared.is_empty() => EXIT_FINE,
            (0, _) => EXIT_FINDINGS,
            _ => EXIT_OPENED,
        }
    }
}

/// What of a comparison could not be compared, in words.
fn left_out(one: &Deployment) -> Vec<String> {
    let found = &one.comparison;
    let ambiguous =
        found.ambiguous.iter().map(|one| format!("{}: may be any of {}", one.name, one.ids.join(", ")));
    let unexplained = found
        .unexplained
        .iter()
        .map(|one| format!("rules with {}, which no file explains: {}", one.name, one.places.join(", ")));
    let unreadable = found.unreadable.iter().map(|(what, problem)| format!("{what}: {problem}"));
    let besides = found.besides.iter().map(|(what, why)| format!("{what}: {why}"));
    ambiguous.chain(unexplained).chain(unreadable).chain(besides).collect()
}

fn compared(one: &Deployment) -> JsonCompared<'_> {
    let found = &one.comparison;
    let foreign = found.foreign.iter().map(|one| JsonForeign {
        point: &one.shown,
        rules: one.rules,
        belongs_to: one.belongs_to,
        problem: one.problem.as_deref(),
    });
    JsonCompared {
        target: one.target.id,
        title: one.target.title,
        platforms: &one.platforms,
        artefacts: &one.artefacts,
        points: found.compared,
        rules: found.rules,
        foreign: foreign.collect(),
        remarks: &found.remarks,
    }
}

fn json_drift<'a>(policy: &'a Policy, drift: &'a Drift) -> JsonDrift<'a> {
    let direction = drift.direction.unwrap_or(Direction::Ingress);
    JsonDrift {
        kind: drift.kind.word(),
        effect: match (drift.opens, drift.closes) {
            (true, true) => "opens and closes",
            (true, false) => "opens",
            (false, true) => "closes",
            (false, false) => "neither",
        },
        platform: &drift.platform,
        point: &drift.point,
        deployed: drift.deployed.as_deref(),
        direction: drift.direction.map(word),
        compiled_at: drift.compiled_at.as_deref(),
        deployed_at: drift.deployed_at.as_deref(),
        remark: drift.remark.as_deref(),
        rows: rows(policy, &drift.rows),
        opened: drift.opened.iter().map(|access| json_access(access, direction)).collect(),
        closed: drift.closed.iter().map(|access| json_access(access, direction)).collect(),
        certain: !drift.is_possible,
        note: drift.note.as_deref(),
    }
}

fn word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "in",
        Direction::Egress => "out",
    }
}

fn rows<'a>(policy: &'a Policy, ids: &'a [String]) -> Vec<JsonRow<'a>> {
    let row = |id: &'a String| {
        let flow = policy.flows().iter().find(|flow| flow.id.to_string() == *id);
        JsonRow {
            id,
            from: flow.map_or("", |flow| policy.name(flow.from)),
            to: flow.map_or("", |flow| policy.name(flow.to)),
        }
    };
    ids.iter().map(row).collect()
}

fn json_access(access: &Access, direction: Direction) -> JsonAccess {
    let (own, peer) = (access.own.to_string(), access.peer.to_string());
    let (from, to) = match direction {
        Direction::Ingress => (peer, own),
        Direction::Egress => (own, peer),
    };
    JsonAccess { from, to, service: access.services.to_string() }
}
