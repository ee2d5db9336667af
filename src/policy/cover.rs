//! Packet classes between roles in few lines, for reports.
//!
//! In: pairs of roles with services. Out: blocks of roles and services, found by the set engine.
//!
//! Invariant: the blocks cover the classes and nothing else; the same classes give the same blocks. They may overlap
//! where that makes them fewer or plainer.

use super::service::ServiceSet;
use crate::model::RoleId;
use crate::space::interval::Intervals;
use crate::space::{Block, Budget, Frame, Rule, Sets, TooComplex, Verdict, in_best_order};
use std::collections::BTreeMap;

/// All packet classes from some roles to some roles with some services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowBlock {
    /// The roles that start, in name order.
    pub from: Vec<RoleId>,
    /// The roles that are reached, in name order.
    pub to: Vec<RoleId>,
    /// The services.
    pub services: ServiceSet,
}

/// One class: who starts, who answers, on what.
pub type Class<'a> = (RoleId, RoleId, &'a ServiceSet);

/// Few blocks whose union is the classes.
///
/// # Errors
/// [`TooComplex`] when the classes are too entangled for the engine's usual budget.
pub fn cover(classes: &[Class<'_>]) -> Result<Vec<FlowBlock>, TooComplex> {
    let endpoint = classes.iter().map(|(from, to, _)| from.0.max(to.0)).max().unwrap_or(0);
    let service = ServiceSet::any().intervals().iter().map(|(_, high)| high).max().unwrap_or(0);
    let mut sets = Sets::new();
    let rules = rules(&mut sets, classes);
    let frame = Frame { endpoint, service };
    let (_, blocks) = in_best_order(frame, Budget::default(), &sets, &rules, |space| {
        let region = space.build(&sets, &rules)?;
        space.cover(region)
    })?;
    Ok(blocks.into_iter().map(flow_block).collect())
}

/// One rule for each source and what it may start with the same services.
fn rules(sets: &mut Sets<u32>, classes: &[Class<'_>]) -> Vec<Rule> {
    let mut grouped: BTreeMap<(RoleId, &ServiceSet), Vec<(u32, u32)>> = BTreeMap::new();
    for (from, to, services) in classes {
        grouped.entry((*from, *services)).or_default().push((to.0, to.0));
    }
    let rule = |((from, services), to): ((RoleId, &ServiceSet), Vec<(u32, u32)>)| Rule {
        sources: sets.intern_range(from.0, from.0),
        destinations: sets.intern(&Intervals::from_intervals(to)),
        services: sets.intern(services.intervals()),
        verdict: Verdict::Permit,
    };
    grouped.into_iter().map(rule).collect()
}

fn flow_block(block: Block<u32>) -> FlowBlock {
    let roles = |set: &Intervals<u32>| set.iter().flat_map(|(low, high)| low..=high).map(RoleId).collect();
    FlowBlock {
        from: roles(&block.sources),
        to: roles(&block.destinations),
        services: ServiceSet::from_intervals(&block.services),
    }
}

#[cfg(test)]
mod tests {
    use super::super::service::Protocol;
    use super::*;
    use proptest::prelude::*;

    type Sum = BTreeMap<(RoleId, RoleId), ServiceSet>;

    fn sum<'a>(classes: impl IntoIterator<Item = Class<'a>>) -> Sum {
        let mut sum = Sum::new();
        for (from, to, services) in classes {
            let entry = sum.entry((from, to)).or_default();
            *entry = entry.union(services);
        }
        sum
    }

    fn product<'a>(from: &[RoleId], to: &[RoleId], services: &'a ServiceSet) -> Vec<Class<'a>> {
        from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to, services))).collect()
    }

    #[test]
    fn a_product_of_roles_and_ports_is_one_block() {
        let roles: Vec<RoleId> = (0..6).map(RoleId).collect();
        let services = ServiceSet::parse("tcp/443, udp/53").unwrap();
        let classes = product(&roles[..2], &roles[3..], &services);
        let block =
            FlowBlock { from: roles[..2].to_vec(), to: roles[3..].to_vec(), services: services.clone() };
        assert_eq!(cover(&classes).unwrap(), [block]);
        assert!(cover(&[]).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn a_cover_is_the_set(products in prop::collection::vec((0..64_u32, 0..64_u32, 1..9_u16), 0..12)) {
            let chosen = |bits: u32| -> Vec<RoleId> {
                (0..6).filter(|role| bits >> role & 1 == 1).map(RoleId).collect()
            };
            let services: Vec<ServiceSet> =
                products.iter().map(|(_, _, port)| ServiceSet::ports(Protocol::TCP, *port, *port + 2)).collect();
            let classes: Vec<Class<'_>> = products
                .iter()
                .zip(&services)
                .flat_map(|((from, to, _), services)| product(&chosen(*from), &chosen(*to), services))
                .collect();
            let wanted = sum(classes.iter().copied());
            let blocks = cover(&classes).unwrap();
            let covered = blocks.iter().flat_map(|block| product(&block.from, &block.to, &block.services));
            prop_assert_eq!(sum(covered), wanted.clone());
            prop_assert!(blocks.len() <= wanted.len());
        }
    }
}
