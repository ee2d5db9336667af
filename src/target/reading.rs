//! What readers of JSON artefacts have in common: strict objects, and places of mistakes.
//!
//! In: bytes and the shape that a reader expects. Out: values, or [`Unreadable`] with the JSON pointer of the mistake.
//!
//! Invariant: the common case pays nothing for places; the pointer is looked up only after a mistake. No key stands
//! twice in an object, because a program that reads the file may take either.

use super::observed::Unreadable;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

/// Reads a whole file.
///
/// # Errors
/// [`Unreadable`] with the pointer of the first mistake.
pub fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes).map_err(|error| {
        let text = error.to_string();
        let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
        let mut pointer = pointer_at(bytes, error.line(), error.column());
        if why.starts_with("missing field") {
            // Found out at the end of the object, behind its last key.
            pointer.truncate(pointer.rfind('/').unwrap_or(0));
        }
        Unreadable::new(pointer, why)
    })
}

/// Reads a part of a file that was read before; `place` is where it stands.
///
/// # Errors
/// [`Unreadable`] with the pointer of the first mistake behind the place.
pub fn part<T: DeserializeOwned>(place: &str, value: &serde_json::Value) -> Result<T, Unreadable> {
    let bytes = serde_json::to_vec(value).map_err(|error| Unreadable::new(place, error.to_string()))?;
    from_json(&bytes).map_err(|error| Unreadable::new(format!("{place}{}", error.pointer), error.why))
}

/// Reads a whole file of any shape.
///
/// # Errors
/// [`Unreadable`] with the pointer of the first mistake, of a key that stands twice among others.
pub fn tree(bytes: &[u8]) -> Result<serde_json::Value, Unreadable> {
    from_json::<Once>(bytes)?;
    from_json(bytes)
}

/// Any value without a key that stands twice.
struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Once)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self, A::Error> {
        no_key_twice::<A, Self>(map).map(|_| self)
    }
}

fn no_key_twice<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    mut map: A,
) -> Result<Vec<(String, T)>, A::Error> {
    let (mut entries, mut keys) = (Vec::new(), BTreeSet::new());
    while let Some(key) = map.next_key::<String>()? {
        if !keys.insert(key.clone()) {
            return Err(A::Error::custom(format_args!("the key `{key}` stands twice")));
        }
        entries.push((key, map.next_value()?));
    }
    Ok(entries)
}

/// A step of a pointer.
pub fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// A container that is open at a place of a text.
enum Open {
    /// An object with the last key read.
    Object { key: Vec<u8>, in_value: bool },
    /// An array with the number of the item.
    Array(usize),
}

/// The pointer of what stands at a line and column, both from 1, of a text that may be broken behind it.
fn pointer_at(bytes: &[u8], line: usize, column: usize) -> String {
    let before: usize =
        bytes.split(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(|l| l.len() + 1).sum();
    let end = before.saturating_add(column.saturating_sub(1));
    let mut open: Vec<Open> = Vec::new();
    let mut rest = bytes.iter().take(end);
    while let Some(byte) = rest.next() {
        match (byte, open.last_mut()) {
            (b'"', Some(Open::Object { key, in_value: false })) => *key = string(&mut rest),
            (b'"', _) => drop(string(&mut rest)),
            (b'{', _) => open.push(Open::Object { key: Vec::new(), in_value: false }),
            (b'[', _) => open.push(Open::Array(0)),
            (b'}' | b']', _) => drop(open.pop()),
            (b':', Some(Open::Object { in_value, .. })) => *in_value = true,
            (b',', Some(Open::Object { in_value, .. })) => *in_value = false,
            (b',', Some(Open::Array(at))) => *at += 1,
            _ => {}
        }
    }
    let step = |open: &Open| match open {
        Open::Object { key, .. } => format!("/{}", escaped(&String::from_utf8_lossy(key))),
        Open::Array(at) => format!("/{at}"),
    };
    open.iter().map(step).collect()
}

/// The rest of a string, without its escapes: good enough to find a key again.
fn string<'a>(rest: &mut impl Iterator<Item = &'a u8>) -> Vec<u8> {
    let mut text = Vec::new();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => break,
            b'\\' => text.extend(rest.next()),
            other => text.push(*other),
        }
    }
    text
}

/// The entries of an object whose keys the file chooses, in their order; no key twice.
#[derive(Debug)]
pub struct Entries<T>(pub Vec<(String, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Collect<T> {
            type Value = Entries<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entries<T>, A::Error> {
                no_key_twice(map).map(Entries)
            }
        }
        deserializer.deserialize_map(Collect(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the mistakes are looked at")]
    struct Leaf {
        port: u16,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the mistakes are looked at")]
    struct Root {
        rules: Entries<Vec<Leaf>>,
    }

    fn place(text: &str) -> String {
        from_json::<Root>(text.as_bytes()).unwrap_err().pointer
    }

    #[test]
    fn mistakes_have_their_pointer() {
        assert_eq!(
            place("{\"rules\": {\"a/b\": [{\"port\": 1},\n {\"port\": 70000}]}}"),
            "/rules/a~1b/1/port"
        );
        assert_eq!(place("{\"rules\": {\"a\": [{\"port\": 1, \"wide\": true}]}}"), "/rules/a/0/wide");
        assert_eq!(place("{\"rules\": {\"a\": [{ }]}}"), "/rules/a/0");
        assert_eq!(place("{\"rules\": {\"a\": [], \"a\": []}}"), "/rules/a");
        assert_eq!(place("{\"rules\": {\"a\": [{\"port\": 1, \"port\": 2}]}}"), "/rules/a/0/port");
    }

    #[test]
    fn any_bytes_end_in_a_mistake_and_no_panic() {
        for text in ["", "{", "[", "\"", "{\"rules\": {\"a\": \"\\", "null", "{\"rules\" 1}"] {
            assert!(from_json::<Root>(text.as_bytes()).is_err(), "{text}");
        }
        assert!(from_json::<Root>(&[0xff, 0xfe]).is_err());
    }
}
