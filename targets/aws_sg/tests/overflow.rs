//! What happens when rules pass AWS's quotas.

use super::*;

/// A server that many single ports and hosts reach.
fn busy(ports: impl Iterator<Item = u16>, attributes: &[(&str, &str)]) -> Policy {
    let mut site =
        SiteBuilder::new().platform("aws", "gov", attributes).segment("s", "gov", &["10.0.0.0/24"]);
    site = site.role("server", Some("s"), &[]).role("users", None, &["10.9.0.0/16"]);
    for port in ports {
        site = site.allow(&format!("p{port}"), "users", "server", &format!("tcp/{port}"));
    }
    site.policy()
}

#[test]
fn neighbours_are_merged_only_when_the_quota_is_exceeded() {
    assert_eq!(plan(&busy(1000..1060, &[])).rules.len(), 60);
    let merged = assert_exact(&busy(1000..1061, &[]), &[]);
    assert_eq!(ids(&merged), ["InServerTcp1000To1060FromCidr10x9x0x0n16"]);
    assert_eq!(merged.rules[0].rows.len(), 61);
    let description = &merged.rules[0].description;
    assert!(description.ends_with(" and 52 more)") && description.len() <= 255, "{description}");
}

/// Ports that no merging brings together.
fn apart(count: u16) -> impl Iterator<Item = u16> {
    (1000..).step_by(2).take(usize::from(count))
}

#[test]
fn a_quota_that_nothing_keeps_is_an_error_with_the_largest_rows() {
    let reports = try_plan(&busy(apart(65), &[("groups-per-interface", "1")])).unwrap_err();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].code, codes::QUOTA_EXCEEDED);
    assert_eq!(reports[0].message, "the group of `server` needs 65 rules in for IPv4, and AWS takes 60");
    assert_eq!(reports[0].labels.len(), 4);
    assert_eq!(reports[0].notes[0], "62 more rows take part");
    assert!(!reports[0].helps.is_empty());
    // An account with a raised quota says so.
    let raised = plan(&busy(apart(65), &[("rules-per-group", "100")]));
    let line = raised.quotas.iter().find(|line| line.quota == "rules in, IPv4, of SgServer").unwrap();
    assert_eq!((line.used, line.limit), (65, 100));
}

