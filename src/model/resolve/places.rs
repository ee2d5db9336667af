//! Platforms and segments.

use super::Resolver;
use super::attributes::{self, Attributes};
use super::site::refs;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::model::{Manager, Platform, PlatformId, Segment, Trust};
use crate::policy::address::AddressSet;
use crate::policy::interval::{Intervals, Point};
use crate::syntax::ast::{self, Ident, Statement};
use crate::vocabulary::{AttributeSpec, PlatformSpec, ValueType};
use std::collections::{BTreeMap, BTreeSet};

/// How far a place or role may be trusted.
pub(super) const TRUST: AttributeSpec = AttributeSpec::optional(
    "trust",
    ValueType::OneOf(&["control", "restricted", "internal", "dmz", "untrusted"]),
    "how far it is trusted",
);

/// Who runs a platform or role.
pub(super) const MANAGED_BY: AttributeSpec = AttributeSpec::optional(
    "managed-by",
    ValueType::TextOrWord,
    "who runs it: `citrix`, `customer`, or a team in quotes",
);

const PLATFORM: &[AttributeSpec] = &[
    MANAGED_BY,
    AttributeSpec::optional("peer", ValueType::Platform, "platforms whose networks are joined to this one")
        .many(),
];

const SEGMENT: &[AttributeSpec] =
    &[AttributeSpec::required("cidr", ValueType::Address, "its address ranges").many(), TRUST];

impl<'a> Resolver<'a> {
    /// Platforms in name order, their names declared.
    pub(super) fn resolve_platforms(&mut self) -> Vec<Platform> {
        let mut declared: Vec<&'a ast::Platform> = self
            .statements
            .iter()
            .filter_map(
                |statement| if let Statement::Platform(found) = statement { Some(found) } else { None },
            )
            .collect();
        declared.sort_by(|a, b| (&a.name.text, a.span).cmp(&(&b.name.text, b.span)));
        let mut kept = Vec::new();
        for platform in declared {
            if self.platforms.declare(&platform.name, kept.len(), self.sink) {
                kept.push(platform);
            }
        }
        self.refuse_one_folder(&kept);
        kept.into_iter().map(|platform| self.resolve_platform(platform)).collect()
    }

    /// Each platform has a folder of its name in the output, and some file systems don't tell case apart.
    fn refuse_one_folder(&mut self, platforms: &[&ast::Platform]) {
        let mut folders: BTreeMap<String, &ast::Platform> = BTreeMap::new();
        for platform in platforms {
            let Some(first) = folders.insert(platform.name.text.to_lowercase(), platform) else { continue };
            let message =
                format!("platforms `{}` and `{}` differ in case only", first.name.text, platform.name.text);
            let report = Diagnostic::new(codes::DUPLICATE_NAME, message)
                .label(platform.name.span, "would be written to the same folder")
                .label(first.name.span, "as this one")
                .help("give one of them another name");
            self.report(report);
        }
    }

    fn resolve_platform(&mut self, platform: &ast::Platform) -> Platform {
        let spec = self.platform_spec(&platform.kind);
        let owner = format!("platform `{}`", platform.name.text);
        let read = match spec {
            Some(spec) => {
                let specs: Vec<&'static AttributeSpec> = PLATFORM.iter().chain(spec.attributes).collect();
                let owner = self.owner(&owner, platform.name.span, platform.span);
                attributes::read(&platform.block.attributes, &specs, owner, self.sink)
            }
            None => Attributes::default(),
        };
        let peers = read.list("peer").into_iter().filter_map(|name| {
            let name = Ident { text: name.value, span: name.span };
            self.platforms.find(&name, self.sink).map(PlatformId::at)
        });
        Platform {
            name: platform.name.text.clone(),
            kind: platform.kind.text.clone(),
            managed_by: manager(&read),
            peers: peers.collect(),
            attributes: read.texts_without(&["managed-by", "peer"]),
            attribute_spans: read.spans(),
            span: platform.name.span,
        }
    }

