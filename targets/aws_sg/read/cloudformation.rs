//! The reader of CloudFormation templates.
//!
//! In: a template's bytes. Out: its groups with their rules, those inside of groups and those of their own.
//!
//! Invariant: a key or a type of resource that is not understood is refused, because a condition or a transform may
//! change everything.

use super::{default_egress, group_name, list_name, range, services};
use crate::target::half::Direction;
use crate::target::observed::{Guard, Observed, PeerName, Peers, Rule, Unreadable};
use crate::target::reading::{Entries, escaped, from_json};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const GROUP: &str = "AWS::EC2::SecurityGroup";
const INGRESS: &str = "AWS::EC2::SecurityGroupIngress";
const EGRESS: &str = "AWS::EC2::SecurityGroupEgress";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Template {
    #[serde(rename = "AWSTemplateFormatVersion")]
    _version: Option<IgnoredAny>,
    #[serde(rename = "Description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "Metadata")]
    _metadata: Option<IgnoredAny>,
    #[serde(default)]
    parameters: Entries<IgnoredAny>,
    resources: Entries<Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "Metadata")]
    _metadata: Option<IgnoredAny>,
    #[serde(rename = "DependsOn")]
    _depends_on: Option<IgnoredAny>,
    #[serde(rename = "DeletionPolicy")]
    _deletion: Option<IgnoredAny>,
    #[serde(rename = "UpdateReplacePolicy")]
    _replacement: Option<IgnoredAny>,
    #[serde(default)]
    properties: Properties,
}

/// The properties of groups and of rules; which of them may be there depends on the type, which may stand behind.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Properties {
    group_name: Option<String>,
    group_description: Option<IgnoredAny>,
    vpc_id: Option<IgnoredAny>,
    tags: Option<IgnoredAny>,
    security_group_ingress: Option<Vec<Properties>>,
    security_group_egress: Option<Vec<Properties>>,
    group_id: Option<Reference>,
    ip_protocol: Option<String>,
    from_port: Option<i64>,
    to_port: Option<i64>,
    cidr_ip: Option<String>,
    cidr_ipv6: Option<String>,
    source_security_group_id: Option<Reference>,
    source_prefix_list_id: Option<Reference>,
    destination_security_group_id: Option<Reference>,
    destination_prefix_list_id: Option<Reference>,
    #[serde(rename = "Description")]
    _description: Option<IgnoredAny>,
}

impl Properties {
    fn is_of_a_group(&self) -> bool {
        self.group_name.is_some()
            || self.group_description.is_some()
            || self.vpc_id.is_some()
            || self.tags.is_some()
            || self.security_group_ingress.is_some()
            || self.security_group_egress.is_some()
    }

    fn is_of_a_rule(&self) -> bool {
        self.group_id.is_some()
            || self.ip_protocol.is_some()
            || self.from_port.is_some()
            || self.to_port.is_some()
            || self.cidr_ip.is_some()
            || self.cidr_ipv6.is_some()
            || self.source_security_group_id.is_some()
            || self.source_prefix_list_id.is_some()
            || self.destination_security_group_id.is_some()
            || self.destination_prefix_list_id.is_some()
    }
}

/// A value that names another thing.
enum Reference {
    /// An id.
    Id(String),
    /// `Ref`: a parameter, or the id of a resource.
    Ref(String),
    /// `Fn::GetAtt` of the attribute `GroupId`.
    GroupId(String),
}

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Reference;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an id, `Ref` or `Fn::GetAtt`")
            }

            fn visit_str<E: Error>(self, id: &str) -> Result<Reference, E> {
                Ok(Reference::Id(id.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Reference, A::Error> {
                let reference = match map.next_key::<String>()?.as_deref() {
                    Some("Ref") => Reference::Ref(map.next_value()?),
                    Some("Fn::GetAtt") => {
                        let [resource, attribute] = map.next_value::<[String; 2]>()?;
                        if attribute != "GroupId" {
                            return Err(A::Error::custom(format_args!("no id is in `{attribute}`")));
                        }
                        Reference::GroupId(resource)
                    }
                    other => {
                        return Err(A::Error::custom(format_args!("no function `{}`", other.unwrap_or(""))));
                    }
                };
                match map.next_key::<String>()? {
                    None => Ok(reference),
                    Some(more) => Err(A::Error::custom(format_args!("`{more}` stands beside a function"))),
                }
            }
        }
        deserializer.deserialize_any(Read)
    }
}

/// Reads a template.
pub(crate) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let template: Template = from_json(bytes)?;
    let mut reader = Reader {
        parameters: template.parameters.0.into_iter().map(|(name, _)| name).collect(),
        groups: BTreeMap::new(),
        places: BTreeMap::new(),
        guards: Vec::new(),
    };
    let (groups, others): (Vec<_>, Vec<_>) =
        template.resources.0.iter().partition(|(_, resource)| resource.kind == GROUP);
    for (id, resource) in &groups {
        reader.add_group(id, &resource.properties)?;
    }
    for (id, resource) in &groups {
        reader.add_inline_rules(id, &resource.properties)?;
    }
    for (id, resource) in others {
        reader.add_rule(id, resource)?;
    }
    Ok(Observed { guards: reader.guards, opens_only: false })
}

struct Reader {
    parameters: BTreeSet<String>,
    /// Names of the template's groups by logical id.
    groups: BTreeMap<String, PeerName>,
    /// Positions of guards by name.
    places: BTreeMap<PeerName, usize>,
    guards: Vec<Guard>,
}

