//! What a site's text means for one packet: `.seg` text and a day in, whether the packet may start a connection out.
//!
//! A second, small reading of the language: flows are role, role and services, of allows, exceptions in force and the
//! catalogue's intents. A packet is meant when its two ends are members of the roles of some flow.
//! Invariant: nothing of the library is used, neither its parser nor its expansion nor its sets.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{Address, Span};
use super::catalogue::{self, Options, Yaml};
use super::judge::Packet;
use super::service::Service;
use super::site::{block, tokens};

/// The release that a site without a pin is read with.
const NEWEST: &str = "2026.11";

const STATEMENTS: [&str; 13] = [
    "site",
    "platform",
    "segment",
    "role",
    "service",
    "intent",
    "allow",
    "forbid",
    "exception",
    "expect",
    "need",
    "rollout",
    "include",
];

/// A role as the text declares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Party {
    pub(crate) name: String,
    pub(crate) kind: String,
    /// None outside of every platform.
    pub(crate) platform: Option<String>,
    pub(crate) spans: Vec<Span>,
    /// Whether Citrix keeps its rules.
    pub(crate) by_citrix: bool,
    service: Option<String>,
    port: Option<u16>,
}

/// Who stands at one end of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who<'a> {
    /// A member of a role that is told apart by more than addresses: on a platform, or known by a name only.
    Member(&'a Party, Option<Address>),
    /// Somebody outside of every platform.
    At(Address),
}

impl PartialEq for Party {
    fn eq(&self, other: &Party) -> bool {
        self.name == other.name
    }
}

impl Eq for Party {}

/// Who may start to whom on what.
#[derive(Debug, Clone)]
pub(crate) struct Meant {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) services: Vec<Service>,
    /// The statement, for messages.
    line: String,
}

/// A site on one day.
#[derive(Debug, Default)]
pub(crate) struct Site {
    pub(crate) parties: BTreeMap<String, Party>,
    pub(crate) segments: Vec<Span>,
    pub(crate) flows: Vec<Meant>,
}

/// The tokens of each statement.
fn statements(tokens: &[String]) -> Vec<&[String]> {
    let (mut starts, mut depth, mut before) = (Vec::new(), 0, "");
    for (at, token) in tokens.iter().enumerate() {
        match token.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            word if depth == 0 && STATEMENTS.contains(&word) && before != "expect" && before != "because" => {
                starts.push(at);
            }
            _ => {}
        }
        before = token;
    }
    starts.push(tokens.len());
    starts.windows(2).map(|ends| &tokens[ends[0]..ends[1]]).collect()
}

/// Everything up to one of the words that end a list, without commas.
fn list<'a>(tokens: &'a [String], ends: &[&str]) -> Vec<&'a str> {
    let inside = tokens.iter().map(String::as_str).take_while(|token| !ends.contains(token));
    inside.filter(|token| *token != ",").collect()
}

/// What the lines of a statement that begins with `word` say: names, arrow, names and ports behind the label.
fn flow(tokens: &[String]) -> (Vec<&str>, bool, Vec<&str>, Vec<&str>) {
    let arrow = tokens.iter().position(|token| token == "->" || token == "<->").unwrap();
    let label = tokens.iter().take(arrow).position(|token| token == ":").map_or(0, |at| at + 1);
    let colon = arrow + tokens[arrow..].iter().position(|token| token == ":").unwrap();
    let ports =
        list(&tokens[colon + 1..], &["because", "allow", "pierces", "}", "ticket", "owner", "starts"]);
    let left = list(&tokens[label..arrow], &[]);
    (left, tokens[arrow] == "<->", list(&tokens[arrow + 1..colon], &[]), ports)
}

