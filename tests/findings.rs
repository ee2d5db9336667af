//! Findings as a reviewer meets them: what a change to a site brings, how much it weighs, and what a site lives with.

use crate::support::command::{folder_with, segc};
use segc::diagnostic::codes::{Code, TABLE};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What `segc check` said.
struct Checked {
    code: i32,
    report: Value,
}

impl Checked {
    /// The findings with a code or an FC number.
    fn of(&self, id: &str) -> Vec<&Value> {
        let findings = self.report["findings"].as_array().unwrap();
        findings.iter().filter(|finding| finding["code"] == id || finding["finding"] == id).collect()
    }

    fn severities(&self, id: &str) -> Vec<&str> {
        self.of(id).into_iter().map(|finding| finding["severity"].as_str().unwrap()).collect()
    }

    /// The messages of errors.
    fn errors(&self) -> Vec<String> {
        let findings = self.report["findings"].as_array().unwrap();
        let errors = findings.iter().filter(|finding| finding["severity"] == "error");
        errors.map(|error| format!("{}: {}", error["code"], error["message"])).collect()
    }

    /// That an error of a code is there, with lines of at least `labels` places, help, and some words in its message.
    fn has_error(&self, id: &str, words: &[&str], labels: usize) {
        let fits = |finding: &&Value| {
            let message = finding["message"].as_str().unwrap();
            finding["severity"] == "error"
                && words.iter().all(|word| message.contains(word))
                && finding["labels"].as_array().unwrap().len() >= labels
                && !finding["help"].as_array().unwrap().is_empty()
        };
        assert!(self.of(id).iter().any(fits), "no error {id} with {words:?}: {:#?}", self.errors());
        assert_eq!(self.code, 1);
    }
}

fn check(text: &str, arguments: &[&str]) -> Checked {
    let folder = folder_with(text);
    let output = segc(folder.path(), &[&["check", "site.seg", "--format", "json"], arguments].concat());
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    Checked { code: output.status.code().unwrap(), report }
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).join("site.seg");
    std::fs::read_to_string(path).unwrap()
}

/// An example with one text in place of another.
fn changed(name: &str, old: &str, new: &str) -> String {
    let text = example(name);
    assert_eq!(text.matches(old).count(), 1, "{name}: `{old}` does not stand there once");
    text.replace(old, new)
}

#[test]
fn no_example_has_an_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut checked = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let site = entry.unwrap().path().join("site.seg");
        if site.exists() {
            let site = site.display().to_string();
            let output = Command::new(env!("CARGO_BIN_EXE_segc")).args(["check", &site]).output().unwrap();
            assert!(output.status.success(), "{site}: {}", String::from_utf8_lossy(&output.stdout));
            checked += 1;
        }
    }
    assert!(checked >= 7, "{checked} examples");
}

#[test]
fn desktops_with_a_share_on_each_other_meet_the_promise() {
    let text = example("daas-aws") + "\nintent profile-share vda -> vda\n";
    let checked = check(&text, &[]);
    // The catalogue knows no desktop that serves profiles; that it is excluded anyway is said at once.
    checked.has_error("SEG2110", &["vda"], 3);
    assert!(checked.of("SEG2110")[0]["notes"].to_string().contains("`no-lateral`"));
    let text = example("daas-aws") + "\nallow vda -> vda : tcp/445 because \"Profiles\"\n";
    let checked = check(&text, &[]);
    checked.has_error("SEG5001", &["no-lateral"], 2);
    checked.has_error("FC-10", &["itself"], 1);
}

#[test]
fn cloud_names_without_a_proxy_meet_the_promise_and_have_no_route() {
    let checked = check(&changed("daas-aws", " via web-proxy", ""), &[]);
    checked.has_error("SEG5001", &["no-direct-out"], 2);
    checked.has_error("FC-19", &["no way out"], 2);
}

