//! What happens when a plan passes Azure's limits.

use super::*;

/// A segment of desktops, and clients with a statement for each of some ports.
fn many_statements(count: u16, step: u16) -> SiteBuilder {
    let mut site = azure().segment("desktops", "weu", &["10.40.8.0/24"]);
    site = site.any_role(provisioned("vda"), Some("desktops"), None).role("users", None, &["10.30.0.0/16"]);
    for at in 0..count {
        site = site.allow(&format!("line{at:04}"), "users", "vda", &format!("tcp/{}", 1000 + at * step));
    }
    site
}

fn used(plan: &Plan, quota: &str) -> u64 {
    plan.quotas.iter().find(|line| line.quota == quota).unwrap().used
}

#[test]
fn rows_stay_apart_up_to_the_limit_and_are_one_rule_beyond() {
    let plan = plan_of(&many_statements(998, 2).policy());
    assert_eq!(used(&plan, "security rules of nsg-test-desktops"), 1000);
    let policy = many_statements(999, 2).policy();
    let plan = plan_of(&policy);
    assert_exact(&policy, &plan);
    let rules = &plan.nsgs[0].rules;
    assert_eq!(rules.len(), 3);
    assert_eq!((rules[0].name.as_str(), rules[0].rows.len()), ("in.users.vda.line0000.tcp", 999));
    let Ports::Listed(ports) = &rules[0].ports else { panic!("some ports") };
    assert_eq!(ports.len(), 999);
}

#[test]
fn a_merged_rule_keeps_its_number_and_one_more_row_changes_none() {
    let (plan, _, lock) = planned(&many_statements(999, 1).policy(), &Lock::new());
    let numbers = numbers(&plan.unwrap());
    // The lock knows what is written, not what was merged away.
    assert_eq!(lock.numbers["weu/priorities/nsg-test-desktops/Inbound"].len(), 1);
    let more = many_statements(999, 1).role("other", None, &["10.32.0.0/16"]);
    let more = more.allow("a", "other", "vda", "tcp/9").policy();
    let (after, _, again) = planned(&more, &lock);
    let after = super::numbers(&after.unwrap());
    assert!(numbers.iter().all(|(name, number)| after.get(name) == Some(number)));
    assert_eq!(after.len(), numbers.len() + 1);
    let (unchanged, ..) = planned(&more, &again);
    assert_eq!(super::numbers(&unchanged.unwrap()), after);
}

#[test]
fn roles_are_named_together_ten_to_a_rule() {
    let mut site = azure().segment("front", "weu", &["10.40.1.0/24"]).role("dc", None, &["10.60.1.0/28"]);
    for at in 0..45 {
        site = site.role(&format!("app{at:02}"), Some("front"), &[]);
        for port in 0..25 {
            let label = format!("l{port}");
            site = site.allow(&label, &format!("app{at:02}"), "dc", &format!("tcp/{}", 100 + 2 * port));
        }
    }
    let policy = site.policy();
    let plan = plan_of(&policy);
    assert_exact(&policy, &plan);
    // 1125 rows, five rules of up to ten groups, and the closing rules.
    assert_eq!(used(&plan, "security rules of nsg-test-front"), 7);
    assert_eq!(used(&plan, "application security groups on one side of a rule"), 10);
    assert_eq!(used(&plan, "application security groups named by nsg-test-front"), 45);
    let artifact = AzureNsg.render(&plan, INFO.spellings[0]);
    assert_eq!(artifact.rules.len(), 1125);
}

#[test]
fn what_merging_cannot_keep_is_refused_with_the_largest_lines() {
    let mut site = azure().segment("back", "weu", &["10.40.2.0/23"]).role("db", Some("back"), &[]);
    let hosts = |block: usize| -> Vec<String> {
        (0..1400).map(|at| format!("10.{}.{}.{}/32", 60 + block, at / 100, 2 * (at % 100))).collect()
    };
    for block in 0..3 {
        let hosts = hosts(block);
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let (name, port) = (format!("site{block}"), format!("tcp/{}", 1433 + 2 * block));
        site = site.role(&name, None, &hosts).allow(&format!("db{block}"), &name, "db", &port);
    }
    let report = refusal(&site.policy());
    assert_eq!(report.code, codes::QUOTA_EXCEEDED);
    assert_eq!(report.message, "4200 source addresses of nsg-test-back are needed, and Azure takes 4000");
    assert_eq!(report.notes[0], "most come from: `site0` 1400, `site1` 1400, `site2` 1400");
    assert_eq!(report.labels.len(), 4);
    assert!(report.helps[0].text.starts_with("split its segment"), "{:?}", report.helps);
}

#[test]
fn addresses_that_rows_repeat_are_listed_once_when_they_are_too_many() {
    let hosts: Vec<String> =
        (0..1400).map(|at| format!("10.60.{}.{}/32", at / 100, 2 * (at % 100))).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let mut site = azure().segment("back", "weu", &["10.40.2.0/23"]).role("db", Some("back"), &[]);
    site = site.role("sites", None, &hosts);
    for port in 0..3 {
        site = site.allow(&format!("db{port}"), "sites", "db", &format!("tcp/{}", 1433 + 2 * port));
    }
    let policy = site.policy();
    let plan = plan_of(&policy);
    assert_exact(&policy, &plan);
    assert_eq!(used(&plan, "source addresses of nsg-test-back"), 1400);
}
