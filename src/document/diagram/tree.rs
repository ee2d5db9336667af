//! Arrows of one net as a tree: each part is drawn once.
//!
//! In: the ways of a net's arrows. Out: [`Branch`]es, the longest first; each ends where it meets one before it.
//!
//! Invariant: no part of a line is drawn twice, since two dashed lines on one another look solid.

use super::geometry::{Branch, Point};

/// How far a branch follows the one that it joins, so that its last corner can be round.
const FOLLOW: i32 = 6;

/// The branches of a net.
pub(super) fn branches(mut ways: Vec<(usize, Vec<Point>)>) -> Vec<Branch> {
    ways.sort_by_key(|(arrow, way)| (std::cmp::Reverse(length(way)), *arrow));
    let mut drawn: Vec<(Point, Point)> = Vec::new();
    let mut branches = Vec::new();
    for (arrow, way) in ways {
        let own = until_drawn(&way, &drawn);
        drawn.extend(way.iter().copied().zip(way.iter().copied().skip(1)));
        branches.push(Branch { arrow, way, own });
    }
    branches
}

fn length(way: &[Point]) -> i32 {
    way.iter().zip(way.iter().skip(1)).map(|(from, to)| distance(*from, *to)).sum()
}

fn distance(from: Point, to: Point) -> i32 {
    (from.x - to.x).abs() + (from.y - to.y).abs()
}

/// The beginning of a way, up to where it meets what is drawn, and round the corner there.
fn until_drawn(way: &[Point], drawn: &[(Point, Point)]) -> Vec<Point> {
    let mut own: Vec<Point> = way.iter().take(1).copied().collect();
    for (from, to) in way.iter().copied().zip(way.iter().copied().skip(1)) {
        let meetings = drawn.iter().filter_map(|(start, end)| {
            let at = meeting(from, to, *start, *end)?;
            Some((distance(from, at), at, follow(at, *end)))
        });
        if let Some((_, at, beyond)) = meetings.min_by_key(|(far, at, _)| (*far, *at)) {
            own.push(at);
            let turns = (at.x == beyond.x) != (from.x == to.x);
            if turns {
                own.push(beyond);
            }
            own.dedup();
            return own;
        }
        own.push(to);
    }
    own
}

/// A little further along a drawn part.
fn follow(at: Point, end: Point) -> Point {
    let step = |from: i32, to: i32| from + (to - from).clamp(-FOLLOW, FOLLOW);
    Point { x: step(at.x, end.x), y: step(at.y, end.y) }
}

/// The first point of a straight part that lies on another one.
fn meeting(from: Point, to: Point, start: Point, end: Point) -> Option<Point> {
    let nearest = |value: i32, low: i32, high: i32| value.clamp(low.min(high), low.max(high));
    let x = nearest(from.x, start.x, end.x);
    let y = nearest(from.y, start.y, end.y);
    let within = |value: i32, one: i32, other: i32| one.min(other) <= value && value <= one.max(other);
    let at = Point { x, y };
    (within(x, from.x, to.x) && within(y, from.y, to.y)).then_some(at)
}
