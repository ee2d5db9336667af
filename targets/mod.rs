//! The registry of targets, and nothing else: one declaration and one entry each; `terraform` is no target, but what
//! their Terraform documents share.

use crate::target::{Registered, Target};

pub mod aws_sg;
pub mod azure_nsg;
pub mod firewall;
pub mod nutanix_flow;
mod terraform;

/// Every target that segc can write, in the order of their ids.
pub const TARGETS: &[&dyn Target] = &[
    &Registered(&aws_sg::AwsSg),
    &Registered(&azure_nsg::AzureNsg),
    &Registered(&firewall::Firewall),
    &Registered(&nutanix_flow::NutanixFlow),
];
