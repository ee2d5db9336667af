//! The rules of one network security group: names, priorities, probes and closing rules.
//!
//! In: drafts. Out: the group's rules by direction and priority.
//!
//! Invariant: a rule's number comes from its identity and the lock alone; a new rule renumbers none. Each direction ends
//! with a closing rule.

use super::limits::{DESCRIPTION, FLOW_PRIORITIES, PRIORITIES, PROBE_PRIORITIES};
use super::membership::{Guards, Membership};
use super::names::{self, Wanted};
use super::plan::{Nsg, Ports, Rule, Side, Transport};
use super::rules::{self, Draft, lasting_name};
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::{Platform, Policy, RoleId};
use crate::target::PlanContext;
use crate::target::half::Direction;
use crate::target::text::description;
use std::collections::{BTreeMap, BTreeSet};

/// The attribute of a role that a load balancer probes.
pub(super) const LOAD_BALANCED: &str = "load-balanced";

/// Its values.
pub(super) const LOAD_BALANCED_VALUES: &[&str] = &[ON, "off"];
const ON: &str = "on";

/// The tag that health probes come from.
///
/// Source: Azure service tags overview, AzureLoadBalancer: 168.63.129.16, probes only; read 2026-11-22.
const PROBE_TAG: &str = "AzureLoadBalancer";

/// What the rules of a platform's groups are made from.
pub(super) struct Author<'a> {
    /// The policy.
    pub(super) policy: &'a Policy,
    /// The platform.
    pub(super) platform: &'a Platform,
    /// Its enforced roles.
    pub(super) guards: &'a Guards,
    /// Names of application security groups by the role whose group it is.
    pub(super) asgs: &'a BTreeMap<RoleId, String>,
}

/// Everything of a rule but its name and number, with what both are made of.
struct Unnamed {
    identity: String,
    words: Vec<String>,
    rule: Rule,
}

/// Rules that get their numbers from one range.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Inbound,
    Outbound,
    Probes,
}

impl Section {
    const ALL: [Self; 3] = [Self::Inbound, Self::Outbound, Self::Probes];

    /// Its name in the lock file.
    fn name(self) -> &'static str {
        match self {
            Self::Inbound => "Inbound",
            Self::Outbound => "Outbound",
            Self::Probes => "Probes",
        }
    }

    fn priorities(self) -> (u32, u32) {
        if self == Self::Probes { PROBE_PRIORITIES } else { FLOW_PRIORITIES }
    }

    fn of(rule: &Rule) -> Self {
        match rule.direction {
            _ if rule.rows.is_empty() => Self::Probes,
            Direction::Ingress => Self::Inbound,
            Direction::Egress => Self::Outbound,
        }
    }
}

impl Author<'_> {
    /// The rules of one group by direction, then priority.
    ///
    /// # Errors
    /// A report without a place when a direction has more rules than numbers.
    pub(super) fn rules(
        &self,
        nsg: &Nsg,
        drafts: BTreeMap<(Direction, String), Draft<'_>>,
        cx: &mut PlanContext<'_>,
    ) -> Result<Vec<Rule>, Diagnostic> {
        let mut unnamed: Vec<Unnamed> =
            drafts.into_iter().map(|((_, identity), draft)| for_flows(identity, &draft)).collect();
        unnamed.extend(self.probes(nsg));
        for section in Section::ALL {
            self.number(nsg, section, &mut unnamed, cx)?;
        }
        unnamed.extend([closing(Direction::Ingress), closing(Direction::Egress)]);
        let (wanted, rules): (Vec<Wanted>, Vec<Rule>) = unnamed
            .into_iter()
            .map(|Unnamed { identity, words, rule }| (Wanted { identity, words, separator: '.' }, rule))
            .unzip();
        let names = names::unique(&wanted);
        let mut rules: Vec<Rule> =
            rules.into_iter().zip(names).map(|(rule, name)| Rule { name, ..rule }).collect();
        rules.sort_by_key(|rule| (rule.direction, rule.priority));
        Ok(rules)
    }

    /// Gives the rules of a section their priorities.
    fn number(
        &self,
        nsg: &Nsg,
        section: Section,
        unnamed: &mut [Unnamed],
        cx: &mut PlanContext<'_>,
    ) -> Result<(), Diagnostic> {
        let mut members: Vec<&mut Unnamed> =
            unnamed.iter_mut().filter(|unnamed| Section::of(&unnamed.rule) == section).collect();
        if members.is_empty() {
            return Ok(());
        }
        let identities: Vec<String> = members.iter().map(|unnamed| unnamed.identity.clone()).collect();
        let (low, high) = section.priorities();
        let place = format!("{}/priorities/{}/{}", self.platform.name, nsg.name, section.name());
        let numbers = cx.numbers(&place, &identities, low, high).ok_or_else(|| {
            let (needed, free) = (identities.len(), high - low + 1);
            let message = format!(
                "{} takes {free} rules with priorities from {low} to {high}, and {needed} are needed",
                nsg.name
            );
            Diagnostic::new(codes::QUOTA_EXCEEDED, message)
        })?;
        for unnamed in &mut members {
            unnamed.rule.priority = numbers.get(&unnamed.identity).copied().unwrap_or(high);
        }
        Ok(())
    }

    /// The rules that let a load balancer's health probes reach the roles that say they are balanced.
    fn probes(&self, nsg: &Nsg) -> Vec<Unnamed> {
        let mut probes = BTreeMap::new();
        for role in &nsg.guards {
            let party = self.policy.party(*role).filter(|party| party.attribute(LOAD_BALANCED) == Some(ON));
            let (Some(party), Some(guarded)) = (party, self.guards.get(role)) else {
                continue;
            };
            let (known, sides) = match guarded.membership {
                Membership::Asg(owner) => {
                    let name = self.asgs.get(&owner).cloned();
                    (owner, name.map(|name| Side::Asgs(vec![name])).into_iter().collect())
                }
                Membership::Subnet => (*role, rules::sides(&party.addresses)),
            };
            for side in sides {
                let probe = probe(lasting_name(self.policy, known), side);
                probes.insert(probe.identity.clone(), probe);
            }
        }
        probes.into_values().collect()
    }
}

