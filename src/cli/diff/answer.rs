//! The comparison as programs read it; every other form is made of the same values.
//!
//! In: a comparison. Out: [`Answer`].
//!
//! Invariant: keys are only ever added.

use super::inputs::Inputs;
use crate::diff::places::Moved;
use crate::diff::release::{Finding, Place, Reason, Rule};
use crate::diff::{
    Change, ChangedFlow, Class, Comparison, Dated, Effect, FindingChange, QuotaChange, RuleChange, Step, Sum,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// The whole answer.
#[derive(Debug, Serialize)]
pub(in super::super) struct Answer<'a> {
    pub(in super::super) site: &'a str,
    /// The day of the second release.
    pub(in super::super) as_of: String,
    pub(in super::super) from: &'a str,
    pub(in super::super) to: &'a str,
    pub(in super::super) before: Side<'a>,
    pub(in super::super) after: Side<'a>,
    /// How many changes there are of each class, in a line.
    pub(in super::super) summary: String,
    /// True where neither the files nor the artefacts permit anything else, and nothing is enforced less.
    pub(in super::super) same_access: bool,
    pub(in super::super) checked: Checked,
    pub(in super::super) changes: Vec<JsonChange<'a>>,
    /// What changes for the platforms.
    pub(in super::super) rules: Vec<JsonRule<'a>>,
    /// Findings that only the second release brings about.
    pub(in super::super) opens: Vec<JsonFinding<'a>>,
    /// Findings that only the first release brings about.
    pub(in super::super) closes: Vec<JsonFinding<'a>>,
    /// Findings that are about more or less than before, or say something else.
    pub(in super::super) alters: Vec<JsonAltered<'a>>,
    pub(in super::super) quotas: Vec<JsonQuota<'a>>,
    /// Exceptions of the second release, by the day on which they end.
    pub(in super::super) exceptions: Vec<JsonException<'a>>,
    pub(in super::super) order_of_work: Vec<&'a str>,
    /// The steps of `order_of_work` with their days and changes.
    pub(in super::super) steps: Vec<JsonStep<'a>>,
    pub(in super::super) not_compared: &'a [&'static str],
    pub(in super::super) exit: u8,
}

/// One of two releases.
#[derive(Debug, Serialize)]
pub(in super::super) struct Side<'a> {
    pub(in super::super) release: Option<&'a str>,
    pub(in super::super) as_of: Option<String>,
    pub(in super::super) catalogue: &'a str,
}

