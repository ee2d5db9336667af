//! The set engine on generated rule lists: against binary decision diagrams, and how its field order is chosen.

#[path = "../benches/generate/mod.rs"]
mod generate;

use generate::{FRAME, Input, KINDS, Kind, input};
use oxidd::bdd::{BDDFunction, new_manager};
use oxidd::util::SatCountCache;
use oxidd::{BooleanFunction, Manager, ManagerRef};
use segc::space::{Budget, Order, Region, Rule, Sets, Space, Verdict, in_best_order};
use std::hash::RandomState;

/// Bits of a service, a source and a destination.
const BITS: [u32; 3] = [24, 32, 32];

/// Another theory of the same sets: one Boolean variable for each bit of a packet.
struct Oracle {
    fields: [Vec<BDDFunction>; 3],
    no: BDDFunction,
    yes: BDDFunction,
}

impl Oracle {
    fn new() -> Self {
        let manager = new_manager(1 << 22, 1 << 20, 1);
        let all: u32 = BITS.iter().sum();
        let (variables, no, yes) = manager.with_manager_exclusive(|manager| {
            let variables: Vec<BDDFunction> =
                manager.add_vars(all).map(|at| BDDFunction::var(manager, at).unwrap()).collect();
            (variables, BDDFunction::f(manager), BDDFunction::t(manager))
        });
        let mut rest = variables.into_iter();
        let fields = BITS.map(|bits| rest.by_ref().take(bits as usize).collect());
        Self { fields, no, yes }
    }

    /// The numbers of a field that are at least, or at most, a bound: decided from the lowest bit up.
    fn beyond(&self, field: usize, bound: u32, at_least: bool) -> BDDFunction {
        let bits = &self.fields[field];
        bits.iter().rev().enumerate().fold(self.yes.clone(), |lower, (at, bit)| {
            match (bound >> at & 1 == 1, at_least) {
                (true, true) => bit.and(&lower),
                (false, true) => bit.or(&lower),
                (true, false) => bit.not().unwrap().or(&lower),
                (false, false) => bit.not().unwrap().and(&lower),
            }
            .unwrap()
        })
    }

    fn set(&self, field: usize, intervals: &[(u32, u32)]) -> BDDFunction {
        intervals.iter().fold(self.no.clone(), |sum, (low, high)| {
            let from = self.beyond(field, *low, true);
            sum.or(&from.and(&self.beyond(field, *high, false)).unwrap()).unwrap()
        })
    }

    fn rules(&self, sets: &Sets<u32>, rules: &[Rule]) -> BDDFunction {
        rules.iter().rev().fold(self.no.clone(), |later, rule| {
            let services = self.set(0, sets.get(rule.services));
            let ends =
                self.set(1, sets.get(rule.sources)).and(&self.set(2, sets.get(rule.destinations))).unwrap();
            let matched = services.and(&ends).unwrap();
            match rule.verdict {
                Verdict::Permit => later.or(&matched).unwrap(),
                Verdict::Deny => later.and(&matched.not().unwrap()).unwrap(),
            }
        })
    }

    fn volume(&self, set: &BDDFunction) -> u128 {
        let all: u32 = BITS.iter().sum();
        set.sat_count(all, &mut SatCountCache::<u128, RandomState>::default())
    }
}

fn volume(space: &Space<u32>, region: Region) -> u128 {
    space.volume(region).to_u128().unwrap()
}

#[test]
fn volumes_are_those_of_binary_decision_diagrams() {
    for kind in KINDS {
        let Input { sets, old, new, .. } = input(kind, 150);
        let oracle = Oracle::new();
        let (before, after) = (oracle.rules(&sets, &old), oracle.rules(&sets, &new));
        let opened = after.and(&before.not().unwrap()).unwrap();
        let closed = before.and(&after.not().unwrap()).unwrap();
        let wanted = [&before, &after, &opened, &closed].map(|set| oracle.volume(set));
        for order in [Order::ServiceFirst, Order::SourceFirst] {
            let mut space = Space::new(FRAME, order, Budget::default());
            let (a, b) = (space.build(&sets, &old).unwrap(), space.build(&sets, &new).unwrap());
            let (opens, closes) = (space.difference(b, a).unwrap(), space.difference(a, b).unwrap());
            let found = [a, b, opens, closes].map(|region| volume(&space, region));
            assert_eq!(found, wanted, "{kind:?}, {order}");
            let change = space.change(&sets, &old, &new).unwrap();
            assert_eq!((change.opens, change.closes), (opens, closes), "{kind:?}, {order}");
        }
    }
}

#[test]
fn the_local_difference_is_that_of_the_whole_lists() {
    for kind in KINDS {
        let Input { sets, old, new, busy } = input(kind, 3000);
        let (_, ()) = in_best_order(FRAME, Budget::default(), &sets, &old, |space| {
            let a = space.build(&sets, &old)?;
            // Ten edits, and thirty.
            for next in [&new, &busy] {
                let (change, b) = (space.change(&sets, &old, next)?, space.build(&sets, next)?);
                assert!(a != b, "{kind:?}");
                assert_eq!(change.opens, space.difference(b, a)?, "{kind:?}");
                assert_eq!(change.closes, space.difference(a, b)?, "{kind:?}");
            }
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn wildcards_on_addresses_are_built_service_first() {
    let Input { sets, old, .. } = input(Kind::Fw, 2000);
    let mut space = Space::new(FRAME, Order::ServiceFirst, Budget::default());
    space.build(&sets, &old).unwrap();
    let budget = Budget(space.steps() * 3 / 2);
    Space::new(FRAME, Order::SourceFirst, budget).build(&sets, &old).unwrap_err();
    assert_eq!(Order::choose(FRAME, &sets, &old), Order::ServiceFirst);
    let (chosen, _) = in_best_order(FRAME, budget, &sets, &old, |space| space.build(&sets, &old)).unwrap();
    assert_eq!(chosen.order(), Order::ServiceFirst);
}
