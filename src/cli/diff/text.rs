//! The comparison for a terminal.
//!
//! In: an [`Answer`]. Out: its text: a summary, the sum that was checked, each change with its addresses and reasons, then
//! rules, findings, limits, exceptions, and the order of work.
//!
//! Invariant: rules are told in the main spelling of each platform only; the others say the same. What `--verbose` adds is
//! detail, never a change.

use super::answer::{Answer, JsonAltered, JsonChange, JsonFinding, JsonFlow, JsonMove, JsonRule};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Most reasons or addresses that one place spells out, and a quarter of the rows, unless asked for all.
const MOST_SHOWN: usize = 5;

/// The text; `all` leaves nothing out.
pub(super) fn text(answer: &Answer<'_>, all: bool) -> String {
    let most = if all { usize::MAX } else { MOST_SHOWN };
    let mut text = String::new();
    // Writing into a string can't fail.
    let _ = write(answer, most, &mut text);
    text
}

fn write(answer: &Answer<'_>, most: usize, out: &mut String) -> std::fmt::Result {
    let Answer { site, from, to, as_of, summary, .. } = answer;
    writeln!(out, "site \"{site}\", {from} to {to}, {as_of}: {summary}")?;
    writeln!(out, "{}", answer.checked.words())?;
    for change in &answer.changes {
        write_change(answer, change, most, out)?;
    }
    rules(&answer.rules, most == usize::MAX, out)?;
    findings("opens", &answer.opens, out)?;
    findings("closes", &answer.closes, out)?;
    altered(&answer.alters, out)?;
    limits(answer, out)?;
    if !answer.order_of_work.is_empty() {
        writeln!(out, "\norder of work")?;
        for (at, step) in (1..).zip(&answer.order_of_work) {
            writeln!(out, "  {at}. {step}")?;
        }
        let how = if answer.reversed { "without" } else { "with" };
        writeln!(out, "  way back: the same {how} `--reverse`")?;
    }
    if !answer.not_compared.is_empty() {
        writeln!(
            out,
            "\nnot compared, as one of the releases does not tell: {}",
            answer.not_compared.join(", ")
        )?;
    }
    Ok(())
}

fn write_change(
    answer: &Answer<'_>,
    change: &JsonChange<'_>,
    most: usize,
    out: &mut String,
) -> std::fmt::Result {
    writeln!(out, "\n{}: {}", change.class, change.what)?;
    if change.line > 0 || !change.statement.is_empty() {
        let place =
            if change.line > 0 { format!(", {}:{}", change.path, change.line) } else { String::new() };
        let entry = if change.catalogue.is_some() {
            format!(", catalogue {}", change.entry())
        } else {
            String::new()
        };
        writeln!(out, "  {}{entry}{place}", change.statement)?;
    }
    for because in change.reasons.iter().take(most) {
        writeln!(out, "  because {because}")?;
    }
    more(change.reasons.len(), most, "reasons", out)?;
    for flow in change.rows_that_differ().take(most.saturating_mul(4)) {
        write_flow(flow, most, out)?;
    }
    more(change.rows_that_differ().count(), most.saturating_mul(4), "rows", out)?;
    for one in change.moves.iter().take(most.saturating_mul(4)) {
        write_move(one, most, out)?;
    }
    more(change.moves.len(), most.saturating_mul(4), "rows", out)?;
    for note in change.notes {
        writeln!(out, "  {note}")?;
    }
    let touched = change.rules.iter().filter_map(|at| answer.rules.get(*at)).filter(|rule| rule.main);
    let touched: BTreeSet<(&str, char, &str)> =
        touched.map(|rule| (rule.artefact, sign(rule), rule.rule)).collect();
    for (artefact, sign, rule) in &touched {
        writeln!(out, "  {sign} {artefact}  {rule}")?;
    }
    if touched.is_empty() && !change.artefacts.is_empty() {
        writeln!(out, "  in {}", change.artefacts.join(", "))?;
    }
    codes("opens", &change.opens, out)?;
    codes("closes", &change.closes, out)?;
    codes("alters", &change.alters, out)
}

fn write_flow(flow: &JsonFlow<'_>, most: usize, out: &mut String) -> std::fmt::Result {
    let sign = if flow.effect == "opens" { '+' } else { '-' };
    let (from, to) = (listed(flow.addresses.from, most), listed(flow.addresses.to, most));
    let services = services(&flow.service, most);
    writeln!(out, "  {sign} {}  {} [{from}] -> {} [{to}]  {services}", flow.row, flow.from, flow.to)
}