/// How many packet classes differ, and that the changes account for each of them once. Counts are texts: they may be
/// larger than programs' numbers.
#[derive(Debug, Serialize)]
pub(in super::super) struct Checked {
    pub(in super::super) accounted: bool,
    /// The days that were compared: of the first and of the second release.
    pub(in super::super) days: [String; 2],
    pub(in super::super) intent: JsonSum,
    pub(in super::super) artefact: Option<JsonSum>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonSum {
    pub(in super::super) opened: String,
    pub(in super::super) closed: String,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonChange<'a> {
    pub(in super::super) class: &'static str,
    pub(in super::super) level: &'static str,
    pub(in super::super) what: String,
    pub(in super::super) statement: &'a str,
    pub(in super::super) path: &'a str,
    pub(in super::super) line: u32,
    /// The catalogue entry, where there is one only.
    pub(in super::super) catalogue: Option<&'a str>,
    pub(in super::super) verified: Option<bool>,
    /// The first reason.
    pub(in super::super) because: &'a str,
    /// Every reason.
    pub(in super::super) reasons: &'a [String],
    pub(in super::super) roles: &'a [String],
    pub(in super::super) flows: Vec<JsonFlow<'a>>,
    pub(in super::super) packets: String,
    pub(in super::super) rows: &'a [String],
    pub(in super::super) artefacts: &'a [String],
    /// Rows that another place enforces, or others, though no packet of them differs.
    pub(in super::super) moves: Vec<JsonMove<'a>>,
    /// True where something is no longer dropped that no rule permits.
    pub(in super::super) loosens: bool,
    /// Positions in the answer's `rules`.
    pub(in super::super) rules: &'a [usize],
    /// Codes of findings that it brings about.
    pub(in super::super) opens: Vec<&'a str>,
    /// Codes of findings that it ends.
    pub(in super::super) closes: Vec<&'a str>,
    /// Codes of findings that are about more or less by it, or say something else.
    pub(in super::super) alters: Vec<&'a str>,
    pub(in super::super) notes: &'a [String],
    pub(in super::super) starts: Option<String>,
    pub(in super::super) expires: Option<String>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonFlow<'a> {
    pub(in super::super) row: &'a str,
    /// `opens` or `closes`.
    pub(in super::super) effect: &'static str,
    pub(in super::super) from: &'a str,
    pub(in super::super) to: &'a str,
    pub(in super::super) service: String,
    pub(in super::super) addresses: JsonAddresses<'a>,
    /// True where the artefacts of both releases let it pass.
    pub(in super::super) passes_in_both: bool,
    pub(in super::super) reasons: Vec<JsonReason<'a>>,
}

/// A row of which one end is enforced in another place.
#[derive(Debug, Serialize)]
pub(in super::super) struct JsonMove<'a> {
    /// `add` or `remove`.
    pub(in super::super) effect: &'static str,
    pub(in super::super) platform: &'a str,
    /// Who does it, where no artefact of the site does.
    pub(in super::super) by: Option<&'a str>,
    pub(in super::super) row: &'a str,
    pub(in super::super) from: &'a str,
    pub(in super::super) to: &'a str,
    pub(in super::super) service: String,
    pub(in super::super) addresses: JsonAddresses<'a>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonAddresses<'a> {
    pub(in super::super) from: &'a [String],
    pub(in super::super) to: &'a [String],
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonReason<'a> {
    pub(in super::super) statement: &'a str,
    pub(in super::super) path: &'a str,
    pub(in super::super) line: u32,
    pub(in super::super) catalogue: Option<&'a str>,
    pub(in super::super) verified: Option<bool>,
    pub(in super::super) because: Option<&'a str>,
    pub(in super::super) encryption: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonRule<'a> {
    pub(in super::super) artefact: &'a str,
    pub(in super::super) platform: &'a str,
    /// True in the main spelling of the platform; the others repeat it.
    pub(in super::super) main: bool,
    /// `added`, `removed` or `changed`.
    pub(in super::super) effect: &'static str,
    pub(in super::super) rule: &'a str,
    pub(in super::super) rows: &'a [String],
    pub(in super::super) before: Option<JsonSeen<'a>>,
    pub(in super::super) after: Option<JsonSeen<'a>>,
}

/// What a rule says to its platform, and where.
#[derive(Debug, Serialize)]
pub(in super::super) struct JsonSeen<'a> {
    pub(in super::super) sees: &'a str,
    pub(in super::super) pointer: &'a str,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonFinding<'a> {
    pub(in super::super) code: &'a str,
    pub(in super::super) finding: Option<&'a str>,
    pub(in super::super) severity: &'a str,
    pub(in super::super) message: &'a str,
    pub(in super::super) help: &'a [String],
    pub(in super::super) notes: &'a [String],
    pub(in super::super) accepted: Option<&'a str>,
    pub(in super::super) labels: Vec<JsonLabel<'a>>,
}

/// A finding of both releases.
#[derive(Debug, Serialize)]
pub(in super::super) struct JsonAltered<'a> {
    pub(in super::super) before: JsonFinding<'a>,
    pub(in super::super) after: JsonFinding<'a>,
    /// The roles that it is about now and was not.
    pub(in super::super) more: &'a [Vec<String>],
    /// The roles that it was about and is not.
    pub(in super::super) less: &'a [Vec<String>],
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonLabel<'a> {
    pub(in super::super) path: &'a str,
    pub(in super::super) line: u32,
    pub(in super::super) column: u32,
    pub(in super::super) text: &'a str,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonQuota<'a> {
    pub(in super::super) platform: &'a str,
    pub(in super::super) quota: &'a str,
    pub(in super::super) before: Option<u64>,
    pub(in super::super) after: Option<u64>,
    pub(in super::super) limit: u64,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonException<'a> {
    pub(in super::super) name: &'a str,
    pub(in super::super) starts: String,
    pub(in super::super) expires: String,
    /// From the second release's day to the end; negative when it has expired.
    pub(in super::super) days_left: i64,
    pub(in super::super) owner: Option<&'a str>,
    pub(in super::super) ticket: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(in super::super) struct JsonStep<'a> {
    pub(in super::super) what: &'a str,
    pub(in super::super) from: Option<String>,
    /// Positions in the answer's `changes`.
    pub(in super::super) changes: &'a [usize],
}

impl<'a> Answer<'a> {
    /// The answer for a comparison.
    pub(super) fn new(comparison: &'a Comparison, inputs: &'a Inputs, exit: u8) -> Self {
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

impl JsonAltered<'_> {
    /// What it said of itself before, where that differs: weight, message, why it was accepted.
    pub(in super::super) fn was(&self) -> Option<String> {
        let Self { before, after, .. } = self;
        let mut parts = Vec::new();
        parts.extend((before.severity != after.severity).then_some(before.severity));
        parts.extend((before.message != after.message).then_some(before.message));
        let accepted = match (before.accepted, after.accepted) {
            (was, is) if was == is => None,
            (Some(why), _) => Some(format!("accepted because {why}")),
            (None, _) => Some("not accepted".to_owned()),
        };
        parts.extend(accepted.as_deref());
        (!parts.is_empty()).then(|| parts.join(": "))
    }

    /// What it is about besides.
    pub(in super::super) fn more_words(&self) -> String {
        roles_in_words(self.more)
    }

    /// What it is not about any more.
    pub(in super::super) fn less_words(&self) -> String {
        roles_in_words(self.less)
    }
}

/// `users and web, users and api`: the lists of roles that a finding is about.
fn roles_in_words(lists: &[Vec<String>]) -> String {
    lists.iter().map(|roles| roles.join(" and ")).collect::<Vec<_>>().join(", ")
}

impl Checked {
    /// What was checked, in a sentence.
    pub(in super::super) fn words(&self) -> String {
        let [old, new] = &self.days;
        let days = match (old == new, old.is_empty() || new.is_empty()) {
            (_, true) => String::new(),
            (true, _) => format!(" as of {new}"),
            (false, _) => format!(", {old} against {new}"),
        };
        let closed = |count: &str| format!("{count} {}", if count == "1" { "closes" } else { "close" });
        let opened = |count: &str| match count {
            "1" => "1 packet class opens".to_owned(),
            _ => format!("{count} packet classes open"),
        };
        let mut words = format!(
            "checked{days}: {} and {} in the files",
            opened(&self.intent.opened),
            closed(&self.intent.closed)
        );
        if let Some(beyond) = &self.artefact {
            let opens = if beyond.opened == "1" { "opens" } else { "open" };
            let (opened, closed) = (&beyond.opened, closed(&beyond.closed));
            words.push_str(&format!(", {opened} {opens} and {closed} in the artefacts besides"));
        }
        words.push_str("; the changes account for each of them once");
        // Days are written so that their order is the order of time.
        if new < old && !new.is_empty() {
            words.push_str(&format!(
                "; the second release is read on the earlier day, and `--as-of {old}` reads both on one day"
            ));
        }
        words
    }
}

impl JsonChange<'_> {
    /// The catalogue entry, with a remark where no document confirms it.
    pub(in super::super) fn entry(&self) -> String {
        let remark = if self.verified == Some(false) { " (unverified)" } else { "" };
        self.catalogue.map_or_else(String::new, |entry| format!("{entry}{remark}"))
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
