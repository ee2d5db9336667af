//! What Prism Central tells, in the form in which bodies are sent to it.
//!
//! In: one policy as the API answers it, and what its ids stand for. Out: the policy as the readers of bodies take it.
//!
//! Invariant: only what the server adds and what is null is left out; every other key reaches the reader, which refuses what
//! it doesn't know.

use super::Known;
use crate::target::observed::Unreadable;
use serde_json::{Map, Value};

/// What the server adds to an object and to what is in it, and what only says who may see or log it.
const SERVER_KEYS: [&str; 22] = [
    "$specItemDiscriminator",
    "$dataItemDiscriminator",
    "extId",
    "tenantId",
    "links",
    "$reserved",
    "createdBy",
    "creationTime",
    "lastUpdateTime",
    "isSystemDefined",
    "securedGroups",
    "policyReferences",
    "projectExtId",
    "isSharedWithAllProjects",
    "isLoggingEnabled",
    "ownerUuid",
    "lastUpdatedBy",
    "$fv",
    "etag",
    "createTime",
    "ruleId",
    "is_system_defined",
];

/// Lists that change a meaning once something is in them.
const LISTS: [&str; 7] = [
    "$unknownFields",
    "networkFunctionReferences",
    "scopeReferences",
    "securedEntityGroupReferences",
    "sourceEntityGroupReferences",
    "destinationEntityGroupReferences",
    "appliedToEntityGroupReferences",
];

/// An object without what is null and what the server adds.
pub(super) fn plain(item: &Value) -> Value {
    match item {
        Value::Object(all) => {
            let is_empty = |value: &Value| {
                value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Map::is_empty)
            };
            let told = |(key, value): &(&String, &Value)| {
                let key = key.as_str();
                let says_nothing = LISTS.contains(&key) && is_empty(value);
                !value.is_null() && !says_nothing && !SERVER_KEYS.contains(&key)
            };
            let kept = all.iter().filter(told);
            Value::Object(kept.map(|(key, value)| (key.clone(), plain(value))).collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(plain).collect()),
        other => other.clone(),
    }
}

/// A policy in names of categories, with the services of service groups in the rules.
pub(super) fn with_names(pointer: &str, mut told: Value, known: &Known) -> Result<Value, Unreadable> {
    let Some(policy) = told.as_object_mut() else {
        return Err(Unreadable::new(pointer, "a policy is an object"));
    };
    policy.remove("$objectType");
    let vpcs = policy.remove("vpcReferences");
    let has_vpcs = vpcs.is_some_and(|list| list.as_array().is_some_and(|list| !list.is_empty()));
    // Networks that are named one by one are no scope that a site has, whatever else is said.
    if has_vpcs || !policy.contains_key("scope") {
        policy.insert("scope".to_owned(), if has_vpcs { "VPC_LIST" } else { "ALL_VLAN" }.into());
    }
    let state = policy.entry("state").or_insert_with(|| "SAVE".into());
    *state = state.as_str().unwrap_or_default().to_uppercase().into();
    let rules = policy.get_mut("rules").and_then(Value::as_array_mut);
    for (at, rule) in rules.into_iter().flatten().enumerate() {
        let pointer = format!("{pointer}/rules/{at}");
        if let Some(rule) = rule.as_object_mut() {
            rule.remove("$objectType");
            // The name of a rule, since v4.3, is for people.
            rule.remove("name");
        }
        let Some(spec) = rule.get_mut("spec").and_then(Value::as_object_mut) else { continue };
        spec_in_names(&pointer, spec, known)?;
    }
    Ok(told)
}

/// The form of an object, without the version in it: `microseg.v4.r3.config.X` is `microseg.v4.config.X`.
fn form(text: &str) -> String {
    let is_version = |step: &&str| {
        !step
            .strip_prefix('r')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    text.split('.').filter(is_version).collect::<Vec<_>>().join(".")
}

fn spec_in_names(pointer: &str, spec: &mut Map<String, Value>, known: &Known) -> Result<(), Unreadable> {
    if let Some(Value::String(kind)) = spec.get_mut("$objectType") {
        *kind = form(kind);
    }
    for key in ["securedGroupCategoryReferences", "srcCategoryReferences", "destCategoryReferences"] {
        for id in spec.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(text) = id.as_str().map(str::to_owned) else { continue };
            let lower = text.to_lowercase();
            if let Some(name) = known.categories.get(&lower) {
                *id = name.clone().into();
            } else if !text.contains(':') {
                *id = lower.into();
            }
        }
    }
    for key in ["srcAddressGroupReferences", "destAddressGroupReferences"] {
        for id in spec.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
            *id = id.as_str().map(str::to_lowercase).unwrap_or_default().into();
        }
    }
    for key in [
        "srcCategoryAssociatedEntityType",
        "destCategoryAssociatedEntityType",
        "securedGroupCategoryAssociatedEntityType",
    ] {
        // Machines are what is meant where nothing is said.
        if spec.get(key).and_then(Value::as_str) == Some("VM") {
            spec.remove(key);
        }
    }
    // An address and what it is are one thing.
    for key in [
        "srcSubnet",
        "destSubnet",
        "srcIpv6Subnet",
        "destIpv6Subnet",
        "tcpServices",
        "udpServices",
        "icmpServices",
        "icmpV6Services",
    ] {
        if let Some(value) = spec.get_mut(key) {
            without_types(value);
        }
    }
    inline_services(pointer, spec, known)
}

