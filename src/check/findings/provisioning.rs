//! Helper instances and joined networks: FC-22, FC-23.

use super::Review;
use crate::catalogue::KindClass;
use crate::diagnostic::{Sink, codes};
use crate::model::{Manager, Placement, PlatformId};
use crate::policy::address::AddressSet;
use crate::source::Span;

pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    helper_group(review, sink);
    peered_overlap(review, sink);
}

/// FC-22
fn helper_group(review: &Review<'_>, sink: &mut Sink) {
    for role in review.roles_of(KindClass::Helper) {
        let Some(party) = review.party(role).filter(|party| party.platform.is_some()) else { continue };
        if review.is(party.group, KindClass::Desktop) {
            continue;
        }
        let name = &party.name;
        let message =
            format!("`{name}` does not wear the desktops' security group, which provisioning gives it");
        let mut report =
            review.report_role(codes::HELPER_GROUP, role, message, "is made with the catalogue's groups");
        if let Some(span) = party.group_span {
            report = report.label(span, "is no group of desktops");
        }
        let desktop = review
            .roles_of(KindClass::Desktop)
            .find(|desktop| review.party(*desktop).is_some_and(|desktop| desktop.platform == party.platform));
        let desktop = desktop.map_or("vda", |desktop| review.policy.name(desktop));
        let report = review.with_rule(report, "aws-worker-inherits-vda-groups");
        sink.report(report.help(format!("add `same-group-as = {desktop}` to it")));
    }
}

/// A range with who has it.
struct Range<'a> {
    what: String,
    addresses: &'a AddressSet,
    platform: Option<PlatformId>,
    span: Span,
    name: &'a str,
}

/// FC-23: networks that are joined, and networks that Citrix manages, overlap with no other.
fn peered_overlap(review: &Review<'_>, sink: &mut Sink) {
    let ranges = ranges(review);
    let may_be_joined: Vec<bool> = ranges.iter().map(|range| has_joins(review, range)).collect();
    for (at, one) in ranges.iter().enumerate().filter(|(at, _)| may_be_joined.get(*at) == Some(&true)) {
        let is_seen = |before: usize| before < at && may_be_joined.get(before) == Some(&true);
        for (_, other) in ranges.iter().enumerate().filter(|(before, _)| *before != at && !is_seen(*before)) {
            if one.platform == other.platform || !are_joined(review, one, other) {
                continue;
            }
            let common = one.addresses.intersection(other.addresses);
            if common.is_empty() {
                continue;
            }
            let message =
                format!("{} and {} are in joined networks and share {common}", one.what, other.what);
            let report = review
                .report(codes::PEERED_OVERLAP, message)
                .about([one.name, other.name])
                .label(one.span, "these addresses")
                .label(other.span, "are used here too");
            let report = review.with_rule(report, "flex-peered-range-unique");
            sink.report(
                report.help(
                    "give one of them another range: nothing can be routed to an address that two have",
                ),
            );
        }
    }
}

/// Segments, and roles with ranges of their own that are in none.
fn ranges<'a>(review: &Review<'a>) -> Vec<Range<'a>> {
    let segments = review.model.segments.iter().map(|segment| Range {
        what: format!("segment `{}`", segment.name),
        addresses: &segment.addresses,
        platform: Some(segment.platform),
        span: segment.span,
        name: &segment.name,
    });
    let roles = review.model.roles.iter().filter_map(|role| {
        let platform = match role.placement {
            Placement::Segment(_) => return None,
            Placement::Platform(platform) => Some(platform),
            Placement::Outside => None,
        };
        let is_whole =
            role.addresses.contains_all(&AddressSet::all().of_family(crate::policy::address::Family::V4));
        (!role.addresses.is_empty() && !is_whole).then(|| Range {
            what: format!("role `{}`", role.name),
            addresses: &role.addresses,
            platform,
            span: role.name_span,
            name: &role.name,
        })
    });
    segments.chain(roles).collect()
}

/// Whether a range lies in a network that is joined to others by the site's word, or that Citrix manages.
fn has_joins(review: &Review<'_>, range: &Range<'_>) -> bool {
    let Some(id) = range.platform else { return false };
    let platforms = &review.model.platforms;
    let own = platforms.get(id.index());
    own.is_some_and(|own| own.managed_by == Some(Manager::Citrix) || !own.peers.is_empty())
        || platforms.iter().any(|platform| platform.peers.contains(&id))
}

fn are_joined(review: &Review<'_>, one: &Range<'_>, other: &Range<'_>) -> bool {
    let platform = |range: &Range<'_>| range.platform.and_then(|id| review.model.platforms.get(id.index()));
    let (a, b) = (platform(one), platform(other));
    let is_citrix = |platform: Option<&crate::model::Platform>| {
        platform.is_some_and(|platform| platform.managed_by == Some(Manager::Citrix))
    };
    let peers = |from: Option<&crate::model::Platform>, to: Option<PlatformId>| {
        from.zip(to).is_some_and(|(from, to)| from.peers.contains(&to))
    };
    is_citrix(a) || is_citrix(b) || peers(a, other.platform) || peers(b, one.platform)
}
