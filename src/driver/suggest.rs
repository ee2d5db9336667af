//! What an author could type to permit what is denied: intents of the catalogue that would.
//!
//! In: a policy, the catalogue that it was resolved with, and a question. Out: lines of the language.
//!
//! Invariant: a line is only suggested when its expansion holds everything that was asked for.

use crate::catalogue::{
    Catalogue, Expansion, Intent, OptionSpec, OptionValue, Participant, PartyRef, ReleaseId, Text,
};
use crate::check::verdict::Question;
use crate::model::resolve::service_set;
use crate::policy::service::ServiceSet;
use crate::policy::{Party, Policy};
use indexmap::IndexMap;

/// Intents that would permit a question, as lines to type; in the order of the catalogue.
pub fn suggest(policy: &Policy, catalogue: &Catalogue, question: &Question) -> Vec<String> {
    let (Some(from), Some(to)) = (policy.party(question.from), policy.party(question.to)) else {
        return Vec::new();
    };
    let release = catalogue.release_id(&policy.header().catalogue).unwrap_or(catalogue.newest());
    let mut lines = Vec::new();
    for intent in catalogue.intents() {
        for (left, right, asked_of_left) in [(from, to, true), (to, from, false)] {
            let takes = |kinds: &[Text], party: &Party| kinds.iter().any(|kind| *kind == party.kind);
            if !takes(intent.left_kinds(), left) || !takes(intent.right_kinds(), right) {
                continue;
            }
            let fitting = choices(intent).into_iter().find(|options| {
                permits((catalogue, release), intent, left, right, options, asked_of_left)
                    .contains_all(&question.services)
            });
            if let Some(options) = fitting {
                lines.push(line(intent, left, right, &options));
                break;
            }
        }
    }
    lines
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

fn line(intent: &Intent, left: &Party, right: &Party, options: &IndexMap<String, OptionValue>) -> String {
    let options: Vec<String> = options
        .iter()
        .map(|(name, value)| match value {
            OptionValue::Word(word) => format!("{name} = {word}"),
            OptionValue::Port(port) => format!("{name} = {port}"),
        })
        .collect();
    let block = if options.is_empty() { String::new() } else { format!(" {{ {} }}", options.join(" ")) };
    format!("intent {} {} -> {}{block}", intent.name(), left.name, right.name)
}
