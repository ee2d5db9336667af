//! Exceptions over time, held against what each release permits on each day.

use super::*;
use std::collections::BTreeMap;
use time::Duration;

fn day(number: i64) -> Date {
    Date::from_calendar_date(2026, time::Month::March, 1).unwrap() + Duration::days(number)
}

/// An exception by numbers: its name, first day, length, rows.
type Drawn = (u8, i64, i64, Vec<(usize, usize, u8)>);

/// A release of a day with exceptions; those in force are among its rows.
fn dated(draws: &[Draw], rows: &[(usize, usize, u8)], as_of: i64, exceptions: &[Drawn]) -> Release {
    let mut release = release(draws, rows);
    release.header.as_of = Some(day(as_of));
    let mut all: Vec<Exception> = Vec::new();
    for (name, starts, length, rows) in exceptions {
        let name = format!("E{}", name % 3);
        if all.iter().any(|one| one.name == name) {
            continue;
        }
        let flows = rows.iter().enumerate().map(|(at, (from, to, service))| {
            let services = services(["tcp/1", "tcp/1-2", "tcp/2-3", "udp/1"][usize::from(*service % 4)]);
            flow(&format!("{name}-{from}{to}{at}"), *from, *to, services, &format!("exception {name}"))
        });
        all.push(exception(&name, (day(*starts), day(starts + length)), flows.collect()));
    }
    let in_force = all.iter().filter(|one| one.is_in_force(day(as_of)));
    release.flows.extend(in_force.flat_map(|one| one.flows.clone()));
    release.exceptions = Some(all);
    release
}

fn exception(name: &str, (starts, expires): (Date, Date), flows: Vec<Flow>) -> Exception {
    Exception {
        name: name.to_owned(),
        flows,
        widenings: Some(Vec::new()),
        pierces: Vec::new(),
        starts,
        expires,
        because: "test".to_owned(),
        ticket: None,
        owner: None,
        place: Place::default(),
    }
}

/// What a release permits on a day.
fn on(release: &Release, day: Date) -> Release {
    let mut there = release.clone();
    there.flows.retain(|flow| !flow.reasons[0].statement.starts_with("exception "));
    let in_force = release.exceptions.iter().flatten().filter(|one| one.is_in_force(day));
    there.flows.extend(in_force.flat_map(|one| one.flows.clone()));
    there
}

/// The changes that tell something of a day; `later` for those that are not of the releases' own days.
fn of_day(comparison: &Comparison, day: Date, later: bool) -> Comparison {
    let mut there = comparison.clone();
    let is_wanted = |change: &Change| {
        let is_begun = change.packets > 0 || change.starts.is_none_or(|starts| starts <= day);
        (change.packets == 0) == later && is_begun && change.expires.is_none_or(|expires| day < expires)
    };
    there.changes.retain(is_wanted);
    there
}

fn holds_on(day: Date, [before, after]: [&Release; 2], comparison: &Comparison) -> Result<(), TestCaseError> {
    let (before, after) = (on(before, day), on(after, day));
    let [now, later] = [false, true].map(|later| tell(&of_day(comparison, day, later)));
    let everybody: Vec<Who> = everybody().into_iter().filter(|(_, at)| !at.v4().is_empty()).collect();
    let pairs = everybody.iter().flat_map(|from| everybody.iter().map(move |to| (from, to)));
    // Each day another fifth of them, so that a run takes seconds.
    for (from, to) in pairs.skip(usize::from(day.day() % 5)).step_by(5) {
        for service in ["tcp/1", "tcp/2", "udp/1"].map(services) {
            let (was, is) = (permits(&before, from, to, &service), permits(&after, from, to, &service));
            for (effect, differs) in [(Effect::Opens, is && !was), (Effect::Closes, was && !is)] {
                let count = |list: &[Told]| told(list, effect, from, to, &service);
                let what = format!("{day}: {effect:?} {from:?} to {to:?} on {service}");
                let all = count(&now) + count(&later);
                prop_assert_eq!(if differs { all } else { count(&later) }, usize::from(differs), "{}", what);
            }
        }
    }
    Ok(())
}

