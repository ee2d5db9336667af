//! What a block may say: attribute names, the values they take, and the platform kinds.
//!
//! In: nothing. Out: tables that the catalogue and the targets fill and that `model::resolve` reads.
//!
//! Invariant: no platform is named here.

/// What one attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Quoted text.
    Text,
    /// A word without quotes.
    Word,
    /// Quoted text or a word; both mean the same.
    TextOrWord,
    /// A whole number, both ends included.
    Number {
        /// Smallest.
        low: u64,
        /// Largest.
        high: u64,
    },
    /// A day.
    Date,
    /// An IPv4 or IPv6 range or address.
    Address,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// The name of a role.
    Role,
    /// The name of a platform.
    Platform,
}

/// One attribute that a block may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeSpec {
    /// The key.
    pub name: &'static str,
    /// What it takes.
    pub takes: ValueType,
    /// True where a list of values is allowed.
    pub many: bool,
    /// True where the block must have it.
    pub required: bool,
    /// One line for a help text.
    pub what: &'static str,
}

impl AttributeSpec {
    /// An optional attribute with one value.
    pub const fn optional(name: &'static str, takes: ValueType, what: &'static str) -> Self {
        Self { name, takes, many: false, required: false, what }
    }

    /// A required attribute with one value.
    pub const fn required(name: &'static str, takes: ValueType, what: &'static str) -> Self {
        Self { name, takes, many: false, required: true, what }
    }

    /// The same attribute, but with a list of values.
    #[must_use]
    pub const fn many(mut self) -> Self {
        self.many = true;
        self
    }
}

/// One kind of platform that `platform KIND name` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformSpec {
    /// The word in the language.
    pub kind: &'static str,
    /// Attributes of its block, beyond `managed-by` and `peer`, which every platform has.
    pub attributes: &'static [AttributeSpec],
    /// Attributes that its roles may have beyond those of every role.
    pub role_attributes: &'static [AttributeSpec],
}
