//! Templates that others wrote, read as Azure reads them; and what is refused.

use super::super::read::arm::read;
use crate::target::observed::{Action, Author, Observed, PeerName, Unreadable};
use serde_json::{Value, json};

fn rule(name: &str, priority: u32, changes: &Value) -> Value {
    let mut properties = json!({
        "priority": priority, "direction": "inbound", "access": "allow", "protocol": "TCP",
        "sourcePortRange": "*", "sourceAddressPrefix": "10.0.0.0/8",
        "destinationAddressPrefix": "virtualnetwork", "destinationPortRange": "443",
    });
    for (key, value) in changes.as_object().unwrap() {
        properties[key] = value.clone();
    }
    json!({"name": name, "properties": properties})
}

fn template(rules: &[Value]) -> Result<Observed, Unreadable> {
    let kind = "microsoft.network/networksecuritygroups";
    let document =
        json!({"resources": [{"type": kind, "name": "Web", "properties": {"securityRules": rules}}]});
    read(document.to_string().as_bytes())
}

#[test]
fn rules_are_tried_by_number_with_azures_own_beneath_and_without_regard_to_case() {
    let observed =
        template(&[rule("b", 300, &json!({"access": "DENY"})), rule("a", 200, &json!({}))]).unwrap();
    let guard = &observed.guards[0];
    assert_eq!(guard.members.names.first(), Some(&PeerName::Behind("web".to_owned())));
    let shown: Vec<(Author, Action)> = guard.rules.iter().map(|rule| (rule.author, rule.action)).collect();
    use Action::{Allow, Deny};
    use Author::{File, Platform};
    let platform = [(Platform, Allow), (Platform, Allow), (Platform, Deny)];
    let expected: Vec<_> =
        [(File, Allow), (File, Deny)].into_iter().chain(platform).chain(platform).collect();
    assert_eq!(shown, expected);
    assert_eq!(guard.rules[0].services.to_string(), "tcp/443");
    let tag = PeerName::AddressSet("virtualnetwork".to_owned());
    assert!(guard.rules[0].to.names.contains(&tag));
}

#[test]
fn what_could_mean_something_else_is_refused_with_its_place() {
    for (changes, place) in [
        (json!({"sourcePortRange": "1024-65535"}), "/resources/0/properties/securityRules/0"),
        (json!({"access": "Audit"}), "/resources/0/properties/securityRules/0/properties/access"),
        (json!({"priority": 99}), "/resources/0/properties/securityRules/0/properties/priority"),
        (
            json!({"sourceAddressPrefix": "10.0.0.1/8"}),
            "/resources/0/properties/securityRules/0/properties/source",
        ),
        (json!({"sourceAddressPrefix": null}), "/resources/0/properties/securityRules/0/properties/source"),
        (
            json!({"sourceAddressPrefixes": ["10.0.0.0/8"]}),
            "/resources/0/properties/securityRules/0/properties/source",
        ),
        (
            json!({"sourceAddressPrefix": "[parameters('x')]"}),
            "/resources/0/properties/securityRules/0/properties/source",
        ),
        (json!({"destinationPortRange": "90-80"}), "/resources/0/properties/securityRules/0"),
        (json!({"destinationPortRange": null}), "/resources/0/properties/securityRules/0"),
        (json!({"condition": true}), "/resources/0/properties/securityRules/0/properties/condition"),
    ] {
        assert_eq!(template(&[rule("a", 200, &changes)]).unwrap_err().pointer, place, "{changes}");
    }
    let twins = template(&[rule("a", 200, &json!({})), rule("b", 200, &json!({}))]).unwrap_err();
    assert_eq!(twins.to_string(), "/resources/0/properties/securityRules/1: two rules have the priority 200");
    let other = json!({"resources": [{"type": "Microsoft.Network/virtualNetworks", "name": "v"}]});
    assert_eq!(read(other.to_string().as_bytes()).unwrap_err().pointer, "/resources/0");
}
