//! What the target does with small sites, from the requirement: rules, names, numbers, refusals, and the proof.

mod read;
mod sabotage;

use super::*;
use crate::diagnostic::{Diagnostic, Severity, Sink, codes};
use crate::policy::service::ServiceSet;
use crate::policy::testing::{Manager, Role, SiteBuilder, addresses, role, services};
use crate::policy::{KnownBy, Policy};
use crate::target::Lock;
use crate::target::compare::Deployed;
use crate::target::half::Direction;
use plan::{Nsg, Plan, Ports, Rule, Side};

mod overflow;

/// Plans the first platform of a policy. The plan, what was reported, and the numbers given out.
fn planned(policy: &Policy, lock: &Lock) -> (Option<Plan>, Vec<Diagnostic>, Lock) {
    let (mut sink, options) = (Sink::new(), BTreeMap::new());
    let mut cx = PlanContext::new(&mut sink, lock, &options);
    let plan = AzureNsg.plan(policy, PlatformId(0), &mut cx);
    let used = cx.into_used();
    (plan, sink.into_sorted(), used)
}

/// The plan of a site without findings.
fn plan_of(policy: &Policy) -> Plan {
    let (plan, reports, _) = planned(policy, &Lock::new());
    assert_eq!(reports, []);
    plan.unwrap()
}

/// The only report of a site that is refused.
fn refusal(policy: &Policy) -> Diagnostic {
    let (plan, mut reports, _) = planned(policy, &Lock::new());
    assert!(plan.is_none());
    assert_eq!(reports.len(), 1, "{reports:#?}");
    reports.remove(0)
}

/// What passes that the site doesn't say, after showing that nothing is lost.
fn widening(policy: &Policy, plan: &Plan) -> Vec<(String, String, String)> {
    let permits = AzureNsg.permits(plan, policy).unwrap();
    let deployed = Deployed::new(policy, BTreeMap::from([(PlatformId(0), permits)]));
    assert_eq!(deployed.losses(policy), []);
    let called = |atom| {
        let atom = policy.universe().get(atom).unwrap();
        atom.role.map_or_else(|| atom.addresses.to_string(), |role| policy.name(role).to_owned())
    };
    let widenings = deployed.widenings(policy);
    widenings.iter().map(|(from, to, on)| (called(from), called(to), on.to_string())).collect()
}

fn assert_exact(policy: &Policy, plan: &Plan) {
    assert_eq!(widening(policy, plan), []);
}

fn rule<'a>(plan: &'a Plan, name: &str) -> &'a Rule {
    let mut rules = plan.nsgs.iter().flat_map(|nsg| &nsg.rules);
    rules.find(|rule| rule.name == name).unwrap_or_else(|| panic!("no rule {name} in {:#?}", names(plan)))
}

fn names(plan: &Plan) -> Vec<&str> {
    plan.nsgs.iter().flat_map(|nsg| &nsg.rules).map(|rule| rule.name.as_str()).collect()
}

fn ranges(side: &Side) -> String {
    match side {
        Side::Ranges(ranges) => ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        other => panic!("no ranges: {other:?}"),
    }
}

fn provisioned(name: &str) -> Role {
    Role { provisioned: true, ..role(name) }
}

fn tagged(name: &str, tag: &str) -> Role {
    Role { known_by: vec![KnownBy::Tag(tag.to_owned())], ..role(name) }
}

fn with(name: &str, attribute: &str, value: &str) -> Role {
    let attributes = BTreeMap::from([(attribute.to_owned(), vec![value.to_owned()])]);
    Role { attributes, ..role(name) }
}

fn azure() -> SiteBuilder {
    SiteBuilder::new().platform("azure", "weu", &[("region", "westeurope")])
}

/// Provisioned desktops alone in their segment, reached by users.
fn desktops() -> SiteBuilder {
    azure()
        .segment("desktops", "weu", &["10.40.8.0/24"])
        .any_role(provisioned("vda"), Some("desktops"), None)
        .role("users", None, &["10.30.0.0/16", "10.31.0.0/16"])
        .allow("hdx", "users", "vda", "tcp/1494, tcp/2598, udp/1494")
}

