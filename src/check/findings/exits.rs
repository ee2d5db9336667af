//! Ways out, and what lies beneath the artefacts: FC-15, FC-18, FC-19.

use super::Review;
use crate::catalogue::KindClass;
use crate::diagnostic::{Sink, codes};
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{EnforcedBy, Flow, Forbid, KnownBy, Party, Platform, Provenance, RoleId};
use std::collections::BTreeSet;

/// The kind of a proxy.
const PROXY: &str = "proxy";

/// The kind of an endpoint that lies in the route table of one private network and answers only there.
///
/// Source: catalogue rule `aws-s3-gateway-endpoint`.
const GATEWAY_ENDPOINT: &str = "gateway-endpoint";

/// The platform kind on which such endpoints exist.
const ENDPOINT_PLATFORM: &str = "aws";

pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    proxy_not_possible(review, sink);
    default_beneath(review, sink);
    no_name_reached(review, sink);
    endpoint_from_elsewhere(review, sink);
    helper_without_names(review, sink);
}

/// FC-15
fn proxy_not_possible(review: &Review<'_>, sink: &mut Sink) {
    let uses_proxy = |flow: &Flow, reason: &Provenance| {
        let is_managed = review.party(flow.from).is_some_and(|party| is_run_by_citrix(review, party))
            && !review.is(flow.from, KindClass::Desktop);
        let is_bound = is_managed || review.is(flow.from, KindClass::Helper);
        (is_bound && review.is_kind(flow.to, &[PROXY])).then(|| reason.services.clone())
    };
    for line in review.lines(uses_proxy) {
        let is_helper = line.ends.keys().any(|(from, _)| review.is(*from, KindClass::Helper));
        let (who, rule) = if is_helper {
            ("helper instances of image provisioning, which can't use one", "aws-temp-no-proxy")
        } else {
            ("machines that Citrix manages, which must not use one", "flex-no-proxy-on-connectors")
        };
        let message = format!("`{}` opens a proxy to {who}", line.statement);
        let report = review.report_line(codes::PROXY_NOT_POSSIBLE, &line, message, "names a proxy");
        let report = review.with_rule(report, rule);
        sink.report(
            report.help("give them a direct way: an endpoint, a prefix list, or the names themselves"),
        );
    }
}

fn is_run_by_citrix(review: &Review<'_>, party: &Party) -> bool {
    let platform = party.platform.and_then(|platform| review.policy.platform(platform));
    party.managed_by.as_deref() == Some("citrix") || platform.is_some_and(|platform| !platform.written)
}

/// FC-18: a promise that the network is to keep between roles of which no artefact guards one.
fn default_beneath(review: &Review<'_>, sink: &mut Sink) {
    if review.policy.platforms().all(|(_, platform)| platform.written) {
        return;
    }
    for forbid in review.policy.forbids().iter().filter(|forbid| forbid.enforced_by == EnforcedBy::Network) {
        let Some((from, to, platform)) = unguarded_pair(review, forbid) else { continue };
        let (source, destination) = (review.policy.name(from), review.policy.name(to));
        let message = format!(
            "forbid `{}` is the network's to keep, but no artefact guards `{source}` or `{destination}`",
            forbid.name
        );
        let report = review
            .report(codes::DEFAULT_BENEATH, message)
            .about([source, destination])
            .label(forbid.span, "says that the network keeps it")
            .label(platform.span, "the platform's own defaults decide here, and segc writes nothing for it");
        let report = review.with_rule(report, "flex-default-egress-open");
        sink.report(report.help("say who keeps it: `enforced-by citrix` or `enforced-by config`"));
    }
}

/// Two roles that a promise is about, with the platform whose defaults decide between them.
fn unguarded_pair<'a>(review: &Review<'a>, forbid: &Forbid) -> Option<(RoleId, RoleId, &'a Platform)> {
    let sources = unguarded(review, &forbid.from);
    let destinations = unguarded(review, &forbid.to);
    let unwritten = |role: RoleId| {
        let platform = review.party(role)?.platform?;
        review.policy.platform(platform).filter(|platform| !platform.written)
    };
    let (first_source, first_destination) = (*sources.first()?, *destinations.first()?);
    let source = sources.iter().find_map(|from| Some((*from, unwritten(*from)?)));
    let destination = || destinations.iter().find_map(|to| Some((*to, unwritten(*to)?)));
    match source {
        Some((from, platform)) => Some((from, first_destination, platform)),
        None => destination().map(|(to, platform)| (first_source, to, platform)),
    }
}

