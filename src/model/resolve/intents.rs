//! Intents: kinds and options checked, flows taken from the catalogue.

use super::Resolver;
use super::rules::MOST_PAIRS;
use super::services::service_set;
use crate::catalogue::{
    Expanded, Expansion, FlowEntry, Intent, OptionSpec, OptionValue, Participant, PartyRef, Text,
};
use crate::diagnostic::{Diagnostic, Severity, codes, nearest};
use crate::model::{Flow, Grant, GrantKind, Model, Role, RoleId};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Attribute, Ident, ValueKind};
use indexmap::IndexMap;

/// The roles of one side with the places of their names.
type Side = Vec<Spanned<RoleId>>;

impl<'a> Resolver<'a> {
    /// Expands one intent. `None` after a report, or where a role in it is lost.
    pub(super) fn resolve_intent(&mut self, statement: &ast::Intent, model: &Model) -> Option<Grant> {
        let intent = self.find_intent(&statement.name)?;
        if self.is_turned_round(statement, intent, model) {
            self.report(turned_round(statement, intent));
            return None;
        }
        let left = self.intent_side(statement, &statement.from, (intent, intent.left_kinds()), model);
        let right = self.intent_side(statement, &statement.to, (intent, intent.right_kinds()), model);
        let via = self.intent_via(statement, intent, model);
        let options = self.intent_options(statement, intent);
        let complete = left.len() == statement.from.len()
            && right.len() == statement.to.len()
            && via.is_some() == statement.via.is_some();
        if self.too_many_pairs(left.len(), right.len(), statement.name.span) || !complete {
            return None;
        }
        let options = options?;
        self.check_modes(intent, &options, (&left, &right), statement.span);
        let participants =
            |side: &Side| side.iter().filter_map(|role| participant(model, role.value)).collect();
        let left_participants: Vec<Participant<'_>> = participants(&left);
        let right_participants: Vec<Participant<'_>> = participants(&right);
        let via_participant = via.as_ref().and_then(|role| participant(model, role.value));
        let request = Expansion {
            left: &left_participants,
            right: &right_participants,
            via: via_participant.as_ref(),
            options: &options,
            release: self.release,
        };
        let catalogue = self.catalogue;
        let expanded = catalogue.expand(intent, &request);
        let parties = Parties { left: &left, right: &right, via: via.as_ref() };
        self.report_expansion(&expanded, &parties, statement, model);
        let flows = expanded.flows.iter().filter_map(|flow| {
            Some(Flow {
                from: parties.role(&flow.from)?.value,
                to: parties.role(&flow.to)?.value,
                services: service_set(&flow.ports),
                catalogue: Some(flow.entry.id().to_owned()),
                because: flow.entry.what().to_owned(),
                verified: flow.entry.verified(),
                encryption: flow.entry.encryption(),
                sensitivity: flow.entry.sensitivity(),
                need: Some(flow.entry.need()),
            })
        });
        Some(Grant {
            kind: GrantKind::Intent,
            origin: intent.name().to_owned(),
            purpose: intent.what().to_owned(),
            flows: flows.collect(),
            span: statement.span,
        })
    }

