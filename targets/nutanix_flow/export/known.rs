//! What the ids in policies stand for.
//!
//! In: files of an export. Out: [`Known`]: categories, address groups with their addresses, service groups.
//!
//! Invariant: a field that is not known makes its group unreadable, because it may hold more addresses or services; a group
//! that can't be read hurts nobody but the rules that name it.

use super::super::read::range;
use super::bodies::plain;
use super::{Sort, identity, is_empty, is_flat, placed, sort};
use crate::policy::address::AddressSet;
use crate::target::export::{ExportFile, NamedSet};
use crate::target::observed::{PeerName, Unreadable};
use crate::target::reading::part;
use ipnet::{IpNet, Ipv4Subnets, Ipv6Subnets};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What ids stand for, by id in lower case.
#[derive(Default)]
pub(super) struct Known {
    pub(super) categories: BTreeMap<String, String>,
    pub(super) sets: Vec<NamedSet>,
    services: BTreeMap<String, Result<Value, Unreadable>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    value: String,
    #[serde(rename = "prefixLength")]
    prefix_length: Option<u8>,
    #[serde(rename = "$objectType")]
    _form: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    #[serde(rename = "startIp")]
    start: Address,
    #[serde(rename = "endIp")]
    end: Address,
    #[serde(rename = "$objectType")]
    _form: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Block {
    ip: String,
    prefix_length: u8,
}

/// A group of v4 or of v3, without what the server adds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddressGroup {
    #[serde(rename = "name")]
    _name: Option<IgnoredAny>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "$objectType")]
    _form: Option<IgnoredAny>,
    #[serde(rename = "uuid")]
    _id: Option<IgnoredAny>,
    #[serde(rename = "associated_policies_list")]
    _users: Option<IgnoredAny>,
    #[serde(rename = "ipv4Addresses")]
    v4: Option<Vec<Address>>,
    #[serde(rename = "ipv6Addresses")]
    v6: Option<Vec<Address>>,
    #[serde(rename = "ipRanges")]
    spans: Option<Vec<Span>>,
    #[serde(rename = "ipv6Ranges")]
    v6_spans: Option<Vec<Span>>,
    ip_address_block_list: Option<Vec<Block>>,
    // The same addresses in one text.
    #[serde(rename = "address_group_string")]
    _text: Option<IgnoredAny>,
}

/// Keys of a service group that say what it holds, or nothing.
const SERVICE_KEYS: [&str; 10] = [
    "uuid",
    "associated_policies_list",
    "name",
    "description",
    "$objectType",
    "tcpServices",
    "udpServices",
    "icmpServices",
    "icmpV6Services",
    "service_list",
];

impl Known {
    pub(super) fn add_file(&mut self, file: &ExportFile) -> Result<(), Unreadable> {
        if let Some(all) = file.value.as_object().filter(|_| is_flat(&file.value)) {
            for (key, id) in all {
                self.add_category(&file.at(""), id.as_str().unwrap_or_default(), key.clone())?;
            }
            return Ok(());
        }
        let has_others = placed(file).any(|(_, item)| sort(item).is_some());
        for (pointer, item) in placed(file) {
            match sort(item) {
                Some(Sort::Category) => {
                    let text = |key: &str| item.get(key).and_then(Value::as_str);
                    if let (Some(id), Some(key), Some(value)) = (text("extId"), text("key"), text("value")) {
                        self.add_category(&pointer, id, format!("{key}:{value}"))?;
                    }
                }
                Some(Sort::AddressGroup) => self.add_addresses(&pointer, item),
                Some(Sort::ServiceGroup) => self.add_services(&pointer, item),
                Some(Sort::PolicyV4 | Sort::PolicyV3) => {}
                None if is_empty(&file.value) => {}
                None => {
                    let problem = Unreadable::new(pointer.as_str(), "this is no policy, category or group");
                    if !has_others {
                        return Err(problem);
                    }
                    let id = identity(item).unwrap_or(pointer);
                    self.add_set(NamedSet { problem: Some(problem), ..set(item, id) });
                }
            }
        }
        Ok(())
    }

    fn add_category(&mut self, pointer: &str, id: &str, name: String) -> Result<(), Unreadable> {
        let id = id.to_lowercase();
        if self.categories.get(&id).is_some_and(|other| *other != name) {
            return Err(Unreadable::new(pointer, format!("the category `{id}` has two names")));
        }
        self.categories.insert(id, name);
        Ok(())
    }

