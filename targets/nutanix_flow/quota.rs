//! The maxima that an author states for a Prism Central, counted and kept.
//!
//! In: the platform's attributes and rules under construction. Out: merged rules where a policy has too many, the use of
//! each stated maximum, and reports.
//!
//! The vendor's own maxima are on pages behind a login, so there is no limit without the author's word.
//!
//! Invariant: nothing is merged in a policy that is within its limit; a merged rule permits what its rows ask for, and
//! names one peer and one protocol, because v3 has no rule that names more.

use super::plan::{AddressGroup, Draft, Meaning, Plan, RulePeer, TierPolicy};
use super::services::{Services, plan_services};
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::address::Family;
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{Flow, Platform, Policy, RowId};
use crate::target::QuotaUse;
use crate::target::half::Direction;
use indexmap::IndexMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The attribute that states how many rules a policy may have.
pub(super) const RULES_PER_POLICY: &str = "rules-per-policy";

/// The attribute that states how many policies a Prism Central may have.
pub(super) const POLICIES: &str = "policies-per-prism";

/// The attribute that states how many ranges an address group may have.
pub(super) const RANGES_PER_GROUP: &str = "ranges-per-address-group";

/// The largest number that the three attributes take. Ours: far above anything that a policy could be read with.
pub(super) const LARGEST: u64 = 1_000_000;

/// Statements that a report points at.
const CONTRIBUTORS: usize = 3;

/// The maxima that a platform's block states.
#[derive(Debug, Clone, Copy)]
pub(super) struct Maxima {
    rules: Option<u64>,
    policies: Option<u64>,
    ranges: Option<u64>,
}

/// What rules must have in common to be one: direction, peer, protocol, families.
type Alike = (Direction, RulePeer, Protocol, BTreeSet<Family>);

impl Maxima {
    /// Reads the attributes of a platform.
    pub(super) fn of(platform: &Platform) -> Self {
        let stated = |attribute| platform.attribute(attribute).and_then(|text| text.parse().ok());
        Self { rules: stated(RULES_PER_POLICY), policies: stated(POLICIES), ranges: stated(RANGES_PER_GROUP) }
    }

    /// Merges the rules of one policy over their services, when there are too many. The rule that
    /// denies what passes within the tier counts too.
    pub(super) fn fit<'a>(
        self,
        drafts: IndexMap<Meaning, Draft<'a>>,
        denies_within: bool,
    ) -> IndexMap<Meaning, Draft<'a>> {
        match self.rules {
            Some(limit) if number(drafts.len()) + u64::from(denies_within) > limit => merge(drafts),
            _ => drafts,
        }
    }

    /// The use of each stated maximum.
    pub(super) fn used(self, plan: &Plan) -> Vec<QuotaUse> {
        let line = |quota: String, used, limit| QuotaUse { quota, used, limit };
        let rules = plan.policies.iter().filter_map(|policy| {
            Some(line(format!("rules of {}", policy.name), rules_of(policy), self.rules?))
        });
        let ranges = plan.address_groups.iter().filter_map(|(name, group)| {
            let used = number(group.addresses.ranges().len());
            Some(line(format!("ranges of the address group {name}"), used, self.ranges?))
        });
        let policies =
            self.policies.map(|limit| line("policies".to_owned(), number(plan.policies.len()), limit));
        rules.chain(ranges).chain(policies).collect()
    }

    /// Reports for every stated maximum that is exceeded, with who needs most.
    pub(super) fn exceeded(self, policy: &Policy, platform: &Platform, plan: &Plan) -> Vec<Diagnostic> {
        let mut reports = Vec::new();
        for (tier, limit) in plan.policies.iter().filter_map(|tier| Some((tier, self.rules?))) {
            if rules_of(tier) > limit {
                reports.push(too_many_rules(policy, platform, tier, limit));
            }
        }
        let ranges_limit = self.ranges.unwrap_or(u64::MAX);
        let groups = plan.address_groups.iter();
        let large = groups.filter(|(_, group)| number(group.addresses.ranges().len()) > ranges_limit);
        reports
            .extend(large.map(|(name, group)| too_many_ranges(policy, platform, name, group, ranges_limit)));
        let tiers = number(plan.policies.len());
        if let Some(limit) = self.policies.filter(|limit| tiers > *limit) {
            let message =
                format!("`{}` needs {tiers} policies, one for each tier, and takes {limit}", platform.name);
            reports.push(
                Diagnostic::new(codes::QUOTA_EXCEEDED, message)
                    .label(stated(platform, POLICIES), "stated here")
                    .help("let roles that may share what they reach share a tier: `same-group-as = ...`"),
            );
        }
        reports
    }
}

