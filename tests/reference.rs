//! The reference page of the catalogue: that the committed one is what segc renders, and that its links and tables hold.
//!
//! `UPDATE_EXPECTED=1` rewrites `src/catalogue/data/REFERENCE.md`.

use crate::support::folder::{first_difference, is_update};
use segc::catalogue::{Catalogue, FlowEntry, Intent, RoleKind};
use segc::reference::{Extent, Listing, Section};
use std::collections::BTreeSet;
use std::path::Path;

const PAGE: &str = "src/catalogue/data/REFERENCE.md";

fn page(section: Option<Section>, extent: Extent) -> String {
    let catalogue = Catalogue::builtin();
    Listing::new(catalogue, catalogue.newest(), section).markdown(extent)
}

/// What stands between two words, each time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).filter_map(|rest| rest.split_once(after)).map(|(found, _)| found).collect()
}

/// Cells of a line of a table; an escaped bar ends none.
fn cells(line: &str) -> usize {
    line.replace("\\\\", "").replace("\\|", "").matches('|').count()
}

#[test]
fn the_committed_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let produced = page(None, Extent::All);
    if is_update().unwrap() {
        std::fs::write(path, produced).unwrap();
        return;
    }
    let committed = std::fs::read(path).unwrap_or_default();
    assert!(
        committed == produced.as_bytes(),
        "{PAGE}: {}; `UPDATE_EXPECTED=1 cargo test reference` writes it again",
        first_difference(&committed, produced.as_bytes())
    );
}

#[test]
fn links_lead_to_places_and_places_are_there_once() {
    let mut pages = vec![page(None, Extent::All), page(None, Extent::Current)];
    pages.extend(Section::ALL.map(|section| page(Some(section), Extent::Current)));
    for page in pages {
        let places = between(&page, "<a id=\"", "\"");
        let distinct: BTreeSet<&str> = places.iter().copied().collect();
        assert_eq!(places.len(), distinct.len(), "a place is there twice");
        for link in between(&page, "](#", ")") {
            assert!(distinct.contains(link), "`{link}` leads nowhere");
        }
    }
}

#[test]
fn every_table_has_as_many_cells_in_each_line() {
    let page = page(None, Extent::All);
    let mut expected = None;
    let mut tables = 0;
    for line in page.lines() {
        if !line.starts_with('|') {
            expected = None;
            continue;
        }
        tables += usize::from(expected.is_none());
        let wanted = *expected.get_or_insert(cells(line));
        assert_eq!(cells(line), wanted, "{line}");
    }
    assert!(tables > 60, "only {tables} tables");
}

#[test]
fn every_role_intent_and_flow_has_its_place() {
    let page = page(None, Extent::All);
    let places: BTreeSet<&str> = between(&page, "<a id=\"", "\"").into_iter().collect();
    let catalogue = Catalogue::builtin();
    let roles = catalogue.kinds().map(RoleKind::name).map(|name| format!("role-{name}"));
    let intents = catalogue.intents().map(Intent::name).map(|name| format!("intent-{name}"));
    let flows = catalogue.flows().map(FlowEntry::id).map(|id| format!("flow-{id}"));
    for place in roles.chain(intents).chain(flows) {
        assert!(places.contains(place.as_str()), "{place}");
    }
}

#[test]
fn what_nothing_confirms_is_marked() {
    let page = page(Some(Section::Flows), Extent::All);
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("| <a id=\"flow-")).collect();
    assert_eq!(rows.len(), Catalogue::builtin().flows().count());
    for flow in Catalogue::builtin().flows() {
        let start = format!("| <a id=\"flow-{}\"></a>", flow.id());
        let row = rows.iter().find(|row| row.starts_with(&start)).unwrap();
        assert_eq!(row.contains("**unverified**"), !flow.verified(), "{}", flow.id());
    }
}

#[test]
fn history_stands_apart() {
    let all = page(None, Extent::All);
    let (before, history) = all.split_once("## Flows without rules\n").unwrap();
    let current = page(None, Extent::Current);
    let catalogue = Catalogue::builtin();
    for flow in catalogue.flows() {
        let start = format!("<a id=\"flow-{}\"></a>", flow.id());
        let is_current = flow.is_selectable() && catalogue.holds(flow, catalogue.newest());
        let stands = [before, history, &current].map(|part| part.contains(&start));
        assert_eq!(stands, [is_current, !is_current, is_current], "{}", flow.id());
    }
}
