//! Network security groups as Azure describes what is deployed.
//!
//! In: the output of `az network nsg list` or `show`, the answer of the REST API with `properties`, or the resources of an
//! exported template; lists of application security groups and of networks besides. Out: an [`Export`].
//! Source: Azure REST reference, Virtual Network, `Network Security Groups - List`, API version 2024-05-01, and the output
//! of Azure CLI 2.91.0, which leaves the level `properties` out; read 2026-11.
//!
//! Invariant: a key that is not known refuses its group, because it may change what a rule means; ids, etags and states of
//! provisioning don't. The default rules are Azure's own and are known.

mod expression;
pub(super) mod identity;
mod networks;

use super::read::arm::asg;
use super::read::{Fields, Listed, Numbered, lower};
use crate::target::export::{Deployed, Export, ExportFile};
use crate::target::observed::{Guard, PeerName, Peers, Unreadable};
use crate::target::reading::part;
use networks::{Networks, inner, is_network};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

const NSGS: &str = "/networksecuritygroups";
/// The tag that holds every machine of the network, and of networks that are peered with it.
///
/// Source: "Virtual network service tags", read 2026-11.
const AROUND: &str = "virtualnetwork";

const ASGS: &str = "/applicationsecuritygroups";
const RULES: &str = "/networksecuritygroups/securityrules";

/// How names of the group begin that machine creation keeps for preparing images; nothing passes it.
///
/// Source: public scripts that look the group up by this name, read 2026-11-28.
const ISOLATION_GROUP: &str = "citrix-deny-all-";

/// Keys beside `properties`, which say nothing about access.
const HEADER: [&str; 12] = [
    "name",
    "id",
    "type",
    "etag",
    "location",
    "tags",
    "resourceGroup",
    "apiVersion",
    "dependsOn",
    "systemData",
    "comments",
    "kind",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    security_rules: Option<Vec<Value>>,
    #[serde(rename = "defaultSecurityRules")]
    _defaults: Option<IgnoredAny>,
    #[serde(rename = "provisioningState")]
    _provisioning: Option<IgnoredAny>,
    #[serde(rename = "resourceGuid")]
    _guid: Option<IgnoredAny>,
    #[serde(rename = "flowLogs")]
    _flow_logs: Option<IgnoredAny>,
    #[serde(rename = "flushConnection")]
    _flush: Option<IgnoredAny>,
    #[serde(rename = "subnets")]
    _subnets: Option<IgnoredAny>,
    #[serde(rename = "networkInterfaces")]
    _interfaces: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RuleBody {
    description: Option<String>,
    #[serde(rename = "provisioningState")]
    _provisioning: Option<IgnoredAny>,
    priority: u32,
    direction: String,
    access: String,
    protocol: String,
    source_port_range: Option<String>,
    source_port_ranges: Option<Vec<String>>,
    source_address_prefix: Option<String>,
    source_address_prefixes: Option<Vec<String>>,
    source_application_security_groups: Option<Vec<Id>>,
    destination_address_prefix: Option<String>,
    destination_address_prefixes: Option<Vec<String>>,
    destination_application_security_groups: Option<Vec<Id>>,
    destination_port_range: Option<String>,
    destination_port_ranges: Option<Vec<String>>,
}

/// A reference; what stands beside the id repeats it.
#[derive(Deserialize)]
struct Id {
    id: String,
}

/// True for groups as Azure describes them, one or several, or for the answer that there are none.
pub(super) fn is_export(value: &Value) -> bool {
    let is_empty = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
    let is_ours =
        |(_, item): &(String, &Value)| is_nsg(item) || is_asg(item) || is_of(item, RULES) || is_network(item);
    is_empty(value) || value.get("value").is_some_and(is_empty) || items(value).iter().any(is_ours)
}

fn text<'v>(item: &'v Value, key: &str) -> Option<&'v str> {
    item.get(key).and_then(Value::as_str)
}

fn is_of(item: &Value, kind: &str) -> bool {
    let of_type = text(item, "type").is_some_and(|text| lower(text).ends_with(kind));
    let of_id = text(item, "id")
        .and_then(|id| id.rsplit_once('/'))
        .is_some_and(|(path, _)| lower(path).ends_with(kind));
    of_type || of_id
}

fn is_asg(item: &Value) -> bool {
    is_of(item, ASGS)
}

fn is_nsg(item: &Value) -> bool {
    let has_rules = |value: &Value| value.get("securityRules").is_some();
    is_of(item, NSGS)
        || (text(item, "name").is_some()
            && (has_rules(item) || item.get("properties").is_some_and(has_rules)))
}

