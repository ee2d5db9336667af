//! Every line of the examples' change requests, damaged.

use super::super::Firewall;
use super::super::plan::{Endpoint, Line, Plan};
use crate::policy::KnownBy;
use crate::target::testing::{
    Damage, assert_damages_are_seen, bytes_say_what_the_plan_does, damaged, random_flows, random_site,
};
use proptest::prelude::*;

fn damages(plan: &Plan) -> Vec<Damage<Plan>> {
    let mut damages = Vec::new();
    let nobody = || Endpoint::Range("203.0.113.0/24".parse().unwrap());
    for (row, lines) in plan.rows.iter().enumerate().map(|(at, row)| (at, &row.lines)) {
        for (at, line) in lines.iter().enumerate() {
            let mut add = |what: &str, change: &dyn Fn(&mut Line)| {
                let what = format!("row {row}, line {at}: {what}");
                damages.push(damaged(plan, what, |plan| change(&mut plan.rows[row].lines[at])));
            };
            let (low, high) = (line.service.low, line.service.high);
            add("turned", &|line| std::mem::swap(&mut line.source, &mut line.destination));
            add("another source", &|line| line.source = nobody());
            add("another destination", &|line| line.destination = nobody());
            if (low, high) != (0, u16::MAX) {
                add("every port", &|line| (line.service.low, line.service.high) = (0, u16::MAX));
            }
            // Another row may ask for the same, for another reason.
            if plan.rows.iter().flat_map(|row| &row.lines).filter(|other| *other == line).count() == 1 {
                let gone = |plan: &mut Plan| drop(plan.rows[row].lines.remove(at));
                damages.push(damaged(plan, format!("row {row}, line {at}: gone"), gone));
            }
        }
    }
    damages
}

#[test]
fn every_damage_of_a_plan_is_seen() {
    assert_damages_are_seen(&Firewall, damages, 100);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_bytes_of_random_sites_say_what_their_plan_does(flows in random_flows()) {
        let services = ["tcp/443", "tcp/80-90", "tcp/91", "udp/1-65535", "icmp/8/0", "icmp/3", "icmpv6", "tcp/80-95"];
        let named = KnownBy::Names(vec!["a.example".to_owned(), "b.example".to_owned()]);
        let policy = random_site("firewall", &[], named, &services, &flows);
        prop_assert!(bytes_say_what_the_plan_does(&Firewall, &policy) || !flows.is_empty());
    }
}
