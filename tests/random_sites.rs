//! Random sites: whatever compiles permits what its text says and the listed widenings; whatever does not is refused
//! with a code of the language or of a platform's limits, never with a loss or an internal error.
//!
//! `SEGC_SITES` and `SEGC_PACKETS` ask for longer runs.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use segc::diagnostic::{Diagnostic, Severity};
use segc::driver::Compiled;
use segc::policy::Policy;
use segc::policy::flow_set::FlowSet;
use segc::policy::universe::AtomId;
use segc::target::Lock;

use crate::packets::packets_or;
use crate::pipeline::{compile_text, compile_whole};
use crate::support::artifacts::Output;
use crate::support::catalogue::{self, Yaml};
use crate::support::intent::Site;
use crate::support::packets::{self, Draw};

const SITES: u32 = 48;
const PACKETS: usize = 2_000;

/// The day of every site; exceptions lie around it.
pub(crate) const DAY: &str = "2026-02-01";

const PLATFORMS: [&str; 4] = ["aws", "azure", "nutanix", "firewall"];

const KINDS: [&str; 8] =
    ["connector", "vda", "client", "admin", "storefront", "file-server", "domain-controller", "sql-server"];

/// Ranges of outside roles, of which many lie in each other or hold those of segments.
const OUTSIDE: [&str; 18] = [
    "10.50.0.0/16",
    "10.50.0.0/17",
    "10.50.1.0/24",
    "10.50.1.128/25",
    "10.50.1.255/32, 10.50.2.0/32",
    "192.168.1.10/32",
    "203.0.113.0/28",
    "203.0.113.16/28",
    "0.0.0.0/1",
    "10.0.0.0/8",
    "10.1.0.0/24",
    "10.2.1.0/28",
    "fd50::/32",
    "fd50:0:1::/48",
    "2001:db8:50::/48, 10.50.3.0/24",
    "2001:db8::/32",
    "10.50.4.0/24, fd50:0:2::/64",
    "223.255.255.255/32",
];

const SERVICES: [&str; 18] = [
    "tcp/443",
    "tcp/442-444",
    "tcp/1-65535",
    "tcp/80, tcp/81, tcp/83",
    "tcp/65535",
    "tcp/1",
    "udp/53, tcp/53",
    "udp/1024-65535",
    "udp/6910-6930",
    "tcp/100-200, tcp/150-300, udp/1-2",
    "web",
    "web, tcp/8443",
    "icmp",
    "icmp/8",
    "icmp/3/4",
    "icmp/0, icmp/8/0, icmp/255/255",
    "icmpv6",
    "icmpv6/128, tcp/22",
];

/// Intents with the kinds that stand left and right.
const INTENTS: [(&str, &str, &str); 8] = [
    ("vda-registration", "vda", "connector"),
    ("hdx-session", "client", "vda"),
    ("broker-peers", "connector", "connector"),
    ("store-enumeration", "storefront", "connector"),
    ("domain-member", "vda", "domain-controller"),
    ("profile-share", "vda", "file-server"),
    ("store-access", "client", "storefront"),
    ("admin-console", "admin", "connector"),
];

/// What is drawn for each statement: numbers that are read as choices, so that a failing site shrinks.
pub(crate) type Choice = [u8; 6];

#[derive(Debug, Clone)]
pub(crate) struct Plan {
    platforms: Vec<Choice>,
    segments: Vec<Choice>,
    pub(crate) roles: Vec<Choice>,
    pub(crate) lines: Vec<Choice>,
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    let many = |least, most| prop::collection::vec(any::<Choice>(), least..=most);
    (many(1, 4), many(1, 5), many(2, 9), many(1, 9)).prop_map(|(platforms, segments, roles, lines)| Plan {
        platforms,
        segments,
        roles,
        lines,
    })
}

fn pick<T>(list: &[T], choice: u8) -> &T {
    &list[usize::from(choice) % list.len()]
}

/// A role that lines can name.
struct Named {
    name: String,
    kind: &'static str,
}

