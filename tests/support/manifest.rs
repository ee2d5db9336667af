//! `manifest.json`: the file in, who the roles are to each platform and which files were written out.
//!
//! Invariant: a missing key is a fault that names it, never a default.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::address::Span;
use super::json;
use super::service::{EVERY_SERVICE, Service};

/// A party as the platforms know it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) kind: String,
    /// The platform's name; none for a party outside.
    pub(crate) platform: Option<String>,
    pub(crate) addresses: Vec<Span>,
    /// CloudFormation logical ids of the groups its interfaces wear.
    pub(crate) aws_groups: BTreeSet<String>,
    /// Network security groups in its way, and the application security groups it is in.
    pub(crate) nsgs: BTreeSet<String>,
    pub(crate) asgs: BTreeSet<String>,
    pub(crate) categories: BTreeMap<String, String>,
    /// Names it is known by where it has no address: service tag, prefix list, host names.
    pub(crate) names: BTreeSet<String>,
}

/// One written file.
#[derive(Debug, Clone)]
pub(crate) struct ArtifactEntry {
    pub(crate) path: String,
    pub(crate) platform: String,
    pub(crate) target: String,
    pub(crate) sha256: String,
}

/// Where one rule stands.
#[derive(Debug, Clone)]
pub(crate) struct RuleEntry {
    pub(crate) id: String,
    pub(crate) artifact: String,
    pub(crate) pointer: String,
}

/// Something that the artefacts permit beyond the site's text.
#[derive(Debug, Clone)]
pub(crate) struct Widening {
    pub(crate) from: Vec<String>,
    pub(crate) to: Vec<String>,
    pub(crate) services: Vec<Service>,
    /// The part of either end's addresses; none for all.
    pub(crate) from_part: Option<Vec<Span>>,
    pub(crate) to_part: Option<Vec<Span>>,
    pub(crate) id: String,
    /// The one spelling that has it.
    pub(crate) spelling: Option<String>,
}

impl Widening {
    /// Whether the entry owns up to all of `asked` between the two roles.
    pub(crate) fn covers(&self, src: &str, dst: &str, asked: Service) -> bool {
        let names = |list: &[String], role: &str| list.iter().any(|name| name == role);
        names(&self.from, src)
            && names(&self.to, dst)
            && self.services.iter().any(|service| service.covers(asked))
    }
}

/// The manifest, as far as the reader needs it.
#[derive(Debug, Default)]
pub(crate) struct Manifest {
    pub(crate) roles: BTreeMap<String, Role>,
    pub(crate) artifacts: Vec<ArtifactEntry>,
    pub(crate) rules: Vec<RuleEntry>,
    pub(crate) widenings: Vec<Widening>,
    pub(crate) faults: Vec<String>,
}

const TOP_KEYS: [&str; 13] = [
    "schema",
    "tool",
    "language",
    "catalogue",
    "site",
    "release",
    "as_of",
    "sources",
    "artifacts",
    "roles",
    "rules",
    "widenings",
    "quotas",
];

/// Reads a manifest; what is missing or odd is listed in `faults`.
pub(crate) fn read(value: &Value) -> Manifest {
    let mut manifest = Manifest::default();
    for key in TOP_KEYS {
        if value.get(key).is_none() {
            manifest.faults.push(format!("no key `{key}`"));
        }
    }
    if json::text(value, "schema") != "segc/manifest/1" {
        manifest.faults.push("schema is not `segc/manifest/1`".to_owned());
    }
    for (name, entry) in json::entries(value, "roles") {
        let role = read_role(name, entry, &mut manifest.faults);
        manifest.roles.insert(name.to_owned(), role);
    }
    for entry in json::list(value, "artifacts") {
        require(entry, &["path", "platform", "target", "spelling", "sha256", "rules"], &mut manifest.faults);
        let text = |key| json::text(entry, key).to_owned();
        let (path, platform, target) = (text("path"), text("platform"), text("target"));
        manifest.artifacts.push(ArtifactEntry { path, platform, target, sha256: text("sha256") });
    }
    for entry in json::list(value, "rules") {
        let keys = ["id", "artifact", "pointer", "from", "to", "service", "provenance"];
        require(entry, &keys, &mut manifest.faults);
        let text = |key| json::text(entry, key).to_owned();
        manifest.rules.push(RuleEntry {
            id: text("id"),
            artifact: text("artifact"),
            pointer: text("pointer"),
        });
    }
    for entry in json::list(value, "widenings") {
        require(entry, &["id", "from", "to", "service", "cause"], &mut manifest.faults);
        let widening = read_widening(entry, &mut manifest.faults);
        manifest.widenings.push(widening);
    }
    manifest
}