    /// What a platform kind may say. `None` after a report.
    fn platform_spec(&mut self, kind: &Ident) -> Option<&'a PlatformSpec> {
        let found = self.platform_specs.iter().find(|spec| spec.kind == kind.text);
        if found.is_none() {
            let kinds: Vec<&str> = self.platform_specs.iter().map(|spec| spec.kind).collect();
            let message = format!("there is no platform kind `{}`", kind.text);
            let report = Diagnostic::new(codes::UNKNOWN_PLATFORM_KIND, message).label(kind.span, "");
            let report = match nearest(&kind.text, kinds.iter().copied()) {
                Some(near) => report.help_edit(format!("did you mean `{near}`?"), kind.span, near),
                None => report.help(format!("the kinds are: {}", kinds.join(", "))),
            };
            self.report(report);
        }
        found
    }

    /// Segments in name order, their names declared. A segment may not have a platform's name: `on` takes either.
    pub(super) fn resolve_segments(&mut self) -> Vec<Segment> {
        let mut declared: Vec<&'a ast::Segment> = self
            .statements
            .iter()
            .filter_map(
                |statement| if let Statement::Segment(found) = statement { Some(found) } else { None },
            )
            .collect();
        declared.sort_by(|a, b| (&a.name.text, a.span).cmp(&(&b.name.text, b.span)));
        let mut segments = Vec::new();
        for segment in declared {
            if let Some(platform) = self.platforms.place(&segment.name.text) {
                let message = format!("segment `{}` has the name of a platform", segment.name.text);
                let report = Diagnostic::new(codes::DUPLICATE_NAME, message)
                    .label(segment.name.span, "segment")
                    .label(platform, "platform")
                    .help("give one of them another name: `on` takes either");
                self.report(report);
                continue;
            }
            if let Some(resolved) = self.resolve_segment(segment)
                && self.segments.declare(&segment.name, segments.len(), self.sink)
            {
                segments.push(resolved);
            }
        }
        self.refuse_overlaps(&segments);
        segments
    }

    /// One network has each address once.
    fn refuse_overlaps(&mut self, segments: &[Segment]) {
        let v4 = overlaps(segments, |segment| segment.addresses.v4());
        let v6 = overlaps(segments, |segment| segment.addresses.v6());
        for (first, second) in v4.union(&v6) {
            let (Some(segment), Some(other)) = (segments.get(*first), segments.get(*second)) else {
                continue;
            };
            let common = segment.addresses.intersection(&other.addresses);
            let message = format!("segments `{}` and `{}` of one platform overlap", segment.name, other.name);
            let report = Diagnostic::new(codes::SEGMENTS_OVERLAP, message)
                .label(other.span, format!("{common} lies in both"))
                .label(segment.span, "")
                .help("correct the ranges, or make one segment of them: roles may share one");
            self.report(report);
        }
    }

    fn resolve_segment(&mut self, segment: &ast::Segment) -> Option<Segment> {
        let owner = format!("segment `{}`", segment.name.text);
        let owner = self.owner(&owner, segment.name.span, segment.span);
        let read = attributes::read(&segment.block.attributes, &refs(SEGMENT), owner, self.sink);
        let Some(platform) = self.platforms.find(&segment.on, self.sink) else {
            self.segments.lose(&segment.name.text);
            return None;
        };
        Some(Segment {
            name: segment.name.text.clone(),
            platform: PlatformId::at(platform),
            addresses: AddressSet::from_ranges(&read.addresses("cidr")),
            trust: trust(&read),
            span: segment.name.span,
        })
    }
}

/// Pairs of segments of one platform that have addresses of a family in common: each with one that begins before it.
fn overlaps<'a, T: Point + 'a>(
    segments: &'a [Segment],
    addresses: impl Fn(&'a Segment) -> &'a Intervals<T>,
) -> BTreeSet<(usize, usize)> {
    let mut ranges: Vec<(PlatformId, T, T, usize)> = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        ranges.extend(addresses(segment).iter().map(|(low, high)| (segment.platform, low, high, at)));
    }
    ranges.sort_unstable();
    let mut found = BTreeSet::new();
    let mut farthest: Option<(PlatformId, T, usize)> = None;
    for (platform, low, high, at) in ranges {
        if let Some((_, end, before)) = farthest.filter(|(other, end, _)| *other == platform && low <= *end) {
            found.insert((before.min(at), before.max(at)));
            if high <= end {
                continue;
            }
        }
        farthest = Some((platform, high, at));
    }
    found
}

/// The value of `trust`.
pub(super) fn trust(read: &Attributes) -> Option<Trust> {
    Some(match read.text("trust")?.as_str() {
        "control" => Trust::Control,
        "restricted" => Trust::Restricted,
        "internal" => Trust::Internal,
        "dmz" => Trust::Dmz,
        _ => Trust::Untrusted,
    })
}

/// The value of `managed-by`.
pub(super) fn manager(read: &Attributes) -> Option<Manager> {
    let name = read.text("managed-by")?;
    Some(if name.eq_ignore_ascii_case("citrix") { Manager::Citrix } else { Manager::Team(name) })
}
