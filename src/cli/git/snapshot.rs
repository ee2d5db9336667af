//! The files of one revision.
//!
//! In: paths. Out: texts, named `REV:path` as git does.
//!
//! Invariant: a file of a site is in the folder of the site's own file or below, also behind symbolic links, which are
//! followed in the revision and never on the disk.

use super::GitFailure;
use super::repository::{Repository, TreePath, damaged};
use super::tree::EntryKind;
use crate::cli::files;
use crate::driver::{ReadFailure, SourceReader, SourceText};
use std::collections::VecDeque;
use std::rc::Rc;

/// Longest chain of symbolic links, as systems have it.
const MOST_LINKS: usize = 40;

/// What a text of Git LFS starts with that stands for the file.
const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// A revision of a repository.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    repository: Rc<Repository>,
    revision: String,
    tree: String,
}

/// Why a path leads to no file.
enum Astray {
    Git(GitFailure),
    File(ReadFailure),
}

impl From<GitFailure> for Astray {
    fn from(failure: GitFailure) -> Self {
        Self::Git(failure)
    }
}

/// A path without links, and the object at its end.
struct Found {
    path: Vec<Vec<u8>>,
    id: String,
}

impl Snapshot {
    pub(super) fn new(repository: Rc<Repository>, revision: String, tree: String) -> Self {
        Self { repository, revision, tree }
    }

    /// The repository.
    pub(super) fn repository(&self) -> &Repository {
        &self.repository
    }

    /// How a path at this revision is shown.
    pub(crate) fn name_of(&self, path: &TreePath) -> String {
        format!("{}:{}", self.revision, path.shown())
    }

    /// The text of a file anywhere in the repository.
    ///
    /// # Errors
    /// [`GitFailure::NoFile`] where there is none, or it is no text.
    pub(crate) fn read(&self, path: &TreePath) -> Result<SourceText, GitFailure> {
        let name = self.name_of(path);
        match self.text(path, None) {
            Ok(text) => Ok(SourceText { name, text }),
            Err(Astray::Git(failure)) => Err(failure),
            Err(Astray::File(failure)) => Err(GitFailure::NoFile { name, why: in_words(failure) }),
        }
    }

    /// The text of a file anywhere in the repository; `None` where the revision doesn't have it.
    ///
    /// # Errors
    /// As [`Snapshot::read`].
    pub(crate) fn read_if_present(&self, path: &TreePath) -> Result<Option<SourceText>, GitFailure> {
        match self.find(path) {
            Err(Astray::File(ReadFailure::Unreadable(_))) => Ok(None),
            _ => self.read(path).map(Some),
        }
    }

    /// Reads the files of a site whose own file is at a path.
    pub(crate) fn folder_of(&self, site: &TreePath) -> SnapshotFolder {
        let mut folder = site.clone();
        folder.0.pop();
        SnapshotFolder { snapshot: self.clone(), folder }
    }

    fn text(&self, path: &TreePath, within: Option<&TreePath>) -> Result<String, Astray> {
        let found = self.find(path)?;
        if let Some(folder) = within {
            let folder = self.walk(&folder.0)?;
            if !found.path.starts_with(&folder.path) {
                return Err(Astray::File(ReadFailure::Outside));
            }
        }
        let object = self.repository.object(&found.id)?.ok_or_else(|| damaged(&found.id))?;
        let bytes = object.bytes.ok_or(Astray::File(ReadFailure::TooLarge("64 MiB")))?;
        if bytes.starts_with(LFS_POINTER) {
            return Err(unreadable("its content is kept by Git LFS, outside of git's objects"));
        }
        files::text_of(bytes).map_err(Astray::File)
    }

    /// A file without the links that lead to it.
    fn find(&self, path: &TreePath) -> Result<Found, Astray> {
        let (last, folders) = path.0.split_last().ok_or_else(|| unreadable("it is a folder"))?;
        let mut found = self.walk(folders)?;
        let mut links = 0;
        let mut name = last.clone();
        loop {
            let entries = self.repository.tree(&found.id)?;
            let entry = entries.iter().find(|entry| entry.name == name);
            let entry = entry.ok_or_else(|| self.missing())?;
            match entry.kind {
                EntryKind::File => {
                    found.path.push(name);
                    return Ok(Found { path: found.path, id: entry.id.clone() });
                }
                EntryKind::Folder => return Err(unreadable("it is a folder")),
                EntryKind::Submodule => return Err(unreadable(SUBMODULE)),
                EntryKind::Link => {
                    links += 1;
                    let mut target = self.link(&entry.id, links)?;
                    name = target.pop_back().ok_or_else(|| unreadable("it is a folder"))?;
                    found = self.walk_from(found.path, target)?;
                }
            }
        }
    }

