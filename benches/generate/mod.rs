//! Rule lists of four kinds, for benchmarks and tests: the same list for the same number of rules, on every machine.
//!
//! - `micro`: role to role, one to three ports, permits only, as a microsegmentation policy is.
//! - `wide`: as micro, with groups of roles; 2 % of the rules match anything in one field, 5 % are denies.
//! - `acl`: nested address prefixes and many exact ports, as ClassBench's acl seeds have them.
//! - `fw`: wildcards on either side, short prefixes and port ranges that overlap, as its fw seeds have them. The worst
//!   for a diagram that begins with addresses.

mod dice;

use dice::Dice;
use segc::space::interval::Intervals;
use segc::space::{Frame, Rule, SetId, Sets, Verdict};

/// A kind of rule list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Roles only.
    Micro,
    /// Roles with wildcards and denies.
    Wide,
    /// Prefixes and ports.
    Acl,
    /// Wildcards and port ranges.
    Fw,
}

/// All kinds.
pub(crate) const KINDS: [Kind; 4] = [Kind::Micro, Kind::Wide, Kind::Acl, Kind::Fw];

/// A rule list with its pool, and its next releases.
pub(crate) struct Input {
    /// The sets of all lists.
    pub(crate) sets: Sets<u32>,
    /// The rules.
    pub(crate) old: Vec<Rule>,
    /// The next release, with ten edits.
    pub(crate) new: Vec<Rule>,
    /// Another one, with an edit for every hundred rules, at most a thousand.
    pub(crate) busy: Vec<Rule>,
}

/// Any address or role, any service.
pub(crate) const FRAME: Frame<u32> = Frame { endpoint: u32::MAX, service: 0x00ff_ffff };

const TCP: u32 = 6 << 16;
const UDP: u32 = 17 << 16;

impl Dice {
    fn percent(&mut self, chance: u32) -> bool {
        self.below(100) < chance
    }
}

struct Generator {
    sets: Sets<u32>,
    dice: Dice,
    kind: Kind,
    roles: u32,
}

/// A rule list of some kind and size.
pub(crate) fn input(kind: Kind, rules: usize) -> Input {
    let size = u32::try_from(rules).unwrap_or(u32::MAX);
    let dice = Dice(u64::from(size) << 3 | kind as u64);
    let mut generator = Generator { sets: Sets::new(), dice, kind, roles: size / 8 + 16 };
    let old: Vec<Rule> = (0..size).map(|_| generator.rule()).collect();
    let mut new = old.clone();
    generator.edit(&mut new);
    let mut busy = old.clone();
    for _ in 0..(rules / 1_000).clamp(1, 100) {
        generator.edit(&mut busy);
    }
    Input { sets: generator.sets, old, new, busy }
}

impl Generator {
    /// Ten edits: four rules added, three removed, and one moved, cut off from a service, and given another source.
    fn edit(&mut self, rules: &mut Vec<Rule>) {
        for _ in 0..4 {
            let (at, rule) = (self.place(rules), self.rule());
            rules.insert(at, rule);
        }
        for _ in 0..3 {
            rules.remove(self.place(rules));
        }
        let moved = rules.remove(self.place(rules));
        rules.insert(self.place(rules), moved);
        let (other, at, then) = (self.rule(), self.place(rules), self.place(rules));
        if let Some(rule) = rules.get_mut(at) {
            rule.services = other.services;
        }
        if let Some(rule) = rules.get_mut(then) {
            rule.sources = other.sources;
        }
    }

    fn place(&mut self, rules: &[Rule]) -> usize {
        self.dice.below(u32::try_from(rules.len()).unwrap_or(u32::MAX)) as usize
    }

    fn rule(&mut self) -> Rule {
        match self.kind {
            Kind::Micro => self.role_rule(0, 0),
            Kind::Wide => self.role_rule(2, 5),
            Kind::Acl => self.address_rule(1, 5, 3),
            Kind::Fw => self.address_rule(15, 20, 4),
        }
    }

    fn role_rule(&mut self, any: u32, deny: u32) -> Rule {
        let wild = if self.dice.percent(any) { self.dice.below(3) } else { 3 };
        let groups = any > 0;
        Rule {
            sources: if wild == 0 { self.anything(FRAME.endpoint) } else { self.role(groups) },
            destinations: if wild == 1 { self.anything(FRAME.endpoint) } else { self.role(false) },
            services: if wild == 2 { self.anything(FRAME.service) } else { self.ports() },
            verdict: if self.dice.percent(deny) { Verdict::Deny } else { Verdict::Permit },
        }
    }

    fn anything(&mut self, largest: u32) -> SetId {
        self.sets.intern_range(0, largest)
    }

    /// A role, or a few of them.
    fn role(&mut self, groups: bool) -> SetId {
        let count = if groups && self.dice.percent(20) { 2 + self.dice.below(3) } else { 1 };
        let roles: Vec<u32> = (0..count).map(|_| self.dice.below(self.roles)).collect();
        self.sets.intern(&Intervals::from_intervals(roles.into_iter().map(|role| (role, role))))
    }

    /// One to three of the ports that are in use, half of them one of the usual ones.
    fn ports(&mut self) -> SetId {
        let count = 1 + self.dice.below(6) / 4 + self.dice.below(12) / 11;
        let mut ports = Vec::new();
        for _ in 0..count {
            let kind = if self.dice.percent(80) { TCP } else { UDP };
            let sort = if self.dice.percent(50) { 16 } else { 160 };
            let port = kind | (self.dice.below(sort) * 97 + 22);
            ports.push((port, port));
        }
        self.sets.intern(&Intervals::from_intervals(ports))
    }

    fn address_rule(&mut self, any: u32, deny: u32, ranges: u32) -> Rule {
        let (from_any, to_any) = (self.dice.percent(any), self.dice.percent(any / 2));
        // A rule for everything would end the list, so one field at least is narrow.
        let services = if from_any && to_any { self.ports() } else { self.services(ranges) };
        Rule {
            sources: if from_any { self.anything(FRAME.endpoint) } else { self.prefix() },
            destinations: if to_any { self.anything(FRAME.endpoint) } else { self.prefix() },
            services,
            verdict: if self.dice.percent(deny) { Verdict::Deny } else { Verdict::Permit },
        }
    }

    /// A prefix in one of some networks: from /16 to /32, long ones more often.
    fn prefix(&mut self) -> SetId {
        let network = 10 << 24 | self.dice.below(self.roles / 64 + 8) << 14;
        let free = match self.dice.below(10) {
            0 => 14,
            1 | 2 => 8,
            3 | 4 => 4,
            _ => 0,
        };
        let low = (network | self.dice.below(1 << 14)) >> free << free;
        self.sets.intern_range(low, low | ((1 << free) - 1))
    }

    fn services(&mut self, ranges: u32) -> SetId {
        if !self.dice.percent(ranges) {
            return self.ports();
        }
        let kind = if self.dice.percent(80) { TCP } else { UDP };
        // Few different ranges, as in practice, but they overlap.
        match self.dice.below(6) {
            0 => self.anything(FRAME.service),
            1 => self.sets.intern_range(kind | 1024, kind | 0xffff),
            2 => self.sets.intern_range(kind, kind | 0xffff),
            _ => {
                let low = self.dice.below(12) * 512;
                self.sets.intern_range(kind | low, kind | (low + 1023))
            }
        }
    }
}
