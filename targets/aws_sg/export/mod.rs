//! Security groups as AWS describes what is deployed.
//!
//! In: the output of `aws ec2 describe-security-groups`, `describe-security-group-rules`, and of `describe-managed-prefix-lists` or
//! `describe-prefix-lists` for the names of lists. Out: an [`Export`], in which groups and lists have their ids for names.
//! Source: EC2 API Reference, `SecurityGroup`, `SecurityGroupRule`, `IpPermission`, `ManagedPrefixList`, read 2026-11.
//!
//! Invariant: a key that is not known refuses its group, because it may change what a rule means; tags, owners and
//! descriptions don't.

pub(super) mod identity;

use super::read::{group_name, list_name, range, services};
use crate::target::export::{Deployed, Export, ExportFile, NamedSet};
use crate::target::half::Direction;
use crate::target::observed::{Guard, PeerName, Peers, Rule, Unreadable};
use crate::target::reading::part;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

const GROUPS: &str = "SecurityGroups";
const RULES: &str = "SecurityGroupRules";
const LISTS: &str = "PrefixLists";

/// How names of the group begin that machine creation keeps for preparing images; nothing passes it.
///
/// Source: docs.citrix.com, "Create an AWS catalog", section "Network setting during image preparation", read 2026-11-28.
const ISOLATION_GROUP: &str = "citrix.xendesktop.isolationgroup-";

