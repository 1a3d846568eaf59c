//! `sidetone emotion train`: a head from labelled recordings.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use indicatif::ProgressBar;
use sidetone::config::Config;
use sidetone_models::emotion::train::{Sample, TrainConfig, train};
use sidetone_models::emotion::{Head, Layout};

use super::features::{Heard, hear};
use super::line::Line;
use super::{corpus, report};
use crate::tools::Outcome;
use crate::tools::lines::progress;

/// Train a head on labelled recordings.
///
/// Each is heard as it was recorded, through a telephone, through one that is noisy and loses packets, and with its voice
/// bent. Rows whose `split` is `dev` are not trained on: training ends when it does them no more good.
#[derive(Args, Debug)]
pub struct TrainArgs {
    /// Tables with the columns `file speaker emotion split`.
    #[arg(required = true)]
    manifests: Vec<PathBuf>,
    /// Where the head is written.
    #[arg(long)]
    out: PathBuf,
    /// The same seed gives the same head.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the command.
pub fn run(args: &TrainArgs, config: &Config) -> anyhow::Result<Outcome> {
    let rows = corpus::read(&args.manifests)?;
    let (layout, heard) = hear(&rows, &Line::ALL, args.seed, config)?;
    let head = train_on(&heard.iter().collect::<Vec<_>>(), layout, args.seed)?;
    head.save(&args.out)?;
    let layers: Vec<String> = head
        .layers()?
        .iter()
        .map(|share| report::percent(Some(f64::from(*share))))
        .collect();
    println!(
        "{} voices over {} lines; the encoder's layers count {} %",
        rows.len(),
        Line::ALL.len(),
        layers.join(" ")
    );
    println!("wrote {}", args.out.display());
    Ok(Outcome::Done)
}

/// Trains on those of `heard` that are not held.
pub fn train_on(heard: &[&Heard], layout: Layout, seed: u64) -> anyhow::Result<Head> {
    let samples = |held: bool| -> Vec<Sample> {
        let wanted = heard.iter().filter(|heard| heard.row.held == held);
        wanted
            .flat_map(|heard| heard.samples.iter().cloned())
            .collect()
    };
    let (train_on, held) = (samples(false), samples(true));
    ensure!(
        !train_on.is_empty(),
        "nothing is left to train on: all rows are of the split `dev`"
    );
    let config = TrainConfig {
        seed,
        ..TrainConfig::default()
    };
    let bar: ProgressBar = progress();
    bar.set_length(config.epochs as u64);
    let head = train(&train_on, &held, layout, &config, |epoch| {
        let held = report::percent(epoch.held_uar);
        bar.set_message(format!("loss {:.3}, held voices {held} %", epoch.loss));
        bar.set_position(epoch.number as u64);
    })?;
    bar.finish_and_clear();
    Ok(head)
}
