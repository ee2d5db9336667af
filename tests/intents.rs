//! Every intent of the catalogue on every target: a small site for each way to write the intent is compiled, its
//! artefacts are read back, and what they permit is what the catalogue's YAML says, packet for packet.
//!
//! Invariant: what is expected comes of the YAML files alone; nothing of the library reads or expands them here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use segc::check::Strictness;
use segc::diagnostic::Sink;
use segc::driver::{
    CompileOptions, ReadFailure, Selection, SourceReader, SourceText, check_model, compile, load,
    resolve_site,
};
use segc::target::Lock;
use serde_yaml::Value;

use crate::support::artifacts::{File, Output, read_file};
use crate::support::judge::Verdict;
use crate::support::service::{Protocol, Service};
use crate::support::{json, manifest};

/// The platforms of the registered targets that enforce something.
const PLATFORMS: [&str; 4] = ["aws", "azure", "nutanix", "firewall"];

/// A port for options and roles that want one.
const A_PORT: u16 = 12345;

/// The newest release: what the sites pin none for.
const NEWEST: &str = "2026.11";

/// The catalogue as its files have it.
struct Yaml {
    releases: Vec<String>,
    kinds: BTreeMap<String, Value>,
    flows: BTreeMap<String, Value>,
    intents: Vec<Value>,
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

fn read_yaml() -> Yaml {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/data");
    let (mut releases, mut kinds) = (Vec::new(), BTreeMap::new());
    let (mut flows, mut intents) = (BTreeMap::new(), Vec::new());
    for path in yaml_files(&folder) {
        let file: Value = serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let list = |key: &str| file.get(key).and_then(Value::as_sequence).cloned().unwrap_or_default();
        releases.extend(list("releases").iter().map(|release| text(release, "release")));
        kinds.extend(list("kinds").into_iter().map(|kind| (text(&kind, "kind"), kind)));
        flows.extend(list("flows").into_iter().map(|flow| (text(&flow, "id"), flow)));
        intents.extend(list("intents"));
    }
    Yaml { releases, kinds, flows, intents }
}

fn text(value: &Value, key: &str) -> String {
    let found = value.get(key).unwrap_or_else(|| panic!("no `{key}` in {value:?}"));
    plain(found)
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => panic!("no word: {other:?}"),
    }
}

fn words(value: &Value, key: &str) -> Vec<String> {
    match value.get(key) {
        Some(Value::Sequence(list)) => list.iter().map(plain).collect(),
        Some(one) => vec![plain(one)],
        None => Vec::new(),
    }
}

impl Yaml {
    /// Kinds by name, a kind that stands for others replaced by these.
    fn expand(&self, names: &[String]) -> Vec<String> {
        let members = |name: &String| {
            let members = self.kinds.get(name).map(|kind| words(kind, "members")).unwrap_or_default();
            if members.is_empty() { vec![name.clone()] } else { members }
        };
        names.iter().flat_map(members).collect()
    }

    fn has(&self, kind: &str, attribute: &str) -> bool {
        self.kinds.get(kind).is_some_and(|kind| words(kind, "attributes").iter().any(|own| own == attribute))
    }

    fn is_in(&self, flow: &Value, release: &str) -> bool {
        let at = |label: &str| self.releases.iter().position(|own| own == label).unwrap();
        let now = at(release);
        let begun = flow.get("since").is_none_or(|since| at(&plain(since)) <= now);
        begun && flow.get("until").is_none_or(|until| at(&plain(until)) >= now)
    }
}

/// One way to write the options: name and value.
type Options = BTreeMap<String, String>;

/// A role of a site under test: its side, kind, and service where its kind has one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Role {
    name: String,
    side: &'static str,
    kind: String,
    service: Option<String>,
}

/// What passes between two roles: protocol, first and last number.
type Passing = BTreeMap<(String, String), BTreeSet<(Protocol, u16, u16)>>;

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