    fn walk(&self, folders: &[Vec<u8>]) -> Result<Found, Astray> {
        self.walk_from(Vec::new(), folders.iter().cloned().collect())
    }

    /// The folder at the end of `steps`, which start in the folder `from` that has no links in it.
    fn walk_from(&self, from: Vec<Vec<u8>>, steps: VecDeque<Vec<u8>>) -> Result<Found, Astray> {
        let mut reached: Vec<(Vec<u8>, String)> = Vec::new();
        let mut waiting: VecDeque<Vec<u8>> = from.into_iter().chain(steps).collect();
        let mut links = 0;
        while let Some(name) = waiting.pop_front() {
            if name == b".." {
                reached.pop().ok_or(Astray::File(ReadFailure::Outside))?;
                continue;
            }
            let here = reached.last().map_or(self.tree.as_str(), |(_, id)| id.as_str());
            let entries = self.repository.tree(here)?;
            let entry = entries.iter().find(|entry| entry.name == name).ok_or_else(|| self.missing())?;
            match entry.kind {
                EntryKind::Folder => reached.push((name, entry.id.clone())),
                EntryKind::File => return Err(unreadable("a part of its path is a file")),
                EntryKind::Submodule => return Err(unreadable(SUBMODULE)),
                EntryKind::Link => {
                    links += 1;
                    let target = self.link(&entry.id, links)?;
                    for step in target.into_iter().rev() {
                        waiting.push_front(step);
                    }
                }
            }
        }
        let id = reached.last().map_or_else(|| self.tree.clone(), |(_, id)| id.clone());
        Ok(Found { path: reached.into_iter().map(|(name, _)| name).collect(), id })
    }

    /// The steps that a link stands for. The `links`-th one of a path.
    fn link(&self, id: &str, links: usize) -> Result<VecDeque<Vec<u8>>, Astray> {
        if links > MOST_LINKS {
            return Err(unreadable("too many symbolic links lead to each other"));
        }
        let object = self.repository.object(id)?.ok_or_else(|| damaged(id))?;
        let target = object.bytes.unwrap_or_default();
        if target.starts_with(b"/") {
            return Err(Astray::File(ReadFailure::Outside));
        }
        let steps = target.split(|byte| *byte == b'/').filter(|step| !matches!(*step, b"" | b"."));
        Ok(steps.map(<[u8]>::to_owned).collect())
    }

    fn missing(&self) -> Astray {
        unreadable(&format!("revision `{}` does not have it", self.revision))
    }
}

/// Why nothing is read there.
const SUBMODULE: &str = "it is in a submodule, whose files are in another repository";

fn unreadable(why: &str) -> Astray {
    Astray::File(ReadFailure::Unreadable(why.to_owned()))
}

fn in_words(failure: ReadFailure) -> String {
    match failure {
        ReadFailure::Unreadable(why) => why,
        ReadFailure::NotUtf8 => "it is not UTF-8 text".to_owned(),
        ReadFailure::TooLarge(most) => format!("it is larger than {most}"),
        ReadFailure::Outside => "a symbolic link leads out of the repository".to_owned(),
    }
}

/// The folder of a site at a revision.
pub(crate) struct SnapshotFolder {
    snapshot: Snapshot,
    folder: TreePath,
}

impl SourceReader for SnapshotFolder {
    fn read(&self, relative: &str) -> Result<SourceText, ReadFailure> {
        let mut path = self.folder.clone();
        path.0.extend(TreePath::from_root(relative).0);
        match self.snapshot.text(&path, Some(&self.folder)) {
            Ok(text) => Ok(SourceText { name: self.snapshot.name_of(&path), text }),
            Err(Astray::File(failure)) => Err(failure),
            Err(Astray::Git(failure)) => Err(ReadFailure::Unreadable(failure.diagnostic().message)),
        }
    }
}
