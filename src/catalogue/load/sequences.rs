//! Sequences.
//!
//! In: parsed files, and the flows of the catalogue. Out: entries in the catalogue, and problems.
//!
//! Invariant: ids and participants are unique, and everything that a step names exists.

use std::collections::BTreeSet;

use super::super::raw::{RawSequence, RawStep};
use super::super::sequence::{Participation, Sequence, Step};
use super::super::store::Catalogue;
use super::super::text::{Text, owned, owned_if_any};
use super::flows::{check_sources, sources};
use super::kinds::{check_id, check_text, report_twice};
use super::{Parsed, Place, ProblemKind, Report};

pub(super) fn add_sequences(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    let mut ids = BTreeSet::new();
    for (file, raw) in parsed {
        for sequence in &raw.sequences {
            let place = report.place(*file, "id", &sequence.id);
            check_id(report, place, &sequence.id);
            check_text(report, place, "title", &sequence.title);
            check_text(report, place, "what", &sequence.what);
            check_sources(report, place, &sequence.sources);
            if !ids.insert(sequence.id.as_str()) {
                report_twice(report, place, "id", "sequence", &sequence.id);
            }
            check_participants(report, place, sequence);
            for step in &sequence.steps {
                check_step(catalogue, report, place, sequence, step);
            }
            catalogue.sequences.push(typed(sequence));
        }
    }
}

fn check_participants(report: &mut Report<'_>, place: Place<'_>, sequence: &RawSequence) {
    let mut names = BTreeSet::new();
    for participant in &sequence.participants {
        check_text(report, place, "title", &participant.title);
        if !names.insert(&participant.name) {
            let message = format!("the participant `{}` stands twice", participant.name);
            let help = "give one of them another name";
            report.entry(ProblemKind::Duplicate, place, &participant.name, message, help);
        }
    }
    check_participant(report, place, sequence, &sequence.home);
    if sequence.steps.is_empty() {
        let message = format!("the sequence `{}` has no steps", sequence.id);
        report.entry(ProblemKind::Value, place, "steps", message, "add what happens, in order");
    }
}

fn check_participant(report: &mut Report<'_>, place: Place<'_>, sequence: &RawSequence, name: &str) {
    if !sequence.participants.iter().any(|participant| participant.name == name) {
        let message = format!("no participant is called `{name}`");
        report.entry(ProblemKind::Reference, place, name, message, "add it to `participants`");
    }
}

fn check_step(
    catalogue: &Catalogue,
    report: &mut Report<'_>,
    place: Place<'_>,
    sequence: &RawSequence,
    step: &RawStep,
) {
    check_participant(report, place, sequence, &step.from);
    check_participant(report, place, sequence, &step.to);
    check_text(report, place, "what", &step.what);
    check_text(report, place, "why", &step.why);
    for flow in step.flows.iter().filter(|flow| catalogue.flow(flow).is_none()) {
        let message = format!("no flow has the id `{flow}`");
        report.entry(ProblemKind::Reference, place, flow, message, "name a flow of this catalogue");
    }
}

fn typed(raw: &RawSequence) -> Sequence {
    let participants = raw.participants.iter().map(|participant| Participation {
        name: Text::from(&participant.name),
        title: Text::from(&participant.title),
    });
    let steps = raw.steps.iter().map(|step| Step {
        from: Text::from(&step.from),
        to: Text::from(&step.to),
        what: Text::from(&step.what),
        why: Text::from(&step.why),
        flows: owned(&step.flows),
    });
    Sequence {
        id: Text::from(&raw.id),
        title: Text::from(&raw.title),
        what: Text::from(&raw.what),
        home: Text::from(&raw.home),
        participants: participants.collect(),
        steps: steps.collect(),
        note: owned_if_any(raw.note.as_ref()),
        sources: sources(&raw.sources),
        verified: raw.verified,
    }
}
