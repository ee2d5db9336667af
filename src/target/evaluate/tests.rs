//! Hand-made files evaluated in small sites: first match, parts of parties, names, IPv6.

use super::super::observed::Author;
use super::*;
use crate::policy::Policy;
use crate::policy::testing::{SiteBuilder, addresses, services};

fn site() -> Policy {
    SiteBuilder::new()
        .platform("p", "p", &[])
        .role("a", Some("p"), &["10.0.0.0/24"])
        .role("cloud", None, &[])
        .role("users", None, &["10.9.0.0/16"])
        .policy()
}

fn points(policy: &Policy, role: &str) -> Vec<AtomId> {
    policy.universe().of_role(policy.find(role).unwrap()).to_vec()
}

/// Whoever is behind the group `a`, reached by these.
fn observed(rules: &[(Action, Peers, &str)]) -> Observed {
    let mut guard = Guard::new("a", "/a", Peers::named(PeerName::Group("a".to_owned())));
    guard.rules = rules
        .iter()
        .enumerate()
        .map(|(at, (action, from, on))| Rule {
            pointer: format!("/a/{at}"),
            author: Author::File,
            direction: Direction::Ingress,
            action: *action,
            from: from.clone(),
            to: Peers::guarded(),
            services: services(on),
        })
        .collect();
    Observed { guards: vec![guard], opens_only: false }
}

fn bindings(policy: &Policy) -> Bindings {
    let mut bindings = Bindings::default();
    bindings.bind(PeerName::Group("a".to_owned()), points(policy, "a"));
    let names = ["one.example", "two.example"].map(str::to_owned);
    bindings.hosts(points(policy, "cloud")[0], names);
    bindings
}

/// What reaches `a` from a role, as text; or the place where no exact answer exists.
fn reached(from: &str, rules: &[(Action, Peers, &str)]) -> Result<String, String> {
    let policy = site();
    let evaluation = evaluate(&observed(rules), &bindings(&policy), policy.universe());
    let passing = |found: Evaluation| {
        found.permits.ingress.services(points(&policy, from)[0], points(&policy, "a")[0]).to_string()
    };
    evaluation.map(passing).map_err(|unclear| match unclear {
        Unclear::NotAligned { pointer, .. } => format!("in part: {pointer}"),
        Unclear::UnknownName { pointer, name } => format!("{name}: {pointer}"),
    })
}

fn at(range: &str) -> Peers {
    Peers::at(addresses(&[range]))
}

fn host(name: &str) -> Peers {
    Peers::named(PeerName::Host(name.to_owned()))
}

use Action::{Allow, Deny};

#[test]
fn the_first_rule_that_matches_decides() {
    let users = || at("10.9.0.0/16");
    assert_eq!(
        reached("users", &[(Allow, users(), "tcp/1-9"), (Deny, users(), "tcp/5")]).unwrap(),
        "tcp/1-9"
    );
    let rules = [(Deny, users(), "tcp/5"), (Allow, Peers::everybody(), "tcp/1-9"), (Allow, users(), "tcp/5")];
    assert_eq!(reached("users", &rules).unwrap(), "tcp/1-4, tcp/6-9");
    let rules = [(Deny, Peers::everybody(), "any"), (Allow, users(), "tcp/5")];
    assert_eq!(reached("users", &rules).unwrap(), "");
}

#[test]
fn rules_that_cover_a_party_together_are_exact_whatever_their_order() {
    let (low, high) = (|| at("10.9.0.0/17"), || at("10.9.128.0/17"));
    assert_eq!(reached("users", &[(Allow, low(), "tcp/5"), (Allow, high(), "tcp/5")]).unwrap(), "tcp/5");
    let rules = [(Allow, low(), "tcp/1-9"), (Allow, high(), "tcp/1-4"), (Allow, high(), "tcp/5-9")];
    assert_eq!(reached("users", &rules).unwrap(), "tcp/1-9");
    let rules = [
        (Deny, low(), "tcp/5"),
        (Deny, high(), "tcp/4-5"),
        (Deny, low(), "tcp/4"),
        (Allow, at("10.9.0.0/16"), "tcp/4-6"),
    ];
    assert_eq!(reached("users", &rules).unwrap(), "tcp/6");
}

