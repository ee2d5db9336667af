//! The decisions for one Azure platform: groups, bindings, rules, names, priorities.
//!
//! In: a policy and one platform. Out: a [`Plan`], or reports.
//!
//! Invariant: a plan is within every limit of [`super::limits`]; each network security group ends with a closing
//! rule in both directions; priorities are unique for a direction; nothing depends on the order of statements. What is
//! absent on purpose: denies other than the closing ones (README.md, "Why there are no other denies").

use super::group::Author;
use super::limits::{self, Exceeded, TAG_VALUE_LENGTH, is_plain};
use super::membership::{self, Binding, Guards, Membership};
use super::merge;
use super::names::{self, Wanted};
use super::rules::{self, Drafts, lasting_name};
use crate::diagnostic::{Diagnostic, Severity};
use crate::policy::{PlatformId, Policy, RoleId, RowId};
use crate::target::half::Direction;
use crate::target::text::clean;
use crate::target::{PlanContext, QuotaUse};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};

/// Everything decided for one platform.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The platform.
    pub(super) platform: PlatformId,
    /// What the template says about itself.
    pub(super) header: Header,
    /// Application security groups in name order.
    pub(super) asgs: Vec<Asg>,
    /// Network security groups in name order.
    pub(super) nsgs: Vec<Nsg>,
    /// Every limit with its use.
    pub(super) quotas: Vec<QuotaUse>,
}

/// What the template says about itself; plain text without square brackets.
#[derive(Debug, Clone)]
pub(super) struct Header {
    /// Site, cut to the length of a tag's value.
    pub(super) site: String,
    /// Release, if the site names one.
    pub(super) release: Option<String>,
    /// The platform's name, cut likewise.
    pub(super) platform: String,
    /// The catalogue release.
    pub(super) catalogue: String,
    /// The region of the virtual network; the resource group's when the site doesn't say.
    pub(super) region: Option<String>,
    /// The resource group to deploy to, if the site names it.
    pub(super) resource_group: Option<String>,
    /// The subscription of the virtual network, if the site names it.
    pub(super) subscription: Option<String>,
    /// The virtual network, if the site names it.
    pub(super) vnet: Option<String>,
}

/// An application security group.
#[derive(Debug, Clone)]
pub(super) struct Asg {
    /// Its name.
    pub(super) name: String,
    /// The roles whose interfaces belong to it, at least one.
    pub(super) members: Vec<RoleId>,
}

/// A network security group.
#[derive(Debug, Clone)]
pub(super) struct Nsg {
    /// Its name.
    pub(super) name: String,
    /// What it is to be bound to.
    pub(super) binding: Binding,
    /// The roles behind it, at least one.
    pub(super) guards: Vec<RoleId>,
    /// Its rules by direction, then priority.
    pub(super) rules: Vec<Rule>,
}

/// A security rule.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// Its name.
    pub(super) name: String,
    /// At most 140 characters.
    pub(super) description: String,
    /// As seen from the guarded roles.
    pub(super) direction: Direction,
    /// Unique for the direction; lower ones first.
    pub(super) priority: u32,
    /// True for `Allow`, false for `Deny`.
    pub(super) allow: bool,
    /// The protocol.
    pub(super) transport: Transport,
    /// Destination ports; every source port is meant.
    pub(super) ports: Ports,
    /// Where from.
    pub(super) source: Side,
    /// Where to.
    pub(super) destination: Side,
    /// Who starts, what for, and who answers, for reports.
    pub(super) from: String,
    /// The intents, labels or exceptions that it is there for, or what else; at least one.
    pub(super) origins: Vec<String>,
    /// Who answers.
    pub(super) to: String,
    /// The rows of the policy that it is there for; none for closing rules and probes.
    pub(super) rows: Vec<RowId>,
}

/// A protocol as Azure has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Transport {
    /// Every protocol.
    Any,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// ICMP, all types.
    Icmp,
    /// Encapsulating security payload, protocol 50.
    Esp,
    /// Authentication header, protocol 51.
    Ah,
}

/// Ports of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ports {
    /// `*`
    All,
    /// Ranges, ascending, apart from each other, both ends included, at least one.
    Listed(Vec<(u16, u16)>),
}

