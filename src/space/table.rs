//! The one hash function of the engine, and a small memo of exact results.
//!
//! In: keys. Out: places in tables of [`hashbrown`].
//!
//! Invariant: the same key has the same hash in every run and on every machine; no table is ever iterated, so no output
//! depends on hashing.

use hashbrown::HashTable;
use std::hash::{Hash, Hasher};

/// An odd number without a pattern in its bits (the golden ratio).
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Folds numbers into 64 bits by multiplying and joining both halves of the product.
struct Folding(u64);

impl Folding {
    fn fold(&mut self, number: u64) {
        let product = u128::from(self.0 ^ number) * u128::from(SPREAD);
        self.0 = half(product) ^ half(product >> 64).rotate_left(23);
    }
}

fn half(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or(0)
}

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.fold(u64::from(*byte)));
    }
    fn write_u32(&mut self, number: u32) {
        self.fold(u64::from(number));
    }
    fn write_u64(&mut self, number: u64) {
        self.fold(number);
    }
    fn write_usize(&mut self, number: usize) {
        self.fold(u64::try_from(number).unwrap_or(u64::MAX));
    }
    fn write_u128(&mut self, number: u128) {
        self.fold(half(number));
        self.fold(half(number >> 64));
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

/// The hash of a sequence.
pub(super) fn hash<K: Hash>(keys: impl IntoIterator<Item = K>) -> u64 {
    let mut folding = Folding(SPREAD);
    for key in keys {
        key.hash(&mut folding);
    }
    folding.finish()
}

/// Exact results by triple of numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Memo {
    entries: HashTable<([u32; 3], u32)>,
}

impl Memo {
    /// The result kept for a key.
    pub(super) fn get(&self, key: [u32; 3]) -> Option<u32> {
        self.entries.find(hash(key), |(kept, _)| *kept == key).map(|(_, result)| *result)
    }

    /// Keeps the result of a key that has none yet.
    pub(super) fn insert(&mut self, key: [u32; 3], result: u32) {
        self.entries.insert_unique(hash(key), (key, result), |(kept, _)| hash(*kept));
    }

    /// Forgets everything when there are more results than `most`.
    pub(super) fn forget_beyond(&mut self, most: usize) {
        if self.entries.len() > most {
            self.entries = HashTable::new();
        }
    }
}
