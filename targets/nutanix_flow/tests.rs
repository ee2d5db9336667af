//! What the target makes of small sites, read back and compared with what they say.

mod read;
mod sabotage;

use super::categories::Category;
use super::plan::{Intra, Plan, RulePeer, Scope};
use super::services::{Ports, Services};
use super::{NutanixFlow, TERRAFORM, V3, V4};
use crate::diagnostic::{Code, Severity, Sink, codes};
use crate::model::Role;
use crate::policy::flow_set::FlowSet;
use crate::policy::testing::{SiteBuilder, addresses, day, role, services};
use crate::policy::{EnforcementState, KnownBy, PlatformId, Policy};
use crate::target::compare::Deployed;
use crate::target::half::Direction;
use crate::target::{Artifact, Backend, Lock, Permits, PlanContext, Spelling};
use serde_json::Value;
use std::collections::BTreeMap;

mod maxima;

const ID: &str = "11111111-0000-4000-8000-00000000000";

fn tiered(name: &str, tier: &str, ranges: &[&str]) -> Role {
    let attributes = BTreeMap::from([("tier".to_owned(), vec![tier.to_owned()])]);
    Role { addresses: addresses(ranges), attributes, ..role(name) }
}

/// A platform `dc1` with the usual attributes.
fn site() -> SiteBuilder {
    SiteBuilder::new().platform(
        "nutanix",
        "dc1",
        &[("prism", "pc1.example"), ("scope", "all-vlans"), ("category", "AppType:Citrix"), ("hitlog", "on")],
    )
}

/// The shape of an on-premises site: a web tier that reaches itself, controllers, desktops, peers of every sort.
fn citrix() -> SiteBuilder {
    site()
        .any_role(tiered("storefront", "StoreFront", &["10.10.20.0/28"]), Some("dc1"), None)
        .any_role(tiered("controller", "Controller", &["10.10.21.0/28"]), Some("dc1"), None)
        .any_role(tiered("vda", "VDA-Apps", &["10.10.64.0/20"]), Some("dc1"), None)
        .role("dc", None, &["10.10.2.10/32", "10.10.2.12/32"])
        .role("users", None, &["10.30.0.0/16"])
        .allow("store-access", "users", "storefront", "tcp/443")
        .allow("store-group", "storefront", "storefront", "tcp/49300")
        .allow("store-enumeration", "storefront", "controller", "tcp/443")
        .allow("hdx-session", "users", "vda", "tcp/1494,tcp/2598,udp/1494,udp/2598")
        .allow("vda-registration", "vda", "controller", "tcp/80")
        .allow("vda-registration", "controller", "vda", "tcp/80")
        .allow("domain-member", "vda", "dc", "tcp/88,tcp/389,udp/88,icmp/8/0")
}

fn options(categories: Option<&str>) -> BTreeMap<String, String> {
    categories.map(|text| ("categories".to_owned(), text.to_owned())).into_iter().collect()
}

fn try_plan(policy: &Policy, categories: Option<&str>) -> (Option<Plan>, Sink) {
    let (mut sink, lock, options) = (Sink::new(), Lock::new(), options(categories));
    let mut cx = PlanContext::new(&mut sink, &lock, &options);
    let plan = NutanixFlow.plan(policy, PlatformId(0), &mut cx);
    (plan, sink)
}

fn plan(policy: &Policy) -> Plan {
    let (plan, sink) = try_plan(policy, None);
    plan.unwrap_or_else(|| panic!("{:?}", sink.diagnostics()))
}

fn refused(policy: &Policy, categories: Option<&str>) -> Vec<(Code, String)> {
    let (plan, sink) = try_plan(policy, categories);
    assert!(plan.is_none());
    sink.into_sorted().into_iter().map(|report| (report.code, report.message)).collect()
}

fn deployed(plan: &Plan, policy: &Policy) -> Deployed {
    let permits = NutanixFlow.permits(plan, policy).unwrap();
    Deployed::new(policy, BTreeMap::from([(PlatformId(0), permits)]))
}

