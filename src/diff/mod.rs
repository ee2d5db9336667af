//! What two policies of one site permit apart from each other, exactly.
//!
//! In: two policies with the same parties. Out: [`Difference`], attributed to statements and catalogue entries.
//!
//! Invariant: the packet classes of all changes together are the symmetric difference of the two intended sets; a
//! class that both policies permit is in none.
//! Invariant: absent on purpose is what the artefacts do: a change names rows, and whoever compiled knows their rules.

pub mod release;

use crate::policy::service::ServiceSet;
use crate::policy::universe::AtomId;
use crate::policy::{Flow, Policy, Provenance, RoleId, RowId};
use crate::source::Span;
use std::collections::BTreeMap;

/// What a change does to access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The second policy permits what the first one does not.
    Opened,
    /// The first policy permits what the second one does not.
    Closed,
}

impl Class {
    /// The word used in every output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
        }
    }
}

/// Packet classes of one row that only one policy permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedFlow {
    /// Who starts.
    pub from: RoleId,
    /// Who answers.
    pub to: RoleId,
    /// On what: the services that the other policy does not permit between every point of the two.
    pub services: ServiceSet,
    /// The row that carries them.
    pub row: RowId,
}

/// The changes that come of one statement and one catalogue entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it does.
    pub class: Class,
    /// The statement in short.
    pub statement: String,
    /// Its place.
    pub span: Span,
    /// The catalogue entry, if any.
    pub catalogue: Option<String>,
    /// False where no document confirms the catalogue entry; `None` without one.
    pub verified: Option<bool>,
    /// Why the flows are needed.
    pub because: String,
    /// The flows, in canonical order.
    pub flows: Vec<ChangedFlow>,
}

/// Everything that two policies permit apart from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What opened, then what closed, each in the order of the text.
    pub changes: Vec<Change>,
}

impl Difference {
    /// True where something opened.
    pub fn opens(&self) -> bool {
        self.changes.iter().any(|change| change.class == Class::Opened)
    }
}

/// Compares two policies. `None` where their parties or ranges differ: points of one are then not points of the other.
pub fn compare(before: &Policy, after: &Policy) -> Option<Difference> {
    let same_points = before.universe() == after.universe() && before.parties().eq(after.parties());
    same_points.then(|| {
        let mut changes = only_in(after, before, Class::Opened);
        changes.extend(only_in(before, after, Class::Closed));
        Difference { changes }
    })
}

/// What one policy permits beyond another, in the order of the text, then of the catalogue entries.
fn only_in(policy: &Policy, other: &Policy, class: Class) -> Vec<Change> {
    let mut changes = BTreeMap::new();
    for flow in policy.flows() {
        for reason in &flow.provenance {
            let services = beyond(policy, other, flow, reason);
            if services.is_empty() {
                continue;
            }
            let place = (reason.span.source, reason.span.start);
            let changed = ChangedFlow { from: flow.from, to: flow.to, services, row: flow.id.clone() };
            changes
                .entry((place, &reason.catalogue, &reason.because))
                .or_insert_with(|| change(class, reason))
                .flows
                .push(changed);
        }
    }
    changes.into_values().collect()
}

fn change(class: Class, reason: &Provenance) -> Change {
    Change {
        class,
        statement: reason.statement.clone(),
        span: reason.span,
        catalogue: reason.catalogue.clone(),
        verified: reason.catalogue_verified(),
        because: reason.because.clone(),
        flows: Vec::new(),
    }
}

/// The services of a reason that the other policy lacks between some points of the flow's parties.
fn beyond(policy: &Policy, other: &Policy, flow: &Flow, reason: &Provenance) -> ServiceSet {
    let universe = policy.universe();
    let lacking = |from: AtomId, to: AtomId| {
        let wanted = universe.possible(from, to, &reason.services);
        wanted.difference(&other.intended().services(from, to))
    };
    let pairs = universe
        .of_role(flow.from)
        .iter()
        .flat_map(|from| universe.of_role(flow.to).iter().map(move |to| (*from, *to)));
    pairs.fold(ServiceSet::empty(), |sum, (from, to)| sum.union(&lacking(from, to)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::flow_set::FlowSet;
    use crate::policy::testing::SiteBuilder;
    use proptest::prelude::*;

    const ROLES: [&str; 3] = ["a", "b", "c"];

    fn policy(flows: &[(usize, usize, u16, u16)]) -> Policy {
        // Ranges overlap, so that a flow of one role may hold packets of another.
        let site = SiteBuilder::new().role("a", None, &["10.0.0.0/24"]).role("b", None, &["10.0.0.0/25"]);
        let site = site.role("c", None, &["10.0.0.128/26"]);
        let add = |site: SiteBuilder, (from, to, low, width): &(usize, usize, u16, u16)| {
            let ports = format!("tcp/{low}-{}", low + width);
            site.allow(&ports, ROLES[*from], ROLES[*to], &ports)
        };
        flows.iter().fold(site, add).policy()
    }

    /// The packet classes of the changes of a class that `within` holds.
    fn classes(policy: &Policy, difference: &Difference, class: Class, within: &FlowSet) -> FlowSet {
        let mut all = FlowSet::empty();
        let universe = policy.universe();
        for flow in
            difference.changes.iter().filter(|change| change.class == class).flat_map(|one| &one.flows)
        {
            let (from, to) = (universe.of_role(flow.from), universe.of_role(flow.to));
            let mut own = FlowSet::empty();
            own.insert_product(universe, from, to, &flow.services);
            assert!(!own.intersection(within).is_empty(), "a change without a difference");
            all = all.union(&own);
        }
        all.intersection(within)
    }

    proptest! {
        #[test]
        fn changes_are_the_symmetric_difference(
            before in proptest::collection::vec((0usize..3, 0usize..3, 1u16..20, 0u16..6), 0..5),
            after in proptest::collection::vec((0usize..3, 0usize..3, 1u16..20, 0u16..6), 0..5),
        ) {
            let (before, after) = (policy(&before), policy(&after));
            let difference = compare(&before, &after).unwrap();
            let opened = after.intended().difference(before.intended());
            let closed = before.intended().difference(after.intended());
            prop_assert_eq!(classes(&after, &difference, Class::Opened, &opened), opened);
            prop_assert_eq!(classes(&before, &difference, Class::Closed, &closed), closed);
            prop_assert!(compare(&after, &after).unwrap().changes.is_empty());
        }
    }
}
