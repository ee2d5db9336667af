//! Large pictures, in parts that people can read.
//!
//! In: a picture of any size. Out: figures: the picture itself where it can be read, else one in which roles are drawn
//! together by segment, and one for each part.
//!
//! Invariant: every role is drawn on its own in at least one figure.
//! Invariant: every arrow of the picture is in at least one figure with both of its ends, the other parts' roles drawn
//! together where they must be; arrows inside of a part show its roles one by one.

use std::collections::{BTreeMap, BTreeSet};

use super::super::content::Figure;
use super::design::Paper;
use super::geometry::Layout;
use super::picture::{Arrow, Group, Node, Picture, Place, Purpose, Shape};
use super::{figure, fitting, lay_out, words};

/// Most nodes of a picture that people can read.
const MOST_NODES: usize = 40;

/// How much is drawn together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    /// Roles of a segment; of what has no segment, roles of a kind.
    Segment,
    /// Roles of a platform; all that is on none.
    Platform,
}

/// The figures of a picture.
pub(super) fn figures(picture: &Picture, paper: Paper) -> Vec<Figure> {
    let picture = &picture.sound();
    if let Some(layout) = readable(picture, paper) {
        return vec![figure(picture, &layout)];
    }
    let mut figures = vec![summary(picture, paper)];
    let all: Vec<&Arrow> = picture.arrows.iter().collect();
    for (at, (name, nodes)) in parts(picture).into_iter().enumerate() {
        let pictures = divided(picture, (&nodes, &all), paper);
        let count = pictures.len();
        for (part, (mut own, layout)) in pictures.into_iter().enumerate() {
            own.id = format!("{}-{}-{}", picture.id, at + 1, part + 1);
            own.title = words::part(&words::part_of(&name, part + 1, count));
            figures.push(figure(&own, &layout));
        }
    }
    figures
}

/// The picture of all parts, their roles drawn together.
fn summary(picture: &Picture, paper: Paper) -> Figure {
    let all: Vec<&Arrow> = picture.arrows.iter().collect();
    let segments = together(picture, (&BTreeSet::new(), &all), Grain::Segment);
    let laid_out = readable(&segments, paper).map(|layout| (segments, layout));
    let (mut own, layout) = laid_out.unwrap_or_else(|| {
        let platforms = together(picture, (&BTreeSet::new(), &all), Grain::Platform);
        let layout = lay_out(&platforms, paper);
        (platforms, layout)
    });
    words::segments().clone_into(&mut own.title);
    figure(&own, &layout)
}

/// The layout of a picture that people can read on a paper.
fn readable(picture: &Picture, paper: Paper) -> Option<Layout> {
    if picture.nodes.len() > MOST_NODES {
        return None;
    }
    fitting(picture, paper)
}

/// The parts of a picture: a platform each, and what is on none.
fn parts(picture: &Picture) -> Vec<(String, Vec<usize>)> {
    let of = |group: usize| {
        let is_in = |place: Place| match place {
            Place::Outside => false,
            Place::Group(own) | Place::Segment(own, _) => own == group,
        };
        let mut nodes: Vec<(Place, usize)> = picture
            .nodes
            .iter()
            .zip(0..)
            .map(|(node, at)| (node.place, at))
            .filter(|(place, _)| is_in(*place))
            .collect();
        nodes.sort_unstable();
        nodes.into_iter().map(|(_, at)| at).collect::<Vec<usize>>()
    };
    let groups = picture.groups.iter().enumerate().map(|(at, group)| (group.name.clone(), of(at)));
    let mut parts: Vec<(String, Vec<usize>)> = groups.filter(|(_, nodes)| !nodes.is_empty()).collect();
    let outside: Vec<usize> = picture.nodes_at(Place::Outside).collect();
    if !outside.is_empty() {
        parts.push((words::outside().to_owned(), outside));
    }
    parts
}

/// Pictures of some nodes and what they have to do with, laid out: as few as can be read. The arrows are at least those
/// that touch the nodes.
fn divided(
    picture: &Picture,
    (nodes, arrows): (&[usize], &[&Arrow]),
    paper: Paper,
) -> Vec<(Picture, Layout)> {
    let keep: BTreeSet<usize> = nodes.iter().copied().collect();
    let touches = |arrow: &&&Arrow| keep.contains(&arrow.from) || keep.contains(&arrow.to);
    let arrows: Vec<&Arrow> = arrows.iter().filter(touches).copied().collect();
    let is_single = nodes.len() == 1;
    for grain in [Grain::Segment, Grain::Platform] {
        // Many nodes are kept as they are, whatever is drawn together.
        if nodes.len() > MOST_NODES {
            break;
        }
        let own = together(picture, (&keep, &arrows), grain);
        let is_last = is_single && grain == Grain::Platform;
        let layout = if is_last { Some(lay_out(&own, paper)) } else { readable(&own, paper) };
        if let Some(layout) = layout {
            return vec![(own, layout)];
        }
    }
    let (first, second) = nodes.split_at(nodes.len() / 2);
    let mut pictures = divided(picture, (first, &arrows), paper);
    pictures.extend(divided(picture, (second, &arrows), paper));
    pictures
}

