//! Any bytes as a catalogue file are loaded or refused.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Either way is fine: it must end, and not panic.
    let text = String::from_utf8_lossy(bytes);
    let _ = segc::catalogue::load(&[("flows/extra.yaml", &text)]);
    let _ = segc::catalogue::extend(segc::catalogue::Catalogue::builtin(), &[("own.yaml", &text)]);
});
