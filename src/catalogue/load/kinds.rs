//! Editions and kinds: what the other entries refer to.
//!
//! In: parsed files. Out: entries in the catalogue, and problems.
//!
//! Invariant: an alias that would lead to two kinds is reported, never resolved by order.

use std::collections::{BTreeMap, BTreeSet};

use super::super::entry::{Managed, Release, RoleKind};
use super::super::raw::RawKind;
use super::super::store::{Catalogue, fold};
use super::super::text::{Text, owned, owned_if_any};
use super::{Parsed, Place, ProblemKind, Report};

/// Most editions that a catalogue may have.
const RELEASE_LIMIT: usize = 100;
/// Most kinds that a catalogue may have; lists of kinds are no longer either.
const KIND_LIMIT: usize = 500;
/// The tier of kinds that only stand for other kinds.
const PSEUDO_TIER: &str = "pseudo";

/// True for a word that may be an id: lower-case letters, digits, `-` and `.`, a letter or digit first.
pub(super) fn is_slug(word: &str) -> bool {
    let starts = word.chars().next().is_some_and(|first| first.is_ascii_alphanumeric());
    starts
        && word
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-.".contains(letter))
}

/// Reports a word that is no id.
pub(super) fn check_slug(report: &mut Report<'_>, place: Place<'_>, word: &str) {
    if !is_slug(word) {
        let message = format!("`{word}` can't be an id");
        report.entry(ProblemKind::Value, place, word, message, "use lower-case letters, digits and `-`");
    }
}

/// Reports a word that is no id of something new, or lies outside of its file's namespace.
pub(super) fn check_id(report: &mut Report<'_>, place: Place<'_>, word: &str) {
    check_slug(report, place, word);
    report.in_namespace(place, word);
}

/// Reports a text that is empty.
pub(super) fn check_text(report: &mut Report<'_>, place: Place<'_>, key: &str, text: &str) {
    if text.trim().is_empty() {
        report.entry(ProblemKind::Value, place, key, format!("`{key}` is empty"), "write one sentence");
    }
}

/// Reports an id that another entry has already.
pub(super) fn report_twice(report: &mut Report<'_>, place: Place<'_>, key: &str, what: &str, id: &str) {
    let first = report.first_line(key, id);
    let message = format!("the {what} `{id}` is declared twice, first at {first}");
    report.entry(
        ProblemKind::Duplicate,
        place,
        id,
        message,
        "give one of them another name; an id is never reused",
    );
}

pub(super) fn add_releases(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    for (file, release) in
        parsed.iter().flat_map(|(at, file)| file.releases.iter().map(move |entry| (*at, entry)))
    {
        let place = report.place(file, "release", &release.release);
        if catalogue.releases.len() == RELEASE_LIMIT {
            report.too_long(place, "releases", RELEASE_LIMIT);
            return;
        }
        check_id(report, place, &release.release);
        if catalogue.releases().any(|name| name == release.release) {
            report_twice(report, place, "release", "release", &release.release);
        }
        catalogue.releases.push(Release {
            name: Text::from(&release.release),
            title: Text::from(&release.title),
            note: owned_if_any(release.note.as_ref()),
        });
    }
}

pub(super) fn add_kinds(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    let first = catalogue.kinds.len();
    let mut places = Vec::new();
    for (file, raw) in parsed.iter().flat_map(|(at, file)| file.kinds.iter().map(move |entry| (*at, entry))) {
        let place = report.place(file, "kind", &raw.kind);
        if catalogue.kinds.len() == KIND_LIMIT {
            report.too_long(place, "kinds", KIND_LIMIT);
            break;
        }
        places.push((place, raw));
        check_kind(report, place, raw);
        let names = std::iter::once(&raw.kind).chain(&raw.aliases);
        let own = catalogue.kinds.len();
        for name in names {
            report.in_namespace(place, name);
            add_kind_name(catalogue, report, place, name, own);
        }
        catalogue.kinds.push(typed_kind(raw));
    }
    for (at, (place, raw)) in (first..).zip(places) {
        if let Some(like) = &raw.like {
            check_like(catalogue, report, place, like);
        }
        let members = resolve_members(catalogue, report, place, raw);
        if let Some(kind) = catalogue.kinds.get_mut(at) {
            kind.members = members;
        }
    }
}

fn check_kind(report: &mut Report<'_>, place: Place<'_>, raw: &RawKind) {
    check_id(report, place, &raw.kind);
    check_slug(report, place, &raw.tier);
    check_text(report, place, "title", &raw.title);
    check_text(report, place, "what", &raw.what);
    if raw.members.is_empty() == (raw.tier == PSEUDO_TIER) {
        let message = format!(
            "the kind `{}` has members and another tier than `{PSEUDO_TIER}`, or the reverse",
            raw.kind
        );
        let help = "only a kind of that tier stands for other kinds, and it lists them as `members`";
        report.entry(ProblemKind::Value, place, "tier", message, help);
    }
    for attribute in &raw.attributes {
        check_slug(report, place, attribute);
    }
    for who in [&raw.citrix_managed.daas, &raw.citrix_managed.daas_flex] {
        if !["citrix", "customer", "n/a"].contains(&who.as_str()) {
            let message = format!("`{who}` can't run a role");
            report.entry(ProblemKind::Value, place, who, message, "write `citrix`, `customer` or `n/a`");
        }
    }
}

