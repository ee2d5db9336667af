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

impl fmt::Display for ServiceSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_any() {
            return formatter.write_str("any");
        }
        for (at, range) in self.ranges().into_iter().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(formatter, "{comma}{range}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjacent_ports_become_one_range_and_protocols_stay_apart() {
        let set = ServiceSet::ports(Protocol::TCP, 3268, 3268)
            .union(&ServiceSet::ports(Protocol::TCP, 3269, 3269))
            .union(&ServiceSet::ports(Protocol::UDP, 53, 53));
        assert_eq!(set.to_string(), "tcp/3268-3269, udp/53");
        assert_eq!(ServiceSet::any().ranges().len(), 256);
    }

    #[test]
    fn icmp_reads_as_type_and_code() {
        assert_eq!(ServiceSet::icmp(Protocol::ICMP, None, None).to_string(), "icmp");
        assert_eq!(ServiceSet::icmp(Protocol::ICMP, Some(8), None).to_string(), "icmp/8");
        assert_eq!(ServiceSet::icmp(Protocol::ICMPV6, Some(128), Some(0)).to_string(), "icmpv6/128/0");
    }
}
