//! What AWS will be told: groups, their rules, the parameters, and the quotas they use.
//!
//! In: a policy and one of its platforms. Out: a [`Plan`] within every limit, in the terms of the EC2 API.
//!
//! Invariant: one group for each group owner, more only where its rules pass AWS's quota; every group states its egress; no two rules have the same group, direction,
//! protocol, ports and peer; groups and rules are sorted by logical id, and an id depends on identity only.

use super::draft::Draft;
use super::quota::{self, Quota};
use super::split::Placed;
use super::{cloudformation, limits, names, overflow};
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::service::{Protocol, ServiceRange, ServiceSet};
use crate::policy::{KnownBy, Party, Platform, PlatformId, Policy, RoleId, RowId};
use crate::target::half::{self, Direction};
use crate::target::text::{self, TextLimit};
use crate::target::{PlanContext, QuotaUse};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Everything that is applied to one VPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Name of the site.
    pub site: String,
    /// Name of the platform in the site.
    pub platform: String,
    /// Catalogue release behind the policy.
    pub catalogue: String,
    /// The account, if the site names it.
    pub account: Option<String>,
    /// The Region, if the site names it.
    pub region: Option<String>,
    /// The VPC's id or name, if the site names it.
    pub vpc: Option<String>,
    /// Security groups by logical id.
    pub groups: Vec<Group>,
    /// Rules by logical id.
    pub rules: Vec<Rule>,
    /// Prefix lists that rules name, by parameter.
    pub prefix_lists: Vec<PrefixList>,
    /// The owner of the group that each enforced role wears.
    pub wears: BTreeMap<RoleId, RoleId>,
    /// What the plan uses of each limit.
    pub quotas: Vec<QuotaUse>,
}

impl Plan {
    /// The groups of an owner, the first one first. Who wears one of them wears all.
    pub fn groups_of(&self, owner: RoleId) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.iter().filter(|group| group.owner == owner).collect();
        groups.sort_by_key(|group| group.part);
        groups
    }
}

/// A security group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The role that it is named after.
    pub owner: RoleId,
    /// Which of the owner's groups it is: 1 for the first one, which peers name, and the only one while its quota has
    /// room for all rules.
    pub part: u32,
    /// The owner's name today; logical id and group name keep the name that it had at first.
    pub role: String,
    /// Names of all roles that wear it, sorted.
    pub worn_by: Vec<String>,
    /// Logical id: `SgVda`.
    pub id: String,
    /// `GroupName`.
    pub name: String,
    /// `GroupDescription`; create-only, so nothing in it may change with a release.
    pub description: String,
    /// Egress rules written inside the group. Without any, AWS lets everything out.
    pub inline_egress: Vec<InlineEgress>,
}

impl Group {
    /// The role's part of the logical id of the owner's first group.
    pub fn token(&self) -> &str {
        self.id.strip_prefix("Sg").unwrap_or(&self.id)
    }

    /// A further group of the same owner, for rules that have no room in the earlier ones.
    fn further(&self, part: u32) -> Self {
        Self {
            part,
            id: names::further_group_id(self.token(), part),
            name: names::further_group_name(&self.name, part),
            description: format!("{}, group {part}", self.description),
            ..self.clone()
        }
    }
}

/// An egress rule inside a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineEgress {
    /// Protocol and ports.
    pub permission: Permission,
    /// To where.
    pub cidr: IpNet,
    /// Why.
    pub description: String,
}

/// A protocol as AWS spells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IpProtocol {
    /// `-1`: every protocol.
    All,
    /// `tcp`
    Tcp,
    /// `udp`
    Udp,
    /// `icmp`
    Icmp,
    /// `icmpv6`
    Icmpv6,
    /// Any other by number.
    Number(u8),
}

impl fmt::Display for IpProtocol {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => formatter.write_str("-1"),
            Self::Tcp => formatter.write_str("tcp"),
            Self::Udp => formatter.write_str("udp"),
            Self::Icmp => formatter.write_str("icmp"),
            Self::Icmpv6 => formatter.write_str("icmpv6"),
            Self::Number(number) => write!(formatter, "{number}"),
        }
    }
}

/// Protocol with ports, or with ICMP type (from) and code (to), where -1 stands for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The protocol.
    pub protocol: IpProtocol,
    /// First port or ICMP type; absent for protocols that have neither.
    pub from_port: Option<i32>,
    /// Last port or ICMP code; absent for protocols that have neither.
    pub to_port: Option<i32>,
}

