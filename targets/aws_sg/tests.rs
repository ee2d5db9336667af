//! What the target writes and what it refuses, on small sites.

mod read;
mod sabotage;

use super::plan::{Peer, Permission, Plan};
use super::*;
use crate::diagnostic::{Diagnostic, Sink, codes};
use crate::model::{KnownBy, Role};
use crate::policy::testing::{SiteBuilder, role};
use crate::target::Lock;
use crate::target::compare::Deployed;
use proptest::prelude::*;
use serde_json::Value;
use std::collections::BTreeSet;

mod overflow;

const S3: &str = "com.amazonaws.us-gov-west-1.s3";

/// Plans the first platform.
fn try_plan(policy: &Policy) -> Result<Plan, Vec<Diagnostic>> {
    let (mut sink, lock, options) = (Sink::new(), Lock::new(), BTreeMap::new());
    let mut cx = PlanContext::new(&mut sink, &lock, &options);
    AwsSg.plan(policy, PlatformId(0), &mut cx).ok_or_else(|| sink.into_sorted())
}

fn plan(policy: &Policy) -> Plan {
    try_plan(policy).unwrap()
}

fn deployed(plan: &Plan, policy: &Policy) -> Deployed {
    let permits = AwsSg.permits(plan, policy).unwrap();
    Deployed::new(policy, BTreeMap::from([(PlatformId(0), permits)]))
}

/// Widenings as `from -> to : services`, by the roles of the points.
fn widenings(plan: &Plan, policy: &Policy) -> Vec<String> {
    let name = |atom| {
        let role = policy.universe().get(atom).and_then(|atom| atom.role);
        role.map_or("elsewhere", |role| policy.name(role)).to_owned()
    };
    let set = deployed(plan, policy).widenings(policy);
    set.iter().map(|(from, to, services)| format!("{} -> {} : {services}", name(from), name(to))).collect()
}

/// Nothing of the site is lost, and what is widened is exactly this.
fn assert_exact(policy: &Policy, expected: &[&str]) -> Plan {
    let plan = plan(policy);
    assert_eq!(deployed(&plan, policy).losses(policy), []);
    assert_eq!(widenings(&plan, policy), expected);
    plan
}

/// Logical ids of the rules.
fn ids(plan: &Plan) -> Vec<&str> {
    plan.rules.iter().map(|rule| rule.id.as_str()).collect()
}

fn template(plan: &Plan) -> Value {
    serde_json::from_slice(&AwsSg.render(plan, CLOUDFORMATION).bytes).unwrap()
}

fn gov() -> SiteBuilder {
    SiteBuilder::new().platform("aws", "gov", &[("region", "us-gov-west-1"), ("vpc", "vpc-citrix")])
}

fn listed(name: &str, list: &str) -> Role {
    Role { known_by: vec![KnownBy::PrefixList(list.to_owned())], ..role(name) }
}

/// Machine creation on AWS in small: the helpers wear the desktops' group, S3 is a list, EC2 an endpoint.
fn daas() -> SiteBuilder {
    gov()
        .segment("connectors", "gov", &["10.20.10.0/27"])
        .segment("desktops", "gov", &["10.20.32.0/21"])
        .segment("endpoints", "gov", &["10.20.10.64/28"])
        .role("connector", Some("connectors"), &[])
        .role("vda", Some("desktops"), &[])
        .any_role(role("temp-worker"), Some("desktops"), Some("vda"))
        .any_role(role("volume-worker"), Some("desktops"), Some("vda"))
        .role("ec2-api", Some("endpoints"), &[])
        .any_role(listed("s3-api", S3), None, None)
        .role("users", None, &["10.50.0.0/16", "10.51.0.0/16"])
        .role("dc", None, &["10.60.1.10/32", "10.60.1.11/32", "10.60.1.13/32"])
        .allow("registration", "vda", "connector", "tcp/80")
        .allow("registration", "connector", "vda", "tcp/80")
        .allow("peers", "connector", "connector", "tcp/80,tcp/89")
        .allow("session", "users", "vda", "tcp/1494,tcp/2598,udp/1494,udp/2598")
        .allow("domain", "vda", "dc", "tcp/53,tcp/49152-65535,udp/53")
        .allow("domain", "connector", "dc", "tcp/53,tcp/49152-65535,udp/53")
        .allow("names", "temp-worker", "dc", "udp/53")
        .allow("names", "volume-worker", "dc", "udp/53")
        .allow("mcs", "connector", "ec2-api", "tcp/443")
        .allow("mcs", "connector", "s3-api", "tcp/443")
        .allow("mcs", "temp-worker", "s3-api", "tcp/443")
        .allow("mcs", "connector", "volume-worker", "tcp/443")
}

