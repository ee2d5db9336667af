//! The only place that touches files.
//!
//! Invariant: an output file is replaced as a whole or not at all; when one can't be written, none is replaced.

use crate::driver::{ReadFailure, SourceReader, SourceText, sha256};
use std::collections::BTreeSet;
use std::fs::TryLockError;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;

/// Largest input text: 64 MiB.
pub(super) const LARGEST_INPUT: u64 = 64 << 20;

/// Largest JSON, which programs write: 1 GiB. The manifest of a site takes some ten times the site's own text.
const LARGEST_JSON: u64 = 1 << 30;

/// Reads a whole text, from standard input for `-`.
pub(super) fn read_text(path: &Path) -> Result<String, ReadFailure> {
    if path == Path::new("-") {
        return read_limited(std::io::stdin().lock());
    }
    read_limited(std::fs::File::open(path).map_err(|error| unreadable(&error))?)
}

/// Reads a whole file of any kind, from standard input for `-`.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, ReadFailure> {
    if path == Path::new("-") {
        return bytes_of(std::io::stdin().lock());
    }
    bytes_of(std::fs::File::open(path).map_err(|error| unreadable(&error))?)
}

/// A path itself; the JSON files of a folder in name order.
pub(super) fn json_files(path: &Path) -> Result<Vec<PathBuf>, ReadFailure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(&error))? {
        let file = entry.map_err(|error| unreadable(&error))?.path();
        let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        if is_json && file.is_file() {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

fn read_limited(reader: impl Read) -> Result<String, ReadFailure> {
    bytes_of(reader).and_then(text_of)
}

fn bytes_of(mut reader: impl Read) -> Result<Vec<u8>, ReadFailure> {
    let mut bytes = Vec::new();
    if read_up_to(LARGEST_INPUT, &mut reader, &mut bytes)? {
        return Ok(bytes);
    }
    if !matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'[')) {
        return Err(ReadFailure::TooLarge("64 MiB"));
    }
    if read_up_to(LARGEST_JSON, &mut reader, &mut bytes)? {
        Ok(bytes)
    } else {
        Err(ReadFailure::TooLarge("1 GiB"))
    }
}

/// Reads on until there are more bytes than the most; true where the end came first.
fn read_up_to(most: u64, reader: &mut impl Read, bytes: &mut Vec<u8>) -> Result<bool, ReadFailure> {
    let length = |bytes: &Vec<u8>| u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    let rest = (most + 1).saturating_sub(length(bytes));
    reader.take(rest).read_to_end(bytes).map_err(|error| unreadable(&error))?;
    Ok(length(bytes) <= most)
}

/// Bytes of a file as text.
pub(super) fn text_of(bytes: Vec<u8>) -> Result<String, ReadFailure> {
    String::from_utf8(bytes).map_err(|_| ReadFailure::NotUtf8)
}

fn unreadable(error: &std::io::Error) -> ReadFailure {
    ReadFailure::Unreadable(in_words(error))
}

/// What went wrong, for people who don't know the system's numbers.
pub(super) fn in_words(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "the system does not permit it".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::AlreadyExists => "it exists already".to_owned(),
        ErrorKind::NotADirectory => "a part of its path is a file".to_owned(),
        _ => error.to_string(),
    }
}

/// Reads included files from a folder, and from nowhere else.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// The folder of a site's own file; the current one for standard input.
    pub(super) fn of(site: &Path) -> Self {
        let parent = if site == Path::new("-") { None } else { site.parent() };
        let root = parent.filter(|path| !path.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Self { root: root.to_owned() }
    }
}

impl SourceReader for Folder {
    fn read(&self, relative: &str) -> Result<SourceText, ReadFailure> {
        let path = self.root.join(relative);
        let root = self.root.canonicalize().map_err(|error| unreadable(&error))?;
        let real = path.canonicalize().map_err(|error| unreadable(&error))?;
        // A symbolic link must not lead out of the folder.
        if !real.starts_with(&root) {
            return Err(ReadFailure::Outside);
        }
        // Anything else may never end, or wait for somebody to write.
        if !real.is_file() && !real.is_dir() {
            return Err(ReadFailure::Unreadable("it is no regular file".to_owned()));
        }
        let shown = path.strip_prefix(".").unwrap_or(&path);
        Ok(SourceText { name: shown.display().to_string(), text: read_text(&real)? })
    }
}

/// Why an output could not be written.
#[derive(Debug, thiserror::Error)]
#[error("`{}` can't be written: {}", path.display(), in_words(source))]
pub(super) struct WriteFailure {
    path: PathBuf,
    source: std::io::Error,
}

impl WriteFailure {
    /// True when a file was to be made and something is in its place already.
    pub(super) fn is_existing_file(&self) -> bool {
        self.source.kind() == std::io::ErrorKind::AlreadyExists
    }
}

