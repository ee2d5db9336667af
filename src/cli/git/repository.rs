//! The repository that holds a site, and where in it the site lies.
//!
//! In: the path of a site as typed, whether or not it exists now. Out: a [`Repository`] and a [`TreePath`].
//!
//! Invariant: the site's path decides which repository is meant, not the variables of a hook that runs in another one.

use super::objects::{Object, Objects, one_line};
use super::tree::{self, Entry};
use super::{GitFailure, Snapshot};
use crate::cli::files::in_words;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

/// The program.
pub(super) const GIT: &str = "git";

/// Variables that lead git to another repository than that of the folder in which it runs. Those that only add
/// objects stay: a hook of a server sees what is being pushed through them.
const ELSEWHERE: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"];

/// What is written behind a branch for its upstream, its place to push to, or an entry of its log.
const OF_A_BRANCH: &str = "@{";

/// What git says of an object that it can't read.
const DAMAGED: &str = "corrupt";

/// Longest chain of tags.
const MOST_TAGS: usize = 32;

/// Git, to be run in a folder.
pub(super) fn git(folder: &Path) -> Command {
    let mut command = Command::new(GIT);
    command.current_dir(folder);
    for variable in ELSEWHERE {
        command.env_remove(variable);
    }
    // Words in one language, no network, no questions, no locks.
    command.envs([("LC_ALL", "C"), ("LANGUAGE", "C")]);
    command.envs([("GIT_NO_LAZY_FETCH", "1"), ("GIT_TERMINAL_PROMPT", "0"), ("GIT_OPTIONAL_LOCKS", "0")]);
    command
}

/// A path from the root of a repository: names as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TreePath(pub(super) Vec<Vec<u8>>);

impl TreePath {
    /// A path as typed behind `REV:`, from the root of the repository.
    pub(crate) fn from_root(typed: &str) -> Self {
        let names = typed.split('/').filter(|name| !matches!(*name, "" | "."));
        Self(names.map(|name| name.as_bytes().to_owned()).collect())
    }

    /// The path with a text at its end.
    pub(crate) fn with_suffix(&self, suffix: &str) -> Self {
        let mut names = self.0.clone();
        if let Some(last) = names.last_mut() {
            last.extend(suffix.bytes());
        }
        Self(names)
    }

    /// For people.
    pub(crate) fn shown(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|name| String::from_utf8_lossy(name)).collect();
        names.join("/")
    }
}

/// A repository with a running git.
#[derive(Debug)]
pub(crate) struct Repository {
    folder: PathBuf,
    root: PathBuf,
    objects: RefCell<Objects>,
    trees: RefCell<BTreeMap<String, Rc<Vec<Entry>>>>,
}

impl Repository {
    /// The repository of a path, and the path from its root.
    ///
    /// # Errors
    /// [`GitFailure`] where git can't be run or finds no repository.
    pub(crate) fn of(path: &Path) -> Result<(Rc<Self>, TreePath), GitFailure> {
        let full = full_path(path);
        let Some(folder) = full.ancestors().skip(1).find(|folder| folder.is_dir()) else {
            let words = "there is no such folder".to_owned();
            return Err(GitFailure::NoRepository { path: path.display().to_string(), words });
        };
        let asked = |question: &str| match git(folder).args(["rev-parse", question]).output() {
            Ok(output) if output.status.success() => Ok(output.stdout),
            Ok(output) => {
                let words = without_repository(one_line(&output.stderr));
                Err(GitFailure::NoRepository { path: path.display().to_string(), words })
            }
            Err(error) => Err(GitFailure::NoGit(in_words(&error))),
        };
        let is_inside = asked("--is-inside-work-tree")?.starts_with(b"true");
        let root = path_of(asked(if is_inside { "--show-toplevel" } else { "--absolute-git-dir" })?);
        let inside = below(&full, &root).ok_or_else(|| GitFailure::NoRepository {
            path: path.display().to_string(),
            words: format!("it is not below {}", root.display()),
        })?;
        let objects = RefCell::new(Objects::open(folder)?);
        let repository = Self { folder: folder.to_owned(), root, objects, trees: RefCell::default() };
        Ok((Rc::new(repository), inside))
    }

