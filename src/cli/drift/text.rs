//! The comparison with what is deployed, for a terminal.
//!
//! In: an [`Answer`]. Out: its text: what was compared, each difference with its access and places, what is not ours.

use super::answer::{Answer, JsonAccess, JsonDrift, JsonForeign, Summary};
use crate::cli::visible::line;

/// Most foreign names that are listed unless asked for all.
const MOST_SHOWN: usize = 5;

/// The text; `all` leaves nothing out.
pub(super) fn text(answer: &Answer<'_>, all: bool) -> String {
    let mut text = String::new();
    // Writing into a string can't fail.
    let _ = write(answer, all, &mut text);
    text
}

/// The counts in words.
pub(super) fn summary(answer: &Answer<'_>) -> String {
    let Summary { drifts, by_kind, .. } = &answer.summary;
    if *drifts == 0 {
        let points: usize = answer.compared.iter().map(|one| one.points).sum();
        return match (points, answer.not_compared.is_empty()) {
            (0, _) => "nothing was compared",
            (_, true) => "what is deployed is what the site compiles to",
            (_, false) => "what was compared does not differ, and not everything was compared",
        }
        .to_owned();
    }
    let kinds: Vec<String> = by_kind.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    let noun = if *drifts == 1 { "difference" } else { "differences" };
    format!("{drifts} {noun}: {}", kinds.join(", "))
}

fn write(answer: &Answer<'_>, all: bool, out: &mut String) -> std::fmt::Result {
    line(out, format_args!("site \"{}\", {}: {}", answer.site, answer.as_of, summary(answer)))?;
    for drift in &answer.drifts {
        write_drift(drift, out)?;
    }
    for one in &answer.compared {
        let platforms = one.platforms.join(", ");
        line(
            out,
            format_args!(
                "\n{platforms} ({}): {} compared, {} compiled rules",
                one.title, one.points, one.rules
            ),
        )?;
        for remark in one.remarks {
            line(out, format_args!("  {remark}"))?;
        }
        if one.foreign.is_empty() {
            continue;
        }
        line(out, format_args!("  {} not of this site, left alone", one.foreign.len()))?;
        let why = |other: &JsonForeign<'_>| {
            let unread = || other.problem.map(|problem| format!("not read: {problem}"));
            other.belongs_to.map(str::to_owned).or_else(unread)
        };
        for (other, why) in one.foreign.iter().filter_map(|other| Some((other, why(other)?))) {
            line(out, format_args!("    {}: {why}", other.point))?;
        }
        let others: Vec<_> = one.foreign.iter().filter(|other| why(other).is_none()).collect();
        let most = if all { usize::MAX } else { MOST_SHOWN };
        for other in others.iter().take(most) {
            line(out, format_args!("    {}", other.point))?;
        }
        if let Some(rest) = others.len().checked_sub(most).filter(|rest| *rest > 0) {
            line(out, format_args!("    and {rest} more; `--verbose` has them all"))?;
        }
    }
    if !answer.not_compared.is_empty() {
        line(out, format_args!("\nnot compared"))?;
    }
    for one in &answer.not_compared {
        line(out, format_args!("  {one}"))?;
    }
    Ok(())
}

fn write_drift(drift: &JsonDrift<'_>, out: &mut String) -> std::fmt::Result {
    let direction = drift.direction.map(|word| format!(", {word}")).unwrap_or_default();
    let certain = if drift.certain { "" } else { " (possibly: a deny meets names)" };
    line(out, format_args!("\n{}: {}{direction}{certain}", drift.kind, drift.point))?;
    if let Some(note) = drift.note {
        line(out, format_args!("  {note}"))?;
    }
    for row in &drift.rows {
        line(out, format_args!("  row {}: {} -> {}", row.id, row.from, row.to))?;
    }
    accesses('+', &drift.opened, out)?;
    accesses('-', &drift.closed, out)?;
    if let Some(place) = drift.compiled_at {
        line(out, format_args!("  compiled at {place}"))?;
    }
    if let Some(place) = drift.deployed_at {
        let remark = drift.remark.map(|remark| format!(" \"{remark}\"")).unwrap_or_default();
        line(out, format_args!("  deployed at {place}{remark}"))?;
    }
    if let Some(deployed) = drift.deployed.filter(|deployed| *deployed != drift.point) {
        line(out, format_args!("  deployed as {deployed}"))?;
    }
    Ok(())
}

fn accesses(sign: char, list: &[JsonAccess], out: &mut String) -> std::fmt::Result {
    for access in list {
        line(out, format_args!("  {sign} {} -> {}  {}", access.from, access.to, access.service))?;
    }
    Ok(())
}
