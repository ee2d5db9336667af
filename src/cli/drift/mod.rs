//! `segc drift`: what is deployed against what the site compiles to.

mod answer;
mod markdown;
mod text;

use super::args::{Drift, Global};
use super::exports;
use super::session::Session;
use super::terminal::Stream;
use super::{EXIT_FINDINGS, EXIT_FINE, EXIT_OPENED};
use crate::diagnostic::Sink;
use crate::drift::Binds;
use crate::driver::{Selection, compile, deployed, read_exports};
use answer::Answer;

pub(super) fn run(arguments: &Drift, global: &Global) -> u8 {
    let mut session = Session::open(&arguments.site, global);
    session.options.selection = Selection {
        targets: arguments.target.clone(),
        spellings: Vec::new(),
        platforms: arguments.platform.clone(),
    };
    // Ids would stand in the artefacts, and what is deployed is compared by name.
    session.options.side_files.clear();
    let mut sink = Sink::new();
    let mut files = exports::read(&arguments.export, &mut sink);
    files.extend(arguments.site.categories.iter().filter_map(|path| exports::read_one(path, &mut sink)));
    let exports = read_exports(files, &mut sink);
    let Some(model) = session.model() else { return session.finish(Stream::Report) };
    let Some(policy) = session.policy(&model) else { return session.finish(Stream::Report) };
    let mut of_compile = Sink::new();
    let compiled = compile(&policy, &session.site, &session.options, &mut of_compile);
    session.site.sink.extend(of_compile.into_sorted());
    let Some(compiled) = compiled else { return session.finish(Stream::Report) };
    let binds: Binds = arguments.bind.iter().map(|(name, id)| (name.to_lowercase(), id.clone())).collect();
    let found = deployed(&policy, &compiled, exports, &binds, &mut sink);
    let answer = Answer::new(&policy, &found);
    let terminal = session.terminal.clone();
    if terminal.is_json() {
        terminal.print_json(&answer);
    } else if terminal.is_markdown() {
        terminal.print(&markdown::markdown(&answer));
    } else {
        terminal.print(&text::text(&answer, terminal.is_verbose()));
    }
    let code = answer.code();
    session.site.sink.extend(sink.into_sorted());
    match (session.finish_beside(EXIT_FINE), code) {
        (_, EXIT_OPENED) => EXIT_OPENED,
        (EXIT_FINE, code) => code,
        (failed, _) => failed.max(EXIT_FINDINGS),
    }
}