fn for_flows(identity: String, draft: &Draft<'_>) -> Unnamed {
    let word = match draft.direction {
        Direction::Ingress => "in",
        Direction::Egress => "out",
    };
    let flow = draft.rows.first();
    let origin = flow.map_or("", |flow| flow.origin.as_str());
    let protocol = flow.map_or_else(String::new, |flow| flow.protocol.to_string());
    let origins: BTreeSet<&String> = draft.rows.iter().map(|flow| &flow.origin).collect();
    let origins = origins.into_iter().cloned().collect();
    let mut words = vec![word, &draft.from, &draft.to, origin, &protocol];
    words.extend(draft.variant.split_whitespace());
    Unnamed {
        words: words.into_iter().map(str::to_owned).collect(),
        identity,
        rule: Rule {
            name: String::new(),
            description: description(draft.rows.iter().copied(), &draft.services, DESCRIPTION),
            direction: draft.direction,
            priority: FLOW_PRIORITIES.1,
            allow: true,
            transport: draft.transport,
            ports: rules::ports(&draft.services),
            source: draft.source.clone(),
            destination: draft.destination.clone(),
            from: draft.from.clone(),
            origins,
            to: draft.to.clone(),
            rows: draft.rows.iter().map(|flow| flow.id.clone()).collect(),
        },
    }
}

/// The rule that every direction ends with, so that Azure's own defaults beneath it decide nothing.
fn closing(direction: Direction) -> Unnamed {
    let word = match direction {
        Direction::Ingress => "in",
        Direction::Egress => "out",
    };
    Unnamed {
        identity: format!("deny all {word}"),
        words: vec!["deny-all".to_owned(), word.to_owned()],
        rule: Rule {
            name: String::new(),
            description: "Nothing passes that no rule before this one permits".to_owned(),
            direction,
            priority: PRIORITIES.1,
            allow: false,
            transport: Transport::Any,
            ports: Ports::All,
            source: Side::Anything,
            destination: Side::Anything,
            from: String::new(),
            origins: vec!["closing rules".to_owned()],
            to: String::new(),
            rows: Vec::new(),
        },
    }
}

fn probe(name: &str, destination: Side) -> Unnamed {
    let is_v6 =
        matches!(&destination, Side::Ranges(ranges) if ranges.iter().any(|range| range.addr().is_ipv6()));
    let mut words = vec!["in-probe".to_owned(), name.to_owned()];
    words.extend(is_v6.then(|| "ipv6".to_owned()));
    Unnamed {
        identity: format!("probe {}", words.get(1..).unwrap_or_default().join(" ")),
        words,
        rule: Rule {
            name: String::new(),
            description: "Health probes of the load balancer".to_owned(),
            direction: Direction::Ingress,
            priority: PROBE_PRIORITIES.1,
            allow: true,
            transport: Transport::Any,
            ports: Ports::All,
            source: Side::Tag(PROBE_TAG.to_owned()),
            destination,
            from: PROBE_TAG.to_owned(),
            origins: vec!["health probes".to_owned()],
            to: name.to_owned(),
            rows: Vec::new(),
        },
    }
}
