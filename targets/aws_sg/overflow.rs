//! What to say when rules are too many, and who needs most of them.
//!
//! In: placed rules and what a platform has room for. Out: reports.
//!
//! Invariant: each report names the largest contributors, and says what the author can type.

use super::draft::Slot;
use super::limits;
use super::plan::{Group, Plan};
use super::quota::{GROUPS_PER_INTERFACE, RULES_PER_GROUP, start, way, word};
use super::split::{Placed, Room, Weight};
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::address::Family;
use crate::policy::{Platform, Policy, RoleId};
use crate::target::QuotaUse;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Contributors that a report points at.
const CONTRIBUTORS: usize = 3;

/// A report for quotas that AWS grants to nobody.
pub(super) fn impossible_quota(platform: &Platform, room: Room) -> Option<Diagnostic> {
    let Room { rules, groups } = room;
    let most = limits::RULES_TIMES_GROUPS;
    if rules.saturating_mul(u64::from(groups)) <= most {
        return None;
    }
    let message = format!(
        "`{}` states {rules} rules in each of {groups} groups, and AWS takes {most} rules on an interface",
        platform.name
    );
    let attributes = [RULES_PER_GROUP, GROUPS_PER_INTERFACE];
    let spans = attributes.into_iter().filter_map(|name| Some((name, *platform.attribute_spans.get(name)?)));
    let report = Diagnostic::new(codes::QUOTA_EXCEEDED, message);
    let report =
        spans.fold(report, |report, (name, span)| report.label(span, format!("`{name}` is stated here")));
    Some(report.help(format!(
        "with {rules} rules write `{GROUPS_PER_INTERFACE} = {}` or less",
        (most / rules).max(1)
    )))
}

/// One report for each direction of a role's groups that has more rules than they have room for.
pub(super) fn exceeded(
    policy: &Policy,
    placed: &[Placed],
    groups: &BTreeMap<RoleId, Group>,
    room: Room,
) -> Vec<Diagnostic> {
    let slots: BTreeSet<Slot> = placed
        .iter()
        .filter(|rule| rule.part > room.groups || is_too_heavy(rule, room))
        .map(|rule| rule.slot)
        .collect();
    let reports = slots.into_iter().filter_map(|slot| {
        let rules: Vec<&Placed> = placed.iter().filter(|rule| rule.slot == slot).collect();
        groups.get(&slot.owner).map(|group| Overflow { policy, group, slot, rules, room }.report())
    });
    reports.collect()
}

/// True for a rule that no group has room for, however empty.
fn is_too_heavy(rule: &Placed, room: Room) -> bool {
    let start = start(rule.slot.direction);
    let used = |family: &Family| start.get(family).copied().unwrap_or_default();
    rule.weight.iter().any(|(family, weight)| used(family).saturating_add(*weight) > room.rules)
}

/// One direction of the groups of a role.
struct Overflow<'a> {
    policy: &'a Policy,
    group: &'a Group,
    slot: Slot,
    rules: Vec<&'a Placed>,
    room: Room,
}

