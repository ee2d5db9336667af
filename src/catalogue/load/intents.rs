//! Intents: options, and rows that pick flows for pairs of parties.
//!
//! In: parsed files, and the kinds and flows of the catalogue. Out: entries in the catalogue, and problems.
//!
//! Invariant: a row opens no port that its flow entry does not have, unless the entry leaves the port to the customer.

use indexmap::IndexMap;

use super::super::entry::FlowEntry;
use super::super::intent::{Intent, OptionSpec, Row, RowPorts, RowWarning, ServiceFilter, Side};
use super::super::raw::{RawIntent, RawOption, RawPortFrom, RawRow, RawWarning};
use super::super::store::Catalogue;
use super::super::text::{Text, owned, owned_if_any};
use super::flows::resolve_ports;
use super::kinds::{check_id, check_slug, check_text, report_twice, resolve_kinds};
use super::selects;
use super::{Parsed, Place, ProblemKind, Report};

/// Most words that an option may have.
const WORD_LIMIT: usize = 100;
/// Most rows that the intents of a catalogue may have together.
const ROW_LIMIT: usize = 2000;

pub(super) fn add_intents(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    let mut rows = 0;
    for (file, raw) in parsed.iter().flat_map(|(at, file)| file.intents.iter().map(move |entry| (*at, entry)))
    {
        let place = report.place(file, "intent", &raw.intent);
        rows += raw.flows.len();
        if rows > ROW_LIMIT {
            report.too_long(place, "rows of intents", ROW_LIMIT);
            return;
        }
        check_id(report, place, &raw.intent);
        if catalogue.intents.contains_key(raw.intent.as_str()) {
            report_twice(report, place, "intent", "intent", &raw.intent);
            continue;
        }
        let intent = typed_intent(catalogue, report, place, raw);
        catalogue.intents.insert(Text::from(&raw.intent), intent);
    }
}

fn typed_intent(catalogue: &Catalogue, report: &mut Report<'_>, place: Place<'_>, raw: &RawIntent) -> Intent {
    check_text(report, place, "what", &raw.what);
    check_text(report, place, "why", &raw.why);
    let mut intent = Intent {
        name: Text::from(&raw.intent),
        what: Text::from(&raw.what),
        why: Text::from(&raw.why),
        left: resolve_kinds(catalogue, report, place, &raw.left),
        right: resolve_kinds(catalogue, report, place, &raw.right),
        via: resolve_kinds(catalogue, report, place, &raw.via),
        options: resolve_options(catalogue, report, place, &raw.options.0),
        rows: Vec::new(),
        note: owned_if_any(raw.note.as_ref()),
    };
    if raw.flows.is_empty() {
        let help = "add `flows` with at least one row";
        report.entry(ProblemKind::Value, place, "flows", "the intent has no flows", help);
    }
    for row in &raw.flows {
        let Some(entry) = catalogue.flow(&row.flow) else {
            let message = format!("no flow has the id `{}`", row.flow);
            report.entry(ProblemKind::Reference, place, &row.flow, message, "name a flow of this catalogue");
            continue;
        };
        let typed = typed_row(catalogue, report, place, &intent, row, entry);
        intent.rows.push(typed);
    }
    intent
}

fn resolve_options(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    raw: &[(String, RawOption)],
) -> IndexMap<Text, OptionSpec> {
    let mut options = IndexMap::new();
    for (name, option) in raw {
        check_slug(report, place, name);
        check_text(report, place, "what", &option.what);
        if let Some(spec) = option_spec(catalogue, report, place, name, option) {
            options.insert(Text::from(name), spec);
        }
    }
    options
}

fn option_spec(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    name: &str,
    raw: &RawOption,
) -> Option<OptionSpec> {
    let what = Text::from(&raw.what);
    if raw.values.len() > WORD_LIMIT {
        report.too_long(place, "words in one option", WORD_LIMIT);
        return None;
    }
    match (raw.port, raw.values.is_empty(), &raw.default) {
        (true, true, None) if raw.selects.0.is_empty() => return Some(OptionSpec::Port { what }),
        (false, false, Some(default)) if raw.values.contains(default) => {
            let selects = selects::resolve(catalogue, report, place, raw);
            let (values, default) = (owned(&raw.values), Text::from(default));
            return Some(OptionSpec::Choice { values, default, selects, what });
        }
        _ => {}
    }
    let message = format!("the option `{name}` is neither a choice with a default nor a port");
    report.entry(
        ProblemKind::Value,
        place,
        name,
        message,
        "write `values` and one of them as `default`, or `port: true`",
    );
    None
}

fn typed_row(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    intent: &Intent,
    raw: &RawRow,
    entry: &FlowEntry,
) -> Row {
    let from_kinds = row_kinds(catalogue, report, place, &raw.from_kinds, entry.from());
    let to_kinds = row_kinds(catalogue, report, place, &raw.to_kinds, entry.to());
    check_side(report, place, intent, raw, (raw.from, &from_kinds));
    check_side(report, place, intent, raw, (raw.to, &to_kinds));
    check_row_options(report, place, intent, raw);
    selects::check_row(catalogue, report, place, intent, raw, entry);
    if !entry.is_selectable() {
        let message = format!("the flow `{}` is history and can't be selected", raw.flow);
        report.entry(ProblemKind::Value, place, &raw.flow, message, "take the row out");
    }
    Row {
        flow: Text::from(&raw.flow),
        from: raw.from,
        to: raw.to,
        from_kinds,
        to_kinds,
        to_service: service_filter(report, place, raw),
        ports: row_ports(report, place, intent, raw, entry),
        when: raw.when.0.iter().map(|(option, words)| (Text::from(option), owned(&words.0))).collect(),
        when_absent: owned(&raw.when_absent),
        direct_only: raw.direct_only,
        warn: raw.warn.as_ref().map(warning),
    }
}