/// A row that is to be added or removed at a place, though no packet of it differs.
fn write_move(one: &JsonMove<'_>, most: usize, out: &mut String) -> std::fmt::Result {
    let (from, to) = (listed(one.addresses.from, most), listed(one.addresses.to, most));
    let by = one.by.map_or_else(String::new, |by| format!(" by {by}"));
    let services = services(&one.service, most);
    writeln!(
        out,
        "  {} on {}{by}: {}  {} [{from}] -> {} [{to}]  {services}",
        one.effect, one.platform, one.row, one.from, one.to
    )
}

fn listed(addresses: &[String], most: usize) -> String {
    if addresses.iter().all(String::is_empty) {
        return "no address".to_owned();
    }
    let shown: Vec<&str> = addresses.iter().take(most).map(String::as_str).collect();
    let rest = addresses.len().saturating_sub(shown.len());
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn services(all: &str, most: usize) -> String {
    let services: Vec<&str> = all.split(", ").collect();
    let rest = services.len().saturating_sub(most.saturating_mul(3));
    let shown = services.iter().take(services.len() - rest).copied().collect::<Vec<_>>().join(", ");
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    format!("{shown}{more}")
}

fn more(count: usize, shown: usize, what: &str, out: &mut String) -> std::fmt::Result {
    match count.checked_sub(shown) {
        Some(rest) if rest > 0 => writeln!(out, "  and {rest} more {what}; `--verbose` has them all"),
        _ => Ok(()),
    }
}

fn codes(verb: &str, codes: &[&str], out: &mut String) -> std::fmt::Result {
    if codes.is_empty() { Ok(()) } else { writeln!(out, "  {verb} {}", codes.join(", ")) }
}

fn sign(rule: &JsonRule<'_>) -> char {
    match rule.effect {
        "added" => '+',
        "removed" => '-',
        _ => '~',
    }
}

fn rules(rules: &[JsonRule<'_>], all: bool, out: &mut String) -> std::fmt::Result {
    let mut artefacts: BTreeMap<&str, Vec<&JsonRule<'_>>> = BTreeMap::new();
    for rule in rules.iter().filter(|rule| rule.main) {
        artefacts.entry(rule.artefact).or_default().push(rule);
    }
    if !artefacts.is_empty() {
        let more = if all { "" } else { "; `--verbose` says what they say" };
        writeln!(out, "\nrules, as the platforms see them{more}")?;
    }
    for (path, rules) in artefacts {
        let count = |effect: &str| rules.iter().filter(|rule| rule.effect == effect).count();
        let (added, removed, changed) = (count("added"), count("removed"), count("changed"));
        writeln!(out, "  {path}: {added} added, {removed} removed, {changed} changed")?;
        for rule in rules.iter().filter(|_| all) {
            writeln!(out, "    {} {}", sign(rule), rule.rule)?;
            for (word, seen) in [("was", &rule.before), ("is", &rule.after)] {
                if let Some(seen) = seen {
                    writeln!(out, "        {word} {}", seen.sees)?;
                }
            }
        }
    }
    Ok(())
}

fn findings(verb: &str, findings: &[JsonFinding<'_>], out: &mut String) -> std::fmt::Result {
    if !findings.is_empty() {
        writeln!(out, "\n{verb}")?;
    }
    for finding in findings {
        writeln!(out, "  {}[{}]: {}", finding.severity, finding.code, finding.message)?;
    }
    Ok(())
}

/// Findings of both releases that are about something else, or say something else.
fn altered(findings: &[JsonAltered<'_>], out: &mut String) -> std::fmt::Result {
    if !findings.is_empty() {
        writeln!(out, "\nalters")?;
    }
    for one in findings {
        let after = &one.after;
        writeln!(out, "  {}[{}]: {}", after.severity, after.code, after.message)?;
        if let Some(was) = one.was() {
            writeln!(out, "    was: {was}")?;
        }
        for (word, roles) in [("now about", one.more_words()), ("no longer about", one.less_words())] {
            if !roles.is_empty() {
                writeln!(out, "    {word} {roles}")?;
            }
        }
    }
    Ok(())
}

fn limits(answer: &Answer<'_>, out: &mut String) -> std::fmt::Result {
    if !answer.quotas.is_empty() {
        writeln!(out, "\nlimits whose use moved")?;
    }
    for quota in &answer.quotas {
        let used = |used: Option<u64>| used.map_or("none".to_owned(), |used| used.to_string());
        let (before, after) = (used(quota.before), used(quota.after));
        writeln!(out, "  {}: {}: {before} to {after} of {}", quota.platform, quota.quota, quota.limit)?;
    }
    if !answer.exceptions.is_empty() {
        writeln!(out, "\nexceptions of the second release")?;
    }
    for one in &answer.exceptions {
        let left = match one.days_left {
            days if days <= 0 => "expired".to_owned(),
            days => format!("{days} days left"),
        };
        writeln!(out, "  {}: {} until {}, {left}", one.name, one.starts, one.expires)?;
    }
    Ok(())
}
