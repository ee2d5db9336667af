//! `segc check`: everything that is wrong with a site.

use super::args::{Check, Denied, Format, Global};
use super::session::Session;
use super::terminal::Stream;
use crate::check::Strictness;
use crate::check::findings::Choices;
use crate::diagnostic::Severity;
use crate::driver::plan_and_prove;

pub(super) fn run(arguments: &Check, global: &Global) -> u8 {
    let mut session = Session::open(&arguments.site, global);
    if let Some(model) = session.model() {
        let as_of = session.as_of;
        let checked = crate::driver::check_model(&model, as_of, Strictness::Check, &mut session.site.sink);
        // The artefact level is looked at even when the file has errors: they are independent.
        if let Some(policy) = checked {
            plan_and_prove(&policy, &session.options, &mut session.site.sink);
            session.review(&model, &policy, &choices(arguments));
        }
    }
    let terminal = session.terminal.clone();
    let reports = session.reports();
    let count = |severity| reports.iter().filter(|report| report.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let accepted = reports.iter().filter(|report| report.accepted.is_some()).count();
    let code = session.finish(Stream::Result);
    if terminal.format() == Format::Text && !terminal.is_quiet() {
        let accepted = if accepted == 0 { String::new() } else { format!(", {accepted} accepted") };
        let summary = format!("{}, {}{accepted}\n", counted(errors, "error"), counted(warnings, "warning"));
        terminal.complain(&summary);
    }
    code
}

fn choices(arguments: &Check) -> Choices {
    let finding = |denied: &Denied| match denied {
        Denied::Warnings => None,
        Denied::Finding(code) => Some(*code),
    };
    Choices {
        deny: arguments.deny.iter().filter_map(finding).collect(),
        deny_warnings: arguments.deny.contains(&Denied::Warnings),
        allow: arguments.allow.clone(),
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
