//! `segc check`: everything that is wrong with a site.

use super::args::{Global, SiteArg};
use super::session::Session;
use super::terminal::Stream;
use crate::check::Strictness;
use crate::diagnostic::Severity;
use crate::driver::plan_and_prove;

pub(super) fn run(arguments: &SiteArg, global: &Global) -> u8 {
    let mut session = Session::open(arguments, global);
    if let Some(model) = session.model() {
        let as_of = session.as_of;
        let checked = crate::driver::check_model(&model, as_of, Strictness::Check, &mut session.site.sink);
        // The artefact level is looked at even when the file has errors: they are independent.
        if let Some(policy) = checked {
            plan_and_prove(&policy, &session.options, &mut session.site.sink);
        }
    }
    summarise(&session);
    session.finish(Stream::Result)
}

fn summarise(session: &Session) {
    if session.terminal.is_json() || session.terminal.is_quiet() {
        return;
    }
    let count = |severity| {
        session.site.sink.diagnostics().iter().filter(|diagnostic| diagnostic.severity == severity).count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    session.terminal.complain(&format!("{errors} errors, {warnings} warnings\n"));
}
