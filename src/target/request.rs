//! Lines of a request to the people who run a firewall: one for each source, destination and service range.
//!
//! In: the ends of a flow and its services. Out: [`Line`]s, and how their cells read.
//!
//! Invariant: a line's ends are of one address family, or a name; no line says `any`.

use crate::policy::address::Family;
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};
use ipnet::IpNet;
use std::fmt;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who starts.
    pub source: Endpoint,
    /// Who answers.
    pub destination: Endpoint,
    /// On which services: ports, one ICMP type or part of it, or a whole protocol.
    pub service: ServiceRange,
}

/// One end of a line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Endpoint {
    /// A range.
    Range(IpNet),
    /// A host name, or a platform's name for addresses: a person reads the request and knows what to make of it.
    Name(String),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(formatter),
            Self::Name(name) => name.fmt(formatter),
        }
    }
}

impl Endpoint {
    /// A range where the text is one, else a name.
    pub fn of_text(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Range)
    }
}

/// The lines for some services between all of two ends.
pub fn lines(services: &ServiceSet, from: &[Endpoint], to: &[Endpoint]) -> Vec<Line> {
    let services: Vec<ServiceRange> = services.ranges().into_iter().flat_map(speakable).collect();
    let mut lines = Vec::new();
    for source in from {
        for destination in to {
            let meet = services.iter().filter(|service| can_meet(source, destination, service.protocol));
            lines.extend(meet.map(|service| Line {
                source: source.clone(),
                destination: destination.clone(),
                service: *service,
            }));
        }
    }
    lines
}

/// True when packets of a protocol can go from one end to the other.
fn can_meet(source: &Endpoint, destination: &Endpoint, protocol: Protocol) -> bool {
    let family = |end: &Endpoint| match end {
        Endpoint::Range(IpNet::V4(_)) => Some(Family::V4),
        Endpoint::Range(IpNet::V6(_)) => Some(Family::V6),
        Endpoint::Name(_) => None,
    };
    let of_protocol = match protocol {
        Protocol::ICMP => Some(Family::V4),
        Protocol::ICMPV6 => Some(Family::V6),
        _ => None,
    };
    let mut wanted = [family(source), family(destination), of_protocol].into_iter().flatten();
    let first = wanted.next();
    wanted.all(|other| Some(other) == first)
}

/// Cuts a range of ICMP messages at its types, because people name them by type; other ranges stay.
fn speakable(range: ServiceRange) -> Vec<ServiceRange> {
    let is_icmp = range.protocol == Protocol::ICMP || range.protocol == Protocol::ICMPV6;
    if !is_icmp || range.is_whole_protocol() {
        return vec![range];
    }
    let ([first, _], [last, _]) = (range.low.to_be_bytes(), range.high.to_be_bytes());
    let of_type = |kind: u8| {
        let (start, end) = (u16::from_be_bytes([kind, 0]), u16::from_be_bytes([kind, u8::MAX]));
        ServiceRange { low: range.low.max(start), high: range.high.min(end), ..range }
    };
    (first..=last).map(of_type).collect()
}

/// Ports as `443` or `49152-65535`; ICMP as `type 8 code 0`; `all` for a whole protocol without ports.
pub fn ports(service: ServiceRange) -> String {
    let ServiceRange { protocol, low, high } = service;
    if protocol.has_ports() {
        return if low == high { low.to_string() } else { format!("{low}-{high}") };
    }
    let is_icmp = protocol == Protocol::ICMP || protocol == Protocol::ICMPV6;
    if service.is_whole_protocol() || !is_icmp {
        return "all".to_owned();
    }
    let ([kind, first], [_, last]) = (low.to_be_bytes(), high.to_be_bytes());
    match (first, last) {
        (0, u8::MAX) => format!("type {kind}"),
        _ if first == last => format!("type {kind} code {first}"),
        _ => format!("type {kind} codes {first}-{last}"),
    }
}

/// A cell of several texts: each once, in the order of the first, with semicolons between.
pub fn joined(texts: impl Iterator<Item = String>) -> String {
    let mut once: Vec<String> = Vec::new();
    for text in texts {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_read_as_people_say_them() {
        let service = |protocol, low, high| ports(ServiceRange { protocol, low, high });
        assert_eq!(service(Protocol::TCP, 443, 443), "443");
        assert_eq!(service(Protocol::UDP, 16500, 16509), "16500-16509");
        assert_eq!(service(Protocol::ICMP, 0x0800, 0x0800), "type 8 code 0");
        assert_eq!(service(Protocol::ICMP, 0x0300, 0x03ff), "type 3");
        assert_eq!(service(Protocol::ICMP, 0x0301, 0x0304), "type 3 codes 1-4");
        assert_eq!(service(Protocol::ICMPV6, 0, u16::MAX), "all");
        assert_eq!(service(Protocol(50), 0, u16::MAX), "all");
    }
}
