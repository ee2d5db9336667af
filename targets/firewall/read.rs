//! The reader of change requests, and the points behind their names.
//!
//! In: a file's bytes. Out: one allow at both ends for each line, because the firewall stands between them.
//!
//! Invariant: shares nothing with planning and writing. A header of other columns, or a line that starts from somebody
//! else than its source, is refused.

use crate::policy::address::AddressSet;
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};
use crate::policy::{KnownBy, Policy};
use crate::target::evaluate::Bindings;
use crate::target::half::Direction;
use crate::target::observed::{Action, Author, Guard, Observed, PeerName, Peers, Rule, Unreadable};
use ipnet::IpNet;
use serde::Deserialize;
use std::net::IpAddr;

/// The columns in their order; those of a person's are read past.
const COLUMNS: [&str; 13] = [
    "id",
    "source role",
    "source address",
    "destination role",
    "destination address",
    "protocol",
    "ports",
    "starts from",
    "purpose",
    "rationale",
    "managed by",
    "valid until",
    "catalogue entry",
];

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "source role")]
    source_role: String,
    #[serde(rename = "source address")]
    source: String,
    #[serde(rename = "destination address")]
    destination: String,
    protocol: String,
    ports: String,
    #[serde(rename = "starts from")]
    starts_from: String,
}

/// The points behind host names, tags and lists: a party without addresses stands behind all of its names together.
pub(super) fn bindings(policy: &Policy) -> Bindings {
    let mut bindings = Bindings::default();
    for (role, party) in policy.parties().filter(|(_, party)| party.addresses.is_empty()) {
        for point in policy.universe().of_role(role).iter().filter(|_| !party.known_by.is_empty()) {
            bindings.hosts(*point, party.known_by.iter().flat_map(KnownBy::names).cloned());
        }
    }
    bindings
}

/// Reads a change request.
pub(super) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let mut reader = ::csv::ReaderBuilder::new().flexible(false).from_reader(bytes);
    let broken = |error: ::csv::Error| {
        let line = error.position().map_or_else(String::new, |position| format!("line {}", position.line()));
        Unreadable::new(line, error.to_string())
    };
    if *reader.headers().map_err(broken)? != COLUMNS[..] {
        return Err(Unreadable::new("line 1", "the columns are not those of a change request"));
    }
    let mut guard = Guard::new("firewall", "", Peers::everybody());
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let pointer = format!("line {}", record.position().map_or(0, ::csv::Position::line));
        let line: Line = record.deserialize(Some(&COLUMNS.as_slice().into())).map_err(broken)?;
        guard.rules.extend(rules(&pointer, &line)?);
    }
    Ok(Observed { guards: vec![guard], opens_only: true })
}

fn rules(pointer: &str, line: &Line) -> Result<[Rule; 2], Unreadable> {
    if line.starts_from != line.source_role {
        return Err(Unreadable::new(pointer, "the line starts from somebody else than its source"));
    }
    let (from, to) = (end(pointer, &line.source)?, end(pointer, &line.destination)?);
    let services = services(pointer, &line.protocol, &line.ports)?;
    Ok([Direction::Ingress, Direction::Egress].map(|direction| Rule {
        pointer: pointer.to_owned(),
        author: Author::File,
        direction,
        action: Action::Allow,
        from: from.clone(),
        to: to.clone(),
        services: services.clone(),
    }))
}

/// A range, an address, or a name. An apostrophe keeps a spreadsheet from running the cell, and is not part of it.
fn end(pointer: &str, cell: &str) -> Result<Peers, Unreadable> {
    let net = cell.parse::<IpNet>().or_else(|_| cell.parse::<IpAddr>().map(IpNet::from));
    if let Ok(net) = net {
        if net.network() != net.addr() {
            return Err(Unreadable::new(pointer, format!("`{cell}` has bits behind its prefix")));
        }
        return Ok(Peers::at(AddressSet::from_ranges([&net])));
    }
    let is_formula =
        |text: &&str| text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let name = cell.strip_prefix('\'').filter(is_formula).unwrap_or(cell);
    match name.to_ascii_lowercase().as_str() {
        "" => Err(Unreadable::new(pointer, "an end of the line is empty")),
        "any" | "*" => Ok(Peers::everybody()),
        _ => Ok(Peers::named(PeerName::Host(name.to_owned()))),
    }
}

fn services(pointer: &str, protocol: &str, ports: &str) -> Result<ServiceSet, Unreadable> {
    let number = match protocol {
        "tcp" => Some(Protocol::TCP),
        "udp" => Some(Protocol::UDP),
        "icmp" => Some(Protocol::ICMP),
        "icmpv6" => Some(Protocol::ICMPV6),
        other => other.strip_prefix("ip/").and_then(|number| number.parse().ok()).map(Protocol),
    };
    let number = number.ok_or_else(|| Unreadable::new(pointer, format!("`{protocol}` is no protocol")))?;
    let is_icmp = number == Protocol::ICMP || number == Protocol::ICMPV6;
    let set = match ports {
        "all" if !number.has_ports() => Some(ServiceSet::protocol(number)),
        _ if number.has_ports() => port_range(number, ports),
        _ if is_icmp => messages(number, ports),
        _ => None,
    };
    set.ok_or_else(|| Unreadable::new(pointer, format!("`{ports}` are no ports of {protocol}")))
}

fn port_range(protocol: Protocol, text: &str) -> Option<ServiceSet> {
    let (low, high) = text.split_once('-').unwrap_or((text, text));
    let (low, high) = (low.parse().ok()?, high.parse().ok()?);
    (low <= high).then(|| ServiceSet::ports(protocol, low, high))
}

/// `type 3`, `type 3 code 1`, `type 3 codes 1-4`.
fn messages(protocol: Protocol, text: &str) -> Option<ServiceSet> {
    let (kind, codes) =
        text.strip_prefix("type ")?.split_once(' ').unwrap_or((text.strip_prefix("type ")?, ""));
    let kind: u8 = kind.parse().ok()?;
    let (low, high): (u8, u8) = match codes.split_once(' ') {
        None if codes.is_empty() => (0, u8::MAX),
        Some(("code", code)) => {
            let code = code.parse().ok()?;
            (code, code)
        }
        Some(("codes", range)) => {
            let (low, high) = range.split_once('-')?;
            (low.parse().ok()?, high.parse().ok()?)
        }
        _ => return None,
    };
    let (low, high) = (u16::from_be_bytes([kind, low]), u16::from_be_bytes([kind, high]));
    (low <= high).then(|| ServiceSet::from_ranges([ServiceRange { protocol, low, high }]))
}
