//! The two releases that are compared, as they are typed.
//!
//! In: words: files, git revisions, manifests. Out: two [`Side`]s, or what to tell the user.
//!
//! Where a word may be several things, it is, in this order: `-` for standard input, a file that exists,
//! `REVISION:PATH` as git writes it, a name that ends as files do, a revision. What a file is, a site or a manifest,
//! its first character says.
//!
//! Invariant: a release comes from one place as a whole: a site at a revision has its includes, catalogue files and
//! lock from there, and a manifest its artefacts from beside it.

use super::args::{Global, SiteArg};
use super::files::{self, Folder};
use super::git::{GitFailure, Repository, Snapshot, TreePath};
use super::session::Session;
use crate::diagnostic::Diagnostic;
use crate::driver::{SourceReader, SourceText, is_manifest};
use std::ffi::{OsStr, OsString};
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

/// Endings of names that are never taken for revisions.
const FILE_ENDINGS: [&str; 2] = [".seg", ".json"];

/// One release.
pub(super) enum Side {
    /// A site; what is wrong with reading it is in its sink.
    Site(Box<Session>),
    /// A manifest.
    Manifest(ManifestSide),
}

impl Side {
    /// What it is called: a file, or a revision with a path.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Manifest(manifest) => manifest.text.name.clone(),
            Self::Site(session) => {
                session.site.sources.iter().next().map_or_else(String::new, |(_, file)| file.name.clone())
            }
        }
    }
}

/// A manifest that was not parsed yet.
pub(super) struct ManifestSide {
    /// Its name and text.
    pub(super) text: SourceText,
    /// Reads what lies beside it.
    pub(super) folder: Box<dyn SourceReader>,
}

/// What a release was named by.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    /// A file, `-` for standard input.
    File(PathBuf),
    /// The file of a path in the work tree, at a revision.
    At(String, PathBuf),
    /// The file of a path in the work tree, at the newest revision that two others have in common.
    MergeBase(String, String, PathBuf),
    /// A path from the root of the repository, at a revision.
    Rooted(String, String),
}

/// What goes with the names: side files and locks, by command line.
pub(super) struct SideFiles<'a> {
    /// `--categories`
    pub(super) categories: Option<&'a Path>,
    /// `--lock`
    pub(super) lock: Option<&'a Path>,
}

/// The two releases that are typed. What is wrong with a file or revision is in its side; what can't be meant at all is
/// the error.
///
/// # Errors
/// What to tell the user about the words.
pub(super) fn open(
    words: &[OsString],
    side_files: &SideFiles<'_>,
    global: &Global,
) -> Result<[Side; 2], String> {
    let [before, after] = name(words)?;
    Ok([open_side(&before, side_files, global), open_side(&after, side_files, global)])
}

/// The earlier release of a site: whatever may be compared with it, or a revision of its own file.
///
/// # Errors
/// What to tell the user about the word.
pub(super) fn open_earlier(
    word: &OsStr,
    site: &Path,
    side_files: &SideFiles<'_>,
    global: &Global,
) -> Result<Side, String> {
    let is_streamed = site == Path::new("-");
    let named = match meant(word) {
        Meant::Release(named) if is_streamed && is_stdin(&named) => {
            return Err(complaint("standard input can be one of two releases only", ""));
        }
        Meant::Release(named) => named,
        Meant::Revision if is_streamed => {
            let help = "give the site as a file, or `--since REVISION:PATH`";
            return Err(complaint("a revision alone says no file", help));
        }
        Meant::Revision => Named::At(revision(word)?, site.to_owned()),
    };
    Ok(open_side(&named, side_files, global))
}

/// The release that a site says it follows: a file beside the site, else the site's own file at a git revision. `None`
/// where nothing has that name.
///
/// The name is a text of the site, so it leads nowhere out of the site's folder and is no expression of git.
pub(super) fn open_followed(
    name: &str,
    site: &Path,
    side_files: &SideFiles<'_>,
    global: &Global,
) -> Option<Side> {
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '.' | '_' | '-' | '/');
    let is_inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if site == Path::new("-") || !is_inside || name.starts_with('-') || !name.chars().all(is_plain) {
        return None;
    }
    let beside = site.parent().unwrap_or(Path::new("")).join(name);
    if beside.is_file() {
        return Some(open_side(&Named::File(beside), side_files, global));
    }
    let (repository, path) = Repository::of(site).ok()?;
    let snapshot = repository.at(name).ok()?;
    snapshot.read(&path).ok()?;
    Some(open_side(&Named::At(name.to_owned(), site.to_owned()), side_files, global))
}

