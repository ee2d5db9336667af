//! A first site for what is deployed and has none.
//!
//! In: an export. Out: the text of a site whose compile permits what the export permits, and a list of what no line can say.
//!
//! Whom an enforcement point guards is a role; a range of addresses and a list that somebody keeps are roles outside. A rule
//! to or from these is one line. A line between two roles makes a rule at both ends, so it is written for what both have.
//!
//! Invariant: a line never permits more than the rules in its comment. What can't be said is in the list, never left out
//! silently.

mod between;
mod network;
mod text;

use super::ReadExport;
use crate::drift::Names;
use crate::policy::EnforcementState;
use crate::policy::address::AddressSet;
use crate::syntax::keyword::is_reserved;
use crate::target::Target;
use crate::target::export::{Deployed, Export, SiteWords};
use crate::target::half::Direction;
use crate::target::observed::{Action, Ipv6, PeerName, Peers, Rule};
use between::{Between, HalfRule};
use network::Part;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use text::{allow, comment, most, ports, reason};

/// The kind that every role gets: the export doesn't say what runs on a machine.
const KIND: &str = "windows-server";

/// The platform that the roles sit on; further ones have a number.
const PLATFORM: &str = "imported";

/// A site with what it does not say.
#[derive(Debug, Clone, Default)]
pub struct FirstSite {
    /// The text.
    pub text: String,
    /// How many lines permit something.
    pub allows: usize,
    /// Roles that stand for groups, with the ids of these.
    pub roles: Vec<(String, String)>,
    /// Segments that stand for enforcement points before networks, with the ids of these.
    pub segments: Vec<(String, String)>,
    /// What no line says.
    pub unsaid: Vec<Unsaid>,
}

/// Something deployed that the site does not say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsaid {
    /// Where it stands.
    pub at: String,
    /// What it is, and why no line says it.
    pub what: String,
}

/// Writes a first site. `day` is its first day, as in `2026-01-31`.
pub fn first_site(read: &ReadExport, name: &str, day: &str) -> FirstSite {
    let mut writer = Writer::new(read.target, &read.export);
    for (at, one) in read.export.guards.iter().enumerate() {
        writer.add_point(at, one);
    }
    for (at, one) in read.export.guards.iter().enumerate() {
        match writer.networks.get(&at).cloned() {
            Some(parts) => writer.add_certain_rules(one, &parts),
            None => writer.add_rules(one),
        }
    }
    writer.between_groups();
    writer.finish(read.target.info().platform.kind, name, day)
}

struct Writer<'e> {
    target: &'static dyn Target,
    export: &'e Export,
    names: Names,
    /// Whether any enforcement point of the same machines blocks, or at least watches.
    states: BTreeMap<PeerName, EnforcementState>,
    taken: BTreeSet<String>,
    groups: BTreeMap<PeerName, Vec<String>>,
    /// Roles that have all of some addresses.
    ranges: BTreeMap<AddressSet, String>,
    /// The roles of an enforcement point before a network, by its position.
    networks: BTreeMap<usize, Vec<Part>>,
    platforms: BTreeMap<String, String>,
    /// The platform of each role that stands for a group.
    places: BTreeMap<String, String>,
    enforced: Vec<String>,
    roles: Vec<(String, String)>,
    segments: Vec<(String, String)>,
    segment_lines: String,
    role_lines: String,
    outside: BTreeMap<Peers, String>,
    outside_lines: String,
    allows: Vec<String>,
    between: Between,
    unsaid: Vec<Unsaid>,
}

impl<'e> Writer<'e> {
    fn new(target: &'static dyn Target, export: &'e Export) -> Self {
        Self {
            target,
            export,
            names: Names::of_sets(export),
            states: states(export),
            taken: BTreeSet::new(),
            groups: BTreeMap::new(),
            ranges: BTreeMap::new(),
            networks: BTreeMap::new(),
            platforms: BTreeMap::new(),
            places: BTreeMap::new(),
            enforced: Vec::new(),
            roles: Vec::new(),
            segments: Vec::new(),
            segment_lines: String::new(),
            role_lines: String::new(),
            outside: BTreeMap::new(),
            outside_lines: String::new(),
            allows: Vec::new(),
            between: Between::default(),
            unsaid: Vec::new(),
        }
    }

    fn cannot(&mut self, at: &str, what: impl Into<String>) {
        self.unsaid.push(Unsaid { at: at.to_owned(), what: what.into() });
    }