/// The things that a file describes, with their places.
fn items(value: &Value) -> Vec<(String, &Value)> {
    let numbered = |place: &str, list: &'_ [Value]| -> Vec<String> {
        (0..list.len()).map(|at| format!("{place}/{at}")).collect()
    };
    for (place, list) in [
        ("", value.as_array()),
        ("/value", value.get("value").and_then(Value::as_array)),
        ("/resources", value.get("resources").and_then(Value::as_array)),
    ] {
        if let Some(list) = list {
            return numbered(place, list).into_iter().zip(list).collect();
        }
    }
    vec![(String::new(), value)]
}

/// Reads what is deployed.
pub(super) fn read(files: &[ExportFile]) -> Result<Export, Unreadable> {
    let told: Vec<Cow<'_, Value>> = files.iter().map(|file| without_expressions(&file.value)).collect();
    let mut groups: Vec<Described<'_>> = Vec::new();
    let mut apart = Vec::new();
    let mut networks = Networks::default();
    let mut aliases = BTreeMap::new();
    for (number, (file, value)) in files.iter().zip(&told).enumerate() {
        if value.get("nextLink").is_some_and(|link| !link.is_null() && link.as_str() != Some("")) {
            return Err(Unreadable::new(file.at("/nextLink"), "the answer has more pages"));
        }
        for (pointer, item) in items(value) {
            let pointer = file.at(&pointer);
            if is_asg(item) {
                let id = text(item, "id").map(lower);
                aliases.extend(id.map(|id| (id.clone(), PeerName::Group(id))));
            } else if is_of(item, RULES) {
                apart.push((pointer, item));
            } else if is_network(item) {
                networks.add(item);
            } else if is_nsg(item) {
                let one = Described { deployed: deployed(&pointer, item), item, file: number };
                add(&mut groups, one);
            }
        }
    }
    for (pointer, rule) in apart {
        rule_apart(&mut groups, &pointer, rule)?;
    }
    for Described { deployed, item, .. } in &mut groups {
        deployed.addresses = networks.addresses(deployed, item);
        let is_bound = networks.is_before_a_subnet(deployed);
        deployed.attached = deployed.attached.or(is_bound.then_some(true));
    }
    detached(&mut groups);
    groups.iter().for_each(|one| aliases.extend(asgs_of(one.item)));
    let mut guards: Vec<Deployed> = groups.into_iter().map(|one| one.deployed).collect();
    by_path(&mut guards);
    let mut export = Export {
        guards,
        aliases,
        around: BTreeSet::from([PeerName::AddressSet(AROUND.to_owned())]),
        unguarded_passes: true,
        may_say_attached: true,
        ..Export::default()
    };
    tell_apart(&mut export);
    Ok(export)
}

/// Only templates have expressions.
fn without_expressions(value: &Value) -> Cow<'_, Value> {
    if value.get("resources").is_some() {
        Cow::Owned(expression::resolved(value))
    } else {
        Cow::Borrowed(value)
    }
}

/// A group with what describes it.
struct Described<'v> {
    deployed: Deployed,
    item: &'v Value,
    /// The number of its file.
    file: usize,
}

/// Adds a group, unless it is there already: one answer may be given twice.
fn add<'v>(groups: &mut Vec<Described<'v>>, one: Described<'v>) {
    let key = |one: &Deployed| lower(one.path.as_ref().unwrap_or(&one.id));
    let added = key(&one.deployed);
    match groups.iter_mut().find(|other| key(&other.deployed) == added) {
        Some(other) => other.deployed.again(&one.deployed),
        None => groups.push(one),
    }
}

/// Gives groups of one resource group and name in several subscriptions their paths for ids.
fn by_path(guards: &mut [Deployed]) {
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for one in guards.iter() {
        *counted.entry(lower(&one.id)).or_default() += 1;
    }
    for one in guards.iter_mut().filter(|one| counted.get(&lower(&one.id)).is_some_and(|count| *count > 1)) {
        one.id = one.path.clone().unwrap_or_else(|| one.id.clone());
    }
}