/// What the shared group opens for each of its wearers.
const DAAS_WIDENINGS: &[&str] = &[
    "connector -> temp-worker : tcp/80, tcp/443",
    "connector -> vda : tcp/443",
    "connector -> volume-worker : tcp/80",
    "temp-worker -> connector : tcp/80",
    "temp-worker -> elsewhere : tcp/53, tcp/49152-65535",
    "vda -> s3-api : tcp/443",
    "volume-worker -> connector : tcp/80",
    "volume-worker -> elsewhere : tcp/53, tcp/49152-65535",
    "volume-worker -> s3-api : tcp/443",
    "elsewhere -> temp-worker : tcp/1494, tcp/2598, udp/1494, udp/2598",
    "elsewhere -> volume-worker : tcp/1494, tcp/2598, udp/1494, udp/2598",
];

#[test]
fn machine_creation_on_a_shared_group_loses_nothing_and_widens_as_known() {
    let policy = daas().policy();
    let plan = plan(&policy);
    assert_eq!(deployed(&plan, &policy).losses(&policy), []);
    let mut found = widenings(&plan, &policy);
    let mut expected: Vec<String> = DAAS_WIDENINGS.iter().map(|line| (*line).to_owned()).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);

    let groups: Vec<(&str, &str, String)> = plan
        .groups
        .iter()
        .map(|group| (group.id.as_str(), group.name.as_str(), group.worn_by.join(" ")))
        .collect();
    assert_eq!(
        groups,
        [
            ("SgConnector", "seg-test-connector", "connector".to_owned()),
            ("SgEc2Api", "seg-test-ec2-api", "ec2-api".to_owned()),
            ("SgVda", "seg-test-vda", "temp-worker vda volume-worker".to_owned()),
        ]
    );
    let identities = AwsSg.identities(&plan);
    let of = |name: &str| identities.get(&policy.find(name).unwrap()).map(ToString::to_string);
    assert_eq!(of("temp-worker").as_deref(), Some(r#"{"groups":["SgVda"]}"#));
    assert_eq!(of("s3-api"), None);
    assert_eq!(plan.prefix_lists.len(), 1);
}

#[test]
fn rules_are_named_by_what_they_permit() {
    let plan = plan(&daas().policy());
    let ids = ids(&plan);
    for id in [
        "InConnectorTcp80FromSgConnector",
        "InEc2ApiTcp443FromSgConnector",
        "InVdaTcp443FromSgConnector",
        "InVdaUdp2598FromCidr10x50x0x0n15",
        "OutConnectorTcp80ToSgConnector",
        "OutVdaTcp443ToPrefixListS3",
        "OutVdaTcp49152To65535ToCidr10x60x1x10n31",
        "OutVdaTcp49152To65535ToCidr10x60x1x13n32",
    ] {
        assert!(ids.contains(&id), "{id} is missing in {ids:#?}");
    }
    assert!(ids.is_sorted());
    // Three rows ask for the name service from one group: one rule, three rows.
    let shared = plan.rules.iter().find(|rule| rule.id == "OutVdaUdp53ToCidr10x60x1x10n31").unwrap();
    assert_eq!(shared.rows.len(), 3);
    assert!(
        shared.rows.iter().all(|row| shared.description.contains(row.as_str())),
        "{}",
        shared.description
    );
    assert!(shared.description.ends_with(')'));
}

#[test]
fn every_group_states_an_egress_rule_that_matches_nothing() {
    let mut site = gov().segment("s", "gov", &["10.0.0.0/24"]);
    site = site.role("idle", Some("s"), &[]).role("users", None, &["10.9.0.0/16"]);
    let policy = site.policy();
    let mut plan = assert_exact(&policy, &[]);
    let egress = template(&plan);
    let egress = egress.pointer("/Resources/SgIdle/Properties/SecurityGroupEgress").unwrap();
    assert_eq!(
        *egress,
        serde_json::json!([{"IpProtocol": "-1", "CidrIp": "127.0.0.1/32", "Description": "No default egress"}])
    );
    // Without it AWS would leave everything open, and read-back knows.
    plan.groups[0].inline_egress.clear();
    let open = widenings(&plan, &policy);
    assert!(open.iter().any(|line| line.starts_with("idle -> elsewhere : any")), "{open:?}");
}

#[test]
fn a_role_that_talks_to_itself_gets_both_rules() {
    let site = gov().segment("s", "gov", &["10.0.0.0/24"]).role("node", Some("s"), &[]);
    let plan = assert_exact(&site.allow("x", "node", "node", "tcp/9000").policy(), &[]);
    assert_eq!(ids(&plan), ["InNodeTcp9000FromSgNode", "OutNodeTcp9000ToSgNode"]);
}

#[test]
fn families_stay_apart_and_impossible_ranges_are_left_out() {
    let site = gov()
        .segment("dual", "gov", &["10.0.0.0/24", "fd00:20::/64"])
        .segment("four", "gov", &["10.0.1.0/24"])
        .role("both", Some("dual"), &[])
        .role("old", Some("four"), &[])
        .role("users", None, &["10.9.0.0/16", "fd00:9::/48"])
        .allow("x", "users", "both", "tcp/443,icmp/8,icmpv6/128/0")
        .allow("x", "users", "old", "tcp/443");
    let plan = assert_exact(&site.policy(), &[]);
    assert_eq!(
        ids(&plan),
        [
            "InBothIcmpType8FromCidr10x9x0x0n16",
            "InBothIcmpv6Type128Code0FromCidrfd00x9xxn48",
            "InBothTcp443FromCidr10x9x0x0n16",
            "InBothTcp443FromCidrfd00x9xxn48",
            "InOldTcp443FromCidr10x9x0x0n16",
        ]
    );
    let rule =
        template(&plan).pointer("/Resources/InBothTcp443FromCidrfd00x9xxn48/Properties").cloned().unwrap();
    assert_eq!(rule["CidrIpv6"], "fd00:9::/48");
    assert_eq!(rule.get("CidrIp"), None);
}

#[test]
fn icmp_is_type_and_code_with_minus_one_for_all() {
    let site = gov()
        .segment("s", "gov", &["10.0.0.0/24", "fd00::/64"])
        .role("a", Some("s"), &[])
        .role("b", Some("s"), &[])
        .role("users", None, &["10.9.0.0/16", "fd09::/48"])
        .allow("all", "users", "a", "icmp,icmpv6")
        .allow("echo", "users", "b", "icmp/8,icmp/3/4,icmp/9,icmpv6/128,icmpv6/1/4");
    let plan = assert_exact(&site.policy(), &[]);
    let ports: Vec<_> = plan
        .rules
        .iter()
        .map(|rule| {
            (rule.permission.protocol.to_string(), rule.permission.from_port, rule.permission.to_port)
        })
        .collect();
    let (v4, v6) = ("icmp".to_owned(), "icmpv6".to_owned());
    let of = |protocol: &String, from, to| (protocol.clone(), Some(from), Some(to));
    assert_eq!(
        ports,
        [
            of(&v4, -1, -1),
            (v6.clone(), None, None),
            of(&v4, 3, 4),
            of(&v4, 8, -1),
            of(&v4, 9, -1),
            of(&v6, 128, -1),
            of(&v6, 1, 4),
        ]
    );
}

#[test]
fn a_range_within_another_row_s_range_keeps_its_rule() {
    let site = gov()
        .segment("s", "gov", &["10.0.0.0/24"])
        .role("a", Some("s"), &[])
        .role("users", None, &["10.9.0.0/16"])
        .allow("wide", "users", "a", "tcp/80-90")
        .allow("narrow", "users", "a", "tcp/85")
        .allow("beside", "users", "a", "tcp/91");
    let plan = assert_exact(&site.policy(), &[]);
    // A wider row takes nothing away: AWS counts both, and a new row changes no other's rule.
    let expected =
        ["InATcp80To90FromCidr10x9x0x0n16", "InATcp85FromCidr10x9x0x0n16", "InATcp91FromCidr10x9x0x0n16"];
    assert_eq!(ids(&plan), expected);
    let artifact = AwsSg.render(&plan, CLOUDFORMATION);
    assert_eq!(artifact.rules.len(), 3);
}

#[test]
fn groups_count_in_both_families_and_lists_by_their_weight() {
    let cloudfront = "com.amazonaws.global.cloudfront.origin-facing";
    let policy = gov()
        .segment("s", "gov", &["10.0.0.0/24"])
        .role("a", Some("s"), &[])
        .role("b", Some("s"), &[])
        .any_role(listed("cdn", cloudfront), None, None)
        .any_role(listed("corp", "corp-dns"), None, None)
        .allow("x", "a", "b", "tcp/1")
        .allow("x", "cdn", "a", "tcp/443")
        .allow("x", "a", "corp", "udp/53")
        .policy();
    let plan = assert_exact(&policy, &[]);
    let lines: Vec<String> =
        plan.quotas.iter().map(|line| format!("{} {}/{}", line.quota, line.used, line.limit)).collect();
    assert_eq!(
        lines[..6],
        [
            "rules in, IPv4, of SgA 55/60",
            "rules in, IPv4, of SgB 1/60",
            "rules in, IPv6, of SgB 1/60",
            "rules out, IPv4, of SgA (at least: the size of corp-dns is not stated) 3/60",
            "rules out, IPv4, of SgB 1/60",
            "rules out, IPv6, of SgA (at least: the size of corp-dns is not stated) 2/60",
        ]
    );
    for line in [
        "groups on an interface 1/5",
        "rules that name the prefix list corp-dns 1/5000",
        "resources of the template 6/500",
    ] {
        assert!(lines.contains(&line.to_owned()), "{lines:?}");
    }
}

#[test]
fn names_that_aws_would_confuse_are_told_apart_whoever_is_there() {
    let site = |roles: &[&str]| {
        let site = gov().segment("s", "gov", &["10.0.0.0/24"]);
        plan(&roles.iter().fold(site, |site, name| site.role(name, Some("s"), &[])).policy())
    };
    let all = site(&["Web", "web", "web-1", "web1", "web_1"]);
    let distinct = |of: fn(&plan::Group) -> String| all.groups.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(|group| group.id.clone()), 5);
    assert_eq!(distinct(|group| group.name.to_lowercase()), 5);
    // No name depends on who else is there.
    let alone = site(&["web-1"]);
    assert!(
        all.groups.iter().any(|group| group.id == alone.groups[0].id && group.name == alone.groups[0].name)
    );
}

