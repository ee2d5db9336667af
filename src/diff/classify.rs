//! The class of each packet class that differs, and what it is put down to.
//!
//! In: the pieces of [`super::access`]. Out: [`Part`]s.
//!
//! - **widened, narrowed**: the other release has the same two roles on the same service, and a role has other addresses
//!   now. Put down to the role that grew or shrank; where both did, to the one that starts.
//! - **hardened, weakened**: the other release meets the same need of the same two roles (the same intent, the same label,
//!   or the same reason) in another way. Better or worse is what protects the content; where that says nothing, how many
//!   sides start. A need that only gains or loses a way is weakened or hardened where the way is the only clear one, or
//!   where another side starts; otherwise something opened or closed. So did a replacement that is neither better nor
//!   worse.
//!   What protects the content says the catalogue; where it knows TLS as an option, or nothing, the port says it: a port that
//!   is registered for TLS is the protected way.
//! - **opened, closed**: everything else.
//! - What artefacts let pass beyond the files is widened or narrowed at their own level.
//!
//! Invariant: the parts of a piece are disjoint, and together they are the piece.

use super::Class;
use super::access::{Carrier, Piece};
use super::pairing::{PairId, Pairing};
use super::points::Points;
use super::release::{EXCEPTION, Flow, PartyId, Reason, Release};
use crate::policy::Encryption;
use crate::policy::interval::Intervals;
use crate::policy::service::{Protocol, ServiceSet};
use crate::space::Block;
use std::collections::{BTreeMap, BTreeSet};

/// What a change is put down to: parts of one class and cause are one change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// A platform that only one release has, with the roles on it.
    Platform(String),
    /// A role that only one release has.
    Role(PairId),
    /// A role whose addresses changed.
    Addresses(PairId),
    /// An exception.
    Exception(String),
    /// A statement, or a reason that two statements share.
    Statement(String),
    /// Roles that wear a group by the file's word.
    DeclaredSharing,
    /// Why artefacts let more pass than the file says.
    Artefacts(String),
}

/// Packet classes of one class and cause.
#[derive(Debug, Clone)]
pub struct Part {
    /// The class.
    pub class: Class,
    /// What it is put down to.
    pub cause: Cause,
    /// The packet classes, with what carries them.
    pub piece: Piece,
}

/// Two releases with all that says what belongs to what.
#[derive(Debug, Clone, Copy)]
pub struct Both<'a> {
    /// The first and the second release.
    pub releases: [&'a Release; 2],
    /// Which role is which.
    pub pairing: &'a Pairing,
    /// The numbering.
    pub points: &'a Points,
}

impl<'a> Both<'a> {
    /// The release that has what opens, or what closes.
    pub fn own(&self, opens: bool) -> &'a Release {
        let [before, after] = self.releases;
        if opens { after } else { before }
    }

    /// The pair of a role of that release.
    pub fn pair(&self, opens: bool, party: PartyId) -> PairId {
        self.pairing.of_party(opens, party).unwrap_or(PairId(u32::MAX))
    }

    /// The role of a pair in the release that has what opens, or what closes.
    pub fn party(&self, opens: bool, pair: PairId) -> Option<PartyId> {
        let pair = self.pairing.get(pair)?;
        if opens { pair.after } else { pair.before }
    }

    /// Both roles of a row.
    pub fn pairs(&self, opens: bool, flow: &Flow) -> (PairId, PairId) {
        (self.pair(opens, flow.from), self.pair(opens, flow.to))
    }
}

/// Ports that are registered for a protocol inside TLS: https, ldaps, syslog-tls, domain-s, ftps-data, ftps, telnets, imaps,
/// pop3s, msft-gc-ssl, sips, amqps, wsmans, pcsync-https, secure-mqtt.
///
/// Source: IANA, Service Name and Transport Protocol Port Number Registry,
/// <https://www.iana.org/assignments/service-names-port-numbers>, as known on 2026-11-28.
const TLS_PORTS: &[u16] = &[443, 636, 853, 989, 990, 992, 993, 995, 3269, 5061, 5671, 5986, 6514, 8443, 8883];

/// How well content is protected. The order is the order of protection; what nobody knows about compares with TLS only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Protection {
    Known(Encryption),
    Unknown,
    Tls,
}