/// An exported template has the rules of a group twice: in the group, and by themselves.
fn rule_apart(groups: &mut [Described<'_>], pointer: &str, rule: &Value) -> Result<(), Unreadable> {
    let apart = || Unreadable::new(pointer, "a rule stands apart from its group, which has no such rule");
    let (group, name) = text(rule, "name").and_then(|name| name.split_once('/')).ok_or_else(apart)?;
    let owner =
        groups.iter_mut().find(|one| text(one.item, "name").is_some_and(|text| lower(text) == lower(group)));
    let owner = owner.ok_or_else(apart)?;
    let body = owner.item.get("properties").unwrap_or(owner.item);
    let mut inside = body.get("securityRules").and_then(Value::as_array).into_iter().flatten();
    let is_there = inside.any(|other| {
        text(other, "name").is_some_and(|text| lower(text) == lower(name))
            && other.get("properties") == rule.get("properties")
    });
    if !is_there {
        owner.deployed.problem.get_or_insert_with(apart);
    }
    Ok(())
}

/// A group, with its problem where it can't be read: it may be nobody's business.
fn deployed(pointer: &str, item: &Value) -> Deployed {
    let name = text(item, "name").unwrap_or(pointer);
    let path = text(item, "id").filter(|id| id.starts_with('/'));
    let group = path.and_then(|path| identity::Path::of(path).group).or_else(|| text(item, "resourceGroup"));
    let id = group.map_or_else(|| name.to_owned(), |group| format!("{group}/{name}"));
    let (guard, remarks, problem) = match read_group(pointer, name, item) {
        Ok((guard, remarks)) => (guard, remarks, None),
        Err(problem) => {
            let members = Peers::named(PeerName::Behind(lower(name)));
            (Guard::new(name, pointer, members), BTreeMap::new(), Some(problem))
        }
    };
    let is_isolation = lower(name).starts_with(ISOLATION_GROUP);
    let home = identity::home(item);
    Deployed {
        path: path.map(str::to_owned),
        claim: identity::claim(&home),
        home,
        remarks,
        problem,
        network: identity::network(item),
        doubt: unprovisioned(item),
        attached: attached(item),
        belongs_to: is_isolation.then_some("the isolation group of Machine Creation Services"),
        ..Deployed::new(id, guard)
    }
}

/// What of a group or its rules was not carried out.
///
/// Source: Azure REST reference, Virtual Network, `ProvisioningState`, API version 2024-05-01, read 2026-11.
fn unprovisioned(item: &Value) -> Option<String> {
    let state = |value: &'_ Value| {
        let state = inner(value).get("provisioningState").and_then(Value::as_str)?;
        (!state.eq_ignore_ascii_case("Succeeded")).then(|| state.to_owned())
    };
    let group = state(item).map(|state| format!("its last change is `{state}`"));
    let rules = inner(item).get("securityRules").and_then(Value::as_array).into_iter().flatten();
    let rule = || {
        rules.into_iter().find_map(|rule| {
            let name = text(rule, "name").unwrap_or_default();
            Some(format!("the last change of its rule {name} is `{}`", state(rule)?))
        })
    };
    group.or_else(rule).map(|what| format!("{what}, so it may do something else than it says"))
}

/// Whether a group stands before a subnet or an interface. Only a description with both lists says that it doesn't.
fn attached(item: &Value) -> Option<bool> {
    let body = item.get("properties").unwrap_or(item);
    let lists = [body.get("subnets"), body.get("networkInterfaces")];
    let is_empty = |list: &Value| list.as_array().is_none_or(Vec::is_empty);
    if lists.iter().flatten().any(|list| !is_empty(list)) {
        return Some(true);
    }
    lists.iter().all(Option::is_some).then_some(false)
}