fn assert_exact(policy: &Policy) -> Plan {
    let plan = plan(policy);
    let deployed = deployed(&plan, policy);
    assert_eq!(deployed.losses(policy), []);
    assert_eq!(deployed.widenings(policy), FlowSet::empty());
    plan
}

fn json(artifact: &Artifact) -> Value {
    assert_eq!(artifact.bytes.last(), Some(&b'\n'));
    serde_json::from_slice(&artifact.bytes).unwrap()
}

fn documents(plan: &Plan) -> (Value, Value) {
    (json(&NutanixFlow.render(plan, V4)), json(&NutanixFlow.render(plan, V3)))
}

fn at(plan: &Plan, tier: &str) -> usize {
    plan.policies.iter().position(|policy| policy.tier == tier).unwrap()
}

fn excess_of(plan: &Plan, policy: &Policy, spelling: Spelling) -> Option<(Permits, String)> {
    let permits = NutanixFlow.permits(plan, policy).unwrap();
    NutanixFlow.spelling_widening(plan, policy, &permits, spelling)
}

#[test]
fn a_site_is_permitted_exactly() {
    let policy = citrix().policy();
    let plan = assert_exact(&policy);
    let names: Vec<_> = plan.policies.iter().map(|policy| policy.name.as_str()).collect();
    assert_eq!(names, ["test-controller", "test-storefront", "test-vda"]);
    assert_eq!(plan.scope, Scope::AllVlans);
    let identities = NutanixFlow.identities(&plan);
    assert_eq!(
        identities[&policy.find("vda").unwrap()],
        serde_json::json!({"categories": {"AppTier": "VDA-Apps", "AppType": "Citrix"}})
    );
    assert_eq!(identities.len(), 3);
}

#[test]
fn a_role_without_a_tier_has_its_lasting_name_for_one() {
    let renamed = Role { was: Some("sf".to_owned()), ..role("storefront") };
    let policy = site().any_role(renamed, Some("dc1"), None).role("sql", Some("dc1"), &[]).policy();
    let plan = assert_exact(&policy);
    let tiers: Vec<_> = plan.policies.iter().map(|policy| policy.tier.as_str()).collect();
    assert_eq!(tiers, ["sql", "sf"]);
    assert_eq!(plan.policies[1].name, "test-sf");
}

#[test]
fn another_tier_key_is_taken_and_one_that_can_not_be_is_refused() {
    let with = |key: &str| {
        let attributes = [("category", "Citrix VDA:General"), ("tier-key", key)];
        SiteBuilder::new().platform("nutanix", "dc1", &attributes).role("vda", Some("dc1"), &[]).policy()
    };
    let secured = &plan(&with("Tier")).policies[0].secured;
    assert_eq!(secured[1], Category { key: "Tier".to_owned(), value: "vda".to_owned() });
    for bad in ["Citrix VDA", "a:b", ""] {
        assert_eq!(refused(&with(bad), None)[0].0, codes::NAME_NOT_POSSIBLE);
    }
}

#[test]
fn traffic_within_a_tier_is_denied_unless_the_site_says_so() {
    let plan = plan(&citrix().policy());
    let (v4, v3) = documents(&plan);
    let (storefront, vda) = (at(&plan, "StoreFront"), at(&plan, "VDA-Apps"));
    let rules = v4["policies"][vda]["rules"].as_array().unwrap();
    assert_eq!(rules[0]["type"], "INTRA_GROUP");
    assert_eq!(rules[0]["spec"]["securedGroupAction"], "DENY");
    let rules = v4["policies"][storefront]["rules"].as_array().unwrap();
    assert!(rules.iter().all(|rule| rule["type"] == "APPLICATION"));
    let own = &rules[0]["spec"]["securedGroupCategoryReferences"];
    assert_eq!(rules.iter().filter(|rule| &rule["spec"]["srcCategoryReferences"] == own).count(), 1);
    assert_eq!(rules.iter().filter(|rule| &rule["spec"]["destCategoryReferences"] == own).count(), 1);

    let within = |at: usize| {
        let rule = &v3["network_security_rules"][at]["spec"]["resources"]["app_rule"];
        rule["target_group"]["default_internal_policy"].clone()
    };
    assert_eq!((within(storefront), within(vda)), ("ALLOW_ALL".into(), "DENY_ALL".into()));
}

