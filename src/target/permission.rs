//! What an account of a platform must be permitted, as the platform's own document.
//!
//! In: actions from the catalogue. Out: a [`PermissionDocument`] that can be applied as it is.
//!
//! Invariant: a document holds the actions that it was asked for, each once, and no other.

use std::collections::BTreeMap;

/// What is to be permitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionAsk {
    /// What the permissions are for, one line.
    pub what: String,
    /// Name of the group of permissions, also of the file.
    pub name: String,
    /// The platform's names of the actions, sorted, each once.
    pub actions: Vec<String>,
    /// Attributes of the platform as the site states them, by key; empty where it lies outside of the site.
    pub attributes: BTreeMap<String, Vec<String>>,
}

/// A document that grants permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionDocument {
    /// File name.
    pub file: String,
    /// What kind of document it is, in the platform's words.
    pub title: &'static str,
    /// Its lines, without a final line feed.
    pub text: String,
    /// What has to be filled in before it can be applied, in words.
    pub open: Vec<&'static str>,
}
