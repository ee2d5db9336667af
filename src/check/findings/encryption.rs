//! What travels unprotected: FC-03, FC-06, FC-07, FC-08, FC-09, FC-21.

use super::{Line, Review};
use crate::catalogue::{Encryption, FlowEntry, KindClass, Sensitivity};
use crate::diagnostic::{Code, Diagnostic, Severity, Sink, codes};
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{Flow, Hardening, Provenance, RoleId, Trust};
use std::collections::BTreeSet;

/// TCP ports whose usual service sends everything in clear text.
///
/// Source: IANA service name and port number registry, read 2026-11-28: ftp-data, ftp, telnet, smtp, http, pop3,
/// imap, ldap, exec, login, shell, rfb (5900).
const CLEAR_TCP: &[u16] = &[20, 21, 23, 25, 80, 110, 143, 389, 512, 513, 514, 5900];

/// The same for UDP: tftp, snmp, snmptrap, syslog. Source: as for [`CLEAR_TCP`].
const CLEAR_UDP: &[u16] = &[69, 161, 162, 514];

/// ICA, session reliability and the HTML5 channel of a desktop. Source: catalogue flows `user-vda-ica`,
/// `user-vda-cgp`, `user-vda-html5`.
const ICA: &[u16] = &[1494, 2598, 8008];

pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    clear_text(review, sink);
    xml_in_clear(review, sink);
    plain_ica(review, sink);
    registration_on_80(review, sink);
    ldap_or_database(review, sink);
    edt_missing(review, sink);
}

/// The part of a reason that is in clear text, with whether it is what a user sees and types; `usual` are the services
/// that are without a catalogue entry.
fn clear_part(review: &Review<'_>, reason: &Provenance, usual: &ServiceSet) -> (ServiceSet, bool) {
    let nothing = (ServiceSet::empty(), false);
    let Some(entry) = review.entry(reason) else {
        return (reason.services.intersection(usual), false);
    };
    if entry.encryption() != Some(Encryption::Clear) {
        return nothing;
    }
    match entry.sensitivity() {
        None | Some(Sensitivity::Infrastructure | Sensitivity::Telemetry) => nothing,
        Some(sensitivity) => (reason.services.clone(), sensitivity == Sensitivity::Session),
    }
}

/// Whether traffic between two roles leaves a segment, a platform or a level of trust.
fn crosses(review: &Review<'_>, from: RoleId, to: RoleId) -> bool {
    let Some((a, b)) = review.party(from).zip(review.party(to)) else { return false };
    let trusts_differ = a.trust.zip(b.trust).is_some_and(|(a, b)| a != b);
    trusts_differ || a.segment != b.segment || a.platform != b.platform
}

/// FC-03. Sessions weigh one step less, because FC-07 refuses them where it is worst.
fn clear_text(review: &Review<'_>, sink: &mut Sink) {
    let usual = ServiceSet::single_ports(Protocol::TCP, CLEAR_TCP)
        .union(&ServiceSet::single_ports(Protocol::UDP, CLEAR_UDP));
    for is_session in [false, true] {
        let clear = |flow: &Flow, reason: &Provenance| {
            let (services, session) = clear_part(review, reason, &usual);
            (session == is_session && crosses(review, flow.from, flow.to)).then_some(services)
        };
        for line in review.lines(clear) {
            let message =
                format!("`{}` sends {} in clear text across a boundary", line.statement, line.services);
            let report = review.report_line(
                codes::CLEAR_TEXT,
                &line,
                message,
                "crosses a boundary of segments or trust",
            );
            let report = review.with_rule(report, "prefer-encrypted-variant");
            let report = if is_session { one_step_less(review, report) } else { report };
            sink.report(report.help(
                "choose the encrypted variant (`tls = only` for sessions), or say what protects it: `accept FC-03 because \
                 \"an IPsec tunnel joins the two segments\"`",
            ));
        }
    }
}

fn one_step_less(review: &Review<'_>, report: Diagnostic) -> Diagnostic {
    report.severity(match review.policy.header().hardening {
        Hardening::Standard => Severity::Note,
        Hardening::Strict => Severity::Warning,
    })
}

/// FC-06
fn xml_in_clear(review: &Review<'_>, sink: &mut Sink) {
    let http = ServiceSet::single_ports(Protocol::TCP, &[80, 8080]);
    let in_clear = |flow: &Flow, reason: &Provenance| {
        let is_broker = review.is(flow.to, KindClass::Broker);
        let asks = review.is_kind(flow.from, &["storefront"]) || review.is(flow.from, KindClass::Gateway);
        let has_tls = review.entry(reason).is_none_or(|entry| has_port(entry, 443));
        (is_broker && asks && has_tls).then(|| reason.services.intersection(&http))
    };
    for line in review.lines(in_clear) {
        let message = format!("`{}` uses the XML or ticket service on {}", line.statement, line.services);
        let report =
            review.report_line(codes::XML_IN_CLEAR, &line, message, "carries credentials in clear text");
        let report = review.with_rule(report, "prefer-encrypted-variant");
        sink.report(report.help(
            "leave the option out that chooses HTTP (`xml = http`), and bind a certificate on the brokers",
        ));
    }
}

