//! Shapes of answers that the platforms' documents print, in values of our own: each is read without a loss, or its part is
//! refused with a reason, and no part hinders another one.

use crate::drift::{import, permits};
use serde_json::{Value, json};

/// What was not understood, in words.
fn refused(answer: &Value) -> Vec<String> {
    let list = answer["not_understood"].as_array().unwrap().iter();
    list.map(|one| one["why"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn groups_and_rules_of_ec2() {
    let groups = json!({"SecurityGroups": [{"Description": "My group", "GroupName": "my-sg", "OwnerId": "111122223333",
        "GroupId": "sg-0123456789abcdef0", "VpcId": "vpc-0123456789abcdef0", "Tags": [{"Key": "Name", "Value": "My group"}],
        "SecurityGroupArn": "arn:aws:ec2:us-east-1:111122223333:security-group/sg-0123456789abcdef0",
        "IpPermissions": [{"PrefixListIds": [], "FromPort": 22, "ToPort": 22, "IpProtocol": "tcp", "IpRanges": [{"CidrIp": "203.0.113.0/24",
            "Description": "Access from an office"}], "UserIdGroupPairs": [], "Ipv6Ranges": []}],
        "IpPermissionsEgress": [{"IpProtocol": "-1", "PrefixListIds": [], "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "UserIdGroupPairs": [],
            "Ipv6Ranges": []}]}]});
    let answer = import("aws", &groups);
    assert_eq!(refused(&answer), Vec::<String>::new());
    assert_eq!(permits(&answer, 0).len(), 2);
    let flat = json!({"SecurityGroupRules": [
        {"SecurityGroupRuleId": "sgr-01", "SecurityGroupRuleArn": "arn:aws:ec2:us-east-1:111122223333:security-group-rule/sgr-01",
         "GroupId": "sg-01", "GroupOwnerId": "111122223333", "IsEgress": false, "IpProtocol": "-1", "FromPort": -1, "ToPort": -1,
         "ReferencedGroupInfo": {"GroupId": "sg-01", "UserId": "111122223333"}, "Tags": []},
        {"SecurityGroupRuleId": "sgr-02", "GroupId": "sg-01", "GroupOwnerId": "111122223333", "IsEgress": true, "IpProtocol": "-1",
         "FromPort": -1, "ToPort": -1, "CidrIpv6": "::/0", "Tags": []}]});
    let answer = import("aws", &flat);
    assert_eq!((refused(&answer).len(), permits(&answer, 0).len()), (0, 2));
}

fn default_rule(name: &str, priority: u32, direction: &str, access: &str) -> Value {
    json!({"name": name, "id": "/x", "type": "Microsoft.Network/networkSecurityGroups/defaultSecurityRules", "priority": priority,
        "provisioningState": "Succeeded", "protocol": "*", "sourcePortRange": "*", "destinationPortRange": "*", "direction": direction,
        "sourceAddressPrefix": "*", "destinationAddressPrefix": "*", "access": access, "etag": "W/\"1\"", "resourceGroup": "rg1",
        "sourceAddressPrefixes": [], "destinationAddressPrefixes": [], "sourcePortRanges": [], "destinationPortRanges": []})
}

#[test]
fn network_security_groups_of_the_cli_and_of_the_api() {
    let id = "/subscriptions/s/resourceGroups/rg1/providers/Microsoft.Network/networkSecurityGroups/nsg1";
    let rule = json!({"protocol": "Tcp", "sourcePortRange": "*", "destinationPortRange": "80", "sourceAddressPrefix": "*",
        "destinationAddressPrefix": "*", "access": "Allow", "priority": 130, "direction": "Inbound", "provisioningState": "Succeeded"});
    let defaults = json!([
        default_rule("AllowVnetInBound", 65000, "Inbound", "Allow"),
        default_rule("DenyAllInBound", 65500, "Inbound", "Deny")
    ]);
    let mut flat = rule.clone();
    flat["name"] = json!("Rule1");
    flat["resourceGroup"] = json!("rg1");
    let cli = json!([{"name": "nsg1", "id": id, "type": "Microsoft.Network/networkSecurityGroups", "location": "westus", "etag": "W/\"1\"",
        "resourceGroup": "rg1", "resourceGuid": "0", "provisioningState": "Succeeded", "flushConnection": false, "flowLogs": null,
        "networkInterfaces": null, "subnets": [{"id": "/x/subnets/a", "resourceGroup": "rg1"}], "tags": null, "securityRules": [flat],
        "defaultSecurityRules": defaults}]);
    let rest = json!({"value": [{"name": "nsg1", "id": id, "type": "Microsoft.Network/networkSecurityGroups", "location": "westus",
        "properties": {"provisioningState": "Succeeded", "securityRules": [{"name": "Rule1", "id": "/x", "etag": "W/\"1\"",
            "type": "Microsoft.Network/networkSecurityGroups/securityRules", "properties": rule}], "defaultSecurityRules": defaults}}]});
    let (cli, rest) = (import("azure", &cli), import("azure", &rest));
    assert_eq!((refused(&cli).len(), refused(&rest).len()), (0, 0), "{cli:#}");
    let lines = permits(&cli, 0);
    assert_eq!(lines, permits(&rest, 0));
    // What the platform's own rules let pass stands apart.
    assert_eq!(lines.iter().filter(|line| line.ends_with("on tcp/80")).count(), 2, "{lines:#?}");
}

fn v4(kind: &str, rules: Value, more: Value) -> Value {
    let mut policy = json!({"extId": format!("11111111-0000-4000-8000-{:012}", kind.len()), "name": kind, "type": kind, "state": "ENFORCE",
        "$objectType": "microseg.v4.config.NetworkSecurityPolicy", "$reserved": {"$fqObjectType": "microseg.v4.r0.b1.config.NetworkSecurityPolicy"},
        "$unknownFields": {}, "tenantId": "t", "links": [{"href": "https://x", "rel": "self"}], "isSystemDefined": false,
        "isHitlogEnabled": false, "isIpv6TrafficAllowed": false, "createdBy": "u", "creationTime": "2026-01-01T00:00:00Z",
        "lastUpdateTime": "2026-01-01T00:00:00Z", "scope": "ALL_VLAN", "rules": rules});
    for (key, value) in more.as_object().unwrap() {
        policy[key] = value.clone();
    }
    policy
}

#[test]
fn policies_of_every_type_and_scope() {
    let label = "aaaaaaaa-0000-4000-8000-000000000001";
    let application = json!([{"type": "APPLICATION", "extId": "e", "$specItemDiscriminator": "microseg.v4.config.ApplicationRuleSpec",
        "spec": {"$objectType": "microseg.v4.config.ApplicationRuleSpec", "$reserved": {}, "$unknownFields": {},
            "securedGroupCategoryReferences": [label], "srcAllowSpec": "ALL", "isAllProtocolAllowed": true}}]);
    let isolation = json!([{"type": "TWO_ENV_ISOLATION", "spec": {"$objectType": "microseg.v4.config.TwoEnvIsolationRuleSpec",
        "firstIsolationGroup": [label], "secondIsolationGroup": ["aaaaaaaa-0000-4000-8000-000000000002"]}}]);
    let vpcs = json!({"scope": "VPC_LIST", "vpcReferences": ["v"], "name": "vpcs", "extId": "22222222-0000-4000-8000-000000000000"});
    let list = json!({"data": [v4("APPLICATION", application.clone(), json!({})), v4("ISOLATION", isolation, json!({})),
        v4("QUARANTINE", json!([]), json!({"isSystemDefined": true})), v4("APPLICATION", application, vpcs)],
        "$reserved": {}, "metadata": {"flags": [{"name": "isPaginated", "value": true}], "totalAvailableResults": 4,
        "links": [{"href": "https://x?$page=0&$limit=50", "rel": "self"}], "extraInfo": []}});
    let answer = import("nutanix", &list);
    assert_eq!(permits(&answer, 0), ["in: everybody -> its members on any"]);
    let refused = refused(&answer);
    assert_eq!(refused.len(), 2, "{answer:#}");
    assert!(refused.iter().any(|why| why.contains("VPC_LIST")), "{refused:?}");
}

#[test]
fn rules_of_v3_of_every_type() {
    let filter =
        json!({"type": "CATEGORIES_MATCH_ALL", "kind_list": ["vm"], "params": {"AppType": ["Default"]}});
    let target =
        json!({"peer_specification_type": "FILTER", "default_internal_policy": "DENY_ALL", "filter": filter});
    let one = |name: &str, resources: Value| {
        json!({"status": {"state": "COMPLETE"}, "metadata": {"kind": "network_security_rule",
        "uuid": format!("11111111-0000-4000-8000-{:012}", name.len()), "spec_version": 0, "categories": {}, "owner_reference": {}},
        "spec": {"name": name, "resources": resources}})
    };
    let application = json!({"allow_ipv6_traffic": true, "is_policy_hitlog_enabled": false, "app_rule": {"action": "MONITOR",
        "target_group": target, "inbound_allow_list": [{"peer_specification_type": "ALL", "rule_id": 1}], "outbound_allow_list": []}});
    let isolation = json!({"isolation_rule": {"action": "APPLY", "first_entity_filter": filter, "second_entity_filter": filter}});
    let quarantine =
        json!({"quarantine_rule": {"action": "APPLY", "target_group": target, "inbound_allow_list": []}});
    let list = json!({"api_version": "3.1.0", "metadata": {"total_matches": 3, "kind": "network_security_rule", "length": 3, "offset": 0},
        "entities": [one("app", application), one("isolation", isolation), one("quarantine", quarantine)]});
    let answer = import("nutanix", &list);
    assert_eq!(permits(&answer, 0), ["in: everybody but its members -> its members on any"]);
    assert_eq!(refused(&answer), ["only application policies are read"; 2]);
}
