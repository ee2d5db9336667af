//! Which policies, rules and address groups a Prism Central gets.
//!
//! In: the policy and one platform. Out: a [`Plan`] that v3 and v4 spell.
//!
//! Invariant: one rule for each row, end and peer, made from that row alone, so that another row changes none of them;
//! only rows that would give the same rule share one;
//! groups in name order, rules inbound first, then in the order of the policy's flows.

use super::categories::{Category, CategoryIds};
use super::groups::{SecuredGroup, secured_groups};
use super::limits::{self, CLASSIC_KEY, GROUP_NAME, POLICY_NAME, RULE_DESCRIPTION};
use super::mark;
use super::quota::Maxima;
use super::services::{Services, plan_services};
use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::policy::address::{AddressSet, Family};
use crate::policy::service::Protocol;
use crate::policy::{EnforcementState, Flow, KnownBy, Party, Platform, PlatformId, Policy, RoleId, RowId};
use crate::target::half::{self, Direction, Half, Peer, halves};
use crate::target::text;
use crate::target::{PlanContext, QuotaUse};
use indexmap::IndexMap;
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Everything decided for one Prism Central.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Name of the site.
    pub(crate) site: String,
    /// Name of the platform in the site.
    pub(crate) platform: String,
    /// Catalogue release behind the policy.
    pub(crate) catalogue: String,
    /// The Prism Central that takes it, as the site names it.
    pub(crate) prism: Option<String>,
    /// Which networks the policies cover.
    pub(crate) scope: Scope,
    /// True when hits are logged.
    pub(crate) hit_log: bool,
    /// Ids of categories, or symbols.
    pub(crate) ids: CategoryIds,
    /// The categories that each enforced role's machines wear.
    pub(crate) worn: BTreeMap<RoleId, Arc<[Category]>>,
    /// Peers with several ranges, in name order.
    pub(crate) address_groups: BTreeMap<String, AddressGroup>,
    /// One policy for each tier.
    pub(crate) policies: Vec<TierPolicy>,
    /// The use of each maximum that the platform's block states.
    pub(crate) quotas: Vec<QuotaUse>,
}

/// The networks that policies cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// VLAN networks.
    AllVlans,
    /// Overlay networks.
    AllVpcs,
}

/// The ranges of one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AddressGroup {
    /// What it is.
    pub(crate) description: String,
    /// Its ranges.
    pub(crate) addresses: AddressSet,
}

/// The application policy of one tier.
#[derive(Debug, Clone)]
pub(crate) struct TierPolicy {
    /// Unique name.
    pub(crate) name: String,
    /// What it is.
    pub(crate) description: String,
    /// Saved, monitored or enforced.
    pub(crate) state: EnforcementState,
    /// The categories of the machines that it guards: all of them, not one of them.
    pub(crate) secured: Arc<[Category]>,
    /// The tier's value, for people.
    pub(crate) tier: String,
    /// What passes between machines of the tier.
    pub(crate) intra: Intra,
    /// True when its rules cover IPv6 too; otherwise IPv6 is dropped.
    pub(crate) ipv6: bool,
    /// Its rules.
    pub(crate) rules: Vec<Rule>,
}

impl TierPolicy {
    /// True when a rule of its own denies what passes within the tier.
    pub(crate) fn denies_within(&self) -> bool {
        self.intra == Intra::Deny
    }
}

/// What passes between machines of one tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Intra {
    /// Nothing, whatever the rules say.
    Deny,
    /// What the rules say.
    ByRules,
}

/// One allow rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// The rows that it is one end of, at least one.
    pub(crate) rows: Vec<RowId>,
    /// Inbound or outbound.
    pub(crate) direction: Direction,
    /// Who is at the other end.
    pub(crate) peer: RulePeer,
    /// On which services.
    pub(crate) services: Services,
    /// The address families in which the row can occur at all; never empty.
    pub(crate) families: Vec<Family>,
    /// The reason of the first row, shortened, with the ids of all.
    pub(crate) description: String,
}

