//! What a process costs: processor time with that of the system, and the most memory it had.
//!
//! A run is measured by a process of its own, this program again, so that the memory of one run is not that of another.

use nix::sys::resource::{Usage, UsageWho, getrusage};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What something cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Processor time, user and system.
    pub(crate) time: Duration,
    /// The most memory at once, in KiB.
    pub(crate) memory: u64,
    /// The exit code.
    pub(crate) code: i32,
}

impl Cost {
    /// As one process tells it to another.
    pub(crate) fn told(self) -> String {
        format!("{} {} {}", self.time.as_micros(), self.memory, self.code)
    }

    fn heard(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let time = Duration::from_micros(words.next()?.parse().ok()?);
        Some(Self { time, memory: words.next()?.parse().ok()?, code: words.next()?.parse().ok()? })
    }
}

fn usage(who: UsageWho) -> Option<Usage> {
    getrusage(who).ok()
}

fn time(usage: &Usage) -> Duration {
    let part = |seconds: i64, micros: i64| {
        Duration::from_secs(seconds.unsigned_abs()) + Duration::from_micros(micros.unsigned_abs())
    };
    let (user, system) = (usage.user_time(), usage.system_time());
    part(user.tv_sec(), user.tv_usec()) + part(system.tv_sec(), system.tv_usec())
}

/// Runs a command as the only child of this process.
pub(crate) fn measured(words: &[String]) -> Option<Cost> {
    let (program, rest) = words.split_first()?;
    let status = Command::new(program).args(rest).stdout(std::process::Stdio::null()).status().ok()?;
    let usage = usage(UsageWho::RUSAGE_CHILDREN)?;
    Some(Cost {
        time: time(&usage),
        memory: usage.max_rss().unsigned_abs(),
        code: status.code().unwrap_or(-1),
    })
}

/// What the floor costs in this process: reads a source, and writes artefacts from values that are ready.
pub(crate) fn floor(source: &Path, artefacts: &[PathBuf], out: &Path) -> Option<Cost> {
    let ready: Vec<Ready> = artefacts.iter().map(|path| Ready::of(path)).collect::<Option<_>>()?;
    std::fs::create_dir_all(out).ok()?;
    let before = time(&usage(UsageWho::RUSAGE_SELF)?);
    let read = divan::black_box(std::fs::read(source).ok()?);
    for (at, ready) in ready.iter().enumerate() {
        std::fs::write(out.join(at.to_string()), ready.bytes()?).ok()?;
    }
    let usage = usage(UsageWho::RUSAGE_SELF)?;
    let code = i32::from(read.is_empty());
    Some(Cost { time: time(&usage) - before, memory: usage.max_rss().unsigned_abs(), code })
}

/// An artefact before it is written.
enum Ready {
    Json(serde_json::Value),
    Other(Vec<u8>),
}

impl Ready {
    fn of(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).ok()?;
        Some(serde_json::from_slice(&bytes).map_or(Self::Other(bytes), Self::Json))
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Json(value) => serde_json::to_vec_pretty(value).ok(),
            Self::Other(bytes) => Some(bytes.clone()),
        }
    }
}

/// Has a process of its own measure something: the smallest time of some rounds.
pub(crate) fn apart(words: &[String], rounds: usize) -> Option<Cost> {
    let own = std::env::current_exe().ok()?;
    let run = || {
        let output = Command::new(&own).args(words).output().ok()?;
        Cost::heard(std::str::from_utf8(&output.stdout).ok()?)
    };
    (0..rounds).map(|_| run()).collect::<Option<Vec<Cost>>>()?.into_iter().min_by_key(|cost| cost.time)
}
