//! Permissions as an Azure custom role.
//!
//! In: actions of the catalogue. Out: a role definition that `az role definition create --role-definition @...` takes.
//!
//! Source: Azure role-based access control, "Azure custom roles",
//! <https://learn.microsoft.com/azure/role-based-access-control/custom-roles>, read 2026-11.

use crate::target::json;
use crate::target::permission::{PermissionAsk, PermissionDocument};
use serde::Serialize;

/// Groups of hexadecimal digits in the id of a subscription.
const ID_GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Role<'a> {
    name: String,
    is_custom: bool,
    description: &'a str,
    actions: &'a [String],
    not_actions: [&'static str; 0],
    data_actions: [&'static str; 0],
    not_data_actions: [&'static str; 0],
    assignable_scopes: [String; 1],
}

/// Writes the role definition.
pub(crate) fn document(ask: &PermissionAsk) -> PermissionDocument {
    let stated = ask.attributes.get("subscription").and_then(|values| values.first());
    let id = stated.filter(|id| is_id(id));
    let scope = id.map_or("{{subscription-id}}", String::as_str);
    let role = Role {
        name: format!("Citrix {}", ask.name),
        is_custom: true,
        description: &ask.what,
        actions: &ask.actions,
        not_actions: [],
        data_actions: [],
        not_data_actions: [],
        assignable_scopes: [format!("/subscriptions/{scope}")],
    };
    let text = String::from_utf8_lossy(&json::pretty(&role)).trim_end().to_owned();
    let open = if id.is_some() {
        Vec::new()
    } else {
        vec!["Replace `{{subscription-id}}` by the id of the subscription, or name resource groups instead."]
    };
    PermissionDocument {
        file: format!("{}.custom-role.json", ask.name),
        title: "Azure custom role",
        text,
        open,
    }
}

/// True for the id of a subscription, in place of its name.
pub(super) fn is_id(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let is_group = |(group, length): (&&str, usize)| {
        group.len() == length && group.bytes().all(|letter| letter.is_ascii_hexdigit())
    };
    groups.len() == ID_GROUPS.len() && groups.iter().zip(ID_GROUPS).all(is_group)
}

#[cfg(test)]
mod tests {
    use super::document;
    use crate::target::permission::PermissionAsk;
    use std::collections::BTreeMap;

    #[test]
    fn a_subscription_is_named_only_by_its_id() {
        let ask = |subscription: &str| PermissionAsk {
            what: "x".to_owned(),
            name: "mcs".to_owned(),
            actions: vec!["Microsoft.Compute/disks/read".to_owned()],
            attributes: BTreeMap::from([("subscription".to_owned(), vec![subscription.to_owned()])]),
        };
        let id = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
        let role: serde_json::Value = serde_json::from_str(&document(&ask(id)).text).unwrap();
        assert_eq!(role["AssignableScopes"], serde_json::json!([format!("/subscriptions/{id}")]));
        assert_eq!(role["Actions"].as_array().unwrap().len(), 1);
        assert_eq!(document(&ask("sub-workplace")).open.len(), 1);
    }
}