#[test]
fn v3_reports_what_it_opens_within_a_tier() {
    let policy = citrix().policy();
    let plan = plan(&policy);
    let (excess, cause) = excess_of(&plan, &policy, V3).unwrap();
    assert!(cause.contains("reaches itself") && !cause.contains("IPv6"), "{cause}");
    let own = policy.universe().of_role(policy.find("storefront").unwrap())[0];
    let pairs: Vec<_> = excess.egress.iter().collect();
    assert_eq!(pairs.len(), 1);
    assert_eq!((pairs[0].0, pairs[0].1), (own, own));
    assert!(
        pairs[0].2.contains_all(&services("tcp/445,udp/53")) && !pairs[0].2.meets(&services("tcp/49300"))
    );
    assert_eq!(excess.egress, excess.ingress);
    assert!(excess_of(&plan, &policy, V4).is_none());
}

#[test]
fn a_site_without_reach_within_a_tier_is_exact_in_v3_too() {
    let policy = site()
        .role("a", Some("dc1"), &["10.0.0.0/24"])
        .role("b", Some("dc1"), &["10.0.1.0/24"])
        .allow("x", "a", "b", "tcp/443")
        .policy();
    assert!(excess_of(&assert_exact(&policy), &policy, V3).is_none());
}

#[test]
fn a_state_is_the_rollouts_and_monitored_without_one() {
    let states = |builder: SiteBuilder| {
        let plan = plan(&builder.policy());
        let (v4, v3) = documents(&plan);
        let action = &v3["network_security_rules"][0]["spec"]["resources"]["app_rule"]["action"];
        (v4["policies"][0]["state"].clone(), action.clone())
    };
    assert_eq!(states(citrix()), ("MONITOR".into(), "MONITOR".into()));
    assert_eq!(states(citrix().state(EnforcementState::Save)), ("SAVE".into(), "MONITOR".into()));
    let enforced = citrix().state(EnforcementState::Monitor).enforce("controller", day(0));
    assert_eq!(states(enforced), ("ENFORCE".into(), "APPLY".into()));
    let later = citrix().state(EnforcementState::Monitor).enforce("controller", day(1));
    assert_eq!(states(later), ("MONITOR".into(), "MONITOR".into()));
}

