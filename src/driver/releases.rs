//! What another catalogue release would mean for a site.
//!
//! In: a loaded site and two releases. Out: the site read with each of them.
//!
//! Invariant: the site's text is the same in both, so every difference comes of the catalogue.

use super::{CompileOptions, ReadRelease, Reading, Site, read_release};
use crate::catalogue::{Catalogue, ReleaseId};
use crate::diff::release::Release;
use std::collections::BTreeSet;
use time::Date;

/// A site with two releases of the catalogue.
#[derive(Debug)]
pub struct CatalogueReading {
    /// With the first release.
    pub before: ReadRelease,
    /// With the second release.
    pub after: ReadRelease,
    /// Entries that the site uses with both releases and of which the later one says something else: id and what.
    pub remarks: Vec<(String, String)>,
}

/// Reads a site with two releases of the catalogue. `None` after a report in the site's sink, where it can't be resolved.
pub fn read_with_catalogues(
    site: &mut Site,
    as_of: Option<Date>,
    (from, to): (ReleaseId, ReleaseId),
    options: &CompileOptions,
) -> Option<CatalogueReading> {
    let mut before = read_release(site, Reading { as_of, catalogue: Some(from) }, options)?;
    let after = read_release(site, Reading { as_of, catalogue: Some(to) }, options)?;
    // That the releases differ is the question, not an answer.
    before.release.header.catalogue.clone_from(&after.release.header.catalogue);
    let remarks = remarks(&site.catalogue, (from, to), [&before.release, &after.release]);
    Some(CatalogueReading { before, after, remarks })
}

/// What the later release says differently of entries that both readings of the site use.
fn remarks(
    catalogue: &Catalogue,
    (from, to): (ReleaseId, ReleaseId),
    releases: [&Release; 2],
) -> Vec<(String, String)> {
    let [before, after] = releases.map(|release| -> BTreeSet<&str> {
        let reasons = release.flows.iter().flat_map(|flow| &flow.reasons);
        reasons.filter_map(|reason| reason.catalogue.as_deref()).collect()
    });
    let changed = catalogue.compare(from, to).changed.into_iter();
    changed
        .filter(|changed| before.contains(changed.flow.id()) && after.contains(changed.flow.id()))
        .map(|changed| (changed.flow.id().to_owned(), changed.change.what.to_string()))
        .collect()
}
