//! Secured groups: which roles wear which categories, and what is enforced for them.
//!
//! In: the roles of one platform. Out: one [`SecuredGroup`] for each tier.
//!
//! Invariant: no two groups have the same categories, here or on another platform of the site with the same Prism
//! Central and category; the members of a group wear it because the site says so.

use super::categories::Category;
use super::limits::{TIER_KEY, category_fault};
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::{EnforcementState, Party, Platform, PlatformId, Policy, RoleId};
use crate::target::PlanContext;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The roles that one policy guards.
#[derive(Debug, Clone)]
pub(crate) struct SecuredGroup {
    /// The role that the group is named for.
    pub(crate) role: RoleId,
    /// Every role that wears it, in name order.
    pub(crate) members: Vec<RoleId>,
    /// The platform's category and the tier's.
    pub(crate) categories: Arc<[Category]>,
    /// What its policy does; one for all members.
    pub(crate) state: EnforcementState,
}

/// The groups of a platform, in the order of their roles' names. `None` after a report.
pub(crate) fn secured_groups(
    policy: &Policy,
    id: PlatformId,
    cx: &mut PlanContext<'_>,
) -> Option<Vec<SecuredGroup>> {
    let platform = policy.platform(id)?;
    let keys = platform_keys(platform, cx);
    let mut members: BTreeMap<RoleId, Vec<RoleId>> = BTreeMap::new();
    for (role, party) in policy.enforced_on(id) {
        members.entry(party.group).or_default().push(role);
    }
    let mut sound = report_twins(policy, id, cx);
    for (role, members) in &members {
        sound &= report_split_group(policy, platform, *role, members, cx);
    }
    let (category, tier_key) = keys.filter(|_| sound)?;
    let groups = members.into_iter().filter_map(|(role, members)| {
        let party = policy.party(role)?;
        let state = members.first().and_then(|member| policy.party(*member)?.state);
        Some(SecuredGroup {
            role,
            members,
            categories: Arc::new([
                category.clone(),
                Category { key: tier_key.clone(), value: tier(party).to_owned() },
            ]),
            // Watching first is the vendor's advice; enforcing is for the author to say.
            // Source: the vendor's guides BP-2125 and BP-2204, read 2026-11-22.
            state: state.unwrap_or(EnforcementState::Monitor),
        })
    });
    Some(groups.collect())
}

fn tier(party: &Party) -> &str {
    party.attribute("tier").unwrap_or_else(|| party.lasting_name())
}

fn tier_key(platform: &Platform) -> &str {
    platform.attribute("tier-key").unwrap_or(TIER_KEY)
}

/// The platform's category and the key of its tiers. `None` after a report.
fn platform_keys(platform: &Platform, cx: &mut PlanContext<'_>) -> Option<(Category, String)> {
    let place = |key: &str| platform.attribute_spans.get(key).copied().unwrap_or(platform.span);
    let Some(text) = platform.attribute("category") else {
        let message = format!("platform `{}` has no `category`", platform.name);
        let report = Diagnostic::new(codes::MISSING_ATTRIBUTE, message).label(platform.span, "");
        cx.report(report.help("write `category = \"Key:Value\"`, the category of every machine on it"));
        return None;
    };
    let category = match Category::parse(text) {
        Ok(category) => category,
        Err(why) => {
            let message = format!("Prism takes no category `{text}`: {why}");
            let report = Diagnostic::new(codes::NAME_NOT_POSSIBLE, message).label(place("category"), "");
            cx.report(report.help("write `category = \"Key:Value\"`, for example \"AppType:Citrix\""));
            return None;
        }
    };
    let key = tier_key(platform);
    let fault = category_fault(key).or_else(|| {
        (key == category.key)
            .then(|| format!("`category` has that key, and a machine wears it with `{text}`"))
    });
    if let Some(fault) = fault {
        let message = format!("`{key}` can't be the key of the tiers: {fault}");
        let report = Diagnostic::new(codes::NAME_NOT_POSSIBLE, message).label(place("tier-key"), "");
        cx.report(report.help("write another `tier-key`, for example \"AppTier\""));
        return None;
    }
    Some((category, key.to_owned()))
}

