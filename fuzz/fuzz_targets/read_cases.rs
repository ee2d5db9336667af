//! Any bytes as an acceptance table are read or refused.

#![no_main]

use segc::diagnostic::Sink;
use segc::source::SourceId;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut sink = Sink::new();
    let table = segc::check::cases::read(SourceId(0), &String::from_utf8_lossy(bytes), &mut sink);
    assert_eq!(table.is_none(), sink.has_errors());
});
