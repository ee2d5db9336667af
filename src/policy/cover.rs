//! A flow set in few lines, for reports.
//!
//! In: a [`FlowSet`]. Out: blocks of atoms and services, found by the set engine.
//!
//! Invariant: the blocks cover the set and nothing else; the same set gives the same blocks. They may overlap where that
//! makes them fewer or plainer.

use super::flow_set::FlowSet;
use super::service::ServiceSet;
use super::universe::{AtomId, Universe};
use crate::space::interval::Intervals;
use crate::space::{Block, Budget, Frame, Rule, Sets, TooComplex, Verdict, in_best_order};
use std::collections::BTreeMap;

/// All packet classes from some atoms to some atoms with some services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowBlock {
    /// The atoms that start, ascending.
    pub from: Vec<AtomId>,
    /// The atoms that are reached, ascending.
    pub to: Vec<AtomId>,
    /// The services.
    pub services: ServiceSet,
}

/// Few blocks whose union is the set.
///
/// # Errors
/// [`TooComplex`] when the set is too entangled for the engine's usual budget.
pub fn cover(universe: &Universe, flows: &FlowSet) -> Result<Vec<FlowBlock>, TooComplex> {
    let last = universe.iter().last().map_or(0, |(id, _)| id.0);
    let service = ServiceSet::any().intervals().iter().map(|(_, high)| high).max().unwrap_or(0);
    let frame = Frame { endpoint: last, service };
    let mut sets = Sets::new();
    let rules = rules(&mut sets, flows);
    let (_, blocks) = in_best_order(frame, Budget::default(), &sets, &rules, |space| {
        let region = space.build(&sets, &rules)?;
        space.cover(region)
    })?;
    Ok(blocks.into_iter().map(flow_block).collect())
}

/// One rule for each source and what it may start with the same services.
fn rules(sets: &mut Sets<u32>, flows: &FlowSet) -> Vec<Rule> {
    let mut grouped: BTreeMap<(AtomId, &ServiceSet), Vec<(u32, u32)>> = BTreeMap::new();
    for (from, to, services) in flows.iter() {
        grouped.entry((from, services)).or_default().push((to.0, to.0));
    }
    let rule = |((from, services), to): ((AtomId, &ServiceSet), Vec<(u32, u32)>)| Rule {
        sources: sets.intern_range(from.0, from.0),
        destinations: sets.intern(&Intervals::from_intervals(to)),
        services: sets.intern(services.intervals()),
        verdict: Verdict::Permit,
    };
    grouped.into_iter().map(rule).collect()
}

fn flow_block(block: Block<u32>) -> FlowBlock {
    let atoms = |set: &Intervals<u32>| set.iter().flat_map(|(low, high)| low..=high).map(AtomId).collect();
    FlowBlock {
        from: atoms(&block.sources),
        to: atoms(&block.destinations),
        services: ServiceSet::from_intervals(&block.services),
    }
}

#[cfg(test)]
mod tests {
    use super::super::address::AddressSet;
    use super::super::service::Protocol;
    use super::super::universe::Occupant;
    use super::*;
    use crate::model::RoleId;
    use proptest::prelude::*;

    /// Six roles of one address each, and the internet.
    fn universe() -> Universe {
        let role = |at: u32| {
            let net = format!("10.0.0.{at}/32").parse().unwrap();
            let addresses = AddressSet::from_ranges([&net]);
            Occupant { role: RoleId(at), placed: true, internet: false, addresses }
        };
        Universe::new(&(0..6).map(role).collect::<Vec<_>>(), &[])
    }

    fn union(universe: &Universe, blocks: &[FlowBlock]) -> FlowSet {
        let mut sum = FlowSet::empty();
        for block in blocks {
            sum.insert_product(universe, &block.from, &block.to, &block.services);
        }
        sum
    }

    #[test]
    fn a_product_of_roles_and_ports_is_one_block() {
        let universe = universe();
        let atoms: Vec<AtomId> = (0..6).flat_map(|role| universe.of_role(RoleId(role)).to_vec()).collect();
        let services = ServiceSet::parse("tcp/443, udp/53").unwrap();
        let mut flows = FlowSet::empty();
        flows.insert_product(&universe, &atoms[..2], &atoms[3..], &services);
        let block = FlowBlock { from: atoms[..2].to_vec(), to: atoms[3..].to_vec(), services };
        assert_eq!(cover(&universe, &flows).unwrap(), [block]);
        assert!(cover(&universe, &FlowSet::empty()).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn a_cover_is_the_set(products in prop::collection::vec((0..64_u32, 0..64_u32, 1..9_u16), 0..12)) {
            let universe = universe();
            let mut flows = FlowSet::empty();
            let chosen = |bits: u32| -> Vec<AtomId> {
                universe.iter().map(|(id, _)| id).filter(|id| bits >> (id.0 % 6) & 1 == 1).collect()
            };
            for (from, to, port) in &products {
                let services = ServiceSet::ports(Protocol::TCP, *port, *port + 2);
                flows.insert_product(&universe, &chosen(*from), &chosen(*to), &services);
            }
            let blocks = cover(&universe, &flows).unwrap();
            prop_assert_eq!(union(&universe, &blocks), flows.clone());
            prop_assert!(blocks.len() <= flows.iter().count());
        }
    }
}
