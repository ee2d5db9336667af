//! The `segc` program: arguments, [`segc::cli::run`], exit code.

use mimalloc::MiMalloc;
use std::io::Write;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        let text = format!(
            "error[SEG0001]: segc itself failed: {panic}\n\nhelp: please report this with the input\n"
        );
        // There is nowhere else to complain to.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }));
    let code = std::panic::catch_unwind(|| segc::cli::run(std::env::args_os()));
    ExitCode::from(code.unwrap_or(segc::cli::EXIT_INTERNAL))
}
