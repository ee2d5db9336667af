//! Who gets at what: FC-10, FC-11, FC-12, FC-14, FC-16.

use super::Review;
use crate::catalogue::KindClass;
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{Exception, Flow, Provenance, RoleId};
use std::collections::BTreeMap;

/// Ports that give power over a machine: SSH, Telnet, SMB, Remote Desktop, VNC, WinRM.
///
/// Source: IANA service name and port number registry, read 2026-11-28: ssh, telnet, microsoft-ds, ms-wbt-server, rfb,
/// wsman, wsmans.
const MANAGEMENT: &[u16] = &[22, 23, 445, 3389, 5900, 5985, 5986];

/// Remote Desktop. Source: as for [`MANAGEMENT`].
const REMOTE_DESKTOP: u16 = 3389;

/// The kind of a bastion.
const BASTION: &str = "bastion";

/// Most days that a bastion may stay open.
///
/// Source: catalogue rule `bastion-delete-after-use`.
const BASTION_DAYS: i64 = 3;

/// Most addresses that a source of Remote Desktop may have: a /24 of IPv4. No document gives a number; a range that no
/// reviewer can name is not "a named source range" (rule `bastion-source-range`).
const WIDEST_SOURCE: u32 = 256;

/// The same for IPv6: one subnet, /64 (RFC 4291 section 2.5.4).
const WIDEST_SOURCE_V6: u128 = u64::MAX as u128;

/// Most ports of one protocol that a line of the site's own may open: half of them. No document gives a number; the largest
/// range that a product needs, the dynamic ports, is a quarter.
const MOST_PORTS: usize = 32_768;

/// Conditions of catalogue flows that are open for fault finding only.
const FAULT_FINDING: &[&str] = &["bastion", "rdp-access"];

pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    reaches_itself(review, sink);
    all_ports(review, sink);
    management_port(review, sink);
    images_open(review, sink);
    remote_desktop_open(review, sink);
}

/// Remote Desktop over TCP and UDP.
fn remote_desktop() -> ServiceSet {
    let [tcp, udp] =
        [Protocol::TCP, Protocol::UDP].map(|protocol| ServiceSet::single_ports(protocol, &[REMOTE_DESKTOP]));
    tcp.union(&udp)
}

/// What a line of the site's own permits, without the catalogue's word for it.
fn written(reason: &Provenance) -> Option<&ServiceSet> {
    reason.catalogue.is_none().then_some(&reason.services)
}

/// FC-10
fn reaches_itself(review: &Review<'_>, sink: &mut Sink) {
    let itself =
        |flow: &Flow, reason: &Provenance| (flow.from == flow.to).then(|| written(reason).cloned()).flatten();
    for line in review.lines(itself) {
        let message = format!("`{}` lets a role reach itself on {}", line.statement, line.services);
        let label = "an intruder on one of its machines reaches the others";
        let report = review.report_line(codes::REACHES_ITSELF, &line, message, label);
        let report = review.with_rule(report, "no-lateral-vda");
        sink.report(report.help(
            "use an intent of the catalogue that has this flow (`segc catalogue list intents`), or take the line back",
        ));
    }
}

/// FC-11, for what is `any` in all but its name.
fn all_ports(review: &Review<'_>, sink: &mut Sink) {
    let all = |_: &Flow, reason: &Provenance| {
        let services = written(reason)?;
        let wide = [Protocol::TCP, Protocol::UDP].map(|protocol| services.of_protocol(protocol));
        let wide = wide.iter().filter(|part| count(part) > MOST_PORTS);
        Some(wide.fold(ServiceSet::empty(), |sum, part| sum.union(part)))
    };
    for line in review.lines(all) {
        let message = format!("`{}` permits more than half of all ports of a protocol", line.statement);
        let report = review.report_line(codes::ANY_IN_ALLOW, &line, message, "is `any` in all but its name");
        sink.report(report.help("name the ports"));
    }
}

/// How many ports a set has.
fn count(services: &ServiceSet) -> usize {
    services.ranges().iter().map(|range| usize::from(range.high - range.low) + 1).sum()
}

/// FC-12
fn management_port(review: &Review<'_>, sink: &mut Sink) {
    let management = ServiceSet::single_ports(Protocol::TCP, MANAGEMENT).union(&remote_desktop());
    let manages = |flow: &Flow, reason: &Provenance| {
        let is_meant = review.is(flow.from, KindClass::Admin) || review.is_kind(flow.to, &[BASTION]);
        if is_meant { None } else { Some(written(reason)?.intersection(&management)) }
    };
    for line in review.lines(manages) {
        let message = format!(
            "`{}` opens management ports, {}, to a role that is not an administrator's",
            line.statement, line.services
        );
        let label = "gives power over the machines";
        let mut report = review.report_line(codes::MANAGEMENT_PORT, &line, message, label);
        if let Some(party) = line.ends.keys().next().and_then(|(from, _)| review.party(*from)) {
            report = report.label(party.span, format!("is of kind `{}`", party.kind));
        }
        sink.report(report.help(
            "let a role of kind `admin` or `bastion` do it; profile shares and the domain have intents of their own \
             (`profile-share`, `domain-member`)",
        ));
    }
}