    /// A path as typed, seen from the root of the repository that a revision is of.
    ///
    /// # Errors
    /// [`GitFailure::NoFile`] where it is not below the root.
    pub(crate) fn path_in(path: &Path, snapshot: &Snapshot) -> Result<TreePath, GitFailure> {
        let root = &snapshot.repository().root;
        below(&full_path(path), root).ok_or_else(|| GitFailure::NoFile {
            name: path.display().to_string(),
            why: format!("it is outside of the repository at {}", root.display()),
        })
    }

    /// The files of a revision.
    ///
    /// # Errors
    /// [`GitFailure`] where git knows no such revision.
    pub(crate) fn at(self: &Rc<Self>, revision: &str) -> Result<Snapshot, GitFailure> {
        let resolved = self.resolve(revision)?;
        Ok(Snapshot::new(Rc::clone(self), revision.to_owned(), resolved.tree))
    }

    /// The files of the newest revision that two others have in common; by the name of the first one.
    ///
    /// # Errors
    /// [`GitFailure`] where git knows no such revisions, or they have none in common.
    pub(crate) fn at_merge_base(self: &Rc<Self>, one: &str, other: &str) -> Result<Snapshot, GitFailure> {
        let commits = [self.resolve(one)?.id, self.resolve(other)?.id];
        // Both are ids in hexadecimal by now.
        let output = git(&self.folder).arg("merge-base").args(&commits).output();
        let output = output.map_err(|error| GitFailure::NoGit(in_words(&error)))?;
        let base = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if base.is_empty() {
            let revisions = format!("{one}...{other}");
            return Err(GitFailure::NoMergeBase { revisions, shallow: self.is_shallow() });
        }
        let tree = self.resolve(&base)?.tree;
        Ok(Snapshot::new(Rc::clone(self), base.chars().take(12).collect(), tree))
    }

    fn resolve(&self, revision: &str) -> Result<Resolved, GitFailure> {
        let mut object = self.named(revision)?.ok_or_else(|| self.unknown(revision, None));
        for _ in 0..MOST_TAGS {
            let found = object?;
            let next = match found.kind.as_str() {
                "tree" => return Ok(Resolved { id: found.id.clone(), tree: found.id }),
                "commit" => {
                    let tree = field(&found, "tree ").ok_or_else(|| damaged(&found.id))?;
                    return Ok(Resolved { id: found.id, tree });
                }
                "tag" => field(&found, "object ").ok_or_else(|| damaged(&found.id))?,
                _ => return Err(self.unknown(revision, None)),
            };
            object = self.object(&next)?.ok_or_else(|| damaged(&next));
        }
        Err(self.unknown(revision, None))
    }

    /// The object of a revision as typed. Git ends where it is asked for what a branch does not have, `@{upstream}` or an
    /// entry of a log, though nothing is damaged.
    fn named(&self, revision: &str) -> Result<Option<Object>, GitFailure> {
        match self.object(revision) {
            Err(GitFailure::Broken(words)) if revision.contains(OF_A_BRANCH) && !words.contains(DAMAGED) => {
                Err(self.unknown(revision, Some(words)))
            }
            other => other,
        }
    }

    fn unknown(&self, revision: &str, words: Option<String>) -> GitFailure {
        let remote = format!("origin/{revision}");
        let near = matches!(self.object(&remote), Ok(Some(_))).then_some(remote);
        GitFailure::UnknownRevision { revision: revision.to_owned(), near, words, shallow: self.is_shallow() }
    }