fn name(words: &[OsString]) -> Result<[Named; 2], String> {
    match words {
        [before, after, file] => {
            let file = PathBuf::from(file);
            Ok([Named::At(revision(before)?, file.clone()), Named::At(revision(after)?, file)])
        }
        [one, other] => match (meant(one), meant(other)) {
            (Meant::Release(one), Meant::Release(other)) if is_stdin(&one) && is_stdin(&other) => {
                Err(complaint("standard input can be one of two releases only", ""))
            }
            (Meant::Release(one), Meant::Release(other)) => Ok([one, other]),
            (Meant::Revision, Meant::Release(Named::File(file))) if file != Path::new("-") => {
                of_revision(&revision(one)?, file)
            }
            (Meant::Release(Named::File(file)), Meant::Revision) if file != Path::new("-") => {
                let after = Named::At(revision(other)?, file.clone());
                Ok([Named::File(file), after])
            }
            _ => Err(complaint("the words say no file", &format!("add it: {}", forms()))),
        },
        _ => Err(complaint("two releases are needed", &forms())),
    }
}

/// Revision and file, as `git diff` takes them: `A..B`, `A...B` from where B left A, or `A` against the file as it is.
fn of_revision(revision: &str, file: PathBuf) -> Result<[Named; 2], String> {
    let or_head = |word: &str| if word.is_empty() { "HEAD".to_owned() } else { word.to_owned() };
    let Some((one, other)) = revision.split_once("..") else {
        return Ok([Named::At(revision.to_owned(), file.clone()), Named::File(file)]);
    };
    let (one, after) = (or_head(one), or_head(other.trim_start_matches('.')));
    let before = if other.starts_with('.') {
        Named::MergeBase(one, after.clone(), file.clone())
    } else {
        Named::At(one, file.clone())
    };
    Ok([before, Named::At(after, file)])
}

/// What one of two words is.
enum Meant {
    Release(Named),
    Revision,
}

fn meant(word: &OsStr) -> Meant {
    let path = PathBuf::from(word);
    let text = word.to_str().unwrap_or_default();
    if word == "-" || path.exists() {
        return Meant::Release(Named::File(path));
    }
    match text.split_once(':') {
        // `:/words` and `^{/words}` are revisions; a letter before a backslash is a drive.
        Some((revision, inside))
            if !revision.is_empty() && !revision.contains('{') && !inside.starts_with('\\') =>
        {
            Meant::Release(Named::Rooted(revision.to_owned(), inside.to_owned()))
        }
        _ if text.is_empty() || FILE_ENDINGS.iter().any(|ending| text.ends_with(ending)) => {
            Meant::Release(Named::File(path))
        }
        _ => Meant::Revision,
    }
}

fn revision(word: &OsStr) -> Result<String, String> {
    let text = word.to_str().map(str::to_owned);
    text.ok_or_else(|| complaint(&format!("`{}` is no revision", word.display()), &forms()))
}

fn is_stdin(named: &Named) -> bool {
    *named == Named::File(PathBuf::from("-"))
}

fn complaint(what: &str, help: &str) -> String {
    let help = if help.is_empty() { String::new() } else { format!("\nhelp: {help}\n") };
    format!("error: {what}\n{help}")
}

fn forms() -> String {
    "`segc diff OLD.seg NEW.seg`, `segc diff REV1 REV2 site.seg`, `segc diff REV site.seg`, or two manifests"
        .to_owned()
}

fn open_side(named: &Named, side_files: &SideFiles<'_>, global: &Global) -> Side {
    let arg = |site: PathBuf| SiteArg {
        site,
        categories: side_files.categories.map(Path::to_owned),
        lock: side_files.lock.map(Path::to_owned),
    };
    let located = match named {
        Named::File(file) => return open_file(&arg(file.clone()), global),
        Named::At(revision, file) => Repository::of(file)
            .and_then(|(repository, path)| Ok((repository.at(revision)?, path, file.clone()))),
        Named::MergeBase(one, other, file) => Repository::of(file)
            .and_then(|(repository, path)| Ok((repository.at_merge_base(one, other)?, path, file.clone()))),
        Named::Rooted(revision, inside) => rooted(revision, inside),
    };
    match located {
        Ok((snapshot, path, file)) => open_at(&arg(file), global, snapshot, path),
        Err(failure) => {
            let file = match named {
                Named::At(_, file) | Named::MergeBase(_, _, file) | Named::File(file) => file.clone(),
                Named::Rooted(_, inside) => PathBuf::from(inside),
            };
            Side::Site(Box::new(Session::open_text(&arg(file), global, Err(failure.diagnostic()))))
        }
    }
}