/// The services that a row opens.
fn services(row: &Value, flow: &Value) -> BTreeSet<(Protocol, u16, u16)> {
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
    if row.get("port-from").is_some() {
        return [(protocol, A_PORT, A_PORT)].into();
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
fn expected(yaml: &Yaml, intent: &Value, roles: &[Role], options: &Options, release: &str) -> Passing {
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
                    passing.entry(pair).or_default().extend(services(row, flow));
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

/// The ways to write an intent's options that between them let every row apply.
fn ways(intent: &Value) -> Vec<Options> {
    let mut ways = BTreeSet::from([Options::new()]);
    for (name, option) in intent.get("options").and_then(Value::as_mapping).into_iter().flatten() {
        let values = words(option, "values");
        let singles: Vec<String> = if values.is_empty() { vec![A_PORT.to_string()] } else { values };
        ways.extend(singles.into_iter().map(|word| Options::from([(plain(name), word)])));
    }
    for row in intent.get("flows").and_then(Value::as_sequence).unwrap() {
        let mut way = Options::new();
        for (option, wanted) in row.get("when").and_then(Value::as_mapping).into_iter().flatten() {
            let word = wanted.as_sequence().and_then(|list| list.first()).unwrap_or(wanted);
            way.insert(plain(option), plain(word));
        }
        if let Some(option) = row.get("port-from").and_then(|from| from.get("option")) {
            way.insert(plain(option), A_PORT.to_string());
        }
        ways.insert(way);
    }
    ways.into_iter().collect()
}

/// The services that roles of a kind may have: those that rows ask for, and one that none asks for.
fn service_words(yaml: &Yaml, intent: &Value, kind: &str) -> Vec<Option<String>> {
    if !yaml.has(kind, "service") {
        return vec![None];
    }
    let rows = intent.get("flows").and_then(Value::as_sequence).unwrap();
    let mut asked: BTreeSet<String> = rows.iter().flat_map(|row| words(row, "to-service")).collect();
    asked.insert("logs".to_owned());
    asked.into_iter().map(Some).collect()
}

fn candidates(yaml: &Yaml, intent: &Value, side: &'static str) -> Vec<Role> {
    let mut roles = Vec::new();
    for kind in yaml.expand(&words(intent, side)) {
        for service in service_words(yaml, intent, &kind) {
            // `via` is a word of the language.
            let name = if side == "via" { "between" } else { side }.to_owned();
            roles.push(Role { name, side, kind: kind.clone(), service });
        }
    }
    roles
}

/// Small groups of roles for one way to write the line, in which every role takes part, and between them every role
/// of either side that takes part at all.
fn groups(yaml: &Yaml, intent: &Value, options: &Options, with_via: bool) -> Vec<Vec<Role>> {
    let (left, right) = (candidates(yaml, intent, "left"), candidates(yaml, intent, "right"));
    let via: Vec<Role> = if with_via { candidates(yaml, intent, "via") } else { Vec::new() };
    let mut found: BTreeSet<Vec<Role>> = BTreeSet::new();
    let mut seen: BTreeSet<&Role> = BTreeSet::new();
    for one in &left {
        for other in &right {
            if seen.contains(one) && seen.contains(other) {
                continue;
            }
            // Some rows lie between two parties of the right side.
            for third in std::iter::once(None).chain(right.iter().map(Some)) {
                let mut group = vec![one.clone(), other.clone()];
                group.extend(third.map(|role| Role { name: "right2".to_owned(), ..role.clone() }));
                group.extend(via.first().cloned());
                if group.iter().all(|role| is_busy(yaml, intent, &group, role, options)) {
                    seen.extend([one, other]);
                    found.insert(group);
                    break;
                }
            }
        }
    }
    found.into_iter().collect()
}

fn is_busy(yaml: &Yaml, intent: &Value, group: &[Role], role: &Role, options: &Options) -> bool {
    let passing = expected(yaml, intent, group, options, NEWEST);
    passing.keys().any(|(from, to)| *from == role.name || *to == role.name)
}

fn site(
    yaml: &Yaml,
    platform: &str,
    intent: &str,
    roles: &[Role],
    options: &Options,
    release: &str,
) -> String {
    let needs = if platform == "nutanix" { "category = \"AppType:Citrix\" " } else { "" };
    let mut text = format!(
        "site \"intents\" {{ effective = 2026-02-01  catalogue = \"{release}\" }}\nplatform {platform} here {{ {needs}}}\n"
    );
    for (at, role) in roles.iter().enumerate() {
        let mut attributes = String::new();
        if yaml.has(&role.kind, "port") {
            write!(attributes, "port = {A_PORT} ").unwrap();
        }
        if let Some(service) = &role.service {
            write!(attributes, "service = {service} ").unwrap();
        }
        writeln!(text, "segment s{at} on here {{ cidr = 10.0.{at}.0/24 }}").unwrap();
        writeln!(text, "role {} : {} on s{at} {{ {attributes}}}", role.name, role.kind).unwrap();
    }
    let side = |side: &str| {
        let names: Vec<&str> =
            roles.iter().filter(|role| role.side == side).map(|role| role.name.as_str()).collect();
        names.join(", ")
    };
    let via = if side("via").is_empty() { String::new() } else { format!(" via {}", side("via")) };
    let options: Vec<String> = options.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let block = if options.is_empty() { String::new() } else { format!(" {{ {} }}", options.join("  ")) };
    writeln!(text, "intent {intent} {} -> {}{via}{block}", side("left"), side("right")).unwrap();
    text
}

/// A folder without other files.
struct Alone;

impl SourceReader for Alone {
    fn read(&self, _: &str) -> Result<SourceText, ReadFailure> {
        Err(ReadFailure::Unreadable("there is no such file".to_owned()))
    }
}

/// Compiles a site and reads its artefacts back; the reports where it can't be compiled.
fn compile_text(text: &str) -> Result<Output, String> {
    let source = SourceText { name: "site.seg".to_owned(), text: text.to_owned() };
    let mut site = load("site.seg", source, &Alone);
    let mut sink = Sink::new();
    let options =
        CompileOptions { selection: Selection::default(), lock: Lock::new(), side_files: BTreeMap::new() };
    let model = resolve_site(&mut site);
    let policy = model.and_then(|model| check_model(&model, None, Strictness::Compile, &mut sink));
    let compiled = policy.and_then(|policy| compile(&policy, &site, &options, &mut sink));
    let Some(compiled) = compiled else {
        let reports = site.sink.into_sorted().into_iter().chain(sink.into_sorted());
        return Err(reports.map(|report| format!("{}: {}\n", report.code, report.message)).collect());
    };
    let (mut files, mut whole) = (Vec::<File>::new(), None);
    for file in compiled.files {
        if file.path == "manifest.json" {
            let text = String::from_utf8(file.bytes).unwrap();
            whole = Some(manifest::read(&json::parse(&text)?));
        } else {
            files.push(read_file(&file.path, "here", file.bytes)?);
        }
    }
    let output = Output::new(whole.ok_or("no manifest")?, files);
    if output.faults.is_empty() { Ok(output) } else { Err(output.faults.join("\n")) }
}

/// The number space of a protocol cut at every edge of what is expected, each piece with what is expected of it.
fn pieces(wanted: &BTreeSet<(Protocol, u16, u16)>) -> Vec<(Service, bool)> {
    let mut pieces = Vec::new();
    for protocol in [Protocol::Tcp, Protocol::Udp, Protocol::Icmp] {
        let own: Vec<(u16, u16)> =
            wanted.iter().filter(|(own, ..)| *own == protocol).map(|(_, low, high)| (*low, *high)).collect();
        let mut cuts: BTreeSet<u32> = BTreeSet::from([0, 1 << 16]);
        for (low, high) in &own {
            cuts.extend([u32::from(*low), u32::from(*high) + 1]);
        }
        let cuts: Vec<u32> = cuts.into_iter().collect();
        for pair in cuts.windows(2) {
            let (first, last) = (u16::try_from(pair[0]).unwrap(), u16::try_from(pair[1] - 1).unwrap());
            let open = own.iter().any(|(low, high)| *low <= first && last <= *high);
            pieces.push((Service { protocol: Some(protocol), first, last }, open));
        }
    }
    pieces
}

/// Where what the artefacts permit differs from what is expected, for every pair of roles.
fn differences(output: &Output, roles: &[Role], passing: &Passing) -> Vec<String> {
    let mut found = Vec::new();
    let none = BTreeSet::new();
    for from in roles {
        for to in roles {
            let wanted = passing.get(&(from.name.clone(), to.name.clone())).unwrap_or(&none);
            for (service, open) in pieces(wanted) {
                let answer = output.ask(&from.name, &to.name, service).unwrap();
                let verdict = if open { Verdict::Allow } else { Verdict::Deny };
                if answer.is_unenforced() || answer.together() != verdict {
                    found.push(format!("{} -> {} {service:?}: {:?}", from.name, to.name, answer.ends));
                }
            }
        }
    }
    found
}

fn has_some_icmp(passing: &Passing) -> bool {
    let all: BTreeSet<&(Protocol, u16, u16)> = passing.values().flatten().collect();
    all.into_iter()
        .any(|(protocol, first, last)| *protocol == Protocol::Icmp && (*first, *last) != (0, u16::MAX))
}

/// Compiles a line on a platform and compares; `None` when both agree.
fn fault(
    yaml: &Yaml,
    platform: &str,
    intent: &Value,
    roles: &[Role],
    options: &Options,
    release: &str,
) -> Option<String> {
    let text = site(yaml, platform, &text(intent, "intent"), roles, options, release);
    let passing = expected(yaml, intent, roles, options, release);
    let differences = match compile_text(&text) {
        // Azure's rules know no message types: a line with some of ICMP is refused, and not made wider.
        Err(reports) if platform == "azure" && has_some_icmp(&passing) && reports.contains("SEG6011") => {
            Vec::new()
        }
        Ok(output) => differences(&output, roles, &passing),
        Err(reports) => vec![reports],
    };
    (!differences.is_empty()).then(|| format!("{text}{}\n", differences.join("\n")))
}

fn check_platform(platform: &str) {
    let yaml = read_yaml();
    let (mut tried, mut faults) = (0, Vec::new());
    let mut used: BTreeSet<String> = BTreeSet::new();
    for intent in &yaml.intents {
        let has_via = !words(intent, "via").is_empty();
        for options in ways(intent) {
            for with_via in [false, true].into_iter().filter(|with_via| has_via || !with_via) {
                for group in groups(&yaml, intent, &options, with_via) {
                    tried += 1;
                    used.insert(text(intent, "intent"));
                    faults.extend(fault(&yaml, platform, intent, &group, &options, NEWEST));
                }
            }
        }
    }
    let idle: Vec<String> = yaml
        .intents
        .iter()
        .map(|intent| text(intent, "intent"))
        .filter(|name| !used.contains(name))
        .collect();
    assert_eq!(idle, Vec::<String>::new(), "intents that no site uses");
    assert!(tried > 4 * yaml.intents.len(), "{tried} sites");
    let shown = faults.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} of {tried} sites on {platform} are wrong:\n{shown}", faults.len());
}

#[test]
fn every_intent_means_its_flows_on_aws() {
    check_platform(PLATFORMS[0]);
}

#[test]
fn every_intent_means_its_flows_on_azure() {
    check_platform(PLATFORMS[1]);
}

#[test]
fn every_intent_means_its_flows_on_nutanix() {
    check_platform(PLATFORMS[2]);
}

#[test]
fn every_intent_means_its_flows_on_a_firewall() {
    check_platform(PLATFORMS[3]);
}

#[test]
fn a_pinned_release_means_what_that_release_said() {
    let yaml = read_yaml();
    let (mut tried, mut faults, mut refused) = (0, Vec::new(), 0);
    for intent in &yaml.intents {
        for group in groups(&yaml, intent, &Options::new(), false) {
            let now = expected(&yaml, intent, &group, &Options::new(), NEWEST);
            for release in yaml.releases.iter().filter(|release| *release != NEWEST) {
                let then = expected(&yaml, intent, &group, &Options::new(), release);
                if then == now {
                    continue;
                }
                tried += 1;
                let busy = |role: &Role| then.keys().any(|(from, to)| *from == role.name || *to == role.name);
                if group.iter().all(busy) {
                    faults.extend(fault(&yaml, PLATFORMS[1], intent, &group, &Options::new(), release));
                    continue;
                }
                // A line of which the release has nothing for some role is refused, and says so.
                refused += 1;
                let text =
                    site(&yaml, PLATFORMS[1], &text(intent, "intent"), &group, &Options::new(), release);
                let said = compile_text(&text).err().unwrap_or_default();
                if !said.contains("SEG2127") {
                    faults.push(format!("{text}is not refused for its release: {said}"));
                }
            }
        }
    }
    assert!(tried > 50 && refused > 10 && refused < tried, "{tried} tried, {refused} refused");
    let shown = faults.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} of {tried} sites are wrong:\n{shown}", faults.len());
}
