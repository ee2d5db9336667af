//! The manifest, its roles against the site's text, and the answers of several spellings.

use serde_json::{Value, json};

use super::{manifest_of, role};
use crate::support::artifacts::{Answer, EndVerdict, Output, Spelling, read_file};
use crate::support::judge::{Direction, Verdict};
use crate::support::manifest as manifest_reader;
use crate::support::service::Service;
use crate::support::{lint, site};

const FILE: &[u8] = b"{\"a\": [{}]}\n";

fn good() -> Value {
    let roles = json!({"vda": role("vda", &["10.0.0.0/24"], json!({"azure-nsg": {"nsg": "n", "asgs": []}}))});
    let mut manifest = manifest_of("azure-nsg", &roles, &[("p/x.json", FILE)]);
    manifest["rules"] = json!([{"id": "R-1", "artifact": "p/x.json", "pointer": "/a/0", "from": "vda", "to": "vda",
        "service": "tcp/1", "provenance": []}]);
    manifest["widenings"] =
        json!([{"id": "W-1", "from": "a, b", "to": "c", "service": "tcp/53, 80-90, udp/53", "cause": "x"}]);
    manifest
}

fn problems(manifest: &Value) -> String {
    let file = read_file("p/x.json", "p", FILE.to_vec()).unwrap();
    let output = Output::new(manifest_reader::read(manifest), vec![file]);
    let found =
        lint::lint(&output).into_iter().map(|finding| format!("{}: {}", finding.place, finding.problem));
    found.collect::<Vec<_>>().join("\n")
}

#[test]
fn damage_is_found() {
    let rows = [
        ("/schema", json!("segc/manifest/2"), "schema is not"),
        ("/quotas", Value::Null, "no key `quotas`"),
        ("/artifacts/0/sha256", json!("00"), "another sha256"),
        ("/artifacts/0/spelling", Value::Null, "no key `spelling`"),
        ("/rules/0/pointer", json!("/a/1"), "which is nothing"),
        ("/rules/0/pointer", json!("/a"), "which is nothing"),
        ("/rules/0/artifact", json!("p/y.json"), "which is nothing"),
        ("/rules/0/provenance", Value::Null, "no key `provenance`"),
        ("/roles/vda/identity", json!({}), "no identity"),
        ("/roles/vda/addresses/0", json!("10.0.0.0/99"), "no address"),
        ("/widenings/0/service", json!("tcp/x"), "no service"),
    ];
    super::damage(&good(), &rows, &problems);
}

#[test]
fn widenings_cover_roles_and_services() {
    let manifest = manifest_reader::read(&good());
    let covers = |src, dst, port| manifest.widenings[0].covers(src, dst, Service::parse(port).unwrap());
    assert!(covers("a", "c", "tcp/53") && covers("b", "c", "tcp/80-90") && covers("b", "c", "udp/53"));
    assert!(!covers("c", "a", "tcp/53") && !covers("a", "c", "tcp/80-91") && !covers("a", "c", "icmp"));
}

#[test]
fn roles_are_held_to_the_sites_text() {
    let manifest = manifest_reader::read(&good());
    let differences = |text: &str| site::differences(&manifest, text);
    let segment = "segment s on p { cidr = 10.0.0.0/24 }";
    assert!(differences(&format!("{segment} role vda : vda on s {{ }}")).is_empty());
    assert!(
        differences(&format!("{segment} role vda : vda on q {{ cidr = 10.0.0.0/24 }}"))[0].contains("is on")
    );
    assert!(differences("role vda : vda on p { cidr = 10.0.0.0/25 }")[0].contains("other addresses"));
    assert!(differences(segment)[0].contains("not in the text"));
    let other = format!("{segment} role vda : vda on s {{ }} role more : vda on s {{ }}");
    assert!(differences(&other)[0].contains("`more` is missing"));
}

#[test]
fn ends_add_up_and_spellings_must_agree() {
    let end =
        |direction, spelling, verdict| EndVerdict { direction, platform: "p".to_owned(), spelling, verdict };
    use Verdict::{Allow, Deny, Partial};
    let answer = |verdicts: &[Verdict]| Answer {
        ends: verdicts.iter().map(|verdict| end(Direction::Ingress, Spelling::Arm, *verdict)).collect(),
    };
    assert_eq!(answer(&[Allow, Allow]).together(), Allow);
    assert_eq!(answer(&[Allow, Deny]).together(), Deny);
    assert_eq!(answer(&[Allow, Partial]).together(), Partial);
    assert!(answer(&[]).is_unenforced());
    let (v4, v3) =
        (end(Direction::Egress, Spelling::FlowV4, Allow), end(Direction::Egress, Spelling::FlowV3, Deny));
    assert_eq!(Answer { ends: vec![v4, v3.clone()] }.contradictions(), [&v3]);
}