/// What a firewall is told of a row: to forget it, to have packets on some days, or not to have some.
enum Order {
    Forget,
    Have(ChangedFlow, Option<(Date, Date)>),
    Lose(ChangedFlow),
}

/// The rows of a release as a firewall has them, by id; then what a change request asks for.
fn orders(before: &Release, after: &Release, comparison: &Comparison) -> BTreeMap<String, Vec<Order>> {
    let mut orders: BTreeMap<String, Vec<Order>> = BTreeMap::new();
    let empty = Release { flows: Vec::new(), exceptions: Some(Vec::new()), ..before.clone() };
    for (from, comparison) in [(&empty, &compare(&empty, before).unwrap()), (before, comparison)] {
        let to = if std::ptr::eq(from, before) { after } else { before };
        let rows = comparison.changes.iter().filter(|change| change.level == Level::Intent);
        for flow in rows.flat_map(Change::rows_that_differ) {
            let opens = flow.effect == Effect::Opens;
            if (if opens { to } else { from }).exception_of(&flow.row).is_none() {
                let order = if opens { Order::Have(flow.clone(), None) } else { Order::Lose(flow.clone()) };
                orders.entry(flow.row.clone()).or_default().push(order);
            }
        }
        for grant in &comparison.grants {
            let list = orders.entry(grant.flow.row.clone()).or_default();
            list.push(Order::Forget);
            if grant.effect != grants::GrantEffect::Removed {
                let exception = to.exception_of(&grant.flow.row).unwrap();
                list.push(Order::Have(grant.flow.clone(), Some((exception.starts, exception.expires))));
            }
        }
    }
    orders
}

/// Whether a firewall lets a packet pass on a day.
fn passes(orders: &[Order], day: Date, from: &Who, to: &Who, service: &ServiceSet) -> bool {
    let has = |flow: &ChangedFlow| {
        let is = |name: &str, texts: &[String], who: &Who| {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let owner = NAMES[..3].iter().find(|placed| **placed == name).copied();
            owner == who.0 && ranges(&texts).contains_all(&who.1)
        };
        flow.services.contains_all(service)
            && is(&flow.from, &flow.from_addresses, from)
            && is(&flow.to, &flow.to_addresses, to)
    };
    orders.iter().fold(false, |passes, order| match order {
        Order::Forget => false,
        Order::Have(flow, days) if has(flow) => {
            days.is_none_or(|(starts, expires)| starts <= day && day < expires)
        }
        Order::Lose(flow) if has(flow) => false,
        _ => passes,
    })
}

