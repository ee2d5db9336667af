//! What the set engine costs from 1,000 to 1,000,000 rules: comparing two releases, building, equality, difference, lookup.
//!
//! `cargo bench --bench space` measures up to 100,000 rules; `SPACE_UP_TO=1000000 cargo bench --bench space` all (some
//! minutes), and `SPACE_UP_TO=10000 cargo bench --bench space -- change` quickly one thing. First comes divan's report on
//! up to 10,000 rules, with the memory that each operation takes, then two tables of growth:
//!
//! - two releases compared from their rules ([`Space::change`]): no edit, ten, one for each hundred rules (a thousand at
//!   most), and the memory that this takes beyond the rules, as a multiple of them. This is how a million rules are compared;
//! - whole lists built as sets, and these compared. A million rules with wildcards are refused here, by the budget.
//!
//! The run fails when a difference isn't that of the edits, when one of 100,000 rules with ten edits takes a second or
//! more, of a million ten seconds or more, or when it takes more than [`MOST_MEMORY`] times the memory of both lists.

mod generate;

use divan::{AllocProfiler, Bencher, black_box};
use generate::{FRAME, Input, KINDS, Kind, input};
use segc::space::{Budget, Order, Packet, Region, Rule, Sets, Space, TooComplex, in_best_order};
use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

const SIZES: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];

/// The most that a difference of 100,000 rules may take, of sets or of releases.
const BAR: Duration = Duration::from_secs(1);

/// The most memory that comparing releases may take, as a multiple of that of both releases.
const MOST_MEMORY: f64 = 4.0;

/// The most rules for which divan repeats a build; the table has every size once.
const MOST_REPEATED: usize = 10_000;

/// Packets looked up.
const LOOKUPS: u32 = 100_000;

/// A kind and size of rule list.
#[derive(Debug, Clone, Copy)]
struct Case {
    kind: Kind,
    rules: usize,
}

impl fmt::Display for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {}", self.kind, self.rules)
    }
}

/// The cases that are small enough to be measured several times.
fn small_cases() -> impl Iterator<Item = Case> {
    cases().into_iter().filter(|case| case.rules <= MOST_REPEATED)
}

/// All cases up to the size that `SPACE_UP_TO` names.
fn cases() -> Vec<Case> {
    let limit = std::env::var("SPACE_UP_TO").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let sizes = SIZES.into_iter().filter(|rules| *rules <= limit);
    sizes.flat_map(|rules| KINDS.map(|kind| Case { kind, rules })).collect()
}

fn main() -> ExitCode {
    divan::main();
    tell("rules             input   choose     equal  10 edits 1% edits   memory");
    let compared = cases().into_iter().map(compare);
    // Every row is measured before the verdict.
    let kept = compared.fold(true, |all, kept| all & kept);
    tell("\nrules                  order     build   rebuild     equal      diff    lookup  diagram");
    let kept = cases().into_iter().map(row).fold(kept, |all, kept| all & kept);
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Compares releases from their rules and prints a line of the first table; false when it breaks a bar.
fn compare(case: Case) -> bool {
    let Input { sets, old, new, busy } = input(case.kind, case.rules);
    let (choosing, order) = time(|| Order::choose(FRAME, &sets, &old));
    // Lists of their own, as of two files.
    let (same, bytes) = (old.clone(), sets.bytes() + 2 * old.len() * size_of::<Rule>());
    let mut space = Space::new(FRAME, order, Budget::default());
    let mut change = |new: &[Rule]| time(|| space.change(&sets, &old, new));
    let (equal, nothing) = change(&same);
    let ((ten, changed), memory) = peak(|| change(&new));
    let (hundredth, busy) = change(&busy);
    let factor = memory.map(|peak| peak as f64 / bytes as f64);
    tell(&format!(
        "{:<14} {:>6} B {:>8} {:>9} {:>9} {:>9} {:>8}",
        case.to_string(),
        bytes / 2 / case.rules,
        short(choosing),
        short(equal),
        short(ten),
        short(hundredth),
        factor.map_or_else(|| "unknown".to_owned(), |factor| format!("{factor:.1} x")),
    ));
    let bar = if case.rules > 100_000 { BAR * 10 } else { BAR };
    let is_nothing = nothing.is_ok_and(|change| change.opens.is_empty() && change.closes.is_empty());
    let small = case.rules < 100_000 || factor.is_none_or(|factor| factor < MOST_MEMORY);
    is_nothing && changed.is_ok() && busy.is_ok() && ten < bar && small
}

/// Runs something, and says by how many bytes the process grew at most, where the system tells.
fn peak<R>(work: impl FnOnce() -> R) -> (R, Option<usize>) {
    let before = std::fs::write("/proc/self/clear_refs", "5").ok().and_then(|()| resident("VmRSS:"));
    let result = work();
    let most = before.and_then(|before| Some(resident("VmHWM:")?.saturating_sub(before)));
    (result, most)
}

/// A figure of the process's memory, in bytes.
fn resident(name: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix(name))?.trim().strip_suffix(" kB")?;
    Some(kib.parse::<usize>().ok()? * 1024)
}

