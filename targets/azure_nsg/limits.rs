//! What Azure limits, and how much of it a plan uses.
//!
//! In: the groups of a plan. Out: one [`QuotaUse`] for each limit, and a report for each that is exceeded.
//!
//! Invariant: counted the way that Azure counts, never estimated. No group is split to stay below a limit: a subnet
//! takes one network security group, and a second one on the interfaces would have to permit everything again.

use super::arm;
use super::membership::Binding;
use super::plan::{Nsg, Plan, Rule, Side};
use crate::diagnostic::{Diagnostic, codes};
use crate::policy::RoleId;
use crate::target::QuotaUse;
use crate::target::half::Direction;
use crate::target::text::TextLimit;
use std::collections::{BTreeMap, BTreeSet};

// Source for the next three: naming rules and restrictions for Azure resources (learn.microsoft.com/azure/
// azure-resource-manager/management/resource-name-rules), Microsoft.Network, and network security groups overview
// (learn.microsoft.com/azure/virtual-network/network-security-groups-overview), security rules, read 2026-11-22.

/// Characters of the name of a group or rule.
pub(super) const NAME_LENGTH: usize = 80;

/// Characters that a name may have besides letters and digits. A name starts with a letter or digit and ends with one
/// or an underscore; ours end with a letter or digit.
pub(super) const NAME_PUNCTUATION: [char; 3] = ['.', '_', '-'];

/// The numbers that rules may have in each direction; lower ones are tried first.
pub(super) const PRIORITIES: (u32, u32) = (100, 4096);

/// The numbers that rules for flows get.
pub(super) const FLOW_PRIORITIES: (u32, u32) = (PRIORITIES.0, 4000);

/// The numbers that rules for health probes get: after every flow, before the closing rule.
pub(super) const PROBE_PRIORITIES: (u32, u32) = (4001, PRIORITIES.1 - 1);

/// What a description takes: letters of any script, digits and ASCII signs, but no square brackets, because a string
/// between them would be an expression of the template. Every character is one UTF-16 unit.
///
/// Source: REST API and template reference, Microsoft.Network/networkSecurityGroups 2024-05-01, `description`: 140
/// characters; template expressions (learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions),
/// read 2026-11-22.
pub(super) const DESCRIPTION: TextLimit = TextLimit { length: 140, allowed: is_plain };

/// What a tag value takes.
///
/// Source: use tags to organize your Azure resources (learn.microsoft.com/azure/azure-resource-manager/management/
/// tag-resources), limitations: 256 characters, read 2026-11-22.
pub(super) const TAG_VALUE_LENGTH: usize = 256;

/// A character that any text of ours may hold.
pub(super) fn is_plain(character: char) -> bool {
    let sign = character == ' ' || character.is_ascii_graphic() || character.is_alphanumeric();
    sign && character.len_utf16() == 1 && !matches!(character, '[' | ']')
}

// Source for the next eight: Azure subscription and service limits, networking limits (learn.microsoft.com/azure/
// azure-resource-manager/management/azure-subscription-service-limits#azure-resource-manager-virtual-networking-limits),
// text of 2022-12-05, read 2026-11-22. The first two are for a region of a subscription; segc sees one platform.

/// Network security groups.
const GROUPS: u64 = 5_000;

/// Application security groups.
const ASGS: u64 = 3_000;

/// Rules of one network security group, both directions together, Azure's own defaults not counted.
const RULES: u64 = 1_000;

/// Addresses and ranges as source over all rules of one network security group, and as many again as destination.
const ADDRESSES: u64 = 4_000;

/// Application security groups on one side of one rule.
pub(super) const ASGS_OF_A_SIDE: usize = 10;

/// Application security groups named by all rules of one network security group.
const ASGS_OF_A_GROUP: u64 = 100;

/// Application security groups that one IP configuration of an interface belongs to.
const ASGS_OF_AN_INTERFACE: u64 = 20;

