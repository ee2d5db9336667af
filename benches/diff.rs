//! What a comparison of two releases costs from 1,000 to 100,000 rules, of which ten differ.
//!
//! `cargo bench --bench diff` prints one line a size: processor time of the comparison, and how it grows with the rules.
//! The run fails when a comparison of 100,000 rules takes half a second or more, when ten times the rules take more than
//! twenty times as long, or when the changes are not the ten edits.

use segc::diff::release::{Flow, Party, PartyId, Place, Platform, Reason, Release};
use segc::diff::{Class, Comparison, compare};
use segc::policy::address::AddressSet;
use segc::policy::service::{Protocol, ServiceSet};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// How many rules differ: half of them open something, half of them close something.
const EDITS: usize = 10;

/// The most that the largest comparison may take.
const BAR: Duration = Duration::from_millis(500);

/// The most that ten times the rules may take, as a multiple.
const GROWTH: f64 = 20.0;

/// Measurements of one size; the smallest counts.
const ROUNDS: usize = 5;

/// Rows from one role; the number of roles follows.
const ROWS_EACH: usize = 10;

fn main() -> ExitCode {
    let mut last: Option<Duration> = None;
    let mut is_good = true;
    for rules in SIZES {
        let (before, after) = (release(rules, 0), release(rules, EDITS));
        let took = (0..ROUNDS).map(|_| time(&before, &after, &mut is_good)).min().unwrap_or_default();
        let growth = last.map(|last| took.as_secs_f64() / last.as_secs_f64());
        is_good &= took < BAR && growth.is_none_or(|growth| growth < GROWTH);
        let growth = growth.map_or_else(String::new, |growth| format!(", {growth:.1} times the size before"));
        tell(&format!("{rules} rules, {EDITS} edits: {:.2} ms{growth}", took.as_secs_f64() * 1e3));
        last = Some(took);
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn time(before: &Release, after: &Release, is_good: &mut bool) -> Duration {
    let start = Instant::now();
    let comparison = divan::black_box(compare(before, after));
    let elapsed = start.elapsed();
    *is_good &= comparison.is_ok_and(|comparison| is_right(&comparison));
    elapsed
}

/// The edits, no more and no less.
fn is_right(comparison: &Comparison) -> bool {
    let count = |class| {
        let changes = comparison.changes.iter().filter(|change| change.class == class);
        changes.map(|change| change.flows.len()).sum::<usize>()
    };
    (count(Class::Opened), count(Class::Closed)) == (EDITS / 2, EDITS / 2)
}

/// Roles on a platform with a range each, every one with some rows to others; `edits` of them name another port or none.
fn release(rules: usize, edits: usize) -> Release {
    let roles = rules / ROWS_EACH;
    let platform = Platform { name: "p".to_owned(), ..Platform::default() };
    let mut release =
        Release { platforms: vec![platform], widenings: Some(Vec::new()), ..Release::default() };
    release.parties = (0..roles).map(party).collect();
    for at in 0..rules {
        // Each edit takes a place of its own; the first half of them is left out, the second is new.
        let edit = (at % (rules / EDITS) == 7).then_some(at / (rules / EDITS));
        let (is_gone, is_new) =
            (edit.is_some_and(|edit| edit < EDITS / 2), edit.is_some_and(|edit| edit >= EDITS / 2));
        if (edits > 0 && is_gone) || (edits == 0 && is_new) {
            continue;
        }
        release.flows.push(flow(at, roles));
    }
    release
}

fn party(at: usize) -> Party {
    let low = 0x0a00_0000 + u32::try_from(at).unwrap_or_default() * 16;
    let addresses = segc::policy::interval::Intervals::of(low, low + 15);
    Party {
        name: format!("role-{at:06}"),
        platform: Some("p".to_owned()),
        addresses: AddressSet::from_v4(addresses),
        ..Party::default()
    }
}

fn flow(at: usize, roles: usize) -> Flow {
    let (from, nth) = (at / ROWS_EACH, at % ROWS_EACH);
    let port = u16::try_from(1_000 + at % 5_000).unwrap_or_default();
    let services = ServiceSet::ports(Protocol::TCP, port, port + 2);
    let reason = Reason {
        statement: format!("allow line-{at}"),
        place: Place { path: "site.seg".to_owned(), line: u32::try_from(at).unwrap_or_default() },
        because: Some("a row of a benchmark".to_owned()),
        services: services.clone(),
        ..Reason::default()
    };
    let to = PartyId::at((from * 7 + nth * 13 + 1) % roles);
    Flow { row: format!("r-{at:08}"), from: PartyId::at(from), to, services, reasons: vec![reason] }
}

#[expect(clippy::print_stdout, reason = "a benchmark tells its figures")]
fn tell(text: &str) {
    println!("{text}");
}
