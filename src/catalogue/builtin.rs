//! The catalogue that comes with segc.
//!
//! In: what the build script made of `data/*.yaml`. Out: [`Catalogue::builtin`].
//!
//! Invariant: the build script has read its own output back and found it equal, so reading it here can't fail.

use std::sync::LazyLock;

use super::store::Catalogue;

static BUILTIN: LazyLock<Catalogue> = LazyLock::new(|| {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/catalogue.json"))).unwrap_or_default()
});

impl Catalogue {
    /// The catalogue of this segc, built on first use.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }
}
