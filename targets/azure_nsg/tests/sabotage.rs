//! Every rule, default and number of the examples' plans, damaged.

use super::super::AzureNsg;
use super::super::plan::{Plan, Ports, Rule, Side, Transport};
use crate::policy::KnownBy;
use crate::target::half::Direction;
use crate::target::testing::{
    Damage, assert_damages_are_seen, bytes_say_what_the_plan_does, damaged, random_flows, random_site,
};
use proptest::prelude::*;

/// What a rule matches, whatever its name and number.
fn matched(rule: &Rule) -> impl PartialEq + use<> {
    let services = (rule.transport, rule.ports.clone());
    (rule.direction, rule.allow, services, rule.source.clone(), rule.destination.clone())
}

fn of_rule(plan: &Plan, nsg: usize, at: usize, damages: &mut Vec<Damage<Plan>>) {
    let rules = &plan.nsgs[nsg].rules;
    let rule = &rules[at];
    let mut add = |what: &str, change: &dyn Fn(&mut Vec<Rule>)| {
        let what = format!("{}: {what}", rule.name);
        damages.push(damaged(plan, what, |plan| change(&mut plan.nsgs[nsg].rules)));
    };
    // Another row may ask for the same, for another reason.
    if rules.iter().filter(|other| matched(other) == matched(rule)).count() == 1 {
        add("gone", &|rules| drop(rules.remove(at)));
    }
    add("flipped", &|rules| rules[at].allow = !rules[at].allow);
    add("turned", &|rules| {
        let turned = &mut rules[at].direction;
        *turned = if *turned == Direction::Ingress { Direction::Egress } else { Direction::Ingress };
    });
    if !rule.allow {
        return;
    }
    let closing = rules.iter().position(|other| !other.allow && other.direction == rule.direction).unwrap();
    add("swapped with the closing rule", &|rules| {
        let own = rules[at].priority;
        rules[at].priority = rules[closing].priority;
        rules[closing].priority = own;
    });
    add("everything", &|rules| (rules[at].transport, rules[at].ports) = (Transport::Any, Ports::All));
    // Whoever else is behind the group can't be known here, so only the other end is opened.
    add("anybody", &|rules| match rules[at].direction {
        Direction::Ingress => rules[at].source = Side::Anything,
        Direction::Egress => rules[at].destination = Side::Anything,
    });
    let nobody = || Side::Ranges(vec!["203.0.113.0/24".parse().unwrap()]);
    add("another source", &|rules| rules[at].source = nobody());
    add("another destination", &|rules| rules[at].destination = nobody());
}

fn damages(plan: &Plan) -> Vec<Damage<Plan>> {
    let mut damages = Vec::new();
    for (nsg, group) in plan.nsgs.iter().enumerate() {
        for at in 0..group.rules.len() {
            of_rule(plan, nsg, at, &mut damages);
        }
    }
    damages
}

#[test]
fn every_damage_of_a_plan_is_seen() {
    assert_damages_are_seen(&AzureNsg, damages, 200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_bytes_of_random_sites_say_what_their_plan_does(flows in random_flows()) {
        let services = ["tcp/443", "tcp/80-90", "tcp/91", "udp/1-65535", "icmp", "tcp/0-65535"];
        let named = KnownBy::Tag("Storage".to_owned());
        let policy = random_site("azure", &[], named, &services, &flows);
        prop_assert!(bytes_say_what_the_plan_does(&AzureNsg, &policy) || !flows.is_empty());
    }
}
