//! What the set engine costs from 1,000 to 1,000,000 rules: building, equality, difference, local difference, lookup.
//!
//! `cargo bench --bench space` measures up to 100,000 rules; `SPACE_UP_TO=1000000 cargo bench --bench space` all (some
//! minutes), and `SPACE_UP_TO=10000 cargo bench --bench space -- change` quickly one thing. First comes divan's report on
//! up to 10,000 rules, with the memory that each operation takes, then a table of growth. The run fails when an exact
//! difference isn't that of the edits, or when one of 100,000 rules takes a second or more.

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

/// The most that a difference of 100,000 rules may take, whole or local.
const BAR: Duration = Duration::from_secs(1);

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
    tell(
        "rules             input   choose    local         order     build   rebuild     equal      diff    lookup  \
         diagram",
    );
    let kept = cases().into_iter().map(row);
    // Every row is measured before the verdict.
    if kept.fold(true, |all, kept| all & kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Measures and prints one line of the table; false when it breaks the bar or an answer is wrong.
fn row(case: Case) -> bool {
    let input = input(case.kind, case.rules);
    let (choosing, order) = time(|| Order::choose(FRAME, &input.sets, &input.old));
    let mut fresh = Space::new(FRAME, order, Budget::default());
    let (local, change) = time(|| fresh.change(&input.sets, &input.old, &input.new));
    let bytes = input.sets.bytes() + input.old.len() * size_of::<Rule>();
    let each = |bytes: usize| format!("{} B", bytes / case.rules);
    let (cells, kept) = whole(&input).map_or_else(
        |error| (format!("{error}"), true),
        |whole| {
            let texts = [whole.build, whole.rebuild, whole.equal, whole.difference, whole.lookup].map(short);
            let cells = texts.iter().map(|text| format!("{text:>9}")).collect::<Vec<_>>().join(" ");
            (format!("{:>13} {cells} {:>8}", whole.order.to_string(), each(whole.bytes)), whole.agrees)
        },
    );
    tell(&format!(
        "{:<14} {:>8} {:>8} {:>8} {cells}",
        case.to_string(),
        each(bytes),
        short(choosing),
        short(local)
    ));
    change.is_ok() && kept && (case.rules > 100_000 || local < BAR)
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

fn whole(Input { sets, old, new }: &Input) -> Result<Whole, TooComplex> {
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
    let Input { sets, old, new } = input(case.kind, case.rules);
    bencher.bench_local(|| {
        in_best_order(FRAME, Budget::default(), &sets, &[], |space| space.change(&sets, &old, &new))
            .map(|(_, change)| change)
    });
}
