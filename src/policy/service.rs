//! Services: sets of (IP protocol, destination port or ICMP type and code).
//!
//! In: ports as the language writes them. Out: canonical [`ServiceSet`]s and their text.
//!
//! Invariant: equal sets are equal values. One number stands for one service: protocol in bits 16 to 23, port (TCP,
//! UDP) or type and code (ICMP, ICMPv6) in bits 0 to 15; other protocols use all 65536 numbers together.

use super::interval::Intervals;
use std::fmt;

/// An IP protocol number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(pub u8);

impl Protocol {
    /// Internet Control Message Protocol for IPv4.
    pub const ICMP: Self = Self(1);
    /// Transmission Control Protocol.
    pub const TCP: Self = Self(6);
    /// User Datagram Protocol.
    pub const UDP: Self = Self(17);
    /// Internet Control Message Protocol for IPv6.
    pub const ICMPV6: Self = Self(58);

    /// True where the low 16 bits are a port.
    pub fn has_ports(self) -> bool {
        self == Self::TCP || self == Self::UDP
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TCP => formatter.write_str("tcp"),
            Self::UDP => formatter.write_str("udp"),
            Self::ICMP => formatter.write_str("icmp"),
            Self::ICMPV6 => formatter.write_str("icmpv6"),
            Self(number) => write!(formatter, "ip/{number}"),
        }
    }
}

/// Consecutive services of one protocol, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceRange {
    /// The protocol.
    pub protocol: Protocol,
    /// First port, or `type << 8 | code`.
    pub low: u16,
    /// Last port, or `type << 8 | code`.
    pub high: u16,
}

impl ServiceRange {
    /// True when the range holds every service of its protocol.
    pub fn is_whole_protocol(self) -> bool {
        self.low == 0 && self.high == u16::MAX
    }
}

impl fmt::Display for ServiceRange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, low, high } = *self;
        if self.is_whole_protocol() && !protocol.has_ports() {
            return write!(formatter, "{protocol}");
        }
        if protocol.has_ports() {
            return if low == high {
                write!(formatter, "{protocol}/{low}")
            } else {
                write!(formatter, "{protocol}/{low}-{high}")
            };
        }
        let [low_type, low_code] = low.to_be_bytes();
        let [high_type, high_code] = high.to_be_bytes();
        match (low_type == high_type, low_code == high_code, low_code == 0 && high_code == u8::MAX) {
            (true, true, _) => write!(formatter, "{protocol}/{low_type}/{low_code}"),
            (true, _, true) => write!(formatter, "{protocol}/{low_type}"),
            (false, _, true) => write!(formatter, "{protocol}/{low_type}-{high_type}"),
            _ => write!(formatter, "{protocol}/{low_type}/{low_code}-{high_type}/{high_code}"),
        }
    }
}

/// A canonical set of services.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceSet(Intervals<u32>);

/// Most ranges that a text for people lists; the others are counted.
const MOST_LISTED: usize = 60;

const LARGEST: u32 = 0x00ff_ffff;

fn number(protocol: Protocol, detail: u16) -> u32 {
    u32::from(protocol.0) << 16 | u32::from(detail)
}

impl ServiceSet {
    /// No service.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every service of every protocol: `any`.
    pub fn any() -> Self {
        Self(Intervals::of(0, LARGEST))
    }

    /// Ports of one protocol, both ends included.
    pub fn ports(protocol: Protocol, low: u16, high: u16) -> Self {
        Self(Intervals::of(number(protocol, low), number(protocol, high)))
    }

    /// Single ports of one protocol.
    pub fn single_ports(protocol: Protocol, ports: &[u16]) -> Self {
        let number = |port: &u16| number(protocol, *port);
        Self(Intervals::from_intervals(ports.iter().map(|port| (number(port), number(port)))))
    }

    /// Everything of one protocol.
    pub fn protocol(protocol: Protocol) -> Self {
        Self::ports(protocol, 0, u16::MAX)
    }

