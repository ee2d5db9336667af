//! Deployment rules of the catalogue: SEG4030, SEG4031, SEG4032.
//!
//! A rule that a code of its own sees to (`kept-by` in the catalogue) is looked at there. Here are the ones that take a
//! few lines each, and one list of those that only people can confirm.

use super::{Line, Review, quote};
use crate::catalogue::{Condition, DeploymentRule, KindClass, RuleSeverity};
use crate::diagnostic::{Diagnostic, Severity, Sink, codes};
use crate::model::DeliveryModel;
use crate::policy::service::{Protocol, ServiceSet};
use crate::policy::{Flow, Hardening, Party, Provenance, RoleId, Trust};
use std::collections::BTreeSet;

/// The word of a rule that only people can keep.
const CONFIRM: &str = "confirm";

/// Regions in which Citrix runs managed networks, as the platform spells them.
///
/// Source: catalogue rule `flex-region-supported`.
const MANAGED_REGIONS: &[&str] = &[
    "centralus",
    "eastus",
    "northcentralus",
    "southcentralus",
    "westus",
    "westus2",
    "westus3",
    "brazilsouth",
    "germanywestcentral",
    "swedencentral",
    "uksouth",
    "westeurope",
    "centralindia",
    "japaneast",
    "southeastasia",
    "australiaeast",
];

/// Ports from which on a range counts as dynamic, and how many of them make it wide.
///
/// Source: RFC 6335 section 6 (dynamic ports are 49152-65535); a tenth of these is more than any product pins.
const DYNAMIC: (u16, usize) = (49152, 1638);

/// What StoreFront reaches besides its brokers: the domain and its names. Source: catalogue rule
/// `storefront-egress-minimal`.
const STOREFRONT_PARTNERS: &[&str] = &["storefront", "netscaler-gateway", "fas", "dns-server", "ntp-server"];

/// The day from which on file licences no longer work. Source: catalogue rule `las-egress`.
const FILE_LICENCES_END: (i32, u8, u8) = (2026, 4, 15);

pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    to_confirm(review, sink);
    dynamic_range(review, sink);
    storefront(review, sink);
    managed_networks(review, sink);
    endpoints_and_appliances(review, sink);
    desktops_among_each_other(review, sink);
}

/// Every rule that concerns the site and that only people can keep, in one report.
fn to_confirm(review: &Review<'_>, sink: &mut Sink) {
    let held = conditions(review);
    let rules: Vec<&DeploymentRule> = review
        .catalogue
        .rules()
        .iter()
        .filter(|rule| rule.kept_by().iter().any(|keeper| keeper == CONFIRM) && concerns(review, rule, &held))
        .collect();
    if rules.is_empty() {
        return;
    }
    let count = rules.len();
    let noun = if count == 1 { "rule" } else { "rules" };
    let message = format!("{count} {noun} for such deployments can only be confirmed by people");
    let report = review.report(codes::RULE_TO_CONFIRM, message).label(review.model.site.span, "this site");
    let report = rules.iter().fold(report, |report, rule| {
        report.note(format!("`{}`: {}", rule.id(), rule.statement().trim_end_matches('.')))
    });
    sink.report(report.help("give each of them to whom it concerns, for example as a `need` of the site"));
}

impl<'a> Review<'a> {
    /// The conditions of the catalogue that hold for the site: those of its flows, of its delivery model, and of its
    /// roles.
    pub fn conditions(&self) -> BTreeSet<&'a str> {
        conditions(self)
    }

    /// Whether a rule is about this site: its platforms, and its flows or conditions. `held` is what
    /// [`Review::conditions`] gave.
    pub fn concerns(&self, rule: &DeploymentRule, held: &BTreeSet<&str>) -> bool {
        concerns(self, rule, held)
    }
}

fn concerns(review: &Review<'_>, rule: &DeploymentRule, held: &BTreeSet<&str>) -> bool {
    let platforms = &review.model.platforms;
    let on_platform = rule.platforms().is_empty()
        || platforms
            .iter()
            .any(|platform| rule.platforms().iter().any(|kind| *kind == *platform.kind.as_str()));
    let holds = rule.when().iter().all(|condition| held.contains(condition.as_str()));
    let uses = |flow: &Flow| {
        flow.provenance.iter().any(|reason| {
            reason.catalogue.as_deref().is_some_and(|id| rule.flows().iter().any(|flow| *flow == *id))
        })
    };
    let is_used = rule.flows().is_empty() || review.policy.flows().iter().any(uses);
    on_platform && holds && is_used
}

