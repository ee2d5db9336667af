//! Expected outputs as real files, one folder a case.
//!
//! In: the files that a case produced, by path. Out: what differs from the folder, in words.
//!
//! Everything whose path starts with `expected` is an output; all else is an input, and an input that the case does not
//! know is a mistake: a misspelt side file must not silently mean defaults. `UPDATE_EXPECTED=1` rewrites outputs
//! instead of comparing them; continuous integration never sets it, and it is refused there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Files by path relative to a folder, with `/`.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The folders below a folder, in name order. A file beside them belongs to no case, and is an error.
pub(crate) fn cases(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            return Err(io::Error::other(format!("{} belongs to no case", entry.path().display())));
        }
        folders.push(entry.path());
    }
    folders.sort();
    Ok(folders)
}

/// Every file below a folder.
pub(crate) fn read(folder: &Path) -> io::Result<Files> {
    let mut files = Files::new();
    let mut waiting = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = waiting.pop() {
        for entry in fs::read_dir(&path)? {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                waiting.push((entry.path(), format!("{name}/")));
            } else {
                files.insert(name, fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}

/// Writes files into a folder, the folders between included.
pub(crate) fn write(folder: &Path, files: &Files) -> io::Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, bytes)?;
    }
    Ok(())
}

/// True for a file that a case produces.
pub(crate) fn is_output(name: &str) -> bool {
    name.starts_with("expected")
}

/// Compares what a case produced with its folder, or rewrites the folder where that is asked for. Gives one text for
/// each difference; `inputs` are the files that the case knows.
pub(crate) fn compare(folder: &Path, inputs: &BTreeSet<String>, produced: &Files) -> io::Result<Vec<String>> {
    let present = read(folder)?;
    let mut faults: Vec<String> = present
        .keys()
        .filter(|name| !is_output(name) && !inputs.contains(*name))
        .map(|name| format!("{}: nothing reads this file", folder.join(name).display()))
        .collect();
    let outputs: BTreeMap<&String, &Vec<u8>> = present.iter().filter(|(name, _)| is_output(name)).collect();
    if is_update()? {
        for name in outputs.keys().filter(|name| !produced.contains_key(**name)) {
            fs::remove_file(folder.join(name))?;
        }
        write(folder, produced)?;
        return Ok(faults);
    }
    for name in outputs.keys().filter(|name| !produced.contains_key(**name)) {
        faults.push(format!("{}: stale, nothing produces it any more", folder.join(name).display()));
    }
    for (name, bytes) in produced {
        let path = folder.join(name);
        match outputs.get(name) {
            None => faults.push(format!("{}: missing", path.display())),
            Some(expected) if *expected != bytes => {
                faults.push(format!("{}: {}", path.display(), first_difference(expected, bytes)));
            }
            Some(_) => {}
        }
    }
    Ok(faults)
}

/// True when the outputs are to be rewritten.
pub(crate) fn is_update() -> io::Result<bool> {
    let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("UPDATE_EXPECTED") {
        return Ok(false);
    }
    if is_set("CI") {
        return Err(io::Error::other("UPDATE_EXPECTED is set in continuous integration"));
    }
    Ok(true)
}

/// Where two texts differ first, in words.
pub(crate) fn first_difference(expected: &[u8], produced: &[u8]) -> String {
    let (expected, produced) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(produced));
    let (mut wanted, mut got) = (expected.lines(), produced.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (wanted.next(), got.next()) {
            (None, None) => return "differs in its line ends".to_owned(),
            (wanted, got) if wanted != got => {
                let show = |text: Option<&str>| text.map_or("(end)".to_owned(), |text| format!("`{text}`"));
                return format!("line {line}: expected {}, got {}", show(wanted), show(got));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(inputs: &[&str], produced: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let files = |list: &[(&str, &str)]| -> Files {
            list.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
        };
        write(folder.path(), &files(&[("input.seg", ""), ("expected/a.txt", "1\n2\n")])).unwrap();
        let inputs = inputs.iter().map(|name| (*name).to_owned()).collect();
        let faults = compare(folder.path(), &inputs, &files(produced)).unwrap();
        let prefix = format!("{}/", folder.path().display());
        faults.iter().map(|fault| fault.replace(&prefix, "")).collect()
    }

    #[test]
    fn a_missing_stale_different_or_unknown_file_is_a_fault() {
        assert!(faults(&["input.seg"], &[("expected/a.txt", "1\n2\n")]).is_empty());
        assert_eq!(faults(&[], &[("expected/a.txt", "1\n2\n")]), ["input.seg: nothing reads this file"]);
        assert_eq!(
            faults(&["input.seg"], &[("expected/b.txt", "")]),
            ["expected/a.txt: stale, nothing produces it any more", "expected/b.txt: missing"]
        );
        assert_eq!(
            faults(&["input.seg"], &[("expected/a.txt", "1\n3\n")]),
            ["expected/a.txt: line 2: expected `2`, got `3`"]
        );
    }
}
