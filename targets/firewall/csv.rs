//! The csv spelling: the rows of a change request.
//!
//! In: a [`Plan`]. Out: UTF-8 text, one record a line, every cell quoted, the header first.
//!
//! Invariant: no cell is a formula to a spreadsheet, and none has a line break.

use super::plan::{Line, Plan, Row};
use crate::policy::service::ServiceSet;
use crate::target::request::ports;
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
        line.source.to_string(),
        row.destination_role.clone(),
        line.destination.to_string(),
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
