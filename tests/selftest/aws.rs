//! CloudFormation: meaning and form.

use serde_json::{Value, json};

use super::{damage, expect, output, problems, role, set};
use crate::support::artifacts::Output;
use crate::support::judge::Verdict::{Allow, Deny, Partial};

fn roles() -> Value {
    let group = |name: &str| json!({"aws-sg": {"groups": [name]}});
    let mut s3 = role("gateway-endpoint", &[], Value::Null);
    s3["known_by"] = json!({"prefix-list": "com.amazonaws.eu-west-1.s3"});
    json!({
        "vda": role("vda", &["10.0.1.0/24", "fd00:1::/64"], group("SgVda")),
        "worker": role("volume-worker", &["10.0.1.0/24"], group("SgVda")),
        "connector": role("connector", &["10.0.2.0/27"], group("SgConnector")),
        "users": role("client", &["10.50.0.0/16", "10.51.0.0/16"], Value::Null),
        "half": role("client", &["10.50.0.0/15"], Value::Null),
        "six": role("client", &["fd00:50::/32"], Value::Null),
        "s3": s3,
        "citrix-cloud": role("citrix-cloud", &[], Value::Null),
    })
}

fn template() -> Value {
    let group = |name: &str| {
        json!({"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupName": name, "GroupDescription": name,
            "VpcId": {"Ref": "VpcId"},
            "SecurityGroupEgress": [{"IpProtocol": "-1", "CidrIp": "127.0.0.1/32", "Description": "no default egress"}],
            "Tags": [{"Key": "Name", "Value": name}]}})
    };
    let rule = |kind: &str, group: &str, port: u16, key: &str, peer: Value| {
        let mut rule = json!({"Type": format!("AWS::EC2::SecurityGroup{kind}"), "Properties": {
            "GroupId": {"Fn::GetAtt": [group, "GroupId"]}, "IpProtocol": "tcp", "FromPort": port, "ToPort": port,
            "Description": "R-1"}});
        rule["Properties"][key] = peer;
        rule
    };
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"VpcId": {"Type": "AWS::EC2::VPC::Id"},
            "ListS3": {"Type": "String", "Description": "id of com.amazonaws.eu-west-1.s3"}},
        "Resources": {
            "SgVda": group("seg-vda"), "SgConnector": group("seg-connector"),
            "InVda": rule("Ingress", "SgVda", 443, "SourceSecurityGroupId", json!({"Fn::GetAtt": "SgConnector.GroupId"})),
            "OutConnector":
                rule("Egress", "SgConnector", 443, "DestinationSecurityGroupId", json!({"Ref": "SgVda"})),
            "InUsers": rule("Ingress", "SgVda", 2598, "CidrIp", json!("10.50.0.0/16")),
            "InUsers2": rule("Ingress", "SgVda", 2598, "CidrIp", json!("10.51.0.0/17")),
            "InUsers3": rule("Ingress", "SgVda", 2598, "CidrIp", json!("10.51.128.0/17")),
            "InSix": rule("Ingress", "SgVda", 2598, "CidrIpv6", json!("fd00:50::/32")),
            "OutS3": rule("Egress", "SgVda", 443, "DestinationPrefixListId", json!({"Ref": "ListS3"})),
        }
    })
}

fn read(template: &Value) -> Output {
    output("aws-sg", "p/security-groups.cloudformation.json", &roles(), template)
}

#[test]
fn both_ends_must_permit_and_groups_are_peers() {
    let mut one_end = template();
    let both = read(&one_end);
    expect(&both, &[("connector -> vda : tcp/443", Allow), ("vda -> connector : tcp/443", Deny)]);
    set(&mut one_end, "/Resources/OutConnector", Value::Null);
    expect(&read(&one_end), &[("connector -> vda : tcp/443", Deny)]);
}

#[test]
fn a_shared_group_is_one_party_and_does_not_trust_itself() {
    expect(
        &read(&template()),
        &[("connector -> worker : tcp/443", Allow), ("vda -> worker : tcp/443", Deny)],
    );
}

