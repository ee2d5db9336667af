//! Random packets against a compiled site: the site's text and its artefacts in, every disagreement out.
//!
//! For each packet three independent answers are compared: what the text means ([`Site`]), what each enforced end of
//! the artefacts lets pass in each spelling ([`Output`]), and what the manifest lists as widened. Half of the packets
//! are drawn at the borders of ranges and ports, where a mistake by one shows.
//! Invariant: the same seed draws the same packets; nothing of the library is used.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::address::{Address, Family, Span};
use super::artifacts::{Output, Reader, Spelling};
use super::intent::{Meant, Party, Site, Who};
use super::judge::{Direction, Packet, Point};
use super::manifest::{Role, Widening};
use super::service::{Protocol, Service};

/// Most disagreements that a report shows in full.
const MOST_SHOWN: usize = 3;

/// Tries to find an end that can talk to the other one.
const DRAWS: usize = 8;

/// A small generator (SplitMix64): the same seed gives the same numbers on every machine.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit.max(1) as u64).unwrap()
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    fn wide(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }

    fn within(&mut self, span: Span) -> Address {
        let size = (span.last - span.first).wrapping_add(1);
        let offset = if size == 0 { self.wide() } else { self.wide() % size };
        Address { family: span.family, value: span.first + offset }
    }
}

/// What came of the packets of one site.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Packets of which at least one end has an artefact.
    pub(crate) asked: usize,
    /// Packets that the text means.
    pub(crate) meant: usize,
    /// Packets that a listed widening explains.
    pub(crate) widened: usize,
    /// Disagreements in words.
    pub(crate) faults: Vec<String>,
}

impl Tally {
    /// The report of a site with disagreements, its text included.
    pub(crate) fn report(&self, text: &str) -> String {
        let shown = self.faults.iter().take(MOST_SHOWN).cloned().collect::<Vec<_>>().join("\n");
        format!("{text}\n{} of {} packets are wrong:\n{shown}", self.faults.len(), self.asked)
    }
}

/// One end's answer in one spelling.
type Ends = Vec<(Spelling, bool)>;

/// A site under attack.
struct Attack<'a> {
    site: &'a Site,
    output: &'a Output,
    draw: Draw,
    nobody: Role,
    /// Roles whose end some artefact decides over.
    enforced: Vec<&'a Party>,
    /// Roles without addresses.
    named: Vec<&'a Party>,
    all: Vec<&'a Party>,
    spans: Vec<Span>,
    borders: Vec<Address>,
    numbers: Vec<u16>,
    /// Addresses that nobody covers: where parties known by name only may be.
    somewhere: Vec<Address>,
}

/// Draws `count` packets and compares.
pub(crate) fn attack(site: &Site, output: &Output, count: usize, seed: u64) -> Tally {
    let mut attack = Attack::new(site, output, seed);
    let mut tally = Tally::default();
    for _ in 0..count {
        if let Some((from, to, packet)) = attack.draw_packet() {
            attack.compare(from, to, packet, &mut tally);
        }
    }
    tally
}

fn around(span: Span) -> impl Iterator<Item = Address> {
    let width = if span.family == Family::V4 { u128::from(u32::MAX) } else { u128::MAX };
    let values = [Some(span.first), span.first.checked_sub(1), Some(span.last), span.last.checked_add(1)];
    let values = values.into_iter().flatten().filter(move |value| *value <= width);
    values.map(move |value| Address { family: span.family, value })
}

/// Whether an address never leaves its machine, so that no rule of a network can be about it: the address that stands
/// in a group's only egress rule where the group may start nothing.
fn is_loopback(address: Address) -> bool {
    ["127.0.0.0/8", "::1/128"].iter().filter_map(|text| Span::parse(text)).any(|span| span.contains(address))
}

fn is_named(party: &Party) -> bool {
    party.spans.is_empty() && party.kind != "internet"
}