/// The statements of a site, one a line.
pub(crate) fn render(plan: &Plan) -> Vec<String> {
    let mut lines =
        vec![format!("site \"random\" {{ effective = {DAY} }}"), "service web = tcp/80, tcp/443".to_owned()];
    let platforms: Vec<&str> = plan.platforms.iter().map(|choice| *pick(&PLATFORMS, choice[0])).collect();
    for (at, (kind, choice)) in platforms.iter().zip(&plan.platforms).enumerate() {
        let citrix = if at > 0 && choice[1] < 30 { "managed-by = citrix " } else { "" };
        let category = if *kind == "nutanix" { "category = \"AppType:Citrix\" " } else { "" };
        lines.push(format!("platform {kind} p{at} {{ {category}{citrix}}}"));
    }
    let mut segments = Vec::new();
    for (at, choice) in plan.segments.iter().enumerate() {
        let platform = usize::from(choice[0]) % platforms.len();
        // Now and then two platforms use one range.
        let second = if choice[1] < 20 { 77 } else { platform + 1 };
        let v6 = if choice[2] < 70 { format!(", fd00:{second}:{at}::/64") } else { String::new() };
        lines.push(format!("segment s{at} on p{platform} {{ cidr = 10.{second}.{at}.0/24{v6} }}"));
        segments.push((second, at, !v6.is_empty()));
    }
    let mut roles = Vec::new();
    let mut shared: BTreeMap<usize, String> = BTreeMap::new();
    for (at, choice) in plan.roles.iter().enumerate() {
        let (line, kind) = role(at, choice, &segments, &platforms, &mut shared);
        lines.push(line);
        roles.push(Named { name: format!("r{at}"), kind });
    }
    for (at, choice) in plan.lines.iter().enumerate() {
        lines.extend(statement(at, choice, &roles));
    }
    lines
}

fn role(
    at: usize,
    choice: &Choice,
    segments: &[(usize, usize, bool)],
    platforms: &[&str],
    shared: &mut BTreeMap<usize, String>,
) -> (String, &'static str) {
    let kind = *pick(&KINDS, choice[1]);
    match choice[0] {
        // On a segment: all of it, a part of it, or in another role's group.
        0..150 => {
            let place = usize::from(choice[2]) % segments.len();
            let (second, third, has_v6) = segments[place];
            let part = usize::from(choice[3] % 16) * 16;
            let v6 = if has_v6 && choice[5] < 128 {
                format!(", fd00:{second}:{third}::{part:x}/124")
            } else {
                String::new()
            };
            let cidr = if choice[3] < 160 {
                format!("cidr = 10.{second}.{third}.{part}/28{v6} ")
            } else {
                String::new()
            };
            let group = shared.get(&place).filter(|_| choice[4] < 50);
            let group = group.map_or(String::new(), |other| format!("same-group-as = {other} "));
            if group.is_empty() {
                shared.entry(place).or_insert_with(|| format!("r{at}"));
            }
            (format!("role r{at} : {kind} on s{place} {{ {cidr}{group}}}"), kind)
        }
        // On a platform, at addresses of its own or none.
        150..175 => {
            let place = usize::from(choice[2]) % platforms.len();
            let cidr = if choice[3] < 200 {
                format!("cidr = 10.{}.{}.0/24 ", place + 1, 100 + at)
            } else {
                String::new()
            };
            (format!("role r{at} : {kind} on p{place} {{ {cidr}}}"), kind)
        }
        175..182 => (format!("role r{at} : internet {{ }}"), "internet"),
        182..188 => {
            // A name that the first platform knows.
            let (kind, name) = match platforms[0] {
                "azure" => ("azure-service", "tag = AzureResourceManager"),
                "aws" => ("gateway-endpoint", "service = s3 prefix-list = \"com.amazonaws.eu-west-1.s3\""),
                _ => ("citrix-cloud", "fqdn = \"a.example.com\""),
            };
            (format!("role r{at} : {kind} {{ {name} }}"), kind)
        }
        _ => (format!("role r{at} : {kind} {{ cidr = {} }}", pick(&OUTSIDE, choice[2])), kind),
    }
}

