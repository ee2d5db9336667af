//! The exact difference of what two releases permit, at both levels.
//!
//! In: two releases with their points. Out: [`Difference`]: for each row and widening the packet classes that only its
//! release permits, as blocks.
//!
//! Both releases become rule lists of the set engine, which compares them around their edits. What opens lies inside of
//! rules that the first release lacks, so each such rule takes its part of it, and of what is left the next one takes
//! its part.
//!
//! Invariant: the blocks of a level are disjoint, and together they are the symmetric difference of the two sets, or its
//! part within a [`Scope`]. Both are checked: nothing may be left, and the sizes of the blocks must add up to the size of
//! the difference, which is counted apart.

use super::points::Points;
use super::release::{PartyId, Release};
use crate::policy::interval::Intervals;
use crate::policy::service::{Protocol, ServiceSet};
use crate::space::{
    Block, Budget, Change, Frame, Region, Rule, SetId, Sets, Space, TooComplex, Verdict, in_best_order,
};

/// The largest number of a service: protocol and port.
const LARGEST_SERVICE: u32 = 0x00ff_ffff;

/// What carries packet classes in a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// A row: position in [`Release::flows`].
    Flow(usize),
    /// A widening: position in [`Release::widenings`].
    Widening(usize),
}

/// Packet classes of one carrier that only its release permits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// True for what the second release permits.
    pub opens: bool,
    /// What carries it.
    pub carrier: Carrier,
    /// True where the artefacts of both releases let it pass, so that only the files differ.
    pub passes_in_both: bool,
    /// All of its sources with all of its destinations and services.
    pub block: Block<u32>,
}

impl Piece {
    /// How many packet classes it has.
    pub fn size(&self) -> u128 {
        size(&self.block)
    }
}

/// How many packet classes a block has.
pub fn size(block: &Block<u32>) -> u128 {
    let count = |set: &Intervals<u32>| -> u128 {
        set.iter().map(|(low, high)| u128::from(high) - u128::from(low) + 1).sum()
    };
    count(&block.sources) * count(&block.destinations) * count(&block.services)
}

/// How many packet classes differ at one level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Only the second release permits them.
    pub opened: u128,
    /// Only the first release permits them.
    pub closed: u128,
}

/// Everything that two releases permit apart from each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// What the files say, then what the artefacts let pass besides.
    pub pieces: Vec<Piece>,
    /// Packet classes of further rows that are among the pieces, or among what a scope is without.
    pub repeats: Vec<Piece>,
    /// Counted by the set engine: what the files permit.
    pub intent: Sum,
    /// Counted by the set engine: what the artefacts permit besides; `None` where a release has none.
    pub beyond: Option<Sum>,
}

/// Why two releases could not be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The rules are too entangled.
    #[error(transparent)]
    TooComplex(#[from] TooComplex),
    /// The changes are not the difference: a mistake of segc.
    #[error("the changes account for {counted} packet classes, and {differing} differ")]
    Unaccounted {
        /// In all changes.
        counted: u128,
        /// By the set engine.
        differing: u128,
    },
}

/// One line of a rule list with what it comes from.
#[derive(Debug, Clone, Copy)]
struct Line {
    carrier: Carrier,
    rule: Rule,
}

/// The rule lists of one release.
struct Lists {
    flows: Vec<Line>,
    widenings: Vec<Line>,
}

impl Lists {
    fn intent(&self) -> Vec<Rule> {
        self.flows.iter().map(|line| line.rule).collect()
    }

    fn artefacts(&self) -> Vec<Rule> {
        self.flows.iter().chain(&self.widenings).map(|line| line.rule).collect()
    }
}

/// Compares what two releases permit.
///
/// # Errors
/// [`Fault`] when the engine's budget does not suffice, or when the result does not account for the difference.
pub fn compare(before: &Release, after: &Release, points: &Points) -> Result<Difference, Fault> {
    compare_within([before, after], points, None)
}

/// A part of all packet classes.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Everything that the rows and widenings of these two releases speak of.
    pub speaks_of: [&'a Release; 2],
    /// Without what is among these already, at its level and with its effect.
    pub without: &'a [&'a Piece],
}

/// Compares what two releases permit within a scope; everywhere without one.
///
/// # Errors
/// As [`compare`].
pub fn compare_within(
    releases: [&Release; 2],
    points: &Points,
    scope: Option<Scope<'_>>,
) -> Result<Difference, Fault> {
    let mut sets = Sets::new();
    let mut lists = |releases: [&Release; 2]| {
        let [before, after] = releases;
        [(false, before), (true, after)]
            .map(|(is_after, release)| Writer { points, is_after, sets: &mut sets }.lists(release))
    };
    let compared = lists(releases);
    let clip = scope.map(|scope| {
        let rules = lists(scope.speaks_of).iter().flat_map(Lists::artefacts).collect();
        Clip { rules, without: scope.without }
    });
    let with_artefacts = releases.iter().all(|release| release.widenings.is_some());
    let frame = Frame { endpoint: points.largest(), service: LARGEST_SERVICE };
    let [old, new] = &compared;
    let rules = new.intent();
    let (_, difference) = in_best_order(frame, Budget::default(), &sets, &rules, |space| {
        Comparison { space, sets: &sets, old, new, clip: clip.as_ref() }.run(with_artefacts)
    })?;
    let counted: u128 = difference.pieces.iter().map(Piece::size).sum();
    let beyond = difference.beyond.unwrap_or_default();
    let parts = [difference.intent.opened, difference.intent.closed, beyond.opened, beyond.closed];
    let differing = parts.into_iter().sum();
    if counted == differing { Ok(difference) } else { Err(Fault::Unaccounted { counted, differing }) }
}

