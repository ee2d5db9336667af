//! Objects of a repository, as `git cat-file --batch` hands them out.
//!
//! In: one line that names an object. Out: its kind, id and bytes.
//!
//! Invariant: a name is one line without control characters, so an answer belongs to the question before it.
//! Invariant: no object larger than an input may be is kept in memory.

use super::GitFailure;
use super::repository::{GIT, git};
use crate::cli::files::{LARGEST_INPUT, in_words};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

/// An object of git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Object {
    /// Its id, hexadecimal.
    pub(super) id: String,
    /// `blob`, `tree`, `commit`, `tag`.
    pub(super) kind: String,
    /// Its content; `None` where it is larger than an input may be.
    pub(super) bytes: Option<Vec<u8>>,
}

/// A running `git cat-file --batch`.
#[derive(Debug)]
pub(super) struct Objects {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    complaints: File,
}

impl Objects {
    /// Starts git in a folder.
    pub(super) fn open(folder: &Path) -> Result<Self, GitFailure> {
        let cannot = |error: std::io::Error| GitFailure::NoGit(in_words(&error));
        // A file takes any amount of words, where a pipe that nobody reads would stop git.
        let complaints = tempfile::tempfile().map_err(cannot)?;
        let mut child = git(folder)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(complaints.try_clone().map_err(cannot)?)
            .spawn()
            .map_err(cannot)?;
        let (questions, answers) = (child.stdin.take(), child.stdout.take());
        let answers = answers.ok_or_else(|| GitFailure::NoGit(format!("{GIT} has no output")))?;
        Ok(Self { child, questions, answers: BufReader::new(answers), complaints })
    }

    /// The object of a name; `None` where git knows none, or several.
    pub(super) fn get(&mut self, name: &str) -> Result<Option<Object>, GitFailure> {
        if name.is_empty() || name.contains(char::is_control) {
            return Ok(None);
        }
        match self.ask(name) {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) => Err(GitFailure::Broken(self.words())),
            Err(error) => Err(GitFailure::Broken(error.to_string())),
        }
    }

    /// The answer to a question; `None` where git ended instead.
    fn ask(&mut self, name: &str) -> std::io::Result<Option<Option<Object>>> {
        let Some(questions) = &mut self.questions else { return Ok(None) };
        // Where git has ended already, its words say more than the closed pipe.
        if questions.write_all(format!("{name}\n").as_bytes()).and_then(|()| questions.flush()).is_err() {
            return Ok(None);
        }
        let mut header = Vec::new();
        self.answers.read_until(b'\n', &mut header)?;
        if header.last() != Some(&b'\n') {
            return Ok(None);
        }
        let header = String::from_utf8_lossy(&header);
        let Some((id, kind, size)) = parse_header(&header) else { return Ok(Some(None)) };
        let (id, kind) = (id.to_owned(), kind.to_owned());
        let bytes = self.content(size)?;
        Ok(bytes.map(|bytes| Some(Object { id, kind, bytes: (size <= LARGEST_INPUT).then_some(bytes) })))
    }

    /// The content of an object with the line feed after it; empty for a large one, `None` where it ends early.
    fn content(&mut self, size: u64) -> std::io::Result<Option<Vec<u8>>> {
        let mut bytes = Vec::new();
        let mut content = self.answers.by_ref().take(size.saturating_add(1));
        if size > LARGEST_INPUT {
            let count = std::io::copy(&mut content, &mut std::io::sink())?;
            return Ok((count > size).then_some(bytes));
        }
        content.read_to_end(&mut bytes)?;
        Ok((bytes.pop() == Some(b'\n') && bytes.len() as u64 == size).then_some(bytes))
    }

    /// What git complained about, in one line.
    fn words(&mut self) -> String {
        self.questions = None;
        let _ = self.child.wait();
        let mut said = Vec::new();
        let _ = self.complaints.rewind();
        let _ = self.complaints.read_to_end(&mut said);
        one_line(&said)
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        // Without questions git ends by itself.
        self.questions = None;
        let _ = self.child.wait();
    }
}

/// Id, kind and size of `<id> <kind> <size>`; `None` for `<name> missing` and whatever else git says instead.
fn parse_header(header: &str) -> Option<(&str, &str, u64)> {
    let mut words = header.trim_end_matches('\n').split(' ');
    let (id, kind, size) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
    let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_id && words.next().is_none()).then_some((id, kind, size))
}

/// The last line that git said, without its label.
pub(super) fn one_line(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let line = said.lines().find(|line| line.starts_with("fatal:")).or_else(|| said.lines().last());
    let line = line.unwrap_or_default().trim_start_matches("fatal:").trim_start_matches("error:").trim();
    if line.is_empty() { "it says nothing".to_owned() } else { line.chars().take(300).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_have_a_header() {
        let id = "a".repeat(40);
        assert_eq!(parse_header(&format!("{id} blob 7\n")), Some((id.as_str(), "blob", 7)));
        for other in ["HEAD missing\n", "abcd ambiguous\n", "x y 7\n", "", "\n"] {
            assert_eq!(parse_header(other), None, "{other:?}");
        }
        // A revision that looks like an answer is still followed by the word.
        assert_eq!(parse_header(&format!("{id} blob 7 missing\n")), None);
    }

    #[test]
    fn the_line_that_matters_is_shown() {
        assert_eq!(one_line(b"warning: x\nfatal: bad object\nhint: y\n"), "bad object");
        assert_eq!(one_line(b"\n"), "it says nothing");
    }
}
