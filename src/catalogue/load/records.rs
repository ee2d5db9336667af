//! Permissions, prerequisites, applications and deployment rules.
//!
//! In: parsed files, and the flows and conditions of the catalogue. Out: entries in the catalogue, and problems.
//!
//! Invariant: ids are unique over all these lists.

use std::collections::BTreeSet;

use super::super::raw::{RawFile, RawPermission, RawRule, RawSource};
use super::super::record::{
    Application, Consequence, DeploymentRule, Permission, PermissionSet, Prerequisite,
};
use super::super::store::Catalogue;
use super::super::text::{Text, owned, owned_if_any};
use super::conditions::resolve_conditions;
use super::flows::{check_sources, sources};
use super::kinds::{check_id, check_text, report_twice};
use super::{Parsed, Place, ProblemKind, Report};

pub(super) fn add_records(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    let mut ids = BTreeSet::new();
    let base: Vec<Text> = catalogue.permission_sets.iter().map(|set| set.name.clone()).collect();
    let mut sets: BTreeSet<&str> = base.iter().map(Text::as_str).collect();
    for (file, raw) in parsed {
        add_sets(catalogue, *file, raw, report, &mut sets);
    }
    for (file, raw) in parsed {
        add_permissions(catalogue, *file, raw, report, (&mut ids, &sets));
        add_prerequisites(catalogue, *file, raw, report, &mut ids);
        add_applications(catalogue, *file, raw, report, &mut ids);
        add_rules(catalogue, *file, raw, report, &mut ids);
    }
}

fn check_record<'r>(
    report: &mut Report<'_>,
    file: usize,
    id: &'r str,
    what: &str,
    sources: &[RawSource],
    ids: &mut BTreeSet<&'r str>,
) -> Place<'r> {
    let place = report.place(file, "id", id);
    check_id(report, place, id);
    check_text(report, place, "what", what);
    check_sources(report, place, sources);
    if !ids.insert(id) {
        report_twice(report, place, "id", "entry", id);
    }
    place
}

fn add_sets<'r>(
    catalogue: &mut Catalogue,
    file: usize,
    raw: &'r RawFile,
    report: &mut Report<'_>,
    sets: &mut BTreeSet<&'r str>,
) {
    for set in &raw.permission_sets {
        let place = report.place(file, "set", &set.set);
        check_id(report, place, &set.set);
        check_text(report, place, "what", &set.what);
        if !sets.insert(&set.set) {
            report_twice(report, place, "set", "permission set", &set.set);
        }
        let when = resolve_conditions(catalogue, report, place, &set.when);
        catalogue.permission_sets.push(PermissionSet {
            name: Text::from(&set.set),
            what: Text::from(&set.what),
            platform: Text::from(&set.platform),
            when,
            permissions: owned(&set.permissions),
            sources: sources(&set.sources),
        });
    }
}

fn add_permissions<'r>(
    catalogue: &mut Catalogue,
    file: usize,
    raw: &'r RawFile,
    report: &mut Report<'_>,
    (ids, sets): (&mut BTreeSet<&'r str>, &BTreeSet<&'r str>),
) {
    for permission in &raw.permissions {
        let place = check_record(report, file, &permission.id, &permission.what, &permission.sources, ids);
        if !sets.contains(permission.set.as_str()) {
            let message = format!("no permission set is called `{}`", permission.set);
            report.entry(
                ProblemKind::Reference,
                place,
                &permission.set,
                message,
                "add it to `permission-sets`",
            );
        }
        catalogue.permissions.push(typed_permission(permission));
    }
}

fn typed_permission(raw: &RawPermission) -> Permission {
    Permission {
        id: Text::from(&raw.id),
        platform: Text::from(&raw.platform),
        permission: Text::from(&raw.permission),
        what: Text::from(&raw.what),
        stage: Text::from(&raw.stage),
        need: raw.need,
        set: Text::from(&raw.set),
        resource: owned_if_any(raw.resource.as_ref()),
        condition: owned_if_any(raw.condition.as_ref()),
        scope: owned_if_any(raw.scope.as_ref()),
        sources: sources(&raw.sources),
        verified: raw.verified,
    }
}

