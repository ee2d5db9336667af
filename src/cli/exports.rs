//! Files that platforms' tools wrote, read from disk, from a folder, or from standard input.
//!
//! In: paths. Out: [`ExportFile`]s, or reports.
//!
//! Invariant: a file is read whole or reported. Marks that Windows tools put before a text, and UTF-16, are understood.

use super::files;
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::target::export::ExportFile;
use crate::target::observed::Unreadable;
use crate::target::reading::tree;
use std::path::{Path, PathBuf};

/// Reads all files; a folder stands for the JSON files in it.
pub(super) fn read(paths: &[PathBuf], sink: &mut Sink) -> Vec<ExportFile> {
    let mut read = Vec::new();
    for path in paths {
        match files::json_files(path) {
            Ok(found) if found.is_empty() => {
                let message = format!("the folder `{}` has no JSON file", path.display());
                let help = "give the file that a platform's tool printed";
                sink.report(Diagnostic::new(codes::UNKNOWN_EXPORT, message).help(help));
            }
            Ok(found) => read.extend(found.iter().filter_map(|path| read_one(path, sink))),
            Err(failure) => sink.report(failure.diagnostic(&path.display().to_string())),
        }
    }
    read
}

/// Reads a file; `None` after a report.
pub(super) fn read_one(path: &Path, sink: &mut Sink) -> Option<ExportFile> {
    let name = if path == Path::new("-") { "<stdin>".to_owned() } else { path.display().to_string() };
    let bytes = match files::read_bytes(path) {
        Ok(bytes) => bytes,
        Err(failure) => {
            sink.report(failure.diagnostic(&name));
            return None;
        }
    };
    match text(&bytes).and_then(|text| tree(text.as_bytes())) {
        Ok(value) => Some(ExportFile { name, value }),
        Err(Unreadable { pointer, why }) => {
            let place = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
            let message = format!("`{name}` is no JSON that can be used{place}: {why}");
            let help = "give the output of the platform's tool as it is, with `--output json`";
            sink.report(Diagnostic::new(codes::UNKNOWN_EXPORT, message).help(help));
            None
        }
    }
}

/// The text of a file: UTF-8 with or without a mark, or UTF-16 with one.
fn text(bytes: &[u8]) -> Result<String, Unreadable> {
    let wide = |rest: &[u8], number: fn([u8; 2]) -> u16| {
        let (pairs, left) = rest.as_chunks::<2>();
        let text = String::from_utf16(&pairs.iter().copied().map(number).collect::<Vec<u16>>());
        text.ok().filter(|_| left.is_empty()).ok_or_else(|| Unreadable::new("", "it is no UTF-16 text"))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => {
            String::from_utf8(rest.to_vec()).map_err(|_| Unreadable::new("", "it is no UTF-8 text"))
        }
    }
}
