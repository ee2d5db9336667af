//! Flows, with their ports, editions and sources.
//!
//! In: parsed files, and the kinds and conditions of the catalogue. Out: entries in the catalogue, and problems.
//!
//! Invariant: a TCP or UDP flow has ports, or a port parameter with an example at most; an ICMP flow has neither.

use super::super::entry::{Condition, FlowEntry};
use super::super::raw::{RawChange, RawFlow, RawPorts, RawSource};
use super::super::store::Catalogue;
use super::super::text::{Text, owned_if_any};
use super::super::value::{Change, IcmpMessage, PortRange, Source, Transport};
use super::conditions::{resolve_conditions, with_implied};
use super::kinds::{check_id, check_text, report_twice, resolve_kind};
use super::{Parsed, Place, ProblemKind, Report};

/// Most port ranges that one entry may have, and most parameters of one name.
pub(super) const LIST_LIMIT: usize = 100;

pub(super) fn add_flows(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    let mut pairs = Vec::new();
    for (file, raw) in parsed.iter().flat_map(|(at, file)| file.flows.iter().map(move |entry| (*at, entry))) {
        let place = report.place(file, "id", &raw.id);
        check_id(report, place, &raw.id);
        pairs.extend(raw.paired_with.as_ref().map(|other| (place, other)));
        if catalogue.flows.contains_key(raw.id.as_str()) {
            report_twice(report, place, "id", "flow", &raw.id);
            continue;
        }
        let entry = typed_flow(catalogue, report, place, raw);
        catalogue.flows.insert(Text::from(&raw.id), entry);
    }
    for (place, other) in pairs {
        if !catalogue.flows.contains_key(other.as_str()) {
            let message = format!("no flow has the id `{other}`");
            report.entry(
                ProblemKind::Reference,
                place,
                other,
                message,
                "name the flow in the other direction",
            );
        }
    }
}

fn typed_flow(catalogue: &Catalogue, report: &mut Report<'_>, place: Place<'_>, raw: &RawFlow) -> FlowEntry {
    check_text(report, place, "what", &raw.what);
    check_text(report, place, "why", &raw.why);
    check_text(report, place, "service", &raw.service);
    check_sources(report, place, &raw.sources);
    check_editions(catalogue, report, place, raw);
    let ports = resolve_ports(report, place, &raw.ports);
    check_shape(report, place, raw);
    FlowEntry {
        id: Text::from(&raw.id),
        from: Text::from(resolve_kind(catalogue, report, place, &raw.from).unwrap_or_default()),
        to: Text::from(resolve_kind(catalogue, report, place, &raw.to).unwrap_or_default()),
        transport: raw.transport,
        ports,
        source_ports: resolve_ports(report, place, &raw.source_ports),
        icmp: resolve_icmp(report, place, raw),
        direction: raw.direction,
        service: Text::from(&raw.service),
        what: Text::from(&raw.what),
        why: Text::from(&raw.why),
        need: raw.need,
        when: resolve_conditions(catalogue, report, place, &raw.when),
        condition: owned_if_any(raw.condition.as_ref()),
        encryption: raw.encryption,
        sensitivity: raw.sensitivity,
        area: Text::from(&raw.area),
        since: owned_if_any(raw.since.as_ref()),
        until: owned_if_any(raw.until.as_ref()),
        paired_with: owned_if_any(raw.paired_with.as_ref()),
        dynamic: raw.dynamic,
        local_only: raw.local_only,
        port_parameter: owned_if_any(raw.port_parameter.as_ref()),
        fqdn: owned_if_any(raw.fqdn.as_ref()),
        note: owned_if_any(raw.note.as_ref()),
        changes: raw.changes.iter().map(change).collect(),
        sources: sources(&raw.sources),
        verified: raw.verified,
        selectable: !raw.local_only && !is_never_selected(catalogue, &raw.when),
    }
}

fn change(raw: &RawChange) -> Change {
    Change { release: Text::from(&raw.release), what: Text::from(&raw.what) }
}

/// Sources as they are kept.
pub(super) fn sources(raw: &[RawSource]) -> Vec<Source> {
    let kept = |source: &RawSource| Source {
        title: Text::from(&source.title),
        date: owned_if_any(source.date.as_ref()),
        version: owned_if_any(source.version.as_ref()),
        address: owned_if_any(source.address.as_ref()),
        read: owned_if_any(source.read.as_ref()),
        says: Text::from(&source.says),
    };
    raw.iter().map(kept).collect()
}

/// True where one of the conditions, or one that they bring with them, keeps a flow out of every intent.
fn is_never_selected(catalogue: &Catalogue, when: &[String]) -> bool {
    let holding = with_implied(catalogue, when);
    holding.iter().filter_map(|name| catalogue.condition(name)).any(Condition::never_selected)
}

