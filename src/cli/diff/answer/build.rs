//! A comparison turned into its answer.
//!
//! In: a comparison with its inputs. Out: [`Answer`], value by value.
//!
//! Invariant: nothing is decided here; words and lists are those of the comparison.

use super::super::inputs::Inputs;
use super::*;
use crate::diff::places::Moved;
use crate::diff::release::{Finding, Place, Reason, Rule};
use crate::diff::{
    Change, ChangedFlow, Class, Comparison, Dated, Effect, FindingChange, QuotaChange, RuleChange, Step, Sum,
};
use std::collections::BTreeSet;

impl<'a> Answer<'a> {
    /// The answer for a comparison.
    pub(in super::super) fn new(comparison: &'a Comparison, inputs: &'a Inputs, exit: u8) -> Self {
        let mut changes: Vec<JsonChange<'a>> =
            comparison.changes.iter().map(|change| json_change(comparison, change)).collect();
        changes.extend(inputs.remarks.iter().map(|(entry, what)| remark(entry, what)));
        let side = |header: &'a crate::diff::release::Header| Side {
            release: header.release.as_deref(),
            as_of: header.as_of.map(|day| day.to_string()),
            catalogue: &header.catalogue,
        };
        Self {
            site: &comparison.after.site,
            as_of: comparison.after.as_of.map_or_else(String::new, |day| day.to_string()),
            from: &inputs.from,
            to: &inputs.to,
            before: side(&comparison.before),
            after: side(&comparison.after),
            reversed: inputs.is_reversed,
            summary: summary(comparison, inputs.remarks.len()),
            same_access: comparison.is_same_access(),
            checked: Checked {
                accounted: true,
                days: [&comparison.before, &comparison.after]
                    .map(|header| header.as_of.map_or_else(String::new, |day| day.to_string())),
                intent: json_sum(comparison.intent),
                artefact: comparison.beyond.map(json_sum),
            },
            changes,
            rules: comparison.rules.iter().map(json_rule).collect(),
            opens: comparison.opens.iter().map(json_finding).collect(),
            closes: comparison.closes.iter().map(json_finding).collect(),
            alters: comparison.alters.iter().map(json_altered).collect(),
            quotas: comparison.quotas.iter().map(json_quota).collect(),
            exceptions: comparison.exceptions.iter().map(json_exception).collect(),
            order_of_work: comparison.order_of_work.iter().map(|step| step.what.as_str()).collect(),
            steps: comparison.order_of_work.iter().map(json_step).collect(),
            not_compared: &comparison.not_compared,
            exit,
        }
    }
}

/// How many changes there are of each class.
fn summary(comparison: &Comparison, remarks: usize) -> String {
    let mut counts = comparison.counts();
    if remarks > 0 {
        match counts.iter_mut().find(|(class, _)| *class == Class::Text) {
            Some((_, count)) => *count += remarks,
            None => counts.push((Class::Text, remarks)),
        }
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(class, count)| format!("{count} {}", class.word())).collect();
    match (comparison.is_same_access(), counts.is_empty()) {
        (false, _) if comparison.loosens() => format!("{}; less is enforced", counts.join(", ")),
        (true, true) if comparison.rules.is_empty() => {
            "no change of access, and nothing else differs".to_owned()
        }
        (true, true) => "no change of access; rules of the artefacts differ".to_owned(),
        (true, false) => format!("no change of access; {}", counts.join(", ")),
        (false, _) => counts.join(", "),
    }
}

fn json_sum(sum: Sum) -> JsonSum {
    JsonSum { opened: sum.opened.to_string(), closed: sum.closed.to_string() }
}