impl Permission {
    /// Every protocol.
    pub const ALL: Self = Self { protocol: IpProtocol::All, from_port: None, to_port: None };

    fn of(range: ServiceRange) -> Self {
        let ServiceRange { protocol, low, high } = range;
        let ([kind, code], [_, last_code]) = (low.to_be_bytes(), high.to_be_bytes());
        let (protocol, ports) = match protocol {
            Protocol::TCP => (IpProtocol::Tcp, Some((i32::from(low), i32::from(high)))),
            Protocol::UDP => (IpProtocol::Udp, Some((i32::from(low), i32::from(high)))),
            Protocol(number) if protocol != Protocol::ICMP && protocol != Protocol::ICMPV6 => {
                (IpProtocol::Number(number), None)
            }
            _ => {
                let word = if protocol == Protocol::ICMP { IpProtocol::Icmp } else { IpProtocol::Icmpv6 };
                let message = match (range.is_whole_protocol(), code == last_code) {
                    // ICMP demands both numbers; ICMPv6 takes everything to be meant without them.
                    // Source: EC2 API Reference, `IpPermission`, member `IpProtocol`, read 2026-11.
                    (true, _) => (protocol == Protocol::ICMP).then_some((-1, -1)),
                    (false, true) => Some((i32::from(kind), i32::from(code))),
                    (false, false) => Some((i32::from(kind), -1)),
                };
                (word, message)
            }
        };
        Self { protocol, from_port: ports.map(|(from, _)| from), to_port: ports.map(|(_, to)| to) }
    }
}

/// The other end of a rule: exactly one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Peer {
    /// Whoever wears the first group of this owner, and so all of its groups.
    Group(RoleId),
    /// A range of addresses.
    Cidr(IpNet),
    /// A list of ranges by its name.
    PrefixList(String),
}

/// A rule of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Logical id.
    pub id: String,
    /// Owner of the group that it belongs to.
    pub group: RoleId,
    /// Which of the owner's groups, from 1.
    pub part: u32,
    /// As seen from the group's members.
    pub direction: Direction,
    /// Protocol and ports.
    pub permission: Permission,
    /// The same as a set, for the map of reasons.
    pub services: ServiceSet,
    /// The other end.
    pub peer: Peer,
    /// Reason and row ids, in AWS's characters.
    pub description: String,
    /// The rows of the policy that ask for it, in their canonical order.
    pub rows: Vec<RowId>,
}

/// A prefix list that is looked up when the plan is applied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PrefixList {
    /// The parameter that takes its id.
    pub parameter: String,
    /// Its name, or its id where the author wrote that.
    pub name: String,
}

/// Decides everything for one platform. `None` only after a report in `cx`.
pub(super) fn plan(policy: &Policy, id: PlatformId, cx: &mut PlanContext<'_>) -> Option<Plan> {
    let Some(platform) = policy.platform(id) else {
        cx.report(Diagnostic::new(codes::INTERNAL_ERROR, "a platform of another site was to be planned"));
        return None;
    };
    let mut reports = Vec::new();
    let groups = plan_groups(policy, id, &mut reports);
    let prefix_lists = plan_prefix_lists(policy, id, platform, &mut reports);
    let mut draft = Draft::new(policy, id, &mut reports);
    let quota = Quota::new(policy, platform);
    reports.extend(overflow::impossible_quota(platform, quota.room()));
    quota.fit(&mut draft, groups.len());
    let placed = place(&quota, &draft, &groups, &platform.name, cx);
    reports.extend(overflow::exceeded(policy, &placed, &groups, quota.room()));

    let used: BTreeSet<&str> = draft.prefix_lists().collect();
    let groups = with_further(groups, &placed);
    let mut plan = Plan {
        site: policy.header().site.clone(),
        platform: platform.name.clone(),
        catalogue: policy.header().catalogue.clone(),
        account: platform.attribute("account").map(str::to_owned),
        region: platform.attribute("region").map(str::to_owned),
        vpc: platform.attribute("vpc").map(str::to_owned),
        rules: plan_rules(policy, &placed),
        prefix_lists: prefix_lists.into_iter().filter(|list| used.contains(list.name.as_str())).collect(),
        wears: policy.enforced_on(id).map(|(role, party)| (role, party.group)).collect(),
        quotas: quota.used(&placed, &groups),
        groups,
    };
    plan.groups.sort_by(|a, b| a.id.cmp(&b.id));
    reports.extend(clashing_names(policy, &plan));
    let whole = quota::whole(&plan, cloudformation::render(&plan).bytes.len());
    reports.extend(overflow::whole_exceeded(platform, &plan, &whole));
    plan.quotas.extend(whole);
    if reports.is_empty() {
        return Some(plan);
    }
    reports.into_iter().for_each(|report| cx.report(report));
    None
}

