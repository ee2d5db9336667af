//! The catalogue as its YAML files have it, and what a line of an intent means by them: roles and options in, what
//! passes between which of them out.
//!
//! Invariant: nothing of the library reads or expands the files here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_yaml::Value;

use super::service::Protocol;

/// The catalogue as its files have it.
#[derive(Debug, Default)]
pub(crate) struct Yaml {
    pub(crate) releases: Vec<String>,
    pub(crate) kinds: BTreeMap<String, Value>,
    pub(crate) flows: BTreeMap<String, Value>,
    pub(crate) intents: Vec<Value>,
}

fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The product's catalogue.
pub(crate) fn read_yaml() -> Yaml {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/data");
    let mut yaml = Yaml::default();
    for path in yaml_files(&folder) {
        yaml.add(&fs::read_to_string(path).unwrap());
    }
    yaml
}

/// The word under a key that has to be there.
pub(crate) fn text(value: &Value, key: &str) -> String {
    let found = value.get(key).unwrap_or_else(|| panic!("no `{key}` in {value:?}"));
    plain(found)
}

/// A scalar as it is written.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("no word: {other:?}"),
    }
}

/// The words under a key; none without the key.
pub(crate) fn words(value: &Value, key: &str) -> Vec<String> {
    match value.get(key) {
        Some(Value::Sequence(list)) => list.iter().map(plain).collect(),
        Some(one) => vec![plain(one)],
        None => Vec::new(),
    }
}

impl Yaml {
    /// Adds what a file says: one of the product's, or a customer's.
    pub(crate) fn add(&mut self, file: &str) {
        let file: Value = serde_yaml::from_str(file).unwrap();
        let list = |key: &str| file.get(key).and_then(Value::as_sequence).cloned().unwrap_or_default();
        self.releases.extend(list("releases").iter().map(|release| text(release, "release")));
        self.kinds.extend(list("kinds").into_iter().map(|kind| (text(&kind, "kind"), kind)));
        self.flows.extend(list("flows").into_iter().map(|flow| (text(&flow, "id"), flow)));
        self.intents.extend(list("intents"));
    }

    /// An intent by its name.
    pub(crate) fn intent(&self, name: &str) -> &Value {
        let found = self.intents.iter().find(|intent| text(intent, "intent") == name);
        found.unwrap_or_else(|| panic!("the catalogue has no intent `{name}`"))
    }

    /// Kinds by name, a kind that stands for others replaced by these; a customer's kind stands where its like does.
    pub(crate) fn expand(&self, names: &[String]) -> Vec<String> {
        let members = |name: &String| {
            let members = self.kinds.get(name).map(|kind| words(kind, "members")).unwrap_or_default();
            if members.is_empty() { vec![name.clone()] } else { members }
        };
        let mut kinds: Vec<String> = names.iter().flat_map(members).collect();
        let alike =
            self.kinds.iter().filter(|(_, kind)| words(kind, "like").iter().any(|l| kinds.contains(l)));
        let alike: Vec<String> = alike.map(|(name, _)| name.clone()).collect();
        kinds.extend(alike);
        kinds
    }

    /// Whether a kind takes an attribute of its own.
    pub(crate) fn has(&self, kind: &str, attribute: &str) -> bool {
        self.kinds.get(kind).is_some_and(|kind| words(kind, "attributes").iter().any(|own| own == attribute))
    }

    /// Whether a release has a flow.
    fn is_in(&self, flow: &Value, release: &str) -> bool {
        let at = |label: &str| self.releases.iter().position(|own| own == label).unwrap();
        let now = at(release);
        let begun = flow.get("since").is_none_or(|since| at(&plain(since)) <= now);
        begun && flow.get("until").is_none_or(|until| at(&plain(until)) >= now)
    }
}

/// One way to write the options: name and value.
pub(crate) type Options = BTreeMap<String, String>;

/// A role of a site under test: its side, kind, and service where its kind has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) side: &'static str,
    pub(crate) kind: String,
    pub(crate) service: Option<String>,
    /// The port that it states.
    pub(crate) port: Option<u16>,
}

