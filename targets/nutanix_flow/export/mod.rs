//! Flow policies as Prism Central tells what is deployed.
//!
//! In: answers of the v4 API (`data`) and of v3 lists (`entities`): policies, and the categories, address groups and service
//! groups that they name by id. Out: an [`Export`] in the names of categories, `Key:Value`.
//! Source: v4 client 4.3.2, `NetworkSecurityPolicy`, `AddressGroup`, `ServiceGroup`, `Category`; API description of Prism
//! Central v3, 3.1.0, `network_security_rules/list`; read 2026-11-22.
//!
//! Invariant: a field that is not known refuses its policy, because it may change what a rule means; ids, links, owners and
//! times don't. A list that goes on elsewhere is refused, because what is on its other pages would look missing.

mod bodies;
mod known;

use super::limits::TIER_KEY;
use super::mark;
use super::plan::Plan;
use super::read::{v3, v4};
use crate::target::export::{Claim, Deployed, Export, ExportFile, KnownAs, SiteWords};
use crate::target::observed::{Guard, PeerName, Peers, Unreadable};
use bodies::{plain, spec_v3, with_names};
use known::Known;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What a file has, by its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    PolicyV4,
    PolicyV3,
    Category,
    AddressGroup,
    ServiceGroup,
}

/// Keys by which a group of addresses is known.
const ADDRESS_KEYS: [&str; 5] =
    ["ipv4Addresses", "ipRanges", "ipv6Addresses", "ipv6Ranges", "ip_address_block_list"];

/// The sort of one object.
fn sort(item: &Value) -> Option<Sort> {
    let has = |key: &str| item.get(key).is_some();
    let kind = item.get("$objectType").and_then(Value::as_str).unwrap_or_default();
    let of = |what: &str| kind.ends_with(&format!(".{what}"));
    if of("NetworkSecurityPolicy") || (has("name") && has("state") && has("rules")) {
        Some(Sort::PolicyV4)
    } else if item.pointer("/spec/resources").is_some() {
        let rules = ["app_rule", "ad_rule", "quarantine_rule", "isolation_rule"];
        let resources = item.pointer("/spec/resources");
        rules.iter().any(|key| resources.is_some_and(|one| one.get(key).is_some())).then_some(Sort::PolicyV3)
    } else if of("Category") || (has("key") && has("value") && has("extId")) {
        Some(Sort::Category)
    } else if of("AddressGroup") || is_group(item, &ADDRESS_KEYS) {
        Some(Sort::AddressGroup)
    } else if of("ServiceGroup")
        || is_group(item, &["tcpServices", "udpServices", "icmpServices", "service_list"])
    {
        Some(Sort::ServiceGroup)
    } else {
        None
    }
}

/// A group has one of these at its top, or under the level that v3 puts between.
fn is_group(item: &Value, keys: &[&str]) -> bool {
    let inner = ["address_group", "service_group"].iter().find_map(|key| item.get(key)).unwrap_or(item);
    keys.iter().any(|key| inner.get(key).is_some())
}

/// By what the policies of a plan are known.
pub(super) fn known_as(plan: &Plan) -> KnownAs {
    // The first category is the platform's, the last one the tier's.
    let label = plan.policies.iter().find_map(|policy| policy.secured.first());
    KnownAs {
        claim: Some(mark::claim(&plan.platform, &plan.site)),
        label: label.map(ToString::to_string),
        ..KnownAs::default()
    }
}

/// For whom segc wrote something with a description.
fn claim(item: &Value) -> Option<Claim> {
    item.get("description").and_then(Value::as_str).and_then(mark::claim_in)
}

/// True for answers of Prism Central, and for the flat list of categories with their ids.
pub(super) fn is_export(value: &Value) -> bool {
    is_flat(value) || items(value).iter().any(|(_, item)| sort(item).is_some()) || is_empty(value)
}

