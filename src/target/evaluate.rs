//! What a read file lets through, in the points of a policy.
//!
//! In: an [`Observed`] file and the points behind its names. Out: [`Evaluation`], exactly, or why no exact answer exists.
//!
//! Rules often cover a part of a party's points only, and several together the whole. So rules that stand side by side
//! with one action are put together first. What still cuts through a point splits it into parts for the length of one
//! guard's evaluation; in the end all parts of a point must have one answer.
//!
//! Invariant: knows nothing of plans. A rule that reaches all of the internet reaches whoever is known only by a name,
//! as [`Universe::within`] has it.

use super::Permits;
use super::cuts::{Cuts, Part, Piece};
use super::half::Direction;
use super::observed::{Action, Guard, Ipv6, Observed, PeerName, Peers, Rule};
use crate::policy::EnforcementState;
use crate::policy::address::{AddressSet, Family};
use crate::policy::flow_set::FlowSet;
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::universe::{Atom, AtomId, Universe};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The points behind the names of a file.
#[derive(Debug, Clone, Default)]
pub struct Bindings {
    names: BTreeMap<PeerName, BTreeSet<AtomId>>,
    labels: BTreeMap<String, BTreeSet<AtomId>>,
    hosts: BTreeMap<AtomId, BTreeSet<String>>,
    known_hosts: BTreeSet<String>,
    states: BTreeMap<AtomId, EnforcementState>,
}

impl Bindings {
    /// Says that some points are behind a name. A name may be bound several times, and to nobody.
    pub fn bind(&mut self, name: PeerName, points: impl IntoIterator<Item = AtomId>) {
        self.names.entry(name).or_default().extend(points);
    }

    /// Says that the machines at some points wear a label.
    pub fn label(&mut self, label: String, points: impl IntoIterator<Item = AtomId>) {
        self.labels.entry(label).or_default().extend(points);
    }

    /// Says that a point is known by some host names, and stands behind all of them together only.
    pub fn hosts(&mut self, point: AtomId, names: impl IntoIterator<Item = String>) {
        let names: Vec<String> = names.into_iter().collect();
        self.known_hosts.extend(names.iter().cloned());
        self.hosts.entry(point).or_default().extend(names);
    }

    /// Says what the enforcement point of some points is to do, where a platform knows more states than one.
    pub fn state(&mut self, points: impl IntoIterator<Item = AtomId>, state: EnforcementState) {
        self.states.extend(points.into_iter().map(|point| (point, state)));
    }

    /// What the enforcement point of a point is to do, where somebody said so.
    pub fn state_of(&self, point: AtomId) -> Option<EnforcementState> {
        self.states.get(&point).copied()
    }

    /// The points behind a name; `None` when nobody knows it. Host names are points of their own kind.
    fn points(&self, name: &PeerName) -> Option<Cow<'_, BTreeSet<AtomId>>> {
        match name {
            PeerName::Labels(labels) => {
                let mut sets: Vec<&BTreeSet<AtomId>> =
                    labels.iter().map(|label| self.labels.get(label)).collect::<Option<_>>()?;
                sets.sort_by_key(|set| set.len());
                let (rarest, others) = sets.split_first()?;
                let wears_all = |atom: &&AtomId| others.iter().all(|set| set.contains(atom));
                Some(Cow::Owned(rarest.iter().filter(wears_all).copied().collect()))
            }
            PeerName::Host(host) => self.known_hosts.contains(host).then(Cow::default),
            _ => self.names.get(name).map(Cow::Borrowed),
        }
    }
}

/// What a file lets through.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evaluation {
    /// Each end by itself.
    pub permits: Permits,
    /// The points that each enforcement point of the file guards, in the order of the file.
    pub guarded: Vec<BTreeSet<AtomId>>,
}

/// Why a file has no exact answer in the points of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unclear {
    /// A rule covers a party only in part.
    NotAligned {
        /// Where it stands.
        pointer: String,
        /// What it covers.
        addresses: AddressSet,
    },
    /// Nobody of the policy is known by a name of the file.
    UnknownName {
        /// Where it stands.
        pointer: String,
        /// The name.
        name: PeerName,
    },
}

/// Evaluates a file.
///
/// # Errors
/// [`Unclear`] when a name is unknown, or a point of the policy is covered only in part.
pub fn evaluate(
    observed: &Observed,
    bindings: &Bindings,
    universe: &Universe,
) -> Result<Evaluation, Unclear> {
    let everybody = universe.iter().map(|(id, _)| id).collect();
    let reader = Reader { universe, bindings, everybody };
    let mut evaluation = Evaluation::default();
    evaluation.permits.opens_only = observed.opens_only;
    for guard in &observed.guards {
        evaluation.guarded.push(reader.members(guard)?);
    }
    for (guard, members) in side_by_side(&observed.guards, &evaluation.guarded) {
        reader.pass(&guard, members, Direction::Ingress, &mut evaluation.permits.ingress)?;
        reader.pass(&guard, members, Direction::Egress, &mut evaluation.permits.egress)?;
    }
    Ok(evaluation)
}