/// The roles among some points that no artefact guards, in name order.
fn unguarded(review: &Review<'_>, points: &[crate::policy::universe::AtomId]) -> BTreeSet<RoleId> {
    let is_among = |role: RoleId| {
        let mut own = review.policy.universe().of_role(role).iter();
        own.any(|point| points.binary_search(point).is_ok())
    };
    let roles = review.policy.parties().filter(|(role, party)| !party.enforced && is_among(*role));
    roles.map(|(role, _)| role).collect()
}

/// The platform of a role that has no way to the internet.
fn closed_platform<'a>(review: &Review<'a>, role: RoleId) -> Option<&'a Platform> {
    let platform = review.policy.platform(review.party(role)?.platform?)?;
    (platform.attribute("internet") == Some("none")).then_some(platform)
}

/// FC-19: a name on the internet from a place without a way there.
fn no_name_reached(review: &Review<'_>, sink: &mut Sink) {
    let unreachable = |flow: &Flow, reason: &Provenance| {
        closed_platform(review, flow.from)?;
        let target = review.party(flow.to)?;
        let is_name =
            target.addresses.is_empty() && matches!(target.known_by.first(), Some(KnownBy::Names(_)));
        let is_outside = target.platform.is_none() && (is_name || target.is_internet);
        is_outside.then(|| reason.services.clone())
    };
    for line in review.lines(unreachable) {
        let message =
            format!("`{}` has no way out: neither an endpoint nor a proxy leads there", line.statement);
        let mut report = review.report_line(codes::NO_WAY_OUT, &line, message, "goes to the internet");
        if let Some(platform) = line.ends.keys().next().and_then(|(from, _)| closed_platform(review, *from)) {
            let place = platform.attribute_spans.get("internet").copied().unwrap_or(platform.span);
            report = report.label(place, "has no route to the internet");
        }
        let report = review.with_rule(report, "no-default-route-needs-proxy");
        sink.report(report.help("go through a proxy with `via`, or place an endpoint of the platform"));
    }
}

/// FC-19: a gateway endpoint answers only inside of its own network.
fn endpoint_from_elsewhere(review: &Review<'_>, sink: &mut Sink) {
    let from_elsewhere = |flow: &Flow, reason: &Provenance| {
        let endpoint = review.party(flow.to).filter(|_| review.is_kind(flow.to, &[GATEWAY_ENDPOINT]))?;
        let source = review.party(flow.from)?;
        let is_inside = source.platform.is_some_and(|platform| {
            let kind = review.policy.platform(platform).map(|platform| platform.kind.as_str());
            kind == Some(ENDPOINT_PLATFORM) && endpoint.platform.is_none_or(|own| own == platform)
        });
        (!is_inside).then(|| reason.services.clone())
    };
    for line in review.lines(from_elsewhere) {
        let message = format!("`{}` uses a gateway endpoint from outside of its network", line.statement);
        let mut report = review.report_line(codes::NO_WAY_OUT, &line, message, "starts outside");
        if let Some(party) = line.ends.keys().next().and_then(|(_, to)| review.party(*to)) {
            report = report.label(party.span, "answers only inside of its own network");
        }
        let report = review.with_rule(report, "aws-s3-gateway-endpoint");
        sink.report(
            report
                .help("use an `interface-endpoint` in a segment: it has addresses that others can route to"),
        );
    }
}

/// FC-19: helper instances that must resolve names at the customer's servers, and can't ask them.
fn helper_without_names(review: &Review<'_>, sink: &mut Sink) {
    let names = ServiceSet::ports(Protocol::UDP, 53, 53);
    for role in review.roles_of(KindClass::Helper) {
        let Some(platform) = closed_platform(review, role) else { continue };
        let asks = review.policy.flows().iter().any(|flow| flow.from == role && flow.services.meets(&names));
        if asks || platform.attribute("dns") != Some("customer") {
            continue;
        }
        let name = review.policy.name(role);
        let message = format!("`{name}` can't resolve names: it reaches no name server");
        let place = platform.attribute_spans.get("dns").copied().unwrap_or(platform.span);
        let report = review
            .report_role(codes::NO_WAY_OUT, role, message, "has to find the endpoints by name")
            .label(place, "names are resolved by the customer's servers");
        sink.report(
            report.help(format!(
                "add `intent name-resolution {name} -> ...` to the servers that resolve names"
            )),
        );
    }
}
