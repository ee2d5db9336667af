//! Roles: kinds, places, addresses, shared groups, earlier names.

use super::attributes::{self, Attributes};
use super::places::{MANAGED_BY, TRUST, manager, trust};
use super::{RESERVED_ROLES, Resolver};
use crate::catalogue::RoleKind;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::model::{KnownBy, Manager, Placement, Platform, PlatformId, Role, RoleId, Segment, SegmentId};
use crate::policy::address::AddressSet;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Block, Ident, Statement};
use crate::vocabulary::{AttributeSpec, ValueType};
use std::collections::{BTreeMap, BTreeSet};

/// The role name that may be used without a declaration: every address that nobody else covers.
const INTERNET: &str = "internet";

/// The value of `fqdn` that stands for the catalogue's names.
const FROM_CATALOGUE: &str = "catalogue";

/// The edition of a cloud service when a role states none.
const DEFAULT_EDITION: &str = "commercial";

/// The edition of names that every edition has.
const EVERY_EDITION: &str = "all";

/// What a role of every kind may say.
const ROLE: &[AttributeSpec] = &[
    AttributeSpec::optional("cidr", ValueType::Address, "its own address ranges").many(),
    AttributeSpec::optional("fqdn", ValueType::TextOrWord, "its host names, or `catalogue`").many(),
    AttributeSpec::optional("tag", ValueType::TextOrWord, "the platform's name for its addresses"),
    AttributeSpec::optional("prefix-list", ValueType::TextOrWord, "the platform's list of its prefixes"),
    AttributeSpec::optional("same-group-as", ValueType::Role, "the role whose security group it wears"),
    AttributeSpec::optional("was", ValueType::Word, "its earlier name"),
    AttributeSpec::optional(
        "delivery",
        ValueType::OneOf(&["hosted-shared", "hosted-vdi", "hosted-physical", "remote-pc", "streamed"]),
        "how its machines are delivered",
    ),
    AttributeSpec::optional("tier", ValueType::TextOrWord, "the value of its tier category"),
    AttributeSpec::optional("count", ValueType::Number { low: 0, high: 10_000_000 }, "how many machines"),
    AttributeSpec::optional(
        "lifetime",
        ValueType::OneOf(&["transient", "permanent"]),
        "how long its machines live",
    ),
    AttributeSpec::optional("owner", ValueType::TextOrWord, "who answers for it"),
    MANAGED_BY,
    TRUST,
];

/// Where the catalogue's names have the region.
const REGION: &str = "<region>";

/// What roles of some kinds may say besides; the catalogue names those that a kind has.
const OF_KIND: &[AttributeSpec] = &[
    AttributeSpec::optional("port", ValueType::Number { low: 1, high: 65535 }, "the port that it listens on"),
    AttributeSpec::optional("service", ValueType::Word, "the platform service behind it"),
    AttributeSpec::optional(
        "private-dns",
        ValueType::OneOf(&["on", "off"]),
        "whether its name resolves to it",
    ),
    AttributeSpec::optional("edition", ValueType::TextOrWord, "which edition of the service"),
    AttributeSpec::optional("region", ValueType::Word, "the region whose names are meant"),
    AttributeSpec::optional("join", ValueType::TextOrWord, "the directory that its machines join"),
];

/// Attributes that have typed places in [`Role`].
const TYPED: &[&str] = &["cidr", "fqdn", "tag", "prefix-list", "same-group-as", "was", "managed-by", "trust"];

/// Where roles may sit.
#[derive(Clone, Copy)]
pub(super) struct Places<'a> {
    pub(super) platforms: &'a [Platform],
    pub(super) segments: &'a [Segment],
}

impl<'a> Resolver<'a> {
    /// Roles in name order, their names declared.
    pub(super) fn resolve_roles(&mut self, places: Places<'_>) -> Vec<Role> {
        let declared = self.declare_roles();
        let mut roles: Vec<Role> = Vec::with_capacity(declared.len());
        for role in &declared {
            let resolved = match role {
                Some(role) => self.resolve_role(role, places),
                None => implicit_internet(),
            };
            roles.push(resolved);
        }
        self.check_sharing(&mut roles, places.segments);
        self.check_earlier_names(&roles);
        roles
    }