#[test]
fn a_role_named_like_a_service_makes_no_ambiguous_rule_names() {
    let site = gov()
        .segment("s", "gov", &["10.0.0.0/24"])
        .role("a", Some("s"), &[])
        .role("a-tcp80-from-sg-b", Some("s"), &[])
        .role("b-tcp80-from-sg-c", Some("s"), &[])
        .role("c", Some("s"), &[])
        .allow("x", "b-tcp80-from-sg-c", "a", "tcp/80")
        .allow("x", "c", "a-tcp80-from-sg-b", "tcp/80");
    let plan = assert_exact(&site.policy(), &[]);
    assert_eq!(ids(&plan).into_iter().collect::<BTreeSet<_>>().len(), 4);
}

#[test]
fn a_renamed_role_keeps_its_group_and_its_rules() {
    let site = |name: &str, was: Option<&str>| {
        let named = Role { was: was.map(str::to_owned), ..role(name) };
        let site = gov().segment("s", "gov", &["10.0.0.0/24"]).any_role(named, Some("s"), None);
        plan(&site.role("users", None, &["10.9.0.0/16"]).allow("x", "users", name, "tcp/443").policy())
    };
    let (before, after) = (site("sf", None), site("storefront", Some("sf")));
    assert_eq!(before.rules[0].id, after.rules[0].id);
    assert_eq!(before.rules[0].description, after.rules[0].description);
    let create_only = |plan: &Plan| {
        let group = &plan.groups[0];
        (group.id.clone(), group.name.clone(), group.description.clone())
    };
    assert_eq!(create_only(&before), create_only(&after));
}

