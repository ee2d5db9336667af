//! What the parser reports about one text, bounded.
//!
//! In: diagnostics in any order. Out: the same in order of place.
//!
//! Invariant: at most [`MAX_REPORTS`] diagnostics and one that says so, whatever the text: a binary file under the name
//! of a site must not fill memory with complaints.

use crate::diagnostic::{Diagnostic, Sink, codes};

/// How many mistakes of one file are reported.
const MAX_REPORTS: usize = 1_000;

/// Diagnostics of one text.
#[derive(Debug, Default)]
pub(super) struct Reports {
    sink: Sink,
}

impl Reports {
    /// Takes one diagnostic; the one after the last allowed one becomes the note that there are more.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        let count = self.sink.diagnostics().len();
        if count < MAX_REPORTS {
            self.sink.report(diagnostic);
        } else if count == MAX_REPORTS {
            let message = format!("this file has more than {MAX_REPORTS} mistakes; the rest is not shown");
            self.sink.report(Diagnostic::new(codes::TOO_MUCH, message));
        }
    }

    /// Ends the collection: in order of place.
    pub(super) fn into_sorted(self) -> Vec<Diagnostic> {
        self.sink.into_sorted()
    }
}
