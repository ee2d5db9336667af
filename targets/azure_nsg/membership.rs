//! How Azure tells the roles of a platform apart: by application security group or by subnet range.
//!
//! In: a policy and one platform. Out: for each enforced role its network security group and the way that rules name
//! it, and a report for each role that would be mistaken for another.
//!
//! Invariant: two enforced roles behind one network security group that share an address are named by different
//! application security groups, or wear the same group by the author's word.

use crate::diagnostic::{Diagnostic, Severity, codes};
use crate::policy::{Party, PlatformId, Policy, RoleId, SegmentId};
use std::collections::{BTreeMap, BTreeSet};

/// The attribute that says how rules name a role.
pub(super) const ATTRIBUTE: &str = "membership";

/// Its values: by application security group, by address.
pub(super) const VALUES: &[&str] = &[BY_ASG, BY_SUBNET];
pub(super) const BY_ASG: &str = "asg";
pub(super) const BY_SUBNET: &str = "subnet";

/// What a network security group is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Binding {
    /// The subnet of a segment.
    Subnet(SegmentId),
    /// The interfaces of a role that sits in no segment.
    Interfaces(RoleId),
}

/// How rules name a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Membership {
    /// By the application security group of this role: itself, or the one whose group it wears.
    Asg(RoleId),
    /// By its own addresses.
    Subnet,
}

/// Where an enforced role is guarded and how it is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guarded {
    /// Its network security group.
    pub(super) binding: Binding,
    /// Its name in rules.
    pub(super) membership: Membership,
}

/// The enforced roles of a platform.
pub(super) type Guards = BTreeMap<RoleId, Guarded>;

/// Decides for every enforced role of a platform.
pub(super) fn decide(policy: &Policy, platform: PlatformId) -> (Guards, Vec<Diagnostic>) {
    let mut groups: BTreeMap<RoleId, Vec<(RoleId, &Party)>> = BTreeMap::new();
    for (role, party) in policy.enforced_on(platform) {
        groups.entry(party.group).or_default().push((role, party));
    }
    let inhabitants = inhabitants(policy, platform);
    let (mut guards, mut reports) = (Guards::new(), Vec::new());
    for members in groups.values() {
        let by_asg = match stated(members) {
            Ok(Some(word)) => word == BY_ASG,
            Ok(None) => match policy.platform(platform).and_then(|platform| platform.attribute(ATTRIBUTE)) {
                Some(word) => word == BY_ASG,
                None => {
                    let by_asg = !is_alone_and_provisioned(&inhabitants, members);
                    let lost = members.iter().filter(|(_, party)| by_asg && party.provisioned);
                    reports.extend(lost.map(|(_, party)| joins_no_group(policy, party)));
                    by_asg
                }
            },
            Err(report) => {
                reports.push(report);
                true
            }
        };
        // The group is called after its owner, or after the first wearer where the owner is not enforced here.
        let owner = members.iter().find(|(role, party)| party.group == *role).or(members.first());
        for (role, party) in members {
            let binding = party.segment.map_or(Binding::Interfaces(*role), Binding::Subnet);
            let owner = owner.filter(|_| by_asg);
            let membership = owner.map_or(Membership::Subnet, |(owner, _)| Membership::Asg(*owner));
            guards.insert(*role, Guarded { binding, membership });
        }
    }
    reports.extend(without_addresses(policy, &guards));
    reports.extend(not_told_apart(policy, &guards));
    reports.extend(guarded_by_mistake(policy, platform, &guards));
    (guards, reports)
}

/// What the members of a group say themselves.
fn stated<'a>(members: &[(RoleId, &'a Party)]) -> Result<Option<&'a str>, Diagnostic> {
    let mut words = members.iter().filter_map(|(_, party)| Some((*party, party.attribute(ATTRIBUTE)?)));
    let Some((first, word)) = words.next() else {
        return Ok(None);
    };
    match words.find(|(_, other)| *other != word) {
        None => Ok(Some(word)),
        Some((second, other)) => {
            let message = format!(
                "`{}` and `{}` wear one group, but one says `{ATTRIBUTE} = {word}` and the other `{ATTRIBUTE} = {other}`",
                first.name, second.name
            );
            Err(Diagnostic::new(codes::BAD_GROUP_SHARING, message)
                .label(second.span, format!("says `{other}`"))
                .label(first.span, format!("says `{word}`"))
                .help("say it once, for the role whose group is worn"))
        }
    }
}

/// The groups that the enforced roles of each segment wear.
type Inhabitants = BTreeMap<SegmentId, BTreeSet<RoleId>>;

fn inhabitants(policy: &Policy, platform: PlatformId) -> Inhabitants {
    let mut inhabitants = Inhabitants::new();
    for (_, party) in policy.enforced_on(platform) {
        if let Some(segment) = party.segment {
            inhabitants.entry(segment).or_default().insert(party.group);
        }
    }
    inhabitants
}

/// True when a subnet holds one group only and all its machines are made by a provisioning service: the range says who
/// they are, and nobody could put their interfaces into an application security group.
fn is_alone_and_provisioned(inhabitants: &Inhabitants, members: &[(RoleId, &Party)]) -> bool {
    members.iter().all(|(_, party)| {
        let groups = party.segment.and_then(|segment| inhabitants.get(&segment));
        party.provisioned && groups.is_some_and(|groups| groups.len() == 1)
    })
}