fn add_kind_name(
    catalogue: &mut Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    name: &str,
    own: usize,
) {
    let folded = fold(name);
    if folded.is_empty() {
        let message = format!("`{name}` can't be the name of a kind");
        report.entry(ProblemKind::Value, place, "aliases", message, "use letters and digits");
        return;
    }
    match catalogue.kind_names.get(folded.as_str()) {
        Some(other) if *other != own => {
            let other = catalogue.kinds.get(*other).map_or("", RoleKind::name).to_owned();
            let message =
                format!("`{name}` already means the kind `{other}`; case, spaces, `_` and `-` don't count");
            report.entry(
                ProblemKind::Duplicate,
                place,
                name,
                message,
                "keep the name on the more specific kind",
            );
        }
        Some(_) => {}
        None => {
            catalogue.kind_names.insert(Text::from(folded), own);
        }
    }
}

fn typed_kind(raw: &RawKind) -> RoleKind {
    RoleKind {
        name: Text::from(&raw.kind),
        title: Text::from(&raw.title),
        what: Text::from(&raw.what),
        tier: Text::from(&raw.tier),
        classes: raw.classes.clone(),
        aliases: owned(&raw.aliases),
        domain_member: raw.domain_member,
        provisioned: raw.provisioned,
        managed: Managed {
            daas: Text::from(&raw.citrix_managed.daas),
            daas_flex: Text::from(&raw.citrix_managed.daas_flex),
        },
        attributes: owned(&raw.attributes),
        members: Vec::new(),
        note: owned_if_any(raw.note.as_ref()),
        verified: raw.verified,
    }
}

fn resolve_members(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    raw: &RawKind,
) -> Vec<Text> {
    if raw.members.len() > KIND_LIMIT {
        report.too_long(place, "members of a kind", KIND_LIMIT);
        return Vec::new();
    }
    let mut members = BTreeSet::new();
    for member in &raw.members {
        let Some(kind) = resolve_kind(catalogue, report, place, member) else { continue };
        if catalogue.kind(kind).is_some_and(|kind| kind.tier() == PSEUDO_TIER) {
            let message = format!("`{member}` stands for other kinds and can't be a member");
            report.entry(ProblemKind::Value, place, member, message, "list its members instead");
        }
        members.insert(Text::from(kind));
    }
    members.into_iter().collect()
}

/// The canonical name of a kind, or a report that there is none.
pub(super) fn resolve_kind<'c>(
    catalogue: &'c Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    name: &str,
) -> Option<&'c str> {
    let found = catalogue.kind(name).map(RoleKind::name);
    if found.is_none() {
        let message = format!("no kind is called `{name}`");
        report.entry(
            ProblemKind::Reference,
            place,
            name,
            message,
            "name a kind, or declare it; `segc catalogue list roles` lists them",
        );
    }
    found
}

/// Kinds by their canonical names, pseudo kinds replaced by their members, sorted, each once.
pub(super) fn resolve_kinds(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    names: &[String],
) -> Vec<Text> {
    if names.len() > KIND_LIMIT {
        report.too_long(place, "kinds in one list", KIND_LIMIT);
        return Vec::new();
    }
    let mut resolved = BTreeSet::new();
    for name in names {
        let Some(kind) = resolve_kind(catalogue, report, place, name).and_then(|name| catalogue.kind(name))
        else {
            continue;
        };
        if kind.is_pseudo() {
            resolved.extend(kind.members().iter().map(Text::as_str));
        } else {
            resolved.insert(kind.name());
        }
    }
    resolved.into_iter().map(Text::from).collect()
}

fn check_like(catalogue: &Catalogue, report: &mut Report<'_>, place: Place<'_>, like: &str) {
    if resolve_kind(catalogue, report, place, like)
        .and_then(|name| catalogue.kind(name))
        .is_some_and(RoleKind::is_pseudo)
    {
        let message = format!("`{like}` stands for other kinds, and nothing can be like it");
        report.entry(ProblemKind::Value, place, "like", message, "name a kind that machines are of");
    }
}

/// Lets each kind that is `like` another one stand wherever that one stands in an intent; `like` may lead on from kind to
/// kind.
pub(super) fn let_kinds_stand_in(catalogue: &mut Catalogue, parsed: &Parsed) {
    let kinds = parsed.iter().flat_map(|(_, file)| &file.kinds);
    let pairs = kinds
        .filter_map(|raw| Some((raw.kind.clone(), catalogue.kind(raw.like.as_ref()?)?.name().to_owned())));
    let likes: BTreeMap<String, String> = pairs.collect();
    for kind in likes.keys() {
        let mut seen = BTreeSet::from([kind]);
        let mut at = likes.get(kind);
        while let Some(like) = at.filter(|like| seen.insert(*like)) {
            for intent in catalogue.intents.values_mut() {
                intent.let_stand_in(like, kind);
            }
            let classes = catalogue.kind(like).map(|kind| kind.classes().to_vec()).unwrap_or_default();
            let own = catalogue.kind_names.get(fold(kind).as_str()).copied();
            if let Some(own) = own.and_then(|at| catalogue.kinds.get_mut(at)) {
                own.classes.extend(classes);
                own.classes.sort_unstable();
                own.classes.dedup();
            }
            at = likes.get(like);
        }
    }
}
