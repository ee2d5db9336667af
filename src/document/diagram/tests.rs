//! Measures pictures: whatever is drawn, nothing meets what it must not meet.

use proptest::prelude::*;

use super::design::{NAME_SIZE, NODE_PAD, SMALL_SIZE};
use super::geometry::{FrameKind, Layout, Point, Rect};
use super::picture::{Arrow, Group, Node, Picture, Place, Purpose, Segment, Shape, Style};
use super::sequence::{Access, charts};
use super::*;
use crate::catalogue::Catalogue;
use crate::driver::testing::{examples, policy_of};
use crate::policy::Policy;

type Part = (Point, Point);

fn parts(way: &[Point]) -> Vec<Part> {
    way.iter().copied().zip(way.iter().copied().skip(1)).collect()
}

/// True where a straight part runs through the inside of a rectangle.
fn enters((from, to): Part, area: &Rect) -> bool {
    from.x.min(to.x) < area.right()
        && area.x < from.x.max(to.x).max(from.x.min(to.x) + 1)
        && from.y.min(to.y) < area.bottom()
        && area.y < from.y.max(to.y).max(from.y.min(to.y) + 1)
        && !(from.x == to.x && (from.x <= area.x || from.x >= area.right()))
        && !(from.y == to.y && (from.y <= area.y || from.y >= area.bottom()))
}

/// True where two straight parts share more than a point.
fn lie_on_one_another(one: Part, other: Part) -> bool {
    let shared =
        |a: (i32, i32), b: (i32, i32)| a.0.max(a.1).min(b.0.max(b.1)) > a.0.min(a.1).max(b.0.min(b.1));
    let along_x = |(from, to): Part| from.y == to.y && from.x != to.x;
    let along_y = |(from, to): Part| from.x == to.x && from.y != to.y;
    if along_x(one) && along_x(other) && one.0.y == other.0.y {
        return shared((one.0.x, one.1.x), (other.0.x, other.1.x));
    }
    along_y(one)
        && along_y(other)
        && one.0.x == other.0.x
        && shared((one.0.y, one.1.y), (other.0.y, other.1.y))
}

fn assert_apart(what: &str, areas: &[Rect]) {
    for (at, one) in areas.iter().enumerate() {
        for other in areas.iter().skip(at + 1) {
            assert!(!one.overlaps(other), "{what}: {one:?} overlaps {other:?}");
        }
    }
}

#[track_caller]
fn measure(picture: &Picture, layout: &Layout) {
    let canvas = Rect { x: 0, y: 0, width: layout.width, height: layout.height };
    let nodes: Vec<Rect> = layout.nodes.iter().map(|node| node.area).collect();
    let labels: Vec<Rect> = layout.labels.iter().map(|label| label.area).collect();
    let frames = |kind: FrameKind| layout.frames.iter().filter(move |frame| frame.kind == kind);
    let titles: Vec<Rect> = layout.frames.iter().map(|frame| frame.title_area).collect();
    let legend = layout.legend.iter().map(|entry| entry.area);
    let texts: Vec<Rect> = legend.chain(layout.samples.iter().map(|sample| sample.area)).collect();
    let all: Vec<Rect> = [nodes.clone(), labels.clone(), titles.clone(), texts.clone()].concat();
    assert_apart("nodes, labels, titles and legend", &all);
    assert_apart("segments", &frames(FrameKind::Segment).map(|frame| frame.area).collect::<Vec<_>>());
    assert_apart("platforms", &frames(FrameKind::Platform).map(|frame| frame.area).collect::<Vec<_>>());
    for area in all.iter().chain(layout.frames.iter().map(|frame| &frame.area)) {
        assert!(canvas.contains(area), "{area:?} is not inside of {canvas:?}");
    }
    measure_texts(layout);
    measure_frames(picture, layout);
    measure_wires(picture, layout, &nodes);
}

fn measure_texts(layout: &Layout) {
    for node in &layout.nodes {
        let room = node.area.width - 2 * NODE_PAD;
        assert!(node.name.iter().all(|line| width(line, NAME_SIZE) <= room), "{node:?}");
        assert!(node.kind.iter().chain(&node.note).all(|line| width(line, SMALL_SIZE) <= room), "{node:?}");
        let lines = i32::try_from(node.name.len() + node.kind.len() + node.note.len()).unwrap();
        assert!(lines * design::LINE <= node.area.height, "{node:?}");
    }
    for label in &layout.labels {
        assert!(label.lines.iter().all(|line| width(line, SMALL_SIZE) <= label.area.width), "{label:?}");
    }
    for entry in &layout.legend {
        let room = entry.area.width - if entry.number.is_some() { legend::NUMBER_ROOM } else { 0 };
        assert!(entry.name.iter().all(|line| width(line, NAME_SIZE) <= room), "{entry:?}");
        assert!(entry.services.iter().all(|line| width(line, SMALL_SIZE) <= room), "{entry:?}");
    }
}

