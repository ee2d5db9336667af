//! CloudFormation templates: security groups and their rules in, permission at an interface out.
//!
//! Allow only, no order. The groups of an interface add up. A group whose own text states no egress keeps the default
//! allow-all of IPv4 and IPv6.
//! Source: VPC user guide, "Security group rules"; CloudFormation reference, `AWS::EC2::SecurityGroup`; read 2026-11.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Reader;
use crate::support::address::{Family, Span};
use crate::support::json;
use crate::support::judge::{Direction, Edges, Packet, Point, Rules};
use crate::support::manifest::Role;
use crate::support::service::{EVERY_SERVICE, Protocol, Service};

/// Whom a rule names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Network(Span),
    Group(String),
    /// A customer's list in the template, or what is written about a list that comes from outside.
    PrefixList {
        spans: Vec<Span>,
        texts: Vec<String>,
    },
}

/// One rule of a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rule {
    pub(crate) direction: Direction,
    pub(crate) peer: Peer,
    pub(crate) service: Service,
}

/// The groups of one or several templates by logical id.
#[derive(Debug, Default)]
pub(crate) struct CloudFormation {
    groups: BTreeMap<String, Vec<Rule>>,
    edges: Edges,
}

impl CloudFormation {
    /// Reads templates; what can't be read is a fault.
    pub(crate) fn read(templates: &[&Value], faults: &mut Vec<String>) -> CloudFormation {
        let mut read = CloudFormation::default();
        for template in templates {
            for (id, resource) in json::entries(template, "Resources") {
                read.read_resource(template, id, resource, faults);
            }
        }
        for rule in read.groups.values().flatten() {
            read.edges.note_service(rule.service);
            match &rule.peer {
                Peer::Network(span) => read.edges.note_span(*span),
                Peer::PrefixList { spans, .. } => spans.iter().for_each(|span| read.edges.note_span(*span)),
                Peer::Group(_) => {}
            }
        }
        read
    }

    fn read_resource(&mut self, template: &Value, id: &str, resource: &Value, faults: &mut Vec<String>) {
        let nothing = Value::Null;
        let properties = resource.get("Properties").unwrap_or(&nothing);
        match json::text(resource, "Type") {
            "AWS::EC2::SecurityGroup" => self.read_group(template, id, properties, faults),
            "AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress" => {
                let egress = json::text(resource, "Type").ends_with("Egress");
                let direction = if egress { Direction::Egress } else { Direction::Ingress };
                match properties.get("GroupId").and_then(reference) {
                    Some(group) => self.add_rule(template, group, id, direction, properties, faults),
                    None => faults.push(format!("`{id}` names no group")),
                }
            }
            _ => {}
        }
    }

    fn read_group(&mut self, template: &Value, id: &str, properties: &Value, faults: &mut Vec<String>) {
        self.groups.entry(id.to_owned()).or_default();
        for rule in json::list(properties, "SecurityGroupIngress") {
            self.add_rule(template, id, id, Direction::Ingress, rule, faults);
        }
        let egress = json::list(properties, "SecurityGroupEgress");
        for rule in egress {
            self.add_rule(template, id, id, Direction::Egress, rule, faults);
        }
        if egress.is_empty() {
            let everywhere = ["0.0.0.0/0", "::/0"].iter().filter_map(|text| Span::parse(text));
            let rules = everywhere.map(|span| Rule {
                direction: Direction::Egress,
                peer: Peer::Network(span),
                service: EVERY_SERVICE,
            });
            self.groups.entry(id.to_owned()).or_default().extend(rules);
        }
    }

    fn add_rule(
        &mut self,
        template: &Value,
        group: &str,
        place: &str,
        direction: Direction,
        properties: &Value,
        faults: &mut Vec<String>,
    ) {
        match (read_peer(template, direction, properties), read_service(properties)) {
            (Some(peer), Some(service)) => {
                self.groups.entry(group.to_owned()).or_default().push(Rule { direction, peer, service });
            }
            (None, _) => faults.push(format!("a rule at `{place}` has no peer that can be read")),
            (_, None) => faults.push(format!("a rule at `{place}` has no service that can be read")),
        }
    }
}

/// The logical id or parameter that `Ref` or `Fn::GetAtt` names.
pub(crate) fn reference(value: &Value) -> Option<&str> {
    if let Some(name) = value.get("Ref") {
        return name.as_str();
    }
    match value.get("Fn::GetAtt")? {
        Value::Array(parts) => parts.first()?.as_str(),
        Value::String(dotted) => dotted.split('.').next(),
        _ => None,
    }
}

