//! The order of calls in which a product gets something done, with the roles of the site that make them.
//!
//! In: a policy, and the sequences of the catalogue. Out: a figure for each sequence and each platform on which it happens.
//!
//! A step is bound to the flows of the policy that came of the catalogue's flows that it names. So a step which no line of
//! the site allows is seen before it fails.
//!
//! Invariant: what the steps are is the catalogue's to say; no product and no platform is named here.

use std::collections::BTreeSet;

use crate::catalogue::{Catalogue, Sequence, Step};
use crate::policy::service::ServiceSet;
use crate::policy::{Flow, PlatformId, Policy, RoleId};

use super::super::content::{Figure, Text};
use super::chart;
use super::design::Paper;
use super::text::clean;
use super::words;

/// A participant with the roles that play it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lifeline {
    pub(super) title: String,
    /// Names of the roles; none where the site has none.
    pub(super) roles: Vec<String>,
}

/// Whether a step can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// It needs no connection of the site's.
    Own,
    /// Lines of the site allow these services.
    Allowed(String),
    /// No line allows it.
    Missing,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) what: String,
    pub(super) why: String,
    pub(super) access: Access,
}

/// A sequence as one site has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Chart {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) what: String,
    pub(super) lifelines: Vec<Lifeline>,
    pub(super) messages: Vec<Message>,
}

/// Figures of all sequences that the site has a part in.
pub fn sequences(policy: &Policy, catalogue: &Catalogue, paper: Paper) -> Vec<Figure> {
    charts(policy, catalogue).iter().map(|chart| figure(chart, paper)).collect()
}

fn figure(chart: &Chart, paper: Paper) -> Figure {
    let layout = chart::lay_out(chart, paper);
    let pixels = |length: i32| u32::try_from(length).unwrap_or_default();
    Figure {
        id: chart.id.clone(),
        caption: Text::ours(clean(&chart.title)),
        description: words::steps(chart),
        svg: chart::svg(chart, &layout),
        width: pixels(layout.width),
        height: pixels(layout.height),
        mermaid: chart::mermaid(chart),
    }
}

/// The sequences of the catalogue as the site has them.
pub(super) fn charts(policy: &Policy, catalogue: &Catalogue) -> Vec<Chart> {
    let mut charts = Vec::new();
    for sequence in catalogue.sequences() {
        let homes = homes(policy, sequence);
        for (at, home) in homes.iter().enumerate() {
            let mut chart = chart(policy, sequence, (*home, &homes));
            if homes.len() > 1 {
                let name = policy.platform(*home).map_or("", |platform| platform.name.as_str());
                chart.id = format!("{}-{}", chart.id, at + 1);
                chart.title = words::on_platform(&chart.title, name);
            }
            charts.push(chart);
        }
    }
    charts
}

/// The flows of a step with the services that the step's reasons give.
fn bound<'p>(policy: &'p Policy, step: &'p Step) -> impl Iterator<Item = (&'p Flow, ServiceSet)> {
    policy.flows().iter().filter_map(|flow| {
        let is_of_step = |entry: &String| step.flows().iter().any(|id| id.as_str() == entry);
        let reasons =
            flow.provenance.iter().filter(|reason| reason.catalogue.as_ref().is_some_and(is_of_step));
        let services = reasons.fold(ServiceSet::empty(), |all, reason| all.union(&reason.services));
        (!services.is_empty()).then_some((flow, services))
    })
}

/// The platforms on which a sequence happens: those of its home's roles, else of whoever answers.
fn homes(policy: &Policy, sequence: &Sequence) -> BTreeSet<PlatformId> {
    let platform = |role: RoleId| policy.party(role).and_then(|party| party.platform);
    let mut own = BTreeSet::new();
    let mut others = BTreeSet::new();
    for step in sequence.steps() {
        for (flow, _) in bound(policy, step) {
            let ends = [(step.from(), flow.from), (step.to(), flow.to)];
            let at_home = ends.into_iter().filter(|(name, _)| *name == sequence.home());
            own.extend(at_home.filter_map(|(_, role)| platform(role)));
            others.extend(platform(flow.to));
        }
    }
    if own.is_empty() { others } else { own }
}

fn chart(policy: &Policy, sequence: &Sequence, (home, homes): (PlatformId, &BTreeSet<PlatformId>)) -> Chart {
    let place =
        |name: &str| sequence.participants().iter().position(|participant| participant.name() == name);
    let belongs = |role: RoleId| {
        let platform = policy.party(role).and_then(|party| party.platform);
        platform.is_none_or(|platform| platform == home || !homes.contains(&platform))
    };
    let mut roles = vec![BTreeSet::new(); sequence.participants().len()];
    let mut messages = Vec::new();
    for step in sequence.steps() {
        let (Some(from), Some(to)) = (place(step.from()), place(step.to())) else { continue };
        let mut services = ServiceSet::empty();
        for (flow, own) in bound(policy, step).filter(|(flow, _)| belongs(flow.from) && belongs(flow.to)) {
            services = services.union(&own);
            for (at, role) in [(from, flow.from), (to, flow.to)] {
                roles.get_mut(at).into_iter().for_each(|names| {
                    names.insert(policy.name(role).to_owned());
                });
            }
        }
        let access = match (step.flows().is_empty(), services.is_empty()) {
            (true, _) => Access::Own,
            (false, true) => Access::Missing,
            (false, false) => Access::Allowed(words::services(&services)),
        };
        let (what, why) = (step.what().to_owned(), step.why().to_owned());
        messages.push(Message { from, to, what, why, access });
    }
    let participants = sequence.participants().iter().zip(roles);
    let lifelines = participants.map(|(participant, roles)| Lifeline {
        title: participant.title().to_owned(),
        roles: roles.into_iter().collect(),
    });
    Chart {
        id: sequence.id().to_owned(),
        title: sequence.title().to_owned(),
        what: sequence.what().to_owned(),
        lifelines: lifelines.collect(),
        messages,
    }
}