#[test]
fn peers_are_categories_a_subnet_or_an_address_group() {
    let plan = plan(&citrix().policy());
    let (v4, v3) = documents(&plan);
    let text = v4.to_string();
    assert!(text.contains(r#""srcSubnet":{"value":"10.30.0.0","prefixLength":16}"#));
    assert!(text.contains(r#""destAddressGroupReferences":["{{address-group:test-dc}}"]"#));
    let group = &v4["addressGroups"][0];
    assert_eq!(group["name"], "test-dc");
    assert_eq!(group["ipv4Addresses"][1], serde_json::json!({"value": "10.10.2.12", "prefixLength": 32}));
    assert_eq!(v3["address_groups"][0]["ip_address_block_list"][0]["ip"], "10.10.2.10");
    let vda = &v3["network_security_rules"][at(&plan, "VDA-Apps")]["spec"]["resources"]["app_rule"];
    let filter = &vda["inbound_allow_list"][0]["filter"];
    assert_eq!(filter["type"], "CATEGORIES_MATCH_ALL");
    assert_eq!(filter["params"], serde_json::json!({"AppTier": ["Controller"], "AppType": ["Citrix"]}));
    let dc = vda["outbound_allow_list"].as_array().unwrap();
    let group = serde_json::json!([{"kind": "address_group", "uuid": "{{address-group:test-dc}}"}]);
    assert!(dc.iter().any(|entry| entry["address_group_inclusion_list"] == group));
}

#[test]
fn every_pointer_leads_to_a_rule_with_its_row_in_the_description() {
    let policy = citrix().policy();
    let plan = plan(&policy);
    for spelling in [V4, V3] {
        let artifact = NutanixFlow.render(&plan, spelling);
        let document = json(&artifact);
        let planned: usize = plan.policies.iter().map(|policy| policy.rules.len()).sum();
        assert_eq!(artifact.rules.len(), planned);
        for rule in &artifact.rules {
            let found = document.pointer(&rule.pointer).unwrap();
            // In v3 the object with the switch stands for the rules within a tier.
            let is_switch = found["default_internal_policy"] == "ALLOW_ALL";
            let text = found["description"].as_str().unwrap_or_default();
            assert!(is_switch || text.ends_with(&format!("({})", rule.row)), "{found}");
            assert!(text.chars().count() <= 64);
        }
    }
}

#[test]
fn symbols_are_listed_and_ids_take_their_place() {
    let policy = citrix().policy();
    let v4 = NutanixFlow.render(&plan(&policy), V4);
    assert_eq!(
        v4.symbols,
        [
            "{{address-group:test-dc}}",
            "{{category:AppTier:Controller}}",
            "{{category:AppTier:StoreFront}}",
            "{{category:AppTier:VDA-Apps}}",
            "{{category:AppType:Citrix}}",
        ]
    );
    let v3 = NutanixFlow.render(&plan(&policy), V3);
    assert_eq!(v3.symbols, ["{{address-group:test-dc}}"]);

    let file = format!(
        r#"{{"AppType:Citrix":"{ID}0","AppTier:Controller":"{ID}1","AppTier:StoreFront":"{ID}2","AppTier:VDA-Apps":"{ID}3"}}"#
    );
    let filled = NutanixFlow.render(&try_plan(&policy, Some(&file)).0.unwrap(), V4);
    assert_eq!(filled.symbols, ["{{address-group:test-dc}}"]);
    assert!(!String::from_utf8(filled.bytes).unwrap().contains("{{category"));
}

#[test]
fn a_category_that_the_file_lacks_is_named() {
    let policy = citrix().policy();
    let file = format!(r#"{{"AppType:Citrix":"{ID}0","AppTier:Controller":"{ID}1"}}"#);
    let reports = refused(&policy, Some(&file));
    let messages: Vec<_> = reports.iter().map(|(_, message)| message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the categories file has no id for `AppTier:StoreFront`",
            "the categories file has no id for `AppTier:VDA-Apps`"
        ]
    );
    assert!(reports.iter().all(|(code, _)| *code == codes::CATEGORY_UNKNOWN));
    assert_eq!(refused(&policy, Some("no json"))[0].0, codes::BAD_CATEGORIES);
}

#[test]
fn two_roles_with_one_tier_are_refused() {
    let policy = site()
        .any_role(tiered("vda-a", "VDA", &["10.0.0.0/24"]), Some("dc1"), None)
        .any_role(tiered("vda-b", "VDA", &["10.0.1.0/24"]), Some("dc1"), None)
        .policy();
    let (plan, sink) = try_plan(&policy, None);
    assert!(plan.is_none());
    let report = &sink.diagnostics()[0];
    assert_eq!(report.code, codes::NOT_TOLD_APART);
    assert_eq!(report.labels.len(), 2);
    assert!(report.helps.iter().any(|help| help.text.contains("same-group-as = vda-a")));
}

#[test]
fn platforms_of_one_prism_share_their_categories() {
    let site = |prism: &str| {
        SiteBuilder::new()
            .platform("nutanix", "dc1", &[("prism", "pc1"), ("category", "AppType:Citrix")])
            .platform("nutanix", "dc2", &[("prism", prism), ("category", "AppType:Citrix")])
            .any_role(tiered("vda-a", "VDA", &["10.0.0.0/24"]), Some("dc1"), None)
            .any_role(tiered("vda-b", "VDA", &["10.0.1.0/24"]), Some("dc2"), None)
            .policy()
    };
    assert_eq!(refused(&site("pc1"), None)[0].0, codes::NOT_TOLD_APART);
    assert_exact(&site("pc2"));
}

#[test]
fn roles_of_one_group_share_a_policy_and_the_widening_shows() {
    let policy = site()
        .any_role(tiered("vda", "VDA", &["10.0.0.0/24"]), Some("dc1"), None)
        .any_role(Role { addresses: addresses(&["10.0.1.0/24"]), ..role("temp") }, Some("dc1"), Some("vda"))
        .role("users", None, &["10.9.0.0/16"])
        .allow("x", "users", "vda", "tcp/443")
        .policy();
    let plan = plan(&policy);
    assert_eq!(plan.policies.len(), 1);
    let deployed = deployed(&plan, &policy);
    assert_eq!(deployed.losses(&policy), []);
    let (users, temp) = (policy.find("users").unwrap(), policy.find("temp").unwrap());
    assert_eq!(deployed.widenings(&policy).iter().count(), 1);
    assert_eq!(deployed.between(&policy, users, temp).0, services("tcp/443"));
}

#[test]
fn a_group_has_one_tier_and_one_state() {
    let with = |member: Role| {
        site()
            .any_role(tiered("vda", "VDA", &["10.0.0.0/24"]), Some("dc1"), None)
            .any_role(member, Some("dc1"), Some("vda"))
            .state(EnforcementState::Monitor)
    };
    let other_tier = refused(&with(tiered("temp", "Other", &["10.0.1.0/24"])).policy(), None);
    assert_eq!(other_tier[0].0, codes::NOT_TOLD_APART);
    let other_state = with(role("temp")).enforce("vda", day(0)).policy();
    assert!(refused(&other_state, None)[0].1.contains("different states"));
    let same = with(role("temp")).enforce("vda", day(0)).enforce("temp", day(0)).policy();
    assert_eq!(plan(&same).policies[0].state, EnforcementState::Enforce);
}

#[test]
fn names_that_prism_can_not_take_are_refused() {
    let tier = site().any_role(tiered("vda", "VDA/Apps", &[]), Some("dc1"), None).policy();
    assert_eq!(refused(&tier, None)[0].0, codes::NAME_NOT_POSSIBLE);
    for category in ["AppType", "a:b:c", "$a:b", "AppType:"] {
        let policy = SiteBuilder::new()
            .platform("nutanix", "dc1", &[("category", category)])
            .role("a", Some("dc1"), &[])
            .policy();
        assert_eq!(refused(&policy, None)[0].0, codes::NAME_NOT_POSSIBLE, "{category}");
    }
    let none = SiteBuilder::new().platform("nutanix", "dc1", &[]).role("a", Some("dc1"), &[]).policy();
    assert_eq!(refused(&none, None)[0].0, codes::MISSING_ATTRIBUTE);
}

#[test]
fn a_peer_known_by_name_only_is_refused_with_ways_out() {
    let cloud = Role { known_by: vec![KnownBy::Names(vec!["x.example".to_owned()])], ..role("cloud") };
    let policy = site()
        .role("a", Some("dc1"), &["10.0.0.0/24"])
        .any_role(cloud, None, None)
        .allow("x", "a", "cloud", "tcp/443")
        .policy();
    let (plan, sink) = try_plan(&policy, None);
    assert!(plan.is_none());
    assert_eq!(sink.diagnostics()[0].code, codes::KNOWN_ONLY_BY_NAME);
    assert_eq!(sink.diagnostics()[0].helps.len(), 3);
}

#[test]
fn a_published_set_is_an_address_group_that_somebody_keeps() {
    let api = Role { known_by: vec![KnownBy::Tag("AzureResourceManager".to_owned())], ..role("api") };
    let policy = site()
        .role("a", Some("dc1"), &["10.0.0.0/24"])
        .any_role(api, None, None)
        .allow("x", "a", "api", "tcp/443")
        .policy();
    let (plan, sink) = try_plan(&policy, None);
    let plan = plan.unwrap();
    assert_eq!(sink.diagnostics()[0].code, codes::SET_KEPT_ELSEWHERE);
    let symbol = "{{address-group:AzureResourceManager}}";
    let looked_up = String::from_utf8(NutanixFlow.render(&plan, TERRAFORM).bytes).unwrap();
    assert!(looked_up.contains("\"filter\": \"name eq 'AzureResourceManager'\""), "{looked_up}");
    for spelling in [V4, V3] {
        let artifact = NutanixFlow.render(&plan, spelling);
        assert!(artifact.symbols.contains(&symbol.to_owned()), "{}", spelling.id);
        assert_eq!(String::from_utf8(artifact.bytes).unwrap().matches(symbol).count(), 1, "{}", spelling.id);
    }
    assert_eq!(NutanixFlow.permits(&plan, &policy).unwrap().egress, *policy.intended());
}

#[test]
fn other_protocols_are_refused_by_name() {
    let policy = site()
        .role("a", Some("dc1"), &["10.0.0.0/24"])
        .role("b", None, &["10.0.1.0/24"])
        .allow("x", "a", "b", "icmp/100")
        .policy();
    let reports = refused(&policy, None);
    assert_eq!(
        reports,
        [(codes::NOT_EXPRESSIBLE, "`dc1` can't say icmp/100: a rule names types up to 43".into())]
    );
}

#[test]
fn icmp_is_written_in_both_spellings() {
    let policy = site()
        .role("a", Some("dc1"), &["10.0.0.0/24"])
        .role("b", None, &["10.0.1.0/24"])
        .allow("all", "a", "b", "icmp")
        .allow("echo", "b", "a", "icmp/8/0,icmp/3")
        .policy();
    let plan = assert_exact(&policy);
    let (v4, v3) = documents(&plan);
    let (v4, v3) = (v4.to_string(), v3.to_string());
    assert!(v4.contains(r#""icmpServices":[{"isAllAllowed":true}]"#));
    assert!(v4.contains(r#""icmpServices":[{"type":3},{"type":8,"code":0}]"#));
    assert!(v3.contains(r#""protocol":"ICMP","icmp_type_code_list":[]"#));
    assert!(v3.contains(r#""icmp_type_code_list":[{"type":3},{"type":8,"code":0}]"#));
}

fn dual_stack() -> Policy {
    site()
        .role("a", Some("dc1"), &["10.0.0.0/24", "fd00:1::/64"])
        .role("old", Some("dc1"), &["10.0.1.0/24"])
        .role("both", None, &["10.1.0.0/24", "fd00:2::/64"])
        .role("six", None, &["fd00:3::/64"])
        .allow("x", "both", "a", "tcp/443")
        .allow("y", "both", "old", "tcp/443")
        .allow("z", "a", "six", "tcp/22,icmpv6/128/0")
        .policy()
}

#[test]
fn ipv6_is_in_scope_only_where_a_rule_needs_it() {
    let policy = dual_stack();
    let plan = assert_exact(&policy);
    assert_eq!(plan.policies.iter().map(|policy| policy.ipv6).collect::<Vec<_>>(), [true, false]);
    let (v4, v3) = documents(&plan);
    assert_eq!(v4["policies"][0]["isIpv6AddressScope"], true);
    assert_eq!(v4["policies"][0]["isIpv6TrafficAllowed"], false);
    assert!(v4["policies"][1].get("isIpv6AddressScope").is_none());
    let text = v4.to_string();
    assert!(text.contains(r#""destIpv6Subnet":{"value":"fd00:3::","prefixLength":64}"#));
    assert!(text.contains(r#""icmpV6Services":[{"type":128,"code":0}]"#));
    // A peer of both families at a machine of one is that family only, in a group or subnet of its own.
    assert!(text.contains(r#""srcSubnet":{"value":"10.1.0.0","prefixLength":24}"#));
    assert_eq!(v4["addressGroups"][0]["ipv6Addresses"][0]["value"], "fd00:2::");
    assert_eq!(v3["network_security_rules"][0]["spec"]["resources"]["allow_ipv6_traffic"], true);
    assert_eq!(v3["network_security_rules"][1]["spec"]["resources"]["allow_ipv6_traffic"], false);
    assert_eq!(v3["address_groups"][0]["ip_address_block_list"].as_array().unwrap().len(), 1);
}

#[test]
fn v3_reports_that_it_lets_all_ipv6_pass_and_its_rows_point_at_the_switch() {
    let policy = dual_stack();
    let plan = plan(&policy);
    let (excess, cause) = excess_of(&plan, &policy, V3).unwrap();
    assert!(cause.contains("IPv6"), "{cause}");
    let six = policy.universe().of_role(policy.find("six").unwrap())[0];
    let mut out = excess.egress.iter().filter(|(_, to, _)| *to == six);
    let (_, _, beyond) = out.next().unwrap();
    assert!(beyond.contains_all(&services("tcp/443,udp/53")) && !beyond.meets(&services("tcp/22")));
    let artifact = NutanixFlow.render(&plan, V3);
    let switched = artifact.rules.iter().filter(|rule| rule.pointer.ends_with("/resources")).count();
    assert_eq!(switched, 2);
}

#[test]
fn sides_without_a_common_family_have_no_rule() {
    let policy = site()
        .role("a", Some("dc1"), &["10.0.0.0/24"])
        .role("six", None, &["fd00:3::/64"])
        .allow("x", "a", "six", "tcp/443")
        .policy();
    assert!(assert_exact(&policy).policies[0].rules.is_empty());
}

#[test]
fn an_outside_range_over_a_tier_widens_and_is_seen() {
    let policy = site()
        .role("a", Some("dc1"), &["10.0.0.0/24"])
        .role("b", Some("dc1"), &["10.0.1.0/24"])
        .role("campus", None, &["10.0.0.0/16"])
        .allow("x", "campus", "a", "tcp/443")
        .allow("y", "b", "campus", "tcp/443")
        .policy();
    let deployed = deployed(&plan(&policy), &policy);
    let (a, b) = (policy.find("a").unwrap(), policy.find("b").unwrap());
    assert_eq!(deployed.between(&policy, b, a).0, services("tcp/443"));
    // Within a tier the intra-group deny is stronger than the range.
    assert!(deployed.between(&policy, a, a).1.is_empty());
}

#[test]
fn sabotage_is_seen_by_the_read_back() {
    let policy = citrix().policy();
    let good = plan(&policy);
    let vda = at(&good, "VDA-Apps");
    let losses = |plan: &Plan| deployed(plan, &policy).losses(&policy).len();
    let widened = |plan: &Plan| !deployed(plan, &policy).widenings(&policy).is_empty();

    let mut dropped = good.clone();
    dropped.policies[vda].rules.pop();
    assert_eq!(losses(&dropped), 1);

    let mut denied = good.clone();
    denied.policies[at(&good, "StoreFront")].intra = Intra::Deny;
    assert_eq!(losses(&denied), 2);

    let mut wide_port = good.clone();
    let from_users = |rule: &&mut super::plan::Rule| matches!(rule.peer, RulePeer::Subnet(_));
    let rule = wide_port.policies[vda].rules.iter_mut().find(from_users).unwrap();
    rule.services = Services::Tcp(vec![Ports { start: 0, end: 65535 }]);
    assert!(widened(&wide_port));

    let mut wide_group = good.clone();
    wide_group.policies[vda].secured = good.policies[vda].secured[..1].into();
    assert!(widened(&wide_group));

    let mut turned = good.clone();
    for rule in &mut turned.policies[vda].rules {
        rule.direction = Direction::Ingress;
    }
    assert!(losses(&turned) > 0);

    let mut no_ipv6 = plan(&dual_stack());
    no_ipv6.policies[0].ipv6 = false;
    assert!(!deployed(&no_ipv6, &dual_stack()).losses(&dual_stack()).is_empty());

    let mut cut = good.clone();
    cut.address_groups.values_mut().for_each(|group| group.addresses = addresses(&["10.10.2.10/32"]));
    assert!(NutanixFlow.permits(&cut, &policy).is_err());
}

/// Each rule of a document with its policy, without the place where it stands.
fn lines(document: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for policy in document["policies"].as_array().unwrap() {
        for rule in policy["rules"].as_array().unwrap() {
            lines.push(format!("{} {rule}", policy["name"]));
        }
    }
    lines.sort();
    lines
}

#[test]
fn another_row_changes_no_other_rule() {
    let before = lines(&documents(&plan(&citrix().policy())).0);
    let more = citrix().role("admins", None, &["10.10.2.10/32", "10.10.2.12/32"]).allow(
        "admin",
        "admins",
        "controller",
        "tcp/3389",
    );
    let after = lines(&documents(&plan(&more.policy())).0);
    let new: Vec<_> = after.iter().filter(|line| !before.contains(line)).collect();
    assert_eq!(new.len(), 1);
    assert!(before.iter().all(|line| after.contains(line)));
    assert!(new[0].contains("{{address-group:test-admins}}"));
}

#[test]
fn descriptions_fit_the_characters_of_v4() {
    let site_name = "Büro \"West\" / Nord";
    let policy = citrix().named(site_name).policy();
    let (v4, _) = documents(&plan(&policy));
    let fits = |text: &str| text.chars().all(|one| one.is_ascii_alphanumeric() || " _:.()-".contains(one));
    for policy in v4["policies"].as_array().unwrap() {
        assert!(fits(policy["description"].as_str().unwrap()));
        assert!(policy["name"].as_str().unwrap().chars().count() <= 63);
        for rule in policy["rules"].as_array().unwrap() {
            let text = rule["description"].as_str().unwrap();
            assert!(fits(text) && !text.is_empty() && text.chars().count() <= 64, "{text}");
        }
    }
}

#[test]
fn what_a_classic_flow_can_not_take_is_a_note_and_no_error() {
    let policy = SiteBuilder::new()
        .platform("nutanix", "dc1", &[("category", "Citrix VDA:General"), ("scope", "all-vpcs")])
        .role("a", Some("dc1"), &[])
        .policy();
    let (plan, sink) = try_plan(&policy, None);
    let (v4, _) = documents(&plan.unwrap());
    assert_eq!(v4["policies"][0]["scope"], "ALL_VPC");
    assert_eq!(sink.diagnostics().len(), 2);
    assert!(sink.diagnostics().iter().all(|report| report.severity == Severity::Note));
}

#[test]
fn a_published_set_with_the_name_of_a_generated_group_is_refused() {
    let api = Role { known_by: vec![KnownBy::Tag("test-files".to_owned())], ..role("api") };
    let policy = site()
        .role("a", Some("dc1"), &["10.0.0.0/24"])
        .role("files", None, &["10.1.0.0/24", "10.3.0.0/24"])
        .any_role(api, None, None)
        .allow("x", "a", "files", "tcp/445")
        .allow("y", "a", "api", "tcp/443")
        .policy();
    assert_eq!(refused(&policy, None)[0].0, codes::NAME_NOT_POSSIBLE);
}
