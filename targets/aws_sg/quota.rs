//! Counting as AWS counts, and what to say when it is too much.
//!
//! In: drafted rules and the platform's attributes. Out: quota uses, merged drafts where a quota forces it, reports.
//!
//! Invariant: nothing is merged that was not over a limit; a count is never lower than what AWS will count, but for
//! customer lists whose size nobody states, and their lines say so.

use super::draft::{Draft, Slot, family};
use super::plan::{Group, Peer, Plan};
use super::{limits, names};
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::address::Family;
use crate::policy::{KnownBy, Platform, Policy, RoleId};
use crate::target::QuotaUse;
use crate::target::half::Direction;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The attribute of a platform that states a raised quota.
pub(super) const RULES_PER_GROUP: &str = "rules-per-group";

/// The attribute of a role that states `MaxEntries` of its prefix list.
pub(super) const LIST_ENTRIES: &str = "prefix-list-entries";

/// Rows that a report points at.
const CONTRIBUTORS: usize = 3;

/// The limits of one platform.
#[derive(Debug, Clone)]
pub(super) struct Quota {
    rules_per_group: u64,
    lists: BTreeMap<String, ListWeight>,
}

/// What a rule with a prefix list counts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ListWeight {
    entries: u64,
    families: Vec<Family>,
    known: bool,
}

/// One direction of one group in one family.
type Counted = (Slot, Family);

#[derive(Debug, Clone, Default)]
struct Count {
    used: u64,
    /// Lists in it whose size is not known.
    unknown: BTreeSet<String>,
}

impl Quota {
    /// Reads the platform's quota and the sizes of all prefix lists of the site.
    pub(super) fn new(policy: &Policy, platform: &Platform) -> Self {
        let raised = platform.attribute(RULES_PER_GROUP).and_then(|text| text.parse().ok());
        let mut lists: BTreeMap<String, ListWeight> = BTreeMap::new();
        for (_, party) in policy.parties() {
            let stated = party.attribute(LIST_ENTRIES).and_then(|text| text.parse().ok());
            for name in &party.known_by {
                let KnownBy::PrefixList(list) = name else { continue };
                let weight = list_weight(list, stated);
                let known = lists.entry(list.clone()).or_insert_with(|| weight.clone());
                if (weight.known, weight.entries) > (known.known, known.entries) {
                    *known = weight;
                }
            }
        }
        Self { rules_per_group: raised.unwrap_or(limits::RULES_PER_GROUP), lists }
    }

    /// Merges the rules of directions that are over their limit, and all rules when the template is.
    pub(super) fn fit(&self, draft: &mut Draft, groups: usize) {
        let over: BTreeSet<Slot> = self.over(draft).map(|((slot, _), _)| slot).collect();
        over.into_iter().for_each(|slot| draft.compact(slot));
        if number(groups + draft.len()) > limits::TEMPLATE_RESOURCES {
            draft.slots().into_iter().for_each(|slot| draft.compact(slot));
        }
    }

    /// One report for each direction of a group that is over its limit in a family.
    pub(super) fn exceeded(
        &self,
        policy: &Policy,
        draft: &Draft,
        groups: &BTreeMap<RoleId, Group>,
    ) -> Vec<Diagnostic> {
        let over = self.over(draft).filter_map(|(counted, count)| {
            groups.get(&counted.0.owner).map(|group| self.report(policy, draft, group, counted, count.used))
        });
        over.collect()
    }

    /// Rules of each group, direction and family, and the number of groups.
    pub(super) fn used(&self, draft: &Draft, groups: &BTreeMap<RoleId, Group>) -> Vec<QuotaUse> {
        let mut uses: Vec<QuotaUse> = Vec::new();
        let mut counts = self.counts(draft);
        for owner in groups.keys() {
            let slot = Slot { owner: *owner, direction: Direction::Egress };
            counts.entry((slot, Family::V4)).or_insert_with(closing_rule);
        }
        for ((slot, family), count) in counts {
            let Some(group) = groups.get(&slot.owner) else { continue };
            let mut quota = format!("rules {}, {}, of {}", way(slot.direction), word(family), group.id);
            if !count.unknown.is_empty() {
                let names: Vec<&str> = count.unknown.iter().map(String::as_str).collect();
                quota += &format!(" (at least: the size of {} is not stated)", names.join(", "));
            }
            uses.push(QuotaUse { quota, used: count.used, limit: self.rules_per_group });
        }
        uses.sort_by(|a, b| a.quota.cmp(&b.quota));
        let quota = "groups in a Region".to_owned();
        uses.push(QuotaUse { quota, used: number(groups.len()), limit: limits::GROUPS_PER_REGION });
        uses
    }

