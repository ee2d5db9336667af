//! Blocks checked against what they may say.
//!
//! In: attributes of the tree and the specifications of the block. Out: values by key; every unknown key, wrong value
//! and missing key is reported.

use crate::diagnostic::{Diagnostic, Sink, codes, nearest};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{Attribute, Value, ValueKind};
use crate::vocabulary::{AttributeSpec, ValueType};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use time::Date;

/// A block whose keys and values fit its specification.
#[derive(Debug, Default)]
pub(super) struct Attributes {
    found: BTreeMap<&'static str, Vec<Value>>,
    spans: BTreeMap<&'static str, Span>,
    misspelt: BTreeSet<&'static str>,
    is_damaged: bool,
}

/// The statement that a block belongs to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    /// What it is called in messages: `role \`vda\``.
    pub(super) name: &'a str,
    /// Where a missing key is shown.
    pub(super) place: Span,
    /// True where a part of the block could not be parsed: a key that it lacks may have been there.
    pub(super) is_damaged: bool,
}

/// Checks a block.
pub(super) fn read(
    attributes: &[Attribute],
    specs: &[&'static AttributeSpec],
    owner: Owner<'_>,
    sink: &mut Sink,
) -> Attributes {
    let Owner { name: owner, place, is_damaged } = owner;
    let mut read = Attributes { is_damaged, ..Attributes::default() };
    for attribute in attributes {
        let Some(spec) = specs.iter().find(|spec| spec.name == attribute.key.text) else {
            read.misspelt.extend(nearest(&attribute.key.text, specs.iter().map(|spec| spec.name)));
            sink.report(unknown_key(attribute, specs, owner));
            continue;
        };
        read.spans.insert(spec.name, attribute.span);
        if let (false, Some(second)) = (spec.many, attribute.values.get(1)) {
            let message = format!("`{}` of {owner} takes one value", spec.name);
            let report = Diagnostic::new(codes::WRONG_VALUE, message);
            sink.report(report.label(second.span, "a second value").help("give one value only"));
            continue;
        }
        let values = attribute.values.iter().filter(|value| fits(value, spec, owner, sink)).cloned();
        read.found.insert(spec.name, values.collect());
    }
    for spec in specs.iter().filter(|spec| spec.required && !read.may_have(spec.name)) {
        let message = format!("{owner} lacks `{}`", spec.name);
        let help = format!("add `{} = ...`: {}", spec.name, spec.what);
        sink.report(Diagnostic::new(codes::MISSING_ATTRIBUTE, message).label(place, "").help(help));
    }
    read
}

fn unknown_key(attribute: &Attribute, specs: &[&'static AttributeSpec], owner: &str) -> Diagnostic {
    let key = &attribute.key;
    let names: Vec<&str> = specs.iter().map(|spec| spec.name).collect();
    let report =
        Diagnostic::new(codes::UNKNOWN_ATTRIBUTE, format!("{owner} has no attribute `{}`", key.text))
            .label(key.span, "not known here");
    match nearest(&key.text, names.iter().copied()) {
        Some(near) => report.help_edit(format!("did you mean `{near}`?"), key.span, near),
        None => report.help(format!("it may have: {}", names.join(", "))),
    }
}

fn fits(value: &Value, spec: &AttributeSpec, owner: &str, sink: &mut Sink) -> bool {
    if let Some(bare) = needlessly_quoted(value, spec) {
        let message = format!("`{}` of {owner} stands in quotes", spec.name);
        let help = format!("leave the quotes out: `{bare}`");
        let report = Diagnostic::new(codes::WRONG_VALUE, message).label(value.span, "");
        sink.report(report.help_edit(help, value.span, bare));
        return false;
    }
    let expected = match (spec.takes, &value.kind) {
        (ValueType::Text | ValueType::TextOrWord, ValueKind::Text(_))
        | (ValueType::Word | ValueType::TextOrWord, ValueKind::Word(_))
        | (ValueType::TextOrWord, ValueKind::Number(_))
        | (ValueType::Date, ValueKind::Date(_))
        | (ValueType::Role | ValueType::Platform, ValueKind::Word(_)) => return true,
        (ValueType::Address, ValueKind::Address(net)) => {
            return has_no_host_bits(*net, value.span, sink) && can_be_had(*net, value.span, sink);
        }
        (ValueType::Number { low, high }, ValueKind::Number(number)) if (low..=high).contains(number) => {
            return true;
        }
        (ValueType::OneOf(words), ValueKind::Word(word)) if words.contains(&word.as_str()) => return true,
        (ValueType::OneOf(words), kind) => {
            let near =
                if let ValueKind::Word(word) = kind { nearest(word, words.iter().copied()) } else { None };
            let list = words.join(", ");
            near.map_or_else(
                || format!("one of: {list}"),
                |near| format!("one of: {list}; did you mean `{near}`?"),
            )
        }
        (ValueType::Text, ValueKind::Word(word)) => format!("text in double quotes: `\"{word}\"`"),
        (ValueType::Text, _) => "text in double quotes".to_owned(),
        (ValueType::Word, _) => "a word without quotes".to_owned(),
        (ValueType::TextOrWord, _) => "a word or text in double quotes".to_owned(),
        (ValueType::Number { low, high }, _) => format!("a whole number from {low} to {high}"),
        (ValueType::Date, _) => "a day such as 2026-02-01".to_owned(),
        (ValueType::Address, _) => "an address range such as 10.0.0.0/24 or fd00:10::/64".to_owned(),
        (ValueType::Role, _) => "the name of a role".to_owned(),
        (ValueType::Platform, _) => "the name of a platform".to_owned(),
    };
    let message = format!("`{}` of {owner} can't be {}", spec.name, describe(&value.kind));
    sink.report(
        Diagnostic::new(codes::WRONG_VALUE, message).label(value.span, "").help(format!("give {expected}")),
    );
    false
}

/// The text of a quoted value that would fit without its quotes.
fn needlessly_quoted<'a>(value: &'a Value, spec: &AttributeSpec) -> Option<&'a str> {
    let ValueKind::Text(text) = &value.kind else { return None };
    let fits = match spec.takes {
        ValueType::Address => text.parse::<IpNet>().is_ok() || text.parse::<IpAddr>().is_ok(),
        ValueType::Number { low, high } => {
            text.parse().is_ok_and(|number: u64| (low..=high).contains(&number))
        }
        ValueType::OneOf(words) => words.contains(&text.as_str()),
        ValueType::Date => looks_like_a_day(text),
        ValueType::Text | ValueType::Word | ValueType::TextOrWord | ValueType::Role | ValueType::Platform => {
            false
        }
    };
    fits.then_some(text)
}

