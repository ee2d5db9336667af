//! `manifest.json`: the map from any line of any artefact back to its reason.
//!
//! In: a compile's results. Out: typed values in the form `segc/manifest/1`.
//!
//! Invariant: keys are only ever added; nothing in it depends on the machine or the day of the run.

pub(crate) mod facts;

use super::half::Direction;
use crate::policy::service::ServiceSet;
use serde::Serialize;
use std::collections::BTreeMap;

/// The version of the form.
pub const SCHEMA: &str = "segc/manifest/1";

/// The whole manifest.
#[derive(Debug, Clone, Serialize)]
pub struct Manifest {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// Program and version.
    pub tool: String,
    /// Version of the language.
    pub language: &'static str,
    /// Catalogue release.
    pub catalogue: String,
    /// The site's name.
    pub site: String,
    /// The site's release.
    pub release: Option<String>,
    /// The day for which it was compiled.
    pub as_of: String,
    /// Every text that was read.
    pub sources: Vec<ManifestSource>,
    /// Every written artefact.
    pub artifacts: Vec<ManifestArtifact>,
    /// Roles by name.
    pub roles: BTreeMap<String, ManifestRole>,
    /// Rules in the order of the artefacts.
    pub rules: Vec<ManifestRule>,
    /// What the artefacts permit beyond the file.
    pub widenings: Vec<ManifestWidening>,
    /// Limits with their use.
    pub quotas: Vec<ManifestQuota>,
    /// Symbols in the artefacts that stand for ids that only the platform knows, by artefact path.
    pub symbols: BTreeMap<String, Vec<String>>,
    /// What a comparison with another manifest needs besides; none where only artefacts were asked for.
    #[serde(flatten)]
    pub(crate) facts: Option<facts::Facts>,
}

/// One text that was read.
#[derive(Debug, Clone, Serialize)]
pub struct ManifestSource {
    /// Path relative to the site's folder.
    pub path: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// One written file.
#[derive(Debug, Clone, Serialize)]
pub struct ManifestArtifact {
    /// Path relative to the output folder.
    pub path: String,
    /// Platform of the site.
    pub platform: String,
    /// Target id.
    pub target: &'static str,
    /// Spelling id.
    pub spelling: &'static str,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// How many rules it has.
    pub rules: usize,
}

/// One role.
#[derive(Debug, Clone, Serialize)]
pub struct ManifestRole {
    /// Catalogue kind.
    pub kind: String,
    /// Platform, null when outside.
    pub platform: Option<String>,
    /// Segment, null when it has none.
    pub segment: Option<String>,
    /// Who runs it, null for the owner of the site.
    pub managed_by: Option<String>,
    /// True when an artefact enforces its end of a flow.
    pub enforced: bool,
    /// Exact address ranges.
    pub addresses: Vec<String>,
    /// Names that stand for it where addresses don't.
    pub known_by: Vec<String>,
    /// How each target knows it.
    pub identity: BTreeMap<&'static str, serde_json::Value>,
    /// What a comparison with another manifest needs besides.
    #[serde(flatten)]
    pub(crate) facts: Option<facts::RoleFacts>,
}

/// One row of the policy in one place of one artefact.
#[derive(Debug, Clone, Serialize)]
pub struct ManifestRule {
    /// Row id.
    pub id: String,
    /// Artefact path.
    pub artifact: String,
    /// JSON pointer, or `line N`.
    pub pointer: String,
    /// Source role.
    pub from: String,
    /// Destination role.
    pub to: String,
    /// Services.
    pub service: String,
    /// The services as a set; not written.
    #[serde(skip)]
    pub services: ServiceSet,
    /// Which end of the row it guards, where it guards one; not written.
    #[serde(skip)]
    pub end: Option<Direction>,
    /// Reasons.
    pub provenance: Vec<ManifestProvenance>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManifestProvenance {
    /// `intent NAME`, `allow LABEL`, `exception ID`.
    pub statement: String,
    /// Path relative to the site's folder.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Catalogue entry, null for a line with its own ports.
    pub catalogue: Option<String>,
    /// False where no document confirms the catalogue entry; null for a line with its own ports.
    pub verified: Option<bool>,
}

/// One widening.
#[derive(Debug, Clone, Serialize)]
pub struct ManifestWidening {
    /// `W-n`, or `S-n` where the file gives the gaining role another role's group.
    pub id: String,
    /// Source role.
    pub from: String,
    /// Destination role.
    pub to: String,
    /// Services.
    pub service: String,
    /// The part of the source's addresses, when not all of them.
    pub from_addresses: Option<String>,
    /// The part of the destination's addresses, when not all of them.
    pub to_addresses: Option<String>,
    /// Why.
    pub cause: String,
    /// True where the file says that the gaining role wears another role's group.
    pub declared: bool,
    /// The one spelling that has it, null for all.
    pub spelling: Option<&'static str>,
    /// Forbids that it meets, by name.
    pub forbids: Vec<String>,
}

/// One limit.
#[derive(Debug, Clone, Serialize)]
pub struct ManifestQuota {
    /// Platform of the site.
    pub platform: String,
    /// What is limited.
    pub quota: String,
    /// How many are used.
    pub used: u64,
    /// How many are allowed.
    pub limit: u64,
}
