//! A site as one release of a comparison.
//!
//! In: a loaded site. Out: [`Release`], with everything that the site says, permits, writes and is warned about.
//!
//! Invariant: a site that resolves and lowers gives a release, whatever its checks find: its errors are among its
//! findings, and what could not be compiled is `None`.

use super::later::{Later, later};
use super::rules::observed_artefacts;
use super::{CompileOptions, Compiled, Site, check_model, compile, resolve_with, review};
use crate::catalogue::ReleaseId;
use crate::check::findings::Choices;
use crate::check::{self, Strictness};
use crate::diagnostic::{Diagnostic, Severity, Sink};
use crate::diff::release::{self, PartyId, Place, Release};
use crate::model::{DeliveryModel, Model};
use crate::policy::{self, Hardening, KnownBy, Policy, RoleId};
use crate::source::{SourceMap, Span};
use crate::target::proof::Proof;
use std::collections::BTreeMap;
use time::Date;

/// Which reading of a site is meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reading {
    /// The day; the site's `effective` without.
    pub as_of: Option<Date>,
    /// The catalogue release instead of the pinned one.
    pub catalogue: Option<ReleaseId>,
}

/// A release, with its errors as they are reported.
#[derive(Debug)]
pub struct ReadRelease {
    /// What the comparison works on.
    pub release: Release,
    /// What is wrong with the site.
    pub errors: Vec<Diagnostic>,
}

/// Reads a loaded site as a release. `None` after a report in the site's sink, where it can't be resolved.
pub fn read_release(site: &mut Site, reading: Reading, options: &CompileOptions) -> Option<ReadRelease> {
    let kept = site.sink.clone();
    let model = resolve_with(site, reading.catalogue)?;
    let mut sink = std::mem::replace(&mut site.sink, kept);
    let Some(policy) = check_model(&model, reading.as_of, Strictness::Check, &mut sink) else {
        site.sink.extend(sink.into_sorted());
        return None;
    };
    let mut of_compile = Sink::new();
    let compiled = compile(&policy, site, options, &mut of_compile);
    sink.extend(of_compile.into_sorted());
    review(site, &model, &policy, &Choices::default(), &mut sink);
    let reports = sink.into_sorted();
    let later = compiled.as_ref().map(|compiled| later(&model, &policy, &compiled.proof, options));
    let describe = Describe { model: &model, policy: &policy, sources: &site.sources, later };
    let release = describe.release(compiled, &reports);
    let errors = reports.into_iter().filter(|report| report.severity == Severity::Error).collect();
    Some(ReadRelease { release, errors })
}

/// A compiled site as its manifest describes it: what it says, permits and is warned about, without what is in the
/// artefacts. `reports` are those of reading, resolving and compiling it.
pub fn describe_release(
    site: &Site,
    (model, policy): (&Model, &Policy),
    (proof, options): (&Proof, &CompileOptions),
    reports: Vec<Diagnostic>,
) -> Release {
    let mut sink = Sink::new();
    sink.extend(reports);
    check::check(policy, Strictness::Check, &mut sink);
    review(site, model, policy, &Choices::default(), &mut sink);
    let later = Some(later(model, policy, proof, options));
    Describe { model, policy, sources: &site.sources, later }.release(None, &sink.into_sorted())
}

struct Describe<'a> {
    model: &'a Model,
    policy: &'a Policy,
    sources: &'a SourceMap,
    /// What comes with later exceptions; `None` where the site does not compile.
    later: Option<Later>,
}

fn id(role: RoleId) -> PartyId {
    PartyId(role.0)
}