/// Turns rows into rules of the engine.
struct Writer<'a> {
    points: &'a Points,
    is_after: bool,
    sets: &'a mut Sets<u32>,
}

/// The points of a role by address family, where it has some.
#[derive(Debug, Clone, Copy, Default)]
struct Ends {
    v4: Option<SetId>,
    v6: Option<SetId>,
    unlocated: Option<SetId>,
    v4_or_unlocated: Option<SetId>,
    v6_or_unlocated: Option<SetId>,
}

impl Writer<'_> {
    fn lists(&mut self, release: &Release) -> Lists {
        let roles: Vec<Ends> = (0..release.parties.len())
            .map(|at| {
                let points = self.points.of_role(self.is_after, PartyId::at(at)).cloned().unwrap_or_default();
                self.ends(&points)
            })
            .collect();
        let mut flows = Vec::with_capacity(release.flows.len());
        for (at, flow) in release.flows.iter().enumerate() {
            let (Some(from), Some(to)) = (roles.get(flow.from.index()), roles.get(flow.to.index())) else {
                continue;
            };
            self.rules(Carrier::Flow(at), [*from, *to], &flow.services, &mut flows);
        }
        let mut widenings = Vec::new();
        for (at, widening) in release.widenings.iter().flatten().enumerate() {
            let ends = [(widening.from, &widening.from_part), (widening.to, &widening.to_part)];
            let ends = ends.map(|(party, part)| {
                let points = self.points.of_part(self.is_after, party, part.as_ref());
                self.ends(&points)
            });
            self.rules(Carrier::Widening(at), ends, &widening.services, &mut widenings);
        }
        Lists { flows, widenings }
    }

    fn ends(&mut self, points: &Intervals<u32>) -> Ends {
        let [v4, v6, none] = self.points.families();
        let (v4, v6, none) = (points.intersection(v4), points.intersection(v6), points.intersection(none));
        let mut set = |set: &Intervals<u32>| (!set.is_empty()).then(|| self.sets.intern(set));
        Ends {
            v4: set(&v4),
            v6: set(&v6),
            unlocated: set(&none),
            v4_or_unlocated: set(&v4.union(&none)),
            v6_or_unlocated: set(&v6.union(&none)),
        }
    }

    /// The rules of a row: none across address families, ICMP only in IPv4, ICMPv6 only in IPv6.
    fn rules(
        &mut self,
        carrier: Carrier,
        [from, to]: [Ends; 2],
        services: &ServiceSet,
        into: &mut Vec<Line>,
    ) {
        let without = |other: Protocol| {
            let other = ServiceSet::protocol(other);
            if services.meets(&other) { services.difference(&other) } else { services.clone() }
        };
        let mut product = |sources: Option<SetId>, destinations: Option<SetId>, services: &ServiceSet| {
            let (Some(sources), Some(destinations)) = (sources, destinations) else { return };
            if services.is_empty() {
                return;
            }
            let services = self.sets.intern(services.intervals());
            let rule = Rule { sources, destinations, services, verdict: Verdict::Permit };
            into.push(Line { carrier, rule });
        };
        if from.v4.is_some() || to.v4.is_some() {
            let services = without(Protocol::ICMPV6);
            product(from.v4, to.v4_or_unlocated, &services);
            product(from.unlocated, to.v4, &services);
        }
        if from.v6.is_some() || to.v6.is_some() {
            let services = without(Protocol::ICMP);
            product(from.v6, to.v6_or_unlocated, &services);
            product(from.unlocated, to.v6, &services);
        }
        product(from.unlocated, to.unlocated, services);
    }
}

/// What a [`Scope`] leaves of a difference.
struct Clip<'a> {
    rules: Vec<Rule>,
    without: &'a [&'a Piece],
}

/// The comparison in one space.
struct Comparison<'a, 's> {
    space: &'s mut Space<u32>,
    sets: &'a Sets<u32>,
    old: &'a Lists,
    new: &'a Lists,
    clip: Option<&'a Clip<'a>>,
}