/// A file of `"Key:Value": "id"` alone.
fn is_flat(value: &Value) -> bool {
    let is_entry = |(key, value): (&String, &Value)| key.contains(':') && value.is_string();
    value.as_object().is_some_and(|all| !all.is_empty() && all.iter().all(is_entry))
}

/// The objects of a file, with their places.
fn items(value: &Value) -> Vec<(String, &Value)> {
    let lists = [("", Some(value)), ("/data", value.get("data")), ("/entities", value.get("entities"))];
    for (place, list) in lists {
        if let Some(list) = list.and_then(Value::as_array) {
            return list.iter().enumerate().map(|(at, item)| (format!("{place}/{at}"), item)).collect();
        }
    }
    match value.get("data") {
        Some(one) => vec![("/data".to_owned(), one)],
        None => vec![(String::new(), value)],
    }
}

/// Reads what is deployed.
pub(super) fn read(files: &[ExportFile]) -> Result<Export, Unreadable> {
    check_whole(files)?;
    let mut known = Known::default();
    for file in files {
        known.add_file(file)?;
    }
    let mut export = Export { unguarded_passes: true, ..Export::default() };
    let mut policies: BTreeMap<String, &Value> = BTreeMap::new();
    for (pointer, item) in files.iter().flat_map(placed) {
        let sort = sort(item);
        let id = identity(item).filter(|_| matches!(sort, Some(Sort::PolicyV4 | Sort::PolicyV3)));
        if let Some(before) = id.clone().and_then(|id| policies.insert(id, item)) {
            if plain(before) != plain(item) {
                told_twice(&mut export, &pointer, id);
            }
            continue;
        }
        match sort {
            Some(Sort::PolicyV4) => export.guards.extend(policy_v4(&pointer, item, &known)),
            Some(Sort::PolicyV3) => {
                export.alike = Some("v3");
                export.guards.push(policy_v3(&pointer, item, &known));
            }
            _ => {}
        }
    }
    export.unexplained = unexplained(&export, &known);
    export.labels = known.categories;
    export.sets = known.sets;
    Ok(export)
}

/// The objects of a file, with their places in all files.
fn placed(file: &ExportFile) -> impl Iterator<Item = (String, &Value)> {
    items(&file.value).into_iter().map(|(pointer, item)| (file.at(&pointer), item))
}

/// The id of an object, wherever its API puts it, in lower case.
fn identity(item: &Value) -> Option<String> {
    let places = ["/extId", "/metadata/uuid", "/uuid"];
    places.iter().find_map(|place| item.pointer(place)).and_then(Value::as_str).map(str::to_lowercase)
}

/// A policy that two answers tell in two ways can't be read.
fn told_twice(export: &mut Export, pointer: &str, id: Option<String>) {
    for one in export.guards.iter_mut().filter(|one| id.as_deref().is_some_and(|id| one.is_called(id))) {
        one.problem.get_or_insert_with(|| Unreadable::new(pointer, "it is described twice, and differently"));
    }
}

/// An answer without anything.
fn is_empty(item: &Value) -> bool {
    let list = item.get("data").or(item.get("entities"));
    let is_none = item.pointer("/metadata/totalAvailableResults").and_then(Value::as_u64) == Some(0);
    list.map_or(is_none, |list| list.is_null() || list.as_array().is_some_and(Vec::is_empty))
}

/// How many objects the server has, as the answers say, is how many different ones there are.
fn check_whole(files: &[ExportFile]) -> Result<(), Unreadable> {
    let mut seen: BTreeMap<Option<Sort>, BTreeSet<String>> = BTreeMap::new();
    let of_file = |file: &ExportFile| items(&file.value).first().and_then(|(_, item)| sort(item));
    for file in files {
        let names = items(&file.value)
            .into_iter()
            .map(|(_, item)| identity(item).unwrap_or_else(|| item.to_string()));
        seen.entry(of_file(file)).or_default().extend(names);
    }
    for file in files {
        goes_on(file)?;
        for place in ["/metadata/totalAvailableResults", "/metadata/total_matches"] {
            let total = file.value.pointer(place).and_then(Value::as_u64).unwrap_or(0);
            let found = seen.get(&of_file(file)).map_or(0, BTreeSet::len);
            if u64::try_from(found).unwrap_or(u64::MAX) < total {
                let why = format!("the server has {total}, and the files have {found}: give all pages");
                return Err(Unreadable::new(file.at(place), why));
            }
        }
    }
    Ok(())
}

