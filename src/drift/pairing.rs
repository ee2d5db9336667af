//! Which deployed rule stands for which compiled one, and what each that differs opens or closes.
//!
//! In: the compared rules of one direction, and the rows that each rule says it carries. Out: [`Found`] differences.
//!
//! Invariant: what two rules say alike is no difference, however rules are divided. Rules of different rows are never taken
//! for one another. Everything that differs is in some [`Found`]; what no rule explains is the order of the rules.

use super::access::{Compared, Passing, meaning, together, without};
use crate::target::observed::{Action, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// A difference.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// The compiled rule, by position.
    pub(super) compiled: Option<usize>,
    /// The deployed rule, by position.
    pub(super) deployed: Option<usize>,
    pub(super) opened: Passing,
    pub(super) closed: Passing,
    /// True where a deny matters only if names hold addresses that it has.
    pub(super) is_possible: bool,
}

/// The rows of each rule, by position.
pub(super) type Rows = Vec<BTreeSet<String>>;

/// Every difference, compiled rules first.
pub(super) fn differences(compared: &Compared<'_>, rows: &Rows) -> Vec<Found> {
    let (compiled, deployed) = unlike(compared);
    let mut pairs = pairs(compared, rows, &compiled, &deployed);
    let mut found: Vec<Found> = Vec::new();
    for at in compiled {
        let partner = pairs.remove(&at);
        found.push(difference(compared, Some(at), partner));
    }
    let paired: BTreeSet<usize> = found.iter().filter_map(|one| one.deployed).collect();
    let alone = deployed.into_iter().filter(|at| !paired.contains(at));
    found.extend(alone.map(|at| difference(compared, None, Some(at))));
    found.retain(|one| !one.opened.is_empty() || !one.closed.is_empty());
    let opened = without(&compared.opened, &together(found.iter().map(|one| &one.opened)));
    let closed = without(&compared.closed, &together(found.iter().map(|one| &one.closed)));
    if !opened.is_empty() || !closed.is_empty() {
        found.push(Found { opened, closed, ..Found::default() });
    }
    found
}

/// The compiled and the deployed rules that the other side has not, word for word.
fn unlike(compared: &Compared<'_>) -> (Vec<usize>, Vec<usize>) {
    let (compiled, deployed) = compared.rules.split_at(compared.compiled.min(compared.rules.len()));
    let meanings = |rules: &[&'_ Rule]| -> BTreeSet<String> {
        rules.iter().map(|rule| format!("{:?}", meaning(rule))).collect()
    };
    let (wanted, found) = (meanings(compiled), meanings(deployed));
    let only = |rules: &[&Rule], from: usize, other: &BTreeSet<String>| -> Vec<usize> {
        let numbered = rules.iter().enumerate();
        let only = numbered.filter(|(_, rule)| !other.contains(&format!("{:?}", meaning(rule))));
        only.map(|(at, _)| from + at).collect()
    };
    (only(compiled, 0, &found), only(deployed, compared.compiled, &wanted))
}

/// Compiled rules with the deployed ones that stand for them. A rule that names a row goes before one that names none.
fn pairs(
    compared: &Compared<'_>,
    rows: &Rows,
    compiled: &[usize],
    deployed: &[usize],
) -> BTreeMap<usize, usize> {
    let none = BTreeSet::new();
    let rows = |at: usize| rows.get(at).unwrap_or(&none);
    let action = |at: usize| compared.rules.get(at).map(|rule| rule.action);
    let places = Places::of(compared, rows, deployed);
    let mut pairs: BTreeMap<usize, usize> = BTreeMap::new();
    let mut taken: BTreeSet<usize> = BTreeSet::new();
    for of_one_row in [true, false] {
        for wanted in compiled {
            if pairs.contains_key(wanted) {
                continue;
            }
            let fits = |at: &usize| {
                let (ours, theirs) = (rows(*wanted), rows(*at));
                if taken.contains(at) || action(*at) != action(*wanted) {
                    return false;
                }
                let contained = || compared.covers(*at, *wanted) || compared.covers(*wanted, *at);
                if of_one_row {
                    !ours.is_disjoint(theirs) && (contained() || compared.meet(*at, *wanted))
                } else {
                    (ours.is_empty() || theirs.is_empty()) && contained()
                }
            };
            let candidates = if of_one_row {
                places.of_rows(rows(*wanted))
            } else {
                places.near(compared.peer_cells(*wanted))
            };
            if let Some(at) = candidates.into_iter().find(fits) {
                taken.insert(at);
                pairs.insert(*wanted, at);
            }
        }
    }
    flipped(compared, &places, compiled, taken, &mut pairs);
    pairs
}

