//! Roles and lines for an enforcement point before a network, which may deny and which names parts of its machines.
//!
//! In: the enforcement point, and the addresses of its network. Out: a segment, a role for each part of it that rules tell
//! apart, and lines for what passes for certain.
//!
//! Invariant: first match decides, and what a deny may take away by a name is in no line.

use super::text::comment;
use super::{KIND, Writer};
use crate::drift::{Access, Who, certain, typed};
use crate::policy::address::AddressSet;
use crate::target::export::{Deployed, SiteWords};
use crate::target::half::Direction;
use crate::target::observed::{Author, Guard, PeerName, Peers, Rule};
use std::collections::BTreeSet;
use std::fmt::Write;

/// A part of the machines behind an enforcement point.
#[derive(Debug, Clone)]
pub(super) struct Part {
    role: String,
    who: PartWho,
}

/// Whom a part has.
#[derive(Debug, Clone)]
enum PartWho {
    /// Whoever sits at some addresses of the network.
    At(AddressSet),
    /// The members of a group, wherever they sit.
    Named(PeerName),
    /// Whoever is in the network, at these addresses, and in none of its groups.
    Others(AddressSet),
}

impl PartWho {
    /// Whether some machines are all of the part or none of it; `None` where they are some of it.
    fn is_all_of(&self, who: &Who) -> Option<bool> {
        let part = match self {
            Self::At(part) | Self::Others(part) => part,
            Self::Named(name) => {
                // Where members sit is not known, so addresses say nothing about them.
                let is_listed = who.names.contains(name);
                let is_told = is_listed || who.addresses.is_empty();
                return is_told.then_some(if who.all_but { !is_listed } else { is_listed || who.rest });
            }
        };
        match (who.addresses.contains_all(part), who.addresses.meets(part)) {
            (true, _) => Some(!who.all_but),
            (false, false) => Some(who.all_but || who.rest),
            (false, true) => None,
        }
    }
}

