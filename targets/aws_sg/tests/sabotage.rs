//! Every rule and every default of the examples' plans, damaged.

use super::super::AwsSg;
use super::super::plan::{IpProtocol, Peer, Permission, Plan};
use crate::policy::KnownBy;
use crate::target::half::Direction;
use crate::target::testing::{
    Damage, assert_damages_are_seen, bytes_say_what_the_plan_does, damaged, random_flows, random_site,
};
use proptest::prelude::*;

fn damages(plan: &Plan) -> Vec<Damage<Plan>> {
    let mut damages = Vec::new();
    let nobody = || Peer::Cidr("203.0.113.0/24".parse().unwrap());
    for (at, rule) in plan.rules.iter().enumerate() {
        let mut add = |what: &str, change: &dyn Fn(&mut Plan)| {
            damages.push(damaged(plan, format!("{}: {what}", rule.id), |plan| change(plan)));
        };
        add("gone", &|plan| drop(plan.rules.remove(at)));
        add("every protocol", &|plan| plan.rules[at].permission = Permission::ALL);
        if matches!(rule.permission.protocol, IpProtocol::Tcp | IpProtocol::Udp)
            && rule.permission.to_port != Some(65535)
        {
            add("wide port", &|plan| plan.rules[at].permission.to_port = Some(65535));
        }
        add("turned", &|plan| {
            let turned = &mut plan.rules[at].direction;
            *turned = if *turned == Direction::Ingress { Direction::Egress } else { Direction::Ingress };
        });
        add("elsewhere", &|plan| plan.rules[at].peer = nobody());
        let other = plan.groups.iter().map(|group| group.owner).find(|owner| *owner != rule.group);
        if let Some(other) = other {
            add("another group", &|plan| plan.rules[at].group = other);
        }
        add("one more peer", &|plan| {
            let mut more = plan.rules[at].clone();
            more.peer = nobody();
            more.permission = Permission { protocol: IpProtocol::Udp, from_port: Some(7), to_port: Some(7) };
            plan.rules.push(more);
        });
    }
    for (at, group) in plan.groups.iter().enumerate() {
        let unstated = |plan: &mut Plan| plan.groups[at].inline_egress.clear();
        damages.push(damaged(plan, format!("{}: egress unstated", group.id), unstated));
    }
    damages
}

#[test]
fn every_damage_of_a_plan_is_seen() {
    assert_damages_are_seen(&AwsSg, damages, 600);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_bytes_of_random_sites_say_what_their_plan_does(flows in random_flows()) {
        let services = ["tcp/443", "tcp/80-90", "tcp/91", "udp/1-65535", "icmp/8/0", "icmp/3", "icmpv6", "tcp/80-95"];
        let named = KnownBy::PrefixList("com.amazonaws.eu-west-1.s3".to_owned());
        let policy = random_site("aws", &[("region", "eu-west-1"), ("rules-per-group", "900")], named, &services, &flows);
        prop_assert!(bytes_say_what_the_plan_does(&AwsSg, &policy) || !flows.is_empty());
    }
}
