//! The integration tests; each file beside this one is a module.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that can't go on should stop where it stands"
)]

mod architecture;
mod cases;
mod catalogue_cmd;
mod ci_example;
mod cmd;
mod codes;
mod diff;
mod diff_edges;
mod diff_outputs;
mod diff_random;
mod drift;
mod drift_doubt;
mod drift_leftover;
mod drift_shapes;
mod drift_told;
mod export_samples;
mod findings;
mod fleet;
mod fuzzing;
mod grammar;
mod hardening;
mod import_first;
mod init;
mod intents;
mod manifests;
mod next_steps;
mod office;
mod packets;
mod pipeline;
mod prereq;
mod prereq_formats;
mod properties;
mod questions;
mod random_sites;
mod reference;
mod reports;
mod revisions;
mod robustness;
mod sabotage;
mod selftest;
mod space;
mod stability;
mod supply_chain;
mod support;
mod ui;