fn joins_no_group(policy: &Policy, party: &Party) -> Diagnostic {
    let name = &party.name;
    let message = format!(
        "only an application security group tells `{name}` apart, and a provisioning service puts its machines into none"
    );
    let place = match party.segment.and_then(|segment| policy.segment(segment)) {
        Some(segment) => format!("shares `{}` with other roles", segment.name),
        None => "sits in no segment".to_owned(),
    };
    Diagnostic::new(codes::NOT_TOLD_APART, message)
        .severity(Severity::Warning)
        .label(party.span, place)
        .help(format!("put `{name}` into a segment of its own, so that its range says who it is"))
        .help(format!(
            "or say `{ATTRIBUTE} = {BY_ASG}` on `{name}`, if something else puts its interfaces there"
        ))
}

fn without_addresses<'a>(policy: &'a Policy, guards: &'a Guards) -> impl Iterator<Item = Diagnostic> + 'a {
    let by_range = guards.iter().filter(|(_, guarded)| guarded.membership == Membership::Subnet);
    let parties = by_range.filter_map(|(role, _)| policy.party(*role));
    parties.filter(|party| party.addresses.is_empty()).map(|party| {
        let message = format!(
            "`{}` is to be named by its range (`{ATTRIBUTE} = {BY_SUBNET}`), and it has none",
            party.name
        );
        Diagnostic::new(codes::NO_ADDRESS, message)
            .label(party.span, "has no address")
            .help("give it a `cidr` or put it into a segment")
            .help(format!("or say `{ATTRIBUTE} = {BY_ASG}`"))
    })
}

/// Roles behind one network security group that a rule by range would take for each other.
fn not_told_apart(policy: &Policy, guards: &Guards) -> Vec<Diagnostic> {
    let mut behind: BTreeMap<Binding, Vec<(&Party, Membership)>> = BTreeMap::new();
    for (role, guarded) in guards {
        let party = policy.party(*role).map(|party| (party, guarded.membership));
        behind.entry(guarded.binding).or_default().extend(party);
    }
    let mut reports = Vec::new();
    let has_ranges = |roles: &&Vec<(&Party, Membership)>| {
        roles.iter().any(|(_, membership)| *membership == Membership::Subnet)
    };
    for roles in behind.values().filter(has_ranges) {
        for (at, (one, membership)) in roles.iter().enumerate() {
            for (other, other_membership) in roles.iter().skip(at + 1) {
                let by_range = [membership, other_membership].contains(&&Membership::Subnet);
                if by_range && one.group != other.group && one.addresses.meets(&other.addresses) {
                    reports.push(told_as_one(policy, one, other));
                }
            }
        }
    }
    reports
}

fn told_as_one(policy: &Policy, one: &Party, other: &Party) -> Diagnostic {
    let shared = one.addresses.intersection(&other.addresses);
    let place = one.segment.and_then(|segment| policy.segment(segment)).map_or("", |segment| &segment.name);
    let message = format!(
        "`{}` and `{}` can't be told apart by range: both may be at {shared} in `{place}`",
        one.name, other.name
    );
    Diagnostic::new(codes::NOT_TOLD_APART, message)
        .label(other.span, "may be at the same address")
        .label(one.span, "may be at the same address")
        .help(format!("say `{ATTRIBUTE} = {BY_ASG}` on both, and put their interfaces into the groups that segc writes"))
        .help("or give each a `cidr` that the other can't have")
        .help(format!(
            "or say `same-group-as = {}` on `{}`: then both are one party here, and what that widens is reported",
            one.name, other.name
        ))
}

/// Roles that a network security group of ours would cut off, because its subnet holds them too.
fn guarded_by_mistake(policy: &Policy, platform: PlatformId, guards: &Guards) -> Vec<Diagnostic> {
    let bound: BTreeSet<Binding> = guards.values().map(|guarded| guarded.binding).collect();
    let ours = |segment| bound.contains(&Binding::Subnet(segment));
    let mut reports = Vec::new();
    for (role, party) in policy.parties().filter(|(_, party)| party.platform == Some(platform)) {
        let inside = match party.segment {
            Some(segment) if !guards.contains_key(&role) => ours(segment).then_some(segment),
            Some(_) => None,
            None => policy
                .segments()
                .find(|(id, segment)| ours(*id) && segment.addresses.meets(&party.addresses))
                .map(|(id, _)| id),
        };
        let Some(segment) = inside.and_then(|segment| policy.segment(segment)) else {
            continue;
        };
        let message = format!(
            "the group of segment `{}` would also guard `{}`, for which it gets no rules",
            segment.name, party.name
        );
        let report = Diagnostic::new(codes::NOT_TOLD_APART, message)
            .label(party.span, "sits at an address of the segment")
            .label(segment.span, "one group is bound to this subnet");
        reports.push(if party.enforced {
            report.help(format!("write `on {}` for `{}`", segment.name, party.name))
        } else {
            report.help(format!("put `{}` into a segment of its own", party.name))
        });
    }
    reports
}
