//! The `sidetone` command.

// They panic where nothing can be written: `tell` says what takes their place.
#![warn(clippy::print_stderr, clippy::print_stdout)]

mod cli;
mod error_line;
mod tell;
mod tools;

use std::process::ExitCode;

use clap::Parser;

/// Bytes from which a block of memory is mapped, and given back, by itself.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MAPPED_ALONE: libc::c_int = 4 * 1024 * 1024;

fn main() -> ExitCode {
    one_thread_per_model_run();
    keep_little_memory();
    cli::run(cli::Cli::parse())
}

/// Keeps matrix products on the thread that asks for them: the engine runs one model per core
/// itself, and threads within threads only take time from each other. Whoever sets the variables
/// knows better.
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

/// Has the C library's allocator give back what is free. It would give eight arenas to every core,
/// and each keeps what the largest model run of any of its threads took: 310 to 340 MB with 4 calls
/// on 2 cores instead of 280. And having once freed the buffers that weights are read into, it
/// would never map a block of up to 32 MB alone again, so that holes stay: 356 and 359 MB with 10
/// calls instead of 330. Below 4 MB memory shrinks further and CPU grows, since tensors of each
/// layer are such blocks. Whoever sets the variables knows better.
fn keep_little_memory() {
    let variables = [
        "MALLOC_ARENA_MAX",
        "MALLOC_MMAP_THRESHOLD_",
        "GLIBC_TUNABLES",
    ];
    let set = variables.map(std::env::var_os);
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
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED_ALONE);
        }
    }
}
