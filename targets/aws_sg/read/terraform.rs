//! The reader of Terraform JSON.
//!
//! In: a document's bytes. Out: its groups with their rules.
//!
//! Invariant: an argument, a type of resource or an expression that is not understood is refused; so are rules inside of
//! groups, which the provider takes for all rules of the group.

use super::{group_name, list_name, range, services};
use crate::target::half::Direction;
use crate::target::observed::{Guard, Observed, PeerName, Peers, Rule, Unreadable};
use crate::target::reading::{Entries, escaped};
use crate::targets::terraform::read::{self, Argument, Literal, Nothing};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

const GROUP: &str = "aws_security_group";
const INGRESS: &str = "aws_vpc_security_group_ingress_rule";
const EGRESS: &str = "aws_vpc_security_group_egress_rule";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resources {
    #[serde(default)]
    aws_security_group: Entries<Group>,
    #[serde(default)]
    aws_vpc_security_group_ingress_rule: Entries<RuleBlock>,
    #[serde(default)]
    aws_vpc_security_group_egress_rule: Entries<RuleBlock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: Literal,
    #[serde(rename = "description")]
    _description: Option<Literal>,
    #[serde(rename = "vpc_id")]
    _vpc: Option<Argument>,
    #[serde(rename = "tags")]
    _tags: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleBlock {
    security_group_id: Argument,
    ip_protocol: Literal,
    from_port: Option<i64>,
    to_port: Option<i64>,
    cidr_ipv4: Option<Literal>,
    cidr_ipv6: Option<Literal>,
    prefix_list_id: Option<Argument>,
    referenced_security_group_id: Option<Argument>,
    #[serde(rename = "description")]
    _description: Option<Literal>,
    #[serde(rename = "tags")]
    _tags: Option<IgnoredAny>,
}

/// Reads a document.
pub(crate) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let document = read::document::<Nothing, Resources>(bytes)?;
    let mut reader = Reader {
        variables: document.variables(),
        groups: BTreeMap::new(),
        guards: Vec::new(),
        places: BTreeMap::new(),
    };
    for (label, group) in &document.resource.aws_security_group.0 {
        reader.add_group(label, group)?;
    }
    let rules = [
        (Direction::Ingress, INGRESS, &document.resource.aws_vpc_security_group_ingress_rule),
        (Direction::Egress, EGRESS, &document.resource.aws_vpc_security_group_egress_rule),
    ];
    for (direction, kind, rules) in rules {
        for (label, rule) in &rules.0 {
            reader.add_rule(format!("/resource/{kind}/{}", escaped(label)), direction, rule)?;
        }
    }
    Ok(Observed { guards: reader.guards, opens_only: false })
}

struct Reader<'a> {
    variables: BTreeSet<&'a str>,
    /// Names of the document's groups by label.
    groups: BTreeMap<String, PeerName>,
    guards: Vec<Guard>,
    /// Positions of guards by name.
    places: BTreeMap<PeerName, usize>,
}

impl Reader<'_> {
    /// The provider takes away what a new group lets out, so a group has no rule of its own.
    fn add_group(&mut self, label: &str, group: &Group) -> Result<(), Unreadable> {
        let pointer = format!("/resource/{GROUP}/{}", escaped(label));
        let name = group_name(&group.name.0);
        if self.places.insert(name.clone(), self.guards.len()).is_some() {
            return Err(Unreadable::new(pointer, format!("two groups have the name `{}`", group.name.0)));
        }
        self.groups.insert(label.to_owned(), name.clone());
        self.guards.push(Guard::new(group.name.0.as_str(), pointer, Peers::named(name)));
        Ok(())
    }

    fn add_rule(
        &mut self,
        pointer: String,
        direction: Direction,
        rule: &RuleBlock,
    ) -> Result<(), Unreadable> {
        let services = services(&rule.ip_protocol.0, rule.from_port, rule.to_port)
            .map_err(|why| Unreadable::new(pointer.as_str(), why))?;
        let group = self.group(&pointer, &rule.security_group_id)?;
        let peers = self.peers(&pointer, rule)?;
        let guard = self.places.get(&group).and_then(|at| self.guards.get_mut(*at));
        let Some(guard) = guard else {
            return Err(Unreadable::new(pointer, "the rule is for a group of another document"));
        };
        guard.rules.push(Rule::allow(pointer, direction, peers, services));
        Ok(())
    }

    /// The other end of a rule: exactly one.
    fn peers(&self, pointer: &str, rule: &RuleBlock) -> Result<Peers, Unreadable> {
        let ends =
            (&rule.cidr_ipv4, &rule.cidr_ipv6, &rule.referenced_security_group_id, &rule.prefix_list_id);
        match ends {
            (Some(net), None, None, None) => range(pointer, &net.0, false),
            (None, Some(net), None, None) => range(pointer, &net.0, true),
            (None, None, Some(group), None) => Ok(Peers::named(self.group(pointer, group)?)),
            (None, None, None, Some(list)) => self.list(pointer, list),
            _ => Err(Unreadable::new(pointer, "the rule has no other end, or several")),
        }
    }

    fn group(&self, pointer: &str, argument: &Argument) -> Result<PeerName, Unreadable> {
        if let Argument::Text(id) = argument {
            return Ok(group_name(id));
        }
        let name = argument.label(GROUP, "id").and_then(|label| self.groups.get(label)).cloned();
        name.ok_or_else(|| Unreadable::new(pointer, "the rule names no security group of the document"))
    }

    fn list(&self, pointer: &str, argument: &Argument) -> Result<Peers, Unreadable> {
        let known = argument.variable().filter(|name| self.variables.contains(name));
        match (argument, known) {
            (Argument::Text(id), _) => Ok(Peers::named(list_name(id))),
            (Argument::Reference(_), Some(name)) => Ok(Peers::named(list_name(name))),
            (Argument::Reference(_), None) => {
                Err(Unreadable::new(pointer, "the prefix list is no input of the document"))
            }
        }
    }
}