    fn add_point(&mut self, at: usize, one: &Deployed) {
        if let Some(problem) = &one.problem {
            let at = if problem.pointer.is_empty() { &one.guard.pointer } else { &problem.pointer };
            let why = format!("{}: {}; it may forbid what lines permit", one.shown(), problem.why);
            self.cannot(at, why);
            return;
        }
        if let Some(doubt) = &one.doubt {
            self.cannot(&one.guard.pointer, format!("{}: {doubt}", one.shown()));
        }
        let words = self.target.site_words(one, members(one));
        if let (Some(words), Some(addresses)) = (&words, &one.addresses) {
            self.add_network(at, one, addresses, words);
            return;
        }
        let Some((name, words)) = members(one).cloned().zip(words) else {
            let why = self.why_unknown(one);
            self.cannot(&one.guard.pointer, format!("{}: {why}", one.shown()));
            return;
        };
        self.add_group(one, name, &words);
    }

    /// Why no role can stand for the machines of an enforcement point.
    fn why_unknown(&self, one: &Deployed) -> String {
        let known = |name: &&PeerName| self.export.unexplained.iter().any(|open| is_part(name, open));
        let ids: Vec<String> =
            one.guard.members.names.iter().filter(known).map(ToString::to_string).collect();
        if ids.is_empty() {
            return "the export does not say at which addresses its machines are, and a role needs them; give the list of networks with their subnets besides"
                .to_owned();
        }
        format!(
            "it guards {}, and no file says what that is; give the list of their names besides",
            ids.join(", ")
        )
    }

    fn add_group(&mut self, one: &Deployed, name: PeerName, words: &SiteWords) {
        let state = self.states.get(&name).copied().unwrap_or(one.guard.state);
        if one.guard.ipv6 == Ipv6::Passes {
            self.cannot(&one.guard.pointer, format!("{}: all IPv6 passes", one.shown()));
        }
        if words.has_states && state == EnforcementState::Save {
            self.cannot(
                &one.guard.pointer,
                format!("{}: it is saved only; the site has it watched", one.shown()),
            );
        }
        if self.groups.contains_key(&name) {
            return;
        }
        let role = self.free_name(&one.title);
        let platform = self.platform(&words.platform);
        // Writing into a string can't fail.
        let _ = writeln!(
            self.role_lines,
            "# {}\nrole {role} : {KIND} on {platform} {{ {} }}",
            comment(&one.shown()),
            words.role
        );
        if words.has_states && state == EnforcementState::Enforce {
            self.enforced.push(role.clone());
        }
        self.places.insert(role.clone(), platform);
        self.groups.insert(name, vec![role.clone()]);
        self.roles.push((role, one.id.clone()));
    }

    /// The platform with some attributes.
    fn platform(&mut self, attributes: &str) -> String {
        if let Some(known) = self.platforms.get(attributes) {
            return known.clone();
        }
        let name = match self.platforms.len() {
            0 => PLATFORM.to_owned(),
            others => format!("{PLATFORM}-{}", others + 1),
        };
        self.taken.insert(name.clone());
        self.platforms.insert(attributes.to_owned(), name.clone());
        name
    }

