//! ARM templates: network security groups in, the first matching rule's word out.
//!
//! Rules of one direction are tried from the lowest number; the first match decides; 65000 to 65500 always stand last.
//! Source: Azure documentation, "Network security groups overview" and "Service tags"; read 2026-11.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Reader;
use crate::support::address::{Address, Span};
use crate::support::json;
use crate::support::judge::{Direction, Edges, Packet, Point, Rules};
use crate::support::manifest::Role;
use crate::support::service::{self, Protocol};

/// The address that load-balancer probes come from.
const PROBE: &str = "168.63.129.16";

/// One side of a rule.
#[derive(Debug, Clone)]
enum Side {
    Any,
    Spans(Vec<Span>),
    /// In lower case, as are the groups.
    Tag(String),
    Groups(Vec<String>),
}

/// One rule, its protocol none for all of them.
#[derive(Debug, Clone)]
struct Rule {
    priority: i64,
    direction: Direction,
    allow: bool,
    protocol: Option<String>,
    source: Side,
    destination: Side,
    ports: Vec<(u16, u16)>,
}

/// The groups of one or several templates by name in lower case.
#[derive(Debug, Default)]
pub(crate) struct Arm {
    groups: BTreeMap<String, Vec<Rule>>,
    edges: Edges,
}

impl Arm {
    /// Reads templates; what can't be read is a fault.
    pub(crate) fn read(templates: &[&Value], faults: &mut Vec<String>) -> Arm {
        let mut arm = Arm::default();
        for template in templates {
            for resource in json::list(template, "resources") {
                arm.read_resource(template, resource, faults);
            }
        }
        for rules in arm.groups.values_mut() {
            rules.extend(default_rules());
            rules.sort_by_key(|rule| rule.priority);
        }
        for rule in arm.groups.values().flatten() {
            for (first, last) in &rule.ports {
                arm.edges.note_service(service::Service::ports(Protocol::Tcp, *first, *last));
            }
            for side in [&rule.source, &rule.destination] {
                side_spans(side).into_iter().for_each(|span| arm.edges.note_span(span));
            }
        }
        arm
    }

    fn read_resource(&mut self, template: &Value, resource: &Value, faults: &mut Vec<String>) {
        let name = resolve(template, json::text(resource, "name")).to_ascii_lowercase();
        match json::text(resource, "type").to_ascii_lowercase().as_str() {
            "microsoft.network/networksecuritygroups" => {
                let properties = resource.get("properties").unwrap_or(&Value::Null);
                let rules = self.groups.entry(name.clone()).or_default();
                for rule in json::list(properties, "securityRules") {
                    add_rule(rules, template, &name, rule, faults);
                }
            }
            "microsoft.network/networksecuritygroups/securityrules" => {
                let group = name.split('/').next().unwrap_or("").to_owned();
                add_rule(self.groups.entry(group).or_default(), template, &name, resource, faults);
            }
            _ => {}
        }
    }
}

fn add_rule(rules: &mut Vec<Rule>, template: &Value, place: &str, rule: &Value, faults: &mut Vec<String>) {
    match rule.get("properties").and_then(|properties| read_rule(template, properties)) {
        Some(read) => rules.push(read),
        None => faults.push(format!("rule `{}` of `{place}` can't be read", json::text(rule, "name"))),
    }
}

/// A parameter's default where a value is nothing but that parameter; every other text as it is.
pub(crate) fn resolve<'a>(template: &'a Value, text: &'a str) -> &'a str {
    let parameter = text.strip_prefix("[parameters('").and_then(|rest| rest.strip_suffix("')]"));
    let default =
        parameter.and_then(|name| template.get("parameters")?.get(name)?.get("defaultValue")?.as_str());
    default.unwrap_or(text)
}

/// The name at the end of a resource id, be it `[resourceId('type', 'name')]` or a path.
pub(crate) fn resource_name(id: &str) -> &str {
    let inside = id.rsplit('\'').nth(1);
    inside.unwrap_or_else(|| id.rsplit('/').next().unwrap_or(id))
}

fn read_rule(template: &Value, properties: &Value) -> Option<Rule> {
    let text = |key: &str| json::text(properties, key).to_ascii_lowercase();
    let direction = match text("direction").as_str() {
        "inbound" => Direction::Ingress,
        "outbound" => Direction::Egress,
        _ => return None,
    };
    let allow = match text("access").as_str() {
        "allow" => true,
        "deny" => false,
        _ => return None,
    };
    let protocol = match text("protocol").as_str() {
        "*" => None,
        known @ ("tcp" | "udp" | "icmp" | "esp" | "ah") => Some(known.to_owned()),
        _ => return None,
    };
    if text("sourcePortRange") != "*" {
        return None;
    }
    let ports = one_or_many(properties, "destinationPortRange", "destinationPortRanges");
    Some(Rule {
        priority: properties.get("priority")?.as_i64()?,
        direction,
        allow,
        protocol,
        source: read_side(template, properties, "source")?,
        destination: read_side(template, properties, "destination")?,
        ports: ports
            .iter()
            .map(|text| service::parse_ports(text))
            .collect::<Option<Vec<_>>>()
            .filter(|p| !p.is_empty())?,
    })
}