/// Two roles in one segment and a third in another, all by group.
fn three_roles() -> SiteBuilder {
    azure()
        .segment("back", "weu", &["10.40.2.0/24"])
        .segment("front", "weu", &["10.40.1.0/24"])
        .role("sql", Some("back"), &[])
        .role("store", Some("front"), &[])
        .role("web", Some("front"), &[])
        .allow("db", "store", "sql", "tcp/1433")
        .allow("pages", "web", "store", "tcp/443")
}

#[test]
fn a_provisioned_role_alone_in_its_segment_is_named_by_range() {
    let policy = desktops().policy();
    let plan = plan_of(&policy);
    assert!(plan.asgs.is_empty());
    let hdx = rule(&plan, "in.users.vda.hdx.tcp");
    assert_eq!(ranges(&hdx.destination), "10.40.8.0/24");
    assert_eq!(ranges(&hdx.source), "10.30.0.0/15");
    assert_eq!(hdx.ports, plan::Ports::Listed(vec![(1494, 1494), (2598, 2598)]));
    assert_exact(&policy, &plan);
    let identity = &AzureNsg.identities(&plan)[&policy.find("vda").unwrap()];
    assert_eq!(*identity, json!({ "nsg": "nsg-test-desktops", "asgs": [] }));
}

#[test]
fn roles_that_share_a_segment_are_named_by_group_and_so_are_their_peers() {
    let policy = three_roles().policy();
    let plan = plan_of(&policy);
    let groups: Vec<&str> = plan.nsgs.iter().map(|nsg| nsg.name.as_str()).collect();
    assert_eq!(groups, ["nsg-test-back", "nsg-test-front"]);
    for name in ["in.store.sql.db.tcp", "out.store.sql.db.tcp"] {
        let rule = rule(&plan, name);
        assert_eq!(rule.source.asgs(), ["asg-test-store"]);
        assert_eq!(rule.destination.asgs(), ["asg-test-sql"]);
    }
    assert_exact(&policy, &plan);
    let identity = &AzureNsg.identities(&plan)[&policy.find("web").unwrap()];
    assert_eq!(*identity, json!({ "nsg": "nsg-test-front", "asgs": ["asg-test-web"] }));
}

#[test]
fn a_role_without_a_segment_gets_a_group_of_its_own() {
    let policy = azure()
        .role("jump", Some("weu"), &["10.40.3.4/32"])
        .role("admins", None, &["10.1.3.0/28"])
        .allow("rdp", "admins", "jump", "tcp/3389")
        .policy();
    let plan = plan_of(&policy);
    assert_eq!(plan.nsgs[0].name, "nsg-test-jump.nic");
    assert_eq!(rule(&plan, "in.admins.jump.rdp.tcp").destination.asgs(), ["asg-test-jump"]);
    assert_exact(&policy, &plan);
}

#[test]
fn both_directions_end_with_a_closing_rule() {
    let plan = plan_of(&three_roles().policy());
    for nsg in &plan.nsgs {
        for direction in [Direction::Ingress, Direction::Egress] {
            let last = nsg.rules.iter().rfind(|rule| rule.direction == direction).unwrap();
            assert_eq!((last.priority, last.allow), (4096, false));
            assert_eq!((&last.source, &last.destination), (&Side::Anything, &Side::Anything));
        }
    }
}

#[test]
fn without_the_closing_rules_azures_defaults_are_seen_as_a_widening() {
    let policy = three_roles().policy();
    let mut plan = plan_of(&policy);
    for nsg in &mut plan.nsgs {
        nsg.rules.retain(|rule| rule.allow);
    }
    let widening = widening(&policy, &plan);
    let lateral = ("web".to_owned(), "sql".to_owned(), "any".to_owned());
    let lateral = widening.iter().find(|(from, to, _)| (from, to) == (&lateral.0, &lateral.1)).unwrap();
    assert!(lateral.2.starts_with("any"), "{}", lateral.2);
}