#[test]
fn a_party_covered_in_part_has_no_answer() {
    assert_eq!(reached("users", &[(Allow, at("10.9.0.0/17"), "tcp/5")]).unwrap_err(), "in part: /a/0");
    let rules = [(Allow, at("10.9.0.0/16"), "tcp/5"), (Allow, at("10.9.0.0/17"), "tcp/6")];
    assert_eq!(reached("users", &rules).unwrap_err(), "in part: /a/1");
    let rules = [(Deny, at("10.9.0.0/17"), "tcp/5"), (Allow, at("10.9.0.0/16"), "tcp/5")];
    assert_eq!(reached("users", &rules).unwrap_err(), "in part: /a/0");
    // What is cut without effect is fine.
    let rules = [(Deny, at("10.9.0.0/17"), "tcp/5"), (Allow, at("10.9.0.0/16"), "tcp/6")];
    assert_eq!(reached("users", &rules).unwrap(), "tcp/6");
}

#[test]
fn a_party_stands_behind_all_of_its_names_together() {
    let (one, two) = (|| host("one.example"), || host("two.example"));
    assert_eq!(reached("cloud", &[(Allow, one(), "tcp/5"), (Allow, two(), "tcp/5")]).unwrap(), "tcp/5");
    assert!(reached("cloud", &[(Allow, one(), "tcp/5")]).is_err());
    let unknown = reached("cloud", &[(Allow, host("three.example"), "tcp/5")]).unwrap_err();
    assert_eq!(unknown, "the name `three.example`: /a/0");
}

#[test]
fn whoever_is_known_by_name_is_somewhere_on_the_internet() {
    let half =
        |low| Peers::at(addresses(&[low, "::/0"]).difference(&addresses(&["10.0.0.0/24", "10.9.0.0/16"])));
    let rules = [(Allow, half("0.0.0.0/1"), "tcp/1-9"), (Allow, half("128.0.0.0/1"), "tcp/5-9")];
    assert!(reached("cloud", &rules).is_err(), "the halves of the internet differ");
    let rules = [
        (Allow, at("0.0.0.0/1"), "tcp/5-9"),
        (Allow, at("128.0.0.0/1"), "tcp/5"),
        (Allow, at("128.0.0.0/1"), "tcp/6-9"),
    ];
    assert_eq!(reached("cloud", &rules).unwrap(), "tcp/5-9");
    assert_eq!(reached("cloud", &[(Allow, at("10.9.0.0/16"), "tcp/5")]).unwrap(), "");
}

#[test]
fn ipv6_goes_by_the_guard() {
    let policy = SiteBuilder::new()
        .platform("p", "p", &[])
        .role("a", Some("p"), &["10.0.0.0/24", "fd00::/64"])
        .role("users", None, &["10.9.0.0/16", "fd09::/64"])
        .policy();
    let passing = |ipv6| {
        let mut file = observed(&[(Allow, Peers::everybody(), "tcp/5")]);
        file.guards[0].ipv6 = ipv6;
        let mut bindings = Bindings::default();
        bindings.bind(PeerName::Group("a".to_owned()), points(&policy, "a"));
        let found = evaluate(&file, &bindings, policy.universe()).unwrap().permits.ingress;
        let (from, to) = (points(&policy, "users"), points(&policy, "a"));
        // IPv6 comes first.
        let of = |family: usize| found.services(from[family], to[family]);
        (of(1).to_string(), of(0).to_string(), of(1).is_any(), of(0).contains_all(&services("udp/1")))
    };
    assert_eq!(passing(Ipv6::ByRules), ("tcp/5".to_owned(), "tcp/5".to_owned(), false, false));
    assert_eq!(passing(Ipv6::Dropped), ("tcp/5".to_owned(), String::new(), false, false));
    assert!(passing(Ipv6::Passes).3);
}
