//! By what groups are known: where they live, and with what they are tagged.
//!
//! In: a plan, or what describes a group. Out: [`Marks`], whose words are the same for both.
//!
//! Invariant: a fact is only compared where both have it, so a subscription by its name is no fact.

use super::super::membership;
use super::super::permissions::is_id;
use super::super::plan::Plan;
use super::super::read::lower;
use super::super::tags;
use super::networks::inner;
use super::text;
use crate::target::export::{Claim, Deployed, KnownAs, Marks, SiteWords};
use crate::target::observed::PeerName;
use serde_json::Value;
use std::collections::BTreeSet;

const SUBSCRIPTION: &str = "subscription";
const RESOURCE_GROUP: &str = "resource group";
const NETWORK: &str = "virtual network";
const TAGS: [&str; 2] = [SITE, PLATFORM];
const SITE: &str = "segc-site";
const PLATFORM: &str = "segc-platform";

/// By what the groups of a plan are known.
pub(in super::super) fn known_as(plan: &Plan) -> KnownAs {
    let header = &plan.header;
    let subscription = header.subscription.as_deref().filter(|text| is_id(text));
    let mut home = place(subscription, header.resource_group.as_deref());
    for (tag, value) in TAGS.into_iter().zip([&header.site, &header.platform]) {
        home.insert(tag, value.to_lowercase());
    }
    // A path or a name.
    let network = header.vnet.as_deref().and_then(|vnet| vnet.rsplit('/').next());
    let network = network.map(|name| (NETWORK, lower(name))).into_iter().collect();
    KnownAs { claim: claim(&home), home, network, ..KnownAs::default() }
}

/// Where a described thing lives, and what its tags say.
pub(super) fn home(item: &Value) -> Marks {
    let path = text(item, "id").map(Path::of).unwrap_or_default();
    let mut home = place(path.subscription, path.group.or_else(|| text(item, "resourceGroup")));
    // Names of tags are of no case, values are of one.
    // Source: "Use tags to organize your Azure resources", read 2026-11.
    let tag = |tag: &'static str| {
        let (_, value) =
            item.get("tags")?.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(tag))?;
        Some((tag, value.as_str()?.to_lowercase()))
    };
    home.extend(TAGS.into_iter().filter_map(tag));
    home
}

/// The virtual network of the subnets before which a group stands, where they are all of one.
pub(super) fn network(item: &Value) -> Marks {
    network_name(item).map(|name| (NETWORK, name)).into_iter().collect()
}

fn network_name(item: &Value) -> Option<String> {
    let subnets = inner(item).get("subnets").and_then(Value::as_array)?;
    let of = |subnet: &Value| text(subnet, "id").and_then(|id| step_after(id, "virtualNetworks")).map(lower);
    let names: BTreeSet<Option<String>> = subnets.iter().map(of).collect();
    names.first().filter(|_| names.len() == 1)?.clone()
}

/// For whom segc made a group that lives somewhere.
pub(super) fn claim(home: &Marks) -> Option<Claim> {
    let [site, platform] = [SITE, PLATFORM].map(|tag| home.get(tag).cloned());
    Some(Claim { site: site?, platform: platform? })
}

/// How a site says where a group lives, and how it knows the machines behind it.
pub(in super::super) fn site_words(one: &Deployed) -> Option<SiteWords> {
    one.addresses.as_ref()?;
    let path = one.path.as_deref().map(Path::of).unwrap_or_default();
    let is_plain = |text: &&str| text.chars().all(|one| one.is_ascii_alphanumeric() || "-_.()".contains(one));
    let words = [("subscription", path.subscription), ("resource-group", path.group)];
    let words =
        words.into_iter().filter_map(|(key, text)| Some(format!("{key} = \"{}\"", text.filter(is_plain)?)));
    Some(SiteWords {
        platform: words.collect::<Vec<_>>().join("  "),
        role: format!("{} = {}", membership::ATTRIBUTE, membership::BY_SUBNET),
        by_name: format!("{} = {}", membership::ATTRIBUTE, membership::BY_ASG),
        has_states: false,
    })
}

/// Tags that are no service: what they hold depends on the network.
const OF_THE_NETWORK: [&str; 3] = ["VirtualNetwork", "AzureLoadBalancer", "Internet"];

/// The role that stands for a tag.
pub(in super::super) fn site_peer(set: &PeerName) -> Option<String> {
    let PeerName::AddressSet(tag) = set else { return None };
    let tag = tags::documented(tag).filter(|tag| !OF_THE_NETWORK.contains(&tag.as_str()))?;
    Some(format!("azure-service {{ tag = {tag} }}"))
}

fn place(subscription: Option<&str>, group: Option<&str>) -> Marks {
    let facts = [(SUBSCRIPTION, subscription), (RESOURCE_GROUP, group)];
    facts.into_iter().filter_map(|(word, text)| Some((word, lower(text?)))).collect()
}

/// The steps of a path that say where a thing lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Path<'p> {
    pub(super) subscription: Option<&'p str>,
    pub(super) group: Option<&'p str>,
}

impl<'p> Path<'p> {
    pub(super) fn of(path: &'p str) -> Self {
        Self { subscription: step_after(path, "subscriptions"), group: step_after(path, "resourceGroups") }
    }
}

/// The step of a path behind a word.
fn step_after<'p>(path: &'p str, word: &str) -> Option<&'p str> {
    let mut steps = path.split('/');
    steps.find(|step| step.eq_ignore_ascii_case(word))?;
    steps.next().filter(|step| !step.is_empty())
}

/// True where two paths are in one subscription and resource group.
pub(super) fn are_together(one: &str, other: &str) -> bool {
    let (one, other) = (Path::of(one), Path::of(other));
    let same = |one: Option<&str>, other: Option<&str>| matches!((one, other), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other));
    same(one.subscription, other.subscription) && same(one.group, other.group)
}