#[test]
fn a_file_with_a_key_twice_is_refused() {
    assert!(read_file("p/x.json", "p", b"{\"a\": 1, \"a\": 2}".to_vec()).is_err());
}

#[test]
fn rules_that_nothing_explains_are_found() {
    let flow = json!([{"type": "APPLICATION", "rules": [{"type": "APPLICATION", "spec": {}}, {"type": "INTRA_GROUP"}]}]);
    let arm = json!({"resources": [{"properties": {"securityRules": [{"properties": {"access": "Allow"}},
        {"properties": {"access": "Deny"}},
        {"properties": {"access": "Allow", "sourceAddressPrefix": "AzureLoadBalancer"}}]}}]});
    let aws = json!({"Resources": {"a/b": {"Type": "AWS::EC2::SecurityGroupEgress"}, "G": {"Type": "AWS::EC2::SecurityGroup"}}});
    let v3 = json!({"app_rule": {"inbound_allow_list": [{}], "outbound_allow_list": []}});
    for (path, value, pointer) in [
        ("p/x.v4.json", flow, "/0/rules/0"),
        ("p/x.arm.json", arm, "/resources/0/properties/securityRules/0"),
        ("p/x.cloudformation.json", aws, "/Resources/a~1b"),
        ("p/x.v3.json", v3, "/app_rule/inbound_allow_list/0"),
    ] {
        let bytes = value.to_string().into_bytes();
        let mut manifest = manifest_of("x", &json!({}), &[(path, &bytes)]);
        let unexplained = |manifest: &Value| {
            let file = read_file(path, "p", bytes.clone()).unwrap();
            lint::unexplained(&Output::new(manifest_reader::read(manifest), vec![file]))
        };
        let found = unexplained(&manifest);
        assert_eq!(found.len(), 1, "{path}: {found:?}");
        assert!(found[0].problem.contains(&format!("`{pointer}`")), "{found:?}");
        manifest["rules"] = json!([{"id": "R", "artifact": path, "pointer": format!("{pointer}/spec")}]);
        assert!(unexplained(&manifest).is_empty(), "{path}");
    }
}

#[test]
fn platforms_do_not_share_names() {
    let identity = json!({"nutanix-flow": {"categories": {"AppTier": "VDA"}}});
    let mut far = role("vda", &["10.9.0.0/24"], identity.clone());
    far["platform"] = json!("q");
    let roles = json!({"near": role("vda", &["10.1.0.0/24"], identity.clone()), "peer": role("vda", &["10.2.0.0/24"], identity), "far": far});
    let ids = json!(["{{category:AppTier:VDA}}"]);
    let rule = json!({"type": "APPLICATION", "spec": {"securedGroupCategoryReferences": ids,
        "destCategoryReferences": ids, "isAllProtocolAllowed": true}});
    let policies = json!([{"type": "APPLICATION", "name": "n", "state": "MONITOR", "rules": [rule]}]);
    let output = super::output("nutanix-flow", "p/x.v4.json", &roles, &policies);
    let egress = |to| output.ask("near", to, Service::parse("tcp/1").unwrap()).unwrap().ends[0].verdict;
    assert_eq!((egress("peer"), egress("far")), (Verdict::Allow, Verdict::Deny));
}

#[test]
fn the_form_of_files_is_held_to() {
    let bytes = b"{}\r\n".to_vec();
    let manifest = manifest_of("x", &json!({}), &[("p/x.json", &bytes)]);
    let file = read_file("p/x.json", "p", bytes).unwrap();
    let found = lint::lint(&Output::new(manifest_reader::read(&manifest), vec![file]));
    assert!(found.iter().any(|finding| finding.problem.contains("not LF")));
    let padded = |path: &str, size: usize| {
        let mut bytes = b"{}".to_vec();
        bytes.resize(size, b' ');
        let manifest = manifest_of("x", &json!({}), &[(path, &bytes)]);
        let found = lint::lint(&Output::new(
            manifest_reader::read(&manifest),
            vec![read_file(path, "p", bytes).unwrap()],
        ));
        found.iter().any(|finding| finding.problem.starts_with("larger than"))
    };
    assert!(padded("p/x.cloudformation.json", (1 << 20) + 1) && !padded("p/x.cloudformation.json", 1 << 20));
    assert!(padded("p/x.arm.json", (4 << 20) + 1));
}

#[test]
fn an_interface_wears_five_groups_at_most() {
    let mut manifest = good();
    manifest["roles"]["vda"]["identity"]["aws-sg"] = json!({"groups": ["a", "b", "c", "d", "e"]});
    assert_eq!(problems(&manifest), "");
    manifest["roles"]["vda"]["identity"]["aws-sg"] = json!({"groups": ["a", "b", "c", "d", "e", "f"]});
    assert!(problems(&manifest).contains("more than 5 groups"));
}