#[test]
fn a_missing_rule_is_seen_as_a_loss_at_its_end() {
    let policy = three_roles().policy();
    let mut plan = plan_of(&policy);
    for nsg in &mut plan.nsgs {
        nsg.rules.retain(|rule| rule.name != "in.store.sql.db.tcp");
    }
    let permits = AzureNsg.permits(&plan, &policy).unwrap();
    let losses = Deployed::new(&policy, BTreeMap::from([(PlatformId(0), permits)])).losses(&policy);
    assert_eq!(losses.len(), 1);
    assert!(!losses[0].egress);
}

#[test]
fn a_deny_before_an_allow_wins() {
    let policy = desktops().policy();
    let mut plan = plan_of(&policy);
    let closing = plan.nsgs[0].rules.iter().find(|rule| !rule.allow).unwrap().clone();
    plan.nsgs[0].rules.push(Rule { priority: 100, ..closing });
    let permits = AzureNsg.permits(&plan, &policy).unwrap();
    assert!(permits.ingress.is_empty());
}

#[test]
fn peers_are_named_by_tag_in_azures_spelling() {
    let policy = desktops()
        .any_role(tagged("arm", "azureresourcemanager"), None, None)
        .any_role(tagged("disks", "Storage.WestEurope"), None, None)
        .allow("mcs", "vda", "arm", "tcp/443")
        .allow("disks", "vda", "disks", "tcp/443")
        .policy();
    let plan = plan_of(&policy);
    assert_eq!(rule(&plan, "out.vda.arm.mcs.tcp").destination, Side::Tag("AzureResourceManager".to_owned()));
    assert_eq!(
        rule(&plan, "out.vda.disks.disks.tcp").destination,
        Side::Tag("Storage.WestEurope".to_owned())
    );
    assert_exact(&policy, &plan);
}

#[test]
fn the_internet_tag_widens_to_everything_public() {
    let policy = desktops()
        .any_role(tagged("cloud", "Internet"), None, None)
        .role("partner", None, &["203.0.113.0/24"])
        .allow("control", "vda", "cloud", "tcp/443")
        .policy();
    let plan = plan_of(&policy);
    let widening = widening(&policy, &plan);
    let to_partner = ("vda".to_owned(), "203.0.113.0/24".to_owned(), "tcp/443".to_owned());
    assert!(widening.contains(&to_partner), "{widening:?}");
    assert!(!widening.iter().any(|(_, to, _)| to.starts_with("10.")), "{widening:?}");
}

#[test]
fn an_unknown_tag_is_refused_with_what_was_meant() {
    let policy = desktops()
        .any_role(tagged("arm", "AzureResourceManger"), None, None)
        .allow("mcs", "vda", "arm", "tcp/443")
        .policy();
    let report = refusal(&policy);
    assert_eq!(report.code, codes::NOT_EXPRESSIBLE);
    assert_eq!(report.helps[0].text, "did you mean `tag = AzureResourceManager`?");
}

#[test]
fn a_peer_known_only_by_host_name_or_foreign_list_is_refused() {
    for name in [KnownBy::Names(vec!["x.example".to_owned()]), KnownBy::PrefixList("pl-1".to_owned())] {
        let cloud = Role { known_by: vec![name], ..role("cloud") };
        let policy = desktops().any_role(cloud, None, None).allow("c", "vda", "cloud", "tcp/443").policy();
        let report = refusal(&policy);
        assert_eq!(report.code, codes::KNOWN_ONLY_BY_NAME);
        assert_eq!(report.helps.len(), 3);
    }
}

#[test]
fn ipv4_and_ipv6_never_meet_in_one_rule() {
    let policy = azure()
        .segment("desktops", "weu", &["10.40.8.0/24", "fd00:40:8::/64"])
        .any_role(provisioned("vda"), Some("desktops"), None)
        .role("users", None, &["10.30.0.0/16", "fd00:30::/48"])
        .role("old", None, &["10.29.0.0/16"])
        .allow("hdx", "users", "vda", "tcp/1494")
        .allow("hdx", "old", "vda", "tcp/1494")
        .policy();
    let plan = plan_of(&policy);
    assert_eq!(ranges(&rule(&plan, "in.users.vda.hdx.tcp").source), "10.30.0.0/16");
    let v6 = rule(&plan, "in.users.vda.hdx.tcp.ipv6");
    assert_eq!(
        (ranges(&v6.source), ranges(&v6.destination)),
        ("fd00:30::/48".into(), "fd00:40:8::/64".into())
    );
    assert!(!names(&plan).contains(&"in.old.vda.hdx.tcp.ipv6"));
    assert_exact(&policy, &plan);
}

