//! The local difference of two releases against the difference of the whole lists.

use super::{Line, ORDERS, build, line, lines, permits, rules, space};
use crate::space::{Change, Sets};
use proptest::prelude::*;

/// What happens to one rule between two releases.
#[derive(Debug, Clone)]
enum Edit {
    Add(Line),
    Remove,
    Move(prop::sample::Index),
    Flip,
    Repeat,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        line().prop_map(Edit::Add),
        Just(Edit::Remove),
        any::<prop::sample::Index>().prop_map(Edit::Move),
        Just(Edit::Flip),
        Just(Edit::Repeat),
    ]
}

fn release(mut lines: Vec<Line>, edits: Vec<(prop::sample::Index, Edit)>) -> Vec<Line> {
    for (place, edit) in edits {
        let at = place.index(lines.len() + 1);
        match (edit, at < lines.len()) {
            (Edit::Add(line), _) => lines.insert(at, line),
            (Edit::Remove, true) => drop(lines.remove(at)),
            (Edit::Move(to), true) => {
                let line = lines.remove(at);
                lines.insert(to.index(lines.len() + 1), line);
            }
            (Edit::Flip, true) => lines[at].3 = !lines[at].3,
            (Edit::Repeat, true) => lines.push(lines[at].clone()),
            _ => {}
        }
    }
    lines
}

/// Compares the local difference with that of the whole lists.
fn check(old: &[Line], new: &[Line]) -> Result<(), TestCaseError> {
    for order in ORDERS {
        let mut space = space(order);
        let mut sets = Sets::new();
        let lists = (rules(&mut sets, old), rules(&mut sets, new));
        let change = space.change(&sets, &lists.0, &lists.1).unwrap();
        let (before, after) = (build(&mut space, old), build(&mut space, new));
        let whole = Change {
            opens: space.difference(after, before).unwrap(),
            closes: space.difference(before, after).unwrap(),
        };
        prop_assert_eq!(change, whole);
        for packet in super::packets() {
            let (was, is) = (permits(old, &packet), permits(new, &packet));
            prop_assert_eq!(space.contains(change.opens, &packet), is && !was);
            prop_assert_eq!(space.contains(change.closes, &packet), was && !is);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn edits_are_found_where_they_are(
        old in lines(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), edit()), 0..6),
    ) {
        let new = release(old.clone(), edits);
        check(&old, &new)?;
    }

    #[test]
    fn unrelated_lists_are_compared_as_well(old in lines(), new in lines()) {
        check(&old, &new)?;
    }

    #[test]
    fn so_are_more_edits_than_one_scan_looks_for(
        old in prop::collection::vec(line(), 50..80),
        new in prop::collection::vec(line(), 50..80),
    ) {
        check(&old, &new)?;
    }

    #[test]
    fn lists_of_permits_are_compared_as_sets(lines in lines(), place in any::<prop::sample::Index>()) {
        let old: Vec<Line> = lines.into_iter().map(|(s, d, p, _)| (s, d, p, true)).collect();
        let mut new = old.clone();
        new.rotate_left(place.index(old.len() + 1));
        check(&old, &new)?;
    }
}

#[test]
fn a_list_against_itself_costs_nothing() {
    let lines: Vec<Line> =
        (0..8).map(|at| (vec![(at, at)], vec![(0, 7)], vec![(0, 15)], at % 2 == 0)).collect();
    let mut sets = Sets::new();
    let list = rules(&mut sets, &lines);
    let mut space = space(ORDERS[0]);
    let change = space.change(&sets, &list, &list).unwrap();
    assert!(change.opens.is_empty() && change.closes.is_empty());
    assert_eq!(space.size().nodes, 0);
}
