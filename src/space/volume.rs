//! How many packets a set has, as an exact whole number.
//!
//! In: widths of intervals. Out: sums and products, printed in decimal.
//!
//! Invariant: exact up to 448 bits; three fields of 128 bits, the widest frame that exists, take 384.

use std::fmt;
use std::ops::Add;

const LIMBS: usize = 7;

/// The largest power of ten that fits in 64 bits, and its number of zeros.
const TEN_TO_19: u64 = 10_000_000_000_000_000_000;
const ZEROS: usize = 19;

/// A count of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Volume([u64; LIMBS]); // the most significant part first, so that the derived order is the order of numbers

impl Volume {
    /// No packet.
    pub const ZERO: Self = Self([0; LIMBS]);

    /// The count as a number, where it fits.
    pub fn to_u128(self) -> Option<u128> {
        let [rest @ .., high, low] = self.0;
        let fits = rest.iter().all(|part| *part == 0);
        fits.then(|| u128::from(high) << 64 | u128::from(low))
    }

    /// This count for each number from `low` to `high`, both included.
    #[must_use]
    pub fn times_width(self, low: u128, high: u128) -> Self {
        let steps = high.saturating_sub(low);
        let (top, bottom) = (steps >> 64, steps & u128::from(u64::MAX));
        self + self.times(bottom) + self.times(top).one_limb_up()
    }

    fn times(self, factor: u128) -> Self {
        let mut carry = 0_u128;
        let mut product = self.0;
        for part in product.iter_mut().rev() {
            let sum = u128::from(*part) * factor + carry;
            *part = low_limb(sum);
            carry = sum >> 64;
        }
        Self(product)
    }

    fn one_limb_up(self) -> Self {
        let mut parts = self.0;
        parts.rotate_left(1);
        if let Some(lowest) = parts.last_mut() {
            *lowest = 0;
        }
        Self(parts)
    }

    /// The count divided by 10^19, and what is left.
    fn split_decimal(self) -> (Self, u64) {
        let mut rest = 0_u128;
        let mut parts = self.0;
        for part in &mut parts {
            let sum = rest << 64 | u128::from(*part);
            *part = low_limb(sum / u128::from(TEN_TO_19));
            rest = sum % u128::from(TEN_TO_19);
        }
        (Self(parts), low_limb(rest))
    }
}

fn low_limb(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or(0)
}

impl From<u128> for Volume {
    fn from(number: u128) -> Self {
        Self([0, 0, 0, 0, 0, low_limb(number >> 64), low_limb(number)])
    }
}

impl Add for Volume {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let mut carry = 0_u128;
        let mut sum = self.0;
        for (part, more) in sum.iter_mut().zip(other.0).rev() {
            let total = u128::from(*part) + u128::from(more) + carry;
            *part = low_limb(total);
            carry = total >> 64;
        }
        Self(sum)
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rest, digits) = self.split_decimal();
        if rest == Self::ZERO {
            return formatter.pad_integral(true, "", &digits.to_string());
        }
        formatter.pad_integral(true, "", &format!("{rest}{digits:0ZEROS$}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pairs_of_ipv6_addresses_are_counted_exactly() {
        let one = Volume::from(1);
        let pairs = one.times_width(0, u128::MAX).times_width(0, u128::MAX);
        let all = pairs.times_width(0, 0x00ff_ffff);
        // 2^280
        let expected =
            "1942668892225729070919461906823518906642406839052139521251812409738904285205208498176";
        assert_eq!(all.to_string(), expected);
        assert_eq!(all.to_u128(), None);
        assert!(all > pairs && pairs > one);
    }

    #[test]
    fn numbers_that_fit_are_as_usual() {
        for number in [0, 1, 9_999_999_999_999_999_999, 10_u128.pow(19), 10_u128.pow(38), u128::MAX] {
            assert_eq!(Volume::from(number).to_string(), number.to_string());
            assert_eq!(Volume::from(number).to_u128(), Some(number));
        }
        assert_eq!((Volume::from(u128::MAX) + Volume::from(1)).to_u128(), None);
        assert_eq!(Volume::from(5).times_width(2, 4).to_u128(), Some(15));
    }
}
