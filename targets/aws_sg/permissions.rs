//! Permissions as an IAM policy document.
//!
//! In: actions of the catalogue. Out: a policy that `aws iam create-policy --policy-document file://...` takes.
//!
//! What is granted on one thing only is a statement of its own, with a place to fill in: keys, and roles that are passed
//! on or taken. Everything else is granted on all resources, as the vendor's list does: these actions make the things
//! that they work on.
//!
//! Source: IAM User Guide, "IAM JSON policy elements reference" and "IAM identifiers" (ARNs),
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>, read 2026-11.

use crate::target::json;
use crate::target::permission::{PermissionAsk, PermissionDocument};
use serde::Serialize;

/// The version of the policy language.
const VERSION: &str = "2012-10-17";

/// Actions on a role, which may be granted on the role that is meant only.
const ON_A_ROLE: [&str; 2] = ["iam:PassRole", "sts:AssumeRole"];

/// What actions on keys start with.
const ON_A_KEY: &str = "kms:";

/// The partition of regions by what their names start with; others are of `aws`.
///
/// Source: AWS General Reference, "Amazon Resource Names (ARNs)", read 2026-11.
const PARTITIONS: [(&str, &str); 2] = [("us-gov-", "aws-us-gov"), ("cn-", "aws-cn")];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Policy<'a> {
    version: &'static str,
    statement: Vec<Statement<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    sid: &'static str,
    effect: &'static str,
    action: Vec<&'a str>,
    resource: String,
}

/// Writes the policy.
pub(crate) fn document(ask: &PermissionAsk) -> PermissionDocument {
    let value = |key: &str| ask.attributes.get(key).and_then(|values| values.first()).map(String::as_str);
    let region = value("region");
    let partition = region
        .and_then(|region| PARTITIONS.iter().find(|(start, _)| region.starts_with(start)))
        .map_or("aws", |(_, partition)| partition);
    let region = region.unwrap_or("{{region}}");
    let account = value("account").unwrap_or("{{account}}");
    let (on_a_role, others): (Vec<&str>, Vec<&str>) =
        ask.actions.iter().map(String::as_str).partition(|action| ON_A_ROLE.contains(action));
    let (on_a_key, on_all): (Vec<&str>, Vec<&str>) =
        others.into_iter().partition(|action| action.starts_with(ON_A_KEY));
    let mut open = Vec::new();
    if !on_a_key.is_empty() {
        open.push("Replace `{{key-id}}` by the id of the key that encrypts images and disks.");
    }
    if !on_a_role.is_empty() {
        open.push("Replace `{{role-name}}` by the name of the role that is passed on or taken.");
    }
    if (!on_a_key.is_empty() && region.starts_with('{')) || (!open.is_empty() && account.starts_with('{')) {
        open.push("Replace `{{region}}` and `{{account}}` by the region and the number of the account.");
    }
    let statements = [
        ("Provisioning", on_all, "*".to_owned()),
        ("Keys", on_a_key, format!("arn:{partition}:kms:{region}:{account}:key/{{{{key-id}}}}")),
        ("Roles", on_a_role, format!("arn:{partition}:iam::{account}:role/{{{{role-name}}}}")),
    ];
    let statements = statements.into_iter().filter(|(_, actions, _)| !actions.is_empty());
    let policy = Policy {
        version: VERSION,
        statement: statements
            .map(|(sid, action, resource)| Statement { sid, effect: "Allow", action, resource })
            .collect(),
    };
    let text = String::from_utf8_lossy(&json::pretty(&policy)).trim_end().to_owned();
    PermissionDocument { file: format!("{}.iam-policy.json", ask.name), title: "IAM policy", text, open }
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::target::permission::PermissionAsk;
    use std::collections::BTreeMap;

    #[test]
    fn keys_and_roles_are_granted_one_by_one() {
        let one = |text: &str| vec![text.to_owned()];
        let ask = PermissionAsk {
            what: "x".to_owned(),
            name: "mcs".to_owned(),
            actions: ["ec2:RunInstances", "iam:PassRole", "kms:Encrypt"].map(str::to_owned).to_vec(),
            attributes: BTreeMap::from([
                ("region".to_owned(), one("us-gov-west-1")),
                ("account".to_owned(), one("111122223333")),
            ]),
        };
        let found = document(&ask);
        let policy: serde_json::Value = serde_json::from_str(&found.text).unwrap();
        let statements = policy["Statement"].as_array().unwrap();
        assert_eq!(statements.len(), 3);
        assert_eq!(statements[0]["Resource"], "*");
        assert_eq!(statements[1]["Resource"], "arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/{{key-id}}");
        assert_eq!(statements[2]["Action"], serde_json::json!(["iam:PassRole"]));
        assert_eq!(found.open.len(), 2);
    }
}