/// The other end of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RulePeer {
    /// Machines that wear all of these.
    Categories(Arc<[Category]>),
    /// One range.
    Subnet(IpNet),
    /// An address group of the plan, by name.
    AddressGroup(String),
    /// An address group that somebody keeps in Prism for a set that the site knows only by name.
    Kept(KnownBy),
}

/// What an author can do about a peer without addresses.
const GIVE_ADDRESSES: &[&str] = &["write its address ranges as `cidr` of the role"];

/// What an author can do about a peer that is known only by name.
const WAYS_OUT: &[&str] = &[
    "send the flow through a proxy with `via`",
    "name the published set of its addresses as `tag`: an address group of that name is then used",
    "write the address ranges behind the name as `cidr` of the role",
];

/// Plans one platform. `None` after a report.
pub(crate) fn plan_platform(policy: &Policy, id: PlatformId, cx: &mut PlanContext<'_>) -> Option<Plan> {
    let platform = policy.platform(id)?;
    let ids = CategoryIds::read(cx.option("categories")).map_err(|report| cx.report(report)).ok();
    let groups = secured_groups(policy, id, cx);
    let (ids, groups) = (ids?, groups?);
    let known = report_unknown_categories(policy, platform, &groups, &ids, cx);

    let mut planner = Planner::new(policy, id, &groups);
    let mut sound = true;
    for half in halves(policy, id) {
        if let Err(report) = planner.add(&half) {
            cx.report(*report);
            sound = false;
        }
    }
    let Planner { worn, mut drafts, address_groups, kept, .. } = planner;
    if !(known && sound) {
        return None;
    }
    let mut apart = true;
    for (set, (role, flow)) in &kept {
        let name = kept_name(set);
        if address_groups.contains_key(&name)
            || kept.keys().any(|other| other != set && kept_name(other) == name)
        {
            cx.report(one_group_name(policy, &name, *role));
            apart = false;
        }
        cx.report(must_be_kept(policy, platform, set, *role, flow));
    }
    if !apart {
        return None;
    }
    report_v3_limits(platform, &groups, cx);
    let maxima = Maxima::of(platform);
    let policies = groups.iter().map(|group| {
        let drafts = drafts.remove(&group.role).unwrap_or_default();
        let own = RulePeer::Categories(group.categories.clone());
        let denies_within = !drafts.keys().any(|(_, peer, _)| *peer == own);
        let drafts = maxima.fit(drafts, denies_within);
        tier_policy(policy, platform, group, drafts.into_iter().map(rule).collect())
    });
    let mut plan = Plan {
        policies: policies.collect(),
        site: policy.header().site.clone(),
        platform: platform.name.clone(),
        catalogue: policy.header().catalogue.clone(),
        prism: platform.attribute("prism").map(str::to_owned),
        scope: if platform.attribute("scope") == Some("all-vpcs") { Scope::AllVpcs } else { Scope::AllVlans },
        hit_log: platform.attribute("hitlog") != Some("off"),
        ids,
        worn,
        address_groups,
        quotas: Vec::new(),
    };
    plan.quotas = maxima.used(&plan);
    let exceeded = maxima.exceeded(policy, platform, &plan);
    let within = exceeded.is_empty();
    exceeded.into_iter().for_each(|report| cx.report(report));
    within.then_some(plan)
}

/// The name of a platform.
fn platform_name(policy: &Policy, platform: PlatformId) -> &str {
    policy.platform(platform).map_or("", |platform| platform.name.as_str())
}

