//! What readers of Terraform JSON have in common: strict documents, texts and references.
//!
//! In: a document's bytes and the types of its blocks. Out: values, or [`Unreadable`] with the place of the mistake.
//!
//! Invariant: a block, an argument or an expression that is not understood is refused: `count`, `for_each`, a provider of
//! another account or a function may change everything.

use crate::target::observed::Unreadable;
use crate::target::reading::{Entries, from_json};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;

/// A document whose data sources are of form `D`, and whose resources of form `R`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(deserialize = "D: Deserialize<'de> + Default, R: Deserialize<'de>"))]
pub(crate) struct Document<D, R> {
    #[serde(rename = "//")]
    _comment: Option<IgnoredAny>,
    #[serde(rename = "terraform")]
    _terraform: Option<IgnoredAny>,
    #[serde(default)]
    variable: Entries<IgnoredAny>,
    /// Data sources by type and label.
    #[serde(default)]
    pub(crate) data: D,
    /// Resources by type and label.
    pub(crate) resource: R,
}

/// No data sources.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Reads a whole document.
///
/// # Errors
/// [`Unreadable`] with the pointer of the first mistake.
pub(crate) fn document<D, R>(bytes: &[u8]) -> Result<Document<D, R>, Unreadable>
where
    D: DeserializeOwned + Default,
    R: DeserializeOwned,
{
    from_json(bytes)
}

impl<D, R> Document<D, R> {
    /// The names of the inputs.
    pub(crate) fn variables(&self) -> BTreeSet<&str> {
        self.variable.0.iter().map(|(name, _)| name.as_str()).collect()
    }
}

/// An argument: a text, or what Terraform looks up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Argument {
    /// A text without anything to evaluate.
    Text(String),
    /// The parts of a reference: `["aws_security_group", "SgVda", "id"]`.
    Reference(Vec<String>),
}

impl<'de> Deserialize<'de> for Argument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        argument(&written).map_err(serde::de::Error::custom)
    }
}

/// A text in which nothing is evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Literal(pub(crate) String);

impl<'de> Deserialize<'de> for Literal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        text(&written).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Argument {
    /// The middle part of a reference between a first and a last one: the label in `TYPE.LABEL.id`.
    pub(crate) fn label(&self, kind: &str, attribute: &str) -> Option<&str> {
        match self {
            Self::Reference(parts) => match parts.as_slice() {
                [first, label, last] if first == kind && last == attribute => Some(label),
                _ => None,
            },
            Self::Text(_) => None,
        }
    }

    /// The name of the input that it stands for.
    pub(crate) fn variable(&self) -> Option<&str> {
        match self {
            Self::Reference(parts) => match parts.as_slice() {
                [first, name] if first == "var" => Some(name),
                _ => None,
            },
            Self::Text(_) => None,
        }
    }
}

fn argument(written: &str) -> Result<Argument, String> {
    let inside = written.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let Some(inside) = inside else { return text(written).map(Argument::Text) };
    let parts: Vec<String> = inside.split('.').map(str::to_owned).collect();
    let is_name = |part: &String| {
        let part = part.strip_suffix("[0]").unwrap_or(part);
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
    };
    if !parts.iter().all(is_name) {
        return Err(format!("`{written}` is not a plain reference"));
    }
    Ok(Argument::Reference(parts))
}

/// The text of an argument, its escapes undone.
///
/// # Errors
/// Why it is none: something in it is evaluated.
pub(crate) fn text(written: &str) -> Result<String, String> {
    let mut text = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("$${").or_else(|| rest.strip_prefix("%%{")) {
            text.push(first);
            text.push('{');
            rest = behind;
        } else if rest.starts_with("${") || rest.starts_with("%{") {
            return Err(format!("`{written}` is evaluated, and only plain texts are read here"));
        } else {
            text.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_texts_are_told_apart() {
        let reference = argument("${aws_security_group.SgVda.id}").unwrap();
        assert_eq!(reference.label("aws_security_group", "id"), Some("SgVda"));
        assert_eq!(reference.label("aws_vpc", "id"), None);
        assert_eq!(argument("${var.vpc_id}").unwrap().variable(), Some("vpc_id"));
        assert_eq!(argument("10.0.0.0/8").unwrap(), Argument::Text("10.0.0.0/8".to_owned()));
        for odd in ["${a.b ? c : d}", "x${a.b}", "${a.b}${c.d}", "${a[1]}", "${}", "%{ if x }"] {
            assert!(argument(odd).is_err(), "{odd}");
        }
        assert_eq!(text("cost $5 $${x}"), Ok("cost $5 ${x}".to_owned()));
    }
}
