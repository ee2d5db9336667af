//! Names that must be reachable.
//!
//! In: parsed files, and the kinds and conditions of the catalogue. Out: entries in the catalogue, and problems.
//!
//! Invariant: a name holds nothing but letters that host names, wildcards and parameters have.

use super::super::entry::NameEntry;
use super::super::raw::RawName;
use super::super::store::Catalogue;
use super::super::text::{Text, owned, owned_if_any};
use super::conditions::resolve_conditions;
use super::flows::{LIST_LIMIT, check_sources, resolve_ports, sources};
use super::kinds::{check_id, check_slug, check_text, report_twice, resolve_kind};
use super::{Parsed, Place, ProblemKind, Report};

pub(super) fn add_names(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    let mut seen = std::collections::BTreeSet::new();
    for (file, raw) in parsed.iter().flat_map(|(at, file)| file.names.iter().map(move |entry| (*at, entry))) {
        let place = report.place(file, "id", &raw.id);
        check_id(report, place, &raw.id);
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
        id: Text::from(&raw.id),
        from: Text::from(resolve_kind(catalogue, report, place, &raw.from).unwrap_or_default()),
        to: raw.to.as_ref().and_then(|to| resolve_kind(catalogue, report, place, to)).map(Text::from),
        fqdn: Text::from(&raw.fqdn),
        transport: raw.transport,
        ports: resolve_ports(report, place, &raw.ports),
        what: Text::from(&raw.what),
        need: raw.need,
        when: resolve_conditions(catalogue, report, place, &raw.when),
        edition: Text::from(&raw.edition),
        wildcard: raw.wildcard,
        template: owned(&raw.template),
        tls_interception: owned_if_any(raw.tls_interception.as_ref()),
        azure_service_tag: owned_if_any(raw.azure_service_tag.as_ref()),
        aws_endpoint: owned_if_any(raw.aws_endpoint.as_ref()),
        note: owned_if_any(raw.note.as_ref()),
        sources: sources(&raw.sources),
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