fn tier_policy(
    policy: &Policy,
    platform: &Platform,
    group: &SecuredGroup,
    mut rules: Vec<Rule>,
) -> TierPolicy {
    rules.sort_by_key(|rule| rule.direction);
    let own = RulePeer::Categories(group.categories.clone());
    let site = policy.header().site.as_str();
    let lasting = policy.party(group.role).map_or("", Party::lasting_name);
    let tier = group.categories.last().map_or("", |category| category.value.as_str());
    let names: Vec<&str> = group.members.iter().map(|member| policy.name(*member)).collect();
    TierPolicy {
        name: limits::object_name(&[site, lasting], POLICY_NAME),
        description: mark::description(&format!("Tier {tier}: {}", names.join(" ")), &platform.name, site),
        state: group.state,
        secured: group.categories.clone(),
        tier: tier.to_owned(),
        intra: if rules.iter().any(|rule| rule.peer == own) { Intra::ByRules } else { Intra::Deny },
        ipv6: rules.iter().any(|rule| rule.families.contains(&Family::V6)),
        rules,
    }
}

/// Reports categories that the file lacks; true when it has all of them.
fn report_unknown_categories(
    policy: &Policy,
    platform: &Platform,
    groups: &[SecuredGroup],
    ids: &CategoryIds,
    cx: &mut PlanContext<'_>,
) -> bool {
    let mut missing: BTreeMap<&Category, RoleId> = BTreeMap::new();
    for group in groups {
        for category in group.categories.iter().filter(|category| ids.lacks(category)) {
            missing.entry(category).or_insert(group.role);
        }
    }
    for (category, role) in &missing {
        let of_platform = platform.attribute("category") == Some(category.to_string().as_str());
        let place = if of_platform {
            platform.attribute_spans.get("category").copied().unwrap_or(platform.span)
        } else {
            policy.party(*role).map_or(platform.span, |party| party.span)
        };
        let message = format!("the categories file has no id for `{category}`");
        let mut report = Diagnostic::new(codes::CATEGORY_UNKNOWN, message)
            .label(place, format!("machines of `{}` wear it", policy.name(*role)))
            .help(format!("create `{category}` in Prism Central and write the file again"))
            .help("or compile without `--categories`: a marked symbol then stands for each id");
        if let CategoryIds::Known { of: Some(total), .. } = ids {
            report =
                report.note(format!("the file is one page of a list of {total}: put all pages into `data`"));
        }
        cx.report(report);
    }
    missing.is_empty()
}

/// Says what keeps a classic Flow from taking the v3 spelling; v4 is not concerned, so it is no error.
fn report_v3_limits(platform: &Platform, groups: &[SecuredGroup], cx: &mut PlanContext<'_>) {
    let place = |key: &str| platform.attribute_spans.get(key).copied().unwrap_or(platform.span);
    let note = |message: String, key: &str| {
        Diagnostic::new(codes::NOT_EXPRESSIBLE, message).severity(Severity::Note).label(place(key), "")
    };
    let key = groups.iter().find_map(|group| group.categories.first()).map(|category| category.key.as_str());
    if let Some(key) = key.filter(|key| *key != CLASSIC_KEY) {
        let message = format!(
            "a classic Flow takes no policy without a category of key `{CLASSIC_KEY}`, this is `{key}`"
        );
        cx.report(note(message, "category").help("apply the v4 file, not the v3 one"));
    }
    if platform.attribute("scope") == Some("all-vpcs") {
        let message = "a classic Flow knows no VPC, so its v3 policies can't cover them".to_owned();
        cx.report(note(message, "scope").help("apply the v4 file, not the v3 one"));
    }
}

/// What a rule says: two flows with the same meaning are one rule.
pub(super) type Meaning = (Direction, RulePeer, Services);

/// A rule under construction.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    /// The families in which its rows can occur.
    pub(super) families: BTreeSet<Family>,
    /// Its rows.
    pub(super) flows: Vec<&'a Flow>,
}