#[test]
fn every_address_of_a_role_must_be_covered() {
    let rows = [
        ("users -> vda : tcp/2598", Allow),
        ("half -> vda : tcp/2598", Allow),
        ("users -> vda : udp/2598", Deny),
        ("users -> vda : tcp/2597-2598", Partial),
        ("six -> vda : tcp/2598", Allow),
    ];
    expect(&read(&template()), &rows);
    let mut short = template();
    set(&mut short, "/Resources/InUsers3", Value::Null);
    expect(&read(&short), &[("users -> vda : tcp/2598", Partial), ("half -> vda : tcp/2598", Partial)]);
}

#[test]
fn a_prefix_list_is_known_by_what_its_parameter_says() {
    let rows = [
        ("vda -> s3 : tcp/443", Allow),
        ("vda -> citrix-cloud : tcp/443", Deny),
        ("connector -> s3 : tcp/443", Deny),
    ];
    expect(&read(&template()), &rows);
}

#[test]
fn a_prefix_list_of_the_template_stands_for_its_entries() {
    let mut own = template();
    let list = json!({"Type": "AWS::EC2::PrefixList", "Properties": {"PrefixListName": "users", "AddressFamily": "IPv4",
        "MaxEntries": 2, "Entries": [{"Cidr": "10.50.0.0/16"}, {"Cidr": "10.51.0.0/16"}]}});
    set(&mut own, "/Resources/Users", list);
    set(&mut own, "/Resources/OutS3/Properties/DestinationPrefixListId", json!({"Ref": "Users"}));
    expect(&read(&own), &[("vda -> users : tcp/443", Allow), ("vda -> s3 : tcp/443", Deny)]);
}

#[test]
fn egress_that_is_not_stated_is_open() {
    for unstated in [Value::Null, json!([])] {
        let mut open = template();
        set(&mut open, "/Resources/SgVda/Properties/SecurityGroupEgress", unstated);
        expect(&read(&open), &[("vda -> users : udp/99", Allow), ("connector -> users : udp/99", Deny)]);
        assert!(problems(&read(&open)).contains("no egress is stated"));
    }
}

#[test]
fn all_protocols_and_icmp_are_read() {
    let mut more = template();
    set(
        &mut more,
        "/Resources/SgVda/Properties/SecurityGroupIngress",
        json!([
        {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "CidrIp": "10.50.0.0/15", "Description": "echo"}]),
    );
    expect(
        &read(&more),
        &[("users -> vda : icmp/8", Allow), ("users -> vda : icmp", Partial), ("six -> vda : icmp/8", Deny)],
    );
    set(
        &mut more,
        "/Resources/InUsers/Properties",
        json!({"GroupId": {"Ref": "SgVda"}, "IpProtocol": "-1",
        "CidrIp": "10.50.0.0/15", "Description": "all"}),
    );
    expect(&read(&more), &[("users -> vda : udp/9", Allow), ("users -> vda : icmp", Allow)]);
}

#[test]
fn an_end_outside_is_not_asked() {
    let both_outside = read(&template()).ask("users", "six", crate::support::service::EVERY_SERVICE).unwrap();
    assert!(both_outside.is_unenforced());
}

#[test]
fn a_role_without_its_group_is_an_error() {
    let mut roles = roles();
    set(&mut roles, "/vda/identity/aws-sg/groups/0", json!("SgOther"));
    let out = output("aws-sg", "p/x.cloudformation.json", &roles, &template());
    assert!(out.ask("users", "vda", crate::support::service::EVERY_SERVICE).is_err());
}