fn joined(attributes: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, String> {
    attributes.iter().map(|(key, values)| (key.clone(), values.join(", "))).collect()
}

fn present<const N: usize>(attributes: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    let present = attributes.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    present.collect()
}

impl Describe<'_> {
    fn release(&self, compiled: Option<Compiled>, reports: &[Diagnostic]) -> Release {
        let policy = self.policy;
        Release {
            header: self.header(),
            platforms: policy.platforms().map(|(_, platform)| self.platform(platform)).collect(),
            segments: Some(self.segments()),
            parties: policy.parties().map(|(role, party)| self.party(role, party)).collect(),
            flows: policy.flows().iter().map(|flow| self.flow(flow)).collect(),
            forbids: Some(self.forbids()),
            expects: Some(self.expects()),
            exceptions: Some(self.exceptions()),
            needs: Some(self.needs()),
            rollout: Some(self.rollout()),
            widenings: compiled.as_ref().map(|compiled| Self::widenings(&compiled.proof)),
            findings: Some(reports.iter().map(|report| self.finding(report)).collect()),
            quotas: compiled.as_ref().map(quotas),
            artefacts: compiled.as_ref().map(observed_artefacts),
        }
    }

    fn place(&self, span: Span) -> Place {
        let file = self.sources.get(span.source);
        Place {
            path: file.map_or_else(String::new, |file| file.relative.clone()),
            line: file.map_or(0, |file| file.line_column(span.start).line),
        }
    }

    fn header(&self) -> release::Header {
        let (site, header) = (&self.model.site, self.policy.header());
        let model = site.delivery_model.map(|model| match model {
            DeliveryModel::Daas => "daas",
            DeliveryModel::Flex => "flex",
            DeliveryModel::Managed => "managed",
            DeliveryModel::Cvad => "cvad",
        });
        let hardening = if site.hardening == Hardening::Strict { "strict" } else { "standard" };
        release::Header {
            site: header.site.clone(),
            release: header.release.clone(),
            catalogue: header.catalogue.clone(),
            as_of: Some(header.as_of),
            attributes: present([
                ("customer", site.customer.clone()),
                ("follows", site.follows.clone()),
                ("model", model.map(str::to_owned)),
                ("hardening", Some(hardening.to_owned())),
                ("owner", site.owner.clone()),
                ("ticket", site.ticket.clone()),
                ("effective", site.effective.map(|day| day.to_string())),
                ("review-by", site.review_by.map(|day| day.to_string())),
            ]),
        }
    }

    fn platform(&self, platform: &policy::Platform) -> release::Platform {
        let mut attributes = joined(&platform.attributes);
        if !platform.written {
            attributes.insert("managed-by".to_owned(), "citrix".to_owned());
        }
        release::Platform {
            name: platform.name.clone(),
            kind: platform.kind.clone(),
            attributes,
            place: self.place(platform.span),
        }
    }

    fn segments(&self) -> Vec<release::Segment> {
        let segment = |segment: &crate::model::Segment| release::Segment {
            name: segment.name.clone(),
            platform: self.policy.platform(segment.platform).map_or_else(String::new, |one| one.name.clone()),
            addresses: segment.addresses.clone(),
            trust: segment.trust.map(|trust| trust.word().to_owned()),
            place: self.place(segment.span),
        };
        self.model.segments.iter().map(segment).collect()
    }

    fn party(&self, role: RoleId, party: &policy::Party) -> release::Party {
        let policy = self.policy;
        release::Party {
            name: party.name.clone(),
            was: party.was.clone(),
            kind: party.kind.clone(),
            platform: party.platform.and_then(|id| policy.platform(id)).map(|platform| platform.name.clone()),
            segment: party.segment.and_then(|id| policy.segment(id)).map(|segment| segment.name.clone()),
            addresses: party.addresses.clone(),
            is_internet: party.is_internet,
            known_by: party.known_by.iter().flat_map(KnownBy::names).cloned().collect(),
            group: (party.group != role).then(|| policy.name(party.group).to_owned()),
            managed_by: party.managed_by.clone(),
            enforced: party.enforced,
            trust: party.trust.map(|trust| trust.word().to_owned()),
            state: party.state,
            attributes: joined(&party.attributes),
            place: self.place(party.span),
        }
    }

    fn flow(&self, flow: &policy::Flow) -> release::Flow {
        release::Flow {
            row: flow.id.to_string(),
            from: id(flow.from),
            to: id(flow.to),
            services: flow.services.clone(),
            reasons: flow.provenance.iter().map(|reason| self.reason(reason)).collect(),
        }
    }

    fn reason(&self, reason: &policy::Provenance) -> release::Reason {
        release::Reason {
            statement: reason.statement.clone(),
            place: self.place(reason.span),
            catalogue: reason.catalogue.clone(),
            verified: reason.catalogue_verified(),
            because: Some(reason.because.clone()),
            services: reason.services.clone(),
            encryption: reason.encryption,
            need: reason.need,
        }
    }

    fn side(side: &crate::model::Side) -> release::Side {
        match side {
            crate::model::Side::Any => release::Side::Any,
            crate::model::Side::Roles(roles) => {
                release::Side::Parties(roles.iter().map(|role| id(*role)).collect())
            }
        }
    }

    fn forbids(&self) -> Vec<release::Forbid> {
        let forbid = |forbid: &crate::model::Forbid| release::Forbid {
            name: forbid.name.clone(),
            from: Self::side(&forbid.from),
            to: Self::side(&forbid.to),
            both_ways: forbid.both_ways,
            services: forbid.services.clone(),
            because: forbid.because.clone(),
            enforced_by: match forbid.enforced_by {
                policy::EnforcedBy::Network => "network",
                policy::EnforcedBy::Citrix => "citrix",
                policy::EnforcedBy::Config => "config",
            }
            .to_owned(),
            place: self.place(forbid.span),
        };
        self.model.forbids.iter().map(forbid).collect()
    }

    fn expects(&self) -> Vec<release::Expect> {
        let expect = |expect: &crate::model::Expect| release::Expect {
            allow: expect.allow,
            from: Self::side(&expect.from),
            to: Self::side(&expect.to),
            both_ways: expect.both_ways,
            services: expect.services.clone(),
            place: self.place(expect.span),
        };
        self.model.expects.iter().map(expect).collect()
    }

    fn exceptions(&self) -> Vec<release::Exception> {
        let because = |name: &str| {
            let found = self.model.exceptions.iter().find(|one| one.grant.origin == name);
            found.map_or_else(String::new, |one| one.because.clone())
        };
        let forbid = |at: usize| self.policy.forbids().get(at).map(|forbid| forbid.name.clone());
        let exception = |exception: &policy::Exception| release::Exception {
            name: exception.name.clone(),
            flows: exception.flows.iter().map(|flow| self.flow(flow)).collect(),
            widenings: self.with(exception),
            pierces: exception.pierces.iter().filter_map(|name| forbid(name.value)).collect(),
            starts: exception.starts,
            expires: exception.expires,
            because: because(&exception.name),
            ticket: exception.ticket.clone(),
            owner: exception.owner.clone(),
            place: self.place(exception.span),
        };
        self.policy.exceptions().iter().map(exception).collect()
    }

    /// What comes with an exception at the artefact level, besides what is there on the day.
    fn with(&self, exception: &policy::Exception) -> Option<Vec<release::Widening>> {
        if exception.starts <= self.policy.header().as_of {
            return Some(Vec::new());
        }
        let found = self.later.as_ref()?.get(&exception.name)?;
        Some(found.iter().map(widening).collect())
    }

    fn needs(&self) -> Vec<release::Need> {
        let need = |need: &crate::model::Need| release::Need {
            kind: need.kind.clone(),
            name: need.name.clone(),
            attributes: present([
                ("owner", need.owner.clone()),
                ("due", need.due.map(|day| day.to_string())),
                ("detail", need.detail.clone()),
            ]),
            place: self.place(need.span),
        };
        self.model.needs.iter().map(need).collect()
    }

    fn rollout(&self) -> release::Rollout {
        let rollout = &self.model.rollout;
        let enforce = rollout.enforce.iter();
        release::Rollout {
            start: rollout.start,
            observe: rollout.observe,
            enforce: enforce.map(|(role, day)| (id(*role), (day.value, self.place(day.span)))).collect(),
            place: rollout.span.map(|span| self.place(span)).unwrap_or_default(),
        }
    }

    fn widenings(proof: &Proof) -> Vec<release::Widening> {
        proof.widenings.iter().map(widening).collect()
    }

    fn finding(&self, report: &Diagnostic) -> release::Finding {
        let label = |label: &crate::diagnostic::Label| {
            let file = self.sources.get(label.span.source);
            let column = file.map_or(0, |file| file.line_column(label.span.start).column);
            (self.place(label.span), column, label.text.clone())
        };
        release::Finding {
            code: report.code.to_string(),
            finding: report.code.finding(),
            severity: report.severity.word().to_owned(),
            message: report.message.clone(),
            help: report.helps.iter().map(|help| help.text.clone()).collect(),
            notes: report.notes.clone(),
            accepted: report.accepted.clone(),
            labels: report.labels.iter().map(label).collect(),
            about: report.about.clone(),
        }
    }
}

fn widening(widening: &crate::target::proof::Widening) -> release::Widening {
    release::Widening {
        id: widening.id.clone(),
        from: id(widening.from),
        to: id(widening.to),
        services: widening.services.clone(),
        from_part: widening.from_part.clone(),
        to_part: widening.to_part.clone(),
        cause: widening.cause.clone(),
        declared: widening.declared,
        spelling: widening.spelling.map(str::to_owned),
        forbids: widening.forbids.clone(),
    }
}

fn quotas(compiled: &Compiled) -> Vec<release::Quota> {
    let quotas = compiled.manifest.quotas.iter();
    quotas
        .map(|quota| release::Quota {
            platform: quota.platform.clone(),
            quota: quota.quota.clone(),
            used: quota.used,
            limit: quota.limit,
        })
        .collect()
}
