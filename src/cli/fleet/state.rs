//! What the sites of a fleet were compiled from, kept in the output's folder for the next run.
//!
//! In: the state of the last run, and the files as they are now. Out: which sites are unchanged, the next state.
//!
//! Invariant: unchanged means that everything which a compile reads, and everything that the last one wrote, has the
//! same digest; a state that can't be read means that nothing is known.

use super::super::args::{Compile, Global};
use super::super::files::{self, Folder, WriteFailure};
use super::super::session::lock_beside;
use crate::driver::{Compiled, CompiledArtifact, SourceReader, sha256, tool};
use crate::target::json;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Its name in the output's folder.
pub(super) const FILE: &str = "fleet.json";

/// The version of its form.
const SCHEMA: &str = "segc/fleet/1";

/// The state of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    schema: String,
    /// By name.
    sites: BTreeMap<String, Entry>,
}

/// One site as it was compiled last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// Its own file as it was typed.
    site: String,
    /// The digest of options, lock, side files and program.
    inputs: String,
    /// Every text of the site, its own file first.
    sources: Vec<FileDigest>,
    /// Every file that was written, relative to the site's folder in the output.
    outputs: Vec<FileDigest>,
    /// How many artefacts it has.
    pub(super) artifacts: usize,
    /// How many rules they have.
    pub(super) rules: usize,
    /// How many warnings its compile gave.
    pub(super) warnings: usize,
}

/// A file with its digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileDigest {
    path: String,
    sha256: String,
}

/// What every site of a run is compiled with.
pub(super) struct Inputs<'a> {
    arguments: &'a Compile,
    global: &'a Global,
    categories: Option<String>,
    program: Option<(u64, std::time::Duration)>,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(arguments: &'a Compile, global: &'a Global) -> Self {
        let categories = arguments.categories.as_deref().and_then(files::digest);
        Self { arguments, global, categories, program: files::program() }
    }

    /// The digest of all that a site is compiled with besides its texts.
    fn digest(&self, site: &Path) -> String {
        let Compile { target, spelling, platform, categories, .. } = self.arguments;
        let lock = lock_beside(site);
        let with = (
            (tool(), self.program),
            self.global.as_of.map(|day| day.to_string()),
            (target, spelling, platform),
            (categories.is_some(), &self.categories),
            (lock.try_exists().ok(), files::digest(&lock)),
        );
        sha256(&json::pretty(&with))
    }
}

impl State {
    fn empty() -> Self {
        Self { schema: SCHEMA.to_owned(), sites: BTreeMap::new() }
    }

    /// The state that a run left; an empty one when it can't be used.
    pub(super) fn read(path: &Path) -> Self {
        let text = if path.is_file() { files::read_text(path).ok() } else { None };
        let state = text.and_then(|text| serde_json::from_str::<Self>(&text).ok());
        state.filter(|state| state.schema == SCHEMA).unwrap_or_else(Self::empty)
    }

    /// What is known of the site of a file, with its name.
    pub(super) fn of_site(&self, path: &Path) -> Option<(&str, &Entry)> {
        let path = path.to_str()?;
        let found = self.sites.iter().find(|(_, entry)| entry.site == path);
        found.map(|(name, entry)| (name.as_str(), entry))
    }

    /// The state after some sites were compiled or found unchanged, and the earlier names of sites that have another now.
    pub(super) fn after<'a>(&self, sites: impl Iterator<Item = (&'a str, &'a Entry)>) -> (Self, Vec<String>) {
        let mut state = self.clone();
        let mut renamed = Vec::new();
        let sites: BTreeMap<&str, &Entry> = sites.collect();
        let now: BTreeMap<&str, &str> =
            sites.iter().map(|(name, entry)| (entry.site.as_str(), *name)).collect();
        state.sites.retain(|name, entry| {
            let is_other = now.get(entry.site.as_str()).is_some_and(|other| other != name);
            if is_other && !sites.contains_key(name.as_str()) {
                renamed.push(name.clone());
            }
            !is_other
        });
        state.sites.extend(sites.into_iter().map(|(name, entry)| (name.to_owned(), entry.clone())));
        (state, renamed)
    }

    /// Keeps the state, unless it is the one that is there already or knows nothing.
    pub(super) fn write(&self, path: &Path, before: &Self) -> Result<(), WriteFailure> {
        if self == before {
            return Ok(());
        }
        files::replace_all(&[(path.to_owned(), &json::pretty(self))])
    }
}

impl Entry {
    /// A site that was just compiled and written.
    pub(super) fn new(
        path: &Path,
        inputs: &Inputs<'_>,
        (compiled, manifest): (&Compiled, &CompiledArtifact),
        warnings: usize,
    ) -> Self {
        let sources = compiled.manifest.sources.iter();
        let source =
            |path: &String, sha256: &String| FileDigest { path: path.clone(), sha256: sha256.clone() };
        let outputs = compiled.files.iter().chain([manifest]);
        Self {
            site: path.display().to_string(),
            inputs: inputs.digest(path),
            sources: sources.map(|one| source(&one.path, &one.sha256)).collect(),
            outputs: outputs
                .map(|one| FileDigest { path: one.path.clone(), sha256: sha256(&one.bytes) })
                .collect(),
            artifacts: compiled.manifest.artifacts.len(),
            rules: compiled.manifest.artifacts.iter().map(|artifact| artifact.rules).sum(),
            warnings,
        }
    }

    /// True when compiling the site again would write what is in its folder.
    pub(super) fn is_current(&self, path: &Path, inputs: &Inputs<'_>, output: &Path) -> bool {
        self.inputs == inputs.digest(path)
            && self.has_sources(path)
            && self.outputs.iter().all(|file| {
                files::digest(&output.join(&file.path)).is_some_and(|digest| digest == file.sha256)
            })
    }

    fn has_sources(&self, path: &Path) -> bool {
        let folder = Folder::of(path);
        let Some((own, others)) = self.sources.split_first() else { return false };
        let is_same = |file: &FileDigest| {
            let text = folder.read(&file.path).ok();
            text.is_some_and(|source| sha256(source.text.as_bytes()) == file.sha256)
        };
        files::digest(path).is_some_and(|digest| digest == own.sha256) && others.iter().all(is_same)
    }
}