impl Site {
    /// Reads the text of a site and everything that it includes, for a day.
    pub(crate) fn read(text: &str, day: &str, yaml: &Yaml) -> Site {
        let tokens = tokens(text);
        let statements = statements(&tokens);
        let of = |word: &'static str| statements.iter().copied().filter(move |one| one[0] == word);
        let one_word = |tokens: &[String], key: &str| {
            block(tokens, 0).get(key).and_then(|values| values.first().cloned()).unwrap_or_default()
        };
        let citrix: BTreeSet<&str> = of("platform")
            .filter(|platform| one_word(platform, "managed-by") == "citrix")
            .map(|platform| platform[2].as_str())
            .collect();
        let mut segments: BTreeMap<&str, (&str, Vec<Span>)> = BTreeMap::new();
        for segment in of("segment") {
            segments.insert(&segment[1], (&segment[3], spans(segment)));
        }
        let mut site = Site {
            segments: segments.values().flat_map(|(_, spans)| spans.clone()).collect(),
            ..Site::default()
        };
        for role in of("role") {
            let place = (role.get(4).is_some_and(|word| word == "on")).then(|| role[5].as_str());
            let segment = place.and_then(|place| segments.get(place));
            let platform = segment.map(|(platform, _)| *platform).or(place);
            let own = spans(role);
            let spans = if own.is_empty() { segment.map_or(own, |(_, spans)| spans.clone()) } else { own };
            let by_citrix = one_word(role, "managed-by") == "citrix"
                || platform.is_some_and(|name| citrix.contains(name));
            let service = Some(one_word(role, "service")).filter(|service| !service.is_empty());
            let (name, kind) = (role[1].clone(), role[3].clone());
            let port = one_word(role, "port").parse().ok();
            let platform = platform.map(str::to_owned);
            site.parties
                .insert(name.clone(), Party { name, kind, platform, spans, by_citrix, service, port });
        }
        let services: BTreeMap<&str, Vec<&str>> =
            of("service").map(|service| (service[1].as_str(), list(&service[3..], &[]))).collect();
        for allow in of("allow") {
            site.add_allow(&allow[1..], &services);
        }
        for exception in of("exception") {
            let date = |key: &str| one_word(&exception[1..], key);
            if date("starts").as_str() <= day && day < date("expires").as_str() {
                let allows = exception.iter().enumerate().filter(|(_, token)| *token == "allow");
                allows.for_each(|(at, _)| site.add_allow(&exception[at + 1..], &services));
            }
        }
        let pinned = of("site").map(|site| one_word(site, "catalogue")).find(|pin| !pin.is_empty());
        for intent in of("intent") {
            site.add_intent(intent, yaml, pinned.as_deref().unwrap_or(NEWEST));
        }
        site
    }

    fn add_allow(&mut self, tokens: &[String], named: &BTreeMap<&str, Vec<&str>>) {
        let (left, both, right, ports) = flow(tokens);
        let mut services = Vec::new();
        let mut waiting = ports;
        while let Some(word) = waiting.pop() {
            match named.get(word) {
                Some(words) => waiting.extend(words),
                None => services.push(Service::parse(word).unwrap_or_else(|| panic!("no service: {word}"))),
            }
        }
        let line = tokens.iter().take(12).cloned().collect::<Vec<_>>().join(" ");
        for from in &left {
            for to in &right {
                for (from, to) in [(from, to), (to, from)].into_iter().take(if both { 2 } else { 1 }) {
                    let (from, to) = ((*from).to_owned(), (*to).to_owned());
                    self.flows.push(Meant { from, to, services: services.clone(), line: line.clone() });
                }
            }
        }
    }

    fn add_intent(&mut self, tokens: &[String], yaml: &Yaml, release: &str) {
        let arrow = tokens.iter().position(|token| token == "->").unwrap();
        let via = tokens.iter().position(|token| token == "via");
        let right = list(&tokens[arrow + 1..], &["via", "{"]);
        let via: Vec<&str> = via.map(|at| tokens[at + 1].as_str()).into_iter().collect();
        let mut roles = Vec::new();
        for (side, names) in [("left", list(&tokens[2..arrow], &[])), ("right", right), ("via", via)] {
            for name in names {
                let party = &self.parties[name];
                let (name, kind) = (party.name.clone(), party.kind.clone());
                let (service, port) = (party.service.clone(), party.port);
                roles.push(catalogue::Role { name, side, kind, service, port });
            }
        }
        let given = block(tokens, 0).into_iter();
        let options: Options = given.map(|(name, words)| (name, words[0].clone())).collect();
        let passing = catalogue::expected(yaml, yaml.intent(&tokens[1]), &roles, &options, release);
        for ((from, to), services) in passing {
            let services =
                services.into_iter().map(|(protocol, first, last)| Service::ports(protocol, first, last));
            let line = tokens.join(" ");
            self.flows.push(Meant { from, to, services: services.collect(), line });
        }
    }

