//! `segc matrix`: role by role, what passes.
//!
//! In: a site. Out: a grid where it can be read, else the list of what passes; JSON is always the list.
//!
//! Invariant: a forbidden cell is told from one that is denied by default, and what the artefacts permit besides the
//! file from what it says.

mod csv;
mod html;
mod text;

use super::EXIT_FINE;
use super::args::{Format, Global, Matrix as MatrixArguments};
use super::questions::{self, Asked};
use super::terminal::print_bytes;
use crate::check::matrix::{Cell, Matrix};
use crate::check::verdict::Level;
use crate::policy::service::ServiceSet;
use crate::policy::{Policy, RoleId};
use serde::Serialize;

/// Most roles whose grid is drawn on a terminal.
const WIDEST_TEXT: usize = 40;

/// Most roles whose grid is drawn in a file: a grid has the square of it.
const WIDEST_FILE: usize = 300;

/// The matrix with everything that its forms need.
struct View<'a> {
    policy: &'a Policy,
    matrix: Matrix,
    level: Level,
    roles: Vec<RoleId>,
    /// True where what passes is listed instead of drawn.
    is_list: bool,
}

/// What one cell says, each part by itself; empty parts are absent from all forms.
struct Words {
    /// What passes as the file says, for all addresses.
    permitted: ServiceSet,
    /// What passes as the file says, for some addresses.
    partial: ServiceSet,
    /// What passes and the file does not say.
    widened: ServiceSet,
    /// What a promise excludes, besides what passes.
    forbidden: ServiceSet,
}

#[derive(Debug, Serialize)]
struct JsonMatrix<'a> {
    site: &'a str,
    level: &'static str,
    as_of: String,
    roles: Vec<&'a str>,
    cells: Vec<JsonCell<'a>>,
    forbids: Vec<JsonForbid<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonCell<'a> {
    from: &'a str,
    to: &'a str,
    /// Everything that passes for at least some addresses.
    service: String,
    /// The part that passes for some addresses only, null for none.
    partial: Option<String>,
    /// The part that the file does not say, null for none.
    widened: Option<String>,
    /// What promises exclude, whether it passes or not, null for nothing.
    forbidden: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonForbid<'a> {
    name: &'a str,
    from: Vec<&'a str>,
    to: Vec<&'a str>,
    both_ways: bool,
    service: String,
}

pub(super) fn run(arguments: &MatrixArguments, global: &Global) -> u8 {
    run_to_code(arguments, global).unwrap_or_else(|code| code)
}

fn run_to_code(arguments: &MatrixArguments, global: &Global) -> Result<u8, u8> {
    let level = arguments.level.level();
    let asked = questions::open(&arguments.site, global, level == Level::Artefact)?;
    let Asked { session, policy, .. } = &asked;
    let roles: Vec<RoleId> = policy.parties().map(|(role, _)| role).collect();
    let format = session.terminal.format();
    let widest = if format == Format::Text { WIDEST_TEXT } else { WIDEST_FILE };
    let view = View {
        policy,
        matrix: Matrix::new(policy, asked.deployed(), level),
        level,
        is_list: arguments.list || roles.len() > widest,
        roles,
    };
    match format {
        Format::Json => session.terminal.print_json(&json(&view)),
        Format::Csv => print_bytes(&csv::render(&view)),
        Format::Html => session.terminal.print(&html::render(&view)),
        _ => session.terminal.print(&text::render(&view)),
    }
    Ok(asked.session.finish_beside(EXIT_FINE))
}

impl View<'_> {
    fn name(&self, role: RoleId) -> &str {
        self.policy.name(role)
    }

    fn words(&self, from: RoleId, to: RoleId) -> Words {
        let nothing = Cell::default();
        let cell = self.matrix.cell(from, to).unwrap_or(&nothing);
        let said = cell.services.difference(&cell.widened);
        Words {
            permitted: said.difference(&cell.partial),
            partial: said.intersection(&cell.partial),
            widened: cell.widened.clone(),
            forbidden: self.matrix.forbidden(from, to).difference(&cell.services),
        }
    }
}

fn json<'a>(view: &'a View<'a>) -> JsonMatrix<'a> {
    let header = view.policy.header();
    let some = |services: &ServiceSet| (!services.is_empty()).then(|| services.explicit());
    let cells = view.matrix.cells().map(|((from, to), cell)| JsonCell {
        from: view.name(from),
        to: view.name(to),
        service: cell.services.explicit(),
        partial: some(&cell.partial),
        widened: some(&cell.widened),
        forbidden: some(&view.matrix.forbidden(from, to)),
    });
    let forbids = view.matrix.promises().iter().map(|promise| JsonForbid {
        name: &promise.name,
        from: promise.from.iter().map(|role| view.name(*role)).collect(),
        to: promise.to.iter().map(|role| view.name(*role)).collect(),
        both_ways: promise.both_ways,
        service: promise.services.explicit(),
    });
    JsonMatrix {
        site: &header.site,
        level: view.level.word(),
        as_of: header.as_of.to_string(),
        roles: view.roles.iter().map(|role| view.name(*role)).collect(),
        cells: cells.collect(),
        forbids: forbids.collect(),
    }
}
