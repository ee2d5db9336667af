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
    let account = header.subscription.as_deref().map_or_else(String::new, |subscription| {
        format!("az account set --subscription {}\n", quoted(subscription))
    });
    let vnet = header.vnet.as_deref().map_or_else(
        || ": \"${VNET:?set it to the name of the virtual network}\"".to_owned(),
        |vnet| format!("VNET={}", quoted(vnet)),
    );
    // Each group has a subnet or machines of its own, so each command asks for them.
    let bind = |name: &str| {
        format!(
            "az network vnet subnet update --resource-group \"$RESOURCE_GROUP\" --vnet-name \"$VNET\" --name \"${{{}:?the subnet of {name}}}\" --network-security-group {}",
            variable("SUBNET", name),
            quoted(name)
        )
    };
    let unbind = |name: &str| {
        format!(
            "az network vnet subnet update --resource-group \"$RESOURCE_GROUP\" --vnet-name \"$VNET\" --name \"${{{}:?the subnet of {name}}}\" --remove networkSecurityGroup",
            variable("SUBNET", name)
        )
    };
    let join = |name: &str| {
        format!(
            "az network nic ip-config update --resource-group \"$RESOURCE_GROUP\" --nic-name \"${{{}:?an interface of a machine of {name}}}\" --name \"${{IP_CONFIG:-ipconfig1}}\" --application-security-groups {}",
            variable("NIC", name),
            quoted(name)
        )
    };
    let joined: Vec<String> = plan.asgs.iter().map(|asg| join(&asg.name)).collect();
    let bound: Vec<String> = plan.nsgs.iter().map(|nsg| bind(&nsg.name)).collect();
    let unbound: Vec<String> = plan.nsgs.iter().map(|nsg| unbind(&nsg.name)).collect();
    vec![
        ("UNBINDINGS", unbound.join("\n")),
        ("LOOKUPS", format!("{account}{group}\n{location}")),
        ("DEPLOYMENT", quoted(&deployment(plan))),
        ("BINDINGS", [vec![vnet], joined, bound].concat().join("\n")),
    ]
}

/// A variable of the shell for what belongs to a group. Names of groups have letters, digits and `-_.` only.
fn variable(what: &str, group: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("{what}_{}", group.chars().map(kept).collect::<String>())
}

/// Letters, digits and `-_.`, at most 64.
/// Source: Naming rules and restrictions for Azure resources, `Microsoft.Resources/deployments`, read 2026-11.
fn deployment(plan: &Plan) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let name = format!("seg-{}-{}", plan.header.site, plan.header.platform);
    name.chars().map(kept).take(64).collect()
}