/// Every segment's frame holds its own nodes and no others.
fn measure_frames(picture: &Picture, layout: &Layout) {
    for frame in layout.frames.iter().filter(|frame| frame.kind == FrameKind::Segment) {
        let inside: Vec<Place> = picture
            .nodes
            .iter()
            .zip(&layout.nodes)
            .filter(|(_, node)| frame.area.overlaps(&node.area))
            .map(|(content, node)| {
                assert!(frame.area.contains(&node.area), "{frame:?} cuts {node:?}");
                content.place
            })
            .collect();
        assert!(inside.windows(2).all(|pair| pair[0] == pair[1]), "{frame:?} holds {inside:?}");
        assert!(matches!(inside.first(), Some(Place::Segment(..))), "{frame:?}");
    }
}

fn measure_wires(picture: &Picture, layout: &Layout, nodes: &[Rect]) {
    let on_border = |point: Point, area: &Rect| {
        (point.x == area.x || point.x == area.right()) && area.y < point.y && point.y < area.bottom()
    };
    let mut drawn = vec![0; picture.arrows.len()];
    for wire in &layout.wires {
        for branch in &wire.branches {
            let arrow = &picture.arrows[branch.arrow];
            drawn[branch.arrow] += 1;
            assert!(on_border(branch.way[0], &nodes[arrow.from]), "{branch:?} starts beside its node");
            assert!(
                on_border(*branch.way.last().unwrap(), &nodes[arrow.to]),
                "{branch:?} ends beside its node"
            );
            for part in parts(&branch.way) {
                assert!(part.0.x == part.1.x || part.0.y == part.1.y, "{branch:?} is crooked");
                assert!(!nodes.iter().any(|node| enters(part, node)), "{branch:?} runs through a node");
                let others = layout.labels.iter().filter(|label| label.arrow != branch.arrow);
                for label in others {
                    assert!(!enters(part, &label.area), "{branch:?} runs through {label:?}");
                }
            }
        }
        let own: Vec<Vec<Part>> = wire.branches.iter().map(|branch| parts(&branch.own)).collect();
        assert!(!own.is_empty());
    }
    assert!(drawn.iter().all(|count| *count == 1), "arrows are drawn {drawn:?} times");
    for (at, one) in layout.wires.iter().enumerate() {
        for other in layout.wires.iter().skip(at + 1) {
            for part in one.branches.iter().flat_map(|branch| parts(&branch.way)) {
                let theirs = other.branches.iter().flat_map(|branch| parts(&branch.way));
                for their in theirs {
                    assert!(!lie_on_one_another(part, their), "{part:?} and {their:?} lie on one another");
                }
            }
        }
    }
    let labelled = picture.arrows.iter().filter(|arrow| !arrow.purposes.is_empty()).count();
    assert_eq!(layout.labels.len(), labelled, "labels");
}

fn assert_well_formed(figure: &Figure) {
    let document =
        roxmltree::Document::parse(&figure.svg).unwrap_or_else(|error| panic!("{}: {error}", figure.id));
    let known = ["svg", "title", "desc", "g", "rect", "path", "text"];
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(known.contains(&element.tag_name().name()), "{}", element.tag_name().name());
        for attribute in element.attributes() {
            assert!(
                !attribute.name().starts_with("on") && attribute.name() != "href",
                "{}",
                attribute.name()
            );
        }
    }
}

const PROFILES: [(&str, &str); 6] = [
    ("cvad-aws", include_str!("../../cli/profiles/cvad-aws.seg")),
    ("cvad-azure", include_str!("../../cli/profiles/cvad-azure.seg")),
    ("cvad-xenserver", include_str!("../../cli/profiles/cvad-xenserver.seg")),
    ("daas-aws", include_str!("../../cli/profiles/daas-aws.seg")),
    ("daas-gcp", include_str!("../../cli/profiles/daas-gcp.seg")),
    ("flex", include_str!("../../cli/profiles/flex.seg")),
];

fn sites() -> Vec<(&'static str, Policy)> {
    examples().into_iter().chain(PROFILES.map(|(name, text)| (name, policy_of(name, text)))).collect()
}

#[test]
fn nothing_overlaps_in_pictures_of_sites() {
    let catalogue = Catalogue::builtin();
    for (name, policy) in sites() {
        let picture = build::picture(&policy, catalogue).sound();
        for paper in [Paper::PORTRAIT, Paper::LANDSCAPE] {
            measure(&picture, &lay_out(&picture, paper));
        }
        for figure in overview(&policy, catalogue, Paper::PORTRAIT) {
            assert_well_formed(&figure);
            assert!(figure.width <= 642 && figure.height <= 900, "{name}: {} is too large", figure.id);
        }
        assert_eq!(
            overview(&policy, catalogue, Paper::PORTRAIT),
            overview(&policy, catalogue, Paper::PORTRAIT),
            "{name}"
        );
    }
}

#[test]
fn every_role_is_drawn_on_its_own_in_some_figure_of_a_divided_site() {
    let catalogue = Catalogue::builtin();
    let mut divided = 0;
    for (name, policy) in sites() {
        let picture = build::picture(&policy, catalogue).sound();
        let figures = overview(&policy, catalogue, Paper::PORTRAIT);
        divided += usize::from(figures.len() > 1);
        for node in &picture.nodes {
            let label = format!("\"{}", node.name);
            assert!(
                figures.iter().any(|figure| figure.mermaid.contains(&label)),
                "{name}: {} is in no figure",
                node.name
            );
        }
    }
    assert!(divided > 0, "no site is divided");
}