fn conditions<'a>(review: &Review<'a>) -> BTreeSet<&'a str> {
    let mut held: BTreeSet<&str> = BTreeSet::new();
    for reason in review.policy.flows().iter().flat_map(|flow| &flow.provenance) {
        held.extend(
            review.entry(reason).into_iter().flat_map(|entry| entry.when()).map(|name| name.as_str()),
        );
    }
    match review.model.site.delivery_model {
        Some(DeliveryModel::Daas) => held.extend(["daas"]),
        Some(DeliveryModel::Flex | DeliveryModel::Managed) => held.extend(["daas", "daas-flex"]),
        Some(DeliveryModel::Cvad) => held.extend(["on-prem-site"]),
        None => {}
    }
    for kind in ["bastion", "proxy", "gateway-service"] {
        held.extend(review.policy.parties().any(|(_, party)| party.kind == kind).then_some(kind));
    }
    let implied: Vec<&str> = held
        .iter()
        .filter_map(|name| review.catalogue.condition(name))
        .flat_map(Condition::implies)
        .map(|name| name.as_str())
        .collect();
    held.extend(implied);
    held
}

/// SEG4032
fn dynamic_range(review: &Review<'_>, sink: &mut Sink) {
    let (first, wide) = DYNAMIC;
    let dynamic = |_: &Flow, reason: &Provenance| {
        let mut found = ServiceSet::empty();
        for range in reason.services.ranges() {
            let low = range.low.max(first);
            let has_ports = [Protocol::TCP, Protocol::UDP].contains(&range.protocol);
            if has_ports && low <= range.high && usize::from(range.high - low) + 1 >= wide {
                found = found.union(&ServiceSet::ports(range.protocol, low, range.high));
            }
        }
        Some(found)
    };
    for line in review.lines(dynamic) {
        let message = format!("`{}` opens the dynamic range {}", line.statement, line.services);
        let report = review.report_line(codes::DYNAMIC_RANGE, &line, message, "opens more than anybody uses");
        let report = review.with_rule(report, "dynamic-range-justified");
        sink.report(report.help(
            "pin the port where the product can (StoreFront's `peer-port`, RPC of domain controllers, the SQL instance)",
        ));
    }
}

/// A report on a broken rule; it weighs what the catalogue says.
fn broken(review: &Review<'_>, rule: &str, message: String) -> Diagnostic {
    let found = review.rule(rule);
    let report = review.report(codes::RULE_BROKEN, message);
    let Some(found) = found else { return report };
    // A rule that the vendor calls an error still leaves artefacts exact: it is an error where the site asks for it.
    let is_error =
        found.severity() == RuleSeverity::Error && review.policy.header().hardening == Hardening::Strict;
    quote(report, found).severity(if is_error { Severity::Error } else { Severity::Warning })
}

fn broken_line(review: &Review<'_>, rule: &str, line: &Line, message: String, label: &str) -> Diagnostic {
    let name = |role| review.policy.name(role);
    line.ends
        .keys()
        .fold(broken(review, rule, message), |report, (from, to)| report.about([name(*from), name(*to)]))
        .label(line.span, label)
}

fn broken_role(review: &Review<'_>, rule: &str, party: &Party, message: String, label: &str) -> Diagnostic {
    broken(review, rule, message).about([party.name.as_str()]).label(party.span, label)
}

