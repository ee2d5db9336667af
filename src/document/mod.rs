//! The prerequisite document: what a consultant hands to a customer before the build.
//!
//! In: a policy with its model, catalogue, findings and compiled artefacts. Out: one [`content::Document`], and from it
//! each format.
//!
//! Invariant: every format renders the same content; what a row says is decided before any format sees it.

pub mod content;
pub mod diagram;
