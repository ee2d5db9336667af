//! Releases of the catalogue by what is typed.
//!
//! In: a label. Out: the release, or what to tell the user.
//!
//! Invariant: a label that no release has comes back with a near one, or all.

use crate::catalogue::{Catalogue, ReleaseId};
use crate::diagnostic::nearest;

/// The release of a label, or a complaint with the nearest label.
pub(super) fn find_release(catalogue: &Catalogue, label: &str) -> Result<ReleaseId, String> {
    catalogue.release_id(label).ok_or_else(|| {
        let known: Vec<&str> = catalogue.releases().collect();
        let help = match nearest(label, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("it has, oldest first: {}", known.join(", ")),
        };
        format!("error: the catalogue has no release `{label}`\n\nhelp: {help}\n")
    })
}
