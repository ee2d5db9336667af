//! What can be wrong with git, a repository or a revision.
//!
//! In: what was asked and what git said. Out: reports with codes.
//!
//! Invariant: git's own words are shown where segc doesn't know better, one line of them.

use crate::diagnostic::{Diagnostic, codes};

/// Why there is nothing to read at a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GitFailure {
    /// The program can't be run.
    NoGit(String),
    /// The path is in no repository that git would use.
    NoRepository {
        /// The path as typed.
        path: String,
        /// What git said.
        words: String,
    },
    /// Git knows no such revision.
    UnknownRevision {
        /// The revision as typed.
        revision: String,
        /// Another one that exists and was probably meant.
        near: Option<String>,
        /// What git said, where it said why.
        words: Option<String>,
        /// True where older revisions were left out when the repository was cloned.
        shallow: bool,
    },
    /// Two revisions have no revision in common.
    NoMergeBase {
        /// Both, as typed.
        revisions: String,
        /// True where older revisions were left out when the repository was cloned.
        shallow: bool,
    },
    /// The file is not in the revision.
    NoFile {
        /// Revision and path.
        name: String,
        /// Why, in words.
        why: String,
    },
    /// Git ended or answered in a way that it shouldn't.
    Broken(String),
}

impl GitFailure {
    /// The report.
    pub(crate) fn diagnostic(&self) -> Diagnostic {
        match self {
            Self::NoGit(why) => {
                Diagnostic::new(codes::GIT_MISSING, format!("the program `git` can't be run: {why}"))
                    .help("install git, or compare two files: `segc diff OLD.seg NEW.seg`")
            }
            Self::NoRepository { path, words } => {
                let message = format!("`{path}` is in no repository that git can use: {words}");
                Diagnostic::new(codes::NO_REPOSITORY, message)
                    .help("run segc where the site is kept in git, or compare two files: `segc diff OLD.seg NEW.seg`")
            }
            Self::UnknownRevision { revision, near, words, shallow } => {
                let message = format!("git knows no revision `{revision}` here");
                let report = Diagnostic::new(codes::UNKNOWN_REVISION, message);
                let report = match near {
                    Some(near) => report.help(format!("did you mean `{near}`?")),
                    None => report.help("`git branch --all`, `git tag` and `git log` list what there is"),
                };
                let report =
                    words.iter().fold(report, |report, words| report.note(format!("git says: {words}")));
                with_depth(report, *shallow)
            }
            Self::NoMergeBase { revisions, shallow } => {
                let message = format!("`{revisions}` have no revision in common here");
                let report = Diagnostic::new(codes::UNKNOWN_REVISION, message);
                with_depth(report.help("compare the two as they are: write `..` instead of `...`"), *shallow)
            }
            Self::NoFile { name, why } => {
                Diagnostic::new(codes::NOT_AT_REVISION, format!("`{name}` can't be read: {why}")).help(
                    "where the file had another name, give both: `segc diff HEAD~1:old.seg HEAD:new.seg`",
                )
            }
            Self::Broken(words) => {
                Diagnostic::new(codes::GIT_FAILED, format!("git can't read the repository: {words}"))
                    .help("`git fsck` says what is damaged or missing; `git fetch` may bring it back")
            }
        }
    }
}

/// What to do where the history may only be missing in this clone.
fn with_depth(report: Diagnostic, shallow: bool) -> Diagnostic {
    if !shallow {
        return report;
    }
    report
        .note("this clone is shallow: it has the newest revisions only")
        .help("fetch the others with `git fetch --unshallow`, or check out with the whole history in CI (`fetch-depth: 0`)")
}