#[test]
fn a_peer_known_only_by_name_is_refused_with_the_ways_out() {
    let cloud = Role { known_by: vec![KnownBy::Names(vec!["x.example".to_owned()])], ..role("cloud") };
    let site = gov().segment("s", "gov", &["10.0.0.0/24"]).role("a", Some("s"), &[]);
    let site = site.any_role(cloud, None, None).role("lost", None, &[]);
    let policy = site.allow("x", "a", "cloud", "tcp/443").allow("y", "lost", "a", "tcp/443").policy();
    let reports = try_plan(&policy).unwrap_err();
    let codes: Vec<_> = reports.iter().map(|report| report.code).collect();
    assert_eq!(codes, [codes::KNOWN_ONLY_BY_NAME, codes::NO_ADDRESS]);
    assert_eq!(reports[0].helps.len(), 4);
}

#[test]
fn prefix_lists_of_another_region_and_on_a_platform_are_refused() {
    let site = |list: &str, on: Option<&str>| {
        let site = gov().segment("s", "gov", &["10.0.0.0/24"]).role("a", Some("s"), &[]);
        let site = site.any_role(listed("s3", list), on, None).allow("x", "a", "s3", "tcp/443");
        try_plan(&site.policy()).map(|plan| plan.rules.len()).map_err(|reports| reports[0].code)
    };
    assert_eq!(site(S3, None), Ok(1));
    assert_eq!(site("pl-63a5400a", None), Ok(1));
    assert_eq!(site("com.amazonaws.eu-west-1.s3", None), Err(codes::NOT_EXPRESSIBLE));
    assert_eq!(site(S3, Some("gov")), Err(codes::NOT_EXPRESSIBLE));
    assert_eq!(site("a'; b", None), Err(codes::NAME_NOT_POSSIBLE));
}

