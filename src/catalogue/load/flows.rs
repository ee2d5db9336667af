//! Flows and names, with their ports, editions and sources.
//!
//! In: parsed files, and the kinds and conditions of the catalogue. Out: entries in the catalogue, and problems.
//!
//! Invariant: a TCP or UDP flow has ports or a port parameter, never both; an ICMP flow has neither.

use super::super::entry::{FlowEntry, NameEntry};
use super::super::raw::{RawFlow, RawName, RawPorts};
use super::super::store::Catalogue;
use super::super::value::{IcmpMessage, PortRange, Source, Transport};
use super::kinds::{check_slug, check_text, report_twice, resolve_conditions, resolve_kind};
use super::{Parsed, Place, ProblemKind, Report};

/// Most port ranges that one entry may have, and most parameters of one name.
const LIST_LIMIT: usize = 100;

pub(super) fn add_flows(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    let mut pairs = Vec::new();
    for (file, raw) in parsed.iter().flat_map(|(at, file)| file.flows.iter().map(move |entry| (*at, entry))) {
        let place = report.place(file, "id", &raw.id);
        check_slug(report, place, &raw.id);
        pairs.extend(raw.paired_with.as_ref().map(|other| (place, other)));
        if catalogue.flows.contains_key(&raw.id) {
            report_twice(report, place, "id", "flow", &raw.id);
            continue;
        }
        let entry = typed_flow(catalogue, report, place, raw);
        catalogue.flows.insert(raw.id.clone(), entry);
    }
    for (place, other) in pairs {
        if !catalogue.flows.contains_key(other) {
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
        id: raw.id.clone(),
        from: resolve_kind(catalogue, report, place, &raw.from).unwrap_or_default().to_owned(),
        to: resolve_kind(catalogue, report, place, &raw.to).unwrap_or_default().to_owned(),
        transport: raw.transport,
        ports,
        source_ports: resolve_ports(report, place, &raw.source_ports),
        icmp: resolve_icmp(report, place, raw),
        direction: raw.direction,
        service: raw.service.clone(),
        what: raw.what.clone(),
        why: raw.why.clone(),
        need: raw.need,
        when: resolve_conditions(catalogue, report, place, &raw.when),
        condition: raw.condition.clone(),
        encryption: raw.encryption,
        area: raw.area.clone(),
        since: raw.since.clone(),
        until: raw.until.clone(),
        paired_with: raw.paired_with.clone(),
        dynamic: raw.dynamic,
        local_only: raw.local_only,
        port_parameter: raw.port_parameter.clone(),
        fqdn: raw.fqdn.clone(),
        note: raw.note.clone(),
        sources: raw.sources.clone(),
        verified: raw.verified,
    }
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
        (true, false, Some(_)) => {
            ("port-parameter", "ports are both fixed and free".to_owned(), "keep `ports` or `port-parameter`")
        }
        (false, false, _) | (false, _, Some(_)) => {
            ("transport", format!("an {word} flow has ports"), "use `icmp-type` and `icmp-code` instead")
        }
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
pub(super) fn check_sources(report: &mut Report<'_>, place: Place<'_>, sources: &[Source]) {
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
    let mut order = |label: &Option<String>| {
        let label = label.as_ref()?;
        let at = catalogue.releases().position(|name| name == label);
        if at.is_none() {
            let message = format!("no release is called `{label}`");
            report.entry(ProblemKind::Reference, place, label, message, "name a release of releases.yaml");
        }
        at
    };
    if let (Some(since), Some(until)) = (order(&raw.since), order(&raw.until))
        && since > until
    {
        let message = "`since` is a newer release than `until`";
        report.entry(ProblemKind::Value, place, "until", message, "swap them, or drop `until`");
    }
}

pub(super) fn add_names(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for (file, raw) in parsed.iter().flat_map(|(at, file)| file.names.iter().map(move |entry| (*at, entry))) {
        let place = report.place(file, "id", &raw.id);
        check_slug(report, place, &raw.id);
        if !seen.insert(&raw.id) {
            report_twice(report, place, "id", "name entry", &raw.id);
        }
        let entry = typed_name(catalogue, report, place, raw);
        catalogue.names.push(entry);
    }
}

fn typed_name(catalogue: &Catalogue, report: &mut Report<'_>, place: Place<'_>, raw: &RawName) -> NameEntry {
    check_text(report, place, "what", &raw.what);
    check_slug(report, place, &raw.edition);
    check_sources(report, place, &raw.sources);
    check_fqdn(report, place, raw);
    NameEntry {
        id: raw.id.clone(),
        from: resolve_kind(catalogue, report, place, &raw.from).unwrap_or_default().to_owned(),
        to: raw.to.as_ref().and_then(|to| resolve_kind(catalogue, report, place, to)).map(str::to_owned),
        fqdn: raw.fqdn.clone(),
        transport: raw.transport,
        ports: resolve_ports(report, place, &raw.ports),
        what: raw.what.clone(),
        need: raw.need,
        when: resolve_conditions(catalogue, report, place, &raw.when),
        edition: raw.edition.clone(),
        wildcard: raw.wildcard,
        template: raw.template.clone(),
        tls_interception: raw.tls_interception.clone(),
        azure_service_tag: raw.azure_service_tag.clone(),
        aws_endpoint: raw.aws_endpoint.clone(),
        note: raw.note.clone(),
        sources: raw.sources.clone(),
        verified: raw.verified,
    }
}

fn check_fqdn(report: &mut Report<'_>, place: Place<'_>, raw: &RawName) {
    let letters = raw.fqdn.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._*<>/".contains(letter));
    if raw.fqdn.is_empty() || !letters {
        let message = format!("`{}` can't be a name", raw.fqdn);
        report.entry(
            ProblemKind::Value,
            place,
            "fqdn",
            message,
            "write a host name, with `*` or `<parameter>`",
        );
    }
    if raw.wildcard != raw.fqdn.contains('*') {
        let message = "`wildcard` and the `*` in the name don't agree";
        report.entry(
            ProblemKind::Value,
            place,
            "fqdn",
            message,
            "write `wildcard: true` for a name with `*`",
        );
    }
    if raw.template.len() > LIST_LIMIT {
        report.too_long(place, "parameters in one name", LIST_LIMIT);
    }
    for parameter in raw.template.iter().take(LIST_LIMIT) {
        if !raw.fqdn.contains(&format!("<{parameter}>")) {
            let message = format!("the name has no parameter `<{parameter}>`");
            report.entry(ProblemKind::Reference, place, parameter, message, "write it into `fqdn`");
        }
    }
}
