//! Files that others wrote, read as AWS reads them; and what is refused.

use super::super::read::{api, cloudformation};
use crate::target::half::Direction;
use crate::target::observed::{Author, PeerName};
use serde_json::{Value, json};

fn template(rule: &Value) -> Value {
    json!({"Parameters": {"List": {"Type": "String"}}, "Resources": {
        "Rule": {"Type": "AWS::EC2::SecurityGroupEgress", "Properties": rule},
        "Web": {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupName": "Web-Servers",
            "SecurityGroupIngress": [{"IpProtocol": "6", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.9/8"}]}},
    }})
}

fn egress(changes: &Value) -> Value {
    let mut rule =
        json!({"GroupId": {"Ref": "Web"}, "IpProtocol": "-1", "DestinationPrefixListId": {"Ref": "List"}});
    for (key, value) in changes.as_object().unwrap() {
        rule[key] = value.clone();
    }
    rule
}

#[test]
fn a_group_that_states_no_egress_inside_is_open() {
    let observed = cloudformation::read(template(&egress(&json!({}))).to_string().as_bytes()).unwrap();
    let guard = &observed.guards[0];
    assert_eq!(guard.members.names.first(), Some(&PeerName::Group("web-servers".to_owned())));
    let shown: Vec<String> = guard
        .rules
        .iter()
        .map(|rule| format!("{:?} {:?} {} {}", rule.author, rule.direction, rule.services, rule.pointer))
        .collect();
    assert_eq!(
        shown,
        [
            "File Ingress tcp/443 /Resources/Web/Properties/SecurityGroupIngress/0",
            "Platform Egress any /Resources/Web",
            "File Egress any /Resources/Rule",
        ]
    );
    assert_eq!(guard.rules[0].from.addresses.to_string(), "10.0.0.0/8");
    assert!(guard.rules[2].to.names.contains(&PeerName::AddressSet("List".to_owned())));
}

#[test]
fn what_could_mean_something_else_is_refused_with_its_place() {
    for (changes, place) in [
        (json!({"IpProtocol": "tcp"}), "/Resources/Rule"),
        (json!({"IpProtocol": "tcp", "FromPort": 9, "ToPort": 8}), "/Resources/Rule"),
        (json!({"IpProtocol": "icmp", "FromPort": -1, "ToPort": 3}), "/Resources/Rule"),
        (json!({"IpProtocol": "gre"}), "/Resources/Rule"),
        (json!({"CidrIp": "10.0.0.0/8"}), "/Resources/Rule"),
        (json!({"SourcePrefixListId": "pl-12345678"}), "/Resources/Rule"),
        (json!({"GroupId": {"Ref": "Nothing"}}), "/Resources/Rule"),
        (
            json!({"DestinationPrefixListId": {"Fn::ImportValue": "x"}}),
            "/Resources/Rule/Properties/DestinationPrefixListId/Fn::ImportValue",
        ),
        (json!({"Condition": "Prod"}), "/Resources/Rule/Properties/Condition"),
    ] {
        let error = cloudformation::read(template(&egress(&changes)).to_string().as_bytes()).unwrap_err();
        assert_eq!(error.pointer, place, "{changes}: {error}");
    }
}

#[test]
fn what_is_not_revoked_stays_open() {
    let all = |nets: Value| json!({"GroupId": "{{security-group:web}}", "IpPermissions": [nets]});
    let v4 = all(json!({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}));
    let document = |revokes: Value| {
        json!({"schema": "segc/aws-sg-api/1", "groups": [
            {"CreateSecurityGroup": {"GroupName": "web"}, "RevokeSecurityGroupEgress": revokes}]})
    };
    let left = |revokes: Value| {
        let observed = api::read(document(revokes).to_string().as_bytes()).unwrap();
        let rules = &observed.guards[0].rules;
        assert!(
            rules.iter().all(|rule| rule.author == Author::Platform && rule.direction == Direction::Egress)
        );
        rules.first().map(|rule| rule.to.addresses.to_string())
    };
    assert_eq!(left(json!([])).as_deref(), Some("0.0.0.0/0, ::/0"));
    assert_eq!(left(json!([v4])).as_deref(), Some("::/0"));
    let twice = api::read(document(json!([v4, v4])).to_string().as_bytes()).unwrap_err();
    assert_eq!(twice.pointer, "/groups/0/RevokeSecurityGroupEgress/1/IpPermissions/0");
}