/// Reports groups that would wear the same categories; true when there are none.
fn report_twins(policy: &Policy, id: PlatformId, cx: &mut PlanContext<'_>) -> bool {
    let Some(platform) = policy.platform(id) else { return false };
    let label_space = |platform: &Platform| {
        let prism = platform.attribute("prism").map(str::to_ascii_lowercase);
        (platform.kind.clone(), prism, platform.attribute("category").map(str::to_owned))
    };
    let mine = label_space(platform);
    let shared = policy.platforms().filter(|(other, known)| {
        *other == id || (label_space(known) == mine && tier_key(known) == tier_key(platform))
    });
    let mut by_tier: BTreeMap<&str, BTreeMap<RoleId, PlatformId>> = BTreeMap::new();
    for (other, _) in shared {
        for (_, party) in policy.enforced_on(other) {
            if let Some(owner) = policy.party(party.group) {
                by_tier.entry(tier(owner)).or_default().insert(party.group, other);
            }
        }
    }
    let mut sound = true;
    for (tier, groups) in by_tier.iter().filter(|(_, groups)| groups.values().any(|at| *at == id)) {
        let roles: Vec<&Party> = groups.keys().filter_map(|role| policy.party(*role)).collect();
        if let [first, others @ ..] = roles.as_slice() {
            for other in others {
                cx.report(twins(platform, tier, first, other));
                sound = false;
            }
        }
    }
    sound
}

fn twins(platform: &Platform, tier: &str, first: &Party, other: &Party) -> Diagnostic {
    let (a, b) = (&first.name, &other.name);
    let message =
        format!("`{a}` and `{b}` have the same tier `{tier}`, so `{}` can't tell them apart", platform.name);
    let report = Diagnostic::new(codes::NOT_TOLD_APART, message)
        .label(other.span, format!("wears {}:{tier}", tier_key(platform)))
        .label(first.span, "wears the same")
        .help(format!("give `{b}` another `tier`"));
    if first.platform == other.platform {
        report.help(format!(
            "or write `same-group-as = {a}` on `{b}`: what that permits beyond the site is then reported"
        ))
    } else {
        report.help("or state the `prism` of both platforms, when they are two")
    }
}

/// Reports members of a group that can't share its tier or its state; true when all can.
fn report_split_group(
    policy: &Policy,
    platform: &Platform,
    role: RoleId,
    members: &[RoleId],
    cx: &mut PlanContext<'_>,
) -> bool {
    let Some(owner) = policy.party(role) else { return false };
    let mut sound = true;
    if let Some(fault) = category_fault(tier(owner)) {
        let message = format!("Prism takes no category with the value `{}`: {fault}", tier(owner));
        let report =
            Diagnostic::new(codes::NAME_NOT_POSSIBLE, message).label(owner.span, "the tier of this role");
        cx.report(report.help(format!("write another `tier` on `{}`", owner.name)));
        sound = false;
    }
    let members: Vec<&Party> = members.iter().filter_map(|member| policy.party(*member)).collect();
    let state = members.first().and_then(|first| first.state);
    for member in &members {
        let own_tier = member.attribute("tier").filter(|own| *own != tier(owner));
        let problem = if let Some(own) = own_tier {
            Some((
                format!(
                    "`{}` wears the group of `{}`, so it can't have the tier `{own}`",
                    member.name, owner.name
                ),
                format!("leave out `tier` on `{}`, or leave out `same-group-as`", member.name),
            ))
        } else if member.state != state {
            Some((
                format!(
                    "roles with the group of `{}` are in different states, and `{}` has one state for them",
                    owner.name, platform.name
                ),
                "enforce all of them from the same day in `rollout`".to_owned(),
            ))
        } else {
            None
        };
        if let Some((message, help)) = problem {
            let place = member.group_span.unwrap_or(member.span);
            let report = Diagnostic::new(codes::NOT_TOLD_APART, message).label(place, "");
            cx.report(report.label(owner.span, "the group's own role").help(help));
            sound = false;
        }
    }
    sound
}