/// Builds lists whole and prints a line of the second table; false when it breaks the bar or an answer is wrong.
fn row(case: Case) -> bool {
    let (cells, kept) = whole(&input(case.kind, case.rules)).map_or_else(
        |error| (format!("{error}"), true),
        |whole| {
            let texts = [whole.build, whole.rebuild, whole.equal, whole.difference, whole.lookup].map(short);
            let cells = texts.iter().map(|text| format!("{text:>9}")).collect::<Vec<_>>().join(" ");
            let bytes = format!("{} B", whole.bytes / case.rules);
            (format!("{:>13} {cells} {bytes:>8}", whole.order.to_string()), whole.agrees)
        },
    );
    tell(&format!("{:<14} {cells}", case.to_string()));
    kept
}

/// What it costs to build both releases whole and to compare them.
struct Whole {
    order: Order,
    build: Duration,
    rebuild: Duration,
    equal: Duration,
    difference: Duration,
    lookup: Duration,
    bytes: usize,
    /// The difference is quick enough and that of the edits.
    agrees: bool,
}

fn whole(Input { sets, old, new, .. }: &Input) -> Result<Whole, TooComplex> {
    let (mut space, (build, before)) = built(sets, old)?;
    let bytes = space.size().bytes;
    let (rebuild, after) = time(|| space.build(sets, new));
    let after = after?;
    let (equal, _) = time(|| black_box(before) == black_box(after));
    let (difference, differ) = time(|| differences(&mut space, before, after));
    let change = space.change(sets, old, new)?;
    Ok(Whole {
        order: space.order(),
        build,
        rebuild,
        equal,
        difference,
        lookup: lookups(&space, before) / LOOKUPS,
        bytes,
        agrees: (change.opens, change.closes) == differ? && (old.len() > 100_000 || difference < BAR),
    })
}

type Built = Result<(Space<u32>, (Duration, Region)), TooComplex>;

fn built(sets: &Sets<u32>, rules: &[Rule]) -> Built {
    in_best_order(FRAME, Budget::default(), sets, rules, |space| {
        let (elapsed, region) = time(|| space.build(sets, rules));
        Ok((elapsed, region?))
    })
}

fn differences(space: &mut Space<u32>, old: Region, new: Region) -> Result<(Region, Region), TooComplex> {
    Ok((space.difference(new, old)?, space.difference(old, new)?))
}

fn lookups(space: &Space<u32>, region: Region) -> Duration {
    let packet = |at: u32| Packet {
        source: at.wrapping_mul(0x9e37_79b9) >> 12,
        destination: at.wrapping_mul(0x85eb_ca6b) >> 12,
        service: 6 << 16 | at.wrapping_mul(0xc2b2_ae35) >> 16,
    };
    time(|| (0..LOOKUPS).filter(|at| space.contains(region, &packet(*at))).count()).0
}

/// A duration in the unit that suits it.
fn short(duration: Duration) -> String {
    match duration.as_nanos() {
        nanos @ 0..10_000 => format!("{nanos} ns"),
        nanos @ 10_000..10_000_000 => format!("{} us", nanos / 1_000),
        nanos => format!("{} ms", nanos / 1_000_000),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn time<R>(work: impl FnOnce() -> R) -> (Duration, R) {
    let start = Instant::now();
    let result = black_box(work());
    (start.elapsed(), result)
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn tell(text: &str) {
    println!("{text}");
}

/// Rules to a set, the choice of the order included.
#[divan::bench(args = small_cases(), sample_count = 3, sample_size = 1)]
fn build(bencher: Bencher<'_, '_>, case: Case) {
    let Input { sets, old, .. } = input(case.kind, case.rules);
    bencher.bench_local(|| built(&sets, &old).map(|(space, (_, region))| (space.size(), region)));
}

/// What a release with ten edits opens and closes, by its edits only.
#[divan::bench(args = small_cases(), sample_count = 3, sample_size = 1)]
fn change(bencher: Bencher<'_, '_>, case: Case) {
    let Input { sets, old, new, .. } = input(case.kind, case.rules);
    bencher.bench_local(|| {
        in_best_order(FRAME, Budget::default(), &sets, &[], |space| space.change(&sets, &old, &new))
            .map(|(_, change)| change)
    });
}
