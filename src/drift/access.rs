//! What the rules of an enforcement point let through in one direction, deployed against compiled.
//!
//! In: the rules of both, in the order in which they are tried. Out: what differs, and which rule has how much of it.
//!
//! Invariant: exact in the cells of [`super::cells`]: the first rule that matches decides, and what no rule matches is
//! dropped.

use super::cells::{Cells, Who, normal};
use crate::policy::service::ServiceSet;
use crate::target::half::Direction;
use crate::target::observed::{Action, Author, Peers, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Some access: whom the enforcement point guards, the other end, and the services.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Whom the enforcement point guards.
    pub own: Who,
    /// The other end.
    pub peer: Who,
    /// On what.
    pub services: ServiceSet,
}

/// A pair of cells: the guarded end and the other one.
type Pair = (usize, usize);

/// Services by pair.
pub(super) type Passing = BTreeMap<Pair, ServiceSet>;

/// The rules of one direction, compiled and deployed, with what differs.
pub(super) struct Compared<'a> {
    /// The compiled rules first.
    pub(super) rules: Vec<&'a Rule>,
    /// How many of them are compiled.
    pub(super) compiled: usize,
    own: Cells,
    peer: Cells,
    /// What passes as deployed and not as compiled.
    pub(super) opened: Passing,
    /// What passes as compiled and not as deployed.
    pub(super) closed: Passing,
    wanted: Passing,
    found: Passing,
}

/// The end of a rule that its enforcement point guards, and the other one.
fn ends(rule: &Rule) -> (&Peers, &Peers) {
    match rule.direction {
        Direction::Ingress => (&rule.to, &rule.from),
        Direction::Egress => (&rule.from, &rule.to),
    }
}

/// A rule so that equal rules are equal values.
pub(super) type Meaning<'a> = (bool, bool, Peers, Peers, &'a ServiceSet);

/// What a rule means. A rule of the platform itself stands for none of a file.
pub(super) fn meaning(rule: &Rule) -> Meaning<'_> {
    let (own, peer) = ends(rule);
    (rule.author == Author::File, rule.action == Action::Allow, normal(own), normal(peer), &rule.services)
}

impl<'a> Compared<'a> {
    pub(super) fn new(compiled: &[&'a Rule], deployed: &[&'a Rule]) -> Self {
        let rules: Vec<&Rule> = compiled.iter().chain(deployed).copied().collect();
        let sides: Vec<(&Peers, &Peers)> = rules.iter().map(|rule| ends(rule)).collect();
        let own = Cells::of(&sides.iter().map(|(own, _)| *own).collect::<Vec<_>>());
        let peer = Cells::of(&sides.iter().map(|(_, peer)| *peer).collect::<Vec<_>>());
        let mut compared = Self {
            rules,
            compiled: compiled.len(),
            own,
            peer,
            opened: Passing::new(),
            closed: Passing::new(),
            wanted: Passing::new(),
            found: Passing::new(),
        };
        let wanted = compared.passing(0, compiled.len());
        let found = compared.passing(compiled.len(), compared.rules.len());
        compared.opened = without(&found, &wanted);
        compared.closed = without(&wanted, &found);
        compared.wanted = wanted;
        compared.found = found;
        compared
    }

    /// What some of the rules let through, first match first.
    fn passing(&self, from: usize, to: usize) -> Passing {
        let rules = self.rules.iter().enumerate().take(to).skip(from);
        let only_allows = rules.clone().all(|(_, rule)| rule.action == Action::Allow);
        let (mut allowed, mut decided) = (Passing::new(), Passing::new());
        for (at, rule) in rules {
            for pair in self.pairs(at) {
                if only_allows {
                    add(&mut allowed, pair, &rule.services);
                    continue;
                }
                let left = match decided.get(&pair) {
                    Some(before) => rule.services.difference(before),
                    None => rule.services.clone(),
                };
                if rule.action == Action::Allow && !left.is_empty() {
                    add(&mut allowed, pair, &left);
                }
                add(&mut decided, pair, &left);
            }
        }
        allowed
    }

    /// The pairs that a rule is about.
    fn pairs(&self, rule: usize) -> impl Iterator<Item = Pair> {
        let peers = self.peer.side(rule);
        self.own.side(rule).iter().flat_map(move |own| peers.iter().map(move |peer| (*own, *peer)))
    }

    /// All that a rule is about, whatever stands above it.
    pub(super) fn about(&self, rule: usize) -> Passing {
        let Some(services) = self.rules.get(rule).map(|rule| &rule.services) else { return Passing::new() };
        self.pairs(rule).map(|pair| (pair, services.clone())).collect()
    }

    /// What a deny may meet by names, besides what it is about.
    pub(super) fn may_meet(&self, rule: usize) -> Passing {
        let (own, peer) = (0..self.own.all.len(), 0..self.peer.all.len());
        let pairs = own.flat_map(|own| peer.clone().map(move |peer| (own, peer)));
        self.hidden(rule, &pairs.map(|pair| (pair, ServiceSet::any())).collect())
    }

    /// The part of a difference that a rule is about.
    pub(super) fn share(&self, rule: usize, of: &Passing) -> Passing {
        let Some(services) = self.rules.get(rule).map(|rule| &rule.services) else { return Passing::new() };
        let mut share = Passing::new();
        for pair in self.pairs(rule) {
            let part = of.get(&pair).map(|of| of.intersection(services)).unwrap_or_default();
            if !part.is_empty() {
                share.insert(pair, part);
            }
        }
        share
    }

