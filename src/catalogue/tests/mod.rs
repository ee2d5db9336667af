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
    assert_eq!(catalogue.releases().count(), 7);
    assert_eq!(catalogue.permissions().len(), 228);
    assert_eq!(catalogue.permission_sets().len(), 17);
    assert_eq!(catalogue.prerequisites().len(), 10);
    assert_eq!(catalogue.applications().len(), 6);
    assert_eq!(catalogue.rules().len(), 79);
    assert!(catalogue.flows().count() >= 439 && catalogue.names().count() >= 99);
    assert!(catalogue.intents().count() >= 100);
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
    let members: BTreeSet<&str> = pseudo.members().iter().map(Text::as_str).collect();
    assert_eq!(members, flagged);
}

#[test]
fn provisioned_kinds_are_those_that_images_make() {
    let made: Vec<&str> =
        Catalogue::builtin().kinds().filter(|kind| kind.provisioned()).map(RoleKind::name).collect();
    assert_eq!(made, ["vda", "linux-vda", "temp-worker", "volume-worker", "mcs-prep", "pvs-target"]);
}

#[test]
fn every_selectable_flow_is_selected_by_an_intent_and_no_other_is() {
    let catalogue = Catalogue::builtin();
    let used: BTreeSet<&str> = catalogue.intents().flat_map(Intent::flow_ids).collect();
    let selectable: BTreeSet<&str> =
        catalogue.flows().filter(|flow| flow.is_selectable()).map(FlowEntry::id).collect();
    assert_eq!(used, selectable);
}

#[test]
fn what_must_never_be_emitted_can_not_be_selected() {
    let never = ["erratum", "never", "legacy", "quickstart"];
    let mut kept = 0;
    for flow in Catalogue::builtin().flows() {
        let is_history = flow.local_only() || flow.when().iter().any(|name| never.contains(&name.as_str()));
        assert_eq!(flow.is_selectable(), !is_history, "{}", flow.id());
        kept += usize::from(is_history);
    }
    assert_eq!(kept, 21);
}

#[test]
fn releases_have_the_rows_that_their_editions_had() {
    let catalogue = Catalogue::builtin();
    let id = |label: &str| catalogue.release_id(label).unwrap();
    let rows = |label: &str| catalogue.compare(id(label), id(label)).rows_before;
    // The counts of the editions as they were read.
    assert_eq!(["legacy", "paper-2020", "paper-2021", "paper-2022"].map(rows), [23, 179, 194, 204]);
    let counts = |from: &str, to: &str| {
        let comparison = catalogue.compare(id(from), id(to));
        (comparison.added.len(), comparison.removed.len(), comparison.changed.len())
    };
    assert_eq!(counts("legacy", "paper-2020"), (164, 8, 0));
    assert_eq!(counts("paper-2020", "paper-2021"), (20, 5, 4));
    assert_eq!(counts("paper-2021", "paper-2021b"), (0, 0, 4));
    assert_eq!(counts("paper-2021b", "paper-2022"), (10, 0, 0));
    assert_eq!(counts("paper-2022", "paper-2023"), (0, 0, 3));
    assert_eq!(counts("paper-2021", "paper-2020"), (5, 20, 4));
    assert_eq!(catalogue.newest(), id("2026.11"));
}

#[test]
fn every_flow_says_how_it_is_protected_and_where_it_was_read() {
    for flow in Catalogue::builtin().flows() {
        assert!(flow.encryption().is_some() && flow.sensitivity().is_some(), "{}", flow.id());
        assert!(!flow.sources().is_empty(), "{}", flow.id());
        let unconfirmed = ["General product knowledge", "segc language definition"];
        let doubtful = flow.sources().iter().all(|source| unconfirmed.contains(&source.title.as_str()));
        assert!(!(doubtful && flow.verified()), "{} is verified by nothing", flow.id());
    }
}

#[test]
fn the_cloud_has_names_in_both_editions() {
    for edition in ["commercial", "government"] {
        let of_cloud = |name: &&NameEntry| name.to() == Some("citrix-cloud") && name.edition() == edition;
        let names = Catalogue::builtin().names().filter(|name| name.from() == "connector").filter(of_cloud);
        assert!(names.count() >= 5, "{edition}");
    }
}

#[test]
fn the_build_reads_its_data_as_this_test_does() {
    let bytes = postcard::to_allocvec(Catalogue::builtin()).unwrap().leak();
    assert_eq!(&postcard::from_bytes::<Catalogue>(bytes).unwrap(), Catalogue::builtin());
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