/// FC-14
fn images_open(review: &Review<'_>, sink: &mut Sink) {
    let may_write = [KindClass::Broker, KindClass::Admin, KindClass::ImageStore, KindClass::ImageWriter];
    let opens = |flow: &Flow, reason: &Provenance| {
        let is_store = review.is(flow.to, KindClass::ImageStore);
        let is_writer = may_write.iter().any(|class| review.is(flow.from, *class));
        if is_store && !is_writer { written(reason).cloned() } else { None }
    };
    for line in review.lines(opens) {
        let message = format!(
            "`{}` opens what holds the images to others than brokers and administrators",
            line.statement
        );
        let label = "whoever writes an image runs on every desktop that is made of it";
        let mut report = review.report_line(codes::IMAGES_OPEN, &line, message, label);
        if let Some(party) = line.ends.keys().next().and_then(|(_, to)| review.party(*to)) {
            report = report.label(party.span, "holds images, or has the power to change them");
        }
        let report = review.with_rule(report, "aws-endpoint-group-limited");
        sink.report(
            report.help("let only brokers and roles of kind `admin` reach it, or use the catalogue's intent"),
        );
    }
}

/// FC-16
fn remote_desktop_open(review: &Review<'_>, sink: &mut Sink) {
    let mut faults: BTreeMap<_, (Diagnostic, bool)> = BTreeMap::new();
    for (flow, exception) in review.all_flows() {
        let concerns_bastion = review.is_kind(flow.to, &[BASTION]) || review.is_kind(flow.from, &[BASTION]);
        for reason in &flow.provenance {
            if !reason.services.meets(&remote_desktop()) && !concerns_bastion {
                continue;
            }
            let key = (reason.span, flow.from, flow.to);
            if let Some(report) = remote_desktop_fault(review, flow, reason, exception, concerns_bastion) {
                faults.entry(key).or_insert((report, concerns_bastion));
            }
        }
    }
    for (_, (report, concerns_bastion)) in faults {
        let rule = if concerns_bastion { "bastion-delete-after-use" } else { "rdp-access-temporary" };
        sink.report(review.with_rule(report, rule));
    }
}

fn remote_desktop_fault(
    review: &Review<'_>,
    flow: &Flow,
    reason: &Provenance,
    exception: Option<&Exception>,
    concerns_bastion: bool,
) -> Option<Diagnostic> {
    let (from, to) = (review.policy.name(flow.from), review.policy.name(flow.to));
    let ends = format!("`{from}` to `{to}`");
    let report = |what: String, label: String, help: &str| {
        let report = review.report(codes::REMOTE_DESKTOP_OPEN, what).about([from, to]);
        report.label(reason.span, label).help(help)
    };
    if let Some(width) = too_wide(review, flow.from) {
        let what = format!("{ends} is open to too wide a source for Remote Desktop or a bastion");
        let report = report(what, width, "name the few addresses from which it is used");
        let party = review.party(flow.from)?;
        return Some(report.label(party.span, "the source"));
    }
    let Some(exception) = exception else {
        if !needs_an_end(review, reason) {
            return None;
        }
        let what = format!("{ends} is open for Remote Desktop or a bastion without an end");
        let help = "make it an `exception` with `starts` and `expires`, approved by a ticket";
        return Some(report(what, "has no last day".to_owned(), help));
    };
    let days = (exception.expires - exception.starts).whole_days();
    (concerns_bastion && days > BASTION_DAYS).then(|| {
        let what = format!("a bastion is open for {days} days, and {BASTION_DAYS} are the most: {ends}");
        let help = "delete the bastion after use: let the exception expire within three days";
        report(what, "one exception".to_owned(), help)
            .label(exception.expires_span, format!("{days} days after {}", exception.starts))
    })
}

/// Whether access must end: what the site's own lines open, and what the catalogue knows as access for fault finding. Remote
/// assistance and the like are there to stay.
fn needs_an_end(review: &Review<'_>, reason: &Provenance) -> bool {
    review
        .entry(reason)
        .is_none_or(|entry| entry.when().iter().any(|condition| FAULT_FINDING.contains(&condition.as_str())))
}

/// Why a source is too wide; `None` for one that has few addresses, or sits on a platform of the site.
fn too_wide(review: &Review<'_>, from: RoleId) -> Option<String> {
    let party = review.party(from)?;
    if party.is_internet {
        return Some("from the whole internet".to_owned());
    }
    if party.platform.is_some() {
        return None;
    }
    let sizes = party.addresses.v4().iter().map(|(low, high)| high - low);
    let is_wide = sizes.fold(0_u32, |sum, size| sum.saturating_add(size).saturating_add(1)) > WIDEST_SOURCE
        || party.addresses.v6().iter().any(|(low, high)| high - low > WIDEST_SOURCE_V6);
    is_wide.then(|| format!("from {}", party.addresses))
}
