//! What the sites of one run have in common: trees of texts, and catalogues with files on top.
//!
//! In: texts, from any thread. Out: their trees and catalogues, made once.
//!
//! Invariant: only whole equal texts share a result, so that a site is the same with and without the others.

use crate::catalogue::{self, Problem, SiteCatalogue};
use crate::diagnostic::Diagnostic;
use crate::source::SourceId;
use crate::syntax::ast::File;
use crate::syntax::parse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Most bytes of texts whose trees are kept: more is cheaper to parse again than to hold.
const MOST_KEPT: usize = 64 << 20;

/// A tree with what was wrong with its text.
type Parsed = Arc<(File, Vec<Diagnostic>)>;

/// Texts of catalogue files, in their order.
type Extras = Vec<String>;

/// Results that sites of one run share.
#[derive(Debug, Default)]
pub struct Shared {
    trees: Mutex<Trees>,
    catalogues: Mutex<BTreeMap<Extras, SiteCatalogue>>,
}

/// Trees by place of the text in its site and text: spans name that place.
#[derive(Debug, Default)]
struct Trees {
    kept: BTreeMap<(SourceId, String), Parsed>,
    bytes: usize,
}

impl Shared {
    /// The tree of a text. A site's own file is not kept: no other site has it.
    pub(super) fn parse(&self, source: SourceId, text: &str) -> (File, Vec<Diagnostic>) {
        if source == SourceId(0) {
            return parse(source, text);
        }
        let key = (source, text.to_owned());
        let known = self.trees.lock().unwrap_or_else(PoisonError::into_inner).kept.get(&key).cloned();
        if let Some(parsed) = known {
            return (*parsed).clone();
        }
        let parsed = parse(source, text);
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        if trees.bytes.saturating_add(text.len()) <= MOST_KEPT {
            trees.bytes += text.len();
            trees.kept.insert(key, Arc::new(parsed.clone()));
        }
        parsed
    }

    /// The built-in catalogue with files on top.
    pub(super) fn extend(
        &self,
        base: &SiteCatalogue,
        texts: &[(&str, &str)],
    ) -> Result<SiteCatalogue, Vec<Problem>> {
        let key: Extras = texts.iter().map(|(_, text)| (*text).to_owned()).collect();
        // Held while it is read: the next site waits for the result instead of reading the same once more.
        let mut catalogues = self.catalogues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = catalogues.get(&key) {
            return Ok(known.clone());
        }
        let extended = SiteCatalogue::Extended(Arc::new(catalogue::extend(base, texts)?));
        catalogues.insert(key, extended.clone());
        Ok(extended)
    }
}