fn rule(((direction, peer, services), mut draft): (Meaning, Draft<'_>)) -> Rule {
    // Members of one group may ask for the same row twice.
    draft.flows.dedup_by_key(|flow| &flow.id);
    let asked = draft.flows.first().map(|flow| flow.services.clone()).unwrap_or_default();
    Rule {
        rows: draft.flows.iter().map(|flow| flow.id.clone()).collect(),
        direction,
        peer,
        services,
        families: draft.families.into_iter().collect(),
        description: text::description(draft.flows, &asked, RULE_DESCRIPTION),
    }
}

/// The name under which a platform or its makers publish a set of addresses; host names are no such set.
fn kept_set(names: &[KnownBy]) -> Option<&KnownBy> {
    names.iter().find(|name| matches!(name, KnownBy::Tag(_) | KnownBy::PrefixList(_)))
}

/// The name of the address group that has to be kept in Prism for a published set; empty for host names.
pub(crate) fn kept_name(set: &KnownBy) -> String {
    match set {
        KnownBy::Tag(name) | KnownBy::PrefixList(name) => limits::object_name(&[name], GROUP_NAME),
        KnownBy::Names(_) => String::new(),
    }
}

fn one_group_name(policy: &Policy, name: &str, role: RoleId) -> Diagnostic {
    let message = format!("two address groups would have the name `{name}`");
    let report = Diagnostic::new(codes::NAME_NOT_POSSIBLE, message);
    let report = match policy.party(role) {
        Some(party) => report.label(party.span, "known by a published set of this name"),
        None => report,
    };
    report.help("give the site or the other role another name, or state this role's `cidr`")
}

fn must_be_kept(
    policy: &Policy,
    platform: &Platform,
    set: &KnownBy,
    role: RoleId,
    flow: &Flow,
) -> Diagnostic {
    let name = kept_name(set);
    let message = format!(
        "`{}` knows `{}` only as an address group `{name}` that somebody keeps there",
        platform.name,
        policy.name(role)
    );
    let mut report = Diagnostic::new(codes::SET_KEPT_ELSEWHERE, message);
    if let Some(reason) = flow.provenance.first() {
        report = report.label(reason.span, "asks for it");
    }
    if let Some(party) = policy.party(role) {
        report = report.label(party.span, "known by a published name");
    }
    report
        .help(format!("create the address group `{name}` with the published ranges, and keep it up to date"))
}

/// Rules under construction, by group.
struct Planner<'a> {
    policy: &'a Policy,
    platform: PlatformId,
    worn: BTreeMap<RoleId, Arc<[Category]>>,
    group_of: BTreeMap<RoleId, RoleId>,
    /// What rules say, by group; in the order in which flows first asked for it.
    drafts: BTreeMap<RoleId, IndexMap<Meaning, Draft<'a>>>,
    address_groups: BTreeMap<String, AddressGroup>,
    /// Sets known by name, each with the first role and flow that name it.
    kept: BTreeMap<KnownBy, (RoleId, &'a Flow)>,
}

impl<'a> Planner<'a> {
    fn new(policy: &'a Policy, platform: PlatformId, groups: &[SecuredGroup]) -> Self {
        let members = |group: &SecuredGroup| group.members.clone();
        let worn = groups
            .iter()
            .flat_map(|group| members(group).into_iter().map(|member| (member, group.categories.clone())));
        let group_of =
            groups.iter().flat_map(|group| members(group).into_iter().map(|member| (member, group.role)));
        Self {
            policy,
            platform,
            worn: worn.collect(),
            group_of: group_of.collect(),
            drafts: BTreeMap::new(),
            address_groups: BTreeMap::new(),
            kept: BTreeMap::new(),
        }
    }

    fn add(&mut self, half: &Half<'a>) -> Result<(), Box<Diagnostic>> {
        let families = self.families(half);
        let Some(group) = self.group_of.get(&half.own).copied().filter(|_| !families.is_empty()) else {
            return Ok(());
        };
        let services = plan_services(half.flow.protocol, &half.flow.services)
            .map_err(|why| self.not_expressible(half, &why))?;
        let peer = self.peer(half, &families)?;
        let drafts = self.drafts.entry(group).or_default();
        let position = drafts.entry((half.direction, peer, services)).or_default();
        position.families.extend(families);
        position.flows.push(half.flow);
        Ok(())
    }

    /// The families in which packets of a half can exist; none when its row says nothing.
    fn families(&self, half: &Half<'_>) -> Vec<Family> {
        let of = |role| self.policy.party(role).map(|party| party.addresses.families()).unwrap_or_default();
        let (own, peer) = (of(half.own), of(half.peer));
        let mut families = match (own.is_empty(), peer.is_empty()) {
            // Machines without known addresses: as little IPv6 as the flow's protocol asks for.
            (true, true) if half.flow.protocol == Protocol::ICMPV6 => vec![Family::V6],
            (true, true) => vec![Family::V4],
            (true, false) => peer,
            (false, true) => own,
            (false, false) => own.into_iter().filter(|family| peer.contains(family)).collect(),
        };
        families.retain(|family| match half.flow.protocol {
            Protocol::ICMP => *family == Family::V4,
            Protocol::ICMPV6 => *family == Family::V6,
            _ => true,
        });
        families
    }

    fn peer(&mut self, half: &Half<'a>, families: &[Family]) -> Result<RulePeer, Box<Diagnostic>> {
        match half::peer(self.policy, self.platform, half.peer) {
            Peer::Group(role) => match self.worn.get(&role) {
                Some(categories) => Ok(RulePeer::Categories(categories.clone())),
                None => Err(Box::new(self.no_categories(role))),
            },
            Peer::Addresses(all) => Ok(self.addresses(half.peer, all, families)),
            Peer::Named(names) if let Some(set) = kept_set(names) => {
                self.kept.entry(set.clone()).or_insert((half.peer, half.flow));
                Ok(RulePeer::Kept(set.clone()))
            }
            Peer::Named(names) => {
                let ways = if names.is_empty() { GIVE_ADDRESSES } else { WAYS_OUT };
                Err(Box::new(half::unnameable(self.policy, self.platform, half, ways)))
            }
        }
    }

    fn addresses(&mut self, role: RoleId, all: &AddressSet, families: &[Family]) -> RulePeer {
        let parts = families.iter().map(|family| all.of_family(*family));
        let meant = parts.fold(AddressSet::empty(), |sum, part| sum.union(&part));
        if let [range] = meant.ranges().as_slice() {
            return RulePeer::Subnet(*range);
        }
        let site = self.policy.header().site.as_str();
        let lasting = self.policy.party(role).map_or("", Party::lasting_name);
        let name = match meant.families().as_slice() {
            // No role's name has a dot, so no role's group has this name.
            [Family::V4] if meant != *all => format!("{lasting}.ipv4"),
            [Family::V6] if meant != *all => format!("{lasting}.ipv6"),
            _ => lasting.to_owned(),
        };
        let name = limits::object_name(&[site, &name], GROUP_NAME);
        let group = AddressGroup {
            description: mark::description(
                self.policy.name(role),
                platform_name(self.policy, self.platform),
                site,
            ),
            addresses: meant,
        };
        self.address_groups.entry(name.clone()).or_insert(group);
        RulePeer::AddressGroup(name)
    }

    fn no_categories(&self, role: RoleId) -> Diagnostic {
        let message = format!("segc planned no categories for `{}`", self.policy.name(role));
        Diagnostic::new(codes::INTERNAL_ERROR, message).help("please report this with the site's file")
    }

    fn not_expressible(&self, half: &Half<'_>, why: &str) -> Box<Diagnostic> {
        let platform = platform_name(self.policy, self.platform);
        let message = format!("`{platform}` can't say {}: {why}", half.flow.services);
        let mut report = Diagnostic::new(codes::NOT_EXPRESSIBLE, message);
        for reason in &half.flow.provenance {
            report = report.label(reason.span, "asks for it");
        }
        Box::new(report.help("name services that a rule can have, one line for each protocol"))
    }
}
