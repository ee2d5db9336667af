//! Any bytes to the subject `read_export` of the project's tests.

#![no_main]
#![allow(dead_code, reason = "each target runs one subject of several")]

#[path = "../../tests/pipeline.rs"]
mod pipeline;
#[path = "../../tests/fuzzing/subjects.rs"]
mod subjects;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| subjects::read_export(bytes));
