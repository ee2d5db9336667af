//! Random pairs of sites: the changes are the difference of what the two texts say, packet for packet. What a text says
//! is read a second time, by nothing of the library.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use segc::diff::release::Release;
use segc::diff::{Comparison, Effect, compare};

use crate::pipeline::release_of;
use crate::random_sites::{Choice, DAY, Plan, plans, render};
use crate::support::address::{Address, Family, Span};
use crate::support::catalogue::{self, Yaml};
use crate::support::intent::{Party, Site, Who};
use crate::support::judge::Packet;
use crate::support::packets::Draw;
use crate::support::service::{Protocol, Service};

const PAIRS: u32 = 32;
const PACKETS: usize = 1_500;

/// One end that the changes speak of: the role and its addresses, or names.
struct End {
    name: String,
    spans: Vec<Span>,
}

struct Told {
    opens: bool,
    ends: [End; 2],
    services: Vec<Service>,
}

fn told(comparison: &Comparison) -> Vec<Told> {
    let end = |name: &str, addresses: &[String]| End {
        name: name.to_owned(),
        spans: addresses.iter().filter_map(|text| Span::parse(text)).collect(),
    };
    // What artefacts let pass besides, and what is granted on other days, is in no text's packets of the day.
    let changes = comparison
        .changes
        .iter()
        .filter(|change| change.level == segc::diff::Level::Intent && change.packets > 0);
    changes
        .flat_map(|change| &change.flows)
        .map(|flow| Told {
            opens: flow.effect == Effect::Opens,
            ends: [end(&flow.from, &flow.from_addresses), end(&flow.to, &flow.to_addresses)],
            services: flow.services.ranges().into_iter().filter_map(service).collect(),
        })
        .collect()
}

fn service(range: segc::policy::service::ServiceRange) -> Option<Service> {
    let protocol = [(6, Protocol::Tcp), (17, Protocol::Udp), (1, Protocol::Icmp), (58, Protocol::Icmp6)];
    let (_, protocol) = protocol.into_iter().find(|(number, _)| *number == range.protocol.0)?;
    Some(Service::ports(protocol, range.low, range.high))
}

/// Two readings of a pair of texts.
struct Pair {
    sites: [Site; 2],
    /// Roles that sit on a platform in one text and outside in the other, or are known in another way.
    moved: BTreeSet<String>,
}

impl Pair {
    fn new(texts: [&str; 2], yaml: &Yaml) -> Pair {
        let sites = texts.map(|text| Site::read(text, DAY, yaml));
        let ways = |party: &Party| (party.platform.is_some(), party.spans.is_empty(), party.kind.clone());
        let is_moved = |name: &&String| match [0, 1].map(|at: usize| sites[at].parties.get(*name).map(ways)) {
            [Some(old), Some(new)] => old != new,
            _ => false,
        };
        let names: BTreeSet<&String> = sites.iter().flat_map(|site| site.parties.keys()).collect();
        let moved = names.into_iter().filter(is_moved).cloned().collect();
        Pair { sites, moved }
    }

    /// Whether an end is in the question: nobody who moved, or sits where such a role does.
    fn is_asked(&self, (name, address): &(Option<String>, Option<Address>)) -> bool {
        let held = |address: Address| {
            let parties = self.sites.iter().flat_map(|site| site.parties.values());
            parties.into_iter().any(|party| self.moved.contains(&party.name) && party.holds(address))
        };
        name.as_ref().is_none_or(|name| !self.moved.contains(name))
            && address.is_none_or(|address| !held(address))
    }

    fn who(&self, at: usize, (name, address): &(Option<String>, Option<Address>)) -> Option<Who<'_>> {
        match name {
            Some(name) => {
                let party = self.sites[at].parties.get(name)?;
                let is_there = address.is_none_or(|address| party.holds(address));
                is_there.then_some(Who::Member(party, *address))
            }
            None => Some(Who::At((*address)?)),
        }
    }

    fn is_meant(&self, at: usize, ends: &[(Option<String>, Option<Address>); 2], packet: Packet) -> bool {
        let [from, to] = [&ends[0], &ends[1]].map(|end| self.who(at, end));
        from.zip(to).is_some_and(|(from, to)| self.sites[at].reason(from, to, packet).is_some())
    }

    /// Whether a role is told apart from who else has its addresses.
    fn is_placed(&self, name: &str) -> bool {
        let parties = self.sites.iter().filter_map(|site| site.parties.get(name));
        parties
            .into_iter()
            .any(|party| party.platform.is_some() || (party.spans.is_empty() && party.kind != "internet"))
    }

    fn is_told(&self, end: &End, (name, address): &(Option<String>, Option<Address>)) -> bool {
        let is_it = match name {
            Some(name) => end.name == *name,
            None => !self.is_placed(&end.name),
        };
        is_it && address.is_none_or(|address| end.spans.iter().any(|span| span.contains(address)))
    }
}

type Ends = [(Option<String>, Option<Address>); 2];