impl Protection {
    fn new(encryption: Option<Encryption>, services: &Intervals<u32>) -> Self {
        let tls = ServiceSet::single_ports(Protocol::TCP, TLS_PORTS);
        let is_tls_port = !services.is_empty() && tls.intervals().contains_all(services);
        match encryption {
            Some(Encryption::Tls) => Self::Tls,
            Some(Encryption::OptionalTls) | None if is_tls_port => Self::Tls,
            Some(known) => Self::Known(known),
            None => Self::Unknown,
        }
    }

    /// Whether this is better than another one; `None` where nobody knows, or where they are equal.
    fn is_better(self, other: Self) -> Option<bool> {
        match (self, other) {
            _ if self == other => None,
            (Self::Tls, _) => Some(true),
            (_, Self::Tls) => Some(false),
            (Self::Known(one), Self::Known(other)) => Some(one > other),
            _ => None,
        }
    }
}

/// Two roles, whoever starts.
type Ends = (PairId, PairId);

fn unordered((a, b): Ends) -> Ends {
    if a <= b { (a, b) } else { (b, a) }
}

/// A need: what asks for it, and between whom.
type NeedKey = (String, Ends);

/// Rows by their roles, for the roles that matter.
struct Rows<'a>([BTreeMap<Ends, Vec<&'a Flow>>; 2]);

impl<'a> Rows<'a> {
    fn new(both: &Both<'a>, wanted: &BTreeSet<Ends>) -> Self {
        Self([false, true].map(|opens| {
            let mut rows: BTreeMap<Ends, Vec<&Flow>> = BTreeMap::new();
            for flow in &both.own(opens).flows {
                let ends = unordered(both.pairs(opens, flow));
                if wanted.contains(&ends) {
                    rows.entry(ends).or_default().push(flow);
                }
            }
            rows
        }))
    }

    fn between(&self, opens: bool, ends: Ends) -> &[&'a Flow] {
        let [before, after] = &self.0;
        (if opens { after } else { before }).get(&unordered(ends)).map_or(&[], Vec::as_slice)
    }
}

/// Says of every piece what it is.
pub fn classify(both: &Both<'_>, pieces: Vec<Piece>) -> Vec<Part> {
    let flow_of = |piece: &Piece| match piece.carrier {
        Carrier::Flow(at) => both.own(piece.opens).flows.get(at),
        Carrier::Widening(_) => None,
    };
    let wanted =
        pieces.iter().filter_map(|piece| Some(unordered(both.pairs(piece.opens, flow_of(piece)?)))).collect();
    let rows = Rows::new(both, &wanted);
    let mut parts = Vec::new();
    let mut fresh: Vec<(NeedKey, Piece)> = Vec::new();
    for piece in pieces {
        match flow_of(&piece) {
            Some(flow) => {
                let rest = by_addresses(both, &rows, flow, piece, &mut parts);
                fresh.extend(rest.into_iter().flat_map(|rest| by_need(both, &rows, flow, rest)));
            }
            None => parts.push(beyond(both, piece)),
        }
    }
    let verdicts = verdicts(both, &rows, &fresh);
    for ((statement, ends), piece) in fresh {
        let key = (statement, ends);
        let plain = if piece.opens { Class::Opened } else { Class::Closed };
        let class = verdicts.get(&key).copied().flatten().unwrap_or(plain);
        let cause = if class == plain { plain_cause(both, &key, piece.opens) } else { named_cause(key.0) };
        parts.push(Part { class, cause, piece });
    }
    parts
}

/// What artefacts let pass beyond the files.
fn beyond(both: &Both<'_>, piece: Piece) -> Part {
    let Carrier::Widening(at) = piece.carrier else {
        return Part { class: Class::Opened, cause: Cause::Statement(String::new()), piece };
    };
    let widening = both.own(piece.opens).widenings.iter().flatten().nth(at);
    let cause = match widening {
        Some(widening) if widening.declared => Cause::DeclaredSharing,
        Some(widening) => Cause::Artefacts(widening.cause.clone()),
        None => Cause::Artefacts(String::new()),
    };
    let class = if piece.opens { Class::Widened } else { Class::Narrowed };
    Part { class, cause, piece }
}