    /// True when a rule covers whatever another one does.
    pub(super) fn covers(&self, wide: usize, narrow: usize) -> bool {
        let services = |at: usize| self.rules.get(at).map(|rule| &rule.services);
        let on = matches!((services(wide), services(narrow)), (Some(wide), Some(narrow)) if wide.contains_all(narrow));
        let is_within = |cells: &Cells| is_subset(cells.side(narrow), cells.side(wide));
        on && is_within(&self.peer) && is_within(&self.own)
    }

    /// True when two rules have something in common.
    pub(super) fn meet(&self, one: usize, other: usize) -> bool {
        let services = |at: usize| self.rules.get(at).map(|rule| &rule.services);
        let on = matches!((services(one), services(other)), (Some(one), Some(other)) if one.meets(other));
        let meets = |cells: &Cells| shares(cells.side(one), cells.side(other));
        on && meets(&self.peer) && meets(&self.own)
    }

    /// The cells of the end that a rule's enforcement point doesn't guard, in ascending order.
    pub(super) fn peer_cells(&self, rule: usize) -> &[usize] {
        self.peer.side(rule)
    }

    /// What a deployed deny may take away by names whose addresses nobody here knows: compiled access at an end where it or
    /// the rule has a name, and that no deployed rule above the deny has let through.
    pub(super) fn may_cut(&self, rule: usize) -> Passing {
        without(&self.hidden(rule, &self.wanted), &self.passing(self.compiled, rule))
    }

    /// What may pass because a compiled deny is not deployed: deployed access that it may have held by names, and whatever
    /// passes between members, about which a platform may have a rule of its own.
    pub(super) fn may_open(&self, rule: usize) -> Passing {
        let held = without(&self.hidden(rule, &self.found), &self.passing(0, rule));
        let Some(services) = self.rules.get(rule).map(|rule| &rule.services) else { return held };
        let is_guarded = |cells: &Cells, at: usize| cells.all.get(at).is_some_and(|cell| cell.who.guarded);
        let is_within = |(own, peer): &Pair| is_guarded(&self.own, *own) && is_guarded(&self.peer, *peer);
        let within: Passing =
            self.pairs(rule).filter(is_within).map(|pair| (pair, services.clone())).collect();
        together([&held, &within])
    }

    /// The part of some access that a deny may hold although it names other parties: at an end where one of them has a name.
    fn hidden(&self, rule: usize, of: &Passing) -> Passing {
        let Some(services) = self.rules.get(rule).map(|rule| &rule.services) else { return Passing::new() };
        let holds = |cells: &Cells, at: usize| cells.side(rule).contains(&at);
        let has_name =
            |cells: &Cells, at: usize| cells.all.get(at).is_some_and(|cell| !cell.who.names.is_empty());
        let by_name = |cells: &Cells| cells.side(rule).iter().any(|at| has_name(cells, *at));
        let (own_by_name, peer_by_name) = (by_name(&self.own), by_name(&self.peer));
        let may =
            |cells: &Cells, at: usize, by_name: bool| holds(cells, at) || by_name || has_name(cells, at);
        let cut = of.iter().filter(|((own, peer), _)| {
            may(&self.own, *own, own_by_name)
                && may(&self.peer, *peer, peer_by_name)
                && !(holds(&self.own, *own) && holds(&self.peer, *peer))
        });
        let cut = cut.map(|(pair, passing)| (*pair, passing.intersection(services)));
        cut.filter(|(_, services)| !services.is_empty()).collect()
    }

    /// Access in as few lines as say it exactly.
    pub(super) fn lines(&self, passing: &Passing) -> Vec<Access> {
        let mut by_own: BTreeMap<(usize, &ServiceSet), BTreeSet<usize>> = BTreeMap::new();
        for ((own, peer), services) in passing {
            by_own.entry((*own, services)).or_default().insert(*peer);
        }
        let mut by_peer: BTreeMap<(BTreeSet<usize>, &ServiceSet), BTreeSet<usize>> = BTreeMap::new();
        for ((own, services), peers) in by_own {
            by_peer.entry((peers, services)).or_default().insert(own);
        }
        let line = |((peers, services), own): ((BTreeSet<usize>, &ServiceSet), BTreeSet<usize>)| Access {
            own: self.own.who(&own),
            peer: self.peer.who(&peers),
            services: services.clone(),
        };
        let mut lines: Vec<Access> = by_peer.into_iter().map(line).collect();
        lines.sort();
        lines
    }
}

/// True where all of some numbers are among others; both ascend.
fn is_subset(some: &[usize], others: &[usize]) -> bool {
    some.len() <= others.len() && some.iter().all(|one| others.binary_search(one).is_ok())
}

/// True where two lists that ascend have a number in common.
fn shares(one: &[usize], other: &[usize]) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short.iter().any(|at| long.binary_search(at).is_ok())
}

fn add(passing: &mut Passing, pair: Pair, services: &ServiceSet) {
    if services.is_empty() {
        return;
    }
    let known = passing.entry(pair).or_default();
    *known = known.union(services);
}

/// Everything of one that the other lacks.
pub(super) fn without(one: &Passing, other: &Passing) -> Passing {
    let mut rest = Passing::new();
    for (pair, services) in one {
        let left = match other.get(pair) {
            Some(other) => services.difference(other),
            None => services.clone(),
        };
        add(&mut rest, *pair, &left);
    }
    rest
}

/// Everything of either.
pub(super) fn together<'p>(all: impl IntoIterator<Item = &'p Passing>) -> Passing {
    let mut sum = Passing::new();
    for passing in all {
        for (pair, services) in passing {
            add(&mut sum, *pair, services);
        }
    }
    sum
}