#[test]
fn sequences_are_drawn_where_the_site_has_a_part_in_them() {
    let catalogue = Catalogue::builtin();
    for (name, policy) in sites() {
        for chart in charts(&policy, catalogue) {
            let layout = chart::lay_out(&chart, Paper::PORTRAIT);
            let heads = layout.heads.iter().map(|head| head.area);
            let calls = layout.calls.iter().flat_map(|call| [call.area, call.services_area]);
            let legend = layout.legend.iter().map(|entry| entry.area);
            let all: Vec<Rect> = heads.chain(calls).chain(legend).filter(|area| area.width > 0).collect();
            assert_apart(name, &all);
            let canvas = Rect { x: 0, y: 0, width: layout.width, height: layout.height };
            assert!(all.iter().all(|area| canvas.contains(area)), "{name}");
            assert!(layout.width <= Paper::PORTRAIT.width && layout.height <= Paper::PORTRAIT.height);
        }
        sequences(&policy, catalogue, Paper::PORTRAIT).iter().for_each(assert_well_formed);
    }
}

#[test]
fn the_aws_sites_allow_every_step_of_the_volume_service() {
    let catalogue = Catalogue::builtin();
    for (name, policy) in
        examples().into_iter().filter(|(name, _)| ["daas-aws", "three-platforms-r2"].contains(name))
    {
        let charts = charts(&policy, catalogue);
        let [chart] = charts.as_slice() else { panic!("{name}: {} charts", charts.len()) };
        assert!(chart.messages.iter().all(|message| message.access != Access::Missing), "{name}: {chart:#?}");
        assert!(chart.lifelines.iter().all(|lifeline| !lifeline.roles.is_empty()), "{name}");
    }
}

#[test]
fn a_step_that_no_line_allows_is_shown() {
    let text = include_str!("../../../examples/daas-aws/site.seg")
        .replace(
            "intent mcs-aws           connector -> temp-worker, volume-worker, ec2-api, s3-api",
            "intent mcs-aws connector -> volume-worker, ec2-api",
        )
        .replace("expect allow temp-worker -> s3-api : tcp/443\n", "");
    let charts = charts(&policy_of("missing", &text), Catalogue::builtin());
    let missing: Vec<&str> = charts[0]
        .messages
        .iter()
        .filter(|message| message.access == Access::Missing)
        .map(|message| message.what.as_str())
        .collect();
    assert_eq!(missing, ["Uploads the package of the volume service", "Downloads the package"]);
}

fn hostile() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z0-9-]{0,60}",
        "\\PC{0,40}",
        Just("</text><script>alert(1)</script>\u{0}\u{1b}]]>".to_owned()),
        Just("\u{202e}\u{5d0}\u{5d1}\u{5d2} \u{1f468}\u{200d}\u{1f469} \u{fffe}\"'&".to_owned()),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        Just(Place::Outside),
        (0..4usize).prop_map(Place::Group),
        (0..4usize, 0..4usize).prop_map(|(group, segment)| Place::Segment(group, segment)),
    ]
}

fn pictures() -> impl Strategy<Value = Picture> {
    let segment = (hostile(), hostile()).prop_map(|(name, note)| Segment { name, note });
    let segments = proptest::collection::vec(segment, 0..4);
    let group = (hostile(), hostile(), segments);
    let group = group.prop_map(|(name, note, segments)| Group { name, note, segments });
    let shape = prop_oneof![Just(Shape::Role), Just(Shape::Foreign), Just(Shape::Several)];
    let node = (hostile(), hostile(), hostile(), place(), shape);
    let node = node.prop_map(|(name, kind, note, place, shape)| Node { name, kind, note, place, shape });
    let style = prop_oneof![Just(Style::Protected), Just(Style::Clear), Just(Style::Exception)];
    let arrow = (0..61usize, 0..61usize, proptest::collection::vec(0..20usize, 0..6), style);
    let arrow = arrow.prop_map(|(from, to, purposes, style)| Arrow { from, to, purposes, style });
    let purpose = (hostile(), hostile()).prop_map(|(name, services)| Purpose { name, services });
    (
        proptest::collection::vec(group, 0..4),
        proptest::collection::vec(node, 1..60),
        proptest::collection::vec(arrow, 0..90),
        proptest::collection::vec(purpose, 0..18),
    )
        .prop_map(|(groups, nodes, arrows, purposes)| {
            let (id, title) = ("random".to_owned(), "Random".to_owned());
            Picture { id, title, groups, nodes, arrows, purposes }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn nothing_overlaps_in_any_picture(picture in pictures()) {
        let sound = picture.sound();
        measure(&sound, &lay_out(&sound, Paper::PORTRAIT));
        assert_well_formed(&draw(&picture, Paper::LANDSCAPE));
    }
}
