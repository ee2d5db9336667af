//! The words of the language.
//!
//! In: a word. Out: what the language uses it for.
//!
//! Invariant: every statement and every clause of `grammar/seg.ebnf` has its word here, and only here.

/// Words that start a statement, in the order of the grammar. None of them can be a name.
pub const STATEMENTS: &[&str] = &[
    "site",
    "platform",
    "segment",
    "role",
    "service",
    "intent",
    "allow",
    "forbid",
    "exception",
    "expect",
    "accept",
    "need",
    "rollout",
    "include",
];

/// Words that continue a statement. None of them can be a name.
pub const CLAUSES: &[&str] = &["because", "enforced-by", "enforce", "from", "on", "pierces", "via"];

/// Words with a meaning of their own in a list of ports. A service of such a name could never be used.
pub const PORT_WORDS: &[&str] = &["tcp", "udp", "icmp", "icmpv6", "any"];

/// True for a word that starts a statement.
pub fn is_statement(word: &str) -> bool {
    STATEMENTS.contains(&word)
}

/// True for a word that continues a statement.
pub fn is_clause(word: &str) -> bool {
    CLAUSES.contains(&word)
}

/// True for a word that can't be a name anywhere: statement and clause words.
pub fn is_reserved(word: &str) -> bool {
    is_statement(word) || is_clause(word)
}
