//! JSON as every file of segc has it: pretty, LF, final newline.
//!
//! In: structures with text keys. Out: bytes.

use serde::Serialize;

/// A value as a whole file.
#[expect(
    clippy::expect_used,
    reason = "serde_json fails only where the writer does, or on keys that are no text; memory and typed structures do neither"
)]
pub fn pretty(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("typed structures have a JSON form");
    bytes.push(b'\n');
    bytes
}