/// An answer that has a next page, and doesn't say how many objects there are.
fn goes_on(file: &ExportFile) -> Result<(), Unreadable> {
    let links = file.value.pointer("/metadata/links").and_then(Value::as_array).into_iter().flatten();
    let mut relations = links.filter_map(|link| link.get("rel").and_then(Value::as_str));
    let has_total = file.value.pointer("/metadata/totalAvailableResults").is_some_and(Value::is_u64);
    if !has_total && relations.any(|relation| relation == "next") {
        let why = "the answer has a next page, and doesn't say how many objects there are: give one file with all pages in `data`";
        return Err(Unreadable::new(file.at("/metadata/links"), why));
    }
    Ok(())
}

/// An id of an object, or its name where it has none.
fn id_of(item: &Value, places: &[&str], name: &str) -> String {
    let id = places.iter().find_map(|place| item.pointer(place)).and_then(Value::as_str);
    id.unwrap_or(name).to_owned()
}

/// A policy that can't be read, with those whom it may guard.
fn unread(pointer: &str, id: String, name: &str, members: Peers, problem: Unreadable) -> Deployed {
    let mut deployed = Deployed::new(id, Guard::new(name, pointer, members));
    deployed.problem = Some(problem);
    deployed
}

/// Whoever wears a category that a body names.
fn named(body: &Value, known: &Known) -> Peers {
    let mut labels = BTreeSet::new();
    labels_in(body, known, &mut labels);
    let label = |label: String| PeerName::Labels(BTreeSet::from([label]));
    Peers { names: labels.into_iter().map(label).collect(), ..Peers::default() }
}

/// Every category in a body: by id, as `Key:Value`, or as v3 has them in `params`.
fn labels_in(body: &Value, known: &Known, labels: &mut BTreeSet<String>) {
    match body {
        Value::String(text) => {
            let name = known.categories.get(&text.to_lowercase()).cloned();
            labels.extend(name.or_else(|| text.contains(':').then(|| text.clone())));
        }
        Value::Array(all) => all.iter().for_each(|one| labels_in(one, known, labels)),
        Value::Object(all) => {
            for (key, values) in all.get("params").and_then(Value::as_object).into_iter().flatten() {
                let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
                labels.extend(values.map(|value| format!("{key}:{value}")));
            }
            all.values().for_each(|one| labels_in(one, known, labels));
        }
        _ => {}
    }
}

fn policy_v4(pointer: &str, item: &Value, known: &Known) -> Vec<Deployed> {
    let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
    let id = id_of(item, &["/extId"], name);
    let guards = with_names(pointer, plain(item), known).and_then(|told| v4::deployed(pointer, &told));
    let remarks = descriptions(pointer, item, &["rules"]);
    let one = |guard: Guard| Deployed { remarks: remarks.clone(), ..Deployed::new(id.clone(), guard) };
    let mut deployed = match guards {
        Err(problem) => vec![unread(pointer, id.clone(), name, named(item, known), problem)],
        Ok(guards) => guards.into_iter().map(one).collect(),
    };
    deployed.iter_mut().for_each(|one| one.claim = claim(item));
    deployed
}

/// The descriptions of the rules in some lists of an object, by place.
fn descriptions(pointer: &str, item: &Value, lists: &[&str]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for list in lists {
        let rules = item.get(list).and_then(Value::as_array).into_iter().flatten();
        for (at, rule) in rules.enumerate() {
            if let Some(text) = rule.get("description").and_then(Value::as_str) {
                found.insert(format!("{pointer}/{list}/{at}"), text.to_owned());
            }
        }
    }
    found
}