/// Rules of one direction of one network security group, because each needs a priority of its own.
const RULES_OF_A_DIRECTION: u64 = (PRIORITIES.1 - PRIORITIES.0 + 1) as u64;

// Source for the next four: best practices for ARM templates (learn.microsoft.com/azure/azure-resource-manager/templates/
// best-practices), template limits, read 2026-11-22.

/// Resources of one template; rules inside a group don't count.
const RESOURCES: u64 = 800;

/// Parameters of one template.
const PARAMETERS: u64 = 256;

/// Bytes of one template as the service has it after reading: 4 MB.
const TEMPLATE_BYTES: u64 = 4 * 1024 * 1024;

/// Bytes of one resource of a template: 1 MB.
const RESOURCE_BYTES: u64 = 1024 * 1024;

/// Contributors that a report names.
const NAMED_CONTRIBUTORS: usize = 3;

/// One number counted, with who makes it large.
struct Count {
    quota: QuotaUse,
    contributors: BTreeMap<String, u64>,
}

/// A limit that is exceeded.
pub(super) struct Exceeded {
    /// The group that exceeds it; `None` for the platform.
    pub(super) binding: Option<Binding>,
    /// A report without a place.
    pub(super) report: Diagnostic,
    /// Who makes it large, the largest first.
    pub(super) largest: Vec<(String, u64)>,
}

/// Counts a plan against every limit.
pub(super) fn count(plan: &Plan) -> (Vec<QuotaUse>, Vec<Exceeded>) {
    let (mut quotas, mut reports) = (Vec::new(), Vec::new());
    let mut take = |counts: Vec<Count>, binding: Option<Binding>, help: &str| {
        for count in counts {
            reports.extend(exceeded(&count, binding, help));
            quotas.push(count.quota);
        }
    };
    for nsg in &plan.nsgs {
        let help = "split its segment, so that each part gets a group of its own, or name wider ranges or fewer ports";
        take(count_group(plan, nsg), Some(nsg.binding), help);
    }
    let help = "move some of its segments to a `platform` statement of their own";
    take(count_platform(plan), None, help);
    (quotas, reports)
}

fn count_group(plan: &Plan, nsg: &Nsg) -> Vec<Count> {
    let name = &nsg.name;
    let by_origin = |rules: &mut dyn Iterator<Item = &Rule>| {
        tally(rules.flat_map(|rule| rule.origins.iter().map(|origin| (origin.as_str(), 1))))
    };
    let directed = |direction| nsg.rules.iter().filter(move |rule| rule.direction == direction);
    let sources = nsg.rules.iter().map(|rule| (rule.from.as_str(), addresses(&rule.source)));
    let destinations = nsg.rules.iter().map(|rule| (rule.to.as_str(), addresses(&rule.destination)));
    let sides = nsg.rules.iter().flat_map(|rule| [&rule.source, &rule.destination]);
    let named: BTreeSet<&str> = sides.flat_map(Side::asgs).map(String::as_str).collect();
    let one = |used, quota: String, limit, contributors| Count {
        quota: QuotaUse { quota, used, limit },
        contributors,
    };
    let total = |contributors: BTreeMap<String, u64>, quota: String, limit| {
        one(contributors.values().sum(), quota, limit, contributors)
    };
    let inbound = directed(Direction::Ingress).count() as u64;
    let outbound = directed(Direction::Egress).count() as u64;
    let of_all = by_origin(&mut nsg.rules.iter());
    vec![
        one(
            arm::group_size(plan, nsg),
            format!("bytes of {name} in the template"),
            RESOURCE_BYTES,
            of_all.clone(),
        ),
        one(inbound + outbound, format!("security rules of {name}"), RULES, of_all),
        one(
            inbound,
            format!("inbound priorities of {name}"),
            RULES_OF_A_DIRECTION,
            by_origin(&mut directed(Direction::Ingress)),
        ),
        one(
            outbound,
            format!("outbound priorities of {name}"),
            RULES_OF_A_DIRECTION,
            by_origin(&mut directed(Direction::Egress)),
        ),
        total(tally(sources), format!("source addresses of {name}"), ADDRESSES),
        total(tally(destinations), format!("destination addresses of {name}"), ADDRESSES),
        total(
            tally(named.into_iter().map(|asg| (asg, 1))),
            format!("application security groups named by {name}"),
            ASGS_OF_A_GROUP,
        ),
    ]
}