/// The rules of a policy, with the one that denies what passes within its tier.
fn rules_of(policy: &TierPolicy) -> u64 {
    number(policy.rules.len()) + u64::from(policy.denies_within())
}

fn stated(platform: &Platform, attribute: &str) -> crate::source::Span {
    platform.attribute_spans.get(attribute).copied().unwrap_or(platform.span)
}

/// One rule for each direction, peer, protocol and set of families.
fn merge(drafts: IndexMap<Meaning, Draft<'_>>) -> IndexMap<Meaning, Draft<'_>> {
    let mut alike: IndexMap<Alike, (Services, Draft<'_>)> = IndexMap::new();
    for ((direction, peer, services), draft) in drafts {
        let Some(protocol) = draft.flows.first().map(|flow| flow.protocol) else { continue };
        let key = (direction, peer, protocol, draft.families.clone());
        match alike.get_mut(&key) {
            Some((known, all)) => {
                let known_rows: BTreeSet<&RowId> = all.flows.iter().map(|flow| &flow.id).collect();
                let more: Vec<&Flow> =
                    draft.flows.into_iter().filter(|flow| !known_rows.contains(&flow.id)).collect();
                all.flows.extend(more);
                // Each part could be said, so the whole can.
                if let Ok(united) = plan_services(protocol, &asked(&all.flows)) {
                    *known = united;
                }
            }
            None => {
                alike.insert(key, (services, draft));
            }
        }
    }
    alike
        .into_iter()
        .map(|((direction, peer, ..), (services, draft))| ((direction, peer, services), draft))
        .collect()
}

/// The services of some flows together.
fn asked(flows: &[&Flow]) -> ServiceSet {
    flows.iter().fold(ServiceSet::empty(), |sum, flow| sum.union(&flow.services))
}

fn too_many_ranges(
    policy: &Policy,
    platform: &Platform,
    name: &str,
    group: &AddressGroup,
    limit: u64,
) -> Diagnostic {
    let used = number(group.addresses.ranges().len());
    let message =
        format!("the address group `{name}` needs {used} ranges, and `{}` takes {limit}", platform.name);
    let mut report = Diagnostic::new(codes::QUOTA_EXCEEDED, message)
        .label(stated(platform, RANGES_PER_GROUP), "stated here");
    if let Some((_, party)) = policy.parties().find(|(_, party)| party.addresses == group.addresses) {
        report = report.label(party.span, format!("`{}` has these ranges", party.name));
    }
    report
        .help("state fewer or wider ranges in `cidr`")
        .help("or divide the role, and name both parts in the lines that use it")
}

fn too_many_rules(policy: &Policy, platform: &Platform, tier: &TierPolicy, limit: u64) -> Diagnostic {
    let used = rules_of(tier);
    let message =
        format!("the policy `{}` needs {used} rules, and `{}` takes {limit}", tier.name, platform.name);
    let mut report = Diagnostic::new(codes::QUOTA_EXCEEDED, message)
        .label(stated(platform, RULES_PER_POLICY), "stated here");
    let largest = largest(policy, tier);
    for (flow, count) in largest.iter().take(CONTRIBUTORS) {
        if let Some(reason) = flow.provenance.first() {
            report = report.label(reason.span, format!("{count} for `{}`", flow.origin));
        }
    }
    if let Some(more) = largest.len().checked_sub(CONTRIBUTORS).filter(|more| *more > 0) {
        report = report.note(format!("{more} more statements take part"));
    }
    report
        .note("rules of this policy with one peer and one protocol are already merged")
        .help("name fewer peers: put roles that are reached alike into one tier with `same-group-as`")
        .help("or give peers outside of the platform one role with all their ranges")
        .help(format!("or state what the Prism Central takes: `{RULES_PER_POLICY} = ...`"))
}

/// The statements of a policy's rules, each as one of its flows with the number of rules that it takes part in.
fn largest<'a>(policy: &'a Policy, tier: &TierPolicy) -> Vec<(&'a Flow, u64)> {
    let flows: BTreeMap<&RowId, &Flow> = policy.flows().iter().map(|flow| (&flow.id, flow)).collect();
    let mut counts: BTreeMap<&str, (&Flow, u64)> = BTreeMap::new();
    for rule in &tier.rules {
        let asking: BTreeMap<&str, &Flow> = rule
            .rows
            .iter()
            .filter_map(|row| flows.get(row))
            .map(|flow| (flow.origin.as_str(), *flow))
            .collect();
        for (origin, flow) in asking {
            counts.entry(origin).or_insert((flow, 0)).1 += 1;
        }
    }
    let mut counts: Vec<(&Flow, u64)> = counts.into_values().collect();
    counts.sort_by_key(|(flow, count)| (Reverse(*count), flow.origin.as_str()));
    counts
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
