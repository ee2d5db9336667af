//! What an author could type to permit what is denied: intents of the catalogue that would.
//!
//! In: a policy, the catalogue that it was resolved with, and a question. Out: lines of the language.
//!
//! Invariant: a line is only said to permit a question when its expansion holds everything that was asked for; of
//! every other line it is said in what it differs.

use crate::catalogue::{
    Catalogue, Expansion, Intent, OptionSpec, OptionValue, Participant, PartyRef, ReleaseId, Text,
};
use crate::check::verdict::Question;
use crate::model::resolve::service_set;
use crate::policy::service::ServiceSet;
use crate::policy::{Party, Policy};
use crate::source::Span;
use indexmap::IndexMap;

/// Most intents that only come near.
const MOST_NEAR: usize = 3;

/// An intent of the catalogue that permits a question, or comes near to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The line to type.
    pub line: String,
    /// What the intent is for.
    pub what: String,
    /// True when it permits everything that was asked.
    pub permits: bool,
    /// Options that the line sets, as they are written.
    pub options: Vec<String>,
    /// In which direction or ports it differs from the question; empty when it permits it.
    pub differs: Vec<String>,
    /// The statement that asks for the same intent between the roles already, and lacks the options.
    pub existing: Option<Span>,
}

/// Intents that would permit a question, in the order of the catalogue; where there are none, those that come nearest.
pub fn suggest(policy: &Policy, catalogue: &Catalogue, question: &Question) -> Vec<Suggestion> {
    let (Some(from), Some(to)) = (policy.party(question.from), policy.party(question.to)) else {
        return Vec::new();
    };
    let release = catalogue.release_id(&policy.header().catalogue).unwrap_or(catalogue.newest());
    let (mut fitting, mut near) = (Vec::new(), Vec::new());
    for intent in catalogue.intents() {
        let mut nearest: Option<(u32, Suggestion)> = None;
        for (left, right, asked_of_left) in [(from, to, true), (to, from, false)] {
            let takes = |kinds: &[Text], party: &Party| kinds.iter().any(|kind| *kind == party.kind);
            if !takes(intent.left_kinds(), left) || !takes(intent.right_kinds(), right) {
                continue;
            }
            for options in choices(intent) {
                let expand = |of_left| permits((catalogue, release), intent, left, right, &options, of_left);
                let found = compare(question, &expand(asked_of_left), &expand(!asked_of_left));
                let Some((distance, differs)) = found else { continue };
                if nearest.as_ref().is_none_or(|(other, _)| distance < *other) {
                    nearest = Some((distance, suggestion(policy, intent, (left, right), &options, differs)));
                }
            }
        }
        match nearest {
            Some((0, suggestion)) => fitting.push(suggestion),
            Some(one) => near.push(one),
            None => {}
        }
    }
    if fitting.is_empty() {
        near.sort_by_key(|(distance, _)| *distance);
        fitting.extend(near.into_iter().map(|(_, suggestion)| suggestion).take(MOST_NEAR));
    }
    fitting
}

/// How far what an intent permits is from a question, 0 when it permits it, and in what it differs. `None` where the
/// two have nothing in common.
fn compare(question: &Question, there: &ServiceSet, back: &ServiceSet) -> Option<(u32, Vec<String>)> {
    let asked = &question.services;
    if there.contains_all(asked) {
        Some((0, Vec::new()))
    } else if there.meets(asked) {
        let missing = asked.difference(there);
        Some((1, vec![format!("port: it does not permit {missing}")]))
    } else if back.contains_all(asked) {
        Some((2, vec!["direction: it lets the other role start".to_owned()]))
    } else if !there.is_empty() {
        Some((3, vec![format!("port: it permits {there}")]))
    } else {
        None
    }
}

fn suggestion(
    policy: &Policy,
    intent: &Intent,
    (left, right): (&Party, &Party),
    options: &IndexMap<String, OptionValue>,
    differs: Vec<String>,
) -> Suggestion {
    let options: Vec<String> = options
        .iter()
        .map(|(name, value)| match value {
            OptionValue::Word(word) => format!("{name} = {word}"),
            OptionValue::Port(port) => format!("{name} = {port}"),
        })
        .collect();
    let block = if options.is_empty() { String::new() } else { format!(" {{ {} }}", options.join(" ")) };
    Suggestion {
        line: format!("intent {} {} -> {}{block}", intent.name(), left.name, right.name),
        what: intent.what().to_owned(),
        permits: differs.is_empty(),
        options,
        differs,
        existing: existing(policy, intent, left, right),
    }
}

/// The statement that asks for an intent between two roles already.
fn existing(policy: &Policy, intent: &Intent, left: &Party, right: &Party) -> Option<Span> {
    let ends = [left.name.as_str(), right.name.as_str()];
    let between = policy.flows().iter().filter(|flow| {
        let (from, to) = (policy.name(flow.from), policy.name(flow.to));
        flow.origin == intent.name() && ([from, to] == ends || [to, from] == ends)
    });
    let statement = format!("intent {}", intent.name());
    let mut reasons = between.flat_map(|flow| &flow.provenance);
    reasons.find(|reason| reason.statement == statement).map(|reason| reason.span)
}

/// The defaults first, then every single option with every value.
fn choices(intent: &Intent) -> Vec<IndexMap<String, OptionValue>> {
    let mut all = vec![IndexMap::new()];
    for (name, spec) in intent.options() {
        if let OptionSpec::Choice { values, default, .. } = spec {
            let others = values.iter().filter(|value| *value != default);
            all.extend(
                others
                    .map(|value| IndexMap::from([(name.to_string(), OptionValue::Word(value.to_string()))])),
            );
        }
    }
    all
}

fn permits(
    (catalogue, release): (&Catalogue, ReleaseId),
    intent: &Intent,
    left: &Party,
    right: &Party,
    options: &IndexMap<String, OptionValue>,
    asked_of_left: bool,
) -> ServiceSet {
    let (left, right) = ([participant(left)], [participant(right)]);
    let request = Expansion { left: &left, right: &right, via: None, options, release };
    let wanted = if asked_of_left {
        (PartyRef::Left(0), PartyRef::Right(0))
    } else {
        (PartyRef::Right(0), PartyRef::Left(0))
    };
    let expanded = catalogue.expand(intent, &request);
    let flows = expanded.flows.iter().filter(|flow| (flow.from, flow.to) == wanted);
    flows.fold(ServiceSet::empty(), |sum, flow| sum.union(&service_set(&flow.ports)))
}

fn participant(party: &Party) -> Participant<'_> {
    Participant {
        kind: &party.kind,
        service: party.attribute("service"),
        port: party.attribute("port").and_then(|port| port.parse::<u16>().ok()),
    }
}
