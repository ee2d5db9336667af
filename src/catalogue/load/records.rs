//! Permissions, prerequisites, applications and deployment rules.
//!
//! In: parsed files, and the flows and conditions of the catalogue. Out: entries in the catalogue, and problems.
//!
//! Invariant: ids are unique over all these lists.

use std::collections::BTreeSet;

use super::super::raw::{RawFile, RawPermission, RawRule};
use super::super::record::{Application, DeploymentRule, Permission, PermissionSet, Prerequisite};
use super::super::store::Catalogue;
use super::super::value::Source;
use super::flows::check_sources;
use super::kinds::{check_slug, check_text, report_twice, resolve_conditions};
use super::{Parsed, Place, ProblemKind, Report};

pub(super) fn add_records(catalogue: &mut Catalogue, parsed: &Parsed, report: &mut Report<'_>) {
    let mut ids = BTreeSet::new();
    let mut sets = BTreeSet::new();
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
    sources: &[Source],
    ids: &mut BTreeSet<&'r str>,
) -> Place<'r> {
    let place = report.place(file, "id", id);
    check_slug(report, place, id);
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
        check_slug(report, place, &set.set);
        check_text(report, place, "what", &set.what);
        if !sets.insert(&set.set) {
            report_twice(report, place, "set", "permission set", &set.set);
        }
        catalogue.permission_sets.push(PermissionSet {
            name: set.set.clone(),
            what: set.what.clone(),
            platform: set.platform.clone(),
            permissions: set.permissions.clone(),
            sources: set.sources.clone(),
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
        id: raw.id.clone(),
        platform: raw.platform.clone(),
        permission: raw.permission.clone(),
        what: raw.what.clone(),
        stage: raw.stage.clone(),
        need: raw.need,
        set: raw.set.clone(),
        resource: raw.resource.clone(),
        condition: raw.condition.clone(),
        scope: raw.scope.clone(),
        sources: raw.sources.clone(),
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
            id: entry.id.clone(),
            platform: entry.platform.clone(),
            what: entry.what.clone(),
            sources: entry.sources.clone(),
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
            id: entry.id.clone(),
            application_id: entry.application_id.clone(),
            what: entry.what.clone(),
            sources: entry.sources.clone(),
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
        let when = resolve_conditions(catalogue, report, place, &rule.when);
        catalogue.rules.push(typed_rule(rule, when));
    }
}

fn typed_rule(raw: &RawRule, when: Vec<String>) -> DeploymentRule {
    DeploymentRule {
        id: raw.id.clone(),
        area: raw.area.clone(),
        severity: raw.severity,
        statement: raw.statement.clone(),
        check: raw.check.clone(),
        platforms: raw.platforms.clone(),
        when,
        flows: raw.flows.clone(),
        without_rule: raw.without_rule.clone(),
        note: raw.note.clone(),
        sources: raw.sources.clone(),
        verified: raw.verified,
    }
}