#[test]
fn damage_is_found() {
    let find = |template: &Value| problems(&read(template));
    let long = "x".repeat(256);
    let same = template()["Resources"]["InVda"].clone();
    let tags: Vec<Value> = (0..51).map(|n| json!({"Key": n.to_string(), "Value": ""})).collect();
    let rows = [
        ("/AWSTemplateFormatVersion", Value::Null, "no format version"),
        ("/Resources/In-Vda", same.clone(), "not letters and digits"),
        ("/Resources/Again", same, "given twice"),
        ("/Resources/Bucket", json!({"Type": "AWS::S3::Bucket"}), "none that a policy needs"),
        ("/Resources/SgVda/Properties/GroupName", json!("sg-vda"), "begins with `sg-`"),
        (
            "/Resources/SgVda/Properties/GroupName",
            json!("SEG-connector"),
            "group name `seg-connector` is given twice",
        ),
        ("/Resources/SgVda/Properties/GroupName", json!(long), "GroupName has 256"),
        ("/Resources/SgVda/Properties/GroupName", json!("seg-vda "), "ends with a space"),
        ("/Resources/SgVda/Properties/GroupName", json!("seg'vda"), "'\\''"),
        ("/Resources/SgVda/Properties/GroupDescription", json!("für"), "'ü'"),
        ("/Resources/SgVda/Properties/GroupDescription", Value::Null, "GroupDescription has 0"),
        ("/Resources/SgVda/Properties/VpcId", Value::Null, "no VpcId"),
        ("/Resources/SgVda/Properties/VpcId", json!({"Ref": "Vpc"}), "`Vpc`, which does not exist"),
        ("/Resources/SgVda/Properties/Extra", json!(1), "unknown key"),
        ("/Resources/SgVda/Properties/Tags/0/Key", json!("aws:x"), "begins with `aws:`"),
        ("/Resources/SgVda/Properties/Tags/0/Key", json!("k".repeat(129)), "tag key has 129"),
        ("/Resources/SgVda/Properties/Tags/0/Value", json!("k".repeat(257)), "tag value has 257"),
        ("/Resources/SgVda/Properties/Tags", json!(tags), "more than 50 tags"),
        ("/Resources/InVda/Properties/Description", Value::Null, "rule description has 0"),
        ("/Resources/InVda/Properties/Description", json!(long), "rule description has 256"),
        ("/Resources/InVda/Properties/Description", json!("a -> b"), "'>'"),
        ("/Resources/InVda/Properties/Description", json!("a & b"), "'&'"),
        ("/Resources/InVda/Properties/CidrIp", json!("10.0.0.0/8"), "2 peers"),
        ("/Resources/InVda/Properties/SourceSecurityGroupId", Value::Null, "0 peers"),
        ("/Resources/InVda/Properties/SourceSecurityGroupName", json!("x"), "unknown key"),
        ("/Resources/InUsers/Properties/CidrIp", json!("10.50.0.1/16"), "no canonical network"),
        ("/Resources/InUsers/Properties/CidrIp", json!("10.50.0.0"), "no canonical network"),
        ("/Resources/InUsers/Properties/CidrIp", json!("10.50.0.0/33"), "no canonical network"),
        ("/Resources/InUsers/Properties/CidrIp", json!("fd00::/16"), "no canonical network"),
        ("/Resources/InUsers/Properties/FromPort", json!(2599), "Some(2599) to Some(2598)"),
        ("/Resources/InUsers/Properties/ToPort", json!(70000), "Some(70000)"),
        ("/Resources/InUsers/Properties/FromPort", json!("2598"), "with ports None"),
        ("/Resources/InUsers/Properties/FromPort", Value::Null, "with ports None"),
        ("/Resources/InUsers/Properties/IpProtocol", json!("TCP"), "protocol `TCP`"),
        ("/Resources/InUsers/Properties/IpProtocol", json!("6"), "protocol `6`"),
        ("/Resources/InUsers/Properties/IpProtocol", json!("all"), "protocol `all`"),
        ("/Resources/InUsers/Properties/IpProtocol", json!("-1"), "protocol `-1`"),
        ("/Resources/InUsers/Properties/IpProtocol", json!("icmp"), "protocol `icmp`"),
        (
            "/Resources/SgVda/Properties/SecurityGroupIngress",
            json!([{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "Description": "x",
                "SourceSecurityGroupId": {"Ref": "SgConnector"}}]),
            "is a cycle",
        ),
        (
            "/Resources/SgVda/Properties/SecurityGroupEgress/-",
            json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "Description": "all"}),
            "allow-all egress beside",
        ),
        (
            "/Resources/Endpoint",
            json!({"Type": "AWS::EC2::VPCEndpoint", "Properties": {"VpcEndpointType": "Interface"}}),
            "without a group of its own",
        ),
        (
            "/Resources/List",
            json!({"Type": "AWS::EC2::PrefixList", "Properties": {"AddressFamily": "IPv4",
            "MaxEntries": 1, "Entries": [{"Cidr": "10.0.0.0/8"}, {"Cidr": "fd00::/16"}]}}),
            "MaxEntries does not hold",
        ),
        (
            "/Resources/List",
            json!({"Type": "AWS::EC2::PrefixList", "Properties": {"AddressFamily": "IPv4",
            "MaxEntries": 1, "Entries": [{"Cidr": "fd00::/16"}]}}),
            "address family",
        ),
    ];
    damage(&template(), &rows, &find);
}