fn statement(at: usize, choice: &Choice, roles: &[Named]) -> Option<String> {
    let side = |first: u8, more: u8| {
        let mut names = BTreeSet::from([pick(roles, first).name.as_str()]);
        if more.is_multiple_of(3) {
            names.insert(&pick(roles, more / 3).name);
        }
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let (from, to) = (side(choice[1], choice[2]), side(choice[3], choice[4]));
    // Mostly services that every platform can say.
    let services =
        if choice[5] < 200 { pick(&SERVICES[..12], choice[5]) } else { pick(&SERVICES, choice[5]) };
    let arrow = if choice[5] % 8 == 7 { "<->" } else { "->" };
    let allow = format!("{from} {arrow} {to} : {services}");
    match choice[0] {
        0..130 => Some(format!("allow l{at}: {allow} because \"random\"")),
        130..150 => {
            let (starts, expires) =
                if choice[2] < 128 { ("2026-01-31", "2026-02-02") } else { ("2026-02-02", "2026-03-01") };
            Some(format!(
                "exception E{at} {{ allow {allow} because \"random\" ticket = \"T-{at}\" owner = \"o\" starts = {starts} expires = {expires} }}"
            ))
        }
        150..165 => {
            let by = *pick(&["network", "citrix", "config"], choice[2]);
            let from = &pick(roles, choice[1]).name;
            let to = &pick(roles, choice[3]).name;
            Some(format!("forbid f{at}: {from} -> {to} : tcp/3389 because \"random\" enforced-by {by}"))
        }
        _ => {
            let of = |kind: &str| {
                let names: Vec<&str> =
                    roles.iter().filter(|role| role.kind == kind).map(|role| role.name.as_str()).collect();
                (!names.is_empty()).then(|| names.join(", "))
            };
            let fitting =
                INTENTS.iter().filter_map(|(name, left, right)| Some((name, of(left)?, of(right)?)));
            let fitting: Vec<_> = fitting.collect();
            let (name, left, right) = fitting.get(usize::from(choice[1]) % fitting.len().max(1))?;
            Some(format!("intent {name} {left} -> {right}"))
        }
    }
}

/// What came of all sites.
#[derive(Default)]
struct Count {
    sites: usize,
    compiled: usize,
    asked: usize,
    meant: usize,
    widened: usize,
    refusals: BTreeMap<String, usize>,
}

fn fail(text: &str, what: &str) -> TestCaseError {
    TestCaseError::fail(format!("{what}\n--- the site:\n{text}---"))
}

/// A refusal is one that a user can do something about.
fn refused(text: &str, reports: &[Diagnostic], count: &mut Count) -> Result<(), TestCaseError> {
    let errors: BTreeSet<String> = reports
        .iter()
        .filter(|report| report.severity == Severity::Error)
        .map(|report| report.code.to_string())
        .collect();
    let may_be = [
        "SEG2110", "SEG2117", "SEG5001", "SEG6003", "SEG6004", "SEG6005", "SEG6006", "SEG6007", "SEG6008",
        "SEG6009", "SEG6011",
    ];
    let unexpected = errors.iter().any(|code| !may_be.iter().any(|known| code.starts_with(known)));
    if errors.is_empty() || unexpected {
        let said: String = reports.iter().fold(String::new(), |mut said, report| {
            writeln!(said, "{}: {}", report.code, report.message).unwrap();
            said
        });
        return Err(fail(text, &format!("is refused without a good reason:\n{said}")));
    }
    for code in errors {
        *count.refusals.entry(code).or_default() += 1;
    }
    Ok(())
}

/// What the artefacts permit beyond the intent is the sum of the listed widenings, point for point.
fn proof_is_exact(text: &str, policy: &Policy, compiled: &Compiled) -> Result<(), TestCaseError> {
    let universe = policy.universe();
    let (mut lost, mut listed) = (compiled.proof.deployed.losses(policy), FlowSet::empty());
    for widening in compiled.proof.widenings.iter().filter(|widening| widening.spelling.is_none()) {
        let points = |role, part: &Option<segc::policy::address::AddressSet>| -> Vec<AtomId> {
            let inside = |id: &AtomId| {
                let addresses = &universe.get(*id).unwrap().addresses;
                part.as_ref().is_none_or(|part| !addresses.is_empty() && part.contains_all(addresses))
            };
            universe.of_role(role).iter().copied().filter(inside).collect()
        };
        let (from, to) = (points(widening.from, &widening.from_part), points(widening.to, &widening.to_part));
        listed.insert_product(universe, &from, &to, &widening.services);
    }
    if let Some(loss) = lost.pop() {
        return Err(fail(text, &format!("loses {loss:?}")));
    }
    let known = compiled.proof.deployed.widenings(policy);
    let (missing, extra) = (known.difference(&listed), listed.difference(&known));
    if !missing.is_empty() || !extra.is_empty() {
        let show = |set: &FlowSet| {
            let name = |id| {
                let atom = universe.get(id).unwrap();
                let role = atom.role.map_or("outside", |role| policy.name(role));
                format!("{role} at {}", atom.addresses)
            };
            let rows = set
                .iter()
                .take(3)
                .map(|(from, to, services)| format!("{} -> {}: {services}", name(from), name(to)));
            rows.collect::<Vec<_>>().join("; ")
        };
        let what = format!("widenings not listed: [{}]; listed but none: [{}]", show(&missing), show(&extra));
        return Err(fail(text, &what));
    }
    Ok(())
}

/// Every file but the manifest, which holds the digest and the lines of the source.
fn artefacts(compiled: &Compiled) -> BTreeMap<&str, &[u8]> {
    compiled.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice())).collect()
}