fn exceptions() -> impl Strategy<Value = Vec<Drawn>> {
    let rows = proptest::collection::vec((0_usize..5, 0_usize..5, any::<u8>()), 1..3);
    proptest::collection::vec((any::<u8>(), 0_i64..5, 1_i64..4, rows), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn each_day_is_told_as_it_is(
        draws in (draws(), draws()),
        rows in (rows(), rows()),
        exceptions in (exceptions(), exceptions()),
        days in (0_i64..4, 0_i64..4),
        same in (any::<bool>(), any::<bool>(), any::<bool>()),
    ) {
        let before = dated(&draws.0, &rows.0, days.0, &exceptions.0);
        let after = dated(
            if same.0 { &draws.0 } else { &draws.1 },
            if same.1 { &rows.0 } else { &rows.1 },
            days.1,
            if same.2 { &exceptions.0 } else { &exceptions.1 },
        );
        let comparison = compare(&before, &after).unwrap();
        for later in days.0.max(days.1)..9 {
            holds_on(day(later), [&before, &after], &comparison)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_firewall_that_does_what_it_is_asked_permits_the_second_release(
        draws in (draws(), draws()),
        rows in (rows(), rows()),
        exceptions in (exceptions(), exceptions()),
        days in (0_i64..4, 0_i64..4),
        same in (any::<bool>(), any::<bool>()),
    ) {
        let before = dated(&draws.0, &rows.0, days.0, &exceptions.0);
        let after = dated(
            if same.0 { &draws.0 } else { &draws.1 },
            if same.1 { &rows.0 } else { &rows.1 },
            days.1,
            &exceptions.1,
        );
        let orders = orders(&before, &after, &compare(&before, &after).unwrap());
        let everybody: Vec<Who> = everybody().into_iter().filter(|(_, at)| !at.v4().is_empty()).collect();
        for later in [days.0.max(days.1), 4, 6, 9] {
            let day = day(later.max(days.0).max(days.1));
            let there = on(&after, day);
            let pairs = everybody.iter().flat_map(|from| everybody.iter().map(move |to| (from, to)));
            for (from, to) in pairs.step_by(7) {
                for service in ["tcp/1", "tcp/2", "udp/1"].map(services) {
                    let is = can_be(from, to, &service)
                        && orders.values().any(|list| passes(list, day, from, to, &service));
                    let wanted = permits(&there, from, to, &service);
                    prop_assert_eq!(is, wanted, "{}: {:?} to {:?} on {}", day, from, to, service);
                }
            }
        }
    }
}

/// The classes of a comparison with their days, as numbers.
fn told_days(before: &Release, after: &Release) -> Vec<(Class, Option<i64>, Option<i64>)> {
    let number = |date: Date| (date - day(0)).whole_days();
    let comparison = compare(before, after).unwrap();
    let told = |change: &Change| (change.class, change.starts.map(number), change.expires.map(number));
    comparison.changes.iter().map(told).collect()
}

/// A small release of day 0 with one row between `users` and `db` by an exception, and perhaps for good.
fn granted(grant: Option<(&str, i64, i64)>, is_lasting: bool) -> Release {
    let mut release = small();
    release.header.as_of = Some(day(0));
    let row = |statement: &str| flow(statement, 1, 0, services("tcp/22"), statement);
    if is_lasting {
        release.flows.push(row("allow ssh"));
    }
    if let Some((name, starts, expires)) = grant {
        let row = row(&format!("exception {name}"));
        let one = exception(name, (day(starts), day(expires)), vec![row.clone()]);
        if one.is_in_force(day(0)) {
            release.flows.push(row);
        }
        release.exceptions = Some(vec![one]);
    }
    release
}

#[test]
fn an_exception_made_permanent_opens_from_its_end_on() {
    for starts in [0, 2] {
        let dated = granted(Some(("E", starts, 5)), false);
        let lasting = granted(None, true);
        let there = told_days(&dated, &lasting);
        // Before it would have started it opens too.
        let early = (starts > 0).then_some((Class::Opened, None, None));
        let late = early.is_none().then_some((Class::Opened, Some(5), None));
        assert_eq!(there[0], early.or(late).unwrap(), "{there:?}");
        assert_eq!(there.iter().filter(|one| one.0 == Class::Text).count(), there.len() - 1, "{there:?}");
        let back = told_days(&lasting, &dated);
        let closed = if starts > 0 { (Class::Closed, None, None) } else { (Class::Closed, Some(5), None) };
        assert_eq!(back[0], closed, "{back:?}");
    }
}

#[test]
fn an_exception_under_another_name_opens_nothing() {
    for starts in [-1, 2] {
        let [one, other] = ["A", "B"].map(|name| granted(Some((name, starts, 5)), false));
        let there = compare(&one, &other).unwrap();
        assert!(there.is_same_access(), "{:?}", there.changes);
        let words: Vec<&str> = there.changes.iter().map(|change| change.what.as_str()).collect();
        assert!(
            words.iter().any(|what| what.starts_with("exception `A`") && what.contains("is gone")),
            "{words:?}"
        );
        assert!(
            words.iter().any(|what| what.starts_with("exception `B`") && what.contains("is new")),
            "{words:?}"
        );
    }
}

#[test]
fn other_days_open_and_close_what_they_add_and_take() {
    let cases = [
        ((0, 5), (0, 7), vec![(Class::Opened, Some(5), Some(7))]),
        ((0, 7), (0, 5), vec![(Class::Closed, Some(5), Some(7))]),
        ((2, 5), (1, 6), vec![(Class::Opened, Some(1), Some(2)), (Class::Opened, Some(5), Some(6))]),
        ((2, 5), (3, 6), vec![(Class::Opened, Some(5), Some(6)), (Class::Closed, Some(2), Some(3))]),
        ((0, 2), (3, 6), vec![(Class::Opened, Some(3), Some(6)), (Class::Closed, Some(0), Some(2))]),
    ];
    for (old, new, wanted) in cases {
        let [before, after] =
            [old, new].map(|(starts, expires)| granted(Some(("E", starts, expires)), false));
        assert_eq!(told_days(&before, &after), wanted, "{old:?} to {new:?}");
    }
}

#[test]
fn a_waiting_exception_opens_for_the_addresses_that_its_role_gains() {
    let before = granted(Some(("E", 2, 5)), false);
    let mut after = before.clone();
    after.parties[1].addresses = ranges(&["10.8.0.0/15"]);
    after.flows.retain(|flow| flow.from != PartyId(1));
    let mut without = before.clone();
    without.flows.retain(|flow| flow.from != PartyId(1));
    let comparison = compare(&without, &after).unwrap();
    let change = &comparison.changes[0];
    assert_eq!((change.class, change.starts, change.expires), (Class::Widened, Some(day(2)), Some(day(5))));
    assert_eq!(change.flows[0].from_addresses, ["10.8.0.0/16"]);
}

#[test]
fn days_that_are_over_open_nothing() {
    let mut before = granted(None, false);
    before.header.as_of = Some(day(-9));
    let after = granted(Some(("E", -5, -2)), false);
    assert!(compare(&before, &after).unwrap().is_same_access());
    // Nor where the first release still had them to come.
    let mut early = granted(Some(("E", -5, -2)), false);
    early.header.as_of = Some(day(-9));
    assert!(compare(&early, &granted(None, false)).unwrap().is_same_access());
}

#[test]
fn what_was_granted_on_an_earlier_day_and_is_permanent_now_opens() {
    let mut before = granted(Some(("E", -20, -5)), false);
    before.header.as_of = Some(day(-10));
    before
        .flows
        .extend(before.exceptions.iter().flatten().flat_map(|one| one.flows.clone()).collect::<Vec<_>>());
    let after = granted(None, true);
    assert_eq!(told_days(&before, &after)[0], (Class::Opened, Some(0), None));
    assert_eq!(told_days(&after, &before)[0], (Class::Closed, Some(0), None));
}

#[test]
fn rows_with_the_packets_of_another_row_are_told() {
    let mut before = small();
    before.flows.push(flow("r-8", 1, 0, services("tcp/22"), "allow first"));
    before.flows.push(flow("r-9", 1, 0, services("tcp/22-23"), "allow second"));
    let comparison = compare(&before, &small()).unwrap();
    let rows = |list: fn(&Change) -> &Vec<ChangedFlow>| -> Vec<(String, String)> {
        let flows = comparison.changes.iter().flat_map(list);
        flows.map(|flow| (flow.row.clone(), flow.services.to_string())).collect()
    };
    let (mut told, again) = (rows(|change| &change.flows), rows(|change| &change.repeats));
    told.sort();
    assert_eq!(told, [("r-8".to_owned(), "tcp/22".to_owned()), ("r-9".to_owned(), "tcp/23".to_owned())]);
    assert_eq!(again, [("r-9".to_owned(), "tcp/22".to_owned())]);
    assert!(comparison.changes.iter().all(|change| !change.what.contains("no longer asks")));
}

#[test]
fn an_exception_that_closes_with_a_lasting_line_is_not_called_permitted() {
    for starts in [-1, 2] {
        let before = granted(Some(("E", starts, 5)), true);
        for (one, other) in [(&before, &granted(None, false)), (&granted(None, false), &before)] {
            let comparison = compare(one, other).unwrap();
            let about = comparison.changes.iter().filter(|change| change.statement == "exception E");
            let about: Vec<&str> = about.map(|change| change.what.as_str()).collect();
            assert!(
                !about.is_empty() && about.iter().all(|what| !what.contains("permits the same")),
                "{about:?}"
            );
        }
    }
}
