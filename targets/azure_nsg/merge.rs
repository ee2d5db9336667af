//! Fewer rules that permit the same, for a network security group that is over a limit.
//!
//! In: the drafts of one group. Out: drafts that permit exactly the same, never more of them, each with the rows of all
//! that went into it.
//!
//! Azure's rules are products: sources times destinations times ports. Two rules that differ in one of the three only
//! are one rule with the union of it. All six orders of the three are tried, and the one that leaves fewest is taken. The
//! fewest rules of all are not looked for: that is the problem of covering a table with products, for which no method is
//! known that ends in time.
//!
//! Invariant: what is merged depends on what the drafts say, not on the lock; the lock only decides which identity a
//! merged rule keeps. So a rule that has a number keeps it as long as anything of it is left.

use super::limits::ASGS_OF_A_SIDE;
use super::plan::{Side, Transport};
use super::rules::Draft;
use crate::policy::Flow;
use crate::policy::address::AddressSet;
use crate::policy::service::ServiceSet;
use crate::target::half::Direction;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// Drafts of one group by direction and identity.
pub(super) type OfGroup<'a> = BTreeMap<(Direction, String), Draft<'a>>;

/// What a rule says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Product {
    direction: Direction,
    transport: Transport,
    source: Side,
    destination: Side,
    services: ServiceSet,
}

/// One of the three that a rule multiplies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axis {
    Ports,
    Sources,
    Destinations,
}

/// Every order in which the three can be merged.
const ORDERS: [[Axis; 3]; 6] = {
    use Axis::{Destinations as D, Ports as P, Sources as S};
    [[P, S, D], [P, D, S], [S, P, D], [D, P, S], [S, D, P], [D, S, P]]
};

/// What is said, each with the places of the drafts that went into it. A draft goes into one product only.
type Said = BTreeMap<Product, BTreeSet<usize>>;

/// Merges the drafts of one group. `has_number` tells whether an identity was given a priority before.
pub(super) fn merge<'a>(drafts: OfGroup<'a>, has_number: &dyn Fn(&str) -> bool) -> OfGroup<'a> {
    let drafts: Vec<(String, Draft<'a>)> =
        drafts.into_iter().map(|((_, identity), draft)| (identity, draft)).collect();
    let mut said = Said::new();
    for (at, (_, draft)) in drafts.iter().enumerate() {
        said.entry(Product::of(draft)).or_default().insert(at);
    }
    let mut kept = OfGroup::new();
    for (product, members) in fewest(said) {
        let parts = product.cut();
        for part in &parts {
            let members = members.iter().filter_map(|at| drafts.get(*at));
            let within: Vec<&(String, Draft<'a>)> =
                members.filter(|(_, draft)| parts.len() == 1 || part.meets(&Product::of(draft))).collect();
            let known = within.iter().find(|(identity, _)| has_number(identity));
            let Some((identity, first)) = known.or(within.first()) else { continue };
            let draft = Draft {
                source: part.source.clone(),
                destination: part.destination.clone(),
                services: part.services.clone(),
                rows: once(within.iter().flat_map(|(_, draft)| draft.rows.iter().copied())),
                ..first.clone()
            };
            kept.insert((part.direction, identity.clone()), draft);
        }
    }
    kept
}

/// Each flow once, in the order of the first.
fn once<'a>(rows: impl Iterator<Item = &'a Flow>) -> Vec<&'a Flow> {
    let mut seen = BTreeSet::new();
    rows.filter(|row| seen.insert(row.id.as_str())).collect()
}

/// The smallest result of all orders, the first of equals, until no order finds fewer.
fn fewest(mut said: Said) -> Said {
    loop {
        let before = said.len();
        let results = ORDERS.iter().map(|order| until_stable(said.clone(), *order));
        said = results.min_by_key(Said::len).unwrap_or_default();
        if said.len() == before {
            return said;
        }
    }
}

