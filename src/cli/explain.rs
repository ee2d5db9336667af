//! `segc explain`: the page of a code.

use super::args::{Explain, Global};
use super::terminal::Terminal;
use super::{EXIT_FINE, EXIT_USAGE};
use crate::diagnostic::codes::{self, Code};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct JsonCode {
    code: String,
    name: &'static str,
    severity: &'static str,
    title: &'static str,
    page: &'static str,
}

pub(super) fn run(arguments: &Explain, global: &Global) -> u8 {
    let terminal = Terminal::new(global.clone());
    let Some(typed) = &arguments.code else {
        list(&terminal);
        return EXIT_FINE;
    };
    let Some(info) = Code::parse(typed).and_then(Code::info) else {
        let text = format!("error: there is no code `{typed}`\n\nhelp: `segc explain` lists all codes\n");
        terminal.complain(&text);
        return EXIT_USAGE;
    };
    if terminal.is_json() {
        terminal.print_json(&json(info));
    } else {
        terminal.print(info.page);
    }
    EXIT_FINE
}

fn list(terminal: &Terminal) {
    if terminal.is_json() {
        terminal.print_json(&codes::TABLE.iter().map(json).collect::<Vec<_>>());
        return;
    }
    for info in codes::TABLE {
        terminal.print(&format!("{}  {:<8} {}\n", info.code, info.severity.word(), info.title));
    }
}

fn json(info: &codes::CodeInfo) -> JsonCode {
    JsonCode {
        code: info.code.to_string(),
        name: info.name,
        severity: info.severity.word(),
        title: info.title,
        page: info.page,
    }
}