fn count_platform(plan: &Plan) -> Vec<Count> {
    let rules = || plan.nsgs.iter().flat_map(|nsg| &nsg.rules);
    let sides = rules().flat_map(|rule| [&rule.source, &rule.destination]);
    let of_a_side = sides.map(|side| side.asgs().len() as u64).max().unwrap_or(0);
    let mut memberships: BTreeMap<RoleId, u64> = BTreeMap::new();
    plan.asgs
        .iter()
        .flat_map(|asg| &asg.members)
        .for_each(|role| *memberships.entry(*role).or_default() += 1);
    let worn = memberships.into_values().max().unwrap_or(0);
    let groups = plan.nsgs.len() as u64;
    let asgs = plan.asgs.len() as u64;
    let largest = || tally(plan.nsgs.iter().map(|nsg| (nsg.name.as_str(), nsg.rules.len() as u64)));
    let one = |quota: &str, used, limit, contributors| Count {
        quota: QuotaUse { quota: quota.to_owned(), used, limit },
        contributors,
    };
    vec![
        one("network security groups", groups, GROUPS, BTreeMap::new()),
        one("application security groups", asgs, ASGS, BTreeMap::new()),
        one(
            "application security groups on one side of a rule",
            of_a_side,
            ASGS_OF_A_SIDE as u64,
            BTreeMap::new(),
        ),
        one("application security groups of an interface", worn, ASGS_OF_AN_INTERFACE, BTreeMap::new()),
        one("resources of the template", groups + asgs, RESOURCES, BTreeMap::new()),
        one("parameters of the template", arm::PARAMETERS, PARAMETERS, BTreeMap::new()),
        one("bytes of the template", arm::size(plan), TEMPLATE_BYTES, largest()),
    ]
}

/// How many addresses and ranges a side lists. Tags, groups and `*` are none.
fn addresses(side: &Side) -> u64 {
    match side {
        Side::Ranges(ranges) => ranges.len() as u64,
        _ => 0,
    }
}

fn tally<'a>(parts: impl Iterator<Item = (&'a str, u64)>) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for (name, count) in parts.filter(|(_, count)| *count > 0) {
        *sums.entry(name.to_owned()).or_default() += count;
    }
    sums
}

fn exceeded(count: &Count, binding: Option<Binding>, help: &str) -> Option<Exceeded> {
    let QuotaUse { quota, used, limit } = &count.quota;
    if used <= limit {
        return None;
    }
    let message = format!("{used} {quota} are needed, and Azure takes {limit}");
    let mut largest: Vec<(String, u64)> =
        count.contributors.iter().map(|(name, part)| (name.clone(), *part)).collect();
    largest.sort_by_key(|(name, part)| (std::cmp::Reverse(*part), name.clone()));
    let others = largest.len().saturating_sub(NAMED_CONTRIBUTORS);
    largest.truncate(NAMED_CONTRIBUTORS);
    let mut report = Diagnostic::new(codes::QUOTA_EXCEEDED, message).help(help);
    if !largest.is_empty() {
        let named: Vec<String> = largest.iter().map(|(name, part)| format!("`{name}` {part}")).collect();
        let more = if others > 0 { format!(", and {others} more") } else { String::new() };
        report = report.note(format!("most come from: {}{more}", named.join(", ")));
    }
    if binding.is_some() {
        report = report.note("rules of this group are already merged as far as that is exact");
    }
    Some(Exceeded { binding, report, largest })
}
