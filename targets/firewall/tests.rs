//! What the target makes of small sites, read back and compared with what they say.

mod read;
mod sabotage;

use super::plan::{Endpoint, Plan};
use super::{CSV, Firewall};
use crate::diagnostic::{Sink, codes};
use crate::model::{Manager, Role};
use crate::policy::flow_set::FlowSet;
use crate::policy::testing::{SiteBuilder, addresses, role, services};
use crate::policy::{KnownBy, PlatformId, Policy};
use crate::target::compare::Deployed;
use crate::target::{Backend, Lock, PlanContext};
use std::collections::BTreeMap;

fn site() -> SiteBuilder {
    SiteBuilder::new().platform("firewall", "edge", &[])
}

/// Two ranges on each side, both families, names, ICMP.
fn branch() -> SiteBuilder {
    let names = vec!["a.example".to_owned(), "b.example".to_owned()];
    let cloud = Role { known_by: vec![KnownBy::Names(names)], ..role("cloud") };
    let files = Role {
        addresses: addresses(&["10.2.0.0/28"]),
        managed_by: Some(Manager::Team("=Server team".to_owned())),
        ..role("files")
    };
    site()
        .role("vda", Some("edge"), &["10.0.0.0/24", "10.0.2.0/24", "fd00:1::/64"])
        .role("dc", None, &["10.1.0.10/32", "10.1.0.12/32", "fd00:2::10/128"])
        .any_role(files, Some("edge"), None)
        .any_role(cloud, None, None)
        .role("users", None, &["10.9.0.0/16"])
        .allow("directory", "vda", "dc", "tcp/88,tcp/389,udp/88")
        .allow("echo", "dc", "vda", "icmp/8/0,icmp/3,icmpv6/128")
        .allow("control", "vda", "cloud", "tcp/443")
        .allow("profiles", "vda", "files", "tcp/445")
        .allow("elsewhere", "users", "dc", "udp/53")
}

fn try_plan(policy: &Policy) -> (Option<Plan>, Sink) {
    let (mut sink, lock, options) = (Sink::new(), Lock::new(), BTreeMap::new());
    let mut cx = PlanContext::new(&mut sink, &lock, &options);
    let plan = Firewall.plan(policy, PlatformId(0), &mut cx);
    (plan, sink)
}

fn plan(policy: &Policy) -> Plan {
    try_plan(policy).0.unwrap()
}

fn deployed(plan: &Plan, policy: &Policy) -> Deployed {
    let permits = Firewall.permits(plan, policy).unwrap();
    Deployed::new(policy, BTreeMap::from([(PlatformId(0), permits)]))
}

/// The records of the file without its header, by a reader of its own.
fn records(plan: &Plan) -> Vec<Vec<String>> {
    let text = String::from_utf8(Firewall.render(plan, CSV).bytes).unwrap();
    let cells = |line: &str| -> Vec<String> {
        let inner = line.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
        inner.split("\",\"").map(str::to_owned).collect()
    };
    text.lines().skip(1).map(cells).collect()
}

#[test]
fn a_site_is_permitted_exactly() {
    let policy = branch().policy();
    let plan = plan(&policy);
    let deployed = deployed(&plan, &policy);
    assert_eq!(deployed.losses(&policy), []);
    assert_eq!(deployed.widenings(&policy), FlowSet::empty());
    let vda = policy.find("vda").unwrap();
    let expected = serde_json::json!({
        "addresses": ["10.0.0.0/24", "10.0.2.0/24", "fd00:1::/64"], "names": []
    });
    assert_eq!(Firewall.identities(&plan)[&vda], expected);
}

#[test]
fn there_is_a_line_for_each_source_destination_and_range_of_one_family() {
    let records = records(&plan(&branch().policy()));
    let of = |purpose: &str, protocol: &str| -> Vec<(String, String, String)> {
        let wanted = records.iter().filter(|cells| cells[8] == purpose && cells[5] == protocol);
        wanted.map(|cells| (cells[2].clone(), cells[4].clone(), cells[6].clone())).collect()
    };
    // Two ranges to two addresses, and one to one in IPv6, each for two ports.
    assert_eq!(of("allow directory", "tcp").len(), 10);
    assert_eq!(of("allow directory", "udp").len(), 5);
    assert!(of("allow echo", "icmp").iter().all(|(source, ..)| source.starts_with("10.")));
    let echo = of("allow echo", "icmpv6");
    assert_eq!(echo, [("fd00:2::10/128".into(), "fd00:1::/64".into(), "type 128".into())]);
    // Names go with either family.
    assert_eq!(of("allow control", "tcp").len(), 6);
    assert!(of("allow control", "tcp").iter().any(|(_, name, _)| name == "b.example"));
    // Flows with no end behind the firewall are not its business.
    assert!(of("allow elsewhere", "udp").is_empty());
}