#[test]
fn quotas_are_counted_by_direction_and_family() {
    let mut full = template();
    let rule = |n: usize, v6: bool| {
        let (key, cidr) = if v6 {
            ("CidrIpv6", format!("fd00:{:x}::/32", n + 1))
        } else {
            ("CidrIp", format!("10.{n}.0.0/16"))
        };
        json!({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "Description": "x", key: cidr})
    };
    // 3 IPv4 CIDRs, 1 IPv6 and one group stand there already
    let rules: Vec<Value> = (0..56).map(|n| rule(n, false)).chain((0..58).map(|n| rule(n, true))).collect();
    set(&mut full, "/Resources/SgVda/Properties/SecurityGroupIngress", json!(rules));
    assert_eq!(problems(&read(&full)), "");
    set(&mut full, "/Resources/SgVda/Properties/SecurityGroupIngress/-", rule(99, false));
    assert!(problems(&read(&full)).contains("61 IPv4 and 60 IPv6 rules"));
}

#[test]
fn a_customer_list_counts_as_much_as_it_may_hold() {
    let mut own = template();
    let list = json!({"Type": "AWS::EC2::PrefixList", "Properties": {"PrefixListName": "users", "AddressFamily": "IPv4",
        "MaxEntries": 60, "Entries": [{"Cidr": "10.50.0.0/16"}]}});
    set(&mut own, "/Resources/Users", list);
    set(&mut own, "/Resources/OutS3/Properties/DestinationPrefixListId", json!({"Ref": "Users"}));
    assert!(problems(&read(&own)).contains("more than 60"));
}

#[test]
fn more_than_500_resources_are_too_many() {
    let mut many = template();
    for n in 0..500 {
        let mut rule = many["Resources"]["InUsers"].clone();
        set(&mut rule, "/Properties/FromPort", json!(n));
        set(&mut rule, "/Properties/ToPort", json!(n));
        set(&mut many, &format!("/Resources/In{n}"), rule);
    }
    assert!(problems(&read(&many)).contains("more than 500 resources"));
}

#[test]
fn rules_and_groups_of_an_interface_multiply() {
    let mut many = template();
    let names: Vec<String> = (0..17).map(|n| format!("Sg{n}")).collect();
    for name in &names {
        let mut group = many["Resources"]["SgVda"].clone();
        set(&mut group, "/Properties/GroupName", json!(name));
        let cidrs =
            (0..60).map(|n| json!({"IpProtocol": "tcp", "FromPort": n, "ToPort": n, "CidrIp": "10.0.0.0/8"}));
        set(&mut group, "/Properties/SecurityGroupIngress", json!(cidrs.collect::<Vec<_>>()));
        set(&mut many, &format!("/Resources/{name}"), group);
    }
    let mut roles = roles();
    set(&mut roles, "/vda/identity/aws-sg/groups", json!(names));
    let found = problems(&output("aws-sg", "p/x.cloudformation.json", &roles, &many));
    assert!(found.contains("more than 1,000 rules on one interface"));
}