    /// ICMP or ICMPv6 messages; all types when `icmp_type` is absent, all codes when `code` is absent.
    pub fn icmp(protocol: Protocol, icmp_type: Option<u8>, code: Option<u8>) -> Self {
        match (icmp_type, code) {
            (None, _) => Self::protocol(protocol),
            (Some(kind), None) => {
                Self::ports(protocol, u16::from_be_bytes([kind, 0]), u16::from_be_bytes([kind, u8::MAX]))
            }
            (Some(kind), Some(code)) => {
                let detail = u16::from_be_bytes([kind, code]);
                Self::ports(protocol, detail, detail)
            }
        }
    }

    /// The set of some ranges, in any order.
    pub fn from_ranges(ranges: impl IntoIterator<Item = ServiceRange>) -> Self {
        Self(Intervals::from_intervals(
            ranges
                .into_iter()
                .map(|range| (number(range.protocol, range.low), number(range.protocol, range.high))),
        ))
    }

    /// The set of some numbers of services; numbers beyond the last protocol are left out.
    pub fn from_intervals(numbers: &Intervals<u32>) -> Self {
        Self(numbers.intersection(&Intervals::of(0, LARGEST)))
    }

    /// The set as numbers of services.
    pub fn intervals(&self) -> &Intervals<u32> {
        &self.0
    }

    /// A list as in `tcp/443, udp/1024-2048, icmp/8/0, icmpv6, any`; `None` when it isn't one.
    pub fn parse(text: &str) -> Option<Self> {
        text.split(',')
            .map(|one| parse_service(one.trim()))
            .try_fold(Self::empty(), |sum, one| Some(sum.union(&one?)))
    }

    /// Every range spelled out, for programs: as [`fmt::Display`], but never by what the set lacks. Runs of whole
    /// protocols without ports are `ip/LOW-HIGH`.
    pub fn explicit(&self) -> String {
        let mut words: Vec<(Option<(u8, u8)>, String)> = Vec::new();
        for range in self.ranges() {
            let number = range.protocol.0;
            let is_plain = range.is_whole_protocol() && range.to_string().starts_with("ip/");
            match words.last_mut() {
                Some((Some((low, high)), word)) if is_plain && high.checked_add(1) == Some(number) => {
                    *high = number;
                    *word = format!("ip/{low}-{number}");
                }
                _ => words.push((is_plain.then_some((number, number)), range.to_string())),
            }
        }
        words.into_iter().map(|(_, word)| word).collect::<Vec<_>>().join(", ")
    }

    /// The set that [`ServiceSet::explicit`] wrote; `None` for any other text.
    pub fn parse_explicit(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::empty());
        }
        text.split(", ").map(parse_range).try_fold(Self::empty(), |sum, one| Some(sum.union(&one?)))
    }

    /// The ranges in ascending order, each within one protocol.
    pub fn ranges(&self) -> Vec<ServiceRange> {
        let mut ranges = Vec::new();
        for (low, high) in self.0.iter() {
            for protocol in (low >> 16)..=(high >> 16) {
                let first = if protocol == low >> 16 { low & 0xffff } else { 0 };
                let last = if protocol == high >> 16 { high & 0xffff } else { 0xffff };
                ranges.push(ServiceRange {
                    protocol: Protocol(u8::try_from(protocol).unwrap_or(u8::MAX)),
                    low: u16::try_from(first).unwrap_or(u16::MAX),
                    high: u16::try_from(last).unwrap_or(u16::MAX),
                });
            }
        }
        ranges
    }

    /// The protocols that the set has services of, in ascending order.
    pub fn protocols(&self) -> Vec<Protocol> {
        let mut protocols: Vec<_> = self.ranges().into_iter().map(|range| range.protocol).collect();
        protocols.dedup();
        protocols
    }

    /// The part of the set that belongs to one protocol.
    #[must_use]
    pub fn of_protocol(&self, protocol: Protocol) -> Self {
        self.intersection(&Self::protocol(protocol))
    }

    /// True for the empty set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True for `any`.
    pub fn is_any(&self) -> bool {
        *self == Self::any()
    }

    /// Services of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self(self.0.union(&other.0))
    }

    /// Services of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self(self.0.intersection(&other.0))
    }

    /// Services of this set that the other one lacks.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self(self.0.difference(&other.0))
    }

    /// True when every service of `other` is in this set.
    pub fn contains_all(&self, other: &Self) -> bool {
        self.0.contains_all(&other.0)
    }

    /// True when the sets have a service in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.meets(&other.0)
    }
}

