//! The catalogue that a site is read with.
//!
//! In: the built-in catalogue, or one with a customer's files on top. Out: a handle that sites of one run share.
//!
//! Invariant: a catalogue is never changed once a site has it.

use super::store::Catalogue;
use std::ops::Deref;
use std::sync::Arc;

/// The built-in catalogue, or one with files of a customer on top.
#[derive(Debug, Clone)]
pub enum SiteCatalogue {
    /// As it comes with segc.
    Builtin(&'static Catalogue),
    /// With a customer's own entries.
    Extended(Arc<Catalogue>),
}

impl SiteCatalogue {
    /// The catalogue of this segc.
    pub fn builtin() -> Self {
        Self::Builtin(Catalogue::builtin())
    }
}

impl Deref for SiteCatalogue {
    type Target = Catalogue;

    fn deref(&self) -> &Catalogue {
        match self {
            Self::Builtin(catalogue) => catalogue,
            Self::Extended(catalogue) => catalogue,
        }
    }
}
