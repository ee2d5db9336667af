//! The artefacts that a manifest lists, without reading the rest of it.
//!
//! In: the text of a `manifest.json`. Out: the paths in its head.
//!
//! Invariant: the text behind the list costs nothing, however long it is.

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

#[derive(serde::Deserialize)]
struct Listed {
    path: String,
}

struct Head<'l>(&'l mut Vec<String>);

impl<'de> Visitor<'de> for Head<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a manifest")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == "artifacts" {
                let listed: Vec<Listed> = map.next_value()?;
                self.0.extend(listed.into_iter().map(|artefact| artefact.path));
                break;
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

/// The paths that a manifest lists, relative to its folder; none for a text that is no manifest.
pub fn listed_artefacts(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    // Reading stops behind the list, which a reader of whole texts calls an error.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(Head(&mut paths));
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_head_is_read() {
        let text =
            r#"{"schema": "x", "sources": [{}], "artifacts": [{"path": "a/b", "rules": 1}, {"path": "c"}], "#;
        assert_eq!(listed_artefacts(text), ["a/b", "c"]);
        for none in ["", "[]", "{}", r#"{"artifacts": 1}"#, r#"{"artifacts": [{}]}"#] {
            assert!(listed_artefacts(none).is_empty(), "{none}");
        }
    }
}