fn storefront(review: &Review<'_>, sink: &mut Sink) {
    let is_store = |role| review.is_kind(role, &["storefront"]);
    let from_users = |flow: &Flow, reason: &Provenance| {
        let source = review.party(flow.from)?;
        let is_user = review.is(flow.from, KindClass::UserDevice) || source.is_internet;
        let is_far = source.is_internet || source.trust == Some(Trust::Untrusted);
        let http = reason.services.intersection(&ServiceSet::single_ports(Protocol::TCP, &[80]));
        let wrong = if is_far { reason.services.clone() } else { http };
        (is_store(flow.to) && is_user).then_some(wrong)
    };
    for line in review.lines(from_users) {
        let message = format!("`{}` lets users reach StoreFront on {}", line.statement, line.services);
        let report = broken_line(
            review,
            "storefront-inbound-users-443",
            &line,
            message,
            "is not 443 from named users",
        );
        sink.report(
            report.help("let users in on tcp/443 only, from their own networks or through a gateway"),
        );
    }
    let outward = |flow: &Flow, reason: &Provenance| {
        let is_partner = review.is(flow.to, KindClass::Broker)
            || review.is(flow.to, KindClass::Directory)
            || review.is_kind(flow.to, STOREFRONT_PARTNERS);
        (is_store(flow.from) && !is_partner && reason.catalogue.is_none()).then(|| reason.services.clone())
    };
    for line in review.lines(outward) {
        let message = format!("`{}` lets StoreFront out on {}", line.statement, line.services);
        let report =
            broken_line(review, "storefront-egress-minimal", &line, message, "is none of its partners");
        sink.report(
            report.help("take it back, or say who needs it: `accept SEG4031 on ... because \"...\"`"),
        );
    }
}

/// Rules about networks that Citrix manages, and about connectors.
fn managed_networks(review: &Review<'_>, sink: &mut Sink) {
    for (id, platform) in review.policy.platforms().filter(|(_, platform)| !platform.written) {
        if let Some(region) = platform.attribute("region").filter(|region| !is_managed_region(region)) {
            let message =
                format!("`{}` is in {region}, where Citrix runs no managed networks", platform.name);
            let report = broken(review, "flex-region-supported", message);
            let place = platform.attribute_spans.get("region").copied().unwrap_or(platform.span);
            sink.report(
                report.label(place, "this region").help("choose one of the regions of the rule's source"),
            );
        }
        let is_joined =
            review.model.platforms.iter().enumerate().any(|(at, other)| {
                other.peers.contains(&id) || (at == id.index() && !other.peers.is_empty())
            });
        for (role, party) in review.policy.parties().filter(|(_, party)| party.platform == Some(id)) {
            if party.attribute("join") == Some("domain") && !is_joined {
                let message = format!(
                    "`{}` joins a domain, and no network is joined to `{}`",
                    party.name, platform.name
                );
                let report = broken_role(
                    review,
                    "flex-connectivity-before-domain",
                    party,
                    message,
                    "needs its domain controllers",
                );
                sink.report(
                    report.label(platform.span, "no platform has it as `peer`").help(format!(
                        "add `peer = {}` to the platform that reaches the domain",
                        platform.name
                    )),
                );
            }
            let is_apart = party.attribute("join").is_some_and(|join| join != "domain");
            if is_apart {
                into_unjoined(review, role, party, sink);
            }
        }
    }
    for (_, party) in review.policy.parties().filter(|(_, party)| party.kind == "connector") {
        if party.attribute("count") == Some("1") {
            let message = format!("`{}` is a single connector", party.name);
            let report = broken_role(review, "flex-two-connectors", party, message, "has `count = 1`");
            sink.report(report.help("run at least two in each resource location"));
        }
    }
}

fn is_managed_region(region: &str) -> bool {
    let folded: String = region.chars().filter(char::is_ascii_alphanumeric).collect();
    MANAGED_REGIONS.contains(&folded.to_ascii_lowercase().as_str())
}

/// Nothing of the customer's gets at machines of a managed network that are in no domain.
fn into_unjoined(review: &Review<'_>, role: RoleId, party: &Party, sink: &mut Sink) {
    let rule = if party.kind == "connector" {
        "flex-connector-access-non-domain"
    } else {
        "flex-non-domain-deny-all"
    };
    let into = |flow: &Flow, reason: &Provenance| {
        let is_elsewhere = review.party(flow.from).is_some_and(|source| source.platform != party.platform);
        (flow.to == role && is_elsewhere).then(|| reason.services.clone())
    };
    for line in review.lines(into) {
        let message = format!("`{}` reaches `{}`, which is in no domain", line.statement, party.name);
        let report = broken_line(review, rule, &line, message, "the managed network denies it");
        sink.report(
            report
                .label(party.span, "is in no domain")
                .help("take the line back, or join the machines to the domain"),
        );
    }
}

