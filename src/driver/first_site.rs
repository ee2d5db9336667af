//! A first site for what is deployed and has none.
//!
//! In: an export. Out: the text of a site whose compile permits what the export permits, and a list of what no line can say.
//!
//! Whom an enforcement point guards is a role; a range of addresses and a list that somebody keeps are roles outside. A rule
//! to or from these is one line. A line between two roles makes a rule at both ends, so it is written for what both have.
//!
//! Invariant: a line never permits more than the rules in its comment. What can't be said is in the list, never left out
//! silently.

use super::ReadExport;
use crate::drift::Names;
use crate::policy::EnforcementState;
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};
use crate::syntax::keyword::is_reserved;
use crate::target::export::{Deployed, Export, SiteWords};
use crate::target::half::Direction;
use crate::target::observed::{Action, Ipv6, PeerName, Peers, Rule};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

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
    let mut writer = Writer::default();
    for one in &read.export.guards {
        writer.add_group(one, &|members| read.target.site_words(members));
    }
    let names = Names::of_sets(&read.export);
    for one in &read.export.guards {
        writer.add_rules(one, &read.export, &names);
    }
    writer.between_groups();
    writer.finish(read.target.info().platform.kind, name, day)
}

/// A rule that a group has about another one.
struct HalfRule {
    services: ServiceSet,
    at: String,
    because: String,
}

/// Ends of rules between groups: who starts, who answers.
type Between = BTreeMap<(String, String), Vec<HalfRule>>;

#[derive(Default)]
struct Writer {
    taken: BTreeSet<String>,
    groups: BTreeMap<PeerName, String>,
    platforms: BTreeMap<String, String>,
    enforced: Vec<String>,
    roles: Vec<(String, String)>,
    role_lines: String,
    outside: BTreeMap<Peers, String>,
    outside_lines: String,
    allows: Vec<String>,
    out: Between,
    into: Between,
    unsaid: Vec<Unsaid>,
}

impl Writer {
    fn cannot(&mut self, at: &str, what: impl Into<String>) {
        self.unsaid.push(Unsaid { at: at.to_owned(), what: what.into() });
    }

