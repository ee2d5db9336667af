//! Which of the parallel lines of a channel each part of an arrow takes.
//!
//! In: [`Run`]s along a channel or a corridor. Out: a track for each.
//!
//! Invariant: runs that share a part of the way never share a track.
//! Invariant: what is left to choose is chosen for few crossings; equal input gives equal tracks.

/// From which side something joins a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum From {
    /// From the side of the first track.
    Low,
    /// From the side of the last track.
    High,
}

/// A straight part of a net along a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    /// Where it begins.
    pub(super) start: i32,
    /// Where it ends; not before it begins.
    pub(super) end: i32,
    /// Where other parts of the net join it.
    pub(super) joins: Vec<(i32, From)>,
}

impl Run {
    /// A run along all places at which it is joined.
    pub(super) fn along(joins: Vec<(i32, From)>) -> Self {
        let places = || joins.iter().map(|(place, _)| *place);
        let (start, end) = (places().min().unwrap_or_default(), places().max().unwrap_or_default());
        Self { start, end, joins }
    }

    fn meets(&self, other: &Self, apart: i32) -> bool {
        self.start <= other.end + apart && other.start <= self.end + apart
    }

    /// How much rather it is near the last track.
    fn lean(&self) -> i32 {
        let weight = |side: &From| if *side == From::High { 1 } else { -1 };
        self.joins.iter().map(|(_, side)| weight(side)).sum()
    }
}

/// Tracks of runs, and how many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tracks {
    /// The track of each run, from 0.
    pub(super) of: Vec<usize>,
    /// How many tracks are used.
    pub(super) count: usize,
}

/// How much is done to save crossings: it changes the order of tracks, and never their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// Nothing, where only the size of a picture matters.
    Draft,
    /// What can be done.
    Full,
}

/// Gives runs tracks such that runs on one track are at least `apart` from each other.
pub(super) fn assign(runs: &[Run], apart: i32, care: Care) -> Tracks {
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_by_key(|at| runs.get(*at).map(|run| (run.lean(), run.start, run.end)));
    let mut tracks: Vec<Vec<usize>> = Vec::new();
    for at in order {
        let Some(run) = runs.get(at) else { continue };
        let is_free = |track: &&mut Vec<usize>| {
            let mut others = track.iter().filter_map(|other| runs.get(*other));
            !others.any(|other| run.meets(other, apart))
        };
        match tracks.iter_mut().find(is_free) {
            Some(track) => track.push(at),
            None => tracks.push(vec![at]),
        }
    }
    if care == Care::Full {
        improve(runs, &mut tracks);
    }
    let mut of = vec![0; runs.len()];
    for (track, content) in tracks.iter().enumerate() {
        for at in content {
            if let Some(place) = of.get_mut(*at) {
                *place = track;
            }
        }
    }
    Tracks { of, count: tracks.len() }
}

/// Most rounds in which tracks are exchanged.
const ROUNDS: usize = 8;

/// Exchanges tracks while that saves crossings.
fn improve(runs: &[Run], tracks: &mut [Vec<usize>]) {
    let costs = Costs::new(runs, tracks);
    // The place of each track in the costs, which stay as they were when tracks change places.
    let mut order: Vec<usize> = (0..tracks.len()).collect();
    for _ in 0..ROUNDS {
        let mut is_better = false;
        for first in 0..order.len() {
            for second in first + 1..order.len() {
                if costs.saved_by_exchange(&order, first, second) > 0 {
                    order.swap(first, second);
                    is_better = true;
                }
            }
        }
        if !is_better {
            break;
        }
    }
    let before: Vec<Vec<usize>> = tracks.to_vec();
    for (track, from) in tracks.iter_mut().zip(order) {
        before.get(from).into_iter().for_each(|content| track.clone_from(content));
    }
}

/// How often two tracks cross, by which of them comes first: what is left of the crossings of any order of tracks.
struct Costs {
    count: usize,
    pairs: Vec<i64>,
}

impl Costs {
    fn new(runs: &[Run], tracks: &[Vec<usize>]) -> Self {
        let runs_of = |track: &Vec<usize>| track.iter().filter_map(|at| runs.get(*at)).collect::<Vec<_>>();
        let tracks: Vec<Vec<&Run>> = tracks.iter().map(runs_of).collect();
        let pairs = tracks.iter().flat_map(|first| {
            tracks.iter().map(move |second| {
                crossed(first, From::High, second).saturating_add(crossed(second, From::Low, first))
            })
        });
        Self { count: tracks.len(), pairs: pairs.collect() }
    }

    /// Crossings of two tracks in this order.
    fn of(&self, first: usize, second: usize) -> i64 {
        self.pairs.get(first * self.count + second).copied().unwrap_or_default()
    }

    /// How many crossings fewer there are once the tracks at two places have changed them.
    fn saved_by_exchange(&self, order: &[usize], first: usize, second: usize) -> i64 {
        let (Some(&one), Some(&other)) = (order.get(first), order.get(second)) else { return 0 };
        let gained = |low: usize, high: usize| self.of(low, high) - self.of(high, low);
        let between = order.get(first + 1..second).unwrap_or_default().iter();
        let saved: i64 = between.map(|middle| gained(one, *middle) + gained(*middle, other)).sum();
        saved + gained(one, other)
    }
}

/// How often what joins runs from one side crosses others on that side.
fn crossed(runs: &[&Run], side: From, others: &[&Run]) -> i64 {
    let joins = runs.iter().flat_map(|run| &run.joins).filter(|(_, own)| *own == side);
    let crossed = joins
        .map(|(place, _)| others.iter().filter(|other| other.start <= *place && *place <= other.end).count());
    i64::try_from(crossed.sum::<usize>()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_on_one_track_are_apart() {
        let run = |start, end| Run { start, end, joins: vec![(start, From::Low), (end, From::High)] };
        let runs = [run(0, 10), run(5, 20), run(30, 40), run(12, 28)];
        let tracks = assign(&runs, 4, Care::Full);
        for (at, one) in runs.iter().enumerate() {
            for (other_at, other) in runs.iter().enumerate().skip(at + 1) {
                assert!(tracks.of[at] != tracks.of[other_at] || !one.meets(other, 4), "{one:?} {other:?}");
            }
        }
        assert_eq!(tracks.count, 3);
    }
}