    fn is_shallow(&self) -> bool {
        let output = git(&self.folder).args(["rev-parse", "--is-shallow-repository"]).output();
        output.is_ok_and(|output| output.stdout.starts_with(b"true"))
    }

    /// An object by any of its names.
    pub(super) fn object(&self, name: &str) -> Result<Option<Object>, GitFailure> {
        self.objects.borrow_mut().get(name)
    }

    /// The entries of a tree.
    pub(super) fn tree(&self, id: &str) -> Result<Rc<Vec<Entry>>, GitFailure> {
        if let Some(known) = self.trees.borrow().get(id) {
            return Ok(Rc::clone(known));
        }
        let object = self.object(id)?.filter(|object| object.kind == "tree").ok_or_else(|| damaged(id))?;
        let entries = object.bytes.as_deref().and_then(|bytes| tree::parse(bytes, object.id.len() / 2));
        let entries = Rc::new(entries.ok_or_else(|| damaged(id))?);
        self.trees.borrow_mut().insert(id.to_owned(), Rc::clone(&entries));
        Ok(entries)
    }
}

/// A revision as objects.
struct Resolved {
    /// The commit, or the tree where no commit was named.
    id: String,
    tree: String,
}

/// A line of the head of a commit or tag.
fn field(object: &Object, key: &str) -> Option<String> {
    let text = String::from_utf8_lossy(object.bytes.as_deref()?);
    let value = text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(key));
    value.map(str::to_owned)
}

/// The failure for an object that must be there and isn't.
pub(super) fn damaged(id: &str) -> GitFailure {
    GitFailure::Broken(format!("object {id} is missing or damaged"))
}

/// Git's words where it finds no repository at all depend on the file system; other words stay.
fn without_repository(words: String) -> String {
    if words.starts_with("not a git repository") {
        return "there is none in its folder or above".to_owned();
    }
    words
}

/// What git printed, as a path.
fn path_of(mut printed: Vec<u8>) -> PathBuf {
    if printed.last() == Some(&b'\n') {
        printed.pop();
    }
    bytes_to_path(printed)
}

#[cfg(unix)]
fn bytes_to_path(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

#[cfg(not(unix))]
fn bytes_to_path(bytes: Vec<u8>) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(&bytes).into_owned())
}

/// An absolute path without `.` and `..`. What stands before the last `..` is followed as the system does, links
/// included; what stands behind it may be a link in one revision and something else in another, and stays as typed.
fn full_path(path: &Path) -> PathBuf {
    let full = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let parts: Vec<Component<'_>> = full.components().collect();
    let behind = parts.iter().rposition(|part| *part == Component::ParentDir).map_or(0, |at| at + 1);
    let (before, rest) = parts.split_at(behind);
    let before: PathBuf = before.iter().collect();
    let before = before.canonicalize().unwrap_or_else(|_| without_parents(&before));
    before.join(rest.iter().collect::<PathBuf>())
}

fn without_parents(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            plain.pop();
        } else {
            plain.push(part);
        }
    }
    plain
}

/// The part of a path below a root, however one gets to the root.
fn below(full: &Path, root: &Path) -> Option<TreePath> {
    let root = root.canonicalize().ok()?;
    let is_root = |folder: &&Path| folder.canonicalize().is_ok_and(|real| real == root);
    let typed = full.ancestors().skip(1).find(is_root).and_then(|at| full.strip_prefix(at).ok());
    let real = || {
        // A link led into the midst of the repository.
        let folder = full.ancestors().skip(1).find(|folder| folder.is_dir())?;
        let real = folder.canonicalize().ok()?.join(full.strip_prefix(folder).ok()?);
        real.strip_prefix(&root).ok().map(Path::to_owned)
    };
    let rest = typed.map(Path::to_owned).or_else(real)?;
    let name = |part: Component<'_>| AsRef::<OsStr>::as_ref(&part).as_encoded_bytes().to_owned();
    Some(TreePath(rest.components().map(name).collect()))
}
