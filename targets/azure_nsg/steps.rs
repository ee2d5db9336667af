//! What stands for the blanks in the notes on what to do next.
//!
//! In: a plan. Out: texts for a POSIX shell, quoted where the site chose them.

use super::plan::Plan;
use crate::target::steps::quoted;

/// The blanks of a plan.
pub(super) fn blanks(plan: &Plan) -> Vec<(&'static str, String)> {
    let header = &plan.header;
    let group = header.resource_group.as_deref().map_or_else(
        || ": \"${RESOURCE_GROUP:?set it to the resource group}\"".to_owned(),
        |group| format!("RESOURCE_GROUP={}", quoted(group)),
    );
    let location = header.region.as_deref().map_or_else(
        || "LOCATION=$(az group show --name \"$RESOURCE_GROUP\" --query location --output tsv)".to_owned(),
        |region| format!("LOCATION={}", quoted(region)),
    );
    let bind = |name: &str| {
        format!(
            "az network vnet subnet update --resource-group \"$RESOURCE_GROUP\" --vnet-name \"$VNET\" --name \"$SUBNET\" --network-security-group {}",
            quoted(name)
        )
    };
    let join = |name: &str| {
        format!(
            "az network nic ip-config update --resource-group \"$RESOURCE_GROUP\" --nic-name \"$NIC\" --name \"$IP_CONFIG\" --application-security-groups {}",
            quoted(name)
        )
    };
    let joined: Vec<String> = plan.asgs.iter().map(|asg| join(&asg.name)).collect();
    let bound: Vec<String> = plan.nsgs.iter().map(|nsg| bind(&nsg.name)).collect();
    vec![
        ("LOOKUPS", format!("{group}\n{location}")),
        ("DEPLOYMENT", quoted(&deployment(plan))),
        ("BINDINGS", [joined, bound].concat().join("\n")),
    ]
}

/// Letters, digits and `-_.`, at most 64.
/// Source: Naming rules and restrictions for Azure resources, `Microsoft.Resources/deployments`, read 2026-11.
fn deployment(plan: &Plan) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name = format!("seg-{}-{}", plan.header.site, plan.header.platform);
    name.chars().map(kept).take(64).collect()
}
