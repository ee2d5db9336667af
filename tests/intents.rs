//! Every intent of the catalogue on every target: a small site for each way to write the intent is compiled, its
//! artefacts are read back, and what they permit is what the catalogue's YAML says, packet for packet.
//!
//! Invariant: what is expected comes of the YAML files alone; nothing of the library reads or expands them here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use segc::check::Strictness;
use segc::diagnostic::Sink;
use segc::driver::{
    CompileOptions, ReadFailure, Selection, SourceReader, SourceText, check_model, compile, load,
    resolve_site,
};
use segc::target::Lock;
use serde_yaml::Value;

use crate::support::artifacts::{Output, read_file};
use crate::support::catalogue::{Options, Passing, Role, Yaml, expected, plain, read_yaml, text, words};
use crate::support::judge::Verdict;
use crate::support::service::{Protocol, Service};
use crate::support::{json, manifest};

/// The platforms of the registered targets that enforce something.
const PLATFORMS: [&str; 4] = ["aws", "azure", "nutanix", "firewall"];

/// A port for options and roles that want one.
const A_PORT: u16 = 12345;

/// The newest release: what the sites pin none for.
const NEWEST: &str = "2026.11";

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
            let port = yaml.has(&kind, "port").then_some(A_PORT);
            roles.push(Role { name, side, kind: kind.clone(), service, port });
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

fn site(platform: &str, intent: &str, roles: &[Role], options: &Options, release: &str) -> String {
    let needs = if platform == "nutanix" { "category = \"AppType:Citrix\" " } else { "" };
    let mut text = format!(
        "site \"intents\" {{ effective = 2026-02-01  catalogue = \"{release}\" }}\nplatform {platform} here {{ {needs}}}\n"
    );
    for (at, role) in roles.iter().enumerate() {
        let mut attributes = String::new();
        if let Some(port) = role.port {
            write!(attributes, "port = {port} ").unwrap();
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
    let text = String::from_utf8(compiled.manifest_file().bytes).unwrap();
    let whole = manifest::read(&json::parse(&text)?);
    let files = compiled.files.into_iter().map(|file| read_file(&file.path, "here", file.bytes));
    let output = Output::new(whole, files.collect::<Result<_, _>>()?);
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
    let text = site(platform, &text(intent, "intent"), roles, options, release);
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
                let text = site(PLATFORMS[1], &text(intent, "intent"), &group, &Options::new(), release);
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