/// Ports or a parameter for TCP and UDP; a type and nothing else for ICMP.
fn check_shape(report: &mut Report<'_>, place: Place<'_>, raw: &RawFlow) {
    let word = raw.transport.word();
    let (key, message, help) = match (raw.transport.has_ports(), raw.ports.is_empty(), &raw.port_parameter) {
        (true, true, None) => (
            "transport",
            format!("a {word} flow has no ports"),
            "add `ports`, or `port-parameter` for a free choice",
        ),
        (true, false, Some(_)) if raw.ports.len() > 1 => (
            "port-parameter",
            "a port that the customer chooses has several examples".to_owned(),
            "keep one port as the example, or drop `port-parameter`",
        ),
        (false, false, _) | (false, _, Some(_)) => {
            ("transport", format!("an {word} flow has ports"), "use `icmp-type` and `icmp-code` instead")
        }
        (false, ..) if raw.icmp_code.is_some() && raw.icmp_type.is_none() => (
            "icmp-code",
            format!("an {word} flow has a code and no type"),
            "add `icmp-type`: a code alone would mean every message",
        ),
        (true, ..) if raw.icmp_type.is_some() || raw.icmp_code.is_some() => {
            ("transport", format!("a {word} flow has an icmp message"), "use `ports` instead")
        }
        _ => return,
    };
    report.entry(ProblemKind::Value, place, key, message, help);
}

/// Port ranges as values; one that can't be is reported and left out.
pub(super) fn resolve_ports(report: &mut Report<'_>, place: Place<'_>, raw: &[RawPorts]) -> Vec<PortRange> {
    if raw.len() > LIST_LIMIT {
        report.too_long(place, "ports in one entry", LIST_LIMIT);
        return Vec::new();
    }
    let mut ranges = Vec::new();
    for written in raw {
        match parse_ports(written) {
            Ok(range) => ranges.push(range),
            Err(why) => {
                let text = written.to_string();
                let message = format!("`{text}` can't be a port or a range of ports: {why}");
                report.entry(ProblemKind::Value, place, &text, message, "write `80` or `\"49152-65535\"`");
            }
        }
    }
    ranges
}

fn parse_ports(written: &RawPorts) -> Result<PortRange, &'static str> {
    let text = written.to_string();
    let (low, high) = text.split_once('-').unwrap_or((&text, &text));
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        digits
            .parse::<u16>()
            .ok()
            .filter(|port| plain && *port != 0)
            .ok_or("a port is a number from 1 to 65535")
    };
    PortRange::new(number(low)?, number(high)?).ok_or("the first port is above the last")
}

/// ICMP messages that have a name. Source: RFC 792 (1981-09), "Echo or Echo Reply Message"; RFC 4443 (2006-03),
/// section 4.1.
fn named_icmp(transport: Transport, name: &str) -> Option<u8> {
    match (transport, name) {
        (Transport::Icmp, "echo-request") => Some(8),
        (Transport::Icmpv6, "echo-request") => Some(128),
        _ => name.parse().ok(),
    }
}

fn resolve_icmp(report: &mut Report<'_>, place: Place<'_>, raw: &RawFlow) -> Option<IcmpMessage> {
    let name = raw.icmp_type.as_ref().filter(|_| !raw.transport.has_ports())?.to_string();
    let message_type = named_icmp(raw.transport, &name);
    if message_type.is_none() {
        let message = format!("no icmp message is called `{name}`");
        report.entry(
            ProblemKind::Value,
            place,
            &name,
            message,
            "write `echo-request` or a number from 0 to 255",
        );
    }
    Some(IcmpMessage { message_type: message_type?, code: raw.icmp_code })
}

/// Reports an entry without a source, or a source that nobody could find again.
pub(super) fn check_sources(report: &mut Report<'_>, place: Place<'_>, sources: &[RawSource]) {
    let help = "add `sources` with `title`, `date` or `version`, and `says`";
    if sources.is_empty() {
        report.entry(ProblemKind::Value, place, "sources", "the entry has no source", help);
    }
    for source in sources {
        if source.title.trim().is_empty() || source.says.trim().is_empty() {
            report.entry(
                ProblemKind::Value,
                place,
                "sources",
                "a source has an empty title or says nothing",
                help,
            );
        }
        if source.date.is_none() && source.version.is_none() {
            let message = format!("the source `{}` has neither a date nor a version", source.title);
            report.entry(ProblemKind::Value, place, "sources", message, help);
        }
    }
}

fn check_editions(catalogue: &Catalogue, report: &mut Report<'_>, place: Place<'_>, raw: &RawFlow) {
    let mut order = |label: &str| {
        let at = catalogue.release_id(label);
        if at.is_none() {
            let message = format!("no release is called `{label}`");
            report.entry(
                ProblemKind::Reference,
                place,
                label,
                message,
                "name a release; `segc catalogue list releases` lists them",
            );
        }
        at
    };
    let since = raw.since.as_deref().and_then(&mut order);
    let until = raw.until.as_deref().and_then(&mut order);
    let changes: Vec<_> = raw.changes.iter().filter_map(|change| order(&change.release)).collect();
    if since.zip(until).is_some_and(|(since, until)| since > until) {
        let message = "`since` is a newer release than `until`";
        report.entry(ProblemKind::Value, place, "until", message, "swap them, or drop `until`");
    }
    let begins = since.map_or(Vec::new(), |since| vec![since]);
    let in_order: Vec<_> = begins.into_iter().chain(changes).chain(until).collect();
    if !raw.changes.is_empty() && !in_order.is_sorted() {
        let message = "`changes` are not in the order of the releases between `since` and `until`";
        report.entry(ProblemKind::Value, place, "changes", message, "sort them, oldest first");
    }
}