fn endpoints_and_appliances(review: &Review<'_>, sink: &mut Sink) {
    for (_, party) in review.policy.parties() {
        let is_api = review.catalogue.kind(&party.kind).is_some_and(|kind| kind.tier() == "cloud-api");
        let is_listed =
            is_api && party.platform.is_none() && !party.addresses.is_empty() && party.known_by.is_empty();
        if is_listed {
            let is_store = party.attribute("service") == Some("s3") || party.kind == "aws-s3-api";
            let rule = if is_store { "aws-s3-prefix-list" } else { "aws-no-static-api-routes" };
            let message = format!("`{}` is a cloud service known by a list of addresses", party.name);
            let report = broken_role(review, rule, party, message, "these addresses change without notice");
            sink.report(report.help("use `prefix-list`, `tag` or an endpoint of the platform"));
        }
    }
    let layering = |flow: &Flow, reason: &Provenance| {
        let is_wrong = review.is_kind(flow.from, &["app-layering-appliance"])
            && review.is_kind(flow.to, &["prism-central"]);
        is_wrong.then(|| reason.services.clone())
    };
    for line in review.lines(layering) {
        let message = format!("`{}` leads App Layering to Prism Central", line.statement);
        let report =
            broken_line(review, "app-layering-prism-element", &line, message, "has to be Prism Element");
        sink.report(report.help("name a role of kind `nutanix-prism-element`"));
    }
    las_egress(review, sink);
    msmq(review, sink);
}

fn las_egress(review: &Review<'_>, sink: &mut Sink) {
    let today = review.policy.header().as_of;
    if (today.year(), u8::from(today.month()), today.day()) < FILE_LICENCES_END {
        return;
    }
    for (role, party) in review.policy.parties().filter(|(_, party)| party.kind == "license-server") {
        let activates = review.policy.flows().iter().any(|flow| {
            flow.from == role && review.is_kind(flow.to, &["license-activation-service", "proxy"])
        });
        let is_said = review.model.needs.iter().any(|need| need.kind == "licence" || need.kind == "license");
        if activates || is_said || !party.enforced {
            continue;
        }
        let message = format!("`{}` has no way to the licence activation service", party.name);
        let report = broken_role(review, "las-egress", party, message, "has to activate every day");
        sink.report(report.help(
            "add an intent to a role of kind `license-activation-service`, or write that activation is offline: `need \
             licence \"offline activation\" { ... }`",
        ));
    }
}

fn msmq(review: &Review<'_>, sink: &mut Sink) {
    for (role, party) in review.policy.parties().filter(|(_, party)| party.kind == "session-recording-server")
    {
        let into = || {
            review
                .policy
                .flows()
                .iter()
                .filter(|flow| flow.to == role && review.is(flow.from, KindClass::Desktop))
        };
        let queue = ServiceSet::single_ports(Protocol::TCP, &[443, 1801]);
        if into().next().is_some() && !into().any(|flow| flow.services.meets(&queue)) {
            let message = format!("desktops don't reach the message queue of `{}`", party.name);
            let report =
                broken_role(review, "session-recording-msmq", party, message, "takes recordings on tcp/1801");
            sink.report(report.help("use the intent `session-recording`, which has the queue's port"));
        }
    }
}

/// Under strict hardening no desktop reaches another, whatever its role.
fn desktops_among_each_other(review: &Review<'_>, sink: &mut Sink) {
    if review.policy.header().hardening != Hardening::Strict {
        return;
    }
    let lateral = |flow: &Flow, reason: &Provenance| {
        let is_lateral = review.is(flow.from, KindClass::Desktop) && review.is(flow.to, KindClass::Desktop);
        // A role that reaches itself has its own finding.
        (is_lateral && flow.from != flow.to).then(|| reason.services.clone())
    };
    for line in review.lines(lateral) {
        let message = format!("`{}` lets desktops reach desktops on {}", line.statement, line.services);
        let report =
            broken_line(review, "no-lateral-vda", &line, message, "is a way from desktop to desktop");
        sink.report(report.help("take the line back"));
    }
}
