//! Weighs a YAML text before anything is built from it, so that anchors can't make a small file huge.
//!
//! In: text. Out: an error if reading it through, aliases followed, takes more than its size explains.
//!
//! Invariant: time and memory are linear in the size of the text. Without aliases each byte weighs at most a few
//! units, so the budget is never met by a file that repeats nothing. The library's scanner may look
//! at every open bracket for every token, and at every directive for every other one, so brackets are bounded (both
//! limits met, reading takes 0.6 s in a release build) and directives are refused.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, Visitor};

/// Units that each byte of the text may weigh; a value weighs one unit and its text.
const UNITS_PER_BYTE: usize = 4;

/// Most opening brackets that a file may have, quoted ones included.
const BRACKET_LIMIT: usize = 2000;

/// Reads the text through, and fails where it is no YAML or repeats itself too often.
pub(super) fn weigh(text: &str) -> Result<(), serde_yaml::Error> {
    if text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count() > BRACKET_LIMIT {
        let message = format!("the file has more than {BRACKET_LIMIT} opening brackets");
        return Err(de::Error::custom(message));
    }
    if text.lines().any(|line| line.starts_with('%')) {
        return Err(de::Error::custom("a line starts with `%`: directives have no meaning in a catalogue"));
    }
    let budget = Cell::new(text.len().saturating_mul(UNITS_PER_BYTE).saturating_add(64));
    Scale { budget: &budget }.deserialize(serde_yaml::Deserializer::from_str(text))
}

#[derive(Clone, Copy)]
struct Scale<'b> {
    budget: &'b Cell<usize>,
}

impl Scale<'_> {
    fn spend<E: de::Error>(self, units: usize) -> Result<(), E> {
        let left = self.budget.get().checked_sub(units).ok_or_else(|| {
            E::custom("the text repeats itself through aliases more often than a catalogue may")
        })?;
        self.budget.set(left);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Scale<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scale<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value without a tag")
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        self.spend(1)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        self.spend(1)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        self.spend(1)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.spend(1)
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.spend(1)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        if text.contains(|letter: char| letter.is_control() && !letter.is_whitespace()) {
            return Err(E::custom("a text has control characters"));
        }
        self.spend(1 + text.len())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        self.spend(1)?;
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.spend(1)?;
        while map.next_key_seed(self)?.is_some() {
            map.next_value_seed(self)?;
        }
        Ok(())
    }

    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(de::Error::custom("tags such as `!name` have no meaning in a catalogue"))
    }
}