    /// Whether anybody on a platform, or a segment without roles, has the address.
    pub(crate) fn is_placed(&self, address: Address) -> bool {
        self.parties.values().any(|party| party.platform.is_some() && party.holds(address))
    }

    /// Whether somebody outside of every platform has the address: by a declared range, or as nobody else covers it.
    pub(crate) fn is_outside(&self, address: Address) -> bool {
        let stated = self.parties.values().any(|party| party.platform.is_none() && party.holds(address));
        stated || !self.is_placed(address)
    }

    /// Whether the address belongs to the internet: no role and no segment covers it.
    pub(crate) fn is_internet(&self, address: Address) -> bool {
        !self.parties.values().any(|party| party.holds(address))
            && !self.segments.iter().any(|span| span.contains(address))
    }

    /// Whether somebody is a member of a role.
    pub(crate) fn is_member(&self, who: Who<'_>, role: &str) -> bool {
        match who {
            Who::Member(party, _) => party.name == role,
            Who::At(address) => self.parties.get(role).is_some_and(|party| {
                party.platform.is_none()
                    && (party.holds(address) || party.kind == "internet" && self.is_internet(address))
            }),
        }
    }

    /// The statement that means a packet.
    pub(crate) fn reason(&self, from: Who<'_>, to: Who<'_>, packet: Packet) -> Option<&str> {
        let meant = self.flows.iter().find(|flow| {
            flow.services.iter().any(|service| service.holds(packet.protocol, packet.number))
                && self.is_member(from, &flow.from)
                && self.is_member(to, &flow.to)
        });
        meant.map(|flow| flow.line.as_str())
    }
}

impl Party {
    /// Whether one of the role's ranges holds an address.
    pub(crate) fn holds(&self, address: Address) -> bool {
        self.spans.iter().any(|span| span.contains(address))
    }
}

fn spans(tokens: &[String]) -> Vec<Span> {
    let attributes = block(tokens, 0);
    attributes.get("cidr").into_iter().flatten().filter_map(|text| Span::parse(text)).collect()
}

#[test]
fn a_packet_is_meant_when_both_ends_are_of_a_flow() {
    let text = "segment s on a { cidr = 10.0.0.0/24 }\nrole one : vda on s { }\nrole two : client { cidr = 10.1.0.0/16 }\n\
                service web = tcp/443, udp/443\nallow x: two -> one : web because \"allow\"\n\
                exception E { allow one -> two : icmp/8 because \"b\" ticket = T owner = \"o\" starts = 2026-01-02 expires = 2026-01-03 }";
    let packet = |text: &str| {
        let service = Service::parse(text).unwrap();
        Packet { protocol: service.protocol.unwrap(), number: service.first }
    };
    let (early, late) = ("2026-01-01", "2026-01-02");
    for (day, meant) in [(early, 0), (late, 1)] {
        let site = Site::read(text, day, &Yaml::default());
        let one = Who::Member(&site.parties["one"], Address::parse("10.0.0.9"));
        let two = Who::At(Address::parse("10.1.255.255").unwrap());
        assert!(site.reason(two, one, packet("tcp/443")).is_some());
        assert!(site.reason(two, one, packet("tcp/444")).is_none());
        assert!(site.reason(one, two, packet("tcp/443")).is_none());
        let other = Who::At(Address::parse("10.2.0.0").unwrap());
        assert!(site.reason(other, one, packet("tcp/443")).is_none());
        assert_eq!(site.reason(one, two, packet("icmp/8/3")).is_some(), meant == 1);
    }
}