fn without_types(value: &mut Value) {
    match value {
        Value::Object(all) => {
            all.remove("$objectType");
            all.values_mut().for_each(without_types);
        }
        Value::Array(all) => all.iter_mut().for_each(without_types),
        _ => {}
    }
}

/// Puts the services of the service groups that a rule names into the rule.
fn inline_services(pointer: &str, spec: &mut Map<String, Value>, known: &Known) -> Result<(), Unreadable> {
    let Some(references) = spec.remove("serviceGroupReferences") else { return Ok(()) };
    for id in references.as_array().into_iter().flatten().filter_map(Value::as_str) {
        let group = known.services(pointer, id)?;
        for key in ["tcpServices", "udpServices", "icmpServices", "icmpV6Services"] {
            let mut more = group.get(key).cloned().unwrap_or_default();
            without_types(&mut more);
            let more = plain(&more);
            if let Value::Array(more) = more
                && let Value::Array(all) = spec.entry(key).or_insert_with(|| Value::Array(Vec::new()))
            {
                all.extend(more);
            }
        }
    }
    Ok(())
}

/// The specification of a v3 policy as the reader of bodies takes it.
pub(super) fn spec_v3(place: &str, item: &Value, known: &Known) -> Result<Value, Unreadable> {
    let mut spec = item.get("spec").cloned().unwrap_or_default();
    let resources = spec.get_mut("resources").and_then(Value::as_object_mut);
    let Some(resources) = resources else {
        return Err(Unreadable::new(place, "the policy has no resources"));
    };
    resources.retain(|_, value| !value.is_null());
    resources.entry("allow_ipv6_traffic").or_insert(Value::Bool(false));
    let Some(rule) = resources.get_mut("app_rule").and_then(Value::as_object_mut) else {
        return Err(Unreadable::new(place, "only application policies are read"));
    };
    for key in ["inbound_allow_list", "outbound_allow_list"] {
        let Some(list) = rule.get_mut(key) else { continue };
        let mut all = Vec::new();
        for (at, allow) in list.as_array().into_iter().flatten().enumerate() {
            let pointer = format!("{place}/resources/app_rule/{key}/{at}");
            all.push(allow_v3(&pointer, allow, known)?);
        }
        *list = Value::Array(all);
    }
    Ok(plain(&spec))
}

fn allow_v3(pointer: &str, allow: &Value, known: &Known) -> Result<Value, Unreadable> {
    let mut allow = plain(allow);
    let Some(fields) = allow.as_object_mut() else { return Err(Unreadable::new(pointer, "it is no object")) };
    // The server numbers rules.
    fields.remove("rule_id");
    let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    for key in
        ["tcp_port_range_list", "udp_port_range_list", "address_group_inclusion_list", "service_group_list"]
    {
        if fields.get(key).is_some_and(empty) {
            fields.remove(key);
        }
    }
    if let Some(groups) = fields.remove("service_group_list") {
        let one = groups.as_array().filter(|all| all.len() == 1).and_then(|all| all.first());
        let id = one.and_then(|one| one.get("uuid")).and_then(Value::as_str).unwrap_or_default();
        let services = known.services(pointer, id)?.get("service_list");
        match services.and_then(Value::as_array).map(Vec::as_slice) {
            Some([Value::Object(only)]) => fields.extend(only.clone()),
            _ => return Err(Unreadable::new(pointer, "the service group has several protocols")),
        }
    }
    fields.entry("protocol").or_insert_with(|| "ALL".into());
    if fields.get("protocol").and_then(Value::as_str) == Some("ALL") {
        fields.remove("icmp_type_code_list");
    }
    for group in
        fields.get_mut("address_group_inclusion_list").and_then(Value::as_array_mut).into_iter().flatten()
    {
        if let Some(reference) = group.as_object_mut() {
            reference.remove("name");
            if let Some(Value::String(id)) = reference.get_mut("uuid") {
                *id = id.to_lowercase();
            }
        }
    }
    Ok(allow)
}