fn warning(raw: &RawWarning) -> RowWarning {
    RowWarning { message: Text::from(&raw.message), help: Text::from(&raw.help) }
}

fn row_kinds(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    written: &[String],
    own: &str,
) -> Vec<Text> {
    if written.is_empty() && !own.is_empty() {
        return resolve_kinds(catalogue, report, place, &[own.to_owned()]);
    }
    resolve_kinds(catalogue, report, place, written)
}

/// A row that no party of the line can ever stand in is a mistake in the data.
fn check_side(
    report: &mut Report<'_>,
    place: Place<'_>,
    intent: &Intent,
    raw: &RawRow,
    (side, kinds): (Side, &[Text]),
) {
    let (allowed, word) = match side {
        Side::Left => (&intent.left, "left"),
        Side::Right => (&intent.right, "right"),
        Side::Via => (&intent.via, "via"),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| allowed.binary_search(kind).is_ok()) {
        let message = format!("no kind of `{word}` can stand in the row of flow `{}`", raw.flow);
        report.entry(ProblemKind::Value, place, &raw.flow, message, format!("add the kind to `{word}`"));
    }
}

fn check_row_options(report: &mut Report<'_>, place: Place<'_>, intent: &Intent, raw: &RawRow) {
    for (option, words) in &raw.when.0 {
        let Some(OptionSpec::Choice { values, .. }) = intent.options.get(option.as_str()) else {
            let message = format!("the intent has no choice `{option}`");
            report.entry(
                ProblemKind::Reference,
                place,
                option,
                message,
                "name one of its options with `values`",
            );
            continue;
        };
        for word in words.0.iter().filter(|word| !values.iter().any(|value| value == *word)) {
            let message = format!("the option `{option}` has no value `{word}`");
            report.entry(
                ProblemKind::Reference,
                place,
                word,
                message,
                format!("use one of: {}", values.join(", ")),
            );
        }
    }
    for option in &raw.when_absent {
        if !matches!(intent.options.get(option.as_str()), Some(OptionSpec::Port { .. })) {
            let message = format!("the intent has no port option `{option}`");
            report.entry(
                ProblemKind::Reference,
                place,
                option,
                message,
                "name one of its options with `port: true`",
            );
        }
    }
}

fn service_filter(report: &mut Report<'_>, place: Place<'_>, raw: &RawRow) -> ServiceFilter {
    match (raw.to_service.is_empty(), raw.to_service_except.is_empty()) {
        (true, true) => ServiceFilter::Any,
        (false, true) => ServiceFilter::OneOf(owned(&raw.to_service)),
        (true, false) => ServiceFilter::NoneOf(owned(&raw.to_service_except)),
        (false, false) => {
            let message = "a row has both `to-service` and `to-service-except`";
            report.entry(ProblemKind::Value, place, &raw.flow, message, "keep one of them");
            ServiceFilter::Any
        }
    }
}

fn row_ports(
    report: &mut Report<'_>,
    place: Place<'_>,
    intent: &Intent,
    raw: &RawRow,
    entry: &FlowEntry,
) -> RowPorts {
    let free = entry.port_parameter().is_some();
    match &raw.port_from {
        Some(from) if free && raw.ports.is_empty() => port_from(report, place, intent, raw, from),
        None if !free && raw.ports.is_empty() => RowPorts::Entry,
        None if !free => {
            let ranges = resolve_ports(report, place, &raw.ports);
            for range in ranges.iter().filter(|range| !entry.ports().iter().any(|own| own.covers(**range))) {
                let message = format!("the flow `{}` does not have port {range}", raw.flow);
                report.entry(
                    ProblemKind::Value,
                    place,
                    &raw.flow,
                    message,
                    "choose among the ports of the entry",
                );
            }
            RowPorts::Some(ranges)
        }
        _ => {
            let message = format!(
                "the row of flow `{}` and its entry don't agree on where the port comes from",
                raw.flow
            );
            let help = "`port-from` belongs to an entry with `port-parameter`, `ports` to one with `ports`";
            report.entry(ProblemKind::Value, place, &raw.flow, message, help);
            RowPorts::Entry
        }
    }
}

fn port_from(
    report: &mut Report<'_>,
    place: Place<'_>,
    intent: &Intent,
    raw: &RawRow,
    from: &RawPortFrom,
) -> RowPorts {
    match (&from.option, from.role, from.attribute.as_deref()) {
        (Some(option), None, None)
            if matches!(intent.options.get(option.as_str()), Some(OptionSpec::Port { .. })) =>
        {
            RowPorts::Option(Text::from(option))
        }
        (None, Some(end), Some("port")) => RowPorts::Role(end),
        _ => {
            let message = format!("the row of flow `{}` takes its port from nothing that has one", raw.flow);
            let help = "write `{ option: NAME }` with a port option, or `{ role: to, attribute: port }`";
            report.entry(ProblemKind::Reference, place, &raw.flow, message, help);
            RowPorts::Entry
        }
    }
}
