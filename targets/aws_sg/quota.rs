//! Counting as AWS counts, and what fits where.
//!
//! In: drafted rules and the platform's attributes. Out: quota uses, merged drafts where a quota forces it, and the group
//! that each rule stands in.
//!
//! Invariant: nothing is merged that was not over a limit; a count is never lower than what AWS will count, but for
//! customer lists whose size nobody states, and their lines say so.

use super::draft::{Draft, Slot, family};
use super::plan::{Group, Peer, Plan};
use super::split::{self, Placed, Room, Weight};
use super::{limits, names};
use crate::policy::address::Family;
use crate::policy::{KnownBy, Platform, Policy, RoleId};
use crate::target::QuotaUse;
use crate::target::half::Direction;
use std::collections::{BTreeMap, BTreeSet};

/// The attribute of a platform that states a raised quota of rules.
pub(super) const RULES_PER_GROUP: &str = "rules-per-group";

/// The attribute of a platform that states how many groups an interface may wear.
pub(super) const GROUPS_PER_INTERFACE: &str = "groups-per-interface";

/// The attribute of a role that states `MaxEntries` of its prefix list.
pub(super) const LIST_ENTRIES: &str = "prefix-list-entries";

/// Per cent of a direction's room from which on the lock keeps the places of its rules, so that those which are there
/// already stay when the first rule finds no room. Ours.
const LOCKED_FROM: u64 = 80;

/// The limits of one platform.
#[derive(Debug, Clone)]
pub(super) struct Quota {
    room: Room,
    lists: BTreeMap<String, ListWeight>,
}

/// What a rule with a prefix list counts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct ListWeight {
    entries: u64,
    families: Vec<Family>,
    known: bool,
}

#[derive(Debug, Clone, Default)]
struct Count {
    used: u64,
    /// Lists in it whose size is not known.
    unknown: BTreeSet<String>,
}

impl Quota {
    /// Reads the platform's quotas and the sizes of all prefix lists of the site.
    pub(super) fn new(policy: &Policy, platform: &Platform) -> Self {
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
        Self { room: room(platform), lists }
    }

    /// What a role's groups have room for.
    pub(super) fn room(&self) -> Room {
        self.room
    }

    /// Merges the rules of directions that are over the limit of one group, and all rules when the template is.
    pub(super) fn fit(&self, draft: &mut Draft, groups: usize) {
        let over: Vec<Slot> =
            self.weights(draft).filter(|(_, sum)| self.is_over(sum)).map(|(slot, _)| slot).collect();
        over.into_iter().for_each(|slot| draft.compact(slot));
        if number(groups + draft.len()) > limits::TEMPLATE_RESOURCES {
            draft.slots().into_iter().for_each(|slot| draft.compact(slot));
        }
    }

    fn is_over(&self, sum: &Weight) -> bool {
        sum.values().any(|used| *used > self.room.rules)
    }

    /// What each direction would count if it stood in one group.
    fn weights<'a>(&'a self, draft: &'a Draft) -> impl Iterator<Item = (Slot, Weight)> + 'a {
        draft.slots().into_iter().map(|slot| {
            let mut sum = start(slot.direction);
            for (_, peer, ..) in draft.rules().filter(|(at, ..)| **at == slot) {
                add(&mut sum, &self.weight(peer).counted());
            }
            (slot, sum)
        })
    }

    /// Names every rule and gives it a place. `locked` are the places that the lock has for the rules of a group.
    pub(super) fn place(
        &self,
        draft: &Draft,
        groups: &BTreeMap<RoleId, Group>,
        locked: &dyn Fn(&Group) -> BTreeMap<String, u32>,
    ) -> Vec<Placed> {
        let mut placed: Vec<Placed> = Vec::new();
        for slot in draft.slots() {
            let Some(group) = groups.get(&slot.owner) else { continue };
            let rules = draft.rules().filter(|(at, ..)| **at == slot);
            let mut rules: Vec<Placed> = rules
                .map(|(_, peer, range, rows)| {
                    let peer_group = match peer {
                        Peer::Group(owner) => groups.get(owner),
                        _ => None,
                    };
                    let id = names::rule_id(group, slot.direction, range, peer, peer_group);
                    let (peer, weight) = (peer.clone(), self.weight(peer).counted());
                    Placed { slot, peer, range, rows: rows.clone(), id, weight, part: 1 }
                })
                .collect();
            split::place(&mut rules, &start(slot.direction), self.room, &locked(group));
            placed.extend(rules);
        }
        placed
    }

    /// The places of an owner's rules that the lock is to keep; none while there is plenty of room.
    pub(super) fn kept(&self, owner: RoleId, placed: &[Placed], is_locked: bool) -> BTreeMap<String, u32> {
        let own = || placed.iter().filter(|rule| rule.slot.owner == owner);
        let mut sums: BTreeMap<Direction, Weight> = BTreeMap::new();
        for rule in own() {
            let direction = rule.slot.direction;
            add(sums.entry(direction).or_insert_with(|| start(direction)), &rule.weight);
        }
        let is_tight = |used: &u64| used.saturating_mul(100) > self.room.rules.saturating_mul(LOCKED_FROM);
        if !is_locked && !sums.values().flat_map(BTreeMap::values).any(is_tight) {
            return BTreeMap::new();
        }
        own().map(|rule| (rule.id.clone(), rule.part)).collect()
    }