/// Takes out of a piece what differs only because a role has other addresses; gives back the rest.
fn by_addresses(
    both: &Both<'_>,
    rows: &Rows<'_>,
    flow: &Flow,
    piece: Piece,
    parts: &mut Vec<Part>,
) -> Vec<Piece> {
    let opens = piece.opens;
    let (from, to) = both.pairs(opens, flow);
    let others = rows.between(!opens, (from, to)).iter();
    let others = others.filter(|other| both.pairs(!opens, other) == (from, to));
    let known = others.fold(ServiceSet::empty(), |sum, other| sum.union(&other.services));
    let (kept, fresh) = (
        piece.block.services.intersection(known.intervals()),
        piece.block.services.difference(known.intervals()),
    );
    let with = |block: Block<u32>| Piece { block, ..piece.clone() };
    let points = |pair| {
        let party = both.party(!opens, pair);
        party.and_then(|party| both.points.of_role(!opens, party)).cloned().unwrap_or_default()
    };
    let (old_from, old_to) = (points(from), points(to));
    let Block { sources, destinations, .. } = piece.block.clone();
    let block = |sources: Intervals<u32>, destinations: Intervals<u32>, services: &Intervals<u32>| Block {
        sources,
        destinations,
        services: services.clone(),
    };
    let stayed = sources.intersection(&old_from);
    let moved = [
        (from, block(sources.difference(&old_from), destinations.clone(), &kept)),
        (to, block(stayed.clone(), destinations.difference(&old_to), &kept)),
    ];
    for (pair, block) in moved {
        if !is_empty(&block) {
            let class = if opens { Class::Widened } else { Class::Narrowed };
            parts.push(Part { class, cause: Cause::Addresses(pair), piece: with(block) });
        }
    }
    let rest =
        [block(stayed, destinations.intersection(&old_to), &kept), block(sources, destinations, &fresh)];
    rest.into_iter().filter(|block| !is_empty(block)).map(with).collect()
}

fn is_empty(block: &Block<u32>) -> bool {
    block.sources.is_empty() || block.destinations.is_empty() || block.services.is_empty()
}

/// Cuts a piece by the needs that its row's reasons stand for: each service goes to the first reason that has it.
fn by_need(both: &Both<'_>, rows: &Rows<'_>, flow: &Flow, piece: Piece) -> Vec<(NeedKey, Piece)> {
    let ends = unordered(both.pairs(piece.opens, flow));
    let mut left = piece.block.services.clone();
    let mut cut: BTreeMap<String, Intervals<u32>> = BTreeMap::new();
    for reason in &flow.reasons {
        let services = left.intersection(reason.services.intervals());
        if !services.is_empty() {
            left = left.difference(&services);
            let own = cut.entry(need_of(rows, piece.opens, ends, reason)).or_default();
            *own = own.union(&services);
        }
    }
    if !left.is_empty() {
        cut.entry(flow.reasons.first().map_or_else(String::new, |reason| reason.statement.clone()))
            .and_modify(|own| *own = own.union(&left))
            .or_insert(left);
    }
    let with = |services| Piece { block: Block { services, ..piece.block.clone() }, ..piece.clone() };
    cut.into_iter().map(|(need, services)| ((need, ends), with(services))).collect()
}

/// What a need is called: its statement; a reason in words where the other release has none of the statement between the
/// two roles, and an `allow` that gives the same reason.
fn need_of(rows: &Rows<'_>, opens: bool, ends: Ends, reason: &Reason) -> String {
    let others = || rows.between(!opens, ends).iter().flat_map(|flow| &flow.reasons);
    let is_allow = |reason: &Reason| reason.statement.starts_with("allow ");
    if !is_allow(reason) || others().any(|other| other.statement == reason.statement) {
        return reason.statement.clone();
    }
    let shared = others().any(|other| is_allow(other) && other.because == reason.because);
    match &reason.because {
        Some(because) if shared => because.clone(),
        _ => reason.statement.clone(),
    }
}

/// How a need is met in one release.
#[derive(Debug, Default)]
struct Way {
    /// Who starts.
    starters: BTreeSet<Ends>,
    /// The protections of its services.
    protections: BTreeSet<Protection>,
}

impl Way {
    /// How a need is met, as far as it meets some packet classes.
    fn new(both: &Both<'_>, rows: &Rows<'_>, opens: bool, need: &NeedKey, part: &[&Piece]) -> Self {
        let mut way = Self::default();
        for flow in rows.between(opens, need.1) {
            let pairs = both.pairs(opens, flow);
            let meets = |piece: &&Piece| {
                matches!(piece.carrier, Carrier::Flow(at)
                    if both.own(opens).flows.get(at).is_some_and(|own| std::ptr::eq(own, *flow)))
            };
            let own = part.iter().filter(|piece| meets(piece));
            let own = own.fold(Intervals::empty(), |sum, piece| sum.union(&piece.block.services));
            for reason in &flow.reasons {
                let asked = reason.services.intervals();
                let services = if part.is_empty() { asked.clone() } else { own.intersection(asked) };
                if !services.is_empty() && need_of(rows, opens, need.1, reason) == need.0 {
                    way.starters.insert(pairs);
                    way.protections.insert(Protection::new(reason.encryption, &services));
                }
            }
        }
        way
    }