fn add_prerequisites<'r>(
    catalogue: &mut Catalogue,
    file: usize,
    raw: &'r RawFile,
    report: &mut Report<'_>,
    ids: &mut BTreeSet<&'r str>,
) {
    for entry in &raw.prerequisites {
        check_record(report, file, &entry.id, &entry.what, &entry.sources, ids);
        catalogue.prerequisites.push(Prerequisite {
            id: Text::from(&entry.id),
            platform: Text::from(&entry.platform),
            what: Text::from(&entry.what),
            sources: sources(&entry.sources),
            verified: entry.verified,
        });
    }
}

fn add_applications<'r>(
    catalogue: &mut Catalogue,
    file: usize,
    raw: &'r RawFile,
    report: &mut Report<'_>,
    ids: &mut BTreeSet<&'r str>,
) {
    for entry in &raw.applications {
        check_record(report, file, &entry.id, &entry.what, &entry.sources, ids);
        catalogue.applications.push(Application {
            id: Text::from(&entry.id),
            application_id: Text::from(&entry.application_id),
            what: Text::from(&entry.what),
            sources: sources(&entry.sources),
            verified: entry.verified,
        });
    }
}

fn add_rules<'r>(
    catalogue: &mut Catalogue,
    file: usize,
    raw: &'r RawFile,
    report: &mut Report<'_>,
    ids: &mut BTreeSet<&'r str>,
) {
    for rule in &raw.rules {
        let place = check_record(report, file, &rule.id, &rule.statement, &rule.sources, ids);
        check_text(report, place, "check", &rule.check);
        for flow in rule.flows.iter().filter(|flow| catalogue.flow(flow).is_none()) {
            let message = format!("no flow has the id `{flow}`");
            report.entry(ProblemKind::Reference, place, flow, message, "name a flow of this catalogue");
        }
        check_keepers(report, place, rule);
        let when = resolve_conditions(catalogue, report, place, &rule.when);
        catalogue.rules.push(typed_rule(rule, when));
    }
}

/// Reports a rule that nobody keeps, or whose keeper is no word of the list. That a code exists is for the tests to say:
/// the catalogue knows nothing of diagnostics.
fn check_keepers(report: &mut Report<'_>, place: Place<'_>, rule: &RawRule) {
    let is_code = |word: &str| {
        word.strip_prefix("SEG")
            .is_some_and(|number| number.len() == 4 && number.bytes().all(|letter| letter.is_ascii_digit()))
    };
    let help = "write codes such as `SEG4022`, `design`, `document` or `confirm`";
    if rule.kept_by.is_empty() {
        let message = format!("nobody keeps the rule `{}`", rule.id);
        report.entry(ProblemKind::Value, place, &rule.id, message, help);
    }
    for word in &rule.kept_by {
        if !is_code(word) && !["design", "document", "confirm"].contains(&word.as_str()) {
            let message = format!("`{word}` can't keep a rule");
            report.entry(ProblemKind::Value, place, word, message, help);
        }
    }
}

fn typed_rule(raw: &RawRule, when: Vec<Text>) -> DeploymentRule {
    DeploymentRule {
        id: Text::from(&raw.id),
        area: Text::from(&raw.area),
        severity: raw.severity,
        statement: Text::from(&raw.statement),
        check: Text::from(&raw.check),
        kept_by: owned(&raw.kept_by),
        topic: raw.topic,
        platforms: owned(&raw.platforms),
        when,
        flows: owned(&raw.flows),
        without_rule: raw
            .without_rule
            .as_ref()
            .map(|seen| Consequence { text: Text::from(&seen.text), quoted: seen.quoted }),
        note: owned_if_any(raw.note.as_ref()),
        sources: sources(&raw.sources),
        verified: raw.verified,
    }
}