    /// Role statements in name order; `None` stands for `internet` where a flow names it and no line declares it.
    fn declare_roles(&mut self) -> Vec<Option<&'a ast::Role>> {
        let mut declared: Vec<(&str, Option<&'a ast::Role>)> = self
            .statements
            .iter()
            .filter_map(|statement| if let Statement::Role(found) = statement { Some(found) } else { None })
            .map(|role| (role.name.text.as_str(), Some(role)))
            .collect();
        let is_declared = declared.iter().any(|(name, _)| *name == INTERNET);
        if !is_declared && self.statements.iter().any(|statement| names_internet(statement)) {
            declared.push((INTERNET, None));
        }
        declared.sort_by_key(|(name, role)| (*name, role.map(|role| role.span)));
        let mut kept = Vec::with_capacity(declared.len());
        for (name, role) in declared {
            if let Some(role) = role.filter(|_| RESERVED_ROLES.contains(&name)) {
                let message = format!("a role can't be called `{name}`");
                let report = Diagnostic::new(codes::RESERVED_NAME, message)
                    .label(role.name.span, "means every party of the site")
                    .help("choose another name");
                self.report(report);
                continue;
            }
            let ident = role.map_or_else(|| no_ident(name), |role| role.name.clone());
            if self.roles.declare(&ident, kept.len(), self.sink) {
                kept.push(role);
            }
        }
        kept
    }

    fn resolve_role(&mut self, role: &ast::Role, places: Places<'_>) -> Role {
        let kind = self.role_kind(&role.kind);
        let placement = self.placement(role.on.as_ref());
        let read = self.role_attributes(role, kind, placement, places);
        let addresses = AddressSet::from_ranges(&read.addresses("cidr"));
        let kind_name = kind.map_or("", |kind| kind.name());
        let is_internet =
            kind_name == INTERNET && placement == Some(Placement::Outside) && addresses.is_empty();
        if role.name.text == INTERNET && kind.is_some() && !is_internet {
            let message = if kind_name == INTERNET {
                format!("a role called `{INTERNET}` can't have a place or addresses of its own")
            } else {
                format!("a role called `{INTERNET}` can't be of kind `{kind_name}`")
            };
            let report = Diagnostic::new(codes::RESERVED_NAME, message)
                .label(role.name.span, "means every address that nobody else has")
                .help(format!("choose another name, or write `role {INTERNET} : {INTERNET} {{ }}`"));
            self.report(report);
        }
        let resolved = Role {
            name: role.name.text.clone(),
            kind: kind_name.to_owned(),
            provisioned: kind.is_some_and(RoleKind::provisioned),
            placement: placement.unwrap_or(Placement::Outside),
            addresses,
            is_internet,
            known_by: self.known_by(&read, kind),
            same_group_as: read.spanned("same-group-as").and_then(|name| {
                let ident = Ident { text: name.value, span: name.span };
                let found = self.roles.find(&ident, self.sink)?;
                Some(Spanned::new(RoleId::at(found), ident.span))
            }),
            was: read.text("was"),
            trust: trust(&read)
                .or_else(|| segment_of(placement, places.segments).and_then(|segment| segment.trust)),
            managed_by: manager(&read),
            attributes: read.texts_without(TYPED),
            attribute_spans: read.spans(),
            name_span: role.name.span,
            span: role.span,
        };
        self.check_whereabouts(&resolved, placement, kind, &read, &role.block);
        self.check_within_segment(&resolved, places.segments);
        resolved
    }

