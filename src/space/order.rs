//! Which field comes first in a diagram.
//!
//! In: rules. Out: the order whose cost grows less with them; a space in it, or in the other one where it fails.
//!
//! Invariant: the choice depends on the rules only; it changes cost, never an answer.

use super::interval::Point;
use super::sets::Sets;
use super::{Budget, Field, Frame, LAYERS, Rule, Space, TooComplex};
use std::fmt;

/// The order of the fields in the layers of a diagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Order {
    /// Service, source, destination: good where many rules match any address.
    ServiceFirst,
    /// Source, destination, service: good where rules have many different services.
    SourceFirst,
}

impl fmt::Display for Order {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ServiceFirst => "service first",
            Self::SourceFirst => "source first",
        })
    }
}

/// Rules in the sample. Lists of at most as many rules are so cheap that the choice isn't.
const SAMPLE: usize = 1024;

/// Most steps that a sample may take in one order.
const SAMPLE_BUDGET: Budget = Budget(4_000_000);

impl Order {
    /// The fields from the first layer to the last.
    pub fn fields(self) -> [Field; LAYERS] {
        match self {
            Self::ServiceFirst => [Field::Service, Field::Source, Field::Destination],
            Self::SourceFirst => [Field::Source, Field::Destination, Field::Service],
        }
    }

    /// The field of a layer.
    pub(super) fn field(self, layer: usize) -> Option<Field> {
        self.fields().get(layer).copied()
    }

    /// The other order.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::ServiceFirst => Self::SourceFirst,
            Self::SourceFirst => Self::ServiceFirst,
        }
    }

    /// The order in which the rules are expected to take fewer steps, judged by a sample of them.
    pub fn choose<T: Point>(frame: Frame<T>, sets: &Sets<T>, rules: &[Rule]) -> Self {
        if rules.len() <= SAMPLE {
            return Self::ServiceFirst;
        }
        let whole = spread(rules, SAMPLE);
        let half = spread(&whole, SAMPLE / 2);
        let expected = |order| {
            let small = sample_steps(frame, order, sets, &half)?;
            let large = sample_steps(frame, order, sets, &whole)?;
            Some(expected_steps(small, large, rules.len()))
        };
        let all = expected(Self::SourceFirst).unwrap_or(u128::MAX);
        if all < expected(Self::ServiceFirst).unwrap_or(u128::MAX) {
            Self::SourceFirst
        } else {
            Self::ServiceFirst
        }
    }
}

/// Rules from all over a list, in its order.
fn spread(rules: &[Rule], wanted: usize) -> Vec<Rule> {
    (0..wanted).filter_map(|at| rules.get(at * rules.len() / wanted)).copied().collect()
}

fn sample_steps<T: Point>(frame: Frame<T>, order: Order, sets: &Sets<T>, rules: &[Rule]) -> Option<u64> {
    let mut space = Space::new(frame, order, SAMPLE_BUDGET);
    space.build(sets, rules).ok()?;
    Some(space.steps())
}

/// Draws `a n + b n^2` through the steps of a half and a whole sample, and through none for no rules.
fn expected_steps(half: u64, whole: u64, rules: usize) -> u128 {
    let (half, whole) = (u128::from(half), u128::from(whole));
    let (sample, rules) = (SAMPLE as u128, rules as u128);
    // What a whole sample takes beyond two halves is the square's part: b sample^2 / 2.
    let square = whole.saturating_sub(2 * half) * 2;
    let straight = whole.saturating_sub(square);
    straight * rules / sample + square * rules * rules / (sample * sample)
}

/// Does a job in a fresh space: in the order that suits the rules, and in the other one when the budget doesn't suffice.
///
/// # Errors
/// [`TooComplex`] when it suffices in neither order.
pub fn in_best_order<T: Point, R>(
    frame: Frame<T>,
    budget: Budget,
    sets: &Sets<T>,
    rules: &[Rule],
    mut job: impl FnMut(&mut Space<T>) -> Result<R, TooComplex>,
) -> Result<(Space<T>, R), TooComplex> {
    let order = Order::choose(frame, sets, rules);
    let mut space = Space::new(frame, order, budget);
    if let Ok(result) = job(&mut space) {
        return Ok((space, result));
    }
    // The failed attempt's memory goes before the next one takes its own.
    space = Space::new(frame, order.other(), budget);
    let result = job(&mut space)?;
    Ok((space, result))
}