#[test]
fn all_of_icmp_is_a_rule_and_a_part_of_it_is_refused() {
    let whole = desktops().allow("ping", "users", "vda", "icmp").policy();
    let plan = plan_of(&whole);
    assert_eq!(rule(&plan, "in.users.vda.ping.icmp").ports, plan::Ports::All);
    assert_exact(&whole, &plan);
    for part in ["icmp/8", "icmpv6"] {
        let report = refusal(&desktops().allow("ping", "users", "vda", part).policy());
        assert_eq!(report.code, codes::NOT_EXPRESSIBLE, "{part}");
        assert!(!report.labels.is_empty() && !report.helps.is_empty());
    }
}

#[test]
fn every_port_is_written_as_a_star() {
    let policy = desktops().allow("all", "users", "vda", "tcp/0-65535").policy();
    let plan = plan_of(&policy);
    assert_eq!(rule(&plan, "in.users.vda.all.tcp").ports, plan::Ports::All);
    assert_exact(&policy, &plan);
}

#[test]
fn probes_pass_only_to_the_roles_that_ask_for_them() {
    let policy = azure()
        .segment("front", "weu", &["10.40.1.0/24"])
        .any_role(with("store", LOAD_BALANCED, "on"), Some("front"), None)
        .any_role(with("web", LOAD_BALANCED, "off"), Some("front"), None)
        .role("users", None, &["10.30.0.0/16"])
        .allow("pages", "users", "store", "tcp/443")
        .policy();
    let plan = plan_of(&policy);
    let probe = rule(&plan, "in-probe.store");
    assert!((4001..4096).contains(&probe.priority));
    assert_eq!(probe.source, Side::Tag("AzureLoadBalancer".to_owned()));
    assert_eq!(probe.destination.asgs(), ["asg-test-store"]);
    assert!(!names(&plan).contains(&"in-probe.web"));
    assert_exact(&policy, &plan);
}

#[test]
fn a_probe_address_that_the_site_gives_to_a_role_is_that_role() {
    let policy = azure()
        .segment("front", "weu", &["10.40.1.0/24"])
        .any_role(with("store", LOAD_BALANCED, "on"), Some("front"), None)
        .role("host", None, &["168.63.129.16/32"])
        .allow("x", "host", "store", "tcp/443")
        .policy();
    let plan = plan_of(&policy);
    assert!(widening(&policy, &plan).iter().all(|(from, to, _)| from == "168.63.129.16/32" && to == "store"));
    assert!(!widening(&policy, &plan).is_empty());
}

fn numbers(plan: &Plan) -> BTreeMap<String, u32> {
    plan.nsgs.iter().flat_map(|nsg| &nsg.rules).map(|rule| (rule.name.clone(), rule.priority)).collect()
}

#[test]
fn a_new_rule_renumbers_nothing_even_without_a_lock() {
    let before = numbers(&plan_of(&three_roles().policy()));
    let after = numbers(&plan_of(&three_roles().allow("more", "web", "sql", "tcp/1433").policy()));
    assert_eq!(after.len(), before.len() + 2);
    for (name, number) in &before {
        assert_eq!(after[name], *number, "{name}");
    }
}

#[test]
fn numbers_of_the_lock_are_used_again() {
    let policy = three_roles().policy();
    let (_, _, used) = planned(&policy, &Lock::new());
    let section = "weu/priorities/nsg-test-back/Inbound";
    assert_eq!(used.numbers[section].keys().collect::<Vec<_>>(), ["store -> sql db tcp"]);
    let mut lock = Lock::new();
    lock.numbers.insert(section.to_owned(), BTreeMap::from([("store -> sql db tcp".to_owned(), 1234)]));
    let (plan, _, used) = planned(&policy, &lock);
    assert_eq!(rule(&plan.unwrap(), "in.store.sql.db.tcp").priority, 1234);
    assert_eq!(used.numbers[section]["store -> sql db tcp"], 1234);
}

