//! Lines with ports of their own: allow, forbid, expect, exception.

use super::Resolver;
use super::attributes;
use super::site::refs;
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::model::{EnforcedBy, Exception, Expect, Flow, Forbid, Grant, GrantKind, Model, RoleId, Side};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Arrow, Ident, Ports, Statement, Text};
use crate::vocabulary::{AttributeSpec, ValueType};
use std::collections::BTreeMap;

/// Most pairs of roles that all lines of a site may mean together: more is a mistake, and would not fit in memory.
pub(super) const MOST_PAIRS: usize = 250_000;

const EXCEPTION: &[AttributeSpec] = &[
    AttributeSpec::required("ticket", ValueType::TextOrWord, "the ticket that approved it"),
    AttributeSpec::required("owner", ValueType::TextOrWord, "who answers for it"),
    AttributeSpec::required("starts", ValueType::Date, "the first day"),
    AttributeSpec::required("expires", ValueType::Date, "the first day on which it is no longer in force"),
];

impl<'a> Resolver<'a> {
    /// Intents and allows in the order of the text.
    pub(super) fn resolve_grants(&mut self, model: &Model) -> Vec<Grant> {
        let mut grants = Vec::new();
        for statement in self.statements.clone() {
            match statement {
                Statement::Intent(intent) => grants.extend(self.resolve_intent(intent, model)),
                Statement::Allow(allow) => grants.push(self.resolve_allow(allow)),
                _ => {}
            }
        }
        grants
    }

    fn resolve_allow(&mut self, allow: &ast::Allow) -> Grant {
        let flows = self.written_flows(&allow.flow, &allow.because);
        let origin = match &allow.flow.label {
            Some(label) => {
                self.refuse_reserved_label(label);
                label.text.clone()
            }
            // Without a label the ports tell the line from others between the same roles.
            None => {
                let ports = flows.first().map(|flow| flow.services.to_string()).unwrap_or_default();
                ports.replace(['/', ' '], "-").replace(',', "")
            }
        };
        Grant { kind: GrantKind::Allow, origin, purpose: allow.because.text.clone(), flows, span: allow.span }
    }

    fn refuse_reserved_label(&mut self, label: &Ident) {
        if self.intents_used.contains(label.text.as_str()) {
            let message = format!("`{}` can't be the label of an allow", label.text);
            let report = Diagnostic::new(codes::RESERVED_NAME, message)
                .label(label.span, "is the name of an intent that the site uses")
                .help("choose another label: rules are known by it");
            self.report(report);
        }
    }

