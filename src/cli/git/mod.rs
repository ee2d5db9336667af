//! A site as it was at a git revision.
//!
//! In: a path and a revision, as typed. Out: a [`Snapshot`] that reads files from git's objects, or a [`GitFailure`].
//!
//! The program `git` is asked, not a library: it knows every form of repository that its users have (worktrees,
//! alternates, packs, SHA-256), is there wherever a repository is, and costs no dependency.
//!
//! Invariant: nothing that a user types becomes an argument of git; it goes to `cat-file --batch` as one line.
//! Invariant: neither the work tree nor the index is read or written, and git asks no network.

mod failure;
mod objects;
mod repository;
mod snapshot;
mod tree;

pub(super) use failure::GitFailure;
pub(super) use repository::{Repository, TreePath};
pub(super) use snapshot::Snapshot;