    /// The kind of a name or alias. `None` after a report.
    fn role_kind(&mut self, typed: &Ident) -> Option<&'a RoleKind> {
        // Pseudo kinds stand for several; a role is of one.
        let found = self.catalogue.kind(&typed.text).filter(|kind| !kind.is_pseudo());
        if found.is_none() {
            let message = format!("the catalogue has no role kind `{}`", typed.text);
            let real = self.catalogue.kinds().filter(|kind| !kind.is_pseudo());
            let names: Vec<&str> = real.map(RoleKind::name).collect();
            let report = Diagnostic::new(codes::UNKNOWN_KIND, message).label(typed.span, "");
            let report = match nearest(&typed.text, names.iter().copied()) {
                Some(near) => report.help_edit(format!("did you mean `{near}`?"), typed.span, near),
                None => report
                    .help("use a kind of the catalogue, for example `windows-server` for any Windows server"),
            };
            self.report(report);
        }
        found
    }

    /// Where a role sits. `None` after a report.
    fn placement(&mut self, on: Option<&Ident>) -> Option<Placement> {
        let Some(on) = on else { return Some(Placement::Outside) };
        if let Some(segment) = self.segments.get(&on.text) {
            return Some(Placement::Segment(SegmentId::at(segment)));
        }
        if let Some(platform) = self.platforms.get(&on.text) {
            return Some(Placement::Platform(PlatformId::at(platform)));
        }
        if self.segments.is_lost(&on.text) || self.platforms.is_lost(&on.text) {
            return None;
        }
        let message = format!("`{}` is neither a segment nor a platform of this site", on.text);
        let names: Vec<String> = self.segments.all().chain(self.platforms.all()).map(str::to_owned).collect();
        let report = Diagnostic::new(codes::UNKNOWN_PLACE, message).label(on.span, "not declared");
        let report = match nearest(&on.text, names.iter().map(String::as_str)) {
            Some(near) => report.help_edit(format!("did you mean `{near}`?"), on.span, near),
            None => report.help(format!("declare it, or use one of: {}", names.join(", "))),
        };
        self.report(report);
        None
    }

    fn role_attributes(
        &mut self,
        role: &ast::Role,
        kind: Option<&RoleKind>,
        placement: Option<Placement>,
        places: Places<'_>,
    ) -> Attributes {
        let platform = match placement {
            Some(Placement::Platform(platform)) => Some(platform),
            other => segment_of(other, places.segments).map(|segment| segment.platform),
        };
        // A role outside of every platform may say what any of them wants to know of it.
        let kind_of =
            |platform: PlatformId| places.platforms.get(platform.index()).map(|found| found.kind.as_str());
        let hosts = self.platform_specs.iter().filter(|spec| match platform {
            Some(platform) => kind_of(platform) == Some(spec.kind),
            None => placement == Some(Placement::Outside),
        });
        let of_platform = hosts.flat_map(|spec| spec.role_attributes);
        // A role whose kind is unknown was reported: whatever a kind may have is let pass.
        let of_kind = OF_KIND
            .iter()
            .filter(|spec| kind.is_none_or(|kind| kind.attributes().iter().any(|name| name == spec.name)));
        let specs: Vec<&'static AttributeSpec> = ROLE.iter().chain(of_kind).chain(of_platform).collect();
        let owner = match kind {
            Some(kind) => format!("role `{}` of kind `{}`", role.name.text, kind.name()),
            None => format!("role `{}`", role.name.text),
        };
        let owner = self.owner(&owner, role.name.span, role.span);
        attributes::read(&role.block.attributes, &specs, owner, self.sink)
    }

    fn known_by(&mut self, read: &Attributes, kind: Option<&RoleKind>) -> Vec<KnownBy> {
        let mut known = Vec::new();
        known.extend(read.text("tag").map(KnownBy::Tag));
        known.extend(read.text("prefix-list").map(KnownBy::PrefixList));
        let mut names: Vec<String> = Vec::new();
        for name in read.list("fqdn") {
            if name.value == FROM_CATALOGUE {
                names.extend(self.catalogue_names(kind, read, name.span));
            } else {
                names.push(name.value.to_lowercase());
            }
        }
        names.sort();
        names.dedup();
        if !names.is_empty() {
            known.push(KnownBy::Names(names));
        }
        known
    }

    /// The names that the catalogue has for a kind in the role's edition. Empty after a report.
    fn catalogue_names(&mut self, kind: Option<&RoleKind>, read: &Attributes, place: Span) -> Vec<String> {
        let Some(kind) = kind else { return Vec::new() };
        let edition = read.text("edition").unwrap_or_else(|| DEFAULT_EDITION.to_owned());
        let of_kind = || self.catalogue.names().filter(|entry| entry.to() == Some(kind.name()));
        let fitting = of_kind().filter(|entry| [edition.as_str(), EVERY_EDITION].contains(&entry.edition()));
        let mut names: Vec<String> = fitting.map(|entry| entry.fqdn().to_lowercase()).collect();
        let given = read.may_have("edition");
        if names.is_empty() || (given && !of_kind().any(|entry| entry.edition() == edition)) {
            let editions: BTreeSet<&str> = of_kind().map(|entry| entry.edition()).collect();
            let editions: Vec<&str> = editions.into_iter().filter(|name| *name != EVERY_EDITION).collect();
            let message =
                format!("the catalogue has no names of `{}` in the edition `{edition}`", kind.name());
            let report = Diagnostic::new(codes::WRONG_VALUE, message).label(place, "");
            self.report(if editions.is_empty() {
                report.help("write the names: `fqdn = \"name.example\"`")
            } else {
                report.help(format!("write `edition = ...` with one of: {}", editions.join(", ")))
            });
        }
        if names.iter().any(|name| name.contains(REGION)) {
            let region = read.text("region");
            if region.is_none() {
                let message = format!("the catalogue's names of `{}` depend on the region", kind.name());
                let report = Diagnostic::new(codes::MISSING_ATTRIBUTE, message).label(place, "");
                self.report(
                    report.help("add `region = eu-west-1`, or the region that is meant, to its block"),
                );
            }
            let region = region.unwrap_or_default().to_lowercase();
            names = names.into_iter().map(|name| name.replace(REGION, &region)).collect();
        }
        names
    }

    /// A role outside of every platform must be known by something.
    fn check_whereabouts(
        &mut self,
        role: &Role,
        placement: Option<Placement>,
        kind: Option<&RoleKind>,
        read: &Attributes,
        block: &Block,
    ) {
        let said = ["cidr", "fqdn", "tag", "prefix-list"].iter().any(|key| read.may_have(key));
        if placement != Some(Placement::Outside) || said || role.is_internet || kind.is_none() {
            return;
        }
        let message = format!("nothing says where role `{}` is", role.name);
        let report = Diagnostic::new(codes::MISSING_ATTRIBUTE, message)
            .label(role.name_span, "outside of every platform")
            .label(block.span, "no `cidr`, `fqdn`, `tag` or `prefix-list`")
            .help("add `cidr = ...`, or write `on SEGMENT` behind its kind");
        self.report(report);
    }

    fn check_within_segment(&mut self, role: &Role, segments: &[Segment]) {
        let Some(segment) = segment_of(Some(role.placement), segments) else { return };
        if segment.addresses.contains_all(&role.addresses) {
            return;
        }
        let outside = role.addresses.difference(&segment.addresses);
        let message =
            format!("role `{}` has addresses that segment `{}` doesn't have", role.name, segment.name);
        let place = role.attribute_spans.get("cidr").copied().unwrap_or(role.name_span);
        let report = Diagnostic::new(codes::OUTSIDE_SEGMENT, message)
            .label(place, format!("{outside} lies outside"))
            .label(segment.span, format!("has {}", segment.addresses))
            .help("correct the range, or put the role on another segment");
        self.report(report);
    }

    /// A group can be worn on its own platform only, and only if its role wears no other group itself.
    fn check_sharing(&mut self, roles: &mut [Role], segments: &[Segment]) {
        let places: Vec<Option<PlatformId>> = roles.iter().map(|role| platform_of(role, segments)).collect();
        let by_citrix: Vec<bool> =
            roles.iter().map(|role| role.managed_by == Some(Manager::Citrix)).collect();
        let wears: Vec<bool> = roles.iter().map(|role| role.same_group_as.is_some()).collect();
        let names: Vec<(String, Span)> =
            roles.iter().map(|role| (role.name.clone(), role.name_span)).collect();
        for (at, role) in roles.iter_mut().enumerate() {
            let Some(other) = role.same_group_as.clone() else { continue };
            let target = other.value.index();
            let place = |at: usize| places.get(at).copied().flatten();
            let problem = if target == at {
                "is the role itself"
            } else if place(at).is_none() || place(target) != place(at) {
                "sits on another platform or outside"
            } else if by_citrix.get(target) != by_citrix.get(at) {
                "is written by somebody else: one of the two is managed by Citrix"
            } else if wears.get(target).copied().unwrap_or(false) {
                "wears another role's group itself"
            } else {
                continue;
            };
            role.same_group_as = None;
            let Some((name, span)) = names.get(target) else { continue };
            let message = format!("role `{}` can't wear the group of `{name}`, which {problem}", role.name);
            let report = Diagnostic::new(codes::BAD_GROUP_SHARING, message)
                .label(other.span, "named here")
                .label(*span, "declared here")
                .help("name the role that has the group, on the same platform");
            self.report(report);
        }
    }

    fn check_earlier_names(&mut self, roles: &[Role]) {
        let mut claimed: BTreeMap<&str, &Role> = BTreeMap::new();
        for role in roles {
            let Some(was) = role.was.as_deref() else { continue };
            let place = role.attribute_spans.get("was").copied().unwrap_or(role.name_span);
            let still = self.roles.place(was).map(|span| (span, "a role still has this name"));
            let twice = claimed.insert(was, role).map(|other| (other.name_span, "claimed by this role too"));
            if let Some((other, text)) = still.or(twice) {
                let message = format!("`{was}` can't be the earlier name of `{}`", role.name);
                let report = Diagnostic::new(codes::BAD_EARLIER_NAME, message)
                    .label(place, "")
                    .label(other, text)
                    .help("an earlier name belongs to one role, and to no role of this release");
                self.report(report);
            }
        }
    }
}