/// One side of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// `*`
    Anything,
    /// Ranges of one address family, ascending, apart from each other, at least one.
    Ranges(Vec<IpNet>),
    /// A service tag in Azure's spelling.
    Tag(String),
    /// The members of application security groups, by their names: ascending, at least one, one as long as nothing
    /// forces rules to be merged.
    Asgs(Vec<String>),
}

impl Side {
    /// The application security groups that it names.
    pub(super) fn asgs(&self) -> &[String] {
        match self {
            Self::Asgs(names) => names,
            _ => &[],
        }
    }
}

/// Decides everything for one platform. `None` after an error was reported in `cx`.
pub(super) fn plan(policy: &Policy, platform: PlatformId, cx: &mut PlanContext<'_>) -> Option<Plan> {
    let (guards, mut reports) = membership::decide(policy, platform);
    let asg_names = name_asgs(policy, &guards);
    let sections = format!("{}/priorities/", policy.platform(platform)?.name);
    let has_number = |identity: &str| cx.remembers(&sections, identity);
    let (drafts, refused) = rules::draft(policy, platform, &guards, &asg_names, &has_number);
    reports.extend(refused);
    let mut plan = Plan {
        platform,
        header: header(policy, platform),
        asgs: asgs(&guards, &asg_names),
        nsgs: nsgs(policy, &guards),
        quotas: Vec::new(),
    };
    let statement = policy.platform(platform)?;
    let place = |binding| {
        let inside = match binding {
            Some(Binding::Subnet(segment)) => policy.segment(segment).map(|segment| segment.span),
            Some(Binding::Interfaces(role)) => policy.party(role).map(|party| party.span),
            None => None,
        };
        inside.unwrap_or(statement.span)
    };
    let author = Author { policy, platform: statement, guards: &guards, asgs: &asg_names };
    for Exceeded { binding, report, largest } in fill(&mut plan, &author, drafts, cx) {
        let report = report.label(place(binding), "for this statement");
        reports.push(point_at(policy, report, &largest));
    }
    let failed = reports.iter().any(|report| report.severity == Severity::Error);
    reports.into_iter().for_each(|report| cx.report(report));
    (!failed).then_some(plan)
}

/// Gives every group its rules, and counts the result. Groups that are over a limit get merged rules, all of them where
/// the template is.
fn fill(
    plan: &mut Plan,
    author: &Author<'_>,
    mut drafts: Drafts<'_>,
    cx: &mut PlanContext<'_>,
) -> Vec<Exceeded> {
    let over: BTreeSet<Option<Binding>> =
        give_rules(plan, author, &drafts, cx).into_iter().map(|exceeded| exceeded.binding).collect();
    if over.is_empty() {
        return Vec::new();
    }
    let sections = format!("{}/priorities/", author.platform.name);
    let is_over = |binding: &Binding| over.contains(&None) || over.contains(&Some(*binding));
    for (_, group) in drafts.iter_mut().filter(|(binding, _)| is_over(binding)) {
        *group = merge::merge(std::mem::take(group), &|identity| cx.remembers(&sections, identity));
    }
    cx.forget(&sections);
    give_rules(plan, author, &drafts, cx)
}

/// Gives every group its rules, and counts the result.
fn give_rules(
    plan: &mut Plan,
    author: &Author<'_>,
    drafts: &Drafts<'_>,
    cx: &mut PlanContext<'_>,
) -> Vec<Exceeded> {
    let mut exceeded = Vec::new();
    for nsg in &mut plan.nsgs {
        match author.rules(nsg, drafts.get(&nsg.binding).cloned().unwrap_or_default(), cx) {
            Ok(rules) => nsg.rules = rules,
            Err(report) => {
                exceeded.push(Exceeded { binding: Some(nsg.binding), report, largest: Vec::new() })
            }
        }
    }
    let (quotas, counted) = limits::count(plan);
    plan.quotas = quotas;
    exceeded.extend(counted);
    exceeded
}

