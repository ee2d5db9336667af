//! What whole processes of segc cost, from an ordinary site to a fleet of 500, beside a floor that is measured in the same run.
//!
//! The floor reads the same source and writes the same bytes from values that are ready: the least that any compiler with these
//! artefacts needs. `cargo bench --bench fleet` has sites of up to 100,000 intents, `FLEET_UP_TO=1000000` larger ones too
//! and `FLEET_UP_TO=1000` only small ones. A line has processor time, the ratio to the floor, memory, and growth: how much longer
//! ten times the intents take. The bars are those of the design; the run fails where one does not hold, and says which.

#[path = "../generate/dice.rs"]
mod dice;
mod process;
mod sites;

use process::{Cost, apart, floor, measured};
use sites::{Shape, site};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const SEGC: &str = env!("CARGO_BIN_EXE_segc");
const PEER: &str = "peer-input";

/// The sites with what they may cost: processor time in milliseconds and memory in MiB, where there is a bar.
const CASES: [(Shape, Option<(u64, u64)>); 9] = [
    (Shape { platform: "firewall", intents: 100, of_each: 10 }, Some((10, 64))),
    (Shape { platform: "firewall", intents: 1_000, of_each: 10 }, None),
    (Shape { platform: "firewall", intents: 10_000, of_each: 10 }, Some((100, 64))),
    (Shape { platform: "firewall", intents: 100_000, of_each: 10 }, Some((1_000, 400))),
    (Shape { platform: "firewall", intents: 1_000_000, of_each: 10 }, None),
    (Shape { platform: "firewall", intents: 10_000, of_each: 100 }, None),
    (Shape { platform: "nutanix", intents: 1_000, of_each: 10 }, None),
    (Shape { platform: "nutanix", intents: 10_000, of_each: 10 }, None),
    (Shape { platform: "azure", intents: 1_000, of_each: 10 }, None),
];

/// What a bar is besides its time: this many times the floor.
const TIMES_THE_FLOOR: f64 = 3.0;

/// The most times the floor at the largest size.
const MOST_TIMES_THE_FLOOR: f64 = 4.0;

/// The most that ten times the intents may take, as a multiple: linear, within 20 %.
const GROWTH: f64 = 12.0;

/// Sites of the fleet, and what it may take the first time and again, in wall time that its processor time bounds.
const FLEET: usize = 500;
const FLEET_BARS: [(&str, Duration); 2] =
    [("first", Duration::from_secs(10)), ("unchanged", Duration::from_millis(500))];

/// Measurements of one case; the smallest counts.
const ROUNDS: usize = 3;

fn main() -> ExitCode {
    // Cargo says `--bench` to every benchmark.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let told = match words.split_first() {
        Some((word, rest)) if word == "measure" => measured(rest),
        Some((word, rest)) if word == "floor" => floor_of(rest),
        Some((word, rest)) if word == PEER => return peer_input(rest),
        _ => return if all().is_some_and(|holds| holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE },
    };
    tell(&told.map_or_else(String::new, Cost::told));
    ExitCode::SUCCESS
}

fn floor_of(words: &[String]) -> Option<Cost> {
    let [source, out, artefacts @ ..] = words else { return None };
    let artefacts: Vec<PathBuf> = artefacts.iter().map(PathBuf::from).collect();
    floor(Path::new(source), &artefacts, Path::new(out))
}

fn up_to() -> usize {
    std::env::var("FLEET_UP_TO").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000)
}

/// Every case; true where all bars hold.
fn all() -> Option<bool> {
    let folder = tempfile::tempdir().ok()?;
    let mut holds = true;
    let mut last: Option<(Shape, Duration)> = None;
    for (shape, bar) in CASES.into_iter().filter(|(shape, _)| shape.intents <= up_to()) {
        let (cost, least) = compile(folder.path(), shape)?;
        let ratio = cost.time.as_secs_f64() / least.time.as_secs_f64().max(1e-6);
        let larger =
            last.filter(|(last, _)| last.platform == shape.platform && last.intents * 10 == shape.intents);
        let growth = larger.map(|(_, last)| cost.time.as_secs_f64() / last.as_secs_f64());
        let verdict = verdict(shape, cost, ratio, growth, bar);
        holds &= verdict.is_empty();
        tell(&line(shape, cost, ratio, growth, &verdict));
        last = Some((shape, cost.time));
    }
    holds &= fleet(folder.path())?;
    Some(holds)
}