impl<'a> Attack<'a> {
    fn new(site: &'a Site, output: &'a Output, seed: u64) -> Attack<'a> {
        let all: Vec<&Party> = site.parties.values().collect();
        let spans: Vec<Span> =
            all.iter().flat_map(|party| party.spans.clone()).chain(site.segments.iter().copied()).collect();
        let mut borders: BTreeSet<Address> = spans.iter().copied().flat_map(around).collect();
        let mut numbers = BTreeSet::new();
        for service in site.flows.iter().flat_map(|flow| &flow.services) {
            numbers.extend([service.first, service.first.saturating_sub(1)]);
            numbers.extend([service.last, service.last.saturating_add(1)]);
        }
        for reader in output.readers.values() {
            let fits =
                |address: &&Address| address.family == Family::V6 || address.value <= u128::from(u32::MAX);
            borders.extend(reader.edges().addresses.iter().filter(fits));
            numbers.extend(&reader.edges().numbers);
        }
        let mut attack = Attack {
            site,
            output,
            draw: Draw::new(seed),
            nobody: Role::default(),
            enforced: all.iter().copied().filter(|party| !readers(output, party).is_empty()).collect(),
            named: all.iter().copied().filter(|party| is_named(party)).collect(),
            all,
            spans,
            borders: borders.into_iter().collect(),
            numbers: numbers.into_iter().collect(),
            somewhere: Vec::new(),
        };
        for family in [Family::V4, Family::V6] {
            let tries: Vec<Address> = (0..256).map(|_| attack.anywhere(family)).collect();
            attack.somewhere.extend(
                tries.into_iter().find(|address| site.is_internet(*address) && !is_loopback(*address)),
            );
        }
        attack
    }

    fn anywhere(&mut self, family: Family) -> Address {
        let text = if family == Family::V4 { "0.0.0.0/0" } else { "::/0" };
        self.draw.within(Span::parse(text).unwrap())
    }

    fn draw_packet(&mut self) -> Option<(Who<'a>, Who<'a>, Packet)> {
        let site: &'a Site = self.site;
        if self.draw.percent(35)
            && let Some(flow) = self.draw.pick(&site.flows)
        {
            return self.draw_meant(flow);
        }
        let enforced = *self.draw.pick(&self.enforced)?;
        let own = self.member(enforced)?;
        for _ in 0..DRAWS {
            let Some(peer) = self.anybody() else { continue };
            if let Some(packet) = self.packet(own, peer, None) {
                return Some(if self.draw.percent(50) { (own, peer, packet) } else { (peer, own, packet) });
            }
        }
        None
    }

    fn draw_meant(&mut self, flow: &'a Meant) -> Option<(Who<'a>, Who<'a>, Packet)> {
        let site: &'a Site = self.site;
        let service = *self.draw.pick(&flow.services)?;
        for _ in 0..DRAWS {
            let from = self.member(&site.parties[&flow.from])?;
            let to = self.member(&site.parties[&flow.to])?;
            if let Some(packet) = self.packet(from, to, Some(service)) {
                return Some((from, to, packet));
            }
        }
        None
    }

    /// A member of a role, at a border of some range half the time.
    fn member(&mut self, party: &'a Party) -> Option<Who<'a>> {
        if is_named(party) {
            return Some(Who::Member(party, None));
        }
        let address = if party.spans.is_empty() {
            *self.draw.pick(&self.somewhere)?
        } else {
            let span = *self.draw.pick(&party.spans)?;
            let drawn = *self.draw.pick(&self.borders)?;
            if self.draw.percent(50) {
                let ends = [span.first, span.last].map(|value| Address { family: span.family, value });
                if party.holds(drawn) { drawn } else { ends[self.draw.below(2)] }
            } else {
                self.draw.within(span)
            }
        };
        Some(if party.platform.is_some() { Who::Member(party, Some(address)) } else { Who::At(address) })
    }

    fn anybody(&mut self) -> Option<Who<'a>> {
        match self.draw.below(100) {
            0..10 if !self.named.is_empty() => {
                let party = *self.draw.pick(&self.named)?;
                self.member(party)
            }
            10..50 => {
                let party = *self.draw.pick(&self.all)?;
                self.member(party)
            }
            50..85 => {
                let address = *self.draw.pick(&self.borders)?;
                self.someone_at(address)
            }
            85..93 => {
                let span = *self.draw.pick(&self.spans)?;
                let address = self.draw.within(span);
                self.someone_at(address)
            }
            roll => {
                let address = self.anywhere(if roll < 97 { Family::V4 } else { Family::V6 });
                self.someone_at(address)
            }
        }
    }

    /// One of those who may have an address.
    fn someone_at(&mut self, address: Address) -> Option<Who<'a>> {
        let placed = self.all.iter().filter(|party| party.platform.is_some() && party.holds(address));
        let mut there: Vec<Who<'a>> = placed.map(|party| Who::Member(party, Some(address))).collect();
        if self.site.is_outside(address) {
            there.push(Who::At(address));
        }
        self.draw.pick(&there).copied()
    }

    /// A packet that can exist between the two, within a service or at its borders; none across families.
    fn packet(&mut self, from: Who<'a>, to: Who<'a>, service: Option<Service>) -> Option<Packet> {
        let families: BTreeSet<Family> =
            [from, to].iter().filter_map(|who| address(*who)).map(|address| address.family).collect();
        if families.len() > 1 || [from, to].iter().filter_map(|who| address(*who)).any(is_loopback) {
            return None;
        }
        let near = self.draw.percent(50);
        let drawn = u16::try_from(self.draw.next() & 0xffff).unwrap();
        let protocols = [Protocol::Tcp, Protocol::Udp, Protocol::Icmp, Protocol::Icmp6];
        let (protocol, number) = match service {
            Some(service) => {
                let number = if near {
                    let ends = [service.first, service.last];
                    let outer = [service.first.saturating_sub(1), service.last.saturating_add(1)];
                    [ends, outer].concat()[self.draw.below(4)]
                } else {
                    let size = u32::from(service.last - service.first) + 1;
                    service.first + u16::try_from(u32::from(drawn) % size).unwrap()
                };
                (service.protocol?, number)
            }
            None => {
                let number = self.draw.pick(&self.numbers).copied().filter(|_| near).unwrap_or(drawn);
                (protocols[self.draw.below(4)], number)
            }
        };
        let fits = match protocol {
            Protocol::Icmp => !families.contains(&Family::V6),
            Protocol::Icmp6 => !families.contains(&Family::V4),
            Protocol::Tcp | Protocol::Udp => true,
        };
        fits.then_some(Packet { protocol, number })
    }

    fn compare(&mut self, from: Who<'a>, to: Who<'a>, packet: Packet, tally: &mut Tally) {
        let out = self.ends(Direction::Egress, from, to, packet);
        let into = self.ends(Direction::Ingress, to, from, packet);
        if out.is_empty() && into.is_empty() {
            return;
        }
        tally.asked += 1;
        let reason = self.site.reason(from, to, packet);
        let listed: Vec<&Widening> = self
            .output
            .manifest
            .widenings
            .iter()
            .filter(|widening| self.lists(widening, from, to, packet))
            .collect();
        tally.meant += usize::from(reason.is_some());
        tally.widened += usize::from(!listed.is_empty());
        let mut wrong = Vec::new();
        if reason.is_some() {
            let dropped = |ends: &Ends| ends.iter().any(|(_, open)| !open);
            if dropped(&out) || dropped(&into) {
                wrong.push("it is meant, and an end drops it".to_owned());
            }
            if let Some(widening) = listed.first() {
                wrong.push(format!("it is meant, and listed as a widening: {}", widening.id));
            }
        } else {
            wrong.extend(self.unexplained(from, to, &out, &into, &listed));
        }
        if !wrong.is_empty() {
            let ids: Vec<&str> = listed.iter().map(|widening| widening.id.as_str()).collect();
            let mut fault = format!("{} -> {} {packet:?}: {}\n", show(from), show(to), wrong.join("; "));
            writeln!(fault, "  the text: {}", reason.unwrap_or("no line means it")).unwrap();
            writeln!(fault, "  leaving its source: {out:?}; reaching its destination: {into:?}").unwrap();
            writeln!(fault, "  listed widenings: {ids:?}").unwrap();
            tally.faults.push(fault);
        }
    }

    /// What is wrong with the answers to a packet that the text does not mean.
    fn unexplained(
        &self,
        from: Who<'_>,
        to: Who<'_>,
        out: &Ends,
        into: &Ends,
        listed: &[&Widening],
    ) -> Option<String> {
        let one_platform = platform(from).is_some() && platform(from) == platform(to);
        let optional = |ends: &Ends| -> Vec<Option<(Spelling, bool)>> {
            if ends.is_empty() { vec![None] } else { ends.iter().map(|end| Some(*end)).collect() }
        };
        for source in optional(out) {
            for destination in optional(into) {
                let of = |end: Option<(Spelling, bool)>| end.map(|(spelling, _)| spelling.id());
                let is_apart = matches!((of(source), of(destination)), (Some(a), Some(b)) if a != b);
                if one_platform && is_apart {
                    continue;
                }
                let spellings = [of(source), of(destination)];
                let explained = listed.iter().any(|widening| {
                    widening.spelling.as_deref().is_none_or(|own| spellings.contains(&Some(own)))
                });
                let open = passes(source, destination);
                if open
                    && spellings.contains(&Some(Spelling::FlowV3.id()))
                    && self.is_unlisted_in_v3(from, to)
                {
                    continue;
                }
                if open != explained {
                    let what =
                        if open { "passes, and nothing lists it" } else { "is listed, and does not pass" };
                    return Some(format!("it is not meant; it {what} in {spellings:?}"));
                }
            }
        }
        None
    }

    /// A known gap of the manifest: v3 opens all of IPv6 where a tier uses any of it, and the widenings list the roles
    /// that gain by it only. Addresses that no role covers gain too, and have no name to be listed by.
    fn is_unlisted_in_v3(&self, from: Who<'_>, to: Who<'_>) -> bool {
        let roles = &self.site.parties;
        [from, to].into_iter().any(|who| match who {
            Who::At(address) => {
                address.family == Family::V6 && !roles.keys().any(|role| self.site.is_member(who, role))
            }
            Who::Member(..) => false,
        })
    }

    fn lists(&self, widening: &Widening, from: Who<'_>, to: Who<'_>, packet: Packet) -> bool {
        let is_end = |who: Who<'_>, roles: &[String], part: &Option<Vec<Span>>| {
            roles.iter().any(|role| self.site.is_member(who, role))
                && part.as_ref().is_none_or(|spans| {
                    address(who).is_some_and(|address| spans.iter().any(|span| span.contains(address)))
                })
        };
        widening.services.iter().any(|service| service.holds(packet.protocol, packet.number))
            && is_end(from, &widening.from, &widening.from_part)
            && is_end(to, &widening.to, &widening.to_part)
    }

    /// What the artefacts of the end at `own` say; nothing where none decides.
    fn ends(&self, direction: Direction, own: Who<'_>, peer: Who<'_>, packet: Packet) -> Ends {
        let Who::Member(party, _) = own else { return Vec::new() };
        let readers = readers(self.output, party);
        let families: BTreeSet<Family> =
            [own, peer].iter().filter_map(|who| address(*who)).map(|address| address.family).collect();
        let answer = |reader: &dyn Reader| {
            let owns = self.points(own, &families, packet);
            let peers = self.points(peer, &families, packet);
            owns.iter().any(|own| peers.iter().any(|peer| reader.permits(direction, own, peer, packet)))
        };
        readers.into_iter().map(|(spelling, reader)| (spelling, answer(reader))).collect()
    }

    /// The points that stand for somebody: a party outside that is known by name only is somewhere on the internet.
    fn points(&self, who: Who<'_>, families: &BTreeSet<Family>, packet: Packet) -> Vec<Point<'_>> {
        let (party, address) = match who {
            Who::At(address) => return vec![Point { role: &self.nobody, address: Some(address) }],
            Who::Member(party, address) => (party, address),
        };
        let role = &self.output.manifest.roles[&party.name];
        let mut points = vec![Point { role, address }];
        if address.is_none() && party.platform.is_none() {
            let fits = |address: &&Address| match packet.protocol {
                Protocol::Icmp => address.family == Family::V4,
                Protocol::Icmp6 => address.family == Family::V6,
                Protocol::Tcp | Protocol::Udp => families.is_empty() || families.contains(&address.family),
            };
            points.extend(
                self.somewhere.iter().filter(fits).map(|address| Point { role, address: Some(*address) }),
            );
        }
        points
    }
}

