//! A git repository of its own, for tests that compare revisions.
//!
//! Invariant: neither the user's configuration nor the repository that the tests lie in has a say.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Variables that may point to the repository of whoever runs the tests.
const FOREIGN: [&str; 5] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
];

/// A repository in a temporary folder.
pub(crate) struct Repository {
    folder: tempfile::TempDir,
}

/// A program in a folder, with an author and without the user's configuration.
pub(crate) fn alone(program: impl AsRef<std::ffi::OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    for variable in FOREIGN {
        command.env_remove(variable);
    }
    for (key, value) in [
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "A"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
        ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
    ] {
        command.env(key, value);
    }
    command
}

/// Runs git in a folder; what it printed.
pub(crate) fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = alone("git", folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Makes a folder a repository with one commit, tagged `v1`, of some of its files.
pub(crate) fn commit_some(folder: &Path, files: &[&str]) {
    git(folder, &["init", "-q", "-b", "main"]);
    git(folder, &[&["add", "--"], files].concat());
    git(folder, &["commit", "-q", "--allow-empty", "-m", "v1"]);
    git(folder, &["tag", "v1"]);
}

impl Repository {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        repository.git(&["init", "-q", "-b", "main"]);
        repository
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs git in it; what it printed.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(self.path(), arguments)
    }

    /// Writes a file, folders included.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Commits everything, under a tag.
    pub(crate) fn commit(&self, tag: &str) {
        self.git(&["add", "-A", "."]);
        self.git(&["commit", "-q", "--allow-empty", "-m", tag]);
        self.git(&["tag", tag]);
    }

    /// Runs segc in a folder of it.
    pub(crate) fn segc_in(&self, folder: &str, arguments: &[&str]) -> Output {
        let program = env!("CARGO_BIN_EXE_segc");
        alone(program, &self.path().join(folder)).args(arguments).output().unwrap()
    }

    /// Runs segc in it.
    pub(crate) fn segc(&self, arguments: &[&str]) -> Output {
        self.segc_in(".", arguments)
    }
}