/// One range as [`ServiceRange`] and [`ServiceSet::explicit`] write it.
fn parse_range(text: &str) -> Option<ServiceSet> {
    let (word, rest) = text.split_once('/').map_or((text, None), |(word, rest)| (word, Some(rest)));
    let (protocol, rest) = match word {
        "tcp" | "udp" => return parse_service(text),
        "icmp" => (Protocol::ICMP, rest),
        "icmpv6" => (Protocol::ICMPV6, rest),
        "ip" => {
            let (numbers, rest) =
                rest?.split_once('/').map_or((rest?, None), |(one, more)| (one, Some(more)));
            let (low, high) = numbers.split_once('-').unwrap_or((numbers, numbers));
            let (low, high) = (low.parse::<u8>().ok()?, high.parse::<u8>().ok()?);
            if low != high {
                let all = (low..=high).map(|number| ServiceSet::protocol(Protocol(number)));
                return (low < high && rest.is_none())
                    .then(|| all.fold(ServiceSet::empty(), |sum, one| sum.union(&one)));
            }
            (Protocol(low), rest)
        }
        _ => return None,
    };
    let (low, high) = match rest {
        None => (0, u16::MAX),
        Some(rest) => parse_details(rest)?,
    };
    (low <= high).then(|| ServiceSet::from_ranges([ServiceRange { protocol, low, high }]))
}

/// The first and last number of `8`, `8/0`, `3-5`, `3/1-3/4`.
fn parse_details(text: &str) -> Option<(u16, u16)> {
    let number = |text: &str, code: u8| match text.split_once('/') {
        Some((kind, code)) => Some(u16::from_be_bytes([kind.parse().ok()?, code.parse().ok()?])),
        None => Some(u16::from_be_bytes([text.parse().ok()?, code])),
    };
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    Some((number(low, 0)?, number(high, u8::MAX)?))
}

fn parse_service(text: &str) -> Option<ServiceSet> {
    if text == "any" {
        return Some(ServiceSet::any());
    }
    let mut parts = text.split('/');
    let protocol = parts.next()?;
    let (first, second) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let byte = |part: Option<&str>| part.map_or(Some(None), |part| part.parse::<u8>().ok().map(Some));
    match protocol {
        "tcp" | "udp" => {
            let protocol = if protocol == "tcp" { Protocol::TCP } else { Protocol::UDP };
            let ports = first.filter(|_| second.is_none())?;
            let (low, high) = ports.split_once('-').unwrap_or((ports, ports));
            let (low, high) = (low.parse::<u16>().ok()?, high.parse::<u16>().ok()?);
            (low <= high).then(|| ServiceSet::ports(protocol, low, high))
        }
        "icmp" => Some(ServiceSet::icmp(Protocol::ICMP, byte(first)?, byte(second)?)),
        "icmpv6" => Some(ServiceSet::icmp(Protocol::ICMPV6, byte(first)?, byte(second)?)),
        _ => None,
    }
}

fn list(formatter: &mut fmt::Formatter<'_>, ranges: &[ServiceRange]) -> fmt::Result {
    for (at, range) in ranges.iter().take(MOST_LISTED).enumerate() {
        let comma = if at == 0 { "" } else { ", " };
        write!(formatter, "{comma}{range}")?;
    }
    match ranges.len().checked_sub(MOST_LISTED) {
        Some(more) if more > 0 => write!(formatter, " and {more} more"),
        _ => Ok(()),
    }
}