#[test]
fn a_rename_keeps_names_and_numbers() {
    let renamed = Role { was: Some("sql".to_owned()), ..role("database") };
    let after = azure()
        .segment("back", "weu", &["10.40.2.0/24"])
        .segment("front", "weu", &["10.40.1.0/24"])
        .any_role(renamed, Some("back"), None)
        .role("store", Some("front"), &[])
        .role("web", Some("front"), &[])
        .allow("db", "store", "database", "tcp/1433")
        .allow("pages", "web", "store", "tcp/443")
        .policy();
    assert_eq!(numbers(&plan_of(&three_roles().policy())), numbers(&plan_of(&after)));
}

#[test]
fn names_that_differ_by_case_or_hyphens_only_stay_apart() {
    let policy = desktops()
        .role("a", None, &["10.1.0.0/16"])
        .role("A", None, &["10.2.0.0/16"])
        .allow("x", "a", "vda", "tcp/1")
        .allow("x", "A", "vda", "tcp/2")
        .policy();
    let plan = plan_of(&policy);
    let mut names: Vec<String> = names(&plan).into_iter().map(str::to_lowercase).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn descriptions_fit_and_end_with_the_row() {
    let label = "x".repeat(141);
    let policy =
        desktops().allow(&label, "users", "vda", "tcp/9").allow("[a]", "users", "vda", "tcp/8").policy();
    let plan = plan_of(&policy);
    for rule in plan.nsgs.iter().flat_map(|nsg| &nsg.rules) {
        assert!(rule.description.chars().count() <= 140 && rule.name.len() <= 80, "{}", rule.name);
        assert!(!rule.description.contains(['[', ']']));
        if let [row] = rule.rows.as_slice() {
            assert!(rule.description.ends_with(&format!("({row})")), "{}", rule.description);
        }
    }
}

#[test]
fn two_roles_at_the_same_addresses_are_refused_by_range() {
    let policy = azure()
        .segment("front", "weu", &["10.40.1.0/24"])
        .any_role(with("store", "membership", "subnet"), Some("front"), None)
        .role("web", Some("front"), &[])
        .policy();
    let report = refusal(&policy);
    assert_eq!(report.code, codes::NOT_TOLD_APART);
    assert_eq!(report.labels.len(), 2);
    assert_eq!(report.helps.len(), 3);
}

#[test]
fn two_ranges_in_one_segment_tell_their_roles_apart() {
    let store = Role { addresses: addresses(&["10.40.1.0/28"]), ..with("store", "membership", "subnet") };
    let web = Role { addresses: addresses(&["10.40.1.16/28"]), ..with("web", "membership", "subnet") };
    let policy = azure()
        .segment("front", "weu", &["10.40.1.0/24"])
        .any_role(store, Some("front"), None)
        .any_role(web, Some("front"), None)
        .allow("pages", "web", "store", "tcp/443")
        .policy();
    let plan = plan_of(&policy);
    assert!(plan.asgs.is_empty());
    assert_exact(&policy, &plan);
}

#[test]
fn roles_that_wear_one_group_share_its_rules_and_the_widening_is_seen() {
    let policy = azure()
        .segment("build", "weu", &["10.40.5.0/24"])
        .segment("desktops", "weu", &["10.40.8.0/24"])
        .role("temp", Some("build"), &[])
        .any_role(role("vda"), Some("desktops"), Some("temp"))
        .role("users", None, &["10.30.0.0/16"])
        .allow("hdx", "users", "vda", "tcp/1494")
        .allow("hdx", "users", "temp", "tcp/2598")
        .policy();
    let plan = plan_of(&policy);
    assert_eq!(plan.asgs.len(), 1);
    assert_eq!(plan.asgs[0].members.len(), 2);
    let here = |nsg: &Nsg| nsg.rules.iter().filter(|rule| !rule.rows.is_empty()).count();
    assert_eq!(plan.nsgs.iter().map(here).collect::<Vec<_>>(), [1, 1]);
    // Each has its own subnet, and so its own group: nothing is shared there but the name.
    assert_exact(&policy, &plan);
}

#[test]
fn roles_that_wear_one_group_in_one_segment_widen_to_each_other() {
    let policy = azure()
        .segment("desktops", "weu", &["10.40.8.0/24"])
        .any_role(provisioned("temp"), Some("desktops"), Some("vda"))
        .any_role(provisioned("vda"), Some("desktops"), None)
        .role("users", None, &["10.30.0.0/16"])
        .allow("hdx", "users", "vda", "tcp/1494")
        .policy();
    let plan = plan_of(&policy);
    assert!(plan.asgs.is_empty(), "provisioned and alone: by range");
    let expected = ("10.30.0.0/16".to_owned(), "temp".to_owned(), "tcp/1494".to_owned());
    assert_eq!(widening(&policy, &plan), [expected]);
}

#[test]
fn one_rule_says_what_two_wearers_of_a_group_are_reached_for() {
    let policy = azure()
        .segment("desktops", "weu", &["10.40.8.0/24"])
        .any_role(role("temp"), Some("desktops"), Some("vda"))
        .role("vda", Some("desktops"), &[])
        .role("users", None, &["10.30.0.0/16"])
        .allow("hdx", "users", "vda", "tcp/1494")
        .allow("hdx", "users", "temp", "tcp/2598")
        .policy();
    let plan = plan_of(&policy);
    let hdx = rule(&plan, "in.users.vda.hdx.tcp");
    assert_eq!(hdx.rows.len(), 2);
    assert_eq!(hdx.ports, plan::Ports::Listed(vec![(1494, 1494), (2598, 2598)]));
    assert_eq!(widening(&policy, &plan).len(), 2);
}

#[test]
fn wearers_of_one_group_must_agree_on_membership() {
    let policy = azure()
        .segment("desktops", "weu", &["10.40.8.0/24"])
        .any_role(with("temp", "membership", "subnet"), Some("desktops"), Some("vda"))
        .any_role(with("vda", "membership", "asg"), Some("desktops"), None)
        .policy();
    assert_eq!(refusal(&policy).code, codes::BAD_GROUP_SHARING);
}

#[test]
fn a_provisioned_role_that_needs_a_group_is_warned_about() {
    let policy = azure()
        .segment("front", "weu", &["10.40.1.0/24"])
        .any_role(provisioned("vda"), Some("front"), None)
        .role("web", Some("front"), &[])
        .policy();
    let (plan, reports, _) = planned(&policy, &Lock::new());
    assert!(plan.is_some());
    assert_eq!((reports.len(), reports[0].severity), (1, Severity::Warning));
}

#[test]
fn a_role_without_an_address_can_not_be_named_by_range() {
    let policy = azure().any_role(with("jump", "membership", "subnet"), Some("weu"), None).policy();
    assert_eq!(refusal(&policy).code, codes::NO_ADDRESS);
}

#[test]
fn a_role_that_a_subnets_group_would_cut_off_is_refused() {
    let inside = three_roles().role("jump", Some("weu"), &["10.40.1.4/32"]).policy();
    let report = refusal(&inside);
    assert_eq!(
        (report.code, report.helps[0].text.as_str()),
        (codes::NOT_TOLD_APART, "write `on front` for `jump`")
    );
    let foreign = Role { managed_by: Some(Manager::Citrix), ..role("connector") };
    let report = refusal(&three_roles().any_role(foreign, Some("front"), None).policy());
    assert_eq!(report.helps[0].text, "put `connector` into a segment of its own");
}

#[test]
fn addresses_are_counted_as_azure_counts_them() {
    let many: Vec<String> = (0..40).map(|at| format!("10.60.{at}.1/32")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let policy = desktops().role("sites", None, &many).allow("hdx", "sites", "vda", "tcp/1494").policy();
    let plan = plan_of(&policy);
    let used = |name: &str| plan.quotas.iter().find(|quota| quota.quota == name).unwrap().used;
    // Forty ranges of `sites`, and one of `users` in each of its two rules.
    assert_eq!(used("source addresses of nsg-test-desktops"), 42);
    assert_eq!(used("destination addresses of nsg-test-desktops"), 3);
    assert_eq!(used("security rules of nsg-test-desktops"), 5);
    let bytes = AzureNsg.render(&plan, INFO.spellings[0]).bytes;
    let template: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(used("bytes of the template"), template.to_string().len() as u64);
    assert_eq!(
        used("bytes of nsg-test-desktops in the template"),
        template["resources"][0].to_string().len() as u64
    );
}

#[test]
fn every_row_is_found_by_its_pointer() {
    let policy = three_roles().policy();
    let artifact = AzureNsg.render(&plan_of(&policy), INFO.spellings[0]);
    assert_eq!(artifact.bytes.last(), Some(&b'\n'));
    let template: serde_json::Value = serde_json::from_slice(&artifact.bytes).unwrap();
    assert_eq!(artifact.rules.len(), 4);
    for rule in &artifact.rules {
        let description = template.pointer(&rule.pointer).unwrap()["properties"]["description"].as_str();
        assert!(description.unwrap().ends_with(&format!("({})", rule.row)));
    }
}

#[test]
fn a_group_waits_for_the_application_groups_that_it_names() {
    let artifact = AzureNsg.render(&plan_of(&three_roles().policy()), INFO.spellings[0]);
    let template: serde_json::Value = serde_json::from_slice(&artifact.bytes).unwrap();
    let back = &template["resources"][3];
    assert_eq!(back["name"], "nsg-test-back");
    let id = |name: &str| {
        format!("[resourceId('Microsoft.Network/applicationSecurityGroups', 'asg-test-{name}')]")
    };
    assert_eq!(back["dependsOn"], json!([id("sql"), id("store")]));
}

#[test]
fn the_schema_states_the_same_limits() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("schema.json")).unwrap();
    let definitions = &schema["$defs"];
    assert_eq!(definitions["name"]["maxLength"], limits::NAME_LENGTH);
    let rule = &definitions["rule"]["properties"]["properties"]["properties"];
    assert_eq!(rule["description"]["maxLength"], limits::DESCRIPTION.length);
    assert_eq!(rule["priority"]["minimum"], limits::PRIORITIES.0);
    assert_eq!(rule["priority"]["maximum"], limits::PRIORITIES.1);
}