/// A path behind a revision: from the root of the repository here, or from here where it starts with a dot.
fn rooted(revision: &str, inside: &str) -> Result<(Snapshot, TreePath, PathBuf), GitFailure> {
    let is_relative = inside.starts_with("./") || inside.starts_with("../");
    let here = if is_relative { Path::new(inside) } else { Path::new("./site") };
    let (repository, path): (Rc<Repository>, TreePath) = Repository::of(here)?;
    let path = if is_relative { path } else { TreePath::from_root(inside) };
    Ok((repository.at(revision)?, path, PathBuf::from(inside)))
}

fn open_file(arg: &SiteArg, global: &Global) -> Side {
    let name = if arg.site == Path::new("-") { "<stdin>".to_owned() } else { arg.site.display().to_string() };
    let text = files::read_text(&arg.site).map_err(|failure| failure.diagnostic(&name));
    match text.map(|text| SourceText { name, text }) {
        Ok(text) if is_manifest(&text.text) => {
            Side::Manifest(ManifestSide { text, folder: Box::new(Folder::of(&arg.site)) })
        }
        text => Side::Site(Box::new(Session::open_text(arg, global, text))),
    }
}

fn open_at(arg: &SiteArg, global: &Global, snapshot: Snapshot, path: TreePath) -> Side {
    let text: Result<SourceText, Diagnostic> = snapshot.read(&path).map_err(|failure| failure.diagnostic());
    match text {
        Ok(text) if is_manifest(&text.text) => {
            Side::Manifest(ManifestSide { text, folder: Box::new(snapshot.folder_of(&path)) })
        }
        text => Side::Site(Box::new(Session::open_at(arg, global, (&snapshot, &path), text))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(words: &[&str]) -> Result<[Named; 2], String> {
        name(&words.iter().map(OsString::from).collect::<Vec<_>>())
    }

    fn at(revision: &str) -> Named {
        Named::At(revision.to_owned(), PathBuf::from("no.seg"))
    }

    #[test]
    fn words_are_taken_as_git_takes_them() {
        let file = || Named::File(PathBuf::from("no.seg"));
        assert_eq!(named(&["a", "-b", "no.seg"]), Ok([at("a"), at("-b")]));
        assert_eq!(named(&["HEAD", "no.seg"]), Ok([at("HEAD"), file()]));
        assert_eq!(named(&["no.seg", "HEAD"]), Ok([file(), at("HEAD")]));
        assert_eq!(named(&["a..b", "no.seg"]), Ok([at("a"), at("b")]));
        assert_eq!(named(&["..b", "no.seg"]), Ok([at("HEAD"), at("b")]));
        assert_eq!(named(&["a..", "no.seg"]), Ok([at("a"), at("HEAD")]));
        let base = Named::MergeBase("a".to_owned(), "b".to_owned(), PathBuf::from("no.seg"));
        assert_eq!(named(&["a...b", "no.seg"]), Ok([base, at("b")]));
        let rooted = |revision: &str, path: &str| Named::Rooted(revision.to_owned(), path.to_owned());
        assert_eq!(
            named(&["HEAD:a/x.seg", "v1:x.seg"]),
            Ok([rooted("HEAD", "a/x.seg"), rooted("v1", "x.seg")])
        );
        // A file that exists is a file, whatever branches there are.
        let exists = Named::File(PathBuf::from("Cargo.toml"));
        assert_eq!(named(&["Cargo.toml", "no.seg"]), Ok([exists, file()]));
    }

    #[test]
    fn what_names_no_two_releases_is_refused() {
        for words in [&[][..], &["no.seg"], &["HEAD", "main"], &["-", "-"], &["HEAD", "-"]] {
            assert!(named(words).is_err(), "{words:?}");
        }
    }
}