/// An answer leaves out what is empty, so where it says of one group before what it stands, another one stands before nothing.
fn detached(groups: &mut [Described<'_>]) {
    let tells = |one: &&Described<'_>| attached(one.item) == Some(true);
    let telling: BTreeSet<usize> = groups.iter().filter(tells).map(|one| one.file).collect();
    for one in groups.iter_mut().filter(|one| telling.contains(&one.file)) {
        one.deployed.attached.get_or_insert(false);
    }
}

/// What says something about access, with its place: under `properties`, or beside the header.
fn body(pointer: &str, item: &Value) -> Result<(String, Value), Unreadable> {
    let Some(object) = item.as_object() else { return Err(Unreadable::new(pointer, "it is no object")) };
    let mut rest = object
        .iter()
        .filter(|(key, value)| !HEADER.contains(&key.as_str()) && *key != "properties" && !value.is_null());
    match object.get("properties") {
        None => {
            let rest: Map<String, Value> = rest.map(|(key, value)| (key.clone(), value.clone())).collect();
            Ok((pointer.to_owned(), Value::Object(rest)))
        }
        Some(properties) => {
            if let Some((key, _)) = rest.next() {
                return Err(Unreadable::new(format!("{pointer}/{key}"), "the key is not known"));
            }
            Ok((format!("{pointer}/properties"), properties.clone()))
        }
    }
}

type Read = (Guard, BTreeMap<String, String>);

fn read_group(pointer: &str, name: &str, item: &Value) -> Result<Read, Unreadable> {
    if text(item, "name").is_none_or(expression::is_expression) {
        return Err(Unreadable::new(
            pointer,
            "nothing says the name of the group, or an expression that is not read",
        ));
    }
    let (place, value) = body(pointer, item)?;
    let body: Body = part(&place, &value)?;
    let own = text(item, "id").filter(|id| id.starts_with('/'));
    let mut numbered = Numbered::new(name, pointer.to_owned());
    let mut remarks = BTreeMap::new();
    for (at, rule) in body.security_rules.iter().flatten().enumerate() {
        let pointer = format!("{place}/securityRules/{at}");
        let name =
            text(rule, "name").ok_or_else(|| Unreadable::new(pointer.as_str(), "the rule has no name"))?;
        let (place, value) = self::body(&pointer, rule)?;
        let read: RuleBody = part(&place, &value)?;
        let remark = match &read.description {
            Some(text) if !text.is_empty() => format!("{name}: {text}"),
            _ => name.to_owned(),
        };
        remarks.insert(pointer.clone(), remark);
        numbered.add(name, &pointer, &place, &fields(own, &pointer, &read)?)?;
    }
    Ok((numbered.finish(), remarks))
}

fn fields<'a>(own: Option<&str>, pointer: &str, rule: &'a RuleBody) -> Result<Fields<'a>, Unreadable> {
    let groups = |ids: &Option<Vec<Id>>| -> Result<Vec<PeerName>, Unreadable> {
        // The path tells groups of one name in several resource groups apart.
        let path = |id: &Id| asg(pointer, &id.id).map(|name| named(own, &id.id, name));
        ids.iter().flatten().map(path).collect()
    };
    Ok(Fields {
        priority: rule.priority,
        direction: &rule.direction,
        access: &rule.access,
        protocol: &rule.protocol,
        source_ports: Listed::of(&rule.source_port_range, &rule.source_port_ranges),
        source: Listed::of(&rule.source_address_prefix, &rule.source_address_prefixes),
        source_groups: groups(&rule.source_application_security_groups)?,
        destination: Listed::of(&rule.destination_address_prefix, &rule.destination_address_prefixes),
        destination_groups: groups(&rule.destination_application_security_groups)?,
        destination_ports: Listed::of(&rule.destination_port_range, &rule.destination_port_ranges),
    })
}

/// The application security groups that the rules of a group name, by their paths.
fn asgs_of(item: &Value) -> BTreeMap<String, PeerName> {
    let own = text(item, "id").filter(|id| id.starts_with('/'));
    let rules = inner(item).get("securityRules").and_then(Value::as_array).into_iter().flatten().map(inner);
    let mut found = BTreeMap::new();
    for rule in rules {
        for key in ["sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups"] {
            let list = rule.get(key).and_then(Value::as_array).into_iter().flatten();
            for id in list.filter_map(|one| text(one, "id")) {
                found.extend(asg("", id).ok().map(|name| (lower(id), named(own, id, name))));
            }
        }
    }
    found
}

/// An application security group by its name, where it lives beside the network security group that names it, as a
/// template makes them; by its path anywhere else. Without a path of its own the group says nothing about that.
fn named(own: Option<&str>, id: &str, name: PeerName) -> PeerName {
    let is_beside = match own {
        Some(own) => identity::are_together(own, id),
        None => identity::Path::of(id) == identity::Path::default(),
    };
    if is_beside { name } else { PeerName::Group(lower(id)) }
}

/// Where nothing says in which resource group a network security group is, an application security group of a path may be
/// any of its name.
fn tell_apart(export: &mut Export) {
    let homeless = export.guards.iter().filter(|one| one.path.is_none());
    let sides = homeless
        .flat_map(|one| &one.guard.rules)
        .flat_map(|rule| rule.from.names.iter().chain(&rule.to.names));
    let is_path = |name: &&PeerName| matches!(name, PeerName::Group(text) if text.starts_with('/'));
    export.unexplained = sides.filter(is_path).cloned().collect();
}
