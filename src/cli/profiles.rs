//! The profiles of `segc init`: first sites, one file each in `profiles/`.
//!
//! In: nothing. Out: one table; a profile is its line here and its file.
//! Invariant: each is a site that compiles as it stands, which `tests/init.rs` checks.

use serde::Serialize;

/// A first site.
#[derive(Debug, Serialize)]
pub(super) struct Profile {
    /// What `--profile` takes.
    pub(super) name: &'static str,
    /// One line for the list.
    pub(super) title: &'static str,
    /// The site.
    #[serde(skip)]
    pub(super) text: &'static str,
}

macro_rules! profiles {
    ($($name:literal $title:literal;)*) => {
        /// All profiles, in the order in which they are listed.
        pub(super) const TABLE: &[Profile] = &[$(Profile {
            name: $name,
            title: $title,
            text: include_str!(concat!("profiles/", $name, ".seg")),
        }),*];
    };
}

profiles! {
    "daas-aws" "Citrix DaaS, desktops on AWS without a route to the internet";
    "daas-azure" "Citrix DaaS, desktops in your own Azure subscription";
    "daas-gcp" "Citrix DaaS, desktops on Google Cloud (change request)";
    "daas-nutanix" "Citrix DaaS, desktops on Nutanix AHV with Flow policies";
    "daas-vsphere" "Citrix DaaS, desktops on vSphere (change request)";
    "flex" "Citrix DaaS Flex, machines in a subscription that Citrix manages, peered with yours";
    "cvad-nutanix" "Virtual Apps and Desktops on Nutanix AHV with Flow policies";
    "cvad-vsphere" "Virtual Apps and Desktops on vSphere (change request)";
    "cvad-xenserver" "Virtual Apps and Desktops on XenServer (change request)";
    "cvad-hyperv" "Virtual Apps and Desktops on Hyper-V (change request)";
    "cvad-openshift" "Virtual Apps and Desktops on OpenShift Virtualization (change request)";
    "cvad-azure" "Virtual Apps and Desktops on Azure";
    "cvad-aws" "Virtual Apps and Desktops on AWS";
}

/// The profile of a name.
pub(super) fn find(name: &str) -> Option<&'static Profile> {
    TABLE.iter().find(|profile| profile.name == name)
}
