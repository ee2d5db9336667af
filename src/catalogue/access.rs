//! Macros that give an entry's private fields read access.
//!
//! In: field names with their documentation. Out: accessor functions.

/// Read access to text fields.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])* pub fn $name(&self) -> &str { &self.$name })*
    };
}

/// Read access to text fields that may be absent.
macro_rules! optional_texts {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])* pub fn $name(&self) -> Option<&str> { self.$name.as_deref() })*
    };
}

/// Read access to lists.
macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident: $item:ty),* $(,)?) => {
        $($(#[$doc])* pub fn $name(&self) -> &[$item] { &self.$name })*
    };
}

/// Read access to small values.
macro_rules! values {
    ($($(#[$doc:meta])* $name:ident: $type:ty),* $(,)?) => {
        $($(#[$doc])* pub fn $name(&self) -> $type { self.$name })*
    };
}

pub(super) use {lists, optional_texts, texts, values};
