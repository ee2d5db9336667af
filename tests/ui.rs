//! What segc says about faulty input: one folder for each case in `tests/ui`, named `SEGnnnn-what-is-wrong`.
//!
//! A folder holds `input.seg`, whose first line says what the case shows; `args.txt` with the command line where it
//! is not `check input.seg`; `git.txt` where the folder is a git repository, with the names of the files that its commit
//! `v1` has; `input.seg.lock`; `also.txt` with the codes of further errors that belong to the case; files that one of
//! these names; and `expected.txt`. The command runs in a copy of the folder.
//!
//! Besides the text, each case holds that its own code is reported and that no other error is.

use crate::support::folder::{self, Files};
use crate::support::repository::{alone, commit_some};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::{fmt::Write, fs, io};

const DEFAULT_COMMAND: &str = "check input.seg";
/// What only a program without the feature `pdf` says.
const LACKS_PDF: &str = "SEG0056";

/// One folder.
struct Case {
    path: PathBuf,
    /// The code that the folder is named for.
    code: String,
    files: Files,
}

/// The folder of all cases.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui")
}

/// The code of a folder named `SEGnnnn-what-is-wrong`.
pub(crate) fn code_of(folder: &Path) -> Option<String> {
    let name = folder.file_name()?.to_str()?;
    let (code, what) = name.split_once('-')?;
    let is_code =
        code.len() == 7 && code.starts_with("SEG") && code.bytes().skip(3).all(|byte| byte.is_ascii_digit());
    let is_kebab =
        what.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    (is_code && is_kebab && !what.is_empty()).then(|| code.to_owned())
}

#[test]
fn every_mistake_is_told_as_expected() {
    let mut faults = Vec::new();
    for path in folder::cases(&root()).unwrap() {
        let Some(code) = code_of(&path) else {
            faults.push(format!("{}: is not named SEGnnnn-what-is-wrong", path.display()));
            continue;
        };
        if code == LACKS_PDF && cfg!(feature = "pdf") {
            continue;
        }
        let files = folder::read(&path).unwrap();
        let case = Case { path, code, files };
        faults.extend(case.faults().unwrap());
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

impl Case {
    fn text(&self, name: &str) -> Option<String> {
        self.files.get(name).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Runs the case; what is wrong with it, in words.
    fn faults(&self) -> io::Result<Vec<String>> {
        let mut faults = Vec::new();
        let mut fault = |text: String| faults.push(format!("{}: {text}", self.path.display()));
        if !self.text("input.seg").is_some_and(|text| text.starts_with("# ")) {
            fault("the first line of input.seg does not say what the case shows".to_owned());
        }
        let (output, written) = self.run()?;
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let said = format!("{stdout}{stderr}");
        if !said.contains(&format!("[{}]", self.code)) {
            fault(format!("{} is not reported", self.code));
        }
        let also = self.text("also.txt").unwrap_or_default();
        let allowed: BTreeSet<&str> = also.split_whitespace().chain([self.code.as_str()]).collect();
        let errors = errors_in(&said);
        for code in errors.iter().filter(|code| !allowed.contains(code.as_str())) {
            fault(format!("{code} is reported too"));
        }
        for code in allowed.iter().filter(|code| **code != self.code && !errors.contains(**code)) {
            fault(format!("{code} of also.txt is not reported"));
        }
        let produced =
            Files::from([("expected.txt".to_owned(), transcript(&output, &stdout, &stderr, &written))]);
        faults.extend(folder::compare(&self.path, &self.inputs(), &produced)?);
        Ok(faults)
    }

    /// The files that the case reads: its own, and whatever one of them names.
    fn inputs(&self) -> BTreeSet<String> {
        let own = ["input.seg", "input.seg.lock", "args.txt", "also.txt", "git.txt"];
        let texts: Vec<String> = self
            .files
            .keys()
            .filter(|name| !folder::is_output(name))
            .filter_map(|name| self.text(name))
            .collect();
        let is_named = |name: &&String| texts.iter().any(|text| text.contains(name.as_str()));
        self.files.keys().filter(|name| own.contains(&name.as_str()) || is_named(name)).cloned().collect()
    }

    /// Runs the command in a copy of the folder; what it printed, and which files it made or changed.
    fn run(&self) -> io::Result<(Output, Vec<String>)> {
        let inputs: Files =
            self.files.clone().into_iter().filter(|(name, _)| !folder::is_output(name)).collect();
        let copy = tempfile::tempdir()?;
        folder::write(copy.path(), &inputs)?;
        if let Some(committed) = self.text("git.txt") {
            commit_some(copy.path(), &committed.split_whitespace().collect::<Vec<_>>());
        }
        let command = self.text("args.txt").unwrap_or_else(|| DEFAULT_COMMAND.to_owned());
        let output = alone(env!("CARGO_BIN_EXE_segc"), copy.path())
            .args(command.split_whitespace())
            .args(["--color", "never"])
            .stdin(Stdio::null())
            .output()?;
        let after = folder::read(copy.path())?;
        let after = after.into_iter().filter(|(name, _)| !name.starts_with(".git/"));
        let written = after.filter(|(name, bytes)| inputs.get(name) != Some(bytes)).map(|(name, _)| name);
        Ok((output, written.collect()))
    }
}

/// The codes of all errors in a text for people.
fn errors_in(said: &str) -> BTreeSet<String> {
    let behind = said.split("error[").skip(1);
    behind.filter_map(|rest| rest.split_once(']')).map(|(code, _)| code.to_owned()).collect()
}

fn transcript(output: &Output, stdout: &str, stderr: &str, written: &[String]) -> Vec<u8> {
    let mut text = String::new();
    // Writing into a string can't fail.
    let _ = writeln!(
        text,
        "exit code {}",
        output.status.code().map_or("none".to_owned(), |code| code.to_string())
    );
    for (heading, said) in [("stdout", stdout), ("stderr", stderr), ("written", &lines(written))] {
        if !said.is_empty() {
            let _ = write!(text, "--- {heading}\n{said}");
        }
    }
    text.into_bytes()
}

fn lines(names: &[String]) -> String {
    names.iter().map(|name| format!("{name}\n")).collect()
}

#[test]
fn cases_are_small() {
    for path in folder::cases(&root()).unwrap() {
        let size = fs::metadata(path.join("input.seg")).unwrap().len();
        assert!(size < 16 << 10, "{}: input.seg has {size} bytes", path.display());
    }
}