#[test]
fn a_helper_without_the_desktops_group_is_an_error() {
    let old = "volume-worker on desktops        { same-group-as = vda  lifetime = transient }";
    let checked = check(&changed("daas-aws", old, "volume-worker on desktops { lifetime = transient }"), &[]);
    checked.has_error("FC-22", &["volume-worker"], 1);
    assert_eq!(checked.of("FC-22").len(), 1);
}

#[test]
fn a_widening_that_meets_a_promise_is_an_error_with_both_lines() {
    let text = example("daas-aws") + "\nforbid f: connector -> vda : tcp/443 because \"x\"\n";
    let checked = check(&text, &[]);
    checked.has_error("SEG6003", &["`f`", "connector", "vda"], 2);
    assert!(checked.of("SEG5001").is_empty(), "the file itself has no overlap");
}

#[test]
fn an_exception_that_pierces_no_longer_shows_both_lines() {
    let text = example("flex-azure");
    let (before, after) = text.split_once("exception EX-103 {").unwrap();
    let text = format!("{before}exception EX-103 {{{}", after.replacen("pierces no-rdp", "", 1));
    let checked = check(&text, &[]);
    checked.has_error("SEG5001", &["no-rdp"], 2);
}

#[test]
fn a_promise_on_one_range_is_nothing_that_the_network_keeps() {
    let old = "because \"Citrix-managed connectors may not use a proxy\" enforced-by config";
    let checked =
        check(&changed("flex-azure", old, "because \"Citrix-managed connectors may not use a proxy\""), &[]);
    checked.has_error("SEG6003", &["no-proxy-cc", "connector", "web-proxy"], 2);
}

#[test]
fn a_store_without_its_port_warns_of_the_dynamic_range() {
    let checked = check(&changed("cvad-nutanix", " { peer-port = 49300 }", ""), &[]);
    assert!(checked.severities("SEG3005").contains(&"warning"), "{:#?}", checked.report);
}

#[test]
fn two_roles_with_one_tier_are_not_told_apart() {
    let checked = check(&changed("cvad-nutanix", "tier = \"Director\"", "tier = \"License\""), &[]);
    checked.has_error("SEG6006", &["director", "license"], 2);
}

#[test]
fn a_gateway_endpoint_from_another_network_is_no_way() {
    let old = "role s3-api     : interface-endpoint  on dr-endpoints { service = s3   private-dns = on }";
    let new = "role s3-api : gateway-endpoint { service = s3  prefix-list = \"com.amazonaws.eu-west-1.s3\" }";
    let checked = check(&changed("three-platforms-r2", old, new), &[]);
    checked.has_error("FC-19", &["gateway endpoint"], 2);
}

/// Desktops that register on port 80, under a hardening.
fn registering(hardening: &str, more: &str) -> String {
    format!(
        "site \"s\" {{ effective = 2026-02-01  hardening = {hardening} }}\n\
         role vda : vda {{ cidr = 10.1.0.0/24  delivery = hosted-vdi }}\n\
         role linux : linux-vda {{ cidr = 10.2.0.0/24  delivery = hosted-vdi }}\n\
         role controller : delivery-controller {{ cidr = 10.3.0.0/28 }}\n\
         intent vda-registration vda, linux -> controller\n{more}"
    )
}

#[test]
fn hardening_decides_how_much_a_finding_weighs() {
    assert_eq!(check(&registering("standard", ""), &[]).severities("FC-08"), ["note"]);
    assert_eq!(check(&registering("strict", ""), &[]).severities("FC-08"), ["warning"]);
    let no_delivery = "role other : vda { cidr = 10.4.0.0/24 }\n";
    assert_eq!(check(&registering("standard", no_delivery), &[]).severities("FC-01"), ["warning"]);
    let strict = check(&registering("strict", no_delivery), &[]);
    assert_eq!((strict.severities("FC-01"), strict.code), (vec!["error"], 1));
}

#[test]
fn what_a_site_accepts_stays_visible_with_its_reason() {
    let accept = "accept FC-08 because \"Approved in CHG1\"\n";
    let checked = check(&registering("strict", accept), &[]);
    assert_eq!(checked.severities("FC-08"), ["note"]);
    assert_eq!(checked.of("FC-08")[0]["accepted"], "Approved in CHG1");
    assert!(checked.of("SEG5005").is_empty());
}

