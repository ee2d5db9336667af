//! Addresses as numbers: text from an artefact in, inclusive spans of one family out.

use std::net::IpAddr;

/// IPv4 or IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    V4,
    V6,
}

/// One address of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) family: Family,
    pub(crate) value: u128,
}

impl Address {
    /// Reads `10.0.0.1` or `fd00::1`.
    pub(crate) fn parse(text: &str) -> Option<Address> {
        match text.parse::<IpAddr>().ok()? {
            IpAddr::V4(v4) => Some(Address { family: Family::V4, value: u128::from(u32::from(v4)) }),
            IpAddr::V6(v6) => Some(Address { family: Family::V6, value: u128::from(v6) }),
        }
    }

    /// Whether the address belongs to private space (RFC 1918, RFC 4193): what a tag for "our network" may hold.
    pub(crate) fn is_private(self) -> bool {
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
            .iter()
            .filter_map(|range| Span::parse(range))
            .any(|range| range.contains(self))
    }
}

/// A run of addresses of one family, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) family: Family,
    pub(crate) first: u128,
    pub(crate) last: u128,
}

impl Span {
    /// Reads a network, a single address or a range `a-b`; host bits are cleared as the platforms do.
    pub(crate) fn parse(text: &str) -> Option<Span> {
        if let Some((low, high)) = text.split_once('-') {
            let (low, high) = (Address::parse(low.trim())?, Address::parse(high.trim())?);
            let ordered = low.family == high.family && low.value <= high.value;
            return ordered.then_some(Span { family: low.family, first: low.value, last: high.value });
        }
        let (base, prefix) = match text.split_once('/') {
            Some((base, prefix)) => (Address::parse(base)?, Some(prefix.parse::<u32>().ok()?)),
            None => (Address::parse(text)?, None),
        };
        Span::network(base, prefix)
    }

    /// The network of `prefix` bits that holds `base`; a single address without a prefix.
    pub(crate) fn network(base: Address, prefix: Option<u32>) -> Option<Span> {
        let width = if base.family == Family::V4 { 32 } else { 128 };
        let host_bits = width - prefix.unwrap_or(width).min(width);
        if prefix.is_some_and(|bits| bits > width) {
            return None;
        }
        let hosts = if host_bits == 128 { u128::MAX } else { (1_u128 << host_bits) - 1 };
        Some(Span { family: base.family, first: base.value & !hosts, last: base.value | hosts })
    }

    pub(crate) fn contains(self, address: Address) -> bool {
        self.family == address.family && self.first <= address.value && address.value <= self.last
    }

    pub(crate) fn overlaps(self, other: Span) -> bool {
        self.family == other.family && self.first <= other.last && other.first <= self.last
    }
}

/// Whether `text` is a network in canonical form: a prefix length stated, no host bits.
pub(crate) fn is_canonical_network(text: &str) -> bool {
    let (Some((base, prefix)), Some(span)) = (text.split_once('/'), Span::parse(text)) else {
        return false;
    };
    let plain_prefix =
        prefix == "0" || !prefix.starts_with('0') && prefix.bytes().all(|b| b.is_ascii_digit());
    plain_prefix
        && Address::parse(base).is_some_and(|base| base.value == span.first)
        && base.parse::<IpAddr>().is_ok_and(|parsed| parsed.to_string() == base)
}

#[test]
fn networks_are_canonical_only_without_host_bits() {
    assert!(is_canonical_network("10.0.0.0/8") && is_canonical_network("fd00:20::/32"));
    for wrong in ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "fd00::1/32", "10.0.0.0/08", "FD00::/8"] {
        assert!(!is_canonical_network(wrong), "{wrong}");
    }
}

#[test]
fn spans_read_networks_hosts_and_ranges() {
    let span = Span::parse("10.0.0.4-10.0.0.9").unwrap();
    assert!(span.contains(Address::parse("10.0.0.9").unwrap()));
    assert!(!span.contains(Address::parse("10.0.0.10").unwrap()));
    assert_eq!(Span::parse("10.0.0.9-10.0.0.4"), None);
    assert_eq!(Span::parse("0.0.0.0/0").map(|all| all.last), Some(u128::from(u32::MAX)));
    assert_eq!(Span::parse("::/0").map(|all| all.last), Some(u128::MAX));
}