    /// The intent of a name. `None` after a report.
    fn find_intent(&mut self, name: &Ident) -> Option<&'a Intent> {
        let found = self.catalogue.intent(&name.text);
        if found.is_none() {
            let message = format!("the catalogue has no intent `{}`", name.text);
            let names: Vec<&str> = self.catalogue.intents().map(Intent::name).collect();
            let report = Diagnostic::new(codes::UNKNOWN_INTENT, message).label(name.span, "");
            let report = match nearest(&name.text, names.iter().copied()) {
                Some(near) => report.help_edit(format!("did you mean `{near}`?"), name.span, near),
                None => {
                    report.help("use an intent of the catalogue, or write the ports with `allow ... because`")
                }
            };
            self.report(report);
        }
        found
    }

    /// The roles of a side whose kinds have a part there; a role of an unknown kind was reported and is left out.
    fn intent_side(
        &mut self,
        statement: &ast::Intent,
        names: &[Ident],
        (intent, kinds): (&Intent, &[Text]),
        model: &Model,
    ) -> Side {
        let mut side: Side = Vec::with_capacity(names.len());
        for name in names {
            let Some(role) = self.roles.find(name, self.sink).map(RoleId::at) else { continue };
            let Some(kind) = model.roles.get(role.index()).map(|role| role.kind.as_str()) else { continue };
            if kind.is_empty() {
                continue;
            }
            if !kinds.iter().any(|allowed| allowed == kind) {
                let report = wrong_kind(name, kind, kinds, intent, model.roles.get(role.index()));
                self.report(self.with_promises(report, statement, intent, model));
                continue;
            }
            side.push(Spanned::new(role, name.span));
        }
        side
    }

    /// True where no role fits its side, and every role would fit the other one.
    fn is_turned_round(&self, statement: &ast::Intent, intent: &Intent, model: &Model) -> bool {
        let fit = |names: &[Ident], kinds: &[Text], wanted: bool| {
            names.iter().all(|name| {
                let role = self.roles.get(&name.text).and_then(|at| model.roles.get(at));
                role.is_some_and(|role| kinds.iter().any(|kind| *kind == role.kind) == wanted)
            })
        };
        let (left, right) = (intent.left_kinds(), intent.right_kinds());
        let (from, to) = (statement.from.as_slice(), statement.to.as_slice());
        fit(from, left, false) && fit(to, right, false) && fit(from, right, true) && fit(to, left, true)
    }

    fn intent_via(
        &mut self,
        statement: &ast::Intent,
        intent: &Intent,
        model: &Model,
    ) -> Option<Spanned<RoleId>> {
        let name = statement.via.as_ref()?;
        if intent.via_kinds().is_empty() {
            let message = format!("intent `{}` has no `via`", intent.name());
            let report = Diagnostic::new(codes::BAD_VIA, message)
                .label(name.span, "nothing can stand between its sides")
                .help("leave out `via`, or write the two ways as intents of their own");
            self.report(report);
            return None;
        }
        self.intent_side(statement, std::slice::from_ref(name), (intent, intent.via_kinds()), model).pop()
    }

    /// Options checked against the intent, defaults left to the catalogue. `None` after a report.
    fn intent_options(
        &mut self,
        statement: &ast::Intent,
        intent: &Intent,
    ) -> Option<IndexMap<String, OptionValue>> {
        let mut options = IndexMap::new();
        let mut is_complete = true;
        for attribute in statement.block.iter().flat_map(|block| &block.attributes) {
            let Some(spec) = intent.options().get(attribute.key.text.as_str()) else {
                self.report(unknown_option(&attribute.key, intent));
                is_complete = false;
                continue;
            };
            match option_value(attribute, spec) {
                Some(value) => {
                    options.insert(attribute.key.text.clone(), value);
                }
                None => {
                    self.report(bad_option(attribute, spec, intent));
                    is_complete = false;
                }
            }
        }
        is_complete.then_some(options)
    }

    fn not_in_release(&self, role: &Role, span: Span, flows: &[&FlowEntry]) -> Diagnostic {
        let release = self.catalogue.release_label(self.release);
        let ids: Vec<String> = flows.iter().map(|flow| flow.label()).collect();
        let message = format!("the catalogue release `{release}` has no flow for role `{}` here", role.name);
        Diagnostic::new(codes::NOT_IN_RELEASE, message)
            .label(span, "")
            .label(role.name_span, format!("is of kind `{}`", role.kind))
            .note(format!("other releases have {}", ids.join(", ")))
            .help("pin a release that has it, take the role out, or write the ports with `allow ... because`")
            .severity(if self.may_pin { Severity::Error } else { Severity::Note })
    }

    fn report_expansion(
        &mut self,
        expanded: &Expanded<'_>,
        parties: &Parties<'_>,
        statement: &ast::Intent,
        model: &Model,
    ) {
        let name = |party: &PartyRef| {
            let role = parties.role(party)?;
            Some((model.roles.get(role.value.index())?, role.span))
        };
        for (role, span) in expanded.missing_ports.iter().filter_map(name) {
            let message = format!("intent `{}` needs the port of role `{}`", statement.name.text, role.name);
            let report = Diagnostic::new(codes::BAD_PORT_ATTRIBUTE, message)
                .label(span, "used here")
                .label(role.name_span, "states no `port`")
                .help("add `port = 3128`, or the port that it listens on, to the role's block");
            self.report(report);
        }
        for party in &expanded.idle {
            let Some((role, span)) = name(party) else { continue };
            let report = match expanded.of_other_releases.get(party) {
                Some(flows) => self.not_in_release(role, span, flows),
                None => idle(role, span),
            };
            self.report(report);
        }
        for warning in &expanded.warnings {
            let report = Diagnostic::new(codes::WIDE_DEFAULT, warning.message)
                .label(statement.span, "")
                .note(format!("catalogue entry {}", warning.entry.label()))
                .help(warning.help);
            self.report(report);
        }
        if expanded.too_many.is_some() {
            let message = format!("this line means more than {MOST_PAIRS} flows");
            let report = Diagnostic::new(codes::TOO_MUCH, message)
                .label(statement.span, "")
                .help("write fewer roles on a line, or one role for a whole range");
            self.report(report);
        }
    }
}