    /// A name of the language that is near a text and free.
    fn free_name(&mut self, text: &str) -> String {
        let lower = text.to_lowercase();
        let kept = |character: char| if character.is_ascii_alphanumeric() { character } else { '-' };
        let mut base: String = lower.chars().map(kept).collect();
        while base.contains("--") {
            base = base.replace("--", "-");
        }
        base = base.trim_matches('-').chars().take(48).collect::<String>().trim_matches('-').to_owned();
        let is_plain = base.starts_with(|first: char| first.is_ascii_lowercase());
        if !is_plain || is_reserved(&base) || base == PLATFORM {
            base = format!("group-{base}").trim_end_matches('-').to_owned();
        }
        let numbered = (2..).map(|number: u32| format!("{base}-{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        let free = names.find(|name| !self.taken.contains(name)).unwrap_or(base);
        self.taken.insert(free.clone());
        free
    }

    fn add_rules(&mut self, one: &Deployed) {
        let Some(name) = members(one).filter(|_| one.problem.is_none()) else { return };
        let Some(role) = self.groups.get(name).and_then(|roles| roles.first()).cloned() else { return };
        if self.states.get(name).is_some_and(|state| is_weaker(one.guard.state, *state)) {
            let why = "another policy of these machines blocks or watches more, so its rules permit nothing by themselves";
            self.cannot(&one.guard.pointer, format!("{}: {why}", one.shown()));
            return;
        }
        let is_within = |rule: &Rule| rule.from.guarded && rule.to.guarded;
        let apart = one.guard.rules.iter().any(|rule| rule.action == Action::Deny && is_within(rule));
        for rule in &one.guard.rules {
            let peers = if rule.direction == Direction::Ingress { &rule.from } else { &rule.to };
            if *peers == Peers::default() || rule.action == Action::Deny {
                // For nobody, it keeps a group from getting a default; a deny among the members is what no line gives.
                continue;
            }
            if apart && peers.names.iter().any(|peer| is_part(peer, name)) {
                let why = "a rule among its members, which the deny within the group beats";
                self.cannot(&rule.pointer, format!("{role}: {why}"));
                continue;
            }
            let remark = one.remarks.get(&rule.pointer).map_or("", String::as_str);
            let peers = self.names.side(peers);
            self.add_rule(&role, rule, &peers, remark);
        }
    }

    fn add_rule(&mut self, role: &str, rule: &Rule, peers: &Peers, remark: &str) {
        let at = rule.pointer.as_str();
        if peers.everybody || peers.guarded {
            let whom = if peers.everybody { "everybody" } else { "its members" };
            self.cannot(at, format!("{role}: a rule about {whom}, which no role is"));
            return;
        }
        if peers.names.len() + usize::from(!peers.addresses.is_empty()) > 1 {
            self.cannot(at, format!("{role}: a rule about parties of several sorts at once"));
            return;
        }
        let (words, rest) = ports(&rule.services);
        if !rest.is_empty() {
            self.cannot(at, format!("{role}: no line can say {}", most(&rest)));
        }
        if words.is_empty() {
            return;
        }
        if let Some((others, addresses)) = self.groups_of(peers) {
            let half = HalfRule {
                services: rule.services.difference(&rest),
                at: at.to_owned(),
                because: reason(remark),
                addresses,
            };
            self.add_between(rule.direction, role, peers, &others, &half);
            return;
        }
        let Some(other) = self.outside(peers) else {
            let whom: Vec<String> = peers.names.iter().map(ToString::to_string).collect();
            self.cannot(at, format!("{role}: a rule about {}, which no role is", whom.join(", ")));
            return;
        };
        let (from, to) = match rule.direction {
            Direction::Ingress => (other.as_str(), role),
            Direction::Egress => (role, other.as_str()),
        };
        let line = allow(&[at], from, to, &words, &reason(remark));
        self.allows.push(line);
    }

    /// Adds a rule of a role about others that a side names.
    fn add_between(
        &mut self,
        direction: Direction,
        role: &str,
        peers: &Peers,
        others: &[String],
        half: &HalfRule,
    ) {
        if others.is_empty() {
            let whom: Vec<String> = peers.names.iter().map(ToString::to_string).collect();
            let what = format!("{role}: a rule about {}, which no described group is", whom.join(", "));
            self.cannot(&half.at, what);
        }
        for other in others {
            if self.is_apart(role, other) {
                let what =
                    format!("{role}: a rule about {other} on another platform, which needs its addresses");
                self.cannot(&half.at, what);
            } else {
                self.between.add(direction, role, other, half.clone());
            }
        }
    }

    /// True for roles that are known by groups of two platforms.
    fn is_apart(&self, role: &str, other: &str) -> bool {
        matches!((self.places.get(role), self.places.get(other)), (Some(one), Some(other)) if one != other)
    }

    /// The roles that a side names, or has all the addresses of; `None` for a side that is no group.
    fn groups_of(&self, peers: &Peers) -> Option<(Vec<String>, Option<AddressSet>)> {
        let group = peers.names.iter().find(|name| matches!(name, PeerName::Group(_) | PeerName::Labels(_)));
        if let Some(group) = group {
            return Some((self.groups.get(group).cloned().unwrap_or_default(), None));
        }
        let role = self.ranges.get(&peers.addresses).filter(|_| peers.names.is_empty())?;
        Some((vec![role.clone()], Some(peers.addresses.clone())))
    }

    /// The role outside that stands for a side; `None` where the language has no such role.
    fn outside(&mut self, peers: &Peers) -> Option<String> {
        if let Some(known) = self.outside.get(peers) {
            return Some(known.clone());
        }
        let ranges: Vec<String> = peers.addresses.ranges().iter().map(ToString::to_string).collect();
        let (base, block) = match peers.names.first() {
            Some(name @ PeerName::AddressSet(id)) => {
                let title =
                    self.export.sets.iter().find(|set| set.name == *name).map_or(id, |set| &set.title);
                (format!("list-{title}"), self.target.site_peer(name, &comment(title))?)
            }
            Some(_) => return None,
            None => {
                (format!("net-{}", ranges.join("-")), format!("{KIND} {{ cidr = {} }}", ranges.join(", ")))
            }
        };
        let role = self.free_name(&base);
        let _ = writeln!(self.outside_lines, "role {role} : {block}");
        self.outside.insert(peers.clone(), role.clone());
        Some(role)
    }

    fn finish(mut self, kind: &str, name: &str, day: &str) -> FirstSite {
        self.unsaid.sort();
        let mut text = String::new();
        let platforms: String = self
            .platforms
            .iter()
            .map(|(attributes, platform)| format!("platform {kind} {platform} {{ {attributes} }}\n"))
            .collect();
        let _ = write!(
            text,
            "# What is deployed, as `segc import` read it. Give roles their kinds, their segments and better names, and\n\
             # replace lines by intents; `segc drift` says whether it still means the same.\n\n\
             site \"{}\" {{ effective = {day} }}\n\n{platforms}{}\n{}\n{}\n",
            comment(name),
            self.segment_lines,
            self.role_lines,
            self.outside_lines
        );
        if !self.enforced.is_empty() {
            let all = self.enforced.join(", ");
            let _ = writeln!(text, "rollout {{ start = monitor  enforce {all} from {day} }}\n");
        }
        for line in &self.allows {
            text.push_str(line);
        }
        if !self.unsaid.is_empty() {
            text.push_str("\n# Deployed, and said by no line:\n");
        }
        for one in &self.unsaid {
            let _ = writeln!(text, "#   {}  {}", comment(&one.at), comment(&one.what));
        }
        FirstSite {
            text,
            allows: self.allows.len(),
            roles: self.roles,
            segments: self.segments,
            unsaid: self.unsaid,
        }
    }
}

/// How rules name whom an enforcement point guards, where its rules are allows about all of them.
fn members(one: &Deployed) -> Option<&PeerName> {
    let ends = |rule: &Rule| match rule.direction {
        Direction::Ingress => (rule.to == Peers::guarded(), rule.from == Peers::guarded()),
        Direction::Egress => (rule.from == Peers::guarded(), rule.to == Peers::guarded()),
    };
    let is_plain = |rule: &Rule| match ends(rule) {
        (true, is_within) => rule.action == Action::Allow || is_within,
        _ => false,
    };
    let own = one.name.as_ref().or(match one.guard.members.names.iter().collect::<Vec<_>>().as_slice() {
        [only] => Some(*only),
        _ => None,
    });
    own.filter(|_| one.guard.rules.iter().all(is_plain))
}

/// True where rules of one state mean nothing beside those of another one.
fn is_weaker(one: EnforcementState, other: EnforcementState) -> bool {
    strength(one) < strength(other)
}

fn strength(state: EnforcementState) -> u8 {
    match state {
        EnforcementState::Save => 0,
        EnforcementState::Monitor => 1,
        EnforcementState::Enforce => 2,
    }
}

/// The strongest state of the enforcement points of some machines, and of those that guard these among others: what one
/// blocks no rule of a weaker one lets through.
fn states(export: &Export) -> BTreeMap<PeerName, EnforcementState> {
    let mut states: BTreeMap<PeerName, EnforcementState> = BTreeMap::new();
    for name in export.guards.iter().filter_map(members) {
        let over = export
            .guards
            .iter()
            .filter(|other| other.guard.members.names.iter().any(|wide| is_part(name, wide)));
        let strongest = over.map(|other| other.guard.state).max_by_key(|state| strength(*state));
        states.extend(strongest.map(|state| (name.clone(), state)));
    }
    states
}

/// True where whoever is known by one name is known by the other as well.
fn is_part(one: &PeerName, whole: &PeerName) -> bool {
    match (one, whole) {
        (PeerName::Labels(one), PeerName::Labels(whole)) => whole.is_subset(one),
        (one, whole) => one == whole,
    }
}