/// Guards with their members. Those that guard the same points, and only ever permit, add up to one: each may cover a part
/// of a party, and all together the whole.
fn side_by_side<'g>(
    guards: &'g [Guard],
    guarded: &'g [BTreeSet<AtomId>],
) -> Vec<(Cow<'g, Guard>, &'g BTreeSet<AtomId>)> {
    let permits_only = |guard: &Guard| guard.rules.iter().all(|rule| rule.action == Action::Allow);
    let mut first_of: BTreeMap<&BTreeSet<AtomId>, usize> = BTreeMap::new();
    let mut together: Vec<(Cow<'g, Guard>, &BTreeSet<AtomId>)> = Vec::new();
    for (guard, members) in guards.iter().zip(guarded) {
        let first = first_of.get(members).and_then(|at| together.get_mut(*at)).map(|(first, _)| first);
        match first {
            Some(first)
                if permits_only(guard)
                    && permits_only(first)
                    && (first.state, first.ipv6) == (guard.state, guard.ipv6) =>
            {
                first.to_mut().rules.extend(guard.rules.iter().cloned());
            }
            _ => {
                first_of.entry(members).or_insert(together.len());
                together.push((Cow::Borrowed(guard), members));
            }
        }
    }
    together
}

/// The places of the rules that have to do with some services from one point to another, in the order of the file.
pub fn places(
    observed: &Observed,
    bindings: &Bindings,
    universe: &Universe,
    direction: Direction,
    (from, to): (AtomId, AtomId),
    services: &ServiceSet,
) -> Vec<String> {
    let everybody = universe.iter().map(|(id, _)| id).collect();
    let reader = Reader { universe, bindings, everybody };
    let mut places = Vec::new();
    for guard in &observed.guards {
        let Ok(members) = reader.members(guard) else { continue };
        let own = if direction == Direction::Ingress { to } else { from };
        let rules = guard.rules.iter().filter(|rule| rule.direction == direction && members.contains(&own));
        for rule in rules.filter(|rule| rule.services.meets(services)) {
            let meets = |peers: &Peers, atom| reader.describes(peers, &members, atom);
            if meets(&rule.from, from) && meets(&rule.to, to) {
                places.push(rule.pointer.clone());
            }
        }
    }
    places
}

/// Rules side by side with one action, put together.
struct Step<'r> {
    pointer: &'r str,
    action: Action,
    from: Peers,
    to: Peers,
    services: &'r ServiceSet,
}

/// What was decided for a pair so far.
#[derive(Default)]
struct Verdict {
    allowed: ServiceSet,
    decided: ServiceSet,
}

impl Verdict {
    /// Where no rule denies, what was decided is what was allowed.
    fn meet(&mut self, action: Action, services: &ServiceSet, adds_up: bool) {
        if adds_up {
            self.allowed = self.allowed.union(services);
            return;
        }
        if action == Action::Allow {
            self.allowed = self.allowed.union(&services.difference(&self.decided));
        }
        self.decided = self.decided.union(services);
    }
}

struct Reader<'a> {
    universe: &'a Universe,
    bindings: &'a Bindings,
    everybody: BTreeSet<AtomId>,
}