fn until_stable(mut said: Said, order: [Axis; 3]) -> Said {
    loop {
        let before = said.len();
        for axis in order {
            said = merge_along(said, axis);
        }
        said = without_contained(&said);
        if said.len() == before {
            return said;
        }
    }
}

/// Leaves out what another product says already.
fn without_contained(said: &Said) -> Said {
    let mut kept = said.clone();
    for product in said.keys() {
        let holder = kept.keys().find(|other| *other != product && other.contains(product)).cloned();
        if let Some(holder) = holder {
            let members = kept.remove(product).unwrap_or_default();
            kept.entry(holder).or_default().extend(members);
        }
    }
    kept
}

/// Unites products that are equal but for one axis, where its two sides are of one kind.
fn merge_along(said: Said, axis: Axis) -> Said {
    let mut alike: BTreeMap<(Product, u8), (Product, BTreeSet<usize>)> = BTreeMap::new();
    for (product, members) in said {
        match alike.entry((product.without(axis), product.kind(axis))) {
            Entry::Vacant(place) => {
                place.insert((product, members));
            }
            Entry::Occupied(mut known) => {
                let (united, all) = known.get_mut();
                united.unite(&product, axis);
                all.extend(members);
            }
        }
    }
    alike.into_values().collect()
}

impl Product {
    fn of(draft: &Draft<'_>) -> Self {
        Self {
            direction: draft.direction,
            transport: draft.transport,
            source: draft.source.clone(),
            destination: draft.destination.clone(),
            services: draft.services.clone(),
        }
    }

    /// What two products must have in common to be united along an axis.
    fn without(&self, axis: Axis) -> Self {
        let mut rest = self.clone();
        match axis {
            Axis::Ports => rest.services = ServiceSet::empty(),
            Axis::Sources => rest.source = without_members(&self.source),
            Axis::Destinations => rest.destination = without_members(&self.destination),
        }
        rest
    }

    /// Tells sides that hold different kinds of members.
    fn kind(&self, axis: Axis) -> u8 {
        let side = match axis {
            Axis::Ports => return 0,
            Axis::Sources => &self.source,
            Axis::Destinations => &self.destination,
        };
        // Anything and tags are never united: they stay in what two products must have in common.
        match side {
            Side::Anything | Side::Tag(_) => 0,
            Side::Asgs(_) => 1,
            Side::Ranges(ranges) if ranges.iter().any(|range| range.addr().is_ipv6()) => 2,
            Side::Ranges(_) => 3,
        }
    }

    fn unite(&mut self, other: &Self, axis: Axis) {
        match axis {
            Axis::Ports => self.services = self.services.union(&other.services),
            Axis::Sources => self.source = union(&self.source, &other.source),
            Axis::Destinations => self.destination = union(&self.destination, &other.destination),
        }
    }

    fn contains(&self, other: &Self) -> bool {
        (self.direction, self.transport) == (other.direction, other.transport)
            && self.services.contains_all(&other.services)
            && holds(&self.source, &other.source)
            && holds(&self.destination, &other.destination)
    }

    fn meets(&self, other: &Self) -> bool {
        (self.direction, self.transport) == (other.direction, other.transport)
            && self.services.meets(&other.services)
            && shares(&self.source, &other.source)
            && shares(&self.destination, &other.destination)
    }

    /// Products with no more groups on a side than a rule takes.
    fn cut(&self) -> Vec<Self> {
        let mut parts = Vec::new();
        for source in cut_side(&self.source) {
            for destination in cut_side(&self.destination) {
                parts.push(Self { source: source.clone(), destination, ..self.clone() });
            }
        }
        parts
    }
}

/// A side of which only the kind is left, where members can be united.
fn without_members(side: &Side) -> Side {
    match side {
        Side::Asgs(_) => Side::Asgs(Vec::new()),
        Side::Ranges(_) => Side::Ranges(Vec::new()),
        other => other.clone(),
    }
}

