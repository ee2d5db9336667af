//! The reader of Terraform JSON.
//!
//! In: a document's bytes. Out: its network security groups.
//!
//! Invariant: an argument, a type of resource or an expression that is not understood is refused; so are rules inside of
//! groups, which the provider takes for all rules of the group.

use super::{Fields, Listed, Numbered, group, lower};
use crate::target::observed::{Observed, PeerName, Unreadable};
use crate::target::reading::{Entries, escaped};
use crate::targets::terraform::read::{self, Argument, Literal, Nothing};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

const ASG: &str = "azurerm_application_security_group";
const NSG: &str = "azurerm_network_security_group";
const RULE: &str = "azurerm_network_security_rule";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resources {
    #[serde(default)]
    azurerm_application_security_group: Entries<Group>,
    #[serde(default)]
    azurerm_network_security_group: Entries<Group>,
    #[serde(default)]
    azurerm_network_security_rule: Entries<RuleBlock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: Literal,
    #[serde(rename = "location")]
    _location: Option<Argument>,
    #[serde(rename = "resource_group_name")]
    _resource_group: Option<Argument>,
    #[serde(rename = "tags")]
    _tags: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleBlock {
    name: Literal,
    #[serde(rename = "description")]
    _description: Option<Literal>,
    #[serde(rename = "resource_group_name")]
    _resource_group: Option<Argument>,
    network_security_group_name: Argument,
    priority: u32,
    direction: Literal,
    access: Literal,
    protocol: Literal,
    source_port_range: Option<Literal>,
    source_port_ranges: Option<Vec<Literal>>,
    source_address_prefix: Option<Literal>,
    source_address_prefixes: Option<Vec<Literal>>,
    source_application_security_group_ids: Option<Vec<Argument>>,
    destination_address_prefix: Option<Literal>,
    destination_address_prefixes: Option<Vec<Literal>>,
    destination_application_security_group_ids: Option<Vec<Argument>>,
    destination_port_range: Option<Literal>,
    destination_port_ranges: Option<Vec<Literal>>,
}

/// Names of groups by label.
type Names = BTreeMap<String, String>;

/// Reads a document.
pub(crate) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let document = read::document::<Nothing, Resources>(bytes)?;
    let resources = &document.resource;
    let asgs = names(ASG, &resources.azurerm_application_security_group)?;
    let nsgs = names(NSG, &resources.azurerm_network_security_group)?;
    let mut numbered: Vec<(&str, Numbered)> = Vec::new();
    for (label, nsg) in &resources.azurerm_network_security_group.0 {
        let pointer = format!("/resource/{NSG}/{}", escaped(label));
        numbered.push((label, Numbered::new(&nsg.name.0, pointer)));
    }
    for (label, rule) in &resources.azurerm_network_security_rule.0 {
        let pointer = format!("/resource/{RULE}/{}", escaped(label));
        let own = rule.network_security_group_name.label(NSG, "name").filter(|own| nsgs.contains_key(*own));
        let own = own.and_then(|own| numbered.iter_mut().find(|(label, _)| *label == own));
        let Some((_, nsg)) = own else {
            return Err(Unreadable::new(pointer, "the rule is for no group of the document"));
        };
        let fields = fields(&pointer, rule, &asgs)?;
        nsg.add(&rule.name.0, &pointer, &pointer, &fields)?;
    }
    let guards = numbered.into_iter().map(|(_, nsg)| nsg.finish()).collect();
    Ok(Observed { guards, opens_only: false })
}

/// The names of some groups; Azure compares them without case.
fn names(kind: &str, groups: &Entries<Group>) -> Result<Names, Unreadable> {
    let (mut names, mut seen) = (Names::new(), BTreeSet::new());
    for (label, group) in &groups.0 {
        if !seen.insert(lower(&group.name.0)) {
            let pointer = format!("/resource/{kind}/{}", escaped(label));
            return Err(Unreadable::new(pointer, format!("`{}` is there twice", group.name.0)));
        }
        names.insert(label.clone(), group.name.0.clone());
    }
    Ok(names)
}

fn fields<'a>(pointer: &str, rule: &'a RuleBlock, asgs: &Names) -> Result<Fields<'a>, Unreadable> {
    let groups = |ids: &Option<Vec<Argument>>| -> Result<Vec<PeerName>, Unreadable> {
        ids.iter().flatten().map(|id| asg(pointer, id, asgs)).collect()
    };
    Ok(Fields {
        priority: rule.priority,
        direction: &rule.direction.0,
        access: &rule.access.0,
        protocol: &rule.protocol.0,
        source_ports: listed(&rule.source_port_range, &rule.source_port_ranges),
        source: listed(&rule.source_address_prefix, &rule.source_address_prefixes),
        source_groups: groups(&rule.source_application_security_group_ids)?,
        destination: listed(&rule.destination_address_prefix, &rule.destination_address_prefixes),
        destination_groups: groups(&rule.destination_application_security_group_ids)?,
        destination_ports: listed(&rule.destination_port_range, &rule.destination_port_ranges),
    })
}

fn listed<'a>(one: &'a Option<Literal>, several: &'a Option<Vec<Literal>>) -> Listed<'a> {
    let several = several.iter().flatten().map(|text| text.0.as_str());
    Listed::new(one.as_ref().map(|text| text.0.as_str()), several.collect())
}

fn asg(pointer: &str, id: &Argument, asgs: &Names) -> Result<PeerName, Unreadable> {
    let name = id.label(ASG, "id").and_then(|label| asgs.get(label));
    let why = "the rule names no application security group of the document";
    name.map(|name| group(name)).ok_or_else(|| Unreadable::new(pointer, why))
}
