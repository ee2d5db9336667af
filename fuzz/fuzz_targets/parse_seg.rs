//! Any bytes as a `.seg` text: no panic, no hang, and the tokens joined are the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use segc::source::SourceId;
use segc::syntax::{lex::lex, parse};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let covered: usize = lex(&text).map(|token| (token.end - token.start) as usize).sum();
    assert_eq!(covered, text.len());
    let (file, diagnostics) = parse(SourceId(0), &text);
    assert!(file.statements.len() <= text.len());
    for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        assert!(text.get(label.span.start as usize..label.span.end as usize).is_some());
    }
});