impl Reader {
    fn add_group(&mut self, id: &str, properties: &Properties) -> Result<(), Unreadable> {
        let pointer = format!("/Resources/{}", escaped(id));
        if properties.is_of_a_rule() {
            return Err(Unreadable::new(pointer, "a group has properties of a rule"));
        }
        let shown = properties.group_name.as_deref().unwrap_or(id);
        let name = group_name(shown);
        if self.places.insert(name.clone(), self.guards.len()).is_some() {
            return Err(Unreadable::new(pointer, format!("two groups have the name `{shown}`")));
        }
        self.groups.insert(id.to_owned(), name.clone());
        self.guards.push(Guard::new(shown, pointer, Peers::named(name)));
        Ok(())
    }

    fn add_inline_rules(&mut self, id: &str, properties: &Properties) -> Result<(), Unreadable> {
        let pointer = format!("/Resources/{}", escaped(id));
        let lists = [
            (Direction::Ingress, "SecurityGroupIngress", &properties.security_group_ingress),
            (Direction::Egress, "SecurityGroupEgress", &properties.security_group_egress),
        ];
        let mut rules = Vec::new();
        for (direction, key, list) in lists {
            for (at, rule) in list.iter().flatten().enumerate() {
                let pointer = format!("{pointer}/Properties/{key}/{at}");
                if rule.group_id.is_some() {
                    return Err(Unreadable::new(
                        pointer,
                        "a rule inside a group names the group that it is for",
                    ));
                }
                rules.push(self.rule(pointer, direction, rule)?);
            }
        }
        if properties.security_group_egress.as_ref().is_none_or(Vec::is_empty) {
            rules.push(default_egress(&pointer, Peers::everybody()));
        }
        let at = self.groups.get(id).and_then(|name| self.places.get(name)).copied();
        if let Some(guard) = at.and_then(|at| self.guards.get_mut(at)) {
            guard.rules.extend(rules);
        }
        Ok(())
    }

    fn add_rule(&mut self, id: &str, resource: &Resource) -> Result<(), Unreadable> {
        let pointer = format!("/Resources/{}", escaped(id));
        let direction = match resource.kind.as_str() {
            INGRESS => Direction::Ingress,
            EGRESS => Direction::Egress,
            other => {
                return Err(Unreadable::new(
                    pointer,
                    format!("`{other}` is no resource of a security group"),
                ));
            }
        };
        let Some(group) = &resource.properties.group_id else {
            return Err(Unreadable::new(pointer, "the rule is for no group"));
        };
        let group = self.group(&pointer, group)?;
        let rule = self.rule(pointer.clone(), direction, &resource.properties)?;
        let at = *self.places.entry(group.clone()).or_insert(self.guards.len());
        if at == self.guards.len() {
            // A group that was made elsewhere, with rules that stand elsewhere too.
            self.guards.push(Guard::new(group.to_string(), pointer, Peers::named(group)));
        }
        if let Some(guard) = self.guards.get_mut(at) {
            guard.rules.push(rule);
        }
        Ok(())
    }

    fn rule(&self, pointer: String, direction: Direction, rule: &Properties) -> Result<Rule, Unreadable> {
        if rule.is_of_a_group() {
            return Err(Unreadable::new(pointer, "a rule has properties of a group"));
        }
        let Some(protocol) = rule.ip_protocol.as_deref() else {
            return Err(Unreadable::new(pointer, "the rule has no protocol"));
        };
        let services = services(protocol, rule.from_port, rule.to_port)
            .map_err(|why| Unreadable::new(pointer.as_str(), why))?;
        let peers = self.peers(&pointer, direction, rule)?;
        Ok(Rule::allow(pointer, direction, peers, services))
    }

    /// The other end of a rule: exactly one.
    fn peers(&self, pointer: &str, direction: Direction, rule: &Properties) -> Result<Peers, Unreadable> {
        let (sources, destinations) = (
            (&rule.source_security_group_id, &rule.source_prefix_list_id),
            (&rule.destination_security_group_id, &rule.destination_prefix_list_id),
        );
        let ((group, list), (no_group, no_list)) = match direction {
            Direction::Ingress => (sources, destinations),
            Direction::Egress => (destinations, sources),
        };
        if no_group.is_some() || no_list.is_some() {
            return Err(Unreadable::new(pointer, "the rule names the other end of its direction"));
        }
        match (&rule.cidr_ip, &rule.cidr_ipv6, group, list) {
            (Some(net), None, None, None) => range(pointer, net, false),
            (None, Some(net), None, None) => range(pointer, net, true),
            (None, None, Some(group), None) => Ok(Peers::named(self.group(pointer, group)?)),
            (None, None, None, Some(list)) => Ok(Peers::named(self.list(pointer, list)?)),
            _ => Err(Unreadable::new(pointer, "the rule has no other end, or several")),
        }
    }

    fn group(&self, pointer: &str, reference: &Reference) -> Result<PeerName, Unreadable> {
        match reference {
            Reference::Id(id) => Ok(group_name(id)),
            Reference::Ref(name) if self.parameters.contains(name) => Ok(group_name(name)),
            Reference::Ref(id) | Reference::GroupId(id) => self.groups.get(id).cloned().ok_or_else(|| {
                Unreadable::new(pointer, format!("`{id}` is no security group of the template"))
            }),
        }
    }

    fn list(&self, pointer: &str, reference: &Reference) -> Result<PeerName, Unreadable> {
        match reference {
            Reference::Id(id) => Ok(list_name(id)),
            Reference::Ref(name) if self.parameters.contains(name) => Ok(list_name(name)),
            Reference::Ref(name) | Reference::GroupId(name) => {
                Err(Unreadable::new(pointer, format!("`{name}` is no parameter of the template")))
            }
        }
    }
}
