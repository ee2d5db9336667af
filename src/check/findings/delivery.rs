//! How desktops are delivered and where they lie: FC-01, FC-02, FC-04, FC-05.

use super::Review;
use crate::catalogue::KindClass;
use crate::diagnostic::{Sink, codes};
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{Flow, Provenance, RoleId, Trust};

/// The condition of catalogue flows that streaming needs.
const STREAMING: &str = "pvs";

/// The kind that is always streamed.
const STREAMED_KIND: &str = "pvs-target";

/// Who may serve a streamed role.
const STREAMING_SERVERS: &[&str] = &["provisioning-server", "tftp-server", "dhcp-server"];

pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    for role in review.roles_of(KindClass::Desktop) {
        no_delivery(review, role, sink);
        data_in_low_trust(review, role, sink);
        streamed_not_alone(review, role, sink);
    }
    streaming_astray(review, sink);
}

fn delivery<'a>(review: &Review<'a>, role: RoleId) -> Option<&'a str> {
    review.party(role)?.attribute("delivery")
}

fn is_streamed(review: &Review<'_>, role: RoleId) -> bool {
    delivery(review, role) == Some("streamed") || review.is_kind(role, &[STREAMED_KIND])
}

/// FC-01
fn no_delivery(review: &Review<'_>, role: RoleId, sink: &mut Sink) {
    if delivery(review, role).is_some() || review.is_kind(role, &[STREAMED_KIND, "remote-pc"]) {
        return;
    }
    let name = review.policy.name(role);
    let message = format!("role `{name}` does not say how its machines are delivered");
    let report = review.report_role(codes::NO_DELIVERY, role, message, "has no `delivery`");
    sink.report(report.help(
        "add `delivery = hosted-shared`, `hosted-vdi`, `hosted-physical`, `remote-pc` or `streamed`: where the data lies \
         depends on it",
    ));
}

/// FC-02: streamed machines run from a disk that lies with the data, remote PCs hold it themselves.
fn data_in_low_trust(review: &Review<'_>, role: RoleId, sink: &mut Sink) {
    let Some(party) = review.party(role) else { return };
    let needed = match delivery(review, role) {
        _ if is_streamed(review, role) => Trust::Restricted,
        Some("remote-pc") => Trust::Internal,
        None if review.is_kind(role, &["remote-pc"]) => Trust::Internal,
        _ => return,
    };
    // The order of trust is most first.
    let Some(trust) = party.trust.filter(|trust| *trust > needed) else { return };
    let message = format!(
        "`{}` keeps data on its machines, which needs trust `{}`, and lies in trust `{}`",
        party.name,
        needed.word(),
        trust.word()
    );
    let mut report =
        review.report_role(codes::DATA_IN_LOW_TRUST, role, message, "the data lies on these machines");
    let segment = party.segment.and_then(|segment| review.policy.segment(segment));
    if let Some(segment) = segment {
        report = report.label(segment.span, "its segment");
    }
    let report = review.with_rule(report, "endpoint-trust-by-data-place");
    sink.report(report.help(format!(
        "place it in a segment with `trust = {}` or better, or deliver it hosted",
        needed.word()
    )));
}

/// FC-05
fn streamed_not_alone(review: &Review<'_>, role: RoleId, sink: &mut Sink) {
    let Some(party) = review.party(role).filter(|_| is_streamed(review, role)) else { return };
    let others = review.policy.parties().filter(|(other, neighbour)| {
        party.segment.is_some()
            && neighbour.segment == party.segment
            && *other != role
            && !is_streamed(review, *other)
            && !review.is_kind(*other, STREAMING_SERVERS)
    });
    for (other, neighbour) in others {
        let message = format!("`{}` is streamed and shares a segment with `{}`", party.name, neighbour.name);
        let report = review
            .report(codes::STREAMED_NOT_ALONE, message)
            .about([party.name.as_str(), review.policy.name(other)])
            .label(party.span, "boots and streams without encryption")
            .label(neighbour.span, "sits in the same segment");
        let report = review.with_rule(report, "streaming-not-encrypted");
        sink.report(report.help("give the streamed machines and their servers a segment of their own"));
    }
}

/// FC-04: PXE, TFTP, DHCP relay and streaming belong to streamed roles and their servers.
fn streaming_astray(review: &Review<'_>, sink: &mut Sink) {
    let boot = boot_services();
    let astray = |flow: &Flow, reason: &Provenance| {
        let is_at_home = is_streamed(review, flow.from) && review.is_kind(flow.to, STREAMING_SERVERS);
        let services = match review.entry(reason) {
            Some(entry) if entry.when().iter().any(|condition| condition == STREAMING) => {
                let is_boot = review.is(flow.from, KindClass::Desktop);
                if is_boot { reason.services.clone() } else { ServiceSet::empty() }
            }
            Some(_) => ServiceSet::empty(),
            None => reason.services.intersection(&boot),
        };
        (!is_at_home).then_some(services)
    };
    for line in review.lines(astray) {
        let message = format!("`{}` permits boot or streaming traffic on {}", line.statement, line.services);
        let label = "is not from a streamed role to its provisioning server";
        let report = review.report_line(codes::STREAMING_ASTRAY, &line, message, label);
        let report = review.with_rule(report, "streaming-not-encrypted");
        sink.report(report.help(
            "say `delivery = streamed` on the role where it is, else take the line back: nothing else boots from a \
             provisioning server",
        ));
    }
}

/// Boot and streaming: DHCP and BOOTP, TFTP, PXE, disk streaming.
///
/// Source: IANA service name and port number registry, read 2026-11-28 (bootps, bootpc, tftp, altserviceboot); Citrix
/// Provisioning ports in `data/flows/provisioning-services.yaml`.
fn boot_services() -> ServiceSet {
    let ports = [(67, 69), (4011, 4011), (6910, 6930)];
    let sets = ports.map(|(low, high)| ServiceSet::ports(Protocol::UDP, low, high));
    sets.iter().fold(ServiceSet::empty(), |sum, set| sum.union(set))
}
