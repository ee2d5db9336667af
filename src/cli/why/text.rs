//! An answer for people.
//!
//! In: a [`JsonAnswer`]. Out: text, the verdict first, then what it rests on.

use super::answer::{JsonAnswer, JsonPacket, JsonReason, JsonSource};
use std::fmt::Write;

/// Most rules of one answer that are listed.
const MOST_RULES: usize = 20;

pub(super) fn text(answer: &JsonAnswer<'_>) -> String {
    let mut text = format!(
        "{}: {} to {} on {} ({} level, {})\n",
        answer.verdict, answer.from, answer.to, answer.service, answer.level, answer.as_of
    );
    if answer.level == "artefact" && !answer.enforced {
        text.push_str("  no artefact enforces either end: the file's word stands\n");
    }
    packets(&mut text, answer);
    list(&mut text, "because", &answer.reasons);
    carried(&mut text, answer);
    list(&mut text, "excluded by", &answer.forbids);
    if answer.verdict != "allow" && answer.reasons.is_empty() {
        list(&mut text, "nearest", &answer.nearest);
    }
    if answer.reasons.is_empty() && answer.forbids.is_empty() {
        text.push_str("  no line permits it: default deny\n");
    }
    suggestions(&mut text, answer);
    text
}

fn packets(text: &mut String, answer: &JsonAnswer<'_>) {
    for (packet, what) in [(&answer.passes, "passes"), (&answer.dropped, "does not pass")] {
        if let Some(JsonPacket { source, destination, service }) = packet {
            // Writing into a string can't fail.
            let _ = writeln!(text, "  for example, {source} to {destination} on {service} {what}");
        }
    }
    for class in &answer.passing {
        let _ = writeln!(text, "  passes: {} to {} on {}", class.from, class.to, class.service);
    }
}

fn list(text: &mut String, heading: &str, reasons: &[JsonReason<'_>]) {
    for reason in reasons {
        // Writing into a string can't fail.
        let _ = writeln!(
            text,
            "  {heading} {} at {}:{}: {} to {} on {}",
            reason.statement, reason.path, reason.line, reason.from, reason.to, reason.service
        );
        let _ = writeln!(text, "    {}", reason.text);
        let remark = if reason.verified == Some(false) { ", unverified" } else { "" };
        let encryption = reason.encryption.map(|word| format!(", {word}")).unwrap_or_default();
        let entry = reason
            .catalogue
            .map(|entry| format!(" (catalogue {entry}{encryption}{remark})"))
            .unwrap_or_default();
        let _ = writeln!(text, "    {}{entry}", reason.because);
        for source in &reason.sources {
            let _ = writeln!(text, "    source: {}", cited(source));
        }
        if !reason.differs.is_empty() {
            let _ = writeln!(text, "    differs in {}", reason.differs.join("; "));
        }
    }
}

fn cited(source: &JsonSource<'_>) -> String {
    let age: Vec<&str> = [source.version, source.date].into_iter().flatten().collect();
    let age = if age.is_empty() { String::new() } else { format!(" ({})", age.join(", ")) };
    format!("{}{age}: {}", source.title, source.says)
}

/// The rules that carry it, or the end that drops it.
fn carried(text: &mut String, answer: &JsonAnswer<'_>) {
    for end in &answer.ends {
        let does = match end.verdict {
            "allow" => "lets it pass",
            "partial" => "lets a part of it pass",
            _ => "drops it",
        };
        // Writing into a string can't fail.
        let _ = writeln!(text, "  {} at {} ({}) {does}", end.end, end.role, end.platform);
    }
    let Some(rules) = &answer.rules else {
        if answer.level == "artefact" {
            text.push_str(
                "  no artefact is written while the site has errors: there is no rule to point at\n",
            );
        }
        return;
    };
    for rule in rules.iter().take(MOST_RULES) {
        let end = rule.end.map(|end| format!("{end} ")).unwrap_or_default();
        let _ = writeln!(text, "  carried by {end}{} {}", rule.artifact, rule.pointer);
    }
    if rules.len() > MOST_RULES {
        let more = rules.len() - MOST_RULES;
        let _ = writeln!(text, "  and by {more} more rules; `--format json` has them all");
    }
}

fn suggestions(text: &mut String, answer: &JsonAnswer<'_>) {
    for intent in &answer.intents {
        let heading = if intent.permits { "would permit it" } else { "comes near" };
        // Writing into a string can't fail.
        let _ = writeln!(text, "  {heading}: {}", intent.line);
        for more in intent.differs.iter().chain(&intent.change) {
            let _ = writeln!(text, "    {more}");
        }
    }
}