    fn add_group(&mut self, one: &Deployed, words: &dyn Fn(&PeerName) -> Option<SiteWords>) {
        if let Some(problem) = &one.problem {
            let at = if problem.pointer.is_empty() { &one.guard.pointer } else { &problem.pointer };
            self.cannot(at, format!("{}: {}", one.shown(), problem.why));
            return;
        }
        let Some((name, words)) = members(one).and_then(|name| Some((name.clone(), words(name)?))) else {
            let why = "the export does not say at which addresses its machines are, and a role needs them";
            self.cannot(&one.guard.pointer, format!("{}: {why}", one.shown()));
            return;
        };
        if one.guard.ipv6 == Ipv6::Passes {
            self.cannot(&one.guard.pointer, format!("{}: all IPv6 passes", one.shown()));
        }
        if words.has_states && one.guard.state == EnforcementState::Save {
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
        if words.has_states && one.guard.state == EnforcementState::Enforce {
            self.enforced.push(role.clone());
        }
        self.groups.insert(name, role.clone());
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

    fn add_rules(&mut self, one: &Deployed, export: &Export, names: &Names) {
        let role = members(one).and_then(|name| self.groups.get(name)).cloned();
        let Some(role) = role.filter(|_| one.problem.is_none()) else { return };
        for rule in &one.guard.rules {
            let peers = if rule.direction == Direction::Ingress { &rule.from } else { &rule.to };
            if *peers == Peers::default() || rule.action == Action::Deny {
                // For nobody, it keeps a group from getting a default; a deny among the members is what no line gives.
                continue;
            }
            let remark = one.remarks.get(&rule.pointer).map_or("", String::as_str);
            self.add_rule(&role, rule, &names.side(peers), remark, export);
        }
    }

    fn add_rule(&mut self, role: &str, rule: &Rule, peers: &Peers, remark: &str, export: &Export) {
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
        let group = peers.names.iter().find(|name| matches!(name, PeerName::Group(_) | PeerName::Labels(_)));
        if let Some(group) = group {
            let Some(other) = self.groups.get(group).cloned() else {
                self.cannot(at, format!("{role}: a rule about {group}, which no described group is"));
                return;
            };
            let half = HalfRule {
                services: rule.services.difference(&rest),
                at: at.to_owned(),
                because: reason(remark),
            };
            let (map, key) = match rule.direction {
                Direction::Ingress => (&mut self.into, (other, role.to_owned())),
                Direction::Egress => (&mut self.out, (role.to_owned(), other)),
            };
            map.entry(key).or_default().push(half);
            return;
        }
        let other = self.outside(peers, export);
        let (from, to) = match rule.direction {
            Direction::Ingress => (other.as_str(), role),
            Direction::Egress => (role, other.as_str()),
        };
        let line = allow(&[at], from, to, &words, &reason(remark));
        self.allows.push(line);
    }

    /// The role outside that stands for a side.
    fn outside(&mut self, peers: &Peers, export: &Export) -> String {
        if let Some(known) = self.outside.get(peers) {
            return known.clone();
        }
        let ranges: Vec<String> = peers.addresses.ranges().iter().map(ToString::to_string).collect();
        let list = peers.names.iter().find_map(|name| match name {
            PeerName::AddressSet(id) => Some((name, id)),
            _ => None,
        });
        let (base, block) = match list {
            Some((name, id)) => {
                let title = export.sets.iter().find(|set| set.name == *name).map_or(id, |set| &set.title);
                (format!("list-{title}"), format!("prefix-list = \"{}\"", comment(title)))
            }
            None => (format!("net-{}", ranges.join("-")), format!("cidr = {}", ranges.join(", "))),
        };
        let role = self.free_name(&base);
        let _ = writeln!(self.outside_lines, "role {role} : {KIND} {{ {block} }}");
        self.outside.insert(peers.clone(), role.clone());
        role
    }

    /// Lines between groups: what both ends have. What only one end has is said to be left out.
    fn between_groups(&mut self) {
        let (out, into) = (std::mem::take(&mut self.out), std::mem::take(&mut self.into));
        let sum = |halves: Option<&Vec<HalfRule>>| {
            let sets = halves.into_iter().flatten();
            sets.fold(ServiceSet::empty(), |sum, half| sum.union(&half.services))
        };
        let pairs: BTreeSet<&(String, String)> = out.keys().chain(into.keys()).collect();
        for pair in pairs {
            let (from, to) = pair;
            let (starts, answers) = (sum(out.get(pair)), sum(into.get(pair)));
            for half in into.get(pair).into_iter().flatten() {
                let both = half.services.intersection(&starts);
                if !both.is_empty() {
                    let egress =
                        out.get(pair).into_iter().flatten().find(|other| other.services.meets(&both));
                    let places: Vec<&str> =
                        [Some(half), egress].into_iter().flatten().map(|half| half.at.as_str()).collect();
                    self.allows.push(allow(&places, from, to, &ports(&both).0, &half.because));
                }
            }
            for (halves, other, end) in [(into.get(pair), &starts, to), (out.get(pair), &answers, from)] {
                for half in halves.into_iter().flatten() {
                    let alone = half.services.difference(other);
                    if !alone.is_empty() {
                        let what = format!(
                            "{from} -> {to} on {alone}: only {end} has the rule, and a line makes one at both ends"
                        );
                        self.cannot(&half.at, what);
                    }
                }
            }
        }
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
             site \"{}\" {{ effective = {day} }}\n\n{platforms}\n{}\n{}\n",
            comment(name),
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
        FirstSite { text, allows: self.allows.len(), roles: self.roles, unsaid: self.unsaid }
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

fn allow(places: &[&str], from: &str, to: &str, ports: &[String], because: &str) -> String {
    let comments: String = places.iter().map(|place| format!("# {}\n", comment(place))).collect();
    format!("{comments}allow {from} -> {to} : {} because \"{because}\"\n", ports.join(", "))
}

/// Services as the language writes them, and those that it can't write.
fn ports(services: &ServiceSet) -> (Vec<String>, ServiceSet) {
    let (mut words, mut rest) = (Vec::new(), ServiceSet::empty());
    for range in services.ranges() {
        let ServiceRange { protocol, low, high } = range;
        match protocol {
            Protocol::TCP | Protocol::UDP => {
                // Port 0 is no port of the language.
                if low == 0 {
                    rest = rest.union(&ServiceSet::ports(protocol, 0, 0));
                }
                if high > 0 {
                    words.push(ServiceRange { low: low.max(1), ..range }.to_string());
                }
            }
            Protocol::ICMP | Protocol::ICMPV6 => {
                let word = range.to_string();
                if ServiceSet::parse(&word) == Some(ServiceSet::from_ranges([range])) {
                    words.push(word);
                } else {
                    rest = rest.union(&ServiceSet::from_ranges([range]));
                }
            }
            _ => rest = rest.union(&ServiceSet::from_ranges([range])),
        }
    }
    if services.is_any() {
        // A line for a part of everything would look as if somebody had chosen these ports.
        return (Vec::new(), services.clone());
    }
    (words, rest)
}

/// Some services in words.
fn most(services: &ServiceSet) -> String {
    if services.is_any() { "all protocols".to_owned() } else { services.to_string() }
}

/// A reason that the language takes.
fn reason(remark: &str) -> String {
    let text = comment(remark);
    if text.is_empty() { "Deployed without a description".to_owned() } else { text }
}

/// A text on one line without what ends a string or changes the direction of writing.
fn comment(text: &str) -> String {
    let is_plain = |character: &char| {
        (character.is_alphanumeric() || character.is_ascii_graphic() || *character == ' ')
            && !matches!(character, '"' | '\\')
    };
    text.chars().filter(is_plain).collect::<String>().trim().to_owned()
}
