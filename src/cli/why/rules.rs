//! What carries a packet at the artefact level: rules with their places, and what each end does.
//!
//! In: the manifest of a compile, and what the artefacts decide. Out: one entry for each rule and each enforced end.

use super::Context;
use crate::check::verdict::{Points, Question, judge};
use crate::policy::service::ServiceSet;
use crate::policy::{Flow, PlatformId};
use crate::target::compare::between_points;
use crate::target::half::Direction;
use crate::target::manifest::Manifest;
use serde::Serialize;
use std::collections::BTreeSet;

/// One rule of one artefact.
#[derive(Debug, Serialize)]
pub(super) struct JsonRule<'a> {
    /// `egress` at the source's end, `ingress` at the destination's; null for a line that stands between the two.
    pub(super) end: Option<&'static str>,
    pub(super) platform: &'a str,
    pub(super) spelling: &'static str,
    /// Path in the output folder.
    pub(super) artifact: &'a str,
    /// JSON pointer, or `line N`.
    pub(super) pointer: &'a str,
    /// The row of the policy.
    pub(super) id: &'a str,
    pub(super) service: &'a str,
}

/// What one enforced end does with what was asked.
#[derive(Debug, Serialize)]
pub(super) struct JsonEnd<'a> {
    /// `egress` or `ingress`.
    pub(super) end: &'static str,
    pub(super) role: &'a str,
    pub(super) platform: &'a str,
    pub(super) verdict: &'static str,
}

/// The rules that carry some flows for what was asked, egress first.
pub(super) fn rules<'a>(manifest: &'a Manifest, flows: &[&Flow], question: &Question) -> Vec<JsonRule<'a>> {
    let rows: BTreeSet<&str> = flows.iter().map(|flow| flow.id.as_str()).collect();
    let carrying = manifest
        .rules
        .iter()
        .filter(|rule| rows.contains(rule.id.as_str()) && rule.services.meets(&question.services));
    let mut rules: Vec<JsonRule<'a>> = carrying
        .filter_map(|rule| {
            let artifact = manifest.artifacts.iter().find(|artifact| artifact.path == rule.artifact)?;
            Some(JsonRule {
                end: rule.end.map(word),
                platform: &artifact.platform,
                spelling: artifact.spelling,
                artifact: &rule.artifact,
                pointer: &rule.pointer,
                id: &rule.id,
                service: &rule.service,
            })
        })
        .collect();
    // The order of the artefacts within an end.
    rules.sort_by_key(|rule| rule.end);
    rules
}

fn word(end: Direction) -> &'static str {
    match end {
        Direction::Egress => "egress",
        Direction::Ingress => "ingress",
    }
}

/// What each enforced end does, the source's first.
pub(super) fn ends<'a>(context: &Context<'a>, question: &Question, points: Points<'_>) -> Vec<JsonEnd<'a>> {
    let policy = context.policy;
    let ends = [(Direction::Egress, question.from), (Direction::Ingress, question.to)];
    ends.into_iter()
        .filter_map(|(end, role)| {
            let deployed = context.deployed?;
            let at = |from, to| deployed.end_at(end == Direction::Egress, from, to);
            let platform: PlatformId = points.pairs().find_map(|(from, to)| at(from, to))?.0;
            let between = between_points(policy, points.from, points.to, |from, to| {
                at(from, to).map_or(ServiceSet::any(), |(_, services)| services)
            });
            Some(JsonEnd {
                end: word(end),
                role: policy.name(role),
                platform: policy.platform(platform).map_or("", |platform| platform.name.as_str()),
                verdict: judge(&question.services, &between).word(),
            })
        })
        .collect()
}
