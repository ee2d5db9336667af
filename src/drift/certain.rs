//! What an enforcement point lets through for certain, rule by rule.
//!
//! In: its rules in the order in which they are tried. Out: for each that allows something, what of it no rule above can take
//! away.
//!
//! Invariant: a deny whose addresses may lie behind a name, or whose name may hold an address, takes away all that it may
//! meet, so nothing is certain that is dropped.

use super::access::{Access, Compared, Passing, together, without};
use crate::target::half::Direction;
use crate::target::observed::{Action, Guard, Rule};

/// What of a rule passes.
#[derive(Debug, Clone)]
pub struct Certain<'g> {
    /// The rule.
    pub rule: &'g Rule,
    /// What passes by it.
    pub passes: Vec<Access>,
    /// False where a deny above may take away more.
    pub is_whole: bool,
}

/// What passes for certain in one direction.
pub fn certain(guard: &Guard, direction: Direction) -> Vec<Certain<'_>> {
    let rules: Vec<&Rule> = guard.rules.iter().filter(|rule| rule.direction == direction).collect();
    let compared = Compared::new(&[], &rules);
    let (mut decided, mut doubtful) = (Passing::new(), Passing::new());
    let mut found = Vec::new();
    for (at, rule) in rules.into_iter().enumerate() {
        let own = compared.about(at);
        if rule.action == Action::Deny {
            doubtful = together([&doubtful, &compared.may_meet(at)]);
        } else {
            let left = without(&own, &decided);
            let sure = without(&left, &doubtful);
            found.push(Certain { rule, passes: compared.lines(&sure), is_whole: sure == left });
        }
        decided = together([&decided, &own]);
    }
    found
}