fn policy_v3(pointer: &str, item: &Value, known: &Known) -> Deployed {
    let name = item.pointer("/spec/name").and_then(Value::as_str).unwrap_or_default();
    let id = id_of(item, &["/metadata/uuid"], name);
    let place = format!("{pointer}/spec");
    let guard = spec_v3(&place, item, known).and_then(|spec| v3::deployed(&place, &spec));
    let mut deployed = match guard {
        Err(problem) => unread(pointer, id, name, named(item, known), problem),
        Ok(guard) => {
            let rules = item.pointer("/spec/resources/app_rule").unwrap_or(&Value::Null);
            let place = format!("{place}/resources/app_rule");
            let remarks = descriptions(&place, rules, &["inbound_allow_list", "outbound_allow_list"]);
            Deployed { remarks, ..Deployed::new(id, guard) }
        }
    };
    deployed.claim = item.get("spec").and_then(claim);
    deployed.doubt = not_carried_out(&deployed.guard, item, known);
    deployed
}

/// What the server has not done of what it was told.
///
/// Source: API description of Prism Central v3, 3.1.0, `network_security_rule_def_status`, read 2026-11-22.
fn not_carried_out(told: &Guard, item: &Value, known: &Known) -> Option<String> {
    let status = item.get("status")?;
    let state = status.get("state").and_then(Value::as_str).unwrap_or("COMPLETE");
    if !state.eq_ignore_ascii_case("COMPLETE") {
        return Some(format!("its state is `{state}`, so it may do something else than it says"));
    }
    let done = json!({"spec": {"name": status.get("name")?, "resources": status.get("resources")?}});
    let done = spec_v3("", &done, known).and_then(|spec| v3::deployed("", &spec)).ok()?;
    // A status that is told in other words than a specification says nothing.
    (!done.says_as(told))
        .then(|| "its `status` says something else than its `spec`, which was compared".to_owned())
}

/// Names that are still ids: labels without a key, and address groups that are in no file.
fn unexplained(export: &Export, known: &Known) -> BTreeSet<PeerName> {
    let sides = export.guards.iter().flat_map(|one| {
        let rules = one.guard.rules.iter().flat_map(|rule| [&rule.from, &rule.to]);
        std::iter::once(&one.guard.members).chain(rules)
    });
    let mut open = BTreeSet::new();
    for name in sides.flat_map(|side| &side.names) {
        match name {
            PeerName::Labels(labels) => {
                let ids = labels.iter().filter(|label| !label.contains(':'));
                open.extend(ids.map(|id| PeerName::Labels(BTreeSet::from([id.clone()]))));
            }
            PeerName::AddressSet(id) if is_id(id) && !known.can_read(name) => {
                open.insert(name.clone());
            }
            _ => {}
        }
    }
    open
}

/// A site knows machines by two categories: one of the platform, and one of the tier.
pub(super) fn site_words(members: &PeerName) -> Option<SiteWords> {
    let PeerName::Labels(labels) = members else { return None };
    let mut pairs: Vec<(&str, &str)> = labels.iter().filter_map(|label| label.split_once(':')).collect();
    pairs.sort_by_key(|(key, _)| key.eq_ignore_ascii_case(TIER_KEY));
    let [(key, value), (tier_key, tier)] = pairs.as_slice() else { return None };
    let is_plain = |text: &&str| !text.contains(['"', '\\']) && !text.contains(char::is_control);
    if labels.len() != 2 || key == tier_key || ![*key, *value, *tier_key, *tier].iter().all(is_plain) {
        return None;
    }
    let other_key =
        if *tier_key == TIER_KEY { String::new() } else { format!("  tier-key = \"{tier_key}\"") };
    Some(SiteWords {
        platform: format!("category = \"{key}:{value}\"{other_key}"),
        role: format!("tier = \"{tier}\""),
        has_states: true,
        ..SiteWords::default()
    })
}

/// True for a text of the form of an id.
fn is_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}