#[test]
fn sarif_suppresses_what_is_accepted_and_keeps_the_reason() {
    let folder = folder_with(&registering("strict", "accept FC-08 because \"Approved in CHG1\"\n"));
    let output = segc(folder.path(), &["check", "site.seg", "--format", "sarif", "--allow", "FC-13"]);
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |code: &str| results.iter().find(|result| result["ruleId"] == code).unwrap();
    let suppression = &of("SEG4008")["suppressions"][0];
    assert_eq!(
        (&suppression["kind"], &suppression["justification"]),
        (&"inSource".into(), &"Approved in CHG1".into())
    );
    assert_eq!(of("SEG4013")["suppressions"][0]["kind"], "external");
    assert!(results.iter().all(|result| result["suppressions"].is_array()));
}

#[test]
fn a_finding_is_accepted_for_all_its_roles_or_not_at_all() {
    let for_one = check(&registering("strict", "accept FC-08 on vda because \"One\"\n"), &[]);
    assert_eq!(for_one.severities("FC-08"), ["warning"], "linux is not accepted");
    let lines = "accept FC-08 on vda because \"One\"\naccept SEG4008 on linux because \"Other\"\n";
    let for_both = check(&registering("strict", lines), &[]);
    assert_eq!(for_both.severities("FC-08"), ["note"]);
    assert_eq!(for_both.of("FC-08")[0]["accepted"], "One; Other");
}

#[test]
fn the_command_line_has_the_last_word() {
    let accept = registering("standard", "accept FC-08 because \"Approved\"\n");
    let denied = check(&accept, &["--deny", "FC-08"]);
    assert_eq!((denied.severities("FC-08"), denied.code), (vec!["error"], 1));
    let strict = registering("strict", "");
    assert_eq!(check(&strict, &["--deny", "warnings"]).code, 1);
    let allowed = check(&strict, &["--deny", "warnings", "--allow", "FC-08,FC-13,SEG4020"]);
    assert_eq!(allowed.severities("FC-08"), ["note"], "{:#?}", allowed.errors());
    assert_eq!(allowed.of("FC-08")[0]["accepted"], "on the command line");
}

#[test]
fn promises_are_nothing_that_anybody_accepts() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_segc")).args(["check", "-", "--allow", "SEG5001"]).output().unwrap();
    assert_eq!(output.status.code(), Some(64));
    let broken = registering("standard", "accept SEG5001 because \"Never mind\"\n");
    check(&broken, &[]).has_error("SEG2130", &["SEG5001"], 1);
}

#[test]
fn an_acceptance_ends_on_its_day() {
    let text = registering("strict", "accept FC-08 because \"Until spring\" { until = 2026-03-01 }\n");
    assert_eq!(check(&text, &["--as-of", "2026-02-28"]).code, 0);
    let after = check(&text, &["--as-of", "2026-03-01"]);
    after.has_error("SEG5006", &["2026-03-01"], 1);
    assert_eq!(after.severities("FC-08"), ["warning"], "it counts again");
}

#[test]
fn every_finding_has_its_number() {
    for number in 1..=24 {
        let code = Code::parse(&format!("FC-{number:02}")).unwrap_or_else(|| panic!("no FC-{number:02}"));
        assert_eq!(code.to_string(), format!("SEG40{number:02}"));
        assert_eq!(code.finding(), Some(format!("FC-{number:02}")));
    }
    assert_eq!(Code::parse("FC-25"), None);
    assert_eq!(Code::parse("FC-30"), None);
}

