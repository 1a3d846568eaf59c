//! The `sidetone` command.

mod cli;
mod tools;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    one_thread_per_model_run();
    cli::run(cli::Cli::parse())
}

/// Keeps matrix products on the thread that asks for them: the engine runs one model per core itself,
/// and threads within threads only take time from each other. Whoever sets the variables knows better.
fn one_thread_per_model_run() {
    for variable in ["CANDLE_NUM_THREADS", "RAYON_NUM_THREADS"] {
        if std::env::var_os(variable).is_none() {
            #[expect(
                unsafe_code,
                reason = "no other thread exists yet that could read the environment"
            )]
            // SAFETY: this is the first thing `main` does.
            unsafe {
                std::env::set_var(variable, "1");
            }
        }
    }
}