/// Pairs off rules of which one denies what the other permits, and nothing else.
fn flipped(
    compared: &Compared<'_>,
    places: &Places<'_>,
    compiled: &[usize],
    mut taken: BTreeSet<usize>,
    pairs: &mut BTreeMap<usize, usize>,
) {
    for wanted in compiled {
        if pairs.contains_key(wanted) {
            continue;
        }
        let is_same = |at: &usize| {
            !taken.contains(at) && compared.covers(*at, *wanted) && compared.covers(*wanted, *at)
        };
        let found = places.near(compared.peer_cells(*wanted)).into_iter().find(is_same);
        if let Some(at) = found {
            taken.insert(at);
            pairs.insert(*wanted, at);
        }
    }
}

/// Where to look for a deployed rule, so that not every one is held against every compiled one.
struct Places<'r> {
    by_row: BTreeMap<&'r String, Vec<usize>>,
    by_cell: BTreeMap<usize, Vec<usize>>,
    by_first: BTreeMap<usize, Vec<usize>>,
}

impl<'r> Places<'r> {
    fn of(compared: &Compared<'_>, rows: impl Fn(usize) -> &'r BTreeSet<String>, deployed: &[usize]) -> Self {
        let mut places =
            Self { by_row: BTreeMap::new(), by_cell: BTreeMap::new(), by_first: BTreeMap::new() };
        for at in deployed.iter().copied() {
            for row in rows(at) {
                places.by_row.entry(row).or_default().push(at);
            }
            let cells = compared.peer_cells(at);
            for cell in cells {
                places.by_cell.entry(*cell).or_default().push(at);
            }
            // One that is for nobody is within any.
            places.by_first.entry(cells.first().copied().unwrap_or(NOBODY)).or_default().push(at);
        }
        places
    }

    /// Those of one of some rows.
    fn of_rows(&self, rows: &BTreeSet<String>) -> BTreeSet<usize> {
        rows.iter().filter_map(|row| self.by_row.get(row)).flatten().copied().collect()
    }

    /// Those whose other end may hold some cells, or be held by them.
    fn near(&self, cells: &[usize]) -> BTreeSet<usize> {
        let wide = cells.first().and_then(|first| self.by_cell.get(first));
        let narrow = cells.iter().chain([&NOBODY]).filter_map(|cell| self.by_first.get(cell));
        wide.into_iter().chain(narrow).flatten().copied().collect()
    }
}

/// In place of the first cell of a rule without any.
const NOBODY: usize = usize::MAX;

/// What a compiled rule, a deployed one, or one in place of the other, changes.
fn difference(compared: &Compared<'_>, compiled: Option<usize>, deployed: Option<usize>) -> Found {
    let share = |at: Option<usize>, of: &Passing| at.map(|at| compared.share(at, of)).unwrap_or_default();
    let denies = |at: Option<usize>| {
        at.and_then(|at| compared.rules.get(at)).is_some_and(|rule| rule.action == Action::Deny)
    };
    let is_deny = denies(compiled) || denies(deployed);
    // An allow that is there opens, one that is gone closes; with a deny it is the other way round.
    let (opens, closes) = if is_deny { (compiled, deployed) } else { (deployed, compiled) };
    let mut found = Found {
        compiled,
        deployed,
        opened: share(opens, &compared.opened),
        closed: share(closes, &compared.closed),
        is_possible: false,
    };
    if is_deny && compiled.is_none() && found.closed.is_empty() {
        found.closed = deployed.map(|at| compared.may_cut(at)).unwrap_or_default();
        found.is_possible = true;
    }
    if is_deny && deployed.is_none() && found.opened.is_empty() {
        found.opened = compiled.map(|at| compared.may_open(at)).unwrap_or_default();
        found.is_possible = true;
    }
    found
}
