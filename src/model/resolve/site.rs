//! The header, the prerequisites, and the rollout.

use super::Resolver;
use super::attributes::{self, Attributes};
use crate::diagnostic::{Diagnostic, codes, nearest};
use crate::model::{DeliveryModel, EnforcementState, Hardening, Need, RoleId, Rollout, Site};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Statement};
use crate::vocabulary::{AttributeSpec, ValueType};
use std::collections::BTreeMap;

const SITE: &[AttributeSpec] = &[
    AttributeSpec::optional("customer", ValueType::TextOrWord, "the customer's name"),
    AttributeSpec::optional("release", ValueType::TextOrWord, "the release of this file, for example r1"),
    AttributeSpec::optional("follows", ValueType::TextOrWord, "the release before this one"),
    AttributeSpec::optional(
        "model",
        ValueType::OneOf(&["daas", "flex", "managed", "cvad"]),
        "how Citrix is delivered",
    ),
    AttributeSpec::optional(
        "hardening",
        ValueType::OneOf(&["standard", "strict"]),
        "how hard findings weigh",
    ),
    AttributeSpec::optional("catalogue", ValueType::TextOrWord, "the catalogue release to use"),
    AttributeSpec::optional("catalogue-extra", ValueType::Text, "catalogue files of the site's own").many(),
    AttributeSpec::optional("owner", ValueType::TextOrWord, "who answers for the site"),
    AttributeSpec::optional("ticket", ValueType::TextOrWord, "the change ticket"),
    AttributeSpec::optional("effective", ValueType::Date, "the day from which the release is meant"),
    AttributeSpec::optional("review-by", ValueType::Date, "the day by which somebody looks again"),
];

const NEED: &[AttributeSpec] = &[
    AttributeSpec::optional("owner", ValueType::TextOrWord, "who provides it"),
    AttributeSpec::optional("due", ValueType::Date, "by when"),
    AttributeSpec::optional("detail", ValueType::TextOrWord, "more about it"),
];

const ROLLOUT: &[AttributeSpec] = &[
    AttributeSpec::optional(
        "start",
        ValueType::OneOf(&["save", "monitor", "enforce"]),
        "state before enforcement",
    ),
    AttributeSpec::optional("observe", ValueType::Number { low: 0, high: 3650 }, "days of logs to review"),
];

