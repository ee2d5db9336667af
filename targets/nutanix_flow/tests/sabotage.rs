//! Every rule, switch and group of the examples' plans, damaged.

use super::super::NutanixFlow;
use super::super::plan::{Intra, Plan, RulePeer, TierPolicy};
use super::super::services::{Ports, Services};
use crate::policy::KnownBy;
use crate::target::Backend;
use crate::target::half::Direction;
use crate::target::testing::{
    Damage, ROLES, assert_damages_are_seen, bytes_say_what_the_plan_does, damaged, random_flows, random_site,
};
use proptest::prelude::*;
use std::sync::Arc;

fn of_rules(plan: &Plan, tier: usize, damages: &mut Vec<Damage<Plan>>) {
    let policy = &plan.policies[tier];
    for (at, rule) in policy.rules.iter().enumerate() {
        let mut add = |what: &str, change: &dyn Fn(&mut TierPolicy)| {
            let what = format!("{}, rule {at}: {what}", policy.name);
            damages.push(damaged(plan, what, |plan| change(&mut plan.policies[tier])));
        };
        let is_twin = |other: &&super::super::plan::Rule| {
            (other.direction, &other.peer, &other.services) == (rule.direction, &rule.peer, &rule.services)
        };
        // Another row may ask for the same, for another reason.
        if policy.rules.iter().filter(is_twin).count() == 1 {
            add("gone", &|policy| drop(policy.rules.remove(at)));
            add("elsewhere", &|policy| {
                policy.rules[at].peer = RulePeer::Subnet("203.0.113.0/24".parse().unwrap());
            });
        }
        add("turned", &|policy| {
            let turned = &mut policy.rules[at].direction;
            *turned = if *turned == Direction::Ingress { Direction::Egress } else { Direction::Ingress };
        });
        add("every port", &|policy| {
            policy.rules[at].services = Services::Tcp(vec![Ports { start: 0, end: u16::MAX }]);
        });
        add("everybody", &|policy| policy.rules[at].peer = RulePeer::Subnet("0.0.0.0/0".parse().unwrap()));
    }
}

fn damages(plan: &Plan) -> Vec<Damage<Plan>> {
    let mut damages = Vec::new();
    for (tier, policy) in plan.policies.iter().enumerate() {
        of_rules(plan, tier, &mut damages);
        let name = &policy.name;
        if policy.rules.is_empty() {
            continue;
        }
        damages.push(damaged(plan, format!("{name} gone"), |plan| drop(plan.policies.remove(tier))));
        if plan.policies.len() > 1 {
            damages.push(damaged(plan, format!("{name} for the whole platform"), |plan| {
                let policy = &mut plan.policies[tier];
                policy.secured = Arc::from(&policy.secured[..1]);
            }));
        }
        if policy.intra == Intra::ByRules {
            let closed = |plan: &mut Plan| plan.policies[tier].intra = Intra::Deny;
            damages.push(damaged(plan, format!("{name} closed within"), closed));
        }
    }
    for name in plan.address_groups.keys() {
        let emptied = |plan: &mut Plan| {
            let group = plan.address_groups.get_mut(name).unwrap();
            let ranges = group.addresses.ranges();
            group.addresses = crate::policy::address::AddressSet::from_ranges(&ranges[1..]);
        };
        damages.push(damaged(plan, format!("{name} without its first range"), emptied));
    }
    damages
}

#[test]
fn every_damage_of_a_plan_is_seen() {
    assert_damages_are_seen(&NutanixFlow, damages, 400);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_bytes_of_random_sites_say_what_their_plan_does(flows in random_flows()) {
        let services = ["tcp/443", "tcp/80-90", "tcp/91", "udp/1-65535", "icmp/8/0", "icmp/3", "icmpv6", "tcp/80-95"];
        let named = KnownBy::Tag("Storage".to_owned());
        let policy = random_site("nutanix", &[("category", "AppType:Citrix")], named, &services, &flows);
        prop_assert!(bytes_say_what_the_plan_does(&NutanixFlow, &policy) || !flows.is_empty());
    }

    #[test]
    fn every_spelling_has_words_for_sites_without_ipv6(flows in random_flows()) {
        let services = ["tcp/443", "tcp/80-90", "tcp/91", "udp/1-65535", "icmp/8/0", "icmp", "tcp/80-95"];
        let has_ipv4_only = |role: usize| ["a", "bare", "c", "users", "wide"].contains(&ROLES[role]);
        let flows: Vec<_> =
            flows.into_iter().filter(|(from, to, _)| has_ipv4_only(*from) && has_ipv4_only(*to)).collect();
        let named = KnownBy::Tag("Storage".to_owned());
        let policy = random_site("nutanix", &[("category", "AppType:Citrix")], named, &services, &flows);
        let (plan, _) = super::try_plan(&policy, None);
        let mut spellings = NutanixFlow.info().spellings.iter();
        prop_assert!(plan.is_none_or(|plan| spellings.all(|one| NutanixFlow.unspoken(&plan, *one).is_none())));
        prop_assert!(bytes_say_what_the_plan_does(&NutanixFlow, &policy) || !flows.is_empty());
    }
}
