//! Tests of the built-in data and of the expansion.

mod expansion;
mod schema;

use std::collections::BTreeSet;

use super::*;

#[test]
fn the_built_in_catalogue_is_there() {
    let catalogue = Catalogue::builtin();
    assert_eq!(catalogue.release(), "2026.11");
    assert_eq!(catalogue.releases().next(), Some("legacy"));
    assert_eq!(catalogue.conditions().count(), 112);
    assert_eq!(catalogue.intents().count(), 27);
    assert!(catalogue.names().count() >= 40);
}

#[test]
fn every_role_of_the_sites_has_a_kind_of_its_own_name() {
    let kinds = "client admin storefront connector delivery-controller vda temp-worker volume-worker director \
                 license-server sql-server wem-server provisioning-server netscaler-gateway domain-controller \
                 file-server windows-server proxy bastion internet citrix-cloud azure-service prism-central \
                 interface-endpoint gateway-endpoint";
    for kind in kinds.split_whitespace() {
        assert_eq!(Catalogue::builtin().kind(kind).map(RoleKind::name), Some(kind));
    }
}

#[test]
fn old_and_long_names_resolve_whatever_their_spelling() {
    let cases = [
        ("XenDesktop Temp", "temp-worker"),
        ("xendesktop-temp", "temp-worker"),
        ("mcs_xendesktop_temp", "temp-worker"),
        ("Volume Worker", "volume-worker"),
        ("ddc", "delivery-controller"),
        ("DDC", "delivery-controller"),
        ("cloud-connector", "connector"),
        ("Citrix Cloud Connector", ""),
        ("user-device", "client"),
        ("wem-infrastructure", "wem-server"),
        ("pvs server", "provisioning-server"),
        ("PVS", "provisioning-server"),
        ("nutanix-prism-central", "prism-central"),
        ("proxy-server", "proxy"),
        ("admin-workstation", "admin"),
        ("nosuchkind", ""),
    ];
    for (typed, name) in cases {
        let found = Catalogue::builtin().kind(typed).map_or("", RoleKind::name);
        assert_eq!(found, name, "{typed}");
    }
}

#[test]
fn pseudo_kinds_have_members_and_domain_member_has_all_of_them() {
    let catalogue = Catalogue::builtin();
    let pseudo = catalogue.kind("domain-member").unwrap();
    assert!(pseudo.is_pseudo());
    let flagged: BTreeSet<&str> =
        catalogue.kinds().filter(|kind| kind.domain_member()).map(RoleKind::name).collect();
    let members: BTreeSet<&str> = pseudo.members().iter().map(String::as_str).collect();
    assert_eq!(members, flagged);
}

#[test]
fn provisioned_kinds_are_those_that_images_make() {
    let made: Vec<&str> =
        Catalogue::builtin().kinds().filter(|kind| kind.provisioned()).map(RoleKind::name).collect();
    assert_eq!(made, ["vda", "linux-vda", "temp-worker", "volume-worker", "mcs-prep", "pvs-target"]);
}

#[test]
fn every_flow_is_selected_by_an_intent() {
    let catalogue = Catalogue::builtin();
    let used: BTreeSet<&str> = catalogue.intents().flat_map(Intent::flow_ids).collect();
    let unused: Vec<&str> = catalogue.flows().map(FlowEntry::id).filter(|id| !used.contains(id)).collect();
    assert_eq!(unused, Vec::<&str>::new());
}

#[test]
fn every_flow_says_how_it_is_protected_and_where_it_was_read() {
    for flow in Catalogue::builtin().flows() {
        assert!(flow.encryption().is_some(), "{}", flow.id());
        assert!(!flow.sources().is_empty(), "{}", flow.id());
        let unconfirmed = ["General product knowledge", "segc language definition"];
        let doubtful = flow.sources().iter().all(|source| unconfirmed.contains(&source.title.as_str()));
        assert!(!(doubtful && flow.verified()), "{} is verified by nothing", flow.id());
    }
}

#[test]
fn the_cloud_has_names_in_both_editions() {
    for edition in ["commercial", "government"] {
        let names = Catalogue::builtin().names_between("connector", "citrix-cloud", edition);
        assert!(names.count() >= 5, "{edition}");
    }
}

#[test]
fn the_build_reads_its_data_as_this_test_does() {
    let text = serde_json::to_string(Catalogue::builtin()).unwrap();
    assert_eq!(&serde_json::from_str::<Catalogue>(&text).unwrap(), Catalogue::builtin());
}

#[test]
fn a_problem_becomes_a_diagnostic_at_its_word() {
    let text = "schema: segc-catalogue/1\nimplies:\n- [nothing, something]\n";
    let problems = load(&[("own.yaml", text)]).unwrap_err();
    let mut sources = crate::source::SourceMap::new();
    let source = sources.add("own.yaml", text);
    let diagnostic = problems[0].to_diagnostic(source, text);
    assert_eq!(diagnostic.code, crate::diagnostic::codes::CATALOGUE_REFERENCE);
    assert_eq!(sources.slice(diagnostic.labels[0].span), "nothing");
}
