//! From text to tree.
//!
//! In: one `.seg` text. Out: an [`ast::File`] with spans and comments, and every independent mistake of the text.
//!
//! Three steps, none of which can fail or look back:
//!
//! 1. [`lex`](lex::lex) cuts the text into tokens that cover it, white space and comments included. Forms that need
//!    no context are settled here: `2026-02-01` is a date, `49152-65535` two numbers, `fd00::/8` an address, `a->b` two
//!    names and an arrow.
//! 2. The characters of each token are checked once: stray signs, strings without an end, bad escapes.
//! 3. [`parse`], in nom over the tokens without trivia, builds the tree. The grammar is
//!    `grammar/seg.ebnf`; it needs one token of lookahead, two for labels and keys, and no recursion.
//!
//! After a mistake the parser goes on at the next item of the block or the next statement. It finds that place by the
//! statement words, which is why these can't be names, and by line starts, which mean nothing in a correct text
//! but say much about a broken one.
//!
//! Invariant: nothing here knows a kind, an attribute, an intent or a platform; these are the catalogue's and the
//! targets', so a new one never changes the syntax.

pub mod ast;
pub mod keyword;
pub mod lex;
mod parse;

pub use parse::parse;

/// Version of the language, named in every manifest.
pub const LANGUAGE_VERSION: &str = "1";
