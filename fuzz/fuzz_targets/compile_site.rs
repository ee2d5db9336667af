//! Any bytes as a site are compiled or refused, and a plan never loses a flow.

#![no_main]

#[path = "../../tests/pipeline.rs"]
mod pipeline;

use segc::diagnostic::Severity;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (compiled, reports) = pipeline::compile_text(&text, &segc::target::Lock::new(), None);
    let has_error = reports.iter().any(|report| report.severity == Severity::Error);
    assert_eq!(compiled.is_none(), has_error);
    for report in &reports {
        assert!(!["SEG0001", "SEG6001"].contains(&report.code.to_string().as_str()), "{report:?}");
    }
});