#[test]
fn every_deployment_rule_is_kept_by_somebody() {
    let output = Command::new(env!("CARGO_BIN_EXE_segc"))
        .args(["catalogue", "list", "rules", "--format", "json"])
        .output()
        .unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules = list["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 79);
    for rule in rules {
        let keepers = rule["kept_by"].as_array().unwrap();
        assert!(!keepers.is_empty(), "{}", rule["id"]);
        for keeper in
            keepers.iter().map(|keeper| keeper.as_str().unwrap()).filter(|word| word.starts_with("SEG"))
        {
            assert!(TABLE.iter().any(|info| info.code.to_string() == keeper), "{}: no {keeper}", rule["id"]);
        }
    }
}

/// Two lines that are equal, and one that two others cover together.
#[test]
fn redundant_statements_are_found_by_the_union_of_the_others() {
    let site = |lines: &str| {
        format!(
            "site \"s\" {{ effective = 2026-02-01 }}\nrole a : client {{ cidr = 10.1.0.0/24 }}\n\
             role wide : client {{ cidr = 10.1.0.0/16 }}\nrole b : storefront {{ cidr = 10.2.0.0/28 }}\n{lines}"
        )
    };
    let line = |label: &str, from: &str, ports: &str| {
        format!("allow {label}: {from} -> b : {ports} because \"r\"\n")
    };
    let redundant = |text: &str| -> Vec<String> {
        let checked = check(text, &[]);
        let found = checked.of("FC-24").into_iter();
        found.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
    };
    let equal = site(&(line("one", "a", "tcp/8443") + &line("two", "a", "tcp/8443")));
    let found = redundant(&equal);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("allow two"), "the later one: {found:?}");
    let lines = line("low", "a", "tcp/1000-1999") + &line("high", "a", "tcp/2000-2999");
    let covered = site(&(lines.clone() + &line("both", "a", "tcp/1500-2500")));
    assert!(redundant(&covered)[0].contains("allow both"));
    let beyond = site(&(lines + &line("both", "a", "tcp/1500-3000")));
    assert!(!redundant(&beyond).iter().any(|found| found.contains("allow both")), "one port is its own");
    let by_address = site(&(line("all", "wide", "tcp/8443") + &line("some", "a", "tcp/8443")));
    assert!(redundant(&by_address)[0].contains("allow some"), "an address range covers another");
}

/// A site of standard hardening with these lines.
fn site(lines: &str) -> String {
    format!("site \"s\" {{ effective = 2026-02-01 }}\n{lines}")
}

#[test]
fn whoever_holds_the_address_of_a_role_counts_as_it() {
    let lines = "platform azure weu { resource-group = \"rg\"  region = \"westeurope\"  vnet = \"v\" }\n\
                 segment desktops on weu { cidr = 10.40.8.0/24  trust = restricted }\n\
                 role vda : vda on desktops { delivery = hosted-vdi }\n\
                 role dc : domain-controller { cidr = 10.60.1.10/32 }\n\
                 role servers : windows-server { cidr = 10.60.1.0/24 }\n\
                 allow vda -> servers : tcp/88, tcp/636, udp/53 because \"The domain\"\n";
    let checked = check(&site(lines), &[]);
    assert!(checked.of("FC-20").is_empty(), "{:#?}", checked.of("FC-20"));
    assert_eq!(checked.of("FC-13").len(), 1);
}

#[test]
fn a_part_of_what_a_role_needs_is_not_enough() {
    let roles = "platform azure weu { resource-group = \"rg\"  region = \"westeurope\"  vnet = \"v\" }\n\
                 segment desktops on weu { cidr = 10.40.8.0/24  trust = restricted }\n\
                 role vda : vda on desktops { delivery = hosted-vdi }\n\
                 role controller : delivery-controller { cidr = 10.3.0.0/28 }\n";
    let one_way = format!("{roles}allow vda -> controller : tcp/80 because \"Registration\"\n");
    assert_eq!(check(&site(&one_way), &[]).of("FC-20").len(), 1, "the broker calls back on 80");
    let both = format!("{roles}allow vda <-> controller : tcp/80 because \"Registration\"\n");
    assert!(check(&site(&both), &[]).of("FC-20").is_empty());
    let websocket = format!("{roles}allow vda -> controller : tcp/443 because \"Registration\"\n");
    assert!(check(&site(&websocket), &[]).of("FC-20").is_empty());
}

