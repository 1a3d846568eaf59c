//! The `sidetone` command.

mod cli;
mod error_line;
mod tools;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    one_thread_per_model_run();
    one_arena_per_core();
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

/// Has threads share the memory they free. The C library's allocator would give eight arenas to every core, and each keeps
/// what the largest model run of any of its threads took: 310 to 340 MB with 4 calls on 2 cores instead of 280, and no
/// less CPU. Whoever sets the variables knows better.
fn one_arena_per_core() {
    let set = ["MALLOC_ARENA_MAX", "GLIBC_TUNABLES"].map(std::env::var_os);
    if set.iter().any(Option::is_some) {
        return;
    }
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let cores = libc::c_int::try_from(cores).unwrap_or(libc::c_int::MAX);
        #[expect(unsafe_code, reason = "the C library is asked")]
        // SAFETY: it takes no pointers, and no other thread exists yet.
        unsafe {
            libc::mallopt(libc::M_ARENA_MAX, cores);
        }
    }
}