fn has_port(entry: &FlowEntry, port: u16) -> bool {
    entry.ports().iter().any(|range| (range.low()..=range.high()).contains(&port))
}

/// FC-07
fn plain_ica(review: &Review<'_>, sink: &mut Sink) {
    let ica =
        ServiceSet::single_ports(Protocol::TCP, ICA).union(&ServiceSet::single_ports(Protocol::UDP, ICA));
    let plain = |flow: &Flow, reason: &Provenance| {
        let source = review.party(flow.from)?;
        let is_far = source.is_internet || source.trust.is_some_and(|trust| trust >= Trust::Dmz);
        let is_protected =
            review.entry(reason).is_some_and(|entry| entry.encryption() == Some(Encryption::Tls));
        let reaches_desktop = review.is(flow.to, KindClass::Desktop);
        let is_wanted =
            is_far && reaches_desktop && !is_protected && !review.is(flow.from, KindClass::Gateway);
        is_wanted.then(|| reason.services.intersection(&ica))
    };
    for line in review.lines(plain) {
        let message =
            format!("`{}` lets ICA in clear text in from outside on {}", line.statement, line.services);
        let mut report =
            review.report_line(codes::PLAIN_ICA, &line, message, "starts in a DMZ or untrusted place");
        if let Some(party) = line.ends.keys().next().and_then(|(from, _)| review.party(*from)) {
            report = report.label(party.span, "not trusted");
        }
        sink.report(report.help("let the sessions in through a NetScaler Gateway, or use `tls = only`"));
    }
}

/// FC-08
fn registration_on_80(review: &Review<'_>, sink: &mut Sink) {
    let http = ServiceSet::single_ports(Protocol::TCP, &[80]);
    let registers = |flow: &Flow, reason: &Provenance| {
        let is_pair = |a, b| review.is(a, KindClass::Desktop) && review.is(b, KindClass::Broker);
        let is_registration = is_pair(flow.from, flow.to) || is_pair(flow.to, flow.from);
        is_registration.then(|| reason.services.intersection(&http))
    };
    for line in review.lines(registers) {
        let message = format!("`{}` lets desktops register on tcp/80", line.statement);
        let report =
            review.report_line(codes::REGISTRATION_ON_80, &line, message, "port 80, in both directions");
        sink.report(report.help(
            "have port 80 approved, or use `transport = websocket`: tcp/443, started by the desktops only",
        ));
    }
}

/// FC-09
fn ldap_or_database(review: &Review<'_>, sink: &mut Sink) {
    let ldap = ServiceSet::single_ports(Protocol::TCP, &[389, 3268]);
    let in_clear = |flow: &Flow, reason: &Provenance| {
        if review.is(flow.to, KindClass::Directory) {
            return Some(reason.services.intersection(&ldap));
        }
        if !review.is_kind(flow.to, &["sql-server"]) {
            return None;
        }
        match review.entry(reason) {
            Some(entry) if entry.encryption() == Some(Encryption::OptionalTls) => {
                Some(reason.services.clone())
            }
            Some(_) => None,
            None => Some(reason.services.intersection(&ServiceSet::single_ports(Protocol::TCP, &[1433]))),
        }
    };
    for line in review.lines(in_clear) {
        let message = ldap_message(review, &line);
        let report = review.report_line(codes::LDAP_OR_DATABASE, &line, message, "may be read on the way");
        let report = review.with_rule(report, "prefer-encrypted-variant");
        sink.report(report.help(
            "ask for LDAP signing and LDAPS, and for encrypted database connections (`Encrypt=true` with a trusted \
             certificate)",
        ));
    }
}

fn ldap_message(review: &Review<'_>, line: &Line) -> String {
    let reaches_database = line.ends.keys().any(|(_, to)| review.is_kind(*to, &["sql-server"]));
    let what = if reaches_database { "a database on" } else { "LDAP on" };
    format!("`{}` uses {what} {}, where encryption is possible", line.statement, line.services)
}

/// FC-21
fn edt_missing(review: &Review<'_>, sink: &mut Sink) {
    let (tcp, udp) = (
        ServiceSet::single_ports(Protocol::TCP, &[1494, 2598]),
        ServiceSet::single_ports(Protocol::UDP, &[1494, 2598, 443]),
    );
    let pairs: BTreeSet<(RoleId, RoleId)> = review
        .policy
        .flows()
        .iter()
        .filter(|flow| flow.services.meets(&tcp) && review.is(flow.to, KindClass::Desktop))
        .filter(|flow| !review.is(flow.from, KindClass::Broker))
        .map(|flow| (flow.from, flow.to))
        .filter(|(from, to)| !review.permits(*from, *to, &udp))
        .collect();
    let lacking = |flow: &Flow, reason: &Provenance| {
        pairs.contains(&(flow.from, flow.to)).then(|| reason.services.intersection(&tcp))
    };
    for line in review.lines(lacking) {
        sink.report(no_edt(review, codes::EDT_MISSING, &line));
    }
}

fn no_edt(review: &Review<'_>, code: Code, line: &Line) -> Diagnostic {
    let message = format!("`{}` lets sessions use TCP only", line.statement);
    review
        .report_line(code, line, message, "EDT, which is quicker over long ways, needs UDP on the same ports")
        .help("add `edt = on` to the intent where the network lets UDP pass")
}
