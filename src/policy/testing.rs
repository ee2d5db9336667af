//! Small sites for tests of targets and checks, without the language: roles and flows by name.

use super::Policy;
use super::address::AddressSet;
use super::lower::lower;
use super::service::{Protocol, ServiceSet};
use crate::model::*;
pub(crate) use crate::model::{Manager, Role};
use crate::source::{SourceId, Span, Spanned};
use std::collections::BTreeMap;
use time::{Date, Month};

/// A site under construction. Names are resolved when [`SiteBuilder::policy`] is called.
pub(crate) struct SiteBuilder {
    model: Model,
    roles: Vec<(String, Role, Option<String>, Option<String>)>,
    flows: Vec<(GrantKind, String, String, String, ServiceSet)>,
    forbids: Vec<(String, String, String, ServiceSet, EnforcedBy)>,
    enforced_from: Vec<(String, Date)>,
    exceptions: Vec<(String, String, String, ServiceSet, Date)>,
}

/// A place for everything: the first byte of the first text.
pub(crate) fn nowhere() -> Span {
    Span::new(SourceId(0), 0, 0)
}

/// 2026-01-01 plus some days.
pub(crate) fn day(plus: i64) -> Date {
    Date::from_calendar_date(2026, Month::January, 1).unwrap() + time::Duration::days(plus)
}

/// The union of ranges written as text.
pub(crate) fn addresses(ranges: &[&str]) -> AddressSet {
    let nets: Vec<ipnet::IpNet> = ranges.iter().map(|range| range.parse().unwrap()).collect();
    AddressSet::from_ranges(&nets)
}

/// Services written as `tcp/80`, `udp/1-2`, `icmp/8/0`, `icmpv6`, `any`, separated by commas.
pub(crate) fn services(text: &str) -> ServiceSet {
    text.split(',').map(str::trim).fold(ServiceSet::empty(), |sum, one| sum.union(&service(one)))
}

fn service(text: &str) -> ServiceSet {
    let mut parts = text.split('/');
    match (parts.next().unwrap(), parts.next(), parts.next()) {
        ("any", ..) => ServiceSet::any(),
        ("icmp", kind, code) => icmp(Protocol::ICMP, kind, code),
        ("icmpv6", kind, code) => icmp(Protocol::ICMPV6, kind, code),
        (word, Some(ports), _) => {
            let protocol = if word == "tcp" { Protocol::TCP } else { Protocol::UDP };
            let (low, high) = ports.split_once('-').unwrap_or((ports, ports));
            ServiceSet::ports(protocol, low.parse().unwrap(), high.parse().unwrap())
        }
        other => panic!("not a service: {other:?}"),
    }
}

fn icmp(protocol: Protocol, kind: Option<&str>, code: Option<&str>) -> ServiceSet {
    ServiceSet::icmp(protocol, kind.map(|t| t.parse().unwrap()), code.map(|c| c.parse().unwrap()))
}

/// A role to be changed before it is added: outside, no addresses, kind `windows-server`.
pub(crate) fn role(name: &str) -> Role {
    Role {
        name: name.to_owned(),
        kind: "windows-server".to_owned(),
        provisioned: false,
        placement: Placement::Outside,
        addresses: AddressSet::empty(),
        is_internet: false,
        known_by: Vec::new(),
        same_group_as: None,
        was: None,
        trust: None,
        managed_by: None,
        attributes: BTreeMap::new(),
        attribute_spans: BTreeMap::new(),
        name_span: nowhere(),
        span: nowhere(),
    }
}

impl SiteBuilder {
    /// An empty site called `test`.
    pub(crate) fn new() -> Self {
        let site = Site {
            name: "test".to_owned(),
            customer: None,
            release: Some("r1".to_owned()),
            follows: None,
            delivery_model: None,
            hardening: Hardening::Standard,
            catalogue: None,
            owner: None,
            ticket: None,
            effective: Some(day(0)),
            review_by: None,
            span: nowhere(),
        };
        let model = Model {
            site,
            catalogue_release: "test".to_owned(),
            platforms: Vec::new(),
            segments: Vec::new(),
            roles: Vec::new(),
            grants: Vec::new(),
            exceptions: Vec::new(),
            forbids: Vec::new(),
            expects: Vec::new(),
            accepts: Vec::new(),
            needs: Vec::new(),
            rollout: Rollout::default(),
        };
        Self {
            model,
            roles: Vec::new(),
            flows: Vec::new(),
            forbids: Vec::new(),
            enforced_from: Vec::new(),
            exceptions: Vec::new(),
        }
    }