/// The group that every VPC has.
///
/// Source: Amazon VPC User Guide, "Default security groups for your VPCs", read 2026-11.
const DEFAULT_GROUP: &str = "default";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Group {
    #[serde(rename = "GroupId")]
    _id: IgnoredAny,
    #[serde(rename = "GroupName")]
    _name: Option<IgnoredAny>,
    vpc_id: Option<String>,
    #[serde(rename = "Description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "OwnerId")]
    _owner: Option<IgnoredAny>,
    #[serde(rename = "SecurityGroupArn")]
    _arn: Option<IgnoredAny>,
    #[serde(rename = "Tags")]
    _tags: Option<IgnoredAny>,
    ip_permissions: Option<Vec<Permission>>,
    ip_permissions_egress: Option<Vec<Permission>>,
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
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct V6Range {
    cidr_ipv6: String,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GroupPair {
    group_id: Option<String>,
    group_name: Option<String>,
    description: Option<String>,
    #[serde(rename = "UserId")]
    _user: Option<IgnoredAny>,
    #[serde(rename = "VpcId")]
    _vpc: Option<IgnoredAny>,
    #[serde(rename = "VpcPeeringConnectionId")]
    _peering: Option<IgnoredAny>,
    #[serde(rename = "PeeringStatus")]
    _peering_status: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ListId {
    prefix_list_id: String,
    description: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FlatRule {
    #[serde(rename = "SecurityGroupRuleId")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "SecurityGroupRuleArn")]
    _arn: Option<IgnoredAny>,
    #[serde(rename = "GroupId")]
    _group: IgnoredAny,
    #[serde(rename = "GroupOwnerId")]
    _owner: Option<IgnoredAny>,
    is_egress: bool,
    ip_protocol: String,
    from_port: Option<i64>,
    to_port: Option<i64>,
    cidr_ipv4: Option<String>,
    cidr_ipv6: Option<String>,
    prefix_list_id: Option<String>,
    referenced_group_info: Option<Referenced>,
    description: Option<String>,
    #[serde(rename = "Tags")]
    _tags: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Referenced {
    group_id: String,
    #[serde(rename = "UserId")]
    _user: Option<IgnoredAny>,
    #[serde(rename = "VpcId")]
    _vpc: Option<IgnoredAny>,
    #[serde(rename = "VpcPeeringConnectionId")]
    _peering: Option<IgnoredAny>,
    #[serde(rename = "PeeringStatus")]
    _peering_status: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PrefixList {
    prefix_list_id: String,
    prefix_list_name: Option<String>,
}

/// True for outputs of the calls that describe groups, their rules, or lists.
pub(super) fn is_export(value: &Value) -> bool {
    !lists(value, GROUPS, "GroupId").is_empty()
        || [GROUPS, RULES, LISTS].iter().any(|key| value.get(key).is_some())
}

/// The items of a list: under its key, or of a list that was cut out of the output and whose items have a key.
fn lists<'v>(value: &'v Value, key: &str, has: &str) -> Vec<(String, &'v Value)> {
    let (place, list) = match value {
        Value::Array(list) if list.first().is_some_and(|first| first.get(has).is_some()) => ("", Some(list)),
        other => (key, other.get(key).and_then(Value::as_array)),
    };
    let place = if place.is_empty() { String::new() } else { format!("/{place}") };
    list.into_iter().flatten().enumerate().map(|(at, item)| (format!("{place}/{at}"), item)).collect()
}

/// Reads what is deployed.
pub(super) fn read(files: &[ExportFile]) -> Result<Export, Unreadable> {
    let mut reader = Reader::default();
    for file in files {
        check_whole(file)?;
        let is_flat = |item: &Value| item.get("IsEgress").is_some();
        for (pointer, item) in lists(&file.value, GROUPS, "GroupId").iter().filter(|(_, item)| !is_flat(item))
        {
            reader.add_group(&file.at(pointer), item);
        }
        for (pointer, item) in lists(&file.value, LISTS, "PrefixListId") {
            reader.add_list(part(&file.at(&pointer), item)?);
        }
    }
    for file in files {
        for (pointer, item) in lists(&file.value, RULES, "IsEgress") {
            reader.add_flat_rule(&file.at(&pointer), item);
        }
    }
    reader.name_pairs();
    Ok(reader.finish())
}

/// An output that goes on elsewhere would look like missing groups.
fn check_whole(file: &ExportFile) -> Result<(), Unreadable> {
    for key in [GROUPS, RULES, LISTS] {
        if file.value.get(key).is_some_and(|list| !list.is_array() && !list.is_null()) {
            return Err(Unreadable::new(file.at(&format!("/{key}")), "it is no list"));
        }
    }
    match file.value.get("NextToken") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(token)) if token.is_empty() => Ok(()),
        Some(_) => Err(Unreadable::new(file.at("/NextToken"), "the output has more pages")),
    }
}

#[derive(Default)]
struct Reader {
    guards: Vec<Deployed>,
    /// Groups by id.
    places: BTreeMap<String, usize>,
    /// Groups of which the files have nothing but names, by id, with their places.
    names_only: BTreeMap<String, String>,
    /// Groups that are known by their flat rules alone, by id.
    nameless: BTreeSet<String>,
    sets: Vec<NamedSet>,
    /// Names that stand for one of several groups.
    unclear: BTreeSet<PeerName>,
}

impl Reader {
    /// Adds a group, with its problem where it can't be read: it may be nobody's business.
    fn add_group(&mut self, pointer: &str, item: &Value) {
        let text = |key: &str| item.get(key).and_then(Value::as_str);
        let id = text("GroupId").unwrap_or(pointer);
        let mut deployed = blank(pointer, id, text("GroupName").unwrap_or(id));
        identity::describe(&mut deployed, item);
        if !RULE_LISTS.iter().any(|key| item.get(key).is_some()) {
            self.add_name(pointer, deployed);
            return;
        }
        let read = complete(pointer, item)
            .and_then(|()| part::<Group>(pointer, item))
            .and_then(|group| read_group(pointer, &group, &mut deployed));
        if let Err(problem) = read {
            deployed.guard.rules.clear();
            deployed.problem = Some(problem);
        }
        let id = deployed.id.to_lowercase();
        match self.places.get(&id).and_then(|at| self.guards.get_mut(*at)) {
            Some(first) => first.again(&deployed),
            None => {
                self.places.insert(id, self.guards.len());
                self.guards.push(deployed);
            }
        }
    }

    /// Adds a group of which nothing but names is known: its rules may be in the flat form.
    fn add_name(&mut self, pointer: &str, deployed: Deployed) {
        let id = deployed.id.to_lowercase();
        if !self.places.contains_key(&id) {
            self.names_only.insert(id.clone(), pointer.to_owned());
            self.places.insert(id, self.guards.len());
            self.guards.push(deployed);
        }
    }

    fn add_list(&mut self, list: PrefixList) {
        let title = list.prefix_list_name.unwrap_or_else(|| list.prefix_list_id.clone()).to_lowercase();
        let name = list_name(&list.prefix_list_id);
        if !self.sets.iter().any(|set| set.name == name && set.title == title) {
            self.sets.push(NamedSet { id: list.prefix_list_id, title, name, addresses: None, problem: None });
        }
    }

    /// Adds a rule unless its group has it already, because both forms of one export may be given.
    fn add_flat_rule(&mut self, pointer: &str, item: &Value) {
        let group_id = item.get("GroupId").and_then(Value::as_str).unwrap_or(pointer);
        let at = *self.places.entry(group_id.to_lowercase()).or_insert(self.guards.len());
        self.names_only.remove(&group_id.to_lowercase());
        if at == self.guards.len() {
            self.nameless.insert(group_id.to_owned());
            self.guards.push(blank(pointer, group_id, group_id));
        }
        let Some(deployed) = self.guards.get_mut(at) else { return };
        let read = part::<FlatRule>(pointer, item).and_then(|flat| Ok((flat_rule(pointer, &flat)?, flat)));
        let (rule, flat) = match read {
            Ok(read) => read,
            Err(problem) => {
                deployed.problem.get_or_insert(problem);
                return;
            }
        };
        let is_same = |other: &Rule| {
            (other.direction, &other.from, &other.to, &other.services)
                == (rule.direction, &rule.from, &rule.to, &rule.services)
        };
        if !deployed.guard.rules.iter().any(is_same) {
            deployed.remarks.extend(flat.description.map(|text| (pointer.to_owned(), text)));
            deployed.guard.rules.push(rule);
        }
    }

    /// A pair may name its group instead of giving the id. A name that several groups have says nothing.
    fn name_pairs(&mut self) {
        let mut ids: BTreeMap<PeerName, BTreeSet<PeerName>> = BTreeMap::new();
        for one in &self.guards {
            ids.entry(group_name(&one.guard.name)).or_default().insert(group_name(&one.id));
        }
        let known: BTreeSet<PeerName> = self.guards.iter().map(|one| group_name(&one.id)).collect();
        for rule in self.guards.iter_mut().flat_map(|one| &mut one.guard.rules) {
            for side in [&mut rule.from, &mut rule.to] {
                let id = |name: &PeerName| match ids.get(name).filter(|_| !known.contains(name)) {
                    Some(all) if all.len() == 1 => all.first().unwrap_or(name).clone(),
                    Some(_) => {
                        self.unclear.insert(name.clone());
                        name.clone()
                    }
                    None => name.clone(),
                };
                side.names = side.names.iter().map(id).collect();
            }
        }
    }

    fn finish(mut self) -> Export {
        for (id, pointer) in std::mem::take(&mut self.names_only) {
            let one = self.places.get(&id).and_then(|at| self.guards.get_mut(*at));
            if let Some(one) = one {
                one.problem.get_or_insert_with(|| no_rules(&pointer, RULE_LISTS.join("` and `")));
            }
        }
        let rules = self.guards.iter().flat_map(|one| &one.guard.rules);
        let names = rules.flat_map(|rule| rule.from.names.iter().chain(&rule.to.names));
        let explained: BTreeSet<&PeerName> = self.sets.iter().map(|set| &set.name).collect();
        let is_open =
            |name: &&PeerName| matches!(name, PeerName::AddressSet(_)) && !explained.contains(*name);
        let unexplained = names.filter(is_open).chain(&self.unclear).cloned().collect();
        let remarks = Vec::from_iter(names_wanted(&self.nameless));
        Export { unexplained, guards: self.guards, sets: self.sets, remarks, ..Export::default() }
    }
}

fn blank(pointer: &str, id: &str, shown: &str) -> Deployed {
    let name = group_name(id);
    let mut deployed = Deployed::new(id, Guard::new(shown, pointer, Peers::named(name.clone())));
    deployed.name = Some(name);
    let lower = shown.to_lowercase();
    if lower.starts_with(ISOLATION_GROUP) {
        deployed.belongs_to = Some("the isolation group of Machine Creation Services");
    } else if lower == DEFAULT_GROUP {
        deployed.belongs_to = Some("the default group of a VPC");
    }
    deployed
}

/// The lists of a described group that have its rules.
const RULE_LISTS: [&str; 2] = ["IpPermissions", "IpPermissionsEgress"];

/// A group without its rules would look as if it had none; `null` says that it has none.
fn complete(pointer: &str, item: &Value) -> Result<(), Unreadable> {
    match RULE_LISTS.iter().find(|key| item.get(**key).is_none()) {
        Some(key) => Err(no_rules(pointer, key)),
        None => Ok(()),
    }
}

fn no_rules(pointer: &str, keys: impl fmt::Display) -> Unreadable {
    let why = format!(
        "`{keys}` is not there, so nothing says which rules the group has; give it whole, or `describe-security-group-rules` besides"
    );
    Unreadable::new(pointer, why)
}

/// What to give besides flat rules, which name groups by their ids alone.
fn names_wanted(nameless: &BTreeSet<String>) -> Option<String> {
    let ids: Vec<&str> = nameless.iter().map(String::as_str).collect();
    (!ids.is_empty()).then(|| {
        format!(
            "no file says the names of {}: give `describe-security-groups` besides, or bind them",
            ids.join(", ")
        )
    })
}

fn read_group(pointer: &str, group: &Group, deployed: &mut Deployed) -> Result<(), Unreadable> {
    if deployed.belongs_to.is_some()
        && let Some(vpc) = &group.vpc_id
    {
        deployed.title = format!("{} of {vpc}", deployed.title);
    }
    let lists = [
        (Direction::Ingress, "IpPermissions", &group.ip_permissions),
        (Direction::Egress, "IpPermissionsEgress", &group.ip_permissions_egress),
    ];
    for (direction, key, list) in lists {
        for (at, permission) in list.iter().flatten().enumerate() {
            let pointer = format!("{pointer}/{key}/{at}");
            let services = services(&permission.ip_protocol, permission.from_port, permission.to_port)
                .map_err(|why| Unreadable::new(pointer.as_str(), why))?;
            for (pointer, peers, description) in ends(&pointer, permission)? {
                deployed.remarks.extend(description.map(|text| (pointer.clone(), text)));
                deployed.guard.rules.push(Rule::allow(pointer, direction, peers, services.clone()));
            }
        }
    }
    Ok(())
}

/// The other end of a rule: its place, who it is, and what the rule is for.
type End = (String, Peers, Option<String>);

fn ends(pointer: &str, permission: &Permission) -> Result<Vec<End>, Unreadable> {
    let mut ends = Vec::new();
    for (at, net) in permission.ip_ranges.iter().flatten().enumerate() {
        let pointer = format!("{pointer}/IpRanges/{at}");
        ends.push((pointer.clone(), range(&pointer, &net.cidr_ip, false)?, net.description.clone()));
    }
    for (at, net) in permission.ipv6_ranges.iter().flatten().enumerate() {
        let pointer = format!("{pointer}/Ipv6Ranges/{at}");
        ends.push((pointer.clone(), range(&pointer, &net.cidr_ipv6, true)?, net.description.clone()));
    }
    for (at, pair) in permission.user_id_group_pairs.iter().flatten().enumerate() {
        let pointer = format!("{pointer}/UserIdGroupPairs/{at}");
        let Some(group) = pair.group_id.as_ref().or(pair.group_name.as_ref()) else {
            return Err(Unreadable::new(pointer, "the pair names no group"));
        };
        ends.push((pointer, Peers::named(group_name(group)), pair.description.clone()));
    }
    for (at, list) in permission.prefix_list_ids.iter().flatten().enumerate() {
        let pointer = format!("{pointer}/PrefixListIds/{at}");
        ends.push((pointer, Peers::named(list_name(&list.prefix_list_id)), list.description.clone()));
    }
    Ok(ends)
}

fn flat_rule(pointer: &str, flat: &FlatRule) -> Result<Rule, Unreadable> {
    // This form has -1 for the ports that the other one leaves out.
    let port = |port: Option<i64>| port.filter(|port| *port >= 0);
    let services = services(&flat.ip_protocol, port(flat.from_port), port(flat.to_port))
        .map_err(|why| Unreadable::new(pointer, why))?;
    let group = flat.referenced_group_info.as_ref();
    let peers = match (&flat.cidr_ipv4, &flat.cidr_ipv6, group, &flat.prefix_list_id) {
        (Some(net), None, None, None) => range(pointer, net, false)?,
        (None, Some(net), None, None) => range(pointer, net, true)?,
        (None, None, Some(group), None) => Peers::named(group_name(&group.group_id)),
        (None, None, None, Some(list)) => Peers::named(list_name(list)),
        _ => return Err(Unreadable::new(pointer, "the rule has no other end, or several")),
    };
    let direction = if flat.is_egress { Direction::Egress } else { Direction::Ingress };
    Ok(Rule::allow(pointer.to_owned(), direction, peers, services))
}
