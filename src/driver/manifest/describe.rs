//! A release as the facts of a manifest.
//!
//! In: a [`Release`]. Out: [`Facts`], and what is said of each role.
//!
//! Invariant: what [`super::read`] makes of it is the same release again, but for what is in the artefacts.

use crate::diff::release::{self, PartyId, Release, Side};
use crate::target::manifest::facts::{
    Addresses, Day, Enforcement, Exception, Expect, Facts, Finding, Flow, Label, Need, Place, Platform,
    Promise, Reason, RoleFacts, Rollout, Segment, Services, State, Widening,
};

/// The word for every party.
pub(super) const ANY: &str = "any";

/// The facts of a release.
pub(super) fn facts(release: &Release) -> Facts {
    Facts {
        site_attributes: release.header.attributes.clone(),
        platforms: release.platforms.iter().map(platform).collect(),
        segments: release.segments.iter().flatten().map(segment).collect(),
        flows: release.flows.iter().map(|one| flow(release, one)).collect(),
        forbids: release.forbids.iter().flatten().map(|one| promise(release, one)).collect(),
        expects: release.expects.iter().flatten().map(|one| expect(release, one)).collect(),
        exceptions: release.exceptions.iter().flatten().map(|one| exception(release, one)).collect(),
        needs: release.needs.iter().flatten().map(need).collect(),
        rollout: release.rollout.as_ref().map(|one| rollout(release, one)),
        findings: release.findings.as_ref().map(|all| all.iter().map(finding).collect()),
    }
}

/// What is said of a role.
pub(super) fn role_facts(party: &release::Party) -> RoleFacts {
    RoleFacts {
        was: party.was.clone(),
        internet: party.is_internet,
        group: party.group.clone(),
        trust: party.trust.clone(),
        state: party.state.map(State),
        attributes: party.attributes.clone(),
        place: place(&party.place),
    }
}

fn place(place: &release::Place) -> Place {
    Place { path: place.path.clone(), line: place.line }
}

fn platform(one: &release::Platform) -> Platform {
    Platform {
        name: one.name.clone(),
        kind: one.kind.clone(),
        attributes: one.attributes.clone(),
        place: place(&one.place),
    }
}

fn segment(one: &release::Segment) -> Segment {
    Segment {
        name: one.name.clone(),
        platform: one.platform.clone(),
        addresses: Addresses(one.addresses.clone()),
        trust: one.trust.clone(),
        place: place(&one.place),
    }
}

fn flow(release: &Release, one: &release::Flow) -> Flow {
    Flow {
        id: one.row.clone(),
        from: name(release, one.from),
        to: name(release, one.to),
        services: Services(one.services.clone()),
        reasons: one.reasons.iter().map(reason).collect(),
    }
}

fn reason(one: &release::Reason) -> Reason {
    Reason {
        statement: one.statement.clone(),
        place: place(&one.place),
        catalogue: one.catalogue.clone(),
        verified: one.verified,
        because: one.because.clone(),
        services: Services(one.services.clone()),
        encryption: one.encryption,
        need: one.need,
    }
}

fn name(release: &Release, party: PartyId) -> String {
    release.name(party).to_owned()
}

fn side(release: &Release, side: &Side) -> Vec<String> {
    match side {
        Side::Any => vec![ANY.to_owned()],
        Side::Parties(parties) => parties.iter().map(|party| name(release, *party)).collect(),
    }
}

fn promise(release: &Release, one: &release::Forbid) -> Promise {
    Promise {
        name: one.name.clone(),
        from: side(release, &one.from),
        to: side(release, &one.to),
        both_ways: one.both_ways,
        services: Services(one.services.clone()),
        because: one.because.clone(),
        enforced_by: one.enforced_by.clone(),
        place: place(&one.place),
    }
}

fn expect(release: &Release, one: &release::Expect) -> Expect {
    Expect {
        allow: one.allow,
        from: side(release, &one.from),
        to: side(release, &one.to),
        both_ways: one.both_ways,
        services: Services(one.services.clone()),
        place: place(&one.place),
    }
}

fn exception(release: &Release, one: &release::Exception) -> Exception {
    Exception {
        name: one.name.clone(),
        flows: one.flows.iter().map(|row| flow(release, row)).collect(),
        widenings: one.widenings.as_ref().map(|all| all.iter().map(|one| widening(release, one)).collect()),
        pierces: one.pierces.clone(),
        starts: Day(one.starts),
        expires: Day(one.expires),
        because: one.because.clone(),
        ticket: one.ticket.clone(),
        owner: one.owner.clone(),
        place: place(&one.place),
    }
}

fn widening(release: &Release, one: &release::Widening) -> Widening {
    Widening {
        id: one.id.clone(),
        from: name(release, one.from),
        to: name(release, one.to),
        service: Services(one.services.clone()),
        from_addresses: one.from_part.clone().map(Addresses),
        to_addresses: one.to_part.clone().map(Addresses),
        cause: one.cause.clone(),
        declared: one.declared,
        spelling: one.spelling.clone(),
        forbids: one.forbids.clone(),
    }
}

fn need(one: &release::Need) -> Need {
    Need {
        kind: one.kind.clone(),
        name: one.name.clone(),
        attributes: one.attributes.clone(),
        place: place(&one.place),
    }
}

fn rollout(release: &Release, one: &release::Rollout) -> Rollout {
    let enforce = one
        .enforce
        .iter()
        .map(|(party, (day, at))| (name(release, *party), Enforcement { from: Day(*day), place: place(at) }));
    Rollout {
        start: one.start.map(State),
        observe: one.observe,
        enforce: enforce.collect(),
        place: place(&one.place),
    }
}

fn finding(one: &release::Finding) -> Finding {
    let label = |(at, column, text): &(release::Place, u32, String)| Label {
        path: at.path.clone(),
        line: at.line,
        column: *column,
        text: text.clone(),
    };
    Finding {
        code: one.code.clone(),
        finding: one.finding.clone(),
        severity: one.severity.clone(),
        message: one.message.clone(),
        help: one.help.clone(),
        notes: one.notes.clone(),
        accepted: one.accepted.clone(),
        labels: one.labels.iter().map(label).collect(),
        about: one.about.clone(),
    }
}