/// Makes a file whole, or leaves whatever has its name as it is, also when that came while the file was written.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<(), WriteFailure> {
    let mut made = Vec::new();
    let result = stage(path, bytes, &mut made).and_then(|temporary| {
        if path.is_dir() {
            return Err(std::io::Error::from(std::io::ErrorKind::IsADirectory));
        }
        temporary.persist_noclobber(path).map(drop).map_err(|error| error.error)
    });
    if result.is_err() {
        remove_empty(&made);
    }
    result.map_err(|error| failure(path, error))
}

/// What the names of files begin with that are not complete yet.
const UNFINISHED: &str = ".segc-";

/// How long to wait before another look whether the other segc has ended.
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// How often to look whether another segc that writes to the same place has ended: for some ten seconds.
const MOST_TRIES: usize = 2000;

/// The right to write to a folder, until it is dropped.
pub(super) struct Held {
    _folder: std::fs::File,
}

/// Waits until no other segc writes to a folder, so that two at once leave what one of them wrote. `None` where the
/// system has no such locks or the other does not end: files are still replaced as wholes.
///
/// The folder around it is locked, as the folder itself may not exist yet; nothing is left behind.
pub(super) fn hold(folder: &Path) -> Option<Held> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let existing = parent.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("."));
    let locked = std::fs::File::open(existing).ok()?;
    for _ in 0..MOST_TRIES {
        match locked.try_lock() {
            Ok(()) => return Some(Held { _folder: locked }),
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(_)) => return None,
        }
    }
    None
}

/// Makes a folder where there is none; gives the folders that were made.
pub(super) fn make(folder: &Path) -> Result<Vec<PathBuf>, WriteFailure> {
    let mut made = Vec::new();
    make_folders(folder, &mut made).map_err(|error| failure(folder, error))?;
    Ok(made)
}

/// The digest of an ordinary file; `None` for whatever is none or can't be read.
pub(super) fn digest(path: &Path) -> Option<String> {
    if !path.is_file() {
        return None;
    }
    std::fs::read(path).ok().map(|bytes| sha256(&bytes))
}

/// What tells one build of this program from another: its size and its date.
pub(super) fn program() -> Option<(u64, Duration)> {
    let metadata = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let changed = metadata.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some((metadata.len(), changed))
}

impl Held {
    /// Removes what a killed segc left beside some files: nobody else is writing there.
    pub(super) fn remove_unfinished<'a>(&self, files: impl Iterator<Item = &'a Path>) {
        let folders: BTreeSet<&Path> = files.filter_map(Path::parent).collect();
        for entry in
            folders.into_iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten()
        {
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                // What can't be removed does no harm.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Replaces some files together: all are written beside their places first, then renamed.
pub(super) fn replace_all(files: &[(PathBuf, &[u8])]) -> Result<(), WriteFailure> {
    let mut made = Vec::new();
    let staged = stage_all(files, &mut made);
    let result = staged.and_then(|staged| {
        staged.into_iter().try_for_each(|(temporary, path)| {
            temporary.persist(path).map(drop).map_err(|error| failure(path, error.error))
        })
    });
    if result.is_err() {
        remove_empty(&made);
    }
    result
}

/// Removes folders that this run made and that stayed empty; others are not empty and stay.
pub(super) fn remove_empty(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        let _ = std::fs::remove_dir(folder);
    }
}

fn stage_all<'a>(
    files: &'a [(PathBuf, &[u8])],
    made: &mut Vec<PathBuf>,
) -> Result<Vec<(NamedTempFile, &'a Path)>, WriteFailure> {
    let mut staged = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        staged.push((stage(path, bytes, made).map_err(|error| failure(path, error))?, path.as_path()));
    }
    // A folder in the place of a file would only be found while renaming, too late to leave everything as it was.
    for (_, path) in &staged {
        if path.is_dir() {
            return Err(failure(path, std::io::Error::from(std::io::ErrorKind::IsADirectory)));
        }
    }
    Ok(staged)
}

fn stage(path: &Path, bytes: &[u8], made: &mut Vec<PathBuf>) -> std::io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folders(folder, made)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    permit_reading(&mut builder);
    let mut temporary = builder.tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_data()?;
    Ok(temporary)
}

/// Artefacts are read by other people and programs, so they get the permissions of an ordinary new file.
#[cfg(unix)]
fn permit_reading(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(std::fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn permit_reading(_: &mut tempfile::Builder<'_, '_>) {}

fn make_folders(folder: &Path, made: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let missing: Vec<PathBuf> = folder
        .ancestors()
        .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
        .map(Path::to_owned)
        .collect();
    std::fs::create_dir_all(folder).map_err(|error| match error.kind() {
        // A file in the place of a folder.
        std::io::ErrorKind::AlreadyExists => std::io::Error::from(std::io::ErrorKind::NotADirectory),
        _ => error,
    })?;
    made.extend(missing.into_iter().rev());
    Ok(())
}

fn failure(path: &Path, source: std::io::Error) -> WriteFailure {
    WriteFailure { path: path.to_owned(), source }
}

/// A file's text when it exists.
pub(super) fn read_if_present(path: &Path) -> Result<Option<String>, ReadFailure> {
    match path.try_exists() {
        Ok(false) => Ok(None),
        _ => read_text(path).map(Some),
    }
}
