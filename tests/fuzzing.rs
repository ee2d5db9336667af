//! Fuzzing with what stable Rust has: the committed corpora, mutated by seed.
//!
//! `SEGC_FUZZ_SECONDS` is how long each subject is given mutated inputs, `SEGC_FUZZ_SEED` where the seeds start; without
//! the first a fixed number of inputs is tried, so that an ordinary test run always does the same. An input that breaks
//! something is made smaller and kept under `target/fuzz`.

#![expect(clippy::disallowed_methods, reason = "a box of time, and inputs that take too long")]

mod subjects;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use subjects::{SUBJECTS, Subject};

/// Inputs of one seed.
const CASES: u32 = 40;

/// No small input may take longer, in a debug build on a busy machine.
const LONGEST: Duration = Duration::from_secs(30);

/// What the formats are made of, and what breaks readers.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    ":",
    ",",
    "=",
    "->",
    "<->",
    "/",
    "-",
    "#",
    "\n",
    "\r\n",
    "\0",
    "\u{feff}",
    "&a ",
    "*a",
    "!!binary ",
    "<<: *a",
    "- ",
    "? ",
    "|\n",
    "null",
    "true",
    "~",
    "0",
    "-1",
    "65535",
    "65536",
    "4294967296",
    "18446744073709551616",
    "1e999",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.0/33",
    "2026-02-30",
    "9999-12-31",
    "tcp/0-65535",
    "icmp/8/0",
    "any",
    "internet",
    "\\u0000",
    "\\ud800",
    "\u{202e}",
    "é",
    "site",
    "role",
    "allow",
    "because",
    "include",
    "{}",
    "[]",
    "\"schema\"",
    "\"rules\"",
    "*",
    "Deny",
    "${",
    "{{",
];

fn corpus(subject: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(subject);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    files.sort();
    files
}

/// One change of an input.
#[derive(Debug, Clone)]
enum Edit {
    Flip(prop::sample::Index, u8),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize, usize),
    Insert(prop::sample::Index, &'static str),
    Replace(prop::sample::Index, &'static str),
    Move(prop::sample::Index, prop::sample::Index, usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<prop::sample::Index>;
    let piece = prop::sample::select(PIECES);
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Edit::Flip(at, byte)),
        (at(), 1_usize..200).prop_map(|(at, count)| Edit::Remove(at, count)),
        (at(), 1_usize..60, 1_usize..40).prop_map(|(at, count, times)| Edit::Repeat(at, count, times)),
        (at(), piece.clone()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (at(), piece).prop_map(|(at, piece)| Edit::Replace(at, piece)),
        (at(), at(), 1_usize..200).prop_map(|(from, to, count)| Edit::Move(from, to, count)),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit) {
    let place = |index: &prop::sample::Index, bytes: &[u8]| index.index(bytes.len() + 1);
    let stretch = |from: usize, count: usize, bytes: &[u8]| from..(from + count).min(bytes.len());
    match edit {
        Edit::Flip(at, byte) if !bytes.is_empty() => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Edit::Flip(..) => {}
        Edit::Remove(at, count) => drop(bytes.drain(stretch(place(at, bytes), *count, bytes))),
        Edit::Repeat(at, count, times) => {
            let at = place(at, bytes);
            let piece = bytes[stretch(at, *count, bytes)].repeat(*times);
            bytes.splice(at..at, piece);
        }
        Edit::Insert(at, piece) => {
            let at = place(at, bytes);
            bytes.splice(at..at, piece.bytes());
        }
        Edit::Replace(at, piece) => {
            let from = place(at, bytes);
            // A whole word goes, as a mistake of a person or a program would have it.
            let is_part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"._".contains(byte);
            let count = bytes[from..].iter().take_while(is_part).count();
            bytes.splice(from..from + count, piece.bytes());
        }
        Edit::Move(from, to, count) => {
            let piece: Vec<u8> = bytes.drain(stretch(place(from, bytes), *count, bytes)).collect();
            let to = place(to, bytes);
            bytes.splice(to..to, piece);
        }
    }
}

/// A file of the corpus, some changes on.
fn mutated(subject: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let files: Vec<Vec<u8>> = corpus(subject).into_iter().map(|(_, bytes)| bytes).collect();
    (prop::sample::select(files), prop::collection::vec(edit(), 1..6)).prop_map(|(mut bytes, edits)| {
        edits.iter().for_each(|edit| apply(&mut bytes, edit));
        bytes
    })
}

/// Runs the inputs of one seed. The error is where the smallest input that breaks something was kept.
fn round(name: &str, subject: Subject, seed: u64) -> Result<(), String> {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let outcome = runner.run(&mutated(name), |input| {
        let start = Instant::now();
        subject(&input);
        prop_assert!(start.elapsed() < LONGEST, "takes {:?}", start.elapsed());
        Ok(())
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Abort(why)) => Err(format!("{name}, seed {seed}: {why}")),
        Err(TestError::Fail(why, input)) => {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
            let path = folder.join(format!("{name}-{seed}"));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, input).unwrap();
            Err(format!("{name}, seed {seed}: {why}\nthe input is in {}", path.display()))
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|value| value.parse().unwrap())
}

#[test]
fn mutated_inputs_break_nothing() {
    let seconds = number("SEGC_FUZZ_SECONDS");
    let first = number("SEGC_FUZZ_SEED").unwrap_or(0);
    let mut faults = Vec::new();
    for (name, subject) in SUBJECTS {
        let start = Instant::now();
        let mut seed = first;
        loop {
            faults.extend(round(name, *subject, seed).err());
            seed += 1;
            if seconds.is_none_or(|seconds| start.elapsed() >= Duration::from_secs(seconds)) {
                break;
            }
        }
        eprintln!("{name}: {} inputs, {:.0?}", u64::from(CASES) * (seed - first), start.elapsed());
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_corpora_break_nothing() {
    for (name, subject) in SUBJECTS {
        let files = corpus(name);
        assert!(files.len() >= 4, "the corpus of {name} has {} files", files.len());
        for (path, bytes) in files {
            let start = Instant::now();
            subject(&bytes);
            assert!(start.elapsed() < LONGEST, "{} takes {:?}", path.display(), start.elapsed());
        }
    }
}

#[test]
fn each_subject_is_a_fuzz_target_too() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let declared = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    for (name, _) in SUBJECTS {
        assert!(declared.contains(&format!("name = \"{name}\"")), "{name} is not in fuzz/Cargo.toml");
        let target = std::fs::read_to_string(root.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(target.contains(&format!("subjects::{name}(bytes)")), "{name}");
    }
}