#[test]
fn rules_beyond_the_quota_stand_in_further_groups_that_all_members_wear() {
    let groups = |count| {
        let policy = busy(apart(count), &[]);
        let plan = assert_exact(&policy, &[]);
        assert_eq!(plan.rules.len(), usize::from(count));
        AwsSg.identities(&plan)[&policy.find("server").unwrap()].to_string()
    };
    assert_eq!(groups(60), r#"{"groups":["SgServer"]}"#);
    assert_eq!(groups(61), r#"{"groups":["SgServer","Sg2Server"]}"#);
    assert_eq!(groups(130), r#"{"groups":["SgServer","Sg2Server","Sg3Server"]}"#);
    assert_eq!(groups(300).matches("Server").count(), 5);
    let reports = try_plan(&busy(apart(400), &[])).unwrap_err();
    let message = "the group of `server` needs 400 rules in for IPv4, and AWS takes 60 in each of 5 groups";
    assert_eq!(reports.iter().map(|report| report.message.as_str()).collect::<Vec<_>>(), [message]);
    // What can be raised, and how far.
    let raised =
        |rules, groups| busy(apart(400), &[("rules-per-group", rules), ("groups-per-interface", groups)]);
    assert_eq!(plan(&raised("100", "10")).groups.len(), 4);
    let reports = try_plan(&raised("100", "16")).unwrap_err();
    let message = "`gov` states 100 rules in each of 16 groups, and AWS takes 1000 rules on an interface";
    assert_eq!(reports[0].message, message);
    assert_eq!(reports[0].helps[0].text, "with 100 rules write `groups-per-interface = 10` or less");
}

#[test]
fn each_further_group_states_its_egress_and_peers_name_the_first() {
    let mut site = gov().segment("s", "gov", &["10.0.0.0/24"]).role("busy", Some("s"), &[]);
    site = site.role("mate", Some("s"), &[]).any_role(role("shadow"), Some("s"), Some("busy"));
    site = site.role("users", None, &["10.9.0.0/16"]);
    for port in apart(90) {
        site = site.allow(&format!("p{port}"), "busy", "users", &format!("tcp/{port}"));
    }
    let policy = site.allow("x", "mate", "busy", "tcp/443").allow("y", "busy", "busy", "tcp/1").policy();
    let plan = plan(&policy);
    assert_eq!(deployed(&plan, &policy).losses(&policy), []);
    let groups: Vec<(&str, &str, &str)> = plan
        .groups
        .iter()
        .map(|group| (group.id.as_str(), group.name.as_str(), group.description.as_str()))
        .collect();
    assert_eq!(
        groups,
        [
            ("Sg2Busy", "seg-test-busy.2", "Role busy of site test, group 2"),
            ("SgBusy", "seg-test-busy", "Role busy of site test"),
            ("SgMate", "seg-test-mate", "Role mate of site test"),
        ]
    );
    let identities = AwsSg.identities(&plan);
    assert_eq!(identities[&policy.find("shadow").unwrap()], identities[&policy.find("busy").unwrap()]);
    let template = template(&plan);
    let resources = template["Resources"].as_object().unwrap();
    for group in ["SgBusy", "Sg2Busy"] {
        assert_eq!(resources[group]["Properties"]["SecurityGroupEgress"][0]["CidrIp"], "127.0.0.1/32");
        let inside = |resource: &&Value| resource["Properties"]["GroupId"]["Fn::GetAtt"][0] == group;
        let egress = |resource: &&Value| resource["Type"] == "AWS::EC2::SecurityGroupEgress";
        // The rule that names nowhere takes the sixtieth place.
        let rules = resources.values().filter(inside).filter(egress).count();
        assert_eq!(rules, if group == "SgBusy" { 59 } else { 32 });
    }
    let peers =
        |rule: &&str| resources[*rule]["Properties"]["SourceSecurityGroupId"]["Fn::GetAtt"][0].clone();
    assert_eq!(peers(&"InBusyTcp1FromSgBusy"), "SgBusy");
    let calls: Value = serde_json::from_slice(&AwsSg.render(&plan, API).bytes).unwrap();
    let second = &calls["groups"][0];
    assert_eq!(second["CreateSecurityGroup"]["GroupName"], "seg-test-busy.2");
    assert_eq!(second["AuthorizeSecurityGroupEgress"]["GroupId"], "{{security-group:seg-test-busy.2}}");
    assert_eq!(second["RevokeSecurityGroupEgress"][1]["GroupId"], "{{security-group:seg-test-busy.2}}");

    // Read-back sees each group by itself: an unstated egress of the second one opens everything.
    let mut open = plan.clone();
    open.groups[0].inline_egress.clear();
    let found = widenings(&open, &policy);
    assert!(found.iter().any(|line| line.starts_with("busy -> elsewhere : any")), "{found:?}");
    let mut lost = plan.clone();
    lost.groups.remove(0);
    assert_ne!(deployed(&lost, &policy).losses(&policy), []);
}

#[test]
fn the_lock_keeps_every_rule_in_its_group() {
    let places = |policy: &Policy, lock: &Lock| {
        let (mut sink, options) = (Sink::new(), BTreeMap::new());
        let mut cx = PlanContext::new(&mut sink, lock, &options);
        let plan = AwsSg.plan(policy, PlatformId(0), &mut cx).unwrap();
        let places: BTreeMap<String, u32> =
            plan.rules.iter().map(|rule| (rule.id.clone(), rule.part)).collect();
        (places, cx.into_used())
    };
    // A group with plenty of room needs no lock; a nearly full one is kept before it overflows.
    assert_eq!(places(&busy(apart(48), &[]), &Lock::new()).1, Lock::new());
    let (before, lock) = places(&busy(apart(60), &[]), &Lock::new());
    assert_eq!(lock.numbers["gov/groups/SgServer"].len(), 60);
    // Its name comes first, and it takes the last place all the same.
    let (after, lock) = places(&busy(apart(60).chain([100]), &[]), &lock);
    assert!(before.iter().all(|(id, part)| after.get(id) == Some(part)));
    assert_eq!(after["InServerTcp100FromCidr10x9x0x0n16"], 2);
    // Room that becomes free is for the next new rule only.
    let (rest, lock) = places(&busy(apart(60).skip(3).chain([100]), &[]), &lock);
    assert_eq!(rest["InServerTcp100FromCidr10x9x0x0n16"], 2);
    let (new, _) = places(&busy(apart(60).skip(3).chain([100, 102]), &[]), &lock);
    assert_eq!(new["InServerTcp102FromCidr10x9x0x0n16"], 1);
    assert!(rest.iter().all(|(id, part)| new.get(id) == Some(part)));
}

#[test]
fn a_list_that_no_group_has_room_for_is_an_error() {
    let site = gov().segment("s", "gov", &["10.0.0.0/24"]).role("a", Some("s"), &[]);
    let mut corp = listed("corp", "corp-nets");
    corp.attributes.insert("prefix-list-entries".to_owned(), vec!["61".to_owned()]);
    let policy = site.any_role(corp, None, None).allow("x", "corp", "a", "tcp/1").policy();
    let reports = try_plan(&policy).unwrap_err();
    let message = "the group of `a` needs 61 rules in for IPv4, and AWS takes 60 in each of 5 groups";
    assert_eq!(reports[0].message, message);
}

#[test]
fn a_template_of_too_many_resources_is_refused() {
    let mut site = gov().segment("s", "gov", &["10.0.0.0/16"]);
    for at in 0..251 {
        site = site.role(&format!("role{at:03}"), Some("s"), &[]);
    }
    for at in 0..250 {
        site = site.allow("x", &format!("role{at:03}"), &format!("role{:03}", at + 1), "tcp/1");
    }
    let reports = try_plan(&site.policy()).unwrap_err();
    let message = "`gov` needs 751 resources of the template, and AWS takes 500";
    assert_eq!(reports.iter().map(|report| report.message.as_str()).collect::<Vec<_>>(), [message]);
    assert_eq!(reports[0].notes[0], "most rules belong to `role001` (2), `role002` (2), `role003` (2)");
}