/// Places the rules among the groups of their owners, as the lock has them, and keeps the places where room is scarce.
fn place(
    quota: &Quota,
    draft: &Draft,
    groups: &BTreeMap<RoleId, Group>,
    platform: &str,
    cx: &mut PlanContext<'_>,
) -> Vec<Placed> {
    let section = |group: &Group| format!("{platform}/groups/{}", group.id);
    let placed = quota.place(draft, groups, &|group| cx.locked(&section(group)));
    for (owner, group) in groups {
        let is_locked = !cx.locked(&section(group)).is_empty();
        let kept = quota.kept(*owner, &placed, is_locked);
        if !kept.is_empty() {
            cx.keep(&section(group), kept);
        }
    }
    placed
}

/// The first group of each owner, and as many further ones as its rules stand in.
fn with_further(groups: BTreeMap<RoleId, Group>, placed: &[Placed]) -> Vec<Group> {
    let mut all = Vec::new();
    for (owner, group) in groups {
        let parts: BTreeSet<u32> = placed
            .iter()
            .filter(|rule| rule.slot.owner == owner && rule.part > 1)
            .map(|rule| rule.part)
            .collect();
        all.extend(parts.into_iter().map(|part| group.further(part)));
        all.push(group);
    }
    all
}

/// One group for each role that is enforced here and wears its own, and for each whose group is worn.
fn plan_groups(
    policy: &Policy,
    platform: PlatformId,
    reports: &mut Vec<Diagnostic>,
) -> BTreeMap<RoleId, Group> {
    let site = policy.header().site.as_str();
    let mut groups: BTreeMap<RoleId, Group> = BTreeMap::new();
    for (_, party) in policy.enforced_on(platform) {
        if let Some(list) = lists(party).next() {
            reports.push(listed_with_group(party, list));
        }
        let Some(owner) = policy.party(party.group) else { continue };
        let group = groups.entry(party.group).or_insert_with(|| new_group(site, party.group, owner));
        group.worn_by.push(party.name.clone());
    }
    groups
}

fn new_group(site: &str, owner: RoleId, party: &Party) -> Group {
    // A role that was renamed keeps the names of its group: they are create-only.
    let name = party.lasting_name();
    let shown = |part: &str| -> String {
        text::clean(part, limits::GROUP_TEXT.allowed).chars().take(limits::NAME_PART).collect()
    };
    Group {
        owner,
        part: 1,
        role: party.name.clone(),
        worn_by: Vec::new(),
        id: names::group_id(name),
        name: names::group_name(site, name),
        description: format!("Role {} of site {}", shown(name), shown(site)),
        inline_egress: nowhere(),
    }
}

/// The egress rule that keeps the default, everything outbound, from staying in place.
fn nowhere() -> Vec<InlineEgress> {
    let description = "No default egress".to_owned();
    let rule = |cidr| InlineEgress { permission: Permission::ALL, cidr, description };
    limits::NOWHERE.parse().ok().map(rule).into_iter().collect()
}

/// The prefix lists that stand for a role, which has no address then.
fn lists(party: &Party) -> impl Iterator<Item = &str> {
    let names = party.known_by.iter().filter_map(|name| match name {
        KnownBy::PrefixList(list) => Some(list.as_str()),
        _ => None,
    });
    names.filter(|_| party.addresses.is_empty())
}

fn listed_with_group(party: &Party, list: &str) -> Diagnostic {
    let message = format!(
        "`{}` is known by the prefix list `{list}`, and what a list names wears no security group",
        party.name
    );
    Diagnostic::new(codes::NOT_EXPRESSIBLE, message).label(party.span, "declared here on a platform").help(
        format!("write `role {}` without `on`: a gateway endpoint is a route, not an interface", party.name),
    )
}

/// The prefix lists of all roles that something on the platform talks to.
fn plan_prefix_lists(
    policy: &Policy,
    id: PlatformId,
    platform: &Platform,
    reports: &mut Vec<Diagnostic>,
) -> BTreeSet<PrefixList> {
    let peers: BTreeSet<RoleId> = half::halves(policy, id).into_iter().map(|half| half.peer).collect();
    let mut found = BTreeSet::new();
    for party in peers.into_iter().filter_map(|role| policy.party(role)) {
        for list in lists(party) {
            reports.extend(bad_list(party, list, platform));
            found.insert(PrefixList { parameter: names::parameter(list), name: list.to_owned() });
        }
    }
    found
}

