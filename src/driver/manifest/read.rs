//! A manifest as a release.
//!
//! In: the text of a `manifest.json`, whoever wrote it. Out: a [`Release`] with the digests of its artefacts, or a
//! [`ManifestFailure`].
//!
//! Invariant: a manifest that is taken is complete: whatever it names is in it, and no key is missing.

use super::describe::ANY;
use super::{MANIFEST, sha256};
use crate::diagnostic::{Diagnostic, codes};
use crate::diff::release::{
    Exception, Expect, Finding, Flow, Forbid, Header, Need, Party, PartyId, Place, Platform, Quota, Reason,
    Release, Rollout, Segment, Side, Widening,
};
use crate::driver::load::{SourceReader, join};
use crate::driver::rules::{RulePlace, WrittenFile, observe};
use crate::policy::address::AddressSet;
use crate::target::manifest::SCHEMA;
use crate::target::manifest::facts::{self, Addresses, Attributes, Day, Services, State};
use crate::target::reading::{Entries, escaped, from_json};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// Why a text is no manifest to compare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestFailure {
    /// Its schema is another one.
    OtherVersion(String),
    /// It was compiled for another day than the one that is asked for.
    OtherDay(Date, Date),
    /// Something in it can't be: the JSON pointer and why.
    Damaged(String, String),
}

impl ManifestFailure {
    /// The report for the manifest of a name.
    pub fn diagnostic(&self, name: &str) -> Diagnostic {
        match self {
            Self::OtherVersion(other) => Diagnostic::new(
                codes::OTHER_MANIFEST,
                format!("`{name}` is a `{other}`, and this segc reads `{SCHEMA}`"),
            )
            .help("compare with the segc that wrote it, or compile both releases with this one"),
            Self::OtherDay(its, asked) => {
                let message = format!("`{name}` was compiled for {its}, and `--as-of` asks for {asked}");
                Diagnostic::new(codes::BAD_MANIFEST, message)
                    .help("leave `--as-of` out, or compile the release for that day")
            }
            Self::Damaged(pointer, why) => {
                let place = if pointer.is_empty() { String::new() } else { format!(" at `{pointer}`") };
                Diagnostic::new(codes::BAD_MANIFEST, format!("`{name}` can't be used{place}: {why}"))
                    .help("compile the release again with this segc, or compare the two sites")
            }
        }
    }
}

/// A manifest that was read.
#[derive(Debug)]
pub struct ReadManifest {
    /// The release, but for what is in its artefacts.
    pub release: Release,
    artefacts: Vec<ReadArtefact>,
    rules: Vec<ReadRule>,
}

/// A written file, as its manifest describes it.
#[derive(Debug, Deserialize)]
struct ReadArtefact {
    path: String,
    platform: String,
    target: String,
    spelling: String,
    sha256: String,
}

/// Where a row stands in an artefact.
#[derive(Debug, Deserialize)]
struct ReadRule {
    id: String,
    artifact: String,
    pointer: String,
}

type Read<T> = Result<T, ManifestFailure>;

/// The only key that is read before the version is known.
#[derive(Deserialize)]
struct Version {
    schema: serde_json::Value,
}

#[derive(Deserialize)]
struct Root {
    catalogue: String,
    site: String,
    release: Option<String>,
    as_of: Day,
    artifacts: Vec<ReadArtefact>,
    rules: Vec<ReadRule>,
    roles: Entries<Role>,
    widenings: Vec<WideningRow>,
    quotas: Vec<QuotaRow>,
    site_attributes: Attributes,
    platforms: Vec<facts::Platform>,
    segments: Vec<facts::Segment>,
    flows: Vec<facts::Flow>,
    forbids: Vec<facts::Promise>,
    expects: Vec<facts::Expect>,
    exceptions: Vec<facts::Exception>,
    needs: Vec<facts::Need>,
    rollout: Option<facts::Rollout>,
    findings: Option<Vec<facts::Finding>>,
}

#[derive(Deserialize)]
struct Role {
    kind: String,
    platform: Option<String>,
    segment: Option<String>,
    managed_by: Option<String>,
    enforced: bool,
    addresses: Addresses,
    known_by: Vec<String>,
    was: Option<String>,
    internet: bool,
    group: Option<String>,
    trust: Option<String>,
    state: Option<State>,
    attributes: Attributes,
    place: facts::Place,
}

