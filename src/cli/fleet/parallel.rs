//! The same work for many items on several threads.
//!
//! In: items. Out: the results, in the order of the items.
//!
//! Invariant: which thread did what can't be told from the results.

use std::sync::{Mutex, PoisonError};

/// As much stack as the first thread has on common systems: what compiles alone compiles in a fleet.
const STACK: usize = 8 << 20;

/// Does some work for each item, on at most `jobs` threads, this one included.
pub(super) fn in_parallel<T: Send, R: Send>(
    jobs: usize,
    items: Vec<T>,
    work: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let threads = jobs.min(items.len());
    let waiting = Mutex::new(items.into_iter().enumerate());
    let done = Mutex::new(Vec::new());
    let worker = || {
        loop {
            let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some((at, item)) = next else { break };
            let result = work(item);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // A system that gives no more threads has its work done by those that there are.
            let _ = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, worker);
        }
        worker();
    });
    let mut results = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::in_parallel;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for jobs in [1, 3, 100] {
            let squares = in_parallel(jobs, (0..50).collect(), |number: u32| number * number);
            assert_eq!(squares, (0..50).map(|number| number * number).collect::<Vec<u32>>());
        }
        assert!(in_parallel(4, Vec::<u32>::new(), |number| number).is_empty());
    }
}