/// The singular field and the members of the plural one.
pub(crate) fn one_or_many<'a>(properties: &'a Value, one: &str, many: &str) -> Vec<&'a str> {
    let single = Some(json::text(properties, one)).filter(|text| !text.is_empty());
    single.into_iter().chain(json::list(properties, many).iter().filter_map(Value::as_str)).collect()
}

fn read_side(template: &Value, properties: &Value, side: &str) -> Option<Side> {
    let groups = json::list(properties, &format!("{side}ApplicationSecurityGroups"));
    let texts = one_or_many(properties, &format!("{side}AddressPrefix"), &format!("{side}AddressPrefixes"));
    if !groups.is_empty() {
        let names = groups.iter().map(|group| resource_name(resolve(template, json::text(group, "id"))));
        return texts.is_empty().then(|| Side::Groups(names.map(str::to_ascii_lowercase).collect()));
    }
    match texts.as_slice() {
        [] => None,
        ["*"] => Some(Side::Any),
        [tag] if tag.starts_with(|c: char| c.is_ascii_alphabetic()) && Span::parse(tag).is_none() => {
            Some(Side::Tag(tag.to_ascii_lowercase()))
        }
        many => many.iter().map(|text| Span::parse(text)).collect::<Option<Vec<_>>>().map(Side::Spans),
    }
}

/// The rules that every group ends with.
fn default_rules() -> Vec<Rule> {
    let tag = |name: &str| Side::Tag(name.to_owned());
    let rule = |priority, direction, allow, source, destination| Rule {
        priority,
        direction,
        allow,
        protocol: None,
        source,
        destination,
        ports: vec![(0, u16::MAX)],
    };
    use Direction::{Egress, Ingress};
    vec![
        rule(65000, Ingress, true, tag("virtualnetwork"), tag("virtualnetwork")),
        rule(65001, Ingress, true, tag("azureloadbalancer"), Side::Any),
        rule(65500, Ingress, false, Side::Any, Side::Any),
        rule(65000, Egress, true, tag("virtualnetwork"), tag("virtualnetwork")),
        rule(65001, Egress, true, Side::Any, tag("internet")),
        rule(65500, Egress, false, Side::Any, Side::Any),
    ]
}

/// Addresses at which a tag's answer changes stand beside those of plain ranges.
fn side_spans(side: &Side) -> Vec<Span> {
    match side {
        Side::Spans(spans) => spans.clone(),
        Side::Tag(_) => ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", PROBE]
            .iter()
            .filter_map(|text| Span::parse(text))
            .collect(),
        Side::Any | Side::Groups(_) => Vec::new(),
    }
}

impl Side {
    fn holds(&self, own: &Point<'_>, point: &Point<'_>) -> bool {
        match self {
            Side::Any => true,
            Side::Spans(spans) => point.is_in(spans),
            Side::Tag(tag) => tag_holds(tag, point),
            Side::Groups(groups) => {
                own.shares_platform(point) && groups.iter().any(|group| point.role.asgs.contains(group))
            }
        }
    }
}

/// `VirtualNetwork` may hold any private address: which of them are peered or connected is not in the template, and
/// the wide reading is the one that can't hide an opening.
fn tag_holds(tag: &str, point: &Point<'_>) -> bool {
    let probe = point.address == Address::parse(PROBE);
    let private = point.address.is_some_and(Address::is_private);
    match tag {
        "virtualnetwork" => private || probe,
        "azureloadbalancer" => probe,
        "internet" => !private && !probe,
        _ => point.role.names.iter().any(|name| name.to_ascii_lowercase() == tag),
    }
}

impl Rule {
    fn matches(&self, direction: Direction, own: &Point<'_>, peer: &Point<'_>, packet: Packet) -> bool {
        let (source, destination) = if direction == Direction::Ingress { (peer, own) } else { (own, peer) };
        self.direction == direction
            && self.service_holds(packet)
            && self.source.holds(own, source)
            && self.destination.holds(own, destination)
    }

    /// ICMP has no ports, so a rule with a port list can't be relied on for it; ICMPv6 is met by `*` only.
    fn service_holds(&self, packet: Packet) -> bool {
        let every_port = self.ports.contains(&(0, u16::MAX));
        let port = self.ports.iter().any(|(first, last)| *first <= packet.number && packet.number <= *last);
        match packet.protocol {
            Protocol::Tcp => self.protocol.as_deref().is_none_or(|own| own == "tcp") && port,
            Protocol::Udp => self.protocol.as_deref().is_none_or(|own| own == "udp") && port,
            Protocol::Icmp => self.protocol.as_deref().is_none_or(|own| own == "icmp") && every_port,
            Protocol::Icmp6 => self.protocol.is_none() && every_port,
        }
    }
}

impl Rules for Arm {
    fn edges(&self) -> &Edges {
        &self.edges
    }

    fn permits(&self, direction: Direction, own: &Point<'_>, peer: &Point<'_>, packet: Packet) -> bool {
        let groups = own.role.nsgs.iter().filter_map(|name| self.groups.get(name));
        groups.into_iter().all(|rules| {
            let first = rules.iter().find(|rule| rule.matches(direction, own, peer, packet));
            first.is_some_and(|rule| rule.allow)
        })
    }
}

impl Reader for Arm {
    fn knows(&self, role: &Role) -> bool {
        !role.nsgs.is_empty() && role.nsgs.iter().all(|name| self.groups.contains_key(name))
    }
}
