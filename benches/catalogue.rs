//! What the built-in catalogue costs a process at its start, beside a floor: copying as many bytes as it has.
//!
//! Run with `cargo bench --bench catalogue`. The bar is 2 ms for `decode`; the run fails when its median is above.

use segc::catalogue::Catalogue;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Most that the catalogue may cost a process.
const BAR: Duration = Duration::from_millis(2);

/// How often the bar is measured; the median counts.
const ROUNDS: usize = 101;

fn main() -> ExitCode {
    divan::main();
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| time_once()).collect();
    times.sort();
    let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
    tell(&format!(
        "catalogue of {} KiB: median {:.2} ms of {ROUNDS}, bar {:.0} ms",
        Catalogue::compiled_size() / 1024,
        median.as_secs_f64() * 1e3,
        BAR.as_secs_f64() * 1e3
    ));
    if median <= BAR { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn time_once() -> Duration {
    let start = Instant::now();
    let catalogue = divan::black_box(Catalogue::decode());
    let elapsed = start.elapsed();
    drop(catalogue);
    elapsed
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn tell(text: &str) {
    println!("{text}");
}

/// The whole catalogue, as each process reads it once.
#[divan::bench]
fn decode() -> Catalogue {
    Catalogue::decode()
}

/// The floor: as many bytes copied.
#[divan::bench]
fn copy_as_many_bytes(bencher: divan::Bencher<'_, '_>) {
    let bytes = vec![7_u8; Catalogue::compiled_size()];
    bencher.bench(|| bytes.clone());
}
