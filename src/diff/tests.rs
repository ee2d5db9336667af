//! Properties of the comparison, held against an enumeration of packets that shares nothing with it.

mod days;

use super::release::{Exception, Flow, Forbid, PartyId, Place, Platform, Reason, Release, Side};
use super::*;
use crate::policy::Encryption;
use crate::policy::address::AddressSet;
use proptest::prelude::*;
use std::collections::BTreeSet;

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "net"];

/// Addresses that are asked about: 10.0.0.0 to 10.0.0.7, fd00:: and fd00::1, and one that no role has.
fn addresses() -> Vec<AddressSet> {
    let v4 = (0..8).map(|last| format!("10.0.0.{last}/32"));
    let v6 = (0..2).map(|last| format!("fd00::{last}/128"));
    v4.chain(v6).chain(["192.0.2.1/32".to_owned()]).map(|text| ranges(&[&text])).collect()
}

fn ranges(texts: &[&str]) -> AddressSet {
    let nets: Vec<ipnet::IpNet> = texts.iter().map(|text| text.parse().unwrap()).collect();
    AddressSet::from_ranges(&nets)
}

fn services(text: &str) -> ServiceSet {
    ServiceSet::parse(text).unwrap()
}

const ASKED: [&str; 6] = ["tcp/1", "tcp/2", "tcp/3", "udp/1", "icmp/8/0", "icmpv6/128/0"];

/// A role by numbers: where it starts, how long it is, whether it has IPv6.
type Draw = (u8, u8, bool);