fn check(plan: &Plan, yaml: &Yaml, packets: usize, count: &mut Count) -> Result<(), TestCaseError> {
    let mut lines = render(plan);
    let text = lines.join("\n") + "\n";
    count.sites += 1;
    let (compiled, reports) = compile_whole(&text, &Lock::new(), None);
    let Some((policy, compiled)) = compiled else {
        return refused(&text, &reports, count);
    };
    count.compiled += 1;
    proof_is_exact(&text, &policy, &compiled)?;

    let (again, _) = compile_text(&text, &Lock::new(), None);
    let same = again.is_some_and(|again| {
        let bytes = |compiled: &Compiled| -> Vec<(String, Vec<u8>)> {
            let files = compiled.files.iter().cloned().chain([compiled.manifest_file()]);
            files.map(|file| (file.path, file.bytes)).collect()
        };
        bytes(&again) == bytes(&compiled)
    });
    if !same {
        return Err(fail(&text, "a second run gives other bytes"));
    }
    let mut draw = Draw::new(text.len() as u64);
    for at in (1..lines.len()).rev() {
        lines.swap(at, draw.below(at + 1));
    }
    let shuffled = lines.join("\n") + "\n";
    let (other, _) = compile_text(&shuffled, &Lock::new(), None);
    if other.is_none_or(|other| artefacts(&other) != artefacts(&compiled)) {
        return Err(fail(&text, &format!("another order gives other bytes:\n{shuffled}")));
    }

    let manifest = compiled.manifest_file();
    let files = compiled.files.iter().chain([&manifest]);
    let files: Vec<(&str, &[u8])> = files.map(|file| (file.path.as_str(), file.bytes.as_slice())).collect();
    let output = Output::of_files(&files, &text).map_err(|error| fail(&text, &error))?;
    if !output.faults.is_empty() || !output.manifest.faults.is_empty() {
        return Err(fail(&text, &format!("{:?} {:?}", output.faults, output.manifest.faults)));
    }
    let tally = packets::attack(&Site::read(&text, DAY, yaml), &output, packets, text.len() as u64);
    count.asked += tally.asked;
    count.meant += tally.meant;
    count.widened += tally.widened;
    if tally.faults.is_empty() { Ok(()) } else { Err(TestCaseError::fail(tally.report(&text))) }
}

#[test]
fn every_site_permits_what_it_says_or_is_refused_for_a_reason() {
    let sites = env::var("SEGC_SITES").map_or(SITES, |text| text.parse().expect("SEGC_SITES is a number"));
    let packets = packets_or(PACKETS);
    let yaml = catalogue::read_yaml();
    let config =
        Config { cases: sites, failure_persistence: None, max_shrink_iters: 1_000, ..Config::default() };
    // The ordinary run draws the same sites each time; longer ones draw their own.
    let mut runner = if sites == SITES {
        TestRunner::new_with_rng(
            config,
            proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
        )
    } else {
        TestRunner::new(config)
    };
    let count = std::cell::RefCell::new(Count::default());
    let result = runner.run(&plans(), |plan| check(&plan, &yaml, packets, &mut count.borrow_mut()));
    let count = count.into_inner();
    eprintln!(
        "{} of {} sites compile; {} packets asked, {} meant, {} widened; refusals: {:?}",
        count.compiled, count.sites, count.asked, count.meant, count.widened, count.refusals
    );
    if let Err(error) = result {
        panic!("{error}");
    }
    assert!(count.compiled * 2 >= count.sites, "too few sites compile");
    assert!(count.meant > 0 && count.widened > 0, "the packets say nothing");
}
