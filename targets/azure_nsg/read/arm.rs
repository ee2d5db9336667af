//! The reader of Azure Resource Manager templates.
//!
//! In: a template's bytes. Out: its network security groups.
//!
//! Invariant: a key or a type of resource that is not understood is refused: a condition, a loop or an expression may
//! change everything.

use super::{ASG_TYPE, Fields, Listed, Numbered, group, lower};
use crate::target::observed::{Guard, Observed, PeerName, Unreadable};
use crate::target::reading::from_json;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeSet;

const NSG_TYPE: &str = "Microsoft.Network/networkSecurityGroups";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Template {
    #[serde(rename = "$schema")]
    _schema: Option<IgnoredAny>,
    #[serde(rename = "contentVersion")]
    _content_version: Option<IgnoredAny>,
    #[serde(rename = "metadata")]
    _metadata: Option<IgnoredAny>,
    #[serde(rename = "parameters")]
    _parameters: Option<IgnoredAny>,
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Resource {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "apiVersion")]
    _api_version: Option<IgnoredAny>,
    name: String,
    #[serde(rename = "location")]
    _location: Option<IgnoredAny>,
    #[serde(rename = "tags")]
    _tags: Option<IgnoredAny>,
    #[serde(rename = "dependsOn")]
    _depends_on: Option<IgnoredAny>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Properties {
    security_rules: Option<Vec<NamedRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedRule {
    name: String,
    properties: SecurityRule,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SecurityRule {
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Id {
    id: String,
}

/// Reads a template.
pub(crate) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let template: Template = from_json(bytes)?;
    let mut observed = Observed::default();
    let mut names = BTreeSet::new();
    for (at, resource) in template.resources.iter().enumerate() {
        let pointer = format!("/resources/{at}");
        if resource.name.starts_with('[') {
            return Err(Unreadable::new(pointer, "the name is an expression"));
        }
        if !names.insert((lower(&resource.kind), lower(&resource.name))) {
            return Err(Unreadable::new(pointer, format!("`{}` is there twice", resource.name)));
        }
        if resource.kind.eq_ignore_ascii_case(NSG_TYPE) {
            observed.guards.push(guard(pointer, resource)?);
        } else if !resource.kind.eq_ignore_ascii_case(ASG_TYPE) {
            return Err(Unreadable::new(pointer, format!("`{}` is no security group", resource.kind)));
        } else if resource.properties.security_rules.is_some() {
            return Err(Unreadable::new(pointer, "an application security group has rules"));
        }
    }
    Ok(observed)
}

fn guard(pointer: String, resource: &Resource) -> Result<Guard, Unreadable> {
    let mut numbered = Numbered::new(&resource.name, pointer);
    for (at, rule) in resource.properties.security_rules.iter().flatten().enumerate() {
        let pointer = format!("{}/properties/securityRules/{at}", numbered.pointer());
        let fields = fields(&pointer, &rule.properties)?;
        numbered.add(&rule.name, &pointer, &format!("{pointer}/properties"), &fields)?;
    }
    Ok(numbered.finish())
}

fn fields<'a>(pointer: &str, rule: &'a SecurityRule) -> Result<Fields<'a>, Unreadable> {
    let groups = |ids: &Option<Vec<Id>>| -> Result<Vec<PeerName>, Unreadable> {
        ids.iter().flatten().map(|id| asg(pointer, &id.id)).collect()
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

/// The name in the id of an application security group, which may be an expression or a path.
pub(in super::super) fn asg(pointer: &str, id: &str) -> Result<PeerName, Unreadable> {
    let expression = id.strip_prefix("[resourceId('").and_then(|rest| rest.strip_suffix("')]"));
    let path = || {
        let (provider, name) = id.rsplit_once('/')?;
        let is_asg = provider.starts_with('/') && lower(provider).ends_with(&format!("/{}", lower(ASG_TYPE)));
        is_asg.then_some(name)
    };
    let name = match expression.and_then(|inside| inside.split_once("', '")) {
        Some((kind, name)) if kind.eq_ignore_ascii_case(ASG_TYPE) => Some(name),
        Some(_) => None,
        None => path(),
    };
    let name = name.filter(|name| !name.is_empty() && !name.contains(['\'', '/', '[', ']', ',']));
    match name {
        Some(name) => Ok(group(name)),
        None => Err(Unreadable::new(pointer, format!("`{id}` is no application security group"))),
    }
}