#[derive(Deserialize)]
struct WideningRow {
    id: String,
    from: String,
    to: String,
    service: Services,
    from_addresses: Option<String>,
    to_addresses: Option<String>,
    cause: String,
    declared: bool,
    spelling: Option<String>,
    forbids: Vec<String>,
}

#[derive(Deserialize)]
struct QuotaRow {
    platform: String,
    quota: String,
    used: u64,
    limit: u64,
}

/// True for a text that is meant as a manifest: no site begins like that.
pub fn is_manifest(text: &str) -> bool {
    text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('{')
}

/// Reads a manifest.
///
/// # Errors
/// [`ManifestFailure`] for the first mistake.
pub fn read_manifest(text: &str) -> Result<ReadManifest, ManifestFailure> {
    let bytes = text.trim_start_matches('\u{feff}').as_bytes();
    let version: Version = parse(bytes)?;
    match version.schema {
        serde_json::Value::String(name) if name == SCHEMA => {}
        serde_json::Value::String(name) => return Err(ManifestFailure::OtherVersion(name)),
        serde_json::Value::Number(number) => return Err(ManifestFailure::OtherVersion(number.to_string())),
        _ => return Err(damaged("/schema", format!("it is no text; this segc reads `{SCHEMA}`"))),
    }
    let mut root: Root = parse(bytes)?;
    let (artefacts, rules) = (std::mem::take(&mut root.artifacts), std::mem::take(&mut root.rules));
    check_names(&root)?;
    Reader::new(&root).release(root).map(|release| ReadManifest { release, artefacts, rules })
}

fn parse<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Result<T, ManifestFailure> {
    from_json(bytes).map_err(|mistake| ManifestFailure::Damaged(mistake.pointer, mistake.why))
}

fn damaged(pointer: impl Into<String>, why: impl Into<String>) -> ManifestFailure {
    ManifestFailure::Damaged(pointer.into(), why.into())
}

/// Refuses a role on a platform, in a segment or in a group that the manifest does not have.
fn check_names(root: &Root) -> Read<()> {
    let platforms: BTreeSet<&str> = root.platforms.iter().map(|one| one.name.as_str()).collect();
    let segments: BTreeSet<&str> = root.segments.iter().map(|one| one.name.as_str()).collect();
    let roles: BTreeSet<&str> = root.roles.0.iter().map(|(name, _)| name.as_str()).collect();
    for (name, role) in &root.roles.0 {
        let named = [
            ("platform", &role.platform, &platforms),
            ("segment", &role.segment, &segments),
            ("group", &role.group, &roles),
        ];
        for (key, value, known) in named {
            if let Some(value) = value.as_deref().filter(|value| !known.contains(value)) {
                let pointer = format!("/roles/{}/{key}", escaped(name));
                return Err(damaged(pointer, format!("the manifest has no {key} `{value}`")));
            }
        }
    }
    Ok(())
}

/// Turns names into positions.
struct Reader {
    parties: BTreeMap<String, PartyId>,
}

impl Reader {
    fn new(root: &Root) -> Self {
        let names: BTreeSet<&String> = root.roles.0.iter().map(|(name, _)| name).collect();
        let parties = names.into_iter().enumerate().map(|(at, name)| (name.clone(), PartyId::at(at)));
        Self { parties: parties.collect() }
    }

    fn release(&self, root: Root) -> Read<Release> {
        Ok(Release {
            header: Header {
                site: root.site,
                release: root.release,
                catalogue: root.catalogue,
                as_of: Some(root.as_of.0),
                attributes: root.site_attributes,
            },
            platforms: sorted(root.platforms.into_iter().map(platform), |one| one.name.clone()),
            segments: Some(sorted(root.segments.into_iter().map(segment), |one| one.name.clone())),
            parties: sorted(root.roles.0.iter().map(party), |one| one.name.clone()),
            flows: self.flows("/flows", root.flows)?,
            forbids: Some(each(root.forbids, "/forbids", |at, one| self.forbid(at, one))?),
            expects: Some(each(root.expects, "/expects", |at, one| self.expect(at, one))?),
            exceptions: Some(each(root.exceptions, "/exceptions", |at, one| self.exception(at, one))?),
            needs: Some(root.needs.into_iter().map(need).collect()),
            rollout: root.rollout.map(|one| self.rollout(one)).transpose()?,
            widenings: Some(each(root.widenings, "/widenings", |at, one| self.widening(at, &one))?),
            artefacts: None,
            findings: root.findings.map(|all| all.into_iter().map(finding).collect()),
            quotas: Some(root.quotas.iter().map(quota).collect()),
        })
    }