    /// Gives the site another name.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.model.site.name = name.to_owned();
        self
    }

    /// Adds a platform; call in name order.
    pub(crate) fn platform(mut self, kind: &str, name: &str, attributes: &[(&str, &str)]) -> Self {
        self.model.platforms.push(Platform {
            name: name.to_owned(),
            kind: kind.to_owned(),
            managed_by: None,
            peers: Vec::new(),
            attributes: attributes
                .iter()
                .map(|(key, value)| ((*key).to_owned(), vec![(*value).to_owned()]))
                .collect(),
            attribute_spans: BTreeMap::new(),
            span: nowhere(),
        });
        self
    }

    /// Adds a segment; call in name order.
    pub(crate) fn segment(mut self, name: &str, on: &str, ranges: &[&str]) -> Self {
        let platform = self.model.platforms.iter().position(|platform| platform.name == on).unwrap();
        self.model.segments.push(Segment {
            name: name.to_owned(),
            platform: PlatformId::at(platform),
            addresses: addresses(ranges),
            trust: None,
            span: nowhere(),
        });
        self
    }

    /// Adds a role on a segment, on a platform, or (`None`) outside.
    pub(crate) fn role(self, name: &str, on: Option<&str>, ranges: &[&str]) -> Self {
        self.any_role(Role { addresses: addresses(ranges), ..role(name) }, on, None)
    }

    /// Adds a role with every detail; `wears` is the role whose group it wears.
    pub(crate) fn any_role(mut self, role: Role, on: Option<&str>, wears: Option<&str>) -> Self {
        self.roles.push((role.name.clone(), role, on.map(str::to_owned), wears.map(str::to_owned)));
        self
    }

    /// Adds `allow label: from -> to : services`.
    pub(crate) fn allow(mut self, label: &str, from: &str, to: &str, on: &str) -> Self {
        self.flows.push((GrantKind::Allow, label.to_owned(), from.to_owned(), to.to_owned(), services(on)));
        self
    }

    /// Adds an exception in force for some days from 2026-01-01.
    pub(crate) fn exception(mut self, name: &str, from: &str, to: &str, on: &str, days: i64) -> Self {
        let flow = (name.to_owned(), from.to_owned(), to.to_owned(), services(on), day(days));
        self.exceptions.push(flow);
        self
    }

    /// Adds `forbid label: from -> to : services` kept by the network.
    pub(crate) fn forbid(mut self, label: &str, from: &str, to: &str, on: &str) -> Self {
        let forbid = (label.to_owned(), from.to_owned(), to.to_owned(), services(on), EnforcedBy::Network);
        self.forbids.push(forbid);
        self
    }

    /// Sets the rollout's state for every role.
    pub(crate) fn state(mut self, state: EnforcementState) -> Self {
        self.model.rollout = Rollout { start: Some(state), span: Some(nowhere()), ..Rollout::default() };
        self
    }

    /// Adds `enforce role from day` to the rollout.
    pub(crate) fn enforce(mut self, role: &str, from: Date) -> Self {
        self.model.rollout.span = Some(nowhere());
        self.enforced_from.push((role.to_owned(), from));
        self
    }

    /// The policy on 2026-01-01.
    pub(crate) fn policy(mut self) -> Policy {
        self.roles.sort_by(|a, b| a.0.cmp(&b.0));
        let names: Vec<String> = self.roles.iter().map(|(name, ..)| name.clone()).collect();
        let id = |name: &str| RoleId::at(names.iter().position(|known| known == name).unwrap());
        for (_, mut role, on, wears) in self.roles {
            if let Some(on) = on {
                let segment = self.model.segments.iter().position(|segment| segment.name == on);
                let platform = self.model.platforms.iter().position(|platform| platform.name == on);
                role.placement = segment
                    .map(|at| Placement::Segment(SegmentId::at(at)))
                    .or(platform.map(|at| Placement::Platform(PlatformId::at(at))))
                    .unwrap();
            }
            role.same_group_as = wears.map(|other| Spanned::new(id(&other), nowhere()));
            self.model.roles.push(role);
        }
        for (role, from) in self.enforced_from {
            self.model.rollout.enforce.insert(id(&role), Spanned::new(from, nowhere()));
        }
        for (kind, origin, from, to, services) in self.flows {
            let flow = Flow {
                from: id(&from),
                to: id(&to),
                services,
                catalogue: None,
                because: format!("reason of {origin}"),
                verified: true,
                encryption: None,
                sensitivity: None,
                need: None,
            };
            self.model.grants.push(Grant {
                kind,
                origin,
                purpose: flow.because.clone(),
                flows: vec![flow],
                span: nowhere(),
            });
        }
        for (origin, from, to, services, expires) in self.exceptions {
            let because = format!("reason of {origin}");
            let flow = Flow {
                from: id(&from),
                to: id(&to),
                services,
                catalogue: None,
                because: because.clone(),
                verified: true,
                encryption: None,
                sensitivity: None,
                need: None,
            };
            let kind = GrantKind::Exception;
            self.model.exceptions.push(Exception {
                grant: Grant {
                    kind,
                    origin,
                    purpose: flow.because.clone(),
                    flows: vec![flow],
                    span: nowhere(),
                },
                pierces: Vec::new(),
                because,
                ticket: None,
                owner: None,
                starts: day(0),
                expires,
                expires_span: nowhere(),
            });
        }
        for (name, from, to, services, enforced_by) in self.forbids {
            let side = |name: &str| if name == "any" { Side::Any } else { Side::Roles(vec![id(name)]) };
            self.model.forbids.push(Forbid {
                from: side(&from),
                to: side(&to),
                name,
                both_ways: false,
                services,
                because: "a promise".to_owned(),
                enforced_by,
                span: nowhere(),
            });
        }
        lower(&self.model, day(0)).unwrap()
    }
}