/// Labels the lines that need most: those of a statement, or the one that declares a role.
fn point_at(policy: &Policy, report: Diagnostic, largest: &[(String, u64)]) -> Diagnostic {
    let span_of = |name: &str| {
        let statement = policy.flows().iter().find(|flow| flow.origin == name);
        let statement = statement.and_then(|flow| Some(flow.provenance.first()?.span));
        let role =
            || policy.parties().find(|(_, party)| party.lasting_name() == name).map(|(_, party)| party.span);
        statement.or_else(role)
    };
    let placed = largest.iter().filter_map(|(name, count)| Some((span_of(name)?, name, count)));
    placed.fold(report, |report, (span, name, count)| report.label(span, format!("{count} for `{name}`")))
}

fn header(policy: &Policy, platform: PlatformId) -> Header {
    let short = |text: &str| clean(text, is_plain).chars().take(TAG_VALUE_LENGTH).collect::<String>();
    let header = policy.header();
    let platform = policy.platform(platform);
    let attribute = |name| {
        let text = platform.and_then(|platform| platform.attribute(name)).map(short);
        text.filter(|text| !text.is_empty())
    };
    Header {
        site: short(&header.site),
        release: header.release.as_deref().map(short),
        platform: short(platform.map_or("", |platform| &platform.name)),
        catalogue: short(&header.catalogue),
        region: attribute("region"),
        resource_group: attribute("resource-group"),
        subscription: attribute("subscription"),
        vnet: attribute("vnet"),
    }
}

/// Names of application security groups by the role whose group it is.
fn name_asgs(policy: &Policy, guards: &Guards) -> BTreeMap<RoleId, String> {
    let mut owners: Vec<RoleId> = guards
        .values()
        .filter_map(|guarded| match guarded.membership {
            Membership::Asg(owner) => Some(owner),
            Membership::Subnet => None,
        })
        .collect();
    owners.sort();
    owners.dedup();
    let wanted: Vec<Wanted> =
        owners.iter().map(|owner| wanted(policy, "asg", lasting_name(policy, *owner), "role")).collect();
    owners.into_iter().zip(names::unique(&wanted)).collect()
}

fn wanted(policy: &Policy, kind: &str, name: &str, what: &str) -> Wanted {
    Wanted {
        identity: format!("{kind} {what} {name}"),
        words: vec![kind.to_owned(), policy.header().site.clone(), name.to_owned()],
        separator: '-',
    }
}

fn asgs(guards: &Guards, names: &BTreeMap<RoleId, String>) -> Vec<Asg> {
    let mut members: BTreeMap<RoleId, Vec<RoleId>> = BTreeMap::new();
    for (role, guarded) in guards {
        if let Membership::Asg(owner) = guarded.membership {
            members.entry(owner).or_default().push(*role);
        }
    }
    let named =
        members.into_iter().filter_map(|(owner, members)| Some((names.get(&owner)?.clone(), members)));
    let mut asgs: Vec<Asg> = named.map(|(name, members)| Asg { name, members }).collect();
    asgs.sort_by(|one, other| one.name.cmp(&other.name));
    asgs
}

/// The network security groups without rules, in name order.
fn nsgs(policy: &Policy, guards: &Guards) -> Vec<Nsg> {
    let mut behind: BTreeMap<Binding, Vec<RoleId>> = BTreeMap::new();
    for (role, guarded) in guards {
        behind.entry(guarded.binding).or_default().push(*role);
    }
    let wanted: Vec<Wanted> = behind
        .keys()
        .map(|binding| match binding {
            Binding::Subnet(segment) => {
                let name = policy.segment(*segment).map_or("", |segment| &segment.name);
                wanted(policy, "nsg", name, "segment")
            }
            Binding::Interfaces(role) => {
                // No segment's name has a dot, so no segment's group has this name.
                let name = format!("{}.nic", lasting_name(policy, *role));
                wanted(policy, "nsg", &name, "role")
            }
        })
        .collect();
    let groups = behind.into_iter().zip(names::unique(&wanted));
    let mut nsgs: Vec<Nsg> =
        groups.map(|((binding, guards), name)| Nsg { name, binding, guards, rules: Vec::new() }).collect();
    nsgs.sort_by(|one, other| one.name.cmp(&other.name));
    nsgs
}