    /// Rules of each group, direction and family, and groups of an interface.
    pub(super) fn used(&self, placed: &[Placed], groups: &[Group]) -> Vec<QuotaUse> {
        let mut uses: Vec<QuotaUse> = groups
            .iter()
            .flat_map(|group| [Direction::Ingress, Direction::Egress].map(|direction| (group, direction)))
            .flat_map(|(group, direction)| self.used_of(placed, group, direction))
            .collect();
        uses.sort_by(|a, b| a.quota.cmp(&b.quota));
        let mut worn: BTreeMap<RoleId, u64> = BTreeMap::new();
        groups.iter().for_each(|group| *worn.entry(group.owner).or_default() += 1);
        uses.push(QuotaUse {
            quota: "groups on an interface".to_owned(),
            used: worn.into_values().max().unwrap_or_default(),
            limit: u64::from(self.room.groups),
        });
        uses
    }

    /// The rules of one direction of one group, by family.
    fn used_of(&self, placed: &[Placed], group: &Group, direction: Direction) -> Vec<QuotaUse> {
        let slot = Slot { owner: group.owner, direction };
        let mut counts: BTreeMap<Family, Count> = BTreeMap::new();
        for (family, used) in start(direction) {
            counts.insert(family, Count { used, ..Count::default() });
        }
        for rule in placed.iter().filter(|rule| rule.slot == slot && rule.part == group.part) {
            for (family, weight) in &rule.weight {
                let count = counts.entry(*family).or_default();
                count.used += weight;
                if let (Peer::PrefixList(list), false) = (&rule.peer, self.weight(&rule.peer).known) {
                    count.unknown.insert(list.clone());
                }
            }
        }
        let line = |(family, count): (Family, Count)| {
            let mut quota = format!("rules {}, {}, of {}", way(direction), word(family), group.id);
            if !count.unknown.is_empty() {
                let names: Vec<&str> = count.unknown.iter().map(String::as_str).collect();
                quota += &format!(" (at least: the size of {} is not stated)", names.join(", "));
            }
            QuotaUse { quota, used: count.used, limit: self.room.rules }
        };
        counts.into_iter().map(line).collect()
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
}

impl ListWeight {
    fn counted(&self) -> Weight {
        self.families.iter().map(|family| (*family, self.entries)).collect()
    }
}

/// What the platform's attributes say, else AWS's defaults, which go together up to [`limits::RULES_TIMES_GROUPS`].
fn room(platform: &Platform) -> Room {
    let stated = |attribute| platform.attribute(attribute).and_then(|text| text.parse::<u64>().ok());
    let rules = stated(RULES_PER_GROUP).unwrap_or(limits::RULES_PER_GROUP).max(1);
    let default = limits::GROUPS_PER_INTERFACE.min(limits::RULES_TIMES_GROUPS / rules).max(1);
    let groups = stated(GROUPS_PER_INTERFACE).unwrap_or(default);
    Room { rules, groups: u32::try_from(groups).unwrap_or(u32::MAX) }
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

/// What a group counts before it has a rule: the rule inside it that names nowhere counts like any other.
pub(super) fn start(direction: Direction) -> Weight {
    match direction {
        Direction::Egress => Weight::from([(Family::V4, 1)]),
        Direction::Ingress => Weight::new(),
    }
}

fn add(sum: &mut Weight, weight: &Weight) {
    weight.iter().for_each(|(family, weight)| *sum.entry(*family).or_default() += weight);
}

/// What the platform uses as a whole: groups of the Region, rules with each list, and the template.
pub(super) fn whole(plan: &Plan, bytes: usize) -> Vec<QuotaUse> {
    let line = |quota: &str, used, limit| QuotaUse { quota: quota.to_owned(), used: number(used), limit };
    let mut uses = vec![line("groups in a Region", plan.groups.len(), limits::GROUPS_PER_REGION)];
    uses.extend(plan.prefix_lists.iter().map(|list| {
        let named = plan
            .rules
            .iter()
            .filter(|rule| matches!(&rule.peer, Peer::PrefixList(name) if *name == list.name));
        line(
            &format!("rules that name the prefix list {}", list.name),
            named.count(),
            limits::PREFIX_LIST_REFERENCES,
        )
    }));
    uses.extend([
        line("resources of the template", plan.groups.len() + plan.rules.len(), limits::TEMPLATE_RESOURCES),
        line("parameters of the template", plan.prefix_lists.len() + 1, limits::TEMPLATE_PARAMETERS),
        line("bytes of the template", bytes, limits::TEMPLATE_BYTES),
    ]);
    uses
}

/// A direction in AWS's short form.
pub(super) fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::Ingress => "in",
        Direction::Egress => "out",
    }
}

/// A family's name for people.
pub(super) fn word(family: Family) -> &'static str {
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
