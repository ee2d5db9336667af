//! Compiles the catalogue's YAML files into one binary text that the library includes.
//!
//! In: `src/catalogue/data/**/*.yaml`. Out: `catalogue.bin` in the build's output folder.
//!
//! Invariant: the same code as in the library reads the data, and a mistake in it fails the build with its place.

#![expect(
    dead_code,
    unreachable_pub,
    reason = "modules of the library, of which the build script uses only the loader"
)]

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[path = "src/catalogue/access.rs"]
mod access;
#[path = "src/catalogue/entry.rs"]
mod entry;
#[path = "src/catalogue/intent.rs"]
mod intent;
#[path = "src/catalogue/load/mod.rs"]
mod load;
#[path = "src/catalogue/raw.rs"]
mod raw;
#[path = "src/catalogue/record.rs"]
mod record;
#[path = "src/catalogue/sequence.rs"]
mod sequence;
#[path = "src/catalogue/store.rs"]
mod store;
#[path = "src/catalogue/text.rs"]
mod text;
#[path = "src/catalogue/value.rs"]
mod value;

const DATA: &str = "src/catalogue/data";

fn main() -> ExitCode {
    match compile() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            for problem in problems {
                // Nothing is left to tell when standard error is closed.
                let _ = writeln!(io::stderr(), "{problem}");
            }
            ExitCode::FAILURE
        }
    }
}

fn compile() -> Result<(), Vec<String>> {
    tell_cargo().map_err(one)?;
    let mut paths = Vec::new();
    collect(Path::new(DATA), &mut paths).map_err(|error| one(format_args!("{DATA}: {error}")))?;
    paths.sort();
    let mut files = Vec::new();
    for path in &paths {
        let text =
            fs::read_to_string(path).map_err(|error| one(format_args!("{}: {error}", path.display())))?;
        files.push((path.display().to_string(), text));
    }
    let named: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let catalogue = load::load(&named)
        .map_err(|problems| problems.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    let bytes = postcard::to_allocvec(&catalogue).map_err(one)?;
    // The texts of what is read back borrow from the bytes.
    let kept: &'static [u8] = Box::leak(bytes.clone().into_boxed_slice());
    let back: store::Catalogue = postcard::from_bytes(kept).map_err(one)?;
    if back != catalogue {
        return Err(one("the compiled catalogue does not read back as it was written"));
    }
    let folder = std::env::var_os("OUT_DIR").ok_or_else(|| one("cargo did not set OUT_DIR"))?;
    fs::write(PathBuf::from(folder).join("catalogue.bin"), bytes).map_err(one)
}

fn one(error: impl std::fmt::Display) -> Vec<String> {
    vec![error.to_string()]
}

fn tell_cargo() -> io::Result<()> {
    let mut out = io::stdout();
    for path in ["build.rs", "src/catalogue"] {
        writeln!(out, "cargo::rerun-if-changed={path}")?;
    }
    Ok(())
}

/// All YAML files below a folder. Links are not followed: the data is the folder's own.
fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            paths.push(path);
        }
    }
    Ok(())
}
