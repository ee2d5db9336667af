//! The namespaces of customers' files.
//!
//! In: parsed files and the catalogue below them. Out: problems; and in the report, what each file may declare.
//!
//! Invariant: whatever a customer's file declares begins with its namespace, and nothing of the product does, so that
//! no release of the product ever meets a customer's name.

use super::super::store::{Catalogue, fold};
use super::kinds::is_slug;
use super::{Owner, Parsed, ProblemKind, Report};

/// Checks the namespace of every file and keeps it in the report.
pub(super) fn check_files(base: &Catalogue, parsed: &Parsed, owner: Owner, report: &mut Report<'_>) {
    for (file, raw) in parsed {
        match (owner, raw.namespace.as_deref()) {
            (Owner::Product, None) => {}
            (Owner::Product, Some(namespace)) => {
                let message = format!("the product's own data has no namespace, this file has `{namespace}`");
                report.loose(*file, "namespace", message, "take the line out");
            }
            (Owner::Customer, None) => {
                let help = "add `namespace: acme`, a short word of your own";
                report.loose(*file, "schema", "a customer's file needs a namespace".to_owned(), help);
            }
            (Owner::Customer, Some(namespace)) => {
                check_namespace(base, *file, namespace, report);
                if let Some(release) = raw.releases.first() {
                    let message =
                        format!("a customer's file can't declare the release `{}`", release.release);
                    report.loose(*file, &release.release, message, "leave `releases` out");
                }
            }
        }
    }
}

fn check_namespace(base: &Catalogue, file: usize, namespace: &str, report: &mut Report<'_>) {
    let is_word = is_slug(namespace) && !namespace.contains('.') && !namespace.ends_with('-');
    if !is_word {
        let message = format!("`{namespace}` can't be a namespace");
        report.loose(
            file,
            "namespace",
            message,
            "use lower-case letters, digits and `-`, for example `acme`",
        );
        return;
    }
    let start = format!("{namespace}-");
    let own = fold(namespace);
    let is_product = base.ids().any(|id| id == namespace || id.starts_with(&start))
        || base.kind_names.keys().any(|name| name.starts_with(&own));
    if is_product {
        let message = format!("names of the product begin with `{namespace}`");
        report.loose(file, namespace, message, "choose another word, for example the customer's name");
        return;
    }
    report.set_namespace(file, namespace);
}

/// True where a name lies in a namespace. Aliases are compared as look-up compares them.
pub(super) fn holds(namespace: &str, name: &str) -> bool {
    name.strip_prefix(namespace).is_some_and(|rest| rest.starts_with('-'))
        || (!is_slug(name) && fold(name).starts_with(&fold(namespace)))
}

impl Report<'_> {
    fn loose(&mut self, file: usize, word: &str, message: String, help: &str) {
        self.loose_word(file, ProblemKind::Namespace, word, message, help);
    }
}