#[test]
fn what_is_read_back_is_what_was_meant_in_a_mixed_site() {
    let policy = azure()
        .segment("back", "weu", &["10.40.2.0/24"])
        .segment("desktops", "weu", &["10.40.8.0/23", "fd00:8::/64"])
        .any_role(provisioned("vda"), Some("desktops"), None)
        .role("files", Some("back"), &["10.40.2.16/28"])
        .role("sql", Some("back"), &[])
        .role("users", None, &["10.30.0.0/16", "fd00:30::/48"])
        .any_role(Role { is_internet: true, ..role("internet") }, None, None)
        .any_role(tagged("entra", "AzureActiveDirectory"), None, None)
        .allow("hdx", "users", "vda", "tcp/1494, udp/1494")
        .allow("smb", "vda", "files", "tcp/445")
        .allow("peers", "files", "files", "tcp/5985")
        .allow("sign-in", "vda", "entra", "tcp/443")
        .allow("web", "vda", "internet", "tcp/443, icmp")
        .allow("db", "files", "sql", "tcp/1433")
        .forbid("lateral", "vda", "vda", "any")
        .policy();
    let plan = plan_of(&policy);
    // Whoever is known only by name is somewhere on the internet.
    assert_eq!(widening(&policy, &plan), [("vda".to_owned(), "entra".to_owned(), "icmp".to_owned())]);
    let (files, vda) = (policy.find("files").unwrap(), policy.find("vda").unwrap());
    let permits = AzureNsg.permits(&plan, &policy).unwrap();
    let deployed = Deployed::new(&policy, BTreeMap::from([(PlatformId(0), permits)]));
    assert_eq!(deployed.between(&policy, vda, files), (services("tcp/445"), services("tcp/445")));
    assert_eq!(deployed.between(&policy, vda, vda).1, ServiceSet::empty());
}
