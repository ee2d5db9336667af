//! What a picture shows, apart from how it looks.
//!
//! In: nothing. Out: [`Picture`], which layouts, Mermaid and descriptions are made of.
//!
//! Invariant: names are plain text of any kind; whatever draws them cleans and escapes them.
//! Invariant: a place that names no group or segment of the picture is drawn as outside, an arrow that names no node or
//! purpose is left out; nothing panics.

use std::collections::{BTreeMap, BTreeSet};

/// Parties in their places, and who starts a connection to whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Picture {
    /// Stable name (`overview`).
    pub id: String,
    /// What it shows, one line.
    pub title: String,
    /// Platforms.
    pub groups: Vec<Group>,
    /// Roles, or several of them as one.
    pub nodes: Vec<Node>,
    /// Who starts to whom.
    pub arrows: Vec<Arrow>,
    /// What arrows are for.
    pub purposes: Vec<Purpose>,
}

/// A platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// A remark: its kind.
    pub note: String,
    /// Its segments.
    pub segments: Vec<Segment>,
}

/// A subnet or VLAN of a platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its name.
    pub name: String,
    /// A remark: its ranges.
    pub note: String,
}

/// Where a node sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// On no platform.
    Outside,
    /// On a platform, in none of its segments; the place of the group in the picture.
    Group(usize),
    /// In a segment; the place of the group in the picture, and of the segment in the group.
    Segment(usize, usize),
}

/// What a node stands for, and so its outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// A role that the site enforces: a rectangle.
    Role,
    /// A role that others run: a rounded rectangle.
    Foreign,
    /// Several roles drawn as one: a stack.
    Several,
}

/// A role, or several drawn as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it is, in the catalogue's words.
    pub kind: String,
    /// A remark: how many there are, who runs it, its state.
    pub note: String,
    /// Where it sits.
    pub place: Place,
    /// What it stands for.
    pub shape: Shape,
}

/// How an arrow is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Style {
    /// Everything is protected on its way: a solid line.
    Protected,
    /// Some of it is sent in clear text, or nobody knows: a dashed line.
    Clear,
    /// Granted for some days only: a dotted line.
    Exception,
}

/// One party may start connections to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrow {
    /// Who starts: the node's place in the picture.
    pub from: usize,
    /// Who answers: the node's place in the picture.
    pub to: usize,
    /// What for: places of purposes in the picture, in order.
    pub purposes: Vec<usize>,
    /// How it is drawn.
    pub style: Style,
}

/// What arrows are for: an intent, a line with its own ports, an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purpose {
    /// Its name.
    pub name: String,
    /// The services of all its arrows, as people write them.
    pub services: String,
}

impl Picture {
    /// The nodes of a place, in order.
    pub(super) fn nodes_at(&self, place: Place) -> impl Iterator<Item = usize> {
        self.nodes.iter().enumerate().filter(move |(_, node)| node.place == place).map(|(at, _)| at)
    }

    /// The segment in which nodes sit together.
    pub(super) fn segment_of(&self, nodes: &[usize]) -> Option<&Segment> {
        let place = nodes.first().and_then(|node| self.nodes.get(*node)).map(|node| node.place);
        let Some(Place::Segment(group, segment)) = place else { return None };
        self.groups.get(group).and_then(|group| group.segments.get(segment))
    }

    /// The same with less about each node and segment, for where there is little room.
    pub(super) fn brief(&self) -> Self {
        let mut brief = self.clone();
        for node in &mut brief.nodes {
            node.note.clear();
        }
        for segment in brief.groups.iter_mut().flat_map(|group| &mut group.segments) {
            segment.note.clear();
        }
        brief
    }

    /// The same without places and arrows that lead nowhere, and with arrows of one pair and style made one.
    pub(super) fn sound(&self) -> Self {
        let mut sound = self.clone();
        for node in &mut sound.nodes {
            let segments = |group: usize| self.groups.get(group).map(|group| group.segments.len());
            let exists = match node.place {
                Place::Outside => true,
                Place::Group(group) => segments(group).is_some(),
                Place::Segment(group, segment) => segments(group).is_some_and(|count| segment < count),
            };
            if !exists {
                node.place = Place::Outside;
            }
        }
        let mut pairs: BTreeMap<(usize, usize, Style), BTreeSet<usize>> = BTreeMap::new();
        for arrow in &self.arrows {
            if arrow.from < self.nodes.len() && arrow.to < self.nodes.len() {
                let known = arrow.purposes.iter().filter(|purpose| **purpose < self.purposes.len());
                pairs.entry((arrow.from, arrow.to, arrow.style)).or_default().extend(known);
            }
        }
        let arrows = pairs.into_iter().map(|((from, to, style), purposes)| {
            let purposes = purposes.into_iter().collect();
            Arrow { from, to, purposes, style }
        });
        sound.arrows = arrows.collect();
        sound
    }
}