fn segment_of(placement: Option<Placement>, segments: &[Segment]) -> Option<&Segment> {
    match placement {
        Some(Placement::Segment(segment)) => segments.get(segment.index()),
        _ => None,
    }
}

fn platform_of(role: &Role, segments: &[Segment]) -> Option<PlatformId> {
    match role.placement {
        Placement::Platform(platform) => Some(platform),
        other => segment_of(Some(other), segments).map(|segment| segment.platform),
    }
}

/// True for a line that names `internet` as one of its parties.
fn names_internet(statement: &Statement) -> bool {
    let stands_in = |names: &[Ident]| names.iter().any(|name| name.text == INTERNET);
    let flows: &[ast::Flow] = match statement {
        Statement::Intent(intent) => return stands_in(&intent.from) || stands_in(&intent.to),
        Statement::Allow(allow) => std::slice::from_ref(&allow.flow),
        Statement::Forbid(forbid) => std::slice::from_ref(&forbid.flow),
        Statement::Expect(expect) => std::slice::from_ref(&expect.flow),
        Statement::Exception(exception) => &exception.flows,
        _ => &[],
    };
    flows.iter().any(|flow| stands_in(&flow.from) || stands_in(&flow.to))
}

fn no_ident(name: &str) -> Ident {
    Ident { text: name.to_owned(), span: nowhere() }
}

/// The start of the first text, for what no line declares.
fn nowhere() -> Span {
    Span::new(crate::source::SourceId(0), 0, 0)
}

fn implicit_internet() -> Role {
    let span = nowhere();
    Role {
        name: INTERNET.to_owned(),
        kind: INTERNET.to_owned(),
        provisioned: false,
        placement: Placement::Outside,
        addresses: AddressSet::empty(),
        is_internet: true,
        known_by: Vec::new(),
        same_group_as: None,
        was: None,
        trust: Some(crate::model::Trust::Untrusted),
        managed_by: None,
        attributes: BTreeMap::new(),
        attribute_spans: BTreeMap::new(),
        name_span: span,
        span,
    }
}