impl fmt::Display for ServiceSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return formatter.write_str("any");
        }
        let rest = Self::any().difference(self);
        if rest.ranges().len() < self.ranges().len() && self.ranges().len() > MOST_LISTED {
            formatter.write_str("any but ")?;
            return list(formatter, &rest.ranges());
        }
        list(formatter, &self.ranges())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_read_is_the_set_again() {
        for text in [
            "",
            "tcp/443",
            "tcp/0-65535, udp/53",
            "icmp/8, icmp/10/1, icmpv6",
            "icmp/3-5",
            "icmp/3/1-3/4",
            "ip/0, icmp, ip/2-5, tcp/1-2, ip/50",
        ] {
            assert_eq!(ServiceSet::parse_explicit(text).unwrap().explicit(), text);
        }
        assert_eq!(ServiceSet::parse_explicit(&ServiceSet::any().explicit()), Some(ServiceSet::any()));
        for text in
            ["tcp", "tcp/2-1", "tcp/70000", "tcp/1,tcp/2", "ip/5-2", "ip/256", "icmp/300", "x/1", "any"]
        {
            assert_eq!(ServiceSet::parse_explicit(text), None, "{text}");
        }
    }

    #[test]
    fn adjacent_ports_become_one_range_and_protocols_stay_apart() {
        let set = ServiceSet::ports(Protocol::TCP, 3268, 3268)
            .union(&ServiceSet::ports(Protocol::TCP, 3269, 3269))
            .union(&ServiceSet::ports(Protocol::UDP, 53, 53));
        assert_eq!(set.to_string(), "tcp/3268-3269, udp/53");
        assert_eq!(ServiceSet::any().ranges().len(), 256);
        assert_eq!(ServiceSet::any().difference(&set).to_string(), "any but tcp/3268-3269, udp/53");
    }

    #[test]
    fn what_is_written_is_read_and_nonsense_is_not() {
        for text in ["tcp/80", "tcp/1-2, udp/53", "icmp", "icmp/8", "icmpv6/128/0", "any"] {
            assert_eq!(ServiceSet::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "tcp",
            "tcp/",
            "tcp/2-1",
            "tcp/65536",
            "tcp/+1/2",
            "icmp/300",
            "icmp/1/2/3",
            "sctp/1",
            "tcp/1,",
        ] {
            assert_eq!(ServiceSet::parse(text), None, "{text}");
        }
    }

    #[test]
    fn scattered_ports_are_listed_up_to_a_limit() {
        let odd =
            (0..400).map(|at| ServiceRange { protocol: Protocol::TCP, low: at * 2 + 1, high: at * 2 + 1 });
        let set = ServiceSet::from_ranges(odd);
        assert!(set.to_string().ends_with("tcp/119 and 340 more"), "{set}");
        assert!(
            ServiceSet::any().difference(&set).to_string().starts_with("any but tcp/1, "),
            "any but odd ports"
        );
        assert_eq!(set.explicit().split(", ").count(), 400);
    }

    #[test]
    fn a_set_for_programs_is_spelled_out() {
        let most = ServiceSet::any().difference(&ServiceSet::ports(Protocol::TCP, 80, 80));
        let tail = "udp/0-65535, ip/18-57, icmpv6, ip/59-255";
        assert_eq!(most.explicit(), format!("ip/0, icmp, ip/2-5, tcp/0-79, tcp/81-65535, ip/7-16, {tail}"));
        assert_eq!(ServiceSet::ports(Protocol::UDP, 53, 53).explicit(), "udp/53");
    }

    #[test]
    fn icmp_reads_as_type_and_code() {
        assert_eq!(ServiceSet::icmp(Protocol::ICMP, None, None).to_string(), "icmp");
        assert_eq!(ServiceSet::icmp(Protocol::ICMP, Some(8), None).to_string(), "icmp/8");
        assert_eq!(ServiceSet::icmp(Protocol::ICMPV6, Some(128), Some(0)).to_string(), "icmpv6/128/0");
    }
}