/// The readers that decide over a role's end.
fn readers<'o>(output: &'o Output, party: &Party) -> Vec<(Spelling, &'o dyn Reader)> {
    let own = output
        .readers
        .iter()
        .filter(|((platform, _), _)| !party.by_citrix && party.platform.as_ref() == Some(platform));
    own.map(|((_, spelling), reader)| (*spelling, reader.as_ref())).collect()
}

fn address(who: Who<'_>) -> Option<Address> {
    match who {
        Who::Member(_, address) => address,
        Who::At(address) => Some(address),
    }
}

fn platform<'a>(who: Who<'a>) -> Option<&'a str> {
    match who {
        Who::Member(party, _) => party.platform.as_deref(),
        Who::At(_) => None,
    }
}

/// Whether both ends together let a packet pass. A change request only opens: beside an end that enforces, its silence
/// is no promise.
fn passes(source: Option<(Spelling, bool)>, destination: Option<(Spelling, bool)>) -> bool {
    let opens_only = |spelling: Spelling| spelling == Spelling::Csv;
    match (source, destination) {
        (Some((one, open)), Some((other, _))) if opens_only(other) && !opens_only(one) => open,
        (Some((one, _)), Some((other, open))) if opens_only(one) && !opens_only(other) => open,
        (Some((_, one)), Some((_, other))) => one && other,
        (Some((_, open)), None) | (None, Some((_, open))) => open,
        (None, None) => false,
    }
}

fn show(who: Who<'_>) -> String {
    let address = address(who).map_or("no address".to_owned(), |address| match address.family {
        Family::V4 => std::net::Ipv4Addr::from(u32::try_from(address.value).unwrap()).to_string(),
        Family::V6 => std::net::Ipv6Addr::from(address.value).to_string(),
    });
    match who {
        Who::Member(party, _) => format!("`{}` at {address}", party.name),
        Who::At(_) => format!("somebody outside at {address}"),
    }
}
