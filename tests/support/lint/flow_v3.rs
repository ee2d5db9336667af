//! Nutanix v3's field rules.
//!
//! Source: Prism Central v3 API description 3.1.0, `network_security_rule`; read 2026-11.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Findings;
use super::flow_v4::{lint_category, lint_ranges};
use crate::support::address::Address;
use crate::support::artifacts::flow_v3::is_policy;
use crate::support::artifacts::flow_v4::network;
use crate::support::json;

/// Adds what Prism Central or a reviewer would refuse in a document.
pub(crate) fn lint(document: &Value, findings: &mut Findings) {
    let policies = json::objects(document, &is_policy);
    findings.when(policies.is_empty(), "document", "no policy");
    for policy in policies {
        lint_policy(policy, findings);
    }
}

fn lint_policy(policy: &Value, findings: &mut Findings) {
    let (spec, resources) = (&policy["spec"], &policy["spec"]["resources"]);
    let name = json::text(spec, "name");
    findings.length(name, 1, 64, name, "name");
    findings.length(json::text(spec, "description"), 0, 1000, name, "description");
    let kind = json::text(&policy["metadata"], "kind");
    findings.when(kind != "network_security_rule", name, "metadata names another kind");
    findings.when(json::text(policy, "api_version") != "3.1.0", name, "no api_version");
    let rules = ["app_rule", "ad_rule", "quarantine_rule", "isolation_rule"];
    findings.when(
        rules.iter().filter(|key| resources.get(**key).is_some()).count() != 1,
        name,
        "several rules",
    );
    let app = &resources["app_rule"];
    findings.when(!["APPLY", "MONITOR"].contains(&json::text(app, "action")), name, "no such action");
    lint_target(&app["target_group"], name, findings);
    for key in ["inbound_allow_list", "outbound_allow_list"] {
        findings.when(!app[key].is_array(), name, format!("no {key}"));
        let mut seen = BTreeSet::new();
        for entry in json::list(app, key) {
            let mut bare = entry.clone();
            bare.as_object_mut().into_iter().for_each(|map| drop(map.shift_remove("description")));
            findings.when(!seen.insert(bare.to_string()), name, "the rule is given twice");
            lint_entry(entry, name, findings);
        }
    }
    lint_internal(app, name, findings);
}

fn lint_target(target: &Value, name: &str, findings: &mut Findings) {
    lint_filter(&target["filter"], name, findings);
    let typed = target["filter"]["params"].get("AppType").is_some();
    findings.when(!typed, name, "the target has no AppType");
}

fn lint_filter(filter: &Value, name: &str, findings: &mut Findings) {
    findings.when(
        json::text(filter, "type") != "CATEGORIES_MATCH_ALL",
        name,
        "a filter that does not match all",
    );
    findings.when(
        filter["kind_list"] != serde_json::json!(["vm"]),
        name,
        "a filter for something else than machines",
    );
    let params = json::entries(filter, "params");
    findings.when(params.is_empty(), name, "an empty filter");
    for (key, values) in params {
        let values = json::strings(values);
        findings.when(values.len() != 1, name, format!("{} values of one category key", values.len()));
        values.iter().for_each(|value| lint_category(key, value, name, findings));
    }
}

fn lint_entry(entry: &Value, name: &str, findings: &mut Findings) {
    let known = [
        "description",
        "peer_specification_type",
        "filter",
        "ip_subnet",
        "address_group_inclusion_list",
        "protocol",
        "tcp_port_range_list",
        "udp_port_range_list",
        "icmp_type_code_list",
        "service_group_list",
    ];
    findings.unknown_keys(entry, &known, name);
    findings.length(json::text(entry, "description"), 1, 64, name, "rule description");
    let has = |key: &str| entry.get(key).is_some();
    let peers = [has("filter"), has("ip_subnet"), has("address_group_inclusion_list")];
    let peer_fits = match json::text(entry, "peer_specification_type") {
        "ALL" => peers == [false, false, false],
        "FILTER" => peers == [true, false, false],
        "IP_SUBNET" => peers == [false, true, false] || peers == [false, false, true],
        _ => false,
    };
    findings.when(!peer_fits, name, "the peer is not the one that its type names");
    if has("filter") {
        lint_filter(&entry["filter"], name, findings);
    }
    if has("ip_subnet") {
        let base = Address::parse(json::text(&entry["ip_subnet"], "ip")).map(|base| base.value);
        let first = network(&entry["ip_subnet"], "ip", "prefix_length").map(|span| span.first);
        findings.when(
            base.is_none() || base != first,
            name,
            format!("{} is no canonical network", entry["ip_subnet"]),
        );
    }
    let lists = [has("tcp_port_range_list"), has("udp_port_range_list"), has("icmp_type_code_list")];
    let service_fits = match json::text(entry, "protocol") {
        "TCP" => lists == [true, false, false],
        "UDP" => lists == [false, true, false],
        "ICMP" => lists == [false, false, true],
        "" => lists == [false, false, false],
        _ => false,
    };
    findings.when(!service_fits, name, "the ports are not those of the protocol");
    for key in ["tcp_port_range_list", "udp_port_range_list"] {
        findings.when(has(key) && json::list(entry, key).is_empty(), name, format!("{key} is empty"));
        lint_ranges(json::list(entry, key), ["start_port", "end_port"], name, findings);
    }
}

/// The internal policy is stated, unless rules between members say more than all or nothing.
fn lint_internal(app: &Value, name: &str, findings: &mut Findings) {
    let target = &app["target_group"];
    let own = &target["filter"]["params"];
    let lists = ["inbound_allow_list", "outbound_allow_list"];
    let to_self =
        lists.iter().flat_map(|key| json::list(app, key)).any(|entry| entry["filter"]["params"] == *own);
    let stated = ["DENY_ALL", "ALLOW_ALL"].contains(&json::text(target, "default_internal_policy"));
    findings.when(!stated && !to_self, name, "no default_internal_policy");
}
