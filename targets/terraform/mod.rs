//! Terraform JSON: what the documents of all providers have in common.
//!
//! In: a target's variables, data sources and resources. Out: one `*.tf.json` document.
//!
//! - The document has no provider block, so that it can stand beside the user's own, or be used as a module.
//! - A resource is labelled by the identity of what it is, never by a counter: Terraform takes a resource under another
//!   label for another thing, and would destroy and make it again.
//! - Text of the site is escaped, because Terraform evaluates `${` and `%{` in every argument.
//!
//! Source: Terraform Language, "JSON Configuration Syntax" and "Strings and Templates", read 2026-11.
//!
//! Invariant: this is the only folder of `targets/` that another target may use; it decides nothing and knows no provider.

pub(crate) mod read;

use crate::policy::identity::short_hash;
use indexmap::IndexMap;
use serde::Serialize;
use std::fmt::Write;

/// Hexadecimal digits behind a label whose words alone could be taken for another thing's.
const HASH: usize = 8;

/// Blocks of one type, or of several, by label.
pub(crate) type Labelled<T> = IndexMap<String, T>;

/// A whole document.
#[derive(Serialize)]
pub(crate) struct Document<'a, D: Serialize, R: Serialize> {
    /// A comment: where the document is from.
    #[serde(rename = "//")]
    pub(crate) comment: Header<'a>,
    pub(crate) terraform: Settings,
    pub(crate) variable: Labelled<Variable>,
    /// Data sources by type and label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<D>,
    /// Resources by type and label.
    pub(crate) resource: R,
}

/// Where a document is from.
#[derive(Serialize)]
pub(crate) struct Header<'a> {
    pub(crate) tool: &'static str,
    pub(crate) catalogue: &'a str,
    pub(crate) site: &'a str,
    pub(crate) platform: &'a str,
}

impl<'a> Header<'a> {
    /// Of one platform of a site.
    pub(crate) fn new(site: &'a str, platform: &'a str, catalogue: &'a str) -> Self {
        Self { tool: concat!("segc ", env!("CARGO_PKG_VERSION")), catalogue, site, platform }
    }
}

/// The `terraform` block. It states no `required_version`: checkov can't read a document that has one, and an older
/// Terraform refuses what it doesn't know by itself.
#[derive(Serialize)]
pub(crate) struct Settings {
    required_providers: IndexMap<&'static str, Provider>,
}

/// A provider and the releases of it that a document is for.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Provider {
    pub(crate) source: &'static str,
    pub(crate) version: &'static str,
}

impl Settings {
    /// For one provider under its usual name.
    pub(crate) fn new(name: &'static str, provider: Provider) -> Self {
        Self { required_providers: IndexMap::from([(name, provider)]) }
    }
}

/// An input. Its texts are taken as they are: Terraform evaluates none of them.
#[derive(Serialize)]
pub(crate) struct Variable {
    #[serde(rename = "type")]
    kind: &'static str,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    validation: Vec<Condition>,
}

/// What must hold, with what is said where it doesn't.
#[derive(Serialize)]
pub(crate) struct Condition {
    pub(crate) condition: String,
    pub(crate) error_message: String,
}

impl Variable {
    /// A text.
    pub(crate) fn text(description: impl Into<String>, default: Option<&str>) -> Self {
        let (description, default) = (description.into(), default.map(str::to_owned));
        Self { kind: "string", description, default, validation: Vec::new() }
    }

    /// The text must match a pattern in Terraform's syntax of regular expressions.
    pub(crate) fn matching(mut self, name: &str, pattern: &str, otherwise: &str) -> Self {
        let condition = format!("${{can(regex(\"{pattern}\", var.{name}))}}");
        self.validation.push(Condition { condition, error_message: otherwise.to_owned() });
        self
    }
}

/// What Terraform puts in the place of an argument.
pub(crate) fn expression(inside: &str) -> String {
    format!("${{{inside}}}")
}

/// A text of the site as an argument: nothing in it is evaluated.
///
/// Source: Terraform Language, "Strings and Templates", section "Escape Sequences", read 2026-11.
pub(crate) fn literal(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// The label of what some words name: letters, digits, `_` and `-`, not beginning with a digit.
///
/// Words of letters, digits and hyphens are joined as they are. A hash of the words stands behind all others, so no two
/// lists of words have one label: no word that is joined as it is has the `_` in front of the hash.
///
/// Source: Terraform Language, "Configuration Syntax", section "Identifiers", read 2026-11.
pub(crate) fn label(words: &[&str]) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut label = String::new();
    for word in words {
        let start = if label.is_empty() { "" } else { "_" };
        let kept: String = word.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        // Writing into a string can't fail.
        let _ = write!(label, "{start}{kept}");
    }
    let is_whole = words.iter().all(|word| !word.is_empty() && word.chars().all(is_plain));
    if is_whole && label.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return label;
    }
    let start = if label.starts_with(|c: char| c.is_ascii_alphabetic()) { "" } else { "x" };
    format!("{start}{label}__{}", short_hash(words, HASH))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_different_things_differ_and_are_identifiers() {
        assert_eq!(label(&["nsg-weu-vda", "in-hdx"]), "nsg-weu-vda_in-hdx");
        let all = [
            label(&["a", "b"]),
            label(&["a_b"]),
            label(&["a-b"]),
            label(&["a.b"]),
            label(&["a", "", "b"]),
            label(&["1a"]),
            label(&["x1a"]),
            label(&["\u{e4}"]),
            label(&["-"]),
            label(&[""]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(all.iter().skip(at + 1).all(|other| other != one), "{one} twice");
            assert!(one.starts_with(|c: char| c.is_ascii_alphabetic()), "{one}");
            assert!(one.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)), "{one}");
        }
    }

    #[test]
    fn texts_are_never_evaluated() {
        assert_eq!(literal("a ${b} %{c} $ %"), "a $${b} %%{c} $ %");
        assert_eq!(read::text(&literal("${x}%{y}$${z}")).as_deref(), Ok("${x}%{y}$${z}"));
    }
}
