//! Findings that the site lives with.

use super::Resolver;
use super::attributes;
use super::site::refs;
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::model::{Accept, RoleId};
use crate::source::Span;
use crate::syntax::ast::{self, Statement};
use crate::vocabulary::{AttributeSpec, ValueType};
use std::collections::BTreeMap;

const ACCEPT: &[AttributeSpec] = &[
    AttributeSpec::optional("until", ValueType::Date, "the first day on which it is no longer accepted"),
    AttributeSpec::optional("owner", ValueType::TextOrWord, "who answers for it"),
    AttributeSpec::optional("ticket", ValueType::TextOrWord, "where it was approved"),
];

impl Resolver<'_> {
    /// Accepted findings in the order of the text.
    pub(super) fn resolve_accepts(&mut self) -> Vec<Accept> {
        let mut accepts = Vec::new();
        let mut seen: BTreeMap<(Code, Vec<RoleId>), Span> = BTreeMap::new();
        for statement in self.statements.clone() {
            let Statement::Accept(accept) = statement else { continue };
            let Some(resolved) = self.resolve_accept(accept) else { continue };
            let key = (resolved.code, resolved.on.clone());
            if let Some(first) = seen.insert(key, resolved.span) {
                let message = format!("`{}` is accepted twice", accept.code.text);
                let report = Diagnostic::new(codes::DUPLICATE_NAME, message)
                    .label(resolved.span, "again here")
                    .label(first, "first here");
                self.report(report.help("keep one of the two reasons"));
                continue;
            }
            accepts.push(resolved);
        }
        accepts
    }

    fn resolve_accept(&mut self, accept: &ast::Accept) -> Option<Accept> {
        let code = self.acceptable(&accept.code);
        let mut on: Vec<RoleId> =
            accept.on.iter().filter_map(|name| self.roles.find(name, self.sink).map(RoleId::at)).collect();
        on.sort_unstable();
        on.dedup();
        let name = format!("accept {}", accept.code.text);
        let owner = self.owner(&name, accept.code.span, accept.span);
        let written = accept.block.as_ref().map_or(&[][..], |block| &block.attributes);
        let read = attributes::read(written, &refs(ACCEPT), owner, self.sink);
        if on.len() < accept.on.len() && on.is_empty() {
            // Without its misspelt roles it would be accepted for all.
            return None;
        }
        Some(Accept {
            code: code?,
            on,
            because: accept.because.text.clone(),
            until: read.date("until"),
            owner: read.text("owner"),
            ticket: read.text("ticket"),
            span: accept.span,
        })
    }

    /// The finding of a code, if a site may live with it.
    fn acceptable(&mut self, word: &ast::Ident) -> Option<Code> {
        let code = Code::parse(&word.text);
        if let Some(code) = code.filter(|code| code.is_acceptable()) {
            return Some(code);
        }
        let (message, help) = match code {
            Some(code) => (
                format!("`{}` can't be accepted", word.text),
                format!("it is an error whatever the reason; `segc explain {code}` says how to mend it"),
            ),
            None => (
                format!("there is no finding `{}`", word.text),
                "give the code that `segc check` shows, such as `FC-08` or `SEG4008`".to_owned(),
            ),
        };
        self.report(Diagnostic::new(codes::NOT_ACCEPTABLE, message).label(word.span, "").help(help));
        None
    }
}