/// What is wrong with a prefix list on this platform, if anything.
fn bad_list(party: &Party, list: &str, platform: &Platform) -> Option<Diagnostic> {
    let TextLimit { length, allowed } = limits::PREFIX_LIST_NAME;
    if list.is_empty() || list.len() > length || !list.chars().all(allowed) {
        let message = format!("`{}` has a prefix list with a name that can't be looked up", party.name);
        return Some(
            Diagnostic::new(codes::NAME_NOT_POSSIBLE, message)
                .label(party.span, "declared here")
                .help("write the list's name as AWS shows it, for example `com.amazonaws.eu-west-1.s3`"),
        );
    }
    let (region, _) = names::aws_list(list)?;
    let wanted = platform.attribute("region")?;
    if region == wanted || region == limits::GLOBAL {
        return None;
    }
    let message = format!("`{list}` is a prefix list of another Region than `{}`", platform.name);
    let span = platform.attribute_spans.get("region").copied().unwrap_or(platform.span);
    Some(
        Diagnostic::new(codes::NOT_EXPRESSIBLE, message)
            .label(party.span, format!("`{}` is known by it", party.name))
            .label(span, format!("the Region is `{wanted}` here"))
            .help(format!("write `prefix-list = \"{}\"`", list.replacen(region, wanted, 1))),
    )
}

fn plan_rules(policy: &Policy, placed: &[Placed]) -> Vec<Rule> {
    let rule = |placed: &Placed| Rule {
        id: placed.id.clone(),
        group: placed.slot.owner,
        part: placed.part,
        direction: placed.slot.direction,
        permission: Permission::of(placed.range),
        services: ServiceSet::from_ranges([placed.range]),
        peer: placed.peer.clone(),
        description: describe(policy, &placed.rows, placed.range),
        rows: placed
            .rows
            .iter()
            .filter_map(|row| policy.flows().get(*row))
            .map(|flow| flow.id.clone())
            .collect(),
    };
    let mut rules: Vec<Rule> = placed.iter().map(rule).collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

fn describe(policy: &Policy, rows: &BTreeSet<usize>, range: ServiceRange) -> String {
    let flows = rows.iter().filter_map(|row| policy.flows().get(*row));
    text::description(flows, &ServiceSet::from_ranges([range]), limits::RULE_TEXT)
}

/// Two things that would have one name: only when hashes meet, or when the site lies about earlier names.
fn clashing_names(policy: &Policy, plan: &Plan) -> Vec<Diagnostic> {
    let groups = plan
        .groups
        .iter()
        .flat_map(|group| [(group.id.clone(), group.owner), (group.name.to_ascii_lowercase(), group.owner)]);
    let rules = plan.rules.iter().map(|rule| (rule.id.clone(), rule.group));
    let mut holders: BTreeMap<String, RoleId> = BTreeMap::new();
    let mut reports = Vec::new();
    for (name, owner) in groups.chain(rules) {
        let Some(first) = holders.insert(name.clone(), owner) else { continue };
        let (one, other) = (policy.name(first), policy.name(owner));
        let mut report = Diagnostic::new(
            codes::NAME_NOT_POSSIBLE,
            format!("`{one}` and `{other}` would both get the name `{name}`"),
        );
        for party in [owner, first].into_iter().filter_map(|role| policy.party(role)) {
            report = report.label(party.span, "declared here");
        }
        reports.push(report.help("give one of the roles another name"));
    }
    let mut parameters: BTreeMap<&str, &str> = BTreeMap::new();
    for list in &plan.prefix_lists {
        if let Some(first) = parameters.insert(&list.parameter, &list.name) {
            let message =
                format!("`{first}` and `{}` would both get the name `{}`", list.name, list.parameter);
            let mut report = Diagnostic::new(codes::NAME_NOT_POSSIBLE, message);
            let known_by = |party: &&Party| {
                party.known_by.iter().any(
                    |known| matches!(known, KnownBy::PrefixList(name) if *name == list.name || name == first),
                )
            };
            for (_, party) in policy.parties().filter(|(_, party)| known_by(party)) {
                report = report.label(party.span, "known by one of them");
            }
            reports.push(report.help("state the platform's `region`, and name lists of that Region only"));
        }
    }
    reports
}
