//! What happens with the maxima that a site states for its Prism Central.

use super::*;

/// One tier that two outside parties reach on many ports.
fn busy(attributes: &[(&str, &str)]) -> Policy {
    let all: Vec<(&str, &str)> = [("category", "AppType:Citrix")].iter().chain(attributes).copied().collect();
    let mut site = SiteBuilder::new()
        .platform("nutanix", "dc1", &all)
        .any_role(tiered("server", "Server", &["10.10.20.0/28"]), Some("dc1"), None)
        .role("users", None, &["10.30.0.0/16"])
        .role("sites", None, &["10.31.0.0/24", "10.31.2.0/24", "10.31.4.0/24"]);
    for at in 0..10 {
        site = site.allow(
            &format!("line{at}"),
            "users",
            "server",
            &format!("tcp/{},udp/{}", 80 + at, 80 + 2 * at),
        );
    }
    site.allow("other", "sites", "server", "tcp/443").policy()
}

fn quotas(plan: &Plan) -> Vec<String> {
    plan.quotas.iter().map(|line| format!("{} {}/{}", line.quota, line.used, line.limit)).collect()
}

#[test]
fn nothing_is_claimed_and_nothing_merged_without_the_author_s_word() {
    let plan = assert_exact(&busy(&[]));
    assert_eq!(plan.quotas, []);
    assert_eq!(plan.policies[0].rules.len(), 21);
}

#[test]
fn rules_of_one_peer_and_protocol_are_merged_when_a_policy_has_too_many() {
    // The rule that denies what passes within the tier is the twenty-second.
    assert_eq!(assert_exact(&busy(&[("rules-per-policy", "22")])).policies[0].rules.len(), 21);
    let plan = assert_exact(&busy(&[("rules-per-policy", "21")]));
    let rules = &plan.policies[0].rules;
    assert_eq!(rules.len(), 3);
    let merged = Services::Tcp(vec![Ports { start: 80, end: 89 }]);
    assert_eq!(rules.iter().find(|rule| rule.services == merged).map(|rule| rule.rows.len()), Some(10));
    assert_eq!(quotas(&plan), ["rules of test-server 4/21"]);
    for spelling in [V3, V4] {
        let artifact = NutanixFlow.render(&plan, spelling);
        assert_eq!(artifact.rules.len(), 21);
    }
}

#[test]
fn every_stated_maximum_is_counted_and_kept() {
    let stated = [("rules-per-policy", "4"), ("policies-per-prism", "1"), ("ranges-per-address-group", "3")];
    let lines = quotas(&plan(&busy(&stated)));
    let ranges = "ranges of the address group test-sites 3/3";
    assert_eq!(lines, ["rules of test-server 4/4", ranges, "policies 1/1"]);
    let (plan, sink) = try_plan(&busy(&[("rules-per-policy", "3"), ("ranges-per-address-group", "2")]), None);
    assert!(plan.is_none());
    let reports = sink.into_sorted();
    let messages: Vec<&str> = reports.iter().map(|report| report.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "the address group `test-sites` needs 3 ranges, and `dc1` takes 2",
            "the policy `test-server` needs 4 rules, and `dc1` takes 3",
        ]
    );
    assert!(reports.iter().all(|report| report.code == codes::QUOTA_EXCEEDED && !report.helps.is_empty()));
    // The platform's word, and the three statements with most rules.
    assert_eq!(reports[1].labels.len(), 4);
    assert_eq!(reports[1].notes[0], "8 more statements take part");
}
