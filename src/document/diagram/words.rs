//! What pictures say: names and numbers put into the fixed texts of the document's language.
//!
//! In: names and numbers. Out: words and sentences.
//!
//! Invariant: no other file of this folder makes sentences; the texts themselves are with those of the whole document.

use crate::policy::EnforcementState;
use crate::policy::service::ServiceSet;

use super::super::text::{filled, fixed};
use super::picture::{Picture, Style};
use super::sequence::{Access, Chart};
use super::text::clean;

/// The lane of parties on no platform.
pub(super) fn outside() -> &'static str {
    fixed().diagram_outside
}

/// A role whose rules others keep.
pub(super) fn managed_by(who: &str) -> String {
    filled(fixed().diagram_managed_by, &[("who", who)])
}

/// The picture of a whole site.
pub(super) fn overview() -> &'static str {
    fixed().diagram_overview
}

/// The picture of segments where a site is too large for one picture of roles.
pub(super) fn segments() -> &'static str {
    fixed().diagram_segments
}

/// A participant that no role of the site plays.
pub(super) fn not_in_site() -> &'static str {
    fixed().diagram_not_in_site
}

/// A call that no line of the site allows.
pub(super) fn not_allowed() -> &'static str {
    fixed().diagram_not_allowed
}

/// The title of a sequence where several platforms have it.
pub(super) fn on_platform(title: &str, platform: &str) -> String {
    filled(fixed().diagram_on_platform, &[("title", title), ("platform", platform)])
}

/// A sequence for whoever can't see it: one sentence for each step.
pub(super) fn steps(chart: &Chart) -> String {
    let name =
        |at: usize| chart.lifelines.get(at).map_or_else(String::new, |lifeline| clean(&lifeline.title));
    let steps = chart.messages.iter().enumerate().map(|(at, message)| {
        let (template, remark) = match &message.access {
            Access::Own => (fixed().diagram_step, ""),
            Access::Allowed(services) => (fixed().diagram_step_remark, services.as_str()),
            Access::Missing => (fixed().diagram_step_remark, not_allowed()),
        };
        let (number, what) = ((at + 1).to_string(), clean(&message.what));
        let (from, to) = (name(message.from), name(message.to));
        let values =
            [("number", number.as_str()), ("from", &from), ("to", &to), ("what", &what), ("remark", remark)];
        filled(template, &values)
    });
    std::iter::once(clean(&chart.what)).chain(steps).collect::<Vec<_>>().join(" ")
}

/// How a line style is explained.
pub(super) fn style(style: Style) -> &'static str {
    match style {
        Style::Protected => fixed().diagram_protected,
        Style::Clear => fixed().diagram_clear,
        Style::Exception => fixed().diagram_exception,
    }
}

/// The title of the picture of one part of a large site.
pub(super) fn part(name: &str) -> String {
    filled(fixed().diagram_part, &[("name", name)])
}

/// The name of one of several parts.
pub(super) fn part_of(name: &str, part: usize, parts: usize) -> String {
    let (part, count) = (part.to_string(), parts.to_string());
    let values = [("name", name), ("part", part.as_str()), ("parts", count.as_str())];
    if parts == 1 { name.to_owned() } else { filled(fixed().diagram_part_of, &values) }
}

/// What a platform is, and who sets its rules.
pub(super) fn platform(kind: &str, written: bool) -> String {
    if written { kind.to_owned() } else { filled(fixed().diagram_platform_of_vendor, &[("kind", kind)]) }
}

/// What becomes of other traffic to a role whose rules are not enforced yet.
pub(super) fn state(state: EnforcementState) -> &'static str {
    match state {
        EnforcementState::Save => fixed().diagram_state_save,
        EnforcementState::Monitor => fixed().diagram_state_monitor,
        EnforcementState::Enforce => fixed().diagram_state_enforce,
    }
}

/// Most things of one kind that a picture lists; the tables have all of them.
const MOST_LISTED: usize = 24;

/// Things side by side: all, or the first ones and how many more there are.
pub(super) fn listed(things: &[String]) -> String {
    if things.len() <= MOST_LISTED {
        return things.join(", ");
    }
    let shown = things.iter().take(MOST_LISTED - 1).cloned();
    let more = (things.len() + 1 - MOST_LISTED).to_string();
    let more = filled(fixed().diagram_more, &[("more", &more)]);
    shown.chain([more]).collect::<Vec<_>>().join(", ")
}

/// Services as people write them: each protocol once.
pub(super) fn services(services: &ServiceSet) -> String {
    let of = |protocol| {
        let ranges = services.of_protocol(protocol).ranges();
        let details = ranges.iter().filter(|range| !range.is_whole_protocol()).map(|range| {
            let whole = range.to_string();
            whole.split_once('/').map_or(whole.clone(), |(_, detail)| detail.to_owned())
        });
        let details = listed(&details.collect::<Vec<_>>());
        format!("{} {details}", protocol.to_string().to_uppercase()).trim_end().to_owned()
    };
    services.protocols().into_iter().map(of).collect::<Vec<_>>().join("; ")
}

/// How many machines a role has.
pub(super) fn machines(count: &str) -> String {
    filled(fixed().diagram_machines, &[("count", count)])
}

/// How many roles a node stands for.
pub(super) fn roles(count: usize) -> String {
    filled(fixed().diagram_roles, &[("count", &count.to_string())])
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
        let template = match arrow.style {
            Style::Protected => fixed().diagram_arrow,
            Style::Clear => fixed().diagram_arrow_clear,
            Style::Exception => fixed().diagram_arrow_exception,
        };
        let (from, to) = (name(arrow.from), name(arrow.to));
        let what = purposes(picture, &arrow.purposes);
        filled(template, &[("from", &from), ("to", &to), ("what", &what)])
    });
    let counts = [picture.nodes.len(), picture.groups.len(), picture.arrows.len()];
    let [nodes, platforms, count] = counts.map(|count| count.to_string());
    let values = [("nodes", nodes.as_str()), ("platforms", &platforms), ("arrows", &count)];
    let counts = filled(fixed().diagram_counts, &values);
    std::iter::once(counts).chain(arrows).collect::<Vec<_>>().join(" ")
}