#[test]
fn every_pointer_leads_to_a_line_with_its_row() {
    let artifact = Firewall.render(&plan(&branch().policy()), CSV);
    let text = String::from_utf8(artifact.bytes).unwrap();
    assert!(text.ends_with('\n') && !text.contains('\r'));
    assert!(text.starts_with("\"id\",\"source role\",\"source address\","));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(artifact.rules.len(), lines.len() - 1);
    for rule in &artifact.rules {
        let number: usize = rule.pointer.strip_prefix("line ").unwrap().parse().unwrap();
        assert!(lines[number - 1].starts_with(&format!("\"{}\",", rule.row)));
    }
}

#[test]
fn text_of_the_site_can_not_become_a_formula() {
    let policy = branch().allow("=cmd|' /C calc'!A0", "users", "vda", "tcp/1494").policy();
    let records = records(&plan(&policy));
    let profiles = records.iter().find(|cells| cells[8] == "allow profiles").unwrap();
    assert_eq!(profiles[10], "files: =Server team");
    let dangerous = |cell: &&String| cell.starts_with(['=', '+', '-', '@']);
    assert_eq!(records.iter().flatten().find(dangerous), None);
}

#[test]
fn a_role_without_address_or_name_is_refused() {
    let policy = site()
        .role("a", Some("edge"), &[])
        .role("b", None, &["10.1.0.0/24"])
        .allow("x", "a", "b", "tcp/1")
        .policy();
    let (plan, sink) = try_plan(&policy);
    assert!(plan.is_none());
    assert_eq!(sink.diagnostics()[0].code, codes::NO_ADDRESS);
    assert!(sink.diagnostics()[0].message.contains("`a`"));
}

#[test]
fn an_exception_says_its_last_day() {
    let mut policy_lines = records(&plan(&branch().policy()));
    assert!(policy_lines.iter().all(|cells| cells[11].is_empty()));
    let policy = branch().exception("EX-1", "users", "vda", "tcp/3389", 10).policy();
    policy_lines = records(&plan(&policy));
    let dated = policy_lines.iter().find(|cells| cells[8] == "exception EX-1").unwrap();
    // In force up to the day before 2026-01-11.
    assert_eq!(dated[11], "2026-01-10");
}

#[test]
fn roles_at_one_address_are_one_party_and_the_widening_shows() {
    let policy = site()
        .segment("lan", "edge", &["10.0.0.0/24"])
        .role("a", Some("lan"), &[])
        .role("b", Some("lan"), &[])
        .role("users", None, &["10.9.0.0/16"])
        .allow("x", "users", "a", "tcp/443")
        .policy();
    let deployed = deployed(&plan(&policy), &policy);
    assert_eq!(deployed.losses(&policy), []);
    let (users, b) = (policy.find("users").unwrap(), policy.find("b").unwrap());
    assert_eq!(deployed.between(&policy, users, b).0, services("tcp/443"));
}

#[test]
fn sabotage_is_seen_by_the_read_back() {
    let policy = branch().policy();
    let good = plan(&policy);

    let mut dropped = good.clone();
    dropped.rows.pop();
    assert!(!deployed(&dropped, &policy).losses(&policy).is_empty());

    let mut part = good.clone();
    part.rows.iter_mut().find(|row| row.purpose == "allow directory").unwrap().lines.remove(0);
    assert!(Firewall.permits(&part, &policy).is_err());

    let mut one_name = good.clone();
    let control = one_name.rows.iter_mut().find(|row| row.purpose == "allow control").unwrap();
    control.lines.retain(|line| line.destination != Endpoint::Name("b.example".to_owned()));
    assert!(!deployed(&one_name, &policy).losses(&policy).is_empty());

    let mut wide = good.clone();
    wide.rows[0].lines.iter_mut().for_each(|line| line.service.high = u16::MAX);
    assert!(!deployed(&wide, &policy).widenings(&policy).is_empty());
}

#[test]
fn another_row_changes_no_other_line() {
    let before = records(&plan(&branch().policy()));
    let after = records(&plan(&branch().allow("more", "users", "vda", "tcp/22").policy()));
    assert_eq!(after.len(), before.len() + 2);
    assert!(before.iter().all(|line| after.contains(line)));
}