    fn over<'a>(&'a self, draft: &Draft) -> impl Iterator<Item = (Counted, Count)> + 'a {
        self.counts(draft).into_iter().filter(|(_, count)| count.used > self.rules_per_group)
    }

    fn counts(&self, draft: &Draft) -> BTreeMap<Counted, Count> {
        let mut counts: BTreeMap<Counted, Count> = BTreeMap::new();
        for (slot, peer, _, _) in draft.rules() {
            let weight = self.weight(peer);
            for family in &weight.families {
                let count = counts.entry((*slot, *family)).or_insert_with(|| start(*slot, *family));
                count.used += weight.entries;
                if let (Peer::PrefixList(list), false) = (peer, weight.known) {
                    count.unknown.insert(list.clone());
                }
            }
        }
        counts
    }

    fn weight(&self, peer: &Peer) -> ListWeight {
        match peer {
            Peer::Group(_) => {
                ListWeight { entries: 1, families: limits::GROUP_COUNTS_IN.to_vec(), known: true }
            }
            Peer::Cidr(net) => ListWeight { entries: 1, families: vec![family(*net)], known: true },
            Peer::PrefixList(list) => {
                self.lists.get(list).cloned().unwrap_or_else(|| list_weight(list, None))
            }
        }
    }

    fn report(
        &self,
        policy: &Policy,
        draft: &Draft,
        group: &Group,
        (slot, family): Counted,
        used: u64,
    ) -> Diagnostic {
        let limit = self.rules_per_group;
        let (way, word) = (way(slot.direction), word(family));
        let message = format!(
            "the group of `{}` needs {used} rules {way} for {word}, and AWS takes {limit}",
            group.role
        );
        let mut report = Diagnostic::new(codes::QUOTA_EXCEEDED, message);
        if let Some(party) = policy.party(group.owner) {
            report = report.label(party.span, format!("the group is worn by {}", group.worn_by.join(", ")));
        }
        let contributors = self.contributors(draft, slot, family);
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
            .note("ports and ranges of this group are already merged as far as they touch")
            .help("place the other party on the platform, so that one group stands for all its addresses")
            .help("state fewer or wider ranges in the other party's `cidr`, or fewer ports")
            .help("split the role into two that wear groups of their own")
            .help(format!(
                "when the account's quota was raised, state it: `{RULES_PER_GROUP} = ...` on the platform"
            ))
    }

    /// Rows with the number of rules that they take part in, the largest first.
    fn contributors(&self, draft: &Draft, slot: Slot, family: Family) -> Vec<(usize, u64)> {
        let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
        for (_, peer, _, rows) in draft.rules().filter(|(at, ..)| **at == slot) {
            let weight = self.weight(peer);
            if weight.families.contains(&family) {
                rows.iter().for_each(|row| *counts.entry(*row).or_default() += weight.entries);
            }
        }
        let mut contributors: Vec<(usize, u64)> = counts.into_iter().collect();
        contributors.sort_by_key(|(row, count)| (Reverse(*count), *row));
        contributors
    }
}

/// What a list counts: what AWS says of its own, what the site says of others, else 1 in both families.
fn list_weight(list: &str, stated: Option<u64>) -> ListWeight {
    let service = names::aws_list(list).map(|(_, service)| service);
    let (service, families) = match service.map(|service| (service.strip_prefix("ipv6."), service)) {
        Some((Some(service), _)) => (Some(service), vec![Family::V6]),
        Some((None, service)) => (Some(service), vec![Family::V4]),
        None => (None, vec![Family::V4, Family::V6]),
    };
    let listed = limits::AWS_LIST_WEIGHTS.iter().find(|(name, _)| Some(*name) == service);
    let entries = stated.or(listed.map(|(_, weight)| *weight));
    ListWeight { entries: entries.unwrap_or(1), families, known: entries.is_some() }
}

fn start(slot: Slot, family: Family) -> Count {
    match (slot.direction, family) {
        (Direction::Egress, Family::V4) => closing_rule(),
        _ => Count::default(),
    }
}

/// The rule inside each group that names nowhere counts like any other.
fn closing_rule() -> Count {
    Count { used: 1, unknown: BTreeSet::new() }
}

/// What the template uses.
pub(super) fn template(plan: &Plan, bytes: usize) -> Vec<QuotaUse> {
    let line =
        |quota: &str, used: usize, limit| QuotaUse { quota: quota.to_owned(), used: number(used), limit };
    vec![
        line("resources of the template", plan.groups.len() + plan.rules.len(), limits::TEMPLATE_RESOURCES),
        line("parameters of the template", plan.prefix_lists.len() + 1, limits::TEMPLATE_PARAMETERS),
        line("bytes of the template", bytes, limits::TEMPLATE_BYTES),
    ]
}

/// Reports for the limits that hold for the platform as a whole.
pub(super) fn template_exceeded(platform: &Platform, plan: &Plan) -> Vec<Diagnostic> {
    let whole = plan.quotas.iter().filter(|line| line.used > line.limit && !line.quota.starts_with("rules "));
    whole
        .map(|line| {
            let message = format!("`{}` needs {} {}, and AWS takes {}", platform.name, line.used, line.quota, line.limit);
            Diagnostic::new(codes::QUOTA_EXCEEDED, message)
                .label(platform.span, format!("{} groups with {} rules", plan.groups.len(), plan.rules.len()))
                .help("divide the roles among two platforms of this kind with one VPC: each gets a template of its own")
        })
        .collect()
}

fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "in",
        Direction::Egress => "out",
    }
}

fn word(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
    }
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_weigh_what_aws_or_the_site_says() {
        let weight = |list, stated| {
            let weight = list_weight(list, stated);
            (weight.entries, weight.families.len(), weight.known)
        };
        assert_eq!(weight("com.amazonaws.eu-west-1.s3", None), (1, 1, true));
        assert_eq!(weight("com.amazonaws.global.cloudfront.origin-facing", None), (55, 1, true));
        assert_eq!(weight("com.amazonaws.eu-west-1.ipv6.vpc-lattice", None), (10, 1, true));
        assert_eq!(weight("corp-dns", None), (1, 2, false));
        assert_eq!(weight("corp-dns", Some(20)), (20, 2, true));
    }
}
