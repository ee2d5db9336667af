//! Modes that exclude each other, chosen for the same two roles by two lines of one intent.
//!
//! In: the options of each intent line. Out: a warning with both lines.
//!
//! Invariant: absent on purpose are the flows. Each line means what it says; the warning is that together they open what
//! either of them seems to shut.

use super::Resolver;
use crate::catalogue::{Intent, OptionSpec, OptionValue, Text};
use crate::diagnostic::{Diagnostic, codes};
use crate::model::RoleId;
use crate::source::{Span, Spanned};
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// What an option was set to for two roles, first.
#[derive(Debug, Clone, Copy)]
struct Mode<'a> {
    word: &'a str,
    conditions: &'a [Text],
    span: Span,
}

/// First modes by intent, option, left and right role.
#[derive(Debug, Default)]
pub(super) struct Modes<'a> {
    first: BTreeMap<(&'a str, &'a str, RoleId, RoleId), Mode<'a>>,
}

impl<'a> Resolver<'a> {
    /// Warns of a line that chooses a mode for two roles which excludes the mode of an earlier line.
    pub(super) fn check_modes(
        &mut self,
        intent: &'a Intent,
        given: &IndexMap<String, OptionValue>,
        (left, right): (&[Spanned<RoleId>], &[Spanned<RoleId>]),
        span: Span,
    ) {
        for (option, spec) in intent.options() {
            let Some((word, conditions)) = chosen(spec, given.get(option.as_str())) else { continue };
            let mode = Mode { word, conditions, span };
            let pairs = left.iter().flat_map(|one| right.iter().map(move |other| (one, other)));
            let mut told = false;
            for (one, other) in pairs {
                let key = (intent.name(), option.as_str(), one.value, other.value);
                let first = *self.modes.first.entry(key).or_insert(mode);
                if !told && self.exclude(first.conditions, conditions) {
                    told = true;
                    self.report(excluded(intent, option, (first, mode), (one.span, other.span)));
                }
            }
        }
    }

    /// True where a condition of one list can't hold together with one of the other, and neither list has both.
    fn exclude(&self, one: &[Text], other: &[Text]) -> bool {
        let against = |condition: &Text| {
            let excludes = self.catalogue.condition(condition).map_or(&[][..], |entry| entry.excludes());
            excludes.iter().any(|rival| other.contains(rival) && !one.contains(rival))
        };
        one.iter().any(|condition| !other.contains(condition) && against(condition))
    }
}

/// The word that holds, and the conditions that it selects; `None` for an option that decides about none.
fn chosen<'a>(spec: &'a OptionSpec, given: Option<&OptionValue>) -> Option<(&'a str, &'a [Text])> {
    let OptionSpec::Choice { values, default, selects, .. } = spec else { return None };
    if selects.is_empty() {
        return None;
    }
    let word = match given {
        Some(OptionValue::Word(word)) => values.iter().find(|value| *value == word)?,
        Some(OptionValue::Port(_)) => return None,
        None => default,
    };
    Some((word, selects.get(word).map_or(&[][..], Vec::as_slice)))
}

fn excluded(
    intent: &Intent,
    option: &str,
    (first, second): (Mode<'_>, Mode<'_>),
    (left, right): (Span, Span),
) -> Diagnostic {
    let message = format!(
        "`{option} = {}` and `{option} = {}` exclude each other, and both are chosen for the same roles",
        first.word, second.word
    );
    Diagnostic::new(codes::EXCLUSIVE_MODES, message)
        .label(second.span, format!("`{option} = {}` here", second.word))
        .label(first.span, format!("`{option} = {}` here", first.word))
        .label(left, "from this role")
        .label(right, "to this one")
        .note("together the two lines open the ports of both modes")
        .help(format!("take the roles out of one of the lines of intent `{}`", intent.name()))
}
