//! Flows that a role can't live without: FC-20.
//!
//! Looked for only where the site declares both parties: a directory that the site doesn't know is somebody else's.

use super::Review;
use crate::catalogue::KindClass;
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::policy::RoleId;
use crate::policy::service::{Protocol, ServiceSet};

/// Tiers of the catalogue whose machines are the site's own to run.
const OWN_TIERS: &[&str] = &["access", "control", "worker", "provisioning"];

/// Kinds that hold the names of the site.
const NAME_SERVERS: &[&str] = &["domain-controller", "dns-server"];

/// One way to meet a need.
struct Way {
    /// Services that the role must be able to start, all of them.
    all: ServiceSet,
    /// Services of which it must be able to start one; empty where nothing more is asked.
    one_of: ServiceSet,
    /// Services that the partner must be able to start, all of them.
    back: ServiceSet,
}

impl Way {
    fn all(services: ServiceSet) -> Self {
        Self { all: services, one_of: ServiceSet::empty(), back: ServiceSet::empty() }
    }

    fn one_of(services: ServiceSet) -> Self {
        Self { all: ServiceSet::empty(), one_of: services, back: ServiceSet::empty() }
    }

    fn both_ways(services: ServiceSet) -> Self {
        Self { all: services.clone(), one_of: ServiceSet::empty(), back: services }
    }

    fn holds(&self, review: &Review<'_>, role: RoleId, partner: RoleId) -> bool {
        let has_one = self.one_of.is_empty() || review.permits(role, partner, &self.one_of);
        let comes_back = self.back.is_empty() || review.permits_all(partner, role, &self.back);
        has_one && comes_back && (self.all.is_empty() || review.permits_all(role, partner, &self.all))
    }
}

/// One need of a role: what is missing, whom it would reach, on what, and how to have it.
struct Need {
    what: &'static str,
    partners: Vec<RoleId>,
    /// One of these must hold with one of the partners.
    ways: Vec<Way>,
    intent: &'static str,
    rule: Option<&'static str>,
}

pub(super) fn check(review: &Review<'_>, sink: &mut Sink) {
    for (role, _) in review.policy.parties() {
        for need in needs(review, role) {
            let is_met = need
                .partners
                .iter()
                .any(|partner| need.ways.iter().any(|way| way.holds(review, role, *partner)));
            if !need.partners.is_empty() && !is_met {
                sink.report(missing(review, role, &need));
            }
        }
    }
    hosting_by_all(review, sink);
}

fn tcp(ports: &[u16]) -> ServiceSet {
    ServiceSet::single_ports(Protocol::TCP, ports)
}

/// What a role can't live without.
fn needs(review: &Review<'_>, role: RoleId) -> Vec<Need> {
    let mut needs = Vec::new();
    if review.is(role, KindClass::Desktop) {
        needs.push(Need {
            what: "its registration with a broker",
            partners: review.roles_of(KindClass::Broker).collect(),
            ways: vec![Way::all(tcp(&[443])), Way::both_ways(tcp(&[80]))],
            intent: "vda-registration",
            rule: Some("vda-registration-both-ways"),
        });
    }
    needs.extend(peers(review, role));
    needs.extend(domain(review, role));
    if review.is_kind(role, &["delivery-controller"]) {
        needs.push(Need {
            what: "the way to its licences",
            partners: of_kinds(review, &["license-server"]),
            ways: vec![Way::all(tcp(&[27000]))],
            intent: "licensing",
            rule: None,
        });
        needs.push(Need {
            what: "the way to the site's database",
            partners: of_kinds(review, &["sql-server"]),
            ways: vec![Way::one_of(ServiceSet::ports(Protocol::TCP, 1024, u16::MAX))],
            intent: "site-database",
            rule: None,
        });
    }
    if review.is_kind(role, &["temp-worker"]) {
        needs.push(Need {
            what: "the way to the package that provisioning left for it",
            partners: stores(review),
            ways: vec![Way::all(tcp(&[443]))],
            intent: "mcs-aws",
            rule: Some("aws-temp-egress-s3"),
        });
    }
    needs
}

fn of_kinds(review: &Review<'_>, kinds: &[&str]) -> Vec<RoleId> {
    let roles = review.policy.parties().map(|(role, _)| role);
    roles.filter(|role| review.is_kind(*role, kinds)).collect()
}

