//! Field orders and budgets.

use super::{ORDERS, SMALL, rules, space};
use crate::space::{Budget, Order, Region, Sets, Space, TooComplex, in_best_order};

/// Rules that overlap in each field, so that their diagram isn't tiny.
fn entangled() -> Vec<super::Line> {
    (0..8).map(|at| (vec![(at, 7)], vec![(0, 7 - at)], vec![(at, at + 7)], at % 3 != 1)).collect()
}

#[test]
fn beyond_the_budget_is_a_typed_error_in_every_operation() {
    let lines = entangled();
    let mut sets = Sets::new();
    let rules = rules(&mut sets, &lines);
    for order in ORDERS {
        let mut whole = space(order);
        whole.build(&sets, &rules).unwrap();
        let enough = whole.steps();
        let budget = Budget(enough - 1);
        let error = Space::new(SMALL, order, budget).build(&sets, &rules).unwrap_err();
        assert_eq!(error, TooComplex { budget, order });
        assert!(error.to_string().contains(&format!("{order} takes more than {} steps", enough - 1)));
        let mut exact = Space::new(SMALL, order, Budget(enough));
        let region = exact.build(&sets, &rules).unwrap();
        let mut poor = Space { budget: Budget(1), ..exact };
        assert!(poor.complement(region).is_err() && poor.cover(region).is_err());
        assert_eq!(poor.union(region, Region::NOTHING), Ok(region));
    }
}

#[test]
fn the_other_order_is_tried_beyond_the_budget() {
    let mut tried = Vec::new();
    let failing = |order| TooComplex { budget: Budget(0), order };
    let sets = Sets::<u32>::new();
    let error = in_best_order(SMALL, Budget(0), &sets, &[], |space| {
        tried.push(space.order());
        Err::<(), _>(failing(space.order()))
    });
    assert_eq!(error.unwrap_err(), failing(Order::SourceFirst));
    assert_eq!(tried, [Order::ServiceFirst, Order::SourceFirst]);
    let second = in_best_order(SMALL, Budget(9), &sets, &[], |space| {
        if space.order() == Order::ServiceFirst { Err(failing(space.order())) } else { Ok(space.steps()) }
    });
    assert_eq!(second.map(|(space, _)| space.order()), Ok(Order::SourceFirst));
}
