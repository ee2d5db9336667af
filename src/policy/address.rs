//! Sets of IPv4 and IPv6 addresses.
//!
//! In: CIDR ranges. Out: canonical [`AddressSet`]s, and the fewest CIDR ranges that cover one exactly.
//!
//! Invariant: equal sets are equal values; the families are kept apart.

use super::interval::Intervals;
use ipnet::{IpNet, Ipv4Net, Ipv4Subnets, Ipv6Net, Ipv6Subnets};
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A canonical set of addresses of both families.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressSet {
    v4: Intervals<u32>,
    v6: Intervals<u128>,
}

impl AddressSet {
    /// No address.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Every address of both families.
    pub fn all() -> Self {
        Self { v4: Intervals::of(0, u32::MAX), v6: Intervals::of(0, u128::MAX) }
    }

    /// The union of some ranges.
    pub fn from_ranges<'a>(ranges: impl IntoIterator<Item = &'a IpNet>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for range in ranges {
            match range {
                IpNet::V4(net) => v4.push((net.network().to_bits(), net.broadcast().to_bits())),
                IpNet::V6(net) => v6.push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        Self { v4: Intervals::from_intervals(v4), v6: Intervals::from_intervals(v6) }
    }

    /// The union of some sets.
    pub fn union_of<'a>(sets: impl IntoIterator<Item = &'a Self>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for set in sets {
            v4.extend(set.v4.iter());
            v6.extend(set.v6.iter());
        }
        Self { v4: Intervals::from_intervals(v4), v6: Intervals::from_intervals(v6) }
    }

    /// A set of IPv4 addresses given as numbers.
    pub fn from_v4(v4: Intervals<u32>) -> Self {
        Self { v4, v6: Intervals::empty() }
    }

    /// A set of IPv6 addresses given as numbers.
    pub fn from_v6(v6: Intervals<u128>) -> Self {
        Self { v4: Intervals::empty(), v6 }
    }

    /// The IPv4 part as numbers.
    pub fn v4(&self) -> &Intervals<u32> {
        &self.v4
    }

    /// The IPv6 part as numbers.
    pub fn v6(&self) -> &Intervals<u128> {
        &self.v6
    }

    /// True for the set without members.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The families that the set has addresses of.
    pub fn families(&self) -> Vec<Family> {
        let v4 = (!self.v4.is_empty()).then_some(Family::V4);
        let v6 = (!self.v6.is_empty()).then_some(Family::V6);
        v4.into_iter().chain(v6).collect()
    }

    /// The part of the set that belongs to one family.
    #[must_use]
    pub fn of_family(&self, family: Family) -> Self {
        match family {
            Family::V4 => Self::from_v4(self.v4.clone()),
            Family::V6 => Self::from_v6(self.v6.clone()),
        }
    }

    /// Addresses of either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { v4: self.v4.union(&other.v4), v6: self.v6.union(&other.v6) }
    }

    /// Addresses of both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self { v4: self.v4.intersection(&other.v4), v6: self.v6.intersection(&other.v6) }
    }

    /// Addresses of this set that the other one lacks.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        Self { v4: self.v4.difference(&other.v4), v6: self.v6.difference(&other.v6) }
    }

    /// True when every address of `other` is in this set.
    pub fn contains_all(&self, other: &Self) -> bool {
        self.v4.contains_all(&other.v4) && self.v6.contains_all(&other.v6)
    }

    /// True when the sets have an address in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.v4.meets(&other.v4) || self.v6.meets(&other.v6)
    }

    /// The fewest CIDR ranges that cover exactly this set: IPv4 first, ascending.
    pub fn ranges(&self) -> Vec<IpNet> {
        let v4 = self.v4.iter().flat_map(|(low, high)| {
            Ipv4Subnets::new(Ipv4Addr::from_bits(low), Ipv4Addr::from_bits(high), 0).map(IpNet::from)
        });
        let v6 = self.v6.iter().flat_map(|(low, high)| {
            Ipv6Subnets::new(Ipv6Addr::from_bits(low), Ipv6Addr::from_bits(high), 0).map(IpNet::from)
        });
        v4.chain(v6).collect()
    }
}

impl From<Ipv4Net> for AddressSet {
    fn from(net: Ipv4Net) -> Self {
        Self::from_ranges([&IpNet::V4(net)])
    }
}

impl From<Ipv6Net> for AddressSet {
    fn from(net: Ipv6Net) -> Self {
        Self::from_ranges([&IpNet::V6(net)])
    }
}

impl fmt::Display for AddressSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
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

    fn set(ranges: &[&str]) -> AddressSet {
        let nets: Vec<IpNet> = ranges.iter().map(|range| range.parse().unwrap()).collect();
        AddressSet::from_ranges(&nets)
    }

    #[test]
    fn neighbours_merge_and_the_complement_is_exact() {
        assert_eq!(set(&["10.60.1.10/32", "10.60.1.11/32"]).to_string(), "10.60.1.10/31");
        let rest = AddressSet::all().difference(&set(&["0.0.0.0/1", "8000::/1", "::/2"]));
        assert_eq!(rest.to_string(), "128.0.0.0/1, 4000::/2");
        assert!(AddressSet::all().contains_all(&rest));
    }

    #[test]
    fn families_stay_apart() {
        let both = set(&["10.0.0.0/8", "fd00::/8"]);
        assert_eq!(both.families(), [Family::V4, Family::V6]);
        assert!(!both.of_family(Family::V6).meets(&set(&["10.0.0.0/8"])));
    }
}