#[test]
fn remote_desktop_is_looked_at_in_every_form() {
    let roles = "role far : admin { cidr = 2001:db8::/32 }\nrole wide : admin { cidr = 10.0.0.0/9 }\n\
                 role few : admin { cidr = 10.1.3.0/28 }\nrole jump : bastion { cidr = 10.9.0.1/32, 2001:db9::1/128 }\n\
                 role vda : vda { cidr = 10.200.0.0/24  delivery = hosted-vdi }\n";
    let dated = |from: &str, to: &str, port: &str| {
        site(&format!(
            "{roles}exception EX-1 {{\n  allow {from} -> {to} : {port}\n  because \"Case\"\n  ticket = \"T\"  owner = \"O\"  \
             starts = 2026-02-01  expires = 2026-02-03\n}}\n"
        ))
    };
    assert!(check(&dated("few", "jump", "tcp/3389"), &[]).of("FC-16").is_empty());
    assert_eq!(check(&dated("far", "jump", "tcp/3389"), &[]).severities("FC-16"), ["error"], "a /32 of IPv6");
    assert_eq!(check(&dated("wide", "vda", "udp/3389"), &[]).severities("FC-16"), ["error"], "over UDP");
}

#[test]
fn what_a_helper_imposes_excuses_nothing_else() {
    let strict = |more: &str| {
        let text = example("daas-aws");
        assert!(text.contains("hardening = strict"));
        check(&(text + more), &[])
    };
    assert!(
        strict("").severities("FC-17").iter().all(|severity| *severity == "warning"),
        "provisioning's own"
    );
    let lines = "platform azure m { region = \"westeurope\"  vnet = \"v\"  managed-by = citrix }\n\
                 segment tools on m { cidr = 10.70.0.0/24 }\n\
                 role one : windows-server on tools { }\nrole two : windows-server on tools { }\n\
                 allow one -> vda : tcp/9000 because \"A tool\"\n";
    let widened = strict(lines);
    let two = |finding: &&Value| finding["message"].as_str().unwrap().contains("`two` to `vda`");
    let found: Vec<&Value> = widened.of("FC-17").into_iter().filter(two).collect();
    assert_eq!(found[0]["severity"], "error", "{:#?}", widened.of("FC-17"));
}

#[test]
fn more_than_half_of_all_ports_is_any() {
    let lines = |ports: &str| {
        site(&format!(
            "role a : windows-server {{ cidr = 10.1.0.0/28 }}\nrole b : windows-server {{ cidr = 10.2.0.0/28 }}\n\
             allow a -> b : {ports} because \"r\"\n"
        ))
    };
    assert_eq!(check(&lines("tcp/1-65534"), &[]).severities("FC-11"), ["error"]);
    assert!(check(&lines("tcp/49152-65535"), &[]).of("FC-11").is_empty());
}

#[test]
fn unneeded_acceptances_are_warnings_that_can_be_denied() {
    let text = site("role a : client { cidr = 10.1.0.0/28 }\naccept FC-01 because \"Later\"\n");
    assert_eq!(check(&text, &[]).code, 0);
    let denied = check(&text, &["--deny", "warnings"]);
    assert_eq!((denied.severities("SEG5005"), denied.code), (vec!["error"], 1));
}

#[test]
fn lines_of_ones_own_are_judged_like_those_of_the_catalogue() {
    let lines = "role store : storefront { cidr = 10.1.0.0/28 }\nrole controller : delivery-controller { cidr = 10.2.0.0/28 }\n\
                 role sql : sql-server { cidr = 10.3.0.0/28 }\n\
                 allow store -> controller : tcp/80 because \"XML\"\nallow controller -> sql : tcp/1433 because \"Database\"\n";
    let checked = check(&site(lines), &[]);
    assert_eq!(checked.severities("FC-06"), ["warning"]);
    assert_eq!(checked.severities("FC-09"), ["note"]);
}
