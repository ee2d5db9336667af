//! The reader of documents with calls of the EC2 API.
//!
//! In: a document's bytes. Out: the groups that its calls make, with what is left of the default and what is authorized.
//!
//! Invariant: a call that AWS would refuse, or that would leave something else than it seems to, is refused.

use super::{default_egress, group_name, list_name, range, services};
use crate::policy::address::AddressSet;
use crate::target::half::Direction;
use crate::target::observed::{Guard, Observed, PeerName, Peers, Rule, Unreadable};
use crate::target::reading::from_json;
use ipnet::IpNet;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// The form of the document.
const SCHEMA: &str = "segc/aws-sg-api/1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    #[serde(rename = "tool")]
    _tool: Option<IgnoredAny>,
    #[serde(rename = "catalogue")]
    _catalogue: Option<IgnoredAny>,
    #[serde(rename = "site")]
    _site: Option<IgnoredAny>,
    #[serde(rename = "platform")]
    _platform: Option<IgnoredAny>,
    #[serde(rename = "account")]
    _account: Option<IgnoredAny>,
    #[serde(rename = "region")]
    _region: Option<IgnoredAny>,
    groups: Vec<Calls>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Calls {
    create_security_group: Create,
    #[serde(default)]
    revoke_security_group_egress: Vec<Permissions>,
    authorize_security_group_ingress: Option<Permissions>,
    authorize_security_group_egress: Option<Permissions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    group_name: String,
    #[serde(rename = "Description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "VpcId")]
    _vpc: Option<IgnoredAny>,
    #[serde(rename = "TagSpecifications")]
    _tags: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Permissions {
    group_id: String,
    ip_permissions: Vec<Permission>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Permission {
    ip_protocol: String,
    from_port: Option<i64>,
    to_port: Option<i64>,
    ip_ranges: Option<Vec<V4Range>>,
    ipv6_ranges: Option<Vec<V6Range>>,
    user_id_group_pairs: Option<Vec<GroupPair>>,
    prefix_list_ids: Option<Vec<ListId>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct V4Range {
    cidr_ip: String,
    #[serde(rename = "Description")]
    _description: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct V6Range {
    cidr_ipv6: String,
    #[serde(rename = "Description")]
    _description: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GroupPair {
    group_id: String,
    #[serde(rename = "Description")]
    _description: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListId {
    prefix_list_id: String,
    #[serde(rename = "Description")]
    _description: Option<IgnoredAny>,
}

/// Reads a document of calls.
pub(crate) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let document: Document = from_json(bytes)?;
    if document.schema != SCHEMA {
        return Err(Unreadable::new("/schema", format!("`{}` is not `{SCHEMA}`", document.schema)));
    }
    let mut reader = Reader { guards: Vec::new(), places: BTreeMap::new(), defaults: Vec::new() };
    for (at, calls) in document.groups.iter().enumerate() {
        reader.create(at, &calls.create_security_group.group_name)?;
    }
    for (at, calls) in document.groups.iter().enumerate() {
        for (call, permissions) in calls.revoke_security_group_egress.iter().enumerate() {
            reader.revoke(&format!("/groups/{at}/RevokeSecurityGroupEgress/{call}"), permissions)?;
        }
        let authorized = [
            (Direction::Ingress, "AuthorizeSecurityGroupIngress", &calls.authorize_security_group_ingress),
            (Direction::Egress, "AuthorizeSecurityGroupEgress", &calls.authorize_security_group_egress),
        ];
        for (direction, call, permissions) in authorized {
            if let Some(permissions) = permissions {
                reader.authorize(&format!("/groups/{at}/{call}"), direction, permissions)?;
            }
        }
    }
    Ok(reader.finish())
}

struct Reader {
    guards: Vec<Guard>,
    places: BTreeMap<PeerName, usize>,
    /// What is left of the default egress of each guard, one range for each family.
    defaults: Vec<AddressSet>,
}

impl Reader {
    fn create(&mut self, at: usize, shown: &str) -> Result<(), Unreadable> {
        let pointer = format!("/groups/{at}");
        let name = group_name(shown);
        if self.places.insert(name.clone(), self.guards.len()).is_some() {
            return Err(Unreadable::new(pointer, format!("two groups have the name `{shown}`")));
        }
        self.guards.push(Guard::new(shown, pointer, Peers::named(name)));
        self.defaults.push(AddressSet::all());
        Ok(())
    }

    /// The position of the group that a call is for.
    fn place(&self, pointer: &str, id: &str) -> Result<usize, Unreadable> {
        self.places.get(&group(id)).copied().ok_or_else(|| {
            Unreadable::new(
                format!("{pointer}/GroupId"),
                format!("`{id}` is made by no call of the document"),
            )
        })
    }

    /// A revoke takes away exactly the rule that it names, and a new group has only its default.
    fn revoke(&mut self, pointer: &str, call: &Permissions) -> Result<(), Unreadable> {
        let place = self.place(pointer, &call.group_id)?;
        let Some(left) = self.defaults.get_mut(place) else { return Ok(()) };
        for (at, permission) in call.ip_permissions.iter().enumerate() {
            let pointer = format!("{pointer}/IpPermissions/{at}");
            let names_others = permission.user_id_group_pairs.as_ref().is_some_and(|list| !list.is_empty())
                || permission.prefix_list_ids.as_ref().is_some_and(|list| !list.is_empty());
            if permission.ip_protocol != "-1" || names_others {
                return Err(Unreadable::new(pointer, "no such rule is there to be revoked"));
            }
            let v4 = permission.ip_ranges.iter().flatten().map(|range| &range.cidr_ip);
            let v6 = permission.ipv6_ranges.iter().flatten().map(|range| &range.cidr_ipv6);
            for net in v4.chain(v6) {
                let range = net.parse::<IpNet>().ok().filter(|net| net.prefix_len() == 0);
                let range =
                    range.map(|net| AddressSet::from_ranges([&net])).filter(|set| left.contains_all(set));
                let Some(range) = range else {
                    return Err(Unreadable::new(
                        pointer,
                        format!("no rule to `{net}` is there to be revoked"),
                    ));
                };
                *left = left.difference(&range);
            }
        }
        Ok(())
    }

    fn authorize(
        &mut self,
        pointer: &str,
        direction: Direction,
        call: &Permissions,
    ) -> Result<(), Unreadable> {
        let place = self.place(pointer, &call.group_id)?;
        let mut rules = Vec::new();
        for (at, permission) in call.ip_permissions.iter().enumerate() {
            let pointer = format!("{pointer}/IpPermissions/{at}");
            let services = services(&permission.ip_protocol, permission.from_port, permission.to_port)
                .map_err(|why| Unreadable::new(pointer.as_str(), why))?;
            let ends = ends(&pointer, permission)?;
            if ends.is_empty() {
                return Err(Unreadable::new(pointer, "the permission has no other end"));
            }
            let rule = |(pointer, peers)| Rule::allow(pointer, direction, peers, services.clone());
            rules.extend(ends.into_iter().map(rule));
        }
        if let Some(guard) = self.guards.get_mut(place) {
            guard.rules.extend(rules);
        }
        Ok(())
    }

    fn finish(mut self) -> Observed {
        for (guard, left) in self.guards.iter_mut().zip(self.defaults) {
            if !left.is_empty() {
                guard.rules.push(default_egress(&guard.pointer, Peers::at(left)));
            }
        }
        Observed { guards: self.guards, opens_only: false }
    }
}

/// The other ends of a permission, each with its place.
fn ends(pointer: &str, permission: &Permission) -> Result<Vec<(String, Peers)>, Unreadable> {
    let mut ends = Vec::new();
    for (at, net) in permission.ip_ranges.iter().flatten().enumerate() {
        let pointer = format!("{pointer}/IpRanges/{at}");
        let peers = range(&pointer, &net.cidr_ip, false)?;
        ends.push((pointer, peers));
    }
    for (at, net) in permission.ipv6_ranges.iter().flatten().enumerate() {
        let pointer = format!("{pointer}/Ipv6Ranges/{at}");
        let peers = range(&pointer, &net.cidr_ipv6, true)?;
        ends.push((pointer, peers));
    }
    for (at, pair) in permission.user_id_group_pairs.iter().flatten().enumerate() {
        ends.push((format!("{pointer}/UserIdGroupPairs/{at}"), Peers::named(group(&pair.group_id))));
    }
    for (at, list) in permission.prefix_list_ids.iter().flatten().enumerate() {
        let name = symbol("prefix-list", &list.prefix_list_id);
        ends.push((format!("{pointer}/PrefixListIds/{at}"), Peers::named(list_name(name))));
    }
    Ok(ends)
}

/// The name that a symbol stands for; an id stands for itself.
fn symbol<'a>(kind: &str, id: &'a str) -> &'a str {
    let inside = id.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
    inside.and_then(|inside| inside.strip_prefix(kind)?.strip_prefix(':')).unwrap_or(id)
}

fn group(id: &str) -> PeerName {
    group_name(symbol("security-group", id))
}