    fn party(&self, pointer: &str, name: &str) -> Read<PartyId> {
        let found = self.parties.get(name).copied();
        found.ok_or_else(|| damaged(pointer, format!("`roles` has no `{}`", escaped(name))))
    }

    fn flows(&self, pointer: &str, flows: Vec<facts::Flow>) -> Read<Vec<Flow>> {
        each(flows, pointer, |at, one| {
            if one.reasons.is_empty() {
                return Err(damaged(format!("{at}/reasons"), "a flow has at least one reason"));
            }
            Ok(Flow {
                row: one.id,
                from: self.party(&format!("{at}/from"), &one.from)?,
                to: self.party(&format!("{at}/to"), &one.to)?,
                services: one.services.0,
                reasons: one.reasons.into_iter().map(reason).collect(),
            })
        })
    }

    fn side(&self, pointer: &str, names: &[String]) -> Read<Side> {
        if names == [ANY] {
            return Ok(Side::Any);
        }
        let parties = names.iter().map(|name| self.party(pointer, name)).collect::<Read<BTreeSet<_>>>()?;
        Ok(Side::Parties(parties.into_iter().collect()))
    }

    fn forbid(&self, at: &str, one: facts::Promise) -> Read<Forbid> {
        Ok(Forbid {
            from: self.side(&format!("{at}/from"), &one.from)?,
            to: self.side(&format!("{at}/to"), &one.to)?,
            name: one.name,
            both_ways: one.both_ways,
            services: one.services.0,
            because: one.because,
            enforced_by: one.enforced_by,
            place: place(one.place),
        })
    }

    fn expect(&self, at: &str, one: facts::Expect) -> Read<Expect> {
        Ok(Expect {
            allow: one.allow,
            from: self.side(&format!("{at}/from"), &one.from)?,
            to: self.side(&format!("{at}/to"), &one.to)?,
            both_ways: one.both_ways,
            services: one.services.0,
            place: place(one.place),
        })
    }

    fn exception(&self, at: &str, one: facts::Exception) -> Read<Exception> {
        Ok(Exception {
            flows: self.flows(&format!("{at}/flows"), one.flows)?,
            widenings: one.widenings.map(|all| self.besides(&format!("{at}/widenings"), all)).transpose()?,
            name: one.name,
            pierces: one.pierces,
            starts: one.starts.0,
            expires: one.expires.0,
            because: one.because,
            ticket: one.ticket,
            owner: one.owner,
            place: place(one.place),
        })
    }

    /// What comes with an exception.
    fn besides(&self, pointer: &str, all: Vec<facts::Widening>) -> Read<Vec<Widening>> {
        each(all, pointer, |at, one| {
            Ok(Widening {
                from: self.party(&format!("{at}/from"), &one.from)?,
                to: self.party(&format!("{at}/to"), &one.to)?,
                id: one.id,
                services: one.service.0,
                from_part: one.from_addresses.map(|part| part.0),
                to_part: one.to_addresses.map(|part| part.0),
                cause: one.cause,
                declared: one.declared,
                spelling: one.spelling,
                forbids: one.forbids,
            })
        })
    }

    fn rollout(&self, one: facts::Rollout) -> Read<Rollout> {
        let mut enforce = BTreeMap::new();
        for (name, day) in one.enforce {
            let party = self.party(&format!("/rollout/enforce/{}", escaped(&name)), &name)?;
            enforce.insert(party, (day.from.0, place(day.place)));
        }
        let start = one.start.map(|state| state.0);
        Ok(Rollout { start, observe: one.observe, enforce, place: place(one.place) })
    }

    fn widening(&self, at: &str, one: &WideningRow) -> Read<Widening> {
        let part = |key: &str, text: &Option<String>| {
            let text = text.as_ref().map(|text| part(text));
            text.transpose().map_err(|why| damaged(format!("{at}/{key}"), why))
        };
        Ok(Widening {
            id: one.id.clone(),
            from: self.party(&format!("{at}/from"), &one.from)?,
            to: self.party(&format!("{at}/to"), &one.to)?,
            services: one.service.0.clone(),
            from_part: part("from_addresses", &one.from_addresses)?,
            to_part: part("to_addresses", &one.to_addresses)?,
            cause: one.cause.clone(),
            declared: one.declared,
            spelling: one.spelling.clone(),
            forbids: one.forbids.clone(),
        })
    }
}