fn union(one: &Side, other: &Side) -> Side {
    match (one, other) {
        (Side::Asgs(one), Side::Asgs(other)) => {
            let names: BTreeSet<&String> = one.iter().chain(other).collect();
            Side::Asgs(names.into_iter().cloned().collect())
        }
        (Side::Ranges(one), Side::Ranges(other)) => {
            Side::Ranges(AddressSet::from_ranges(one.iter().chain(other)).ranges())
        }
        _ => one.clone(),
    }
}

fn holds(side: &Side, other: &Side) -> bool {
    match (side, other) {
        (Side::Asgs(names), Side::Asgs(others)) => others.iter().all(|name| names.contains(name)),
        (Side::Ranges(ranges), Side::Ranges(others)) => {
            AddressSet::from_ranges(ranges).contains_all(&AddressSet::from_ranges(others))
        }
        _ => side == other,
    }
}

fn shares(side: &Side, other: &Side) -> bool {
    match (side, other) {
        (Side::Asgs(names), Side::Asgs(others)) => others.iter().any(|name| names.contains(name)),
        (Side::Ranges(ranges), Side::Ranges(others)) => {
            AddressSet::from_ranges(ranges).meets(&AddressSet::from_ranges(others))
        }
        _ => side == other,
    }
}

fn cut_side(side: &Side) -> Vec<Side> {
    match side {
        Side::Asgs(names) => names.chunks(ASGS_OF_A_SIDE).map(|part| Side::Asgs(part.to_vec())).collect(),
        other => vec![other.clone()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::service::Protocol;
    use proptest::prelude::*;

    /// A point of the small world: direction aside, who, to whom, on which port.
    type Point = (u8, u8, u16);

    const PORTS: u16 = 4;

    /// Groups for the source, single addresses for the destination.
    fn product(sources: &BTreeSet<u8>, destinations: &BTreeSet<u8>, ports: &BTreeSet<u16>) -> Product {
        let ranges: Vec<ipnet::IpNet> =
            destinations.iter().map(|at| format!("10.0.0.{at}/32").parse().unwrap()).collect();
        let services = ports.iter().fold(ServiceSet::empty(), |sum, port| {
            sum.union(&ServiceSet::ports(Protocol::TCP, *port, *port))
        });
        Product {
            direction: Direction::Ingress,
            transport: Transport::Tcp,
            source: Side::Asgs(sources.iter().map(|at| format!("asg-{at}")).collect()),
            destination: Side::Ranges(AddressSet::from_ranges(&ranges).ranges()),
            services,
        }
    }

    fn said(products: impl IntoIterator<Item = Product>) -> Said {
        products.into_iter().enumerate().map(|(at, product)| (product, BTreeSet::from([at]))).collect()
    }

    fn points(products: &Said) -> BTreeSet<Point> {
        let one = |at: u8| Side::Asgs(vec![format!("asg-{at}")]);
        let host = |at: u8| Side::Ranges(vec![format!("10.0.0.{at}/32").parse().unwrap()]);
        let all =
            (0..3).flat_map(|from| (0..3).flat_map(move |to| (0..PORTS).map(move |port| (from, to, port))));
        all.filter(|(from, to, port)| {
            products.keys().any(|product| {
                holds(&product.source, &one(*from))
                    && holds(&product.destination, &host(*to))
                    && product.services.meets(&ServiceSet::ports(Protocol::TCP, *port, *port))
            })
        })
        .collect()
    }

    fn subsets<T: Copy + Ord>(all: &[T]) -> Vec<BTreeSet<T>> {
        (1_u32..1 << all.len())
            .map(|mask| {
                all.iter().enumerate().filter(|(at, _)| mask >> at & 1 == 1).map(|(_, one)| *one).collect()
            })
            .collect()
    }

    /// True when some `most` products have exactly all points.
    fn can_cover(rest: &BTreeSet<Point>, rules: &[BTreeSet<Point>], most: usize) -> bool {
        let Some(first) = rest.first() else { return true };
        let with = rules.iter().filter(|rule| rule.contains(first));
        most > 0
            && with
                .into_iter()
                .any(|rule| can_cover(&rest.difference(rule).copied().collect(), rules, most - 1))
    }

    fn every_product(wanted: &BTreeSet<Point>) -> Vec<BTreeSet<Point>> {
        let (sides, ports) = (subsets(&[0_u8, 1, 2]), subsets(&[0_u16, 1, 2, 3]));
        let mut all: Vec<BTreeSet<Point>> = Vec::new();
        for from in &sides {
            for to in &sides {
                for port in &ports {
                    let points = from.iter().flat_map(|from| {
                        to.iter().flat_map(move |to| port.iter().map(move |port| (*from, *to, *port)))
                    });
                    all.push(points.collect());
                }
            }
        }
        all.retain(|rule| rule.is_subset(wanted));
        all
    }

    fn some_of(bits: u8, count: u8) -> BTreeSet<u8> {
        let some: BTreeSet<u8> = (0..count).filter(|at| bits >> at & 1 == 1).collect();
        if some.is_empty() { BTreeSet::from([0]) } else { some }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Merged rules permit the same and are never more; merging again changes nothing.
        #[test]
        fn merging_is_exact_and_final(wanted in prop::collection::vec((0_u8..8, 0_u8..8, 0_u8..16), 0..9)) {
            let said = said(wanted.iter().map(|(from, to, ports)| {
                let ports = some_of(*ports, 4).into_iter().map(u16::from).collect();
                product(&some_of(*from, 3), &some_of(*to, 3), &ports)
            }));
            let merged = fewest(said.clone());
            prop_assert_eq!(points(&merged), points(&said));
            prop_assert!(merged.len() <= said.len());
            let members: Vec<usize> = merged.values().flatten().copied().collect();
            let unique: BTreeSet<usize> = members.iter().copied().collect();
            prop_assert_eq!((members.len(), unique.len()), (said.len(), said.len()));
            prop_assert_eq!(fewest(merged.clone()), merged);
        }

        /// Tables of two axes, compared with an exhaustive search.
        #[test]
        fn equal_lines_of_a_table_are_close_to_the_fewest(wanted in prop::collection::vec((0_u8..3, 0_u8..3, 0_u16..PORTS), 0..9), axis in 0_u8..3) {
            let one = |at: u8| BTreeSet::from([at]);
            let said = said(wanted.iter().map(|(from, to, port)| match axis {
                0 => product(&one(*from), &one(0), &BTreeSet::from([*port])),
                1 => product(&one(0), &one(*to), &BTreeSet::from([*port])),
                _ => product(&one(*from), &one(*to), &BTreeSet::from([0])),
            }));
            let merged = fewest(said.clone());
            let (wanted, most) = (points(&said), merged.len());
            prop_assert_eq!(points(&merged), wanted.clone());
            let least = (0..=most).find(|count| can_cover(&wanted, &every_product(&wanted), *count));
            // A table of three by four: what equal lines give is at most one above the best cover.
            prop_assert!(least.is_some_and(|least| most <= least + 1), "{most} instead of {least:?}");
        }
    }

    #[test]
    fn a_side_takes_ten_groups() {
        let names: Vec<String> = (0..25).map(|at| format!("asg-{at:02}")).collect();
        let parts = cut_side(&Side::Asgs(names));
        let sizes: Vec<usize> = parts.iter().map(|part| part.asgs().len()).collect();
        assert_eq!(sizes, [10, 10, 5]);
    }

    #[test]
    fn all_pairs_are_one_rule() {
        let one = |at: u8| BTreeSet::from([at]);
        let all =
            (0..3).flat_map(|from| (0..3).flat_map(move |to| (0..PORTS).map(move |port| (from, to, port))));
        let said = said(all.map(|(from, to, port)| product(&one(from), &one(to), &BTreeSet::from([port]))));
        assert_eq!(fewest(said).len(), 1);
    }
}