    fn weakest(&self) -> Option<Protection> {
        self.protections.first().copied()
    }

    fn is_clear(&self) -> bool {
        self.protections.len() == 1 && self.weakest() == Some(Protection::Known(Encryption::Clear))
    }

    /// Whether all of it is better protected than clear text.
    fn is_protected(&self) -> bool {
        let clear = Protection::Known(Encryption::Clear);
        self.protections.iter().all(|one| one.is_better(clear) == Some(true))
    }
}

/// The class of each need that is met in another way; `None` where it merely opened or closed.
fn verdicts(
    both: &Both<'_>,
    rows: &Rows<'_>,
    fresh: &[(NeedKey, Piece)],
) -> BTreeMap<NeedKey, Option<Class>> {
    let mut needs: BTreeMap<&NeedKey, (Vec<&Piece>, Vec<&Piece>)> = BTreeMap::new();
    for (need, piece) in fresh {
        let (opened, closed) = needs.entry(need).or_default();
        if piece.opens { opened.push(piece) } else { closed.push(piece) }
    }
    needs.into_iter().map(|(need, parts)| (need.clone(), verdict(both, rows, need, &parts))).collect()
}

fn verdict(
    both: &Both<'_>,
    rows: &Rows<'_>,
    need: &NeedKey,
    (opened, closed): &(Vec<&Piece>, Vec<&Piece>),
) -> Option<Class> {
    let (old, new) = (Way::new(both, rows, false, need, &[]), Way::new(both, rows, true, need, &[]));
    if old.starters.is_empty() || new.starters.is_empty() {
        return None;
    }
    let by_starters = if new.starters.len() < old.starters.len() && new.starters.is_subset(&old.starters) {
        Some(Class::Hardened)
    } else if old.starters.len() < new.starters.len() && old.starters.is_subset(&new.starters) {
        Some(Class::Weakened)
    } else {
        None
    };
    let gone = Way::new(both, rows, false, need, closed);
    let come = Way::new(both, rows, true, need, opened);
    match (opened.is_empty(), closed.is_empty()) {
        (false, false) => {
            let better = come.weakest().zip(gone.weakest()).and_then(|(come, gone)| come.is_better(gone));
            match better {
                Some(true) => Some(Class::Hardened),
                Some(false) => Some(Class::Weakened),
                None => by_starters,
            }
        }
        // Only the clear way went, and what is left is protected.
        (true, false) if gone.is_clear() && new.is_protected() => Some(Class::Hardened),
        (false, true) if come.is_clear() && old.is_protected() => Some(Class::Weakened),
        (true, false) => by_starters.filter(|class| *class == Class::Hardened),
        (false, true) => by_starters.filter(|class| *class == Class::Weakened),
        (true, true) => None,
    }
}

/// What opened or closed is put down to: an exception, a platform or role that only one release has, else the statement.
fn plain_cause(both: &Both<'_>, (need, (a, b)): &NeedKey, opens: bool) -> Cause {
    if need.starts_with(EXCEPTION) {
        return named_cause(need.clone());
    }
    let lone = [*a, *b].into_iter().filter(|pair| both.party(!opens, *pair).is_none());
    let lone = lone.map(|pair| lone_cause(both, pair, opens)).min();
    lone.unwrap_or_else(|| named_cause(need.clone()))
}

fn named_cause(need: String) -> Cause {
    match need.strip_prefix(EXCEPTION) {
        Some(name) => Cause::Exception(name.to_owned()),
        None => Cause::Statement(need),
    }
}

fn lone_cause(both: &Both<'_>, pair: PairId, opens: bool) -> Cause {
    let party = both.party(opens, pair).and_then(|party| both.own(opens).party(party));
    let platform = party.and_then(|party| party.platform.as_ref());
    let is_new = |name: &&String| both.own(!opens).platforms.iter().all(|platform| platform.name != **name);
    platform.filter(is_new).map_or(Cause::Role(pair), |name| Cause::Platform(name.clone()))
}
