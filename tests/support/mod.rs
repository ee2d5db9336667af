//! The independent reader: what comes in is the output folder of `segc compile`, what goes out is whether the
//! artefacts permit a packet at each enforced end, and what is wrong with their form.
//!
//! Invariant: nothing here uses the `segc` library. The formats and their semantics are read from the platforms'
//! documents a second time, so that a mistake of a writer is not repeated by its judge.

pub(crate) mod address;
pub(crate) mod artifacts;
pub(crate) mod cases;
pub(crate) mod catalogue;
pub(crate) mod command;
pub(crate) mod digest;
pub(crate) mod folder;
pub(crate) mod intent;
pub(crate) mod json;
pub(crate) mod judge;
pub(crate) mod lint;
pub(crate) mod manifest;
pub(crate) mod packets;
pub(crate) mod repository;
pub(crate) mod service;
pub(crate) mod site;