    fn add_addresses(&mut self, pointer: &str, item: &Value) {
        let Some(id) = identity(item) else { return };
        let inner = item.get("address_group").unwrap_or(item);
        let set = set(inner, id);
        self.add_set(match addresses(pointer, inner) {
            Ok(addresses) => NamedSet { addresses: Some(addresses), ..set },
            Err(problem) => NamedSet { problem: Some(problem), ..set },
        });
    }

    /// Adds a set, unless it is there already: one answer may be given twice.
    fn add_set(&mut self, set: NamedSet) {
        match self.sets.iter_mut().find(|other| other.name == set.name) {
            Some(other) if other.addresses == set.addresses && other.title == set.title => {}
            Some(other) => {
                other.addresses = None;
                let why = "it is described twice, and differently";
                other.problem.get_or_insert_with(|| Unreadable::new(set.id, why));
            }
            None => self.sets.push(set),
        }
    }

    fn add_services(&mut self, pointer: &str, item: &Value) {
        let Some(id) = identity(item) else { return };
        let inner = plain(item.get("service_group").unwrap_or(item));
        let keys = inner.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
        let unknown = keys.into_iter().find(|key| !SERVICE_KEYS.contains(key));
        let read = match unknown {
            Some(key) => {
                Err(Unreadable::new(format!("{pointer}/{key}"), "the key of the service group is not known"))
            }
            None => Ok(inner.clone()),
        };
        let is_other = self.services.get(&id).is_some_and(|other| *other != read);
        let twice = || Err(Unreadable::new(pointer, "the service group is described twice, and differently"));
        self.services.insert(id, if is_other { twice() } else { read });
    }

    /// What a service group has; `place` is where it is named.
    pub(super) fn services(&self, place: &str, id: &str) -> Result<&Value, Unreadable> {
        match self.services.get(&id.to_lowercase()) {
            Some(Ok(group)) => Ok(group),
            Some(Err(problem)) => Err(problem.clone()),
            None => Err(Unreadable::new(place, format!("no file says what the service group `{id}` has"))),
        }
    }

    /// True for a set whose addresses a file says.
    pub(super) fn can_read(&self, name: &PeerName) -> bool {
        self.sets.iter().any(|set| set.name == *name && set.problem.is_none())
    }
}

/// A set of which only id and name are known.
fn set(item: &Value, id: String) -> NamedSet {
    let title = item.get("name").and_then(Value::as_str).unwrap_or(&id).to_lowercase();
    NamedSet { name: PeerName::AddressSet(id.clone()), id, title, addresses: None, problem: None }
}

fn addresses(pointer: &str, item: &Value) -> Result<AddressSet, Unreadable> {
    let group: AddressGroup = part(pointer, &plain(item))?;
    let mut nets: Vec<IpNet> = Vec::new();
    for (all, is_v6) in [(&group.v4, false), (&group.v6, true)] {
        for one in all.iter().flatten() {
            nets.push(range(pointer, &one.value, one.prefix_length, is_v6)?);
        }
    }
    for block in group.ip_address_block_list.iter().flatten() {
        nets.push(range(pointer, &block.ip, Some(block.prefix_length), false)?);
    }
    for (all, is_v6) in [(&group.spans, false), (&group.v6_spans, true)] {
        for one in all.iter().flatten() {
            nets.extend(span(pointer, one, is_v6)?);
        }
    }
    Ok(AddressSet::from_ranges(&nets))
}

fn span(pointer: &str, span: &Span, is_v6: bool) -> Result<Vec<IpNet>, Unreadable> {
    let ends: (Result<IpAddr, _>, Result<IpAddr, _>) = (span.start.value.parse(), span.end.value.parse());
    match ends {
        (Ok(IpAddr::V4(first)), Ok(IpAddr::V4(last))) if first <= last && !is_v6 => {
            Ok(Ipv4Subnets::new(first, last, 0).map(IpNet::from).collect())
        }
        (Ok(IpAddr::V6(first)), Ok(IpAddr::V6(last))) if first <= last && is_v6 => {
            Ok(Ipv6Subnets::new(first, last, 0).map(IpNet::from).collect())
        }
        _ => Err(Unreadable::new(pointer, "a range of addresses has no order, or no addresses")),
    }
}