/// What a site costs, and its floor.
fn compile(folder: &Path, shape: Shape) -> Option<(Cost, Cost)> {
    let name = format!("{}-{}-{}", shape.platform, shape.intents, shape.of_each);
    let (source, out) = (folder.join(format!("{name}.seg")), folder.join(&name));
    std::fs::write(&source, site("bench", shape)).ok()?;
    let rounds = if shape.intents > 100_000 { 1 } else { ROUNDS };
    let path = |path: &Path| path.display().to_string();
    let words = ["measure", SEGC, "compile", &path(&source), "-o", &path(&out), "--quiet"].map(str::to_owned);
    let cost = apart(&words, rounds)?;
    let mut words = vec!["floor".to_owned(), path(&source), path(&folder.join("floor"))];
    words.extend(written(&out).iter().map(|artefact| path(artefact)));
    Some((cost, apart(&words, rounds)?))
}

/// Every file beneath a folder.
fn written(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(written(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// The bars that do not hold.
fn verdict(
    shape: Shape,
    cost: Cost,
    ratio: f64,
    growth: Option<f64>,
    bar: Option<(u64, u64)>,
) -> Vec<String> {
    let mut broken = Vec::new();
    if cost.code != 0 {
        broken.push(format!("exit code {}", cost.code));
    }
    if let Some((millis, memory)) = bar {
        if cost.time > Duration::from_millis(millis) && ratio > TIMES_THE_FLOOR {
            broken.push(format!("more than {millis} ms and {TIMES_THE_FLOOR} times the floor"));
        }
        if cost.memory > memory * 1024 {
            broken.push(format!("more than {memory} MiB"));
        }
    }
    if shape.intents >= 1_000_000 && ratio > MOST_TIMES_THE_FLOOR {
        broken.push(format!("more than {MOST_TIMES_THE_FLOOR} times the floor"));
    }
    if growth.is_some_and(|growth| growth > GROWTH) {
        broken.push(format!("more than {GROWTH} times the size before"));
    }
    broken
}

fn line(shape: Shape, cost: Cost, ratio: f64, growth: Option<f64>, broken: &[String]) -> String {
    let Shape { platform, intents, of_each } = shape;
    let growth = growth.map_or_else(String::new, |growth| format!(", {growth:.1} times the size before"));
    let bytes = cost.memory * 1024 / shape.intents as u64;
    let broken = if broken.is_empty() { String::new() } else { format!("  MISSES: {}", broken.join("; ")) };
    format!(
        "{platform}, {intents} intents, {of_each} from each role: {:.1} ms, {ratio:.1} times the floor, {:.1} MiB, {bytes} bytes an intent{growth}{broken}",
        cost.time.as_secs_f64() * 1e3,
        cost.memory as f64 / 1024.0
    )
}

/// Sites with a shared include, compiled at once, and once more without a change.
fn fleet(folder: &Path) -> Option<bool> {
    let root = folder.join("fleet");
    std::fs::create_dir_all(&root).ok()?;
    std::fs::write(root.join("shared.seg"), "role partners : client { cidr = 192.0.2.0/24 }\n").ok()?;
    let shape = Shape { platform: "firewall", intents: 40, of_each: 8 };
    let mut words = ["measure", SEGC, "compile"].map(str::to_owned).to_vec();
    for at in 0..FLEET {
        let name = format!("site-{at}");
        let text = site(&name, shape).replacen('\n', "\ninclude \"shared.seg\"\n", 1);
        let path = root.join(format!("{name}.seg"));
        std::fs::write(&path, text + "allow front: partners -> r0 : tcp/443 because \"Partners\"\n").ok()?;
        words.push(path.display().to_string());
    }
    words.extend(["-o".to_owned(), root.join("out").display().to_string(), "--quiet".to_owned()]);
    let mut holds = true;
    for (what, bar) in FLEET_BARS {
        let cost = apart(&words, 1)?;
        let is_fine = cost.code == 0 && cost.time <= bar;
        let broken = if is_fine { "" } else { "  MISSES: its bar, or its exit code" };
        tell(&format!(
            "{FLEET} sites, {what}: {:.2} s of processor time, {:.0} MiB{broken}",
            cost.time.as_secs_f64(),
            cost.memory as f64 / 1024.0
        ));
        holds &= is_fine;
    }
    Some(holds)
}

/// Writes a site, and what another compiler needs to say the same, into a folder. `peer-input FOLDER INTENTS`.
fn peer_input(words: &[String]) -> ExitCode {
    let write = || -> Option<()> {
        let [folder, intents] = words else { return None };
        let shape = Shape { platform: "firewall", intents: intents.parse().ok()?, of_each: 10 };
        std::fs::write(Path::new(folder).join("site.seg"), site("bench", shape)).ok()?;
        let networks: Vec<String> = (0..sites::roles(shape)).map(sites::network).collect();
        let lines: Vec<(usize, usize, usize)> = sites::intents(shape).collect();
        let value = serde_json::json!({"networks": networks, "intents": lines});
        std::fs::write(Path::new(folder).join("intents.json"), value.to_string()).ok()
    };
    if write().is_some() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::print_stdout, reason = "a benchmark reports on stdout")]
fn tell(line: &str) {
    println!("{line}");
}
