//! Stable ids from what a rule is, not from where it stands.
//!
//! In: identities as lists of words. Out: short ids that survive insertions, reordering and reformatting.
//!
//! Invariant: the same identity gives the same id in every site, on every day, in every version of segc.

use sha2::{Digest, Sha256};
use std::fmt;

/// Id of a row: `r-` and eight characters of a lower-case base 32 alphabet without 0, 1, 8 and 9.
///
/// Forty bits of a digest: among ten thousand rows of one site the chance of two equal ids is 5 in 100,000, and
/// lowering then lengthens both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(String);

impl RowId {
    /// The id of an identity, with `length` characters behind `r-`.
    pub fn of(identity: &[&str], length: usize) -> Self {
        let encoded = data_encoding::BASE32_NOPAD.encode(&digest(identity)).to_ascii_lowercase();
        Self(format!("r-{}", encoded.chars().take(length).collect::<String>()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A number below `limit` that depends on the identity only: where a rule looks for a place first. A limit of 0 gives 0.
pub fn slot(identity: &[&str], limit: u32) -> u32 {
    let mut number = [0; 8];
    for (to, from) in number.iter_mut().zip(digest(identity)) {
        *to = from;
    }
    let slot = u64::from_be_bytes(number).checked_rem(u64::from(limit)).unwrap_or(0);
    u32::try_from(slot).unwrap_or(0)
}

/// The first `length` hexadecimal digits of an identity's digest, for names that must be shortened.
pub fn short_hash(identity: &[&str], length: usize) -> String {
    data_encoding::HEXLOWER.encode(&digest(identity)).chars().take(length).collect()
}

fn digest(identity: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for word in identity {
        // The length in front keeps ("ab", "c") and ("a", "bc") apart.
        hasher.update(u64::try_from(word.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(word.as_bytes());
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_tell_word_borders_apart() {
        assert_eq!(RowId::of(&["a", "b"], 8).as_str().len(), 10);
        assert_ne!(RowId::of(&["ab", "c"], 8), RowId::of(&["a", "bc"], 8));
        assert!(slot(&["x"], 10) < 10);
        assert_eq!(slot(&["x"], 0), 0);
    }
}
