//! The csv spelling: the rows of a change request.
//!
//! In: a [`Plan`]. Out: UTF-8 text, one record a line, every cell quoted, the header first.
//!
//! Invariant: no cell is a formula to a spreadsheet, and none has a line break.

use super::plan::{Endpoint, Line, Plan, Row};
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};
use crate::target::{Artifact, RulePointer, Spelling, csv};

const HEADER: [&str; 13] = [
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

/// Writes the plan as rows.
pub(crate) fn render(plan: &Plan, spelling: Spelling) -> Artifact {
    let mut records = vec![HEADER.map(str::to_owned)];
    let mut rules = Vec::new();
    for row in &plan.rows {
        for line in &row.lines {
            records.push(record(row, line));
            let pointer = format!("line {}", records.len());
            let services = Some(ServiceSet::from_ranges([line.service]));
            rules.push(RulePointer { row: row.id.clone(), pointer, end: None, services });
        }
    }
    Artifact { spelling, bytes: csv::bytes(&records), rules, symbols: Vec::new() }
}

fn record(row: &Row, line: &Line) -> [String; 13] {
    [
        row.id.to_string(),
        row.source_role.clone(),
        address(&line.source),
        row.destination_role.clone(),
        address(&line.destination),
        line.service.protocol.to_string(),
        ports(line.service),
        row.source_role.clone(),
        row.purpose.clone(),
        row.rationale.clone(),
        row.managed_by.clone(),
        row.valid_until.clone(),
        row.catalogue.clone(),
    ]
}

fn address(end: &Endpoint) -> String {
    match end {
        Endpoint::Range(range) => range.to_string(),
        Endpoint::Name(name) => name.clone(),
    }
}

/// Ports as `443` or `49152-65535`; ICMP as `type 8 code 0`; `all` for a whole protocol without ports.
fn ports(service: ServiceRange) -> String {
    let ServiceRange { protocol, low, high } = service;
    if protocol.has_ports() {
        return if low == high { low.to_string() } else { format!("{low}-{high}") };
    }
    let is_icmp = protocol == Protocol::ICMP || protocol == Protocol::ICMPV6;
    if service.is_whole_protocol() || !is_icmp {
        return "all".to_owned();
    }
    let ([kind, first], [_, last]) = (low.to_be_bytes(), high.to_be_bytes());
    match (first, last) {
        (0, u8::MAX) => format!("type {kind}"),
        _ if first == last => format!("type {kind} code {first}"),
        _ => format!("type {kind} codes {first}-{last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_read_as_people_say_them() {
        let service = |protocol, low, high| ports(ServiceRange { protocol, low, high });
        assert_eq!(service(Protocol::TCP, 443, 443), "443");
        assert_eq!(service(Protocol::UDP, 16500, 16509), "16500-16509");
        assert_eq!(service(Protocol::ICMP, 0x0800, 0x0800), "type 8 code 0");
        assert_eq!(service(Protocol::ICMP, 0x0300, 0x03ff), "type 3");
        assert_eq!(service(Protocol::ICMP, 0x0301, 0x0304), "type 3 codes 1-4");
        assert_eq!(service(Protocol::ICMPV6, 0, u16::MAX), "all");
        assert_eq!(service(Protocol(50), 0, u16::MAX), "all");
    }
}