/// The specifications of a table as references, as [`attributes::read`] takes them.
pub(super) fn refs(specs: &'static [AttributeSpec]) -> Vec<&'static AttributeSpec> {
    specs.iter().collect()
}

impl Resolver<'_> {
    pub(super) fn resolve_site(&mut self, is_damaged: bool) -> Option<Site> {
        let sites: Vec<&ast::Site> = self
            .statements
            .iter()
            .filter_map(|statement| if let Statement::Site(site) = statement { Some(site) } else { None })
            .collect();
        let Some(first) = sites.first() else {
            if !is_damaged {
                let message = "the file has no `site` statement";
                let help = "start with `site \"name\" { effective = 2026-01-31 }`";
                self.report(Diagnostic::new(codes::MISSING_SITE, message).help(help));
            }
            return None;
        };
        for again in sites.iter().skip(1) {
            let report = Diagnostic::new(codes::DUPLICATE_SITE, "a second `site` statement")
                .label(again.name.span, "second here")
                .label(first.name.span, "first here")
                .help("keep one: a site has one header, its other files are included");
            self.report(report);
        }
        let owner = format!("site \"{}\"", first.name.text);
        let owner = self.owner(&owner, first.name.span, first.span);
        let read = attributes::read(&first.block.attributes, &refs(SITE), owner, self.sink);
        if first.name.text.trim().is_empty() {
            let report = Diagnostic::new(codes::WRONG_VALUE, "the name of the site is empty");
            self.report(report.label(first.name.span, "").help("give it a name: artefacts are known by it"));
        }
        if self.may_pin {
            self.pin_release(&read);
        }
        Some(site(first, &read))
    }

    /// Lets the release count that the site pins.
    fn pin_release(&mut self, read: &Attributes) {
        let Some(pinned) = read.spanned("catalogue") else { return };
        if let Some(release) = self.catalogue.release_id(&pinned.value) {
            self.release = release;
            return;
        }
        let known: Vec<&str> = self.catalogue.releases().collect();
        let message = format!("the catalogue has no release `{}`", pinned.value);
        let report = Diagnostic::new(codes::UNKNOWN_RELEASE, message).label(pinned.span, "");
        let report = match nearest(&pinned.value, known.iter().copied()) {
            Some(near) => {
                report.help_edit(format!("did you mean `{near}`?"), pinned.span, format!("\"{near}\""))
            }
            None => report.help(format!("it has, oldest first: {}", known.join(", "))),
        };
        self.report(report);
    }

    pub(super) fn resolve_needs(&mut self) -> Vec<Need> {
        let mut needs = Vec::new();
        for statement in self.statements.clone() {
            let Statement::Need(need) = statement else { continue };
            let owner = format!("need \"{}\"", need.name.text);
            let owner = self.owner(&owner, need.name.span, need.span);
            let read = attributes::read(&need.block.attributes, &refs(NEED), owner, self.sink);
            needs.push(Need {
                kind: need.kind.text.clone(),
                name: need.name.text.clone(),
                owner: read.text("owner"),
                due: read.date("due"),
                detail: read.text("detail"),
                span: need.span,
            });
        }
        needs
    }

    pub(super) fn resolve_rollout(&mut self) -> Rollout {
        let mut rollout = Rollout::default();
        let mut said: BTreeMap<&str, Span> = BTreeMap::new();
        for statement in self.statements.clone() {
            let Statement::Rollout(block) = statement else { continue };
            let owner = self.owner("rollout", block.span, block.span);
            let read = attributes::read(&block.attributes, &refs(ROLLOUT), owner, self.sink);
            rollout.span = rollout.span.or(Some(block.span));
            for key in ["start", "observe"] {
                let Some(span) = read.span(key) else { continue };
                if let Some(first) = said.insert(key, span) {
                    let report = Diagnostic::new(
                        codes::DUPLICATE_ATTRIBUTE,
                        format!("`{key}` of the rollout is given twice"),
                    )
                    .label(span, "again here")
                    .label(first, "first here")
                    .help("keep one of them: the order of statements means nothing");
                    self.report(report);
                }
            }
            rollout.start = state(read.text("start").as_deref()).or(rollout.start);
            let days = read.number("observe").and_then(|days| u32::try_from(days).ok());
            rollout.observe = days.or(rollout.observe);
            for enforce in &block.enforce {
                self.add_enforcement(enforce, &mut rollout);
            }
        }
        rollout
    }

    fn add_enforcement(&mut self, enforce: &ast::Enforce, rollout: &mut Rollout) {
        for name in &enforce.roles {
            let Some(role) = self.roles.find(name, self.sink).map(RoleId::at) else { continue };
            if let Some(first) = rollout.enforce.get(&role) {
                let message = format!("role `{}` is enforced from two days", name.text);
                let report = Diagnostic::new(codes::DUPLICATE_NAME, message)
                    .label(name.span, "again here")
                    .label(first.span, "first from this day")
                    .help("keep one of the days");
                self.report(report);
                continue;
            }
            rollout.enforce.insert(role, Spanned::new(enforce.from, enforce.from_span));
        }
    }
}

fn site(statement: &ast::Site, read: &Attributes) -> Site {
    Site {
        name: statement.name.text.clone(),
        customer: read.text("customer"),
        release: read.text("release"),
        follows: read.text("follows"),
        delivery_model: match read.text("model").as_deref() {
            Some("daas") => Some(DeliveryModel::Daas),
            Some("flex") => Some(DeliveryModel::Flex),
            Some("managed") => Some(DeliveryModel::Managed),
            Some("cvad") => Some(DeliveryModel::Cvad),
            _ => None,
        },
        hardening: match read.text("hardening").as_deref() {
            Some("strict") => Hardening::Strict,
            _ => Hardening::Standard,
        },
        catalogue: read.text("catalogue"),
        owner: read.text("owner"),
        ticket: read.text("ticket"),
        effective: read.date("effective"),
        review_by: read.date("review-by"),
        span: statement.name.span,
    }
}

fn state(word: Option<&str>) -> Option<EnforcementState> {
    match word? {
        "save" => Some(EnforcementState::Save),
        "monitor" => Some(EnforcementState::Monitor),
        "enforce" => Some(EnforcementState::Enforce),
        _ => None,
    }
}
