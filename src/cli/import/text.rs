//! What an export says, for a terminal.
//!
//! In: an [`Answer`]. Out: its text: what there is, what passes, what is not understood, and what a site would not say.

use super::answer::{Answer, JsonPoint};
use crate::cli::visible::line;

/// Most of what no line says that is listed unless asked for all.
const MOST_SHOWN: usize = 20;

/// The text; `all` leaves nothing out and lists every rule.
pub(super) fn text(answer: &Answer<'_>, all: bool) -> String {
    let mut text = String::new();
    // Writing into a string can't fail.
    let _ = write(answer, all, &mut text);
    text
}

fn write(answer: &Answer<'_>, all: bool, out: &mut String) -> std::fmt::Result {
    if let Some(text) = answer.site.as_ref().and_then(|site| site.text) {
        out.push_str(text);
        return Ok(());
    }
    let rules: usize = answer.points.iter().map(|point| point.rules.len()).sum();
    let (points, sets) = (answer.points.len(), answer.sets.len());
    line(
        out,
        format_args!(
            "{}: {points} enforcement points with {rules} rules, {sets} sets of addresses",
            answer.title
        ),
    )?;
    for point in &answer.points {
        write_point(point, all, out)?;
    }
    for set in &answer.sets {
        let addresses = set.addresses.as_ref().map(|text| format!(": {text}")).unwrap_or_default();
        line(out, format_args!("\nset {} ({}){addresses}", set.name, set.id))?;
    }
    if !answer.unexplained.is_empty() {
        line(out, format_args!("\nin no file: {}", answer.unexplained.join(", ")))?;
    }
    if !answer.not_understood.is_empty() {
        line(out, format_args!("\nnot understood"))?;
    }
    for problem in &answer.not_understood {
        line(out, format_args!("  {}: {} at {}", problem.point, problem.why, problem.at))?;
    }
    write_site(answer, all, out)
}

fn write_point(point: &JsonPoint<'_>, all: bool, out: &mut String) -> std::fmt::Result {
    let id = if point.id == point.name { String::new() } else { format!(" ({})", point.id) };
    let belongs = point.belongs_to.map(|what| format!(", {what}")).unwrap_or_default();
    let state = if point.state == "enforce" { String::new() } else { format!(", {}", point.state) };
    line(out, format_args!("\n{}{id}{belongs}{state}", point.name))?;
    line(out, format_args!("  guards {}", point.members))?;
    if point.attached == Some(false) {
        line(out, format_args!("  stands before no network and no machine"))?;
    }
    for permit in &point.permits {
        line(
            out,
            format_args!("  {}: {} -> {}  {}", permit.direction, permit.from, permit.to, permit.service),
        )?;
    }
    if point.permits.is_empty() {
        line(out, format_args!("  nothing passes"))?;
    }
    for rule in point.rules.iter().filter(|_| all) {
        let remark = rule.remark.map(|remark| format!(" \"{remark}\"")).unwrap_or_default();
        let (direction, action, from, to) = (rule.direction, rule.action, &rule.from, &rule.to);
        line(
            out,
            format_args!("    {} {direction} {action} {from} -> {to}  {}{remark}", rule.at, rule.service),
        )?;
    }
    Ok(())
}

fn write_site(answer: &Answer<'_>, all: bool, out: &mut String) -> std::fmt::Result {
    let Some(site) = &answer.site else { return Ok(()) };
    let path = site.path.as_deref().unwrap_or_default();
    let segments = match site.segments.len() {
        0 => String::new(),
        many => format!("{many} segments, "),
    };
    if !(site.roles.is_empty() && site.segments.is_empty()) {
        let (roles, allows) = (site.roles.len(), site.allows);
        line(
            out,
            format_args!("\n{path}: {segments}{roles} roles of groups, {allows} lines that permit something"),
        )?;
    }
    if site.unsaid.is_empty() {
        return line(out, format_args!("it says everything that is deployed"));
    }
    line(out, format_args!("\ndeployed, and said by no line"))?;
    let most = if all { usize::MAX } else { MOST_SHOWN };
    for one in site.unsaid.iter().take(most) {
        line(out, format_args!("  {}  {}", one.at, one.what))?;
    }
    match site.unsaid.len().checked_sub(most) {
        Some(rest) if rest > 0 => line(out, format_args!("  and {rest} more; `--verbose` has them all")),
        _ => Ok(()),
    }
}