fn draw_end(pair: &Pair, draw: &mut Draw) -> (Option<String>, Option<Address>) {
    let site = &pair.sites[draw.below(2)];
    let parties: Vec<&Party> = site.parties.values().collect();
    let party = parties[draw.below(parties.len())];
    let Some(span) = party.spans.get(draw.below(party.spans.len().max(1))) else {
        let somewhere = Address::parse("198.51.100.7");
        return if party.kind == "internet" { (None, somewhere) } else { (Some(party.name.clone()), None) };
    };
    let value =
        [span.first, span.last, span.last.saturating_add(1), span.first.saturating_sub(1)][draw.below(4)];
    let fits = span.family == Family::V6 || value <= u128::from(u32::MAX);
    let address = Address { family: span.family, value: if fits { value } else { span.first } };
    let owner = if party.holds(address) { Some(party) } else { None };
    match owner.filter(|party| party.platform.is_some()) {
        Some(party) => (Some(party.name.clone()), Some(address)),
        None => (None, Some(address)),
    }
}

fn draw_packet(pair: &Pair, draw: &mut Draw) -> Option<(Ends, Packet)> {
    let ends = [draw_end(pair, draw), draw_end(pair, draw)];
    let families: BTreeSet<Family> = ends.iter().filter_map(|(_, at)| at.map(|at| at.family)).collect();
    let flows: Vec<_> =
        pair.sites.iter().flat_map(|site| &site.flows).flat_map(|flow| &flow.services).collect();
    let service = flows.get(draw.below(flows.len().max(1)))?;
    let protocol = service.protocol?;
    let number = [service.first, service.last, service.last.saturating_add(1)][draw.below(3)];
    let fits = match protocol {
        Protocol::Icmp => !families.contains(&Family::V6),
        Protocol::Icmp6 => !families.contains(&Family::V4),
        Protocol::Tcp | Protocol::Udp => true,
    };
    (families.len() <= 1 && fits).then_some((ends, Packet { protocol, number }))
}

fn fail(texts: [&str; 2], what: &str) -> TestCaseError {
    TestCaseError::fail(format!("{what}\n--- before:\n{}--- after:\n{}---", texts[0], texts[1]))
}

fn changes(texts: [&str; 2], before: &Release, after: &Release) -> Result<Comparison, TestCaseError> {
    compare(before, after).map_err(|fault| fail(texts, &fault.to_string()))
}

/// How many packets differed in all.
fn check(texts: [&str; 2], yaml: &Yaml) -> Result<usize, TestCaseError> {
    let [Some(before), Some(after)] = texts.map(release_of) else { return Ok(0) };
    let there = changes(texts, &before.release, &after.release)?;
    let back = changes(texts, &after.release, &before.release)?;
    if (there.intent.opened, there.intent.closed) != (back.intent.closed, back.intent.opened) {
        return Err(fail(texts, "the way back is another way"));
    }
    let same = changes(texts, &after.release, &after.release)?;
    if !same.is_empty() {
        return Err(fail(texts, &format!("a site differs from itself: {:?}", same.changes)));
    }
    let (pair, told) = (Pair::new(texts, yaml), told(&there));
    let (mut draw, mut differing) = (Draw::new(texts[0].len() as u64), 0);
    for _ in 0..PACKETS {
        let Some((ends, packet)) = draw_packet(&pair, &mut draw) else { continue };
        if !ends.iter().all(|end| pair.is_asked(end)) {
            continue;
        }
        let (was, is) = (pair.is_meant(0, &ends, packet), pair.is_meant(1, &ends, packet));
        let count = |opens: bool| {
            let tells = |one: &&Told| {
                one.opens == opens
                    && one.services.iter().any(|service| service.holds(packet.protocol, packet.number))
                    && one.ends.iter().zip(&ends).all(|(end, who)| pair.is_told(end, who))
            };
            told.iter().filter(tells).count()
        };
        differing += usize::from(was != is);
        let (opened, closed) = (count(true), count(false));
        if (opened, closed) != (usize::from(is && !was), usize::from(was && !is)) {
            let what = format!(
                "{ends:?} {packet:?}: was {was}, is {is}, opens {opened} times, closes {closed} times"
            );
            return Err(fail(texts, &what));
        }
    }
    Ok(differing)
}

/// The same plan with some roles and lines of another one.
fn mixed(plan: &Plan, other: &Plan, take: &[u8]) -> Plan {
    let mix = |own: &[Choice], others: &[Choice], least: u8| -> Vec<Choice> {
        let takes = |at: usize| take.get(at % take.len()).is_some_and(|roll| *roll < least);
        let pairs = own.iter().enumerate();
        pairs
            .map(|(at, choice)| if takes(at) { *others.get(at).unwrap_or(choice) } else { *choice })
            .collect()
    };
    let mut after = plan.clone();
    after.roles = mix(&plan.roles, &other.roles, 60);
    after.lines = mix(&plan.lines, &other.lines, 100);
    after
}

#[test]
fn the_changes_of_random_pairs_are_the_difference_of_their_texts() {
    let yaml = catalogue::read_yaml();
    let config =
        Config { cases: PAIRS, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let sum = std::cell::Cell::new(0);
    let pairs = (plans(), plans(), prop::collection::vec(any::<u8>(), 9));
    let result = runner.run(&pairs, |(plan, other, take)| {
        let [before, after] =
            [render(&plan), render(&mixed(&plan, &other, &take))].map(|lines| lines.join("\n") + "\n");
        sum.set(sum.get() + check([&before, &after], &yaml)?);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(sum.get() > 100, "{} packets differ: the pairs say nothing", sum.get());
}
