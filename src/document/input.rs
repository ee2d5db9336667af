//! What a document is made of: everything that is known of a site once it is compiled.
//!
//! In: nothing. Out: [`Input`], filled by the driver.
//!
//! Invariant: no platform is named; what only a platform knows comes as text from its target.

use super::content::Figure;
use crate::catalogue::Catalogue;
use crate::check::findings::Review;
use crate::diagnostic::Diagnostic;
use crate::diff::Comparison;
use crate::diff::release::Release;
use crate::model::Model;
use crate::policy::Policy;
use crate::source::SourceMap;
use crate::target::manifest::{ManifestQuota, ManifestSource, ManifestWidening};
use crate::target::permission::{PermissionAsk, PermissionDocument};
use crate::vocabulary::AttributeSpec;

/// A compiled site, with what the document says about it.
#[derive(Debug)]
pub struct Input<'a> {
    /// The site.
    pub model: &'a Model,
    /// The site on the day.
    pub policy: &'a Policy,
    /// The catalogue in use.
    pub catalogue: &'a Catalogue,
    /// The site under review: which conditions hold, which rules concern it.
    pub review: &'a Review<'a>,
    /// The site's texts, for places of findings.
    pub sources: &'a SourceMap,
    /// Digests of the site's texts.
    pub digests: Vec<ManifestSource>,
    /// Reports of the checks, weighed.
    pub findings: &'a [Diagnostic],
    /// What the artefacts permit beyond the site.
    pub widenings: Vec<ManifestWidening>,
    /// Limits of the platforms with their use.
    pub quotas: Vec<ManifestQuota>,
    /// What is known of the kinds of platforms.
    pub kinds: Vec<PlatformKind>,
    /// What it is compared with, where it is.
    pub earlier: Option<&'a Earlier<'a>>,
    /// Pictures for the overview.
    pub figures: Vec<Figure>,
    /// The program with its version.
    pub tool: String,
    /// Writes permissions as a platform's own document, by platform kind.
    pub permissions: fn(&str, &PermissionAsk) -> Option<PermissionDocument>,
}

/// An earlier release that a site is compared with.
#[derive(Debug)]
pub struct Earlier<'a> {
    /// What it is called: its release, or the file that it was read from.
    pub name: &'a str,
    /// What it says.
    pub release: &'a Release,
    /// What it and the site mean apart from each other.
    pub comparison: &'a Comparison,
}

/// One kind of platform, as its target describes it.
#[derive(Debug, Clone, Copy)]
pub struct PlatformKind {
    /// The word in the language.
    pub kind: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What its block may say.
    pub attributes: &'static [AttributeSpec],
    /// True where its artefacts are requests to people, not rules that a platform takes.
    pub is_request: bool,
}