/// Where provisioning leaves its packages.
fn stores(review: &Review<'_>) -> Vec<RoleId> {
    let endpoints = of_kinds(review, &["interface-endpoint", "gateway-endpoint", "aws-s3-api"]);
    let is_store = |role: &RoleId| {
        review.is_kind(*role, &["aws-s3-api"])
            || review.party(*role).and_then(|party| party.attribute("service")) == Some("s3")
    };
    endpoints.into_iter().filter(is_store).collect()
}

/// Members of a server group must reach each other.
fn peers(review: &Review<'_>, role: RoleId) -> Option<Need> {
    let count = review.party(role)?.attribute("count")?.parse::<u64>().ok()?;
    let (way, intent, rule) = match review.party(role)?.kind.as_str() {
        "connector" | "delivery-controller" => (Way::all(tcp(&[80])), "broker-peers", None),
        "storefront" => {
            (Way::one_of(ServiceSet::protocol(Protocol::TCP)), "store-group", Some("storefront-peers"))
        }
        _ => return None,
    };
    // What Citrix runs, Citrix joins.
    let is_own = review.party(role)?.enforced;
    (count > 1 && is_own).then(|| Need {
        what: "the way to its own peers",
        partners: vec![role],
        ways: vec![way],
        intent,
        rule,
    })
}

/// The domain and its names, for machines of the site that belong to it.
fn domain(review: &Review<'_>, role: RoleId) -> Vec<Need> {
    let (Some(party), Some(kind)) = (review.party(role), review.kind(role)) else { return Vec::new() };
    let is_own = party.platform.is_some() && OWN_TIERS.contains(&kind.tier());
    let is_member = kind.domain_member() && !matches!(party.attribute("join"), Some("none" | "entra"));
    if !is_own || !is_member {
        return Vec::new();
    }
    let names = ServiceSet::ports(Protocol::UDP, 53, 53);
    vec![
        Need {
            what: "the way to the directory",
            partners: review.roles_of(KindClass::Directory).collect(),
            ways: vec![Way::all(tcp(&[88, 389])), Way::all(tcp(&[88, 636]))],
            intent: "domain-member",
            rule: Some("mcs-list-is-not-complete"),
        },
        Need {
            what: "the way to a name server",
            partners: of_kinds(review, NAME_SERVERS),
            ways: vec![Way::all(names)],
            intent: "name-resolution",
            rule: None,
        },
    ]
}

fn missing(review: &Review<'_>, role: RoleId, need: &Need) -> Diagnostic {
    let name = review.policy.name(role);
    let message = format!("`{name}` lacks {}, or a part of it", need.what);
    let mut report = review.report_role(codes::FLOW_MISSING, role, message, "can't live without it");
    let partner = need.partners.first().filter(|partner| **partner != role);
    if let Some(party) = partner.and_then(|partner| review.party(*partner)) {
        report = report.label(party.span, "would answer");
    }
    let to = need.partners.first().map_or(name, |partner| review.policy.name(*partner));
    let report = report.help(format!("add `intent {} {name} -> {to}`", need.intent));
    match need.rule {
        Some(rule) => review.with_rule(report, rule),
        None => report,
    }
}

/// Any broker may take over the hosting work, so all of one kind reach the same interfaces.
fn hosting_by_all(review: &Review<'_>, sink: &mut Sink) {
    let brokers: Vec<RoleId> = review.roles_of(KindClass::Broker).collect();
    let reaches = |broker: RoleId, store: RoleId| review.permits(broker, store, &ServiceSet::any());
    for store in review.roles_of(KindClass::ImageStore).filter(|store| !review.is(*store, KindClass::Helper))
    {
        let Some(working) = brokers.iter().find(|broker| reaches(**broker, store)) else { continue };
        let kind = review.party(*working).map(|party| party.kind.as_str());
        let lacking = brokers.iter().filter(|broker| {
            let party = review.party(**broker);
            let enforced = party.is_some_and(|party| party.enforced);
            enforced && party.map(|party| party.kind.as_str()) == kind && !reaches(**broker, store)
        });
        for broker in lacking {
            let (name, other) = (review.policy.name(*broker), review.policy.name(*working));
            let store = review.policy.name(store);
            let message =
                format!("`{name}` does not reach `{store}`, and may have to take over from `{other}`");
            let report = review.report_role(
                codes::FLOW_MISSING,
                *broker,
                message,
                "any broker may do the hosting work",
            );
            let report = review.with_rule(report, "aws-all-hosting-machines");
            sink.report(report.help(format!("add `{name}` to the line that lets `{other}` reach `{store}`")));
        }
    }
}
