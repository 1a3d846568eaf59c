//! `sidetone emotion`: moods of voices, from one's own labelled recordings.

mod cache;
mod calm;
mod corpus;
mod cost;
mod cross;
mod eval;
mod features;
mod line;
mod report;
mod terms;
mod train;

use clap::{Args, Subcommand};
use sidetone::config::Config;

use super::Outcome;
use calm::CalmArgs;
use cost::CostArgs;
use cross::CrossArgs;
use eval::EvalArgs;
use train::TrainArgs;

/// Train and measure the reading of moods.
#[derive(Args, Debug)]
pub struct EmotionArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum What {
    Train(TrainArgs),
    Eval(EvalArgs),
    Cross(CrossArgs),
    Calm(CalmArgs),
    Cost(CostArgs),
}

/// Runs the command.
pub fn run(args: &EmotionArgs, config: &Config) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Train(args) => train::run(args, config),
        What::Eval(args) => eval::run(args, config),
        What::Cross(args) => cross::run(args, config),
        What::Calm(args) => calm::run(args, config),
        What::Cost(args) => cost::run(args, config),
    }
}
