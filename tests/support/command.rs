//! The built program, run as a user runs it.

use std::path::Path;
use std::process::{Command, Output};

/// Runs segc in a folder.
pub(crate) fn segc(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_segc")).current_dir(folder).args(arguments).output().unwrap()
}

/// A folder of its own that holds `site.seg`.
pub(crate) fn folder_with(site: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("site.seg"), site).unwrap();
    folder
}

/// The exit code.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// What was printed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