fn looks_like_a_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [4, 2, 2] && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Ranges that no machine can have as an address of its own in a network.
///
/// Source: IANA special-purpose address registries, RFC 6890, read 2026-11-22: "this network", loopback, multicast,
/// limited broadcast, unspecified, IPv6 loopback and multicast.
const NOBODYS: [&str; 6] =
    ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", "::/127", "ff00::/8"];

fn can_be_had(net: IpNet, span: Span, sink: &mut Sink) -> bool {
    let nobodys =
        NOBODYS.iter().filter_map(|range| range.parse::<IpNet>().ok()).find(|range| range.contains(&net));
    if let Some(range) = nobodys {
        let message = format!("no machine of a network has an address of `{net}`");
        let report = Diagnostic::new(codes::WRONG_VALUE, message).label(span, format!("lies in {range}"));
        sink.report(report.help("give the range in which the machines are"));
    }
    nobodys.is_none()
}

fn has_no_host_bits(net: IpNet, span: Span, sink: &mut Sink) -> bool {
    let network = net.trunc();
    if network == net {
        return true;
    }
    let message = format!("`{net}` has bits set beyond its prefix");
    let help = format!(
        "write `{network}` for the whole range, or `{}` for the one address",
        IpNet::from(net.addr())
    );
    sink.report(Diagnostic::new(codes::HOST_BITS, message).label(span, "").help_edit(
        help,
        span,
        network.to_string(),
    ));
    false
}

fn describe(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Text(text) => format!("the text \"{text}\""),
        ValueKind::Word(word) => format!("`{word}`"),
        ValueKind::Number(number) => format!("the number {number}"),
        ValueKind::Date(date) => format!("the day {date}"),
        ValueKind::Address(net) => format!("the address `{net}`"),
    }
}

fn text_of(value: &Value) -> String {
    match &value.kind {
        ValueKind::Text(text) | ValueKind::Word(text) => text.clone(),
        ValueKind::Number(number) => number.to_string(),
        ValueKind::Date(date) => date.to_string(),
        ValueKind::Address(net) => net.to_string(),
    }
}

impl Attributes {
    fn first(&self, key: &str) -> Option<&Value> {
        self.found.get(key).and_then(|values| values.first())
    }

    /// True for a key that was written, and for one that may have been: misspelt, or lost with what could not be
    /// parsed. Its absence is not worth a report of its own.
    pub(super) fn may_have(&self, key: &str) -> bool {
        self.is_damaged || self.spans.contains_key(key) || self.misspelt.contains(key)
    }

    /// Where a key was written.
    pub(super) fn span(&self, key: &str) -> Option<Span> {
        self.spans.get(key).copied()
    }

    /// The first value as text, whatever its kind.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.first(key).map(text_of)
    }

    /// The first value as text with its place.
    pub(super) fn spanned(&self, key: &str) -> Option<Spanned<String>> {
        self.first(key).map(|value| Spanned::new(text_of(value), value.span))
    }

    /// All values as text with their places.
    pub(super) fn list(&self, key: &str) -> Vec<Spanned<String>> {
        let values = self.found.get(key).map_or(&[][..], Vec::as_slice);
        values.iter().map(|value| Spanned::new(text_of(value), value.span)).collect()
    }

    /// The first value as a day.
    pub(super) fn date(&self, key: &str) -> Option<Date> {
        match self.first(key).map(|value| &value.kind) {
            Some(ValueKind::Date(date)) => Some(*date),
            _ => None,
        }
    }

    /// The first value as a number.
    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.first(key).map(|value| &value.kind) {
            Some(ValueKind::Number(number)) => Some(*number),
            _ => None,
        }
    }

    /// All values as address ranges.
    pub(super) fn addresses(&self, key: &str) -> Vec<IpNet> {
        let values = self.found.get(key).map_or(&[][..], Vec::as_slice);
        let net = |value: &Value| if let ValueKind::Address(net) = value.kind { Some(net) } else { None };
        values.iter().filter_map(net).collect()
    }

    /// Every key but some, as text, in key order.
    pub(super) fn texts_without(&self, keys: &[&str]) -> BTreeMap<String, Vec<String>> {
        let kept = self.found.iter().filter(|(key, _)| !keys.contains(*key));
        kept.map(|(key, values)| ((*key).to_owned(), values.iter().map(text_of).collect())).collect()
    }

    /// The places of all keys.
    pub(super) fn spans(&self) -> BTreeMap<String, Span> {
        self.spans.iter().map(|(key, span)| ((*key).to_owned(), *span)).collect()
    }
}