impl Overflow<'_> {
    fn report(&self) -> Diagnostic {
        let Room { rules, groups } = self.room;
        let (family, used) = self.largest_family();
        let (way, word, name) = (way(self.slot.direction), word(family), &self.group.role);
        let each = if groups == 1 { String::new() } else { format!(" in each of {groups} groups") };
        let message =
            format!("the group of `{name}` needs {used} rules {way} for {word}, and AWS takes {rules}{each}");
        let mut report = Diagnostic::new(codes::QUOTA_EXCEEDED, message);
        if let Some(party) = self.policy.party(self.group.owner) {
            let worn_by = self.group.worn_by.join(", ");
            report = report.label(party.span, format!("the group is worn by {worn_by}"));
        }
        report = self.with_contributors(report, family);
        report = report.note("ports and ranges of this group are already merged as far as they touch");
        if used <= rules.saturating_mul(u64::from(groups)) {
            report =
                report.note("a prefix list counts as a whole, so the rules leave gaps that nothing fills");
        }
        report
            .help("place the other party on the platform, so that one group stands for all its addresses")
            .help("state fewer or wider ranges in the other party's `cidr`, or fewer ports")
            .help("split the role into two that wear groups of their own")
            .help(self.ask_for_more())
    }

    /// The family that counts most, with what it counts in all groups that may be worn.
    fn largest_family(&self) -> (Family, u64) {
        let groups = u64::from(self.room.groups);
        let mut sums: Weight =
            start(self.slot.direction).into_iter().map(|(family, used)| (family, used * groups)).collect();
        for (family, weight) in self.rules.iter().flat_map(|rule| &rule.weight) {
            *sums.entry(*family).or_default() += weight;
        }
        let largest = sums.into_iter().max_by_key(|(family, used)| (*used, Reverse(*family)));
        largest.unwrap_or((Family::V4, 0))
    }

    fn with_contributors(&self, mut report: Diagnostic, family: Family) -> Diagnostic {
        let policy = self.policy;
        let contributors = self.contributors(family);
        for (row, count) in contributors.iter().take(CONTRIBUTORS) {
            let Some(flow) = policy.flows().get(*row) else { continue };
            let (from, to) = (policy.name(flow.from), policy.name(flow.to));
            if let Some(reason) = flow.provenance.first() {
                let text = format!("{count} for {from} -> {to} : {} ({})", flow.services, flow.id);
                report = report.label(reason.span, text);
            }
        }
        if contributors.len() > CONTRIBUTORS {
            report = report.note(format!("{} more rows take part", contributors.len() - CONTRIBUTORS));
        }
        let is_internet = |role| policy.party(role).is_some_and(|party| party.is_internet);
        let meets_internet = contributors.iter().filter_map(|(row, _)| policy.flows().get(*row));
        if meets_internet.into_iter().any(|flow| is_internet(flow.from) || is_internet(flow.to)) {
            report = report.help(
                "`internet` is exactly what no role covers, which takes many ranges: go through a proxy with `via`, or \
                 declare a role with `cidr = 0.0.0.0/0`, and what it covers besides is reported",
            );
        }
        report
    }

    /// Rows with the number of rules that they take part in, the largest first.
    fn contributors(&self, family: Family) -> Vec<(usize, u64)> {
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        for rule in &self.rules {
            if let Some(weight) = rule.weight.get(&family) {
                rule.rows.iter().for_each(|row| *counts.entry(*row).or_default() += weight);
            }
        }
        let mut contributors: Vec<(usize, u64)> = counts.into_iter().collect();
        contributors.sort_by_key(|(row, count)| (Reverse(*count), *row));
        contributors
    }

    fn ask_for_more(&self) -> String {
        let most = limits::RULES_TIMES_GROUPS;
        format!(
            "when the account's quotas were raised, state them: `{RULES_PER_GROUP} = ...` or \
             `{GROUPS_PER_INTERFACE} = ...` on the platform; AWS grants {most} at most of one times the other"
        )
    }
}

/// Reports for the limits that hold for the platform as a whole, with the groups that have most rules.
pub(super) fn whole_exceeded(platform: &Platform, plan: &Plan, whole: &[QuotaUse]) -> Vec<Diagnostic> {
    let over = whole.iter().filter(|line| line.used > line.limit);
    over.map(|line| {
        let message = format!("`{}` needs {} {}, and AWS takes {}", platform.name, line.used, line.quota, line.limit);
        let label = format!("{} groups with {} rules", plan.groups.len(), plan.rules.len());
        Diagnostic::new(codes::QUOTA_EXCEEDED, message)
            .label(platform.span, label)
            .note(format!("most rules belong to {}", largest_groups(plan)))
            .help("divide the roles among two platforms of this kind with one VPC: each gets a template of its own")
    })
    .collect()
}

/// The groups with most rules, as a list for people.
fn largest_groups(plan: &Plan) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for group in &plan.groups {
        let own =
            plan.rules.iter().filter(|rule| (rule.group, rule.part) == (group.owner, group.part)).count();
        *counts.entry(&group.role).or_default() += own;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(name, count)| (Reverse(*count), *name));
    let shown = counts.into_iter().take(CONTRIBUTORS).map(|(name, count)| format!("`{name}` ({count})"));
    shown.collect::<Vec<_>>().join(", ")
}