fn read_peer(template: &Value, direction: Direction, properties: &Value) -> Option<Peer> {
    let side = if direction == Direction::Egress { "Destination" } else { "Source" };
    let network = |key: &str, family: Family| {
        let span = Span::parse(properties.get(key)?.as_str()?)?;
        (span.family == family).then_some(Peer::Network(span))
    };
    let group = || {
        let group = properties.get(format!("{side}SecurityGroupId"))?;
        reference(group).map(|id| Peer::Group(id.to_owned()))
    };
    let list = || properties.get(format!("{side}PrefixListId")).map(|list| read_prefix_list(template, list));
    network("CidrIp", Family::V4).or_else(|| network("CidrIpv6", Family::V6)).or_else(group).or_else(list)
}

/// A list of the template by its entries; any other by everything that is written about it.
fn read_prefix_list(template: &Value, list: &Value) -> Peer {
    let name = reference(list).unwrap_or("");
    let resource =
        template.get("Resources").and_then(|all| all.get(name)).and_then(|one| one.get("Properties"));
    if let Some(properties) = resource {
        let entries = json::list(properties, "Entries").iter();
        let spans = entries.filter_map(|entry| Span::parse(json::text(entry, "Cidr"))).collect();
        return Peer::PrefixList { spans, texts: Vec::new() };
    }
    let mut texts: Vec<String> = json::strings(list).iter().map(|text| (*text).to_owned()).collect();
    if let Some(parameter) = template.get("Parameters").and_then(|all| all.get(name)) {
        texts.push(json::text(parameter, "Default").to_owned());
        texts.push(json::text(parameter, "Description").to_owned());
    }
    Peer::PrefixList { spans: Vec::new(), texts }
}

fn read_service(properties: &Value) -> Option<Service> {
    let number = |key: &str| properties.get(key).and_then(Value::as_i64);
    let protocol = match json::text(properties, "IpProtocol") {
        "-1" => return Some(EVERY_SERVICE),
        "6" => Protocol::Tcp,
        "17" => Protocol::Udp,
        "1" => Protocol::Icmp,
        "58" => Protocol::Icmp6,
        other => Protocol::parse(other)?,
    };
    match protocol {
        Protocol::Tcp | Protocol::Udp => {
            let (first, last) = (number("FromPort")?, number("ToPort")?);
            Some(Service::ports(protocol, first.try_into().ok()?, last.try_into().ok()?))
        }
        Protocol::Icmp | Protocol::Icmp6 => {
            match (number("FromPort").unwrap_or(-1), number("ToPort").unwrap_or(-1)) {
                (-1, -1) => Some(Service::every(protocol)),
                (kind, -1) => Some(Service::icmp(protocol, kind.try_into().ok()?, None)),
                (kind, code) => {
                    Some(Service::icmp(protocol, kind.try_into().ok()?, Some(code.try_into().ok()?)))
                }
            }
        }
    }
}

/// Lower-case letters and digits only: `S3 prefix-list` and `s3PrefixList` are one.
fn squash(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
}

impl Peer {
    fn holds(&self, own: &Point<'_>, peer: &Point<'_>) -> bool {
        match self {
            Peer::Network(span) => peer.is_in(&[*span]),
            Peer::Group(id) => own.shares_platform(peer) && peer.role.aws_groups.contains(id),
            Peer::PrefixList { spans, texts } => peer.is_in(spans) || is_named(peer, texts),
        }
    }
}

/// Whether a party without addresses is the one that the texts about a list speak of.
fn is_named(peer: &Point<'_>, texts: &[String]) -> bool {
    let texts: Vec<String> = texts.iter().map(|text| squash(text)).collect();
    let own_name = squash(&peer.role.name);
    let names = peer.role.names.iter().map(|name| squash(name)).filter(|name| name.len() > 3);
    peer.address.is_none()
        && (names.into_iter().any(|name| texts.iter().any(|text| text.contains(&name)))
            || texts.iter().any(|text| text.starts_with(&own_name)))
}

impl Rules for CloudFormation {
    fn edges(&self) -> &Edges {
        &self.edges
    }

    fn permits(&self, direction: Direction, own: &Point<'_>, peer: &Point<'_>, packet: Packet) -> bool {
        let rules = own.role.aws_groups.iter().filter_map(|id| self.groups.get(id)).flatten();
        rules.into_iter().any(|rule| {
            rule.direction == direction
                && rule.service.holds(packet.protocol, packet.number)
                && rule.peer.holds(own, peer)
        })
    }
}

impl Reader for CloudFormation {
    fn knows(&self, role: &Role) -> bool {
        !role.aws_groups.is_empty() && role.aws_groups.iter().all(|id| self.groups.contains_key(id))
    }
}