impl Writer<'_> {
    /// A segment with its roles.
    pub(super) fn add_network(
        &mut self,
        at: usize,
        one: &Deployed,
        addresses: &AddressSet,
        words: &SiteWords,
    ) {
        let platform = self.platform(&words.platform);
        let segment = self.free_name(&one.title);
        let ranges =
            |set: &AddressSet| set.ranges().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        // Writing into a string can't fail.
        let _ = writeln!(
            self.segment_lines,
            "# {}\nsegment {segment} on {platform} {{ cidr = {} }}",
            comment(&one.shown()),
            ranges(addresses)
        );
        self.segments.push((segment.clone(), one.id.clone()));
        let mut parts = Vec::new();
        for (who, base) in parts_of(one, addresses) {
            let role =
                self.free_name(&if base.is_empty() { format!("{}-machines", one.title) } else { base });
            let (block, name) = match &who {
                PartWho::At(part) => (format!("cidr = {}  {}", ranges(part), words.role), None),
                PartWho::Others(_) => (words.by_name.clone(), None),
                PartWho::Named(name) => (words.by_name.clone(), Some(name.clone())),
            };
            let _ = writeln!(self.role_lines, "role {role} : {KIND} on {segment} {{ {block} }}");
            if let PartWho::At(part) = &who {
                self.ranges.insert(part.clone(), role.clone());
            }
            if let Some(name) = name {
                self.roles.push((role.clone(), typed(&name)));
                self.groups.entry(name).or_default().push(role.clone());
            }
            parts.push(Part { role, who });
        }
        self.networks.insert(at, parts);
    }

    /// Lines for what passes for certain.
    pub(super) fn add_certain_rules(&mut self, one: &Deployed, parts: &[Part]) {
        let guard = self.of_everybody(&one.guard);
        for direction in [Direction::Ingress, Direction::Egress] {
            for found in certain(&guard, direction) {
                let at = found.rule.pointer.as_str();
                if !found.is_whole {
                    let what = "a deny above it may take away some of it by a name, so that is in no line";
                    self.cannot(at, format!("{}: {what}", one.shown()));
                }
                let remark = match found.rule.author {
                    Author::Platform => "Passes unless a rule forbids it",
                    Author::File => one.remarks.get(at).map_or("", String::as_str),
                };
                for access in &found.passes {
                    self.add_access(one, found.rule, access, parts, remark);
                }
            }
        }
    }

    /// The enforcement point with its own machines as everybody where a rule names a set in which all of them are.
    fn of_everybody(&self, guard: &Guard) -> Guard {
        let side = |side: &Peers| {
            if side.names.is_disjoint(&self.export.around) { side.clone() } else { Peers::everybody() }
        };
        let own = |rule: &Rule| match rule.direction {
            Direction::Ingress => Rule { to: side(&rule.to), ..rule.clone() },
            Direction::Egress => Rule { from: side(&rule.from), ..rule.clone() },
        };
        Guard { rules: guard.rules.iter().map(own).collect(), ..guard.clone() }
    }

    fn add_access(&mut self, one: &Deployed, rule: &Rule, access: &Access, parts: &[Part], remark: &str) {
        let is_set = |name: &&PeerName| !is_group(name);
        if let Some(set) = access.own.names.iter().find(is_set).filter(|_| !access.own.all_but) {
            let what = format!("{}: nothing says which of its machines {set} has", one.shown());
            self.cannot(&rule.pointer, what);
        }
        let mut roles = Vec::new();
        for part in parts {
            match part.who.is_all_of(&access.own) {
                Some(true) => roles.push(part.role.clone()),
                Some(false) => {}
                None => self.cannot(
                    &rule.pointer,
                    format!(
                        "{}: nothing says which machines at {} are in {}",
                        one.shown(),
                        access.own,
                        part.role
                    ),
                ),
            }
        }
        let rule = Rule { services: access.services.clone(), ..rule.clone() };
        for role in roles {
            self.add_peers(&role, &rule, &access.peer, remark);
        }
    }

    fn add_peers(&mut self, role: &str, rule: &Rule, peer: &Who, remark: &str) {
        let around = |name: &PeerName| self.export.around.contains(name);
        let holds_all = peer.all_but && peer.names.is_empty() && peer.addresses.is_empty();
        if holds_all || (!peer.all_but && peer.names.iter().any(around)) {
            self.between.open(rule.direction, role, &rule.services);
        }
        if peer.rest && !peer.all_but || peer.all_but && !peer.names.is_empty() {
            self.cannot(&rule.pointer, format!("{role}: a rule about {peer}, which no role is"));
            return;
        }
        let addresses = if peer.all_but {
            self.cannot(&rule.pointer, format!("{role}: a rule about {peer}; the line is for their IPv4"));
            let all = AddressSet::from_v4(AddressSet::all().v4().clone());
            all.difference(&peer.addresses)
        } else {
            peer.addresses.clone()
        };
        if !addresses.is_empty() {
            self.add_rule(role, rule, &Peers::at(addresses), remark);
        }
        for name in peer.names.iter().filter(|_| !peer.all_but) {
            self.add_rule(role, rule, &Peers::named(name.clone()), remark);
        }
    }
}

/// The parts that the rules tell apart, with what a role of each may be called.
fn parts_of(one: &Deployed, network: &AddressSet) -> Vec<(PartWho, String)> {
    let rules = one.guard.rules.iter().filter(|rule| rule.author == Author::File);
    let own: Vec<&Peers> =
        rules.map(|rule| if rule.direction == Direction::Ingress { &rule.to } else { &rule.from }).collect();
    let names: BTreeSet<&PeerName> = own.iter().flat_map(|side| &side.names).filter(is_group).collect();
    if !names.is_empty() {
        let named = names.into_iter().map(|name| {
            let text =
                if let PeerName::Group(text) = name { text.rsplit('/').next().unwrap_or(text) } else { "" };
            (PartWho::Named(name.clone()), text.to_owned())
        });
        return named.chain([(PartWho::Others(network.clone()), String::new())]).collect();
    }
    let mut parts = vec![network.clone()];
    for side in own.iter().filter(|side| !side.everybody) {
        let cut = |part: &AddressSet| [part.intersection(&side.addresses), part.difference(&side.addresses)];
        parts = parts.iter().flat_map(cut).filter(|part| !part.is_empty()).collect();
    }
    parts.into_iter().map(|part| (PartWho::At(part), String::new())).collect()
}

fn is_group(name: &&PeerName) -> bool {
    matches!(name, PeerName::Group(_))
}
