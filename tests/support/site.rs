//! Roles as the site's own text binds them: `.seg` text in, addresses and names of each role out.
//!
//! The manifest drives the reader, so a wrong manifest would mislead it. This scan knows just enough of the language
//! (platform, segment and role statements) to hold the manifest's roles to the text.
//! Invariant: nothing here is the compiler's parser.

use std::collections::{BTreeMap, BTreeSet};

use super::address::Span;
use super::manifest::{Manifest, Role};

/// What the text says of one role.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct SiteRole {
    platform: Option<String>,
    addresses: BTreeSet<Span>,
    names: BTreeSet<String>,
}

/// Words, strings without their quotes, and the marks `{ } = , :`; comments are dropped.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' => rest.get(1..).and_then(|inner| inner.find('"')).map_or(rest.len(), |end| end + 2),
            '{' | '}' | '=' | ',' => 1,
            _ => rest.find(|c: char| c.is_whitespace() || "{}=,\"#".contains(c)).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        if first != '#' {
            let name = token.strip_suffix(':').filter(|name| !name.is_empty() && first != '"');
            found.extend(name.map(str::to_owned));
            found.push(if name.is_some() { ":".to_owned() } else { token.trim_matches('"').to_owned() });
        }
        rest = after.trim_start();
    }
    found
}

/// The attributes of the block that starts at or after `from`, before the next statement.
pub(crate) fn block(tokens: &[String], from: usize) -> BTreeMap<String, Vec<String>> {
    let mut attributes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let inside =
        tokens.iter().skip(from).skip_while(|token| *token != "{").skip(1).take_while(|token| *token != "}");
    let inside: Vec<&String> = inside.collect();
    let mut current = None;
    for (at, token) in inside.iter().enumerate() {
        let next_is_equals = inside.get(at + 1).is_some_and(|next| *next == "=");
        if next_is_equals {
            current = Some((*token).clone());
        } else if let (Some(key), false) = (&current, *token == "=" || *token == ",") {
            attributes.entry(key.clone()).or_default().push((*token).clone());
        }
    }
    attributes
}

/// The roles of a site's text (without its includes).
pub(crate) fn roles(text: &str) -> BTreeMap<String, SiteRole> {
    let tokens = tokens(text);
    let word = |at: usize| tokens.get(at).map_or("", String::as_str);
    let (mut segments, mut found) = (BTreeMap::new(), BTreeMap::new());
    for at in 0..tokens.len() {
        match (word(at), word(at + 2)) {
            ("segment", "on") => {
                let spans = spans(&block(&tokens, at), "cidr");
                segments.insert(word(at + 1), (word(at + 3), spans));
            }
            ("role", ":") => {
                let place = (word(at + 4) == "on").then(|| word(at + 5));
                found.insert(word(at + 1).to_owned(), bind_role(place, &segments, &block(&tokens, at)));
            }
            _ => {}
        }
    }
    found
}

fn spans(attributes: &BTreeMap<String, Vec<String>>, key: &str) -> BTreeSet<Span> {
    attributes.get(key).into_iter().flatten().filter_map(|text| Span::parse(text)).collect()
}

fn bind_role(
    place: Option<&str>,
    segments: &BTreeMap<&str, (&str, BTreeSet<Span>)>,
    attributes: &BTreeMap<String, Vec<String>>,
) -> SiteRole {
    let mut role = SiteRole { addresses: spans(attributes, "cidr"), ..SiteRole::default() };
    let segment = place.and_then(|place| segments.get(place));
    if let (Some((_, range)), true) = (segment, role.addresses.is_empty()) {
        role.addresses.clone_from(range);
    }
    role.platform = segment.map(|(platform, _)| *platform).or(place).map(str::to_owned);
    for key in ["tag", "prefix-list", "fqdn"] {
        // `fqdn = catalogue` refers to a list, it is no name
        let said = attributes.get(key).into_iter().flatten().filter(|name| *name != "catalogue");
        role.names.extend(said.cloned());
    }
    role
}

/// Gives the manifest's roles the names that the text knows them by.
pub(crate) fn name_roles(manifest: &mut Manifest, text: &str) {
    for (name, said) in roles(text) {
        if let Some(role) = manifest.roles.get_mut(&name) {
            role.names.extend(said.names);
        }
    }
}

/// Where the manifest's roles differ from the text.
pub(crate) fn differences(manifest: &Manifest, text: &str) -> Vec<String> {
    let said = roles(text);
    let mut found: Vec<String> = manifest
        .roles
        .keys()
        .filter(|name| !said.contains_key(*name))
        .map(|n| format!("`{n}` is not in the text"))
        .collect();
    for (name, said) in &said {
        match manifest.roles.get(name) {
            None => found.push(format!("role `{name}` is missing")),
            Some(role) => found.extend(difference(name, said, role)),
        }
    }
    found
}

/// The same addresses in the fewest spans: neighbours in the text may be one network in the manifest.
fn joined(spans: &BTreeSet<Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(last) if last.family == span.family && span.first <= last.last.saturating_add(1) => {
                last.last = last.last.max(span.last);
            }
            _ => joined.push(*span),
        }
    }
    joined
}

fn difference(name: &str, said: &SiteRole, role: &Role) -> Option<String> {
    let given: BTreeSet<Span> = role.addresses.iter().copied().collect();
    let rest_of_the_world = role.kind == "internet";
    if said.platform != role.platform {
        return Some(format!("role `{name}` is on {:?}, the text says {:?}", role.platform, said.platform));
    }
    (joined(&given) != joined(&said.addresses) && !rest_of_the_world)
        .then(|| format!("role `{name}` has other addresses than the text"))
}

#[test]
fn roles_are_bound_as_the_text_says() {
    let text = "platform aws a { vpc = \"x\" } # role no : such { }\nsegment s on a { cidr = 10.0.0.0/24 trust = dmz }\n\
                role one : vda on s { }\nrole two: client { cidr = 10.1.0.0/16, fd00::/64 tag = Storage }\n\
                role three : vda on a { cidr=10.9.0.0/28 }\nintent x one -> two";
    let roles = roles(text);
    assert_eq!(roles.keys().collect::<Vec<_>>(), ["one", "three", "two"]);
    assert_eq!(roles["one"].platform.as_deref(), Some("a"));
    assert_eq!(roles["one"].addresses, BTreeSet::from([Span::parse("10.0.0.0/24").unwrap()]));
    assert_eq!(roles["two"].addresses.len(), 2);
    assert!(roles["two"].names.contains("Storage"));
    assert_eq!(roles["three"].platform.as_deref(), Some("a"));
}