/// What is drawn as one node.
type Together = (Option<usize>, Place, String);

/// The picture in which nodes are drawn together, but for those to keep; of the others, what the arrows have to do with,
/// or all where none is to keep.
fn together(picture: &Picture, (keep, arrows): (&BTreeSet<usize>, &[&Arrow]), grain: Grain) -> Picture {
    let mut shown: BTreeSet<usize> = arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]).collect();
    shown.extend(keep);
    if keep.is_empty() {
        shown.extend(0..picture.nodes.len());
    }
    let mut classes: BTreeMap<Together, Vec<usize>> = BTreeMap::new();
    for at in shown {
        let Some(node) = picture.nodes.get(at) else { continue };
        classes.entry(class(node, keep.contains(&at).then_some(at), grain)).or_default().push(at);
    }
    let mut drawn: BTreeMap<usize, usize> = BTreeMap::new();
    for (to, members) in classes.values().enumerate() {
        drawn.extend(members.iter().map(|member| (*member, to)));
    }
    let arrow = |arrow: &&Arrow| {
        let (from, to) = (*drawn.get(&arrow.from)?, *drawn.get(&arrow.to)?);
        Some(Arrow { from, to, ..(*arrow).clone() })
    };
    let mut own = Picture {
        id: picture.id.clone(),
        title: picture.title.clone(),
        groups: Vec::new(),
        nodes: classes.iter().filter_map(|(class, members)| one_node(picture, class, members)).collect(),
        arrows: arrows.iter().filter_map(arrow).collect(),
        purposes: Vec::new(),
    };
    keep_used_purposes(&mut own, &picture.purposes);
    keep_used_groups(&mut own, &picture.groups);
    own.sound()
}

fn class(node: &Node, kept: Option<usize>, grain: Grain) -> Together {
    match (kept, grain, node.place) {
        (Some(at), _, place) => (Some(at), place, String::new()),
        (None, Grain::Segment, place @ Place::Segment(..)) => (None, place, String::new()),
        (None, Grain::Segment, place) => (None, place, node.kind.clone()),
        (None, Grain::Platform, Place::Group(group) | Place::Segment(group, _)) => {
            (None, Place::Group(group), String::new())
        }
        (None, Grain::Platform, Place::Outside) => (None, Place::Outside, String::new()),
    }
}

/// The one node for several, or the only one itself.
fn one_node(picture: &Picture, (_, place, kind): &Together, members: &[usize]) -> Option<Node> {
    let first = picture.nodes.get(*members.first()?)?;
    if members.len() == 1 {
        return Some(first.clone());
    }
    let group = |group: usize| picture.groups.get(group);
    let name = match (place, kind.is_empty()) {
        (_, false) => kind.clone(),
        (Place::Outside, true) => words::outside().to_owned(),
        (Place::Group(at), true) => group(*at)?.name.clone(),
        (Place::Segment(at, segment), true) => group(*at)?.segments.get(*segment)?.name.clone(),
    };
    Some(Node {
        name,
        kind: words::roles(members.len()),
        note: String::new(),
        place: *place,
        shape: Shape::Several,
    })
}

/// Takes the purposes that an arrow has, so that the legend holds what is drawn.
fn keep_used_purposes(own: &mut Picture, all: &[Purpose]) {
    let used: BTreeSet<usize> = own.arrows.iter().flat_map(|arrow| arrow.purposes.iter().copied()).collect();
    let places: BTreeMap<usize, usize> = used.iter().copied().zip(0..).collect();
    for arrow in &mut own.arrows {
        arrow.purposes = arrow.purposes.iter().filter_map(|purpose| places.get(purpose).copied()).collect();
    }
    own.purposes = used.iter().filter_map(|at| all.get(*at).cloned()).collect();
}

/// Takes the platforms and segments in which a node stands.
fn keep_used_groups(own: &mut Picture, all: &[Group]) {
    let mut used: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for node in &own.nodes {
        match node.place {
            Place::Outside => {}
            Place::Group(group) => {
                used.entry(group).or_default();
            }
            Place::Segment(group, segment) => {
                used.entry(group).or_default().insert(segment);
            }
        }
    }
    let segments_of = |group: usize| used.get(&group).into_iter().flatten().copied();
    let mut places: BTreeMap<Place, Place> = BTreeMap::new();
    for (to, group) in used.keys().enumerate() {
        places.insert(Place::Group(*group), Place::Group(to));
        let segments = segments_of(*group).zip(0..);
        places.extend(segments.map(|(from, own)| (Place::Segment(*group, from), Place::Segment(to, own))));
    }
    for node in &mut own.nodes {
        node.place = places.get(&node.place).copied().unwrap_or(node.place);
    }
    let groups = used.keys().filter_map(|at| {
        let group = all.get(*at)?;
        let segments = segments_of(*at).filter_map(|segment| group.segments.get(segment).cloned());
        Some(Group { name: group.name.clone(), note: group.note.clone(), segments: segments.collect() })
    });
    own.groups = groups.collect();
}
