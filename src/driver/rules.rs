//! The rules of written artefacts as their platforms see them.
//!
//! In: a compile. Out: an [`Artefact`] for each file, read back from its bytes.
//!
//! Invariant: what a rule `sees` is all of its effect and nothing else: names, numbers and remarks are left out, so that
//! releases which differ in these only have equal rules.

use super::{Compiled, CompiledArtifact};
use crate::diff::release::{Artefact, Rule};
use crate::policy::EnforcementState;
use crate::target::half::Direction;
use crate::target::observed::{self, Author, Guard, Ipv6, Observed, Peers};
use crate::targets::TARGETS;
use std::collections::{BTreeMap, BTreeSet};

/// A written file.
pub(super) struct WrittenFile<'a> {
    pub(super) path: &'a str,
    pub(super) platform: &'a str,
    pub(super) target: &'a str,
    pub(super) spelling: &'a str,
    pub(super) bytes: &'a [u8],
}

/// Row, artefact and pointer of each rule of a manifest.
pub(super) type RulePlace<'a> = (&'a str, &'a str, &'a str);

/// Every written artefact with its rules.
pub(super) fn observed_artefacts(compiled: &Compiled) -> Vec<Artefact> {
    let rules = compiled.manifest.rules.iter();
    let places: Vec<RulePlace<'_>> =
        rules.map(|rule| (rule.id.as_str(), rule.artifact.as_str(), rule.pointer.as_str())).collect();
    let bytes = |path: &str| {
        let written = compiled.files.iter().find(|one: &&CompiledArtifact| one.path == path);
        written.map_or(&[][..], |one| one.bytes.as_slice())
    };
    let files: Vec<WrittenFile<'_>> = compiled
        .manifest
        .artifacts
        .iter()
        .map(|file| WrittenFile {
            path: &file.path,
            platform: &file.platform,
            target: file.target,
            spelling: file.spelling,
            bytes: bytes(&file.path),
        })
        .collect();
    // Every written file was read back before.
    observe(&files, &places).unwrap_or_default()
}

/// The rules of some artefacts; `None` where one of them can't be read.
pub(super) fn observe(files: &[WrittenFile<'_>], places: &[RulePlace<'_>]) -> Option<Vec<Artefact>> {
    let mut rows: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for (row, artefact, pointer) in places {
        rows.entry(artefact).or_default().entry(pointer).or_default().insert(row);
    }
    let none = BTreeMap::new();
    let artefact = |file: &WrittenFile<'_>| {
        let target = TARGETS.iter().find(|target| target.info().id == file.target)?;
        let spelling = target.info().spellings.iter().find(|spelling| spelling.id == file.spelling)?;
        let observed = target.read(*spelling, file.bytes).ok()?;
        Some(Artefact {
            path: file.path.to_owned(),
            platform: file.platform.to_owned(),
            target: file.target.to_owned(),
            spelling: file.spelling.to_owned(),
            rules: rules(&observed, rows.get(file.path).unwrap_or(&none)),
        })
    };
    files.iter().map(artefact).collect()
}

type Rows<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn rules(observed: &Observed, rows: &Rows<'_>) -> Vec<Rule> {
    let mut rules = Vec::new();
    for guard in &observed.guards {
        if !observed.opens_only {
            rules.push(guarded(guard));
        }
        let written = guard.rules.iter().filter(|rule| rule.author == Author::File);
        rules.extend(written.map(|rule| self::rule(guard, rule, rows)));
    }
    rules
}

/// What an enforcement point is by itself: whom it guards, and what it does with the rest.
fn guarded(guard: &Guard) -> Rule {
    let state = match guard.state {
        EnforcementState::Save => "save",
        EnforcementState::Monitor => "monitor",
        EnforcementState::Enforce => "enforce",
    };
    let ipv6 = match guard.ipv6 {
        Ipv6::ByRules => "",
        Ipv6::Dropped => ", drops IPv6",
        Ipv6::Passes => ", lets IPv6 pass",
    };
    Rule {
        key: format!("{}: itself", guard.name),
        sees: format!("guards {} ({state}{ipv6})", peers(&guard.members)),
        rows: Vec::new(),
        pointer: guard.pointer.clone(),
        state: Some(guard.state),
    }
}

fn rule(guard: &Guard, rule: &observed::Rule, rows: &Rows<'_>) -> Rule {
    let rows: Vec<String> = rows_at(rows, &rule.pointer).map(str::to_owned).collect();
    let direction = match rule.direction {
        Direction::Ingress => "in",
        Direction::Egress => "out",
    };
    let action = match rule.action {
        observed::Action::Allow => "allow",
        observed::Action::Deny => "deny",
    };
    let (from, to) = (peers(&rule.from), peers(&rule.to));
    let carried = if rows.is_empty() { "closing".to_owned() } else { rows.join(" ") };
    Rule {
        key: format!("{}: {direction} {carried}", guard.name),
        sees: format!("{direction}: {action} {} from {from} to {to}", rule.services),
        rows,
        pointer: rule.pointer.clone(),
        state: None,
    }
}

/// The rows of a place: of the place itself, or of what lies below or above it where one side of them is coarser.
fn rows_at<'a>(rows: &Rows<'a>, pointer: &str) -> impl Iterator<Item = &'a str> {
    let exact = rows.get(pointer);
    let below = format!("{pointer}/");
    let mut found: BTreeSet<&str> = exact.into_iter().flatten().copied().collect();
    if found.is_empty() {
        let parts = rows.range(below.as_str()..).take_while(|(place, _)| place.starts_with(&below));
        found.extend(parts.flat_map(|(_, ids)| ids));
    }
    let mut above = pointer;
    while found.is_empty() {
        let Some((parent, _)) = above.rsplit_once('/') else { break };
        found.extend(rows.get(parent).into_iter().flatten());
        above = parent;
    }
    found.into_iter()
}

fn peers(peers: &Peers) -> String {
    let mut words: Vec<String> = Vec::new();
    if peers.everybody {
        words.push("any".to_owned());
    }
    if peers.guarded {
        words.push("whom it guards".to_owned());
    }
    words.extend(peers.addresses.ranges().iter().map(ToString::to_string));
    words.extend(peers.names.iter().map(ToString::to_string));
    if words.is_empty() { "nobody".to_owned() } else { words.join(", ") }
}
