//! Section: certificates.
//!
//! In: [`Facts`]. Out: the roles that answer with TLS and so need a certificate.
//!
//! Invariant: a role of the site that a row reaches with TLS is in the table; clouds have their own certificates.

use super::matrix::{encrypted, end};
use super::parts::{needs, rules};
use super::{listed, paragraph, row, section as section_of, table};
use crate::catalogue::RuleTopic;
use crate::document::content::{ColumnKind, Row, Section, Text};
use crate::document::facts::Facts;
use crate::document::rows::{End, MatrixRow};
use crate::document::team::Team;
use crate::policy::identity::short_hash;
use crate::policy::{Encryption, RoleId};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn section(facts: &Facts<'_>) -> Option<Section> {
    if !matches!(facts.team, None | Some(Team::Directory | Team::Citrix)) {
        return None;
    }
    let words = facts.words;
    let rows = certificate_rows(facts);
    let mut blocks = if rows.is_empty() {
        vec![paragraph(words.certificates_none, &[])]
    } else {
        let columns = [
            ("role", 10, ColumnKind::Choice),
            ("addresses", 12, ColumnKind::Code),
            ("ports", 8, ColumnKind::Code),
            ("encrypted", 8, ColumnKind::Choice),
            ("asked-by", 16, ColumnKind::Words),
            ("rationale", 20, ColumnKind::Words),
        ];
        let caption = ("id", words.certificates_caption);
        vec![
            paragraph(words.certificates_intro, &[]),
            table(facts, "certificates-needed", caption, &columns, rows),
        ]
    };
    blocks.extend(rules(facts, "certificates-rules", &[RuleTopic::Certificates]));
    blocks.extend(needs(facts, "certificates-needs", &[RuleTopic::Certificates]));
    Some(section_of(facts, "certificates", blocks, words.certificates_none))
}

/// True where the destination answers with TLS, and is a machine that somebody of the site can give a certificate.
fn is_certified(facts: &Facts<'_>, found: &MatrixRow<'_>) -> bool {
    let is_tls = |encryption| matches!(encryption, Some(Encryption::Tls | Encryption::OptionalTls));
    let is_machine = facts.party(found.to).is_some_and(|party| {
        let kind = facts.kind(party);
        let tier = kind.map_or("", |kind| kind.tier());
        party.attribute("service").is_none()
            && !["cloud", "cloud-api", "external", "client", "network"].contains(&tier)
    });
    is_machine
        && matches!(found.destination, End::Addresses(_) | End::Group)
        && found.reasons.iter().any(|reason| is_tls(reason.encryption))
}

fn certificate_rows(facts: &Facts<'_>) -> Vec<Row> {
    let mut groups: BTreeMap<(RoleId, String), Vec<&MatrixRow<'_>>> = BTreeMap::new();
    for found in facts.all_rows.iter().filter(|found| is_certified(facts, found)) {
        groups.entry((found.to, super::matrix::service(found).words())).or_default().push(found);
    }
    let made = groups.into_iter().filter_map(|((role, service), rows)| {
        let first = rows.first()?;
        let users: BTreeSet<RoleId> = rows.iter().map(|row| row.from).collect();
        let why: BTreeSet<&str> =
            rows.iter().flat_map(|row| &row.reasons).map(|reason| reason.because.as_str()).collect();
        let cells = vec![
            facts.name(role),
            end(facts, &first.destination),
            Text::code(service.as_str()),
            encrypted(facts, first),
            listed(users.into_iter().map(|user| facts.name(user))),
            super::joined(why.into_iter().map(Text::ours), " "),
        ];
        Some(row(format!("c-{}", short_hash(&[&facts.name(role).words(), &service], 8)), cells))
    });
    made.collect()
}
