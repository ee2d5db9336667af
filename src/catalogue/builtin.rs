//! The catalogue that comes with segc.
//!
//! In: what the build script made of `data/*.yaml`. Out: [`Catalogue::builtin`].
//!
//! Invariant: the build script has read its own output back and found it equal, so reading it here can't fail.

use std::sync::LazyLock;

use super::store::Catalogue;

static COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalogue.bin"));

static BUILTIN: LazyLock<Catalogue> = LazyLock::new(Catalogue::decode);

impl Catalogue {
    /// The catalogue of this segc, built on first use.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }

    /// A copy of the built-in catalogue, read afresh: what [`Catalogue::builtin`] costs once in a process.
    pub fn decode() -> Self {
        postcard::from_bytes(COMPILED).unwrap_or_default()
    }

    /// Size of the built-in catalogue as it lies in the program, in bytes.
    pub fn compiled_size() -> usize {
        COMPILED.len()
    }
}
