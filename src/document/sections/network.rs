//! Section: segments and routing.
//!
//! In: [`Facts`]. Out: the segments, the places between which packets must find their way, and what holds for them.
//!
//! Invariant: every segment is in the table; a route is listed once for each direction in which somebody starts.

use super::matrix::addresses;
use super::overview::place;
use super::parts::{needs, rules};
use super::{listed, number, or_dash, paragraph, row, section as section_of, table};
use crate::catalogue::RuleTopic;
use crate::document::content::{Block, ColumnKind, Row, Section, Text};
use crate::document::facts::Facts;
use crate::document::team::Team;
use crate::policy::identity::short_hash;
use crate::policy::{Segment, SegmentId};
use std::collections::BTreeMap;

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    if !matches!(facts.team, None | Some(Team::Firewall | Team::Cloud)) {
        return None;
    }
    let words = facts.words;
    let mut blocks = Vec::new();
    if facts.input.policy.segments().next().is_some() {
        blocks.push(paragraph(words.segments_intro, &[]));
        blocks.push(segments(facts));
    } else {
        blocks.push(paragraph(words.segments_none, &[]));
    }
    blocks.extend(closed_platforms(facts));
    blocks.extend(peers(facts));
    blocks.push(paragraph(words.routes_intro, &[]));
    blocks.push(routes(facts));
    blocks.extend(rules(facts, "network-rules", &[RuleTopic::Network]));
    blocks.extend(needs(facts, "network-needs", &[RuleTopic::Network]));
    Some(section_of(facts, "network", blocks, words.segments_none))
}

fn segments(facts: &Facts<'_>) -> Block {
    let rows = facts.input.policy.segments().map(|(id, segment)| segment_row(facts, id, segment)).collect();
    let columns = [
        ("platform", 10, ColumnKind::Choice),
        ("addresses", 14, ColumnKind::Code),
        ("trust", 7, ColumnKind::Choice),
        ("roles", 22, ColumnKind::Words),
    ];
    table(facts, "segments", ("segment", facts.words.segments_caption), &columns, rows)
}

fn segment_row(facts: &Facts<'_>, id: SegmentId, segment: &Segment) -> Row {
    let trust = facts.input.model.segments.get(id.index()).and_then(|segment| segment.trust);
    let inside = facts.input.policy.parties().filter(|(_, party)| party.segment == Some(id));
    let cells = vec![
        facts
            .platform(segment.platform)
            .map_or_else(Text::default, |platform| Text::site(platform.name.as_str())),
        addresses(&segment.addresses),
        or_dash(trust.map(|trust| Text::site(trust.word()))),
        listed(inside.map(|(role, _)| facts.name(role))),
    ];
    row(segment.name.as_str(), cells)
}

/// Platforms that say that they have no route to the internet.
fn closed_platforms(facts: &Facts<'_>) -> Vec<Block> {
    let closed =
        facts.input.policy.platforms().filter(|(_, platform)| platform.attribute("internet") == Some("none"));
    let told = closed.map(|(_, platform)| {
        paragraph(facts.words.no_internet, &[("platform", Text::site(platform.name.as_str()))])
    });
    told.collect()
}

fn peers(facts: &Facts<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    for platform in &facts.input.model.platforms {
        for peer in &platform.peers {
            let peer =
                facts.platform(*peer).map_or_else(Text::default, |peer| Text::site(peer.name.as_str()));
            let values = [("platform", Text::site(platform.name.as_str())), ("peer", peer)];
            blocks.push(paragraph(facts.words.peering, &values));
        }
    }
    blocks
}

/// Places between which somebody starts a connection, with how many rows need the way.
fn routes(facts: &Facts<'_>) -> Block {
    let mut ways: BTreeMap<(Text, Text), usize> = BTreeMap::new();
    for found in facts.rows() {
        let (Some(from), Some(to)) = (facts.party(found.from), facts.party(found.to)) else { continue };
        let end = |party: &crate::policy::Party, role| {
            if party.platform.is_some() { place(facts, party) } else { facts.name(role) }
        };
        let way = (end(from, found.from), end(to, found.to));
        if way.0 != way.1 {
            *ways.entry(way).or_default() += 1;
        }
    }
    let rows = ways.into_iter().map(|((from, to), count)| {
        let id = format!("w-{}", short_hash(&[&from.words(), &to.words()], 8));
        row(id, vec![from, to, number(count)])
    });
    let columns =
        [("from", 14, ColumnKind::Choice), ("to", 14, ColumnKind::Choice), ("rows", 5, ColumnKind::Number)];
    table(facts, "routes", ("id", facts.words.routes_caption), &columns, rows.collect())
}