fn idle(role: &Role, span: Span) -> Diagnostic {
    let message = format!("role `{}` takes part in no flow of this intent", role.name);
    Diagnostic::new(codes::KIND_NOT_ALLOWED, message)
        .label(span, "")
        .label(role.name_span, format!("is of kind `{}`", role.kind))
        .help("take it out of this line, or name the roles that it is meant to talk to")
}

/// The roles behind the positions that the catalogue answers with.
struct Parties<'a> {
    left: &'a Side,
    right: &'a Side,
    via: Option<&'a Spanned<RoleId>>,
}

impl Parties<'_> {
    fn role(&self, party: &PartyRef) -> Option<&Spanned<RoleId>> {
        match *party {
            PartyRef::Left(at) => self.left.get(at),
            PartyRef::Right(at) => self.right.get(at),
            PartyRef::Via => self.via,
        }
    }
}

fn participant(model: &Model, role: RoleId) -> Option<Participant<'_>> {
    let role: &Role = model.roles.get(role.index())?;
    let attribute =
        |key: &str| role.attributes.get(key).and_then(|values| values.first()).map(String::as_str);
    Some(Participant {
        kind: &role.kind,
        service: attribute("service"),
        port: attribute("port").and_then(|port| port.parse::<u16>().ok()),
    })
}

fn wrong_kind(name: &Ident, kind: &str, kinds: &[Text], intent: &Intent, role: Option<&Role>) -> Diagnostic {
    let message = format!("role `{}` can't stand on this side of intent `{}`", name.text, intent.name());
    let report = Diagnostic::new(codes::KIND_NOT_ALLOWED, message)
        .label(name.span, format!("of kind `{kind}`"))
        .help(format!("this side takes: {}", kinds.join(", ")));
    role.map_or(report.clone(), |role| report.label(role.name_span, "declared here"))
}

fn turned_round(statement: &ast::Intent, intent: &Intent) -> Diagnostic {
    let list = |names: &[Ident]| names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(", ");
    let (from, to) = (list(&statement.from), list(&statement.to));
    let ends =
        |names: &[Ident]| names.first().zip(names.last()).map(|(first, last)| first.span.to(last.span));
    let message = format!("the sides of intent `{}` are the wrong way round", intent.name());
    let mut report = Diagnostic::new(codes::KIND_NOT_ALLOWED, message);
    for (names, kinds) in [(&statement.from, intent.left_kinds()), (&statement.to, intent.right_kinds())] {
        if let Some(span) = ends(names) {
            report = report.label(span, format!("this side takes: {}", kinds.join(", ")));
        }
    }
    report.help(format!("write `intent {} {to} -> {from}`", intent.name()))
}

fn unknown_option(key: &Ident, intent: &Intent) -> Diagnostic {
    let names: Vec<&str> = intent.options().keys().map(Text::as_str).collect();
    let report = Diagnostic::new(
        codes::UNKNOWN_OPTION,
        format!("intent `{}` has no option `{}`", intent.name(), key.text),
    )
    .label(key.span, "not known here");
    match nearest(&key.text, names.iter().copied()) {
        Some(near) => report.help_edit(format!("did you mean `{near}`?"), key.span, near),
        None if names.is_empty() => report.help("it has no options"),
        None => report.help(format!("it has: {}", names.join(", "))),
    }
}

fn option_value(attribute: &Attribute, spec: &OptionSpec) -> Option<OptionValue> {
    let [value] = attribute.values.as_slice() else { return None };
    match (spec, &value.kind) {
        (OptionSpec::Choice { values, .. }, ValueKind::Word(word))
            if values.iter().any(|value| value == word) =>
        {
            Some(OptionValue::Word(word.clone()))
        }
        (OptionSpec::Port { .. }, ValueKind::Number(number)) => {
            u16::try_from(*number).ok().filter(|port| *port > 0).map(OptionValue::Port)
        }
        _ => None,
    }
}

fn bad_option(attribute: &Attribute, spec: &OptionSpec, intent: &Intent) -> Diagnostic {
    let key = &attribute.key.text;
    let message = format!("option `{key}` of intent `{}` can't have this value", intent.name());
    let place = attribute.values.first().map_or(attribute.span, |value| value.span);
    let help = match spec {
        OptionSpec::Choice { values, .. } => format!("give one of: {}", values.join(", ")),
        OptionSpec::Port { .. } => "give one port, a number from 1 to 65535".to_owned(),
    };
    Diagnostic::new(codes::BAD_OPTION_VALUE, message).label(place, "").help(help)
}