impl Reader<'_> {
    fn members(&self, guard: &Guard) -> Result<BTreeSet<AtomId>, Unclear> {
        let cuts = Cuts::default();
        let parts = self.parts(&guard.members, &BTreeSet::new(), &cuts, &guard.pointer)?;
        Ok(parts.into_iter().map(|(atom, _)| atom).collect())
    }

    /// Adds what passes one direction of a guard.
    fn pass(
        &self,
        guard: &Guard,
        members: &BTreeSet<AtomId>,
        direction: Direction,
        passing: &mut FlowSet,
    ) -> Result<(), Unclear> {
        let steps = steps(&guard.rules, direction);
        let adds_up = steps.iter().all(|step| step.action == Action::Allow);
        let cuts = self.cuts(&steps);
        let verdicts = self.decide(&steps, &cuts, members, direction)?;
        let allowed = verdicts.into_iter().map(|(pair, verdict)| (pair, verdict.allowed));
        for ((from, to), services) in cuts.joined(allowed)? {
            for (from, to) in self.spread(&cuts, adds_up, from, to) {
                self.insert(guard, passing, from, to, &services);
            }
        }
        if guard.ipv6 == Ipv6::Passes {
            self.pass_ipv6(members, direction, passing);
        }
        Ok(())
    }

    /// What the steps of a direction decide for each pair, first match first.
    fn decide(
        &self,
        steps: &[Step<'_>],
        cuts: &Cuts,
        members: &BTreeSet<AtomId>,
        direction: Direction,
    ) -> Result<BTreeMap<(Part, Part), Verdict>, Unclear> {
        let adds_up = steps.iter().all(|step| step.action == Action::Allow);
        let (own_size, all_size) = (cuts.count(members), cuts.count(&self.everybody));
        let mut verdicts: BTreeMap<(Part, Part), Verdict> = BTreeMap::new();
        for step in steps {
            let mut sources = self.parts(&step.from, members, cuts, step.pointer)?;
            let mut destinations = self.parts(&step.to, members, cuts, step.pointer)?;
            let (own, others) = match direction {
                Direction::Ingress => (&mut destinations, &sources),
                Direction::Egress => (&mut sources, &destinations),
            };
            own.retain(|(atom, _)| members.contains(atom));
            let is_last = step.services.is_any() && own.len() == own_size && others.len() == all_size;
            // A deny of everything leaves nothing to decide, so its pairs need not be listed.
            if !is_last || step.action == Action::Allow {
                for source in &sources {
                    for destination in &destinations {
                        let verdict = verdicts.entry((*source, *destination)).or_default();
                        verdict.meet(step.action, step.services, adds_up);
                    }
                }
            }
            if is_last {
                break;
            }
        }
        Ok(verdicts)
    }

    /// The points of a side, whole or in parts. Fails for a name that nobody knows.
    fn parts(
        &self,
        peers: &Peers,
        members: &BTreeSet<AtomId>,
        cuts: &Cuts,
        pointer: &str,
    ) -> Result<Vec<Part>, Unclear> {
        let mut whole: Vec<AtomId> = Vec::new();
        if peers.everybody {
            return Ok(self.everybody.iter().flat_map(|atom| cuts.all(*atom)).collect());
        }
        if peers.guarded {
            whole.extend(members);
        }
        let mut hosts = BTreeSet::new();
        for name in &peers.names {
            let unknown = || Unclear::UnknownName { pointer: pointer.to_owned(), name: name.clone() };
            whole.extend(self.bindings.points(name).ok_or_else(unknown)?.iter());
            if let PeerName::Host(host) = name {
                hosts.insert(host);
            }
        }
        let mut parts: Vec<Part> = Vec::new();
        if !peers.addresses.is_empty() {
            let touching = self.universe.touching(&peers.addresses);
            if self.reaches_internet(&peers.addresses, &touching) {
                whole.extend(self.universe.named());
            }
            for id in touching {
                let Some(atom) = self.universe.get(id) else { continue };
                parts.extend(cuts.within(id, &atom.addresses, &peers.addresses));
            }
        }
        for (id, names) in self.bindings.hosts.iter().filter(|_| !hosts.is_empty()) {
            parts.extend(cuts.named(*id, names, &hosts));
        }
        parts.extend(whole.into_iter().flat_map(|atom| cuts.all(atom)));
        parts.sort_unstable();
        parts.dedup();
        Ok(parts)
    }

    /// True when a set reaches everybody on the internet: all of what nobody covers, or a whole address family.
    fn reaches_internet(&self, addresses: &AddressSet, touching: &[AtomId]) -> bool {
        let holds = |id: &AtomId| {
            self.universe
                .get(*id)
                .is_some_and(|atom| atom.internet && addresses.contains_all(&atom.addresses))
        };
        let everything = AddressSet::all();
        let is_whole = |family: Family| addresses.contains_all(&everything.of_family(family));
        !self.universe.named().is_empty()
            && (touching.iter().any(holds) || everything.families().into_iter().any(is_whole))
    }

    /// True when a side describes at least a part of a point.
    fn describes(&self, peers: &Peers, members: &BTreeSet<AtomId>, id: AtomId) -> bool {
        let Some(atom) = self.universe.get(id) else { return false };
        let is_host = |name: &PeerName| match name {
            PeerName::Host(host) => self.bindings.hosts.get(&id).is_some_and(|names| names.contains(host)),
            _ => self.bindings.points(name).is_some_and(|points| points.contains(&id)),
        };
        peers.everybody
            || (peers.guarded && members.contains(&id))
            || peers.addresses.meets(&atom.addresses)
            || peers.names.iter().any(is_host)
    }

    /// Where rules cut through points.
    fn cuts(&self, steps: &[Step<'_>]) -> Cuts {
        let mut cuts = Cuts::default();
        for (step, side) in steps.iter().flat_map(|step| [(step, &step.from), (step, &step.to)]) {
            for id in self.universe.touching(&side.addresses) {
                let Some(atom) = self.universe.get(id) else { continue };
                if !side.addresses.contains_all(&atom.addresses) {
                    let pieces = cuts.split(id, step.pointer, || Piece::at(atom));
                    *pieces =
                        pieces.iter().flat_map(|piece| piece.split_addresses(&side.addresses)).collect();
                }
            }
            let hosts: BTreeSet<&String> = hosts(side).collect();
            for (id, names) in self.bindings.hosts.iter().filter(|_| !hosts.is_empty()) {
                let here = names.iter().filter(|name| hosts.contains(name)).count();
                if here > 0 && here < names.len() {
                    let pieces = cuts.split(*id, step.pointer, || Piece::known_by(names));
                    *pieces = pieces.iter().flat_map(|piece| piece.split_names(&hosts)).collect();
                }
            }
        }
        cuts
    }

    /// A pair, and where rules that add up reach the internet piece by piece, whoever is somewhere on it.
    fn spread(&self, cuts: &Cuts, adds_up: bool, from: AtomId, to: AtomId) -> Vec<(AtomId, AtomId)> {
        let end = |id: AtomId| {
            let is_internet = self.universe.get(id).is_some_and(|atom| atom.internet);
            let named = if adds_up && is_internet && cuts.cut(id) { self.universe.named() } else { &[] };
            std::iter::once(id).chain(named.iter().copied())
        };
        end(from).flat_map(|from| end(to).map(move |to| (from, to))).collect()
    }

    fn insert(&self, guard: &Guard, passing: &mut FlowSet, from: AtomId, to: AtomId, services: &ServiceSet) {
        match (guard.ipv6, self.has_ipv6(from, to)) {
            (Ipv6::ByRules, _) | (Ipv6::Passes, false) => passing.insert(self.universe, from, to, services),
            (Ipv6::Dropped, false) => {
                let rest = services.difference(&ServiceSet::protocol(Protocol::ICMPV6));
                passing.insert(self.universe, from, to, &rest);
            }
            (Ipv6::Dropped | Ipv6::Passes, true) => {}
        }
    }

    /// Everything that IPv6 carries, between points that may have it.
    fn pass_ipv6(&self, members: &BTreeSet<AtomId>, direction: Direction, passing: &mut FlowSet) {
        // Two parties without known addresses may talk in either family, but never ICMP in IPv6.
        let carried = ServiceSet::any().difference(&ServiceSet::protocol(Protocol::ICMP));
        for (own, peer) in members.iter().flat_map(|own| self.everybody.iter().map(move |peer| (*own, *peer)))
        {
            let (from, to) = if direction == Direction::Ingress { (peer, own) } else { (own, peer) };
            if self.may_have_ipv6(from) && self.may_have_ipv6(to) {
                passing.insert(self.universe, from, to, &carried);
            }
        }
    }

    fn has_ipv6(&self, from: AtomId, to: AtomId) -> bool {
        let family = |id| self.universe.get(id).and_then(Atom::family);
        family(from) == Some(Family::V6) || family(to) == Some(Family::V6)
    }

    fn may_have_ipv6(&self, id: AtomId) -> bool {
        self.universe.get(id).and_then(Atom::family) != Some(Family::V4)
    }
}

fn hosts(peers: &Peers) -> impl Iterator<Item = &String> {
    peers.names.iter().filter_map(|name| if let PeerName::Host(host) = name { Some(host) } else { None })
}

/// The rules of a direction, those side by side with one action put together: destinations that one source reaches on
/// the same services, then sources that reach the same destinations.
fn steps(rules: &[Rule], direction: Direction) -> Vec<Step<'_>> {
    let rules: Vec<&Rule> = rules.iter().filter(|rule| rule.direction == direction).collect();
    let runs = rules.chunk_by(|one, next| one.action == next.action);
    runs.flat_map(together).collect()
}

fn together<'r>(run: &[&'r Rule]) -> Vec<Step<'r>> {
    let mut by_source: BTreeMap<(&ServiceSet, &Peers), Vec<&'r Rule>> = BTreeMap::new();
    for rule in run {
        by_source.entry((&rule.services, &rule.from)).or_default().push(rule);
    }
    let mut by_destination: BTreeMap<(&ServiceSet, Peers), Vec<&'r Rule>> = BTreeMap::new();
    for ((services, _), rules) in by_source {
        let to = Peers::union_of(rules.iter().map(|rule| &rule.to));
        by_destination.entry((services, to)).or_default().extend(rules.first());
    }
    let step = |((services, to), rules): ((&'r ServiceSet, Peers), Vec<&'r Rule>)| {
        let first = rules.first()?;
        let from = Peers::union_of(rules.iter().map(|rule| &rule.from));
        Some(Step { pointer: &first.pointer, action: first.action, from, to, services })
    };
    by_destination.into_iter().filter_map(step).collect()
}

#[cfg(test)]
mod tests;