/// What passes between two roles: protocol, first and last number.
pub(crate) type Passing = BTreeMap<(String, String), BTreeSet<(Protocol, u16, u16)>>;

fn applies(row: &Value, intent: &Value, options: &Options, with_via: bool) -> bool {
    let mut holds = true;
    for (option, wanted) in row.get("when").and_then(Value::as_mapping).into_iter().flatten() {
        let option = plain(option);
        let default = || text(intent.get("options").unwrap().get(&option).unwrap(), "default");
        let given = options.get(&option).cloned().unwrap_or_else(default);
        holds &= match wanted {
            Value::Sequence(list) => list.iter().any(|word| plain(word) == given),
            one => plain(one) == given,
        };
    }
    let absent = words(row, "when-absent").iter().all(|option| !options.contains_key(option));
    let port = row.get("port-from").and_then(|from| from.get("option")).map(plain);
    let given = port.is_none_or(|option| options.contains_key(&option));
    let direct = row.get("direct-only").and_then(Value::as_bool).unwrap_or(false);
    holds && absent && given && !(direct && with_via)
}

/// The services that a row opens at `to`.
fn services(row: &Value, flow: &Value, to: &Role, options: &Options) -> BTreeSet<(Protocol, u16, u16)> {
    let transport = text(flow, "transport");
    let protocol = match transport.as_str() {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "icmp" => Protocol::Icmp,
        _ => Protocol::Icmp6,
    };
    if transport.starts_with("icmp") {
        let echo = if protocol == Protocol::Icmp { 8 } else { 128 };
        let kind = match words(flow, "icmp-type").first().map(String::as_str) {
            Some("echo-request") => Some(echo),
            Some(number) => Some(number.parse::<u16>().unwrap()),
            None => None,
        };
        return kind.map_or([(protocol, 0, u16::MAX)].into(), |kind| {
            [(protocol, kind << 8, kind << 8 | 0xff)].into()
        });
    }
    if let Some(from) = row.get("port-from") {
        let given = from.get("option").and_then(|option| options.get(&plain(option))?.parse().ok());
        let port = given.or(to.port).unwrap_or_else(|| panic!("`{}` states no port", to.name));
        return [(protocol, port, port)].into();
    }
    let own = words(row, "ports");
    let ports = if own.is_empty() { words(flow, "ports") } else { own };
    let range = |port: &String| {
        let (low, high) = port.split_once('-').unwrap_or((port, port));
        (protocol, low.parse().unwrap(), high.parse().unwrap())
    };
    ports.iter().map(range).collect()
}

/// What the YAML says of a line with these roles and options, in a release.
pub(crate) fn expected(
    yaml: &Yaml,
    intent: &Value,
    roles: &[Role],
    options: &Options,
    release: &str,
) -> Passing {
    let with_via = roles.iter().any(|role| role.side == "via");
    let mut passing = Passing::new();
    for row in intent.get("flows").and_then(Value::as_sequence).unwrap() {
        let flow = &yaml.flows[&text(row, "flow")];
        if !applies(row, intent, options, with_via) || !yaml.is_in(flow, release) {
            continue;
        }
        let end = |side: &str, kinds: &str, own: &str| -> Vec<&Role> {
            let written = words(row, kinds);
            let kinds = yaml.expand(&if written.is_empty() { vec![text(flow, own)] } else { written });
            let side = text(row, side);
            roles.iter().filter(|role| role.side == side && kinds.contains(&role.kind)).collect()
        };
        let (only, never) = (words(row, "to-service"), words(row, "to-service-except"));
        let fits = |role: &&Role| {
            let service = role.service.clone().unwrap_or_default();
            (only.is_empty() || only.contains(&service)) && !never.contains(&service)
        };
        let both = flow.get("direction").is_some_and(|direction| plain(direction) == "both");
        for from in end("from", "from-kinds", "from") {
            for to in end("to", "to-kinds", "to").into_iter().filter(fits) {
                let mut add = |one: &Role, other: &Role| {
                    let pair = (one.name.clone(), other.name.clone());
                    passing.entry(pair).or_default().extend(services(row, flow, to, options));
                };
                add(from, to);
                if both {
                    add(to, from);
                }
            }
        }
    }
    passing
}