/// Ranges in one text, as a widening has them.
fn part(text: &str) -> Result<AddressSet, String> {
    facts::parse_addresses(text.split(", ").filter(|range| !range.is_empty()))
}

/// Every item with its pointer.
fn each<T, U>(items: Vec<T>, pointer: &str, read: impl Fn(&str, T) -> Read<U>) -> Read<Vec<U>> {
    items.into_iter().enumerate().map(|(at, one)| read(&format!("{pointer}/{at}"), one)).collect()
}

fn sorted<T, K: Ord>(items: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_by_key(key);
    items
}

fn place(place: facts::Place) -> Place {
    Place { path: place.path, line: place.line }
}

fn platform(one: facts::Platform) -> Platform {
    Platform { name: one.name, kind: one.kind, attributes: one.attributes, place: place(one.place) }
}

fn segment(one: facts::Segment) -> Segment {
    Segment {
        name: one.name,
        platform: one.platform,
        addresses: one.addresses.0,
        trust: one.trust,
        place: place(one.place),
    }
}

fn party((name, role): &(String, Role)) -> Party {
    Party {
        name: name.clone(),
        was: role.was.clone(),
        kind: role.kind.clone(),
        platform: role.platform.clone(),
        segment: role.segment.clone(),
        addresses: role.addresses.0.clone(),
        is_internet: role.internet,
        known_by: role.known_by.clone(),
        group: role.group.clone(),
        managed_by: role.managed_by.clone(),
        enforced: role.enforced,
        trust: role.trust.clone(),
        state: role.state.map(|state| state.0),
        attributes: role.attributes.clone(),
        place: place(role.place.clone()),
    }
}

fn reason(one: facts::Reason) -> Reason {
    Reason {
        statement: one.statement,
        place: place(one.place),
        catalogue: one.catalogue,
        verified: one.verified,
        because: one.because,
        services: one.services.0,
        encryption: one.encryption,
        need: one.need,
    }
}

fn need(one: facts::Need) -> Need {
    Need { kind: one.kind, name: one.name, attributes: one.attributes, place: place(one.place) }
}

fn quota(one: &QuotaRow) -> Quota {
    Quota { platform: one.platform.clone(), quota: one.quota.clone(), used: one.used, limit: one.limit }
}

fn finding(one: facts::Finding) -> Finding {
    let label =
        |label: facts::Label| (Place { path: label.path, line: label.line }, label.column, label.text);
    Finding {
        code: one.code,
        finding: one.finding,
        severity: one.severity,
        message: one.message,
        help: one.help,
        notes: one.notes,
        accepted: one.accepted,
        labels: one.labels.into_iter().map(label).collect(),
        about: one.about,
    }
}

impl ReadManifest {
    /// The same, where it is for a day: no day, or its own.
    ///
    /// # Errors
    /// [`ManifestFailure::OtherDay`] for another one.
    pub fn on(self, asked: Option<Date>) -> Result<Self, ManifestFailure> {
        match (self.release.header.as_of, asked) {
            (Some(its), Some(asked)) if its != asked => Err(ManifestFailure::OtherDay(its, asked)),
            _ => Ok(self),
        }
    }

    /// The release, with the rules of its artefacts where all of them lie beside the manifest.
    ///
    /// # Errors
    /// [`ManifestFailure`] where a file beside it is not the one that was written.
    pub fn observe(self, folder: &dyn SourceReader) -> Result<Release, ManifestFailure> {
        let mut texts = Vec::new();
        for (at, artefact) in self.artefacts.iter().enumerate() {
            let read = join(MANIFEST, &artefact.path).map(|path| folder.read(&path));
            let Some(Ok(text)) = read else { return Ok(self.release) };
            if sha256(text.text.as_bytes()) != artefact.sha256 {
                let why = format!("`{}` has another digest, so it is another file", text.name);
                return Err(damaged(format!("/artifacts/{at}/sha256"), why));
            }
            texts.push(text.text);
        }
        let files = self.artefacts.iter().zip(&texts).map(|(artefact, text)| WrittenFile {
            path: &artefact.path,
            platform: &artefact.platform,
            target: &artefact.target,
            spelling: &artefact.spelling,
            bytes: text.as_bytes(),
        });
        let places = self.rules.iter();
        let places: Vec<RulePlace<'_>> =
            places.map(|rule| (rule.id.as_str(), rule.artifact.as_str(), rule.pointer.as_str())).collect();
        let artefacts = observe(&files.collect::<Vec<_>>(), &places);
        Ok(Release { artefacts, ..self.release })
    }
}
