//! The fixed words of pictures, all in one place so that another language is one more file.
//!
//! In: names and numbers. Out: words and sentences in English.
//!
//! Invariant: no other file of this folder holds words for people.

use crate::policy::EnforcementState;
use crate::policy::service::ServiceSet;

use super::picture::{Picture, Style};
use super::sequence::{Access, Chart};
use super::text::clean;

/// The lane of parties on no platform.
pub(super) const OUTSIDE: &str = "outside";
/// A role whose rules others keep.
pub(super) const MANAGED_BY: &str = "run by";
/// The picture of a whole site.
pub(super) const OVERVIEW: &str = "Who starts connections to whom";
/// The picture of segments where a site is too large for one picture of roles.
pub(super) const SEGMENTS: &str = "Segments: who starts connections to whom";
/// A participant that no role of the site plays.
pub(super) const NOT_IN_SITE: &str = "no role of this site";
/// A call that no line of the site allows.
pub(super) const NOT_ALLOWED: &str = "no line allows this";

/// The title of a sequence where several platforms have it.
pub(super) fn on_platform(title: &str, platform: &str) -> String {
    format!("{title}: {platform}")
}

/// A sequence for whoever can't see it: one sentence for each step.
pub(super) fn steps(chart: &Chart) -> String {
    let name =
        |at: usize| chart.lifelines.get(at).map_or_else(String::new, |lifeline| clean(&lifeline.title));
    let steps = chart.messages.iter().enumerate().map(|(at, message)| {
        let remark = match &message.access {
            Access::Own => String::new(),
            Access::Allowed(services) => format!(" ({services})"),
            Access::Missing => format!(" ({NOT_ALLOWED})"),
        };
        let what = clean(&message.what);
        format!("{}. {} to {}: {what}{remark}.", at + 1, name(message.from), name(message.to))
    });
    std::iter::once(clean(&chart.what)).chain(steps).collect::<Vec<_>>().join(" ")
}

/// How a line style is explained.
pub(super) fn style(style: Style) -> &'static str {
    match style {
        Style::Protected => "protected on its way (TLS or by the product)",
        Style::Clear => "partly or wholly in clear text, or unknown",
        Style::Exception => "exception with an end date",
    }
}

/// The title of the picture of one part of a large site.
pub(super) fn part(name: &str) -> String {
    format!("{name}: who starts connections to whom")
}

/// The name of one of several parts.
pub(super) fn part_of(name: &str, part: usize, parts: usize) -> String {
    if parts == 1 { name.to_owned() } else { format!("{name} (part {part} of {parts})") }
}

/// What a platform is, and who sets its rules.
pub(super) fn platform(kind: &str, written: bool) -> String {
    if written { kind.to_owned() } else { format!("{kind}, rules set by Citrix") }
}

/// What becomes of other traffic to a role whose rules are not enforced yet.
pub(super) fn state(state: EnforcementState) -> &'static str {
    match state {
        EnforcementState::Save => "not applied yet",
        EnforcementState::Monitor => "monitored only",
        EnforcementState::Enforce => "enforced",
    }
}

/// Services as people write them: each protocol once.
pub(super) fn services(services: &ServiceSet) -> String {
    let of = |protocol| {
        let ranges = services.of_protocol(protocol).ranges();
        let details = ranges.iter().filter(|range| !range.is_whole_protocol()).map(|range| {
            let whole = range.to_string();
            whole.split_once('/').map_or(whole.clone(), |(_, detail)| detail.to_owned())
        });
        let details = details.collect::<Vec<_>>().join(", ");
        format!("{} {details}", protocol.to_string().to_uppercase()).trim_end().to_owned()
    };
    services.protocols().into_iter().map(of).collect::<Vec<_>>().join("; ")
}

/// How many machines a role has.
pub(super) fn machines(count: &str) -> String {
    format!("{count} machines")
}

/// How many roles a node stands for.
pub(super) fn roles(count: usize) -> String {
    format!("{count} roles")
}

/// The purposes of an arrow, in words.
fn purposes(picture: &Picture, purposes: &[usize]) -> String {
    let names =
        purposes.iter().filter_map(|at| picture.purposes.get(*at)).map(|purpose| clean(&purpose.name));
    names.collect::<Vec<_>>().join(", ")
}

/// The picture for whoever can't see it: one sentence for each arrow.
pub(super) fn description(picture: &Picture) -> String {
    let name = |node: usize| picture.nodes.get(node).map_or_else(String::new, |node| clean(&node.name));
    let arrows = picture.arrows.iter().map(|arrow| {
        let remark = match arrow.style {
            Style::Protected => "",
            Style::Clear => " (clear text or unknown)",
            Style::Exception => " (exception)",
        };
        let (from, to) = (name(arrow.from), name(arrow.to));
        format!("{from} starts to {to}: {}{remark}.", purposes(picture, &arrow.purposes))
    });
    let counts = format!(
        "{} parties on {} platforms, {} arrows.",
        picture.nodes.len(),
        picture.groups.len(),
        picture.arrows.len()
    );
    std::iter::once(counts).chain(arrows).collect::<Vec<_>>().join(" ")
}
