//! The reader of Terraform JSON.
//!
//! In: a document's bytes. Out: its policies, as the provider sends them to the v4 API.
//!
//! Invariant: an argument, a type of resource or an expression that is not understood is refused. An ICMP type without a
//! code is code 0, because that is what the provider sends.

use super::v4::{self, APPLICATION, Address, INTRA_GROUP, Message, Policy, PortRange, RuleBody, Spec};
use crate::policy::address::AddressSet;
use crate::target::observed::{Observed, Unreadable};
use crate::target::reading::{Entries, escaped};
use crate::targets::terraform::read::{self, Argument, Literal};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::{BTreeMap, BTreeSet};

const POLICY: &str = "nutanix_network_security_policy_v2";
const ADDRESS_GROUP: &str = "nutanix_address_groups_v2";
const CATEGORY: &str = "nutanix_categories_v2";

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Sources {
    #[serde(default)]
    nutanix_categories_v2: Entries<Lookup>,
    #[serde(default)]
    nutanix_address_groups_v2: Entries<Lookup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lookup {
    filter: Literal,
    #[serde(rename = "lifecycle")]
    _lifecycle: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Resources {
    #[serde(default)]
    nutanix_address_groups_v2: Entries<AddressGroupBlock>,
    nutanix_network_security_policy_v2: Entries<PolicyBlock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressGroupBlock {
    name: Literal,
    #[serde(rename = "description")]
    _description: Option<Literal>,
    ipv4_addresses: Vec<AddressBlock>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressBlock {
    value: Literal,
    prefix_length: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyBlock {
    name: Literal,
    #[serde(rename = "description")]
    _description: Option<Literal>,
    #[serde(rename = "type")]
    kind: Literal,
    state: Literal,
    scope: Literal,
    #[serde(rename = "is_hitlog_enabled")]
    _is_hitlog_enabled: Option<bool>,
    is_ipv6_traffic_allowed: Option<bool>,
    rules: Option<Vec<RuleBlock>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleBlock {
    #[serde(rename = "type")]
    kind: Literal,
    #[serde(rename = "description")]
    _description: Option<Literal>,
    spec: [SpecBlock; 1],
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpecBlock {
    intra_entity_group_rule_spec: Option<[Fields; 1]>,
    application_rule_spec: Option<[Fields; 1]>,
}

/// The arguments of both kinds of rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    secured_group_category_references: Vec<Argument>,
    secured_group_action: Option<Literal>,
    src_category_references: Option<Vec<Argument>>,
    src_subnet: Option<[AddressBlock; 1]>,
    src_address_group_references: Option<Vec<Argument>>,
    dest_category_references: Option<Vec<Argument>>,
    dest_subnet: Option<[AddressBlock; 1]>,
    dest_address_group_references: Option<Vec<Argument>>,
    is_all_protocol_allowed: Option<bool>,
    tcp_services: Option<Vec<PortsBlock>>,
    udp_services: Option<Vec<PortsBlock>>,
    icmp_services: Option<Vec<MessageBlock>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PortsBlock {
    start_port: u16,
    end_port: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageBlock {
    is_all_allowed: Option<bool>,
    #[serde(rename = "type")]
    kind: Option<u8>,
    code: Option<u8>,
}

/// What references of a document stand for.
struct Names {
    /// Categories, `Key:Value`, by label.
    categories: BTreeMap<String, String>,
    /// Names of the document's address groups by label.
    created: BTreeMap<String, String>,
    /// Names of address groups that somebody keeps, by label.
    kept: BTreeMap<String, String>,
}

/// Reads a document.
pub(crate) fn read(bytes: &[u8]) -> Result<Observed, Unreadable> {
    let document = read::document::<Sources, Resources>(bytes)?;
    let mut groups = BTreeMap::new();
    for (label, group) in &document.resource.nutanix_address_groups_v2.0 {
        let pointer = format!("/resource/{ADDRESS_GROUP}/{}", escaped(label));
        let mut nets = Vec::new();
        for block in &group.ipv4_addresses {
            nets.push(super::range(&pointer, &block.value.0, Some(block.prefix_length), false)?);
        }
        if groups.insert(group.name.0.clone(), AddressSet::from_ranges(&nets)).is_some() {
            return Err(Unreadable::new(
                pointer,
                format!("two address groups have the name `{}`", group.name.0),
            ));
        }
    }
    let names = names(&document)?;
    let mut observed = Observed::default();
    let mut seen = BTreeSet::new();
    for (label, policy) in &document.resource.nutanix_network_security_policy_v2.0 {
        let pointer = format!("/resource/{POLICY}/{}", escaped(label));
        if !seen.insert(&policy.name.0) {
            return Err(Unreadable::new(pointer, format!("two policies have the name `{}`", policy.name.0)));
        }
        let sent = names.policy(&pointer, policy)?;
        observed.guards.extend(v4::guard(&pointer, &sent, &groups)?);
    }
    Ok(observed)
}

fn names(document: &read::Document<Sources, Resources>) -> Result<Names, Unreadable> {
    let mut names = Names { categories: BTreeMap::new(), created: BTreeMap::new(), kept: BTreeMap::new() };
    for (label, lookup) in &document.data.nutanix_categories_v2.0 {
        let category = filtered(&lookup.filter.0, &["key", "value"]);
        let Some([key, value]) = category.as_deref() else {
            return Err(no_filter(CATEGORY, label));
        };
        names.categories.insert(label.clone(), format!("{key}:{value}"));
    }
    for (label, lookup) in &document.data.nutanix_address_groups_v2.0 {
        let name = filtered(&lookup.filter.0, &["name"]);
        let Some([name]) = name.as_deref() else {
            return Err(no_filter(ADDRESS_GROUP, label));
        };
        names.kept.insert(label.clone(), name.clone());
    }
    for (label, group) in &document.resource.nutanix_address_groups_v2.0 {
        names.created.insert(label.clone(), group.name.0.clone());
    }
    Ok(names)
}

fn no_filter(kind: &str, label: &str) -> Unreadable {
    let pointer = format!("/data/{kind}/{}/filter", escaped(label));
    Unreadable::new(pointer, "the filter is not for one thing by its name")
}

/// The values of a filter that asks for exactly these fields: `key eq 'A' and value eq 'B'`.
fn filtered(filter: &str, fields: &[&str]) -> Option<Vec<String>> {
    let mut rest = filter;
    let mut values = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            rest = rest.strip_prefix(" and ")?;
        }
        rest = rest.strip_prefix(field)?.strip_prefix(" eq '")?;
        let mut value = String::new();
        loop {
            let (before, behind) = rest.split_once('\'')?;
            value.push_str(before);
            rest = behind;
            match rest.strip_prefix('\'') {
                Some(more) => {
                    value.push('\'');
                    rest = more;
                }
                None => break,
            }
        }
        values.push(value);
    }
    rest.is_empty().then_some(values)
}

impl Names {
    /// A policy as the provider sends it.
    fn policy(&self, pointer: &str, policy: &PolicyBlock) -> Result<Policy, Unreadable> {
        let mut rules = Vec::new();
        for (at, rule) in policy.rules.iter().flatten().enumerate() {
            rules.push(self.rule(&format!("{pointer}/rules/{at}"), rule)?);
        }
        Ok(Policy::sent(
            &policy.name.0,
            &policy.kind.0,
            &policy.state.0,
            &policy.scope.0,
            policy.is_ipv6_traffic_allowed,
            rules,
        ))
    }

    fn rule(&self, pointer: &str, rule: &RuleBlock) -> Result<RuleBody, Unreadable> {
        let [spec] = &rule.spec;
        let (form, fields) = match (&spec.intra_entity_group_rule_spec, &spec.application_rule_spec) {
            (Some([fields]), None) => (INTRA_GROUP.1, fields),
            (None, Some([fields])) => (APPLICATION.1, fields),
            _ => return Err(Unreadable::new(format!("{pointer}/spec"), "the rule has no form, or several")),
        };
        Ok(RuleBody::sent(&rule.kind.0, self.spec(pointer, form, fields)?))
    }

    fn spec(&self, pointer: &str, form: &str, fields: &Fields) -> Result<Spec, Unreadable> {
        let subnet = |block: &Option<[AddressBlock; 1]>| block.as_ref().map(|[block]| address(block));
        let ports = |all: &Option<Vec<PortsBlock>>| {
            let range =
                |ports: &PortsBlock| PortRange { start_port: ports.start_port, end_port: ports.end_port };
            all.as_ref().map(|all| all.iter().map(range).collect())
        };
        let messages = fields.icmp_services.as_ref();
        Ok(Spec {
            object_type: form.to_owned(),
            secured_group_category_references: self
                .categories(pointer, &fields.secured_group_category_references)?,
            secured_group_action: fields.secured_group_action.as_ref().map(|action| action.0.clone()),
            src_allow_spec: None,
            src_category_references: self.some_categories(pointer, &fields.src_category_references)?,
            src_subnet: subnet(&fields.src_subnet),
            src_ipv6_subnet: None,
            src_address_group_references: self.groups(pointer, &fields.src_address_group_references)?,
            dest_allow_spec: None,
            dest_category_references: self.some_categories(pointer, &fields.dest_category_references)?,
            dest_subnet: subnet(&fields.dest_subnet),
            dest_ipv6_subnet: None,
            dest_address_group_references: self.groups(pointer, &fields.dest_address_group_references)?,
            is_all_protocol_allowed: fields.is_all_protocol_allowed,
            tcp_services: ports(&fields.tcp_services),
            udp_services: ports(&fields.udp_services),
            icmp_services: messages.map(|all| all.iter().map(message).collect()),
            icmpv6_services: None,
        })
    }

    fn some_categories(
        &self,
        pointer: &str,
        references: &Option<Vec<Argument>>,
    ) -> Result<Option<Vec<String>>, Unreadable> {
        references.as_ref().map(|references| self.categories(pointer, references)).transpose()
    }

    fn categories(&self, pointer: &str, references: &[Argument]) -> Result<Vec<String>, Unreadable> {
        let name = |reference: &Argument| match reference {
            Argument::Text(id) => Some(id.clone()),
            Argument::Reference(_) => looked_up(reference, CATEGORY, "categories")
                .and_then(|label| self.categories.get(label).cloned()),
        };
        let why = || Unreadable::new(pointer, "the rule names no category of the document");
        references.iter().map(|reference| name(reference).ok_or_else(why)).collect()
    }

    fn groups(
        &self,
        pointer: &str,
        references: &Option<Vec<Argument>>,
    ) -> Result<Option<Vec<String>>, Unreadable> {
        let name = |reference: &Argument| match reference {
            Argument::Text(id) => Some(id.clone()),
            Argument::Reference(_) => {
                let created = reference.label(ADDRESS_GROUP, "id").and_then(|label| self.created.get(label));
                let kept = || looked_up(reference, ADDRESS_GROUP, "address_groups");
                created.or_else(|| kept().and_then(|label| self.kept.get(label))).cloned()
            }
        };
        let why = || Unreadable::new(pointer, "the rule names no address group of the document");
        let named = |references: &Vec<Argument>| -> Result<Vec<String>, Unreadable> {
            references.iter().map(|reference| name(reference).ok_or_else(why)).collect()
        };
        references.as_ref().map(named).transpose()
    }
}

/// The label in `data.KIND.LABEL.LIST[0].ext_id`.
fn looked_up<'a>(reference: &'a Argument, kind: &str, list: &str) -> Option<&'a str> {
    let Argument::Reference(parts) = reference else { return None };
    match parts.as_slice() {
        [data, own, label, first, id]
            if data == "data" && own == kind && id == "ext_id" && first.strip_suffix("[0]") == Some(list) =>
        {
            Some(label)
        }
        _ => None,
    }
}

fn address(block: &AddressBlock) -> Address {
    Address { value: block.value.0.clone(), prefix_length: Some(block.prefix_length) }
}

fn message(block: &MessageBlock) -> Message {
    if block.is_all_allowed == Some(true) {
        return Message { is_all_allowed: Some(true), kind: block.kind, code: block.code };
    }
    Message { is_all_allowed: None, kind: Some(block.kind.unwrap_or(0)), code: Some(block.code.unwrap_or(0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_filters_for_one_name_are_read() {
        let category = |filter: &str| filtered(filter, &["key", "value"]);
        assert_eq!(category("key eq 'A''s' and value eq 'B'"), Some(vec!["A's".to_owned(), "B".to_owned()]));
        for odd in ["key eq 'A'", "key eq 'A' or value eq 'B'", "key eq 'A' and value eq 'B' or true", ""] {
            assert_eq!(category(odd), None, "{odd}");
        }
    }
}
