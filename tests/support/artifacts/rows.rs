//! Change-request rows: a table in, permission at a firewall that denies what no row opens out.
//!
//! Columns are found by their header's words, so a table may gain columns and change their order.

use super::Reader;
use crate::support::address::Span;
use crate::support::judge::{Direction, Edges, Packet, Point, Rules};
use crate::support::manifest::Role;
use crate::support::service::{self, EVERY_SERVICE, Protocol, Service};

/// One side of a row.
#[derive(Debug, Clone, Default)]
struct Side {
    any: bool,
    spans: Vec<Span>,
    names: Vec<String>,
}

#[derive(Debug, Clone)]
struct Row {
    source: Side,
    destination: Side,
    services: Vec<Service>,
}

/// All rows of one firewall.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    rows: Vec<Row>,
    edges: Edges,
}

impl Rows {
    /// Reads tables; what can't be read is a fault.
    pub(crate) fn read(tables: &[&[u8]], faults: &mut Vec<String>) -> Rows {
        let mut read = Rows::default();
        for table in tables {
            match read_table(table) {
                Ok(rows) => read.rows.extend(rows),
                Err(fault) => faults.push(fault),
            }
        }
        for row in &read.rows {
            row.services.iter().for_each(|service| read.edges.note_service(*service));
            row.source
                .spans
                .iter()
                .chain(&row.destination.spans)
                .for_each(|span| read.edges.note_span(*span));
        }
        read
    }
}

/// A header in lower case, its underscores and hyphens as spaces.
fn heading(text: &str) -> String {
    text.trim_start_matches('\u{feff}').trim().to_ascii_lowercase().replace(['_', '-'], " ")
}

fn read_table(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut reader = csv::ReaderBuilder::new().from_reader(bytes);
    let headings: Vec<String> =
        reader.headers().map_err(|error| error.to_string())?.iter().map(heading).collect();
    let column = |wanted: &[&str]| headings.iter().position(|heading| wanted.contains(&heading.as_str()));
    let needed = |wanted: &[&str]| column(wanted).ok_or_else(|| format!("no column {wanted:?}"));
    let source = needed(&["source address", "source addresses"])?;
    let destination = needed(&["destination address", "destination addresses"])?;
    let (protocol, ports) =
        (needed(&["protocol"])?, needed(&["ports", "port", "destination ports", "destination port"])?);
    let change = column(&["change", "action"]);
    let mut rows = Vec::new();
    for (at, record) in reader.records().enumerate() {
        let record = record.map_err(|error| error.to_string())?;
        // a spreadsheet runs what begins like this
        if let Some(formula) = record.iter().find(|cell| cell.starts_with(['=', '+', '@', '\t'])) {
            return Err(format!("row {}: `{formula}` would run as a formula", at + 1));
        }
        let cell = |column: usize| record.get(column).unwrap_or("").trim_start_matches('\'').trim();
        let opens =
            !["remove", "close", "delete"].contains(&change.map_or("", cell).to_ascii_lowercase().as_str());
        if ["deny", "drop", "block"].contains(&change.map_or("", cell).to_ascii_lowercase().as_str()) {
            return Err(format!("row {}: a denying row; the reader knows rows that open only", at + 1));
        }
        let services = read_services(cell(protocol), cell(ports));
        let services = services.ok_or_else(|| format!("row {}: no service that can be read", at + 1))?;
        let (source, destination) = (read_side(cell(source)), read_side(cell(destination)));
        if opens {
            rows.push(Row { source, destination, services });
        }
    }
    Ok(rows)
}

fn read_side(cell: &str) -> Side {
    let mut side = Side::default();
    for part in cell.split([',', ';', ' ', '\n']).filter(|part| !part.is_empty()) {
        match Span::parse(part) {
            Some(span) => side.spans.push(span),
            None if part.eq_ignore_ascii_case("any") || part == "*" => side.any = true,
            None => side.names.push(part.to_owned()),
        }
    }
    side
}

fn read_services(protocols: &str, ports: &str) -> Option<Vec<Service>> {
    let mut found = Vec::new();
    for name in protocols.split([',', ';', '/', ' ']).filter(|part| !part.is_empty()) {
        if name.eq_ignore_ascii_case("any") {
            found.push(EVERY_SERVICE);
            continue;
        }
        let protocol = Protocol::parse(name)?;
        let every = ports.is_empty() || ports.eq_ignore_ascii_case("any") || ports == "*" || ports == "-";
        if every {
            found.push(Service::every(protocol));
            continue;
        }
        if matches!(protocol, Protocol::Icmp | Protocol::Icmp6) {
            found.push(read_icmp(protocol, ports)?);
            continue;
        }
        for part in ports.split([',', ';', ' ', '\n']).filter(|part| !part.is_empty()) {
            let (first, last) = service::parse_ports(part.rsplit('/').next()?)?;
            found.push(Service::ports(protocol, first, last));
        }
    }
    (!found.is_empty()).then_some(found)
}

/// A message as people write it: `type 8`, `type 3 code 4`, `8`, `3/4`, `all`.
fn read_icmp(protocol: Protocol, message: &str) -> Option<Service> {
    let words: Vec<&str> = message.split_whitespace().collect();
    match words.as_slice() {
        ["all"] => Some(Service::every(protocol)),
        ["type", kind] => Some(Service::icmp(protocol, kind.parse().ok()?, None)),
        ["type", kind, "code", code] => {
            Some(Service::icmp(protocol, kind.parse().ok()?, Some(code.parse().ok()?)))
        }
        [numbers] => {
            let service = Service::parse(&format!("icmp/{numbers}"))?;
            Some(Service { protocol: Some(protocol), ..service })
        }
        _ => None,
    }
}

impl Side {
    fn holds(&self, point: &Point<'_>) -> bool {
        let named =
            || point.role.names.iter().chain([&point.role.name]).any(|name| self.names.contains(name));
        self.any || point.is_in(&self.spans) || point.address.is_none() && named()
    }
}

impl Rules for Rows {
    fn edges(&self) -> &Edges {
        &self.edges
    }

    fn permits(&self, direction: Direction, own: &Point<'_>, peer: &Point<'_>, packet: Packet) -> bool {
        let (source, destination) = if direction == Direction::Egress { (own, peer) } else { (peer, own) };
        self.rows.iter().any(|row| {
            row.services.iter().any(|service| service.holds(packet.protocol, packet.number))
                && row.source.holds(source)
                && row.destination.holds(destination)
        })
    }
}

impl Reader for Rows {
    /// A firewall knows addresses and, for parties without any, names.
    fn knows(&self, _: &Role) -> bool {
        true
    }
}