/// A release of random ranges and rows. `a`, `b` and `c` sit on a platform, `d` and `e` outside, `net` is the internet.
fn release(draws: &[Draw], rows: &[(usize, usize, u8)]) -> Release {
    let mut release = Release {
        platforms: vec![Platform { name: "p".to_owned(), ..Platform::default() }],
        widenings: Some(Vec::new()),
        ..Release::default()
    };
    for (at, name) in NAMES.iter().enumerate() {
        let (low, length, has_v6) = draws.get(at).copied().unwrap_or_default();
        let mut texts: Vec<String> =
            (low % 6..=(low % 6 + length % 3)).map(|last| format!("10.0.0.{last}/32")).collect();
        if has_v6 {
            texts.push(format!("fd00::{}/128", low % 2));
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        release.parties.push(release::Party {
            name: (*name).to_owned(),
            platform: (at < 3).then(|| "p".to_owned()),
            addresses: ranges(&texts),
            is_internet: *name == "net",
            ..release::Party::default()
        });
    }
    let covered = AddressSet::union_of(release.parties.iter().take(5).map(|party| &party.addresses));
    release.parties[5].addresses = AddressSet::all().difference(&covered);
    for (at, (from, to, service)) in rows.iter().enumerate() {
        let services = services(
            ["tcp/1", "tcp/1-2", "tcp/2-3", "udp/1", "icmp", "icmpv6", "any"][usize::from(*service % 7)],
        );
        release.flows.push(flow(
            &format!("r{from}{to}-{at}"),
            from % 6,
            to % 6,
            services,
            &format!("allow l{service}"),
        ));
    }
    release
}

fn flow(row: &str, from: usize, to: usize, services: ServiceSet, statement: &str) -> Flow {
    let reason = Reason {
        statement: statement.to_owned(),
        place: Place { path: "site.seg".to_owned(), line: 1 },
        because: Some("random".to_owned()),
        services: services.clone(),
        ..Reason::default()
    };
    Flow {
        row: row.to_owned(),
        from: PartyId::at(from),
        to: PartyId::at(to),
        services,
        reasons: vec![reason],
    }
}

/// Who stands at an end: a role of the platform, or nobody that anyone can tell.
type Who = (Option<&'static str>, AddressSet);

fn everybody() -> Vec<Who> {
    let owners = [None, Some("a"), Some("b"), Some("c")];
    owners.into_iter().flat_map(|owner| addresses().into_iter().map(move |at| (owner, at))).collect()
}

/// Whether a role of a release means somebody.
fn means(release: &Release, role: PartyId, (owner, at): &Who) -> bool {
    let party = release.party(role).unwrap();
    let is_it = if party.platform.is_some() { *owner == Some(party.name.as_str()) } else { owner.is_none() };
    is_it && party.addresses.contains_all(at)
}

fn can_be(from: &Who, to: &Who, service: &ServiceSet) -> bool {
    let families = (from.1.families(), to.1.families());
    let icmp = if from.1.v4().is_empty() { "icmp" } else { "icmpv6" };
    families.0 == families.1 && !services(icmp).meets(service)
}

fn permits(release: &Release, from: &Who, to: &Who, service: &ServiceSet) -> bool {
    let asks = |flow: &Flow| {
        flow.services.contains_all(service) && means(release, flow.from, from) && means(release, flow.to, to)
    };
    can_be(from, to, service) && release.flows.iter().any(asks)
}

/// What the changes tell, ready to be asked: effect, owner and addresses of both ends, services.
type Told = (Effect, [(Option<&'static str>, AddressSet); 2], ServiceSet);

fn tell(comparison: &Comparison) -> Vec<Told> {
    let end = |name: &str, texts: &[String]| {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        (NAMES[..3].iter().find(|placed| **placed == name).copied(), ranges(&texts))
    };
    let flows = comparison.changes.iter().flat_map(|change| &change.flows);
    flows
        .map(|flow| {
            let ends = [end(&flow.from, &flow.from_addresses), end(&flow.to, &flow.to_addresses)];
            (flow.effect, ends, flow.services.clone())
        })
        .collect()
}

/// How often the changes say that a packet opens or closes.
fn told(told: &[Told], effect: Effect, from: &Who, to: &Who, service: &ServiceSet) -> usize {
    let is = |(owner, range): &(Option<&str>, AddressSet), who: &Who| {
        *owner == who.0 && range.contains_all(&who.1)
    };
    let tells = told.iter().filter(|(what, [source, destination], services)| {
        *what == effect && is(source, from) && is(destination, to) && services.contains_all(service)
    });
    if can_be(from, to, service) { tells.count() } else { 0 }
}

fn holds_for_every_packet(before: &Release, after: &Release) -> Result<(), TestCaseError> {
    let told_all = tell(&compare(before, after).unwrap());
    let everybody = everybody();
    for from in &everybody {
        for to in &everybody {
            for service in ASKED.map(services) {
                let was = permits(before, from, to, &service);
                let is = permits(after, from, to, &service);
                let opened = told(&told_all, Effect::Opens, from, to, &service);
                let closed = told(&told_all, Effect::Closes, from, to, &service);
                prop_assert_eq!(opened, usize::from(is && !was), "{:?} to {:?} on {}", from, to, service);
                prop_assert_eq!(closed, usize::from(was && !is), "{:?} to {:?} on {}", from, to, service);
            }
        }
    }
    Ok(())
}

fn draws() -> impl Strategy<Value = Vec<Draw>> {
    proptest::collection::vec(any::<Draw>(), 6)
}

fn rows() -> impl Strategy<Value = Vec<(usize, usize, u8)>> {
    proptest::collection::vec((0_usize..6, 0_usize..6, any::<u8>()), 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_changes_are_the_difference_packet_for_packet(
        (one, other) in (draws(), draws()),
        (before, after) in (rows(), rows()),
    ) {
        holds_for_every_packet(&release(&one, &before), &release(&other, &after))?;
        holds_for_every_packet(&release(&one, &before), &release(&one, &after))?;
    }

    #[test]
    fn a_release_differs_in_nothing_from_itself_in_any_order(one in draws(), rows in rows()) {
        let before = release(&one, &rows);
        let mut after = before.clone();
        after.flows.reverse();
        let comparison = compare(&before, &after).unwrap();
        prop_assert!(comparison.is_empty() && comparison.is_same_access(), "{:?}", comparison.changes);
    }

    #[test]
    fn two_steps_are_one(draws in (draws(), draws(), draws()), rows in (rows(), rows(), rows())) {
        let [a, b, c] = [(draws.0, rows.0), (draws.1, rows.1), (draws.2, rows.2)].map(|(one, rows)| release(&one, &rows));
        let [first, second, whole] = [(&a, &b), (&b, &c), (&a, &c)].map(|(one, other)| tell(&compare(one, other).unwrap()));
        let everybody = everybody();
        for (from, to) in everybody.iter().zip(everybody.iter().rev()).chain(everybody.iter().zip(&everybody)) {
            for service in ASKED.map(services) {
                let net = |steps: &[Told]| {
                    let count = |effect| told(steps, effect, from, to, &service);
                    i8::try_from(count(Effect::Opens)).unwrap() - i8::try_from(count(Effect::Closes)).unwrap()
                };
                prop_assert_eq!(net(&first) + net(&second), net(&whole));
            }
        }
    }

    #[test]
    fn the_way_back_is_the_way_there_turned_round(draws in (draws(), draws()), rows in (rows(), rows())) {
        let (a, b) = (release(&draws.0, &rows.0), release(&draws.1, &rows.1));
        let (there, back) = (compare(&a, &b).unwrap(), compare(&b, &a).unwrap());
        prop_assert_eq!((there.intent.opened, there.intent.closed), (back.intent.closed, back.intent.opened));
    }
}

/// A small release: `users` outside, `web` and `db` on a platform.
fn small() -> Release {
    let party = |name: &str, platform: Option<&str>, at: &str| release::Party {
        name: name.to_owned(),
        platform: platform.map(str::to_owned),
        addresses: ranges(&[at]),
        ..release::Party::default()
    };
    Release {
        platforms: vec![Platform { name: "p".to_owned(), ..Platform::default() }],
        parties: vec![
            party("db", Some("p"), "10.0.0.16/28"),
            party("users", None, "10.9.0.0/16"),
            party("web", Some("p"), "10.0.0.0/28"),
        ],
        flows: vec![
            flow("r-1", 1, 2, services("tcp/80"), "allow web"),
            flow("r-2", 2, 0, services("tcp/1433"), "allow sql"),
        ],
        forbids: Some(Vec::new()),
        exceptions: Some(Vec::new()),
        widenings: Some(Vec::new()),
        ..Release::default()
    }
}

fn classes(before: &Release, after: &Release) -> Vec<(Class, bool, bool)> {
    let comparison = compare(before, after).unwrap();
    comparison
        .changes
        .iter()
        .map(|change| (change.class, change.opens_access(), change.closes_access()))
        .collect()
}

#[test]
fn a_rename_changes_no_packet() {
    let mut after = small();
    after.parties[2].name = "www".to_owned();
    assert_eq!(classes(&small(), &after).len(), 2, "another role at the same addresses is another role");
    after.parties[2].was = Some("web".to_owned());
    assert_eq!(classes(&small(), &after), [(Class::Renamed, false, false)]);
    assert_eq!(classes(&after, &small()), [(Class::Renamed, false, false)], "and back");
}

#[test]
fn a_range_that_grows_widens_and_one_that_moves_does_both() {
    let mut after = small();
    after.parties[2].addresses = ranges(&["10.0.0.0/28", "10.0.1.0/28"]);
    assert_eq!(classes(&small(), &after), [(Class::Widened, true, false)]);
    after.parties[2].addresses = ranges(&["10.0.1.0/28"]);
    assert_eq!(classes(&small(), &after), [(Class::Widened, true, false), (Class::Narrowed, false, true)]);
}

#[test]
fn a_role_that_comes_onto_a_platform_at_its_addresses_is_a_change_of_model() {
    let mut after = small();
    after.parties[1].platform = Some("p".to_owned());
    assert_eq!(classes(&small(), &after), [(Class::Model, false, false)]);
    assert_eq!(classes(&after, &small()), [(Class::Model, false, false)]);
}

#[test]
fn the_protected_way_hardens_and_the_clear_one_weakens() {
    let mut after = small();
    after.flows[0] = flow("r-1", 1, 2, services("tcp/443"), "allow web");
    assert_eq!(classes(&small(), &after), [(Class::Hardened, true, true)]);
    assert_eq!(classes(&after, &small()), [(Class::Weakened, true, true)]);
    after.flows[0] = flow("r-1", 1, 2, services("tcp/81"), "allow web");
    assert_eq!(
        classes(&small(), &after),
        [(Class::Opened, true, false), (Class::Closed, false, true)],
        "neither"
    );
    let mut clear = small();
    clear.flows[0].reasons[0].encryption = Some(Encryption::Clear);
    after.flows[0].reasons[0].encryption = Some(Encryption::MessageProtected);
    assert_eq!(classes(&clear, &after), [(Class::Hardened, true, true)], "by what the catalogue knows");
}

#[test]
fn fewer_sides_that_start_harden() {
    let mut before = small();
    before.flows.push(flow("r-3", 2, 1, services("tcp/80"), "allow web"));
    assert_eq!(classes(&before, &small()), [(Class::Hardened, false, true)]);
    assert_eq!(classes(&small(), &before), [(Class::Weakened, true, false)]);
}

#[test]
fn a_label_or_line_that_changes_says_so_and_opens_nothing() {
    let mut after = small();
    after.flows[0] = flow("r-9", 1, 2, services("tcp/80"), "allow https");
    assert_eq!(classes(&small(), &after), [(Class::Text, false, false)]);
    let mut moved = small();
    moved.flows[0].reasons[0].place.line = 99;
    assert!(compare(&small(), &moved).unwrap().is_empty());
    let mut split = small();
    let again = split.flows[0].reasons[0].clone();
    split.flows[0].reasons.push(again);
    assert!(compare(&small(), &split).unwrap().is_empty());
}

#[test]
fn names_that_stand_for_addresses_are_points_of_their_own() {
    let mut before = small();
    before.parties[1].addresses = AddressSet::empty();
    before.parties[1].known_by = vec!["a.example.com".to_owned()];
    let mut after = before.clone();
    after.parties[1].known_by.push("b.example.com".to_owned());
    let comparison = compare(&before, &after).unwrap();
    assert_eq!(classes(&before, &after), [(Class::Widened, true, false)]);
    assert_eq!(comparison.changes[0].flows[0].from_addresses, ["b.example.com"]);
}

#[test]
fn a_promise_that_is_dropped_or_shrinks_is_a_guard() {
    let forbid = |to: Side| Forbid {
        name: "no-rdp".to_owned(),
        from: Side::Any,
        to,
        both_ways: false,
        services: services("tcp/3389"),
        because: "no".to_owned(),
        enforced_by: "network".to_owned(),
        place: Place::default(),
    };
    let mut before = small();
    before.forbids = Some(vec![forbid(Side::Parties(vec![PartyId(0), PartyId(2)]))]);
    assert_eq!(classes(&before, &small()), [(Class::Guard, false, false)]);
    let mut after = small();
    after.forbids = Some(vec![forbid(Side::Parties(vec![PartyId(2)]))]);
    let comparison = compare(&before, &after).unwrap();
    assert_eq!(comparison.changes[0].what, "forbid `no-rdp` no longer holds to `db`");
    after.forbids = before.forbids.clone();
    assert!(compare(&before, &after).unwrap().is_empty());
}

#[test]
fn an_exception_counts_on_its_own_days() {
    let day = |month: u8| Date::from_calendar_date(2026, time::Month::try_from(month).unwrap(), 1).unwrap();
    let grant = flow("r-7", 1, 0, services("tcp/3389"), "exception E-1");
    let exception = Exception {
        name: "E-1".to_owned(),
        flows: vec![grant.clone()],
        widenings: Some(Vec::new()),
        pierces: Vec::new(),
        starts: day(3),
        expires: day(4),
        because: "test".to_owned(),
        ticket: None,
        owner: None,
        place: Place::default(),
    };
    let on = |month: u8| {
        let mut release = small();
        release.header.as_of = Some(day(month));
        release
    };
    let with = |month: u8| {
        let mut release = on(month);
        release.exceptions = Some(vec![exception.clone()]);
        if exception.is_in_force(day(month)) {
            release.flows.push(grant.clone());
        }
        release
    };
    // Before its days, in them, after them.
    assert_eq!(classes(&on(2), &with(2)), [(Class::Opened, true, false)]);
    assert_eq!(classes(&on(3), &with(3)), [(Class::Opened, true, false)]);
    assert_eq!(classes(&on(5), &with(5)), [(Class::Text, false, false)]);
    assert_eq!(classes(&with(2), &on(2)), [(Class::Closed, false, true)]);
    // It expires between two releases that both have it.
    assert_eq!(classes(&with(3), &with(5)), [(Class::Closed, false, true)]);
    let mut longer = with(2);
    longer.exceptions.as_mut().unwrap()[0].expires = day(6);
    assert_eq!(classes(&with(2), &longer), [(Class::Opened, true, false)]);
    assert_eq!(classes(&longer, &with(2)), [(Class::Closed, false, true)]);
}

#[test]
fn a_widening_that_appears_is_told_at_the_level_of_artefacts() {
    let widening = release::Widening {
        id: "W-1".to_owned(),
        from: PartyId(1),
        to: PartyId(0),
        services: services("tcp/80"),
        from_part: None,
        to_part: None,
        cause: "`web` and `db` wear one group".to_owned(),
        declared: false,
        spelling: None,
        forbids: Vec::new(),
    };
    let mut after = small();
    after.widenings = Some(vec![widening]);
    let comparison = compare(&small(), &after).unwrap();
    let levels: BTreeSet<_> = comparison.changes.iter().map(|change| (change.class, change.level)).collect();
    assert_eq!(levels, BTreeSet::from([(Class::Widened, Level::Artefact)]));
    assert!(comparison.opens_access());
    // What the file closes and the artefacts still let pass is closed, with a word of warning.
    let mut open = small();
    open.flows.push(flow("r-5", 1, 0, services("tcp/80"), "allow more"));
    let comparison = compare(&open, &after).unwrap();
    let closed = comparison.changes.iter().find(|change| change.class == Class::Closed).unwrap();
    assert!(closed.flows[0].passes_in_both && closed.notes[0].contains("still"));
}