fn json_change<'a>(comparison: &'a Comparison, change: &'a Change) -> JsonChange<'a> {
    let entries: BTreeSet<(&str, Option<bool>)> = change
        .flows
        .iter()
        .flat_map(|flow| &flow.reasons)
        .filter_map(|reason| Some((reason.catalogue.as_deref()?, reason.verified)))
        .collect();
    let entry = entries.first().copied().filter(|_| entries.len() == 1);
    let codes = |findings: &'a [Finding], positions: &[usize]| -> Vec<&'a str> {
        let codes = positions.iter().filter_map(|at| findings.get(*at));
        codes.map(|finding| finding.code.as_str()).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let altered = change.alters.iter().filter_map(|at| comparison.alters.get(*at));
    let altered: BTreeSet<&str> = altered.map(|one| one.after.code.as_str()).collect();
    let Place { path, line } = &change.place;
    JsonChange {
        class: change.class.word(),
        level: change.level.word(),
        what: change.what.clone(),
        statement: &change.statement,
        path,
        line: *line,
        catalogue: entry.map(|(entry, _)| entry),
        verified: entry.and_then(|(_, verified)| verified),
        because: change.because.first().map_or("", String::as_str),
        reasons: &change.because,
        roles: &change.roles,
        flows: change.flows.iter().map(json_flow).collect(),
        repeats: change.repeats.iter().map(json_flow).collect(),
        packets: change.packets.to_string(),
        rows: &change.rows,
        artefacts: &change.artefacts,
        moves: change.moves.iter().map(json_move).collect(),
        loosens: change.loosens,
        rules: &change.rules,
        opens: codes(&comparison.opens, &change.opens),
        closes: codes(&comparison.closes, &change.closes),
        alters: altered.into_iter().collect(),
        notes: &change.notes,
        starts: change.starts.map(|day| day.to_string()),
        expires: change.expires.map(|day| day.to_string()),
    }
}

/// An entry that reads differently and opens the same.
fn remark<'a>(entry: &'a str, what: &'a String) -> JsonChange<'a> {
    JsonChange {
        class: Class::Text.word(),
        level: crate::diff::Level::Intent.word(),
        what: format!("the catalogue entry {entry} says something else: {what}"),
        statement: "",
        path: "",
        line: 0,
        catalogue: Some(entry),
        verified: None,
        because: what,
        reasons: std::slice::from_ref(what),
        roles: &[],
        flows: Vec::new(),
        repeats: Vec::new(),
        packets: "0".to_owned(),
        rows: &[],
        artefacts: &[],
        moves: Vec::new(),
        loosens: false,
        rules: &[],
        opens: Vec::new(),
        closes: Vec::new(),
        alters: Vec::new(),
        notes: &[],
        starts: None,
        expires: None,
    }
}

fn json_flow(flow: &ChangedFlow) -> JsonFlow<'_> {
    JsonFlow {
        row: &flow.row,
        effect: flow.effect.word(),
        from: &flow.from,
        to: &flow.to,
        service: flow.services.explicit(),
        addresses: JsonAddresses { from: &flow.from_addresses, to: &flow.to_addresses },
        passes_in_both: flow.passes_in_both,
        reasons: flow.reasons.iter().map(json_reason).collect(),
    }
}

fn json_move(one: &Moved) -> JsonMove<'_> {
    let flow = &one.flow;
    JsonMove {
        effect: if flow.effect == Effect::Opens { "add" } else { "remove" },
        platform: &one.platform,
        by: one.by.as_deref(),
        row: &flow.row,
        from: &flow.from,
        to: &flow.to,
        service: flow.services.explicit(),
        addresses: JsonAddresses { from: &flow.from_addresses, to: &flow.to_addresses },
    }
}

fn json_altered(one: &FindingChange) -> JsonAltered<'_> {
    JsonAltered {
        before: json_finding(&one.before),
        after: json_finding(&one.after),
        more: &one.more,
        less: &one.less,
    }
}

fn json_reason(reason: &Reason) -> JsonReason<'_> {
    JsonReason {
        statement: &reason.statement,
        path: &reason.place.path,
        line: reason.place.line,
        catalogue: reason.catalogue.as_deref(),
        verified: reason.verified,
        because: reason.because.as_deref(),
        encryption: reason.encryption.map(crate::policy::Encryption::word),
    }
}

fn json_rule(rule: &RuleChange) -> JsonRule<'_> {
    fn seen(rule: &Rule) -> JsonSeen<'_> {
        JsonSeen { sees: &rule.sees, pointer: &rule.pointer }
    }
    JsonRule {
        artefact: &rule.artefact,
        platform: &rule.platform,
        main: rule.is_main,
        effect: rule.effect.word(),
        rule: &rule.key,
        rows: &rule.rows,
        before: rule.before.as_ref().map(seen),
        after: rule.after.as_ref().map(seen),
    }
}

fn json_finding(finding: &Finding) -> JsonFinding<'_> {
    let shown = finding.labels.iter().filter(|(place, _, _)| place.line > 0);
    JsonFinding {
        code: &finding.code,
        finding: finding.finding.as_deref(),
        severity: &finding.severity,
        message: &finding.message,
        help: &finding.help,
        notes: &finding.notes,
        accepted: finding.accepted.as_deref(),
        labels: shown
            .map(|(place, column, text)| JsonLabel {
                path: &place.path,
                line: place.line,
                column: *column,
                text,
            })
            .collect(),
    }
}

fn json_quota(quota: &QuotaChange) -> JsonQuota<'_> {
    JsonQuota {
        platform: &quota.platform,
        quota: &quota.quota,
        before: quota.before,
        after: quota.after,
        limit: quota.limit,
    }
}

fn json_exception(exception: &Dated) -> JsonException<'_> {
    JsonException {
        name: &exception.name,
        starts: exception.starts.to_string(),
        expires: exception.expires.to_string(),
        days_left: exception.days_left,
        owner: exception.owner.as_deref(),
        ticket: exception.ticket.as_deref(),
    }
}

fn json_step(step: &Step) -> JsonStep<'_> {
    JsonStep { what: &step.what, from: step.from.map(|day| day.to_string()), changes: &step.changes }
}