#[test]
fn a_role_may_be_known_by_several_lists() {
    let lists = ["corp-dns", "corp-dns6"].map(|list| KnownBy::PrefixList(list.to_owned()));
    let dns = Role { known_by: lists.into(), ..role("dns") };
    let site = gov().segment("s", "gov", &["10.0.0.0/24"]).role("a", Some("s"), &[]);
    let plan = assert_exact(&site.any_role(dns, None, None).allow("x", "a", "dns", "udp/53").policy(), &[]);
    assert_eq!(plan.prefix_lists.len(), 2);
    let resources = template(&plan);
    for id in ids(&plan) {
        let properties = &resources["Resources"][id]["Properties"];
        assert!(properties["DestinationPrefixListId"]["Ref"].is_string(), "{properties}");
    }
}

#[test]
fn one_more_allow_changes_no_other_resource_and_order_changes_nothing() {
    let before = template(&plan(&daas().policy()));
    let after = template(&plan(&daas().allow("more", "vda", "dc", "tcp/88").policy()));
    let resources = |template: &Value| template["Resources"].as_object().unwrap().clone();
    let (before, after) = (resources(&before), resources(&after));
    assert!(before.iter().all(|(id, resource)| after.get(id) == Some(resource)));
    assert_eq!(after.len(), before.len() + 2);

    let ordered = gov().segment("s", "gov", &["10.0.0.0/24"]).role("a", Some("s"), &[]).role(
        "u",
        None,
        &["10.9.0.0/16"],
    );
    let swapped = gov().segment("s", "gov", &["10.0.0.0/24"]).role("u", None, &["10.9.0.0/16"]).role(
        "a",
        Some("s"),
        &[],
    );
    let ordered = ordered.allow("x", "u", "a", "tcp/1").allow("y", "a", "u", "tcp/2").policy();
    let swapped = swapped.allow("y", "a", "u", "tcp/2").allow("x", "u", "a", "tcp/1").policy();
    for spelling in INFO.spellings {
        let bytes = |policy: &Policy| AwsSg.render(&plan(policy), *spelling).bytes;
        assert_eq!(bytes(&ordered), bytes(&swapped));
    }
}