fn require(entry: &Value, keys: &[&str], faults: &mut Vec<String>) {
    let missing = keys.iter().filter(|key| entry.get(**key).is_none());
    faults.extend(missing.map(|key| format!("an entry has no key `{key}`: {entry}")));
}

/// A string, or every string of a list; a string with commas is a list written as people do.
fn words(value: Option<&Value>) -> Vec<String> {
    let texts = value.map(json::strings).unwrap_or_default();
    let parts = texts.iter().flat_map(|text| text.split(',')).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn read_role(name: &str, entry: &Value, faults: &mut Vec<String>) -> Role {
    require(entry, &["kind", "platform", "managed_by", "addresses", "identity"], faults);
    let mut role =
        Role { name: name.to_owned(), kind: json::text(entry, "kind").to_owned(), ..Role::default() };
    role.platform = entry.get("platform").and_then(Value::as_str).map(str::to_owned);
    for address in json::list(entry, "addresses") {
        match address.as_str().and_then(Span::parse) {
            Some(span) => role.addresses.push(span),
            None => faults.push(format!("role `{name}`: {address} is no address")),
        }
    }
    if let Some(identity) = entry.get("identity") {
        read_identity(&mut role, identity);
    }
    role.names
        .extend(entry.get("known_by").map(json::strings).unwrap_or_default().iter().map(|s| (*s).to_owned()));
    role
}

fn read_identity(role: &mut Role, identity: &Value) {
    let part = |target: &str, key: &str| {
        identity.get(target).and_then(|part| part.get(key)).map(json::strings).unwrap_or_default()
    };
    role.aws_groups = part("aws-sg", "groups").into_iter().map(str::to_owned).collect();
    role.nsgs = part("azure-nsg", "nsg").into_iter().map(str::to_ascii_lowercase).collect();
    role.asgs = part("azure-nsg", "asgs").into_iter().map(str::to_ascii_lowercase).collect();
    let categories = identity.get("nutanix-flow").map(|part| json::entries(part, "categories"));
    let pairs = categories.unwrap_or_default().into_iter().map(|(key, value)| (key, json::strings(value)));
    role.categories = pairs
        .flat_map(|(key, values)| values.into_iter().map(move |value| (key, value)))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
}

/// A run of ICMP messages: `icmp/0-7`, `icmp/8/1-8/255`.
fn messages(text: &str) -> Option<Service> {
    let (protocol, run) = text.split_once('/')?;
    let (low, high) = run.split_once('-')?;
    let end = |message: &str| Service::parse(&format!("{protocol}/{message}"));
    let (low, high) = (end(low)?, end(high)?);
    (protocol.starts_with("icmp") && low.first <= high.last).then_some(Service { last: high.last, ..low })
}

fn read_widening(entry: &Value, faults: &mut Vec<String>) -> Widening {
    let mut services = Vec::new();
    let mut protocol = String::new();
    for word in words(entry.get("service")) {
        // `tcp/53, 88` carries its protocol on
        let spelled =
            if word.starts_with(|c: char| c.is_ascii_digit()) { format!("{protocol}/{word}") } else { word };
        protocol = spelled.split('/').next().unwrap_or("").to_owned();
        match Service::parse(&spelled).or_else(|| messages(&spelled)) {
            Some(service) => services.push(service),
            None if spelled == "*" => services.push(EVERY_SERVICE),
            // Protocols without ports, which no case asks for
            None if protocol == "ip" => {}
            None => faults.push(format!("widening: `{spelled}` is no service")),
        }
    }
    let spelling = entry.get("spelling").and_then(Value::as_str).map(str::to_owned);
    let mut part = |key: &str| {
        let texts = words(entry.get(key).filter(|value| !value.is_null()));
        let spans: Option<Vec<Span>> = texts.iter().map(|text| Span::parse(text)).collect();
        if spans.is_none() {
            faults.push(format!("widening: {texts:?} are no addresses"));
        }
        spans.filter(|spans| !spans.is_empty())
    };
    let (from_part, to_part) = (part("from_addresses"), part("to_addresses"));
    let id = json::text(entry, "id").to_owned();
    Widening {
        from: words(entry.get("from")),
        to: words(entry.get("to")),
        services,
        from_part,
        to_part,
        id,
        spelling,
    }
}