impl Comparison<'_, '_> {
    fn run(&mut self, with_artefacts: bool) -> Result<Difference, TooComplex> {
        let whole = self.space.change(self.sets, &self.old.intent(), &self.new.intent())?;
        let scope = self.scope()?;
        let inside = self.inside(whole, scope)?;
        let intent = self.unknown(inside, false)?;
        let mut difference = Difference { intent: self.sum(intent), ..Difference::default() };
        let passing = if with_artefacts {
            Some(self.space.change(self.sets, &self.old.artefacts(), &self.new.artefacts())?)
        } else {
            None
        };
        let (old, new) = (self.old, self.new);
        self.claim(
            true,
            [inside.opens, intent.opens],
            &new.flows,
            &old.flows,
            passing.map(|all| all.opens),
            &mut difference,
        )?;
        self.claim(
            false,
            [inside.closes, intent.closes],
            &old.flows,
            &new.flows,
            passing.map(|all| all.closes),
            &mut difference,
        )?;
        if let Some(all) = passing {
            let beyond = Change {
                opens: self.space.difference(all.opens, whole.opens)?,
                closes: self.space.difference(all.closes, whole.closes)?,
            };
            let inside = self.inside(beyond, scope)?;
            let beyond = self.unknown(inside, true)?;
            difference.beyond = Some(self.sum(beyond));
            let opens = [beyond.opens, beyond.opens];
            self.claim(true, opens, &new.widenings, &old.widenings, None, &mut difference)?;
            let closes = [beyond.closes, beyond.closes];
            self.claim(false, closes, &old.widenings, &new.widenings, None, &mut difference)?;
        }
        Ok(difference)
    }

    /// All packet classes that are compared.
    fn scope(&mut self) -> Result<Region, TooComplex> {
        match self.clip {
            Some(clip) => self.space.build(self.sets, &clip.rules),
            None => Ok(Region::EVERYTHING),
        }
    }

    /// The part of a difference within the scope.
    fn inside(&mut self, change: Change, scope: Region) -> Result<Change, TooComplex> {
        let mut part = |region: Region| self.space.intersection(region, scope);
        Ok(Change { opens: part(change.opens)?, closes: part(change.closes)? })
    }

    /// A difference without what the scope is without; `beyond` for what only the artefacts let pass.
    fn unknown(&mut self, change: Change, beyond: bool) -> Result<Change, TooComplex> {
        let Some(clip) = self.clip else { return Ok(change) };
        let mut known = |opens: bool| -> Result<Region, TooComplex> {
            let is_of = |piece: &&&Piece| {
                piece.opens == opens && matches!(piece.carrier, Carrier::Widening(_)) == beyond
            };
            let blocks = clip.without.iter().filter(is_of);
            let blocks: Result<Vec<Region>, _> = blocks.map(|piece| self.space.block(&piece.block)).collect();
            self.space.union_of(blocks?)
        };
        let (opened, closed) = (known(true)?, known(false)?);
        Ok(Change {
            opens: self.space.difference(change.opens, opened)?,
            closes: self.space.difference(change.closes, closed)?,
        })
    }

    fn sum(&self, change: Change) -> Sum {
        let count = |region| self.space.volume(region).to_u128().unwrap_or(u128::MAX);
        Sum { opened: count(change.opens), closed: count(change.closes) }
    }

    /// Lets each line that the other release lacks take its part of what is to be told; what it has of the rest of what
    /// differs, it repeats. `passing` is the part that the artefacts treat differently too.
    fn claim(
        &mut self,
        opens: bool,
        [differing, told]: [Region; 2],
        lines: &[Line],
        others: &[Line],
        passing: Option<Region>,
        into: &mut Difference,
    ) -> Result<(), TooComplex> {
        if differing.is_empty() {
            return Ok(());
        }
        let mut known: Vec<Rule> = others.iter().map(|line| line.rule).collect();
        known.sort_unstable();
        let mut left = told;
        for line in lines.iter().filter(|line| known.binary_search(&line.rule).is_err()) {
            let region = self.region(&line.rule)?;
            let own = self.space.intersection(region, differing)?;
            let part = self.space.intersection(own, left)?;
            // Widenings are no rows.
            if let carrier @ Carrier::Flow(_) = line.carrier {
                let again = self.space.difference(own, part)?;
                let blocks = self.space.disjoint_cover(again)?.into_iter();
                let piece = |block| Piece { opens, carrier, passes_in_both: false, block };
                into.repeats.extend(blocks.map(piece));
            }
            left = self.space.difference(left, part)?;
            let shown = match passing {
                Some(passing) => self.space.intersection(part, passing)?,
                None => part,
            };
            let hidden = self.space.difference(part, shown)?;
            for (region, passes_in_both) in [(shown, false), (hidden, true)] {
                for block in self.space.disjoint_cover(region)? {
                    into.pieces.push(Piece { opens, carrier: line.carrier, passes_in_both, block });
                }
            }
        }
        Ok(())
    }

    fn region(&mut self, rule: &Rule) -> Result<Region, TooComplex> {
        let set = |id| Intervals::from_intervals(self.sets.get(id).iter().copied());
        let block = Block {
            sources: set(rule.sources),
            destinations: set(rule.destinations),
            services: set(rule.services),
        };
        self.space.block(&block)
    }
}
