//! The manifest of a compile: what was written, who is who, and why each rule is there.
//!
//! In: the policy, the plans, the rendered artefacts, the proof. Out: a [`Manifest`].
//!
//! Invariant: paths are relative to the site's or the output's folder, so that nothing depends on the machine.

mod describe;
mod listed;
mod read;

pub use listed::listed_artefacts;
pub use read::{ManifestFailure, ReadManifest, is_manifest, read_manifest};

use super::compile::{PlannedPlatform, Written};
use crate::diff::release::Release;
use crate::policy::service::ServiceSet;
use crate::policy::{Flow, KnownBy, Policy, RowId};
use crate::source::{SourceFile, SourceMap};
use crate::target::manifest::{self, Manifest};
use crate::target::proof::Proof;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The manifest's path within the output folder.
pub(super) const MANIFEST: &str = "manifest.json";

/// The digest of some bytes, as every output writes it: SHA-256 in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}

/// The program with its version, as every output names it.
pub fn tool() -> String {
    format!("segc {}", env!("CARGO_PKG_VERSION"))
}

/// Every text that was read, with its digest.
pub fn source_digests(sources: &SourceMap) -> Vec<manifest::ManifestSource> {
    let digest = |file: &SourceFile| manifest::ManifestSource {
        path: file.relative.clone(),
        sha256: sha256(file.text.as_bytes()),
    };
    sources.iter().map(|(_, file)| digest(file)).collect()
}

/// The map from every rule of the written artefacts back to its reason.
pub(super) fn build_manifest(
    policy: &Policy,
    sources: &SourceMap,
    planned: &[PlannedPlatform],
    written: &[Written],
    proof: &Proof,
) -> Manifest {
    let header = policy.header();
    Manifest {
        schema: manifest::SCHEMA,
        tool: tool(),
        language: crate::syntax::LANGUAGE_VERSION,
        catalogue: header.catalogue.clone(),
        site: header.site.clone(),
        release: header.release.clone(),
        as_of: header.as_of.to_string(),
        sources: source_digests(sources),
        artifacts: written.iter().map(manifest_artifact).collect(),
        roles: manifest_roles(policy, planned),
        rules: manifest_rules(policy, sources, written),
        widenings: widening_rows(policy, proof),
        quotas: manifest_quotas(planned),
        symbols: written
            .iter()
            .filter(|written| !written.artifact.symbols.is_empty())
            .map(|written| (written.path.clone(), written.artifact.symbols.clone()))
            .collect(),
        facts: None,
    }
}

/// Adds to a manifest what a comparison needs of the release that it was written for.
pub(super) fn describe(manifest: &mut Manifest, release: &Release) {
    for (_, party) in release.parties() {
        if let Some(role) = manifest.roles.get_mut(&party.name) {
            role.facts = Some(describe::role_facts(party));
        }
    }
    manifest.facts = Some(describe::facts(release));
}

fn manifest_artifact(written: &Written) -> manifest::ManifestArtifact {
    let mut places: Vec<&str> = written.artifact.rules.iter().map(|rule| rule.pointer.as_str()).collect();
    places.sort_unstable();
    places.dedup();
    manifest::ManifestArtifact {
        path: written.path.clone(),
        platform: written.platform.clone(),
        target: written.target,
        spelling: written.artifact.spelling.id,
        sha256: sha256(&written.artifact.bytes),
        rules: places.len(),
    }
}

fn manifest_roles(policy: &Policy, planned: &[PlannedPlatform]) -> BTreeMap<String, manifest::ManifestRole> {
    let mut roles = BTreeMap::new();
    for (_, party) in policy.parties() {
        let platform =
            party.platform.and_then(|id| policy.platform(id)).map(|platform| platform.name.clone());
        let segment = party.segment.and_then(|id| policy.segment(id)).map(|segment| segment.name.clone());
        let known_by = party.known_by.iter().flat_map(KnownBy::names).cloned();
        let role = manifest::ManifestRole {
            kind: party.kind.clone(),
            platform,
            segment,
            managed_by: party.managed_by.clone(),
            enforced: party.enforced,
            addresses: party.addresses.ranges().iter().map(ToString::to_string).collect(),
            known_by: known_by.collect(),
            identity: BTreeMap::new(),
            facts: None,
        };
        roles.insert(party.name.clone(), role);
    }
    for platform in planned {
        for (role, identity) in platform.plan.identities() {
            if let Some(role) = roles.get_mut(policy.name(role)) {
                role.identity.insert(platform.target.info().id, identity);
            }
        }
    }
    roles
}

fn manifest_rules(policy: &Policy, sources: &SourceMap, written: &[Written]) -> Vec<manifest::ManifestRule> {
    let flows: BTreeMap<&RowId, &Flow> = policy.flows().iter().map(|flow| (&flow.id, flow)).collect();
    let mut rules = Vec::new();
    for file in written {
        for rule in &file.artifact.rules {
            let Some(flow) = flows.get(&rule.row) else { continue };
            // A merged rule may be wider than what this row asks of it.
            let services = match &rule.services {
                Some(services) => flow.services.intersection(services),
                None => flow.services.clone(),
            };
            rules.push(manifest::ManifestRule {
                id: rule.row.to_string(),
                artifact: file.path.clone(),
                pointer: rule.pointer.clone(),
                from: policy.name(flow.from).to_owned(),
                to: policy.name(flow.to).to_owned(),
                provenance: provenance(flow, &services, sources),
                service: services.explicit(),
                services,
                end: rule.end,
            });
        }
    }
    rules
}

/// The reasons for some services of a flow with their places, each once.
fn provenance(flow: &Flow, services: &ServiceSet, sources: &SourceMap) -> Vec<manifest::ManifestProvenance> {
    let mut reasons = Vec::new();
    for reason in flow.provenance.iter().filter(|reason| reason.services.meets(services)) {
        let file = sources.get(reason.span.source);
        let entry = manifest::ManifestProvenance {
            statement: reason.statement.clone(),
            path: file.map_or_else(String::new, |file| file.relative.clone()),
            line: file.map_or(0, |file| file.line_column(reason.span.start).line),
            catalogue: reason.catalogue.clone(),
            verified: reason.catalogue_verified(),
        };
        if !reasons.contains(&entry) {
            reasons.push(entry);
        }
    }
    reasons
}

/// What the artefacts permit beyond the file, in the manifest's form.
pub fn widening_rows(policy: &Policy, proof: &Proof) -> Vec<manifest::ManifestWidening> {
    let widenings = proof.widenings.iter();
    widenings
        .map(|widening| manifest::ManifestWidening {
            id: widening.id.clone(),
            from: policy.name(widening.from).to_owned(),
            to: policy.name(widening.to).to_owned(),
            service: widening.services.explicit(),
            from_addresses: widening.from_part.as_ref().map(ToString::to_string),
            to_addresses: widening.to_part.as_ref().map(ToString::to_string),
            cause: widening.cause.clone(),
            declared: widening.declared,
            spelling: widening.spelling,
            forbids: widening.forbids.clone(),
        })
        .collect()
}

/// Every limit with its use.
pub(super) fn manifest_quotas(planned: &[PlannedPlatform]) -> Vec<manifest::ManifestQuota> {
    let of_platform = |platform: &PlannedPlatform| {
        let name = platform.name.clone();
        platform.plan.quotas().into_iter().map(move |quota| manifest::ManifestQuota {
            platform: name.clone(),
            quota: quota.quota,
            used: quota.used,
            limit: quota.limit,
        })
    };
    planned.iter().flat_map(of_platform).collect()
}
