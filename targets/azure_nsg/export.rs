//! Network security groups as Azure describes what is deployed.
//!
//! In: the output of `az network nsg list` or `show`, the answer of the REST API with `properties`, or the resources of an
//! exported template; lists of application security groups besides. Out: an [`Export`].
//! Source: Azure REST reference, Virtual Network, `Network Security Groups - List`, API version 2024-05-01, and the output
//! of Azure CLI 2.91.0, which leaves the level `properties` out; read 2026-11.
//!
//! Invariant: a key that is not known refuses its group, because it may change what a rule means; ids, etags and states of
//! provisioning don't. The default rules are Azure's own and are known.

use super::read::arm::asg;
use super::read::{Fields, Listed, Numbered, lower};
use crate::target::export::{Deployed, Export, ExportFile};
use crate::target::observed::{Guard, PeerName, Peers, Unreadable};
use crate::target::reading::part;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

const NSGS: &str = "/networksecuritygroups";
const ASGS: &str = "/applicationsecuritygroups";

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

/// True for groups as Azure describes them, one or several.
pub(super) fn is_export(value: &Value) -> bool {
    items(value).iter().any(|(_, item)| is_nsg(item) || is_asg(item))
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
    let mut export = Export { unguarded_passes: true, ..Export::default() };
    let mut known = BTreeSet::new();
    for file in files {
        if file.value.get("nextLink").is_some_and(|link| !link.is_null() && link.as_str() != Some("")) {
            return Err(Unreadable::new(file.at("/nextLink"), "the answer has more pages"));
        }
        for (pointer, item) in items(&file.value) {
            let pointer = file.at(&pointer);
            if text(item, "type").is_some_and(|kind| lower(kind).ends_with("/securityrules")) {
                return Err(Unreadable::new(pointer, "a rule stands apart from its group"));
            }
            if !is_nsg(item) {
                continue;
            }
            let deployed = deployed(&pointer, item)?;
            if !known.insert(lower(&deployed.id)) {
                let why = format!("the group `{}` is described twice", deployed.id);
                return Err(Unreadable::new(pointer, why));
            }
            export.guards.push(deployed);
        }
    }
    tell_apart(&mut export);
    Ok(export)
}

fn deployed(pointer: &str, item: &Value) -> Result<Deployed, Unreadable> {
    let name = text(item, "name").ok_or_else(|| Unreadable::new(pointer, "the group has no name"))?;
    let group = text(item, "id").and_then(resource_group).or_else(|| text(item, "resourceGroup"));
    let id = group.map_or_else(|| name.to_owned(), |group| format!("{group}/{name}"));
    let mut read = match read_group(pointer, name, item) {
        Ok((guard, remarks)) => {
            let mut deployed = Deployed::new(id, guard);
            deployed.remarks = remarks;
            deployed
        }
        Err(problem) => {
            let members = Peers::named(PeerName::Behind(lower(name)));
            let mut deployed = Deployed::new(id, Guard::new(name, pointer, members));
            deployed.problem = Some(problem);
            deployed
        }
    };
    read.attached = attached(item);
    if lower(name).starts_with(ISOLATION_GROUP) {
        read.belongs_to = Some("the isolation group of Machine Creation Services");
    }
    Ok(read)
}

/// The resource group in an id.
fn resource_group(id: &str) -> Option<&str> {
    let mut steps = id.split('/');
    steps.find(|step| step.eq_ignore_ascii_case("resourceGroups"))?;
    steps.next()
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

/// What says something about access, with its place: under `properties`, or beside the header.
fn body(pointer: &str, item: &Value) -> Result<(String, Value), Unreadable> {
    let Some(object) = item.as_object() else { return Err(Unreadable::new(pointer, "it is no object")) };
    let mut rest = object.iter().filter(|(key, _)| !HEADER.contains(&key.as_str()) && *key != "properties");
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
    let (place, value) = body(pointer, item)?;
    let body: Body = part(&place, &value)?;
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
        numbered.add(name, &pointer, &place, &fields(&pointer, &read)?)?;
    }
    Ok((numbered.finish(), remarks))
}

fn fields<'a>(pointer: &str, rule: &'a RuleBody) -> Result<Fields<'a>, Unreadable> {
    let groups = |ids: &Option<Vec<Id>>| -> Result<Vec<PeerName>, Unreadable> {
        // The path tells groups of one name in several resource groups apart.
        let path = |id: &Id| asg(pointer, &id.id).map(|name| named(&id.id, name));
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

/// A group by its path, or by its name where it has none.
fn named(id: &str, name: PeerName) -> PeerName {
    if id.starts_with('/') { PeerName::Group(lower(id)) } else { name }
}

/// Replaces paths of application security groups by names, where one name has one path.
fn tell_apart(export: &mut Export) {
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let last = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let rules = export.guards.iter().flat_map(|one| &one.guard.rules);
    for name in rules.flat_map(|rule| rule.from.names.iter().chain(&rule.to.names)) {
        if let PeerName::Group(path) = name {
            paths.entry(last(path)).or_default().insert(path.clone());
        }
    }
    let is_one = |path: &str| paths.get(&last(path)).is_none_or(|all| all.len() == 1);
    let short = |name: &PeerName| match name {
        PeerName::Group(path) if is_one(path) => PeerName::Group(last(path)),
        other => other.clone(),
    };
    for rule in export.guards.iter_mut().flat_map(|one| &mut one.guard.rules) {
        for side in [&mut rule.from, &mut rule.to] {
            side.names = side.names.iter().map(short).collect();
        }
    }
    let several = paths.into_values().filter(|all| all.len() > 1).flatten();
    export.unexplained = several.map(PeerName::Group).collect();
}