#[test]
fn pointers_lead_to_the_rules_of_their_rows_in_both_spellings() {
    let policy = daas().policy();
    let plan = plan(&policy);
    let wanted: usize = plan.rules.iter().map(|rule| rule.rows.len()).sum();
    for spelling in INFO.spellings {
        let artifact = AwsSg.render(&plan, *spelling);
        let document: Value = serde_json::from_slice(&artifact.bytes).unwrap();
        assert_eq!(artifact.rules.len(), wanted);
        for pointer in &artifact.rules {
            let place = document.pointer(&pointer.pointer).unwrap();
            assert!(place.to_string().contains(pointer.row.as_str()), "{pointer:?}");
        }
        let text = String::from_utf8(artifact.bytes).unwrap();
        assert!(text.ends_with("}\n") && !text.contains('\r'));
        let symbols: BTreeSet<&str> =
            text.split("{{").skip(1).filter_map(|rest| rest.split_once("}}")).map(|(name, _)| name).collect();
        let listed: BTreeSet<&str> =
            artifact.symbols.iter().map(|symbol| symbol.trim_matches(['{', '}'])).collect();
        assert_eq!(symbols, listed);
    }
}

#[test]
fn the_calls_revoke_the_default_and_gather_peers_of_one_port() {
    let plan = plan(&daas().policy());
    let calls: Value = serde_json::from_slice(&AwsSg.render(&plan, API).bytes).unwrap();
    let connector = &calls["groups"][0];
    assert_eq!(connector["CreateSecurityGroup"]["VpcId"], "{{vpc:vpc-citrix}}");
    let revoke = &connector["RevokeSecurityGroupEgress"];
    assert_eq!(revoke[0]["IpPermissions"][0]["IpRanges"][0]["CidrIp"], "0.0.0.0/0");
    assert_eq!(revoke[1]["IpPermissions"][0]["Ipv6Ranges"][0]["CidrIpv6"], "::/0");
    let egress = connector["AuthorizeSecurityGroupEgress"]["IpPermissions"].as_array().unwrap();
    let https = egress.iter().find(|permission| permission["FromPort"] == 443).unwrap();
    assert_eq!(https["UserIdGroupPairs"].as_array().unwrap().len(), 2);
    assert_eq!(https["PrefixListIds"][0]["PrefixListId"], format!("{{{{prefix-list:{S3}}}}}"));
    assert_eq!(calls["groups"][1].get("AuthorizeSecurityGroupEgress"), None);
}

#[test]
fn all_texts_keep_to_the_characters_and_lengths_of_aws() {
    let long = "r".repeat(300);
    let policy = gov()
        .segment("s", "gov", &["10.0.0.0/24"])
        .role(&long, Some("s"), &[])
        .role("users", None, &["10.9.0.0/16"])
        .allow(&format!("a & b -> \"c\" {}", "word ".repeat(90)), "users", &long, "tcp/443")
        .allow("x", &long, &long, "udp/49152-65535")
        .policy();
    let plan = assert_exact(&policy, &[]);
    for group in &plan.groups {
        for text in [&group.name, &group.description] {
            assert!(
                text.len() <= limits::GROUP_TEXT.length && text.chars().all(limits::GROUP_TEXT.allowed),
                "{text}"
            );
        }
        assert!(group.id.len() <= limits::LOGICAL_ID);
    }
    for rule in &plan.rules {
        let text = &rule.description;
        assert!(
            text.len() <= limits::RULE_TEXT.length && text.chars().all(limits::RULE_TEXT.allowed),
            "{text}"
        );
        assert!(rule.id.len() <= limits::LOGICAL_ID && rule.id.chars().all(|c| c.is_ascii_alphanumeric()));
    }
}

