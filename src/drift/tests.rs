//! The comparison on enforcement points made by hand.

use super::*;
use crate::policy::address::AddressSet;
use crate::policy::service::{Protocol, ServiceSet};
use crate::target::observed::{Action, Author};
use ipnet::IpNet;

fn net(text: &str) -> Peers {
    Peers::at(AddressSet::from_ranges([&text.parse::<IpNet>().unwrap()]))
}

fn tag(name: &str) -> Peers {
    Peers::named(PeerName::AddressSet(name.to_owned()))
}

fn rule(at: &str, action: Action, from: Peers, port: u16) -> Rule {
    let services = if port == 0 { ServiceSet::any() } else { ServiceSet::ports(Protocol::TCP, port, port) };
    Rule {
        pointer: at.to_owned(),
        author: Author::File,
        direction: Direction::Ingress,
        action,
        from,
        to: Peers::guarded(),
        services,
    }
}

fn guard(rules: Vec<Rule>) -> Guard {
    let mut guard = Guard::new("web", "/web", Peers::named(PeerName::Behind("web".to_owned())));
    guard.rules = rules;
    guard
}

fn compared(
    compiled: Vec<Rule>,
    deployed: Vec<Rule>,
    rows: &[(&str, &str)],
    remarks: &[(&str, &str)],
) -> Vec<Drift> {
    let mut by_place: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (place, row) in rows {
        by_place.entry((*place).to_owned()).or_default().insert((*row).to_owned());
    }
    let compiled = guard(compiled);
    let known = KnownAs::default();
    let wanted = vec![Wanted { platform: "p", guard: &compiled, known: &known, rows: &by_place }];
    let mut one = Deployed::new("web", guard(deployed));
    one.remarks = remarks.iter().map(|(place, text)| ((*place).to_owned(), (*text).to_owned())).collect();
    let export = Export { guards: vec![one], ..Export::default() };
    let site = Site { wanted, known: Vec::new(), platforms: BTreeSet::new() };
    compare(&site, &export, &Binds::new()).drifts
}

fn kinds(drifts: &[Drift]) -> Vec<Kind> {
    drifts.iter().map(|drift| drift.kind).collect()
}

#[test]
fn an_order_that_means_something_is_told() {
    let deny = || rule("d", Action::Deny, net("10.0.0.0/24"), 0);
    let allow = || rule("a", Action::Allow, net("10.0.0.0/8"), 443);
    let drifts = compared(vec![deny(), allow()], vec![allow(), deny()], &[], &[]);
    assert_eq!(kinds(&drifts), [Kind::Changed]);
    assert!(drifts[0].opens && drifts[0].note.is_some());
    let other = || rule("b", Action::Allow, net("10.1.0.0/16"), 22);
    assert_eq!(compared(vec![other(), allow()], vec![allow(), other()], &[], &[]), []);
}

#[test]
fn a_deny_that_may_lie_behind_a_name_is_possible() {
    let allow = || rule("a", Action::Allow, tag("storage"), 443);
    let deny = rule("d", Action::Deny, net("10.0.0.0/8"), 0);
    let drifts = compared(vec![allow()], vec![deny, allow()], &[], &[]);
    assert_eq!(kinds(&drifts), [Kind::Extra]);
    assert!(drifts[0].is_possible && !drifts[0].opens);
}

#[test]
fn a_deny_by_name_above_an_allow_by_address_is_possible() {
    let allow = || rule("a", Action::Allow, net("10.1.0.0/16"), 443);
    let deny = || rule("d", Action::Deny, tag("network"), 0);
    let drifts = compared(vec![allow()], vec![deny(), allow()], &[], &[]);
    assert_eq!(kinds(&drifts), [Kind::Extra]);
    assert!(drifts[0].is_possible && !drifts[0].opens);
    // Beneath the allow it takes nothing away.
    assert_eq!(compared(vec![allow()], vec![allow(), deny()], &[], &[]), []);
}

#[test]
fn a_rule_of_the_platform_is_not_taken_for_the_closing_one() {
    let closing = |author| Rule { author, ..rule("d", Action::Deny, Peers::everybody(), 0) };
    let beneath = || Rule { author: Author::Platform, ..rule("v", Action::Allow, tag("network"), 0) };
    let last = || closing(Author::Platform);
    let compiled = vec![closing(Author::File), beneath(), last()];
    let drifts = compared(compiled, vec![beneath(), last()], &[], &[]);
    assert_eq!(kinds(&drifts), [Kind::Missing]);
    assert!(drifts[0].opens && drifts[0].note.is_none());
}

#[test]
fn a_deny_that_is_gone_opens() {
    let closing = || rule("d", Action::Deny, Peers::everybody(), 0);
    let beneath = || rule("v", Action::Allow, tag("network"), 0);
    let drifts = compared(vec![closing(), beneath()], vec![beneath()], &[], &[]);
    assert_eq!(kinds(&drifts), [Kind::Missing]);
    assert!(drifts[0].opens);
}

#[test]
fn rules_of_different_rows_are_not_taken_for_one_another() {
    let compiled = || vec![rule("a", Action::Allow, net("10.1.0.0/16"), 443)];
    let wider = vec![rule("x", Action::Allow, net("10.0.0.0/8"), 443)];
    let rows = [("a", "r-one"), ("b", "r-two")];
    let drifts = compared(compiled(), wider.clone(), &rows, &[("x", "Portal (r-one)")]);
    assert_eq!(kinds(&drifts), [Kind::Widened]);
    assert_eq!(kinds(&compared(compiled(), wider.clone(), &rows, &[])), [Kind::Widened]);
    assert_eq!(kinds(&compared(compiled(), wider, &rows, &[("x", "Other (r-two)")])), [Kind::Extra]);
    let part = vec![rule("x", Action::Allow, net("10.1.2.0/24"), 443)];
    assert_eq!(kinds(&compared(compiled(), part, &rows, &[])), [Kind::Narrowed]);
}

#[test]
fn both_families_whole_are_everybody() {
    let both = Peers::at(AddressSet::all());
    let compiled = vec![rule("a", Action::Allow, Peers::everybody(), 443)];
    assert_eq!(compared(compiled, vec![rule("x", Action::Allow, both, 443)], &[], &[]), []);
}

const MANY: u16 = 1000;

/// Many rules of which every one was changed, each with its own ports and its own range.
#[test]
fn thousands_of_changed_rules_are_paired() {
    let range = |at: u16| net(&format!("10.{}.{}.0/24", at / 250, at % 250));
    let all = |shift: u16| {
        (0..MANY).map(|at| rule(&format!("{at}"), Action::Allow, range(at), at + shift)).collect()
    };
    let drifts = compared(all(1), all(2), &[], &[]);
    assert_eq!(drifts.len(), 2 * usize::from(MANY));
    let wider = |shift: u16| -> Vec<Rule> {
        let one = |at: u16| {
            let services = ServiceSet::ports(Protocol::TCP, 1, at + shift);
            Rule { services, ..rule(&format!("{at}"), Action::Allow, range(at), 1) }
        };
        (0..MANY).map(one).collect()
    };
    let drifts = compared(wider(1), wider(2), &[], &[]);
    assert_eq!(drifts.len(), usize::from(MANY));
    assert!(drifts.iter().all(|drift| drift.kind == Kind::Widened));
}
