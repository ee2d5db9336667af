//! Promises that a refused line would meet: who corrects its kinds should know at once that it is excluded anyway.

use super::Resolver;
use super::services::service_set;
use crate::catalogue::{Expansion, Intent, Participant, PartyRef, Text};
use crate::diagnostic::Diagnostic;
use crate::model::{Forbid, Model, RoleId, Side};
use crate::policy::service::ServiceSet;
use crate::syntax::ast::{self, Ident};
use indexmap::IndexMap;

/// Most pairs of roles of a refused line that are looked at.
const MOST_PAIRS: usize = 1000;

impl Resolver<'_> {
    /// Adds the forbids that an intent would meet if its roles were of the kinds that it takes.
    pub(super) fn with_promises(
        &self,
        report: Diagnostic,
        statement: &ast::Intent,
        intent: &Intent,
        model: &Model,
    ) -> Diagnostic {
        if statement.from.len().saturating_mul(statement.to.len()) > MOST_PAIRS {
            return report;
        }
        let flows = self.as_if(statement, intent, model);
        let met = |forbid: &&Forbid| {
            flows.iter().any(|(from, to, services)| {
                let excludes = |from, to| has(&forbid.from, from) && has(&forbid.to, to);
                (excludes(*from, *to) || (forbid.both_ways && excludes(*to, *from)))
                    && forbid.services.meets(services)
            })
        };
        model.forbids.iter().filter(met).fold(report, |report, forbid| {
            report
                .label(forbid.span, "excludes it")
                .note(format!("with other kinds it would meet forbid `{}`", forbid.name))
        })
    }

    /// What the intent would permit, each role of a wrong kind taken for the first kind that its side takes.
    fn as_if(
        &self,
        statement: &ast::Intent,
        intent: &Intent,
        model: &Model,
    ) -> Vec<(RoleId, RoleId, ServiceSet)> {
        let (left, left_parties) = self.stand_ins(&statement.from, intent.left_kinds(), model);
        let (right, right_parties) = self.stand_ins(&statement.to, intent.right_kinds(), model);
        let options = IndexMap::new();
        let request = Expansion {
            left: &left_parties,
            right: &right_parties,
            via: None,
            options: &options,
            release: self.release,
        };
        let role = |party: &PartyRef| match *party {
            PartyRef::Left(at) => left.get(at).copied(),
            PartyRef::Right(at) => right.get(at).copied(),
            PartyRef::Via => None,
        };
        let expanded = self.catalogue.expand(intent, &request);
        let flows = expanded.flows.iter();
        flows
            .filter_map(|flow| Some((role(&flow.from)?, role(&flow.to)?, service_set(&flow.ports))))
            .collect()
    }

    fn stand_ins<'m>(
        &self,
        names: &[Ident],
        kinds: &'m [Text],
        model: &'m Model,
    ) -> (Vec<RoleId>, Vec<Participant<'m>>) {
        let roles = names.iter().filter_map(|name| self.roles.get(&name.text).map(RoleId::at));
        let known = roles.filter_map(|id| {
            let kind = model.roles.get(id.index())?.kind.as_str();
            let taken = kinds.iter().map(Text::as_str).find(|allowed| *allowed == kind);
            let kind = taken.or_else(|| kinds.first().map(Text::as_str))?;
            Some((id, Participant { kind, service: None, port: None }))
        });
        known.unzip()
    }
}

fn has(side: &Side, role: RoleId) -> bool {
    match side {
        Side::Any => true,
        Side::Roles(roles) => roles.contains(&role),
    }
}