#[test]
fn sabotage_of_any_rule_is_seen() {
    let policy = daas().policy();
    let honest = plan(&policy);
    // A rule for a part of a party's addresses has no exact reading: then read-back itself refuses.
    let permits = |plan: &Plan| AwsSg.permits(plan, &policy).map_err(|_| "cuts through a party");
    let users: Peer = Peer::Cidr("10.50.0.0/15".parse().unwrap());
    let desktops: Peer = Peer::Cidr("10.20.32.0/21".parse().unwrap());
    for at in 0..honest.rules.len() {
        let mut missing = honest.clone();
        let rule = missing.rules.remove(at);
        let lost = permits(&missing).map(|permits| {
            Deployed::new(&policy, BTreeMap::from([(PlatformId(0), permits)])).losses(&policy)
        });
        assert_ne!(lost, Ok(vec![]), "nobody misses {}", rule.id);

        let mut wide = honest.clone();
        wide.rules[at].permission = Permission::ALL;
        assert_ne!(permits(&wide), permits(&honest), "nobody sees {} open all ports", rule.id);

        let mut elsewhere = honest.clone();
        elsewhere.rules[at].peer = if rule.peer == users { desktops.clone() } else { users.clone() };
        assert_ne!(permits(&elsewhere), permits(&honest), "nobody sees {} go elsewhere", rule.id);
    }
    let mut open = honest.clone();
    open.rules.iter_mut().find(|rule| rule.peer == users).unwrap().permission = Permission::ALL;
    let found = widenings(&open, &policy);
    assert!(found.iter().any(|line| line.starts_with("elsewhere -> vda : any")), "{found:?}");
}

#[test]
fn a_peer_range_that_also_holds_own_roles_is_read_as_aws_reads_it() {
    let policy = gov()
        .segment("s", "gov", &["10.0.0.0/24"])
        .role("a", Some("s"), &[])
        .role("b", Some("s"), &[])
        .role("net", None, &["10.0.0.0/8"])
        .allow("x", "net", "a", "tcp/22")
        .allow("x", "b", "net", "tcp/22")
        .policy();
    // The ranges alone let `b` reach `a`: both ends name all of 10/8.
    assert_exact(&policy, &["b -> a : tcp/22"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Without shared groups and shared ranges a plan permits exactly what is meant, whatever was merged.
    #[test]
    fn plans_of_random_sites_are_exact(
        flows in prop::collection::vec((0_usize..5, 0_usize..5, 0_u16..40, 0_u16..3, 0_usize..4), 0..90),
        tight in any::<bool>(),
    ) {
        let names = ["a", "b", "c", "outside", "users"];
        let quota: &[(&str, &str)] = if tight { &[("rules-per-group", "12")] } else { &[("rules-per-group", "900")] };
        let mut site = SiteBuilder::new()
            .platform("aws", "gov", quota)
            .segment("four", "gov", &["10.0.0.0/24"])
            .segment("six", "gov", &["10.0.1.0/24", "fd00::/64"])
            .role("a", Some("four"), &[])
            .role("b", Some("six"), &[])
            .role("c", Some("four"), &["10.0.0.128/28"])
            .role("outside", None, &["10.9.0.1/32", "10.9.0.2/32", "10.9.0.4/32", "fd09::/48"])
            .role("users", None, &["10.8.0.0/16"]);
        for (at, (from, to, port, width, kind)) in flows.into_iter().enumerate() {
            let services = match kind {
                0 => format!("udp/{port}-{}", port + width),
                1 => format!("icmp/{width}/{port}"),
                2 => "icmpv6".to_owned(),
                _ => format!("tcp/{port}-{}", port + width),
            };
            site = site.allow(&format!("l{at}"), names[from], names[to], &services);
        }
        let policy = site.policy();
        if let Ok(plan) = try_plan(&policy) {
            let deployed = deployed(&plan, &policy);
            prop_assert_eq!(deployed.losses(&policy), vec![]);
            prop_assert!(deployed.widenings(&policy).is_empty(), "{:?}", widenings(&plan, &policy));
            for line in plan.quotas.iter() {
                prop_assert!(line.used <= line.limit);
            }
        }
    }
}
