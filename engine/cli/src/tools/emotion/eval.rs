//! `sidetone emotion eval`: how well a head reads labelled recordings.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use sidetone::config::Config;
use sidetone_models::emotion::Head;
use sidetone_models::emotion::score::Scores;
use sidetone_models::emotion::train::{Sample, read_all};

use super::features::hear;
use super::line::Line;
use super::{corpus, report};
use crate::tools::Outcome;

/// Measure a head against labelled recordings.
#[derive(Args, Debug)]
pub struct EvalArgs {
    /// Tables with the columns `file speaker emotion split`.
    #[arg(required = true)]
    manifests: Vec<PathBuf>,
    /// The head to measure, instead of the one that comes with the program.
    #[arg(long)]
    head: Option<PathBuf>,
    /// Send each recording through a telephone first: 8 kHz, G.711 mu-law.
    #[arg(long)]
    telephone: bool,
    #[command(flatten)]
    reading: Reading,
    /// One JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

/// How voices are read.
#[derive(Args, Clone, Copy, Debug)]
pub struct Reading {
    /// How many other recordings of the speaker, drawn by lot whatever their mood, have been heard
    /// before.
    #[arg(long, default_value_t = 4)]
    pub earlier: usize,
    /// From this probability on a voice counts as angry.
    #[arg(long, default_value_t = 0.25)]
    pub line: f32,
}

/// Runs the command.
pub fn run(args: &EvalArgs, config: &Config) -> anyhow::Result<Outcome> {
    let rows = corpus::read(&args.manifests)?;
    let head = match &args.head {
        Some(path) => Head::load(path)?,
        None => Head::shipped(),
    };
    let line = match args.telephone {
        true => Line::Telephone,
        false => Line::Wide,
    };
    let (layout, heard) = hear(&rows, &[line], 0, config)?;
    ensure!(
        head.layout() == layout,
        "the head was trained with another recogniser than {}",
        config.recogniser.model
    );
    let samples: Vec<Sample> = heard.into_iter().flat_map(|heard| heard.samples).collect();
    let judged = read_all(&head, &samples, args.reading.earlier, 0)?;
    let scores = Scores::of(&judged, args.reading.line);
    let mut out = io::stdout().lock();
    match args.json {
        true => writeln!(out, "{}", report::json(&scores))?,
        false => report::write(&mut out, &scores)?,
    }
    Ok(Outcome::Done)
}