    /// The flows of a line that permits: no `any`, cross product of both sides, the reverse too for `<->`.
    fn written_flows(&mut self, flow: &ast::Flow, because: &Text) -> Vec<Flow> {
        let mut refused = self.refuse_any(flow);
        let services = self.ports(&flow.ports);
        let from = self.allowed_side(&flow.from);
        let to = self.allowed_side(&flow.to);
        refused |= self.too_many_pairs(from.len(), to.len(), flow.span);
        if refused || services.is_empty() {
            return Vec::new();
        }
        let mut pairs: Vec<(RoleId, RoleId)> =
            from.iter().flat_map(|source| to.iter().map(|destination| (*source, *destination))).collect();
        if flow.arrow == Arrow::Both {
            pairs.extend(pairs.clone().into_iter().map(|(source, destination)| (destination, source)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let written = |(from, to)| Flow {
            from,
            to,
            services: services.clone(),
            catalogue: None,
            because: because.text.clone(),
            verified: true,
            encryption: None,
            sensitivity: None,
            need: None,
        };
        pairs.into_iter().map(written).collect()
    }

    /// Takes the pairs of a line from what the site may still mean; reports a line that is larger than that.
    pub(super) fn too_many_pairs(&mut self, left: usize, right: usize, place: Span) -> bool {
        let left_over = left.checked_mul(right).and_then(|pairs| self.pairs_left.checked_sub(pairs));
        let too_many = left_over.is_none();
        self.pairs_left = left_over.unwrap_or(self.pairs_left);
        if too_many {
            let message = format!(
                "this line means {left} times {right} pairs of roles, and a site may mean {MOST_PAIRS} in all"
            );
            let help = "write fewer roles on a line, or one role for a whole range";
            self.report(Diagnostic::new(codes::TOO_MUCH, message).label(place, "").help(help));
        }
        too_many
    }

    fn refuse_any(&mut self, flow: &ast::Flow) -> bool {
        let mut places: Vec<(Span, &str)> = Vec::new();
        for name in flow.from.iter().chain(&flow.to).filter(|name| name.text == "any") {
            places.push((name.span, "name the roles"));
        }
        if let Ports::Any(span) = &flow.ports {
            places.push((*span, "name the ports"));
        }
        for (span, help) in &places {
            let report = Diagnostic::new(codes::ANY_IN_ALLOW, "`any` stands in an allow")
                .label(*span, "would permit more than anybody can review")
                .help(format!("{help}: `any` is for forbid and expect"));
            self.report(report);
        }
        !places.is_empty()
    }

    /// The roles of a side that permits; `any` was reported before.
    fn allowed_side(&mut self, names: &[Ident]) -> Vec<RoleId> {
        let mut roles: Vec<RoleId> = names
            .iter()
            .filter(|name| name.text != "any")
            .filter_map(|name| self.roles.find(name, self.sink).map(RoleId::at))
            .collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// A side of a forbid or expect.
    fn side(&mut self, names: &[Ident]) -> Side {
        let roles = self.allowed_side(names);
        if names.iter().any(|name| name.text == "any") { Side::Any } else { Side::Roles(roles) }
    }

    /// Forbids in the order of the text, their labels declared.
    pub(super) fn resolve_forbids(&mut self) -> Vec<Forbid> {
        let mut forbids = Vec::new();
        for statement in self.statements.clone() {
            let Statement::Forbid(forbid) = statement else { continue };
            let Some(label) = &forbid.flow.label else { continue };
            if !self.forbids.declare(label, forbids.len(), self.sink) {
                continue;
            }
            forbids.push(Forbid {
                name: label.text.clone(),
                from: self.side(&forbid.flow.from),
                to: self.side(&forbid.flow.to),
                both_ways: forbid.flow.arrow == Arrow::Both,
                services: self.ports(&forbid.flow.ports),
                because: forbid.because.text.clone(),
                enforced_by: self.enforced_by(forbid.enforced_by.as_ref()),
                span: forbid.span,
            });
        }
        forbids
    }

    fn enforced_by(&mut self, word: Option<&Ident>) -> EnforcedBy {
        const KEEPERS: [(&str, EnforcedBy); 3] = [
            ("network", EnforcedBy::Network),
            ("citrix", EnforcedBy::Citrix),
            ("config", EnforcedBy::Config),
        ];
        let Some(word) = word else { return EnforcedBy::Network };
        if let Some((_, keeper)) = KEEPERS.iter().find(|(name, _)| *name == word.text) {
            return *keeper;
        }
        let message = format!("a forbid can't be enforced by `{}`", word.text);
        let report = Diagnostic::new(codes::WRONG_VALUE, message).label(word.span, "");
        let report = match nearest(&word.text, KEEPERS.map(|(name, _)| name)) {
            Some(near) => report.help_edit(format!("did you mean `{near}`?"), word.span, near),
            None => report.help("give one of: network, citrix, config"),
        };
        self.report(report);
        EnforcedBy::Network
    }

    pub(super) fn resolve_expects(&mut self) -> Vec<Expect> {
        let mut expects = Vec::new();
        for statement in self.statements.clone() {
            let Statement::Expect(expect) = statement else { continue };
            expects.push(Expect {
                allow: expect.verdict == ast::Verdict::Allow,
                from: self.side(&expect.flow.from),
                to: self.side(&expect.flow.to),
                both_ways: expect.flow.arrow == Arrow::Both,
                services: self.ports(&expect.flow.ports),
                span: expect.span,
            });
        }
        expects
    }

    pub(super) fn resolve_exceptions(&mut self, model: &Model) -> Vec<Exception> {
        let mut exceptions = Vec::new();
        let mut declared: BTreeMap<&'a str, Span> = BTreeMap::new();
        for statement in self.statements.clone() {
            let Statement::Exception(exception) = statement else { continue };
            let name = &exception.name;
            let allowed =
                model.grants.iter().any(|grant| grant.kind == GrantKind::Allow && grant.origin == name.text);
            if let Some(first) = declared.insert(&name.text, name.span) {
                let message = format!("exception `{}` is declared twice", name.text);
                let report = Diagnostic::new(codes::DUPLICATE_NAME, message)
                    .label(name.span, "declared again here")
                    .label(first, "first declared here")
                    .help("give one of them another id");
                self.report(report);
            } else if allowed || self.catalogue.intent(&name.text).is_some() {
                let message = format!("`{}` can't be the id of an exception", name.text);
                let report = Diagnostic::new(codes::RESERVED_NAME, message)
                    .label(name.span, "is an intent or the label of an allow")
                    .help("choose another id: rules are known by it");
                self.report(report);
            } else {
                exceptions.extend(self.resolve_exception(exception));
            }
        }
        exceptions
    }

    fn resolve_exception(&mut self, exception: &'a ast::Exception) -> Option<Exception> {
        let owner = format!("exception `{}`", exception.name.text);
        let place = self.owner(&owner, exception.name.span, exception.span);
        let read = attributes::read(&exception.attributes, &refs(EXCEPTION), place, self.sink);
        // An exception without a reason or without a flow was reported by the parser.
        let because = exception.because.as_ref()?;
        let flows = exception.flows.iter().flat_map(|flow| self.written_flows(flow, because)).collect();
        let pierces = exception
            .pierces
            .iter()
            .filter_map(|name| Some(Spanned::new(self.forbids.find(name, self.sink)?, name.span)))
            .collect();
        let (starts, expires) = (read.date("starts")?, read.date("expires")?);
        let expires_span = read.span("expires").unwrap_or(exception.span);
        if expires <= starts {
            let report = Diagnostic::new(codes::BAD_DATES, format!("{owner} is in force on no day"))
                .label(expires_span, "the first day on which it is no longer in force")
                .label(read.span("starts").unwrap_or(exception.span), "the first day")
                .help("give `expires` a later day; the day itself is not included");
            self.report(report);
        }
        let grant = Grant {
            kind: GrantKind::Exception,
            origin: exception.name.text.clone(),
            purpose: because.text.clone(),
            flows,
            span: exception.span,
        };
        Some(Exception {
            grant,
            pierces,
            because: because.text.clone(),
            ticket: read.text("ticket"),
            owner: read.text("owner"),
            starts,
            expires,
            expires_span,
        })
    }
}
