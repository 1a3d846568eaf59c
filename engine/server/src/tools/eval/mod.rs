//! `sidetone eval`: how well, how fast and at what cost speech is recognised.

mod asr;
mod chinese;
mod distance;
mod english;
mod manifest;
mod normalise;
mod numbers;
mod report;
mod score;

use clap::{Args, Subcommand};
use sidetone::config::Config;

use super::Outcome;
pub use asr::AsrArgs;

/// Measure recognition against recordings with known words.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// What to measure.
    #[command(subcommand)]
    pub what: What,
}

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Errors, cost and latency of speech recognition.
    Asr(AsrArgs),
}

impl What {
    /// The model to use instead of the configured one.
    pub fn model(&self) -> Option<&str> {
        match self {
            Self::Asr(args) => args.model.as_deref(),
        }
    }
}

/// Runs the command.
pub fn run(args: &EvalArgs, config: &Config) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Asr(args) => asr::run(args, config),
    }
}
