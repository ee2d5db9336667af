//! Names of sites as names of folders.
//!
//! In: the names of a fleet's sites. Out: a folder for each, or why it can't have one.
//!
//! Invariant: no two sites share a folder on any common file system, and none leaves the output's folder.

use super::state;
use crate::diagnostic::{Diagnostic, codes};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Longest name of a folder, in bytes. Source: `NAME_MAX` of common file systems is 255, read 2026-11-28; encrypted
/// ones leave 143.
const LONGEST: usize = 143;

/// Characters that a common file system keeps out of names. Source: "Naming Files, Paths, and Namespaces",
/// learn.microsoft.com/windows/win32/fileio/naming-a-file, read 2026-11-28.
const RESERVED: &[char] = &['<', '>', ':', '"', '/', '\\', '|', '?', '*'];

/// The folder of a site, or the report that it can't have one.
pub(super) fn folder_name(name: &str) -> Result<&str, Diagnostic> {
    let why = if name.len() > LONGEST {
        format!("it is longer than {LONGEST} bytes")
    } else if let Some(sign) = name.chars().find(|sign| RESERVED.contains(sign) || sign.is_control()) {
        format!("it contains `{}`", sign.escape_default())
    } else if name.starts_with(['.', ' ']) || name.ends_with(['.', ' ']) || name.is_empty() {
        "it begins or ends with a dot or a space, or is empty".to_owned()
    } else if folded(name) == state::FILE {
        "that is the file of the fleet itself".to_owned()
    } else {
        return Ok(name);
    };
    let message = format!("site `{}` can't be written to a folder of its name: {why}", shown(name));
    Err(Diagnostic::new(codes::NO_FOLDER_NAME, message)
        .help("give the site another name, or compile it alone into a folder of your choice"))
}

fn shown(name: &str) -> String {
    let start: String = name.chars().take(60).collect();
    if start.len() < name.len() { format!("{start}...") } else { start }
}

/// As file systems compare names that don't tell capitals apart.
fn folded(name: &str) -> String {
    name.to_lowercase()
}

/// Which sites want which name.
pub(super) struct Claims {
    by_name: BTreeMap<String, Vec<PathBuf>>,
}

impl Claims {
    pub(super) fn new<'a>(sites: impl Iterator<Item = (Option<&'a str>, &'a Path)>) -> Self {
        let mut by_name: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for (name, path) in sites {
            if let Some(name) = name {
                by_name.entry(folded(name)).or_default().push(path.to_owned());
            }
        }
        Self { by_name }
    }

    /// The report for a site whose name another one has too.
    pub(super) fn clash(&self, name: &str, path: &Path) -> Option<Diagnostic> {
        let all = self.by_name.get(&folded(name)).filter(|all| all.len() > 1)?;
        let first = all.iter().find(|other| *other != path);
        let message = match first {
            Some(other) => format!("site `{}` is also the name of `{}`", shown(name), other.display()),
            None => format!("`{}` is given twice", path.display()),
        };
        let help = "each site of a fleet has a folder of its name: give them different names";
        Some(Diagnostic::new(codes::SAME_SITE, message).help(help))
    }
}
