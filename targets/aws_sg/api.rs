//! The plan as calls of the EC2 API, for those who apply without CloudFormation.
//!
//! In: a plan. Out: one document with, for each group, the inputs of the calls that make it. The README of this folder
//! describes the shape.
//!
//! Invariant: ids that only AWS knows are symbols, and every symbol is listed; peers of one protocol and port range stand
//! in one permission, as an export shows them.

use super::cloudformation::{Tag, cidr, shown, tags};
use super::plan::{Group, IpProtocol, Peer, Permission, Plan, Rule};
use super::{API, names};
use crate::policy::RoleId;
use crate::target::half::Direction;
use crate::target::json;
use crate::target::{Artifact, RulePointer};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The form of the document.
const SCHEMA: &str = "segc/aws-sg-api/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tool: &'static str,
    catalogue: &'a str,
    site: &'a str,
    platform: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    groups: Vec<GroupCalls<'a>>,
}

/// The calls for one group, in the order of use.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupCalls<'a> {
    create_security_group: CreateGroup<'a>,
    /// One call for each family: in a VPC without IPv6 the second one finds nothing to revoke.
    revoke_security_group_egress: Vec<Permissions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorize_security_group_ingress: Option<Permissions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorize_security_group_egress: Option<Permissions>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct CreateGroup<'a> {
    group_name: &'a str,
    description: &'a str,
    vpc_id: String,
    tag_specifications: [TagSpecification; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct TagSpecification {
    resource_type: &'static str,
    tags: Vec<Tag>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Permissions {
    group_id: String,
    ip_permissions: Vec<IpPermission>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "PascalCase")]
struct IpPermission {
    ip_protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_port: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_port: Option<i32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ip_ranges: Vec<IpRange>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ipv6_ranges: Vec<Ipv6Range>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    user_id_group_pairs: Vec<GroupPair>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prefix_list_ids: Vec<ListId>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct IpRange {
    cidr_ip: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Ipv6Range {
    cidr_ipv6: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GroupPair {
    group_id: String,
    description: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct ListId {
    prefix_list_id: String,
    description: String,
}

/// Writes the calls.
pub(super) fn render(plan: &Plan) -> Artifact {
    let firsts = plan.groups.iter().filter(|group| group.part == 1);
    let mut writer = Writer {
        first: firsts.map(|group| (group.owner, group.name.as_str())).collect(),
        symbols: BTreeSet::new(),
        pointers: Vec::new(),
    };
    let groups = plan.groups.iter().enumerate().map(|(at, group)| writer.calls(plan, at, group)).collect();
    let document = Document {
        schema: SCHEMA,
        tool: concat!("segc ", env!("CARGO_PKG_VERSION")),
        catalogue: &plan.catalogue,
        site: &plan.site,
        platform: &plan.platform,
        account: plan.account.as_deref(),
        region: plan.region.as_deref(),
        groups,
    };
    Artifact {
        spelling: API,
        bytes: json::pretty(&document),
        rules: writer.pointers,
        symbols: writer.symbols.into_iter().collect(),
    }
}

struct Writer<'a> {
    /// Names of the first group of each owner.
    first: BTreeMap<RoleId, &'a str>,
    symbols: BTreeSet<String>,
    pointers: Vec<RulePointer>,
}

impl Writer<'_> {
    fn calls<'p>(&mut self, plan: &'p Plan, at: usize, group: &'p Group) -> GroupCalls<'p> {
        GroupCalls {
            create_security_group: CreateGroup {
                group_name: &group.name,
                description: &group.description,
                vpc_id: self.vpc(plan),
                tag_specifications: [TagSpecification {
                    resource_type: "security-group",
                    tags: tags(plan, group),
                }],
            },
            revoke_security_group_egress: self.revokes(group),
            authorize_security_group_ingress: self.authorize(plan, at, group, Direction::Ingress),
            authorize_security_group_egress: self.authorize(plan, at, group, Direction::Egress),
        }
    }

    fn symbol(&mut self, kind: &str, name: &str) -> String {
        let symbol = format!("{{{{{kind}:{name}}}}}");
        self.symbols.insert(symbol.clone());
        symbol
    }

    fn vpc(&mut self, plan: &Plan) -> String {
        match plan.vpc.as_deref() {
            Some(id) if names::is_vpc_id(id) => id.to_owned(),
            name => self.symbol("vpc", &shown(name.unwrap_or(&plan.platform))),
        }
    }

    fn own(&mut self, group: &Group) -> String {
        self.symbol("security-group", &group.name)
    }

    /// A peer is known by the first of its groups.
    fn group(&mut self, owner: RoleId) -> String {
        let name = self.first.get(&owner).copied().unwrap_or_default();
        self.symbol("security-group", name)
    }

    fn list(&mut self, name: &str) -> String {
        if names::is_list_id(name) { name.to_owned() } else { self.symbol("prefix-list", name) }
    }

    /// A new group lets everything out; these take it back.
    fn revokes(&mut self, group: &Group) -> Vec<Permissions> {
        let all = || IpPermission { ip_protocol: "-1".to_owned(), ..IpPermission::default() };
        let v4 = IpRange { cidr_ip: "0.0.0.0/0".to_owned(), description: None };
        let v6 = Ipv6Range { cidr_ipv6: "::/0".to_owned(), description: None };
        let permissions =
            [IpPermission { ip_ranges: vec![v4], ..all() }, IpPermission { ipv6_ranges: vec![v6], ..all() }];
        let group_id = self.own(group);
        let call = |permission| Permissions { group_id: group_id.clone(), ip_permissions: vec![permission] };
        permissions.into_iter().map(call).collect()
    }

    /// The rules of one direction; `None` when there are none, because the call takes no empty list.
    fn authorize(
        &mut self,
        plan: &Plan,
        at: usize,
        group: &Group,
        direction: Direction,
    ) -> Option<Permissions> {
        let mut permissions: BTreeMap<Permission, Vec<&Rule>> = BTreeMap::new();
        let inside = |rule: &&Rule| (rule.group, rule.part) == (group.owner, group.part);
        for rule in plan.rules.iter().filter(inside).filter(|rule| rule.direction == direction) {
            permissions.entry(rule.permission).or_default().push(rule);
        }
        if permissions.is_empty() {
            return None;
        }
        let call = match direction {
            Direction::Ingress => "AuthorizeSecurityGroupIngress",
            Direction::Egress => "AuthorizeSecurityGroupEgress",
        };
        let ip_permissions = permissions.into_iter().enumerate().map(|(place, (permission, rules))| {
            self.permission(permission, &rules, &format!("/groups/{at}/{call}/IpPermissions/{place}"))
        });
        let ip_permissions = ip_permissions.collect();
        Some(Permissions { group_id: self.own(group), ip_permissions })
    }

    fn permission(&mut self, permission: Permission, rules: &[&Rule], pointer: &str) -> IpPermission {
        // In a call "all messages" may be said with numbers for ICMPv6 too, as exports and stand-ins of AWS do.
        let all = (permission.protocol == IpProtocol::Icmpv6).then_some(-1);
        let mut written = IpPermission {
            ip_protocol: permission.protocol.to_string(),
            from_port: permission.from_port.or(all),
            to_port: permission.to_port.or(all),
            ..IpPermission::default()
        };
        let mut places: Vec<(usize, usize, &Rule)> = Vec::new();
        for rule in rules {
            let (list, place) = self.peer(&mut written, rule);
            places.push((list, place, rule));
        }
        places.sort_by_key(|(list, place, _)| (*list, *place));
        for (list, place, rule) in places {
            let list = PEER_LISTS.get(list).copied().unwrap_or_default();
            self.pointers.extend(rule.rows.iter().map(|row| RulePointer {
                row: row.clone(),
                pointer: format!("{pointer}/{list}/{place}"),
                end: Some(rule.direction),
                services: Some(rule.services.clone()),
            }));
        }
        written
    }

    /// Adds the peer of a rule, and says in which list and at which place it stands.
    fn peer(&mut self, written: &mut IpPermission, rule: &Rule) -> (usize, usize) {
        let description = rule.description.clone();
        match &rule.peer {
            Peer::Cidr(net) => match cidr(*net) {
                (_, Some(cidr_ipv6)) => {
                    written.ipv6_ranges.push(Ipv6Range { cidr_ipv6, description: Some(description) });
                    (1, written.ipv6_ranges.len() - 1)
                }
                (cidr_ip, None) => {
                    let cidr_ip = cidr_ip.unwrap_or_default();
                    written.ip_ranges.push(IpRange { cidr_ip, description: Some(description) });
                    (0, written.ip_ranges.len() - 1)
                }
            },
            Peer::Group(owner) => {
                let group_id = self.group(*owner);
                written.user_id_group_pairs.push(GroupPair { group_id, description });
                (2, written.user_id_group_pairs.len() - 1)
            }
            Peer::PrefixList(name) => {
                let prefix_list_id = self.list(name);
                written.prefix_list_ids.push(ListId { prefix_list_id, description });
                (3, written.prefix_list_ids.len() - 1)
            }
        }
    }
}

/// The lists of peers in a permission, in the order of the file.
const PEER_LISTS: [&str; 4] = ["IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"];
